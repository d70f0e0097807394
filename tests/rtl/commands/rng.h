/* SPDX-License-Identifier: Apache-2.0
 *
 * Random numbers of the random commands (splitmix64). Every stream is a struct of its own, so that taking a command out
 * of a program does not change what comes after it.
 */
#ifndef QUIN_COMMANDS_RNG_H
#define QUIN_COMMANDS_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Stream number `stream` of a seed. */
static inline struct rng rng_start(uint64_t seed, uint64_t stream)
{
    return (struct rng){rng_mix(seed * 0x9e3779b97f4a7c15u + 1) ^ rng_mix(stream * 0xd1342543de82ef95u + 7)};
}

static inline uint64_t rng_wide(struct rng *r)
{
    return rng_mix(r->state += 0x9e3779b97f4a7c15u);
}

static inline uint32_t rng_next(struct rng *r)
{
    return (uint32_t)(rng_wide(r) >> 32);
}

/* 0 .. n - 1; n is not 0 */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
    return (uint32_t)((uint64_t)rng_next(r) * n >> 32);
}

/* lo .. hi */
static inline uint32_t rng_range(struct rng *r, uint32_t lo, uint32_t hi)
{
    return lo + rng_below(r, hi - lo + 1);
}

static inline int rng_percent(struct rng *r, uint32_t percent)
{
    return rng_below(r, 100) < percent;
}

/* 0 .. most, small ones more often */
static inline uint32_t rng_small(struct rng *r, uint32_t most)
{
    return rng_below(r, rng_below(r, most + 1) + 1);
}

#endif
