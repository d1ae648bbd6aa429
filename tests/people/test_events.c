/*
 * Whom something was told about, and what it changes of them.
 */
#include "people/events.h"

#include "store/links.h"
#include "tests/people/people_world.h"
#include "tests/support/faults.h"

static struct err err;

static const struct slice gold = SLICE_INIT("gold");
static const struct attribute plan = {SLICE_INIT("plan"), {&gold, 1}};
static const struct telling_address mail = {SLICE_INIT("email"), SLICE_INIT("new@mail.example")};

static struct telling
told_of(const char *customer_id)
{
	return (struct telling){.id = SLICE_LIT("t1"),
	    .customer_id = S(customer_id),
	    .name = SLICE_LIT("order placed"),
	    .source = SLICE_LIT("shop"),
	    .at_ms = NOW,
	    .received_at_ms = NOW,
	    .attributes = &plan,
	    .attribute_count = 1,
	    .addresses = &mail,
	    .address_count = 1};
}

static int
apply(struct people_world *w, const struct telling *t, bool *created_r)
{
	int rc;

	OK(store_begin(w->st, &err));
	rc = events_apply(w->st, t, t->customer_id, w->a, created_r, &err);
	OK(rc);
	OK(store_commit(w->st, &err));
	return rc;
}

static void
what_is_told_is_written_once_with_its_history(void **state)
{
	struct people_world w = world_open();
	struct telling t = told_of("u");
	bool created = false;

	(void)state;
	t.timezone = SLICE_LIT("Europe/Vienna");
	t.country = SLICE_LIT("aut");
	t.locale = SLICE_LIT("de-AT");
	assert_int_equal(apply(&w, &t, &created), 1);
	assert_true(created);
	assert_string_equal(world_show(&w, "u"),
	    "u zone=Europe/Vienna locale=de-AT country=AT plan=gold <email new@mail.example>");
	assert_int_equal(world_count(&w, "customer_history"), 3);
	assert_int_equal(apply(&w, &t, &created), 0);
	assert_false(created);
	assert_int_equal(world_count(&w, "customer_history"), 3);
	world_close(&w);
}

static void
places_that_are_none_are_left_out(void **state)
{
	struct people_world w = world_open();
	struct telling t = told_of("u");
	bool created;

	(void)state;
	t.timezone = SLICE_LIT("Mars/Olympus");
	t.country = SLICE_LIT("Germany");
	t.locale = SLICE_LIT("german");
	assert_int_equal(apply(&w, &t, &created), 1);
	assert_string_equal(
	    world_show(&w, "u"), "u zone= locale= country= plan=gold <email new@mail.example>");
	t.country = SLICE_LIT("DE");
	assert_int_equal(apply(&w, &t, &created), 1);
	t.country = SLICE_LIT("nowhere");
	assert_int_equal(apply(&w, &t, &created), 0);
	assert_int_equal(strncmp(world_show(&w, "u"), "u zone= locale= country=DE ", 27), 0);
	world_close(&w);
}

static void
an_address_or_a_handle_leads_to_one_or_to_nobody(void **state)
{
	static const struct {
		const char *address, *author, *want, *why;
	} cases[] = {
	    {"a@mail.example", NULL, "a", NULL},
	    {"both@mail.example", NULL, NULL, "several customers"},
	    {"none@mail.example", NULL, NULL, "no customer's"},
	    {NULL, "@one@social.example", "a", NULL},
	    {NULL, "@two@social.example", NULL, "several customers by its handle"},
	    {NULL, "@none@social.example", NULL, "no customer"},
	};
	struct people_world w = world_open();
	struct import_report r;

	(void)state;
	assert_string_equal(world_import(&w,
				"ChannelType,Address,User.UserId,Attributes.SocialHandle\n"
				"EMAIL,a@mail.example,a,@one@social.example\n"
				"EMAIL,both@mail.example,a,\nEMAIL,both@mail.example,b,\n",
				&r),
	    "");
	OK(store_begin(w.st, &err));
	for (int k = 0; k < 2; k++) {
		struct link_row link = {.customer_id = S(k == 0 ? "a" : "b"),
		    .handle_key = SLICE_LIT("@two@social.example"),
		    .proof = SLICE_LIT("imported handle"),
		    .made_by = SLICE_LIT("test"),
		    .linked_at_ms = NOW,
		    .unlinked_at_ms = TIME_UNKNOWN};

		OK(store_link_add(w.st, &link, &err));
	}
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct telling t = {.author = S(cases[i].author)};
		struct slice id = SLICE_NONE, why = SLICE_NONE;
		int rc;

		if (cases[i].address != NULL)
			t.whose = (struct telling_address){SLICE_LIT("email"), S(cases[i].address)};
		rc = events_whose(w.st, &t, w.a, &id, &why, &err);
		assert_int_equal(rc, cases[i].want != NULL);
		if (rc == 1)
			assert_true(slice_eq_str(id, cases[i].want));
		else if (strstr(why.ptr, cases[i].why) == NULL)
			fail_msg("'%.*s' does not say '%s'", SLICE_ARG(why), cases[i].why);
	}
	OK(store_commit(w.st, &err));
	world_close(&w);
}

static void
two_that_are_one_are_merged_once(void **state)
{
	struct people_world w = world_open();
	struct telling t = {.kind = TELLING_ALIAS,
	    .customer_id = SLICE_LIT("a"),
	    .previous_id = SLICE_LIT("b"),
	    .source = SLICE_LIT("shop"),
	    .received_at_ms = NOW};
	struct slice why = SLICE_NONE;
	bool created;

	(void)state;
	OK(store_begin(w.st, &err));
	assert_int_equal(events_alias(w.st, &t, w.a, &why, &err), 0);
	assert_false(slice_is_set(why));
	OK(store_commit(w.st, &err));
	apply(&w, &(struct telling){.customer_id = S("a"), .source = S("shop")}, &created);
	apply(&w, &(struct telling){.customer_id = S("b"), .source = S("shop")}, &created);
	OK(store_begin(w.st, &err));
	assert_int_equal(events_alias(w.st, &t, w.a, &why, &err), 1);
	assert_int_equal(events_alias(w.st, &t, w.a, &why, &err), 1);
	OK(store_commit(w.st, &err));
	assert_true(slice_eq_str(world_customer(&w, "b")->id, "a"));
	world_close(&w);
}

/* ---- no memory ------------------------------------------------------------------- */

static int
tell_once(void *cookie)
{
	struct people_world *w = cookie;
	struct telling t = told_of("u");
	struct telling alias = {.kind = TELLING_ALIAS,
	    .customer_id = SLICE_LIT("u"),
	    .previous_id = SLICE_LIT("old"),
	    .source = SLICE_LIT("shop"),
	    .received_at_ms = NOW};
	struct arena *a = arena_new(1024 * 1024);
	struct slice why = SLICE_NONE, subject;
	struct customer *customer;
	bool created;
	int rc = -1;

	if (a == NULL)
		return -1;
	t.timezone = SLICE_LIT("Europe/Vienna");
	if (store_begin(w->st, &err) == 0) {
		rc = events_apply(w->st, &t, t.customer_id, a, &created, &err) < 0 ||
			events_alias(w->st, &alias, a, &why, &err) < 0 ||
			events_customer(
			    w->st, SLICE_LIT("old"), NOW, a, &customer, &subject, &err) < 0
		    ? -1
		    : 0;
		if (rc < 0)
			assert_int_equal(err.kind, ERR_NOMEM);
		else
			assert_true(slice_eq_str(subject, "c:u") && !slice_is_set(why));
		store_rollback(w->st);
	}
	arena_free(a);
	return rc;
}

static void
without_memory_nothing_is_half_told(void **state)
{
	struct people_world w = world_open();
	struct import_report r;

	(void)state;
	world_import(&w, "ChannelType,Address,User.UserId\nEMAIL,o@mail.example,old\n", &r);
	/* What is only remembered may be forgotten. */
	assert_true(faults_run(tell_once, &w, false) > 10);
	assert_int_equal(world_count(&w, "customers"), 1);
	assert_int_equal(world_count(&w, "customer_history"), 1);
	assert_int_equal(world_count(&w, "endpoints"), 1);
	assert_int_equal(world_count(&w, "subject_joins"), 0);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_told_is_written_once_with_its_history),
	    cmocka_unit_test(places_that_are_none_are_left_out),
	    cmocka_unit_test(an_address_or_a_handle_leads_to_one_or_to_nobody),
	    cmocka_unit_test(two_that_are_one_are_merged_once),
	    cmocka_unit_test(without_memory_nothing_is_half_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
