/* SPDX-License-Identifier: Apache-2.0 */
/* Absmax quantisation to an odd number of levels around zero, and back to float. */
#include "quantisers.h"

#include <math.h>

float quin_fake_quantise(float *x, size_t n, uint32_t levels)
{
    double largest = 0.0;
    if (!levels)
        return 1.0f;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)x[i]));
    if (largest == 0.0)
        return 1.0f;
    double s = largest / levels;
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(nearbyint(x[i] / s) * s);
    return (float)s;
}
