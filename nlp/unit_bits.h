/*
 * unit_bits.h - sets of the units of a text, 64 of them a number: what is to be done with a few units is done
 * to those alone.
 *
 * Ownership: the caller's numbers, unit_bits_room() of them; bits of units that are not there are 0.
 */
#ifndef NLP_UNIT_BITS_H
#define NLP_UNIT_BITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define UNIT_BITS 64

/* How many numbers hold so many units, and one behind the last. */
static inline size_t
unit_bits_room(size_t unit_count)
{
	return unit_count / UNIT_BITS + 2;
}

/* Adds the units [from, to). */
static inline void
unit_bits_add(uint64_t *bits, size_t from, size_t to)
{
	while (from < to) {
		size_t count = UNIT_BITS - from % UNIT_BITS;
		count = to - from < count ? to - from : count;
		bits[from / UNIT_BITS] |= UINT64_MAX >> (UNIT_BITS - count) << from % UNIT_BITS;
		from += count;
	}
}

/* Eight units have a byte of traits each: the units among them that have one, a bit, as eight bits. */
static inline uint64_t
unit_bits_of_eight(uint64_t traits, unsigned trait_bit)
{
	/* The lowest bits of eight bytes, moved beside each other at the top. */
	return (traits >> trait_bit & 0x0101010101010101u) * 0x0102040810204080u >> 56;
}

#endif
