/* SPDX-License-Identifier: Apache-2.0
 *
 * The firmware on the RV32 core: its port to registers and DRAM, what follows a reset by the watchdog, and the loop,
 * which sleeps on a read that the hardware answers when there is something to do (rtl/soc/quin_soc_control.sv).
 */
#include <stddef.h>

#include "firmware.h"

/* the core's address space: rtl/soc/quin_soc_core.sv */
#define REGISTERS 0x40000000u
#define CONTROL 0x50000000u
#define APERTURE 0x80000000u /* also its size */

enum { FLAGS, KICK, PAGE, RUN_POLLS, WAIT, WAIT_RUN }; /* words of quin_soc_control */
enum { FLAG_WATCHDOG = 1 };
enum { PAGE_SHIFT = 31, ADDRESS_BITS = 40 };

static volatile uint32_t *const control = (volatile uint32_t *)CONTROL;

/* Words where both sides are aligned, so that no access of the core is split or refused. */
static void copy(volatile uint8_t *to, const volatile uint8_t *from, uint32_t bytes)
{
    if (!(((uintptr_t)to | (uintptr_t)from) & 3))
        for (; bytes >= 4; bytes -= 4, to += 4, from += 4)
            *(volatile uint32_t *)to = *(const volatile uint32_t *)from;
    while (bytes--)
        *to++ = *from++;
}

/* The compiler calls these two by itself, also where the source says it with a loop, and late: they must stay. */
__attribute__((used)) void *memcpy(void *to, const void *from, size_t bytes);
__attribute__((used)) void *memset(void *to, int value, size_t bytes);

void *memcpy(void *to, const void *from, size_t bytes)
{
    copy(to, from, bytes);
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    volatile uint8_t *at = to;
    uint32_t word = (uint8_t)value * 0x01010101u;
    if (!((uintptr_t)at & 3))
        for (; bytes >= 4; bytes -= 4, at += 4)
            *(volatile uint32_t *)at = word;
    while (bytes--)
        *at++ = (uint8_t)value;
    return to;
}

static uint32_t reg_read(void *ctx, uint32_t offset)
{
    (void)ctx;
    return *(volatile uint32_t *)(REGISTERS + offset);
}

static void reg_write(void *ctx, uint32_t offset, uint32_t value)
{
    (void)ctx;
    *(volatile uint32_t *)(REGISTERS + offset) = value;
}

static volatile uint8_t *aperture(uint64_t address)
{
    return (volatile uint8_t *)(APERTURE | (uint32_t)address);
}

/* Turns the aperture to `address`. Returns how many of `bytes` it shows from there on; 0: no DRAM can be there. */
static uint32_t turn(uint64_t address, uint32_t bytes)
{
    uint32_t left = APERTURE - ((uint32_t)address & (APERTURE - 1));
    if (address >> ADDRESS_BITS)
        return 0;
    control[PAGE] = (uint32_t)(address >> PAGE_SHIFT);
    return bytes < left ? bytes : left;
}

/* Reads zeros where there is no DRAM. */
static void mem_read(void *ctx, uint64_t address, void *data, uint32_t bytes)
{
    uint8_t *to = data;
    (void)ctx;
    while (bytes) {
        uint32_t n = turn(address, bytes);
        if (!n) {
            memset(to, 0, bytes);
            return;
        }
        copy(to, aperture(address), n);
        address += n;
        to += n;
        bytes -= n;
    }
}

static void mem_write(void *ctx, uint64_t address, const void *data, uint32_t bytes)
{
    const uint8_t *from = data;
    (void)ctx;
    while (bytes) {
        uint32_t n = turn(address, bytes);
        if (!n)
            return;
        copy(aperture(address), from, n);
        address += n;
        from += n;
        bytes -= n;
    }
}

/* Tells the watchdog that all is well, then sleeps until the host writes a register, the run under way ends (if
 * `run`), or a while has passed. */
static void sleep_until(int run)
{
    control[KICK] = 0;
    (void)control[run ? WAIT_RUN : WAIT];
}

/* The core was reset by its watchdog. What the host has submitted is lost: ends the run under way, says why, and serves
 * again only after the host has taken ENABLE back. */
static void recover(void)
{
    uint32_t polls = control[RUN_POLLS];
    if (reg_read(0, QUIN_REG_STATUS) & QUIN_STATUS_RUNNING)
        reg_write(0, QUIN_REG_CONTROL, QUIN_CONTROL_ABORT);
    while ((reg_read(0, QUIN_REG_STATUS) & QUIN_STATUS_RUNNING) && polls--)
        sleep_until(1);
    reg_write(0, QUIN_REG_FIRMWARE_ERROR, QUIN_DERR_WATCHDOG);
    reg_write(0, QUIN_REG_DEVICE_STATE, QUIN_STATE_RESET);
    while (reg_read(0, QUIN_REG_DEVICE_CONTROL) & QUIN_DEVICE_ENABLE)
        sleep_until(0);
    control[FLAGS] = FLAG_WATCHDOG;
}

int main(void)
{
    static const struct quin_fw_port port = {0, reg_read, reg_write, mem_read, mem_write};
    static struct quin_fw firmware;
    if (control[FLAGS] & FLAG_WATCHDOG)
        recover();
    quin_fw_init(&firmware, &port, control[RUN_POLLS]);
    for (;;) {
        int moved = quin_fw_poll(&firmware);
        if (firmware.run.active || !moved)
            sleep_until(firmware.run.active != 0);
        else
            control[KICK] = 0;
    }
}
