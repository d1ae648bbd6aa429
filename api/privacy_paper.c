/*
 * privacy_paper.c - what a person's page is written from: sections of the JSON answer, their members, and what
 * is said below each of them.
 */
#include "api/api_internal.h"

#include "people/dossier.h"

#include "api/privacy_internal.h"

const struct json *
paper_section(const struct paper *d, const char *name)
{
	for (size_t i = 0; i < json_count(d->sections); i++)
		if (slice_eq_str(json_get_str(json_at(d->sections, i), "name"), name))
			return json_at(d->sections, i);
	return NULL;
}

const struct json *
paper_items(const struct paper *d, const char *name)
{
	return json_get(paper_section(d, name), "items");
}

int64_t
paper_number(const struct json *v, const char *key)
{
	int64_t n = 0;

	json_i64(json_get(v, key), &n);
	return n;
}

double
paper_real(const struct json *v, const char *key)
{
	double n = 0;

	json_f64(json_get(v, key), &n);
	return n;
}

bool
paper_is(const struct json *v, const char *key)
{
	bool so = false;

	json_bool(json_get(v, key), &so);
	return so;
}

const char *
paper_plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- what is said below a section ---------------------------------------------- */

void
paper_caption(const struct paper *d, const struct json *s)
{
	const struct pen *p = &d->pen;
	int64_t count = paper_number(s, "count");

	pen_caption(p);
	pen_words(p, json_get_str(s, "title"), PEN_NAME_MAX);
	if (paper_is(s, "more"))
		pen_say(p, ": the newest %zu of %lld%s", json_count(json_get(s, "items")),
		    (long long)count, count >= DOSSIER_COUNT_MAX ? " or more" : "");
	else
		pen_say(p, ": %lld", (long long)count);
	pen_say(p, " · from: ");
	pen_words(p, json_get_str(s, "from"), PEN_WORDS_MAX);
	pen_say(p, " · held for: ");
	pen_words(p, json_get_str(s, "ground"), PEN_WORDS_MAX);
	pen_say(p, " · kept: ");
	pen_words(p, json_get_str(s, "kept"), PEN_WORDS_MAX);
	pen_caption_end(p);
}

void
paper_captions(const struct paper *d, const char *const *names)
{
	for (; *names != NULL; names++)
		if (paper_section(d, *names) != NULL)
			paper_caption(d, paper_section(d, *names));
}

bool
paper_has_any(const struct paper *d, const char *const *names)
{
	for (; *names != NULL; names++)
		if (paper_section(d, *names) != NULL)
			return true;
	return false;
}
