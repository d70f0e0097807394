// SPDX-License-Identifier: Apache-2.0
// y = sub ? a - b : a + b in binary32 as docs/numerics.md defines it: nearest even, subnormals are zero, one
// NaN, tiny sums become zero of their sign. Latency 3 (quin_cell_pkg::F32_ADD_LATENCY), one sum a cycle;
// en_i = 0 freezes the pipeline.
//   1: order the operands by magnitude   2: align, add or subtract   3: normalise, round, pack
`default_nettype none
module quin_f32_add (
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
    // leading bit when the operands are shifted apart by two or more, and is exact otherwise.
    logic [54:0] aligned;
    logic [27:0] addend;
    /* verilator lint_off UNUSEDSIGNAL */ // the place of the carry in
    logic [28:0] sum;
    /* verilator lint_on UNUSEDSIGNAL */
    assign aligned = {small_q, 31'b0} >> shift_q;
    assign addend = {1'b0, aligned[54:29], aligned[28:0] != 0} ^ {28{cancel1_q}};
    assign sum = {1'b0, large_q, 3'b0, 1'b1} + {addend, cancel1_q};

    logic [27:0] sum_q;        // carry, hidden bit, fraction [23], guard [2], sticky
    logic [8:0]  exponent2_q;  // that of large less 1
    logic        sign2_q, cancel2_q, nan2_q, inf2_q;

    always_ff @(posedge clk_i) begin
        if (en_i) begin
            sum_q <= sum[28:1];
            exponent2_q <= {1'b0, exponent1_q} - 9'd1;
            sign2_q <= sign1_q;
            cancel2_q <= cancel1_q;
            nan2_q <= nan1_q;
            inf2_q <= inf1_q;
        end
    end

    // Stage 3, far: the leading bit is at 27, 26 or 25. Exponent and fraction are rounded as one integer, so
    // that a carry out of the fraction raises the exponent, up to infinity. What is tiny here is exact.
    logic [25:0] below;  // what follows the leading bit: fraction [23], guard [2], sticky
    logic        round_up;
    logic [31:0] far;
    assign below = sum_q[27] ? {sum_q[26:2], sum_q[1:0] != 0} : sum_q[26] ? sum_q[25:0] : {sum_q[24:0], 1'b0};
    assign round_up = below[2] && (below[1:0] != 0 || below[3]);
    assign far = {exponent2_q, below[25:3]} + {7'b0, sum_q[27], !sum_q[27] && sum_q[26], 22'b0, round_up};

    // Stage 3, near: more leading bits cancelled. The sum is exact then and its two lowest bits are 0.
    logic [4:0]  zeros;  // leading zeros of sum_q[24:2]
    logic [22:0] near_significand;
    logic [8:0]  near_exponent;  // that of large - zeros - 2
    quin_lead #(.Width(23)) lead (.x_i(sum_q[24:2]), .zeros_o(zeros), .normal_o(near_significand));
    assign near_exponent = exponent2_q + {4'hf, ~zeros};

    // Tiny: the exponent is 0 or, in 9 bits, negative. Overflow: it is 255 or, after rounding, 256.
    logic        is_near, zero, tiny, huge;
    logic [31:0] finite, number;
    assign is_near = sum_q[27:25] == 0;
    assign zero = is_near && !near_significand[22];
    assign tiny = is_near ? near_exponent[8] || near_exponent == 0 : far[31:23] == 0;
    assign huge = !is_near && far[31:23] >= 9'd255;
    assign finite = zero || tiny ? {sign2_q && !(zero && cancel2_q), 31'b0} :
                    is_near ? {sign2_q, near_exponent[7:0], near_significand[21:0], 1'b0} :
                    {sign2_q, far[30:0]};
    assign number = nan2_q ? 32'h7fc00000 : inf2_q || huge ? {sign2_q, 31'h7f800000} : finite;

    always_ff @(posedge clk_i)
        if (en_i) y_o <= number;
endmodule
`default_nettype wire
