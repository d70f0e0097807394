/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the core begins after a reset: stack, zeroed variables, main. There are no initialised variables, since the
 * memory is not loaded again when the watchdog resets the core.
 */
    .section .start, "ax"
    .global _start
_start:
    la sp, stack_top
    la a0, bss_start
    la a1, bss_end
clear:
    bgeu a0, a1, run
    sw zero, 0(a0)
    addi a0, a0, 4
    j clear
run:
    call main
hang:                   /* main does not return; if it did, the watchdog would begin again */
    j hang
