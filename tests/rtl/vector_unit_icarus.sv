// SPDX-License-Identifier: Apache-2.0
// Runs the jobs of a file (test_vector_unit --vectors FILE) through quin_vector_unit one after another on
// one scratchpad that grants three requests of four, and compares checksums, errors and, at the end, the
// scratchpad. Words of the file: number of jobs; the scratchpad; for each job rows, groups, n, op1, op2,
// func, reduce, format, imm1, imm2, mask, mask_bad, then mode, base, row, group of a, b, c, destination and
// reduction, then the visible elements of eight rows, then checksum, error, error address; the scratchpad
// afterwards. Ends with "vector unit: PASS" or "FAIL".
`default_nettype none
module vector_unit_icarus;
    parameter int Lanes = 4;
    localparam int Words = 8192, Line = Lanes > 4 ? Lanes : 4, JobWords = 43, Most = 100000;

    logic [31:0]        file [0:Most-1];
    logic [31:0]        mem [0:Words-1];
    logic [8*256-1:0]   path;
    logic               clk, rst_n, valid, ready, done, req, gnt, we, rvalid;
    logic [3:0]         error;
    logic [31:0]        checksum, address;
    logic [9:0]         row;
    logic [19:0]        addr, elements, funcs;
    logic [32*Line-1:0] wdata, rdata;
    logic [4*Line-1:0]  wstrb;
    logic [31:0]        visible;
    integer             at, n, i, cycles, errors, seed;
    logic [31:0]        f [0:JobWords-1];

    quin_vector_unit #(.Lanes(Lanes), .SpWords(Words)) dut (
        .clk_i(clk), .rst_ni(rst_n), .job_valid_i(valid), .job_ready_o(ready), .job_rows_i(f[0][9:0]),
        .job_groups_i(f[1][9:0]), .job_n_i(f[2][19:0]), .job_op1_i(f[3][2:0]), .job_op2_i(f[4][2:0]),
        .job_func_i(f[5][2:0]), .job_reduce_i(f[6][2:0]), .job_format_i(f[7][2:0]), .job_imm1_i(f[8]),
        .job_imm2_i(f[9]), .job_mask_i(f[10][0]), .job_mask_bad_i(f[11][0]),
        .job_a_mode_i(f[12][1:0]), .job_a_base_i(f[13][19:0]), .job_a_row_i(f[14][19:0]),
        .job_a_group_i(f[15][19:0]),
        .job_b_mode_i(f[16][1:0]), .job_b_base_i(f[17][19:0]), .job_b_row_i(f[18][19:0]),
        .job_b_group_i(f[19][19:0]),
        .job_c_mode_i(f[20][1:0]), .job_c_base_i(f[21][19:0]), .job_c_row_i(f[22][19:0]),
        .job_c_group_i(f[23][19:0]),
        .job_dst_base_i(f[25][19:0]), .job_dst_row_i(f[26][19:0]), .job_dst_group_i(f[27][19:0]),
        .job_red_base_i(f[29][19:0]), .job_red_row_i(f[30][19:0]), .job_red_group_i(f[31][19:0]),
        .row_o(row), .row_ready_i(1'b1), .visible_i(visible[19:0]), .done_o(done), .done_checksum_o(checksum),
        .done_error_o(error), .done_address_o(address), .count_elements_o(elements), .count_funcs_o(funcs),
        .sp_req_o(req), .sp_gnt_i(gnt), .sp_we_o(we), .sp_addr_o(addr), .sp_wdata_o(wdata),
        .sp_wstrb_o(wstrb),
        .sp_rdata_i(rdata), .sp_rvalid_i(rvalid)
    );

    assign visible = row < 8 ? f[32 + row[2:0]] : 0;

    // One cycle: the edge at which a granted request is carried out, then the next cycle's answer and grant.
    task cycle;
        logic               read;
        logic [32*Line-1:0] answer;
        begin
            read = gnt && !we;
            for (i = 0; i < Line; i = i + 1) begin
                answer[32*i +: 32] = mem[addr * Line + i];
                if (gnt && we && wstrb[4*i]) mem[addr * Line + i][7:0] = wdata[32*i +: 8];
                if (gnt && we && wstrb[4*i+1]) mem[addr * Line + i][15:8] = wdata[32*i+8 +: 8];
                if (gnt && we && wstrb[4*i+2]) mem[addr * Line + i][23:16] = wdata[32*i+16 +: 8];
                if (gnt && we && wstrb[4*i+3]) mem[addr * Line + i][31:24] = wdata[32*i+24 +: 8];
            end
            clk = 1;
            #1;
            clk = 0;
            rvalid = read;
            rdata = read ? answer : 'x;
            #1;
            gnt = req && ($random(seed) & 3) != 0;
            #1;
            cycles = cycles + 1;
        end
    endtask

    initial begin
        if (!$value$plusargs("VECTORS=%s", path)) path = "build/rtl/vector_unit/vectors.hex";
        if (!$value$plusargs("JOBS=%d", n)) n = 40;
        $readmemh(path, file, 0, 2 * Words + JobWords * n);
        for (i = 0; i < Words; i = i + 1) mem[i] = file[1 + i];
        errors = 0;
        cycles = 0;
        seed = 1;
        clk = 0;
        rst_n = 0;
        valid = 0;
        gnt = 0;
        rvalid = 0;
        for (i = 0; i < JobWords; i = i + 1) f[i] = 0;
        for (n = 0; n < 3; n = n + 1) cycle;
        rst_n = 1;
        at = 1 + Words;
        for (n = 0; n < file[0]; n = n + 1) begin
            for (i = 0; i < JobWords; i = i + 1) f[i] = file[at + i];
            valid = 1;
            #1;
            while (ready !== 1'b1) cycle;
            cycle;
            valid = 0;
            while (done !== 1'b1 && cycles < 1000000) cycle;
            if (error !== f[41][3:0] || address !== f[42] || (f[41] == 0 && checksum !== f[40])) begin
                errors = errors + 1;
                $display("job %0d: checksum %h error %h address %h, want %h %h %h", n, checksum, error,
                address,
                         f[40], f[41], f[42]);
            end
            cycle;
            at = at + JobWords;
        end
        for (i = 0; i < Words; i = i + 1)
            if (mem[i] !== file[at + i]) begin
                errors = errors + 1;
                if (errors < 20) $display("word %0d: %h, want %h", i, mem[i], file[at + i]);
            end
        $display("vector unit: %0s, lanes %0d, %0d jobs, %0d cycles",
                 errors == 0 && file[0] == n && n > 0 ? "PASS" : "FAIL", Lanes, file[0], cycles);
        $finish;
    end
endmodule
`default_nettype wire
