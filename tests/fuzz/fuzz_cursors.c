/*
 * fuzz_cursors.c - any bytes as what a source finds in the store of how far it has come.  Laws: what is
 * read of them and written is read and written as the same again; the source goes on from there, and
 * gives nothing twice.
 *
 * The first byte says whose cursor it is; behind a line's end an answer of a server may follow.
 */
#include <string.h>

#include "collectors/collector.h"
#include "collectors/feed_cursor.h"
#include "collectors/feed_parse.h"
#include "collectors/mastodon_internal.h"
#include "collectors/replay.h"
#include "collectors/replay_internal.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/options.h"
#include "core/rng.h"
#include "core/yaml.h"
#include "platform/loop.h"
#include "tests/fuzz/fuzz_file.h"

#define NOW INT64_C(1795255200000)
#define TAGS 2
#define POSTS 5
#define TURNS_MAX 40

struct desk {
	struct loop *loop;
	struct loop_timer *tick; /* keeps the loop from waiting for ever */
	struct clock_virtual clock;
	struct rng rng;
	struct options *set;
	struct collector_host host;
	struct collector *idle; /* has a name and a clock for what needs no more */
	struct page *waiting;
	/* of a replay */
	struct fuzz_file file;
	size_t size; /* of the file */
	int last; /* the number of the post that was given last */
	size_t given;
};

static struct desk desk;

/* ---- Mastodon ------------------------------------------------------------------- */

static void
tags_open(struct mastodon_tag tags[TAGS], struct slice cursor)
{
	static char coffee[] = "coffee", tea[] = "tea";

	memset(tags, 0, TAGS * sizeof *tags);
	tags[0].name = coffee;
	tags[1].name = tea;
	(void)mastodon_cursor_read(cursor, "https://m.example", tags, TAGS);
	for (size_t i = 0; i < TAGS; i++) {
		const struct mastodon_tag *t = &tags[i];

		LAW(t->seen.count <= 2 * (size_t)MASTODON_SEEN_MAX);
		LAW(t->walk_place <= t->seen.count);
		LAW((t->walk_top == NULL) == (t->walk_max == NULL));
	}
}

static void
tags_close(struct mastodon_tag tags[TAGS])
{
	for (size_t i = 0; i < TAGS; i++) {
		mem_free(tags[i].base);
		mem_free(tags[i].walk_top);
		mem_free(tags[i].walk_max);
		seen_fini(&tags[i].seen);
	}
}

/* A page with the cursor of these tags, which says what they say. */
static void
tags_check(const struct mastodon_tag tags[TAGS], struct page *p)
{
	struct mastodon_tag again[TAGS];
	struct page *other = page_new(SLICE_LIT("src"));

	LAW(other != NULL);
	LAW(mastodon_cursor_write("https://m.example", tags, TAGS, p) == 0);
	tags_open(again, p->cursor);
	LAW(mastodon_cursor_write("https://m.example", again, TAGS, other) == 0);
	LAW(slice_eq(p->cursor, other->cursor));
	tags_close(again);
	page_free(other);
}

/* Two statuses under one name: the second is the first one's edit, and the first the second one's. */
static bool
has_twins(const struct json *array)
{
	for (size_t i = 0; i < json_count(array); i++)
		for (size_t k = 0; k < i; k++)
			if (slice_eq(json_get_str(json_at(array, i), "id"),
				json_get_str(json_at(array, k), "id")))
				return true;
	return false;
}

/* What a page gives is not given by the same answer once more. */
static void
take_answer(struct mastodon *m, struct slice answer)
{
	struct page *first = page_new(SLICE_LIT("src")), *second = page_new(SLICE_LIT("src"));
	struct json_doc *doc = NULL;
	bool is_done;

	LAW(first != NULL && second != NULL);
	if (json_parse(answer, &doc, NULL, NULL) == 0 && json_type(json_root(doc)) == JSON_ARRAY) {
		m->step = m->tags[0].walk_max != NULL ? MASTODON_WALK : MASTODON_NEW;
		LAW(mastodon_answer_take(m, json_root(doc), SLICE_NONE, first, &is_done) == 0);
		tags_check(m->tags, first);
		m->step = MASTODON_RECHECK;
		LAW(mastodon_answer_take(m, json_root(doc), SLICE_NONE, second, &is_done) == 0);
		for (size_t i = 0; i < second->count && !has_twins(json_root(doc)); i++)
			for (size_t k = 0; k < first->count; k++)
				LAW(!slice_eq(second->posts[i].id, first->posts[k].id) ||
				    !slice_eq(second->posts[i].text, first->posts[k].text));
	}
	json_doc_free(doc);
	page_free(first);
	page_free(second);
}

static void
check_mastodon(struct slice cursor, struct slice answer)
{
	static char server[] = "https://m.example";
	struct mastodon m = {.c = desk.idle, .server = server, .limit = 3, .tag_count = TAGS};
	struct page *p = page_new(SLICE_LIT("src"));

	LAW(p != NULL);
	tags_open(m.tags, cursor);
	tags_check(m.tags, p);
	take_answer(&m, answer);
	tags_close(m.tags);
	page_free(p);
}

/* ---- feeds ---------------------------------------------------------------------- */

static void
check_feed(struct slice cursor)
{
	static const char url[] = "https://f.example/feed";
	struct feed_cursor first, again;
	struct page *p = page_new(SLICE_LIT("src")), *other = page_new(SLICE_LIT("src"));
	struct err err = {ERR_NONE, ""};

	LAW(p != NULL && other != NULL);
	feed_cursor_init(&first, url);
	feed_cursor_init(&again, url);
	LAW(feed_cursor_read(&first, cursor, &err) == 0 || err.text[0] != '\0');
	LAW(first.seen.count <= FEED_ITEMS_MAX + FEED_SEEN_KEPT);
	LAW(feed_cursor_write(&first, p) == 0);
	LAW(feed_cursor_read(&again, p->cursor, &err) == 0);
	LAW(feed_cursor_write(&again, other) == 0);
	LAW(slice_eq(p->cursor, other->cursor));
	LAW(first.has_fetched == again.has_fetched && first.seen.count == again.seen.count);
	feed_cursor_fini(&first);
	feed_cursor_fini(&again);
	page_free(p);
	page_free(other);
}

/* ---- files ---------------------------------------------------------------------- */

/* Posts come in the order of the file, each once. */
static void
take_page(void *cookie, struct collector *c, struct page *p)
{
	(void)cookie, (void)c;
	for (size_t i = 0; i < p->count; i++) {
		int number = p->posts[i].id.ptr[1] - '0';

		LAW(p->posts[i].id.len >= 2 && number > desk.last && number < POSTS);
		LAW(p->posts[i].created_at_ms <= desk.clock.at_ms);
		desk.last = number;
	}
	desk.given += p->count;
	LAW(desk.waiting == NULL && slice_is_set(p->cursor));
	desk.waiting = p;
}

static void
tick(void *cookie)
{
	(void)cookie;
	loop_timer_start(desk.tick, 5);
}

static void
read_cursor(struct replay *r, struct slice cursor)
{
	*r = (struct replay){.path = desk.file.path, .round = 1, .at_ms = TIME_UNKNOWN};
	replay_cursor_read(r, cursor);
	LAW(r->offset <= INT64_MAX && r->line <= INT64_MAX && r->round >= 1);
}

static void
check_file(struct slice cursor)
{
	struct replay first, again;
	struct page *p = page_new(SLICE_LIT("src"));

	LAW(p != NULL);
	read_cursor(&first, cursor);
	LAW(replay_cursor_write(&first, p) == 0);
	read_cursor(&again, p->cursor);
	LAW(first.offset == again.offset && first.line == again.line &&
	    first.round == again.round && first.at_ms == again.at_ms);
	page_free(p);
}

/* The source itself, to the end of the file: its timers make it slow. */
static void
check_replay(struct slice cursor)
{
	struct collector *c;
	struct replay from;

	read_cursor(&from, cursor);
	desk.last = -1;
	desk.given = 0;
	LAW(collector_new("src", &replay_collector, desk.set, &desk.host, &c, NULL) == 0);
	collector_start(c, cursor, false);
	for (int i = 0; i < TURNS_MAX && collector_status(c)->health != SOURCE_ENDED; i++) {
		loop_run_once(desk.loop, true);
		if (desk.waiting != NULL) {
			uint64_t serial = desk.waiting->serial;

			page_free(desk.waiting);
			desk.waiting = NULL;
			collector_committed(c, serial);
		}
	}
	LAW(collector_status(c)->health == SOURCE_ENDED);
	/* A file that is not as long any more is another file, and read from its beginning. */
	if (from.offset == 0 || from.offset > desk.size)
		LAW(desk.given == POSTS);
	LAW(desk.given == 0 || desk.last == POSTS - 1);
	collector_free(c);
	loop_run_once(desk.loop, false); /* its timer is freed there */
}

/* ---- all ------------------------------------------------------------------------ */

static void
write_file(void)
{
	char text[1024];
	size_t len = 0;

	for (int i = 0; i < POSTS; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
		    "{\"id\":\"p%d\",\"text\":\"good "
		    "coffee\",\"created_at\":\"2026-11-%dT10:00:00Z\"}\n",
		    i, 10 + i);
	desk.size = len;
	fuzz_file(&desk.file, slice_make(text, len));
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct diag_list *diags = diag_list_new();
	struct yaml_doc *doc;
	char text[128];

	(void)argc, (void)argv;
	write_file();
	snprintf(text, sizeof text, "file: %s\nrebase: true\n", desk.file.path);
	doc = yaml_parse("fuzz.yaml", slice_of(text), diags);
	desk.set = options_read(
	    replay_collector.options, doc, yaml_root(doc), "sources.src", "/tmp", diags);
	LAW(desk.set != NULL && diag_kept(diags) == 0);
	yaml_doc_free(doc);
	diag_list_free(diags);
	LAW(loop_new(&desk.loop, NULL) == 0);
	desk.tick = loop_timer_new(desk.loop, tick, NULL);
	LAW(desk.tick != NULL);
	tick(NULL);
	clock_virtual_init(&desk.clock, NOW);
	rng_init(&desk.rng, 1);
	desk.host = (struct collector_host){
	    &desk, desk.loop, NULL, &desk.clock.base, &desk.rng, NULL, take_page};
	LAW(collector_new("idle", &replay_collector, desk.set, &desk.host, &desk.idle, NULL) == 0);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest, cursor;

	if (size == 0)
		return 0;
	rest = slice_make((const char *)data + 1, size - 1);
	cursor = slice_split(&rest, '\n');
	switch (data[0] % 8) {
	case 1: check_feed(cursor); break;
	case 2: check_file(cursor); break;
	case 7: check_replay(cursor); break;
	default: check_mastodon(cursor, rest); break;
	}
	return 0;
}
