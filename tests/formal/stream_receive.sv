// SPDX-License-Identifier: Apache-2.0
// Proof: the stream DMA gives the stream beats of the bursts that it asks for in the order in which it asks, each once
// and with what the memory answered for its place, for any jobs, errors, flushes and timing; the bus's last beat of a
// burst is the DMA's; at most 16 bursts are open and the FIFO never overflows (assertion in the design).
// Places: the units (of a bus or stream beat, whichever is less) of all bursts are numbered as asked for; the memory
// answers each unit with its number. That bursts cover the tiles of a job in order proves stream_rules.sv.
`default_nettype none

// All claims together are proved by induction, which is done by parts. Step 0: in the first cycles from reset all claims
// hold. Step 1: from any state in which all hold, those of one part hold in the next cycle.
`define CLAIM(part, claim) begin \
        if (Step != 0 && first_q) assume (claim); \
        else if (Step == 0 || Part == part) assert (claim); \
    end

module stream_receive #(
    parameter int Step = 0,
    parameter int Part = 0,
    parameter int BusBytes = 4,
    parameter int StreamBytes = 2,
    parameter int FifoBytes = 32
) (
    input logic        clk_i,
    input logic        rst_ni,
    input logic [82*quin_pkg::WINDOWS-1:0] windows_i,
    input logic        flush_i,
    input logic        job_valid_i,
    input logic [39:0] job_address_i,
    input logic [19:0] job_tiles_i,
    input logic [34:0] job_tile_bytes_i,
    input logic [39:0] job_tile_stride_i,
    input logic        stream_ready_i,
    input logic        ar_ready_i,
    input logic        r_valid_i,
    input logic [1:0]  r_resp_i
);
    localparam int EntryBytes = BusBytes > StreamBytes ? BusBytes : StreamBytes;
    localparam int Pack = EntryBytes / BusBytes;
    localparam int Slots = EntryBytes / StreamBytes;
    localparam int SlotBits = Slots > 1 ? $clog2(Slots) : 1;
    localparam int Depth = FifoBytes / EntryBytes;
    localparam int FifoBeats = FifoBytes / BusBytes;
    localparam int MaxBeats = FifoBeats / 4 < 64 ? FifoBeats / 4 : 64;
    localparam int Log = $clog2(Depth);
    localparam int UnitBits = 8 * (BusBytes < StreamBytes ? BusBytes : StreamBytes);
    localparam int BusUnits = 8 * BusBytes / UnitBits;
    localparam int StreamUnits = 8 * StreamBytes / UnitBits;
    localparam int N = 16;              // notes

    logic idle, job_ready, done, stream_valid, ar_valid, r_ready, r_last, count_beat;
    logic [3:0] done_error;
    logic [39:0] done_address, ar_addr;
    logic [8*StreamBytes-1:0] stream_data;
    logic [7:0] ar_len;
    logic [8*BusBytes-1:0] r_data;
    quin_stream_dma #(.BusBytes(BusBytes), .StreamBytes(StreamBytes), .FifoBytes(FifoBytes)) dut (
        .clk_i, .rst_ni, .windows_i, .flush_i, .idle_o(idle), .job_valid_i, .job_ready_o(job_ready),
        .job_address_i, .job_tiles_i, .job_tile_bytes_i, .job_tile_stride_i, .done_o(done),
        .done_error_o(done_error), .done_address_o(done_address), .stream_valid_o(stream_valid), .stream_ready_i,
        .stream_data_o(stream_data), .ar_valid_o(ar_valid), .ar_ready_i, .ar_addr_o(ar_addr), .ar_len_o(ar_len),
        .r_valid_i, .r_ready_o(r_ready), .r_data_i(r_data), .r_resp_i, .r_last_i(r_last), .count_beat_o(count_beat)
    );

    // What the memory answers for a unit.
    function automatic logic [UnitBits-1:0] answer(input logic [7:0] number);
        answer = UnitBits'(number);
    endfunction

    // ---- notes, as they lie in their FIFO ----
    function automatic logic [7:0] units(
        input logic [6:0] beats, input logic [SlotBits-1:0] first, input logic [SlotBits-1:0] last, input logic none
    );
        units = none ? 8'd0 : Slots > 1 ? 8'(beats) * 8'(Slots) - 8'(first) - (8'(Slots - 1) - 8'(last)) : 8'(beats);
    endfunction
    // What stream_rules.sv proves of a note.
    function automatic logic legal(
        input logic [6:0] beats, input logic [SlotBits-1:0] first, input logic [SlotBits-1:0] last, input logic none,
        input logic fill
    );
        legal = beats != 7'd0 && beats <= 7'(MaxBeats) && (none ? fill && beats == 7'd1 : beats % 7'(Pack) == 7'd0)
            && (Slots == 1 || none || beats != 7'd1 || first <= last);
    endfunction

    logic started_q, put;
    logic [4:0] count;
    logic [3:0] head, tail;
    logic [6:0] n_beats [0:N-1];
    logic [SlotBits-1:0] n_first [0:N-1];
    logic [SlotBits-1:0] n_end [0:N-1];
    logic [N-1:0] n_fill, n_none, n_in;
    logic [7:0] n_units [0:N-1];
    logic [7:0] n_cost [0:N-1];
    assign count = dut.u_notes.count_o;
    assign head = dut.u_notes.rptr_q[3:0];
    assign tail = dut.u_notes.wptr_q[3:0];
    assign put = dut.put_valid && dut.put_ready;
    for (genvar j = 0; j < N; j++) begin : g_note
        logic unused_last;
        logic [3:0] unused_error, place;
        logic [39:0] unused_tile;
        assign {n_beats[j], n_first[j], n_end[j], n_fill[j], n_none[j], unused_last, unused_error, unused_tile}
            = dut.u_notes.g_small.mem[j];
        assign place = 4'(j) - head;
        assign n_in[j] = {1'b0, place} < count;
        assign n_units[j] = units(n_beats[j], n_first[j], n_end[j], n_none[j]);
        assign n_cost[j] = n_none[j] ? 8'(Pack) : 8'(n_beats[j]);
    end

    // ---- the reference: numbers ----
    logic [7:0] asked_q, taken_q, given_q;             // units asked for, received, given to the stream
    logic [7:0] owed_q;                                 // bus beats of all notes that have not come
    logic [7:0] n_start [0:N-1];                       // number of a note's first unit
    logic [7:0] n_next [0:N-1];                         // and of the next note's
    logic [7:0] n_after [0:N-1];                        // bus beats of the notes after a note
    logic [7:0] n_len [0:N-1];                          // of its burst, as the memory was told
    logic [N-1:0] open_q;                               // bursts that the memory has not answered
    logic [3:0] ar_note_q, oldest;
    logic [7:0] beat_q;                                 // of the oldest
    logic take, r_take, last_beat;
    logic [7:0] head_taken, new_taken;
    logic [6:0] dut_beat;
    assign dut_beat = dut.beat_q;
    assign take = dut.take;
    assign last_beat = dut.last_beat;
    assign r_take = r_valid_i && r_ready;
    assign head_taken = dut_beat == 7'd0 || n_none[head] ? 8'd0
        : Slots > 1 ? 8'(dut_beat) * 8'(Slots) - 8'(n_first[head]) : 8'(dut_beat);
    assign new_taken = last_beat ? n_start[head] + n_units[head]
        : Slots > 1 ? n_start[head] + (8'(dut_beat) + 8'd1) * 8'(Slots) - 8'(n_first[head]) : taken_q + 8'd1;

    logic [7:0] asked_next;
    logic [7:0] cost;
    assign asked_next = asked_q + units(dut.put_beats, dut.put_first, dut.put_end, dut.put_none);
    assign cost = dut.put_none ? 8'(Pack) : 8'(dut.put_beats);

    // The memory answers bursts in the order asked; the oldest is the first open one from the head on.
    always_comb begin
        oldest = head;
        for (int k = N - 1; k >= 0; k--)
            if (open_q[head + 4'(k)]) oldest = head + 4'(k);
    end
    assign r_last = beat_q == n_len[oldest];
    for (genvar u = 0; u < BusUnits; u++) begin : g_data
        assign r_data[UnitBits*u +: UnitBits] = answer(n_start[oldest] - (Slots > 1 ? 8'(n_first[oldest]) : 8'd0)
            + 8'(beat_q) * 8'(BusUnits) + 8'(u));
    end

    // ---- entries of the FIFO ----
    logic [Log:0] e_count;
    logic [Log-1:0] e_head, e_tail;
    logic [Depth-1:0] e_in, e_none;
    logic [SlotBits-1:0] e_first [0:Depth-1];
    logic [SlotBits-1:0] e_end [0:Depth-1];
    logic [8*EntryBytes-1:0] e_data [0:Depth-1];
    logic [7:0] e_units [0:Depth-1];
    logic [7:0] e_start [0:Depth-1];
    logic [Depth-1:0] e_fill_q;
    logic entry, pop;
    logic [7:0] part;                                  // units that wait for the rest of their entry
    assign e_count = dut.u_data.count_o;
    assign e_head = dut.u_data.rptr_q[Log-1:0];
    assign e_tail = dut.u_data.wptr_q[Log-1:0];
    assign entry = dut.entry_valid;
    assign pop = dut.out_valid && dut.out_pop;
    for (genvar e = 0; e < Depth; e++) begin : g_entry
        logic unused_last;
        logic [3:0] unused_error;
        logic [Log-1:0] place;
        assign {e_none[e], unused_last, unused_error, e_first[e], e_end[e], e_data[e]} = dut.u_data.g_small.mem[e];
        assign place = Log'(e) - e_head;
        assign e_in[e] = {1'b0, place} < e_count;
        assign e_units[e] = e_none[e] ? 8'd0 : Slots > 1 ? 8'(e_end[e]) - 8'(e_first[e]) + 8'd1 : 8'(Pack);
    end
    if (Pack > 1) begin : g_part
        assign part = 8'(dut.g_pack.part_count_q);
    end else begin : g_no_part
        assign part = 8'd0;
    end

    logic first_q;
    initial first_q = 1'b1;
    always_ff @(posedge clk_i) first_q <= 1'b0;
    initial started_q = Step != 0;
    always_ff @(posedge clk_i) begin
        started_q <= 1'b1;
        if (!rst_ni) begin
            {asked_q, taken_q, given_q, owed_q} <= '0;
            open_q <= '0;
            beat_q <= '0;
        end else begin
            if (put) begin
                n_start[tail] <= asked_q;
                n_next[tail] <= asked_next;
                for (int j = 0; j < N; j++) n_after[j] <= 4'(j) == tail ? 8'd0 : n_after[j] + cost;
                asked_q <= asked_next;
                if (!dut.put_fill) ar_note_q <= tail;
            end
            if (ar_valid && ar_ready_i) begin
                open_q[ar_note_q] <= 1'b1;
                n_len[ar_note_q] <= ar_len;
            end
            if (r_take) beat_q <= r_last ? 8'd0 : beat_q + 8'd1;
            if (r_take && r_last) open_q[oldest] <= 1'b0;
            if (take && !n_none[head]) taken_q <= new_taken;
            owed_q <= owed_q + (put ? cost : 8'd0) - (!take ? 8'd0 : n_none[head] ? 8'(Pack) : 8'd1);
            if (entry) begin
                e_start[e_tail] <= taken_q - part;
                e_fill_q[e_tail] <= n_fill[head];
            end
            if (stream_valid && stream_ready_i) given_q <= given_q + 8'(StreamUnits);
            else if (pop) given_q <= e_start[e_head] + e_units[e_head];  // dropped by a flush, or no bytes
        end
    end

    // ---- what is proved ----
    always_comb begin
        if (!started_q) assume (!rst_ni);
        if (open_q == '0) assume (!r_valid_i);
        if (dut.u_issue.state_q == 2'd3) assume (legal(dut.put_beats, dut.put_first, dut.put_end, dut.put_none, dut.put_fill));
        if (started_q && rst_ni) begin
            if (r_take) `CLAIM(0, r_last == last_beat && oldest == head)
            if (entry) `CLAIM(0, dut.entry_room)
            if (stream_valid) begin
                `CLAIM(0, e_count != '0 && !e_none[e_head])
                for (int u = 0; u < StreamUnits; u++)
                    if (!e_fill_q[e_head])
                        `CLAIM(1, stream_data[UnitBits*u +: UnitBits] == answer(given_q + 8'(u)))
            end
            `CLAIM(2, count <= 5'd16)
            `CLAIM(2, dut.u_notes.g_small.valid_q == (count != 5'd0) && dut.u_data.g_small.valid_q == (e_count != '0))
        end
    end

    // ---- induction: notes follow each other, and entries; each open burst has its note ----
    for (genvar j = 0; j < N; j++) begin : g_chain
        logic final_note;
        logic [3:0] place, ar_place;
        assign place = 4'(j) - head;
        assign ar_place = ar_note_q - head;
        assign final_note = {1'b0, place} + 5'd1 == count;
        always_comb begin
            if (started_q && rst_ni) begin
                if (n_in[j]) begin
                    `CLAIM(3, legal(n_beats[j], n_first[j], n_end[j], n_none[j], n_fill[j]))
                    `CLAIM(3, n_next[j] == n_start[j] + n_units[j])
                    `CLAIM(3, n_next[j] == (final_note ? asked_q : n_start[(j + 1) % N]))
                    `CLAIM(3, n_after[j] == (final_note ? 8'd0 : n_after[(j + 1) % N] + n_cost[(j + 1) % N]))
                    `CLAIM(3, n_after[j] <= (8'(count) - 8'd1 - 8'(place)) * 8'(MaxBeats))
                    if (!n_fill[j]) `CLAIM(4, open_q[j] != (ar_valid && ar_note_q == 4'(j)))
                    if (!n_fill[j] && ar_valid) `CLAIM(4, place <= ar_place)
                end
                if (open_q[j]) `CLAIM(4, n_in[j] && !n_fill[j] && n_len[j] + 8'd1 == 8'(n_beats[j]))
                if (ar_valid && ar_note_q == 4'(j)) `CLAIM(4, n_in[j] && !n_fill[j] && ar_len + 8'd1 == 8'(n_beats[j]))
            end
        end
    end
    always_comb begin
        if (started_q && rst_ni) begin
            if (count == 5'd0) begin
                `CLAIM(5, asked_q == taken_q && owed_q == 8'd0 && dut_beat == 7'd0 && beat_q == 8'd0)
                `CLAIM(5, part == 8'd0)
            end else begin
                `CLAIM(5, n_start[head] + head_taken == taken_q && dut_beat < n_beats[head])
                `CLAIM(6, owed_q == n_cost[head] - 8'(dut_beat) + n_after[head])
                `CLAIM(6, beat_q == (n_fill[head] ? 8'd0 : 8'(dut_beat)))
                `CLAIM(6, part == (n_none[head] ? 8'd0 : 8'(dut_beat) % 8'(Pack)))
            end
            `CLAIM(7, 8'(dut.u_issue.credits_q) + owed_q + part + 8'(Pack) * 8'(e_count) == 8'(FifoBeats))
            if (dut.u_issue.first_q) `CLAIM(2, dut.u_issue.state_q == 2'd0 || dut.u_issue.state_q == 2'd2)
            if (dut.u_issue.ready_q && dut.u_issue.state_q == 2'd3)
                `CLAIM(2, dut.put_ready && 8'(dut.u_issue.credits_q) >= cost && (dut.put_fill || !ar_valid))
            `CLAIM(2, e_count <= (Log + 1)'(Depth) && owed_q <= 8'(FifoBeats) && dut.u_issue.credits_q <= FifoBeats)
        end
    end
    for (genvar e = 0; e < Depth; e++) begin : g_follow
        logic final_entry;
        logic [Log-1:0] place;
        assign place = Log'(e) - e_head;
        assign final_entry = {1'b0, place} + (Log + 1)'(1) == e_count;
        always_comb begin
            if (started_q && rst_ni && e_in[e]) begin
                `CLAIM(8, e_start[e] + e_units[e] == (final_entry ? taken_q - part : e_start[(e + 1) % Depth]))
                if (!e_none[e] && Slots > 1) `CLAIM(8, e_first[e] <= e_end[e])
                for (int s = 0; s < Slots * Pack; s++)
                    if (!e_none[e] && !e_fill_q[e] && (Slots == 1 || (SlotBits'(s) >= e_first[e] && SlotBits'(s) <= e_end[e])))
                        `CLAIM(8, e_data[e][UnitBits*s +: UnitBits]
                            == answer(e_start[e] + 8'(s) - (Slots > 1 ? 8'(e_first[e]) : 8'd0)))
            end
        end
    end
    if (Slots > 1) begin : g_slot
        always_comb begin
            if (started_q && rst_ni) begin
                if (e_count == '0) `CLAIM(8, !dut.g_slots.begun_q && given_q == taken_q - part)
                else if (dut.g_slots.begun_q) begin
                    `CLAIM(8, dut.g_slots.slot_q > e_first[e_head] && dut.g_slots.slot_q <= e_end[e_head] && !e_none[e_head])
                    `CLAIM(8, given_q == e_start[e_head] + 8'(dut.g_slots.slot_q) - 8'(e_first[e_head]))
                end else `CLAIM(8, given_q == e_start[e_head])
            end
        end
    end else begin : g_whole
        always_comb
            if (started_q && rst_ni) `CLAIM(8, given_q == (e_count == '0 ? taken_q - part : e_start[e_head]))
    end
    if (Pack > 1) begin : g_parts
        always_comb begin
            if (started_q && rst_ni && part != 8'd0) `CLAIM(8, !n_none[head])
            for (int p = 0; p < Pack - 1; p++)
                if (started_q && rst_ni && 8'(p) < part && !n_fill[head])
                    `CLAIM(8, dut.g_pack.part_q[UnitBits*p +: UnitBits] == answer(taken_q - part + 8'(p)))
        end
    end
endmodule

`default_nettype wire
