/* SPDX-License-Identifier: Apache-2.0
 *
 * The byte code of five trits and the order of a stream, on the host's side.
 */
#include "pack.h"

#include <math.h>
#include <string.h>

/* Code of five trits, most significant first: u = sum of (trit + 1) * 3^(4 - i), q = ceil(u * 256 / 243). */
static uint8_t code_of(uint32_t u)
{
    return (uint8_t)((u * 256 + 242) / 243);
}

void quin_pack_ternary_tile(const struct quin_stream *s, uint32_t w, const int8_t *trits, uint32_t tile, uint8_t *out)
{
    uint8_t code[243];
    for (uint32_t u = 0; u < 243; u++)
        code[u] = code_of(u);
    for (uint32_t b = 0; b < w; b++) {
        uint32_t first = tile * s->channels + b * QUIN_TRITS_BYTE;
        const int8_t *row[QUIN_TRITS_BYTE];
        uint32_t rows = first >= s->n ? 0 : s->n - first < QUIN_TRITS_BYTE ? s->n - first : QUIN_TRITS_BYTE;
        for (uint32_t i = 0; i < rows; i++)
            row[i] = trits + (size_t)(first + i) * s->k;
        for (uint32_t k = 0; k < s->k; k++) {
            uint32_t u = 0;
            for (uint32_t i = 0; i < QUIN_TRITS_BYTE; i++)
                u = 3 * u + (uint32_t)((i < rows ? row[i][k] : 0) + 1);
            out[(size_t)k * w + b] = code[u];
        }
    }
}

void quin_pack_float_tile(const struct quin_stream *s, uint32_t w, const float *values, uint32_t rows, uint8_t *out)
{
    uint32_t bytes = s->precision == QUIN_PRECISION_D10 ? 2 : 1;
    int limit = bytes == 2 ? QUIN_TRIT10_MAX : QUIN_TRIT5_MAX;
    uint8_t *scales = out + (size_t)s->k * w;
    memset(out, QUIN_ZERO_BYTE, (size_t)s->k * w);
    memset(scales, 0, (size_t)s->channels * QUIN_SCALE_BYTES);
    for (uint32_t j = 0; j < rows; j++) {
        const float *row = values + (size_t)j * s->k;
        double absmax = 0;
        for (uint32_t k = 0; k < s->k; k++)
            absmax = fmax(absmax, fabs(row[k]));
        if (absmax == 0)
            continue;
        float scale = (float)(absmax / limit);
        memcpy(scales + (size_t)j * QUIN_SCALE_BYTES, &scale, sizeof scale);
        for (uint32_t k = 0; k < s->k; k++) {
            uint32_t u = (uint32_t)((int)rint(row[k] * (limit / absmax)) + limit);
            uint8_t *at = out + (size_t)k * w + (size_t)j * bytes;
            if (bytes == 2)
                *at++ = code_of(u / 243);
            *at = code_of(u % 243);
        }
    }
}
