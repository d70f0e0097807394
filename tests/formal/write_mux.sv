// SPDX-License-Identifier: Apache-2.0
// Proof: with clients that keep the rules of axi_address_rules the write mux keeps them on the bus; a burst that a client
// gave stands on the bus in the next cycle, once, until it is taken; all bursts whose last beat has not been taken are of
// one client and only its beats are; a beat that was taken stands on the bus from the next cycle on, behind those before
// it, once, until it leaves; so data never interleave and come in the order of the addresses (the beats of any burst,
// chosen freely, leave between the last beats of the one before and its own); an answer goes to the client of the oldest
// unanswered burst (chosen likewise); at most 32 are unanswered.
`default_nettype none

module write_mux #(
    parameter int BusBytes = 4
) (
    input logic                    clk_i,
    input logic                    rst_ni,
    input logic [1:0]              aw_valid_i,
    input logic [79:0]             aw_addr_i,
    input logic [15:0]             aw_len_i,
    input logic [1:0]              w_valid_i,
    input logic [2*8*BusBytes-1:0] w_data_i,
    input logic [2*BusBytes-1:0]   w_strb_i,
    input logic [1:0]              w_last_i,
    input logic [1:0]              b_ready_i,
    input logic                    m_awready_i,
    input logic                    m_wready_i,
    input logic                    m_bvalid_i,
    input logic [1:0]              m_bresp_i,
    input logic                    watch_i
);
    logic [1:0] aw_ready, w_ready, b_valid, b_resp;
    logic m_awvalid, m_wvalid, m_wlast, m_bready;
    logic [39:0] m_awaddr;
    logic [7:0] m_awlen;
    logic [8*BusBytes-1:0] m_wdata;
    logic [BusBytes-1:0] m_wstrb;
    quin_axi_write_mux #(.BusBytes(BusBytes)) dut (
        .clk_i, .rst_ni, .aw_valid_i, .aw_ready_o(aw_ready), .aw_addr_i, .aw_len_i, .w_valid_i, .w_ready_o(w_ready),
        .w_data_i, .w_strb_i, .w_last_i, .b_valid_o(b_valid), .b_ready_i, .b_resp_o(b_resp),
        .m_axi_awvalid_o(m_awvalid), .m_axi_awready_i(m_awready_i), .m_axi_awaddr_o(m_awaddr),
        .m_axi_awlen_o(m_awlen), .m_axi_wvalid_o(m_wvalid), .m_axi_wready_i(m_wready_i), .m_axi_wdata_o(m_wdata),
        .m_axi_wstrb_o(m_wstrb), .m_axi_wlast_o(m_wlast), .m_axi_bvalid_i(m_bvalid_i), .m_axi_bready_o(m_bready),
        .m_axi_bresp_i(m_bresp_i)
    );

    for (genvar c = 0; c < 2; c++) begin : g_client
        axi_address_rules #(.BusBytes(BusBytes), .Assume(1'b1)) rules (
            .clk_i, .rst_ni, .valid_i(aw_valid_i[c]), .ready_i(aw_ready[c]),
            .addr_i(aw_addr_i[40*c +: 40]), .len_i(aw_len_i[8*c +: 8])
        );
    end
    axi_address_rules #(.BusBytes(BusBytes)) rules (
        .clk_i, .rst_ni, .valid_i(m_awvalid), .ready_i(m_awready_i), .addr_i(m_awaddr), .len_i(m_awlen)
    );

    // The reference: the client with data to give and its bursts, beats on their way to the bus (oldest first, each with
    // its client), bursts that have not left as a whole, unanswered ones, and a watched one among them.
    logic started_q, given_q, waiting_q, owner_q, stalled_q, watching_q, watched_q, leaving_q;
    logic [5:0] untaken_q, unsent_q, unanswered_q, ahead_q, before_q;
    logic [47:0] burst_q;
    logic [9*BusBytes:0] past_w_q, client;
    logic [9*BusBytes+1:0] first_q, second_q;
    logic [1:0] beats_q;
    logic given, taken, leaves, sent, answered;
    assign given = (aw_valid_i & aw_ready) != 2'b0;
    assign taken = (w_valid_i & w_ready) != 2'b0;
    assign leaves = m_wvalid && m_wready_i;
    assign sent = leaves && m_wlast;
    assign answered = m_bvalid_i && m_bready;
    assign client = owner_q ? {w_last_i[1], w_strb_i[BusBytes +: BusBytes], w_data_i[8*BusBytes +: 8*BusBytes]}
        : {w_last_i[0], w_strb_i[0 +: BusBytes], w_data_i[0 +: 8*BusBytes]};
    initial started_q = 1'b0;
    initial stalled_q = 1'b0;
    initial watching_q = 1'b0;
    always_ff @(posedge clk_i) begin
        started_q <= 1'b1;
        given_q <= rst_ni && given;
        waiting_q <= rst_ni && m_awvalid && !m_awready_i;
        stalled_q <= rst_ni && m_wvalid && !m_wready_i;
        past_w_q <= {m_wlast, m_wstrb, m_wdata};
        burst_q <= aw_ready[0] ? {aw_addr_i[39:0], aw_len_i[7:0]} : {aw_addr_i[79:40], aw_len_i[15:8]};
        if (leaves) first_q <= second_q;
        if (taken) begin
            if (beats_q == 2'(leaves)) first_q <= {owner_q, client};
            else second_q <= {owner_q, client};
        end
        if (!rst_ni) begin
            untaken_q <= '0;
            unsent_q <= '0;
            unanswered_q <= '0;
            beats_q <= '0;
            owner_q <= 1'b0;
            watching_q <= 1'b0;
            leaving_q <= 1'b0;
        end else begin
            beats_q <= beats_q + 2'(taken) - 2'(leaves);
            untaken_q <= untaken_q + 6'(given) - 6'(taken && client[9*BusBytes]);
            unsent_q <= unsent_q + 6'(given) - 6'(sent);
            unanswered_q <= unanswered_q + 6'(given) - 6'(answered);
            if (given) owner_q <= aw_ready[1];
            if (given && watch_i && !watching_q) begin
                watching_q <= 1'b1;
                watched_q <= aw_ready[1];
                ahead_q <= unanswered_q - 6'(answered);
                leaving_q <= 1'b1;
                before_q <= unsent_q - 6'(sent);
            end else if (watching_q && answered) begin
                watching_q <= ahead_q != 6'd0;
                ahead_q <= ahead_q - 6'd1;
            end
            if (leaving_q && sent) begin
                leaving_q <= before_q != 6'd0;
                before_q <= before_q - 6'd1;
            end
        end
    end

    // Induction: last beats on their way to the bus.
    logic first_last, second_last;
    logic [1:0] lasts;
    assign first_last = beats_q != 2'd0 && first_q[9*BusBytes];
    assign second_last = beats_q == 2'd2 && second_q[9*BusBytes];
    assign lasts = 2'(first_last) + 2'(second_last);

    logic [4:0] place;
    assign place = dut.u_owners.rptr_q[4:0] + ahead_q[4:0];
    always_comb begin
        if (!started_q) assume (!rst_ni);
        else if (rst_ni) begin
            // No answer before its burst has left as a whole.
            if (unanswered_q == unsent_q || (unanswered_q == 6'd1 && m_awvalid)) assume (!m_bvalid_i);
            assert (aw_ready != 2'b11 && (aw_ready & ~aw_valid_i) == 2'b0);
            assert (!(given_q && waiting_q) && m_awvalid == (given_q || waiting_q));
            if (given_q) assert ({m_awaddr, m_awlen} == burst_q);
            if (given && untaken_q != 6'd0) assert (aw_ready[owner_q]);
            assert (!w_ready[!owner_q] && (w_ready[owner_q] == (beats_q != 2'd2 && untaken_q != 6'd0)));
            assert (m_wvalid == (beats_q != 2'd0));
            if (m_wvalid) assert ({m_wlast, m_wstrb, m_wdata} == first_q[9*BusBytes:0]);
            if (stalled_q) assert (m_wvalid && {m_wlast, m_wstrb, m_wdata} == past_w_q);
            if (m_wvalid) assert (unsent_q != 6'd0);
            if (leaving_q && before_q == 6'd0 && m_wvalid) assert (first_q[9*BusBytes+1] == watched_q);
            assert (b_valid != 2'b11 && (m_bvalid_i == (b_valid != 2'b0)) && b_resp == m_bresp_i);
            if (watching_q && ahead_q == 6'd0 && m_bvalid_i) assert (b_valid[watched_q] && m_bready == b_ready_i[watched_q]);
            assert (unanswered_q <= 6'd32 && unsent_q <= unanswered_q);
            // Induction.
            assert (dut.u_owners.g_small.valid_q == (dut.count != '0));
            assert (dut.open_q == untaken_q && dut.count == unanswered_q && unsent_q == untaken_q + 6'(lasts));
            assert (untaken_q <= unsent_q);
            if (untaken_q != 6'd0) assert (dut.owner_q == owner_q);
            assert (beats_q <= 2'd2 && dut.u_data.spare_valid_q == (beats_q == 2'd2));
            if (beats_q == 2'd2) assert (dut.u_data.spare_q == second_q[9*BusBytes:0]);
            // A burst that has been taken in part is the first of the owner's.
            if (beats_q == 2'd1 && !first_last) assert (untaken_q != 6'd0 && first_q[9*BusBytes+1] == owner_q);
            if (beats_q == 2'd2 && !second_last) assert (untaken_q != 6'd0 && second_q[9*BusBytes+1] == owner_q);
            if (beats_q == 2'd2 && !first_last) assert (first_q[9*BusBytes+1] == second_q[9*BusBytes+1]);
            if (leaving_q) begin
                assert (before_q < unsent_q);
                if (before_q >= 6'(lasts)) assert (watched_q == owner_q);
                if (beats_q != 2'd0 && before_q == 6'd0) assert (first_q[9*BusBytes+1] == watched_q);
                if (beats_q == 2'd2 && before_q == 6'(first_last)) assert (second_q[9*BusBytes+1] == watched_q);
            end
            // What has left and has no answer is older than the watched burst, until it has left, too.
            if (leaving_q) assert (watching_q && ahead_q - before_q == unanswered_q - unsent_q);
            if (watching_q) assert (ahead_q < unanswered_q && dut.u_owners.g_small.mem[place] == watched_q);
        end
    end
endmodule

`default_nettype wire
