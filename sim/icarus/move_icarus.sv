// SPDX-License-Identifier: Apache-2.0
// The move DMA behind axi_memory and a scratchpad that grants three requests of four: random LOADs and
// STOREs against the loops of docs/commands.md; both memories whole after every job, and its checksum. Ends
// with "move: PASS" or "FAIL".
`default_nettype none

module move_icarus;
    parameter int BusBytes = 4;
    parameter int Line = 4;
    parameter int Jobs = 60;
    localparam int Bytes = 8192, SpWords = 1024;
    localparam int Shift = $clog2(BusBytes);

    logic clk, rst_n, valid, ready, store, done, req, gnt, we, sp_valid, row_ready;
    logic [9:0] rows, groups, row;
    logic [19:0] n, inner, sp_base, sp_row, sp_group, sp_addr;
    logic [1:0] element;
    logic [31:0] group_stride, checksum, row_stride, base;
    logic [39:0] outer_stride, row_address, where;
    logic [3:0] error_code, rid;
    logic [2:0] loaded, stored;
    logic [32*Line-1:0] sp_wdata, sp_rdata, answer, answer1, answer2;  // a line comes three cycles after its grant
    logic [4*Line-1:0] sp_wstrb;
    logic arvalid, arready, rvalid, rready, rlast, awvalid, awready, wvalid, wready, wlast, bvalid, bready;
    logic [39:0] araddr, awaddr;
    logic [7:0] arlen, awlen;
    logic [8*BusBytes-1:0] rd, wd;
    logic [BusBytes-1:0] wstrb;
    logic [1:0] rresp, bresp;
    logic [4*82-1:0] windows;

    assign row_address = {8'd0, base} + {30'd0, row} * {8'd0, row_stride};

    quin_move_dma #(.BusBytes(BusBytes), .LineWords(Line), .SpWords(SpWords)) dut (
        .clk_i(clk), .rst_ni(rst_n), .windows_i(windows), .job_valid_i(valid), .job_ready_o(ready),
        .job_store_i(store),
        .job_rows_i(rows), .job_groups_i(groups), .job_n_i(n), .job_element_i(element), .job_inner_i(inner),
        .job_group_stride_i(group_stride), .job_outer_stride_i(outer_stride), .job_sp_base_i(sp_base),
        .job_sp_row_i(sp_row), .job_sp_group_i(sp_group), .row_o(row), .row_ready_i(row_ready),
        .row_address_i(row_address), .done_o(done),
        .done_checksum_o(checksum), .done_error_o(error_code), .done_address_o(where), .load_bytes_o(loaded),
        .store_bytes_o(stored), .sp_req_o(req), .sp_gnt_i(gnt), .sp_we_o(we), .sp_addr_o(sp_addr),
        .sp_wdata_o(sp_wdata),
        .sp_wstrb_o(sp_wstrb), .sp_rdata_i(sp_rdata), .sp_rvalid_i(sp_valid), .ar_valid_o(arvalid),
        .ar_ready_i(arready),
        .ar_addr_o(araddr), .ar_len_o(arlen), .r_valid_i(rvalid), .r_ready_o(rready), .r_data_i(rd),
        .r_resp_i(rresp),
        .r_last_i(rlast), .aw_valid_o(awvalid), .aw_ready_i(awready), .aw_addr_o(awaddr), .aw_len_o(awlen),
        .w_valid_o(wvalid), .w_ready_i(wready), .w_data_o(wd), .w_strb_o(wstrb), .w_last_o(wlast),
        .b_valid_i(bvalid),
        .b_ready_o(bready), .b_resp_i(bresp)
    );

    axi_memory #(.BusBytes(BusBytes), .Words(Bytes / BusBytes)) memory (
        .clk_i(clk), .rst_ni(rst_n), .arvalid_i(arvalid), .arready_o(arready), .araddr_i(araddr),
        .arlen_i(arlen),
        .arsize_i(3'(Shift)), .arburst_i(2'b01), .arid_i(4'd0), .rvalid_o(rvalid), .rready_i(rready),
        .rdata_o(rd),
        .rresp_o(rresp), .rlast_o(rlast), .rid_o(rid), .awvalid_i(awvalid), .awready_o(awready),
        .awaddr_i(awaddr),
        .awlen_i(awlen), .awsize_i(3'(Shift)), .awburst_i(2'b01), .wvalid_i(wvalid), .wready_o(wready),
        .wdata_i(wd),
        .wstrb_i(wstrb), .wlast_i(wlast), .bvalid_o(bvalid), .bready_i(bready), .bresp_o(bresp)
    );

    logic [7:0] dram [0:Bytes-1];       // what the memory must hold
    logic [7:0] sp [0:4*SpWords-1];     // what the scratchpad must hold
    logic [7:0] sp_dut [0:4*SpWords-1];
    integer errors, cycles, job, seed, i, r, g, e, size, d, s;
    logic [31:0] value, sum;
    logic read, read1, read2;

    function automatic integer below(input integer m);
        below = $unsigned($random(seed)) % m;
    endfunction

    function automatic logic [7:0] byte_of(input integer address);
        byte_of = memory.mem[address / BusBytes][8 * (address % BusBytes) +: 8];
    endfunction

    task cycle;
        begin
            #1;
            read = req === 1'b1 && gnt && !we;
            for (i = 0; i < 4 * Line; i = i + 1) begin
                if (read) answer[8*i +: 8] = sp_dut[(4 * Line * sp_addr + i) % (4 * SpWords)];
                else if (req === 1'b1 && gnt && sp_wstrb[i])
                    sp_dut[4 * Line * sp_addr + i] = sp_wdata[8*i +: 8];
            end
            clk = 1;
            #1;
            clk = 0;
            sp_valid = read2;
            sp_rdata = read2 ? answer2 : 'x;
            {read2, answer2} = {read1, answer1};
            {read1, answer1} = {read, answer};
            row_ready = below(2);
            #1 gnt = req === 1'b1 && below(4) != 0;
            cycles = cycles + 1;
        end
    endtask

    // Rows and groups that do not overlap, here and there.
    task random_job;
        integer run, far;
        begin
            store = below(2);
            rows = below(10) == 0 ? 0 : 1 + below(3);
            groups = 1 + below(3);
            element = below(3);
            size = 1 << element;
            n = below(70);
            inner = 1 + below(below(2) ? 4 : 70);
            outer_stride = size * (inner + below(5));
            run = (n / inner + 1) * outer_stride;
            group_stride = run + size * below(4);
            row_stride = group_stride * groups + size * below(4);
            far = row_stride * (rows + 1);
            base = size * below((Bytes - (far < Bytes - 512 ? far : Bytes - 512)) / size);
            if (far >= Bytes - 512) rows = 0;
            sp_group = (n * size + 3) / 4 + below(3);
            sp_row = sp_group * groups + below(3);
            sp_base = below(SpWords - sp_row * 4 > 0 ? SpWords - sp_row * 4 : 1);
        end
    endtask

    // The loops of docs/commands.md on the reference memories.
    task reference_job;
        begin
            sum = 0;
            for (r = 0; r < rows; r = r + 1)
                for (g = 0; g < groups; g = g + 1)
                    for (e = 0; e < n; e = e + 1) begin
                        d = base + r * row_stride + g * group_stride + (e / inner) * outer_stride +
                            (e % inner) * size;
                        s = 4 * (sp_base + r * sp_row + g * sp_group) + e * size;
                        value = 0;
                        for (i = 0; i < size; i = i + 1) begin
                            if (store) dram[d+i] = sp[s+i];
                            else sp[s+i] = dram[d+i];
                            value[8*i +: 8] = sp[s+i];
                        end
                        sum = sum + ((value << (e % 32)) | (value >> (32 - e % 32)));
                    end
        end
    endtask

    task compare;
        begin
            if (error_code !== 0 || checksum !== sum) begin
                errors = errors + 1;
                $display("move: job %0d: error %h checksum %h, want %h", job, error_code, checksum, sum);
            end
            for (i = 0; i < Bytes; i = i + 1)
                if (byte_of(i) !== dram[i]) begin
                    errors = errors + 1;
                    if (errors < 10)
                        $display("move: job %0d: DRAM %0d: %h, want %h", job, i, byte_of(i), dram[i]);
                end
            for (i = 0; i < 4 * SpWords; i = i + 1)
                if (sp_dut[i] !== sp[i]) begin
                    errors = errors + 1;
                    if (errors < 10)
                        $display("move: job %0d: scratchpad %0d: %h, want %h", job, i, sp_dut[i], sp[i]);
                end
        end
    endtask

    initial begin
        {clk, rst_n, valid, store, gnt, sp_valid, row_ready, read1, read2} = '0;
        {rows, groups, n, inner, element, sp_base, sp_row, sp_group} = '0;
        {errors, cycles, group_stride, outer_stride, row_stride, base} = '0;
        seed = 1;
        windows = '0;
        windows[40 +: 40] = Bytes;
        windows[80 +: 2] = 2'b11;
        for (i = 0; i < Bytes; i = i + 1) begin
            dram[i] = $random(seed);
            memory.mem[i / BusBytes][8 * (i % BusBytes) +: 8] = dram[i];
        end
        for (i = 0; i < 4 * SpWords; i = i + 1) begin
            sp[i] = $random(seed);
            sp_dut[i] = sp[i];
        end
        for (job = 0; job < 4; job = job + 1) cycle;
        rst_n = 1;
        for (job = 0; job < Jobs && errors == 0; job = job + 1) begin
            random_job;
            reference_job;
            valid = 1;
            #1;
            while (ready !== 1'b1 && cycles < 500000) cycle;
            cycle;
            valid = 0;
            #1;
            while (done !== 1'b1 && cycles < 500000) cycle;
            compare;
            cycle;
        end
        $display("move: %0s, %0d jobs, %0d cycles",
                 errors == 0 && job == Jobs && cycles < 500000 && memory.breaches == 0 ? "PASS" : "FAIL", job,
                 cycles);
        $finish;
    end
endmodule

`default_nettype wire
