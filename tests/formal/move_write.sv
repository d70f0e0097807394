// SPDX-License-Identifier: Apache-2.0
// Proof: for a STORE's burst of `bytes` bytes from byte `at` of its first beat, quin_move_data sends exactly
// ceil((at + bytes) / BusBytes) beats of W, the last one and no other marked last, and their strobes are exactly these
// bytes. With the order of FIFOs (fifo.sv) W agrees with AW: move_rules.sv proves AW's length from the same two numbers.
// The stage between steps and scratchpad keeps their order (skid.sv); here one without delay stands for it.
`default_nettype none

module move_write #(
    parameter int BusBytes = 8,
    parameter int LineWords = 4
) (
    input logic                        clk_i,
    input logic                        rst_ni,
    input logic                        store_i,
    input logic [1:0]                  element_i,
    input logic                        clear_i,
    input logic                        note_valid_i,
    input logic [$clog2(BusBytes)-1:0] note_at_i,
    input logic [12:0]                 note_bytes_i,
    input logic [21:0]                 note_sp_i,
    input logic [4:0]                  note_index_i,
    input logic                        beat_valid_i,
    input logic [8*BusBytes-1:0]       beat_data_i,
    input logic                        w_ready_i,
    input logic                        sp_gnt_i,
    input logic [32*LineWords-1:0]     sp_rdata_i
);
    localparam int BusLog = $clog2(BusBytes);
    logic busy, note_ready, beat_ready, w_valid, w_last, sp_req, sp_we, sp_rvalid_q;
    logic [31:0] checksum;
    logic [2:0] moved;
    logic [8*BusBytes-1:0] w_data;
    logic [BusBytes-1:0] w_strb;
    logic [19:0] sp_addr;
    logic [32*LineWords-1:0] sp_wdata;
    logic [4*LineWords-1:0] sp_wstrb;
    always_ff @(posedge clk_i) sp_rvalid_q <= sp_req && sp_gnt_i && !sp_we;
    quin_move_data #(.BusBytes(BusBytes), .LineWords(LineWords), .ReadCycles(1)) dut (
        .clk_i, .rst_ni, .store_i, .element_i, .clear_i, .busy_o(busy), .checksum_o(checksum), .bytes_o(moved),
        .note_valid_i, .note_ready_o(note_ready), .note_at_i, .note_bytes_i, .note_sp_i, .note_index_i,
        .beat_valid_i, .beat_ready_o(beat_ready), .beat_data_i, .w_valid_o(w_valid), .w_ready_i, .w_data_o(w_data),
        .w_strb_o(w_strb), .w_last_o(w_last), .sp_req_o(sp_req), .sp_gnt_i, .sp_we_o(sp_we), .sp_addr_o(sp_addr),
        .sp_wdata_o(sp_wdata), .sp_wstrb_o(sp_wstrb), .sp_rdata_i, .sp_rvalid_i(sp_rvalid_q)
    );

    // Bytes from .. to - 1 of a beat.
    function automatic logic [BusBytes-1:0] bytes_of(input logic [BusLog:0] from, input logic [BusLog:0] to);
        for (int b = 0; b < BusBytes; b++) bytes_of[b] = (BusLog + 1)'(b) >= from && (BusLog + 1)'(b) < to;
    endfunction

    // The reference: bytes of the burst that no beat has yet, and where in its beat the next one lies.
    logic started_q, open_q, push, past_store_q;
    logic [13:0] to_send_q, end_q;      // end: byte after the burst, from the beat in hand on
    logic [BusLog:0] from_q, to;
    initial started_q = 1'b0;
    assign push = dut.got_q && dut.got_end_q;   // a beat enters the FIFO of W
    assign to = end_q < 14'(BusBytes) ? end_q[BusLog:0] : (BusLog + 1)'(BusBytes);

    // A burst's beats enter the FIFO after its note was taken and before the next note's first.
    logic [13:0] next_end_q;
    logic [BusLog:0] next_from_q;
    logic next_q, take, over;
    assign take = note_valid_i && note_ready && store_i;
    assign over = push && end_q <= 14'(BusBytes);
    always_ff @(posedge clk_i) begin
        started_q <= 1'b1;
        past_store_q <= store_i;
        if (!rst_ni) begin
            open_q <= 1'b0;
            next_q <= 1'b0;
        end else begin
            if (push) begin
                end_q <= end_q - 14'(BusBytes);
                from_q <= '0;
            end
            if (over) begin
                open_q <= next_q;
                end_q <= next_end_q;
                from_q <= next_from_q;
                next_q <= 1'b0;
            end
            if (take) begin
                if (!open_q || (over && !next_q)) begin
                    open_q <= 1'b1;
                    end_q <= 14'(note_at_i) + {1'b0, note_bytes_i};
                    from_q <= {1'b0, note_at_i};
                end else begin
                    next_q <= 1'b1;
                    next_end_q <= 14'(note_at_i) + {1'b0, note_bytes_i};
                    next_from_q <= {1'b0, note_at_i};
                end
            end
        end
    end

    always_comb begin
        if (!started_q) assume (!rst_ni);
        assume (note_bytes_i != 13'd0 && note_bytes_i <= 13'd4096);
        // A job is a LOAD or a STORE as a whole.
        if (started_q && rst_ni && busy) assume (store_i == past_store_q);
        if (started_q && rst_ni) begin
            if (push) begin
                assert (open_q);
                assert (dut.strb == bytes_of(from_q, to));
                assert (dut.got_last_q == (end_q <= 14'(BusBytes)));
            end
            if (take) assert (!(open_q && next_q && !over));
            if (dut.got_q) assert (dut.w_ready);
        end
    end

    // Induction: where the step in hand and the line on its way (got) are, in the same terms.
    logic [13:0] step_end;
    logic [BusLog:0] at, got_at_q, got_to_q;
    assign at = {1'b0, dut.bus_q};
    assign step_end = 14'(dut.bus_q) + {1'b0, dut.left_q};
    always_ff @(posedge clk_i) begin
        got_at_q <= at;
        got_to_q <= at + (BusLog + 1)'(dut.count);
    end
    always_comb begin
        if (started_q && rst_ni) begin
            assert ({1'b0, dut.w_count} + 6'(dut.got_q) <= 6'd16);
            if (dut.w_room_q) assert (dut.w_count <= 5'd12 && past_store_q);
            assert (dut.load_q == !past_store_q && dut.u_write.g_small.valid_q == (dut.w_count != '0));
            if (dut.active_q) assert (dut.left_q != 13'd0 && dut.left_q <= 13'd4096);
            if (dut.got_q) begin
                assert (sp_rvalid_q && open_q && past_store_q);
                assert (got_at_q < got_to_q && got_to_q <= (BusLog + 1)'(BusBytes));
                assert (dut.strb_q == bytes_of(from_q, got_at_q));
                assert (dut.got_bus_strb_q == bytes_of(got_at_q, got_to_q) && from_q <= got_at_q);
                assert (!dut.got_last_q || dut.got_end_q);
                if (dut.got_last_q) assert (end_q == 14'(got_to_q) && next_q == dut.active_q);
                if (dut.got_last_q && next_q) assert (next_end_q == step_end && next_from_q == at);
                if (!dut.got_last_q) assert (dut.active_q && !next_q);
                if (!dut.got_end_q) assert (end_q == step_end && at == got_to_q);
                if (!dut.got_last_q && dut.got_end_q) assert (end_q == step_end + 14'(BusBytes) && at == '0);
                if (dut.got_end_q && !dut.got_last_q) assert (got_to_q == (BusLog + 1)'(BusBytes));
            end else begin
                assert (!next_q && open_q == (dut.active_q && past_store_q));
                if (open_q) assert (end_q == step_end && from_q <= at);
                assert (dut.strb_q == (open_q ? bytes_of(from_q, at) : '0));
            end
        end
    end
endmodule

`default_nettype wire
