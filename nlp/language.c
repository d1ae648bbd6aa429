#include "nlp/language.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "nlp/charclass.h"

_Static_assert(LANGUAGE_SV == LANGUAGE_SCORED_MAX, "those we score stand first");

/* ---- codes ------------------------------------------------------------------ */

static const struct {
	const char *code;
	const char *stemmer;
	bool is_alone; /* its script is its own, or has few other languages */
} LANGUAGES[LANGUAGE_COUNT] = {
    [LANGUAGE_UND] = {"und", NULL, false},
    [LANGUAGE_EN] = {"en", "english", false},
    [LANGUAGE_DE] = {"de", "german", false},
    [LANGUAGE_DA] = {"da", "danish", false},
    [LANGUAGE_ES] = {"es", "spanish", false},
    [LANGUAGE_FR] = {"fr", "french", false},
    [LANGUAGE_IT] = {"it", "italian", false},
    [LANGUAGE_PT] = {"pt", "portuguese", false},
    [LANGUAGE_NL] = {"nl", "dutch", false},
    [LANGUAGE_SV] = {"sv", "swedish", false},
    [LANGUAGE_NO] = {"no", "norwegian", false},
    [LANGUAGE_FI] = {"fi", "finnish", false},
    [LANGUAGE_PL] = {"pl", NULL, false},
    [LANGUAGE_CS] = {"cs", NULL, false},
    [LANGUAGE_RU] = {"ru", "russian", true},
    [LANGUAGE_UK] = {"uk", NULL, true},
    [LANGUAGE_EL] = {"el", "greek", true},
    [LANGUAGE_TR] = {"tr", "turkish", false},
    [LANGUAGE_HU] = {"hu", "hungarian", false},
    [LANGUAGE_RO] = {"ro", "romanian", false},
    [LANGUAGE_AR] = {"ar", "arabic", true},
    [LANGUAGE_FA] = {"fa", NULL, true},
    [LANGUAGE_HE] = {"he", NULL, true},
    [LANGUAGE_HI] = {"hi", "hindi", true},
    [LANGUAGE_JA] = {"ja", NULL, true},
    [LANGUAGE_ZH] = {"zh", NULL, true},
    [LANGUAGE_KO] = {"ko", NULL, true},
    [LANGUAGE_CA] = {"ca", "catalan", false},
    [LANGUAGE_ID] = {"id", "indonesian", false},
    [LANGUAGE_VI] = {"vi", NULL, false},
    [LANGUAGE_BG] = {"bg", NULL, true},
    [LANGUAGE_TH] = {"th", NULL, true},
};

static const struct {
	const char *code;
	enum language lang;
} OTHER_CODES[] = {
    {"nb", LANGUAGE_NO}, {"nn", LANGUAGE_NO}, {"iw", LANGUAGE_HE}, {"in", LANGUAGE_ID}};

const char *
language_code(enum language lang)
{
	return LANGUAGES[lang].code;
}

const char *
language_stemmer(enum language lang)
{
	return LANGUAGES[lang].stemmer;
}

enum language
language_of_code(struct slice code)
{
	if (code.len < 2 || (code.len > 2 && code.ptr[2] != '-' && code.ptr[2] != '_'))
		return LANGUAGE_UND;
	struct slice two = slice_make(code.ptr, 2);
	for (int i = LANGUAGE_UND + 1; i < LANGUAGE_COUNT; i++) {
		if (slice_eq_nocase(two, slice_of(LANGUAGES[i].code)))
			return (enum language)i;
	}
	for (size_t i = 0; i < sizeof OTHER_CODES / sizeof OTHER_CODES[0]; i++) {
		if (slice_eq_nocase(two, slice_of(OTHER_CODES[i].code)))
			return OTHER_CODES[i].lang;
	}
	return LANGUAGE_UND;
}

/* ---- the table -------------------------------------------------------------- */

#define ORDER 4
#define ENTRIES_MAX 200000
#define FNV_START 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL
#define NO_ENTRY UINT32_MAX
#define NO_VOTE (UINT32_MAX - 1)

/* An n-gram is known by its hash: the place by the low bits, the rest by the tag.  That one not in
 * the table meets an entry's place and tag by chance happens once in some 10^14 look-ups; the
 * loader refuses a table in which two entries meet. */
struct place {
	uint32_t tag;
	uint32_t entry; /* of weights, or NO_ENTRY, NO_VOTE */
};

struct language_model {
	struct place *places;
	size_t mask;
	uint8_t (*weights)[LANGUAGE_SLOTS];
	size_t count;
	uint64_t checksum;
};

static uint64_t
fnv(uint64_t h, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * FNV_PRIME;
	return h;
}

/* The place of the n-gram with this hash, or the free place where it would stand. */
static size_t
find_place(const struct language_model *m, uint64_t hash, uint32_t *tag_r)
{
	hash ^= hash >> 29; /* FNV's low bits alone are poor */
	hash *= 0x9e3779b97f4a7c15ULL;
	uint32_t tag = (uint32_t)hash;
	size_t at = (size_t)(hash >> 32) & m->mask;
	while (m->places[at].entry != NO_ENTRY && m->places[at].tag != tag)
		at = (at + 1) & m->mask;
	*tag_r = tag;
	return at;
}

static uint32_t
find_entry(const struct language_model *m, uint64_t hash)
{
	uint32_t tag;
	return m->places[find_place(m, hash, &tag)].entry;
}

/* ---- reading it ------------------------------------------------------------- */

#define LETTERS 26

struct reader {
	struct language_model *m;
	uint64_t checksum, expected; /* of the entries; what the header says */
	uint8_t by_code[LETTERS * LETTERS]; /* two letters -> enum language */
};

static bool
is_small_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static void
index_codes(struct reader *r)
{
	memset(r->by_code, LANGUAGE_UND, sizeof r->by_code);
	for (int i = LANGUAGE_UND + 1; i < LANGUAGE_COUNT; i++) {
		const char *code = LANGUAGES[i].code;
		r->by_code[(code[0] - 'a') * LETTERS + code[1] - 'a'] = (uint8_t)i;
	}
}

/* "da31no28" */
static int
read_weights(
    const struct reader *r, struct slice s, uint8_t weights[LANGUAGE_SLOTS], struct err *err)
{
	size_t i = 0;
	while (i < s.len) {
		bool is_code =
		    i + 2 < s.len && is_small_letter(s.ptr[i]) && is_small_letter(s.ptr[i + 1]);
		uint8_t lang = !is_code
		    ? LANGUAGE_UND
		    : r->by_code[(s.ptr[i] - 'a') * LETTERS + s.ptr[i + 1] - 'a'];
		unsigned weight = 0;
		for (i += 2; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9' && weight < 100; i++)
			weight = weight * 10 + (unsigned)(s.ptr[i] - '0');
		if (lang == LANGUAGE_UND || weight == 0 || weight > LANGUAGE_WORD_MAX ||
		    weights[lang] != 0)
			return err_set(
			    err, ERR_INPUT, "'%.*s' are no languages and weights", SLICE_ARG(s));
		weights[lang] = (uint8_t)weight;
	}
	return 0;
}

static int
read_entry(struct reader *r, struct slice line, struct err *err)
{
	struct language_model *m = r->m;
	struct slice weights = line;
	struct slice gram = slice_split(&weights, '\t');
	uint32_t tag;
	if (gram.len == 0 || !slice_is_set(weights) || weights.len == 0)
		return err_set(err, ERR_INPUT, "expected an n-gram, a tab, weights");
	size_t at = find_place(m, fnv(FNV_START, gram.ptr, gram.len), &tag);
	if (m->places[at].entry != NO_ENTRY)
		return err_set(err, ERR_INPUT, "'%.*s' stands there twice", SLICE_ARG(gram));
	bool is_silent = slice_eq_str(weights, "-");
	m->places[at] = (struct place){tag, is_silent ? NO_VOTE : (uint32_t)m->count};
	return is_silent ? 0 : read_weights(r, weights, m->weights[m->count++], err);
}

static int
read_line(struct reader *r, struct slice line, struct err *err)
{
	static const char key[] = "# checksum: ";
	if (slice_starts_with(line, "# ")) {
		if (slice_starts_with(line, key) && line.len == sizeof key - 1 + 16)
			r->expected = strtoull(line.ptr + sizeof key - 1, NULL, 16);
		return 0;
	}
	r->checksum = fnv(fnv(r->checksum, line.ptr, line.len), "\n", 1);
	return read_entry(r, line, err);
}

static int
read_all(struct reader *r, const char *name, struct slice text, struct err *err)
{
	size_t line_no = 0;
	while (slice_is_set(text)) {
		struct slice line = slice_split(&text, '\n');
		line_no++;
		if (line.len > 0 && read_line(r, line, err) < 0)
			return err_prefix(err, "languages '%s', line %zu", name, line_no);
	}
	if (r->checksum != r->expected)
		return err_set(err, ERR_INPUT,
		    "languages '%s': entries have checksum %016" PRIx64
		    ", the header says %016" PRIx64,
		    name, r->checksum, r->expected);
	return 0;
}

/* Room for this many entries; at most half of the places are taken. */
static int
make_room(struct language_model *m, size_t entries)
{
	size_t places = 2;
	while (places < entries * 2)
		places *= 2;
	m->mask = places - 1;
	m->places = mem_array(places, sizeof *m->places);
	m->weights = mem_array(entries + 1, sizeof *m->weights);
	if (m->places == NULL || m->weights == NULL)
		return -1;
	for (size_t i = 0; i < places; i++)
		m->places[i].entry = NO_ENTRY;
	return 0;
}

static size_t
count_lines(struct slice text)
{
	size_t lines = 1;
	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	return lines;
}

int
language_model_new(
    const char *name, struct slice text, struct language_model **model_r, struct err *err)
{
	size_t lines = count_lines(text);
	if (lines > ENTRIES_MAX)
		return err_set(
		    err, ERR_LIMIT, "languages '%s' has more than %d lines", name, ENTRIES_MAX);
	struct language_model *m = mem_zalloc(sizeof *m);
	if (m == NULL || make_room(m, lines) < 0) {
		language_model_free(m);
		return err_set(err, ERR_NOMEM, "no memory for languages '%s'", name);
	}
	struct reader r = {.m = m, .checksum = FNV_START};
	index_codes(&r);
	if (read_all(&r, name, text, err) < 0) {
		language_model_free(m);
		return -1;
	}
	*model_r = m;
	return 0;
}

void
language_model_free(struct language_model *m)
{
	if (m == NULL)
		return;
	mem_free(m->places);
	mem_free(m->weights);
	mem_free(m);
}

/* Text of a Latin language has 65 to 75 steps of evidence for each letter and edge of a word, of Irish,
 * Latvian or Albanian 45; single words scatter more. */
#define FIT_USUAL 65
#define FIT_MIN 50
#define FIT_SHORT_MIN 30
#define FIT_LETTERS 30

/* ---- words ------------------------------------------------------------------ */

#define BIT(x) (1u << LANGUAGE_##x)

/* What one letter says for the languages of its script, in steps; Latin says nothing. */
#define LETTER_ALONE 40
#define LETTER_SHARED 10

static const struct script {
	uint32_t first, last;
	uint32_t languages; /* 0: a script of none of our languages */
} SCRIPTS[] = {
    {0x370, 0x3ff, BIT(EL)},
    {0x400, 0x52f, BIT(RU) | BIT(UK) | BIT(BG)},
    {0x530, 0x58f, 0},
    {0x590, 0x5ff, BIT(HE)},
    {0x600, 0x6ff, BIT(AR) | BIT(FA)},
    {0x700, 0x74f, 0},
    {0x750, 0x77f, BIT(AR) | BIT(FA)},
    {0x780, 0x8ff, 0},
    {0x900, 0x97f, BIT(HI)},
    {0x980, 0xdff, 0},
    {0xe00, 0xe7f, BIT(TH)},
    {0xe80, 0x10ff, 0},
    {0x1100, 0x11ff, BIT(KO)},
    {0x1200, 0x1dff, 0},
    {0x1f00, 0x1fff, BIT(EL)},
    {0x2c00, 0x2dff, 0},
    {0x3040, 0x30ff, BIT(JA)},
    {0x3100, 0x312f, BIT(ZH)},
    {0x3130, 0x318f, BIT(KO)},
    {0x31f0, 0x31ff, BIT(JA)},
    {0x3400, 0x9fff, BIT(ZH) | BIT(JA)},
    {0xa000, 0xabff, 0},
    {0xac00, 0xd7ff, BIT(KO)},
    {0x20000, 0x3ffff, BIT(ZH) | BIT(JA)},
};

/* What a word says so far. */
struct tally {
	int32_t sums[LANGUAGE_SLOTS];
	bool is_foreign; /* a letter of a script of none of our languages */
};

static void
add_letter(struct tally *t, uint32_t cp)
{
	for (size_t i = 0; i < sizeof SCRIPTS / sizeof SCRIPTS[0]; i++) {
		const struct script *s = &SCRIPTS[i];
		if (cp < s->first || cp > s->last)
			continue;
		int votes = (s->languages & (s->languages - 1)) == 0 ? LETTER_ALONE : LETTER_SHARED;
		t->is_foreign |= s->languages == 0;
		for (uint32_t left = s->languages; left != 0; left &= left - 1)
			t->sums[__builtin_ctz(left)] += votes;
		return;
	}
}

static void
add_entry(struct tally *t, const struct language_model *m, uint32_t entry)
{
	if (entry >= NO_VOTE)
		return;
	const uint8_t *weights = m->weights[entry];
	for (int k = 0; k < LANGUAGE_SLOTS; k++)
		t->sums[k] += weights[k];
}

/* The length of the character at p; the text is valid UTF-8. */
static size_t
char_len(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* All n-grams that begin at the first character of s. */
static void
add_ngrams(struct tally *t, const struct language_model *m, struct slice s)
{
	uint64_t hash = FNV_START;
	size_t at = 0;
	for (int n = 0; n < ORDER && at < s.len; n++) {
		size_t len = char_len((unsigned char)s.ptr[at]);
		hash = fnv(hash, s.ptr + at, len);
		at += len;
		add_entry(t, m, find_entry(m, hash));
	}
}

/* Returns whether the word may vote at all. */
static bool
add_word(struct tally *t, const struct language_model *m, struct slice padded)
{
	uint32_t whole = find_entry(m, fnv(FNV_START, padded.ptr, padded.len));
	size_t chars = 0;
	if (whole == NO_VOTE)
		return false;
	for (size_t i = 0; i < padded.len; chars++) {
		add_ngrams(t, m, slice_make(padded.ptr + i, padded.len - i));
		if ((unsigned char)padded.ptr[i] < 0x80) {
			i++;
			continue;
		}
		add_letter(t, utf8_next(padded, &i));
	}
	if (chars > ORDER) /* a shorter one was among its own n-grams */
		add_entry(t, m, whole);
	return true;
}

static int32_t
at_most(int32_t value, int32_t max)
{
	return value < max ? value : max;
}

void
language_word_vector(
    const struct language_model *m, struct slice folded_word, struct language_vector *v_r)
{
	struct tally t = {.is_foreign = false};
	char padded[LANGUAGE_WORD_BYTES + 2];
	struct slice word = utf8_prefix(folded_word, LANGUAGE_WORD_BYTES);
	int32_t best = 0;

	memset(v_r, 0, sizeof *v_r);
	if (word.len == 0)
		return;
	padded[0] = padded[word.len + 1] = '_';
	memcpy(padded + 1, word.ptr, word.len);
	if (!add_word(&t, m, slice_make(padded, word.len + 2))) {
		v_r->v[LANGUAGE_UND] = (int16_t)(FIT_USUAL * (int)(word.len + 1));
		return;
	}
	for (int k = LANGUAGE_UND + 1; k < LANGUAGE_COUNT; k++)
		best = t.sums[k] > best ? t.sums[k] : best;
	for (int k = LANGUAGE_UND + 1; k < LANGUAGE_COUNT; k++) {
		int32_t behind = t.is_foreign ? LANGUAGE_WORD_MAX : best - t.sums[k];
		v_r->v[k] = (int16_t)-at_most(behind, LANGUAGE_WORD_MAX);
	}
	v_r->v[LANGUAGE_UND] = (int16_t)at_most(best, INT16_MAX);
}

/* ---- texts ------------------------------------------------------------------ */

/* What a language has before a word is read: most posts are English; between two neighbours that are
 * level the one we score is taken; and the network's hint is right more often than not. */
#define ENGLISH_STEPS 24
#define SCORED_STEPS 16
#define HINT_STEPS 40
/* In a text of few letters more often still: "tak" is a Polish, a Czech and a Danish word. */
#define HINT_SHORT_STEPS 80
/* Nothing was said when no language is further behind than this. */
#define EVIDENCE_MIN 20
/* The first language is so much before the second, and so much more in a text of few letters. */
#define MARGIN_MIN 1
#define MARGIN_SHORT 4
#define SHORT_LETTERS 12
/* In a text of few letters, a language we do not score is so much before those we do. */
#define DOUBTFUL_LETTERS 20
#define MARGIN_UNSCORED 30
/* Languages of a short text that are no further behind the first are possible as well. */
#define NEAR_STEPS 60
/* A language its words are further from, on the average, is not the text's. */
#define BEHIND_MAX 60
#define BEHIND_HINTED_MAX 100 /* unless the network says so, and the text is short */

static enum language
hint_or_und(enum language hint, int32_t *margin_r)
{
	if (margin_r != NULL)
		*margin_r = 0;
	return hint;
}

/* Could the words be this language's, or are they of one we do not know? */
static bool
is_fitting(const struct language_sums *sums, enum language lang, enum language hinted)
{
	bool is_likely = lang == hinted && sums->letters < SHORT_LETTERS;
	int64_t behind_max = is_likely ? BEHIND_HINTED_MAX : BEHIND_MAX;
	if (-(int64_t)sums->v[lang] > behind_max * (int64_t)sums->words)
		return false;
	int64_t fit_min = sums->letters < FIT_LETTERS ? FIT_SHORT_MIN : FIT_MIN;
	return LANGUAGES[lang].is_alone ||
	    sums->in_common >= fit_min * ((int64_t)sums->letters + sums->words);
}

/* Eight languages a step; without branches, as which one is next best cannot be foreseen. */
typedef int16_t lanes __attribute__((vector_size(16)));
#define LANES 8
#define GROUPS (LANGUAGE_SLOTS / LANES)
_Static_assert(LANGUAGE_SLOTS % LANES == 0 && GROUPS % 2 == 0, "no language is left over");

static inline lanes
larger(lanes a, lanes b)
{
#ifdef __SSE2__
	return (lanes)_mm_max_epi16((__m128i)a, (__m128i)b);
#else
	return (a & (a > b)) | (b & ~(a > b));
#endif
}

static inline lanes
smaller(lanes a, lanes b)
{
#ifdef __SSE2__
	return (lanes)_mm_min_epi16((__m128i)a, (__m128i)b);
#else
	return (a & (a < b)) | (b & ~(a < b));
#endif
}

/* The largest total of each lane, and the one behind it. */
struct leaders {
	lanes best, second;
};

static inline struct leaders
join_leaders(struct leaders a, struct leaders b)
{
	lanes lower = smaller(a.best, b.best);
	return (struct leaders){larger(a.best, b.best), larger(lower, larger(a.second, b.second))};
}

static inline struct leaders
leaders_of(lanes a, lanes b)
{
	return (struct leaders){larger(a, b), smaller(a, b)};
}

/* The largest total and the one behind it. */
static void
find_best(const lanes totals[GROUPS], int32_t *best_r, int32_t *second_r)
{
	struct leaders all = leaders_of(totals[0], totals[1]);
	for (int g = 2; g < GROUPS; g += 2)
		all = join_leaders(all, leaders_of(totals[g], totals[g + 1]));
	/* Each half of the lanes with the other, until all are one. */
	lanes b = __builtin_shufflevector(all.best, all.best, 4, 5, 6, 7, 0, 1, 2, 3);
	lanes s = __builtin_shufflevector(all.second, all.second, 4, 5, 6, 7, 0, 1, 2, 3);
	all = join_leaders(all, (struct leaders){b, s});
	b = __builtin_shufflevector(all.best, all.best, 2, 3, 0, 1, 2, 3, 0, 1);
	s = __builtin_shufflevector(all.second, all.second, 2, 3, 0, 1, 2, 3, 0, 1);
	all = join_leaders(all, (struct leaders){b, s});
	b = __builtin_shufflevector(all.best, all.best, 1, 0, 1, 0, 1, 0, 1, 0);
	s = __builtin_shufflevector(all.second, all.second, 1, 0, 1, 0, 1, 0, 1, 0);
	all = join_leaders(all, (struct leaders){b, s});
	*best_r = all.best[0];
	*second_r = all.second[0];
}

/* Before a word is read.  What is no language is far behind. */
static const int16_t PRIOR[LANGUAGE_SLOTS] = {
    [LANGUAGE_UND] = INT16_MIN,
    [LANGUAGE_EN] = ENGLISH_STEPS,
    [LANGUAGE_DE] = SCORED_STEPS,
    [LANGUAGE_DA] = SCORED_STEPS,
    [LANGUAGE_ES] = SCORED_STEPS,
    [LANGUAGE_FR] = SCORED_STEPS,
    [LANGUAGE_IT] = SCORED_STEPS,
    [LANGUAGE_PT] = SCORED_STEPS,
    [LANGUAGE_NL] = SCORED_STEPS,
    [LANGUAGE_SV] = SCORED_STEPS,
};
_Static_assert(LANGUAGE_COUNT == LANGUAGE_SLOTS, "there is no other slot that is no language");

/* With what is known before a word is read, and the hint. */
struct totals {
	union {
		lanes lanes[GROUPS];
		int16_t v[LANGUAGE_SLOTS];
	};
};

static inline struct totals
total(const struct language_sums *sums, enum language hinted)
{
	struct totals t;
	for (int k = 0; k < LANGUAGE_SLOTS; k++)
		t.v[k] = (int16_t)(sums->v[k] + PRIOR[k]);
	if (hinted != LANGUAGE_UND)
		t.v[hinted] = (int16_t)(t.v[hinted] +
		    (sums->letters < SHORT_LETTERS ? HINT_SHORT_STEPS : HINT_STEPS));
	return t;
}

/* Is any language far enough behind? */
static inline bool
has_evidence(const struct language_sums *sums)
{
	int16_t lowest = 0;
	for (int k = 0; k < LANGUAGE_SLOTS; k++)
		lowest = sums->v[k] < lowest ? sums->v[k] : lowest;
	return lowest <= -EVIDENCE_MIN;
}

/* A language we do not score, of a short text that is nearly as well in one we do? */
static bool
is_doubtful(const struct totals *t, enum language first, size_t letters)
{
	if (first <= LANGUAGE_SV || letters >= DOUBTFUL_LETTERS)
		return false;
	int k = LANGUAGE_UND + 1;
	while (k <= LANGUAGE_SV && t->v[first] - t->v[k] >= MARGIN_UNSCORED)
		k++;
	return k <= LANGUAGE_SV;
}

enum language
language_decide(const struct language_sums *sums, struct slice hint, int32_t *margin_r)
{
	enum language hinted = language_of_code(hint);
	enum language first = LANGUAGE_UND;
	int32_t best, second;

	assert(sums->words <= LANGUAGE_TEXT_WORDS && sums->v[LANGUAGE_UND] == 0);
	if (!has_evidence(sums))
		return hint_or_und(hinted, margin_r);
	struct totals t = total(sums, hinted);
	find_best(t.lanes, &best, &second);
	while (t.v[first] != best)
		first = (enum language)(first + 1);
	int32_t margin = best - second;
	int32_t needed = MARGIN_MIN + (sums->letters < SHORT_LETTERS ? MARGIN_SHORT : 0);
	if (!is_fitting(sums, first, hinted))
		return hint_or_und(LANGUAGE_UND, margin_r);
	if (margin < needed || (first != hinted && is_doubtful(&t, first, sums->letters)))
		return hint_or_und(first == hinted ? hinted : LANGUAGE_UND, margin_r);
	if (margin_r != NULL)
		*margin_r = margin;
	return first;
}

size_t
language_nearest(const struct language_sums *sums, enum language nearest_r[LANGUAGE_SCORED_MAX])
{
	int32_t best, second;
	size_t count = 0;

	if (sums->words == 0 || sums->letters >= FIT_LETTERS)
		return 0;
	struct totals t = total(sums, LANGUAGE_UND);
	find_best(t.lanes, &best, &second);
	for (int k = LANGUAGE_UND + 1; k <= LANGUAGE_SV; k++) {
		enum language lang = (enum language)k;
		if (t.v[k] < best - NEAR_STEPS || !is_fitting(sums, lang, LANGUAGE_UND))
			continue;
		size_t at = count++;
		for (; at > 0 && t.v[nearest_r[at - 1]] < t.v[k]; at--)
			nearest_r[at] = nearest_r[at - 1];
		nearest_r[at] = lang;
	}
	return count;
}
