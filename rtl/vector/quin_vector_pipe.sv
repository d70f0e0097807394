// SPDX-License-Identifier: Apache-2.0
// q = d of Cycles (1 or more) cycles ago, with a valid bit on top that a reset clears. The bits below are
// only moved with a valid one.
`default_nettype none
module quin_vector_pipe #(
    parameter int Width = 2,
    parameter int Cycles = 1
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic [Width-1:0] d_i,
    output logic [Width-1:0] q_o
);
    logic [Width*(Cycles+1)-1:0] stage;  // the newest in the lowest bits
    assign stage[Width-1:0] = d_i;
    assign q_o = stage[Width*Cycles +: Width];

    genvar i;
    generate
        for (i = 0; i < Cycles; i = i + 1) begin : g_stage
            logic [Width-1:0] q;
            assign stage[Width*(i+1) +: Width] = q;
            always_ff @(posedge clk_i) begin
                q[Width-1] <= rst_ni && stage[Width*i + Width-1];
                if (stage[Width*i + Width-1]) q[Width-2:0] <= stage[Width*i +: Width-1];
            end
        end
    endgenerate
endmodule
`default_nettype wire
