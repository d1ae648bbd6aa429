/*
 * crowd_explain.c - what a watch sees, in words: the reason of a change, and every line with its truth.
 */
#include "rules/crowd_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/timefmt.h"
#include "rules/limits_internal.h"
#include "rules/print_internal.h"

#define SEEN_MAX 160

/* "57", "at least 65536", "57 (usual 9.2)", "60.0% (12 of 20)" */
static void
seen_text(const struct crowd_test *t, const struct crowd_seen *s, char out[SEEN_MAX])
{
	const char *least = s->is_at_least ? "at least " : "";

	if (t->is.measure == CROWD_SHARE && s->base == 0)
		snprintf(out, SEEN_MAX, "of no posts");
	else if (t->is.measure == CROWD_SHARE)
		snprintf(out, SEEN_MAX, "%s%.1f%% (%lld of %lld)", least,
		    100.0 * (double)s->value / (double)s->base, (long long)s->value,
		    (long long)s->base);
	else if (t->is.is_times_usual && s->usual >= 0)
		snprintf(
		    out, SEEN_MAX, "%s%lld (usual %.1f)", least, (long long)s->value, s->usual);
	else
		snprintf(out, SEEN_MAX, "%s%lld", least, (long long)s->value);
}

/* ---- the reason of a change ---- */

/* What begins is told with what was asked, what ends by what is still to be seen. */
struct slice
crowd_reason(const struct crowd_run *r, const struct crowd_seen *seen, bool begins, struct arena *a)
{
	char room[RULES_REASON_MAX], text[SEEN_MAX];
	size_t len = 0;

	if (r->is_off)
		return arena_slice_dup(a, SLICE_LIT("the watch is off"));
	for (size_t k = 0; k < r->watch->test_count; k++) {
		const struct crowd_test *t = &r->watch->tests[k];
		int rest = begins ? (int)(t->shown.len - t->name_len) : 0, n;

		seen_text(t, &seen[k], text);
		n = snprintf(room + len, sizeof room - len, "%s%.*s %s%.*s", k > 0 ? "; " : "",
		    (int)t->name_len, t->shown.ptr, text, rest, t->shown.ptr + t->name_len);
		if (n < 0 || len + (size_t)n >= sizeof room)
			break; /* the rest of 16 lines is left out, not cut */
		len += (size_t)n;
	}
	return arena_slice_dup(a, slice_make(room, len));
}

/* ---- every line, at any time ---- */

static int
author_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* -1 without memory. */
static int64_t
count_authors(const struct crowd_hits *h, size_t from, size_t until, struct arena *a)
{
	uint64_t *authors = arena_array(a, until - from + 1, sizeof *authors);
	int64_t count = 0;

	if (authors == NULL)
		return -1;
	for (size_t i = from; i < until; i++)
		authors[i - from] = h->room[h->first + i].author;
	qsort(authors, until - from, sizeof *authors, author_compare);
	for (size_t i = 0; i < until - from; i++)
		count += authors[i] != 0 && (i == 0 || authors[i] != authors[i - 1]);
	return count;
}

/* Counted anew, since nothing may be moved. */
static int
look_again(const struct crowd_run *r, const struct crowd_test *t, int64_t now_ms, struct arena *a,
    struct crowd_seen *s)
{
	const struct crowd_detector *d = crowd_detector_of(r, t);
	bool is_share = t->is.measure == CROWD_SHARE;
	int64_t first = crowd_base_first(now_ms, t->within_ms);
	int64_t from_ms = is_share ? first * TIME_MINUTE_MS : now_ms - t->within_ms + 1;
	size_t until = crowd_hits_from(&r->hits, now_ms + 1);
	size_t from = crowd_hits_from(&r->hits, from_ms);

	*s = (struct crowd_seen){.usual = SPIKE_UNKNOWN, .value = (int64_t)(until - from)};
	if (is_share)
		s->base = crowd_base_between(&r->base, first, minute_of(now_ms));
	if (t->is.measure == CROWD_AUTHORS &&
	    (s->value = count_authors(&r->hits, from, until, a)) < 0)
		return -1;
	if (d != NULL)
		s->usual = spike_usual(&d->spike, now_ms, t->within_ms);
	s->is_at_least = crowd_hits_is_short(&r->hits, t->within_ms);
	s->truth = crowd_truth(r, t, s, now_ms);
	return 0;
}

static const char *
truth_name(enum tristate t)
{
	return t == TRI_YES ? "true" : t == TRI_NO ? "false" : "unknown";
}

static bool
is_silent(const struct crowd_run *r)
{
	for (size_t k = 0; k < r->detector_count; k++)
		if (r->detectors[k].is_silent && !r->detectors[k].is_of_authors)
			return true;
	return false;
}

static const char *
why_unknown(const struct crowd_test *t, const struct crowd_seen *s)
{
	if (t->is.measure == CROWD_SHARE && s->base == 0)
		return "there are no posts it could be a share of";
	if (t->is.is_times_usual && s->usual < 0)
		return "what is usual is not known yet";
	return t->is.is_times_usual && s->usual < 1 ? "less than one post is usual"
						    : "it has not been watched for so long";
}

static void
explain_line(
    const struct crowd_test *t, const struct crowd_seen *s, struct buf *text, struct json_writer *w)
{
	char seen[SEEN_MAX];

	seen_text(t, s, seen);
	if (text != NULL)
		buf_addf(text, "  %-8s %.*s  (seen: %s%s%s)\n", truth_name(s->truth),
		    SLICE_ARG(t->shown), seen, s->truth == TRI_UNKNOWN ? "; " : "",
		    s->truth == TRI_UNKNOWN ? why_unknown(t, s) : "");
	if (w == NULL)
		return;
	json_object_begin(w);
	json_kv_str(w, "condition", t->shown);
	json_kv_cstr(w, "seen", seen);
	json_kv_i64(w, "value", s->value);
	if (t->is.measure == CROWD_SHARE)
		json_kv_i64(w, "of", s->base);
	if (s->usual >= 0)
		json_kv_milli(w, "usual", (int64_t)(s->usual * 1000));
	if (s->truth == TRI_UNKNOWN)
		json_kv_cstr(w, "why", why_unknown(t, s));
	json_kv_cstr(w, "truth", truth_name(s->truth));
	json_object_end(w);
}

static void
explain_head(const struct crowd_run *r, struct buf *text, struct json_writer *w)
{
	char since[TIME_TEXT_MAX];

	if (text != NULL) {
		buf_addf(text, "watch %.*s ", SLICE_ARG(r->head->rule.id));
		print_quoted(r->head->rule.title, text);
		buf_addf(text, ": %s%s%s%s\n", r->is_active ? "a crowd since " : "no crowd",
		    r->is_active ? time_format_rfc3339(r->since_ms, since) : "",
		    r->is_off ? "; it is off" : "",
		    is_silent(r) ? "; what it usually counts has fallen silent" : "");
	}
	if (w == NULL)
		return;
	json_kv_str(w, "watch", r->head->rule.id);
	json_kv_i64(w, "version", r->head->rule.version);
	json_kv_bool(w, "active", r->is_active);
	json_kv_bool(w, "off", r->is_off);
	json_kv_bool(w, "silent", is_silent(r));
	if (!r->is_active)
		return;
	json_kv_time(w, "since", r->since_ms);
	json_kv_i64(w, "peak", r->peak);
	json_kv_time(w, "quiet_since", r->quiet_since_ms);
}

int
crowd_explain(const struct crowd *c, size_t i, int64_t now_ms, struct arena *a,
    struct buf *text_out, struct buf *json_out, struct err *err)
{
	const struct crowd_run *r = &c->runs[i];
	struct json_writer writer, *w = json_out != NULL ? &writer : NULL;

	assert(i < c->run_count);
	if (w != NULL) {
		json_writer_init(w, json_out);
		json_object_begin(w);
	}
	explain_head(r, text_out, w);
	if (w != NULL) {
		json_key(w, "when");
		json_array_begin(w);
	}
	for (size_t k = 0; k < r->watch->test_count; k++) {
		struct crowd_seen seen;

		if (look_again(r, &r->watch->tests[k], now_ms, a, &seen) < 0)
			goto no_memory;
		explain_line(&r->watch->tests[k], &seen, text_out, w);
	}
	if (w != NULL) {
		json_array_end(w);
		json_object_end(w);
	}
	if ((text_out == NULL || !buf_failed(text_out)) &&
	    (json_out == NULL || !buf_failed(json_out)))
		return 0;
no_memory:
	return err_set(
	    err, ERR_NOMEM, "no memory to explain watch '%.*s'", SLICE_ARG(r->head->rule.id));
}
