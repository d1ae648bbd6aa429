#include "nlp/marks.h"

#include <stdlib.h>

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

/* Of the English lexicon or the post's own. */
static void
set_rated(struct word_entries *e, const struct lexicon *lx, const struct lexeme *x, bool is_english)
{
	e->rated = lexicon_number_of(lx, x);
	e->role = (uint8_t)x->role;
	e->is_english = is_english;
}

static void
look_up_elsewhere(const struct marks_finder *f, const struct unit *u, struct word_entries *e)
{
	const struct lexeme *x = u->kind == TOKEN_HASHTAG ? hashtag_rating(f, u) : NULL;
	if (x != NULL) {
		set_rated(e, f->lexicon, x, false);
		return;
	}
	if (f->english == NULL || (u->kind != TOKEN_WORD && u->kind != TOKEN_HASHTAG))
		return;
	x = english_rating(f, u);
	if (x != NULL)
		set_rated(e, f->english, x, true);
}

void
marks_look_up(const struct marks_finder *f, const struct unit *u, struct word_entries *entries_r)
{
	struct lexicon_hit hit = {.rated = 0};
	bool is_read = !f->only_signs || u->kind == TOKEN_EMOJI || u->kind == TOKEN_EMOTICON;
	if (is_read)
		lexicon_resolve(f->lexicon, f->stemmer, f->arena, u, &hit);
	struct phrase_part p = lexicon_phrase_part(f->lexicon, u, hit.has_longer);
	*entries_r = (struct word_entries){.followers = p.followers,
	    .rated = hit.rated,
	    .stem = hit.stem,
	    .number = hit.number,
	    .beginning = p.beginning,
	    .role = (uint8_t)f->lexicon->lexemes[hit.rated].role,
	    .is_later = p.is_later,
	    .is_spelt = p.is_spelt};
	if (is_read && (hit.rated | hit.stem) == 0)
		look_up_elsewhere(f, u, entries_r);
}

/* ---- the marks of a text ---------------------------------------------------- */

/* What marks are written from and to, and how far phrases and what changes others reach. */
struct finding {
	const struct lexicon *lexicon;
	const struct lexeme *lexemes[2]; /* the post's, English ones */
	const struct unit *units;
	size_t unit_count;
	struct mark *next; /* [-1] at the beginning is nobody's */
	uint32_t *watched; /* behind the last one; see struct marks */
	struct mark **paired; /* the same: marks that may make a pair with the one before */
	size_t phrase_end;
	size_t silent_end; /* of a brand's own phrase: its words say nothing else */
	size_t watched_end;
};

/* How many units behind a word of each role may be changed by it; of a contrast all. */
static const uint32_t REACH[] = {[ROLE_NONE] = 0,
    [ROLE_NEGATOR] = NEGATION_REACH,
    [ROLE_BOOSTER] = BOOST_REACH,
    [ROLE_CONTRAST] = UNITS_MAX,
    [ROLE_SARCASM] = 0};

/* The next mark, which is there once it is counted. */
static inline void
write_mark(const struct finding *g, const struct word_entries *e, const struct lexeme *rated,
    unsigned role, size_t unit, size_t span)
{
	struct mark *m = g->next;
	m->rated = rated;
	m->stem = g->lexemes[0] + e->stem;
	m->unit = (uint32_t)unit;
	m->span = (uint32_t)span;
	m->number = e->number;
	m->pair = 0;
	m->strength_milli = 1000;
	m->rating_milli = rated->weight_milli;
	m->negator = m->boosters[0] = m->boosters[1] = 0;
	m->flags = role != ROLE_NONE ? MARK_HAS_ROLE : 0;
}

/* Writes down whether the mark just written is one to be looked at again, and counts it: all without
 * a branch, since most units are marks, and which are what cannot be foreseen.  marks: the first. */
static inline void
count_mark(struct finding *g, const struct mark *marks, uint32_t number, unsigned role, size_t unit,
    size_t span, bool is_there)
{
	struct mark *m = g->next;
	const struct unit *u = &g->units[unit];
	bool is_watched = u->is_caps | u->is_elongated | u->is_quoted | (role != ROLE_NONE) |
	    (unit < g->watched_end) | (span > 1);
	bool is_beside = m[-1].unit + 1 == unit;
	bool may_be_pair = lexicon_may_be_pair(g->lexicon, m[-1].number, number) & is_beside;
	/* Of a negator with a number it is never less than that. */
	size_t far = (size_t)abs(m->rated->boost_milli) >> 10 & -(size_t)(role == ROLE_NEGATOR);
	size_t reach = (unit + span + REACH[role] + far) & -(size_t)is_there;

	*g->watched = (uint32_t)(m - marks);
	g->watched += is_there & is_watched;
	*g->paired = m;
	g->paired += is_there & may_be_pair;
	g->next += is_there;
	g->watched_end = reach > g->watched_end ? reach : g->watched_end;
}

/* May a phrase begin here?  Few words go on with one, so hardly a look-up is in vain. */
static inline bool
may_begin(const struct finding *g, const struct word_entries *const *entries, size_t unit)
{
	const struct word_entries *e = entries[unit];
	size_t behind = unit + (unit + 1 < g->unit_count);
	const struct word_entries *next = entries[behind];
	uint64_t follows = e->followers >> word_trie_bit(g->units[behind].key.hash) & 1;
	follows |= (e->followers != 0) & next->is_spelt;
	follows &= next->is_later & (behind > unit) & (unit >= g->phrase_end);
	return follows != 0;
}

/* The longest phrase that begins at a unit; 0: none does. */
static uint32_t
find_phrase(const struct finding *g, const struct word_entries *e, size_t unit, size_t *span_r)
{
	const struct unit *u = &g->units[unit];
	if (u->clause != u[1].clause || !lexicon_may_begin(g->lexicon, e->beginning, u + 1))
		return 0;
	return lexicon_phrase_from(g->lexicon, e->beginning, g->units, g->unit_count, unit, span_r);
}

static inline void
add_phrase(struct finding *g, const struct mark *marks, const struct word_entries *e,
    uint32_t phrase, size_t unit, size_t span)
{
	const struct lexeme *x = lexicon_lexeme(g->lexicon, phrase);
	const struct word_entries own = {.stem = phrase};
	e = x->is_vocabulary ? &own : e;
	write_mark(g, e, x, x->role, unit, span);
	count_mark(g, marks, e->number, x->role, unit, span, true);
	g->phrase_end = unit + span;
	g->silent_end = x->is_vocabulary ? g->phrase_end : 0;
}

static inline void
add_unit(struct finding *g, const struct mark *marks, const struct word_entries *e, size_t unit)
{
	bool speaks = unit >= g->phrase_end; /* else a phrase speaks for it */
	bool is_there = (unit >= g->silent_end) & ((e->rated | e->stem | e->number) != 0);
	uint32_t rated = speaks ? e->rated : 0;
	unsigned role = speaks ? e->role : ROLE_NONE;
	write_mark(g, e, g->lexemes[e->is_english] + rated, role, unit, 1);
	count_mark(g, marks, e->number, role, unit, 1, is_there);
}

static void
find_all(struct finding *g_r, const struct mark *marks, const struct word_entries *const *entries)
{
	struct finding g = *g_r; /* stays in registers */
	for (size_t i = 0; i < g.unit_count; i++) {
		const struct word_entries *e = entries[i];
		if (may_begin(&g, entries, i)) {
			size_t span;
			uint32_t phrase = find_phrase(g_r, e, i, &span);
			if (phrase != 0) {
				add_phrase(&g, marks, e, phrase, i, span);
				continue;
			}
		}
		add_unit(&g, marks, e, i);
	}
	*g_r = g;
}

/* The learned pairs among those that may be one. */
static void
find_pairs(const struct finding *g, struct mark **paired)
{
	for (; paired < g->paired; paired++) {
		struct mark *m = *paired;
		const struct unit *u = &g->units[m->unit];
		if (u->clause != u[-1].clause)
			continue;
		m->pair = lexicon_find_pair(g->lexicon, m[-1].number, m->number);
		__builtin_prefetch(&g->lexicon->lexemes[m->pair]);
	}
}

/* ---- how a post looks ------------------------------------------------------- */

static void
look_at_punctuation(struct looks *k, struct slice punct)
{
	k->exclamations += punct.ptr[0] == '!';
	k->questions += punct.ptr[0] == '?';
	for (size_t i = 0; i < punct.len; i++)
		k->has_marks |= punct.ptr[i] != '.';
}

static struct looks
look(const struct unit *units, size_t count)
{
	struct looks k = {.words = 0};
	int32_t kinds[TOKEN_PUNCT + 1] = {0};
	bool has_others = false;
	for (const struct unit *u = units; u < units + count; u++) {
		bool is_word = u->kind == TOKEN_WORD;
		kinds[u->kind]++;
		k.capitals += is_word & u->is_caps;
		k.elongated += is_word & u->is_elongated;
		k.quoted += is_word & u->is_quoted;
		has_others |= is_word & !u->is_caps & (u->len > 1);
		if (u->kind == TOKEN_PUNCT)
			look_at_punctuation(&k, u->key.text);
	}
	k.words = kinds[TOKEN_WORD];
	k.mentions = kinds[TOKEN_MENTION];
	k.hashtags = kinds[TOKEN_HASHTAG];
	k.links = kinds[TOKEN_URL];
	k.has_mixed_case = k.capitals > 0 && has_others;
	return k;
}

/* ---- all of it -------------------------------------------------------------- */

int
marks_find(const struct marks_finder *f, const struct unit *units,
    const struct word_entries *const *entries, size_t unit_count, struct marks *marks_r,
    struct err *err)
{
	/* One mark before them and one behind, and as many of what is written down about them. */
	size_t room = unit_count + 2;
	struct mark *marks = scratch_need(
	    f->scratch, room * (sizeof *marks + sizeof(struct mark *) + sizeof(uint32_t)));
	if (marks == NULL)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	*marks++ = (struct mark){.unit = UINT32_MAX - 1}; /* beside none */
	struct mark **paired = (void *)(marks + room - 1);
	uint32_t *watched = (void *)(paired + room);
	struct finding g = {.lexicon = f->lexicon,
	    .lexemes = {f->lexicon->lexemes,
		(f->english == NULL ? f->lexicon : f->english)->lexemes},
	    .units = units,
	    .unit_count = unit_count,
	    .next = marks,
	    .watched = watched,
	    .paired = paired};
	find_all(&g, marks, entries);
	find_pairs(&g, paired);
	*marks_r = (struct marks){.items = marks,
	    .count = (size_t)(g.next - marks),
	    .watched = watched,
	    .watched_count = (size_t)(g.watched - watched),
	    .looks = look(units, unit_count)};
	return 0;
}
