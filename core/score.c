#include "core/score.h"

#include <assert.h>

#include "core/json.h"

const char *
sentiment_label_name(enum sentiment_label l)
{
	switch (l) {
	case SENTIMENT_NEGATIVE: return "negative";
	case SENTIMENT_NEUTRAL: return "neutral";
	case SENTIMENT_POSITIVE: return "positive";
	}
	assert(0 && "a sentiment_label without a name");
	return "unknown";
}

const char *
intent_name(enum intent i)
{
	switch (i) {
	case INTENT_COMPLAINT: return "complaint";
	case INTENT_SUPPORT: return "support";
	case INTENT_QUESTION: return "question";
	case INTENT_PRAISE: return "praise";
	case INTENT_PURCHASE: return "purchase";
	case INTENT_CHURN: return "churn";
	case INTENT_SUGGESTION: return "suggestion";
	case INTENT_FEEDBACK: return "feedback";
	case INTENT_SPAM: return "spam";
	case INTENT_COUNT: break;
	}
	assert(0 && "an intent without a name");
	return "unknown";
}

const char *
token_kind_name(enum token_kind k)
{
	switch (k) {
	case TOKEN_WORD: return "word";
	case TOKEN_NUMBER: return "number";
	case TOKEN_URL: return "url";
	case TOKEN_MENTION: return "mention";
	case TOKEN_HASHTAG: return "hashtag";
	case TOKEN_EMOJI: return "emoji";
	case TOKEN_EMOTICON: return "emoticon";
	case TOKEN_PUNCT: return "punctuation";
	}
	assert(0 && "a token_kind without a name");
	return "unknown";
}

static const char *const ENTRY_SOURCES[ENTRY_SOURCE_COUNT] = {
    [ENTRY_LEXICON] = "lexicon",
    [ENTRY_IDIOM] = "idiom",
    [ENTRY_EMOJI] = "emoji",
    [ENTRY_EMOTICON] = "emoticon",
    [ENTRY_LEARNED] = "learned",
    [ENTRY_LEARNED_NEGATED] = "learned, negated",
    [ENTRY_LEARNED_PAIR] = "learned pair",
    [ENTRY_SHAPE] = "shape",
    [ENTRY_RATINGS] = "ratings",
    [ENTRY_VOCABULARY] = "brand vocabulary",
};

const char *
entry_source_name(enum entry_source s)
{
	assert(s < ENTRY_SOURCE_COUNT);
	return ENTRY_SOURCES[s];
}

enum entry_source
entry_source_of(struct slice name)
{
	for (int i = ENTRY_SOURCE_NONE + 1; i < ENTRY_SOURCE_COUNT; i++) {
		if (slice_eq_str(name, ENTRY_SOURCES[i]))
			return (enum entry_source)i;
	}
	return ENTRY_SOURCE_NONE;
}

const char *
contribution_shape_words(const struct contribution *c)
{
	static const struct {
		const char *entry, *words;
	} shapes[] = {{"always", "where every post in this language begins"},
	    {"length", "how long the post is"}, {"capitals", "words in capitals"},
	    {"drawn out", "letters drawn out"}, {"exclamations", "its exclamation marks"},
	    {"questions", "its question marks"}, {"mentions", "its mentions"},
	    {"hashtags", "its hashtags"}, {"links", "its links"}, {"quoted", "words it quotes"}};

	if (c->entry->source != ENTRY_SHAPE)
		return NULL;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (slice_eq_str(entry_text(c->entry), shapes[i].entry))
			return shapes[i].words;
	return "the post as a whole";
}

static void
sentiment_to_json(const struct score *s, struct json_writer *w)
{
	json_key(w, "sentiment");
	json_object_begin(w);
	json_kv_cstr(w, "label", sentiment_label_name(s->label));
	json_kv_milli(w, "score", s->score_milli);
	json_kv_milli(w, "negative", s->negative_milli);
	json_kv_milli(w, "neutral", s->neutral_milli);
	json_kv_milli(w, "positive", s->positive_milli);
	json_kv_bool(w, "unsure", s->is_unsure);
	if (!s->is_scored)
		json_kv_bool(w, "scored", false);
	json_object_end(w);
}

/* "start", "len" and the words themselves. */
static void
range_to_json(struct json_writer *w, struct slice text, uint32_t start, uint32_t len)
{
	assert(start <= text.len && len <= text.len - start);
	json_kv_i64(w, "start", start);
	json_kv_i64(w, "len", len);
	json_kv_str(w, "text", slice_make(text.ptr + start, len));
}

static void
reasons_to_json(const struct score *s, struct slice text, struct json_writer *w)
{
	json_key(w, "reasons");
	json_array_begin(w);
	for (size_t i = 0; i < s->reason_count; i++) {
		const struct contribution *c = &s->reasons[i];
		json_object_begin(w);
		range_to_json(w, text, c->start, c->len);
		json_kv_str(w, "entry", entry_text(c->entry));
		json_kv_cstr(w, "source", entry_source_name(c->entry->source));
		json_kv_milli(w, "weight", c->weight_milli);
		json_kv_milli(w, "effect", c->effect_milli);
		json_kv_cstr(w, "modifiers", c->modifiers);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
intent_reasons_to_json(const struct score *s, struct slice text, struct json_writer *w)
{
	json_key(w, "intent_reasons");
	json_array_begin(w);
	for (size_t i = 0; i < s->intent_reason_count; i++) {
		const struct intent_reason *r = &s->intent_reasons[i];
		json_object_begin(w);
		json_kv_cstr(w, "intent", intent_name(r->intent));
		range_to_json(w, text, r->start, r->len);
		json_kv_str(w, "entry", r->pattern);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
tokens_to_json(const struct score *s, struct slice text, struct json_writer *w)
{
	json_key(w, "tokens");
	json_array_begin(w);
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		json_object_begin(w);
		range_to_json(w, text, t->start, t->len);
		json_kv_cstr(w, "kind", token_kind_name(t->kind));
		json_kv_str(w, "folded", token_folded(t));
		json_kv_str(w, "stem", token_stem(t));
		json_object_end(w);
	}
	json_array_end(w);
}

void
score_to_json(const struct score *s, const char *const *brand_names, bool explain,
    struct slice text, struct json_writer *w)
{
	sentiment_to_json(s, w);
	json_key(w, "intents");
	json_array_begin(w);
	for (int i = 0; i < INTENT_COUNT; i++) {
		if ((s->intents & (UINT32_C(1) << i)) != 0)
			json_put_cstr(w, intent_name((enum intent)i));
	}
	json_array_end(w);
	json_key(w, "brands");
	json_array_begin(w);
	for (size_t i = 0; i < s->brand_count; i++)
		json_put_cstr(w, brand_names[s->brands[i]]);
	json_array_end(w);
	json_kv_cstr(w, "lexicon", s->lexicon);
	json_kv_cstr(w, "lang", s->lang);
	if (explain) {
		reasons_to_json(s, text, w);
		intent_reasons_to_json(s, text, w);
		tokens_to_json(s, text, w);
	}
}
