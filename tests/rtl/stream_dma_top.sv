// SPDX-License-Identifier: Apache-2.0
// Bench top: the stream DMA in four (BusBytes, StreamBytes), each as client 2 of its own read mux; select_i says which
// one is connected. Data ports are as wide as the widest. Clients 0 and 1 of the mux belong to the bench.
`default_nettype none

module stream_dma_top (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic [1:0]   select_i,
    input  logic [327:0] windows_i,
    input  logic         flush_i,
    output logic         idle_o,

    input  logic         job_valid_i,
    output logic         job_ready_o,
    input  logic [39:0]  job_address_i,
    input  logic [19:0]  job_tiles_i,
    input  logic [34:0]  job_tile_bytes_i,
    input  logic [39:0]  job_tile_stride_i,
    output logic         done_o,
    output logic [3:0]   done_error_o,
    output logic [39:0]  done_address_o,
    output logic         stream_valid_o,
    input  logic         stream_ready_i,
    output logic [127:0] stream_data_o,
    output logic         count_beat_o,

    input  logic [1:0]   c_ar_valid_i,
    output logic [1:0]   c_ar_ready_o,
    input  logic [79:0]  c_ar_addr_i,
    input  logic [15:0]  c_ar_len_i,
    output logic [1:0]   c_r_valid_o,
    input  logic [1:0]   c_r_ready_i,

    output logic         m_axi_arvalid_o,
    input  logic         m_axi_arready_i,
    output logic [39:0]  m_axi_araddr_o,
    output logic [7:0]   m_axi_arlen_o,
    output logic [2:0]   m_axi_arsize_o,
    output logic [1:0]   m_axi_arburst_o,
    output logic [3:0]   m_axi_arid_o,
    input  logic         m_axi_rvalid_i,
    output logic         m_axi_rready_o,
    input  logic [127:0] m_axi_rdata_i,
    input  logic [1:0]   m_axi_rresp_i,
    input  logic         m_axi_rlast_i,
    input  logic [3:0]   m_axi_rid_i
);
    localparam int N = 4;
    localparam int DmaBits = 1 + 1 + 1 + 4 + 40 + 1 + 128 + 1;
    localparam int BusBits = 2 + 2 + 1 + 40 + 8 + 3 + 2 + 4 + 1;
    logic [DmaBits-1:0] dma [0:N-1];
    logic [BusBits-1:0] bus [0:N-1];

    for (genvar k = 0; k < N; k++) begin : g_dut
        localparam int B = k == 0 ? 4 : k == 1 ? 8 : k == 2 ? 16 : 8;
        localparam int W = k == 0 ? 2 : k == 1 ? 8 : k == 2 ? 4 : 16;
        logic on, idle, job_ready, done, stream_valid, count_beat;
        logic [3:0] done_error;
        logic [39:0] done_address;
        logic [8*W-1:0] stream_data;
        logic ar_valid, ar_ready, r_valid, r_ready, r_last;
        logic [39:0] ar_addr;
        logic [7:0] ar_len;
        logic [8*B-1:0] r_data;
        logic [1:0] r_resp;

        assign on = select_i == 2'(k);

        quin_stream_dma #(
            .BusBytes(B),
            .StreamBytes(W)
        ) u_dma (
            .clk_i,
            .rst_ni,
            .windows_i,
            .flush_i          (flush_i && on),
            .idle_o           (idle),
            .job_valid_i      (job_valid_i && on),
            .job_ready_o      (job_ready),
            .job_address_i,
            .job_tiles_i,
            .job_tile_bytes_i,
            .job_tile_stride_i,
            .done_o           (done),
            .done_error_o     (done_error),
            .done_address_o   (done_address),
            .stream_valid_o   (stream_valid),
            .stream_ready_i   (stream_ready_i),
            .stream_data_o    (stream_data),
            .ar_valid_o       (ar_valid),
            .ar_ready_i       (ar_ready),
            .ar_addr_o        (ar_addr),
            .ar_len_o         (ar_len),
            .r_valid_i        (r_valid),
            .r_ready_o        (r_ready),
            .r_data_i         (r_data),
            .r_resp_i         (r_resp),
            .r_last_i         (r_last),
            .count_beat_o     (count_beat)
        );
        assign dma[k] = {idle, job_ready, done, done_error, done_address, stream_valid,
                                            128'(stream_data), count_beat};

        logic [1:0] c_ar_ready, c_r_valid, m_arburst;
        logic m_arvalid, m_rready;
        logic [39:0] m_araddr;
        logic [7:0] m_arlen;
        logic [2:0] m_arsize;
        logic [3:0] m_arid;

        quin_axi_read_mux #(
            .Clients(3),
            .BusBytes(B)
        ) u_mux (
            .clk_i,
            .rst_ni,
            .ar_valid_i     ({ar_valid, c_ar_valid_i & {2{on}}}),
            .ar_ready_o     ({ar_ready, c_ar_ready}),
            .ar_addr_i      ({ar_addr, c_ar_addr_i}),
            .ar_len_i       ({ar_len, c_ar_len_i}),
            .r_valid_o      ({r_valid, c_r_valid}),
            .r_ready_i      ({r_ready, c_r_ready_i}),
            .r_data_o       (r_data),
            .r_resp_o       (r_resp),
            .r_last_o       (r_last),
            .m_axi_arvalid_o(m_arvalid),
            .m_axi_arready_i(m_axi_arready_i && on),
            .m_axi_araddr_o (m_araddr),
            .m_axi_arlen_o  (m_arlen),
            .m_axi_arsize_o (m_arsize),
            .m_axi_arburst_o(m_arburst),
            .m_axi_arid_o   (m_arid),
            .m_axi_rvalid_i (m_axi_rvalid_i && on),
            .m_axi_rready_o (m_rready),
            .m_axi_rdata_i  (m_axi_rdata_i[8*B-1:0]),
            .m_axi_rresp_i,
            .m_axi_rlast_i,
            .m_axi_rid_i
        );
        assign bus[k] = {c_ar_ready, c_r_valid, m_arvalid, m_araddr, m_arlen, m_arsize, m_arburst,
                                            m_arid, m_rready};
    end

    assign {idle_o, job_ready_o, done_o, done_error_o, done_address_o, stream_valid_o, stream_data_o, count_beat_o}
        = dma[select_i];
    assign {c_ar_ready_o, c_r_valid_o, m_axi_arvalid_o, m_axi_araddr_o, m_axi_arlen_o, m_axi_arsize_o,
            m_axi_arburst_o, m_axi_arid_o, m_axi_rready_o} = bus[select_i];
endmodule

`default_nettype wire
