// SPDX-License-Identifier: Apache-2.0
// R rows x C = 5 W columns, output stationary: sum[r][c] = sum over a tile's beats of trit[c] * act[r],
// exact. Byte lane b feeds columns 5 b .. 5 b + 4. The beat of cycle t (en_i not 0: the rows that it is for)
// is added by columns 5 b + d of all lanes in cycle t + 1 + d; last_i marks the last beat of a tile, the beat
// behind it starts the next tile, which may be for other rows. A cycle without a beat is a gap. The sums of a
// tile stay in shadows until the next tile's last beat: done_o marks the cycle after which those of columns 5
// b are there; columns 5 b + d follow d cycles later, so that a reader who takes them in order may start at
// once. step_i, a register since it goes to every PE, moves reading on; read_i (with step_i) asks for the column of lane
// b and stage d in a group of ReadRows rows, which is taken with the next step: sums_o are there after the step behind
// that, until the one after; what rows without beats give has no meaning. The caller offers no last beat while a shadow
// is still to be taken. Counts are amounts of one cycle.
`default_nettype none

module quin_array #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int CarryBits = 15,
    parameter int Counters = 1,                             // 0: count_wraps_o is 0
    // Rows read at once: reading takes Rows / ReadRows * Columns cycles of a tile.
    parameter int ReadRows = Rows % StreamBytes != 0 ? Rows : StreamBytes <= 4 ? StreamBytes / 2 : StreamBytes,
    parameter int GroupBits = Rows > ReadRows ? $clog2(Rows / ReadRows) : 1,  // derived
    parameter int Columns = 5 * StreamBytes,                // derived
    parameter int SumBits = CarryBits + 8,                  // derived
    parameter int LaneBits = $clog2(StreamBytes),           // derived
    parameter int CountBits = $clog2(Rows * Columns + 1)    // derived
) (
    input  logic                              clk_i,
    input  logic                              rst_ni,
    input  logic [Rows-1:0]                   en_i,      // from row 0 on
    input  logic                              last_i,
    input  logic [8*StreamBytes-1:0]          beat_i,
    input  logic [8*Rows-1:0]                 act_i,     // int8; 0 for rows without the beat
    output logic                              done_o,
    input  logic                              read_i,
    input  logic                              step_i,
    input  logic [LaneBits-1:0]               lane_i,
    input  logic [2:0]                        stage_i,
    input  logic [GroupBits-1:0]              group_i,
    output logic [SumBits*ReadRows-1:0]       sums_o,
    output logic [CountBits-1:0]              count_adds_o,
    output logic [CountBits-1:0]              count_skipped_o,
    output logic [CountBits-1:0]              count_wraps_o
);
    localparam int TritBits = $clog2(Columns + 1);
    localparam int RowBits = $clog2(Rows + 1);
    localparam int WrapBits = $clog2(Rows * StreamBytes + 1);
    localparam int BeatBits = 8 * StreamBytes, ActBits = 8 * Rows, ReadBits = SumBits * ReadRows;

    // Between the stages; index 0 is what enters.
    logic [Rows*6-1:0]     en;
    logic [5:0]            last;
    logic [BeatBits*6-1:0] bytes;
    logic [ActBits*6-1:0]  act;
    logic [TritBits*6-1:0] trits;
    logic [WrapBits*5-1:0] wraps;
    logic [ReadBits*5-1:0] sums;
    logic unused_end;

    assign en[Rows-1:0] = en_i;
    assign last[0] = last_i;
    assign bytes[BeatBits-1:0] = beat_i;
    assign act[ActBits-1:0] = act_i;
    assign trits[TritBits-1:0] = '0;
    assign unused_end = ^{last[5], bytes[BeatBits*5 +: BeatBits]};
    assign done_o = en[Rows] && last[1];

    // What is asked for, until the next step: a bit for each lane, stage and group; no stage: nothing.
    localparam int Groups = Rows / ReadRows;
    logic [4:0]             stage_q;
    logic [StreamBytes-1:0] lane_q;
    logic [Groups-1:0]      group_q;
    always_ff @(posedge clk_i) begin : ask
        integer i;
        if (step_i) begin
            for (i = 0; i < 5; i = i + 1) stage_q[i] <= read_i && stage_i == 3'(i);
            for (i = 0; i < StreamBytes; i = i + 1) lane_q[i] <= lane_i == LaneBits'(i);
            for (i = 0; i < Groups; i = i + 1) group_q[i] <= group_i == GroupBits'(i);
        end
    end

    genvar d;
    generate
        for (d = 0; d < 5; d = d + 1) begin : g_stage
            quin_stage #(
                .Rows(Rows), .StreamBytes(StreamBytes), .CarryBits(CarryBits), .Counters(Counters),
                .ReadRows(ReadRows)
            ) stage (
                .clk_i, .rst_ni,
                .en_i(en[Rows*d +: Rows]), .last_i(last[d]), .bytes_i(bytes[BeatBits*d +: BeatBits]),
                .act_i(act[ActBits*d +: ActBits]), .trits_i(trits[TritBits*d +: TritBits]),
                .en_o(en[Rows*(d+1) +: Rows]), .last_o(last[d+1]),
                .bytes_o(bytes[BeatBits*(d+1) +: BeatBits]), .act_o(act[ActBits*(d+1) +: ActBits]),
                .trits_o(trits[TritBits*(d+1) +: TritBits]),
                .step_i, .here_i(stage_q[d]), .lane_i(lane_q), .group_i(group_q),
                .sums_o(sums[ReadBits*d +: ReadBits]), .wraps_o(wraps[WrapBits*d +: WrapBits])
            );
        end
    endgenerate

    // All but the wanted stage give 0.
    function automatic logic [ReadBits-1:0] joined(input logic [ReadBits*5-1:0] all);
        integer i;
        joined = '0;
        for (i = 0; i < 5; i = i + 1) joined = joined | all[ReadBits*i +: ReadBits];
    endfunction
    assign sums_o = joined(sums);

    // A beat is counted when it has passed: trits that are not zero times activations that are not.
    // The product is a few additions, no multiplier, in two steps.
    function automatic logic [RowBits-1:0] active(input logic [ActBits-1:0] a);
        integer i;
        active = '0;
        for (i = 0; i < Rows; i = i + 1) active = active + RowBits'(a[8*i +: 8] != 8'd0);
    endfunction

    function automatic logic [CountBits-1:0] times(input logic [TritBits-1:0] beat, input logic [RowBits-1:0] rows);
        integer i;
        times = '0;
        for (i = 0; i < RowBits; i = i + 1)
            if (rows[i]) times = times + (CountBits'(beat) << i);
    endfunction

    function automatic logic [CountBits-1:0] places(input logic [Rows-1:0] rows);
        integer i;
        places = '0;
        for (i = 0; i < Rows; i = i + 1) if (rows[i]) places = CountBits'((i + 1) * Columns);
    endfunction

    function automatic logic [CountBits-1:0] total(input logic [WrapBits*5-1:0] counts);
        integer i;
        total = '0;
        for (i = 0; i < 5; i = i + 1) total = total + CountBits'(counts[WrapBits*i +: WrapBits]);
    endfunction

    localparam logic [RowBits-1:0] Low = RowBits'((1 << (RowBits / 2)) - 1); // half of the additions
    logic                 passed_q, timed_q, counted_q;
    logic [Rows-1:0]      rows_q;
    logic [RowBits-1:0]   active_q;
    logic [TritBits-1:0]  trits_q;
    logic [CountBits-1:0] low_q, high_q, adds_q, all_q, places_q;
    assign count_adds_o = counted_q ? adds_q : '0;
    assign count_skipped_o = counted_q ? places_q - adds_q : '0;

    always_ff @(posedge clk_i) begin
        passed_q <= rst_ni && en[Rows*5];
        timed_q <= rst_ni && passed_q;
        counted_q <= rst_ni && timed_q;
        if (en[Rows*5]) begin
            rows_q <= en[Rows*5 +: Rows];
            active_q <= active(act[ActBits*5 +: ActBits]);
            trits_q <= trits[TritBits*5 +: TritBits];
        end
        if (passed_q) begin
            low_q <= times(trits_q, active_q & Low);
            high_q <= times(trits_q, active_q & ~Low);
            all_q <= places(rows_q);
        end
        if (timed_q) begin
            adds_q <= low_q + high_q;
            places_q <= all_q;
        end
        if (!rst_ni) count_wraps_o <= '0;
        else count_wraps_o <= total(wraps);
    end
endmodule

`default_nettype wire
