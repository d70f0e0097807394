// SPDX-License-Identifier: Apache-2.0
// A memory behind one AXI4 port for benches: mem[a / BusBytes], byte strobes, one read and one write burst
// at a time, in order. Latency cycles pass from a burst's address to its first beat; StallPercent of the
// cycles nothing is taken or given. Addresses beyond Words are answered with DECERR. `breaches` counts what
// the master did against AXI or the project's rules.
`default_nettype none

module axi_memory #(
    parameter int BusBytes = 4,
    parameter int Words = 65536,  // of BusBytes
    parameter int Latency = 8,
    parameter int StallPercent = 10,
    parameter int Seed = 1
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic                  arvalid_i,
    output logic                  arready_o,
    input  logic [39:0]           araddr_i,
    input  logic [7:0]            arlen_i,
    input  logic [2:0]            arsize_i,
    input  logic [1:0]            arburst_i,
    input  logic [3:0]            arid_i,
    output logic                  rvalid_o,
    input  logic                  rready_i,
    output logic [8*BusBytes-1:0] rdata_o,
    output logic [1:0]            rresp_o,
    output logic                  rlast_o,
    output logic [3:0]            rid_o,
    input  logic                  awvalid_i,
    output logic                  awready_o,
    input  logic [39:0]           awaddr_i,
    input  logic [7:0]            awlen_i,
    input  logic [2:0]            awsize_i,
    input  logic [1:0]            awburst_i,
    input  logic                  wvalid_i,
    output logic                  wready_o,
    input  logic [8*BusBytes-1:0] wdata_i,
    input  logic [BusBytes-1:0]   wstrb_i,
    input  logic                  wlast_i,
    output logic                  bvalid_o,
    input  logic                  bready_i,
    output logic [1:0]            bresp_o
);
    localparam int Shift = $clog2(BusBytes);
    localparam logic [39:0] End = 40'(Words * BusBytes);

    logic [8*BusBytes-1:0] mem [0:Words-1];
    integer breaches, seed, b;

    // state of the read and of the write burst; left counts beats down to 0
    logic        reading, writing;
    logic [39:0] raddr, waddr;
    logic [7:0]  rleft, wleft;
    logic [3:0]  rid;
    integer      rwait;
    logic        wbad, stall_ar, stall_r, stall_w, stall_b, answering;

    // what was offered and not taken, which has to stay
    logic        ar_held, aw_held, w_held;
    logic [51:0] ar_was, aw_was;
    logic [9*BusBytes:0] w_was;

    assign arready_o = !reading && !stall_ar;
    assign awready_o = !writing && !answering && !stall_ar;
    assign wready_o = writing && !stall_w;
    assign rdata_o = raddr < End ? mem[raddr >> Shift] : '1;
    assign rresp_o = raddr < End ? 2'b00 : 2'b11;
    assign rlast_o = rleft == 8'd0;
    assign rid_o = rid;
    assign bresp_o = wbad ? 2'b11 : 2'b00;

    function automatic logic stall(input integer unused);
        stall = $unsigned($random(seed)) % 100 < StallPercent;
    endfunction

    // INCR, full width, aligned, at most 64 beats, inside 4 KiB
    function automatic logic bad_burst(input logic [39:0] addr, input logic [7:0] len, input logic [2:0] size,
                                       input logic [1:0] burst);
        bad_burst = burst != 2'b01 || size != 3'(Shift) || len > 8'd63 ||
                    (addr & 40'(BusBytes - 1)) != 40'd0 ||
                    {28'd0, addr[11:0]} + (({32'd0, len} + 40'd1) << Shift) > 40'd4096;
    endfunction

    task breach(input [8*40-1:0] what, input logic [39:0] addr);
        begin
            breaches = breaches + 1;
            if (breaches <= 10) $display("axi_memory: %0s at %h, time %0t", what, addr, $time);
        end
    endtask

    initial begin
        breaches = 0;
        seed = Seed;
    end

    always @(posedge clk_i) begin
        if (!rst_ni) begin
            reading <= 1'b0;
            writing <= 1'b0;
            answering <= 1'b0;
            rvalid_o <= 1'b0;
            bvalid_o <= 1'b0;
            rleft <= '0;
            rid <= '0;
            raddr <= '0;
            wbad <= 1'b0;
            ar_held <= 1'b0;
            aw_held <= 1'b0;
            w_held <= 1'b0;
            {stall_ar, stall_r, stall_w, stall_b} <= '0;
        end else begin
            stall_ar <= stall(0);
            stall_w <= stall(0);
            stall_r = stall(0);
            stall_b = stall(0);

            // reads; valid stays until it is taken
            if (arvalid_i && arready_o) begin
                if (bad_burst(araddr_i, arlen_i, arsize_i, arburst_i)) breach("read burst", araddr_i);
                reading <= 1'b1;
                raddr <= araddr_i;
                rleft <= arlen_i;
                rid <= arid_i;
                rwait <= Latency;
            end else if (reading) begin
                if (rwait > 0) rwait <= rwait - 1;
                if (rvalid_o && rready_i) begin
                    raddr <= raddr + 40'(BusBytes);
                    rleft <= rleft - 8'd1;
                    reading <= rleft != 8'd0;
                    rvalid_o <= rleft != 8'd0 && !stall_r;
                end else if (!rvalid_o) begin
                    rvalid_o <= rwait <= 1 && !stall_r;
                end
            end

            // writes
            if (awvalid_i && awready_o) begin
                if (bad_burst(awaddr_i, awlen_i, awsize_i, awburst_i)) breach("write burst", awaddr_i);
                writing <= 1'b1;
                waddr <= awaddr_i;
                wleft <= awlen_i;
                wbad <= 1'b0;
            end
            if (wvalid_i && wready_o) begin
                if (wlast_i != (wleft == 8'd0)) breach("wlast", waddr);
                for (b = 0; b < BusBytes; b = b + 1)
                    if (wstrb_i[b] && waddr < End) mem[waddr >> Shift][8*b +: 8] <= wdata_i[8*b +: 8];
                if (waddr >= End) wbad <= 1'b1;
                waddr <= waddr + 40'(BusBytes);
                wleft <= wleft - 8'd1;
                if (wleft == 8'd0) begin
                    writing <= 1'b0;
                    answering <= 1'b1;
                end
            end
            if (bvalid_o && bready_i) begin
                bvalid_o <= 1'b0;
                answering <= 1'b0;
            end else if (answering && !stall_b) begin
                bvalid_o <= 1'b1;
            end

            // what is valid and not taken stays as it is
            if (ar_held && {arvalid_i, araddr_i, arlen_i, arsize_i} !== ar_was)
                breach("AR changed", araddr_i);
            if (aw_held && {awvalid_i, awaddr_i, awlen_i, awsize_i} !== aw_was)
                breach("AW changed", awaddr_i);
            if (w_held && {wvalid_i, wdata_i, wstrb_i} !== w_was) breach("W changed", waddr);
            ar_held <= arvalid_i && !arready_o;
            aw_held <= awvalid_i && !awready_o;
            w_held <= wvalid_i && !wready_o;
            ar_was <= {arvalid_i, araddr_i, arlen_i, arsize_i};
            aw_was <= {awvalid_i, awaddr_i, awlen_i, awsize_i};
            w_was <= {wvalid_i, wdata_i, wstrb_i};
        end
    end
endmodule

`default_nettype wire
