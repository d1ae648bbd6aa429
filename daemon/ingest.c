#include "daemon/ingest.h"

#include <string.h>

#include "core/arena.h"
#include "core/mem.h"
#include "collectors/collector.h"
#include "collectors/posts_body.h"
#include "platform/crypto.h"
#include "store/store.h"

#include "daemon/worker.h"

#define INGEST_REASONS_MAX 50
#define INGEST_POSTS_MAX 100000 /* a request's posts are in memory together */

static int
grow(struct ingest *in, struct page *page)
{
	struct page **bigger = mem_realloc_array(in->pages, in->count + 1, sizeof *bigger);

	if (bigger == NULL)
		return -1;
	in->pages = bigger;
	in->pages[in->count++] = page;
	return 0;
}

int
ingest_parse(
    struct slice body, struct slice key, int64_t now_ms, struct ingest *in, struct err *err)
{
	uint8_t sum[CRYPTO_SHA256_BYTES];
	struct posts_body *reader = NULL;
	struct page *page;
	int rc;

	memset(in, 0, sizeof *in);
	in->key = key;
	in->now_ms = now_ms;
	crypto_sha256(body, sum);
	crypto_hex(sum, sizeof sum, in->request_hash);
	rc = posts_body_new(body, now_ms, &reader, err);
	if (rc == 0)
		rc = 1;
	while (rc == 1) {
		page = page_new(slice_of("api"));
		if (page == NULL || in->count == WORKER_JOB_PAGES_MAX || grow(in, page) < 0) {
			page_free(page);
			rc =
			    err_set(err, ERR_LIMIT, "no memory for the posts, or too many of them");
			break;
		}
		rc = posts_body_next(reader, page, &in->seen, err);
		if (rc >= 0 && in->seen > INGEST_POSTS_MAX)
			rc = err_set(err, ERR_LIMIT,
			    "one request may hold %d posts; send them in parts", INGEST_POSTS_MAX);
		/* When it came is ours to say: a date in the future is clamped to it. */
		for (size_t i = 0; i < page->count; i++) {
			struct post *p = &page->posts[i];

			p->fetched_at_ms = now_ms;
			if (!slice_is_set(p->source))
				p->source = SLICE_LIT("api");
		}
	}
	posts_body_free(reader);
	if (rc < 0) {
		ingest_free(in);
		return -1;
	}
	if (in->seen == 0) {
		ingest_free(in);
		return err_set(err, ERR_INPUT, "the body holds no post");
	}
	return 0;
}

void
ingest_free(struct ingest *in)
{
	for (size_t i = 0; i < in->count; i++)
		page_free(in->pages[i]);
	mem_free(in->pages);
	mem_free(in->tellings.faults);
	in->tellings.faults = NULL;
	in->pages = NULL;
	in->count = 0;
}

static int
put_body(struct api_reply *reply, struct slice body, int status, struct err *err)
{
	api_reply_fini(reply);
	api_reply_init(reply);
	reply->status = status;
	reply->content_type = "application/json";
	if (buf_add_slice(&reply->body, body) < 0)
		return err_set(err, ERR_NOMEM, "no memory for an answer");
	return 0;
}

int
ingest_known(struct store *st, const struct ingest *in, struct arena *a, struct api_reply *reply,
    struct err *err)
{
	struct stored_answer answer;
	int rc;

	if (!slice_is_set(in->key))
		return 0;
	rc = store_answer_get(st, in->key, a, &answer, err);
	if (rc <= 0)
		return rc;
	if (!slice_eq_str(answer.request_hash, in->request_hash)) {
		api_problem(reply, 422, "idempotency-key-reused", "use a new key for a new request",
		    "this Idempotency-Key was used for a different body");
		return 1;
	}
	return put_body(reply, answer.body, answer.status, err) < 0 ? -1 : 1;
}

static void
add_results(const struct ingest *in, const struct page_result *results, struct ingest_result *total,
    const char **reasons, size_t *reason_count)
{
	for (size_t i = 0; i < in->count; i++) {
		total->stored += results[i].stored;
		total->duplicates += results[i].duplicates;
		total->revised += results[i].revised;
		total->deleted += results[i].deleted;
		total->rejected += results[i].rejected;
		total->erased += results[i].erased;
		for (size_t k = 0;
		     k < in->pages[i]->reject_count && *reason_count < INGEST_REASONS_MAX; k++)
			reasons[(*reason_count)++] = in->pages[i]->rejects[k].reason.ptr;
	}
	total->accepted =
	    total->stored + total->duplicates + total->revised + total->deleted + total->erased;
}

int
ingest_commit(struct store *st, const struct ingest *in, const struct page_result *results,
    struct arena *a, struct api_reply *reply, struct err *err)
{
	const char *reasons[INGEST_REASONS_MAX];
	struct ingest_result total = {0};
	struct stored_answer answer;
	size_t reason_count = 0;
	int rc;

	/* Two requests with one key may have been under way together: the first one's answer stands. */
	rc = ingest_known(st, in, a, reply, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	api_reply_fini(reply);
	api_reply_init(reply);
	if (in->is_tellings) {
		ingest_reply_tellings(in, results, reply);
	} else {
		add_results(in, results, &total, reasons, &reason_count);
		api_ingest_reply(reply, &total, reasons, reason_count);
	}
	if (!slice_is_set(in->key))
		return 0;
	answer.request_hash = slice_of(in->request_hash);
	answer.status = reply->status;
	answer.body = buf_slice(&reply->body);
	return store_answer_put(st, in->key, in->now_ms, &answer, err);
}
