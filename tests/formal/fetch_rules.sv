// SPDX-License-Identifier: Apache-2.0
// Proof: the read addresses of the command fetch keep the rules of axi_address_rules and lie inside one window that may
// be read in the cycle of their check, which is two before the address stands, whatever the windows do. So they lie in
// one while windows hold. The program begins at a multiple of 64 and a command that is asked for lies in it; program
// and length hold while the fetch runs; limits are at most 2^40 - 64.
`default_nettype none

module fetch_rules #(
    parameter int BusBytes = 2
) (
    input logic                  clk_i,
    input logic                  rst_ni,
    input logic                  clear_i,
    input logic [82*quin_pkg::WINDOWS-1:0] windows_i,
    input logic                  req_i,
    input logic [23:0]           pc_i,
    input logic                  ar_ready_i,
    input logic                  r_valid_i,
    input logic [8*BusBytes-1:0] r_data_i,
    input logic [1:0]            r_resp_i,
    input logic                  r_last_i
);
    localparam int BusLog = $clog2(BusBytes);

    // Never written: any constants.
    logic [39:0] program_q;
    logic [31:0] length_q;
    always_ff @(posedge clk_i) begin
        program_q <= program_q;
        length_q <= length_q;
    end

    logic cmd_valid, busy, ar_valid, r_ready;
    logic [quin_pkg::WINDOWS-1:0] hit;
    logic [511:0] cmd;
    logic [3:0] error;
    logic [39:0] error_address, ar_addr;
    logic [40:0] check_addr;
    logic [8:0] check_bytes;
    logic [7:0] ar_len;
    quin_command_fetch #(.BusBytes(BusBytes), .Entries(4)) dut (
        .clk_i, .rst_ni, .clear_i, .program_i(program_q), .length_i(length_q), .req_i, .pc_i, .cmd_valid_o(cmd_valid),
        .cmd_o(cmd), .error_o(error), .error_address_o(error_address), .busy_o(busy), .check_addr_o(check_addr),
        .check_bytes_o(check_bytes), .check_hit_i(hit), .ar_valid_o(ar_valid), .ar_ready_i, .ar_addr_o(ar_addr),
        .ar_len_o(ar_len), .r_valid_i, .r_ready_o(r_ready), .r_data_i, .r_resp_i, .r_last_i
    );
    quin_window_check check (
        .windows_i, .address_i(check_addr), .past_i({1'b0, check_addr} + 42'(check_bytes)), .write_i(1'b0), .hit_o(hit)
    );
    axi_address_rules #(.BusBytes(BusBytes)) rules (
        .clk_i, .rst_ni, .valid_i(ar_valid), .ready_i(ar_ready_i), .addr_i(ar_addr), .len_i(ar_len)
    );

    // past: a cycle ago; q: of the check of the address that stands.
    logic started_q, granted, past_granted_q, granted_q;
    logic [41:0] lo, hi, past_lo_q, past_hi_q, lo_q, hi_q, ar_end;
    assign lo = {1'b0, check_addr};
    assign hi = lo + 42'(check_bytes);
    assign ar_end = {2'b0, ar_addr} + ((42'(ar_len) + 42'd1) << BusLog);
    window_rule window (.windows_i, .lo_i(lo), .hi_i(hi), .write_i(1'b0), .inside_o(granted));
    initial started_q = 1'b0;
    always_ff @(posedge clk_i) begin
        started_q <= 1'b1;
        past_lo_q <= lo;
        past_hi_q <= hi;
        past_granted_q <= granted;
        if (!ar_valid) begin // two cycles before the address stands is its check
            lo_q <= past_lo_q;
            hi_q <= past_hi_q;
            granted_q <= past_granted_q;
        end
    end
    always_comb begin
        if (!started_q) assume (!rst_ni);
        assume (program_q[5:0] == 6'd0);
        for (int i = 0; i < quin_pkg::WINDOWS; i++) assume (windows_i[82*i+40 +: 40] <= 40'hffffffffc0);
        if (req_i) assume ({8'd0, pc_i} < length_q);
        if (started_q && rst_ni && ar_valid) begin
            assert (granted_q && lo_q == {2'b0, ar_addr} && hi_q == ar_end);
        end
        // Induction.
        if (started_q && rst_ni && (dut.state_q == 3'd2 || dut.state_q == 3'd3)) begin
            assert (dut.address_q[5:0] == 6'd0);
            assert (!dut.valid_q && !dut.end_q);
            if (dut.count_q == 3'd0) assert (dut.left_q == length_q - {8'd0, dut.fill_q});
            assert ({1'b0, dut.count_q} <= 4'd4 && {8'd0, dut.fill_q} < length_q);
            if (dut.count_q != 3'd0) assert (dut.count_q <= dut.Most);
            if (dut.count_q != 3'd0) assert (7'(dut.count_q) <= 7'd64 - {1'b0, dut.address_q[11:6]});
        end
        if (started_q && rst_ni && dut.state_q == 3'd3) assert (dut.count_q != 3'd0);
        assert ((hit != '0) == granted);
        if (started_q && past_granted_q) assert (past_lo_q <= past_hi_q && past_hi_q <= 42'hffffffffc0);
        if (started_q && rst_ni && dut.checked_q) begin // what was checked is what is to be asked for
            assert (dut.state_q == 3'd2 && dut.count_q != 3'd0);
            assert ((dut.hits_q != '0) == past_granted_q && past_lo_q == lo && past_hi_q == hi);
        end
    end
endmodule

`default_nettype wire
