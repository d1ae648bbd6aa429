/*
 * bench_world.c - the rules and posts that `earshot bench` measures rules on: the shapes of what the
 * service exists for (concessions, launches, support, care, people on lists), over a few brands of
 * which one is spoken of most, with keywords drawn from one vocabulary for rules and posts.
 */
#include "daemon/bench.h"

#include <stdio.h>

#include "core/diag.h"
#include "core/err.h"
#include "core/post.h"
#include "core/score.h"
#include "core/timefmt.h"
#include "nlp/nlp.h"
#include "platform/file.h"
#include "rules/rules.h"

#include "daemon/snapshot.h"

#define WORLD_ARENA_MAX (1024u * 1024 * 1024)
#define WORLD_TEXT_MAX (256u * 1024 * 1024)
#define WORLD_SEED 7
#define WORLD_LISTS 20
#define WORLD_AUTHORS 20000
#define WORLD_NOW_MS INT64_C(1790000000000)

static const char *const brands[] = {"acme", "brewline", "candela", "dorado"};
static const char *const intents[] = {
    "complaint", "support", "question", "praise", "purchase", "churn", "suggestion", "feedback"};

/* Most rules and posts are about the first. */
static size_t
some_brand(struct rng *r)
{
	return rng_below(r, 10) < 7 ? 0 : 1 + rng_below(r, 3);
}

/* ---- rules ---------------------------------------------------------------------------- */

static void
put_keywords(struct buf *t, struct rng *r, size_t words, size_t n)
{
	buf_addf(t, "    text contains any of");
	for (size_t i = 0; i < n; i++)
		buf_addf(t, "%s \"word%zu\"", i > 0 ? "," : "", (size_t)rng_below(r, words));
	buf_add_char(t, '\n');
}

static void
put_brand(struct buf *t, struct rng *r)
{
	buf_addf(t, "    brand is %s\n", brands[some_brand(r)]);
}

/* A concession to an unhappy customer. */
static void
put_sorry(struct buf *t, struct rng *r, size_t words)
{
	put_brand(t, r);
	buf_addf(t, "    sentiment is below -0.%zu\n", 1 + (size_t)rng_below(r, 6));
	put_keywords(t, r, words, 3);
}

/* Who joins in on launch day. */
static void
put_launch(struct buf *t, struct rng *r, size_t words)
{
	put_brand(t, r);
	buf_addf(t, "    post.tag is \"tag%zu\"\n    author.followers is at least %zu\n",
	    (size_t)rng_below(r, words), 10 * (size_t)rng_below(r, 200));
}

/* Help before they ask. */
static void
put_support(struct buf *t, struct rng *r, size_t words)
{
	put_brand(t, r);
	buf_addf(t, "    intent is %s\n", intents[rng_below(r, 8)]);
	put_keywords(t, r, words, 1);
	buf_addf(t, "    not author is in list list%zu\n", (size_t)rng_below(r, WORLD_LISTS));
}

/* Care for influencers. */
static void
put_care(struct buf *t, struct rng *r, size_t words)
{
	put_brand(t, r);
	put_keywords(t, r, words, 2);
	buf_addf(t,
	    "    sentiment is at least 0.%zu\n    any of\n      author.followers is at least %zu\n"
	    "      author is verified\n    end\n",
	    (size_t)rng_below(r, 7), 100 * (size_t)rng_below(r, 50));
}

/* People we look after. */
static void
put_listed(struct buf *t, struct rng *r, size_t words)
{
	buf_addf(t, "    author is in list list%zu\n", (size_t)rng_below(r, WORLD_LISTS));
	put_keywords(t, r, words, 2);
}

/* A question in a language. */
static void
put_question(struct buf *t, struct rng *r, size_t words)
{
	buf_addf(t, "    language is one of en, de\n    intent is one of %s, %s\n",
	    intents[rng_below(r, 4)], intents[4 + rng_below(r, 4)]);
	put_keywords(t, r, words, 2);
}

static void
put_conditions(struct buf *t, struct rng *r, size_t words)
{
	size_t kind = rng_below(r, 100);

	buf_addf(t, "  when all of\n");
	if (kind < 30)
		put_sorry(t, r, words);
	else if (kind < 50)
		put_launch(t, r, words);
	else if (kind < 70)
		put_support(t, r, words);
	else if (kind < 85)
		put_care(t, r, words);
	else if (kind < 95)
		put_listed(t, r, words);
	else
		put_question(t, r, words);
	buf_addf(t, "  end\n");
}

static void
put_rules(struct buf *t, struct rng *r, size_t rules, size_t words, bool with_state)
{
	for (size_t i = 0; i < sizeof brands / sizeof *brands; i++)
		buf_addf(t, "brand %s \"%s\"\n  called \"%s\", \"@%s\"\nend\n\n", brands[i],
		    brands[i], brands[i], brands[i]);
	for (size_t i = 0; i < WORLD_LISTS; i++) {
		buf_addf(t, "list list%zu \"List %zu\"\n", i, i);
		for (size_t k = 0; k < 200; k++)
			buf_addf(
			    t, "  \"@a%zu@social.example\"\n", (size_t)rng_below(r, WORLD_AUTHORS));
		buf_addf(t, "end\n\n");
	}
	for (size_t i = 0; i < rules; i++) {
		buf_addf(t, "rule r%zu \"Rule %zu\"\n", i, i);
		put_conditions(t, r, words);
		if (with_state && i % 3 == 0)
			buf_addf(t, "  happening 2 times within 7 days per author\n");
		/* a rehearsed alert is a decision and no row; a tag would be one */
		buf_addf(t, "  then\n    %s\n  end\n",
		    with_state ? "alert \"desk\" as high" : "tag author \"seen\"");
		if (with_state)
			buf_addf(t, "  at most once every 30 days per author\n");
		buf_addf(t, "end\n\n");
	}
}

/* ---- posts ---------------------------------------------------------------------------- */

/* Every tenth post is by somebody we have not seen and who is on no list. */
static size_t
some_author(struct rng *r, size_t i)
{
	return i % 10 == 9 ? WORLD_AUTHORS + i : rng_below(r, WORLD_AUTHORS);
}

static int
fill_author(struct bench_world *w, struct rng *r, size_t i)
{
	struct author *a = &w->posts[i].author;
	size_t number = some_author(r, i);

	a->id = slice_of(arena_printf(w->arena, "https://social.example/users/a%zu", number));
	a->handle = slice_of(arena_printf(w->arena, "@a%zu@social.example", number));
	a->followers = (int64_t)rng_below(r, 5000);
	a->is_verified = rng_below(r, 10) == 0 ? TRI_YES : TRI_NO;
	w->authors[i] = (struct author_facts){.author_no = (int64_t)number + 1, .posts_seen = 3};
	return slice_is_set(a->id) && slice_is_set(a->handle) ? 0 : -1;
}

static int
fill_post(struct bench *b, struct bench_world *w, struct rng *r, size_t words, size_t i)
{
	struct post *p = &w->posts[i];
	size_t tag = (size_t)rng_below(r, words);
	struct slice *tags = ARENA_NEW(w->arena, struct slice);
	const char *tail = arena_printf(w->arena, " %s word%zu word%zu #tag%zu",
	    brands[some_brand(r)], (size_t)rng_below(r, words), (size_t)rng_below(r, words), tag);

	post_init(p);
	if (tags == NULL || tail == NULL)
		return -1;
	*tags = slice_of(arena_printf(w->arena, "tag%zu", tag));
	p->tags = (struct slice_list){tags, 1};
	p->source = SLICE_LIT("bench");
	p->id = slice_of(arena_printf(w->arena, "https://social.example/posts/%zu", i));
	p->text = slice_of(bench_text(b, i, tail));
	p->created_at_ms = p->fetched_at_ms = WORLD_NOW_MS;
	return slice_is_set(*tags) && slice_is_set(p->id) && slice_is_set(p->text)
	    ? fill_author(w, r, i)
	    : -1;
}

static int
fill_occurrence(struct bench_world *w, size_t i)
{
	struct occurrence *o = &w->occurrences[i];
	const char *subject = arena_printf(w->arena, "a:%.*s", SLICE_ARG(w->posts[i].author.id));

	*o = (struct occurrence){.kind = OCCURRENCE_POST,
	    .id = w->posts[i].id,
	    .at_ms = WORLD_NOW_MS,
	    .now_ms = WORLD_NOW_MS,
	    .post = &w->posts[i],
	    .score = &w->scores[i],
	    .author = &w->authors[i],
	    .subject = slice_of(subject),
	    .local_ms = WORLD_NOW_MS};
	return subject != NULL ? 0 : -1;
}

int
bench_world_make(struct bench *b, size_t rules, size_t words, bool with_state,
    struct bench_world *w, struct err *err)
{
	struct buf text;
	struct rng r;

	*w = (struct bench_world){.count = BENCH_POSTS, .arena = arena_new(WORLD_ARENA_MAX)};
	rng_init(&r, WORLD_SEED);
	buf_init(&text, WORLD_TEXT_MAX);
	if (w->arena == NULL)
		goto no_memory;
	put_rules(&text, &r, rules, words, with_state);
	w->rules = arena_slice_dup(w->arena, buf_slice(&text));
	w->posts = arena_array(w->arena, w->count, sizeof *w->posts);
	w->scores = arena_array(w->arena, w->count, sizeof *w->scores);
	w->authors = arena_array(w->arena, w->count, sizeof *w->authors);
	w->occurrences = arena_array(w->arena, w->count, sizeof *w->occurrences);
	if (buf_failed(&text) || !slice_is_set(w->rules) || w->posts == NULL || w->scores == NULL ||
	    w->authors == NULL || w->occurrences == NULL)
		goto no_memory;
	for (size_t i = 0; i < w->count; i++)
		if (fill_post(b, w, &r, words, i) < 0 || fill_occurrence(w, i) < 0)
			goto no_memory;
	buf_fini(&text);
	return 0;
no_memory:
	buf_fini(&text);
	return err_set(err, ERR_NOMEM, "no memory for the rules and posts to measure");
}

void
bench_world_fini(struct bench_world *w)
{
	arena_free(w->arena);
	*w = (struct bench_world){0};
}

/* Words and brands are what was said; how it feels is drawn, so that all shades are there. */
int
bench_world_score(struct bench *b, struct bench_world *w, struct snapshot *s, struct err *err)
{
	struct scorer *scorer = scorer_new();
	struct rng r;
	int rc = scorer == NULL ? err_set(err, ERR_NOMEM, "no memory for a scorer") : 0;

	rng_init(&r, WORLD_SEED);
	for (size_t i = 0; rc == 0 && i < w->count; i++) {
		struct score *score = &w->scores[i];

		rc = nlp_score(scorer, b->lexicon, s->matcher, w->posts[i].text, SLICE_LIT("en"),
		    w->arena, score, err);
		score->is_scored = true;
		score->score_milli = (int32_t)rng_below(&r, 2001) - 1000;
		score->intents = UINT32_C(1) << rng_below(&r, 8);
	}
	scorer_free(scorer);
	return rc;
}

/* ---- for others to measure ---------------------------------------------------------------- */

static void
put_facts(const struct bench_world *w, size_t i, struct json_writer *j)
{
	const struct score *s = &w->scores[i];
	const struct post *p = &w->posts[i];

	json_object_begin(j);
	json_key(j, "brand");
	json_array_begin(j);
	for (size_t k = 0; k < s->brand_count; k++)
		json_put_str(j, slice_of(brands[s->brands[k]]));
	json_array_end(j);
	json_key(j, "text");
	json_array_begin(j);
	for (size_t k = 0; k < s->token_count; k++)
		json_put_str(j, token_folded(&s->tokens[k]));
	json_array_end(j);
	json_key(j, "intent");
	json_array_begin(j);
	for (size_t k = 0; k < sizeof intents / sizeof *intents; k++)
		if ((s->intents >> k & 1) != 0)
			json_put_str(j, slice_of(intents[k]));
	json_array_end(j);
	json_key(j, "post.tag");
	json_array_begin(j);
	json_put_str(j, p->tags.items[0]);
	json_array_end(j);
	json_kv_milli(j, "sentiment", s->score_milli);
	json_kv_cstr(j, "language", s->lang);
	json_kv_i64(j, "author.followers", p->author.followers);
	json_kv_bool(j, "verified", p->author.is_verified == TRI_YES);
	json_kv_str(j, "handle", p->author.handle);
	json_object_end(j);
}

static int
write_file(
    struct bench_world *w, const char *dir, const char *name, struct buf *text, struct err *err)
{
	const char *path = file_join(w->arena, dir, name);

	if (path == NULL || buf_failed(text))
		return err_set(err, ERR_NOMEM, "no memory for '%s'", name);
	return file_write_atomic(path, buf_slice(text), false, err);
}

int
bench_world_export(struct bench_world *w, const char *dir, struct err *err)
{
	struct rule_source source = {"bench.rules", w->rules};
	struct diag_list *diags = diag_list_new();
	struct json_writer j;
	struct buf text;
	int rc = -1;

	buf_init(&text, WORLD_TEXT_MAX);
	if (diags == NULL)
		err_set(err, ERR_NOMEM, "no memory for the rules as JSON");
	else if (file_make_dirs(dir, err) == 0 && rules_to_json(&source, diags, &text, err) == 0)
		rc = write_file(w, dir, "rules.json", &text, err);
	buf_clear(&text);
	for (size_t i = 0; rc == 0 && i < w->count; i++) {
		json_writer_init(&j, &text);
		put_facts(w, i, &j);
		buf_add_char(&text, '\n');
	}
	if (rc == 0)
		rc = write_file(w, dir, "facts.ndjson", &text, err);
	buf_fini(&text);
	diag_list_free(diags);
	return rc;
}
