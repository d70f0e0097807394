// SPDX-License-Identifier: Apache-2.0
// Second half of the move DMA: moves the bytes of one burst after the other between bus beats and scratchpad.
// A step moves what lies in one word of the bus (4 bytes, or a beat if that is less) and in one word of the
// scratchpad: one step a cycle, so 4 bytes where both are aligned alike. A step is a request to the scratchpad, which
// passes a register stage. LOAD: it takes bytes from the oldest beat and writes them with byte strobes. STORE: it reads
// the line of its word; with it, ReadCycles later, its bytes join the beat being made, which leaves when the burst or the
// beat ends.
`default_nettype none

module quin_move_data #(
    parameter int BusBytes = 8,
    parameter int LineWords = 4,
    parameter int WriteBeats = 16,              // beats of the write FIFO
    parameter int ReadCycles = quin_cell_pkg::SP_READ_CYCLES
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,
    input  logic                      store_i,
    input  logic [1:0]                element_i,
    input  logic                      clear_i,        // of the checksum
    output logic                      busy_o,
    output logic [31:0]               checksum_o,
    output logic [2:0]                bytes_o,        // moved in this cycle

    input  logic                      note_valid_i,
    output logic                      note_ready_o,
    input  logic [$clog2(BusBytes)-1:0] note_at_i,    // byte of the first beat where the burst begins
    input  logic [12:0]               note_bytes_i,
    input  logic [21:0]               note_sp_i,      // scratchpad byte address
    input  logic [4:0]                note_index_i,   // word of the group, modulo 32

    input  logic                      beat_valid_i,   // read data
    output logic                      beat_ready_o,
    input  logic [8*BusBytes-1:0]     beat_data_i,

    output logic                      w_valid_o,
    input  logic                      w_ready_i,
    output logic [8*BusBytes-1:0]     w_data_o,
    output logic [BusBytes-1:0]       w_strb_o,
    output logic                      w_last_o,

    output logic                      sp_req_o,
    input  logic                      sp_gnt_i,
    output logic                      sp_we_o,
    output logic [19:0]               sp_addr_o,
    output logic [32*LineWords-1:0]   sp_wdata_o,
    output logic [4*LineWords-1:0]    sp_wstrb_o,
    input  logic [32*LineWords-1:0]   sp_rdata_i,
    input  logic                      sp_rvalid_i
);
    localparam int BusLog = $clog2(BusBytes);
    localparam int LineLog = $clog2(LineWords);
    localparam int UnitBytes = BusBytes < 4 ? BusBytes : 4;    // of a bus word
    localparam int Units = BusBytes / UnitBytes;
    localparam int WriteBits = $clog2(WriteBeats) + 1;

    // c bytes from lane d on.
    function automatic logic [3:0] lanes(input logic [1:0] d, input logic [2:0] c);
        logic [3:0] ones;
        ones = {c[2], c[2] | (c[1] & c[0]), c[2] | c[1], 1'b1};
        lanes = ones << d;
    endfunction

    // Byte p of the result is byte p + by of x, modulo 4.
    function automatic logic [31:0] turn(input logic [31:0] x, input logic [1:0] by);
        case (by)
            2'd0: turn = x;
            2'd1: turn = {x[7:0], x[31:8]};
            2'd2: turn = {x[15:0], x[31:16]};
            default: turn = {x[23:0], x[31:24]};
        endcase
    endfunction

    function automatic logic [31:0] keep(input logic [31:0] x, input logic [3:0] strb);
        keep = x & {{8{strb[3]}}, {8{strb[2]}}, {8{strb[1]}}, {8{strb[0]}}};
    endfunction

    // ---- steps of a burst ----
    logic active_q;
    logic [BusLog-1:0] bus_q;               // byte of the beat
    logic [12:0] left_q;
    logic [21:0] sp_q;
    logic [4:0] index_q;

    logic step, burst_end, beat_end;
    logic [1:0] bus_lane, sp_lane;
    logic [2:0] bus_room, sp_room, room, count;
    logic [BusLog:0] bus_next;
    logic [3:0] sp_strb;

    if (UnitBytes == 4) begin : g_lane4
        assign bus_lane = bus_q[1:0];
    end else begin : g_lane2
        assign bus_lane = {1'b0, bus_q};
    end

    assign sp_lane = sp_q[1:0];
    assign bus_room = 3'(UnitBytes) - {1'b0, bus_lane};
    assign sp_room = 3'd4 - {1'b0, sp_lane};
    assign room = bus_room < sp_room ? bus_room : sp_room;
    assign burst_end = left_q[12:3] == '0 && left_q[2:0] <= room;
    assign count = burst_end ? left_q[2:0] : room;
    assign bus_next = {1'b0, bus_q} + (BusLog + 1)'(count);
    assign beat_end = burst_end || bus_next[BusLog];
    assign sp_strb = lanes(sp_lane, count);
    assign note_ready_o = !active_q || (step && burst_end);
    assign bytes_o = step ? count : 3'd0;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) active_q <= 1'b0;
        else if (note_ready_o) active_q <= note_valid_i;
    end

    always_ff @(posedge clk_i) begin
        if (note_ready_o && note_valid_i) begin
            bus_q <= note_at_i;
            left_q <= note_bytes_i;
            sp_q <= note_sp_i;
            index_q <= note_index_i;
        end else if (step) begin
            bus_q <= bus_next[BusLog-1:0];
            left_q <= left_q - 13'(count);
            sp_q <= sp_q + 22'(count);
            if (sp_room == count) index_q <= index_q + 1'b1;
        end
    end

    // ---- LOAD: beat -> request ----
    logic ask_ready, load_q, load_step;   // load_q: store_i stands still while anything moves
    logic [31:0] load_word;

    always_ff @(posedge clk_i) load_q <= !store_i;
    assign load_step = active_q && load_q && beat_valid_i && ask_ready;
    assign beat_ready_o = load_step && beat_end;

    if (Units > 1) begin : g_units
        logic [31:0] unit;
        assign unit = beat_data_i[32*bus_q[BusLog-1:2] +: 32];
        assign load_word = turn(unit, bus_lane - sp_lane);
    end else begin : g_unit
        assign load_word = turn({(4 / UnitBytes){beat_data_i}}, bus_lane - sp_lane);
    end

    // ---- STORE: request -> line -> beat ----
    logic get, got_q, got_end_q, got_last_q, w_ready;
    logic [ReadCycles-1:0] reading_q;    // reads under way, the oldest at the top
    logic [LineLog-1:0] got_word_q;
    logic [1:0] got_turn_q;
    logic [3:0] got_strb_q;
    logic [4:0] got_index_q;
    logic [31:0] got_word, store_word;
    logic [3:0] unit_strb;
    logic [8*BusBytes-1:0] beat_q, beat;
    logic [BusBytes-1:0] strb_q, strb, bus_strb, got_bus_strb_q;
    logic [WriteBits-1:0] w_count;

    // A STORE, with room for what the last step and this one, two that are asked for and those under way may push.
    logic w_room_q;
    always_ff @(posedge clk_i) w_room_q <= rst_ni && store_i && w_count < WriteBits'(WriteBeats - 3 - ReadCycles);
    assign get = active_q && ask_ready && w_room_q;

    // ---- requests: word, data and strobes of a LOAD, what to do with the line of a STORE ----
    localparam int AskBits = 20 + 32 + 4 + 2 + BusBytes + 5 + 1 + 1;
    logic ask_valid, ask_end, ask_last;
    logic [19:0] ask_word;
    logic [31:0] ask_data;
    logic [3:0] ask_strb;
    logic [1:0] ask_turn;
    logic [BusBytes-1:0] ask_bus_strb;
    logic [4:0] ask_index;

    quin_skid #(
        .Width(AskBits)
    ) u_ask (
        .clk_i,
        .rst_ni,
        .valid_i(step),
        .ready_o(ask_ready),
        .data_i ({sp_q[21:2], load_word, sp_strb, sp_lane - bus_lane, bus_strb, index_q, beat_end, burst_end}),
        .valid_o(ask_valid),
        .ready_i(sp_gnt_i),
        .data_o ({ask_word, ask_data, ask_strb, ask_turn, ask_bus_strb, ask_index, ask_end, ask_last})
    );

    always_ff @(posedge clk_i) begin
        if (!rst_ni) reading_q <= '0;
        else reading_q <= ReadCycles'({reading_q, ask_valid && store_i && sp_gnt_i});
    end
    assign got_q = reading_q[ReadCycles-1];

    quin_delay #(
        .Width(LineLog + 2 + 4 + BusBytes + 5 + 2),
        .Cycles(ReadCycles)
    ) u_got (
        .clk_i,
        .en_i(1'b1),
        .d_i ({ask_word[LineLog-1:0], ask_turn, ask_strb, ask_bus_strb, ask_index, ask_end, ask_last}),
        .q_o ({got_word_q, got_turn_q, got_strb_q, got_bus_strb_q, got_index_q, got_end_q, got_last_q})
    );

    assign got_word = sp_rdata_i[32*got_word_q +: 32];
    assign store_word = turn(got_word, got_turn_q);
    assign unit_strb = lanes(bus_lane, count);

    for (genvar u = 0; u < Units; u++) begin : g_strb
        if (Units > 1) begin : g_some
            assign bus_strb[4*u +: 4] = bus_q[BusLog-1:2] == (BusLog - 2)'(u) ? unit_strb : 4'b0;
        end else begin : g_all
            logic unused;
            assign unused = ^{unit_strb, store_word}; // a 16-bit bus needs half of them
            assign bus_strb = unit_strb[UnitBytes-1:0];
        end
    end
    for (genvar b = 0; b < BusBytes; b++) begin : g_byte
        assign beat[8*b +: 8] = got_bus_strb_q[b] ? store_word[8*(b % UnitBytes) +: 8] : beat_q[8*b +: 8];
    end
    assign strb = strb_q | got_bus_strb_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) strb_q <= '0;
        else if (got_q) strb_q <= got_end_q ? '0 : strb;
    end

    always_ff @(posedge clk_i) begin
        if (got_q) beat_q <= beat;
    end

    quin_fifo #(
        .Width(1 + 9 * BusBytes),
        .Depth(WriteBeats)
    ) u_write (
        .clk_i,
        .rst_ni,
        .valid_i(got_q && got_end_q),
        .ready_o(w_ready),
        .data_i ({got_last_q, strb, beat}),
        .valid_o(w_valid_o),
        .ready_i(w_ready_i),
        .data_o ({w_last_o, w_strb_o, w_data_o}),
        .count_o(w_count)
    );

`ifndef SYNTHESIS
    always @(posedge clk_i) begin
        if (rst_ni && got_q) assert (w_ready && sp_rvalid_i);
    end
`endif

    // ---- scratchpad port ----
    assign step = load_step || get;
    assign sp_req_o = ask_valid;
    assign sp_we_o = !store_i;
    assign sp_addr_o = 20'(ask_word >> LineLog);
    assign sp_wdata_o = {LineWords{ask_data}};
    for (genvar w = 0; w < LineWords; w++) begin : g_wstrb
        assign sp_wstrb_o[4*w +: 4] = ask_word[LineLog-1:0] == LineLog'(w) ? ask_strb : 4'b0;
    end

    // ---- checksum ----
    logic sum_valid_q, sum_busy;
    logic [31:0] sum_word_q, sum_kept;
    logic [3:0] sum_strb_q;
    logic [4:0] sum_index_q;
    always_ff @(posedge clk_i) begin
        if (!rst_ni) sum_valid_q <= 1'b0;
        else sum_valid_q <= load_step || got_q;
        if (load_step || got_q) begin
            sum_word_q <= store_i ? got_word : load_word;
            sum_strb_q <= store_i ? got_strb_q : sp_strb;
            sum_index_q <= store_i ? got_index_q : index_q;
        end
    end
    assign sum_kept = keep(sum_word_q, sum_strb_q);
    quin_move_checksum u_checksum (
        .clk_i,
        .rst_ni,
        .clear_i,
        .valid_i  (sum_valid_q),
        .word_i   (sum_kept),
        .index_i  (sum_index_q),
        .element_i,
        .busy_o   (sum_busy),
        .sum_o    (checksum_o)
    );

    assign busy_o = active_q || ask_valid || reading_q != '0 || sum_busy;
endmodule

`default_nettype wire
