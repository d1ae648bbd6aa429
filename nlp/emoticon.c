#include "nlp/emoticon.h"

#include <assert.h>

#include "nlp/charclass.h"

/* Sorted by bytes, so that those with one first byte stand together; the longest that fits wins. */
static const char *const EMOTICONS[] = {
    "%-)",
    "(':",
    "(*:",
    "(-:",
    "(-;",
    "(:",
    "(;",
    "(=",
    ")':",
    ")-':",
    ")-:",
    "):",
    ")=",
    "*-*",
    "*_*",
    "-.-",
    "-\\_(ツ)_/-",
    "-__-",
    "-_-",
    "/:",
    "0:)",
    "0:-)",
    "3:)",
    "8-)",
    "8d",
    ":$",
    ":')",
    ":'(",
    ":'-(",
    ":'-)",
    ":'d",
    ":(",
    ":)",
    ":*",
    ":-$",
    ":-(",
    ":-)",
    ":-*",
    ":-/",
    ":-3",
    ":-<",
    ":->",
    ":-@",
    ":-[",
    ":-\\",
    ":-]",
    ":-c",
    ":-d",
    ":-o",
    ":-p",
    ":-s",
    ":-x",
    ":-{",
    ":-|",
    ":-}",
    ":/",
    ":3",
    ":<",
    ":>",
    ":@",
    ":[",
    ":\\",
    ":]",
    ":^)",
    ":c",
    ":d",
    ":o",
    ":o)",
    ":p",
    ":s",
    ":x",
    ":{",
    ":|",
    ":}",
    ";(",
    ";)",
    ";-(",
    ";-)",
    ";-*",
    ";-]",
    ";-d",
    ";-p",
    ";]",
    ";^)",
    ";_;",
    ";d",
    ";p",
    "</3",
    "<3",
    "=(",
    "=)",
    "=*",
    "=/",
    "=3",
    "=[",
    "=\\",
    "=]",
    "=d",
    "=p",
    "=|",
    ">.<",
    ">:(",
    ">:)",
    ">:-(",
    ">:/",
    ">:[",
    ">:d",
    ">:o",
    ">;)",
    ">_<",
    ">_>",
    "\\(^o^)/",
    "\\o/",
    "^-^",
    "^.^",
    "^^",
    "^_^",
    "^o^",
    "d-:",
    "d:",
    "d=",
    "o.o",
    "o_0",
    "o_o",
    "t.t",
    "t_t",
    "u.u",
    "u_u",
    "x'd",
    "x(",
    "x)",
    "x-(",
    "x-d",
    "x-p",
    "xd",
    "xp",
};

#define COUNT (sizeof EMOTICONS / sizeof EMOTICONS[0])

/* What may stand first and second in them. */
enum {
	FIRST = 1,
	SECOND = 2,
	BOTH = FIRST | SECOND
};

static const unsigned char PLACES[128] = {
    ['$'] = SECOND,
    ['%'] = FIRST,
    ['\''] = SECOND,
    ['('] = BOTH,
    [')'] = BOTH,
    ['*'] = BOTH,
    ['-'] = BOTH,
    ['.'] = SECOND,
    ['/'] = BOTH,
    ['0'] = FIRST,
    ['3'] = BOTH,
    ['8'] = FIRST,
    [':'] = BOTH,
    [';'] = BOTH,
    ['<'] = BOTH,
    ['='] = BOTH,
    ['>'] = BOTH,
    ['@'] = SECOND,
    ['['] = SECOND,
    ['\\'] = BOTH,
    [']'] = SECOND,
    ['^'] = BOTH,
    ['_'] = SECOND,
    ['c'] = SECOND,
    ['d'] = BOTH,
    ['o'] = BOTH,
    ['p'] = SECOND,
    ['s'] = SECOND,
    ['t'] = FIRST,
    ['u'] = FIRST,
    ['x'] = BOTH,
    ['{'] = SECOND,
    ['|'] = SECOND,
    ['}'] = SECOND,
};

bool
emoticon_may_begin(char first, char second)
{
	unsigned char a = (unsigned char)first, b = (unsigned char)second;
	return a < 128 && b < 128 && (PLACES[a] & FIRST) != 0 && (PLACES[b] & SECOND) != 0;
}

/* The first entry whose first byte is not below c. */
static size_t
find_first(unsigned char c)
{
	size_t low = 0, high = COUNT;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if ((unsigned char)EMOTICONS[mid][0] < c)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
is_wordish(char c)
{
	return charclass_is_alnum(c) || (unsigned char)c >= 0x80 || c == '_';
}

/* May an emoticon stand between these neighbours? */
static bool
is_alone(struct slice text, size_t at, size_t len)
{
	const char *e = text.ptr + at;
	char first = e[0], last = e[len - 1];
	char before = at > 0 ? text.ptr[at - 1] : ' ';
	char after = at + len < text.len ? text.ptr[at + len] : ' ';

	/* "ok:)" is common, "key:p" and "(word):" are not smiles. */
	if (is_wordish(before)) {
		bool has_mouth = last == ')' || last == '(';
		bool is_heart = first == '<';
		/* Behind an emoji anything goes. */
		if ((unsigned char)before < 0x80 && !is_heart &&
		    !(has_mouth && (first == ':' || first == ';')))
			return false;
		if (charclass_is_alnum(first))
			return false;
	}
	if (charclass_is_alnum(last) && (charclass_is_alnum(after) || after == '_' || after == '-'))
		return false;
	if ((last == '/' || last == '\\') && (after == '/' || after == '\\'))
		return false;
	/* "8-)" and "x(" want room before them, also from brackets: "f(x)". */
	if (charclass_is_alnum(first) && before != ' ' && charclass_byte(before) != CHAR_SPACE)
		return false;
	if ((last == ':' || last == '=') && charclass_is_alnum(after))
		return false;
	return true;
}

/* Where an emoticon of len bytes ends when its mouth is repeated: ":)))))" and "<33333", but not
 * "xd". */
static size_t
stretch(struct slice text, size_t at, size_t len)
{
	char last = text.ptr[at + len - 1];
	if (charclass_is_alnum(last) && !(last == '3' && text.ptr[at] == '<'))
		return len;
	while (at + len < text.len && text.ptr[at + len] == last)
		len++;
	return len;
}

size_t
emoticon_at(struct slice text, size_t at, struct slice *folded_r)
{
	unsigned char c = (unsigned char)text.ptr[at];
	size_t left = text.len - at, best = 0, whole = 0;
	const char *found = NULL;

	for (size_t i = find_first(c); i < COUNT && (unsigned char)EMOTICONS[i][0] == c; i++) {
		const char *e = EMOTICONS[i];
		size_t len = 0;
		while (e[len] != '\0' && len < left && e[len] == text.ptr[at + len])
			len++;
		if (e[len] != '\0' || len <= best)
			continue;
		assert(emoticon_may_begin(e[0], e[1]));
		size_t stretched = stretch(text, at, len);
		if (is_alone(text, at, stretched)) {
			best = len;
			whole = stretched;
			found = e;
		}
	}
	if (found != NULL)
		*folded_r = slice_make(found, best);
	return whole;
}
