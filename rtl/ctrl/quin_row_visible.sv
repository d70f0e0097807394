// SPDX-License-Identifier: Apache-2.0
// Elements of row r that a masked VECTOR command sees: min(n, max(rowreg[bank][first + r] - start, 0)); n if it has no
// mask. ready_o: visible_o belongs to row_i; with a mask it comes some cycles after the row register.
`default_nettype none

module quin_row_visible (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        start_i,
    input  logic        mask_i,
    input  logic [3:0]  bank_i,
    input  logic [5:0]  first_i,
    input  logic [63:0] position_i,   // of element 0
    input  logic [19:0] n_i,
    input  logic [9:0]  row_i,
    output logic        ready_o,
    output logic [19:0] visible_o,
    output logic        req_o,
    output logic [9:0]  addr_o,
    input  logic        ack_i,
    input  logic [63:0] data_i
);
    logic next, fetched, subtracted_q, ready_q;
    logic [63:0] value;
    logic [64:0] left_q;
    logic [19:0] visible_q;

    quin_row_fetch u_fetch (
        .clk_i, .rst_ni, .start_i, .wanted_i(mask_i), .bank_i, .first_i, .row_i, .next_o(next), .ready_o(fetched),
        .value_o(value), .req_o, .addr_o, .ack_i, .data_i);

    assign ready_o = fetched && (!mask_i || ready_q);
    assign visible_o = mask_i ? visible_q : n_i;

    always_ff @(posedge clk_i) begin
        left_q <= {1'b0, value} - {1'b0, position_i};
        visible_q <= left_q[64] ? 20'd0 : (left_q[63:20] != '0 || left_q[19:0] > n_i) ? n_i : left_q[19:0];
        subtracted_q <= fetched;
        ready_q <= subtracted_q && fetched && !next;
    end
endmodule

`default_nettype wire
