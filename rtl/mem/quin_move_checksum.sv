// SPDX-License-Identifier: Apache-2.0
// sum += over the elements e in a scratchpad word of rotl32(e, i mod 32), i = its number in the group; modulo 2^32.
// word_i is word number index_i (modulo 32) of the group, bytes that do not count yet are 0: an element that comes in
// two parts is rotated in two parts, whose sum is the same. A word a cycle, three cycles to sum_o.
`default_nettype none

module quin_move_checksum (
    input  logic                      clk_i,
    input  logic                      rst_ni,
    input  logic                      clear_i,
    input  logic                      valid_i,
    input  logic [31:0]               word_i,
    input  logic [4:0]                index_i,
    input  logic [1:0]                element_i,   // log2 of its bytes
    output logic                      busy_o,
    output logic [31:0]               sum_o
);
    function automatic logic [31:0] rotl(input logic [31:0] x, input logic [4:0] by);
        logic [31:0] r1, r2, r4, r8;
        r1 = by[0] ? {x[30:0], x[31]} : x;
        r2 = by[1] ? {r1[29:0], r1[31:30]} : r1;
        r4 = by[2] ? {r2[27:0], r2[31:28]} : r2;
        r8 = by[3] ? {r4[23:0], r4[31:24]} : r4;
        rotl = by[4] ? {r8[15:0], r8[31:16]} : r8;
    endfunction

    logic [2:0] valid_q;
    logic [31:0] x0_q, r0_q, r1_q, r2_q, r3_q, sum_q;
    logic [16:0] x1_q;
    logic [9:0] x2_q;
    logic [10:0] x3_q;
    logic [4:0] by_q;

    // Stage 1: elements of the word, element j already rotated by j, and what the first of them is rotated by.
    always_ff @(posedge clk_i) begin
        if (valid_i) begin
            case (element_i)
                2'(quin_pkg::ELEMENT_BYTE): begin
                    x0_q <= {24'b0, word_i[7:0]};
                    x1_q <= {8'b0, word_i[15:8], 1'b0};
                    x2_q <= {word_i[23:16], 2'b0};
                    x3_q <= {word_i[31:24], 3'b0};
                    by_q <= {index_i[2:0], 2'b0};
                end
                2'(quin_pkg::ELEMENT_HALF): begin
                    x0_q <= {16'b0, word_i[15:0]};
                    x1_q <= {word_i[31:16], 1'b0};
                    x2_q <= '0;
                    x3_q <= '0;
                    by_q <= {index_i[3:0], 1'b0};
                end
                default: begin
                    x0_q <= word_i;
                    x1_q <= '0;
                    x2_q <= '0;
                    x3_q <= '0;
                    by_q <= index_i;
                end
            endcase
        end
    end

    // Stage 2: only bytes come third and fourth in a word, and they turn by multiples of 4.
    always_ff @(posedge clk_i) begin
        if (valid_q[0]) begin
            r0_q <= rotl(x0_q, by_q);
            r1_q <= rotl({15'b0, x1_q}, by_q);
            r2_q <= rotl({22'b0, x2_q}, {by_q[4:2], 2'b0});
            r3_q <= rotl({21'b0, x3_q}, {by_q[4:2], 2'b0});
        end
    end

    // Stage 3.
    always_ff @(posedge clk_i) begin
        if (!rst_ni) valid_q <= '0;
        else valid_q <= {valid_q[1:0], valid_i};
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni || clear_i) sum_q <= '0;
        else if (valid_q[1]) sum_q <= sum_q + ((r0_q + r1_q) + (r2_q + r3_q));
    end

    assign sum_o = sum_q;
    assign busy_o = valid_i || valid_q != '0;
endmodule

`default_nettype wire
