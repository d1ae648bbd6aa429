#include "core/score.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/json.h"

static void
a_score_is_written_as_the_design_has_it(void **state)
{
	static const uint16_t brands[] = {1};
	static const char *const names[] = {"Other", "Acme"};
	struct score s = {
	    .lang = "en",
	    .label = SENTIMENT_NEGATIVE,
	    .score_milli = -620,
	    .negative_milli = 710,
	    .neutral_milli = 200,
	    .positive_milli = 90,
	    .is_scored = true,
	    .intents = 1u << INTENT_COMPLAINT | 1u << INTENT_SUPPORT,
	    .brands = brands,
	    .brand_count = 1,
	    .lexicon = "en-3f2a",
	};
	struct json_writer w;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	score_to_json(&s, names, false, SLICE_LIT("x"), &w);
	json_object_end(&w);
	assert_string_equal(buf_str(&out),
	    "{\"sentiment\":{\"label\":\"negative\",\"score\":-0.62,\"negative\":0.71,"
	    "\"neutral\":0.2,\"positive\":0.09,\"unsure\":false},"
	    "\"intents\":[\"complaint\",\"support\"],\"brands\":[\"Acme\"],"
	    "\"lexicon\":\"en-3f2a\",\"lang\":\"en\"}");
	buf_fini(&out);
}

static void
an_explained_score_shows_the_words_it_comes_from(void **state)
{
	struct slice text = SLICE_LIT("not caf\xC3\xA9!");
	struct token tokens[] = {
	    {.start = 0,
		.len = 3,
		.kind = TOKEN_WORD,
		.folded = "not",
		.folded_len = 3,
		.stem = "not",
		.stem_len = 3},
	    {.start = 9,
		.len = 1,
		.kind = TOKEN_PUNCT,
		.folded = "!",
		.folded_len = 1,
		.stem = "!",
		.stem_len = 1},
	};
	const struct score_entry entry = {"cafe", 4, ENTRY_LEXICON};
	struct contribution reasons[] = {
	    {.start = 4,
		.len = 5,
		.entry = &entry,
		.weight_milli = 1500,
		.effect_milli = -750,
		.modifiers = "negated by 'not'"},
	};
	struct intent_reason why[] = {
	    {.intent = INTENT_COMPLAINT, .start = 0, .len = 3, .pattern = SLICE_LIT("not")},
	};
	struct score s = {
	    .lang = "und",
	    .label = SENTIMENT_NEUTRAL,
	    .is_unsure = true,
	    .tokens = tokens,
	    .token_count = 2,
	    .reasons = reasons,
	    .reason_count = 1,
	    .intent_reasons = why,
	    .intent_reason_count = 1,
	};
	struct json_writer w;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	score_to_json(&s, NULL, true, text, &w);
	json_object_end(&w);
	assert_string_equal(buf_str(&out),
	    "{\"sentiment\":{\"label\":\"neutral\",\"score\":0,\"negative\":0,\"neutral\":0,"
	    "\"positive\":0,\"unsure\":true,\"scored\":false},"
	    "\"intents\":[],\"brands\":[],\"lexicon\":null,\"lang\":\"und\","
	    "\"reasons\":[{\"start\":4,\"len\":5,\"text\":\"caf\xC3\xA9\",\"entry\":\"cafe\","
	    "\"source\":\"lexicon\",\"weight\":1.5,\"effect\":-0.75,"
	    "\"modifiers\":\"negated by 'not'\"}],"
	    "\"intent_reasons\":[{\"intent\":\"complaint\",\"start\":0,\"len\":3,\"text\":\"not\","
	    "\"entry\":\"not\"}],"
	    "\"tokens\":[{\"start\":0,\"len\":3,\"text\":\"not\",\"kind\":\"word\","
	    "\"folded\":\"not\",\"stem\":\"not\"},"
	    "{\"start\":9,\"len\":1,\"text\":\"!\",\"kind\":\"punctuation\","
	    "\"folded\":\"!\",\"stem\":\"!\"}]}");
	buf_fini(&out);
}

static void
names_are_the_documented_ones(void **state)
{
	static const char *const intents[INTENT_COUNT] = {"complaint", "support", "question",
	    "praise", "purchase", "churn", "suggestion", "feedback", "spam"};

	(void)state;
	for (int i = 0; i < INTENT_COUNT; i++)
		assert_string_equal(intent_name((enum intent)i), intents[i]);
	assert_string_equal(sentiment_label_name(SENTIMENT_POSITIVE), "positive");
	for (int a = TOKEN_WORD; a <= TOKEN_PUNCT; a++) {
		for (int b = TOKEN_WORD; b < a; b++)
			assert_string_not_equal(token_kind_name((enum token_kind)a),
			    token_kind_name((enum token_kind)b));
	}
}

/* Shapes stand for the whole post; words that look like their names are words. */
static void
how_a_post_looks_is_said_in_words(void **state)
{
	struct score_entry shape = {"exclamations", 12, ENTRY_SHAPE},
			   later = {"later", 5, ENTRY_SHAPE},
			   word = {"exclamations", 12, ENTRY_LEARNED};
	struct contribution c = {.entry = &shape};

	(void)state;
	assert_string_equal(contribution_shape_words(&c), "its exclamation marks");
	c.entry = &later;
	assert_string_equal(contribution_shape_words(&c), "the post as a whole");
	c.entry = &word;
	assert_null(contribution_shape_words(&c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_score_is_written_as_the_design_has_it),
	    cmocka_unit_test(an_explained_score_shows_the_words_it_comes_from),
	    cmocka_unit_test(names_are_the_documented_ones),
	    cmocka_unit_test(how_a_post_looks_is_said_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
