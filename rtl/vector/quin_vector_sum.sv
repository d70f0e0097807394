// SPDX-License-Identifier: Apache-2.0
// Sum of a group in the one order of docs/numerics.md: sixteen partial sums s from +0, element i added to
// s[i mod 16] in ascending i, then s[j] = s[j] + s[j + h] for j < h, h = 8, 4, 2, 1. Lane l owns the sums j
// with j mod Lanes = l; the lanes' adders (side_*, in quin_vector_lane) do it all. A step goes to them at
// once; the tree of a group that has ended takes cycles without a step, while the next group is summed.
// Issue keeps: a partial sum's next element comes Loop cycles or more after the one before, and of the groups
// that have begun Banks at most have no result: each has its own bank of sums.
`default_nettype none
module quin_vector_sum #(
    parameter int Lanes = 4,
    parameter int Loop = 4,  // F32_ADD_LATENCY, or one more: then the operands stand in registers
    parameter int Banks = 2
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic                valid_i,
    input  logic                last_i,
    input  logic [Lanes-1:0]    visible_i,
    input  logic [32*Lanes-1:0] t_i,        // +0 where not visible
    output logic                side_en_o,
    output logic                side_o,
    output logic [32*Lanes-1:0] side_x_o,
    output logic [32*Lanes-1:0] side_y_o,
    input  logic [32*Lanes-1:0] sum_i,
    output logic                valid_o,
    output logic [31:0]         value_o,
    output logic                idle_o
);
    localparam int Ways = quin_pkg::PARTIAL_SUMS;
    localparam int Turns = Ways / Lanes;  // steps until a partial sum comes round
    localparam int TurnBits = Turns > 1 ? $clog2(Turns) : 1;
    localparam int BankBits = $clog2(Banks);
    localparam int Depth = Banks * Turns;  // sums of a lane, at {turn, bank}
    localparam int AtBits = $clog2(Depth);
    localparam bit Registered = Loop > quin_cell_pkg::F32_ADD_LATENCY;
    localparam logic [TurnBits-1:0] LastTurn = TurnBits'(Turns - 1);

    // ---- steps ----
    logic                first_q;
    logic [BankBits-1:0] bank_q;
    logic [TurnBits-1:0] turn_q;
    logic [TurnBits-1:0] reached [0:Banks-1];  // the last turn that a bank's group has reached
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            bank_q <= '0;
            turn_q <= '0;
            first_q <= 1'b1;
        end else if (valid_i) begin
            if (last_i) bank_q <= bank_q + 1'b1;
            turn_q <= last_i || turn_q == LastTurn ? '0 : turn_q + 1'b1;
            first_q <= last_i || (first_q && turn_q != LastTurn);
        end
        if (valid_i && last_i) reached[bank_q] <= first_q ? turn_q : LastTurn;
    end

    // ---- the tree: level by level, Lanes sums at a time; a level waits for the results of the one before.
    logic                waiting_q, tree, level_end, first_level;
    logic [BankBits-1:0] tree_bank_q, back_bank;
    logic [BankBits:0]   ended_q;  // groups without a result whose sums are complete
    logic [3:0]          half_q;   // h, one bit
    logic [TurnBits-1:0] at_q, level_last, other_at, seen, back_turn;
    logic                back_valid, back_tree, back_last, result;
    assign tree = ended_q != 0 && !waiting_q && !valid_i;
    assign level_end = at_q == level_last;
    assign first_level = half_q[3];
    assign seen = reached[tree_bank_q];
    assign result = back_valid && back_tree && back_last && half_q[0];
    always_comb begin
        // h / Lanes turns a level, or part of one
        level_last = '0;
        other_at = at_q;
        if (32'(half_q) >= Lanes) begin
            level_last = TurnBits'(32'(half_q) / Lanes - 1);
            other_at = at_q + TurnBits'(32'(half_q) / Lanes);
        end
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            ended_q <= '0;
            tree_bank_q <= '0;
            waiting_q <= 1'b0;
            half_q <= 4'd8;
            at_q <= '0;
        end else begin
            ended_q <= ended_q + (BankBits + 1)'(back_valid && !back_tree && back_last) -
                       (BankBits + 1)'(result);
            if (result) tree_bank_q <= tree_bank_q + 1'b1;
            if (tree) begin
                waiting_q <= level_end;
                at_q <= level_end ? '0 : at_q + 1'b1;
            end else if (back_valid && back_tree && back_last) begin
                waiting_q <= 1'b0;
                half_q <= {half_q[0], half_q[3:1]};
            end
        end
    end
    assign valid_o = result;
    assign value_o = sum_i[31:0];

    // ---- operands ---- A group's first turn starts from +0, and so does the tree where a short group has
    // written nothing. x + -0 is x, for every x that an operation gives.
    logic [AtBits-1:0]   read_at, other_read, write_at;
    logic                read_zero, other_zero, forward;
    logic [32*Lanes-1:0] kept, other, x, y;
    assign read_at = valid_i ? AtBits'({turn_q, bank_q}) : AtBits'({at_q, tree_bank_q});
    assign other_read = AtBits'({other_at, tree_bank_q});
    assign write_at = AtBits'({back_turn, back_bank});
    assign read_zero = valid_i ? first_q : first_level && at_q > seen;
    assign other_zero = first_level && other_at > seen;
    // A partial sum may be wanted in the very cycle in which it comes out.
    assign forward = Turns <= Loop && valid_i && back_valid && !back_tree && write_at == read_at;

    genvar l, k;
    generate
        for (l = 0; l < Lanes; l = l + 1) begin : g_lane
            logic [31:0] mem [0:Depth-1];
            logic [31:0] partner;  // s[l + h], of this lane or of another
            always_ff @(posedge clk_i)
                if (back_valid) mem[write_at] <= sum_i[32*l +: 32];
            assign kept[32*l +: 32] = mem[read_at];
            assign other[32*l +: 32] = mem[other_read];
            logic [127:0] choice;
            for (k = 0; k < 4; k = k + 1) begin : g_choice
                localparam int Partner = (1 << k) < Lanes ? (l + (1 << k)) % Lanes : l;
                assign choice[32*k +: 32] = other[32*Partner +: 32] & {32{half_q[k]}};
            end
            assign partner = choice[31:0] | choice[63:32] | choice[95:64] | choice[127:96];
            always_comb begin
                x[32*l +: 32] = forward ? sum_i[32*l +: 32] : kept[32*l +: 32];
                if (read_zero) x[32*l +: 32] = '0;
                y[32*l +: 32] = partner & {32{!other_zero}};
                if (valid_i) y[32*l +: 32] = {t_i[32*l+31] || !visible_i[l], t_i[32*l +: 31]};
            end
        end
    endgenerate

    // ---- to the adders ----
    logic           go;
    logic [Loop-1:0] moving_q;
    assign go = valid_i || tree;
    always_ff @(posedge clk_i) begin
        if (!rst_ni)
            moving_q <= '0;
        else
            moving_q <= {moving_q[Loop-2:0], go};
    end
    generate
        if (Registered) begin : g_registered
            logic                go_q;
            logic [32*Lanes-1:0] x_q, y_q;
            always_ff @(posedge clk_i) begin
                go_q <= rst_ni && go;
                if (go) begin
                    x_q <= x;
                    y_q <= y;
                end
            end
            assign side_en_o = moving_q != 0;
            assign side_o = go_q;
            assign side_x_o = x_q;
            assign side_y_o = y_q;
        end else begin : g_direct
            assign side_en_o = go || moving_q != 0;
            assign side_o = go;
            assign side_x_o = x;
            assign side_y_o = y;
        end
    endgenerate
    assign idle_o = !go && moving_q == 0 && ended_q == 0;

    localparam int Beside = TurnBits + BankBits + 3;
    logic [Beside-1:0] back;
    quin_vector_pipe #(.Width(Beside), .Cycles(Loop)) beside (
        .clk_i, .rst_ni, .q_o(back),
        .d_i(valid_i ? {1'b1, 1'b0, last_i, bank_q, turn_q} : {tree, 1'b1, level_end, tree_bank_q, at_q})
    );
    assign {back_valid, back_tree, back_last, back_bank, back_turn} = back;
endmodule
`default_nettype wire
