#include "nlp_support.h"

#include "core/buf.h"
#include "nlp/lexicon.h"
#include "nlp/propose.h"
#include "nlp/train_data.h"

static void
add(struct train_data *d, const char *name, bool is_validation, const char *text)
{
	assert_int_equal(
	    train_data_add(d, name, is_validation, slice_of(text), LANGUAGE_EN, NULL), 0);
}

static void
columns_are_found_by_name(void **state)
{
	struct train_data d;
	(void)state;
	assert_int_equal(train_data_init(&d, NULL), 0);
	add(&d, "a.tsv", false,
	    "# licence: CC0\n\nid\tText\tother\tLABEL\r\n1\tone\tx\tpos\r\n2\ttwo\tx\t-1\r\n");
	add(&d, "b.tsv", false, "label\ttext\n0\twith\ttabs\tin it");
	add(&d, "c.tsv", false, "neutral\tplain\nlabel\tnot a name here\n");
	assert_int_equal(d.count, 4);
	assert_string_equal(d.rows[0].text.ptr, "one");
	assert_int_equal(d.rows[0].label, SENTIMENT_POSITIVE);
	assert_int_equal(d.rows[1].label, SENTIMENT_NEGATIVE);
	assert_string_equal(d.rows[2].text.ptr, "with\ttabs\tin it");
	assert_int_equal(d.rows[3].source, 2);
	assert_int_equal(d.files[0].note_count, 1);
	assert_string_equal(d.files[0].notes[0].ptr, "licence: CC0");
	assert_int_equal(d.files[2].skipped[TRAIN_SKIP_LABEL].count, 1);
	assert_int_equal(d.files[2].skipped[TRAIN_SKIP_LABEL].lines[0], 2);
	train_data_fini(&d);
}

static void
ratings_have_a_neutral_middle(void **state)
{
	static const struct {
		const char *rating;
		int label; /* -1: none */
	} CASES[] = {{"-0.61", SENTIMENT_NEGATIVE}, {"-0.6", SENTIMENT_NEUTRAL},
	    {"0.6", SENTIMENT_NEUTRAL}, {"+0.61", SENTIMENT_POSITIVE}, {"4", SENTIMENT_POSITIVE},
	    {"4.1", -1}, {"nan", -1}, {"inf", -1}, {"", -1}, {"1e", -1}, {"0x1", -1}};
	char text[64];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct train_data d;
		assert_int_equal(train_data_init(&d, NULL), 0);
		snprintf(text, sizeof text, "mean_rating\ttext\n%s\tx\n", CASES[i].rating);
		add(&d, "r.tsv", false, text);
		if (d.count != (CASES[i].label < 0 ? 0u : 1u) ||
		    (d.count == 1 && d.rows[0].label != CASES[i].label))
			fail_msg("rating '%s'", CASES[i].rating);
		train_data_fini(&d);
	}
}

/* Nothing is read behind a file's last byte, which need not be a line feed. */
static void
a_rating_may_end_the_file(void **state)
{
	static const char text[] = "text\tmean_rating\nx\t-3";
	struct train_data d;
	char *alone = mem_dup(text, sizeof text - 1);
	(void)state;
	assert_non_null(alone);
	assert_int_equal(train_data_init(&d, NULL), 0);
	assert_int_equal(train_data_add(&d, "r.tsv", false, slice_make(alone, sizeof text - 1),
			     LANGUAGE_EN, NULL),
	    0);
	assert_int_equal(d.count, 1);
	assert_int_equal(d.rows[0].label, SENTIMENT_NEGATIVE);
	train_data_fini(&d);
	mem_free(alone);
}

static void
a_text_stands_once_and_is_not_measured_where_it_is_learned(void **state)
{
	struct train_data d;
	(void)state;
	assert_int_equal(train_data_init(&d, NULL), 0);
	add(&d, "v", true, "1\tseen\n");
	add(&d, "a", false, "1\tseen\n1\tsame\n1\tsame\n-1\tsame\n");
	add(&d, "b", false, "0\tsame\n{\n");
	assert_int_equal(d.count, 2);
	assert_int_equal(d.files[1].skipped[TRAIN_SKIP_MEASURED].count, 1);
	assert_int_equal(d.files[1].skipped[TRAIN_SKIP_REPEATED].count, 1);
	assert_int_equal(d.files[1].skipped[TRAIN_SKIP_CONFLICT].lines[0], 4);
	assert_int_equal(d.files[2].skipped[TRAIN_SKIP_CONFLICT].count, 1);
	assert_int_equal(d.files[2].skipped[TRAIN_SKIP_COLUMNS].count, 1);
	train_data_fini(&d);
}

static bool
is_held_out(const struct train_data *d, const char *text)
{
	for (size_t i = 0; i < d->count; i++) {
		if (slice_eq_str(d->rows[i].text, text))
			return train_data_is_held_out(d, &d->rows[i]);
	}
	fail_msg("there is no '%s'", text);
	return false;
}

static void
what_is_held_out_depends_on_text_and_seed_alone(void **state)
{
	struct train_data d[3];
	char line[64];
	size_t held[3], same_in_other_seed = 0;
	(void)state;
	for (int k = 0; k < 3; k++) {
		assert_int_equal(train_data_init(&d[k], NULL), 0);
		for (int i = 0; i < 200; i++) {
			snprintf(line, sizeof line, "1\tpost %d\n", k == 1 ? 199 - i : i);
			add(&d[k], "x", false, line);
			d[k].file_count = 1;
		}
		held[k] = train_data_hold_out(&d[k], 30, k == 2 ? 6 : 5);
	}
	assert_int_equal(held[0], held[1]);
	assert_in_range(held[0], 40, 80);
	for (int i = 0; i < 200; i++) {
		snprintf(line, sizeof line, "post %d", i);
		assert_int_equal(is_held_out(&d[0], line), is_held_out(&d[1], line));
		same_in_other_seed += is_held_out(&d[0], line) == is_held_out(&d[2], line);
	}
	assert_true(same_in_other_seed < 200);
	for (int k = 0; k < 3; k++)
		train_data_fini(&d[k]);
}

/* Rows kept and all that was skipped are the rows of the file, whatever is in it; the nth
 * allocation may fail. */
static void
no_row_is_lost(void **state)
{
	static const char TEXT[] =
	    "{\"text\":\"a\",\"label\":1}\n{\"text\":\"a\",\"label\":\"neg\"}\n{\"text\":1}\n[]\n"
	    "nonsense\n{\"text\":\"b\",\"rating\":-3,\"lang\":\"de\"}\n{\"text\":\" \",\"label\":0}"
	    "\n{\"text\":\"\xff\",\"label\":0}\n{\"text\":\"c\",\"mean_rating\":-3}\n";
	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct train_data d;
		struct err err = {.kind = ERR_NONE};
		mem_fault_arm(nth, false);
		int rc = train_data_init(&d, &err);
		if (rc == 0)
			rc = train_data_add(&d, "x", false, slice_of(TEXT), LANGUAGE_EN, &err);
		bool hit = mem_fault_hit();
		mem_fault_arm(0, false);
		assert_true(rc == 0 || (hit && err.kind == ERR_NOMEM));
		if (rc == 0) {
			size_t rows = d.files[0].kept;
			for (int k = 0; k < TRAIN_SKIP_COUNT; k++)
				rows += d.files[0].skipped[k].count;
			assert_int_equal(rows, 9);
			assert_int_equal(d.files[0].rows, 9);
		}
		train_data_fini(&d);
		if (!hit)
			break;
	}
}

/* ---- proposals ---------------------------------------------------------------- */

/* A lexicon of three words. */
static void
print_lexicon(struct buf *out)
{
	struct lexicon *lx;
	static const struct {
		enum lexeme_kind kind;
		const char *text;
		int32_t a, b;
	} ENTRIES[] = {{LEXEME_WORD, "good", 2000, 0}, {LEXEME_WORD, "sick", -2000, 0},
	    {LEXEME_STEM, "good", -1000, 1500}, {LEXEME_STEM, "sick", 1500, -1000},
	    {LEXEME_SUM, "positive", -500, 900}, {LEXEME_SUM, "negative", 900, -500}};
	assert_int_equal(lexicon_new_empty(LANGUAGE_EN, &lx, NULL), 0);
	for (size_t i = 0; i < COUNT_OF(ENTRIES); i++)
		assert_int_equal(lexicon_add(lx, ENTRIES[i].kind, slice_of(ENTRIES[i].text),
				     ENTRIES[i].a, ENTRIES[i].b, NULL),
		    0);
	assert_int_equal(lexicon_print(lx, SLICE_LIT(""), out, NULL), 0);
	lexicon_free(lx);
}

#define POSTS 60

static void
make_rows(struct train_row *rows, char texts[POSTS][64])
{
	static const char *const SHAPES[] = {
	    "that lid is sick", "a lid has come", "the lid wobbles"};
	for (int i = 0; i < POSTS; i++) {
		snprintf(texts[i], sizeof texts[i], "%s, number %d", SHAPES[i % 3], i);
		rows[i] = (struct train_row){.text = slice_of(texts[i]),
		    .label = (uint8_t[]){
			SENTIMENT_POSITIVE, SENTIMENT_NEUTRAL, SENTIMENT_NEGATIVE}[i % 3]};
	}
}

static const struct proposal *
find(const struct propose_list *list, const char *phrase)
{
	for (size_t i = 0; i < list->count; i++) {
		if (slice_eq_str(list->items[i].phrase, phrase))
			return &list->items[i];
	}
	return NULL;
}

static void
what_labels_contradict_is_proposed(void **state)
{
	struct propose_options o = propose_defaults();
	struct train_row rows[POSTS];
	char texts[POSTS][64];
	struct propose_list list;
	struct lexicon *lx;
	struct buf text;
	(void)state;
	buf_init(&text, 1u << 20);
	print_lexicon(&text);
	make_rows(rows, texts);
	assert_int_equal(
	    propose_new(&o, "x", buf_slice(&text), NULL, NULL, rows, POSTS, &list, NULL), 0);
	const struct proposal *sick = find(&list, "sick");
	assert_non_null(sick);
	assert_true(sick->weight_milli > 0 && sick->posts == POSTS / 3 && sick->labels[2] == 20);
	assert_true(sick->said_milli < 0 && sick->wanted_milli == 1000 && sick->gain > 0);
	assert_null(find(&list, "lid")); /* it is in all of them */
	assert_int_equal(propose_apply("x", buf_slice(&text), &list, list.count, &lx, NULL), 0);
	lexicon_free(lx);
	propose_free(&list);
	buf_fini(&text);
}

static void
proposing_without_memory_fails_cleanly(void **state)
{
	struct propose_options o = propose_defaults();
	struct train_row rows[POSTS];
	char texts[POSTS][64];
	struct buf text;
	(void)state;
	buf_init(&text, 1u << 20);
	print_lexicon(&text);
	make_rows(rows, texts);
	for (unsigned nth = 1;; nth += nth < 200 ? 1 : 37) {
		struct propose_list list = {.items = NULL};
		struct err err = {.kind = ERR_NONE};
		mem_fault_arm(nth, false);
		int rc =
		    propose_new(&o, "x", buf_slice(&text), NULL, NULL, rows, POSTS, &list, &err);
		bool hit = mem_fault_hit();
		mem_fault_arm(0, false);
		assert_true(rc == 0 || (hit && err.kind == ERR_NOMEM));
		propose_free(&list);
		if (!hit)
			break;
	}
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_are_found_by_name),
	    cmocka_unit_test(ratings_have_a_neutral_middle),
	    cmocka_unit_test(a_rating_may_end_the_file),
	    cmocka_unit_test(a_text_stands_once_and_is_not_measured_where_it_is_learned),
	    cmocka_unit_test(what_is_held_out_depends_on_text_and_seed_alone),
	    cmocka_unit_test(no_row_is_lost),
	    cmocka_unit_test(what_labels_contradict_is_proposed),
	    cmocka_unit_test(proposing_without_memory_fails_cleanly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
