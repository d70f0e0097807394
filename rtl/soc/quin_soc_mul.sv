// SPDX-License-Identifier: Apache-2.0
// MUL, MULH, MULHSU, MULHU for the RV32 core, at its coprocessor port: rd_o = low or high word of rs1 * rs2, the operands
// signed or unsigned as the instruction says. One 17-bit signed multiplier (one DSP), four steps: with halves a = h 2^16 + l,
//   a b = l l' + (h l' + l h') 2^16 + h h' 2^32,   added from below, 16 bits of the result leaving at a time.
// ready_o comes six cycles after valid_i, for one cycle; other instructions are left alone.
`default_nettype none

module quin_soc_mul (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic         valid_i,
    input  logic [31:0]  insn_i,      // this and the operands stay while valid_i
    input  logic [31:0]  rs1_i,
    input  logic [31:0]  rs2_i,
    output logic         ready_o,
    output logic [31:0]  rd_o
);
    logic [2:0] step_q;               // 0: idle
    logic mine, high, signed_1, signed_2, unused;
    logic signed [16:0] a, b;
    logic signed [33:0] product_q;
    logic signed [35:0] sum_q, shifted, product;
    logic [31:0] low_q;

    assign mine = valid_i && insn_i[6:0] == 7'b0110011 && insn_i[31:25] == 7'b0000001 && !insn_i[14];
    assign high = insn_i[13:12] != 2'd0;
    assign signed_1 = !(insn_i[13] && insn_i[12]); // of MUL's low word the sign does not matter
    assign signed_2 = !insn_i[13];
    assign unused = ^{insn_i[24:15], insn_i[11:7]};

    // step 0: l l', 1: h l', 2: l h', 3: h h'
    assign a = step_q[0] ? $signed({signed_1 && rs1_i[31], rs1_i[31:16]}) : $signed({1'b0, rs1_i[15:0]});
    assign b = step_q[1] ? $signed({signed_2 && rs2_i[31], rs2_i[31:16]}) : $signed({1'b0, rs2_i[15:0]});
    assign shifted = sum_q >>> 16;
    assign product = {{2{product_q[33]}}, product_q};

    always_ff @(posedge clk_i) begin
        if (!rst_ni || step_q == 3'd5) step_q <= '0;
        else if (step_q != '0 || (mine && !ready_o)) step_q <= step_q + 1'b1;
        ready_o <= rst_ni && step_q == 3'd5;
    end

    always_ff @(posedge clk_i) begin
        if (mine) begin
            product_q <= a * b;
            case (step_q)
                3'd1: sum_q <= product;
                3'd2: sum_q <= shifted + product;
                3'd3: sum_q <= sum_q + product;
                3'd4: sum_q <= shifted + product;
                default: sum_q <= sum_q;
            endcase
            if (step_q == 3'd2 || step_q == 3'd4) low_q <= {sum_q[15:0], low_q[31:16]};
        end
    end

    assign rd_o = high ? sum_q[31:0] : low_q;
endmodule

`default_nettype wire
