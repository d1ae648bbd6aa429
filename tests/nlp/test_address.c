#include "nlp_support.h"

#include "nlp/address.h"

static const struct {
	const char *text;
	size_t url, mention; /* lengths at the first byte */
} CASES[] = {
    {"https://example.com/a", 21, 0},
    {"http://x.org).", 12, 0},
    {"http://x.org/a_(b).", 18, 0},
    {"http://", 4, 0},
    {"http", 4, 0},
    {"https...", 5, 0},
    {"http is old", 4, 0},
    {"httpd", 0, 0},
    {"http-proxy", 0, 0},
    {"www.acme.com", 12, 0},
    {"acme.com", 8, 0},
    {"acme.com/x?y=z!", 14, 0},
    {"acme.com.", 8, 0},
    {"acme.co.uk", 10, 0},
    {"great.thanks", 0, 0},
    {"it.is", 0, 0},
    {"t.me/x", 6, 0},
    {"t.me", 0, 0},
    {"a.b.c", 0, 0},
    {"word", 0, 0},
    {"bob@acme.com", 12, 0},
    {"first.last@acme.com,", 19, 0},
    {"bob@acme", 0, 0},
    {"-", 0, 0},
    {"@acme", 0, 5},
    {"@acme_1-2", 0, 9},
    {"@acme-", 0, 5},
    {"@acme.", 0, 5},
    {"@acme.great", 0, 5},
    {"@acme.bsky.social", 0, 17},
    {"@acme@example.social", 0, 20},
    {"@a.b@example.social", 0, 19},
    {"@acme@", 0, 5},
    {"@acme@x", 0, 5},
    {"@", 0, 0},
    {"@@acme", 0, 0},
    {"@.x", 0, 0},
};

static void
addresses_end_where_people_end_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct slice text = slice_of(CASES[i].text);
		bool is_mention = text.ptr[0] == '@';
		size_t none = 0;
		size_t got = is_mention ? address_mention(text, 0) : address_url(text, 0, &none);
		size_t want = is_mention ? CASES[i].mention : CASES[i].url;
		if (got != want)
			fail_msg("'%s': %zu, want %zu", CASES[i].text, got, want);
	}
}

/* What was looked at in vain need not be looked at again: the answers are the same. */
static void
remembering_dead_ends_changes_no_answer(void **state)
{
	static const char LETTERS[] = "aacom..@-/w ";
	uint32_t seed = 7;
	size_t found = 0, skipped = 0;
	char text[48];
	(void)state;
	for (int round = 0; round < 50000; round++) {
		size_t none = 0;
		for (size_t i = 0; i < sizeof text; i++) {
			seed = seed * 1664525u + 1013904223u;
			text[i] = LETTERS[(seed >> 16) % (sizeof LETTERS - 1)];
		}
		struct slice s = slice_make(text, sizeof text);
		for (size_t at = 1; at < s.len; at++) {
			if (strchr(" ./@", text[at - 1]) == NULL ||
			    strchr(" ./@-", text[at]) != NULL)
				continue;
			size_t fresh = 0, want = address_url(s, at, &fresh);
			skipped += at < none;
			assert_int_equal(address_url(s, at, &none), want);
			found += want > 0;
		}
	}
	assert_true(found > 1000 && skipped > 1000);
}

/* No name is longer than 253 bytes; one that is, is none, and is read once. */
static void
a_row_of_words_is_read_once(void **state)
{
	char text[1200];
	size_t none = 0;
	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = "a."[i % 2];
	memcpy(text + sizeof text - 5, "a.com", 5);
	struct slice s = slice_make(text, sizeof text);
	assert_int_equal(address_url(s, 0, &none), 0);
	assert_int_equal(none, sizeof text - 253);
	assert_int_equal(address_url(s, sizeof text - 253, &none), 253);
	s.len -= 4;
	none = 0;
	assert_int_equal(address_url(s, 0, &none), 0);
	assert_int_equal(address_url(s, s.len - 253, &none), 0);
	assert_int_equal(none, s.len - 2); /* the last label, "aa" */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_end_where_people_end_them),
	    cmocka_unit_test(remembering_dead_ends_changes_no_answer),
	    cmocka_unit_test(a_row_of_words_is_read_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
