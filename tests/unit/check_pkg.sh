#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles a small module that uses rtl/gen/quin_pkg.sv with Icarus, Verilator and, if YOSYS names it, Yosys,
# all without a warning, and compares the numbers that Icarus prints, the function tables included, with C's.
# Usage: [CC=cc] [YOSYS=yosys] tests/unit/check_pkg.sh [PACKAGE]   from the root of the project
set -eu
pkg=${1:-rtl/gen/quin_pkg.sv}
mkdir -p build
dir=$(mktemp -d build/check_pkg.XXXXXX) # below the root: a sandboxed Yosys sees nothing else
trap 'rm -rf "$dir"' EXIT

# name in the package, expression in C
cat > "$dir/names" <<'END'
OP_BRANCH QUIN_OP_BRANCH
OP_VECTOR QUIN_OP_VECTOR
UNIT_CONTROL QUIN_UNIT_CONTROL
FIELD_MATMUL_K_LSB QUIN_F_MATMUL_K>>8
FIELD_MATMUL_K_WIDTH QUIN_F_MATMUL_K&255
FIELD_CONTROL_IMM_WIDTH QUIN_F_CONTROL_IMM&255
FIELD_VECTOR_RED_GROUP_LSB QUIN_F_VECTOR_RED_GROUP>>8
REDUCE_ARGMAX QUIN_REDUCE_ARGMAX
FORMAT_CODE10 QUIN_FORMAT_CODE10
DERR_MODEL QUIN_DERR_MODEL
COUNT_STALL_DRAIN QUIN_COUNT_STALL_DRAIN
REG_ROWREG QUIN_REG_ROWREG
REG_WINDOW QUIN_REG_WINDOW
CONTROL_CLEAR QUIN_CONTROL_CLEAR
DEVICE_ID QUIN_DEVICE_ID
REGISTER_BYTES QUIN_REGISTER_BYTES
TRIT10_MAX QUIN_TRIT10_MAX
SQE_STOP_OFFSET offsetof(struct quin_submission, stop)
DESC_BYTES sizeof(struct quin_model_desc)
NO_TOKEN QUIN_NO_TOKEN
ROW_BEST QUIN_ROW_BEST
END

{
    cat <<'END'
#include <stddef.h>
#include <stdio.h>
#include "contract.h"
#define SHOW(name, value) printf(#name " %u\n", (unsigned)(value));
int main(void)
{
#define QUIN_EXP2_TABLE(j, bits) printf("EXP2 %u %u\n", (unsigned)(j), (unsigned)(bits));
#include "functions.def"
#define QUIN_RECIP_TABLE(j, bits) printf("RECIP %u %u\n", (unsigned)(j), (unsigned)(bits));
#include "functions.def"
#define QUIN_RSQRT_TABLE(j, bits) printf("RSQRT %u %u\n", (unsigned)(j), (unsigned)(bits));
#include "functions.def"
#define QUIN_FUNC_CONST(name, bits) SHOW(name, bits)
#include "functions.def"
END
    while read -r name value; do
        echo "    SHOW($name, $value)"
    done < "$dir/names"
    echo 'return 0; }'
} > "$dir/values.c"
"${CC:-cc}" -std=c11 -Wall -Werror -Irtl/spec -o "$dir/values" "$dir/values.c"
"$dir/values" > "$dir/c.txt"

# A module that takes fields and tables as the RTL does.
cat > "$dir/pkg_user.sv" <<'END'
`default_nettype none
module pkg_user (
    input  logic [8*quin_pkg::COMMAND_BYTES-1:0] command_i,
    input  logic [31:0] entry_i,
    output logic [quin_pkg::FIELD_MATMUL_K_WIDTH-1:0] k_o,
    output logic known_o,
    output logic [48:0] tables_o
);
    assign k_o = command_i[quin_pkg::FIELD_MATMUL_K_LSB +: quin_pkg::FIELD_MATMUL_K_WIDTH];
    assign tables_o = {quin_pkg::RSQRT_TABLE[9 * entry_i +: 9], quin_pkg::RECIP_TABLE[8 * entry_i +: 8],
                       quin_pkg::EXP2_TABLE[32 * (entry_i % 32) +: 32]};
    logic [quin_pkg::FIELD_ANY_OPCODE_WIDTH-1:0] opcode;
    assign opcode = command_i[quin_pkg::FIELD_ANY_OPCODE_LSB +: quin_pkg::FIELD_ANY_OPCODE_WIDTH];
    always_comb begin
        case (opcode)
            quin_pkg::OP_END, quin_pkg::OP_MATMUL: known_o = ^command_i;
            default: known_o = 1'b0;
        endcase
    end
endmodule
`default_nettype wire
END

{
    cat <<'END'
module pkg_print;
    int j;
    logic [511:0] command;
    logic [19:0] k;
    logic known;
    logic [48:0] tables;
    pkg_user user (.command_i(command), .entry_i(j), .k_o(k), .known_o(known), .tables_o(tables));
    initial begin
        command = '0;
        for (j = 0; j < 32; j = j + 1) #1 $display("EXP2 %0d %0d", j, tables[31:0]);
        for (j = 0; j < 128; j = j + 1) #1 $display("RECIP %0d %0d", j, tables[39:32]);
        for (j = 0; j < 128; j = j + 1) #1 $display("RSQRT %0d %0d", j, tables[48:40]);
END
    for name in EXP2_C1 EXP2_C2 EXP2_C3 RECIP_STEP1 RECIP_STEP2 RSQRT_STEP1 RSQRT_STEP2; do
        echo "        \$display(\"$name %0d\", quin_pkg::$name);"
    done
    while read -r name value; do
        echo "        \$display(\"$name %0d\", quin_pkg::$name);"
    done < "$dir/names"
    echo '    end'
    echo 'endmodule'
} > "$dir/pkg_print.sv"

# Every tool must be silent: a warning is a failure.
quiet() {
    tool=$1
    shift
    if ! "$@" > "$dir/log" 2>&1 || [ -s "$dir/log" ]; then
        echo "check_pkg: $tool:" >&2
        cat "$dir/log" >&2
        exit 1
    fi
}
quiet iverilog iverilog -g2012 -Wall -s pkg_print -o "$dir/print" "$pkg" "$dir/pkg_user.sv" \
    "$dir/pkg_print.sv"
quiet verilator verilator --lint-only -Wall --top-module pkg_user "$pkg" "$dir/pkg_user.sv"
if [ -n "${YOSYS:-}" ]; then
    quiet yosys "$YOSYS" -q -p \
        "read_verilog -sv $pkg $dir/pkg_user.sv; hierarchy -check -top pkg_user; proc; check -assert"
fi
vvp -n "$dir/print" > "$dir/icarus.txt"
if ! diff "$dir/c.txt" "$dir/icarus.txt"; then
    echo "check_pkg: the package (>) differs from C (<)" >&2
    exit 1
fi
echo "check_pkg: $(wc -l < "$dir/c.txt") numbers agree, no warnings from iverilog, verilator${YOSYS:+, yosys}"
