// SPDX-License-Identifier: Apache-2.0
// What happens to a step of Lanes elements: the lanes, the function pipeline where the job has a function,
//   result   t, masked elements +0        for the reduction
//   element  t in the format: 32 bits, 16 (CODE10) twice or 8 four times
// each with its meta (last, member, visible). A step never waits; member a job all take the same time:
// the operations' latencies + 1 + (function) + 1 to the result, and from there 0 (F32) or
// F32_TO_INT8_LATENCY.
// side_*: the reduction SUM uses the adders of op2.
`default_nettype none
module quin_vector_flow #(
    parameter int Lanes = 4,
    parameter int FuncLanes = 1,
    parameter int MetaBits = 2 * Lanes + 1  // derived
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic [2:0]          op1_i,
    input  logic [2:0]          op2_i,
    input  logic [2:0]          func_i,
    input  logic                function_i,
    input  logic [2:0]          format_i,
    input  logic                soon_i,   // valid_i of the next cycle
    input  logic                valid_i,
    input  logic [MetaBits-1:0] meta_i,
    input  logic [32*Lanes-1:0] a_i,
    input  logic [32*Lanes-1:0] b_i,
    input  logic [32*Lanes-1:0] c_i,
    output logic                result_valid_o,
    output logic [MetaBits-1:0] result_meta_o,
    output logic [32*Lanes-1:0] result_o,
    output logic                element_valid_o,
    output logic [MetaBits-1:0] element_meta_o,
    output logic [32*Lanes-1:0] element_o,
    output logic                idle_o,
    input  logic                side_en_i,
    input  logic                side_i,
    input  logic [32*Lanes-1:0] side_x_i,
    input  logic [32*Lanes-1:0] side_y_i,
    output logic [32*Lanes-1:0] sum_o
);
    localparam int Convert = quin_cell_pkg::F32_TO_INT8_LATENCY;
    localparam int Width = MetaBits + 1;

    // Steps between valid_i and element_valid_o; everything moves while there are some.
    logic [7:0] steps_q;
    logic       en;
    assign idle_o = !valid_i && steps_q == 0;
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            steps_q <= '0;
            en <= 1'b0;
        end else begin
            steps_q <= steps_q + {7'b0, valid_i} - {7'b0, element_valid_o};
            en <= soon_i || !idle_o;
        end
    end

    // Valid and meta go beside the elements: through op1, op2, result and format. A result's meta has no
    // business to be seen while its valid is 0, so only valid is reset: nothing is inside after a reset.
    logic             convert;
    logic [Width-1:0] step1, between, step2;
    quin_vector_beside #(.Width(Width)) beside1 (
        .clk_i, .rst_ni, .op_i(op1_i), .d_i({valid_i, meta_i}), .q_o(step1)
    );
    quin_vector_pipe #(.Width(Width), .Cycles(1)) pipe1 (.clk_i, .rst_ni, .d_i(step1), .q_o(between));
    quin_vector_beside #(.Width(Width)) beside2 (.clk_i, .rst_ni, .op_i(op2_i), .d_i(between), .q_o(step2));

    logic [32*Lanes-1:0] t, y, chosen;
    genvar l;
    generate
        for (l = 0; l < Lanes; l = l + 1) begin : g_lane
            quin_vector_lane lane (
                .clk_i, .rst_ni, .en_i(en), .op1_i, .op2_i, .a_i(a_i[32*l +: 32]), .b_i(b_i[32*l +: 32]),
                .c_i(c_i[32*l +: 32]), .y_o(t[32*l +: 32]), .side_en_i, .side_i,
                .side_x_i(side_x_i[32*l +: 32]), .side_y_i(side_y_i[32*l +: 32]), .sum_o(sum_o[32*l +: 32])
            );
        end
    endgenerate

    logic                func_valid;
    logic [MetaBits-1:0] func_meta;
    quin_vector_func #(.Lanes(Lanes), .FuncLanes(FuncLanes), .MetaBits(MetaBits)) func (
        .clk_i, .rst_ni, .func_i, .valid_i(step2[Width-1] && function_i), .meta_i(step2[MetaBits-1:0]),
        .t_i(t),
        .valid_o(func_valid), .meta_o(func_meta), .y_o(y)
    );

    // ---- result ----
    logic                valid_q;
    logic [MetaBits-1:0] meta_q, meta;
    logic [32*Lanes-1:0] result_q;
    logic                ready;
    assign ready = function_i ? func_valid : step2[Width-1];
    assign meta = function_i ? func_meta : step2[MetaBits-1:0];
    assign chosen = function_i ? y : t;
    generate
        for (l = 0; l < Lanes; l = l + 1) begin : g_result
            always_ff @(posedge clk_i)
                if (ready) result_q[32*l +: 32] <= chosen[32*l +: 32] & {32{meta[l]}};
        end
    endgenerate
    always_ff @(posedge clk_i) begin
        valid_q <= rst_ni && ready;
        if (ready) meta_q <= meta;
    end
    assign result_valid_o = valid_q;
    assign result_meta_o = meta_q;
    assign result_o = result_q;

    // ---- element ----
    logic [Width-1:0] converted;
    logic             half;
    always_ff @(posedge clk_i) begin  // the format is there some cycles before the first element
        half <= format_i == quin_pkg::FORMAT_CODE10;
        convert <= format_i != quin_pkg::FORMAT_NONE && format_i != quin_pkg::FORMAT_F32;
    end
    quin_vector_pipe #(.Width(Width), .Cycles(Convert)) pipe3 (
        .clk_i, .rst_ni, .d_i({valid_q && convert, meta_q}), .q_o(converted)
    );
    assign element_valid_o = convert ? converted[Width-1] : valid_q;
    assign element_meta_o = convert ? converted[MetaBits-1:0] : meta_q;
    generate
        for (l = 0; l < Lanes; l = l + 1) begin : g_format
            logic [15:0] code;
            logic [31:0] narrow;
            quin_f32_to_int8 to_int8 (.clk_i, .rst_ni, .en_i(en && convert), .x_i(result_q[32*l +: 32]),
                                      .format_i, .y_o(code));
            assign narrow = {2{half ? code[15:8] : code[7:0], code[7:0]}};
            assign element_o[32*l +: 32] = convert ? narrow : result_q[32*l +: 32];
        end
    endgenerate
endmodule
`default_nettype wire
