/*
 * check_example.c - does what an example gives make sense?  Whether it does what it says is tried
 * later, by whoever can score its text (example.c).
 */
#include <stdio.h>

#include "rules/check_internal.h"
#include "rules/fields_internal.h"

/* What `where` may say of a field: that it is one value, or that it is not known. */
static bool
can_be_given(const struct node *n)
{
	switch (n->field->type) {
	case FIELD_FLAG:
	case FIELD_IN_LIST:
	case FIELD_IN_SEGMENT:
	case FIELD_ALLOWS: return true;
	case FIELD_DURATION: return n->op == RULE_OP_IS || n->op == RULE_OP_UNKNOWN;
	case FIELD_TEXT: return false;
	case FIELD_NUMBER:
	case FIELD_CHOICE:
	case FIELD_BRAND:
	case FIELD_WORD:
	case FIELD_TAGS:
	case FIELD_HANDLE:
	case FIELD_PLAIN:
	case FIELD_ATTRIBUTE:
		return n->op == RULE_OP_IS ||
		    (n->op == RULE_OP_UNKNOWN && field_type_can(n->field->type, n->op));
	case FIELD_TYPE_COUNT: break;
	}
	return false;
}

static void
given_finding(const struct item *rule, const struct node *n)
{
	if (n->field->type == FIELD_TEXT)
		finding_add(rule->sink, FINDING_BAD_EXAMPLE, n->at,
		    "write the words of the post behind 'fires on'",
		    "the text of an example is what stands between its quotes");
	else
		finding_add(rule->sink, FINDING_BAD_EXAMPLE, n->op_at,
		    n->field->type == FIELD_DURATION ? "for example: author.age is 3 days"
			: n->field->type == FIELD_NUMBER
			? "for example: author.followers is 20k"
			: "write 'is' and one value; for several write several conditions",
		    "an example says what is so: '%s' leaves that open", rule_op_spelling(n->op));
}

/* A post has one number of followers: the second of two would stand for nothing. */
static void
check_given_once(const struct item *rule, const struct node *given, const struct node *n)
{
	if (n->field->type != FIELD_NUMBER && n->field->type != FIELD_DURATION)
		return;
	for (const struct node *m = given; m != n; m = m->next) {
		if (m->field != n->field)
			continue;
		finding_add(rule->sink, FINDING_BAD_EXAMPLE, n->at,
		    "for another value write another example",
		    "the example has said already what '%s' is", n->field->name);
		return;
	}
}

void
check_examples(struct check *c, const struct item *rule)
{
	for (const struct example_node *e = rule->examples; e != NULL; e = e->next) {
		if (slice_trim(e->text).len == 0)
			finding_add(rule->sink, FINDING_BAD_EXAMPLE, e->text_at,
			    e->is_event ? "write the name of an event"
					: "write what somebody would post",
			    "there is nothing between the quotes");
		for (const struct node *n = e->given; n != NULL; n = n->next) {
			if (can_be_given(n))
				check_condition_values(c, rule, n);
			else
				given_finding(rule, n);
			check_given_once(rule, e->given, n);
		}
	}
}
