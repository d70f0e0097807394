// SPDX-License-Identifier: Apache-2.0
// Command processor: takes commands in program order, resolves their registers, executes SET, BRANCH and END itself and
// hands the others to their units' queues with the numbers of their AFTER fields. docs/commands.md is the definition.
// A command takes about a dozen cycles here; the units run beside it. An error stops dispatch; commands before the one
// that failed still run, so that the error of the first one in program order is the run's.
`default_nettype none

module quin_processor #(
    parameter int Rows = 8,
    parameter int StreamBytes = 8,
    parameter int CarryBits = 15,
    parameter int SpWords = 131072
) (
    input  logic         clk_i,
    input  logic         rst_ni,
    // run
    input  logic         start_i,
    input  logic         abort_i,
    input  logic [31:0]  length_i,
    input  logic [31:0]  limit_i,
    output logic         running_o,
    output logic         stopped_o,       // one cycle; error, command and address are valid
    output logic [3:0]   error_o,
    output logic [31:0]  error_command_o,
    output logic [39:0]  error_address_o,
    // command fetch
    output logic         fetch_req_o,
    output logic [23:0]  fetch_pc_o,
    input  logic         fetch_valid_i,
    input  logic [511:0] fetch_cmd_i,
    input  logic [3:0]   fetch_error_i,
    input  logic [39:0]  fetch_address_i,
    // general registers: one read port, one write port
    output logic [4:0]   greg_addr_o,
    input  logic [63:0]  greg_data_i,
    output logic         greg_we_o,
    output logic [4:0]   greg_waddr_o,
    output logic [63:0]  greg_wdata_o,
    // row registers
    output logic         row_req_o,
    output logic [9:0]   row_addr_o,      // bank * 64 + row
    input  logic         row_ack_i,
    input  logic [63:0]  row_data_i,
    // to the units' queues; one hot
    output logic [2:0]   push_o,          // only where there is room
    input  logic [2:0]   push_ready_i,
    output logic         push_stream_o,   // with push_o[1]: its stream, too
    input  logic         push_stream_ready_i,
    output logic [511:0] cmd_o,
    output logic [9:0]   rows_o,
    output logic [19:0]  n_o,
    output logic [19:0]  k_o,
    output logic [20:0]  tiles_o,
    output logic [63:0]  address_o,       // DRAM_OFFSET + g[BASE_REG], for MATMUL with its row register
    output logic [63:0]  mask_start_o,    // g[MASK_REG]
    output logic [3:0]   cmd_error_o,     // found at dispatch, counts when the command starts
    output logic [39:0]  cmd_error_address_o,
    output logic [31:0]  index_o,         // number in program order
    output logic [23:0]  pc_o,
    output logic [2:0]   wait_o,          // for units DMA, ARRAY, VECTOR
    output logic [3*quin_job_pkg::AFTER_BITS-1:0] target_o,  // from the second cycle after DECODE on
    // units
    input  logic [2:0]   retired_i,       // of each unit: a command ended without an error
    input  logic [2:0]   failed_i,        // with one, until taken
    output logic [2:0]   failed_taken_o,
    input  logic [11:0]  failed_error_i,
    input  logic [71:0]  failed_pc_i,
    input  logic [95:0]  failed_index_i,
    input  logic [119:0] failed_address_i,
    output logic [3*quin_job_pkg::AFTER_BITS-1:0] retired_o, // commands each unit has retired
    input  logic         idle_i,          // no unit works on a command, no queue holds one; a cycle late
    input  logic         stream_idle_i,
    input  logic         hold_i,          // no room for more retire records
    input  logic         late_valid_i,    // a record could not be written
    input  logic [3:0]   late_error_i,
    input  logic [31:0]  late_index_i,
    input  logic [23:0]  late_pc_i,
    input  logic [39:0]  late_address_i,
    output logic         drop_o,          // queues drop commands behind this one
    output logic [31:0]  drop_index_o,
    output logic         flush_o,         // queues drop all
    output logic         aborting_o,      // and the array what it does
    output logic         stream_flush_o,
    // retirement of commands that run here
    output logic         control_done_o,
    output logic [31:0]  control_checksum_o
);
    localparam logic [3:0] IDLE = 4'd0, FETCH = 4'd1, READ_ROWS = 4'd2, READ_N = 4'd3, READ_BASE = 4'd4, READ_LAST = 4'd5,
                           RESOLVE = 4'd6, ADDRESS = 4'd7, EXECUTE = 4'd8, WRITE = 4'd9, PUSH = 4'd10, DRAIN = 4'd11,
                           FLUSH = 4'd12, STOP = 4'd13, DECODE = 4'd14;

    logic [3:0] state_q;
    logic [511:0] cmd_q;
    logic [31:0] pc_q;
    logic [31:0] executed_q;
    logic [9:0] rows_q;
    logic [19:0] n_q, k_q;
    logic [63:0] greg_q, base_q, last_q, row_q, sum_q, second_q, result_q;
    logic ended_q;                        // END was reached
    logic aborting_q, abort_now, error_busy, at_rest, draining_q, stream_flush_q;
    logic row_wanted, row_asking_q, row_have_q;
    logic failing, over_limit, past_end, finished;
    logic over_limit_q, past_end_q, settled_q;  // the former, of this command in FETCH if settled_q
    logic fetch_q;                              // it may be fetched
    logic [31:0] pc_next;

    // ---- fields ----
    logic [7:0] opcode;
    logic is_move_q, is_matmul_q, is_vector_q, is_set_q, is_branch_q, is_end_q, is_unit; // from the cycle after DECODE on
    logic now_move, now_matmul, now_vector;
    logic [4:0] rows_limit, n_limit_q, k_limit, base_reg_q, last_reg_q;            // likewise those with _q
    logic [9:0] rows_field;
    logic [19:0] n_field, k_field;
    logic [63:0] imm;
    logic [1:0] select, precision;
    logic [2:0] op;
    logic [31:0] target;
    logic [39:0] offset;

    assign opcode = cmd_q[quin_pkg::FIELD_ANY_OPCODE_LSB +: 8];
    assign now_move = opcode == quin_pkg::OP_LOAD || opcode == quin_pkg::OP_STORE;
    assign now_matmul = opcode == quin_pkg::OP_MATMUL;
    assign now_vector = opcode == quin_pkg::OP_VECTOR;
    always_ff @(posedge clk_i) begin
        is_move_q <= now_move;
        is_matmul_q <= now_matmul;
        is_vector_q <= now_vector;
        is_set_q <= opcode == quin_pkg::OP_SET;
        is_branch_q <= opcode == quin_pkg::OP_BRANCH;
        is_end_q <= opcode == quin_pkg::OP_END;
        n_limit_q <= now_matmul ? cmd_q[quin_pkg::FIELD_MATMUL_N_LIMIT_LSB +: 5] :
                   now_vector ? cmd_q[quin_pkg::FIELD_VECTOR_N_LIMIT_LSB +: 5] :
                                cmd_q[quin_pkg::FIELD_MOVE_N_LIMIT_LSB +: 5];
        base_reg_q <= now_matmul ? cmd_q[quin_pkg::FIELD_MATMUL_BASE_REG_LSB +: 5] :
                    now_move ? cmd_q[quin_pkg::FIELD_MOVE_BASE_REG_LSB +: 5] : cmd_q[quin_pkg::FIELD_CONTROL_RA_LSB +: 5];
        last_reg_q <= now_matmul ? k_limit : now_vector ? cmd_q[quin_pkg::FIELD_VECTOR_MASK_REG_LSB +: 5] :
                                                        cmd_q[quin_pkg::FIELD_CONTROL_RB_LSB +: 5];
    end
    assign is_unit = is_move_q || is_matmul_q || is_vector_q;

    assign rows_limit = cmd_q[quin_pkg::FIELD_ANY_ROWS_LIMIT_LSB +: 5];
    assign rows_field = cmd_q[quin_pkg::FIELD_ANY_ROWS_LSB +: 10];
    assign n_field = is_matmul_q ? cmd_q[quin_pkg::FIELD_MATMUL_N_LSB +: 20] :
                     is_vector_q ? cmd_q[quin_pkg::FIELD_VECTOR_N_LSB +: 20] : cmd_q[quin_pkg::FIELD_MOVE_N_LSB +: 20];
    assign k_limit = cmd_q[quin_pkg::FIELD_MATMUL_K_LIMIT_LSB +: 5];
    assign k_field = cmd_q[quin_pkg::FIELD_MATMUL_K_LSB +: 20];
    assign offset = is_matmul_q ? cmd_q[quin_pkg::FIELD_MATMUL_DRAM_OFFSET_LSB +: 40] :
                                cmd_q[quin_pkg::FIELD_MOVE_DRAM_OFFSET_LSB +: 40];
    assign precision = cmd_q[quin_pkg::FIELD_MATMUL_PRECISION_LSB +: 2];
    assign imm = cmd_q[quin_pkg::FIELD_CONTROL_IMM_LSB +: 64];
    assign select = cmd_q[quin_pkg::FIELD_CONTROL_SELECT_LSB +: 2];
    assign op = cmd_q[quin_pkg::FIELD_CONTROL_OP_LSB +: 3];
    assign target = cmd_q[quin_pkg::FIELD_CONTROL_TARGET_LSB +: 32];

    function automatic logic [19:0] limited(input logic [4:0] limit, input logic [19:0] field, input logic [63:0] value);
        limited = (limit != '0 && value < {44'd0, field}) ? value[19:0] : field;
    endfunction

    // ---- registers of the command ----
    always_ff @(posedge clk_i)
        greg_addr_o <= state_q == DECODE ? rows_limit : state_q == READ_ROWS ? n_limit_q : state_q == READ_N ? base_reg_q :
                                                                                                    last_reg_q;
    assign row_addr_o = is_matmul_q ? {cmd_q[quin_pkg::FIELD_MATMUL_ROW_BANK_LSB +: 4],
                                     cmd_q[quin_pkg::FIELD_MATMUL_ROW_FIRST_LSB +: 6]} :
                                    {cmd_q[quin_pkg::FIELD_CONTROL_ROW_BANK_LSB +: 4],
                                     cmd_q[quin_pkg::FIELD_CONTROL_ROW_FIRST_LSB +: 6]};
    assign row_wanted = is_matmul_q ? cmd_q[quin_pkg::FIELD_MATMUL_ROW_ENABLE_LSB] :
                                    (is_set_q || is_branch_q) && select == quin_pkg::SELECT_ROW;
    assign row_req_o = row_asking_q;

    always_ff @(posedge clk_i) begin
        greg_q <= greg_data_i;
        if (!rst_ni || state_q == FETCH) begin
            row_asking_q <= 1'b0;
            row_have_q <= 1'b0;
            row_q <= '0;
        end else if (state_q == READ_ROWS) begin
            row_asking_q <= row_wanted;
            row_have_q <= !row_wanted;
        end else if (row_asking_q && row_ack_i) begin
            row_asking_q <= 1'b0;
            row_have_q <= 1'b1;
            row_q <= row_data_i;
        end
    end

    // ---- SET and BRANCH: EXECUTE adds, WRITE uses the result ----
    logic taken, bad_control, less_q;

    assign taken = less_q == (op == quin_pkg::BRANCH_OP_LT);
    assign bad_control = select > quin_pkg::SELECT_ROW || op > quin_pkg::SET_OP_SUB;
    assign greg_we_o = state_q == WRITE && is_set_q && cmd_q[quin_pkg::FIELD_CONTROL_RD_LSB +: 5] != 5'd0;
    assign greg_waddr_o = cmd_q[quin_pkg::FIELD_CONTROL_RD_LSB +: 5];
    assign greg_wdata_o = result_q;
    assign control_done_o = state_q == WRITE || (at_rest && ended_q && !failing);
    assign control_checksum_o = is_end_q ? 32'd0 : is_set_q ? result_q[31:0] ^ result_q[63:32] :
                                taken ? target : pc_q + 32'd1;

    always_ff @(posedge clk_i) begin
        second_q <= imm + (select == quin_pkg::SELECT_GREG ? last_q : row_q);
        less_q <= base_q < second_q;
        result_q <= op == quin_pkg::SET_OP_ADD ? base_q + second_q : base_q > second_q ? base_q - second_q : 64'd0;
        sum_q <= base_q + {24'd0, offset};
        address_o <= sum_q + row_q;
    end

    // ---- MATMUL ----
    logic check_start, check_start_q, check_done, check_done_q;
    logic [3:0] check_error;
    logic [19:0] check_address;
    logic check_act;

    assign check_start = state_q == RESOLVE && is_matmul_q;
    quin_matmul_check #(.Rows(Rows), .StreamBytes(StreamBytes), .CarryBits(CarryBits), .SpWords(SpWords)) u_check (
        .clk_i, .rst_ni, .start_i(check_start_q), .done_o(check_done), .rows_i(rows_q), .k_i(k_q), .n_i(n_q),
        .precision_i(precision), .column_scales_i(cmd_q[quin_pkg::FIELD_MATMUL_COLUMN_SCALES_LSB]),
        .act_base_i(cmd_q[quin_pkg::FIELD_MATMUL_ACT_BASE_LSB +: 20]),
        .act_row_i(cmd_q[quin_pkg::FIELD_MATMUL_ACT_ROW_STRIDE_LSB +: 20]),
        .dst_base_i(cmd_q[quin_pkg::FIELD_MATMUL_DST_BASE_LSB +: 20]),
        .dst_row_i(cmd_q[quin_pkg::FIELD_MATMUL_DST_ROW_STRIDE_LSB +: 20]),
        .rscale_base_i(cmd_q[quin_pkg::FIELD_MATMUL_RSCALE_BASE_LSB +: 20]),
        .rscale_row_i(cmd_q[quin_pkg::FIELD_MATMUL_RSCALE_ROW_STRIDE_LSB +: 20]),
        .cscale_base_i(cmd_q[quin_pkg::FIELD_MATMUL_CSCALE_BASE_LSB +: 20]),
        .stream_misaligned_i((address_o[$clog2(StreamBytes)-1:0] |
                              cmd_q[quin_pkg::FIELD_MATMUL_TILE_STRIDE_LSB +: $clog2(StreamBytes)]) != '0),
        .tiles_o, .error_o(check_error), .act_misaligned_o(check_act), .error_address_o(check_address));
    always_ff @(posedge clk_i) begin
        check_start_q <= check_start;
        check_done_q <= check_done || (check_done_q && state_q == ADDRESS);
    end

    // ---- to the queues: room that there is stays until something is pushed. What is pushed while an error is found is
    // dropped by its queue, as what stood there already ----
    logic move_bad, room_q, resolved, push;
    logic [2:0] unit, push_q;
    logic push_stream_q;

    always_ff @(posedge clk_i) room_q <= (unit & push_ready_i) != '0 && (!is_matmul_q || push_stream_ready_i);

    assign move_bad = is_move_q && cmd_q[quin_pkg::FIELD_MOVE_ROW_ENABLE_LSB] &&
                      {5'd0, cmd_q[quin_pkg::FIELD_MOVE_ROW_FIRST_LSB +: 6]} + {1'b0, rows_q} > 11'(quin_pkg::ROW_REGS);
    assign cmd_error_o = is_matmul_q ? check_error : move_bad ? quin_pkg::DERR_FIELD[3:0] : 4'd0;
    assign cmd_error_address_o = !is_matmul_q ? 40'd0 :
                                 check_error == quin_pkg::DERR_SCRATCHPAD[3:0] ? {20'd0, check_address} :
                                 check_error == quin_pkg::DERR_ALIGN[3:0] && !check_act ? address_o[39:0] : 40'd0;
    assign unit = {is_vector_q, is_matmul_q, is_move_q};
    assign resolved = state_q == ADDRESS && row_have_q && (!is_matmul_q || check_done_q);
    assign push = (state_q == PUSH || resolved) && push_q == '0 && room_q && !failing;
    always_ff @(posedge clk_i) begin
        push_q <= rst_ni && push ? unit : 3'd0;
        push_stream_q <= rst_ni && push && is_matmul_q && check_error == '0 && rows_q != '0 && n_q != '0;
    end
    assign push_o = push_q;
    assign push_stream_o = push_stream_q;
    assign cmd_o = cmd_q;
    assign rows_o = rows_q;
    assign n_o = n_q;
    assign k_o = k_q;
    assign mask_start_o = last_q;
    assign index_o = executed_q;
    assign pc_o = pc_q[23:0];

    // ---- AFTER: what is asked for stands long before anybody looks, in PUSH or EXECUTE ----
    logic [2:0] unmet;
    logic begin_q;                        // the first cycle of a run

    quin_after u_after (
        .clk_i, .clear_i(begin_q), .issued_i(push_o), .retired_i,
        .after_i({cmd_q[quin_pkg::FIELD_ANY_AFTER_VECTOR_LSB +: 3], cmd_q[quin_pkg::FIELD_ANY_AFTER_ARRAY_LSB +: 3],
                  cmd_q[quin_pkg::FIELD_ANY_AFTER_DMA_LSB +: 3]}),
        .own_i(unit), .wait_o, .target_o, .retired_o, .unmet_o(unmet));

    // ---- run ----
    assign failing = error_o != '0;
    assign over_limit = limit_i != '0 && executed_q >= limit_i;
    assign past_end = pc_q >= length_i || pc_q[31:24] != '0;
    assign fetch_req_o = state_q == FETCH && fetch_q;
    assign fetch_pc_o = pc_q[23:0];
    // the command after what is dispatched in this cycle; and: the run has ended but for its last words
    assign pc_next = state_q == WRITE ? (is_branch_q && taken ? target : pc_q + 1'b1) :
                     push_o != '0 ? pc_q + 1'b1 : pc_q;
    assign finished = state_q == STOP || state_q == FLUSH || at_rest;
    assign running_o = state_q != IDLE;
    assign abort_now = abort_i && running_o && !finished;
    assign stopped_o = state_q == STOP;
    assign drop_o = failing;
    assign flush_o = start_i || aborting_q;
    assign aborting_o = aborting_q;
    assign stream_flush_o = stream_flush_q;
    assign at_rest = state_q == DRAIN && draining_q && idle_i && !error_busy;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= IDLE;
            ended_q <= 1'b0;
        end else begin
            case (state_q)
                IDLE: begin
                    ended_q <= 1'b0;
                    if (start_i) state_q <= FETCH;
                end
                FETCH: begin
                    if (failing || (settled_q && (past_end_q || over_limit_q))) state_q <= DRAIN;
                    else if (fetch_valid_i) state_q <= fetch_error_i != '0 ? DRAIN : DECODE;
                end
                DECODE: state_q <= READ_ROWS;
                READ_ROWS: state_q <= is_end_q || !(is_unit || is_set_q || is_branch_q) ? DRAIN : READ_N;
                READ_N: begin
                    rows_q <= 10'(limited(rows_limit, {10'd0, rows_field}, greg_q));
                    state_q <= READ_BASE;
                end
                READ_BASE: begin
                    n_q <= limited(n_limit_q, n_field, greg_q);
                    state_q <= READ_LAST;
                end
                READ_LAST: begin
                    base_q <= greg_q;
                    state_q <= RESOLVE;
                end
                RESOLVE: begin
                    last_q <= greg_q;
                    k_q <= limited(k_limit, k_field, greg_q);
                    state_q <= ADDRESS;
                end
                // second_q, then less_q and result_q; sum_q, then address_o, of the row register when it is there
                ADDRESS: if (resolved) state_q <= is_unit ? PUSH : EXECUTE;
                EXECUTE: state_q <= failing || bad_control ? DRAIN : unmet != '0 ? EXECUTE : WRITE;
                WRITE: state_q <= FETCH;
                PUSH: if (push_q != '0) state_q <= FETCH;
                      else if (failing) state_q <= DRAIN;
                DRAIN: if (at_rest) state_q <= FLUSH;
                FLUSH: if (stream_idle_i && stream_flush_q && !error_busy) state_q <= STOP;
                default: state_q <= IDLE;
            endcase
            if (state_q == READ_ROWS) ended_q <= is_end_q;
        end
        if (state_q == FETCH) cmd_q <= fetch_cmd_i; // the last one is the one
    end

    always_ff @(posedge clk_i) begin
        past_end_q <= past_end;
        over_limit_q <= over_limit;
        settled_q <= rst_ni && state_q == FETCH;
        fetch_q <= rst_ni && state_q == FETCH && !failing && !past_end && !over_limit && !hold_i;
        draining_q <= rst_ni && state_q == DRAIN;
        stream_flush_q <= rst_ni && (aborting_q || state_q == FLUSH);
    end

    always_ff @(posedge clk_i) begin
        if (start_i && state_q == IDLE) begin
            pc_q <= '0;
            executed_q <= '0;
        end else if (state_q == WRITE || push_o != '0) begin
            executed_q <= executed_q + 1'b1;
            pc_q <= pc_next;
        end
    end

    // ---- units and errors ----
    logic [3:0] own_error, own_error_q;   // dispatch stops with it, so what goes with it stays
    logic [39:0] own_address_q;

    always_ff @(posedge clk_i) begin
        own_error_q <= rst_ni && !failing ? own_error : 4'd0;
        own_address_q <= state_q == FETCH && !past_end_q && !over_limit_q ? fetch_address_i : 40'd0;
    end

    assign own_error = failing ? 4'd0 : state_q == FETCH && settled_q && past_end_q ? quin_pkg::DERR_PROGRAM[3:0] :
                       state_q == FETCH && settled_q && over_limit_q ? quin_pkg::DERR_LIMIT[3:0] :
                       state_q == FETCH && fetch_valid_i ? fetch_error_i :
                       state_q == READ_ROWS && !is_unit && !is_set_q && !is_branch_q && !is_end_q ? quin_pkg::DERR_OPCODE[3:0] :
                       state_q == EXECUTE && bad_control ? quin_pkg::DERR_FIELD[3:0] : 4'd0;

    quin_first_error u_error (
        .clk_i, .rst_ni, .clear_i(start_i && state_q == IDLE),
        .own_error_i(own_error_q), .own_pc_i(pc_q), .own_index_i(executed_q), .own_address_i(own_address_q),
        .failed_i, .taken_o(failed_taken_o), .failed_error_i, .failed_pc_i, .failed_index_i, .failed_address_i,
        .late_valid_i, .late_error_i, .late_index_i, .late_pc_i, .late_address_i,
        .abort_i(abort_now), .abort_pc_i(pc_next), .busy_o(error_busy),
        .error_o, .error_command_o, .error_index_o(drop_index_o), .error_address_o);

    always_ff @(posedge clk_i) begin
        begin_q <= !rst_ni || (start_i && state_q == IDLE);
        aborting_q <= rst_ni && (abort_now || (aborting_q && !begin_q));
    end
endmodule

`default_nettype wire
