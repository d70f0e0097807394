// SPDX-License-Identifier: Apache-2.0
// Register stage for a valid/ready stream: the same words in the same order, one cycle later, without a
// combinational path from either side to the other (ready_o, valid_o and data_o are registers). Full rate.
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
    logic valid_q, spare_valid_q;
    logic [Width-1:0] data_q, spare_q;

    assign ready_o = !spare_valid_q;
    assign valid_o = valid_q;
    assign data_o = data_q;

    // A word that arrives while the output is held waits in the spare register.
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            valid_q <= 1'b0;
            spare_valid_q <= 1'b0;
        end else if (ready_i || !valid_q) begin
            valid_q <= valid_i || spare_valid_q;
            spare_valid_q <= 1'b0;
        end else if (valid_i && ready_o) begin
            spare_valid_q <= 1'b1;
        end
    end

    always_ff @(posedge clk_i) begin
        if (ready_i || !valid_q) begin
            if (spare_valid_q) data_q <= spare_q;
            else if (valid_i) data_q <= data_i;
        end
        if (valid_i && ready_o) spare_q <= data_i;
    end
endmodule

`default_nettype wire
