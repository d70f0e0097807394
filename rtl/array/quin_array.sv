// SPDX-License-Identifier: Apache-2.0
// R rows x C = 5 W columns, output stationary: sum[r][c] = sum over a tile's beats of trit[c] * act[r], exact.
// Byte lane b feeds columns 5 b .. 5 b + 4. The beat of cycle t is added by columns 5 b + d of all lanes in cycle
// t + 1 + d; last_i marks the last beat of a tile, the beat behind it starts the next tile. A cycle without
// valid_i is a gap. The sums of a tile stay in shadows until the next tile's last beat:
// done_o marks the cycle after which those of columns 5 b are there; columns 5 b + d follow d cycles later, so that a
// reader who takes them in order may start at once. read_i, column_i: sums_o[r] in the cycle after, held.
// The caller offers no last beat while a shadow is still to be read. Counts are amounts of one cycle.
`default_nettype none

module quin_array #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int CarryBits = 15,
    parameter int Counters = 1,                             // 0: count_wraps_o is 0
    parameter int Columns = 5 * StreamBytes,                // derived
    parameter int SumBits = CarryBits + 8,                  // derived
    parameter int ColumnBits = $clog2(Columns),             // derived
    parameter int CountBits = $clog2(Rows * Columns + 1)   // derived
) (
    input  logic                     clk_i,
    input  logic                     rst_ni,
    input  logic [Rows-1:0]          row_en_i,  // rows in use, from row 0 on; constant while beats are in the array
    input  logic                     valid_i,
    input  logic                     last_i,
    input  logic [8*StreamBytes-1:0] beat_i,
    input  logic [8*Rows-1:0]        act_i,     // int8; 0 for rows not in use
    output logic                     done_o,
    input  logic                     read_i,
    input  logic [ColumnBits-1:0]    column_i,
    output logic [SumBits*Rows-1:0]  sums_o,
    output logic [CountBits-1:0]     count_adds_o,
    output logic [CountBits-1:0]     count_skipped_o,
    output logic [CountBits-1:0]     count_wraps_o
);
    localparam int RowBits = $clog2(Rows + 1);
    localparam int TritBits = $clog2(Columns + 1);
    localparam int WrapBits = $clog2(Rows * StreamBytes + 1);
    localparam int BeatBits = 8 * StreamBytes, ActBits = 8 * Rows;

    // Between the stages; index 0 is what enters.
    logic [5:0]            valid, last;
    logic [BeatBits*6-1:0] bytes;
    logic [ActBits*6-1:0]  act;
    logic [RowBits*6-1:0]  actives;
    logic [TritBits*6-1:0] trits;
    logic [WrapBits*5-1:0] wraps;
    logic [SumBits*Rows*Columns-1:0] shadows;  // stage by stage, lane by lane, row by row
    logic unused_end;

    function automatic logic [RowBits-1:0] active_rows(input logic [ActBits-1:0] a);
        integer i;
        active_rows = '0;
        for (i = 0; i < Rows; i = i + 1) active_rows = active_rows + RowBits'(a[8*i +: 8] != 8'd0);
    endfunction

    assign valid[0] = valid_i;
    assign last[0] = last_i;
    assign bytes[BeatBits-1:0] = beat_i;
    assign act[ActBits-1:0] = act_i;
    assign actives[RowBits-1:0] = active_rows(act_i);
    assign trits[TritBits-1:0] = '0;
    assign unused_end = ^{last[5], bytes[BeatBits*5 +: BeatBits], act[ActBits*5 +: ActBits]};
    assign done_o = valid[1] && last[1];

    genvar d;
    generate
        for (d = 0; d < 5; d = d + 1) begin : g_stage
            quin_stage #(.Rows(Rows), .StreamBytes(StreamBytes), .CarryBits(CarryBits), .Counters(Counters)) stage (
                .clk_i, .rst_ni, .row_en_i,
                .valid_i(valid[d]), .last_i(last[d]), .bytes_i(bytes[BeatBits*d +: BeatBits]),
                .act_i(act[ActBits*d +: ActBits]), .actives_i(actives[RowBits*d +: RowBits]),
                .trits_i(trits[TritBits*d +: TritBits]),
                .valid_o(valid[d+1]), .last_o(last[d+1]), .bytes_o(bytes[BeatBits*(d+1) +: BeatBits]),
                .act_o(act[ActBits*(d+1) +: ActBits]), .actives_o(actives[RowBits*(d+1) +: RowBits]),
                .trits_o(trits[TritBits*(d+1) +: TritBits]),
                .sums_o(shadows[SumBits*Rows*StreamBytes*d +: SumBits*Rows*StreamBytes]),
                .wraps_o(wraps[WrapBits*d +: WrapBits])
            );
        end
    endgenerate

    // Columns leave in their own order: AND and OR, so that no chain of choices arises.
    function automatic logic [SumBits*Rows-1:0] pick(input logic [SumBits*Rows*Columns-1:0] all,
                                                     input logic [ColumnBits-1:0] column);
        integer c;
        pick = '0;
        for (c = 0; c < Columns; c = c + 1)
            pick = pick | (all[SumBits*Rows*(StreamBytes*(c%5) + c/5) +: SumBits*Rows]
                           & {SumBits*Rows{column == ColumnBits'(c)}});
    endfunction

    always_ff @(posedge clk_i)
        if (read_i) sums_o <= pick(shadows, column_i);

    // A beat is counted when it has passed: trits that are not zero times activations that are not.
    logic [CountBits-1:0] adds, slots;
    assign adds = CountBits'(trits[TritBits*5 +: TritBits]) * CountBits'(actives[RowBits*5 +: RowBits]);

    function automatic logic [CountBits-1:0] places(input logic [Rows-1:0] rows);
        integer i;
        places = '0;
        for (i = 0; i < Rows; i = i + 1) if (rows[i]) places = places + CountBits'(Columns);
    endfunction
    assign slots = places(row_en_i);

    function automatic logic [CountBits-1:0] total(input logic [WrapBits*5-1:0] counts);
        integer i;
        total = '0;
        for (i = 0; i < 5; i = i + 1) total = total + CountBits'(counts[WrapBits*i +: WrapBits]);
    endfunction

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            count_adds_o <= '0;
            count_skipped_o <= '0;
            count_wraps_o <= '0;
        end else begin
            count_adds_o <= valid[5] ? adds : '0;
            count_skipped_o <= valid[5] ? slots - adds : '0;
            count_wraps_o <= total(wraps);
        end
    end
endmodule

`default_nettype wire
