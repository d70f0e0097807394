// SPDX-License-Identifier: Apache-2.0
// y = a * b in binary32 as docs/numerics.md defines it: nearest even, subnormals are zero, one NaN, a product
// below 2^-126 before rounding becomes zero of its sign. Latency 3 (quin_cell_pkg::F32_MUL_LATENCY), one
// product a cycle; en_i = 0 freezes the pipeline.
//   1: two partial products, the exponents' sum   2: their sum   3: normalise, round, pack
`default_nettype none
module quin_f32_mul (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        en_i,
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    output logic [31:0] y_o
);
    logic unused_reset;  // no register needs a reset
    assign unused_reset = rst_ni;

    localparam int Split = 17;  // fits unsigned into the narrow side of an 18 or 27 x 18 multiplier
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
        if (a_nan || b_nan || (a_zero && b_inf) || (a_inf && b_zero))
            kind = NAN;
        else if (a_inf || b_inf)
            kind = INFINITY;
        else if (a_zero || b_zero)
            kind = ZERO;
        else
            kind = NUMBER;
    end

    logic [40:0] low_q;   // a * the low bits of b
    logic [30:0] high_q;  // a * the high bits of b
    logic [8:0]  exponent1_q;
    logic [1:0]  kind1_q;
    logic        sign1_q;

    always_ff @(posedge clk_i) begin
        if (en_i) begin
            low_q <= {17'b0, a_significand} * {24'b0, b_significand[Split-1:0]};
            high_q <= {7'b0, a_significand} * {24'b0, b_significand[23:Split]};
            exponent1_q <= {1'b0, a_i[30:23]} + {1'b0, b_i[30:23]};
            kind1_q <= kind;
            sign1_q <= a_i[31] ^ b_i[31];
        end
    end

    // Stage 2. The low bits of the product only matter as a sticky bit. The bias is subtracted down to one
    // less than the exponent field, as the significand's leading bit will raise it by one.
    logic [30:0] product_q;  // bits 47..17 of the product: 1..3.99 with 29 fraction bits
    logic [9:0]  exponent2_q;
    logic        sticky2_q, sign2_q;
    logic [1:0]  kind2_q;

    always_ff @(posedge clk_i) begin
        if (en_i) begin
            product_q <= high_q + {7'b0, low_q[40:Split]};
            sticky2_q <= low_q[Split-1:0] != 0;
            exponent2_q <= {1'b0, exponent1_q} - 10'd127;
            kind2_q <= kind1_q;
            sign2_q <= sign1_q;
        end
    end

    // Stage 3. Exponent and fraction are rounded as one integer, so that a carry raises the exponent; whether
    // the product is tiny is seen before that.
    logic        guard, sticky, round_up, tiny, huge;
    logic [22:0] fraction;
    logic [9:0]  exponent;
    logic [30:0] rounded, number;
    assign fraction = product_q[30] ? product_q[29:7] : product_q[28:6];
    assign guard = product_q[30] ? product_q[6] : product_q[5];
    assign sticky = product_q[4:0] != 0 || sticky2_q || (product_q[30] && product_q[5]);
    assign round_up = guard && (sticky || fraction[0]);
    assign exponent = exponent2_q + {9'b0, product_q[30]};
    assign tiny = exponent[9] || exponent == 0;
    assign huge = !exponent[9] && (exponent[8] || exponent[7:0] == 8'hff);
    assign rounded = {exponent[7:0], fraction} + {30'b0, round_up};

    always_comb begin
        if (kind2_q == NAN)
            number = 31'h7fc00000;
        else if (kind2_q == INFINITY || (kind2_q == NUMBER && huge))
            number = 31'h7f800000;
        else if (kind2_q == ZERO || tiny)
            number = 31'h0;
        else
            number = rounded;
    end

    always_ff @(posedge clk_i)
        if (en_i) y_o <= {sign2_q && kind2_q != NAN, number};
endmodule
`default_nettype wire
