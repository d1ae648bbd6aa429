#include "rules/fields_internal.h"

#include <assert.h>
#include <string.h>

#include "core/buf.h"
#include "core/timefmt.h"
#include "rules/fields_rows_internal.h"

/* ---- the table: its parts in the order of the manual ---- */

static const struct field_rows *const parts[] = {&fields_of_text, &fields_of_post,
    &fields_of_author, &fields_of_time, &fields_of_link, &fields_of_doings, &fields_of_customer,
    &fields_of_event};

#define PART_COUNT (sizeof parts / sizeof *parts)
#define NAMES_MAX 192

size_t
field_count(void)
{
	size_t n = 0;

	for (size_t p = 0; p < PART_COUNT; p++)
		n += parts[p]->count;
	return n;
}

const struct field *
field_at(size_t i)
{
	size_t p = 0;

	for (; i >= parts[p]->count; p++) {
		i -= parts[p]->count;
		assert(p + 1 < PART_COUNT);
	}
	return &parts[p]->rows[i];
}

static bool
is_part_of(struct slice name, const char *subject)
{
	return subject == NULL ||
	    (slice_starts_with(name, subject) && name.len > strlen(subject) &&
		name.ptr[strlen(subject)] == '.');
}

struct slice
field_prefix(const struct field *f)
{
	const char *dot = strchr(f->name, '.');

	assert(f->type == FIELD_ATTRIBUTE && dot != NULL);
	return slice_make(f->name, (size_t)(dot - f->name) + 1);
}

/* "customer.plan": any name behind the subject of a part whose last row is an ATTRIBUTE. */
static const struct field *
find_attribute(struct slice name, struct slice *attribute_r)
{
	for (size_t p = 0; p < PART_COUNT; p++) {
		const struct field *last = &parts[p]->rows[parts[p]->count - 1];
		struct slice prefix;

		if (last->type != FIELD_ATTRIBUTE || !is_part_of(name, parts[p]->subject))
			continue;
		prefix = field_prefix(last);
		if (name.len == prefix.len)
			continue;
		*attribute_r = slice_make(name.ptr + prefix.len, name.len - prefix.len);
		return last;
	}
	return NULL;
}

const struct field *
field_find(struct slice name, struct slice *attribute_r)
{
	*attribute_r = SLICE_NONE;
	for (size_t p = 0; p < PART_COUNT; p++) {
		if (!is_part_of(name, parts[p]->subject) &&
		    !slice_eq_str(name, parts[p]->subject)) /* "event" itself is one */
			continue;
		for (size_t i = 0; i < parts[p]->count; i++) {
			const struct field *f = &parts[p]->rows[i];

			if (f->type != FIELD_ATTRIBUTE && slice_eq_str(name, f->name))
				return f;
		}
	}
	return find_attribute(name, attribute_r);
}

enum field_about
field_about(const struct field *f)
{
	for (size_t p = 0; p < PART_COUNT; p++)
		if (f >= parts[p]->rows && f < parts[p]->rows + parts[p]->count)
			return parts[p]->about;
	assert(false && "a row of the table");
	return FIELD_ABOUT_ANY;
}

const char *
field_nearest(struct slice name)
{
	const char *names[NAMES_MAX];
	size_t count = 0;

	assert(field_count() <= NAMES_MAX);
	for (size_t i = 0; i < field_count(); i++)
		if (field_at(i)->type != FIELD_ATTRIBUTE)
			names[count++] = field_at(i)->name;
	return diag_nearest(name, names, count);
}

/* ---- what the accessors share ---- */

bool
field_count_milli(int64_t count, int64_t *milli_r)
{
	if (count < 0)
		return false;
	*milli_r = count > RULES_NUMBER_MAX / 1000 ? RULES_NUMBER_MAX : count * 1000;
	return true;
}

bool
field_span(int64_t since_ms, int64_t at_ms, int64_t *span_ms_r)
{
	if (since_ms == TIME_UNKNOWN || at_ms == TIME_UNKNOWN || since_ms > at_ms)
		return false;
	*span_ms_r = at_ms - since_ms;
	return true;
}

bool
field_one_text(struct slice s, struct field_texts *r)
{
	if (!slice_is_set(s) || s.len == 0)
		return false;
	r->own[0] = s;
	r->items = r->own;
	r->count = 1;
	return true;
}

bool
field_one_locale(struct slice s, struct field_texts *r)
{
	if (!field_one_text(s, r))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '_' || s.ptr[i] == '-') {
			r->own[r->count++] = slice_make(s.ptr, i);
			break;
		}
	}
	return true;
}

bool
field_many_texts(const struct slice_list *l, struct field_texts *r)
{
	r->items = l->items;
	r->count = l->count;
	return true;
}

bool
field_attribute_in(
    const struct attribute *attributes, size_t count, struct slice name, struct slice_list *r)
{
	const struct attribute *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (attributes[i].values.count == 0)
			continue;
		if (slice_eq(attributes[i].name, name)) {
			found = &attributes[i];
			break;
		}
		if (found == NULL && slice_eq_nocase(attributes[i].name, name))
			found = &attributes[i];
	}
	if (found == NULL)
		return false;
	*r = found->values;
	return true;
}

/* ---- types ---- */

#define BIT(op) (UINT32_C(1) << RULE_OP_##op)
#define EQUALS (BIT(IS) | BIT(IS_NOT))
#define ANY_OF (EQUALS | BIT(ONE_OF) | BIT(NONE_OF))
#define ORDER (BIT(AT_LEAST) | BIT(AT_MOST) | BIT(ABOVE) | BIT(BELOW) | BIT(BETWEEN))
#define CONTAIN                                                                                    \
	(BIT(CONTAINS) | BIT(NOT_CONTAINS) | BIT(CONTAINS_ANY) | BIT(CONTAINS_ALL) |               \
	    BIT(CONTAINS_NONE) | BIT(STARTS_WITH))
#define EXISTS (BIT(KNOWN) | BIT(UNKNOWN))

static const struct {
	uint32_t operators;
	bool is_wordy;
	const char *name;
} types[FIELD_TYPE_COUNT] = {
    [FIELD_NUMBER] = {EQUALS | ORDER | EXISTS, false, "a number"},
    [FIELD_DURATION] = {ORDER | EXISTS, false, "a length of time"},
    [FIELD_CHOICE] = {ANY_OF, true, "a choice"},
    [FIELD_BRAND] = {ANY_OF, true, "a brand"},
    [FIELD_WORD] = {ANY_OF | EXISTS, true, "a code"},
    [FIELD_TAGS] = {ANY_OF, false, "a set of tags"},
    [FIELD_HANDLE] = {ANY_OF | EXISTS, false, "a handle"},
    [FIELD_TEXT] = {CONTAIN, false, "a text"},
    [FIELD_PLAIN] = {ANY_OF | CONTAIN | EXISTS, false, "a text"},
    [FIELD_FLAG] = {EQUALS, false, "yes or no"},
    [FIELD_IN_LIST] = {EQUALS, false, "being in a list"},
    [FIELD_ALLOWS] = {EQUALS, true, "a permission"},
    [FIELD_IN_SEGMENT] = {EQUALS, true, "being in a segment"},
    [FIELD_ATTRIBUTE] = {ANY_OF | ORDER | CONTAIN | EXISTS, false, "an attribute"},
};

bool
field_type_can(enum field_type t, enum rule_op op)
{
	return (types[t].operators >> op & 1) != 0;
}

const char *
field_type_name(enum field_type t)
{
	return types[t].name;
}

bool
field_type_is_wordy(enum field_type t)
{
	return types[t].is_wordy;
}

int
field_choice(const struct field *f, struct slice word)
{
	struct slice rest = slice_of(f->choices);

	for (int i = 0; slice_is_set(rest); i++)
		if (slice_eq(slice_split(&rest, '|'), word))
			return i;
	return -1;
}

struct slice
field_choice_name(const struct field *f, unsigned i)
{
	struct slice rest = slice_of(f->choices), name = SLICE_NONE;

	for (unsigned n = 0; n <= i && slice_is_set(rest); n++)
		name = slice_split(&rest, '|');
	return name;
}

/* ---- the manual ---- */

static void
describe_operators(const struct field *f, struct buf *out)
{
	bool is_first = true;

	if (f->phrase != NULL) {
		buf_add_str(out, f->type == FIELD_ALLOWS ? "allows, does not allow" : "is, is not");
		return;
	}
	for (int op = 0; op < RULE_OP_COUNT; op++) {
		if (!field_type_can(f->type, (enum rule_op)op))
			continue;
		buf_addf(out, "%s%s", is_first ? "" : ", ", rule_op_spelling((enum rule_op)op));
		is_first = false;
	}
}

void
fields_describe(struct buf *out)
{
	buf_add_str(
	    out, "| field | kind | what it is | can be asked | example |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < field_count(); i++) {
		const struct field *f = field_at(i);

		if (f->phrase != NULL)
			buf_addf(out, "| `%s ... %s`", f->subject, f->phrase);
		else
			buf_addf(out, "| `%s`", f->name);
		buf_addf(out, " | %s%s%s%s | %s", types[f->type].name, f->unit != NULL ? " (" : "",
		    f->unit != NULL ? f->unit : "", f->unit != NULL ? ")" : "", f->help);
		if (f->type == FIELD_CHOICE) {
			struct slice rest = slice_of(f->choices);

			buf_add_str(out, " One of");
			for (bool is_first = true; slice_is_set(rest); is_first = false) {
				struct slice name = slice_split(&rest, '|');

				buf_addf(out, "%s `%.*s`", is_first ? "" : ",", SLICE_ARG(name));
			}
			buf_add_str(out, ".");
		}
		buf_add_str(out, " | ");
		describe_operators(f, out);
		buf_addf(out, " | `%s` |\n", f->example);
	}
}
