// SPDX-License-Identifier: Apache-2.0
// The PEs of one stage, Rows x Lanes: a row shares its activation, a lane its trit. en_i: the rows from row 0 on
// that the beat is for; end_i: it is a tile's last. wraps_o: how many PEs wrapped at a beat, some cycles later.
// step_i with here_i takes the shadows of the lane and of the group of ReadRows rows that lane_i and group_i mark, or
// without here_i 0; the next step_i gives them, sums_o, which hold until the one after. For
// synthesis, Icarus and proofs a PE is a quin_pe. Verilator gets the same as a loop over two arrays: code that stays in
// the processor's cache, and rows that are not in use cost nothing. With QUIN_STRUCTURE it takes quin_pe too.
`default_nettype none

module quin_pe_block #(
    parameter int Rows = 8,
    parameter int Lanes = 8,
    parameter int CarryBits = 15,
    parameter int Counters = 1,                            // 0: wraps_o is 0
    parameter int ReadRows = Rows,                         // divides Rows
    parameter int Groups = Rows / ReadRows,                // derived
    parameter int SumBits = CarryBits + 8,                 // derived
    parameter int WrapBits = $clog2(Rows * Lanes + 1)      // derived
) (
    input  logic                        clk_i,
    input  logic                        rst_ni,
    input  logic [Rows-1:0]             en_i,
    input  logic                        end_i,
    input  logic [Lanes-1:0]            plus_i,
    input  logic [Lanes-1:0]            minus_i,
    input  logic [8*Rows-1:0]           act_i,
    input  logic                        step_i,
    input  logic                        here_i,
    input  logic [Lanes-1:0]            lane_i,       // one bit
    input  logic [Groups-1:0]           group_i,      // one bit
    output logic [SumBits*ReadRows-1:0] sums_o,
    output logic [WrapBits-1:0]         wraps_o
);
`ifdef VERILATOR
`ifndef QUIN_STRUCTURE
`define QUIN_LOOP
`endif
`endif

`ifdef QUIN_LOOP
    // Written in place: only this block reads acc_q, and nobody reads a shadow in the cycle that writes it.
    /* verilator lint_off BLKSEQ */
    logic [SumBits-1:0] acc_q [0:Rows*Lanes-1];
    logic [SumBits-1:0] shadow_q [0:Rows*Lanes-1];

    logic [SumBits-1:0] plus_mask [0:Lanes-1];   // of the beat, for all rows
    logic [SumBits-1:0] minus_mask [0:Lanes-1];

    always_ff @(posedge clk_i) begin : step
        integer r, i;
        logic [SumBits-1:0] a, acc, sum;
        logic [WrapBits-1:0] wraps;
        r = 0;
        a = '0;
        acc = '0;
        sum = '0;
        wraps = '0;
        if (en_i[0]) begin
            for (i = 0; i < Lanes; i = i + 1) begin
                plus_mask[i] = {SumBits{plus_i[i]}};
                minus_mask[i] = {SumBits{minus_i[i]}};
            end
            while (r < Rows && en_i[r]) begin
                a = {{CarryBits{act_i[8*r+7]}}, act_i[8*r +: 8]};
                for (i = 0; i < Lanes; i = i + 1) begin
                    acc = acc_q[r * Lanes + i];
                    sum = acc + ((a & plus_mask[i]) | (~a & minus_mask[i])) - minus_mask[i];
                    // hi moves by one at a wrap and else not at all: its lowest bit tells.
                    wraps = wraps + WrapBits'(((acc ^ sum) >> 8) & SumBits'(1));
                    acc_q[r * Lanes + i] = sum;
                end
                if (end_i) begin
                    for (i = 0; i < Lanes; i = i + 1) begin
                        shadow_q[r * Lanes + i] = acc_q[r * Lanes + i];
                        acc_q[r * Lanes + i] = '0;
                    end
                end
                r = r + 1;
            end
        end
        if (!rst_ni)
            for (i = 0; i < Rows * Lanes; i = i + 1) acc_q[i] = '0;
        wraps_o <= Counters != 0 ? wraps : '0;
    end

    logic [SumBits*ReadRows-1:0] taken_q;
    logic here_q;
    always_ff @(posedge clk_i) begin : read
        integer r, i, first;
        first = 0;
        if (step_i && here_i) begin
            for (i = 0; i < Lanes; i = i + 1) if (lane_i[i]) first = i;
            for (r = 0; r < Groups; r = r + 1) if (group_i[r]) first = first + r * ReadRows * Lanes;
            for (r = 0; r < ReadRows; r = r + 1)
                taken_q[SumBits*r +: SumBits] <= shadow_q[first + r * Lanes];
        end
        if (step_i) begin
            here_q <= here_i;
            sums_o <= here_q ? taken_q : '0;
        end
    end
    /* verilator lint_on BLKSEQ */
`else
    logic [SumBits*Rows*Lanes-1:0] shadows;  // row by row
    logic [Rows*Lanes-1:0]         wrap;
    genvar r, i;
    generate
        for (r = 0; r < Rows; r = r + 1) begin : g_row
            for (i = 0; i < Lanes; i = i + 1) begin : g_lane
                quin_pe #(.CarryBits(CarryBits)) pe (
                    .clk_i, .rst_ni, .en_i(en_i[r]), .end_i, .plus_i(plus_i[i]), .minus_i(minus_i[i]),
                    .a_i(act_i[8*r +: 8]), .wrap_o(wrap[r*Lanes+i]),
                    .shadow_o(shadows[SumBits*(r*Lanes+i) +: SumBits])
                );
            end
        end

        if (Counters != 0) begin : g_wraps
            function automatic logic [WrapBits-1:0] wrapped(input logic [Rows*Lanes-1:0] bits);
                integer n;
                wrapped = '0;
                for (n = 0; n < Rows * Lanes; n = n + 1) wrapped = wrapped + WrapBits'(bits[n]);
            endfunction
            logic [Rows*Lanes-1:0] wrap_q;
            always_ff @(posedge clk_i) begin
                wrap_q <= wrap;
                wraps_o <= wrapped(wrap_q);
            end
        end else begin : g_no_wraps
            logic unused_wrap;
            assign unused_wrap = ^wrap;
            assign wraps_o = '0;
        end
    endgenerate

    // The choice is made by registers' synchronous resets, which cost no gates: what is not wanted is taken as 0 into a
    // register of each PE, and behind these stands an OR.
    logic [Groups*Lanes-1:0]       away;   // a lane's rows that are not wanted
    logic [SumBits*Rows*Lanes-1:0] taken;  // as shadows
    generate
        for (r = 0; r < Groups; r = r + 1) begin : g_group
            for (i = 0; i < Lanes; i = i + 1) begin : g_away
                assign away[r*Lanes+i] = step_i && !(here_i && lane_i[i] && group_i[r]);
            end
        end
        for (r = 0; r < Rows * Lanes; r = r + 1) begin : g_taken
            logic [SumBits-1:0] taken_q;
            always_ff @(posedge clk_i) begin
                if (away[(r/Lanes/ReadRows)*Lanes+r%Lanes]) taken_q <= '0;
                else if (step_i) taken_q <= shadows[SumBits*r +: SumBits];
            end
            assign taken[SumBits*r +: SumBits] = taken_q;
        end
    endgenerate

    function automatic logic [SumBits*ReadRows-1:0] joined(input logic [SumBits*Rows*Lanes-1:0] all);
        integer n, k;
        joined = '0;
        for (n = 0; n < Rows; n = n + 1)
            for (k = 0; k < Lanes; k = k + 1)
                joined[SumBits*(n%ReadRows) +: SumBits] = joined[SumBits*(n%ReadRows) +: SumBits] |
                    all[SumBits*(n*Lanes+k) +: SumBits];
    endfunction
    always_ff @(posedge clk_i)
        if (step_i) sums_o <= joined(taken);
`endif
endmodule

`default_nettype wire
