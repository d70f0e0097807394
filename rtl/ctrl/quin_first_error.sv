// SPDX-License-Identifier: Apache-2.0
// The error of a run: of all that are reported, the one of the command that comes first in program order stays. The
// processor's own error is that of the newest command, so it counts only while there is none; so does an abort. Errors
// of units and of the retire ring take an error's place if their command comes before it.
`default_nettype none

module quin_first_error (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic         clear_i,         // a run starts
    // errors of commands; an error of 0 is none
    input  logic [3:0]   own_error_i,     // never beside error_o
    input  logic [31:0]  own_pc_i,
    input  logic [31:0]  own_index_i,
    input  logic [39:0]  own_address_i,
    input  logic [2:0]   done_i,          // of each unit
    input  logic [11:0]  done_error_i,
    input  logic [71:0]  done_pc_i,
    input  logic [95:0]  done_index_i,
    input  logic [119:0] done_address_i,
    input  logic         late_valid_i,    // a retire record that could not be written
    input  logic [3:0]   late_error_i,
    input  logic [31:0]  late_index_i,
    input  logic [23:0]  late_pc_i,
    input  logic [39:0]  late_address_i,
    input  logic         abort_i,
    input  logic [31:0]  abort_pc_i,
    // the first one
    output logic [3:0]   error_o,
    output logic [31:0]  error_command_o,
    output logic [31:0]  error_index_o,
    output logic [39:0]  error_address_o
);
    logic       failing;
    logic [2:0] first;  // this unit's command comes before those of the error and of the other units that fail

    assign failing = error_o != '0;

    always_comb begin
        for (int a = 0; a < 3; a++) begin
            first[a] = !failing || done_index_i[32*a +: 32] < error_index_o;
            for (int b = 0; b < 3; b++)
                if (b != a && done_i[b] && done_error_i[4*b +: 4] != '0 && done_index_i[32*b +: 32] < done_index_i[32*a +: 32])
                    first[a] = 1'b0;
        end
    end

    integer i;
    always_ff @(posedge clk_i) begin
        if (!rst_ni || clear_i) begin
            error_o <= '0;
            error_command_o <= '0;
            error_index_o <= '0;
            error_address_o <= '0;
        end else begin
            if (own_error_i != '0) begin
                error_o <= own_error_i;
                error_command_o <= own_pc_i;
                error_index_o <= own_index_i;
                error_address_o <= own_address_i;
            end
            for (i = 0; i < 3; i = i + 1)
                if (done_i[i] && done_error_i[4*i +: 4] != '0 && first[i]) begin
                    error_o <= done_error_i[4*i +: 4];
                    error_command_o <= {8'd0, done_pc_i[24*i +: 24]};
                    error_index_o <= done_index_i[32*i +: 32];
                    error_address_o <= done_address_i[40*i +: 40];
                end
            if (late_valid_i && (!failing || late_index_i < error_index_o)) begin
                error_o <= late_error_i;
                error_command_o <= {8'd0, late_pc_i};
                error_index_o <= late_index_i;
                error_address_o <= late_address_i;
            end
            if (abort_i && !failing) begin
                error_o <= quin_pkg::DERR_ABORT[3:0];
                error_command_o <= abort_pc_i;
                error_index_o <= '0;
                error_address_o <= '0;
            end
        end
    end
endmodule

`default_nettype wire
