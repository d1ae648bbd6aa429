/*
 * row_json_internal.h - what the readers and writers of JSON in rows share.
 *
 * Unknown values are left out, so that they load as unknown; an empty text is written and loads as
 * an empty text.  The readers read what the writers wrote; of anything else (a newer program's
 * rows) they take what they know.
 */
#ifndef STORE_ROW_JSON_INTERNAL_H
#define STORE_ROW_JSON_INTERNAL_H

#include "core/json.h"
#include "store/store_internal.h"

static inline void
write_text(struct json_writer *w, const char *key, struct slice s)
{
	if (slice_is_set(s))
		json_kv_str(w, key, s);
}

static inline void
write_int(struct json_writer *w, const char *key, int64_t v, int64_t unknown)
{
	if (v != unknown)
		json_kv_i64(w, key, v);
}

static inline void
write_flag(struct json_writer *w, const char *key, bool v)
{
	if (v)
		json_kv_bool(w, key, true);
}

static inline void
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

static inline struct slice
read_slice(struct reader *r, struct slice s)
{
	struct slice copy;

	if (!slice_is_set(s))
		return SLICE_NONE;
	copy = arena_slice_dup(r->a, s);
	r->is_short |= !slice_is_set(copy);
	return copy;
}

static inline struct slice
read_text(struct reader *r, const struct json *obj, const char *key)
{
	return read_slice(r, json_get_str(obj, key));
}

static inline int64_t
read_int(const struct json *obj, const char *key, int64_t unknown)
{
	int64_t v;

	return json_i64(json_get(obj, key), &v) ? v : unknown;
}

/* What does not fit is damage: the nearest that fits both ways, so that its size can be told. */
static inline int32_t
within_32_bits(int64_t v)
{
	return v > INT32_MAX ? INT32_MAX : v < -INT32_MAX ? -INT32_MAX : (int32_t)v;
}

static inline int32_t
read_int32(const struct json *obj, const char *key)
{
	return within_32_bits(read_int(obj, key, 0));
}

/* A place or a count. */
static inline uint32_t
read_place(const struct json *obj, const char *key)
{
	int64_t v = read_int(obj, key, 0);

	return v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static inline bool
read_flag(const struct json *obj, const char *key)
{
	bool v;

	return json_bool(json_get(obj, key), &v) && v;
}

static inline void *
read_array(struct reader *r, size_t count, size_t size)
{
	void *p = count == 0 ? NULL : arena_array(r->a, count, size);

	r->is_short |= count > 0 && p == NULL;
	return p;
}

static inline struct slice_list
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
static inline int
parse(struct slice text, struct json_doc **doc_r, struct err *err)
{
	struct err own;

	if (json_parse(text, doc_r, NULL, &own) == 0)
		return 0;
	return err_set(err, own.kind == ERR_NOMEM ? ERR_NOMEM : ERR_STORE,
	    "a stored row cannot be read: %s", own.text);
}

static inline int
finish(const struct reader *r, struct json_doc *doc, struct err *err)
{
	json_doc_free(doc);
	if (!r->is_short)
		return 0;
	return arena_is_full(r->a)
	    ? err_set(err, ERR_LIMIT, "a stored row is too large for its reader")
	    : err_set(err, ERR_NOMEM, "no memory for a stored row");
}

#endif
