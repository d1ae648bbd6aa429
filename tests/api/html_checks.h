/*
 * html_checks.h - is a page only what we write?
 */
#ifndef TESTS_API_HTML_CHECKS_H
#define TESTS_API_HTML_CHECKS_H

#include "tests/api/api_fixture.h"

/* Every tag opened is closed, in order; and only tags and attributes we write are there. */
__attribute__((unused)) static void
assert_well_formed(const struct fixture *f)
{
	static const char *const known =
	    " html head meta title style body header div h1 svg circle path rect span ul li b main "
	    "section h2 small article p a bdi u code i time blockquote footer table thead "
	    "tbody tr th td ";
	static const char *const alone = " meta circle path rect ";
	char stack[64][16], name[16], probe[20];
	size_t depth = 0;

	for (const char *s = buf_str(&f->reply.body); (s = strchr(s, '<')) != NULL;) {
		bool closes = s[1] == '/', is_empty;
		size_t len = strcspn(s + 1 + closes, " >/");
		const char *end = strchr(s, '>');

		if (strncmp(s, "<!doctype html>", 15) == 0) {
			s = end;
			continue;
		}
		if (end == NULL || len == 0 || len > 12)
			fail_msg("a stray '<': %.80s", s);
		snprintf(name, sizeof name, "%.*s", (int)len, s + 1 + closes);
		snprintf(probe, sizeof probe, " %s ", name);
		if (strstr(known, probe) == NULL)
			fail_msg("a tag of somebody else: %.80s", s);
		for (const char *c = s + 1; c < end; c++)
			if (*c == '<')
				fail_msg("a tag in a tag: %.80s", s);
		is_empty = end[-1] == '/' || strstr(alone, probe) != NULL;
		if (closes) {
			if (depth == 0 || strcmp(stack[depth - 1], name) != 0)
				fail_msg("</%s> closes nothing: %.80s", name, s);
			depth--;
		} else if (!is_empty) {
			assert_true(depth < 64);
			memcpy(stack[depth++], name, sizeof name);
		}
		s = end;
	}
	assert_int_equal(depth, 0);
	assert_says_not(f, "<script");
	assert_says_not(f, "javascript:");
	assert_says_not(f, " onerror=y>");
	assert_says_not(f, " style=\"");
}

#endif
