#include "nlp_support.h"

#include "nlp/stem.h"

static const struct {
	enum language lang;
	const char *word, *stem;
} CASES[] = {
    {LANGUAGE_EN, "terribly", "terribl"},
    {LANGUAGE_EN, "cancelling", "cancel"},
    {LANGUAGE_EN, "happy", "happi"},
    {LANGUAGE_EN, "coffee", "coffe"},
    {LANGUAGE_EN, "don't", "don't"},
    {LANGUAGE_EN, "42", "42"},
    {LANGUAGE_DE, "schrecklichen", "schrecklich"},
    {LANGUAGE_ES, "buenas", "buen"},
    {LANGUAGE_FR, "heureuse", "heureux"},
    {LANGUAGE_DA, "dejlige", "dej"},
    {LANGUAGE_UND, "cancelling", "cancelling"},
};

static void
words_are_stemmed_alike_with_and_without_cache(void **state)
{
	struct stemmer *cached = stemmer_new(true), *plain = stemmer_new(false);
	struct arena *a = arena_new(ARENA_MAX);
	(void)state;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT_OF(CASES); i++) {
			struct word_key word = word_key_of(slice_of(CASES[i].word));
			struct word_key x = stemmer_stem(cached, CASES[i].lang, &word, a);
			struct word_key y = stemmer_stem(plain, CASES[i].lang, &word, a);
			assert_text(CASES[i].word, y.text, CASES[i].stem);
			assert_text("from the cache", x.text, CASES[i].stem);
			assert_int_equal(x.hash, word_hash(x.text));
			assert_int_equal(y.hash, x.hash);
		}
	}
	stemmer_free(cached);
	stemmer_free(plain);
	arena_free(a);
}

static void
the_cache_never_mistakes_one_word_for_another(void **state)
{
	struct stemmer *cached = stemmer_new(true), *plain = stemmer_new(false);
	struct arena *a = arena_new(ARENA_MAX);
	char word[48];
	(void)state;
	for (uint32_t i = 0; i < 60000; i++) { /* more words than the cache has places */
		snprintf(word, sizeof word, "w%xing%s", i * 2654435761u % 40000u,
		    i % 3 == 0 ? "ly" : "");
		struct word_key key = word_key_of(slice_of(word));
		enum language lang = i % 2 == 0 ? LANGUAGE_EN : LANGUAGE_DE;
		struct word_key x = stemmer_stem(cached, lang, &key, a),
				y = stemmer_stem(plain, lang, &key, a);
		if (!slice_eq(x.text, y.text) || x.hash != y.hash)
			fail_msg("'%s': '%.*s' from the cache, '%.*s' without", word,
			    SLICE_ARG(x.text), SLICE_ARG(y.text));
		if (i % 1000 == 0)
			arena_reset(a);
	}
	stemmer_free(cached);
	stemmer_free(plain);
	arena_free(a);
}

static void
endless_words_are_their_own_stem(void **state)
{
	struct stemmer *s = stemmer_new(true);
	struct arena *a = arena_new(ARENA_MAX);
	size_t len = 60000;
	char *word = mem_alloc(len);
	(void)state;
	memset(word, 'y', len);
	struct word_key key = word_key_of(slice_make(word, len));
	assert_ptr_equal(stemmer_stem(s, LANGUAGE_EN, &key, a).text.ptr, word);
	mem_free(word);
	stemmer_free(s);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_are_stemmed_alike_with_and_without_cache),
	    cmocka_unit_test(the_cache_never_mistakes_one_word_for_another),
	    cmocka_unit_test(endless_words_are_their_own_stem),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
