/*
 * compile_watch.c - a watch of the tree: two programs that say which posts count, and the tests of
 * its crowd.
 */
#include "rules/engine_internal.h"

#include "rules/crowd_internal.h"

#include "core/arena.h"
#include "core/buf.h"
#include "core/map.h"
#include "rules/limits_internal.h"
#include "rules/print_internal.h"

size_t
compile_part_count(const struct item *it)
{
	if (it->kind == ITEM_WATCH)
		return 2;
	return it->kind == ITEM_RULE ? (size_t)(it->after.sequence.kind == SEQUENCE_POST) +
		(size_t)(it->unless.sequence.kind == SEQUENCE_POST)
				     : 0;
}

static int
compile_crowd_test(struct compiler *c, const struct crowd_node *n, struct crowd_test *t)
{
	t->is = *n;
	t->is.notes = NULL;
	t->is.next = NULL;
	t->within_ms = duration_ms(n->within);
	buf_clear(c->text);
	print_crowd_name(n, c->text);
	t->name_len = c->text->len;
	buf_clear(c->text);
	print_crowd_test(n, c->text);
	t->shown = arena_slice_dup(c->set->arena, buf_slice(c->text));
	return buf_failed(c->text) || !slice_is_set(t->shown) ? -1 : 0;
}

/* How far back its posts are needed; buckets the usual is learned from are over for some time. */
static int64_t
reach_of(const struct crowd_test *t)
{
	const struct crowd_node *n = &t->is;
	int64_t bucket_ms = n->measure == CROWD_AUTHORS ? t->within_ms : CROWD_BUCKET_MS;
	int64_t learn_ms = bucket_ms + CROWD_LAG_MS + CROWD_LATE_MS + CROWD_SPARE_MS;

	if (n->is_times_usual && learn_ms > t->within_ms)
		return learn_ms;
	return n->measure == CROWD_SHARE ? t->within_ms + CROWD_SPARE_MS : t->within_ms;
}

static int
compile_crowd(
    struct compiler *c, const struct item *it, struct compiled_watch *w, struct watch_head *head)
{
	struct crowd_test *tests = arena_array(c->set->arena, it->crowd_count + 1, sizeof *tests);

	if (tests == NULL)
		return -1;
	for (const struct crowd_node *n = it->crowd; n != NULL; n = n->next) {
		struct crowd_test *t = &tests[w->test_count++];

		if (compile_crowd_test(c, n, t) < 0)
			return -1;
		head->has_base |= n->measure == CROWD_SHARE;
		if (reach_of(t) > head->widest_ms)
			head->widest_ms = reach_of(t);
	}
	w->tests = tests;
	return 0;
}

/* Conditions without their comments.  Depth is bounded by RULES_DEPTH_MAX. */
static void
print_bare(const struct node *n, struct buf *out)
{
	if (n->kind == NODE_CONDITION) {
		print_condition(n, out);
	} else {
		buf_addf(out, "(%d", (int)n->kind);
		for (const struct node *child = n->first; child != NULL; child = child->next)
			print_bare(child, out);
		buf_add_char(out, ')');
	}
	buf_add_char(out, '\n');
}

static int
compile_subject(struct compiler *c, const struct item *it, struct compiled_watch *w)
{
	buf_clear(c->text);
	print_bare(it->over, c->text);
	if (it->out_of != NULL)
		print_bare(it->out_of, c->text);
	w->subject = hash_bytes(0, buf_slice(c->text));
	return buf_failed(c->text) ? -1 : 0;
}

int
compile_watch(
    struct compiler *c, const struct item *it, struct compiled_watch *w, struct watch_head *head)
{
	w->place = compile_place(c, it);
	head->quiet_ms = item_has(it, SLOT_QUIET) ? duration_ms(it->quiet) : RULES_QUIET_DEFAULT_MS;
	w->out_of = PROGRAM_NONE;
	if (compile_head(c, it, &head->rule) < 0 || compile_crowd(c, it, w, head) < 0 ||
	    compile_subject(c, it, w) < 0 ||
	    compile_part(c, it, &head->rule, FIRING_WATCHED, it->over, &w->over) < 0)
		return -1;
	return head->has_base
	    ? compile_part(c, it, &head->rule, FIRING_BASE, it->out_of, &w->out_of)
	    : 0;
}
