#include "rules/check_internal.h"

#include <stdio.h>

#include "core/country.h"
#include "core/map.h"
#include "rules/fields_internal.h"
#include "rules/limits_internal.h"
#include "rules/print_internal.h"
#include "rules/meant_internal.h"

/* `is between` of what is no number; NULL: no idea. */
static const char *
between_meant(const struct node *n)
{
	if (n->op != RULE_OP_BETWEEN)
		return NULL;
	if (n->field->type == FIELD_CHOICE)
		return "write 'is one of' and all of them, with commas between";
	if (strcmp(n->field->name, "time.date") == 0)
		return "a period is a line of the rule: from 2026-12-01 00:00 until 2026-12-25 "
		       "00:00 in Europe/Berlin";
	return NULL;
}

static void
operator_finding(const struct item *rule, const struct node *n)
{
	const char *meant = between_meant(n);
	char help[FINDING_TEXT_MAX] = "it can be asked: ";
	size_t len = strlen(help);

	if (n->field->type == FIELD_TEXT && (n->op == RULE_OP_IS || n->op == RULE_OP_ONE_OF)) {
		finding_add(rule->sink, FINDING_WRONG_OPERATOR, n->op_at,
		    n->op == RULE_OP_IS ? "write 'text contains'" : "write 'text contains any of'",
		    "the text of a post is never just a few words: it cannot be asked '%s'",
		    rule_op_spelling(n->op));
		return;
	}

	for (int op = 0; op < RULE_OP_COUNT && meant == NULL; op++) {
		if (!field_type_can(n->field->type, (enum rule_op)op))
			continue;
		int w = snprintf(help + len, sizeof help - len, "%s%s",
		    help[len - 1] == ' ' ? "" : ", ", rule_op_spelling((enum rule_op)op));
		len += w > 0 && len + (size_t)w < sizeof help ? (size_t)w : 0;
	}
	finding_add(rule->sink, FINDING_WRONG_OPERATOR, n->op_at, meant != NULL ? meant : help,
	    "'%s' is %s: it cannot be asked '%s'", n->field->name, field_type_name(n->field->type),
	    rule_op_spelling(n->op));
}

static void
wrong_value(const struct item *rule, const struct value *v, const char *help, const char *should)
{
	finding_add(rule->sink, FINDING_WRONG_VALUE, v->at, help, "%s belongs here", should);
}

/* ---- values, type by type ---- */

static void
range_finding(const struct item *rule, const struct node *n, const struct value *v)
{
	char low[40], high[40];

	if (n->field->type == FIELD_DURATION) {
		finding_add(rule->sink, FINDING_OUT_OF_RANGE, v->at, NULL,
		    "'%s' is at most 3650 days", n->field->name);
		return;
	}
	print_number_text(n->field->min, low, sizeof low);
	print_number_text(n->field->max, high, sizeof high);
	if (n->field->max == RULES_NUMBER_MAX)
		finding_add(rule->sink, FINDING_OUT_OF_RANGE, v->at, NULL, "'%s' is never below %s",
		    n->field->name, low);
	else
		finding_add(rule->sink, FINDING_OUT_OF_RANGE, v->at,
		    n->field->min < 0 ? "for example -0.4" : n->field->example,
		    "'%s' goes from %s to %s", n->field->name, low, high);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 10.000 is ten thousand to some readers and ten to us: of what is counted nobody means the
 * decimals. */
static bool
is_thousands_dot(const struct item *rule, const struct node *n, const struct value *v)
{
	struct slice seen;
	const char *dot;

	if (!n->field->has_range || n->field->max != RULES_NUMBER_MAX ||
	    (size_t)v->at.start + v->at.len > rule->sink->text.len || v->at.len < 5 ||
	    v->at.len > 7)
		return false;
	seen = slice_make(rule->sink->text.ptr + v->at.start, v->at.len);
	dot = seen.ptr + seen.len - 4;
	return *dot == '.' && memchr(seen.ptr, '.', seen.len) == dot && is_digit(dot[1]) &&
	    is_digit(dot[2]) && is_digit(dot[3]);
}

static bool
is_label(struct slice word)
{
	return slice_eq_str(word, "negative") || slice_eq_str(word, "neutral") ||
	    slice_eq_str(word, "positive");
}

static void
check_number(const struct item *rule, const struct node *n, const struct value *v)
{
	char help[FINDING_TEXT_MAX];

	if (v->kind == VALUE_NUMBER && is_thousands_dot(rule, n, v)) {
		finding_add(rule->sink, FINDING_BAD_NUMBER, v->at,
		    "write thousands without a dot, as in 10000, or with 'k', as in 10k",
		    "a dot stands before decimals, and '%s' is counted in whole numbers",
		    n->field->name);
	} else if (v->kind == VALUE_NUMBER) {
		if (n->field->has_range &&
		    (v->number_milli < n->field->min || v->number_milli > n->field->max))
			range_finding(rule, n, v);
	} else if (v->kind == VALUE_TEXT && v->text.len > 0 &&
	    (v->text.ptr[0] == '-' || (v->text.ptr[0] >= '0' && v->text.ptr[0] <= '9'))) {
		wrong_value(rule, v, "write it without quotes", "a number");
	} else if (v->kind == VALUE_DURATION) {
		wrong_value(rule, v, "write it without a unit", "a number");
	} else if (slice_eq_str(slice_of(n->field->name), "sentiment") &&
	    (v->kind == VALUE_WORD || v->kind == VALUE_TEXT) && is_label(v->text)) {
		snprintf(help, sizeof help, "write 'sentiment.label is %.*s'", SHOWN(v->text));
		wrong_value(rule, v, help, "a number");
	} else if (meant_value(n->field, v->text) != NULL) {
		wrong_value(rule, v, meant_value(n->field, v->text), "a number");
	} else if (slice_starts_with(v->text, "\xe2\x88\x92") ||
	    slice_starts_with(v->text, "\xe2\x80\x93")) {
		wrong_value(rule, v, "write the minus with the '-' of the keyboard, as in -0.4",
		    "a number");
	} else {
		wrong_value(rule, v, "numbers look like 10000, 10k, -0.4 or 80%", "a number");
	}
}

static void
check_duration(const struct item *rule, const struct node *n, const struct value *v)
{
	if (v->kind == VALUE_NUMBER)
		finding_add(rule->sink, FINDING_BAD_UNIT, v->at, "write the unit, as in '30 days'",
		    "a unit is missing behind this number");
	else if (v->kind != VALUE_DURATION)
		wrong_value(rule, v, "write it as in '30 days'", "a length of time");
	else if (duration_ms(v->duration) > n->field->max)
		range_finding(rule, n, v);
}

static void
check_choice(const struct item *rule, const struct node *n, const struct value *v)
{
	const char *names[32];
	char copy[256], help[FINDING_TEXT_MAX], fallback[FINDING_TEXT_MAX];
	size_t count = 0;

	if (v->kind != VALUE_WORD && v->kind != VALUE_TEXT) {
		wrong_value(rule, v, n->field->example, "one of the words for it");
		return;
	}
	if (field_choice(n->field, v->text) >= 0)
		return;
	snprintf(copy, sizeof copy, "%s", n->field->choices);
	snprintf(fallback, sizeof fallback, "there is: ");
	for (char *p = copy; p != NULL && count < 32;) {
		char *bar = strchr(p, '|');

		if (bar != NULL)
			*bar = '\0';
		names[count++] = p;
		snprintf(fallback + strlen(fallback), sizeof fallback - strlen(fallback), "%s%s",
		    count > 1 ? ", " : "", p);
		p = bar != NULL ? bar + 1 : NULL;
	}
	if (meant_value(n->field, v->text) != NULL)
		snprintf(fallback, sizeof fallback, "%s", meant_value(n->field, v->text));
	finding_add(rule->sink, FINDING_UNKNOWN_CHOICE, v->at,
	    finding_did_you_mean(
		meant_value(n->field, v->text) != NULL ? NULL : diag_nearest(v->text, names, count),
		fallback, help, sizeof help),
	    "'%.*s' is not one of the values of '%s'", SHOWN(v->text), n->field->name);
}

/* "german" is no code, and no post would ever have it. */
static void
check_language(const struct item *rule, const struct node *n, const struct value *v)
{
	size_t len = 0;

	while (len < v->text.len &&
	    ((v->text.ptr[len] | 0x20) >= 'a' && (v->text.ptr[len] | 0x20) <= 'z'))
		len++;
	if ((len == 2 || len == 3) &&
	    (len == v->text.len || v->text.ptr[len] == '_' || v->text.ptr[len] == '-'))
		return;
	finding_add(rule->sink, FINDING_UNKNOWN_CHOICE, v->at,
	    "for example en for English, de for German, fr for French",
	    "'%.*s' is no code: '%s' is two letters", SHOWN(v->text), n->field->name);
}

/* Customers have countries by two letters: no other word is ever so. */
static void
check_country(const struct item *rule, const struct node *n, const struct value *v)
{
	char help[COUNTRY_HELP_MAX];
	struct slice code = country_code(v->text);

	if (slice_is_set(code) && v->text.len == code.len)
		return;
	if (slice_is_set(code))
		snprintf(help, sizeof help, "write %.*s", SLICE_ARG(code));
	else
		country_help(v->text, help);
	finding_add(rule->sink, FINDING_UNKNOWN_CHOICE, v->at, help,
	    "'%.*s' is no code: '%s' is two letters", SHOWN(v->text), n->field->name);
}

/* Texts stand in quotes; codes may. */
static void
check_text(const struct item *rule, const struct node *n, const struct value *v)
{
	char help[FINDING_TEXT_MAX];

	if (v->kind == VALUE_TEXT && slice_trim(v->text).len == 0) {
		finding_add(rule->sink, FINDING_EMPTY_KEYWORD, v->at,
		    "to ask whether it is missing write 'is unknown'",
		    "there is nothing between the quotes");
		return;
	}
	if (n->field->is_country && (v->kind == VALUE_WORD || v->kind == VALUE_TEXT))
		check_country(rule, n, v);
	if (v->kind == VALUE_TEXT)
		return;
	if (v->kind == VALUE_WORD && n->field->is_language)
		check_language(rule, n, v);
	if (v->kind == VALUE_WORD && field_type_is_wordy(n->field->type))
		return;
	if (v->kind == VALUE_WORD && meant_value(n->field, v->text) != NULL)
		snprintf(help, sizeof help, "%s", meant_value(n->field, v->text));
	else if (v->kind == VALUE_WORD)
		snprintf(help, sizeof help, "write \"%.*s\"", SHOWN(v->text));
	else
		snprintf(help, sizeof help, "for example: %s", n->field->example);
	wrong_value(rule, v, help, "a text between double quotes");
}

static void
check_attribute_value(const struct item *rule, const struct node *n, const struct value *v)
{
	switch (n->op) {
	case RULE_OP_AT_LEAST:
	case RULE_OP_AT_MOST:
	case RULE_OP_ABOVE:
	case RULE_OP_BELOW:
	case RULE_OP_BETWEEN: check_number(rule, n, v); return;
	case RULE_OP_IS:
	case RULE_OP_IS_NOT:
	case RULE_OP_ONE_OF:
	case RULE_OP_NONE_OF:
		if (v->kind != VALUE_NUMBER)
			check_text(rule, n, v);
		return;
	case RULE_OP_CONTAINS:
	case RULE_OP_NOT_CONTAINS:
	case RULE_OP_CONTAINS_ANY:
	case RULE_OP_CONTAINS_ALL:
	case RULE_OP_CONTAINS_NONE:
	case RULE_OP_STARTS_WITH: check_text(rule, n, v); return;
	case RULE_OP_KNOWN:
	case RULE_OP_UNKNOWN:
	case RULE_OP_COUNT: return;
	}
}

static void
check_channel(struct check *c, const struct item *rule, const struct value *v)
{
	static const char *const channels[] = {"email", "sms", "push", "voice", "chat", "in-app",
	    "custom", "webhook", "file", "log", "mastodon"};
	const char *nearest = NULL;
	char help[FINDING_TEXT_MAX];

	for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
		if (slice_eq_nocase(v->text, slice_of(channels[i])))
			return;
	if (c->env->has_channel != NULL && c->env->has_channel(c->env->cookie, v->text, &nearest))
		return;
	if (nearest == NULL)
		nearest = diag_nearest(v->text, channels, sizeof channels / sizeof *channels);
	finding_add(rule->sink, FINDING_ODD_CHANNEL, v->at,
	    finding_did_you_mean(nearest, "for example email, sms or push", help, sizeof help),
	    "no customer can be reached by '%.*s'", SHOWN(v->text));
}

static void
check_list_value(
    struct check *c, const struct item *rule, const struct node *n, const struct value *v)
{
	char help[FINDING_TEXT_MAX];

	if (n->field->type != FIELD_IN_LIST && rule_op_arity(n->op) != 9) {
		snprintf(help, sizeof help, "lists stand after '%s'",
		    n->field->type == FIELD_TEXT || n->op == RULE_OP_CONTAINS ? "contains any of"
									      : "is one of");
		finding_add(rule->sink, FINDING_ONE_VALUE, v->at, help,
		    "'%s' takes one value, not a list", rule_op_spelling(n->op));
		return;
	}
	if (n->field->type == FIELD_CHOICE || n->field->type == FIELD_BRAND) {
		wrong_value(rule, v, n->field->example, "one of the words for it");
		return;
	}
	check_name(c, rule, ITEM_LIST, v->text, v->at);
}

static void
check_value(struct check *c, const struct item *rule, const struct node *n, const struct value *v)
{
	if (v->kind == VALUE_LIST) {
		if (n->field->type == FIELD_NUMBER || n->field->type == FIELD_DURATION)
			check_number(rule, n, v);
		else
			check_list_value(c, rule, n, v);
		return;
	}
	switch (n->field->type) {
	case FIELD_NUMBER: check_number(rule, n, v); break;
	case FIELD_DURATION: check_duration(rule, n, v); break;
	case FIELD_CHOICE: check_choice(rule, n, v); break;
	case FIELD_BRAND:
		if (v->kind == VALUE_WORD || v->kind == VALUE_TEXT)
			check_name(c, rule, ITEM_BRAND, v->text, v->at);
		else
			wrong_value(rule, v, "for example: brand is acme", "the id of a brand");
		break;
	case FIELD_TEXT:
		if (v->kind == VALUE_TEXT)
			check_keyword(c, rule, v);
		else
			check_text(rule, n, v);
		break;
	case FIELD_WORD:
	case FIELD_TAGS:
	case FIELD_HANDLE:
	case FIELD_PLAIN: check_text(rule, n, v); break;
	case FIELD_ATTRIBUTE: check_attribute_value(rule, n, v); break;
	case FIELD_ALLOWS: check_channel(c, rule, v); break;
	case FIELD_IN_SEGMENT: check_name(c, rule, ITEM_SEGMENT, v->text, v->at); break;
	case FIELD_IN_LIST:
	case FIELD_FLAG:
	case FIELD_TYPE_COUNT: break;
	}
}

/* ---- the condition ---- */

/* The field of the customer or event whose name, without "customer.", is close to an attribute's. */
static const char *
field_nearest_behind(struct slice prefix, struct slice attribute)
{
	const char *names[64];
	size_t n = 0;

	for (size_t i = 0; i < field_count() && n < 64; i++) {
		const struct field *f = field_at(i);

		if (f->type != FIELD_ATTRIBUTE && strncmp(f->name, prefix.ptr, prefix.len) == 0)
			names[n++] = f->name + prefix.len;
	}
	return diag_nearest(attribute, names, n);
}

/* customer.contry is an attribute to us; most likely it was meant to be a field. */
static void
check_attribute(const struct item *rule, const struct node *n)
{
	struct slice prefix = field_prefix(n->field);
	bool is_event = field_about(n->field) == FIELD_ABOUT_EVENT;
	char help[FINDING_TEXT_MAX];
	const char *nearest;

	if (!attribute_is_valid(n->attribute)) {
		finding_add(rule->sink, FINDING_UNKNOWN_FIELD, n->field_at,
		    "letters, digits, '_', '-' and '.'",
		    "'%.*s' cannot be the name of an attribute", SHOWN(n->attribute));
		return;
	}
	nearest = field_nearest_behind(prefix, n->attribute);
	if (nearest == NULL)
		return;
	snprintf(help, sizeof help, "did you mean '%.*s%s'? if it is %s, all is well",
	    SLICE_ARG(prefix), nearest, is_event ? "a property" : "an attribute");
	finding_add(rule->sink, FINDING_LOOKS_LIKE_FIELD, n->field_at, help,
	    "'%.*s%.*s' is taken for %s", SLICE_ARG(prefix), SHOWN(n->attribute),
	    is_event ? "a property of the event" : "an attribute of the customer");
}

static bool
is_reversed(const struct node *n)
{
	const struct value *low = n->values.first, *high = low != NULL ? low->next : NULL;

	if (n->op != RULE_OP_BETWEEN || high == NULL || low->kind != high->kind)
		return false;
	if (low->kind == VALUE_NUMBER)
		return low->number_milli > high->number_milli;
	return low->kind == VALUE_DURATION &&
	    duration_ms(low->duration) > duration_ms(high->duration);
}

void
check_condition_values(struct check *c, const struct item *rule, const struct node *n)
{
	if (n->field->type == FIELD_ATTRIBUTE)
		check_attribute(rule, n);
	for (const struct value *v = n->values.first; v != NULL; v = v->next) {
		check_value(c, rule, n, v);
		check_date(c, rule, n, v);
	}
}

/* From five in the afternoon until nine: turned round it would be the day instead of the night. */
static const char *
reversed_help(const struct node *n)
{
	struct slice name = slice_of(n->field->name);

	if (slice_ends_with(name, ".hour") || slice_ends_with(name, ".month"))
		return "round midnight or New Year ask twice in an 'any of': at least the first, "
		       "at "
		       "most the second";
	return "write the smaller value first";
}

void
check_condition(struct check *c, const struct item *rule, const struct node *n)
{
	const struct value *first = n->values.first;

	if (!field_type_can(n->field->type, n->op)) {
		if (n->field->type == FIELD_ATTRIBUTE)
			check_attribute(rule, n);
		operator_finding(rule, n);
		return;
	}
	check_condition_values(c, rule, n);
	if (is_reversed(n))
		finding_add(rule->sink, FINDING_BETWEEN_REVERSED,
		    (struct range){first->at.start,
			first->next->at.start + first->next->at.len - first->at.start},
		    reversed_help(n), "nothing is between a larger and a smaller value");
}
