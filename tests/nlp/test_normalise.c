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
    {"\xf0\x9f\x98\x82\xc2\xa3\xef\xb8\x8f", "\xf0\x9f\x98\x82\xc2\xa3",
	"a selector behind a sign goes, also when an emoji stands before that"},
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

/* Behind a letter and behind a sign or a dash, which have ways of their own. */
static void
a_mark_is_of_the_character_before_it(void **state)
{
	static const char *const TEXTS[] = {
	    "\xc2\xa3\xcc\x81", "!\xe2\x83\x97", "a\xe2\x83\x97", "\xe2\x80\x94\xcc\x81"};
	struct normaliser z = {0};
	struct arena *a = arena_new(ARENA_MAX);
	struct normal n;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
		struct slice folded = fold(&z, a, slice_of(TEXTS[i]), &n);
		assert_text(TEXTS[i], folded, TEXTS[i]);
		assert_int_equal(normalise_start(&n, folded.len - 1), 0);
		assert_int_equal(normalise_end(&n, 1), folded.len);
	}
	normalise_fini(&z);
	arena_free(a);
}

/* Letters are folded in blocks: the mark may stand in the next one. */
static void
a_mark_is_composed_wherever_its_letter_stands(void **state)
{
	struct normaliser z = {0};
	struct arena *a = arena_new(ARENA_MAX);
	char text[120], want[120];
	struct normal n;
	(void)state;
	for (int len = 0; len < 50; len++) {
		for (int is_mixed = 0; is_mixed < 2; is_mixed++) {
			const char *before = is_mixed ? "\xc3\xa4" : "";
			snprintf(text, sizeof text, "%s%.*sE\xcc\x81 and what stands behind it",
			    before, len, "some letters before, as many as three blocks have, ....");
			snprintf(want, sizeof want, "%s%.*s\xc3\xa9 and what stands behind it",
			    before, len, "some letters before, as many as three blocks have, ....");
			assert_text(text, fold(&z, a, slice_of(text), &n), want);
		}
	}
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
		assert_int_equal(got.ptr[-1], ' ');
		for (size_t i = 0; i < FOLDED_PADDING; i++)
			assert_int_equal(got.ptr[len + i], 0);
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
			in[i] = (char)(seed >> 20);
		}
		in[round % BYTE_BLOCK] = (char)(round / BYTE_BLOCK);
		assert_int_equal(byte_block_fold(in, fast), byte_block_fold_plain(in, plain));
		assert_memory_equal(fast, plain, sizeof fast);
		char and_this = (char)(seed >> 8);
		assert_int_equal(
		    byte_block_alnum(in, and_this), byte_block_alnum_plain(in, and_this));
	}
}

/* Of any length, from anywhere, before anything that is no letter. */
static void
a_run_of_letters_ends_where_it_ends(void **state)
{
	char text[24 + 70 + BYTE_BLOCK + 1] = {0};
	(void)state;
	for (size_t from = 0; from < 24; from++) {
		for (size_t len = 0; len < 70; len++) {
			memset(text, 'x', sizeof text);
			for (size_t i = 0; i < len; i++)
				text[from + i] = "a1_z0"[i % 5];
			text[from + len] = len % 2 == 0 ? '\0' : '-';
			assert_int_equal(byte_block_alnum_end(text, from, '_'), from + len);
		}
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
	    cmocka_unit_test(a_mark_is_of_the_character_before_it),
	    cmocka_unit_test(a_mark_is_composed_wherever_its_letter_stands),
	    cmocka_unit_test(all_lengths_of_ascii_take_the_same_way),
	    cmocka_unit_test(blocks_are_folded_alike_with_and_without_vector_instructions),
	    cmocka_unit_test(a_run_of_letters_ends_where_it_ends),
	    cmocka_unit_test(blanks_are_found_wherever_they_stand),
	    cmocka_unit_test(heaps_of_marks_take_linear_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
