/*
 * read.c - the one place where evaluating reads a field: from the occurrence, or from what an
 * example gives instead (`where author.followers is 20k`).
 */
#include "rules/engine_internal.h"

#include "core/arena.h"
#include "core/buf.h"
#include "rules/print_internal.h"

/* ---- what an example gives ---- */

static bool
is_about(const struct node *n, const struct field *f, struct slice attribute)
{
	return n->field == f && slice_eq(n->attribute, attribute);
}

static const struct node *
given_for(const struct evaluation *e, const struct field *f, struct slice attribute)
{
	for (const struct node *n = e->given; n != NULL; n = n->next)
		if (is_about(n, f, attribute))
			return n;
	return NULL;
}

/* `author is in list staff`: lists and channels are given one by one. */
static const struct node *
given_name(const struct evaluation *e, const struct field *f, struct slice name)
{
	for (const struct node *n = e->given; n != NULL; n = n->next)
		if (n->field == f && slice_eq_nocase(n->values.first->text, name))
			return n;
	return NULL;
}

static enum tristate
given_truth(const struct node *n)
{
	return n->op == RULE_OP_IS_NOT ? TRI_NO : TRI_YES;
}

static struct slice
value_text(struct evaluation *e, const struct value *v)
{
	char text[64];
	struct slice s = v->text;

	if (v->kind == VALUE_NUMBER) {
		print_number_text(v->number_milli, text, sizeof text);
		s = slice_of(arena_strdup(e->arena, text));
	}
	e->has_no_memory |= !slice_is_set(s);
	return s;
}

/* All values given for it, of as many conditions as there are. */
static bool
given_texts(struct evaluation *e, const struct node *first, struct slice_list *r)
{
	struct slice *items;
	size_t n = 0;

	if (first->op == RULE_OP_UNKNOWN)
		return false;
	for (const struct node *g = first; g != NULL; g = g->next)
		if (is_about(g, first->field, first->attribute))
			n += g->values.count;
	items = arena_array(e->arena, n + 1, sizeof *items);
	if (items == NULL) {
		e->has_no_memory = true;
		return false;
	}
	n = 0;
	for (const struct node *g = first; g != NULL; g = g->next)
		for (const struct value *v = g->values.first;
		     v != NULL && is_about(g, first->field, first->attribute); v = v->next)
			items[n++] = value_text(e, v);
	*r = (struct slice_list){items, n};
	return true;
}

/* ---- reading ---- */

bool
evaluation_number(struct evaluation *e, const struct field *f, int64_t *value_r)
{
	const struct node *g = e->given == NULL ? NULL : given_for(e, f, SLICE_NONE);
	const struct value *v;

	if (g == NULL)
		return f->number(e->occ, value_r);
	if (g->op == RULE_OP_UNKNOWN)
		return false;
	v = g->values.first;
	*value_r = v->kind == VALUE_NUMBER ? v->number_milli : duration_ms(v->duration);
	return true;
}

bool
evaluation_choice(struct evaluation *e, const struct field *f, uint32_t *mask_r)
{
	const struct node *g = e->given == NULL ? NULL : given_for(e, f, SLICE_NONE);

	if (g == NULL)
		return f->choice(e->occ, mask_r);
	*mask_r = 0;
	for (; g != NULL; g = g->next)
		for (const struct value *v = g->values.first; v != NULL && g->field == f;
		     v = v->next)
			*mask_r |= UINT32_C(1) << field_choice(f, v->text);
	return true;
}

bool
evaluation_texts(struct evaluation *e, const struct field *f, struct field_texts *t_r)
{
	const struct node *g = e->given == NULL ? NULL : given_for(e, f, SLICE_NONE);
	struct slice_list l;

	if (g == NULL)
		return f->texts(e->occ, t_r);
	return given_texts(e, g, &l) && field_many_texts(&l, t_r);
}

enum tristate
evaluation_flag(struct evaluation *e, const struct field *f)
{
	const struct node *g = e->given == NULL ? NULL : given_for(e, f, SLICE_NONE);

	return g == NULL ? f->flag(e->occ) : given_truth(g);
}

bool
evaluation_attribute(struct evaluation *e, const struct test *t, struct slice_list *values_r)
{
	struct slice name = test_words_of(e->set, t)->name;
	const struct node *g = e->given == NULL ? NULL : given_for(e, t->field, name);

	return g == NULL ? t->field->attribute(e->occ, name, values_r)
			 : given_texts(e, g, values_r);
}

enum tristate
evaluation_allows(struct evaluation *e, const struct test *t)
{
	struct slice channel = test_words_of(e->set, t)->name;
	const struct node *g = e->given == NULL ? NULL : given_name(e, t->field, channel);

	return g == NULL ? field_allows(e->occ, channel) : given_truth(g);
}

bool
evaluation_given_list(const struct evaluation *e, const struct test *t, enum tristate *t_r)
{
	const struct node *g =
	    e->given == NULL ? NULL : given_name(e, t->field, test_words_of(e->set, t)->name);

	if (g == NULL)
		return false;
	*t_r = given_truth(g);
	return true;
}

bool
evaluation_brands(struct evaluation *e, const struct field *f, struct slice_list *given_r)
{
	const struct node *g = e->given == NULL ? NULL : given_for(e, f, SLICE_NONE);

	return g != NULL && given_texts(e, g, given_r);
}
