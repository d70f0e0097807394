// SPDX-License-Identifier: Apache-2.0
// What an AXI4 address channel (AR or AW) of this project keeps to: valid and payload stay until ready, bursts of at
// most MaxBeats beats, aligned to the bus, never across 4 KiB. Asserted, or with Assume assumed of a client.
`default_nettype none

module axi_address_rules #(
    parameter int BusBytes = 4,
    parameter int MaxBeats = 64,
    parameter bit Assume = 1'b0
) (
    input logic        clk_i,
    input logic        rst_ni,
    input logic        valid_i,
    input logic        ready_i,
    input logic [39:0] addr_i,
    input logic [7:0]  len_i
);
    logic started_q, stalled_q;
    logic [47:0] past_q;
    initial started_q = 1'b0;
    initial stalled_q = 1'b0;
    always_ff @(posedge clk_i) begin
        started_q <= 1'b1;
        stalled_q <= rst_ni && valid_i && !ready_i;
        past_q <= {addr_i, len_i};
    end

    logic stable, legal;
    logic [15:0] bytes;
    assign bytes = (16'(len_i) + 16'd1) * 16'(BusBytes);
    assign stable = !stalled_q || (valid_i && {addr_i, len_i} == past_q);
    assign legal = 16'(len_i) < 16'(MaxBeats) && (addr_i & 40'(BusBytes - 1)) == 40'd0 && {4'b0, addr_i[11:0]} + bytes <= 16'd4096;

    always_comb begin
        if (Assume) begin
            if (started_q && rst_ni) assume (stable && (!valid_i || legal));
        end else begin
            if (started_q && rst_ni) assert (stable);
            if (started_q && rst_ni && valid_i) assert (legal);
        end
    end
endmodule

// The bytes [lo_i, hi_i) lie in one window that grants the right.
module window_rule (
    input  logic [82*quin_pkg::WINDOWS-1:0] windows_i,
    input  logic [41:0]                     lo_i,
    input  logic [41:0]                     hi_i,
    input  logic                            write_i,
    output logic                            inside_o
);
    logic [quin_pkg::WINDOWS-1:0] hit;
    for (genvar i = 0; i < quin_pkg::WINDOWS; i++) begin : g_window
        assign hit[i] = (write_i ? windows_i[82*i+81] : windows_i[82*i+80])
            && {2'b0, windows_i[82*i +: 40]} <= lo_i && hi_i <= {2'b0, windows_i[82*i+40 +: 40]};
    end
    assign inside_o = hit != '0;
endmodule

`default_nettype wire
