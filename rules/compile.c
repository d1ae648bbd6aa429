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
add_asked(struct compiler *c, enum node_kind kind, uint32_t *at_r)
{
	struct rule_set *s = c->set;
	void *asked = s->asked;

	if (s->asked_count >= ASKED_MAX - 1 ||
	    vector_grow(&asked, s->asked_count, &s->asked_cap, sizeof *s->asked) < 0)
		return -1;
	s->asked = asked;
	*at_r = (uint32_t)s->asked_count;
	s->asked[s->asked_count++] = (struct asked){.kind = kind & 3u};
	return 0;
}

static int compile_node(struct compiler *c, const struct node *n, uint32_t *asked_r);

/* a; JUMP end; b; AND; JUMP end; c; AND; end: what is decided is not asked further. */
static int
compile_group(struct compiler *c, const struct node *n)
{
	bool is_all = n->kind == NODE_ALL;
	uint32_t open = UINT32_MAX; /* the jumps to be aimed, linked through their arguments */

	for (const struct node *child = n->first; child != NULL; child = child->next) {
		uint32_t asked;

		if (compile_node(c, child, &asked) < 0)
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

static int
compile_not(struct compiler *c, const struct node *n)
{
	uint32_t asked;

	return compile_node(c, n->first, &asked) < 0 ? -1 : emit(c, RULE_OPCODE_NOT, 0, false);
}

/* Depth is bounded by RULES_DEPTH_MAX. */
static int
compile_node(struct compiler *c, const struct node *n, uint32_t *asked_r)
{
	uint32_t test;

	if (add_asked(c, n->kind, asked_r) < 0)
		return -1;
	if (n->kind == NODE_CONDITION) {
		if (compile_condition(c, n, &test) < 0)
			return -1;
		c->set->asked[*asked_r].arg = test & (ASKED_MAX - 1);
		return emit(c, c->set->tests[test].opcode, test, c->set->tests[test].is_negated);
	}
	if ((n->kind == NODE_NOT ? compile_not(c, n) : compile_group(c, n)) < 0)
		return -1;
	c->set->asked[*asked_r].arg = (uint32_t)c->set->asked_count & (ASKED_MAX - 1);
	return 0;
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
	return compile_keep(c, &head->id) < 0 || compile_keep(c, &head->title) < 0 ||
		compile_keep(c, &head->after.template_id) < 0 ||
		compile_keep(c, &head->unless.template_id) < 0
	    ? -1
	    : compile_actions(c, it, head);
}

/* ---- programs ---- */

static int
compile_program(struct compiler *c, const struct item *it, const struct rule_head *head,
    enum firing_part part, const struct node *root, struct program *p)
{
	*p = (struct program){.head = head,
	    .root = ASKED_NONE,
	    .code = (uint32_t)c->set->code_count,
	    .from_ms = moment_ms(c, it, &it->from, INT64_MIN),
	    .until_ms = moment_ms(c, it, &it->until, INT64_MAX),
	    .part = part,
	    .is_off = item_has(it, SLOT_OFF),
	    .sees_events = part == FIRING_RULE && item_sees_events(it)};
	if (root == NULL)
		return 0;
	if (compile_node(c, root, &p->root) < 0 || emit(c, RULE_OPCODE_FIRE, 0, false) < 0)
		return -1;
	p->code_count = (uint32_t)c->set->code_count - p->code;
	assert(stack_is_sound(c->set, p));
	return 0;
}

int
compile_code(struct compiler *c, const struct node *root, struct compiled_segment *g)
{
	struct program p = {.code = (uint32_t)c->set->code_count};

	if (compile_node(c, root, &g->root) < 0 || emit(c, RULE_OPCODE_FIRE, 0, false) < 0)
		return -1;
	p.code_count = (uint32_t)c->set->code_count - p.code;
	assert(stack_is_sound(c->set, &p));
	g->code = p.code;
	g->code_count = p.code_count;
	return 0;
}

int
compile_part(struct compiler *c, const struct item *it, const struct rule_head *head,
    enum firing_part part, const struct node *root, uint32_t *program_r)
{
	*program_r = (uint32_t)c->set->program_count;
	return compile_program(c, it, head, part, root, &c->set->programs[c->set->program_count++]);
}

static int
compile_examples(struct compiler *c, const struct item *it, struct compiled_rule *r)
{
	struct slice *texts;

	if (it->example_count == 0)
		return 0;
	texts = arena_array(c->set->arena, it->example_count, sizeof *texts);
	if (texts == NULL)
		return -1;
	for (const struct example_node *e = it->examples; e != NULL; e = e->next) {
		texts[r->example_count] = e->text;
		if (compile_keep(c, &texts[r->example_count++]) < 0)
			return -1;
	}
	r->examples = texts;
	return 0;
}

int
compile_rule(
    struct compiler *c, const struct item *it, struct compiled_rule *r, struct program *when)
{
	r->place = compile_place(c, it);
	r->after = r->unless = PROGRAM_NONE;
	if (compile_head(c, it, &r->head) < 0 || compile_examples(c, it, r) < 0 ||
	    compile_guardrails(c, it, &r->head) < 0 ||
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
texts_of(struct compiler *c, const struct values *values, struct slice_list *l)
{
	struct slice *items = arena_array(c->set->arena, values->count + 1, sizeof *items);
	size_t n = 0;

	if (items == NULL)
		return -1;
	for (const struct value *v = values->first; v != NULL; v = v->next) {
		items[n] = v->text;
		if (compile_keep(c, &items[n++]) < 0)
			return -1;
	}
	*l = (struct slice_list){items, n};
	return 0;
}

static int
compile_brand(struct compiler *c, const struct item *it, struct brand *b)
{
	b->id = it->id;
	b->title = it->title;
	return compile_keep(c, &b->id) < 0 || compile_keep(c, &b->title) < 0 ||
		texts_of(c, &it->called, &b->called) < 0 ||
		texts_of(c, &it->but_not, &b->but_not) < 0 ||
		texts_of(c, &it->own_accounts, &b->own_accounts) < 0
	    ? -1
	    : 0;
}

static int
compile_list(struct compiler *c, const struct item *it, struct word_list *l)
{
	l->id = it->id;
	l->title = it->title;
	return compile_keep(c, &l->id) < 0 || compile_keep(c, &l->title) < 0
	    ? -1
	    : texts_of(c, &it->items, &l->items);
}

/* A score names brands by their place in this list, so brands are numbered before conditions are
 * compiled. */
static int
compile_names(struct compiler *c, const size_t counts[ITEM_KIND_COUNT])
{
	struct rule_set *s = c->set;
	struct brand *brands = arena_array(s->arena, counts[ITEM_BRAND] + 1, sizeof *brands);
	struct word_list *lists = arena_array(s->arena, counts[ITEM_LIST] + 1, sizeof *lists);
	size_t b = 0, l = 0;

	if (brands == NULL || lists == NULL)
		return -1;
	for (size_t f = 0; f < s->file_count; f++) {
		c->from = &s->files[f];
		for (struct item *it = c->files[f].first; it != NULL; it = it->next) {
			if (it->kind == ITEM_BRAND) {
				it->number = (uint32_t)b;
				if (compile_brand(c, it, &brands[b++]) < 0)
					return -1;
			} else if (it->kind == ITEM_LIST) {
				if (compile_list(c, it, &lists[l++]) < 0)
					return -1;
			}
		}
	}
	s->brands = (struct brand_set){brands, b, lists, l};
	return 0;
}

/* Room for the rules, the watches and all their programs. */
static int
make_room(struct compiler *c, size_t counts[ITEM_KIND_COUNT])
{
	struct rule_set *s = c->set;
	size_t parts = 0;

	for (size_t f = 0; f < s->file_count; f++) {
		for (const struct item *it = c->files[f].first; it != NULL; it = it->next) {
			counts[it->kind]++;
			parts += compile_part_count(it);
		}
	}
	s->rules = arena_array(s->arena, counts[ITEM_RULE] + 1, sizeof *s->rules);
	s->watches = arena_array(s->arena, counts[ITEM_WATCH] + 1, sizeof *s->watches);
	s->watch_heads = arena_array(s->arena, counts[ITEM_WATCH] + 1, sizeof *s->watch_heads);
	s->programs = arena_array(s->arena, counts[ITEM_RULE] + parts + 1, sizeof *s->programs);
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
		return compile_watch(c, it, &s->watches[i], &s->watch_heads[i]);
	}
	if (it->kind != ITEM_RULE)
		return 0;
	return compile_rule(c, it, &s->rules[i], &s->programs[i]);
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
by_id(const void *a, const void *b, void *rules)
{
	const struct compiled_rule *list = rules;

	return slice_cmp(list[*(const uint32_t *)a].head.id, list[*(const uint32_t *)b].head.id);
}

static int
order_ids(struct rule_set *s)
{
	s->rules_by_id = arena_array(s->arena, s->rule_count + 1, sizeof *s->rules_by_id);
	if (s->rules_by_id == NULL)
		return -1;
	for (size_t i = 0; i < s->rule_count; i++)
		s->rules_by_id[i] = (uint32_t)i;
	qsort_r(s->rules_by_id, s->rule_count, sizeof *s->rules_by_id, by_id, s->rules);
	return 0;
}

#define TRIM(items, count)                                                                         \
	do {                                                                                       \
		void *p = (items);                                                                 \
		rc |= vector_trim(&p, (count), sizeof *(items));                                   \
		(items) = p;                                                                       \
	} while (0)

/* Vectors grow by doubling; what nobody will fill goes back. */
static int
trim(struct rule_set *s)
{
	int rc = 0;

	TRIM(s->code, s->code_count);
	TRIM(s->asked, s->asked_count);
	TRIM(s->tests, s->test_count);
	TRIM(s->test_words, s->test_count);
	TRIM(s->sets, s->set_count);
	TRIM(s->words.texts, s->words.count);
	TRIM(s->phrases.list, s->phrases.count);
	TRIM(s->phrases.tokens, s->phrases.token_count);
	TRIM(s->index.clusters, s->index.cluster_count);
	return rc;
}

/* What is only there while compiling. */
struct forest {
	struct arena *arena;
	struct rules_file *files;
	struct map *ids[ITEM_KIND_COUNT];
};

static int
compile_set(struct rule_set *s, struct forest *trees, const struct rule_env *env)
{
	struct buf text;
	struct compiler c = {.set = s,
	    .files = trees->files,
	    .trees = trees->arena,
	    .env = env,
	    .ids = trees->ids,
	    .text = &text};
	size_t counts[ITEM_KIND_COUNT] = {0};
	int rc = -1;

	buf_init(&text, TEXT_MAX);
	c.list_sets = map_new(0, RULES_COUNT_MAX * 8, NULL);
	c.scratch = arena_new(SCRATCH_MAX);
	c.tests = map_new(0, UINT32_MAX, NULL);
	c.actions = map_new(0, UINT32_MAX, NULL);
	if (c.list_sets == NULL || c.tests == NULL || c.actions == NULL || c.scratch == NULL ||
	    words_init(&s->words) < 0 || phrases_init(&s->phrases) < 0)
		goto out;
	s->domain_count = 1;
	if (make_room(&c, counts) < 0 || compile_names(&c, counts) < 0 ||
	    compile_segment_names(&c, counts[ITEM_SEGMENT]) < 0 || compile_segments(&c) < 0)
		goto out;
	for (size_t f = 0; f < s->file_count; f++) {
		c.from = &s->files[f];
		for (const struct item *it = c.files[f].first; it != NULL; it = it->next)
			if (compile_item(&c, it) < 0)
				goto out;
	}
	if (gather_ids(s) < 0 || order_ids(s) < 0 || phrases_finish(&s->phrases, &s->words) < 0 ||
	    words_finish(&s->words) < 0 || index_build(s) < 0 || trim(s) < 0)
		goto out;
	rc = 0;
out:
	buf_fini(&text);
	map_free(c.list_sets);
	map_free(c.tests);
	map_free(c.actions);
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
read_files(struct rule_set *s, struct forest *trees, const struct rule_source *sources,
    size_t count, struct diag_list *diags)
{
	bool has_no_memory = false;

	s->files = arena_array(s->arena, count + 1, sizeof *s->files);
	trees->files = arena_array(trees->arena, count + 1, sizeof *trees->files);
	if (s->files == NULL || trees->files == NULL)
		return -1;
	s->file_count = count;
	for (size_t i = 0; i < count; i++) {
		s->files[i].diags = diags;
		if (take_text(s, &sources[i], &s->files[i], &has_no_memory)) {
			if (parse_file(&s->files[i], trees->arena, &trees->files[i]) < 0)
				return -1;
		} else {
			trees->files[i] =
			    (struct rules_file){.sink = s->files[i], .is_incomplete = true};
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
	struct forest trees = {0};
	struct rule_set *s = NULL;
	int rc = -1;

	assert(env != NULL && env->tokenise != NULL);
	if (is_too_large(sources, count, diags))
		return 1;
	s = mem_zalloc(sizeof *s);
	trees.arena = arena_new(RULES_ARENA_MAX);
	if (s == NULL || trees.arena == NULL || (s->arena = arena_new(RULES_ARENA_MAX)) == NULL)
		goto no_memory;
	atomic_init(&s->refs, 1);
	s->version = version;
	if (read_files(s, &trees, sources, count, diags) < 0)
		goto no_memory;
	if (check_files(trees.files, s->file_count, env, diags, trees.ids, err) < 0)
		goto out;
	if (diag_count(diags, DIAG_ERROR) > errors) {
		rc = 1;
		goto out;
	}
	if (compile_set(s, &trees, env) < 0)
		goto no_memory;
	for (size_t i = 0; i < count; i++)
		s->files[i].diags = NULL; /* the caller's, and gone one day */
	*set_r = s;
	s = NULL; /* the caller's now */
	rc = 0;
	goto out;
no_memory:
	err_set(err, ERR_NOMEM, "no memory for the rules");
out:
	for (int k = 0; k < ITEM_KIND_COUNT; k++)
		map_free(trees.ids[k]);
	arena_free(trees.arena);
	rule_set_unref(s);
	return rc;
}
