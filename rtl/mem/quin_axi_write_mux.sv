// SPDX-License-Identifier: Apache-2.0
// Two clients' write ports on one AXI4 write port, client 0 first; all bursts carry one id, so answers come in order.
// Data never interleave: a client's address is taken when the other has no data left to send. Addresses and data pass
// a register stage, addresses at most one in two cycles. At most 32 bursts are unanswered.
`default_nettype none

module quin_axi_write_mux #(
    parameter int BusBytes = 8
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,

    input  logic [1:0]                aw_valid_i,
    output logic [1:0]                aw_ready_o,
    input  logic [79:0]               aw_addr_i,
    input  logic [15:0]               aw_len_i,
    input  logic [1:0]                w_valid_i,
    output logic [1:0]                w_ready_o,
    input  logic [2*8*BusBytes-1:0]   w_data_i,
    input  logic [2*BusBytes-1:0]     w_strb_i,
    input  logic [1:0]                w_last_i,
    output logic [1:0]                b_valid_o,
    input  logic [1:0]                b_ready_i,
    output logic [1:0]                b_resp_o,

    output logic                      m_axi_awvalid_o,
    input  logic                      m_axi_awready_i,
    output logic [39:0]               m_axi_awaddr_o,
    output logic [7:0]                m_axi_awlen_o,
    output logic                      m_axi_wvalid_o,
    input  logic                      m_axi_wready_i,
    output logic [8*BusBytes-1:0]     m_axi_wdata_o,
    output logic [BusBytes-1:0]       m_axi_wstrb_o,
    output logic                      m_axi_wlast_o,
    input  logic                      m_axi_bvalid_i,
    output logic                      m_axi_bready_o,
    input  logic [1:0]                m_axi_bresp_i
);
    logic valid_q, owner_q, choice, take, room, answer_valid, answer;
    logic [39:0] addr_q;
    logic [7:0] len_q;
    logic [5:0] open_q;                  // bursts of the owner whose last beat has not gone into the register stage
    logic [5:0] count;
    logic last, data_valid, data_ready, data_last;
    logic [8*BusBytes-1:0] data;
    logic [BusBytes-1:0] strb;

    assign choice = !aw_valid_i[0];
    assign take = aw_valid_i != '0 && !valid_q && (open_q == '0 || owner_q == choice) && room;
    assign aw_ready_o = {take && choice, take && !choice};
    assign last = data_valid && data_ready && data_last;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            valid_q <= 1'b0;
            owner_q <= 1'b0;
            open_q <= '0;
        end else begin
            if (take) begin
                valid_q <= 1'b1;
                owner_q <= choice;
            end else if (m_axi_awready_i) begin
                valid_q <= 1'b0;
            end
            open_q <= open_q + 6'(take) - 6'(last);
        end
    end
    always_ff @(posedge clk_i) begin
        if (!valid_q) begin
            addr_q <= choice ? aw_addr_i[79:40] : aw_addr_i[39:0];
            len_q <= choice ? aw_len_i[15:8] : aw_len_i[7:0];
        end
    end

    // Whose answer comes next.
    quin_fifo #(.Width(1), .Depth(32)) u_owners (
        .clk_i, .rst_ni, .valid_i(take), .ready_o(room), .data_i(choice), .valid_o(answer_valid),
        .ready_i(m_axi_bvalid_i && m_axi_bready_o), .data_o(answer), .count_o(count));

    assign m_axi_awvalid_o = valid_q;
    assign m_axi_awaddr_o = addr_q;
    assign m_axi_awlen_o = len_q;
    assign data_valid = open_q != '0 && w_valid_i[owner_q];
    assign data = owner_q ? w_data_i[8*BusBytes +: 8*BusBytes] : w_data_i[8*BusBytes-1:0];
    assign strb = owner_q ? w_strb_i[BusBytes +: BusBytes] : w_strb_i[BusBytes-1:0];
    assign data_last = w_last_i[owner_q];
    assign w_ready_o = {open_q != '0 && owner_q && data_ready, open_q != '0 && !owner_q && data_ready};
    quin_skid #(.Width(1 + 9 * BusBytes)) u_data (
        .clk_i, .rst_ni, .valid_i(data_valid), .ready_o(data_ready), .data_i({data_last, strb, data}),
        .valid_o(m_axi_wvalid_o), .ready_i(m_axi_wready_i), .data_o({m_axi_wlast_o, m_axi_wstrb_o, m_axi_wdata_o}));
    assign m_axi_bready_o = answer_valid && b_ready_i[answer];
    assign b_valid_o = {m_axi_bvalid_i && answer_valid && answer, m_axi_bvalid_i && answer_valid && !answer};
    assign b_resp_o = m_axi_bresp_i;

    logic unused;
    assign unused = ^count;
endmodule

`default_nettype wire
