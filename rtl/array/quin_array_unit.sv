// SPDX-License-Identifier: Apache-2.0
// The array with all it needs for a MATMUL (docs/commands.md): activations and scales from the scratchpad,
// tiles of the stream as beats, results to the scratchpad.
//   sp[dst_base + r * dst_row + j] = mul(mul(float(sum over i of w[j][i] * x[r][i]), rscale[r]), cscale[j])
// job_*: fields checked by the caller (rows <= Rows, 1 <= k <= 2^(CarryBits - 1), act and dst at multiples of
// 16 words); rows = 0 or n = 0 takes no beat. A job is taken while the beats of the one before still enter,
// up to three are under way; one that reads what an earlier one writes waits for it inside. done_o ends the
// oldest, with the checksum of its results. Beats enter as long as activations are there; a tile's last one
// waits until the shadows of the tile before are read. abort_i (a cycle) drops all jobs: nothing more is
// taken or written, no done_o.
`default_nettype none

module quin_array_unit #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int LineWords = 4,
    parameter int CarryBits = 15,
    parameter int Counters = 1,                               // 0: count_wraps_o is 0
    parameter int Columns = 5 * StreamBytes,                  // derived
    parameter int CountBits = $clog2(Rows * Columns + 1),     // derived
    parameter int LineBits = 32 * LineWords                   // derived
) (
    input  logic                     clk_i,
    input  logic                     rst_ni,
    input  logic                     abort_i,

    input  logic                     job_valid_i,
    output logic                     job_ready_o,
    input  logic [6:0]               job_rows_i,
    input  logic [14:0]              job_k_i,
    input  logic [19:0]              job_n_i,
    input  logic [1:0]               job_precision_i,
    input  logic                     job_column_scales_i,
    input  logic [19:0]              job_act_base_i,
    input  logic [19:0]              job_act_row_i,
    input  logic [19:0]              job_dst_base_i,
    input  logic [19:0]              job_dst_row_i,
    input  logic [19:0]              job_rscale_base_i,
    input  logic [19:0]              job_rscale_row_i,
    input  logic [19:0]              job_cscale_base_i,
    output logic                     done_o,
    output logic [31:0]              done_checksum_o,
    output logic [3:0]               done_error_o,   // always 0

    input  logic                     stream_valid_i,
    output logic                     stream_ready_o,
    input  logic [8*StreamBytes-1:0] stream_data_i,

    // Scratchpad, reads only.
    output logic                     array_req_o,
    input  logic                     array_gnt_i,
    output logic [19:0]              array_addr_o,
    input  logic [LineBits-1:0]      array_rdata_i,
    input  logic                     array_rvalid_i,

    // Scratchpad, writes only.
    output logic                     drain_req_o,
    input  logic                     drain_gnt_i,
    output logic [19:0]              drain_addr_o,
    output logic [LineBits-1:0]      drain_wdata_o,
    output logic [4*LineWords-1:0]   drain_wstrb_o,

    // What to add to the counters in this cycle; all of a job's have come when its done_o does.
    output logic [CountBits-1:0]     count_adds_o,
    output logic [CountBits-1:0]     count_skipped_o,
    output logic [CountBits-1:0]     count_wraps_o,
    output logic                     count_value_o,  // a result drained
    // At most one of these: some job has beats to go and none enters, because ..
    output logic                     stall_drain_o,  // the shadows are not free yet
    output logic                     stall_act_o,    // activations are late
    output logic                     stall_stream_o  // the stream has no beat, or brings column scales
);
    localparam int LaneBits = $clog2(StreamBytes);
    localparam int ChannelBits = $clog2(Columns);
    localparam int RowBits = Rows > 1 ? $clog2(Rows) : 1;
    localparam int SumBits = CarryBits + 8;
    localparam int ReadRows = Rows % StreamBytes != 0 ? Rows : StreamBytes <= 4 ? StreamBytes / 2 : StreamBytes;  // as quin_array's
    localparam int GroupBits = Rows > ReadRows ? $clog2(Rows / ReadRows) : 1;

    logic rst_n;
    assign rst_n = rst_ni && !abort_i;

    // ---- the job taken last: its activations and scales are read ahead, its beats follow those before it
    // ----
    logic [6:0]  rows_q;
    logic [14:0] k_q;
    logic [19:0] n_q, channels_q;
    logic        column_scales_q;
    logic [19:0] act_base_q, act_row_q, dst_base_q, dst_row_q, rscale_base_q, rscale_row_q, cscale_base_q;
    logic [4:0]  scale_beats_q;
    logic        fresh_q;    // taken in the cycle before
    logic        unread_q;   // no read has begun
    logic        waiting_q;  // no beat is its turn yet
    logic        take, job_empty, may_read, fetch, fetch_idle, overlap_idle, overlap_room, drain_ready;
    logic        begin_beats, done_empty;

    assign job_empty = job_rows_i == 7'd0 || job_n_i == 20'd0;
    assign job_ready_o = !waiting_q && !unread_q && fetch_idle && overlap_idle && overlap_room && drain_ready;
    assign take = job_valid_i && job_ready_o;
    assign fetch = unread_q && may_read;
    assign done_error_o = 4'd0;

    always_ff @(posedge clk_i) begin
        if (!rst_n) begin
            fresh_q <= 1'b0;
            unread_q <= 1'b0;
            waiting_q <= 1'b0;
        end else begin
            fresh_q <= take && !job_empty;
            if (take && !job_empty) begin
                unread_q <= 1'b1;
                waiting_q <= 1'b1;
            end else begin
                if (fetch) unread_q <= 1'b0;
                if (begin_beats) waiting_q <= 1'b0;
            end
        end
    end

    always_ff @(posedge clk_i) begin
        if (take) begin
            rows_q <= job_rows_i;
            k_q <= job_k_i;
            n_q <= job_n_i;
            column_scales_q <= job_column_scales_i;
            act_base_q <= job_act_base_i;
            act_row_q <= job_act_row_i;
            dst_base_q <= job_dst_base_i;
            dst_row_q <= job_dst_row_i;
            rscale_base_q <= job_rscale_base_i;
            rscale_row_q <= job_rscale_row_i;
            cscale_base_q <= job_cscale_base_i;
            case (job_precision_i)
                quin_pkg::PRECISION_D1: begin
                    channels_q <= 20'(Columns);
                    scale_beats_q <= 5'd20;
                end
                quin_pkg::PRECISION_D5: begin
                    channels_q <= 20'(StreamBytes);
                    scale_beats_q <= 5'd4;
                end
                default: begin
                    channels_q <= 20'(StreamBytes / 2);
                    scale_beats_q <= 5'd2;
                end
            endcase
        end
    end

    quin_array_overlap overlap (
        .clk_i, .rst_ni(rst_n), .start_i(fresh_q), .end_i(done_o && !done_empty),
        .rows_i(rows_q), .k_i(k_q), .n_i(n_q), .column_scales_i(column_scales_q),
        .act_base_i(act_base_q), .act_row_i(act_row_q), .dst_base_i(dst_base_q), .dst_row_i(dst_row_q),
        .rscale_base_i(rscale_base_q), .rscale_row_i(rscale_row_q), .cscale_base_i(cscale_base_q),
        .clear_o(may_read), .idle_o(overlap_idle), .room_o(overlap_room)
    );

    // ---- the job whose beats enter ----
    typedef enum logic [1:0] {IDLE, BEATS, SCALES} state_e;
    state_e state_q;

    logic [14:0]     beats_k_q, k_left_q;
    logic [19:0]     n_left_q, beats_channels_q;
    logic            scales_follow_q;
    logic [4:0]      beats_scales_q, scale_left_q;
    logic [Rows-1:0] row_en_q;

    logic beat, last_k, last_tile, tile_end, wait_drain, act_ready;
    logic shadow_busy_q, sums_q, scales_in_q, tile_free, array_done;

    assign last_k = k_left_q == 15'd1;
    assign last_tile = n_left_q <= beats_channels_q;
    assign wait_drain = last_k && shadow_busy_q;
    assign beat = state_q == BEATS && stream_valid_i && act_ready && !wait_drain;
    assign stream_ready_o = state_q == BEATS ? act_ready && !wait_drain : state_q == SCALES;
    assign tile_end = (beat && last_k && !scales_follow_q) ||
                      (state_q == SCALES && stream_valid_i && scale_left_q == 5'd1);
    assign begin_beats = waiting_q && (state_q == IDLE || (tile_end && last_tile));

    assign stall_drain_o = state_q == BEATS && wait_drain;
    assign stall_act_o = (state_q == BEATS && !wait_drain && !act_ready) || (state_q == IDLE && waiting_q);
    assign stall_stream_o = (state_q == BEATS && !wait_drain && act_ready && !stream_valid_i) ||
                            (state_q == SCALES && (!last_tile || waiting_q));

    function automatic logic [Rows-1:0] first_rows(input logic [6:0] count);
        integer i;
        for (i = 0; i < Rows; i = i + 1) first_rows[i] = 7'(i) < count;
    endfunction

    always_ff @(posedge clk_i) begin
        if (!rst_n) state_q <= IDLE;
        else if (begin_beats) state_q <= BEATS;
        else if (tile_end) state_q <= last_tile ? IDLE : BEATS;
        else if (beat && last_k) state_q <= SCALES;
    end

    always_ff @(posedge clk_i) begin
        if (begin_beats) begin
            row_en_q <= first_rows(rows_q);
            beats_k_q <= k_q;
            k_left_q <= k_q;
            n_left_q <= n_q;
            beats_channels_q <= channels_q;
            scales_follow_q <= column_scales_q;
            beats_scales_q <= scale_beats_q;
        end else if (tile_end) begin
            k_left_q <= beats_k_q;
            n_left_q <= n_left_q - beats_channels_q;
        end else if (beat && !last_k) begin
            k_left_q <= k_left_q - 15'd1;
        end
        if (state_q == BEATS) scale_left_q <= beats_scales_q;
        else if (stream_valid_i) scale_left_q <= scale_left_q - 5'd1;
    end

    // A tile's sums are on their way to the shadows or there; all are there; its column scales are there. The
    // scales of the next tile come behind its last beat, so they never meet those of this one.
    always_ff @(posedge clk_i) begin
        if (!rst_n) begin
            shadow_busy_q <= 1'b0;
            sums_q <= 1'b0;
            scales_in_q <= 1'b0;
        end else begin
            if (beat && last_k) shadow_busy_q <= 1'b1;
            else if (tile_free) shadow_busy_q <= 1'b0;
            if (array_done) sums_q <= 1'b1;
            else if (tile_free) sums_q <= 1'b0;
            if (tile_end) scales_in_q <= 1'b1;
            else if (tile_free) scales_in_q <= 1'b0;
        end
    end

    // ---- blocks ----
    logic [8*Rows-1:0]       act;
    logic                    rscale_we, cscale_we, scales_end, scale_room, read, step, read_scale;
    logic [RowBits-1:0]      rscale_at;
    logic [31:0]             scale, cscale;
    logic [LaneBits-1:0]     lane;
    logic [2:0]              stage;
    logic [ChannelBits-1:0]  channel;
    logic [GroupBits-1:0]    group;
    logic [SumBits*ReadRows-1:0] sums;

    quin_act_fetch #(.Rows(Rows), .LineWords(LineWords)) act_fetch (
        .clk_i, .rst_ni(rst_n), .start_i(fetch), .idle_o(fetch_idle),
        .rows_i(rows_q), .k_i(k_q), .n_i(n_q), .channels_i(channels_q),
        .column_scales_i(column_scales_q), .act_base_i(act_base_q), .act_row_i(act_row_q),
        .rscale_base_i(rscale_base_q), .rscale_row_i(rscale_row_q), .cscale_base_i(cscale_base_q),
        .yield_i(drain_req_o), .req_o(array_req_o), .gnt_i(array_gnt_i), .addr_o(array_addr_o),
        .rdata_i(array_rdata_i), .rvalid_i(array_rvalid_i),
        .ready_o(act_ready), .next_i(beat), .tile_end_i(last_k), .row_en_i(row_en_q), .act_o(act),
        .scale_room_i(scale_room), .rscale_we_o(rscale_we), .rscale_at_o(rscale_at), .scale_o(scale),
        .cscale_we_o(cscale_we), .scales_o(scales_end)
    );

    quin_array #(
        .Rows(Rows), .StreamBytes(StreamBytes), .CarryBits(CarryBits), .Counters(Counters),
        .ReadRows(ReadRows)
    ) array (
        .clk_i, .rst_ni(rst_n),
        .en_i(beat ? row_en_q : '0), .last_i(last_k), .beat_i(stream_data_i), .act_i(act),
        .done_o(array_done),
        .read_i(read), .step_i(step), .lane_i(lane), .stage_i(stage), .group_i(group), .sums_o(sums),
        .count_adds_o, .count_skipped_o, .count_wraps_o
    );

    quin_scale_buffer #(.StreamBytes(StreamBytes)) scale_buffer (
        .clk_i, .rst_ni(rst_n), .start_i(state_q == BEATS), .valid_i(state_q == SCALES && stream_valid_i),
        .beat_i(stream_data_i), .read_i(read_scale), .channel_i(channel), .scale_o(cscale)
    );

    quin_drain #(
        .Rows(Rows), .StreamBytes(StreamBytes), .LineWords(LineWords), .CarryBits(CarryBits),
        .ReadRows(ReadRows)
    ) drain (
        .clk_i, .rst_ni(rst_n),
        .job_valid_i(take), .job_ready_o(drain_ready), .job_empty_i(job_empty), .job_rows_i, .job_n_i,
        .job_precision_i, .job_column_scales_i, .job_dst_base_i, .job_dst_row_i,
        .scale_room_o(scale_room), .rscale_we_i(rscale_we), .rscale_at_i(rscale_at), .cscale_we_i(cscale_we),
        .scale_i(scale), .scales_end_i(scales_end),
        .tile_i(sums_q), .scales_i(scales_in_q), .tile_free_o(tile_free),
        .read_o(read), .step_o(step), .lane_o(lane), .stage_o(stage), .group_o(group), .read_scale_o(read_scale),
        .channel_o(channel), .sums_i(sums), .cscale_i(cscale),
        .req_o(drain_req_o), .gnt_i(drain_gnt_i), .addr_o(drain_addr_o), .wdata_o(drain_wdata_o),
        .wstrb_o(drain_wstrb_o),
        .value_o(count_value_o), .done_o, .done_empty_o(done_empty), .checksum_o(done_checksum_o)
    );
endmodule

`default_nettype wire
