#include "nlp/intents.h"

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "nlp/intent_patterns.h"

/* A text with this many hashtags or links is selling something. */
#define SPAM_HASHTAGS 8
#define SPAM_URLS 4
/* Findings of one sentence; what comes behind is not looked at. */
#define FINDINGS_MAX 64

/* Units of a text that needs no memory. */
#define SHORT_TEXT 126

/* What speaks without words. */
enum sign {
	SIGN_NONE,
	SIGN_QUESTION_MARK, /* punctuation that holds one */
	SIGN_HASHTAG,
	SIGN_LINK
};

#define BIT(intent) (1u << (intent))

extern const char embed_corpora_intents_en_tsv[], embed_corpora_intents_en_tsv_end[];
extern const char embed_corpora_intents_de_tsv[], embed_corpora_intents_de_tsv_end[];
extern const char embed_corpora_intents_da_tsv[], embed_corpora_intents_da_tsv_end[];

static const struct {
	enum language lang;
	const char *name, *begin, *end;
} SHIPPED[] = {
    {LANGUAGE_EN, "intents/en.tsv", embed_corpora_intents_en_tsv, embed_corpora_intents_en_tsv_end},
    {LANGUAGE_DE, "intents/de.tsv", embed_corpora_intents_de_tsv, embed_corpora_intents_de_tsv_end},
    {LANGUAGE_DA, "intents/da.tsv", embed_corpora_intents_da_tsv, embed_corpora_intents_da_tsv_end},
};

/* What needs no words. */
static const struct intent_pattern QUESTION_MARK = {
    .text = SLICE_INIT("a question mark"), .intent = INTENT_QUESTION, .when = WHEN_ANY};
static const struct intent_pattern MANY_HASHTAGS = {
    .text = SLICE_INIT("8 hashtags or more"), .intent = INTENT_SPAM, .when = WHEN_ANY};
static const struct intent_pattern MANY_LINKS = {
    .text = SLICE_INIT("4 links or more"), .intent = INTENT_SPAM, .when = WHEN_ANY};

struct intents {
	struct intent_patterns *patterns; /* NULL: the signs alone */
};

int
intents_read(const char *name, struct slice text, enum language lang, struct intents **intents_r,
    struct err *err)
{
	struct intents *in = mem_zalloc(sizeof *in);
	if (in == NULL)
		return err_set(err, ERR_NOMEM, "no memory for intents");
	if (intent_patterns_new(name, text, lang, &in->patterns, err) < 0) {
		intents_free(in);
		return -1;
	}
	*intents_r = in;
	return 0;
}

int
intents_new(enum language lang, struct intents **intents_r, struct err *err)
{
	for (size_t i = 0; i < sizeof SHIPPED / sizeof SHIPPED[0]; i++) {
		size_t len = (size_t)(SHIPPED[i].end - SHIPPED[i].begin);
		if (SHIPPED[i].lang == lang)
			return intents_read(SHIPPED[i].name, slice_make(SHIPPED[i].begin, len),
			    lang, intents_r, err);
	}
	*intents_r = mem_zalloc(sizeof **intents_r);
	return *intents_r == NULL ? err_set(err, ERR_NOMEM, "no memory for intents") : 0;
}

void
intents_free(struct intents *in)
{
	if (in == NULL)
		return;
	intent_patterns_free(in->patterns);
	mem_free(in);
}

static enum sign
sign_of(const struct unit *u)
{
	switch (u->kind) {
	case TOKEN_PUNCT:
		return memchr(u->folded, '?', u->folded_len) == NULL ? SIGN_NONE
								     : SIGN_QUESTION_MARK;
	case TOKEN_HASHTAG: return SIGN_HASHTAG;
	case TOKEN_URL: return SIGN_LINK;
	default: return SIGN_NONE;
	}
}

struct pattern_mark
intents_mark(const struct intents *in, const struct unit *u)
{
	struct pattern_mark mark = {0};
	if (in->patterns != NULL)
		mark = pattern_index_mark(in->patterns->index, u);
	mark.sign = sign_of(u) & 3u;
	return mark;
}

/* ---- a sentence ------------------------------------------------------------- */

/* A pattern at units [at, end). */
struct finding {
	const struct intent_pattern *pattern;
	uint32_t at, end;
	uint64_t order;
};

/* How much was said: bits of intents for which something of each strength was said, and said twice. */
struct strengths {
	uint32_t once[PATTERN_STRENGTH_COUNT], twice[PATTERN_STRENGTH_COUNT];
};

/* The text on its way through. */
struct search {
	const struct intent_patterns *patterns;
	const struct unit *units;
	size_t count;
	struct pattern_text text;
	uint8_t mood; /* the text's label */
	bool is_asked; /* some sentence is */
	size_t sentence; /* the one that findings are of; those before it have ended */
	size_t first; /* its first word, a unit; SIZE_MAX: not looked for yet */
	size_t last; /* behind its last word; SIZE_MAX likewise */
	uint32_t withdrawn; /* in the sentence */
	/* In the text, but for those that were compared to what is kept already. */
	struct finding found[2 * FINDINGS_MAX];
	size_t found_count, found_before; /* before the sentence */
	struct finding kept[INTENT_REASONS_MAX];
	size_t kept_count;
	struct strengths found_strengths; /* of all found: no less than are kept */
	struct strengths strengths; /* of what was kept */
	size_t hashtags, links;
	struct pattern_search search;
	struct pattern_mark short_marks[PATTERN_PLACES(SHORT_TEXT)];
	struct pattern_sentence short_sentences[SHORT_TEXT + 1];
	struct pattern_sides short_sides[SHORT_TEXT];
	struct pattern_spot short_anchors[SHORT_TEXT + 1];
};

/* Neither word nor number: does not keep a sentence from beginning or ending here. */
static bool
is_sign(const struct unit *u)
{
	return u->kind != TOKEN_WORD && u->kind != TOKEN_NUMBER;
}

/* The first word of the sentence that is no opener ("hi", "ok"). */
static size_t
find_first(const struct search *f)
{
	const struct intent_patterns *p = f->patterns;
	const struct pattern_text *t = &f->text;
	size_t i = t->sentences[f->sentence].begin, span;
	for (; i < t->sentences[f->sentence + 1].begin; i += span) {
		span = 1;
		if (!is_sign(&f->units[i]))
			span = p->opener == 0 ? 0 : pattern_index_member(p->index, p->opener, t, i);
		if (span == 0)
			break;
	}
	return i;
}

/* A pattern whose first word may be an opener itself ("please help") may begin before it. */
static bool
is_at_begin(struct search *f, size_t at)
{
	if (f->first == SIZE_MAX)
		f->first = find_first(f);
	return at <= f->first;
}

/* Behind the last word of the sentence. */
static size_t
find_last(const struct search *f)
{
	size_t begin = f->text.sentences[f->sentence].begin;
	size_t end = f->text.sentences[f->sentence + 1].begin;
	while (end > begin && is_sign(&f->units[end - 1]))
		end--;
	return end;
}

/* A pattern's last word may be a sign itself ("#elsewhere"). */
static bool
is_at_end(struct search *f, size_t end)
{
	if (f->last == SIZE_MAX)
		f->last = find_last(f);
	return end >= f->last;
}

static void begin_sentence(struct search *f, size_t sentence);

/* Findings of a sentence are in order of their heads, and of their patterns. */
static void
put_found(struct search *f, struct finding x)
{
	size_t i = f->found_count++;
	for (; i > f->found_before; i--) {
		const struct finding *y = &f->found[i - 1];
		if (y->order < x.order || (y->order == x.order && y->pattern <= x.pattern))
			break;
		f->found[i] = *y;
	}
	f->found[i] = x;
}

static bool
keep_found(void *cookie, const struct pattern_match *m)
{
	struct search *f = cookie;
	const struct intent_pattern *p = &f->patterns->items[m->value];
	if (f->units[m->at].sentence != f->sentence)
		begin_sentence(f, f->units[m->at].sentence);
	if ((p->is_first && !is_at_begin(f, m->at)) || (p->is_last && !is_at_end(f, m->end)))
		return false;
	if (p->is_not)
		f->withdrawn |= BIT(p->intent);
	else if (f->found_count < f->found_before + FINDINGS_MAX)
		put_found(f,
		    (struct finding){p, m->at, m->end, (uint64_t)m->head << 1 | m->is_head_stem});
	return true;
}

/* ---- from sentences to the text --------------------------------------------- */

static bool
is_inside(const struct finding *inner, const struct finding *outer)
{
	return inner->at >= outer->at && inner->end <= outer->end;
}

static bool
is_apart(const struct finding *a, const struct finding *b)
{
	return a->end <= b->at || b->end <= a->at;
}

/* Does what is kept say the same already?  One that says more takes its place. */
static bool
is_said(struct search *f, const struct finding *x)
{
	for (size_t i = 0; i < f->kept_count; i++) {
		struct finding *k = &f->kept[i];
		enum pattern_strength new = x->pattern->strength, old = k->pattern->strength;
		if (k->pattern->intent != x->pattern->intent)
			continue;
		if (k->pattern == x->pattern)
			return true;
		if (new == old &&new != PATTERN_ALONE && !is_apart(k, x))
			return true;
		bool is_same = is_inside(x, k) && is_inside(k, x);
		if (is_inside(x, k) && (new == old || old == PATTERN_ALONE || is_same))
			return true;
		if (is_inside(k, x) && new == old) {
			*k = *x;
			return true;
		}
	}
	return false;
}

/* The intents that were said with enough strength. */
static uint32_t
said_enough(const struct strengths *s)
{
	return s->once[PATTERN_ALONE] | s->once[PATTERN_FEELING] | s->twice[PATTERN_WEAK] |
	    (s->once[PATTERN_HALF] & s->once[PATTERN_OTHER_HALF]);
}

static void
add_strength(struct strengths *s, const struct intent_pattern *p)
{
	s->twice[p->strength] |= s->once[p->strength] & BIT(p->intent);
	s->once[p->strength] |= BIT(p->intent);
}

static void
keep(struct search *f, const struct finding *x)
{
	if (is_said(f, x))
		return;
	add_strength(&f->strengths, x->pattern);
	if (f->kept_count < INTENT_REASONS_MAX)
		f->kept[f->kept_count++] = *x;
}

/* What was found of these intents. */
static void
keep_all(struct search *f, uint32_t intents)
{
	for (size_t i = 0; i < f->found_count; i++) {
		if ((intents & BIT(f->found[i].pattern->intent)) != 0)
			keep(f, &f->found[i]);
	}
	f->found_count = 0;
}

/* A sign that speaks without words: units [at, end). */
static void
add_sign(struct search *f, const struct intent_pattern *p, size_t at, size_t end)
{
	add_strength(&f->found_strengths, p);
	f->found[f->found_count++] = (struct finding){p, (uint32_t)at, (uint32_t)end, 0};
}

/* The last question mark of a sentence that has one. */
static void
add_question_mark(struct search *f)
{
	size_t at = f->text.sentences[f->sentence + 1].begin - 1;
	while (unit_mark(&f->units[at])->sign != SIGN_QUESTION_MARK)
		at--;
	add_sign(f, &QUESTION_MARK, at, at + 1);
}

/* What was found in the sentence and not withdrawn is the text's. */
static void
end_sentence(struct search *f)
{
	size_t to = f->found_before;
	for (size_t i = to; i < f->found_count; i++) {
		const struct intent_pattern *p = f->found[i].pattern;
		if ((f->withdrawn & BIT(p->intent)) != 0)
			continue;
		add_strength(&f->found_strengths, p);
		f->found[to++] = f->found[i];
	}
	f->found_count = to;
	bool is_asked = f->text.sentences[f->sentence].when == intent_when(f->mood, true);
	if (is_asked && (f->withdrawn & BIT(INTENT_QUESTION)) == 0)
		add_question_mark(f);
	/* Room for a sentence and the signs. */
	if (f->found_count + FINDINGS_MAX + 4 > 2 * FINDINGS_MAX)
		keep_all(f, UINT32_MAX);
	f->first = f->last = SIZE_MAX;
	f->withdrawn = 0;
	f->found_before = f->found_count;
}

/* What is found from here on is of this sentence: sentences before it end, of which only those with a question
 * mark have anything when nothing was found in them. */
static void
begin_sentence(struct search *f, size_t sentence)
{
	end_sentence(f);
	if (f->is_asked) {
		while (++f->sentence < sentence)
			end_sentence(f);
	}
	f->sentence = sentence;
}

/* The first unit from this one on that is a word, or `end`. */
static size_t
find_word(const struct search *f, size_t unit, size_t end)
{
	while (unit < end && f->units[unit].kind != TOKEN_WORD)
		unit++;
	return unit;
}

/* Reads what speaks without words; with a question mark a sentence is asked, but not with one that has no word
 * before it in the text. */
static void
read_signs(struct search *f)
{
	uint32_t counts[SIGN_LINK + 1] = {0};
	size_t word = 0; /* the first one, once a question mark was seen */
	for (size_t i = 0; i < f->count; i++) {
		unsigned sign = unit_mark(&f->units[i])->sign;
		counts[sign]++;
		if (sign != SIGN_QUESTION_MARK)
			continue;
		word = find_word(f, word, i);
		if (word < i) {
			f->is_asked = true;
			f->text.sentences[f->units[i].sentence].when = intent_when(f->mood, true);
		}
	}
	f->hashtags = counts[SIGN_HASHTAG];
	f->links = counts[SIGN_LINK];
}

/* ---- all of it -------------------------------------------------------------- */

static bool
has_spam_signs(const struct search *f)
{
	return f->hashtags >= SPAM_HASHTAGS || f->links >= SPAM_URLS;
}

/* A review weighs good and bad, who asks for help says what is broken, and who buys or leaves or
 * proposes something has a mood as well: beside these only what is enough alone is a complaint or
 * praise. */
static uint32_t
weigh(const struct search *f)
{
	const uint32_t explains_bad = BIT(INTENT_FEEDBACK) | BIT(INTENT_SUPPORT);
	const uint32_t explains_good =
	    explains_bad | BIT(INTENT_PURCHASE) | BIT(INTENT_CHURN) | BIT(INTENT_SUGGESTION);
	uint32_t intents = said_enough(&f->strengths), alone = f->strengths.once[PATTERN_ALONE];
	if ((intents & explains_bad) != 0 && (alone & BIT(INTENT_COMPLAINT)) == 0)
		intents &= ~BIT(INTENT_COMPLAINT);
	if ((intents & explains_good) != 0 && (alone & BIT(INTENT_PRAISE)) == 0)
		intents &= ~BIT(INTENT_PRAISE);
	return intents;
}

/* Advertising asks, offers and praises without meaning it, so spam stands alone; but one sign of it
 * beside a complaint or a call for help is a customer who speaks of advertising. */
static uint32_t
settle_spam(const struct search *f, uint32_t intents)
{
	const uint32_t customer = BIT(INTENT_COMPLAINT) | BIT(INTENT_SUPPORT) | BIT(INTENT_CHURN);
	if ((intents & BIT(INTENT_SPAM)) == 0)
		return intents;
	if ((intents & customer) != 0 &&
	    (f->strengths.twice[PATTERN_ALONE] & BIT(INTENT_SPAM)) == 0)
		return intents & ~BIT(INTENT_SPAM);
	return BIT(INTENT_SPAM);
}

static int
give_reasons(const struct search *f, struct arena *a, struct score *s, struct err *err)
{
	size_t n = 0;
	if (s->intents == 0 || f->kept_count == 0)
		return 0;
	struct intent_reason *reasons = arena_array(a, f->kept_count, sizeof *reasons);
	if (reasons == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the reasons of intents");
	for (size_t i = 0; i < f->kept_count; i++) {
		const struct finding *x = &f->kept[i];
		const struct unit *last = &f->units[x->end - 1];
		if ((s->intents & BIT(x->pattern->intent)) == 0)
			continue;
		uint32_t start = f->units[x->at].start;
		reasons[n++] = (struct intent_reason){
		    x->pattern->intent, start, last->start + last->len - start, x->pattern->text};
	}
	s->intent_reasons = reasons;
	s->intent_reason_count = n;
	return 0;
}

/* ---- what may be said ---------------------------------------------------------- */

/* The intents among kinds of this strength; what else is in there lies above. */
static uint64_t
intents_of(uint64_t kinds, enum pattern_strength strength)
{
	return kinds >> (unsigned)strength * INTENT_COUNT;
}

/* A bit for each kind of one intent. */
#define KINDS_OF_ONE                                                                               \
	(UINT64_C(1) | UINT64_C(1) << INTENT_COUNT | UINT64_C(1) << 2 * INTENT_COUNT |             \
	    UINT64_C(1) << 3 * INTENT_COUNT | UINT64_C(1) << 4 * INTENT_COUNT |                    \
	    UINT64_C(1) << 5 * INTENT_COUNT)
_Static_assert(PATTERN_STRENGTH_COUNT == 5, "and of what withdraws it");

/* The kinds of patterns that can matter: those of intents for which enough would be said if all that may stand
 * there did.  When not all is known that may, all. */
static uint64_t
kinds_that_matter(const struct search *f)
{
	const struct pattern_search *s = &f->search;
	if (!s->is_all)
		return UINT64_MAX;
	uint64_t intents = intents_of(s->once, PATTERN_ALONE) |
	    intents_of(s->once, PATTERN_FEELING) | intents_of(s->twice, PATTERN_WEAK) |
	    (intents_of(s->once, PATTERN_HALF) & intents_of(s->once, PATTERN_OTHER_HALF));
	intents |= f->is_asked ? BIT(INTENT_QUESTION) : 0;
	intents |= has_spam_signs(f) ? BIT(INTENT_SPAM) : 0;
	return (intents & (BIT(INTENT_COUNT) - 1)) * KINDS_OF_ONE;
}

/* Leaves the chances of these kinds. */
static void
choose_chances(struct pattern_search *s, uint64_t kinds)
{
	struct pattern_chance *to = s->chances;
	for (size_t i = 0; i < s->count; i++) {
		*to = s->chances[i];
		to += kinds >> to->kind & 1;
	}
	s->count = (size_t)(to - s->chances);
}

static void
search_text(struct search *f)
{
	struct pattern_search *s = &f->search;
	bool is_first = true;
	pattern_index_begin(s, f->patterns->index, &f->text);
	do {
		pattern_index_next(s);
		if (is_first)
			choose_chances(s, kinds_that_matter(f));
		for (size_t i = 0; i < s->count; i++)
			pattern_index_try(s, &s->chances[i], keep_found, f);
		is_first = false;
	} while (!s->is_all);
}

/* ---- room ---------------------------------------------------------------------- */

/* Room for a text. */
static int
make_room(struct search *f, struct arena *a)
{
	size_t count = f->count;
	struct pattern_text *t = &f->text;
	t->marks = f->short_marks;
	t->sentences = f->short_sentences;
	t->sides = f->short_sides;
	t->anchors = f->short_anchors;
	if (count <= SHORT_TEXT)
		return 0;
	t->marks = arena_array(a, PATTERN_PLACES(count), sizeof *t->marks);
	t->sentences = arena_array(a, count + 1, sizeof *t->sentences);
	t->sides = arena_array(a, count, sizeof *t->sides);
	t->anchors = arena_array(a, count + 1, sizeof *t->anchors);
	bool is_whole = t->marks != NULL && t->sentences != NULL && t->sides != NULL;
	return is_whole && t->anchors != NULL ? 0 : -1;
}

/* The first and the last unit of this kind, as a sign. */
static void
add_sign_of(struct search *f, const struct intent_pattern *p, enum token_kind kind)
{
	size_t first = 0, last = f->count - 1;
	while (f->units[first].kind != kind)
		first++;
	while (f->units[last].kind != kind)
		last--;
	add_sign(f, p, first, last + 1);
}

int
intents_find(const struct intents *in, const struct unit *units, size_t count, struct arena *a,
    struct score *s, struct err *err)
{
	struct search f;
	f.patterns = in->patterns;
	f.units = units;
	f.count = count;
	f.mood = (uint8_t)s->label;
	f.is_asked = false;
	f.hashtags = f.links = 0;
	f.found_count = f.kept_count = 0;
	s->intents = 0;
	s->intent_reasons = NULL;
	s->intent_reason_count = 0;
	if (make_room(&f, a) < 0)
		return err_set(err, ERR_NOMEM, "no memory for intents");
	pattern_index_lay(&f.text, units, count, intent_when(f.mood, false));
	if (f.text.has_signs)
		read_signs(&f);
	f.sentence = f.found_before = 0;
	f.first = f.last = SIZE_MAX;
	f.withdrawn = 0;
	f.found_strengths = f.strengths = (struct strengths){0};
	if (f.text.anchor_count > 0)
		search_text(&f);
	/* Most texts have no intent: then nobody asks what was withdrawn, and what says the same as what. */
	if (f.found_count + f.kept_count == 0 && !f.is_asked && !has_spam_signs(&f))
		return 0;
	begin_sentence(&f, f.text.sentence_count);
	if (f.hashtags >= SPAM_HASHTAGS)
		add_sign_of(&f, &MANY_HASHTAGS, TOKEN_HASHTAG);
	if (f.links >= SPAM_URLS)
		add_sign_of(&f, &MANY_LINKS, TOKEN_URL);
	/* Of what cannot be enough no reason takes room. */
	uint32_t enough = said_enough(&f.found_strengths);
	if (enough == 0)
		return 0;
	keep_all(&f, enough);
	s->intents = settle_spam(&f, weigh(&f));
	return give_reasons(&f, a, s, err);
}
