// SPDX-License-Identifier: Apache-2.0
// What the fields of a VECTOR job mean for all its groups: which streams (a, b, c, destination, reduction)
// are used, which operands are read and from where, how many words of each stream a group touches, and the
// errors that the fields alone give, in the order of docs/commands.md. Combinational.
`default_nettype none
module quin_vector_job (
    input  logic [19:0] n_i,
    input  logic [2:0]  op1_i,
    input  logic [2:0]  op2_i,
    input  logic [2:0]  func_i,
    input  logic [2:0]  reduce_i,
    input  logic [2:0]  format_i,
    input  logic [99:0] base_i,   // 20 bits a stream, a lowest
    input  logic [99:0] row_i,
    input  logic [99:0] group_i,
    input  logic [5:0]  mode_i,   // 2 bits an operand
    input  logic        mask_bad_i,
    output logic        written_o,
    output logic        reduced_o,
    output logic        function_o,  // through the function pipeline
    output logic [4:0]  used_o,      // streams in the scratchpad that the job touches
    output logic [2:0]  vector_o,    // operands that are lines of the scratchpad,
    output logic [2:0]  scalar_o,    // one word of it a group,
    output logic [2:0]  imm_o,       // immediates
    output logic        b_is_a_o,    // b is the words of a: read once
    output logic [99:0] words_o,     // words of a group
    output logic [3:0]  error_o
);
    logic [1:0] a_mode, b_mode, c_mode;
    logic [2:0] taken;  // operands that an operation takes
    logic [2:0] memory; // of these, those in the scratchpad
    assign a_mode = mode_i[1:0];
    assign b_mode = mode_i[3:2];
    assign c_mode = mode_i[5:4];
    assign taken = {op2_i != quin_pkg::VECTOR_OP_PASS, op1_i != quin_pkg::VECTOR_OP_PASS, 1'b1};
    assign memory = taken & {c_mode != quin_pkg::OPERAND_IMM, b_mode != quin_pkg::OPERAND_IMM,
                             a_mode != quin_pkg::OPERAND_IMM};
    assign written_o = format_i != quin_pkg::FORMAT_NONE;
    assign reduced_o = reduce_i != quin_pkg::REDUCE_NONE;
    assign function_o = func_i != quin_pkg::FUNC_NONE;
    assign used_o = {reduced_o, written_o, memory};

    // The same mode, base and strides are the same words: x * x reads x once.
    assign b_is_a_o = memory[0] && memory[1] && {a_mode, base_i[19:0], row_i[19:0], group_i[19:0]} ==
                      {b_mode, base_i[39:20], row_i[39:20], group_i[39:20]};
    assign vector_o = memory & {c_mode == quin_pkg::OPERAND_VECTOR, b_mode == quin_pkg::OPERAND_VECTOR,
                             a_mode == quin_pkg::OPERAND_VECTOR};
    assign scalar_o = memory & ~vector_o;
    assign imm_o = taken & ~memory;

    logic [20:0] pairs, quads;
    logic [19:0] dst_words, by_pairs, by_quads;
    assign pairs = {1'b0, n_i} + 21'd1;
    assign quads = {1'b0, n_i} + 21'd3;
    assign by_pairs = pairs[20:1];
    assign by_quads = {1'b0, quads[20:2]};
    always_comb begin
        case (format_i)
            quin_pkg::FORMAT_F32: dst_words = n_i;
            quin_pkg::FORMAT_CODE10: dst_words = by_pairs;
            default: dst_words = by_quads;
        endcase
    end
    assign words_o[19:0] = a_mode == quin_pkg::OPERAND_VECTOR ? n_i : 20'd1;
    assign words_o[39:20] = b_mode == quin_pkg::OPERAND_VECTOR ? n_i : 20'd1;
    assign words_o[59:40] = c_mode == quin_pkg::OPERAND_VECTOR ? n_i : 20'd1;
    assign words_o[79:60] = dst_words;
    assign words_o[99:80] = reduce_i == quin_pkg::REDUCE_ARGMAX ? 20'd2 : 20'd1;

    localparam logic [99:0] ALIGN = {5{20'(quin_pkg::SP_ALIGN_WORDS - 1)}};
    logic [99:0] crooked;
    logic [3:0]  astray;  // a, b, c, destination
    logic        bad_field, bad_align;
    assign crooked = (base_i | row_i | group_i) & ALIGN;
    assign astray[0] = a_mode == quin_pkg::OPERAND_VECTOR && crooked[19:0] != 0;
    assign astray[1] = taken[1] && b_mode == quin_pkg::OPERAND_VECTOR && crooked[39:20] != 0;
    assign astray[2] = taken[2] && c_mode == quin_pkg::OPERAND_VECTOR && crooked[59:40] != 0;
    assign astray[3] = written_o && crooked[79:60] != 0;
    assign bad_align = astray != 0;
    assign bad_field = op1_i > quin_pkg::VECTOR_OP_MAX || op2_i > quin_pkg::VECTOR_OP_MAX ||
                       func_i > quin_pkg::FUNC_RINT || reduce_i > quin_pkg::REDUCE_ARGMAX ||
                       format_i > quin_pkg::FORMAT_CODE10 || a_mode > quin_pkg::OPERAND_IMM ||
                       b_mode > quin_pkg::OPERAND_IMM || c_mode > quin_pkg::OPERAND_IMM;
    always_comb begin
        if (bad_field)
            error_o = quin_pkg::DERR_FIELD[3:0];
        else if (bad_align)
            error_o = quin_pkg::DERR_ALIGN[3:0];
        else
            error_o = mask_bad_i ? quin_pkg::DERR_FIELD[3:0] : quin_pkg::DERR_NONE[3:0];
    end

    logic unused;
    assign unused = ^{crooked[99:80], pairs[0], quads[1:0]};
endmodule
`default_nettype wire
