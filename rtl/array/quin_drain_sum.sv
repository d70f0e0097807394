// SPDX-License-Identifier: Apache-2.0
// sum = acc + (x | y), modulo 2^32; combinational. With QUIN_ECP5 the OR stands inside the carry cells.
`default_nettype none

module quin_drain_sum (
    input  logic [31:0] acc_i,
    input  logic [31:0] x_i,
    input  logic [31:0] y_i,
    output logic [31:0] sum_o
);
`ifdef QUIN_ECP5
    // As in quin_pe_add: LUT4 of {D, C, B, A} = {1, y, x, acc} propagates acc ^ (x | y); if it does not, the carry out
    // is the lower four bits' function of {B, A}: acc.
    logic [16:0] carry;
    logic        unused_top;
    assign carry[0] = 1'b0;
    assign unused_top = carry[16];

    genvar i;
    generate
        for (i = 0; i < 16; i = i + 1) begin : g_pair
            CCU2C #(.INIT0(16'h56aa), .INIT1(16'h56aa), .INJECT1_0("NO"), .INJECT1_1("NO")) cell_pair (
                .CIN(carry[i]), .COUT(carry[i+1]),
                .A0(acc_i[2*i]), .B0(x_i[2*i]), .C0(y_i[2*i]), .D0(1'b1), .S0(sum_o[2*i]),
                .A1(acc_i[2*i+1]), .B1(x_i[2*i+1]), .C1(y_i[2*i+1]), .D1(1'b1), .S1(sum_o[2*i+1])
            );
        end
    endgenerate
`else
    assign sum_o = acc_i + (x_i | y_i);
`endif
endmodule

`default_nettype wire
