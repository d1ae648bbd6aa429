/*
 * locale.c - is a text a locale, as apps, shops and Amazon Pinpoint write it?
 */
#include "core/country.h"

#include <stdio.h>
#include <string.h>

/* ISO 639-1, and what older Java writes for he, id and yi (iw, in, ji). */
static const char languages[] =
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co "
    "cr cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl "
    "gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik in io is it iu iw ja ji "
    "jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg "
    "mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa "
    "pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su "
    "sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh "
    "yi yo za zh zu ";

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Of letters alone, or of digits? */
static bool
is_all(struct slice s, bool (*is_one)(char c))
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_one(s.ptr[i]))
			return false;
	return s.len > 0;
}

static bool
is_language(struct slice s)
{
	char code[4];

	if (!is_all(s, is_letter) || s.len < 2 || s.len > 3)
		return false;
	if (s.len == 3) /* ISO 639-2 and -3: thousands */
		return true;
	snprintf(code, sizeof code, "%c%c ", s.ptr[0] | 0x20, s.ptr[1] | 0x20);
	return strstr(languages, code) != NULL;
}

static bool
is_region(struct slice s)
{
	if (s.len == 3)
		return is_all(s, is_digit);
	return s.len == 2 && slice_is_set(country_code(s));
}

static bool
is_variant(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_letter(s.ptr[i]) && !is_digit(s.ptr[i]))
			return false;
	return (s.len >= 5 && s.len <= 8) || (s.len == 4 && is_digit(s.ptr[0]));
}

/* The next part, with the sign before what is behind it gone. */
static struct slice
take_part(struct slice *rest)
{
	size_t n = 0;
	struct slice part;

	while (n < rest->len && rest->ptr[n] != '_' && rest->ptr[n] != '-')
		n++;
	part = slice_make(rest->ptr, n);
	*rest = n < rest->len ? slice_make(rest->ptr + n + 1, rest->len - n - 1) : SLICE_NONE;
	return part;
}

/* Is it one?  If not, *region_r is what stands where a region does and is none; SLICE_NONE: something else
 * is wrong. */
static bool
read_locale(struct slice text, struct slice *region_r)
{
	struct slice rest = text, part = take_part(&rest);

	*region_r = SLICE_NONE;
	if (!is_language(part))
		return false;
	if (!slice_is_set(rest))
		return true;
	part = take_part(&rest);
	if (part.len == 4 && is_all(part, is_letter)) {
		if (!slice_is_set(rest))
			return true;
		part = take_part(&rest);
	}
	if (!is_region(part)) {
		*region_r = part;
		return false;
	}
	while (slice_is_set(rest))
		if (!is_variant(take_part(&rest)))
			return false;
	return true;
}

bool
locale_is_known(struct slice text)
{
	struct slice region;

	return read_locale(text, &region);
}

void
locale_help(struct slice text, char help_r[LOCALE_HELP_MAX])
{
	struct slice region, meant;

	if (!read_locale(text, &region) && slice_is_set(meant = country_meant(region)))
		snprintf(help_r, LOCALE_HELP_MAX, "did you mean '%.*s%.*s'?",
		    (int)(region.ptr - text.ptr), text.ptr, SLICE_ARG(meant));
	else
		snprintf(help_r, LOCALE_HELP_MAX,
		    "write the language, and the country behind it if need be: de, de_DE, en-GB");
}
