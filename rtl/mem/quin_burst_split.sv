// SPDX-License-Identifier: Apache-2.0
// The first AXI burst of the bytes [address, address + left): as long as it may be, at most MaxBeats beats and not
// beyond the 4 KiB page. beats = bus beats, the first and the last may be used in part; bytes = of the range;
// end: the burst reaches the end of the range. left must not be 0. Combinational.
`default_nettype none

module quin_burst_split #(
    parameter int BusBytes = 8,
    parameter int MaxBeats = 64,
    parameter int LeftBits = 35
) (
    input  logic [11:0]               address_i,  // low bits are enough
    input  logic [LeftBits-1:0]       left_i,
    output logic [6:0]                beats_o,
    output logic [12:0]               bytes_o,
    output logic                      end_o
);
    localparam int BusLog = $clog2(BusBytes);
    localparam logic [12:0] MaxBytes = 13'(MaxBeats * BusBytes);   // a power of two, at most a page
    localparam int MaxLog = $clog2(MaxBeats * BusBytes);
    localparam logic [11:0] BurstMask = 12'(MaxBytes - 13'd1);
    localparam logic [11:0] OffsetMask = 12'(BusBytes - 1);

    // skip: bytes between the address and the place that a longest burst ends MaxBytes behind: the beginning of its
    // beat, or, in the last MaxBytes of the page, the beginning of these.
    logic near;
    logic [11:0] offset, skip;
    logic [12:0] cap_bytes, used;
    logic [LeftBits:0] reach;

    assign near = (address_i | BurstMask) == 12'hfff;
    assign offset = address_i & OffsetMask;
    assign skip = address_i & (near ? BurstMask : OffsetMask);
    assign reach = {1'b0, left_i} + (LeftBits + 1)'(skip);
    assign cap_bytes = MaxBytes - {1'b0, skip};
    assign used = {1'b0, offset} + left_i[12:0] + {1'b0, OffsetMask};
    assign end_o = reach[LeftBits:MaxLog+1] == '0 && (!reach[MaxLog] || reach[MaxLog-1:0] == '0); // at most MaxBytes
    assign bytes_o = end_o ? left_i[12:0] : cap_bytes;
    assign beats_o = end_o ? 7'(used >> BusLog) : 7'((MaxBytes - {1'b0, skip & ~OffsetMask}) >> BusLog);
endmodule

`default_nettype wire
