// SPDX-License-Identifier: Apache-2.0
// Commands of one unit that wait for their turn. The head is offered when each of two other units v has retired what the
// command's AFTER_v asks for: retired_v - target_v >= 0, modulo 256. hold_i offers nothing. After an error the commands
// that come behind the one that failed (index > drop_index_i, while drop_i) leave unseen; those before it still run.
// flush_i drops all. One command a cycle in; a command is offered two cycles after it was pushed at the earliest.
`default_nettype none

module quin_unit_queue #(
    parameter int Width = 8,
    parameter int Depth = 4
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             flush_i,
    input  logic             hold_i,
    input  logic             drop_i,
    input  logic [31:0]      drop_index_i,
    // from dispatch: the command, its number, and for each of two other units whether and for what it waits
    input  logic             push_valid_i,
    output logic             push_ready_o,
    input  logic [Width-1:0] push_data_i,
    input  logic [31:0]      push_index_i,
    input  logic [1:0]       push_wait_i,
    input  logic [15:0]      push_target_i,
    input  logic [15:0]      retired_i,      // commands retired by these two units
    // to the unit
    output logic             job_valid_o,
    input  logic             job_ready_i,
    output logic [Width-1:0] job_data_o,
    output logic [31:0]      job_index_o,
    output logic             empty_o,
    output logic [1:0]       blocked_o       // the head waits for these units
);
    localparam int AddrBits = $clog2(Depth);
    localparam int EntryBits = Width + 50;

    logic [EntryBits-1:0] entry [0:Depth-1];
    logic [AddrBits:0] head_q, tail_q;
    logic [EntryBits-1:0] next, out_q;
    logic out_valid_q, take, leave, drop, full, waiting;
    logic [7:0] lead0, lead1; // retired minus target; bit 7: not yet

    // The oldest command stands in a register, the others in the memory behind it.
    assign full = head_q[AddrBits-1:0] == tail_q[AddrBits-1:0] && head_q[AddrBits] != tail_q[AddrBits];
    assign waiting = head_q != tail_q;
    assign empty_o = !waiting && !out_valid_q;
    assign push_ready_o = !full;
    assign next = entry[head_q[AddrBits-1:0]];
    assign {job_index_o, job_data_o} = out_q[Width+31:0];
    assign lead0 = retired_i[7:0] - out_q[Width+34 +: 8];
    assign lead1 = retired_i[15:8] - out_q[Width+42 +: 8];
    assign drop = out_valid_q && drop_i && job_index_o > drop_index_i;
    assign blocked_o = out_valid_q && !hold_i && !drop ? {out_q[Width+33] && lead1[7], out_q[Width+32] && lead0[7]} : 2'b00;
    assign job_valid_o = out_valid_q && !hold_i && !drop && blocked_o == 2'b00;
    assign leave = drop || (job_valid_o && job_ready_i);
    assign take = waiting && (!out_valid_q || leave);

    always_ff @(posedge clk_i) begin
        if (push_valid_i && push_ready_o)
            entry[tail_q[AddrBits-1:0]] <= {push_target_i, push_wait_i, push_index_i, push_data_i};
        if (take)
            out_q <= next;
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni || flush_i) begin
            head_q <= '0;
            tail_q <= '0;
            out_valid_q <= 1'b0;
        end else begin
            if (push_valid_i && push_ready_o)
                tail_q <= tail_q + 1'b1;
            if (take)
                head_q <= head_q + 1'b1;
            if (take || leave)
                out_valid_q <= take;
        end
    end
endmodule

`default_nettype wire
