// SPDX-License-Identifier: Apache-2.0
// Bench of quin_soc_mul in Icarus: products of random and corner operands, all four instructions, against the
// simulator's own 66-bit multiplication; an instruction of the same group that is no multiplication is left alone.
`default_nettype none

module soc_mul_icarus;
    logic clk = 0, rst_n = 0, valid = 0, ready;
    logic [31:0] insn, rs1, rs2, rd;
    integer checks = 0, failures = 0, i, f, waited;
    logic signed [65:0] x, y, z;

    quin_soc_mul dut (.clk_i(clk), .rst_ni(rst_n), .valid_i(valid), .insn_i(insn), .rs1_i(rs1), .rs2_i(rs2),
                      .ready_o(ready), .rd_o(rd));
    always #5 clk = ~clk;

    function automatic logic [31:0] operand(input integer kind);
        case (kind % 8)
            0: operand = 32'd0;
            1: operand = 32'hffffffff;
            2: operand = 32'h80000000;
            3: operand = 32'h7fffffff;
            4: operand = 32'h0000ffff;
            5: operand = 32'hffff0000;
            default: operand = $random;
        endcase
    endfunction

    initial begin
        repeat (4) @(negedge clk);
        rst_n = 1;
        for (i = 0; i < 4000; i = i + 1) begin
            f = i % 5; // funct3; 4 is a division
            rs1 = operand(i < 320 ? i / 5 : $random & 255);
            rs2 = operand(i < 320 ? i / 40 : $random & 255);
            insn = $random;
            insn = {7'b0000001, insn[24:15], f[2:0], insn[11:7], 7'b0110011};
            x = f == 3 ? {34'd0, rs1} : {{34{rs1[31]}}, rs1};
            y = f >= 2 ? {34'd0, rs2} : {{34{rs2[31]}}, rs2};
            z = x * y;
            valid = 1;
            waited = 0;
            while (!ready && waited < 12) begin
                @(negedge clk);
                waited = waited + 1;
            end
            checks = checks + 1;
            if (f == 4 ? ready : (!ready || rd !== (f == 0 ? z[31:0] : z[63:32]) || waited != 6)) begin
                failures = failures + 1;
                if (failures < 10) $display("FAIL funct3 %0d: %h * %h gave %h after %0d cycles", f, rs1, rs2, rd, waited);
            end
            @(negedge clk);
            valid = 0;
            if (i % 3 == 0) @(negedge clk);
        end
        $display("soc_mul: %0d checks, %0d failed", checks, failures);
        if (failures != 0 || checks == 0) $fatal(1, "soc_mul failed");
        $finish;
    end
endmodule

`default_nettype wire
