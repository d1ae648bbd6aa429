/*
 * The host's side, pages, the list of seen items, and the registry.
 */
#include "tests/collectors/fixture.h"

#include "collectors/seen.h"
#include "core/json.h"
#include "core/utf8.h"

static void
a_page_takes_as_many_posts_as_it_may(void **state)
{
	struct page *p = page_new(SLICE_LIT("src"));

	(void)state;
	for (size_t i = 0; i < COLLECTOR_PAGE_POSTS_MAX; i++) {
		assert_false(page_is_full(p));
		struct post *post = page_add(p);
		assert_non_null(post);
		assert_int_equal(post->likes, COUNT_UNKNOWN);
		post->likes = (int64_t)i;
	}
	assert_true(page_is_full(p));
	assert_null(page_add(p));
	for (size_t i = 0; i < p->count; i++)
		assert_int_equal(p->posts[i].likes, (int64_t)i);
	page_drop_last(p);
	assert_int_equal(p->count, COLLECTOR_PAGE_POSTS_MAX - 1);
	assert_non_null(page_add(p));
	page_free(p);
	page_free(NULL);
}

static void
rejects_are_kept_short_and_readable(void **state)
{
	struct page *p = page_new(SLICE_LIT("src"));
	char big[1000];

	(void)state;
	memset(big, 'x', sizeof(big));
	big[0] = '\n';
	big[199] = '\xC3'; /* the first half of a character */
	page_reject(p, slice_make(big, sizeof(big)), "line %d: no \xFF", 7);
	assert_int_equal(p->reject_count, 1);
	assert_true(slice_eq_str(p->rejects[0].reason, "line 7: no \xEF\xBF\xBD"));
	assert_true(p->rejects[0].excerpt.len <= 200);
	assert_true(utf8_is_valid(p->rejects[0].excerpt));
	assert_int_equal(p->rejects[0].excerpt.ptr[0], ' ');
	page_reject(p, SLICE_NONE, "nothing");
	assert_int_equal(p->rejects[1].excerpt.len, 0);
	for (int i = 0; i < COLLECTOR_PAGE_REJECTS_MAX; i++)
		page_reject(p, SLICE_LIT("x"), "n");
	assert_int_equal(p->reject_count, COLLECTOR_PAGE_REJECTS_MAX);
	assert_int_equal(p->rejects_lost, 2);
	assert_true(page_is_full(p));
	page_free(p);
}

static void
a_page_without_memory_is_none(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++)
		for (unsigned nth = 1;; nth++) {
			mem_fault_arm(nth, sticky);
			struct page *p = page_new(SLICE_LIT("src"));
			bool has_post = false;
			if (p != NULL) {
				for (int i = 0; i < 20; i++)
					has_post = page_add(p) != NULL;
				page_reject(p, SLICE_LIT("x"), "y");
				assert_int_equal(p->reject_count + p->rejects_lost, 1);
			}
			bool hit = mem_fault_hit();
			mem_fault_arm(0, false);
			page_free(p);
			if (!hit) {
				assert_true(has_post);
				break;
			}
		}
}

static void
every_source_has_a_name_a_sentence_and_options(void **state)
{
	(void)state;
	for (size_t i = 0; collector_registry[i] != NULL; i++) {
		const struct collector_ops *ops = collector_registry[i];
		assert_ptr_equal(collector_find(slice_of(ops->name)), ops);
		assert_true(strlen(ops->help) > 10);
		assert_non_null(ops->open);
		assert_non_null(ops->start);
		assert_non_null(ops->committed);
		assert_non_null(ops->close);
		for (const struct option *o = ops->options; o->name != NULL; o++) {
			if (o->help == NULL || o->help[strlen(o->help) - 1] != '.')
				fail_msg("%s.%s has no sentence", ops->name, o->name);
			assert_string_not_equal(o->name, "type");
		}
	}
	assert_null(collector_find(SLICE_LIT("telex")));
}

static void
seen_items_are_told_from_new_and_changed_ones(void **state)
{
	struct seen s;

	(void)state;
	seen_init(&s);
	assert_int_equal(seen_look(&s, 1, 1), SEEN_NEW);
	assert_int_equal(seen_add(&s, 1, 1), 0);
	assert_int_equal(seen_look(&s, 1, 1), SEEN_SAME);
	assert_int_equal(seen_look(&s, 1, 2), SEEN_CHANGED);
	assert_int_equal(seen_add(&s, 1, 2), 0);
	assert_int_equal(s.count, 1);
	for (uint64_t i = 2; i <= 100; i++)
		assert_int_equal(seen_add(&s, i, 0), 0);
	assert_int_equal(seen_add_at(&s, 0, 500, 0), 0);
	assert_int_equal(s.items[0].id, 500);
	seen_remove(&s, 50);
	seen_remove(&s, 50);
	assert_int_equal(s.count, 100);
	assert_int_equal(seen_look(&s, 50, 0), SEEN_NEW);
	seen_trim(&s, 10);
	assert_int_equal(s.count, 10);
	assert_int_equal(seen_look(&s, 100, 0), SEEN_SAME);
	assert_int_equal(seen_look(&s, 90, 0), SEEN_NEW);
	seen_fini(&s);
}

static void
the_list_of_seen_items_survives_being_written(void **state)
{
	struct seen s, back;
	struct json_writer w;
	struct json_doc *doc = NULL;
	struct buf out;

	(void)state;
	seen_init(&s);
	seen_init(&back);
	for (int i = 0; i < 50; i++) {
		char id[16];
		snprintf(id, sizeof(id), "id-%d", i);
		assert_int_equal(seen_add(&s, seen_hash(slice_of(id)), (uint32_t)i), 0);
	}
	buf_init(&out, 65536);
	json_writer_init(&w, &out);
	seen_write(&s, &w);
	assert_int_equal(json_parse(buf_slice(&out), &doc, NULL, NULL), 0);
	assert_int_equal(seen_read(&back, json_root(doc), 1000), 0);
	assert_int_equal(back.count, s.count);
	for (size_t i = 0; i < s.count; i++) {
		assert_true(back.items[i].id == s.items[i].id);
		assert_int_equal(back.items[i].text, s.items[i].text);
	}
	json_doc_free(doc);
	/* rubbish is left out, and no more than asked is taken */
	seen_fini(&back);
	assert_int_equal(
	    json_parse(
		SLICE_LIT("[1,\"zz\",\"00000000000000000000000G\",\"0000000000000000000000aa\","
			  "\"0000000000000001000000bb\"]"),
		&doc, NULL, NULL),
	    0);
	assert_int_equal(seen_read(&back, json_root(doc), 1), 0);
	assert_int_equal(back.count, 1);
	assert_int_equal(back.items[0].id, 1);
	json_doc_free(doc);
	seen_fini(&back);
	seen_fini(&s);
	buf_fini(&out);
	/* the hash is part of what is stored: it must be the same in all versions */
	assert_true(seen_hash(SLICE_LIT("acme")) == UINT64_C(0xd36e1145204c0082));
}

/* --- the smallest source ---------------------------------------------------- */

struct smallest {
	struct collector *c;
	int committed;
};

static const struct option smallest_options[] = {
    {"text", OPTION_TEXT, "hello", false, 0, 0, NULL, "What to say.", NULL},
    {NULL, OPTION_TEXT, NULL, false, 0, 0, NULL, NULL, NULL},
};

static int
smallest_open(struct collector *c, const struct options *set, void **state_r, struct err *err)
{
	struct smallest *s = mem_zalloc(sizeof(*s));

	if (s == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	if (strcmp(options_text(set, "text"), "refuse") == 0) {
		mem_free(s);
		return err_set(err, ERR_INPUT, "'text' is refused");
	}
	s->c = c;
	*state_r = s;
	return 0;
}

static void
smallest_start(void *state, struct slice cursor, bool has_fetched)
{
	struct smallest *s = state;

	(void)cursor;
	(void)has_fetched;
	while (collector_can_emit(s->c)) {
		struct page *p = page_new(slice_of(collector_name(s->c)));
		page_add(p)->text = SLICE_LIT("hello");
		collector_emit(s->c, p);
	}
}

static void
smallest_committed(void *state, uint64_t serial)
{
	struct smallest *s = state;

	s->committed++;
	assert_int_equal(serial, s->committed);
}

static void
smallest_close(void *state)
{
	mem_free(state);
}

static const struct collector_ops smallest = {"smallest", "Says hello four times.",
    smallest_options, smallest_open, smallest_start, smallest_committed, smallest_close};

static struct fixture f;

static void
the_host_counts_what_is_under_way(void **state)
{
	(void)state;
	fixture_init(&f, &smallest, NULL, NULL, "{}");
	struct err err = {0};
	assert_int_equal(collector_new("src", f.ops, f.set, &f.host, &f.c, &err), 0);
	assert_int_equal(collector_status(f.c)->health, SOURCE_STARTING);
	assert_true(collector_is_idle(f.c));
	assert_string_equal(collector_name(f.c), "src");
	assert_ptr_equal(collector_kind(f.c), &smallest);
	collector_start(f.c, SLICE_NONE, false);
	assert_int_equal(f.waiting_count, COLLECTOR_PAGES_AHEAD);
	assert_false(collector_can_emit(f.c));
	assert_false(collector_is_idle(f.c));
	assert_false(collector_has_caught_up(f.c));
	collector_looked(f.c); /* and four pages were what there was */
	for (size_t i = 0; i < COLLECTOR_PAGES_AHEAD; i++) {
		assert_int_equal(f.waiting[0]->serial, i + 1);
		assert_false(collector_has_caught_up(f.c));
		fixture_commit_one(&f);
		assert_true(collector_can_emit(f.c));
	}
	assert_true(collector_is_idle(f.c));
	assert_true(collector_has_caught_up(f.c));
	assert_int_equal(collector_status(f.c)->posts, COLLECTOR_PAGES_AHEAD);
	fixture_fini(&f);
}

static void
a_source_that_refuses_its_settings_is_named(void **state)
{
	struct err err = {0};

	(void)state;
	fixture_init(&f, &smallest, NULL, NULL, "text: refuse\n");
	assert_int_equal(collector_new("src", f.ops, f.set, &f.host, &f.c, &err), -1);
	assert_string_equal(err.text, "source 'src': 'text' is refused");
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_page_takes_as_many_posts_as_it_may),
	    cmocka_unit_test(rejects_are_kept_short_and_readable),
	    cmocka_unit_test(a_page_without_memory_is_none),
	    cmocka_unit_test(every_source_has_a_name_a_sentence_and_options),
	    cmocka_unit_test(seen_items_are_told_from_new_and_changed_ones),
	    cmocka_unit_test(the_list_of_seen_items_survives_being_written),
	    cmocka_unit_test(the_host_counts_what_is_under_way),
	    cmocka_unit_test(a_source_that_refuses_its_settings_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
