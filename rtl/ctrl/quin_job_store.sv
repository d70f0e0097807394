// SPDX-License-Identifier: Apache-2.0
// The commands that wait for the units, in one LUT RAM, since only one comes at a time and each leaves once: entry
// (unit, place) is written with push_i and its places; want_i asks for the entry at want_place_i, which comes with
// give_o, a cycle after the request was chosen, lowest unit first. A unit holds its request until it is given. What is
// pushed passes a register on its way, which nobody sees: it cannot be asked for before the cycle after.
`default_nettype none

module quin_job_store #(
    parameter int Units = 3,         // at most 4
    parameter int Depth = 4,
    parameter int Width = 8,
    parameter int PlaceBits = $clog2(Depth) // derived
) (
    input  logic                       clk_i,
    input  logic                       rst_ni,
    input  logic                       flush_i,       // requests are void
    input  logic [Units-1:0]           push_i,        // one at most
    input  logic [Units*PlaceBits-1:0] push_place_i,
    input  logic [Width-1:0]           push_data_i,
    input  logic [Units-1:0]           want_i,
    input  logic [Units*PlaceBits-1:0] want_place_i,
    output logic [Units-1:0]           give_o,        // data_o is this unit's
    output logic [Width-1:0]           data_o
);
    localparam int AddrBits = 2 + PlaceBits;

    logic [Width-1:0] entry [0:4*Depth-1];
    logic [AddrBits-1:0] waddr, waddr_q, raddr, raddr_q;
    logic [Units-1:0] chosen, give_q;
    logic [Width-1:0] push_q;
    logic write_q;

    always_comb begin
        waddr = '0;
        raddr = '0;
        chosen = '0;
        for (int u = Units - 1; u >= 0; u--) begin
            if (push_i[u]) waddr = {2'(u), push_place_i[PlaceBits*u +: PlaceBits]};
            if (want_i[u] && !give_q[u]) begin
                raddr = {2'(u), want_place_i[PlaceBits*u +: PlaceBits]};
                chosen = '0;
                chosen[u] = 1'b1;
            end
        end
    end

    always_ff @(posedge clk_i) begin
        write_q <= push_i != '0;
        waddr_q <= waddr;
        push_q <= push_data_i; // only written with write_q
        if (write_q) entry[waddr_q] <= push_q;
        raddr_q <= raddr;
        give_q <= rst_ni && !flush_i ? chosen : '0;
    end

    assign give_o = give_q;
    assign data_o = entry[raddr_q];
endmodule

`default_nettype wire
