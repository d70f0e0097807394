// SPDX-License-Identifier: Apache-2.0
// The whole device: accelerator, RV32 core with the firmware, and the host's register port on one AXI4 port. The host's
// register access takes one cycle always, and its answer comes quin_cell_pkg::REG_ANSWER_CYCLES later: the core waits.
// The core is no DMA: its DRAM accesses are not checked against the windows.
`default_nettype none

module quin_soc #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int Lanes = 4,
    parameter int BusBytes = 8,
    parameter int SpWords = 131072,
    parameter int CarryBits = 15,
    parameter int ClockHz = 100000000,
    parameter int FifoBytes = 4096,
    parameter int Counters = 1,
    parameter Firmware = "build/firmware/firmware.hex", // hexadecimal words for the core's memory
    parameter int RamWords = 4096,
    parameter int RamWait = 1,       // 0: the core's memory answers a cycle sooner, on a longer path
    parameter int WatchdogBits = 24, // the core is reset when its firmware was silent for 2^24 cycles
    parameter int WaitBits = 14,     // the firmware looks at a run every 2^14 cycles at least
    parameter int RunPolls = 4096    // and aborts it if no command retired that many times
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    // registers, for the host
    input  logic                  reg_req_i,
    input  logic                  reg_we_i,
    input  logic [13:0]           reg_addr_i,
    input  logic [31:0]           reg_wdata_i,
    output logic [31:0]           reg_rdata_o,
    output logic                  irq_o,
    // retirement, for observers: as quin_accelerator
    output logic [3:0]            retire_valid_o,
    output logic [4*32-1:0]       retire_index_o,
    output logic [4*32-1:0]       retire_command_o,
    output logic [4*32-1:0]       retire_cycles_o,
    output logic [4*32-1:0]       retire_checksum_o,
    // register writes of host and core as the accelerator takes them, for observers
    output logic                  obs_reg_we_o,
    output logic [13:0]           obs_reg_addr_o,
    output logic [31:0]           obs_reg_wdata_o,
    output logic                  cpu_trap_o,        // the core met an instruction that it cannot execute
    // AXI4 master
    output logic                  m_axi_arvalid_o,
    input  logic                  m_axi_arready_i,
    output logic [39:0]           m_axi_araddr_o,
    output logic [7:0]            m_axi_arlen_o,
    output logic [2:0]            m_axi_arsize_o,
    output logic [1:0]            m_axi_arburst_o,
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
    output logic [2:0]            m_axi_awsize_o,
    output logic [1:0]            m_axi_awburst_o,
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
    // ---- register port: the host first ----
    logic core_req, core_gnt, core_we, acc_req, acc_we;
    logic [13:0] core_addr, acc_addr;
    logic [31:0] core_wdata, acc_wdata;

    assign core_gnt = !reg_req_i;
    assign acc_req = reg_req_i || core_req;
    assign acc_we = reg_req_i ? reg_we_i : core_we;
    assign acc_addr = reg_req_i ? reg_addr_i : core_addr;
    assign acc_wdata = reg_req_i ? reg_wdata_i : core_wdata;
    assign obs_reg_we_o = acc_req && acc_we;
    assign obs_reg_addr_o = acc_addr;
    assign obs_reg_wdata_o = acc_wdata;

    // ---- core ----
    logic bus_drop, bus_req, bus_we, bus_ack, bus_error;
    logic [39:0] bus_addr;
    logic [31:0] bus_wdata, bus_rdata;
    logic [3:0] bus_wstrb;

    quin_soc_core #(
        .Firmware(Firmware), .RamWords(RamWords), .RamWait(RamWait), .WatchdogBits(WatchdogBits),
        .WaitBits(WaitBits), .RunPolls(RunPolls)
    ) u_core (
        .clk_i, .rst_ni, .trap_o(cpu_trap_o), .host_write_i(reg_req_i && reg_we_i), .reg_req_o(core_req),
        .reg_gnt_i(core_gnt), .reg_we_o(core_we), .reg_addr_o(core_addr), .reg_wdata_o(core_wdata),
        .reg_rdata_i(reg_rdata_o), .bus_drop_o(bus_drop), .bus_req_o(bus_req), .bus_we_o(bus_we), .bus_addr_o(bus_addr),
        .bus_wdata_o(bus_wdata), .bus_wstrb_o(bus_wstrb), .bus_ack_i(bus_ack), .bus_rdata_i(bus_rdata),
        .bus_error_i(bus_error));

    // ---- accelerator ----
    logic acc_arvalid, acc_arready, acc_rvalid, acc_rready, acc_awvalid, acc_awready, acc_wvalid, acc_wready, acc_wlast;
    logic acc_bvalid, acc_bready;
    logic [39:0] acc_araddr, acc_awaddr;
    logic [7:0] acc_arlen, acc_awlen;
    logic [3:0] acc_arid, acc_awid;
    logic [8*BusBytes-1:0] acc_axi_wdata;
    logic [BusBytes-1:0] acc_wstrb;

    quin_accelerator #(
        .Rows(Rows), .StreamBytes(StreamBytes), .Lanes(Lanes), .BusBytes(BusBytes), .SpWords(SpWords),
        .CarryBits(CarryBits), .ClockHz(ClockHz), .FifoBytes(FifoBytes), .Counters(Counters)
    ) u_accelerator (
        .clk_i, .rst_ni, .reg_req_i(acc_req), .reg_we_i(acc_we), .reg_addr_i(acc_addr), .reg_wdata_i(acc_wdata),
        .reg_rdata_o, .irq_o, .retire_valid_o, .retire_index_o, .retire_command_o, .retire_cycles_o,
        .retire_checksum_o,
        .m_axi_arvalid_o(acc_arvalid), .m_axi_arready_i(acc_arready), .m_axi_araddr_o(acc_araddr),
        .m_axi_arlen_o(acc_arlen), .m_axi_arsize_o, .m_axi_arburst_o, .m_axi_arid_o(acc_arid),
        .m_axi_rvalid_i(acc_rvalid), .m_axi_rready_o(acc_rready), .m_axi_rdata_i, .m_axi_rresp_i, .m_axi_rlast_i,
        .m_axi_rid_i, .m_axi_awvalid_o(acc_awvalid), .m_axi_awready_i(acc_awready), .m_axi_awaddr_o(acc_awaddr),
        .m_axi_awlen_o(acc_awlen), .m_axi_awsize_o, .m_axi_awburst_o, .m_axi_awid_o(acc_awid),
        .m_axi_wvalid_o(acc_wvalid), .m_axi_wready_i(acc_wready), .m_axi_wdata_o(acc_axi_wdata),
        .m_axi_wstrb_o(acc_wstrb), .m_axi_wlast_o(acc_wlast), .m_axi_bvalid_i(acc_bvalid),
        .m_axi_bready_o(acc_bready), .m_axi_bresp_i);

    // ---- DRAM port ----
    quin_soc_bus #(.BusBytes(BusBytes)) u_bus (
        .clk_i, .rst_ni, .drop_i(bus_drop), .req_i(bus_req), .we_i(bus_we), .addr_i(bus_addr), .wdata_i(bus_wdata),
        .wstrb_i(bus_wstrb), .ack_o(bus_ack), .rdata_o(bus_rdata), .error_o(bus_error),
        .acc_arvalid_i(acc_arvalid), .acc_arready_o(acc_arready), .acc_araddr_i(acc_araddr), .acc_arlen_i(acc_arlen),
        .acc_arid_i(acc_arid), .acc_rvalid_o(acc_rvalid), .acc_rready_i(acc_rready), .acc_awvalid_i(acc_awvalid),
        .acc_awready_o(acc_awready), .acc_awaddr_i(acc_awaddr), .acc_awlen_i(acc_awlen), .acc_awid_i(acc_awid),
        .acc_wvalid_i(acc_wvalid), .acc_wready_o(acc_wready), .acc_wdata_i(acc_axi_wdata), .acc_wstrb_i(acc_wstrb),
        .acc_wlast_i(acc_wlast), .acc_bvalid_o(acc_bvalid), .acc_bready_i(acc_bready),
        .m_axi_arvalid_o, .m_axi_arready_i, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_arid_o, .m_axi_rvalid_i,
        .m_axi_rready_o, .m_axi_rdata_i, .m_axi_rresp_i, .m_axi_rlast_i, .m_axi_rid_i, .m_axi_awvalid_o,
        .m_axi_awready_i, .m_axi_awaddr_o, .m_axi_awlen_o, .m_axi_awid_o, .m_axi_wvalid_o, .m_axi_wready_i,
        .m_axi_wdata_o, .m_axi_wstrb_o, .m_axi_wlast_o, .m_axi_bvalid_i, .m_axi_bready_o, .m_axi_bresp_i, .m_axi_bid_i);
endmodule

`default_nettype wire
