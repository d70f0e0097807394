// SPDX-License-Identifier: Apache-2.0
// First half of the move DMA: walks rows, groups and runs of a job in the order of docs/commands.md, checks each and
// splits it into bursts. a = row_address(r) + j * group_stride, run i at a + i * outer_stride, `inner` elements long:
// ALIGN and SCRATCHPAD group by group, WINDOW run by run. The first failing one ends the walk, after all bursts
// before it. Three stages: generator (three cycles more a group, two a row) -> window check -> bursts.
// A run takes two cycles, or two for each of its bursts. end_o stays 1 from the end of the walk to the next start_i;
// stop_i ends it early.
`default_nettype none

module quin_move_walk #(
    parameter int BusBytes = 8,
    parameter int SpWords = 8192,
    parameter int MaxBeats = 32
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,
    input  logic [82*quin_pkg::WINDOWS-1:0] windows_i,

    input  logic                      start_i,        // job fields stay from this cycle on until end_o
    input  logic                      stop_i,
    input  logic                      store_i,
    input  logic [9:0]                rows_i,
    input  logic [9:0]                groups_i,
    input  logic [19:0]               n_i,
    input  logic [1:0]                element_i,
    input  logic [19:0]               inner_i,
    input  logic [31:0]               group_stride_i,
    input  logic [39:0]               outer_stride_i,
    input  logic [19:0]               sp_base_i,
    input  logic [19:0]               sp_row_i,
    input  logic [19:0]               sp_group_i,
    output logic [9:0]                row_o,
    input  logic                      row_ready_i,     // row_address_i belongs to row_o
    input  logic [39:0]               row_address_i,

    output logic                      burst_valid_o,
    input  logic                      burst_ready_i,
    output logic [39:0]               burst_address_o, // of its first byte
    output logic [6:0]                burst_beats_o,
    output logic [12:0]               burst_bytes_o,
    output logic [21:0]               burst_sp_o,      // scratchpad byte address
    output logic [4:0]                burst_index_o,   // word of the group, modulo 32
    output logic [39:0]               burst_run_o,     // address of its run

    output logic                      end_o,
    output logic [3:0]                error_o,
    output logic [39:0]               error_address_o
);
    localparam logic [3:0] None = 4'(quin_pkg::DERR_NONE);

    typedef enum logic [2:0] {IDLE, ROW, GROUP, RUN, LAST, CHECK} state_e;
    state_e state_q;

    logic end_q;
    logic halt;                             // nothing after the end of the walk counts

    // ---- generator ----
    logic [9:0] row_q, group_q;
    logic [31:0] sp_row_q, sp_group_q;      // words; 32 bits hold all sums
    logic [40:0] group_address_q, run_address_q, next_group, next_run; // bit 40: beyond 2^40, stays set
    logic [41:0] run_past_q, past;          // address behind inner elements, and behind the run; nothing beyond 2^40
    logic [21:0] n_bytes, n_bytes_q, inner_bytes_q, run_left_q, run_bytes, run_sp_q; // those of the job in registers
    logic [6:0] run_offset_q;               // byte of the group, modulo 128
    logic run_end, row_ready_q;
    logic [32:0] sp_end;
    logic [19:0] n_words_q;
    logic [1:0] low_mask;
    logic misaligned_q, beyond_q, bad, groups_end_q;    // of the group, found in GROUP

    assign halt = stop_i || (end_q && !start_i);
    assign row_o = row_q;
    assign n_bytes = {2'b0, n_i} << element_i;
    assign run_end = run_left_q <= inner_bytes_q;
    assign run_bytes = run_end ? run_left_q : inner_bytes_q;
    assign past = run_end ? {1'b0, run_address_q} + 42'(run_left_q) : run_past_q;
    assign next_group = {1'b0, group_address_q[39:0]} + {9'b0, group_stride_i};
    assign next_run = {1'b0, run_address_q[39:0]} + {1'b0, outer_stride_i};
    assign low_mask = {element_i[1], element_i != 2'd0};
    assign sp_end = {1'b0, sp_group_q} + 33'(n_words_q);
    assign bad = misaligned_q || beyond_q;

    always_ff @(posedge clk_i) begin
        n_bytes_q <= n_bytes;
        inner_bytes_q <= {2'b0, inner_i} << element_i;
        n_words_q <= 20'((n_bytes_q + 22'd3) >> 2);
        misaligned_q <= ((group_address_q[1:0] | outer_stride_i[1:0]) & low_mask) != 2'b0;
        beyond_q <= sp_end > 33'(SpWords);
        groups_end_q <= group_q == groups_i;
        row_ready_q <= state_q == ROW && row_ready_i && !row_ready_q;
    end

    // A token is a run, an error or the end of the job.
    logic t_valid, t_last;
    logic [3:0] t_error;
    logic [40:0] t_address;
    logic c_valid_q, c_last_q, c_ready;
    logic [3:0] c_error_q;
    logic [40:0] c_address_q;
    logic [41:0] c_past_q;
    logic [21:0] c_bytes_q, c_sp_q;
    logic [4:0] c_index_q;

    always_comb begin
        t_valid = 1'b0;
        t_last = 1'b0;
        t_error = None;
        t_address = run_address_q;
        case (state_q)
            CHECK: if (!groups_end_q && bad) begin
                t_valid = 1'b1;
                t_error = misaligned_q ? 4'(quin_pkg::DERR_ALIGN) : 4'(quin_pkg::DERR_SCRATCHPAD);
                t_address = misaligned_q ? group_address_q : {9'b0, sp_group_q};
            end
            RUN: t_valid = 1'b1;
            LAST: begin
                t_valid = 1'b1;
                t_last = 1'b1;
            end
            default: ;
        endcase
        if (state_q == LAST && (element_i == 2'd3 || inner_i == 20'd0)) begin
            t_error = 4'(quin_pkg::DERR_FIELD);
            t_address = '0;
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= IDLE;
        end else if (halt) begin
            state_q <= IDLE;
        end else begin
            case (state_q)
                IDLE: if (start_i) state_q <= element_i == 2'd3 || inner_i == 20'd0 ? LAST : ROW;
                ROW: if (row_q == rows_i) state_q <= LAST;
                     else if (row_ready_q) state_q <= GROUP;
                GROUP: state_q <= CHECK;
                CHECK: begin
                    if (groups_end_q) state_q <= ROW;
                    else if (bad) begin
                        if (c_ready) state_q <= IDLE;
                    end else state_q <= n_bytes_q != 22'd0 ? RUN : GROUP;
                end
                RUN: if (c_ready && run_end) state_q <= GROUP;
                default: if (c_ready) state_q <= IDLE;
            endcase
        end
    end

    always_ff @(posedge clk_i) begin
        case (state_q)
            IDLE: begin
                row_q <= '0;
                sp_row_q <= {12'b0, sp_base_i};
            end
            ROW: begin
                group_q <= '0;
                group_address_q <= {1'b0, row_address_i};
                sp_group_q <= sp_row_q;
            end
            CHECK: begin
                if (groups_end_q) begin
                    row_q <= row_q + 1'b1;
                    sp_row_q <= sp_row_q + {12'b0, sp_row_i};
                end else if (!bad) begin
                    group_q <= group_q + 1'b1;
                    group_address_q <= {group_address_q[40] | next_group[40], next_group[39:0]};
                    sp_group_q <= sp_group_q + {12'b0, sp_group_i};
                    run_address_q <= group_address_q;
                    run_past_q <= {1'b0, group_address_q} + 42'(inner_bytes_q);
                    run_left_q <= n_bytes_q;
                    run_sp_q <= {sp_group_q[19:0], 2'b0};
                    run_offset_q <= '0;
                end
            end
            RUN: if (c_ready) begin
                run_address_q <= {run_address_q[40] | next_run[40], next_run[39:0]};
                run_past_q <= run_past_q + 42'(outer_stride_i);
                run_left_q <= run_left_q - run_bytes;
                run_sp_q <= run_sp_q + run_bytes;
                run_offset_q <= run_offset_q + run_bytes[6:0];
            end
            default: ;
        endcase
    end

    // ---- window check ----
    logic granted, c_checked_q, s_ready, s_take;   // c_checked_q: hit_q belongs to c
    logic [quin_pkg::WINDOWS-1:0] hit, hit_q;

    assign c_ready = !c_valid_q || s_take;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || halt) c_valid_q <= 1'b0;
        else if (c_ready) c_valid_q <= t_valid;
    end

    always_ff @(posedge clk_i) begin
        hit_q <= hit;
        c_checked_q <= rst_ni && !halt && c_valid_q && !s_take;
    end

    always_ff @(posedge clk_i) begin
        if (c_ready && t_valid) begin
            c_last_q <= t_last;
            c_error_q <= t_error;
            c_address_q <= t_address;
            c_past_q <= past;
            c_bytes_q <= run_bytes;
            c_sp_q <= run_sp_q;
            c_index_q <= run_offset_q[6:2];
        end
    end

    quin_window_check u_check (
        .windows_i,
        .address_i(c_address_q),
        .past_i   (c_past_q),
        .write_i  (store_i),
        .hit_o    (hit)
    );
    assign granted = hit_q != '0;

    // ---- bursts: s holds what is left of a run, and once that is cut its next burst ----
    logic s_valid_q, s_cut_q, s_end_q, s_fire, cutting;
    logic [39:0] s_address_q, s_run_q;
    logic [21:0] s_left_q, s_sp_q;
    logic [4:0] s_index_q;
    logic [6:0] s_beats_q, split_beats;
    logic [12:0] s_bytes_q, split_bytes;
    logic split_end;
    logic [3:0] error_q;
    logic [39:0] error_address_q;

    assign cutting = s_valid_q && !s_cut_q;
    quin_burst_split #(
        .BusBytes(BusBytes),
        .MaxBeats(MaxBeats),
        .LeftBits(22)
    ) u_split (
        .address_i(s_address_q[11:0]),
        .left_i   (s_left_q),
        .beats_o  (split_beats),
        .bytes_o  (split_bytes),
        .end_o    (split_end)
    );

    assign s_fire = burst_valid_o && burst_ready_i;
    assign s_ready = !s_valid_q || (s_fire && s_end_q);
    assign s_take = s_ready && c_checked_q;

    always_ff @(posedge clk_i) begin
        s_cut_q <= s_valid_q && (cutting || (s_cut_q && !s_fire));
        if (cutting) {s_beats_q, s_bytes_q, s_end_q} <= {split_beats, split_bytes, split_end};
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            s_valid_q <= 1'b0;
            end_q <= 1'b1;
        end else if (start_i) begin
            end_q <= 1'b0;
        end else if (stop_i) begin
            s_valid_q <= 1'b0;
            end_q <= 1'b1;
        end else if (s_ready) begin
            s_valid_q <= c_checked_q && !c_last_q && c_error_q == None && granted && !halt;
            if (c_checked_q && (c_last_q || c_error_q != None || !granted)) end_q <= 1'b1;
        end
    end

    always_ff @(posedge clk_i) begin
        if (start_i) begin
            error_q <= None;
        end else if (s_take && !end_q) begin
            error_q <= c_error_q != None ? c_error_q : !c_last_q && !granted ? 4'(quin_pkg::DERR_WINDOW) : None;
            error_address_q <= c_address_q[39:0];
        end
    end

    always_ff @(posedge clk_i) begin
        if (s_take) begin
            s_address_q <= c_address_q[39:0];
            s_run_q <= c_address_q[39:0];
            s_left_q <= c_bytes_q;
            s_sp_q <= c_sp_q;
            s_index_q <= c_index_q;
        end else if (s_fire) begin
            s_address_q <= s_address_q + 40'(s_bytes_q);
            s_left_q <= s_left_q - 22'(s_bytes_q);
            s_sp_q <= s_sp_q + 22'(s_bytes_q);
            // The word of the group that holds the byte after the burst.
            s_index_q <= s_index_q + 5'((13'(s_sp_q[1:0]) + s_bytes_q) >> 2);
        end
    end

    assign burst_valid_o = s_valid_q && s_cut_q;
    assign burst_beats_o = s_beats_q;
    assign burst_bytes_o = s_bytes_q;
    assign burst_address_o = s_address_q;
    assign burst_sp_o = s_sp_q;
    assign burst_index_o = s_index_q;
    assign burst_run_o = s_run_q;
    assign end_o = end_q;
    assign error_o = error_q;
    assign error_address_o = error_address_q;

`ifndef SYNTHESIS
    // What is cut is the first burst of what is left, and the job's sizes stand in their registers.
    logic [6:0] want_beats;
    logic [12:0] want_bytes;
    logic want_end;
    quin_burst_split #(
        .BusBytes(BusBytes),
        .MaxBeats(MaxBeats),
        .LeftBits(22)
    ) u_want (
        .address_i(s_address_q[11:0]),
        .left_i   (s_left_q),
        .beats_o  (want_beats),
        .bytes_o  (want_bytes),
        .end_o    (want_end)
    );
    always @(posedge clk_i) begin
        if (rst_ni && burst_valid_o)
            assert ({s_beats_q, s_bytes_q, s_end_q} == {want_beats, want_bytes, want_end});
        if (rst_ni && c_checked_q) assert (c_valid_q && hit_q == hit);
        if (rst_ni && state_q != IDLE)
            assert (n_bytes_q == n_bytes && inner_bytes_q == {2'b0, inner_i} << element_i);
    end
`endif
endmodule

`default_nettype wire
