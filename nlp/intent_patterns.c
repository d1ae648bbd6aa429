#include "nlp/intent_patterns.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "nlp/frequencies.h"
#include "nlp/stem.h"
#include "nlp/units.h"

#define TEXTS_MAX (4u << 20)
#define CUT_MAX (1u << 20)
#define GROUPS_MAX 256
#define GROUPS_DEEP_MAX 8
#define PATTERNS_MAX 10000
#define OPTIONAL_MAX 6
#define GAPS_MAX 3

struct group {
	struct slice name, members;
	uint32_t symbol;
};

struct reader {
	const char *name;
	size_t line;
	enum language lang;
	struct cutting cutting;
	struct stemmer *stemmer;
	struct arena *scratch;
	struct intent_patterns *out;
	struct group *groups;
	size_t group_count;
	struct err *err;
};

struct row {
	struct pattern_item items[PATTERN_ITEMS_MAX];
	size_t count, optional_count, gap_count;
};

/* ---- complaints ------------------------------------------------------------- */

/* "en.tsv:12: what 'subject'"; -1. */
static int
complain(struct reader *r, const char *what, struct slice subject)
{
	return err_set(
	    r->err, ERR_INPUT, "%s:%zu: %s '%.*s'", r->name, r->line, what, SLICE_ARG(subject));
}

static int
no_memory(struct reader *r)
{
	return err_set(r->err, ERR_NOMEM, "no memory for intents");
}

/* ---- words ------------------------------------------------------------------ */

/* The other way to write a letter; NULL: none. */
static const char *
other_letters(enum language lang, uint32_t cp)
{
	bool is_german = lang == LANGUAGE_DE, is_danish = lang == LANGUAGE_DA;
	switch (cp) {
	case 0xe4: return is_german ? "ae" : NULL;
	case 0xf6: return is_german ? "oe" : NULL;
	case 0xfc: return is_german ? "ue" : NULL;
	case 0xe6: return is_danish ? "ae" : NULL;
	case 0xf8: return is_danish ? "oe" : NULL;
	case 0xe5: return is_danish ? "aa" : NULL;
	default: return NULL;
	}
}

/* "kuendigen" for "kündigen" into out; no value when nothing changes, or for what no word is. */
static struct slice
other_spelling(enum language lang, struct slice word, char out[STEM_WORD_MAX * 2])
{
	bool has_changed = false;
	size_t len = 0;
	if (word.len > STEM_WORD_MAX)
		return SLICE_NONE;
	for (size_t i = 0; i < word.len;) {
		size_t from = i;
		const char *letters = other_letters(lang, utf8_next(word, &i));
		size_t piece_len = letters == NULL ? i - from : 2;
		memcpy(out + len, letters == NULL ? word.ptr + from : letters, piece_len);
		has_changed |= letters != NULL;
		len += piece_len;
	}
	return has_changed ? slice_make(out, len) : SLICE_NONE;
}

/* The symbol of one cut word; 0 without memory. */
static uint32_t
word_symbol(struct reader *r, const struct word_key *word, bool is_exact)
{
	char letters[STEM_WORD_MAX * 2];
	struct pattern_index *x = r->out->index;
	struct word_key stem = stemmer_stem(r->stemmer, r->lang, word, r->scratch);
	if (stem.text.ptr == NULL)
		return 0;
	if (is_exact)
		return pattern_index_exact(x, stem, *word);
	uint32_t symbol = pattern_index_word(x, stem, *word);
	struct slice other = other_spelling(r->lang, word->text, letters);
	if (symbol == 0 || !slice_is_set(other))
		return symbol;
	struct word_key surface = word_key_of(other);
	stem = stemmer_stem(r->stemmer, r->lang, &surface, r->scratch);
	if (stem.text.ptr == NULL || pattern_index_alias(x, symbol, stem, surface) < 0)
		return 0;
	return symbol;
}

/* Words of `text` behind those in symbols; how many there are then, -1 when it failed. */
static int
add_words(struct reader *r, struct slice text, bool is_exact, uint32_t symbols[PATTERN_ITEMS_MAX],
    size_t count)
{
	if (units_cut_text(&r->cutting, text, r->scratch, r->err) < 0)
		return -1;
	if (r->cutting.units.count == 0)
		return complain(r, "there is no word in", text);
	if (count + r->cutting.units.count > PATTERN_ITEMS_MAX)
		return complain(r, "more words than a pattern may have:", text);
	for (size_t i = 0; i < r->cutting.units.count; i++) {
		struct word_key key = unit_key(&r->cutting.units.items[i]);
		symbols[count] = word_symbol(r, &key, is_exact);
		if (symbols[count++] == 0)
			return no_memory(r);
	}
	return (int)count;
}

/* Cuts what stands up to `end` off the rest, which begins with the opening sign. */
static int
cut_closed(struct reader *r, struct slice *rest, char end, struct slice *inside_r)
{
	const char *close = memchr(rest->ptr + 1, end, rest->len - 1);
	if (close == NULL)
		return complain(r, "nothing closes", *rest);
	*inside_r = slice_make(rest->ptr + 1, (size_t)(close - rest->ptr) - 1);
	*rest = slice_make(close + 1, rest->len - inside_r->len - 2);
	return 0;
}

/* Cuts a plain word off the rest. */
static struct slice
cut_word(struct slice *rest)
{
	size_t len = 0;
	while (len < rest->len && memchr(" ()[]<>|\"*^", rest->ptr[len], 11) == NULL)
		len++;
	struct slice word = slice_make(rest->ptr, len);
	*rest = slice_make(rest->ptr + len, rest->len - len);
	return word;
}

/* ---- groups ----------------------------------------------------------------- */

/* The symbol of a group; 0: there is none of this name. */
static uint32_t
find_group(const struct reader *r, struct slice name)
{
	for (size_t i = 0; i < r->group_count; i++) {
		if (slice_eq(r->groups[i].name, name))
			return r->groups[i].symbol;
	}
	return 0;
}

/* A member of words, some of them in quotes. */
static int
add_member(struct reader *r, uint32_t group, struct slice member)
{
	uint32_t symbols[PATTERN_ITEMS_MAX];
	int count = 0;
	struct slice rest = slice_trim(member), inside;
	while (count >= 0 && rest.len > 0) {
		bool is_exact = rest.ptr[0] == '"';
		if (is_exact && cut_closed(r, &rest, '"', &inside) < 0)
			return -1;
		if (!is_exact)
			inside = cut_word(&rest);
		if (inside.len == 0)
			return complain(r, "a group holds words and groups, not", rest);
		count = add_words(r, inside, is_exact, symbols, (size_t)count);
		rest = slice_trim(rest);
	}
	if (count < 0)
		return -1;
	if (pattern_index_add_member(r->out->index, group, symbols, (size_t)count) < 0)
		return no_memory(r);
	return 0;
}

static int add_members(struct reader *r, uint32_t group, struct slice members, int depth);

/* The members of another group, from all its lines. */
static int
add_group(struct reader *r, uint32_t group, struct slice name, int depth)
{
	if (find_group(r, name) == 0)
		return complain(r, "no group above is called", name);
	for (size_t i = 0; i < r->group_count; i++) {
		if (slice_eq(r->groups[i].name, name) &&
		    add_members(r, group, r->groups[i].members, depth) < 0)
			return -1;
	}
	return 0;
}

static int
add_members(struct reader *r, uint32_t group, struct slice members, int depth)
{
	if (depth > GROUPS_DEEP_MAX)
		return complain(r, "groups stand too deep in one another:", members);
	while (slice_is_set(members)) {
		struct slice member = slice_trim(slice_split(&members, '|'));
		if (member.len == 0)
			return complain(r, "a member is empty, beside", members);
		if (member.ptr[0] != '<') {
			if (add_member(r, group, member) < 0)
				return -1;
			continue;
		}
		struct slice name;
		if (cut_closed(r, &member, '>', &name) < 0)
			return -1;
		if (member.len > 0)
			return complain(r, "words behind a group within a group:", member);
		if (add_group(r, group, name, depth + 1) < 0)
			return -1;
	}
	return 0;
}

/* A group with these members; 0 when it failed. */
static uint32_t
make_group(struct reader *r, struct slice members)
{
	uint32_t symbol = pattern_index_group(r->out->index);
	if (symbol == 0) {
		no_memory(r);
		return 0;
	}
	return add_members(r, symbol, members, 0) < 0 ? 0 : symbol;
}

static int
read_group(struct reader *r, struct slice name, struct slice members)
{
	if (name.len == 0 || members.len == 0)
		return complain(r, "a group has a name and members:", name);
	if (r->group_count == GROUPS_MAX)
		return complain(r, "more groups than a file may have:", name);
	uint32_t symbol = find_group(r, name);
	if (symbol != 0 ? add_members(r, symbol, members, 0) < 0
			: (symbol = make_group(r, members)) == 0)
		return -1;
	r->groups[r->group_count++] = (struct group){name, members, symbol};
	if (slice_eq_str(name, "opener"))
		r->out->opener = symbol;
	return 0;
}

/* ---- patterns --------------------------------------------------------------- */

static int
add_item(struct reader *r, struct row *row, uint32_t symbol, bool is_optional, struct slice text)
{
	if (symbol == 0)
		return -1;
	row->optional_count += is_optional;
	row->gap_count += symbol < PATTERN_FIRST_FREE;
	if (row->count == PATTERN_ITEMS_MAX || row->optional_count > OPTIONAL_MAX ||
	    row->gap_count > GAPS_MAX)
		return complain(r, "the pattern is too long at", text);
	row->items[row->count++] = (struct pattern_item){symbol, is_optional};
	return 0;
}

static int
read_plain(struct reader *r, struct slice word, bool is_exact, struct row *row)
{
	uint32_t symbols[PATTERN_ITEMS_MAX];
	int count = add_words(r, word, is_exact, symbols, 0);
	for (int i = 0; i < count; i++) {
		if (add_item(r, row, symbols[i], false, word) < 0)
			return -1;
	}
	return count < 0 ? -1 : 0;
}

/* The next item of a pattern, which is not empty. */
static int
read_item(struct reader *r, struct slice *rest, struct row *row)
{
	struct slice whole = *rest, inside;
	if (slice_starts_with(*rest, "...")) {
		*rest = slice_make(rest->ptr + 3, rest->len - 3);
		return add_item(r, row, PATTERN_LONG_GAP, false, whole);
	}
	switch (rest->ptr[0]) {
	case '*':
		*rest = slice_make(rest->ptr + 1, rest->len - 1);
		return add_item(r, row, PATTERN_SHORT_GAP, false, whole);
	case '(':
		return cut_closed(r, rest, ')', &inside) < 0
		    ? -1
		    : add_item(r, row, make_group(r, inside), false, whole);
	case '[':
		return cut_closed(r, rest, ']', &inside) < 0
		    ? -1
		    : add_item(r, row, make_group(r, inside), true, whole);
	case '<':
		if (cut_closed(r, rest, '>', &inside) < 0)
			return -1;
		if (find_group(r, inside) == 0)
			return complain(r, "no group above is called", inside);
		return add_item(r, row, find_group(r, inside), false, whole);
	case '"':
		return cut_closed(r, rest, '"', &inside) < 0 ? -1
							     : read_plain(r, inside, true, row);
	default: break;
	}
	inside = cut_word(rest);
	if (inside.len == 0)
		return complain(r, "a pattern cannot go on with", whole);
	return read_plain(r, inside, false, row);
}

/* The signs around a pattern; what is left is its items. */
static struct slice
cut_signs(struct slice text, struct intent_pattern *p)
{
	text = slice_trim(text);
	if (slice_starts_with(text, "^")) {
		p->is_first = true;
		text = slice_make(text.ptr + 1, text.len - 1);
	}
	if (slice_ends_with(text, " ?")) {
		p->is_asked = true;
		text.len -= 2;
	}
	if (slice_ends_with(text, " $")) {
		p->is_last = true;
		text.len -= 2;
	}
	return slice_trim(text);
}

/* The first and the last item that may not be missing are words. */
static bool
is_framed(const struct row *row)
{
	uint32_t first = PATTERN_NONE, last = PATTERN_NONE;
	for (size_t i = 0; i < row->count; i++) {
		if (row->items[i].is_optional)
			continue;
		first = first == PATTERN_NONE ? row->items[i].symbol : first;
		last = row->items[i].symbol;
	}
	return first >= PATTERN_FIRST_FREE && last >= PATTERN_FIRST_FREE;
}

/* All circumstances in which a pattern counts. */
static uint8_t
circumstances(const struct intent_pattern *p)
{
	unsigned asked = (unsigned)p->when << WHEN_LABELS;
	return (uint8_t)(p->is_asked ? asked : asked | p->when);
}

/* One row of items. */
static int
add_row(struct reader *r, const struct intent_pattern *p, struct slice text)
{
	struct row row = {.count = 0};
	for (struct slice rest = text; rest.len > 0; rest = slice_trim(rest)) {
		if (read_item(r, &rest, &row) < 0)
			return -1;
	}
	if (!is_framed(&row))
		return complain(r, "a pattern begins and ends with a word:", text);
	if (pattern_index_add(r->out->index, row.items, row.count, circumstances(p),
		intent_pattern_kind(p), (uint32_t)r->out->count) < 0)
		return no_memory(r);
	return 0;
}

/* A pattern that is one list of alternatives is as many rows, so that each is looked for from the
 * rarest word of its own. */
static int
add_rows(struct reader *r, const struct intent_pattern *p, struct slice text)
{
	bool is_list = text.len > 2 && text.ptr[0] == '(' &&
	    memchr(text.ptr, ')', text.len) == text.ptr + text.len - 1;
	if (!is_list)
		return add_row(r, p, text);
	struct slice rest = slice_make(text.ptr + 1, text.len - 2);
	while (slice_is_set(rest)) {
		struct slice member = slice_trim(slice_split(&rest, '|'));
		if (member.len == 0)
			return complain(r, "a member is empty in", text);
		if (add_row(r, p, member) < 0)
			return -1;
	}
	return 0;
}

static int
add_pattern(struct reader *r, struct intent_pattern p, struct slice text)
{
	struct intent_patterns *out = r->out;
	p.text = slice_trim(text);
	struct slice rows = cut_signs(text, &p);
	if (add_rows(r, &p, rows) < 0)
		return -1;
	if (out->count == PATTERNS_MAX)
		return complain(r, "more patterns than a file may have:", p.text);
	if (out->count == out->cap) {
		size_t cap = out->cap == 0 ? 256 : out->cap * 2;
		void *items = mem_realloc_array(out->items, cap, sizeof *out->items);
		if (items == NULL)
			return no_memory(r);
		out->items = items;
		out->cap = cap;
	}
	out->items[out->count++] = p;
	return 0;
}

/* ---- lines ------------------------------------------------------------------ */

static int
read_intent(struct reader *r, struct slice name, enum intent *intent_r)
{
	for (int i = 0; i < INTENT_COUNT; i++) {
		if (slice_eq_str(name, intent_name((enum intent)i))) {
			*intent_r = (enum intent)i;
			return 0;
		}
	}
	return complain(r, "there is no intent called", name);
}

static int
read_when(struct reader *r, struct slice when, struct intent_pattern *p)
{
	static const struct {
		const char *name;
		uint8_t labels;
		enum pattern_strength strength;
	} MOODS[] = {
	    {"any", WHEN_ANY, PATTERN_ALONE},
	    {"unless-positive", WHEN_ANY & ~(1u << SENTIMENT_POSITIVE), PATTERN_ALONE},
	    {"unless-negative", WHEN_ANY & ~(1u << SENTIMENT_NEGATIVE), PATTERN_ALONE},
	    {"negative", 1u << SENTIMENT_NEGATIVE, PATTERN_FEELING},
	    {"positive", 1u << SENTIMENT_POSITIVE, PATTERN_FEELING},
	    {"weak", WHEN_ANY, PATTERN_WEAK},
	    {"half", WHEN_ANY, PATTERN_HALF},
	    {"other-half", WHEN_ANY, PATTERN_OTHER_HALF},
	};
	p->when = WHEN_ANY;
	while (slice_is_set(when)) {
		struct slice word = slice_trim(slice_split(&when, ','));
		size_t i = 0, n = sizeof MOODS / sizeof MOODS[0];
		while (i < n && !slice_eq_str(word, MOODS[i].name))
			i++;
		if (i == n)
			return complain(r, "a pattern cannot count when", word);
		p->when &= MOODS[i].labels;
		if (MOODS[i].strength > p->strength) /* "half,negative" is a half */
			p->strength = MOODS[i].strength;
	}
	return 0;
}

static int
read_line(struct reader *r, struct slice line)
{
	struct slice rest = line;
	struct slice kind = slice_trim(slice_split(&rest, '\t'));
	struct slice second =
	    slice_is_set(rest) ? slice_trim(slice_split(&rest, '\t')) : SLICE_NONE;
	struct slice third = slice_is_set(rest) ? slice_trim(slice_split(&rest, '\t')) : SLICE_NONE;
	struct intent_pattern p = {.when = WHEN_ANY};
	if (!slice_is_set(third) || slice_is_set(rest))
		return complain(r, "a line has three columns, divided by tabs, not", line);
	if (slice_eq_str(kind, "group"))
		return read_group(r, second, third);
	p.is_not = slice_eq_str(kind, "not");
	if (read_intent(r, p.is_not ? second : kind, &p.intent) < 0 ||
	    (!p.is_not && read_when(r, second, &p) < 0))
		return -1;
	return add_pattern(r, p, third);
}

static int
read_lines(struct reader *r, struct slice text)
{
	while (slice_is_set(text)) {
		struct slice line = slice_split(&text, '\n');
		r->line++;
		if (slice_ends_with(line, "\r"))
			line.len--;
		if (slice_trim(line).len == 0 || line.ptr[0] == '#')
			continue;
		arena_reset(r->scratch);
		if (!utf8_is_valid(line))
			return err_set(
			    r->err, ERR_INPUT, "%s:%zu: this is not UTF-8", r->name, r->line);
		if (read_line(r, line) < 0)
			return -1;
	}
	uint32_t common = find_group(r, SLICE_LIT("common"));
	if (common != 0)
		pattern_index_mark_common(r->out->index, common);
	return 0;
}

/* ---- what posts hold -------------------------------------------------------- */

/* Tells the index how often its words are met. */
static int
tell_posts(struct reader *r)
{
	struct frequencies all = frequencies_of(r->lang);
	struct frequency f;
	while (frequencies_next(&all, &f)) {
		struct word_key word = word_key_of(f.word);
		arena_reset(r->scratch);
		struct word_key stem = stemmer_stem(r->stemmer, r->lang, &word, r->scratch);
		if (stem.text.ptr == NULL)
			return no_memory(r);
		pattern_index_tell_posts(r->out->index, &stem, &word, f.posts);
	}
	return 0;
}

/* ---- all of it -------------------------------------------------------------- */

int
intent_patterns_new(const char *name, struct slice text, enum language lang,
    struct intent_patterns **patterns_r, struct err *err)
{
	struct reader r = {.name = name, .lang = lang, .err = err};
	int rc = -1;
	r.out = mem_zalloc(sizeof *r.out);
	r.stemmer = stemmer_new(false);
	r.scratch = arena_new(CUT_MAX);
	r.groups = mem_array(GROUPS_MAX, sizeof *r.groups);
	if (r.out == NULL || r.stemmer == NULL || r.scratch == NULL || r.groups == NULL ||
	    (r.out->index = pattern_index_new()) == NULL ||
	    (r.out->texts = arena_new(TEXTS_MAX)) == NULL) {
		no_memory(&r);
		goto out;
	}
	text = arena_slice_dup(r.out->texts, text); /* patterns and groups point into it */
	if (text.ptr == NULL) {
		no_memory(&r);
		goto out;
	}
	if (read_lines(&r, text) < 0 || tell_posts(&r) < 0)
		goto out;
	if (pattern_index_seal(r.out->index) < 0) {
		no_memory(&r);
		goto out;
	}
	*patterns_r = r.out;
	r.out = NULL;
	rc = 0;
out:
	units_cutting_fini(&r.cutting);
	stemmer_free(r.stemmer);
	arena_free(r.scratch);
	mem_free(r.groups);
	intent_patterns_free(r.out);
	return rc;
}

void
intent_patterns_free(struct intent_patterns *p)
{
	if (p == NULL)
		return;
	pattern_index_free(p->index);
	arena_free(p->texts);
	mem_free(p->items);
	mem_free(p);
}
