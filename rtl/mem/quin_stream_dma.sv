// SPDX-License-Identifier: Apache-2.0
// Stream DMA: beats of W = StreamBytes bytes, in the order of
//   for t = 0 .. tiles - 1: for i = 0 .. tile_bytes / W - 1: DRAM bytes [address + t * stride + i * W, + W)
// for one job after the other. address, stride and tile_bytes are multiples of W; up to four jobs wait in a queue.
// Data wait in a FIFO of FifoBytes. When a job's last beat has left, done_o is 1 for a cycle with the first error in
// the order of the stream and the address of its tile: WINDOW (nothing is read from there on), BUS, ALIGN. A failed
// job still gives all its beats, with any content. Of a job that fails while an earlier failed one is not done, the
// address is that of the earlier one. First beat 6 cycles and the memory's latency after the job.
// flush_i = 1 until idle_o: jobs and data are dropped without done_o, open bursts end.
`default_nettype none

module quin_stream_dma #(
    parameter int BusBytes = 8,
    parameter int StreamBytes = 8,
    parameter int FifoBytes = 4096
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,
    input  logic [82*quin_pkg::WINDOWS-1:0] windows_i,   // as quin_window_check
    input  logic                      flush_i,
    output logic                      idle_o,

    input  logic                      job_valid_i,
    output logic                      job_ready_o,
    input  logic [39:0]               job_address_i,
    input  logic [19:0]               job_tiles_i,
    input  logic [34:0]               job_tile_bytes_i,
    input  logic [39:0]               job_tile_stride_i,

    output logic                      done_o,
    output logic [3:0]                done_error_o,
    output logic [39:0]               done_address_o,

    output logic                      stream_valid_o,
    input  logic                      stream_ready_i,
    output logic [8*StreamBytes-1:0]  stream_data_o,

    output logic                      ar_valid_o,
    input  logic                      ar_ready_i,
    output logic [39:0]               ar_addr_o,
    output logic [7:0]                ar_len_o,
    input  logic                      r_valid_i,
    output logic                      r_ready_o,
    input  logic [8*BusBytes-1:0]     r_data_i,
    input  logic [1:0]                r_resp_i,
    input  logic                      r_last_i,

    output logic                      count_beat_o   // a bus beat was delivered in this cycle
);
    // A FIFO entry is the wider of a bus beat and a stream beat: `Pack` bus beats or `Slots` stream beats.
    localparam int EntryBytes = BusBytes > StreamBytes ? BusBytes : StreamBytes;
    localparam int Pack = EntryBytes / BusBytes;
    localparam int Slots = EntryBytes / StreamBytes;
    localparam int SlotBits = Slots > 1 ? $clog2(Slots) : 1;
    localparam int FifoBeats = FifoBytes / BusBytes;
    // At least four bursts fit into the FIFO, so that one is asked for while others arrive.
    localparam int MaxBeats = FifoBeats / 4 < 64 ? FifoBeats / 4 : 64;
    localparam int JobWidth = 40 + 20 + 35 + 40;
    localparam int NoteWidth = 7 + 2 * SlotBits + 3 + 4 + 40;
    localparam int FlagWidth = 6 + 2 * SlotBits;
    localparam logic [SlotBits-1:0] LastSlot = SlotBits'(Slots - 1);

    logic unused;
    assign unused = ^{r_resp_i[0], r_last_i};

    // ---- jobs ----
    logic job_valid, job_ready, queue_ready, issue_busy;
    logic [JobWidth-1:0] job;
    logic [2:0] queue_count;

    assign job_ready_o = queue_ready && !flush_i;
    quin_fifo #(
        .Width(JobWidth),
        .Depth(4)
    ) u_jobs (
        .clk_i,
        .rst_ni,
        .valid_i(job_valid_i && !flush_i),
        .ready_o(queue_ready),
        .data_i ({job_address_i, job_tiles_i, job_tile_bytes_i, job_tile_stride_i}),
        .valid_o(job_valid),
        .ready_i(job_ready || flush_i),
        .data_o (job),
        .count_o(queue_count)
    );

    // ---- bursts ----
    logic put_valid, put_ready, put_fill, put_none, put_last;
    logic [6:0] put_beats, credit;
    logic [SlotBits-1:0] put_first, put_end;
    logic [3:0] put_error;
    logic [39:0] put_tile;

    quin_stream_issue #(
        .BusBytes(BusBytes),
        .StreamBytes(StreamBytes),
        .FifoBeats(FifoBeats),
        .MaxBeats(MaxBeats),
        .SlotBits(SlotBits)
    ) u_issue (
        .clk_i,
        .rst_ni,
        .windows_i,
        .flush_i,
        .busy_o           (issue_busy),
        .job_valid_i      (job_valid),
        .job_ready_o      (job_ready),
        .job_address_i    (job[95 +: 40]),
        .job_tiles_i      (job[75 +: 20]),
        .job_tile_bytes_i (job[40 +: 35]),
        .job_tile_stride_i(job[0 +: 40]),
        .ar_valid_o,
        .ar_ready_i,
        .ar_addr_o,
        .ar_len_o,
        .note_valid_o     (put_valid),
        .note_ready_i     (put_ready),
        .note_beats_o     (put_beats),
        .note_first_o     (put_first),
        .note_end_o       (put_end),
        .note_fill_o      (put_fill),
        .note_none_o      (put_none),
        .note_last_o      (put_last),
        .note_error_o     (put_error),
        .note_tile_o      (put_tile),
        .credit_i         (credit)
    );

    // Notes of the bursts under way, oldest first.
    logic note_valid, note_fill, note_none, note_last, note_pop;
    logic [6:0] note_beats;
    logic [SlotBits-1:0] note_first, note_end;
    logic [3:0] note_error;
    logic [39:0] note_tile;
    logic [4:0] note_count;

    quin_fifo #(
        .Width(NoteWidth),
        .Depth(16)
    ) u_notes (
        .clk_i,
        .rst_ni,
        .valid_i(put_valid),
        .ready_o(put_ready),
        .data_i ({put_beats, put_first, put_end, put_fill, put_none, put_last, put_error, put_tile}),
        .valid_o(note_valid),
        .ready_i(note_pop),
        .data_o ({note_beats, note_first, note_end, note_fill, note_none, note_last, note_error, note_tile}),
        .count_o(note_count)
    );

    // ---- receiving ----
    logic take, first_beat, last_beat;
    logic [6:0] beat_q;
    logic [3:0] error_q, error, new_error;
    logic [39:0] error_address_q, bad_tile_q;
    logic error_held_q;                 // error_address_q belongs to a job that is not done yet
    logic bad_q;                        // a beat came with an error in the cycle before, of bad_tile_q

    assign r_ready_o = note_valid && !note_fill;
    assign take = note_valid && (note_fill || r_valid_i);
    assign first_beat = beat_q == 7'd0;
    assign last_beat = beat_q == note_beats - 7'd1;
    assign note_pop = take && last_beat;
    assign count_beat_o = r_valid_i && r_ready_o;

    assign new_error = note_fill ? note_error : r_resp_i[1] ? 4'(quin_pkg::DERR_BUS) : 4'(quin_pkg::DERR_NONE);
    assign error = error_q != 4'(quin_pkg::DERR_NONE) ? error_q : new_error;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            beat_q <= '0;
            error_q <= 4'(quin_pkg::DERR_NONE);
            error_held_q <= 1'b0;
            bad_q <= 1'b0;
        end else begin
            bad_q <= take && error != 4'(quin_pkg::DERR_NONE) && !flush_i;
            if (take) beat_q <= last_beat ? '0 : beat_q + 1'b1;
            if (flush_i) begin
                error_q <= 4'(quin_pkg::DERR_NONE);
                error_held_q <= 1'b0;
            end else begin
                if (take) error_q <= last_beat && note_last ? 4'(quin_pkg::DERR_NONE) : error;
                if (bad_q) error_held_q <= 1'b1;
                else if (done_o && done_error_o != 4'(quin_pkg::DERR_NONE)) error_held_q <= 1'b0;
            end
        end
    end

    always_ff @(posedge clk_i) begin
        if (take) bad_tile_q <= note_tile;
        if (bad_q && !error_held_q) error_address_q <= bad_tile_q;
    end

    // ---- FIFO ----
    logic entry_valid, entry_room, out_valid, out_pop, out_none, out_last;
    logic [8*EntryBytes-1:0] entry_data, out_data;
    logic [FlagWidth-1:0] entry_flags;
    logic [SlotBits-1:0] out_first, out_end;
    logic [3:0] out_error;
    logic [$clog2(FifoBytes/EntryBytes):0] fifo_count;

    if (Pack > 1) begin : g_pack
        // The first Pack - 1 beats of an entry wait here.
        localparam int PackBits = $clog2(Pack);
        logic [8*(EntryBytes-BusBytes)-1:0] part_q;
        logic [PackBits-1:0] part_count_q;
        logic full;
        assign full = part_count_q == PackBits'(Pack - 1);
        always_ff @(posedge clk_i) begin
            if (!rst_ni) part_count_q <= '0;
            else if (take && !note_none) part_count_q <= part_count_q + 1'b1;
        end
        for (genvar p = 0; p < Pack - 1; p++) begin : g_part
            always_ff @(posedge clk_i) begin
                if (take && part_count_q == PackBits'(p)) part_q[8*BusBytes*p +: 8*BusBytes] <= r_data_i;
            end
        end
        assign entry_valid = take && (full || note_none);
        assign entry_data = {r_data_i, part_q};
    end else begin : g_beat
        assign entry_valid = take;
        assign entry_data = r_data_i;
    end
    assign entry_flags = {note_none, last_beat && note_last, error, first_beat ? note_first : {SlotBits{1'b0}},
                          last_beat ? note_end : LastSlot};

    quin_fifo #(
        .Width(FlagWidth + 8 * EntryBytes),
        .Depth(FifoBytes / EntryBytes)
    ) u_data (
        .clk_i,
        .rst_ni,
        .valid_i(entry_valid),
        .ready_o(entry_room),
        .data_i ({entry_flags, entry_data}),
        .valid_o(out_valid),
        .ready_i(out_pop),
        .data_o ({out_none, out_last, out_error, out_first, out_end, out_data}),
        .count_o(fifo_count)
    );

    // Credits promise the room.
`ifndef SYNTHESIS
    always @(posedge clk_i) begin
        if (rst_ni && entry_valid) assert (entry_room);
    end
`endif

    // ---- stream ----
    logic entry_end;

    if (Slots > 1) begin : g_slots
        logic [SlotBits-1:0] slot_q, slot;
        logic begun_q;
        assign slot = begun_q ? slot_q : out_first;
        assign entry_end = slot == out_end;
        always_ff @(posedge clk_i) begin
            if (!rst_ni || flush_i) begin
                begun_q <= 1'b0;
            end else if (stream_valid_o && stream_ready_i) begin
                begun_q <= !entry_end;
                slot_q <= slot + 1'b1;
            end
        end
        assign stream_data_o = out_data[8*StreamBytes*slot +: 8*StreamBytes];
    end else begin : g_entry
        logic slots_unused;
        assign slots_unused = ^{out_first, out_end};
        assign entry_end = 1'b1;
        assign stream_data_o = out_data;
    end

    assign stream_valid_o = out_valid && !out_none && !flush_i;
    assign out_pop = flush_i || out_none || (stream_ready_i && entry_end);
    assign credit = out_valid && out_pop ? 7'(Pack) : 7'd0;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            done_o <= 1'b0;
        end else begin
            done_o <= out_valid && out_pop && out_last && !flush_i;
        end
    end

    always_ff @(posedge clk_i) begin
        if (out_valid && out_pop && out_last) done_error_o <= out_error;
    end
    assign done_address_o = error_address_q;
    assign idle_o = queue_count == 0 && !issue_busy && note_count == 0 && fifo_count == 0;
endmodule

`default_nettype wire
