/*
 * row_json_score.c - the score of a post with its largest reasons.
 */
#include "store/row_json_internal.h"

#include <string.h>

static void
write_reason(struct json_writer *w, const struct contribution *c)
{
	json_object_begin(w);
	json_kv_i64(w, "start", c->start);
	json_kv_i64(w, "len", c->len);
	write_text(w, "entry", entry_text(c->entry));
	write_text(w, "source", slice_of(entry_source_name(c->entry->source)));
	json_kv_i64(w, "weight", c->weight_milli);
	json_kv_i64(w, "effect", c->effect_milli);
	write_text(w, "modifiers", slice_of(c->modifiers));
	json_object_end(w);
}

/* So many reasons are kept with a post, those that moved most; of the others what they come to. */
#define REASONS_STORED_MAX 12

static int32_t
size_of(const struct contribution *c)
{
	return c->effect_milli < 0 ? -c->effect_milli : c->effect_milli;
}

/* The size that a reason needs to be kept; *ties_r: how many of exactly that size may be. */
static int32_t
least_size(const struct score *s, size_t *ties_r)
{
	int32_t top[REASONS_STORED_MAX];
	size_t n = 0;

	for (size_t i = 0; i < s->reason_count; i++) {
		int32_t size = size_of(&s->reasons[i]);
		size_t at = n < REASONS_STORED_MAX ? n++ : REASONS_STORED_MAX - 1;

		if (at == REASONS_STORED_MAX - 1 && i >= REASONS_STORED_MAX && size <= top[at])
			continue;
		for (; at > 0 && top[at - 1] < size; at--)
			top[at] = top[at - 1];
		top[at] = size;
	}
	*ties_r = 0;
	for (size_t i = 0; i < n; i++)
		*ties_r += top[i] == top[n - 1];
	return n == 0 ? 0 : top[n - 1];
}

static void
write_reasons(struct json_writer *w, const struct score *s)
{
	size_t ties, smaller = s->smaller_reasons;
	int32_t least = least_size(s, &ties);
	int64_t effect = s->smaller_effect_milli;

	if (s->reason_count == 0)
		return;
	json_key(w, "reasons");
	json_array_begin(w);
	for (size_t i = 0; i < s->reason_count; i++) {
		const struct contribution *c = &s->reasons[i];
		bool is_kept = size_of(c) > least || (size_of(c) == least && ties > 0);

		ties -= size_of(c) == least && ties > 0;
		if (is_kept) {
			write_reason(w, c);
		} else {
			smaller++;
			effect += c->effect_milli;
		}
	}
	json_array_end(w);
	if (smaller > 0) {
		/* thousands of words may come to more than their reader holds */
		json_kv_i64(w, "smaller", (int64_t)(smaller < UINT32_MAX ? smaller : UINT32_MAX));
		json_kv_i64(w, "smaller_effect", within_32_bits(effect));
	}
}

#define INTENT_REASONS_STORED_MAX 8

static void
write_intent_reasons(struct json_writer *w, const struct score *s)
{
	if (s->intent_reason_count == 0)
		return;
	json_key(w, "intent_reasons");
	json_array_begin(w);
	for (size_t i = 0; i < s->intent_reason_count && i < INTENT_REASONS_STORED_MAX; i++) {
		const struct intent_reason *r = &s->intent_reasons[i];

		json_object_begin(w);
		json_kv_cstr(w, "intent", intent_name(r->intent));
		json_kv_i64(w, "start", r->start);
		json_kv_i64(w, "len", r->len);
		write_text(w, "entry", r->pattern);
		json_object_end(w);
	}
	json_array_end(w);
}

/* Intents by name: the list may be reordered, what is stored may not change its meaning by that. */
static void
write_intents(struct json_writer *w, uint32_t intents)
{
	if (intents == 0)
		return;
	json_key(w, "intents");
	json_array_begin(w);
	for (uint32_t i = 0; i < INTENT_COUNT; i++)
		if ((intents >> i & 1) != 0)
			json_put_cstr(w, intent_name((enum intent)i));
	json_array_end(w);
}

void
row_json_score(const struct score *s, struct buf *out)
{
	struct json_writer w;

	buf_clear(out);
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_key(&w, "p");
	json_array_begin(&w);
	json_put_i64(&w, s->negative_milli);
	json_put_i64(&w, s->neutral_milli);
	json_put_i64(&w, s->positive_milli);
	json_array_end(&w);
	write_flag(&w, "unsure", s->is_unsure);
	write_flag(&w, "unscored", !s->is_scored);
	write_intents(&w, s->intents);
	if (s->lexicon != NULL)
		json_kv_cstr(&w, "lexicon", s->lexicon);
	write_reasons(&w, s);
	write_intent_reasons(&w, s);
	json_object_end(&w);
}

static uint32_t
read_intents(const struct json *arr)
{
	uint32_t intents = 0;

	for (size_t k = 0; k < json_count(arr); k++)
		for (uint32_t i = 0; i < INTENT_COUNT; i++)
			if (slice_eq_str(json_str(json_at(arr, k)), intent_name((enum intent)i)))
				intents |= UINT32_C(1) << i;
	return intents;
}

static void
read_reasons(struct reader *r, const struct json *arr, struct score *s)
{
	s->reason_count = json_count(arr);
	s->reasons = read_array(r, s->reason_count, sizeof *s->reasons);
	struct score_entry *entries = read_array(r, s->reason_count, sizeof *entries);
	if (s->reasons == NULL || entries == NULL) {
		s->reason_count = 0;
		return;
	}
	for (size_t i = 0; i < s->reason_count; i++) {
		const struct json *v = json_at(arr, i);
		struct contribution *c = &s->reasons[i];

		c->start = read_place(v, "start");
		c->len = read_place(v, "len");
		struct slice text = read_text(r, v, "entry");
		entries[i] = (struct score_entry){text.ptr, (uint32_t)text.len,
		    (uint8_t)entry_source_of(json_get_str(v, "source"))};
		c->entry = &entries[i];
		c->weight_milli = read_int32(v, "weight");
		c->effect_milli = read_int32(v, "effect");
		c->modifiers = read_text(r, v, "modifiers").ptr; /* the arena's copies end in NUL */
	}
}

static void
read_intent_reasons(struct reader *r, const struct json *arr, struct score *s)
{
	size_t count = json_count(arr);

	s->intent_reasons = read_array(r, count, sizeof *s->intent_reasons);
	for (size_t i = 0; s->intent_reasons != NULL && i < count; i++) {
		const struct json *v = json_at(arr, i);
		struct slice name = json_get_str(v, "intent");
		struct intent_reason *c = &s->intent_reasons[s->intent_reason_count];
		uint32_t k = 0;

		while (k < INTENT_COUNT && !slice_eq_str(name, intent_name((enum intent)k)))
			k++;
		if (k == INTENT_COUNT)
			continue;
		c->intent = (enum intent)k;
		c->start = read_place(v, "start");
		c->len = read_place(v, "len");
		c->pattern = read_text(r, v, "entry");
		s->intent_reason_count++;
	}
}

/* What comes before the reasons, which are most of the text; our own rows have them behind the rest that
 * is asked for.  Behind a quote that stands for itself a string ends, so the words are a member's name. */
static struct slice
without_reasons(struct reader *r, struct slice json)
{
	static const char mark[] = ",\"reasons\":[";
	const char *at = memmem(json.ptr, json.len, mark, sizeof mark - 1);
	char *text;
	size_t len;

	if (at == NULL)
		return json;
	len = (size_t)(at - json.ptr);
	text = arena_alloc(r->a, len + 1);
	r->is_short |= text == NULL;
	if (text == NULL)
		return json;
	memcpy(text, json.ptr, len);
	text[len] = '}';
	return slice_make(text, len + 1);
}

int
row_json_read_score(
    struct slice json, bool with_reasons, struct arena *a, struct score *s, struct err *err)
{
	struct reader r = {a, false};
	struct json_doc *doc;
	const struct json *v, *p;
	int32_t *const parts[] = {&s->negative_milli, &s->neutral_milli, &s->positive_milli};

	if (parse(with_reasons ? json : without_reasons(&r, json), &doc, err) < 0 &&
	    (with_reasons || err->kind == ERR_NOMEM || parse(json, &doc, err) < 0))
		return -1;
	v = json_root(doc);
	p = json_get(v, "p");
	for (size_t i = 0; i < 3; i++) {
		int64_t milli;

		if (json_i64(json_at(p, i), &milli))
			*parts[i] = within_32_bits(milli);
	}
	s->is_unsure = read_flag(v, "unsure");
	s->is_scored = !read_flag(v, "unscored");
	s->intents = read_intents(json_get(v, "intents"));
	s->lexicon = read_text(&r, v, "lexicon").ptr;
	if (!with_reasons)
		return finish(&r, doc, err);
	read_reasons(&r, json_get(v, "reasons"), s);
	s->smaller_reasons = read_place(v, "smaller");
	s->smaller_effect_milli = read_int32(v, "smaller_effect");
	read_intent_reasons(&r, json_get(v, "intent_reasons"), s);
	return finish(&r, doc, err);
}
