#include "nlp_support.h"

#include <inttypes.h>

#include "nlp/lexicon.h"
#include "nlp/lexicon_set.h"

/* FNV-1a written down once more, from its definition. */
static uint64_t
checksum(const char *entries)
{
	uint64_t h = 14695981039346656037u;
	for (; *entries != '\0'; entries++) {
		h ^= (unsigned char)*entries;
		h *= 1099511628211u;
	}
	return h;
}

static int
load(const char *entries, struct lexicon **lx, struct err *err)
{
	static char text[4096];
	int n = snprintf(text, sizeof text,
	    "# language: en\n# checksum: %016" PRIx64 "\n# columns: kind entry weight\n%s",
	    checksum(entries), entries);
	return lexicon_new("test.tsv", slice_make(text, (size_t)n), lx, err);
}

static const struct lexeme *
look_up(const struct lexicon *lx, struct arena *a, const char *text, size_t *span_r)
{
	struct cutting c = {0};
	struct stemmer *st = stemmer_new(false);
	assert_int_equal(units_cut_text(&c, slice_of(text), a, NULL), 0);
	for (size_t i = 0; i < c.units.count; i++)
		c.units.items[i].stem = stemmer_stem(st, LANGUAGE_EN, &c.units.items[i].key, a);
	const struct lexeme *x = lexicon_find(lx, c.units.items, c.units.count, 0, span_r);
	units_cutting_fini(&c);
	stemmer_free(st);
	return x;
}

static const char ENTRIES[] = "booster\tvery\t0.29\n"
			      "emoji\t\xf0\x9f\x91\x8d\t2.6\n"
			      "emoticon\t:)\t2.3\n"
			      "idiom\tno problem\t1.6\n"
			      "negator\tno\n"
			      "phrase\twaste of time\t-2\n"
			      "word\tabandon\t-1.9\n"
			      "word\tabandoned\t-2.1\n"
			      "word\tcare\t2\n"
			      "word\tcaring\t1\n"
			      "word\tcares\t-1\n"
			      "word\tself-confident\t1.25\n"
			      "word\twaste\t-1.8\n";

static void
words_stems_phrases_and_signs_are_found(void **state)
{
	static const struct {
		const char *text, *entry;
		int32_t weight;
		size_t span;
	} CASES[] = {
	    {"Abandoned it", "abandoned", -2100, 1},
	    {"abandonment", "abandon", -2000, 1}, /* by stem: the mean */
	    {"waste of time", "waste of time", -2000, 3},
	    {"waste of money", "waste", -1800, 1},
	    {"no problem", "no problem", 1600, 2},
	    {"no, problem", "no", 0, 1},
	    {"self-confident", "self-confident", 1250, 2},
	    {"self confident", "self-confident", 1250, 2},
	    {"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbf", "\xf0\x9f\x91\x8d", 2600, 1},
	    {":)))", ":)", 2300, 1},
	    {"wasteee", "waste", -1800, 1},
	    {"#waste", "waste", -1800, 1},
	};
	struct lexicon *lx = NULL;
	struct arena *a = arena_new(ARENA_MAX);
	struct err err = {.kind = ERR_NONE};
	size_t span;
	(void)state;
	assert_int_equal(load(ENTRIES, &lx, &err), 0);
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		const struct lexeme *x = look_up(lx, a, CASES[i].text, &span);
		if (x == NULL)
			fail_msg("'%s' is not found", CASES[i].text);
		assert_text(CASES[i].text, x->text, CASES[i].entry);
		assert_int_equal(x->weight_milli, CASES[i].weight);
		assert_int_equal(span, CASES[i].span);
	}
	assert_null(look_up(lx, a, "carefree", &span));
	assert_null(look_up(lx, a, "problem", &span));
	/* "care" and "cares" disagree about the sign: their stem says nothing. */
	assert_null(look_up(lx, a, "cared", &span));
	assert_int_equal(look_up(lx, a, "no", &span)->role, ROLE_NEGATOR);
	assert_int_equal(lexicon_count(lx), 13);
	lexicon_free(lx);
	arena_free(a);
}

static void
broken_files_are_refused_with_the_line(void **state)
{
	static const struct {
		const char *entries, *message;
	} CASES[] = {
	    {"wort\tgut\t1\n", "lexicon 'test.tsv', line 4: unknown kind 'wort'"},
	    {"word\tgood\n", "lexicon 'test.tsv', line 4: '' is not a weight of -4 to 4"},
	    {"word\tgood\t4.001\n",
		"lexicon 'test.tsv', line 4: '4.001' is not a weight of -4 to 4"},
	    {"word\tgood\t1\nword\tGood\t1\n", "lexicon 'test.tsv', line 5: 'Good' is there twice"},
	    {"word\t,\t1\n", "lexicon 'test.tsv', line 4: ',' is no word"},
	    {"emoji\tgood\t1\n", "lexicon 'test.tsv', line 4: 'good' is no emoji"},
	    {"emoticon\t(-\t1\n", "lexicon 'test.tsv', line 4: '(-' is no emoticon"},
	    {"word\tgood\t1\t2\n", "lexicon 'test.tsv', line 4: more than three columns"},
	    {"negator\tnot\nbooster\tnot\t1\n",
		"lexicon 'test.tsv', line 5: 'not' has a role already"},
	    {"# columns: kind entry\n", "lexicon 'test.tsv', line 4: unknown columns 'kind entry'"},
	    {"# language: xx\n", "lexicon 'test.tsv', line 4: unknown language 'xx'"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct lexicon *lx = NULL;
		struct err err = {.kind = ERR_NONE};
		assert_int_equal(load(CASES[i].entries, &lx, &err), -1);
		assert_string_equal(err.text, CASES[i].message);
		assert_null(lx);
	}
	struct lexicon *lx = NULL;
	struct err err = {.kind = ERR_NONE};
	struct slice changed =
	    SLICE_LIT("# language: en\n# checksum: 0123456789abcdef\nword\tgood\t1\n");
	assert_int_equal(lexicon_new("x", changed, &lx, &err), -1);
	assert_non_null(strstr(err.text, "the header says 0123456789abcdef"));
	assert_int_equal(lexicon_new("x", SLICE_LIT("word\tgood\t1\n"), &lx, &err), -1);
}

static void
weights_are_read_exactly(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
		int32_t milli;
	} CASES[] = {
	    {"1", true, 1000},
	    {"-1.9", true, -1900},
	    {"+0.25", true, 250},
	    {"4", true, 4000},
	    {"-4.000", true, -4000},
	    {".5", true, 500},
	    {"0", true, 0},
	    {"2.", true, 2000},
	    {"", false, 0},
	    {"-", false, 0},
	    {".", false, 0},
	    {"4.001", false, 0},
	    {"1.2345", false, 0},
	    {"1e3", false, 0},
	    {"1.2.3", false, 0},
	    {"99999999999999999999", false, 0},
	    {" 1", false, 0},
	    {"1 ", false, 0},
	    {"nan", false, 0},
	    {"--1", false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		int32_t milli = 77;
		bool is_good = lexicon_parse_weight(slice_of(CASES[i].text), 4000, &milli);
		if (is_good != CASES[i].is_good || (is_good && milli != CASES[i].milli))
			fail_msg("'%s': %d, %d", CASES[i].text, is_good, milli);
	}
}

static void
a_vocabulary_overrides_words_and_their_stems(void **state)
{
	struct lexicon *lx = NULL;
	struct arena *a = arena_new(ARENA_MAX);
	size_t span;
	char before[32];
	(void)state;
	assert_int_equal(load(ENTRIES, &lx, NULL), 0);
	snprintf(before, sizeof before, "%s", lexicon_version(lx));
	assert_int_equal(strlen(before), 11);
	assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT("Abandon"), 3000, NULL), 0);
	assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT("ghost bean"), 2000, NULL), 0);
	assert_int_equal(look_up(lx, a, "abandon", &span)->weight_milli, 3000);
	assert_int_equal(look_up(lx, a, "abandoned", &span)->weight_milli, 3000);
	assert_string_equal(look_up(lx, a, "abandoned", &span)->source, "brand vocabulary");
	assert_int_equal(look_up(lx, a, "waste", &span)->weight_milli, -1800);
	assert_int_equal(look_up(lx, a, "Ghost beans", &span) == NULL, 1);
	assert_int_equal(look_up(lx, a, "Ghost bean", &span)->weight_milli, 2000);
	assert_memory_equal(lexicon_version(lx), before, 11);
	assert_int_equal(lexicon_version(lx)[11], '+');
	assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT("..,"), 1, NULL), 0);
	assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT(" , "), 1, NULL), -1);
	assert_int_equal(
	    lexicon_add_vocabulary(lx, SLICE_LIT("a b c d e f g h i j k l m"), 1, NULL), -1);
	lexicon_free(lx);
	arena_free(a);
}

static void
loading_survives_every_failed_allocation(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			struct lexicon *lx = NULL;
			mem_fault_arm(nth, sticky != 0);
			int rc = load(ENTRIES, &lx, NULL);
			bool hit = mem_fault_hit();
			mem_fault_arm(0, false);
			assert_int_equal(rc, lx == NULL ? -1 : 0);
			lexicon_free(lx);
			if (!hit) {
				assert_int_equal(rc, 0);
				break;
			}
		}
	}
}

/* What we ship: no handle, no link, each entry within its range, modifiers of every role there. */
static void
the_shipped_lexicon_keeps_its_promises(void **state)
{
	struct lexicon_set *set = NULL;
	struct err err = {.kind = ERR_NONE};
	size_t roles[ROLE_SARCASM + 1] = {0};
	(void)state;
	if (lexicon_set_new(&set, &err) < 0)
		fail_msg("%s", err.text);
	const struct lexicon *en = set->lexicons[LANGUAGE_EN];
	assert_true(lexicon_count(en) > 5000);
	for (size_t i = 0; i < lexicon_count(en); i++) {
		const struct lexeme *x = lexicon_at(en, i);
		roles[x->role]++;
		assert_true(x->weight_milli >= -4000 && x->weight_milli <= 4000);
		if (memchr(x->text.ptr, '@', x->text.len) != NULL &&
		    !slice_starts_with(x->text, ":") && !slice_starts_with(x->text, ">"))
			fail_msg("'%.*s' looks like a handle", SLICE_ARG(x->text));
		assert_null(memmem(x->text.ptr, x->text.len, "http", 4));
	}
	for (int r = ROLE_NEGATOR; r <= ROLE_SARCASM; r++)
		assert_true(roles[r] > 0);
	lexicon_set_unref(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_stems_phrases_and_signs_are_found),
	    cmocka_unit_test(broken_files_are_refused_with_the_line),
	    cmocka_unit_test(weights_are_read_exactly),
	    cmocka_unit_test(a_vocabulary_overrides_words_and_their_stems),
	    cmocka_unit_test(loading_survives_every_failed_allocation),
	    cmocka_unit_test(the_shipped_lexicon_keeps_its_promises),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
