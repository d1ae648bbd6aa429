#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/diag.h"
#include "core/json.h"
#include "core/utf8.h"
#include "nlp/language.h"
#include "nlp/nlp.h"
#include "platform/file.h"

#include "daemon/lines.h"
#include "daemon/snapshot.h"
#include "daemon/verb.h"
#include "daemon/verb_score.h"

#define SCORE_ARENA_BYTES (64u * 1024 * 1024)
#define SCORE_OUT_BYTES (64u * 1024 * 1024)

struct scoring {
	struct verb_call *call;
	bool is_text, explain;
	bool is_readable; /* explained for people, not as JSON */
	bool has_block; /* something was told already */
	struct slice lang;
	struct score_home home;
	struct scorer *scorer;
	struct arena *arena;
	struct buf out;
	const char
	    *file; /* the one being read when there are several, which errors name; else NULL */
	uint64_t lines; /* answered so far */
	uint64_t bad;
};

/* What people read is divided by blank lines. */
static void
begin_block(struct scoring *s)
{
	if (s->has_block)
		buf_add_char(&s->out, '\n');
	s->has_block = true;
}

/* Strings, as far as a terminal stands them, and numbers; others are no names that people give. */
static void
put_readable_id(struct scoring *s, const struct json *id)
{
	enum json_type type = json_type(id);
	struct json_writer w;

	if (type != JSON_STRING && type != JSON_NUMBER)
		return;
	buf_add_str(&s->out, "post      ");
	if (type == JSON_STRING) {
		diag_add_visible(&s->out, json_str(id));
	} else {
		json_writer_init(&w, &s->out);
		json_put_value(&w, id);
	}
	buf_add_char(&s->out, '\n');
}

static void
put_id(struct json_writer *w, const struct json *id)
{
	if (id == NULL)
		return;
	json_key(w, "id");
	json_put_value(w, id);
}

/* id: NULL: none was read. */
static void
put_error(struct scoring *s, const struct json *id, uint64_t line, const char *why)
{
	struct json_writer w;

	s->bad++;
	if (s->is_readable) {
		begin_block(s);
		put_readable_id(s, id);
		if (s->file != NULL) {
			diag_add_visible(&s->out, slice_of(s->file));
			buf_add_char(&s->out, ' ');
		}
		buf_addf(&s->out, "line %llu: %s\n", (unsigned long long)line, why);
		return;
	}
	json_writer_init(&w, &s->out);
	json_object_begin(&w);
	put_id(&w, id);
	if (s->file != NULL)
		json_kv_cstr(&w, "file", s->file);
	json_kv_i64(&w, "line", (int64_t)line);
	json_kv_cstr(&w, "error", why);
	json_object_end(&w);
	buf_add_char(&s->out, '\n');
}

static void
put_score(struct scoring *s, const struct json *id, struct slice text, const struct score *score)
{
	struct json_writer w;

	if (s->is_readable) {
		begin_block(s);
		put_readable_id(s, id);
		score_say(score, s->home.lexicon, s->home.brand_names, text, s->arena, &s->out);
		return;
	}
	json_writer_init(&w, &s->out);
	json_object_begin(&w);
	put_id(&w, id);
	score_to_json(score, s->home.brand_names, s->explain, text, &w);
	json_object_end(&w);
	buf_add_char(&s->out, '\n');
}

static int
score_text(
    struct scoring *s, const struct json *id, struct slice text, struct slice hint, uint64_t line)
{
	struct score score;
	struct err err = {ERR_NONE, ""};

	if (text.len > POST_TEXT_MAX)
		text = utf8_prefix(text, POST_TEXT_MAX);
	if (nlp_score(s->scorer, s->home.lexicon,
		s->home.snapshot == NULL ? NULL : s->home.snapshot->matcher, text,
		slice_is_set(s->lang) ? s->lang : hint, s->arena, &score, &err) < 0) {
		put_error(s, id, line, err.text);
		return 0;
	}
	put_score(s, id, text, &score);
	return buf_failed(&s->out) ? -1 : 0;
}

static int
score_json_line(struct scoring *s, const struct ndjson_line *line)
{
	struct json_doc *doc = NULL;
	struct err err = {ERR_NONE, ""};
	const struct json *root, *id;
	struct slice text;
	char why[ERR_TEXT_MAX + 64];
	int rc = 0;

	if (json_parse(line->text, &doc, NULL, &err) < 0) {
		snprintf(why, sizeof why, "%s%s", err.text,
		    s->is_readable ? "; lines of plain text need --text" : "");
		put_error(s, NULL, line->number, why);
		return 0;
	}
	root = json_root(doc);
	id = json_get(root, "id");
	text = json_get_str(root, "text");
	if (json_type(root) != JSON_OBJECT) {
		snprintf(why, sizeof why, "expected an object with \"text\", got %s",
		    json_type_name(json_type(root)));
		put_error(s, NULL, line->number, why);
	} else if (!slice_is_set(text)) {
		enum json_type t = json_type(json_get(root, "text"));

		if (t == JSON_ABSENT)
			snprintf(why, sizeof why, "\"text\" is missing");
		else
			snprintf(why, sizeof why, "\"text\" is %s, expected a string",
			    json_type_name(t));
		put_error(s, id, line->number, why);
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
		put_error(s, NULL, ++s->lines, "the line is empty");
	s->lines = line->number;
	if (line->is_too_long) {
		snprintf(why, sizeof why, "the line has %llu bytes; %d are the most",
		    (unsigned long long)line->length, POST_JSON_MAX);
		put_error(s, NULL, line->number, why);
		return 0;
	}
	arena_reset(s->arena);
	if (!s->is_text)
		return score_json_line(s, line);
	text = utf8_repair(s->arena, line->text, NULL);
	if (!slice_is_set(text)) {
		put_error(s, NULL, line->number, "no memory for the line");
		return 0;
	}
	return score_text(s, NULL, text, SLICE_NONE, line->number);
}

/* A text among the arguments. */
static int
score_argument(struct scoring *s, const char *words, struct err *err)
{
	struct slice text;

	s->file = NULL;
	arena_reset(s->arena);
	text = utf8_repair(s->arena, slice_of(words), NULL);
	if (!slice_is_set(text) || score_text(s, NULL, text, SLICE_NONE, 1) < 0)
		return err_set(err, ERR_NOMEM, "no memory for the output");
	return 0;
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
	s->file = s->call->arg_count > 1 ? path : NULL;
	if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO) == 1)
		fprintf(stderr, "earshot score: reading %s from the keyboard; Ctrl-D ends\n",
		    s->is_text ? "posts, a line each," : "posts as NDJSON");
	if (lines_read_file(path, on_line, on_pause, s, &count, err) < 0)
		return -1;
	while (s->lines < count) /* blank ones at the end */
		put_error(s, NULL, ++s->lines, "the line is empty");
	return flush_out(s, err);
}

/* "posts.txt", "../posts"; not "Great..." */
static bool
is_like_path(const char *word)
{
	const char *dot = strrchr(word, '.');

	return strchr(word, '/') != NULL || (dot != NULL && dot[1] != '\0');
}

/* Is it what somebody said, not the name of a file?  A name may be mistyped, so one word is a text only behind
 * --text, and not when it looks like a path. */
static bool
is_said(const struct scoring *s, const char *arg)
{
	if (strcmp(arg, "-") == 0 || file_exists(arg) || file_is_dir(arg))
		return false;
	if (strpbrk(arg, " \t\n") != NULL)
		return true;
	return s->is_text && !is_like_path(arg);
}

static int
score_one(struct scoring *s, const char *arg, struct err *err)
{
	if (is_said(s, arg))
		return score_argument(s, arg, err) < 0 ? -1 : flush_out(s, err);
	if (strcmp(arg, "-") != 0 && !file_exists(arg) && !file_is_dir(arg))
		return err_set(err, ERR_NOT_FOUND,
		    "there is no file '%s'; to score words, put them between quotes: earshot score "
		    "--text 'not good at all'",
		    arg);
	return score_file(s, arg, err);
}

static int
read_flags(struct scoring *s, struct verb_call *call)
{
	s->is_text = verb_flag(call, "--text") != NULL;
	s->lang = slice_of(verb_flag(call, "--lang"));
	s->is_readable = verb_flag(call, "--readable") != NULL;
	s->explain = verb_flag(call, "--explain") != NULL || s->is_readable;
	if (slice_is_set(s->lang) && language_of_code(s->lang) == LANGUAGE_UND)
		return verb_usage(call,
		    "'%s' is not a language we know; write two letters, such as en", s->lang.ptr);
	if (s->is_readable && call->is_json)
		return verb_usage(call, "--readable and --json are two forms of one thing");
	if (s->explain && !call->is_json && isatty(STDOUT_FILENO) == 1)
		s->is_readable = true;
	return EXIT_DONE;
}

static int
run(struct verb_call *call)
{
	struct scoring s = {0};
	struct err err = {ERR_NONE, ""};
	int rc, code;

	s.call = call;
	code = read_flags(&s, call);
	if (code != EXIT_DONE)
		return code;
	code = EXIT_CANNOT;
	s.scorer = scorer_new();
	s.arena = arena_new(SCORE_ARENA_BYTES);
	buf_init(&s.out, SCORE_OUT_BYTES);
	if (s.scorer == NULL || s.arena == NULL) {
		err_set(&err, ERR_NOMEM, "no memory");
		rc = -1;
	} else {
		rc = score_home_open(&s.home, call, &err);
	}
	if (rc == 1) {
		code = EXIT_FOUND;
		goto out;
	}
	if (rc == 0 && call->arg_count == 0)
		rc = score_file(&s, "-", &err);
	for (size_t i = 0; rc == 0 && i < call->arg_count; i++)
		rc = score_one(&s, call->args[i], &err);
	code = rc < 0 ? verb_cannot(call, &err) : s.bad > 0 ? EXIT_FOUND : EXIT_DONE;
out:
	buf_fini(&s.out);
	score_home_close(&s.home);
	scorer_free(s.scorer);
	arena_free(s.arena);
	return code;
}

static const struct flag flags[] = {
    {"--text", NULL, NULL, "lines of plain text instead of posts", false},
    {"--lang", NULL, "L", "what language it is likely to be: en; one that is plain to see wins",
	false},
    {"--explain", NULL, NULL,
	"with the words and weights that made the score: on a terminal to be read, else (or with "
	"--json) in the JSON",
	false},
    {"--readable", NULL, NULL, "explained to be read, wherever it goes", false},
    {0},
};

const struct verb verb_score = {
    "score",
    "[--lang L] [--explain] [--text] [FILE... | 'WORDS'...]",
    "score posts: NDJSON in, scored NDJSON out",
    "Reads standard input, the files, or what is said between quotes, and writes one line for each "
    "line\n"
    "it reads, in order, with its id; a line that cannot be scored gives {\"error\":...} (and exit "
    "code 1\n"
    "at the end).",
    "  earshot score --explain 'not good at all'\n"
    "  echo 'Worst coffee ever :(' | earshot score --text --explain\n"
    "  earshot score --explain posts.ndjson > scored.ndjson",
    flags,
    run,
};
