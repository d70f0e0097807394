// SPDX-License-Identifier: Apache-2.0
// First-in first-out queue of Depth words (a power of two), first word falls through: data_o is the oldest word
// while valid_o. Up to 32 words stand in LUT RAM, visible the cycle after they were taken; more stand in block RAM
// and the oldest four in LUT RAM, too, visible two cycles after. One word in and one out every cycle in both cases.
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

    // Pointers have one bit more than an address, so that full and empty differ.
    logic [PtrBits:0] wptr_q, rptr_q;
    logic push, pop;

    assign count_o = wptr_q - rptr_q;
    assign ready_o = wptr_q != {!rptr_q[PtrBits], rptr_q[PtrBits-1:0]};
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
        // Whether there is a word stands in a register, too: what waits for it does not wait for the pointers.
        logic [Width-1:0] mem [0:Depth-1];
        logic valid_q, more;            // more than the oldest word
        assign more = wptr_q != rptr_q + 1'b1;
        always_ff @(posedge clk_i) begin
            if (!rst_ni) valid_q <= 1'b0;
            else valid_q <= push || (valid_q && (more || !ready_i));
        end
        always_ff @(posedge clk_i) begin
            if (push) mem[wptr_q[PtrBits-1:0]] <= data_i;
        end
        assign data_o = mem[rptr_q[PtrBits-1:0]];
        assign valid_o = valid_q;
    end else begin : g_large
        // Words [rptr_q, fetch_q) are in the LUT RAM or on their way there: read from the block RAM, or past it if nothing
        // waits in it. So no address of the block RAM depends on ready_i, and its output on nothing but a register.
        (* no_rw_check *) logic [Width-1:0] mem [0:Depth-1];
        logic [Width-1:0] ahead [0:3];
        logic [Width-1:0] data_q, pass_q;
        logic [PtrBits:0] fetch_q;
        logic [2:0] there_q;            // words that have arrived in the LUT RAM
        logic [1:0] place_q;
        logic valid_q, arriving_q, passed_q, waiting, room, fetch;
        assign waiting = fetch_q != wptr_q;
        assign room = fetch_q[2:0] != {!rptr_q[2], rptr_q[1:0]};
        assign fetch = room && (waiting || push);
        always_ff @(posedge clk_i) begin
            if (push) mem[wptr_q[PtrBits-1:0]] <= data_i;
        end
        always_ff @(posedge clk_i) begin
            data_q <= mem[fetch_q[PtrBits-1:0]];
        end
        always_ff @(posedge clk_i) begin
            pass_q <= data_i;               // these are looked at in the cycle after a fetch only
            passed_q <= !waiting;
            place_q <= fetch_q[1:0];
            if (arriving_q) ahead[place_q] <= passed_q ? pass_q : data_q;
        end
        always_ff @(posedge clk_i) begin
            if (!rst_ni) begin
                fetch_q <= '0;
                there_q <= '0;
                arriving_q <= 1'b0;
                valid_q <= 1'b0;
            end else begin
                if (fetch) fetch_q <= fetch_q + 1'b1;
                arriving_q <= fetch;
                there_q <= there_q + 3'(arriving_q) - 3'(pop);
                valid_q <= arriving_q || there_q[2:1] != '0 || (valid_q && !ready_i);
            end
        end
        assign data_o = ahead[rptr_q[1:0]];
        assign valid_o = valid_q;
    end
endmodule

`default_nettype wire
