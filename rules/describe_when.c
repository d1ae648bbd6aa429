/*
 * describe_when.c - conditions as people say them: someone (who ...) posts something (what ...)
 * when ...
 *
 * Conditions that must hold together are sorted by what they speak of: the author and customer, the
 * post, the time.  A block that mixes them is said as a whole behind "provided that".  A negation is
 * pushed down to the conditions: three-valued logic allows it.
 */
#include "rules/describe_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "rules/fields_internal.h"
#include "rules/limits_internal.h"
#include "rules/print_internal.h"
#include "rules/rules.h"
#include "rules/segments.h"

enum group {
	GROUP_WHO,
	GROUP_WHAT,
	GROUP_WHEN,
	GROUP_MIXED
};

/* ---- small parts ---- */

void
describe_number(int64_t milli, char *out, size_t size)
{
	char plain[48];
	int64_t whole = (milli < 0 ? -milli : milli) / 1000;
	size_t len, at = 0;

	if (milli % 1000 != 0) {
		print_number_text(milli, out, size);
		return;
	}
	len = (size_t)snprintf(plain, sizeof plain, "%lld", (long long)whole);
	if (milli < 0)
		out[at++] = '-';
	for (size_t i = 0; i < len && at + 3 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = plain[i];
	}
	out[at] = '\0';
}

void
describe_joint(struct describer *d, size_t i, size_t n, const char *last)
{
	if (i == 0)
		return;
	if (i + 1 < n)
		buf_add_str(d->out, ", ");
	else
		buf_addf(d->out, " %s ", last);
}

/* SLICE_NONE: there is none */
static struct slice
title_of(const struct rule_set *set, enum item_kind kind, struct slice id)
{
	const struct brand_set *names = rule_set_brands(set);
	int i;

	if (kind == ITEM_BRAND) {
		for (size_t b = 0; b < names->brand_count; b++)
			if (slice_eq(names->brands[b].id, id))
				return names->brands[b].title;
	} else if (kind == ITEM_LIST) {
		for (size_t l = 0; l < names->list_count; l++)
			if (slice_eq(names->lists[l].id, id))
				return names->lists[l].title;
	} else if (kind == ITEM_SEGMENT) {
		i = rule_set_find_segment(set, id);
		return i < 0 ? SLICE_NONE : rule_set_segment(set, (size_t)i)->title;
	}
	return SLICE_NONE;
}

void
describe_title(struct describer *d, enum item_kind kind, struct slice id, bool is_quoted)
{
	struct slice title = title_of(d->set, kind, id);

	if (!slice_is_set(title))
		title = id;
	if (is_quoted)
		print_quoted(title, d->out);
	else
		buf_add_slice(d->out, title);
}

/* The part of a row's words for what is so, or what is not; without '|' they are the same. */
static struct slice
words_of(const struct field *f, bool is_so)
{
	struct slice rest = slice_of(f->words), yes = slice_split(&rest, '|');

	return is_so || !slice_is_set(rest) ? yes : rest;
}

/* Those words up to and behind their '%'. */
static void
add_before(struct describer *d, struct slice words)
{
	const char *mark = memchr(words.ptr, '%', words.len);

	buf_add(d->out, words.ptr, mark == NULL ? words.len : (size_t)(mark - words.ptr));
}

static void
add_behind(struct describer *d, struct slice words)
{
	const char *mark = memchr(words.ptr, '%', words.len);

	if (mark != NULL)
		buf_add(d->out, mark + 1, (size_t)(words.ptr + words.len - mark - 1));
}

/* The same question the other way round; RULE_OP_COUNT: it has to be said with "not". */
static enum rule_op
opposite(enum rule_op op)
{
	switch (op) {
	case RULE_OP_IS: return RULE_OP_IS_NOT;
	case RULE_OP_IS_NOT: return RULE_OP_IS;
	case RULE_OP_ONE_OF: return RULE_OP_NONE_OF;
	case RULE_OP_NONE_OF: return RULE_OP_ONE_OF;
	case RULE_OP_AT_LEAST: return RULE_OP_BELOW;
	case RULE_OP_AT_MOST: return RULE_OP_ABOVE;
	case RULE_OP_ABOVE: return RULE_OP_AT_MOST;
	case RULE_OP_BELOW: return RULE_OP_AT_LEAST;
	case RULE_OP_CONTAINS: return RULE_OP_NOT_CONTAINS;
	case RULE_OP_NOT_CONTAINS: return RULE_OP_CONTAINS;
	case RULE_OP_CONTAINS_ANY: return RULE_OP_CONTAINS_NONE;
	case RULE_OP_CONTAINS_NONE: return RULE_OP_CONTAINS_ANY;
	case RULE_OP_KNOWN: return RULE_OP_UNKNOWN;
	case RULE_OP_UNKNOWN: return RULE_OP_KNOWN;
	case RULE_OP_BETWEEN:
	case RULE_OP_CONTAINS_ALL:
	case RULE_OP_STARTS_WITH:
	case RULE_OP_COUNT: break;
	}
	return RULE_OP_COUNT;
}

static bool
is_refusal(enum rule_op op)
{
	return op == RULE_OP_IS_NOT || op == RULE_OP_NONE_OF || op == RULE_OP_NOT_CONTAINS ||
	    op == RULE_OP_CONTAINS_NONE;
}

/* ---- values ---- */

static const char *
word_for(const struct field *f, struct slice word)
{
	static const struct {
		const char *field, *word, *said;
	} words[] = {{"intent", "complaint", "a complaint"},
	    {"intent", "support", "a call for help"}, {"intent", "question", "a question"},
	    {"intent", "praise", "praise"}, {"intent", "purchase", "a wish to buy"},
	    {"intent", "churn", "a threat to leave"}, {"intent", "suggestion", "a suggestion"},
	    {"intent", "feedback", "feedback"}, {"intent", "spam", "spam"},
	    {"language", "en", "English"}, {"language", "de", "German"},
	    {"language", "da", "Danish"}, {"language", "es", "Spanish"},
	    {"language", "fr", "French"}, {"language", "it", "Italian"},
	    {"language", "pt", "Portuguese"}, {"language", "nl", "Dutch"},
	    {"language", "sv", "Swedish"}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(f->name, words[i].field) == 0 &&
		    slice_eq_nocase(word, slice_of(words[i].word)))
			return words[i].said;
	return NULL;
}

static void
add_value(struct describer *d, const struct field *f, const struct value *v)
{
	char text[64];

	switch (v->kind) {
	case VALUE_TEXT: print_quoted(v->text, d->out); return;
	case VALUE_WORD:
		if (f->type == FIELD_BRAND)
			describe_title(d, ITEM_BRAND, v->text, false);
		else if (f->type == FIELD_IN_SEGMENT)
			describe_title(d, ITEM_SEGMENT, v->text, true);
		else if (word_for(f, v->text) != NULL)
			buf_add_str(d->out, word_for(f, v->text));
		else
			buf_add_slice(d->out, v->text);
		return;
	case VALUE_LIST:
		if (f->type != FIELD_IN_LIST)
			buf_add_str(d->out, "anything on ");
		buf_add_str(d->out, "the list ");
		describe_title(d, ITEM_LIST, v->text, true);
		return;
	case VALUE_NUMBER:
		if (f->has_range && f->min == 0 && f->max == 1000) {
			describe_number(v->number_milli * 100, text, sizeof text);
			buf_addf(d->out, "%s%%", text);
		} else {
			describe_number(v->number_milli, text, sizeof text);
			buf_add_str(d->out, text);
		}
		return;
	case VALUE_DURATION:
		print_duration_text(v->duration, text, sizeof text);
		buf_add_str(d->out, text);
		return;
	}
}

static void
add_values(struct describer *d, const struct node *n, const char *last)
{
	size_t i = 0;

	for (const struct value *v = n->values.first; v != NULL; v = v->next, i++) {
		describe_joint(d, i, n->values.count, last);
		add_value(d, n->field, v);
	}
}

/* "at least 10,000", "between 5 and 100" */
static void
add_amount(struct describer *d, const struct node *n, enum rule_op op, bool has_not)
{
	bool is_count = n->field->has_range && n->field->max == RULES_NUMBER_MAX;
	bool is_scale = n->field->has_range && n->field->min < 0; /* -1 to 1 */

	if (has_not)
		buf_add_str(d->out, "not ");
	switch (op) {
	case RULE_OP_IS: buf_add_str(d->out, "exactly "); break;
	case RULE_OP_IS_NOT: buf_add_str(d->out, "other than "); break;
	case RULE_OP_AT_LEAST: buf_add_str(d->out, "at least "); break;
	case RULE_OP_AT_MOST: buf_add_str(d->out, "at most "); break;
	case RULE_OP_ABOVE: buf_add_str(d->out, is_scale ? "above " : "more than "); break;
	case RULE_OP_BELOW:
		buf_add_str(d->out, is_scale ? "below " : is_count ? "fewer than " : "less than ");
		break;
	case RULE_OP_BETWEEN: buf_add_str(d->out, "between "); break;
	case RULE_OP_ONE_OF:
	case RULE_OP_NONE_OF:
	case RULE_OP_CONTAINS:
	case RULE_OP_NOT_CONTAINS:
	case RULE_OP_CONTAINS_ANY:
	case RULE_OP_CONTAINS_ALL:
	case RULE_OP_CONTAINS_NONE:
	case RULE_OP_STARTS_WITH:
	case RULE_OP_KNOWN:
	case RULE_OP_UNKNOWN:
	case RULE_OP_COUNT: break;
	}
	add_values(d, n, "and");
}

/* `is "gold"`, `contains "news" or "press"`; of sets: `include "vip"` */
static void
add_predicate(struct describer *d, const struct node *n, enum rule_op op, bool has_not)
{
	bool is_set = n->field->type == FIELD_TAGS;

	switch (op) {
	case RULE_OP_IS:
	case RULE_OP_ONE_OF: buf_add_str(d->out, is_set ? "include " : "is "); break;
	case RULE_OP_IS_NOT:
	case RULE_OP_NONE_OF: buf_add_str(d->out, is_set ? "do not include " : "is not "); break;
	case RULE_OP_CONTAINS:
	case RULE_OP_CONTAINS_ANY:
	case RULE_OP_CONTAINS_ALL:
		buf_add_str(d->out, has_not ? "does not contain " : "contains ");
		break;
	case RULE_OP_NOT_CONTAINS:
	case RULE_OP_CONTAINS_NONE: buf_add_str(d->out, "does not contain "); break;
	case RULE_OP_STARTS_WITH:
		buf_add_str(d->out, has_not ? "does not start with " : "starts with ");
		break;
	case RULE_OP_AT_LEAST:
	case RULE_OP_AT_MOST:
	case RULE_OP_ABOVE:
	case RULE_OP_BELOW:
	case RULE_OP_BETWEEN:
		buf_add_str(d->out, "is ");
		add_amount(d, n, op, has_not);
		return;
	case RULE_OP_KNOWN:
	case RULE_OP_UNKNOWN:
	case RULE_OP_COUNT: return;
	}
	if (op == RULE_OP_CONTAINS_ALL && n->values.count > 1)
		buf_add_str(d->out, has_not ? "at once " : "all of ");
	add_values(d, n, op == RULE_OP_CONTAINS_ALL ? "and" : "or");
}

/* ---- one condition ---- */

static enum group
group_of_field(const struct field *f)
{
	if (strncmp(f->words, "when ", 5) == 0)
		return GROUP_WHEN;
	if (strncmp(f->name, "author.", 7) == 0 || strncmp(f->name, "customer.", 9) == 0 ||
	    strncmp(f->name, "link.", 5) == 0)
		return GROUP_WHO;
	return GROUP_WHAT;
}

/* "negative", when the bound says so by itself; NULL: it does not. */
static const char *
feeling_of(const struct node *n, enum rule_op op)
{
	int64_t v = n->values.first != NULL ? n->values.first->number_milli : 0;

	if (strcmp(n->field->name, "sentiment") != 0)
		return NULL;
	if ((op == RULE_OP_BELOW && v <= 0) || (op == RULE_OP_AT_MOST && v < 0))
		return "negative";
	if ((op == RULE_OP_ABOVE && v >= 0) || (op == RULE_OP_AT_LEAST && v > 0))
		return "positive";
	return NULL;
}

static void
add_text_condition(struct describer *d, const struct node *n, enum rule_op op, bool has_not)
{
	if (op == RULE_OP_STARTS_WITH) {
		buf_add_str(d->out, has_not ? "not beginning with " : "beginning with ");
		add_values(d, n, "or");
		return;
	}
	add_before(d, words_of(n->field, !is_refusal(op) && !has_not));
	if (op == RULE_OP_CONTAINS_ALL && n->values.count > 1)
		buf_add_str(d->out, has_not ? "at once " : "all of ");
	add_values(d, n, op == RULE_OP_CONTAINS_ALL ? "and" : "or");
}

static void
add_existence(struct describer *d, const struct node *n, enum rule_op op)
{
	if (n->field->type == FIELD_ATTRIBUTE) {
		add_before(d, words_of(n->field, true));
		buf_addf(d->out, "\"%.*s\"", SLICE_ARG(n->attribute));
	} else if (group_of_field(n->field) == GROUP_WHEN)
		buf_addf(d->out, "when '%s'", n->field->name);
	else
		buf_addf(d->out, "whose '%s'", n->field->name);
	buf_add_str(d->out, op == RULE_OP_KNOWN ? " is known" : " is not known");
}

static void
add_condition(struct describer *d, const struct node *n, bool is_negated)
{
	enum rule_op op = is_negated ? opposite(n->op) : n->op;
	bool has_not = op == RULE_OP_COUNT;
	const struct field *f = n->field;
	const char *feeling;

	op = has_not ? n->op : op;
	if (op == RULE_OP_KNOWN || op == RULE_OP_UNKNOWN) {
		add_existence(d, n, op);
		return;
	}
	feeling = feeling_of(n, op);
	if (feeling != NULL) {
		buf_addf(d->out, "that is %s (", feeling);
		add_before(d, SLICE_LIT("sentiment "));
		add_amount(d, n, op, false);
		buf_add_char(d->out, ')');
		return;
	}
	if (f->type == FIELD_TEXT) {
		add_text_condition(d, n, op, has_not);
		return;
	}
	add_before(d, words_of(f, !is_refusal(op)));
	if (f->type == FIELD_ATTRIBUTE)
		buf_addf(d->out, "\"%.*s\" ", SLICE_ARG(n->attribute));
	if (f->type == FIELD_NUMBER || f->type == FIELD_DURATION)
		add_amount(d, n, op, has_not);
	else if (strchr(f->words, '|') != NULL)
		add_values(d, n, "or");
	else
		add_predicate(d, n, op, has_not);
	add_behind(d, words_of(f, !is_refusal(op)));
}

/* ---- blocks ---- */

static enum group
group_of(const struct node *n)
{
	enum group g;

	if (n->kind == NODE_CONDITION)
		return group_of_field(n->field);
	g = n->first != NULL ? group_of(n->first) : GROUP_MIXED;
	for (const struct node *child = n->first; child != NULL; child = child->next)
		if (group_of(child) != g)
			return GROUP_MIXED;
	return g;
}

static size_t
child_count(const struct node *n)
{
	size_t count = 0;

	for (const struct node *child = n->first; child != NULL; child = child->next)
		count++;
	return count;
}

/* A mixed block's conditions say whom or what they speak of. */
static void
add_whole(struct describer *d, const struct node *n, bool is_negated)
{
	switch (group_of_field(n->field)) {
	case GROUP_WHO: buf_add_str(d->out, "it is someone "); break;
	case GROUP_WHAT: buf_add_str(d->out, "it is something "); break;
	case GROUP_WHEN:
	case GROUP_MIXED: buf_add_str(d->out, "it is "); break;
	}
	add_condition(d, n, is_negated);
}

/* is_whole: each condition is a clause of its own.  Depth is bounded by RULES_DEPTH_MAX. */
static void
add_node(struct describer *d, const struct node *n, bool is_negated, bool is_whole, bool is_inner)
{
	bool is_all = (n->kind == NODE_ALL) != is_negated;
	size_t count = child_count(n), i = 0;

	if (n->kind == NODE_NOT) {
		add_node(d, n->first, !is_negated, is_whole, is_inner);
		return;
	}
	if (n->kind == NODE_CONDITION) {
		if (is_whole)
			add_whole(d, n, is_negated);
		else
			add_condition(d, n, is_negated);
		return;
	}
	if (count > 1 && is_inner)
		buf_add_str(d->out, is_all ? "(" : "(either ");
	else if (count > 1 && !is_all)
		buf_add_str(d->out, "either ");
	for (const struct node *child = n->first; child != NULL; child = child->next, i++) {
		describe_joint(d, i, count, is_all ? "and" : "or");
		add_node(d, child, is_negated, is_whole, count > 1 || is_inner);
	}
	if (count > 1 && is_inner)
		buf_add_char(d->out, ')');
}

/* ---- the sentence ---- */

struct part {
	const struct node *node;
	bool is_negated;
	enum group group;
};

struct parts {
	struct part items[RULES_CONDITIONS_MAX];
	size_t count;
};

/* What must hold together, blocks inside one another opened. */
static void
collect(const struct node *n, bool is_negated, struct parts *p)
{
	if (n->kind == NODE_NOT) {
		collect(n->first, !is_negated, p);
		return;
	}
	if ((n->kind == NODE_ALL && !is_negated) || (n->kind == NODE_ANY && is_negated)) {
		for (const struct node *child = n->first; child != NULL; child = child->next)
			collect(child, is_negated, p);
		return;
	}
	if (p->count < RULES_CONDITIONS_MAX)
		p->items[p->count++] = (struct part){n, is_negated, group_of(n)};
}

static bool
is_plain_label(const struct part *p)
{
	return p->node->kind == NODE_CONDITION &&
	    strcmp(p->node->field->name, "sentiment.label") == 0;
}

/* "negative": how something feels stands before all else. */
static bool
add_adjective(struct describer *d, const struct part *p)
{
	enum rule_op op;

	if (p->node->kind != NODE_CONDITION)
		return false;
	op = p->is_negated ? opposite(p->node->op) : p->node->op;
	if (is_plain_label(p)) {
		buf_add_str(d->out, is_refusal(op) ? " not " : " ");
		add_values(d, p->node, "or");
		return true;
	}
	if (feeling_of(p->node, op) == NULL)
		return false;
	buf_addf(d->out, " %s (sentiment ", feeling_of(p->node, op));
	add_amount(d, p->node, op, false);
	buf_add_char(d->out, ')');
	return true;
}

static bool
is_brand(const struct part *p)
{
	return p->node->kind == NODE_CONDITION && p->node->field->type == FIELD_BRAND;
}

/* Of the group's parts those that are, or are not, already said. */
static void
add_group(struct describer *d, const struct parts *p, enum group g, const bool *is_said)
{
	size_t n = 0, i = 0;

	for (size_t k = 0; k < p->count; k++)
		n += p->items[k].group == g && !is_said[k];
	for (size_t k = 0; k < p->count; k++) {
		if (p->items[k].group != g || is_said[k])
			continue;
		if (i == 0)
			buf_add_char(d->out, ' ');
		describe_joint(d, i++, n, "and");
		add_node(d, p->items[k].node, p->items[k].is_negated, g == GROUP_MIXED, n > 1);
	}
}

static bool
has_group(const struct parts *p, enum group g)
{
	for (size_t k = 0; k < p->count; k++)
		if (p->items[k].group == g)
			return true;
	return false;
}

void
describe_post(struct describer *d, const char *subject, const char *verb, const struct node *root)
{
	struct parts p = {.count = 0};
	bool is_said[RULES_CONDITIONS_MAX] = {false}, has_adjective = false;

	if (root != NULL)
		collect(root, false, &p);
	buf_add_str(d->out, subject);
	add_group(d, &p, GROUP_WHO, is_said);
	buf_addf(d->out, " %s something", verb);
	for (size_t k = 0; k < p.count && !has_adjective; k++)
		if (p.items[k].group == GROUP_WHAT)
			has_adjective = is_said[k] = add_adjective(d, &p.items[k]);
	for (size_t k = 0; k < p.count; k++) {
		if (!is_brand(&p.items[k]))
			continue;
		buf_add_char(d->out, ' ');
		add_condition(d, p.items[k].node, p.items[k].is_negated);
		is_said[k] = true;
	}
	add_group(d, &p, GROUP_WHAT, is_said);
	add_group(d, &p, GROUP_WHEN, is_said);
	if (has_group(&p, GROUP_MIXED)) {
		buf_add_str(d->out, ", provided that");
		add_group(d, &p, GROUP_MIXED, is_said);
	}
}

/* `event is "order cancelled"`: said as what the customer does. */
static bool
is_deed(const struct part *p)
{
	return p->node->kind == NODE_CONDITION && !p->is_negated &&
	    (strcmp(p->node->field->name, "event") == 0 ||
		strcmp(p->node->field->name, "event.name") == 0) &&
	    (p->node->op == RULE_OP_IS || p->node->op == RULE_OP_ONE_OF);
}

void
describe_event(struct describer *d, const struct node *root)
{
	struct parts p = {.count = 0};
	bool is_said[RULES_CONDITIONS_MAX] = {false}, has_deed = false;

	collect(root, false, &p);
	buf_add_str(d->out, "When a customer");
	add_group(d, &p, GROUP_WHO, is_said);
	buf_add_str(d->out, " does ");
	for (size_t k = 0; k < p.count && !has_deed; k++) {
		has_deed = is_said[k] = is_deed(&p.items[k]);
		if (has_deed)
			add_values(d, p.items[k].node, "or");
	}
	if (!has_deed)
		buf_add_str(d->out, "something");
	add_group(d, &p, GROUP_WHAT, is_said);
	add_group(d, &p, GROUP_WHEN, is_said);
	if (has_group(&p, GROUP_MIXED)) {
		buf_add_str(d->out, ", provided that");
		add_group(d, &p, GROUP_MIXED, is_said);
	}
}

/* All conditions are about who it is, so no block is mixed. */
void
describe_person(struct describer *d, const char *subject, const struct node *root)
{
	struct parts p = {.count = 0};
	bool is_said[RULES_CONDITIONS_MAX] = {false};

	collect(root, false, &p);
	buf_add_str(d->out, subject);
	add_group(d, &p, GROUP_WHO, is_said);
}
