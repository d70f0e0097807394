// SPDX-License-Identifier: Apache-2.0
// quin_soc_bus for four widths of the bus behind one set of wide ports; select_i says which one is used.
`default_nettype none

module soc_bus_top (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic [1:0]   select_i,
    input  logic         drop_i,
    input  logic         req_i,
    input  logic         we_i,
    input  logic [39:0]  addr_i,
    input  logic [31:0]  wdata_i,
    input  logic [3:0]   wstrb_i,
    output logic         ack_o,
    output logic [31:0]  rdata_o,
    output logic         error_o,
    input  logic         acc_arvalid_i,
    output logic         acc_arready_o,
    input  logic [39:0]  acc_araddr_i,
    input  logic [7:0]   acc_arlen_i,
    input  logic [3:0]   acc_arid_i,
    output logic         acc_rvalid_o,
    input  logic         acc_rready_i,
    input  logic         acc_awvalid_i,
    output logic         acc_awready_o,
    input  logic [39:0]  acc_awaddr_i,
    input  logic [7:0]   acc_awlen_i,
    input  logic         acc_wvalid_i,
    output logic         acc_wready_o,
    input  logic [511:0] acc_wdata_i,
    input  logic [63:0]  acc_wstrb_i,
    input  logic         acc_wlast_i,
    output logic         acc_bvalid_o,
    input  logic         acc_bready_i,
    output logic         m_axi_arvalid_o,
    input  logic         m_axi_arready_i,
    output logic [39:0]  m_axi_araddr_o,
    output logic [7:0]   m_axi_arlen_o,
    output logic [3:0]   m_axi_arid_o,
    input  logic         m_axi_rvalid_i,
    output logic         m_axi_rready_o,
    input  logic [511:0] m_axi_rdata_i,
    input  logic [1:0]   m_axi_rresp_i,
    input  logic         m_axi_rlast_i,
    input  logic [3:0]   m_axi_rid_i,
    output logic         m_axi_awvalid_o,
    input  logic         m_axi_awready_i,
    output logic [39:0]  m_axi_awaddr_o,
    output logic [7:0]   m_axi_awlen_o,
    output logic [3:0]   m_axi_awid_o,
    output logic         m_axi_wvalid_o,
    input  logic         m_axi_wready_i,
    output logic [511:0] m_axi_wdata_o,
    output logic [63:0]  m_axi_wstrb_o,
    output logic         m_axi_wlast_o,
    input  logic         m_axi_bvalid_i,
    output logic         m_axi_bready_o,
    input  logic [1:0]   m_axi_bresp_i,
    input  logic [3:0]   m_axi_bid_i
);
    localparam int Control = 1 + 32 + 1 + 5 + 1 + 40 + 8 + 4 + 1 + 1 + 40 + 8 + 4 + 1 + 1 + 1;
    logic [4*Control-1:0] control;
    logic [4*512-1:0] data;
    logic [4*64-1:0] strb;

    assign {ack_o, rdata_o, error_o, acc_arready_o, acc_rvalid_o, acc_awready_o, acc_wready_o, acc_bvalid_o,
            m_axi_arvalid_o, m_axi_araddr_o, m_axi_arlen_o, m_axi_arid_o, m_axi_rready_o, m_axi_awvalid_o,
            m_axi_awaddr_o, m_axi_awlen_o, m_axi_awid_o, m_axi_wvalid_o, m_axi_wlast_o, m_axi_bready_o} =
        control[Control*select_i +: Control];
    assign m_axi_wdata_o = data[512*select_i +: 512];
    assign m_axi_wstrb_o = strb[64*select_i +: 64];

    genvar k;
    generate
        for (k = 0; k < 4; k = k + 1) begin : g_bus
            localparam int Bytes = k == 0 ? 2 : k == 1 ? 4 : k == 2 ? 8 : 64;
            logic on;
            logic ack, error, acc_arready, acc_rvalid, acc_awready, acc_wready, acc_bvalid, arvalid, rready, awvalid;
            logic wvalid, wlast, bready;
            logic [31:0] rdata;
            logic [39:0] araddr, awaddr;
            logic [7:0] arlen, awlen;
            logic [3:0] arid, awid;
            logic [8*Bytes-1:0] wdata;
            logic [Bytes-1:0] wstrb;
            assign on = select_i == 2'(k);
            assign control[Control*k +: Control] = {ack, rdata, error, acc_arready, acc_rvalid, acc_awready, acc_wready,
                acc_bvalid, arvalid, araddr, arlen, arid, rready, awvalid, awaddr, awlen, awid, wvalid, wlast, bready};
            assign data[512*k +: 512] = 512'(wdata);
            assign strb[64*k +: 64] = 64'(wstrb);
            quin_soc_bus #(.BusBytes(Bytes)) dut (
                .clk_i, .rst_ni(rst_ni && on), .drop_i, .req_i, .we_i, .addr_i, .wdata_i, .wstrb_i, .ack_o(ack),
                .rdata_o(rdata), .error_o(error), .acc_arvalid_i, .acc_arready_o(acc_arready), .acc_araddr_i,
                .acc_arlen_i, .acc_arid_i, .acc_rvalid_o(acc_rvalid), .acc_rready_i, .acc_awvalid_i,
                .acc_awready_o(acc_awready), .acc_awaddr_i, .acc_awlen_i, .acc_awid_i(4'd0), .acc_wvalid_i,
                .acc_wready_o(acc_wready), .acc_wdata_i(acc_wdata_i[8*Bytes-1:0]), .acc_wstrb_i(acc_wstrb_i[Bytes-1:0]),
                .acc_wlast_i, .acc_bvalid_o(acc_bvalid), .acc_bready_i, .m_axi_arvalid_o(arvalid), .m_axi_arready_i,
                .m_axi_araddr_o(araddr), .m_axi_arlen_o(arlen), .m_axi_arid_o(arid), .m_axi_rvalid_i,
                .m_axi_rready_o(rready), .m_axi_rdata_i(m_axi_rdata_i[8*Bytes-1:0]), .m_axi_rresp_i, .m_axi_rlast_i,
                .m_axi_rid_i, .m_axi_awvalid_o(awvalid), .m_axi_awready_i, .m_axi_awaddr_o(awaddr),
                .m_axi_awlen_o(awlen), .m_axi_awid_o(awid), .m_axi_wvalid_o(wvalid), .m_axi_wready_i,
                .m_axi_wdata_o(wdata), .m_axi_wstrb_o(wstrb), .m_axi_wlast_o(wlast), .m_axi_bvalid_i,
                .m_axi_bready_o(bready), .m_axi_bresp_i, .m_axi_bid_i);
        end
    endgenerate
endmodule

`default_nettype wire
