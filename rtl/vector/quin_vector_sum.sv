// SPDX-License-Identifier: Apache-2.0
// Sum of a group in the one order of docs/numerics.md: sixteen partial sums s from +0, element i added to
// s[i mod 16] in ascending i, then s[j] = s[j] + s[j + h] for j < h, h = 8, 4, 2, 1. Lane l owns the sums j
// with j mod Lanes = l. While the tree (one adder, 15 + 4 * latency cycles) works on a group, the lanes sum
// the next. Distances that issue keeps: a partial sum's next element comes F32_ADD_LATENCY cycles or more
// after the one before; groups end 16 + 4 * latency cycles apart or further.
`default_nettype none
module quin_vector_sum #(
    parameter int Lanes = 4
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic                valid_i,
    input  logic                last_i,
    input  logic [Lanes-1:0]    visible_i,
    input  logic [32*Lanes-1:0] t_i,
    output logic                valid_o,
    output logic [31:0]         value_o
);
    localparam int Ways = quin_pkg::PARTIAL_SUMS;
    localparam int Turns = Ways / Lanes;  // steps until a partial sum comes round
    localparam int Latency = quin_cell_pkg::F32_ADD_LATENCY;

    // ---- partial sums ----
    logic [32*Ways-1:0]  sum_q;
    logic [32*Lanes-1:0] old, added;
    logic [3:0]          turn_q, back_turn;  // which of a lane's sums: of the step, of the adders' results
    logic                first_q, back_valid, back_last, end_q, en;
    logic [Lanes-1:0]    back_visible;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            turn_q <= '0;
            first_q <= 1'b1;
        end else if (valid_i) begin
            turn_q <= last_i || turn_q == 4'(Turns - 1) ? '0 : turn_q + 4'd1;
            first_q <= last_i || (first_q && turn_q != 4'(Turns - 1));
        end
    end

    localparam int Beside = Lanes + 6;
    logic [Beside-1:0] back;
    quin_vector_pipe #(.Width(Beside), .Cycles(Latency)) beside (
        .clk_i, .rst_ni, .d_i({valid_i, last_i, turn_q, visible_i}), .q_o(back)
    );
    assign back_valid = back[Beside-1];
    assign back_last = back[Beside-2];
    assign back_turn = back[Lanes+3:Lanes];
    assign back_visible = back[Lanes-1:0];

    // The adders move from a step's arrival to its result.
    logic [Latency-1:0] moving_q;
    assign en = valid_i || moving_q != 0;
    always_ff @(posedge clk_i) begin
        if (!rst_ni)
            moving_q <= '0;
        else
            moving_q <= {moving_q[Latency-2:0], valid_i};
    end

    genvar l, j;
    generate
        for (l = 0; l < Lanes; l = l + 1) begin : g_lane
            // A group's first turn starts from +0. With fewer turns than the latency, the result may be
            // wanted in the very cycle in which it comes out.
            logic [32*Turns-1:0] own;
            logic [31:0]         kept;
            for (j = 0; j < Turns; j = j + 1) begin : g_own
                assign own[32*j +: 32] = sum_q[32*(Lanes*j + l) +: 32];
            end
            if (Turns == 1) begin : g_one
                assign kept = own;
            end else begin : g_some
                assign kept = own[{turn_q[$clog2(Turns)-1:0], 5'b0} +: 32];
            end
            if (Turns <= Latency) begin : g_forward
                logic now;
                assign now = back_valid && back_turn == turn_q;
                assign old[32*l +: 32] = first_q ? '0 : now ? added[32*l +: 32] : kept;
            end else begin : g_kept
                assign old[32*l +: 32] = first_q ? '0 : kept;
            end
            quin_f32_add adder (
                .clk_i, .rst_ni, .en_i(en), .a_i(old[32*l +: 32]), .b_i(t_i[32*l +: 32]), .sub_i(1'b0),
                .y_o(added[32*l +: 32])
            );
        end

        // When a group has ended, the tree takes its sums and they are cleared, but for those that the next
        // group's first results replace.
        for (j = 0; j < Ways; j = j + 1) begin : g_sum
            always_ff @(posedge clk_i) begin
                if (!rst_ni)
                    sum_q[32*j +: 32] <= '0;
                else if (back_valid && back_visible[j % Lanes] && back_turn == 4'(j / Lanes))
                    sum_q[32*j +: 32] <= added[32*(j % Lanes) +: 32];
                else if (end_q)
                    sum_q[32*j +: 32] <= '0;
            end
        end
    endgenerate
    always_ff @(posedge clk_i)
        end_q <= rst_ni && back_valid && back_last;

    // ---- tree ---- All values move down a place a cycle, so s[j] is at place 0 and s[j + h] at place h
    // when their turn comes. Result j enters at place h - 1, Latency cycles later, and is at place j when
    // the level's h + Latency cycles are over. What it replaces has been used.
    logic [32*Ways-1:0] tree_q, tree;
    logic [3:0]         half_q, count_q;
    logic               busy_q, level_end, enter, valid_q;
    logic [31:0]        other, joined;
    assign busy_q = half_q != 0;
    assign level_end = count_q == half_q + 4'(Latency - 1);
    assign enter = count_q >= 4'(Latency);
    assign other = (tree_q[32*8 +: 32] & {32{half_q[3]}}) | (tree_q[32*4 +: 32] & {32{half_q[2]}}) |
                   (tree_q[32*2 +: 32] & {32{half_q[1]}}) | (tree_q[32*1 +: 32] & {32{half_q[0]}});
    quin_f32_add joiner (
        .clk_i, .rst_ni, .en_i(busy_q), .a_i(tree_q[31:0]), .b_i(other), .sub_i(1'b0), .y_o(joined)
    );

    generate
        for (j = 0; j < Ways; j = j + 1) begin : g_tree
            if (j == Ways - 1) begin : g_top
                assign tree[32*j +: 32] = '0;
            end else if (j == 0 || j == 1 || j == 3 || j == 7) begin : g_enter
                assign tree[32*j +: 32] = enter && half_q[$clog2(j+1)] ? joined : tree_q[32*(j+1) +: 32];
            end else begin : g_next
                assign tree[32*j +: 32] = tree_q[32*(j+1) +: 32];
            end
        end
    endgenerate
    always_ff @(posedge clk_i) begin
        if (end_q)
            tree_q <= sum_q;
        else if (busy_q)
            tree_q <= tree;
        if (!rst_ni)
            half_q <= '0;
        else if (end_q)
            half_q <= 4'd8;
        else if (busy_q && level_end)
            half_q <= half_q >> 1;
        if (end_q || level_end)
            count_q <= '0;
        else if (busy_q)
            count_q <= count_q + 4'd1;
        valid_q <= rst_ni && half_q[0] && level_end;
    end
    assign valid_o = valid_q;
    assign value_o = tree_q[31:0];
endmodule
`default_nettype wire
