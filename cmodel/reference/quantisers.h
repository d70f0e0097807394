/* SPDX-License-Identifier: Apache-2.0 */
/* Quantisers that the reference can be asked to put where a device has them: an effect of theirs on a result can then be
 * told from an error. Written from their definition, in double. */
#ifndef QUIN_QUANTISERS_H
#define QUIN_QUANTISERS_H

#include <stddef.h>
#include <stdint.h>

/* x[i] = round(x[i] / s) * s with s = max |x| / levels; returns s. levels 0: x stays, and 1 is returned. */
float quin_fake_quantise(float *x, size_t n, uint32_t levels);

#endif
