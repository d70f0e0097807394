// SPDX-License-Identifier: Apache-2.0
// Proof: whatever jobs, flushes, windows and memory do, the read addresses of the stream DMA (they leave from
// quin_stream_issue) keep the rules of axi_address_rules and lie inside one window that may be read. And a tile is cut
// without gap or overlap: each burst begins where the one before ended; its note is legal, also if nothing is read. (A
// beat at a window's end may lie in it in part.) Windows hold while the DMA runs, their limits are at most 2^40 - 64,
// and the bytes of a tile are whole stream beats.
`default_nettype none

module stream_rules #(
    parameter int BusBytes = 4,
    parameter int StreamBytes = 2,
    parameter int MaxBeats = 64
) (
    input logic        clk_i,
    input logic        rst_ni,
    input logic        flush_i,
    input logic        job_valid_i,
    input logic [39:0] job_address_i,
    input logic [19:0] job_tiles_i,
    input logic [34:0] job_tile_bytes_i,
    input logic [39:0] job_tile_stride_i,
    input logic        ar_ready_i,
    input logic        note_ready_i,
    input logic [6:0]  credit_i
);
    localparam int BusLog = $clog2(BusBytes);
    localparam int Pack = StreamBytes > BusBytes ? StreamBytes / BusBytes : 1;
    localparam int SlotBits = BusBytes > StreamBytes ? $clog2(BusBytes / StreamBytes) : 1;

    localparam logic [41:0] StreamLow = 42'(StreamBytes) - 42'd1;

    logic [82*quin_pkg::WINDOWS-1:0] windows_q; // never written: any constant
    always_ff @(posedge clk_i) windows_q <= windows_q;

    logic busy, job_ready, ar_valid, note_valid, note_fill, note_none, note_last;
    logic [39:0] ar_addr, note_tile;
    logic [7:0] ar_len;
    logic [6:0] note_beats;
    logic [SlotBits-1:0] note_first, note_end;
    logic [3:0] note_error;
    quin_stream_issue #(
        .BusBytes(BusBytes), .StreamBytes(StreamBytes), .FifoBeats(4 * MaxBeats), .MaxBeats(MaxBeats),
        .SlotBits(SlotBits)
    ) dut (
        .clk_i, .rst_ni, .windows_i(windows_q), .flush_i, .busy_o(busy), .job_valid_i, .job_ready_o(job_ready),
        .job_address_i, .job_tiles_i, .job_tile_bytes_i, .job_tile_stride_i,
        .ar_valid_o(ar_valid), .ar_ready_i, .ar_addr_o(ar_addr), .ar_len_o(ar_len),
        .note_valid_o(note_valid), .note_ready_i, .note_beats_o(note_beats), .note_first_o(note_first),
        .note_end_o(note_end), .note_fill_o(note_fill), .note_none_o(note_none), .note_last_o(note_last),
        .note_error_o(note_error), .note_tile_o(note_tile), .credit_i
    );

    axi_address_rules #(.BusBytes(BusBytes), .MaxBeats(MaxBeats)) rules (
        .clk_i, .rst_ni, .valid_i(ar_valid), .ready_i(ar_ready_i), .addr_i(ar_addr), .len_i(ar_len)
    );

    // The tile that is walked: [lo, hi), and whether it lay in a window that may be read when it was checked; the same
    // for the tile of the burst on the bus. (Kept bits, not compared again: comparing is what a solver finds hard.)
    logic [41:0] lo, hi, lo_q, hi_q, ar_lo_q, ar_hi_q, ar_end;
    logic started_q, granted, granted_q, ar_granted_q, sent, walks;
    logic [1:0] state;
    assign state = dut.state_q;
    assign sent = note_valid && !note_fill;
    assign walks = ((state == 2'd2 && !dut.first_q) || (state == 2'd3 && (!dut.checked_q || dut.hit_q != '0))) && !dut.fill;
    assign lo = {1'b0, dut.tile_q};
    assign hi = {1'b0, dut.tile_q} + {7'b0, dut.tile_bytes_q};
    assign ar_end = {2'b0, ar_addr} + ((42'(ar_len) + 42'd1) << BusLog);
    window_rule window (.windows_i(windows_q), .lo_i(lo_q), .hi_i(hi_q), .write_i(1'b0), .inside_o(granted));
    initial started_q = 1'b0;
    always_ff @(posedge clk_i) begin
        started_q <= 1'b1;
        if (state == 2'd1) begin
            lo_q <= lo;
            hi_q <= hi;
        end
        if (dut.first_q) granted_q <= granted;
        if (sent) begin
            ar_lo_q <= lo_q;
            ar_hi_q <= hi_q;
            ar_granted_q <= granted_q;
        end
    end

    // A tile may begin and end within a bus beat, a window may not: beats of a tile inside it are inside.
    logic [41:0] low_bits;
    assign low_bits = 42'(BusBytes) - 42'd1;
    always_comb begin
        if (!started_q) assume (!rst_ni);
        assume ((job_tile_bytes_i & 35'(StreamLow)) == 35'd0);
        for (int i = 0; i < quin_pkg::WINDOWS; i++)
            assume (windows_q[82*i+40 +: 40] <= 40'hffffffffc0);
        if (started_q && rst_ni && ar_valid) begin
            assert (ar_granted_q);
            assert ({2'b0, ar_addr} >= (ar_lo_q & ~low_bits) && ar_end <= ((ar_hi_q + low_bits) & ~low_bits));
        end
    end

    // Induction: the burst's bytes are what is left of the tile.
    logic [41:0] burst, left, bytes, offset, beats;
    assign burst = {2'b0, dut.burst_q};
    assign left = {7'b0, dut.left_q};
    assign bytes = {29'b0, dut.bytes_q};
    assign beats = {35'b0, dut.beats_q};
    assign offset = burst & low_bits;
    always_comb begin
        if (started_q && rst_ni) begin
            if (state != 2'd0 && !dut.none_q) assert (dut.tile_bytes_q != 35'd0);
            if (state == 2'd1 || state == 2'd2) assert (!dut.none_q);
            if (dut.first_q) begin
                assert (state == 2'd0 || state == 2'd2);
                if (state == 2'd2) assert (lo_q == lo && hi_q == dut.past_q && (dut.hit != '0) == granted);
                if (state == 2'd2) assert (burst == {2'b0, lo_q[39:0]} && lo_q + left == hi_q);
                if (granted) assert (lo_q[41:40] == 2'b0 && hi_q <= 42'hffffffffc0);
            end
            if (dut.checked_q) assert (state == 2'd3 && !dut.ready_q && (dut.hit_q != '0) == granted_q);
            if (walks) begin
                assert (granted_q && hi_q <= 42'hffffffffc0);
                assert (burst >= lo_q && burst + left == hi_q && left != 42'd0);
            end
            if (state == 2'd3 && dut.ready_q) assert (dut.fill || !ar_valid);
            if (state == 2'd3 && !dut.none_q) begin
                assert ((bytes & StreamLow) == 42'd0);
                assert (bytes != 42'd0 && bytes <= left && dut.end_q == (bytes == left));
                assert (beats != 42'd0 && beats <= 42'(MaxBeats));
                assert (offset + bytes <= (beats << BusLog) && (beats << BusLog) <= offset + bytes + low_bits);
                assert ({30'b0, burst[11:0]} + bytes <= 42'd4096);
            end
            if (state >= 2'd2 && !dut.none_q) assert (((burst | left) & StreamLow) == 42'd0 && left != 42'd0);
            if (state != 2'd0) assert (((lo | {7'b0, dut.tile_bytes_q} | {2'b0, dut.stride_q}) & StreamLow) == 42'd0);
            if (state == 2'd3 && dut.none_q) assert (beats == 42'd1);
            // What stream_receive.sv takes as given.
            if (state == 2'd3) begin
                if (note_none) assert (note_fill && note_beats == 7'd1);
                else begin
                    assert (note_beats != 7'd0 && note_beats <= 7'(MaxBeats) && note_beats % 7'(Pack) == 7'd0);
                    if (BusBytes > StreamBytes && note_beats == 7'd1) assert (note_first <= note_end);
                end
            end
        end
    end
endmodule

`default_nettype wire
