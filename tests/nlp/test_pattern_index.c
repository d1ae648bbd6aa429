/* The index against the obvious way, on patterns and texts thrown together: what stands around an
 * anchor is compared with filters, together for many places, and none of that may change what is
 * found. */
#include "nlp_support.h"

#define ROUNDS 60
#define TEXTS 20
#define LAW(x) assert_true(x)

#include "pattern_world.h"

static uint32_t
chance(struct world *w, uint32_t below)
{
	uint64_t *random = w->source;
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*random >> 33) % below;
}

static void
the_index_finds_what_the_obvious_way_finds(void **state)
{
	uint64_t random = 1;
	struct world w = {.source = &random};
	size_t found = 0, all = 0;
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		bool is_crowded = round % 10 == 9;
		w.pattern_count = is_crowded ? PATTERNS : PATTERNS_FEW;
		w.stem_count = is_crowded ? STEMS_CROWDED : STEMS;
		make_world(&w);
		for (int t = 0; t < TEXTS; t++) {
			make_text(&w, t == 0);
			search(&w);
			all += w.pattern_count;
			for (uint32_t k = 0; k < w.pattern_count; k++) {
				const struct test_pattern *p = &w.patterns[k];
				bool stands = stands_somewhere(&w, p);
				if (stands != w.found[k])
					fail_msg("round %d, text %d: pattern %u %s", round, t, k,
					    stands ? "was missed" : "was made up");
				found += stands;
			}
		}
		pattern_index_free(w.index);
	}
	/* Neither nothing nor everything. */
	assert_true(found > all / 20 && found < all * 19 / 20);
}

/* ---- what patterns are looked for from ------------------------------------------- */

/* Is the word with this stem an anchor? */
static bool
is_anchor(const struct pattern_index *x, int stem)
{
	struct word_fact word;
	struct unit u = unit_of(&word, key_of(stem, -1), TOKEN_WORD);
	return pattern_index_mark(x, &u).is_anchor;
}

/* The phrase "word0 word1" or "word2 word3", then "word4 word5", with word0, word3 and word4 in many posts. */
static struct pattern_index *
make_phrases(void)
{
	struct pattern_index *x = pattern_index_new();
	uint32_t words[6], group;
	assert_non_null(x);
	for (int i = 0; i < 6; i++)
		words[i] = pattern_index_word(x, key_of(i, -1), key_of(i, -1));
	for (int i = 0; i < 5; i++) {
		struct word_key key = key_of(i, -1);
		if (i == 0 || i >= 3)
			pattern_index_tell_posts(x, &key, &key, 5000);
	}
	group = pattern_index_group(x);
	assert_int_equal(pattern_index_add_member(x, group, words, 2), 0);
	assert_int_equal(pattern_index_add_member(x, group, words + 2, 2), 0);
	assert_int_equal(pattern_index_add(x, &(struct pattern_item){group, false}, 1, 1, 0, 0), 0);
	const struct pattern_item items[] = {{words[4], false}, {words[5], false}};
	assert_int_equal(pattern_index_add(x, items, 2, 1, 0, 1), 0);
	assert_int_equal(pattern_index_seal(x), 0);
	return x;
}

static void
patterns_are_looked_for_from_words_that_few_posts_hold(void **state)
{
	static const bool WANT[] = {false, true, true, false, false, true};
	struct pattern_index *x = make_phrases();
	(void)state;
	for (int i = 0; i < 6; i++)
		assert_int_equal(is_anchor(x, i), WANT[i]);
	pattern_index_free(x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(patterns_are_looked_for_from_words_that_few_posts_hold),
	    cmocka_unit_test(the_index_finds_what_the_obvious_way_finds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
