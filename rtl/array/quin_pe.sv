// SPDX-License-Identifier: Apache-2.0
// One place of the array: hi * 256 + lo = sum over a tile of trit * a, exact while it fits CarryBits + 8 bits.
//   en:         {hi, lo} += nz ? (neg ? -a : a) : 0     lo, 8 bits, wraps; hi counts the wraps up or down
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
    input  logic                 nz_i,
    input  logic                 neg_i,
    input  logic [7:0]           a_i,
    output logic                 wrap_o,
    output logic [CarryBits+7:0] shadow_o  // hi * 256 + lo of the tile before
);
    logic [7:0]           lo_q;
    logic [CarryBits-1:0] hi_q;

    // -a is ~a + 1. The wrap is carry_out - (operand is negative), -1, 0 or +1: hi takes the carry of lo's adder as
    // carry in and the operand's sign in every bit. Written as one sum with the +1 in a bit below, so that it is
    // one carry chain, with lo, a, neg and nz as the four inputs of a carry cell.
    logic [7:0]           operand;
    logic [CarryBits+7:0] sum;
    assign operand = (a_i ^ {8{neg_i}}) & {8{nz_i}};
    assign sum = (CarryBits + 8)'(({hi_q, lo_q, 1'b1} + {{CarryBits{operand[7]}}, operand, neg_i & nz_i}) >> 1);

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            {hi_q, lo_q} <= '0;
        end else if (en_i) begin
            if (last_i) begin
                {hi_q, lo_q} <= '0;
                shadow_o <= sum;
            end else begin
                {hi_q, lo_q} <= sum;
            end
        end
    end

    // hi moves by one at a wrap and else not at all: its lowest bit tells.
    assign wrap_o = en_i && (sum[8] ^ hi_q[0]);
endmodule

`default_nettype wire
