/*
 * Character references.  The names are libxml2's table (HTML 4, and "apos").
 */
#include "collectors/html.h"

#include <assert.h>

#include <libxml/HTMLparser.h>

#include "collectors/charset.h"

#define ENTITY_NAME_MAX 31

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_alnum(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

static uint32_t
usable_code_point(uint32_t cp)
{
	if (cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		return 0xFFFD;
	if (cp >= 0x80 && cp <= 0x9F)
		return charset_windows_1252((unsigned char)cp);
	return cp;
}

uint32_t
html_entity_named(struct slice name)
{
	char text[ENTITY_NAME_MAX + 1];
	const htmlEntityDesc *found;

	if (name.len == 0 || name.len > ENTITY_NAME_MAX)
		return 0;
	memcpy(text, name.ptr, name.len);
	text[name.len] = '\0';
	found = htmlEntityLookup((const xmlChar *)text);
	return found == NULL ? 0 : (uint32_t)found->value;
}

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* "#123;" or "#x7b;" behind the ampersand at pos; the semicolon may be missing. */
static size_t
decode_number(struct slice s, size_t pos, uint32_t *cp_r)
{
	size_t i = pos + 2;
	int base = 10;
	uint32_t value = 0;
	size_t first;

	if (i < s.len && (s.ptr[i] | 0x20) == 'x') {
		base = 16;
		i++;
	}
	for (first = i; i < s.len && digit_value(s.ptr[i]) < base; i++)
		if (value <= 0x10FFFF)
			value = value * (uint32_t)base + (uint32_t)digit_value(s.ptr[i]);
	if (i == first)
		return 0;
	*cp_r = usable_code_point(value);
	if (i < s.len && s.ptr[i] == ';')
		i++;
	return i - pos;
}

size_t
html_entity_decode(struct slice s, size_t pos, uint32_t *cp_r)
{
	static const char *const without_semicolon[] = {"amp", "lt", "gt", "quot", "nbsp"};
	struct slice name = SLICE_LIT("");
	uint32_t cp;

	assert(pos < s.len && s.ptr[pos] == '&');
	if (pos + 1 < s.len && s.ptr[pos + 1] == '#')
		return decode_number(s, pos, cp_r);
	name.ptr = s.ptr + pos + 1;
	while (pos + 1 + name.len < s.len && name.len <= ENTITY_NAME_MAX &&
	    is_alnum(name.ptr[name.len]))
		name.len++;
	if (pos + 1 + name.len < s.len && name.ptr[name.len] == ';') {
		cp = html_entity_named(name);
		*cp_r = cp;
		return cp == 0 ? 0 : name.len + 2;
	}
	for (size_t i = 0; i < sizeof(without_semicolon) / sizeof(without_semicolon[0]); i++)
		if (slice_eq_str(name, without_semicolon[i])) {
			*cp_r = html_entity_named(name);
			return *cp_r == 0 ? 0 : name.len + 1;
		}
	return 0;
}

bool
html_is_likely(struct slice s)
{
	uint32_t cp;

	for (size_t i = 0; i + 1 < s.len; i++) {
		char next = s.ptr[i + 1];
		if (s.ptr[i] == '<' && (is_letter(next) || next == '/' || next == '!'))
			return true;
		if (s.ptr[i] == '&' && html_entity_decode(s, i, &cp) > 0)
			return true;
	}
	return false;
}
