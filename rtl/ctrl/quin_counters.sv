// SPDX-License-Identifier: Apache-2.0
// 64-bit counters of rtl/spec/counters.def: each adds its increment every cycle. One increment of 16 bits a counter, by
// index; clear_i sets all to 0. Read one 32-bit word at a time, combinationally.
`default_nettype none

module quin_counters (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             clear_i,
    input  logic [32*16-1:0] add_i,
    input  logic [5:0]       word_i,
    output logic [31:0]      data_o
);
    logic [63:0] count_q [0:31];

    assign data_o = word_i[0] ? count_q[word_i[5:1]][63:32] : count_q[word_i[5:1]][31:0];

    integer i;
    always_ff @(posedge clk_i) begin
        for (i = 0; i < 32; i = i + 1)
            if (!rst_ni || clear_i)
                count_q[i] <= '0;
            else if (add_i[16*i +: 16] != '0)
                count_q[i] <= count_q[i] + {48'd0, add_i[16*i +: 16]};
    end
endmodule

`default_nettype wire
