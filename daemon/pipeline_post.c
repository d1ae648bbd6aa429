/*
 * pipeline_post.c - one post: is it new, an edit, a repeat or a deletion; its score, its people, its row.
 */
#include "daemon/pipeline_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/log.h"
#include "nlp/nlp.h"
#include "people/link_codes.h"
#include "people/people.h"
#include "rules/rules.h"
#include "store/days.h"
#include "store/erasure.h"
#include "store/posts.h"
#include "store/timers.h"

#include "actions/sequences.h"
#include "daemon/config.h"
#include "daemon/snapshot.h"

/* An account may be named by its id, its handle or its address; an address spells a handle, too. */
struct account_names {
	struct slice names[4];
};

static struct account_names
account_names_of(const struct author *author, struct arena *a)
{
	return (struct account_names){{author->id, author->url, handle_key_make(a, author->handle),
	    handle_key_make(a, author->url)}};
}

static bool
account_is(struct slice account, const struct account_names *author)
{
	for (size_t i = 0; i < sizeof author->names / sizeof *author->names; i++)
		if (slice_is_set(author->names[i]) && slice_eq(account, author->names[i]))
			return true;
	return false;
}

/* Posts by the brand's own accounts and by our own senders decide nothing. */
bool
pipeline_author_is_own(const struct pipeline *p, const struct author *author)
{
	struct account_names names = account_names_of(author, p->arena);

	for (size_t i = 0; i < p->snapshot->own_accounts.count; i++)
		if (account_is(p->snapshot->own_accounts.items[i], &names))
			return true;
	for (size_t i = 0; i < p->account_count; i++)
		if (account_is(slice_of(p->accounts[i]), &names))
			return true;
	return false;
}

static const char *
post_inertia(const struct page *page, const struct post *post, bool is_own)
{
	if (page->is_first_fetch)
		return INERT_FIRST_FETCH;
	if (is_own)
		return INERT_OWN_ACCOUNT;
	if (slice_is_set(post->repost_of))
		return INERT_REPOST;
	return NULL;
}

/* Whoever was erased does not come back by being fetched again.  The post is not stored; nothing of it is
 * told but that it came.  1, 0, -1. */
static int
post_is_erased(struct pipeline *p, const struct post *post, struct err *err)
{
	struct slice handle = SLICE_NONE;

	if (handle_key_read(p->arena, post->author.handle, &handle, err) < 0)
		return -1;
	return store_post_is_erased(p->env.store, post->id, post->author.id, handle, err);
}

static int
post_delete(struct pipeline *p, const struct page *page, const struct post *post, int64_t now_ms,
    struct page_result *result, struct err *err)
{
	struct post_ref ref;
	int64_t cancelled = 0;
	int rc;

	rc = store_post_find(p->env.store, post->id, &ref, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		rc = post_is_erased(p, post, err);
		if (rc != 0) { /* an id may name them */
			result->erased += rc > 0;
			return rc < 0 ? -1 : 0;
		}
		if (store_post_insert_deleted(p->env.store, post->id, page->feed, now_ms, err) < 0)
			return -1;
		result->deleted++;
		return 0;
	}
	if (ref.is_deleted) {
		result->duplicates++;
		return 0;
	}
	if (store_post_forget_copies(p->env.store, ref.post_no, post->id, now_ms, err) < 0 ||
	    store_post_delete(p->env.store, ref.post_no, err) < 0 ||
	    store_days_post_changed(p->env.store, ref.post_no, now_ms, err) < 0 ||
	    store_timers_cancel_for_post(p->env.store, ref.post_no, &cancelled, err) < 0 ||
	    store_messages_cancel_for_post(p->env.store, ref.post_no, now_ms,
		"the post was deleted upstream", &cancelled, err) < 0)
		return -1;
	result->deleted++;
	return 0;
}

/* Hashtags and mentions that stand in the text, of a post that came without a list of them. */
static int
names_from_text(const struct stored_post *sp, enum token_kind kind, struct arena *a,
    struct slice_list *list, struct err *err)
{
	struct slice *items;
	size_t n = 0;

	if (list->count > 0)
		return 0;
	for (size_t i = 0; i < sp->score.token_count; i++)
		n += sp->score.tokens[i].kind == kind;
	if (n == 0)
		return 0;
	n = n < POST_TAGS_MAX ? n : POST_TAGS_MAX;
	items = arena_array(a, n, sizeof *items);
	if (items == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the tags of a post");
	for (size_t i = 0, at = 0; at < n; i++) {
		const struct token *t = &sp->score.tokens[i];

		if (t->kind == kind) /* without its '#' or '@', which is one byte once folded */
			items[at++] = slice_make(t->folded + 1, t->folded_len - 1);
	}
	*list = (struct slice_list){items, n};
	return 0;
}

int
pipeline_name(
    const struct snapshot *snapshot, struct stored_post *sp, struct arena *a, struct err *err)
{
	const struct brand_set *brands = rule_set_brands(snapshot->rules);
	struct slice *ids;

	if (names_from_text(sp, TOKEN_HASHTAG, a, &sp->post.tags, err) < 0 ||
	    names_from_text(sp, TOKEN_MENTION, a, &sp->post.mentions, err) < 0)
		return -1;
	ids = arena_array(a, sp->score.brand_count + 1, sizeof *ids);
	if (ids == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the brands of a post");
	for (size_t i = 0; i < sp->score.brand_count; i++) {
		assert(sp->score.brands[i] < brands->brand_count);
		ids[i] = brands->brands[sp->score.brands[i]].id;
	}
	sp->brand_ids = (struct slice_list){ids, sp->score.brand_count};
	return 0;
}

/* Tokens, score and brands of a post's text. */
static int
post_score(struct pipeline *p, struct stored_post *sp, struct err *err)
{
	if (nlp_score(p->scorer, p->snapshot->lexicon, p->snapshot->matcher, sp->post.text,
		sp->post.lang, p->arena, &sp->score, err) < 0)
		return -1;
	return pipeline_name(p->snapshot, sp, p->arena, err);
}

/* A code in a post links its author before it is looked up who that is. */
static int
post_codes(struct pipeline *p, const struct post *post, int64_t now_ms, struct err *err)
{
	struct slice prefix = slice_of(p->snapshot->config->code_prefix);
	struct link_codes_seen seen;

	if (link_codes_read(
		p->env.store, post, prefix, !post->may_not_match, now_ms, p->arena, &seen, err) < 0)
		return -1;
	p->codes_used += seen.is_used;
	p->codes_wrong += seen.wrong;
	if (slice_is_set(seen.words))
		log_event(p->env.log, seen.is_used ? LOG_INFO : LOG_WARN, "link.code", "author",
		    post->author.id.ptr, "what", seen.words.ptr, NULL);
	return 0;
}

/* A post whose id is known: an edit, or the same again. */
static int
post_again(struct pipeline *p, struct stored_post *sp, const struct post_ref *ref, int64_t now_ms,
    struct page_result *result, struct err *err)
{
	struct person_seen seen;

	if (ref->is_deleted || ref->is_expired ||
	    ref->text_hash == store_text_hash(sp->post.text)) {
		result->duplicates++;
		if (ref->is_deleted || ref->is_expired)
			return 0;
		return store_post_counts(p->env.store, ref->post_no, sp->post.likes,
		    sp->post.replies, sp->post.reposts, err);
	}
	if (post_score(p, sp, err) < 0 ||
	    (!pipeline_author_is_own(p, &sp->post.author) &&
		post_codes(p, &sp->post, now_ms, err) < 0) ||
	    people_see(p->env.store, &sp->post, &p->snapshot->config->influence, now_ms, false,
		p->arena, &seen, err) < 0)
		return -1;
	sp->author = seen.author;
	sp->customer = seen.customer;
	sp->subject = seen.subject;
	result->revised++;
	if (store_post_revise(p->env.store, ref->post_no, sp, err) < 0)
		return -1;
	return sp->customer == NULL
	    ? 0
	    : store_days_post_changed(p->env.store, ref->post_no, now_ms, err);
}

/* A reply to a post we have is in its thread, however far down it stands; sources seldom name one.  A
 * thread is named by the post it began with, or by the oldest one we know of. */
static int
join_thread(struct pipeline *p, struct stored_post *sp, struct err *err)
{
	struct stored_post *parent;
	int rc;

	if (slice_is_set(sp->post.thread) || !slice_is_set(sp->post.reply_to))
		return 0;
	rc = store_post_load(p->env.store, sp->post.reply_to, p->arena, &parent, err);
	if (rc <= 0)
		return rc;
	sp->post.thread = slice_is_set(parent->post.thread) ? parent->post.thread
	    : slice_is_set(parent->post.reply_to)           ? parent->post.reply_to
							    : parent->post.id;
	return 0;
}

/* What the customer said counts for the customer their account is linked to; reposts are others' words. */
static int
count_day(struct pipeline *p, const struct stored_post *sp, const struct person_seen *seen,
    int64_t now_ms, struct err *err)
{
	const struct day_entry entry = {.what = DAY_POST,
	    .at_ms = post_event_at_ms(&sp->post),
	    .score_milli = sp->score.score_milli,
	    .is_complaint = (sp->score.intents & (1u << INTENT_COMPLAINT)) != 0};

	if (seen->customer == NULL || slice_is_set(sp->post.repost_of))
		return 0;
	return store_day_add(p->env.store, seen->linked_id, &entry, now_ms, err);
}

int
pipeline_take_post(struct pipeline *p, const struct page *page, const struct post *post,
    int64_t now_ms, struct page_result *result, struct err *err)
{
	struct stored_post *sp;
	struct post_ref ref;
	struct person_seen seen;
	size_t queued;
	bool is_own;
	int rc;

	if (post->is_deleted)
		return post_delete(p, page, post, now_ms, result, err);
	sp = ARENA_NEW(p->arena, struct stored_post);
	if (sp == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a post");
	sp->post = *post;
	sp->feed = page->feed;
	sp->rules_version = p->snapshot->version;
	rc = store_post_find(p->env.store, post->id, &ref, err);
	if (rc < 0)
		return -1;
	if (rc == 1)
		return post_again(p, sp, &ref, now_ms, result, err);
	rc = post_is_erased(p, post, err);
	if (rc != 0) {
		result->erased += rc > 0;
		return rc < 0 ? -1 : 0;
	}
	is_own = pipeline_author_is_own(p, &post->author);
	if (post_score(p, sp, err) < 0 || (!is_own && post_codes(p, post, now_ms, err) < 0) ||
	    people_see(p->env.store, post, &p->snapshot->config->influence, now_ms, true, p->arena,
		&seen, err) < 0)
		return -1;
	if (slice_is_set(seen.unlinked))
		log_event(p->env.log, LOG_WARN, "link.ended", "author", post->author.id.ptr, "why",
		    seen.unlinked.ptr, NULL);
	sp->author = seen.author;
	sp->customer = seen.customer;
	sp->subject = seen.subject;
	sp->inert = post_inertia(page, post, is_own);
	sp->behind_ms = pipeline_stream_ahead(p, page, post_event_at_ms(post));
	if (pipeline_regard(p, sp, is_own, now_ms, err) < 0 ||
	    pipeline_segments_fill(p, seen.customer, now_ms, err) < 0 ||
	    join_thread(p, sp, err) < 0 || store_post_insert(p->env.store, sp, err) < 0 ||
	    count_day(p, sp, &seen, now_ms, err) < 0 ||
	    (is_own && sequences_note_answer(p->env.store, &sp->post, p->arena, err) < 0) ||
	    pipeline_decide(p, sp, now_ms, &queued, err) < 0 ||
	    pipeline_segments_settle(p, err) < 0)
		return -1;
	result->stored++;
	result->queued += (int64_t)queued;
	return 0;
}
