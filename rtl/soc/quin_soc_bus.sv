// SPDX-License-Identifier: Apache-2.0
// Joins the accelerator's AXI4 port and the RV32 core's single words. An access of the core is one burst of a word (one
// beat; on a narrower bus as many as it takes), one at a time, answered with ack_o when R or B is there.
// Its ids are {tag, 2'b11}; the accelerator's never end in 11. If the core is reset in the middle (drop_i), what is on
// the bus is carried through, its answer is not waited for, and the tag changes: late answers are taken and forgotten.
// Write data keep the order of the addresses: the core's burst starts when all of the accelerator's data have been taken,
// and the accelerator's next address waits meanwhile. Nothing that was shown is taken back.
`default_nettype none

module quin_soc_bus #(
    parameter int BusBytes = 8
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,

    // the core; the request stays until ack_o
    input  logic                  drop_i,
    input  logic                  req_i,
    input  logic                  we_i,
    input  logic [39:0]           addr_i,       // a multiple of 4
    input  logic [31:0]           wdata_i,
    input  logic [3:0]            wstrb_i,
    output logic                  ack_o,
    output logic [31:0]           rdata_o,      // with ack_o; 0 after an error
    output logic                  error_o,      // with ack_o

    // the accelerator
    input  logic                  acc_arvalid_i,
    output logic                  acc_arready_o,
    input  logic [39:0]           acc_araddr_i,
    input  logic [7:0]            acc_arlen_i,
    input  logic [3:0]            acc_arid_i,
    output logic                  acc_rvalid_o,
    input  logic                  acc_rready_i,
    input  logic                  acc_awvalid_i,
    output logic                  acc_awready_o,
    input  logic [39:0]           acc_awaddr_i,
    input  logic [7:0]            acc_awlen_i,
    input  logic [3:0]            acc_awid_i,
    input  logic                  acc_wvalid_i,
    output logic                  acc_wready_o,
    input  logic [8*BusBytes-1:0] acc_wdata_i,
    input  logic [BusBytes-1:0]   acc_wstrb_i,
    input  logic                  acc_wlast_i,
    output logic                  acc_bvalid_o,
    input  logic                  acc_bready_i,

    // the memory
    output logic                  m_axi_arvalid_o,
    input  logic                  m_axi_arready_i,
    output logic [39:0]           m_axi_araddr_o,
    output logic [7:0]            m_axi_arlen_o,
    output logic [3:0]            m_axi_arid_o,
    input  logic                  m_axi_rvalid_i,
    output logic                  m_axi_rready_o,
    input  logic [8*BusBytes-1:0] m_axi_rdata_i,
    input  logic [1:0]            m_axi_rresp_i,
    input  logic                  m_axi_rlast_i,
    input  logic [3:0]            m_axi_rid_i,
    output logic                  m_axi_awvalid_o,
    input  logic                  m_axi_awready_i,
    output logic [39:0]           m_axi_awaddr_o,
    output logic [7:0]            m_axi_awlen_o,
    output logic [3:0]            m_axi_awid_o,
    output logic                  m_axi_wvalid_o,
    input  logic                  m_axi_wready_i,
    output logic [8*BusBytes-1:0] m_axi_wdata_o,
    output logic [BusBytes-1:0]   m_axi_wstrb_o,
    output logic                  m_axi_wlast_o,
    input  logic                  m_axi_bvalid_i,
    output logic                  m_axi_bready_o,
    input  logic [1:0]            m_axi_bresp_i,
    input  logic [3:0]            m_axi_bid_i
);
    localparam int Beats = BusBytes < 4 ? 4 / BusBytes : 1;
    localparam int UnitBytes = BusBytes < 4 ? BusBytes : 4; // of the word in a beat
    localparam int Units = BusBytes / UnitBytes;            // places for them
    localparam logic [39:0] BeatMask = ~(40'(BusBytes) - 40'd1);

    typedef enum logic [1:0] {IDLE, WAIT, SHOW, ANSWER} state_e; // WAIT: a write, until the accelerator's data are through
    state_e state_q;
    logic we_q, lost_q, ar_q, aw_q, w_q, error_q;
    logic [1:0] tag_q, beat_q;
    logic [39:0] addr_q;
    logic [31:0] data_q, word;
    logic [3:0] strb_q;
    logic own, r_mine, b_mine, r_answer, b_answer, answer, bad, shown, unused;

    assign unused = ^{m_axi_rresp_i[0], m_axi_bresp_i[0]};

    // ---- reads: the core goes first, except before an address that was shown already ----
    logic ar_held_q, ar_core;
    assign ar_core = ar_q && !ar_held_q;
    assign m_axi_arvalid_o = ar_core || acc_arvalid_i;
    assign m_axi_araddr_o = ar_core ? addr_q & BeatMask : acc_araddr_i;
    assign m_axi_arlen_o = ar_core ? 8'(Beats - 1) : acc_arlen_i;
    assign m_axi_arid_o = ar_core ? {tag_q, 2'b11} : acc_arid_i;
    assign acc_arready_o = m_axi_arready_i && !ar_core;

    assign r_mine = m_axi_rid_i[1:0] == 2'b11;
    assign acc_rvalid_o = m_axi_rvalid_i && !r_mine;
    assign m_axi_rready_o = r_mine || acc_rready_i;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) ar_held_q <= 1'b0;
        else ar_held_q <= acc_arvalid_i && !ar_core && !m_axi_arready_i;
    end

    // ---- writes ----
    logic aw_held_q, aw_acc, aw_new, w_acc, drained;
    logic [5:0] open_q;         // the accelerator's bursts that were shown and whose data are not all taken
    assign own = state_q == SHOW && we_q;
    assign aw_acc = acc_awvalid_i && (aw_held_q || state_q != WAIT) && !own;
    assign aw_new = aw_acc && !aw_held_q;
    assign w_acc = acc_wvalid_i && !own && (open_q != '0 || aw_new);
    assign drained = open_q == '0 && !aw_held_q;

    assign m_axi_awvalid_o = own ? aw_q : aw_acc;
    assign m_axi_awaddr_o = own ? addr_q & BeatMask : acc_awaddr_i;
    assign m_axi_awlen_o = own ? 8'(Beats - 1) : acc_awlen_i;
    assign m_axi_awid_o = own ? {tag_q, 2'b11} : acc_awid_i;
    assign acc_awready_o = m_axi_awready_i && aw_acc;

    assign m_axi_wvalid_o = own ? w_q : w_acc;
    assign m_axi_wlast_o = own ? beat_q == 2'(Beats - 1) : acc_wlast_i;
    assign acc_wready_o = m_axi_wready_i && w_acc;

    // the part of the word that this beat holds, in every place of the beat, but written in one place
    logic [8*UnitBytes-1:0] unit;
    logic [UnitBytes-1:0] unit_strb;
    logic [BusBytes-1:0] strb;
    assign unit = data_q[8*UnitBytes-1:0];
    assign unit_strb = strb_q[UnitBytes-1:0];
    genvar u;
    generate
        for (u = 0; u < Units; u = u + 1) begin : g_unit
            assign strb[UnitBytes*u +: UnitBytes] =
                (addr_q & ~BeatMask) == 40'(UnitBytes * u) || Units == 1 ? unit_strb : '0;
        end
        if (BusBytes < 4) begin : g_narrow
            assign word = {m_axi_rdata_i, data_q[31:8*BusBytes]};
        end else if (BusBytes == 4) begin : g_word
            assign word = m_axi_rdata_i;
        end else begin : g_wide
            assign word = m_axi_rdata_i[32*addr_q[$clog2(BusBytes)-1:2] +: 32];
        end
    endgenerate
    assign m_axi_wdata_o = own ? {Units{unit}} : acc_wdata_i;
    assign m_axi_wstrb_o = own ? strb : acc_wstrb_i;

    assign b_mine = m_axi_bid_i[1:0] == 2'b11;
    assign acc_bvalid_o = m_axi_bvalid_i && !b_mine;
    assign m_axi_bready_o = b_mine || acc_bready_i;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            aw_held_q <= 1'b0;
            open_q <= '0;
        end else begin
            aw_held_q <= aw_acc && !m_axi_awready_i;
            open_q <= open_q + 6'(aw_new) - 6'(w_acc && m_axi_wready_i && acc_wlast_i);
        end
    end

    // ---- the core's access ----
    assign r_answer = m_axi_rvalid_i && m_axi_rid_i == {tag_q, 2'b11};
    assign b_answer = m_axi_bvalid_i && m_axi_bid_i == {tag_q, 2'b11};
    assign answer = state_q == ANSWER && (we_q ? b_answer : r_answer && m_axi_rlast_i);
    assign bad = we_q ? m_axi_bresp_i[1] : m_axi_rresp_i[1] || error_q;
    assign shown = (!ar_q || (ar_core && m_axi_arready_i)) && (!aw_q || m_axi_awready_i) &&
                   (!w_q || (m_axi_wready_i && m_axi_wlast_o));
    assign ack_o = answer && !lost_q && !drop_i;
    assign error_o = bad;
    assign rdata_o = bad ? 32'd0 : word;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= IDLE;
            tag_q <= '0;
            ar_q <= 1'b0;
            aw_q <= 1'b0;
            w_q <= 1'b0;
        end else begin
            case (state_q)
                IDLE: if (req_i && !drop_i) begin
                    state_q <= we_i ? WAIT : SHOW;
                    ar_q <= !we_i;
                end
                WAIT: begin
                    if (drop_i) begin
                        state_q <= IDLE;
                    end else if (drained) begin
                        state_q <= SHOW;
                        aw_q <= 1'b1;
                        w_q <= 1'b1;
                    end
                end
                SHOW: begin
                    if (ar_core && m_axi_arready_i) ar_q <= 1'b0;
                    if (m_axi_awready_i) aw_q <= 1'b0;
                    if (m_axi_wready_i && m_axi_wlast_o) w_q <= 1'b0;
                    if (shown) state_q <= ANSWER;
                end
                default: if (answer || lost_q || drop_i) begin
                    state_q <= IDLE;
                    if (lost_q || drop_i) tag_q <= tag_q + 1'b1;
                end
            endcase
        end
    end

    always_ff @(posedge clk_i) begin
        lost_q <= state_q == SHOW && (drop_i || lost_q);
        if (state_q == IDLE) begin
            we_q <= we_i;
            addr_q <= addr_i;
            data_q <= wdata_i;
            strb_q <= wstrb_i;
            beat_q <= '0;
            error_q <= 1'b0;
        end else if (we_q ? own && w_q && m_axi_wready_i : r_answer) begin
            // on a narrow bus: the next part of the word goes out, or one has come in
            data_q <= we_q ? data_q >> (8 * UnitBytes % 32) : word;
            strb_q <= strb_q >> (UnitBytes % 4);
            beat_q <= beat_q + 1'b1;
            error_q <= error_q || m_axi_rresp_i[1];
        end
    end
endmodule

`default_nettype wire
