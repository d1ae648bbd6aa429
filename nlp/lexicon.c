#include "nlp/lexicon.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "nlp/lexicon_internal.h"

#define LEXICON_TEXT_MAX (64u << 20)
#define TEMPERATURE_NONE 1000
#define SURE_USUAL 500
#define CACHE_LINE 64

static const struct kind {
	const char *name;
	enum lexeme_role role;
	bool is_learned;
	enum entry_source source; /* none for what has no weight of its own */
} KINDS[LEXEME_KIND_COUNT] = {
    [LEXEME_WORD] = {"word", ROLE_NONE, false, ENTRY_LEXICON},
    [LEXEME_PHRASE] = {"phrase", ROLE_NONE, false, ENTRY_LEXICON},
    [LEXEME_IDIOM] = {"idiom", ROLE_NONE, false, ENTRY_IDIOM},
    [LEXEME_EMOJI] = {"emoji", ROLE_NONE, false, ENTRY_EMOJI},
    [LEXEME_EMOTICON] = {"emoticon", ROLE_NONE, false, ENTRY_EMOTICON},
    [LEXEME_NEGATOR] = {"negator", ROLE_NEGATOR, false, ENTRY_SOURCE_NONE},
    [LEXEME_BOOSTER] = {"booster", ROLE_BOOSTER, false, ENTRY_SOURCE_NONE},
    [LEXEME_CONTRAST] = {"contrast", ROLE_CONTRAST, false, ENTRY_SOURCE_NONE},
    [LEXEME_SARCASM] = {"sarcasm", ROLE_SARCASM, false, ENTRY_SOURCE_NONE},
    [LEXEME_STEM] = {"stem", ROLE_NONE, true, ENTRY_LEARNED},
    [LEXEME_NEGATED] = {"negated", ROLE_NONE, true, ENTRY_LEARNED_NEGATED},
    [LEXEME_PAIR] = {"pair", ROLE_NONE, true, ENTRY_LEARNED_PAIR},
    [LEXEME_SHAPE] = {"shape", ROLE_NONE, true, ENTRY_SHAPE},
    [LEXEME_SUM] = {"sum", ROLE_NONE, true, ENTRY_RATINGS},
    [LEXEME_STEM_RATING] = {"stem rating", ROLE_NONE, false, ENTRY_LEXICON},
};

static const char *const SHAPES[SHAPE_COUNT] = {
    [SHAPE_ALWAYS] = "always",
    [SHAPE_LENGTH] = "length",
    [SHAPE_CAPITALS] = "capitals",
    [SHAPE_ELONGATED] = "drawn out",
    [SHAPE_EXCLAMATIONS] = "exclamations",
    [SHAPE_QUESTIONS] = "questions",
    [SHAPE_MENTIONS] = "mentions",
    [SHAPE_HASHTAGS] = "hashtags",
    [SHAPE_LINKS] = "links",
    [SHAPE_QUOTED] = "quoted",
};

static const char *const SUMS[SUM_COUNT] = {
    [SUM_POSITIVE] = "positive",
    [SUM_NEGATIVE] = "negative",
    [SUM_BALANCE] = "balance",
};

const char *
lexeme_kind_name(enum lexeme_kind k)
{
	return KINDS[k].name;
}

enum lexeme_kind
lexeme_role_kind(enum lexeme_role role)
{
	int k = LEXEME_NEGATOR;
	while (KINDS[k].role != role && k < LEXEME_SARCASM)
		k++;
	return (enum lexeme_kind)k;
}

const char *
shape_name(enum shape s)
{
	return SHAPES[s];
}

const char *
rating_sum_name(enum rating_sum s)
{
	return SUMS[s];
}

uint64_t
lexicon_fnv(uint64_t h, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3ULL;
	return h;
}

/* ---- birth and death -------------------------------------------------------- */

static int
no_memory(const struct lexicon *lx, struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory for lexicon '%s'", lx->name);
}

/* From a cache line on, which realloc() does not promise. */
static int
grow_lexemes(struct lexicon *lx)
{
	size_t cap = lx->cap == 0 ? 256 : lx->cap * 2;
	if (lx->count < lx->cap)
		return 0;
	void *memory = mem_array(cap + CACHE_LINE / sizeof *lx->lexemes, sizeof *lx->lexemes);
	if (memory == NULL)
		return -1;
	uintptr_t at = (uintptr_t)memory;
	struct lexeme *more =
	    (void *)((char *)memory + (CACHE_LINE - at % CACHE_LINE) % CACHE_LINE);
	if (lx->lexemes != NULL)
		memcpy(more, lx->lexemes, lx->count * sizeof *more);
	mem_free(lx->lexeme_memory);
	lx->lexeme_memory = memory;
	lx->lexemes = more;
	lx->cap = cap;
	return 0;
}

int
lexicon_new_empty(enum language lang, struct lexicon **lexicon_r, struct err *err)
{
	struct lexicon *lx = mem_zalloc(sizeof *lx);
	if (lx == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a lexicon");
	lx->name = language_code(lang);
	lx->lang = lang;
	lx->count = lx->stem_count = 1;
	lx->pair_bits = 8;
	lx->temperature_milli = TEMPERATURE_NONE;
	lx->sure_milli = SURE_USUAL;
	lx->checksum = lx->vocabulary_checksum = LEXICON_FNV_START;
	lx->arena = arena_new(LEXICON_TEXT_MAX);
	lx->words = word_trie_new();
	lx->rated_stems = word_trie_new();
	lx->stems = word_trie_new();
	lx->pairs = mem_array(lexicon_pair_slots(lx), sizeof *lx->pairs);
	lx->stemmer = stemmer_new(false);
	if (lx->arena == NULL || lx->words == NULL || lx->rated_stems == NULL ||
	    lx->stems == NULL || lx->pairs == NULL || lx->stemmer == NULL || grow_lexemes(lx) < 0) {
		no_memory(lx, err);
		lexicon_free(lx);
		return -1;
	}
	lexicon_name_version(lx);
	*lexicon_r = lx;
	return 0;
}

void
lexicon_free(struct lexicon *lx)
{
	if (lx == NULL)
		return;
	units_cutting_fini(&lx->cutting);
	stemmer_free(lx->stemmer);
	word_trie_free(lx->words);
	word_trie_free(lx->rated_stems);
	word_trie_free(lx->stems);
	mem_free(lx->lexeme_memory);
	mem_free(lx->stem_ratings);
	mem_free(lx->stem_entries);
	mem_free(lx->pairs);
	arena_free(lx->arena);
	mem_free(lx);
}

void
lexicon_name_version(struct lexicon *lx)
{
	int n = snprintf(lx->version, sizeof lx->version, "%s-%08" PRIx64, language_code(lx->lang),
	    lx->checksum >> 32);
	assert(n > 0 && (size_t)n < sizeof lx->version);
	if (lx->is_rebuilt)
		n += snprintf(lx->version + n, sizeof lx->version - (size_t)n, "~%08" PRIx32,
		    lx->prints.stemmer ^ lx->prints.unicode);
	if (lx->has_vocabulary)
		snprintf(lx->version + n, sizeof lx->version - (size_t)n, "+%08" PRIx64,
		    lx->vocabulary_checksum >> 32);
}

/* ---- adding ----------------------------------------------------------------- */

/* Weights are counted in 16 bits. */
static bool
is_within(int32_t milli, int32_t most)
{
	return milli >= -most && milli <= most;
}

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

static void
set_kind(struct lexeme *x, enum lexeme_kind kind)
{
	x->kind = kind & 31u;
	x->entry.source = (uint8_t)KINDS[kind].source;
}

/* A new lexeme's number; 0 without memory or with too many of them. */
static uint32_t
new_lexeme(struct lexicon *lx, enum lexeme_kind kind, struct slice entry, struct err *err)
{
	if (lx->count > LEXICON_ENTRIES_MAX) {
		err_set(err, ERR_LIMIT, "there are more than %d entries", LEXICON_ENTRIES_MAX);
		return 0;
	}
	struct slice text = arena_slice_dup(lx->arena, entry);
	if (text.ptr == NULL || grow_lexemes(lx) < 0) {
		no_memory(lx, err);
		return 0;
	}
	lx->lexemes[lx->count] = (struct lexeme){.entry = {text.ptr, (uint32_t)text.len, 0}};
	set_kind(&lx->lexemes[lx->count], kind);
	return (uint32_t)lx->count++;
}

static int
check_size(struct slice entry, struct err *err)
{
	if (entry.len <= LEXICON_ENTRY_BYTES_MAX)
		return 0;
	return err_set(err, ERR_LIMIT, "'%.*s...' has more than %d bytes",
	    SLICE_ARG(utf8_prefix(entry, 40)), LEXICON_ENTRY_BYTES_MAX);
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
		keys[i] = unit_key(&u->items[i]);
	return (int)u->count;
}

static struct lexeme *
take_lexeme(struct lexicon *lx, enum lexeme_kind kind, struct slice entry,
    const struct word_key *keys, size_t count, struct err *err)
{
	uint32_t at;
	if (word_trie_get(lx->words, keys, count, &at))
		return &lx->lexemes[at];
	at = new_lexeme(lx, kind, entry, err);
	if (at == 0 || word_trie_add(lx->words, keys, count, at, err) < 0)
		return NULL;
	return &lx->lexemes[at];
}

/* The ratings of this word's stem, made when they are new; NULL without memory. */
static struct stem_rating *
take_stem_rating(struct lexicon *lx, const struct word_key *word, struct err *err)
{
	uint32_t at;
	struct word_key stem = stemmer_stem(lx->stemmer, lx->lang, word, lx->arena);
	if (stem.text.ptr != NULL && word_trie_get(lx->rated_stems, &stem, 1, &at))
		return &lx->stem_ratings[at];
	struct stem_rating *more =
	    grow(lx->stem_ratings, &lx->stem_rating_cap, lx->stem_rating_count, sizeof *more);
	if (more != NULL)
		lx->stem_ratings = more;
	if (more == NULL || stem.text.ptr == NULL) {
		no_memory(lx, err);
		return NULL;
	}
	uint32_t lexeme = new_lexeme(lx, LEXEME_STEM_RATING, stem.text, err);
	if (lexeme == 0 ||
	    word_trie_add(lx->rated_stems, &stem, 1, (uint32_t)lx->stem_rating_count, err) < 0)
		return NULL;
	lx->stem_ratings[lx->stem_rating_count] = (struct stem_rating){.lexeme = lexeme};
	return &lx->stem_ratings[lx->stem_rating_count++];
}

static int
add_to_stem(struct lexicon *lx, const struct word_key *word, int32_t weight_milli, struct err *err)
{
	struct stem_rating *r = take_stem_rating(lx, word, err);
	if (r == NULL)
		return -1;
	r->sum_milli += weight_milli;
	r->count++;
	r->has_positive |= weight_milli > 0;
	r->has_negative |= weight_milli < 0;
	lx->lexemes[r->lexeme].weight_milli = (int32_t)(r->sum_milli / r->count);
	lx->lexemes[r->lexeme].has_weight = !(r->has_positive && r->has_negative);
	return 0;
}

/* Does the entry cut into what its kind promises? */
static bool
is_kind_right(const struct lexicon *lx, enum lexeme_kind kind)
{
	const struct unit_list *u = &lx->cutting.units;
	if (kind == LEXEME_EMOJI)
		return u->count == 1 && u->items[0].kind == TOKEN_EMOJI;
	if (kind == LEXEME_EMOTICON)
		return u->count == 1 && u->items[0].kind == TOKEN_EMOTICON;
	return u->count > 0;
}

static int
add_rated(
    struct lexicon *lx, enum lexeme_kind kind, struct slice entry, int32_t milli, struct err *err)
{
	struct word_key keys[PHRASE_WORDS_MAX];
	int count = cut_entry(lx, entry, keys, err);
	if (count < 0)
		return -1;
	if (!is_kind_right(lx, kind))
		return err_set(
		    err, ERR_INPUT, "'%.*s' is no %s", SLICE_ARG(entry), KINDS[kind].name);
	bool is_word = count == 1 && lx->cutting.units.items[0].kind == TOKEN_WORD;
	struct lexeme *x = take_lexeme(lx, kind, entry, keys, (size_t)count, err);
	if (x == NULL)
		return -1;
	if (KINDS[kind].role != ROLE_NONE) {
		if (x->role != ROLE_NONE)
			return err_set(
			    err, ERR_INPUT, "'%.*s' has a role already", SLICE_ARG(entry));
		x->role = KINDS[kind].role & 7u;
		assert(milli >= INT16_MIN && milli <= INT16_MAX);
		x->boost_milli = (int16_t)milli;
		return 0;
	}
	if (x->has_weight)
		return err_set(err, ERR_INPUT, "'%.*s' is there twice", SLICE_ARG(entry));
	assert(is_within(milli, LEXICON_WEIGHT_MAX_MILLI));
	x->has_weight = true;
	set_kind(x, kind);
	x->weight_milli = milli;
	return is_word ? add_to_stem(lx, &keys[0], milli, err) : 0;
}

/* ---- learned entries -------------------------------------------------------- */

/* Of mentions, links, numbers (lexicon_name_of()). */
static const struct slice NAMES[LEXICON_NAMES] = {
    SLICE_INIT("<mention>"), SLICE_INIT("<link>"), SLICE_INIT("<number>")};

struct word_key
lexicon_stem_key(const struct unit *u)
{
	int name = lexicon_name_of((enum token_kind)u->kind);
	if (name >= 0)
		return word_key_of(NAMES[name]);
	return u->kind == TOKEN_WORD ? unit_stem(u) : unit_key(u);
}

/* A name, which stands for all mentions, links or numbers. */
static int
name_key(struct slice word, struct word_key *key_r, struct err *err)
{
	for (size_t i = 0; i < LEXICON_NAMES; i++) {
		if (!slice_eq(word, NAMES[i]))
			continue;
		*key_r = word_key_of(NAMES[i]);
		return 0;
	}
	return err_set(err, ERR_INPUT, "'%.*s' is no name", SLICE_ARG(word));
}

/* One word of a learned entry: a name such as <mention>, or what it cuts into. */
static int
learned_key(struct lexicon *lx, struct slice word, struct word_key *key_r, struct err *err)
{
	if (slice_starts_with(word, "<") && slice_ends_with(word, ">"))
		return name_key(word, key_r, err);
	if (units_cut_text(&lx->cutting, word, lx->arena, err) < 0)
		return -1;
	struct unit_list *l = &lx->cutting.units;
	if (l->count != 1)
		return err_set(err, ERR_INPUT, "'%.*s' is not one word", SLICE_ARG(word));
	struct unit *u = &l->items[0];
	struct word_key key = unit_key(u);
	if (u->kind == TOKEN_WORD)
		unit_set_stem(u, stemmer_stem(lx->stemmer, lx->lang, &key, lx->arena));
	if (unit_stem(u).text.ptr == NULL)
		return no_memory(lx, err);
	*key_r = lexicon_stem_key(u);
	return 0;
}

/* The number of a stem, made when it is new; 0 without memory. */
static uint32_t
take_stem(struct lexicon *lx, const struct word_key *stem, struct err *err)
{
	uint32_t at;
	if (word_trie_get(lx->stems, stem, 1, &at))
		return at;
	struct stem_entry *more =
	    grow(lx->stem_entries, &lx->stem_cap, lx->stem_count, sizeof *more);
	if (more == NULL) {
		no_memory(lx, err);
		return 0;
	}
	lx->stem_entries = more;
	if (word_trie_add(lx->stems, stem, 1, (uint32_t)lx->stem_count, err) < 0)
		return 0;
	lx->stem_entries[lx->stem_count] = (struct stem_entry){.plain = 0};
	for (size_t i = 0; i < LEXICON_NAMES; i++) {
		if (slice_eq(stem->text, NAMES[i]))
			lx->names[i] = (uint32_t)lx->stem_count;
	}
	return (uint32_t)lx->stem_count++;
}

static void
put_pair(struct lexicon *lx, struct pair_slot pair)
{
	*lexicon_pair_slot(lx, pair.key) = pair;
}

static int
grow_pairs(struct lexicon *lx, struct err *err)
{
	struct pair_slot *old = lx->pairs;
	size_t old_cap = lexicon_pair_slots(lx);
	struct pair_slot *more = mem_array(old_cap * 2, sizeof *more);
	if (more == NULL)
		return no_memory(lx, err);
	lx->pairs = more;
	lx->pair_bits++;
	for (size_t i = 0; i < old_cap; i++) {
		if (old[i].key != 0)
			put_pair(lx, old[i]);
	}
	mem_free(old);
	return 0;
}

static int
add_stem(struct lexicon *lx, enum lexeme_kind kind, struct slice entry, uint32_t *lexeme_r,
    struct err *err)
{
	struct word_key key;
	if (learned_key(lx, entry, &key, err) < 0)
		return -1;
	uint32_t at = take_stem(lx, &key, err);
	if (at == 0)
		return -1;
	uint32_t *slot =
	    kind == LEXEME_NEGATED ? &lx->stem_entries[at].negated : &lx->stem_entries[at].plain;
	if (*slot != 0)
		return err_set(err, ERR_INPUT, "'%.*s' is there twice", SLICE_ARG(entry));
	*slot = *lexeme_r = new_lexeme(lx, kind, entry, err);
	return *lexeme_r == 0 ? -1 : 0;
}

static int
add_pair(struct lexicon *lx, struct slice entry, uint32_t *lexeme_r, struct err *err)
{
	struct slice rest = entry;
	struct slice first = slice_split(&rest, ' ');
	struct word_key a, b;
	if (!slice_is_set(rest))
		return err_set(err, ERR_INPUT, "'%.*s' is no pair", SLICE_ARG(entry));
	if (learned_key(lx, first, &a, err) < 0)
		return -1;
	uint32_t x = take_stem(lx, &a, err);
	if (x == 0 || learned_key(lx, rest, &b, err) < 0)
		return -1;
	uint32_t y = take_stem(lx, &b, err);
	if (y == 0 || (lx->pair_count * 2 >= lexicon_pair_slots(lx) && grow_pairs(lx, err) < 0))
		return -1;
	uint64_t key_of_both = lexicon_pair_key(x, y);
	if (lexicon_pair_slot(lx, key_of_both)->key != 0)
		return err_set(err, ERR_INPUT, "'%.*s' is there twice", SLICE_ARG(entry));
	*lexeme_r = new_lexeme(lx, LEXEME_PAIR, entry, err);
	if (*lexeme_r == 0)
		return -1;
	put_pair(lx, (struct pair_slot){key_of_both, *lexeme_r});
	lx->stem_entries[x].pair_seconds |= (uint16_t)(1u << y % WORD_PAIR_BITS);
	lx->stem_entries[y].pair_firsts |= (uint16_t)(1u << x % WORD_PAIR_BITS);
	lx->pair_count++;
	return 0;
}

/* A shape or a sum, by its name. */
static int
add_named(struct lexicon *lx, enum lexeme_kind kind, struct slice entry, uint32_t *lexeme_r,
    struct err *err)
{
	const char *const *names = kind == LEXEME_SHAPE ? SHAPES : SUMS;
	uint32_t *slots = kind == LEXEME_SHAPE ? lx->shapes : lx->sums;
	size_t count = kind == LEXEME_SHAPE ? (size_t)SHAPE_COUNT : (size_t)SUM_COUNT;
	for (size_t i = 0; i < count; i++) {
		if (!slice_eq_str(entry, names[i]))
			continue;
		if (slots[i] != 0)
			return err_set(err, ERR_INPUT, "'%.*s' is there twice", SLICE_ARG(entry));
		slots[i] = *lexeme_r = new_lexeme(lx, kind, entry, err);
		return *lexeme_r == 0 ? -1 : 0;
	}
	return err_set(err, ERR_INPUT, "'%.*s' is no %s", SLICE_ARG(entry), KINDS[kind].name);
}

static int
add_learned(struct lexicon *lx, enum lexeme_kind kind, struct slice entry, uint32_t *lexeme_r,
    struct err *err)
{
	if (entry.len == 0)
		return err_set(err, ERR_INPUT, "an entry without a text");
	if (kind == LEXEME_PAIR)
		return add_pair(lx, entry, lexeme_r, err);
	return kind == LEXEME_SHAPE || kind == LEXEME_SUM
	    ? add_named(lx, kind, entry, lexeme_r, err)
	    : add_stem(lx, kind, entry, lexeme_r, err);
}

int
lexicon_add(struct lexicon *lx, enum lexeme_kind kind, struct slice entry, int32_t a_milli,
    int32_t b_milli, struct err *err)
{
	uint32_t lexeme = 0;
	if (check_size(entry, err) < 0)
		return -1;
	if (!KINDS[kind].is_learned)
		return add_rated(lx, kind, entry, a_milli, err);
	if (add_learned(lx, kind, entry, &lexeme, err) < 0)
		return -1;
	lexicon_set_class_weights(lx, lexeme, a_milli, b_milli);
	return 0;
}

/* Is one of the words of this phrase a negator? */
static bool
holds_negator(const struct lexicon *lx, const struct word_key *words, size_t count)
{
	uint32_t at;
	for (size_t i = 0; i < count && count > 1; i++) {
		if (word_trie_get(lx->words, &words[i], 1, &at) &&
		    lx->lexemes[at].role == ROLE_NEGATOR)
			return true;
	}
	return false;
}

int
lexicon_settle(struct lexicon *lx, struct err *err)
{
	struct word_key keys[PHRASE_WORDS_MAX];
	for (size_t i = 1; i < lx->count; i++) {
		struct lexeme *x = &lx->lexemes[i];
		if (!x->has_weight || memchr(x->entry.text, ' ', x->entry.len) == NULL)
			continue;
		int count = cut_entry(lx, lexeme_text(x), keys, err);
		if (count < 0)
			return -1;
		x->holds_negator = holds_negator(lx, keys, (size_t)count);
	}
	return 0;
}

/* ---- a brand's vocabulary --------------------------------------------------- */

/* A rating of 1 counts as this much for the class it speaks for, and against the other. */
#define VOCABULARY_CLASS_MILLI 500

static void
override(struct lexeme *x, int32_t weight_milli)
{
	assert(is_within(weight_milli, LEXICON_WEIGHT_MAX_MILLI));
	x->weight_milli = weight_milli;
	x->positive_milli = (int32_t)((int64_t)weight_milli * VOCABULARY_CLASS_MILLI / 1000);
	x->negative_milli = -x->positive_milli;
	x->has_weight = true;
	x->is_vocabulary = true;
	x->entry.source = ENTRY_VOCABULARY;
	x->role = ROLE_NONE;
}

int
lexicon_add_vocabulary(
    struct lexicon *lx, struct slice phrase, int32_t weight_milli, struct err *err)
{
	struct word_key keys[PHRASE_WORDS_MAX];
	int count = check_size(phrase, err) < 0 ? -1 : cut_entry(lx, phrase, keys, err);
	if (count < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_INPUT, "'%.*s' holds no word", SLICE_ARG(phrase));
	bool is_word = count == 1 && lx->cutting.units.items[0].kind == TOKEN_WORD;
	struct lexeme *x = take_lexeme(
	    lx, count == 1 ? LEXEME_WORD : LEXEME_PHRASE, phrase, keys, (size_t)count, err);
	if (x == NULL)
		return -1;
	override(x, weight_milli);
	x->holds_negator = holds_negator(lx, keys, (size_t)count);
	if (is_word) {
		struct stem_rating *r = take_stem_rating(lx, &keys[0], err);
		if (r == NULL)
			return -1;
		override(&lx->lexemes[r->lexeme], weight_milli);
	}
	char number[16];
	int n = snprintf(number, sizeof number, "\t%d\n", weight_milli);
	lx->vocabulary_checksum = lexicon_fnv(
	    lexicon_fnv(lx->vocabulary_checksum, phrase), slice_make(number, (size_t)n));
	lx->has_vocabulary = true;
	lexicon_name_version(lx);
	return 0;
}

/* ---- small answers ---------------------------------------------------------- */

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

int32_t
lexicon_temperature_milli(const struct lexicon *lx)
{
	return lx->temperature_milli;
}

int32_t
lexicon_sure_milli(const struct lexicon *lx)
{
	return lx->sure_milli;
}

void
lexicon_set_calibration(struct lexicon *lx, int32_t temperature_milli, int32_t sure_milli)
{
	lx->temperature_milli = temperature_milli;
	lx->sure_milli = sure_milli;
}

size_t
lexicon_count(const struct lexicon *lx)
{
	return lx->count - 1;
}

const struct lexeme *
lexicon_at(const struct lexicon *lx, uint32_t number)
{
	assert(number > 0 && number < lx->count);
	return &lx->lexemes[number];
}

uint32_t
lexicon_number_of(const struct lexicon *lx, const struct lexeme *x)
{
	assert(x > lx->lexemes && x < lx->lexemes + lx->count);
	return (uint32_t)(x - lx->lexemes);
}

bool
lexicon_has_entry(const struct lexicon *lx, const struct score_entry *e)
{
	/* As numbers: it may be of anything else. */
	uintptr_t at = (uintptr_t)e, first = (uintptr_t)lx->lexemes;
	return at >= first && at < (uintptr_t)(lx->lexemes + lx->count);
}

void
lexicon_set_class_weights(
    struct lexicon *lx, uint32_t number, int32_t negative_milli, int32_t positive_milli)
{
	assert(number > 0 && number < lx->count);
	assert(is_within(negative_milli, LEXICON_CLASS_WEIGHT_MAX_MILLI) &&
	    is_within(positive_milli, LEXICON_CLASS_WEIGHT_MAX_MILLI));
	lx->lexemes[number].negative_milli = negative_milli;
	lx->lexemes[number].positive_milli = positive_milli;
}
