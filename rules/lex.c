#include "rules/lex_internal.h"

#include <assert.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/mem.h"
#include "rules/limits_internal.h"

/* Words that begin a line: a line that ends in a comma is not continued by one of them, so that a
 * comma too many does not swallow the next line. */
static const char *const line_words[] = {"end", "then", "when", "rule", "brand", "called", "but",
    "own", "at", "from", "until", "act", "priority", "off", "shadow", "include", "description",
    "send", "draft", "alert", "tag", "set", "add", "happening", "after", "unless", "over", "out",
    "pause", "suggest", "watch", "canary", "approval", "spend", "not", "only", "fires", "does"};

void
lex_init(struct lexer *lx, struct arena *a, const struct finding_sink *sink)
{
	*lx = (struct lexer){.arena = a, .sink = sink};
	lx->before_tail = &lx->before;
	lx->inner_tail = &lx->inner;
}

void
lex_fini(struct lexer *lx)
{
	mem_free(lx->tokens);
	lx->tokens = NULL;
	lx->count = lx->cap = 0;
}

static void
lex_finding(struct lexer *lx, enum finding f, size_t start, size_t len, const char *help,
    const char *message)
{
	if (lx->has_finding || lx->is_quiet)
		return;
	lx->has_finding = true;
	finding_add(
	    lx->sink, f, (struct range){(uint32_t)start, (uint32_t)len}, help, "%s", message);
}

/* ---- characters ---- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' ||
	    (unsigned char)c >= 0x80;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
char_at(const struct lexer *lx, size_t i)
{
	return i < lx->sink->text.len ? lx->sink->text.ptr[i] : '\n';
}

static bool
text_at(const struct lexer *lx, size_t i, const char *s)
{
	size_t len = strlen(s);

	return i + len <= lx->sink->text.len && memcmp(lx->sink->text.ptr + i, s, len) == 0;
}

/* Bytes of white space at i that do not end the line: blank, tab, CR, and the blanks of typesetters. */
static size_t
blank_at(const struct lexer *lx, size_t i)
{
	unsigned char c = (unsigned char)char_at(lx, i);

	if (c == ' ' || c == '\t' || c == '\r')
		return 1;
	if (c < 0x80)
		return 0;
	if (text_at(lx, i, "\xc2\xa0")) /* no-break */
		return 2;
	if (text_at(lx, i, "\xe2\x80"))
		return (unsigned char)char_at(lx, i + 2) <= 0x8a || text_at(lx, i + 2, "\xaf") ? 3
											       : 0;
	return text_at(lx, i, "\xe3\x80\x80") ? 3 : 0;
}

/* Typographic double quotes as word processors make them; returns their bytes or 0. */
static size_t
curly_quote_at(const struct lexer *lx, size_t i)
{
	static const char *const quotes[] = {
	    "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e", "\xe2\x80\x9f", "\xc2\xab", "\xc2\xbb"};

	if ((unsigned char)char_at(lx, i) < 0x80)
		return 0;
	for (size_t q = 0; q < sizeof quotes / sizeof *quotes; q++)
		if (text_at(lx, i, quotes[q]))
			return strlen(quotes[q]);
	return 0;
}

static size_t
line_end_from(const struct lexer *lx, size_t i)
{
	const char *p = lx->sink->text.ptr, *nl;

	if (i >= lx->sink->text.len)
		return lx->sink->text.len;
	nl = memchr(p + i, '\n', lx->sink->text.len - i);
	return nl == NULL ? lx->sink->text.len : (size_t)(nl - p);
}

/* ---- tokens ---- */

static struct lex_token *
token_add(struct lexer *lx, enum lex_kind kind, size_t start, size_t end)
{
	struct lex_token *t;

	if (lx->count == lx->cap) {
		size_t cap = lx->cap == 0 ? 32 : lx->cap * 2;

		if (cap > RULES_LINE_TOKENS_MAX * 2)
			return NULL;
		t = mem_realloc_array(lx->tokens, cap, sizeof *t);
		if (t == NULL)
			return NULL;
		lx->tokens = t;
		lx->cap = cap;
	}
	t = &lx->tokens[lx->count++];
	*t = (struct lex_token){.kind = kind, .at = {(uint32_t)start, (uint32_t)(end - start)}};
	t->text = slice_make(lx->sink->text.ptr + start, end - start);
	return t;
}

/* Resolves \" and \\; any other backslash stays one. */
static int
text_unescape(struct lexer *lx, struct lex_token *t, size_t start, size_t end)
{
	const char *from = lx->sink->text.ptr + start;
	size_t len = end - start, n = 0;
	char *to;

	t->text = slice_make(from, len);
	if (len == 0 || memchr(from, '\\', len) == NULL)
		return 0;
	to = arena_alloc(lx->arena, len);
	if (to == NULL)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (from[i] == '\\' && i + 1 < len && (from[i + 1] == '"' || from[i + 1] == '\\'))
			i++;
		to[n++] = from[i];
	}
	t->text = slice_make(to, n);
	return 0;
}

static void
text_check(struct lexer *lx, struct lex_token *t)
{
	if (lx->has_finding || text_is_valid(t->text))
		return;
	t->is_damaged = true;
	if (t->text.len > RULES_STRING_MAX)
		lex_finding(lx, FINDING_LONG_LINE, t->at.start, t->at.len,
		    "a text between quotes may be 1024 bytes long", "this text is too long");
	else
		lex_finding(lx, FINDING_BAD_CHARACTER, t->at.start, t->at.len,
		    "delete it and type the text again",
		    "this text holds an invisible control character");
}

static int
lex_text(struct lexer *lx, size_t line_end)
{
	size_t start = lx->pos, i = start + 1;
	struct lex_token *t;
	bool is_closed;

	while (i < line_end && char_at(lx, i) != '"')
		i += char_at(lx, i) == '\\' && i + 1 < line_end ? 2 : 1;
	is_closed = i < line_end;
	if (!is_closed)
		for (i = line_end;
		     i > start + 1 && (char_at(lx, i - 1) == '\r' || char_at(lx, i - 1) == ' ');
		     i--)
			;
	t = token_add(lx, LEX_TEXT, start, is_closed ? i + 1 : i);
	if (t == NULL || text_unescape(lx, t, start + 1, i) < 0)
		return -1;
	lx->pos = is_closed ? i + 1 : line_end;
	if (!is_closed) {
		t->is_damaged = true;
		lex_finding(lx, FINDING_OPEN_QUOTE, start, t->at.len,
		    "texts stand between two double quotes on one line; look also for a quote "
		    "missing before it",
		    "this quote is not closed");
		return 0;
	}
	text_check(lx, t);
	return 0;
}

/* A text in quotes of another kind: one finding, and it is read on as a text. */
static int
lex_wrong_quote(struct lexer *lx, size_t line_end, size_t open_len)
{
	size_t start = lx->pos, i = start + open_len, close_len = 0;
	bool is_single = open_len == 1;
	struct lex_token *t;
	const char *help = "write it between straight double quotes: \"...\"";

	for (; i < line_end; i++) {
		close_len = is_single ? (char_at(lx, i) == '\'' ? 1 : 0) : curly_quote_at(lx, i);
		if (!is_single && close_len == 0 && char_at(lx, i) == '"')
			close_len = 1;
		if (close_len > 0)
			break;
	}
	t = token_add(lx, LEX_TEXT, start, i + close_len);
	if (t == NULL)
		return -1;
	t->text = slice_make(lx->sink->text.ptr + start + open_len, i - start - open_len);
	t->is_damaged = true;
	lx->pos = i + close_len;
	if (is_single && close_len == 0 && start > 0 && is_letter(char_at(lx, start - 1)))
		lex_finding(lx, FINDING_WRONG_QUOTE, start, 1,
		    "write 'does not' or 'is not'; whole texts stand between double quotes",
		    "an apostrophe has no place outside of a text");
	else if (is_single && start > 0 && is_digit(char_at(lx, start - 1)) &&
	    is_digit(char_at(lx, start + 1)))
		lex_finding(lx, FINDING_COMMA_IN_NUMBER, start, 1,
		    "write thousands without a sign, as in 10000, or with 'k', as in 10k",
		    "a number cannot hold an apostrophe");
	else if (is_single)
		lex_finding(lx, FINDING_WRONG_QUOTE, start,
		    close_len > 0 ? i + close_len - start : 1, help,
		    "single quotes do not hold a text");
	else
		lex_finding(lx, FINDING_WRONG_QUOTE, start, open_len, help,
		    "this is a typographic quote, as word processors make it");
	return 0;
}

/* `not between 21,00 ...`: the parser says how times are written. */
static bool
is_time_of_day(const struct lexer *lx)
{
	return lx->count > 2 && slice_eq_str(lx->tokens[1].text, "between") &&
	    (slice_eq_str(lx->tokens[0].text, "not") || slice_eq_str(lx->tokens[0].text, "only"));
}

static int
lex_number_token(struct lexer *lx, size_t line_end)
{
	size_t start = lx->pos, i = start + 1;
	struct lex_token *t;
	bool has_comma = false;

	for (; i < line_end; i++) {
		char c = char_at(lx, i);

		if (c == ',' && is_digit(char_at(lx, i - 1)) && is_digit(char_at(lx, i + 1))) {
			has_comma = true;
			continue;
		}
		if (!is_digit(c) && !is_letter(c) && (c == '\0' || strchr(".:%/-", c) == NULL))
			break;
		if (blank_at(lx, i) > 0)
			break;
	}
	t = token_add(lx, LEX_NUMBER, start, i);
	if (t == NULL)
		return -1;
	lx->pos = i;
	if (has_comma && !is_time_of_day(lx)) {
		t->is_damaged = true;
		lex_finding(lx, FINDING_COMMA_IN_NUMBER, start, i - start,
		    "write 10000 or 10k, and 0.4 with a dot; if these are two values, put a blank "
		    "after the comma",
		    "a number cannot hold a comma: it separates the values of a list, and in some "
		    "countries the decimals");
	}
	return 0;
}

/* Soft hyphens, blanks without width, marks of direction, a byte order mark. */
static bool
hides_something(const struct lexer *lx, size_t start, size_t end)
{
	static const char *const signs[] = {"\xc2\xad", "\xe2\x80\x8b", "\xe2\x80\x8c",
	    "\xe2\x80\x8d", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x81\xa0", "\xef\xbb\xbf"};

	for (size_t i = start; i < end; i++) {
		if ((unsigned char)char_at(lx, i) < 0x80)
			continue;
		for (size_t s = 0; s < sizeof signs / sizeof *signs; s++)
			if (text_at(lx, i, signs[s]))
				return true;
	}
	return false;
}

static int
lex_word(struct lexer *lx, size_t line_end)
{
	size_t start = lx->pos, i = start;
	struct lex_token *t;

	while (i < line_end) {
		char c = char_at(lx, i);

		if (blank_at(lx, i) > 0 || curly_quote_at(lx, i) > 0)
			break;
		if (!is_letter(c) && !is_digit(c) && (c == '\0' || strchr("-./+", c) == NULL))
			break;
		i++;
	}
	lx->pos = i;
	t = token_add(lx, LEX_WORD, start, i);
	if (t != NULL && hides_something(lx, start, i)) {
		t->is_damaged = true;
		lex_finding(lx, FINDING_BAD_CHARACTER, start, i - start,
		    "delete the word and type it again",
		    "an invisible sign is hidden in this word, as web pages and word processors "
		    "leave them");
	}
	if (t != NULL && i - start > RULES_STRING_MAX) {
		t->is_damaged = true;
		lex_finding(lx, FINDING_LONG_LINE, start, i - start,
		    "a word may be 1024 bytes long", "this word is too long");
	}
	return t == NULL ? -1 : 0;
}

static int
lex_symbol(struct lexer *lx)
{
	size_t start = lx->pos, len = 1;

	if (strchr("<>=!&|", char_at(lx, start)) != NULL)
		while (strchr("<>=&|", char_at(lx, start + len)) != NULL &&
		    char_at(lx, start + len) != '\0')
			len++;
	lx->pos = start + len;
	return token_add(lx, LEX_SYMBOL, start, start + len) == NULL ? -1 : 0;
}

static int
lex_token(struct lexer *lx, size_t line_end)
{
	size_t i = lx->pos, curly = curly_quote_at(lx, i);
	char c = char_at(lx, i);

	if (c == '"')
		return lex_text(lx, line_end);
	if (curly > 0 || c == '\'')
		return lex_wrong_quote(lx, line_end, curly > 0 ? curly : 1);
	if (c == ',') {
		lx->pos++;
		return token_add(lx, LEX_COMMA, i, i + 1) == NULL ? -1 : 0;
	}
	if (is_digit(c) ||
	    (c == '-' && (is_digit(char_at(lx, i + 1)) || char_at(lx, i + 1) == '.')) ||
	    (c == '.' && is_digit(char_at(lx, i + 1))))
		return lex_number_token(lx, line_end);
	if (is_letter(c))
		return lex_word(lx, line_end);
	return lex_symbol(lx);
}

/* ---- comments ---- */

static struct comment *
comment_new(struct lexer *lx, struct slice text)
{
	struct comment *c = ARENA_NEW(lx->arena, struct comment);

	if (c != NULL)
		c->text = text;
	return c;
}

static struct notes *
token_notes(struct lexer *lx, struct lex_token *t)
{
	if (t->notes == NULL)
		t->notes = ARENA_NEW(lx->arena, struct notes);
	return t->notes;
}

/* The comment that begins at pos; is_alone: nothing stands before it on its line. */
static int
lex_comment(struct lexer *lx, size_t line_end, bool is_alone)
{
	size_t start = lx->pos + 1;
	struct slice text = slice_trim(slice_make(lx->sink->text.ptr + start, line_end - start));
	struct lex_token *last = lx->count > 0 ? &lx->tokens[lx->count - 1] : NULL;
	struct comment *c;
	struct notes *n;

	lx->pos = line_end;
	if (text.len > RULES_COMMENT_MAX) {
		lex_finding(lx, FINDING_LONG_LINE, start - 1, line_end - start + 1,
		    "break it into several lines; a comment may be 4096 bytes long",
		    "this comment is too long");
		text = SLICE_LIT("");
	}
	if (!is_alone && last != NULL && last->kind == LEX_COMMA && lx->count >= 2) {
		n = token_notes(lx, last - 1);
		if (n == NULL)
			return -1;
		n->after = text;
		return 0;
	}
	if (!is_alone) {
		lx->after = text;
		return 0;
	}
	c = comment_new(lx, text);
	if (c == NULL)
		return -1;
	if (lx->count > 0) {
		*lx->inner_tail = c;
		lx->inner_tail = &c->next;
	} else {
		*lx->before_tail = c;
		lx->before_tail = &c->next;
	}
	return 0;
}

/* Comments met on lines of their own inside a continued line belong to the token that follows. */
static int
inner_to_token(struct lexer *lx, struct lex_token *t)
{
	struct notes *n;

	if (lx->inner == NULL)
		return 0;
	n = token_notes(lx, t);
	if (n == NULL)
		return -1;
	n->before = lx->inner;
	lx->inner = NULL;
	lx->inner_tail = &lx->inner;
	return 0;
}

/* ---- lines ---- */

bool
lex_is_line_word(struct slice s)
{
	for (size_t w = 0; w < sizeof line_words / sizeof *line_words; w++)
		if (slice_eq_str(s, line_words[w]))
			return true;
	return false;
}

/* Does what follows the comma at the end of a line go on with it? */
static bool
line_continues(const struct lexer *lx)
{
	size_t i = lx->pos, end;

	for (;;) {
		size_t blank = blank_at(lx, i);

		if (i >= lx->sink->text.len)
			return false;
		if (blank > 0)
			i += blank;
		else if (char_at(lx, i) == '\n')
			i++;
		else if (char_at(lx, i) == '#')
			i = line_end_from(lx, i);
		else
			break;
	}
	for (end = i; is_letter(char_at(lx, end)); end++)
		;
	/* brand.count is a field, `brand` begins a brand */
	return char_at(lx, end) == '.' ||
	    !lex_is_line_word(slice_make(lx->sink->text.ptr + i, end - i));
}

/* One line of the file into tokens.  1, or -1 without memory. */
static int
lex_physical_line(struct lexer *lx, size_t line_end)
{
	bool is_alone = true;

	while (lx->pos < line_end) {
		size_t blank = blank_at(lx, lx->pos), count = lx->count;

		if (blank > 0) {
			lx->pos += blank;
			continue;
		}
		if (char_at(lx, lx->pos) == '#') {
			if (lex_comment(lx, line_end, is_alone) < 0)
				return -1;
			continue;
		}
		if (lex_token(lx, line_end) < 0)
			return -1;
		if (is_alone && inner_to_token(lx, &lx->tokens[count]) < 0)
			return -1;
		is_alone = false;
	}
	return 1;
}

/* A line over the ceiling is left out; diag cannot show it, so it is named by its number. */
static bool
line_is_too_long(struct lexer *lx, size_t line_end)
{
	if (line_end - lx->pos <= RULES_LINE_MAX)
		return false;
	lx->is_damaged = true;
	diag_add_file(lx->sink->diags, DIAG_ERROR, finding_info(FINDING_LONG_LINE)->code,
	    lx->sink->file, "break the line after a comma; a line may be 65536 bytes long",
	    "line %zu is too long (%zu bytes)", lx->line_no + 1, line_end - lx->pos);
	lx->pos = line_end;
	return true;
}

static int
lex_lines(struct lexer *lx)
{
	while (lx->pos < lx->sink->text.len) {
		size_t line_end = line_end_from(lx, lx->pos);

		if (!line_is_too_long(lx, line_end) && lex_physical_line(lx, line_end) < 0)
			return -1;
		if (lx->pos < lx->sink->text.len) {
			lx->pos++; /* the line's end */
			lx->line_no++;
		}
		if (lx->count == 0)
			continue;
		if (lx->tokens[lx->count - 1].kind != LEX_COMMA || !line_continues(lx))
			break;
	}
	return 0;
}

int
lex_line(struct lexer *lx)
{
	size_t end;

	lx->count = 0;
	lx->before = NULL;
	lx->before_tail = &lx->before;
	lx->inner = NULL;
	lx->inner_tail = &lx->inner;
	lx->after = SLICE_NONE;
	lx->has_finding = false;
	if (lex_lines(lx) < 0)
		return -1;
	if (lx->count == 0)
		return 0;
	end = lx->tokens[lx->count - 1].at.start + lx->tokens[lx->count - 1].at.len;
	return token_add(lx, LEX_END, end, end) == NULL ? -1 : 1;
}

/* ---- numbers ---- */

bool
lex_number(struct slice s, int64_t *milli_r)
{
	int64_t n = 0, scale = 1000, factor_milli = 1000;
	size_t i = 0, digits = 0;
	bool is_negative = s.len > 0 && s.ptr[0] == '-', has_dot = false;

	for (i = is_negative ? 1 : 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '.' && !has_dot && digits > 0 && i + 1 < s.len && is_digit(s.ptr[i + 1])) {
			has_dot = true;
			continue;
		}
		if (!is_digit(c))
			break;
		if (digits++ > 17 || (has_dot && (scale /= 10) == 0))
			return false;
		n = n * 10 + (c - '0');
	}
	if (digits == 0 || i + 1 < s.len)
		return false;
	if (i < s.len) {
		switch (s.ptr[i]) {
		case 'k':
		case 'K': factor_milli = 1000 * 1000; break;
		case 'M': factor_milli = INT64_C(1000) * 1000 * 1000; break;
		case '%': factor_milli = 10; break;
		default: return false;
		}
	}
	/* n / (1000 / scale) is the number; the result in thousandths is n * scale * factor,
	 * exactly or not at all */
	if (n > RULES_NUMBER_MAX / scale)
		return false;
	n *= scale;
	if (factor_milli < 1000) {
		if (n % (1000 / factor_milli) != 0)
			return false;
		n /= 1000 / factor_milli;
	} else {
		if (n > RULES_NUMBER_MAX / (factor_milli / 1000))
			return false;
		n *= factor_milli / 1000;
	}
	*milli_r = is_negative ? -n : n;
	return true;
}
