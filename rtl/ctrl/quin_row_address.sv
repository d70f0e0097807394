// SPDX-License-Identifier: Apache-2.0
// DRAM address of row r of a LOAD or STORE: base + r * stride + rowreg[bank][first + r], modulo 2^64. A sum that does not
// fit 40 bits is given with ones in bits 39:6, which no window holds (quin_window_check). ready_o: address_o belongs to row_i; it
// comes some cycles after the row register.
`default_nettype none

module quin_row_address (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        start_i,
    input  logic        wanted_i,
    input  logic [3:0]  bank_i,
    input  logic [5:0]  first_i,
    input  logic [63:0] base_i,
    input  logic [31:0] stride_i,
    input  logic [9:0]  row_i,
    output logic        ready_o,
    output logic [39:0] address_o,
    output logic        req_o,
    output logic [9:0]  addr_o,
    input  logic        ack_i,
    input  logic [63:0] data_i
);
    logic next, fetched, summed_q, ready_q;
    logic [63:0] value, row_base_q, sum_q;
    logic [39:0] address_q;

    quin_row_fetch u_fetch (
        .clk_i, .rst_ni, .start_i, .wanted_i, .bank_i, .first_i, .row_i, .next_o(next), .ready_o(fetched), .value_o(value),
        .req_o, .addr_o, .ack_i, .data_i);

    assign ready_o = ready_q && fetched;
    assign address_o = address_q;

    always_ff @(posedge clk_i) begin
        if (start_i) row_base_q <= base_i;
        else if (next) row_base_q <= row_base_q + {32'd0, stride_i};
        sum_q <= row_base_q + value;
        address_q <= sum_q[63:40] != '0 ? {34'h3_ffff_ffff, sum_q[5:0]} : sum_q[39:0];
        summed_q <= fetched;
        ready_q <= summed_q && fetched;
    end
endmodule

`default_nettype wire
