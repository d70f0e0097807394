// SPDX-License-Identifier: Apache-2.0
// The load / store DMA behind its queue: takes its fields out of the command and gives it the DRAM address of each row.
`default_nettype none

module quin_move_path #(
    parameter int BusBytes = 8,
    parameter int LineWords = 4,
    parameter int SpWords = 131072,
    parameter int LineBits = 32 * LineWords // derived
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,
    input  logic [82*quin_pkg::WINDOWS-1:0] windows_i,
    // the next command with its resolved numbers (quin_job_pkg), and the one under way from start_i on
    input  logic                      job_valid_i,
    output logic                      job_ready_o,
    input  logic [quin_job_pkg::BITS-1:0]        job_i,
    input  logic                      start_i,
    input  logic [quin_job_pkg::BITS-1:0]        active_i,
    // row file
    output logic                      row_req_o,
    output logic [9:0]                row_addr_o,
    input  logic                      row_ack_i,
    input  logic [63:0]               row_data_i,
    output logic                      done_o,
    output logic [31:0]               done_checksum_o,
    output logic [3:0]                done_error_o,
    output logic [39:0]               done_address_o,
    output logic [2:0]                load_bytes_o,
    output logic [2:0]                store_bytes_o,
    // scratchpad
    output logic                      sp_req_o,
    input  logic                      sp_gnt_i,
    output logic                      sp_we_o,
    output logic [19:0]               sp_addr_o,
    output logic [LineBits-1:0]       sp_wdata_o,
    output logic [LineBits/8-1:0]     sp_wstrb_o,
    input  logic [LineBits-1:0]       sp_rdata_i,
    input  logic                      sp_rvalid_i,
    // DRAM
    output logic                      ar_valid_o,
    input  logic                      ar_ready_i,
    output logic [39:0]               ar_addr_o,
    output logic [7:0]                ar_len_o,
    input  logic                      r_valid_i,
    output logic                      r_ready_o,
    input  logic [8*BusBytes-1:0]     r_data_i,
    input  logic [1:0]                r_resp_i,
    input  logic                      r_last_i,
    output logic                      aw_valid_o,
    input  logic                      aw_ready_i,
    output logic [39:0]               aw_addr_o,
    output logic [7:0]                aw_len_o,
    output logic                      w_valid_o,
    input  logic                      w_ready_i,
    output logic [8*BusBytes-1:0]     w_data_o,
    output logic [BusBytes-1:0]       w_strb_o,
    output logic                      w_last_o,
    input  logic                      b_valid_i,
    output logic                      b_ready_o,
    input  logic [1:0]                b_resp_i
);
    logic [511:0] move, moving;
    logic [9:0] row;
    logic [39:0] row_address;
    logic row_ready;

    assign move = job_i[511:0];
    assign moving = active_i[511:0];

    quin_row_address u_move_row (
        .clk_i, .rst_ni, .start_i, .wanted_i(moving[quin_pkg::FIELD_MOVE_ROW_ENABLE_LSB]),
        .bank_i(moving[quin_pkg::FIELD_MOVE_ROW_BANK_LSB +: 4]), .first_i(moving[quin_pkg::FIELD_MOVE_ROW_FIRST_LSB +: 6]),
        .base_i(active_i[quin_job_pkg::ADDRESS_LSB +: 64]), .stride_i(moving[quin_pkg::FIELD_MOVE_DRAM_ROW_STRIDE_LSB +: 32]),
        .row_i(row), .ready_o(row_ready), .address_o(row_address), .req_o(row_req_o), .addr_o(row_addr_o), .ack_i(row_ack_i),
        .data_i(row_data_i));

    quin_move_dma #(.BusBytes(BusBytes), .LineWords(LineWords), .SpWords(SpWords)) u_move (
        .clk_i, .rst_ni, .windows_i,
        .job_valid_i, .job_ready_o, .job_store_i(move[7:0] == quin_pkg::OP_STORE),
        .job_rows_i(job_i[quin_job_pkg::ROWS_LSB +: 10]), .job_groups_i(move[quin_pkg::FIELD_MOVE_GROUPS_LSB +: 10]),
        .job_n_i(job_i[quin_job_pkg::N_LSB +: 20]), .job_element_i(move[quin_pkg::FIELD_MOVE_ELEMENT_LSB +: 2]),
        .job_inner_i(move[quin_pkg::FIELD_MOVE_INNER_LSB +: 20]),
        .job_group_stride_i(move[quin_pkg::FIELD_MOVE_DRAM_GROUP_STRIDE_LSB +: 32]),
        .job_outer_stride_i(move[quin_pkg::FIELD_MOVE_DRAM_OUTER_STRIDE_LSB +: 40]),
        .job_sp_base_i(move[quin_pkg::FIELD_MOVE_SP_BASE_LSB +: 20]),
        .job_sp_row_i(move[quin_pkg::FIELD_MOVE_SP_ROW_STRIDE_LSB +: 20]),
        .job_sp_group_i(move[quin_pkg::FIELD_MOVE_SP_GROUP_STRIDE_LSB +: 20]),
        .row_o(row), .row_ready_i(row_ready), .row_address_i(row_address),
        .done_o, .done_checksum_o, .done_error_o, .done_address_o, .load_bytes_o, .store_bytes_o,
        .sp_req_o, .sp_gnt_i, .sp_we_o, .sp_addr_o, .sp_wdata_o, .sp_wstrb_o, .sp_rdata_i, .sp_rvalid_i,
        .ar_valid_o, .ar_ready_i, .ar_addr_o, .ar_len_o, .r_valid_i, .r_ready_o, .r_data_i, .r_resp_i, .r_last_i,
        .aw_valid_o, .aw_ready_i, .aw_addr_o, .aw_len_o, .w_valid_o, .w_ready_i, .w_data_o, .w_strb_o, .w_last_o,
        .b_valid_i, .b_ready_o, .b_resp_i);
endmodule

`default_nettype wire
