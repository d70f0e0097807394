// SPDX-License-Identifier: Apache-2.0
// Proof: five taps in a row take the five trits off a packed byte q, most significant first, as docs/numerics.md has
// it: for all 256 bytes those of u = floor(q * 243 / 256), for the byte of five given trits these trits, and each
// remainder is 3 * q mod 256. Combinational: one step is everything.
`default_nettype none

module trit_tap (
    input logic [7:0] byte_i,
    input logic [9:0] trits_i  // five of 0, 1, 2 = trit + 1, the first in the low bits
);
    logic [7:0] q [0:5];
    logic [4:0] plus, minus;
    assign q[0] = byte_i;
    for (genvar i = 0; i < 5; i++) begin : g_tap
        quin_trit_tap tap (.byte_i(q[i]), .plus_o(plus[i]), .minus_o(minus[i]), .rest_o(q[i+1]));
    end

    function automatic logic [31:0] power(input int i); // 3^(4 - i)
        power = i == 0 ? 32'd81 : i == 1 ? 32'd27 : i == 2 ? 32'd9 : i == 3 ? 32'd3 : 32'd1;
    endfunction

    logic [31:0] u, code;
    logic coded;
    assign u = ({24'b0, byte_i} * 32'd243) >> 8;
    always_comb begin
        code = 32'd0;
        for (int i = 0; i < 5; i++) begin
            assume (trits_i[2*i +: 2] != 2'd3);
            code = code + power(i) * {30'b0, trits_i[2*i +: 2]};
        end
    end
    // The byte is the code of the given trits: ceil(code * 256 / 243).
    assign coded = {24'b0, byte_i} * 32'd243 >= code * 32'd256 && {24'b0, byte_i} * 32'd243 < code * 32'd256 + 32'd243;

    always_comb begin
        for (int i = 0; i < 5; i++) begin
            assert (!(plus[i] && minus[i]));
            assert ({plus[i], !plus[i] && !minus[i]} == 2'((u / power(i)) % 32'd3));
            assert (q[i+1] == 8'({8'b0, q[i]} * 16'd3));
            if (coded) assert ({plus[i], !plus[i] && !minus[i]} == trits_i[2*i +: 2]);
        end
    end
endmodule

`default_nettype wire
