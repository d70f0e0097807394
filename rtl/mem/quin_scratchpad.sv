// SPDX-License-Identifier: Apache-2.0
// The scratchpad: SpWords 32-bit words in lines of LineWords, ports A and B with the signals of docs/rtl.md.
// Line i holds words i * LineWords and up, the lowest in bits 31:0. Both ports always take a request; a read's line is there
// the cycle after. SpWords must be a multiple of LineWords; addresses at or beyond SpWords are the client's fault
// (units check them before) and reach some other line.
`default_nettype none

module quin_scratchpad #(
    parameter int SpWords = 8192,
    parameter int LineWords = 4
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,

    input  logic                      a_req_i,
    output logic                      a_gnt_o,
    input  logic                      a_we_i,
    input  logic [19:0]               a_addr_i,
    input  logic [32*LineWords-1:0]   a_wdata_i,
    input  logic [4*LineWords-1:0]    a_wstrb_i,
    output logic [32*LineWords-1:0]   a_rdata_o,
    output logic                      a_rvalid_o,

    input  logic                      b_req_i,
    input  logic                      b_we_i,
    input  logic [19:0]               b_addr_i,
    input  logic [32*LineWords-1:0]   b_wdata_i,
    input  logic [4*LineWords-1:0]    b_wstrb_i,
    output logic [32*LineWords-1:0]   b_rdata_o,
    output logic                      b_rvalid_o
);
    localparam int Lines = SpWords / LineWords;
    localparam int LineBits = $clog2(Lines);

    logic a_rvalid_q, b_rvalid_q;
    logic unused;

    assign a_gnt_o = 1'b1;
    assign a_rvalid_o = a_rvalid_q;
    assign b_rvalid_o = b_rvalid_q;
    assign unused = ^{a_addr_i, b_addr_i};

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            a_rvalid_q <= 1'b0;
            b_rvalid_q <= 1'b0;
        end else begin
            a_rvalid_q <= a_req_i && !a_we_i;
            b_rvalid_q <= b_req_i && !b_we_i;
        end
    end

    // A memory for each word of a line: 32 bits wide whatever the configuration.
    for (genvar w = 0; w < LineWords; w++) begin : g_word
        logic a_en, b_en;
        // A write that touches no byte of this word leaves its memory alone.
        assign a_en = a_req_i && (!a_we_i || a_wstrb_i[4*w +: 4] != 4'b0);
        assign b_en = b_req_i && (!b_we_i || b_wstrb_i[4*w +: 4] != 4'b0);
        quin_ram #(
            .Width(32),
            .Words(Lines)
        ) u_ram (
            .clk_i,
            .a_en_i   (a_en),
            .a_we_i,
            .a_addr_i (a_addr_i[LineBits-1:0]),
            .a_wdata_i(a_wdata_i[32*w +: 32]),
            .a_wstrb_i(a_wstrb_i[4*w +: 4]),
            .a_rdata_o(a_rdata_o[32*w +: 32]),
            .b_en_i   (b_en),
            .b_we_i,
            .b_addr_i (b_addr_i[LineBits-1:0]),
            .b_wdata_i(b_wdata_i[32*w +: 32]),
            .b_wstrb_i(b_wstrb_i[4*w +: 4]),
            .b_rdata_o(b_rdata_o[32*w +: 32])
        );
    end
endmodule

`default_nettype wire
