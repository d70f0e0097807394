// SPDX-License-Identifier: Apache-2.0
// Stage d of five: the columns d, 5 + d, 10 + d .. of all byte lanes, which work in the same cycle. A beat comes with
// valid_i; in the next cycle the stage adds it and hands it on: the bytes' remainders, the activations and last.
// Beside it travel the number of rows whose activation is not zero and the number of trits so far that are not.
// Nothing changes where no beat is.
`default_nettype none

module quin_stage #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int CarryBits = 15,
    parameter int Counters = 1,
    parameter int SumBits = CarryBits + 8,                            // derived
    parameter int RowBits = $clog2(Rows + 1),                         // derived
    parameter int TritBits = $clog2(5 * StreamBytes + 1),             // derived
    parameter int WrapBits = $clog2(Rows * StreamBytes + 1)           // derived
) (
    input  logic                                clk_i,
    input  logic                                rst_ni,
    input  logic [Rows-1:0]                     row_en_i,  // constant while beats are in the array
    input  logic                                valid_i,
    input  logic                                last_i,
    input  logic [8*StreamBytes-1:0]            bytes_i,
    input  logic [8*Rows-1:0]                   act_i,
    input  logic [RowBits-1:0]                  actives_i,
    input  logic [TritBits-1:0]                 trits_i,
    output logic                                valid_o,
    output logic                                last_o,
    output logic [8*StreamBytes-1:0]            bytes_o,
    output logic [8*Rows-1:0]                   act_o,
    output logic [RowBits-1:0]                  actives_o,
    output logic [TritBits-1:0]                 trits_o,
    output logic [SumBits*Rows*StreamBytes-1:0] sums_o,    // the shadows, lane by lane, row by row
    output logic [WrapBits-1:0]                 wraps_o    // of the beat before, 0 if there was none
);
    localparam int ColumnWrapBits = $clog2(Rows + 1);

    logic [Rows-1:0]                       en_q;
    logic [TritBits-1:0]                   trits_q;
    logic [StreamBytes-1:0]                nz;
    logic [ColumnWrapBits*StreamBytes-1:0] wraps;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            valid_o <= 1'b0;
            en_q <= '0;
        end else begin
            valid_o <= valid_i;
            en_q <= row_en_i & {Rows{valid_i}};
        end
    end

    always_ff @(posedge clk_i) begin
        if (valid_i) begin
            last_o <= last_i;
            act_o <= act_i;
            actives_o <= actives_i;
            trits_q <= trits_i;
        end
    end

    genvar b;
    generate
        for (b = 0; b < StreamBytes; b = b + 1) begin : g_lane
            quin_column #(.Rows(Rows), .CarryBits(CarryBits), .Counters(Counters)) column (
                .clk_i, .rst_ni,
                .load_i(valid_i), .byte_i(bytes_i[8*b +: 8]), .rest_o(bytes_o[8*b +: 8]), .nz_o(nz[b]),
                .en_i(en_q), .last_i(last_o), .act_i(act_o),
                .sums_o(sums_o[SumBits*Rows*b +: SumBits*Rows]),
                .wraps_o(wraps[ColumnWrapBits*b +: ColumnWrapBits])
            );
        end
    endgenerate

    function automatic logic [TritBits-1:0] ones(input logic [StreamBytes-1:0] bits);
        integer i;
        ones = '0;
        for (i = 0; i < StreamBytes; i = i + 1) ones = ones + TritBits'(bits[i]);
    endfunction
    assign trits_o = trits_q + ones(nz);

    generate
        if (Counters != 0) begin : g_wraps
            logic before_q;  // the beat before is in wraps
            always_ff @(posedge clk_i) begin
                if (!rst_ni) before_q <= 1'b0;
                else before_q <= valid_o;
            end

            function automatic logic [WrapBits-1:0] total(input logic [ColumnWrapBits*StreamBytes-1:0] counts);
                integer i;
                total = '0;
                for (i = 0; i < StreamBytes; i = i + 1)
                    total = total + WrapBits'(counts[ColumnWrapBits*i +: ColumnWrapBits]);
            endfunction
            assign wraps_o = before_q ? total(wraps) : '0;
        end else begin : g_no_wraps
            logic unused_wraps;
            assign unused_wraps = ^wraps;
            assign wraps_o = '0;
        end
    endgenerate
endmodule

`default_nettype wire
