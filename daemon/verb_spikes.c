#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/slice.h"
#include "core/timefmt.h"
#include "rules/spike.h"

#include "daemon/lines.h"
#include "daemon/verb.h"

#define OUT_BYTES (4u * 1024 * 1024)
#define FINDINGS_TOLD 20
#define COLUMNS_MAX 16
#define HELD_MAX 3 /* rows that are looked at before the length of a bucket is known */
#define TIMESTAMP_MAX 64
#define BUCKET_ALONE_MS TIME_HOUR_MS /* of a series with one row */

enum column {
	COLUMN_TIMESTAMP,
	COLUMN_COUNT,
	COLUMN_AUTHORS,
	COLUMN_BASE,
	COLUMN_KINDS
};

static const char *const column_names[COLUMN_KINDS] = {"timestamp", "count", "authors", "base"};

struct row {
	char timestamp[TIMESTAMP_MAX]; /* as it stands in the file */
	int64_t at_ms, values[COLUMN_KINDS];
	uint64_t line;
};

struct series {
	struct verb_call *call;
	const char *name;
	struct spike spike;
	enum column columns[COLUMNS_MAX];
	size_t column_count; /* 0: the header was not read yet */
	struct row held[HELD_MAX];
	size_t held_count;
	int64_t bucket_ms; /* 0: not known yet */
	int64_t last_ms; /* of the row before */
	bool is_silent;
	uint64_t findings, bad;
	uint64_t bad_before; /* when the row before was taken */
	struct buf out;
};

/* ---- findings ------------------------------------------------------------------------------- */

static bool
may_tell(struct series *s)
{
	return s->findings++ < FINDINGS_TOLD;
}

/* A row that could not be used: told in the place of its answer as JSON, else beside it. */
static void
bad_row(struct series *s, uint64_t line, const char *why)
{
	struct json_writer w;

	s->bad++;
	if (s->call->is_json) {
		json_writer_init(&w, &s->out);
		json_object_begin(&w);
		json_kv_i64(&w, "line", (int64_t)line);
		json_kv_cstr(&w, "error", why);
		json_object_end(&w);
		buf_add_char(&s->out, '\n');
	} else if (may_tell(s)) {
		fprintf(stderr, "%s:%llu: %s\n", s->name, (unsigned long long)line, why);
	}
}

static void
note(struct series *s, uint64_t line, const char *what)
{
	if (!s->call->is_json && may_tell(s))
		fprintf(stderr, "%s:%llu: %s\n", s->name, (unsigned long long)line, what);
}

/* ---- rows ----------------------------------------------------------------------------------- */

static void
put_row(struct series *s, const struct row *row, const struct spike_answer *a)
{
	/* Cut, not rounded: what is printed as half or more is an alert. */
	int64_t score_milli = (int64_t)floor(a->score * 1000);
	struct json_writer w;

	if (!s->call->is_json) {
		buf_addf(&s->out, "%s,%lld,%.3f,%d\n", row->timestamp,
		    (long long)row->values[COLUMN_COUNT], (double)score_milli / 1000, a->alert);
		return;
	}
	json_writer_init(&w, &s->out);
	json_object_begin(&w);
	json_kv_cstr(&w, "timestamp", row->timestamp);
	json_kv_i64(&w, "count", row->values[COLUMN_COUNT]);
	json_kv_milli(&w, "score", score_milli);
	json_kv_bool(&w, "alert", a->alert);
	json_kv_bool(&w, "silent", a->is_silent);
	if (a->usual >= 0)
		json_kv_milli(&w, "usual", (int64_t)(fmin(a->usual, 1e15) * 1000));
	else
		json_kv_null(&w, "usual");
	if (a->share_usual >= 0)
		json_kv_milli(&w, "usual_share", (int64_t)(a->share_usual * 1000));
	json_object_end(&w);
	buf_add_char(&s->out, '\n');
}

/* A row's posts are those since the row before, or of one bucket where rows are missing. */
static bool
place_in_time(struct series *s, const struct row *row, int64_t *bucket_ms_r)
{
	int64_t since_ms;
	char text[200];

	*bucket_ms_r = s->bucket_ms;
	if (s->last_ms == TIME_UNKNOWN)
		return true;
	since_ms = row->at_ms - s->last_ms;
	if (since_ms <= 0) {
		bad_row(s, row->line,
		    since_ms == 0 ? "the same time as the row before; it is not counted"
				  : "earlier than the row before; it is not counted");
		return false;
	}
	if (since_ms < s->bucket_ms / 2) {
		snprintf(text, sizeof text,
		    "%.0f s after the row before, where rows are %.0f s apart; it is not counted",
		    (double)since_ms / 1000, (double)s->bucket_ms / 1000);
		bad_row(s, row->line, text);
		return false;
	}
	if (since_ms <= s->bucket_ms + s->bucket_ms / 2) {
		*bucket_ms_r = since_ms;
		return true;
	}
	if (s->bad != s->bad_before)
		return true; /* no wonder */
	snprintf(text, sizeof text, "rows are missing: %.0f s after the row before, not %.0f",
	    (double)since_ms / 1000, (double)s->bucket_ms / 1000);
	note(s, row->line, text);
	return true;
}

static void
note_silence(struct series *s, const struct row *row, bool is_silent)
{
	char text[TIMESTAMP_MAX + 80];

	if (is_silent == s->is_silent)
		return;
	snprintf(text, sizeof text, "%s: the feed %s", row->timestamp,
	    is_silent ? "has fallen silent" : "speaks again");
	note(s, row->line, text);
	s->is_silent = is_silent;
}

static void
take_row(struct series *s, const struct row *row)
{
	struct spike_answer answer = {.usual = SPIKE_UNKNOWN, .share_usual = SPIKE_UNKNOWN};
	struct spike_sample sample = {.count = row->values[COLUMN_COUNT],
	    .authors = row->values[COLUMN_AUTHORS],
	    .base_count = row->values[COLUMN_BASE]};

	if (place_in_time(s, row, &sample.bucket_ms)) {
		sample.at_ms = row->at_ms - sample.bucket_ms;
		s->last_ms = row->at_ms;
		s->bad_before = s->bad;
		spike_step(&s->spike, &sample, &answer);
		note_silence(s, row, answer.is_silent);
	} else if (s->call->is_json) {
		return; /* its error stands in its place */
	}
	put_row(s, row, &answer);
}

/* The first rows wait until they tell how far rows are apart: the smallest step forward. */
static void
take_held(struct series *s)
{
	int64_t step_ms;

	for (size_t i = 1; i < s->held_count; i++) {
		step_ms = s->held[i].at_ms - s->held[i - 1].at_ms;
		if (step_ms > 0 && (s->bucket_ms == 0 || step_ms < s->bucket_ms))
			s->bucket_ms = step_ms;
	}
	if (s->bucket_ms == 0)
		s->bucket_ms = BUCKET_ALONE_MS;
	if (s->bucket_ms > SPIKE_BUCKET_MS_MAX)
		s->bucket_ms = SPIKE_BUCKET_MS_MAX;
	for (size_t i = 0; i < s->held_count; i++)
		take_row(s, &s->held[i]);
	s->held_count = 0;
}

/* ---- reading -------------------------------------------------------------------------------- */

static struct slice
next_field(struct slice *rest)
{
	struct slice field = slice_trim(slice_split(rest, ','));

	if (field.len >= 2 && field.ptr[0] == '"' && field.ptr[field.len - 1] == '"')
		field = slice_make(field.ptr + 1, field.len - 2);
	return field;
}

static int
bad_header(const struct series *s, const struct ndjson_line *line, struct err *err)
{
	return err_set(err, ERR_INPUT,
	    "%s:%llu: the first line names the columns: 'timestamp,count', and 'authors' or 'base' "
	    "if there are such",
	    s->name, (unsigned long long)line->number);
}

static int
read_header(struct series *s, const struct ndjson_line *line, struct err *err)
{
	struct slice rest = line->text, field;
	unsigned seen = 0;
	size_t k;

	if (slice_starts_with(rest, "\xef\xbb\xbf"))
		rest = slice_make(rest.ptr + 3, rest.len - 3);
	while (rest.len > 0) {
		field = next_field(&rest);
		for (k = 0; k < COLUMN_KINDS && !slice_eq_nocase(field, slice_of(column_names[k]));)
			k++;
		if (k == COLUMN_KINDS || (seen & 1u << k) != 0 || s->column_count == COLUMNS_MAX)
			return bad_header(s, line, err);
		seen |= 1u << k;
		s->columns[s->column_count++] = (enum column)k;
	}
	if ((seen & 3) != 3)
		return bad_header(s, line, err);
	if (!s->call->is_json)
		buf_add_str(&s->out, "timestamp,count,score,alert\n");
	return 0;
}

static const char *
read_field(enum column column, struct slice field, struct row *row)
{
	long long number;

	if (column == COLUMN_TIMESTAMP) {
		if (field.len >= TIMESTAMP_MAX || !time_parse_rfc3339(field, &row->at_ms))
			return "the time is none: 2026-03-02 21:45:00 or 2026-03-02T21:45:00Z";
		memcpy(row->timestamp, field.ptr, field.len);
		return NULL;
	}
	if (field.len == 0 && column != COLUMN_COUNT)
		return NULL; /* unknown */
	if (!slice_to_i64(field, &number) || number < 0)
		return column == COLUMN_COUNT ? "the count is no whole number from 0 on"
					      : "authors and base are whole numbers from 0 on";
	row->values[column] = number;
	return NULL;
}

static const char *
read_row(const struct series *s, const struct ndjson_line *line, struct row *row)
{
	struct slice rest = line->text;
	const char *why = NULL;

	*row = (struct row){.line = line->number};
	row->values[COLUMN_AUTHORS] = row->values[COLUMN_BASE] = SPIKE_UNKNOWN;
	if (line->is_too_long)
		return "the line is too long";
	for (size_t i = 0; i < s->column_count && why == NULL; i++) {
		if (!slice_is_set(rest))
			return "there are fewer fields than columns";
		why = read_field(s->columns[i], next_field(&rest), row);
	}
	if (why == NULL && slice_is_set(rest))
		return "there are more fields than columns";
	return why;
}

static int
flush_out(struct series *s, struct err *err)
{
	if (buf_failed(&s->out))
		return err_set(err, ERR_NOMEM, "no memory for the output");
	if (s->out.len > 0 && fwrite(s->out.ptr, 1, s->out.len, stdout) != s->out.len)
		return err_set(err, ERR_IO, "cannot write the output: %s", strerror(errno));
	buf_clear(&s->out);
	return 0;
}

static int
on_line(void *cookie, const struct ndjson_line *line, struct err *err)
{
	struct series *s = cookie;
	const char *why;
	struct row row;

	if (s->column_count == 0)
		return read_header(s, line, err);
	why = read_row(s, line, &row);
	if (why != NULL) {
		bad_row(s, line->number, why);
	} else if (s->bucket_ms != 0) {
		take_row(s, &row);
	} else {
		s->held[s->held_count++] = row;
		if (s->held_count == HELD_MAX)
			take_held(s);
	}
	return s->out.len > 256 * 1024 ? flush_out(s, err) : 0;
}

static int
on_pause(void *cookie, struct err *err)
{
	int rc = flush_out(cookie, err);

	fflush(stdout);
	return rc;
}

static int
read_series(struct series *s, const char *path, struct err *err)
{
	int rc = lines_read_file(path, on_line, on_pause, s, NULL, err);

	if (rc == 0 && s->column_count == 0)
		rc = err_set(err, ERR_INPUT, "'%s' is empty", s->name);
	if (rc == 0)
		take_held(s);
	/* What was found before the end is told, whatever ended it. */
	if (flush_out(s, rc == 0 ? err : NULL) < 0)
		rc = -1;
	if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		rc = err_set(err, ERR_IO, "cannot write the output: %s", strerror(errno));
	return rc;
}

static int
run(struct verb_call *call)
{
	const char *path = verb_flag(call, "--series");
	struct series s = {.call = call, .last_ms = TIME_UNKNOWN};
	struct err err = {ERR_NONE, ""};
	int rc;

	if (path == NULL)
		return verb_usage(
		    call, "a series is needed: --series FILE, or - for standard input");
	if (call->arg_count > 0)
		return verb_usage(call, "one series at a time; '%s' is too much", call->args[0]);
	s.name = strcmp(path, "-") == 0 ? "standard input" : path;
	spike_init(&s.spike);
	buf_init(&s.out, OUT_BYTES);
	rc = read_series(&s, path, &err);
	buf_fini(&s.out);
	if (s.findings > FINDINGS_TOLD)
		fprintf(stderr, "%s: %llu more like these\n", s.name,
		    (unsigned long long)(s.findings - FINDINGS_TOLD));
	if (rc < 0)
		return verb_cannot(call, &err);
	return s.bad > 0 ? EXIT_FOUND : EXIT_DONE;
}

static const struct flag flags[] = {
    {"--series", NULL, "FILE", "the counts, as CSV; - is standard input", false},
    {0},
};

const struct verb verb_spikes = {
    "spikes",
    "--series FILE",
    "find spikes in counts: timestamp,count in, score and alert out",
    "Reads CSV with the columns timestamp and count (and authors, base where they are known), one "
    "row a bucket, and prints\n"
    "timestamp,count,score,alert for each: the score is 0 to 1, an alert is where something "
    "begins, "
    "with a score of 0.5 or more.\n"
    "Silence of a feed that normally speaks, missing rows and rows that are wrong are told on "
    "standard error; --json has\n"
    "what was usual, too.  Rows that are wrong make the exit code 1.",
    "  earshot spikes --series mentions.csv | grep ',1$'",
    flags,
    run,
};
