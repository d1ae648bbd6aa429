#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/diag.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "nlp/nlp.h"
#include "rules/rules.h"

#include "daemon/bundle.h"
#include "daemon/config.h"
#include "daemon/lines.h"
#include "daemon/snapshot.h"
#include "daemon/verb.h"

#define SCORE_ARENA_BYTES (64u * 1024 * 1024)
#define SCORE_OUT_BYTES (64u * 1024 * 1024)

struct scoring {
	struct verb_call *call;
	bool is_text, explain;
	struct slice lang;
	struct lexicon_set *lexicon;
	struct snapshot *snapshot; /* for the brands; NULL: none */
	const char **brand_names;
	struct scorer *scorer;
	struct arena *arena;
	struct buf out;
	uint64_t lines; /* answered so far */
	uint64_t bad;
};

static void
put_error(struct scoring *s, struct slice id, uint64_t line, const char *why)
{
	struct json_writer w;

	json_writer_init(&w, &s->out);
	json_object_begin(&w);
	if (slice_is_set(id))
		json_kv_str(&w, "id", id);
	json_kv_i64(&w, "line", (int64_t)line);
	json_kv_cstr(&w, "error", why);
	json_object_end(&w);
	buf_add_char(&s->out, '\n');
	s->bad++;
}

static int
score_text(
    struct scoring *s, const struct json *id, struct slice text, struct slice hint, uint64_t line)
{
	struct score score;
	struct json_writer w;
	struct err err = {ERR_NONE, ""};

	if (text.len > POST_TEXT_MAX)
		text = utf8_prefix(text, POST_TEXT_MAX);
	if (nlp_score(s->scorer, s->lexicon, s->snapshot == NULL ? NULL : s->snapshot->matcher,
		text, slice_is_set(s->lang) ? s->lang : hint, s->arena, &score, &err) < 0) {
		put_error(s, json_str(id), line, err.text);
		return 0;
	}
	json_writer_init(&w, &s->out);
	json_object_begin(&w);
	if (id != NULL) {
		json_key(&w, "id");
		json_put_value(&w, id);
	}
	score_to_json(&score, s->brand_names, s->explain, text, &w);
	json_object_end(&w);
	buf_add_char(&s->out, '\n');
	return buf_failed(&s->out) ? -1 : 0;
}

static int
score_json_line(struct scoring *s, const struct ndjson_line *line)
{
	struct json_doc *doc = NULL;
	struct err err = {ERR_NONE, ""};
	const struct json *root, *id;
	struct slice text;
	char why[200];
	int rc = 0;

	if (json_parse(line->text, &doc, NULL, &err) < 0) {
		put_error(s, SLICE_NONE, line->number, err.text);
		return 0;
	}
	root = json_root(doc);
	id = json_get(root, "id");
	text = json_get_str(root, "text");
	if (json_type(root) != JSON_OBJECT) {
		snprintf(why, sizeof why, "expected an object with \"text\", got %s",
		    json_type_name(json_type(root)));
		put_error(s, SLICE_NONE, line->number, why);
	} else if (!slice_is_set(text)) {
		enum json_type t = json_type(json_get(root, "text"));

		if (t == JSON_ABSENT)
			snprintf(why, sizeof why, "\"text\" is missing");
		else
			snprintf(why, sizeof why, "\"text\" is %s, expected a string",
			    json_type_name(t));
		put_error(s, json_str(id), line->number, why);
	} else {
		rc = score_text(s, id, text, json_get_str(root, "lang"), line->number);
	}
	json_doc_free(doc);
	return rc;
}

/* One line out for each line in, blank ones included. */
static int
score_line(struct scoring *s, const struct ndjson_line *line)
{
	char why[120];
	struct slice text;

	while (s->lines + 1 < line->number)
		put_error(s, SLICE_NONE, ++s->lines, "the line is empty");
	s->lines = line->number;
	if (line->is_too_long) {
		snprintf(why, sizeof why, "the line has %llu bytes; %d are the most",
		    (unsigned long long)line->length, POST_JSON_MAX);
		put_error(s, SLICE_NONE, line->number, why);
		return 0;
	}
	arena_reset(s->arena);
	if (!s->is_text)
		return score_json_line(s, line);
	text = utf8_repair(s->arena, line->text, NULL);
	if (!slice_is_set(text)) {
		put_error(s, SLICE_NONE, line->number, "no memory for the line");
		return 0;
	}
	return score_text(s, NULL, text, SLICE_NONE, line->number);
}

static int
flush_out(struct scoring *s, struct err *err)
{
	size_t len = s->out.len;

	if (len > 0 && fwrite(s->out.ptr, 1, len, stdout) != len)
		return err_set(err, ERR_IO, "cannot write the output: %s", strerror(errno));
	buf_clear(&s->out);
	return 0;
}

static int
on_line(void *cookie, const struct ndjson_line *line, struct err *err)
{
	struct scoring *s = cookie;

	if (score_line(s, line) < 0)
		return err_set(err, ERR_NOMEM, "no memory for the output");
	return s->out.len > 256 * 1024 ? flush_out(s, err) : 0;
}

static int
on_pause(void *cookie, struct err *err)
{
	int rc = flush_out(cookie, err);

	fflush(stdout);
	return rc;
}

static int
score_file(struct scoring *s, const char *path, struct err *err)
{
	uint64_t count = 0;

	s->lines = 0;
	if (lines_read_file(path, on_line, on_pause, s, &count, err) < 0)
		return -1;
	while (s->lines < count) /* blank ones at the end */
		put_error(s, SLICE_NONE, ++s->lines, "the line is empty");
	return flush_out(s, err);
}

/* Brands come from the configured rules folder; without a configuration there are none. */
static int
load_brands(struct scoring *s, struct config *config, struct diag_list *diags, struct err *err)
{
	const struct brand_set *brands;
	struct arena *a = arena_new(256u * 1024 * 1024);
	struct bundle b;
	int rc = -1;

	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	if (bundle_read(config->rules_dir, NULL, 0, config->templates_dir, a, diags, &b, err) == 0)
		rc = snapshot_compile(&b, config, s->lexicon, 0, diags, &s->snapshot, err);
	arena_free(a);
	if (rc != 0)
		return rc;
	brands = rule_set_brands(s->snapshot->rules);
	s->brand_names = mem_array(brands->brand_count + 1, sizeof *s->brand_names);
	if (s->brand_names == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	for (size_t i = 0; i < brands->brand_count; i++)
		s->brand_names[i] = brands->brands[i].title.ptr;
	return 0;
}

static int
prepare(struct scoring *s, struct err *err)
{
	struct diag_list *diags = diag_list_new();
	struct config *config = NULL;
	const char *path = verb_config_path(s->call);
	int rc = 0;

	if (diags == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	if (path != NULL)
		rc = config_load(path, diags, &config, err);
	if (rc == 0)
		rc = snapshot_lexicon(
		    config == NULL ? NULL : config->vocabulary_dir, diags, &s->lexicon, err);
	if (rc == 0 && config != NULL)
		rc = load_brands(s, config, diags, err);
	if (diag_count(diags, DIAG_ERROR) > 0) {
		verb_print_diags(s->call, diags);
		rc = 1;
	}
	config_unref(config);
	diag_list_free(diags);
	return rc;
}

static int
run(struct verb_call *call)
{
	struct scoring s = {0};
	struct err err = {ERR_NONE, ""};
	int rc, code = EXIT_CANNOT;

	s.call = call;
	s.is_text = verb_flag(call, "--text") != NULL;
	s.explain = verb_flag(call, "--explain") != NULL;
	s.lang = slice_of(verb_flag(call, "--lang"));
	s.scorer = scorer_new();
	s.arena = arena_new(SCORE_ARENA_BYTES);
	buf_init(&s.out, SCORE_OUT_BYTES);
	if (s.scorer == NULL || s.arena == NULL) {
		err_set(&err, ERR_NOMEM, "no memory");
		rc = -1;
	} else {
		rc = prepare(&s, &err);
	}
	if (rc == 1) {
		code = EXIT_FOUND;
		goto out;
	}
	if (rc == 0 && call->arg_count == 0)
		rc = score_file(&s, "-", &err);
	for (size_t i = 0; rc == 0 && i < call->arg_count; i++)
		rc = score_file(&s, call->args[i], &err);
	code = rc < 0 ? verb_cannot(call, &err) : s.bad > 0 ? EXIT_FOUND : EXIT_DONE;
out:
	buf_fini(&s.out);
	mem_free(s.brand_names);
	snapshot_unref(s.snapshot);
	lexicon_set_unref(s.lexicon);
	scorer_free(s.scorer);
	arena_free(s.arena);
	return code;
}

static const struct flag flags[] = {
    {"--text", NULL, NULL, "lines of plain text instead of posts", false},
    {"--lang", NULL, "L", "the language, when you know it: en", false},
    {"--explain", NULL, NULL, "with the words and weights that made the score", false},
    {0},
};

const struct verb verb_score = {
    "score",
    "[--lang L] [--explain] [--text] [FILE...]",
    "score posts: NDJSON in, scored NDJSON out",
    "Reads standard input or the files and writes one line for each line it reads, in order, with "
    "its id; a line that\n"
    "cannot be scored gives {\"error\":...} (and exit code 1 at the end).",
    "  echo 'Worst coffee ever :(' | earshot score --text --explain",
    flags,
    run,
};
