/*
 * row_json.c - what a row keeps as JSON because nothing searches for it: the rest of a post, its
 * score, the customer as seen.
 *
 * Unknown values are left out, so that they load as unknown; an empty text is written and loads as
 * an empty text.  The readers read what the writers wrote; of anything else (a newer program's
 * rows) they take what they know.
 */
#include "store/store_internal.h"

#include <string.h>

#include "core/json.h"

/* ---- small words ------------------------------------------------------ */

static void
write_text(struct json_writer *w, const char *key, struct slice s)
{
	if (slice_is_set(s))
		json_kv_str(w, key, s);
}

static void
write_int(struct json_writer *w, const char *key, int64_t v, int64_t unknown)
{
	if (v != unknown)
		json_kv_i64(w, key, v);
}

static void
write_flag(struct json_writer *w, const char *key, bool v)
{
	if (v)
		json_kv_bool(w, key, true);
}

static void
write_values(struct json_writer *w, const char *key, struct slice_list values)
{
	if (values.count == 0)
		return;
	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < values.count; i++)
		json_put_str(w, values.items[i]);
	json_array_end(w);
}

/* The first failure of the arena is kept and asked for once at the end. */
struct reader {
	struct arena *a;
	bool is_short;
};

static struct slice
read_slice(struct reader *r, struct slice s)
{
	struct slice copy;

	if (!slice_is_set(s))
		return SLICE_NONE;
	copy = arena_slice_dup(r->a, s);
	r->is_short |= !slice_is_set(copy);
	return copy;
}

static struct slice
read_text(struct reader *r, const struct json *obj, const char *key)
{
	return read_slice(r, json_get_str(obj, key));
}

static int64_t
read_int(const struct json *obj, const char *key, int64_t unknown)
{
	int64_t v;

	return json_i64(json_get(obj, key), &v) ? v : unknown;
}

static bool
read_flag(const struct json *obj, const char *key)
{
	bool v;

	return json_bool(json_get(obj, key), &v) && v;
}

static void *
read_array(struct reader *r, size_t count, size_t size)
{
	void *p = count == 0 ? NULL : arena_array(r->a, count, size);

	r->is_short |= count > 0 && p == NULL;
	return p;
}

static struct slice_list
read_values(struct reader *r, const struct json *arr)
{
	size_t count = json_type(arr) == JSON_ARRAY ? json_count(arr) : 0;
	struct slice *items = read_array(r, count, sizeof *items);

	if (items == NULL)
		return (struct slice_list){NULL, 0};
	for (size_t i = 0; i < count; i++)
		items[i] = read_slice(r, json_str(json_at(arr, i)));
	return (struct slice_list){items, count};
}

/* Our own rows: what does not parse is damage, not input. */
static int
parse(struct slice text, struct json_doc **doc_r, struct err *err)
{
	struct err own;

	if (json_parse(text, doc_r, NULL, &own) == 0)
		return 0;
	return err_set(err, own.kind == ERR_NOMEM ? ERR_NOMEM : ERR_STORE,
	    "a stored row cannot be read: %s", own.text);
}

static int
finish(const struct reader *r, struct json_doc *doc, struct err *err)
{
	json_doc_free(doc);
	if (!r->is_short)
		return 0;
	return arena_is_full(r->a)
	    ? err_set(err, ERR_LIMIT, "a stored row is too large for its reader")
	    : err_set(err, ERR_NOMEM, "no memory for a stored row");
}

/* ---- posts ------------------------------------------------------------ */

static void
write_author(struct json_writer *w, const struct author *au)
{
	json_key(w, "author");
	json_object_begin(w);
	write_text(w, "id", au->id);
	write_text(w, "handle", au->handle);
	write_text(w, "name", au->name);
	write_text(w, "bio", au->bio);
	write_text(w, "url", au->url);
	write_int(w, "followers", au->followers, COUNT_UNKNOWN);
	write_int(w, "following", au->following, COUNT_UNKNOWN);
	write_int(w, "posts", au->posts, COUNT_UNKNOWN);
	write_int(w, "listed", au->listed, COUNT_UNKNOWN);
	write_int(w, "verified", au->is_verified, TRI_UNKNOWN);
	write_int(w, "bot", au->is_bot, TRI_UNKNOWN);
	write_int(w, "created_at_ms", au->created_at_ms, TIME_UNKNOWN);
	write_flag(w, "objects", au->objects_to_profiling);
	json_object_end(w);
}

static void
read_author(struct reader *r, const struct json *v, struct author *au)
{
	au->id = read_text(r, v, "id");
	au->handle = read_text(r, v, "handle");
	au->name = read_text(r, v, "name");
	au->bio = read_text(r, v, "bio");
	au->url = read_text(r, v, "url");
	au->followers = read_int(v, "followers", COUNT_UNKNOWN);
	au->following = read_int(v, "following", COUNT_UNKNOWN);
	au->posts = read_int(v, "posts", COUNT_UNKNOWN);
	au->listed = read_int(v, "listed", COUNT_UNKNOWN);
	au->is_verified = (enum tristate)read_int(v, "verified", TRI_UNKNOWN);
	au->is_bot = (enum tristate)read_int(v, "bot", TRI_UNKNOWN);
	au->created_at_ms = read_int(v, "created_at_ms", TIME_UNKNOWN);
	au->objects_to_profiling = read_flag(v, "objects");
}

/* [total, likelihood of a machine, discount, what was assumed, part, part, ...]: parts are only ever
 * added. */
#define INFLUENCE_FIRST_PART 4

static void
write_influence(struct json_writer *w, const struct influence *in)
{
	if (!in->is_known)
		return;
	json_key(w, "influence");
	json_array_begin(w);
	json_put_i64(w, in->total_milli);
	json_put_i64(w, in->bot_milli);
	json_put_i64(w, in->discount_milli);
	json_put_i64(w, in->assumed);
	for (int i = 0; i < INFLUENCE_PART_COUNT; i++)
		json_put_i64(w, in->parts_milli[i]);
	json_array_end(w);
}

static int32_t
read_number(const struct json *arr, size_t i)
{
	int64_t v = 0;

	return json_i64(json_at(arr, i), &v) ? (int32_t)v : 0;
}

static void
read_influence(const struct json *arr, struct influence *in)
{
	size_t count = json_type(arr) == JSON_ARRAY ? json_count(arr) : 0;

	*in = (struct influence){.is_known = count >= INFLUENCE_FIRST_PART};
	if (!in->is_known)
		return;
	in->total_milli = read_number(arr, 0);
	in->bot_milli = read_number(arr, 1);
	in->discount_milli = read_number(arr, 2);
	in->assumed = (uint32_t)read_number(arr, 3);
	for (size_t i = 0; i < INFLUENCE_PART_COUNT && INFLUENCE_FIRST_PART + i < count; i++)
		in->parts_milli[i] = read_number(arr, INFLUENCE_FIRST_PART + i);
}

void
row_json_post(const struct stored_post *sp, struct buf *out)
{
	const struct post *p = &sp->post;
	struct json_writer w;

	buf_clear(out);
	json_writer_init(&w, out);
	json_object_begin(&w);
	write_text(&w, "url", p->url);
	write_text(&w, "lang", p->lang);
	write_author(&w, &p->author);
	write_int(&w, "posts_seen", sp->author.posts_seen, 0);
	write_int(&w, "first_seen_at_ms", sp->author.first_seen_at_ms, TIME_UNKNOWN);
	write_values(&w, "author_tags", sp->author.tags);
	write_influence(&w, &sp->author.influence);
	write_text(&w, "reply_to", p->reply_to);
	write_text(&w, "repost_of", p->repost_of);
	write_text(&w, "quote_of", p->quote_of);
	write_text(&w, "thread", p->thread);
	write_values(&w, "tags", p->tags);
	write_values(&w, "mentions", p->mentions);
	write_text(&w, "place", p->place);
	write_flag(&w, "text_cut", p->is_text_cut);
	write_text(&w, "reply_handle", p->reply_handle);
	json_object_end(&w);
}

int
row_json_read_post(struct slice json, struct arena *a, struct stored_post *sp, struct err *err)
{
	struct reader r = {a, false};
	struct post *p = &sp->post;
	struct json_doc *doc;
	const struct json *v;

	if (parse(json, &doc, err) < 0)
		return -1;
	v = json_root(doc);
	p->url = read_text(&r, v, "url");
	p->lang = read_text(&r, v, "lang");
	read_author(&r, json_get(v, "author"), &p->author);
	sp->author.posts_seen = read_int(v, "posts_seen", 0);
	sp->author.first_seen_at_ms = read_int(v, "first_seen_at_ms", TIME_UNKNOWN);
	sp->author.tags = read_values(&r, json_get(v, "author_tags"));
	read_influence(json_get(v, "influence"), &sp->author.influence);
	p->reply_to = read_text(&r, v, "reply_to");
	p->repost_of = read_text(&r, v, "repost_of");
	p->quote_of = read_text(&r, v, "quote_of");
	p->thread = read_text(&r, v, "thread");
	p->tags = read_values(&r, json_get(v, "tags"));
	p->mentions = read_values(&r, json_get(v, "mentions"));
	p->place = read_text(&r, v, "place");
	p->is_text_cut = read_flag(v, "text_cut");
	p->reply_handle = read_text(&r, v, "reply_handle");
	return finish(&r, doc, err);
}

/* ---- scores ----------------------------------------------------------- */

static void
write_reason(struct json_writer *w, const struct contribution *c)
{
	json_object_begin(w);
	json_kv_i64(w, "start", c->start);
	json_kv_i64(w, "len", c->len);
	write_text(w, "entry", c->entry);
	if (c->source != NULL)
		json_kv_cstr(w, "source", c->source);
	json_kv_i64(w, "weight", c->weight_milli);
	json_kv_i64(w, "effect", c->effect_milli);
	write_text(w, "modifiers", c->modifiers);
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

/* Thousands of words that each weigh all they may come to more than their reader holds. */
static int64_t
within_32_bits(int64_t v)
{
	return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : v;
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
		json_kv_i64(w, "smaller", (int64_t)smaller);
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
	if (s->reasons == NULL) {
		s->reason_count = 0;
		return;
	}
	for (size_t i = 0; i < s->reason_count; i++) {
		const struct json *v = json_at(arr, i);
		struct contribution *c = &s->reasons[i];

		c->start = (uint32_t)read_int(v, "start", 0);
		c->len = (uint32_t)read_int(v, "len", 0);
		c->entry = read_text(r, v, "entry");
		c->source = read_text(r, v, "source").ptr; /* the arena's copies end in NUL */
		c->weight_milli = (int32_t)read_int(v, "weight", 0);
		c->effect_milli = (int32_t)read_int(v, "effect", 0);
		c->modifiers = read_text(r, v, "modifiers");
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
		c->start = (uint32_t)read_int(v, "start", 0);
		c->len = (uint32_t)read_int(v, "len", 0);
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
			*parts[i] = (int32_t)milli;
	}
	s->is_unsure = read_flag(v, "unsure");
	s->is_scored = !read_flag(v, "unscored");
	s->intents = read_intents(json_get(v, "intents"));
	s->lexicon = read_text(&r, v, "lexicon").ptr;
	if (!with_reasons)
		return finish(&r, doc, err);
	read_reasons(&r, json_get(v, "reasons"), s);
	s->smaller_reasons = (uint32_t)read_int(v, "smaller", 0);
	s->smaller_effect_milli = (int32_t)read_int(v, "smaller_effect", 0);
	read_intent_reasons(&r, json_get(v, "intent_reasons"), s);
	return finish(&r, doc, err);
}

/* ---- customers -------------------------------------------------------- */

static void
write_attributes(struct json_writer *w, const struct attribute *list, size_t count)
{
	json_object_begin(w);
	for (size_t i = 0; i < count; i++) {
		json_key_slice(w, list[i].name);
		json_array_begin(w);
		for (size_t k = 0; k < list[i].values.count; k++)
			json_put_str(w, list[i].values.items[k]);
		json_array_end(w);
	}
	json_object_end(w);
}

static struct attribute *
read_attributes(struct reader *r, const struct json *obj, size_t *count_r)
{
	size_t count = json_type(obj) == JSON_OBJECT ? json_count(obj) : 0, pos = 0, n = 0;
	struct attribute *list = read_array(r, count, sizeof *list);
	const struct json *v;
	struct slice key;

	while (list != NULL && n < count && (v = json_next(obj, &pos, &key)) != NULL) {
		list[n].name = read_slice(r, key);
		list[n++].values = read_values(r, v);
	}
	*count_r = n;
	return list;
}

static void
write_endpoint(struct json_writer *w, const struct endpoint *e)
{
	json_object_begin(w);
	write_text(w, "id", e->id);
	write_text(w, "channel", e->channel);
	write_text(w, "address", e->address);
	write_flag(w, "opted_out", e->is_opted_out);
	write_flag(w, "inactive", e->is_inactive);
	write_text(w, "timezone", e->timezone);
	write_text(w, "locale", e->locale);
	write_text(w, "country", e->country);
	if (e->attribute_count > 0) {
		json_key(w, "attributes");
		write_attributes(w, e->attributes, e->attribute_count);
	}
	json_object_end(w);
}

static void
write_consent(struct json_writer *w, const struct consent *c)
{
	json_object_begin(w);
	write_text(w, "channel", c->channel);
	json_kv_cstr(w, "purpose", purpose_name(c->purpose));
	write_flag(w, "given", c->is_given);
	json_object_end(w);
}

void
row_json_customer(const struct customer *c, struct buf *out)
{
	struct json_writer w;

	buf_clear(out);
	json_writer_init(&w, out);
	json_object_begin(&w);
	write_text(&w, "id", c->id);
	write_text(&w, "timezone", c->timezone);
	write_text(&w, "locale", c->locale);
	write_text(&w, "country", c->country);
	json_key(&w, "attributes");
	write_attributes(&w, c->attributes, c->attribute_count);
	json_key(&w, "endpoints");
	json_array_begin(&w);
	for (size_t i = 0; i < c->endpoint_count; i++)
		write_endpoint(&w, &c->endpoints[i]);
	json_array_end(&w);
	json_key(&w, "consents");
	json_array_begin(&w);
	for (size_t i = 0; i < c->consent_count; i++)
		write_consent(&w, &c->consents[i]);
	json_array_end(&w);
	write_values(&w, "tags", c->tags);
	if (slice_is_set(c->link.proof)) {
		json_key(&w, "link");
		json_object_begin(&w);
		write_text(&w, "proof", c->link.proof);
		write_text(&w, "handle", c->link.handle);
		json_kv_i64(&w, "at", c->link.linked_at_ms);
		json_object_end(&w);
	}
	json_object_end(&w);
}

static void
read_link(struct reader *r, const struct json *v, struct link_facts *l)
{
	l->linked_at_ms = TIME_UNKNOWN;
	if (json_type(v) != JSON_OBJECT)
		return;
	l->proof = read_text(r, v, "proof");
	l->handle = read_text(r, v, "handle");
	(void)json_i64(json_get(v, "at"), &l->linked_at_ms);
}

static void
read_endpoint(struct reader *r, const struct json *v, struct endpoint *e)
{
	e->id = read_text(r, v, "id");
	e->channel = read_text(r, v, "channel");
	e->address = read_text(r, v, "address");
	e->is_opted_out = read_flag(v, "opted_out");
	e->is_inactive = read_flag(v, "inactive");
	e->timezone = read_text(r, v, "timezone");
	e->locale = read_text(r, v, "locale");
	e->country = read_text(r, v, "country");
	e->attributes = read_attributes(r, json_get(v, "attributes"), &e->attribute_count);
}

static void
read_consent(struct reader *r, const struct json *v, struct consent *c)
{
	bool is_marketing =
	    slice_eq_str(json_get_str(v, "purpose"), purpose_name(PURPOSE_MARKETING));

	c->channel = read_text(r, v, "channel");
	c->purpose = is_marketing ? PURPOSE_MARKETING : PURPOSE_SERVICE;
	c->is_given = read_flag(v, "given");
}

int
row_json_read_customer(struct slice json, struct arena *a, struct customer **c_r, struct err *err)
{
	struct reader r = {a, false};
	struct json_doc *doc;
	const struct json *v, *endpoints, *consents;
	struct customer *c;
	struct endpoint *e;
	struct consent *k;

	if (parse(json, &doc, err) < 0)
		return -1;
	v = json_root(doc);
	endpoints = json_get(v, "endpoints");
	consents = json_get(v, "consents");
	c = read_array(&r, 1, sizeof *c);
	e = read_array(&r, json_count(endpoints), sizeof *e);
	k = read_array(&r, json_count(consents), sizeof *k);
	if (r.is_short)
		return finish(&r, doc, err);
	c->id = read_text(&r, v, "id");
	c->timezone = read_text(&r, v, "timezone");
	c->locale = read_text(&r, v, "locale");
	c->country = read_text(&r, v, "country");
	c->attributes = read_attributes(&r, json_get(v, "attributes"), &c->attribute_count);
	read_link(&r, json_get(v, "link"), &c->link);
	c->endpoint_count = json_count(endpoints);
	for (size_t i = 0; i < c->endpoint_count; i++)
		read_endpoint(&r, json_at(endpoints, i), &e[i]);
	c->consent_count = json_count(consents);
	for (size_t i = 0; i < c->consent_count; i++)
		read_consent(&r, json_at(consents, i), &k[i]);
	c->endpoints = e;
	c->consents = k;
	c->tags = read_values(&r, json_get(v, "tags"));
	*c_r = c;
	return finish(&r, doc, err);
}

/* ---- lists of texts, attributes --------------------------------------- */

void
row_json_values(struct slice_list values, struct buf *out)
{
	struct json_writer w;

	buf_clear(out);
	json_writer_init(&w, out);
	json_array_begin(&w);
	for (size_t i = 0; i < values.count; i++)
		json_put_str(&w, values.items[i]);
	json_array_end(&w);
}

int
row_json_read_values(
    struct slice json, struct arena *a, struct slice_list *values_r, struct err *err)
{
	struct reader r = {a, false};
	struct json_doc *doc;

	if (parse(json, &doc, err) < 0)
		return -1;
	*values_r = read_values(&r, json_root(doc));
	return finish(&r, doc, err);
}

void
row_json_attributes(const struct attribute *list, size_t count, struct buf *out)
{
	struct json_writer w;

	buf_clear(out);
	json_writer_init(&w, out);
	write_attributes(&w, list, count);
}

int
row_json_read_attributes(struct slice json, struct arena *a, const struct attribute **list_r,
    size_t *count_r, struct err *err)
{
	struct reader r = {a, false};
	struct json_doc *doc;

	if (parse(json, &doc, err) < 0)
		return -1;
	*list_r = read_attributes(&r, json_root(doc), count_r);
	return finish(&r, doc, err);
}
