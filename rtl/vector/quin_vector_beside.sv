// SPDX-License-Identifier: Apache-2.0
// What goes beside the elements through one operation: q = d of as many cycles ago as quin_vector_op takes
// for op_i, with a valid bit on top that a reset clears. The bits below are only moved with a valid one.
`default_nettype none
module quin_vector_beside #(
    parameter int Width = 2
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic [2:0]       op_i,
    input  logic [Width-1:0] d_i,
    output logic [Width-1:0] q_o
);
    localparam int Add = quin_cell_pkg::F32_ADD_LATENCY;
    localparam int Mul = quin_cell_pkg::F32_MUL_LATENCY;
    localparam int Least = Add < Mul ? Add : Mul;
    localparam int More = Add < Mul ? Mul - Add : Add - Mul;

    logic             add, mul;
    logic [Width-1:0] quick, least, most;
    assign add = op_i == quin_pkg::VECTOR_OP_ADD || op_i == quin_pkg::VECTOR_OP_SUB;
    assign mul = op_i == quin_pkg::VECTOR_OP_MUL;

    quin_vector_pipe #(.Width(Width), .Cycles(1)) one (
        .clk_i, .rst_ni, .d_i({d_i[Width-1] && !add && !mul, d_i[Width-2:0]}), .q_o(quick)
    );
    quin_vector_pipe #(.Width(Width), .Cycles(Least)) both (
        .clk_i, .rst_ni, .d_i({d_i[Width-1] && (add || mul), d_i[Width-2:0]}), .q_o(least)
    );
    generate
        if (More == 0) begin : g_equal
            assign most = least;
        end else begin : g_unequal
            quin_vector_pipe #(.Width(Width), .Cycles(More)) rest (.clk_i, .rst_ni, .d_i(least), .q_o(most));
        end
    endgenerate
    assign q_o = !add && !mul ? quick : (add ? Add == Least : Mul == Least) ? least : most;
endmodule
`default_nettype wire
