/*
 * import_row.c - one row of CSV, read by its columns.
 */
#include "people/import_internal.h"

#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "core/utf8.h"

/* A row's one endpoint, as Pinpoint has it. */
static struct row_endpoint *
pinpoint_endpoint(struct import *i, struct person_row *p)
{
	struct row_endpoint *e;

	for (size_t k = 0; k < p->endpoint_count; k++)
		if (p->endpoints[k].is_pinpoint)
			return &p->endpoints[k];
	p->endpoints = IMPORT_GROW(i, p->endpoints, p->endpoint_count);
	if (p->endpoints == NULL)
		return NULL;
	e = &p->endpoints[p->endpoint_count++];
	e->is_pinpoint = true;
	return e;
}

/* One of two words in any case: 1 with *is_second_r, 0 neither. */
static int
read_word(struct slice v, const char *first, const char *second, bool *is_second_r)
{
	*is_second_r = slice_eq_nocase(v, slice_of(second));
	return *is_second_r || slice_eq_nocase(v, slice_of(first));
}

static int
wrong_value(struct import *i, size_t k, const char *code, const char *help, const char *what,
    struct slice v)
{
	import_finding(i, DIAG_ERROR, code, k, help, "%.*s is '%.*s'", (int)strlen(what), what,
	    SLICE_ARG(utf8_prefix(v, 60)));
	return 1;
}

static int
read_yes_no(struct import *i, size_t k, struct slice v, bool *yes_r)
{
	if (target_yes_no(v, yes_r))
		return 0;
	import_finding(i, DIAG_ERROR, "I018", k, "write yes or no", "'%.*s' is neither yes nor no",
	    SLICE_ARG(utf8_prefix(v, 60)));
	return 1;
}

static int
read_time(struct import *i, size_t k, struct slice v, int64_t *at_ms_r)
{
	bool is_day;

	if (target_time(v, i->columns[k].date, at_ms_r, &is_day))
		return 0;
	if (slice_is_set(i->columns[k].date))
		import_finding(i, DIAG_ERROR, "I019", k, "the column's pattern says how it is read",
		    "'%.*s' is no time as '%.*s'", SLICE_ARG(utf8_prefix(v, 60)),
		    SLICE_ARG(i->columns[k].date));
	else
		import_finding(i, DIAG_ERROR, "I019", k,
		    "write it like 2026-11-21 or 2026-11-21T10:00:00Z, or say its pattern: date "
		    "\"DD.MM.YYYY\"",
		    "'%.*s' is no time", SLICE_ARG(utf8_prefix(v, 60)));
	return 1;
}

static int
add_number(struct import *i, size_t k, struct slice v, struct customer_metric **list, size_t *count)
{
	const struct target *t = &i->columns[k];
	struct customer_metric *m = NULL;
	char text[TARGET_NUMBER_MAX];

	if (!target_number(v, t->decimal, text)) {
		import_finding(i, DIAG_ERROR, "I016", k,
		    "write it like 12.5, or say how numbers are written: decimal \",\"",
		    "'%.*s' is no number", SLICE_ARG(utf8_prefix(v, 60)));
		return 1;
	}
	for (size_t n = 0; n < *count && m == NULL; n++)
		if (slice_eq((*list)[n].name, t->name))
			m = &(*list)[n]; /* a repeated column: the last filled one counts */
	if (m == NULL) {
		*list = IMPORT_GROW(i, *list, *count);
		if (*list == NULL)
			return -1;
		m = &(*list)[(*count)++];
	}
	m->name = t->name;
	m->value = slice_of(arena_strdup(i->row, text));
	return slice_is_set(m->value) ? 0 : -1;
}

/* ---- the row's one endpoint ------------------------------------------------ */

static int
set_extra(struct import *i, struct row_endpoint *e, struct slice name, struct slice v)
{
	for (size_t n = 0; n < e->extra_count; n++)
		if (slice_eq(e->extra[n].name, name)) {
			e->extra[n].value = v;
			return 0;
		}
	e->extra = IMPORT_GROW(i, e->extra, e->extra_count);
	if (e->extra == NULL)
		return -1;
	e->extra[e->extra_count++] = (struct customer_metric){name, v};
	return 0;
}

static int
read_endpoint_field(struct import *i, struct person_row *p, size_t k, struct slice v)
{
	const struct target *t = &i->columns[k];
	struct row_endpoint *e = pinpoint_endpoint(i, p);

	if (e == NULL)
		return -1;
	switch ((int)t->kind) { /* those of read_field() alone */
	case TARGET_CHANNEL: e->type = v; return 0;
	case TARGET_ADDRESS: e->e.address = v; return 0;
	case TARGET_ENDPOINT_ID: e->e.id = v; return 0;
	case TARGET_ALLOWED: e->allowed = v; return 0;
	case TARGET_EXTRA: return set_extra(i, e, t->name, v);
	case TARGET_OPT_OUT:
		e->has_opt_out = true;
		return read_word(v, "NONE", "ALL", &e->e.is_opted_out)
		    ? 0
		    : wrong_value(i, k, "I005", "write NONE (takes messages) or ALL (wants none)",
			  "OptOut", v);
	case TARGET_STATUS:
		e->has_status = true;
		return read_word(v, "ACTIVE", "INACTIVE", &e->e.is_inactive)
		    ? 0
		    : wrong_value(i, k, "I005", "write ACTIVE or INACTIVE", "EndpointStatus", v);
	case TARGET_ENDPOINT_METRIC: return add_number(i, k, v, &e->metrics, &e->metric_count);
	default: /* TARGET_ENDPOINT_ATTRIBUTE */
		return import_add_value(i, &e->attributes, &e->attribute_count, t->name, v);
	}
}

/* ---- columns of ours ---------------------------------------------------------- */

/* A cell with several values, or a date in the file's own way. */
static int
add_values(struct import *i, struct person_row *p, size_t k, struct slice name, struct slice v)
{
	const struct target *t = &i->columns[k];
	struct slice rest = v;
	char text[TIME_TEXT_MAX];
	int64_t at_ms;
	bool is_day;

	while (slice_is_set(rest)) {
		struct slice one = rest;

		rest = SLICE_NONE;
		if (t->split != 0) {
			rest = one;
			one = slice_trim(slice_split(&rest, t->split));
			if (one.len == 0)
				continue;
		}
		if (slice_is_set(t->date)) {
			if (!target_time(one, t->date, &at_ms, &is_day))
				return read_time(i, k, one, &at_ms);
			time_format_rfc3339(at_ms, text);
			one = arena_slice_dup(i->row, slice_make(text, is_day ? 10 : strlen(text)));
			if (!slice_is_set(one))
				return -1;
		}
		if (import_add_value(i, &p->attributes, &p->attribute_count, name, one) < 0)
			return -1;
	}
	return 0;
}

static int
add_contact(struct import *i, struct person_row *p, const struct target *t, struct slice v)
{
	struct slice rest = v;

	while (slice_is_set(rest)) {
		struct slice one = rest;

		rest = SLICE_NONE;
		if (t->split != 0) {
			rest = one;
			one = slice_trim(slice_split(&rest, t->split));
			if (one.len == 0)
				continue;
		}
		p->endpoints = IMPORT_GROW(i, p->endpoints, p->endpoint_count);
		if (p->endpoints == NULL)
			return -1;
		p->endpoints[p->endpoint_count].e.address = one;
		p->endpoints[p->endpoint_count++].type = target_type_of_channel(t->name);
	}
	return 0;
}

/* Gives a value to a part of one consent. */
static int
set_consent(struct import *i, struct row_consent *c, size_t k, struct slice v)
{
	switch ((int)i->columns[k].kind) { /* those of read_field() alone */
	case TARGET_CONSENT: c->has_given = true; return read_yes_no(i, k, v, &c->c.is_given);
	case TARGET_CONSENT_AT: c->has_at = true; return read_time(i, k, v, &c->c.at_ms);
	case TARGET_CONSENT_SOURCE: c->c.source = v; return 0;
	default: c->c.text_version = v; return 0;
	}
}

static int
add_consent(struct import *i, struct person_row *p, size_t k, struct slice v)
{
	const struct target *t = &i->columns[k];

	for (int purpose = PURPOSE_SERVICE; purpose <= PURPOSE_MARKETING; purpose++) {
		struct row_consent *c;
		int rc;

		if (!(purpose == PURPOSE_SERVICE ? t->is_service : t->is_marketing))
			continue;
		c = import_consent_slot(i, p, t->name, (enum purpose)purpose);
		if (c == NULL)
			return -1;
		rc = set_consent(i, c, k, v);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
add_tag(struct import *i, struct person_row *p, struct slice tag)
{
	p->tags = IMPORT_GROW(i, p->tags, p->tag_count);
	if (p->tags == NULL)
		return -1;
	p->tags[p->tag_count++] = (struct tag_row){tag, TIME_UNKNOWN, TIME_UNKNOWN};
	return 0;
}

static int
add_tags(struct import *i, struct person_row *p, const struct target *t, struct slice v)
{
	struct slice rest = v;

	while (slice_is_set(rest)) {
		struct slice one = slice_trim(slice_split(&rest, t->split != 0 ? t->split : ','));

		if (one.len > 0 && add_tag(i, p, one) < 0)
			return -1;
	}
	return 0;
}

static int
add_segment(struct import *i, struct person_row *p, size_t k, struct slice segment, bool is_in)
{
	for (size_t n = 0; n < p->segment_count; n++)
		if (slice_eq(p->segments[n].segment, segment)) { /* the last one counts */
			p->segments[n].is_in = is_in;
			return 0;
		}
	p->segments = IMPORT_GROW(i, p->segments, p->segment_count);
	if (p->segments == NULL)
		return -1;
	p->segments[p->segment_count++] =
	    (struct row_segment){.segment = segment, .is_in = is_in, .column = k};
	return 0;
}

static int
add_segments(struct import *i, struct person_row *p, size_t k, struct slice v)
{
	const struct target *t = &i->columns[k];
	struct slice rest = v;
	bool is_in;
	int rc;

	if (t->kind == TARGET_IN_SEGMENT) {
		rc = read_yes_no(i, k, v, &is_in);
		return rc != 0 ? rc : add_segment(i, p, k, t->name, is_in);
	}
	while (slice_is_set(rest)) {
		struct slice one = slice_trim(slice_split(&rest, t->split != 0 ? t->split : ','));

		if (one.len > 0 && add_segment(i, p, k, one, true) < 0)
			return -1;
	}
	return 0;
}

static int
add_mark(struct import *i, struct person_row *p, size_t k, struct slice v)
{
	const struct target *t = &i->columns[k];
	bool is_yes;
	int rc = read_yes_no(i, k, v, &is_yes);

	if (rc != 0 || !is_yes)
		return rc;
	if (t->kind == TARGET_HAS_TAG)
		return add_tag(i, p, t->name);
	p->lists = IMPORT_GROW(i, p->lists, p->list_count);
	if (p->lists == NULL)
		return -1;
	p->lists[p->list_count++] = t->name;
	return 0;
}

/* One field. 0, 1 the row is left out, -1 no memory. */
static int
read_field(struct import *i, struct person_row *p, size_t k, struct slice v)
{
	const struct target *t = &i->columns[k];

	switch (t->kind) {
	case TARGET_SKIPPED: return 0;
	case TARGET_USER_ID: p->user_id = v; return 0;
	case TARGET_COUNTRY: p->country = v; return 0;
	case TARGET_LOCALE: p->locale = v; return 0;
	case TARGET_TIMEZONE: p->timezone = v; return 0;
	case TARGET_ATTRIBUTE: return add_values(i, p, k, t->name, v);
	case TARGET_HANDLE: return add_values(i, p, k, slice_of(i->o.handle_attribute), v);
	case TARGET_METRIC: return add_number(i, k, v, &p->metrics, &p->metric_count);
	case TARGET_CONTACT: return add_contact(i, p, t, v);
	case TARGET_CONSENT:
	case TARGET_CONSENT_AT:
	case TARGET_CONSENT_SOURCE:
	case TARGET_CONSENT_TEXT: return add_consent(i, p, k, v);
	case TARGET_TAG: return add_tags(i, p, t, v);
	case TARGET_HAS_TAG:
	case TARGET_LIST: return add_mark(i, p, k, v);
	case TARGET_SEGMENT:
	case TARGET_IN_SEGMENT: return add_segments(i, p, k, v);
	case TARGET_CHANNEL:
	case TARGET_ADDRESS:
	case TARGET_ENDPOINT_ID:
	case TARGET_OPT_OUT:
	case TARGET_STATUS:
	case TARGET_ENDPOINT_ATTRIBUTE:
	case TARGET_ENDPOINT_METRIC:
	case TARGET_EXTRA:
	case TARGET_ALLOWED: return read_endpoint_field(i, p, k, v);
	}
	return 0;
}

/* ---- the row -------------------------------------------------------------------- */

static bool
is_identity(enum target_kind kind)
{
	return kind == TARGET_ADDRESS || kind == TARGET_ENDPOINT_ID || kind == TARGET_USER_ID ||
	    kind == TARGET_CONTACT;
}

/* Bytes that are no text: in an id or address they make somebody else of the person, elsewhere they
 * are replaced. 0, 1 left out. */
static int
judge_bytes(struct import *i, size_t k, size_t replaced)
{
	bool is_fatal = is_identity(i->columns[k].kind);

	if (replaced == 0)
		return 0;
	import_finding(i, is_fatal ? DIAG_ERROR : DIAG_WARNING, "I012", k, "save the file as UTF-8",
	    is_fatal ? "bytes that are not UTF-8 text (%zu)"
		     : "bytes that are not UTF-8 text (%zu); they are replaced by U+FFFD",
	    replaced);
	return is_fatal;
}

/* White space at the ends is a slip, unless it is quoted; in ids and the like it always is. */
static struct slice
cell_text(const struct import *i, size_t k)
{
	const struct csv_row *row = i->at;
	enum target_kind kind = i->columns[k].kind;

	if (k >= row->count)
		return SLICE_LIT("");
	if ((kind == TARGET_ATTRIBUTE || kind == TARGET_ENDPOINT_ATTRIBUTE) &&
	    i->columns[k].split == 0 && !slice_is_set(i->columns[k].date) &&
	    row->raw_starts[k] < row->raw.len && row->raw.ptr[row->raw_starts[k]] == '"')
		return row->fields[k];
	return slice_trim(row->fields[k]);
}

static int
read_cell(struct import *i, struct person_row *p, size_t k)
{
	size_t replaced = 0;
	struct slice v = i->columns[k].is_constant ? i->columns[k].constant : cell_text(i, k);
	int rc;

	if (v.len == 0 || i->columns[k].kind == TARGET_SKIPPED)
		return 0;
	v = utf8_repair(i->row, v, &replaced);
	if (!slice_is_set(v))
		return -1;
	rc = judge_bytes(i, k, replaced);
	return rc != 0 ? rc : read_field(i, p, k, v);
}

/* What was collected in lists that moved while they grew. */
static void
settle(struct person_row *p)
{
	for (size_t n = 0; n < p->endpoint_count; n++) {
		struct row_endpoint *e = &p->endpoints[n];

		e->e.attributes = e->attributes;
		e->e.attribute_count = e->attribute_count;
		e->e.metrics = e->metrics;
		e->e.metric_count = e->metric_count;
		if (!e->is_pinpoint)
			continue;
		e->e.timezone = p->timezone;
		e->e.locale = p->locale;
		e->e.country = p->country;
	}
}

/* Pinpoint's columns are filled in rows about the user alone as well: an endpoint is what has a
 * channel or an address. */
static void
drop_empty_endpoint(struct person_row *p)
{
	for (size_t n = 0; n < p->endpoint_count; n++)
		if (p->endpoints[n].is_pinpoint && !slice_is_set(p->endpoints[n].type) &&
		    !slice_is_set(p->endpoints[n].e.address)) {
			memmove(&p->endpoints[n], &p->endpoints[n + 1],
			    (p->endpoint_count - n - 1) * sizeof *p->endpoints);
			p->endpoint_count--;
			return;
		}
}

int
import_row_read(struct import *i, struct person_row *p, struct err *err)
{
	memset(p, 0, sizeof *p);
	p->is_pinpoint = i->is_pinpoint;
	for (size_t k = 0; k < i->column_count; k++) {
		int rc = read_cell(i, p, k);

		if (rc != 0)
			return rc < 0 ? import_nomem(i, err) : 1;
	}
	drop_empty_endpoint(p);
	settle(p);
	return 0;
}
