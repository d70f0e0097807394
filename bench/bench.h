/* SPDX-License-Identifier: Apache-2.0
 *
 * What the benches share: a simulated device through the driver's backend "rtl", runs of hand-made programs, counters.
 */
#ifndef QUIN_BENCH_H
#define QUIN_BENCH_H

#include <stdint.h>

#include "backend.h"
#include "contract.h"
#include "msg.h"

struct bench {
    const struct quin_backend *backend;
    void *device;
    const struct quin_config *config;
};

/* All of these end the program with a message if something fails. */
void bench_open(struct bench *b, const char *backend, const char *config, uint64_t dram_bytes, bool ideal_memory);
void bench_close(struct bench *b);
uint32_t bench_read(struct bench *b, uint32_t reg);
void bench_write(struct bench *b, uint32_t reg, uint32_t value);
void bench_write64(struct bench *b, uint32_t reg, uint64_t value);
void bench_store(struct bench *b, uint64_t address, const void *data, size_t bytes);
void bench_load(struct bench *b, uint64_t address, void *data, size_t bytes);
uint64_t bench_count(struct bench *b, enum quin_counter counter);
/* Clears the counters, starts the program that the registers name, and waits; ends the bench if the run fails. */
void bench_run(struct bench *b);
/* Ends the bench unless every command agreed with the golden model. */
void bench_check(struct bench *b);
double bench_seconds(void);
double bench_cpu_seconds(void); /* of all threads of the process */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The benches: one for each word of the command line. */
int bench_matmul(const char *config);
int bench_cmodel(const char *config, uint32_t layers, const char *kernel); /* NULL: all kernels */
int bench_serve(const char *config, const char *path, uint32_t prompt, uint32_t decode);
int bench_layer(const char *config, uint32_t context, bool prefill);

#endif
