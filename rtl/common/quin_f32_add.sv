// SPDX-License-Identifier: Apache-2.0
// y = sub ? a - b : a + b in binary32 as docs/numerics.md defines it: nearest even, subnormals are zero, one
// NaN, tiny sums become zero of their sign. Latency 4 (quin_cell_pkg::F32_ADD_LATENCY), one sum a cycle;
// en_i = 0 freezes the pipeline.
// Near = 0 leaves out what only a result below half of the larger operand needs, Special = 0 what only NaN,
// infinities and overflow need: for users whose operands never lead there.
//   1: order the operands by magnitude   2: align, add or subtract   3: round, or begin to normalise   4: pack
`default_nettype none
module quin_f32_add #(
    parameter bit Near = 1,
    parameter bit Special = 1
) (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        en_i,
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    input  logic        sub_i,
    output logic [31:0] y_o
);
    logic unused_reset;  // no register needs a reset
    assign unused_reset = rst_ni;

    // Stage 1. An exponent field of 0 clears the whole significand, hidden bit too: subnormals are zeros.
    // Their order does not matter then: only another zero has the same exponent.
    logic       a_less, a_normal, b_normal, large_normal, small_normal, a_sign, b_sign, cancel;
    logic       a_inf, b_inf, a_nan, b_nan;
    logic [7:0] a_minus_b, b_minus_a, distance;
    assign a_less = a_i[30:0] < b_i[30:0];
    assign a_normal = a_i[30:23] != 0;
    assign b_normal = b_i[30:23] != 0;
    assign large_normal = a_less ? b_normal : a_normal;
    assign small_normal = a_less ? a_normal : b_normal;
    assign a_sign = a_i[31];
    assign b_sign = b_i[31] ^ sub_i;
    assign cancel = a_sign != b_sign;
    assign a_inf = a_i[30:23] == 8'hff && a_i[22:0] == 0;
    assign b_inf = b_i[30:23] == 8'hff && b_i[22:0] == 0;
    assign a_nan = a_i[30:23] == 8'hff && a_i[22:0] != 0;
    assign b_nan = b_i[30:23] == 8'hff && b_i[22:0] != 0;
    assign a_minus_b = a_i[30:23] - b_i[30:23];
    assign b_minus_a = b_i[30:23] - a_i[30:23];
    assign distance = a_less ? b_minus_a : a_minus_b;

    logic [23:0] large_q, small_q;  // significands, |large| >= |small|
    logic [7:0]  exponent1_q;       // of large
    logic [4:0]  shift_q;           // alignment of small; 31 stands for everything above
    logic        sign1_q, cancel1_q, nan1_q, inf1_q;

    always_ff @(posedge clk_i) begin
        if (en_i) begin
            large_q <= {24{large_normal}} & {1'b1, a_less ? b_i[22:0] : a_i[22:0]};
            small_q <= {24{small_normal}} & {1'b1, a_less ? a_i[22:0] : b_i[22:0]};
            exponent1_q <= a_less ? b_i[30:23] : a_i[30:23];
            shift_q <= distance[4:0] | {5{distance[7:5] != 0}};
            sign1_q <= a_less ? b_sign : a_sign;
            cancel1_q <= cancel;
            nan1_q <= a_nan || b_nan || (a_inf && b_inf && cancel);
            inf1_q <= a_inf || b_inf;
        end
    end

    // Stage 2. Two bits below the significand and a sticky bit are enough: a difference loses at most one
    // leading bit when the operands are shifted apart by two or more, and is exact otherwise. The sticky bit
    // does not wait for the shifted operand: lost marks the bits of small that the shift drops. It stands alone
    // in its place and comes out as it is; in a difference it takes one from the place above.
    logic [23:0] lost;
    logic [25:0] aligned;
    logic        sticky;
    logic [27:0] sum;
    /* verilator lint_off UNUSEDSIGNAL */ // the place of the carry in
    logic [27:0] wide;
    /* verilator lint_on UNUSEDSIGNAL */
    generate
        genvar i;
        for (i = 0; i < 24; i = i + 1) begin : g_lost
            assign lost[i] = small_q[i] && shift_q > 5'(i + 2);
        end
    endgenerate
    assign sticky = lost != 0;
    assign aligned = {small_q, 2'b0} >> shift_q;
    assign wide = {1'b0, large_q, 2'b0, 1'b1} + {{1'b0, aligned} ^ {27{cancel1_q}}, cancel1_q && !sticky};
    assign sum = {wide[27:1], sticky};

    logic [27:0] sum_q;        // carry, hidden bit, fraction [23], guard [2], sticky
    logic [7:0]  exponent2_q;  // of large
    logic        sign2_q, cancel2_q, nan2_q, inf2_q;

    always_ff @(posedge clk_i) begin
        if (en_i) begin
            sum_q <= sum;
            exponent2_q <= exponent1_q;
            sign2_q <= sign1_q;
            cancel2_q <= cancel1_q;
            nan2_q <= nan1_q;
            inf2_q <= inf1_q;
        end
    end

    // Stage 3, far: the leading bit is at 27, 26 or 25: the exponent is that of large and 1, 0 or -1. Exponent
    // and fraction are rounded as one integer, so that a carry out of the fraction raises the exponent, up to
    // infinity. What is tiny here is exact. A large that is 0 comes out with the exponent -1.
    logic [25:0] below;  // what follows the leading bit: fraction [23], guard [2], sticky
    logic        round_up, lower;
    logic [31:0] far;
    assign below = sum_q[27] ? {sum_q[26:2], sum_q[1:0] != 0} : sum_q[26] ? sum_q[25:0] : {sum_q[24:0], 1'b0};
    assign round_up = below[2] && (below[1:0] != 0 || below[3]);
    assign lower = sum_q[27:26] == 0;
    assign far = {1'b0, exponent2_q, below[25:3]} + {{8{lower}}, lower || sum_q[27], 22'b0, round_up};

    // Stage 3, near: more leading bits cancelled. The sum is exact then and its two lowest bits are 0. Here the
    // first group of four bits with a one moves to the top, in stage 4 the one itself.
    logic [23:0] coarse;
    logic [2:0]  groups;  // of zeros
    quin_lead #(.Width(24)) lead (.x_i(sum_q[25:2]), .groups_o(groups), .x_o(coarse));

    logic [31:0] far_q;
    logic [23:0] coarse_q;
    logic [8:0]  exponent3_q;  // that of large - 4 * groups - 1
    logic        near_q, sign3_q, cancel3_q, nan3_q, inf3_q;

    always_ff @(posedge clk_i) begin
        if (en_i) begin
            far_q <= far;
            coarse_q <= coarse;
            exponent3_q <= {1'b0, exponent2_q} + {4'hf, ~groups, 2'b11};
            near_q <= Near && sum_q[27:25] == 0;
            sign3_q <= sign2_q;
            cancel3_q <= cancel2_q;
            nan3_q <= nan2_q;
            inf3_q <= inf2_q;
        end
    end

    // Stage 4. Tiny: the exponent is 0 or, in 9 bits, negative. Overflow: it is 255 or, after rounding, 256.
    logic [1:0]  zeros;  // above the leading one of coarse
    logic [22:0] near_fraction;
    logic [7:0]  near_exponent;  // modulo 256
    logic        near_tiny;      // it is 0 or negative
    logic        zero, tiny, huge;
    logic [31:0] finite, number;
    assign zeros = {coarse_q[23:22] == 0, !coarse_q[23] && (coarse_q[22] || !coarse_q[21])};
    assign near_fraction = coarse_q[22:0] << zeros;
    assign near_exponent = exponent3_q[7:0] - {6'b0, zeros};
    assign near_tiny = exponent3_q[8] || (exponent3_q[7:2] == 0 && exponent3_q[1:0] <= zeros);
    assign zero = Near ? near_q && coarse_q[23:20] == 0 : far_q[31:30] == 2'b11;
    assign tiny = near_q ? near_tiny : far_q[31:23] == 0;
    assign huge = Special && !near_q && far_q[31:23] >= 9'd255;
    assign finite = zero || tiny ? {sign3_q && !(zero && cancel3_q), 31'b0} :
                    near_q ? {sign3_q, near_exponent, near_fraction} : {sign3_q, far_q[30:0]};
    assign number = Special && nan3_q ? 32'h7fc00000 :
                    (Special && inf3_q) || huge ? {sign3_q, 31'h7f800000} : finite;

    always_ff @(posedge clk_i)
        if (en_i) y_o <= number;
endmodule
`default_nettype wire
