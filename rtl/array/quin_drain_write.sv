// SPDX-License-Identifier: Apache-2.0
// Results into the scratchpad. They come channel by channel, in a channel row by row, last_row_i with the
// last of a channel and last_i too with the very last of a MATMUL:
//   sp[dst_base + r * dst_row + j] = value,  r = 0 .. rows - 1 within j = 0 .. n - 1
//   checksum = sum of rotl32(value, j mod 32)
// The words of a line wait until all rows have theirs, then the lines of all rows are written one by one,
// while the next words gather in the other half of the buffer, also those of the next MATMUL. job_*: the
// MATMULs in order, empty ones without results among them. done_o: the oldest has all its results in the
// memory, and checksum_o is theirs.
`default_nettype none

module quin_drain_write #(
    parameter int Rows = 8,
    parameter int RowBits = Rows > 1 ? $clog2(Rows) : 1,   // derived
    parameter int LineWords = 4,
    parameter int LineBits = 32 * LineWords  // derived
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    input  logic                   job_valid_i,
    output logic                   job_ready_o,
    input  logic                   job_empty_i,
    input  logic [RowBits:0]       job_rows_i,
    input  logic [19:0]            job_dst_base_i,  // a multiple of 16
    input  logic [19:0]            job_dst_row_i,   // a multiple of 16
    input  logic                   valid_i,
    output logic                   ready_o,
    input  logic [31:0]            value_i,
    input  logic                   last_row_i,
    input  logic                   last_i,
    output logic                   done_o,
    output logic                   done_empty_o,    // it had none
    output logic [31:0]            checksum_o,
    // Scratchpad writes.
    output logic                   req_o,
    input  logic                   gnt_i,
    output logic [19:0]            addr_o,
    output logic [LineBits-1:0]    wdata_o,
    output logic [4*LineWords-1:0] wstrb_o
);
    localparam int LineShift = $clog2(LineWords);

    // Gathering.
    logic [RowBits-1:0]   row_q;
    logic [4:0]           turn_q;           // channel mod 32
    logic                 half_q;
    logic [1:0]           full_q;           // the half's lines are to be written
    logic [1:0]           last_q;           // they are a MATMUL's last
    logic [LineShift-1:0] end0_q, end1_q;   // their last word
    logic [LineShift-1:0] word;
    logic                 line_end, take;

    assign word = turn_q[LineShift-1:0];
    assign line_end = last_row_i && (word == '1 || last_i);
    assign ready_o = !full_q[half_q];
    assign take = valid_i && ready_o;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            row_q <= '0;
            turn_q <= '0;
            half_q <= 1'b0;
        end else if (take) begin
            row_q <= last_row_i ? '0 : row_q + 1'b1;
            if (last_row_i) turn_q <= last_i ? '0 : turn_q + 5'd1;
            if (line_end) begin
                half_q <= !half_q;
                last_q[half_q] <= last_i;
                if (half_q) end1_q <= word;
                else end0_q <= word;
            end
        end
    end

    // Writing. Addresses count lines: of row out_row_q and of row 0.
    logic                 busy_q, empty_q, done_q, req_q, out_half_q;
    logic [RowBits:0]     rows_q;
    logic [RowBits-1:0]   out_row_q;
    logic                 last_row_q;       // out_row_q is the last one
    logic [19-LineShift:0] dst_row_q, addr_q, line_q;
    logic [LineShift-1:0] out_end;
    logic                 out_last, unused_low;

    assign job_ready_o = !busy_q;
    assign req_o = req_q;  // a register: it goes far
    assign addr_o = 20'(addr_q);
    assign unused_low = ^{job_dst_base_i[LineShift-1:0], job_dst_row_i[LineShift-1:0]};
    assign out_end = out_half_q ? end1_q : end0_q;
    assign out_last = req_o && gnt_i && last_row_q;
    assign done_o = done_q;
    assign done_empty_o = empty_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            busy_q <= 1'b0;
            done_q <= 1'b0;
            full_q <= 2'b00;
            req_q <= 1'b0;
            out_half_q <= 1'b0;
        end else begin
            req_q <= busy_q && full_q[out_half_q] && !out_last;
            done_q <= (out_last && last_q[out_half_q]) || (job_valid_i && job_ready_o && job_empty_i);
            if (job_valid_i && job_ready_o) busy_q <= !job_empty_i;
            else if (out_last && last_q[out_half_q]) busy_q <= 1'b0;
            if (take && line_end) full_q[half_q] <= 1'b1;
            if (out_last) begin
                full_q[out_half_q] <= 1'b0;
                out_half_q <= !out_half_q;
            end
        end
    end

    always_ff @(posedge clk_i) begin
        if (job_valid_i && job_ready_o) begin
            empty_q <= job_empty_i;
            rows_q <= job_rows_i;
            dst_row_q <= job_dst_row_i[19:LineShift];
            line_q <= job_dst_base_i[19:LineShift];
        end else if (out_last) begin
            line_q <= line_q + 1'b1;
        end
        // There is a cycle without a request before the next lines.
        if (!req_q) begin
            out_row_q <= '0;
            last_row_q <= rows_q == (RowBits + 1)'(1);
            addr_q <= line_q;
        end else if (gnt_i) begin
            out_row_q <= out_row_q + 1'b1;
            last_row_q <= (RowBits + 1)'(out_row_q) + (RowBits + 1)'(2) == rows_q;
            addr_q <= addr_q + dst_row_q;
        end
    end

    genvar w;
    generate
        for (w = 0; w < LineWords; w = w + 1) begin : g_word
            logic [31:0] mem [0:(2<<RowBits)-1];
            always_ff @(posedge clk_i)
                if (take && word == LineShift'(w)) mem[{row_q, half_q}] <= value_i;
            assign wdata_o[32*w +: 32] = mem[{out_row_q, out_half_q}];
        end
        for (w = 1; w < LineWords; w = w + 1) begin : g_strobe
            assign wstrb_o[4*w +: 4] = {4{out_end >= LineShift'(w)}};
        end
    endgenerate
    assign wstrb_o[3:0] = 4'hf;

    // Two cycles to turn the word, one to add it. It is turned as two halves, each times 2^(turn mod 16). A half of the
    // buffer has its own result, which stays until its lines are written.
    logic        halves_q, turned_q, halves_end_q, turned_end_q, halves_half_q, turned_half_q;
    logic [15:0] once_q, power_q, upper_q, lower_q;  // once_q: 2^(turn_q mod 16)
    logic [31:0] upper, lower, turned_upper_q, turned_lower_q, sum, sum_q, sum0_q, sum1_q;

    assign upper = {16'd0, upper_q} * {16'd0, power_q};
    assign lower = {16'd0, lower_q} * {16'd0, power_q};
    quin_drain_sum add (
        .acc_i(sum_q), .x_i({turned_upper_q[15:0], turned_lower_q[15:0]}),
        .y_i({turned_lower_q[31:16], turned_upper_q[31:16]}), .sum_o(sum)
    );
    assign checksum_o = empty_q ? 32'd0 : out_half_q ? sum0_q : sum1_q;  // the half is the next one already

    always_ff @(posedge clk_i) begin
        if (!rst_ni || (take && last_row_i && last_i)) once_q <= 16'd1;
        else if (take && last_row_i) once_q <= {once_q[14:0], once_q[15]};
        if (!rst_ni) begin
            halves_q <= 1'b0;
            turned_q <= 1'b0;
        end else begin
            halves_q <= take;
            turned_q <= halves_q;
        end
        if (take) begin
            power_q <= once_q;
            upper_q <= turn_q[4] ? value_i[15:0] : value_i[31:16];
            lower_q <= turn_q[4] ? value_i[31:16] : value_i[15:0];
            halves_end_q <= last_i;
            halves_half_q <= half_q;
        end
        if (halves_q) begin
            turned_upper_q <= upper;
            turned_lower_q <= lower;
            turned_end_q <= halves_end_q;
            turned_half_q <= halves_half_q;
        end
        if (!rst_ni || (turned_q && turned_end_q)) sum_q <= 32'd0;
        else if (turned_q) sum_q <= sum;
        if (turned_q) begin
            if (turned_half_q) sum1_q <= sum;
            else sum0_q <= sum;
        end
    end
endmodule

`default_nettype wire
