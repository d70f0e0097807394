// SPDX-License-Identifier: Apache-2.0
// VECTOR jobs: t = func(op2(op1(a, b), c)) for rows x groups x n elements, written in a format, reduced over
// a group, or both, with the results and the checksum of docs/commands.md. Operands and results stand in the
// scratchpad behind one port, a request a cycle.
//   address -> read -> issue -> lanes (-> func) -> result -> format -> write -> port
//                                                       \-> reduce ------------> port
// Between issue and reduce every step of Lanes elements takes the same number of cycles member a job;
// nothing stalls there, issue holds back what would not find room. Jobs do not overlap, groups and rows of
// one job do. Handshake: a job is taken while idle; done_o ends it, with its checksum, error and the address
// that failed.
`default_nettype none
module quin_vector_unit #(
    parameter int Lanes = 4,         // 1, 2, 4, 8 or 16
    parameter int SpWords = 131072,  // words of the scratchpad, at most 2^20
    parameter int FuncLanes = Lanes > 4 ? Lanes / 4 : 1,  // function pipelines; divides Lanes
    parameter int LineWords = Lanes > 4 ? Lanes : 4  // derived, not to be set
) (
    input  logic        clk_i,
    input  logic        rst_ni,

    input  logic        job_valid_i,
    output logic        job_ready_o,
    input  logic [9:0]  job_rows_i,
    input  logic [9:0]  job_groups_i,
    input  logic [19:0] job_n_i,
    input  logic [2:0]  job_op1_i,
    input  logic [2:0]  job_op2_i,
    input  logic [2:0]  job_func_i,
    input  logic [2:0]  job_reduce_i,
    input  logic [2:0]  job_format_i,
    input  logic [31:0] job_imm1_i,
    input  logic [31:0] job_imm2_i,
    input  logic [19:0] job_a_base_i,
    input  logic [19:0] job_a_row_i,
    input  logic [19:0] job_a_group_i,
    input  logic [1:0]  job_a_mode_i,
    input  logic [19:0] job_b_base_i,
    input  logic [19:0] job_b_row_i,
    input  logic [19:0] job_b_group_i,
    input  logic [1:0]  job_b_mode_i,
    input  logic [19:0] job_c_base_i,
    input  logic [19:0] job_c_row_i,
    input  logic [19:0] job_c_group_i,
    input  logic [1:0]  job_c_mode_i,
    input  logic [19:0] job_dst_base_i,
    input  logic [19:0] job_dst_row_i,
    input  logic [19:0] job_dst_group_i,
    input  logic [19:0] job_red_base_i,
    input  logic [19:0] job_red_row_i,
    input  logic [19:0] job_red_group_i,
    input  logic        job_mask_i,      // elements from visible_i on are masked
    input  logic        job_mask_bad_i,  // MASK and ROW_FIRST + rows > ROW_REGS: refused with FIELD

    output logic [9:0]  row_o,      // asks for
    input  logic        row_ready_i, // only looked at with a mask: the answer is there
    input  logic [19:0] visible_i,  // the visible elements of this row, at most n

    output logic        done_o,
    output logic [31:0] done_checksum_o,
    output logic [3:0]  done_error_o,    // quin_pkg::DERR_*
    output logic [31:0] done_address_o,  // of a SCRATCHPAD error: the word where the range begins

    output logic [19:0] count_elements_o,  // increments of the counters VECTOR_ELEMENTS
    output logic [19:0] count_funcs_o,     // and VECTOR_FUNCS

    output logic        sp_req_o,
    input  logic        sp_gnt_i,
    output logic        sp_we_o,
    output logic [19:0] sp_addr_o,
    output logic [32*LineWords-1:0] sp_wdata_o,
    output logic [4*LineWords-1:0]  sp_wstrb_o,
    input  logic [32*LineWords-1:0] sp_rdata_i,
    input  logic        sp_rvalid_i
);
    localparam int LineBits = $clog2(LineWords);
    localparam int AddrBits = 20 - LineBits;  // of a line
    localparam int MetaBits = 2 * Lanes + 1;  // last, member, visible
    localparam int Held = 16;                 // groups, lines and reductions on their way
    // Cycles from a partial sum's operand to its result: a register before the adders where the sums come
    // round late enough.
    localparam int SumLoop = quin_cell_pkg::F32_ADD_LATENCY +
                             (quin_pkg::PARTIAL_SUMS / Lanes > quin_cell_pkg::F32_ADD_LATENCY + 1 ? 1 : 0);
    localparam int SumBanks = Lanes < 4 ? 2 : 4;  // groups that are summed at once
    localparam logic [1:0] IDLE = 2'd0, CHECK = 2'd1, RUN = 2'd2, DONE = 2'd3;

    logic [1:0] state_q;
    logic       quiet, refuse, walking, range_error;
    logic [20:0] range_address;

    // ---- the job ----
    // Streams are numbered a, b, c, destination, reduction.
    logic [9:0]  rows_q, groups_q;
    logic [19:0] n_q;
    logic [2:0]  op1_q, op2_q, func_q, reduce_q, format_q;
    logic [31:0] imm1_q, imm2_q;
    logic [99:0] base_q, row_q, group_q;
    logic [5:0]  mode_q;
    logic        mask_q, mask_bad_q;

    always_ff @(posedge clk_i) begin
        if (job_ready_o) begin  // what is offered is copied until it is taken
            rows_q <= job_rows_i;
            groups_q <= job_groups_i;
            n_q <= job_n_i;
            op1_q <= job_op1_i;
            op2_q <= job_op2_i;
            func_q <= job_func_i;
            reduce_q <= job_reduce_i;
            format_q <= job_format_i;
            imm1_q <= job_imm1_i;
            imm2_q <= job_imm2_i;
            base_q <= {job_red_base_i, job_dst_base_i, job_c_base_i, job_b_base_i, job_a_base_i};
            row_q <= {job_red_row_i, job_dst_row_i, job_c_row_i, job_b_row_i, job_a_row_i};
            group_q <= {job_red_group_i, job_dst_group_i, job_c_group_i, job_b_group_i, job_a_group_i};
            mode_q <= {job_c_mode_i, job_b_mode_i, job_a_mode_i};
            mask_q <= job_mask_i;
            mask_bad_q <= job_mask_bad_i;
        end
    end

    // What the fields mean, a cycle later: from RUN on.
    logic        written_d, reduced_d, function_d, b_is_a_d, written, reduced, function_on, b_is_a;
    logic        counted, sum_on, alone;
    logic [4:0]  used_d, used;
    // operands that are lines, words, immediates
    logic [2:0]  vector_d, scalar_d, imm_d, vector, scalar, imm;
    logic [99:0]  words_d;
    logic [114:0] excess;
    logic [3:0]  refusal_d, refusal;
    quin_vector_job job (
        .n_i(n_q), .op1_i(op1_q), .op2_i(op2_q), .func_i(func_q), .reduce_i(reduce_q), .format_i(format_q),
        .base_i(base_q), .row_i(row_q), .group_i(group_q), .mode_i(mode_q), .mask_bad_i(mask_bad_q),
        .written_o(written_d), .reduced_o(reduced_d), .function_o(function_d), .used_o(used_d),
        .vector_o(vector_d), .scalar_o(scalar_d), .imm_o(imm_d), .b_is_a_o(b_is_a_d), .words_o(words_d),
        .error_o(refusal_d)
    );
    always_ff @(posedge clk_i) begin
        if (state_q == CHECK) begin
            written <= written_d;
            reduced <= reduced_d;
            function_on <= function_d;
            counted <= function_d && func_q != quin_pkg::FUNC_RINT;
            b_is_a <= b_is_a_d;
            sum_on <= reduce_q == quin_pkg::REDUCE_SUM;
            alone <= reduce_q == quin_pkg::REDUCE_SUM &&
                     (op2_q == quin_pkg::VECTOR_OP_ADD || op2_q == quin_pkg::VECTOR_OP_SUB);
            used <= used_d;
            vector <= vector_d;
            scalar <= scalar_d;
            imm <= imm_d;
            refusal <= refusal_d;
        end
    end
    genvar s;
    generate
        for (s = 0; s < 5; s = s + 1) begin : g_excess
            always_ff @(posedge clk_i)
                if (state_q == CHECK)
                    excess[23*s +: 23] <= {3'b0, words_d[20*s +: 20]} - 23'(SpWords + 1);
        end
    endgenerate
    assign refuse = refusal != quin_pkg::DERR_NONE[3:0];

    logic [31:0] checksum;
    assign job_ready_o = state_q == IDLE;
    assign done_o = state_q == DONE;
    assign done_checksum_o = checksum;
    assign done_address_o = range_error && !refuse ? {11'b0, range_address} : '0;
    always_comb begin
        if (refuse)
            done_error_o = refusal;
        else if (range_error)
            done_error_o = quin_pkg::DERR_SCRATCHPAD[3:0];
        else
            done_error_o = quin_pkg::DERR_NONE[3:0];
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= IDLE;
        end else begin
            case (state_q)
                IDLE: if (job_valid_i) state_q <= CHECK;
                CHECK: state_q <= RUN;
                RUN: if (quiet || refuse) state_q <= DONE;
                default: state_q <= IDLE;
            endcase
        end
    end

    // ---- groups ----
    // A group goes to the reader, and what later stages need of it waits for them here.
    logic        place_valid, room;
    logic [99:0] place;
    logic [19:0] place_visible;

    quin_vector_address places (
        .clk_i, .rst_ni, .start_i(state_q == CHECK), .stop_i(refuse), .rows_i(rows_q), .groups_i(groups_q),
        .base_i(base_q), .row_i(row_q), .group_i(group_q), .used_i(used), .excess_i(excess), .row_o,
        .row_ready_i(row_ready_i || !mask_q), .visible_i(mask_q ? visible_i : n_q), .room_i(room),
        .valid_o(place_valid), .place_o(place), .visible_o(place_visible), .walking_o(walking),
        .error_o(range_error),
        .error_address_o(range_address)
    );
    assign count_elements_o = place_valid ? n_q : '0;
    assign count_funcs_o = place_valid && counted ? n_q : '0;

    logic                operand_valid, reader_ready, group_valid, group_ready;
    logic [61+AddrBits:0] operand;
    logic [AddrBits-1:0] lines;  // that hold the visible elements
    logic [19:0]         group_visible, red_addr;
    logic                group_some, group_one_step;
    logic [AddrBits-1:0] dst_addr;
    logic                dst_pop, red_pop;
    logic                unused_valid_dst, unused_valid_red;
    logic [4:0]          operand_count, group_count, dst_count, red_count;

    assign lines = place_visible[19:LineBits] + AddrBits'(place_visible[LineBits-1:0] != 0);
    quin_vector_queue #(.Width(62 + AddrBits), .Depth(Held)) operand_queue (
        .clk_i, .rst_ni, .clear_i(1'b0), .push_i(place_valid),
        .data_i({place_visible != 0, place_visible <= 20'(LineWords), lines, place[59:0]}),
        .pop_i(operand_valid && reader_ready), .valid_o(operand_valid), .data_o(operand),
        .count_o(operand_count)
    );
    quin_vector_queue #(.Width(22), .Depth(Held)) group_queue (
        .clk_i, .rst_ni, .clear_i(1'b0), .push_i(place_valid),
        .data_i({place_visible != 0, place_visible <= 20'(Lanes), place_visible}),
        .pop_i(group_valid && group_ready), .valid_o(group_valid),
        .data_o({group_some, group_one_step, group_visible}), .count_o(group_count)
    );
    quin_vector_queue #(.Width(AddrBits), .Depth(Held)) dst_queue (
        .clk_i, .rst_ni, .clear_i(1'b0), .push_i(place_valid && written),
        .data_i(place[79:60+LineBits]), .pop_i(dst_pop),
        .valid_o(unused_valid_dst), .data_o(dst_addr), .count_o(dst_count)
    );
    quin_vector_queue #(.Width(20), .Depth(Held)) red_queue (
        .clk_i, .rst_ni, .clear_i(1'b0), .push_i(place_valid && reduced), .data_i(place[99:80]),
        .pop_i(red_pop),
        .valid_o(unused_valid_red), .data_o(red_addr), .count_o(red_count)
    );
    localparam logic [4:0] Enough = 5'(Held - 4);
    logic room_q;
    assign room = room_q;
    always_ff @(posedge clk_i)
        room_q <= operand_count < Enough && group_count < Enough && dst_count < Enough && red_count < Enough;

    // ---- operands ----
    logic                      read_valid, read_ready, reader_idle;
    logic [AddrBits-1:0]       read_addr;
    logic [2:0]                head_valid, head_pop;
    logic [96*LineWords-1:0]   head;

    quin_vector_read #(.Lanes(Lanes), .LineWords(LineWords)) reader (
        .clk_i, .rst_ni, .start_i(state_q == CHECK), .imm_i(imm), .imm1_i(imm1_q), .imm2_i(imm2_q),
        .b_is_a_i(b_is_a), .vector_i(vector & {1'b1, !b_is_a, 1'b1}),
        .scalar_i(scalar & {1'b1, !b_is_a, 1'b1}), .valid_i(operand_valid),
        .ready_o(reader_ready),
        .place_i(operand[59:0]), .some_i(operand[61+AddrBits]), .one_i(operand[60+AddrBits]),
        .lines_i(operand[60 +: AddrBits]), .read_valid_o(read_valid),
        .read_ready_i(read_ready),
        .read_addr_o(read_addr), .rvalid_i(sp_rvalid_i), .rdata_i(sp_rdata_i), .head_valid_o(head_valid),
        .head_ready_i(head_pop), .head_o(head), .idle_o(reader_idle)
    );

    // ---- steps ----
    logic                step_soon, step_valid, flow_idle, issue_idle;
    logic                line_done, red_done, sum_done, adders_idle;
    logic [MetaBits-1:0] step_meta;
    logic [32*Lanes-1:0] step_a, step_b, step_c;

    quin_vector_issue #(.Lanes(Lanes), .LineWords(LineWords), .FuncLanes(FuncLanes), .SumLoop(SumLoop),
                        .SumBanks(SumBanks), .Held(Held)) issue (
        .clk_i, .rst_ni, .n_i(n_q), .written_i(written), .format_i(format_q), .reduced_i(reduced),
        .function_i(function_on), .sum_i(sum_on), .alone_i(alone), .vector_i(vector), .scalar_i(scalar),
        .valid_i(group_valid), .ready_o(group_ready),
        .visible_i(group_visible), .some_i(group_some), .one_step_i(group_one_step),
        .head_valid_i(head_valid), .head_ready_o(head_pop), .head_i(head),
        .line_done_i(line_done), .red_done_i(red_done), .sum_done_i(sum_done),
        .calm_i(flow_idle && adders_idle),
        .step_soon_o(step_soon), .step_valid_o(step_valid), .step_meta_o(step_meta),
        .step_a_o(step_a), .step_b_o(step_b), .step_c_o(step_c), .idle_o(issue_idle)
    );

    // ---- lanes, functions, format: L elements a step ----
    logic                element_valid, result_valid;
    logic [MetaBits-1:0] element_meta, result_meta;
    logic [32*Lanes-1:0] element, result, side_x, side_y, sums;
    logic                side_en, side;

    quin_vector_flow #(.Lanes(Lanes), .FuncLanes(FuncLanes)) flow (
        .clk_i, .rst_ni, .op1_i(op1_q), .op2_i(op2_q), .func_i(func_q), .function_i(function_on),
        .format_i(format_q), .soon_i(step_soon), .valid_i(step_valid), .meta_i(step_meta), .a_i(step_a),
        .b_i(step_b), .c_i(step_c),
        .result_valid_o(result_valid), .result_meta_o(result_meta), .result_o(result),
        .element_valid_o(element_valid), .element_meta_o(element_meta), .element_o(element),
        .idle_o(flow_idle), .side_en_i(side_en), .side_i(side), .side_x_i(side_x), .side_y_i(side_y),
        .sum_o(sums)
    );

    // ---- results ----
    logic                     line_valid, line_ready;
    logic [AddrBits-1:0]      line_addr;
    logic [32*LineWords-1:0]  line;
    logic [4*LineWords-1:0]   line_strb;

    quin_vector_write #(.Lanes(Lanes), .LineWords(LineWords), .Held(Held)) writer (
        .clk_i, .rst_ni, .format_i(format_q), .valid_i(element_valid && written), .meta_i(element_meta),
        .element_i(element), .dst_pop_o(dst_pop), .dst_addr_i(dst_addr), .line_valid_o(line_valid),
        .line_ready_i(line_ready), .line_addr_o(line_addr), .line_o(line), .line_strb_o(line_strb)
    );
    assign line_done = line_valid && line_ready;

    logic        red_valid, word_valid, word_ready, word_second;
    logic [31:0] red_value, word_value;
    logic [19:0] red_index, word_index;

    quin_vector_reduce #(.Lanes(Lanes), .SumLoop(SumLoop), .SumBanks(SumBanks)) reduce (
        .clk_i, .rst_ni, .reduce_i(reduce_q), .sum_i(sum_on), .valid_i(result_valid && reduced),
        .meta_i(result_meta),
        .t_i(result), .side_en_o(side_en), .side_o(side), .side_x_o(side_x), .side_y_o(side_y), .sums_i(sums),
        .sum_done_o(sum_done), .sum_idle_o(adders_idle), .valid_o(red_valid), .value_o(red_value),
        .index_o(red_index)
    );

    logic [4:0] unused_count_d;
    quin_vector_queue #(.Width(52), .Depth(Held)) word_queue (
        .clk_i, .rst_ni, .clear_i(1'b0), .push_i(red_valid), .data_i({red_index, red_value}), .pop_i(red_pop),
        .valid_o(word_valid), .data_o({word_index, word_value}), .count_o(unused_count_d)
    );

    // ARGMAX writes two words, which may lie in two lines.
    logic second_q;
    assign word_second = reduce_q == quin_pkg::REDUCE_ARGMAX && !second_q;  // another word follows this one
    assign red_pop = word_valid && word_ready && !word_second;
    assign red_done = red_pop;
    always_ff @(posedge clk_i) begin
        if (!rst_ni)
            second_q <= 1'b0;
        else if (word_valid && word_ready)
            second_q <= word_second;
    end

    // An element's bits count once.
    logic                sum_idle, word_wide, byte_wide;
    logic [32*Lanes-1:0] element_mask;
    assign element_mask = {Lanes{{16{word_wide}}, {8{!byte_wide}}, 8'hff}};
    always_ff @(posedge clk_i) begin  // the format is there some cycles before the first element
        word_wide <= format_q == quin_pkg::FORMAT_F32;
        byte_wide <= format_q != quin_pkg::FORMAT_F32 && format_q != quin_pkg::FORMAT_CODE10;
    end
    quin_vector_checksum #(.Lanes(Lanes)) sum (
        .clk_i, .rst_ni, .clear_i(state_q == CHECK), .valid_i(element_valid && written),
        .last_i(element_meta[MetaBits-1]), .member_i(element_meta[2*Lanes-1:Lanes]),
        .bits_i(element & element_mask), .word_valid_i(word_valid && word_ready), .word_odd_i(second_q),
        .word_i(second_q ? {12'b0, word_index} : word_value), .sum_o(checksum), .idle_o(sum_idle)
    );

    // ---- the port ----
    quin_vector_port #(.LineWords(LineWords)) port (
        .clk_i, .rst_ni, .line_valid_i(line_valid), .line_ready_o(line_ready), .line_addr_i(line_addr),
        .line_i(line), .line_strb_i(line_strb), .word_valid_i(word_valid), .word_ready_o(word_ready),
        .word_addr_i(red_addr + {19'b0, second_q}), .word_i(second_q ? {12'b0, word_index} : word_value),
        .read_valid_i(read_valid), .read_ready_o(read_ready), .read_addr_i(read_addr), .sp_req_o, .sp_gnt_i,
        .sp_we_o, .sp_addr_o, .sp_wdata_o, .sp_wstrb_o
    );

    // The order follows the data, so that nothing is between two stages when all are idle. Lines and
    // reductions that issue has let through count until the port has them.
    assign quiet = !walking && reader_idle && !group_valid && issue_idle && flow_idle && sum_idle &&
                   (!sp_req_o || sp_gnt_i);

    logic unused;
    assign unused = ^{unused_valid_dst, unused_valid_red, unused_count_d, place[60+LineBits-1:60]};
endmodule
`default_nettype wire
