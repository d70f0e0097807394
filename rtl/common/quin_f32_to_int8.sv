// SPDX-License-Identifier: Apache-2.0
// y = x as one of the quantiser's formats (quin_pkg::FORMAT_*): v = nearest integer of x, halves to even,
// clamped; NaN gives 0 (docs/numerics.md).
//   INT8  -127..127, INT8_LOW  -128..127: y[7:0] = v
//   CODE5   -121..121:     y[7:0] = five trits of v
//   CODE10  -29524..29524: y[7:0] = high five trits, y[15:8] = low five trits
// Other formats give no meaning to y, and y[15:8] has a meaning in CODE10 alone.
// Latency 4 (quin_cell_pkg::F32_TO_INT8_LATENCY), one value a cycle; en_i = 0 freezes the pipeline.
//   1: to fixed point; compare with the limit   2: round, with the code's bias   3: divide   4: encode, clamp
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
    // the limits and that of INT8_LOW as magnitudes of floats; the leading one falls off
    localparam logic [30:0] INT8_FLOAT = {8'd133, {INT8_LIMIT[5:0], 17'b0}};      // 64 ..
    localparam logic [30:0] LOW_FLOAT = {8'd134, 23'b0};                          // 128
    localparam logic [30:0] CODE5_FLOAT = {8'd133, {CODE5_LIMIT[5:0], 17'b0}};    // 64 ..
    localparam logic [30:0] CODE10_FLOAT = {8'd141, {CODE10_LIMIT[13:0], 9'b0}};  // 16384 ..

    // Stage 1. |x| < 2^15 as whole + guard/2 + a rest below 1/2. Codes count from their least value:
    // u = v + limit. What a larger x leaves in fixed does not matter, it is clamped; the limits are integers, so
    // that clamping before rounding is the same as after it.
    logic [7:0]  exponent;
    logic [3:0]  distance;
    logic [15:0] fixed;  // whole, guard
    logic [14:0] bias;
    logic [30:0] limit;
    logic        sign, tiny;
    assign sign = x_i[31];
    assign exponent = x_i[30:23];
    assign tiny = exponent < 8'd126;          // |x| < 1/2, subnormals included
    assign distance = 4'd13 - exponent[3:0];  // 141 - exponent: 0..15
    assign fixed = ({1'b1, x_i[22:8]} & {16{!tiny}}) >> distance;

    always_comb begin
        bias = '0;
        limit = INT8_FLOAT;
        case (format_i)
            quin_pkg::FORMAT_CODE5: begin
                bias = CODE5_LIMIT;
                limit = CODE5_FLOAT;
            end
            quin_pkg::FORMAT_CODE10: begin
                bias = CODE10_LIMIT;
                limit = CODE10_FLOAT;
            end
            quin_pkg::FORMAT_INT8_LOW:
                if (sign) limit = LOW_FLOAT;
            default: ;
        endcase
    end

    // The rest does not wait for the shift: lost marks the bits that come to lie below the guard bit.
    logic [22:0] lost;
    generate
        genvar i;
        for (i = 0; i < 23; i = i + 1) begin : g_lost
            assign lost[i] = x_i[i] && (i < 8 || distance >= 4'(i - 7));
        end
    endgenerate

    logic [15:0] fixed_q;
    logic [14:0] bias_q;
    logic        rest_q, sign1_q, nan1_q, clamped1_q;
    logic [2:0]  format1_q;
    always_ff @(posedge clk_i) begin
        if (en_i) begin
            fixed_q <= fixed;
            rest_q <= lost != 0;
            bias_q <= bias;
            sign1_q <= sign;
            nan1_q <= x_i[30:0] > 31'h7f800000;
            clamped1_q <= x_i[30:0] >= limit;
            format1_q <= format_i;
        end
    end

    // Stage 2. v = whole + r, or -(whole + r) = ~whole + (1 - r); one comes in below the lowest place.
    logic        one;
    /* verilator lint_off UNUSEDSIGNAL */ // the place of the carry in
    logic [16:0] wide;
    /* verilator lint_on UNUSEDSIGNAL */
    logic [15:0] u_q;
    logic        sign_q, nan_q, clamped_q;
    logic [2:0]  format2_q;
    assign one = (fixed_q[0] && (rest_q || fixed_q[1])) ^ sign1_q;
    assign wide = {1'b0, bias_q, 1'b1} + {{1'b0, fixed_q[15:1]} ^ {16{sign1_q}}, one};
    always_ff @(posedge clk_i) begin
        if (en_i) begin
            u_q <= wide[16:1];
            sign_q <= sign1_q;
            nan_q <= nan1_q;
            clamped_q <= clamped1_q;
            format2_q <= format1_q;
        end
    end

    // Stages 3 and 4, for u in 0..59048 and first in 0..242, constants by search, all values tested:
    //   u / 243 = (u * 69043) >> 24
    //   code of first = ceil(first * 256 / 243) = ((16 * first + 15) * 8631) >> 17
    //   code of u mod 243: bits 30..23 of u * 8837381 + 2^23 - 1. Bit 31 and up would be u / 243 again; below
    //   lies the rest as a fraction of 256 rounded up, and that is the code. The constants' error stays below
    //   the 1/243 that the next code is away.
    // What rounds the second product is added in stage 4.
    localparam logic [31:0] DIVIDE = 32'd69043;
    localparam logic [25:0] ENCODE = 26'd8631;
    localparam logic [30:0] SECOND = 31'd8837381, SECOND_ROUND = 31'h7fffff;
    logic [15:0] clamp;
    /* verilator lint_off UNUSEDSIGNAL */ // bits above and below the results
    logic [31:0] quotient;
    logic [25:0] code;
    logic [30:0] second;
    /* verilator lint_on UNUSEDSIGNAL */
    logic [30:0] second_q;
    logic [15:0] clamp_q;  // the bytes of NaN and of what is beyond the limits
    logic [7:0]  u3_q, quotient_q, first;
    logic        is_code_q, is_code10_q, is_clamp_q;
    assign quotient = {16'b0, u_q} * DIVIDE;
    assign first = is_code10_q ? quotient_q : u3_q;
    assign code = {14'b0, first, 4'd15} * ENCODE;
    assign second = second_q + SECOND_ROUND;

    always_comb begin
        if (format2_q == quin_pkg::FORMAT_CODE5 || format2_q == quin_pkg::FORMAT_CODE10)
            clamp = nan_q ? 16'h8080 : sign_q ? 16'h0000 : 16'hffff;
        else if (nan_q)
            clamp = '0;
        else
            clamp = {8'b0, sign_q ? ~INT8_LIMIT[7:0] + {7'b0, format2_q != quin_pkg::FORMAT_INT8_LOW} : INT8_LIMIT[7:0]};
    end

    always_ff @(posedge clk_i) begin
        if (en_i) begin
            u3_q <= u_q[7:0];
            quotient_q <= quotient[31:24];
            second_q <= {15'b0, u_q} * SECOND;
            is_code10_q <= format2_q == quin_pkg::FORMAT_CODE10;
            is_code_q <= format2_q == quin_pkg::FORMAT_CODE5 || format2_q == quin_pkg::FORMAT_CODE10;
            is_clamp_q <= nan_q || clamped_q;
            clamp_q <= clamp;
            y_o[7:0] <= is_clamp_q ? clamp_q[7:0] : is_code_q ? code[24:17] : u3_q;
            y_o[15:8] <= is_clamp_q ? clamp_q[15:8] : second[30:23];
        end
    end
endmodule
`default_nettype wire
