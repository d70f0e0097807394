// SPDX-License-Identifier: Apache-2.0
// The register space of rtl/spec/registers.def behind a 32-bit port: a request takes one cycle, its answer comes
// quin_cell_pkg::REG_ANSWER_CYCLES = 5 later; requests may follow each other at once. Cycle 1: the request in plain
// registers; 2: decoded, and writes happen; 3: read; 4: block RAM outputs in registers; 5: one of them is chosen.
// Registers that only hold a value stand in block RAM, those that the hardware looks at in registers, too; general
// registers, row registers and counters have their own files.
`default_nettype none

module quin_registers #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int Lanes = 4,
    parameter int BusBytes = 8,
    parameter int SpWords = 131072,
    parameter int CarryBits = 15,
    parameter int ClockHz = 100000000
) (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic         req_i,
    input  logic         we_i,
    input  logic [13:0]  addr_i,      // byte offset
    input  logic [31:0]  wdata_i,
    output logic [31:0]  rdata_o,     // REG_ANSWER_CYCLES after the request
    // live values
    output logic [39:0]  program_o,   // all ones: beyond 2^40, where no window reaches
    output logic [31:0]  length_o,
    output logic [31:0]  limit_o,
    output logic [4*82-1:0] windows_o, // each: rights [81:80], limit [79:40], base [39:0]
    output logic [39:0]  retire_ring_o,
    output logic [31:0]  retire_entries_o,
    output logic         retire_restart_o,
    input  logic [31:0]  retire_head_i,
    output logic         irq_o,
    // command processor
    output logic         start_o,
    output logic         abort_o,
    output logic         clear_o,
    input  logic         running_i,
    input  logic         stopped_i,
    input  logic [3:0]   error_i,
    input  logic [31:0]  error_command_i,
    input  logic [39:0]  error_address_i,
    input  logic [31:0]  retired_i,
    // files of registers, two cycles after the request
    output logic [31:0]  wdata_o,
    output logic         greg_we_o,
    output logic [5:0]   greg_word_o,
    input  logic [63:0]  greg_data_i,    // of greg_word_o[5:1], combinational
    output logic         rowreg_req_o,
    output logic         rowreg_we_o,
    output logic [10:0]  rowreg_word_o,
    input  logic [31:0]  rowreg_data_i,  // the cycle after rowreg_req_o
    output logic [5:0]   counter_word_o,
    input  logic [31:0]  counter_data_i  // the cycle after counter_word_o
);
    (* no_rw_check *) logic [31:0] value [0:127];
    logic [127:0] written;               // a word that was not reads as 0
    logic [31:0] value_q;
    logic done_q, failed_q;
    // answers: as they are read, and a cycle later
    logic [31:0] live, live_q, constant_q, greg_q, other_q, held_value_q, rowreg_value_q, counter_value_q;
    logic in_greg_q, in_rowreg_q, in_counter_q, held_q, pick_rowreg_q, pick_counter_q, pick_held_q;
    logic [7:0] live_pick_q;             // one of the live values
    logic [31:0] status;
    logic in_greg, in_rowreg, in_counter;
    logic [6:0] word;

    // the request as it came; decoded, and what it is for
    logic given_q, given_we_q;
    logic [13:0] given_addr_q;
    logic [31:0] given_wdata_q;
    logic req_q, write_request_q, write, control_q, start, running, writable;
    logic [13:0] addr;
    logic [31:0] wdata;

    function automatic logic may_write(input logic [13:0] a);
        may_write = a[13:9] == '0 && a != quin_pkg::REG_CONTROL && quin_pkg::REG_WRITABLE[a[8:2]];
    endfunction

    // what the hardware looks at; high: bits 39:32, beyond: any of the bits above is set
    logic [31:0] program_q, length_q, limit_q, ring_q, entries_q, tail_q, head_q, error_command_q;
    logic [7:0] program_high_q, ring_high_q;
    logic program_beyond_q, ring_beyond_q, irq_enable_q, pending;
    logic [3:0] error_q;
    logic [39:0] error_address_q;

    function automatic logic [31:0] constant(input logic [13:0] a);
        case (a)
            quin_pkg::REG_ID: constant = quin_pkg::DEVICE_ID;
            quin_pkg::REG_VERSION: constant = quin_pkg::CONTRACT_VERSION;
            quin_pkg::REG_ROWS: constant = 32'(Rows);
            quin_pkg::REG_STREAM_BYTES: constant = 32'(StreamBytes);
            quin_pkg::REG_LANES: constant = 32'(Lanes);
            quin_pkg::REG_BUS_BYTES: constant = 32'(BusBytes);
            quin_pkg::REG_SCRATCHPAD: constant = 32'(SpWords);
            quin_pkg::REG_CARRY_BITS: constant = 32'(CarryBits);
            quin_pkg::REG_CLOCK_HZ: constant = 32'(ClockHz);
            default: constant = 32'd0;
        endcase
    endfunction

    function automatic logic [7:0] live_pick(input logic [13:0] a);
        case (a)
            quin_pkg::REG_STATUS: live_pick = 8'h01;
            quin_pkg::REG_ERROR_CODE: live_pick = 8'h02;
            quin_pkg::REG_ERROR_COMMAND: live_pick = 8'h04;
            quin_pkg::REG_ERROR_ADDRESS: live_pick = 8'h08;
            quin_pkg::REG_ERROR_ADDRESS + 14'd4: live_pick = 8'h10;
            quin_pkg::REG_RETIRED: live_pick = 8'h20;
            quin_pkg::REG_RETIRE_HEAD: live_pick = 8'h40;
            quin_pkg::REG_IRQ_STATUS: live_pick = 8'h80;
            default: live_pick = 8'h00;
        endcase
    endfunction

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            given_q <= 1'b0;
            given_we_q <= 1'b0;
        end else begin
            given_q <= req_i;
            given_we_q <= we_i;
        end
        given_addr_q <= addr_i;
        given_wdata_q <= wdata_i;
    end
    always_ff @(posedge clk_i) begin
        req_q <= rst_ni && given_q;
        write_request_q <= rst_ni && given_q && given_we_q;
        write <= rst_ni && given_q && given_we_q && may_write(given_addr_q);
        start_o <= start;
        abort_o <= rst_ni && control_q && wdata[1];
        control_q <= rst_ni && given_q && given_we_q && given_addr_q == quin_pkg::REG_CONTROL;
        writable <= may_write(given_addr_q);
        live_pick_q <= live_pick(given_addr_q);
        addr <= given_addr_q;
        wdata <= given_wdata_q;
    end
    assign wdata_o = wdata;
    assign word = addr[8:2];
    assign in_greg = addr[13:8] == quin_pkg::REG_GREG[13:8];
    assign in_counter = addr[13:8] == quin_pkg::REG_COUNTER[13:8];
    assign in_rowreg = addr[13];
    assign running = running_i || start_o;  // start_o is a register, what stands here does not wait for it
    assign start = rst_ni && control_q && wdata[0] && !running;
    assign status = {29'd0, failed_q, done_q, running};
    assign program_o = program_beyond_q ? 40'hff_ffff_ffff : {program_high_q, program_q};
    assign retire_ring_o = ring_beyond_q ? 40'hff_ffff_ffc0 : {ring_high_q, ring_q};
    assign retire_entries_o = entries_q;
    assign retire_restart_o = write_request_q && addr == quin_pkg::REG_RETIRE_ENTRIES;
    assign length_o = length_q;
    assign limit_o = limit_q;
    assign pending = tail_q != head_q;
    assign irq_o = pending && irq_enable_q;
    assign clear_o = control_q && wdata[2];
    assign greg_we_o = write_request_q && in_greg && addr[7:3] != 5'd0;
    assign greg_word_o = addr[7:2];
    assign rowreg_req_o = req_q && in_rowreg;
    assign rowreg_we_o = write_request_q;
    assign rowreg_word_o = addr[12:2];
    assign counter_word_o = addr[7:2];

    // ---- values ----
    always_ff @(posedge clk_i) begin
        if (write) value[word] <= wdata;
        else value_q <= value[word];
    end
    for (genvar v = 0; v < 128; v++) begin : g_word
        if (quin_pkg::REG_WRITABLE[v] && v != int'(quin_pkg::REG_CONTROL) / 4) begin : g_value
            logic written_q;
            always_ff @(posedge clk_i) begin
                if (!rst_ni) written_q <= 1'b0;
                else if (write && word == 7'(v)) written_q <= 1'b1;
            end
            assign written[v] = written_q;
        end else begin : g_none
            assign written[v] = 1'b0;
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            {program_q, program_high_q, program_beyond_q, length_q, limit_q} <= '0;
            {ring_q, ring_high_q, ring_beyond_q, entries_q, tail_q, head_q, irq_enable_q} <= '0;
        end else if (write) begin
            case (addr)
                quin_pkg::REG_PROGRAM_ADDRESS: program_q <= wdata;
                quin_pkg::REG_PROGRAM_ADDRESS + 14'd4:
                    {program_beyond_q, program_high_q} <= {wdata[31:8] != '0, wdata[7:0]};
                quin_pkg::REG_PROGRAM_LENGTH: length_q <= wdata;
                quin_pkg::REG_COMMAND_LIMIT: limit_q <= wdata;
                quin_pkg::REG_RETIRE_ADDRESS: ring_q <= wdata;
                quin_pkg::REG_RETIRE_ADDRESS + 14'd4:
                    {ring_beyond_q, ring_high_q} <= {wdata[31:8] != '0, wdata[7:0]};
                quin_pkg::REG_RETIRE_ENTRIES: entries_q <= wdata;
                quin_pkg::REG_CQ_TAIL: tail_q <= wdata;
                quin_pkg::REG_CQ_HEAD: head_q <= wdata;
                quin_pkg::REG_IRQ_ENABLE: irq_enable_q <= wdata[0];
                default: ;
            endcase
        end
    end

    for (genvar w = 0; w < 4; w++) begin : g_window
        localparam logic [13:0] Base = quin_pkg::REG_WINDOW + 14'(24 * w);
        // Addresses have 40 bits, and the last 64 bytes stand for all that do not fit (quin_window_check).
        logic base_beyond_q, top_beyond_q;
        logic [39:0] base_q, top_q;
        logic [1:0] rights_q;
        logic [81:0] window_q;
        always_ff @(posedge clk_i) begin
            if (!rst_ni) {base_beyond_q, base_q, top_beyond_q, top_q, rights_q} <= '0;
            else if (write) begin
                if (addr == Base) base_q[31:0] <= wdata;
                if (addr == Base + 14'd4) {base_beyond_q, base_q[39:32]} <= {wdata[31:8] != '0, wdata[7:0]};
                if (addr == Base + 14'd8) top_q[31:0] <= wdata;
                if (addr == Base + 14'd12) {top_beyond_q, top_q[39:32]} <= {wdata[31:8] != '0, wdata[7:0]};
                if (addr == Base + 14'd16) rights_q <= wdata[1:0];
            end
            window_q <= {base_beyond_q || !rst_ni ? 2'b00 : rights_q,
                         top_beyond_q || &top_q[39:6] ? 40'hff_ffff_ffc0 : top_q, base_q};
        end
        assign windows_o[82*w +: 82] = window_q;
    end

    // ---- reads ----
    assign live = (live_pick_q[0] ? status : 32'd0) | (live_pick_q[1] ? {28'd0, error_q} : 32'd0) |
                  (live_pick_q[2] ? error_command_q : 32'd0) | (live_pick_q[3] ? error_address_q[31:0] : 32'd0) |
                  (live_pick_q[4] ? {24'd0, error_address_q[39:32]} : 32'd0) |
                  (live_pick_q[5] && !start_o ? retired_i : 32'd0) | (live_pick_q[6] ? retire_head_i : 32'd0) |
                  (live_pick_q[7] ? {31'd0, pending} : 32'd0);

    always_ff @(posedge clk_i) begin
        live_q <= live;
        constant_q <= constant(addr);
        greg_q <= addr[2] ? greg_data_i[63:32] : greg_data_i[31:0];
        in_greg_q <= in_greg;
        in_rowreg_q <= in_rowreg;
        in_counter_q <= in_counter;
        held_q <= writable && written[word];
        other_q <= in_greg_q ? greg_q : live_q | constant_q;
        held_value_q <= value_q;
        rowreg_value_q <= rowreg_data_i;
        counter_value_q <= counter_data_i;
        pick_rowreg_q <= in_rowreg_q;
        pick_counter_q <= in_counter_q;
        pick_held_q <= held_q;
        rdata_o <= pick_rowreg_q ? rowreg_value_q : pick_counter_q ? counter_value_q : pick_held_q ? held_value_q
            : other_q;
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) {error_q, error_command_q, error_address_q} <= '0;
        else if (start) error_q <= '0;
        else if (stopped_i) {error_q, error_command_q, error_address_q} <= {error_i, error_command_i, error_address_i};
        if (!rst_ni || start) begin
            done_q <= 1'b0;
            failed_q <= 1'b0;
        end else if (stopped_i) begin
            done_q <= 1'b1;
            failed_q <= error_i != '0;
        end
    end
endmodule

`default_nettype wire
