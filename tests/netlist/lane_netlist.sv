// SPDX-License-Identifier: Apache-2.0
// Plays the vectors of lane_vectors.c (+VECTORS=path, +COUNT=lines) through a vector lane: 16 elements in 16 cycles,
// then the lane empties. The 16 results must leave in 16 cycles too, some cycles later, by the same number of cycles
// for every batch of a pair of operations; that number is found from the first batch. An X is a wrong result. Ends with
// "lane: N results: good" or a line with FAIL.
`default_nettype none
module lane_netlist;
    localparam int Batch = 16, Deep = 16, Most = 65536;

    logic [135:0] vectors [0:Most-1];
    logic [31:0]  seen [0:Batch+Deep];
    integer       latency [0:63];  // of op1 * 8 + op2; 0: not known
    logic [8*256-1:0] path;
    logic [135:0] now;
    logic         clk = 1'b0;
    logic [31:0]  y, unused_sum;
    integer       count, first, i, n, shift, pair, errors, results;
    logic         match;

    quin_vector_lane dut (
        .clk_i(clk), .rst_ni(1'b1), .en_i(1'b1), .op1_i(now[134:132]), .op2_i(now[130:128]),
        .a_i(now[127:96]), .b_i(now[95:64]), .c_i(now[63:32]), .y_o(y), .side_en_i(1'b0), .side_i(1'b0),
        .side_x_i(32'b0), .side_y_i(32'b0), .sum_o(unused_sum)
    );
    always #5 clk = !clk;

    initial begin
        if (!$value$plusargs("VECTORS=%s", path) || !$value$plusargs("COUNT=%d", count)) begin
            $display("FAIL: +VECTORS=path and +COUNT=lines are missing");
            $finish;
        end
        $readmemh(path, vectors, 0, count - 1);
        errors = 0;
        results = 0;
        for (i = 0; i < 64; i = i + 1) latency[i] = 0;
        for (first = 0; first < count; first = first + Batch) begin
            now = vectors[first];  // the operations are there two cycles before the first element
            repeat (2) @(negedge clk);
            for (i = 0; i < Batch + Deep; i = i + 1) begin
                now = vectors[i < Batch ? first + i : first + Batch - 1];
                @(posedge clk);
                @(negedge clk);
                seen[i] = y;
            end
            pair = now[134:132] * 8 + now[130:128];
            match = 1'b0;
            for (shift = 0; shift < Deep && !match; shift = shift + 1)
                if (latency[pair] == 0 || latency[pair] == shift + 1) begin
                    match = 1'b1;
                    for (n = 0; n < Batch; n = n + 1)
                        if (seen[n + shift] !== vectors[first + n][31:0]) match = 1'b0;
                    if (match) latency[pair] = shift + 1;
                end
            if (!match) begin
                errors = errors + 1;
                if (errors <= 10)
                    $display("FAIL batch %0d, op1 %0d op2 %0d, latency %0d: last result %h, want %h", first / Batch,
                             pair / 8, pair % 8, latency[pair],
                             latency[pair] == 0 ? y : seen[Batch + latency[pair] - 2], now[31:0]);
            end
            results = results + Batch;
        end
        if (errors == 0 && results == count) $display("lane: %0d results: good", results);
        else $display("FAIL: %0d batches of %0d", errors, count / Batch);
        $finish;
    end
endmodule
`default_nettype wire
