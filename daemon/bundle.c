#include "daemon/bundle.h"

#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "platform/crypto.h"
#include "platform/file.h"

#define BUNDLE_FILES_MAX 10000
#define BUNDLE_FILE_BYTES_MAX (16 * 1024 * 1024)
#define TEMPLATE_FILE_BYTES_MAX (256 * 1024)

struct reader {
	struct arena *arena;
	struct diag_list *diags;
	struct bundle *bundle;
	size_t rule_cap, template_cap;
};

static void *
grow(struct arena *a, void *items, size_t count, size_t *cap, size_t size)
{
	size_t more = *cap == 0 ? 16 : *cap * 2;
	void *bigger;

	if (count < *cap)
		return items;
	bigger = arena_array(a, more, size);
	if (bigger == NULL)
		return NULL;
	if (count > 0)
		memcpy(bigger, items, count * size);
	*cap = more;
	return bigger;
}

/* Reads one file into the arena; what cannot be read is a finding (returns 1). */
static int
read_text(
    struct reader *r, const char *path, size_t max_bytes, struct slice *text_r, struct err *err)
{
	struct buf text;
	struct err why = {ERR_NONE, ""};
	int rc = -1;

	buf_init(&text, max_bytes + 1);
	if (file_read(path, max_bytes, &text, &why) < 0) {
		diag_add_file(r->diags, DIAG_ERROR, "R091", path, NULL, "%s", why.text);
		rc = 1;
		goto out;
	}
	*text_r = arena_slice_dup(r->arena, buf_slice(&text));
	if (text.len == 0)
		*text_r = slice_of("");
	if (!slice_is_set(*text_r)) {
		err_set(err, ERR_NOMEM, "no memory for '%s'", path);
		goto out;
	}
	rc = 0;
out:
	buf_fini(&text);
	return rc;
}

static int
add_rule_file(struct reader *r, const char *path, struct err *err)
{
	struct bundle *b = r->bundle;
	struct slice text;
	int rc;

	rc = read_text(r, path, BUNDLE_FILE_BYTES_MAX, &text, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	b->rules = grow(r->arena, b->rules, b->rule_count, &r->rule_cap, sizeof *b->rules);
	if (b->rules == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the rules");
	b->rules[b->rule_count].file = arena_strdup(r->arena, path);
	b->rules[b->rule_count].text = text;
	b->rule_count++;
	return 0;
}

static int
add_rule_folder(struct reader *r, const char *dir, struct err *err)
{
	const char *const *names;
	size_t count;

	if (file_list(dir, BUNDLE_FILES_MAX, r->arena, &names, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (names[i][0] == '.' || !slice_ends_with(slice_of(names[i]), ".rules"))
			continue;
		if (add_rule_file(r, file_join(r->arena, dir, names[i]), err) < 0)
			return -1;
	}
	return 0;
}

static int
add_template(struct reader *r, const char *dir, const char *id, struct err *err)
{
	struct bundle *b = r->bundle;
	const char *folder = file_join(r->arena, dir, id);
	const char *const *names;
	size_t count;

	if (file_list(folder, 64, r->arena, &names, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *path = file_join(r->arena, folder, names[i]);
		struct template_file *f;
		struct slice text;
		int rc;

		if (names[i][0] == '.' || names[i][strlen(names[i]) - 1] == '~')
			continue;
		rc = read_text(r, path, TEMPLATE_FILE_BYTES_MAX, &text, err);
		if (rc < 0)
			return -1;
		if (rc == 1)
			continue;
		b->templates = grow(r->arena, b->templates, b->template_count, &r->template_cap,
		    sizeof *b->templates);
		if (b->templates == NULL)
			return err_set(err, ERR_NOMEM, "no memory for the templates");
		f = &b->templates[b->template_count++];
		f->template_id = slice_of(id);
		f->name = slice_of(names[i]);
		f->file = path;
		f->text = text;
	}
	return 0;
}

int
bundle_read(const char *rules_dir, const char *const *paths, size_t path_count,
    const char *templates_dir, struct arena *a, struct diag_list *diags, struct bundle *b_r,
    struct err *err)
{
	struct reader r = {a, diags, b_r, 0, 0};
	const char *const *names;
	size_t count;

	memset(b_r, 0, sizeof *b_r);
	for (size_t i = 0; i < path_count; i++) {
		int rc = file_is_dir(paths[i]) ? add_rule_folder(&r, paths[i], err)
					       : add_rule_file(&r, paths[i], err);

		if (rc < 0)
			return -1;
	}
	if (path_count == 0 && rules_dir != NULL && file_is_dir(rules_dir) &&
	    add_rule_folder(&r, rules_dir, err) < 0)
		return -1;
	if (templates_dir == NULL || !file_is_dir(templates_dir))
		return 0;
	if (file_list(templates_dir, BUNDLE_FILES_MAX, a, &names, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (names[i][0] != '.' && file_is_dir(file_join(a, templates_dir, names[i])) &&
		    add_template(&r, templates_dir, names[i], err) < 0)
			return -1;
	return 0;
}

void
bundle_print(const struct bundle *b, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	json_key(&w, "rules");
	json_object_begin(&w);
	for (size_t i = 0; i < b->rule_count; i++) {
		json_key(&w, b->rules[i].file);
		json_put_str(&w, b->rules[i].text);
	}
	json_object_end(&w);
	json_key(&w, "templates");
	json_object_begin(&w);
	for (size_t i = 0; i < b->template_count; i++) {
		const struct template_file *f = &b->templates[i];

		if (i == 0 || !slice_eq(f->template_id, f[-1].template_id)) {
			if (i > 0)
				json_object_end(&w);
			json_key_slice(&w, f->template_id);
			json_object_begin(&w);
		}
		json_key_slice(&w, f->name);
		json_put_str(&w, f->text);
	}
	if (b->template_count > 0)
		json_object_end(&w);
	json_object_end(&w);
	json_object_end(&w);
}

/* Whatever is not understood would be missing afterwards, and with it rules that are live. */
static int
check_shape(const struct json *root, struct err *err)
{
	const struct json *part, *one;
	struct slice name, id;
	size_t pos = 0;

	if (json_type(root) != JSON_OBJECT)
		return err_set(err, ERR_INPUT, "a bundle must be an object");
	while ((part = json_next(root, &pos, &name)) != NULL) {
		bool is_templates = slice_eq_str(name, "templates");
		size_t inner = 0;

		if (!is_templates && !slice_eq_str(name, "rules"))
			return err_set(err, ERR_INPUT,
			    "a bundle has \"rules\" and \"templates\", not \"%.*s\"",
			    SLICE_ARG(name));
		if (json_type(part) != JSON_OBJECT)
			return err_set(err, ERR_INPUT,
			    is_templates ? "\"templates\" must map ids to files"
					 : "\"rules\" must map file names to texts");
		while (is_templates && (one = json_next(part, &inner, &id)) != NULL)
			if (json_type(one) != JSON_OBJECT)
				return err_set(err, ERR_INPUT,
				    "the template '%.*s' must map file names to texts",
				    SLICE_ARG(id));
	}
	return 0;
}

static size_t
count_template_files(const struct json *templates)
{
	const struct json *one;
	struct slice id;
	size_t pos = 0, n = 0;

	while ((one = json_next(templates, &pos, &id)) != NULL)
		n += json_count(one);
	return n;
}

static int
parse_templates(const struct json *templates, struct arena *a, struct bundle *b, struct err *err)
{
	const struct json *one, *text;
	struct slice id, name;
	size_t pos = 0;

	while ((one = json_next(templates, &pos, &id)) != NULL) {
		size_t inner = 0;

		while ((text = json_next(one, &inner, &name)) != NULL) {
			struct template_file *f = &b->templates[b->template_count++];

			if (!slice_is_set(json_str(text)))
				return err_set(
				    err, ERR_INPUT, "a template's file must be a string");
			f->template_id = arena_slice_dup(a, id);
			f->name = arena_slice_dup(a, name);
			f->text = arena_slice_dup(a, json_str(text));
			f->file =
			    arena_printf(a, "templates/%.*s/%.*s", SLICE_ARG(id), SLICE_ARG(name));
			if (f->file == NULL || !slice_is_set(f->text))
				return err_set(err, ERR_NOMEM, "no memory for the templates");
		}
	}
	return 0;
}

int
bundle_parse(struct slice text, struct arena *a, struct bundle *b_r, struct err *err)
{
	struct json_doc *doc = NULL;
	const struct json *rules, *templates, *one;
	struct slice name;
	size_t pos = 0;
	int rc = -1;

	memset(b_r, 0, sizeof *b_r);
	if (json_parse(text, &doc, NULL, err) < 0)
		return -1;
	if (check_shape(json_root(doc), err) < 0)
		goto out;
	rules = json_get(json_root(doc), "rules");
	templates = json_get(json_root(doc), "templates");
	b_r->rules = arena_array(a, json_count(rules) + 1, sizeof *b_r->rules);
	b_r->templates =
	    arena_array(a, count_template_files(templates) + 1, sizeof *b_r->templates);
	if (b_r->rules == NULL || b_r->templates == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the rules");
		goto out;
	}
	while ((one = json_next(rules, &pos, &name)) != NULL) {
		struct rule_source *s = &b_r->rules[b_r->rule_count++];

		if (!slice_is_set(json_str(one))) {
			err_set(err, ERR_INPUT, "\"rules\" must map file names to texts");
			goto out;
		}
		s->file = arena_strndup(a, name.ptr, name.len);
		s->text = arena_slice_dup(a, json_str(one));
		if (s->file == NULL || !slice_is_set(s->text)) {
			err_set(err, ERR_NOMEM, "no memory for the rules");
			goto out;
		}
	}
	rc = parse_templates(templates, a, b_r, err);
out:
	json_doc_free(doc);
	return rc;
}

void
bundle_hash(const struct bundle *b, char out[65])
{
	uint8_t sum[CRYPTO_SHA256_BYTES], all[2 * CRYPTO_SHA256_BYTES] = {0};

	/* A chain: sum(i) = H(sum(i-1), kind, template, name, text). */
	for (size_t i = 0; i < b->rule_count + b->template_count; i++) {
		struct slice parts[5] = {slice_make((const char *)all, CRYPTO_SHA256_BYTES)};

		if (i < b->rule_count) {
			const char *base = strrchr(b->rules[i].file, '/');

			parts[1] = slice_of("rules");
			parts[2] = slice_of("");
			parts[3] = slice_of(base == NULL ? b->rules[i].file : base + 1);
			parts[4] = b->rules[i].text;
		} else {
			const struct template_file *f = &b->templates[i - b->rule_count];

			parts[1] = slice_of("templates");
			parts[2] = f->template_id;
			parts[3] = f->name;
			parts[4] = f->text;
		}
		crypto_sha256_parts(parts, 5, sum);
		memcpy(all, sum, sizeof sum);
	}
	crypto_hex(all, CRYPTO_SHA256_BYTES, out);
}
