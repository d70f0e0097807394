// SPDX-License-Identifier: Apache-2.0
// Stage d of five: the columns d, 5 + d, 10 + d .. of all byte lanes, which work in the same cycle. A beat
// comes with the rows that it is for (en_i, from row 0 on; 0: no beat). In the next cycle the stage adds it
// and hands it on: the bytes' remainders, the activations, last, and the number of its trits so far that are
// not zero. Reading (step_i .. sums_o) is that of quin_pe_block. Nothing changes where no beat is.
`default_nettype none

module quin_stage #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int CarryBits = 15,
    parameter int Counters = 1,
    parameter int ReadRows = Rows,                           // divides Rows
    parameter int SumBits = CarryBits + 8,                   // derived
    parameter int TritBits = $clog2(5 * StreamBytes + 1),    // derived
    parameter int WrapBits = $clog2(Rows * StreamBytes + 1)  // derived
) (
    input  logic                              clk_i,
    input  logic                              rst_ni,
    input  logic [Rows-1:0]                   en_i,
    input  logic                              last_i,
    input  logic [8*StreamBytes-1:0]          bytes_i,
    input  logic [8*Rows-1:0]                 act_i,
    input  logic [TritBits-1:0]               trits_i,
    output logic [Rows-1:0]                   en_o,
    output logic                              last_o,
    output logic [8*StreamBytes-1:0]          bytes_o,
    output logic [8*Rows-1:0]                 act_o,
    output logic [TritBits-1:0]               trits_o,
    input  logic                              step_i,
    input  logic                              here_i,
    input  logic [StreamBytes-1:0]            lane_i,
    input  logic [Rows/ReadRows-1:0]          group_i,
    output logic [SumBits*ReadRows-1:0]       sums_o,
    output logic [WrapBits-1:0]               wraps_o   // of a beat, some cycles later
);
    logic                     run_q, end_q;
    logic [StreamBytes-1:0]   plus, minus, plus_q, minus_q;
    logic [8*StreamBytes-1:0] rest;

    function automatic logic [TritBits-1:0] ones(input logic [StreamBytes-1:0] bits);
        integer n;
        ones = '0;
        for (n = 0; n < StreamBytes; n = n + 1) ones = ones + TritBits'(bits[n]);
    endfunction

    // The sums are cleared in the cycle after a reset, before a beat can get to them.
    always_ff @(posedge clk_i) begin
        run_q <= rst_ni;
        en_o <= rst_ni ? en_i : '0;
        end_q <= en_i[0] && last_i;
    end

    always_ff @(posedge clk_i) begin
        if (en_i[0]) begin
            last_o <= last_i;
            act_o <= act_i;
            plus_q <= plus;
            minus_q <= minus;
            bytes_o <= rest;
            trits_o <= trits_i + ones(plus | minus);
        end
    end

    genvar i;
    generate
        for (i = 0; i < StreamBytes; i = i + 1) begin : g_tap
            quin_trit_tap tap (
                .byte_i(bytes_i[8*i +: 8]), .plus_o(plus[i]), .minus_o(minus[i]), .rest_o(rest[8*i +: 8])
            );
        end
    endgenerate

    quin_pe_block #(
        .Rows(Rows), .Lanes(StreamBytes), .CarryBits(CarryBits), .Counters(Counters), .ReadRows(ReadRows)
    ) pes (
        .clk_i, .rst_ni(run_q), .en_i(en_o), .end_i(end_q), .plus_i(plus_q), .minus_i(minus_q),
        .act_i(act_o), .step_i, .here_i, .lane_i, .group_i, .sums_o, .wraps_o
    );
endmodule

`default_nettype wire
