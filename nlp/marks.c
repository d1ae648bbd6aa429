#include "nlp/marks.h"

#include <stdlib.h>

#include "core/err.h"
#include "nlp/hashtag.h"
#include "nlp/lexicon_internal.h"
#include "nlp/units.h"

/* How many units behind a word of each role may be changed by it; of a contrast all. */
static const uint8_t REACH[] = {[ROLE_NEGATOR] = NEGATION_REACH,
    [ROLE_BOOSTER] = BOOST_REACH,
    [ROLE_CONTRAST] = WATCH_ALL,
    [ROLE_SARCASM] = 0};

/* How many units a role may change, its own of `span` units among them. */
static unsigned
watch_of(const struct lexeme *x, size_t span)
{
	/* Of a negator with a number it is never less than that. */
	unsigned own = x->role == ROLE_NEGATOR ? (unsigned)abs(x->boost_milli) >> 10 : 0;
	unsigned watch = REACH[x->role] + own + (unsigned)span;
	return x->role == ROLE_NONE ? 0 : watch < WATCH_ALL ? watch : WATCH_ALL;
}

/* A rating as written in English. */
static const struct lexeme *
english_rating(const struct marks_finder *f, const struct unit *u)
{
	struct lexicon_hit hit;
	struct word_fact word;
	struct unit plain = *u;
	plain.word = &word;
	word.hash = u->word->hash;
	unit_set_stem(&plain, unit_key(u));
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
	int count = hashtag_split(unit_text(u), unit_text(u), is_known_word, &own, parts);
	for (int i = 0; i < count; i++) {
		struct lexicon_hit hit;
		struct word_fact word;
		struct word_key key = word_key_of(parts[i]);
		struct unit part = unit_of(&word, key, TOKEN_WORD);
		unit_set_stem(
		    &part, stemmer_stem(f->stemmer, lexicon_language(f->lexicon), &key, f->arena));
		if (part.stem == NULL)
			return NULL;
		lexicon_resolve(f->lexicon, f->stemmer, f->arena, &part, &hit);
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

static void
set_rating(struct word_sense *s, const struct lexeme *x, size_t span)
{
	s->rating_milli = (int16_t)(x->has_weight ? x->weight_milli : 0);
	s->role = x->role;
	s->holds_negator = x->holds_negator;
	s->watch = (uint8_t)watch_of(x, span);
}

/* Of the English lexicon or the post's own. */
static void
set_rated(struct word_entries *e, const struct lexicon *lx, const struct lexeme *x, bool is_english)
{
	e->rated = lexicon_number_of(lx, x);
	e->sense.is_english = is_english;
	set_rating(&e->sense, x, 1);
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
	const struct lexeme *stem = &f->lexicon->lexemes[hit.stem];
	unsigned follows_by = p.is_later ? word_trie_bit(u->word->hash) : FOLLOWS_NONE;
	*entries_r = (struct word_entries){.followers = p.followers,
	    .rated = hit.rated,
	    .stem = hit.stem,
	    .beginning = p.beginning,
	    .sense = {.number = hit.number & ((1u << 24) - 1),
		.negative_milli = (int16_t)stem->negative_milli,
		.positive_milli = (int16_t)stem->positive_milli,
		.follows_by = (uint8_t)(p.is_spelt ? FOLLOWS_ANY : follows_by)}};
	if (is_read && (hit.rated | hit.stem) == 0)
		look_up_elsewhere(f, u, entries_r);
	else
		set_rating(&entries_r->sense, &f->lexicon->lexemes[hit.rated], 1);
	entries_r->sense.is_there = (entries_r->rated | hit.stem | hit.number) != 0;
}

/* ---- a look at all units ----------------------------------------------------- */

/* By follows_by: what of the followers of the unit before lets this one go on. */
#define BIT4(n) 1ULL << (n), 2ULL << (n), 4ULL << (n), 8ULL << (n)
#define BIT16(n) BIT4(n), BIT4((n) + 4), BIT4((n) + 8), BIT4((n) + 12)
static const uint64_t FOLLOWS[] = {
    BIT16(0), BIT16(16), BIT16(32), BIT16(48), [FOLLOWS_NONE] = 0, [FOLLOWS_ANY] = UINT64_MAX};

/* Which units have to be looked at more closely. */
struct survey {
	uint32_t *begins; /* a phrase may begin there */
	uint32_t *odd; /* punctuation, and what is written unlike most */
	size_t begin_count, odd_count;
	int32_t kinds[TOKEN_PUNCT + 1];
};

/* Which they are cannot be foreseen: no branch.  Few words go on with one, so hardly a look-up of a phrase is
 * in vain. */
static void
survey_units(struct survey *s, const struct unit *units, size_t count)
{
	uint32_t *begins = s->begins, *odd = s->odd;
	uint64_t followers = 0;
	for (size_t i = 0; i < count; i++) {
		const struct unit *u = &units[i];
		const struct word_entries *e = unit_entries(u);
		*begins = (uint32_t)i - 1;
		begins += (followers & FOLLOWS[e->sense.follows_by]) != 0;
		followers = e->followers;
		*odd = (uint32_t)i;
		odd += (u->kind == TOKEN_PUNCT) | unit_is_special(u);
		s->kinds[u->kind]++;
	}
	s->begin_count = (size_t)(begins - s->begins);
	s->odd_count = (size_t)(odd - s->odd);
}

static void
look_at_punctuation(struct looks *k, struct slice punct)
{
	k->exclamations += punct.ptr[0] == '!';
	k->questions += punct.ptr[0] == '?';
	for (size_t i = 0; i < punct.len; i++)
		k->has_marks |= punct.ptr[i] != '.';
}

static bool
has_small_words(const struct unit *units, size_t count)
{
	for (const struct unit *u = units; u < units + count; u++) {
		if (u->kind == TOKEN_WORD && !u->is_caps && u->len > 1)
			return true;
	}
	return false;
}

static struct looks
look(const struct survey *s, const struct unit *units, size_t count)
{
	struct looks k = {.words = s->kinds[TOKEN_WORD],
	    .mentions = s->kinds[TOKEN_MENTION],
	    .hashtags = s->kinds[TOKEN_HASHTAG],
	    .links = s->kinds[TOKEN_URL]};
	bool has_capitals = false;
	for (size_t i = 0; i < s->odd_count; i++) {
		const struct unit *u = &units[s->odd[i]];
		bool is_word = u->kind == TOKEN_WORD;
		if (u->kind == TOKEN_PUNCT)
			look_at_punctuation(&k, unit_text(u));
		k.capitals += is_word & u->is_caps;
		k.elongated += is_word & u->is_elongated;
		k.quoted += is_word & u->is_quoted;
		has_capitals |= u->is_caps;
	}
	k.has_others = has_capitals && has_small_words(units, count);
	return k;
}

/* ---- the marks of a text ---------------------------------------------------- */

/* Where the next mark is written, and how far what changes others reaches. */
struct cursor {
	struct mark *next; /* [-1] at the beginning is nobody's */
	struct mark **watched; /* behind the last one; see struct marks */
	struct mark **paired; /* the same: marks that may make a pair with the one before */
	size_t watched_end;
	uint32_t before; /* the number of the unit before; 0: it has none */
};

struct finding {
	const struct lexicon *lexicon, *english;
	const struct unit *units;
	size_t unit_count;
	struct cursor at;
};

static inline void
write_mark(
    struct mark *m, const struct lexeme *rated, const struct lexeme *stem, size_t unit, size_t span)
{
	m->rated = rated;
	m->stem = stem;
	m->unit = (uint32_t)unit;
	m->span = (uint32_t)span;
	m->pair = m->negator = m->boosters[0] = m->boosters[1] = 0;
	m->flags = 0;
	m->strength_milli = 1000;
}

/* What it says of itself. */
static inline void
write_sense(struct mark *m, const struct word_sense *s)
{
	m->sense = *s;
	m->rating_milli = s->rating_milli;
}

/* Counts the mark just written if it is there, and writes down whether it is to be looked at again: without a
 * branch, since which are cannot be foreseen. */
static inline void
count_mark(struct cursor *c, const struct lexicon *lx, const struct word_sense *s,
    const struct unit *u, size_t unit)
{
	size_t watch = s->watch == WATCH_ALL ? UNITS_MAX : s->watch;
	size_t is_there = s->is_there;
	c->watched_end = unit + watch > c->watched_end ? unit + watch : c->watched_end;
	*c->watched = c->next;
	c->watched += (unit_is_special(u) | (unit < c->watched_end)) & is_there;
	*c->paired = c->next;
	c->paired += lexicon_may_be_pair(lx, c->before, s->number) & is_there;
	c->before = s->number;
	c->next += is_there;
}

/* The marks of single words. */
static void
add_words(struct finding *g, size_t unit, size_t end)
{
	struct cursor c = g->at; /* stays in registers */
	const struct lexeme *lexemes = g->lexicon->lexemes;
	for (; unit < end; unit++) {
		const struct word_entries *e = unit_entries(&g->units[unit]);
		const struct lexeme *rated = lexemes + e->rated;
		if (e->sense.is_english)
			rated = &g->english->lexemes[e->rated];
		write_mark(c.next, rated, lexemes + e->stem, unit, 1);
		write_sense(c.next, &e->sense);
		count_mark(&c, g->lexicon, &e->sense, &g->units[unit], unit);
	}
	g->at = c;
}

/* The same where a phrase speaks for them. */
static void
add_silent(struct finding *g, size_t unit, size_t end)
{
	const struct lexeme *lexemes = g->lexicon->lexemes;
	for (; unit < end; unit++) {
		const struct word_entries *e = unit_entries(&g->units[unit]);
		struct word_sense sense = e->sense;
		set_rating(&sense, lexemes, 0);
		write_mark(g->at.next, lexemes, lexemes + e->stem, unit, 1);
		write_sense(g->at.next, &sense);
		count_mark(&g->at, g->lexicon, &sense, &g->units[unit], unit);
	}
}

/* What a phrase says, its first word's stem with it; of a brand's own words nothing else is said. */
static void
add_phrase(struct finding *g, uint32_t phrase, size_t unit, size_t span)
{
	const struct word_entries *e = unit_entries(&g->units[unit]);
	const struct lexeme *x = lexicon_lexeme(g->lexicon, phrase);
	const struct lexeme *stem = x->is_vocabulary ? x : g->lexicon->lexemes + e->stem;
	struct word_sense sense = {.negative_milli = (int16_t)stem->negative_milli,
	    .positive_milli = (int16_t)stem->positive_milli,
	    .number = x->is_vocabulary ? 0 : e->sense.number,
	    .is_there = true};
	set_rating(&sense, x, span);
	sense.watch = (uint8_t)(sense.watch > span ? sense.watch : span);
	write_mark(g->at.next, x, stem, unit, span);
	write_sense(g->at.next, &sense);
	count_mark(&g->at, g->lexicon, &sense, &g->units[unit], unit);
	if (!x->is_vocabulary)
		add_silent(g, unit + 1, unit + span);
}

/* The longest phrase that begins at a unit; 0: none does. */
static uint32_t
find_phrase(const struct finding *g, size_t unit, size_t *span_r)
{
	const struct unit *u = &g->units[unit];
	uint32_t beginning = unit_entries(u)->beginning;
	if (u->clause != u[1].clause || !lexicon_may_begin(g->lexicon, beginning, u + 1))
		return 0;
	return lexicon_phrase_from(g->lexicon, beginning, g->units, g->unit_count, unit, span_r);
}

static void
find_all(struct finding *g, const struct survey *s)
{
	size_t done = 0, span;
	for (size_t i = 0; i < s->begin_count; i++) {
		const struct unit *u = &g->units[s->begins[i]];
		lexicon_ask_for_phrase(g->lexicon, unit_entries(u)->beginning, u + 1);
	}
	for (size_t i = 0; i < s->begin_count; i++) {
		size_t unit = s->begins[i];
		uint32_t phrase = unit < done ? 0 : find_phrase(g, unit, &span);
		if (phrase == 0)
			continue;
		add_words(g, done, unit);
		add_phrase(g, phrase, unit, span);
		done = unit + span;
	}
	add_words(g, done, g->unit_count);
}

/* The learned pairs among those that may be one: neighbours in one clause. */
static void
find_pairs(const struct finding *g, struct mark **paired)
{
	for (struct mark **p = paired; p < g->at.paired; p++)
		__builtin_prefetch(
		    lexicon_pair_place(g->lexicon, (*p)[-1].sense.number, (*p)->sense.number));
	for (; paired < g->at.paired; paired++) {
		struct mark *m = *paired;
		const struct unit *u = &g->units[m->unit];
		if (m[-1].unit + 1 != m->unit || u->clause != u[-1].clause)
			continue;
		m->pair = lexicon_find_pair(g->lexicon, m[-1].sense.number, m->sense.number);
		__builtin_prefetch(&g->lexicon->lexemes[m->pair]);
	}
}

/* ---- all of it -------------------------------------------------------------- */

int
marks_find(const struct marks_finder *f, const struct unit *units, size_t unit_count,
    struct marks *marks_r, struct err *err)
{
	/* One mark before them and one behind, and as many of what is written down about them. */
	size_t room = unit_count + 2;
	struct mark *marks = scratch_need(
	    f->scratch, room * (sizeof *marks + 2 * sizeof(struct mark *) + 2 * sizeof(uint32_t)));
	if (marks == NULL)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	*marks++ = (struct mark){.unit = UINT32_MAX - 1}; /* beside none */
	struct mark **watched = (void *)(marks + room - 1), **paired = watched + room;
	uint32_t *begins = (void *)(paired + room);
	struct survey s = {.begins = begins, .odd = begins + room};
	struct finding g = {.lexicon = f->lexicon,
	    .english = f->english,
	    .units = units,
	    .unit_count = unit_count,
	    .at = {.next = marks, .watched = watched, .paired = paired}};
	survey_units(&s, units, unit_count);
	find_all(&g, &s);
	find_pairs(&g, paired);
	*marks_r = (struct marks){.items = marks,
	    .count = (size_t)(g.at.next - marks),
	    .watched = watched,
	    .watched_count = (size_t)(g.at.watched - watched),
	    .odd = s.odd,
	    .odd_count = s.odd_count,
	    .looks = look(&s, units, unit_count)};
	return 0;
}
