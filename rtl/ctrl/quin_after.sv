// SPDX-License-Identifier: Apache-2.0
// What AFTER means for the command at hand: for each unit u (DMA, ARRAY, VECTOR) wait_o says whether it waits for u, and
// target_o for how many commands of u to be retired: all but the AFTER_u - 1 newest of those issued. A unit's own queue
// keeps its order, so nobody waits for own_i. target_o is a cycle late. unmet_o, the waits that do not hold yet, is one
// more late: it holds a command up and never lets one through, since what is met stays so.
`default_nettype none

module quin_after #(
    parameter int Bits = quin_job_pkg::AFTER_BITS
) (
    input  logic              clk_i,
    input  logic              clear_i,    // a run begins
    input  logic [2:0]        issued_i,   // a command of this unit was
    input  logic [2:0]        retired_i,
    input  logic [8:0]        after_i,    // AFTER_VECTOR, AFTER_ARRAY, AFTER_DMA
    input  logic [2:0]        own_i,
    output logic [2:0]        wait_o,
    output logic [3*Bits-1:0] target_o,
    output logic [3*Bits-1:0] retired_o,  // commands each unit has retired
    output logic [2:0]        unmet_o
);
    for (genvar u = 0; u < 3; u = u + 1) begin : g_unit
        logic [Bits-1:0] issued_q, retired_q, target_q, lead; // lead: retired minus target; top bit: not yet
        logic [2:0] allowed;                                  // so many of those that were issued may still run
        logic unmet_q;
        assign wait_o[u] = after_i[3*u +: 3] != 3'd0 && !own_i[u];
        assign allowed = after_i[3*u +: 3] - 3'd1;
        assign lead = retired_q - target_q;
        assign target_o[Bits*u +: Bits] = target_q;
        assign retired_o[Bits*u +: Bits] = retired_q;
        assign unmet_o[u] = unmet_q;

        always_ff @(posedge clk_i) begin
            target_q <= issued_q - Bits'(allowed);
            unmet_q <= wait_o[u] && lead[Bits-1];
            if (clear_i) {issued_q, retired_q} <= '0;
            else {issued_q, retired_q} <= {issued_q + Bits'(issued_i[u]), retired_q + Bits'(retired_i[u])};
        end
    end
endmodule

`default_nettype wire
