// SPDX-License-Identifier: Apache-2.0
// The row register of a command's row: rowreg[bank][first + row], fetched when the row or the command changes; 0 where
// it is not wanted. ready_o: value_o belongs to row_i. start_i marks the first cycle of a command; rows begin with 0
// and go up by one.
`default_nettype none

module quin_row_fetch (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        start_i,
    input  logic        wanted_i,
    input  logic [3:0]  bank_i,
    input  logic [5:0]  first_i,
    input  logic [9:0]  row_i,
    output logic        next_o,    // a cycle: the command has gone on by a row
    output logic        ready_o,
    output logic [63:0] value_o,
    // row file
    output logic        req_o,
    output logic [9:0]  addr_o,
    input  logic        ack_i,
    input  logic [63:0] data_i
);
    logic have_q, asking_q;
    logic [9:0] row_q;
    logic [63:0] value_q;

    assign next_o = !start_i && row_i != row_q;
    assign ready_o = have_q && !start_i && !next_o;
    assign value_o = value_q;
    assign req_o = asking_q;
    assign addr_o = {bank_i, first_i + row_q[5:0]};

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            have_q <= 1'b0;
            asking_q <= 1'b0;
            row_q <= '0;
            value_q <= '0;
        end else if (start_i || next_o) begin
            have_q <= !wanted_i;
            asking_q <= wanted_i;
            row_q <= start_i ? 10'd0 : row_i;
            value_q <= '0;
        end else if (asking_q && ack_i) begin
            have_q <= 1'b1;
            asking_q <= 1'b0;
            value_q <= data_i;
        end
    end
endmodule

`default_nettype wire
