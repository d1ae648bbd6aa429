/*
 * fields_text.c - what the words of a post say: brands, sentiment, intents, language, and the text.
 */
#include "rules/fields_rows_internal.h"

static bool
brand_count(const struct occurrence *o, int64_t *r)
{
	return o->score != NULL && field_count_milli((int64_t)o->score->brand_count, r);
}

static bool
sentiment_score(const struct occurrence *o, int64_t *r)
{
	if (o->score == NULL || !o->score->is_scored)
		return false;
	*r = o->score->score_milli;
	return true;
}

#define PROBABILITY(name, member)                                                                  \
	static bool name(const struct occurrence *o, int64_t *r)                                   \
	{                                                                                          \
		if (o->score == NULL || !o->score->is_scored)                                      \
			return false;                                                              \
		*r = o->score->member;                                                             \
		return true;                                                                       \
	}

PROBABILITY(sentiment_negative, negative_milli)
PROBABILITY(sentiment_neutral, neutral_milli)
PROBABILITY(sentiment_positive, positive_milli)

/* How likely the likeliest is. */
static bool
sentiment_confidence(const struct occurrence *o, int64_t *r)
{
	int64_t best;

	if (o->score == NULL || !o->score->is_scored)
		return false;
	best = o->score->negative_milli;
	best = o->score->neutral_milli > best ? o->score->neutral_milli : best;
	*r = o->score->positive_milli > best ? o->score->positive_milli : best;
	return true;
}

static bool
sentiment_label(const struct occurrence *o, uint32_t *r)
{
	if (o->score == NULL || !o->score->is_scored)
		return false;
	*r = UINT32_C(1) << o->score->label;
	return true;
}

static enum tristate
sentiment_unsure(const struct occurrence *o)
{
	return o->score == NULL ? TRI_UNKNOWN : field_tri(o->score->is_unsure);
}

static bool
intents(const struct occurrence *o, uint32_t *r)
{
	if (o->score == NULL)
		return false;
	*r = o->score->intents;
	return true;
}

static bool
intent_count(const struct occurrence *o, int64_t *r)
{
	return o->score != NULL && field_count_milli(__builtin_popcount(o->score->intents), r);
}

static bool
language(const struct occurrence *o, struct field_texts *r)
{
	if (o->score == NULL || slice_eq_str(slice_of(o->score->lang), "und"))
		return false;
	return field_one_text(slice_of(o->score->lang), r);
}

/* ---- the text ---- */

static int64_t
tokens_of(const struct score *s, enum token_kind kind)
{
	int64_t n = 0;

	for (size_t i = 0; i < s->token_count; i++)
		n += s->tokens[i].kind == kind;
	return n;
}

static bool
text_words(const struct occurrence *o, int64_t *r)
{
	return o->score != NULL && field_count_milli(tokens_of(o->score, TOKEN_WORD), r);
}

static bool
text_length(const struct occurrence *o, int64_t *r)
{
	return o->post != NULL && slice_is_set(o->post->text) &&
	    field_count_milli((int64_t)utf8_count(o->post->text), r);
}

/* Of words of one letter nobody can tell, so they count for neither side. */
static bool
text_capitals(const struct occurrence *o, int64_t *r)
{
	int64_t loud = 0, words = 0;

	if (o->score == NULL)
		return false;
	for (size_t i = 0; i < o->score->token_count; i++) {
		const struct token *t = &o->score->tokens[i];

		if (t->kind != TOKEN_WORD || (t->len < 2 && !t->is_caps))
			continue;
		words++;
		loud += t->is_caps;
	}
	if (words == 0)
		return false;
	*r = loud * 1000 / words;
	return true;
}

static bool
text_emoji(const struct occurrence *o, int64_t *r)
{
	return o->score != NULL &&
	    field_count_milli(
		tokens_of(o->score, TOKEN_EMOJI) + tokens_of(o->score, TOKEN_EMOTICON), r);
}

static bool
marks(const struct occurrence *o, char mark, int64_t *r)
{
	int64_t n = 0;

	if (o->post == NULL || !slice_is_set(o->post->text))
		return false;
	for (size_t i = 0; i < o->post->text.len; i++)
		n += o->post->text.ptr[i] == mark;
	return field_count_milli(n, r);
}

static bool
text_exclamations(const struct occurrence *o, int64_t *r)
{
	return marks(o, '!', r);
}

static bool
text_questions(const struct occurrence *o, int64_t *r)
{
	return marks(o, '?', r);
}

static bool
text_links(const struct occurrence *o, int64_t *r)
{
	return o->score != NULL && field_count_milli(tokens_of(o->score, TOKEN_URL), r);
}

static enum tristate
text_cut(const struct occurrence *o)
{
	return o->post == NULL ? TRI_UNKNOWN : field_tri(o->post->is_text_cut);
}

/* ---- rows ---- */

static const struct field rows[] = {
    {.name = "brand",
	.words = "about %|not about %",
	.type = FIELD_BRAND,
	.selectivity = 40,
	.help = "The brands the post speaks of.",
	.example = "brand is acme"},
    {.name = "brand.count",
	.words = "about % brands",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = brand_count,
	.help = "How many brands of the rules the post speaks of.",
	.example = "brand.count is at least 2"},
    {.name = "sentiment",
	.words = "whose sentiment is %",
	.type = FIELD_NUMBER,
	.has_range = true,
	.min = -1000,
	.max = 1000,
	.unit = "-1 to 1",
	.number = sentiment_score,
	.help = "How the post feels, from -1 (furious) to 1 (delighted). Unknown in a language we "
		"cannot score.",
	.example = "sentiment is below -0.4"},
    {.name = "sentiment.label",
	.words = "that %",
	.type = FIELD_CHOICE,
	.choices = "negative|neutral|positive",
	.choice = sentiment_label,
	.selectivity = 10,
	.help = "The sentiment as one word.",
	.example = "sentiment.label is negative"},
    {.name = "sentiment.negative",
	.words = "that is negative with a likelihood of %",
	.type = FIELD_NUMBER,
	FIELD_SHARE,
	.number = sentiment_negative,
	.help = "How likely it is that the post is negative.",
	.example = "sentiment.negative is above 80%"},
    {.name = "sentiment.neutral",
	.words = "that is neutral with a likelihood of %",
	.type = FIELD_NUMBER,
	FIELD_SHARE,
	.number = sentiment_neutral,
	.help = "How likely it is that the post is neutral.",
	.example = "sentiment.neutral is below 50%"},
    {.name = "sentiment.positive",
	.words = "that is positive with a likelihood of %",
	.type = FIELD_NUMBER,
	FIELD_SHARE,
	.number = sentiment_positive,
	.help = "How likely it is that the post is positive.",
	.example = "sentiment.positive is above 80%"},
    {.name = "sentiment.confidence",
	.words = "whose sentiment we are % sure of",
	.type = FIELD_NUMBER,
	FIELD_SHARE,
	.number = sentiment_confidence,
	.help = "How likely the likeliest of negative, neutral and positive is.",
	.example = "sentiment.confidence is at least 60%"},
    {.name = "sentiment.unsure",
	.words = "whose sentiment is too close to call|whose sentiment is clear",
	.type = FIELD_FLAG,
	.subject = "sentiment",
	.phrase = "unsure",
	.flag = sentiment_unsure,
	.help = "The score is too close to call.",
	.example = "sentiment is unsure"},
    {.name = "intent",
	.words = "that is %|that is not %",
	.type = FIELD_CHOICE,
	.choices = "complaint|support|question|praise|purchase|churn|suggestion|feedback|spam",
	.choice = intents,
	.selectivity = 30,
	.help = "What the author wants; a post can have several.",
	.example = "intent is one of complaint, support"},
    {.name = "intent.count",
	.words = "with % intents",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = intent_count,
	.help = "How many intents were found; 0 when none was.",
	.example = "intent.count is at least 1"},
    {.name = "language",
	.words = "in %|not in %",
	.type = FIELD_WORD,
	.texts = language,
	.is_language = true,
	.selectivity = 15,
	.help = "The language of the text, as a two-letter code.",
	.example = "language is one of en, de"},
    {.name = "text",
	.words = "with %|without %",
	.type = FIELD_TEXT,
	.selectivity = 90,
	.help = "The words of the post. A keyword matches whole words, in any case; \"#x\" and "
		"\"@x\" match "
		"hashtags and mentions.",
	.example = "text contains any of \"late\", \"not delivered\""},
    {.name = "text.words",
	.words = "with % words",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = text_words,
	.help = "How many words the text has.",
	.example = "text.words is at least 5"},
    {.name = "text.length",
	.words = "with % characters",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = text_length,
	.help = "How many characters the text has.",
	.example = "text.length is at least 40"},
    {.name = "text.capitals",
	.words = "with % of its words in capitals",
	.type = FIELD_NUMBER,
	FIELD_SHARE,
	.number = text_capitals,
	.help = "How much of it is SHOUTED: words wholly in capitals among all words. Unknown "
		"without words.",
	.example = "text.capitals is above 50%"},
    {.name = "text.exclamations",
	.words = "with % exclamation marks",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = text_exclamations,
	.help = "How many exclamation marks there are.",
	.example = "text.exclamations is at least 3"},
    {.name = "text.questions",
	.words = "with % question marks",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = text_questions,
	.help = "How many question marks there are.",
	.example = "text.questions is at least 1"},
    {.name = "text.emoji",
	.words = "with % emoji",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = text_emoji,
	.help = "How many emoji and emoticons there are.",
	.example = "text.emoji is at most 5"},
    {.name = "text.links",
	.words = "with % links",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = text_links,
	.help = "How many links are in the text.",
	.example = "text.links is 0"},
    {.name = "text.cut",
	.words = "that is too long to keep whole|that is kept whole",
	.type = FIELD_FLAG,
	.subject = "text",
	.phrase = "cut",
	.flag = text_cut,
	.help = "The text was longer than we keep (64 KB); its end is not known.",
	.example = "text is not cut"},
};

const struct field_rows fields_of_text = {NULL, rows, sizeof rows / sizeof *rows, FIELD_ABOUT_POST};
