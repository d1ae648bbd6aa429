/* One-time codes: found in texts of every make, good once, and not to be guessed. */
#include "people/link_codes.h"

#include <ctype.h>

#include "core/rng.h"
#include "people/influence.h"
#include "people/links.h"
#include "store/link_codes.h"
#include "tests/people/people_world.h"

#define ACME SLICE_LIT("acme")

/* ---- finding --------------------------------------------------------------- */

static void
a_code_is_found_however_it_is_written(void **state)
{
	static const struct {
		const char *text, *want, *note;
	} cases[] = {
	    {"acme-7KQ4-M2XH-9PRT", "7KQ4M2XH9PRT", "as told"},
	    {"Hello! acme-7kq4-m2xh-9prt thanks", "7KQ4M2XH9PRT", "lower case, in a sentence"},
	    {"ACME 7KQ4 M2XH 9PRT.", "7KQ4M2XH9PRT", "spaces, and a full stop behind"},
	    {"acme-7KQ4M2XH9PRT", "7KQ4M2XH9PRT", "without hyphens"},
	    {"acme\u20117KQ4\u2013M2XH\u22129PRT", "7KQ4M2XH9PRT", "what phones make of hyphens"},
	    {"\u201cacme-7KQ4-M2XH-9PRT\u201d", "7KQ4M2XH9PRT", "in quotes"},
	    {"#acme-7KQ4-M2XH-9PRT", "7KQ4M2XH9PRT", "as a tag"},
	    {"@acme acme-oOlI-iLQ4-9PRT",
		"00111"
		"1Q49PRT",
		"O is 0, I and L are 1"},
	    {"acme acme-7KQ4-M2XH-9PRT", "7KQ4M2XH9PRT", "the prefix twice"},
	    {"acme-7KQ4-M2XH-9PR", NULL, "too short"},
	    {"acme-7KQ4-M2XH-9PRTX", NULL, "too long"},
	    {"xacme-7KQ4-M2XH-9PRT", NULL, "another word"},
	    {"acme-7KQU-M2XH-9PRT", NULL, "no U"},
	    {"acme7KQ4-M2XH-9PRT", NULL, "nothing behind the prefix"},
	    {"acme--7KQ4-M2XH-9PRT", NULL, "two hyphens"},
	    {"acme-7KQ4-M2XH", NULL, "the end"},
	    {"acme this will help me", NULL, "a sentence has no digits"},
	    {"acme-", NULL, "nothing"},
	    {"acme", NULL, "nothing at all"},
	    {"", NULL, "no text"},
	};
	char codes[2][LINK_CODE_SYMBOLS + 1];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = link_codes_find(slice_of(cases[i].text), ACME, codes, 2);

		if (n != (cases[i].want != NULL) ||
		    (n == 1 && strcmp(codes[0], cases[i].want) != 0))
			fail_msg("%s: %zu '%s'", cases[i].note, n, n > 0 ? codes[0] : "");
	}
}

static void
each_code_of_a_text_is_found_once_and_no_more_than_asked_for(void **state)
{
	const char *text = "acme-2222-AAAA-AAAA acme-3333-AAAA-AAAA acme 2222 aaaa aaaa "
			   "acme-4444-AAAA-AAAA";
	char codes[4][LINK_CODE_SYMBOLS + 1];

	(void)state;
	assert_int_equal(link_codes_find(slice_of(text), ACME, codes, 4), 3);
	assert_string_equal(codes[2], "4444AAAAAAAA");
	assert_int_equal(link_codes_find(slice_of(text), ACME, codes, 2), 2);
}

static void
a_prefix_is_letters_and_digits(void **state)
{
	(void)state;
	assert_true(link_code_prefix_ok(SLICE_LIT("acme")));
	assert_true(link_code_prefix_ok(SLICE_LIT("4you")));
	assert_false(link_code_prefix_ok(SLICE_LIT("a")));
	assert_false(link_code_prefix_ok(SLICE_LIT("")));
	assert_false(link_code_prefix_ok(SLICE_LIT("ac me")));
	assert_false(link_code_prefix_ok(SLICE_LIT("acm\xc3\xa9")));
	assert_false(link_code_prefix_ok(SLICE_LIT("a23456789012345678901")));
}

/* ---- the world ---------------------------------------------------------------- */

static struct people_world
world_with(const char *customer)
{
	struct people_world w = world_open();
	struct err err = {0};
	bool created;

	assert_int_equal(store_begin(w.st, &err), 0);
	if (store_customer_put(w.st, slice_of(customer), SLICE_NONE, SLICE_NONE, SLICE_NONE, NOW,
		"test", &created, &err) < 0 ||
	    store_commit(w.st, &err) < 0)
		fail_msg("%s", err.text);
	return w;
}

static int
try_make(struct people_world *w, const char *customer, struct slice *code, struct err *err)
{
	int rc = store_begin(w->st, err);

	if (rc == 0)
		rc = link_code_make(w->st, slice_of(customer), ACME, "mira", TIME_DAY_MS, w->now_ms,
		    w->a, code, err);
	if (rc == 0)
		return store_commit(w->st, err);
	store_rollback(w->st);
	return rc;
}

static const char *
make(struct people_world *w, const char *customer)
{
	struct slice code;
	struct err err = {0};

	if (try_make(w, customer, &code, &err) < 0)
		fail_msg("%s", err.text);
	return arena_strndup(w->a, code.ptr, code.len);
}

static int
try_say(struct people_world *w, const struct post *p, struct link_codes_seen *seen, struct err *err)
{
	int rc = store_begin(w->st, err);

	if (rc == 0)
		rc = link_codes_read(w->st, p, ACME, true, w->now_ms, w->a, seen, err);
	if (rc == 0)
		return store_commit(w->st, err);
	store_rollback(w->st);
	return rc;
}

static struct post
post_by(const char *author, const char *text)
{
	struct post p;

	post_init(&p);
	p.author.id = slice_of(author);
	p.author.handle = SLICE_LIT("@a@x.example");
	p.text = slice_of(text);
	return p;
}

static struct link_codes_seen
say(struct people_world *w, const char *author, const char *text)
{
	struct post p = post_by(author, text);
	struct link_codes_seen seen;
	struct err err = {0};

	if (try_say(w, &p, &seen, &err) < 0)
		fail_msg("%s", err.text);
	return seen;
}

static bool
is_linked(struct people_world *w, const char *author)
{
	struct link_row link;
	struct err err = {0};

	return store_link_by_author(w->st, slice_of(author), w->a, &link, &err) == 1;
}

static void
whoever_posts_the_code_is_the_customer(void **state)
{
	struct people_world w = world_with("ann");
	const char *code = make(&w, "ann");
	struct link_codes_seen seen = say(&w, "id-1", arena_printf(w.a, "that is me: %s", code));
	struct link_row *rows;
	struct err err = {0};
	size_t count;

	(void)state;
	assert_true(seen.is_used);
	assert_int_equal(
	    store_links_of_customer(w.st, SLICE_LIT("ann"), w.a, &rows, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_true(slice_eq_str(rows[0].proof, "code"));
	assert_true(slice_eq_str(rows[0].author_id, "id-1"));
	assert_true(slice_eq_str(rows[0].handle_key, "@a@x.example"));
	assert_int_equal(rows[0].confidence, 98);
	assert_non_null(strstr(rows[0].basis.ptr, "mira"));
	world_close(&w);
}

static void
a_code_is_good_once(void **state)
{
	struct people_world w = world_with("ann");
	const char *code = make(&w, "ann");

	(void)state;
	assert_true(say(&w, "id-1", code).is_used);
	/* whoever read it in public comes too late; who used it may say it again */
	make(&w, "ann");
	assert_int_equal(say(&w, "id-2", code).wrong, 1);
	assert_false(is_linked(&w, "id-2"));
	assert_int_equal(say(&w, "id-1", code).wrong, 0);
	world_close(&w);
}

static void
an_expired_code_does_nothing(void **state)
{
	struct people_world w = world_with("ann");
	const char *code = make(&w, "ann");

	(void)state;
	w.now_ms += TIME_DAY_MS - 1;
	make(&w, "ann"); /* one that is open, so that texts are read at all */
	w.now_ms += 1;
	assert_int_equal(say(&w, "id-1", code).wrong, 1);
	assert_false(is_linked(&w, "id-1"));
	world_close(&w);
}

static void
who_guesses_is_not_heard_for_an_hour(void **state)
{
	struct people_world w = world_with("ann");
	const char *code = make(&w, "ann");

	(void)state;
	for (int i = 0; i < LINK_CODE_TRIES_MAX; i++)
		assert_int_equal(
		    say(&w, "bad", arena_printf(w.a, "acme-222%d-AAAA-AAAA", i)).wrong, 1);
	assert_false(say(&w, "bad", code).is_used);
	assert_false(is_linked(&w, "bad"));
	w.now_ms += TIME_HOUR_MS - 1;
	assert_false(say(&w, "bad", code).is_used);
	w.now_ms += 1;
	assert_int_equal(say(&w, "bad", "acme-2222-AAAA-AAAA").wrong, 1); /* counted anew */
	assert_true(say(&w, "bad", code).is_used);
	world_close(&w);
}

static void
reposts_strangers_and_who_objects_show_nothing(void **state)
{
	struct people_world w = world_with("ann");
	const char *code = make(&w, "ann");
	struct post p = post_by("id-1", code);
	struct link_codes_seen seen;
	struct err err = {0};

	(void)state;
	p.repost_of = SLICE_LIT("another");
	assert_int_equal(try_say(&w, &p, &seen, &err), 0);
	assert_false(seen.is_used);
	p = post_by(NULL, code);
	assert_int_equal(try_say(&w, &p, &seen, &err), 0);
	assert_false(seen.is_used);
	p = post_by("id-1", code);
	p.author.objects_to_profiling = true;
	assert_int_equal(try_say(&w, &p, &seen, &err), 0);
	assert_false(seen.is_used);
	assert_true(slice_is_set(seen.words));
	assert_int_equal(world_count(&w, "links"), 0);
	assert_true(say(&w, "id-2", code).is_used); /* it is good still */
	world_close(&w);
}

static void
a_code_does_not_outweigh_a_sign_in_and_stays_open(void **state)
{
	struct people_world w = world_with("ann");
	struct link_wish wish = {.customer_id = SLICE_LIT("bob"),
	    .author_id = SLICE_LIT("id-1"),
	    .proof = LINK_SIGNED_IN,
	    .made_by = SLICE_LIT("shop")};
	const char *code = make(&w, "ann");
	struct link_result result;
	struct err err = {0};
	bool created;

	(void)state;
	assert_int_equal(store_begin(w.st, &err), 0);
	assert_int_equal(store_customer_put(w.st, wish.customer_id, SLICE_NONE, SLICE_NONE,
			     SLICE_NONE, NOW, "test", &created, &err),
	    0);
	assert_int_equal(links_make(w.st, &wish, NOW, w.a, &result, &err), 0);
	assert_int_equal(store_commit(w.st, &err), 0);
	assert_false(say(&w, "id-1", code).is_used);
	assert_true(say(&w, "id-2", code).is_used);
	world_close(&w);
}

static void
codes_are_bounded_and_kept_as_hashes(void **state)
{
	struct people_world w = world_with("ann");
	struct link_code_row *rows;
	struct slice code;
	struct err err = {0};
	size_t count;

	(void)state;
	for (int i = 0; i < LINK_CODE_OPEN_MAX; i++)
		make(&w, "ann");
	assert_int_equal(try_make(&w, "ann", &code, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_int_equal(try_make(&w, "nobody", &code, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(
	    store_link_codes_of_customer(w.st, SLICE_LIT("ann"), 9, w.a, &rows, &count, &err), 0);
	assert_int_equal(count, LINK_CODE_OPEN_MAX);
	w.now_ms += TIME_DAY_MS;
	make(&w, "ann"); /* the others expired */
	world_close(&w);
}

/* ---- laws -------------------------------------------------------------------------- */

/* Whatever is made is found again, in any spelling that people give it. */
static void
every_code_made_is_found_in_what_people_type(void **state)
{
	static const char *const separators[] = {"-", " ", "", "\u2013"};
	struct people_world w = world_with("ann");
	struct rng rng;

	(void)state;
	rng_init(&rng, 11);
	for (int i = 0; i < 200; i++) {
		const char *code = make(&w, "ann");
		char typed[200] = "acme-", found[1][LINK_CODE_SYMBOLS + 1], want[20];
		size_t len = 5, n = 0;

		for (const char *c = code + 5; *c != '\0'; c++) {
			const char *sep = separators[rng_below(&rng, 4)];

			if (*c == '-') {
				memcpy(typed + len, sep, strlen(sep));
				len += strlen(sep);
				continue;
			}
			want[n++] = *c;
			typed[len++] = (char)(rng_below(&rng, 2) ? tolower(*c)
				: *c == '0'                      ? 'O'
				: *c == '1'                      ? 'l'
								 : *c);
		}
		want[n] = '\0';
		if (link_codes_find(slice_make(typed, len), ACME, found, 1) != 1 ||
		    strcmp(found[0], want) != 0)
			fail_msg("%s was typed %.*s", code, (int)len, typed);
		w.now_ms += TIME_DAY_MS * 2;
	}
	world_close(&w);
}

static void
a_failed_allocation_uses_nothing_up(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			struct people_world w = world_with("ann");
			struct post p = post_by("id-1", make(&w, "ann"));
			struct link_codes_seen seen;
			struct err err = {0};
			bool hit;
			int rc;

			mem_fault_arm(nth, sticky != 0);
			rc = try_say(&w, &p, &seen, &err);
			hit = mem_fault_hit();
			mem_fault_arm(0, false);
			assert_true(rc == 0 ? seen.is_used : !is_linked(&w, "id-1"));
			say(&w, "id-1", p.text.ptr);
			assert_true(is_linked(&w, "id-1"));
			assert_int_equal(world_count(&w, "links"), 1);
			world_close(&w);
			if (!hit)
				break;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_code_is_found_however_it_is_written),
	    cmocka_unit_test(each_code_of_a_text_is_found_once_and_no_more_than_asked_for),
	    cmocka_unit_test(a_prefix_is_letters_and_digits),
	    cmocka_unit_test(whoever_posts_the_code_is_the_customer),
	    cmocka_unit_test(a_code_is_good_once),
	    cmocka_unit_test(an_expired_code_does_nothing),
	    cmocka_unit_test(who_guesses_is_not_heard_for_an_hour),
	    cmocka_unit_test(reposts_strangers_and_who_objects_show_nothing),
	    cmocka_unit_test(a_code_does_not_outweigh_a_sign_in_and_stays_open),
	    cmocka_unit_test(codes_are_bounded_and_kept_as_hashes),
	    cmocka_unit_test(every_code_made_is_found_in_what_people_type),
	    cmocka_unit_test(a_failed_allocation_uses_nothing_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
