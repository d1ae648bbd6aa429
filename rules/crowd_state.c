/*
 * crowd_state.c - the incident and what is usual, as bytes.
 *
 *	"CRD" version, subject, is_active, since, peak, quiet_since, looked_since, judged,
 *	number of detectors { is_of_authors, bucket, next, spike }, hash of all before it
 *
 * Numbers are little endian, 8 bytes each but for flags and the number of detectors.
 */
#include "rules/crowd_internal.h"

#include <assert.h>
#include <string.h>

#include "core/buf.h"
#include "core/map.h"
#include "core/timefmt.h"

#define STATE_HEAD "CRD\1"
#define DETECTOR_BYTES (1 + 2 * 8 + SPIKE_BYTES)
#define STATE_BYTES(detectors) (4 + 8 + 1 + 5 * 8 + 1 + (detectors)*DETECTOR_BYTES + 8)

static_assert(STATE_BYTES(CROWD_DETECTORS_MAX) <= CROWD_STATE_MAX, "a state fits its row");

static void
put_u64(struct buf *out, uint64_t n)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(n >> (8 * i));
	buf_add(out, bytes, sizeof bytes);
}

static void
put_i64(struct buf *out, int64_t n)
{
	put_u64(out, (uint64_t)n);
}

int
crowd_state_write(struct crowd *c, size_t i, struct buf *out)
{
	struct crowd_run *r = &c->runs[i];
	size_t begin = out->len;

	assert(i < c->run_count);
	buf_add(out, STATE_HEAD, 4);
	put_u64(out, r->subject);
	buf_add_char(out, (char)r->is_active);
	put_i64(out, r->since_ms);
	put_i64(out, r->peak);
	put_i64(out, r->quiet_since_ms);
	put_i64(out, r->looked_since_ms);
	put_i64(out, r->judged_ms);
	buf_add_char(out, (char)r->detector_count);
	for (size_t k = 0; k < r->detector_count; k++) {
		unsigned char bytes[SPIKE_BYTES];

		buf_add_char(out, (char)r->detectors[k].is_of_authors);
		put_i64(out, r->detectors[k].bucket_ms);
		put_i64(out, r->detectors[k].next_ms);
		spike_write(&r->detectors[k].spike, bytes);
		buf_add(out, bytes, sizeof bytes);
	}
	if (buf_failed(out))
		return -1;
	put_u64(out, hash_bytes(0, slice_make(out->ptr + begin, out->len - begin)));
	if (buf_failed(out))
		return -1;
	r->is_changed = false;
	r->written_ms = r->judged_ms;
	return 0;
}

static uint64_t
get_u64(const char **at)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n |= (uint64_t)(unsigned char)(*at)[i] << (8 * i);
	*at += 8;
	return n;
}

static int64_t
get_i64(const char **at)
{
	return (int64_t)get_u64(at);
}

static struct crowd_detector *
find_detector(struct crowd_run *r, bool is_of_authors, int64_t bucket_ms)
{
	for (size_t k = 0; k < r->detector_count; k++)
		if (r->detectors[k].is_of_authors == is_of_authors &&
		    r->detectors[k].bucket_ms == bucket_ms)
			return &r->detectors[k];
	return NULL;
}

/* A detector that no line asks for any more is passed over; so is that of another subject, whose usual
 * is not ours. */
static bool
read_detector(struct crowd_run *r, bool is_same, const char **at)
{
	bool is_of_authors = *(*at)++ != 0;
	int64_t bucket_ms = get_i64(at), next_ms = get_i64(at);
	struct crowd_detector *d = find_detector(r, is_of_authors, bucket_ms);
	const char *bytes = *at;

	*at += SPIKE_BYTES;
	if (d == NULL || !is_same)
		return true;
	d->next_ms = next_ms;
	return spike_read(&d->spike, bytes, SPIKE_BYTES, NULL) == 0;
}

static bool
is_state(struct slice state)
{
	const char *end;
	size_t detectors;

	if (state.len < STATE_BYTES(0) || memcmp(state.ptr, STATE_HEAD, 4) != 0)
		return false;
	detectors = (unsigned char)state.ptr[4 + 8 + 1 + 5 * 8];
	if (state.len != STATE_BYTES(detectors))
		return false;
	end = state.ptr + state.len - 8;
	return get_u64(&end) == hash_bytes(0, slice_make(state.ptr, state.len - 8));
}

bool
crowd_state_read(struct crowd *c, size_t i, struct slice state)
{
	struct crowd_run *r = &c->runs[i], before = *r;
	const char *at = state.ptr + 4;
	bool is_same;
	size_t detectors;

	assert(i < c->run_count);
	if (!is_state(state))
		return false;
	is_same = get_u64(&at) == r->subject;
	r->is_active = *at++ != 0;
	r->since_ms = get_i64(&at);
	r->peak = get_i64(&at);
	r->quiet_since_ms = get_i64(&at);
	r->looked_since_ms = get_i64(&at);
	r->judged_ms = r->written_ms = get_i64(&at);
	if (!is_same)
		r->looked_since_ms = r->judged_ms = TIME_UNKNOWN;
	detectors = (unsigned char)*at++;
	for (size_t k = 0; k < detectors; k++) {
		if (!read_detector(r, is_same, &at)) {
			*r = before;
			return false;
		}
	}
	c->due_ms[i] = CROWD_NOW;
	return true;
}
