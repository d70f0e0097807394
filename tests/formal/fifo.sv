// SPDX-License-Identifier: Apache-2.0
// Proof: any word that a FIFO takes, chosen freely, comes out after exactly the words that were in it before, unchanged
// and once; the count is right and never above Depth; valid and data hold while stalled; a word that is there is
// offered at most a cycle after it could be.
`default_nettype none

module fifo #(
    parameter int Width = 4,
    parameter int Depth = 4
) (
    input logic             clk_i,
    input logic             rst_ni,
    input logic             valid_i,
    input logic             ready_i,
    input logic             watch_i,
    input logic [Width-1:0] data_i
);
    localparam int PtrBits = $clog2(Depth);
    localparam logic [PtrBits:0] Full = (PtrBits + 1)'(Depth);
    logic ready, valid, push, pop;
    logic [Width-1:0] data;
    logic [PtrBits:0] count;
    quin_fifo #(.Width(Width), .Depth(Depth)) dut (
        .clk_i, .rst_ni, .valid_i, .ready_o(ready), .data_i, .valid_o(valid), .ready_i, .data_o(data), .count_o(count)
    );
    assign push = valid_i && ready;
    assign pop = valid && ready_i;

    // The reference: how many words there are, the watched word and how many are ahead of it.
    logic started_q, watching_q;
    logic [PtrBits:0] count_q, ahead_q;
    logic [Width-1:0] watched_q;
    initial started_q = 1'b0;
    initial watching_q = 1'b0;
    always_ff @(posedge clk_i) begin
        started_q <= 1'b1;
        if (!rst_ni) begin
            count_q <= '0;
            watching_q <= 1'b0;
        end else begin
            count_q <= count_q + (PtrBits + 1)'(push) - (PtrBits + 1)'(pop);
            if (!watching_q && watch_i && push) begin
                watching_q <= 1'b1;
                watched_q <= data_i;
                ahead_q <= count_q - (PtrBits + 1)'(pop);
            end else if (watching_q && pop) begin
                watching_q <= ahead_q != '0;
                ahead_q <= ahead_q - 1'b1;
            end
        end
    end

    // The cycle before.
    logic stalled_q, there_q;
    logic [Width-1:0] past_data_q;
    initial stalled_q = 1'b0;
    initial there_q = 1'b0;
    always_ff @(posedge clk_i) begin
        stalled_q <= rst_ni && valid && !ready_i;
        past_data_q <= data;
        there_q <= rst_ni && count_q != (PtrBits + 1)'(pop);
    end

    always_comb begin
        if (!started_q) assume (!rst_ni);
        if (started_q) begin
            assert (count == count_q && count_q <= Full);
            assert (ready == (count_q != Full));
            if (count_q == '0) assert (!valid);
            if (watching_q) assert (ahead_q < count_q);
            if (watching_q && ahead_q == '0 && valid) assert (data == watched_q);
            if (there_q) assert (valid);
        end
        if (stalled_q) assert (valid && data == past_data_q);
    end

    // Induction needs to know where the watched word lies.
    logic [PtrBits-1:0] place;
    assign place = dut.rptr_q[PtrBits-1:0] + ahead_q[PtrBits-1:0];
    if (Depth <= 32) begin : g_small
        always_comb begin
            if (started_q) assert (dut.g_small.valid_q == (count_q != '0));
            if (started_q && watching_q) assert (dut.g_small.mem[place] == watched_q);
        end
    end else begin : g_large
        // Up to four words have been fetched; the youngest of them may be on its way. Three are while more wait.
        logic [PtrBits:0] fetched, at;
        assign fetched = dut.g_large.fetch_q - dut.rptr_q;
        assign at = dut.rptr_q + ahead_q;
        always_comb begin
            if (started_q) begin
                assert (fetched <= count_q && fetched <= (PtrBits + 1)'(4));
                assert (fetched == (PtrBits + 1)'(dut.g_large.there_q) + (PtrBits + 1)'(dut.g_large.arriving_q));
                assert (fetched == count_q || fetched >= (PtrBits + 1)'(3));
                assert (dut.g_large.valid_q == (dut.g_large.there_q != 3'd0));
                if (dut.g_large.arriving_q) assert (dut.g_large.place_q == dut.g_large.fetch_q[1:0] - 2'd1);
                if (watching_q) begin
                    assert (dut.g_large.mem[place] == watched_q);
                    if (ahead_q < (PtrBits + 1)'(dut.g_large.there_q)) assert (dut.g_large.ahead[at[1:0]] == watched_q);
                    else if (ahead_q < fetched)
                        assert ((dut.g_large.passed_q ? dut.g_large.pass_q : dut.g_large.data_q) == watched_q);
                end
            end
        end
    end
endmodule

`default_nettype wire
