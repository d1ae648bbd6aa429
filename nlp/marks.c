#include "nlp/marks.h"

#include <stdlib.h>

#include "core/err.h"
#include "nlp/hashtag.h"
#include "nlp/lexicon_internal.h"

/* How many units behind a word of each role may be changed by it; of a contrast all. */
static const uint16_t REACH[] = {[ROLE_NONE] = 0,
    [ROLE_NEGATOR] = NEGATION_REACH,
    [ROLE_BOOSTER] = BOOST_REACH,
    [ROLE_CONTRAST] = UNITS_MAX,
    [ROLE_SARCASM] = 0};

static inline unsigned
reach_of(const struct lexeme *x)
{
	/* Of a negator with a number it is never less than that. */
	unsigned own = x->role == ROLE_NEGATOR ? (unsigned)abs(x->boost_milli) >> 10 : 0;
	return REACH[x->role] + own;
}

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
	e->reach = (uint16_t)reach_of(x);
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
	const struct lexeme *rated = &f->lexicon->lexemes[hit.rated];
	*entries_r = (struct word_entries){.followers = p.followers,
	    .rated = hit.rated,
	    .stem = hit.stem,
	    .number = hit.number,
	    .beginning = p.beginning,
	    .reach = (uint16_t)reach_of(rated),
	    .role = (uint8_t)rated->role,
	    .follows_by = (uint8_t)(p.is_spelt ? FOLLOWS_ANY
		    : p.is_later               ? word_trie_bit(u->key.hash)
					       : FOLLOWS_NONE)};
	if (is_read && (hit.rated | hit.stem) == 0)
		look_up_elsewhere(f, u, entries_r);
	entries_r->is_there = (entries_r->rated | hit.stem | hit.number) != 0;
}

/* ---- the marks of a text ---------------------------------------------------- */

/* A unit where there is a mark, a phrase may begin, or both: unit << 1 | may begin. */
typedef uint32_t stop;

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

/* Counts the mark just written, and writes down whether it is to be looked at again: without a branch,
 * since which are cannot be foreseen.  marks: the first; reach: how many units behind it. */
static inline void
count_mark(struct finding *g, const struct mark *marks, uint32_t number, unsigned role, size_t unit,
    size_t span, size_t reach)
{
	struct mark *m = g->next++;
	size_t end = unit + span + reach;
	bool is_watched = unit_is_special(&g->units[unit]) | (role != ROLE_NONE) |
	    (unit < g->watched_end) | (span > 1);
	bool is_beside = m[-1].unit + 1 == unit;
	bool may_be_pair = lexicon_may_be_pair(g->lexicon, m[-1].number, number) & is_beside;

	*g->watched = (uint32_t)(m - marks);
	g->watched += is_watched;
	/* What will be looked at when all marks are written; where there is no pair, something that is near. */
	uintptr_t pair = (uintptr_t)lexicon_pair_place(g->lexicon, m[-1].number, number);
	uintptr_t near = (uintptr_t)m;
	__builtin_prefetch((const void *)(near ^ ((near ^ pair) & -(uintptr_t)may_be_pair)));
	*g->paired = m;
	g->paired += may_be_pair;
	g->watched_end = end > g->watched_end ? end : g->watched_end;
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
	count_mark(g, marks, e->number, x->role, unit, span, reach_of(x));
	g->phrase_end = unit + span;
	g->silent_end = x->is_vocabulary ? g->phrase_end : 0;
}

static inline void
add_unit(struct finding *g, const struct mark *marks, const struct word_entries *e, size_t unit)
{
	bool speaks = unit >= g->phrase_end; /* else a phrase speaks for it */
	uint32_t rated = speaks ? e->rated : 0;
	unsigned role = speaks ? e->role : ROLE_NONE;
	size_t reach = speaks ? e->reach : 0;
	write_mark(g, e, g->lexemes[e->is_english] + rated, role, unit, 1);
	count_mark(g, marks, e->number, role, unit, 1, reach);
}

/* Asks for what find_phrase() will look at, where there is anything to look at. */
static void
ask_for_phrases(const struct finding *g, const struct word_entries *const *entries,
    const stop *stops, size_t stop_count)
{
	for (const stop *s = stops; s < stops + stop_count; s++) {
		size_t unit = *s >> 1;
		if ((*s & 1) != 0)
			lexicon_ask_for_phrase(
			    g->lexicon, entries[unit]->beginning, &g->units[unit + 1]);
	}
}

static void
find_all(struct finding *g_r, const struct mark *marks, const struct word_entries *const *entries,
    const stop *stops, size_t stop_count)
{
	struct finding g = *g_r; /* stays in registers */
	for (const stop *s = stops; s < stops + stop_count; s++) {
		size_t unit = *s >> 1, span;
		const struct word_entries *e = entries[unit];
		uint32_t phrase = 0;
		if ((*s & 1) != 0 && unit >= g.phrase_end)
			phrase = find_phrase(g_r, e, unit, &span);
		if (phrase != 0)
			add_phrase(&g, marks, e, phrase, unit, span);
		else if (e->is_there && unit >= g.silent_end)
			add_unit(&g, marks, e, unit);
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

/* ---- a look at all units ----------------------------------------------------- */

static void
look_at_punctuation(struct looks *k, struct slice punct)
{
	k->exclamations += punct.ptr[0] == '!';
	k->questions += punct.ptr[0] == '?';
	for (size_t i = 0; i < punct.len; i++)
		k->has_marks |= punct.ptr[i] != '.';
}

/* Whatever is not a word that looks like most. */
static void
look_at_unit(struct looks *k, const struct unit *u)
{
	switch ((enum token_kind)u->kind) {
	case TOKEN_WORD:
		k->capitals += u->is_caps;
		k->elongated += u->is_elongated;
		k->quoted += u->is_quoted;
		k->has_others |= !u->is_caps & (u->len > 1);
		k->words++;
		break;
	case TOKEN_MENTION: k->mentions++; break;
	case TOKEN_HASHTAG: k->hashtags++; break;
	case TOKEN_URL: k->links++; break;
	case TOKEN_PUNCT: look_at_punctuation(k, u->key.text); break;
	case TOKEN_NUMBER:
	case TOKEN_EMOJI:
	case TOKEN_EMOTICON: break;
	}
}

static struct looks
look(const struct unit *units, size_t count)
{
	struct looks k = {.words = 0};
	int32_t words = 0;
	bool has_others = false;
	for (const struct unit *u = units; u < units + count; u++) {
		if (u->kind == TOKEN_WORD && !unit_is_special(u)) {
			words++;
			has_others |= u->len > 1;
		} else {
			look_at_unit(&k, u);
		}
	}
	k.words += words;
	k.has_others |= has_others;
	return k;
}

/* By follows_by: what of the followers of the unit before lets this one go on. */
#define BIT4(n) 1ULL << (n), 2ULL << (n), 4ULL << (n), 8ULL << (n)
#define BIT16(n) BIT4(n), BIT4((n) + 4), BIT4((n) + 8), BIT4((n) + 12)
static const uint64_t FOLLOWS[] = {
    BIT16(0), BIT16(16), BIT16(32), BIT16(48), [FOLLOWS_NONE] = 0, [FOLLOWS_ANY] = UINT64_MAX};

/* Most units are neither marks nor the beginning of a phrase; which are cannot be foreseen: no branch.
 * Few words go on with one, so hardly a look-up of a phrase is in vain. */
static size_t
find_stops(const struct word_entries *const *entries, size_t count, stop *stops)
{
	stop *next = stops;
	if (count == 0)
		return 0;
	const struct word_entries *e = entries[0];
	for (size_t i = 1; i < count; i++) {
		const struct word_entries *behind = entries[i];
		uint32_t begins = (e->followers & FOLLOWS[behind->follows_by]) != 0;
		*next = (uint32_t)(i - 1) << 1 | begins;
		next += begins | e->is_there;
		e = behind;
	}
	*next = (uint32_t)(count - 1) << 1;
	return (size_t)(next - stops) + e->is_there;
}

/* ---- all of it -------------------------------------------------------------- */

int
marks_find(const struct marks_finder *f, const struct unit *units,
    const struct word_entries *const *entries, size_t unit_count, struct marks *marks_r,
    struct err *err)
{
	/* One mark before them and one behind, and as many of what is written down about them. */
	size_t room = unit_count + 2;
	struct mark *marks = scratch_need(f->scratch,
	    room * (sizeof *marks + sizeof(struct mark *) + sizeof(uint32_t) + sizeof(stop)));
	if (marks == NULL)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	*marks++ = (struct mark){.unit = UINT32_MAX - 1}; /* beside none */
	struct mark **paired = (void *)(marks + room - 1);
	uint32_t *watched = (void *)(paired + room);
	stop *stops = watched + room;
	struct finding g = {.lexicon = f->lexicon,
	    .lexemes = {f->lexicon->lexemes,
		(f->english == NULL ? f->lexicon : f->english)->lexemes},
	    .units = units,
	    .unit_count = unit_count,
	    .next = marks,
	    .watched = watched,
	    .paired = paired};
	size_t stop_count = find_stops(entries, unit_count, stops);
	ask_for_phrases(&g, entries, stops, stop_count);
	find_all(&g, marks, entries, stops, stop_count);
	find_pairs(&g, paired);
	*marks_r = (struct marks){.items = marks,
	    .count = (size_t)(g.next - marks),
	    .watched = watched,
	    .watched_count = (size_t)(g.watched - watched),
	    .looks = look(units, unit_count)};
	return 0;
}
