// SPDX-License-Identifier: Apache-2.0
// First-in first-out queue of Depth words (a power of two) in LUT RAM. Whoever pushes knows that there is
// room. data_o is the oldest word while valid_o, which is a register: a word can be seen the cycle after it
// came. count_o: words inside.
`default_nettype none
module quin_vector_queue #(
    parameter int Width = 8,
    parameter int Depth = 16
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    input  logic                   clear_i,  // what is inside goes, and so does what comes
    input  logic                   push_i,
    input  logic [Width-1:0]       data_i,
    input  logic                   pop_i,    // only while valid_o
    output logic                   valid_o,
    output logic [Width-1:0]       data_o,
    output logic [$clog2(Depth):0] count_o
);
    localparam int Bits = $clog2(Depth);

    logic [Width-1:0] mem [0:Depth-1];
    logic [Bits-1:0]  in_q, out_q;
    logic [Bits:0]    count_q;
    logic             some_q, one_q;  // count_q is not 0, is 1

    always_ff @(posedge clk_i)
        if (push_i) mem[in_q] <= data_i;
    always_ff @(posedge clk_i) begin
        if (!rst_ni || clear_i) begin
            in_q <= '0;
            out_q <= '0;
            count_q <= '0;
            some_q <= 1'b0;
            one_q <= 1'b0;
        end else begin
            if (push_i) in_q <= in_q + 1'b1;
            if (pop_i) out_q <= out_q + 1'b1;
            if (push_i != pop_i) count_q <= push_i ? count_q + 1'b1 : count_q - 1'b1;
            some_q <= push_i || (some_q && !(pop_i && one_q));
            if (push_i != pop_i) one_q <= push_i ? !some_q : count_q == 2;
        end
    end
    assign valid_o = some_q;
    assign data_o = mem[out_q];
    assign count_o = count_q;
endmodule
`default_nettype wire
