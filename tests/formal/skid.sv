// SPDX-License-Identifier: Apache-2.0
// Proof: any word that the skid buffer takes, chosen freely, comes out after exactly the words that were in it before,
// unchanged and once; it holds two; valid and data hold while stalled; a word is offered the cycle after.
`default_nettype none

module skid #(
    parameter int Width = 8
) (
    input logic             clk_i,
    input logic             rst_ni,
    input logic             valid_i,
    input logic             ready_i,
    input logic             watch_i,
    input logic [Width-1:0] data_i
);
    logic ready, valid, push, pop;
    logic [Width-1:0] data;
    quin_skid #(.Width(Width)) dut (
        .clk_i, .rst_ni, .valid_i, .ready_o(ready), .data_i, .valid_o(valid), .ready_i, .data_o(data)
    );
    assign push = valid_i && ready;
    assign pop = valid && ready_i;

    logic started_q, watching_q, ahead_q, stalled_q;
    logic [1:0] count_q;
    logic [Width-1:0] watched_q, past_data_q;
    initial started_q = 1'b0;
    initial watching_q = 1'b0;
    initial stalled_q = 1'b0;
    always_ff @(posedge clk_i) begin
        started_q <= 1'b1;
        stalled_q <= rst_ni && valid && !ready_i;
        past_data_q <= data;
        if (!rst_ni) begin
            count_q <= '0;
            watching_q <= 1'b0;
        end else begin
            count_q <= count_q + 2'(push) - 2'(pop);
            if (!watching_q && watch_i && push) begin
                watching_q <= 1'b1;
                watched_q <= data_i;
                ahead_q <= count_q != 2'(pop);
            end else if (watching_q && pop) begin
                watching_q <= ahead_q;
                ahead_q <= 1'b0;
            end
        end
    end

    always_comb begin
        if (!started_q) assume (!rst_ni);
        if (started_q) begin
            assert (count_q <= 2'd2);
            assert (ready == (count_q != 2'd2));
            assert (valid == (count_q != 2'd0));
            if (watching_q) assert ({1'b0, ahead_q} < count_q);
            if (watching_q && !ahead_q) assert (data == watched_q);
            // Induction: the second word is the spare one.
            assert (dut.spare_valid_q == (count_q == 2'd2));
            if (watching_q && ahead_q) assert (dut.spare_q == watched_q);
        end
        if (stalled_q) assert (valid && data == past_data_q);
    end
endmodule

`default_nettype wire
