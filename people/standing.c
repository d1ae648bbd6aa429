#include "people/standing.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "core/json.h"
#include "core/timefmt.h"
#include "people/fixed.h"
#include "people/influence.h"
#include "people/sketch.h"

#define VERSION 1
#define ENDORSER_MILLI 500

/* Minutes. */
static const uint64_t half_lives[STANDING_SPAN_COUNT] = {
    [STANDING_HOURS] = 6 * 60, [STANDING_WEEKS] = 14 * 24 * 60, [STANDING_MONTHS] = 60 * 24 * 60};

static const char *const span_names[STANDING_SPAN_COUNT] = {
    [STANDING_HOURS] = "hours", [STANDING_WEEKS] = "weeks", [STANDING_MONTHS] = "months"};

static const char *const kind_names[ENDORSE_KIND_COUNT] = {[ENDORSE_REPOST] = "reposts",
    [ENDORSE_QUOTE] = "quotes",
    [ENDORSE_REPLY] = "replies",
    [ENDORSE_MENTION] = "mentions"};

const char *
standing_kind_name(enum endorsement kind)
{
	assert((unsigned)kind < ENDORSE_KIND_COUNT);
	return kind_names[kind];
}

void
standing_init(struct standing *s)
{
	memset(s, 0, sizeof *s);
}

static int64_t
minute_of(int64_t at_ms)
{
	return at_ms < 0 ? 0 : at_ms / TIME_MINUTE_MS;
}

static struct sketch
sketch_of(const struct standing *s)
{
	struct standing *own = (struct standing *)(uintptr_t)s;

	return (struct sketch){own->endorsers, STANDING_REGISTERS, &own->period};
}

/* Counts as of a later minute. */
static void
fade(struct standing *s, int64_t at_min)
{
	uint64_t age = (uint64_t)(at_min - s->at_min);

	assert(at_min >= s->at_min);
	if (age == 0)
		return;
	for (int span = 0; span < STANDING_SPAN_COUNT; span++) {
		uint64_t left = fixed_fade_q32(age, half_lives[span]);

		for (int kind = 0; kind < ENDORSE_KIND_COUNT; kind++)
			s->counts[kind][span] = fixed_times_q32(s->counts[kind][span], left);
	}
	s->at_min = at_min;
}

static void
add(uint64_t *count, uint64_t more)
{
	*count = *count > UINT64_MAX / 2 - more ? UINT64_MAX / 2 : *count + more;
}

void
standing_endorse(struct standing *s, enum endorsement kind, int64_t endorser, int32_t weight_milli,
    int64_t at_ms)
{
	int64_t at_min = minute_of(at_ms);
	uint64_t weight = ((uint64_t)weight_milli << 32) / 1000;

	assert((unsigned)kind < ENDORSE_KIND_COUNT && weight_milli >= 0 && weight_milli <= 1000);
	if (at_min > s->at_min)
		fade(s, at_min);
	for (int span = 0; span < STANDING_SPAN_COUNT; span++)
		add(&s->counts[kind][span],
		    at_min == s->at_min
			? weight
			: fixed_times_q32(weight,
			      fixed_fade_q32((uint64_t)(s->at_min - at_min), half_lives[span])));
	if (weight_milli >= ENDORSER_MILLI)
		sketch_add(sketch_of(s), fixed_scatter((uint64_t)endorser), at_min);
}

int64_t
standing_count_milli(
    const struct standing *s, enum endorsement kind, enum standing_span span, int64_t at_ms)
{
	int64_t at_min = minute_of(at_ms);
	uint64_t count = s->counts[kind][span];

	if (at_min > s->at_min)
		count = fixed_times_q32(
		    count, fixed_fade_q32((uint64_t)(at_min - s->at_min), half_lives[span]));
	/* Fading rounds down: half a thousandth more is what was meant. */
	return (int64_t)((count >> 32) * 1000 +
	    (((count & UINT32_MAX) * 1000 + (UINT64_C(1) << 31)) >> 32));
}

int64_t
standing_endorsers_milli(const struct standing *s, int64_t at_ms)
{
	return sketch_count_milli(sketch_of(s), minute_of(at_ms));
}

void
standing_to_facts(const struct standing *s, int64_t at_ms, struct influence_facts *facts)
{
	facts->reposts_seen_milli = standing_count_milli(s, ENDORSE_REPOST, STANDING_WEEKS, at_ms);
	facts->mentions_seen_milli = 0;
	for (int kind = ENDORSE_QUOTE; kind < ENDORSE_KIND_COUNT; kind++)
		facts->mentions_seen_milli +=
		    standing_count_milli(s, (enum endorsement)kind, STANDING_WEEKS, at_ms);
	facts->endorsers_milli = standing_endorsers_milli(s, at_ms);
}

/* ---- bytes ---------------------------------------------------------------- */

unsigned char *
standing_put_u64(unsigned char *at, uint64_t v)
{
	v = htole64(v);
	memcpy(at, &v, sizeof v);
	return at + sizeof v;
}

const unsigned char *
standing_get_u64(const unsigned char *at, uint64_t *v_r)
{
	memcpy(v_r, at, sizeof *v_r);
	*v_r = le64toh(*v_r);
	return at + sizeof *v_r;
}

void
standing_write(const struct standing *s, unsigned char bytes_r[STANDING_BYTES])
{
	unsigned char *at = bytes_r;

	*at++ = VERSION;
	for (int kind = 0; kind < ENDORSE_KIND_COUNT; kind++)
		for (int span = 0; span < STANDING_SPAN_COUNT; span++)
			at = standing_put_u64(at, s->counts[kind][span]);
	at = standing_put_u64(at, (uint64_t)s->at_min);
	at = standing_put_u64(at, s->period);
	memcpy(at, s->endorsers, sizeof s->endorsers);
	assert(at + sizeof s->endorsers == bytes_r + STANDING_BYTES);
}

bool
standing_read(const unsigned char *bytes, size_t len, struct standing *s_r)
{
	const unsigned char *at = bytes + 1;
	uint64_t v;

	if (len != STANDING_BYTES || bytes[0] != VERSION)
		return false;
	for (int kind = 0; kind < ENDORSE_KIND_COUNT; kind++)
		for (int span = 0; span < STANDING_SPAN_COUNT; span++) {
			at = standing_get_u64(at, &v);
			s_r->counts[kind][span] = v < UINT64_MAX / 2 ? v : UINT64_MAX / 2;
		}
	at = standing_get_u64(at, &v);
	s_r->at_min = v < INT64_MAX / 2 ? (int64_t)v : 0;
	at = standing_get_u64(at, &v);
	s_r->period = (uint32_t)v;
	memcpy(s_r->endorsers, at, sizeof s_r->endorsers);
	return true;
}

/* ---- JSON ----------------------------------------------------------------- */

void
standing_to_json(const struct standing *s, int64_t at_ms, struct json_writer *w)
{
	json_object_begin(w);
	json_kv_milli(w, "endorsers", standing_endorsers_milli(s, at_ms));
	for (int kind = 0; kind < ENDORSE_KIND_COUNT; kind++) {
		json_key(w, kind_names[kind]);
		json_object_begin(w);
		for (int span = 0; span < STANDING_SPAN_COUNT; span++)
			json_kv_milli(w, span_names[span],
			    standing_count_milli(
				s, (enum endorsement)kind, (enum standing_span)span, at_ms));
		json_object_end(w);
	}
	json_object_end(w);
}
