/*
 * links.c - which accounts are which customer.
 *
 * GET  /api/v1/customers/{id}/links    200 all there ever were, 404
 * POST /api/v1/customers/{id}/links    200 {"author":id or handle,"proof":"agent","basis":"..."}; 404 no
 * such customer, or an account that was never heard and is no handle; 409 what is there is proven
 * better, or the account objects
 * POST /api/v1/customers/{id}/unlink   200 {"author":... or "link":number,"reason":"..."}; 404 there is no
 * such link in force
 */
#include "api/api_internal.h"

#include <stdio.h>

#include "core/occurrence.h"
#include "people/links.h"
#include "people/people.h"
#include "store/persons.h"
#include "store/store.h"

#define AUTHOR_MAX 2048 /* bytes of an account's id */

/* ---- answers ----------------------------------------------------------------- */

void
api_link_members(struct json_writer *w, const struct link_row *l)
{
	json_kv_i64(w, "id", l->link_no);
	json_kv_str(w, "customer_id", l->customer_id);
	json_kv_str(w, "handle", l->handle_key.len > 0 ? l->handle_key : SLICE_NONE);
	json_kv_str(w, "author_id", l->author_id);
	json_kv_str(w, "proof", l->proof);
	json_kv_i64(w, "confidence", l->confidence);
	json_kv_str(w, "basis", l->basis);
	json_kv_str(w, "made_by", l->made_by);
	json_kv_time(w, "linked_at", l->linked_at_ms);
	json_kv_time(w, "unlinked_at", l->unlinked_at_ms);
	json_kv_str(w, "unlink_reason", l->unlink_reason);
}

void
api_put_link(struct json_writer *w, const struct link_row *l)
{
	json_object_begin(w);
	api_link_members(w, l);
	json_object_end(w);
}

int
api_links_list(struct api_call *c, struct err *err)
{
	struct link_row *rows;
	struct json_writer *w;
	size_t count;

	if (links_of_customer(c->env->store, c->params[0], c->env->arena, &rows, &count, err) < 0)
		return -1;
	w = api_items(c);
	for (size_t i = 0; i < count; i++)
		api_put_link(w, &rows[i]);
	api_items_end(c, 0);
	return 0;
}

/* The audit names no person: the link's number leads to who they are while that is known. */
static int
audit(struct api_call *c, const char *what, const struct link_row *l, const char *who,
    struct err *err)
{
	char text[160];

	snprintf(text, sizeof text, "link.%s link=%lld proof='%.*s'", what, (long long)l->link_no,
	    SLICE_ARG(l->proof));
	return store_audit(c->env->store, clock_now_ms(c->env->clock), who, text, err);
}

/* ---- linking --------------------------------------------------------------------- */

static int
take_proof(struct api_call *c, enum link_proof *proof_r)
{
	struct slice name;

	if (api_body_str(c, "proof", API_WHO_MAX, &name) < 0)
		return -1;
	if (link_proof_read(name, proof_r) &&
	    (*proof_r == LINK_AGENT || *proof_r == LINK_SIGNED_IN))
		return 0;
	api_problem_at(c->reply, 400, "bad-member", "proof",
	    "an import names handles, and a code is shown by posting it",
	    "'proof' is '%.*s', expected \"agent\" or \"signed in\"", SLICE_ARG(name));
	return -1;
}

static int
take_confidence(struct api_call *c, int32_t *confidence_r)
{
	int64_t n;

	if (api_body_i64(c, "confidence", 0, &n) < 0)
		return -1;
	if (n > 100) {
		api_problem_at(c->reply, 400, "bad-member", "confidence", NULL,
		    "'confidence' is a percentage, 1 to 100");
		return -1;
	}
	*confidence_r = (int32_t)n;
	return 0;
}

#define NAMESAKES_SHOWN 5

/* Two networks may know one handle, and a handle may have gone to another account: whoever links says which. */
static int
check_namesakes(struct api_call *c, struct slice key, const struct author_row *row, struct err *err)
{
	struct slice *ids;
	const char *named = "";
	size_t count;

	if (slice_eq(key, row->author.id))
		return 0;
	if (store_authors_of_handle(c->env->store, row->author.handle, NAMESAKES_SHOWN,
		c->env->arena, &ids, &count, err) < 0)
		return -1;
	if (count < 2)
		return 0;
	for (size_t i = 0; i < count && named != NULL; i++)
		named = arena_printf(
		    c->env->arena, "%s%s'%.*s'", named, i > 0 ? ", " : "", SLICE_ARG(ids[i]));
	if (named == NULL)
		return api_nomem(c, err);
	api_problem_at(c->reply, 409, "several", "author",
	    "name the account that is meant by its id",
	    "'%.*s' is the handle of several accounts: %s", SLICE_ARG(key), named);
	return -1;
}

/* An account that was heard, by whatever names it; else a handle that will be. */
static int
take_author(struct api_call *c, struct link_wish *wish, struct err *err)
{
	struct slice key, handle = SLICE_NONE;
	struct author_row row;
	int rc;

	if (api_body_str(c, "author", AUTHOR_MAX, &key) < 0)
		return -1;
	if (key.len == 0) {
		api_problem_at(c->reply, 400, "bad-member", "author", NULL,
		    "'author' is missing, expected an account's id or a handle");
		return -1;
	}
	rc = links_find_author(c->env->store, key, c->env->arena, &row, &handle, err);
	if (rc < 0)
		return -1;
	if (rc == 1) {
		if (check_namesakes(c, key, &row, err) < 0)
			return -1;
		if (wish->proof == LINK_AGENT && !links_may_match(&row.author, true))
			return err_set(err, ERR_CONFLICT,
			    "the account objects to being profiled: only signing in links it");
		wish->author_id = row.author.id;
		return handle_key_read(c->env->arena, row.author.handle, &wish->handle_key, err) < 0
		    ? -1
		    : 0;
	}
	if (slice_starts_with(key, "did:")) { /* no handle looks like that */
		wish->author_id = key;
		return 0;
	}
	if (!slice_is_set(handle))
		return err_set(err, ERR_NOT_FOUND,
		    "the author '%.*s' was never heard, and is no handle", SLICE_ARG(key));
	wish->handle_key = handle;
	return 0;
}

static int
take_wish(struct api_call *c, struct link_wish *wish, const char **who_r, struct err *err)
{
	wish->customer_id = c->params[0];
	if (take_proof(c, &wish->proof) < 0 || take_confidence(c, &wish->confidence) < 0 ||
	    api_body_str(c, "basis", API_NOTE_MAX, &wish->basis) < 0 ||
	    api_body_who(c, who_r, err) < 0)
		return -1;
	wish->made_by = slice_of(*who_r);
	if (wish->proof == LINK_AGENT && wish->basis.len == 0) {
		api_problem_at(c->reply, 400, "bad-member", "basis",
		    "those who wonder will read it: \"told us on the phone\"",
		    "'basis' is missing: on what basis does an agent say so?");
		return -1;
	}
	return take_author(c, wish, err);
}

static const char *
answer_word(enum link_answer answer)
{
	switch (answer) {
	case LINK_MADE: return "made";
	case LINK_STRENGTHENED: return "strengthened";
	case LINK_WAS_THERE: return "was there";
	case LINK_REFUSED: break;
	}
	return "refused";
}

int
api_links_post(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"author", "proof", "basis", "confidence", "who", NULL};
	struct link_wish wish = {0};
	struct link_result result;
	struct json_writer *w;
	const char *who;

	if (api_body(c, known, false, err) < 0 || take_wish(c, &wish, &who, err) < 0 ||
	    links_make(
		c->env->store, &wish, clock_now_ms(c->env->clock), c->env->arena, &result, err) < 0)
		return -1;
	if (result.answer == LINK_REFUSED)
		return err_set(err, ERR_CONFLICT, "%.*s", SLICE_ARG(result.why));
	if (result.answer != LINK_WAS_THERE && audit(c, "make", &result.link, who, err) < 0)
		return -1;
	w = api_object(c);
	api_link_members(w, &result.link);
	json_kv_cstr(w, "answer", answer_word(result.answer));
	json_kv_str(w, "displaced", result.why);
	api_object_end(c);
	return 0;
}

/* ---- unlinking -------------------------------------------------------------------- */

struct link_name {
	int64_t link_no; /* 0: by account */
	struct slice key, author_id, handle_key;
};

static int
take_name(struct api_call *c, struct link_name *name, struct err *err)
{
	struct author_row row;
	int rc;

	if (api_body_i64(c, "link", 0, &name->link_no) < 0 ||
	    api_body_str(c, "author", AUTHOR_MAX, &name->key) < 0)
		return -1;
	if (name->link_no > 0)
		return 0;
	if (name->key.len == 0) {
		api_problem_at(c->reply, 400, "bad-member", "author", NULL,
		    "'author' or 'link' is missing, expected an account or a link's number");
		return -1;
	}
	rc = links_find_author(
	    c->env->store, name->key, c->env->arena, &row, &name->handle_key, err);
	if (rc == 1)
		name->author_id = row.author.id;
	return rc < 0 ? -1 : 0;
}

/* The account's own id stands first; one that was never heard has its handle alone. */
static bool
is_named(const struct link_row *l, const struct link_name *name)
{
	if (l->unlinked_at_ms != TIME_UNKNOWN)
		return false;
	if (name->link_no > 0)
		return l->link_no == name->link_no;
	if (slice_is_set(name->author_id) && slice_is_set(l->author_id))
		return slice_eq(l->author_id, name->author_id);
	if (slice_is_set(l->author_id) && slice_eq(l->author_id, name->key))
		return true;
	return slice_is_set(name->handle_key) && slice_eq(l->handle_key, name->handle_key);
}

int
api_links_end(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"author", "link", "reason", "who", NULL};
	struct link_name name = {0};
	struct link_row *rows, *link = NULL;
	int64_t now_ms = clock_now_ms(c->env->clock);
	const char *who, *reason;
	size_t count;

	if (api_body(c, known, false, err) < 0 || take_name(c, &name, err) < 0 ||
	    api_body_cstr(c, "reason", API_NOTE_MAX, NULL, &reason, err) < 0 ||
	    api_body_who(c, &who, err) < 0)
		return -1;
	if (reason == NULL) {
		api_problem_at(c->reply, 400, "bad-member", "reason", NULL,
		    "'reason' is missing: why is it not theirs?");
		return -1;
	}
	if (links_of_customer(c->env->store, c->params[0], c->env->arena, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (is_named(&rows[i], &name))
			link = &rows[i];
	if (link == NULL)
		return err_set(err, ERR_NOT_FOUND, "no such link of customer '%.*s' is in force",
		    SLICE_ARG(c->params[0]));
	if (links_end(c->env->store, link, slice_of(who), reason, now_ms, c->env->arena, err) < 0 ||
	    audit(c, "end", link, who, err) < 0)
		return -1;
	link->unlinked_at_ms = now_ms;
	link->unlink_reason = slice_of(reason);
	api_link_members(api_object(c), link);
	api_object_end(c);
	return 0;
}
