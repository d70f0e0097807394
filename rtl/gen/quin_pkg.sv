// SPDX-License-Identifier: Apache-2.0
// Generated from rtl/spec/*.def by rtl/spec/gen.c: do not edit; `make regs` writes it again.
// The hardware/software contract: a name here is the C name of contract.h without QUIN_; the
// field QUIN_F_<format>_<name> is FIELD_<format>_<name>_LSB and _WIDTH. Bit b of a command is
// bit b % 8 of byte b / 8.
package quin_pkg;
    /* verilator lint_off UNUSEDPARAM */ // no design uses all of the contract

    // Command codes
    localparam logic [7:0] OP_END = 8'h01;  // ends the program
    localparam logic [7:0] OP_SET = 8'h02;  // writes a general register
    localparam logic [7:0] OP_BRANCH = 8'h03;  // continues at another command if a comparison holds
    localparam logic [7:0] OP_LOAD = 8'h10;  // DRAM to scratchpad
    localparam logic [7:0] OP_STORE = 8'h11;  // scratchpad to DRAM
    localparam logic [7:0] OP_MATMUL = 8'h20;  // int8 rows times a streamed matrix, to binary32 rows
    // elementwise operations, a function, a reduction, a quantisation
    localparam logic [7:0] OP_VECTOR = 8'h30;

    // Units
    localparam logic [1:0] UNIT_DMA = 2'h0;  // load / store DMA
    localparam logic [1:0] UNIT_ARRAY = 2'h1;  // stream DMA, array and drain
    localparam logic [1:0] UNIT_VECTOR = 2'h2;  // vector unit
    localparam logic [1:0] UNIT_CONTROL = 2'h3;  // command processor itself

    // Fields of a command: command[LSB +: WIDTH]
    localparam int FIELD_ANY_OPCODE_LSB = 0;  // command code
    localparam int FIELD_ANY_OPCODE_WIDTH = 8;
    // 0: no wait; w > 0: starts when all but the w - 1 newest earlier DMA commands have retired
    localparam int FIELD_ANY_AFTER_DMA_LSB = 8;
    localparam int FIELD_ANY_AFTER_DMA_WIDTH = 3;
    localparam int FIELD_ANY_AFTER_ARRAY_LSB = 11;  // the same for ARRAY commands
    localparam int FIELD_ANY_AFTER_ARRAY_WIDTH = 3;
    localparam int FIELD_ANY_AFTER_VECTOR_LSB = 14;  // the same for VECTOR commands
    localparam int FIELD_ANY_AFTER_VECTOR_WIDTH = 3;
    localparam int FIELD_ANY_ROWS_LSB = 17;  // rows
    localparam int FIELD_ANY_ROWS_WIDTH = 10;
    localparam int FIELD_ANY_ROWS_LIMIT_LSB = 27;  // if not 0: rows = min(ROWS, g[ROWS_LIMIT])
    localparam int FIELD_ANY_ROWS_LIMIT_WIDTH = 5;
    localparam int FIELD_CONTROL_RD_LSB = 32;  // general register written
    localparam int FIELD_CONTROL_RD_WIDTH = 5;
    localparam int FIELD_CONTROL_RA_LSB = 37;  // general register, first operand
    localparam int FIELD_CONTROL_RA_WIDTH = 5;
    localparam int FIELD_CONTROL_RB_LSB = 42;  // general register, second operand if SELECT says so
    localparam int FIELD_CONTROL_RB_WIDTH = 5;
    localparam int FIELD_CONTROL_SELECT_LSB = 47;  // second operand: see select
    localparam int FIELD_CONTROL_SELECT_WIDTH = 2;
    localparam int FIELD_CONTROL_OP_LSB = 49;  // SET: see set_op; BRANCH: see branch_op
    localparam int FIELD_CONTROL_OP_WIDTH = 3;
    localparam int FIELD_CONTROL_ROW_BANK_LSB = 52;  // bank of the row register, if SELECT says so
    localparam int FIELD_CONTROL_ROW_BANK_WIDTH = 4;
    localparam int FIELD_CONTROL_ROW_FIRST_LSB = 56;  // row of the row register
    localparam int FIELD_CONTROL_ROW_FIRST_WIDTH = 6;
    localparam int FIELD_CONTROL_IMM_LSB = 64;  // immediate
    localparam int FIELD_CONTROL_IMM_WIDTH = 64;
    localparam int FIELD_CONTROL_TARGET_LSB = 128;  // BRANCH: index of the command to continue at
    localparam int FIELD_CONTROL_TARGET_WIDTH = 32;
    localparam int FIELD_MOVE_GROUPS_LSB = 32;  // groups within a row
    localparam int FIELD_MOVE_GROUPS_WIDTH = 10;
    localparam int FIELD_MOVE_N_LIMIT_LSB = 42;  // if not 0: n = min(N, g[N_LIMIT])
    localparam int FIELD_MOVE_N_LIMIT_WIDTH = 5;
    localparam int FIELD_MOVE_BASE_REG_LSB = 47;  // general register added to the DRAM address
    localparam int FIELD_MOVE_BASE_REG_WIDTH = 5;
    // add rowreg[ROW_BANK][ROW_FIRST + r] to row r's DRAM address
    localparam int FIELD_MOVE_ROW_ENABLE_LSB = 52;
    localparam int FIELD_MOVE_ROW_ENABLE_WIDTH = 1;
    localparam int FIELD_MOVE_ROW_BANK_LSB = 53;  // bank of row registers
    localparam int FIELD_MOVE_ROW_BANK_WIDTH = 4;
    localparam int FIELD_MOVE_ELEMENT_LSB = 57;  // element size: see element
    localparam int FIELD_MOVE_ELEMENT_WIDTH = 2;
    localparam int FIELD_MOVE_N_LSB = 64;  // elements of a group
    localparam int FIELD_MOVE_N_WIDTH = 20;
    localparam int FIELD_MOVE_INNER_LSB = 84;  // elements that lie side by side in DRAM
    localparam int FIELD_MOVE_INNER_WIDTH = 20;
    localparam int FIELD_MOVE_ROW_FIRST_LSB = 104;  // row register of row 0
    localparam int FIELD_MOVE_ROW_FIRST_WIDTH = 6;
    localparam int FIELD_MOVE_DRAM_OFFSET_LSB = 128;  // DRAM address, bytes
    localparam int FIELD_MOVE_DRAM_OFFSET_WIDTH = 40;
    localparam int FIELD_MOVE_DRAM_ROW_STRIDE_LSB = 192;  // bytes from row to row in DRAM
    localparam int FIELD_MOVE_DRAM_ROW_STRIDE_WIDTH = 32;
    localparam int FIELD_MOVE_DRAM_GROUP_STRIDE_LSB = 224;  // bytes from group to group in DRAM
    localparam int FIELD_MOVE_DRAM_GROUP_STRIDE_WIDTH = 32;
    localparam int FIELD_MOVE_DRAM_OUTER_STRIDE_LSB = 256;  // bytes from one run of INNER elements to the next
    localparam int FIELD_MOVE_DRAM_OUTER_STRIDE_WIDTH = 40;
    localparam int FIELD_MOVE_SP_BASE_LSB = 320;  // scratchpad word address
    localparam int FIELD_MOVE_SP_BASE_WIDTH = 20;
    localparam int FIELD_MOVE_SP_ROW_STRIDE_LSB = 340;  // words from row to row
    localparam int FIELD_MOVE_SP_ROW_STRIDE_WIDTH = 20;
    localparam int FIELD_MOVE_SP_GROUP_STRIDE_LSB = 360;  // words from group to group
    localparam int FIELD_MOVE_SP_GROUP_STRIDE_WIDTH = 20;
    localparam int FIELD_MATMUL_PRECISION_LSB = 32;  // trits a value: see precision
    localparam int FIELD_MATMUL_PRECISION_WIDTH = 2;
    // 1: a tile ends with its column scales in the stream; 0: one scale at CSCALE_BASE
    localparam int FIELD_MATMUL_COLUMN_SCALES_LSB = 34;
    localparam int FIELD_MATMUL_COLUMN_SCALES_WIDTH = 1;
    localparam int FIELD_MATMUL_PREFETCH_LSB = 35;  // 1: the stream may be read before AFTER_* is satisfied
    localparam int FIELD_MATMUL_PREFETCH_WIDTH = 1;
    localparam int FIELD_MATMUL_K_LIMIT_LSB = 36;  // if not 0: k = min(K, g[K_LIMIT])
    localparam int FIELD_MATMUL_K_LIMIT_WIDTH = 5;
    localparam int FIELD_MATMUL_N_LIMIT_LSB = 41;  // if not 0: n = min(N, g[N_LIMIT])
    localparam int FIELD_MATMUL_N_LIMIT_WIDTH = 5;
    localparam int FIELD_MATMUL_BASE_REG_LSB = 46;  // general register added to the stream address
    localparam int FIELD_MATMUL_BASE_REG_WIDTH = 5;
    localparam int FIELD_MATMUL_ROW_ENABLE_LSB = 51;  // add rowreg[ROW_BANK][ROW_FIRST] to the stream address
    localparam int FIELD_MATMUL_ROW_ENABLE_WIDTH = 1;
    localparam int FIELD_MATMUL_ROW_BANK_LSB = 52;  // bank of row registers
    localparam int FIELD_MATMUL_ROW_BANK_WIDTH = 4;
    localparam int FIELD_MATMUL_K_LSB = 64;  // inner dimension
    localparam int FIELD_MATMUL_K_WIDTH = 20;
    localparam int FIELD_MATMUL_N_LSB = 84;  // output channels
    localparam int FIELD_MATMUL_N_WIDTH = 20;
    localparam int FIELD_MATMUL_ROW_FIRST_LSB = 104;  // row register used
    localparam int FIELD_MATMUL_ROW_FIRST_WIDTH = 6;
    localparam int FIELD_MATMUL_DRAM_OFFSET_LSB = 128;  // stream address, bytes
    localparam int FIELD_MATMUL_DRAM_OFFSET_WIDTH = 40;
    localparam int FIELD_MATMUL_TILE_STRIDE_LSB = 192;  // bytes from tile to tile
    localparam int FIELD_MATMUL_TILE_STRIDE_WIDTH = 40;
    localparam int FIELD_MATMUL_ACT_BASE_LSB = 256;  // int8 activations [rows][k], word address
    localparam int FIELD_MATMUL_ACT_BASE_WIDTH = 20;
    localparam int FIELD_MATMUL_ACT_ROW_STRIDE_LSB = 276;  // words from row to row
    localparam int FIELD_MATMUL_ACT_ROW_STRIDE_WIDTH = 20;
    localparam int FIELD_MATMUL_DST_BASE_LSB = 320;  // binary32 results [rows][n], word address
    localparam int FIELD_MATMUL_DST_BASE_WIDTH = 20;
    localparam int FIELD_MATMUL_DST_ROW_STRIDE_LSB = 340;  // words from row to row
    localparam int FIELD_MATMUL_DST_ROW_STRIDE_WIDTH = 20;
    localparam int FIELD_MATMUL_RSCALE_BASE_LSB = 384;  // row scales, word address
    localparam int FIELD_MATMUL_RSCALE_BASE_WIDTH = 20;
    localparam int FIELD_MATMUL_RSCALE_ROW_STRIDE_LSB = 404;  // words from row to row
    localparam int FIELD_MATMUL_RSCALE_ROW_STRIDE_WIDTH = 20;
    localparam int FIELD_MATMUL_CSCALE_BASE_LSB = 424;  // word address of the one column scale
    localparam int FIELD_MATMUL_CSCALE_BASE_WIDTH = 20;
    localparam int FIELD_VECTOR_GROUPS_LSB = 32;  // groups within a row
    localparam int FIELD_VECTOR_GROUPS_WIDTH = 10;
    localparam int FIELD_VECTOR_N_LIMIT_LSB = 42;  // if not 0: n = min(N, g[N_LIMIT])
    localparam int FIELD_VECTOR_N_LIMIT_WIDTH = 5;
    localparam int FIELD_VECTOR_OP1_LSB = 47;  // t = op1(a, b): see vector_op
    localparam int FIELD_VECTOR_OP1_WIDTH = 3;
    localparam int FIELD_VECTOR_OP2_LSB = 50;  // t = op2(t, c): see vector_op
    localparam int FIELD_VECTOR_OP2_WIDTH = 3;
    localparam int FIELD_VECTOR_FUNC_LSB = 53;  // t = func(t): see func
    localparam int FIELD_VECTOR_FUNC_WIDTH = 3;
    localparam int FIELD_VECTOR_REDUCE_LSB = 56;  // reduction of t over a group: see reduce
    localparam int FIELD_VECTOR_REDUCE_WIDTH = 3;
    localparam int FIELD_VECTOR_FORMAT_LSB = 59;  // how t is written: see format
    localparam int FIELD_VECTOR_FORMAT_WIDTH = 3;
    localparam int FIELD_VECTOR_N_LSB = 64;  // elements of a group
    localparam int FIELD_VECTOR_N_WIDTH = 20;
    // 1: elements at and beyond rowreg[MASK_BANK][ROW_FIRST + r] - g[MASK_REG] are masked
    localparam int FIELD_VECTOR_MASK_LSB = 84;
    localparam int FIELD_VECTOR_MASK_WIDTH = 1;
    localparam int FIELD_VECTOR_MASK_BANK_LSB = 85;  // bank of row registers
    localparam int FIELD_VECTOR_MASK_BANK_WIDTH = 4;
    localparam int FIELD_VECTOR_MASK_REG_LSB = 89;  // general register with the position of element 0
    localparam int FIELD_VECTOR_MASK_REG_WIDTH = 5;
    localparam int FIELD_VECTOR_ROW_FIRST_LSB = 94;  // row register of row 0
    localparam int FIELD_VECTOR_ROW_FIRST_WIDTH = 6;
    localparam int FIELD_VECTOR_IMM1_LSB = 128;  // binary32 immediate for a and b
    localparam int FIELD_VECTOR_IMM1_WIDTH = 32;
    localparam int FIELD_VECTOR_IMM2_LSB = 160;  // binary32 immediate for c
    localparam int FIELD_VECTOR_IMM2_WIDTH = 32;
    localparam int FIELD_VECTOR_A_BASE_LSB = 192;  // operand a, word address
    localparam int FIELD_VECTOR_A_BASE_WIDTH = 20;
    localparam int FIELD_VECTOR_A_ROW_LSB = 212;  // words from row to row
    localparam int FIELD_VECTOR_A_ROW_WIDTH = 20;
    localparam int FIELD_VECTOR_A_GROUP_LSB = 232;  // words from group to group
    localparam int FIELD_VECTOR_A_GROUP_WIDTH = 20;
    localparam int FIELD_VECTOR_A_MODE_LSB = 252;  // see operand
    localparam int FIELD_VECTOR_A_MODE_WIDTH = 2;
    localparam int FIELD_VECTOR_B_BASE_LSB = 256;  // operand b, word address
    localparam int FIELD_VECTOR_B_BASE_WIDTH = 20;
    localparam int FIELD_VECTOR_B_ROW_LSB = 276;  // words from row to row
    localparam int FIELD_VECTOR_B_ROW_WIDTH = 20;
    localparam int FIELD_VECTOR_B_GROUP_LSB = 296;  // words from group to group
    localparam int FIELD_VECTOR_B_GROUP_WIDTH = 20;
    localparam int FIELD_VECTOR_B_MODE_LSB = 316;  // see operand
    localparam int FIELD_VECTOR_B_MODE_WIDTH = 2;
    localparam int FIELD_VECTOR_C_BASE_LSB = 320;  // operand c, word address
    localparam int FIELD_VECTOR_C_BASE_WIDTH = 20;
    localparam int FIELD_VECTOR_C_ROW_LSB = 340;  // words from row to row
    localparam int FIELD_VECTOR_C_ROW_WIDTH = 20;
    localparam int FIELD_VECTOR_C_GROUP_LSB = 360;  // words from group to group
    localparam int FIELD_VECTOR_C_GROUP_WIDTH = 20;
    localparam int FIELD_VECTOR_C_MODE_LSB = 380;  // see operand
    localparam int FIELD_VECTOR_C_MODE_WIDTH = 2;
    localparam int FIELD_VECTOR_DST_BASE_LSB = 384;  // result, word address
    localparam int FIELD_VECTOR_DST_BASE_WIDTH = 20;
    localparam int FIELD_VECTOR_DST_ROW_LSB = 404;  // words from row to row
    localparam int FIELD_VECTOR_DST_ROW_WIDTH = 20;
    localparam int FIELD_VECTOR_DST_GROUP_LSB = 424;  // words from group to group
    localparam int FIELD_VECTOR_DST_GROUP_WIDTH = 20;
    localparam int FIELD_VECTOR_RED_BASE_LSB = 448;  // reduction result, word address
    localparam int FIELD_VECTOR_RED_BASE_WIDTH = 20;
    localparam int FIELD_VECTOR_RED_ROW_LSB = 468;  // words from row to row
    localparam int FIELD_VECTOR_RED_ROW_WIDTH = 20;
    localparam int FIELD_VECTOR_RED_GROUP_LSB = 488;  // words from group to group
    localparam int FIELD_VECTOR_RED_GROUP_WIDTH = 20;

    // Values of fields
    localparam logic [1:0] SELECT_IMM = 2'h0;  // the immediate
    localparam logic [1:0] SELECT_GREG = 2'h1;  // g[RB] + immediate
    localparam logic [1:0] SELECT_ROW = 2'h2;  // rowreg[ROW_BANK][ROW_FIRST] + immediate
    localparam logic [2:0] SET_OP_ADD = 3'h0;  // g[RD] = g[RA] + second, modulo 2^64
    localparam logic [2:0] SET_OP_SUB = 3'h1;  // g[RD] = g[RA] - second, 0 if that is negative
    localparam logic [2:0] BRANCH_OP_LT = 3'h0;  // if g[RA] < second, unsigned
    localparam logic [2:0] BRANCH_OP_GE = 3'h1;  // if g[RA] >= second, unsigned
    localparam logic [1:0] ELEMENT_BYTE = 2'h0;  // 1 byte
    localparam logic [1:0] ELEMENT_HALF = 2'h1;  // 2 bytes
    localparam logic [1:0] ELEMENT_WORD = 2'h2;  // 4 bytes
    localparam logic [1:0] PRECISION_D1 = 2'h0;  // one trit a value, five values a byte: ternary weights
    localparam logic [1:0] PRECISION_D5 = 2'h1;  // five trits a value, one value a byte: -121 to 121
    localparam logic [1:0] PRECISION_D10 = 2'h2;  // ten trits a value, two bytes: -29524 to 29524
    localparam logic [2:0] VECTOR_OP_PASS = 3'h0;  // first operand
    localparam logic [2:0] VECTOR_OP_ADD = 3'h1;  // first + second
    localparam logic [2:0] VECTOR_OP_SUB = 3'h2;  // first - second
    localparam logic [2:0] VECTOR_OP_MUL = 3'h3;  // first * second
    localparam logic [2:0] VECTOR_OP_MAX = 3'h4;  // the larger
    localparam logic [2:0] FUNC_NONE = 3'h0;  // t
    localparam logic [2:0] FUNC_EXP2 = 3'h1;  // 2^t
    localparam logic [2:0] FUNC_RECIP = 3'h2;  // 1 / t
    localparam logic [2:0] FUNC_RSQRT = 3'h3;  // 1 / sqrt(t)
    localparam logic [2:0] FUNC_RINT = 3'h4;  // nearest integer, halves to even
    localparam logic [2:0] REDUCE_NONE = 3'h0;  // no reduction
    localparam logic [2:0] REDUCE_SUM = 3'h1;  // sum in sixteen strided partial sums and a fixed tree
    localparam logic [2:0] REDUCE_MAX = 3'h2;  // largest element
    localparam logic [2:0] REDUCE_ABSMAX = 3'h3;  // largest magnitude
    // two words: largest element, its index (the lowest of equals)
    localparam logic [2:0] REDUCE_ARGMAX = 3'h4;
    localparam logic [2:0] FORMAT_NONE = 3'h0;  // not written
    localparam logic [2:0] FORMAT_F32 = 3'h1;  // binary32, one word an element
    localparam logic [2:0] FORMAT_INT8 = 3'h2;  // int8, clamped to [-127, 127], one byte an element
    localparam logic [2:0] FORMAT_INT8_LOW = 3'h3;  // int8, clamped to [-128, 127], one byte an element
    localparam logic [2:0] FORMAT_CODE5 = 3'h4;  // clamped to [-121, 121], one packed byte of five trits
    // clamped to [-29524, 29524], two packed bytes, high five trits first
    localparam logic [2:0] FORMAT_CODE10 = 3'h5;
    localparam logic [1:0] OPERAND_VECTOR = 2'h0;  // word i of the group at BASE + r * ROW + g * GROUP
    localparam logic [1:0] OPERAND_SCALAR = 2'h1;  // the one word at BASE + r * ROW + g * GROUP
    localparam logic [1:0] OPERAND_IMM = 2'h2;  // the immediate

    // Device errors
    localparam logic [7:0] DERR_NONE = 8'h00;  // no error
    localparam logic [7:0] DERR_OPCODE = 8'h01;  // unknown command code
    localparam logic [7:0] DERR_FIELD = 8'h02;  // a field of a command has no meaning
    localparam logic [7:0] DERR_ALIGN = 8'h03;  // an address or stride is not aligned as the command asks
    localparam logic [7:0] DERR_SCRATCHPAD = 8'h04;  // a scratchpad address lies beyond the scratchpad
    localparam logic [7:0] DERR_WINDOW = 8'h05;  // a DRAM address lies outside the windows granted by the host
    localparam logic [7:0] DERR_PROGRAM = 8'h06;  // the program counter left the program
    localparam logic [7:0] DERR_LIMIT = 8'h07;  // a run executed more commands than COMMAND_LIMIT
    localparam logic [7:0] DERR_BUS = 8'h08;  // the memory answered with an error
    localparam logic [7:0] DERR_ABORT = 8'h09;  // the run was aborted
    localparam logic [7:0] DERR_WATCHDOG = 8'h0a;  // no command retired within the watchdog's time
    // a submission has an unknown code or a field out of range
    localparam logic [7:0] DERR_SUBMISSION = 8'h0b;
    localparam logic [7:0] DERR_CONTEXT = 8'h0c;  // the position would pass the end of the context
    localparam logic [7:0] DERR_MODEL = 8'h0d;  // the model descriptor does not fit this device

    // Counters: place of counter i at REG_COUNTER + 8 * i
    localparam int COUNT_COMMANDS = 0;  // commands retired
    localparam int COUNT_ADDS = 1;  // PE additions done: trit and activation both not zero
    localparam int COUNT_ADDS_SKIPPED = 2;  // PE cycles of valid rows without an addition
    // wraps of the int8 accumulators, both directions; hardware built without this counter reads 0
    localparam int COUNT_WRAPS = 3;
    localparam int COUNT_STREAM_BYTES = 4;  // bytes read by the weight stream
    localparam int COUNT_LOAD_BYTES = 5;  // bytes read by LOAD
    localparam int COUNT_STORE_BYTES = 6;  // bytes written by STORE
    localparam int COUNT_COMMAND_BYTES = 7;  // bytes of commands executed
    localparam int COUNT_DRAIN_VALUES = 8;  // results written by the drain
    localparam int COUNT_VECTOR_ELEMENTS = 9;  // elements that went through the vector unit
    localparam int COUNT_VECTOR_FUNCS = 10;  // function evaluations: exp2, recip, rsqrt
    localparam int COUNT_CYCLES = 16;  // clock cycles since the counters were cleared
    localparam int COUNT_BUSY_CYCLES = 17;  // cycles with a program running
    localparam int COUNT_STREAM_CYCLES = 18;  // cycles in which the DRAM port delivered stream bytes
    localparam int COUNT_STALL_STREAM = 19;  // cycles the array waited for stream bytes
    localparam int COUNT_STALL_VECTOR = 20;  // cycles the array waited for the vector unit
    localparam int COUNT_STALL_DMA = 21;  // cycles the array waited for the load / store DMA
    localparam int COUNT_STALL_DRAIN = 22;  // cycles the array waited for its drain

    // Registers: byte offset, 32-bit words
    localparam logic [13:0] REG_ID = 14'h0000;  // 0x4e495551, the letters QUIN
    localparam int REG_ID_WORDS = 1;
    localparam logic [13:0] REG_VERSION = 14'h0004;  // contract version, QUIN_CONTRACT_VERSION
    localparam int REG_VERSION_WORDS = 1;
    localparam logic [13:0] REG_ROWS = 14'h0008;  // R: rows of the array
    localparam int REG_ROWS_WORDS = 1;
    localparam logic [13:0] REG_STREAM_BYTES = 14'h000c;  // W: packed bytes the array eats a cycle
    localparam int REG_STREAM_BYTES_WORDS = 1;
    localparam logic [13:0] REG_LANES = 14'h0010;  // L: lanes of the vector unit
    localparam int REG_LANES_WORDS = 1;
    localparam logic [13:0] REG_BUS_BYTES = 14'h0014;  // bytes a beat of the DRAM port
    localparam int REG_BUS_BYTES_WORDS = 1;
    localparam logic [13:0] REG_SCRATCHPAD = 14'h0018;  // words of the scratchpad
    localparam int REG_SCRATCHPAD_WORDS = 1;
    localparam logic [13:0] REG_CARRY_BITS = 14'h001c;  // bits of a PE's carry count
    localparam int REG_CARRY_BITS_WORDS = 1;
    localparam logic [13:0] REG_CLOCK_HZ = 14'h0020;  // clock of the accelerator, 0 if it has none (cmodel)
    localparam int REG_CLOCK_HZ_WORDS = 1;
    // bit 0 START: run the program; bit 1 ABORT: stop the run; bit 2 CLEAR: clear the counters
    localparam logic [13:0] REG_CONTROL = 14'h0040;
    localparam int REG_CONTROL_WORDS = 1;
    // bit 0 RUNNING; bit 1 DONE: the last run ended; bit 2 ERROR: it ended with ERROR_CODE
    localparam logic [13:0] REG_STATUS = 14'h0044;
    localparam int REG_STATUS_WORDS = 1;
    localparam logic [13:0] REG_ERROR_CODE = 14'h0048;  // device error of the last run
    localparam int REG_ERROR_CODE_WORDS = 1;
    localparam logic [13:0] REG_ERROR_COMMAND = 14'h004c;  // index of the command that failed
    localparam int REG_ERROR_COMMAND_WORDS = 1;
    // DRAM or scratchpad address that failed, where there is one
    localparam logic [13:0] REG_ERROR_ADDRESS = 14'h0050;
    localparam int REG_ERROR_ADDRESS_WORDS = 2;
    localparam logic [13:0] REG_PROGRAM_ADDRESS = 14'h0058;  // DRAM address of the program, a multiple of 64
    localparam int REG_PROGRAM_ADDRESS_WORDS = 2;
    localparam logic [13:0] REG_PROGRAM_LENGTH = 14'h0060;  // commands in the program
    localparam int REG_PROGRAM_LENGTH_WORDS = 1;
    localparam logic [13:0] REG_COMMAND_LIMIT = 14'h0064;  // commands a run may execute, 0: no limit
    localparam int REG_COMMAND_LIMIT_WORDS = 1;
    localparam logic [13:0] REG_RETIRED = 14'h0068;  // commands retired in this run, modulo 2^32
    localparam int REG_RETIRED_WORDS = 1;
    localparam logic [13:0] REG_RETIRE_ADDRESS = 14'h0070;  // DRAM ring for retire records, a multiple of 64
    localparam int REG_RETIRE_ADDRESS_WORDS = 2;
    // records in the ring, a power of two; 0: records are not written
    localparam logic [13:0] REG_RETIRE_ENTRIES = 14'h0078;
    localparam int REG_RETIRE_ENTRIES_WORDS = 1;
    // records written since RETIRE_ENTRIES was set, modulo 2^32
    localparam logic [13:0] REG_RETIRE_HEAD = 14'h007c;
    localparam int REG_RETIRE_HEAD_WORDS = 1;
    localparam logic [13:0] REG_SQ_ADDRESS = 14'h0080;  // submission ring, a multiple of 64
    localparam int REG_SQ_ADDRESS_WORDS = 2;
    localparam logic [13:0] REG_SQ_ENTRIES = 14'h0088;  // its entries, a power of two
    localparam int REG_SQ_ENTRIES_WORDS = 1;
    localparam logic [13:0] REG_SQ_TAIL = 14'h008c;  // doorbell: submissions written so far, modulo 2^32
    localparam int REG_SQ_TAIL_WORDS = 1;
    localparam logic [13:0] REG_SQ_HEAD = 14'h0090;  // submissions taken so far, modulo 2^32
    localparam int REG_SQ_HEAD_WORDS = 1;
    localparam logic [13:0] REG_CQ_ADDRESS = 14'h0098;  // completion ring, a multiple of 64
    localparam int REG_CQ_ADDRESS_WORDS = 2;
    localparam logic [13:0] REG_CQ_ENTRIES = 14'h00a0;  // its entries, a power of two
    localparam int REG_CQ_ENTRIES_WORDS = 1;
    localparam logic [13:0] REG_CQ_TAIL = 14'h00a4;  // completions written so far, modulo 2^32
    localparam int REG_CQ_TAIL_WORDS = 1;
    localparam logic [13:0] REG_CQ_HEAD = 14'h00a8;  // doorbell: completions read so far, modulo 2^32
    localparam int REG_CQ_HEAD_WORDS = 1;
    localparam logic [13:0] REG_MODEL_ADDRESS = 14'h00b0;  // model descriptor, a multiple of 64
    localparam int REG_MODEL_ADDRESS_WORDS = 2;
    // bit 0 ENABLE: the firmware serves the queues; 0 resets queues and slots
    localparam logic [13:0] REG_DEVICE_CONTROL = 14'h00b8;
    localparam int REG_DEVICE_CONTROL_WORDS = 1;
    // 0 reset, 1 serving, 2 refused the model (see FIRMWARE_ERROR)
    localparam logic [13:0] REG_DEVICE_STATE = 14'h00bc;
    localparam int REG_DEVICE_STATE_WORDS = 1;
    localparam logic [13:0] REG_FIRMWARE_ERROR = 14'h00c0;  // device error that made the firmware refuse
    localparam int REG_FIRMWARE_ERROR_WORDS = 1;
    localparam logic [13:0] REG_IRQ_STATUS = 14'h00c4;  // bit 0: CQ_TAIL differs from CQ_HEAD
    localparam int REG_IRQ_STATUS_WORDS = 1;
    localparam logic [13:0] REG_IRQ_ENABLE = 14'h00c8;  // mask of IRQ_STATUS
    localparam int REG_IRQ_ENABLE_WORDS = 1;
    // four windows of six words: base (2), limit (2, exclusive), rights (bit 0 read, bit 1 write), reserved
    localparam logic [13:0] REG_WINDOW = 14'h0100;
    localparam int REG_WINDOW_WORDS = 24;
    localparam logic [13:0] REG_COUNTER = 14'h0200;  // counters, two words each, by index
    localparam int REG_COUNTER_WORDS = 64;
    // general registers g[0..31], two words each; g[0] reads as 0
    localparam logic [13:0] REG_GREG = 14'h0400;
    localparam int REG_GREG_WORDS = 64;
    // row registers rowreg[bank][row]: two words each, 64 rows a bank, sixteen banks
    localparam logic [13:0] REG_ROWREG = 14'h2000;
    localparam int REG_ROWREG_WORDS = 2048;
    localparam logic [127:0] REG_WRITABLE = 128'b00000000000000000000000000000000_00000000111111111111111111111111_00000000000001011111011111011111_01110011110000010000000000000000; // bit i: the word at 4 * i

    // Bits and states in registers
    localparam logic [31:0] CONTROL_START = 32'h00000001;  // CONTROL
    localparam logic [31:0] CONTROL_ABORT = 32'h00000002;  // CONTROL
    localparam logic [31:0] CONTROL_CLEAR = 32'h00000004;  // CONTROL
    localparam logic [31:0] STATUS_RUNNING = 32'h00000001;  // STATUS
    localparam logic [31:0] STATUS_DONE = 32'h00000002;  // STATUS
    localparam logic [31:0] STATUS_ERROR = 32'h00000004;  // STATUS
    localparam logic [31:0] WINDOW_READ = 32'h00000001;  // WINDOW rights
    localparam logic [31:0] WINDOW_WRITE = 32'h00000002;  // WINDOW rights
    localparam logic [31:0] DEVICE_ENABLE = 32'h00000001;  // DEVICE_CONTROL
    localparam logic [31:0] STATE_RESET = 32'h00000000;  // DEVICE_STATE
    localparam logic [31:0] STATE_SERVING = 32'h00000001;  // DEVICE_STATE
    localparam logic [31:0] STATE_REFUSED = 32'h00000002;  // DEVICE_STATE

    // Sizes that both sides know
    localparam int CONTRACT_VERSION = 1;  // changes with every change of this contract
    localparam logic [31:0] DEVICE_ID = 32'h4e495551;  // the letters QUIN
    localparam int COMMAND_BYTES = 64;  // bytes of a command
    localparam int GREGS = 32;  // general registers
    localparam int ROW_BANKS = 16;  // banks of row registers
    localparam int ROW_REGS = 64;  // row registers of a bank
    localparam int WINDOWS = 4;  // DRAM windows
    localparam int COUNTERS = 32;  // places for counters
    localparam int REGISTER_BYTES = 16384;  // bytes of the register space
    localparam int TRITS_BYTE = 5;  // trits in a packed byte
    localparam int ZERO_BYTE = 128;  // packed byte of five zeros
    localparam int TRIT5_MAX = 121;  // largest value of five trits
    localparam int TRIT10_MAX = 29524;  // largest value of ten trits
    localparam int INT8_MAX = 127;  // largest activation
    localparam int SP_ALIGN_WORDS = 16;  // alignment of vectors in the scratchpad, words
    localparam int PARTIAL_SUMS = 16;  // strided partial sums of a SUM
    localparam int SCALE_BYTES = 4;  // bytes of a column scale in the stream

    // Structures in DRAM: byte offset and bits of each member; SQE submission, CQE completion, DESC descriptor
    localparam int SQE_CODE_OFFSET = 0;  // what to do: see SUBMIT
    localparam int SQE_CODE_WIDTH = 32;
    localparam int SQE_ID_OFFSET = 4;  // the host's own name for it, copied to the completions
    localparam int SQE_ID_WIDTH = 32;
    localparam int SQE_SLOT_OFFSET = 8;  // sequence slot: position and KV cache
    localparam int SQE_SLOT_WIDTH = 32;
    // bit 0: logits after the last token given; bit 1: logits after every token given
    localparam int SQE_FLAGS_OFFSET = 12;
    localparam int SQE_FLAGS_WIDTH = 32;
    localparam int SQE_TOKENS_OFFSET = 16;  // DRAM address of the tokens given, uint32_t each
    localparam int SQE_TOKENS_WIDTH = 64;
    localparam int SQE_LOGITS_OFFSET = 24;  // DRAM address for logits, binary32 [1 or count][vocabulary]
    localparam int SQE_LOGITS_WIDTH = 64;
    localparam int SQE_COUNT_OFFSET = 32;  // tokens given, at least 1
    localparam int SQE_COUNT_WIDTH = 32;
    localparam int SQE_GENERATE_OFFSET = 36;  // tokens to generate greedily after them; 0: none
    localparam int SQE_GENERATE_WIDTH = 32;
    // position of the first token given; at most the slot's own: it may go back, not ahead
    localparam int SQE_POSITION_OFFSET = 40;
    localparam int SQE_POSITION_WIDTH = 32;
    localparam int SQE_STOP_OFFSET = 44;  // token that ends the generation, 0xffffffff: none
    localparam int SQE_STOP_WIDTH = 32;
    localparam int SQE_RESERVED0_OFFSET = 48;  // 0
    localparam int SQE_RESERVED0_WIDTH = 64;
    localparam int SQE_RESERVED1_OFFSET = 56;  // 0
    localparam int SQE_RESERVED1_WIDTH = 64;
    localparam int SQE_BYTES = 64;  // bytes of the structure
    localparam int CQE_ID_OFFSET = 0;  // from the submission
    localparam int CQE_ID_WIDTH = 32;
    localparam int CQE_STATUS_OFFSET = 4;  // device error, 0: good
    localparam int CQE_STATUS_WIDTH = 32;
    localparam int CQE_SLOT_OFFSET = 8;  // from the submission
    localparam int CQE_SLOT_WIDTH = 32;
    localparam int CQE_TOKEN_OFFSET = 12;  // greedy choice after the last position computed, 0xffffffff: none
    localparam int CQE_TOKEN_WIDTH = 32;
    localparam int CQE_POSITION_OFFSET = 16;  // positions the slot now holds
    localparam int CQE_POSITION_WIDTH = 32;
    localparam int CQE_FLAGS_OFFSET = 20;  // bit 0: more completions of this submission follow
    localparam int CQE_FLAGS_WIDTH = 32;
    localparam int CQE_COMMAND_OFFSET = 24;  // on an error of the program: index of the command
    localparam int CQE_COMMAND_WIDTH = 32;
    localparam int CQE_RESERVED_OFFSET = 28;  // 0
    localparam int CQE_RESERVED_WIDTH = 32;
    localparam int CQE_BYTES = 32;  // bytes of the structure
    // its number in program order within the run, from 0; units retire out of order
    localparam int RETIRE_INDEX_OFFSET = 0;
    localparam int RETIRE_INDEX_WIDTH = 32;
    localparam int RETIRE_COMMAND_OFFSET = 4;  // bits 23:0 its place in the program, bits 31:24 its code
    localparam int RETIRE_COMMAND_WIDTH = 32;
    localparam int RETIRE_CYCLES_OFFSET = 8;  // from start to retirement; 0 in the cmodel
    localparam int RETIRE_CYCLES_WIDTH = 32;
    localparam int RETIRE_CHECKSUM_OFFSET = 12;  // of what it wrote: docs/commands.md
    localparam int RETIRE_CHECKSUM_WIDTH = 32;
    localparam int RETIRE_BYTES = 16;  // bytes of the structure
    localparam int DESC_MAGIC_OFFSET = 0;  // 0x4d455551, the letters QUEM
    localparam int DESC_MAGIC_WIDTH = 32;
    localparam int DESC_VERSION_OFFSET = 4;  // contract version
    localparam int DESC_VERSION_WIDTH = 32;
    localparam int DESC_ROWS_OFFSET = 8;  // R of the device compiled for
    localparam int DESC_ROWS_WIDTH = 32;
    localparam int DESC_STREAM_BYTES_OFFSET = 12;  // W of the device compiled for
    localparam int DESC_STREAM_BYTES_WIDTH = 32;
    localparam int DESC_SCRATCHPAD_OFFSET = 16;  // words of scratchpad the programs use at most
    localparam int DESC_SCRATCHPAD_WIDTH = 32;
    localparam int DESC_VOCAB_OFFSET = 20;  // tokens in the vocabulary
    localparam int DESC_VOCAB_WIDTH = 32;
    localparam int DESC_CONTEXT_OFFSET = 24;  // positions a slot can hold
    localparam int DESC_CONTEXT_WIDTH = 32;
    localparam int DESC_SLOTS_OFFSET = 28;  // sequence slots
    localparam int DESC_SLOTS_WIDTH = 32;
    localparam int DESC_PREFILL_ROWS_OFFSET = 32;  // tokens of one slot a prefill run takes at most
    localparam int DESC_PREFILL_ROWS_WIDTH = 32;
    localparam int DESC_DECODE_ROWS_OFFSET = 36;  // slots a decode run takes at most
    localparam int DESC_DECODE_ROWS_WIDTH = 32;
    localparam int DESC_PREFILL_LENGTH_OFFSET = 40;  // commands of the prefill program
    localparam int DESC_PREFILL_LENGTH_WIDTH = 32;
    localparam int DESC_DECODE_LENGTH_OFFSET = 44;  // commands of the decode program
    localparam int DESC_DECODE_LENGTH_WIDTH = 32;
    localparam int DESC_PREFILL_OFFSET = 48;  // DRAM address of the prefill program
    localparam int DESC_PREFILL_WIDTH = 64;
    localparam int DESC_DECODE_OFFSET = 56;  // DRAM address of the decode program
    localparam int DESC_DECODE_WIDTH = 64;
    localparam int DESC_KV_OFFSET = 64;  // DRAM address of slot 0's KV cache
    localparam int DESC_KV_WIDTH = 64;
    localparam int DESC_SLOT_BYTES_OFFSET = 72;  // bytes from slot to slot
    localparam int DESC_SLOT_BYTES_WIDTH = 64;
    // DRAM address for logits that nobody asked for, [rows][vocabulary]
    localparam int DESC_LOGITS_OFFSET = 80;
    localparam int DESC_LOGITS_WIDTH = 64;
    // DRAM address of the partial results of argmax, [rows][blocks] of (value, index)
    localparam int DESC_BEST_OFFSET = 88;
    localparam int DESC_BEST_WIDTH = 64;
    localparam int DESC_TOKEN_BYTES_OFFSET = 96;  // bytes from token to token in the embedding
    localparam int DESC_TOKEN_BYTES_WIDTH = 32;
    localparam int DESC_ROPE_BYTES_OFFSET = 100;  // bytes from position to position in the RoPE table
    localparam int DESC_ROPE_BYTES_WIDTH = 32;
    localparam int DESC_K_TILE_POSITIONS_OFFSET = 104;  // positions in a tile of the K stream, a power of two
    localparam int DESC_K_TILE_POSITIONS_WIDTH = 32;
    localparam int DESC_K_TILE_BYTES_OFFSET = 108;  // bytes of a tile of the K stream, its scales included
    localparam int DESC_K_TILE_BYTES_WIDTH = 32;
    localparam int DESC_K_VALUE_BYTES_OFFSET = 112;  // bytes of a value in the K stream
    localparam int DESC_K_VALUE_BYTES_WIDTH = 32;
    localparam int DESC_K_SCALE_OFFSET_OFFSET = 116;  // bytes from a tile's start to its scales
    localparam int DESC_K_SCALE_OFFSET_WIDTH = 32;
    // bytes from position to position in a tile of the V stream
    localparam int DESC_V_POSITION_BYTES_OFFSET = 120;
    localparam int DESC_V_POSITION_BYTES_WIDTH = 32;
    localparam int DESC_BEST_BLOCKS_OFFSET = 124;  // blocks of the vocabulary
    localparam int DESC_BEST_BLOCKS_WIDTH = 32;
    localparam int DESC_BEST_BLOCK_TOKENS_OFFSET = 128;  // tokens in a block
    localparam int DESC_BEST_BLOCK_TOKENS_WIDTH = 32;
    localparam int DESC_COMMAND_LIMIT_OFFSET = 132;  // commands a run may execute
    localparam int DESC_COMMAND_LIMIT_WIDTH = 32;
    localparam int DESC_BYTES = 136;  // bytes of the structure

    // Codes in these structures
    localparam logic [31:0] SUBMIT_NOP = 32'h00000000;  // only completes
    localparam logic [31:0] SUBMIT_GENERATE = 32'h00000001;  // takes tokens into the slot, then generates
    localparam logic [31:0] FLAG_LOGITS_LAST = 32'h00000001;  // submission flags
    localparam logic [31:0] FLAG_LOGITS_ALL = 32'h00000002;  // submission flags
    localparam logic [31:0] FLAG_MORE = 32'h00000001;  // completion flags
    localparam logic [31:0] NO_TOKEN = 32'hffffffff;  // no token
    localparam logic [31:0] DESC_MAGIC = 32'h4d455551;  // the letters QUEM

    // General registers that firmware and program agree on
    localparam int G_ROWS = 1;  // rows in use: tokens (prefill) or slots (decode)
    localparam int G_POSITIONS = 2;  // prefill: positions visible to the last row
    localparam int G_WANT_HEAD = 3;  // not 0: compute logits
    localparam int G_PROGRAM = 8;  // first general register of the program's own

    // Row registers: bank
    localparam int ROW_TOKEN = 0;  // token * token_bytes
    localparam int ROW_ROPE = 1;  // position * rope_bytes
    localparam int ROW_VISIBLE = 2;  // positions the row may see, its own included
    localparam int ROW_SLOT = 3;  // address of the row's KV cache
    localparam int ROW_K = 4;  // SLOT + offset of the position's values in a K stream
    localparam int ROW_K_SCALE = 5;  // SLOT + offset of the position's scale in a K stream
    localparam int ROW_V = 6;  // SLOT + offset of the position's values in a V stream
    localparam int ROW_V_SCALE = 7;  // SLOT + offset of the position's scale in the V scales
    localparam int ROW_LOGITS = 8;  // address of the row's logits
    localparam int ROW_BEST = 9;  // address of the row's partial results of argmax

    // Configurations
    localparam int CONFIG_TINY_ROWS = 2;  // unit tests, Icarus, formal
    localparam int CONFIG_TINY_STREAM_BYTES = 2;
    localparam int CONFIG_TINY_LANES = 1;
    localparam int CONFIG_TINY_BUS_BYTES = 4;
    localparam int CONFIG_TINY_SCRATCHPAD_WORDS = 8192;
    localparam int CONFIG_TINY_CARRY_BITS = 15;
    localparam int CONFIG_SIM_ROWS = 8;  // the demo and the benchmarks in simulation
    localparam int CONFIG_SIM_STREAM_BYTES = 8;
    localparam int CONFIG_SIM_LANES = 4;
    localparam int CONFIG_SIM_BUS_BYTES = 8;
    localparam int CONFIG_SIM_SCRATCHPAD_WORDS = 131072;
    localparam int CONFIG_SIM_CARRY_BITS = 15;
    localparam int CONFIG_ULX3S_ROWS = 8;  // ULX3S with LFE5U-85F, 16-bit SDR SDRAM
    localparam int CONFIG_ULX3S_STREAM_BYTES = 4;
    localparam int CONFIG_ULX3S_LANES = 2;
    localparam int CONFIG_ULX3S_BUS_BYTES = 2;
    localparam int CONFIG_ULX3S_SCRATCHPAD_WORDS = 65536;
    localparam int CONFIG_ULX3S_CARRY_BITS = 15;
    localparam int CONFIG_ECPIX5_ROWS = 8;  // ECPIX-5 with LFE5UM5G-85F, 16-bit DDR3 behind a 128-bit port
    localparam int CONFIG_ECPIX5_STREAM_BYTES = 16;
    localparam int CONFIG_ECPIX5_LANES = 4;
    localparam int CONFIG_ECPIX5_BUS_BYTES = 16;
    localparam int CONFIG_ECPIX5_SCRATCHPAD_WORDS = 65536;
    localparam int CONFIG_ECPIX5_CARRY_BITS = 15;
    localparam int CONFIG_KV260_ROWS = 8;  // synthesis count and simulation, to compare with published systems
    localparam int CONFIG_KV260_STREAM_BYTES = 64;
    localparam int CONFIG_KV260_LANES = 16;
    localparam int CONFIG_KV260_BUS_BYTES = 64;
    localparam int CONFIG_KV260_SCRATCHPAD_WORDS = 262144;
    localparam int CONFIG_KV260_CARRY_BITS = 15;
    // a large card's size, for the golden model's speed; neither built nor synthesised
    localparam int CONFIG_CARD_ROWS = 32;
    localparam int CONFIG_CARD_STREAM_BYTES = 64;
    localparam int CONFIG_CARD_LANES = 16;
    localparam int CONFIG_CARD_BUS_BYTES = 64;
    localparam int CONFIG_CARD_SCRATCHPAD_WORDS = 1048576;
    localparam int CONFIG_CARD_CARRY_BITS = 15;

    // Tables and constants of exp2, recip and rsqrt (docs/numerics.md)
    // entry j at [32 * j +: 32]
    localparam logic [32 * 32 - 1:0] EXP2_TABLE = {
        32'h3ffa83b3, 32'h3ff5257d, 32'h3fefe4ba, 32'h3feac0c7, 32'h3fe5b907, 32'h3fe0ccdf, 32'h3fdbfbb8, 32'h3fd744fd,
        32'h3fd2a81e, 32'h3fce248c, 32'h3fc9b9be, 32'h3fc5672a, 32'h3fc12c4d, 32'h3fbd08a4, 32'h3fb8fbaf, 32'h3fb504f3,
        32'h3fb123f6, 32'h3fad583f, 32'h3fa9a15b, 32'h3fa5fed7, 32'h3fa27043, 32'h3f9ef532, 32'h3f9b8d3a, 32'h3f9837f0,
        32'h3f94f4f0, 32'h3f91c3d3, 32'h3f8ea43a, 32'h3f8b95c2, 32'h3f88980f, 32'h3f85aac3, 32'h3f82cd87, 32'h3f800000};
    // entry j at [8 * j +: 8]
    localparam logic [128 * 8 - 1:0] RECIP_TABLE = {
        8'h00, 8'h02, 8'h03, 8'h04, 8'h05, 8'h06, 8'h07, 8'h08, 8'h09, 8'h0a, 8'h0b, 8'h0c,
        8'h0d, 8'h0e, 8'h0f, 8'h10, 8'h12, 8'h13, 8'h14, 8'h15, 8'h16, 8'h17, 8'h19, 8'h1a,
        8'h1b, 8'h1c, 8'h1e, 8'h1f, 8'h20, 8'h21, 8'h23, 8'h24, 8'h25, 8'h27, 8'h28, 8'h29,
        8'h2b, 8'h2c, 8'h2d, 8'h2f, 8'h30, 8'h32, 8'h33, 8'h34, 8'h36, 8'h37, 8'h39, 8'h3a,
        8'h3c, 8'h3d, 8'h3f, 8'h40, 8'h42, 8'h44, 8'h45, 8'h47, 8'h48, 8'h4a, 8'h4c, 8'h4e,
        8'h4f, 8'h51, 8'h53, 8'h54, 8'h56, 8'h58, 8'h5a, 8'h5c, 8'h5e, 8'h5f, 8'h61, 8'h63,
        8'h65, 8'h67, 8'h69, 8'h6b, 8'h6d, 8'h6f, 8'h71, 8'h73, 8'h75, 8'h78, 8'h7a, 8'h7c,
        8'h7e, 8'h80, 8'h83, 8'h85, 8'h87, 8'h8a, 8'h8c, 8'h8e, 8'h91, 8'h93, 8'h96, 8'h98,
        8'h9b, 8'h9d, 8'ha0, 8'ha3, 8'ha5, 8'ha8, 8'hab, 8'hae, 8'hb1, 8'hb3, 8'hb6, 8'hb9,
        8'hbc, 8'hbf, 8'hc2, 8'hc6, 8'hc9, 8'hcc, 8'hcf, 8'hd2, 8'hd6, 8'hd9, 8'hdd, 8'he0,
        8'he4, 8'he7, 8'heb, 8'hef, 8'hf2, 8'hf6, 8'hfa, 8'hfe};
    // entry j at [9 * j +: 9]
    localparam logic [128 * 9 - 1:0] RSQRT_TABLE = {
        9'h001, 9'h003, 9'h005, 9'h007, 9'h009, 9'h00b, 9'h00e, 9'h010, 9'h012, 9'h014, 9'h016, 9'h019,
        9'h01b, 9'h01d, 9'h020, 9'h022, 9'h025, 9'h027, 9'h02a, 9'h02c, 9'h02f, 9'h031, 9'h034, 9'h037,
        9'h039, 9'h03c, 9'h03f, 9'h042, 9'h045, 9'h048, 9'h04b, 9'h04e, 9'h051, 9'h054, 9'h057, 9'h05a,
        9'h05e, 9'h061, 9'h064, 9'h068, 9'h06b, 9'h06f, 9'h072, 9'h076, 9'h07a, 9'h07e, 9'h082, 9'h086,
        9'h08a, 9'h08e, 9'h092, 9'h096, 9'h09b, 9'h09f, 9'h0a4, 9'h0a8, 9'h0ad, 9'h0b2, 9'h0b7, 9'h0bc,
        9'h0c1, 9'h0c6, 9'h0cc, 9'h0d1, 9'h0d5, 9'h0d8, 9'h0db, 9'h0de, 9'h0e1, 9'h0e4, 9'h0e7, 9'h0ea,
        9'h0ed, 9'h0f1, 9'h0f4, 9'h0f7, 9'h0fa, 9'h0fe, 9'h101, 9'h104, 9'h108, 9'h10b, 9'h10f, 9'h112,
        9'h116, 9'h11a, 9'h11e, 9'h121, 9'h125, 9'h129, 9'h12d, 9'h131, 9'h135, 9'h139, 9'h13e, 9'h142,
        9'h146, 9'h14b, 9'h14f, 9'h154, 9'h158, 9'h15d, 9'h162, 9'h167, 9'h16c, 9'h171, 9'h176, 9'h17b,
        9'h180, 9'h186, 9'h18b, 9'h191, 9'h197, 9'h19d, 9'h1a3, 9'h1a9, 9'h1af, 9'h1b5, 9'h1bc, 9'h1c2,
        9'h1c9, 9'h1d0, 9'h1d7, 9'h1de, 9'h1e5, 9'h1ed, 9'h1f4, 9'h1fc};
    localparam logic [31:0] EXP2_C1 = 32'h3f317218;  // binary32 bits
    localparam logic [31:0] EXP2_C2 = 32'h3e75fe73;  // binary32 bits
    localparam logic [31:0] EXP2_C3 = 32'h3d635847;  // binary32 bits
    localparam logic [31:0] RECIP_STEP1 = 32'h3f7fffc0;  // binary32 bits
    localparam logic [31:0] RECIP_STEP2 = 32'h3f800000;  // binary32 bits
    localparam logic [31:0] RSQRT_STEP1 = 32'h3fc00100;  // binary32 bits
    localparam logic [31:0] RSQRT_STEP2 = 32'h3fc00000;  // binary32 bits
    /* verilator lint_on UNUSEDPARAM */

endpackage
