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
    localparam int RowBits = Rows > 1 ? $clog2(Rows) : 1;
    localparam int CountBits = $clog2(Rows * 5 * StreamBytes + 1);
    localparam int StreamShift = $clog2(StreamBytes);
    // places in a job: the command first, then what the command processor resolved
    localparam int JobRows = 512, JobN = 522, JobK = 542, JobBase = 562, JobMask = 626, JobIndex = 690, JobPc = 722;
    localparam int JobBits = 746;
    localparam int StreamJobBits = 40 + 20 + 35 + 40;

    // ---- registers ----
    logic [39:0] program_address;
    logic [31:0] program_length, command_limit;
    logic [327:0] windows;
    logic start, abort, clear, running, stopped;
    logic [3:0] run_error;
    logic [23:0] run_error_command;
    logic [31:0] retired_q;
    logic reg_greg_we, reg_rowreg_we;
    logic [5:0] greg_word, counter_word;
    logic [10:0] rowreg_word;
    logic [31:0] counter_data;

    (* no_rw_check *) logic [63:0] greg [0:31];
    (* no_rw_check *) logic [63:0] rowreg [0:16*(1<<RowBits)-1];
    logic [63:0] greg_bus, greg_processor, rowreg_bus, rowreg_processor, rowreg_move, rowreg_vector;
    logic [4:0] greg_addr, greg_waddr;
    logic greg_we;
    logic [63:0] greg_wdata;
    logic [9:0] rowreg_addr;

    function automatic logic [RowBits+3:0] row_index(input logic [3:0] bank, input logic [5:0] row);
        row_index = {bank, row[RowBits-1:0]};
    endfunction

    quin_registers #(
        .Rows(Rows), .StreamBytes(StreamBytes), .Lanes(Lanes), .BusBytes(BusBytes), .SpWords(SpWords),
        .CarryBits(CarryBits), .ClockHz(ClockHz)
    ) u_registers (
        .clk_i, .rst_ni, .req_i(reg_req_i), .we_i(reg_we_i), .addr_i(reg_addr_i), .wdata_i(reg_wdata_i),
        .rdata_o(reg_rdata_o), .program_o(program_address), .length_o(program_length), .limit_o(command_limit),
        .windows_o(windows), .irq_o, .start_o(start), .abort_o(abort), .clear_o(clear), .running_i(running),
        .stopped_i(stopped), .error_i(run_error), .error_command_i(run_error_command), .retired_i(retired_q),
        .greg_we_o(reg_greg_we), .greg_word_o(greg_word), .greg_data_i(greg_bus),
        .rowreg_we_o(reg_rowreg_we), .rowreg_word_o(rowreg_word), .rowreg_data_i(rowreg_bus),
        .counter_word_o(counter_word), .counter_data_i(counter_data));

    assign greg_bus = greg_word[5:1] == '0 ? 64'd0 : greg[greg_word[5:1]];
    assign greg_processor = greg_addr == '0 ? 64'd0 : greg[greg_addr];
    assign rowreg_bus = rowreg[row_index(rowreg_word[10:7], rowreg_word[6:1])];
    assign rowreg_processor = rowreg[row_index(rowreg_addr[9:6], rowreg_addr[5:0])];

    always_ff @(posedge clk_i) begin
        if (greg_we)
            greg[greg_waddr] <= greg_wdata;
        else if (reg_greg_we)
            greg[greg_word[5:1]] <= greg_word[0] ? {reg_wdata_i, greg_bus[31:0]} : {greg_bus[63:32], reg_wdata_i};
        if (reg_rowreg_we)
            rowreg[row_index(rowreg_word[10:7], rowreg_word[6:1])] <=
                rowreg_word[0] ? {reg_wdata_i, rowreg_bus[31:0]} : {rowreg_bus[63:32], reg_wdata_i};
    end

    // ---- command processor ----
    logic fetch_req, fetch_valid, check_ok;
    logic [23:0] fetch_pc, pc;
    logic [511:0] fetch_cmd, cmd;
    logic [3:0] fetch_error;
    logic [39:0] check_addr;
    logic [2:0] push, push_ready, waits, unit_done, unit_busy_q, job_valid, job_ready, queue_empty;
    logic [23:0] target, retired_units;
    logic [9:0] rows;
    logic [19:0] n, k;
    logic [63:0] base, mask_start;
    logic [31:0] index, control_checksum;
    logic push_stream, push_stream_ready, idle, flush, control_done;
    logic [11:0] unit_error;
    logic [JobBits-1:0] job_in;
    logic [3*JobBits-1:0] job, active_q;
    logic [71:0] unit_pc;
    logic stream_queue_empty, stream_idle;
    logic [95:0] began_q, unit_checksum;
    logic [31:0] cycle_q;
    logic [2:0] retired_now;

    logic [2:0] ar_valid, ar_ready, r_valid, r_ready;
    logic [119:0] ar_addr;
    logic [23:0] ar_len;
    logic [8*BusBytes-1:0] r_data;
    logic [1:0] r_resp;
    logic r_last;

    quin_command_fetch #(.BusBytes(BusBytes)) u_fetch (
        .clk_i, .rst_ni, .clear_i(start), .program_i(program_address), .length_i(program_length),
        .req_i(fetch_req), .pc_i(fetch_pc), .cmd_valid_o(fetch_valid), .cmd_o(fetch_cmd), .error_o(fetch_error),
        .check_addr_o(check_addr), .check_ok_i(check_ok),
        .ar_valid_o(ar_valid[0]), .ar_ready_i(ar_ready[0]), .ar_addr_o(ar_addr[39:0]), .ar_len_o(ar_len[7:0]),
        .r_valid_i(r_valid[0]), .r_ready_o(r_ready[0]), .r_data_i(r_data), .r_resp_i(r_resp), .r_last_i(r_last));

    quin_window_check #(.BytesBits(7)) u_fetch_window (
        .windows_i(windows), .address_i({1'b0, check_addr}), .bytes_i(7'd64), .write_i(1'b0), .ok_o(check_ok));

    quin_processor u_processor (
        .clk_i, .rst_ni, .start_i(start), .abort_i(abort), .length_i(program_length), .limit_i(command_limit),
        .running_o(running), .stopped_o(stopped), .error_o(run_error), .error_command_o(run_error_command),
        .fetch_req_o(fetch_req), .fetch_pc_o(fetch_pc), .fetch_valid_i(fetch_valid), .fetch_cmd_i(fetch_cmd),
        .fetch_error_i(fetch_error), .greg_addr_o(greg_addr), .greg_data_i(greg_processor), .greg_we_o(greg_we),
        .greg_waddr_o(greg_waddr), .greg_wdata_o(greg_wdata), .rowreg_addr_o(rowreg_addr),
        .rowreg_data_i(rowreg_processor), .push_o(push), .push_ready_i(push_ready), .push_stream_o(push_stream),
        .push_stream_ready_i(push_stream_ready), .cmd_o(cmd), .rows_o(rows), .n_o(n), .k_o(k), .base_o(base),
        .mask_start_o(mask_start), .index_o(index), .pc_o(pc), .wait_o(waits), .target_o(target),
        .done_i(unit_done), .done_error_i(unit_error), .done_pc_i(unit_pc), .retired_o(retired_units),
        .idle_i(idle), .flush_o(flush), .control_done_o(control_done), .control_checksum_o(control_checksum));

    assign job_in = {pc, index, mask_start, base, k, n, rows, cmd};
    assign idle = unit_busy_q == '0 && queue_empty == 3'b111 && stream_queue_empty && stream_idle;

    // ---- queues ----
    genvar u;
    generate
        for (u = 0; u < 3; u = u + 1) begin : g_queue
            localparam int A = u == 0 ? 1 : 0; // the two other units
            localparam int B = u == 2 ? 1 : 2;
            quin_unit_queue #(.Width(JobBits)) u_queue (
                .clk_i, .rst_ni, .flush_i(flush), .hold_i(unit_busy_q[u]),
                .push_valid_i(push[u]), .push_ready_o(push_ready[u]), .push_data_i(job_in),
                .push_wait_i({waits[B], waits[A]}), .push_target_i({target[8*B +: 8], target[8*A +: 8]}),
                .retired_i({retired_units[8*B +: 8], retired_units[8*A +: 8]}),
                .job_valid_o(job_valid[u]), .job_ready_i(job_ready[u]), .job_data_o(job[JobBits*u +: JobBits]),
                .empty_o(queue_empty[u]));
            // what the unit works on, from when it took it until it is done
            always_ff @(posedge clk_i) begin
                if (job_valid[u] && job_ready[u]) begin
                    active_q[JobBits*u +: JobBits] <= job[JobBits*u +: JobBits];
                    began_q[32*u +: 32] <= cycle_q;
                end
                if (!rst_ni)
                    unit_busy_q[u] <= 1'b0;
                else if (unit_done[u] || (u == 1 && flush))
                    unit_busy_q[u] <= 1'b0;
                else if (job_valid[u] && job_ready[u])
                    unit_busy_q[u] <= 1'b1;
            end
            assign unit_pc[24*u +: 24] = active_q[JobBits*u + JobPc +: 24];
            assign retire_valid_o[u] = unit_done[u] && unit_error[4*u +: 4] == '0;
            assign retire_index_o[32*u +: 32] = active_q[JobBits*u + JobIndex +: 32];
            assign retire_command_o[32*u +: 32] = {active_q[JobBits*u +: 8], unit_pc[24*u +: 24]};
            assign retire_cycles_o[32*u +: 32] = cycle_q - began_q[32*u +: 32];
            assign retire_checksum_o[32*u +: 32] = unit_checksum[32*u +: 32];
        end
    endgenerate
    assign retire_valid_o[3] = control_done;
    assign retire_index_o[127:96] = index;
    assign retire_command_o[127:96] = {cmd[7:0], pc};
    assign retire_cycles_o[127:96] = 32'd0;
    assign retire_checksum_o[127:96] = control_checksum;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            cycle_q <= '0;
            retired_q <= '0;
        end else begin
            cycle_q <= cycle_q + 1'b1;
            retired_q <= start ? 32'd0 : retired_q + 32'(retired_now);
        end
    end
    assign retired_now = {2'd0, retire_valid_o[0]} + {2'd0, retire_valid_o[1]} + {2'd0, retire_valid_o[2]} +
                         {2'd0, retire_valid_o[3]};

    // ---- scratchpad ----
    logic a_req, a_gnt, a_we, a_rvalid, b_req, b_gnt, b_we, b_rvalid;
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
        .b_req_i(b_req), .b_gnt_o(b_gnt), .b_we_i(b_we), .b_addr_i(b_addr), .b_wdata_i(b_wdata), .b_wstrb_i(b_wstrb),
        .b_rdata_o(b_rdata), .b_rvalid_o(b_rvalid));

    quin_sp_arbiter #(.LineWords(LineWords)) u_arbiter (
        .clk_i, .rst_ni,
        .array_req_i(array_req), .array_gnt_o(array_gnt), .array_addr_i(array_addr), .array_rvalid_o(array_rvalid),
        .drain_req_i(drain_req), .drain_gnt_o(drain_gnt), .drain_addr_i(drain_addr), .drain_wdata_i(drain_wdata),
        .drain_wstrb_i(drain_wstrb),
        .dma_req_i(dma_req), .dma_gnt_o(dma_gnt), .dma_we_i(dma_we), .dma_addr_i(dma_addr), .dma_wdata_i(dma_wdata),
        .dma_wstrb_i(dma_wstrb), .dma_rvalid_o(dma_rvalid), .rdata_o(shared_rdata),
        .sp_req_o(b_req), .sp_gnt_i(b_gnt), .sp_we_o(b_we), .sp_addr_o(b_addr), .sp_wdata_o(b_wdata),
        .sp_wstrb_o(b_wstrb), .sp_rdata_i(b_rdata), .sp_rvalid_i(b_rvalid));

    // ---- DMA unit ----
    logic [JobBits-1:0] move, move_active;
    logic [9:0] move_row, vector_row;
    logic [2:0] load_bytes, store_bytes;
    logic [39:0] move_address;

    assign move = job[JobBits-1:0];
    assign move_active = active_q[JobBits-1:0];
    assign rowreg_move = move_active[quin_pkg::FIELD_MOVE_ROW_ENABLE_LSB] ?
                         rowreg[row_index(move_active[quin_pkg::FIELD_MOVE_ROW_BANK_LSB +: 4],
                                          move_active[quin_pkg::FIELD_MOVE_ROW_FIRST_LSB +: 6] + move_row[5:0])] : 64'd0;
    assign move_address = move_active[JobBase +: 40] + move_active[quin_pkg::FIELD_MOVE_DRAM_OFFSET_LSB +: 40] +
                          rowreg_move[39:0] +
                          {30'd0, move_row} * {8'd0, move_active[quin_pkg::FIELD_MOVE_DRAM_ROW_STRIDE_LSB +: 32]};

    quin_move_dma #(.BusBytes(BusBytes), .LineWords(LineWords), .SpWords(SpWords)) u_move (
        .clk_i, .rst_ni, .windows_i(windows),
        .job_valid_i(job_valid[0]), .job_ready_o(job_ready[0]), .job_store_i(move[7:0] == quin_pkg::OP_STORE),
        .job_rows_i(move[JobRows +: 10]), .job_groups_i(move[quin_pkg::FIELD_MOVE_GROUPS_LSB +: 10]),
        .job_n_i(move[JobN +: 20]), .job_element_i(move[quin_pkg::FIELD_MOVE_ELEMENT_LSB +: 2]),
        .job_inner_i(move[quin_pkg::FIELD_MOVE_INNER_LSB +: 20]),
        .job_group_stride_i(move[quin_pkg::FIELD_MOVE_DRAM_GROUP_STRIDE_LSB +: 32]),
        .job_outer_stride_i(move[quin_pkg::FIELD_MOVE_DRAM_OUTER_STRIDE_LSB +: 40]),
        .job_sp_base_i(move[quin_pkg::FIELD_MOVE_SP_BASE_LSB +: 20]),
        .job_sp_row_i(move[quin_pkg::FIELD_MOVE_SP_ROW_STRIDE_LSB +: 20]),
        .job_sp_group_i(move[quin_pkg::FIELD_MOVE_SP_GROUP_STRIDE_LSB +: 20]),
        .row_o(move_row), .row_address_i(move_address),
        .done_o(unit_done[0]), .done_checksum_o(unit_checksum[31:0]), .done_error_o(unit_error[3:0]),
        .done_address_o(), .load_bytes_o(load_bytes), .store_bytes_o(store_bytes),
        .sp_req_o(dma_req), .sp_gnt_i(dma_gnt), .sp_we_o(dma_we), .sp_addr_o(dma_addr), .sp_wdata_o(dma_wdata),
        .sp_wstrb_o(dma_wstrb), .sp_rdata_i(shared_rdata), .sp_rvalid_i(dma_rvalid),
        .ar_valid_o(ar_valid[1]), .ar_ready_i(ar_ready[1]), .ar_addr_o(ar_addr[79:40]), .ar_len_o(ar_len[15:8]),
        .r_valid_i(r_valid[1]), .r_ready_o(r_ready[1]), .r_data_i(r_data), .r_resp_i(r_resp), .r_last_i(r_last),
        .aw_valid_o(m_axi_awvalid_o), .aw_ready_i(m_axi_awready_i), .aw_addr_o(m_axi_awaddr_o), .aw_len_o(m_axi_awlen_o),
        .w_valid_o(m_axi_wvalid_o), .w_ready_i(m_axi_wready_i), .w_data_o(m_axi_wdata_o), .w_strb_o(m_axi_wstrb_o),
        .w_last_o(m_axi_wlast_o), .b_valid_i(m_axi_bvalid_i), .b_ready_o(m_axi_bready_o), .b_resp_i(m_axi_bresp_i));

    assign m_axi_awsize_o = 3'($clog2(BusBytes));
    assign m_axi_awburst_o = 2'b01;
    assign m_axi_awid_o = 4'd0;

    // ---- ARRAY unit: stream and array ----
    logic [JobBits-1:0] matmul;
    logic [StreamJobBits-1:0] stream_in, stream_job;
    logic stream_job_valid, stream_job_ready, stream_done, array_done, array_taken, array_stream_q, array_ended_q;
    logic stream_valid, stream_ready, has_stream, check_failed;
    logic [8*StreamBytes-1:0] stream_data;
    logic [3:0] stream_error, check_error, array_error_q;
    logic [31:0] array_checksum, array_checksum_q;
    logic [3:0] finished_q; // streams that ended before their array job did
    logic [20:0] groups;    // of W channels (D1: of five W)
    logic [20:0] tiles;
    logic [40:0] fifth;
    logic [1:0] precision;
    logic [CountBits-1:0] adds, skipped, wraps;
    logic count_value, stall_drain, stall_act, stall_stream, count_beat, array_ready, array_valid;

    // tiles of the command that is dispatched: ceil(n / channels), channels = 5 W, W, W / 2
    assign precision = cmd[quin_pkg::FIELD_MATMUL_PRECISION_LSB +: 2];
    assign groups = ({1'b0, n} + 21'(StreamBytes) - 21'd1) >> StreamShift;
    assign fifth = {20'd0, groups + 21'd4} * 41'd838861; // (x * 838861) >> 22 = x / 5 for x < 2^22
    assign tiles = precision == quin_pkg::PRECISION_D1 ? {2'd0, fifth[40:22]} :
                   precision == quin_pkg::PRECISION_D5 ? groups :
                                                         ({1'b0, n} + 21'(StreamBytes / 2) - 21'd1) >> (StreamShift - 1);
    assign stream_in = {
        cmd[quin_pkg::FIELD_MATMUL_TILE_STRIDE_LSB +: 40],
        ({15'd0, k} << StreamShift) + (!cmd[quin_pkg::FIELD_MATMUL_COLUMN_SCALES_LSB] ? 35'd0 :
            precision == quin_pkg::PRECISION_D1 ? 35'(20 * StreamBytes) :
            precision == quin_pkg::PRECISION_D5 ? 35'(4 * StreamBytes) : 35'(2 * StreamBytes)),
        tiles[19:0],
        base[39:0] + cmd[quin_pkg::FIELD_MATMUL_DRAM_OFFSET_LSB +: 40]};
    assign has_stream = rows != '0 && n != '0 && !dispatch_bad;

    // a command that is refused has no stream; it is found out at dispatch, and again when the unit takes it
    logic [3:0] dispatch_error;
    logic dispatch_bad;
    quin_matmul_check #(.Rows(Rows), .CarryBits(CarryBits), .SpWords(SpWords)) u_dispatch_check (
        .rows_i(rows), .k_i(k), .n_i(n), .precision_i(precision),
        .column_scales_i(cmd[quin_pkg::FIELD_MATMUL_COLUMN_SCALES_LSB]),
        .act_base_i(cmd[quin_pkg::FIELD_MATMUL_ACT_BASE_LSB +: 20]),
        .act_row_i(cmd[quin_pkg::FIELD_MATMUL_ACT_ROW_STRIDE_LSB +: 20]),
        .dst_base_i(cmd[quin_pkg::FIELD_MATMUL_DST_BASE_LSB +: 20]),
        .dst_row_i(cmd[quin_pkg::FIELD_MATMUL_DST_ROW_STRIDE_LSB +: 20]),
        .rscale_base_i(cmd[quin_pkg::FIELD_MATMUL_RSCALE_BASE_LSB +: 20]),
        .rscale_row_i(cmd[quin_pkg::FIELD_MATMUL_RSCALE_ROW_STRIDE_LSB +: 20]),
        .cscale_base_i(cmd[quin_pkg::FIELD_MATMUL_CSCALE_BASE_LSB +: 20]),
        .stream_misaligned_i((stream_in[StreamShift-1:0] | stream_in[95 +: StreamShift]) != '0),
        .error_o(dispatch_error));
    assign dispatch_bad = dispatch_error != '0;

    quin_unit_queue #(.Width(StreamJobBits)) u_stream_queue (
        .clk_i, .rst_ni, .flush_i(flush), .hold_i(1'b0),
        .push_valid_i(push_stream && has_stream), .push_ready_o(push_stream_ready), .push_data_i(stream_in),
        .push_wait_i(cmd[quin_pkg::FIELD_MATMUL_PREFETCH_LSB] ? 2'b00 : {waits[2], waits[0]}),
        .push_target_i({target[23:16], target[7:0]}), .retired_i({retired_units[23:16], retired_units[7:0]}),
        .job_valid_o(stream_job_valid), .job_ready_i(stream_job_ready), .job_data_o(stream_job),
        .empty_o(stream_queue_empty));

    quin_stream_dma #(.BusBytes(BusBytes), .StreamBytes(StreamBytes), .FifoBytes(FifoBytes)) u_stream (
        .clk_i, .rst_ni, .windows_i(windows), .flush_i(flush && !start), .idle_o(stream_idle),
        .job_valid_i(stream_job_valid), .job_ready_o(stream_job_ready), .job_address_i(stream_job[39:0]),
        .job_tiles_i(stream_job[59:40]), .job_tile_bytes_i(stream_job[94:60]), .job_tile_stride_i(stream_job[134:95]),
        .done_o(stream_done), .done_error_o(stream_error), .done_address_o(),
        .stream_valid_o(stream_valid), .stream_ready_i(stream_ready), .stream_data_o(stream_data),
        .ar_valid_o(ar_valid[2]), .ar_ready_i(ar_ready[2]), .ar_addr_o(ar_addr[119:80]), .ar_len_o(ar_len[23:16]),
        .r_valid_i(r_valid[2]), .r_ready_o(r_ready[2]), .r_data_i(r_data), .r_resp_i(r_resp), .r_last_i(r_last),
        .count_beat_o(count_beat));

    assign matmul = job[JobBits +: JobBits];
    quin_matmul_check #(.Rows(Rows), .CarryBits(CarryBits), .SpWords(SpWords)) u_check (
        .rows_i(matmul[JobRows +: 10]), .k_i(matmul[JobK +: 20]), .n_i(matmul[JobN +: 20]),
        .precision_i(matmul[quin_pkg::FIELD_MATMUL_PRECISION_LSB +: 2]),
        .column_scales_i(matmul[quin_pkg::FIELD_MATMUL_COLUMN_SCALES_LSB]),
        .act_base_i(matmul[quin_pkg::FIELD_MATMUL_ACT_BASE_LSB +: 20]),
        .act_row_i(matmul[quin_pkg::FIELD_MATMUL_ACT_ROW_STRIDE_LSB +: 20]),
        .dst_base_i(matmul[quin_pkg::FIELD_MATMUL_DST_BASE_LSB +: 20]),
        .dst_row_i(matmul[quin_pkg::FIELD_MATMUL_DST_ROW_STRIDE_LSB +: 20]),
        .rscale_base_i(matmul[quin_pkg::FIELD_MATMUL_RSCALE_BASE_LSB +: 20]),
        .rscale_row_i(matmul[quin_pkg::FIELD_MATMUL_RSCALE_ROW_STRIDE_LSB +: 20]),
        .cscale_base_i(matmul[quin_pkg::FIELD_MATMUL_CSCALE_BASE_LSB +: 20]),
        .stream_misaligned_i((matmul[JobBase +: StreamShift] + matmul[quin_pkg::FIELD_MATMUL_DRAM_OFFSET_LSB +: StreamShift] |
                              matmul[quin_pkg::FIELD_MATMUL_TILE_STRIDE_LSB +: StreamShift]) != '0),
        .error_o(check_error));
    assign check_failed = check_error != '0;
    assign array_valid = job_valid[1] && !check_failed;
    assign job_ready[1] = check_failed || array_ready;
    assign array_taken = array_valid && array_ready;

    quin_array_unit #(
        .Rows(Rows), .StreamBytes(StreamBytes), .LineWords(LineWords), .CarryBits(CarryBits), .Counters(Counters)
    ) u_array (
        .clk_i, .rst_ni, .abort_i(flush && !start),
        .job_valid_i(array_valid), .job_ready_o(array_ready), .job_rows_i(matmul[JobRows +: 7]),
        .job_k_i(matmul[JobK +: 15]), .job_n_i(matmul[JobN +: 20]),
        .job_precision_i(matmul[quin_pkg::FIELD_MATMUL_PRECISION_LSB +: 2]),
        .job_column_scales_i(matmul[quin_pkg::FIELD_MATMUL_COLUMN_SCALES_LSB]),
        .job_act_base_i(matmul[quin_pkg::FIELD_MATMUL_ACT_BASE_LSB +: 20]),
        .job_act_row_i(matmul[quin_pkg::FIELD_MATMUL_ACT_ROW_STRIDE_LSB +: 20]),
        .job_dst_base_i(matmul[quin_pkg::FIELD_MATMUL_DST_BASE_LSB +: 20]),
        .job_dst_row_i(matmul[quin_pkg::FIELD_MATMUL_DST_ROW_STRIDE_LSB +: 20]),
        .job_rscale_base_i(matmul[quin_pkg::FIELD_MATMUL_RSCALE_BASE_LSB +: 20]),
        .job_rscale_row_i(matmul[quin_pkg::FIELD_MATMUL_RSCALE_ROW_STRIDE_LSB +: 20]),
        .job_cscale_base_i(matmul[quin_pkg::FIELD_MATMUL_CSCALE_BASE_LSB +: 20]),
        .done_o(array_done), .done_checksum_o(array_checksum), .done_error_o(),
        .stream_valid_i(stream_valid), .stream_ready_o(stream_ready), .stream_data_i(stream_data),
        .array_req_o(array_req), .array_gnt_i(array_gnt), .array_addr_o(array_addr), .array_rdata_i(shared_rdata),
        .array_rvalid_i(array_rvalid), .drain_req_o(drain_req), .drain_gnt_i(drain_gnt), .drain_addr_o(drain_addr),
        .drain_wdata_o(drain_wdata), .drain_wstrb_o(drain_wstrb), .count_adds_o(adds), .count_skipped_o(skipped),
        .count_wraps_o(wraps), .count_value_o(count_value), .stall_drain_o(stall_drain), .stall_act_o(stall_act),
        .stall_stream_o(stall_stream));

    // The unit is done when both the array and its stream are. A stream ends no later than its array job.
    always_ff @(posedge clk_i) begin
        if (!rst_ni || flush) begin
            array_ended_q <= 1'b0;
            array_error_q <= '0;
            finished_q <= '0;
        end else begin
            if (array_done) begin
                array_ended_q <= 1'b1;
                array_checksum_q <= array_checksum;
            end
            if (job_valid[1] && check_failed && job_ready[1]) begin
                array_ended_q <= 1'b1;
                array_error_q <= check_error;
            end
            if (stream_done && stream_error != '0)
                array_error_q <= stream_error;
            if (unit_done[1]) begin
                array_ended_q <= 1'b0;
                array_error_q <= '0;
            end
            finished_q <= finished_q + {3'd0, stream_done} - {3'd0, unit_done[1] && array_stream_q};
        end
        if (job_valid[1] && job_ready[1])
            array_stream_q <= !check_failed && matmul[JobRows +: 10] != '0 && matmul[JobN +: 20] != '0;
    end
    assign unit_done[1] = array_ended_q && (!array_stream_q || finished_q != '0);
    assign unit_checksum[63:32] = array_checksum_q;
    assign unit_error[7:4] = array_error_q;

    // ---- VECTOR unit ----
    logic [JobBits-1:0] vec, vec_active;
    logic [63:0] seen;
    logic [19:0] visible, count_elements, count_funcs;

    assign vec = job[2*JobBits +: JobBits];
    assign vec_active = active_q[2*JobBits +: JobBits];
    assign rowreg_vector = rowreg[row_index(vec_active[quin_pkg::FIELD_VECTOR_MASK_BANK_LSB +: 4],
                                            vec_active[quin_pkg::FIELD_VECTOR_ROW_FIRST_LSB +: 6] + vector_row[5:0])];
    assign seen = rowreg_vector > vec_active[JobMask +: 64] ? rowreg_vector - vec_active[JobMask +: 64] : 64'd0;
    assign visible = (vec_active[quin_pkg::FIELD_VECTOR_MASK_LSB] && seen < {44'd0, vec_active[JobN +: 20]}) ?
                     seen[19:0] : vec_active[JobN +: 20];

    quin_vector_unit #(.Lanes(Lanes), .SpWords(SpWords)) u_vector (
        .clk_i, .rst_ni,
        .job_valid_i(job_valid[2]), .job_ready_o(job_ready[2]), .job_rows_i(vec[JobRows +: 10]),
        .job_groups_i(vec[quin_pkg::FIELD_VECTOR_GROUPS_LSB +: 10]), .job_n_i(vec[JobN +: 20]),
        .job_op1_i(vec[quin_pkg::FIELD_VECTOR_OP1_LSB +: 3]), .job_op2_i(vec[quin_pkg::FIELD_VECTOR_OP2_LSB +: 3]),
        .job_func_i(vec[quin_pkg::FIELD_VECTOR_FUNC_LSB +: 3]),
        .job_reduce_i(vec[quin_pkg::FIELD_VECTOR_REDUCE_LSB +: 3]),
        .job_format_i(vec[quin_pkg::FIELD_VECTOR_FORMAT_LSB +: 3]),
        .job_imm1_i(vec[quin_pkg::FIELD_VECTOR_IMM1_LSB +: 32]), .job_imm2_i(vec[quin_pkg::FIELD_VECTOR_IMM2_LSB +: 32]),
        .job_a_base_i(vec[quin_pkg::FIELD_VECTOR_A_BASE_LSB +: 20]), .job_a_row_i(vec[quin_pkg::FIELD_VECTOR_A_ROW_LSB +: 20]),
        .job_a_group_i(vec[quin_pkg::FIELD_VECTOR_A_GROUP_LSB +: 20]), .job_a_mode_i(vec[quin_pkg::FIELD_VECTOR_A_MODE_LSB +: 2]),
        .job_b_base_i(vec[quin_pkg::FIELD_VECTOR_B_BASE_LSB +: 20]), .job_b_row_i(vec[quin_pkg::FIELD_VECTOR_B_ROW_LSB +: 20]),
        .job_b_group_i(vec[quin_pkg::FIELD_VECTOR_B_GROUP_LSB +: 20]), .job_b_mode_i(vec[quin_pkg::FIELD_VECTOR_B_MODE_LSB +: 2]),
        .job_c_base_i(vec[quin_pkg::FIELD_VECTOR_C_BASE_LSB +: 20]), .job_c_row_i(vec[quin_pkg::FIELD_VECTOR_C_ROW_LSB +: 20]),
        .job_c_group_i(vec[quin_pkg::FIELD_VECTOR_C_GROUP_LSB +: 20]), .job_c_mode_i(vec[quin_pkg::FIELD_VECTOR_C_MODE_LSB +: 2]),
        .job_dst_base_i(vec[quin_pkg::FIELD_VECTOR_DST_BASE_LSB +: 20]),
        .job_dst_row_i(vec[quin_pkg::FIELD_VECTOR_DST_ROW_LSB +: 20]),
        .job_dst_group_i(vec[quin_pkg::FIELD_VECTOR_DST_GROUP_LSB +: 20]),
        .job_red_base_i(vec[quin_pkg::FIELD_VECTOR_RED_BASE_LSB +: 20]),
        .job_red_row_i(vec[quin_pkg::FIELD_VECTOR_RED_ROW_LSB +: 20]),
        .job_red_group_i(vec[quin_pkg::FIELD_VECTOR_RED_GROUP_LSB +: 20]),
        .job_mask_i(vec[quin_pkg::FIELD_VECTOR_MASK_LSB]),
        .job_mask_bad_i(vec[quin_pkg::FIELD_VECTOR_MASK_LSB] &&
                        {5'd0, vec[quin_pkg::FIELD_VECTOR_ROW_FIRST_LSB +: 6]} + {1'b0, vec[JobRows +: 10]} > 11'd64),
        .row_o(vector_row), .visible_i(visible),
        .done_o(unit_done[2]), .done_checksum_o(unit_checksum[95:64]), .done_error_o(unit_error[11:8]), .done_address_o(),
        .count_elements_o(count_elements), .count_funcs_o(count_funcs),
        .sp_req_o(a_req), .sp_gnt_i(a_gnt), .sp_we_o(a_we), .sp_addr_o(a_addr), .sp_wdata_o(a_wdata), .sp_wstrb_o(a_wstrb),
        .sp_rdata_i(a_rdata), .sp_rvalid_i(a_rvalid));

    // ---- DRAM port and counters ----
    quin_axi_read_mux #(.Clients(3), .BusBytes(BusBytes)) u_read_mux (
        .clk_i, .rst_ni, .ar_valid_i(ar_valid), .ar_ready_o(ar_ready), .ar_addr_i(ar_addr), .ar_len_i(ar_len),
        .r_valid_o(r_valid), .r_ready_i(r_ready), .r_data_o(r_data), .r_resp_o(r_resp), .r_last_o(r_last),
        .m_axi_arvalid_o, .m_axi_arready_i, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_arsize_o, .m_axi_arburst_o,
        .m_axi_arid_o, .m_axi_rvalid_i, .m_axi_rready_o, .m_axi_rdata_i, .m_axi_rresp_i, .m_axi_rlast_i, .m_axi_rid_i);

    logic [511:0] add;
    always_comb begin
        add = '0;
        add[16*quin_pkg::COUNT_COMMANDS +: 16] = 16'(retired_now);
        add[16*quin_pkg::COUNT_ADDS +: 16] = 16'(adds);
        add[16*quin_pkg::COUNT_ADDS_SKIPPED +: 16] = 16'(skipped);
        add[16*quin_pkg::COUNT_WRAPS +: 16] = 16'(wraps);
        add[16*quin_pkg::COUNT_STREAM_BYTES +: 16] = (stream_valid && stream_ready) ? 16'(StreamBytes) : 16'd0;
        add[16*quin_pkg::COUNT_LOAD_BYTES +: 16] = 16'(load_bytes);
        add[16*quin_pkg::COUNT_STORE_BYTES +: 16] = 16'(store_bytes);
        add[16*quin_pkg::COUNT_COMMAND_BYTES +: 16] = {7'd0, retired_now, 6'd0};
        add[16*quin_pkg::COUNT_DRAIN_VALUES +: 16] = 16'(count_value);
        add[16*quin_pkg::COUNT_VECTOR_ELEMENTS +: 16] = count_elements[15:0];
        add[16*quin_pkg::COUNT_VECTOR_FUNCS +: 16] = count_funcs[15:0];
        add[16*quin_pkg::COUNT_CYCLES +: 16] = 16'd1;
        add[16*quin_pkg::COUNT_BUSY_CYCLES +: 16] = 16'(running);
        add[16*quin_pkg::COUNT_STREAM_CYCLES +: 16] = 16'(count_beat);
        add[16*quin_pkg::COUNT_STALL_STREAM +: 16] = 16'(stall_stream || stall_act);
        add[16*quin_pkg::COUNT_STALL_DRAIN +: 16] = 16'(stall_drain);
    end
    quin_counters u_counters (
        .clk_i, .rst_ni, .clear_i(clear), .add_i(add), .word_i(counter_word), .data_o(counter_data));
endmodule

`default_nettype wire
