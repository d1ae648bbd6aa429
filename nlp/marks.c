#include "nlp/marks.h"

#include "core/err.h"
#include "nlp/hashtag.h"
#include "nlp/lexicon_internal.h"

/* A rating as written in English. */
static const struct lexeme *
english_rating(const struct marks_finder *f, const struct unit *u)
{
	struct lexicon_hit hit;
	struct unit plain = *u;
	plain.stem = plain.key;
	lexicon_resolve(f->english, f->stemmer, f->arena, &plain, &hit);
	if (hit.rated == 0)
		return NULL;
	const struct lexeme *x = lexicon_at(f->english, hit.rated);
	return x->has_weight && x->role == ROLE_NONE ? x : NULL;
}

static bool
is_known_word(void *cookie, struct slice word)
{
	const struct marks_finder *f = cookie;
	return lexicon_knows(f->lexicon, f->stemmer, f->arena, word);
}

/* The most telling rating among the words of a hashtag. */
static const struct lexeme *
hashtag_rating(const struct marks_finder *f, const struct unit *u)
{
	struct slice parts[HASHTAG_PARTS_MAX];
	struct marks_finder own = *f;
	const struct lexeme *best = NULL;
	int32_t best_size = 0;
	int count = hashtag_split(u->key.text, u->key.text, is_known_word, &own, parts);
	for (int i = 0; i < count; i++) {
		struct lexicon_hit hit;
		struct unit word = {.key = word_key_of(parts[i]), .kind = TOKEN_WORD};
		word.stem =
		    stemmer_stem(f->stemmer, lexicon_language(f->lexicon), &word.key, f->arena);
		if (word.stem.text.ptr == NULL)
			return NULL;
		lexicon_resolve(f->lexicon, f->stemmer, f->arena, &word, &hit);
		if (hit.rated == 0)
			continue;
		const struct lexeme *x = lexicon_at(f->lexicon, hit.rated);
		int32_t size = x->weight_milli < 0 ? -x->weight_milli : x->weight_milli;
		if (x->has_weight && size > best_size) {
			best = x;
			best_size = size;
		}
	}
	return best;
}

static const struct lexeme *
lexeme_of(const struct marks_finder *f, uint32_t number)
{
	return number == 0 ? NULL : lexicon_at(f->lexicon, number);
}

/* With the sides of pairs it has. */
static uint32_t
number_of(const struct marks_finder *f, uint32_t stem)
{
	return stem == 0 ? 0 : stem | f->lexicon->stem_entries[stem].pair_sides;
}

void
marks_look_up(const struct marks_finder *f, const struct unit *u, struct word_entries *entries_r)
{
	struct lexicon_hit hit;
	*entries_r = (struct word_entries){.rated = NULL};
	if (f->only_signs && u->kind != TOKEN_EMOJI && u->kind != TOKEN_EMOTICON)
		return;
	lexicon_resolve(f->lexicon, f->stemmer, f->arena, u, &hit);
	*entries_r = (struct word_entries){.rated = lexeme_of(f, hit.rated),
	    .stem = lexeme_of(f, hit.stem),
	    .negated = lexeme_of(f, hit.negated),
	    .number = number_of(f, hit.number),
	    .beginning =
		hit.has_longer ? lexicon_beginning(f->lexicon, u) : (uint32_t)LEXICON_BEGINS_NONE};
	if (hit.rated != 0 || hit.stem != 0)
		return;
	if (u->kind == TOKEN_HASHTAG)
		entries_r->rated = hashtag_rating(f, u);
	if (entries_r->rated == NULL && f->english != NULL &&
	    (u->kind == TOKEN_WORD || u->kind == TOKEN_HASHTAG))
		entries_r->rated = english_rating(f, u);
}

static inline bool
is_empty(const struct word_entries *e)
{
	return ((uintptr_t)e->rated | (uintptr_t)e->stem | e->number) == 0;
}

/* Marks so far, and how far phrases reach. */
struct finding {
	struct mark *marks;
	size_t count;
	size_t phrase_end;
	size_t silent_end; /* of a brand's own phrase: its words say nothing else */
};

/* The next mark, which is there once it is counted. */
static inline struct mark *
write_mark(const struct finding *g, const struct word_entries *e, size_t unit)
{
	struct mark *m = &g->marks[g->count];
	m->rated = unit < g->phrase_end ? NULL : e->rated; /* a phrase speaks for it */
	m->stem = e->stem;
	m->negated = e->negated;
	m->number = e->number;
	m->unit = (uint32_t)unit;
	m->span = 1;
	return m;
}

/* The longest phrase that begins at a unit; false: none does. */
static bool
add_phrase(const struct marks_finder *f, struct finding *g, const struct word_entries *e,
    const struct unit *units, size_t unit_count, size_t unit)
{
	size_t span;
	uint32_t phrase = lexicon_phrase(f->lexicon, units, unit_count, unit, &span);
	if (phrase == 0)
		return false;
	const struct lexeme *x = lexicon_at(f->lexicon, phrase);
	struct word_entries own = {.stem = x};
	struct mark *m = write_mark(g, x->is_vocabulary ? &own : e, unit);
	g->count++;
	m->rated = x;
	m->span = (uint32_t)span;
	g->phrase_end = unit + span;
	g->silent_end = x->is_vocabulary ? g->phrase_end : 0;
	return true;
}

int
marks_find(const struct marks_finder *f, const struct unit *units,
    const struct word_entries *const *entries, size_t unit_count, struct mark **marks_r,
    size_t *count_r, struct err *err)
{
	struct finding g = {.marks = scratch_need(f->scratch, (unit_count + 1) * sizeof *g.marks)};
	if (g.marks == NULL)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	for (size_t i = 0; i < unit_count; i++) {
		const struct word_entries *e = entries[i];
		if (e->beginning != LEXICON_BEGINS_NONE && i + 1 < unit_count &&
		    i >= g.phrase_end &&
		    lexicon_may_begin(f->lexicon, e->beginning, &units[i], &units[i + 1]) &&
		    add_phrase(f, &g, e, units, unit_count, i))
			continue;
		/* Most units are marks, and which are not cannot be foreseen: no branch. */
		write_mark(&g, e, i);
		g.count += (size_t)((i >= g.silent_end) & !is_empty(e));
	}
	*marks_r = g.marks;
	*count_r = g.count;
	return 0;
}
