#include "nlp/train_data.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/post.h"
#include "core/score.h"
#include "core/utf8.h"

#define NO_COLUMN SIZE_MAX
#define RATING_NEUTRAL 0.6
#define RATING_MAX 4.0
#define NUMBER_BYTES_MAX 32
#define HOLD_OUT_SALT 0x68656c646f757400ULL

static const char *const SKIP_WORDS[TRAIN_SKIP_COUNT] = {
    [TRAIN_SKIP_COLUMNS] = "the row has no label and text",
    [TRAIN_SKIP_LABEL] = "the label is none of negative, neutral, positive",
    [TRAIN_SKIP_EMPTY] = "the text is empty",
    [TRAIN_SKIP_UTF8] = "the text is not UTF-8",
    [TRAIN_SKIP_LONG] = "the text is longer than a post can be (64 KB)",
    [TRAIN_SKIP_LANGUAGE] = "another language",
    [TRAIN_SKIP_REPEATED] = "the same text and label again",
    [TRAIN_SKIP_CONFLICT] = "the same text with another label (the first counts)",
    [TRAIN_SKIP_MEASURED] = "the text is among those measured on",
};

/* Where the columns of a TSV file are, counted from 0. */
struct columns {
	size_t label, rating, text, lang, count;
};

struct reading {
	struct train_data *d;
	struct train_file *file;
	uint16_t source;
	enum language lang;
	struct columns columns;
	size_t line;
	struct err *err;
};

/* One row, before it is judged. */
struct fields {
	struct slice label, rating, text, lang;
};

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory for the labelled posts");
}

int
train_data_init(struct train_data *d, struct err *err)
{
	*d = (struct train_data){.rows = NULL};
	d->arena = arena_new(TRAIN_TEXT_BYTES_MAX);
	d->seen = map_new(0, TRAIN_ROWS_MAX, NULL);
	if (d->arena != NULL && d->seen != NULL)
		return 0;
	train_data_fini(d);
	return no_memory(err);
}

void
train_data_fini(struct train_data *d)
{
	map_free(d->seen);
	arena_free(d->arena);
	mem_free(d->rows);
	*d = (struct train_data){.rows = NULL};
}

const char *
train_skip_words(enum train_skip s)
{
	return SKIP_WORDS[s];
}

/* ---- what a row says -------------------------------------------------------- */

/* A whole slice as a number; no "nan", no "0x1". */
static bool
parse_number(struct slice s, double *value_r)
{
	char text[NUMBER_BYTES_MAX + 1], *end;
	if (s.len == 0 || s.len > NUMBER_BYTES_MAX)
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	if (strspn(text, "+-.0123456789eE") < s.len)
		return false;
	*value_r = strtod(text, &end);
	return end == text + s.len && isfinite(*value_r);
}

static bool
parse_label(struct slice s, uint8_t *label_r)
{
	static const struct {
		const char *name;
		uint8_t label;
	} NAMES[] = {
	    {"negative", SENTIMENT_NEGATIVE},
	    {"neg", SENTIMENT_NEGATIVE},
	    {"-1", SENTIMENT_NEGATIVE},
	    {"neutral", SENTIMENT_NEUTRAL},
	    {"neu", SENTIMENT_NEUTRAL},
	    {"0", SENTIMENT_NEUTRAL},
	    {"positive", SENTIMENT_POSITIVE},
	    {"pos", SENTIMENT_POSITIVE},
	    {"1", SENTIMENT_POSITIVE},
	    {"+1", SENTIMENT_POSITIVE},
	};
	for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
		if (slice_eq_nocase(s, slice_of(NAMES[i].name))) {
			*label_r = NAMES[i].label;
			return true;
		}
	}
	return false;
}

static bool
parse_rating(struct slice s, uint8_t *label_r)
{
	double rating;
	if (!parse_number(s, &rating) || fabs(rating) > RATING_MAX)
		return false;
	*label_r = rating < -RATING_NEUTRAL ? SENTIMENT_NEGATIVE
	    : rating > RATING_NEUTRAL       ? SENTIMENT_POSITIVE
					    : SENTIMENT_NEUTRAL;
	return true;
}

static void
skip(struct reading *r, enum train_skip why)
{
	struct train_skipped *s = &r->file->skipped[why];
	if (s->count < TRAIN_LINES_SHOWN)
		s->lines[s->count] = r->line;
	s->count++;
}

/* A text that stands there already is counted and left out. */
static bool
is_repeated(struct reading *r, struct slice text, uint8_t label)
{
	const struct train_data *d = r->d;
	size_t at = (size_t)(uintptr_t)map_get(d->seen, text);
	if (at == 0)
		return false;
	const struct train_row *row = &d->rows[at - 1];
	skip(r,
	    row->is_validation && !r->file->is_validation ? TRAIN_SKIP_MEASURED
		: row->label == label                     ? TRAIN_SKIP_REPEATED
							  : TRAIN_SKIP_CONFLICT);
	return true;
}

static int
keep(struct reading *r, struct slice text, uint8_t label)
{
	struct train_data *d = r->d;
	if (d->count == TRAIN_ROWS_MAX)
		return err_set(
		    r->err, ERR_LIMIT, "there are more than %u labelled posts", TRAIN_ROWS_MAX);
	if (d->count == d->cap) {
		size_t cap = d->cap == 0 ? 1024 : d->cap * 2;
		struct train_row *more = mem_realloc_array(d->rows, cap, sizeof *more);
		if (more == NULL)
			return no_memory(r->err);
		d->rows = more;
		d->cap = cap;
	}
	text = arena_slice_dup(d->arena, text);
	if (text.ptr == NULL || map_put(d->seen, text, (void *)(uintptr_t)(d->count + 1)) < 0)
		return no_memory(r->err);
	d->rows[d->count++] = (struct train_row){.text = text,
	    .label = label,
	    .source = r->source,
	    .is_validation = r->file->is_validation};
	r->file->kept++;
	r->file->labels[label]++;
	return 0;
}

static int
judge_row(struct reading *r, const struct fields *f)
{
	uint8_t label = 0;
	bool is_label = slice_is_set(f->label) ? parse_label(slice_trim(f->label), &label)
					       : parse_rating(slice_trim(f->rating), &label);
	struct slice lang = slice_is_set(f->lang) ? slice_trim(f->lang) : SLICE_LIT("");
	struct slice text = slice_trim(f->text);
	enum train_skip why = TRAIN_SKIP_COUNT;
	if (lang.len > 0 && language_of_code(lang) != r->lang)
		why = TRAIN_SKIP_LANGUAGE;
	else if (!is_label)
		why = TRAIN_SKIP_LABEL;
	else if (text.len == 0)
		why = TRAIN_SKIP_EMPTY;
	else if (text.len > POST_TEXT_MAX)
		why = TRAIN_SKIP_LONG;
	else if (!utf8_is_valid(text))
		why = TRAIN_SKIP_UTF8;
	if (why != TRAIN_SKIP_COUNT) {
		skip(r, why);
		return 0;
	}
	return is_repeated(r, text, label) ? 0 : keep(r, text, label);
}

/* ---- NDJSON ----------------------------------------------------------------- */

/* A string, or a number as its digits, which live in number. */
static struct slice
text_of(const struct json *v, char number[NUMBER_BYTES_MAX])
{
	double value;
	if (json_type(v) == JSON_STRING)
		return json_str(v);
	if (!json_f64(v, &value))
		return SLICE_NONE;
	snprintf(number, NUMBER_BYTES_MAX, "%.6g", value);
	return slice_of(number);
}

static int
read_object(struct reading *r, struct slice line)
{
	char label[NUMBER_BYTES_MAX], rating[NUMBER_BYTES_MAX];
	struct json_doc *doc = NULL;
	struct err why = {.kind = ERR_NONE};
	int rc = 0;
	if (!utf8_is_valid(line)) {
		skip(r, TRAIN_SKIP_UTF8);
		return 0;
	}
	if (json_parse(line, &doc, NULL, &why) < 0) {
		if (why.kind == ERR_NOMEM)
			return no_memory(r->err);
		skip(r, TRAIN_SKIP_COLUMNS);
		return 0;
	}
	const struct json *root = json_root(doc);
	struct fields f = {.label = text_of(json_get(root, "label"), label),
	    .rating = text_of(json_get(root, "rating"), rating),
	    .text = json_get_str(root, "text"),
	    .lang = json_get_str(root, "lang")};
	if (!slice_is_set(f.rating))
		f.rating = text_of(json_get(root, "mean_rating"), rating);
	if (!slice_is_set(f.text) || (!slice_is_set(f.label) && !slice_is_set(f.rating)))
		skip(r, TRAIN_SKIP_COLUMNS);
	else
		rc = judge_row(r, &f);
	json_doc_free(doc);
	return rc;
}

/* ---- TSV -------------------------------------------------------------------- */

/* Does a line name columns? */
static bool
read_header(struct slice line, struct columns *c_r)
{
	struct columns c = {NO_COLUMN, NO_COLUMN, NO_COLUMN, NO_COLUMN, 0};
	while (slice_is_set(line)) {
		struct slice name = slice_trim(slice_split(&line, '\t'));
		if (slice_eq_nocase(name, SLICE_LIT("label")))
			c.label = c.count;
		else if (slice_eq_nocase(name, SLICE_LIT("text")))
			c.text = c.count;
		else if (slice_eq_nocase(name, SLICE_LIT("lang")))
			c.lang = c.count;
		else if (slice_eq_nocase(name, SLICE_LIT("rating")) ||
		    slice_eq_nocase(name, SLICE_LIT("mean_rating")))
			c.rating = c.count;
		c.count++;
	}
	if (c.text == NO_COLUMN || (c.label == NO_COLUMN && c.rating == NO_COLUMN))
		return false;
	*c_r = c;
	return true;
}

static int
read_columns(struct reading *r, struct slice line)
{
	const struct columns *c = &r->columns;
	struct fields f = {SLICE_NONE, SLICE_NONE, SLICE_NONE, SLICE_NONE};
	size_t at = 0;
	for (; at < c->count && slice_is_set(line); at++) {
		bool is_last = at + 1 == c->count;
		struct slice value = is_last && at == c->text ? line : slice_split(&line, '\t');
		if (at == c->label)
			f.label = value;
		else if (at == c->rating)
			f.rating = value;
		else if (at == c->text)
			f.text = value;
		else if (at == c->lang)
			f.lang = value;
	}
	if (at < c->count) {
		skip(r, TRAIN_SKIP_COLUMNS);
		return 0;
	}
	return judge_row(r, &f);
}

/* ---- files ------------------------------------------------------------------ */

static int
read_note(struct reading *r, struct slice line)
{
	struct train_file *f = r->file;
	struct slice note = slice_trim(slice_make(line.ptr + 1, line.len - 1));
	if (note.len == 0 || f->note_count == TRAIN_NOTES_MAX || !utf8_is_valid(note))
		return 0;
	note = arena_slice_dup(r->d->arena, note);
	if (note.ptr == NULL)
		return no_memory(r->err);
	f->notes[f->note_count++] = note;
	return 0;
}

/* The next line that is not blank. */
static bool
next_line(struct reading *r, struct slice *rest, struct slice *line_r)
{
	while (slice_is_set(*rest)) {
		struct slice line = slice_split(rest, '\n');
		r->line++;
		if (slice_ends_with(line, "\r"))
			line.len--;
		if (slice_trim(line).len == 0)
			continue;
		*line_r = line;
		return true;
	}
	return false;
}

static int
read_rows(struct reading *r, struct slice rest)
{
	static const struct columns PLAIN = {0, NO_COLUMN, 1, NO_COLUMN, 2};
	struct slice line;
	bool is_first = true, is_json = false;
	r->columns = PLAIN;
	while (next_line(r, &rest, &line)) {
		int rc = 0;
		if (is_first && line.ptr[0] == '#') {
			if (read_note(r, line) < 0)
				return -1;
			continue;
		}
		if (is_first) {
			is_first = false;
			is_json = slice_trim(line).ptr[0] == '{';
			if (!is_json && read_header(line, &r->columns))
				continue;
		}
		r->file->rows++;
		rc = is_json ? read_object(r, line) : read_columns(r, line);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int
train_data_add(struct train_data *d, const char *name, bool is_validation, struct slice text,
    enum language lang, struct err *err)
{
	if (d->file_count == TRAIN_FILES_MAX)
		return err_set(err, ERR_LIMIT, "there are more than %d files", TRAIN_FILES_MAX);
	struct train_file *f = &d->files[d->file_count];
	struct reading r = {
	    .d = d, .file = f, .source = (uint16_t)d->file_count, .lang = lang, .err = err};
	*f = (struct train_file){
	    .name = arena_strdup(d->arena, name), .is_validation = is_validation};
	if (f->name == NULL)
		return no_memory(err);
	d->file_count++;
	if (slice_starts_with(text, "\xEF\xBB\xBF"))
		text = slice_make(text.ptr + 3, text.len - 3);
	return read_rows(&r, text);
}

size_t
train_data_hold_out(struct train_data *d, int percent, uint64_t seed)
{
	size_t n = 0;
	assert(percent >= 0 && percent < 100);
	for (size_t i = 0; i < d->count; i++) {
		struct train_row *row = &d->rows[i];
		if (row->is_validation ||
		    hash_bytes(seed ^ HOLD_OUT_SALT, row->text) % 100 >= (uint64_t)percent)
			continue;
		row->is_validation = true;
		n++;
	}
	return n;
}

bool
train_data_is_held_out(const struct train_data *d, const struct train_row *row)
{
	return row->is_validation && !d->files[row->source].is_validation;
}
