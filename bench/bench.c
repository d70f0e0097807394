/* SPDX-License-Identifier: Apache-2.0
 *
 * See bench.h.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

_Noreturn void bench_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static void must(enum quin_err err, const struct quin_msg *msg)
{
    if (err)
        bench_fail("%s", msg->text);
}

void bench_open(struct bench *b, const char *backend, const char *config, uint64_t dram_bytes, bool ideal_memory)
{
    const struct quin_backend_options o = {.config = config, .dram_bytes = dram_bytes, .ideal_memory = ideal_memory};
    struct quin_msg msg = {""};
    b->backend = quin_backend_find(backend);
    b->config = quin_config_find(config);
    if (!b->backend || !b->config)
        bench_fail("no backend '%s' or configuration '%s'", backend, config);
    must(b->backend->open(&o, &b->device, &msg), &msg);
}

void bench_close(struct bench *b)
{
    b->backend->close(b->device);
}

uint32_t bench_read(struct bench *b, uint32_t reg)
{
    struct quin_msg msg = {""};
    uint32_t value = 0;
    must(b->backend->reg_read(b->device, reg, &value, &msg), &msg);
    return value;
}

void bench_write(struct bench *b, uint32_t reg, uint32_t value)
{
    struct quin_msg msg = {""};
    must(b->backend->reg_write(b->device, reg, value, &msg), &msg);
}

void bench_write64(struct bench *b, uint32_t reg, uint64_t value)
{
    bench_write(b, reg, (uint32_t)value);
    bench_write(b, reg + 4, (uint32_t)(value >> 32));
}

void bench_store(struct bench *b, uint64_t address, const void *data, size_t bytes)
{
    struct quin_msg msg = {""};
    must(b->backend->mem_write(b->device, address, data, bytes, &msg), &msg);
}

void bench_load(struct bench *b, uint64_t address, void *data, size_t bytes)
{
    struct quin_msg msg = {""};
    must(b->backend->mem_read(b->device, address, data, bytes, &msg), &msg);
}

uint64_t bench_count(struct bench *b, enum quin_counter counter)
{
    uint32_t at = QUIN_REG_COUNTER + 8 * (uint32_t)counter;
    return bench_read(b, at) | (uint64_t)bench_read(b, at + 4) << 32;
}

void bench_run(struct bench *b)
{
    struct quin_msg msg = {""};
    bench_write(b, QUIN_REG_CONTROL, QUIN_CONTROL_CLEAR);
    bench_write(b, QUIN_REG_CONTROL, QUIN_CONTROL_START);
    must(b->backend->wait(b->device, QUIN_REG_STATUS, QUIN_STATUS_RUNNING, &msg), &msg);
    if (bench_read(b, QUIN_REG_STATUS) != QUIN_STATUS_DONE)
        bench_fail("the run failed at command %u: %s", bench_read(b, QUIN_REG_ERROR_COMMAND),
                   quin_device_error_text(bench_read(b, QUIN_REG_ERROR_CODE)));
}

void bench_check(struct bench *b)
{
    uint64_t compared = 0, differ = 0;
    char text[256] = "";
    if (b->backend->differences)
        differ = b->backend->differences(b->device, &compared, text);
    printf("%llu commands compared with the golden model, %llu differ\n", (unsigned long long)compared,
           (unsigned long long)differ);
    if (differ)
        bench_fail("%s", text);
}

double bench_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double bench_cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "", *config = argc > 2 ? argv[2] : "sim";
    uint32_t context = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 256;
    if (!strcmp(what, "matmul") && argc <= 3)
        return bench_matmul(config);
    if ((!strcmp(what, "layer") || !strcmp(what, "prefill")) && argc <= 4 && context >= 16 && context <= 4096)
        return bench_layer(config, context, what[0] == 'p');
    if (!strcmp(what, "cmodel") && argc <= 5) {
        uint32_t layers = argc > 3 ? context : 3;
        if (layers >= 1 && layers <= 30)
            return bench_cmodel(config, layers, argc > 4 ? argv[4] : NULL);
    }
    if (!strcmp(what, "serve") && argc == 6)
        return bench_serve(config, argv[3], (uint32_t)strtoul(argv[4], NULL, 10), (uint32_t)strtoul(argv[5], NULL, 10));
    fprintf(stderr, "usage: bench-rtl matmul [CONFIG] | layer [CONFIG [CONTEXT]] | prefill [CONFIG [CONTEXT]]\n"
                    "       | cmodel [CONFIG [LAYERS [KERNEL]]] | serve CONFIG MODEL PROMPT DECODE\n"
                    "Cycles of the simulated hardware: a matrix of 2560 x 6912, or a decoder layer in the shape of BitNet\n"
                    "b1.58 2B-4T. CONFIG is a row of rtl/spec/configs.def (sim), CONTEXT 16 to 4096 positions (256).\n"
                    "cmodel: tokens a second of the golden model, LAYERS of the 30 layers (3) and as much of the head.\n"
                    "serve: runs MODEL on as many threads as each line of stdin says; answers with the wall and processor\n"
                    "seconds of PROMPT tokens and of DECODE more.\n");
    return 2;
}
