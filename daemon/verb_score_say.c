/*
 * verb_score_say.c - `earshot score --explain` for a reader: what a post was taken for, and the words that
 * made it so, the heaviest first.
 *
 * The effects of all contributions come to the distance between positive and negative (nlp/weigh.h), so
 * they can be added up, and are: by words that were rated, words that were learned, the brand's own, and
 * how the post looks.
 */
#include "daemon/verb_score.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/utf8.h"
#include "nlp/lexicon_set.h"

#define TEXT_SHOWN 4000 /* bytes of a post */
#define WORDS_SHOWN 80 /* bytes of the words of a contribution */
#define COLUMNS 6 /* of an effect */
#define REASONS_SHOWN 40 /* lines; what the others come to is one more */

struct saying {
	const struct score *s;
	const struct lexicon_set *set;
	struct slice text;
	struct buf *out;
};

/* What the effects are added up by. */
enum part {
	PART_RATED,
	PART_LEARNED,
	PART_BRAND,
	PART_LOOKS,
	PART_COUNT
};

static const char *const PART_NAMES[PART_COUNT] = {
    [PART_RATED] = "ratings",
    [PART_LEARNED] = "learned words",
    [PART_BRAND] = "the brand's own words",
    [PART_LOOKS] = "how it looks",
};

static enum part
part_of(const struct contribution *c)
{
	switch ((enum entry_source)c->entry->source) {
	case ENTRY_LEARNED:
	case ENTRY_LEARNED_NEGATED:
	case ENTRY_LEARNED_PAIR: return PART_LEARNED;
	case ENTRY_VOCABULARY: return PART_BRAND;
	case ENTRY_SHAPE: return PART_LOOKS;
	case ENTRY_SOURCE_NONE:
	case ENTRY_LEXICON:
	case ENTRY_IDIOM:
	case ENTRY_EMOJI:
	case ENTRY_EMOTICON:
	case ENTRY_RATINGS:
	case ENTRY_SOURCE_COUNT: break;
	}
	return PART_RATED;
}

/* ---- small words ---------------------------------------------------------------- */

/* On one line, as far as it is shown. */
static void
say_words(struct buf *out, struct slice words, size_t most)
{
	struct slice shown = utf8_prefix(words, most);
	bool is_cut = shown.len < words.len;

	while (slice_is_set(shown)) {
		struct slice line = slice_split(&shown, '\n');

		diag_add_visible(out, slice_ends_with(line, "\r") ? slice_trim(line) : line);
		if (slice_is_set(shown))
			buf_add_char(out, ' ');
	}
	if (is_cut)
		buf_add_str(out, " ...");
}

/* "+0.62", in at least so many columns. */
static void
say_milli(struct buf *out, int64_t milli, int columns)
{
	int64_t hundredths = (llabs(milli) + 5) / 10;
	char text[32];

	snprintf(text, sizeof text, "%s%lld.%02lld",
	    hundredths == 0 ? ""
		: milli < 0 ? "-"
			    : "+",
	    (long long)(hundredths / 100), (long long)(hundredths % 100));
	buf_addf(out, "%*s", columns, text);
}

static struct slice
place(const struct saying *y, uint32_t start, uint32_t len)
{
	if (start > y->text.len || len > y->text.len - start)
		return SLICE_LIT("");
	return slice_make(y->text.ptr + start, len);
}

/* ---- what it was taken for -------------------------------------------------------- */

static void
say_label(const struct saying *y)
{
	const struct score *s = y->s;

	if (!s->is_scored) {
		buf_addf(y->out, "label     neutral, not sure: %s\n",
		    strcmp(s->lang, "und") == 0 ? "its language was not recognised"
						: "there is no lexicon for this language");
		return;
	}
	buf_addf(y->out, "label     %s, %s: negative %d %%, neutral %d %%, positive %d %%; score ",
	    sentiment_label_name(s->label), s->is_unsure ? "not sure" : "sure",
	    (s->negative_milli + 5) / 10, (s->neutral_milli + 5) / 10,
	    (s->positive_milli + 5) / 10);
	say_milli(y->out, s->score_milli, 0);
	buf_add_char(y->out, '\n');
}

/* A post whose language was not recognised is read by a lexicon all the same: "en-73143737" says by whose. */
static void
say_lexicon(const struct saying *y)
{
	struct slice version = slice_of(y->s->lexicon);
	const char *file;

	if (!y->s->is_scored)
		return;
	file = lexicon_set_file(y->set, language_of_code(slice_split(&version, '-')));
	buf_addf(y->out, "lexicon   %s", y->s->lexicon);
	if (file == NULL) {
		buf_add_str(y->out, ", shipped");
	} else {
		buf_add_str(y->out, ", from ");
		say_words(y->out, slice_of(file), TEXT_SHOWN);
	}
	if (strchr(y->s->lexicon, '+') != NULL)
		buf_add_str(y->out, ", with the brand's own words over it");
	buf_add_char(y->out, '\n');
}

static void
say_brands(const struct saying *y, const char *const *names)
{
	for (size_t i = 0; i < y->s->brand_count; i++) {
		buf_add_str(y->out, i == 0 ? "brands    " : ", ");
		say_words(y->out, slice_of(names[y->s->brands[i]]), TEXT_SHOWN);
	}
	if (y->s->brand_count > 0)
		buf_add_char(y->out, '\n');
}

static void
say_intents(const struct saying *y)
{
	for (size_t i = 0; i < y->s->intent_reason_count; i++) {
		const struct intent_reason *r = &y->s->intent_reasons[i];

		buf_addf(
		    y->out, "%s%s: ", i == 0 ? "intents   " : "          ", intent_name(r->intent));
		say_words(y->out, place(y, r->start, r->len), WORDS_SHOWN);
		buf_add_str(y->out, "  (pattern: ");
		say_words(y->out, r->pattern, WORDS_SHOWN);
		buf_add_str(y->out, ")\n");
	}
}

/* ---- why ---------------------------------------------------------------------------- */

static int
heavier(const void *a, const void *b)
{
	const struct contribution *x = a, *y = b;
	int32_t dx = abs(x->effect_milli), dy = abs(y->effect_milli);

	if (dx != dy)
		return dx > dy ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* A word of the vocabulary counts as a rating and as something learned, with one weight: one line.  Their
 * places may differ (a phrase, and the first word of it): the longer one is what was written. */
static size_t
join_brands(struct contribution *c, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct contribution *last = n == 0 ? NULL : &c[n - 1];

		if (last != NULL && part_of(&c[i]) == PART_BRAND && part_of(last) == PART_BRAND &&
		    last->entry == c[i].entry && last->start == c[i].start) {
			last->effect_milli += c[i].effect_milli;
			last->len = last->len > c[i].len ? last->len : c[i].len;
		} else {
			c[n++] = c[i];
		}
	}
	return n;
}

/* A word that the post's language does not know, with the rating it has in English. */
static bool
is_borrowed(const struct saying *y, const struct contribution *c)
{
	struct slice version = slice_of(y->s->lexicon);
	enum language read_as = language_of_code(slice_split(&version, '-'));
	const struct lexicon *english = lexicon_set_lexicon(y->set, LANGUAGE_EN);

	return read_as != LANGUAGE_EN && english != NULL && lexicon_has_entry(english, c->entry);
}

/* Where the weight comes from. */
static void
say_source(const struct saying *y, const struct contribution *c)
{
	enum entry_source source = c->entry->source;
	const char *name = entry_source_name(source);
	const struct vocabulary_place *p =
	    source == ENTRY_VOCABULARY ? lexicon_set_place(y->set, entry_text(c->entry)) : NULL;

	if (p != NULL) {
		buf_addf(y->out, "%s, ", name);
		say_words(y->out, slice_of(p->file), TEXT_SHOWN);
		buf_addf(y->out, " line %zu: ", p->line);
	} else if (source == ENTRY_LEXICON) {
		buf_add_str(y->out, is_borrowed(y, c) ? "rated in English " : "rated ");
	} else if (source == ENTRY_SHAPE) {
		buf_add_str(y->out, "learned ");
	} else {
		buf_addf(y->out, "%s%s ", name == NULL ? "" : name,
		    part_of(c) == PART_RATED ? ", rated" : "");
	}
	say_milli(y->out, c->weight_milli, 0);
}

static void
say_reason(const struct saying *y, const struct contribution *c)
{
	struct slice words = place(y, c->start, c->len);
	const char *looks = contribution_shape_words(c);

	buf_add_str(y->out, "  ");
	say_milli(y->out, c->effect_milli, COLUMNS);
	buf_add_str(y->out, "  ");
	if (looks != NULL) {
		buf_addf(y->out, "%s  (", looks);
	} else {
		say_words(y->out, words, WORDS_SHOWN);
		if (!slice_eq_nocase(words, entry_text(c->entry))) {
			buf_add_str(y->out, ", as \"");
			say_words(y->out, entry_text(c->entry), WORDS_SHOWN);
			buf_add_char(y->out, '"');
		}
		buf_add_str(y->out, "  (");
	}
	say_source(y, c);
	if (c->modifiers != NULL) {
		buf_add_str(y->out, "; ");
		say_words(y->out, slice_of(c->modifiers), TEXT_SHOWN);
	}
	buf_add_str(y->out, ")\n");
}

static void
say_smaller(const struct saying *y, const struct contribution *c, size_t count)
{
	int64_t effect = 0;

	for (size_t i = 0; i < count; i++)
		effect += c[i].effect_milli;
	if (count == 0)
		return;
	buf_add_str(y->out, "  ");
	say_milli(y->out, effect, COLUMNS);
	buf_addf(y->out, "  %zu smaller one%s together\n", count, count == 1 ? "" : "s");
}

static void
say_sums(const struct saying *y)
{
	int64_t sums[PART_COUNT] = {0}, all = 0;
	bool is_first = true;

	for (size_t i = 0; i < y->s->reason_count; i++) {
		sums[part_of(&y->s->reasons[i])] += y->s->reasons[i].effect_milli;
		all += y->s->reasons[i].effect_milli;
	}
	buf_add_str(y->out, "together  ");
	say_milli(y->out, all, 0);
	for (int k = 0; k < PART_COUNT; k++) {
		if (sums[k] == 0)
			continue;
		buf_addf(y->out, "%s%s ", is_first ? ": " : ", ", PART_NAMES[k]);
		say_milli(y->out, sums[k], 0);
		is_first = false;
	}
	buf_add_char(y->out, '\n');
}

static void
say_reasons(const struct saying *y, struct arena *a)
{
	size_t n = y->s->reason_count, shown;
	struct contribution *c = arena_array(a, n + 1, sizeof *c);

	if (c == NULL) {
		buf_fail(y->out);
		return;
	}
	if (n == 0) {
		buf_add_str(y->out, "because   no word or sign in it says anything\n");
		return;
	}
	memcpy(c, y->s->reasons, n * sizeof *c);
	n = join_brands(c, n);
	qsort(c, n, sizeof *c, heavier);
	shown = n > REASONS_SHOWN + 1 ? REASONS_SHOWN : n;
	buf_add_str(y->out,
	    "because   (above 0 speaks for positive, below 0 for negative; behind it what the "
	    "lexicon says)\n");
	for (size_t i = 0; i < shown; i++)
		say_reason(y, &c[i]);
	say_smaller(y, c + shown, n - shown);
	if (y->s->is_scored)
		say_sums(y);
}

void
score_say(const struct score *s, const struct lexicon_set *set, const char *const *brand_names,
    struct slice text, struct arena *a, struct buf *out)
{
	struct saying y = {s, set, text, out};

	buf_add_str(out, "text      ");
	say_words(out, text, TEXT_SHOWN);
	buf_addf(out, "\nlanguage  %s\n", strcmp(s->lang, "und") == 0 ? "not recognised" : s->lang);
	say_label(&y);
	say_lexicon(&y);
	say_brands(&y, brand_names);
	say_intents(&y);
	say_reasons(&y, a);
}
