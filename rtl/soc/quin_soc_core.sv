// SPDX-License-Identifier: Apache-2.0
// The RV32 core (PicoRV32) with its memory, its own registers and its ways to the accelerator's registers and to DRAM:
//   0x0000_0000 memory   0x4000_0000 registers   0x5000_0000 quin_soc_control   0x8000_0000 DRAM, 2 GiB of a page
// All answers come through one register; with RamWait = 0 those of the memory do not: it is seen by the core's look-ahead
// and answers in the first cycle, which makes the firmware a fifth faster and block RAM to core the longest path.
// A register access takes two cycles more than its answer and waits while the host has the port.
`default_nettype none

module quin_soc_core #(
    parameter Firmware = "build/firmware/firmware.hex",
    parameter int RamWords = 4096,
    parameter int RamWait = 1,
    parameter int WatchdogBits = 24,
    parameter int WaitBits = 14,
    parameter int RunPolls = 4096
) (
    input  logic         clk_i,
    input  logic         rst_ni,
    output logic         trap_o,

    // registers of the accelerator: the request is taken in a cycle with reg_gnt_i, the answer comes Answer later
    input  logic         host_write_i,
    output logic         reg_req_o,
    input  logic         reg_gnt_i,
    output logic         reg_we_o,
    output logic [13:0]  reg_addr_o,
    output logic [31:0]  reg_wdata_o,
    input  logic [31:0]  reg_rdata_i,

    // DRAM, as quin_soc_bus
    output logic         bus_drop_o,
    output logic         bus_req_o,
    output logic         bus_we_o,
    output logic [39:0]  bus_addr_o,
    output logic [31:0]  bus_wdata_o,
    output logic [3:0]   bus_wstrb_o,
    input  logic         bus_ack_i,
    input  logic [31:0]  bus_rdata_i,
    input  logic         bus_error_i
);
    localparam int RamBits = $clog2(RamWords);
    localparam int Answer = quin_cell_pkg::REG_ANSWER_CYCLES;

    logic core_rst_n, mem_valid, mem_ready, la_read, la_write;
    logic [31:0] mem_addr, mem_wdata, mem_rdata, la_addr, la_wdata, ram_rdata, side_q, control_rdata;
    logic [3:0] mem_wstrb, la_wstrb;
    logic [8:0] page;
    logic mul_valid, mul_ready;
    logic [31:0] mul_insn, mul_rs1, mul_rs2, mul_rd;
    logic in_ram, in_reg, in_control, in_dram, side_ready_q, control_done, sample, idle_q;
    logic [Answer-1:0] taken_q, sampled_q; // in the cycles before, the last one in bit 0

    picorv32 #(
        .ENABLE_COUNTERS(1'b0), .ENABLE_COUNTERS64(1'b0), .TWO_CYCLE_COMPARE(1'b1), .ENABLE_PCPI(1'b1), .CATCH_MISALIGN(1'b1),
        .CATCH_ILLINSN(1'b1), .PROGADDR_RESET(32'h0000_0000)
    ) u_picorv32 (
        .clk(clk_i), .resetn(core_rst_n), .trap(trap_o), .mem_valid(mem_valid), .mem_instr(), .mem_ready(mem_ready),
        .mem_addr(mem_addr), .mem_wdata(mem_wdata), .mem_wstrb(mem_wstrb), .mem_rdata(mem_rdata),
        .mem_la_read(la_read), .mem_la_write(la_write), .mem_la_addr(la_addr), .mem_la_wdata(la_wdata),
        .mem_la_wstrb(la_wstrb), .pcpi_valid(mul_valid), .pcpi_insn(mul_insn), .pcpi_rs1(mul_rs1), .pcpi_rs2(mul_rs2),
        .pcpi_wr(mul_ready), .pcpi_rd(mul_rd), .pcpi_wait(1'b0), .pcpi_ready(mul_ready), .irq(32'd0), .eoi(),
        .trace_valid(), .trace_data());

    quin_soc_mul u_mul (
        .clk_i, .rst_ni(core_rst_n), .valid_i(mul_valid), .insn_i(mul_insn), .rs1_i(mul_rs1), .rs2_i(mul_rs2),
        .ready_o(mul_ready), .rd_o(mul_rd));

    // ---- memory: an access is seen the cycle before the core shows it ----
    logic la_ram, unused;
    assign la_ram = la_addr[31:30] == 2'b00;
    assign unused = ^{la_addr[29:RamBits+2], la_addr[1:0]};

    quin_soc_ram #(.Words(RamWords), .Firmware(Firmware)) u_ram (
        .clk_i, .en_i(la_ram && (la_read || la_write)), .we_i(la_write), .addr_i(la_addr[RamBits+1:2]),
        .wdata_i(la_wdata), .wstrb_i(la_wstrb), .rdata_o(ram_rdata));

    // ---- who is meant ----
    assign in_ram = mem_valid && !side_ready_q && mem_addr[31:30] == 2'b00;
    assign in_reg = mem_valid && !side_ready_q && mem_addr[31:30] == 2'b01 && !mem_addr[28];
    assign in_control = mem_valid && !side_ready_q && mem_addr[31:30] == 2'b01 && mem_addr[28];
    assign in_dram = mem_valid && !side_ready_q && mem_addr[31];
    assign mem_ready = side_ready_q || (in_ram && RamWait == 0);
    assign mem_rdata = side_ready_q || RamWait != 0 ? side_q : ram_rdata;

    // ---- registers; a core that waits for the end of a run looks at STATUS in every free cycle ----
    assign reg_req_o = (in_reg && taken_q == '0) || sample;
    assign reg_we_o = !sample && mem_wstrb != '0;
    assign reg_addr_o = sample ? quin_pkg::REG_STATUS : mem_addr[13:0];
    assign reg_wdata_o = mem_wdata;

    quin_soc_control #(.WatchdogBits(WatchdogBits), .WaitBits(WaitBits), .RunPolls(RunPolls)) u_control (
        .clk_i, .rst_ni, .req_i(in_control), .we_i(mem_wstrb != '0), .word_i(mem_addr[4:2]), .wdata_i(mem_wdata),
        .rdata_o(control_rdata), .done_o(control_done), .host_write_i, .sample_o(sample),
        .idle_i(idle_q), .bus_error_i(bus_ack_i && bus_error_i), .page_o(page),
        .core_rst_no(core_rst_n));

    // ---- DRAM ----
    assign bus_drop_o = !core_rst_n;
    assign bus_req_o = in_dram;
    assign bus_we_o = mem_wstrb != '0;
    assign bus_addr_o = {page, mem_addr[30:2], 2'b00};
    assign bus_wdata_o = mem_wdata;
    assign bus_wstrb_o = mem_wstrb;

    always_ff @(posedge clk_i) begin
        if (!core_rst_n) begin
            side_ready_q <= 1'b0;
            taken_q <= '0;
            sampled_q <= '0;
            idle_q <= 1'b0;
        end else begin
            side_ready_q <= taken_q[Answer-1] || control_done || bus_ack_i || (in_ram && RamWait != 0);
            taken_q <= {taken_q[Answer-2:0], in_reg && taken_q == '0 && reg_gnt_i};
            sampled_q <= {sampled_q[Answer-2:0], sample && reg_gnt_i};
            idle_q <= sampled_q[Answer-1] && !reg_rdata_i[0];
        end
    end

    always_ff @(posedge clk_i) begin
        if (bus_ack_i) side_q <= bus_rdata_i;
        else if (taken_q[Answer-1]) side_q <= reg_rdata_i;
        else if (control_done) side_q <= control_rdata;
        else if (RamWait != 0) side_q <= ram_rdata;
    end
endmodule

`default_nettype wire
