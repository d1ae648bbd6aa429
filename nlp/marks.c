#include "nlp/marks.h"

#include "core/err.h"

/* Only what a unit is compared with: its rating as written in English, when it says nothing in the
 * post's own language. */
static const struct lexeme *
english_rating(const struct marks_finder *f, const struct unit *u)
{
	struct lexicon_hit hit;
	struct unit plain = *u;
	if (f->english == NULL || (u->kind != TOKEN_WORD && u->kind != TOKEN_HASHTAG))
		return NULL;
	plain.stem = plain.key;
	lexicon_resolve(f->english, f->stemmer, f->arena, &plain, &hit);
	if (hit.rated == 0)
		return NULL;
	const struct lexeme *x = lexicon_at(f->english, hit.rated);
	return x->has_weight && x->role == ROLE_NONE ? x : NULL;
}

static bool
is_empty(const struct lexicon_hit *hit)
{
	return hit->rated == 0 && hit->stem == 0 && hit->negated == 0 && hit->number == 0;
}

static void
fill_mark(const struct lexicon *lx, const struct lexicon_hit *hit, struct mark *m)
{
	m->rated = hit->rated == 0 ? NULL : lexicon_at(lx, hit->rated);
	m->stem = hit->stem;
	m->negated = hit->negated;
	m->number = hit->number;
	if (hit->stem != 0) {
		const struct lexeme *x = lexicon_at(lx, hit->stem);
		m->polarity_milli = x->positive_milli - x->negative_milli;
	}
}

int
marks_find(const struct marks_finder *f, const struct unit *units, size_t unit_count,
    struct mark **marks_r, size_t *count_r, struct err *err)
{
	const struct lexicon *lx = f->lexicon;
	struct mark *marks = scratch_need(f->scratch, (unit_count + 1) * sizeof *marks);
	size_t n = 0, phrase_end = 0;
	if (marks == NULL)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	for (size_t i = 0; i < unit_count; i++) {
		const struct unit *u = &units[i];
		struct lexicon_hit hit;
		if (f->only_signs && u->kind != TOKEN_EMOJI && u->kind != TOKEN_EMOTICON)
			continue;
		lexicon_resolve(lx, f->stemmer, f->arena, u, &hit);
		const struct lexeme *foreign =
		    hit.rated == 0 && hit.stem == 0 ? english_rating(f, u) : NULL;
		size_t span = 1;
		uint32_t phrase = hit.has_longer && i >= phrase_end
		    ? lexicon_phrase(lx, units, unit_count, i, &span)
		    : 0;
		if (phrase == 0 && foreign == NULL && is_empty(&hit))
			continue;
		struct mark *m = &marks[n++];
		*m = (struct mark){.unit = (uint32_t)i, .span = (uint32_t)span};
		fill_mark(lx, &hit, m);
		if (foreign != NULL)
			m->rated = foreign;
		if (phrase != 0) {
			m->rated = lexicon_at(lx, phrase);
			phrase_end = i + span;
		} else if (i < phrase_end) {
			m->rated = NULL; /* the phrase speaks for it */
		}
	}
	*marks_r = marks;
	*count_r = n;
	return 0;
}
