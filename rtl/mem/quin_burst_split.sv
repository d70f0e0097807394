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
    localparam logic [12:0] PageBeats = 13'(4096 / BusBytes);
    localparam logic [12:0] OffsetMask = 13'(BusBytes - 1);

    logic [12:0] offset, page_left, cap, cap_bytes, used;

    assign offset = {1'b0, address_i} & OffsetMask;
    assign page_left = PageBeats - ({1'b0, address_i} >> BusLog);
    assign cap = page_left < 13'(MaxBeats) ? page_left : 13'(MaxBeats);
    assign cap_bytes = (cap << BusLog) - offset;
    assign end_o = left_i <= LeftBits'(cap_bytes);
    assign bytes_o = end_o ? left_i[12:0] : cap_bytes;
    assign used = offset + bytes_o + OffsetMask;
    assign beats_o = 7'(used >> BusLog);
endmodule

`default_nettype wire
