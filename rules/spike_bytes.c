#include "rules/spike.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/err.h"

#define WORDS (sizeof(struct spike) / 8)
#define INTS_FIRST 7 /* words before told_value */

static_assert(sizeof(struct spike) % 8 == 0 && sizeof(struct spike) <= 512, "words of 8 bytes");
static_assert(offsetof(struct spike, told_value) == INTS_FIRST * 8, "integers come first");

static const unsigned char magic[4] = {'S', 'P', 'K', SPIKE_VERSION};

static void
put_word(unsigned char *out, uint64_t word)
{
	for (size_t i = 0; i < 8; i++)
		out[i] = (unsigned char)(word >> (8 * i));
}

static uint64_t
get_word(const unsigned char *in)
{
	uint64_t word = 0;

	for (size_t i = 0; i < 8; i++)
		word |= (uint64_t)in[i] << (8 * i);
	return word;
}

/* FNV-1a: against torn rows and slips, not against forgers. */
static uint64_t
checksum(const unsigned char *bytes, size_t len)
{
	uint64_t sum = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ bytes[i]) * UINT64_C(1099511628211);
	return sum;
}

void
spike_write(const struct spike *s, unsigned char out[SPIKE_BYTES])
{
	uint64_t word;

	memcpy(out, magic, sizeof magic);
	for (size_t i = 0; i < WORDS; i++) {
		memcpy(&word, (const unsigned char *)s + 8 * i, 8);
		put_word(out + 4 + 8 * i, word);
	}
	put_word(out + SPIKE_BYTES - 8, checksum(out, SPIKE_BYTES - 8));
}

static bool
are_finite(const struct spike *s)
{
	const double *d = &s->told_value;
	double value;

	for (size_t i = INTS_FIRST; i < WORDS; i++) {
		memcpy(&value, d + (i - INTS_FIRST), sizeof value);
		if (!isfinite(value) || value < SPIKE_UNKNOWN)
			return false;
	}
	return true;
}

int
spike_read(struct spike *s, const void *bytes, size_t len, struct err *err)
{
	const unsigned char *in = bytes;
	struct spike read;
	uint64_t word;

	if (len != SPIKE_BYTES || memcmp(in, magic, sizeof magic) != 0)
		return err_set(err, ERR_INPUT, "not the state of a spike detector of version %d",
		    SPIKE_VERSION);
	if (get_word(in + SPIKE_BYTES - 8) != checksum(in, SPIKE_BYTES - 8))
		return err_set(err, ERR_INPUT, "the state of a spike detector is damaged");
	for (size_t i = 0; i < WORDS; i++) {
		word = get_word(in + 4 + 8 * i);
		memcpy((unsigned char *)&read + 8 * i, &word, 8);
	}
	if (!are_finite(&read) || read.buckets < 0 || read.noise < 1 ||
	    (read.buckets > 0 && read.next_at_ms <= read.first_at_ms))
		return err_set(err, ERR_INPUT, "the state of a spike detector makes no sense");
	*s = read;
	return 0;
}
