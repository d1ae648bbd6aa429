#include "daemon/verb_train.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/mem.h"
#include "nlp/lexicon_set.h"
#include "nlp/nlp.h"
#include "nlp/train_words.h"
#include "platform/file.h"

#include "daemon/verb.h"

#define DATA_FILE_BYTES_MAX ((size_t)1 << 30)
#define EXCLUDE_BYTES_MAX (16u << 20)
#define CARD_BYTES_MAX (16u << 20)
/* A brand's posts stay with the brand, so an entry need not hide among ten of them. */
#define ADAPT_MIN_POSTS 3
#define PROPOSE_MIN_POSTS 5
/* Of 2, 4, 8, 16, 32, 64 the one that kept most for its price: 400 product reviews, and 400 German
 * posts, lifted others of their kind by 1.4 and 2.1 points of macro recall, and cost posts of other
 * kinds 0.6 and 1.3 (with 16: 2.4 and 1.8, at 2.3 and 1.6). */
#define ADAPT_L2 32
#define WEIGHT_MAX 100.0

const char *
train_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory");
}

/* ---- progress ---------------------------------------------------------------- */

static void
show_progress(void *cookie, const char *what, double share)
{
	(void)cookie;
	fprintf(stderr, "\r%-18s %3.0f %%", what, 100 * share);
	fflush(stderr);
}

static void
clear_progress(const struct train_run *r)
{
	if (r->options.progress != NULL)
		fprintf(stderr, "\r%24s\r", "");
}

/* ---- options ----------------------------------------------------------------- */

/* A flag's number within bounds; *value_r stays as it is without the flag.  0, or EXIT_USAGE. */
static int
number_flag(
    const struct verb_call *call, const char *name, double least, double most, double *value_r)
{
	const char *text = verb_flag(call, name);
	char *end;
	double value;

	if (text == NULL)
		return 0;
	value = strtod(text, &end);
	if (end == text || *end != '\0' || !(value >= least && value <= most))
		return verb_usage(
		    call, "%s is a number from %g to %g, not '%s'", name, least, most, text);
	*value_r = value;
	return 0;
}

static int
whole_flag(
    const struct verb_call *call, const char *name, double least, double most, double *value_r)
{
	double value = *value_r;
	int rc = number_flag(call, name, least, most, &value);

	if (rc == 0 && value != floor(value))
		rc = verb_usage(call, "%s is a whole number, not %g", name, value);
	*value_r = value;
	return rc;
}

static int
read_numbers(struct train_run *r)
{
	struct train_options *o = &r->options;
	double hold_out = 10, folds = o->folds, seed = (double)o->seed, entries = 0;
	double min_posts = r->is_proposing ? PROPOSE_MIN_POSTS
	    : o->is_adapting               ? ADAPT_MIN_POSTS
					   : o->min_posts;

	if (whole_flag(r->call, "--holdout", 0, 50, &hold_out) != 0 ||
	    whole_flag(r->call, "--folds", 2, TRAIN_FOLDS_MAX, &folds) != 0 ||
	    whole_flag(r->call, "--seed", 0, 9007199254740992.0, &seed) != 0 ||
	    whole_flag(r->call, "--entries", 0, 4e9, &entries) != 0 ||
	    whole_flag(r->call, "--min-posts", 1, 1e6, &min_posts) != 0 ||
	    number_flag(r->call, "--l2", 0.001, 1e6, &o->l2) != 0)
		return EXIT_USAGE;
	r->hold_out_percent = (int)hold_out;
	o->folds = (int)folds;
	o->seed = (uint64_t)seed;
	o->entries_max = (size_t)entries;
	o->min_posts = (uint32_t)min_posts;
	return 0;
}

static int
read_options(struct train_run *r)
{
	struct verb_call *call = r->call;
	const char *lang = verb_flag(call, "--lang");
	enum language l = LANGUAGE_EN;

	if (call->arg_count > 0)
		return verb_usage(call,
		    "'%s' belongs to no option; posts to learn from come behind --data",
		    call->args[0]);
	if (lang != NULL)
		l = language_of_code(slice_of(lang));
	if (l == LANGUAGE_UND)
		return verb_usage(
		    call, "'%s' is not a language we know; write two letters, such as en", lang);
	r->options = train_defaults(l);
	r->options.is_adapting = verb_flag(call, "--adapt") != NULL;
	if (r->options.is_adapting)
		r->options.l2 = ADAPT_L2;
	r->is_proposing = verb_flag(call, "--propose") != NULL;
	r->out = verb_flag(call, "--out");
	r->card = verb_flag(call, "--card");
	if (r->is_proposing && r->options.is_adapting)
		return verb_usage(call,
		    "--adapt and --propose are two things; run them one "
		    "after the other");
	if (r->is_proposing && (r->card != NULL || verb_flag(call, "--signs") != NULL))
		return verb_usage(call,
		    "--propose learns no lexicon: --card and --signs have "
		    "no meaning with it");
	if (verb_flag(call, "--data") == NULL &&
	    (verb_flag(call, "--signs") == NULL || r->options.is_adapting || r->is_proposing))
		return verb_usage(call, "labelled posts are needed: --data FILE");
	if (isatty(STDERR_FILENO))
		r->options.progress = show_progress;
	return read_numbers(r);
}

/* ---- files ------------------------------------------------------------------- */

static int
read_input(const char *path, size_t max, struct buf *out, struct err *err)
{
	char block[16384];
	size_t got;

	if (strcmp(path, "-") != 0)
		return file_read(path, max, out, err);
	while ((got = fread(block, 1, sizeof block, stdin)) > 0)
		if (buf_add(out, block, got) < 0)
			return err_set(
			    err, ERR_LIMIT, "standard input is larger than %zu bytes", max);
	if (ferror(stdin))
		return err_set(err, ERR_IO, "cannot read standard input: %s", strerror(errno));
	return 0;
}

/* "acme.tsv=0.5" to name and weight, unless there is a file of the whole name. */
static int
split_weight(char *name, double *weight_r, struct err *err)
{
	char *equals = strrchr(name, '='), *end;

	*weight_r = 1;
	if (equals == NULL || file_exists(name))
		return 0;
	*weight_r = strtod(equals + 1, &end);
	if (end == equals + 1 || *end != '\0' || !(*weight_r > 0 && *weight_r <= WEIGHT_MAX))
		return err_set(err, ERR_INPUT,
		    "the weight in '%s' is not a number above 0 and up to %g", name, WEIGHT_MAX);
	*equals = '\0';
	return 0;
}

static int
add_data_file(struct train_run *r, const char *path, bool is_validation, struct err *err)
{
	char *name = mem_strdup(path);
	struct buf text;
	double weight = 1;
	int rc = -1;

	buf_init(&text, DATA_FILE_BYTES_MAX);
	if (name == NULL) {
		no_memory(err);
		goto out;
	}
	if (!is_validation && split_weight(name, &weight, err) < 0)
		goto out;
	if (read_input(name, DATA_FILE_BYTES_MAX, &text, err) < 0)
		goto out;
	if (r->data.file_count < TRAIN_FILES_MAX)
		r->options.source_weights[r->data.file_count] = weight;
	rc = train_data_add(&r->data, name, is_validation, buf_slice(&text), r->options.lang, err);
out:
	buf_fini(&text);
	mem_free(name);
	return rc;
}

/* Files to measure on come first: what stands in them is not learned from. */
static int
read_data(struct train_run *r, struct err *err)
{
	const char *names[TRAIN_FILES_MAX + 1];
	size_t n;

	if (train_data_init(&r->data, err) < 0)
		return -1;
	n = verb_flag_values(r->call, "--validate", names, TRAIN_FILES_MAX + 1);
	for (size_t i = 0; i < n; i++)
		if (add_data_file(r, names[i], true, err) < 0)
			return -1;
	n = verb_flag_values(r->call, "--data", names, TRAIN_FILES_MAX + 1);
	for (size_t i = 0; i < n; i++)
		if (add_data_file(r, names[i], false, err) < 0)
			return -1;
	train_data_hold_out(&r->data, r->hold_out_percent, r->options.seed);
	return 0;
}

static int
read_exclusions(struct train_run *r, struct err *err)
{
	const char *names[64];
	size_t n = verb_flag_values(r->call, "--exclude", names, 64);
	struct buf text;
	int rc = train_exclusions_new(&r->exclusions, err);

	for (size_t i = 0; i < n && rc == 0; i++) {
		buf_init(&text, EXCLUDE_BYTES_MAX);
		rc = file_read(names[i], EXCLUDE_BYTES_MAX, &text, err);
		if (rc == 0)
			rc = train_exclusions_add(r->exclusions, buf_slice(&text), err);
		buf_fini(&text);
	}
	return rc;
}

static int
read_base(struct train_run *r, struct err *err)
{
	const char *path = verb_flag(r->call, "--base");
	struct train_base *b = &r->base;

	b->name = mem_strdup(path == NULL ? language_code(r->options.lang) : path);
	if (b->name == NULL)
		return no_memory(err);
	if (path != NULL) {
		if (file_read(path, LEXICON_FILE_MAX, &b->file, err) < 0)
			return -1;
		b->text = buf_slice(&b->file);
	} else {
		b->text = lexicon_set_shipped(r->options.lang);
	}
	if (!slice_is_set(b->text))
		return err_set(err, ERR_NOT_FOUND,
		    "there is no lexicon of the language '%s'; give ratings and modifiers with "
		    "--base FILE",
		    language_code(r->options.lang));
	if (lexicon_new(b->name, b->text, &b->lexicon, err) < 0)
		return -1;
	if (verb_flag(r->call, "--lang") == NULL)
		r->options.lang = lexicon_language(b->lexicon);
	if (lexicon_language(b->lexicon) != r->options.lang)
		return err_set(err, ERR_INPUT, "'%s' is a lexicon of the language '%s', not '%s'",
		    b->name, language_code(lexicon_language(b->lexicon)),
		    language_code(r->options.lang));
	return 0;
}

/* A shipped language's lexicon or a file. */
static int
read_signs(struct train_run *r, struct err *err)
{
	const char *given = verb_flag(r->call, "--signs");
	struct slice shipped;
	struct buf text;
	int rc = 0;

	if (given == NULL)
		return 0;
	r->signs_name = mem_strdup(given);
	if (r->signs_name == NULL)
		return no_memory(err);
	buf_init(&text, LEXICON_FILE_MAX);
	shipped = file_exists(given) ? SLICE_NONE
				     : lexicon_set_shipped(language_of_code(slice_of(given)));
	if (!slice_is_set(shipped))
		rc = file_read(given, LEXICON_FILE_MAX, &text, err);
	if (rc == 0)
		rc = lexicon_new(r->signs_name, slice_is_set(shipped) ? shipped : buf_slice(&text),
		    &r->signs, err);
	buf_fini(&text);
	return rc;
}

static int
read_lexicons(struct train_run *r, struct err *err)
{
	if (lexicon_set_new(&r->set, err) < 0 || read_base(r, err) < 0 || read_signs(r, err) < 0)
		return -1;
	if (r->options.lang != LANGUAGE_EN)
		r->english = lexicon_set_lexicon(r->set, LANGUAGE_EN);
	return 0;
}

/* ---- parts ------------------------------------------------------------------- */

static enum train_part
part_of(const struct train_data *d, const struct train_row *row)
{
	if (!row->is_validation)
		return PART_LEARNED;
	return train_data_is_held_out(d, row) ? PART_HELD_OUT : PART_VALIDATION;
}

/* Posts of two labels at least. */
static int
check_rows(struct train_run *r, struct err *err)
{
	size_t labels[3] = {0, 0, 0}, rows = 0;
	int kinds;

	for (size_t i = 0; i < r->data.count; i++) {
		enum train_part part = part_of(&r->data, &r->data.rows[i]);

		r->parts[part]++;
		if (part == PART_LEARNED)
			labels[r->data.rows[i].label]++;
	}
	for (size_t i = 0; i < r->data.file_count; i++)
		rows += r->data.files[i].is_validation ? 0 : r->data.files[i].rows;
	kinds = (labels[0] > 0) + (labels[1] > 0) + (labels[2] > 0);
	if (verb_flag(r->call, "--data") == NULL || kinds >= 2)
		return 0;
	if (kinds == 1)
		return err_set(err, ERR_INPUT,
		    "all posts to learn from are %s; at least two labels are needed",
		    sentiment_label_name(labels[0] > 0 ? SENTIMENT_NEGATIVE
			    : labels[1] > 0            ? SENTIMENT_NEUTRAL
						       : SENTIMENT_POSITIVE));
	return err_set(err, ERR_INPUT,
	    "there is no labelled post to learn from: %zu rows were read, none could be used",
	    rows);
}

/* Says on standard error what was left out, and why. */
static void
report_skipped(const struct train_run *r)
{
	for (size_t i = 0; i < r->data.file_count; i++) {
		const struct train_file *f = &r->data.files[i];

		for (int k = 0; k < TRAIN_SKIP_COUNT; k++) {
			const struct train_skipped *s = &f->skipped[k];

			if (s->count == 0)
				continue;
			fprintf(stderr, "earshot train: %s: %zu row%s left out, %s (line", f->name,
			    s->count, s->count == 1 ? "" : "s",
			    train_skip_words((enum train_skip)k));
			for (size_t n = 0; n < s->count && n < TRAIN_LINES_SHOWN; n++)
				fprintf(stderr, "%s%zu", n == 0 ? " " : ", ", s->lines[n]);
			fprintf(stderr, "%s)\n", s->count > TRAIN_LINES_SHOWN ? ", ..." : "");
		}
	}
}

/* ---- measuring --------------------------------------------------------------- */

int
train_score_all(
    struct train_run *r, const struct lexicon *lx, struct train_sample *samples, struct err *err)
{
	for (size_t i = 0; i < r->data.count; i++)
		if (train_scorer_score(
			r->scorer, lx, r->english, &r->data.rows[i], &samples[i], err) < 0)
			return -1;
	return 0;
}

int
train_measure_part(const struct train_run *r, const struct train_sample *samples,
    enum train_part part, int file, struct train_measure *m_r, struct err *err)
{
	struct train_sample *some = mem_array(r->data.count + 1, sizeof *some);
	size_t n = 0;

	if (some == NULL)
		return no_memory(err);
	for (size_t i = 0; i < r->data.count; i++) {
		const struct train_row *row = &r->data.rows[i];

		if (part_of(&r->data, row) == part && (file < 0 || row->source == file))
			some[n++] = samples[i];
	}
	*m_r = train_measure_of(some, n);
	mem_free(some);
	return 0;
}

/* One line of the figures, unless there is no post in it. */
static int
add_figure(struct train_run *r, const char *name, enum train_part part, int file,
    const struct train_measure *given, struct err *err)
{
	struct train_figure f = {.part = name,
	    .file = file < 0 ? NULL : train_file_name(r->data.files[file].name),
	    .has_before = r->options.is_adapting};

	if (given != NULL)
		f.now = *given;
	else if (train_measure_part(r, r->now, part, file, &f.now, err) < 0)
		return -1;
	if (f.has_before && train_measure_part(r, r->before, part, file, &f.before, err) < 0)
		return -1;
	if (f.now.rows > 0 && r->figure_count < TRAIN_FIGURES_MAX)
		r->figures[r->figure_count++] = f;
	return 0;
}

/* All of a part, and its files when there are several. */
static int
add_part(struct train_run *r, const char *name, enum train_part part, struct err *err)
{
	bool is_cross_validated = part == PART_LEARNED;
	size_t files = 0;

	for (size_t i = 0; i < r->data.file_count; i++)
		files += r->data.files[i].is_validation == (part == PART_VALIDATION);
	if (add_figure(
		r, name, part, -1, is_cross_validated ? &r->result.cross_validated : NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < r->data.file_count && files > 1; i++) {
		if (r->data.files[i].is_validation != (part == PART_VALIDATION))
			continue;
		if (add_figure(r, name, part, (int)i,
			is_cross_validated ? &r->result.by_source[i] : NULL, err) < 0)
			return -1;
	}
	return 0;
}

static int
measure(struct train_run *r, struct err *err)
{
	r->now = mem_array(r->data.count + 1, sizeof *r->now);
	r->before = mem_array(r->data.count + 1, sizeof *r->before);
	if (r->now == NULL || r->before == NULL)
		return no_memory(err);
	if (train_score_all(r, r->result.lexicon, r->now, err) < 0 ||
	    (r->options.is_adapting && train_score_all(r, r->base.lexicon, r->before, err) < 0))
		return -1;
	if (add_figure(r, "learned from", PART_LEARNED, -1, NULL, err) < 0 ||
	    add_part(r, "cross-validated", PART_LEARNED, err) < 0 ||
	    add_part(r, "held out", PART_HELD_OUT, err) < 0)
		return -1;
	return add_part(r, "validation", PART_VALIDATION, err);
}

/* ---- the lexicon's file ------------------------------------------------------ */

/* The base's lines of a key ("licence") go on into what is made from it.  Are there any? */
static bool
add_base_lines(const struct train_run *r, const char *key, struct buf *out)
{
	struct slice rest = r->base.text;
	bool has_any = false;

	while (slice_is_set(rest)) {
		struct slice line = slice_split(&rest, '\n'), value = line;

		if (!slice_starts_with(line, "# "))
			break;
		slice_split(&value, ' ');
		if (slice_is_set(value) && slice_eq_str(slice_split(&value, ':'), key)) {
			buf_add_slice(out, line);
			buf_add_char(out, '\n');
			has_any = true;
		}
	}
	return has_any;
}

static void
add_header(const struct train_run *r, struct buf *out)
{
	buf_addf(out,
	    "# Made by earshot train %s; a brand's own words go into a vocabulary file "
	    "beside it.\n",
	    EARSHOT_VERSION);
	if (!add_base_lines(r, "licence", out))
		buf_add_str(out, "# licence: the base names none\n");
	add_base_lines(r, "provenance", out);
	buf_addf(out, "# from: %s\n", r->parts[PART_LEARNED] > 0 ? "posts" : "ratings alone");
	buf_addf(out, "# base: %s (%s)%s\n", train_file_name(r->base.name),
	    lexicon_version(r->base.lexicon), r->options.is_adapting ? ", adapted" : "");
	if (r->signs != NULL)
		buf_addf(out, "# signs: %s (%s)\n", train_file_name(r->signs_name),
		    lexicon_version(r->signs));
	for (size_t i = 0; i < r->data.file_count; i++) {
		const struct train_file *f = &r->data.files[i];

		if (f->is_validation)
			continue;
		buf_addf(out, "# posts: %zu of %s", f->kept, train_file_name(f->name));
		for (size_t k = 0; k < f->note_count; k++)
			buf_addf(out, "; %.*s", SLICE_ARG(f->notes[k]));
		buf_add_char(out, '\n');
	}
}

static int
write_lexicon(struct train_run *r, struct err *err)
{
	struct buf header, text;
	struct lexicon *again = NULL;
	int rc = -1;

	buf_init(&header, 1u << 20);
	buf_init(&text, LEXICON_FILE_MAX);
	add_header(r, &header);
	if (lexicon_print(r->result.lexicon, buf_slice(&header), &text, err) < 0)
		goto out;
	r->lexicon_bytes = text.len;
	/* What is measured is what the file says, under the version it has there. */
	if (lexicon_new("learned", buf_slice(&text), &again, err) < 0)
		goto out;
	lexicon_free(r->result.lexicon);
	r->result.lexicon = again;
	rc = r->out == NULL ? 0 : file_write_atomic(r->out, buf_slice(&text), false, err);
out:
	buf_fini(&header);
	buf_fini(&text);
	return rc;
}

/* ---- the card ---------------------------------------------------------------- */

static int
write_card(const struct train_run *r, struct err *err)
{
	struct buf text;
	int rc = 0;

	buf_init(&text, CARD_BYTES_MAX);
	if (r->card != NULL) {
		train_card_markdown(r, &text);
		rc = buf_failed(&text) ? no_memory(err)
				       : file_write_atomic(r->card, buf_slice(&text), false, err);
		buf_clear(&text);
	}
	if (rc == 0 && r->call->is_json)
		train_card_json(r, &text);
	else if (rc == 0 && r->card == NULL)
		train_card_markdown(r, &text);
	if (rc == 0 && buf_failed(&text))
		rc = no_memory(err);
	if (rc == 0)
		fputs(buf_str(&text), stdout);
	buf_fini(&text);
	return rc;
}

/* ---- all of it --------------------------------------------------------------- */

static int
learn(struct train_run *r, struct err *err)
{
	struct train_lexicons given = {r->base.lexicon, r->english, r->signs, r->exclusions};
	struct train_row *learned = mem_array(r->data.count + 1, sizeof *learned);
	size_t n = 0;
	int rc;

	if (learned == NULL)
		return no_memory(err);
	for (size_t i = 0; i < r->data.count; i++)
		if (!r->data.rows[i].is_validation)
			learned[n++] = r->data.rows[i];
	rc = train_lexicon(&r->options, &given, learned, n, &r->result, err);
	mem_free(learned);
	if (rc < 0 || write_lexicon(r, err) < 0 || measure(r, err) < 0)
		return -1;
	clear_progress(r);
	return write_card(r, err);
}

static int
train(struct train_run *r, struct err *err)
{
	if (read_lexicons(r, err) < 0 || read_exclusions(r, err) < 0 || read_data(r, err) < 0)
		return -1;
	/* A card tells what was left out; here there will be none. */
	if (check_rows(r, err) < 0) {
		report_skipped(r);
		return -1;
	}
	if (r->is_proposing)
		report_skipped(r);
	if (train_scorer_new(&r->scorer, err) < 0)
		return -1;
	if (!r->is_proposing)
		return learn(r, err);
	if (train_propose(r, err) < 0)
		return -1;
	clear_progress(r);
	return 0;
}

static void
run_fini(struct train_run *r)
{
	train_data_fini(&r->data);
	train_exclusions_free(r->exclusions);
	train_scorer_free(r->scorer);
	lexicon_free(r->result.lexicon);
	lexicon_free(r->base.lexicon);
	buf_fini(&r->base.file);
	mem_free(r->base.name);
	lexicon_free(r->signs);
	mem_free(r->signs_name);
	lexicon_set_unref(r->set);
	mem_free(r->now);
	mem_free(r->before);
	propose_free(&r->proposals);
}

static int
run(struct verb_call *call)
{
	struct train_run *r = mem_zalloc(sizeof *r);
	struct err err = {ERR_NONE, ""};
	int code;

	if (r == NULL) {
		no_memory(&err);
		return verb_cannot(call, &err);
	}
	r->call = call;
	buf_init(&r->base.file, LEXICON_FILE_MAX);
	code = read_options(r);
	if (code == EXIT_DONE && train(r, &err) < 0) {
		clear_progress(r);
		code = verb_cannot(call, &err);
	}
	run_fini(r);
	mem_free(r);
	return code;
}

static const struct flag flags[] = {
    {"--data", NULL, "FILE...",
	"labelled posts to learn from, - is standard input; FILE=0.5 counts half", true},
    {"--validate", NULL, "FILE...", "labelled posts to measure on, never to learn from", true},
    {"--adapt", NULL, NULL,
	"begin from what the lexicon learned, for a brand's own few hundred posts", false},
    {"--propose", NULL, NULL, "no lexicon: lines for lexicon.d that the labels speak for", false},
    {"--out", NULL, "FILE", "where the lexicon (or the proposal) is written", false},
    {"--card", NULL, "FILE", "where the model card is written; default standard output", false},
    {"--lang", NULL, "L", "language of the posts; default en, or that of --base", false},
    {"--base", NULL, "FILE", "lexicon with the ratings and modifiers; default ours", false},
    {"--signs", NULL, "FILE|L", "lexicon of another language: where emoji and punctuation begin",
	false},
    {"--exclude", NULL, "FILE...", "words that may be no entry, one a line: names", true},
    {"--holdout", NULL, "PERCENT", "posts of --data kept apart to measure on; default 10", false},
    {"--folds", NULL, "N", "of the cross-validation; default 5", false},
    {"--seed", NULL, "N", "of the folds and of what is held out; default 1", false},
    {"--min-posts", NULL, "N",
	"an entry stands in at least so many; default 10, 3 to adapt, 5 to propose", false},
    {"--entries", NULL, "N", "learned entries to keep; default all", false},
    {"--l2", NULL, "X", "how strongly weights are held back; default 20, 32 to adapt", false},
    {0},
};

const struct verb verb_train = {
    "train",
    "--data FILE... [--adapt | --propose] [--out FILE]",
    "learn or adapt a lexicon from labelled posts",
    "Reads TSV (a first line naming columns: label or rating, text, lang; or label, tab, text) or "
    "NDJSON objects with\n"
    "text and label.  Labels are negative, neutral, positive; ratings -4 to 4.  Prints a model "
    "card: what was read, what\n"
    "was left out and why, and how good the lexicon is on posts it did not learn from.  The same "
    "files and seed give the\n"
    "same lexicon.  A lexicon written with --out goes into the vocabulary folder, where it takes "
    "the place of ours.\n"
    "docs/train.md tells more.",
    "  earshot train --adapt --data acme.tsv --validate other.tsv --out lexicon.d/en.tsv\n"
    "  earshot train --propose --data acme.tsv --exclude names.txt --out proposal.tsv\n"
    "  earshot train --data posts.tsv more.ndjson=0.5 --lang en --out en.tsv --card card.md",
    flags,
    run,
};
