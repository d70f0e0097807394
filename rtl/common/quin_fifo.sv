// SPDX-License-Identifier: Apache-2.0
// First-in first-out queue of Depth words (a power of two), first word falls through: data_o is the oldest word
// while valid_o. Up to 32 words stand in LUT RAM, visible the cycle after they were taken; more stand in block RAM
// with a registered output, visible two cycles after. One word in and one out every cycle in both cases.
// count_o: words taken and not yet given, 0 .. Depth. ready_o does not depend on ready_i, nor valid_o on valid_i.
`default_nettype none

module quin_fifo #(
    parameter int Width = 8,
    parameter int Depth = 16
) (
    input  logic                     clk_i,
    input  logic                     rst_ni,
    input  logic                     valid_i,
    output logic                     ready_o,
    input  logic [Width-1:0]         data_i,
    output logic                     valid_o,
    input  logic                     ready_i,
    output logic [Width-1:0]         data_o,
    output logic [$clog2(Depth):0]   count_o
);
    localparam int PtrBits = $clog2(Depth);
    localparam logic [PtrBits:0] Full = (PtrBits + 1)'(Depth);

    // Pointers have one bit more than an address, so that full and empty differ.
    logic [PtrBits:0] wptr_q, rptr_q;
    logic push, pop;

    assign count_o = wptr_q - rptr_q;
    assign ready_o = count_o != Full;
    assign push = valid_i && ready_o;
    assign pop = valid_o && ready_i;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            wptr_q <= '0;
            rptr_q <= '0;
        end else begin
            if (push) wptr_q <= wptr_q + 1'b1;
            if (pop) rptr_q <= rptr_q + 1'b1;
        end
    end

    if (Depth <= 32) begin : g_small
        logic [Width-1:0] mem [0:Depth-1];
        always_ff @(posedge clk_i) begin
            if (push) mem[wptr_q[PtrBits-1:0]] <= data_i;
        end
        assign data_o = mem[rptr_q[PtrBits-1:0]];
        assign valid_o = wptr_q != rptr_q;
    end else begin : g_large
        // The word that will be the oldest in the next cycle is read now, unless it is being written now: then it
        // is read a cycle later. So a word is never read in the cycle that writes it.
        (* no_rw_check *) logic [Width-1:0] mem [0:Depth-1];
        logic [Width-1:0] data_q;
        logic valid_q, there, read;
        logic [PtrBits:0] next;
        assign next = rptr_q + {{PtrBits{1'b0}}, pop};
        assign there = next != wptr_q;
        assign read = there && (ready_i || !valid_q);
        always_ff @(posedge clk_i) begin
            if (push) mem[wptr_q[PtrBits-1:0]] <= data_i;
        end
        always_ff @(posedge clk_i) begin
            if (read) data_q <= mem[next[PtrBits-1:0]];
        end
        always_ff @(posedge clk_i) begin
            if (!rst_ni) valid_q <= 1'b0;
            else if (ready_i || !valid_q) valid_q <= there;
        end
        assign data_o = data_q;
        assign valid_o = valid_q;
    end
endmodule

`default_nettype wire
