// SPDX-License-Identifier: Apache-2.0
// The array with all it needs for a MATMUL (docs/commands.md): activations and scales from the scratchpad, tiles
// of the stream as beats, results to the scratchpad.
//   sp[dst_base + r * dst_row + j] = mul(mul(float(sum over i < k of w[j][i] * x[r][i]), rscale[r]), cscale[j])
// job_*: one job at a time, fields checked by the caller (rows <= Rows, 1 <= k <= 2^(CarryBits - 1), act and dst at
// multiples of 16 words); rows = 0 or n = 0 takes no beat. done_o ends the job, with the checksum of its results.
// Beats enter as long as activations are there; a tile's last one waits until the shadows of the tile before are
// read. abort_i (a cycle) drops the job: nothing more is taken or written, no done_o.
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

    // What to add to the counters in this cycle; all of a job's have come when done_o does.
    output logic [CountBits-1:0]     count_adds_o,
    output logic [CountBits-1:0]     count_skipped_o,
    output logic [CountBits-1:0]     count_wraps_o,
    output logic                     count_value_o,  // a result drained
    // At most one of these: a job has beats to go and none enters, because ..
    output logic                     stall_drain_o,  // the shadows are not free yet
    output logic                     stall_act_o,    // activations are late
    output logic                     stall_stream_o  // the stream has no beat, or brings column scales
);
    localparam int ColumnBits = $clog2(Columns);
    localparam int RowBits = Rows > 1 ? $clog2(Rows) : 1;
    localparam int SumBits = CarryBits + 8;

    typedef enum logic [2:0] {IDLE, START, BEATS, SCALES, REST, DONE} state_e;
    state_e state_q;

    logic        rst_n;
    logic [6:0]  rows_q;
    logic [14:0] k_q, k_left_q;
    logic [19:0] n_q, n_left_q;
    logic        column_scales_q;
    logic [19:0] act_base_q, act_row_q, dst_base_q, dst_row_q, rscale_base_q, rscale_row_q, cscale_base_q;
    logic [3:0]  trits_q;
    logic [19:0] channels_q;
    logic [4:0]  scale_beats_q, scale_left_q;
    logic [Rows-1:0] row_en_q;

    logic start, empty, beat, last_k, last_tile, tile_end, wait_drain, act_ready, drain_done;
    logic shadow_busy_q, sums_q, scales_in_q, tile_free, array_done, scales_there;

    assign rst_n = rst_ni && !abort_i;
    assign job_ready_o = state_q == IDLE;
    assign done_o = state_q == DONE;
    assign done_error_o = 4'd0;
    assign start = state_q == START;
    assign empty = rows_q == 0 || n_q == 0;

    assign last_k = k_left_q == 15'd1;
    assign last_tile = n_left_q <= channels_q;
    assign wait_drain = last_k && shadow_busy_q;
    assign beat = state_q == BEATS && stream_valid_i && act_ready && !wait_drain;
    assign stream_ready_o = state_q == BEATS ? act_ready && !wait_drain : state_q == SCALES;
    assign tile_end = (beat && last_k && !column_scales_q) ||
                      (state_q == SCALES && stream_valid_i && scale_left_q == 5'd1);

    assign stall_drain_o = state_q == BEATS && wait_drain;
    assign stall_act_o = (state_q == BEATS && !wait_drain && !act_ready) || (start && !empty);
    assign stall_stream_o = (state_q == BEATS && !wait_drain && act_ready && !stream_valid_i) ||
                            (state_q == SCALES && !last_tile);

    function automatic logic [Rows-1:0] first_rows(input logic [6:0] count);
        integer i;
        for (i = 0; i < Rows; i = i + 1) first_rows[i] = 7'(i) < count;
    endfunction

    always_ff @(posedge clk_i) begin
        if (state_q == IDLE && job_valid_i) begin
            rows_q <= job_rows_i;
            row_en_q <= first_rows(job_rows_i);
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
                    trits_q <= 4'd1;
                    channels_q <= 20'(Columns);
                    scale_beats_q <= 5'd20;
                end
                quin_pkg::PRECISION_D5: begin
                    trits_q <= 4'd5;
                    channels_q <= 20'(StreamBytes);
                    scale_beats_q <= 5'd4;
                end
                default: begin
                    trits_q <= 4'd10;
                    channels_q <= 20'(StreamBytes / 2);
                    scale_beats_q <= 5'd2;
                end
            endcase
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_n) begin
            state_q <= IDLE;
        end else begin
            case (state_q)
                IDLE: if (job_valid_i) state_q <= START;
                START: state_q <= empty ? DONE : BEATS;
                BEATS, SCALES:
                    if (tile_end) state_q <= last_tile ? REST : BEATS;
                    else if (beat && last_k) state_q <= SCALES;
                REST: if (drain_done) state_q <= DONE;
                default: state_q <= IDLE;
            endcase
        end
    end

    always_ff @(posedge clk_i) begin
        if (start || tile_end) k_left_q <= k_q;
        else if (beat && !last_k) k_left_q <= k_left_q - 15'd1;
        if (start) n_left_q <= n_q;
        else if (tile_end) n_left_q <= n_left_q - channels_q;
        if (state_q == BEATS) scale_left_q <= scale_beats_q;
        else if (stream_valid_i) scale_left_q <= scale_left_q - 5'd1;
    end

    // A tile's sums are on their way to the shadows or there; all are there; its column scales are there. The
    // scales of the next tile come behind its last beat, so they never meet those of this one.
    always_ff @(posedge clk_i) begin
        if (!rst_n || start) begin
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

    logic [8*Rows-1:0]       act;
    logic                    rscale_we, cscale_we, read;
    logic [RowBits-1:0]      rscale_at;
    logic [31:0]             scale, cscale, checksum;
    logic [ColumnBits-1:0]   column, channel;
    logic [SumBits*Rows-1:0] sums;

    quin_act_fetch #(.Rows(Rows), .LineWords(LineWords)) fetch (
        .clk_i, .rst_ni(rst_n), .start_i(start && !empty),
        .rows_i(rows_q), .k_i(k_q), .n_i(n_q), .channels_i(channels_q), .row_en_i(row_en_q),
        .column_scales_i(column_scales_q), .act_base_i(act_base_q), .act_row_i(act_row_q),
        .rscale_base_i(rscale_base_q), .rscale_row_i(rscale_row_q), .cscale_base_i(cscale_base_q),
        .req_o(array_req_o), .gnt_i(array_gnt_i), .addr_o(array_addr_o), .rdata_i(array_rdata_i),
        .rvalid_i(array_rvalid_i),
        .ready_o(act_ready), .next_i(beat), .tile_end_i(last_k), .act_o(act),
        .rscale_we_o(rscale_we), .rscale_at_o(rscale_at), .scale_o(scale), .cscale_we_o(cscale_we),
        .scales_o(scales_there)
    );

    quin_array #(.Rows(Rows), .StreamBytes(StreamBytes), .CarryBits(CarryBits), .Counters(Counters)) array (
        .clk_i, .rst_ni(rst_n), .row_en_i(row_en_q),
        .valid_i(beat), .last_i(last_k), .beat_i(stream_data_i), .act_i(act), .done_o(array_done),
        .read_i(read), .column_i(column), .sums_o(sums),
        .count_adds_o, .count_skipped_o, .count_wraps_o
    );

    quin_scale_buffer #(.StreamBytes(StreamBytes)) scale_buffer (
        .clk_i, .rst_ni(rst_n), .start_i(state_q == BEATS), .valid_i(state_q == SCALES && stream_valid_i),
        .beat_i(stream_data_i), .read_i(read && column_scales_q), .channel_i(channel), .scale_o(cscale)
    );

    quin_drain #(.Rows(Rows), .StreamBytes(StreamBytes), .LineWords(LineWords), .CarryBits(CarryBits)) drain (
        .clk_i, .rst_ni(rst_n), .start_i(start), .rows_i(rows_q), .n_i(n_q), .trits_i(trits_q),
        .channels_i(channels_q), .column_scales_i(column_scales_q), .dst_base_i(dst_base_q), .dst_row_i(dst_row_q),
        .rscale_we_i(rscale_we), .rscale_at_i(rscale_at), .cscale_we_i(cscale_we), .scale_i(scale),
        .tile_i(sums_q && scales_there), .scales_i(scales_in_q), .tile_free_o(tile_free),
        .read_o(read), .column_o(column), .channel_o(channel), .sums_i(sums), .cscale_i(cscale),
        .req_o(drain_req_o), .gnt_i(drain_gnt_i), .addr_o(drain_addr_o), .wdata_o(drain_wdata_o),
        .wstrb_o(drain_wstrb_o),
        .value_o(count_value_o), .done_o(drain_done), .checksum_o(checksum)
    );
    assign done_checksum_o = empty ? 32'd0 : checksum;
endmodule

`default_nettype wire
