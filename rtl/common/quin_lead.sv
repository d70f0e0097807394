// SPDX-License-Identifier: Apache-2.0
// zeros = number of zeros above the leading one of x, normal = x << zeros; for x = 0 normal is 0 and zeros
// has no meaning. Combinational; halvings: a level asks whether the upper half of what is left is zero and,
// if so, takes the lower half and counts the level's weight. The questions are put to flags of groups of four
// bits, which move along with the bits, so that a level waits for one selection only.
`default_nettype none
module quin_lead #(
    parameter int Width = 24,
    parameter int Bits = $clog2(Width)
) (
    input  logic [Width-1:0] x_i,
    output logic [Bits-1:0]  zeros_o,
    output logic [Width-1:0] normal_o
);
    localparam int Full = 1 << Bits;
    localparam int Groups = Full / 4;

    logic [Full-1:0]   start, left;
    logic [Groups-1:0] start_some, some;  // group has a one
    logic [Bits-1:0]   zeros;
    logic              empty;
    integer            level;

    assign start = Full'(x_i) << (Full - Width);
    generate
        genvar group;
        for (group = 0; group < Groups; group = group + 1) begin : g_group
            assign start_some[group] = start[4*group +: 4] != 0;
        end
    endgenerate

    always_comb begin
        left = start;
        some = start_some;
        zeros = '0;
        for (level = Bits - 1; level >= 0; level = level - 1) begin
            if (level >= 2)
                empty = some >> (Groups - (1 << level) / 4) == 0;
            else
                empty = left >> (Full - (1 << level)) == 0;
            if (empty) begin
                zeros[level] = 1'b1;
                left = left << (1 << level);
                some = some << ((1 << level) / 4);
            end
        end
    end
    assign zeros_o = zeros;
    assign normal_o = left[Full-1 -: Width];
endmodule
`default_nettype wire
