#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/metrics.h"
#include "nlp/nlp.h"
#include "people/link_codes.h"
#include "store/persons.h"
#include "store/posts.h"
#include "store/store.h"
#include "store/suggestions.h"

#include "daemon/pipeline.h"
#include "daemon/snapshot.h"

#define NOW INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */
#define HOUR INT64_C(3600000)

#define S slice_of

/* One rule that counts (a cool-down) and writes (a tag). */
static const char rules_text[] = "brand acme \"Acme\"\n"
				 "  called \"acme\"\n"
				 "  own accounts \"@acme@example.org\"\n"
				 "end\n"
				 "rule angry \"Angry\"\n"
				 "  when all of\n"
				 "    sentiment is below -0.3\n"
				 "    brand is acme\n"
				 "  end\n"
				 "  then\n"
				 "    tag author \"angry\" for 1 day\n"
				 "  end\n"
				 "  at most once every 1 hour per author\n"
				 "end\n"
				 "rule who \"Who is it\"\n"
				 "  when text contains \"it is me\"\n"
				 "  then suggest link\n"
				 "end\n";

#define ANGRY "I hate acme, worst coffee ever, awful"
#define CALM "I love acme"

struct world {
	struct store *st;
	struct clock_virtual clock;
	struct metrics metrics;
	struct snapshot *snapshot;
	struct pipeline *p;
	struct arena *a; /* what is loaded to look at */
	struct page *page;
	size_t stored, decided; /* what was told after commits */
	enum decision_outcome last_outcome;
	struct err err;
};

static void
on_stored(void *cookie, const struct stored_post *sp)
{
	struct world *w = cookie;

	assert_true(slice_is_set(sp->post.id));
	w->stored++;
}

static void
on_decided(void *cookie, const struct decision_row *row)
{
	struct world *w = cookie;

	w->decided++;
	w->last_outcome = row->outcome;
}

static struct snapshot *
make_snapshot(void)
{
	struct rule_source source = {.file = "acme.rules", .text = S(rules_text)};
	struct bundle b = {.rules = &source, .rule_count = 1};
	struct diag_list *diags = diag_list_new();
	struct config *config = NULL;
	struct lexicon_set *lexicon = NULL;
	struct snapshot *s = NULL;
	struct err err = {ERR_NONE, ""};
	struct buf out;

	buf_init(&out, 64 * 1024);
	if (config_load(NULL, diags, &config, &err) != 0 ||
	    snapshot_lexicon(NULL, diags, &lexicon, &err) < 0 ||
	    snapshot_compile(&b, config, lexicon, 1, diags, &s, &err) != 0) {
		diag_print(diags, &out);
		fail_msg("%s\n%s", err.text, buf_str(&out));
	}
	config_unref(config);
	lexicon_set_unref(lexicon);
	diag_list_free(diags);
	buf_fini(&out);
	return s;
}

static int
setup(void **state)
{
	struct world *w = mem_zalloc(sizeof *w);
	struct store_options o = {.mode = STORE_MEMORY, .now_ms = NOW};
	struct pipeline_env env = {0};

	assert_non_null(w);
	assert_int_equal(store_open(&o, &w->st, &w->err), 0);
	clock_virtual_init(&w->clock, NOW);
	w->snapshot = make_snapshot();
	w->a = arena_new(64u << 20);
	env.store = w->st;
	env.clock = &w->clock.base;
	env.metrics = &w->metrics;
	env.stored = on_stored;
	env.decided = on_decided;
	env.cookie = w;
	assert_int_equal(pipeline_new(&env, w->snapshot, &w->p, &w->err), 0);
	w->page = page_new(S("demo"));
	assert_non_null(w->page);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	page_free(w->page);
	pipeline_free(w->p);
	snapshot_unref(w->snapshot);
	store_close(w->st);
	arena_free(w->a);
	mem_free(w);
	return 0;
}

/* A post by this author ("jane": @jane@example.org), at the clock's time. */
static struct post *
add(struct world *w, const char *id, const char *author, const char *text)
{
	struct post *post = page_add(w->page);

	assert_non_null(post);
	post->id = S(id);
	post->source = S("replay");
	post->text = S(text);
	post->created_at_ms = post->fetched_at_ms = clock_now_ms(&w->clock.base);
	post->author.id = S(arena_printf(w->page->arena, "https://example.org/users/%s", author));
	post->author.handle = S(arena_printf(w->page->arena, "@%s@example.org", author));
	return post;
}

static int
run(struct world *w, struct page_result *result, pipeline_commit_fn *before_commit)
{
	struct page *const pages[] = {w->page};

	return pipeline_batch(w->p, pages, 1, result, before_commit, w, &w->err);
}

/* The page as it is, and an empty one for what follows. */
static struct page_result
take(struct world *w)
{
	struct page_result result;

	if (run(w, &result, NULL) < 0)
		fail_msg("%s", w->err.text);
	page_free(w->page);
	w->page = page_new(S("demo"));
	assert_non_null(w->page);
	return result;
}

static bool
is_tagged(struct world *w, const char *author)
{
	char who[100];
	struct slice_list tags;

	snprintf(who, sizeof who, "a:https://example.org/users/%s", author);
	assert_int_equal(
	    store_tags_load(w->st, S(who), clock_now_ms(&w->clock.base), w->a, &tags, &w->err), 0);
	return tags.count == 1 && slice_eq_str(tags.items[0], "angry");
}

static struct source_row
source_of(struct world *w)
{
	struct source_row row;

	memset(&row, 0, sizeof row);
	assert_true(store_source_get(w->st, S("demo"), w->a, &row, &w->err) >= 0);
	return row;
}

static void
a_page_commits_posts_decisions_effects_and_cursor_together(void **state)
{
	struct world *w = *state;
	struct page_result r;
	struct source_row source;

	add(w, "p1", "jane", ANGRY);
	add(w, "p2", "joe", CALM);
	page_reject(w->page, S("rubbish"), "line 3: no text");
	w->page->cursor = S("{\"at\":3}");
	w->page->ends_first_fetch = true;
	r = take(w);
	assert_int_equal(r.stored, 2);
	assert_int_equal(r.rejected, 1);
	assert_int_equal(r.duplicates + r.revised + r.deleted, 0);
	assert_int_equal(w->stored, 2);
	assert_int_equal(w->decided, 1);
	assert_int_equal(w->last_outcome, DECISION_DONE);
	assert_true(is_tagged(w, "jane"));
	assert_false(is_tagged(w, "joe"));
	source = source_of(w);
	assert_true(slice_eq_str(source.cursor, "{\"at\":3}"));
	assert_true(source.has_fetched);
	assert_int_equal(source.posts, 2);
}

static int
refuse(void *cookie, struct store *st, const struct page_result *results, struct err *err)
{
	(void)cookie;
	(void)st;
	assert_int_equal(results[0].stored, 1);
	return err_set(err, ERR_CONFLICT, "refused by the test");
}

static void
of_a_failed_batch_nothing_happened_and_it_can_be_tried_again(void **state)
{
	struct world *w = *state;
	struct page_result r;
	struct post_ref ref;

	add(w, "p1", "jane", ANGRY);
	w->page->cursor = S("next");
	assert_int_equal(run(w, &r, refuse), -1);
	assert_string_equal(w->err.text, "refused by the test");
	assert_int_equal(r.stored, 0);
	assert_int_equal(w->stored + w->decided, 0);
	assert_int_equal(store_post_find(w->st, S("p1"), &ref, &w->err), 0);
	assert_false(is_tagged(w, "jane"));
	assert_false(slice_is_set(source_of(w).cursor));
	r = take(w);
	assert_int_equal(r.stored, 1);
	assert_int_equal(w->decided, 1); /* the cool-down did not remember the failed one */
	assert_int_equal(w->last_outcome, DECISION_DONE);
	assert_true(is_tagged(w, "jane"));
}

static void
a_repeat_decides_nothing_and_an_edit_is_scored_but_decides_nothing(void **state)
{
	struct world *w = *state;
	struct page_result r;
	struct stored_post *sp;

	add(w, "p1", "jane", CALM);
	take(w);
	add(w, "p1", "jane", CALM);
	r = take(w);
	assert_int_equal(r.duplicates, 1);
	assert_int_equal(r.stored + r.revised, 0);
	add(w, "p1", "jane", ANGRY);
	r = take(w);
	assert_int_equal(r.revised, 1);
	assert_int_equal(w->stored, 1);
	assert_int_equal(w->decided, 0);
	assert_int_equal(store_post_load(w->st, S("p1"), w->a, &sp, &w->err), 1);
	assert_true(slice_eq_str(sp->post.text, ANGRY));
	assert_int_equal(sp->score.label, SENTIMENT_NEGATIVE);
	assert_int_equal(sp->revision, 1);
}

static void
a_post_that_was_deleted_upstream_does_not_come_back(void **state)
{
	struct world *w = *state;
	struct page_result r;
	struct post_ref ref;

	add(w, "known", "jane", CALM);
	take(w);
	add(w, "known", "jane", CALM)->is_deleted = true;
	add(w, "never-seen", "jane", CALM)->is_deleted = true;
	r = take(w);
	assert_int_equal(r.deleted, 2);
	add(w, "known", "jane", ANGRY);
	add(w, "never-seen", "jane", ANGRY);
	r = take(w);
	assert_int_equal(r.stored + r.revised, 0);
	assert_int_equal(r.duplicates, 2);
	assert_int_equal(w->decided, 0);
	assert_int_equal(store_post_find(w->st, S("known"), &ref, &w->err), 1);
	assert_true(ref.is_deleted);
}

static void
a_cool_down_runs_on_the_clock_and_within_one_page(void **state)
{
	struct world *w = *state;

	add(w, "p1", "jane", ANGRY);
	add(w, "p2", "jane", ANGRY " again");
	take(w);
	assert_int_equal(w->decided, 2);
	assert_int_not_equal(w->last_outcome, DECISION_DONE);
	clock_virtual_set(&w->clock, NOW + HOUR - 1);
	add(w, "p3", "jane", ANGRY);
	take(w);
	assert_int_not_equal(w->last_outcome, DECISION_DONE);
	clock_virtual_set(&w->clock, NOW + HOUR);
	add(w, "p4", "jane", ANGRY);
	take(w);
	assert_int_equal(w->last_outcome, DECISION_DONE);
}

static void
some_posts_are_stored_but_do_nothing(void **state)
{
	static const struct {
		const char *author, *expected, *note;
		bool is_first_fetch, is_repost, is_sender;
	} cases[] = {
	    {"jane", INERT_FIRST_FETCH, "a first fetch", true, false, false},
	    {"jane", INERT_REPOST, "a repost", false, true, false},
	    {"acme", INERT_OWN_ACCOUNT, "the brand's own account", false, false, false},
	    {"sender", INERT_OWN_ACCOUNT, "the account we send from", false, false, true},
	    {"jane", NULL, "anybody else", false, false, false},
	};
	static const char *const accounts[] = {"@sender@example.org"};
	struct world *w = *state;

	assert_int_equal(pipeline_set_sender_accounts(w->p, accounts, 1), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char id[20];
		struct post *post;
		struct stored_post *sp;
		const char *found;

		snprintf(id, sizeof id, "p%zu", i);
		post = add(w, id, cases[i].author, ANGRY);
		if (cases[i].is_repost)
			post->repost_of = S("other");
		w->page->is_first_fetch = cases[i].is_first_fetch;
		assert_int_equal(take(w).stored, 1);
		assert_int_equal(store_post_load(w->st, S(id), w->a, &sp, &w->err), 1);
		found = sp->inert == NULL ? "-" : sp->inert;
		if (strcmp(found, cases[i].expected == NULL ? "-" : cases[i].expected) != 0)
			fail_msg("%s: expected '%s', found '%s'", cases[i].note,
			    cases[i].expected == NULL ? "-" : cases[i].expected, found);
		if (is_tagged(w, cases[i].author) != (cases[i].expected == NULL))
			fail_msg("%s: tagged or not, the wrong way round", cases[i].note);
	}
}

static void
a_batch_without_memory_leaves_the_store_as_it_was(void **state)
{
	struct world *w = *state;
	unsigned failed = 0;

	add(w, "p1", "jane", ANGRY);
	w->page->cursor = S("next");
	for (unsigned nth = 1;; nth++) {
		struct page_result r;
		struct post_ref ref;
		bool hit;
		int rc;

		assert_true(nth < 5000);
		mem_fault_arm(nth, false);
		rc = run(w, &r, NULL);
		hit = mem_fault_hit();
		mem_fault_arm(0, false);
		if (rc == 0)
			break;
		assert_true(hit);
		failed++;
		assert_int_equal(w->err.kind, ERR_NOMEM);
		assert_int_equal(store_post_find(w->st, S("p1"), &ref, &w->err), 0);
		assert_false(slice_is_set(source_of(w).cursor));
		assert_int_equal(w->stored + w->decided, 0);
	}
	assert_true(failed > 0);
	assert_int_equal(w->stored, 1);
	assert_int_equal(w->decided, 1);
	assert_true(is_tagged(w, "jane"));
	assert_true(slice_eq_str(source_of(w).cursor, "next"));
}

/* Each "a" of a long text is a token: a page of such posts fits, eight of them do not. */
static void
a_batch_over_its_memory_says_so_and_its_pages_alone_fit(void **state)
{
	enum {
		PAGES = 8,
		POSTS = 64
	};
	struct world *w = *state;
	struct page *pages[PAGES];
	struct page_result results[PAGES];
	char *text = mem_alloc(POST_TEXT_MAX);

	assert_non_null(text);
	for (size_t i = 0; i < POST_TEXT_MAX; i++)
		text[i] = i % 2 == 0 ? 'a' : ' ';
	for (size_t k = 0; k < PAGES; k++) {
		for (size_t i = 0; i < POSTS; i++) {
			struct post *post =
			    add(w, arena_printf(w->page->arena, "p%zu-%zu", k, i), "jane", "");

			post->text = slice_make(text, POST_TEXT_MAX);
		}
		pages[k] = w->page;
		w->page = page_new(S("demo"));
	}
	assert_int_equal(pipeline_batch(w->p, pages, PAGES, results, NULL, NULL, &w->err), -1);
	assert_int_equal(w->err.kind, ERR_LIMIT);
	assert_int_equal(w->stored, 0);
	assert_int_equal(pipeline_batch(w->p, pages, 1, results, NULL, NULL, &w->err), 0);
	assert_int_equal(results[0].stored, POSTS);
	for (size_t k = 0; k < PAGES; k++)
		page_free(pages[k]);
	mem_free(text);
}

/* A one-time code of customer "ann", as it would be told. */
static const char *
make_code(struct world *w)
{
	struct slice code;
	bool created;

	assert_int_equal(store_begin(w->st, &w->err), 0);
	assert_int_equal(store_customer_put(w->st, S("ann"), SLICE_NONE, SLICE_NONE, SLICE_NONE,
			     NOW, "test", &created, &w->err),
	    0);
	assert_int_equal(
	    link_code_make(w->st, S("ann"), S("code"), "mira", HOUR, NOW, w->a, &code, &w->err), 0);
	assert_int_equal(store_commit(w->st, &w->err), 0);
	return arena_strndup(w->a, code.ptr, code.len);
}

static const char *
subject_of(struct world *w, const char *post)
{
	struct stored_post *sp;

	assert_int_equal(store_post_load(w->st, S(post), w->a, &sp, &w->err), 1);
	return arena_strndup(w->a, sp->subject.ptr, sp->subject.len);
}

static void
a_code_in_a_post_links_its_author_with_that_very_post(void **state)
{
	struct world *w = *state;
	const char *code = make_code(w);

	add(w, "ours", "acme", arena_printf(w->a, "please post %s", code));
	add(w, "again", "joe", CALM)->repost_of = S("ours");
	add(w, "mine", "jane", arena_printf(w->a, "here it is: %s", code));
	add(w, "late", "joe", code);
	take(w);
	assert_string_equal(subject_of(w, "ours"), "a:https://example.org/users/acme");
	assert_string_equal(subject_of(w, "mine"), "c:ann");
	assert_string_equal(subject_of(w, "late"), "a:https://example.org/users/joe");
	assert_int_equal(metrics_get(&w->metrics, METRIC_LINK_CODES_USED), 1);
	/* an edit shows it as well */
	code = make_code(w);
	add(w, "late", "joe", arena_printf(w->a, "sorry: %s", code));
	take(w);
	add(w, "then", "joe", CALM);
	take(w);
	assert_string_equal(subject_of(w, "then"), "c:ann");
}

static void
of_a_batch_that_failed_the_code_is_good_still(void **state)
{
	struct world *w = *state;
	const char *code = make_code(w);
	struct page_result result;

	add(w, "p1", "jane", code);
	assert_int_equal(run(w, &result, refuse), -1);
	assert_int_equal(metrics_get(&w->metrics, METRIC_LINK_CODES_USED), 0);
	take(w);
	assert_string_equal(subject_of(w, "p1"), "c:ann");
	assert_int_equal(metrics_get(&w->metrics, METRIC_LINK_CODES_USED), 1);
}

static void
a_rule_suggests_whom_the_author_may_be_and_links_nobody(void **state)
{
	struct world *w = *state;
	const struct endpoint e = {.id = SLICE_LIT("e"),
	    .channel = SLICE_LIT("email"),
	    .address = SLICE_LIT("ann@example.org")};
	struct suggestion_row *rows;
	size_t count;

	make_code(w);
	assert_int_equal(store_begin(w->st, &w->err), 0);
	assert_int_equal(
	    store_endpoint_put(w->st, S("ann"), &e, SLICE_NONE, NOW, "test", &w->err), 1);
	assert_int_equal(store_commit(w->st, &w->err), 0);
	add(w, "p1", "jane", "it is me, ann@example.org");
	add(w, "p2", "joe", "it is me, joe");
	take(w);
	assert_int_equal(
	    store_suggestions_list(w->st, SUGGESTION_OPEN, 0, 9, w->a, &rows, &count, &w->err), 0);
	assert_int_equal(count, 1);
	assert_true(slice_eq_str(rows[0].author_id, "https://example.org/users/jane"));
	assert_int_equal(rows[0].decision_id.len, 32);
	assert_int_equal(w->last_outcome, DECISION_DONE);
	assert_string_equal(subject_of(w, "p1"), "a:https://example.org/users/jane");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_page_commits_posts_decisions_effects_and_cursor_together),
	    TEST(of_a_failed_batch_nothing_happened_and_it_can_be_tried_again),
	    TEST(a_repeat_decides_nothing_and_an_edit_is_scored_but_decides_nothing),
	    TEST(a_post_that_was_deleted_upstream_does_not_come_back),
	    TEST(a_cool_down_runs_on_the_clock_and_within_one_page),
	    TEST(some_posts_are_stored_but_do_nothing),
	    TEST(a_code_in_a_post_links_its_author_with_that_very_post),
	    TEST(of_a_batch_that_failed_the_code_is_good_still),
	    TEST(a_rule_suggests_whom_the_author_may_be_and_links_nobody),
	    TEST(a_batch_without_memory_leaves_the_store_as_it_was),
	    TEST(a_batch_over_its_memory_says_so_and_its_pages_alone_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
