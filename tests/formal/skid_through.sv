// SPDX-License-Identifier: Apache-2.0
// A register stage without its registers, for proofs of what words pass it and not of when.
`default_nettype none

module quin_skid #(
    parameter int Width = 8
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
    logic unused;
    assign unused = clk_i ^ rst_ni;
    assign ready_o = ready_i;
    assign valid_o = valid_i;
    assign data_o = data_i;
endmodule

`default_nettype wire
