// SPDX-License-Identifier: Apache-2.0
// Results into the scratchpad. They come channel by channel, in a channel row by row:
//   sp[dst_base + r * dst_row + j] = value,  r = 0 .. rows - 1 within j = 0 .. n - 1
//   checksum = sum of rotl32(value, j mod 32)
// The words of a line wait until it ends or j = n - 1, so that the memory is written once a line and row. ready_o
// may wait for gnt_i; done_o: all n * rows results are in the memory.
`default_nettype none

module quin_drain_write #(
    parameter int Rows = 8,
    parameter int LineWords = 4,
    parameter int LineBits = 32 * LineWords  // derived
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    input  logic                   start_i,
    input  logic [6:0]             rows_i,
    input  logic [19:0]            n_i,
    input  logic [19:0]            dst_base_i,  // a multiple of 16
    input  logic [19:0]            dst_row_i,   // a multiple of 16
    input  logic                   valid_i,
    output logic                   ready_o,
    input  logic [31:0]            value_i,
    output logic                   done_o,
    output logic [31:0]            checksum_o,
    // Scratchpad writes.
    output logic                   req_o,
    input  logic                   gnt_i,
    output logic [19:0]            addr_o,
    output logic [LineBits-1:0]    wdata_o,
    output logic [4*LineWords-1:0] wstrb_o
);
    localparam int RowBits = Rows > 1 ? $clog2(Rows) : 1;
    localparam int LineShift = $clog2(LineWords);

    logic [RowBits-1:0]   row_q;
    logic [19:0]          channel_q;
    logic [19:0]          addr_q, line_q;  // in words: the line of row row_q, of row 0
    logic                 all_q;           // all results have come
    logic [LineShift-1:0] word;
    logic                 last_row, last_channel, line_end, take;

    assign word = channel_q[LineShift-1:0];
    assign last_row = 7'(row_q) == rows_i - 7'd1;
    assign last_channel = channel_q == n_i - 20'd1;
    assign line_end = word == '1 || last_channel;
    assign ready_o = !(line_end && req_o && !gnt_i);
    assign take = valid_i && ready_o;
    assign done_o = all_q && !req_o;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            all_q <= 1'b0;
        end else if (start_i) begin
            row_q <= '0;
            channel_q <= '0;
            addr_q <= dst_base_i;
            line_q <= dst_base_i;
            all_q <= 1'b0;
        end else if (take && !last_row) begin
            row_q <= row_q + 1'b1;
            addr_q <= addr_q + dst_row_i;
        end else if (take) begin
            row_q <= '0;
            channel_q <= channel_q + 20'd1;
            addr_q <= line_end ? line_q + 20'(LineWords) : line_q;
            if (line_end) line_q <= line_q + 20'(LineWords);
            all_q <= last_channel;
        end
    end

    // The words of a line before its last: of every row one memory for each place.
    logic [LineBits-1:0]    line;
    logic [4*LineWords-1:0] strobe;
    genvar w;
    generate
        for (w = 0; w < LineWords - 1; w = w + 1) begin : g_word
            logic        here;
            logic [31:0] mem [0:Rows-1];
            assign here = word == LineShift'(w);
            always_ff @(posedge clk_i)
                if (take && here) mem[row_q] <= value_i;
            assign line[32*w +: 32] = here ? value_i : mem[row_q];
            assign strobe[4*w+4 +: 4] = {4{word > LineShift'(w)}};
        end
    endgenerate
    assign line[LineBits-1 -: 32] = value_i;
    assign strobe[3:0] = 4'hf;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) req_o <= 1'b0;
        else if (take && line_end) req_o <= 1'b1;
        else if (gnt_i) req_o <= 1'b0;
    end
    always_ff @(posedge clk_i) begin
        if (take && line_end) begin
            addr_o <= addr_q >> LineShift;
            wdata_o <= line;
            wstrb_o <= strobe;
        end
    end

    // One cycle to turn the word, one to add it; done_o comes later than the last of them only by the write's grant.
    logic        turned_valid_q;
    logic [31:0] turned_q;

    always_ff @(posedge clk_i) begin
        if (take) turned_q <= 32'(({value_i, value_i} << channel_q[4:0]) >> 32);
        if (!rst_ni || start_i) begin
            turned_valid_q <= 1'b0;
            checksum_o <= 32'd0;
        end else begin
            turned_valid_q <= take;
            if (turned_valid_q) checksum_o <= checksum_o + turned_q;
        end
    end
endmodule

`default_nettype wire
