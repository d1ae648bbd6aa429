/*
 * compile_head.c - what actions and people need of a rule or watch: its head, what it does, and the
 * texts of both, which outlive the trees they were read into.
 */
#include "rules/engine_internal.h"

#include "core/arena.h"
#include "core/buf.h"
#include "core/map.h"
#include "core/timefmt.h"
#include "rules/print_internal.h"

#define ACT_WITHIN_DEFAULT_MS (2 * TIME_HOUR_MS)

/* ---- what outlives the trees ---- */

int
compile_keep(struct compiler *c, struct slice *s)
{
	struct slice text = c->from->text;

	if (!slice_is_set(*s) ||
	    ((uintptr_t)s->ptr >= (uintptr_t)text.ptr &&
		(uintptr_t)s->ptr + s->len <= (uintptr_t)text.ptr + text.len))
		return 0;
	*s = arena_slice_dup(c->set->arena, *s);
	return slice_is_set(*s) ? 0 : -1;
}

struct item_place
compile_place(const struct compiler *c, const struct item *it)
{
	return (struct item_place){(uint32_t)(it->sink - c->set->files), it->whole};
}

/* ---- heads ---- */

static bool
is_done_already(const struct item *it, const struct action_node *a)
{
	for (const struct action_node *b = it->then; b != a; b = b->next)
		if (action_same(a, b))
			return true;
	return false;
}

struct action_list {
	const struct action *items;
	size_t count;
};

static int
compile_action(struct compiler *c, const struct action_node *a, struct action *to)
{
	struct slice *const texts[] = {&to->template_id, &to->channel, &to->team, &to->queue,
	    &to->name, &to->value, &to->offer};

	*to = a->action;
	to->for_ms = duration_ms(a->for_time);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (compile_keep(c, texts[i]) < 0)
			return -1;
	buf_clear(c->text);
	print_action(a, c->text);
	to->text = arena_slice_dup(c->set->arena, buf_slice(c->text));
	return buf_failed(c->text) || !slice_is_set(to->text) ? -1 : 0;
}

static int
new_actions(struct compiler *c, const struct item *it, struct action_list *l)
{
	struct action *actions = arena_array(c->set->arena, it->action_count, sizeof *actions);

	if (actions == NULL)
		return -1;
	for (const struct action_node *a = it->then; a != NULL; a = a->next) {
		if (is_done_already(it, a))
			continue;
		if (compile_action(c, a, &actions[l->count++]) < 0)
			return -1;
	}
	l->items = actions;
	return 0;
}

/* Many rules do the same: what reads the same is kept once. */
static int
compile_actions(struct compiler *c, const struct item *it, struct rule_head *head)
{
	struct action_list *l;
	struct slice key;

	buf_clear(c->text);
	for (const struct action_node *a = it->then; a != NULL; a = a->next) {
		print_action(a, c->text);
		buf_add_char(c->text, '\n');
	}
	key = arena_slice_dup(c->trees, buf_slice(c->text));
	if (buf_failed(c->text) || !slice_is_set(key))
		return -1;
	l = map_get(c->actions, key);
	if (l == NULL) {
		l = ARENA_NEW(c->trees, struct action_list);
		if (l == NULL || new_actions(c, it, l) < 0 || map_put(c->actions, key, l) < 0)
			return -1;
	}
	head->actions = l->items;
	head->action_count = l->count;
	return 0;
}

static struct rule_sequence
sequence_of(const struct sequence_node *n)
{
	struct rule_sequence s = n->sequence;

	s.within_ms = duration_ms(n->within);
	return s;
}

int
compile_head(struct compiler *c, const struct item *it, struct rule_head *head)
{
	head->id = it->id;
	head->title = it->title;
	head->version = c->set->version;
	head->priority = it->priority;
	head->is_shadow = item_has(it, SLOT_SHADOW);
	head->act_within_ms =
	    item_has(it, SLOT_ACT_WITHIN) ? duration_ms(it->act_within) : ACT_WITHIN_DEFAULT_MS;
	head->acts_on_reposts = item_has(it, SLOT_REPOSTS);
	head->sees_events = item_sees_events(it);
	head->cooldown_ms = duration_ms(it->cooldown);
	head->cooldown_scope = it->scope;
	head->after = sequence_of(&it->after);
	head->unless = sequence_of(&it->unless);
	head->id_hash = hash_own(head->id);
	return compile_keep(c, &head->id) < 0 || compile_keep(c, &head->title) < 0 ||
		compile_keep(c, &head->after.template_id) < 0 ||
		compile_keep(c, &head->unless.template_id) < 0
	    ? -1
	    : compile_actions(c, it, head);
}
