// SPDX-License-Identifier: Apache-2.0
// Port B of the scratchpad for its three clients. Fixed priority: array reads, drain writes, DMA. The grant is
// combinational, the highest client that requests has the port, which always grants; a read's line goes to all, its
// rvalid to the client that asked, quin_cell_pkg::SP_READ_CYCLES after its grant: requests and lines pass a register,
// since the memories lie all over a device. The drain only writes and has no read side.
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
    output logic                      sp_we_o,
    output logic [19:0]               sp_addr_o,
    output logic [32*LineWords-1:0]   sp_wdata_o,
    output logic [4*LineWords-1:0]    sp_wstrb_o,
    input  logic [32*LineWords-1:0]   sp_rdata_i,
    input  logic                      sp_rvalid_i
);
    logic [1:0] array_q;  // whose request is in its register and, [1], whose line the memory shows
    logic req, we;

    assign array_gnt_o = 1'b1;
    assign drain_gnt_o = !array_req_i;
    assign dma_gnt_o = !array_req_i && !drain_req_i;
    assign req = array_req_i || drain_req_i || dma_req_i;
    assign we = !array_req_i && (drain_req_i || dma_we_i);

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            sp_req_o <= 1'b0;
            sp_we_o <= 1'b0;
            array_rvalid_o <= 1'b0;
            dma_rvalid_o <= 1'b0;
        end else begin
            sp_req_o <= req;
            sp_we_o <= req && we;
            array_rvalid_o <= sp_rvalid_i && array_q[1];
            dma_rvalid_o <= sp_rvalid_i && !array_q[1];
        end
    end

    always_ff @(posedge clk_i) begin
        array_q <= {array_q[0], array_req_i};
        if (req) begin
            sp_addr_o <= array_req_i ? array_addr_i : drain_req_i ? drain_addr_i : dma_addr_i;
            sp_wdata_o <= drain_req_i ? drain_wdata_i : dma_wdata_i;
            sp_wstrb_o <= drain_req_i ? drain_wstrb_i : dma_wstrb_i;
        end
        if (sp_rvalid_i) rdata_o <= sp_rdata_i;
    end
endmodule

`default_nettype wire
