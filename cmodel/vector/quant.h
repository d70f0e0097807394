/* SPDX-License-Identifier: Apache-2.0 */
/* The last step of a quantiser (a scaled float becomes a small integer), and the code that puts integers
 * into bytes of five trits. A byte's code is q = ceil(u * 256 / 243) for u = 0..242; its trits come out one
 * by one as (3*q) >> 8 while (3*q) & 255 remains, most significant first. The 13 bytes that are no code
 * decode as well. */
#ifndef QUIN_VECTOR_QUANT_H
#define QUIN_VECTOR_QUANT_H

#include <stdint.h>

#include "contract.h"

/* y, already divided by the scale, to the nearest integer (halves to even), clamped; NaN gives 0. */
int8_t quin_quant_i8(float y);      /* to -127..127: absmax int8 activations */
int8_t quin_quant_i8_low(float y);  /* to -128..127, for models whose reference clips there */
int8_t quin_quant_trit5(float y);   /* to -121..121 */
int16_t quin_quant_trit10(float y); /* to -29524..29524 */

/* Byte of the value v in -121..121. The caller has checked the range. */
uint8_t quin_trit5_encode(int v);

/* Value of any byte, and its trits in -1..1, most significant first (trits[5], may be NULL). */
int quin_trit5_decode(uint8_t code, int8_t *trits);

/* Two bytes of the value v in -29524..29524: value = 243 * (value of hi) + value of lo. */
struct quin_trit10 {
    uint8_t hi;
    uint8_t lo;
};
struct quin_trit10 quin_trit10_encode(int v);

/* Value of any two bytes, and their trits (trits[10], may be NULL). */
int quin_trit10_decode(struct quin_trit10 code, int8_t *trits);

#endif
