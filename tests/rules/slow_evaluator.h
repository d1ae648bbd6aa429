/*
 * slow_evaluator.h - the rules' meaning once more, as plainly as can be: walks the tree, compares
 * strings, no tables, no numbers, no index.  It shares the accessors of fields.c with the engine
 * and nothing else.
 */
#ifndef TESTS_RULES_SLOW_EVALUATOR_H
#define TESTS_RULES_SLOW_EVALUATOR_H

#include <strings.h>

#include "rules/engine_internal.h"
#include "tests/rules/rules_testing.h"

struct slow;
static inline enum tristate slow_segment(struct slow *s, struct slice id);

struct slow {
	const struct rule_set *set;
	const struct occurrence *occ;
	const struct rule_facts *facts;
	struct arena *arena;
	const struct rules_file *files; /* of the set */
};

/* The trees of the set, read anew. */
static inline const struct rules_file *
slow_files(const struct rule_set *set, struct arena *a)
{
	const struct rules_file *files = NULL;

	assert_int_equal(recall_files(set, a, &files), 0);
	return files;
}

/* What the program asks, as it was written; NULL: any post. */
static inline const struct node *
slow_root(const struct slow *s, const struct program *p)
{
	bool is_watch = p->part == FIRING_WATCHED || p->part == FIRING_BASE;

	for (size_t f = 0; f < s->set->file_count; f++)
		for (const struct item *it = s->files[f].first; it != NULL; it = it->next) {
			if (it->kind != (is_watch ? ITEM_WATCH : ITEM_RULE) ||
			    !slice_eq(it->id, p->head->id))
				continue;
			switch (p->part) {
			case FIRING_RULE: return it->when;
			case FIRING_AFTER: return it->after.where;
			case FIRING_UNLESS: return it->unless.where;
			case FIRING_WATCHED: return it->over;
			case FIRING_BASE: return it->out_of;
			}
		}
	fail();
	return NULL;
}

static inline enum tristate
slow_tri(bool b)
{
	return b ? TRI_YES : TRI_NO;
}

static inline enum tristate
slow_not(enum tristate t)
{
	return t == TRI_UNKNOWN ? t : slow_tri(t == TRI_NO);
}

/* Lower case of the letters the tests use: ASCII and the German ones. */
static inline char *
slow_lower(struct slow *s, struct slice text, bool drops_at, bool drops_hash, bool is_locale)
{
	char *r = arena_strndup(s->arena, text.len > 0 ? text.ptr : "", text.len);

	for (size_t i = 0; r[i] != '\0'; i++) {
		if (r[i] >= 'A' && r[i] <= 'Z')
			r[i] = (char)(r[i] + 32);
		if (r[i] == '\xc3' &&
		    (r[i + 1] == '\x84' || r[i + 1] == '\x96' || r[i + 1] == '\x9c'))
			r[i + 1] = (char)(r[i + 1] + 32);
		if (is_locale && r[i] == '-')
			r[i] = '_';
	}
	return (drops_at && r[0] == '@') || (drops_hash && r[0] == '#') ? r + 1 : r;
}

static inline const struct values *
slow_list(struct slow *s, struct slice id)
{
	for (size_t f = 0; f < s->set->file_count; f++)
		for (const struct item *it = s->files[f].first; it != NULL; it = it->next)
			if (it->kind == ITEM_LIST && slice_eq(it->id, id))
				return &it->items;
	fail();
	return NULL;
}

/* All operands, lists spelled out. */
static inline size_t
slow_operands(struct slow *s, const struct node *n, const struct value **out, size_t max)
{
	size_t count = 0;

	for (const struct value *v = n->values.first; v != NULL; v = v->next) {
		if (v->kind != VALUE_LIST) {
			assert_true(count < max);
			out[count++] = v;
			continue;
		}
		for (const struct value *item = slow_list(s, v->text)->first; item != NULL;
		     item = item->next) {
			assert_true(count < max);
			out[count++] = item;
		}
	}
	return count;
}

/* ---- words of the text ---- */

/* Words with hyphens, part by part. */
static inline struct token *
slow_parts(struct slow *s, const struct token *tokens, size_t count, size_t *n_r)
{
	size_t max = count + 1;
	struct token *out;

	for (size_t i = 0; i < count; i++)
		max += tokens[i].folded_len;
	out = arena_array(s->arena, max, sizeof *out);
	*n_r = 0;
	for (size_t i = 0; i < count; i++) {
		char *text = arena_strndup(s->arena, tokens[i].folded, tokens[i].folded_len);
		char *save = NULL, *part = strtok_r(text, "-", &save);

		if (tokens[i].kind != TOKEN_WORD || part == NULL)
			out[(*n_r)++] = tokens[i];
		else
			for (; part != NULL; part = strtok_r(NULL, "-", &save)) {
				out[*n_r] = tokens[i];
				token_set_folded(&out[*n_r], slice_of(part));
				out[(*n_r)++].ends_sentence =
				    *save == '\0' && tokens[i].ends_sentence;
			}
	}
	return out;
}

static inline bool
slow_word_is(struct slow *s, const struct token *seen, struct slice word)
{
	char *with = arena_printf(s->arena, "%.*s's", SLICE_ARG(word));

	return slice_eq(token_folded(seen), word) ||
	    (seen->kind == TOKEN_WORD && slice_eq_str(token_folded(seen), with));
}

static inline bool
slow_phrase_at(struct slow *s, struct slice keyword, size_t at)
{
	struct token *k, *seen;
	size_t n, seen_count, words = 0, used = 0;

	assert_int_equal(testing_tokenise(NULL, keyword, s->arena, &k, &n), 0);
	k = slow_parts(s, k, n, &n);
	seen = slow_parts(s, s->occ->score->tokens, s->occ->score->token_count, &seen_count);
	for (size_t i = 0; i < n; i++)
		words += k[i].kind != TOKEN_PUNCT;
	for (size_t i = 0; i < n; i++) {
		if (words > 0 && k[i].kind == TOKEN_PUNCT)
			continue;
		if (at + used >= seen_count ||
		    !slow_word_is(s, &seen[at + used], token_folded(&k[i])))
			return false;
		if (used + 1 < (words > 0 ? words : n) && seen[at + used].ends_sentence &&
		    !k[i].ends_sentence)
			return false;
		used++;
	}
	return used > 0;
}

static inline bool
slow_has_phrase(struct slow *s, struct slice keyword)
{
	size_t count;

	slow_parts(s, s->occ->score->tokens, s->occ->score->token_count, &count);
	for (size_t at = 0; at < count; at++)
		if (slow_phrase_at(s, keyword, at))
			return true;
	return false;
}

/* ---- texts ---- */

static inline bool
slow_is_letter(const char *p)
{
	unsigned char c = (unsigned char)*p;

	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '_' || c >= 0x80;
}

static inline bool
slow_contains(const char *text, const char *part)
{
	size_t len = strlen(part);

	for (const char *p = text; len > 0 && (p = strstr(p, part)) != NULL; p++) {
		bool cuts_before = p > text && slow_is_letter(p - 1) && slow_is_letter(part);
		bool cuts_behind =
		    p[len] != '\0' && slow_is_letter(p + len) && slow_is_letter(part + len - 1);

		if (!cuts_before && !cuts_behind)
			return true;
	}
	return false;
}

static inline bool
slow_text_holds(enum rule_op op, const char *seen, const char *operand)
{
	switch (rule_op_spelling(op)[0]) {
	case 'i': return strcmp(seen, operand) == 0;
	case 's': return strncmp(seen, operand, strlen(operand)) == 0;
	default: return slow_contains(seen, operand);
	}
}

static inline bool
slow_number_of(struct slice s, int64_t *milli)
{
	char *end, buffer[64];
	double d;

	s = slice_trim(s);
	if (s.len == 0 || s.len >= sizeof buffer || s.ptr[0] == '+' || s.ptr[0] == '.')
		return false;
	memcpy(buffer, s.ptr, s.len);
	buffer[s.len] = '\0';
	d = strtod(buffer, &end);
	if (end == buffer || *end != '\0')
		return false;
	*milli = (int64_t)(d * 1000 + (d < 0 ? -0.5 : 0.5));
	return true;
}

static inline bool
slow_order(enum rule_op op, int64_t n, int64_t a, int64_t b)
{
	return op == RULE_OP_IS || op == RULE_OP_IS_NOT ? n == a
	    : op == RULE_OP_AT_LEAST                    ? n >= a
	    : op == RULE_OP_AT_MOST                     ? n <= a
	    : op == RULE_OP_ABOVE                       ? n > a
	    : op == RULE_OP_BELOW                       ? n < a
							: n >= a && n <= b;
}

static inline bool
slow_is_negative(enum rule_op op)
{
	return op == RULE_OP_IS_NOT || op == RULE_OP_NONE_OF || op == RULE_OP_NOT_CONTAINS ||
	    op == RULE_OP_CONTAINS_NONE;
}

/* How many operands hold, against how many there are. */
static inline enum tristate
slow_verdict(enum rule_op op, size_t held, size_t count)
{
	if (op == RULE_OP_CONTAINS_ALL)
		return slow_tri(held == count && count > 0);
	return slow_tri((held > 0) != slow_is_negative(op));
}

/* ---- conditions ---- */

static inline enum tristate
slow_number(struct slow *s, const struct node *n)
{
	int64_t seen, a, b = 0;
	const struct value *v = n->values.first;
	bool is_time = n->field->type == FIELD_DURATION;

	if (!n->field->number(s->occ, &seen))
		return TRI_UNKNOWN;
	a = is_time ? duration_ms(v->duration) : v->number_milli;
	if (v->next != NULL)
		b = is_time ? duration_ms(v->next->duration) : v->next->number_milli;
	return slow_tri(slow_order(n->op, seen, a, b) != (n->op == RULE_OP_IS_NOT));
}

static inline enum tristate
slow_choice(struct slow *s, const struct node *n)
{
	uint32_t mask = 0;
	size_t held = 0;

	if (n->field->type == FIELD_BRAND) {
		if (s->occ->score == NULL)
			return TRI_UNKNOWN;
		for (const struct value *v = n->values.first; v != NULL; v = v->next)
			for (size_t i = 0; i < s->occ->score->brand_count; i++)
				held += slice_eq(
				    s->set->brands.brands[s->occ->score->brands[i]].id, v->text);
		return slow_verdict(n->op, held, n->values.count);
	}
	if (!n->field->choice(s->occ, &mask))
		return TRI_UNKNOWN;
	for (const struct value *v = n->values.first; v != NULL; v = v->next)
		held += mask >> field_choice(n->field, v->text) & 1;
	return slow_verdict(n->op, held, n->values.count);
}

static inline enum tristate
slow_texts(struct slow *s, const struct node *n)
{
	const struct value *operands[256];
	size_t count = slow_operands(s, n, operands, 256), held = 0;
	enum field_fold how = n->field->type == FIELD_PLAIN ? FOLD_CASE : n->field->fold;
	struct field_texts seen;

	if (!n->field->texts(s->occ, &seen))
		return TRI_UNKNOWN;
	for (size_t k = 0; k < count; k++) {
		bool holds = false;

		for (size_t i = 0; i < seen.count; i++)
			holds |= slow_text_holds(n->op,
			    slow_lower(s, seen.items[i], how == FOLD_HANDLE, how == FOLD_TAG,
				how == FOLD_LOCALE),
			    slow_lower(s, operands[k]->text, how == FOLD_HANDLE, how == FOLD_TAG,
				how == FOLD_LOCALE));
		held += holds;
	}
	return slow_verdict(n->op, held, count);
}

static inline enum tristate
slow_text(struct slow *s, const struct node *n)
{
	const struct value *operands[256];
	size_t count = slow_operands(s, n, operands, 256), held = 0;

	if (s->occ->score == NULL)
		return TRI_UNKNOWN;
	if (n->op == RULE_OP_STARTS_WITH)
		return slow_tri(
		    s->occ->score->token_count > 0 && slow_phrase_at(s, operands[0]->text, 0));
	for (size_t i = 0; i < count; i++)
		held += slow_has_phrase(s, operands[i]->text);
	return slow_verdict(n->op, held, count);
}

static inline enum tristate
slow_attribute(struct slow *s, const struct node *n)
{
	const struct value *operands[256];
	size_t count = slow_operands(s, n, operands, 256), held = 0;
	bool is_order = n->op >= RULE_OP_AT_LEAST && n->op <= RULE_OP_BETWEEN, has_number = false,
	     holds = false;
	struct slice_list seen;
	int64_t number;

	if (!n->field->attribute(s->occ, n->attribute, &seen))
		return TRI_UNKNOWN;
	if (is_order) {
		for (size_t i = 0; i < seen.count; i++) {
			if (!slow_number_of(seen.items[i], &number))
				continue;
			has_number = true;
			holds |= slow_order(n->op, number, operands[0]->number_milli,
			    count > 1 ? operands[1]->number_milli : 0);
		}
		return has_number ? slow_tri(holds) : TRI_UNKNOWN;
	}
	for (size_t k = 0; k < count; k++) {
		holds = false;
		for (size_t i = 0; i < seen.count; i++) {
			if (operands[k]->kind == VALUE_NUMBER)
				holds |= slow_number_of(seen.items[i], &number) &&
				    number == operands[k]->number_milli;
			else
				holds |= slow_text_holds(n->op,
				    slow_lower(s, seen.items[i], false, false, false),
				    slow_lower(s, operands[k]->text, false, false, false));
		}
		held += holds;
	}
	return slow_verdict(n->op, held, count);
}

static inline bool
slow_listed(struct slow *s, const struct values *list, struct slice name)
{
	if (!slice_is_set(name) || name.len == 0)
		return false;
	for (const struct value *v = list->first; v != NULL; v = v->next)
		if (strcmp(slow_lower(s, v->text, true, false, false),
			slow_lower(s, name, true, false, false)) == 0)
			return true;
	return false;
}

static inline enum tristate
slow_in_list(struct slow *s, const struct node *n)
{
	const struct values *list = slow_list(s, n->values.first->text);
	const struct author *a = s->occ->post != NULL ? &s->occ->post->author : NULL;
	const struct customer *c = s->occ->customer;
	bool is_author = strcmp(n->field->subject, "author") == 0, is_listed;
	enum tristate r;

	if (is_author ? a == NULL ||
		    (!slice_is_set(a->id) && !slice_is_set(a->handle) && !slice_is_set(a->url))
		      : c == NULL)
		return TRI_UNKNOWN;
	is_listed = is_author ? slow_listed(s, list, a->handle) || slow_listed(s, list, a->id) ||
		slow_listed(s, list, a->url)
			      : slow_listed(s, list, c->id);
	for (size_t i = 0; !is_author && i < c->endpoint_count; i++)
		is_listed |= slow_listed(s, list, c->endpoints[i].address);
	r = slow_tri(is_listed);
	if (!is_listed && s->facts != NULL)
		r = (enum tristate)s->facts->in_list(s->facts->cookie, n->values.first->text,
		    is_author ? TARGET_AUTHOR : TARGET_CUSTOMER, s->occ);
	return n->op == RULE_OP_IS_NOT ? slow_not(r) : r;
}

static inline bool
slow_has(const struct slice_list *l, struct slice s)
{
	for (size_t i = 0; i < l->count; i++)
		if (slice_eq(l->items[i], s))
			return true;
	return false;
}

/* What the customer says, or when segments are judged the conditions of the other one. */
static inline enum tristate
slow_in_segment(struct slow *s, const struct node *n)
{
	const struct customer *c = s->occ->customer;
	struct slice id = n->values.first->text;
	enum tristate r = TRI_UNKNOWN;

	if (s->occ->kind == OCCURRENCE_CUSTOMER)
		r = slow_segment(s, id);
	else if (c != NULL && c->has_segments && !slow_has(&c->unsure_segments, id))
		r = slow_tri(slow_has(&c->segments, id));
	return n->op == RULE_OP_IS_NOT ? slow_not(r) : r;
}

static inline enum tristate
slow_known(struct slow *s, const struct node *n)
{
	struct slice_list list;
	struct field_texts texts;
	int64_t number;
	bool is_known = n->field->type == FIELD_ATTRIBUTE
	    ? n->field->attribute(s->occ, n->attribute, &list)
	    : n->field->number != NULL ? n->field->number(s->occ, &number)
				       : n->field->texts(s->occ, &texts);

	return slow_tri(is_known == (n->op == RULE_OP_KNOWN));
}

static inline enum tristate
slow_condition(struct slow *s, const struct node *n)
{
	enum tristate r;

	if (n->op == RULE_OP_KNOWN || n->op == RULE_OP_UNKNOWN)
		return slow_known(s, n);
	switch (n->field->type) {
	case FIELD_NUMBER:
	case FIELD_DURATION: return slow_number(s, n);
	case FIELD_CHOICE:
	case FIELD_BRAND: return slow_choice(s, n);
	case FIELD_WORD:
	case FIELD_TAGS:
	case FIELD_HANDLE:
	case FIELD_PLAIN: return slow_texts(s, n);
	case FIELD_TEXT: return slow_text(s, n);
	case FIELD_ATTRIBUTE: return slow_attribute(s, n);
	case FIELD_IN_LIST: return slow_in_list(s, n);
	case FIELD_FLAG:
		r = n->field->flag(s->occ);
		return n->op == RULE_OP_IS_NOT ? slow_not(r) : r;
	case FIELD_IN_SEGMENT: return slow_in_segment(s, n);
	case FIELD_ALLOWS:
		r = field_allows(s->occ, n->values.first->text);
		return n->op == RULE_OP_IS_NOT ? slow_not(r) : r;
	case FIELD_TYPE_COUNT: break;
	}
	fail();
	return TRI_UNKNOWN;
}

static inline enum tristate
slow_node(struct slow *s, const struct node *n)
{
	size_t yes = 0, no = 0, unknown = 0;

	if (n->kind == NODE_CONDITION)
		return slow_condition(s, n);
	if (n->kind == NODE_NOT)
		return slow_not(slow_node(s, n->first));
	for (const struct node *c = n->first; c != NULL; c = c->next) {
		enum tristate t = slow_node(s, c);

		yes += t == TRI_YES;
		no += t == TRI_NO;
		unknown += t == TRI_UNKNOWN;
	}
	if (n->kind == NODE_ALL)
		return no > 0 ? TRI_NO : unknown > 0 ? TRI_UNKNOWN : TRI_YES;
	return yes > 0 ? TRI_YES : unknown > 0 ? TRI_UNKNOWN : TRI_NO;
}

/* By the names of its fields. */
static inline bool
slow_asks_about_events(const struct node *n)
{
	if (n == NULL)
		return false;
	if (n->kind == NODE_CONDITION)
		return strncmp(n->field->name, "event", 5) == 0 &&
		    (n->field->name[5] == '\0' || n->field->name[5] == '.');
	for (const struct node *child = n->first; child != NULL; child = child->next)
		if (slow_asks_about_events(child))
			return true;
	return false;
}

static inline enum tristate
slow_segment(struct slow *s, struct slice id)
{
	const struct customer *c = s->occ->customer;

	for (size_t f = 0; f < s->set->file_count; f++)
		for (const struct item *it = s->files[f].first; it != NULL; it = it->next) {
			if (it->kind != ITEM_SEGMENT || !slice_eq(it->id, id))
				continue;
			if (!it->is_imported)
				return slow_node(s, it->when);
			return c == NULL || !c->has_segments ? TRI_UNKNOWN
							     : slow_tri(slow_has(&c->segments, id));
		}
	fail();
	return TRI_UNKNOWN;
}

#endif
