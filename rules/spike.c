/*
 * The volume is looked at through two memories, of ten minutes and of an hour.  Each is held against
 * its own record: the highest of the last days, which fades, and which one outlier cannot raise by
 * much.  Where a volume is clearly above its record, and above what is usual at this hour by more
 * than its noise explains, something begins.  The record makes a brand that bursts every day calm;
 * the cap on it keeps the detector awake after a giant; the usual makes it see the rhythm.
 *
 * The share of a larger stream (complaints among all posts) is held against a record the same way.
 */
#include "rules/spike_internal.h"

#include <math.h>

#include "core/timefmt.h"

#define HOUR_MS ((double)TIME_HOUR_MS)
#define DAY_MS ((double)TIME_DAY_MS)

/* docs/spikes.md says how these were chosen and how flat the ground around them is. */
#define SLOW_TAU_MS (1 * HOUR_MS)
#define FAST_TAU_MS (HOUR_MS / 6)
#define RECORD_TAU_MS (7 * DAY_MS)
#define RECORD_TAU_FIRST_MS (12 * HOUR_MS) /* the first noon says little of the night */
#define RECORD_RAISE 1.5 /* what one incident may make of a record ... */
#define RECORD_RAISE_MS (10 * HOUR_MS) /* ... for so long */
#define RECORD_RAISE_FIRST_MS (1 * HOUR_MS) /* on the first day */
#define RHYTHM_TAKEN (1 / 3.0)
#define VOLUME_FLOOR 6 /* posts per hour that make no difference */
#define EXCESS_SLOW 1.85 /* times the record: an alert */
#define EXCESS_FAST 2.5
#define EXCESS_SHARE 1.4
#define USUAL_TIMES 2 /* at least so many times the usual */
#define USUAL_SHARE_TIMES 1.5
#define NOISE_TIMES 5 /* standard deviations above it */
#define SHARE_TAU_MS (3 * DAY_MS)
#define SHARE_FLOOR 4 /* posts of the base per hour that are taken for usual ones */
#define AUTHOR_TAU_MS (1 * DAY_MS)
#define AUTHOR_TIMES 1.5 /* posts an author has in an incident, over those he usually has */
#define REST_MS (12 * TIME_HOUR_MS)
#define GROWN_TIMES 4 /* told again within the rest */
#define INPUT_TIMES 100 /* what a bucket may be at most, over the usual */
#define SILENCE_POSTS 30 /* usual posts that did not come */
#define SILENCE_BUCKETS 3
#define SILENCE_TAU_MS (14 * DAY_MS)
#define SILENCE_LEARNT_MS (12 * TIME_HOUR_MS) /* a longer one teaches nothing: no night is it */
#define AT_MS_MAX INT64_C(253402300800000) /* year 10000 */

void
spike_init(struct spike *s)
{
	*s = (struct spike){0};
	for (size_t i = 0; i < 24; i++)
		s->hours[i] = SPIKE_UNKNOWN;
	for (size_t i = 0; i < 7; i++)
		s->days[i] = 1;
	s->noise = 1;
	s->share_usual = s->per_author = SPIKE_UNKNOWN;
}

/* ---- what a bucket says --------------------------------------------------------------------- */

struct bucket {
	int64_t at_ms, end_ms, length_ms, elapsed_ms; /* elapsed since the end of the last one */
	double hours;
	double count; /* posts, a flood cut to what its authors usually write */
	double base; /* SPIKE_UNKNOWN */
	double usual; /* posts */
};

static bool
is_usable(const struct spike *s, const struct spike_sample *in)
{
	return in->bucket_ms > 0 && in->bucket_ms <= SPIKE_BUCKET_MS_MAX &&
	    in->at_ms >= -AT_MS_MAX && in->at_ms <= AT_MS_MAX &&
	    (s->buckets == 0 || in->at_ms >= s->next_at_ms);
}

/* An author who writes a hundred times is one voice. */
static double
voices(const struct spike *s, double count, int64_t authors)
{
	double each = fmax(1, s->per_author) * AUTHOR_TIMES;

	return authors < 0 ? count : fmin(count, fmax(1, (double)authors) * each);
}

static struct bucket
bucket_of(const struct spike *s, const struct spike_sample *in)
{
	struct bucket b = {.at_ms = in->at_ms, .length_ms = in->bucket_ms};
	double count = in->count > 0 ? (double)in->count : 0;

	b.end_ms = in->at_ms + in->bucket_ms;
	b.elapsed_ms = s->buckets == 0 ? in->bucket_ms : b.end_ms - s->next_at_ms;
	b.hours = (double)in->bucket_ms / HOUR_MS;
	b.count = voices(s, count, in->authors);
	b.base = SPIKE_UNKNOWN;
	if (in->base_count >= 0)
		b.base = fmax(b.count, (double)in->base_count - (count - b.count));
	b.usual = spike_rate(s, in->at_ms + in->bucket_ms / 2) * b.hours;
	return b;
}

/* ---- memories and records ------------------------------------------------------------------- */

static void
smooth(struct spike_smooth *m, const struct bucket *b, double count, double tau_ms)
{
	double renewed = spike_renewed(b->elapsed_ms, tau_ms);

	if (m->weight2 <= 0)
		renewed = 1;
	m->value += renewed * (count / b->hours - m->value);
	m->usual += renewed * (b->usual / b->hours - m->usual);
	m->weight2 = (1 - renewed) * (1 - renewed) * m->weight2 + renewed * renewed;
}

/* How many times the record a value is, as a logarithm; raises the record.  While an incident raises
 * it, the record is what it was before. */
static double
excess(struct spike *s, struct spike_record *top, const struct bucket *b, double value)
{
	bool is_first_day = b->end_ms - s->first_at_ms < TIME_DAY_MS;
	double raise_ms = is_first_day ? RECORD_RAISE_FIRST_MS : RECORD_RAISE_MS;
	double tau_ms = is_first_day ? RECORD_TAU_FIRST_MS : RECORD_TAU_MS;
	double over, fade;

	if (b->end_ms <= s->warm_at_ms || top->value <= 0) {
		top->value = top->before = fmax(value, top->value);
		return -1;
	}
	fade = 1 - spike_renewed(b->elapsed_ms, tau_ms);
	top->value *= fade;
	top->before *= fade;
	if ((double)b->end_ms - top->since_ms >= raise_ms)
		top->before = top->value;
	over = log(value / top->before);
	if (value > top->value) {
		if (top->before >= top->value)
			top->since_ms = (double)b->end_ms;
		top->value = fmin(value, fmax(top->before * RECORD_RAISE, top->value));
	}
	return over;
}

/* Is the volume more than its usual and noise explain? */
static bool
is_unusual(const struct spike *s, const struct spike_smooth *m, const struct bucket *b)
{
	double variance = s->noise * fmax(m->usual, VOLUME_FLOOR) / b->hours * m->weight2;
	double off = m->value - m->usual;

	return off >= NOISE_TIMES * sqrt(variance) && m->value >= USUAL_TIMES * m->usual;
}

/* A volume with the rhythm taken out of it in part: wholly, and the noise of a quiet night would be
 * as good as that of a busy noon; not at all, and a night's spike would have to top the noon. */
static double
even(const struct spike *s, const struct spike_smooth *m)
{
	double rhythm = (m->usual + VOLUME_FLOOR) / (s->level + VOLUME_FLOOR);

	return (m->value + VOLUME_FLOOR) * pow(rhythm, -RHYTHM_TAKEN);
}

static double
volume_excess(struct spike *s, const struct bucket *b, double count)
{
	double slow, fast;

	smooth(&s->slow, b, count, SLOW_TAU_MS);
	smooth(&s->fast, b, count, FAST_TAU_MS);
	slow = excess(s, &s->slow_top, b, even(s, &s->slow)) - log(EXCESS_SLOW);
	fast = excess(s, &s->fast_top, b, even(s, &s->fast)) - log(EXCESS_FAST);
	if (!is_unusual(s, &s->slow, b))
		slow = fmin(slow, -0.1);
	if (!is_unusual(s, &s->fast, b))
		fast = fmin(fast, -0.1);
	return fmax(slow, fast);
}

/* ---- the share ------------------------------------------------------------------------------ */

static void
learn_share(struct spike *s, const struct bucket *b)
{
	double seen = b->count / fmax(b->base, 1), weight;

	if (b->base <= 0)
		return;
	if (s->share_usual < 0)
		s->share_usual = (b->count + 1) / (b->base + 2);
	/* A bucket with few posts says little. */
	weight = b->base / (b->base + 10);
	weight *= fmax(spike_renewed(b->length_ms, SHARE_TAU_MS), 1 / ((double)s->buckets + 1));
	s->share_usual += weight * (fmin(seen, 3 * s->share_usual + 0.05) - s->share_usual);
}

static double
share_excess(struct spike *s, const struct bucket *b)
{
	double renewed = spike_renewed(b->elapsed_ms, SLOW_TAU_MS);
	double share, usual = s->share_usual, posts, over;

	if (b->base < 0)
		return -1;
	s->share_count += renewed * (b->count / b->hours - s->share_count);
	s->share_base += renewed * (b->base / b->hours - s->share_base);
	if (usual < 0)
		return -1;
	share = (s->share_count + SHARE_FLOOR * usual) / (s->share_base + SHARE_FLOOR);
	over = excess(s, &s->share_top, b, share) - log(EXCESS_SHARE);
	/* Posts that a memory of an hour holds: its weights' sum over that of their squares. */
	posts = s->share_base * b->hours / fmax(s->slow.weight2, 1e-9);
	if (share < USUAL_SHARE_TIMES * usual ||
	    (share - usual) * sqrt(posts) < NOISE_TIMES * sqrt(usual * (1 - usual)) ||
	    (share - usual) * posts < 2 * NOISE_TIMES)
		over = fmin(over, -0.1);
	return over;
}

/* ---- silence -------------------------------------------------------------------------------- */

/* What came back by itself is a habit: the next time, twice as much may be missed.  One long outage
 * makes nobody deaf, as it counts no more than what made it one. */
static bool
listen(struct spike *s, const struct bucket *b, double count)
{
	double most = fmax(SILENCE_POSTS, 2 * s->missed_top);

	s->missed_top *= 1 - spike_renewed(b->elapsed_ms, SILENCE_TAU_MS);
	if (count > 0 || s->buckets == 0) {
		/* On the first day nothing tells what the silence ended in. */
		if (s->missed >= most && b->end_ms - s->first_at_ms < TIME_DAY_MS)
			s->warm_at_ms = b->at_ms + SPIKE_EARLY_MS;
		s->missed_top = fmax(s->missed_top, fmin(s->missed, most));
		s->missed = 0;
		s->heard_at_ms = b->end_ms;
		return false;
	}
	s->missed += b->usual;
	return s->missed >= most && b->end_ms - s->heard_at_ms >= SILENCE_BUCKETS * b->length_ms;
}

/* ---- the step ------------------------------------------------------------------------------- */

/* What is told: the begin of an incident, and that it has become much larger. */
static bool
is_news(struct spike *s, const struct bucket *b, double over)
{
	double volume = s->slow.value + VOLUME_FLOOR;

	if (over < 0) {
		s->is_told = 0;
		return false;
	}
	if ((s->is_told || (s->told_at_ms != 0 && b->end_ms - s->told_at_ms < REST_MS)) &&
	    volume < GROWN_TIMES * s->told_value)
		return false;
	s->is_told = 1;
	s->told_at_ms = b->end_ms;
	s->told_value = volume;
	return true;
}

static double
score_of(double over, bool is_alert)
{
	/* Level with what makes an alert is a half; each further doubling halves what is left, up to
	 * fifty times as much.  What is known already has half its score, and so less than that. */
	double score = over >= 0 ? 1 - 0.5 * exp(-fmin(over, 4)) : 0.5 * exp(2 * over);

	return is_alert || score < SPIKE_SCORE_ALERT ? score : score / 2;
}

/* Pauses of days begin with an hour of listening again. */
static void
warm_up(struct spike *s, const struct bucket *b)
{
	int64_t early_ms = SPIKE_EARLY_BUCKETS * b->length_ms;

	if (s->buckets == 0) {
		s->first_at_ms = s->heard_at_ms = b->at_ms;
		s->warm_at_ms = b->at_ms;
	}
	if (s->buckets == 0 || b->elapsed_ms - b->length_ms >= TIME_DAY_MS)
		s->warm_at_ms = b->at_ms + (early_ms < SPIKE_EARLY_MS ? SPIKE_EARLY_MS : early_ms);
}

static void
learn(struct spike *s, const struct bucket *b, const struct spike_sample *in, bool is_silent)
{
	if (!is_silent || b->end_ms - s->heard_at_ms < SILENCE_LEARNT_MS)
		spike_learn(s, b->at_ms, b->length_ms, b->count, b->usual, is_silent);
	learn_share(s, b);
	if (in->authors > 0 && in->count > 0) {
		double each = (double)in->count / (double)in->authors;

		if (s->per_author < 0)
			s->per_author = 1;
		s->per_author += spike_renewed(b->length_ms, AUTHOR_TAU_MS) *
		    (fmin(each, 2 * s->per_author) - s->per_author);
	}
}

void
spike_step(struct spike *s, const struct spike_sample *in, struct spike_answer *answer_r)
{
	struct bucket b;
	bool is_known = spike_is_known(s);
	double over, most;

	*answer_r = (struct spike_answer){.usual = SPIKE_UNKNOWN, .share_usual = s->share_usual};
	if (!is_usable(s, in))
		return;
	b = bucket_of(s, in);
	warm_up(s, &b);
	if (is_known)
		answer_r->usual = b.usual;
	answer_r->is_silent = listen(s, &b, (double)in->count) && is_known;
	most = INPUT_TIMES * (b.usual + VOLUME_FLOOR * b.hours);
	over = volume_excess(s, &b, is_known ? fmin(b.count, most) : b.count);
	over = fmax(over, share_excess(s, &b));
	learn(s, &b, in, answer_r->is_silent);
	s->buckets++;
	s->next_at_ms = b.end_ms;
	if (!is_known || b.end_ms <= s->warm_at_ms)
		return;
	answer_r->alert = is_news(s, &b, over);
	answer_r->score = score_of(over, answer_r->alert);
}
