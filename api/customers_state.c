/*
 * customers_state.c - a customer as an answer with an ETag, and changes only of what was seen.
 *
 * The tag is a hash of what the answers to GET, PATCH, PUT and merges show of all who are one: whoever
 * sends it as If-Match changes what they saw, or gets 412.  What a customer did, and the segments that puts them in,
 * are no part of it: a post makes nobody's edit fail.
 */
#include "api/api_internal.h"

#include <stdio.h>

#include "core/occurrence.h"
#include "platform/crypto.h"
#include "store/persons.h"

#define TAG_BYTES 16 /* of the hash: enough that two states never share one by chance */

void
api_customer_put_state(
    struct json_writer *w, const struct customer *customer, const struct slice_list *lists)
{
	api_customer_members(w, customer);
	api_put_texts(w, "lists", lists->items, lists->count);
}

static void
write_tag(struct slice state, char tag_r[API_ETAG_SIZE])
{
	uint8_t hash[CRYPTO_SHA256_BYTES];

	crypto_sha256(state, hash);
	tag_r[0] = '"';
	for (size_t i = 0; i < TAG_BYTES; i++)
		snprintf(tag_r + 1 + 2 * i, 3, "%02x", hash[i]);
	tag_r[1 + 2 * TAG_BYTES] = '"';
	tag_r[2 + 2 * TAG_BYTES] = '\0';
}

int
api_customer_tag(struct api_call *c, const struct customer *customer,
    const struct slice_list *lists, char tag_r[API_ETAG_SIZE], struct err *err)
{
	struct customer kept = *customer;
	struct json_writer w;
	struct buf b;
	int rc = 0;

	_Static_assert(API_ETAG_SIZE >= 2 * TAG_BYTES + 3, "the tag fits");
	kept.segments = kept.unsure_segments = (struct slice_list){NULL, 0};
	buf_init(&b, API_REPLY_MAX);
	json_writer_init(&w, &b);
	json_object_begin(&w);
	api_customer_put_state(&w, &kept, lists);
	json_object_end(&w);
	if (buf_failed(&b))
		rc = api_nomem(c, err);
	else
		write_tag(buf_slice(&b), tag_r);
	buf_fini(&b);
	return rc;
}

/* Is the tag among those of If-Match ("*", or tags with commas between)?  A weak one never is. */
static bool
is_named(struct slice if_match, const char *tag)
{
	struct slice rest = if_match;

	while (slice_is_set(rest)) {
		struct slice one = slice_trim(slice_split(&rest, ','));

		if (slice_eq_str(one, "*") || slice_eq_str(one, tag))
			return true;
	}
	return false;
}

static int
load(struct api_call *c, struct slice id, struct customer **customer_r, struct slice_list *lists_r,
    struct err *err)
{
	struct store *st = c->env->store;
	struct arena *a = c->env->arena;
	int rc = store_customer_load(st, id, clock_now_ms(c->env->clock), a, customer_r, err);

	if (rc > 0 && store_customer_lists(st, (*customer_r)->id, a, lists_r, err) < 0)
		return -1;
	return rc;
}

int
api_customer_check(struct api_call *c, struct slice id, struct err *err)
{
	struct customer *customer;
	struct slice_list lists;
	char tag[API_ETAG_SIZE] = "";
	int rc;

	if (!slice_is_set(c->request->if_match))
		return 0;
	rc = load(c, id, &customer, &lists, err);
	if (rc < 0 || (rc > 0 && api_customer_tag(c, customer, &lists, tag, err) < 0))
		return -1;
	if (rc > 0 && is_named(c->request->if_match, tag))
		return 0;
	api_problem(c->reply, 412, "changed-meanwhile",
	    "ask for the customer again, and send the ETag of that answer",
	    rc > 0 ? "the customer was changed since you saw them" : "there is no such customer");
	return -1;
}

int
api_customer_answer(struct api_call *c, struct slice id, struct err *err)
{
	struct customer *customer;
	struct slice_list lists;
	int rc = load(c, id, &customer, &lists, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no customer '%.*s'", SLICE_ARG(id));
	if (rc < 0 || api_customer_tag(c, customer, &lists, c->reply->etag, err) < 0)
		return -1;
	api_customer_put_state(api_object(c), customer, &lists);
	api_object_end(c);
	return 0;
}
