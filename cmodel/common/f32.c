/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion of binary32 to clamped integers (the rest of the arithmetic is inline in f32.h). */
#include "f32.h"

/* Both limits are integers, so clamping after rounding equals clamping before it, which is cheaper in
 * hardware. */
static int32_t round_clamp(float x, int64_t low, int64_t high)
{
    float r = quin_f32_rint(x);
    int64_t v;

    if (r != r)
        return 0;
    if (r >= 0x1p31f)
        return (int32_t)high;
    if (r < -0x1p31f)
        return (int32_t)low;
    v = (int64_t)r;
    if (v > high)
        v = high;
    if (v < low)
        v = low;
    return (int32_t)v;
}

int32_t quin_f32_to_i32_rne(float x, int32_t limit)
{
    return round_clamp(x, -(int64_t)limit, limit);
}

int32_t quin_f32_to_i32_rne_low(float x, int32_t limit)
{
    return round_clamp(x, -(int64_t)limit - 1, limit);
}
