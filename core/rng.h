/*
 * rng.h - randomness, handed in: xoshiro256** from a seed (Blackman and Vigna, 2018).  For jitter,
 * hash seeds and simulations; secrets come from platform/crypto.h.
 */
#ifndef CORE_RNG_H
#define CORE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed); /* splitmix64 spreads the seed */
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t bound); /* 0 .. bound-1, unbiased; bound > 0 */

#endif
