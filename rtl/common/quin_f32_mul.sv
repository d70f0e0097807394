// SPDX-License-Identifier: Apache-2.0
// y = a * b in binary32 as docs/numerics.md defines it: nearest even, subnormals are zero, one NaN, a product
// below 2^-126 before rounding becomes zero of its sign. Latency 4 (quin_cell_pkg::F32_MUL_LATENCY), one
// product a cycle; en_i = 0 freezes the pipeline, rst_ni = 0 makes y +0.
// Special = 0 leaves out what only NaN, infinities and overflow need: for users whose operands never lead
// there.
//   1: classify, the exponents' sum   2: four partial products   3: their sum   4: normalise, round, pack
`default_nettype none
module quin_f32_mul #(
    parameter bit Special = 1
) (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        en_i,
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    output logic [31:0] y_o
);
    localparam int Split = 17;  // fits unsigned into an 18 x 18 multiplier
    localparam logic [1:0] NUMBER = 2'd0, ZERO = 2'd1, INFINITY = 2'd2, NAN = 2'd3;

    // Stage 1.
    logic [23:0] a_significand, b_significand;
    logic        a_zero, b_zero, a_inf, b_inf, a_nan, b_nan;
    logic [1:0]  kind;
    assign a_significand = {1'b1, a_i[22:0]};
    assign b_significand = {1'b1, b_i[22:0]};
    assign a_zero = a_i[30:23] == 0;
    assign b_zero = b_i[30:23] == 0;
    assign a_inf = a_i[30:23] == 8'hff && a_i[22:0] == 0;
    assign b_inf = b_i[30:23] == 8'hff && b_i[22:0] == 0;
    assign a_nan = a_i[30:23] == 8'hff && a_i[22:0] != 0;
    assign b_nan = b_i[30:23] == 8'hff && b_i[22:0] != 0;

    always_comb begin
        if (Special && (a_nan || b_nan || (a_zero && b_inf) || (a_inf && b_zero)))
            kind = NAN;
        else if (Special && (a_inf || b_inf))
            kind = INFINITY;
        else if (a_zero || b_zero)
            kind = ZERO;
        else
            kind = NUMBER;
    end

    logic [23:0] a_q, b_q;  // the multipliers' operands come straight from registers
    logic [8:0]  exponent1_q;
    logic [1:0]  kind1_q;
    logic        sign1_q;

    always_ff @(posedge clk_i) begin
        if (en_i) begin
            a_q <= a_significand;
            b_q <= b_significand;
            exponent1_q <= {1'b0, a_i[30:23]} + {1'b0, b_i[30:23]};
            kind1_q <= kind;
            sign1_q <= a_i[31] ^ b_i[31];
        end
    end

    // Stages 2 and 3. Low and high products do not overlap. The lowest bits only matter as a sticky bit. The
    // bias is subtracted down to one less than the exponent field, as the significand's leading bit will raise
    // it by one.
    logic [33:0] low_q;                 // low bits of a * low bits of b
    logic [23:0] cross_a_q, cross_b_q;  // high bits of a * low bits of b, and the other way round
    logic [13:0] high_q;                // high bits of a * high bits of b
    logic [24:0] middle;
    /* verilator lint_off UNUSEDSIGNAL */ // the lowest bit
    logic [30:0] sum;
    /* verilator lint_on UNUSEDSIGNAL */
    logic [30:0] product_q;  // bits 47..17 of the product: 1..3.99 with 29 fraction bits
    logic [9:0]  exponent2_q, exponent3_q;
    logic        sticky3_q, sign2_q, sign3_q;
    logic [1:0]  kind2_q, kind3_q;
    // The lowest bit is formed apart: the use of middle[0] keeps synthesis from one sum of three operands, which
    // takes more LUTs than two carry chains.
    assign middle = {1'b0, cross_a_q} + {1'b0, cross_b_q};
    assign sum = {high_q, low_q[33:Split]} + {6'b0, middle};

    always_ff @(posedge clk_i) begin
        if (en_i) begin
            low_q <= {17'b0, a_q[Split-1:0]} * {17'b0, b_q[Split-1:0]};
            cross_a_q <= {17'b0, a_q[23:Split]} * {7'b0, b_q[Split-1:0]};
            cross_b_q <= {7'b0, a_q[Split-1:0]} * {17'b0, b_q[23:Split]};
            high_q <= {7'b0, a_q[23:Split]} * {7'b0, b_q[23:Split]};
            exponent2_q <= {1'b0, exponent1_q} - 10'd127;
            kind2_q <= kind1_q;
            sign2_q <= sign1_q;
            product_q <= {sum[30:1], low_q[Split] ^ middle[0]};
            sticky3_q <= low_q[Split-1:0] != 0;
            exponent3_q <= exponent2_q;
            kind3_q <= kind2_q;
            sign3_q <= sign2_q;
        end
    end

    // Stage 4. Exponent and fraction are rounded as one integer, so that a carry raises the exponent; whether
    // the product is tiny is seen before that.
    logic        guard, sticky, round_up, tiny, huge;
    logic [22:0] fraction;
    logic [9:0]  exponent;
    logic [30:0] rounded, number;
    assign fraction = product_q[30] ? product_q[29:7] : product_q[28:6];
    assign guard = product_q[30] ? product_q[6] : product_q[5];
    assign sticky = product_q[4:0] != 0 || sticky3_q || (product_q[30] && product_q[5]);
    assign round_up = guard && (sticky || fraction[0]);
    assign exponent = exponent3_q + {9'b0, product_q[30]};
    assign tiny = exponent[9] || exponent == 0;
    assign huge = Special && !exponent[9] && (exponent[8] || exponent[7:0] == 8'hff);
    assign rounded = {exponent[7:0], fraction} + {30'b0, round_up};

    always_comb begin
        if (!rst_ni)
            number = 31'h0;
        else if (kind3_q == NAN)
            number = 31'h7fc00000;
        else if (kind3_q == INFINITY || (kind3_q == NUMBER && huge))
            number = 31'h7f800000;
        else if (kind3_q == ZERO || tiny)
            number = 31'h0;
        else
            number = rounded;
    end

    always_ff @(posedge clk_i) begin
        if (en_i || !rst_ni)
            y_o <= {rst_ni && sign3_q && kind3_q != NAN, number};
    end
endmodule
`default_nettype wire
