// SPDX-License-Identifier: Apache-2.0
// What stands between the command processor and a unit: its next command, that under way, and its retirement. A command
// that dispatch found wrong (error not 0) never reaches the unit and fails when it would have started. active_o is the
// command that the unit works on, from the cycle after it was taken (start_o) until done. A command that fails is the
// last one until the next run (flush_i): its error, place and address stand while failed_o asks for failed_taken_i.
// abort_i drops all, the command under way too; for units that cannot drop it, abort_i is 0 and flush_i drops what waits.
`default_nettype none

module quin_unit #(
    parameter int JobBits = 8,
    parameter logic [1:0] Unit = 2'd0        // of DMA, ARRAY, VECTOR
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    input  logic               flush_i,
    input  logic               abort_i,
    input  logic               drop_i,
    input  logic [31:0]        drop_index_i,
    input  logic [31:0]        cycle_i,
    // dispatch, into the store of waiting commands
    input  logic               push_i,
    output logic               push_ready_o,
    output logic [1:0]         push_place_o,
    // from the store
    output logic               want_o,
    output logic [1:0]         want_place_o,
    input  logic               give_i,
    input  logic [JobBits-1:0] give_data_i,
    input  logic [23:0]        give_pc_i,
    input  logic [31:0]        give_index_i,
    input  logic [3:0]         give_error_i,
    input  logic [39:0]        give_error_address_i,
    input  logic [2:0]         give_wait_i,    // for each unit, as the target and retired below
    input  logic [3*quin_job_pkg::AFTER_BITS-1:0] give_target_i,
    input  logic [3*quin_job_pkg::AFTER_BITS-1:0] retired_i,
    // unit
    output logic               job_valid_o,
    input  logic               job_ready_i,
    output logic [JobBits-1:0] job_o,
    output logic               start_o,
    output logic [JobBits-1:0] active_o,
    input  logic               done_i,
    input  logic [3:0]         done_error_i,
    input  logic [39:0]        done_address_i,
    input  logic [31:0]        done_checksum_i,
    // retirement
    output logic               busy_o,         // works or holds a command, or an error
    output logic [1:0]         blocked_o,      // the next command waits for the other units, the lower one in bit 0
    output logic               failed_o,
    input  logic               failed_taken_i,
    output logic [3:0]         failed_error_o,
    output logic [39:0]        failed_address_o,
    output logic [31:0]        index_o,
    output logic [23:0]        pc_o,
    output logic               retire_valid_o, // done without an error
    output logic [31:0]        retire_command_o,
    output logic [31:0]        retire_cycles_o,
    output logic [31:0]        retire_checksum_o
);
    localparam int AfterBits = quin_job_pkg::AFTER_BITS;
    localparam int A = Unit == 2'd0 ? 1 : 0;
    localparam int B = Unit == 2'd2 ? 1 : 2;
    localparam int EntryBits = JobBits + 68;

    logic [EntryBits-1:0] entry;
    logic [31:0] index;
    logic [3:0] error;
    logic [39:0] error_address;
    logic [23:0] pc;
    logic valid, ready, take, bad, wrong_q, empty;
    logic working_q, bad_q, start_q, failing, failed_q, stopped_q;
    logic working_next, bad_next, stopped_next, hold_q; // hold_q: any of the three
    logic [3:0] error_q;
    logic [39:0] error_address_q;
    logic [31:0] index_q, began_q;
    logic [23:0] pc_q;
    logic [JobBits-1:0] active_q;

    quin_unit_head #(.Width(EntryBits)) u_head (
        .clk_i, .rst_ni, .flush_i, .hold_i(hold_q), .drop_i, .drop_index_i, .push_i, .push_ready_o,
        .push_place_o, .want_o, .want_place_o, .give_i,
        .give_data_i({give_error_i, give_error_address_i, give_pc_i, give_data_i}), .give_index_i,
        .give_wait_i({give_wait_i[B], give_wait_i[A]}),
        .give_target_i({give_target_i[AfterBits*B +: AfterBits], give_target_i[AfterBits*A +: AfterBits]}),
        .retired_i({retired_i[AfterBits*B +: AfterBits], retired_i[AfterBits*A +: AfterBits]}),
        .job_valid_o(valid), .job_ready_i(ready), .job_data_o(entry), .job_index_o(index), .empty_o(empty), .blocked_o);

    assign {error, error_address, pc, job_o} = entry;
    assign bad = valid && wrong_q;
    assign job_valid_o = valid && !wrong_q;
    always_ff @(posedge clk_i) if (give_i) wrong_q <= give_error_i != '0;
    assign ready = bad || job_ready_i;
    assign take = valid && ready;

    assign failing = bad_q || (working_q && done_i && done_error_i != '0);
    assign working_next = rst_ni && !abort_i && ((take && !bad) || (working_q && !done_i));
    assign bad_next = rst_ni && !abort_i && take && bad;
    assign stopped_next = rst_ni && !flush_i && (failing || stopped_q);

    // What is offered is copied until it is taken, and a unit's error until it is done: no wide register waits for the
    // handshake.
    always_ff @(posedge clk_i) begin
        if (!hold_q) begin
            active_q <= job_o;
            {pc_q, index_q, error_q, error_address_q} <= {pc, index, error, error_address};
            began_q <= cycle_i;
        end else if (working_q) begin
            {error_q, error_address_q} <= {done_error_i, done_address_i};
        end
        start_q <= rst_ni && !abort_i && take && !bad;
        working_q <= working_next;
        bad_q <= bad_next;
        stopped_q <= stopped_next;
        hold_q <= working_next || bad_next || stopped_next;
        if (!rst_ni || flush_i) failed_q <= 1'b0;
        else if (failing) failed_q <= 1'b1;
        else if (failed_taken_i) failed_q <= 1'b0;
    end

    assign start_o = start_q;
    assign active_o = active_q;
    assign busy_o = working_q || bad_q || failed_q || !empty;
    assign failed_o = failed_q;
    assign failed_error_o = error_q;
    assign failed_address_o = error_address_q;
    assign index_o = index_q;
    assign pc_o = pc_q;
    assign retire_valid_o = working_q && done_i && done_error_i == '0;
    assign retire_command_o = {active_q[7:0], pc_q};
    assign retire_cycles_o = cycle_i - began_q;
    assign retire_checksum_o = done_checksum_i;
endmodule

`default_nettype wire
