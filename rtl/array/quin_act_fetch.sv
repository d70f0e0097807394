// SPDX-License-Identifier: Apache-2.0
// What the array reads from the scratchpad: the activations, byte by byte and all rows at once, for tile
// after tile of a MATMUL, and once the rows' scales and the one column scale.
//   act[r] = byte i of the words from act_base + r * act_row on, i = 0 .. k - 1, again for each tile
// Four lines of LineWords words a row: while one is used the next are read, line by line and in it row by
// row, also those of the next MATMUL. ready_o: act_o is there; next_i takes it, tile_end_i (with next_i): the
// tile ends here. The first lines come before the scales, which only the drain needs; these wait for
// scale_room_i. With yield_i there is no new request while two lines or more are there. start_i: the fields
// are in place, and stay until idle_o.
`default_nettype none

module quin_act_fetch #(
    parameter int Rows = 8,
    parameter int LineWords = 4,
    parameter int RowBits = Rows > 1 ? $clog2(Rows) : 1,  // derived
    parameter int LineBits = 32 * LineWords               // derived
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic                start_i,
    output logic                idle_o,
    input  logic [6:0]          rows_i,         // 1 .. Rows
    input  logic [14:0]         k_i,            // at least 1
    input  logic [19:0]         n_i,            // at least 1
    input  logic [19:0]         channels_i,     // of a tile
    input  logic                column_scales_i,
    input  logic [19:0]         act_base_i,
    input  logic [19:0]         act_row_i,
    input  logic [19:0]         rscale_base_i,
    input  logic [19:0]         rscale_row_i,
    input  logic [19:0]         cscale_base_i,
    // Scratchpad reads.
    input  logic                yield_i,        // somebody else waits for the scratchpad
    output logic                req_o,
    input  logic                gnt_i,
    output logic [19:0]         addr_o,
    input  logic [LineBits-1:0] rdata_i,
    input  logic                rvalid_i,
    // To the array.
    output logic                ready_o,
    input  logic                next_i,
    input  logic                tile_end_i,
    input  logic [Rows-1:0]     row_en_i,       // rows of the MATMUL whose beats enter
    output logic [8*Rows-1:0]   act_o,          // 0 for rows not in use
    // To the drain.
    input  logic                scale_room_i,   // it has a place for the scales of one more MATMUL
    output logic                rscale_we_o,
    output logic [RowBits-1:0]  rscale_at_o,
    output logic [31:0]         scale_o,        // with rscale_we_o, and cscale_we_o
    output logic                cscale_we_o,
    output logic                scales_o        // with the last of a MATMUL
);
    localparam int LineShift = $clog2(LineWords);
    localparam int PlaceBits = LineShift + 2;  // of a byte in a line

    typedef enum logic [1:0] {IDLE, ACT, RSCALE, CSCALE} state_e;
    state_e state_q;

    // What is asked for next. Addresses count words; the row's own is kept by adding strides.
    logic [RowBits-1:0]     row_q;
    logic [1:0]             line_in_q;       // place of the lines asked for
    logic [2:0]             lines_q;         // lines asked for in all rows and not used up
    logic [2:0]             there_q;         // lines there in all rows and not used up
    logic                   asked_q;         // a request was made and not granted
    logic                   first_q;         // a MATMUL's first lines: the scales come behind them
    logic [19:0]            addr_q;          // of row row_q
    logic [19:0]            line_q;          // activations: of row 0
    logic [15-PlaceBits:0]  lines_left_q;    // of this tile, this one included
    logic [19:0]            n_left_q;        // channels of this tile and those behind

    logic last_row, last_line, last_tile, want, grant, line_granted, line_end;
    assign last_row = 7'(row_q) == rows_i - 7'd1;
    assign last_line = lines_left_q == 1;
    assign last_tile = n_left_q <= channels_i;
    assign idle_o = state_q == IDLE;
    // Once made, a request stays: neither room vanishes by itself.
    assign want = (state_q == ACT && !lines_q[2]) || (state_q == RSCALE && scale_room_i) || state_q == CSCALE;
    assign req_o = want && (asked_q || !yield_i || there_q[2:1] == 2'd0);
    assign grant = req_o && gnt_i;
    assign line_granted = grant && state_q == ACT && last_row;
    assign addr_o = addr_q >> LineShift;

    logic [15:0] k_up;
    logic [15-PlaceBits:0] lines;
    logic unused_k_up;
    assign k_up = {1'b0, k_i} + 16'(4 * LineWords - 1);
    assign lines = k_up[15:PlaceBits];
    assign unused_k_up = ^k_up[PlaceBits-1:0];

    logic [19:0] next_line;
    assign next_line = last_line ? act_base_i : line_q + 20'(LineWords);

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= IDLE;
            line_in_q <= 2'd0;
        end else if (start_i) begin
            state_q <= ACT;
            first_q <= 1'b1;
            row_q <= '0;
            addr_q <= act_base_i;
            line_q <= act_base_i;
            lines_left_q <= lines;
            n_left_q <= n_i;
        end else if (grant && !last_row) begin
            row_q <= row_q + 1'b1;
            addr_q <= addr_q + (state_q == ACT ? act_row_i : rscale_row_i);
        end else if (grant) begin
            row_q <= '0;
            case (state_q)
                ACT: begin
                    line_in_q <= line_in_q + 2'd1;
                    first_q <= 1'b0;
                    line_q <= next_line;
                    addr_q <= first_q ? rscale_base_i : next_line;
                    lines_left_q <= last_line ? lines : lines_left_q - 1'b1;
                    if (last_line) n_left_q <= last_tile ? 20'd0 : n_left_q - channels_i;
                    if (first_q) state_q <= RSCALE;
                    else if (last_line && last_tile) state_q <= IDLE;
                end
                RSCALE:
                    if (!column_scales_i) begin
                        state_q <= CSCALE;
                        row_q <= RowBits'(rows_i - 7'd1);  // one word only
                        addr_q <= cscale_base_i;
                    end else begin
                        state_q <= n_left_q == 0 ? IDLE : ACT;
                        addr_q <= line_q;
                    end
                default: begin
                    state_q <= n_left_q == 0 ? IDLE : ACT;
                    addr_q <= line_q;
                end
            endcase
        end
    end

    // What arrives, a cycle after its grant, and is used a cycle later: it comes a long way.
    logic                 act_q, rscale_q, cscale_q, line_there_q, scales_q;
    logic [1:0]           to_line_q;
    logic [RowBits-1:0]   to_row_q;
    logic [LineShift-1:0] word_q;
    logic                 act_here_q, rscale_here_q, cscale_here_q, line_here_q, scales_here_q;
    logic [1:0]           here_line_q;
    logic [RowBits-1:0]   here_row_q;
    logic [LineShift-1:0] here_word_q;
    logic [LineBits-1:0]  here_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin  // what still arrives is for nobody
            act_q <= 1'b0;
            rscale_q <= 1'b0;
            cscale_q <= 1'b0;
            line_there_q <= 1'b0;
            scales_q <= 1'b0;
        end else if (grant) begin
            act_q <= state_q == ACT;
            rscale_q <= state_q == RSCALE;
            cscale_q <= state_q == CSCALE;
            line_there_q <= state_q == ACT && last_row;
            scales_q <= state_q == CSCALE || (state_q == RSCALE && last_row && column_scales_i);
            to_line_q <= line_in_q;
            to_row_q <= row_q;
            word_q <= addr_q[LineShift-1:0];
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            act_here_q <= 1'b0;
            rscale_here_q <= 1'b0;
            cscale_here_q <= 1'b0;
            line_here_q <= 1'b0;
            scales_here_q <= 1'b0;
        end else begin
            act_here_q <= rvalid_i && act_q;
            rscale_here_q <= rvalid_i && rscale_q;
            cscale_here_q <= rvalid_i && cscale_q;
            line_here_q <= rvalid_i && line_there_q;
            scales_here_q <= rvalid_i && scales_q;
        end
        if (rvalid_i) begin
            here_q <= rdata_i;
            here_line_q <= to_line_q;
            here_row_q <= to_row_q;
            here_word_q <= word_q;
        end
    end

    assign scale_o = here_q[32*here_word_q +: 32];
    assign rscale_at_o = here_row_q;
    assign rscale_we_o = rscale_here_q;
    assign cscale_we_o = cscale_here_q;
    assign scales_o = scales_here_q;

    // Use.
    logic [1:0]           line_out_q;
    logic [PlaceBits-1:0] place_q;
    assign line_end = next_i && (tile_end_i || place_q == '1);
    assign ready_o = there_q != 3'd0;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            lines_q <= 3'd0;
            there_q <= 3'd0;
            asked_q <= 1'b0;
            line_out_q <= 2'd0;
            place_q <= '0;
        end else begin
            asked_q <= req_o && !gnt_i;
            if (line_granted != line_end) lines_q <= line_end ? lines_q - 3'd1 : lines_q + 3'd1;
            if (line_here_q != line_end) there_q <= line_end ? there_q - 3'd1 : there_q + 3'd1;
            if (line_end) line_out_q <= line_out_q + 2'd1;
            if (next_i) place_q <= line_end ? '0 : place_q + 1'b1;
        end
    end

    genvar r;
    generate
        for (r = 0; r < Rows; r = r + 1) begin : g_row
            logic [LineBits-1:0] mem [0:3];
            logic [LineBits-1:0] line;
            always_ff @(posedge clk_i)
                if (act_here_q && here_row_q == RowBits'(r)) mem[here_line_q] <= here_q;
            assign line = mem[line_out_q];
            assign act_o[8*r +: 8] = row_en_i[r] ? line[8*place_q +: 8] : 8'd0;
        end
    endgenerate
endmodule

`default_nettype wire
