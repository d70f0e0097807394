// SPDX-License-Identifier: Apache-2.0
// Writes jobs of the vector unit and what the golden device makes of them for
// tests/rtl/vector_unit_icarus.sv, which says the layout. Usage: vector_vectors FILE JOBS [SEED]
#define LANES 0 // of no unit
#include "../../tests/rtl/vector_jobs.h"

static void put_job(FILE *f, const job &j, const outcome &o)
{
    const uint32_t word[] = {j.rows, j.groups, j.n,      j.op1,
                             j.op2,  j.func,   j.reduce, j.format,
                             j.imm1, j.imm2,   j.masked, j.masked && j.first + j.rows > QUIN_ROW_REGS};
    for (uint32_t x : word)
        fprintf(f, "%x\n", x);
    for (const place &p : j.at)
        fprintf(f, "%x %x %x %x\n", p.mode, p.base, p.row, p.group);
    for (uint32_t r = 0; r < 8; r++)
        fprintf(f, "%x\n", j.masked && j.visible[r] < j.n ? j.visible[r] : j.n);
    fprintf(f, "%x %x %x\n", o.error ? 0 : o.checksum, o.error, o.address);
}

int main(int argc, char **argv)
{
    FILE *f = argc >= 3 ? fopen(argv[1], "w") : nullptr;
    golden = quin_device_create(quin_config_find("tiny"), DRAM_BYTES);
    if (!f || !golden || quin_config_find("tiny")->scratchpad_words != WORDS) {
        fprintf(stderr, "usage: vector_vectors FILE JOBS [SEED], FILE writable\n");
        return 1;
    }
    const uint32_t jobs = (uint32_t)strtoul(argv[2], nullptr, 0);
    rnd_state = argc > 3 ? strtoull(argv[3], nullptr, 0) : 1;
    quin_device_set_retire_hook(golden, keep_record, nullptr);
    reg64(QUIN_REG_WINDOW, 0);
    reg64(QUIN_REG_WINDOW + 8, DRAM_BYTES);
    quin_device_reg_write(golden, QUIN_REG_WINDOW + 16, QUIN_WINDOW_READ | QUIN_WINDOW_WRITE);
    fprintf(f, "%x\n", jobs);
    for (uint32_t w = 0; w < WORDS; w++)
        fprintf(f, "%x\n", image[w] = random_value(below(5)));
    for (uint32_t i = 0; i < jobs;) {
        job j = random_job(rnd() % 125); // every pair of operations and every function
        j.n %= 200;
        if (below(8) == 0)
            spoil(j);
        const outcome o = run_golden(j);
        if (o.error == QUIN_DERR_SCRATCHPAD) // it may have written anything
            continue;
        memcpy(image, want, sizeof image); // the jobs follow each other on one scratchpad
        put_job(f, j, o);
        i++;
    }
    for (uint32_t w = 0; w < WORDS; w++)
        fprintf(f, "%x\n", image[w]);
    return fclose(f) != 0;
}
