#include "rules/json_internal.h"

#include <stdio.h>

#include "core/buf.h"
#include "rules/fields_internal.h"
#include "rules/print_internal.h"

/* ---- comments ---- */

static void
write_notes(const struct notes *n, const char *before, const char *after, struct json_writer *w)
{
	if (n == NULL)
		return;
	if (n->before != NULL) {
		json_key(w, before);
		json_array_begin(w);
		for (const struct comment *c = n->before; c != NULL; c = c->next)
			json_put_str(w, c->text);
		json_array_end(w);
	}
	if (slice_is_set(n->after))
		json_kv_str(w, after, n->after);
}

static void
write_slots(const struct item *it, struct json_writer *w)
{
	bool is_open = false;

	for (int s = 0; s < SLOT_COUNT; s++) {
		if (it->notes[s] == NULL)
			continue;
		if (!is_open) {
			json_key(w, "comments");
			json_object_begin(w);
			is_open = true;
		}
		json_key(w, slot_name((enum slot)s));
		json_object_begin(w);
		write_notes(it->notes[s], "before", "after", w);
		json_object_end(w);
	}
	if (is_open)
		json_object_end(w);
}

void
rules_json_notes(const struct notes *n, struct json_writer *w)
{
	write_notes(n, "before", "after", w);
}

/* ---- values ---- */

void
rules_json_duration(struct duration d, struct json_writer *w)
{
	char text[64];

	print_duration_text(d, text, sizeof text);
	json_put_cstr(w, text);
}

static void
write_bare_value(const struct value *v, struct json_writer *w)
{
	switch (v->kind) {
	case VALUE_TEXT: json_put_str(w, v->text); break;
	case VALUE_WORD:
		json_object_begin(w);
		json_kv_str(w, "word", v->text);
		json_object_end(w);
		break;
	case VALUE_LIST:
		json_object_begin(w);
		json_kv_str(w, "list", v->text);
		json_object_end(w);
		break;
	case VALUE_DURATION:
		json_object_begin(w);
		json_key(w, "time");
		rules_json_duration(v->duration, w);
		json_object_end(w);
		break;
	case VALUE_NUMBER: json_put_milli(w, v->number_milli); break;
	}
}

/* Codes of closed lists are plain strings too: their field says what they are. */
static void
write_value(const struct value *v, bool is_wordy, struct json_writer *w)
{
	bool is_plain = v->kind == VALUE_WORD && is_wordy;

	if (v->notes == NULL && is_plain) {
		json_put_str(w, v->text);
		return;
	}
	if (v->notes == NULL && !(v->kind == VALUE_TEXT && is_wordy)) {
		write_bare_value(v, w);
		return;
	}
	json_object_begin(w);
	switch (v->kind) {
	case VALUE_TEXT: json_kv_str(w, "text", v->text); break;
	case VALUE_WORD: json_kv_str(w, "word", v->text); break;
	case VALUE_LIST: json_kv_str(w, "list", v->text); break;
	case VALUE_NUMBER: json_kv_milli(w, "number", v->number_milli); break;
	case VALUE_DURATION:
		json_key(w, "time");
		rules_json_duration(v->duration, w);
		break;
	}
	write_notes(v->notes, "before", "after", w);
	json_object_end(w);
}

static void
write_values(const char *key, const struct values *values, bool is_wordy, struct json_writer *w)
{
	json_key(w, key);
	json_array_begin(w);
	for (const struct value *v = values->first; v != NULL; v = v->next)
		write_value(v, is_wordy, w);
	json_array_end(w);
}

/* ---- conditions ---- */

void
rules_json_condition(const struct node *n, struct json_writer *w)
{
	bool is_wordy = field_type_is_wordy(n->field->type);
	char name[256];

	if (n->field->type == FIELD_ATTRIBUTE) {
		snprintf(name, sizeof name, "%.*s%.*s", SLICE_ARG(field_prefix(n->field)),
		    SLICE_ARG(n->attribute));
		json_kv_cstr(w, "field", name);
	} else {
		json_kv_cstr(w, "field", n->field->name);
	}
	json_kv_cstr(w, "op", rule_op_json(n->op));
	if (n->values.count == 0)
		return;
	if (rule_op_arity(n->op) == 1) {
		json_key(w, "value");
		write_value(n->values.first, is_wordy, w);
	} else {
		write_values("values", &n->values, is_wordy, w);
	}
}

void
rules_json_node(const struct node *n, struct json_writer *w)
{
	json_object_begin(w);
	switch (n->kind) {
	case NODE_CONDITION: rules_json_condition(n, w); break;
	case NODE_NOT:
		json_key(w, "not");
		rules_json_node(n->first, w);
		break;
	case NODE_ALL:
	case NODE_ANY:
		json_key(w, n->kind == NODE_ALL ? "all" : "any");
		json_array_begin(w);
		for (const struct node *child = n->first; child != NULL; child = child->next)
			rules_json_node(child, w);
		json_array_end(w);
		write_notes(n->end_notes, "before_end", "after_end", w);
		break;
	}
	write_notes(n->notes, "before", "after", w);
	json_object_end(w);
}

/* ---- actions ---- */

static void
write_action(const struct action_node *node, struct json_writer *w)
{
	const struct action *a = &node->action;
	const char *target = a->target == TARGET_AUTHOR ? "author" : "customer";

	json_object_begin(w);
	json_kv_cstr(w, "do", action_verb_name(a->verb));
	switch (a->verb) {
	case ACTION_SEND:
		json_kv_str(w, "template", a->template_id);
		json_kv_str(w, "by", a->channel);
		json_kv_cstr(w, "to", target);
		break;
	case ACTION_DRAFT_REPLY:
		json_kv_str(w, "template", a->template_id);
		json_kv_str(w, "team", a->team);
		break;
	case ACTION_ALERT:
		json_kv_str(w, "queue", a->queue);
		json_kv_cstr(w, "as", severity_name(a->severity));
		break;
	case ACTION_TAG:
		json_kv_cstr(w, "to", target);
		json_kv_str(w, "tag", a->name);
		if (node->for_time.amount > 0) {
			json_key(w, "for");
			rules_json_duration(node->for_time, w);
		}
		break;
	case ACTION_SET:
		json_kv_str(w, "attribute", a->name);
		json_kv_str(w, "value", a->value);
		break;
	case ACTION_ADD_TO_LIST:
		json_kv_cstr(w, "to", target);
		json_kv_str(w, "list", a->name);
		break;
	case ACTION_PAUSE_PROMOTIONS:
	case ACTION_SUGGEST_LINK: break;
	}
	if (slice_is_set(a->offer))
		json_kv_str(w, "offer", a->offer);
	write_notes(node->notes, "before", "after", w);
	json_object_end(w);
}

void
rules_json_actions(const struct item *it, struct json_writer *w)
{
	if (it->then == NULL)
		return;
	json_key(w, "then");
	json_array_begin(w);
	for (const struct action_node *a = it->then; a != NULL; a = a->next)
		write_action(a, w);
	json_array_end(w);
}

/* ---- items ---- */

static void
write_moment(const char *key, const struct moment *m, struct json_writer *w)
{
	char text[64];

	if (!m->is_set)
		return;
	print_moment_text(m, text, sizeof text);
	json_kv_cstr(w, key, text);
}

static void
write_head_lines(const struct item *it, struct json_writer *w)
{
	if (item_has(it, SLOT_DESCRIPTION))
		json_kv_str(w, "description", it->description);
	if (item_has(it, SLOT_OFF))
		json_kv_bool(w, "off", true);
	if (item_has(it, SLOT_SHADOW))
		json_kv_bool(w, "shadow", true);
	if (item_has(it, SLOT_PRIORITY))
		json_kv_i64(w, "priority", it->priority);
	if (item_has(it, SLOT_PERIOD)) {
		write_moment("from", &it->from, w);
		write_moment("until", &it->until, w);
		json_kv_str(w, "zone", it->zone);
	}
	if (item_has(it, SLOT_REPOSTS))
		json_kv_bool(w, "include_reposts", true);
	if (item_has(it, SLOT_ACT_WITHIN)) {
		json_key(w, "act_within");
		rules_json_duration(it->act_within, w);
	}
}

static void
write_when(const struct item *it, struct json_writer *w)
{
	if (it->when == NULL)
		return;
	json_key(w, "when");
	rules_json_node(it->when, w);
}

static void
write_rule(const struct item *it, struct json_writer *w)
{
	write_head_lines(it, w);
	write_when(it, w);
	rules_json_sequences(it, w);
	rules_json_actions(it, w);
	rules_json_guardrails(it, w);
	rules_json_examples(it, w);
}

static void
write_item(const struct item *it, struct json_writer *w)
{
	json_object_begin(w);
	json_kv_str(w, item_kind_name(it->kind), it->id);
	json_kv_str(w, "title", it->title);
	switch (it->kind) {
	case ITEM_BRAND:
		if (item_has(it, SLOT_CALLED))
			write_values("called", &it->called, false, w);
		if (item_has(it, SLOT_BUT_NOT))
			write_values("but_not", &it->but_not, false, w);
		if (item_has(it, SLOT_OWN_ACCOUNTS))
			write_values("own_accounts", &it->own_accounts, false, w);
		break;
	case ITEM_LIST: write_values("items", &it->items, false, w); break;
	case ITEM_RULE: write_rule(it, w); break;
	case ITEM_WATCH:
		write_head_lines(it, w);
		rules_json_watch(it, w);
		break;
	case ITEM_SEGMENT:
		write_head_lines(it, w);
		if (it->is_imported)
			json_kv_bool(w, "imported", true);
		write_when(it, w);
		break;
	}
	write_slots(it, w);
	json_object_end(w);
}

void
rules_json_write(const struct rules_file *f, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	json_key(&w, "items");
	json_array_begin(&w);
	for (const struct item *it = f->first; it != NULL; it = it->next)
		write_item(it, &w);
	json_array_end(&w);
	if (f->end_notes != NULL && f->end_notes->before != NULL) {
		json_key(&w, "comments_at_end");
		json_array_begin(&w);
		for (const struct comment *c = f->end_notes->before; c != NULL; c = c->next)
			json_put_str(&w, c->text);
		json_array_end(&w);
	}
	json_object_end(&w);
}
