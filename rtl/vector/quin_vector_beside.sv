// SPDX-License-Identifier: Apache-2.0
// What goes beside the elements through one operation: q = d of as many cycles ago as quin_vector_op takes
// for op_i, with a valid bit on top that a reset clears. The bits below are only moved with a valid one, and
// a valid one not past its end.
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
    localparam int Max = quin_cell_pkg::F32_MAX_LATENCY;  // of PASS, too
    localparam int Most = Add < Mul ? Mul : Add;

    logic add, mul;  // of op_i, a cycle later
    always_ff @(posedge clk_i) begin
        add <= op_i == quin_pkg::VECTOR_OP_ADD || op_i == quin_pkg::VECTOR_OP_SUB;
        mul <= op_i == quin_pkg::VECTOR_OP_MUL;
    end

    logic [Width*(Most+1)-1:0] stage;  // the newest in the lowest bits
    assign stage[Width-1:0] = d_i;
    genvar i;
    generate
        for (i = 0; i < Most; i = i + 1) begin : g_stage
            logic [Width-1:0] q;
            logic             go;
            assign go = stage[Width*i + Width-1] &&
                        (i < Max || (add && i < Add) || (mul && i < Mul));
            assign stage[Width*(i+1) +: Width] = q;
            always_ff @(posedge clk_i) begin
                q[Width-1] <= rst_ni && go;
                if (go) q[Width-2:0] <= stage[Width*i +: Width-1];
            end
        end
    endgenerate

    always_comb begin
        if (add)
            q_o = stage[Width*Add +: Width];
        else if (mul)
            q_o = stage[Width*Mul +: Width];
        else
            q_o = stage[Width*Max +: Width];
    end
endmodule
`default_nettype wire
