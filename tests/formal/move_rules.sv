// SPDX-License-Identifier: Apache-2.0
// Proof: whatever jobs and memory do, AR and AW of the move DMA keep the rules of axi_address_rules (bursts of at most
// 32 beats) and lie inside one window with the right, up to the bus beats at its ends; AR and AW never stand
// together; W holds while it waits; R and B are always taken, there is always room for them (assertion in the
// design), at most 64 beats of R and 16 B are open, and done_o waits for all B. Windows hold while the DMA runs,
// their limits are at most 2^40 - 64, and the scratchpad answers in the cycle after a granted read.
`default_nettype none

module move_rules #(
    parameter int BusBytes = 4,
    parameter int LineWords = 4
) (
    input logic                    clk_i,
    input logic                    rst_ni,
    input logic                    job_valid_i,
    input logic                    job_store_i,
    input logic [9:0]              job_rows_i,
    input logic [9:0]              job_groups_i,
    input logic [19:0]             job_n_i,
    input logic [1:0]              job_element_i,
    input logic [19:0]             job_inner_i,
    input logic [31:0]             job_group_stride_i,
    input logic [39:0]             job_outer_stride_i,
    input logic [19:0]             job_sp_base_i,
    input logic [19:0]             job_sp_row_i,
    input logic [19:0]             job_sp_group_i,
    input logic                    row_ready_i,
    input logic [39:0]             row_address_i,
    input logic                    sp_gnt_i,
    input logic [32*LineWords-1:0] sp_rdata_i,
    input logic                    ar_ready_i,
    input logic                    r_valid_i,
    input logic [8*BusBytes-1:0]   r_data_i,
    input logic [1:0]              r_resp_i,
    input logic                    r_last_i,
    input logic                    aw_ready_i,
    input logic                    w_ready_i,
    input logic                    b_valid_i,
    input logic [1:0]              b_resp_i
);
    localparam int BusLog = $clog2(BusBytes);
    localparam logic [2:0] Idle = 3'd0, Run = 3'd3, Last = 3'd4; // states of quin_move_walk

    logic [82*quin_pkg::WINDOWS-1:0] windows_q; // never written: any constant
    always_ff @(posedge clk_i) windows_q <= windows_q;

    logic job_ready, done, sp_req, sp_we, ar_valid, r_ready, aw_valid, w_valid, w_last, b_ready;
    logic [9:0] row;
    logic [31:0] done_checksum;
    logic [3:0] done_error;
    logic [39:0] done_address, ar_addr, aw_addr;
    logic [2:0] load_bytes, store_bytes;
    logic [19:0] sp_addr;
    logic [32*LineWords-1:0] sp_wdata;
    logic [4*LineWords-1:0] sp_wstrb;
    logic [7:0] ar_len, aw_len;
    logic [8*BusBytes-1:0] w_data;
    logic [BusBytes-1:0] w_strb;
    logic [quin_cell_pkg::SP_READ_CYCLES-1:0] sp_reading_q;  // reads under way, the oldest at the top
    always_ff @(posedge clk_i)
        sp_reading_q <= rst_ni ? {sp_reading_q[1:0], sp_req && sp_gnt_i && !sp_we} : '0;

    quin_move_dma #(.BusBytes(BusBytes), .LineWords(LineWords)) dut (
        .clk_i, .rst_ni, .windows_i(windows_q), .job_valid_i, .job_ready_o(job_ready), .job_store_i, .job_rows_i,
        .job_groups_i, .job_n_i, .job_element_i, .job_inner_i, .job_group_stride_i, .job_outer_stride_i,
        .job_sp_base_i, .job_sp_row_i, .job_sp_group_i, .row_o(row), .row_ready_i, .row_address_i, .done_o(done),
        .done_checksum_o(done_checksum), .done_error_o(done_error), .done_address_o(done_address),
        .load_bytes_o(load_bytes), .store_bytes_o(store_bytes), .sp_req_o(sp_req), .sp_gnt_i, .sp_we_o(sp_we),
        .sp_addr_o(sp_addr), .sp_wdata_o(sp_wdata), .sp_wstrb_o(sp_wstrb), .sp_rdata_i, .sp_rvalid_i(sp_reading_q[2]),
        .ar_valid_o(ar_valid), .ar_ready_i, .ar_addr_o(ar_addr), .ar_len_o(ar_len), .r_valid_i, .r_ready_o(r_ready),
        .r_data_i, .r_resp_i, .r_last_i, .aw_valid_o(aw_valid), .aw_ready_i, .aw_addr_o(aw_addr),
        .aw_len_o(aw_len), .w_valid_o(w_valid), .w_ready_i, .w_data_o(w_data), .w_strb_o(w_strb),
        .w_last_o(w_last), .b_valid_i, .b_ready_o(b_ready), .b_resp_i
    );

    axi_address_rules #(.BusBytes(BusBytes), .MaxBeats(32)) ar_rules (
        .clk_i, .rst_ni, .valid_i(ar_valid), .ready_i(ar_ready_i), .addr_i(ar_addr), .len_i(ar_len)
    );
    axi_address_rules #(.BusBytes(BusBytes), .MaxBeats(32)) aw_rules (
        .clk_i, .rst_ni, .valid_i(aw_valid), .ready_i(aw_ready_i), .addr_i(aw_addr), .len_i(aw_len)
    );

    // ---- what the memory owes: beats of R, answers B ----
    logic started_q, w_stalled_q;
    logic [7:0] beats_open_q;
    logic [4:0] answers_open_q;
    logic [9*BusBytes:0] past_w_q;
    initial started_q = 1'b0;
    initial w_stalled_q = 1'b0;
    always_ff @(posedge clk_i) begin
        started_q <= 1'b1;
        w_stalled_q <= rst_ni && w_valid && !w_ready_i;
        past_w_q <= {w_last, w_strb, w_data};
        if (!rst_ni) begin
            beats_open_q <= '0;
            answers_open_q <= '0;
        end else begin
            beats_open_q <= beats_open_q + (ar_valid && ar_ready_i ? ar_len + 8'd1 : 8'd0) - 8'(r_valid_i);
            answers_open_q <= answers_open_q + 5'(aw_valid && aw_ready_i) - 5'(b_valid_i);
        end
    end

    always_comb begin
        if (!started_q) assume (!rst_ni);
        for (int i = 0; i < quin_pkg::WINDOWS; i++) assume (windows_q[82*i+40 +: 40] <= 40'hffffffffc0);
        if (started_q) begin
            if (beats_open_q == 8'd0) assume (!r_valid_i);
            if (answers_open_q == 5'd0) assume (!b_valid_i);
        end
        if (started_q && rst_ni) begin
            assert (!(ar_valid && aw_valid) && (!ar_valid || !dut.store_q) && (!aw_valid || dut.store_q));
            assert (r_ready && b_ready);
            assert (beats_open_q <= 8'd64 && answers_open_q <= 5'd16);
            if (done) assert (answers_open_q == 5'd0 && !aw_valid && !ar_valid);
        end
        if (w_stalled_q) assert (w_valid && {w_last, w_strb, w_data} == past_w_q);
    end

    // ---- windows: a run [lo, hi) and whether it was granted when it was checked, kept with it and with its bursts, ----
    // also on their way through the register stage u_cut: out stands at its output, spare behind it.
    logic [41:0] lo, hi, lo_q, hi_q, out_lo_q, out_hi_q, spare_lo_q, spare_hi_q, bus_lo_q, bus_hi_q, bus_end, low_bits;
    logic granted, granted_q, out_granted_q, spare_granted_q, bus_granted_q;
    logic [39:0] bus_addr;
    logic [7:0] bus_len;
    assign low_bits = 42'(BusBytes) - 42'd1;
    assign bus_addr = dut.address_q;
    assign bus_len = dut.len_q;
    assign bus_end = {2'b0, bus_addr} + ((42'(bus_len) + 42'd1) << BusLog);
    assign lo = {1'b0, dut.u_walk.c_address_q};
    assign hi = {1'b0, dut.u_walk.c_address_q} + {20'b0, dut.u_walk.c_bytes_q};
    window_rule window (.windows_i(windows_q), .lo_i(lo), .hi_i(hi), .write_i(dut.store_q), .inside_o(granted));
    always_ff @(posedge clk_i) begin
        if (dut.u_walk.s_take) begin
            lo_q <= lo;
            hi_q <= hi;
            granted_q <= granted;
        end
        if (dut.cut_valid && dut.cut_ready) {spare_granted_q, spare_lo_q, spare_hi_q} <= {granted_q, lo_q, hi_q};
        if (!dut.burst_valid || dut.burst_ready) {out_granted_q, out_lo_q, out_hi_q} <= dut.u_cut.spare_valid_q
            ? {spare_granted_q, spare_lo_q, spare_hi_q} : {granted_q, lo_q, hi_q};
        if (dut.burst) begin
            bus_lo_q <= out_lo_q;
            bus_hi_q <= out_hi_q;
            bus_granted_q <= out_granted_q;
        end
    end
    always_comb begin
        if (started_q && rst_ni && (ar_valid || aw_valid)) begin
            assert (bus_granted_q);
            assert ({2'b0, bus_addr} >= (bus_lo_q & ~low_bits) && bus_end <= ((bus_hi_q + low_bits) & ~low_bits));
        end
    end

    // ---- induction: a burst in the register stage is one that may leave ----
    logic [46:0] out_burst, spare_burst;
    logic out_good, spare_good;
    assign out_burst = {dut.burst_address, dut.burst_beats};
    assign spare_burst = dut.u_cut.spare_q[126:80];
    move_burst #(.BusBytes(BusBytes)) out_rule (
        .burst_i(out_burst), .granted_i(out_granted_q), .lo_i(out_lo_q), .hi_i(out_hi_q), .good_o(out_good)
    );
    move_burst #(.BusBytes(BusBytes)) spare_rule (
        .burst_i(spare_burst), .granted_i(spare_granted_q), .lo_i(spare_lo_q), .hi_i(spare_hi_q), .good_o(spare_good)
    );
    always_comb begin
        if (started_q && rst_ni) begin
            if (dut.burst_valid) assert (dut.busy_q && out_good);
            if (dut.u_cut.spare_valid_q) assert (dut.burst_valid && spare_good);
        end
    end

    // ---- induction: the walk ----
    logic [41:0] at, left;
    logic walking, run_waits;
    assign walking = dut.u_walk.state_q != Idle;
    assign run_waits = dut.u_walk.c_valid_q && !dut.u_walk.c_last_q && dut.u_walk.c_error_q == 4'd0;
    assign at = {2'b0, dut.u_walk.s_address_q};
    assign left = {20'b0, dut.u_walk.s_left_q};
    always_comb begin
        if (started_q && rst_ni) begin
            if (walking || dut.u_walk.c_valid_q || dut.u_walk.s_valid_q || dut.start_q || dut.address_valid)
                assert (dut.busy_q);
            if (dut.start_q) assert (!walking && !dut.u_walk.c_valid_q && !dut.u_walk.s_valid_q
                && !dut.burst_valid && !dut.address_valid && dut.u_walk.end_q);
            if (dut.u_walk.end_q) assert (!dut.u_walk.s_valid_q);
            if (!dut.busy_q) assert (dut.u_walk.end_q);
            if (walking && dut.u_walk.state_q != Last) assert (dut.element_q != 2'd3 && dut.inner_q != 20'd0);
            if (dut.u_walk.state_q == Run) begin
                assert (dut.u_walk.run_left_q != 22'd0);
                if (!dut.u_walk.run_address_q[40])
                    assert (dut.u_walk.run_past_q == {1'b0, dut.u_walk.run_address_q} + 42'(dut.u_walk.inner_bytes_q));
            end
            if (run_waits) begin
                if (!dut.u_walk.c_address_q[40]) assert (dut.u_walk.c_past_q == hi);
                assert (dut.u_walk.c_bytes_q != 22'd0 && (dut.u_walk.hit != '0) == granted);
            end
            // A checked one stays as it was checked; what is cut is the first burst of what is left.
            assert (!dut.u_walk.c_checked_q || (dut.u_walk.c_valid_q && dut.u_walk.hit_q == dut.u_walk.hit));
            if (walking) assert (dut.u_walk.n_bytes_q == {2'b0, dut.n_q} << dut.element_q
                && dut.u_walk.inner_bytes_q == {2'b0, dut.inner_q} << dut.element_q);
            if (dut.u_walk.burst_valid_o) assert ({dut.u_walk.s_beats_q, dut.u_walk.s_bytes_q, dut.u_walk.s_end_q}
                == {dut.u_walk.want_beats, dut.u_walk.want_bytes, dut.u_walk.want_end});
            if (dut.u_walk.s_valid_q) begin
                assert (granted_q && hi_q <= 42'hffffffffc0);
                assert (at >= lo_q && at + left == hi_q && left != 42'd0);
            end
        end
    end

    // ---- induction: rooms; requests to the scratchpad that wait ----
    logic [1:0] asks;
    logic [5:0] reads;
    assign reads = 6'(dut.u_data.reading_q[0]) + 6'(dut.u_data.reading_q[1]) + 6'(dut.u_data.reading_q[2]);
    assign asks = 2'(dut.u_data.ask_valid) + 2'(dut.u_data.u_ask.spare_valid_q);
    always_comb begin
        if (started_q && rst_ni) begin
            assert (dut.u_read.count_o <= 7'd64 && dut.u_answers.count_o <= 5'd16 && dut.u_notes.count_o <= 5'd16);
            assert ({1'b0, dut.u_data.u_write.count_o} + reads + (dut.store_q ? 6'(asks) : 6'd0) <= 6'd16);
            assert (dut.u_notes.g_small.valid_q == (dut.note_count != '0));
            assert (dut.u_answers.g_small.valid_q == (dut.answer_count != '0));
            assert (dut.u_data.u_write.g_small.valid_q == (dut.u_data.w_count != '0));
            if (dut.u_data.active_q) assert (dut.u_data.load_q == !dut.store_q && (dut.store_q || !dut.u_data.w_room_q));
            if (dut.u_data.w_room_q) assert (dut.u_data.u_write.count_o <= 5'd10);
            if (dut.u_data.u_ask.spare_valid_q) assert (dut.u_data.ask_valid);
            assert ({1'b0, dut.reserved_q} == {1'b0, dut.u_read.count_o} + beats_open_q
                + (ar_valid ? ar_len + 8'd1 : 8'd0) + 8'(dut.beat_popped_q));
            assert (dut.reserved_q <= 7'd64);
            assert (dut.u_answers.count_o == answers_open_q + 5'(aw_valid) + 5'(dut.answered_q));
            if (dut.burst_valid && dut.room_q && !dut.address_valid)
                assert (dut.note_room && (dut.store_q ? dut.answer_room : dut.reserved_q <= 7'd32));
            // fifo.sv proves it of the FIFO alone.
            if (dut.u_read.valid_o) assume (dut.u_read.count_o != 7'd0);
            assert (dut.u_data.reading_q == sp_reading_q);
            if (dut.u_data.active_q || dut.u_data.ask_valid || sp_reading_q != '0 || dut.u_notes.count_o != 5'd0 || dut.note_valid)
                assert (dut.busy_q);
        end
    end
endmodule

// A burst {address of its first byte, beats} of at most 32 beats lies within 4 KiB and, up to the bus beats at its ends,
// within the granted run [lo_i, hi_i).
module move_burst #(
    parameter int BusBytes = 4
) (
    input  logic [46:0] burst_i,
    input  logic        granted_i,
    input  logic [41:0] lo_i,
    input  logic [41:0] hi_i,
    output logic        good_o
);
    localparam logic [41:0] LowBits = 42'(BusBytes) - 42'd1;
    logic [41:0] first, bytes;
    logic [6:0] beats;
    assign beats = burst_i[6:0];
    assign first = {2'b0, burst_i[46:7]} & ~LowBits;
    assign bytes = 42'(beats) * 42'(BusBytes);
    assign good_o = granted_i && beats != 7'd0 && beats <= 7'd32 && {30'd0, first[11:0]} + bytes <= 42'd4096
        && first >= (lo_i & ~LowBits) && first + bytes <= ((hi_i + LowBits) & ~LowBits);
endmodule

`default_nettype wire
