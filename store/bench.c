/*
 * bench.c - both sides of the comparison write the same rows; only who makes them differs.
 *
 * The bare side has its texts ready: what it measures is SQLite and the disk.  What ours takes
 * longer is looking before inserting, keeping counters, and writing JSON.
 */
#include "store/bench.h"

#include <unistd.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/rng.h"
#include "store/store_internal.h"

#define BATCH_POSTS 256
#define AUTHORS 50000
#define DECIDES_EVERY 10
#define SLICE_NS INT64_C(500000000)
#define START_MS INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */
#define PATH_LEN 4096

/* ---- the rows --------------------------------------------------------- */

/* The nth post, made again and again from its number. */
struct sample {
	char id[96], author_id[64], handle[48], text[400], subject[80], decision_id[33],
	    day_key[96];
	int64_t at_ms;
	bool decides;
};

static const char words[] = "the coffee machine I bought at acme broke again after two days and "
			    "nobody answers the phone, what a "
			    "terrible service, I wanted to love it but now I just want my money "
			    "back, does anybody know how to "
			    "reach them, thanks in advance and greetings from a rainy town ";

static void
sample_make(struct sample *s, int64_t n, struct rng *r)
{
	size_t author = rng_below(r, AUTHORS), start = rng_below(r, 100);
	int len = 60 + (int)rng_below(r, 120);

	s->at_ms = START_MS + n;
	snprintf(s->id, sizeof s->id, "https://social.example/users/person%zu/statuses/1%017lld",
	    author, (long long)n);
	snprintf(
	    s->author_id, sizeof s->author_id, "https://social.example/users/person%zu", author);
	snprintf(s->handle, sizeof s->handle, "@person%zu@social.example", author);
	snprintf(s->text, sizeof s->text, "%.*s", len, words + start);
	snprintf(s->subject, sizeof s->subject, "a:%s", s->author_id);
	snprintf(s->decision_id, sizeof s->decision_id, "%016llx%016llx", (unsigned long long)n,
	    (unsigned long long)n * UINT64_C(0x9e3779b97f4a7c15));
	snprintf(s->day_key, sizeof s->day_key, "%s|2026-11-21", s->subject);
	s->decides = n % DECIDES_EVERY == 0;
}

static const struct slice brand[] = {{"acme", 4}};
static const struct score_entry entries[] = {
    {"terribl", 7, ENTRY_LEXICON}, {"love", 4, ENTRY_LEXICON}};
static struct contribution reasons[] = {
    {50, 8, &entries[0], NULL, -2100, -2100},
    {90, 4, &entries[1], "halved before 'but'", 3200, 1600},
};

static void
sample_to_post(const struct sample *s, struct stored_post *sp)
{
	*sp = (struct stored_post){.brand_ids = {brand, 1},
	    .subject = slice_of(s->subject),
	    .feed = SLICE_LIT("fediverse"),
	    .rules_version = 1};
	post_init(&sp->post);
	sp->post.id = sp->post.url = slice_of(s->id);
	sp->post.source = SLICE_LIT("mastodon");
	sp->post.text = slice_of(s->text);
	sp->post.lang = SLICE_LIT("en");
	sp->post.created_at_ms = sp->post.fetched_at_ms = s->at_ms;
	sp->post.likes = sp->post.replies = sp->post.reposts = 0;
	sp->post.author.id = sp->post.author.url = slice_of(s->author_id);
	sp->post.author.handle = slice_of(s->handle);
	sp->post.author.name = SLICE_LIT("A Person");
	sp->post.author.bio = SLICE_LIT("likes long walks, short posts and coffee of any kind");
	sp->post.author.followers = 321;
	sp->post.author.following = 123;
	sp->post.author.posts = 4100;
	sp->score = (struct score){.lang = "en",
	    .label = SENTIMENT_NEGATIVE,
	    .score_milli = -620,
	    .negative_milli = 710,
	    .neutral_milli = 200,
	    .positive_milli = 90,
	    .is_scored = true,
	    .intents = 1u << INTENT_COMPLAINT | 1u << INTENT_SUPPORT,
	    .reasons = reasons,
	    .reason_count = sizeof reasons / sizeof reasons[0],
	    .lexicon = "en-3f2a91c0"};
}

static struct decision_row
sample_to_decision(const struct sample *s, int64_t post_no)
{
	struct decision_row d = {.rule_id = SLICE_LIT("make-it-right"),
	    .rules_version = 1,
	    .occurrence_id = slice_of(s->id),
	    .post_no = post_no,
	    .subject = slice_of(s->subject),
	    .action = SLICE_LIT("send \"sorry\" by email to customer with offer ten-percent"),
	    .verb = ACTION_SEND,
	    .outcome = DECISION_QUEUED,
	    .reason =
		SLICE_LIT("brand is acme, sentiment is -0.62 (below -0.4), customer allows email"),
	    .at_ms = s->at_ms,
	    .event_at_ms = s->at_ms};

	memcpy(d.id, s->decision_id, sizeof d.id);
	return d;
}

static struct message
sample_to_message(const struct sample *s)
{
	struct message m = {.decision_id = slice_of(s->decision_id),
	    .channel = SLICE_LIT("file"),
	    .address = SLICE_LIT("someone@example.org"),
	    .customer_id = SLICE_LIT("customer-4711"),
	    .endpoint_id = SLICE_LIT("endpoint-4711"),
	    .template_id = SLICE_LIT("sorry"),
	    .parts_json =
		SLICE_LIT("{\"subject\":\"We are sorry\",\"text\":\"Dear customer, that should not "
			  "have happened. Here is a code for ten percent off your next order.\"}"),
	    .state = MESSAGE_READY,
	    .next_at_ms = s->at_ms,
	    .claimed_at_ms = TIME_UNKNOWN,
	    .expires_at_ms = s->at_ms + TIME_DAY_MS,
	    .created_at_ms = s->at_ms,
	    .updated_at_ms = s->at_ms};

	memcpy(m.id, s->decision_id, sizeof m.id);
	return m;
}

/* ---- our side --------------------------------------------------------- */

static int
count_up(struct store *st, struct slice rule, enum state_kind kind, struct slice key, int64_t at_ms,
    struct err *err)
{
	struct rule_counter c;

	if (store_counter_get(st, rule, kind, key, &c, err) < 0)
		return -1;
	c.count++;
	c.last_at_ms = at_ms;
	return store_counter_put(st, rule, kind, key, &c, err);
}

static int
our_decision(struct store *st, const struct sample *s, int64_t post_no, struct err *err)
{
	struct slice rule = SLICE_LIT("make-it-right");
	struct decision_row d = sample_to_decision(s, post_no);
	struct message m = sample_to_message(s);

	if (store_decision_insert(st, &d, err) < 0 || store_message_insert(st, &m, err) < 0 ||
	    count_up(st, rule, STATE_COOLDOWN, d.subject, s->at_ms, err) < 0 ||
	    count_up(st, rule, STATE_TOTAL, SLICE_LIT(""), s->at_ms, err) < 0)
		return -1;
	return count_up(st, SLICE_LIT(""), STATE_PERSON_DAY, slice_of(s->day_key), s->at_ms, err);
}

static int
our_post(struct store *st, const struct sample *s, struct arena *a, struct err *err)
{
	struct stored_post sp;
	struct post_ref ref;
	struct link_row link;

	sample_to_post(s, &sp);
	if (store_post_find(st, sp.post.id, &ref, err) < 0 ||
	    store_author_see(st, &sp.post.author, s->at_ms, true, &sp.author, err) < 0 ||
	    store_link_by_author(st, sp.post.author.id, a, &link, err) < 0 ||
	    store_tags_load(st, sp.subject, s->at_ms, a, &sp.author.tags, err) < 0 ||
	    store_post_insert(st, &sp, err) < 0)
		return -1;
	return s->decides ? our_decision(st, s, sp.post_no, err) : 0;
}

static int
our_batch(struct store *st, int64_t first, struct rng *r, struct arena *a, struct err *err)
{
	struct sample s;
	char cursor[24];

	if (store_begin(st, err) < 0)
		return -1;
	for (int64_t n = first; n < first + BATCH_POSTS; n++) {
		sample_make(&s, n, r);
		if (our_post(st, &s, a, err) < 0)
			goto fail;
	}
	snprintf(cursor, sizeof cursor, "%lld", (long long)first);
	if (store_source_advance(
		st, SLICE_LIT("fediverse"), slice_of(cursor), BATCH_POSTS, s.at_ms, true, err) < 0)
		goto fail;
	arena_reset(a);
	return store_commit(st, err);
fail:
	store_rollback(st);
	return -1;
}

/* ---- the bare side ---------------------------------------------------- */

enum {
	BARE_POST,
	BARE_AUTHOR,
	BARE_DECISION,
	BARE_MESSAGE,
	BARE_COUNTER,
	BARE_SOURCE,
	BARE_COUNT
};

static const char *const bare_sql[BARE_COUNT] = {
    [BARE_POST] =
	("INSERT INTO posts (id, feed, source, author_no, subject, event_at_ms, created_at_ms, "
	 "fetched_at_ms, text, text_hash, lang, label, score_milli, brands, likes, replies, "
	 "reposts, "
	 "rules_version, post_json, score_json) VALUES (?1, 'fediverse', 'mastodon', 1 + ?4 % "
	 "50000, ?2, "
	 "?4, ?4, ?4, ?3, ?4 * 7919, 'en', 0, -620, 'acme', 0, 0, 0, 1, ?5, ?6)"),
    [BARE_AUTHOR] =
	("INSERT INTO authors (id, handle, handle_key, name, bio, url, followers, following, "
	 "posts, "
	 "first_seen_at_ms, last_seen_at_ms, posts_seen) VALUES (?1, ?2, ?2, 'A Person', 'likes "
	 "long "
	 "walks, short posts and coffee of any kind', ?1, 321, 123, 4100, ?3, ?3, 1) ON CONFLICT "
	 "(id) "
	 "DO UPDATE SET last_seen_at_ms = ?3, posts_seen = posts_seen + 1"),
    [BARE_DECISION] =
	("INSERT INTO decisions (id, rule_id, rules_version, occurrence_kind, occurrence_id, "
	 "post_no, "
	 "subject, action, verb, outcome, reason, at_ms, event_at_ms) VALUES (?1, 'make-it-right', "
	 "1, 0, "
	 "?2, ?4, ?3, 'send \"sorry\" by email to customer with offer ten-percent', 0, 1, 'brand "
	 "is "
	 "acme, sentiment is -0.62 (below -0.4), customer allows email', ?4, ?4)"),
    [BARE_MESSAGE] =
	("INSERT INTO outbox (id, kind, decision_id, channel, address, purpose, customer_id, "
	 "endpoint_id, template, parts, state, next_at_ms, expires_at_ms, created_at_ms, "
	 "updated_at_ms) "
	 "VALUES (?1, 0, ?1, 'file', 'someone@example.org', 0, 'customer-4711', 'endpoint-4711', "
	 "'sorry', '{\"subject\":\"We are sorry\",\"text\":\"Dear customer, that should not have "
	 "happened. Here is a code for ten percent off your next order.\"}', 1, ?2, ?2, ?2, ?2)"),
    [BARE_COUNTER] =
	("INSERT INTO rule_state (rule_id, kind, key, last_at_ms, count) VALUES (?1, ?2, ?3, "
	 "?4, 1) ON CONFLICT (rule_id, kind, key) DO UPDATE SET last_at_ms = ?4, count = "
	 "count + 1"),
    [BARE_SOURCE] = ("INSERT INTO sources (name, cursor, posts) VALUES ('fediverse', ?1, 256) ON "
		     "CONFLICT (name) DO UPDATE SET cursor = ?1, posts = posts + 256"),
};

struct bare {
	struct store *st; /* its schema and its settings; the statements are our own */
	sqlite3_stmt *stmt[BARE_COUNT];
	struct buf post_json, score_json;
};

/* Types of the parameters: t a text (const char *), i a number (int64_t). */
static int
bare_run(sqlite3_stmt *stmt, const char *types, ...)
{
	va_list ap;
	int rc = SQLITE_OK;

	va_start(ap, types);
	for (int i = 0; types[i] != '\0' && rc == SQLITE_OK; i++) {
		if (types[i] == 't')
			rc = sqlite3_bind_text(
			    stmt, i + 1, va_arg(ap, const char *), -1, SQLITE_STATIC);
		else
			rc = sqlite3_bind_int64(stmt, i + 1, va_arg(ap, int64_t));
	}
	va_end(ap);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
bare_counter(struct bare *b, const char *rule, int kind, const char *key, int64_t at_ms)
{
	return bare_run(b->stmt[BARE_COUNTER], "titi", rule, (int64_t)kind, key, at_ms);
}

static int
bare_post(struct bare *b, const struct sample *s)
{
	int rc = bare_run(b->stmt[BARE_AUTHOR], "tti", s->author_id, s->handle, s->at_ms);

	if (rc == SQLITE_OK)
		rc = bare_run(b->stmt[BARE_POST], "tttitt", s->id, s->subject, s->text, s->at_ms,
		    buf_str(&b->post_json), buf_str(&b->score_json));
	if (rc != SQLITE_OK || !s->decides)
		return rc;
	rc = bare_run(b->stmt[BARE_DECISION], "ttti", s->decision_id, s->id, s->subject, s->at_ms);
	if (rc == SQLITE_OK)
		rc = bare_run(b->stmt[BARE_MESSAGE], "ti", s->decision_id, s->at_ms);
	if (rc == SQLITE_OK)
		rc = bare_counter(b, "make-it-right", STATE_COOLDOWN, s->subject, s->at_ms);
	if (rc == SQLITE_OK)
		rc = bare_counter(b, "make-it-right", STATE_TOTAL, "", s->at_ms);
	if (rc == SQLITE_OK)
		rc = bare_counter(b, "", STATE_PERSON_DAY, s->day_key, s->at_ms);
	return rc;
}

static int
bare_batch(struct bare *b, int64_t first, struct rng *r, struct err *err)
{
	struct sample s;
	char cursor[24];
	int rc = SQLITE_OK;

	if (store_begin(b->st, err) < 0)
		return -1;
	for (int64_t n = first; n < first + BATCH_POSTS && rc == SQLITE_OK; n++) {
		sample_make(&s, n, r);
		rc = bare_post(b, &s);
	}
	snprintf(cursor, sizeof cursor, "%lld", (long long)first);
	if (rc == SQLITE_OK)
		rc = bare_run(b->stmt[BARE_SOURCE], "t", cursor);
	if (rc != SQLITE_OK) {
		store_error(b->st, rc, err);
		store_rollback(b->st);
		return -1;
	}
	return store_commit(b->st, err);
}

static int
bare_prepare(struct bare *b, struct err *err)
{
	struct sample s;
	struct stored_post sp;
	struct rng r;

	rng_init(&r, 1);
	sample_make(&s, 1, &r);
	sample_to_post(&s, &sp);
	sp.author =
	    (struct author_facts){.author_no = 1, .posts_seen = 1, .first_seen_at_ms = START_MS};
	row_json_post(&sp, &b->post_json);
	row_json_score(&sp.score, &b->score_json);
	if (store_buf_check(b->st, &b->post_json, err) < 0 ||
	    store_buf_check(b->st, &b->score_json, err) < 0)
		return -1;
	for (int i = 0; i < BARE_COUNT; i++) {
		int rc = sqlite3_prepare_v3(
		    b->st->db, bare_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &b->stmt[i], NULL);

		if (rc != SQLITE_OK)
			return store_error(b->st, rc, err);
	}
	return 0;
}

/* ---- both in turns ---------------------------------------------------- */

struct side {
	char path[PATH_LEN];
	struct rng rng;
	int64_t posts, ns, slowest_ns;
};

struct bench {
	struct side ours, plain;
	struct store *st;
	struct bare bare;
	struct arena *a;
	const struct clock *clock;
};

static int
run_side(struct bench *b, struct side *side, struct err *err)
{
	int64_t began_ns = clock_mono_ns(b->clock), ns = 0;

	while (ns < SLICE_NS) {
		int64_t before_ns = ns;
		int rc = side == &b->ours ? our_batch(b->st, side->posts, &side->rng, b->a, err)
					  : bare_batch(&b->bare, side->posts, &side->rng, err);

		if (rc < 0)
			return -1;
		side->posts += BATCH_POSTS;
		ns = clock_mono_ns(b->clock) - began_ns;
		if (ns - before_ns > side->slowest_ns)
			side->slowest_ns = ns - before_ns;
	}
	side->ns += ns;
	return 0;
}

static void
remove_files(const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char name[PATH_LEN + 8];

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		(void)unlink(name);
	}
}

static int
open_side(
    struct side *side, const char *dir, const char *name, struct store **st_r, struct err *err)
{
	struct store_options o = {.path = side->path, .mode = STORE_WRITER, .now_ms = START_MS};

	if (snprintf(side->path, sizeof side->path, "%s/%s", dir, name) >= PATH_LEN)
		return err_set(err, ERR_INPUT, "the folder's name is too long");
	rng_init(&side->rng, 42);
	remove_files(side->path);
	return store_open(&o, st_r, err);
}

static int64_t
per_second(const struct side *s)
{
	return s->ns == 0 ? 0 : (int64_t)((double)s->posts * 1e9 / (double)s->ns);
}

static int
report(const struct bench *b, struct buf *out, struct err *err)
{
	struct json_writer w;
	struct query q;
	int64_t ours = per_second(&b->ours), bare = per_second(&b->plain), bytes = 0;
	int rc;

	if (query_open(&q, b->st,
		"SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", err) < 0)
		return -1;
	rc = query_step(&q, err);
	if (rc > 0)
		bytes = query_int(&q, 0);
	query_close(&q);
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_kv_i64(&w, "posts_per_s", ours);
	json_kv_i64(&w, "bare_posts_per_s", bare);
	json_kv_milli(&w, "ratio", bare == 0 ? 0 : ours * 1000 / bare);
	json_kv_i64(&w, "batch_posts", BATCH_POSTS);
	json_kv_i64(&w, "slowest_batch_ms", b->ours.slowest_ns / 1000000);
	json_kv_i64(&w, "posts", b->ours.posts);
	json_kv_i64(&w, "bytes_per_post", b->ours.posts == 0 ? 0 : bytes / b->ours.posts);
	json_object_end(&w);
	return rc < 0 ? -1 : 0;
}

static void
bench_fini(struct bench *b)
{
	for (int i = 0; i < BARE_COUNT; i++)
		sqlite3_finalize(b->bare.stmt[i]);
	buf_fini(&b->bare.post_json);
	buf_fini(&b->bare.score_json);
	store_close(b->st);
	store_close(b->bare.st);
	arena_free(b->a);
	remove_files(b->ours.path);
	remove_files(b->plain.path);
}

int
store_bench(const char *dir, double seconds, const struct clock *clock, struct buf *json_out,
    struct err *err)
{
	struct bench b = {.clock = clock, .a = arena_new(STORE_ROW_MAX)};
	int64_t until_ns = clock_mono_ns(clock) + (int64_t)(seconds * 1e9);
	int rc = -1;

	buf_init(&b.bare.post_json, STORE_ROW_MAX);
	buf_init(&b.bare.score_json, STORE_ROW_MAX);
	if (b.a == NULL) {
		err_set(err, ERR_NOMEM, "no memory to measure with");
		goto out;
	}
	if (open_side(&b.ours, dir, "bench-ours.db", &b.st, err) < 0 ||
	    open_side(&b.plain, dir, "bench-bare.db", &b.bare.st, err) < 0 ||
	    bare_prepare(&b.bare, err) < 0)
		goto out;
	do {
		if (run_side(&b, &b.plain, err) < 0 || run_side(&b, &b.ours, err) < 0)
			goto out;
	} while (clock_mono_ns(clock) < until_ns);
	rc = report(&b, json_out, err);
out:
	bench_fini(&b);
	return rc;
}
