/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the library: figures about logits.
 */
#ifndef QUIN_VERIFY_H
#define QUIN_VERIFY_H

#include <stddef.h>
#include <stdint.h>

/* -log softmax(logits)[token], in nats; logits [vocab]. */
double quin_nll(const float *logits, size_t vocab, uint32_t token);

#endif
