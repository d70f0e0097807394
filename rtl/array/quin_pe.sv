// SPDX-License-Identifier: Apache-2.0
// One place of the array: hi * 256 + lo = sum over a tile of trit * a, exact while it fits CarryBits + 8 bits.
//   en:         {hi, lo} += plus ? a : minus ? -a : 0   lo, 8 bits, wraps; hi counts the wraps up or down
//   en, last:   the sum that ends here goes to the shadow, and {hi, lo} becomes 0 for the next tile
// The trit's and the activation's beat is added at the clock edge; wrap_o tells in the same cycle that lo passes
// 0 or 256. Nothing changes without en, and neither hi nor lo for a zero trit.
`default_nettype none

module quin_pe #(
    parameter int CarryBits = 15
) (
    input  logic                 clk_i,
    input  logic                 rst_ni,
    input  logic                 en_i,
    input  logic                 last_i,
    input  logic                 plus_i,
    input  logic                 minus_i,
    input  logic [7:0]           a_i,
    output logic                 wrap_o,
    output logic [CarryBits+7:0] shadow_o  // hi * 256 + lo of the tile before
);
    logic [7:0]           lo_q;
    logic [CarryBits-1:0] hi_q;
    logic [CarryBits+7:0] sum;
    logic                 clear;

    quin_pe_add #(.CarryBits(CarryBits)) add (
        .acc_i({hi_q, lo_q}), .a_i, .plus_i, .minus_i, .sum_o(sum)
    );

    // Clearing is a synchronous reset, also at a tile's end: no gates in the way of the sum.
    assign clear = !rst_ni || (en_i && last_i);

    always_ff @(posedge clk_i) begin
        if (clear) {hi_q, lo_q} <= '0;
        else if (en_i) {hi_q, lo_q} <= sum;
    end
    always_ff @(posedge clk_i)
        if (en_i && last_i) shadow_o <= sum;

    // hi moves by one at a wrap and else not at all: its lowest bit tells.
    assign wrap_o = en_i && (sum[8] ^ hi_q[0]);

`ifdef FORMAL
    // tests/formal/pe.sby: hi * 256 + lo is the exact sum for every tile of up to 2^(CarryBits - 1) beats.
    logic               started_q, ended_q;
    logic        [15:0] beats_q;
    logic signed [31:0] a, operand, exact_q, next, ended_sum_q;
    assign a = {{24{a_i[7]}}, a_i};
    assign operand = plus_i ? a : minus_i ? -a : 32'sd0;
    assign next = exact_q + operand;
    initial started_q = 1'b0;
    initial ended_q = 1'b0;

    always_ff @(posedge clk_i) begin
        started_q <= 1'b1;
        ended_q <= rst_ni && en_i && last_i;
        if (rst_ni && en_i && last_i) ended_sum_q <= next;
        if (clear) exact_q <= 32'sd0;
        else if (en_i) exact_q <= next;
        if (clear) beats_q <= 16'd0;
        else if (en_i) beats_q <= beats_q + 16'd1;
    end

    always_comb begin
        if (!started_q) assume (!rst_ni);
        assume (!(plus_i && minus_i));
        assume (!started_q || !rst_ni || !en_i || beats_q < 16'(1 << (CarryBits - 1)));
        if (started_q) begin
            assert (exact_q == {{9 + 15 - CarryBits{hi_q[CarryBits-1]}}, hi_q, lo_q});
            assert (beats_q <= 16'(1 << (CarryBits - 1)));
            assert (exact_q <= $signed({9'b0, beats_q, 7'b0}) && -exact_q <= $signed({9'b0, beats_q, 7'b0}));
            assert (wrap_o == (en_i && exact_q[31:8] != next[31:8]));
            if (ended_q) assert (ended_sum_q == {{9 + 15 - CarryBits{shadow_o[CarryBits+7]}}, shadow_o});
        end
    end
`endif
endmodule

`default_nettype wire
