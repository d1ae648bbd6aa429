/*
 * verb_bench.c - reproducible figures of this machine: scoring, rules, and durable posts end to end
 * beside bare SQLite of the same row shape.
 *
 * The posts are made here from a fixed seed, so that everybody measures the same ones; they say few things in few words.  With --texts
 * they say what stands in a file: tests/bench/texts.py writes one with a vocabulary like that of real posts.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "nlp/nlp.h"
#include "platform/file.h"
#include "platform/sysclock.h"
#include "rules/rules.h"
#include "store/bench.h"
#include "store/store.h"

#include "daemon/bench.h"
#include "daemon/bundle.h"
#include "daemon/config.h"
#include "daemon/lines.h"
#include "daemon/pipeline.h"
#include "daemon/snapshot.h"
#include "daemon/verb.h"

#define BENCH_SECONDS 3
#define BENCH_TEXT_MAX 4000 /* bytes of a text of --texts that are used */

static int64_t
now_ns(void)
{
	return clock_mono_ns(sysclock());
}

/* ---- posts ------------------------------------------------------------------------ */

static const char *const openings[] = {
    "Honestly", "Well", "So", "ok", "Hi @acmecoffee", "Update:", "lol", "Dear acme"};
static const char *const middles[] = {"the new roast is really good",
    "my order never arrived and nobody answers", "the app keeps crashing since this morning",
    "not bad at all, I could get used to it", "I want a refund for this", "best flat white in town",
    "waited 40 minutes in the queue", "does anybody know when they open on sunday",
    "they were so friendly, thank you", "this is the worst coffee I ever had"};
static const char *const endings[] = {
    "!", "...", " :)", " :(", " #acmelaunch", " \xf0\x9f\x98\x8d", "", " https://acme.example/x"};

static const char *
pick(struct bench *b, const char *const *list, size_t n)
{
	return list[rng_below(&b->rng, n)];
}

static int
take_text(void *cookie, const struct ndjson_line *line, struct err *err)
{
	struct bench *b = cookie;
	struct slice text;

	if (b->text_count == BENCH_POSTS || line->is_too_long)
		return 0;
	text = utf8_repair(b->arena, line->text, NULL);
	if (slice_is_set(text))
		text = arena_slice_dup(b->arena, utf8_prefix(text, BENCH_TEXT_MAX));
	if (!slice_is_set(text))
		return err_set(err, ERR_NOMEM, "no memory for the texts");
	b->texts[b->text_count++] = text;
	return 0;
}

static int
read_texts(struct bench *b, const char *path, struct err *err)
{
	b->texts = arena_array(b->arena, BENCH_POSTS, sizeof *b->texts);
	if (b->texts == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the texts");
	if (lines_read_file(path, take_text, NULL, b, NULL, err) < 0)
		return -1;
	return b->text_count > 0 ? 0 : err_set(err, ERR_INPUT, "no text in '%s'", path);
}

const char *
bench_text(struct bench *b, size_t i, const char *tail)
{
	if (b->texts != NULL)
		return arena_printf(b->arena, "%s%s", b->texts[i % b->text_count].ptr, tail);
	return arena_printf(b->arena, "%s, %s%s%s", pick(b, openings, 8), pick(b, middles, 10),
	    tail, pick(b, endings, 8));
}

/* Every tenth post says a word that a rule waits for. */
static int
make_posts(struct bench *b)
{
	b->posts = arena_array(b->arena, BENCH_POSTS, sizeof *b->posts);
	for (size_t i = 0; b->posts != NULL && i < BENCH_POSTS; i++) {
		struct post *p = &b->posts[i];
		size_t author = rng_below(&b->rng, 20000);
		const char *word;

		post_init(p);
		p->source = SLICE_LIT("bench");
		word = i % 10 == 0
		    ? arena_printf(b->arena, " word%zu", (size_t)rng_below(&b->rng, 10000))
		    : "";
		p->text = slice_of(bench_text(b, i, word));
		p->author.id =
		    slice_of(arena_printf(b->arena, "https://social.example/users/a%zu", author));
		p->author.handle = slice_of(arena_printf(b->arena, "@a%zu@social.example", author));
		p->author.followers = (int64_t)rng_below(&b->rng, 5000);
	}
	return b->posts == NULL ? -1 : 0;
}

/* ---- scoring ------------------------------------------------------------------------ */

static int
bench_score(struct bench *b, struct err *err)
{
	struct scorer *s = scorer_new();
	struct arena *a = arena_new(64u * 1024 * 1024);
	struct score score;
	int64_t began = now_ns(), done = 0;
	int rc = -1;

	if (s == NULL || a == NULL) {
		err_set(err, ERR_NOMEM, "no memory");
		goto out;
	}
	while ((double)(now_ns() - began) < b->seconds * 1e9) {
		for (size_t i = 0; i < BENCH_BATCH; i++) {
			const struct post *p = &b->posts[(size_t)done % BENCH_POSTS];

			if (nlp_score(s, b->lexicon, NULL, p->text, SLICE_NONE, a, &score, err) < 0)
				goto out;
			done++;
		}
		arena_reset(a);
	}
	json_kv_i64(
	    &b->w, "scored_per_s", (int64_t)((double)done * 1e9 / (double)(now_ns() - began)));
	rc = 0;
out:
	arena_free(a);
	scorer_free(s);
	return rc;
}

/* ---- rules ---------------------------------------------------------------------------- */

int
bench_compile(struct bench *b, struct slice rules, struct snapshot **s_r, struct err *err)
{
	struct rule_source source = {"bench.rules", rules};
	struct bundle bundle = {&source, 1, NULL, 0};
	struct diag_list *diags = diag_list_new();
	struct config *config = NULL;
	int rc = -1;

	if (diags != NULL)
		rc = config_load(NULL, diags, &config, err);
	if (rc == 0)
		rc = snapshot_compile_draft(&bundle, config, b->lexicon, false, diags, s_r, err);
	if (rc == 1) {
		verb_print_diags(b->call, diags);
		rc = err_set(err, ERR_INPUT, "the benchmark's own rules do not compile");
	}
	config_unref(config);
	diag_list_free(diags);
	return rc;
}

/* ---- end to end -------------------------------------------------------------------------- */

/* One post in ten says a word that a rule waits for. */
static struct slice
rules_text(struct bench *b, size_t count)
{
	struct buf text;
	struct slice made;

	buf_init(&text, 64u * 1024 * 1024);
	buf_addf(&text, "brand acme \"Acme\"\n  called \"acme\", \"@acmecoffee\"\nend\n\n");
	for (size_t i = 0; i < count; i++)
		buf_addf(&text,
		    "rule r%zu \"Rule %zu\"\n  when all of\n    text contains \"word%zu\"\n    "
		    "author.followers is at least %zu\n"
		    "  end\n  then\n    tag author \"seen\"\n  end\nend\n\n",
		    i, i, i, i % 50);
	made = arena_slice_dup(b->arena, buf_slice(&text));
	buf_fini(&text);
	return made;
}

static int
run_batches(struct bench *b, struct pipeline *p, int64_t *done_r, int64_t *took_ns_r,
    int64_t *cpu_ns_r, struct err *err)
{
	int64_t began = now_ns(), cpu_began = sysclock_cpu_ns(), done = 0;

	while ((double)(now_ns() - began) < b->seconds * 1e9) {
		struct page *page = page_new(SLICE_LIT("bench"));
		struct page *pages[1] = {page};
		struct page_result result;
		int rc = 0;

		if (page == NULL)
			return err_set(err, ERR_NOMEM, "no memory");
		for (size_t i = 0; i < BENCH_BATCH && rc == 0; i++, done++) {
			struct post *post = page_add(page);

			if (post == NULL) {
				rc = err_set(err, ERR_NOMEM, "no memory");
				break;
			}
			*post = b->posts[(size_t)done % BENCH_POSTS];
			post->id = slice_of(arena_printf(
			    page->arena, "https://social.example/posts/%lld", (long long)done));
			post->fetched_at_ms = clock_now_ms(sysclock());
			post->created_at_ms = post->fetched_at_ms;
		}
		if (rc == 0)
			rc = pipeline_batch(p, pages, 1, &result, NULL, NULL, err);
		page_free(page);
		if (rc < 0)
			return -1;
	}
	*took_ns_r = now_ns() - began;
	*cpu_ns_r = sysclock_cpu_ns() - cpu_began;
	*done_r = done;
	return 0;
}

static int
bench_durable(struct bench *b, struct err *err)
{
	struct store_options o = {0};
	struct pipeline_env env = {0};
	struct store *st = NULL;
	struct snapshot *s = NULL;
	struct pipeline *p = NULL;
	char path[128], bare_path[128];
	int64_t done = 0, took = 1, cpu = 0, ours, bare = 0;
	int rc = -1;

	snprintf(path, sizeof path, "%s/end-to-end.db", b->dir);
	o.path = path;
	o.mode = STORE_WRITER;
	o.now_ms = clock_now_ms(sysclock());
	if (bench_compile(b, rules_text(b, 10000), &s, err) < 0 || store_open(&o, &st, err) < 0)
		goto out;
	env.store = st;
	env.clock = sysclock();
	if (pipeline_new(&env, s, &p, err) < 0 || run_batches(b, p, &done, &took, &cpu, err) < 0)
		goto out;
	pipeline_free(p);
	p = NULL;
	store_close(st);
	st = NULL;
	ours = (int64_t)((double)done * 1e9 / (double)took);
	snprintf(bare_path, sizeof bare_path, "%s/bare-rows.db", b->dir);
	if (store_bench_rows(path, bare_path, b->seconds, sysclock(), &bare, err) < 0)
		goto out;
	json_key(&b->w, "end_to_end");
	json_object_begin(&b->w);
	json_kv_i64(&b->w, "rules", 10000);
	json_kv_i64(&b->w, "posts_per_s", ours);
	json_kv_i64(&b->w, "cpu_ns_per_post", cpu / done);
	json_kv_i64(&b->w, "bare_sqlite_same_rows_posts_per_s", bare);
	json_kv_milli(&b->w, "ratio", bare == 0 ? 0 : ours * 1000 / bare);
	json_object_end(&b->w);
	rc = 0;
out:
	pipeline_free(p);
	store_close(st);
	snapshot_unref(s);
	return rc;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void
put_machine(struct bench *b)
{
	struct utsname u;
	char at[TIME_TEXT_MAX];

	json_kv_cstr(&b->w, "version", EARSHOT_VERSION);
#if defined(__clang__)
	json_kv_cstr(&b->w, "compiler", "clang " __clang_version__);
#else
	json_kv_cstr(&b->w, "compiler", "gcc " __VERSION__);
#endif
	if (uname(&u) == 0)
		json_kv_cstr(&b->w, "machine",
		    arena_printf(b->arena, "%s %s %s", u.sysname, u.release, u.machine));
	json_kv_i64(&b->w, "cores", (int64_t)sysconf(_SC_NPROCESSORS_ONLN));
	json_kv_cstr(&b->w, "at", time_format_rfc3339(clock_now_ms(sysclock()), at));
}

typedef int bench_part_fn(struct bench *b, struct err *err);

/* NULL: there is no such part. */
static bench_part_fn *
only(const char *name)
{
	static const struct {
		const char *name;
		bench_part_fn *run;
	} parts[] = {{"rules", bench_rules}, {"people", bench_people},
	    {"end-to-end", bench_durable}, {"swap", bench_swap}};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strcmp(name, parts[i].name) == 0)
			return parts[i].run;
	return NULL;
}

static int
measure(struct bench *b, struct err *err)
{
	struct buf store_figures;
	int rc;

	json_writer_init(&b->w, &b->out);
	json_object_begin(&b->w);
	put_machine(b);
	if (verb_flag(b->call, "--only") != NULL) {
		rc = only(verb_flag(b->call, "--only"))(b, err);
		json_object_end(&b->w);
		return rc;
	}
	fprintf(stderr, "scoring ...\n");
	if (bench_score(b, err) < 0 || bench_rules(b, err) < 0 || bench_people(b, err) < 0)
		return -1;
	fprintf(stderr, "durable posts in %s ...\n", b->dir);
	if (bench_durable(b, err) < 0)
		return -1;
	fprintf(stderr, "bare SQLite ...\n");
	buf_init(&store_figures, 64 * 1024);
	rc = store_bench(b->dir, 2 * b->seconds, sysclock(), &store_figures, err);
	if (rc == 0) {
		json_key(&b->w, "store");
		json_put_raw(&b->w, buf_slice(&store_figures));
	}
	buf_fini(&store_figures);
	json_object_end(&b->w);
	return rc;
}

static void
remove_files(const char *dir)
{
	struct arena *a = arena_new(1024 * 1024);
	const char *const *names;
	size_t count = 0;

	if (a != NULL && file_list(dir, 1000, a, &names, &count, NULL) == 0)
		for (size_t i = 0; i < count; i++)
			unlink(file_join(a, dir, names[i]));
	rmdir(dir);
	arena_free(a);
}

static int
run(struct verb_call *call)
{
	struct bench b = {0};
	struct diag_list *diags = diag_list_new();
	struct err err = {ERR_NONE, "no memory"};
	const char *seconds = verb_flag(call, "--seconds"), *texts = verb_flag(call, "--texts"),
		   *part = verb_flag(call, "--only"), *rules = verb_flag(call, "--rules");
	long long whole = BENCH_SECONDS, count = 0;
	int rc = -1;

	if (seconds != NULL &&
	    (!slice_to_i64(slice_of(seconds), &whole) || whole < 1 || whole > 600)) {
		diag_list_free(diags);
		return verb_usage(call, "--seconds takes a whole number from 1 to 600");
	}
	if (rules != NULL && (!slice_to_i64(slice_of(rules), &count) || count < 0)) {
		diag_list_free(diags);
		return verb_usage(call, "--rules takes one of 10, 1000, 10000, 100000");
	}
	if (part != NULL && only(part) == NULL) {
		diag_list_free(diags);
		return verb_usage(call, "--only takes rules, people, end-to-end or swap");
	}
	b.call = call;
	b.seconds = (double)whole;
	b.only_rules = (size_t)count;
	b.export_dir = verb_flag(call, "--export");
	rng_init(&b.rng, 42);
	b.arena = arena_new(256u * 1024 * 1024);
	buf_init(&b.out, 1024 * 1024);
	snprintf(b.dir, sizeof b.dir, "earshot-bench-%ld", (long)getpid());
	if (b.arena != NULL && diags != NULL &&
	    (texts == NULL || read_texts(&b, texts, &err) == 0) && make_posts(&b) == 0 &&
	    file_make_dirs(b.dir, &err) == 0 &&
	    snapshot_lexicon(NULL, diags, &b.lexicon, &err) == 0)
		rc = measure(&b, &err);
	if (rc == 0)
		printf("%s\n", buf_str(&b.out));
	remove_files(b.dir);
	lexicon_set_unref(b.lexicon);
	buf_fini(&b.out);
	arena_free(b.arena);
	diag_list_free(diags);
	return rc < 0 ? verb_cannot(call, &err) : EXIT_DONE;
}

static const struct flag flags[] = {
    {"--seconds", NULL, "N", "how long each measurement takes; default 3", false},
    {"--texts", NULL, "FILE",
	"what the posts say, one text a line; default: a few invented sentences", false},
    {"--only", NULL, "PART", "measure that alone: rules, people, end-to-end or swap", false},
    {"--rules", NULL, "N", "with so many rules: 10, 1000, 10000 or 100000; default: each", false},
    {"--export", NULL, "DIR",
	"write the 10,000 rules measured and what the posts gave them, as JSON, for others to be "
	"measured on",
	false},
    {0},
};

const struct verb verb_bench = {
    "bench",
    "[--seconds N] [--texts FILE] [--only PART] [--rules N] [--export DIR]",
    "reproducible figures of this machine",
    "Writes JSON.  The database files are made in a folder below the current one and removed "
    "again: run it on the disk\n"
    "that is to be measured.",
    "  earshot bench --seconds 10",
    flags,
    run,
};
