/* SPDX-License-Identifier: Apache-2.0
 *
 * A MATMUL on the golden device, for the benches of the array: scratchpad and stream in, scratchpad, checksum and
 * counts out. The device may have any number of rows and stream bytes.
 */
#ifndef QUIN_GOLDEN_MATMUL_H
#define QUIN_GOLDEN_MATMUL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct golden_matmul {
    uint32_t rows, k, n, precision, column_scales;
    uint32_t act, act_row, dst, dst_row, rscale, rscale_row, cscale; /* words */
};

struct golden_result {
    uint32_t error, checksum;
    uint64_t adds, skipped, wraps, values;
};

struct golden_device;

struct golden_device *golden_open(uint32_t rows, uint32_t stream_bytes, uint32_t carry_bits, uint32_t words);
void golden_close(struct golden_device *g);

/* Runs m over the scratchpad [words] and a stream of whole tiles that lie side by side. */
struct golden_result golden_run(struct golden_device *g, const struct golden_matmul *m, uint32_t *scratchpad,
                                const uint8_t *stream, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
