/*
 * link_name.c - one name for the addresses of one page.
 *
 * Parameters that only say where a click came from are those of the large senders: utm_* (Urchin, Google
 * Analytics), gclid, fbclid, msclkid, igshid, mc_cid and mc_eid (Mailchimp), yclid, twclid, _hsenc
 * and _hsmi (HubSpot), ref and ref_src.
 */
#include "people/adopters.h"

#include <string.h>

#include "core/arena.h"
#include "store/items.h"

static bool
says_where_from(struct slice parameter)
{
	static const char *const names[] = {"gclid", "fbclid", "msclkid", "igshid", "mc_cid",
	    "mc_eid", "yclid", "twclid", "_hsenc", "_hsmi", "ref", "ref_src"};
	struct slice rest = parameter;
	struct slice name = slice_split(&rest, '=');

	if (slice_starts_with(name, "utm_"))
		return true;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq_str(name, names[i]))
			return true;
	return false;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t
scheme_len(struct slice url)
{
	static const char *const schemes[] = {"https://", "http://"};

	for (int i = 0; i < 2; i++) {
		size_t len = strlen(schemes[i]);

		if (url.len > len &&
		    slice_eq_nocase(slice_make(url.ptr, len), slice_of(schemes[i])))
			return len;
	}
	return 0;
}

static size_t
put(char *to, size_t at, struct slice s)
{
	if (s.len > 0)
		memcpy(to + at, s.ptr, s.len);
	return at + s.len;
}

static size_t
put_query(char *to, size_t at, struct slice query)
{
	char between = '?';

	while (slice_is_set(query)) {
		struct slice parameter = slice_split(&query, '&');

		if (parameter.len == 0 || says_where_from(parameter))
			continue;
		to[at++] = between;
		at = put(to, at, parameter);
		between = '&';
	}
	return at;
}

struct slice
adopters_link_name(struct slice url, struct arena *a)
{
	size_t skip = scheme_len(url), host_len = 0, at;
	struct slice rest, path;
	char *name;

	/* A name without a scheme, as people write it, is a page as well. */
	rest = slice_make(url.ptr + skip, url.len - skip);
	if (rest.len == 0 || rest.len + 9 > STORE_ITEM_NAME_MAX)
		return SLICE_NONE;
	rest = slice_split(&rest, '#');
	path = slice_split(&rest, '?');
	if (path.len > 4 && slice_eq_nocase(slice_make(path.ptr, 4), SLICE_LIT("www.")))
		path = slice_make(path.ptr + 4, path.len - 4);
	while (path.len > 0 && path.ptr[path.len - 1] == '/')
		path.len--;
	if (path.len == 0 || path.ptr[path.len - 1] == ':') /* a scheme and nothing behind it */
		return SLICE_NONE;
	name = arena_alloc(a, path.len + rest.len + 10);
	if (name == NULL)
		return SLICE_NONE;
	at = put(name, 0, SLICE_LIT("https://"));
	while (host_len < path.len && path.ptr[host_len] != '/')
		name[at++] = lower(path.ptr[host_len++]);
	at = put(name, at, slice_make(path.ptr + host_len, path.len - host_len));
	at = put_query(name, at, rest);
	name[at] = '\0';
	return slice_make(name, at);
}
