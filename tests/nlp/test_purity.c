/*
 * test_purity.c - the same text gives the same score on every machine, build and compiler: one
 * checksum over what is found in some hundred invented texts (purity_texts.tsv: the network's hint,
 * tab, text).
 *
 * When lexicons, patterns or figures change on purpose, so does the checksum:
 *	EARSHOT_WRITE_EXPECTED=1 .../tests/nlp/test_purity
 * from the top folder writes the new one into purity_expected.txt.
 */
#include "nlp_support.h"

#include "tests/support/files.h"

#define TEXTS "tests/nlp/purity_texts.tsv"
#define EXPECTED "tests/nlp/purity_expected.txt"

static uint64_t
add_number(uint64_t h, int64_t v)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%" PRId64 "\t", v);
	return fnv1a(h, text, (size_t)n);
}

static uint64_t
add_score(uint64_t h, const struct score *s)
{
	h = add_number(h, (int64_t)s->label);
	h = add_number(h, s->score_milli);
	h = add_number(h, s->negative_milli);
	h = add_number(h, s->neutral_milli);
	h = add_number(h, s->positive_milli);
	h = add_number(h, s->is_unsure);
	h = add_number(h, s->is_scored);
	h = add_number(h, s->intents);
	return fnv1a(h, s->lang, strlen(s->lang) + 1);
}

/* From the first text to the last, or from the last to the first: what came before may not matter. */
static size_t
score_texts(struct desk *d, struct slice file, bool is_backward, uint64_t *hashes, size_t cap)
{
	static struct slice lines[1000];
	size_t count = 0;
	while (slice_is_set(file)) {
		struct slice line = slice_split(&file, '\n');
		assert_true(count < COUNT_OF(lines) && count < cap);
		if (line.len > 0)
			lines[count++] = line;
	}
	for (size_t i = 0; i < count; i++) {
		size_t at = is_backward ? count - 1 - i : i;
		struct slice text = lines[at];
		struct slice hint = slice_split(&text, '\t');
		struct score s;
		arena_reset(d->arena);
		assert_int_equal(
		    nlp_score(d->scorer, d->set, NULL, text, hint, d->arena, &s, NULL), 0);
		check_laws(&s, text);
		hashes[at] = add_score(FNV1A_START, &s);
	}
	return count;
}

static void
the_checksum_is_what_it_was(void **state)
{
	static uint64_t forward[1000], backward[1000];
	struct desk *d = *state;
	size_t len;
	char got[32];
	char *file = support_read(TEXTS, &len);
	assert_non_null(file);
	struct slice texts = slice_make(file, len);
	size_t count = score_texts(d, texts, false, forward, COUNT_OF(forward));
	assert_true(count > 250);
	scorer_free(d->scorer);
	d->scorer = scorer_new();
	assert_int_equal(score_texts(d, texts, true, backward, COUNT_OF(backward)), count);
	assert_memory_equal(forward, backward, count * sizeof *forward);
	uint64_t h = FNV1A_START;
	for (size_t i = 0; i < count; i++)
		h = add_number(h, (int64_t)(forward[i] >> 1));
	snprintf(got, sizeof got, "%016" PRIx64 "\n", h);
	if (getenv("EARSHOT_WRITE_EXPECTED") != NULL)
		support_write_text(EXPECTED, got);
	char *want = support_read(EXPECTED, &len);
	assert_non_null(want);
	assert_string_equal(got, want);
	mem_free(want);
	mem_free(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_checksum_is_what_it_was),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
