// SPDX-License-Identifier: Apache-2.0
// Move DMA: LOAD and STORE of docs/commands.md between DRAM and scratchpad,
//   for r < rows, j < groups, i < n:
//     DRAM byte  row_address(r) + j * group_stride + (i / inner) * outer_stride + (i % inner) * size
//     scratchpad byte  4 * (sp_base + r * sp_row + j * sp_group) + i * size                     size = 1 << element
// Contiguous runs are bursts, several under way; a run is checked before its first burst leaves. done_o is 1 for a
// cycle when all is written (the memory has answered B for all), with the checksum and the first error in the order of
// the loops and its address (DRAM, or scratchpad word). After an error no more is cut; bursts that are (two may wait) end.
`default_nettype none

module quin_move_dma #(
    parameter int BusBytes = 8,
    parameter int LineWords = 4,
    parameter int SpWords = 8192
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,
    input  logic [82*quin_pkg::WINDOWS-1:0] windows_i,   // as quin_window_check

    input  logic                      job_valid_i,
    output logic                      job_ready_o,
    input  logic                      job_store_i,
    input  logic [9:0]                job_rows_i,
    input  logic [9:0]                job_groups_i,
    input  logic [19:0]               job_n_i,
    input  logic [1:0]                job_element_i,
    input  logic [19:0]               job_inner_i,
    input  logic [31:0]               job_group_stride_i,
    input  logic [39:0]               job_outer_stride_i,
    input  logic [19:0]               job_sp_base_i,
    input  logic [19:0]               job_sp_row_i,
    input  logic [19:0]               job_sp_group_i,
    output logic [9:0]                row_o,
    input  logic                      row_ready_i,    // row_address_i belongs to row_o
    input  logic [39:0]               row_address_i,  // beyond 2^40: bits 39:6 all ones

    output logic                      done_o,
    output logic [31:0]               done_checksum_o,
    output logic [3:0]                done_error_o,
    output logic [39:0]               done_address_o,
    output logic [2:0]                load_bytes_o,   // moved in this cycle
    output logic [2:0]                store_bytes_o,

    output logic                      sp_req_o,
    input  logic                      sp_gnt_i,
    output logic                      sp_we_o,
    output logic [19:0]               sp_addr_o,
    output logic [32*LineWords-1:0]   sp_wdata_o,
    output logic [4*LineWords-1:0]    sp_wstrb_o,
    input  logic [32*LineWords-1:0]   sp_rdata_i,
    input  logic                      sp_rvalid_i,

    output logic                      ar_valid_o,
    input  logic                      ar_ready_i,
    output logic [39:0]               ar_addr_o,
    output logic [7:0]                ar_len_o,
    input  logic                      r_valid_i,
    output logic                      r_ready_o,
    input  logic [8*BusBytes-1:0]     r_data_i,
    input  logic [1:0]                r_resp_i,
    input  logic                      r_last_i,

    output logic                      aw_valid_o,
    input  logic                      aw_ready_i,
    output logic [39:0]               aw_addr_o,
    output logic [7:0]                aw_len_o,
    output logic                      w_valid_o,
    input  logic                      w_ready_i,
    output logic [8*BusBytes-1:0]     w_data_o,
    output logic [BusBytes-1:0]       w_strb_o,
    output logic                      w_last_o,
    input  logic                      b_valid_i,
    output logic                      b_ready_o,
    input  logic [1:0]                b_resp_i
);
    localparam int MaxBeats = 32;
    localparam int ReadBeats = 64;              // room for read data: two of the longest bursts
    localparam int BusLog = $clog2(BusBytes);
    localparam int NoteWidth = BusLog + 13 + 22 + 5 + 40;
    localparam logic [39:0] BeatMask = ~(40'(BusBytes) - 40'd1);

    // ---- job ----
    logic busy_q, start_q, finish, store_q;
    logic [9:0] rows_q, groups_q;
    logic [19:0] n_q, inner_q, sp_base_q, sp_row_q, sp_group_q;
    logic [1:0] element_q;
    logic [31:0] group_stride_q;
    logic [39:0] outer_stride_q;

    assign job_ready_o = !busy_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            busy_q <= 1'b0;
            start_q <= 1'b0;
        end else begin
            start_q <= job_valid_i && job_ready_o;
            if (job_valid_i) busy_q <= 1'b1;
            if (finish) busy_q <= 1'b0;
        end
    end

    always_ff @(posedge clk_i) begin
        if (job_valid_i && job_ready_o) begin
            store_q <= job_store_i;
            rows_q <= job_rows_i;
            groups_q <= job_groups_i;
            n_q <= job_n_i;
            element_q <= job_element_i;
            inner_q <= job_inner_i;
            group_stride_q <= job_group_stride_i;
            outer_stride_q <= job_outer_stride_i;
            sp_base_q <= job_sp_base_i;
            sp_row_q <= job_sp_row_i;
            sp_group_q <= job_sp_group_i;
        end
    end

    // ---- bursts ----
    localparam int BurstBits = 40 + 7 + 13 + 22 + 5 + 40;
    logic cut_valid, cut_ready, burst_valid, burst_ready, burst, walk_end, bus_error_q;
    logic [BurstBits-1:0] cut;
    logic [39:0] burst_address, burst_run, walk_address;
    logic [6:0] burst_beats;
    logic [12:0] burst_bytes;
    logic [21:0] burst_sp;
    logic [4:0] burst_index;
    logic [3:0] walk_error;

    quin_move_walk #(
        .BusBytes(BusBytes),
        .SpWords (SpWords),
        .MaxBeats(MaxBeats)
    ) u_walk (
        .clk_i,
        .rst_ni,
        .windows_i,
        .start_i        (start_q),
        .stop_i         (bus_error_q && !start_q),
        .store_i        (store_q),
        .rows_i         (rows_q),
        .groups_i       (groups_q),
        .n_i            (n_q),
        .element_i      (element_q),
        .inner_i        (inner_q),
        .group_stride_i (group_stride_q),
        .outer_stride_i (outer_stride_q),
        .sp_base_i      (sp_base_q),
        .sp_row_i       (sp_row_q),
        .sp_group_i     (sp_group_q),
        .row_o,
        .row_ready_i,
        .row_address_i,
        .burst_valid_o  (cut_valid),
        .burst_ready_i  (cut_ready),
        .burst_address_o(cut[126:87]),
        .burst_beats_o  (cut[86:80]),
        .burst_bytes_o  (cut[79:67]),
        .burst_sp_o     (cut[66:45]),
        .burst_index_o  (cut[44:40]),
        .burst_run_o    (cut[39:0]),
        .end_o          (walk_end),
        .error_o        (walk_error),
        .error_address_o(walk_address)
    );

    quin_skid #(
        .Width(BurstBits)
    ) u_cut (
        .clk_i,
        .rst_ni,
        .valid_i(cut_valid),
        .ready_o(cut_ready),
        .data_i (cut),
        .valid_o(burst_valid),
        .ready_i(burst_ready),
        .data_o ({burst_address, burst_beats, burst_bytes, burst_sp, burst_index, burst_run})
    );

    // A burst leaves when there is room for its note, and for the longest burst's data or for its answer: what there was
    // a cycle before, since two bursts never leave in a row and the room only grows between them.
    logic address_valid, room_q, note_room, answer_room, note_valid, note_pop, beat_pop;
    logic [39:0] address_q;
    logic [7:0] len_q;
    logic [6:0] reserved_q;             // beats of read data asked for and not moved yet, or in the cycle before
    logic beat_popped_q;

    assign burst_ready = room_q && !address_valid;
    assign burst = burst_valid && burst_ready;
    assign address_valid = ar_valid_o || aw_valid_o;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            ar_valid_o <= 1'b0;
            aw_valid_o <= 1'b0;
            room_q <= 1'b0;
            reserved_q <= '0;
            beat_popped_q <= 1'b0;
        end else begin
            beat_popped_q <= beat_pop;
            room_q <= note_room && (store_q ? answer_room : reserved_q <= 7'(ReadBeats - MaxBeats));
            ar_valid_o <= (burst && !store_q) || (ar_valid_o && !ar_ready_i);
            aw_valid_o <= (burst && store_q) || (aw_valid_o && !aw_ready_i);
            reserved_q <= reserved_q + (burst && !store_q ? burst_beats : 7'd0) - 7'(beat_popped_q);
        end
    end

    always_ff @(posedge clk_i) begin
        if (burst) begin
            address_q <= burst_address & BeatMask;
            len_q <= 8'(burst_beats) - 8'd1;
        end
    end

    assign ar_addr_o = address_q;
    assign aw_addr_o = address_q;
    assign ar_len_o = len_q;
    assign aw_len_o = len_q;

    // ---- bursts under way, oldest first ----
    logic [BusLog-1:0] note_at;
    logic [12:0] note_bytes;
    logic [21:0] note_sp;
    logic [4:0] note_index;
    logic [39:0] note_run, answer_run;
    logic [4:0] note_count, answer_count;
    logic answer_valid, answered_q, refused_q;
    logic waiting_valid;
    logic [NoteWidth-1:0] waiting;

    quin_fifo #(
        .Width(NoteWidth),
        .Depth(16)
    ) u_notes (
        .clk_i,
        .rst_ni,
        .valid_i(burst),
        .ready_o(note_room),
        .data_i ({burst_address[BusLog-1:0], burst_bytes, burst_sp, burst_index, burst_run}),
        .valid_o(waiting_valid),
        .ready_i(!note_valid),
        .data_o (waiting),
        .count_o(note_count)
    );

    // The oldest stands in a register, filled while that is empty: bursts leave every second cycle at most.
    always_ff @(posedge clk_i) begin
        if (!rst_ni) note_valid <= 1'b0;
        else note_valid <= note_valid ? !note_pop : waiting_valid;
        if (!note_valid) {note_at, note_bytes, note_sp, note_index, note_run} <= waiting;
    end

    // Runs of the writes that the memory has not answered.
    quin_fifo #(
        .Width(40),
        .Depth(16)
    ) u_answers (
        .clk_i,
        .rst_ni,
        .valid_i(burst && store_q),
        .ready_o(answer_room),
        .data_i (burst_run),
        .valid_o(answer_valid),
        .ready_i(answered_q),
        .data_o (answer_run),
        .count_o(answer_count)
    );
    assign b_ready_o = 1'b1;

    always_ff @(posedge clk_i) begin
        answered_q <= rst_ni && b_valid_i;
        refused_q <= b_resp_i[1];
    end

    // ---- read data ----
    logic read_room, beat_valid, beat_error;
    logic [8*BusBytes-1:0] beat_data;
    logic [$clog2(ReadBeats):0] read_count;

    assign r_ready_o = 1'b1;
    quin_fifo #(
        .Width(1 + 8 * BusBytes),
        .Depth(ReadBeats)
    ) u_read (
        .clk_i,
        .rst_ni,
        .valid_i(r_valid_i),
        .ready_o(read_room),
        .data_i ({r_resp_i[1], r_data_i}),
        .valid_o(beat_valid),
        .ready_i(beat_pop),
        .data_o ({beat_error, beat_data}),
        .count_o(read_count)
    );

    // ---- bytes ----
    logic data_busy;
    logic [2:0] bytes;
    logic [31:0] checksum;

    quin_move_data #(
        .BusBytes(BusBytes),
        .LineWords(LineWords)
    ) u_data (
        .clk_i,
        .rst_ni,
        .store_i       (store_q),
        .element_i     (element_q),
        .clear_i       (start_q),
        .busy_o        (data_busy),
        .checksum_o    (checksum),
        .bytes_o       (bytes),
        .note_valid_i  (note_valid),
        .note_ready_o  (note_pop),
        .note_at_i     (note_at),
        .note_bytes_i  (note_bytes),
        .note_sp_i     (note_sp),
        .note_index_i  (note_index),
        .beat_valid_i  (beat_valid),
        .beat_ready_o  (beat_pop),
        .beat_data_i   (beat_data),
        .w_valid_o,
        .w_ready_i,
        .w_data_o,
        .w_strb_o,
        .w_last_o,
        .sp_req_o,
        .sp_gnt_i,
        .sp_we_o,
        .sp_addr_o,
        .sp_wdata_o,
        .sp_wstrb_o,
        .sp_rdata_i,
        .sp_rvalid_i
    );
    assign load_bytes_o = store_q ? 3'd0 : bytes;
    assign store_bytes_o = store_q ? bytes : 3'd0;

    // ---- end ----
    // A bus error belongs to a burst that left before the walk's own error was found, so it comes first.
    logic bus_error_now_q;                 // bus_error of the cycle before, of a burst of run answer_run_q or moving_run_q
    logic bus_error, note_popped_q;
    logic [39:0] note_run_q, moving_run_q, answer_run_q, bus_address_q;

    assign bus_error = store_q ? answered_q && refused_q : beat_pop && beat_error;
    assign finish = busy_q && !start_q && walk_end && !burst_valid && note_count == 0 && !note_valid && answer_count == 0
        && !data_busy && !address_valid && !bus_error_now_q;

    always_ff @(posedge clk_i) begin
        bus_error_now_q <= rst_ni && bus_error;
        if (!rst_ni || start_q) bus_error_q <= 1'b0;
        else if (bus_error_now_q) bus_error_q <= 1'b1;
    end

    always_ff @(posedge clk_i) begin
        answer_run_q <= answer_run;
        note_run_q <= note_run;
        note_popped_q <= note_pop;
        if (note_popped_q) moving_run_q <= note_run_q;  // a cycle after its first beat may leave
        if (bus_error_now_q && !bus_error_q) bus_address_q <= store_q ? answer_run_q : moving_run_q;
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) done_o <= 1'b0;
        else done_o <= finish;
    end

    assign done_checksum_o = checksum;
    assign done_error_o = bus_error_q ? 4'(quin_pkg::DERR_BUS) : walk_error;
    assign done_address_o = bus_error_q ? bus_address_q : walk_address;

    logic unused;
    assign unused = ^{r_resp_i[0], r_last_i, b_resp_i[0], read_room, answer_valid};

    // Reservations promise the room.
`ifndef SYNTHESIS
    always @(posedge clk_i) begin
        if (rst_ni && r_valid_i) assert (read_room && read_count <= reserved_q);
    end
`endif
endmodule

`default_nettype wire
