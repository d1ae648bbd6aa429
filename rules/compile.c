/*
 * compile.c - from files to a rule set: read, checked, numbered, compiled item by item, indexed.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "rules/check_internal.h"
#include "rules/limits_internal.h"
#include "rules/parse_internal.h"

/* One action or condition in words: a condition may name very many values. */
#define TEXT_MAX RULES_TEXT_MAX
#define SCRATCH_MAX (1024 * 1024)

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
	void *rules;

	for (size_t f = 0; f < s->file_count; f++) {
		for (const struct item *it = c->files[f].first; it != NULL; it = it->next) {
			counts[it->kind]++;
			parts += compile_part_count(it);
		}
	}
	rules = arena_array(s->arena, counts[ITEM_RULE] + 1, sizeof *s->rules);
	s->rules = rules == NULL ? NULL : mem_line(rules);
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
