#include "people/people.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "store/outbox.h"
#include "store/persons.h"

#define HANDLE_MAX 512

/* ---- handles ---------------------------------------------------------------- */

/* "https://host/@user" or "https://host/users/user" -> "user@host" in the arena. */
static struct slice
handle_from_url(struct arena *a, struct slice url)
{
	struct slice rest = url, host, path;
	const char *joined;

	rest.ptr += slice_starts_with(url, "https://") ? 8 : 7;
	rest.len -= slice_starts_with(url, "https://") ? 8 : 7;
	host = slice_split(&rest, '/');
	if (!slice_is_set(rest) || host.len == 0)
		return SLICE_NONE;
	path = rest;
	if (slice_starts_with(path, "users/"))
		path = slice_make(path.ptr + 6, path.len - 6);
	else if (slice_starts_with(path, "@"))
		path = slice_make(path.ptr + 1, path.len - 1);
	else
		return SLICE_NONE;
	rest = path;
	path = slice_split(&rest, '/');
	if (path.len == 0 || (slice_is_set(rest) && rest.len > 0))
		return SLICE_NONE;
	if (memchr(path.ptr, '@', path.len) != NULL) /* https://here/@user@there */
		return path;
	joined = arena_printf(a, "%.*s@%.*s", SLICE_ARG(path), SLICE_ARG(host));
	return slice_of(joined);
}

struct slice
handle_key_make(struct arena *a, struct slice handle)
{
	struct slice s = slice_trim(handle);
	char *key;

	if (!slice_is_set(s) || s.len == 0 || s.len > HANDLE_MAX)
		return SLICE_NONE;
	if (slice_starts_with(s, "https://") || slice_starts_with(s, "http://"))
		s = handle_from_url(a, s);
	else if (slice_starts_with(s, "acct:"))
		s = slice_make(s.ptr + 5, s.len - 5);
	if (slice_is_set(s) && slice_starts_with(s, "@"))
		s = slice_make(s.ptr + 1, s.len - 1);
	if (!slice_is_set(s) || s.len == 0)
		return SLICE_NONE;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == ',' || s.ptr[i] == '/')
			return SLICE_NONE;
	key = arena_alloc(a, s.len + 2);
	if (key == NULL)
		return SLICE_NONE;
	key[0] = '@';
	for (size_t i = 0; i < s.len; i++)
		key[i + 1] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] - 'A' + 'a') : s.ptr[i];
	key[s.len + 1] = '\0';
	return slice_make(key, s.len + 1);
}

/* ---- links -------------------------------------------------------------------- */

struct seeing {
	struct store *st;
	struct arena *arena;
	int64_t now_ms;
	struct slice author_id, handle_key;
	struct person_seen *seen;
};

/* The customer is bound to this account from now on; what it had collected as a stranger counts for the customer. */
static int
bind(struct seeing *x, const struct link_row *link, struct err *err)
{
	const char *from = arena_printf(x->arena, "a:%.*s", SLICE_ARG(x->author_id));
	const char *to = arena_printf(x->arena, "c:%.*s", SLICE_ARG(link->customer_id));
	struct history_row row = {0};

	if (from == NULL || to == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a link");
	row.at_ms = x->now_ms;
	row.field = slice_of(arena_printf(x->arena, "link:%.*s", SLICE_ARG(x->handle_key)));
	row.new_value = x->author_id;
	row.source = slice_of("first post seen from the handle");
	if (store_link_bind(x->st, link->link_no, x->author_id, err) < 0 ||
	    store_history_add(x->st, link->customer_id, &row, err) < 0 ||
	    store_counters_join(x->st, slice_of(from), slice_of(to), err) < 0)
		return -1;
	return 0;
}

/* The handle is somebody else's now: the old link must not make a stranger our customer. */
static int
end_reassigned(struct seeing *x, const struct link_row *link, struct err *err)
{
	struct history_row row = {0};
	const char *why = arena_printf(x->arena,
	    "the handle %.*s now belongs to another account (%.*s, was %.*s): customer %.*s is no longer linked",
	    SLICE_ARG(x->handle_key), SLICE_ARG(x->author_id), SLICE_ARG(link->author_id), SLICE_ARG(link->customer_id));

	if (why == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a link");
	row.at_ms = x->now_ms;
	row.field = slice_of(arena_printf(x->arena, "link:%.*s", SLICE_ARG(x->handle_key)));
	row.old_value = link->author_id;
	row.source = slice_of(why);
	if (store_link_end(x->st, link->link_no, x->now_ms, why, err) < 0 ||
	    store_history_add(x->st, link->customer_id, &row, err) < 0)
		return -1;
	x->seen->unlinked = slice_of(why);
	return 0;
}

/* 1 with the link that is in force for this account, binding one by its handle on first sight; 0 none; -1. */
static int
find_link(struct seeing *x, bool may_bind, struct link_row *link_r, struct err *err)
{
	struct link_row by_author = {0}, *rows = NULL;
	size_t count = 0;
	int bound;

	bound = store_link_by_author(x->st, x->author_id, x->arena, &by_author, err);
	if (bound < 0)
		return -1;
	if (slice_is_set(x->handle_key) &&
	    store_links_by_handle(x->st, x->handle_key, x->arena, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (slice_is_set(rows[i].author_id)) {
			if (!slice_eq(rows[i].author_id, x->author_id) && end_reassigned(x, &rows[i], err) < 0)
				return -1;
			continue;
		}
		if (bound == 0 && may_bind) {
			if (bind(x, &rows[i], err) < 0)
				return -1;
			by_author = rows[i];
			bound = 1;
		}
	}
	*link_r = by_author;
	return bound;
}

int
people_see(struct store *st, const struct post *post, int64_t now_ms, bool counts, struct arena *a,
    struct person_seen *seen_r, struct err *err)
{
	struct seeing x = {st, a, now_ms, post->author.id, SLICE_NONE, seen_r};
	struct author author = post->author;
	struct link_row link;
	const char *who;
	int rc;

	memset(seen_r, 0, sizeof *seen_r);
	seen_r->author.first_seen_at_ms = TIME_UNKNOWN;
	if (!slice_is_set(author.id) || author.id.len == 0)
		return 0;
	if (author.objects_to_profiling) {
		author.name = author.bio = author.url = SLICE_NONE;
		author.followers = author.following = author.posts = author.listed = COUNT_UNKNOWN;
	}
	if (store_author_see(st, &author, now_ms, counts, &seen_r->author, err) < 0)
		return -1;
	who = arena_printf(a, "a:%.*s", SLICE_ARG(author.id));
	if (who == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an author");
	if (store_tags_load(st, slice_of(who), now_ms, a, &seen_r->author.tags, err) < 0)
		return -1;
	seen_r->subject = slice_of(who);
	x.handle_key = handle_key_make(a, author.handle);
	rc = find_link(&x, !author.objects_to_profiling, &link, err);
	if (rc <= 0)
		return rc;
	rc = store_customer_load(st, link.customer_id, now_ms, a, &seen_r->customer, err);
	if (rc <= 0)
		return rc;
	seen_r->subject = slice_of(arena_printf(a, "c:%.*s", SLICE_ARG(link.customer_id)));
	return slice_is_set(seen_r->subject) ? 0 : err_set(err, ERR_NOMEM, "no memory for a customer");
}
