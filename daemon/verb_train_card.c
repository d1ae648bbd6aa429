/*
 * verb_train_card.c - the model card as Markdown, at most about a hundred columns wide; and what
 * both forms of the card need: telling entries, changes.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/score.h"

#include "daemon/verb.h"
#include "daemon/verb_train.h"

#define ENTRIES_MAX 4000000u
#define KEY_BYTES 512

/* ---- telling entries ---------------------------------------------------------- */

static bool
is_word_entry(const struct lexeme *x)
{
	return x->kind == LEXEME_STEM || x->kind == LEXEME_NEGATED || x->kind == LEXEME_PAIR;
}

/* Keeps the n largest, the first found first among equals. */
static size_t
insert_telling(const struct lexeme **best, size_t n, const struct lexeme *x, int32_t size, int side)
{
	size_t at = n;

	while (
	    at > 0 && side * (best[at - 1]->positive_milli - best[at - 1]->negative_milli) < size)
		at--;
	if (at == TRAIN_TELLING)
		return n;
	if (n < TRAIN_TELLING)
		n++;
	for (size_t i = n - 1; i > at; i--)
		best[i] = best[i - 1];
	best[at] = x;
	return n;
}

size_t
train_telling(const struct lexicon *lx, int side, const struct lexeme *telling_r[TRAIN_TELLING])
{
	size_t n = 0;

	for (uint32_t i = 1; i <= lexicon_count(lx); i++) {
		const struct lexeme *x = lexicon_at(lx, i);
		int32_t size = side * (x->positive_milli - x->negative_milli);

		if (is_word_entry(x) && size > 0)
			n = insert_telling(telling_r, n, x, size, side);
	}
	return n;
}

/* ---- changes ------------------------------------------------------------------ */

static struct slice
entry_key(const struct lexeme *x, char key[KEY_BYTES])
{
	int n = snprintf(key, KEY_BYTES, "%d\t%.*s", x->kind, SLICE_ARG(lexeme_text(x)));

	return slice_make(key, n < KEY_BYTES ? (size_t)n : KEY_BYTES - 1);
}

static size_t
insert_change(struct train_change *best, size_t n, struct train_change c)
{
	size_t at = n;

	while (at > 0 && best[at - 1].size_milli < c.size_milli)
		at--;
	if (at == TRAIN_TELLING)
		return n;
	if (n < TRAIN_TELLING)
		n++;
	for (size_t i = n - 1; i > at; i--)
		best[i] = best[i - 1];
	best[at] = c;
	return n;
}

int
train_changes(const struct lexicon *now, const struct lexicon *before,
    struct train_change changes_r[TRAIN_TELLING], size_t *count_r, struct err *err)
{
	struct map *index = map_new(0, ENTRIES_MAX, NULL);
	char key[KEY_BYTES];
	size_t n = 0;
	int rc = -1;

	if (index == NULL)
		goto out;
	for (uint32_t i = 1; i <= lexicon_count(before); i++) {
		const struct lexeme *x = lexicon_at(before, i);

		if (is_word_entry(x) && map_put(index, entry_key(x, key), (void *)(uintptr_t)i) < 0)
			goto out;
	}
	for (uint32_t i = 1; i <= lexicon_count(now); i++) {
		struct train_change c = {lexicon_at(now, i), NULL, 0};
		size_t at;

		if (!is_word_entry(c.now))
			continue;
		at = (size_t)(uintptr_t)map_get(index, entry_key(c.now, key));
		c.size_milli = c.now->positive_milli - c.now->negative_milli;
		if (at != 0) {
			c.before = lexicon_at(before, (uint32_t)at);
			c.size_milli -= c.before->positive_milli - c.before->negative_milli;
		}
		c.size_milli = abs(c.size_milli);
		if (c.size_milli > 0)
			n = insert_change(changes_r, n, c);
	}
	*count_r = n;
	rc = 0;
out:
	map_free(index);
	return rc < 0 ? err_set(err, ERR_NOMEM, "no memory for the model card") : 0;
}

/* ---- data --------------------------------------------------------------------- */

static void
add_notes(const struct train_file *f, struct buf *out)
{
	buf_addf(out, "- `%s`: ", train_file_name(f->name));
	for (size_t i = 0; i < f->note_count; i++)
		buf_addf(out, "%s%.*s", i == 0 ? "" : "; ", SLICE_ARG(f->notes[i]));
	buf_add_str(out, f->note_count == 0 ? "the file names no source, licence or use\n" : "\n");
}

static void
add_skipped(const struct train_file *f, struct buf *out)
{
	for (int k = 0; k < TRAIN_SKIP_COUNT; k++) {
		const struct train_skipped *s = &f->skipped[k];

		if (s->count == 0)
			continue;
		buf_addf(out, "- `%s`: %zu row%s left out: %s (line", train_file_name(f->name),
		    s->count, s->count == 1 ? "" : "s", train_skip_words((enum train_skip)k));
		for (size_t n = 0; n < s->count && n < TRAIN_LINES_SHOWN; n++)
			buf_addf(out, "%s%zu", n == 0 ? " " : ", ", s->lines[n]);
		buf_addf(out, "%s)\n", s->count > TRAIN_LINES_SHOWN ? ", ..." : "");
	}
}

static void
add_data(const struct train_run *r, struct buf *out)
{
	buf_add_str(out,
	    "\n## Data\n\n"
	    "| file                         | for        |   rows |   kept | negative | "
	    "neutral | positive |\n"
	    "|------------------------------|------------|-------:|-------:|---------:|"
	    "--------:|---------:|\n");
	for (size_t i = 0; i < r->data.file_count; i++) {
		const struct train_file *f = &r->data.files[i];

		buf_addf(out, "| %-28s | %-10s | %6zu | %6zu | %8zu | %7zu | %8zu |\n",
		    train_file_name(f->name), f->is_validation ? "validation" : "learning", f->rows,
		    f->kept, f->labels[0], f->labels[1], f->labels[2]);
	}
	buf_addf(
	    out, "\nOf the posts for learning %zu were held out.\n\n", r->parts[PART_HELD_OUT]);
	for (size_t i = 0; i < r->data.file_count; i++)
		add_notes(&r->data.files[i], out);
	for (size_t i = 0; i < r->data.file_count; i++)
		add_skipped(&r->data.files[i], out);
}

/* ---- sizes and settings ------------------------------------------------------- */

static void
add_sizes(const struct train_run *r, struct buf *out)
{
	const struct lexicon *lx = r->result.lexicon;
	size_t kinds[LEXEME_KIND_COUNT] = {0};

	for (uint32_t i = 1; i <= lexicon_count(lx); i++)
		kinds[lexicon_at(lx, i)->kind]++;
	buf_addf(out,
	    "\n## Sizes\n\n- learned from: %zu posts\n- vocabulary (entries that could be learned, "
	    "and those of the base): %zu\n"
	    "- learned entries kept: %zu\n- file: %zu bytes\n- entries by kind:",
	    r->parts[PART_LEARNED], r->result.vocabulary, r->result.entries, r->lexicon_bytes);
	for (int k = 0; k < LEXEME_KIND_COUNT; k++)
		if (kinds[k] > 0 && k != LEXEME_STEM_RATING)
			buf_addf(out, " %s %zu", lexeme_kind_name((enum lexeme_kind)k), kinds[k]);
	buf_add_char(out, '\n');
}

static void
add_settings(const struct train_run *r, struct buf *out)
{
	const struct train_options *o = &r->options;

	buf_addf(out,
	    "\n## Settings\n\n- base: %s (%s)%s\n- seed %" PRIu64
	    ", %d folds, %d %% held out, entries in at least %u posts, l2 %g\n",
	    train_file_name(r->base.name), lexicon_version(r->base.lexicon),
	    o->is_adapting ? ", adapted: its learned weights are where these began" : "", o->seed,
	    o->folds, r->hold_out_percent, o->min_posts, o->l2);
	if (o->entries_max > 0)
		buf_addf(out, "- at most %zu learned entries\n", o->entries_max);
	if (r->signs_name != NULL)
		buf_addf(out, "- emoji, punctuation and sums begin where those of '%s' stand\n",
		    train_file_name(r->signs_name));
	if (o->only_signs)
		buf_add_str(
		    out, "- no words were learned, only emoji, punctuation, shapes and sums\n");
	for (size_t i = 0; i < r->data.file_count; i++)
		if (o->source_weights[i] > 0 && fabs(o->source_weights[i] - 1) > 1e-9)
			buf_addf(out, "- a post of `%s` counts %g\n",
			    train_file_name(r->data.files[i].name), o->source_weights[i]);
	buf_addf(out, "- temperature %.3f; a best class below %.3f is unsure\n",
	    lexicon_temperature_milli(r->result.lexicon) / 1000.0,
	    lexicon_sure_milli(r->result.lexicon) / 1000.0);
}

/* ---- figures ------------------------------------------------------------------ */

/* What of the posts it says it is sure; cross-validated logits do not know that. */
static void
add_figure(
    const char *part, const char *file, const struct train_measure *m, bool is_cv, struct buf *out)
{
	char name[64], sure[40] = "      |      ";

	snprintf(
	    name, sizeof name, "%s%s%s", part, file == NULL ? "" : ": ", file == NULL ? "" : file);
	if (!is_cv)
		snprintf(sure, sizeof sure, "%5.1f | %5.1f", 100 * m->sure_share,
		    100 * m->sure_accuracy);
	buf_addf(out, "| %-34s | %5zu | %6.1f | %6.1f | %8.1f | %7.3f | %6.3f | %s |\n", name,
	    m->rows, 100 * m->macro_recall, 100 * m->macro_f1, 100 * m->accuracy,
	    m->calibration_error, m->calibration_by_chance, is_cv ? "    - |     -" : sure);
}

static void
add_figures(const struct train_run *r, struct buf *out)
{
	buf_addf(out,
	    "\n## Figures (language: %s)\n\n"
	    "| posts                              |     n | recall |     F1 | accuracy | "
	    "calibr. | chance |"
	    "  sure | right |\n"
	    "|------------------------------------|------:|-------:|-------:|---------:|--------"
	    ":|-------:|"
	    "------:|------:|\n",
	    language_code(r->options.lang));
	for (size_t i = 0; i < r->figure_count; i++) {
		const struct train_figure *f = &r->figures[i];
		bool is_cv = slice_eq_str(slice_of(f->part), "cross-validated");

		add_figure(f->part, f->file, &f->now, is_cv, out);
		if (f->has_before)
			add_figure("  the base on the same posts", NULL, &f->before, false, out);
	}
	buf_add_str(out,
	    "\nRecall and F1 are means over the three labels (macro), in per cent; "
	    "calibr. is the expected\ncalibration error, chance what probabilities that "
	    "are exactly right would show on so many\nposts in the mean; sure: posts it is sure "
	    "about, and how "
	    "many of those it reads right.\n");
}

static void
add_confusion(const struct train_figure *f, struct buf *out)
{
	buf_addf(out,
	    "\n%s:\n\n| labelled \\ said | negative | neutral | positive |\n"
	    "|-----------------|---------:|--------:|---------:|\n",
	    f->part);
	for (int k = 0; k < 3; k++)
		buf_addf(out, "| %-15s | %8zu | %7zu | %8zu |\n",
		    sentiment_label_name((enum sentiment_label)k), f->now.confusion[k][0],
		    f->now.confusion[k][1], f->now.confusion[k][2]);
}

/* ---- entries ------------------------------------------------------------------ */

static void
add_telling(const struct lexicon *lx, int side, struct buf *out)
{
	const struct lexeme *best[TRAIN_TELLING];
	size_t n = train_telling(lx, side, best);

	buf_addf(out,
	    "\n%s:\n\n| entry                          | kind    | for negative | for positive |\n"
	    "|--------------------------------|---------|-------------:|-------------:|\n",
	    side > 0 ? "Positive" : "Negative");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "| %-30.*s | %-7s | %12.2f | %12.2f |\n",
		    SLICE_ARG(lexeme_text(best[i])),
		    lexeme_kind_name((enum lexeme_kind)best[i]->kind),
		    best[i]->negative_milli / 1000.0, best[i]->positive_milli / 1000.0);
}

static void
add_changes(const struct train_run *r, struct buf *out)
{
	struct train_change changes[TRAIN_TELLING];
	size_t n = 0;

	if (train_changes(r->result.lexicon, r->base.lexicon, changes, &n, NULL) < 0)
		return;
	buf_add_str(out,
	    "\n## What changed most against the base\n\n"
	    "| entry                          | kind    | negative was | is    | "
	    "positive was | is    |\n"
	    "|--------------------------------|---------|-------------:|------:|"
	    "-------------:|------:|\n");
	for (size_t i = 0; i < n; i++) {
		const struct train_change *c = &changes[i];

		buf_addf(out, "| %-30.*s | %-7s | %12.2f | %5.2f | %12.2f | %5.2f |\n",
		    SLICE_ARG(lexeme_text(c->now)),
		    lexeme_kind_name((enum lexeme_kind)c->now->kind),
		    c->before == NULL ? 0 : c->before->negative_milli / 1000.0,
		    c->now->negative_milli / 1000.0,
		    c->before == NULL ? 0 : c->before->positive_milli / 1000.0,
		    c->now->positive_milli / 1000.0);
	}
}

static void
add_remark(void *cookie, const char *sentence)
{
	buf_addf(cookie, "- %s\n", sentence);
}

void
train_card_markdown(const struct train_run *r, struct buf *out)
{
	buf_addf(out, "# Lexicon %s\n\nMade by `earshot train` %s from %s%s.\n",
	    lexicon_version(r->result.lexicon), EARSHOT_VERSION,
	    r->parts[PART_LEARNED] > 0 ? "posts" : "ratings alone",
	    r->options.is_adapting ? ", adapting a lexicon" : "");
	add_data(r, out);
	add_sizes(r, out);
	add_figures(r, out);
	buf_add_str(out, "\n## Confusion\n");
	for (size_t i = 0; i < r->figure_count; i++)
		if (r->figures[i].file == NULL)
			add_confusion(&r->figures[i], out);
	if (r->options.is_adapting)
		add_changes(r, out);
	buf_add_str(out, "\n## The most telling entries\n\nNatural log-odds against neutral.\n");
	add_telling(r->result.lexicon, -1, out);
	add_telling(r->result.lexicon, 1, out);
	add_settings(r, out);
	buf_add_str(out, "\n## What limits it, and what would be different next time\n\n");
	train_remarks(r, add_remark, out);
}
