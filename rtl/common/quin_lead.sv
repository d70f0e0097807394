// SPDX-License-Identifier: Apache-2.0
// zeros = number of zeros above the leading one of x; meaningless if x is 0. Combinational; a tree of
// halvings: at each level the upper half is kept if it has a one, else the lower half, whose weight counts.
`default_nettype none
module quin_lead #(
    parameter int Width = 24,
    parameter int Bits = $clog2(Width)
) (
    input  logic [Width-1:0] x_i,
    output logic [Bits-1:0]  zeros_o
);
    localparam int Full = 1 << Bits;

    logic [Full-1:0] rest;  // the half that is left, in the upper bits; what lies below is not read
    logic [Bits-1:0] zeros;
    integer level;

    always_comb begin
        rest = '0;
        rest[Full-1 -: Width] = x_i;
        zeros = '0;
        for (level = Bits - 1; level >= 0; level = level - 1) begin
            if ((rest >> (Full - (1 << level))) == 0) begin
                zeros[level] = 1'b1;
                rest = rest << (1 << level);
            end
        end
    end
    assign zeros_o = zeros;
endmodule
`default_nettype wire
