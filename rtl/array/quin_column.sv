// SPDX-License-Identifier: Apache-2.0
// One column: takes a trit off the byte that arrives with load_i and, in the next cycle, gives it to the PEs of all
// rows (en_i, last_i and act_i are of that cycle). rest_o and nz_o belong to the trit in use. wraps_o: wraps of
// this column's PEs at the beat before; only with Counters, and only after a cycle with en_i.
`default_nettype none

module quin_column #(
    parameter int Rows = 8,
    parameter int CarryBits = 15,
    parameter int Counters = 1,
    parameter int SumBits = CarryBits + 8,      // derived
    parameter int WrapBits = $clog2(Rows + 1)  // derived
) (
    input  logic                    clk_i,
    input  logic                    rst_ni,
    input  logic                    load_i,
    input  logic [7:0]              byte_i,
    output logic [7:0]              rest_o,
    output logic                    nz_o,
    input  logic [Rows-1:0]         en_i,
    input  logic                    last_i,
    input  logic [8*Rows-1:0]       act_i,
    output logic [SumBits*Rows-1:0] sums_o,
    output logic [WrapBits-1:0]     wraps_o
);
    // verilator no_inline_module
    // (measured: half as much C++, 1.5 times as fast)
    logic       plus, minus, plus_q, minus_q;
    logic [7:0] rest;

    quin_trit_tap tap (.byte_i, .plus_o(plus), .minus_o(minus), .rest_o(rest));

    always_ff @(posedge clk_i) begin
        if (load_i) begin
            plus_q <= plus;
            minus_q <= minus;
            rest_o <= rest;
        end
    end
    assign nz_o = plus_q || minus_q;

    logic [Rows-1:0] wrap;
    genvar r;
    generate
        for (r = 0; r < Rows; r = r + 1) begin : g_row
            quin_pe #(.CarryBits(CarryBits)) pe (
                .clk_i, .rst_ni,
                .en_i(en_i[r]), .last_i, .plus_i(plus_q), .minus_i(minus_q), .a_i(act_i[8*r +: 8]),
                .wrap_o(wrap[r]), .shadow_o(sums_o[SumBits*r +: SumBits])
            );
        end

        if (Counters != 0) begin : g_wraps
            function automatic logic [WrapBits-1:0] ones(input logic [Rows-1:0] bits);
                integer i;
                ones = '0;
                for (i = 0; i < Rows; i = i + 1) ones = ones + WrapBits'(bits[i]);
            endfunction
            always_ff @(posedge clk_i)
                if (en_i[0]) wraps_o <= ones(wrap);
        end else begin : g_no_wraps
            logic unused_wrap;
            assign unused_wrap = ^wrap;
            assign wraps_o = '0;
        end
    endgenerate
endmodule

`default_nettype wire
