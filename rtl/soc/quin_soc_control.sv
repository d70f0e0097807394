// SPDX-License-Identifier: Apache-2.0
// The RV32 core's own registers: watchdog, sticky flags, page of the DRAM aperture, and reads that wait.
//   0x00 FLAGS     bit 0: the watchdog has reset the core; bit 1: a DRAM access of the core was answered with an error;
//                  writing ones clears them
//   0x04 KICK      a write starts the watchdog anew; it expires 2^WatchdogBits cycles later
//   0x08 PAGE      DRAM address bits 39:31 of the aperture
//   0x0c RUN_POLLS polls of a run without a retired command after which it counts as stuck
//   0x10 WAIT      a read that is answered after a write of the host, or after 2^WaitBits cycles
//   0x14 WAIT_RUN  the same, answered also while no run is under way
// A write of the host is remembered until a waiting read was answered, so none is missed between two of them.
// An access lasts while req_i; done_o marks its last cycle, in which rdata_o is valid.
`default_nettype none

module quin_soc_control #(
    parameter int WatchdogBits = 24,
    parameter int WaitBits = 14,
    parameter int RunPolls = 4096
) (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic         req_i,
    input  logic         we_i,
    input  logic [2:0]   word_i,
    input  logic [31:0]  wdata_i,
    output logic [31:0]  rdata_o,
    output logic         done_o,

    input  logic         host_write_i,
    output logic         sample_o,       // wants to see STATUS
    input  logic         idle_i,         // seen: no run is under way
    input  logic         bus_error_i,
    output logic [8:0]   page_o,
    output logic         core_rst_no     // of the core and of what belongs to it
);
    localparam logic [2:0] Flags = 3'd0, Kick = 3'd1, Page = 3'd2, Polls = 3'd3, Wait = 3'd4, WaitRun = 3'd5;

    logic [WatchdogBits:0] dog_q;        // the top bit: expired
    logic [WaitBits:0] wait_q;
    logic [1:0] flags_q;
    logic host_q, waits, wait_over, write, kick, unused;

    assign unused = ^wdata_i[31:9];

    assign write = req_i && we_i;
    assign kick = write && word_i == Kick;
    assign waits = req_i && !we_i && (word_i == Wait || word_i == WaitRun);
    assign sample_o = waits && word_i == WaitRun;
    assign wait_over = host_q || wait_q[WaitBits] || (sample_o && idle_i);
    assign done_o = req_i && (!waits || wait_over);

    always_comb begin
        case (word_i)
            Flags: rdata_o = {30'd0, flags_q};
            Page: rdata_o = {23'd0, page_o};
            Polls: rdata_o = 32'(RunPolls);
            default: rdata_o = 32'd0;
        endcase
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            dog_q <= '0;
            core_rst_no <= 1'b0;
        end else begin
            dog_q <= kick || dog_q[WatchdogBits] ? '0 : dog_q + 1'b1;
            core_rst_no <= !dog_q[WatchdogBits];
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) flags_q <= '0;
        else flags_q <= {bus_error_i, dog_q[WatchdogBits]} |
                        (flags_q & ~(write && word_i == Flags ? wdata_i[1:0] : 2'd0));
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !core_rst_no) begin
            wait_q <= '0;
            host_q <= 1'b0;
            page_o <= '0;
        end else begin
            wait_q <= waits && !wait_over ? wait_q + 1'b1 : '0;
            host_q <= host_write_i || (host_q && !(waits && wait_over));
            if (write && word_i == Page) page_o <= wdata_i[8:0];
        end
    end
endmodule

`default_nettype wire
