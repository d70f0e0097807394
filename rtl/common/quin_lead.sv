// SPDX-License-Identifier: Apache-2.0
// zeros = number of zeros above the leading one of x, normal = x << zeros; for x = 0 normal is 0 and zeros has
// no meaning. Combinational; halvings: a level asks whether the upper half of what is left is zero and, if so,
// takes the lower half and counts the level's weight. The questions are put to flags of groups of four bits,
// which move along with the bits, so that a level waits for one selection only.
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

    /* verilator lint_off UNUSEDSIGNAL */ // the low bits of left: Width may be less than Full
    logic [Full-1:0]   left;
    /* verilator lint_on UNUSEDSIGNAL */
    logic [Groups-1:0] some;  // group has a one
    logic [Bits-1:0]   zeros;
    integer            level, group;

    always_comb begin
        left = '0;
        left[Full-1 -: Width] = x_i;
        for (group = 0; group < Groups; group = group + 1)
            some[group] = left[4 * group +: 4] != 0;
        for (level = Bits - 1; level >= 2; level = level - 1) begin
            zeros[level] = (some >> (Groups - (1 << (level - 2)))) == 0;
            if (zeros[level]) begin
                left = left << (1 << level);
                some = some << (1 << (level - 2));
            end
        end
        zeros[1] = left[Full-1 -: 2] == 0;
        if (zeros[1]) left = left << 2;
        zeros[0] = !left[Full-1];
        if (zeros[0]) left = left << 1;
    end
    assign zeros_o = zeros;
    assign normal_o = left[Full-1 -: Width];
endmodule
`default_nettype wire
