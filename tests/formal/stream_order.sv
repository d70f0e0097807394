// SPDX-License-Identifier: Apache-2.0
// Proof: for up to three jobs of any small shape, next to a 4 KiB page's end or the window's, and any timing of bus and
// array, the beats of the stream DMA are those of its header's loops: in order, none lost, doubled or made up. The
// memory holds its own address in each 16 bits. done_o comes in the cycle after a job's last beat and only then, with
// the right error and address; the bus's last beat is the DMA's; the FIFO never overflows (assertion in the design).
// Eager: everybody is always ready and there is one job: then it is done before the last cycle.
`default_nettype none

module stream_order #(
    parameter int BusBytes = 4,
    parameter int StreamBytes = 2,
    parameter int FifoBytes = 64,
    parameter int TileBeats = 4,    // stream beats of a tile at most
    parameter bit Eager = 1'b0,
    parameter int Cycles = 30
) (
    input logic        clk_i,
    input logic        rst_ni,
    input logic        job_valid_i,
    input logic [5:0]  near_i,        // address: in the last 32 bytes of a page, 1: of the window
    input logic [5:0]  step_i,        // stride: 0 .. 31, 1: and a page
    input logic [1:0]  job_tiles_i,
    input logic [3:0]  job_beats_i,   // of a tile
    input logic        stream_ready_i,
    input logic        ar_ready_i,
    input logic        r_valid_i,
    input logic        r_error_i
);
    localparam int Jobs = 3;
    localparam int Bursts = 16;
    localparam logic [19:0] Limit = 20'h02000;
    localparam logic [13:0] LowBits = 14'(StreamBytes - 1);

    logic [13:0] job_address, job_stride;
    logic [7:0] job_tile_bytes;
    assign job_address = {near_i[5] ? 9'h0ff : 9'h07f, near_i[4:0]};
    assign job_stride = {1'b0, step_i[5], 7'b0, step_i[4:0]};
    assign job_tile_bytes = 8'(job_beats_i) * 8'(StreamBytes);

    logic [7:0] cycle_q;
    initial cycle_q = 8'd0;
    always_ff @(posedge clk_i) cycle_q <= cycle_q + 8'd1;

    logic idle, job_ready, done, stream_valid, ar_valid, r_ready, r_last, count_beat;
    logic [3:0] done_error;
    logic [39:0] done_address, ar_addr;
    logic [8*StreamBytes-1:0] stream_data;
    logic [7:0] ar_len;
    logic [8*BusBytes-1:0] r_data;
    quin_stream_dma #(.BusBytes(BusBytes), .StreamBytes(StreamBytes), .FifoBytes(FifoBytes)) dut (
        .clk_i, .rst_ni, .windows_i({246'b0, 2'b01, 20'b0, Limit, 40'b0}), .flush_i(1'b0), .idle_o(idle),
        .job_valid_i, .job_ready_o(job_ready), .job_address_i({26'b0, job_address}),
        .job_tiles_i({18'b0, job_tiles_i}), .job_tile_bytes_i({27'b0, job_tile_bytes}),
        .job_tile_stride_i({26'b0, job_stride}), .done_o(done),
        .done_error_o(done_error), .done_address_o(done_address), .stream_valid_o(stream_valid), .stream_ready_i,
        .stream_data_o(stream_data), .ar_valid_o(ar_valid), .ar_ready_i, .ar_addr_o(ar_addr), .ar_len_o(ar_len),
        .r_valid_i, .r_ready_o(r_ready), .r_data_i(r_data), .r_resp_i({r_error_i, 1'b0}), .r_last_i(r_last),
        .count_beat_o(count_beat)
    );

    // ---- the memory: bursts asked for, answered in order ----
    logic [15:0] burst_addr [0:Bursts-1];
    logic [7:0] burst_len [0:Bursts-1];
    logic [4:0] asked_q, answered_q;
    logic [7:0] beat_q;
    logic [15:0] beat_addr;
    logic bus_error_q, r_take;
    assign beat_addr = burst_addr[answered_q[3:0]] + 16'(beat_q) * 16'(BusBytes);
    assign r_last = beat_q == burst_len[answered_q[3:0]];
    assign r_take = r_valid_i && r_ready;
    for (genvar u = 0; u < BusBytes / 2; u++) begin : g_data
        assign r_data[16*u +: 16] = {1'b0, beat_addr[15:1]} + 16'(u);
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            asked_q <= '0;
            answered_q <= '0;
            beat_q <= '0;
            bus_error_q <= 1'b0;
        end else begin
            if (ar_valid && ar_ready_i) begin
                burst_addr[asked_q[3:0]] <= ar_addr[15:0];
                burst_len[asked_q[3:0]] <= ar_len;
                asked_q <= asked_q + 1'b1;
            end
            if (r_take) beat_q <= r_last ? 8'd0 : beat_q + 8'd1;
            if (r_take && r_last) answered_q <= answered_q + 1'b1;
            if (r_take && r_error_i) bus_error_q <= 1'b1;
        end
    end
    always_comb begin
        if (asked_q == answered_q) assume (!r_valid_i);
        if (rst_ni && cycle_q != 0) begin
            assert (asked_q - answered_q <= 5'(Bursts));
            if (r_take) assert (r_last == dut.note_pop);
            if (ar_valid) assert (ar_addr[39:16] == 24'b0 && ar_addr + 40'(ar_len) * BusBytes < 40'(Limit));
        end
    end

    // ---- the jobs ----
    logic [19:0] address [0:Jobs-1];
    logic [19:0] stride [0:Jobs-1];
    logic [19:0] tile_bytes [0:Jobs-1];
    logic [1:0] tiles [0:Jobs-1];
    logic [Jobs-1:0] misaligned;
    logic [1:0] given_q;
    always_ff @(posedge clk_i) begin
        if (!rst_ni) given_q <= '0;
        else if (job_valid_i && job_ready) begin
            address[given_q] <= 20'(job_address & ~LowBits);
            stride[given_q] <= 20'(job_stride & ~LowBits);
            tile_bytes[given_q] <= 20'(job_tile_bytes);
            tiles[given_q] <= job_tiles_i;
            misaligned[given_q] <= ((job_address | job_stride) & LowBits) != 14'd0;
            given_q <= given_q + 1'b1;
        end
    end

    // ---- the loops of the header ----
    logic [1:0] job_q, job, tile_q;             // job: the one whose beat may come now
    logic [19:0] tile_address_q, tile_address, at_q, want, bad_address_q;
    logic last_q, bad_q, bad, failed_q, none_done, fire, last, exists, none;
    logic [3:0] error_q, error;
    logic [39:0] error_address_q;
    assign fire = stream_valid && stream_ready_i;
    // A job of no bytes is over when it says so.
    assign none_done = done && !last_q;
    assign job = job_q + 2'(none_done);
    assign exists = job < given_q;
    assign none = tiles[job] == 2'd0 || tile_bytes[job] == 20'd0;
    assign tile_address = tile_q == 2'd0 ? address[job] : tile_address_q;
    assign want = tile_address + at_q;
    assign bad = bad_q || misaligned[job] || tile_address + tile_bytes[job] > Limit;
    assign error = misaligned[job] ? 4'(quin_pkg::DERR_ALIGN) : bad ? 4'(quin_pkg::DERR_WINDOW)
        : 4'(quin_pkg::DERR_NONE);
    assign last = at_q + 20'(StreamBytes) == tile_bytes[job] && tile_q + 2'd1 == tiles[job];

    always_ff @(posedge clk_i) begin
        last_q <= rst_ni && fire && last;
        if (!rst_ni) begin
            job_q <= '0;
            tile_q <= '0;
            at_q <= '0;
            bad_q <= 1'b0;
            failed_q <= 1'b0;
        end else begin
            if (done && done_error != 4'(quin_pkg::DERR_NONE)) failed_q <= 1'b1;
            job_q <= job + 2'(fire && last);
            if (fire) begin
                error_q <= error;
                error_address_q <= {20'b0, bad_q ? bad_address_q : tile_address};
                bad_address_q <= bad_q ? bad_address_q : tile_address;
                bad_q <= bad && !last;
                if (at_q + 20'(StreamBytes) == tile_bytes[job]) begin
                    at_q <= '0;
                    tile_q <= last ? 2'd0 : tile_q + 2'd1;
                    tile_address_q <= tile_address + stride[job];
                end else at_q <= at_q + 20'(StreamBytes);
            end
        end
    end

    always_comb begin
        assume (rst_ni == (cycle_q != 8'd0));
        if (given_q == 2'(Jobs)) assume (!job_valid_i);
        assume (job_beats_i <= 4'(TileBeats));
        if (rst_ni && cycle_q != 0) begin
            if (stream_valid) assert (exists && !none);
            for (int u = 0; u < StreamBytes / 2; u++)
                if (stream_valid && !bad) assert (stream_data[16*u +: 16] == 16'(want[16:1]) + 16'(u));
            if (last_q) assert (done);
            if (none_done) begin
                assert (job_q < given_q && (tiles[job_q] == 2'd0 || tile_bytes[job_q] == 20'd0));
                if (!bus_error_q) assert ((done_error == 4'(quin_pkg::DERR_ALIGN)) == misaligned[job_q]);
            end
            if (last_q && !bus_error_q) begin
                assert (done_error == error_q);
                if (error_q != 4'(quin_pkg::DERR_NONE) && !failed_q) assert (done_address == error_address_q);
            end
            if (done && !bus_error_q) assert (done_error != 4'(quin_pkg::DERR_BUS));
            if (given_q != job_q) assert (!idle || last_q || done);
        end
    end

    if (Eager) begin : g_eager
        always_comb begin
            assume (ar_ready_i && stream_ready_i && job_valid_i == (cycle_q == 8'd1));
            assume (r_valid_i == (asked_q != answered_q));
            if (cycle_q == 8'(Cycles - 1)) assert (job_q == 2'd1 && idle);
        end
    end
endmodule

`default_nettype wire
