// SPDX-License-Identifier: Apache-2.0
// A job, as it goes from the command processor through a queue to its unit: the command of docs/fields.md in the low 512
// bits, above it what was resolved at dispatch. And the width of the counts that the AFTER fields compare.
`default_nettype none

package quin_job_pkg;
    localparam int ROWS_LSB = 512;    // [10] ROWS with its limit
    localparam int N_LSB = 522;       // [20]
    localparam int K_LSB = 542;       // [20] MATMUL
    localparam int ADDRESS_LSB = 562; // [64] DRAM_OFFSET + g[BASE_REG], for MATMUL with its row register
    localparam int MASK_LSB = 626;    // [64] g[MASK_REG]
    localparam int BITS = 690;
    localparam int AFTER_BITS = 32;   // commands of a unit that were issued or retired, and the targets of AFTER
endpackage

`default_nettype wire
