#include "nlp/intents.h"

#include <assert.h>

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

struct pattern_mark
intents_mark(const struct intents *in, const struct unit *u)
{
	if (in->patterns == NULL)
		return (struct pattern_mark){0};
	return pattern_index_mark(in->patterns->index, u);
}

void
intents_prefetch(const struct intents *in, const struct unit *units, size_t count)
{
	if (in->patterns != NULL)
		pattern_index_prefetch(in->patterns->index, units, count);
}

/* ---- a sentence ------------------------------------------------------------- */

/* A pattern at units [at, end). */
struct finding {
	const struct intent_pattern *pattern;
	uint32_t at, end;
};

/* How much was said: bits of intents for which something of each strength was said, and said twice. */
struct strengths {
	uint32_t once[PATTERN_STRENGTH_COUNT], twice[PATTERN_STRENGTH_COUNT];
};

/* The text on its way through, sentence by sentence. */
struct search {
	const struct intent_patterns *patterns;
	const struct unit *units;
	size_t count;
	struct pattern_place *places; /* of units */
	struct pattern_text text; /* the sentence */
	uint8_t mood; /* the text's label */
	bool has_words;
	size_t begin, end; /* of the sentence */
	size_t first; /* its first word; SIZE_MAX: not looked for yet */
	size_t question_mark; /* SIZE_MAX: none */
	uint32_t withdrawn; /* in the sentence */
	/* In the text, but for those that were compared to what is kept already. */
	struct finding found[2 * FINDINGS_MAX];
	size_t found_count, found_before; /* before the sentence */
	struct finding kept[INTENT_REASONS_MAX];
	size_t kept_count;
	struct strengths found_strengths; /* of all found: no less than are kept */
	struct strengths strengths; /* of what was kept */
	size_t hashtags, links;
	size_t first_hashtag, last_hashtag, first_link, last_link;
	struct pattern_place short_text[SHORT_TEXT + 2];
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
	size_t i = f->begin, span;
	for (; i < f->end; i += span) {
		span = 1;
		if (!is_sign(&f->units[i]))
			span = p->opener == 0
			    ? 0
			    : pattern_index_member(p->index, p->opener, &f->text, i);
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

static bool
is_at_end(const struct search *f, size_t end)
{
	while (end < f->end && is_sign(&f->units[end]))
		end++;
	return end == f->end;
}

static bool
keep_found(void *cookie, uint32_t value, size_t at, size_t end)
{
	struct search *f = cookie;
	const struct intent_pattern *p = &f->patterns->items[value];
	if ((p->is_first && !is_at_begin(f, at)) || (p->is_last && !is_at_end(f, end)))
		return false;
	if (p->is_not)
		f->withdrawn |= BIT(p->intent);
	else if (f->found_count < f->found_before + FINDINGS_MAX)
		f->found[f->found_count++] = (struct finding){p, (uint32_t)at, (uint32_t)end};
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

static void
keep_all(struct search *f)
{
	for (size_t i = 0; i < f->found_count; i++)
		keep(f, &f->found[i]);
	f->found_count = 0;
}

/* A sign that speaks without words: units [at, end). */
static void
add_sign(struct search *f, const struct intent_pattern *p, size_t at, size_t end)
{
	add_strength(&f->found_strengths, p);
	f->found[f->found_count++] = (struct finding){p, (uint32_t)at, (uint32_t)end};
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
	if (f->question_mark != SIZE_MAX && (f->withdrawn & BIT(INTENT_QUESTION)) == 0)
		add_sign(f, &QUESTION_MARK, f->question_mark, f->question_mark + 1);
	/* Room for a sentence and the signs. */
	if (f->found_count + FINDINGS_MAX + 4 > 2 * FINDINGS_MAX)
		keep_all(f);
}

static bool
has_question_mark(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '?')
			return true;
	}
	return false;
}

static void
count_hashtag(struct search *f, size_t at)
{
	f->first_hashtag = f->hashtags++ == 0 ? at : f->first_hashtag;
	f->last_hashtag = at;
}

static void
count_link(struct search *f, size_t at)
{
	f->first_link = f->links++ == 0 ? at : f->first_link;
	f->last_link = at;
}

/* Counts what stands in the sentence that begins at f->begin, finds its end, and lays out what
 * patterns look at.  The flags of all its marks. */
static unsigned
survey_sentence(struct search *f)
{
	const struct unit *u = &f->units[f->begin], *end = &f->units[f->count];
	struct pattern_place *place = &f->places[f->begin];
	uint16_t sentence = u->sentence;
	unsigned flags = 0;
	uint64_t left = 1;
	place[-1] = (struct pattern_place){.clause = 0};
	f->question_mark = SIZE_MAX;
	for (; u < end && u->sentence == sentence; u++, place++) {
		place->mark = u->mark;
		place->clause = u->clause;
		place->left = left;
		left |= UINT64_C(1) << u->mark.class;
		flags |= u->mark.flags;
		if (u->kind == TOKEN_WORD)
			f->has_words = true;
		else if (u->kind == TOKEN_HASHTAG)
			count_hashtag(f, (size_t)(u - f->units));
		else if (u->kind == TOKEN_URL)
			count_link(f, (size_t)(u - f->units));
		else if (u->kind == TOKEN_PUNCT && f->has_words && has_question_mark(u->key.text))
			f->question_mark = (size_t)(u - f->units);
	}
	*place = (struct pattern_place){.clause = 0};
	f->end = (size_t)(u - f->units);
	f->text = (struct pattern_text){
	    f->places, f->begin, f->end, intent_when(f->mood, f->question_mark != SIZE_MAX)};
	return flags;
}

static void
search_sentence(struct search *f)
{
	unsigned flags = survey_sentence(f);
	f->first = SIZE_MAX;
	f->withdrawn = 0;
	f->found_before = f->found_count;
	if ((flags & PATTERN_MARK_ANCHOR) != 0)
		pattern_index_search(f->patterns->index, &f->text, keep_found, f);
	end_sentence(f);
	f->begin = f->end;
}

/* ---- all of it -------------------------------------------------------------- */

/* The intents that were said with enough strength. */
static uint32_t
said_enough(const struct strengths *s)
{
	return s->once[PATTERN_ALONE] | s->once[PATTERN_FEELING] | s->twice[PATTERN_WEAK] |
	    (s->once[PATTERN_HALF] & s->once[PATTERN_OTHER_HALF]);
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

/* Room for the places of a text, one more on both sides. */
static int
lay_places(struct search *f, struct arena *a)
{
	f->places = f->short_text + 1;
	if (f->count <= SHORT_TEXT)
		return 0;
	struct pattern_place *places = arena_array(a, f->count + 2, sizeof *places);
	if (places == NULL)
		return -1;
	f->places = places + 1;
	return 0;
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
	f.has_words = false;
	f.begin = f.found_count = f.kept_count = f.hashtags = f.links = 0;
	f.first_hashtag = f.last_hashtag = f.first_link = f.last_link = 0;
	f.found_strengths = f.strengths = (struct strengths){0};
	s->intents = 0;
	s->intent_reasons = NULL;
	s->intent_reason_count = 0;
	if (lay_places(&f, a) < 0)
		return err_set(err, ERR_NOMEM, "no memory for intents");
	while (f.begin < count)
		search_sentence(&f);
	if (f.hashtags >= SPAM_HASHTAGS)
		add_sign(&f, &MANY_HASHTAGS, f.first_hashtag, f.last_hashtag + 1);
	if (f.links >= SPAM_URLS)
		add_sign(&f, &MANY_LINKS, f.first_link, f.last_link + 1);
	/* Most texts have no intent: then nobody asks what says the same as what. */
	if (f.kept_count == 0 && said_enough(&f.found_strengths) == 0)
		return 0;
	keep_all(&f);
	s->intents = settle_spam(&f, weigh(&f));
	return give_reasons(&f, a, s, err);
}
