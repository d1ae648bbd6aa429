#include "nlp/lexicon_set.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"

/* The languages we score, English first: others look words up in it. */
#define LEXICONS(X) X(en) X(de) X(da) X(es) X(fr) X(it) X(pt) X(nl) X(sv)

#define DECLARE(lang)                                                                              \
	extern const char embed_corpora_lexicons_##lang##_tsv[],                                   \
	    embed_corpora_lexicons_##lang##_tsv_end[];
LEXICONS(DECLARE)

extern const char embed_corpora_languages_tsv[], embed_corpora_languages_tsv_end[];

#define SHIP(lang)                                                                                 \
	{#lang ".tsv", embed_corpora_lexicons_##lang##_tsv,                                        \
	    embed_corpora_lexicons_##lang##_tsv_end},
static const struct {
	const char *name;
	const char *begin, *end;
} SHIPPED[] = {LEXICONS(SHIP)};

/* A vocabulary has at most this many entries; more is not a brand's vocabulary. */
#define VOCABULARY_MAX 20000

static uint64_t
next_number(void)
{
	static atomic_uint_fast64_t last;
	return atomic_fetch_add(&last, 1) + 1;
}

static int
load(struct lexicon_set *set, size_t i, struct err *err)
{
	struct lexicon *lx;
	struct slice text =
	    slice_make(SHIPPED[i].begin, (size_t)(SHIPPED[i].end - SHIPPED[i].begin));
	if (lexicon_new(SHIPPED[i].name, text, &lx, err) < 0)
		return -1;
	enum language lang = lexicon_language(lx);
	assert(set->lexicons[lang] == NULL);
	set->lexicons[lang] = lx;
	return 0;
}

int
lexicon_set_new(struct lexicon_set **set_r, struct err *err)
{
	int rc = -1;
	struct lexicon_set *set = mem_zalloc(sizeof *set);
	if (set == NULL)
		return err_set(err, ERR_NOMEM, "no memory for lexicons");
	atomic_init(&set->refs, 1);
	set->number = next_number();
	struct slice languages = slice_make(embed_corpora_languages_tsv,
	    (size_t)(embed_corpora_languages_tsv_end - embed_corpora_languages_tsv));
	if (language_model_new("languages.tsv", languages, &set->languages, err) < 0)
		goto out;
	static const enum language WITH_INTENTS[] = {
	    LANGUAGE_UND, LANGUAGE_EN, LANGUAGE_DE, LANGUAGE_DA};
	for (size_t i = 0; i < sizeof WITH_INTENTS / sizeof WITH_INTENTS[0]; i++) {
		if (intents_new(WITH_INTENTS[i], &set->intents[WITH_INTENTS[i]], err) < 0)
			goto out;
	}
	for (size_t i = 0; i < sizeof SHIPPED / sizeof SHIPPED[0]; i++) {
		if (load(set, i, err) < 0)
			goto out;
	}
	*set_r = set;
	set = NULL;
	rc = 0;
out:
	lexicon_set_unref(set);
	return rc;
}

struct lexicon_set *
lexicon_set_ref(struct lexicon_set *set)
{
	atomic_fetch_add(&set->refs, 1);
	return set;
}

void
lexicon_set_unref(struct lexicon_set *set)
{
	if (set == NULL || atomic_fetch_sub(&set->refs, 1) > 1)
		return;
	language_model_free(set->languages);
	for (int i = 0; i < LANGUAGE_COUNT; i++) {
		lexicon_free(set->lexicons[i]);
		intents_free(set->intents[i]);
		mem_free(set->names[i]);
	}
	vocabulary_places_free(set->places);
	mem_free(set);
}

struct slice
lexicon_set_shipped(enum language lang)
{
	for (size_t i = 0; i < sizeof SHIPPED / sizeof SHIPPED[0]; i++) {
		if (slice_eq_str(slice_make(SHIPPED[i].name, 2), language_code(lang)))
			return slice_make(
			    SHIPPED[i].begin, (size_t)(SHIPPED[i].end - SHIPPED[i].begin));
	}
	return SLICE_NONE;
}

const struct lexicon *
lexicon_set_lexicon(const struct lexicon_set *set, enum language lang)
{
	return set->lexicons[lang];
}

const char *
lexicon_set_file(const struct lexicon_set *set, enum language lang)
{
	return set->names[lang];
}

const char *
lexicon_set_vocabulary_file(const struct lexicon_set *set, size_t i)
{
	return set->places == NULL ? NULL : vocabulary_file(set->places, i);
}

const struct vocabulary_place *
lexicon_set_place(const struct lexicon_set *set, struct slice entry)
{
	return set->places == NULL ? NULL : vocabulary_place_of(set->places, entry);
}

/* ---- a lexicon in place of a shipped one ------------------------------------ */

bool
lexicon_set_is_whole(struct slice text)
{
	bool has_language = false, has_checksum = false;
	if (slice_starts_with(text, "\xEF\xBB\xBF"))
		text = slice_make(text.ptr + 3, text.len - 3);
	while (slice_is_set(text)) {
		struct slice line = slice_split(&text, '\n');
		if (!slice_starts_with(line, "# "))
			break;
		has_language |= slice_starts_with(line, "# language:");
		has_checksum |= slice_starts_with(line, "# checksum:");
	}
	return has_language && has_checksum;
}

/* A lexicon that was adapted holds the shipped one it began from: "# base: en (en-73143737), adapted". */
static void
warn_if_older(const struct lexicon_set *set, enum language lang, const char *file,
    struct slice text, struct diag_list *diags)
{
	if (set->lexicons[lang] == NULL)
		return;
	while (slice_starts_with(text, "# ")) {
		struct slice rest = slice_split(&text, '\n');
		slice_split(&rest, '(');
		struct slice version = slice_is_set(rest) ? slice_split(&rest, ')') : SLICE_LIT("");
		if (!slice_is_set(rest) || !slice_starts_with(rest, ", adapted") ||
		    !slice_starts_with(version, language_code(lang)) ||
		    slice_eq_str(version, lexicon_version(set->lexicons[lang])))
			continue;
		diag_add_file(diags, DIAG_WARNING, "V014", file,
		    "adapt again (earshot train --adapt), or go on with what this one knows",
		    "this lexicon was adapted from '%.*s'; the shipped one is '%s' by now",
		    SLICE_ARG(version), lexicon_version(set->lexicons[lang]));
	}
}

/* Editors put a mark in front and carriage returns behind lines; of a lexicon neither is taken. */
int
lexicon_set_replace(struct lexicon_set *set, const char *file, struct slice text,
    struct diag_list *diags, struct err *err)
{
	struct err why = {.kind = ERR_NONE};
	struct lexicon *lx = NULL;
	assert(atomic_load(&set->refs) == 1);
	set->number = next_number();
	char *name = mem_strdup(file);
	if (name == NULL)
		return err_set(err, ERR_NOMEM, "no memory for lexicon '%s'", file);
	int rc = -1;
	if (lexicon_new(name, text, &lx, &why) < 0) {
		if (why.kind == ERR_NOMEM) {
			err_set(err, ERR_NOMEM, "%s", why.text);
			goto out;
		}
		diag_add_file(diags, DIAG_ERROR, "V007", file,
		    "take the file as `earshot train` wrote it; a brand's own words belong into a "
		    "vocabulary file beside it",
		    "this lexicon cannot be read: %s", why.text);
		rc = 0;
		goto out;
	}
	enum language lang = lexicon_language(lx);
	if (set->names[lang] != NULL) {
		diag_add_file(diags, DIAG_ERROR, "V008", file, "keep one of the two",
		    "there is a lexicon of the language '%s' already: '%s'", language_code(lang),
		    set->names[lang]);
		rc = 0;
		goto out;
	}
	warn_if_older(set, lang, file, text, diags);
	lexicon_free(set->lexicons[lang]);
	set->lexicons[lang] = lx;
	set->names[lang] = name;
	return 0;
out:
	lexicon_free(lx);
	mem_free(name);
	return rc;
}

/* ---- a brand's vocabulary --------------------------------------------------- */

struct vocabulary {
	struct lexicon_set *set;
	const char *file;
	struct slice text; /* the whole file */
	struct diag_list *diags;
	size_t count, line;
};

static void
complain(
    struct vocabulary *v, struct slice at, const char *code, const char *help, const char *message)
{
	size_t start = (size_t)(at.ptr - v->text.ptr);
	diag_add(v->diags, DIAG_ERROR, code, v->file, v->text, start, at.len, help, "%s", message);
}

/* The language's lexicon; NULL, and said, when there is none. */
static struct lexicon *
find_lexicon(struct vocabulary *v, struct slice code)
{
	enum language lang = language_of_code(code);
	if (lang == LANGUAGE_UND) {
		complain(v, code, "V002", "write the language as two letters, for example en",
		    "this is not a language we know");
		return NULL;
	}
	if (v->set->lexicons[lang] == NULL) {
		size_t start = (size_t)(code.ptr - v->text.ptr);
		diag_add(v->diags, DIAG_WARNING, "V003", v->file, v->text, start, code.len,
		    "posts in this language are recognised, but not scored yet",
		    "this line has no effect");
	}
	return v->set->lexicons[lang];
}

static void warn(struct vocabulary *v, struct slice at, const char *code, const char *help,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void
warn(
    struct vocabulary *v, struct slice at, const char *code, const char *help, const char *fmt, ...)
{
	char message[DIAG_TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	diag_add(v->diags, DIAG_WARNING, code, v->file, v->text, (size_t)(at.ptr - v->text.ptr),
	    at.len, help, "%s", message);
}

/* Keeps where an accepted entry stands, and says what its writer may not have meant. */
static int
note_line(
    struct vocabulary *v, struct lexicon *lx, struct slice phrase, int32_t milli, struct err *err)
{
	struct vocabulary_place place = {v->file, v->line, milli};
	struct vocabulary_note n;
	if (v->set->places == NULL && (v->set->places = vocabulary_places_new()) == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the vocabulary");
	if (vocabulary_note(v->set->places, lx, phrase, &place, &n, err) < 0)
		return -1;
	if (n.is_again && n.before.weight_milli != milli)
		warn(v, phrase, "V009", "keep one of the two; the later line counts",
		    "the same entry stands in %s, line %zu, with the weight %g", n.before.file,
		    n.before.line, n.before.weight_milli / 1000.0);
	if (n.is_divided)
		warn(v, phrase, "V010",
		    "write what stands on one side of the punctuation, or two lines",
		    "this is never found: no phrase goes over punctuation");
	else if (slice_is_set(n.unseen))
		warn(v, n.unseen, "V011",
		    "what is left is found wherever it stands; choose a word or phrase that "
		    "needs no such sign",
		    "'%.*s' is not looked at", SLICE_ARG(n.unseen));
	return 0;
}

static int
add_line(struct vocabulary *v, struct slice line, struct err *err)
{
	struct slice rest = line;
	struct slice phrase = slice_trim(slice_split(&rest, '\t'));
	struct slice code = slice_is_set(rest) ? slice_trim(slice_split(&rest, '\t')) : SLICE_NONE;
	struct slice weight =
	    slice_is_set(rest) ? slice_trim(slice_split(&rest, '\t')) : SLICE_NONE;
	int32_t milli;
	size_t valid_bytes = utf8_valid_prefix(line);
	if (valid_bytes < line.len) {
		complain(v, slice_make(line.ptr + valid_bytes, 1), "V006", "save the file as UTF-8",
		    "this is not UTF-8 text");
		return 0;
	}
	if (!slice_is_set(weight) || slice_is_set(rest)) {
		complain(v, line, "V001",
		    "write: word or phrase, tab, language, tab, weight from -4 to 4",
		    "a line has three columns, divided by tabs");
		return 0;
	}
	struct lexicon *lx = find_lexicon(v, code);
	if (!lexicon_parse_weight(weight, LEXICON_WEIGHT_MAX_MILLI, &milli)) {
		complain(v, weight.len > 0 ? weight : line, "V004",
		    "for example 2.5, with a point, or -1; 0 says nothing at all",
		    "a weight is a number from -4 to 4");
		return 0;
	}
	if (lx == NULL)
		return 0;
	if (++v->count > VOCABULARY_MAX)
		return err_set(
		    err, ERR_LIMIT, "'%s' has more than %d entries", v->file, VOCABULARY_MAX);
	struct err local = {.kind = ERR_NONE};
	if (lexicon_add_vocabulary(lx, phrase, milli, &local) == 0)
		return note_line(v, lx, phrase, milli, err);
	if (local.kind == ERR_NOMEM) {
		if (err != NULL)
			*err = local;
		return -1;
	}
	complain(v, phrase.len > 0 ? phrase : line, "V005",
	    "write a word, a phrase of at most twelve words, an emoji, @name or #tag",
	    "there is nothing here to look for");
	return 0;
}

int
lexicon_set_add_vocabulary(struct lexicon_set *set, const char *file, struct slice text,
    struct diag_list *diags, struct err *err)
{
	struct vocabulary v = {.set = set, .file = file, .text = text, .diags = diags};
	assert(atomic_load(&set->refs) == 1);
	set->number = next_number();
	if (slice_starts_with(text, "\xEF\xBB\xBF")) /* spreadsheets put it there */
		text = slice_make(text.ptr + 3, text.len - 3);
	while (slice_is_set(text)) {
		struct slice line = slice_split(&text, '\n');
		v.line++;
		if (slice_ends_with(line, "\r"))
			line.len--;
		/* "# " begins a comment; "#tag" and a tab an entry. */
		bool is_comment = line.len > 0 && line.ptr[0] == '#' &&
		    (slice_starts_with(line, "# ") || memchr(line.ptr, '\t', line.len) == NULL);
		if (is_comment || slice_trim(line).len == 0)
			continue;
		if (add_line(&v, line, err) < 0)
			return -1;
	}
	return 0;
}
