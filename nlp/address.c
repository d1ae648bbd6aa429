#include "nlp/address.h"

#include <stdbool.h>
#include <string.h>

#include "nlp/charclass.h"

/* RFC 1035's longest name. */
#define DOMAIN_MAX 253

/* The ends of bare domains we believe in, and whether it takes a path to (they are words as well).
 */
static const struct {
	const char *name;
	bool needs_path;
} ENDS[] = {
    {"com", false},
    {"org", false},
    {"net", false},
    {"edu", false},
    {"gov", false},
    {"info", false},
    {"biz", false},
    {"app", false},
    {"dev", false},
    {"io", false},
    {"ai", false},
    {"co", false},
    {"uk", false},
    {"de", false},
    {"dk", false},
    {"se", false},
    {"fi", false},
    {"nl", false},
    {"fr", false},
    {"ch", false},
    {"pl", false},
    {"eu", false},
    {"us", true},
    {"ca", false},
    {"au", false},
    {"br", false},
    {"pt", false},
    {"ie", false},
    {"jp", false},
    {"ru", false},
    {"ly", false},
    {"gl", false},
    {"gg", false},
    {"tv", false},
    {"fm", false},
    {"xyz", false},
    {"shop", true},
    {"store", true},
    {"blog", true},
    {"news", true},
    {"social", false},
    {"online", true},
    {"site", true},
    {"me", true},
    {"to", true},
    {"in", true},
    {"be", true},
    {"it", true},
    {"no", true},
    {"is", true},
    {"at", true},
    {"es", true},
    {"cc", false},
    {"page", true},
    {"link", true},
    {"be", true},
    {"am", true},
};

static bool
is_label_byte(char c)
{
	return charclass_is_alnum(c) || c == '-';
}

/* Labels joined by dots at `at`, up to `limit`: the end of the last one; *dots_r how many dots,
 * *last_r where the last label begins. */
static size_t
scan_labels(struct slice s, size_t at, size_t limit, size_t *dots_r, size_t *last_r)
{
	size_t i = at;
	*dots_r = 0;
	*last_r = at;
	for (;;) {
		while (i < limit && is_label_byte(s.ptr[i]))
			i++;
		if (i + 1 >= limit || s.ptr[i] != '.' || !charclass_is_alnum(s.ptr[i + 1]))
			break;
		i++;
		(*dots_r)++;
		*last_r = i;
	}
	while (i > *last_r && s.ptr[i - 1] == '-')
		i--;
	return i;
}

static size_t
scan_domain(struct slice s, size_t at, size_t *dots_r, size_t *last_r)
{
	size_t limit = s.len - at > DOMAIN_MAX ? at + DOMAIN_MAX : s.len;
	return scan_labels(s, at, limit, dots_r, last_r);
}

static bool
is_believed(struct slice end_label, bool has_path)
{
	for (size_t k = 0; k < sizeof ENDS / sizeof ENDS[0]; k++) {
		if (slice_eq_str(end_label, ENDS[k].name))
			return has_path || !ENDS[k].needs_path;
	}
	return false;
}

/* From inside a URL to its end: white space, quotes and angle brackets end it, closing punctuation
 * is given back. */
static size_t
scan_path(struct slice s, size_t from, size_t i)
{
	bool has_open = false;
	while (i < s.len && charclass_byte(s.ptr[i]) != CHAR_SPACE && s.ptr[i] != '<' &&
	    s.ptr[i] != '>' && s.ptr[i] != '"') {
		has_open |= s.ptr[i] == '(';
		i++;
	}
	while (i > from &&
	    (memchr(".,!?;:'*_]}", s.ptr[i - 1], 11) != NULL || (s.ptr[i - 1] == ')' && !has_open)))
		i--;
	return i;
}

static bool
starts(struct slice s, size_t at, const char *word, size_t len)
{
	return s.len - at > len && memcmp(s.ptr + at, word, len) == 0;
}

/* The bare domain or mail address at `at`, words joined by dots; its length, 0: none. */
static size_t
take_dotted(struct slice s, size_t at, size_t *none_until)
{
	size_t dots, last, end = scan_labels(s, at, s.len, &dots, &last);
	if (end - at > DOMAIN_MAX) {
		*none_until = last < end - DOMAIN_MAX ? last : end - DOMAIN_MAX;
		return 0;
	}
	if (end + 1 < s.len && s.ptr[end] == '@' && charclass_is_alnum(s.ptr[end + 1])) {
		size_t mail_end = scan_domain(s, end + 1, &dots, &last);
		return dots > 0 ? mail_end - at : 0;
	}
	bool has_path = end < s.len && s.ptr[end] == '/';
	if (dots == 0 || !is_believed(slice_make(s.ptr + last, end - last), has_path)) {
		/* The other words end alike; the last may still be a name before an @. */
		*none_until = last;
		return 0;
	}
	return (has_path ? scan_path(s, end, end) : end) - at;
}

/* The length of a scheme that stands alone; 0: it is part of a word, or none. */
static size_t
lone_scheme(struct slice s, size_t at)
{
	size_t end = at;
	while (end < s.len && (charclass_is_alnum(s.ptr[end]) || (unsigned char)s.ptr[end] >= 0x80))
		end++;
	bool is_joined = end + 1 < s.len && memchr("-_'&", s.ptr[end], 4) != NULL &&
	    charclass_is_alnum(s.ptr[end + 1]);
	return !is_joined && address_is_scheme(slice_make(s.ptr + at, end - at)) ? end - at : 0;
}

size_t
address_url(struct slice s, size_t at, size_t *none_until)
{
	char first = s.ptr[at];
	if ((first == 'h' && (starts(s, at, "http://", 7) || starts(s, at, "https://", 8))) ||
	    (first == 'w' && starts(s, at, "www.", 4)))
		return scan_path(s, at + 4, at + 4) - at;
	if (first == 'h') {
		size_t len = lone_scheme(s, at);
		if (len > 0)
			return len;
	}
	if (at < *none_until)
		return 0;

	/* Most words have no dot or @ behind their first label: this is the fast way out. */
	size_t i = at;
	while (i < s.len && is_label_byte(s.ptr[i]) && i - at < DOMAIN_MAX)
		i++;
	if (i + 1 >= s.len || (s.ptr[i] != '.' && s.ptr[i] != '@') ||
	    !charclass_is_alnum(s.ptr[i + 1]))
		return 0;
	if (s.ptr[i] == '.')
		return take_dotted(s, at, none_until);
	size_t dots, last, end = scan_domain(s, i + 1, &dots, &last);
	return dots > 0 ? end - at : 0;
}

size_t
address_mention(struct slice s, size_t at)
{
	size_t i = at + 1;
	while (i < s.len &&
	    (charclass_is_alnum(s.ptr[i]) || s.ptr[i] == '_' ||
		(s.ptr[i] == '-' && i > at + 1 && i + 1 < s.len &&
		    charclass_is_alnum(s.ptr[i + 1]))))
		i++;
	if (i == at + 1)
		return 0;

	/* A name with dots is a domain (Bluesky) or belongs to a host (@first.last@host). */
	size_t dots, last, end = i;
	if (i + 1 < s.len && s.ptr[i] == '.') {
		end = scan_domain(s, i + 1, &dots, &last);
		bool has_host =
		    end + 1 < s.len && s.ptr[end] == '@' && charclass_is_alnum(s.ptr[end + 1]);
		if (end == i + 1 ||
		    (!has_host && !is_believed(slice_make(s.ptr + last, end - last), false)))
			end = i;
	}
	if (end + 1 < s.len && s.ptr[end] == '@' && charclass_is_alnum(s.ptr[end + 1])) {
		size_t host_end = scan_domain(s, end + 1, &dots, &last);
		if (dots > 0)
			end = host_end;
	}
	return end - at;
}
