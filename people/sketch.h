/*
 * sketch.h - how many different ones there were, lately, without keeping who.
 *
 * A HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with registers of four bits, and linear
 * counting (Whang, Vander-Zanden, Taylor 1990) while most of them are empty.  The standard error is
 * 1.04 / sqrt(registers): 9.2 % with 128, 13 % with 64; less below one for each register.
 *
 * So that it fades there are two of them: of the period now and of the one before.  Who was seen in the period before
 * counts less with each day of the period now, so the count sinks evenly and an account nobody
 * speaks of any more is at 0 after two periods at most.
 *
 * Pure.  Threads: any.
 */
#ifndef PEOPLE_SKETCH_H
#define PEOPLE_SKETCH_H

#include <stdint.h>

#define SKETCH_PERIOD_MIN (INT64_C(30) * 24 * 60) /* minutes */

/* Registers, a power of two from 32 on, and the bytes they take for both periods. */
#define SKETCH_BYTES(registers) ((registers) / 2 * 2)

struct sketch {
	uint8_t *
	    bytes; /* SKETCH_BYTES(registers) of the owner: this period's half, then the one before */
	unsigned registers;
	uint32_t *period; /* of the first half: minutes since 1970 / SKETCH_PERIOD_MIN */
};

/* Somebody (bits that look random: fixed_scatter()) was seen then.  What is older than the period
 * before is not counted. */
void sketch_add(struct sketch s, uint64_t who, int64_t at_min);
/* How many different ones lately, in thousandths, as of then. */
int64_t sketch_count_milli(struct sketch s, int64_t at_min);

#endif
