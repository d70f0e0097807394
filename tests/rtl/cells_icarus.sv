// SPDX-License-Identifier: Apache-2.0
// Runs the vectors of tests/rtl/cells_vectors.c through the cells, with stalls, and compares every result
// with the golden model's. Arguments: +VECTORS=path, +COUNT=n. Ends with "cells: PASS" or "cells: FAIL".
`default_nettype none
module cells_icarus;
    localparam int Width = 404;  // bits of a line
    localparam int Most = 65536;

    logic [Width-1:0] vectors [0:Most-1];
    logic [8*256-1:0] path;
    logic             clk, en;
    logic [31:0]      a, b, x, q, add, mul, max, rint, from_int, fn;
    logic [39:0]      integ;
    logic [3:0]       sub, func, format;
    logic [15:0]      code;
    logic [7:0]       l_add, l_mul, l_max, l_rint, l_from_int, l_fn, l_code;
    logic [Width-1:0] now;
    integer           count, errors, checked, taken, turn, seed;

    // Vector n is at the inputs when edge n + 1 comes; a result follows latency - 1 edges later.
    assign {format, func, sub, a, b, integ, x, q} = now[Width-1 -: 180];

    cells_top dut (
        .clk_i(clk), .rst_ni(1'b1), .en_i(en), .a_i(a), .b_i(b), .sub_i(sub[0]), .integer_i(integ),
        .func_i(func[2:0]), .x_i(x), .format_i(format[2:0]), .q_i(q), .add_o(add), .mul_o(mul), .max_o(max),
        .rint_o(rint), .from_int_o(from_int), .function_o(fn), .code_o(code), .latency_add_o(l_add),
        .latency_mul_o(l_mul), .latency_max_o(l_max), .latency_rint_o(l_rint), .latency_from_int_o(l_from_int),
        .latency_function_o(l_fn), .latency_code_o(l_code)
    );

    // Bits lsb + 31 .. lsb of the vector whose result is out after `taken` edges.
    task check(
        input [8*8-1:0] name, input integer latency, input integer lsb, input [31:0] mask, input [31:0] got
    );
        logic [Width-1:0] v;
        logic [31:0]      want;
        if (taken >= latency) begin
            v = vectors[taken - latency];
            want = v[lsb +: 32] & mask;
            checked = checked + 1;
            if ((got & mask) !== want) begin
                errors = errors + 1;
                if (errors <= 20)
                    $display("%0s: vector %0d: got %h, want %h", name, taken - latency, got & mask, want);
            end
        end
    endtask

    initial begin
        if (!$value$plusargs("VECTORS=%s", path)) path = "build/rtl/cells/vectors.hex";
        if (!$value$plusargs("COUNT=%d", count)) count = 4096;
        if (count > Most) count = Most;
        $readmemh(path, vectors, 0, count - 1);
        errors = 0;
        checked = 0;
        taken = 0;
        seed = 1;
        clk = 0;
        for (turn = 0; taken < count; turn = turn + 1) begin
            en = turn % 512 < 256 || ($random(seed) & 3) != 0;
            now = en ? vectors[taken] : {13{32'hdeadbeef}};
            #1;
            if (en) taken = taken + 1;
            clk = 1;
            #1;
            clk = 0;
            #1;
            check("add", l_add, 192, 32'hffffffff, add);
            check("mul", l_mul, 160, 32'hffffffff, mul);
            check("max", l_max, 128, 32'hffffffff, max);
            check("rint", l_rint, 96, 32'hffffffff, rint);
            check("from_int", l_from_int, 64, 32'hffffffff, from_int);
            check("func", l_fn, 32, 32'hffffffff, fn);
            if (taken >= l_code) begin
                now = vectors[taken - l_code];
                check("code", l_code, 16, {16'b0, now[15:0]}, {16'b0, code});
            end
        end
        $display("cells: %0d vectors, %0d cycles, %0d comparisons, %0d errors", taken, turn, checked, errors);
        if (errors == 0 && checked > 6 * count) $display("cells: PASS");
        else $display("cells: FAIL");
        $finish;
    end
endmodule
`default_nettype wire
