// SPDX-License-Identifier: Apache-2.0
// A word of the scratchpad out of the Verilated model: a memory for each of the words of a line.
#ifndef QUIN_SIM_SCRATCHPAD_H
#define QUIN_SIM_SCRATCHPAD_H

#include TEXT(PASTE(MODEL, ___024root).h)

#define RAM(i) \
    case i: \
        return root->PASTE(QUIN_SIM_SCRATCHPAD, g_word__BRA__##i##__KET____DOT__u_ram__DOT__mem)[word / QUIN_SIM_LINE_WORDS]

static uint32_t quin_scratchpad_word(const MODEL *top, uint32_t word)
{
    const PASTE(MODEL, ___024root) *root = top->rootp;
    switch (word % QUIN_SIM_LINE_WORDS) {
        RAM(0);
        RAM(1);
        RAM(2);
        RAM(3);
#if QUIN_SIM_LINE_WORDS == 16
        RAM(4);
        RAM(5);
        RAM(6);
        RAM(7);
        RAM(8);
        RAM(9);
        RAM(10);
        RAM(11);
        RAM(12);
        RAM(13);
        RAM(14);
        RAM(15);
#endif
    }
    return 0;
}

#endif
