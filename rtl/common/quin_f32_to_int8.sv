// SPDX-License-Identifier: Apache-2.0
// y = x as one of the quantiser's formats (quin_pkg::FORMAT_*): v = nearest integer of x, halves to even,
// clamped; NaN gives 0 (docs/numerics.md).
//   INT8  -127..127, INT8_LOW  -128..127: y[7:0] = v
//   CODE5   -121..121:     y[7:0] = five trits of v
//   CODE10  -29524..29524: y[7:0] = high five trits, y[15:8] = low five trits
// Other formats give no meaning to y, and y[15:8] has a meaning in CODE10 alone.
// Latency 2 (quin_cell_pkg::F32_TO_INT8_LATENCY), one value a cycle; en_i = 0 freezes the pipeline.
//   1: round, clamp, add the code's bias   2: encode
`default_nettype none
module quin_f32_to_int8 (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        en_i,
    input  logic [31:0] x_i,
    input  logic [2:0]  format_i,
    output logic [15:0] y_o
);
    logic unused_reset;  // no register needs a reset
    assign unused_reset = rst_ni;

    localparam logic [14:0] INT8_LIMIT = 15'(quin_pkg::INT8_MAX);
    localparam logic [14:0] CODE5_LIMIT = 15'(quin_pkg::TRIT5_MAX);
    localparam logic [14:0] CODE10_LIMIT = 15'(quin_pkg::TRIT10_MAX);

    // Stage 1. |x| < 2^15 as whole + guard/2 + a rest below 1/2. The limits are integers, so clamping before
    // rounding is the same as after it, and |v| < limit leaves room for rounding up. Codes count from their
    // least value: u = v + limit.
    logic [7:0]  exponent;
    logic [3:0]  distance;
    logic [39:0] fixed;
    logic [14:0] whole, limit, bias, beyond;
    logic        sign, nan, outside, tiny, guard, round_up;
    logic [15:0] u;
    assign sign = x_i[31];
    assign exponent = x_i[30:23];
    assign nan = exponent == 8'hff && x_i[22:0] != 0;
    assign outside = exponent >= 8'd142;  // |x| >= 2^15
    assign tiny = exponent < 8'd126;      // |x| < 1/2, subnormals included
    assign distance = 4'd13 - exponent[3:0];  // 141 - exponent: 0..15
    assign fixed = {1'b1, x_i[22:0], 16'b0} >> distance;
    assign whole = tiny ? '0 : fixed[39:25];
    assign guard = !tiny && fixed[24];
    assign round_up = guard && (fixed[23:0] != 0 || fixed[25]);

    always_comb begin
        case (format_i)
            quin_pkg::FORMAT_CODE5: limit = CODE5_LIMIT;
            quin_pkg::FORMAT_CODE10: limit = CODE10_LIMIT;
            default: limit = INT8_LIMIT;
        endcase
        bias = format_i == quin_pkg::FORMAT_CODE5 || format_i == quin_pkg::FORMAT_CODE10 ? limit : '0;
        beyond = limit + {14'b0, sign && format_i == quin_pkg::FORMAT_INT8_LOW};
        if (nan)
            u = {1'b0, bias};
        else if (outside || whole >= beyond)
            u = sign ? {1'b0, bias} - {1'b0, beyond} : {1'b0, bias} + {1'b0, beyond};
        else  // bias + v in one addition: -(whole + r) = ~whole + (1 - r)
            u = {1'b0, bias} + ({1'b0, whole} ^ {16{sign}}) + {15'b0, round_up ^ sign};
    end

    logic [15:0] u_q;
    logic [2:0]  format_q;
    always_ff @(posedge clk_i) begin
        if (en_i) begin
            u_q <= u;
            format_q <= format_i;
        end
    end

    // Stage 2, for u in 0..59048 and first in 0..242, constants by search, all values tested:
    //   u / 243 = (u * 69043) >> 24
    //   code of first = ceil(first * 256 / 243) = ((16 * first + 15) * 8631) >> 17
    //   code of u mod 243: bits 30..23 of u * 8837381 + 2^23 - 1. Bit 31 and up would be u / 243 again; below
    //   lies the rest as a fraction of 256 rounded up, and that is the code. The constants' error stays below
    //   the 1/243 that the next code is away.
    localparam logic [31:0] DIVIDE = 32'd69043;
    localparam logic [25:0] ENCODE = 26'd8631;
    localparam logic [39:0] SECOND = 40'd8837381, SECOND_ROUND = 40'h7fffff;
    logic [7:0]  first;
    /* verilator lint_off UNUSEDSIGNAL */ // bits above and below the results
    logic [31:0] quotient;
    logic [25:0] code;
    logic [39:0] second;
    /* verilator lint_on UNUSEDSIGNAL */
    assign quotient = {16'b0, u_q} * DIVIDE;
    assign first = format_q == quin_pkg::FORMAT_CODE5 ? u_q[7:0] : quotient[31:24];
    assign code = {14'b0, first, 4'd15} * ENCODE;
    assign second = {24'b0, u_q} * SECOND + SECOND_ROUND;

    always_ff @(posedge clk_i) begin
        if (en_i) begin
            y_o[7:0] <= format_q == quin_pkg::FORMAT_CODE5 || format_q == quin_pkg::FORMAT_CODE10 ?
                        code[24:17] : u_q[7:0];
            y_o[15:8] <= second[30:23];
        end
    end
endmodule
`default_nettype wire
