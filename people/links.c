/*
 * links.c - links are made, strengthened, displaced and ended here, and nowhere else.
 */
#include "people/links.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/post.h"
#include "people/people.h"
#include "store/days.h"
#include "store/joins.h"
#include "store/merges.h"
#include "store/persons.h"
#include "store/suggestions.h"

#define LINK_JSON_MAX (64 * 1024)

static const struct {
	const char *name;
	int32_t confidence;
} proofs[LINK_PROOF_COUNT] = {
    [LINK_IMPORTED] = {"imported handle", LINK_CONFIDENCE_IMPORTED},
    [LINK_AGENT] = {"agent", 90},
    [LINK_CODE] = {"code", 98},
    [LINK_SIGNED_IN] = {"signed in", 100},
};

const char *
link_proof_name(enum link_proof p)
{
	assert(p < LINK_PROOF_COUNT);
	return proofs[p].name;
}

bool
link_proof_read(struct slice name, enum link_proof *proof_r)
{
	for (int p = 0; p < LINK_PROOF_COUNT; p++)
		if (slice_eq_str(name, proofs[p].name)) {
			*proof_r = (enum link_proof)p;
			return true;
		}
	return false;
}

int32_t
link_proof_confidence(enum link_proof p)
{
	assert(p < LINK_PROOF_COUNT);
	return proofs[p].confidence;
}

bool
links_may_match(const struct author *author, bool source_may_match)
{
	return source_may_match && !author->objects_to_profiling;
}

/* A proof of a time to come, of which this program knows nothing, is not displaced by what it knows. */
static enum link_proof
proof_of(const struct link_row *link)
{
	enum link_proof p;

	return link_proof_read(link->proof, &p) ? p : LINK_SIGNED_IN;
}

/* ---- history ------------------------------------------------------------------ */

/* The link as the history keeps it.  SLICE_NONE without memory. */
static struct slice
link_text(const struct link_row *link, struct arena *a)
{
	struct json_writer w;
	struct slice text = SLICE_NONE;
	struct buf b;

	buf_init(&b, LINK_JSON_MAX);
	json_writer_init(&w, &b);
	json_object_begin(&w);
	json_kv_i64(&w, "link", link->link_no);
	json_kv_str(&w, "customer_id", link->customer_id);
	json_kv_str(&w, "handle", link->handle_key);
	json_kv_str(&w, "author_id", link->author_id);
	json_kv_str(&w, "proof", link->proof);
	json_kv_i64(&w, "confidence", link->confidence);
	json_kv_str(&w, "basis", link->basis);
	json_kv_str(&w, "made_by", link->made_by);
	json_kv_time(&w, "linked_at", link->linked_at_ms);
	json_object_end(&w);
	if (!buf_failed(&b))
		text = arena_slice_dup(a, buf_slice(&b));
	buf_fini(&b);
	return text;
}

/* was or is: NULL, there was none, or there is none any more. */
static int
note(struct store *st, const struct link_row *was, const struct link_row *is, struct slice source,
    int64_t now_ms, struct arena *a, struct err *err)
{
	const struct link_row *either = is != NULL ? is : was;
	struct history_row row = {.at_ms = now_ms, .source = source};
	struct slice name = either->handle_key.len > 0 ? either->handle_key : either->author_id;
	const char *field = arena_printf(a, "link:%.*s", SLICE_ARG(name));

	row.field = slice_of(field);
	if (was != NULL)
		row.old_value = link_text(was, a);
	if (is != NULL)
		row.new_value = link_text(is, a);
	if (field == NULL || (was != NULL && !slice_is_set(row.old_value)) ||
	    (is != NULL && !slice_is_set(row.new_value)))
		return err_set(err, ERR_NOMEM, "no memory for a link");
	return store_history_add(st, either->customer_id, &row, err);
}

/* ---- one subject --------------------------------------------------------------- */

/* What the account collected as a stranger counts for the customer from now on. */
static int
join(struct store *st, struct link_row *link, int64_t now_ms, struct arena *a, struct err *err)
{
	const char *from = arena_printf(a, "a:%.*s", SLICE_ARG(link->author_id));
	const char *to = arena_printf(a, "c:%.*s", SLICE_ARG(link->customer_id));
	const char *cause = arena_printf(a, "link %lld", (long long)link->link_no);

	if (from == NULL || to == NULL || cause == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a link");
	if (store_suggestions_clear(st, link->author_id, err) < 0)
		return -1;
	if (store_subjects_join(st, slice_of(from), slice_of(to), slice_of(cause), link->made_by,
		link->basis, now_ms, &link->join_no, err) < 0)
		return -1;
	if (link->join_no != 0 && store_link_change(st, link, err) < 0)
		return -1;
	return store_days_rebuild(st, link->customer_id, now_ms, err);
}

int
links_bind(struct store *st, struct link_row *link, struct slice author_id, int64_t now_ms,
    struct arena *a, struct err *err)
{
	struct link_row was = *link;

	assert(!slice_is_set(link->author_id));
	if (store_link_bind(st, link->link_no, author_id, err) < 0)
		return -1;
	link->author_id = author_id;
	if (join(st, link, now_ms, a, err) < 0)
		return -1;
	return note(st, &was, link, SLICE_LIT("first post seen from the handle"), now_ms, a, err);
}

int
links_end(struct store *st, const struct link_row *link, struct slice by, const char *reason,
    int64_t now_ms, struct arena *a, struct err *err)
{
	const char *source = arena_printf(a, "%.*s: %s", SLICE_ARG(by), reason);

	if (source == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a link");
	if (link->unlinked_at_ms != TIME_UNKNOWN)
		return err_set(err, ERR_CONFLICT, "link %lld was ended already: %.*s",
		    (long long)link->link_no, SLICE_ARG(link->unlink_reason));
	if (store_link_end(st, link->link_no, now_ms, reason, err) < 0 ||
	    (link->join_no != 0 && store_subjects_split(st, link->join_no, by, now_ms, err) < 0) ||
	    (slice_is_set(link->author_id) &&
		store_days_rebuild(st, link->customer_id, now_ms, err) < 0))
		return -1;
	return note(st, link, NULL, slice_of(source), now_ms, a, err);
}

/* ---- making --------------------------------------------------------------------- */

struct making {
	struct store *st;
	const struct link_wish *wish;
	struct slice root; /* the customer as merged */
	int64_t now_ms;
	struct arena *arena;
	struct link_result *result;
};

static struct link_row
row_of(const struct link_wish *wish, int64_t now_ms)
{
	struct link_row row = {.customer_id = wish->customer_id,
	    .handle_key = slice_is_set(wish->handle_key) ? wish->handle_key : SLICE_LIT(""),
	    .author_id = wish->author_id,
	    .proof = slice_of(link_proof_name(wish->proof)),
	    .linked_at_ms = now_ms,
	    .unlinked_at_ms = TIME_UNKNOWN,
	    .confidence =
		wish->confidence > 0 ? wish->confidence : link_proof_confidence(wish->proof),
	    .basis = wish->basis,
	    .made_by = wish->made_by};

	return row;
}

/* 1, 0, -1: is the link of the customer that is meant, both as merged? */
static int
is_same_customer(struct making *m, const struct link_row *link, struct err *err)
{
	struct slice root;
	int rc;

	if (slice_eq(link->customer_id, m->wish->customer_id))
		return 1;
	rc = store_customer_root(m->st, link->customer_id, m->arena, &root, err);
	return rc <= 0 ? rc : slice_eq(root, m->root);
}

/* The same customer again: the better proof stands. */
static int
strengthen(struct making *m, struct link_row *link, struct err *err)
{
	const struct link_row was = *link, wished = row_of(m->wish, m->now_ms);

	m->result->answer = LINK_WAS_THERE;
	m->result->link = *link;
	if (m->wish->proof <= proof_of(link))
		return 0;
	link->proof = wished.proof;
	link->confidence = wished.confidence;
	link->basis = wished.basis;
	link->made_by = wished.made_by;
	m->result->answer = LINK_STRENGTHENED;
	m->result->link = *link;
	if (store_link_change(m->st, link, err) < 0)
		return -1;
	return note(m->st, &was, link, m->wish->made_by, m->now_ms, m->arena, err);
}

/* An agent has looked; else the newer of two proofs as good, when the account itself has shown it. */
static bool
may_displace(enum link_proof is, enum link_proof was)
{
	return is == LINK_AGENT || is > was || (is == was && is != LINK_IMPORTED);
}

/* Another customer's link is in the way: 1 it ended, 0 refused, -1. */
static int
displace(struct making *m, const struct link_row *link, struct err *err)
{
	const char *why;

	if (!may_displace(m->wish->proof, proof_of(link))) {
		why = arena_printf(m->arena,
		    "the account is linked to customer '%.*s' (%.*s), which '%s' does not outweigh",
		    SLICE_ARG(link->customer_id), SLICE_ARG(link->proof),
		    link_proof_name(m->wish->proof));
		m->result->answer = LINK_REFUSED;
		m->result->link = *link;
		m->result->why = slice_of(why);
		return why == NULL ? err_set(err, ERR_NOMEM, "no memory for a link") : 0;
	}
	why = arena_printf(m->arena, "the account was linked to customer '%.*s' (%s)",
	    SLICE_ARG(m->wish->customer_id), link_proof_name(m->wish->proof));
	if (why == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a link");
	m->result->why = slice_of(why);
	return links_end(m->st, link, m->wish->made_by, why, m->now_ms, m->arena, err) < 0 ? -1 : 1;
}

/* The account's link, or while it was never heard those of its handle: 1 nothing is in the way, 0 it
 * is settled, -1. */
static int
meet_link(struct making *m, struct link_row *link, struct err *err)
{
	int rc = is_same_customer(m, link, err);

	if (rc < 0)
		return -1;
	if (rc == 1)
		return strengthen(m, link, err);
	return displace(m, link, err);
}

static int
meet_by_author(struct making *m, struct err *err)
{
	struct link_row link;
	int rc = store_link_by_author(m->st, m->wish->author_id, m->arena, &link, err);

	if (rc < 0)
		return -1;
	return rc == 0 ? 1 : meet_link(m, &link, err);
}

/* A handle of this customer that waited for its account has found it. */
static int
take_waiting(struct making *m, struct link_row *link, struct err *err)
{
	if (links_bind(m->st, link, m->wish->author_id, m->now_ms, m->arena, err) < 0 ||
	    strengthen(m, link, err) < 0)
		return -1;
	if (m->result->answer == LINK_WAS_THERE)
		m->result->answer = LINK_MADE;
	return 0;
}

static int
meet_by_handle(struct making *m, struct err *err)
{
	struct link_row *rows = NULL;
	size_t count = 0;
	int rc = 1;

	if (!slice_is_set(m->wish->handle_key) || m->wish->handle_key.len == 0)
		return 1;
	if (store_links_by_handle(m->st, m->wish->handle_key, m->arena, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && rc == 1; i++) {
		if (!slice_is_set(m->wish->author_id)) {
			rc = meet_link(m, &rows[i], err);
			continue;
		}
		if (slice_is_set(rows[i].author_id))
			continue;
		rc = is_same_customer(m, &rows[i], err);
		if (rc == 1)
			return take_waiting(m, &rows[i], err);
		rc = rc < 0 ? -1 : 1;
	}
	return rc;
}

static int
add(struct making *m, struct err *err)
{
	struct link_row row = row_of(m->wish, m->now_ms);

	if (store_link_add(m->st, &row, err) < 0)
		return -1;
	if (slice_is_set(row.author_id) && join(m->st, &row, m->now_ms, m->arena, err) < 0)
		return -1;
	m->result->answer = LINK_MADE;
	m->result->link = row;
	return note(m->st, NULL, &row, m->wish->made_by, m->now_ms, m->arena, err);
}

int
links_make(struct store *st, const struct link_wish *wish, int64_t now_ms, struct arena *a,
    struct link_result *result_r, struct err *err)
{
	struct link_result result = {0};
	struct making m = {st, wish, SLICE_NONE, now_ms, a, &result};
	int rc;

	assert(slice_is_set(wish->author_id) || wish->handle_key.len > 0);
	assert(slice_is_set(wish->made_by) && wish->confidence >= 0 && wish->confidence <= 100);
	rc = store_customer_root(st, wish->customer_id, a, &m.root, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no customer '%.*s'",
		    SLICE_ARG(wish->customer_id));
	if (rc > 0 && slice_is_set(wish->author_id))
		rc = meet_by_author(&m, err);
	if (rc > 0)
		rc = meet_by_handle(&m, err);
	if (rc > 0)
		rc = add(&m, err);
	if (rc < 0)
		return -1;
	*result_r = result;
	return 0;
}

int
links_import(struct store *st, struct slice customer_id, struct slice handle_key, int64_t now_ms,
    struct arena *a, struct err *err)
{
	const struct link_wish wish = {.customer_id = customer_id,
	    .handle_key = handle_key,
	    .proof = LINK_IMPORTED,
	    .made_by = SLICE_LIT("import")};
	struct link_row row = row_of(&wish, now_ms);

	if (store_link_add(st, &row, err) < 0)
		return -1;
	return note(st, NULL, &row, wish.made_by, now_ms, a, err);
}

int
links_restore(
    struct store *st, struct link_row *link, int64_t now_ms, struct arena *a, struct err *err)
{
	if (store_link_add(st, link, err) < 0)
		return -1;
	if (link->unlinked_at_ms == TIME_UNKNOWN && slice_is_set(link->author_id) &&
	    join(st, link, now_ms, a, err) < 0)
		return -1;
	return note(st, NULL, link, SLICE_LIT("import"), now_ms, a, err);
}

static int
compare_links(const void *a, const void *b)
{
	const struct link_row *x = a, *y = b;

	return (x->link_no > y->link_no) - (x->link_no < y->link_no);
}

int
links_of_customer(struct store *st, struct slice customer_id, struct arena *a,
    struct link_row **rows_r, size_t *count_r, struct err *err)
{
	struct link_row *parts[CUSTOMERS_IN_ONE_MAX + 1], *all;
	size_t counts[CUSTOMERS_IN_ONE_MAX + 1], total = 0;
	struct slice_list ids;
	struct slice root;
	int rc = store_customer_root(st, customer_id, a, &root, err);

	if (rc == 0)
		return err_set(
		    err, ERR_NOT_FOUND, "there is no customer '%.*s'", SLICE_ARG(customer_id));
	if (rc < 0 || store_customer_tree(st, root, a, &ids, err) < 0)
		return -1;
	assert(ids.count <= CUSTOMERS_IN_ONE_MAX + 1);
	for (size_t i = 0; i < ids.count; i++) {
		if (store_links_of_customer(st, ids.items[i], a, &parts[i], &counts[i], err) < 0)
			return -1;
		total += counts[i];
	}
	all = arena_array(a, total + 1, sizeof *all);
	if (all == NULL)
		return err_set(err, ERR_NOMEM, "no memory for links");
	total = 0;
	for (size_t i = 0; i < ids.count; i++) {
		if (counts[i] > 0)
			memcpy(all + total, parts[i], counts[i] * sizeof *all);
		total += counts[i];
	}
	qsort(all, total, sizeof *all, compare_links);
	*rows_r = all;
	*count_r = total;
	return 0;
}

int
links_find_author(struct store *st, struct slice key, struct arena *a, struct author_row *row_r,
    struct slice *handle_key_r, struct err *err)
{
	int rc = store_author_load(st, key, false, a, row_r, err);

	*handle_key_r = SLICE_NONE;
	if (rc != 0)
		return rc;
	rc = handle_key_read(a, key, handle_key_r, err);
	return rc <= 0 ? rc : store_author_load(st, *handle_key_r, true, a, row_r, err);
}
