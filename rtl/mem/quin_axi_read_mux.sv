// SPDX-License-Identifier: Apache-2.0
// Clients read ports on one AXI4 read port: client c's bursts carry id c. Fixed priority, client 0 first, so the
// order is command fetch, move DMA, stream DMA: the first two ask seldom, and the stream asks for so much ahead that
// the bus stays full. Addresses pass one register, at most one in two cycles; data come back in the same cycle, by their
// id, also interleaved. A client that does not take its beat holds the bus, so clients ask only for what they have room for.
`default_nettype none

module quin_axi_read_mux #(
    parameter int Clients = 3,
    parameter int BusBytes = 8
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,

    input  logic [Clients-1:0]        ar_valid_i,
    output logic [Clients-1:0]        ar_ready_o,
    input  logic [40*Clients-1:0]     ar_addr_i,
    input  logic [8*Clients-1:0]      ar_len_i,
    output logic [Clients-1:0]        r_valid_o,
    input  logic [Clients-1:0]        r_ready_i,
    output logic [8*BusBytes-1:0]     r_data_o,   // for the client whose r_valid_o is 1
    output logic [1:0]                r_resp_o,
    output logic                      r_last_o,

    output logic                      m_axi_arvalid_o,
    input  logic                      m_axi_arready_i,
    output logic [39:0]               m_axi_araddr_o,
    output logic [7:0]                m_axi_arlen_o,
    output logic [2:0]                m_axi_arsize_o,
    output logic [1:0]                m_axi_arburst_o,
    output logic [3:0]                m_axi_arid_o,
    input  logic                      m_axi_rvalid_i,
    output logic                      m_axi_rready_o,
    input  logic [8*BusBytes-1:0]     m_axi_rdata_i,
    input  logic [1:0]                m_axi_rresp_i,
    input  logic                      m_axi_rlast_i,
    input  logic [3:0]                m_axi_rid_i
);
    logic valid_q, take;
    logic [39:0] addr_q, addr;
    logic [7:0] len_q, len;
    logic [3:0] id_q, id;

    assign take = !valid_q; // whatever the memory does: no path from it to the clients

    // The lowest client that asks.
    always_comb begin
        addr = '0;
        len = '0;
        id = '0;
        ar_ready_o = '0;
        for (int c = Clients - 1; c >= 0; c--) begin
            if (ar_valid_i[c]) begin
                addr = ar_addr_i[40*c +: 40];
                len = ar_len_i[8*c +: 8];
                id = 4'(c);
                ar_ready_o = '0;
                ar_ready_o[c] = take;
            end
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) valid_q <= 1'b0;
        else valid_q <= take ? ar_valid_i != '0 : !m_axi_arready_i;
    end

    always_ff @(posedge clk_i) begin
        if (take) begin
            addr_q <= addr;
            len_q <= len;
            id_q <= id;
        end
    end

    assign m_axi_arvalid_o = valid_q;
    assign m_axi_araddr_o = addr_q;
    assign m_axi_arlen_o = len_q;
    assign m_axi_arid_o = id_q;
    assign m_axi_arsize_o = 3'($clog2(BusBytes));
    assign m_axi_arburst_o = 2'b01;

    always_comb begin
        r_valid_o = '0;
        m_axi_rready_o = 1'b0;
        for (int c = 0; c < Clients; c++) begin
            if (m_axi_rid_i == 4'(c)) begin
                r_valid_o[c] = m_axi_rvalid_i;
                m_axi_rready_o = r_ready_i[c];
            end
        end
    end
    assign r_data_o = m_axi_rdata_i;
    assign r_resp_o = m_axi_rresp_i;
    assign r_last_o = m_axi_rlast_i;
endmodule

`default_nettype wire
