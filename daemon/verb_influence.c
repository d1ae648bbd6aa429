/*
 * verb_influence.c - `earshot people influence`: of each pair of accounts in a file, how likely the
 * first is the more influential.  Neither daemon nor database is asked.
 */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "people/csv.h"
#include "people/influence.h"
#include "platform/file.h"

#include "daemon/config.h"
#include "daemon/verb_influence.h"

#define PAIRS_BYTES_MAX (512u * 1024 * 1024)
#define FINDINGS_TOLD 20
#define NUMBER_MAX 64
#define COUNT_MAX 1e12

#define SKIP SIZE_MAX

/* Columns of one account, behind "A_" or "B_". */
static const struct {
	const char *name;
	size_t place; /* in struct influence_facts; SKIP: known, and no part of the formula */
} account_columns[] = {
    {"follower_count", offsetof(struct influence_facts, followers_milli)},
    {"following_count", offsetof(struct influence_facts, following_milli)},
    {"listed_count", offsetof(struct influence_facts, listed_milli)},
    {"mentions_received", offsetof(struct influence_facts, mentions_milli)},
    {"retweets_received", offsetof(struct influence_facts, reposts_milli)},
    {"mentions_sent", offsetof(struct influence_facts, mentions_sent_milli)},
    {"retweets_sent", SKIP},
    {"posts", SKIP},
    {"network_feature_1", SKIP},
    {"network_feature_2", SKIP},
    {"network_feature_3", SKIP},
};
#define ACCOUNT_COLUMNS (sizeof account_columns / sizeof *account_columns)

struct column_use {
	int account; /* 0 A, 1 B, -1 neither */
	size_t place;
	char name[NUMBER_MAX];
};

struct pairs {
	const struct verb_call *call;
	const struct influence_weights *weights;
	const char *name; /* of the file */
	struct column_use columns[CSV_FIELDS_MAX];
	size_t column_count; /* 0: the header was not read yet */
	unsigned long long bad;
	struct buf out;
};

/* ---- header --------------------------------------------------------------- */

static bool
find_column(struct slice name, struct column_use *use_r)
{
	*use_r = (struct column_use){.account = -1, .place = SKIP};
	if (slice_eq_nocase(name, SLICE_LIT("Choice")))
		return true;
	if (name.len < 3 || name.ptr[1] != '_' || strchr("AaBb", name.ptr[0]) == NULL)
		return false;
	use_r->account = name.ptr[0] == 'B' || name.ptr[0] == 'b';
	for (size_t i = 0; i < ACCOUNT_COLUMNS; i++)
		if (slice_eq_nocase(slice_make(name.ptr + 2, name.len - 2),
			slice_of(account_columns[i].name))) {
			use_r->place = account_columns[i].place;
			return true;
		}
	return false;
}

/* Without followers, lists, mentions or reposts there is nothing to go by. */
static bool
has_something(const struct pairs *p, int account)
{
	static const char *const wanted[] = {
	    "follower_count", "listed_count", "mentions_received", "retweets_received"};

	for (size_t i = 0; i < p->column_count; i++)
		for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
			if (p->columns[i].account == account &&
			    slice_eq_nocase(slice_of(p->columns[i].name + 2), slice_of(wanted[k])))
				return true;
	return false;
}

static int
read_header(struct pairs *p, const struct csv_row *row, struct err *err)
{
	for (size_t i = 0; i < row->count; i++) {
		struct slice name = slice_trim(row->fields[i]);
		struct column_use *use = &p->columns[i];

		if (!find_column(name, use))
			return err_set(err, ERR_INPUT,
			    "%s:%zu: there is no column '%.*s' among those of pairs: Choice, and "
			    "A_ and B_ before follower_count, following_count, listed_count, "
			    "mentions_received, retweets_received, mentions_sent, retweets_sent, "
			    "posts, network_feature_1 to _3",
			    p->name, row->line, SLICE_ARG(name));
		snprintf(use->name, sizeof use->name, "%.*s", SLICE_ARG(name));
		for (size_t k = 0; k < i; k++)
			if (slice_eq_nocase(slice_of(p->columns[k].name), name))
				return err_set(err, ERR_INPUT,
				    "%s:%zu: the column '%.*s' is there twice", p->name, row->line,
				    SLICE_ARG(name));
	}
	p->column_count = row->count;
	if (has_something(p, 0) && has_something(p, 1))
		return 0;
	return err_set(err, ERR_INPUT,
	    "%s:%zu: the first line names the columns; A_follower_count and B_follower_count are "
	    "needed at least",
	    p->name, row->line);
}

/* ---- rows ----------------------------------------------------------------- */

static bool
read_count(struct slice text, int64_t *milli_r)
{
	char number[NUMBER_MAX], *end;
	double value;

	if (text.len >= sizeof number || strspn(text.ptr, "0123456789.eE+-") < text.len)
		return false;
	memcpy(number, text.ptr, text.len);
	number[text.len] = '\0';
	value = strtod(number, &end);
	if (end == number || *end != '\0' || !isfinite(value) || value < 0)
		return false;
	*milli_r = (int64_t)floor(fmin(value, COUNT_MAX) * 1000 + 0.5);
	return true;
}

static void
bad_row(struct pairs *p, const struct csv_row *row, const char *what, const struct column_use *use,
    struct slice value)
{
	if (p->bad++ >= FINDINGS_TOLD)
		return;
	fprintf(stderr, "%s:%zu: ", p->name, row->line);
	if (use == NULL)
		fprintf(stderr, "%s\n", what);
	else
		fprintf(stderr, "%s %s: '%.*s'\n", use->name, what,
		    (int)(value.len > 60 ? 60 : value.len), value.ptr);
}

static bool
read_pair(struct pairs *p, const struct csv_row *row, struct influence_facts facts[2])
{
	for (int i = 0; i < 2; i++)
		influence_facts_init(&facts[i]);
	if (row->problem != NULL || row->count != p->column_count) {
		bad_row(p, row,
		    row->problem != NULL               ? row->problem
			: row->count < p->column_count ? "there are fewer fields than columns"
						       : "there are more fields than columns",
		    NULL, SLICE_NONE);
		return false;
	}
	for (size_t i = 0; i < row->count; i++) {
		const struct column_use *use = &p->columns[i];
		struct slice value = slice_trim(row->fields[i]);
		int64_t milli;

		if (use->place == SKIP || value.len == 0)
			continue; /* an empty cell is unknown */
		if (!read_count(value, &milli)) {
			bad_row(p, row, "is no number from 0 on", use, value);
			return false;
		}
		memcpy((char *)&facts[use->account] + use->place, &milli, sizeof milli);
	}
	return true;
}

static void
put_pair(struct pairs *p, size_t line, const struct influence made[2])
{
	int32_t micro = influence_above_micro(&made[0], &made[1]);
	struct json_writer w;

	if (!p->call->is_json) {
		buf_addf(&p->out, "%d.%06d\n", micro / 1000000, micro % 1000000);
		return;
	}
	json_writer_init(&w, &p->out);
	json_object_begin(&w);
	json_kv_i64(&w, "line", (int64_t)line);
	json_key(&w, "probability");
	json_put_f64(&w, (double)micro / 1000000);
	json_key(&w, "a");
	influence_to_json(&made[0], &w);
	json_key(&w, "b");
	influence_to_json(&made[1], &w);
	json_object_end(&w);
	buf_add_char(&p->out, '\n');
}

static int
on_row(void *cookie, const struct csv_row *row, struct err *err)
{
	struct pairs *p = cookie;
	struct influence_facts facts[2];
	struct influence made[2];

	if (p->column_count == 0 && row->problem != NULL)
		return err_set(err, ERR_INPUT, "%s:%zu: %s", p->name, row->line, row->problem);
	if (p->column_count == 0)
		return read_header(p, row, err);
	if (!read_pair(p, row, facts))
		return 0;
	for (int i = 0; i < 2; i++)
		influence_make(p->weights, &facts[i], &made[i]);
	put_pair(p, row->line, made);
	return buf_failed(&p->out) ? err_set(err, ERR_NOMEM, "no memory for the answers") : 0;
}

/* ---- the file ------------------------------------------------------------- */

static int
read_pairs(struct pairs *p, const char *path, struct err *err)
{
	struct csv *csv = csv_new(on_row, p);
	struct buf text;
	int rc = -1;

	buf_init(&text, PAIRS_BYTES_MAX + 1);
	if (csv == NULL)
		err_set(err, ERR_NOMEM, "no memory to read '%s'", p->name);
	else if (file_read(path, PAIRS_BYTES_MAX, &text, err) < 0)
		;
	else if (slice_starts_with(buf_slice(&text), "\x1f\x8b"))
		err_set(err, ERR_INPUT,
		    "'%s' is compressed: zcat FILE | earshot people influence --pairs -", p->name);
	else if (csv_feed(csv, buf_slice(&text), err) == 0 && csv_end(csv, err) == 0)
		rc = p->column_count > 0 ? 0 : err_set(err, ERR_INPUT, "'%s' is empty", p->name);
	csv_free(csv);
	buf_fini(&text);
	return rc;
}

/* All or nothing: a row that is left out would shift the answers behind it. */
static int
print_pairs(const struct pairs *p, struct err *err)
{
	if (p->bad > FINDINGS_TOLD)
		fprintf(stderr, "%s: %llu more like these\n", p->name, p->bad - FINDINGS_TOLD);
	if (p->bad > 0)
		return EXIT_FOUND;
	if ((p->out.len > 0 && fwrite(p->out.ptr, 1, p->out.len, stdout) != p->out.len) ||
	    fflush(stdout) != 0)
		return verb_cannot(p->call,
		    (err_set(err, ERR_IO, "cannot write the answers: %s", strerror(errno)), err));
	return EXIT_DONE;
}

int
influence_pairs(const struct verb_call *call, const char *path)
{
	struct pairs *p = NULL;
	struct config *config = NULL;
	struct err err = {ERR_NONE, ""};
	int code = verb_config(call, &config);

	if (code != EXIT_DONE)
		return code;
	p = mem_zalloc(sizeof *p);
	if (p == NULL) {
		err_set(&err, ERR_NOMEM, "no memory for the pairs");
		code = verb_cannot(call, &err);
		goto out;
	}
	p->call = call;
	p->weights = &config->influence;
	p->name = strcmp(path, "-") == 0 ? "standard input" : path;
	buf_init(&p->out, PAIRS_BYTES_MAX);
	code = read_pairs(p, strcmp(path, "-") == 0 ? "/dev/stdin" : path, &err) < 0
	    ? verb_cannot(call, &err)
	    : print_pairs(p, &err);
	buf_fini(&p->out);
out:
	mem_free(p);
	config_unref(config);
	return code;
}
