// SPDX-License-Identifier: Apache-2.0
// The error of a run: of all that are reported, the one of the command that comes first in program order stays. The
// processor's own error is that of the newest command, so it counts only while there is none; so does an abort. Errors
// of units and of the retire ring are taken one after the other, in three cycles each: chosen, compared, written.
`default_nettype none

module quin_first_error (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic         clear_i,         // a run starts
    // errors of commands; an error of 0 is none
    input  logic [3:0]   own_error_i,
    input  logic [31:0]  own_pc_i,
    input  logic [31:0]  own_index_i,
    input  logic [39:0]  own_address_i,
    input  logic [2:0]   failed_i,        // of each unit, until taken
    output logic [2:0]   taken_o,
    input  logic [11:0]  failed_error_i,
    input  logic [71:0]  failed_pc_i,
    input  logic [95:0]  failed_index_i,
    input  logic [119:0] failed_address_i,
    input  logic         late_valid_i,    // a retire record that could not be written; the next one eight cycles later
    input  logic [3:0]   late_error_i,
    input  logic [31:0]  late_index_i,
    input  logic [23:0]  late_pc_i,
    input  logic [39:0]  late_address_i,
    input  logic         abort_i,
    input  logic [31:0]  abort_pc_i,
    output logic         busy_o,          // more is to come
    // the first one
    output logic [3:0]   error_o,
    output logic [31:0]  error_command_o,
    output logic [31:0]  error_index_o,
    output logic [39:0]  error_address_o
);
    logic late_q, compare_q, write_q, before_q;
    logic [2:0] choice, choice_q;
    logic [3:0] error_q;
    logic [23:0] pc_q;
    logic [31:0] index_q;
    logic [39:0] address_q;

    assign choice = late_q ? 3'b000 : failed_i[0] ? 3'b001 : failed_i[1] ? 3'b010 : failed_i[2] ? 3'b100 : 3'b000;
    assign taken_o = write_q ? choice_q : 3'b000;
    assign busy_o = late_q || compare_q || write_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || clear_i) begin
            late_q <= 1'b0;
            compare_q <= 1'b0;
            write_q <= 1'b0;
        end else begin
            if (late_valid_i) late_q <= 1'b1;
            else if (!compare_q && !write_q) late_q <= 1'b0;
            compare_q <= !compare_q && !write_q && (late_q || choice != 3'b000);
            write_q <= compare_q;
        end
        if (!compare_q && !write_q) begin
            choice_q <= choice;
            {error_q, pc_q, index_q, address_q} <=
                late_q    ? {late_error_i, late_pc_i, late_index_i, late_address_i} :
                choice[0] ? {failed_error_i[3:0], failed_pc_i[23:0], failed_index_i[31:0], failed_address_i[39:0]} :
                choice[1] ? {failed_error_i[7:4], failed_pc_i[47:24], failed_index_i[63:32], failed_address_i[79:40]} :
                            {failed_error_i[11:8], failed_pc_i[71:48], failed_index_i[95:64], failed_address_i[119:80]};
        end
        before_q <= index_q < error_index_o;
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni || clear_i) begin
            error_o <= '0;
            error_command_o <= '0;
            error_index_o <= '0;
            error_address_o <= '0;
        end else if (write_q && (error_o == '0 || before_q)) begin
            error_o <= error_q;
            error_command_o <= {8'd0, pc_q};
            error_index_o <= index_q;
            error_address_o <= address_q;
        end else if (own_error_i != '0 && error_o == '0) begin
            error_o <= own_error_i;
            error_command_o <= own_pc_i;
            error_index_o <= own_index_i;
            error_address_o <= own_address_i;
        end else if (abort_i && error_o == '0) begin
            error_o <= quin_pkg::DERR_ABORT[3:0];
            error_command_o <= abort_pc_i;
            error_index_o <= '0;
            error_address_o <= '0;
        end
    end
endmodule

`default_nettype wire
