// SPDX-License-Identifier: Apache-2.0
// From the shadows of a tile to binary32 words in the scratchpad, while the array works on the next tile:
//   y = 0;  for d in 0 .. D - 1:  y = 3 y + sum[r][D j + d]
//   sp[dst_base + r * dst_row + first + j] = mul(mul(float(y), rscale[r]), cscale[j])     j < n - first
// A column is read a cycle and joined for all rows at once; then the rows in use leave one a cycle: a channel takes
// max(D, rows) cycles. tile_i: sums of a tile are there or will be when read in order; scales_i: its column scales
// are there too; tile_free_o: its last sum has been read.
// start_i: the job's fields are in place, and stay; done_o: all results are in the scratchpad. value_o: one more
// result went to the scratchpad's writer.
`default_nettype none

module quin_drain #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int LineWords = 4,
    parameter int CarryBits = 15,
    parameter int Columns = 5 * StreamBytes,               // derived
    parameter int SumBits = CarryBits + 8,                 // derived
    parameter int ColumnBits = $clog2(Columns),            // derived
    parameter int RowBits = Rows > 1 ? $clog2(Rows) : 1,   // derived
    parameter int LineBits = 32 * LineWords                // derived
) (
    input  logic                    clk_i,
    input  logic                    rst_ni,
    input  logic                    start_i,
    input  logic [6:0]              rows_i,
    input  logic [19:0]             n_i,
    input  logic [3:0]              trits_i,          // D
    input  logic [19:0]             channels_i,       // of a tile
    input  logic                    column_scales_i,  // else one scale
    input  logic [19:0]             dst_base_i,
    input  logic [19:0]             dst_row_i,
    // Scales from the scratchpad.
    input  logic                    rscale_we_i,
    input  logic [RowBits-1:0]      rscale_at_i,
    input  logic                    cscale_we_i,
    input  logic [31:0]             scale_i,
    // Sums of a column and its channel's scale, in the cycle after read_o.
    input  logic                    tile_i,
    input  logic                    scales_i,
    output logic                    tile_free_o,
    output logic                    read_o,
    output logic [ColumnBits-1:0]   column_o,
    output logic [ColumnBits-1:0]   channel_o,
    input  logic [SumBits*Rows-1:0] sums_i,
    input  logic [31:0]             cscale_i,
    // Scratchpad writes.
    output logic                    req_o,
    input  logic                    gnt_i,
    output logic [19:0]             addr_o,
    output logic [LineBits-1:0]     wdata_o,
    output logic [4*LineWords-1:0]  wstrb_o,

    output logic                    value_o,
    output logic                    done_o,
    output logic [31:0]             checksum_o
);
    localparam int JoinBits = SumBits + 15;  // the weights of ten trits sum to 29524
    localparam int FloatCycles = quin_cell_pkg::F32_FROM_INT_LATENCY;
    localparam int MulCycles = quin_cell_pkg::F32_MUL_LATENCY;
    localparam int Cycles = FloatCycles + 2 * MulCycles;

    // Which column. A tile's channels beyond n are not read.
    logic                  reading_q;
    logic [ColumnBits-1:0] column_q, channel_q, last_channel_q;
    logic [3:0]            trit_q;
    logic [19:0]           n_left_q, here;
    logic                  step, last_trit, last_tile;

    assign last_trit = trit_q == trits_i - 4'd1;
    assign last_tile = n_left_q <= channels_i;
    assign here = last_tile ? n_left_q : channels_i;
    assign read_o = reading_q && step && (scales_i || !last_trit);
    assign column_o = column_q;
    assign channel_o = channel_q;
    assign tile_free_o = read_o && last_trit && channel_q == last_channel_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || start_i) begin
            reading_q <= 1'b0;
            n_left_q <= n_i;
        end else if (!reading_q) begin
            reading_q <= tile_i;
            if (tile_i) begin
                column_q <= '0;
                channel_q <= '0;
                trit_q <= '0;
                last_channel_q <= ColumnBits'(here - 20'd1);
                n_left_q <= n_left_q - here;
            end
        end else if (read_o) begin
            column_q <= column_q + 1'b1;
            trit_q <= last_trit ? '0 : trit_q + 1'b1;
            if (last_trit) channel_q <= channel_q + 1'b1;
            if (tile_free_o) reading_q <= 1'b0;
        end
    end

    // Joining. step: what was read moves on; it waits when a joined channel finds the one before still leaving.
    logic                     read_q, first_q, last_q, joined_q;
    logic [JoinBits*Rows-1:0] y_q;
    logic [31:0]              cscale_q, cscale_y_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || start_i) begin
            read_q <= 1'b0;
            joined_q <= 1'b0;
        end else if (step) begin
            read_q <= read_o;
            joined_q <= read_q && last_q;
        end
    end
    always_ff @(posedge clk_i) begin
        if (step) begin
            first_q <= trit_q == 0;
            last_q <= last_trit;
        end
        if (step && read_q) cscale_y_q <= column_scales_i ? cscale_i : cscale_q;
        if (cscale_we_i) cscale_q <= scale_i;
    end

    genvar r;
    generate
        for (r = 0; r < Rows; r = r + 1) begin : g_row
            logic [JoinBits-1:0] y_row_q, tripled, sum;
            assign tripled = (y_row_q << 1) + y_row_q;
            assign sum = {{JoinBits-SumBits{sums_i[SumBits*r+SumBits-1]}}, sums_i[SumBits*r +: SumBits]};
            always_ff @(posedge clk_i)
                if (step && read_q) y_row_q <= (first_q ? '0 : tripled) + sum;
            assign y_q[JoinBits*r +: JoinBits] = y_row_q;
        end
    endgenerate

    // Leaving, a row a cycle.
    logic [JoinBits*Rows-1:0] value_q;
    logic [31:0]              cscale_v_q;
    logic                     leaving_q, last_row, move, take;
    logic [RowBits-1:0]       row_q;

    assign last_row = 7'(row_q) == rows_i - 7'd1;
    assign take = joined_q && (!leaving_q || (last_row && move));
    assign step = !joined_q || take;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || start_i) begin
            leaving_q <= 1'b0;
            row_q <= '0;
        end else if (take) begin
            leaving_q <= 1'b1;
            row_q <= '0;
        end else if (move && leaving_q) begin
            leaving_q <= !last_row;
            row_q <= row_q + 1'b1;
        end
    end
    always_ff @(posedge clk_i) begin
        if (take) begin
            value_q <= y_q;
            cscale_v_q <= cscale_y_q;
        end
    end

    // Conversion and the two products. move: the pipeline goes on; it stands still when empty.
    logic [Cycles-1:0]   valid_q;
    logic                ready, run;
    logic [JoinBits-1:0] y;
    logic [39:0]         y40;
    logic [31:0]         as_float, rscale, scaled, cscale, result;
    logic [RowBits-1:0]  scale_row_q;  // the row whose float stands before the first product
    logic [31:0]         rscale_mem [0:Rows-1];

    assign move = !valid_q[Cycles-1] || ready;
    assign run = move && (leaving_q || valid_q != 0);
    assign y = value_q[JoinBits*row_q +: JoinBits];
    generate
        if (JoinBits < 40) begin : g_extend
            assign y40 = {{40-JoinBits{y[JoinBits-1]}}, y};
        end else begin : g_cut
            assign y40 = y[39:0];
        end
    endgenerate

    always_ff @(posedge clk_i) begin
        if (!rst_ni || start_i) begin
            valid_q <= '0;
            scale_row_q <= '0;
        end else if (run) begin
            valid_q <= {valid_q[Cycles-2:0], leaving_q};
            if (valid_q[FloatCycles-1])
                scale_row_q <= 7'(scale_row_q) == rows_i - 7'd1 ? '0 : scale_row_q + 1'b1;
        end
    end

    always_ff @(posedge clk_i)
        if (rscale_we_i) rscale_mem[rscale_at_i] <= scale_i;
    assign rscale = rscale_mem[scale_row_q];

    quin_f32_from_int to_float (.clk_i, .rst_ni, .en_i(run), .x_i(y40), .y_o(as_float));
    quin_f32_mul by_row (.clk_i, .rst_ni, .en_i(run), .a_i(as_float), .b_i(rscale), .y_o(scaled));
    quin_delay #(.Width(32), .Cycles(FloatCycles + MulCycles)) beside (
        .clk_i, .en_i(run), .d_i(cscale_v_q), .q_o(cscale)
    );
    quin_f32_mul by_column (.clk_i, .rst_ni, .en_i(run), .a_i(scaled), .b_i(cscale), .y_o(result));

    assign value_o = valid_q[Cycles-1] && ready;
    quin_drain_write #(.Rows(Rows), .LineWords(LineWords)) write (
        .clk_i, .rst_ni, .start_i, .rows_i, .n_i, .dst_base_i, .dst_row_i,
        .valid_i(valid_q[Cycles-1]), .ready_o(ready), .value_i(result),
        .done_o, .checksum_o,
        .req_o, .gnt_i, .addr_o, .wdata_o, .wstrb_o
    );
endmodule

`default_nettype wire
