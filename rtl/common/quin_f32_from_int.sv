// SPDX-License-Identifier: Apache-2.0
// y = x as binary32, halves to even; 0 gives +0. x is signed, 40 bits, every value. Latency 3
// (quin_cell_pkg::F32_FROM_INT_LATENCY), one number a cycle; en_i = 0 freezes the pipeline.
//   1: magnitude   2: normalise to groups of four bits   3: to the bit; round, pack
`default_nettype none
module quin_f32_from_int (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        en_i,
    input  logic [39:0] x_i,
    output logic [31:0] y_o
);
    logic unused_reset;  // no register needs a reset
    assign unused_reset = rst_ni;

    logic [39:0] magnitude_q;
    logic        sign1_q, sign2_q;
    logic [39:0] coarse, coarse_q;  // leading one among the four highest bits, or 0
    logic [3:0]  groups, groups_q;  // of four zeros each that were above

    quin_lead #(.Width(40)) lead (.x_i(magnitude_q), .groups_o(groups), .x_o(coarse));

    // 2^39 has the exponent field 127 + 39. The 24 leading bits are the significand, below lie the guard bit
    // and 15 bits that count as sticky. Exponent and fraction are rounded as one integer.
    logic [38:0] normal;  // without the leading one
    logic [1:0]  zeros;
    logic        round_up;
    logic [7:0]  exponent;
    logic [30:0] rounded;
    assign zeros = {coarse_q[39:38] == 0, !coarse_q[39] && (coarse_q[38] || !coarse_q[37])};
    assign normal = coarse_q[38:0] << zeros;
    assign round_up = normal[15] && (normal[14:0] != 0 || normal[16]);
    assign exponent = 8'd166 - {2'b0, groups_q, zeros};
    assign rounded = {exponent, normal[38:16]} + {30'b0, round_up};

    always_ff @(posedge clk_i) begin
        if (en_i) begin
            magnitude_q <= x_i[39] ? -x_i : x_i;
            sign1_q <= x_i[39];
            coarse_q <= coarse;
            groups_q <= groups;
            sign2_q <= sign1_q;
            y_o <= coarse_q[39:36] != 0 ? {sign2_q, rounded} : 32'h0;
        end
    end
endmodule
`default_nettype wire
