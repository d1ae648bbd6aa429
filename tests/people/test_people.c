#include "people/people.h"

#include "people/influence.h"
#include "store/outbox.h"
#include "tests/people/people_world.h"

static void
handles_have_one_spelling(void **state)
{
	static const struct {
		const char *in, *want; /* NULL: no handle */
	} cases[] = {
	    {"@Someone@Example.Social", "@someone@example.social"},
	    {"someone@example.social", "@someone@example.social"},
	    {"  @a@b.example ", "@a@b.example"},
	    {"acct:a@b.example", "@a@b.example"},
	    {"https://B.example/@A", "@a@b.example"},
	    {"http://b.example/users/a", "@a@b.example"},
	    {"https://b.example/@a/", "@a@b.example"},
	    {"https://b.example/@a@c.example", "@a@c.example"},
	    {"acme.bsky.social", "@acme.bsky.social"},
	    {"@acme", "@acme"},
	    {"https://b.example/@a/123", NULL},
	    {"https://b.example/about", NULL},
	    {"https://b.example", NULL},
	    {"https:///@a", NULL},
	    {"https://", NULL},
	    {"@", NULL},
	    {"@@", NULL},
	    {"a@", NULL},
	    {"", NULL},
	    {"   ", NULL},
	    {"two words", NULL},
	    {"a,b", NULL},
	    {"a/b", NULL},
	    {"a\nb", NULL},
	};
	struct arena *a = arena_new(65536);
	char long_one[600];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice key = SLICE_NONE;
		struct err err = {0};
		int rc = handle_key_read(a, slice_of(cases[i].in), &key, &err);

		if (rc != (cases[i].want != NULL) || (rc == 1 && !slice_eq_str(key, cases[i].want)))
			fail_msg("'%s': got %d '%.*s'", cases[i].in, rc, SLICE_ARG(key));
		assert_true(slice_is_set(handle_key_make(a, slice_of(cases[i].in))) == (rc == 1));
	}
	memset(long_one, 'x', sizeof long_one);
	assert_false(slice_is_set(handle_key_make(a, slice_make(long_one, sizeof long_one))));
	assert_false(slice_is_set(handle_key_make(a, SLICE_NONE)));
	arena_free(a);
}

/* ---- seeing ---------------------------------------------------------------- */

static struct post
post_by(const char *id, const char *handle)
{
	struct post p;

	post_init(&p);
	p.author.id = slice_of(id);
	p.author.handle = slice_of(handle);
	p.author.followers = 12;
	return p;
}

static int
see(struct people_world *w, const struct post *p, bool counts, struct person_seen *seen,
    struct err *err)
{
	int rc = store_begin(w->st, err);

	if (rc == 0)
		rc = people_see(
		    w->st, p, &influence_weights_default, w->now_ms, counts, w->a, seen, err);
	if (rc == 0)
		rc = store_commit(w->st, err);
	else
		store_rollback(w->st);
	return rc;
}

static struct person_seen
must_see(struct people_world *w, const char *id, const char *handle)
{
	struct post p = post_by(id, handle);
	struct person_seen seen;
	struct err err = {0};

	if (see(w, &p, true, &seen, &err) < 0)
		fail_msg("%s", err.text);
	return seen;
}

static void
import_handle(struct people_world *w, const char *customer, const char *handle)
{
	struct import_report r;

	world_import(w,
	    arena_printf(
		w->a, "User.UserId,User.UserAttributes.SocialHandle\n%s,%s\n", customer, handle),
	    &r);
}

static void
a_stranger_is_their_own_subject_and_is_counted(void **state)
{
	struct people_world w = world_open();
	struct person_seen seen = must_see(&w, "https://x.example/users/a", "@a@x.example");
	struct post p = post_by("https://x.example/users/a", "@a@x.example");
	struct err err = {0};

	(void)state;
	assert_null(seen.customer);
	assert_true(slice_eq_str(seen.subject, "a:https://x.example/users/a"));
	assert_int_equal(seen.author.posts_seen, 1);
	assert_int_equal(see(&w, &p, false, &seen, &err), 0); /* an edit */
	assert_int_equal(seen.author.posts_seen, 1);
	assert_int_equal(
	    must_see(&w, "https://x.example/users/a", "@a@x.example").author.posts_seen, 2);
	world_close(&w);
}

static void
influence_is_what_the_post_shows_and_unknown_of_who_objects(void **state)
{
	struct people_world w = world_open();
	struct person_seen seen = must_see(&w, "https://x.example/users/a", "@a@x.example");
	struct post p = post_by("https://x.example/users/a", "@a@x.example");
	struct influence want;
	struct err err = {0};

	(void)state;
	influence_of_author(&influence_weights_default, &p.author, NULL, w.now_ms, &want);
	assert_true(want.is_known);
	assert_int_equal(seen.author.influence.total_milli, want.total_milli);
	p.author.followers = COUNT_UNKNOWN;
	assert_int_equal(see(&w, &p, true, &seen, &err), 0);
	assert_false(seen.author.influence.is_known);
	p.author.followers = 12;
	p.author.objects_to_profiling = true;
	assert_int_equal(see(&w, &p, true, &seen, &err), 0);
	assert_false(seen.author.influence.is_known);
	assert_false(must_see(&w, NULL, "@a@x.example").author.influence.is_known);
	world_close(&w);
}

static void
nobody_is_nobody(void **state)
{
	struct people_world w = world_open();
	struct person_seen seen = must_see(&w, NULL, "@a@x.example");

	(void)state;
	assert_false(slice_is_set(seen.subject));
	assert_null(seen.customer);
	assert_int_equal(world_count(&w, "authors"), 0);
	world_close(&w);
}

static void
an_imported_handle_is_bound_to_the_account_first_seen(void **state)
{
	struct people_world w = world_open();
	struct person_seen seen;

	(void)state;
	import_handle(&w, "u", "@A@x.example");
	assert_string_equal(world_links(&w, "u"), "@a@x.example");
	seen = must_see(&w, "id-1", "@a@X.example");
	assert_non_null(seen.customer);
	assert_true(slice_eq_str(seen.subject, "c:u"));
	assert_false(slice_is_set(seen.unlinked));
	assert_string_equal(world_links(&w, "u"), "@a@x.example=id-1");
	/* The account keeps it under a new handle, or none. */
	assert_true(slice_eq_str(must_see(&w, "id-1", "@renamed@x.example").subject, "c:u"));
	assert_true(slice_eq_str(must_see(&w, "id-1", NULL).subject, "c:u"));
	assert_true(slice_eq_str(must_see(&w, "id-2", "@b@x.example").subject, "a:id-2"));
	world_close(&w);
}

static void
a_reassigned_handle_ends_the_link_and_an_import_does_not_bring_it_back(void **state)
{
	struct people_world w = world_open();
	struct history_row *rows;
	struct person_seen seen;
	struct import_report r;
	struct err err = {0};
	const char *found;
	size_t count;

	(void)state;
	import_handle(&w, "u", "@a@x.example");
	must_see(&w, "id-1", "@a@x.example");
	seen = must_see(&w, "id-2", "@a@x.example");
	assert_null(seen.customer);
	assert_true(slice_eq_str(seen.subject, "a:id-2"));
	assert_non_null(strstr(arena_strndup(w.a, seen.unlinked.ptr, seen.unlinked.len), "id-1"));
	assert_string_equal(world_links(&w, "u"), "(@a@x.example=id-1)");
	assert_int_equal(store_history_list(w.st, SLICE_LIT("u"), 1, w.a, &rows, &count, &err), 0);
	assert_true(slice_eq_str(rows[0].field, "link:@a@x.example") &&
	    strstr(rows[0].old_value.ptr, "\"author_id\":\"id-1\"") != NULL &&
	    !slice_is_set(rows[0].new_value));
	found =
	    world_import(&w, "User.UserId,User.UserAttributes.SocialHandle\nu,@a@x.example\n", &r);
	assert_non_null(strstr(found, "c.csv:2:3: warning[I015]"));
	assert_int_equal(r.unchanged, 1);
	assert_null(must_see(&w, "id-2", "@a@x.example").customer);
	assert_null(must_see(&w, "id-1", "@old-a@x.example").customer);
	world_close(&w);
}

static void
who_objects_is_not_linked_anew_and_not_profiled(void **state)
{
	struct people_world w = world_open();
	struct post p = post_by("id-1", "@a@x.example");
	struct person_seen seen;
	struct author_row row;
	struct err err = {0};

	(void)state;
	p.author.objects_to_profiling = true;
	p.author.name = SLICE_LIT("Name");
	p.author.bio = SLICE_LIT("#nobot");
	import_handle(&w, "u", "@a@x.example");
	assert_int_equal(see(&w, &p, true, &seen, &err), 0);
	assert_null(seen.customer);
	assert_true(slice_eq_str(seen.subject, "a:id-1"));
	assert_string_equal(world_links(&w, "u"), "@a@x.example");
	assert_int_equal(store_author_load(w.st, SLICE_LIT("id-1"), false, w.a, &row, &err), 1);
	assert_true(row.author.objects_to_profiling);
	assert_false(slice_is_set(row.author.name) || slice_is_set(row.author.bio));
	assert_int_equal(row.author.followers, COUNT_UNKNOWN);
	world_close(&w);
}

static void
a_link_from_before_the_objection_stands(void **state)
{
	struct people_world w = world_open();
	struct post p = post_by("id-1", "@a@x.example");
	struct person_seen seen;
	struct err err = {0};

	(void)state;
	import_handle(&w, "u", "@a@x.example");
	must_see(&w, "id-1", "@a@x.example");
	p.author.objects_to_profiling = true;
	assert_int_equal(see(&w, &p, true, &seen, &err), 0);
	assert_non_null(seen.customer);
	world_close(&w);
}

static void
binding_joins_what_the_stranger_had_collected(void **state)
{
	struct people_world w = world_open();
	const struct rule_counter mine = {NOW - 5, 2}, own = {NOW - 9, 1};
	struct rule_counter got;
	struct err err = {0};

	(void)state;
	must_see(&w, "id-1", "@a@x.example");
	assert_int_equal(store_begin(w.st, &err), 0);
	assert_int_equal(store_counter_put(w.st, SLICE_LIT("r"), STATE_COOLDOWN,
			     SLICE_LIT("a:id-1"), &mine, &err),
	    0);
	assert_int_equal(
	    store_counter_put(w.st, SLICE_LIT("r"), STATE_COOLDOWN, SLICE_LIT("c:u"), &own, &err),
	    0);
	assert_int_equal(store_commit(w.st, &err), 0);
	import_handle(&w, "u", "@a@x.example");
	must_see(&w, "id-1", "@a@x.example");
	assert_int_equal(
	    store_counter_get(w.st, SLICE_LIT("r"), STATE_COOLDOWN, SLICE_LIT("c:u"), &got, &err),
	    1);
	assert_int_equal(got.last_at_ms, NOW - 5);
	assert_int_equal(got.count, 3);
	assert_int_equal(store_counter_get(
			     w.st, SLICE_LIT("r"), STATE_COOLDOWN, SLICE_LIT("a:id-1"), &got, &err),
	    0);
	world_close(&w);
}

static void
a_failed_allocation_is_an_error_never_a_missing_customer(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			struct people_world w = world_open();
			struct post p = post_by("id-1", "@a@x.example");
			struct person_seen seen;
			struct err err = {0};
			bool hit;
			int rc;

			import_handle(&w, "u", "@a@x.example");
			mem_fault_arm(nth, sticky != 0);
			rc = see(&w, &p, true, &seen, &err);
			hit = mem_fault_hit();
			mem_fault_arm(0, false);
			if (rc == 0)
				assert_true(
				    seen.customer != NULL && slice_eq_str(seen.subject, "c:u"));
			else
				assert_string_equal(world_links(&w, "u"), "@a@x.example");
			assert_true(
			    slice_eq_str(must_see(&w, "id-1", "@a@x.example").subject, "c:u"));
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
	    cmocka_unit_test(handles_have_one_spelling),
	    cmocka_unit_test(a_stranger_is_their_own_subject_and_is_counted),
	    cmocka_unit_test(influence_is_what_the_post_shows_and_unknown_of_who_objects),
	    cmocka_unit_test(nobody_is_nobody),
	    cmocka_unit_test(an_imported_handle_is_bound_to_the_account_first_seen),
	    cmocka_unit_test(
		a_reassigned_handle_ends_the_link_and_an_import_does_not_bring_it_back),
	    cmocka_unit_test(who_objects_is_not_linked_anew_and_not_profiled),
	    cmocka_unit_test(a_link_from_before_the_objection_stands),
	    cmocka_unit_test(binding_joins_what_the_stranger_had_collected),
	    cmocka_unit_test(a_failed_allocation_is_an_error_never_a_missing_customer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
