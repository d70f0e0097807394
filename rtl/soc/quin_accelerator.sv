// SPDX-License-Identifier: Apache-2.0
// The accelerator: registers, command processor, the three units with their queues, scratchpad, and one AXI4 master.
// docs/rtl.md has the picture. A unit's job is its command as it stands in DRAM, with the numbers that the command
// processor resolved beside it.
`default_nettype none

module quin_accelerator #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int Lanes = 4,
    parameter int BusBytes = 8,
    parameter int SpWords = 131072,
    parameter int CarryBits = 15,
    parameter int ClockHz = 100000000,
    parameter int FifoBytes = 4096,
    parameter int Counters = 1
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    // registers
    input  logic                  reg_req_i,
    input  logic                  reg_we_i,
    input  logic [13:0]           reg_addr_i,
    input  logic [31:0]           reg_wdata_i,
    output logic [31:0]           reg_rdata_o,
    output logic                  irq_o,
    // retirement, for observers: commands of DMA, ARRAY, VECTOR, CONTROL
    output logic [3:0]            retire_valid_o,
    output logic [4*32-1:0]       retire_index_o,
    output logic [4*32-1:0]       retire_command_o,  // place in the program, code in bits 31:24
    output logic [4*32-1:0]       retire_cycles_o,
    output logic [4*32-1:0]       retire_checksum_o,
    // AXI4 master
    output logic                  m_axi_arvalid_o,
    input  logic                  m_axi_arready_i,
    output logic [39:0]           m_axi_araddr_o,
    output logic [7:0]            m_axi_arlen_o,
    output logic [2:0]            m_axi_arsize_o,
    output logic [1:0]            m_axi_arburst_o,
    output logic [3:0]            m_axi_arid_o,
    input  logic                  m_axi_rvalid_i,
    output logic                  m_axi_rready_o,
    input  logic [8*BusBytes-1:0] m_axi_rdata_i,
    input  logic [1:0]            m_axi_rresp_i,
    input  logic                  m_axi_rlast_i,
    input  logic [3:0]            m_axi_rid_i,
    output logic                  m_axi_awvalid_o,
    input  logic                  m_axi_awready_i,
    output logic [39:0]           m_axi_awaddr_o,
    output logic [7:0]            m_axi_awlen_o,
    output logic [2:0]            m_axi_awsize_o,
    output logic [1:0]            m_axi_awburst_o,
    output logic [3:0]            m_axi_awid_o,
    output logic                  m_axi_wvalid_o,
    input  logic                  m_axi_wready_i,
    output logic [8*BusBytes-1:0] m_axi_wdata_o,
    output logic [BusBytes-1:0]   m_axi_wstrb_o,
    output logic                  m_axi_wlast_o,
    input  logic                  m_axi_bvalid_i,
    output logic                  m_axi_bready_o,
    input  logic [1:0]            m_axi_bresp_i
);
    localparam int LineWords = Lanes > 4 ? Lanes : 4;
    localparam int LineBits = 32 * LineWords;
    localparam int CountBits = $clog2(Rows * 5 * StreamBytes + 1);
    localparam int DMA = 0, ARRAY = 1, VECTOR = 2;
    localparam int JobBits = quin_job_pkg::BITS;

    // ---- registers ----
    logic [39:0] program_address;
    logic [31:0] program_length, command_limit;
    logic [82*quin_pkg::WINDOWS-1:0] windows;
    logic start, abort, clear, running, stopped;
    logic [3:0] run_error;
    logic [31:0] run_error_command, retired_q;
    logic [39:0] run_error_address;
    logic reg_greg_we, rowreg_req, rowreg_we, retire_restart;
    logic [39:0] retire_ring;
    logic [31:0] retire_entries, retire_head;
    logic [5:0] greg_word, counter_word;
    logic [10:0] rowreg_word;
    logic [31:0] counter_data, rowreg_bus, reg_wdata;

    logic [31:0] greg_low [0:31];
    logic [31:0] greg_high [0:31];
    logic [63:0] greg_bus, greg_processor, greg_wdata, row_processor, row_unit;
    logic [4:0] greg_addr, greg_waddr;
    logic greg_we, row_req, row_ack, dma_row_req, dma_row_ack, vector_row_req, vector_row_ack;
    logic [9:0] row_addr, dma_row_addr, vector_row_addr;

    quin_registers #(
        .Rows(Rows), .StreamBytes(StreamBytes), .Lanes(Lanes), .BusBytes(BusBytes), .SpWords(SpWords),
        .CarryBits(CarryBits), .ClockHz(ClockHz)
    ) u_registers (
        .clk_i, .rst_ni, .req_i(reg_req_i), .we_i(reg_we_i), .addr_i(reg_addr_i), .wdata_i(reg_wdata_i),
        .rdata_o(reg_rdata_o), .program_o(program_address), .length_o(program_length), .limit_o(command_limit),
        .windows_o(windows), .retire_ring_o(retire_ring), .retire_entries_o(retire_entries),
        .retire_restart_o(retire_restart), .retire_head_i(retire_head), .irq_o, .start_o(start), .abort_o(abort), .clear_o(clear), .running_i(running),
        .stopped_i(stopped), .error_i(run_error), .error_command_i(run_error_command),
        .error_address_i(run_error_address), .retired_i(retired_q),
        .wdata_o(reg_wdata), .greg_we_o(reg_greg_we), .greg_word_o(greg_word), .greg_data_i(greg_bus),
        .rowreg_req_o(rowreg_req), .rowreg_we_o(rowreg_we), .rowreg_word_o(rowreg_word), .rowreg_data_i(rowreg_bus),
        .counter_word_o(counter_word), .counter_data_i(counter_data));

    assign greg_bus = greg_word[5:1] == '0 ? 64'd0 : {greg_high[greg_word[5:1]], greg_low[greg_word[5:1]]};
    assign greg_processor = greg_addr == '0 ? 64'd0 : {greg_high[greg_addr], greg_low[greg_addr]};
    always_ff @(posedge clk_i) begin
        if (greg_we || (reg_greg_we && !greg_word[0]))
            greg_low[greg_we ? greg_waddr : greg_word[5:1]] <= greg_we ? greg_wdata[31:0] : reg_wdata;
        if (greg_we || (reg_greg_we && greg_word[0]))
            greg_high[greg_we ? greg_waddr : greg_word[5:1]] <= greg_we ? greg_wdata[63:32] : reg_wdata;
    end

    quin_row_file u_rows (
        .clk_i, .rst_ni, .bus_req_i(rowreg_req), .bus_we_i(rowreg_we), .bus_word_i(rowreg_word), .bus_wdata_i(reg_wdata),
        .bus_rdata_o(rowreg_bus), .processor_req_i(row_req), .processor_addr_i(row_addr), .processor_ack_o(row_ack),
        .processor_data_o(row_processor), .vector_req_i(vector_row_req), .vector_addr_i(vector_row_addr),
        .vector_ack_o(vector_row_ack), .dma_req_i(dma_row_req), .dma_addr_i(dma_row_addr), .dma_ack_o(dma_row_ack),
        .unit_data_o(row_unit));

    // ---- command processor ----
    logic fetch_req, fetch_valid, fetch_busy, push_stream, push_stream_ready, idle, quiet, drop, flush, aborting;
    logic stream_flush, stream_idle, control_done;
    logic [23:0] fetch_pc, pc;
    logic [3*quin_job_pkg::AFTER_BITS-1:0] target, give_target, retired_units;
    logic [511:0] fetch_cmd, cmd;
    logic [3:0] fetch_error, cmd_error;
    logic [39:0] fetch_address;
    logic [40:0] check_addr;
    logic [8:0] check_bytes;
    logic [quin_pkg::WINDOWS-1:0] check_hit;
    logic [2:0] push, push_ready, waits;
    logic [9:0] rows;
    logic [19:0] n, k;
    logic [39:0] cmd_error_address;
    logic [20:0] tiles;
    logic [63:0] address, mask_start;
    logic [31:0] index, drop_index, control_checksum, cycle_q;

    logic [2:0] ar_valid, ar_ready, r_valid, r_ready;
    logic [119:0] ar_addr;
    logic [23:0] ar_len;
    logic [8*BusBytes-1:0] r_data;
    logic [1:0] r_resp;
    logic r_last;

    quin_command_fetch #(.BusBytes(BusBytes)) u_fetch (
        .clk_i, .rst_ni, .clear_i(start), .program_i(program_address), .length_i(program_length),
        .req_i(fetch_req), .pc_i(fetch_pc), .cmd_valid_o(fetch_valid), .cmd_o(fetch_cmd), .error_o(fetch_error),
        .error_address_o(fetch_address), .busy_o(fetch_busy), .check_addr_o(check_addr), .check_bytes_o(check_bytes),
        .check_hit_i(check_hit),
        .ar_valid_o(ar_valid[0]), .ar_ready_i(ar_ready[0]), .ar_addr_o(ar_addr[39:0]), .ar_len_o(ar_len[7:0]),
        .r_valid_i(r_valid[0]), .r_ready_o(r_ready[0]), .r_data_i(r_data), .r_resp_i(r_resp), .r_last_i(r_last));

    quin_window_check u_fetch_window (
        .windows_i(windows), .address_i(check_addr), .past_i({1'b0, check_addr} + 42'(check_bytes)), .write_i(1'b0), .hit_o(check_hit));

    // units: DMA, ARRAY, VECTOR
    logic retire_full, retire_busy, late_valid;
    logic [3:0] late_error;
    logic [31:0] late_index;
    logic [23:0] late_pc;
    logic [39:0] late_address;
    logic [2:0] job_valid, job_ready, job_start, unit_ended, unit_busy, failed, failed_taken;
    logic [3*JobBits-1:0] job, active;
    logic [11:0] ended_error, failed_error;
    logic [119:0] ended_address, failed_address;
    logic [95:0] ended_checksum, unit_index;
    logic [71:0] unit_pc;
    logic [5:0] blocked;

    quin_processor #(.Rows(Rows), .StreamBytes(StreamBytes), .CarryBits(CarryBits), .SpWords(SpWords)) u_processor (
        .clk_i, .rst_ni, .start_i(start), .abort_i(abort), .length_i(program_length), .limit_i(command_limit),
        .running_o(running), .stopped_o(stopped), .error_o(run_error), .error_command_o(run_error_command),
        .error_address_o(run_error_address),
        .fetch_req_o(fetch_req), .fetch_pc_o(fetch_pc), .fetch_valid_i(fetch_valid), .fetch_cmd_i(fetch_cmd),
        .fetch_error_i(fetch_error), .fetch_address_i(fetch_address), .greg_addr_o(greg_addr),
        .greg_data_i(greg_processor), .greg_we_o(greg_we), .greg_waddr_o(greg_waddr), .greg_wdata_o(greg_wdata),
        .row_req_o(row_req), .row_addr_o(row_addr), .row_ack_i(row_ack), .row_data_i(row_processor),
        .push_o(push), .push_ready_i(push_ready), .push_stream_o(push_stream), .push_stream_ready_i(push_stream_ready),
        .cmd_o(cmd), .rows_o(rows), .n_o(n), .k_o(k), .tiles_o(tiles), .address_o(address), .mask_start_o(mask_start),
        .cmd_error_o(cmd_error), .cmd_error_address_o(cmd_error_address), .index_o(index), .pc_o(pc), .wait_o(waits),
        .target_o(target), .retired_i(retire_valid_o[2:0]), .failed_i(failed), .failed_taken_o(failed_taken), .failed_error_i(failed_error),
        .failed_pc_i(unit_pc), .failed_index_i(unit_index), .failed_address_i(failed_address), .retired_o(retired_units), .idle_i(idle), .stream_idle_i(quiet),
        .hold_i(retire_full), .late_valid_i(late_valid), .late_error_i(late_error), .late_index_i(late_index),
        .late_pc_i(late_pc), .late_address_i(late_address),
        .drop_o(drop), .drop_index_o(drop_index), .flush_o(flush), .aborting_o(aborting), .stream_flush_o(stream_flush),
        .control_done_o(control_done), .control_checksum_o(control_checksum));
    always_ff @(posedge clk_i) begin
        idle <= rst_ni && unit_busy == '0 && !fetch_busy && !retire_busy;
        quiet <= rst_ni && stream_idle && !retire_busy;
    end

    // commands that wait for their units
    logic [2:0] want, give, give_wait;
    logic [5:0] push_place, want_place;
    logic [JobBits-1:0] give_job;
    logic [23:0] give_pc;
    logic [31:0] give_index;
    logic [3:0] give_error;
    logic [39:0] give_error_address;

    quin_job_store #(.Units(3), .Depth(4), .Width(JobBits + 103 + 3 * quin_job_pkg::AFTER_BITS)) u_store (
        .clk_i, .rst_ni, .flush_i(flush), .push_i(push), .push_place_i(push_place),
        .push_data_i({target, waits, cmd_error, cmd_error_address, pc, index, mask_start, address, k, n, rows, cmd}),
        .want_i(want), .want_place_i(want_place), .give_o(give),
        .data_o({give_target, give_wait, give_error, give_error_address, give_pc, give_index, give_job}));

    generate
        for (genvar u = 0; u < 3; u = u + 1) begin : g_unit
            quin_unit #(.JobBits(JobBits), .Unit(2'(u))) u_unit (
                .clk_i, .rst_ni, .flush_i(flush), .abort_i(u == ARRAY && aborting), .drop_i(drop), .drop_index_i(drop_index),
                .cycle_i(cycle_q), .push_i(push[u]), .push_ready_o(push_ready[u]), .push_place_o(push_place[2*u +: 2]),
                .want_o(want[u]), .want_place_o(want_place[2*u +: 2]), .give_i(give[u]), .give_data_i(give_job),
                .give_pc_i(give_pc), .give_index_i(give_index), .give_error_i(give_error),
                .give_error_address_i(give_error_address), .give_wait_i(give_wait), .give_target_i(give_target),
                .retired_i(retired_units),
                .job_valid_o(job_valid[u]), .job_ready_i(job_ready[u]), .job_o(job[JobBits*u +: JobBits]),
                .start_o(job_start[u]), .active_o(active[JobBits*u +: JobBits]), .done_i(unit_ended[u]),
                .done_error_i(ended_error[4*u +: 4]), .done_address_i(ended_address[40*u +: 40]),
                .done_checksum_i(ended_checksum[32*u +: 32]), .busy_o(unit_busy[u]), .blocked_o(blocked[2*u +: 2]),
                .failed_o(failed[u]), .failed_taken_i(failed_taken[u]), .failed_error_o(failed_error[4*u +: 4]),
                .failed_address_o(failed_address[40*u +: 40]), .index_o(unit_index[32*u +: 32]), .pc_o(unit_pc[24*u +: 24]),
                .retire_valid_o(retire_valid_o[u]), .retire_command_o(retire_command_o[32*u +: 32]),
                .retire_cycles_o(retire_cycles_o[32*u +: 32]), .retire_checksum_o(retire_checksum_o[32*u +: 32]));
        end
    endgenerate

    // ---- retirement ----
    logic [2:0] retired_now_q;

    assign retire_valid_o[3] = control_done;
    assign retire_index_o = {index, unit_index};
    assign retire_command_o[127:96] = {cmd[7:0], pc};
    assign retire_cycles_o[127:96] = 32'd0;
    assign retire_checksum_o[127:96] = control_checksum;
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            cycle_q <= '0;
            retired_q <= '0;
            retired_now_q <= '0;
        end else begin
            cycle_q <= cycle_q + 1'b1;
            retired_now_q <= {2'd0, retire_valid_o[0]} + {2'd0, retire_valid_o[1]} + {2'd0, retire_valid_o[2]} +
                             {2'd0, retire_valid_o[3]};
            retired_q <= start ? 32'd0 : retired_q + 32'(retired_now_q);
        end
    end

    // ---- scratchpad ----
    logic a_req, a_gnt, a_we, a_rvalid, b_req, b_we, b_rvalid;
    logic [19:0] a_addr, b_addr;
    logic [LineBits-1:0] a_wdata, a_rdata, b_wdata, b_rdata, shared_rdata;
    logic [4*LineWords-1:0] a_wstrb, b_wstrb;
    logic array_req, array_gnt, array_rvalid, drain_req, drain_gnt, dma_req, dma_gnt, dma_we, dma_rvalid;
    logic [19:0] array_addr, drain_addr, dma_addr;
    logic [LineBits-1:0] drain_wdata, dma_wdata;
    logic [4*LineWords-1:0] drain_wstrb, dma_wstrb;

    quin_scratchpad #(.SpWords(SpWords), .LineWords(LineWords)) u_scratchpad (
        .clk_i, .rst_ni,
        .a_req_i(a_req), .a_gnt_o(a_gnt), .a_we_i(a_we), .a_addr_i(a_addr), .a_wdata_i(a_wdata), .a_wstrb_i(a_wstrb),
        .a_rdata_o(a_rdata), .a_rvalid_o(a_rvalid),
        .b_req_i(b_req), .b_we_i(b_we), .b_addr_i(b_addr), .b_wdata_i(b_wdata), .b_wstrb_i(b_wstrb),
        .b_rdata_o(b_rdata), .b_rvalid_o(b_rvalid));

    quin_sp_arbiter #(.LineWords(LineWords)) u_arbiter (
        .clk_i, .rst_ni,
        .array_req_i(array_req), .array_gnt_o(array_gnt), .array_addr_i(array_addr), .array_rvalid_o(array_rvalid),
        .drain_req_i(drain_req), .drain_gnt_o(drain_gnt), .drain_addr_i(drain_addr), .drain_wdata_i(drain_wdata),
        .drain_wstrb_i(drain_wstrb),
        .dma_req_i(dma_req), .dma_gnt_o(dma_gnt), .dma_we_i(dma_we), .dma_addr_i(dma_addr), .dma_wdata_i(dma_wdata),
        .dma_wstrb_i(dma_wstrb), .dma_rvalid_o(dma_rvalid), .rdata_o(shared_rdata),
        .sp_req_o(b_req), .sp_we_o(b_we), .sp_addr_o(b_addr), .sp_wdata_o(b_wdata),
        .sp_wstrb_o(b_wstrb), .sp_rdata_i(b_rdata), .sp_rvalid_i(b_rvalid));

    // ---- DRAM writes: stores, and behind them retire records ----
    logic [1:0] aw_valid, aw_ready, w_valid, w_ready, w_last, b_valid, b_ready, b_resp;
    logic [79:0] aw_addr;
    logic [15:0] aw_len;
    logic [16*BusBytes-1:0] w_data;
    logic [2*BusBytes-1:0] w_strb;

    quin_axi_write_mux #(.BusBytes(BusBytes)) u_write_mux (
        .clk_i, .rst_ni, .aw_valid_i(aw_valid), .aw_ready_o(aw_ready), .aw_addr_i(aw_addr), .aw_len_i(aw_len),
        .w_valid_i(w_valid), .w_ready_o(w_ready), .w_data_i(w_data), .w_strb_i(w_strb), .w_last_i(w_last),
        .b_valid_o(b_valid), .b_ready_i(b_ready), .b_resp_o(b_resp), .m_axi_awvalid_o, .m_axi_awready_i, .m_axi_awaddr_o,
        .m_axi_awlen_o, .m_axi_wvalid_o, .m_axi_wready_i, .m_axi_wdata_o, .m_axi_wstrb_o, .m_axi_wlast_o,
        .m_axi_bvalid_i, .m_axi_bready_o, .m_axi_bresp_i);

    quin_retire #(.BusBytes(BusBytes)) u_retire (
        .clk_i, .rst_ni, .windows_i(windows), .ring_i(retire_ring), .entries_i(retire_entries),
        .restart_i(retire_restart), .head_o(retire_head), .full_o(retire_full), .busy_o(retire_busy),
        .valid_i(retire_valid_o), .index_i(retire_index_o), .command_i(retire_command_o), .cycles_i(retire_cycles_o),
        .checksum_i(retire_checksum_o), .error_valid_o(late_valid), .error_o(late_error), .error_index_o(late_index),
        .error_pc_o(late_pc), .error_address_o(late_address),
        .aw_valid_o(aw_valid[1]), .aw_ready_i(aw_ready[1]), .aw_addr_o(aw_addr[79:40]), .aw_len_o(aw_len[15:8]),
        .w_valid_o(w_valid[1]), .w_ready_i(w_ready[1]), .w_data_o(w_data[8*BusBytes +: 8*BusBytes]),
        .w_strb_o(w_strb[BusBytes +: BusBytes]), .w_last_o(w_last[1]), .b_valid_i(b_valid[1]), .b_ready_o(b_ready[1]),
        .b_resp_i(b_resp));

    // ---- DMA unit ----
    logic [2:0] load_bytes, store_bytes;

    quin_move_path #(.BusBytes(BusBytes), .LineWords(LineWords), .SpWords(SpWords)) u_move (
        .clk_i, .rst_ni, .windows_i(windows), .job_valid_i(job_valid[DMA]), .job_ready_o(job_ready[DMA]),
        .job_i(job[JobBits*DMA +: JobBits]), .start_i(job_start[DMA]), .active_i(active[JobBits*DMA +: JobBits]),
        .row_req_o(dma_row_req), .row_addr_o(dma_row_addr), .row_ack_i(dma_row_ack), .row_data_i(row_unit),
        .done_o(unit_ended[DMA]), .done_checksum_o(ended_checksum[31:0]), .done_error_o(ended_error[3:0]),
        .done_address_o(ended_address[39:0]), .load_bytes_o(load_bytes), .store_bytes_o(store_bytes),
        .sp_req_o(dma_req), .sp_gnt_i(dma_gnt), .sp_we_o(dma_we), .sp_addr_o(dma_addr), .sp_wdata_o(dma_wdata),
        .sp_wstrb_o(dma_wstrb), .sp_rdata_i(shared_rdata), .sp_rvalid_i(dma_rvalid),
        .ar_valid_o(ar_valid[1]), .ar_ready_i(ar_ready[1]), .ar_addr_o(ar_addr[79:40]), .ar_len_o(ar_len[15:8]),
        .r_valid_i(r_valid[1]), .r_ready_o(r_ready[1]), .r_data_i(r_data), .r_resp_i(r_resp), .r_last_i(r_last),
        .aw_valid_o(aw_valid[0]), .aw_ready_i(aw_ready[0]), .aw_addr_o(aw_addr[39:0]), .aw_len_o(aw_len[7:0]),
        .w_valid_o(w_valid[0]), .w_ready_i(w_ready[0]), .w_data_o(w_data[8*BusBytes-1:0]), .w_strb_o(w_strb[BusBytes-1:0]),
        .w_last_o(w_last[0]), .b_valid_i(b_valid[0]), .b_ready_o(b_ready[0]), .b_resp_i(b_resp));

    assign m_axi_awsize_o = 3'($clog2(BusBytes));
    assign m_axi_awburst_o = 2'b01;
    assign m_axi_awid_o = 4'd0;

    // ---- ARRAY unit ----
    logic [CountBits-1:0] adds, skipped, wraps;
    logic count_value, count_beat, count_taken, stall_drain, stall_stream;

    quin_array_path #(
        .Rows(Rows), .StreamBytes(StreamBytes), .BusBytes(BusBytes), .LineWords(LineWords), .CarryBits(CarryBits),
        .FifoBytes(FifoBytes), .Counters(Counters)
    ) u_array (
        .clk_i, .rst_ni, .windows_i(windows), .abort_i(aborting), .stream_flush_i(stream_flush),
        .stream_idle_o(stream_idle), .push_valid_i(push_stream), .push_ready_o(push_stream_ready), .push_cmd_i(cmd),
        .push_address_i(address), .push_tiles_i(tiles), .push_k_i(k), .push_wait_i(waits), .push_target_i(target),
        .retired_i(retired_units),
        .job_valid_i(job_valid[ARRAY]), .job_ready_o(job_ready[ARRAY]), .job_cmd_i(job[JobBits*ARRAY +: 512]),
        .job_rows_i(job[JobBits*ARRAY + quin_job_pkg::ROWS_LSB +: 10]), .job_n_i(job[JobBits*ARRAY + quin_job_pkg::N_LSB +: 20]),
        .job_k_i(job[JobBits*ARRAY + quin_job_pkg::K_LSB +: 20]), .done_o(unit_ended[ARRAY]), .done_error_o(ended_error[7:4]),
        .done_address_o(ended_address[79:40]), .done_checksum_o(ended_checksum[63:32]),
        .array_req_o(array_req), .array_gnt_i(array_gnt), .array_addr_o(array_addr), .array_rdata_i(shared_rdata),
        .array_rvalid_i(array_rvalid), .drain_req_o(drain_req), .drain_gnt_i(drain_gnt), .drain_addr_o(drain_addr),
        .drain_wdata_o(drain_wdata), .drain_wstrb_o(drain_wstrb),
        .ar_valid_o(ar_valid[2]), .ar_ready_i(ar_ready[2]), .ar_addr_o(ar_addr[119:80]), .ar_len_o(ar_len[23:16]),
        .r_valid_i(r_valid[2]), .r_ready_o(r_ready[2]), .r_data_i(r_data), .r_resp_i(r_resp), .r_last_i(r_last),
        .count_adds_o(adds), .count_skipped_o(skipped), .count_wraps_o(wraps), .count_value_o(count_value),
        .count_beat_o(count_beat), .count_taken_o(count_taken), .stall_drain_o(stall_drain), .stall_stream_o(stall_stream));

    // ---- VECTOR unit ----
    logic [19:0] count_elements, count_funcs;

    quin_vector_path #(.Lanes(Lanes), .SpWords(SpWords)) u_vector (
        .clk_i, .rst_ni, .job_valid_i(job_valid[VECTOR]), .job_ready_o(job_ready[VECTOR]),
        .job_i(job[JobBits*VECTOR +: JobBits]), .start_i(job_start[VECTOR]), .active_i(active[JobBits*VECTOR +: JobBits]),
        .row_req_o(vector_row_req), .row_addr_o(vector_row_addr), .row_ack_i(vector_row_ack), .row_data_i(row_unit),
        .done_o(unit_ended[VECTOR]), .done_checksum_o(ended_checksum[95:64]), .done_error_o(ended_error[11:8]),
        .done_address_o(ended_address[119:80]), .count_elements_o(count_elements), .count_funcs_o(count_funcs),
        .sp_req_o(a_req), .sp_gnt_i(a_gnt), .sp_we_o(a_we), .sp_addr_o(a_addr), .sp_wdata_o(a_wdata), .sp_wstrb_o(a_wstrb),
        .sp_rdata_i(a_rdata), .sp_rvalid_i(a_rvalid));

    // ---- DRAM port and counters ----
    quin_axi_read_mux #(.Clients(3), .BusBytes(BusBytes)) u_read_mux (
        .clk_i, .rst_ni, .ar_valid_i(ar_valid), .ar_ready_o(ar_ready), .ar_addr_i(ar_addr), .ar_len_i(ar_len),
        .r_valid_o(r_valid), .r_ready_i(r_ready), .r_data_o(r_data), .r_resp_o(r_resp), .r_last_o(r_last),
        .m_axi_arvalid_o, .m_axi_arready_i, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_arsize_o, .m_axi_arburst_o,
        .m_axi_arid_o, .m_axi_rvalid_i, .m_axi_rready_o, .m_axi_rdata_i, .m_axi_rresp_i, .m_axi_rlast_i, .m_axi_rid_i);

    logic [20*quin_pkg::COUNTERS-1:0] add;
    always_comb begin
        add = '0;
        add[20*quin_pkg::COUNT_COMMANDS +: 20] = 20'(retired_now_q);
        add[20*quin_pkg::COUNT_ADDS +: 20] = 20'(adds);
        add[20*quin_pkg::COUNT_ADDS_SKIPPED +: 20] = 20'(skipped);
        add[20*quin_pkg::COUNT_WRAPS +: 20] = 20'(wraps);
        add[20*quin_pkg::COUNT_STREAM_BYTES +: 20] = count_taken ? 20'(StreamBytes) : 20'd0;
        add[20*quin_pkg::COUNT_LOAD_BYTES +: 20] = 20'(load_bytes);
        add[20*quin_pkg::COUNT_STORE_BYTES +: 20] = 20'(store_bytes);
        add[20*quin_pkg::COUNT_COMMAND_BYTES +: 20] = {11'd0, retired_now_q, 6'd0};
        add[20*quin_pkg::COUNT_DRAIN_VALUES +: 20] = 20'(count_value);
        add[20*quin_pkg::COUNT_VECTOR_ELEMENTS +: 20] = count_elements;
        add[20*quin_pkg::COUNT_VECTOR_FUNCS +: 20] = count_funcs;
        add[20*quin_pkg::COUNT_CYCLES +: 20] = 20'd1;
        add[20*quin_pkg::COUNT_BUSY_CYCLES +: 20] = 20'(running);
        add[20*quin_pkg::COUNT_STREAM_CYCLES +: 20] = 20'(count_beat);
        add[20*quin_pkg::COUNT_STALL_STREAM +: 20] = 20'(stall_stream);
        add[20*quin_pkg::COUNT_STALL_VECTOR +: 20] = 20'(blocked[2*ARRAY + 1]);
        add[20*quin_pkg::COUNT_STALL_DMA +: 20] = 20'(blocked[2*ARRAY] && !blocked[2*ARRAY + 1]);
        add[20*quin_pkg::COUNT_STALL_DRAIN +: 20] = 20'(stall_drain);
    end
    quin_counters #(.PeBits(CountBits)) u_counters (
        .clk_i, .rst_ni, .clear_i(clear), .add_i(add), .word_i(counter_word), .data_o(counter_data));
endmodule

`default_nettype wire
