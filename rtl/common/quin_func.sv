// SPDX-License-Identifier: Apache-2.0
// y = exp2(x), 1/x, 1/sqrt(x) or rint(x), as func_i says (quin_pkg::FUNC_*), bit for bit the sequences of
// docs/numerics.md; every other func_i gives x (subnormals as zero, NaN as the one NaN). One element a cycle,
// of any function; latency quin_cell_pkg::FUNC_LATENCY; en_i = 0 freezes the pipeline.
//
// Ten multipliers (M) and adders (A) in a row, the least in which all three sequences fit:
//          M1    A2     M3    A4     M5    A6     M7    M8    A9     M10     then
//   exp2         x-k/32 f*C3  C2+q   f*q   C1+q   f*q   T*u   T+u            exponent + n
//   recip  m*y   S1-d   y*d   y+d    m*y   S2-d   y*d         y+d            exponent - e, sign
//   rsqrt  y*y          h*d   S1-d   y*d          y*y   h*d   S2-d   y*d     exponent - e/2
// A place without an operation multiplies by 1 or adds -0, which changes no bit of any operand. A result known
// at the start (NaN, infinity, zero), and rint's, goes beside the ten places; what they make of it is not
// looked at. So they never meet NaN or infinity. A4 and A9 add to C2, T or y what is much smaller, or form
// 1.5 - d for d near 0.5: their sums are never below half of the larger operand.
`default_nettype none
module quin_func (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        en_i,
    input  logic [2:0]  func_i,
    input  logic [31:0] x_i,
    output logic [31:0] y_o
);
    localparam int Stage = 4;  // cycles of an adder and of a multiplier
    localparam logic [31:0] ONE = 32'h3f800000, NOTHING = 32'h80000000;  // neutral: x * 1, x + -0
    localparam logic [30:0] INFINITY = 31'h7f800000;
    localparam logic [8:0] HALF = 9'h07e;      // sign and exponent of 0.5
    localparam logic [7:0] POSITIVE = 8'h3f;  // sign and upper exponent of a number in 0.5..1.99
    localparam logic [1:0] NUMBER = 2'd0, ZERO = 2'd1, INFINITE = 2'd2, NAN = 2'd3;  // known at the start
    localparam logic [1:0] PASS = 2'd0, EXP2 = 2'd1, RECIP = 2'd2, RSQRT = 2'd3;

    // What the start asks of x and of the function.
    logic [31:0] x_q;
    logic        exp2_q, recip_q, rsqrt_q, rint_q;
    logic        nan, beyond_exp2, below_exp2, beyond_recip;
    always_ff @(posedge clk_i) begin
        if (en_i) begin
            x_q <= x_i;
            exp2_q <= func_i == quin_pkg::FUNC_EXP2;
            recip_q <= func_i == quin_pkg::FUNC_RECIP;
            rsqrt_q <= func_i == quin_pkg::FUNC_RSQRT;
            rint_q <= func_i == quin_pkg::FUNC_RINT;
            nan <= x_i[30:0] > INFINITY;
            beyond_exp2 <= x_i[30:23] >= 8'd134;       // |x| >= 128
            below_exp2 <= x_i[30:0] > 31'h42fc0000;    // |x| > 126
            beyond_recip <= x_i[30:0] > 31'h7e800000;  // |x| > 2^126
        end
    end

    // Start: which sequence, the seed of y from the table, what is added to the result's exponent. Fraction
    // of x and a bit, which is 0 only for rsqrt of an even exponent, give m (recip) and h (rsqrt).
    logic        sign, zero, odd;
    logic [7:0]  exponent;
    logic [8:0]  recip_seed, rsqrt_seed, seed;  // y = 0.5 + seed/1024
    logic [7:0]  recip_scale, rsqrt_scale, scale;  // modulo 256
    logic [1:0]  kind;
    logic [1:0]  known;  // what PASS gives: NUMBER is x
    logic        known_sign;
    assign sign = x_q[31];
    assign exponent = x_q[30:23];
    assign zero = exponent == 0;
    assign odd = !exponent[0];  // of the exponent without its bias of 127
    logic [6:0] recip_at, rsqrt_at;  // 0 in other functions: the tables stay behind the register of x
    assign recip_at = x_q[22:16] & {7{recip_q}};
    assign rsqrt_at = {odd, x_q[22:17]} & {7{rsqrt_q}};
    assign recip_seed = {quin_pkg::RECIP_TABLE[{recip_at, 3'b0} +: 8], 1'b0};
    assign rsqrt_seed = quin_pkg::RSQRT_TABLE[9 * {25'b0, rsqrt_at} +: 9];
    assign recip_scale = 8'd127 - exponent;
    assign rsqrt_scale = 8'd64 - {1'b0, exponent[7:1]} - {7'b0, exponent[0]};

    always_comb begin
        kind = PASS;
        known = nan ? NAN : zero ? ZERO : NUMBER;
        known_sign = sign && !nan;
        scale = recip_scale;
        seed = recip_seed;
        if (exp2_q) begin
            if (!nan && !sign && beyond_exp2)
                known = INFINITE;
            else if (!nan && sign && below_exp2)
                {known, known_sign} = {ZERO, 1'b0};
            else if (!nan)
                kind = EXP2;
        end
        if (recip_q) begin
            if (zero)
                known = INFINITE;
            else if (!nan && beyond_recip)
                known = ZERO;
            else if (!nan)
                kind = RECIP;
        end
        if (rsqrt_q) begin
            if (zero)
                known = INFINITE;
            else if (nan || sign)
                {known, known_sign} = {NAN, 1'b0};
            else if (exponent == 8'hff)
                known = ZERO;
            else
                kind = RSQRT;
            scale = rsqrt_scale;
            seed = rsqrt_seed;
        end
    end

    logic [1:0]  kind1, kind2, kind3, kind4, kind5, kind6, kind7, kind8, kind9, kind10;
    logic [1:0]  known1;
    logic        known_sign1, rint1, sign1, sign3, bit1;
    logic [8:0]  seed1;
    logic [7:0]  scale1, scale3;
    logic [31:0] value1, result1;  // x; the result known at the start
    always_ff @(posedge clk_i) begin
        if (en_i) begin
            kind1 <= kind;
            rint1 <= rint_q;
            sign1 <= kind == RECIP && sign;
            scale1 <= scale;
            seed1 <= seed;
            value1 <= x_q;
            known1 <= known;
            known_sign1 <= known_sign;
            bit1 <= recip_q || odd;
        end
    end

    assign result1[31:23] = {known_sign1, (value1[30:23] | {8{known1[1]}}) & {8{known1 != ZERO}}};
    assign result1[22:0] = {known1 == NAN, 22'b0} | (value1[22:0] & {23{known1 == NUMBER}});

    // M1: m * y, y * y
    logic [31:0] y1, h1, m1;
    assign y1 = {HALF, seed1, 14'b0};
    assign h1 = {POSITIVE, bit1, value1[22:0]};
    quin_f32_mul #(.Special(0)) mul1 (
        .clk_i, .rst_ni, .en_i, .y_o(m1),
        .a_i(kind1 == RSQRT ? y1 : kind1 == RECIP ? h1 : value1),
        .b_i(kind1 == RSQRT || kind1 == RECIP ? y1 : ONE)
    );
    quin_delay #(.Width(2), .Cycles(Stage)) delay1 (.clk_i, .en_i, .d_i(kind1), .q_o(kind2));

    // Beside it near = rint(x * 32) / 32 for exp2, rint(x) for rint; the factors move the exponent, which has
    // room. near, or a result known before, takes the place that holds seed, bit and fraction in the others.
    logic [31:0] near_c, rint_d, number_d, near_d, near2;
    logic [32:0] side_b, side_c, side_d, side2;
    logic        exp2_b, exp2_c, exp2_d, near_is_b, near_is_c, near_is_d;
    quin_f32_rint rint (.clk_i, .en_i, .x_i(side_b[31:0]), .y_o(near_c));
    assign number_d = near_is_d ? rint_d : side_d[31:0];
    assign near_d[31] = number_d[31];
    assign near_d[30:23] = number_d[30:23] - (exp2_d && number_d[30:23] != 0 ? 8'd5 : 8'd0);
    assign near_d[22:0] = number_d[22:0];
    assign near2 = side2[31:0];
    always_ff @(posedge clk_i) begin
        if (en_i) begin
            exp2_b <= kind1 == EXP2;
            near_is_b <= kind1 == EXP2 || rint1;
            side_b <= kind1 == EXP2 ? {1'b0, value1[31], value1[30:23] + 8'd5, value1[22:0]} :
                      kind1 == PASS ? {1'b0, result1} : {seed1, bit1, value1[22:0]};
            exp2_c <= exp2_b;
            near_is_c <= near_is_b;
            side_c <= side_b;
            exp2_d <= exp2_c;
            near_is_d <= near_is_c;
            rint_d <= near_c;
            side_d <= side_c;
            side2 <= {side_d[32], near_d};
        end
    end

    // A2: x - k/32, STEP1 - d
    logic [31:0] a2;
    quin_f32_add #(.Special(0)) add2 (
        .clk_i, .rst_ni, .en_i, .y_o(a2),
        .a_i(kind2 == RECIP ? quin_pkg::RECIP_STEP1 : m1),
        .b_i(kind2 == RECIP ? m1 : kind2 == RSQRT ? NOTHING : near2), .sub_i(kind2 != RSQRT)
    );
    quin_delay #(.Width(2), .Cycles(Stage)) delay2 (.clk_i, .en_i, .d_i(kind2), .q_o(kind3));

    // Beside it k as an integer: its five low bits choose T, which takes the place of bit and fraction (the
    // exponent of T is that of bit = 1); the others are what is added to the result's exponent.
    logic [12:0] k_magnitude, k_magnitude_q, k_not_q;  // ~k: the table stays behind this register
    logic [32:0] side_e, side_f, side_g, side3;
    logic        exp2_e, exp2_f;
    logic [4:0]  part;
    logic [8:0]  scale_f, scale_g;  // with the sign on top
    quin_delay #(.Width(9), .Cycles(Stage + 2)) delay_scale2 (
        .clk_i, .en_i, .d_i({sign1, scale1}), .q_o(scale_f)
    );
    assign part = ~k_not_q[4:0];
    assign k_magnitude = near2[30:23] == 0 ? 13'd0 : {1'b1, near2[22:11]} >> (4'd6 - near2[26:23]);
    always_ff @(posedge clk_i) begin
        if (en_i) begin
            exp2_e <= kind2 == EXP2;
            k_magnitude_q <= k_magnitude;
            side_e <= side2;
            exp2_f <= exp2_e;
            k_not_q <= side_e[31] ? k_magnitude_q - 13'd1 : ~k_magnitude_q;
            side_f <= side_e;
            side_g <= exp2_f ? {9'd0, 1'b1, quin_pkg::EXP2_TABLE[{part, 5'b0} +: 23]} : side_f;
            scale_g <= exp2_f ? {1'b0, ~k_not_q[12:5]} : scale_f;
            side3 <= side_g;
            {sign3, scale3} <= scale_g;
        end
    end

    // M3: f * C3, y * d, h * d. part is the rest of m (recip), h (rsqrt) or T (exp2).
    logic [31:0] y3, m3, v4, y4;
    logic [8:0]  seed4;
    logic [23:0] part4;
    assign y3 = {HALF, side3[32:24], 14'b0};
    quin_f32_mul #(.Special(0)) mul3 (
        .clk_i, .rst_ni, .en_i, .y_o(m3),
        .a_i(kind3 == RECIP ? y3 : kind3 == RSQRT ? {POSITIVE, side3[23:0]} : a2),
        .b_i(kind3 == EXP2 ? quin_pkg::EXP2_C3 : a2)
    );
    // v is f (exp2), the improved y, or a result known before.
    quin_delay #(.Width(67), .Cycles(Stage)) delay3 (
        .clk_i, .en_i, .d_i({kind3, kind3 == PASS ? side3[31:0] : a2, side3}), .q_o({kind4, v4, seed4, part4})
    );

    // A4: C2 + q, y + d, STEP1 - d
    logic [31:0] a4, v5, y5;
    logic [8:0]  seed5;
    logic [23:0] part5;
    assign y4 = {HALF, seed4, 14'b0};
    quin_f32_add #(.Near(0), .Special(0)) add4 (
        .clk_i, .rst_ni, .en_i, .y_o(a4),
        .a_i(kind4 == EXP2 ? quin_pkg::EXP2_C2 : kind4 == RECIP ? y4 : quin_pkg::RSQRT_STEP1),
        .b_i(m3), .sub_i(kind4 == RSQRT)
    );
    quin_delay #(.Width(67), .Cycles(Stage)) delay4 (
        .clk_i, .en_i, .d_i({kind4, v4, seed4, part4}), .q_o({kind5, v5, seed5, part5})
    );

    // M5: f * q, m * y, y * d
    logic [31:0] m5, v6;
    logic [23:0] part6;
    assign y5 = {HALF, seed5, 14'b0};
    quin_f32_mul #(.Special(0)) mul5 (
        .clk_i, .rst_ni, .en_i, .y_o(m5),
        .a_i(kind5 == EXP2 ? v5 : kind5 == RECIP ? {POSITIVE, part5} : y5), .b_i(a4)
    );
    quin_delay #(.Width(58), .Cycles(Stage)) delay5 (
        .clk_i, .en_i, .d_i({kind5, kind5 == RECIP ? a4 : v5, part5}), .q_o({kind6, v6, part6})
    );

    // A6: C1 + q, STEP2 - d
    logic [31:0] a6, v7;
    logic [23:0] part7;
    quin_f32_add #(.Special(0)) add6 (
        .clk_i, .rst_ni, .en_i, .y_o(a6),
        .a_i(kind6 == EXP2 ? quin_pkg::EXP2_C1 : kind6 == RECIP ? quin_pkg::RECIP_STEP2 : NOTHING),
        .b_i(m5), .sub_i(kind6 == RECIP)
    );
    quin_delay #(.Width(58), .Cycles(Stage)) delay6 (
        .clk_i, .en_i, .d_i({kind6, v6, part6}), .q_o({kind7, v7, part7})
    );

    // M7: f * q, y * d, y * y
    logic [31:0] m7, v8;
    logic [23:0] part8;
    quin_f32_mul #(.Special(0)) mul7 (
        .clk_i, .rst_ni, .en_i, .y_o(m7),
        .a_i(kind7 == RSQRT ? a6 : v7), .b_i(a6)
    );
    quin_delay #(.Width(58), .Cycles(Stage)) delay7 (
        .clk_i, .en_i, .d_i({kind7, kind7 == RSQRT ? a6 : v7, part7}), .q_o({kind8, v8, part8})
    );

    // M8: T * u, h * d
    logic [31:0] m8, v9;
    quin_f32_mul #(.Special(0)) mul8 (
        .clk_i, .rst_ni, .en_i, .y_o(m8),
        .a_i(kind8 == EXP2 || kind8 == RSQRT ? {POSITIVE, part8} : ONE), .b_i(m7)
    );
    quin_delay #(.Width(34), .Cycles(Stage)) delay8 (
        .clk_i, .en_i, .d_i({kind8, kind8 == EXP2 ? {POSITIVE, part8} : v8}), .q_o({kind9, v9})
    );

    // A9: T + u, y + d, STEP2 - d
    logic [31:0] a9, v10;
    quin_f32_add #(.Near(0), .Special(0)) add9 (
        .clk_i, .rst_ni, .en_i, .y_o(a9),
        .a_i(kind9 == RSQRT ? quin_pkg::RSQRT_STEP2 : v9),
        .b_i(m8), .sub_i(kind9 == RSQRT)
    );
    quin_delay #(.Width(34), .Cycles(Stage)) delay9 (
        .clk_i, .en_i, .d_i({kind9, v9}), .q_o({kind10, v10})
    );

    // M10: y * d. Then sign and exponent; the exponent's field stays within 1..254 (docs/numerics.md).
    logic [31:0] m10, v11;
    logic        pass11;
    logic        sign11;
    logic [7:0]  scale11;
    quin_f32_mul #(.Special(0)) mul10 (
        .clk_i, .rst_ni, .en_i, .y_o(m10), .a_i(kind10 == RSQRT ? v10 : ONE), .b_i(a9)
    );
    quin_delay #(.Width(9), .Cycles(8 * Stage)) delay_scale3 (
        .clk_i, .en_i, .d_i({sign3, scale3}), .q_o({sign11, scale11})
    );
    quin_delay #(.Width(33), .Cycles(Stage)) delay10 (
        .clk_i, .en_i, .d_i({kind10 == PASS, v10}), .q_o({pass11, v11})
    );
    always_ff @(posedge clk_i)
        if (en_i) y_o <= pass11 ? v11 : {m10[31] ^ sign11, m10[30:23] + scale11, m10[22:0]};
endmodule
`default_nettype wire
