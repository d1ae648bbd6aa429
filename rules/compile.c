#include "rules/engine_internal.h"

#include <assert.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "rules/check_internal.h"
#include "rules/limits_internal.h"
#include "rules/parse_internal.h"
#include "rules/print_internal.h"

#define ACT_WITHIN_DEFAULT_MS (2 * TIME_HOUR_MS)
/* One action or condition in words: a condition may name very many values. */
#define TEXT_MAX RULES_TEXT_MAX
#define SCRATCH_MAX (1024 * 1024)

static const int effects[RULE_OPCODE_COUNT] = {
#define X(name, effect, help) [RULE_OPCODE_##name] = effect,
    RULE_OPCODES(X)
#undef X
};

/* ---- code ---- */

static int
emit(struct compiler *c, enum rule_opcode op, uint32_t arg, bool is_negated)
{
	struct rule_set *s = c->set;
	void *code = s->code;

	if (s->code_count >= UINT32_MAX - 1 ||
	    vector_grow(&code, s->code_count, &s->code_cap, sizeof *s->code) < 0)
		return -1;
	s->code = code;
	s->code[s->code_count++] = (struct instruction){(uint16_t)op, is_negated, arg};
	return 0;
}

static int
add_check(struct compiler *c, enum requirement_kind kind, uint32_t at, uint32_t end)
{
	struct rule_set *s = c->set;
	void *checks = s->checks;

	if (end >= UINT32_C(1) << 30 ||
	    vector_grow(&checks, s->check_count, &s->check_cap, sizeof *s->checks) < 0)
		return -1;
	s->checks = checks;
	s->checks[s->check_count++] =
	    (struct requirement){.at = at, .end = end & 0x3fffffff, .kind = kind & 3u};
	return 0;
}

/* A member of what a program asks; its code was made from `from` on. */
static int
check_member(struct compiler *c, const struct node *n, uint32_t from)
{
	bool is_not = n->kind == NODE_NOT && n->first->kind == NODE_CONDITION;

	if (is_not)
		return add_check(c, REQUIRE_NO, n->first->test, 0);
	return n->kind == NODE_CONDITION
	    ? add_check(c, REQUIRE_YES, n->test, 0)
	    : add_check(c, REQUIRE_CODE, from, (uint32_t)c->set->code_count);
}

static int compile_node(struct compiler *c, struct node *n);

/* a; JUMP end; b; AND; JUMP end; c; AND; end: what is decided is not asked further. */
static int
compile_group(struct compiler *c, const struct node *n)
{
	bool is_all = n->kind == NODE_ALL;
	uint32_t open = UINT32_MAX; /* the jumps to be aimed, linked through their arguments */

	for (struct node *child = n->first; child != NULL; child = child->next) {
		uint32_t from = (uint32_t)c->set->code_count;

		if (compile_node(c, child) < 0 ||
		    (is_all && n == c->root && check_member(c, child, from) < 0))
			return -1;
		if (child != n->first &&
		    emit(c, is_all ? RULE_OPCODE_AND : RULE_OPCODE_OR, 0, false) < 0)
			return -1;
		if (child->next == NULL)
			break;
		if (emit(c, is_all ? RULE_OPCODE_JUMP_FALSE : RULE_OPCODE_JUMP_TRUE, open, false) <
		    0)
			return -1;
		open = (uint32_t)c->set->code_count - 1;
	}
	while (open != UINT32_MAX) {
		uint32_t next = c->set->code[open].arg;

		c->set->code[open].arg = (uint32_t)c->set->code_count;
		open = next;
	}
	return 0;
}

/* Depth is bounded by RULES_DEPTH_MAX. */
static int
compile_node(struct compiler *c, struct node *n)
{
	switch (n->kind) {
	case NODE_ALL:
	case NODE_ANY: return compile_group(c, n);
	case NODE_NOT:
		return compile_node(c, n->first) < 0 ? -1 : emit(c, RULE_OPCODE_NOT, 0, false);
	case NODE_CONDITION:
		if (compile_condition(c, n, &n->test) < 0)
			return -1;
		return emit(
		    c, c->set->tests[n->test].opcode, n->test, c->set->tests[n->test].is_negated);
	}
	return -1;
}

/* The program leaves the stack as it found it and never takes more than there is.  Jumps go forward
 * and meet code at the same depth, so that one pass sees all. */
static bool
stack_is_sound(const struct rule_set *s, const struct program *p)
{
	int depth = 0;

	for (uint32_t i = p->code; i < p->code + p->code_count; i++) {
		enum rule_opcode op = (enum rule_opcode)s->code[i].opcode;

		if ((op == RULE_OPCODE_AND || op == RULE_OPCODE_OR) && depth < 2)
			return false;
		if ((op == RULE_OPCODE_JUMP_FALSE || op == RULE_OPCODE_JUMP_TRUE) &&
		    (s->code[i].arg <= i || s->code[i].arg >= p->code + p->code_count || depth < 1))
			return false;
		depth += effects[op];
		if (depth < 0 || depth > RULE_STACK_MAX)
			return false;
	}
	return depth == 0;
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

static int
compile_actions(struct compiler *c, const struct item *it, struct rule_head *head)
{
	struct action *actions = arena_array(c->set->arena, it->action_count + 1, sizeof *actions);

	if (actions == NULL)
		return -1;
	for (const struct action_node *a = it->then; a != NULL; a = a->next) {
		struct action *to = &actions[head->action_count];

		if (is_done_already(it, a))
			continue;
		buf_clear(c->text);
		print_action(a, c->text);
		*to = a->action;
		to->for_ms = duration_ms(a->for_time);
		to->text = arena_slice_dup(c->set->arena, buf_slice(c->text));
		if (buf_failed(c->text) || !slice_is_set(to->text))
			return -1;
		head->action_count++;
	}
	head->actions = actions;
	return 0;
}

static struct rule_sequence
sequence_of(const struct sequence_node *n)
{
	struct rule_sequence s = n->sequence;

	s.within_ms = duration_ms(n->within);
	return s;
}

static int64_t
moment_ms(const struct compiler *c, const struct item *it, const struct moment *m, int64_t fallback)
{
	int64_t ms = fallback;

	if (!m->is_set)
		return fallback;
	if (c->env->zone_to_utc == NULL)
		return time_days_from_civil(m->year, m->month, m->day) * TIME_DAY_MS +
		    m->hour * TIME_HOUR_MS + m->minute * TIME_MINUTE_MS;
	(void)c->env->zone_to_utc(
	    c->env->cookie, it->zone, m->year, m->month, m->day, m->hour, m->minute, &ms);
	return ms;
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
	return compile_actions(c, it, head);
}

/* ---- programs ---- */

static int
compile_program(struct compiler *c, const struct item *it, const struct rule_head *head,
    enum firing_part part, struct node *root, struct program *p)
{
	*p = (struct program){.head = head,
	    .root = root,
	    .code = (uint32_t)c->set->code_count,
	    .check = (uint32_t)c->set->check_count,
	    .from_ms = moment_ms(c, it, &it->from, INT64_MIN),
	    .until_ms = moment_ms(c, it, &it->until, INT64_MAX),
	    .part = part,
	    .is_off = item_has(it, SLOT_OFF),
	    .sees_events = part == FIRING_RULE && item_sees_events(it)};
	if (root == NULL)
		return 0;
	c->root = root;
	if (compile_node(c, root) < 0 ||
	    (root->kind != NODE_ALL && check_member(c, root, p->code) < 0) ||
	    emit(c, RULE_OPCODE_FIRE, 0, false) < 0)
		return -1;
	p->code_count = (uint32_t)c->set->code_count - p->code;
	p->check_count = (uint32_t)c->set->check_count - p->check;
	assert(stack_is_sound(c->set, p));
	return 0;
}

int
compile_code(struct compiler *c, struct node *root, uint32_t *code_r, uint32_t *count_r)
{
	struct program p = {.code = (uint32_t)c->set->code_count};

	c->root = NULL; /* nothing of it becomes a check */
	if (compile_node(c, root) < 0 || emit(c, RULE_OPCODE_FIRE, 0, false) < 0)
		return -1;
	p.code_count = (uint32_t)c->set->code_count - p.code;
	assert(stack_is_sound(c->set, &p));
	*code_r = p.code;
	*count_r = p.code_count;
	return 0;
}

int
compile_part(struct compiler *c, const struct item *it, const struct rule_head *head,
    enum firing_part part, struct node *root, uint32_t *program_r)
{
	*program_r = (uint32_t)c->set->program_count;
	return compile_program(c, it, head, part, root, &c->set->programs[c->set->program_count++]);
}

int
compile_rule(struct compiler *c, struct compiled_rule *r, struct program *when)
{
	const struct item *it = r->item;

	r->after = r->unless = PROGRAM_NONE;
	if (compile_head(c, it, &r->head) < 0 || compile_guardrails(c, it, &r->head) < 0 ||
	    compile_program(c, it, &r->head, FIRING_RULE, it->when, when) < 0)
		return -1;
	if (it->after.sequence.kind == SEQUENCE_POST &&
	    compile_part(c, it, &r->head, FIRING_AFTER, it->after.where, &r->after) < 0)
		return -1;
	return it->unless.sequence.kind == SEQUENCE_POST
	    ? compile_part(c, it, &r->head, FIRING_UNLESS, it->unless.where, &r->unless)
	    : 0;
}

/* ---- brands and lists for the others ---- */

static int
texts_of(struct arena *a, const struct values *values, struct slice_list *l)
{
	struct slice *items = arena_array(a, values->count + 1, sizeof *items);
	size_t n = 0;

	if (items == NULL)
		return -1;
	for (const struct value *v = values->first; v != NULL; v = v->next)
		items[n++] = v->text;
	*l = (struct slice_list){items, n};
	return 0;
}

static int
compile_brand(struct arena *a, const struct item *it, struct brand *b)
{
	b->id = it->id;
	b->title = it->title;
	return texts_of(a, &it->called, &b->called) < 0 ||
		texts_of(a, &it->but_not, &b->but_not) < 0 ||
		texts_of(a, &it->own_accounts, &b->own_accounts) < 0
	    ? -1
	    : 0;
}

/* A score names brands by their place in this list, so brands are numbered before conditions are
 * compiled. */
static int
compile_names(struct rule_set *s, const size_t counts[ITEM_KIND_COUNT])
{
	struct brand *brands = arena_array(s->arena, counts[ITEM_BRAND] + 1, sizeof *brands);
	struct word_list *lists = arena_array(s->arena, counts[ITEM_LIST] + 1, sizeof *lists);
	size_t b = 0, l = 0;

	if (brands == NULL || lists == NULL)
		return -1;
	for (size_t f = 0; f < s->file_count; f++) {
		for (struct item *it = s->files[f].first; it != NULL; it = it->next) {
			if (it->kind == ITEM_BRAND) {
				it->number = (uint32_t)b;
				if (compile_brand(s->arena, it, &brands[b++]) < 0)
					return -1;
			} else if (it->kind == ITEM_LIST) {
				lists[l].id = it->id;
				lists[l].title = it->title;
				if (texts_of(s->arena, &it->items, &lists[l++].items) < 0)
					return -1;
			}
		}
	}
	s->brands = (struct brand_set){brands, b, lists, l};
	return 0;
}

/* Room for the rules, the watches and all their programs. */
static int
make_room(struct rule_set *s, size_t counts[ITEM_KIND_COUNT])
{
	size_t parts = 0;

	for (size_t f = 0; f < s->file_count; f++) {
		for (const struct item *it = s->files[f].first; it != NULL; it = it->next) {
			counts[it->kind]++;
			parts += compile_part_count(it);
		}
	}
	s->rules = arena_array(s->arena, counts[ITEM_RULE] + 1, sizeof *s->rules);
	s->watches = arena_array(s->arena, counts[ITEM_WATCH] + 1, sizeof *s->watches);
	s->watch_heads = arena_array(s->arena, counts[ITEM_WATCH] + 1, sizeof *s->watch_heads);
	s->programs = arena_array(s->arena, counts[ITEM_RULE] + parts + 2, sizeof *s->programs);
	if (s->programs != NULL)
		s->programs = mem_line(s->programs);
	s->program_count = counts[ITEM_RULE];
	return s->rules == NULL || s->watches == NULL || s->watch_heads == NULL ||
		s->programs == NULL
	    ? -1
	    : 0;
}

static int
compile_item(struct compiler *c, const struct item *it)
{
	struct rule_set *s = c->set;
	size_t i = it->kind == ITEM_RULE ? s->rule_count++ : 0;

	if (it->kind == ITEM_WATCH) {
		i = s->watch_count++;
		s->watches[i].item = it;
		return compile_watch(c, &s->watches[i], &s->watch_heads[i]);
	}
	if (it->kind != ITEM_RULE)
		return 0;
	s->rules[i].item = it;
	return compile_rule(c, &s->rules[i], &s->programs[i]) < 0
	    ? -1
	    : map_put(s->rule_ids, it->id, (void *)(uintptr_t)s->rule_count);
}

/* What rules remember is asked for by their ids: these are brought close to each other. */
static int
gather_ids(struct rule_set *s)
{
	size_t size = 0;
	char *at;

	for (size_t i = 0; i < s->rule_count; i++)
		size += s->rules[i].head.id.len;
	at = arena_alloc(s->arena, size + 1);
	if (at == NULL)
		return -1;
	for (size_t i = 0; i < s->rule_count; i++) {
		struct slice *id = &s->rules[i].head.id;

		memcpy(at, id->ptr, id->len);
		id->ptr = at;
		at += id->len;
	}
	return 0;
}

static int
compile_set(struct rule_set *s, const struct rule_env *env, struct map *const ids[ITEM_KIND_COUNT])
{
	struct buf text;
	struct compiler c = {.set = s, .env = env, .ids = ids, .text = &text};
	size_t counts[ITEM_KIND_COUNT] = {0};
	int rc = -1;

	buf_init(&text, TEXT_MAX);
	c.list_sets = map_new(0, RULES_COUNT_MAX * 8, NULL);
	c.scratch = arena_new(SCRATCH_MAX);
	c.tests = map_new(0, UINT32_MAX, NULL);
	if (c.list_sets == NULL || c.tests == NULL || c.scratch == NULL ||
	    words_init(&s->words) < 0 || phrases_init(&s->phrases) < 0)
		goto out;
	s->domain_count = 1;
	s->rule_ids = map_new(0, RULES_COUNT_MAX + 1, NULL);
	if (s->rule_ids == NULL || make_room(s, counts) < 0 || compile_names(s, counts) < 0 ||
	    compile_segment_names(s, counts[ITEM_SEGMENT]) < 0 || compile_segments(&c) < 0)
		goto out;
	for (size_t f = 0; f < s->file_count; f++)
		for (const struct item *it = s->files[f].first; it != NULL; it = it->next)
			if (compile_item(&c, it) < 0)
				goto out;
	if (gather_ids(s) < 0 || phrases_finish(&s->phrases, &s->words) < 0 ||
	    words_finish(&s->words) < 0 || index_build(s) < 0)
		goto out;
	rc = 0;
out:
	buf_fini(&text);
	map_free(c.list_sets);
	map_free(c.tests);
	arena_free(c.scratch);
	return rc;
}

/* ---- reading ---- */

static size_t
first_bad_byte(struct slice text)
{
	size_t i = 0;

	while (i < text.len) {
		size_t len = 1;

		while (len < 4 && i + len < text.len &&
		    ((unsigned char)text.ptr[i + len] & 0xC0) == 0x80)
			len++;
		if (!utf8_is_valid(slice_make(text.ptr + i, len)))
			return i;
		i += len;
	}
	return i;
}

/* Copies the text without a byte order mark.  Returns false when it cannot be read (reported, or no
 * memory). */
static bool
take_text(struct rule_set *s, const struct rule_source *source, struct finding_sink *sink,
    bool *has_no_memory_r)
{
	struct slice text = source->text;

	if (slice_starts_with(text, "\xef\xbb\xbf"))
		text = slice_make(text.ptr + 3, text.len - 3);
	sink->file = arena_strdup(s->arena, source->file);
	sink->text =
	    slice_make(arena_strndup(s->arena, text.len > 0 ? text.ptr : "", text.len), text.len);
	if (sink->file == NULL || sink->text.ptr == NULL) {
		*has_no_memory_r = true;
		return false;
	}
	if (utf8_is_valid(sink->text))
		return true;
	size_t at = first_bad_byte(sink->text);
	bool is_nul = at < text.len && text.ptr[at] == '\0';

	sink->text = utf8_repair(s->arena, sink->text, NULL);
	if (!slice_is_set(sink->text)) {
		*has_no_memory_r = true;
		return false;
	}
	finding_add(sink, FINDING_NOT_UTF8, (struct range){(uint32_t)at, 3},
	    is_nul ? "is this a text file? open it in an editor and save it as UTF-8 text"
		   : "save the file as UTF-8 (in the editor: 'Save with encoding')",
	    is_nul ? "the file holds a NUL byte, so it is not a text" : "this is not UTF-8 text");
	return false;
}

static int
read_files(
    struct rule_set *s, const struct rule_source *sources, size_t count, struct diag_list *diags)
{
	struct finding_sink *sinks = arena_array(s->arena, count + 1, sizeof *sinks);
	bool has_no_memory = false;

	s->files = arena_array(s->arena, count + 1, sizeof *s->files);
	if (sinks == NULL || s->files == NULL)
		return -1;
	s->file_count = count;
	for (size_t i = 0; i < count; i++) {
		sinks[i].diags = diags;
		if (take_text(s, &sources[i], &sinks[i], &has_no_memory)) {
			if (parse_file(&sinks[i], s->arena, &s->files[i]) < 0)
				return -1;
		} else {
			s->files[i] = (struct rules_file){.sink = sinks[i], .is_incomplete = true};
		}
		if (has_no_memory)
			return -1;
	}
	return 0;
}

static bool
is_too_large(const struct rule_source *sources, size_t count, struct diag_list *diags)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++) {
		total += sources[i].text.len;
		if (total > RULES_TEXT_MAX || sources[i].text.len > RULES_TEXT_MAX) {
			diag_add_file(diags, DIAG_ERROR, finding_info(FINDING_LIMIT)->code,
			    sources[i].file, "split what is in it, or move words into lists",
			    "the rules files are over %u MB together",
			    RULES_TEXT_MAX / 1024 / 1024);
			return true;
		}
	}
	return false;
}

int
rule_set_compile(const struct rule_source *sources, size_t count, int64_t version,
    const struct rule_env *env, struct diag_list *diags, struct rule_set **set_r, struct err *err)
{
	size_t errors = diag_count(diags, DIAG_ERROR);
	struct map *ids[ITEM_KIND_COUNT] = {NULL};
	struct rule_set *s = NULL;
	int rc = -1;

	assert(env != NULL && env->tokenise != NULL);
	if (is_too_large(sources, count, diags))
		return 1;
	s = mem_zalloc(sizeof *s);
	if (s == NULL || (s->arena = arena_new(RULES_ARENA_MAX)) == NULL)
		goto no_memory;
	atomic_init(&s->refs, 1);
	s->version = version;
	if (read_files(s, sources, count, diags) < 0)
		goto no_memory;
	if (check_files(s->files, s->file_count, env, diags, ids, err) < 0)
		goto out;
	if (diag_count(diags, DIAG_ERROR) > errors) {
		rc = 1;
		goto out;
	}
	if (compile_set(s, env, ids) < 0)
		goto no_memory;
	*set_r = s;
	s = NULL; /* the caller's now */
	rc = 0;
	goto out;
no_memory:
	err_set(err, ERR_NOMEM, "no memory for the rules");
out:
	for (int k = 0; k < ITEM_KIND_COUNT; k++)
		map_free(ids[k]);
	rule_set_unref(s);
	return rc;
}
