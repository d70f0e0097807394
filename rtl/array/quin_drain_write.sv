// SPDX-License-Identifier: Apache-2.0
// Results into the scratchpad. They come channel by channel, in a channel row by row:
//   sp[dst_base + r * dst_row + j] = value,  r = 0 .. rows - 1 within j = 0 .. n - 1
//   checksum = sum of rotl32(value, j mod 32)
// The words of a line wait until all rows have theirs, then the lines of all rows are written one by one, while the
// next words gather in the other half of the buffer. ready_o is a register. done_o: all n * rows results are in the
// memory, and checksum_o is theirs.
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

    // Gathering.
    logic [RowBits-1:0]   row_q;
    logic [19:0]          channel_q;
    logic                 half_q;
    logic [1:0]           full_q;           // the half's lines are to be written
    logic [LineShift-1:0] end0_q, end1_q;   // their last word
    logic                 all_q;            // all results have come
    logic [LineShift-1:0] word;
    logic                 last_channel, line_end, take;

    assign word = channel_q[LineShift-1:0];
    assign last_channel = channel_q == n_i - 20'd1;
    assign line_end = (word == '1 || last_channel) && 7'(row_q) == rows_i - 7'd1;
    assign ready_o = !full_q[half_q];
    assign take = valid_i && ready_o;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || start_i) begin
            row_q <= '0;
            channel_q <= '0;
            half_q <= 1'b0;
            all_q <= 1'b0;
        end else if (take) begin
            if (7'(row_q) == rows_i - 7'd1) begin
                row_q <= '0;
                channel_q <= channel_q + 20'd1;
                all_q <= last_channel;
            end else begin
                row_q <= row_q + 1'b1;
            end
            if (line_end) begin
                half_q <= !half_q;
                if (half_q) end1_q <= word;
                else end0_q <= word;
            end
        end
    end

    // Writing. Addresses count words: of row out_row_q and of row 0.
    logic [RowBits-1:0]   out_row_q;
    logic                 out_half_q;
    logic [19:0]          addr_q, line_q;
    logic [LineShift-1:0] out_end;
    logic                 out_last;

    assign req_o = full_q[out_half_q];
    assign addr_o = addr_q >> LineShift;
    assign out_end = out_half_q ? end1_q : end0_q;
    assign out_last = req_o && gnt_i && 7'(out_row_q) == rows_i - 7'd1;
    assign done_o = all_q && full_q == 2'b00;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || start_i) begin
            full_q <= 2'b00;
            out_half_q <= 1'b0;
            out_row_q <= '0;
            addr_q <= dst_base_i;
            line_q <= dst_base_i;
        end else begin
            if (take && line_end) full_q[half_q] <= 1'b1;
            if (out_last) begin
                full_q[out_half_q] <= 1'b0;
                out_half_q <= !out_half_q;
                out_row_q <= '0;
                addr_q <= line_q + 20'(LineWords);
                line_q <= line_q + 20'(LineWords);
            end else if (req_o && gnt_i) begin
                out_row_q <= out_row_q + 1'b1;
                addr_q <= addr_q + dst_row_i;
            end
        end
    end

    genvar w;
    generate
        for (w = 0; w < LineWords; w = w + 1) begin : g_word
            logic [31:0] mem [0:(2<<RowBits)-1];
            always_ff @(posedge clk_i)
                if (take && word == LineShift'(w)) mem[{row_q, half_q}] <= value_i;
            assign wdata_o[32*w +: 32] = mem[{out_row_q, out_half_q}];
        end
        for (w = 1; w < LineWords; w = w + 1) begin : g_strobe
            assign wstrb_o[4*w +: 4] = {4{out_end >= LineShift'(w)}};
        end
    endgenerate
    assign wstrb_o[3:0] = 4'hf;

    // One cycle to turn the word, one to add it: done before the last line is written.
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
