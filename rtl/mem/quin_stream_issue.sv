// SPDX-License-Identifier: Apache-2.0
// First half of the stream DMA: turns jobs into bursts. For tile t = 0 .. tiles - 1 the bytes
// [address + t * stride, + tile_bytes) are checked against the windows as one range, split into bursts, and each burst
// gives an AXI read address and a note for the receiver, in this order. A burst waits until the FIFO has room for all
// its beats (credit), so its data are never refused. From a tile that fails its check on, the job's bursts only give
// notes marked fill: the receiver makes up their beats, so that beats in and out of a job always agree.
// A job of no bytes gives one note marked none. Three cycles a burst, one more a tile.
`default_nettype none

module quin_stream_issue #(
    parameter int BusBytes = 8,
    parameter int StreamBytes = 8,
    parameter int FifoBeats = 512,    // room of the FIFO in bus beats
    parameter int MaxBeats = 64,
    parameter int SlotBits = 1
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,
    input  logic [82*quin_pkg::WINDOWS-1:0] windows_i,
    input  logic                      flush_i,      // drops jobs
    output logic                      busy_o,

    input  logic                      job_valid_i,
    output logic                      job_ready_o,
    input  logic [39:0]               job_address_i,
    input  logic [19:0]               job_tiles_i,
    input  logic [34:0]               job_tile_bytes_i,
    input  logic [39:0]               job_tile_stride_i,

    output logic                      ar_valid_o,
    input  logic                      ar_ready_i,
    output logic [39:0]               ar_addr_o,
    output logic [7:0]                ar_len_o,

    output logic                      note_valid_o,
    input  logic                      note_ready_i,
    output logic [6:0]                note_beats_o,
    output logic [SlotBits-1:0]       note_first_o, // slot of the first beat where the burst begins
    output logic [SlotBits-1:0]       note_end_o,   // slot of the last beat where it ends
    output logic                      note_fill_o,
    output logic                      note_none_o,
    output logic                      note_last_o,  // last burst of the job
    output logic [3:0]                note_error_o, // if fill: why
    output logic [39:0]               note_tile_o,  // address of its tile

    input  logic [6:0]                credit_i      // beats that left the FIFO in this cycle
);
    localparam int BusLog = $clog2(BusBytes);
    localparam int StreamLog = $clog2(StreamBytes);
    localparam int CreditBits = $clog2(FifoBeats) + 1;
    // A job of no bytes takes a whole entry of the FIFO: stream beats may be wider than bus beats.
    localparam int EntryBeats = StreamBytes > BusBytes ? StreamBytes / BusBytes : 1;
    localparam logic [39:0] Aligned = ~(40'(StreamBytes) - 40'd1);
    localparam logic [39:0] BeatMask = ~(40'(BusBytes) - 40'd1);

    typedef enum logic [1:0] {IDLE, TILE, SPLIT, SEND} state_e;
    state_e state_q;

    logic [40:0] tile_q;              // address of the tile; bit 40: beyond 2^40
    logic [39:0] stride_q, burst_q;   // burst_q: address of the next burst
    logic [34:0] tile_bytes_q, left_q;
    logic [19:0] tiles_q;             // tiles left, this one included
    logic [3:0] error_q;
    logic none_q;
    logic [6:0] beats_q, cost;
    logic [12:0] bytes_q;
    logic end_q;
    logic [CreditBits-1:0] credits_q;
    logic ar_valid_q;
    logic [39:0] ar_addr_q;
    logic [7:0] ar_len_q;

    logic first_q, checked_q, split_end, fill, send, last, ready_q; // first_q: SPLIT after TILE; checked_q: hit_q is its tile's
    logic [41:0] past_q;              // address behind the tile
    logic [quin_pkg::WINDOWS-1:0] hit, hit_q;
    logic [6:0] split_beats;
    logic [12:0] split_bytes;
    logic [40:0] next_tile;

    quin_window_check u_check (
        .windows_i,
        .address_i(tile_q),
        .past_i   (past_q),
        .write_i  (1'b0),
        .hit_o    (hit)
    );

    quin_burst_split #(
        .BusBytes(BusBytes),
        .MaxBeats(MaxBeats),
        .LeftBits(35)
    ) u_split (
        .address_i(burst_q[11:0]),
        .left_i   (left_q),
        .beats_o  (split_beats),
        .bytes_o  (split_bytes),
        .end_o    (split_end)
    );

    assign fill = error_q != 4'(quin_pkg::DERR_NONE) || none_q;
    assign cost = none_q ? 7'(EntryBeats) : beats_q;
    assign send = state_q == SEND && ready_q && !flush_i;
    assign last = none_q || (end_q && tiles_q == 20'd1);
    // Once beyond 2^40, always beyond: the sum stays below 2^61, so it never comes back.
    assign next_tile = {1'b0, tile_q[39:0]} + {1'b0, stride_q};
    assign job_ready_o = state_q == IDLE;
    assign busy_o = state_q != IDLE || ar_valid_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= IDLE;
        end else if (flush_i) begin
            state_q <= IDLE;
        end else begin
            case (state_q)
                IDLE: if (job_valid_i) state_q <= job_tiles_i == 0 || job_tile_bytes_i == 0 ? SEND : TILE;
                TILE: state_q <= SPLIT;
                SPLIT: state_q <= SEND;
                default: if (send) state_q <= last ? IDLE : end_q ? TILE : SPLIT;
            endcase
        end
    end

    always_ff @(posedge clk_i) begin
        past_q <= {1'b0, tile_q} + 42'(tile_bytes_q);
        hit_q <= hit;
        first_q <= rst_ni && state_q == TILE;
        checked_q <= rst_ni && first_q && state_q == SPLIT && !flush_i;
        if (checked_q && hit_q == '0 && !fill) error_q <= 4'(quin_pkg::DERR_WINDOW); // in SEND, which waits a cycle
        case (state_q)
            IDLE: begin
                tile_q <= {1'b0, job_address_i & Aligned};
                stride_q <= job_tile_stride_i & Aligned;
                tile_bytes_q <= job_tile_bytes_i;
                tiles_q <= job_tiles_i;
                none_q <= job_tiles_i == 0 || job_tile_bytes_i == 0;
                error_q <= ((job_address_i | job_tile_stride_i) & ~Aligned) != 0 ? 4'(quin_pkg::DERR_ALIGN)
                    : 4'(quin_pkg::DERR_NONE);
                beats_q <= 7'd1; // of a job of no bytes
            end
            TILE: begin
                burst_q <= tile_q[39:0];
                left_q <= tile_bytes_q;
            end
            SPLIT: begin
                beats_q <= split_beats;
                bytes_q <= split_bytes;
                end_q <= split_end;
            end
            default: if (send) begin
                burst_q <= burst_q + 40'(bytes_q);
                left_q <= left_q - 35'(bytes_q);
                if (end_q) begin
                    tile_q <= {tile_q[40] | next_tile[40], next_tile[39:0]};
                    tiles_q <= tiles_q - 1'b1;
                end
            end
        endcase
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) credits_q <= CreditBits'(FifoBeats);
        else credits_q <= credits_q + CreditBits'(credit_i) - (send ? CreditBits'(cost) : '0);
    end

    // What a burst needs only grows while it waits: room for its note and its beats, and the address channel.
    always_ff @(posedge clk_i) begin
        ready_q <= rst_ni && state_q == SEND && !send && note_ready_i && credits_q >= CreditBits'(cost)
            && (fill || !ar_valid_q);
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) ar_valid_q <= 1'b0;
        else if (send && !fill) ar_valid_q <= 1'b1;
        else if (ar_ready_i) ar_valid_q <= 1'b0;
    end

    always_ff @(posedge clk_i) begin
        if (send && !fill) begin
            ar_addr_q <= burst_q & BeatMask;
            ar_len_q <= 8'(beats_q) - 8'd1;
        end
    end

    assign ar_valid_o = ar_valid_q;
    assign ar_addr_o = ar_addr_q;
    assign ar_len_o = ar_len_q;

    assign note_valid_o = send;
    assign note_beats_o = beats_q;
    assign note_fill_o = fill;
    assign note_none_o = none_q;
    assign note_last_o = last;
    assign note_error_o = error_q;
    assign note_tile_o = tile_q[39:0];

    // Slots: stream beats in a bus beat. Without them the whole beat is used.
    if (BusBytes > StreamBytes) begin : g_slots
        assign note_first_o = burst_q[BusLog-1:StreamLog];
        assign note_end_o = burst_q[BusLog-1:StreamLog] + bytes_q[BusLog-1:StreamLog] - SlotBits'(1);
    end else begin : g_whole
        assign note_first_o = '0;
        assign note_end_o = '0;
    end
endmodule

`default_nettype wire
