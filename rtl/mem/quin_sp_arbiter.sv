// SPDX-License-Identifier: Apache-2.0
// Port B of the scratchpad for its three clients. Fixed priority: array reads, drain writes, DMA. The grant is
// combinational, the highest client that requests has the port; a read's line goes to all, its rvalid to the client
// that asked in the cycle before. The drain only writes and has no read side.
`default_nettype none

module quin_sp_arbiter #(
    parameter int LineWords = 4
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,

    // Array: reads of activations and scales.
    input  logic                      array_req_i,
    output logic                      array_gnt_o,
    input  logic [19:0]               array_addr_i,
    output logic                      array_rvalid_o,

    // Drain: writes of results.
    input  logic                      drain_req_i,
    output logic                      drain_gnt_o,
    input  logic [19:0]               drain_addr_i,
    input  logic [32*LineWords-1:0]   drain_wdata_i,
    input  logic [4*LineWords-1:0]    drain_wstrb_i,

    // Move DMA: reads and writes.
    input  logic                      dma_req_i,
    output logic                      dma_gnt_o,
    input  logic                      dma_we_i,
    input  logic [19:0]               dma_addr_i,
    input  logic [32*LineWords-1:0]   dma_wdata_i,
    input  logic [4*LineWords-1:0]    dma_wstrb_i,
    output logic                      dma_rvalid_o,

    output logic [32*LineWords-1:0]   rdata_o,

    // Port B.
    output logic                      sp_req_o,
    input  logic                      sp_gnt_i,
    output logic                      sp_we_o,
    output logic [19:0]               sp_addr_o,
    output logic [32*LineWords-1:0]   sp_wdata_o,
    output logic [4*LineWords-1:0]    sp_wstrb_o,
    input  logic [32*LineWords-1:0]   sp_rdata_i,
    input  logic                      sp_rvalid_i
);
    logic array_last_q;

    assign array_gnt_o = sp_gnt_i;
    assign drain_gnt_o = sp_gnt_i && !array_req_i;
    assign dma_gnt_o = sp_gnt_i && !array_req_i && !drain_req_i;

    assign sp_req_o = array_req_i || drain_req_i || dma_req_i;
    assign sp_we_o = !array_req_i && (drain_req_i || dma_we_i);
    assign sp_addr_o = array_req_i ? array_addr_i : drain_req_i ? drain_addr_i : dma_addr_i;
    assign sp_wdata_o = drain_req_i ? drain_wdata_i : dma_wdata_i;
    assign sp_wstrb_o = drain_req_i ? drain_wstrb_i : dma_wstrb_i;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) array_last_q <= 1'b0;
        else array_last_q <= array_req_i;
    end

    assign rdata_o = sp_rdata_i;
    assign array_rvalid_o = sp_rvalid_i && array_last_q;
    assign dma_rvalid_o = sp_rvalid_i && !array_last_q;
endmodule

`default_nettype wire
