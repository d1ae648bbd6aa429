/* Which customers a stranger may be: by what they show, each once, and never by itself. */
#include "people/suggest.h"

#include "people/influence.h"
#include "people/links.h"
#include "store/suggestions.h"
#include "tests/people/people_world.h"

static const char people[] =
    "ChannelType,Address,User.UserId,User.UserAttributes.FirstName,User.UserAttributes.LastName,"
    "User.UserAttributes.Profile,User.UserAttributes.SocialHandle,Location.Country,"
    "Demographic.Locale\n"
    "EMAIL,Ann.Miller@Example.org,ann,Ann,Miller,https://blog.example/ann,,DE,de_DE\n"
    "SMS,+491701234567,bob,Bob,Miller,,,DE,de_DE\n"
    "EMAIL,cleo@example.org,cleo,Cleo,Zhang,https://social.example/@cleo/,@cleopatra@far.example,"
    "FR,fr_FR\n"
    "EMAIL,eve@example.org,eve,Eve,Ny,@eve@social.example,@eva.near.example,SE,sv_SE\n";

static struct people_world
world_with_people(void)
{
	struct people_world w = world_open();
	struct import_report r;
	const char *found = world_import(&w, people, &r);

	if (r.created != 4)
		fail_msg("%s", found);
	return w;
}

static struct post
post_by(const char *handle, const char *text)
{
	struct post p;

	post_init(&p);
	p.author.id = SLICE_LIT("id-1");
	p.author.handle = slice_of(handle);
	p.text = slice_of(text);
	return p;
}

static int
try_look(struct people_world *w, const struct post *p, const char *lang,
    struct suggest_found *found, struct err *err)
{
	struct suggest_input in = {
	    .post = p, .lang = lang, .source_may_match = true, .decision_id = SLICE_LIT("d")};
	int rc = store_begin(w->st, err);

	if (rc == 0)
		rc = suggest_links(w->st, &in, w->now_ms, w->a, found, err);
	if (rc == 0)
		return store_commit(w->st, err);
	store_rollback(w->st);
	return rc;
}

static struct suggest_found
look(struct people_world *w, const struct post *p, const char *lang)
{
	struct suggest_found found;
	struct err err = {0};

	if (try_look(w, p, lang, &found, &err) < 0)
		fail_msg("%s", err.text);
	return found;
}

/* All open ones, the best first: "ann 80, bob 20". */
static const char *
open_ones(struct people_world *w)
{
	struct suggestion_row *rows;
	struct err err = {0};
	const char *text = "";
	size_t count;

	assert_int_equal(
	    store_suggestions_list(w->st, SUGGESTION_OPEN, 0, 50, w->a, &rows, &count, &err), 0);
	for (int32_t sure = 100; sure > 0; sure--)
		for (size_t i = 0; i < count; i++)
			if (rows[i].confidence == sure)
				text = arena_printf(w->a, "%s%s%.*s %d", text,
				    text[0] == '\0' ? "" : ", ", SLICE_ARG(rows[i].customer_id),
				    (int)sure);
	return text;
}

static void
what_is_shown_says_who_it_may_be(void **state)
{
	static const struct {
		const char *handle, *name, *bio, *url, *text, *place, *lang, *want;
	} cases[] = {
	    {.bio = "write to ann.miller@example.ORG!", .want = "ann 80"},
	    {.text = "mail me: Ann.Miller@example.org.", .want = "ann 50"},
	    {.bio = "\xe2\x98\x8e +49 (0)170 123-4567", .want = "bob 75"},
	    {.text = "call +49 170 1234567 please", .want = "bob 45"},
	    {.text = "call 0170 1234567 please", .want = ""},
	    {.url = "https://Blog.example/ann/", .want = "ann 85"},
	    {.handle = "@cleo@social.example", .want = "cleo 85"},
	    {.handle = "@eve@social.example", .want = "eve 85"},
	    {.handle = "@Cleopatra@near.example", .want = "cleo 40"},
	    {.handle = "@cleopatra.bsky.social", .want = "cleo 40"},
	    {.handle = "@eva@far.example", .want = ""}, /* too short to say anything */
	    {.handle = "@cleopatras@near.example", .want = ""},
	    {.name = "Ann Miller", .want = "ann 8"},
	    {.name = " ann  MILLER ", .want = "ann 8"},
	    {.name = "Ann Miller", .lang = "de", .want = "ann 20"},
	    {.name = "Ann Miller", .lang = "en", .want = "ann 8"},
	    {.name = "Ann Miller", .place = "Hamburg, DE", .want = "ann 20"},
	    {.name = "Ann Miller", .place = "de", .lang = "de", .want = "ann 30"},
	    {.name = "Miller", .lang = "de", .want = ""},
	    {.name = "Annabel Miller", .want = ""},
	    {.name = "Ann Miller", .lang = "de", .bio = "ann.miller@example.org", .want = "ann 84"},
	    {.bio = "ann.miller@example.org",
		.url = "https://blog.example/ann",
		.name = "Ann Miller",
		.lang = "de",
		.want = "ann 95"},
	    {.bio = "ann.miller@example.org, cleo@example.org and +491701234567",
		.want = "cleo 80, ann 80, bob 75"},
	    {.text = "nothing to see", .want = ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct people_world w = world_with_people();
		struct post p = post_by(cases[i].handle, cases[i].text);
		struct suggest_found found;

		p.author.name = slice_of(cases[i].name);
		p.author.bio = slice_of(cases[i].bio);
		p.author.url = slice_of(cases[i].url);
		p.place = slice_of(cases[i].place);
		found = look(&w, &p, cases[i].lang == NULL ? "und" : cases[i].lang);
		if (strcmp(open_ones(&w), cases[i].want) != 0)
			fail_msg("case %zu: '%s', expected '%s'", i, open_ones(&w), cases[i].want);
		assert_int_equal(found.count > 0, cases[i].want[0] != '\0');
		assert_null(found.why_not);
		assert_int_equal(look(&w, &p, cases[i].lang).count, 0); /* once is enough */
		world_close(&w);
	}
}

static void
better_evidence_replaces_lesser(void **state)
{
	struct people_world w = world_with_people();
	struct post p = post_by(NULL, "I am ann.miller@example.org");

	(void)state;
	assert_int_equal(look(&w, &p, "und").count, 1);
	p.author.bio = SLICE_LIT("ann.miller@example.org");
	assert_int_equal(look(&w, &p, "und").confidence, 90);
	assert_string_equal(open_ones(&w), "ann 90");
	p.author.bio = SLICE_LIT("");
	assert_int_equal(look(&w, &p, "und").count, 0);
	assert_string_equal(open_ones(&w), "ann 90");
	world_close(&w);
}

static void
who_objects_is_not_looked_for(void **state)
{
	struct people_world w = world_with_people();
	struct post p = post_by(NULL, "I am ann.miller@example.org");
	struct suggest_input in = {.post = &p, .lang = "", .source_may_match = false};
	struct suggest_found found;
	struct err err = {0};

	(void)state;
	p.author.objects_to_profiling = true;
	assert_non_null(look(&w, &p, "und").why_not);
	p.author.objects_to_profiling = false;
	assert_int_equal(store_begin(w.st, &err), 0);
	assert_int_equal(suggest_links(w.st, &in, w.now_ms, w.a, &found, &err), 0);
	assert_int_equal(store_commit(w.st, &err), 0);
	assert_non_null(strstr(found.why_not, "terms"));
	assert_string_equal(open_ones(&w), "");
	world_close(&w);
}

static void
a_name_that_very_many_have_says_nothing(void **state)
{
	struct people_world w = world_open();
	struct post p = post_by(NULL, "hello");
	struct import_report r;
	struct buf csv;

	(void)state;
	buf_init(&csv, 1 << 20);
	buf_add_str(
	    &csv, "User.UserId,User.UserAttributes.FirstName,User.UserAttributes.LastName\n");
	for (int i = 0; i < 200; i++)
		buf_addf(&csv, "u-%d,%s,Smith\n", i, i == 7 ? "Ann" : "Bob");
	world_import(&w, buf_str(&csv), &r);
	buf_fini(&csv);
	p.author.name = SLICE_LIT("Ann Smith");
	assert_int_equal(look(&w, &p, "und").count, 0);
	world_close(&w);
}

/* ---- deciding ------------------------------------------------------------------ */

static int64_t
newest(struct people_world *w)
{
	struct suggestion_row *rows;
	struct err err = {0};
	size_t count;

	assert_int_equal(
	    store_suggestions_list(w->st, SUGGESTION_OPEN, 0, 1, w->a, &rows, &count, &err), 0);
	return count == 0 ? 0 : rows[0].suggestion_no;
}

static void
what_is_accepted_is_a_link_by_an_agent_with_the_basis_kept(void **state)
{
	struct people_world w = world_with_people();
	struct post p = post_by("@a@x.example", "I am ann.miller@example.org or cleo@example.org");
	struct link_result result;
	struct err err = {0};
	int64_t no;

	(void)state;
	assert_int_equal(look(&w, &p, "und").count, 2);
	no = newest(&w);
	assert_int_equal(store_begin(w.st, &err), 0);
	assert_int_equal(suggest_accept(w.st, no, "mira", w.now_ms, w.a, &result, &err), 0);
	assert_int_equal(store_commit(w.st, &err), 0);
	assert_int_equal(result.answer, LINK_MADE);
	assert_true(slice_eq_str(result.link.proof, "agent"));
	assert_true(slice_eq_str(result.link.made_by, "mira"));
	assert_true(slice_eq_str(result.link.handle_key, "@a@x.example"));
	assert_non_null(strstr(result.link.basis.ptr, "at 50 %: the customer's e-mail"));
	assert_string_equal(open_ones(&w), ""); /* the other one is settled with it */
	assert_int_equal(store_begin(w.st, &err), 0);
	assert_int_equal(suggest_accept(w.st, no, "mira", w.now_ms, w.a, &result, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	store_rollback(w.st);
	world_close(&w);
}

static void
what_is_dismissed_does_not_come_back_nor_what_was_unlinked(void **state)
{
	struct people_world w = world_with_people();
	struct post p = post_by("@a@x.example", "I am ann.miller@example.org");
	struct link_result result;
	struct err err = {0};

	(void)state;
	look(&w, &p, "und");
	assert_int_equal(store_begin(w.st, &err), 0);
	assert_int_equal(suggest_dismiss(w.st, newest(&w), "mira", w.now_ms, w.a, &err), 0);
	assert_int_equal(store_commit(w.st, &err), 0);
	p.author.bio = p.text;
	assert_int_equal(look(&w, &p, "und").count, 0);
	p.author.bio = SLICE_NONE;
	p.text = SLICE_LIT("I am cleo@example.org");
	look(&w, &p, "und");
	assert_int_equal(store_begin(w.st, &err), 0);
	assert_int_equal(suggest_accept(w.st, newest(&w), "mira", w.now_ms, w.a, &result, &err), 0);
	assert_int_equal(
	    links_end(w.st, &result.link, SLICE_LIT("mira"), "was wrong", w.now_ms, w.a, &err), 0);
	assert_int_equal(store_commit(w.st, &err), 0);
	assert_int_equal(look(&w, &p, "und").count, 0);
	assert_string_equal(open_ones(&w), "");
	world_close(&w);
}

/* ---- texts ------------------------------------------------------------------------ */

static void
addresses_are_found_in_texts(void **state)
{
	static const struct {
		const char *text, *emails, *phones;
	} cases[] = {
	    {"a@b.example", "a@b.example", ""},
	    {"(Jane.Doe+x@Sub.Example.org).", "jane.doe+x@sub.example.org", ""},
	    {"a@b.example A@B.EXAMPLE", "a@b.example", ""},
	    {"@a@b.example and @b", "", ""},
	    {"a@b", "", ""},
	    {"a@.example", "", ""},
	    {"@", "", ""},
	    {"a@", "", ""},
	    {"a@@b.example", "", ""},
	    {"+49 170 1234567", "", "+491701234567"},
	    {"tel:+1-202-555-0123.", "", "+12025550123"},
	    {"+4917012345678901234", "", ""},
	    {"+123456", "", ""},
	    {"1+1 = 2, C++", "", ""},
	    {"+ 491701234567", "", ""},
	    {"", "", ""},
	};
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct suggest_addresses found;
		struct err err = {0};

		assert_int_equal(suggest_find_emails(slice_of(cases[i].text), a, &found, &err), 0);
		if (found.count != (cases[i].emails[0] != '\0') ||
		    (found.count == 1 && !slice_eq_str(found.items[0], cases[i].emails)))
			fail_msg("e-mails of '%s'", cases[i].text);
		assert_int_equal(suggest_find_phones(slice_of(cases[i].text), a, &found, &err), 0);
		if (found.count != (cases[i].phones[0] != '\0') ||
		    (found.count == 1 && !slice_eq_str(found.items[0], cases[i].phones)))
			fail_msg("phones of '%s'", cases[i].text);
	}
	arena_free(a);
}

static void
a_failed_allocation_suggests_nothing_or_everything(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			struct people_world w = world_with_people();
			struct post p = post_by(
			    "@a@x.example", "I am ann.miller@example.org, call +491701234567");
			struct suggest_found found;
			struct err err = {0};
			bool hit;
			int rc;

			p.author.name = SLICE_LIT("Cleo Zhang");
			mem_fault_arm(nth, sticky != 0);
			rc = try_look(&w, &p, "fr", &found, &err);
			hit = mem_fault_hit();
			mem_fault_arm(0, false);
			assert_string_equal(
			    open_ones(&w), rc == 0 ? "ann 50, bob 45, cleo 20" : "");
			world_close(&w);
			if (!hit) {
				assert_int_equal(rc, 0);
				break;
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_shown_says_who_it_may_be),
	    cmocka_unit_test(better_evidence_replaces_lesser),
	    cmocka_unit_test(who_objects_is_not_looked_for),
	    cmocka_unit_test(a_name_that_very_many_have_says_nothing),
	    cmocka_unit_test(what_is_accepted_is_a_link_by_an_agent_with_the_basis_kept),
	    cmocka_unit_test(what_is_dismissed_does_not_come_back_nor_what_was_unlinked),
	    cmocka_unit_test(addresses_are_found_in_texts),
	    cmocka_unit_test(a_failed_allocation_suggests_nothing_or_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
