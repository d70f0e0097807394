// SPDX-License-Identifier: Apache-2.0
// Proof: with clients that keep the rules of axi_address_rules the read mux keeps them on the bus; a burst that a client
// gave stands on the bus in the next cycle with its address, length and the client's id, once, until it is taken, and
// nothing else ever does; at most one client is served at a time, client 0 first; a beat goes to the client of its id.
`default_nettype none

module read_mux #(
    parameter int BusBytes = 4
) (
    input logic                  clk_i,
    input logic                  rst_ni,
    input logic [2:0]            ar_valid_i,
    input logic [119:0]          ar_addr_i,
    input logic [23:0]           ar_len_i,
    input logic [2:0]            r_ready_i,
    input logic                  m_arready_i,
    input logic                  m_rvalid_i,
    input logic [8*BusBytes-1:0] m_rdata_i,
    input logic [1:0]            m_rresp_i,
    input logic                  m_rlast_i,
    input logic [3:0]            m_rid_i
);
    logic [2:0] ar_ready, r_valid;
    logic [8*BusBytes-1:0] r_data;
    logic [1:0] r_resp, m_arburst;
    logic r_last, m_arvalid, m_rready;
    logic [39:0] m_araddr;
    logic [7:0] m_arlen;
    logic [2:0] m_arsize;
    logic [3:0] m_arid;
    quin_axi_read_mux #(.Clients(3), .BusBytes(BusBytes)) dut (
        .clk_i, .rst_ni, .ar_valid_i, .ar_ready_o(ar_ready), .ar_addr_i, .ar_len_i, .r_valid_o(r_valid), .r_ready_i,
        .r_data_o(r_data), .r_resp_o(r_resp), .r_last_o(r_last),
        .m_axi_arvalid_o(m_arvalid), .m_axi_arready_i(m_arready_i), .m_axi_araddr_o(m_araddr),
        .m_axi_arlen_o(m_arlen), .m_axi_arsize_o(m_arsize), .m_axi_arburst_o(m_arburst), .m_axi_arid_o(m_arid),
        .m_axi_rvalid_i(m_rvalid_i), .m_axi_rready_o(m_rready), .m_axi_rdata_i(m_rdata_i),
        .m_axi_rresp_i(m_rresp_i), .m_axi_rlast_i(m_rlast_i), .m_axi_rid_i(m_rid_i)
    );

    for (genvar c = 0; c < 3; c++) begin : g_client
        axi_address_rules #(.BusBytes(BusBytes), .Assume(1'b1)) rules (
            .clk_i, .rst_ni, .valid_i(ar_valid_i[c]), .ready_i(ar_ready[c]),
            .addr_i(ar_addr_i[40*c +: 40]), .len_i(ar_len_i[8*c +: 8])
        );
    end
    axi_address_rules #(.BusBytes(BusBytes)) rules (
        .clk_i, .rst_ni, .valid_i(m_arvalid), .ready_i(m_arready_i), .addr_i(m_araddr), .len_i(m_arlen)
    );

    // What the bus must show next.
    logic started_q, given_q, waiting_q;
    logic [51:0] burst_q, burst;
    initial started_q = 1'b0;
    assign burst = ar_ready[0] ? {4'd0, ar_addr_i[39:0], ar_len_i[7:0]}
        : ar_ready[1] ? {4'd1, ar_addr_i[79:40], ar_len_i[15:8]} : {4'd2, ar_addr_i[119:80], ar_len_i[23:16]};
    always_ff @(posedge clk_i) begin
        started_q <= 1'b1;
        given_q <= rst_ni && (ar_valid_i & ar_ready) != 3'b0;
        waiting_q <= rst_ni && m_arvalid && !m_arready_i;
        burst_q <= burst;
    end

    always_comb begin
        if (!started_q) assume (!rst_ni);
        else if (rst_ni) begin
            assert (ar_ready == 3'b0 || ar_ready == 3'b1 || ar_ready == 3'b10 || ar_ready == 3'b100);
            assert ((ar_ready & ~ar_valid_i) == 3'b0);
            if (ar_valid_i[0]) assert (ar_ready[2:1] == 2'b0);
            if (ar_valid_i[1]) assert (!ar_ready[2]);
            if (ar_valid_i != 3'b0 && !m_arvalid) assert (ar_ready != 3'b0);
            assert (!(given_q && waiting_q));
            assert (m_arvalid == (given_q || waiting_q));
            if (given_q) assert ({m_arid, m_araddr, m_arlen} == burst_q);
            if (m_arvalid) assert (m_arsize == 3'($clog2(BusBytes)) && m_arburst == 2'b01 && m_arid < 4'd3);
            for (int c = 0; c < 3; c++) begin
                assert (r_valid[c] == (m_rvalid_i && m_rid_i == 4'(c)));
                if (m_rid_i == 4'(c)) assert (m_rready == r_ready_i[c]);
            end
            assert (r_data == m_rdata_i && r_resp == m_rresp_i && r_last == m_rlast_i);
        end
    end

    // An id stays with its burst as address and length do.
    logic [3:0] past_id_q;
    always_ff @(posedge clk_i) past_id_q <= m_arid;
    always_comb
        if (started_q && rst_ni && waiting_q) assert (m_arid == past_id_q);
endmodule

`default_nettype wire
