/*
 * as_of.c - the parts of a record by field, walked back through the history.
 */
#include "store/as_of.h"

#include <stdlib.h>
#include <string.h>

#include "store/customers_internal.h"
#include "store/row_json_internal.h"
#include "store/segments.h"

struct part {
	struct slice field; /* "endpoint:e-1"; as in the history */
	struct slice value; /* JSON; SLICE_NONE: nothing */
	bool is_settled; /* the last change until then was met */
};

struct past {
	struct store *st;
	struct arena *a;
	struct part *parts;
	size_t count, cap;
	struct err *err;
};

/* ---- the present ------------------------------------------------------ */

static struct part *
part_add(struct past *p, struct slice field)
{
	if (ROWS_GROW(p->st, p->a, &p->parts, p->count, &p->cap, p->err) < 0)
		return NULL;
	p->parts[p->count] = (struct part){.field = field};
	return &p->parts[p->count++];
}

static struct part *
part_of(struct past *p, struct slice field)
{
	for (size_t i = 0; i < p->count; i++)
		if (slice_eq(p->parts[i].field, field))
			return &p->parts[i];
	return part_add(p, field);
}

/* What was written into json_a becomes the value of prefix and name. */
static int
keep(struct past *p, const char *prefix, struct slice name)
{
	const char *field = arena_printf(p->a, "%s%.*s", prefix, SLICE_ARG(name));
	struct part *part;

	if (store_buf_check(p->st, &p->st->json_a, p->err) < 0)
		return -1;
	part = field == NULL ? NULL : part_add(p, slice_of(field));
	if (part == NULL)
		return store_nomem(p->st, p->a, p->err);
	part->value = arena_slice_dup(p->a, buf_slice(&p->st->json_a));
	return slice_is_set(part->value) ? 0 : store_nomem(p->st, p->a, p->err);
}

static struct json_writer
value_begin(struct past *p)
{
	struct json_writer w;

	buf_clear(&p->st->json_a);
	json_writer_init(&w, &p->st->json_a);
	return w;
}

static int
keep_facts(struct past *p, const struct customer *c)
{
	struct json_writer w = value_begin(p);

	record_profile_json(c, &w);
	if (keep(p, "profile", SLICE_LIT("")) < 0)
		return -1;
	for (size_t i = 0; i < c->attribute_count; i++) {
		row_json_values(c->attributes[i].values, &p->st->json_a);
		if (keep(p, "attribute:", c->attributes[i].name) < 0)
			return -1;
	}
	for (size_t i = 0; i < c->metric_count; i++) {
		w = value_begin(p);
		json_put_raw(&w, c->metrics[i].value);
		if (keep(p, "metric:", c->metrics[i].name) < 0)
			return -1;
	}
	return 0;
}

static int
keep_reach(struct past *p, const struct customer_record *r)
{
	for (size_t i = 0; i < r->c.endpoint_count; i++) {
		struct json_writer w = value_begin(p);

		record_endpoint_json(&r->c.endpoints[i], r->extras[i], &w);
		if (keep(p, "endpoint:", r->c.endpoints[i].id) < 0)
			return -1;
	}
	for (size_t i = 0; i < r->c.consent_count; i++) {
		const struct consent *k = &r->c.consents[i];
		const char *name =
		    arena_printf(p->a, "%.*s:%s", SLICE_ARG(k->channel), purpose_name(k->purpose));
		struct json_writer w = value_begin(p);

		record_consent_json(k, &w);
		if (name == NULL || keep(p, "consent:", slice_of(name)) < 0)
			return name == NULL ? store_nomem(p->st, p->a, p->err) : -1;
	}
	return 0;
}

static int
keep_marks(struct past *p, const struct customer_record *r)
{
	for (size_t i = 0; i < r->tag_count; i++) {
		struct json_writer w = value_begin(p);

		record_tag_json(&r->tags[i], &w);
		if (keep(p, "tag:", r->tags[i].tag) < 0)
			return -1;
	}
	for (size_t i = 0; i < r->lists.count; i++) {
		struct json_writer w = value_begin(p);

		json_put_bool(&w, true);
		if (keep(p, "list:", r->lists.items[i]) < 0)
			return -1;
	}
	return 0;
}

static int
keep_segments(struct past *p, struct slice id)
{
	struct segment_member *rows;
	size_t count;

	if (store_segments_of(p->st, id, p->a, &rows, &count, p->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct json_writer w = value_begin(p);

		json_object_begin(&w);
		json_kv_i64(&w, "since_ms", rows[i].since_ms);
		json_object_end(&w);
		if (keep(p, "segment:", rows[i].segment) < 0)
			return -1;
	}
	return 0;
}

/* ---- walking back ----------------------------------------------------- */

/* The newest change first.  1 the customer was there, 0 not yet, -1. */
static int
walk(struct past *p, struct slice id, int64_t at_ms)
{
	struct history_row *rows = NULL;
	size_t count = 0;

	if (store_history_list(p->st, id, INT64_MAX, p->a, &rows, &count, p->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct history_row *h = &rows[i];
		bool is_later = h->at_ms > at_ms;
		struct part *part;

		if (slice_eq_str(h->field, "customer")) {
			if (is_later)
				return 0;
			continue;
		}
		part = part_of(p, h->field);
		if (part == NULL)
			return -1;
		if (part->is_settled)
			continue;
		part->value = is_later ? h->old_value : h->new_value;
		part->is_settled = !is_later;
	}
	return 1;
}

/* ---- writing ---------------------------------------------------------- */

/* By field; of a channel's consents the one for service stands first, as in the rows. */
static int
part_cmp(const void *va, const void *vb)
{
	const struct part *a = va, *b = vb;
	struct slice x = a->field, y = b->field;
	int rc = slice_cmp(x, y);

	if (rc != 0 && slice_starts_with(x, "consent:") && slice_starts_with(y, "consent:")) {
		size_t i = x.len, k = y.len;

		while (i > 0 && x.ptr[i - 1] != ':')
			i--;
		while (k > 0 && y.ptr[k - 1] != ':')
			k--;
		if (slice_eq(slice_make(x.ptr, i), slice_make(y.ptr, k)))
			return -rc;
		return slice_cmp(slice_make(x.ptr, i - 1), slice_make(y.ptr, k - 1));
	}
	return rc;
}

/* A text member of a part's object, in the arena. */
static struct slice
member_of(struct past *p, struct slice json, const char *name)
{
	struct json_doc *doc;
	struct slice text = SLICE_NONE;
	struct err ignored;

	if (!slice_is_set(json) || json_parse(json, &doc, NULL, &ignored) < 0)
		return SLICE_NONE;
	if (slice_is_set(json_get_str(json_root(doc), name)))
		text = arena_slice_dup(p->a, json_get_str(json_root(doc), name));
	json_doc_free(doc);
	return text;
}

static bool
is_over(struct past *p, const struct part *part, int64_t at_ms)
{
	struct slice ends = member_of(p, part->value, "expires_at");
	int64_t ends_ms;

	return slice_is_set(ends) && time_parse_rfc3339(ends, &ends_ms) && ends_ms <= at_ms;
}

enum shape {
	SHAPE_OBJECT, /* by name */
	SHAPE_VALUES,
	SHAPE_NAMES
};

/* Releases before this history wrote words ("withdrawn"): they are told as they are; and so is a document with
 * a mark of its bytes' order, which may stand before a whole document alone. */
static void
put_value(struct json_writer *w, struct slice value, bool is_name)
{
	struct json_doc *doc;
	struct err ignored;

	if (is_name || slice_starts_with(value, "\xEF\xBB\xBF") ||
	    json_parse(value, &doc, NULL, &ignored) < 0) {
		json_put_str(w, value);
		return;
	}
	json_doc_free(doc);
	json_put_raw(w, value);
}

/* The parts of a kind, unless there is none. */
static bool
put_kind(struct past *p, struct json_writer *w, const char *prefix, const char *key,
    enum shape shape, int64_t at_ms)
{
	bool has_begun = false;

	for (size_t i = 0; i < p->count; i++) {
		const struct part *part = &p->parts[i];
		struct slice name;

		if (!slice_is_set(part->value) || !slice_starts_with(part->field, prefix) ||
		    is_over(p, part, at_ms))
			continue;
		if (!has_begun) {
			json_key(w, key);
			if (shape == SHAPE_OBJECT)
				json_object_begin(w);
			else
				json_array_begin(w);
		}
		has_begun = true;
		name =
		    slice_make(part->field.ptr + strlen(prefix), part->field.len - strlen(prefix));
		if (shape == SHAPE_OBJECT)
			json_key_slice(w, name);
		put_value(w, shape == SHAPE_NAMES ? name : part->value, shape == SHAPE_NAMES);
	}
	if (has_begun && shape == SHAPE_OBJECT)
		json_object_end(w);
	else if (has_begun)
		json_array_end(w);
	return has_begun;
}

static void
put_profile(struct past *p, struct json_writer *w, struct slice id)
{
	static const char *const names[] = {"timezone", "locale", "country"};
	struct part *profile = part_of(p, SLICE_LIT("profile"));
	struct part *merged = part_of(p, SLICE_LIT("merged_into"));

	json_kv_str(w, "id", id);
	if (merged != NULL)
		write_text(w, "merged_into", member_of(p, merged->value, "id"));
	for (size_t i = 0; profile != NULL && i < sizeof names / sizeof *names; i++)
		write_text(w, names[i], member_of(p, profile->value, names[i]));
}

static int64_t
since_of(struct slice json)
{
	int64_t since_ms = TIME_UNKNOWN;
	struct json_doc *doc;
	struct err ignored;

	if (json_parse(json, &doc, NULL, &ignored) < 0)
		return TIME_UNKNOWN;
	if (!json_i64(json_get(json_root(doc), "since_ms"), &since_ms))
		since_ms = TIME_UNKNOWN;
	json_doc_free(doc);
	return since_ms;
}

/* Those they were in, as a customer's answer has them today. */
static void
put_segments(struct past *p, struct json_writer *w)
{
	static const char prefix[] = "segment:";
	bool has_begun = false;

	for (size_t i = 0; i < p->count; i++) {
		const struct part *part = &p->parts[i];

		if (!slice_is_set(part->value) || !slice_starts_with(part->field, prefix))
			continue;
		if (!has_begun) {
			json_key(w, "segments");
			json_array_begin(w);
		}
		has_begun = true;
		json_object_begin(w);
		json_kv_str(w, "id",
		    slice_make(part->field.ptr + strlen(prefix), part->field.len - strlen(prefix)));
		json_kv_time(w, "since", since_of(part->value));
		json_object_end(w);
	}
	if (has_begun)
		json_array_end(w);
}

static void
put_record(struct past *p, struct slice id, int64_t at_ms, struct buf *out)
{
	struct json_writer writer, *w = &writer;

	json_writer_init(w, out);
	json_object_begin(w);
	put_profile(p, w, id);
	qsort(p->parts, p->count, sizeof *p->parts, part_cmp);
	(void)put_kind(p, w, "attribute:", "attributes", SHAPE_OBJECT, INT64_MIN);
	(void)put_kind(p, w, "metric:", "metrics", SHAPE_OBJECT, INT64_MIN);
	(void)put_kind(p, w, "endpoint:", "endpoints", SHAPE_VALUES, INT64_MIN);
	(void)put_kind(p, w, "consent:", "consents", SHAPE_VALUES, INT64_MIN);
	(void)put_kind(p, w, "tag:", "tags", SHAPE_VALUES, at_ms);
	(void)put_kind(p, w, "list:", "lists", SHAPE_NAMES, INT64_MIN);
	put_segments(p, w);
	if (!put_kind(p, w, "link:", "links", SHAPE_VALUES, INT64_MIN)) {
		json_key(w, "links"); /* a record says so, too */
		json_array_begin(w);
		json_array_end(w);
	}
	json_object_end(w);
}

int
store_record_as_of(struct store *st, struct slice id, int64_t at_ms, struct arena *a,
    struct buf *out, struct err *err)
{
	struct past p = {.st = st, .a = a, .err = err};
	struct customer_record *r;
	int rc = store_record_load(st, id, at_ms, a, &r, err);

	if (rc <= 0)
		return rc;
	if (keep_facts(&p, &r->c) < 0 || keep_reach(&p, r) < 0 || keep_marks(&p, r) < 0 ||
	    keep_segments(&p, id) < 0)
		return -1;
	rc = walk(&p, id, at_ms);
	if (rc <= 0)
		return rc;
	put_record(&p, id, at_ms, out);
	if (store_buf_check(st, out, err) < 0)
		return -1;
	return arena_is_full(a) ? store_nomem(st, a, err) : 1;
}
