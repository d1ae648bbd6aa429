/*
 * What is usual: a level, times the hour of the day, times the day of the week.  All three follow
 * the same residual, each at its own pace, and none believes much more than it
 * expected: a giant spike is one surprise among many.
 *
 * On the first day the level follows the last hours and is all that is usual, while hours[] notes
 * how many posts each hour had; from the second day on these are factors.
 */
#include "rules/spike_internal.h"

#include <math.h>

#include "core/timefmt.h"

#define HOUR_MS ((double)TIME_HOUR_MS)
#define DAY_MS ((double)TIME_DAY_MS)

#define LEVEL_TAU_MIN_MS (1 * HOUR_MS)
#define LEVEL_TAU_SHARE 3 /* on the first day a third of the age */
#define LEVEL_TAU_MS (3 * DAY_MS)
#define NOTE_TAU_MS (0.5 * HOUR_MS)
#define NOTE_FLOOR 12 /* posts per hour that are added to each hour of the first day */
#define HOUR_TAU_MS (4 * HOUR_MS) /* of time within that hour: four days; fewer while young */
#define DAY_TAU_MS (3 * DAY_MS) /* of time within that day: three weeks; fewer while young */
#define NOISE_TAU_MS (2 * DAY_MS)
#define SURPRISE_LEVEL 1.0 /* of the usual, and the noise, is believed of what is above it */
#define SURPRISE_RHYTHM 0.5
#define SURPRISE_NOISE 3
#define FACTOR_MIN 0.02
#define FACTOR_MAX 20
#define LEVEL_MAX 1e15 /* posts per hour */

double
spike_renewed(int64_t elapsed_ms, double tau_ms)
{
	return -expm1(-(double)elapsed_ms / tau_ms);
}

/* Days since 1970 (a Thursday) and where in the day: hours are looked up between their middles. */
struct place {
	size_t day, hour, next;
	double part; /* of next; the rest is of hour */
};

static struct place
place_of(int64_t at_ms)
{
	struct place p;
	int64_t in_day = at_ms % TIME_DAY_MS, day = at_ms / TIME_DAY_MS % 7;
	double hour;

	if (in_day < 0) {
		in_day += TIME_DAY_MS;
		day--;
	}
	p.day = (size_t)((day + 7) % 7);
	hour = (double)in_day / HOUR_MS + 23.5;
	p.hour = (size_t)hour % 24;
	p.next = (p.hour + 1) % 24;
	p.part = hour - floor(hour);
	return p;
}

static bool
is_first_day(const struct spike *s)
{
	return s->next_at_ms - s->first_at_ms < TIME_DAY_MS;
}

static double
factor(const struct spike *s, const struct place *p)
{
	if (is_first_day(s))
		return 1;
	return s->days[p->day] * ((1 - p->part) * s->hours[p->hour] + p->part * s->hours[p->next]);
}

double
spike_rate(const struct spike *s, int64_t at_ms)
{
	struct place p = place_of(at_ms);

	return s->level * factor(s, &p);
}

bool
spike_is_known(const struct spike *s)
{
	return s->buckets >= SPIKE_EARLY_BUCKETS &&
	    s->next_at_ms - s->first_at_ms >= SPIKE_EARLY_MS;
}

double
spike_usual(const struct spike *s, int64_t at_ms, int64_t length_ms)
{
	int64_t week_ms = 7 * TIME_DAY_MS, left, part;
	double posts;

	if (!spike_is_known(s) || length_ms < 0)
		return SPIKE_UNKNOWN;
	/* The rhythm repeats every week, and over a whole one its factors are 1 on the average. */
	left = length_ms % week_ms;
	at_ms %= week_ms;
	posts = s->level * (double)(length_ms - left) / HOUR_MS;
	for (; left > 0; left -= part, at_ms -= part) {
		part = left < TIME_HOUR_MS ? left : TIME_HOUR_MS;
		posts += spike_rate(s, at_ms - part / 2) * (double)part / HOUR_MS;
	}
	return posts;
}

static double
clamp(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

static double
age_ms(const struct spike *s)
{
	return (double)(s->next_at_ms - s->first_at_ms);
}

static double
level_tau_ms(const struct spike *s)
{
	if (!is_first_day(s))
		return LEVEL_TAU_MS;
	return fmax(age_ms(s) / LEVEL_TAU_SHARE, LEVEL_TAU_MIN_MS);
}

/* The mean of the factors stays 1, and what is usual stays what it is. */
static void
balance(struct spike *s, double *factors, size_t n)
{
	double mean = 0;

	for (size_t i = 0; i < n; i++)
		mean += factors[i];
	mean /= (double)n;
	for (size_t i = 0; i < n; i++)
		factors[i] = clamp(factors[i] / mean, FACTOR_MIN, FACTOR_MAX);
	s->level *= mean;
}

static void
note_hour(struct spike *s, size_t hour, double renewed, double rate)
{
	if (renewed > 0 && s->hours[hour] < 0)
		s->hours[hour] = rate;
	s->hours[hour] += renewed * (rate - s->hours[hour]);
}

/* The hours of the first day become factors of their mean; what was not seen is the mean. */
static void
begin_second_day(struct spike *s)
{
	double sum = 0, mean;
	int seen = 0;

	for (size_t i = 0; i < 24; i++) {
		if (s->hours[i] < 0)
			continue;
		sum += s->hours[i];
		seen++;
	}
	mean = sum / seen;
	for (size_t i = 0; i < 24; i++)
		s->hours[i] =
		    s->hours[i] < 0 ? 1 : (s->hours[i] + NOTE_FLOOR) / (mean + NOTE_FLOOR);
	s->level = mean;
}

static void
learn_rhythm(struct spike *s, const struct place *p, int64_t bucket_ms, double surprise)
{
	double hour_tau = clamp(age_ms(s) / 24, HOUR_MS, HOUR_TAU_MS);
	double day_tau = clamp(age_ms(s) / 7, DAY_MS, DAY_TAU_MS);
	double hour = spike_renewed(bucket_ms, hour_tau) * surprise;

	s->hours[p->hour] *= 1 + (1 - p->part) * hour;
	s->hours[p->next] *= 1 + p->part * hour;
	s->days[p->day] *= 1 + spike_renewed(bucket_ms, day_tau) * surprise;
	balance(s, s->hours, 24);
	balance(s, s->days, 7);
}

static void
learn_noise(struct spike *s, int64_t bucket_ms, double count, double usual)
{
	double off = count - usual, noise = off * off / (usual + 0.5);

	s->noise += spike_renewed(bucket_ms, NOISE_TAU_MS) * (fmin(noise, 9 * s->noise) - s->noise);
	s->noise = clamp(s->noise, 1, 1e6);
}

/* A count without what an incident would add. */
static double
believable(const struct spike *s, double count, double usual, double part)
{
	double noise = SURPRISE_NOISE * sqrt(s->noise * (usual + 0.5));

	return fmin(count, usual + part * usual + fmin(noise, 2 * usual + 2));
}

void
spike_learn(
    struct spike *s, int64_t at_ms, int64_t bucket_ms, double count, double usual, bool is_silent)
{
	struct place p = place_of(at_ms + bucket_ms / 2);
	double hours = (double)bucket_ms / HOUR_MS, believed, renewed;

	if (s->buckets == 0) {
		s->level = fmin(count / hours, LEVEL_MAX);
		usual = count;
	}
	believed = believable(s, count, usual, SURPRISE_LEVEL);
	learn_noise(s, bucket_ms, believed, usual);
	renewed = fmax(spike_renewed(bucket_ms, level_tau_ms(s)), 1 / ((double)s->buckets + 1));
	if (!is_silent)
		s->level += renewed * (believed - usual) / hours / factor(s, &p);
	s->level = clamp(s->level, 0, LEVEL_MAX);
	if (is_first_day(s)) {
		renewed = s->buckets == 0 ? 1 : spike_renewed(bucket_ms, NOTE_TAU_MS);
		note_hour(s, p.hour, (1 - p.part) * renewed, fmin(believed / hours, LEVEL_MAX));
		note_hour(s, p.next, p.part * renewed, fmin(believed / hours, LEVEL_MAX));
		if (at_ms + bucket_ms - s->first_at_ms >= TIME_DAY_MS)
			begin_second_day(s);
		return;
	}
	/* Buckets of many hours know nothing of the hours, and a count says little of a factor
	 * where next to nothing is usual. */
	if (bucket_ms <= 2 * TIME_HOUR_MS)
		learn_rhythm(s, &p, bucket_ms,
		    (believable(s, count, usual, SURPRISE_RHYTHM) - usual) / (usual + 0.5));
}
