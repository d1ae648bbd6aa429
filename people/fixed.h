/*
 * fixed.h - logarithms, halvings and roots in integers: the same on every machine.
 *
 * Pure.  Threads: any.
 */
#ifndef PEOPLE_FIXED_H
#define PEOPLE_FIXED_H

#include <stdint.h>

/* log2(v) in 65536ths, rounded down; v is at least 1.  Never falls when v grows. */
int64_t fixed_log2_q16(uint64_t v);

/* log10(1 + count) in millionths; counts in thousandths, at most FIXED_COUNT_MAX counts. */
#define FIXED_COUNT_MILLI_MAX INT64_C(1000000000000000) /* 10^12 of whatever it is */
int64_t fixed_log_count(int64_t count_milli);

/* 2^-(x / 2^24) in 2^32ths; 0 from 2^-33 on.  Within four 2^32ths of what it should be, and never more for a larger x. */
uint64_t fixed_half_q32(uint64_t x_q24);

/* How much is left after age of what halves each half_life (both in the same unit; half_life above 0, of 32 bits). */
uint64_t fixed_fade_q32(uint64_t age, uint64_t half_life);

/* v * factor / 2^32, factor at most 2^32; rounded down. */
uint64_t fixed_times_q32(uint64_t v, uint64_t factor_q32);

/* The root, rounded down. */
uint64_t fixed_root(uint64_t v);

/* Numbers that follow one another become bits that look random (splitmix64's last steps). */
uint64_t fixed_scatter(uint64_t v);

#endif
