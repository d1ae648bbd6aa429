#include "daemon/verb.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/diag.h"
#include "core/slice.h"
#include "platform/file.h"

#include "daemon/config.h"

static const struct flag common_flags[] = {
    {"--config", "-c", "FILE",
	"configuration; default $EARSHOT_CONFIG, ./earshot.yaml, /etc/earshot/earshot.yaml", false},
    {"--json", NULL, NULL, "output for machines", false},
    {"--help", "-h", NULL, "this help", false},
    {0},
};

static size_t
flag_count(const struct flag *flags)
{
	size_t n = 0;

	while (flags != NULL && flags[n].name != NULL)
		n++;
	return n;
}

/* Own flags come first, then the common ones: the place is the index into flag_values. */
static const struct flag *
flag_at(const struct verb *v, size_t i)
{
	size_t own = flag_count(v->flags);

	return i < own ? &v->flags[i] : &common_flags[i - own];
}

static size_t
flags_of(const struct verb *v)
{
	return flag_count(v->flags) + flag_count(common_flags);
}

const char *
verb_flag(const struct verb_call *call, const char *name)
{
	for (size_t i = 0; i < flags_of(call->verb); i++)
		if (strcmp(flag_at(call->verb, i)->name, name) == 0)
			return call->flag_values[i];
	return NULL;
}

size_t
verb_flag_values(const struct verb_call *call, const char *name, const char **values_r, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < flags_of(call->verb); i++) {
		if (strcmp(flag_at(call->verb, i)->name, name) != 0)
			continue;
		if (call->flag_values[i] != NULL && n < max)
			values_r[n++] = call->flag_values[i];
		for (size_t k = 0; k < call->flag_more_count && n < max; k++)
			if (call->flag_more_place[k] == i)
				values_r[n++] = call->flag_more[k];
	}
	return n;
}

int
verb_cannot(const struct verb_call *call, const struct err *err)
{
	fprintf(stderr, "earshot %s: %s\n", call->verb->name, err->text);
	return EXIT_CANNOT;
}

int
verb_usage(const struct verb_call *call, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "earshot %s: ", call->verb->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n  `earshot %s -h` shows how it is used\n", call->verb->name);
	return EXIT_USAGE;
}

/* ---- help ------------------------------------------------------------------ */

static void
print_flag(const struct flag *f)
{
	char left[80];

	snprintf(left, sizeof left, "%s%s%s%s%s", f->letter == NULL ? "    " : f->letter,
	    f->letter == NULL ? "" : ", ", f->name, f->value == NULL ? "" : " ",
	    f->value == NULL ? "" : f->value);
	printf("  %-26s %s\n", left, f->help);
}

static void
print_help(const struct verb *v)
{
	printf("usage: earshot %s%s%s\n\n%s\n", v->name, v->args[0] == '\0' ? "" : " ", v->args,
	    v->summary);
	if (v->help != NULL)
		printf("\n%s\n", v->help);
	printf("\n");
	for (size_t i = 0; i < flags_of(v); i++)
		print_flag(flag_at(v, i));
	printf("\nexample:\n%s\n", v->example);
	if (strcmp(v->name, "run") == 0) {
		struct buf text;

		buf_init(&text, 256 * 1024);
		config_describe(&text);
		printf("\nconfiguration:\n\n%s", buf_str(&text));
		buf_fini(&text);
	}
}

static int
print_overview(FILE *out)
{
	fprintf(out,
	    "Earshot listens to what people say about a brand and does the right thing about "
	    "it.\n\nusage: earshot VERB ...\n\n");
	for (size_t i = 0; verb_registry[i] != NULL; i++)
		fprintf(out, "  %-10s %s\n", verb_registry[i]->name, verb_registry[i]->summary);
	fprintf(out,
	    "\n`earshot VERB -h` explains one, with an example; `earshot --version` tells the "
	    "version;\n"
	    "`earshot --man` prints the man page, `earshot --completion` the completion for "
	    "bash.\n");
	return out == stdout ? EXIT_DONE : EXIT_USAGE;
}

/* ---- man page and completion, from the same table ---------------------------- */

/* Text for troff: a backslash, and a line that begins with a dot or a quote, mean themselves. */
static void
print_roff(const char *text)
{
	bool at_start = true;

	for (; *text != '\0'; text++) {
		if (at_start && (*text == '.' || *text == '\''))
			printf("\\&");
		if (*text == '\\' || *text == '-')
			putchar('\\');
		putchar(*text == '\\' ? 'e' : *text);
		at_start = *text == '\n';
	}
}

static void
print_man_verb(const struct verb *v)
{
	printf(".SS \"");
	print_roff(v->name);
	printf(" ");
	print_roff(v->args);
	printf("\"\n");
	print_roff(v->summary);
	printf(".\n");
	if (v->help != NULL) {
		printf(".PP\n");
		print_roff(v->help);
		printf("\n");
	}
	for (size_t i = 0; i < flag_count(v->flags); i++) {
		printf(".TP\n\\fB");
		print_roff(v->flags[i].name);
		printf("\\fR %s\n", v->flags[i].value == NULL ? "" : v->flags[i].value);
		print_roff(v->flags[i].help);
		printf("\n");
	}
	printf(".PP\n.EX\n");
	print_roff(v->example);
	printf("\n.EE\n");
}

static int
print_man(void)
{
	printf(".TH EARSHOT 1 \"\" \"earshot %s\"\n.SH NAME\nearshot \\- social\\-sentiment "
	       "real\\-time trigger service\n"
	       ".SH SYNOPSIS\n\\fBearshot\\fR \\fIVERB\\fR ...\n.SH VERBS\n",
	    EARSHOT_VERSION);
	for (size_t i = 0; verb_registry[i] != NULL; i++)
		print_man_verb(verb_registry[i]);
	printf(".SH OPTIONS OF ALL VERBS\n");
	for (size_t i = 0; common_flags[i].name != NULL; i++) {
		printf(".TP\n\\fB");
		print_roff(common_flags[i].name);
		printf("\\fR %s\n", common_flags[i].value == NULL ? "" : common_flags[i].value);
		print_roff(common_flags[i].help);
		printf("\n");
	}
	printf(".SH EXIT STATUS\n0 done, 1 found something, 2 wrong use, 3 could not.\n");
	return EXIT_DONE;
}

static int
print_completion(void)
{
	printf("# bash completion for earshot: source it, or put it into "
	       "/etc/bash_completion.d\n_earshot() {\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]}\n\tif [ \"$COMP_CWORD\" = 1 ]; "
	       "then\n\t\tCOMPREPLY=($(compgen -W '");
	for (size_t i = 0; verb_registry[i] != NULL; i++)
		printf("%s%s", i == 0 ? "" : " ", verb_registry[i]->name);
	printf("' -- \"$word\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; verb_registry[i] != NULL; i++) {
		printf("\t%s) COMPREPLY=($(compgen -f -W '", verb_registry[i]->name);
		for (size_t k = 0; k < flags_of(verb_registry[i]); k++)
			printf("%s%s", k == 0 ? "" : " ", flag_at(verb_registry[i], k)->name);
		printf("' -- \"$word\")) ;;\n");
	}
	printf("\tesac\n}\ncomplete -F _earshot earshot\n");
	return EXIT_DONE;
}

/* ---- parsing ----------------------------------------------------------------- */

static int
find_flag(const struct verb *v, const char *word, size_t *i_r, const char **value_r)
{
	const char *equals = strchr(word, '=');
	size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);

	for (size_t i = 0; i < flags_of(v); i++) {
		const struct flag *f = flag_at(v, i);

		if ((strlen(f->name) == len && strncmp(f->name, word, len) == 0) ||
		    (f->letter != NULL && strcmp(f->letter, word) == 0)) {
			*i_r = i;
			*value_r = equals == NULL || word[1] != '-' ? NULL : equals + 1;
			return 1;
		}
	}
	return 0;
}

static int
unknown_flag(const struct verb_call *call, const char *word)
{
	const char *names[64];
	const char *nearest;
	size_t n = 0;

	for (size_t i = 0; i < flags_of(call->verb) && n < 64; i++)
		names[n++] = flag_at(call->verb, i)->name;
	nearest = diag_nearest(slice_of(word), names, n);
	if (nearest != NULL)
		return verb_usage(
		    call, "there is no option '%s'; did you mean '%s'?", word, nearest);
	return verb_usage(call, "there is no option '%s'", word);
}

/* Takes a value for the flag at a place; false: it has one, or one too many. */
static bool
take_value(struct verb_call *call, size_t place, const char *value)
{
	if (call->flag_values[place] == NULL) {
		call->flag_values[place] = value;
		return true;
	}
	if (!flag_at(call->verb, place)->may_repeat || call->flag_more_count == 64)
		return false;
	call->flag_more_place[call->flag_more_count] = place;
	call->flag_more[call->flag_more_count++] = value;
	return true;
}

static int
parse(struct verb_call *call, int argc, char **argv)
{
	bool only_args = false, is_list = false; /* plain words are values of the flag before */
	size_t list_place = 0;

	for (int k = 0; k < argc; k++) {
		const char *word = argv[k], *value = NULL;
		size_t i = 0;

		if (only_args || word[0] != '-' || word[1] == '\0') {
			if (is_list && !only_args) {
				if (!take_value(call, list_place, word))
					return verb_usage(call, "too many values");
				continue;
			}
			if (call->arg_count == VERB_ARGS_MAX)
				return verb_usage(call, "too many arguments");
			if (word[0] == '\0')
				return verb_usage(call, "one of its arguments is empty: ''");
			call->args[call->arg_count++] = word;
			continue;
		}
		if (strcmp(word, "--") == 0) {
			only_args = true;
			continue;
		}
		if (!find_flag(call->verb, word, &i, &value))
			return unknown_flag(call, word);
		is_list = flag_at(call->verb, i)->may_repeat;
		list_place = i;
		if (flag_at(call->verb, i)->value == NULL) {
			if (value != NULL)
				return verb_usage(call, "'%s' takes no value", word);
			call->flag_values[i] = "";
			continue;
		}
		if (value == NULL && ++k == argc)
			return verb_usage(
			    call, "'%s' needs a value: %s", word, flag_at(call->verb, i)->value);
		if (value == NULL)
			value = argv[k];
		if (!take_value(call, i, value))
			return verb_usage(call,
			    is_list ? "'%s' is given too often" : "'%s' is given twice", word);
	}
	return EXIT_DONE;
}

int
verb_main(int argc, char **argv)
{
	struct verb_call call = {0};
	const char *names[64], *nearest;
	size_t n = 0;
	int rc;

	if (argc < 2)
		return print_overview(stderr);
	if (strcmp(argv[1], "--version") == 0) {
		printf("earshot %s\n", EARSHOT_VERSION);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--man") == 0)
		return print_man();
	if (strcmp(argv[1], "--completion") == 0)
		return print_completion();
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return print_overview(stdout);
	for (size_t i = 0; verb_registry[i] != NULL; i++) {
		if (strcmp(argv[1], verb_registry[i]->name) == 0)
			call.verb = verb_registry[i];
		if (n < 64)
			names[n++] = verb_registry[i]->name;
	}
	if (call.verb == NULL) {
		nearest = diag_nearest(slice_of(argv[1]), names, n);
		fprintf(stderr, "earshot: there is no verb '%s'", argv[1]);
		if (nearest != NULL)
			fprintf(stderr, "; did you mean '%s'?", nearest);
		fprintf(stderr, "\n  `earshot -h` lists them\n");
		return EXIT_USAGE;
	}
	for (int k = 2; k < argc && strcmp(argv[k], "--") != 0; k++) {
		if (strcmp(argv[k], "-h") == 0 || strcmp(argv[k], "--help") == 0) {
			print_help(call.verb);
			return EXIT_DONE;
		}
	}
	rc = parse(&call, argc - 2, argv + 2);
	if (rc != EXIT_DONE)
		return rc;
	call.is_json = verb_flag(&call, "--json") != NULL;
	rc = call.verb->run(&call);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		if (errno != EPIPE)
			fprintf(stderr, "earshot %s: cannot write the output: %s\n",
			    call.verb->name, strerror(errno));
		return rc == EXIT_DONE ? EXIT_CANNOT : rc;
	}
	return rc;
}

/* ---- configuration -------------------------------------------------------------- */

const char *
verb_config_path(const struct verb_call *call)
{
	const char *path = verb_flag(call, "--config");

	if (path == NULL)
		path = getenv("EARSHOT_CONFIG");
	if (path == NULL && file_exists("earshot.yaml"))
		path = "earshot.yaml";
	if (path == NULL && file_exists("/etc/earshot/earshot.yaml"))
		path = "/etc/earshot/earshot.yaml";
	return path;
}

void
verb_print_diags(const struct verb_call *call, const struct diag_list *diags)
{
	struct buf text;

	buf_init(&text, 16 * 1024 * 1024);
	if (call->is_json) {
		diag_print_json(diags, &text);
		printf("%s\n", buf_str(&text));
	} else {
		diag_print(diags, &text);
		fputs(buf_str(&text), stderr);
	}
	buf_fini(&text);
}

int
verb_config(const struct verb_call *call, struct config **config_r)
{
	struct diag_list *diags = diag_list_new();
	struct err err = {ERR_NONE, ""};
	int rc;

	if (diags == NULL) {
		err_set(&err, ERR_NOMEM, "no memory");
		return verb_cannot(call, &err);
	}
	rc = config_load(verb_config_path(call), diags, config_r, &err);
	if (diag_kept(diags) > 0)
		verb_print_diags(call, diags);
	diag_list_free(diags);
	if (rc < 0)
		return verb_cannot(call, &err);
	return rc == 0 ? EXIT_DONE : EXIT_FOUND;
}
