// SPDX-License-Identifier: Apache-2.0
// Bench top: the move DMA in five (BusBytes, LineWords), each with an arbiter and a scratchpad of 2048 words;
// select_i says which one is connected. Data ports are as wide as the widest. The bench owns port A of the scratchpad
// and the arbiter's clients array and drain.
`default_nettype none

module move_dma_top (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic [2:0]   select_i,
    input  logic [327:0] windows_i,

    input  logic         job_valid_i,
    output logic         job_ready_o,
    input  logic         job_store_i,
    input  logic [9:0]   job_rows_i,
    input  logic [9:0]   job_groups_i,
    input  logic [19:0]  job_n_i,
    input  logic [1:0]   job_element_i,
    input  logic [19:0]  job_inner_i,
    input  logic [31:0]  job_group_stride_i,
    input  logic [39:0]  job_outer_stride_i,
    input  logic [19:0]  job_sp_base_i,
    input  logic [19:0]  job_sp_row_i,
    input  logic [19:0]  job_sp_group_i,
    output logic [9:0]   row_o,
    input  logic         row_ready_i,
    input  logic [39:0]  row_address_i,
    output logic         done_o,
    output logic [31:0]  done_checksum_o,
    output logic [3:0]   done_error_o,
    output logic [39:0]  done_address_o,
    output logic [2:0]   load_bytes_o,
    output logic [2:0]   store_bytes_o,

    input  logic         a_req_i,
    input  logic         a_we_i,
    input  logic [19:0]  a_addr_i,
    input  logic [511:0] a_wdata_i,
    input  logic [63:0]  a_wstrb_i,
    output logic [511:0] a_rdata_o,
    output logic         a_rvalid_o,

    input  logic         array_req_i,
    output logic         array_gnt_o,
    input  logic [19:0]  array_addr_i,
    output logic         array_rvalid_o,
    input  logic         drain_req_i,
    output logic         drain_gnt_o,
    input  logic [19:0]  drain_addr_i,
    input  logic [511:0] drain_wdata_i,
    input  logic [63:0]  drain_wstrb_i,
    output logic [511:0] b_rdata_o,

    output logic         m_axi_arvalid_o,
    input  logic         m_axi_arready_i,
    output logic [39:0]  m_axi_araddr_o,
    output logic [7:0]   m_axi_arlen_o,
    input  logic         m_axi_rvalid_i,
    output logic         m_axi_rready_o,
    input  logic [127:0] m_axi_rdata_i,
    input  logic [1:0]   m_axi_rresp_i,
    input  logic         m_axi_rlast_i,
    output logic         m_axi_awvalid_o,
    input  logic         m_axi_awready_i,
    output logic [39:0]  m_axi_awaddr_o,
    output logic [7:0]   m_axi_awlen_o,
    output logic         m_axi_wvalid_o,
    input  logic         m_axi_wready_i,
    output logic [127:0] m_axi_wdata_o,
    output logic [15:0]  m_axi_wstrb_o,
    output logic         m_axi_wlast_o,
    input  logic         m_axi_bvalid_i,
    output logic         m_axi_bready_o,
    input  logic [1:0]   m_axi_bresp_i
);
    localparam int N = 5;
    localparam int JobBits = 1 + 10 + 1 + 32 + 4 + 40 + 3 + 3;
    localparam int SpBits = 512 + 1 + 1 + 1 + 1 + 512;
    localparam int BusBits = 1 + 40 + 8 + 1 + 1 + 40 + 8 + 1 + 128 + 16 + 1 + 1;
    logic [JobBits-1:0] job [0:N-1];
    logic [SpBits-1:0] sp [0:N-1];
    logic [BusBits-1:0] bus [0:N-1];

    for (genvar k = 0; k < N; k++) begin : g_dut
        localparam int B = k == 0 ? 2 : k == 1 ? 4 : k == 2 ? 8 : k == 3 ? 16 : 8;
        localparam int L = k == 4 ? 16 : 4;
        logic on, job_ready, done;
        logic [9:0] row;
        logic [31:0] checksum;
        logic [3:0] error;
        logic [39:0] address, ar_addr, aw_addr;
        logic [2:0] load_bytes, store_bytes;
        logic ar_valid, r_ready, aw_valid, w_valid, w_last, b_ready;
        logic [7:0] ar_len, aw_len;
        logic [8*B-1:0] w_data;
        logic [B-1:0] w_strb;
        logic dma_req, dma_gnt, dma_we, dma_rvalid, b_req, b_we, b_rvalid;
        logic [19:0] dma_addr, b_addr;
        logic [32*L-1:0] dma_wdata, b_wdata, b_rdata, rdata, a_rdata;
        logic [4*L-1:0] dma_wstrb, b_wstrb;
        logic array_gnt, drain_gnt, array_rvalid, a_gnt, a_rvalid, unused;

        assign on = select_i == 3'(k);
        assign unused = a_gnt;

        quin_move_dma #(
            .BusBytes (B),
            .LineWords(L),
            .SpWords  (2048)
        ) u_dma (
            .clk_i,
            .rst_ni,
            .windows_i,
            .job_valid_i       (job_valid_i && on),
            .job_ready_o       (job_ready),
            .job_store_i,
            .job_rows_i,
            .job_groups_i,
            .job_n_i,
            .job_element_i,
            .job_inner_i,
            .job_group_stride_i,
            .job_outer_stride_i,
            .job_sp_base_i,
            .job_sp_row_i,
            .job_sp_group_i,
            .row_o             (row),
            .row_ready_i,
            .row_address_i,
            .done_o            (done),
            .done_checksum_o   (checksum),
            .done_error_o      (error),
            .done_address_o    (address),
            .load_bytes_o      (load_bytes),
            .store_bytes_o     (store_bytes),
            .sp_req_o          (dma_req),
            .sp_gnt_i          (dma_gnt),
            .sp_we_o           (dma_we),
            .sp_addr_o         (dma_addr),
            .sp_wdata_o        (dma_wdata),
            .sp_wstrb_o        (dma_wstrb),
            .sp_rdata_i        (rdata),
            .sp_rvalid_i       (dma_rvalid),
            .ar_valid_o        (ar_valid),
            .ar_ready_i        (m_axi_arready_i && on),
            .ar_addr_o         (ar_addr),
            .ar_len_o          (ar_len),
            .r_valid_i         (m_axi_rvalid_i && on),
            .r_ready_o         (r_ready),
            .r_data_i          (m_axi_rdata_i[8*B-1:0]),
            .r_resp_i          (m_axi_rresp_i),
            .r_last_i          (m_axi_rlast_i),
            .aw_valid_o        (aw_valid),
            .aw_ready_i        (m_axi_awready_i && on),
            .aw_addr_o         (aw_addr),
            .aw_len_o          (aw_len),
            .w_valid_o         (w_valid),
            .w_ready_i         (m_axi_wready_i && on),
            .w_data_o          (w_data),
            .w_strb_o          (w_strb),
            .w_last_o          (w_last),
            .b_valid_i         (m_axi_bvalid_i && on),
            .b_ready_o         (b_ready),
            .b_resp_i          (m_axi_bresp_i)
        );
        assign job[k] = {job_ready, row, done, checksum, error, address, load_bytes, store_bytes};
        assign bus[k] = {ar_valid, ar_addr, ar_len, r_ready, aw_valid, aw_addr, aw_len, w_valid,
                                            128'(w_data), 16'(w_strb), w_last, b_ready};

        quin_sp_arbiter #(
            .LineWords(L)
        ) u_arbiter (
            .clk_i,
            .rst_ni,
            .array_req_i   (array_req_i && on),
            .array_gnt_o   (array_gnt),
            .array_addr_i,
            .array_rvalid_o(array_rvalid),
            .drain_req_i   (drain_req_i && on),
            .drain_gnt_o   (drain_gnt),
            .drain_addr_i,
            .drain_wdata_i (drain_wdata_i[32*L-1:0]),
            .drain_wstrb_i (drain_wstrb_i[4*L-1:0]),
            .dma_req_i     (dma_req),
            .dma_gnt_o     (dma_gnt),
            .dma_we_i      (dma_we),
            .dma_addr_i    (dma_addr),
            .dma_wdata_i   (dma_wdata),
            .dma_wstrb_i   (dma_wstrb),
            .dma_rvalid_o  (dma_rvalid),
            .rdata_o       (rdata),
            .sp_req_o      (b_req),
            .sp_we_o       (b_we),
            .sp_addr_o     (b_addr),
            .sp_wdata_o    (b_wdata),
            .sp_wstrb_o    (b_wstrb),
            .sp_rdata_i    (b_rdata),
            .sp_rvalid_i   (b_rvalid)
        );

        quin_scratchpad #(
            .SpWords  (2048),
            .LineWords(L)
        ) u_scratchpad (
            .clk_i,
            .rst_ni,
            .a_req_i   (a_req_i && on),
            .a_gnt_o   (a_gnt),
            .a_we_i,
            .a_addr_i,
            .a_wdata_i (a_wdata_i[32*L-1:0]),
            .a_wstrb_i (a_wstrb_i[4*L-1:0]),
            .a_rdata_o (a_rdata),
            .a_rvalid_o(a_rvalid),
            .b_req_i   (b_req),
            .b_we_i    (b_we),
            .b_addr_i  (b_addr),
            .b_wdata_i (b_wdata),
            .b_wstrb_i (b_wstrb),
            .b_rdata_o (b_rdata),
            .b_rvalid_o(b_rvalid)
        );
        assign sp[k] = {512'(a_rdata), a_rvalid, array_gnt, array_rvalid, drain_gnt, 512'(rdata)};
    end

    assign {job_ready_o, row_o, done_o, done_checksum_o, done_error_o, done_address_o, load_bytes_o, store_bytes_o}
        = job[select_i];
    assign {a_rdata_o, a_rvalid_o, array_gnt_o, array_rvalid_o, drain_gnt_o, b_rdata_o} = sp[select_i];
    assign {m_axi_arvalid_o, m_axi_araddr_o, m_axi_arlen_o, m_axi_rready_o, m_axi_awvalid_o, m_axi_awaddr_o,
            m_axi_awlen_o, m_axi_wvalid_o, m_axi_wdata_o, m_axi_wstrb_o, m_axi_wlast_o, m_axi_bready_o}
        = bus[select_i];
endmodule

`default_nettype wire
