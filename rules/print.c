#include "rules/print_internal.h"

#include <stdio.h>

#include "core/buf.h"
#include "core/utf8.h"
#include "rules/fields_internal.h"
#include "rules/lex_internal.h"

/* ---- small parts ---- */

void
print_number_text(int64_t milli, char *out, size_t size)
{
	const char *sign = milli < 0 ? "-" : "";
	long long n = milli < 0 ? -milli : milli, whole = n / 1000, rest = n % 1000;

	if (rest != 0)
		snprintf(out, size,
		    rest % 100 == 0      ? "%s%lld.%01lld"
			: rest % 10 == 0 ? "%s%lld.%02lld"
					 : "%s%lld.%03lld",
		    sign, whole,
		    rest % 100 == 0      ? rest / 100
			: rest % 10 == 0 ? rest / 10
					 : rest);
	else if (whole >= 1000000 && whole % 1000000 == 0)
		snprintf(out, size, "%s%lldM", sign, whole / 1000000);
	else if (whole >= 10000 && whole % 1000 == 0)
		snprintf(out, size, "%s%lldk", sign, whole / 1000);
	else
		snprintf(out, size, "%s%lld", sign, whole);
}

void
print_duration_text(struct duration d, char *out, size_t size)
{
	snprintf(
	    out, size, "%lld %s", (long long)d.amount, duration_unit_name(d.unit, d.amount != 1));
}

void
print_moment_text(const struct moment *m, char *out, size_t size)
{
	snprintf(
	    out, size, "%04d-%02d-%02d %02d:%02d", m->year, m->month, m->day, m->hour, m->minute);
}

const char *
print_scope_name(enum limit_scope s)
{
	switch (s) {
	case LIMIT_PER_AUTHOR: return "author";
	case LIMIT_PER_CUSTOMER: return "customer";
	case LIMIT_PER_SUBJECT: return "person";
	case LIMIT_PER_THREAD: return "thread";
	case LIMIT_PER_RULE: break;
	}
	return NULL;
}

void
print_quoted(struct slice s, struct buf *out)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"' || s.ptr[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, s.ptr[i]);
	}
	buf_add_char(out, '"');
}

void
print_value(const struct value *v, struct buf *out)
{
	char text[64];

	switch (v->kind) {
	case VALUE_TEXT: print_quoted(v->text, out); break;
	case VALUE_WORD: buf_add_slice(out, v->text); break;
	case VALUE_LIST: buf_addf(out, "list %.*s", SLICE_ARG(v->text)); break;
	case VALUE_NUMBER:
		print_number_text(v->number_milli, text, sizeof text);
		buf_add_str(out, text);
		break;
	case VALUE_DURATION:
		print_duration_text(v->duration, text, sizeof text);
		buf_add_str(out, text);
		break;
	}
}

/* ---- comments ---- */

static void
indent_by(struct buf *out, int indent)
{
	for (int i = 0; i < indent; i++)
		buf_add_char(out, ' ');
}

/* "##" stays "##". */
static void
print_comment(struct slice text, struct buf *out)
{
	buf_add_char(out, '#');
	if (text.len > 0 && text.ptr[0] != '#')
		buf_add_char(out, ' ');
	buf_add_slice(out, text);
}

void
print_before(const struct notes *n, int indent, struct buf *out)
{
	if (n == NULL)
		return;
	for (const struct comment *c = n->before; c != NULL; c = c->next) {
		indent_by(out, indent);
		print_comment(c->text, out);
		buf_add_char(out, '\n');
	}
}

/* The comment behind a line, and the line's end. */
void
print_after(const struct notes *n, struct buf *out)
{
	if (n != NULL && slice_is_set(n->after)) {
		buf_add_str(out, "  ");
		print_comment(n->after, out);
	}
	buf_add_char(out, '\n');
}

/* ---- lists of values ---- */

static bool
has_notes(const struct values *values)
{
	for (const struct value *v = values->first; v != NULL; v = v->next)
		if (v->notes != NULL)
			return true;
	return false;
}

size_t
print_column(const struct buf *out)
{
	size_t i = out->len;

	while (i > 0 && out->ptr[i - 1] != '\n')
		i--;
	return utf8_count(slice_make(out->ptr + i, out->len - i));
}

static size_t
value_width(const struct value *v)
{
	struct buf b;
	size_t width;

	buf_init(&b, 16 * 1024);
	print_value(v, &b);
	width = utf8_count(buf_slice(&b));
	buf_fini(&b);
	return width;
}

/* Must v stand on a line of its own, because of a comment before it? */
static bool
needs_line(const struct value *previous, const struct value *v)
{
	return (previous->notes != NULL && slice_is_set(previous->notes->after)) ||
	    (v->notes != NULL && v->notes->before != NULL);
}

/* Behind what stands on the line; goes on in deeper lines where it gets too long, and one a line
 * when there are comments between the values.  A word that would begin a clause is not put first on
 * a line. */
static void
print_values(const struct values *values, int indent, struct buf *out)
{
	bool is_one_a_line = has_notes(values);
	const struct value *previous = NULL;

	for (const struct value *v = values->first; v != NULL; previous = v, v = v->next) {
		bool is_line_word = v->kind == VALUE_WORD && lex_is_line_word(v->text);
		bool is_forced = previous != NULL && needs_line(previous, v);

		if (previous != NULL &&
		    (is_forced ||
			(!is_line_word &&
			    (is_one_a_line ||
				print_column(out) + 2 + value_width(v) > PRINT_LINE_MAX)))) {
			buf_add_char(out, '\n');
			print_before(v->notes, indent + 4, out);
			indent_by(out, indent + 4);
		} else {
			buf_add_char(out, ' ');
		}
		if (is_forced && is_line_word)
			print_quoted(v->text, out);
		else
			print_value(v, out);
		buf_add_str(out, v->next != NULL ? "," : "");
		if (v->notes != NULL && slice_is_set(v->notes->after)) {
			buf_add_str(out, "  ");
			print_comment(v->notes->after, out);
		}
	}
}

/* ---- conditions ---- */

void
print_condition_head(const struct node *n, struct buf *out)
{
	const struct field *f = n->field;
	bool is_not = n->op == RULE_OP_IS_NOT;

	if (f->type == FIELD_ALLOWS)
		buf_addf(out, "%s %s", f->subject, is_not ? "does not allow" : "allows");
	else if (f->phrase != NULL)
		buf_addf(out, "%s %s %s", f->subject, is_not ? "is not" : "is", f->phrase);
	else if (f->type == FIELD_ATTRIBUTE)
		buf_addf(out, "%.*s%.*s %s", SLICE_ARG(field_prefix(f)), SLICE_ARG(n->attribute),
		    rule_op_spelling(n->op));
	else
		buf_addf(out, "%s %s", f->name, rule_op_spelling(n->op));
}

static void
print_condition_at(const struct node *n, int indent, struct buf *out)
{
	const struct value *v = n->values.first;

	print_condition_head(n, out);
	if (n->field->type == FIELD_IN_LIST) {
		buf_addf(out, " %.*s", SLICE_ARG(v->text));
	} else if (n->op == RULE_OP_BETWEEN) {
		buf_add_char(out, ' ');
		print_value(v, out);
		buf_add_str(out, " and ");
		print_value(v->next, out);
	} else {
		print_values(&n->values, indent, out);
	}
}

void
print_condition(const struct node *n, struct buf *out)
{
	print_condition_head(n, out);
	for (const struct value *v = n->values.first; v != NULL; v = v->next) {
		buf_add_str(out,
		    v == n->values.first           ? " "
			: n->op == RULE_OP_BETWEEN ? " and "
						   : ", ");
		if (n->field->type == FIELD_IN_LIST)
			buf_add_slice(out, v->text);
		else
			print_value(v, out);
	}
}

/* The node behind what stands on the line; notes are those of the line. */
void
print_node(const struct node *n, const struct notes *notes, int indent, struct buf *out)
{
	if (n->kind == NODE_NOT) {
		buf_add_str(out, "not ");
		print_node(n->first, notes, indent, out);
		return;
	}
	if (n->kind == NODE_CONDITION) {
		print_condition_at(n, indent, out);
		print_after(notes, out);
		return;
	}
	buf_add_str(out, n->kind == NODE_ALL ? "all of" : "any of");
	print_after(notes, out);
	for (const struct node *child = n->first; child != NULL; child = child->next) {
		print_before(child->notes, indent + 2, out);
		indent_by(out, indent + 2);
		print_node(child, child->notes, indent + 2, out);
	}
	print_before(n->end_notes, indent + 2, out);
	indent_by(out, indent);
	buf_add_str(out, "end");
	print_after(n->end_notes, out);
}

/* ---- actions ---- */

void
print_action(const struct action_node *node, struct buf *out)
{
	const struct action *a = &node->action;
	const char *target = a->target == TARGET_AUTHOR ? "author" : "customer";
	char text[64];

	buf_add_str(out, a->verb == ACTION_ADD_TO_LIST ? "add" : action_verb_name(a->verb));
	if (a->verb != ACTION_PAUSE_PROMOTIONS && a->verb != ACTION_SUGGEST_LINK)
		buf_add_char(out, ' ');
	switch (a->verb) {
	case ACTION_SEND:
		print_quoted(a->template_id, out);
		buf_addf(out, " by %.*s to %s", SLICE_ARG(a->channel), target);
		break;
	case ACTION_DRAFT_REPLY:
		print_quoted(a->template_id, out);
		buf_add_str(out, " for approval by ");
		print_quoted(a->team, out);
		break;
	case ACTION_ALERT:
		print_quoted(a->queue, out);
		buf_addf(out, " as %s", severity_name(a->severity));
		break;
	case ACTION_TAG:
		buf_addf(out, "%s ", target);
		print_quoted(a->name, out);
		if (node->for_time.amount > 0) {
			print_duration_text(node->for_time, text, sizeof text);
			buf_addf(out, " for %s", text);
		}
		break;
	case ACTION_SET:
		buf_add_str(out, "customer ");
		print_quoted(a->name, out);
		buf_add_str(out, " to ");
		print_quoted(a->value, out);
		break;
	case ACTION_ADD_TO_LIST:
		buf_addf(out, "%s to list %.*s", target, SLICE_ARG(a->name));
		break;
	case ACTION_PAUSE_PROMOTIONS:
	case ACTION_SUGGEST_LINK: break;
	}
	if (slice_is_set(a->offer))
		buf_addf(out, " with offer %.*s", SLICE_ARG(a->offer));
}

/* ---- items ---- */

void
print_begin_line(const struct item *it, enum slot s, struct buf *out)
{
	print_before(it->notes[s], 2, out);
	indent_by(out, 2);
}

static void
print_rule_head_lines(const struct item *it, struct buf *out)
{
	char text[64];

	if (item_has(it, SLOT_DESCRIPTION)) {
		print_begin_line(it, SLOT_DESCRIPTION, out);
		buf_add_str(out, "description ");
		print_quoted(it->description, out);
		print_after(it->notes[SLOT_DESCRIPTION], out);
	}
	if (item_has(it, SLOT_OFF)) {
		print_begin_line(it, SLOT_OFF, out);
		buf_add_str(out, "off");
		print_after(it->notes[SLOT_OFF], out);
	}
	if (item_has(it, SLOT_SHADOW)) {
		print_begin_line(it, SLOT_SHADOW, out);
		buf_add_str(out, "shadow");
		print_after(it->notes[SLOT_SHADOW], out);
	}
	print_approval(it, out);
	print_canary(it, out);
	if (item_has(it, SLOT_PRIORITY)) {
		print_begin_line(it, SLOT_PRIORITY, out);
		buf_addf(out, "priority %d", it->priority);
		print_after(it->notes[SLOT_PRIORITY], out);
	}
	if (item_has(it, SLOT_PERIOD)) {
		print_begin_line(it, SLOT_PERIOD, out);
		if (it->from.is_set) {
			print_moment_text(&it->from, text, sizeof text);
			buf_addf(out, "from %s ", text);
		}
		if (it->until.is_set) {
			print_moment_text(&it->until, text, sizeof text);
			buf_addf(out, "until %s ", text);
		}
		buf_addf(out, "in %.*s", SLICE_ARG(it->zone));
		print_after(it->notes[SLOT_PERIOD], out);
	}
	if (item_has(it, SLOT_REPOSTS)) {
		print_begin_line(it, SLOT_REPOSTS, out);
		buf_add_str(out, "include reposts");
		print_after(it->notes[SLOT_REPOSTS], out);
	}
	if (item_has(it, SLOT_ACT_WITHIN)) {
		print_begin_line(it, SLOT_ACT_WITHIN, out);
		print_duration_text(it->act_within, text, sizeof text);
		buf_addf(out, "act within %s", text);
		print_after(it->notes[SLOT_ACT_WITHIN], out);
	}
}

void
print_then(const struct item *it, struct buf *out)
{
	print_begin_line(it, SLOT_THEN, out);
	buf_add_str(out, "then");
	print_after(it->notes[SLOT_THEN], out);
	for (const struct action_node *a = it->then; a != NULL; a = a->next) {
		print_before(a->notes, 4, out);
		indent_by(out, 4);
		print_action(a, out);
		print_after(a->notes, out);
	}
	print_before(it->notes[SLOT_THEN_END], 4, out);
	indent_by(out, 2);
	buf_add_str(out, "end");
	print_after(it->notes[SLOT_THEN_END], out);
}

static void
print_when(const struct item *it, struct buf *out)
{
	if (it->when == NULL)
		return;
	print_begin_line(it, SLOT_WHEN, out);
	buf_add_str(out, "when ");
	print_node(it->when, it->notes[SLOT_WHEN], 2, out);
}

static void
print_rule(const struct item *it, struct buf *out)
{
	print_rule_head_lines(it, out);
	print_when(it, out);
	print_happening(it, out);
	print_sequences(it, out);
	if (it->then != NULL)
		print_then(it, out);
	print_guardrails(it, out);
	print_examples(it, out);
}

static void
print_names(const struct item *it, enum slot s, const char *words, const struct values *values,
    struct buf *out)
{
	if (!item_has(it, s))
		return;
	print_begin_line(it, s, out);
	buf_add_str(out, words);
	print_values(values, 2, out);
	print_after(it->notes[s], out);
}

static void
print_list_items(const struct item *it, struct buf *out)
{
	for (const struct value *v = it->items.first; v != NULL; v = v->next) {
		print_before(v->notes, 2, out);
		indent_by(out, 2);
		print_value(v, out);
		buf_add_str(out, v->next != NULL ? "," : "");
		print_after(v->notes, out);
	}
}

void
print_item(const struct item *it, struct buf *out)
{
	print_before(it->notes[SLOT_HEAD], 0, out);
	buf_addf(out, "%s %.*s ", item_kind_name(it->kind), SLICE_ARG(it->id));
	print_quoted(it->title, out);
	if (it->is_imported)
		buf_add_str(out, " imported");
	print_after(it->notes[SLOT_HEAD], out);
	switch (it->kind) {
	case ITEM_BRAND:
		print_names(it, SLOT_CALLED, "called", &it->called, out);
		print_names(it, SLOT_BUT_NOT, "but not", &it->but_not, out);
		print_names(it, SLOT_OWN_ACCOUNTS, "own accounts", &it->own_accounts, out);
		break;
	case ITEM_LIST: print_list_items(it, out); break;
	case ITEM_RULE: print_rule(it, out); break;
	case ITEM_WATCH:
		print_rule_head_lines(it, out);
		print_watch(it, out);
		break;
	case ITEM_SEGMENT:
		print_rule_head_lines(it, out);
		print_when(it, out);
		break;
	}
	print_before(it->notes[SLOT_END], 2, out);
	buf_add_str(out, "end");
	print_after(it->notes[SLOT_END], out);
}

void
print_file(const struct rules_file *f, struct buf *out)
{
	for (const struct item *it = f->first; it != NULL; it = it->next) {
		print_item(it, out);
		if (it->next != NULL || f->end_notes != NULL)
			buf_add_char(out, '\n');
	}
	print_before(f->end_notes, 0, out);
}
