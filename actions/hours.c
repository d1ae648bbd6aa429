/*
 * hours.c - when a message may go: quiet hours and send windows on somebody's clock.
 *
 * A line is a statement about the wall clock: at this local minute of this local day it is inside or
 * outside.  Between two places where that can change (a line's two ends, midnight, and a change of the
 * zone's offset) it stays the same, so the first instant that is allowed is one of these.  The search
 * goes from one to the next; nothing is computed back from wall time to UTC, so the hour that
 * daylight saving leaves out or repeats needs no care of its own: in a repeated hour a line holds
 * twice, of a hole the line holds what is left.
 */
#include "actions/actions_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/timefmt.h"
#include "platform/zone.h"

#define DAY_MINUTES 1440
/* Places looked at before it is given up: four a day and line, and what one line makes another
 * look at again. */
#define STEPS_MAX 5000

struct local { /* a wall clock */
	int64_t day; /* since 1970-01-01 */
	int minute; /* of the day */
	int64_t ms; /* of the whole: instant + offset */
};

static struct local
local_at(struct slice zone, int64_t at_ms)
{
	int64_t offset_ms;
	struct local l;

	if (!zone_offset_ms(zone, at_ms, &offset_ms))
		offset_ms = 0;
	l.ms = at_ms + offset_ms;
	l.day = l.ms / TIME_DAY_MS - (l.ms % TIME_DAY_MS < 0);
	l.minute = (int)((l.ms - l.day * TIME_DAY_MS) / TIME_MINUTE_MS);
	return l;
}

static bool
has_weekday(const struct rule_hours *h, int64_t day)
{
	int64_t monday_based = (day + 3) % 7; /* 1970-01-01 was a Thursday */

	if (monday_based < 0)
		monday_based += 7;
	return h->weekdays == 0 || (h->weekdays >> monday_based & 1) != 0;
}

static bool
allows(const struct rule_hours *h, const struct local *l)
{
	bool is_over_midnight = h->until_minute <= h->from_minute;
	bool is_inside;

	if (is_over_midnight)
		is_inside = (l->minute >= h->from_minute && has_weekday(h, l->day)) ||
		    (l->minute < h->until_minute && has_weekday(h, l->day - 1));
	else
		is_inside = l->minute >= h->from_minute && l->minute < h->until_minute &&
		    has_weekday(h, l->day);
	return is_inside == h->is_only;
}

/* Where the line's answer may change next on a clock that runs on evenly: ms from here. */
static int64_t
to_next_place(const struct rule_hours *h, const struct local *l)
{
	int64_t into_day = l->ms - l->day * TIME_DAY_MS;
	int64_t best = TIME_DAY_MS;

	if (h->from_minute * TIME_MINUTE_MS > into_day)
		best = h->from_minute * TIME_MINUTE_MS;
	if (h->until_minute * TIME_MINUTE_MS > into_day && h->until_minute * TIME_MINUTE_MS < best)
		best = h->until_minute * TIME_MINUTE_MS;
	return best - into_day;
}

/* The first instant in (from, to] at which the offset is not from's; there is one.  Zones change on
 * whole minutes. */
static int64_t
find_change(struct slice zone, int64_t from_ms, int64_t to_ms)
{
	int64_t low = from_ms / TIME_MINUTE_MS,
		high = (to_ms + TIME_MINUTE_MS - 1) / TIME_MINUTE_MS;
	int64_t before_ms, offset_ms;

	if (!zone_offset_ms(zone, from_ms, &before_ms))
		return to_ms;
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (!zone_offset_ms(zone, middle * TIME_MINUTE_MS, &offset_ms) ||
		    offset_ms == before_ms)
			low = middle;
		else
			high = middle;
	}
	return high * TIME_MINUTE_MS;
}

/* The next instant after at_ms at which the line may answer differently. */
static int64_t
next_place(const struct rule_hours *h, struct slice zone, int64_t at_ms)
{
	struct local here = local_at(zone, at_ms), there;
	int64_t step_ms = to_next_place(h, &here);

	there = local_at(zone, at_ms + step_ms);
	if (there.ms - here.ms == step_ms)
		return at_ms + step_ms;
	return find_change(zone, at_ms, at_ms + step_ms);
}

static struct slice
zone_of(const struct rule_hours *h, const struct hours_zones *zones)
{
	if (slice_is_set(h->zone) && zone_exists(h->zone))
		return h->zone;
	if (!slice_is_set(h->zone) && slice_is_set(zones->person) && zone_exists(zones->person))
		return zones->person;
	return zones->brand;
}

static bool
line_allows(const struct rule_hours *h, const struct hours_zones *zones, int64_t at_ms)
{
	struct local l = local_at(zone_of(h, zones), at_ms);

	return allows(h, &l);
}

/* TIME_UNKNOWN: none in time. */
static int64_t
first_allowed(
    const struct rule_hours *lines, size_t count, const struct hours_zones *zones, int64_t now_ms)
{
	int64_t at_ms = now_ms;
	size_t agreed = 0; /* lines in a row that allow at_ms */

	for (size_t i = 0, steps = 0; agreed < count; i = (i + 1) % count) {
		struct slice zone = zone_of(&lines[i], zones);
		struct local l = local_at(zone, at_ms);

		agreed++;
		while (!allows(&lines[i], &l)) {
			at_ms = next_place(&lines[i], zone, at_ms);
			if (++steps > STEPS_MAX || at_ms - now_ms > HOURS_SEARCH_MS)
				return TIME_UNKNOWN;
			l = local_at(zone, at_ms);
			agreed = 1;
		}
	}
	return at_ms;
}

struct hours_zones
hours_zones_of(const struct customer *customer, const struct actions_config *config)
{
	struct hours_zones z = {SLICE_NONE,
	    config->brand_timezone != NULL ? slice_of(config->brand_timezone) : SLICE_LIT("UTC")};

	if (customer == NULL)
		return z;
	z.person = customer->timezone;
	for (size_t i = 0; i < customer->endpoint_count && !slice_is_set(z.person); i++)
		z.person = customer->endpoints[i].timezone;
	return z;
}

/* --- words ---------------------------------------------------------------------------------------
 */

#define DAYS_TEXT_MAX 80 /* six of them */

/* " on friday, saturday", as a rule writes it: nothing for every day. */
static const char *
weekday_words(unsigned weekdays, char out[DAYS_TEXT_MAX])
{
	static const char *const names[7] = {
	    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
	size_t len = 0;

	out[0] = '\0';
	if (weekdays == 0x1f || weekdays == 0x60) {
		snprintf(out, DAYS_TEXT_MAX, weekdays == 0x1f ? " on weekdays" : " on weekends");
		return out;
	}
	for (unsigned d = 0; d < 7 && weekdays != 0; d++)
		if (weekdays >> d & 1)
			len += (size_t)snprintf(out + len, DAYS_TEXT_MAX - len, "%s%s",
			    len == 0 ? " on " : ", ", names[d]);
	return out;
}

static void
say(const struct rule_hours *h, const struct hours_zones *zones, char *out, size_t size)
{
	char days[DAYS_TEXT_MAX];

	snprintf(out, size, "%s between %02d:%02d and %02d:%02d%s (%.*s)",
	    h->is_only ? "only" : "not", h->from_minute / 60, h->from_minute % 60,
	    h->until_minute / 60, h->until_minute % 60, weekday_words(h->weekdays, days),
	    SLICE_ARG(zone_of(h, zones)));
}

void
hours_judge(const struct rule_hours *lines, size_t count, const struct hours_zones *zones,
    int64_t now_ms, struct hours_verdict *v_r)
{
	static const int strictness[] = {[HOURS_DEFER] = 0, [HOURS_ALERT] = 1, [HOURS_DROP] = 2};

	*v_r = (struct hours_verdict){.next_ms = now_ms};
	for (size_t i = 0; i < count; i++) {
		if (line_allows(&lines[i], zones, now_ms))
			continue;
		if (v_r->line == NULL || strictness[lines[i].answer] > strictness[v_r->answer]) {
			v_r->line = &lines[i];
			v_r->answer = lines[i].answer;
		}
	}
	if (v_r->line == NULL)
		return;
	say(v_r->line, zones, v_r->words, sizeof v_r->words);
	if (v_r->answer == HOURS_DEFER)
		v_r->next_ms = first_allowed(lines, count, zones, now_ms);
}

/* --- as a message keeps them ---------------------------------------------------------------------
 */

static const char *const answer_names[] = {
    [HOURS_DEFER] = "defer", [HOURS_DROP] = "drop", [HOURS_ALERT] = "alert"};

int
hours_write(const struct rule_hours *lines, size_t count, struct arena *a, struct slice *json_r,
    struct err *err)
{
	struct json_writer w;
	struct buf out;

	*json_r = SLICE_NONE;
	if (count == 0)
		return 0;
	buf_init(&out, 64 * 1024);
	json_writer_init(&w, &out);
	json_array_begin(&w);
	for (size_t i = 0; i < count && i < HOURS_LINES_MAX; i++) {
		const struct rule_hours *h = &lines[i];

		json_object_begin(&w);
		json_kv_bool(&w, "only", h->is_only);
		json_kv_i64(&w, "from", h->from_minute);
		json_kv_i64(&w, "until", h->until_minute);
		json_kv_i64(&w, "weekdays", h->weekdays);
		if (slice_is_set(h->zone))
			json_kv_str(&w, "zone", h->zone);
		json_kv_cstr(&w, "else", answer_names[h->answer]);
		if (slice_is_set(h->queue))
			json_kv_str(&w, "queue", h->queue);
		json_object_end(&w);
	}
	json_array_end(&w);
	if (!buf_failed(&out))
		*json_r = arena_slice_dup(a, buf_slice(&out));
	buf_fini(&out);
	if (!slice_is_set(*json_r))
		return err_set(err, ERR_NOMEM, "no memory for the hours of a message");
	return 0;
}

static bool
minute_read(const struct json *o, const char *name, int *minute_r)
{
	int64_t v;

	if (!json_i64(json_get(o, name), &v) || v < 0 || v >= DAY_MINUTES)
		return false;
	*minute_r = (int)v;
	return true;
}

/* The copy ends with the arena, as the rest of the message does. */
static bool
line_read(const struct json *o, struct arena *a, struct rule_hours *h)
{
	struct slice answer = json_get_str(o, "else");
	int64_t weekdays;

	*h = (struct rule_hours){0};
	if (!json_bool(json_get(o, "only"), &h->is_only) ||
	    !minute_read(o, "from", &h->from_minute) ||
	    !minute_read(o, "until", &h->until_minute) ||
	    !json_i64(json_get(o, "weekdays"), &weekdays) || weekdays < 0 || weekdays > 127)
		return false;
	h->weekdays = (unsigned)weekdays;
	h->zone = arena_slice_dup(a, json_get_str(o, "zone"));
	h->queue = arena_slice_dup(a, json_get_str(o, "queue"));
	for (int i = HOURS_DEFER; i <= HOURS_ALERT; i++)
		if (slice_eq_str(answer, answer_names[i])) {
			h->answer = (enum hours_answer)i;
			return true;
		}
	return false;
}

int
hours_read(struct slice json, struct arena *a, struct rule_hours lines[HOURS_LINES_MAX],
    size_t *count_r, struct err *err)
{
	struct json_doc *doc = NULL;
	size_t count;
	int rc = -1;

	*count_r = 0;
	if (!slice_is_set(json))
		return 0;
	if (json_parse(json, &doc, NULL, err) < 0)
		return -1;
	count = json_count(json_root(doc));
	if (json_type(json_root(doc)) != JSON_ARRAY || count > HOURS_LINES_MAX) {
		err_set(err, ERR_INPUT, "the hours of a message are not a list");
		goto out;
	}
	for (size_t i = 0; i < count; i++)
		if (!line_read(json_at(json_root(doc), i), a, &lines[i])) {
			err_set(
			    err, ERR_INPUT, "line %zu of the hours of a message is none", i + 1);
			goto out;
		}
	*count_r = count;
	rc = 0;
out:
	json_doc_free(doc);
	return rc;
}
