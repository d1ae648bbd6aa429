#include "nlp_support.h"

#include "nlp/address.h"

static const struct {
	const char *text;
	size_t url, mention; /* lengths at the first byte */
} CASES[] = {
    {"https://example.com/a", 21, 0},
    {"http://x.org).", 12, 0},
    {"http://x.org/a_(b).", 18, 0},
    {"http://", 0, 0},
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
		size_t got = is_mention ? address_mention(text, 0) : address_url(text, 0);
		size_t want = is_mention ? CASES[i].mention : CASES[i].url;
		if (got != want)
			fail_msg("'%s': %zu, want %zu", CASES[i].text, got, want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_end_where_people_end_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
