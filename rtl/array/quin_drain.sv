// SPDX-License-Identifier: Apache-2.0
// From the shadows of a tile to binary32 words in the scratchpad, while the array works on the next tile:
//   y = 0;  for d in 0 .. D - 1:  y = 3 y + sum[r][D j + d]
//   sp[dst_base + r * dst_row + first + j] = mul(mul(float(y), rscale[r]), cscale[j])     j < n - first
// A column is read a cycle in ReadRows rows and joined for them at once; then the rows in use leave one a
// cycle: ReadRows rows or fewer of a channel take max(D, rows) cycles, half a cycle more where these are equal.
// job_*: the MATMULs in order, up to four ahead; those with rows or n of 0 have no tiles. tile_i: sums of a tile are
// there or will be when read in order; scales_i: its column scales are there too; tile_free_o: its last sum has been
// read. value_o: one more result went to the scratchpad's writer. done_o: the oldest MATMUL's results are all in the
// scratchpad.
`default_nettype none

module quin_drain #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int LineWords = 4,
    parameter int CarryBits = 15,
    parameter int ReadRows = Rows,                         // divides Rows
    parameter int GroupBits = Rows > ReadRows ? $clog2(Rows / ReadRows) : 1,  // derived
    parameter int Columns = 5 * StreamBytes,               // derived
    parameter int SumBits = CarryBits + 8,                 // derived
    parameter int LaneBits = $clog2(StreamBytes),          // derived
    parameter int ChannelBits = $clog2(Columns),           // derived
    parameter int RowBits = Rows > 1 ? $clog2(Rows) : 1,   // derived
    parameter int LineBits = 32 * LineWords                // derived
) (
    input  logic                    clk_i,
    input  logic                    rst_ni,
    input  logic                    job_valid_i,
    output logic                    job_ready_o,
    input  logic                    job_empty_i,
    input  logic [6:0]              job_rows_i,   // at most Rows
    input  logic [19:0]             job_n_i,
    input  logic [1:0]              job_precision_i,
    input  logic                    job_column_scales_i,  // else one scale
    input  logic [19:0]             job_dst_base_i,
    input  logic [19:0]             job_dst_row_i,
    // Scales from the scratchpad. scales_end_i: with the last of a MATMUL; they come for those that are not
    // empty.
    output logic                    scale_room_o,
    input  logic                    rscale_we_i,
    input  logic [RowBits-1:0]      rscale_at_i,
    input  logic                    cscale_we_i,
    input  logic [31:0]             scale_i,
    input  logic                    scales_end_i,
    // Reading moves on by a step. Sums of a column come after the second step behind the one with read_o, its
    // channel's scale in the cycle after read_scale_o, held.
    input  logic                    tile_i,
    input  logic                    scales_i,
    output logic                    tile_free_o,
    output logic                    step_o,
    output logic                    read_o,
    output logic [LaneBits-1:0]     lane_o,       // of the column
    output logic [2:0]              stage_o,
    output logic [GroupBits-1:0]    group_o,
    output logic                    read_scale_o, // the channel's scale is wanted
    output logic [ChannelBits-1:0]  channel_o,
    input  logic [SumBits*ReadRows-1:0] sums_i,
    input  logic [31:0]             cscale_i,
    // Scratchpad writes.
    output logic                    req_o,
    input  logic                    gnt_i,
    output logic [19:0]             addr_o,
    output logic [LineBits-1:0]     wdata_o,
    output logic [4*LineWords-1:0]  wstrb_o,

    output logic                    value_o,
    output logic                    done_o,
    output logic                    done_empty_o,
    output logic [31:0]             checksum_o
);
    localparam int JoinBits = SumBits + 15;  // the weights of ten trits sum to 29524
    localparam int LeaveBits = ReadRows > 1 ? $clog2(ReadRows) : 1;
    localparam int FloatCycles = quin_cell_pkg::F32_FROM_INT_LATENCY;
    localparam int MulCycles = quin_cell_pkg::F32_MUL_LATENCY;
    localparam int Cycles = FloatCycles + 2 * MulCycles;

    // What the reader and the writer need of a MATMUL waits for each of them.
    logic        read_ready, write_ready, push, next_valid, next_ready, next_empty, next_column_scales;
    logic        write_valid, write_next, write_empty, ready, done_empty;
    logic [RowBits:0] next_rows, write_rows;
    logic        unused_rows;
    assign unused_rows = ^job_rows_i;
    logic [19:0] next_n, write_base, write_row;
    logic [1:0]  next_precision;

    assign job_ready_o = read_ready && write_ready;
    assign push = job_valid_i && job_ready_o;

    quin_drain_jobs #(.Width(25 + RowBits), .Depth(4)) read_jobs (
        .clk_i, .rst_ni, .valid_i(push), .ready_o(read_ready),
        .data_i({job_empty_i, job_rows_i[RowBits:0], job_n_i, job_precision_i, job_column_scales_i}),
        .valid_o(next_valid), .ready_i(next_ready),
        .data_o({next_empty, next_rows, next_n, next_precision, next_column_scales})
    );
    quin_drain_jobs #(.Width(42 + RowBits), .Depth(4)) write_jobs (
        .clk_i, .rst_ni, .valid_i(push), .ready_o(write_ready),
        .data_i({job_empty_i, job_rows_i[RowBits:0], job_dst_base_i, job_dst_row_i}),
        .valid_o(write_valid), .ready_i(write_next),
        .data_o({write_empty, write_rows, write_base, write_row})
    );

    // Two MATMULs have their scales here: they are fetched ahead, and go when the last result has.
    logic [1:0] scales_held_q;  // MATMULs whose scales are here and that have not ended
    logic [1:0] scales_new_q;   // of these, not yet begun
    logic       fetch_bank_q, begin_job;
    assign scale_room_o = !scales_held_q[1];

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            scales_held_q <= 2'd0;
            scales_new_q <= 2'd0;
            fetch_bank_q <= 1'b0;
        end else begin
            if (scales_end_i) fetch_bank_q <= !fetch_bank_q;
            if (scales_end_i != begin_job)
                scales_new_q <= begin_job ? scales_new_q - 2'd1 : scales_new_q + 2'd1;
            if (scales_end_i != (done_o && !done_empty))
                scales_held_q <= scales_end_i ? scales_held_q + 2'd1 : scales_held_q - 2'd1;
        end
    end

    // Which column, and in it which rows. A tile's channels beyond n are not read.
    logic                   busy_q, reading_q, column_scales_q, bank_q;
    logic [RowBits:0]       rows_q, rows_left_q;
    logic [3:0]             trits_q, trit_q;
    logic [LaneBits-1:0]    lane_q, lane_0_q, next_lane;   // _0: of the channel's first column
    logic [2:0]             stage_q, stage_0_q, next_stage;
    logic [GroupBits-1:0]   group_q;
    logic [ChannelBits-1:0] channel_q, last_channel_q;
    logic [19:0]            n_q;                           // channels of the MATMUL
    logic [20:0]            before_q, after, channels_q;   // of these before this tile, before the next, of a tile
    logic                   step, last_trit, last_group, last_tile, last_tile_q, tile_read, begin_tile;
    logic                   free_r_q;  // what was asked for last is a tile's last

    assign next_ready = !busy_q && (next_empty || scales_new_q != 2'd0);
    assign begin_job = next_valid && next_ready && !next_empty;
    assign last_trit = trit_q == trits_q - 4'd1;
    assign last_group = rows_left_q <= (RowBits + 1)'(ReadRows);
    assign next_stage = stage_q == 3'd4 ? 3'd0 : stage_q + 3'd1;
    assign next_lane = stage_q == 3'd4 ? lane_q + 1'b1 : lane_q;
    assign after = before_q + channels_q;
    assign last_tile = after >= {1'b0, n_q};
    assign step_o = step;
    assign read_o = reading_q && step && (scales_i || !last_trit);
    assign lane_o = lane_q;
    assign stage_o = stage_q;
    assign group_o = group_q;
    assign read_scale_o = read_o && column_scales_q;
    assign channel_o = channel_q;
    assign tile_read = read_o && last_trit && last_group && channel_q == last_channel_q;
    assign tile_free_o = step && read_r_q && free_r_q;
    assign begin_tile = busy_q && !reading_q && tile_i && !(read_r_q && free_r_q);

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            busy_q <= 1'b0;
            reading_q <= 1'b0;
            bank_q <= 1'b1;
        end else if (!busy_q) begin
            busy_q <= begin_job;
            if (begin_job) bank_q <= !bank_q;
        end else if (!reading_q) begin
            reading_q <= begin_tile;
        end else if (tile_read) begin
            reading_q <= 1'b0;
            busy_q <= !last_tile_q;
        end
    end

    always_ff @(posedge clk_i) begin
        if (begin_job) begin
            rows_q <= next_rows;
            n_q <= next_n;
            column_scales_q <= next_column_scales;
            case (next_precision)
                quin_pkg::PRECISION_D1: begin
                    trits_q <= 4'd1;
                    channels_q <= 21'(Columns);
                end
                quin_pkg::PRECISION_D5: begin
                    trits_q <= 4'd5;
                    channels_q <= 21'(StreamBytes);
                end
                default: begin
                    trits_q <= 4'd10;
                    channels_q <= 21'(StreamBytes / 2);
                end
            endcase
        end else if (begin_tile) begin
            lane_q <= '0;
            stage_q <= '0;
            lane_0_q <= '0;
            stage_0_q <= '0;
            group_q <= '0;
            rows_left_q <= rows_q;
            channel_q <= '0;
            trit_q <= '0;
            last_channel_q <= (last_tile ? ChannelBits'(n_q) - ChannelBits'(before_q) : ChannelBits'(channels_q)) - 1'b1;
            last_tile_q <= last_tile;
        end else if (read_o) begin
            trit_q <= last_trit ? '0 : trit_q + 1'b1;
            if (!last_trit || last_group) begin
                lane_q <= next_lane;
                stage_q <= next_stage;
            end else begin
                lane_q <= lane_0_q;
                stage_q <= stage_0_q;
            end
            if (last_trit && last_group) begin
                lane_0_q <= next_lane;
                stage_0_q <= next_stage;
                group_q <= '0;
                rows_left_q <= rows_q;
                channel_q <= channel_q + 1'b1;
            end else if (last_trit) begin
                group_q <= group_q + 1'b1;
                rows_left_q <= rows_left_q - (RowBits + 1)'(ReadRows);
            end
        end
    end

    always_ff @(posedge clk_i) begin
        if (begin_job) before_q <= '0;
        else if (begin_tile) before_q <= after;
    end

    // Joining. step: what was asked for moves on, in three steps to the sums; it waits where joined rows find those
    // before still leaving, also their last one. Beside it goes whether it is a channel's first or last trit, which of
    // the rows is the last, whether that is the channel's last and that the MATMUL's.
    localparam int BesideBits = LeaveBits + 4;
    logic                         read_r_q, read_t_q, read_s_q, joined_q, joined_next, first, last;
    logic                         column_scales_r_q, bank_r_q, row_end_s, end_s, row_end_y_q, end_y_q;
    logic [BesideBits-1:0]        beside_r_q, beside_t_q, beside_s_q;
    logic [LeaveBits-1:0]         last_s, last_y_q;
    logic [31:0]                  cscale_t_q, cscale_s_q;
    logic [JoinBits*ReadRows-1:0] joined;
    logic [31:0]                  cscale_y_q;
    logic [31:0]                  cscale0_q, cscale1_q;  // of the two banks

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            read_r_q <= 1'b0;
            read_t_q <= 1'b0;
            read_s_q <= 1'b0;
        end else if (step) begin
            read_r_q <= read_o;
            read_t_q <= read_r_q;
            read_s_q <= read_t_q;
        end
        joined_q <= rst_ni && joined_next;
    end
    always_ff @(posedge clk_i) begin
        if (step) begin
            beside_r_q <= {last_group ? LeaveBits'(rows_left_q - 1'b1) : LeaveBits'(ReadRows - 1), last_group,
                           last_group && last_tile_q && channel_q == last_channel_q, last_trit, trit_q == 0};
            free_r_q <= tile_read;
            column_scales_r_q <= column_scales_q;
            bank_r_q <= bank_q;
        end
        if (step && read_r_q) begin
            beside_t_q <= beside_r_q;
            cscale_t_q <= column_scales_r_q ? cscale_i : bank_r_q ? cscale1_q : cscale0_q;
        end
        if (step && read_t_q) begin
            beside_s_q <= beside_t_q;
            cscale_s_q <= cscale_t_q;
        end
        if (step && read_s_q) begin
            cscale_y_q <= cscale_s_q;
            last_y_q <= last_s;
            row_end_y_q <= row_end_s;
            end_y_q <= end_s;
        end
        if (cscale_we_i) begin
            if (fetch_bank_q) cscale1_q <= scale_i;
            else cscale0_q <= scale_i;
        end
    end

    assign {last_s, row_end_s, end_s, last, first} = beside_s_q;

    genvar r;
    generate
        for (r = 0; r < ReadRows; r = r + 1) begin : g_row
            quin_join #(.SumBits(SumBits), .JoinBits(JoinBits)) horner (
                .clk_i, .en_i(step && read_s_q), .first_i(first), .sum_i(sums_i[SumBits*r +: SumBits]),
                .y_o(joined[JoinBits*r +: JoinBits])
            );
        end
    endgenerate

    // Leaving, a row a cycle.
    logic [JoinBits*ReadRows-1:0] value_q;
    logic [31:0]                  cscale_v_q;
    logic                         leaving_q, leaving_next, row_end_v_q, end_v_q, last_row, move, take;
    logic [LeaveBits-1:0]         row_q, last_v_q;

    assign last_row = row_q == last_v_q;
    assign take = joined_q && (!leaving_q || (last_row && move));
    assign joined_next = step ? read_s_q && last : joined_q && !take;
    assign leaving_next = take || (leaving_q && !(move && last_row));

    always_ff @(posedge clk_i) begin
        leaving_q <= rst_ni && leaving_next;
        step <= !rst_ni || !joined_next || !leaving_next;  // !joined_q || !leaving_q: a register, it goes to every PE
        if (take) row_q <= '0;
        else if (move && leaving_q) row_q <= row_q + 1'b1;
    end
    always_ff @(posedge clk_i) begin
        if (take) begin
            value_q <= joined;
            cscale_v_q <= cscale_y_q;
            last_v_q <= last_y_q;
            row_end_v_q <= row_end_y_q;
            end_v_q <= end_y_q;
        end
    end

    // Conversion and the two products. move: the pipeline goes on; it stands still when empty.
    logic [Cycles-1:0]   valid_q, row_end_q, end_all_q;
    logic                run, scale_bank_q;
    logic [JoinBits-1:0] y;
    logic [39:0]         y40;
    logic [31:0]         as_float, rscale_q, scaled, cscale, result;
    logic [RowBits-1:0]  scale_row_q;  // the row that is a cycle away from the first product
    logic [31:0]         rscale_mem [0:(2<<RowBits)-1];

    assign move = !valid_q[Cycles-1] || ready;
    assign run = move && (leaving_q || valid_q != 0);
    assign y = value_q[JoinBits*row_q +: JoinBits];
    generate
        if (JoinBits < 40) begin : g_extend
            assign y40 = {{40-JoinBits{y[JoinBits-1]}}, y};
        end else begin : g_cut
            assign y40 = y[39:0];
        end
    endgenerate

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            valid_q <= '0;
            scale_row_q <= '0;
            scale_bank_q <= 1'b0;
        end else if (run) begin
            valid_q <= {valid_q[Cycles-2:0], leaving_q};
            if (valid_q[FloatCycles-2]) begin
                scale_row_q <= row_end_q[FloatCycles-2] ? '0 : scale_row_q + 1'b1;
                if (end_all_q[FloatCycles-2]) scale_bank_q <= !scale_bank_q;
            end
        end
        if (run) begin
            row_end_q <= {row_end_q[Cycles-2:0], last_row && row_end_v_q};
            end_all_q <= {end_all_q[Cycles-2:0], last_row && end_v_q};
        end
    end

    always_ff @(posedge clk_i)
        if (rscale_we_i) rscale_mem[{rscale_at_i, fetch_bank_q}] <= scale_i;
    always_ff @(posedge clk_i)
        if (run) rscale_q <= rscale_mem[{scale_row_q, scale_bank_q}];

    quin_f32_from_int to_float (.clk_i, .rst_ni, .en_i(run), .x_i(y40), .y_o(as_float));
    quin_f32_mul by_row (.clk_i, .rst_ni, .en_i(run), .a_i(as_float), .b_i(rscale_q), .y_o(scaled));
    quin_delay #(.Width(32), .Cycles(FloatCycles + MulCycles)) beside (
        .clk_i, .en_i(run), .d_i(cscale_v_q), .q_o(cscale)
    );
    quin_f32_mul by_column (.clk_i, .rst_ni, .en_i(run), .a_i(scaled), .b_i(cscale), .y_o(result));

    assign value_o = valid_q[Cycles-1] && ready;
    assign done_empty_o = done_empty;
    quin_drain_write #(.Rows(Rows), .LineWords(LineWords)) write (
        .clk_i, .rst_ni,
        .job_valid_i(write_valid), .job_ready_o(write_next), .job_empty_i(write_empty),
        .job_rows_i(write_rows), .job_dst_base_i(write_base), .job_dst_row_i(write_row),
        .valid_i(valid_q[Cycles-1]), .ready_o(ready), .value_i(result), .last_row_i(row_end_q[Cycles-1]),
        .last_i(end_all_q[Cycles-1]),
        .done_o, .done_empty_o(done_empty), .checksum_o,
        .req_o, .gnt_i, .addr_o, .wdata_o, .wstrb_o
    );
endmodule

`default_nettype wire
