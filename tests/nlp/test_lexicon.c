#include "nlp_support.h"

#include "core/buf.h"
#include "nlp/lexicon_internal.h"
#include "nlp/lexicon_set.h"

static const struct lexeme *
at(const struct lexicon *lx, uint32_t number)
{
	return number == 0 ? NULL : lexicon_at(lx, number);
}

/* What a text's words have in a lexicon. */
struct look {
	struct cutting cutting;
	struct stemmer *stemmer;
	struct arena *arena;
	const struct lexicon *lx;
	struct lexicon_hit hits[8];
	size_t count;
};

static void
look_open(struct look *k, const struct lexicon *lx)
{
	*k = (struct look){.lx = lx, .stemmer = stemmer_new(false), .arena = arena_new(ARENA_MAX)};
	assert_non_null(k->stemmer);
	assert_non_null(k->arena);
}

static void
look_close(struct look *k)
{
	units_cutting_fini(&k->cutting);
	stemmer_free(k->stemmer);
	arena_free(k->arena);
}

static void
look_at(struct look *k, const char *text)
{
	assert_int_equal(units_cut_text(&k->cutting, slice_of(text), k->arena, NULL), 0);
	k->count = k->cutting.units.count;
	assert_true(k->count > 0 && k->count <= COUNT_OF(k->hits));
	for (size_t i = 0; i < k->count; i++) {
		struct unit *u = &k->cutting.units.items[i];
		struct word_key key = unit_key(u);
		if (u->kind == TOKEN_WORD)
			unit_set_stem(
			    u, stemmer_stem(k->stemmer, lexicon_language(k->lx), &key, k->arena));
		lexicon_resolve(k->lx, k->stemmer, k->arena, u, &k->hits[i]);
	}
}

static const char *
source_of(const struct lexeme *x)
{
	const char *name = entry_source_name(x->entry.source);
	return name == NULL ? "" : name;
}

/* The rating or role where a text begins, of the longest entry. */
static const struct lexeme *
look_up(struct look *k, const char *text, size_t *span_r)
{
	look_at(k, text);
	uint32_t phrase = lexicon_phrase(k->lx, k->cutting.units.items, k->count, 0, span_r);
	if (phrase != 0)
		return lexicon_at(k->lx, phrase);
	*span_r = 1;
	return at(k->lx, k->hits[0].rated);
}

static const char ENTRIES[] = "booster\tvery\t0.29\n"
			      "emoji\t\xf0\x9f\x91\x8d\t2.6\n"
			      "emoticon\t:)\t2.3\n"
			      "idiom\tno problem\t1.6\n"
			      "negator\tno\n"
			      "word\tno\t-1.2\n"
			      "negator\tdon't think\t12\n"
			      "negator\tnever ever\t-4\n"
			      "phrase\twaste of time\t-2\n"
			      "word\tabandon\t-1.9\n"
			      "word\tabandoned\t-2.1\n"
			      "word\tcare\t2\n"
			      "word\tcaring\t1\n"
			      "word\tcares\t-1\n"
			      "word\tself-confident\t1.25\n"
			      "word\twaste\t-1.8\n"
			      "contrast\tbut\n"
			      "sarcasm\tyeah right\n"
			      "stem\tdelayed\t0.71\t-0.22\n"
			      "stem\tgreat\t-0.5\t1.31\n"
			      "stem\tsave\t0.1\t0.4\n"
			      "negated\tdelayed\t-0.1\t0.15\n"
			      "negated\tworth\t0.9\t-0.3\n"
			      "pair\tgreat save\t-0.25\t0.25\n"
			      "pair\t<mention> great\t0\t0.125\n"
			      "pair\tno <number>\t0.002\t-9\n"
			      "stem\t<mention>\t0.2\t0.1\n"
			      "stem\t<link>\t-0.4\t-0.3\n"
			      "stem\t<number>\t0.05\t-0.05\n"
			      "stem\t!\t0.07\t0.21\n"
			      "stem\t\xf0\x9f\x98\xa1\t1.5\t-1\n"
			      "stem\t:(\t1.1\t-0.9\n"
			      "shape\talways\t-0.3\t-0.2\n"
			      "shape\tdrawn out\t0.1\t0.2\n"
			      "sum\tpositive\t-0.4\t1.9\n"
			      "sum\tnegative\t2.2\t-0.3\n"
			      "sum\tbalance\t-1\t1\n";

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
	    {"no, problem", "no", -1200, 1},
	    {"self-confident", "self-confident", 1250, 2},
	    {"self confident", "self-confident", 1250, 2},
	    {"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbf", "\xf0\x9f\x91\x8d", 2600, 1},
	    {":)))", ":)", 2300, 1},
	    {"wasteee", "waste", -1800, 1},
	    {"#waste", "waste", -1800, 1},
	};
	struct lexicon *lx = NULL;
	struct look k;
	struct err err = {.kind = ERR_NONE};
	size_t span;
	(void)state;
	if (lexicon_of_entries("en", ENTRIES, &lx, &err) < 0)
		fail_msg("%s", err.text);
	look_open(&k, lx);
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		const struct lexeme *x = look_up(&k, CASES[i].text, &span);
		if (x == NULL)
			fail_msg("'%s' is not found", CASES[i].text);
		assert_text(CASES[i].text, lexeme_text(x), CASES[i].entry);
		assert_int_equal(x->weight_milli, CASES[i].weight);
		assert_int_equal(span, CASES[i].span);
	}
	assert_null(look_up(&k, "carefree", &span));
	assert_null(look_up(&k, "problem", &span));
	/* "care" and "cares" disagree about the sign: their stem says nothing. */
	assert_null(look_up(&k, "cared", &span));
	assert_int_equal(look_up(&k, "no", &span)->role, ROLE_NEGATOR);
	assert_int_equal(look_up(&k, "but", &span)->role, ROLE_CONTRAST);
	assert_int_equal(look_up(&k, "yeah right", &span)->role, ROLE_SARCASM);
	assert_int_equal(look_up(&k, "very", &span)->boost_milli, 290);
	look_close(&k);
	lexicon_free(lx);
}

static void
learned_weights_are_found_by_stem_and_name(void **state)
{
	static const struct {
		const char *text;
		int32_t negative, positive;
	} CASES[] = {
	    {"delay", 710, -220},
	    {"Delays", 710, -220},
	    {"delayed", 710, -220},
	    {"#delayed", 710, -220},
	    {"delayeddd", 710, -220},
	    {"GREAT", -500, 1310},
	    {"greaaaat", -500, 1310},
	    {"@acme", 200, 100},
	    {"@somebody.else", 200, 100},
	    {"https://acme.example/x", -400, -300},
	    {"1999", 50, -50},
	    {"!", 70, 210},
	    {"\xf0\x9f\x98\xa1", 1500, -1000},
	    {":(", 1100, -900},
	};
	static const char *const ABSENT[] = {
	    "problem", "worth", "?", "mention", "link", "number", "\xf0\x9f\x98\xa2", ":)"};
	struct lexicon *lx = NULL;
	struct look k;
	(void)state;
	assert_int_equal(lexicon_of_entries("en", ENTRIES, &lx, NULL), 0);
	look_open(&k, lx);
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		look_at(&k, CASES[i].text);
		const struct lexeme *x = at(lx, k.hits[0].stem);
		if (x == NULL)
			fail_msg("'%s' is not found", CASES[i].text);
		assert_int_equal(x->negative_milli, CASES[i].negative);
		assert_int_equal(x->positive_milli, CASES[i].positive);
		assert_string_equal(source_of(x), "learned");
	}
	for (size_t i = 0; i < COUNT_OF(ABSENT); i++) {
		look_at(&k, ABSENT[i]);
		if (k.hits[0].stem != 0)
			fail_msg("'%s' is found", ABSENT[i]);
	}
	/* Negated entries stand beside their stem, or alone. */
	look_at(&k, "delays worth");
	uint32_t delays = lexicon_negated(lx, k.hits[0].number);
	uint32_t worth = lexicon_negated(lx, k.hits[1].number);
	assert_int_equal(at(lx, delays)->positive_milli, 150);
	assert_int_equal(lexicon_stem_of(lx, delays), k.hits[0].stem);
	assert_int_equal(at(lx, worth)->negative_milli, 900);
	assert_int_equal(lexicon_stem_of(lx, worth), 0);
	look_close(&k);
	lexicon_free(lx);
}

static void
pairs_shapes_and_sums_are_found(void **state)
{
	static const struct {
		const char *text;
		int32_t negative, positive;
	} CASES[] = {
	    {"great saves", -250, 250},
	    {"@acme great", 0, 125},
	    {"no 12", 2, -9000},
	};
	static const char *const ABSENT[] = {
	    "save great", "great great", "great delayed", "great @acme"};
	struct lexicon *lx = NULL;
	struct look k;
	(void)state;
	assert_int_equal(lexicon_of_entries("en", ENTRIES, &lx, NULL), 0);
	look_open(&k, lx);
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		look_at(&k, CASES[i].text);
		const struct lexeme *x =
		    at(lx, lexicon_pair(lx, k.hits[0].number, k.hits[1].number));
		if (x == NULL)
			fail_msg("'%s' is not found", CASES[i].text);
		assert_int_equal(x->kind, LEXEME_PAIR);
		assert_int_equal(x->negative_milli, CASES[i].negative);
		assert_int_equal(x->positive_milli, CASES[i].positive);
	}
	for (size_t i = 0; i < COUNT_OF(ABSENT); i++) {
		look_at(&k, ABSENT[i]);
		if (lexicon_pair(lx, k.hits[0].number, k.hits[1].number) != 0)
			fail_msg("'%s' is found", ABSENT[i]);
	}
	assert_int_equal(at(lx, lexicon_shape(lx, SHAPE_ALWAYS))->negative_milli, -300);
	assert_int_equal(at(lx, lexicon_shape(lx, SHAPE_ELONGATED))->positive_milli, 200);
	assert_int_equal(lexicon_shape(lx, SHAPE_LINKS), 0);
	assert_int_equal(at(lx, lexicon_sum(lx, SUM_NEGATIVE))->negative_milli, 2200);
	assert_int_equal(at(lx, lexicon_sum(lx, SUM_BALANCE))->positive_milli, 1000);
	look_close(&k);
	lexicon_free(lx);
}

/* Many pairs, so that their table grows: each is still found, no other. */
static void
every_pair_is_found_however_many_there_are(void **state)
{
	enum {
		WORDS = 60
	};
	char entry[64];
	struct lexicon *lx = NULL;
	struct look k;
	uint32_t numbers[WORDS];
	(void)state;
	assert_int_equal(lexicon_new_empty(LANGUAGE_EN, &lx, NULL), 0);
	for (int a = 0; a < WORDS; a++) {
		for (int b = a % 2; b < WORDS; b += 2) {
			snprintf(entry, sizeof entry, "zo%c%cq zo%c%cq", 'a' + a % 26, 'k' + a / 26,
			    'a' + b % 26, 'k' + b / 26);
			assert_int_equal(
			    lexicon_add(lx, LEXEME_PAIR, slice_of(entry), a, -b, NULL), 0);
		}
	}
	look_open(&k, lx);
	for (int a = 0; a < WORDS; a++) {
		snprintf(entry, sizeof entry, "zo%c%cq", 'a' + a % 26, 'k' + a / 26);
		look_at(&k, entry);
		assert_true(k.hits[0].number != 0 && k.hits[0].stem == 0);
		numbers[a] = k.hits[0].number;
	}
	for (int a = 0; a < WORDS; a++) {
		for (int b = 0; b < WORDS; b++) {
			uint32_t pair = lexicon_pair(lx, numbers[a], numbers[b]);
			assert_int_equal(pair != 0, a % 2 == b % 2);
			assert_true(pair == 0 || at(lx, pair)->negative_milli == a);
			assert_true(pair == 0 || at(lx, pair)->positive_milli == -b);
		}
	}
	look_close(&k);
	lexicon_free(lx);
}

static void
broken_files_are_refused_with_the_line(void **state)
{
	static const struct {
		const char *entries, *message;
	} CASES[] = {
	    {"wort\tgut\t1\n", "line 4: unknown kind 'wort'"},
	    {"stem rating\tgood\t1\n", "line 4: unknown kind 'stem rating'"},
	    {"word\n", "line 4: a line has a kind, a tab and an entry"},
	    {"word\t\t1\n", "line 4: a line has a kind, a tab and an entry"},
	    {"word\tgood\n", "line 4: '' is not a weight of -4 to 4"},
	    {"word\tgood\t4.001\n", "line 4: '4.001' is not a weight of -4 to 4"},
	    {"word\tgood\t1\nword\tGood\t1\n", "line 5: 'Good' is there twice"},
	    {"word\t,\t1\n", "line 4: ',' is no word"},
	    {"emoji\tgood\t1\n", "line 4: 'good' is no emoji"},
	    {"emoticon\t(-\t1\n", "line 4: '(-' is no emoticon"},
	    {"word\tgood\t1\t2\n", "line 4: more columns than a word has"},
	    {"negator\tnot\tfar\n", "line 4: 'far' is not a weight of -20 to 20"},
	    {"negator\tnot\t20.5\n", "line 4: '20.5' is not a weight of -20 to 20"},
	    {"negator\tnot\t1\t1\n", "line 4: more columns than a negator has"},
	    {"negator\tnot\nbooster\tnot\t1\n", "line 5: 'not' has a role already"},
	    {"phrase\ta b c d e f g h i j k l m\t1\n",
		"line 4: 'a b c d e f g h i j k l m' has more than 12 words"},
	    {"stem\tgood\t1\n", "line 4: '' is not a weight of -9 to 9"},
	    {"stem\tgood\t1\t9.001\n", "line 4: '9.001' is not a weight of -9 to 9"},
	    {"stem\tgood\t1\t1\t1\n", "line 4: more columns than a stem has"},
	    {"stem\tgood day\t1\t1\n", "line 4: 'good day' is not one word"},
	    {"stem\twalk\t1\t1\nstem\twalking\t1\t1\n", "line 5: 'walking' is there twice"},
	    {"negated\twalk\t1\t1\nnegated\twalk\t1\t1\n", "line 5: 'walk' is there twice"},
	    {"pair\tgood\t1\t1\n", "line 4: 'good' is no pair"},
	    {"pair\tgood old day\t1\t1\n", "line 4: 'old day' is not one word"},
	    {"pair\tbig walk\t1\t1\npair\tbig walks\t1\t1\n", "line 5: 'big walks' is there twice"},
	    {"shape\tround\t1\t1\n", "line 4: 'round' is no shape"},
	    {"shape\tlinks\t1\t1\nshape\tlinks\t1\t1\n", "line 5: 'links' is there twice"},
	    {"sum\tall\t1\t1\n", "line 4: 'all' is no sum"},
	    {"sum\tbalance\t1\t1\nsum\tbalance\t1\t1\n", "line 5: 'balance' is there twice"},
	    {"stem\t<foo>\t1\t1\n", "line 4: '<foo>' is no name"},
	    {"pair\tgood <>\t1\t1\n", "line 4: '<>' is no name"},
	    {"word\tgo\xf0\x9f\x98\t1\n", "line 4: this is not UTF-8"},
	    {"# from: \xff.tsv\nwort\tgut\t1\n", "line 5: unknown kind 'wort'"},
	    {"word\tgood\t1\n# language: de\n", "line 5: a second line '# language:'"},
	    {"# checksum: 12\n", "line 4: '12' is not 16 hexadecimal digits"},
	    {"# checksum: 0x23456789abcdef\n",
		"line 4: '0x23456789abcdef' is not 16 hexadecimal digits"},
	    {"# stemmer: english 12345\n", "line 4: '12345' is not 8 hexadecimal digits"},
	    {"# unicode: 1234567g\n", "line 4: '1234567g' is not 8 hexadecimal digits"},
	    {"# temperature: 0\n", "line 4: '0' is not a number above 0 and up to 10"},
	    {"# temperature: 10.1\n", "line 4: '10.1' is not a number above 0 and up to 10"},
	    {"# sure: -0.2\n", "line 4: '-0.2' is not a number above 0 and up to 1"},
	};
	char want[256];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct lexicon *lx = NULL;
		struct err err = {.kind = ERR_NONE};
		assert_int_equal(lexicon_of_entries("en", CASES[i].entries, &lx, &err), -1);
		snprintf(want, sizeof want, "lexicon 'test.tsv', %s", CASES[i].message);
		assert_string_equal(err.text, want);
		assert_int_equal(err.kind,
		    ERR_INPUT + (strstr(want, "more than") != NULL) * (ERR_LIMIT - ERR_INPUT));
		assert_null(lx);
	}
}

/* As long as it may be, and one byte more, of which the message shows the beginning. */
static void
an_entry_has_an_end(void **state)
{
	char line[LEXICON_ENTRY_BYTES_MAX + 32] = "idiom\t", want[128];
	size_t start = strlen(line);
	(void)state;
	for (int more = 0; more < 2; more++) {
		struct lexicon *lx = NULL;
		struct err err = {.kind = ERR_NONE};
		size_t len = LEXICON_ENTRY_BYTES_MAX + (size_t)more;
		memset(line + start, 'q', len);
		snprintf(line + start + len, sizeof line - start - len, "\t-2\n");
		assert_int_equal(lexicon_of_entries("en", line, &lx, &err), -more);
		lexicon_free(lx);
		snprintf(want, sizeof want,
		    "lexicon 'test.tsv', line 4: '%.40s...' has more than 1000 bytes",
		    line + start);
		if (more > 0)
			assert_string_equal(err.text, want);
	}
}

static void
a_file_that_was_changed_is_refused(void **state)
{
	struct lexicon *lx = NULL;
	struct err err = {.kind = ERR_NONE};
	struct slice changed =
	    SLICE_LIT("# language: en\n# checksum: 0123456789abcdef\nword\tgood\t1\n");
	(void)state;
	assert_int_equal(lexicon_new("x", changed, &lx, &err), -1);
	assert_non_null(strstr(err.text, "the header says 0123456789abcdef"));
	assert_int_equal(lexicon_new("x", SLICE_LIT("word\tgood\t1\n"), &lx, &err), -1);
	assert_non_null(strstr(err.text, "line 1: an entry before the line '# language:'"));
	assert_int_equal(lexicon_of_entries("xx", "word\tgood\t1\n", &lx, &err), -1);
	assert_string_equal(err.text, "lexicon 'test.tsv', line 1: unknown language 'xx'");
	assert_null(lx);
}

/* ---- printing --------------------------------------------------------------- */

static void
assert_same_lexemes(const struct lexicon *a, const struct lexicon *b)
{
	assert_int_equal(lexicon_count(a), lexicon_count(b));
	assert_int_equal(lexicon_language(a), lexicon_language(b));
	assert_int_equal(lexicon_temperature_milli(a), lexicon_temperature_milli(b));
	assert_int_equal(lexicon_sure_milli(a), lexicon_sure_milli(b));
	for (uint32_t i = 1; i <= lexicon_count(a); i++) {
		const struct lexeme *x = lexicon_at(a, i), *y = lexicon_at(b, i);
		assert_true(slice_eq(lexeme_text(x), lexeme_text(y)));
		assert_int_equal(x->kind, y->kind);
		assert_int_equal(x->role, y->role);
		assert_int_equal(x->has_weight, y->has_weight);
		assert_int_equal(x->weight_milli, y->weight_milli);
		assert_int_equal(x->boost_milli, y->boost_milli);
		assert_int_equal(x->negative_milli, y->negative_milli);
		assert_int_equal(x->positive_milli, y->positive_milli);
		assert_string_equal(source_of(x), source_of(y));
	}
}

/* Reading what was printed gives the same lexicon, and printing that the same bytes. */
static void
check_printing(struct lexicon *lx)
{
	struct buf first, second;
	struct lexicon *again = NULL;
	struct err err = {.kind = ERR_NONE};
	buf_init(&first, LEXICON_FILE_MAX);
	buf_init(&second, LEXICON_FILE_MAX);
	assert_int_equal(lexicon_print(lx, SLICE_LIT("# licence: none\n"), &first, &err), 0);
	if (lexicon_new("printed", buf_slice(&first), &again, &err) < 0)
		fail_msg("%s", err.text);
	assert_same_lexemes(lx, again);
	assert_null(strchr(lexicon_version(again), '~'));
	assert_int_equal(lexicon_print(again, SLICE_LIT("# licence: none\n"), &second, &err), 0);
	assert_int_equal(buf_slice(&first).len, buf_slice(&second).len);
	assert_memory_equal(buf_str(&first), buf_str(&second), buf_slice(&first).len);
	lexicon_free(again);
	buf_fini(&first);
	buf_fini(&second);
}

static void
what_is_printed_reads_as_the_same_lexicon(void **state)
{
	struct lexicon *lx = NULL;
	bool kinds[LEXEME_KIND_COUNT] = {false}, roles[ROLE_SARCASM + 1] = {false};
	(void)state;
	assert_int_equal(lexicon_of_entries("en", ENTRIES, &lx, NULL), 0);
	for (uint32_t i = 1; i <= lexicon_count(lx); i++) {
		kinds[lexicon_at(lx, i)->kind] = true;
		roles[lexicon_at(lx, i)->role] = true;
	}
	for (int i = 0; i < LEXEME_KIND_COUNT; i++)
		assert_true(kinds[i] || i == LEXEME_NEGATOR);
	for (int i = 0; i <= ROLE_SARCASM; i++)
		assert_true(roles[i]);
	lexicon_set_calibration(lx, 1234, 567);
	check_printing(lx);
	lexicon_free(lx);
	assert_int_equal(lexicon_new_empty(LANGUAGE_SV, &lx, NULL), 0);
	check_printing(lx);
	lexicon_free(lx);
}

static void
the_shipped_files_print_and_read_as_the_same(void **state)
{
	struct desk *d = *state;
	for (int i = 0; i < LANGUAGE_COUNT; i++) {
		if (d->set->lexicons[i] != NULL)
			check_printing(d->set->lexicons[i]);
	}
}

static size_t
count_of(const char *text, const char *what)
{
	size_t n = 0;
	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

/* Another stemmer, another Unicode: entries are cut and stemmed anew, and the name says so. */
static void
a_file_of_other_libraries_is_rebuilt_and_says_so(void **state)
{
	static const char *const LINES[] = {"# stemmer: english ", "# unicode: "};
	struct lexicon *lx = NULL, *same = NULL, *other;
	struct buf printed;
	struct look k;
	(void)state;
	assert_int_equal(lexicon_of_entries("en", ENTRIES, &lx, NULL), 0);
	buf_init(&printed, LEXICON_FILE_MAX);
	assert_int_equal(lexicon_print(lx, SLICE_LIT(""), &printed, NULL), 0);
	assert_int_equal(lexicon_new("same", buf_slice(&printed), &same, NULL), 0);
	buf_fini(&printed);
	assert_int_equal(strlen(lexicon_version(same)), 11);
	for (size_t i = 0; i < COUNT_OF(LINES); i++) {
		buf_init(&printed, LEXICON_FILE_MAX);
		assert_int_equal(lexicon_print(lx, SLICE_LIT(""), &printed, NULL), 0);
		assert_int_equal(count_of(buf_str(&printed), LINES[i]), 1);
		char *text = mem_strdup(buf_str(&printed));
		char *digit = strstr(text, LINES[i]) + strlen(LINES[i]);
		*digit = *digit == '0' ? '1' : '0';
		assert_int_equal(lexicon_new("other", slice_of(text), &other, NULL), 0);
		assert_memory_equal(lexicon_version(other), lexicon_version(same), 11);
		assert_int_equal(lexicon_version(other)[11], '~');
		assert_int_equal(strlen(lexicon_version(other)), 20);
		look_open(&k, other);
		look_at(&k, "delays");
		assert_int_equal(at(other, k.hits[0].stem)->negative_milli, 710);
		assert_int_equal(lexicon_add_vocabulary(other, SLICE_LIT("acme"), 1000, NULL), 0);
		assert_int_equal(lexicon_version(other)[20], '+');
		look_close(&k);
		lexicon_free(other);
		mem_free(text);
		buf_fini(&printed);
	}
	lexicon_free(same);
	lexicon_free(lx);
}

/* ---- numbers, vocabulary, memory -------------------------------------------- */

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
	struct look k;
	size_t span;
	char before[32];
	(void)state;
	assert_int_equal(lexicon_of_entries("en", ENTRIES, &lx, NULL), 0);
	snprintf(before, sizeof before, "%s", lexicon_version(lx));
	assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT("Abandon"), 3000, NULL), 0);
	assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT("ghost bean"), 2000, NULL), 0);
	assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT("great"), -2000, NULL), 0);
	assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT("delay"), 0, NULL), 0);
	assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT("no"), 500, NULL), 0);
	look_open(&k, lx);
	assert_int_equal(look_up(&k, "abandon", &span)->weight_milli, 3000);
	assert_int_equal(look_up(&k, "abandoned", &span)->weight_milli, 3000);
	assert_string_equal(source_of(look_up(&k, "abandoned", &span)), "brand vocabulary");
	assert_int_equal(look_up(&k, "waste", &span)->weight_milli, -1800);
	assert_null(look_up(&k, "Ghost beans", &span));
	assert_int_equal(look_up(&k, "Ghost bean", &span)->weight_milli, 2000);
	assert_int_equal(look_up(&k, "no", &span)->role, ROLE_NONE);
	/* Learned weights too, and 0 leaves nothing of them. */
	look_at(&k, "great");
	assert_true(at(lx, k.hits[0].stem)->negative_milli > 0);
	assert_true(at(lx, k.hits[0].stem)->positive_milli < 0);
	look_at(&k, "delays");
	assert_int_equal(at(lx, k.hits[0].stem)->negative_milli, 0);
	assert_int_equal(at(lx, k.hits[0].stem)->positive_milli, 0);
	assert_int_equal(lexicon_negated(lx, k.hits[0].number), 0);
	assert_memory_equal(lexicon_version(lx), before, 11);
	assert_int_equal(lexicon_version(lx)[11], '+');
	/* A word that is named itself is not read by its stem, which another one shares. */
	assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT("delaying"), 1000, NULL), 0);
	assert_int_equal(look_up(&k, "delay", &span)->weight_milli, 0);
	assert_int_equal(look_up(&k, "delayed", &span)->weight_milli, 1000);
	assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT("..,"), 1, NULL), 0);
	assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT(" , "), 1, NULL), -1);
	assert_int_equal(
	    lexicon_add_vocabulary(lx, SLICE_LIT("a b c d e f g h i j k l m"), 1, NULL), -1);
	look_close(&k);
	lexicon_free(lx);
}

static int
read_print_and_lay_over(void *cookie)
{
	struct lexicon *lx = NULL;
	struct buf out;
	struct err err = {.kind = ERR_NONE};
	(void)cookie;
	buf_init(&out, LEXICON_FILE_MAX);
	int rc = lexicon_of_entries("en", ENTRIES, &lx, &err);
	assert_int_equal(rc, lx == NULL ? -1 : 0);
	if (rc == 0)
		rc = lexicon_add_vocabulary(lx, SLICE_LIT("ghost bean"), 2000, &err);
	if (rc == 0)
		rc = lexicon_print(lx, SLICE_LIT(""), &out, &err);
	assert_int_equal(err.kind, rc == 0 ? ERR_NONE : ERR_NOMEM);
	lexicon_free(lx);
	buf_fini(&out);
	return rc;
}

static void
every_failed_allocation_is_reported(void **state)
{
	(void)state;
	assert_true(faults_run(read_print_and_lay_over, NULL, true) > 50);
}

/* What we ship: no handle, no link, each entry within its range, modifiers of every role there. */
static void
the_shipped_lexicons_keep_their_promises(void **state)
{
	struct desk *d = *state;
	for (int lang = 0; lang < LANGUAGE_COUNT; lang++) {
		const struct lexicon *lx = d->set->lexicons[lang];
		size_t roles[ROLE_SARCASM + 1] = {0};
		for (uint32_t i = 1; lx != NULL && i <= lexicon_count(lx); i++) {
			const struct lexeme *x = lexicon_at(lx, i);
			roles[x->role]++;
			assert_true(x->weight_milli >= -LEXICON_WEIGHT_MAX_MILLI &&
			    x->weight_milli <= LEXICON_WEIGHT_MAX_MILLI);
			if (memchr(x->entry.text, '@', x->entry.len) != NULL &&
			    x->kind != LEXEME_EMOTICON && !slice_starts_with(lexeme_text(x), ":") &&
			    !slice_starts_with(lexeme_text(x), ">"))
				fail_msg("'%.*s' looks like a handle", SLICE_ARG(lexeme_text(x)));
			assert_null(memmem(x->entry.text, x->entry.len, "http", 4));
		}
		for (int r = ROLE_NEGATOR; r <= ROLE_SARCASM && lx != NULL; r++) {
			if (roles[r] == 0)
				fail_msg("%s has none of role %d",
				    language_code((enum language)lang), r);
		}
	}
	assert_true(lexicon_count(d->set->lexicons[LANGUAGE_EN]) > 5000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_stems_phrases_and_signs_are_found),
	    cmocka_unit_test(learned_weights_are_found_by_stem_and_name),
	    cmocka_unit_test(pairs_shapes_and_sums_are_found),
	    cmocka_unit_test(every_pair_is_found_however_many_there_are),
	    cmocka_unit_test(broken_files_are_refused_with_the_line),
	    cmocka_unit_test(an_entry_has_an_end),
	    cmocka_unit_test(a_file_that_was_changed_is_refused),
	    cmocka_unit_test(what_is_printed_reads_as_the_same_lexicon),
	    cmocka_unit_test(the_shipped_files_print_and_read_as_the_same),
	    cmocka_unit_test(a_file_of_other_libraries_is_rebuilt_and_says_so),
	    cmocka_unit_test(weights_are_read_exactly),
	    cmocka_unit_test(a_vocabulary_overrides_words_and_their_stems),
	    cmocka_unit_test(every_failed_allocation_is_reported),
	    cmocka_unit_test(the_shipped_lexicons_keep_their_promises),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
