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

/* ---- a sentence ------------------------------------------------------------- */

/* A pattern at units [at, end). */
struct finding {
	const struct intent_pattern *pattern;
	uint32_t at, end;
};

/* The text on its way through, sentence by sentence. */
struct search {
	const struct intent_patterns *patterns;
	const struct unit *units;
	size_t count;
	uint32_t *symbols; /* of each unit */
	struct pattern_text text; /* the sentence */
	uint8_t mood; /* bit of the text's label */
	size_t begin, end; /* of the sentence */
	size_t first; /* its first word; SIZE_MAX: not looked for yet */
	size_t question_mark; /* SIZE_MAX: none */
	struct finding found[FINDINGS_MAX]; /* in the sentence */
	size_t found_count;
	uint32_t withdrawn; /* in the sentence */
	struct finding kept[INTENT_REASONS_MAX];
	size_t kept_count;
	uint32_t strengths[INTENT_COUNT][PATTERN_STRENGTH_COUNT]; /* how many of each */
	size_t words, hashtags, links;
	size_t first_hashtag, last_hashtag, first_link, last_link;
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

/* Can this pattern count here at all? */
static bool
is_wanted(void *cookie, uint32_t value)
{
	const struct search *f = cookie;
	const struct intent_pattern *p = &f->patterns->items[value];
	return (p->when & f->mood) != 0 && (!p->is_asked || f->question_mark != SIZE_MAX);
}

static bool
keep_found(void *cookie, uint32_t value, size_t at, size_t end)
{
	struct search *f = cookie;
	const struct intent_pattern *p = &f->patterns->items[value];
	if ((p->is_first && !is_at_begin(f, at)) || (p->is_last && !is_at_end(f, end)))
		return false;
	if (p->is_not)
		f->withdrawn |= 1u << p->intent;
	else if (f->found_count < FINDINGS_MAX)
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
keep(struct search *f, struct finding x)
{
	enum intent intent = x.pattern->intent;
	if ((f->withdrawn >> intent & 1) != 0 || is_said(f, &x))
		return;
	f->strengths[intent][x.pattern->strength]++;
	if (f->kept_count < INTENT_REASONS_MAX)
		f->kept[f->kept_count++] = x;
}

/* A sign that speaks without words: units [at, end). */
static void
keep_sign(struct search *f, const struct intent_pattern *p, size_t at, size_t end)
{
	keep(f, (struct finding){p, (uint32_t)at, (uint32_t)end});
}

/* Counts what stands in the sentence that begins at f->begin, and finds its end. */
static void
survey_sentence(struct search *f)
{
	const struct unit *units = f->units;
	f->question_mark = f->first = SIZE_MAX;
	f->withdrawn = 0;
	f->found_count = 0;
	for (f->end = f->begin; f->end < f->count; f->end++) {
		const struct unit *u = &units[f->end];
		if (u->sentence != units[f->begin].sentence)
			break;
		switch ((enum token_kind)u->kind) {
		case TOKEN_WORD: f->words++; break;
		case TOKEN_HASHTAG:
			f->first_hashtag = f->hashtags++ == 0 ? f->end : f->first_hashtag;
			f->last_hashtag = f->end;
			break;
		case TOKEN_URL:
			f->first_link = f->links++ == 0 ? f->end : f->first_link;
			f->last_link = f->end;
			break;
		case TOKEN_PUNCT:
			if (f->words > 0 && memchr(u->key.text.ptr, '?', u->key.text.len) != NULL)
				f->question_mark = f->end;
			break;
		case TOKEN_NUMBER:
		case TOKEN_MENTION:
		case TOKEN_EMOJI:
		case TOKEN_EMOTICON: break;
		}
	}
}

static void
seek_patterns(struct search *f)
{
	const struct pattern_index *x = f->patterns->index;
	struct pattern_seeker seeker = {is_wanted, keep_found, f};
	f->text = pattern_index_text(x, f->units, f->symbols, f->begin, f->end);
	for (size_t i = f->begin; i < f->end; i++)
		pattern_index_match(x, &f->text, i, &seeker);
}

static void
search_sentence(struct search *f)
{
	survey_sentence(f);
	if (f->patterns != NULL)
		seek_patterns(f);
	for (size_t i = 0; i < f->found_count; i++)
		keep(f, f->found[i]);
	if (f->question_mark != SIZE_MAX)
		keep_sign(f, &QUESTION_MARK, f->question_mark, f->question_mark + 1);
	f->begin = f->end;
}

/* Looks up what the patterns know of the text, once for all of them. */
static int
find_symbols(struct search *f, struct arena *a)
{
	f->symbols = NULL;
	if (f->patterns == NULL || f->count == 0)
		return 0;
	f->symbols = arena_alloc(a, f->count * sizeof *f->symbols);
	if (f->symbols == NULL)
		return -1;
	for (size_t i = 0; i < f->count; i++)
		f->symbols[i] = pattern_index_symbol(f->patterns->index, &f->units[i]);
	return 0;
}

/* ---- all of it -------------------------------------------------------------- */

#define BIT(intent) (1u << (intent))

/* Was the intent said with enough strength? */
static bool
holds(const struct search *f, enum intent intent)
{
	const uint32_t *n = f->strengths[intent];
	return n[PATTERN_ALONE] > 0 || n[PATTERN_FEELING] > 0 || n[PATTERN_WEAK] >= 2 ||
	    (n[PATTERN_HALF] > 0 && n[PATTERN_OTHER_HALF] > 0);
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
	uint32_t intents = 0;
	for (int i = 0; i < INTENT_COUNT; i++)
		intents |= holds(f, (enum intent)i) ? BIT(i) : 0;
	if ((intents & explains_bad) != 0 && f->strengths[INTENT_COMPLAINT][PATTERN_ALONE] == 0)
		intents &= ~BIT(INTENT_COMPLAINT);
	if ((intents & explains_good) != 0 && f->strengths[INTENT_PRAISE][PATTERN_ALONE] == 0)
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
	if ((intents & customer) != 0 && f->strengths[INTENT_SPAM][PATTERN_ALONE] < 2)
		return intents & ~BIT(INTENT_SPAM);
	return BIT(INTENT_SPAM);
}

static int
give_reasons(const struct search *f, struct arena *a, struct score *s, struct err *err)
{
	size_t n = 0;
	s->intent_reasons = NULL;
	s->intent_reason_count = 0;
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

int
intents_find(const struct intents *in, const struct unit *units, size_t count, struct arena *a,
    struct score *s, struct err *err)
{
	struct search f;
	f.patterns = in->patterns;
	f.units = units;
	f.count = count;
	f.mood = (uint8_t)(1u << s->label);
	f.begin = f.kept_count = f.words = f.hashtags = f.links = 0;
	f.first_hashtag = f.last_hashtag = f.first_link = f.last_link = 0;
	f.withdrawn = 0;
	memset(f.strengths, 0, sizeof f.strengths);
	if (find_symbols(&f, a) < 0)
		return err_set(err, ERR_NOMEM, "no memory for intents");
	while (f.begin < count)
		search_sentence(&f);
	f.withdrawn = 0;
	if (f.hashtags >= SPAM_HASHTAGS)
		keep_sign(&f, &MANY_HASHTAGS, f.first_hashtag, f.last_hashtag + 1);
	if (f.links >= SPAM_URLS)
		keep_sign(&f, &MANY_LINKS, f.first_link, f.last_link + 1);
	s->intents = settle_spam(&f, weigh(&f));
	return give_reasons(&f, a, s, err);
}
