// SPDX-License-Identifier: Apache-2.0
// The whole accelerator with a memory plays the script of program.c (+SCRIPT=path): register and memory
// writes, runs whose retire records, counters and DRAM must be the golden model's. Ends with a count of what
// was compared and PASS or FAIL.
`default_nettype none

module accelerator_icarus;
    parameter int Rows = 2;
    parameter int StreamBytes = 2;
    parameter int Lanes = 1;
    parameter int BusBytes = 4;
    parameter int SpWords = 8192;
    parameter int CarryBits = 15;
    parameter int StallPercent = 10;
    localparam int Most = 1 << 20;         // words of the script
    localparam int MemoryWords = 1 << 18;  // of 32 bits
    localparam int Beats = MemoryWords * 4 / BusBytes;
    localparam int Patience = 20000;       // cycles without a retired command

    logic [31:0] script [0:Most-1];
    logic [31:0] want_command [0:65535];
    logic [31:0] want_checksum [0:65535];
    logic        seen [0:65535];
    logic [8*256-1:0] path;
    logic clk, rst_n, req, we;
    logic [13:0] addr;
    logic [31:0] wdata, rdata;
    logic irq;
    logic [3:0] retire_valid;
    logic [127:0] retire_index, retire_command, retire_cycles, retire_checksum;
    logic arvalid, arready, rvalid, rready, rlast, awvalid, awready, wvalid, wready, wlast, bvalid, bready;
    logic [39:0] araddr, awaddr;
    logic [7:0] arlen, awlen;
    logic [2:0] arsize, awsize;
    logic [1:0] arburst, awburst, rresp, bresp;
    logic [3:0] arid, rid, awid;
    logic [8*BusBytes-1:0] rd, wd;
    logic [BusBytes-1:0] wstrb;
    integer at, i, n, errors, commands, reported, compared, words, cycles, quiet, address;
    logic [31:0] word, index;
    logic [8*BusBytes-1:0] line;

    quin_accelerator #(
        .Rows(Rows), .StreamBytes(StreamBytes), .Lanes(Lanes), .BusBytes(BusBytes), .SpWords(SpWords),
        .CarryBits(CarryBits)
    ) dut (
        .clk_i(clk), .rst_ni(rst_n), .reg_req_i(req), .reg_we_i(we), .reg_addr_i(addr), .reg_wdata_i(wdata),
        .reg_rdata_o(rdata), .irq_o(irq), .retire_valid_o(retire_valid), .retire_index_o(retire_index),
        .retire_command_o(retire_command), .retire_cycles_o(retire_cycles),
        .retire_checksum_o(retire_checksum),
        .m_axi_arvalid_o(arvalid), .m_axi_arready_i(arready), .m_axi_araddr_o(araddr), .m_axi_arlen_o(arlen),
        .m_axi_arsize_o(arsize), .m_axi_arburst_o(arburst), .m_axi_arid_o(arid), .m_axi_rvalid_i(rvalid),
        .m_axi_rready_o(rready), .m_axi_rdata_i(rd), .m_axi_rresp_i(rresp), .m_axi_rlast_i(rlast),
        .m_axi_rid_i(rid),
        .m_axi_awvalid_o(awvalid), .m_axi_awready_i(awready), .m_axi_awaddr_o(awaddr), .m_axi_awlen_o(awlen),
        .m_axi_awsize_o(awsize), .m_axi_awburst_o(awburst), .m_axi_awid_o(awid), .m_axi_wvalid_o(wvalid),
        .m_axi_wready_i(wready), .m_axi_wdata_o(wd), .m_axi_wstrb_o(wstrb), .m_axi_wlast_o(wlast),
        .m_axi_bvalid_i(bvalid), .m_axi_bready_o(bready), .m_axi_bresp_i(bresp)
    );

    axi_memory #(.BusBytes(BusBytes), .Words(Beats), .StallPercent(StallPercent)) memory (
        .clk_i(clk), .rst_ni(rst_n), .arvalid_i(arvalid), .arready_o(arready), .araddr_i(araddr),
        .arlen_i(arlen),
        .arsize_i(arsize), .arburst_i(arburst), .arid_i(arid), .rvalid_o(rvalid), .rready_i(rready),
        .rdata_o(rd),
        .rresp_o(rresp), .rlast_o(rlast), .rid_o(rid), .awvalid_i(awvalid), .awready_o(awready),
        .awaddr_i(awaddr),
        .awlen_i(awlen), .awsize_i(awsize), .awburst_i(awburst), .wvalid_i(wvalid), .wready_o(wready),
        .wdata_i(wd),
        .wstrb_i(wstrb), .wlast_i(wlast), .bvalid_o(bvalid), .bready_i(bready), .bresp_o(bresp)
    );

    task error(input [8*24-1:0] what, input [31:0] place, input [31:0] got, input [31:0] want);
        begin
            errors = errors + 1;
            if (errors <= 20) $display("%0s %0d (%h): got %h, want %h", what, place, place, got, want);
        end
    endtask

    // One cycle. What the accelerator reports before the edge counts.
    task cycle;
        integer u;
        begin
            #1;
            for (u = 0; u < 4; u = u + 1)
                if (retire_valid[u] === 1'b1) begin
                    index = retire_index[32*u +: 32];
                    quiet = 0;
                    reported = reported + 1;
                    if (index >= commands || seen[index[15:0]])
                        error("index", index, index, commands);
                    else begin
                        seen[index[15:0]] = 1'b1;
                        if (retire_command[32*u +: 32] !== want_command[index[15:0]])
                            error("command", index, retire_command[32*u +: 32], want_command[index[15:0]]);
                        if (retire_checksum[32*u +: 32] !== want_checksum[index[15:0]])
                            error("checksum of command", index, retire_checksum[32*u +: 32],
                                  want_checksum[index[15:0]]);
                    end
                end else if (retire_valid[u] !== 1'b0 && rst_n) error("retire_valid", u, 0, 0);
            clk = 1;
            #1;
            clk = 0;
            cycles = cycles + 1;
            quiet = quiet + 1;
        end
    endtask

    task write_register(input [31:0] offset, input [31:0] value);
        begin
            req = 1;
            we = 1;
            addr = offset[13:0];
            wdata = value;
            cycle;
            req = 0;
            we = 0;
        end
    endtask

    task read_register(input [31:0] offset);
        begin
            req = 1;
            addr = offset[13:0];
            cycle;
            req = 0;
            for (n = 1; n < quin_cell_pkg::REG_ANSWER_CYCLES; n = n + 1) cycle;
            #1 word = rdata;
        end
    endtask

    // The commands of a run stand in front of the write that starts it.
    task expect_run;
        begin
            commands = script[at+1];
            reported = 0;
            for (i = 0; i < commands; i = i + 1) begin
                want_command[i] = script[at+2+3*i+1];
                want_checksum[i] = script[at+2+3*i+2];
                seen[i] = 1'b0;
                if (script[at+2+3*i] !== i) error("script", at, script[at+2+3*i], i);
            end
        end
    endtask

    task finish_run;
        begin
            quiet = 0;
            while (reported < commands && quiet < Patience) cycle;
            if (reported < commands) error("commands that retired", reported, reported, commands);
            word = quin_pkg::STATUS_RUNNING;
            for (i = 0; i < 100 && (word & quin_pkg::STATUS_RUNNING) != 0; i = i + 1)
                read_register(quin_pkg::REG_STATUS);
            if (word !== quin_pkg::STATUS_DONE) error("status", 0, word, quin_pkg::STATUS_DONE);
            compared = compared + commands;
            at = at + 2 + 3 * commands;
            commands = 0;
        end
    endtask

    task access_memory(input logic compare);
        begin
            address = script[at+1] / 4;
            n = script[at+2];
            if (address + n > MemoryWords) begin
                error("script: beyond memory", address, n, MemoryWords);
                n = 0;
            end
            for (i = 0; i < n; i = i + 1) begin
                line = memory.mem[(address + i) * 4 / BusBytes];
                if (!compare) begin
                    line[32 * ((address + i) % (BusBytes / 4)) +: 32] = script[at+3+i];
                    memory.mem[(address + i) * 4 / BusBytes] = line;
                end else begin
                    word = line[32 * ((address + i) % (BusBytes / 4)) +: 32];
                    if (word !== script[at+3+i]) error("DRAM", 4 * (address + i), word, script[at+3+i]);
                    words = words + 1;
                end
            end
            at = at + 3 + script[at+2];
        end
    endtask

    initial begin
        if (!$value$plusargs("SCRIPT=%s", path)) path = "build/rtl/icarus/script.hex";
        for (i = 0; i < Most; i = i + 1) script[i] = 32'd0;
        $readmemh(path, script);
        for (i = 0; i < Beats; i = i + 1) memory.mem[i] = '0;
        {errors, commands, reported, compared, words, cycles, quiet, at} = '0;
        {clk, rst_n, req, we} = '0;
        addr = '0;
        wdata = '0;
        for (i = 0; i < 20; i = i + 1) cycle;
        rst_n = 1;
        cycle;
        while (script[at] != 0 && errors < 20) begin
            case (script[at])
                1: begin
                    at = at + 3;
                    // a write to CONTROL that starts a program is followed by what must come of it
                    if (script[at] == 3) expect_run;
                    write_register(script[at-2], script[at-1]);
                end
                2: access_memory(1'b0);
                3: finish_run;
                4: begin
                    read_register(script[at+1]);
                    if (word !== script[at+2]) error("counter", script[at+1], word, script[at+2]);
                    at = at + 3;
                end
                5: access_memory(1'b1);
                default: begin
                    error("script", at, script[at], 0);
                    at = Most - 1;
                end
            endcase
        end
        $display("%0d commands, %0d words of DRAM compared in %0d cycles, %0d breaches of AXI, %0d errors",
                 compared, words, cycles, memory.breaches, errors);
        if (errors == 0 && memory.breaches == 0 && compared > 0 && words > 0) $display("accelerator: PASS");
        else $display("accelerator: FAIL");
        $finish;
    end
endmodule

`default_nettype wire
