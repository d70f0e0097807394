// SPDX-License-Identifier: Apache-2.0
// q = d of Cycles (1 or more) cycles with en_i = 1 ago: what the user of a pipelined cell keeps beside it.
`default_nettype none
module quin_delay #(
    parameter int Width = 32,
    parameter int Cycles = 3
) (
    input  logic             clk_i,
    input  logic             en_i,
    input  logic [Width-1:0] d_i,
    output logic [Width-1:0] q_o
);
    logic [Width*Cycles-1:0] line_q;  // the newest in the lowest bits

    generate
        if (Cycles == 1) begin : g_one
            always_ff @(posedge clk_i)
                if (en_i) line_q <= d_i;
        end else begin : g_line
            always_ff @(posedge clk_i)
                if (en_i) line_q <= {line_q[Width*(Cycles-1)-1:0], d_i};
        end
    endgenerate
    assign q_o = line_q[Width*(Cycles-1) +: Width];
endmodule
`default_nettype wire
