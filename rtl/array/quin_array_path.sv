// SPDX-License-Identifier: Apache-2.0
// The stream DMA with its queue, and the array unit behind it. A stream is queued when its MATMUL is dispatched: with
// PREFETCH it is read at once, else when the AFTER fields hold. The MATMUL is done when both its array job and its
// stream are. A job without rows or channels has no stream.
`default_nettype none

module quin_array_path #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int BusBytes = 8,
    parameter int LineWords = 4,
    parameter int CarryBits = 15,
    parameter int FifoBytes = 4096,
    parameter int Counters = 1,
    parameter int CountBits = $clog2(Rows * 5 * StreamBytes + 1),  // derived
    parameter int LineBits = 32 * LineWords                        // derived
) (
    input  logic                     clk_i,
    input  logic                     rst_ni,
    input  logic [82*quin_pkg::WINDOWS-1:0] windows_i,
    input  logic                     abort_i,         // drops the array's job
    input  logic                     stream_flush_i,  // drops all streams, until stream_idle_o
    output logic                     stream_idle_o,
    // stream, at dispatch
    input  logic                     push_valid_i,
    output logic                     push_ready_o,
    input  logic [511:0]             push_cmd_i,
    input  logic [63:0]              push_address_i,
    input  logic [20:0]              push_tiles_i,
    input  logic [19:0]              push_k_i,
    input  logic [2:0]               push_wait_i,
    input  logic [3*quin_job_pkg::AFTER_BITS-1:0] push_target_i,
    input  logic [3*quin_job_pkg::AFTER_BITS-1:0] retired_i,
    // array
    input  logic                     job_valid_i,
    output logic                     job_ready_o,
    input  logic [511:0]             job_cmd_i,
    input  logic [9:0]               job_rows_i,
    input  logic [19:0]              job_n_i,
    input  logic [19:0]              job_k_i,
    output logic                     done_o,
    output logic [3:0]               done_error_o,
    output logic [39:0]              done_address_o,
    output logic [31:0]              done_checksum_o,
    // scratchpad
    output logic                     array_req_o,
    input  logic                     array_gnt_i,
    output logic [19:0]              array_addr_o,
    input  logic [LineBits-1:0]      array_rdata_i,
    input  logic                     array_rvalid_i,
    output logic                     drain_req_o,
    input  logic                     drain_gnt_i,
    output logic [19:0]              drain_addr_o,
    output logic [LineBits-1:0]      drain_wdata_o,
    output logic [4*LineWords-1:0]   drain_wstrb_o,
    // DRAM
    output logic                     ar_valid_o,
    input  logic                     ar_ready_i,
    output logic [39:0]              ar_addr_o,
    output logic [7:0]               ar_len_o,
    input  logic                     r_valid_i,
    output logic                     r_ready_o,
    input  logic [8*BusBytes-1:0]    r_data_i,
    input  logic [1:0]               r_resp_i,
    input  logic                     r_last_i,
    // counters
    output logic [CountBits-1:0]     count_adds_o,
    output logic [CountBits-1:0]     count_skipped_o,
    output logic [CountBits-1:0]     count_wraps_o,
    output logic                     count_value_o,
    output logic                     count_beat_o,   // the bus delivered stream bytes
    output logic                     count_taken_o,  // StreamBytes left the FIFO
    output logic                     stall_drain_o,
    output logic                     stall_stream_o
);
    localparam int AfterBits = quin_job_pkg::AFTER_BITS;
    localparam int Shift = $clog2(StreamBytes);
    localparam int StreamBits = 40 + 20 + 35 + 40;

    // ---- stream ----
    logic [1:0] precision;
    logic [34:0] scales;
    logic [39:0] address;
    logic [StreamBits-1:0] stream_in, stream_job;
    logic queue_empty, dma_idle, job_valid, job_ready, stream_done, stream_valid, stream_ready, stall_act, stall_beat;
    logic [31:0] unused_index;
    logic [1:0] unused_blocked;
    logic [3:0] stream_error;
    logic [39:0] stream_address;
    logic [8*StreamBytes-1:0] beat, stream_data;
    logic beat_valid, beat_ready;

    assign precision = push_cmd_i[quin_pkg::FIELD_MATMUL_PRECISION_LSB +: 2];
    assign scales = !push_cmd_i[quin_pkg::FIELD_MATMUL_COLUMN_SCALES_LSB] ? 35'd0 :
                    precision == quin_pkg::PRECISION_D1 ? 35'(20 * StreamBytes) :
                    precision == quin_pkg::PRECISION_D5 ? 35'(4 * StreamBytes) : 35'(2 * StreamBytes);
    assign address = push_address_i[63:40] != '0 ? 40'hff_ffff_ffff << Shift : push_address_i[39:0];
    assign stream_in = {push_cmd_i[quin_pkg::FIELD_MATMUL_TILE_STRIDE_LSB +: 40],
                        ({15'd0, push_k_i} << Shift) + scales, push_tiles_i[19:0], address};
    assign stream_idle_o = queue_empty && dma_idle;
    assign count_taken_o = beat_valid && beat_ready;
    assign stall_stream_o = stall_beat || stall_act;

    quin_unit_queue #(.Width(StreamBits)) u_queue (
        .clk_i, .rst_ni, .flush_i(stream_flush_i), .hold_i(1'b0), .drop_i(1'b0), .drop_index_i(32'd0),
        .push_valid_i, .push_ready_o, .push_data_i(stream_in), .push_index_i(32'd0),
        .push_wait_i(push_cmd_i[quin_pkg::FIELD_MATMUL_PREFETCH_LSB] ? 2'b00 : {push_wait_i[2], push_wait_i[0]}),
        .push_target_i({push_target_i[3*AfterBits-1:2*AfterBits], push_target_i[AfterBits-1:0]}),
        .retired_i({retired_i[3*AfterBits-1:2*AfterBits], retired_i[AfterBits-1:0]}),
        .job_valid_o(job_valid), .job_ready_i(job_ready), .job_data_o(stream_job), .job_index_o(unused_index),
        .empty_o(queue_empty), .blocked_o(unused_blocked));

    quin_stream_dma #(.BusBytes(BusBytes), .StreamBytes(StreamBytes), .FifoBytes(FifoBytes)) u_stream (
        .clk_i, .rst_ni, .windows_i, .flush_i(stream_flush_i), .idle_o(dma_idle),
        .job_valid_i(job_valid), .job_ready_o(job_ready), .job_address_i(stream_job[39:0]),
        .job_tiles_i(stream_job[59:40]), .job_tile_bytes_i(stream_job[94:60]), .job_tile_stride_i(stream_job[134:95]),
        .done_o(stream_done), .done_error_o(stream_error), .done_address_o(stream_address),
        .stream_valid_o(beat_valid), .stream_ready_i(beat_ready), .stream_data_o(beat),
        .ar_valid_o, .ar_ready_i, .ar_addr_o, .ar_len_o, .r_valid_i, .r_ready_o, .r_data_i, .r_resp_i, .r_last_i,
        .count_beat_o);

    quin_skid #(.Width(8 * StreamBytes)) u_beat (
        .clk_i, .rst_ni(rst_ni && !stream_flush_i), .valid_i(beat_valid), .ready_o(beat_ready), .data_i(beat),
        .valid_o(stream_valid), .ready_i(stream_ready), .data_o(stream_data));

    // ---- array ----
    logic array_done;
    logic [31:0] array_checksum;
    logic [3:0] unused_error;

    quin_array_unit #(
        .Rows(Rows), .StreamBytes(StreamBytes), .LineWords(LineWords), .CarryBits(CarryBits), .Counters(Counters)
    ) u_array (
        .clk_i, .rst_ni, .abort_i, .job_valid_i, .job_ready_o, .job_rows_i(job_rows_i[6:0]),
        .job_k_i(job_k_i[14:0]), .job_n_i,
        .job_precision_i(job_cmd_i[quin_pkg::FIELD_MATMUL_PRECISION_LSB +: 2]),
        .job_column_scales_i(job_cmd_i[quin_pkg::FIELD_MATMUL_COLUMN_SCALES_LSB]),
        .job_act_base_i(job_cmd_i[quin_pkg::FIELD_MATMUL_ACT_BASE_LSB +: 20]),
        .job_act_row_i(job_cmd_i[quin_pkg::FIELD_MATMUL_ACT_ROW_STRIDE_LSB +: 20]),
        .job_dst_base_i(job_cmd_i[quin_pkg::FIELD_MATMUL_DST_BASE_LSB +: 20]),
        .job_dst_row_i(job_cmd_i[quin_pkg::FIELD_MATMUL_DST_ROW_STRIDE_LSB +: 20]),
        .job_rscale_base_i(job_cmd_i[quin_pkg::FIELD_MATMUL_RSCALE_BASE_LSB +: 20]),
        .job_rscale_row_i(job_cmd_i[quin_pkg::FIELD_MATMUL_RSCALE_ROW_STRIDE_LSB +: 20]),
        .job_cscale_base_i(job_cmd_i[quin_pkg::FIELD_MATMUL_CSCALE_BASE_LSB +: 20]),
        .done_o(array_done), .done_checksum_o(array_checksum), .done_error_o(unused_error),
        .stream_valid_i(stream_valid), .stream_ready_o(stream_ready), .stream_data_i(stream_data),
        .array_req_o, .array_gnt_i, .array_addr_o, .array_rdata_i, .array_rvalid_i, .drain_req_o, .drain_gnt_i,
        .drain_addr_o, .drain_wdata_o, .drain_wstrb_o, .count_adds_o, .count_skipped_o, .count_wraps_o, .count_value_o,
        .stall_drain_o, .stall_act_o(stall_act), .stall_stream_o(stall_beat));

    // ---- a stream ends no later than its array job; short ones behind it may have ended, too, as far as the register
    // stage holds their beats ----
    logic ended_q, had_stream_q, streamed, room;
    logic [31:0] checksum_q;
    logic [3:0] error;
    logic [39:0] address_failed;
    logic [2:0] ended_count;

    quin_fifo #(.Width(44), .Depth(4)) u_ended (
        .clk_i, .rst_ni(rst_ni && !stream_flush_i && !abort_i), .valid_i(stream_done), .ready_o(room),
        .data_i({stream_error, stream_address}), .valid_o(streamed), .ready_i(done_o && had_stream_q),
        .data_o({error, address_failed}), .count_o(ended_count));

    always_ff @(posedge clk_i) begin
        if (job_valid_i && job_ready_o) had_stream_q <= job_rows_i != '0 && job_n_i != '0;
        if (array_done) checksum_q <= array_checksum;
        if (!rst_ni || abort_i || done_o) ended_q <= 1'b0;
        else if (array_done) ended_q <= 1'b1;
    end
    assign done_o = ended_q && (!had_stream_q || streamed);
    assign done_checksum_o = checksum_q;
    assign done_error_o = had_stream_q ? error : 4'd0;
    assign done_address_o = address_failed;

    logic unused;
    assign unused = ^{room, ended_count};
endmodule

`default_nettype wire
