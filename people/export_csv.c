/*
 * export_csv.c - customers as Pinpoint's CSV: the columns everybody needs, then the rows.
 */
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"
#include "people/csv.h"
#include "people/export_internal.h"

#define HEADER_BYTES_MAX 4096

enum column_kind {
	KIND_FIXED,
	KIND_EXTRA,
	KIND_ATTRIBUTE,
	KIND_METRIC,
	KIND_USER
};
static const char *const prefixes[] = {
    [KIND_FIXED] = "",
    [KIND_EXTRA] = "",
    [KIND_ATTRIBUTE] = "Attributes.",
    [KIND_METRIC] = "Metrics.",
    [KIND_USER] = "User.UserAttributes.",
};
static const char *const fixed[] = {"ChannelType", "Address", "Id", "OptOut", "EndpointStatus",
    "Location.Country", "Demographic.Locale", "Demographic.Timezone", "User.UserId"};
#define FIXED_COUNT (sizeof fixed / sizeof *fixed)

struct column {
	enum column_kind kind;
	char *name;
	size_t len, times;
};

struct export_columns {
	struct column *list; /* in the order they are written: by kind, by name */
	size_t count, cap, total; /* total: with repetitions */
	bool has_allowed;
};

struct export_columns *
export_columns_new(void)
{
	struct export_columns *c = mem_zalloc(sizeof *c);

	if (c != NULL)
		c->total = FIXED_COUNT;
	return c;
}

void
export_columns_free(struct export_columns *c)
{
	if (c == NULL)
		return;
	for (size_t k = 0; k < c->count; k++)
		mem_free(c->list[k].name);
	mem_free(c->list);
	mem_free(c);
}

static int
compare(const struct column *a, enum column_kind kind, struct slice name)
{
	if (a->kind != kind)
		return a->kind < kind ? -1 : 1;
	return slice_cmp(slice_make(a->name, a->len), name);
}

static int
insert(
    struct export_columns *c, size_t at, enum column_kind kind, struct slice name, struct err *err)
{
	struct column *bigger;
	char *copy;

	if (c->count == c->cap) {
		bigger = mem_realloc(c->list, (c->cap + 64) * sizeof *bigger);
		if (bigger == NULL)
			return err_set(err, ERR_NOMEM, "no memory for the columns of an export");
		c->list = bigger;
		c->cap += 64;
	}
	copy = mem_alloc(name.len + 1);
	if (copy == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the columns of an export");
	if (name.len > 0)
		memcpy(copy, name.ptr, name.len);
	copy[name.len] = '\0';
	memmove(&c->list[at + 1], &c->list[at], (c->count - at) * sizeof *c->list);
	c->list[at] = (struct column){kind, copy, name.len, 0};
	c->count++;
	return 0;
}

/* Somebody has so many values of it. */
static int
need(struct export_columns *c, enum column_kind kind, struct slice name, size_t times,
    struct err *err)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = compare(&c->list[mid], kind, name);

		if (order == 0) {
			low = mid;
			break;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if ((low == c->count || compare(&c->list[low], kind, name) != 0) &&
	    insert(c, low, kind, name, err) < 0)
		return -1;
	if (c->list[low].times < times) {
		c->total += times - c->list[low].times;
		c->list[low].times = times;
	}
	return c->total + c->has_allowed <= CSV_FIELDS_MAX
	    ? 0
	    : err_set(err, ERR_LIMIT,
		  "CSV has at most %d columns, and the customers need more; export JSON lines",
		  CSV_FIELDS_MAX);
}

static int
need_row(struct export_columns *c, const struct export_row *row, struct err *err)
{
	const struct endpoint *e = row->e;
	struct slice name;
	size_t pos = 0;

	c->has_allowed |= row->allowed[0] != '\0';
	while (json_next(row->extra, &pos, &name) != NULL)
		if (!slice_eq_str(name, "ChannelType") && need(c, KIND_EXTRA, name, 1, err) < 0)
			return -1;
	for (size_t k = 0; k < e->attribute_count; k++)
		if (need(c, KIND_ATTRIBUTE, e->attributes[k].name, e->attributes[k].values.count,
			err) < 0)
			return -1;
	for (size_t k = 0; k < e->metric_count; k++)
		if (need(c, KIND_METRIC, e->metrics[k].name, 1, err) < 0)
			return -1;
	return 0;
}

int
export_columns_add(struct export_columns *c, const struct customer_record *r, struct err *err)
{
	int rc = 0;

	for (size_t k = 0; k < r->c.attribute_count && rc == 0; k++)
		rc = need(
		    c, KIND_USER, r->c.attributes[k].name, r->c.attributes[k].values.count, err);
	for (size_t k = 0; k < r->c.endpoint_count && rc == 0; k++) {
		struct export_row row;

		export_row_init(&row, r, k);
		rc = need_row(c, &row, err);
		export_row_fini(&row);
	}
	return rc;
}

/* ---- writing ------------------------------------------------------------------------ */

static void
put_cell(struct buf *out, struct slice s, bool guard)
{
	buf_add_char(out, ',');
	if (slice_is_set(s) && s.len > 0)
		csv_put(out, s, guard);
}

void
export_csv_header(const struct export_columns *c, struct buf *out)
{
	for (size_t k = 0; k < FIXED_COUNT; k++) {
		if (k > 0)
			buf_add_char(out, ',');
		buf_add_str(out, fixed[k]);
	}
	if (c->has_allowed)
		buf_add_str(out, ",Earshot.Allowed");
	for (size_t k = 0; k < c->count; k++) {
		const struct column *column = &c->list[k];
		struct buf name;

		buf_init(&name, HEADER_BYTES_MAX);
		buf_add_str(&name, prefixes[column->kind]);
		buf_add(&name, column->name, column->len);
		for (size_t n = 0; n < column->times; n++)
			put_cell(out, buf_slice(&name), false);
		buf_fini(&name);
	}
	buf_add_char(out, '\n');
}

static struct slice_list
values_of(const struct attribute *list, size_t count, struct slice name)
{
	for (size_t k = 0; k < count; k++)
		if (slice_eq(list[k].name, name))
			return list[k].values;
	return (struct slice_list){NULL, 0};
}

static struct slice
metric_of(const struct endpoint *e, struct slice name)
{
	for (size_t k = 0; e != NULL && k < e->metric_count; k++)
		if (slice_eq(e->metrics[k].name, name))
			return e->metrics[k].value;
	return SLICE_NONE;
}

static void
put_column(const struct column *column, const struct export_row *row, bool guard, struct buf *out)
{
	struct slice name = slice_make(column->name, column->len), one;
	struct slice_list values = {NULL, 0};

	switch (column->kind) {
	case KIND_FIXED: return;
	case KIND_EXTRA: put_cell(out, json_str(json_find(row->extra, name)), guard); return;
	case KIND_METRIC:
		one = metric_of(row->e, name);
		put_cell(out, one, false);
		return;
	case KIND_ATTRIBUTE:
		if (row->e != NULL)
			values = values_of(row->e->attributes, row->e->attribute_count, name);
		break;
	case KIND_USER:
		values = values_of(row->r->c.attributes, row->r->c.attribute_count, name);
		break;
	}
	for (size_t n = 0; n < column->times; n++)
		put_cell(out, n < values.count ? values.items[n] : SLICE_NONE, guard);
}

static void
put_row(const struct export_columns *c, const struct export_row *row, bool guard, struct buf *out)
{
	const struct endpoint *e = row->e;

	if (e != NULL)
		csv_put(out, row->type, false);
	put_cell(out, e == NULL ? SLICE_NONE : e->address, guard);
	put_cell(out, e == NULL ? SLICE_NONE : e->id, guard);
	put_cell(out, slice_of(row->opt_out), false);
	put_cell(
	    out, e == NULL ? SLICE_NONE : slice_of(e->is_inactive ? "INACTIVE" : "ACTIVE"), false);
	put_cell(out, row->country, guard);
	put_cell(out, row->locale, guard);
	put_cell(out, row->timezone, guard);
	put_cell(out, row->r->c.id, guard);
	if (c->has_allowed)
		put_cell(out, slice_of(row->allowed), false);
	for (size_t k = 0; k < c->count; k++)
		put_column(&c->list[k], row, guard, out);
	buf_add_char(out, '\n');
}

void
export_csv(
    const struct export_columns *c, const struct customer_record *r, bool guard, struct buf *out)
{
	struct export_row row;

	if (export_needs_user_row(r)) {
		export_row_init(&row, r, r->c.endpoint_count);
		put_row(c, &row, guard, out);
		export_row_fini(&row);
	}
	for (size_t k = 0; k < r->c.endpoint_count; k++) {
		export_row_init(&row, r, k);
		put_row(c, &row, guard, out);
		export_row_fini(&row);
	}
}
