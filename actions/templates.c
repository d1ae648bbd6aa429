/*
 * templates.c - a set of templates: folders to compiled parts, and one message's parts out of them.
 *
 * T009 not valid UTF-8           T013 a part over its limit
 * T010 no template.yaml          T014 a template without parts
 * T011 purpose missing, unknown  T015 a folder name that is no id
 * T012 a file that is no part    T016 unknown key in template.yaml
 * T001..T008: template_parse.c, template_expr.c
 */
#include "actions/templates.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "core/yaml.h"

#include "actions/templates_internal.h"

/* What rendering one message may use besides its output: texts that helpers make. */
#define RENDER_ARENA_MAX (8u << 20)
#define TEMPLATE_ID_MAX 64

const char *const template_part_names[PART_COUNT + 1] = {
    [PART_SUBJECT] = "subject",
    [PART_TITLE] = "title",
    [PART_TEXT] = "text",
    [PART_HTML] = "html",
    [PART_SMS] = "sms",
    [PART_PUSH] = "push",
    [PART_REPLY] = "reply",
    [PART_COUNT] = NULL,
};

struct template
{
	const char *id;
	enum purpose purpose;
	bool has_part[PART_COUNT];
	const struct template_node *parts[PART_COUNT];
	bool uses_offer;
};

struct template_set {
	atomic_int refs;
	struct arena *arena;
	struct template *templates; /* by id */
	const char **ids;
	size_t count;
};

/* While compiling. */
struct compile {
	struct template_set *set;
	struct diag_list *diags;
	size_t error_count;
};

#define FINDING(c, code, file, text, start, len, help, ...)                                        \
	do {                                                                                       \
		(c)->error_count++;                                                                \
		diag_add((c)->diags, DIAG_ERROR, code, file, text, start, len, help, __VA_ARGS__); \
	} while (0)
#define FINDING_FILE(c, code, file, help, ...)                                                     \
	do {                                                                                       \
		(c)->error_count++;                                                                \
		diag_add_file((c)->diags, DIAG_ERROR, code, file, help, __VA_ARGS__);              \
	} while (0)

static int
compare_files(const void *a, const void *b)
{
	const struct template_file *const *x = a, *const *y = b;
	int order = slice_cmp((*x)->template_id, (*y)->template_id);

	return order != 0 ? order : slice_cmp((*x)->name, (*y)->name);
}

/* --- template.yaml -------------------------------------------------------------------------------
 */

/* "purpos: service" is a finding of its own. */
static bool
has_slip(const struct yaml_node *root, const char *key)
{
	for (size_t i = 0; i < root->count; i++)
		if (diag_nearest(root->items[i].key, &key, 1) != NULL)
			return true;
	return false;
}

static void
read_purpose(struct compile *c, const struct template_file *f, const struct yaml_node *root,
    struct template *t)
{
	static const char *const purposes[] = {"service", "marketing"};
	const char *help = "service: what the customer's own matter needs; marketing: everything "
			   "else";
	const struct yaml_node *node = yaml_get(root, "purpose");

	if (node == NULL) {
		if (!has_slip(root, "purpose"))
			FINDING_FILE(
			    c, "T011", f->file, help, "the template does not say its purpose");
		return;
	}
	if (node->type == YAML_SCALAR && slice_eq_str(node->scalar, purposes[0]))
		t->purpose = PURPOSE_SERVICE;
	else if (node->type == YAML_SCALAR && slice_eq_str(node->scalar, purposes[1]))
		t->purpose = PURPOSE_MARKETING;
	else
		FINDING(c, "T011", f->file, f->text, node->start, node->len, help,
		    "the purpose is 'service' or 'marketing'");
}

static void
check_keys(struct compile *c, const struct template_file *f, const struct yaml_node *root)
{
	static const char *const keys[] = {"purpose", "description"};

	for (size_t i = 0; i < root->count; i++) {
		const struct yaml_node *n = &root->items[i];
		const char *nearest;
		char help[64];

		if (slice_eq_str(n->key, keys[0]) || slice_eq_str(n->key, keys[1]))
			continue;
		nearest = diag_nearest(n->key, keys, 2);
		snprintf(help, sizeof help, "did you mean '%s'?", nearest != NULL ? nearest : "");
		FINDING(c, "T016", f->file, f->text, n->key_start, n->key_len,
		    nearest != NULL ? help : "a template has 'purpose' and 'description'",
		    "there is no setting called '%.*s'", SLICE_ARG(n->key));
	}
}

static void
read_yaml(struct compile *c, const struct template_file *f, struct template *t)
{
	size_t before = diag_count(c->diags, DIAG_ERROR);
	struct yaml_doc *doc = yaml_parse(f->file, f->text, c->diags);
	const struct yaml_node *root;

	c->error_count += diag_count(c->diags, DIAG_ERROR) - before;
	if (doc == NULL)
		return;
	root = yaml_root(doc);
	if (root->type == YAML_MAP) {
		check_keys(c, f, root);
		read_purpose(c, f, root, t);
	} else {
		FINDING(c, "T011", f->file, f->text, root->start, root->len,
		    "write 'purpose: service' or 'purpose: marketing'",
		    "template.yaml is not a list of settings");
	}
	yaml_doc_free(doc);
}

/* --- parts ---------------------------------------------------------------------------------------
 */

static int
part_find(struct slice file_name)
{
	if (!slice_ends_with(file_name, ".hbs"))
		return -1;
	for (int i = 0; i < PART_COUNT; i++)
		if (slice_eq_str(
			slice_make(file_name.ptr, file_name.len - 4), template_part_names[i]))
			return i;
	return -1;
}

static void
finding_unknown_file(struct compile *c, const struct template_file *f)
{
	static const char *const known[] = {"template.yaml", "subject.hbs", "title.hbs", "text.hbs",
	    "html.hbs", "sms.hbs", "push.hbs", "reply.hbs"};
	const char *nearest = diag_nearest(f->name, known, sizeof known / sizeof known[0]);
	char help[160];

	if (nearest != NULL)
		snprintf(help, sizeof help, "did you mean '%s'?", nearest);
	else
		snprintf(help, sizeof help,
		    "a template has template.yaml and subject, title, text, html, sms, push or "
		    "reply with .hbs");
	FINDING_FILE(
	    c, "T012", f->file, help, "'%.*s' is no part of a template", SLICE_ARG(f->name));
}

static int
compile_part(struct compile *c, const struct template_file *f, enum template_part part,
    struct template *t, struct err *err)
{
	struct template_parse parse = {.file = f->file, .is_html = part == PART_HTML};
	struct template_node *list = NULL;
	int rc;

	if (f->text.len > TEMPLATE_SOURCE_MAX) {
		FINDING_FILE(c, "T013", f->file, NULL, "the part has %zu bytes, more than %d",
		    f->text.len, TEMPLATE_SOURCE_MAX);
		return 0;
	}
	if (!utf8_is_valid(f->text)) {
		c->error_count++;
		diag_add(c->diags, DIAG_ERROR, "T009", f->file, f->text, utf8_valid_prefix(f->text),
		    1, "save the file as UTF-8", "the part is not valid UTF-8 text from here on");
		return 0;
	}
	parse.text =
	    slice_is_set(f->text) ? arena_slice_dup(c->set->arena, f->text) : SLICE_LIT("");
	parse.diags = c->diags;
	parse.arena = c->set->arena;
	rc = slice_is_set(parse.text) ? template_parse(&parse, &list) : -1;
	if (rc < 0)
		return err_set(err, arena_is_full(c->set->arena) ? ERR_LIMIT : ERR_NOMEM,
		    "no memory for template '%s'", t->id);
	c->error_count += rc == 1;
	t->parts[part] = list;
	t->has_part[part] = true;
	t->uses_offer = t->uses_offer || parse.uses_offer;
	return 0;
}

static bool
is_template_id(struct slice id)
{
	if (id.len == 0 || id.len > TEMPLATE_ID_MAX)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		char ch = id.ptr[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
			(ch >= '0' && ch <= '9') || ((ch == '-' || ch == '_') && i > 0)))
			return false;
	}
	return true;
}

/* files: those of one folder, sorted by name. */
static int
compile_template(struct compile *c, const struct template_file *const *files, size_t count,
    struct template *t, struct err *err)
{
	bool has_yaml = false;
	size_t parts = 0, before = c->error_count;

	for (size_t i = 0; i < count; i++) {
		int part = part_find(files[i]->name);

		if (slice_eq_str(files[i]->name, "template.yaml")) {
			has_yaml = true;
			read_yaml(c, files[i], t);
		} else if (part < 0) {
			finding_unknown_file(c, files[i]);
		} else {
			parts++;
			if (compile_part(c, files[i], (enum template_part)part, t, err) < 0)
				return -1;
		}
	}
	if (!is_template_id(files[0]->template_id))
		FINDING_FILE(c, "T015", files[0]->file,
		    "use letters, digits, '-' and '_', at most 64",
		    "'%.*s' cannot be a template's name", SLICE_ARG(files[0]->template_id));
	if (!has_yaml)
		FINDING_FILE(c, "T010", files[0]->file,
		    "add template.yaml with 'purpose: service' or 'purpose: marketing'",
		    "template '%s' has no template.yaml", t->id);
	if (parts == 0 && before == c->error_count)
		FINDING_FILE(c, "T014", files[0]->file, "add for example text.hbs",
		    "template '%s' has no parts", t->id);
	return 0;
}

static size_t
group_end(const struct template_file *const *files, size_t count, size_t from)
{
	size_t to = from + 1;

	while (to < count && slice_eq(files[to]->template_id, files[from]->template_id))
		to++;
	return to;
}

static struct template_set *
set_new(size_t max_templates)
{
	struct template_set *set = mem_zalloc(sizeof *set);

	if (set == NULL)
		return NULL;
	atomic_init(&set->refs, 1);
	set->arena = arena_new(TEMPLATE_ARENA_MAX);
	if (set->arena != NULL) {
		set->templates = arena_array(set->arena, max_templates, sizeof *set->templates);
		set->ids = arena_array(set->arena, max_templates, sizeof *set->ids);
	}
	if (set->templates == NULL || set->ids == NULL) {
		template_set_unref(set);
		return NULL;
	}
	return set;
}

int
template_set_compile(const struct template_file *files, size_t count, struct diag_list *diags,
    struct template_set **set_r, struct err *err)
{
	struct compile c = {.diags = diags};
	const struct template_file **sorted = NULL;
	int rc = -1;

	sorted = mem_array(count + 1, sizeof *sorted);
	c.set = set_new(count + 1);
	if (sorted == NULL || c.set == NULL) {
		err_set(err, ERR_NOMEM, "no memory for %zu template files", count);
		goto out;
	}
	for (size_t i = 0; i < count; i++)
		sorted[i] = &files[i];
	qsort(sorted, count, sizeof *sorted, compare_files);
	for (size_t i = 0; i < count;) {
		size_t end = group_end(sorted, count, i);
		struct template *t = &c.set->templates[c.set->count];

		if (c.set->count >= TEMPLATE_COUNT_MAX) {
			FINDING_FILE(
			    &c, "T013", NULL, NULL, "more than %d templates", TEMPLATE_COUNT_MAX);
			break;
		}
		t->purpose = PURPOSE_MARKETING;
		t->id = arena_strndup(
		    c.set->arena, sorted[i]->template_id.ptr, sorted[i]->template_id.len);
		if (t->id == NULL) {
			err_set(err, ERR_NOMEM, "no memory for the templates");
			goto out;
		}
		c.set->ids[c.set->count++] = t->id;
		if (compile_template(&c, sorted + i, end - i, t, err) < 0)
			goto out;
		i = end;
	}
	rc = 1;
	if (c.error_count > 0)
		goto out;
	*set_r = c.set;
	c.set = NULL;
	rc = 0;
out:
	mem_free(sorted);
	template_set_unref(c.set);
	return rc;
}

struct template_set *
template_set_ref(struct template_set *s)
{
	assert(s != NULL);
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void
template_set_unref(struct template_set *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	arena_free(s->arena);
	mem_free(s);
}

/* --- questions -----------------------------------------------------------------------------------
 */

static const struct template *
find(const struct template_set *s, struct slice id)
{
	size_t from = 0, to = s->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = slice_cmp(id, slice_of(s->ids[middle]));

		if (order == 0)
			return &s->templates[middle];
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return NULL;
}

bool
template_exists(const struct template_set *s, struct slice id, const char **nearest_r)
{
	if (find(s, id) != NULL)
		return true;
	if (nearest_r != NULL)
		*nearest_r = diag_nearest(id, s->ids, s->count);
	return false;
}

/* Of a template that is not there: marketing, which asks for more consent. */
enum purpose
template_purpose(const struct template_set *s, struct slice id)
{
	const struct template *t = find(s, id);

	return t != NULL ? t->purpose : PURPOSE_MARKETING;
}

bool
template_has_part(const struct template_set *s, struct slice id, const char *part)
{
	const struct template *t = find(s, id);

	for (int i = 0; t != NULL && i < PART_COUNT; i++)
		if (t->has_part[i] && strcmp(part, template_part_names[i]) == 0)
			return true;
	return false;
}

bool
template_uses_offer(const struct template_set *s, struct slice id)
{
	const struct template *t = find(s, id);

	return t != NULL && t->uses_offer;
}

size_t
template_count(const struct template_set *s)
{
	return s->count;
}

const char *
template_id_at(const struct template_set *s, size_t i)
{
	assert(i < s->count);
	return s->ids[i];
}

/* --- rendering -----------------------------------------------------------------------------------
 */

static int
render_parts(const struct template *t, struct template_context *c, struct buf *part,
    struct json_writer *w, struct err *err)
{
	for (int i = 0; i < PART_COUNT; i++) {
		if (!t->has_part[i])
			continue;
		buf_clear(part);
		if (template_render_part(t->parts[i], (enum template_part)i, c, part) < 0 &&
		    c->is_over)
			return err_set(err, ERR_LIMIT,
			    "template '%s': %s.hbs grows over %d bytes or repeats too often", t->id,
			    template_part_names[i], TEMPLATE_OUTPUT_MAX);
		if (c->no_memory)
			return err_set(err, arena_is_full(c->arena) ? ERR_LIMIT : ERR_NOMEM,
			    "no memory to render template '%s'", t->id);
		json_kv_str(w, template_part_names[i], slice_make(buf_str(part), part->len));
	}
	return 0;
}

int
template_render(const struct template_set *s, struct slice id, const struct template_values *v,
    struct arena *a, struct buf *out, struct err *err)
{
	const struct template *t = find(s, id);
	struct template_context c = {.values = v};
	struct json_writer w;
	struct buf part;
	int rc = -1;

	(void)a; /* what helpers make dies here; a shared arena would fill up over a batch */
	buf_init(&part, TEMPLATE_OUTPUT_MAX);
	if (t == NULL)
		return err_set(err, ERR_NOT_FOUND, "there is no template '%.*s'", SLICE_ARG(id));
	c.arena = arena_new(RENDER_ARENA_MAX);
	if (c.arena == NULL) {
		err_set(err, ERR_NOMEM, "no memory to render template '%s'", t->id);
		goto out;
	}
	json_writer_init(&w, out);
	json_object_begin(&w);
	if (render_parts(t, &c, &part, &w, err) < 0)
		goto out;
	json_object_end(&w);
	if (buf_failed(out)) {
		/* a buf does not say which it was: with room for one more part, escaped at six
		 * bytes each, it was not its ceiling */
		if (out->max - out->len > 6 * TEMPLATE_OUTPUT_MAX + 64)
			err_set(err, ERR_NOMEM, "no memory to render template '%s'", t->id);
		else
			err_set(err, ERR_LIMIT, "template '%s' makes a message that is too large",
			    t->id);
		goto out;
	}
	rc = 0;
out:
	buf_fini(&part);
	arena_free(c.arena);
	return rc;
}
