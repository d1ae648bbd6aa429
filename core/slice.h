/*
 * slice.h - bytes that belong to somebody else: pointer and length, no NUL promised.
 */
#ifndef CORE_SLICE_H
#define CORE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *ptr; /* NULL only for "no value"; an empty text has a pointer */
	size_t len;
};

#define SLICE_LIT(s) ((struct slice){"" s, sizeof(s) - 1})
/* The same as an initializer, which a static table needs. */
#define SLICE_INIT(s)                                                                              \
	{                                                                                          \
		"" s, sizeof(s) - 1                                                                \
	}
#define SLICE_NONE ((struct slice){NULL, 0})
/* For "%.*s". */
#define SLICE_ARG(s) ((int)(s).len), ((s).ptr == NULL ? "" : (s).ptr)

static inline struct slice
slice_of(const char *s)
{
	return s == NULL ? SLICE_NONE : (struct slice){s, strlen(s)};
}

static inline struct slice
slice_make(const char *ptr, size_t len)
{
	return (struct slice){ptr, len};
}

/* Is there a value at all? An empty text is one. */
static inline bool
slice_is_set(struct slice s)
{
	return s.ptr != NULL;
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool
slice_eq_str(struct slice a, const char *s)
{
	return slice_eq(a, slice_of(s));
}

bool slice_eq_nocase(struct slice a, struct slice b); /* ASCII letters only */
bool slice_starts_with(struct slice s, const char *prefix);
bool slice_ends_with(struct slice s, const char *suffix);
int slice_cmp(struct slice a, struct slice b); /* bytewise, as memcmp */
struct slice slice_trim(struct slice s); /* ASCII white space at both ends */
/* Cuts *rest at the first sep; returns what stood before it, *rest what comes after
 * (ptr NULL when sep was not there). */
struct slice slice_split(struct slice *rest, char sep);
/* Whole slice as a decimal number; false when it is not one or does not fit. */
bool slice_to_i64(struct slice s, long long *value_r);

#endif
