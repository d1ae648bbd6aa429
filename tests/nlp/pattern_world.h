/*
 * pattern_world.h - patterns and texts thrown together, and the obvious way to find the ones in the others.
 *
 * Whoever includes this defines LAW(x), which ends it all where x is false, and chance().
 */
#ifndef TESTS_NLP_PATTERN_WORLD_H
#define TESTS_NLP_PATTERN_WORLD_H

#include <stdio.h>
#include <string.h>

#include "nlp/pattern_index.h"

#define STEMS 24
#define SPELLINGS 2
#define GROUPS 6
#define MEMBERS 4
#define MEMBER_WORDS 3
#define PATTERNS_FEW 60
#define PATTERNS 400
#define STEMS_CROWDED 5 /* an anchor has a hundred patterns */
#define ITEMS 5
#define TEXT_WORDS 90
#define SENTENCES 5
#define KINDS 7

/* A word by stem, or by one of its spellings; a gap; a group. */
struct test_symbol {
	uint32_t number;
	int stem, spelling; /* spelling -1: any */
	int group; /* -1: none */
};

struct test_member {
	struct test_symbol words[MEMBER_WORDS];
	size_t count;
};

struct test_pattern {
	struct test_symbol symbols[ITEMS];
	bool is_optional[ITEMS];
	size_t count;
	uint8_t when;
};

struct world {
	void *source; /* of chance() */
	size_t pattern_count, stem_count; /* in use */
	struct pattern_index *index;
	struct test_member members[GROUPS][MEMBERS];
	uint32_t groups[GROUPS];
	struct test_pattern patterns[PATTERNS];
	int stems[TEXT_WORDS], spellings[TEXT_WORDS]; /* the text */
	size_t count;
	bool is_clause[TEXT_WORDS]; /* one begins there */
	int sentences[TEXT_WORDS];
	uint8_t whens[SENTENCES];
	bool found[PATTERNS];
};

/* A number below this one. */
static uint32_t chance(struct world *w, uint32_t below);

static struct word_key
key_of(int stem, int spelling)
{
	static char texts[STEMS][SPELLINGS + 1][16];
	char *text = texts[stem][spelling + 1];
	snprintf(
	    text, sizeof texts[0][0], spelling < 0 ? "word%d" : "word%d%c", stem, 'a' + spelling);
	return word_key_of(slice_make(text, strlen(text)));
}

/* The first stems come as often as all others together. */
static int
any_stem(struct world *w)
{
	return (int)(chance(w, 2) == 0 ? chance(w, 4) : chance(w, (uint32_t)w->stem_count));
}

static struct test_symbol
any_word(struct world *w, bool may_be_spelt)
{
	int stem = any_stem(w);
	bool is_spelt = may_be_spelt && chance(w, 4) == 0;
	struct test_symbol s = {0, stem, is_spelt ? (int)chance(w, SPELLINGS) : -1, -1};
	struct word_key by_stem = key_of(stem, -1), spelt = key_of(stem, s.spelling);
	s.number = s.spelling < 0 ? pattern_index_word(w->index, by_stem, by_stem)
				  : pattern_index_exact(w->index, by_stem, spelt);
	LAW(s.number != PATTERN_NONE);
	return s;
}

/* Groups of long members hold no spellings: where a spelling and its stem both go on, the index follows
 * the spelling alone. */
static void
make_groups(struct world *w)
{
	for (size_t g = 0; g < GROUPS; g++) {
		bool is_short = g % 2 == 0;
		w->groups[g] = pattern_index_group(w->index);
		for (size_t m = 0; m < MEMBERS; m++) {
			struct test_member *member = &w->members[g][m];
			uint32_t words[MEMBER_WORDS];
			bool is_long = !is_short && chance(w, 3) == 0;
			member->count = 1 + (is_long ? chance(w, MEMBER_WORDS) : 0);
			for (size_t i = 0; i < member->count; i++) {
				member->words[i] = any_word(w, is_short);
				words[i] = member->words[i].number;
			}
			LAW(pattern_index_add_member(
				w->index, w->groups[g], words, member->count) == 0);
		}
	}
}

/* The first item and the last are there and no gaps. */
static void
make_pattern(struct world *w, struct test_pattern *p)
{
	p->count = 1 + chance(w, ITEMS);
	p->when = (uint8_t)(1 + chance(w, (1u << PATTERN_CIRCUMSTANCES) - 1));
	for (size_t i = 0; i < p->count; i++) {
		bool is_inside = i > 0 && i + 1 < p->count;
		uint32_t kind = chance(w, is_inside ? 5 : 3);
		p->is_optional[i] = is_inside && kind < 3 && chance(w, 4) == 0;
		p->symbols[i] = (struct test_symbol){
		    kind == 3 ? PATTERN_SHORT_GAP : PATTERN_LONG_GAP, 0, -1, -1};
		if (kind < 2) {
			p->symbols[i] = any_word(w, true);
		} else if (kind == 2) {
			int group = (int)chance(w, GROUPS);
			p->symbols[i] = (struct test_symbol){w->groups[group], 0, -1, group};
		}
	}
}

/* Some words stand in many posts. */
static void
tell_posts(struct world *w, int stem)
{
	struct word_key by_stem = key_of(stem, -1);
	if (chance(w, 2) == 0)
		pattern_index_tell_posts(w->index, &by_stem, &by_stem, chance(w, 10000));
	for (int spelling = 0; spelling < SPELLINGS; spelling++) {
		struct word_key spelt = key_of(stem, spelling);
		if (chance(w, 4) == 0)
			pattern_index_tell_posts(w->index, &by_stem, &spelt, chance(w, 1000));
	}
}

static void
make_world(struct world *w)
{
	struct pattern_item items[ITEMS];
	w->index = pattern_index_new();
	LAW(w->index != NULL);
	make_groups(w);
	for (uint32_t k = 0; k < w->pattern_count; k++) {
		struct test_pattern *p = &w->patterns[k];
		make_pattern(w, p);
		for (size_t i = 0; i < p->count; i++)
			items[i] = (struct pattern_item){p->symbols[i].number, p->is_optional[i]};
		LAW(pattern_index_add(
			w->index, items, p->count, p->when, (uint8_t)(k % KINDS), k) == 0);
	}
	for (int stem = 0; stem < STEMS; stem++)
		tell_posts(w, stem);
	if (chance(w, 2) == 0)
		pattern_index_mark_common(w->index, w->groups[0]);
	LAW(pattern_index_seal(w->index) == 0);
}

/* ---- the obvious way --------------------------------------------------------- */

static bool
is_word(const struct world *w, const struct test_symbol *s, size_t i)
{
	return i < w->count && w->stems[i] == s->stem &&
	    (s->spelling < 0 || w->spellings[i] == s->spelling);
}

static bool
is_member(const struct world *w, const struct test_member *m, size_t i)
{
	for (size_t k = 0; k < m->count; k++) {
		if (!is_word(w, &m->words[k], i + k) || (k > 0 && w->is_clause[i + k]))
			return false;
	}
	return true;
}

/* Items [k, ...) from i on, up to end; is_free: a clause may begin at i. */
static bool
matches(const struct world *w, const struct test_pattern *p, size_t k, size_t i, size_t end,
    bool is_free)
{
	if (k == p->count)
		return i == end;
	const struct test_symbol *s = &p->symbols[k];
	if (p->is_optional[k] && matches(w, p, k + 1, i, end, is_free))
		return true;
	if (s->number == PATTERN_SHORT_GAP || s->number == PATTERN_LONG_GAP) {
		size_t most = s->number == PATTERN_SHORT_GAP ? PATTERN_GAP_SHORT : PATTERN_GAP_LONG;
		for (size_t skip = 0; skip <= most && i + skip < end; skip++) {
			if (matches(w, p, k + 1, i + skip, end, true))
				return true;
		}
		return false;
	}
	if (i == end || (!is_free && w->is_clause[i]))
		return false;
	if (s->group < 0)
		return is_word(w, s, i) && matches(w, p, k + 1, i + 1, end, false);
	for (size_t m = 0; m < MEMBERS; m++) {
		const struct test_member *member = &w->members[s->group][m];
		if (is_member(w, member, i) && matches(w, p, k + 1, i + member->count, end, false))
			return true;
	}
	return false;
}

static bool
is_looked_for(const struct world *w, const struct test_pattern *p, size_t at)
{
	return (p->when >> w->whens[w->sentences[at]] & 1) != 0;
}

/* In a sentence in which it is looked for. */
static bool
stands_somewhere(const struct world *w, const struct test_pattern *p)
{
	for (size_t at = 0; at < w->count; at++) {
		if (!is_looked_for(w, p, at))
			continue;
		for (size_t end = at + 1;
		     end <= w->count && w->sentences[end - 1] == w->sentences[at]; end++) {
			if (matches(w, p, 0, at, end, true))
				return true;
		}
	}
	return false;
}

/* ---- both -------------------------------------------------------------------- */

static bool
find(void *cookie, const struct pattern_match *m)
{
	struct world *w = cookie;
	const struct test_pattern *p = &w->patterns[m->value];
	LAW(m->at < m->end && m->end <= w->count);
	LAW(m->head >= m->at && m->head < m->end);
	LAW(w->sentences[m->at] == w->sentences[m->end - 1]);
	LAW(is_looked_for(w, p, m->at));
	LAW(matches(w, p, 0, m->at, m->end, true));
	w->found[m->value] = true;
	return true;
}

static bool
begins_sentence(const struct world *w, size_t i)
{
	return i == 0 || w->sentences[i] != w->sentences[i - 1];
}

/* The words of the text as units, the first of each sentence with a sign. */
static void
make_units(const struct world *w, struct word_fact *words, struct unit *units)
{
	uint16_t clause = 0, sentence = 0;
	for (size_t i = 0; i < w->count; i++) {
		clause = (uint16_t)(clause + w->is_clause[i]);
		sentence = (uint16_t)(sentence + (i > 0 && begins_sentence(w, i)));
		units[i] = unit_of(&words[i], key_of(w->stems[i], w->spellings[i]), TOKEN_WORD);
		unit_set_stem(&units[i], key_of(w->stems[i], -1));
		units[i].clause = clause;
		units[i].sentence = sentence;
		words[i].mark = pattern_index_mark(w->index, &units[i]);
		words[i].mark.sign = begins_sentence(w, i) & 3u;
	}
}

/* Lays them out, and tells sentences their circumstances. */
static void
lay(const struct world *w, const struct unit *units, struct pattern_text *t)
{
	size_t i = 0;
	pattern_index_lay(t, units, w->count, w->whens[0]);
	LAW(t->has_signs);
	for (size_t u = 0; u < w->count; u++) {
		if (!begins_sentence(w, u))
			continue;
		LAW(i < t->sentence_count && t->sentences[i].begin == u);
		LAW(t->sentences[i].when == w->whens[0]);
		t->sentences[i++].when = w->whens[w->sentences[u]];
	}
	LAW(i == t->sentence_count && t->sentences[i].begin == w->count);
}

/* A kind of which there are two is there once; are_met: of all chances so far. */
static void
check_kinds(const struct pattern_search *s, bool *are_met)
{
	for (unsigned k = 0; k < KINDS; k++) {
		LAW((s->twice >> k & 1) == 0 || (s->once >> k & 1) != 0);
		are_met[k] = are_met[k] || (s->once >> k & 1) != 0;
	}
	LAW(s->count <= PATTERN_CHANCES);
}

/* Finds patterns with the index; what is found stands there. */
static void
search(struct world *w)
{
	struct word_fact words[TEXT_WORDS];
	struct unit units[TEXT_WORDS];
	struct pattern_mark marks[PATTERN_PLACES(TEXT_WORDS)];
	struct pattern_sentence sentences[TEXT_WORDS + 1];
	struct pattern_sides sides[TEXT_WORDS];
	struct pattern_spot anchors[TEXT_WORDS + 1];
	struct pattern_text text = {
	    .marks = marks, .sentences = sentences, .sides = sides, .anchors = anchors};
	struct pattern_search s;
	bool are_met[KINDS] = {false};
	make_units(w, words, units);
	lay(w, units, &text);
	memset(w->found, 0, sizeof w->found);
	pattern_index_begin(&s, w->index, &text);
	do {
		pattern_index_next(&s);
		check_kinds(&s, are_met);
		for (size_t i = 0; i < s.count; i++)
			pattern_index_try(&s, &s.chances[i], find, w);
	} while (!s.is_all);
	for (uint32_t k = 0; k < w->pattern_count; k++)
		LAW(!w->found[k] || are_met[k % KINDS]);
}

/* Of few words or many, in sentences and clauses of any length, some of which may be empty. */
static void
make_text(struct world *w, bool is_long)
{
	int sentence = 0;
	w->count = 1 + chance(w, is_long ? TEXT_WORDS : TEXT_WORDS / 6);
	for (size_t i = 0; i < SENTENCES; i++)
		w->whens[i] = (uint8_t)chance(w, PATTERN_CIRCUMSTANCES);
	for (size_t i = 0; i < w->count; i++) {
		int before = sentence;
		w->stems[i] = any_stem(w);
		w->spellings[i] = (int)chance(w, SPELLINGS);
		while (sentence + 1 < SENTENCES && chance(w, 10) == 0)
			sentence++;
		w->sentences[i] = sentence;
		w->is_clause[i] = sentence != before || chance(w, 8) == 0;
	}
}

#endif
