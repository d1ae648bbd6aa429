#include "people/influence.h"

#include <assert.h>
#include <string.h>

#include "core/json.h"
#include "people/fixed.h"
#include "people/standing.h"

/* Logarithms in millionths. */
#define FILL_ONE INT64_C(1000000)

/* log10 of the numbers named */
#define LOG_300K INT64_C(5477123)
#define LOG_FULL_STANDING INT64_C(7000000)
#define LOG_LISTED INT64_C(1000000) /* a list bears out 10 followers */
#define LOG_MENTION INT64_C(2477121) /* 300 */
#define LOG_REPOST INT64_C(3477121) /* 3000 */
#define LOG_USUAL_LISTED INT64_C(1397940) /* one for 25 followers */
#define LOG_USUAL_MENTION INT64_C(2778151) /* 600 */
#define LOG_USUAL_REPOST INT64_C(3301030) /* 2000 */
#define LOG_ENDORSER INT64_C(2477121) /* an endorser stands for 300 followers */
#define ENDORSERS_ENOUGH_MILLI 2500 /* three, as a sketch counts them, to speak of the unknown */
#define LOG_TALK INT64_C(602060) /* 1 + 3 */
#define LOG_AGE INT64_C(3562412) /* 1 + 3650 */

#define USUAL_FOLLOWING_MILLI INT64_C(600000)
#define USUAL_SENT_MILLI INT64_C(1000)
#define USUAL_AGE_DAYS INT64_C(1095)

const struct influence_weights influence_weights_default = {
    .parts_milli = {[INFLUENCE_REACH] = 13000,
	[INFLUENCE_STANDING] = 48000,
	[INFLUENCE_DRAW] = 8000,
	[INFLUENCE_COMPANY] = 15000,
	[INFLUENCE_TALK] = 3000,
	[INFLUENCE_AGE] = 5000,
	[INFLUENCE_ENDORSED] = 8000},
    .bot_discount_milli = 500,
};

static const char *const part_names[INFLUENCE_PART_COUNT] = {[INFLUENCE_REACH] = "reach",
    [INFLUENCE_STANDING] = "standing",
    [INFLUENCE_DRAW] = "draw",
    [INFLUENCE_COMPANY] = "company",
    [INFLUENCE_TALK] = "talk",
    [INFLUENCE_AGE] = "age",
    [INFLUENCE_ENDORSED] = "endorsed"};

const char *
influence_part_name(enum influence_part part)
{
	assert((unsigned)part < INFLUENCE_PART_COUNT);
	return part_names[part];
}

/* ---- parts ---------------------------------------------------------------- */

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
within(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

struct looking {
	const struct influence_facts *f;
	int64_t followers; /* log */
	uint32_t assumed;
};

static int64_t
known_or(struct looking *l, enum influence_part part, int64_t value, int64_t usual)
{
	if (value >= 0)
		return value;
	l->assumed |= 1u << part;
	return usual;
}

/* What bears followers out, unless it is not known: then as many as it usually does, or as many as we
 * saw when those are more. */
static int64_t
borne_out(
    struct looking *l, int64_t count_milli, int64_t seen_milli, int64_t log_each, int64_t log_usual)
{
	int64_t usual = l->followers + log_each - log_usual, seen;

	if (count_milli >= 0)
		return fixed_log_count(count_milli) + log_each;
	l->assumed |= 1u << INFLUENCE_STANDING;
	if (seen_milli <= 0)
		return usual;
	seen = fixed_log_count(seen_milli) + log_each;
	return seen > usual ? seen : usual;
}

static int64_t
standing(struct looking *l)
{
	int64_t log = l->followers;

	log = least(log, borne_out(l, l->f->listed_milli, 0, LOG_LISTED, LOG_USUAL_LISTED));
	log = least(log,
	    borne_out(l, l->f->mentions_milli, l->f->mentions_seen_milli, LOG_MENTION,
		LOG_USUAL_MENTION));
	log = least(log,
	    borne_out(
		l, l->f->reposts_milli, l->f->reposts_seen_milli, LOG_REPOST, LOG_USUAL_REPOST));
	return within(log, 0, LOG_FULL_STANDING) * FILL_ONE / LOG_FULL_STANDING;
}

/* Different people who endorsed them, each as good as so many followers; of whom we saw none, their
 * followers. */
static int64_t
endorsed(struct looking *l)
{
	int64_t log = l->followers, seen;

	if (l->f->endorsers_milli <= 0) {
		l->assumed |= 1u << INFLUENCE_ENDORSED;
	} else {
		seen = fixed_log_count(l->f->endorsers_milli) + LOG_ENDORSER;
		log = seen > log ? seen : log;
	}
	return least(log, LOG_300K) * FILL_ONE / LOG_300K;
}

/* Followers as the others let expect them when they are not known; false: nothing is. */
static bool
find_followers(struct looking *l)
{
	const struct influence_facts *f = l->f;

	if (f->followers_milli >= 0) {
		l->followers = fixed_log_count(f->followers_milli);
		return true;
	}
	l->assumed |= 1u << INFLUENCE_REACH;
	if (f->listed_milli >= 0)
		l->followers = fixed_log_count(f->listed_milli) + LOG_USUAL_LISTED;
	else if (f->mentions_milli >= 0)
		l->followers = fixed_log_count(f->mentions_milli) + LOG_USUAL_MENTION;
	else if (f->reposts_milli >= 0)
		l->followers = fixed_log_count(f->reposts_milli) + LOG_USUAL_REPOST;
	else if (f->endorsers_milli >= ENDORSERS_ENOUGH_MILLI)
		l->followers = fixed_log_count(f->endorsers_milli) + LOG_ENDORSER;
	else
		return false;
	return true;
}

static void
fill_parts(struct looking *l, int64_t fills[INFLUENCE_PART_COUNT])
{
	const struct influence_facts *f = l->f;
	int64_t following, sent, days;

	following =
	    fixed_log_count(known_or(l, INFLUENCE_DRAW, f->following_milli, USUAL_FOLLOWING_MILLI));
	sent =
	    fixed_log_count(known_or(l, INFLUENCE_TALK, f->mentions_sent_milli, USUAL_SENT_MILLI));
	days = known_or(l, INFLUENCE_AGE, f->age_days, USUAL_AGE_DAYS);
	if (f->following_milli < 0)
		l->assumed |= 1u << INFLUENCE_COMPANY;
	fills[INFLUENCE_REACH] = least(l->followers, LOG_300K) * FILL_ONE / LOG_300K;
	fills[INFLUENCE_STANDING] = standing(l);
	fills[INFLUENCE_DRAW] =
	    (within(l->followers - following, -FILL_ONE, FILL_ONE) + FILL_ONE) / 2;
	fills[INFLUENCE_COMPANY] = least(following, FILL_ONE);
	fills[INFLUENCE_TALK] = least(sent, LOG_TALK) * FILL_ONE / LOG_TALK;
	fills[INFLUENCE_AGE] =
	    least(fixed_log_count(least(days, FIXED_COUNT_MILLI_MAX / 1000) * 1000), LOG_AGE) *
	    FILL_ONE / LOG_AGE;
	fills[INFLUENCE_ENDORSED] = endorsed(l);
}

void
influence_make(
    const struct influence_weights *w, const struct influence_facts *f, struct influence *r)
{
	struct looking l = {.f = f};
	int64_t fills[INFLUENCE_PART_COUNT], weights = 0, sum = 0;

	memset(r, 0, sizeof *r);
	for (int i = 0; i < INFLUENCE_PART_COUNT; i++)
		weights += w->parts_milli[i];
	assert(weights > 0 && f->bot_milli >= 0 && f->bot_milli <= 1000);
	if (!find_followers(&l))
		return;
	fill_parts(&l, fills);
	for (int i = 0; i < INFLUENCE_PART_COUNT; i++) {
		assert(fills[i] >= 0 && fills[i] <= FILL_ONE);
		r->parts_milli[i] = (int32_t)(w->parts_milli[i] * fills[i] / (weights * 10));
		sum += r->parts_milli[i];
	}
	r->is_known = true;
	r->assumed = l.assumed;
	r->bot_milli = f->bot_milli;
	r->discount_milli = (int32_t)(sum * w->bot_discount_milli * f->bot_milli / 1000000);
	r->total_milli = (int32_t)sum - r->discount_milli;
}

/* ---- authors -------------------------------------------------------------- */

void
influence_facts_init(struct influence_facts *f)
{
	*f = (struct influence_facts){COUNT_UNKNOWN, COUNT_UNKNOWN, COUNT_UNKNOWN, COUNT_UNKNOWN,
	    COUNT_UNKNOWN, COUNT_UNKNOWN, COUNT_UNKNOWN, 0, 0, 0, 0};
}

static int64_t
milli_of(int64_t count)
{
	if (count < 0)
		return COUNT_UNKNOWN;
	return least(count, FIXED_COUNT_MILLI_MAX / 1000) * 1000;
}

void
influence_facts_of(const struct author *au, int64_t at_ms, struct influence_facts *f)
{
	influence_facts_init(f);
	f->followers_milli = milli_of(au->followers);
	f->following_milli = milli_of(au->following);
	f->listed_milli = milli_of(au->listed);
	if (au->created_at_ms != TIME_UNKNOWN && at_ms != TIME_UNKNOWN)
		f->age_days =
		    at_ms > au->created_at_ms ? (at_ms - au->created_at_ms) / TIME_DAY_MS : 0;
	f->bot_milli = influence_bot(au, at_ms);
}

void
influence_of_author(const struct influence_weights *w, const struct author *au,
    const struct standing *standing, int64_t at_ms, struct influence *influence_r)
{
	struct influence_facts f;

	if (au->id.len == 0 || au->objects_to_profiling)
		influence_facts_init(&f);
	else {
		influence_facts_of(au, at_ms, &f);
		if (standing != NULL)
			standing_to_facts(standing, at_ms, &f);
	}
	influence_make(w, &f, influence_r);
}

/* ---- machines ------------------------------------------------------------- */

#define BUSY_FROM 50 /* posts a day */
#define BUSY_TO 500
#define BUSY_SHARE 600
#define FOLLOWS_MANY 2000
#define YOUNG_DAYS 30
#define YOUNG_BUSY 100

static int32_t
join(int32_t likely, int64_t share)
{
	return likely + (int32_t)((1000 - likely) * share / 1000);
}

static int64_t
busy_share(int64_t posts_per_day)
{
	int64_t over = within(posts_per_day - BUSY_FROM, 0, BUSY_TO - BUSY_FROM);

	return over * BUSY_SHARE / (BUSY_TO - BUSY_FROM);
}

/* Empty is not the same as unknown: feeds have neither name nor bio to show. */
static bool
is_blank(struct slice s)
{
	return slice_is_set(s) && s.len == 0;
}

int32_t
influence_bot(const struct author *au, int64_t at_ms)
{
	int64_t days = -1, per_day = 0;
	int32_t likely = 0;

	if (au->is_bot == TRI_YES)
		return 1000;
	if (au->is_verified == TRI_YES)
		return 0;
	if (au->created_at_ms != TIME_UNKNOWN && at_ms != TIME_UNKNOWN)
		days = at_ms > au->created_at_ms ? (at_ms - au->created_at_ms) / TIME_DAY_MS : 0;
	if (days >= 0 && au->posts >= 0)
		per_day = au->posts / (days < 1 ? 1 : days);
	likely = join(likely, busy_share(per_day));
	if (au->followers >= 0 && au->following >= FOLLOWS_MANY &&
	    au->following / 10 >= au->followers)
		likely = join(likely, 300);
	if (days >= 0 && days < YOUNG_DAYS && per_day >= YOUNG_BUSY)
		likely = join(likely, 300);
	if (is_blank(au->name) && is_blank(au->bio))
		likely = join(likely, 200);
	return likely;
}

/* ---- pairs ---------------------------------------------------------------- */

/* 2^-(1/2), 2^-(1/4), 2^-(1/8) ... in 2^32ths. */
static const uint32_t halves[16] = {3037000500u, 3611622603u, 3938502376u, 4112874773u, 4202935003u,
    4248701965u, 4271771996u, 4283353945u, 4289156690u, 4292061010u, 4293513907u, 4294240540u,
    4294603903u, 4294785595u, 4294876445u, 4294921870u};

/* e^(-points / 9.25) in 2^32ths. */
static uint64_t
odds_q32(int64_t points_milli)
{
	/* Powers of two in 65536ths: points / 9.25 * log2(e). */
	uint64_t x = (uint64_t)points_milli * 65536 * 155967 / 1000000000;
	uint64_t v = UINT64_C(1) << 32;

	if (x >> 16 > 32)
		return 0;
	for (int i = 0; i < 16; i++)
		if ((x >> (15 - i) & 1) != 0)
			v = v * halves[i] >> 32;
	return v >> (x >> 16);
}

int32_t
influence_above_micro(const struct influence *a, const struct influence *b)
{
	int64_t d = a->is_known && b->is_known ? (int64_t)a->total_milli - b->total_milli : 0;
	uint64_t one = UINT64_C(1) << 32, odds = odds_q32(d < 0 ? -d : d);
	int32_t micro = (int32_t)((one * 1000000 + (one + odds) / 2) / (one + odds));

	return d < 0 ? 1000000 - micro : micro;
}

/* ---- JSON ----------------------------------------------------------------- */

void
influence_to_json(const struct influence *in, struct json_writer *w)
{
	if (!in->is_known) {
		json_put_null(w);
		return;
	}
	json_object_begin(w);
	json_kv_i64(w, "points", influence_points(in));
	json_key(w, "parts");
	json_object_begin(w);
	for (int i = 0; i < INFLUENCE_PART_COUNT; i++)
		json_kv_milli(w, part_names[i], in->parts_milli[i]);
	json_object_end(w);
	json_kv_milli(w, "bot_likelihood", in->bot_milli);
	json_kv_milli(w, "bot_discount", in->discount_milli);
	json_key(w, "assumed");
	json_array_begin(w);
	for (int i = 0; i < INFLUENCE_PART_COUNT; i++)
		if ((in->assumed >> i & 1) != 0)
			json_put_cstr(w, part_names[i]);
	json_array_end(w);
	json_object_end(w);
}
