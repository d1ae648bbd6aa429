/*
 * post_cut.h makes tokens and units of plain words itself; units.h, which knows nothing of that, says
 * what they must be.
 */
#include "nlp_support.h"

#include "core/post.h"
#include "nlp/lexicon_set.h"
#include "nlp/post_cut.h"

#define RANDOM_TEXTS 6000
#define PIECES_MAX 24

struct cutters {
	struct lexicon_set *set;
	struct post_cutter cutter;
	struct cutting plain;
	struct arena *arena;
};

static int
open_cutters(void **state)
{
	struct cutters *c = mem_zalloc(sizeof *c);
	struct err err = {.kind = ERR_NONE};
	*state = c;
	if (c == NULL || lexicon_set_new(&c->set, &err) < 0)
		return -1;
	c->arena = arena_new(ARENA_MAX);
	return post_cutter_init(&c->cutter);
}

static int
close_cutters(void **state)
{
	struct cutters *c = *state;
	post_cutter_fini(&c->cutter);
	units_cutting_fini(&c->plain);
	lexicon_set_unref(c->set);
	arena_free(c->arena);
	mem_free(c);
	return 0;
}

static bool
is_same_token(const struct token *a, const struct token *b)
{
	return a->start == b->start && a->len == b->len && a->kind == b->kind &&
	    a->is_caps == b->is_caps && a->is_elongated == b->is_elongated &&
	    a->ends_sentence == b->ends_sentence && slice_eq(token_folded(a), token_folded(b));
}

static bool
is_same_unit(const struct unit *a, const struct unit *b)
{
	bool is_same = slice_eq(unit_text(a), unit_text(b)) && a->word->hash == b->word->hash &&
	    a->other_count == b->other_count && a->kind == b->kind && a->is_caps == b->is_caps &&
	    a->is_elongated == b->is_elongated && a->token == b->token && a->start == b->start &&
	    a->len == b->len && a->clause == b->clause && a->sentence == b->sentence &&
	    a->is_quoted == b->is_quoted;
	for (size_t i = 0; is_same && i < a->other_count; i++)
		is_same = slice_eq(a->others[i].text, b->others[i].text);
	return is_same;
}

/* The votes of the units' words, one by one. */
static void
add_up(const struct cutters *c, struct language_sums *sums)
{
	const struct unit_list *l = &c->plain.units;
	for (int is_tag = 0; is_tag < 2 && sums->words == 0; is_tag++) {
		for (size_t i = 0; i < l->count && sums->words < SPEECH_WORDS_MAX; i++) {
			struct slice word = unit_text(&l->items[i]);
			struct language_vector v;
			if (l->items[i].kind != (is_tag ? TOKEN_HASHTAG : TOKEN_WORD))
				continue;
			word = slice_make(word.ptr + is_tag, word.len - (size_t)is_tag);
			language_word_vector(c->set->languages, word, &v);
			for (int k = LANGUAGE_UND + 1; k < LANGUAGE_SLOTS; k++)
				sums->v[k] = (int16_t)(sums->v[k] + v.v[k]);
			sums->in_common += v.v[LANGUAGE_UND];
			sums->words++;
			sums->letters += (uint32_t)word.len;
		}
	}
}

static void
check_votes(const struct cutters *c, const struct post_words *w, struct slice text)
{
	struct language_sums want = {.words = 0}, got;
	add_up(c, &want);
	speech_sum(&w->speech, &got);
	if (memcmp(&want, &got, sizeof got) != 0)
		fail_msg("the votes of '%.*s' are others", SLICE_ARG(text));
}

/* Does the token have the stem that is in its unit's fact? */
static bool
is_filled(const struct cutters *c, const struct unit *u)
{
	struct slice stem = word_fact_stem(u->word, unit_text(u), c->arena);
	const struct token *t = &c->cutter.cutting.tokens.items[u->token];
	return slice_eq(token_stem(t), stem);
}

/* A unit is open, once, when the memo has nothing for it in the language that was guessed or when it is part of
 * a token; else it is filled. */
static void
check_open(const struct cutters *c, const struct post_words *w)
{
	const struct cutting *got = &c->cutter.cutting;
	uint8_t *is_open = arena_array(c->arena, got->units.count + 1, 1);
	assert_non_null(is_open);
	for (size_t k = 0; k < w->open_count; k++) {
		assert_in_range(w->open[k], 0, got->units.count - 1);
		assert_int_equal(is_open[w->open[k]]++, 0);
	}
	for (size_t i = 0; i < got->units.count; i++) {
		const struct unit *u = &got->units.items[i];
		bool is_whole = slice_eq(unit_text(u), token_folded(&got->tokens.items[u->token]));
		bool is_known =
		    !word_fact_is_guest(u->word) && u->word->lang == w->guess && is_whole;
		assert_int_equal(is_open[i], !is_known);
		assert_true(!is_known || is_filled(c, u));
	}
}

/* Every second word is filled as if it had been looked up, for the texts to come; its stem is another word. */
static void
fill_some(const struct cutters *c, const struct post_words *w)
{
	for (size_t i = 0; i < c->plain.units.count; i++) {
		struct word_fact *f = c->cutter.cutting.units.items[i].word;
		if (word_fact_is_guest(f) || f->hash % 2 == 0 || f->lang == w->guess)
			continue;
		struct slice half = slice_make(f->word, f->len / 2);
		char *stem = arena_printf(c->arena, "%.*s~", SLICE_ARG(half));
		assert_true(word_fact_set_stem(f, slice_of(stem)));
		f->mark = (struct pattern_mark){.symbol = f->len, .class = 1};
		f->lang = (uint8_t)w->guess;
	}
}

/* A fact is that of its unit's word. */
static void
check_facts(const struct cutters *c)
{
	for (size_t i = 0; i < c->plain.units.count; i++) {
		const struct unit *u = &c->plain.units.items[i];
		const struct word_fact *f = c->cutter.cutting.units.items[i].word;
		if (word_fact_is_guest(f))
			continue;
		assert_true(slice_eq(slice_make(f->word, f->len), unit_text(u)));
		assert_int_equal(f->kind, word_memo_kind(u));
	}
}

static void
check(struct cutters *c, struct slice text)
{
	struct post_words w = {.guess = LANGUAGE_EN};
	const struct cutting *got = &c->cutter.cutting, *want = &c->plain;
	assert_int_equal(units_cut_text(&c->plain, text, c->arena, NULL), 0);
	assert_int_equal(post_cut(&c->cutter, 1, c->set->languages, text, c->arena, &w, NULL), 0);
	assert_in_range(got->units.count, 0, UNITS_MAX);
	assert_in_range(got->tokens.count, 0, TOKENS_MAX);
	bool is_same =
	    got->tokens.count == want->tokens.count && got->units.count == want->units.count;
	for (size_t i = 0; is_same && i < want->tokens.count; i++)
		is_same = is_same_token(&got->tokens.items[i], &want->tokens.items[i]);
	for (size_t i = 0; is_same && i < want->units.count; i++)
		is_same = is_same_unit(&got->units.items[i], &want->units.items[i]);
	if (!is_same)
		fail_msg("'%.*s' is cut in another way", SLICE_ARG(text));
	check_facts(c);
	check_open(c, &w);
	check_votes(c, &w, text);
	fill_some(c, &w);
	arena_reset(c->arena);
}

static const char *const PIECES[] = {"good", "Bad", "NOT", "don't", "well-made", "l'homme", "a",
    "U", "xd", "x", "d:", "http", "https://x.co/a", "www.acme.com", "acme.com", "@acme",
    "@acme:", "RT", "#tag", "#1", "#GoodDay", "123", "12345", "10%", "3:30", "soooo", "goooood",
    "!!", "?", "...", ".", ",", ";", ":", "-", "--", "(", ")", "[", "\"", "\"", "'", "*", "f**k",
    "&", "/", "_", "%", ":)", ":-(", "<3", "x(", "\n", "\t", "\r\n", " ", "  ", " ", " ", " ", " ",
    "\xc3\xa9t\xc3\xa9", "\xc3\x9f", "\xe2\x80\x99", "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x94",
    "\xe2\x80\xa6", "\xe2\x84\xa2", "\xcc\x88", "\xc2\xa0", "\xc2\xab", "\xc2\xbb", "\xe2\x80\x8b",
    "\xf0\x9f\x98\x82", "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", "1\xef\xb8\x8f\xe2\x83\xa3",
    "\xe6\x97\xa5\xe6\x9c\xac", "\xd0\xba\xd0\xbe\xd1\x82", "\xef\xac\x81n",
    "Donaudampfschifffahrtsgesellschaft", "happy", "happiness", "running", "`", "2nd", "8d", "=d",
    ":o", "o.o", "Acme's", "#acme's", "www", "!!!!", "hyphened-https://x.co", "@a_b", "@a_b.",
    "it.", "d:!", "a,!",
    /* one character with a mark that is two words, and the second of them */
    "\xef\xb7\xbb\xcc\x88", "\xd8\xac\xd9\x84\xd8\xa7\xd9\x84\xd9\x87\xcc\x88"};

/* What makes and breaks words, emoticons, addresses and quotes. */
static const char *const SIGNS[] = {"a", "x", "d", "o", "s", "t", "0", "3", "8", "A", "RT", "@",
    "#", "'", "-", "_", "&", "*", "/", "\\", ".", ".", ",", ";", ":", ":", "!", "?", "(", ")", "<",
    ">", "=", "^", "%", "\"", "\n", " ", " ", "\xc3\xa9", "\xe2\x80\xa6", "\xe2\x84\xa2",
    "\xef\xbc\x9a", "\xe2\x83\xa3", "\xf0\x9f\x98\x82", "\xef\xac\x81", "\xcc\x88", "\xc2\xbd"};

/* Of which pieces are made whose parts are known, and pieces that only look so.  Known ones among them are met
 * again and again: at once, and in later texts. */
static const char *const ODD[] = {"good", "a", "xd", "x", "o", "8", "50", "1978", "3:30", "#tag",
    "@acme", "https://x.co/a", " good ", " a ", " (", ") ", " \"", "\" ", "(", ")", "\"", "'",
    "'s ", " '", "%", "$", "\xe2\x82\xac", "-", " - ", " & ", "=", "^", ">", "/", "[", "]", "~",
    "_", "*", ".", ". ", ", ", ":", "!", "?", "!!!!", "....", " ?!!!! ", "!!...", " \xe2\x80\x93 ",
    "\xe2\x80\xa6", "\xe2\x80\x9c", "\xe2\x80\x99", "\xf0\x9f\x98\x82",
    "\xf0\x9f\x98\x82\xf0\x9f\x98\x82", "\xf0\x9f\x91\x8d", "\xf0\x9f\x8f\xbd", "\xe2\x9d\xa4",
    "\xef\xb8\x8f", "\xe2\x80\x8d", "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", "1\xef\xb8\x8f\xe2\x83\xa3",
    "\xf3\xa0\x81\xa7", "\xc3\xa9t\xc3\xa9", "\xe5\x92\x96", "\xe1\xba\xa1", "\xe2\x84\xa2",
    "\xcc\x88", " ", " ", " ", " ", " ", " ", "\n"};

static void
check_random_texts(struct cutters *c, const char *const *pieces, size_t piece_count)
{
	char text[PIECES_MAX * 48];
	uint32_t seed = 20;
	for (int n = 0; n < RANDOM_TEXTS; n++) {
		size_t len = 0;
		seed = seed * 1664525u + 1013904223u;
		unsigned count = 1 + (seed >> 16) % PIECES_MAX, blanks = (seed >> 8) % 4;
		for (unsigned i = 0; i < count; i++) {
			seed = seed * 1664525u + 1013904223u;
			const char *piece = pieces[(seed >> 16) % piece_count];
			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
			if ((seed >> 8) % 4 < blanks)
				text[len++] = ' ';
		}
		check(c, slice_make(text, len));
		check(c, slice_make(text, len));
	}
}

static void
random_texts_are_cut_as_units_h_cuts_them(void **state)
{
	check_random_texts(*state, PIECES, COUNT_OF(PIECES));
	check_random_texts(*state, SIGNS, COUNT_OF(SIGNS));
	check_random_texts(*state, ODD, COUNT_OF(ODD));
}

/* Words that are known are read anew where what stands around them makes something else of them. */
static void
what_stands_around_a_known_word_counts(void **state)
{
	static const char *const TEXTS[] = {"d d d: d, d. d:! d:. d! d", "xd xd. xd: xd- xd-d :xd",
	    "u u. u good good. good", "RT RT @a @a RT @a: good good",
	    "RT @a good RT @a, :", "good \"good good\" good\ngood \"good\ngood\"",
	    "o.o o.o. o.o: (o.o)", "!! good!! good !!good", "10 10. 10% 10: 10th 10:30",
	    "#good #good's #good. #good!",
	    "http http://a.b http: http:", "@a @a's @a. @a@b.co @a-b", "<3 <33 <3. <3: <3s",
	    "good-good good- -good good - good"};
	for (size_t i = 0; i < 2 * COUNT_OF(TEXTS); i++)
		check(*state, slice_of(TEXTS[i / 2]));
}

static void
texts_of_any_length_are_cut_as_units_h_cuts_them(void **state)
{
	static const char *const PATTERNS[] = {
	    "a ", "good day, ", "!a", "it's ", "a-", "a.", "\" a", "don", "1 ", "@a ", "\xc3\xa9 "};
	static const size_t LENGTHS[] = {0, 1, 63, 64, 65, 127, 128, 129, 1000, 65536};
	char *text = mem_alloc(65536 + 16);
	assert_non_null(text);
	for (size_t p = 0; p < COUNT_OF(PATTERNS); p++) {
		size_t len = strlen(PATTERNS[p]);
		for (size_t i = 0; i + len <= 65536 + 16; i += len)
			memcpy(text + i, PATTERNS[p], len);
		for (size_t i = 0; i < COUNT_OF(LENGTHS); i++)
			check(*state, utf8_prefix(slice_make(text, LENGTHS[i] / len * len), 65536));
	}
	mem_free(text);
}

/* Lists that are full: what stands behind is left out, known or not. */
static void
texts_of_too_many_words_are_cut_as_units_h_cuts_them(void **state)
{
	static const struct {
		const char *first;
		size_t first_count; /* so often, then the word that is known */
	} CASES[] = {
	    {"a!", 16000}, /* tokens end first */
	    {"a!", 16384}, /* with the last of these */
	    {"a-b!", 10000}, /* units do: three for two tokens */
	    {"a-b-c!", 8191},
	};
	char *text = mem_alloc(POST_TEXT_MAX);
	assert_non_null(text);
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		size_t len = 0, n = strlen(CASES[i].first);
		for (size_t k = 0; k < CASES[i].first_count; k++, len += n)
			memcpy(text + len, CASES[i].first, n);
		for (; len + 2 <= POST_TEXT_MAX; len += 2)
			memcpy(text + len, " a", 2);
		check(*state, slice_make(text, len));
		check(*state, slice_make(text, len));
	}
	mem_free(text);
}

/* There is room for a token a piece and some more; pieces of many parts ask for theirs and for that of the pieces
 * behind them. */
static void
pieces_of_more_parts_than_there_is_room_for_are_cut_as_units_h_cuts_them(void **state)
{
	static const char PARTS[] = "\xf0\x9f\x98\x82\xf0\x9f\x98\x82\xf0\x9f\x98\x82"
				    "\xf0\x9f\x98\x82\xf0\x9f\x98\x82\xf0\x9f\x98\x82!!! ";
	char text[400 * sizeof PARTS + 2 * 2000];
	for (unsigned n = 0; n < 400; n += 40) {
		size_t len = 0;
		for (unsigned i = 0; i < n; i++, len += sizeof PARTS - 1)
			memcpy(text + len, PARTS, sizeof PARTS - 1);
		for (unsigned i = 0; i < 2000; i++, len += 2)
			memcpy(text + len, "a ", 2);
		check(*state, slice_make(text, len));
	}
}

static void
an_empty_text_has_a_list_of_units_all_the_same(void **state)
{
	struct cutters *c = *state;
	struct post_cutter fresh;
	struct post_words w = {.guess = LANGUAGE_EN};
	assert_int_equal(post_cutter_init(&fresh), 0);
	assert_int_equal(
	    post_cut(&fresh, 1, c->set->languages, SLICE_LIT(""), c->arena, &w, NULL), 0);
	assert_int_equal(fresh.cutting.units.count, 0);
	assert_non_null(fresh.cutting.units.items);
	post_cutter_fini(&fresh);
}

/* What has two places is thrown out by two. */
static void
check_places(const struct word_memo *m)
{
	unsigned char *has_place = mem_array(WORD_MEMO_SIZE, 1);
	assert_non_null(has_place);
	for (size_t i = 0; i < (size_t)WORD_MEMO_SETS * WORD_MEMO_WAYS; i++) {
		uint32_t number = m->index[i] & 0xffff;
		assert_true(number == 0 || !has_place[number]);
		has_place[number] = 1;
	}
	mem_free(has_place);
}

static void
more_words_than_the_memo_holds_are_cut_all_the_same(void **state)
{
	struct cutters *c = *state;
	char text[256];
	for (unsigned n = 0; n < 2 * WORD_MEMO_SIZE; n += 16) {
		int len = 0;
		for (unsigned i = n; i < n + 16; i++)
			len += snprintf(text + len, sizeof text - (size_t)len, "w%uq good ", i);
		check(c, slice_make(text, (size_t)len));
	}
	check_places(c->cutter.words);
}

static void
every_failed_allocation_is_reported(void **state)
{
	struct cutters *c = *state;
	struct slice text = SLICE_LIT("Happy days, don't you think? @acme's #GoodDay well-made "
				      "\xc3\xa9t\xc3\xa9 \xe2\x84\xa2 goooood");
	for (unsigned nth = 1;; nth++) {
		struct post_cutter fresh = {0};
		struct post_words w = {.guess = LANGUAGE_EN};
		struct err err = {.kind = ERR_NONE};
		mem_fault_arm(nth, false);
		struct arena *a = arena_new(ARENA_MAX);
		int rc = post_cutter_init(&fresh);
		if (rc == 0)
			rc = a == NULL ? -1
				       : post_cut(&fresh, 1, c->set->languages, text, a, &w, &err);
		bool hit = mem_fault_hit();
		mem_fault_arm(0, false);
		assert_int_equal(rc, hit ? -1 : 0);
		post_cutter_fini(&fresh);
		arena_free(a);
		if (!hit)
			break;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_texts_are_cut_as_units_h_cuts_them),
	    cmocka_unit_test(what_stands_around_a_known_word_counts),
	    cmocka_unit_test(texts_of_any_length_are_cut_as_units_h_cuts_them),
	    cmocka_unit_test(texts_of_too_many_words_are_cut_as_units_h_cuts_them),
	    cmocka_unit_test(
		pieces_of_more_parts_than_there_is_room_for_are_cut_as_units_h_cuts_them),
	    cmocka_unit_test(an_empty_text_has_a_list_of_units_all_the_same),
	    cmocka_unit_test(more_words_than_the_memo_holds_are_cut_all_the_same),
	    cmocka_unit_test(every_failed_allocation_is_reported),
	};
	return cmocka_run_group_tests(tests, open_cutters, close_cutters);
}
