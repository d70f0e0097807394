// SPDX-License-Identifier: Apache-2.0
// The register space of rtl/spec/registers.def behind a 32-bit port: a request takes one cycle, its answer comes the
// next. Registers that only hold a value live here; general registers, row registers and counters have their own files.
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
    output logic [31:0]  rdata_o,     // the cycle after the request
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
    // files of registers
    output logic         greg_we_o,
    output logic [5:0]   greg_word_o,
    input  logic [63:0]  greg_data_i,    // of greg_word_o[5:1], combinational
    output logic         rowreg_req_o,
    output logic         rowreg_we_o,
    output logic [10:0]  rowreg_word_o,
    input  logic [31:0]  rowreg_data_i,  // the cycle after the request
    output logic [5:0]   counter_word_o,
    input  logic [31:0]  counter_data_i
);
    localparam int Words = (int'(quin_pkg::REG_WINDOW) + 4 * quin_pkg::REG_WINDOW_WORDS) / 4;

    logic [31:0] value_q [0:Words-1];
    logic done_q, failed_q;
    logic [31:0] rdata_d, rdata_q;
    logic rowreg_q;
    logic [31:0] status;
    logic in_values, writable, in_greg, in_rowreg, in_counter;
    logic [6:0] word;

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

    assign word = addr_i[8:2];
    assign in_values = addr_i < 14'(4 * Words);
    assign writable = in_values && addr_i != quin_pkg::REG_CONTROL && quin_pkg::REG_WRITABLE[word];
    assign in_greg = addr_i[13:8] == quin_pkg::REG_GREG[13:8];
    assign in_counter = addr_i[13:8] == quin_pkg::REG_COUNTER[13:8];
    assign in_rowreg = addr_i[13];
    assign status = {29'd0, failed_q, done_q, running_i};
    assign program_o = value_q[quin_pkg::REG_PROGRAM_ADDRESS / 4 + 1][31:8] != '0 ? 40'hff_ffff_ffff :
                       {value_q[quin_pkg::REG_PROGRAM_ADDRESS / 4 + 1][7:0], value_q[quin_pkg::REG_PROGRAM_ADDRESS / 4]};
    assign retire_ring_o = value_q[quin_pkg::REG_RETIRE_ADDRESS / 4 + 1][31:8] != '0 ? 40'hff_ffff_ffc0 :
                           {value_q[quin_pkg::REG_RETIRE_ADDRESS / 4 + 1][7:0], value_q[quin_pkg::REG_RETIRE_ADDRESS / 4]};
    assign retire_entries_o = value_q[quin_pkg::REG_RETIRE_ENTRIES / 4];
    assign retire_restart_o = req_i && we_i && addr_i == quin_pkg::REG_RETIRE_ENTRIES;
    assign length_o = value_q[quin_pkg::REG_PROGRAM_LENGTH / 4];
    assign limit_o = value_q[quin_pkg::REG_COMMAND_LIMIT / 4];
    assign irq_o = value_q[quin_pkg::REG_CQ_TAIL / 4] != value_q[quin_pkg::REG_CQ_HEAD / 4] &&
                   value_q[quin_pkg::REG_IRQ_ENABLE / 4][0];
    assign start_o = req_i && we_i && addr_i == quin_pkg::REG_CONTROL && wdata_i[0] && !running_i;
    assign abort_o = req_i && we_i && addr_i == quin_pkg::REG_CONTROL && wdata_i[1];
    assign clear_o = req_i && we_i && addr_i == quin_pkg::REG_CONTROL && wdata_i[2];
    assign greg_we_o = req_i && we_i && in_greg && addr_i[7:3] != 5'd0;
    assign greg_word_o = addr_i[7:2];
    assign rowreg_req_o = req_i && in_rowreg;
    assign rowreg_we_o = we_i;
    assign rowreg_word_o = addr_i[12:2];
    assign counter_word_o = addr_i[7:2];

    genvar w;
    generate
        for (w = 0; w < 4; w = w + 1) begin : g_window
            localparam int First = int'(quin_pkg::REG_WINDOW) / 4 + 6 * w;
            // Addresses have 40 bits, and the last 64 bytes stand for all that do not fit (quin_window_check).
            logic base_beyond, limit_beyond;
            assign base_beyond = value_q[First+1][31:8] != '0;
            assign limit_beyond = value_q[First+3][31:8] != '0 || &{value_q[First+3][7:0], value_q[First+2][31:6]};
            assign windows_o[82*w +: 82] = {base_beyond ? 2'b00 : value_q[First+4][1:0],
                                            limit_beyond ? 40'hff_ffff_ffc0 : {value_q[First+3][7:0], value_q[First+2]},
                                            value_q[First+1][7:0], value_q[First]};
        end
    endgenerate

    always_comb begin
        rdata_d = 32'd0;
        if (in_greg)
            rdata_d = addr_i[2] ? greg_data_i[63:32] : greg_data_i[31:0];
        else if (in_counter)
            rdata_d = counter_data_i;
        else
            case (addr_i)
                quin_pkg::REG_STATUS: rdata_d = status;
                quin_pkg::REG_RETIRED: rdata_d = retired_i;
                quin_pkg::REG_RETIRE_HEAD: rdata_d = retire_head_i;
                quin_pkg::REG_IRQ_STATUS:
                    rdata_d = {31'd0, value_q[quin_pkg::REG_CQ_TAIL / 4] != value_q[quin_pkg::REG_CQ_HEAD / 4]};
                default: rdata_d = addr_i < quin_pkg::REG_CONTROL ? constant(addr_i) : in_values ? value_q[word] : 32'd0;
            endcase
    end

    assign rdata_o = rowreg_q ? rowreg_data_i : rdata_q;

    genvar v;
    generate
        for (v = 0; v < Words; v = v + 1) begin : g_value
            always_ff @(posedge clk_i) begin
                if (!rst_ni)
                    value_q[v] <= '0;
                else if (v == int'(quin_pkg::REG_ERROR_CODE) / 4 && (start_o || stopped_i))
                    value_q[v] <= start_o ? 32'd0 : {28'd0, error_i};
                else if (v == int'(quin_pkg::REG_ERROR_COMMAND) / 4 && stopped_i)
                    value_q[v] <= error_command_i;
                else if (v == int'(quin_pkg::REG_ERROR_ADDRESS) / 4 && stopped_i)
                    value_q[v] <= error_address_i[31:0];
                else if (v == int'(quin_pkg::REG_ERROR_ADDRESS) / 4 + 1 && stopped_i)
                    value_q[v] <= {24'd0, error_address_i[39:32]};
                else if (req_i && we_i && writable && word == 7'(v))
                    value_q[v] <= wdata_i;
            end
        end
    endgenerate

    always_ff @(posedge clk_i) begin
        rdata_q <= rdata_d;
        rowreg_q <= in_rowreg;
        if (!rst_ni || start_o) begin
            done_q <= 1'b0;
            failed_q <= 1'b0;
        end else if (stopped_i) begin
            done_q <= 1'b1;
            failed_q <= error_i != '0;
        end
    end
endmodule

`default_nettype wire
