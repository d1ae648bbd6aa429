#include "nlp_support.h"

#include "nlp/byte_block.h"
#include "nlp/normalise.h"

static const struct {
	const char *text, *folded, *note;
} CASES[] = {
    {"", "", "nothing"},
    {"Great COFFEE 42!", "great coffee 42!", "ASCII is lower-cased"},
    {"[@`{AZaz", "[@'{azaz", "the neighbours of letters stay"},
    {"don\xe2\x80\x99t", "don't", "curly apostrophe"},
    {"don\xc2\xb4t d\xe2\x80\x98oh", "don't d'oh", "accents and other quotes for an apostrophe"},
    {"\xe2\x80\x9cgood\xe2\x80\x9d", "\"good\"", "curly quotes"},
    {"Wait\xe2\x80\xa6", "wait...", "the ellipsis"},
    {"Stra\xc3\x9f"
     "E",
	"strasse", "sharp s"},
    {"CAF\xc3\x89 caf\xc3\xa9", "caf\xc3\xa9 caf\xc3\xa9", "Latin letters with accents"},
    {"Cafe\xcc\x81", "caf\xc3\xa9", "a mark behind an ASCII letter is composed"},
    {"\xc5\x81\xc3\xb3"
     "d\xc5\xba",
	"\xc5\x82\xc3\xb3"
	"d\xc5\xba",
	"Latin Extended-A"},
    {"\xd0\x9f\xd0\xa0\xd0\x98", "\xd0\xbf\xd1\x80\xd0\xb8", "Cyrillic"},
    {"\xce\x9c\xce\x86\xce\xa3", "\xce\xbc\xce\xac\xcf\x83", "Greek with an accent"},
    {"\xf0\x9d\x93\x96\xf0\x9d\x93\xb8\xf0\x9d\x93\xb8\xf0\x9d\x93\xad", "good",
	"mathematical letters"},
    {"\xef\xbc\xa7\xef\xbd\x8f", "go", "full width"},
    {"\xef\xac\x81ne", "fine", "a ligature"},
    {"go\xe2\x80\x8bod so\xc2\xad"
     "ft",
	"good soft", "invisible characters vanish"},
    {"Acme\xe2\x84\xa2 x\xc2\xae", "acme  x ", "signs of trade marks become a space, not letters"},
    {"\xe2\x9d\xa4\xef\xb8\x8f", "\xe2\x9d\xa4\xef\xb8\x8f", "an emoji keeps its selector"},
    {"a\xef\xb8\x8f", "a", "a selector behind a letter goes"},
    {"1\xef\xb8\x8f\xe2\x83\xa3", "1\xef\xb8\x8f\xe2\x83\xa3", "a keycap stays whole"},
    {"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9", "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9",
	"a joiner between emoji stays"},
    {"\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x96\x87", "Chinese"},
    {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c", "Korean letters are composed"},
    {"\xef\xb7\xba", "\xef\xb7\xba", "what would grow eleven-fold stays"},
};

static struct slice
fold(struct normaliser *z, struct arena *a, struct slice text, struct normal *n)
{
	struct err err = {.kind = ERR_NONE};
	assert_int_equal(normalise_text(z, text, a, n, &err), 0);
	return n->folded;
}

static void
what_looks_the_same_is_spelt_the_same(void **state)
{
	struct normaliser z = {0};
	struct arena *a = arena_new(ARENA_MAX);
	struct normal n, again;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct slice folded = fold(&z, a, slice_of(CASES[i].text), &n);
		assert_text(CASES[i].note, folded, CASES[i].folded);
		assert_true(utf8_is_valid(folded));
		struct slice twice = fold(&z, a, folded, &again);
		assert_text("normalised twice", twice, CASES[i].folded);
	}
	normalise_fini(&z);
	arena_free(a);
}

static void
every_folded_byte_knows_where_it_came_from(void **state)
{
	struct normaliser z = {0};
	struct arena *a = arena_new(ARENA_MAX);
	struct normal n;
	/* bytes:            0   1-3          4   5-6     7  8-9 (mark)  */
	const char *text = "x\xe2\x80\xa6"
			   "y\xc3\x9f"
			   "e\xcc\x81"
			   "\xe2\x80\x8bz";
	(void)state;
	struct slice folded = fold(&z, a, slice_of(text), &n);
	assert_text("folded", folded, "x...yss\xc3\xa9z");
	assert_int_equal(normalise_start(&n, 0), 0);
	assert_int_equal(normalise_end(&n, 1), 1);
	assert_int_equal(normalise_start(&n, 1), 1);
	assert_int_equal(normalise_end(&n, 2), 4); /* inside "...": behind the character */
	assert_int_equal(normalise_end(&n, 4), 4);
	assert_int_equal(normalise_start(&n, 5), 5);
	assert_int_equal(normalise_end(&n, 6), 7);
	assert_int_equal(normalise_start(&n, 7), 7);
	assert_int_equal(normalise_end(&n, folded.len), strlen(text));
	normalise_fini(&z);
	arena_free(a);
}

static void
all_lengths_of_ascii_take_the_same_way(void **state)
{
	struct normaliser z = {0};
	struct arena *a = arena_new(ARENA_MAX);
	char text[40], want[40];
	(void)state;
	for (size_t len = 0; len < sizeof text; len++) {
		for (size_t i = 0; i < len; i++) {
			text[i] = (char)('@' + (i * 7 + len) % 30);
			want[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32)
			    : text[i] == '`'                       ? '\''
								   : text[i];
		}
		struct normal n;
		struct slice got = fold(&z, a, slice_make(text, len), &n);
		assert_int_equal(got.len, len);
		assert_memory_equal(got.ptr, want, len);
	}
	normalise_fini(&z);
	arena_free(a);
}

/* Every byte at every place, in company that changes. */
static void
blocks_are_folded_alike_with_and_without_vector_instructions(void **state)
{
	uint32_t seed = 1;
	(void)state;
	for (int round = 0; round < 256 * BYTE_BLOCK; round++) {
		char in[BYTE_BLOCK], fast[BYTE_BLOCK], plain[BYTE_BLOCK];
		for (size_t i = 0; i < sizeof in; i++) {
			seed = seed * 1664525u + 1013904223u;
			in[i] = i > 0 && seed >> 30 == 0 ? in[i - 1] : (char)(seed >> 20);
		}
		in[round % BYTE_BLOCK] = (char)(round / BYTE_BLOCK);
		unsigned char before = (unsigned char)(seed >> 8);
		struct byte_block x = byte_block_fold(in, fast, before);
		struct byte_block y = byte_block_fold_plain(in, plain, before);
		assert_memory_equal(fast, plain, sizeof fast);
		assert_int_equal(x.high, y.high);
		assert_int_equal(x.letters, y.letters);
		assert_int_equal(x.alnum, y.alnum);
		assert_int_equal(x.same, y.same);
	}
}

static void
blanks_are_found_wherever_they_stand(void **state)
{
	char text[BYTE_BLOCKS + 1] = {0};
	(void)state;
	for (unsigned n = 0; n < 256 * BYTE_BLOCKS; n++) {
		size_t at = n % BYTE_BLOCKS;
		text[at] = (char)(n / BYTE_BLOCKS);
		text[BYTE_BLOCKS] = ' ';
		uint64_t want = text[at] == ' ' ? 1ULL << at : 0;
		assert_true(byte_block_blanks(text) == want);
		assert_true(byte_block_blanks_plain(text) == want);
		text[at] = '\0';
	}
}

/* A word bit stands for letters and digits only, and the padding is zero. */
static void
word_bits_stand_for_letters_and_digits(void **state)
{
	static const struct {
		const char *text, *bits;
	} WORDS[] = {
	    {"", ""},
	    {"It's 5 o'clock", "11010101011111"},
	    {"\xc3\x84rger, gr\xc3\xbc\xc3\x9f"
	     "e!",
		"1111110011111110"},
	    {"caf\xc3\xa9\xe2\x80\xa6", "11111000"},
	    {"x\xf0\x9f\x98\x80y", "100001"},
	};
	struct normaliser z = {0};
	struct arena *a = arena_new(ARENA_MAX);
	(void)state;
	for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
		struct normal n;
		struct slice folded = fold(&z, a, slice_of(WORDS[i].text), &n);
		char got[64] = "";
		for (size_t k = 0; k < folded.len; k++)
			got[k] = n.words[k / 64] >> (k % 64) & 1 ? '1' : '0';
		assert_string_equal(got, WORDS[i].bits);
		for (size_t k = 0; k < FOLDED_PADDING; k++)
			assert_int_equal(folded.ptr[folded.len + k], 0);
		for (size_t k = 0; k < folded.len; k = normalise_run_end(&n, k) + 1)
			assert_true(k == 0 || got[k - 1] == '0');
		assert_int_equal(normalise_run_end(&n, folded.len), folded.len);
	}
	normalise_fini(&z);
	arena_free(a);
}

static void
letters_three_times_in_a_row_are_noticed(void **state)
{
	static const struct {
		const char *text;
		bool has_runs;
	} RUNS[] = {
	    {"", false},
	    {"see all 1000 --- !!! moons", false},
	    {"Soo good, too, all of you, yes", false},
	    {"SOoo good", true},
	    {"a text in which block ends: coool", true},
	    {"gr\xc3\xbc\xc3\xbc\xc3\xbc\xc3\x9f"
	     "e",
		true},
	    {"gr\xc3\xbc\xc3\xbc\xc3\x9f"
	     "e",
		false},
	    {"Mes\xc3\x9f", true},
	    {"yes \xe2\x80\x94 nooo", true},
	    {"\xd0\xb4\xd0\xb0\xd0\xb0\xd0\xb0", true},
	};
	struct normaliser z = {0};
	struct arena *a = arena_new(ARENA_MAX);
	char text[80];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(RUNS); i++) {
		/* At every place of a block. */
		for (int shift = 0; shift < BYTE_BLOCK; shift++) {
			struct normal n;
			int len = snprintf(
			    text, sizeof text, "%.*s%s", shift, "- - - - - - - - ", RUNS[i].text);
			fold(&z, a, slice_make(text, (size_t)len), &n);
			assert_int_equal(n.may_have_runs, RUNS[i].has_runs);
		}
	}
	normalise_fini(&z);
	arena_free(a);
}

static void
heaps_of_marks_take_linear_time(void **state)
{
	struct normaliser z = {0};
	struct arena *a = arena_new(ARENA_MAX);
	size_t len = 64 * 1024;
	char *text = mem_alloc(len);
	(void)state;
	/* Marks of two classes in turn: ordering them all at once would cost their number squared. */
	for (size_t i = 0; i < len; i += 2)
		memcpy(text + i, i % 4 == 0 ? "\xcc\x81" : "\xcc\xa3", 2);
	struct normal n;
	double start = cpu_seconds();
	struct slice folded = fold(&z, a, slice_make(text, len), &n);
	assert_true(cpu_seconds() - start < 1.0);
	assert_true(utf8_is_valid(folded));
	mem_free(text);
	normalise_fini(&z);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_looks_the_same_is_spelt_the_same),
	    cmocka_unit_test(every_folded_byte_knows_where_it_came_from),
	    cmocka_unit_test(all_lengths_of_ascii_take_the_same_way),
	    cmocka_unit_test(blocks_are_folded_alike_with_and_without_vector_instructions),
	    cmocka_unit_test(blanks_are_found_wherever_they_stand),
	    cmocka_unit_test(word_bits_stand_for_letters_and_digits),
	    cmocka_unit_test(letters_three_times_in_a_row_are_noticed),
	    cmocka_unit_test(heaps_of_marks_take_linear_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
