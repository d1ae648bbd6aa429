/*
 * score_speed.c - how fast nlp_score() is on texts in memory, beside what bounds it.
 *
 *	score_speed FILE SECONDS
 *
 * FILE holds one text a line.  All figures are texts a second on one core, over the same texts in the same order, language
 * unknown, reasons and intents on:
 *
 *	score           nlp_score(), each answer dropped before the next text, as `earshot score` does
 *	score_batch     the same with the answers of 256 texts kept, as the daemon keeps those of a batch until it is committed
 *	cut_and_look_up nlp_tokenise() and one look-up of each token in a hash table, nothing else: what a scorer on our tokens
 *	                could reach at most
 *	split_and_look_up  words as runs of ASCII letters, lower-cased and looked up: the barest scorer there can be
 *	split_and_stem  the same with libstemmer's English stemmer called for every word, without a cache
 *
 * and the memory that the lexicons and one warm scorer take, and what English alone has allocated.  Time is the process's own (CLOCK_PROCESS_CPUTIME_ID); the measurements
 * take turns, and the best turn of each counts, so that a neighbour on the machine does not decide the ratios.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libstemmer.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "nlp/intents.h"
#include "nlp/language.h"
#include "nlp/lexicon_set.h"
#include "nlp/nlp.h"

extern const char embed_corpora_languages_tsv[], embed_corpora_languages_tsv_end[];

#define TURNS 8
#define BATCH 256
#define TABLE_SLOTS 32768 /* a power of two */
#define WORDS_MAX (TABLE_SLOTS / 2)
#define WORD_LEN_MAX 63

struct table {
	struct slice slots[TABLE_SLOTS];
	size_t count;
};

struct bench {
	struct arena *texts_memory, *arena;
	struct slice *texts;
	size_t count;
	struct lexicon_set *set;
	struct scorer *scorer;
	struct sb_stemmer *stemmer;
	struct table *table;
	uint64_t found; /* so that no measurement can be left out by the compiler */
	struct err err;
};

/* One text; -1 with b->err. */
typedef int measured_fn(struct bench *b, struct slice text);

/* ---- a plain hash table ----------------------------------------------------------- */

/* Eight bytes at a time: hashing them one by one would be half of what is measured. */
static uint64_t
hash_of(struct slice word)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = word.len * odd, part;

	for (; word.len >= sizeof part; word.ptr += sizeof part, word.len -= sizeof part) {
		memcpy(&part, word.ptr, sizeof part);
		h = (h ^ part) * odd;
		h ^= h >> 32;
	}
	part = 0;
	for (size_t i = 0; i < word.len; i++)
		part = part << 8 | (unsigned char)word.ptr[i];
	h = (h ^ part) * odd;
	return h ^ (h >> 32);
}

static size_t
slot_of(const struct table *t, struct slice word)
{
	size_t at = (size_t)(hash_of(word) % TABLE_SLOTS);

	while (slice_is_set(t->slots[at]) && !slice_eq(t->slots[at], word))
		at = (at + 1) % TABLE_SLOTS;
	return at;
}

static void
table_add(struct table *t, struct slice word, struct arena *a)
{
	size_t at = slot_of(t, word);

	if (slice_is_set(t->slots[at]) || t->count >= WORDS_MAX)
		return;
	t->slots[at] = arena_slice_dup(a, word);
	t->count++;
}

static uint64_t
table_has(const struct table *t, struct slice word)
{
	return slice_is_set(t->slots[slot_of(t, word)]);
}

/* ---- what is measured --------------------------------------------------------------- */

static int
score(struct bench *b, struct slice text)
{
	struct score s;

	if (nlp_score(b->scorer, b->set, NULL, text, SLICE_NONE, b->arena, &s, &b->err) < 0)
		return -1;
	b->found += s.reason_count;
	return 0;
}

static int
cut_and_look_up(struct bench *b, struct slice text)
{
	struct token *tokens;
	size_t count;

	if (nlp_tokenise(b->scorer, text, SLICE_NONE, b->arena, &tokens, &count, &b->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		b->found += table_has(b->table, token_folded(&tokens[i]));
	return 0;
}

/* The next run of ASCII letters, lower-cased (cut at WORD_LEN_MAX); 0 at the end. */
static size_t
next_word(struct slice text, size_t *at, char word[WORD_LEN_MAX + 1])
{
	size_t len = 0;

	for (; *at < text.len; (*at)++) {
		char c = (char)(text.ptr[*at] | 0x20);
		if (c >= 'a' && c <= 'z') {
			if (len < WORD_LEN_MAX)
				word[len++] = c;
		} else if (len > 0) {
			break;
		}
	}
	return len;
}

static int
split_and_look_up(struct bench *b, struct slice text)
{
	char word[WORD_LEN_MAX + 1];
	size_t at = 0, len;

	while ((len = next_word(text, &at, word)) > 0)
		b->found += table_has(b->table, slice_make(word, len));
	return 0;
}

static int
split_and_stem(struct bench *b, struct slice text)
{
	char word[WORD_LEN_MAX + 1];
	size_t at = 0, len;

	while ((len = next_word(text, &at, word)) > 0) {
		const sb_symbol *stem =
		    sb_stemmer_stem(b->stemmer, (const sb_symbol *)word, (int)len);

		if (stem == NULL)
			return err_set(&b->err, ERR_NOMEM, "no memory for a stem");
		b->found += table_has(b->table,
		    slice_make((const char *)stem, (size_t)sb_stemmer_length(b->stemmer)));
	}
	return 0;
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* kept: so many answers are kept before all are dropped. */
static int
turn(struct bench *b, measured_fn *fn, size_t kept, double seconds, double *per_s_r)
{
	int64_t began = now_ns(), took;
	size_t done = 0;

	do {
		for (size_t i = 0; i < BATCH; i++) {
			if (fn(b, b->texts[done % b->count]) < 0)
				return -1;
			if (++done % kept == 0)
				arena_reset(b->arena);
		}
		took = now_ns() - began;
	} while ((double)took < seconds * 1e9);
	*per_s_r = (double)done * 1e9 / (double)took;
	return 0;
}

static int
measure(struct bench *b, double seconds, struct json_writer *w)
{
	static const struct {
		const char *name;
		measured_fn *fn;
		size_t kept;
	} kinds[] = {{"score", score, 1}, {"score_batch", score, BATCH},
	    {"cut_and_look_up", cut_and_look_up, 1}, {"split_and_look_up", split_and_look_up, 1},
	    {"split_and_stem", split_and_stem, 1}};
	enum {
		KINDS = sizeof kinds / sizeof kinds[0]
	};
	double best[KINDS] = {0}, got;

	for (int t = 0; t < TURNS; t++) {
		for (size_t k = 0; k < KINDS; k++) {
			if (turn(b, kinds[k].fn, kinds[k].kept, seconds / TURNS, &got) < 0)
				return -1;
			if (got > best[k])
				best[k] = got;
		}
	}
	for (size_t k = 0; k < KINDS; k++)
		json_kv_i64(w, kinds[k].name, (int64_t)best[k]);
	return 0;
}

/* What is allocated for English alone: lexicon, intents, the table of languages. */
static int
measure_one_language(struct bench *b, struct json_writer *w)
{
	struct slice text = lexicon_set_shipped(LANGUAGE_EN);
	struct lexicon *lexicon = NULL;
	struct intents *intents = NULL;
	struct language_model *languages = NULL;
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	int rc = -1;

	if (lexicon_new("en.tsv", text, &lexicon, &b->err) == 0 &&
	    intents_new(LANGUAGE_EN, &intents, &b->err) == 0 &&
	    language_model_new("languages.tsv",
		slice_make(embed_corpora_languages_tsv,
		    (size_t)(embed_corpora_languages_tsv_end - embed_corpora_languages_tsv)),
		&languages, &b->err) == 0) {
		size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;

		json_kv_i64(w, "english_kb", (int64_t)((after - before) / 1024));
		rc = 0;
	}
	lexicon_free(lexicon);
	intents_free(intents);
	language_model_free(languages);
	return rc;
}

/* ---- memory ----------------------------------------------------------------------------- */

static int64_t
resident_kb(void)
{
	FILE *in = fopen("/proc/self/statm", "r");
	long long total = 0, resident = 0;

	if (in == NULL)
		return 0;
	if (fscanf(in, "%lld %lld", &total, &resident) != 2)
		resident = 0;
	fclose(in);
	return resident * sysconf(_SC_PAGESIZE) / 1024;
}

/* The lexicons and a scorer that has met every text once. */
static int
set_up(struct bench *b, struct json_writer *w)
{
	int64_t before = resident_kb(), with_lexicons;

	if (lexicon_set_new(&b->set, &b->err) < 0)
		return -1;
	with_lexicons = resident_kb();
	b->scorer = scorer_new();
	if (b->scorer == NULL)
		return err_set(&b->err, ERR_NOMEM, "no memory");
	for (size_t i = 0; i < b->count; i++) {
		if (score(b, b->texts[i]) < 0)
			return -1;
		arena_reset(b->arena);
	}
	json_kv_i64(w, "lexicons_kb", with_lexicons - before);
	json_kv_i64(w, "scorer_kb", resident_kb() - with_lexicons);
	return measure_one_language(b, w);
}

/* ---- all of it ---------------------------------------------------------------------------- */

/* Lines that are not empty; as many again are made room for when there is none. */
static int
read_texts(struct bench *b, const char *path)
{
	FILE *in = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0, room = 0;
	ssize_t len;
	int rc = -1;

	if (in == NULL)
		return err_set(&b->err, ERR_IO, "cannot open '%s'", path);
	while ((len = getline(&line, &cap, in)) >= 0) {
		struct slice text = slice_make(line, (size_t)len);

		if (text.len > 0 && text.ptr[text.len - 1] == '\n')
			text.len--;
		if (text.len == 0)
			continue;
		if (b->count == room) {
			room = room == 0 ? 4096 : 2 * room;
			struct slice *more = mem_realloc_array(b->texts, room, sizeof *more);
			if (more == NULL)
				goto out;
			b->texts = more;
		}
		text = arena_slice_dup(b->texts_memory, utf8_repair(b->texts_memory, text, NULL));
		if (!slice_is_set(text))
			goto out;
		b->texts[b->count++] = text;
	}
	rc = b->count == 0 ? err_set(&b->err, ERR_INPUT, "no text in '%s'", path) : 0;
out:
	if (rc < 0 && b->err.kind == ERR_NONE)
		err_set(&b->err, ERR_NOMEM, "no memory for '%s'", path);
	free(line);
	fclose(in);
	return rc;
}

/* Every second word of the texts: a look-up is a hit as often as a miss, whatever the lexicon. */
static void
fill_table(struct bench *b)
{
	char word[WORD_LEN_MAX + 1];
	size_t len, n = 0;

	for (size_t i = 0; i < b->count; i++)
		for (size_t at = 0; (len = next_word(b->texts[i], &at, word)) > 0;)
			if (n++ % 2 == 0)
				table_add(b->table, slice_make(word, len), b->texts_memory);
}

static int
run(struct bench *b, const char *path, double seconds, struct buf *out)
{
	struct json_writer w;

	b->texts_memory = arena_new((size_t)1024 * 1024 * 1024);
	b->arena = arena_new((size_t)256 * 1024 * 1024);
	b->table = mem_zalloc(sizeof *b->table);
	b->stemmer = sb_stemmer_new("english", NULL);
	if (b->texts_memory == NULL || b->arena == NULL || b->table == NULL || b->stemmer == NULL)
		return err_set(&b->err, ERR_NOMEM, "no memory");
	if (read_texts(b, path) < 0)
		return -1;
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_kv_i64(&w, "texts", (int64_t)b->count);
	if (set_up(b, &w) < 0)
		return -1;
	fill_table(b);
	if (measure(b, seconds, &w) < 0)
		return -1;
	json_object_end(&w);
	return 0;
}

int
main(int argc, char **argv)
{
	struct bench b = {0};
	struct buf out;
	int rc = -1;

	buf_init(&out, 64 * 1024);
	if (argc != 3 || strtod(argv[2], NULL) <= 0)
		err_set(&b.err, ERR_INPUT, "usage: score_speed FILE SECONDS");
	else
		rc = run(&b, argv[1], strtod(argv[2], NULL), &out);
	if (rc < 0)
		fprintf(stderr, "score_speed: %s\n", b.err.text);
	else
		printf("%s\n", buf_str(&out));
	scorer_free(b.scorer);
	lexicon_set_unref(b.set);
	sb_stemmer_delete(b.stemmer);
	mem_free(b.table);
	mem_free(b.texts);
	arena_free(b.arena);
	arena_free(b.texts_memory);
	buf_fini(&out);
	return rc < 0 ? 1 : 0;
}
