// SPDX-License-Identifier: Apache-2.0
// What a MATMUL needs to know before it starts, over some cycles from start_i to done_o: the number of its tiles, and
// whether fields, alignment and scratchpad ranges are good, in the order of docs/commands.md.
//   tiles = ceil(n / (5 W)), ceil(n / W) or ceil(n / (W / 2)) for D = 1, 5, 10
//   a view ends at base + (rows - 1) * row + words
// Inputs stay from start_i until done_o; the results stay until the next start_i.
`default_nettype none

module quin_matmul_check #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int CarryBits = 15,
    parameter int SpWords = 131072
) (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        start_i,
    output logic        done_o,
    input  logic [9:0]  rows_i,
    input  logic [19:0] k_i,
    input  logic [19:0] n_i,
    input  logic [1:0]  precision_i,
    input  logic        column_scales_i,
    input  logic [19:0] act_base_i,
    input  logic [19:0] act_row_i,
    input  logic [19:0] dst_base_i,
    input  logic [19:0] dst_row_i,
    input  logic [19:0] rscale_base_i,
    input  logic [19:0] rscale_row_i,
    input  logic [19:0] cscale_base_i,
    input  logic        stream_misaligned_i,
    output logic [20:0] tiles_o,
    output logic [3:0]  error_o,
    output logic        act_misaligned_o,
    output logic [19:0] error_address_o   // of a SCRATCHPAD error: where the view begins
);
    localparam int Shift = $clog2(StreamBytes);
    localparam int Nibbles = 6;
    localparam logic [31:0] Limit = 32'(SpWords);

    // ---- steps: 0 .. 5 divide a nibble each by five, and check a view in each of 0 .. 2 ----
    logic busy_q;
    logic [2:0] step_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            busy_q <= 1'b0;
            step_q <= '0;
        end else if (start_i) begin
            busy_q <= 1'b1;
            step_q <= '0;
        end else if (busy_q) begin
            busy_q <= !done_o;
            step_q <= step_q + 1'b1;
        end
    end
    assign done_o = busy_q && step_q == 3'(Nibbles);

    // ---- tiles ----
    logic [23:0] beats_q, fifth_q;   // channels in units of W; what is left of them stands at the top
    logic [2:0] rest_q, rest;
    logic [3:0] quotient, r;
    logic [20:0] units;

    assign units = ({1'b0, n_i} + 21'(StreamBytes) - 21'd1) >> Shift;
    always_comb begin
        r = {1'b0, rest_q};
        quotient = '0;
        for (int b = 3; b >= 0; b--) begin
            r = {r[2:0], beats_q[20 + b]};
            if (r >= 4'd5) begin
                r = r - 4'd5;
                quotient[b] = 1'b1;
            end
        end
        rest = r[2:0];
    end

    always_ff @(posedge clk_i) begin
        if (start_i) begin
            beats_q <= 24'(units) + 24'd4;
            rest_q <= '0;
        end else if (busy_q && !done_o) begin
            beats_q <= beats_q << 4;
            rest_q <= rest;
            fifth_q <= {fifth_q[19:0], quotient};
        end
    end
    assign tiles_o = precision_i == quin_pkg::PRECISION_D1 ? fifth_q[20:0] :
                     precision_i == quin_pkg::PRECISION_D5 ? units :
                                                             ({1'b0, n_i} + 21'(StreamBytes / 2) - 21'd1) >> (Shift - 1);

    // ---- views: operands, product, sum and comparison in four cycles, one behind the other ----
    logic [6:0] last_row;
    logic [19:0] base, row, base_q, base2_q, base3_q, row_q, words, words_q, address_q;
    logic [24:0] low_q;        // product with bits 17:0 of the row: one multiplier
    logic [8:0] high_q;        // and with bits 19:18
    logic [20:0] ends_q;
    logic [31:0] end_q;
    logic bad_field_q, bad_act_q, bad_range_q, bad_range;

    assign last_row = 7'(rows_i - 10'd1);
    always_comb begin
        case (step_q)
            3'd0: {base, row, words} = {rscale_base_i, rscale_row_i, 20'd1};
            3'd1: {base, row, words} = {act_base_i, act_row_i, 20'(({1'b0, k_i} + 21'd3) >> 2)};
            default: {base, row, words} = {dst_base_i, dst_row_i, n_i};
        endcase
    end
    assign bad_range = end_q > Limit;

    always_ff @(posedge clk_i) begin
        {base_q, row_q, words_q} <= {base, row, words};
        low_q <= {18'd0, last_row} * {7'd0, row_q[17:0]};
        high_q <= (row_q[18] ? {2'd0, last_row} : 9'd0) + (row_q[19] ? {1'b0, last_row, 1'b0} : 9'd0);
        ends_q <= {1'b0, base_q} + {1'b0, words_q};
        base2_q <= base_q;
        end_q <= {7'd0, low_q} + {5'd0, high_q, 18'd0} + {11'd0, ends_q};
        base3_q <= base2_q;
        if (start_i) begin
            bad_field_q <= precision_i > quin_pkg::PRECISION_D10 || rows_i > 10'(Rows) || k_i == '0 ||
                           k_i > 20'(1 << (CarryBits - 1));
            bad_act_q <= (act_base_i[3:0] | act_row_i[3:0] | dst_base_i[3:0] | dst_row_i[3:0]) != '0;
            bad_range_q <= !column_scales_i && {12'd0, cscale_base_i} >= Limit;
            address_q <= cscale_base_i;
        end else if (busy_q && step_q >= 3'd3 && step_q <= 3'd5 && rows_i != '0 && bad_range && !bad_range_q) begin
            bad_range_q <= 1'b1;
            address_q <= base3_q;
        end
    end

    assign error_o = bad_field_q ? quin_pkg::DERR_FIELD[3:0] : bad_act_q ? quin_pkg::DERR_ALIGN[3:0] :
                     bad_range_q ? quin_pkg::DERR_SCRATCHPAD[3:0] : stream_misaligned_i ? quin_pkg::DERR_ALIGN[3:0] : 4'd0;
    assign act_misaligned_o = bad_act_q;
    assign error_address_o = address_q;
endmodule

`default_nettype wire
