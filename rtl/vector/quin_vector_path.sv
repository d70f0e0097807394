// SPDX-License-Identifier: Apache-2.0
// The vector unit behind its queue: takes its fields out of the command and gives it the visible elements of each row.
`default_nettype none

module quin_vector_path #(
    parameter int Lanes = 4,
    parameter int SpWords = 131072,
    parameter int LineBits = Lanes > 4 ? 32 * Lanes : 128 // derived
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    // the next command with its resolved numbers (quin_job_pkg), and the one under way from start_i on
    input  logic                  job_valid_i,
    output logic                  job_ready_o,
    input  logic [quin_job_pkg::BITS-1:0]    job_i,
    input  logic                  start_i,
    input  logic [quin_job_pkg::BITS-1:0]    active_i,
    // row file
    output logic                  row_req_o,
    output logic [9:0]            row_addr_o,
    input  logic                  row_ack_i,
    input  logic [63:0]           row_data_i,
    output logic                  done_o,
    output logic [31:0]           done_checksum_o,
    output logic [3:0]            done_error_o,
    output logic [39:0]           done_address_o,
    output logic [19:0]           count_elements_o,
    output logic [19:0]           count_funcs_o,
    // scratchpad
    output logic                  sp_req_o,
    input  logic                  sp_gnt_i,
    output logic                  sp_we_o,
    output logic [19:0]           sp_addr_o,
    output logic [LineBits-1:0]   sp_wdata_o,
    output logic [LineBits/8-1:0] sp_wstrb_o,
    input  logic [LineBits-1:0]   sp_rdata_i,
    input  logic                  sp_rvalid_i
);
    logic [511:0] vec, vectoring;
    logic [9:0] row;
    logic [19:0] visible;
    logic row_ready;
    logic [31:0] address;

    assign vec = job_i[511:0];
    assign vectoring = active_i[511:0];
    assign done_address_o = done_error_o == quin_pkg::DERR_SCRATCHPAD[3:0] ? {8'd0, address} : 40'd0;

    quin_row_visible u_vector_row (
        .clk_i, .rst_ni, .start_i, .mask_i(vectoring[quin_pkg::FIELD_VECTOR_MASK_LSB]),
        .bank_i(vectoring[quin_pkg::FIELD_VECTOR_MASK_BANK_LSB +: 4]),
        .first_i(vectoring[quin_pkg::FIELD_VECTOR_ROW_FIRST_LSB +: 6]), .position_i(active_i[quin_job_pkg::MASK_LSB +: 64]),
        .n_i(active_i[quin_job_pkg::N_LSB +: 20]), .row_i(row), .ready_o(row_ready), .visible_o(visible),
        .req_o(row_req_o), .addr_o(row_addr_o), .ack_i(row_ack_i), .data_i(row_data_i));

    quin_vector_unit #(.Lanes(Lanes), .SpWords(SpWords)) u_vector (
        .clk_i, .rst_ni,
        .job_valid_i, .job_ready_o, .job_rows_i(job_i[quin_job_pkg::ROWS_LSB +: 10]),
        .job_groups_i(vec[quin_pkg::FIELD_VECTOR_GROUPS_LSB +: 10]), .job_n_i(job_i[quin_job_pkg::N_LSB +: 20]),
        .job_op1_i(vec[quin_pkg::FIELD_VECTOR_OP1_LSB +: 3]), .job_op2_i(vec[quin_pkg::FIELD_VECTOR_OP2_LSB +: 3]),
        .job_func_i(vec[quin_pkg::FIELD_VECTOR_FUNC_LSB +: 3]),
        .job_reduce_i(vec[quin_pkg::FIELD_VECTOR_REDUCE_LSB +: 3]),
        .job_format_i(vec[quin_pkg::FIELD_VECTOR_FORMAT_LSB +: 3]),
        .job_imm1_i(vec[quin_pkg::FIELD_VECTOR_IMM1_LSB +: 32]), .job_imm2_i(vec[quin_pkg::FIELD_VECTOR_IMM2_LSB +: 32]),
        .job_a_base_i(vec[quin_pkg::FIELD_VECTOR_A_BASE_LSB +: 20]), .job_a_row_i(vec[quin_pkg::FIELD_VECTOR_A_ROW_LSB +: 20]),
        .job_a_group_i(vec[quin_pkg::FIELD_VECTOR_A_GROUP_LSB +: 20]), .job_a_mode_i(vec[quin_pkg::FIELD_VECTOR_A_MODE_LSB +: 2]),
        .job_b_base_i(vec[quin_pkg::FIELD_VECTOR_B_BASE_LSB +: 20]), .job_b_row_i(vec[quin_pkg::FIELD_VECTOR_B_ROW_LSB +: 20]),
        .job_b_group_i(vec[quin_pkg::FIELD_VECTOR_B_GROUP_LSB +: 20]), .job_b_mode_i(vec[quin_pkg::FIELD_VECTOR_B_MODE_LSB +: 2]),
        .job_c_base_i(vec[quin_pkg::FIELD_VECTOR_C_BASE_LSB +: 20]), .job_c_row_i(vec[quin_pkg::FIELD_VECTOR_C_ROW_LSB +: 20]),
        .job_c_group_i(vec[quin_pkg::FIELD_VECTOR_C_GROUP_LSB +: 20]), .job_c_mode_i(vec[quin_pkg::FIELD_VECTOR_C_MODE_LSB +: 2]),
        .job_dst_base_i(vec[quin_pkg::FIELD_VECTOR_DST_BASE_LSB +: 20]),
        .job_dst_row_i(vec[quin_pkg::FIELD_VECTOR_DST_ROW_LSB +: 20]),
        .job_dst_group_i(vec[quin_pkg::FIELD_VECTOR_DST_GROUP_LSB +: 20]),
        .job_red_base_i(vec[quin_pkg::FIELD_VECTOR_RED_BASE_LSB +: 20]),
        .job_red_row_i(vec[quin_pkg::FIELD_VECTOR_RED_ROW_LSB +: 20]),
        .job_red_group_i(vec[quin_pkg::FIELD_VECTOR_RED_GROUP_LSB +: 20]),
        .job_mask_i(vec[quin_pkg::FIELD_VECTOR_MASK_LSB]),
        .job_mask_bad_i(vec[quin_pkg::FIELD_VECTOR_MASK_LSB] &&
                        {5'd0, vec[quin_pkg::FIELD_VECTOR_ROW_FIRST_LSB +: 6]} + {1'b0, job_i[quin_job_pkg::ROWS_LSB +: 10]} > 11'd64),
        .row_o(row), .row_ready_i(row_ready), .visible_i(visible),
        .done_o, .done_checksum_o, .done_error_o, .done_address_o(address), .count_elements_o, .count_funcs_o,
        .sp_req_o, .sp_gnt_i, .sp_we_o, .sp_addr_o, .sp_wdata_o, .sp_wstrb_o, .sp_rdata_i, .sp_rvalid_i);
endmodule

`default_nettype wire
