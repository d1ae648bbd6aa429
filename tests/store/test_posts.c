/*
 * Posts as rows: what goes in comes out, unknown stays unknown; edits, deletions, counts; sources
 * and rejects.
 */
#include "tests/store/store_fixture.h"

#include <string.h>

#include "tests/support/faults.h"

/* ---- comparing -------------------------------------------------------- */

static const char *where;
static uint64_t which;

static void
same_text(struct slice a, struct slice b, const char *name)
{
	if (slice_is_set(a) != slice_is_set(b) || !slice_eq(a, b))
		fail_msg("seed %llu %s%s: got '%.*s' (%p), want '%.*s' (%p)",
		    (unsigned long long)which, where, name, SLICE_ARG(a), (const void *)a.ptr,
		    SLICE_ARG(b), (const void *)b.ptr);
}

static void
same_int(int64_t a, int64_t b, const char *name)
{
	if (a != b)
		fail_msg("seed %llu %s%s: got %lld, want %lld", (unsigned long long)which, where,
		    name, (long long)a, (long long)b);
}

static void
same_list(struct slice_list a, struct slice_list b, const char *name)
{
	same_int((int64_t)a.count, (int64_t)b.count, name);
	for (size_t i = 0; i < a.count; i++)
		same_text(a.items[i], b.items[i], name);
}

#define TEXT(f) same_text(a->f, b->f, #f)
#define INT(f) same_int((int64_t)a->f, (int64_t)b->f, #f)
#define LIST(f) same_list(a->f, b->f, #f)

static void
same_author(const struct author *a, const struct author *b)
{
	where = "author.";
	TEXT(id), TEXT(handle), TEXT(name), TEXT(bio), TEXT(url);
	INT(followers), INT(following), INT(posts), INT(listed);
	INT(is_verified), INT(is_bot), INT(created_at_ms), INT(objects_to_profiling);
}

static void
same_post(const struct post *a, const struct post *b)
{
	where = "post.";
	TEXT(id), TEXT(source), TEXT(url), TEXT(text), TEXT(lang);
	INT(created_at_ms), INT(fetched_at_ms);
	TEXT(reply_to), TEXT(repost_of), TEXT(quote_of), TEXT(thread);
	INT(likes), INT(replies), INT(reposts);
	LIST(tags), LIST(mentions), TEXT(place);
	INT(is_deleted), INT(is_text_cut), TEXT(reply_handle);
	same_author(&a->author, &b->author);
}

static void
same_score(const struct score *a, const struct score *b)
{
	where = "score.";
	same_text(slice_of(a->lang), slice_of(b->lang), "lang");
	same_text(slice_of(a->lexicon), slice_of(b->lexicon), "lexicon");
	INT(label), INT(score_milli), INT(negative_milli), INT(neutral_milli), INT(positive_milli);
	INT(is_unsure), INT(is_scored), INT(intents), INT(reason_count);
	for (size_t i = 0; i < a->reason_count; i++) {
		const struct contribution *x = &a->reasons[i], *y = &b->reasons[i];

		where = "reason.";
		same_int(x->start, y->start, "start");
		same_int(x->len, y->len, "len");
		same_text(entry_text(x->entry), entry_text(y->entry), "entry");
		same_int(x->entry->source, y->entry->source, "source");
		same_int(x->weight_milli, y->weight_milli, "weight");
		same_int(x->effect_milli, y->effect_milli, "effect");
		same_text(slice_of(x->modifiers), slice_of(y->modifiers), "modifiers");
	}
}

static void
same_attributes(const struct attribute *a, size_t an, const struct attribute *b, size_t bn)
{
	same_int((int64_t)an, (int64_t)bn, "attribute_count");
	for (size_t i = 0; i < an; i++) {
		same_text(a[i].name, b[i].name, "attribute.name");
		same_list(a[i].values, b[i].values, "attribute.values");
	}
}

static void
same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	TEXT(id), TEXT(channel), TEXT(address), INT(is_opted_out), INT(is_inactive);
	TEXT(timezone), TEXT(locale), TEXT(country);
	same_attributes(a->attributes, a->attribute_count, b->attributes, b->attribute_count);
}

static void
same_customer(const struct customer *a, const struct customer *b)
{
	where = "customer.";
	same_int(a != NULL, b != NULL, "known");
	if (a == NULL)
		return;
	TEXT(id), TEXT(timezone), TEXT(locale), TEXT(country), LIST(tags);
	TEXT(link.proof), TEXT(link.handle), INT(link.linked_at_ms);
	same_attributes(a->attributes, a->attribute_count, b->attributes, b->attribute_count);
	INT(endpoint_count), INT(consent_count);
	for (size_t i = 0; i < a->endpoint_count; i++)
		same_endpoint(&a->endpoints[i], &b->endpoints[i]);
	for (size_t i = 0; i < a->consent_count; i++) {
		same_text(a->consents[i].channel, b->consents[i].channel, "consent.channel");
		same_int(a->consents[i].purpose, b->consents[i].purpose, "consent.purpose");
		same_int(a->consents[i].is_given, b->consents[i].is_given, "consent.is_given");
	}
}

static void
same_adoption(const struct adoption *a, const struct adoption *b)
{
	where = "adoption.";
	same_int(a != NULL, b != NULL, "known");
	if (a == NULL)
		return;
	INT(is_early_adopter), INT(score_milli), INT(items), INT(credited), TEXT(best);
}

static void
same_stored(const struct stored_post *a, const struct stored_post *b)
{
	same_post(&a->post, &b->post);
	same_score(&a->score, &b->score);
	same_customer(a->customer, b->customer);
	where = "stored.";
	LIST(brand_ids), TEXT(subject), TEXT(feed), INT(rules_version), INT(revision),
	    INT(is_expired);
	INT(author.author_no), INT(author.posts_seen), INT(author.first_seen_at_ms),
	    LIST(author.tags);
	INT(author.influence.is_known), INT(author.influence.total_milli),
	    INT(author.influence.bot_milli), INT(author.influence.discount_milli),
	    INT(author.influence.assumed);
	for (size_t i = 0; i < INFLUENCE_PART_COUNT; i++)
		INT(author.influence.parts_milli[i]);
	INT(author.has_topic_influence), INT(author.topic_influence);
	same_adoption(a->author.adoption, b->author.adoption);
	same_text(slice_of(a->inert), slice_of(b->inert), "inert");
}

/* ---- tests ------------------------------------------------------------ */

static void
any_post_loads_as_it_was_stored(void **state)
{
	struct fixture *f = *state;

	for (uint64_t seed = 1; seed <= 1500; seed++) {
		struct arena *a = arena_new(8 << 20);
		struct stored_post *sp, *got;
		struct rng r;

		which = seed;
		rng_init(&r, seed);
		sp = random_stored_post(&r, a);
		OK(store_begin(f->st, ERR));
		assert_int_equal(store_post_insert(f->st, sp, ERR), 1);
		OK(store_commit(f->st, ERR));
		assert_int_equal(store_post_load(f->st, sp->post.id, a, &got, ERR), 1);
		same_stored(got, sp);
		assert_int_equal(store_post_load_no(f->st, sp->post_no, a, &got, ERR), 1);
		same_stored(got, sp);
		arena_free(a);
	}
}

static struct stored_post *
plain_post(struct fixture *f, const char *id, const char *text)
{
	struct rng r;
	struct stored_post *sp;

	rng_init(&r, 7);
	sp = random_stored_post(&r, f->a);
	sp->post.id = slice_of(id);
	sp->post.text = slice_of(text);
	sp->post.likes = 3;
	sp->post.replies = COUNT_UNKNOWN;
	sp->post.reposts = 0;
	sp->customer = random_customer(&r, f->a);
	return sp;
}

/* Twelve reasons are kept, those that moved the score most, in their order; of the others their sum. */
static void
the_smaller_reasons_are_added_up(void **state)
{
	enum {
		KEPT = 12,
		ALL = 40
	};
	static const struct {
		int32_t large, small;
		int64_t sum; /* of the small ones */
	} CASES[] = {{-900, 10, 280}, {900, -10, -280}, {50, 50, 1400},
	    {INT32_MAX, INT32_MAX - 1, INT32_MAX}, {INT32_MAX, -INT32_MAX + 1, -INT32_MAX}};
	struct fixture *f = *state;
	for (size_t c = 0; c < sizeof CASES / sizeof CASES[0]; c++) {
		char id[16];
		static const struct score_entry word = {"word", 4, ENTRY_LEXICON};
		struct contribution reasons[ALL];
		struct stored_post *got;
		snprintf(id, sizeof id, "reasons-%zu", c);
		struct stored_post *sp = plain_post(f, id, "text");
		for (uint32_t i = 0; i < ALL; i++)
			reasons[i] = (struct contribution){.start = i,
			    .entry = &word,
			    .effect_milli =
				i % 3 == 2 && i < 3 * KEPT ? CASES[c].large : CASES[c].small};
		sp->score.reasons = reasons;
		sp->score.reason_count = ALL;
		OK(store_begin(f->st, ERR));
		OK(store_post_insert(f->st, sp, ERR));
		OK(store_commit(f->st, ERR));
		assert_int_equal(store_post_load(f->st, sp->post.id, f->a, &got, ERR), 1);
		assert_int_equal(got->score.reason_count, KEPT);
		bool is_tie = CASES[c].large == CASES[c].small;
		for (uint32_t i = 0; i < KEPT; i++) {
			assert_int_equal(got->score.reasons[i].effect_milli, CASES[c].large);
			assert_int_equal(got->score.reasons[i].start, is_tie ? i : 3 * i + 2);
		}
		assert_int_equal(got->score.smaller_reasons, ALL - KEPT);
		assert_true(got->score.smaller_effect_milli == CASES[c].sum);
	}
}

static void
an_id_is_stored_once(void **state)
{
	struct fixture *f = *state;
	struct stored_post *sp = plain_post(f, "id-1", "one");
	struct post_ref ref;
	int64_t count;

	OK(store_begin(f->st, ERR));
	assert_int_equal(store_post_find(f->st, sp->post.id, &ref, ERR), 0);
	assert_int_equal(store_post_insert(f->st, sp, ERR), 1);
	assert_int_equal(store_post_insert(f->st, sp, ERR), 0);
	assert_int_equal(store_post_find(f->st, sp->post.id, &ref, ERR), 1);
	assert_int_equal(ref.post_no, sp->post_no);
	assert_int_equal(ref.revision, 0);
	assert_true(ref.text_hash == store_text_hash(SLICE_LIT("one")));
	assert_false(ref.is_deleted || ref.is_expired);
	OK(store_commit(f->st, ERR));
	OK(store_count(f->st, "posts", &count, ERR));
	assert_int_equal(count, 1);
	OK(store_count(f->st, "post_customers", &count, ERR));
	assert_int_equal(count, 1);
}

/* Stored for years.  The numbers are SipHash-2-4 with the key 0, computed by another program. */
static void
the_hash_of_a_text_never_changes(void **state)
{
	(void)state;
	assert_true(store_text_hash(SLICE_LIT("")) == INT64_C(2202906307356721367));
	assert_true(store_text_hash(SLICE_LIT("Terrible service, never again!")) ==
	    INT64_C(4493423861554443605));
}

static void
an_edit_replaces_the_text_and_keeps_who_wrote_it(void **state)
{
	struct fixture *f = *state;
	struct stored_post *sp = plain_post(f, "id-1", "one"), *edit = plain_post(f, "id-1", "two"),
			   *got;
	struct slice author_name = sp->post.author.name = SLICE_LIT("As seen then");

	OK(store_begin(f->st, ERR));
	OK(store_post_insert(f->st, sp, ERR));
	edit->post.author.name = SLICE_LIT("Later");
	edit->post.likes = COUNT_UNKNOWN;
	edit->post.replies = 5;
	edit->score.score_milli = 123;
	edit->brand_ids.count = 0;
	OK(store_post_revise(f->st, sp->post_no, edit, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_post_load(f->st, sp->post.id, f->a, &got, ERR), 1);
	assert_string_equal(got->post.text.ptr, "two");
	assert_int_equal(got->revision, 1);
	assert_int_equal(got->score.score_milli, 123);
	assert_int_equal(got->brand_ids.count, 0);
	assert_int_equal(got->post.likes, 3);
	assert_int_equal(got->post.replies, 5);
	same_text(got->post.author.name, author_name, "author.name");
	same_customer(got->customer, sp->customer);
}

static void
a_deletion_takes_the_words_and_leaves_the_id(void **state)
{
	struct fixture *f = *state;
	struct stored_post *sp = plain_post(f, "id-1", "one"), *got;
	struct post_ref ref;

	OK(store_begin(f->st, ERR));
	OK(store_post_insert(f->st, sp, ERR));
	OK(store_post_delete(f->st, sp->post_no, ERR));
	OK(store_post_insert_deleted(
	    f->st, SLICE_LIT("id-2"), SLICE_LIT("fediverse"), FIXTURE_NOW_MS, ERR));
	OK(store_post_insert_deleted(
	    f->st, SLICE_LIT("id-2"), SLICE_LIT("fediverse"), FIXTURE_NOW_MS, ERR));
	OK(store_post_revise(f->st, sp->post_no, sp, ERR)); /* an edit that arrives late */
	OK(store_post_counts(f->st, sp->post_no, 9, 9, 9, ERR));
	OK(store_commit(f->st, ERR));
	for (int i = 1; i <= 2; i++) {
		struct slice id = i == 1 ? SLICE_LIT("id-1") : SLICE_LIT("id-2");

		assert_int_equal(store_post_find(f->st, id, &ref, ERR), 1);
		assert_true(ref.is_deleted);
		assert_int_equal(store_post_load(f->st, id, f->a, &got, ERR), 1);
		assert_true(got->post.is_deleted);
		assert_false(slice_is_set(got->post.text));
		assert_false(slice_is_set(got->post.author.id));
		assert_null(got->customer);
		assert_int_equal(got->score.reason_count, 0);
		assert_int_equal(got->post.likes, COUNT_UNKNOWN);
	}
}

static void
newer_counts_replace_and_unknown_ones_do_not(void **state)
{
	struct fixture *f = *state;
	struct stored_post *sp = plain_post(f, "id-1", "one"), *got;

	OK(store_begin(f->st, ERR));
	OK(store_post_insert(f->st, sp, ERR));
	OK(store_post_counts(f->st, sp->post_no, COUNT_UNKNOWN, 4, 0, ERR));
	assert_int_equal(store_post_load(f->st, sp->post.id, f->a, &got, ERR), 1);
	assert_int_equal(got->post.likes, 3);
	assert_int_equal(got->post.replies, 4);
	assert_int_equal(got->post.reposts, 0);
	assert_int_equal(got->revision, 0);
	OK(store_commit(f->st, ERR));
}

static void
posts_are_listed_newest_first_in_pages(void **state)
{
	struct fixture *f = *state;
	struct stored_post **list;
	size_t count;

	OK(store_begin(f->st, ERR));
	for (int i = 1; i <= 7; i++)
		OK(store_post_insert(
		    f->st, plain_post(f, arena_printf(f->a, "id-%d", i), "x"), ERR));
	OK(store_commit(f->st, ERR));
	OK(store_posts_list(f->st, 0, 3, f->a, &list, &count, ERR));
	assert_int_equal(count, 3);
	assert_string_equal(list[0]->post.id.ptr, "id-7");
	assert_non_null(list[0]->customer);
	OK(store_posts_list(f->st, list[2]->post_no, 10, f->a, &list, &count, ERR));
	assert_int_equal(count, 4);
	assert_string_equal(list[0]->post.id.ptr, "id-4");
	assert_string_equal(list[3]->post.id.ptr, "id-1");
	OK(store_posts_list(f->st, 1, 10, f->a, &list, &count, ERR));
	assert_int_equal(count, 0);
}

static void
a_source_keeps_its_cursor_and_adds_up(void **state)
{
	struct fixture *f = *state;
	struct source_row row, *rows;
	size_t count;
	struct slice name = SLICE_LIT("fediverse");

	OK(store_begin(f->st, ERR));
	assert_int_equal(store_source_get(f->st, name, f->a, &row, ERR), 0);
	OK(store_source_advance(f->st, name, SLICE_NONE, 0, TIME_UNKNOWN, false, ERR));
	assert_int_equal(store_source_get(f->st, name, f->a, &row, ERR), 1);
	assert_false(slice_is_set(row.cursor));
	assert_true(row.last_post_at_ms == TIME_UNKNOWN && !row.has_fetched);
	OK(store_source_advance(f->st, name, SLICE_LIT("c1"), 40, 5000, true, ERR));
	OK(store_source_advance(f->st, name, SLICE_NONE, 2, 4000, false, ERR));
	OK(store_source_advance(f->st, name, SLICE_NONE, 0, TIME_UNKNOWN, false, ERR));
	OK(store_source_advance(f->st, SLICE_LIT("blog"), SLICE_LIT(""), 1, 1, true, ERR));
	OK(store_commit(f->st, ERR));
	OK(store_sources_list(f->st, f->a, &rows, &count, ERR));
	assert_int_equal(count, 2);
	assert_string_equal(rows[0].name.ptr, "blog");
	assert_string_equal(rows[1].cursor.ptr, "c1");
	assert_int_equal(rows[1].posts, 42);
	assert_int_equal(rows[1].last_post_at_ms, 5000);
	assert_true(rows[1].has_fetched);
}

static int64_t
newest_of(struct fixture *f, const char *name)
{
	int64_t at_ms;

	OK(store_stream_get(f->st, slice_of(name), &at_ms, ERR));
	return at_ms;
}

static void
a_stream_is_kept_and_the_slowest_that_moves_is_known(void **state)
{
	struct fixture *f = *state;
	int64_t at_ms;

	OK(store_begin(f->st, ERR));
	OK(store_streams_slowest(f->st, 0, &at_ms, ERR));
	assert_true(at_ms == TIME_UNKNOWN && newest_of(f, "town") == TIME_UNKNOWN);
	OK(store_stream_advance(f->st, SLICE_LIT("town"), 400, ERR));
	OK(store_stream_advance(f->st, SLICE_LIT("town"), 500, ERR));
	OK(store_stream_advance(f->st, SLICE_LIT("town events"), 700, ERR));
	OK(store_stream_advance(f->st, SLICE_LIT("quiet"), 100, ERR));
	assert_int_equal(newest_of(f, "town"), 500);
	OK(store_streams_slowest(f->st, 100, &at_ms, ERR));
	assert_int_equal(at_ms, 100);
	OK(store_streams_slowest(f->st, 101, &at_ms, ERR));
	assert_int_equal(at_ms, 500);
	OK(store_streams_slowest(f->st, 701, &at_ms, ERR));
	assert_int_equal(at_ms, TIME_UNKNOWN);
	OK(store_commit(f->st, ERR));
}

static void
rejects_keep_a_readable_excerpt(void **state)
{
	struct fixture *f = *state;
	struct reject_row *rows;
	size_t count;
	char long_text[2001];

	memset(long_text, 'x', 2000);
	long_text[2000] = '\0';
	OK(store_begin(f->st, ERR));
	OK(store_reject(f->st, 1, SLICE_LIT("api"), "not JSON", SLICE_LIT("\xff\xfe\x00{"), ERR));
	OK(store_reject(f->st, 2, SLICE_LIT("api"), "too long", slice_of(long_text), ERR));
	OK(store_reject(f->st, 3, SLICE_LIT("api"), "no text", SLICE_NONE, ERR));
	OK(store_commit(f->st, ERR));
	OK(store_rejects_list(f->st, 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 3);
	assert_string_equal(rows[0].reason.ptr, "no text");
	assert_int_equal(rows[1].excerpt.len, 500);
	assert_string_equal(rows[2].excerpt.ptr, "???{");
}

/* A text that fits into the row but not into the reader's arena. */
static void
a_row_too_large_for_the_arena_is_said_to_be(void **state)
{
	struct fixture *f = *state;
	struct arena *small = arena_new(8192);
	char *text = mem_zalloc(60001);
	struct stored_post *sp, *got;

	memset(text, 'y', 60000);
	sp = plain_post(f, "id-1", text);
	OK(store_begin(f->st, ERR));
	OK(store_post_insert(f->st, sp, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_post_load(f->st, sp->post.id, small, &got, ERR), -1);
	assert_int_equal(fixture_err.kind, ERR_LIMIT);
	arena_free(small);
	mem_free(text);
}

struct insertion {
	struct store *st;
	struct stored_post *sp;
};

static int
insert_and_load(void *cookie)
{
	struct insertion *in = cookie;
	struct arena *a = arena_new(8 << 20);
	struct stored_post *got;
	int rc = -1;

	if (a == NULL)
		return -1;
	if (store_begin(in->st, ERR) == 0) {
		if (store_post_insert(in->st, in->sp, ERR) > 0 &&
		    store_post_load(in->st, in->sp->post.id, a, &got, ERR) > 0) {
			same_stored(got, in->sp);
			rc = 0;
		}
		store_rollback(in->st);
	}
	arena_free(a);
	return rc;
}

/* A damaged row is no reason to reckon with nonsense. */
static void
numbers_of_a_row_that_fit_nowhere_are_the_nearest_that_do(void **state)
{
	static const char damage[] =
	    "UPDATE posts SET "
	    "post_json = "
	    "'{\"author\":{\"id\":\"a\",\"verified\":7},\"topic_influence\":8589934597}', "
	    "score_json = '{\"p\":[-8589934592,1,2],\"reasons\":[{\"start\":-1,\"len\":8589934597,"
	    "\"effect\":-2147483648},{\"effect\":9223372036854775807}],\"smaller\":4294967296}'";
	struct fixture *f = *state;
	struct stored_post *sp = plain_post(f, "id-1", "one"), *got;
	sqlite3 *db;

	OK(store_begin(f->st, ERR));
	OK(store_post_insert(f->st, sp, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, damage, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(store_post_load(f->st, sp->post.id, f->a, &got, ERR), 1);
	assert_int_equal(got->post.author.is_verified, TRI_UNKNOWN);
	assert_int_equal(got->author.topic_influence, INT32_MAX);
	assert_int_equal(got->score.negative_milli, -INT32_MAX);
	assert_int_equal(got->score.reasons[0].start, 0);
	assert_int_equal(got->score.reasons[0].len, UINT32_MAX);
	assert_int_equal(got->score.reasons[0].effect_milli, -INT32_MAX);
	assert_int_equal(got->score.reasons[1].effect_milli, INT32_MAX);
	assert_int_equal(got->score.smaller_reasons, UINT32_MAX);
}

static void
short_memory_is_reported_and_nothing_leaks(void **state)
{
	struct fixture *f = *state;
	struct insertion in = {f->st, plain_post(f, "id-1", "one")};

	assert_true(faults_run(insert_and_load, &in, false) > 10);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(any_post_loads_as_it_was_stored),
	    T(the_smaller_reasons_are_added_up),
	    T(an_id_is_stored_once),
	    T(the_hash_of_a_text_never_changes),
	    T(an_edit_replaces_the_text_and_keeps_who_wrote_it),
	    T(a_deletion_takes_the_words_and_leaves_the_id),
	    T(newer_counts_replace_and_unknown_ones_do_not),
	    T(posts_are_listed_newest_first_in_pages),
	    T(a_source_keeps_its_cursor_and_adds_up),
	    T(a_stream_is_kept_and_the_slowest_that_moves_is_known),
	    T(rejects_keep_a_readable_excerpt),
	    T(a_row_too_large_for_the_arena_is_said_to_be),
	    T(numbers_of_a_row_that_fit_nowhere_are_the_nearest_that_do),
	    T(short_memory_is_reported_and_nothing_leaks),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
