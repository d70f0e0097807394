// SPDX-License-Identifier: Apache-2.0
// MAX, ABSMAX and ARGMAX of a group as docs/numerics.md has them: a candidate replaces the best so far where
// it is larger; NaN never is. MAX and ABSMAX order -0 below +0, ARGMAX takes both as equal and keeps the
// lowest index. Each lane has its own best of the elements it saw; behind a group's end they are halved in
// log2(Lanes) rounds. Result 3 + log2(Lanes) cycles after the last step; groups may end in every cycle.
`default_nettype none
module quin_vector_best #(
    parameter int Lanes = 4
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic [2:0]          reduce_i,
    input  logic                valid_i,
    input  logic                last_i,
    input  logic [Lanes-1:0]    visible_i,
    input  logic [32*Lanes-1:0] t_i,
    output logic                valid_o,
    output logic [31:0]         value_o,
    output logic [19:0]         index_o
);
    logic        absolute, numbers, first_q, end_q;
    logic [19:0] index_q;  // of lane 0's element
    assign absolute = reduce_i == quin_pkg::REDUCE_ABSMAX;
    assign numbers = reduce_i == quin_pkg::REDUCE_ARGMAX;

    // Values stand here as unsigned keys in the order of those that are not NaN, behind a bit that marks the
    // +0 of ARGMAX, which has the key of -0. nothing is the result of no elements: -inf, or +0.
    localparam logic [32:0] MinusZero = 33'h07fffffff, MinusInfinity = 33'h0007fffff, Zero = 33'h080000000;
    logic [32:0] nothing;
    assign nothing = absolute ? Zero : MinusInfinity;

    // 1: the keys. What does not count is nothing, which is never larger than a best so far.
    logic                go_q, last_q;
    logic [33*Lanes-1:0] key_q;
    always_ff @(posedge clk_i) begin
        go_q <= rst_ni && valid_i;
        if (valid_i) last_q <= last_i;
    end

    // 2: compare.
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            first_q <= 1'b1;
            index_q <= '0;
        end else if (go_q) begin
            first_q <= last_q;
            index_q <= last_q ? '0 : index_q + 20'(Lanes);
        end
        end_q <= rst_ni && go_q && last_q;
    end

    logic [33*Lanes-1:0] best_q;
    logic [20*Lanes-1:0] at_q;
    genvar l;
    generate
        for (l = 0; l < Lanes; l = l + 1) begin : g_lane
            logic [31:0] t;
            logic [32:0] x, key;
            logic        sign, zero;
            assign t = t_i[32*l +: 32];
            assign sign = t[31] && !absolute;
            assign zero = t[30:23] == 0;
            assign x = zero && numbers ? {!sign, MinusZero[31:0]} :
                       {1'b0, !sign, (t[30:0] & {31{!zero}}) ^ {31{sign}}};
            assign key = key_q[33*l +: 33];
            // Beside nothing the index of a lane's first element stands, not 0; where that is the result,
            // lane 0, which has 0, wins.
            always_ff @(posedge clk_i) begin
                if (valid_i)
                    key_q[33*l +: 33] <= visible_i[l] && t[30:0] <= 31'h7f800000 ? x : nothing;
                if (go_q && (first_q || key[31:0] > best_q[33*l +: 32])) begin
                    best_q[33*l +: 33] <= key;
                    at_q[20*l +: 20] <= index_q + 20'(l);
                end
            end
        end
    endgenerate

    // ---- the best of the lanes ----
    // Places 0 .. Lanes - 1 are the lanes; place Lanes + j takes the better of places 2 j and 2 j + 1,
    // a round behind them. The last place is the result.
    localparam int Rounds = $clog2(Lanes);
    logic [33*(2*Lanes-1)-1:0] value;
    logic [20*(2*Lanes-1)-1:0] where;
    logic [Rounds:0]           valid;
    assign value[33*Lanes-1:0] = best_q;
    assign where[20*Lanes-1:0] = at_q;
    assign valid[0] = end_q;
    generate
        for (l = 0; l < Lanes - 1; l = l + 1) begin : g_place
            logic [32:0] even, odd, value_q;
            logic [19:0] even_at, odd_at, where_q;
            logic        better;
            assign even = value[66*l +: 33];
            assign odd = value[66*l+33 +: 33];
            assign even_at = where[40*l +: 20];
            assign odd_at = where[40*l+20 +: 20];
            assign better = {odd[31:0], ~odd_at} > {even[31:0], ~even_at};
            always_ff @(posedge clk_i) begin
                value_q <= better ? odd : even;
                where_q <= better ? odd_at : even_at;
            end
            assign value[33*(Lanes+l) +: 33] = value_q;
            assign where[20*(Lanes+l) +: 20] = where_q;
        end
        for (l = 0; l < Rounds; l = l + 1) begin : g_round
            logic valid_q;
            always_ff @(posedge clk_i) valid_q <= rst_ni && valid[l];
            assign valid[l+1] = valid_q;
        end
    endgenerate
    logic [32:0] winner;
    assign winner = value[33*(2*Lanes-2) +: 33];
    assign valid_o = valid[Rounds];
    assign value_o = winner[32] ? '0 : {!winner[31], winner[30:0] ^ {31{!winner[31]}}};
    assign index_o = where[20*(2*Lanes-2) +: 20];
endmodule
`default_nettype wire
