// SPDX-License-Identifier: Apache-2.0
// First-in first-out queue of Depth words that are seldom taken, in registers without a choice between them: a word moves
// on while the place before it is free, so it is there Depth cycles after it was taken at the earliest, and one enters
// every other cycle at most. ready_o does not depend on ready_i, nor valid_o on valid_i.
`default_nettype none

module quin_drain_jobs #(
    parameter int Width = 8,
    parameter int Depth = 4  // at least 2
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             valid_i,
    output logic             ready_o,
    input  logic [Width-1:0] data_i,
    output logic             valid_o,
    input  logic             ready_i,
    output logic [Width-1:0] data_o
);
    logic [Depth-1:0]       valid_q, enter;  // place 0 is the entry
    logic [Width*Depth-1:0] data_q;

    assign enter = {valid_q[Depth-2:0], valid_i} & ~valid_q;
    assign ready_o = !valid_q[0];
    assign valid_o = valid_q[Depth-1];
    assign data_o = data_q[Width*(Depth-1) +: Width];

    always_ff @(posedge clk_i) begin
        if (!rst_ni) valid_q <= '0;
        else valid_q <= enter | (valid_q & ~{ready_i, enter[Depth-1:1]});
    end

    genvar i;
    generate
        for (i = 0; i < Depth; i = i + 1) begin : g_place
            if (i == 0) begin : g_first
                always_ff @(posedge clk_i)
                    if (enter[0]) data_q[Width-1:0] <= data_i;
            end else begin : g_next
                always_ff @(posedge clk_i)
                    if (enter[i]) data_q[Width*i +: Width] <= data_q[Width*(i-1) +: Width];
            end
        end
    endgenerate
endmodule

`default_nettype wire
