/*
 * marks.c - what a text has in the lexicon, in one pass over its units and then at those alone that have more than
 * their own entries.
 */
#include "nlp/marks.h"

#include "core/err.h"
#include "nlp/lexicon_internal.h"
#include "nlp/unit_bits.h"

/* ---- a look at all units ----------------------------------------------------- */

/* What a text is found to have; behind each list there is room for one more, and of all of it as much as
 * there are units. */
struct finding {
	struct marks marks;
	uint8_t *traits; /* of each unit: enum word_trait; seven more */
	uint64_t *odd, *begins, *follows; /* units with these traits */
	uint32_t *candidates; /* units that may make a pair with the one before */
	uint32_t *beginnings; /* units that may begin a phrase */
	struct phrase *phrases, *phrase_end;
	struct neighbours *pairs;
	uint32_t *signs;
};

static inline const struct word_entries *
entries_of(const struct finding *g, size_t unit)
{
	return unit_entries(&g->marks.units[unit]);
}

/* How many units of each of some kinds, in 16 bits each. */
#define WORDS_AT 0
#define MENTIONS_AT 16
#define HASHTAGS_AT 32
#define LINKS_AT 48
_Static_assert(UNITS_MAX <= UINT16_MAX, "they fit");

/* What is asked of every unit; returns how many there are of which kind.  Which may make a pair cannot be
 * foreseen: no branch. */
static uint64_t
survey_units(struct finding *g, uint32_t **candidates_end_r)
{
	static const uint64_t KINDS[] = {[TOKEN_WORD] = 1ULL << WORDS_AT,
	    [TOKEN_MENTION] = 1ULL << MENTIONS_AT,
	    [TOKEN_HASHTAG] = 1ULL << HASHTAGS_AT,
	    [TOKEN_URL] = 1ULL << LINKS_AT,
	    [TOKEN_PUNCT] = 0};
	static const struct word_sense NOBODY;
	const struct unit *units = g->marks.units;
	const struct word_sense *before = &NOBODY;
	uint8_t *traits = g->traits;
	uint32_t *candidates = g->candidates;
	size_t count = g->marks.unit_count;
	uint64_t kinds = 0;
	for (size_t i = 0; i < count; i++) {
		const struct word_sense *s = &unit_entries(&units[i])->sense;
		traits[i] = (uint8_t)(s->traits | unit_is_special(&units[i]));
		kinds += KINDS[units[i].kind];
		*candidates = (uint32_t)i;
		candidates += word_sense_may_pair(before, s);
		before = s;
	}
	memset(traits + count, 0, 8);
	*candidates_end_r = candidates;
	return kinds;
}

/* From traits to sets of units. */
static void
gather_traits(struct finding *g)
{
	size_t room = unit_bits_room(g->marks.unit_count), count = g->marks.unit_count;
	for (size_t n = 0; n < room; n++) {
		uint64_t odd = 0, begins = 0, follows = 0;
		size_t end = count < (n + 1) * UNIT_BITS ? count : (n + 1) * UNIT_BITS;
		for (size_t i = n * UNIT_BITS; i < end; i += 8) {
			uint64_t traits = word_load((const char *)g->traits + i, 8);
			odd |= unit_bits_of_eight(traits, 0) << i % UNIT_BITS;
			begins |= unit_bits_of_eight(traits, 1) << i % UNIT_BITS;
			follows |= unit_bits_of_eight(traits, 2) << i % UNIT_BITS;
		}
		g->odd[n] = odd;
		g->begins[n] = begins;
		g->follows[n] = follows;
		g->marks.changed[n] = 0;
	}
}
_Static_assert(WORD_IS_ODD == 1 << 0 && WORD_BEGINS == 1 << 1 && WORD_FOLLOWS == 1 << 2,
    "traits by their bits");

/* ---- pairs and phrases ------------------------------------------------------- */

static inline const struct word_sense *
sense_of(const struct finding *g, size_t unit)
{
	return &unit_entries(&g->marks.units[unit])->sense;
}

/* Asks for the memory that find_pairs() will look at. */
static void
ask_for_pairs(const struct finding *g, const uint32_t *candidates_end)
{
	for (const uint32_t *c = g->candidates; c < candidates_end; c++)
		__builtin_prefetch(lexicon_pair_place(
		    g->marks.lexicon, sense_of(g, *c - 1)->number, sense_of(g, *c)->number));
}

/* The learned pairs among those that may be one: neighbours in one clause. */
static void
find_pairs(struct finding *g, const uint32_t *candidates_end)
{
	const struct lexicon *lx = g->marks.lexicon;
	struct neighbours *next = g->pairs;
	for (const uint32_t *c = g->candidates; c < candidates_end; c++) {
		const struct unit *u = &g->marks.units[*c];
		next->unit = *c;
		next->lexeme =
		    lexicon_find_pair(lx, sense_of(g, *c - 1)->number, sense_of(g, *c)->number);
		__builtin_prefetch(&lx->lexemes[next->lexeme]);
		next += (next->lexeme != 0) & (u->clause == u[-1].clause);
	}
	next->unit = UINT32_MAX;
}

/* The units with which a phrase may begin, as the next one may go on with it; returns behind the last one. */
static uint32_t *
find_beginnings(const struct finding *g)
{
	uint32_t *next = g->beginnings;
	size_t blocks = unit_bits_room(g->marks.unit_count) - 1;
	for (size_t n = 0; n < blocks; n++) {
		uint64_t left = g->begins[n] & (g->follows[n] >> 1 | g->follows[n + 1] << 63);
		for (; left != 0; left &= left - 1) {
			size_t unit = n * UNIT_BITS + (size_t)__builtin_ctzll(left);
			uint32_t by = lexicon_follower(&g->marks.units[unit + 1]);
			*next = (uint32_t)unit;
			next += (entries_of(g, unit)->followers & by) != 0;
		}
	}
	return next;
}

static void
find_phrases(struct finding *g)
{
	const struct marks *m = &g->marks;
	const uint32_t *end = find_beginnings(g);
	struct phrase *next = g->phrases;
	size_t done = 0, span;
	for (const uint32_t *c = g->beginnings; c < end; c++) {
		if (*c < done)
			continue;
		uint32_t lexeme = lexicon_phrase_from(
		    m->lexicon, entries_of(g, *c)->beginning, m->units, m->unit_count, *c, &span);
		if (lexeme == 0)
			continue;
		done = *c + span;
		*next++ = (struct phrase){*c, (uint32_t)span, lexeme};
	}
	next->unit = UINT32_MAX;
	g->phrase_end = next;
}

/* Of a brand's own words nothing else is said: they are in no pair. */
static void
drop_pairs_of_brands(struct finding *g)
{
	const struct lexicon *lx = g->marks.lexicon;
	const struct phrase *p = g->phrases;
	struct neighbours *keep = g->pairs;
	uint32_t end = 0; /* of a brand's phrase */
	for (const struct neighbours *n = g->pairs; n->unit != UINT32_MAX; n++) {
		for (; p->unit <= n->unit; p++)
			end =
			    lexicon_lexeme(lx, p->lexeme)->is_vocabulary ? p->unit + p->span : end;
		*keep = *n;
		keep += n->unit > end;
	}
	keep->unit = UINT32_MAX;
}

/* ---- what changes others, and how a post looks -------------------------------- */

static void
add_changed(struct finding *g, size_t from, size_t to)
{
	size_t count = g->marks.unit_count;
	unit_bits_add(g->marks.changed, from, to < count ? to : count);
}

static void
add_sign(struct finding *g, size_t unit)
{
	g->signs[g->marks.sign_count++] = (uint32_t)unit;
}

/* A word or phrase is not what most are; those that its role may change are not either. */
static void
add_odd(struct finding *g, const struct lexeme *x, enum lexeme_role role, size_t unit, size_t span)
{
	size_t end = unit + span, reach = 0;
	add_changed(g, unit, end);
	switch (role) {
	case ROLE_NEGATOR:
		reach = modifiers_reach(x);
		if (x->boost_milli < 0)
			add_changed(g, unit < reach ? 0 : unit - reach, unit);
		add_changed(g, end, end + reach);
		break;
	case ROLE_BOOSTER: add_changed(g, end, end + BOOST_REACH); break;
	case ROLE_CONTRAST: add_sign(g, unit); break;
	case ROLE_SARCASM:
	case ROLE_NONE: break;
	}
}

static void
add_punctuation(struct finding *g, size_t unit)
{
	struct slice punct = unit_text(&g->marks.units[unit]);
	struct looks *k = &g->marks.looks;
	bool says_something = false;
	k->counts[SHAPE_EXCLAMATIONS] += punct.ptr[0] == '!';
	k->counts[SHAPE_QUESTIONS] += punct.ptr[0] == '?';
	for (size_t i = 0; i < punct.len; i++)
		says_something |= punct.ptr[i] != '.';
	if (says_something)
		add_sign(g, unit);
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

static void
add_special(struct finding *g, size_t unit)
{
	const struct unit *u = &g->marks.units[unit];
	struct looks *k = &g->marks.looks;
	bool is_word = u->kind == TOKEN_WORD;
	add_changed(g, unit, unit + 1);
	k->counts[SHAPE_CAPITALS] += is_word & u->is_caps;
	k->counts[SHAPE_ELONGATED] += is_word & u->is_elongated;
	k->counts[SHAPE_QUOTED] += is_word & u->is_quoted;
	k->has_others |= u->is_caps; /* which others there are is looked for when all are known */
}

/* is_inside: a phrase speaks for it. */
static void
take_odd(struct finding *g, size_t unit, bool is_inside)
{
	const struct unit *u = &g->marks.units[unit];
	const struct word_entries *e = entries_of(g, unit);
	if (u->kind == TOKEN_PUNCT)
		add_punctuation(g, unit);
	if (unit_is_special(u))
		add_special(g, unit);
	if (is_inside)
		return;
	if (e->sense.role != ROLE_NONE)
		add_odd(g, &g->marks.lexicon->lexemes[e->rated], (enum lexeme_role)e->sense.role,
		    unit, 1);
	else if ((e->sense.traits & WORD_IS_ENGLISH) != 0)
		add_changed(g, unit, unit + 1); /* its reason names that lexicon's entry */
}

static void
take_phrase(struct finding *g, const struct phrase *p)
{
	const struct lexeme *x = lexicon_lexeme(g->marks.lexicon, p->lexeme);
	add_odd(g, x, (enum lexeme_role)x->role, p->unit, p->span);
}

/* Those that are odd, and phrases, in their order. */
static void
look_at_odd(struct finding *g, uint64_t kinds)
{
	const struct phrase *p = g->phrases;
	size_t blocks = unit_bits_room(g->marks.unit_count) - 1, end = 0;
	struct looks *k = &g->marks.looks;
	*k = (struct looks){.counts = {[SHAPE_ALWAYS] = 1,
				[SHAPE_LENGTH] = (uint16_t)(kinds >> WORDS_AT),
				[SHAPE_MENTIONS] = (uint16_t)(kinds >> MENTIONS_AT),
				[SHAPE_HASHTAGS] = (uint16_t)(kinds >> HASHTAGS_AT),
				[SHAPE_LINKS] = (uint16_t)(kinds >> LINKS_AT)}};
	for (size_t n = 0; n < blocks; n++) {
		for (uint64_t left = g->odd[n]; left != 0; left &= left - 1) {
			size_t unit = n * UNIT_BITS + (size_t)__builtin_ctzll(left);
			for (; p->unit <= unit; p++) {
				take_phrase(g, p);
				end = p->unit + p->span;
			}
			take_odd(g, unit, unit < end);
		}
	}
	for (; p < g->phrase_end; p++)
		take_phrase(g, p);
	k->has_others = k->has_others && has_small_words(g->marks.units, g->marks.unit_count);
}

/* ---- all of it -------------------------------------------------------------- */

static void *
take(char **room, size_t count, size_t size)
{
	void *p = *room;
	*room += count * size;
	return p;
}

/* Room for as many of all as there are units, and what stands behind them. */
static int
make_room(struct finding *g, struct scratch *scratch)
{
	size_t count = g->marks.unit_count + 2, bits = unit_bits_room(count) * 4;
	size_t each = sizeof(struct mark) + sizeof(struct phrase) + sizeof(struct neighbours) +
	    sizeof(struct stretch) + 3 * sizeof(uint32_t) + 1;
	char *room = scratch_need(scratch, bits * sizeof(uint64_t) + count * each + 8);
	if (room == NULL)
		return -1;
	g->odd = take(&room, bits, sizeof(uint64_t));
	g->begins = g->odd + bits / 4;
	g->follows = g->begins + bits / 4;
	g->marks.changed = g->follows + bits / 4;
	g->marks.items = take(&room, count, sizeof(struct mark));
	g->marks.phrases = g->phrases = take(&room, count, sizeof(struct phrase));
	g->marks.pairs = g->pairs = take(&room, count, sizeof(struct neighbours));
	g->marks.stretches = take(&room, count, sizeof(struct stretch));
	g->marks.signs = g->signs = take(&room, count, sizeof(uint32_t));
	g->candidates = take(&room, count, sizeof(uint32_t));
	g->beginnings = take(&room, count, sizeof(uint32_t));
	g->traits = take(&room, count + 8, 1);
	return 0;
}

int
marks_find(const struct marks_finder *f, const struct unit *units, size_t unit_count,
    struct marks *marks_r, struct err *err)
{
	struct finding g = {.marks = {.lexicon = f->lexicon,
				.english = f->english,
				.units = units,
				.unit_count = unit_count}};
	uint32_t *candidates_end;
	if (make_room(&g, f->scratch) < 0)
		return err_set(err, ERR_NOMEM, "no memory to score a text");
	uint64_t kinds = survey_units(&g, &candidates_end);
	ask_for_pairs(&g, candidates_end);
	gather_traits(&g);
	find_phrases(&g);
	find_pairs(&g, candidates_end);
	if (f->lexicon->has_vocabulary)
		drop_pairs_of_brands(&g);
	look_at_odd(&g, kinds);
	marks_fill(&g.marks);
	*marks_r = g.marks;
	return 0;
}
