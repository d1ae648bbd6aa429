#include "nlp/lexicon.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"

#define LEXICON_TEXT_MAX (64u << 20)
#define LEXICON_ENTRIES_MAX 1000000
#define FNV_START 0xcbf29ce484222325ULL

/* What the words of one stem say together. */
struct stem_sum {
	int64_t sum_milli;
	int32_t count;
	bool has_positive, has_negative;
	struct lexeme lexeme;
};

struct lexicon {
	const char *name;
	enum language lang;
	struct arena *arena;
	struct word_trie *words, *stems; /* values: indices into lexemes, stem_sums */
	struct lexeme *lexemes;
	size_t count, cap;
	struct stem_sum *stem_sums;
	size_t stem_count, stem_cap;
	uint64_t checksum, vocabulary_checksum;
	bool has_vocabulary;
	char version[32];
	struct cutting cutting; /* scratch of loading */
	struct stemmer *stemmer;
};

static const struct kind {
	const char *name;
	const char *source; /* has a weight; NULL: only a role */
	enum lexeme_role role;
} KINDS[] = {
    {"word", "lexicon", ROLE_NONE},
    {"phrase", "lexicon", ROLE_NONE},
    {"idiom", "idiom", ROLE_NONE},
    {"emoji", "emoji", ROLE_NONE},
    {"emoticon", "emoticon", ROLE_NONE},
    {"negator", NULL, ROLE_NEGATOR},
    {"booster", NULL, ROLE_BOOSTER},
    {"contrast", NULL, ROLE_CONTRAST},
    {"sarcasm", NULL, ROLE_SARCASM},
};

static uint64_t
fnv(uint64_t h, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3ULL;
	return h;
}

bool
lexicon_parse_weight(struct slice s, int32_t max_milli, int32_t *milli_r)
{
	bool is_negative = s.len > 0 && s.ptr[0] == '-';
	size_t i = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0;
	int64_t value = 0;
	int decimals = -1;
	size_t digits = 0;
	for (; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '.' && decimals < 0) {
			decimals = 0;
			continue;
		}
		if (c < '0' || c > '9' || decimals == 3 || ++digits > 9)
			return false;
		value = value * 10 + (c - '0');
		decimals += decimals >= 0;
	}
	for (int k = decimals < 0 ? 0 : decimals; k < 3; k++)
		value *= 10;
	if (digits == 0 || value > max_milli)
		return false;
	*milli_r = (int32_t)(is_negative ? -value : value);
	return true;
}

/* ---- building -------------------------------------------------------------- */

static void *
grow(void *items, size_t *cap, size_t count, size_t size)
{
	if (count < *cap)
		return items;
	size_t more = *cap == 0 ? 256 : *cap * 2;
	void *p = mem_realloc_array(items, more, size);
	if (p != NULL)
		*cap = more;
	return p;
}

/* Cuts the entry into keys; 0 when there is none in it, -1 (err) without memory or over
 * PHRASE_WORDS_MAX. */
static int
cut_entry(
    struct lexicon *lx, struct slice entry, struct word_key keys[PHRASE_WORDS_MAX], struct err *err)
{
	if (units_cut_text(&lx->cutting, entry, lx->arena, err) < 0)
		return -1;
	const struct unit_list *u = &lx->cutting.units;
	if (u->count > PHRASE_WORDS_MAX)
		return err_set(err, ERR_LIMIT, "'%.*s' has more than %d words", SLICE_ARG(entry),
		    PHRASE_WORDS_MAX);
	for (size_t i = 0; i < u->count; i++)
		keys[i] = u->items[i].key;
	return (int)u->count;
}

/* The lexeme of these words, made when it is new; NULL without memory. */
static struct lexeme *
take_lexeme(struct lexicon *lx, struct slice entry, const struct word_key *keys, size_t count,
    struct err *err)
{
	uint32_t at;
	if (word_trie_get(lx->words, keys, count, &at))
		return &lx->lexemes[at];
	struct lexeme *more = grow(lx->lexemes, &lx->cap, lx->count, sizeof *more);
	struct slice text = arena_slice_dup(lx->arena, entry);
	if (more != NULL)
		lx->lexemes = more;
	if (more == NULL || text.ptr == NULL || lx->count >= LEXICON_ENTRIES_MAX) {
		err_set(err, ERR_NOMEM, "no memory for the lexicon");
		return NULL;
	}
	if (word_trie_add(lx->words, keys, count, (uint32_t)lx->count, err) < 0)
		return NULL;
	lx->lexemes[lx->count] = (struct lexeme){.text = text};
	return &lx->lexemes[lx->count++];
}

/* The sum of this word's stem, made when it is new; NULL without memory. */
static struct stem_sum *
take_stem(struct lexicon *lx, const struct word_key *word, struct err *err)
{
	uint32_t at;
	struct word_key stem = stemmer_stem(lx->stemmer, lx->lang, word, lx->arena);
	if (stem.text.ptr != NULL && word_trie_get(lx->stems, &stem, 1, &at))
		return &lx->stem_sums[at];
	struct stem_sum *more = grow(lx->stem_sums, &lx->stem_cap, lx->stem_count, sizeof *more);
	struct slice text = arena_slice_dup(lx->arena, stem.text);
	if (more != NULL)
		lx->stem_sums = more;
	if (more == NULL || text.ptr == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the lexicon");
		return NULL;
	}
	if (word_trie_add(lx->stems, &stem, 1, (uint32_t)lx->stem_count, err) < 0)
		return NULL;
	lx->stem_sums[lx->stem_count] =
	    (struct stem_sum){.lexeme = {.text = text, .source = "lexicon"}};
	return &lx->stem_sums[lx->stem_count++];
}

static int
add_to_stem(struct lexicon *lx, const struct word_key *word, int32_t weight_milli, struct err *err)
{
	struct stem_sum *sum = take_stem(lx, word, err);
	if (sum == NULL)
		return -1;
	sum->sum_milli += weight_milli;
	sum->count++;
	sum->has_positive |= weight_milli > 0;
	sum->has_negative |= weight_milli < 0;
	sum->lexeme.weight_milli = (int32_t)(sum->sum_milli / sum->count);
	sum->lexeme.has_weight = !(sum->has_positive && sum->has_negative);
	return 0;
}

static const struct kind *
kind_of(struct slice name)
{
	for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
		if (slice_eq_str(name, KINDS[i].name))
			return &KINDS[i];
	}
	return NULL;
}

/* Does the entry cut into what its kind promises? */
static bool
is_kind_right(const struct lexicon *lx, const struct kind *k)
{
	const struct unit_list *u = &lx->cutting.units;
	bool is_one = u->count == 1;
	if (slice_eq_str(slice_of(k->name), "emoji"))
		return is_one && u->items[0].kind == TOKEN_EMOJI;
	if (slice_eq_str(slice_of(k->name), "emoticon"))
		return is_one && u->items[0].kind == TOKEN_EMOTICON;
	return true;
}

static int
add_entry(struct lexicon *lx, struct slice kind_name, struct slice entry, struct slice weight,
    struct err *err)
{
	struct word_key keys[PHRASE_WORDS_MAX];
	int32_t milli = 0;
	const struct kind *k = kind_of(kind_name);
	if (k == NULL)
		return err_set(err, ERR_INPUT, "unknown kind '%.*s'", SLICE_ARG(kind_name));
	bool wants_number = k->source != NULL || k->role == ROLE_BOOSTER;
	if (wants_number && !lexicon_parse_weight(weight, LEXICON_WEIGHT_MAX_MILLI, &milli))
		return err_set(
		    err, ERR_INPUT, "'%.*s' is not a weight of -4 to 4", SLICE_ARG(weight));
	int count = cut_entry(lx, entry, keys, err);
	if (count < 0)
		return -1;
	if (count == 0 || !is_kind_right(lx, k))
		return err_set(err, ERR_INPUT, "'%.*s' is no %s", SLICE_ARG(entry), k->name);
	struct lexeme *x = take_lexeme(lx, entry, keys, (size_t)count, err);
	if (x == NULL)
		return -1;
	if (k->source == NULL) {
		if (x->role != ROLE_NONE)
			return err_set(
			    err, ERR_INPUT, "'%.*s' has a role already", SLICE_ARG(entry));
		x->role = k->role;
		x->boost_milli = milli;
		return 0;
	}
	if (x->has_weight)
		return err_set(err, ERR_INPUT, "'%.*s' is there twice", SLICE_ARG(entry));
	x->has_weight = true;
	x->weight_milli = milli;
	x->source = k->source;
	bool is_word = count == 1 && lx->cutting.units.items[0].kind == TOKEN_WORD;
	return is_word ? add_to_stem(lx, &keys[0], milli, err) : 0;
}

/* "# key: value" */
static int
read_header(struct lexicon *lx, struct slice line, uint64_t *checksum_r, struct err *err)
{
	struct slice value = slice_make(line.ptr + 1, line.len - 1);
	struct slice key = slice_trim(slice_split(&value, ':'));
	if (!slice_is_set(value))
		return 0;
	value = slice_trim(value);
	if (slice_eq_str(key, "language")) {
		lx->lang = language_of_code(value);
		if (lx->lang == LANGUAGE_UND)
			return err_set(err, ERR_INPUT, "unknown language '%.*s'", SLICE_ARG(value));
	} else if (slice_eq_str(key, "columns")) {
		if (!slice_eq_str(value, "kind entry weight"))
			return err_set(err, ERR_INPUT, "unknown columns '%.*s'", SLICE_ARG(value));
	} else if (slice_eq_str(key, "checksum")) {
		char digits[17] = {0}, *end = digits;
		if (value.len == 16)
			memcpy(digits, value.ptr, 16);
		*checksum_r = strtoull(digits, &end, 16);
		if (end != digits + 16)
			return err_set(err, ERR_INPUT, "checksum is not 16 hexadecimal digits");
	}
	return 0;
}

static int
read_line(struct lexicon *lx, struct slice line, uint64_t *checksum_r, struct err *err)
{
	if (line.len == 0)
		return 0;
	if (line.ptr[0] == '#' && line.len > 1 && line.ptr[1] == ' ')
		return read_header(lx, line, checksum_r, err);
	if (lx->lang == LANGUAGE_UND)
		return err_set(err, ERR_INPUT, "an entry before the line '# language:'");
	struct slice rest = line;
	struct slice kind = slice_split(&rest, '\t');
	struct slice entry = slice_split(&rest, '\t');
	struct slice weight = slice_split(&rest, '\t');
	if (slice_is_set(rest))
		return err_set(err, ERR_INPUT, "more than three columns");
	return add_entry(lx, kind, entry, weight, err);
}

static void
name_version(struct lexicon *lx)
{
	int n = snprintf(lx->version, sizeof lx->version, "%s-%08" PRIx64, language_code(lx->lang),
	    lx->checksum >> 32);
	assert(n > 0 && (size_t)n < sizeof lx->version);
	if (lx->has_vocabulary)
		snprintf(lx->version + n, sizeof lx->version - (size_t)n, "+%08" PRIx64,
		    lx->vocabulary_checksum >> 32);
}

static int
read_all(struct lexicon *lx, struct slice text, struct err *err)
{
	uint64_t expected = 0;
	size_t line_no = 0;
	while (slice_is_set(text)) {
		struct slice line = slice_split(&text, '\n');
		line_no++;
		if (line.len > 0 && !(line.ptr[0] == '#' && line.len > 1 && line.ptr[1] == ' ')) {
			lx->checksum = fnv(lx->checksum, line);
			lx->checksum = fnv(lx->checksum, SLICE_LIT("\n"));
		}
		if (read_line(lx, line, &expected, err) < 0)
			return err_prefix(err, "lexicon '%s', line %zu", lx->name, line_no);
	}
	if (lx->checksum != expected)
		return err_set(err, ERR_INPUT,
		    "lexicon '%s': entries have checksum %016" PRIx64
		    ", the header says %016" PRIx64,
		    lx->name, lx->checksum, expected);
	return 0;
}

int
lexicon_new(const char *name, struct slice text, struct lexicon **lexicon_r, struct err *err)
{
	int rc = -1;
	struct lexicon *lx = mem_zalloc(sizeof *lx);
	if (lx == NULL)
		return err_set(err, ERR_NOMEM, "no memory for lexicon '%s'", name);
	lx->name = name;
	lx->checksum = lx->vocabulary_checksum = FNV_START;
	lx->arena = arena_new(LEXICON_TEXT_MAX);
	lx->words = word_trie_new();
	lx->stems = word_trie_new();
	lx->stemmer = stemmer_new(false);
	if (lx->arena == NULL || lx->words == NULL || lx->stems == NULL || lx->stemmer == NULL) {
		err_set(err, ERR_NOMEM, "no memory for lexicon '%s'", name);
		goto out;
	}
	if (read_all(lx, text, err) < 0)
		goto out;
	name_version(lx);
	*lexicon_r = lx;
	lx = NULL;
	rc = 0;
out:
	lexicon_free(lx);
	return rc;
}

void
lexicon_free(struct lexicon *lx)
{
	if (lx == NULL)
		return;
	units_cutting_fini(&lx->cutting);
	stemmer_free(lx->stemmer);
	word_trie_free(lx->words);
	word_trie_free(lx->stems);
	mem_free(lx->lexemes);
	mem_free(lx->stem_sums);
	arena_free(lx->arena);
	mem_free(lx);
}

enum language
lexicon_language(const struct lexicon *lx)
{
	return lx->lang;
}

const char *
lexicon_version(const struct lexicon *lx)
{
	return lx->version;
}

size_t
lexicon_count(const struct lexicon *lx)
{
	return lx->count;
}

const struct lexeme *
lexicon_at(const struct lexicon *lx, size_t i)
{
	assert(i < lx->count);
	return &lx->lexemes[i];
}

static void
override(struct lexeme *x, int32_t weight_milli)
{
	x->weight_milli = weight_milli;
	x->source = "brand vocabulary";
	x->has_weight = true;
	x->is_vocabulary = true;
	x->role = ROLE_NONE;
}

int
lexicon_add_vocabulary(
    struct lexicon *lx, struct slice phrase, int32_t weight_milli, struct err *err)
{
	struct word_key keys[PHRASE_WORDS_MAX];
	int count = cut_entry(lx, phrase, keys, err);
	if (count < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_INPUT, "'%.*s' holds no word", SLICE_ARG(phrase));
	struct lexeme *x = take_lexeme(lx, phrase, keys, (size_t)count, err);
	if (x == NULL)
		return -1;
	override(x, weight_milli);
	if (count == 1 && lx->cutting.units.items[0].kind == TOKEN_WORD) {
		struct stem_sum *sum = take_stem(lx, &keys[0], err);
		if (sum == NULL)
			return -1;
		override(&sum->lexeme, weight_milli);
	}
	char number[16];
	int n = snprintf(number, sizeof number, "\t%d\n", weight_milli);
	lx->vocabulary_checksum =
	    fnv(fnv(lx->vocabulary_checksum, phrase), slice_make(number, (size_t)n));
	lx->has_vocabulary = true;
	name_version(lx);
	return 0;
}

/* ---- looking up ------------------------------------------------------------ */

struct longest {
	uint32_t value;
	size_t end;
};

static void
keep_longest(void *cookie, uint32_t value, size_t at, size_t end)
{
	struct longest *l = cookie;
	(void)at;
	if (end > l->end) {
		l->end = end;
		l->value = value;
	}
}

/* The entry of one word as written, or in one of its other spellings. */
static const struct lexeme *
find_word(const struct lexicon *lx, const struct unit *u, bool *has_longer_r)
{
	uint32_t at;
	bool has_longer;
	const struct lexeme *found = NULL;
	if (word_trie_word(lx->words, &u->key, &at, has_longer_r))
		found = &lx->lexemes[at];
	for (size_t k = 0; k < u->other_count; k++) {
		if (word_trie_word(lx->words, &u->others[k], &at, &has_longer) && found == NULL)
			found = &lx->lexemes[at];
		*has_longer_r |= has_longer;
	}
	return found;
}

const struct lexeme *
lexicon_find(
    const struct lexicon *lx, const struct unit *units, size_t count, size_t at, size_t *span_r)
{
	const struct unit *u = &units[at];
	bool has_longer;
	const struct lexeme *word = find_word(lx, u, &has_longer);
	*span_r = 1;
	if (has_longer) {
		struct longest l = {.end = at + 1};
		word_trie_match(lx->words, units, count, at, false, keep_longest, &l);
		if (l.end > at + 1) {
			*span_r = l.end - at;
			return &lx->lexemes[l.value];
		}
	}
	if (u->kind != TOKEN_WORD || (word != NULL && (word->is_vocabulary || !lx->has_vocabulary)))
		return word;
	uint32_t stem_at;
	const struct lexeme *stem = NULL;
	if (word_trie_word(lx->stems, &u->stem, &stem_at, &has_longer))
		stem = &lx->stem_sums[stem_at].lexeme;
	if (stem != NULL && (stem->is_vocabulary || (word == NULL && stem->has_weight)))
		return stem;
	return word;
}
