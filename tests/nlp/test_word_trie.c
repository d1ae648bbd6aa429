#include "nlp_support.h"

#include "nlp/word_trie.h"

struct found {
	uint32_t values[64];
	size_t ends[64];
	size_t count;
};

static void
note(void *cookie, uint32_t value, size_t at, size_t end)
{
	struct found *f = cookie;
	(void)at;
	assert_true(f->count < COUNT_OF(f->values));
	f->values[f->count] = value;
	f->ends[f->count++] = end;
}

/* Adds words divided by blanks. */
static int
add(struct word_trie *p, const char *words, uint32_t value)
{
	struct word_key keys[PHRASE_WORDS_MAX];
	struct slice rest = slice_of(words);
	size_t n = 0;
	while (slice_is_set(rest))
		keys[n++] = word_key_of(slice_split(&rest, ' '));
	return word_trie_add(p, keys, n, value, NULL);
}

static struct found
find(const struct word_trie *p, struct arena *a, const char *text, size_t at)
{
	struct cutting c = {0};
	struct found f = {.count = 0};
	assert_int_equal(units_cut_text(&c, slice_of(text), a, NULL), 0);
	word_trie_match(p, c.units.items, c.units.count, at, note, &f);
	/* What is found is never passed over. */
	size_t next = word_trie_next(p, c.units.items, c.units.count, at);
	assert_true(next >= at && next <= c.units.count);
	assert_true(f.count == 0 || next == at);
	units_cutting_fini(&c);
	return f;
}

static void
all_phrases_that_begin_at_a_word_are_found(void **state)
{
	struct word_trie *p = word_trie_new();
	struct arena *a = arena_new(ARENA_MAX);
	(void)state;
	assert_int_equal(add(p, "acme", 1), 0);
	assert_int_equal(add(p, "acme coffee", 2), 0);
	assert_int_equal(add(p, "acme coffee bar", 3), 0);
	assert_int_equal(add(p, "acme", 4), 0);
	struct found f = find(p, a, "the Acme coffee, bar", 1);
	assert_int_equal(f.count, 3);
	assert_int_equal(f.values[0], 1);
	assert_int_equal(f.values[1], 4);
	assert_int_equal(f.values[2], 2); /* the comma ends the clause before "bar" */
	assert_int_equal(f.ends[2], 3);
	assert_int_equal(find(p, a, "the acme", 0).count, 0);
	word_trie_free(p);
	arena_free(a);
}

static void
other_spellings_match(void **state)
{
	static const struct {
		const char *phrase, *text;
		size_t found;
	} CASES[] = {
	    {"acme", "Acme's", 1},
	    {"acme", "ACME\xe2\x80\x99s", 1},
	    {"acme", "acmeee", 1},
	    {"acme", "aaacmeee", 1},
	    {"acme", "#Acme", 1},
	    {"acme", "@acme", 0},
	    {"@acme", "@Acme@example.social", 1},
	    {"@acme", "acme", 0},
	    {"#acme", "#acme", 1},
	    {"#acme", "acme", 0},
	    {"acme", "acme-branded", 1},
	    {"coca cola", "Coca-Cola", 1},
	    {"wendy's", "wendy", 0},
	    {"wendy's", "Wendy's", 1},
	    {"good", "goooood", 1},
	    {"cool", "coooolll", 1},
	    {"so", "sooooo", 1},
	    {"\xf0\x9f\x91\xa8", "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9", 1},
	};
	struct arena *a = arena_new(ARENA_MAX);
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct word_trie *p = word_trie_new();
		assert_int_equal(add(p, CASES[i].phrase, 7), 0);
		size_t n = find(p, a, CASES[i].text, 0).count;
		if ((n > 0) != (CASES[i].found > 0))
			fail_msg("'%s' in '%s': found %zu, want %zu", CASES[i].phrase,
			    CASES[i].text, n, CASES[i].found);
		word_trie_free(p);
	}
	arena_free(a);
}

/* No sign is read as anything but itself. */
static void
an_asterisk_is_a_word_like_others(void **state)
{
	struct word_trie *p = word_trie_new();
	struct arena *a = arena_new(ARENA_MAX);
	struct word_key star = word_key_of(SLICE_LIT("*"));
	uint32_t value = 0;
	(void)state;
	assert_int_equal(add(p, "*", 3), 0);
	assert_int_equal(add(p, "switch * to", 1), 0);
	assert_true(word_trie_get(p, &star, 1, &value));
	assert_int_equal(value, 3);
	assert_int_equal(find(p, a, "switch to", 0).count, 0);
	assert_int_equal(find(p, a, "switch from it to", 0).count, 0);
	word_trie_free(p);
	arena_free(a);
}

/* Ten thousand phrases that begin alike, and a text of nothing else. */
static void
ten_thousand_phrases_with_one_first_word_cost_what_one_does(void **state)
{
	struct word_trie *p = word_trie_new();
	struct arena *a = arena_new(ARENA_MAX);
	struct cutting c = {0};
	char words[64], *text = mem_alloc(60000);
	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		snprintf(words, sizeof words, "acme x%u y%u", i, i);
		assert_int_equal(add(p, words, i), 0);
	}
	for (size_t i = 0; i < 60000; i += 5)
		memcpy(text + i, "acme ", 5);
	assert_int_equal(units_cut_text(&c, slice_make(text, 60000), a, NULL), 0);
	double start = cpu_seconds();
	for (size_t i = 0; i < c.units.count; i++) {
		struct found f = {.count = 0};
		word_trie_match(p, c.units.items, c.units.count, i, note, &f);
		assert_int_equal(f.count, 0);
	}
	assert_true(cpu_seconds() - start < 0.5);
	struct found f = find(p, a, "acme x9999 y9999", 0);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.values[0], 9999);
	mem_free(text);
	units_cutting_fini(&c);
	word_trie_free(p);
	arena_free(a);
}

static void
building_survives_every_failed_allocation(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			mem_fault_arm(nth, sticky != 0);
			struct word_trie *p = word_trie_new();
			char words[32];
			int rc = p == NULL ? -1 : 0;
			for (uint32_t i = 0; i < 200 && rc == 0; i++) {
				snprintf(words, sizeof words, "a%u b%u", i, i);
				rc = add(p, words, i);
			}
			bool hit = mem_fault_hit();
			mem_fault_arm(0, false);
			assert_int_equal(rc, hit ? -1 : 0);
			word_trie_free(p);
			if (!hit)
				break;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_phrases_that_begin_at_a_word_are_found),
	    cmocka_unit_test(other_spellings_match),
	    cmocka_unit_test(an_asterisk_is_a_word_like_others),
	    cmocka_unit_test(ten_thousand_phrases_with_one_first_word_cost_what_one_does),
	    cmocka_unit_test(building_survives_every_failed_allocation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
