// SPDX-License-Identifier: Apache-2.0
// Command processor: takes commands in program order, resolves their registers, executes SET, BRANCH and END itself and
// hands the others to their units' queues with the numbers of their AFTER fields. docs/commands.md is the definition.
// A command takes about eight cycles here; the units run beside it.
`default_nettype none

module quin_processor (
    input  logic         clk_i,
    input  logic         rst_ni,
    // run
    input  logic         start_i,
    input  logic         abort_i,
    input  logic [31:0]  length_i,
    input  logic [31:0]  limit_i,
    output logic         running_o,
    output logic         stopped_o,       // one cycle; error_o and error_command_o are valid
    output logic [3:0]   error_o,
    output logic [23:0]  error_command_o,
    // command fetch
    output logic         fetch_req_o,
    output logic [23:0]  fetch_pc_o,
    input  logic         fetch_valid_i,
    input  logic [511:0] fetch_cmd_i,
    input  logic [3:0]   fetch_error_i,
    // general registers: one read port, one write port
    output logic [4:0]   greg_addr_o,
    input  logic [63:0]  greg_data_i,
    output logic         greg_we_o,
    output logic [4:0]   greg_waddr_o,
    output logic [63:0]  greg_wdata_o,
    // row registers: combinational read
    output logic [9:0]   rowreg_addr_o,   // bank * 64 + row
    input  logic [63:0]  rowreg_data_i,
    // to the units' queues; one hot
    output logic [2:0]   push_o,
    input  logic [2:0]   push_ready_i,
    output logic         push_stream_o,   // with push_o[1]
    input  logic         push_stream_ready_i,
    output logic [511:0] cmd_o,
    output logic [9:0]   rows_o,
    output logic [19:0]  n_o,
    output logic [19:0]  k_o,
    output logic [63:0]  base_o,          // g[BASE_REG]; for MATMUL with the row register
    output logic [63:0]  mask_start_o,    // g[MASK_REG]
    output logic [31:0]  index_o,         // number in program order
    output logic [23:0]  pc_o,
    output logic [2:0]   wait_o,          // for units DMA, ARRAY, VECTOR
    output logic [23:0]  target_o,
    // units
    input  logic [2:0]   done_i,
    input  logic [11:0]  done_error_i,    // of each unit
    input  logic [71:0]  done_pc_i,       // of the command that is done
    output logic [23:0]  retired_o,       // commands each unit has retired, modulo 256
    input  logic         idle_i,          // no unit works on a command
    output logic         flush_o,         // queues drop what has not started
    // retirement of commands that run here
    output logic         control_done_o,
    output logic [31:0]  control_checksum_o
);
    localparam logic [3:0] IDLE = 4'd0, FETCH = 4'd1, ROWS = 4'd2, COUNT = 4'd3, BASE = 4'd4, LAST = 4'd5,
                           EXECUTE = 4'd6, PUSH = 4'd7, DRAIN = 4'd8, STOP = 4'd9;

    logic [3:0] state_q;
    logic [511:0] cmd_q;
    logic [23:0] pc_q;
    logic [31:0] executed_q;
    logic [7:0] issued_q [0:2];
    logic [7:0] retired_q [0:2];
    logic [9:0] rows_q;
    logic [19:0] n_q, k_q;
    logic [63:0] base_q, last_q;
    logic [3:0] error_q;
    logic [23:0] error_command_q;
    logic ended_q;                        // END was reached

    logic [7:0] opcode;
    logic is_move, is_matmul, is_vector, is_set, is_branch, is_end, is_unit;
    logic [4:0] rows_limit, n_limit, k_limit, base_reg, last_reg;
    logic [9:0] rows_field;
    logic [19:0] n_field, k_field;
    logic [63:0] imm, second, result;
    logic [1:0] select;
    logic [2:0] op;
    logic [31:0] target;
    logic taken, bad_control, over_limit, past_end;
    logic [2:0] unit_of, own_wait;
    logic [8:0] after;
    logic waits_met;
    logic failing;

    assign opcode = cmd_q[quin_pkg::FIELD_ANY_OPCODE_LSB +: 8];
    assign is_move = opcode == quin_pkg::OP_LOAD || opcode == quin_pkg::OP_STORE;
    assign is_matmul = opcode == quin_pkg::OP_MATMUL;
    assign is_vector = opcode == quin_pkg::OP_VECTOR;
    assign is_set = opcode == quin_pkg::OP_SET;
    assign is_branch = opcode == quin_pkg::OP_BRANCH;
    assign is_end = opcode == quin_pkg::OP_END;
    assign is_unit = is_move || is_matmul || is_vector;
    assign unit_of = {is_vector, is_matmul, is_move};

    assign rows_limit = cmd_q[quin_pkg::FIELD_ANY_ROWS_LIMIT_LSB +: 5];
    assign rows_field = cmd_q[quin_pkg::FIELD_ANY_ROWS_LSB +: 10];
    assign n_limit = is_matmul ? cmd_q[quin_pkg::FIELD_MATMUL_N_LIMIT_LSB +: 5] :
                     is_vector ? cmd_q[quin_pkg::FIELD_VECTOR_N_LIMIT_LSB +: 5] :
                                 cmd_q[quin_pkg::FIELD_MOVE_N_LIMIT_LSB +: 5];
    assign n_field = is_matmul ? cmd_q[quin_pkg::FIELD_MATMUL_N_LSB +: 20] :
                     is_vector ? cmd_q[quin_pkg::FIELD_VECTOR_N_LSB +: 20] : cmd_q[quin_pkg::FIELD_MOVE_N_LSB +: 20];
    assign k_limit = cmd_q[quin_pkg::FIELD_MATMUL_K_LIMIT_LSB +: 5];
    assign k_field = cmd_q[quin_pkg::FIELD_MATMUL_K_LSB +: 20];
    assign base_reg = is_matmul ? cmd_q[quin_pkg::FIELD_MATMUL_BASE_REG_LSB +: 5] :
                      is_move ? cmd_q[quin_pkg::FIELD_MOVE_BASE_REG_LSB +: 5] : cmd_q[quin_pkg::FIELD_CONTROL_RA_LSB +: 5];
    assign last_reg = is_matmul ? k_limit : is_vector ? cmd_q[quin_pkg::FIELD_VECTOR_MASK_REG_LSB +: 5] :
                                                        cmd_q[quin_pkg::FIELD_CONTROL_RB_LSB +: 5];
    assign imm = cmd_q[quin_pkg::FIELD_CONTROL_IMM_LSB +: 64];
    assign select = cmd_q[quin_pkg::FIELD_CONTROL_SELECT_LSB +: 2];
    assign op = cmd_q[quin_pkg::FIELD_CONTROL_OP_LSB +: 3];
    assign target = cmd_q[quin_pkg::FIELD_CONTROL_TARGET_LSB +: 32];

    assign greg_addr_o = state_q == ROWS ? rows_limit : state_q == COUNT ? n_limit : state_q == BASE ? base_reg : last_reg;
    assign rowreg_addr_o = is_matmul ? {cmd_q[quin_pkg::FIELD_MATMUL_ROW_BANK_LSB +: 4],
                                        cmd_q[quin_pkg::FIELD_MATMUL_ROW_FIRST_LSB +: 6]} :
                                       {cmd_q[quin_pkg::FIELD_CONTROL_ROW_BANK_LSB +: 4],
                                        cmd_q[quin_pkg::FIELD_CONTROL_ROW_FIRST_LSB +: 6]};

    assign second = imm + (select == quin_pkg::SELECT_GREG ? last_q : select == quin_pkg::SELECT_ROW ? rowreg_data_i : 64'd0);
    assign result = op == quin_pkg::SET_OP_ADD ? base_q + second : base_q > second ? base_q - second : 64'd0;
    assign taken = (base_q < second) == (op == quin_pkg::BRANCH_OP_LT);
    assign bad_control = select > quin_pkg::SELECT_ROW || op > quin_pkg::SET_OP_SUB;

    assign over_limit = limit_i != '0 && executed_q >= limit_i;
    assign past_end = {8'd0, pc_q} >= length_i;
    assign after = {cmd_q[quin_pkg::FIELD_ANY_AFTER_VECTOR_LSB +: 3], cmd_q[quin_pkg::FIELD_ANY_AFTER_ARRAY_LSB +: 3],
                    cmd_q[quin_pkg::FIELD_ANY_AFTER_DMA_LSB +: 3]};

    assign retired_o = {retired_q[2], retired_q[1], retired_q[0]};
    assign own_wait = unit_of;
    assign failing = error_q != '0;

    genvar u;
    generate
        for (u = 0; u < 3; u = u + 1) begin : g_wait
            logic [7:0] lead;
            assign wait_o[u] = after[3*u +: 3] != 3'd0 && !own_wait[u];
            assign target_o[8*u +: 8] = issued_q[u] - {5'd0, after[3*u +: 3]} + 8'd1;
            assign lead = retired_q[u] - target_o[8*u +: 8];
        end
    endgenerate
    assign waits_met = !(wait_o[0] && g_wait[0].lead[7]) && !(wait_o[1] && g_wait[1].lead[7]) &&
                       !(wait_o[2] && g_wait[2].lead[7]);

    assign fetch_req_o = state_q == FETCH && !failing && !past_end && !over_limit;
    assign fetch_pc_o = pc_q;
    assign running_o = state_q != IDLE;
    assign stopped_o = state_q == STOP;
    assign error_o = error_q;
    assign error_command_o = error_command_q;
    assign flush_o = failing || start_i;

    assign push_o = (state_q == PUSH && !failing && (!is_matmul || push_stream_ready_i)) ? unit_of : 3'd0;
    assign push_stream_o = push_o[1] && push_ready_i[1];
    assign cmd_o = cmd_q;
    assign rows_o = rows_q;
    assign n_o = n_q;
    assign k_o = k_q;
    assign base_o = base_q;
    assign mask_start_o = last_q;
    assign index_o = executed_q;
    assign pc_o = pc_q;

    assign greg_we_o = state_q == EXECUTE && waits_met && is_set && !bad_control &&
                       cmd_q[quin_pkg::FIELD_CONTROL_RD_LSB +: 5] != 5'd0;
    assign greg_waddr_o = cmd_q[quin_pkg::FIELD_CONTROL_RD_LSB +: 5];
    assign greg_wdata_o = result;
    assign control_done_o = (state_q == EXECUTE && waits_met && (is_set || is_branch) && !bad_control) ||
                            (state_q == DRAIN && idle_i && ended_q && !failing);
    assign control_checksum_o = is_end ? 32'd0 : is_set ? result[31:0] ^ result[63:32] :
                                taken ? target : {8'd0, pc_q} + 32'd1;

    function automatic logic [63:0] widen(input logic [19:0] x);
        widen = {44'd0, x};
    endfunction

    integer i;
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= IDLE;
            cmd_q <= '0;
            pc_q <= '0;
            executed_q <= '0;
            rows_q <= '0;
            n_q <= '0;
            k_q <= '0;
            base_q <= '0;
            last_q <= '0;
            error_q <= '0;
            error_command_q <= '0;
            ended_q <= 1'b0;
            for (i = 0; i < 3; i = i + 1) begin
                issued_q[i] <= '0;
                retired_q[i] <= '0;
            end
        end else begin
            case (state_q)
                IDLE: if (start_i) begin
                    state_q <= FETCH;
                    pc_q <= '0;
                    executed_q <= '0;
                    error_q <= '0;
                    ended_q <= 1'b0;
                    for (i = 0; i < 3; i = i + 1) begin
                        issued_q[i] <= '0;
                        retired_q[i] <= '0;
                    end
                end
                FETCH: begin
                    if (failing) begin
                        state_q <= DRAIN;
                    end else if (past_end || over_limit) begin
                        error_q <= past_end ? quin_pkg::DERR_PROGRAM[3:0] : quin_pkg::DERR_LIMIT[3:0];
                        error_command_q <= pc_q;
                    end else if (fetch_valid_i) begin
                        cmd_q <= fetch_cmd_i;
                        state_q <= ROWS;
                        if (fetch_error_i != '0) begin
                            error_q <= fetch_error_i;
                            error_command_q <= pc_q;
                            state_q <= DRAIN;
                        end
                    end
                end
                ROWS: begin
                    rows_q <= (rows_limit != '0 && greg_data_i < {54'd0, rows_field}) ? greg_data_i[9:0] : rows_field;
                    state_q <= is_set || is_branch ? BASE : is_end ? DRAIN : COUNT;
                    ended_q <= is_end;
                    if (!is_unit && !is_set && !is_branch && !is_end) begin
                        error_q <= quin_pkg::DERR_OPCODE[3:0];
                        error_command_q <= pc_q;
                        state_q <= DRAIN;
                    end
                end
                COUNT: begin
                    n_q <= (n_limit != '0 && greg_data_i < widen(n_field)) ? greg_data_i[19:0] : n_field;
                    state_q <= BASE;
                end
                BASE: begin
                    base_q <= greg_data_i + ((is_matmul && cmd_q[quin_pkg::FIELD_MATMUL_ROW_ENABLE_LSB]) ? rowreg_data_i
                                                                                                         : 64'd0);
                    state_q <= LAST;
                end
                LAST: begin
                    last_q <= greg_data_i;
                    k_q <= (k_limit != '0 && greg_data_i < widen(k_field)) ? greg_data_i[19:0] : k_field;
                    state_q <= is_unit ? PUSH : EXECUTE;
                end
                EXECUTE: if (waits_met) begin
                    if (bad_control) begin
                        error_q <= quin_pkg::DERR_FIELD[3:0];
                        error_command_q <= pc_q;
                        state_q <= DRAIN;
                    end else begin
                        executed_q <= executed_q + 1'b1;
                        pc_q <= (is_branch && taken) ? target[23:0] : pc_q + 1'b1;
                        state_q <= FETCH;
                    end
                end else if (failing) begin
                    state_q <= DRAIN;
                end
                PUSH: begin
                    if (failing) begin
                        state_q <= DRAIN;
                    end else if ((push_o & push_ready_i) != '0) begin
                        executed_q <= executed_q + 1'b1;
                        pc_q <= pc_q + 1'b1;
                        state_q <= FETCH;
                        for (i = 0; i < 3; i = i + 1)
                            if (unit_of[i])
                                issued_q[i] <= issued_q[i] + 1'b1;
                    end
                end
                DRAIN: if (idle_i) state_q <= STOP;
                default: state_q <= IDLE;
            endcase
            // units report; the first error stops the run
            for (i = 0; i < 3; i = i + 1) begin
                if (done_i[i]) begin
                    retired_q[i] <= retired_q[i] + 1'b1;
                    if (done_error_i[4*i +: 4] != '0 && !failing) begin
                        error_q <= done_error_i[4*i +: 4];
                        error_command_q <= done_pc_i[24*i +: 24];
                    end
                end
            end
            if (abort_i && state_q != IDLE && !failing) begin
                error_q <= quin_pkg::DERR_ABORT[3:0];
                error_command_q <= pc_q;
            end
        end
    end
endmodule

`default_nettype wire
