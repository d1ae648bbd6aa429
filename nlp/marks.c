#include "nlp/marks.h"

#include "core/err.h"
#include "nlp/hashtag.h"
#include "nlp/lexicon_internal.h"
#include "nlp/unit_bits.h"

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
set_rating(struct word_sense *s, const struct lexeme *x)
{
	s->rating_milli = (int16_t)(x->has_weight ? x->weight_milli : 0);
	s->role = x->role;
}

static void
look_up_elsewhere(const struct marks_finder *f, const struct unit *u, struct word_entries *e)
{
	const struct lexeme *x = u->kind == TOKEN_HASHTAG ? hashtag_rating(f, u) : NULL;
	if (x != NULL) {
		e->rated = lexicon_number_of(f->lexicon, x);
		set_rating(&e->sense, x);
		return;
	}
	if (f->english == NULL || (u->kind != TOKEN_WORD && u->kind != TOKEN_HASHTAG))
		return;
	x = english_rating(f, u);
	if (x == NULL)
		return;
	e->rated = lexicon_number_of(f->english, x);
	e->sense.traits |= WORD_IS_ENGLISH;
	set_rating(&e->sense, x);
}

static unsigned
traits_of(const struct word_entries *e, const struct unit *u)
{
	const struct word_sense *s = &e->sense;
	unsigned traits = s->traits;
	bool is_odd = s->role != ROLE_NONE || (traits & WORD_IS_ENGLISH) != 0;
	traits |= is_odd || u->kind == TOKEN_PUNCT ? WORD_IS_ODD : 0;
	traits |= e->followers != 0 ? WORD_BEGINS : 0;
	traits |= s->follows_by != FOLLOWS_NONE ? WORD_FOLLOWS : 0;
	return traits | ((e->rated | e->stem | s->number) != 0 ? WORD_COUNTS : 0);
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
		set_rating(&entries_r->sense, &f->lexicon->lexemes[hit.rated]);
	entries_r->sense.traits = traits_of(entries_r, u) & UINT8_MAX;
}

/* ---- a look at all units ----------------------------------------------------- */

/* What a text is found to have; behind each list there is room for one more, and of all of it as much as
 * there are units. */
struct finding {
	struct marks marks;
	uint8_t *traits; /* of each unit: enum word_trait; seven more */
	uint64_t *odd, *begins, *follows; /* units with these traits */
	uint32_t
	    *candidates; /* units that may make a pair with the one before, or begin a phrase */
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
	const uint32_t *filter = g->marks.lexicon->pair_filter;
	const struct unit *units = g->marks.units;
	uint8_t *traits = g->traits;
	uint32_t *candidates = g->candidates, before = 0;
	size_t count = g->marks.unit_count;
	uint64_t kinds = 0;
	for (size_t i = 0; i < count; i++) {
		const struct word_sense s = unit_entries(&units[i])->sense;
		traits[i] = (uint8_t)(s.traits | unit_is_special(&units[i]));
		kinds += KINDS[units[i].kind];
		*candidates = (uint32_t)i;
		candidates += lexicon_may_be_pair(filter, before, s.number);
		before = s.number;
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

/* The learned pairs among those that may be one: neighbours in one clause. */
static void
find_pairs(struct finding *g, const uint32_t *candidates_end)
{
	const struct lexicon *lx = g->marks.lexicon;
	struct neighbours *next = g->pairs;
	const uint32_t *c = g->candidates;
	c += c < candidates_end && *c == 0; /* nothing stands before it */
	for (const uint32_t *k = c; k < candidates_end; k++)
		__builtin_prefetch(lexicon_pair_place(
		    lx, entries_of(g, *k - 1)->sense.number, entries_of(g, *k)->sense.number));
	for (; c < candidates_end; c++) {
		const struct unit *u = &g->marks.units[*c];
		next->unit = *c;
		next->lexeme = lexicon_find_pair(
		    lx, entries_of(g, *c - 1)->sense.number, entries_of(g, *c)->sense.number);
		next += (next->lexeme != 0) & (u->clause == u[-1].clause);
	}
	next->unit = UINT32_MAX;
}

/* By follows_by: what of the followers of the unit before lets this one go on. */
#define BIT4(n) 1ULL << (n), 2ULL << (n), 4ULL << (n), 8ULL << (n)
#define BIT16(n) BIT4(n), BIT4((n) + 4), BIT4((n) + 8), BIT4((n) + 12)
static const uint64_t FOLLOWS[] = {
    BIT16(0), BIT16(16), BIT16(32), BIT16(48), [FOLLOWS_NONE] = 0, [FOLLOWS_ANY] = UINT64_MAX};

/* The units with which a phrase may begin, as the next one may go on with it; returns behind the last one. */
static uint32_t *
find_beginnings(const struct finding *g)
{
	uint32_t *next = g->candidates;
	size_t blocks = unit_bits_room(g->marks.unit_count) - 1;
	for (size_t n = 0; n < blocks; n++) {
		uint64_t left = g->begins[n] & (g->follows[n] >> 1 | g->follows[n + 1] << 63);
		for (; left != 0; left &= left - 1) {
			size_t unit = n * UNIT_BITS + (size_t)__builtin_ctzll(left);
			uint64_t by = FOLLOWS[entries_of(g, unit + 1)->sense.follows_by];
			*next = (uint32_t)unit;
			next += (entries_of(g, unit)->followers & by) != 0;
		}
	}
	return next;
}

/* The longest phrase that begins at a unit; 0: none does. */
static uint32_t
find_phrase(const struct finding *g, size_t unit, size_t *span_r)
{
	const struct marks *m = &g->marks;
	const struct unit *u = &m->units[unit];
	uint32_t beginning = entries_of(g, unit)->beginning;
	if (u->clause != u[1].clause || !lexicon_may_begin(m->lexicon, beginning, u + 1))
		return 0;
	return lexicon_phrase_from(m->lexicon, beginning, m->units, m->unit_count, unit, span_r);
}

static void
find_phrases(struct finding *g)
{
	const uint32_t *end = find_beginnings(g);
	struct phrase *next = g->phrases;
	size_t done = 0, span;
	for (const uint32_t *c = g->candidates; c < end; c++)
		lexicon_ask_for_phrase(
		    g->marks.lexicon, entries_of(g, *c)->beginning, &g->marks.units[*c + 1]);
	for (const uint32_t *c = g->candidates; c < end; c++) {
		uint32_t lexeme = *c < done ? 0 : find_phrase(g, *c, &span);
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
	k->exclamations += punct.ptr[0] == '!';
	k->questions += punct.ptr[0] == '?';
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
	k->capitals += is_word & u->is_caps;
	k->elongated += is_word & u->is_elongated;
	k->quoted += is_word & u->is_quoted;
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
	if (!is_inside && (e->sense.role != ROLE_NONE || (e->sense.traits & WORD_IS_ENGLISH) != 0))
		add_odd(g, &g->marks.lexicon->lexemes[e->rated], (enum lexeme_role)e->sense.role,
		    unit, 1);
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
	*k = (struct looks){.words = (uint16_t)(kinds >> WORDS_AT),
	    .mentions = (uint16_t)(kinds >> MENTIONS_AT),
	    .hashtags = (uint16_t)(kinds >> HASHTAGS_AT),
	    .links = (uint16_t)(kinds >> LINKS_AT)};
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

/* ---- the marks --------------------------------------------------------------- */

static inline void
write_mark(struct mark *m, const struct lexeme *rated, const struct lexeme *stem,
    const struct word_sense *sense, size_t unit, size_t span)
{
	*m = (struct mark){.rated = rated,
	    .stem = stem,
	    .unit = (uint32_t)unit,
	    .span = (uint32_t)span,
	    .sense = *sense,
	    .strength_milli = 1000};
}

/* The mark of a single word; returns where the next one is written. */
static struct mark *
put_word(struct mark *m, const struct marks *of, const struct word_entries *e, size_t unit)
{
	bool is_english = (e->sense.traits & WORD_IS_ENGLISH) != 0;
	const struct lexeme *lexemes = of->lexicon->lexemes;
	const struct lexeme *rated = (is_english ? of->english->lexemes : lexemes) + e->rated;
	write_mark(m, rated, lexemes + e->stem, &e->sense, unit, 1);
	return m + ((e->sense.traits & WORD_COUNTS) != 0);
}

/* What a phrase says, its words' stems with it; of a brand's own words nothing else is said. */
static struct mark *
put_phrase(struct mark *m, const struct marks *of, const struct phrase *p)
{
	const struct lexeme *nobody = of->lexicon->lexemes, *x = nobody + p->lexeme;
	size_t end = x->is_vocabulary ? p->unit + 1 : p->unit + p->span;
	struct mark *first = m;
	for (size_t unit = p->unit; unit < end; unit++) {
		const struct word_entries *e = unit_entries(&of->units[unit]);
		write_mark(m, nobody, nobody + e->stem, &e->sense, unit, 1);
		set_rating(&m->sense, nobody);
		m += m == first || (e->sense.traits & WORD_COUNTS) != 0;
	}
	first->rated = x;
	first->span = p->span;
	set_rating(&first->sense, x);
	if (x->is_vocabulary) {
		first->stem = x;
		first->sense.number = 0;
		first->sense.negative_milli = (int16_t)x->negative_milli;
		first->sense.positive_milli = (int16_t)x->positive_milli;
		first->flags = MARK_ALONE;
	}
	return m;
}

static void
tell_pairs(const struct marks *of)
{
	const struct neighbours *pair = of->pairs;
	for (struct mark *m = of->items; m->unit != UINT32_MAX; m++) {
		while (pair->unit < m->unit)
			pair++;
		m->pair = pair->unit == m->unit ? pair->lexeme : 0;
	}
}

void
marks_fill(struct marks *of)
{
	struct mark *m = of->items;
	const struct phrase *p = of->phrases;
	size_t blocks = unit_bits_room(of->unit_count) - 1, done = 0;
	for (size_t n = 0; n < blocks; n++) {
		for (uint64_t left = of->changed[n]; left != 0; left &= left - 1) {
			size_t unit = n * UNIT_BITS + (size_t)__builtin_ctzll(left);
			if (unit == p->unit) {
				m = put_phrase(m, of, p);
				done = unit + p++->span;
			} else if (unit >= done)
				m = put_word(m, of, unit_entries(&of->units[unit]), unit);
		}
	}
	m->unit = UINT32_MAX;
	of->count = (size_t)(m - of->items);
	tell_pairs(of);
}

/* ---- one after the other ------------------------------------------------------- */

struct marks_walk
marks_walk(const struct marks *of)
{
	return (struct marks_walk){
	    .of = of, .next = of->items, .pair = of->pairs, .stretch = of->stretches};
}

bool
marks_next(struct marks_walk *w, struct mark *m_r)
{
	const struct marks *of = w->of;
	while (w->unit < of->unit_count) {
		size_t unit = w->unit++;
		bool is_there = true;
		while (w->stretch->end <= unit)
			w->stretch++;
		while (w->pair->unit < unit)
			w->pair++;
		if (w->next->unit == unit) {
			*m_r = *w->next++;
			w->unit += (m_r->flags & MARK_ALONE) != 0 ? m_r->span - 1 : 0;
		} else {
			is_there = put_word(m_r, of, unit_entries(&of->units[unit]), unit) > m_r;
			m_r->pair = w->pair->unit == unit ? w->pair->lexeme : 0;
			modifiers_settle(m_r, w->stretch);
		}
		if (is_there)
			return true;
	}
	return false;
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
	    sizeof(struct stretch) + 2 * sizeof(uint32_t) + 1;
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
	gather_traits(&g);
	find_pairs(&g, candidates_end);
	find_phrases(&g);
	if (f->lexicon->has_vocabulary)
		drop_pairs_of_brands(&g);
	look_at_odd(&g, kinds);
	marks_fill(&g.marks);
	*marks_r = g.marks;
	return 0;
}
