/*
 * fields_json.c - the table of fields for programs: what an editor completes and a form offers.
 */
#include "rules/rules.h"

#include "core/json.h"
#include "rules/fields_internal.h"

static void
put_operators(struct json_writer *w, const struct field *f)
{
	json_key(w, "operators");
	json_array_begin(w);
	for (int op = 0; op < RULE_OP_COUNT; op++) {
		if (!field_type_can(f->type, (enum rule_op)op))
			continue;
		json_object_begin(w);
		json_kv_cstr(w, "op", rule_op_json((enum rule_op)op));
		json_kv_cstr(w, "written", rule_op_spelling((enum rule_op)op));
		json_key(w, "values");
		json_put_cstr(w,
		    rule_op_arity((enum rule_op)op) == 0       ? "none"
			: rule_op_arity((enum rule_op)op) == 1 ? "one"
			: rule_op_arity((enum rule_op)op) == 2 ? "two"
							       : "several");
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_bound(struct json_writer *w, const char *key, const struct field *f, int64_t v)
{
	if (!f->has_range)
		json_kv_null(w, key);
	else
		json_kv_milli(w, key, v); /* durations in seconds: their bounds are milliseconds */
}

static void
put_choices(struct json_writer *w, const struct field *f)
{
	struct slice rest = f->choices == NULL ? SLICE_NONE : slice_of(f->choices);

	json_key(w, "choices");
	json_array_begin(w);
	while (slice_is_set(rest))
		json_put_str(w, slice_split(&rest, '|'));
	json_array_end(w);
}

static void
put_field(struct json_writer *w, const struct field *f)
{
	json_object_begin(w);
	json_kv_cstr(w, "field", f->name);
	json_kv_cstr(w, "subject", f->subject);
	json_kv_cstr(w, "phrase", f->phrase);
	json_kv_cstr(w, "kind", field_type_name(f->type));
	json_kv_cstr(w, "unit", f->unit);
	put_bound(w, "min", f, f->min);
	put_bound(w, "max", f, f->max);
	put_choices(w, f);
	put_operators(w, f);
	json_kv_bool(w, "is_quoted",
	    f->type == FIELD_TAGS || f->type == FIELD_HANDLE || f->type == FIELD_TEXT ||
		f->type == FIELD_PLAIN || f->type == FIELD_ATTRIBUTE);
	json_kv_cstr(w, "help", f->help);
	json_kv_cstr(w, "example", f->example);
	json_object_end(w);
}

void
rules_put_fields(struct json_writer *w)
{
	json_array_begin(w);
	for (size_t i = 0; i < field_count(); i++)
		put_field(w, field_at(i));
	json_array_end(w);
}
