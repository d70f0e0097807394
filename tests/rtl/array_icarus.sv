// SPDX-License-Identifier: Apache-2.0
// Bench of the bare quin_array for Icarus (or the netlist): plays beats.hex of the folder +dir=.. , reads the
// shadows column by column while the next tile runs, with waits between steps, and compares with sums.hex and counts.hex
// (array_vectors.py).
`default_nettype none

module array_icarus;
    parameter int Rows = 2;
    parameter int StreamBytes = 2;
    localparam int CarryBits = 15, SumBits = CarryBits + 8, Columns = 5 * StreamBytes;
    localparam int ReadRows = Rows % StreamBytes != 0 ? Rows : StreamBytes <= 4 ? StreamBytes / 2 : StreamBytes;
    localparam int Groups = Rows / ReadRows;
    localparam int Most = 65536;  // vectors

    logic [8*(Rows+StreamBytes)+1:0] beats [0:Most-1];
    logic [31:0] sums [0:Most-1];
    logic [31:0] counts [0:4];  // adds, skipped adds, wraps; lines of beats.hex and of sums.hex

    logic clk = 1'b0, rst_n = 1'b0, valid = 1'b0, last = 1'b0, read = 1'b0, step = 1'b1, done;
    logic [8*StreamBytes-1:0] beat;
    logic [8*Rows-1:0] act;
    logic [$clog2(StreamBytes)-1:0] lane = '0;
    logic [2:0] stage = '0;
    logic [(Groups > 1 ? $clog2(Groups) : 1)-1:0] group = '0;
    logic [SumBits*ReadRows-1:0] got;
    logic [$clog2(Rows*Columns+1)-1:0] adds, skipped, wraps;

    quin_array #(.Rows(Rows), .StreamBytes(StreamBytes), .CarryBits(CarryBits)) dut (
        .clk_i(clk), .rst_ni(rst_n), .en_i({Rows{valid}}), .last_i(last), .beat_i(beat),
        .act_i(act), .done_o(done), .read_i(read && step), .step_i(step), .lane_i(lane), .stage_i(stage), .group_i(group),
        .sums_o(got),
        .count_adds_o(adds), .count_skipped_o(skipped), .count_wraps_o(wraps)
    );

    always #5 clk = !clk;

    reg [8*200-1:0] dir;
    integer cycle, r, checked = 0, errors = 0, tail = 0;
    logic busy = 1'b0, asked = 1'b0, asked_last = 1'b0, taken = 1'b0, there = 1'b0, done_before = 1'b0;  // a column between the steps, and at the end
    logic [15:0] noise = 16'h1;
    logic [31:0] total [0:2];
    logic [31:0] sum;
    logic is_valid, is_last;

    // Everything is driven and looked at on the falling edge.
    initial begin
        if (!$value$plusargs("dir=%s", dir)) begin
            $display("FAIL: +dir=FOLDER of the vectors is missing");
            $finish;
        end
        $readmemh({dir, "/counts.hex"}, counts);
        $readmemh({dir, "/beats.hex"}, beats, 0, counts[3] - 1);
        $readmemh({dir, "/sums.hex"}, sums, 0, counts[4] - 1);
        total[0] = 0;
        total[1] = 0;
        total[2] = 0;
        repeat (4) @(negedge clk);
        rst_n = 1'b1;
        cycle = 0;
        while (tail < 100) begin
            // The column that is there, also while it waits.
            if (there) begin
                if (step) checked = checked + ReadRows;
                for (r = 0; r < ReadRows; r = r + 1) begin
                    sum = {{32-SumBits{got[SumBits*r+SumBits-1]}}, got[SumBits*r +: SumBits]};
                    if (sum !== sums[checked-ReadRows+r]) begin
                        errors = errors + 1;
                        $display("FAIL sum %0d: %h, want %h", checked - ReadRows + r, sum, sums[checked-ReadRows+r]);
                    end
                end
            end
            total[0] = total[0] + adds;
            total[1] = total[1] + skipped;
            total[2] = total[2] + wraps;
            if (read && step) begin
                if (group != Groups - 1) begin
                    group = group + 1'b1;
                end else if (stage != 3'd4) begin
                    group = '0;
                    stage = stage + 3'd1;
                end else if (lane != StreamBytes - 1) begin
                    group = '0;
                    stage = 3'd0;
                    lane = lane + 1'b1;
                end else begin
                    read = 1'b0;
                end
            end else if (!read && done_before) begin
                read = 1'b1;
                lane = '0;
                stage = '0;
                group = '0;
            end
            // The next beat; a last one waits for the shadows.
            {is_valid, is_last, act, beat} = beats[cycle];
            valid = 1'b0;
            last = is_last;
            if (cycle == counts[3]) begin
                tail = tail + 1;
            end else if (!(is_valid && is_last && busy)) begin
                valid = is_valid;
                if (is_valid && is_last) busy = 1'b1;
                cycle = cycle + 1;
            end
            done_before = done;
            noise = {noise[14:0], noise[15] ^ noise[13] ^ noise[12] ^ noise[10]};
            step = noise[2:0] != 3'd0;
            @(posedge clk);
            if (step) begin
                there = taken;
                taken = asked;
                if (asked_last) busy = 1'b0;
                asked = read;
                asked_last = read && group == Groups - 1 && stage == 3'd4 && lane == StreamBytes - 1;
            end
            @(negedge clk);
        end
        for (r = 0; r < 3; r = r + 1) begin
            if (total[r] !== counts[r]) begin
                errors = errors + 1;
                $display("FAIL count %0d: %0d, want %0d", r, total[r], counts[r]);
            end
        end
        if (checked != counts[4]) begin
            errors = errors + 1;
            $display("FAIL: %0d sums compared, not all", checked);
        end
        if (errors == 0) $display("array_icarus: %0d sums in %0d cycles: good", checked, cycle);
        $finish;
    end
endmodule

`default_nettype wire
