#include "people/people.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "people/influence.h"
#include "people/links.h"
#include "store/persons.h"

#define HANDLE_MAX 512

/* ---- handles ---------------------------------------------------------------- */

/* "https://host/@user" or "https://host/users/user" into its parts; host SLICE_NONE when the user
 * names it. */
static bool
split_url(struct slice url, struct slice *user_r, struct slice *host_r)
{
	size_t scheme_len = slice_starts_with(url, "https://") ? 8 : 7;
	struct slice rest = slice_make(url.ptr + scheme_len, url.len - scheme_len);
	struct slice host = slice_split(&rest, '/'), user;

	if (!slice_is_set(rest) || host.len == 0)
		return false;
	if (slice_starts_with(rest, "users/"))
		rest = slice_make(rest.ptr + 6, rest.len - 6);
	else if (slice_starts_with(rest, "@"))
		rest = slice_make(rest.ptr + 1, rest.len - 1);
	else
		return false;
	user = slice_split(&rest, '/');
	if (user.len == 0 || (slice_is_set(rest) && rest.len > 0))
		return false;
	*user_r = user;
	*host_r = memchr(user.ptr, '@', user.len) == NULL
	    ? host
	    : SLICE_NONE; /* https://here/@user@there */
	return true;
}

static bool
is_handle_byte(unsigned char ch)
{
	switch (ch) {
	case ',':
	case '/':
	case '?':
	case '#':
	case '<':
	case '>':
	case '"':
	case 0x7f: return false;
	default: return ch > ' ';
	}
}

static bool
is_handle_text(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_handle_byte((unsigned char)s.ptr[i]))
			return false;
	return s.len > 0 && s.ptr[0] != '@' && s.ptr[s.len - 1] != '@';
}

static size_t
add_lower(char *to, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		to[i] =
		    s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] - 'A' + 'a') : s.ptr[i];
	return s.len;
}

int
handle_key_read(struct arena *a, struct slice handle, struct slice *key_r, struct err *err)
{
	struct slice user = slice_trim(handle), host = SLICE_NONE;
	size_t len = 0;
	char *key;

	if (!slice_is_set(user) || user.len > HANDLE_MAX)
		return 0;
	if (slice_starts_with(user, "https://") || slice_starts_with(user, "http://")) {
		if (!split_url(user, &user, &host))
			return 0;
	} else if (slice_starts_with(user, "acct:"))
		user = slice_make(user.ptr + 5, user.len - 5);
	if (slice_starts_with(user, "@"))
		user = slice_make(user.ptr + 1, user.len - 1);
	if (!is_handle_text(user) || (slice_is_set(host) && !is_handle_text(host)))
		return 0;
	key = arena_alloc(a, user.len + host.len + 3);
	if (key == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a handle");
	key[len++] = '@';
	len += add_lower(key + len, user);
	if (slice_is_set(host)) {
		key[len++] = '@';
		len += add_lower(key + len, host);
	}
	key[len] = '\0';
	*key_r = slice_make(key, len);
	return 1;
}

struct slice
handle_key_make(struct arena *a, struct slice handle)
{
	struct slice key = SLICE_NONE;
	struct err err;

	return handle_key_read(a, handle, &key, &err) == 1 ? key : SLICE_NONE;
}

/* ---- links -------------------------------------------------------------------- */

struct seeing {
	struct store *st;
	struct arena *arena;
	int64_t now_ms;
	struct slice author_id, handle_key;
	struct person_seen *seen;
};

/* The handle is somebody else's now: the old link must not make a stranger our customer. */
static int
end_reassigned(struct seeing *x, const struct link_row *link, struct err *err)
{
	const char *why = arena_printf(x->arena,
	    "the handle %.*s now belongs to another account (%.*s, was %.*s): customer %.*s is no "
	    "longer linked",
	    SLICE_ARG(x->handle_key), SLICE_ARG(x->author_id), SLICE_ARG(link->author_id),
	    SLICE_ARG(link->customer_id));

	if (why == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a link");
	x->seen->unlinked = slice_of(why);
	return links_end(
	    x->st, link, SLICE_LIT("post from the handle"), why, x->now_ms, x->arena, err);
}

/* 1 with the link that is in force for this account, binding one by its handle on first sight; 0
 * none; -1. */
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
			if (!slice_eq(rows[i].author_id, x->author_id) &&
			    end_reassigned(x, &rows[i], err) < 0)
				return -1;
			continue;
		}
		if (bound == 0 && may_bind) {
			if (links_bind(x->st, &rows[i], x->author_id, x->now_ms, x->arena, err) < 0)
				return -1;
			by_author = rows[i];
			bound = 1;
		}
	}
	*link_r = by_author;
	return bound;
}

int
people_see(struct store *st, const struct post *post, const struct influence_weights *weights,
    int64_t now_ms, bool counts, struct arena *a, struct person_seen *seen_r, struct err *err)
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
	influence_of_author(weights, &author, NULL, now_ms, &seen_r->author.influence);
	who = arena_printf(a, "a:%.*s", SLICE_ARG(author.id));
	if (who == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an author");
	if (store_tags_load(st, slice_of(who), now_ms, a, &seen_r->author.tags, err) < 0)
		return -1;
	seen_r->subject = slice_of(who);
	if (post->may_not_match)
		return 0;
	if (handle_key_read(a, author.handle, &x.handle_key, err) < 0)
		return -1;
	rc = find_link(&x, links_may_match(&author, true), &link, err);
	if (rc <= 0)
		return rc;
	rc = store_customer_load(st, link.customer_id, now_ms, a, &seen_r->customer, err);
	if (rc <= 0)
		return rc;
	seen_r->linked_id = link.customer_id;
	seen_r->customer->link = (struct link_facts){.proof = link.proof,
	    .handle = link.handle_key,
	    .basis = link.basis,
	    .confidence = link.confidence,
	    .linked_at_ms = link.linked_at_ms};
	seen_r->subject = slice_of(arena_printf(a, "c:%.*s", SLICE_ARG(seen_r->customer->id)));
	return slice_is_set(seen_r->subject) ? 0
					     : err_set(err, ERR_NOMEM, "no memory for a customer");
}

int
people_find(struct store *st, const struct author *author, bool may_match, int64_t now_ms,
    struct arena *a, struct customer **customer_r, struct slice *subject_r, struct err *err)
{
	struct link_row link;
	int rc = 0;

	*customer_r = NULL;
	*subject_r = SLICE_NONE;
	if (!slice_is_set(author->id) || author->id.len == 0)
		return 0;
	if (may_match)
		rc = store_link_by_author(st, author->id, a, &link, err);
	if (rc > 0)
		rc = store_customer_load(st, link.customer_id, now_ms, a, customer_r, err);
	if (rc < 0)
		return -1;
	*subject_r = slice_of(rc > 0 ? arena_printf(a, "c:%.*s", SLICE_ARG((*customer_r)->id))
				     : arena_printf(a, "a:%.*s", SLICE_ARG(author->id)));
	return slice_is_set(*subject_r) ? 0 : err_set(err, ERR_NOMEM, "no memory for a customer");
}
