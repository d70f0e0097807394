// SPDX-License-Identifier: Apache-2.0
// Fields, alignment and scratchpad ranges of a MATMUL, in the order of docs/commands.md. Combinational; 0: good.
// A view's last word is base + (rows - 1) * row + words - 1.
`default_nettype none

module quin_matmul_check #(
    parameter int Rows = 8,
    parameter int CarryBits = 15,
    parameter int SpWords = 131072
) (
    input  logic [9:0]  rows_i,
    input  logic [19:0] k_i,
    input  logic [19:0] n_i,
    input  logic [1:0]  precision_i,
    input  logic        column_scales_i,
    input  logic [19:0] act_base_i,
    input  logic [19:0] act_row_i,
    input  logic [19:0] dst_base_i,
    input  logic [19:0] dst_row_i,
    input  logic [19:0] rscale_base_i,
    input  logic [19:0] rscale_row_i,
    input  logic [19:0] cscale_base_i,
    input  logic        stream_misaligned_i,
    output logic [3:0]  error_o
);
    localparam logic [31:0] Limit = 32'(SpWords);

    logic [31:0] last_row, act_end, dst_end, rscale_end;
    logic bad_field, bad_align, bad_range;

    assign last_row = {22'd0, rows_i} - 32'd1;
    assign act_end = {12'd0, act_base_i} + last_row * {12'd0, act_row_i} + (({12'd0, k_i} + 32'd3) >> 2);
    assign dst_end = {12'd0, dst_base_i} + last_row * {12'd0, dst_row_i} + {12'd0, n_i};
    assign rscale_end = {12'd0, rscale_base_i} + last_row * {12'd0, rscale_row_i} + 32'd1;

    assign bad_field = precision_i > quin_pkg::PRECISION_D10 || rows_i > 10'(Rows) || k_i == '0 ||
                       k_i > 20'(1 << (CarryBits - 1));
    assign bad_align = (act_base_i[3:0] | act_row_i[3:0] | dst_base_i[3:0] | dst_row_i[3:0]) != '0;
    assign bad_range = (!column_scales_i && {12'd0, cscale_base_i} >= Limit) ||
                       (rows_i != '0 && (act_end > Limit || dst_end > Limit || rscale_end > Limit));
    assign error_o = bad_field ? quin_pkg::DERR_FIELD[3:0] : bad_align ? quin_pkg::DERR_ALIGN[3:0] :
                     bad_range ? quin_pkg::DERR_SCRATCHPAD[3:0] : stream_misaligned_i ? quin_pkg::DERR_ALIGN[3:0] : 4'd0;
endmodule

`default_nettype wire
