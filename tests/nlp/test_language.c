#include "nlp_support.h"

#include "nlp/language.h"

static const struct {
	const char *text, *hint, *lang;
	bool is_silent;
} CASES[] = {
    {"The coffee at this place is really not what it was", NULL, "en", false},
    {"Der Kaffee ist leider nicht mehr so gut wie fr\xc3\xbcher", NULL, "de", false},
    {"Kaffen er ikke l\xc3\xa6ngere s\xc3\xa5 god som den var", NULL, "da", false},
    {"El caf\xc3\xa9 ya no es tan bueno como antes, qu\xc3\xa9 pena", NULL, "es", false},
    {"Le caf\xc3\xa9 n'est plus aussi bon qu'avant, c'est dommage", NULL, "fr", false},
    {"Il caff\xc3\xa8 non \xc3\xa8 pi\xc3\xb9 buono come una volta", NULL, "it", false},
    {"O caf\xc3\xa9 n\xc3\xa3o est\xc3\xa1 t\xc3\xa3o bom como antes", NULL, "pt", false},
    {"De koffie is niet meer zo lekker als vroeger", NULL, "nl", false},
    {"Kaffet \xc3\xa4r inte s\xc3\xa5 gott som det var f\xc3\xb6rut", NULL, "sv", false},
    /* evidence beats the hint */
    {"Der Kaffee ist leider nicht mehr so gut", "en", "de", false},
    {"The coffee is not what it was", "de", "en", false},
    /* without evidence: the hint, in any spelling; else it is undetermined */
    {"Super Kaffee!", "de", "de", true},
    {"Super Kaffee!", "de-DE", "de", true},
    {"Super Kaffee!", "DE_at", "de", true},
    {"Great coffee!", NULL, "und", true},
    {"Great coffee!", "xx", "und", true},
    {"Great coffee!", "english", "und", true},
    {"", NULL, "und", true},
    {"", "en", "en", true},
    {"@acme #acme http://acme.com \xf0\x9f\x98\x80 :)", NULL, "und", true},
    /* languages we do not know, scripts we cannot read */
    {"\xd0\x9a\xd0\xbe\xd1\x84\xd0\xb5 \xd1\x81\xd0\xb5\xd0\xb3\xd0\xbe\xd0\xb4\xd0\xbd\xd1\x8f "
     "\xd0\xbe\xd1\x87\xd0\xb5\xd0\xbd\xd1\x8c",
	"en", "und", false},
    {"\xe4\xbb\x8a\xe5\xa4\xa9\xe7\x9a\x84\xe5\x92\x96\xe5\x95\xa1", NULL, "und", false},
};

static void
languages_are_told_by_their_small_words(void **state)
{
	struct word_trie *words = language_words_new();
	struct arena *a = arena_new(ARENA_MAX);
	struct cutting c = {0};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		assert_int_equal(units_cut_text(&c, slice_of(CASES[i].text), a, NULL), 0);
		struct language_guess g =
		    language_detect(words, c.units.items, c.units.count, slice_of(CASES[i].hint));
		if (strcmp(language_code(g.lang), CASES[i].lang) != 0 ||
		    g.is_silent != CASES[i].is_silent)
			fail_msg("'%s': got %s (%d), want %s (%d)", CASES[i].text,
			    language_code(g.lang), g.is_silent, CASES[i].lang, CASES[i].is_silent);
	}
	units_cutting_fini(&c);
	word_trie_free(words);
	arena_free(a);
}

static void
every_language_has_code_stemmer_and_words(void **state)
{
	(void)state;
	assert_string_equal(language_code(LANGUAGE_UND), "und");
	assert_null(language_stemmer(LANGUAGE_UND));
	for (int i = LANGUAGE_UND + 1; i < LANGUAGE_COUNT; i++) {
		assert_int_equal(language_of_code(slice_of(language_code((enum language)i))), i);
		assert_non_null(language_stemmer((enum language)i));
	}
	assert_int_equal(language_of_code(SLICE_NONE), LANGUAGE_UND);
	assert_int_equal(language_of_code(SLICE_LIT("e")), LANGUAGE_UND);
	assert_int_equal(language_of_code(SLICE_LIT("eng")), LANGUAGE_UND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(languages_are_told_by_their_small_words),
	    cmocka_unit_test(every_language_has_code_stemmer_and_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
