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
	static const char *const names[] = {"sentiment.label", "language", "post.source",
	    "time.weekday", "customer.weekday", "customer.country", "customer.timezone"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq_str(slice_of(f->name), names[i]))
			return true;
	return false;
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

/* `author is a bot` and `author is not a bot` */
static bool
flags_differ(const struct node *a, const struct node *b)
{
	if (a->field->phrase == NULL || a->op == b->op)
		return false;
	return a->field->type == FIELD_FLAG ||
	    slice_eq(a->values.first->text, b->values.first->text);
}

/* A post that is called positive has a sentiment of at least 0, and the other way round. */
static bool
label_and_score_differ(const struct node *label, const struct node *score)
{
	struct bounds b = {-1000, 1000};

	if (!slice_eq_str(slice_of(label->field->name), "sentiment.label") ||
	    !slice_eq_str(slice_of(score->field->name), "sentiment") || label->op != RULE_OP_IS ||
	    !narrow(score, &b))
		return false;
	return (slice_eq_str(label->values.first->text, "positive") && b.high < 0) ||
	    (slice_eq_str(label->values.first->text, "negative") && b.low > 0);
}

/* Two conditions that exclude each other although neither is a bound on the other's field. */
static bool
pair_excludes(const struct node *a, const struct node *b)
{
	return (is_same_field(a, b) && flags_differ(a, b)) || label_and_score_differ(a, b) ||
	    label_and_score_differ(b, a);
}

static bool
report_pairs(
    const struct item *it, const char *what, const struct node *const *conditions, size_t count)
{
	for (size_t j = 1; j < count; j++) {
		for (size_t i = 0; i < j; i++) {
			if (!pair_excludes(conditions[i], conditions[j]))
				continue;
			finding_add(it->sink, FINDING_NEVER_TRUE, conditions[j]->at,
			    "all conditions of 'all of' must hold at once; is 'any of' meant?",
			    "%s: this excludes another condition above it", what);
			return true;
		}
	}
	return false;
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
	const char *what = it->kind == ITEM_SEGMENT ? "nobody can be in the segment"
	    : root == it->when                      ? "the rule can never fire"
						    : "no post can be so";

	(void)c;
	if (report_pairs(it, what, conditions, count))
		return;
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
