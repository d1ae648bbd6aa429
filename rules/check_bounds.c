/*
 * check_bounds.c - is something asked for that cannot be, such as above 5 and below 3?
 *
 * Only what must hold together is looked at: the root condition and the members of `all of` blocks
 * directly inside one another.  Values are whole thousandths or milliseconds, so "above x" is "at
 * least x + 1".
 */
#include "rules/check_internal.h"

#include "rules/fields_internal.h"
#include "rules/limits_internal.h"

struct bounds {
	int64_t low, high;
};

static size_t
collect(const struct node *n, const struct node **conditions, size_t count)
{
	if (n == NULL || count >= RULES_CONDITIONS_MAX)
		return count;
	if (n->kind == NODE_CONDITION)
		conditions[count++] = n;
	else if (n->kind == NODE_ALL)
		for (const struct node *child = n->first; child != NULL; child = child->next)
			count = collect(child, conditions, count);
	return count;
}

static int64_t
amount(const struct value *v)
{
	return v->kind == VALUE_NUMBER ? v->number_milli : duration_ms(v->duration);
}

/* A value the field can never have has its own finding. */
static bool
is_in_range(const struct node *n)
{
	for (const struct value *v = n->values.first; v != NULL; v = v->next)
		if ((v->kind != VALUE_NUMBER && v->kind != VALUE_DURATION) ||
		    (n->field->has_range &&
			(amount(v) < n->field->min || amount(v) > n->field->max)))
			return false;
	return n->values.first != NULL;
}

/* Narrows b by n; false when n says nothing about bounds. */
static bool
narrow(const struct node *n, struct bounds *b)
{
	const struct value *v = n->values.first;
	int64_t low = INT64_MIN, high = INT64_MAX;

	if (!is_in_range(n))
		return false;
	switch (n->op) {
	case RULE_OP_IS: low = high = amount(v); break;
	case RULE_OP_AT_LEAST: low = amount(v); break;
	case RULE_OP_AT_MOST: high = amount(v); break;
	case RULE_OP_ABOVE: low = amount(v) + 1; break;
	case RULE_OP_BELOW: high = amount(v) - 1; break;
	case RULE_OP_BETWEEN:
		low = amount(v);
		high = amount(v->next);
		if (low > high)
			return false; /* has its own finding */
		break;
	case RULE_OP_IS_NOT:
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
	case RULE_OP_COUNT: return false;
	}
	b->low = low > b->low ? low : b->low;
	b->high = high < b->high ? high : b->high;
	return true;
}

static bool
is_single_valued(const struct field *f)
{
	return slice_eq_str(slice_of(f->name), "sentiment.label") ||
	    slice_eq_str(slice_of(f->name), "language") ||
	    slice_eq_str(slice_of(f->name), "post.source");
}

/* Of two words for what has one value, one is wrong. */
static bool
words_differ(const struct node *a, const struct node *b)
{
	return is_single_valued(a->field) && a->op == RULE_OP_IS && b->op == RULE_OP_IS &&
	    a->values.first->kind == VALUE_WORD && b->values.first->kind == VALUE_WORD &&
	    !slice_eq_nocase(a->values.first->text, b->values.first->text);
}

static bool
is_same_field(const struct node *a, const struct node *b)
{
	return a->field == b->field && slice_eq(a->attribute, b->attribute);
}

/* An attribute has several values, so two bounds can both hold. */
static bool
can_contradict(const struct node *n)
{
	return n->field->type == FIELD_NUMBER || n->field->type == FIELD_DURATION ||
	    is_single_valued(n->field);
}

void
check_bounds(struct check *c, const struct item *it, const struct node *root)
{
	const struct node *conditions[RULES_CONDITIONS_MAX];
	size_t count = collect(root, conditions, 0);
	const char *what = root == it->when ? "the rule can never fire" : "no post can be so";

	(void)c;
	for (size_t i = 0; i < count; i++) {
		const struct node *first = conditions[i];
		struct bounds b = {INT64_MIN, INT64_MAX};
		bool is_known_field = false;

		if (!can_contradict(first) || !field_type_can(first->field->type, first->op))
			continue;
		for (size_t j = 0; j < i; j++)
			is_known_field |= is_same_field(conditions[j], first);
		if (is_known_field)
			continue;
		if (first->field->has_range)
			b = (struct bounds){first->field->min, first->field->max};
		for (size_t j = i; j < count; j++) {
			if (!is_same_field(conditions[j], first) ||
			    !field_type_can(first->field->type, conditions[j]->op))
				continue;
			if ((narrow(conditions[j], &b) && b.low > b.high) ||
			    (j > i && words_differ(first, conditions[j]))) {
				finding_add(it->sink, FINDING_NEVER_TRUE, conditions[j]->at,
				    j > i ? "all conditions of 'all of' must hold at once; is 'any "
					    "of' meant?"
					  : NULL,
				    j > i ? "%s: this excludes another condition on '%s'"
					  : "%s: '%s' is never so",
				    what, first->field->name);
				return;
			}
		}
	}
}
