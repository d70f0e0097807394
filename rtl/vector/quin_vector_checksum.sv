// SPDX-License-Identifier: Apache-2.0
// The checksum of docs/commands.md: the sum modulo 2^32 of rotl32(bits, i mod 32) over a job's written
// elements, i counting from 0 in each group, plus the reductions' words at i = 0, and 1 for the second. A
// step of Lanes elements a cycle; sum_o has it four cycles later, idle_o tells.
`default_nettype none
module quin_vector_checksum #(
    parameter int Lanes = 4
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic                clear_i,
    input  logic                valid_i,
    input  logic                last_i,    // of the group
    input  logic [Lanes-1:0]    member_i,  // elements that count
    input  logic [32*Lanes-1:0] bits_i,
    input  logic                word_valid_i,
    input  logic                word_odd_i,  // i = 1
    input  logic [31:0]         word_i,
    output logic [31:0]         sum_o,
    output logic                idle_o
);
    localparam int Quads = (Lanes + 3) / 4;

    logic [4:0] first_q, first;  // i mod 32 of lane 0: a multiple of Lanes
    assign first = first_q & ~5'(Lanes - 1);
    logic [2:0] valid_q;
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            first_q <= '0;
            valid_q <= '0;
        end else begin
            if (valid_i) first_q <= last_i ? '0 : first_q + 5'(Lanes);
            valid_q <= {valid_q[1:0], valid_i};
        end
    end
    assign idle_o = valid_q == 0;

    // 1: turn. All lanes by the same amount, then each by its own, which is wiring.
    logic [128*Quads-1:0] turned;
    genvar l;
    generate
        for (l = 0; l < 4 * Quads; l = l + 1) begin : g_turn
            if (l < Lanes) begin : g_lane
                logic [63:0] wide, twice;
                logic [31:0] turned_q;
                assign wide = {2{bits_i[32*l +: 32]}} << first;
                assign twice = {2{wide[63:32]}} << l;
                always_ff @(posedge clk_i)
                    if (valid_i) turned_q <= twice[63:32] & {32{member_i[l]}};
                assign turned[32*l +: 32] = turned_q;
                logic unused;
                assign unused = ^{wide[31:0], twice[31:0]};
            end else begin : g_none
                assign turned[32*l +: 32] = '0;
            end
        end
    endgenerate

    // 2: sums of four, 3: of all.
    logic [32*Quads-1:0] quad_q;
    logic [31:0]         step_q, step, sum_q, word_q;
    genvar q;
    generate
        for (q = 0; q < Quads; q = q + 1) begin : g_quad
            always_ff @(posedge clk_i)
                if (valid_q[0])
                    quad_q[32*q +: 32] <= (turned[128*q +: 32] + turned[128*q+32 +: 32]) +
                                          (turned[128*q+64 +: 32] + turned[128*q+96 +: 32]);
        end
    endgenerate
    integer i;
    always_comb begin
        step = '0;
        for (i = 0; i < Quads; i = i + 1)
            step = step + quad_q[32*i +: 32];
    end

    // 4: into the job's sum. The reductions have their own, so that both may come in one cycle.
    always_ff @(posedge clk_i) begin
        if (valid_q[1]) step_q <= step;
        if (clear_i)
            sum_q <= '0;
        else if (valid_q[2])
            sum_q <= sum_q + step_q;
        if (clear_i)
            word_q <= '0;
        else if (word_valid_i)
            word_q <= word_q + (word_odd_i ? {word_i[30:0], word_i[31]} : word_i);
    end
    assign sum_o = sum_q + word_q;
endmodule
`default_nettype wire
