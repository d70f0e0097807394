/* SPDX-License-Identifier: Apache-2.0 */
/* Quantiser conversions and the byte code of five trits. */
#include "quant.h"

#include <stddef.h>

#include "../common/f32.h"

int8_t quin_quant_i8(float y)
{
    return (int8_t)quin_f32_to_i32_rne(y, 127);
}

int8_t quin_quant_i8_low(float y)
{
    return (int8_t)quin_f32_to_i32_rne_low(y, 127);
}

int8_t quin_quant_trit5(float y)
{
    return (int8_t)quin_f32_to_i32_rne(y, QUIN_TRIT5_MAX);
}

int16_t quin_quant_trit10(float y)
{
    return (int16_t)quin_f32_to_i32_rne(y, QUIN_TRIT10_MAX);
}

/* q = ceil(u * 256 / 243) for u = 0..242. Rounding up makes the fraction q/256 just enough for five exact
 * trits. */
static uint8_t encode5(unsigned u)
{
    return (uint8_t)((u * 256 + 242) / 243);
}

uint8_t quin_trit5_encode(int v)
{
    return encode5((unsigned)(v + QUIN_TRIT5_MAX));
}

int quin_trit5_decode(uint8_t code, int8_t *trits)
{
    unsigned q = code;
    int v = 0;

    for (size_t i = 0; i < 5; i++) {
        int t;

        q *= 3; /* q + 2q: the integer part of 3 * (q/256) is the trit */
        t = (int)(q >> 8) - 1;
        q &= 255;
        if (trits != NULL)
            trits[i] = (int8_t)t;
        v = 3 * v + t;
    }
    return v;
}

struct quin_trit10 quin_trit10_encode(int v)
{
    unsigned u = (unsigned)(v + QUIN_TRIT10_MAX);
    struct quin_trit10 code = {encode5(u / 243), encode5(u % 243)};

    return code;
}

int quin_trit10_decode(struct quin_trit10 code, int8_t *trits)
{
    int hi = quin_trit5_decode(code.hi, trits);
    int lo = quin_trit5_decode(code.lo, trits == NULL ? NULL : trits + 5);

    return 243 * hi + lo;
}
