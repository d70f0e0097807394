// SPDX-License-Identifier: Apache-2.0
// groups = number of all-zero groups of four bits above the first group with a one, x_o = x_i << 4 * groups; for
// x_i = 0 x_o is 0 and groups has no meaning. Combinational; Width is a multiple of 4. All bits of groups come from
// flags of the groups at a time; the selections follow, from the greatest to the least.
`default_nettype none
module quin_lead #(
    parameter int Width = 24,
    parameter int Bits = $clog2(Width / 4)  // derived
) (
    input  logic [Width-1:0] x_i,
    output logic [Bits-1:0]  groups_o,
    output logic [Width-1:0] x_o
);
    localparam int Groups = Width / 4;

    logic [Groups-1:0] some;  // group has a one
    logic [Bits-1:0]   groups;
    logic [Width-1:0]  left;
    integer            group, level;

    generate
        genvar g;
        for (g = 0; g < Groups; g = g + 1) begin : g_group
            assign some[g] = x_i[4*g +: 4] != 0;
        end
    endgenerate

    always_comb begin
        groups = '0;
        for (group = 0; group < Groups; group = group + 1)
            if (some[group]) groups = Bits'(Groups - 1 - group);
        left = x_i;
        for (level = Bits - 1; level >= 0; level = level - 1)
            if (groups[level]) left = left << (4 << level);
    end
    assign groups_o = groups;
    assign x_o = left;
endmodule
`default_nettype wire
