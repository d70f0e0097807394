// SPDX-License-Identifier: Apache-2.0
// Commands of one unit that wait for their turn. The head is offered when every other unit v has retired what the
// command's AFTER_v asks for: retired_v - target_v >= 0, modulo 256. `flush_i` drops what waits; `hold_i` offers nothing.
// One command a cycle in and out; a command is offered the cycle after it was pushed at the earliest.
`default_nettype none

module quin_unit_queue #(
    parameter int Width = 8,
    parameter int Depth = 4
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             flush_i,
    input  logic             hold_i,
    // from dispatch: the command, and for each of two other units whether and for what number it waits
    input  logic             push_valid_i,
    output logic             push_ready_o,
    input  logic [Width-1:0] push_data_i,
    input  logic [1:0]       push_wait_i,
    input  logic [15:0]      push_target_i,
    input  logic [15:0]      retired_i,      // commands retired by these two units
    // to the unit
    output logic             job_valid_o,
    input  logic             job_ready_i,
    output logic [Width-1:0] job_data_o,
    output logic             empty_o
);
    localparam int AddrBits = $clog2(Depth);
    localparam int EntryBits = Width + 18;

    logic [EntryBits-1:0] entry [0:Depth-1];
    logic [AddrBits:0] head_q, tail_q;
    logic [EntryBits-1:0] head_entry;
    logic [7:0] lead0, lead1; // retired minus target; bit 7: not yet
    logic full;

    assign full = head_q[AddrBits-1:0] == tail_q[AddrBits-1:0] && head_q[AddrBits] != tail_q[AddrBits];
    assign empty_o = head_q == tail_q;
    assign push_ready_o = !full;
    assign head_entry = entry[head_q[AddrBits-1:0]];
    assign job_data_o = head_entry[Width-1:0];
    assign lead0 = retired_i[7:0] - head_entry[Width+2 +: 8];
    assign lead1 = retired_i[15:8] - head_entry[Width+10 +: 8];
    assign job_valid_o = !empty_o && !hold_i && !(head_entry[Width] && lead0[7]) && !(head_entry[Width+1] && lead1[7]);

    always_ff @(posedge clk_i) begin
        if (push_valid_i && push_ready_o)
            entry[tail_q[AddrBits-1:0]] <= {push_target_i, push_wait_i, push_data_i};
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni || flush_i) begin
            head_q <= '0;
            tail_q <= '0;
        end else begin
            if (push_valid_i && push_ready_o)
                tail_q <= tail_q + 1'b1;
            if (job_valid_o && job_ready_i)
                head_q <= head_q + 1'b1;
        end
    end
endmodule

`default_nettype wire
