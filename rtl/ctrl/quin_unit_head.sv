// SPDX-License-Identifier: Apache-2.0
// The oldest of a unit's waiting commands, and which places of its Depth in the store (quin_job_store) are taken. It is
// offered when each of two other units v has retired what the command's AFTER_v asks for: retired_v - target_v >= 0
// as a signed number. hold_i offers nothing. After an error the commands that come behind the one that failed (index >
// drop_index_i, while drop_i) leave unseen; those before it still run, a cycle later. flush_i drops all. A command is
// offered four cycles after it was pushed at the earliest.
`default_nettype none

module quin_unit_head #(
    parameter int Width = 8,
    parameter int Depth = 4,
    parameter int PlaceBits = $clog2(Depth) // derived
) (
    input  logic                 clk_i,
    input  logic                 rst_ni,
    input  logic                 flush_i,
    input  logic                 hold_i,
    input  logic                 drop_i,
    input  logic [31:0]          drop_index_i,
    input  logic                 push_i,        // into the store, with push_ready_o
    output logic                 push_ready_o,
    output logic [PlaceBits-1:0] push_place_o,
    // from the store: the command, its number, and for each of two other units whether and for what it waits
    output logic                 want_o,
    output logic [PlaceBits-1:0] want_place_o,
    input  logic                 give_i,
    input  logic [Width-1:0]     give_data_i,
    input  logic [31:0]          give_index_i,
    input  logic [1:0]           give_wait_i,
    input  logic [2*quin_job_pkg::AFTER_BITS-1:0] give_target_i,
    input  logic [2*quin_job_pkg::AFTER_BITS-1:0] retired_i,     // commands retired by these two units
    // to the unit
    output logic                 job_valid_o,
    input  logic                 job_ready_i,
    output logic [Width-1:0]     job_data_o,
    output logic [31:0]          job_index_o,
    output logic                 empty_o,
    output logic [1:0]           blocked_o      // the command waits for these units
);
    localparam int AfterBits = quin_job_pkg::AFTER_BITS;

    logic [PlaceBits:0] head_q, tail_q;
    logic [Width-1:0] data_q;
    logic [31:0] index_q;
    logic [1:0] wait_q, unmet;
    logic [2*AfterBits-1:0] target_q;
    logic valid_q, new_q, offer_q, stay, leave, drop, waiting, settled, behind_q, compared_q; // compared_q: behind_q is of this command
    logic [AfterBits-1:0] lead0, lead1; // retired minus target; top bit: not yet

    assign waiting = head_q != tail_q;
    assign empty_o = !waiting && !valid_q;
    assign push_ready_o = tail_q != {!head_q[PlaceBits], head_q[PlaceBits-1:0]};
    assign push_place_o = tail_q[PlaceBits-1:0];
    assign want_o = waiting && !valid_q;
    assign want_place_o = head_q[PlaceBits-1:0];
    assign job_data_o = data_q;
    assign job_index_o = index_q;
    assign lead0 = retired_i[AfterBits-1:0] - target_q[AfterBits-1:0];
    assign lead1 = retired_i[2*AfterBits-1:AfterBits] - target_q[2*AfterBits-1:AfterBits];
    assign drop = valid_q && compared_q && behind_q;
    assign settled = !drop_i || (compared_q && !behind_q);
    assign blocked_o = valid_q && !new_q && !hold_i ? wait_q : 2'b00;
    assign job_valid_o = offer_q && !hold_i;
    assign leave = drop || (job_valid_o && job_ready_i);
    assign unmet = wait_q & {lead1[AfterBits-1], lead0[AfterBits-1]};
    assign stay = valid_q && !leave;

    always_ff @(posedge clk_i) begin
        behind_q <= index_q > drop_index_i;
        new_q <= give_i;                            // wait_q is not compared yet
        wait_q <= give_i ? give_wait_i : unmet;     // what is met stays so, however many retire behind it
        if (give_i) {target_q, index_q, data_q} <= {give_target_i, give_index_i, give_data_i};
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni || flush_i) begin
            head_q <= '0;
            tail_q <= '0;
            valid_q <= 1'b0;
            offer_q <= 1'b0;
            compared_q <= 1'b0;
        end else begin
            compared_q <= valid_q && drop_i && !leave;
            if (push_i && push_ready_o) tail_q <= tail_q + 1'b1;
            if (give_i) head_q <= head_q + 1'b1;
            valid_q <= give_i || stay;
            offer_q <= stay && settled && unmet == 2'b00;
        end
    end
endmodule

`default_nettype wire
