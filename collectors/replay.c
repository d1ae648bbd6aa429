/*
 * Posts from a file, a pipe or standard input, one JSON object a line.
 *
 * Pace:    flat (as fast as the host takes pages), in real time or a multiple of it by the posts'
 *          own times, or so many a second.
 * Times:   with `rebase` what is given out is dated when it is given out (by pace: when it was due),
 *          so that a recorded day happens today; at a rate, what came late in the file comes as late
 *          again.  Flat, the distances within the file are kept, but nothing is dated later than now.
 * Rounds:  at the end of a file it begins again with fresh ids: "#r2" behind the id and behind the
 *          ids it refers to.
 * Cursor:  the byte behind the last line given out, its number, the round, and that line's time in
 *          the file: after a restart the pace goes on from there, with now in the place of that time.
 */
#include "collectors/replay.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "collectors/replay_internal.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "platform/loop.h"

#define PAGE_POSTS 256
#define STREAM_POLL_MS 20 /* how often a pipe is looked at while it has nothing */
#define FOLLOW_POLL_MS 500 /* how often a file is looked at for more */
#define TICK_MS 20 /* paced posts due within it share a page */
#define SPEED_MAX 1000000
#define LINES_PER_STEP 2048 /* bad lines count as well: a step must end */

static const struct option replay_options[] = {
    {"file", OPTION_PATH, NULL, true, 0, 0, NULL,
	"Posts as JSON, one a line; '-' is standard input.", "demo.ndjson"},
    {"speed", OPTION_TEXT, "flat", false, 0, 0, NULL,
	"'flat' as fast as possible, 'real' by the posts' own times, '10x' ten times that.",
	"real"},
    {"rate", OPTION_INT, NULL, false, 1, SPEED_MAX, NULL, "Posts per second, instead of 'speed'.",
	"20"},
    {"rebase", OPTION_BOOL, "false", false, 0, 0, NULL,
	"Date the posts as if they were written now.", "true"},
    {"rounds", OPTION_BOOL, "false", false, 0, 0, NULL,
	"Begin again at the end of the file, with fresh ids.", "true"},
    {"follow", OPTION_BOOL, "false", false, 0, 0, NULL, "Wait for what is appended to the file.",
	"true"},
    {NULL, OPTION_TEXT, NULL, false, 0, 0, NULL, NULL, NULL},
};

/* --- dating and naming ---------------------------------------------------- */

/* "<id>#r2" */
static int
freshen(const struct replay *r, struct arena *a, struct slice *id)
{
	if (r->round == 1 || id->len == 0)
		return 0;
	*id = slice_of(arena_printf(a, "%.*s#r%" PRId64, SLICE_ARG(*id), r->round));
	return slice_is_set(*id) ? 0 : -1;
}

static int
freshen_all(const struct replay *r, struct arena *a, struct post *p)
{
	return freshen(r, a, &p->id) < 0 || freshen(r, a, &p->reply_to) < 0 ||
		freshen(r, a, &p->repost_of) < 0 || freshen(r, a, &p->quote_of) < 0 ||
		freshen(r, a, &p->thread) < 0
	    ? -1
	    : 0;
}

/* When a post of this time in the file is due, on the wall clock. */
static int64_t
due_ms(const struct replay *r, int64_t file_ms)
{
	int64_t distance;

	switch (r->pace) {
	case PACE_FLAT: return INT64_MIN;
	case PACE_RATE: return r->now_base_ms + (int64_t)(r->given * 1000 / (uint64_t)r->rate);
	case PACE_TIMES:
		if (file_ms == TIME_UNKNOWN || r->file_base_ms == TIME_UNKNOWN)
			return r->now_base_ms;
		distance = file_ms - r->file_base_ms;
		if (distance <= 0)
			return r->now_base_ms;
		return r->now_base_ms +
		    (int64_t)((double)distance * 1000.0 / (double)r->speed_milli);
	}
	return INT64_MIN;
}

/* How far a post's time lies behind the latest one so far: it came late, and by as much it comes late
 * again.  By the posts' own times being due says it already. */
static int64_t
late_ms(const struct replay *r, int64_t file_ms)
{
	if (r->pace != PACE_RATE || file_ms == TIME_UNKNOWN || r->front_ms == TIME_UNKNOWN ||
	    file_ms >= r->front_ms)
		return 0;
	return r->front_ms - file_ms;
}

static void
date(const struct replay *r, struct post *p, int64_t file_ms, int64_t due)
{
	int64_t now = replay_now_ms(r);
	int64_t at = now;

	p->source = slice_is_set(p->source) ? p->source : SLICE_LIT("replay");
	if (!r->rebases)
		return;
	if (r->pace != PACE_FLAT)
		at = due - late_ms(r, file_ms);
	else if (file_ms != TIME_UNKNOWN && r->file_base_ms != TIME_UNKNOWN)
		at = r->now_base_ms + (file_ms - r->file_base_ms);
	p->created_at_ms = at < now ? at : now;
	p->fetched_at_ms = now;
}

static void
pace_begin(struct replay *r)
{
	r->file_base_ms = r->at_ms;
	r->front_ms = r->at_ms;
	r->now_base_ms = replay_now_ms(r);
	r->given = 0;
}

/* --- giving out ----------------------------------------------------------- */

static void
ahead_drop(struct replay *r)
{
	arena_free(r->ahead_arena);
	r->ahead_arena = NULL;
}

/* The post read ahead joins the page.  -1 without memory. */
static int
ahead_give(struct replay *r, struct page *p)
{
	struct post copy;
	struct post *to;

	date(r, &r->ahead, r->ahead_file_ms, r->ahead_due_ms);
	if (post_copy(&r->ahead, p->arena, &copy) < 0 || (to = page_add(p)) == NULL)
		return -1;
	*to = copy;
	r->given++;
	r->posts_in_round++;
	r->offset = r->ahead_offset;
	r->line = r->ahead_line;
	if (r->ahead_file_ms != TIME_UNKNOWN)
		r->at_ms = r->ahead_file_ms;
	if (r->front_ms == TIME_UNKNOWN || r->at_ms > r->front_ms)
		r->front_ms = r->at_ms;
	ahead_drop(r);
	return 0;
}

/* Parses one line: a post is put ahead, anything else is a reject of the page.  -1 without memory.
 */
static int
line_take(struct replay *r, const struct ndjson_line *line, struct page *p)
{
	struct err err = {0};
	size_t repaired = 0;

	if (line->is_too_long) {
		page_reject(p, line->text,
		    "line %" PRIu64 ": %" PRIu64 " bytes, at most %d are accepted", line->number,
		    line->length, POST_JSON_MAX);
		goto behind;
	}
	r->ahead_arena = arena_new(COLLECTOR_PAGE_BYTES_MAX);
	if (r->ahead_arena == NULL)
		return -1;
	if (post_parse(line->text, r->ahead_arena, replay_now_ms(r), &r->ahead, &repaired, &err) <
	    0) {
		ahead_drop(r);
		if (err.kind == ERR_NOMEM)
			return -1;
		page_reject(p, line->text, "line %" PRIu64 ": %s", line->number, err.text);
		goto behind;
	}
	if (r->ahead.id.len + 24 > POST_ID_MAX && r->round > 1) {
		page_reject(p, line->text, "line %" PRIu64 ": the id is too long for another round",
		    line->number);
		ahead_drop(r);
		goto behind;
	}
	p->repaired += repaired;
	r->ahead_file_ms = r->ahead.created_at_ms;
	if (r->file_base_ms == TIME_UNKNOWN)
		r->file_base_ms = r->ahead_file_ms;
	r->ahead_due_ms = due_ms(r, r->ahead_file_ms);
	r->ahead_offset = line->end_offset;
	r->ahead_line = line->number;
	if (freshen_all(r, r->ahead_arena, &r->ahead) < 0) {
		ahead_drop(r);
		return -1;
	}
	return 0;
behind:
	r->offset = line->end_offset;
	r->line = line->number;
	return 0;
}

/* What stopped the filling of a page. */
enum stop {
	STOP_FULL,
	STOP_NOT_DUE,
	STOP_NO_MORE_YET,
	STOP_END,
	STOP_FAILED
};

static enum stop
fill_page(struct replay *r, struct page *p)
{
	struct ndjson_line line;

	for (unsigned n = 0; n < LINES_PER_STEP; n++) {
		if (p->count >= PAGE_POSTS || page_is_full(p))
			return STOP_FULL;
		if (r->ahead_arena != NULL) {
			if (r->pace != PACE_FLAT && r->ahead_due_ms > replay_now_ms(r))
				return STOP_NOT_DUE;
			if (ahead_give(r, p) < 0)
				return STOP_FAILED;
			continue;
		}
		if (ndjson_next(r->lines, &line) > 0) {
			if (line_take(r, &line, p) < 0)
				return STOP_FAILED;
			continue;
		}
		if (r->is_at_end)
			return STOP_END;
		switch (replay_fill(r)) {
		case REPLAY_FILL_GOT: break;
		case REPLAY_FILL_LATER: return STOP_NO_MORE_YET;
		case REPLAY_FILL_FAILED: return STOP_FAILED;
		case REPLAY_FILL_END:
			if (r->follows && !r->is_stream)
				return STOP_NO_MORE_YET;
			ndjson_finish(r->lines);
			r->is_at_end = true;
		}
	}
	return STOP_FULL;
}

/* The file is through: once more, or it has ended. */
static void
round_end(struct replay *r)
{
	bool was_empty = r->posts_in_round == 0;

	if (r->has_rounds && !r->is_stream && !was_empty) {
		r->round++;
		r->at_ms = TIME_UNKNOWN;
		if (lseek(r->fd, 0, SEEK_SET) == 0 && replay_lines_begin(r, 0, 0) == 0) {
			pace_begin(r);
			loop_timer_start(r->timer, r->pace == PACE_FLAT ? 0 : TICK_MS);
			return;
		}
		replay_problem(r, SOURCE_FAILING, "cannot go back to the start of the file", NULL);
	}
	r->has_ended = true;
	if (collector_is_idle(r->c)) {
		replay_status(r)->health = SOURCE_ENDED;
		snprintf(replay_status(r)->detail, sizeof(replay_status(r)->detail), "all is read");
		log_event(collector_host(r->c)->log, LOG_INFO, "source.ended", "source",
		    collector_name(r->c), NULL);
	}
}

static void
plan(struct replay *r, enum stop stop)
{
	int64_t wait;

	switch (stop) {
	case STOP_FULL:
		/* when the host takes no more, committed() goes on */
		if (collector_can_emit(r->c))
			loop_timer_start(r->timer, 0);
		break;
	case STOP_NOT_DUE:
		collector_looked(r->c);
		wait = r->ahead_due_ms - replay_now_ms(r);
		loop_timer_start(r->timer,
		    wait < TICK_MS              ? TICK_MS
			: wait < TIME_MINUTE_MS ? wait
						: TIME_MINUTE_MS);
		break;
	case STOP_NO_MORE_YET:
		collector_looked(r->c);
		loop_timer_start(r->timer, r->is_stream ? STREAM_POLL_MS : FOLLOW_POLL_MS);
		break;
	case STOP_END:
		collector_looked(r->c);
		round_end(r);
		break;
	case STOP_FAILED:
		if (replay_status(r)->health != SOURCE_FAILING)
			replay_problem(r, SOURCE_FAILING, "no memory for the next post", NULL);
		loop_timer_start(r->timer, FOLLOW_POLL_MS);
		break;
	}
}

static void
step(void *cookie)
{
	struct replay *r = cookie;
	struct page *p;
	enum stop stop;

	if (r->has_ended || !collector_can_emit(r->c))
		return;
	p = page_new(slice_of(collector_name(r->c)));
	if (p == NULL) {
		plan(r, STOP_FAILED);
		return;
	}
	stop = fill_page(r, p);
	if (page_is_empty(p)) {
		page_free(p);
		plan(r, stop);
		return;
	}
	if (replay_cursor_write(r, p) < 0) {
		/* given out without it, a restart would give the page again; the store would notice
		 */
		log_event(collector_host(r->c)->log, LOG_ERROR, "replay.no_cursor", "source",
		    collector_name(r->c), NULL);
	}
	if (stop != STOP_FAILED)
		replay_status(r)->health = SOURCE_OK;
	replay_status(r)->last_ok_at_ms = replay_now_ms(r);
	collector_emit(r->c, p);
	plan(r, stop);
}

/* --- the contract --------------------------------------------------------- */

static void
replay_close(void *state)
{
	struct replay *r = state;

	ahead_drop(r);
	ndjson_free(r->lines);
	loop_timer_free(r->timer);
	if (r->fd > STDIN_FILENO)
		(void)close(r->fd);
	mem_free(r->path);
	mem_free(r);
}

/* "flat", "real", "10x", "0.5x" */
static int
speed_set(struct replay *r, const char *text, struct err *err)
{
	char *end = NULL;
	double factor;

	if (text == NULL || strcmp(text, "flat") == 0) {
		r->pace = PACE_FLAT;
		return 0;
	}
	r->pace = PACE_TIMES;
	r->speed_milli = 1000;
	if (strcmp(text, "real") == 0)
		return 0;
	factor = strtod(text, &end);
	if (end == text || strcmp(end, "x") != 0 || !(factor >= 0.001) || factor > SPEED_MAX)
		return err_set(err, ERR_INPUT,
		    "'speed' is '%.40s', expected flat, real or a factor such as 10x", text);
	r->speed_milli = (int64_t)(factor * 1000.0 + 0.5);
	return 0;
}

static int
replay_open(struct collector *c, const struct options *set, void **state_r, struct err *err)
{
	const char *path = options_text(set, "file");
	struct replay *r = mem_zalloc(sizeof(*r));

	if (r == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a source");
	r->c = c;
	r->fd = -1;
	r->round = 1;
	r->at_ms = TIME_UNKNOWN;
	r->rebases = options_bool(set, "rebase");
	r->has_rounds = options_bool(set, "rounds");
	r->follows = options_bool(set, "follow");
	if (speed_set(r, options_text(set, "speed"), err) < 0)
		goto fail;
	if (options_has(set, "rate")) {
		if (r->pace != PACE_FLAT) {
			err_set(err, ERR_INPUT, "'speed' and 'rate' cannot be set both");
			goto fail;
		}
		r->pace = PACE_RATE;
		r->rate = options_int(set, "rate");
	}
	if (r->has_rounds && r->follows) {
		err_set(err, ERR_INPUT, "'rounds' and 'follow' cannot be set both");
		goto fail;
	}
	if (path == NULL) {
		err_set(err, ERR_INPUT, "'file' is missing");
		goto fail;
	}
	if (replay_file_open(r, path, err) < 0)
		goto fail;
	r->path = mem_strdup(path);
	r->timer = loop_timer_new(collector_host(c)->loop, step, r);
	if (r->path == NULL || r->timer == NULL) {
		err_set(err, ERR_NOMEM, "no memory for a source");
		goto fail;
	}
	*state_r = r;
	return 0;
fail:
	replay_close(r);
	return -1;
}

static void
replay_start(void *state, struct slice cursor, bool has_fetched)
{
	struct replay *r = state;

	(void)has_fetched;
	replay_cursor_read(r, cursor);
	if (replay_seek(r) < 0) {
		replay_problem(r, SOURCE_FAILING, "cannot go to where it stopped", r->path);
		return;
	}
	/* a round that was through when we stopped */
	r->posts_in_round = r->offset > 0 ? 1 : 0;
	replay_status(r)->health = SOURCE_OK;
	pace_begin(r);
	loop_timer_start(r->timer, 0);
}

static void
replay_committed(void *state, uint64_t serial)
{
	struct replay *r = state;

	(void)serial;
	if (r->has_ended)
		round_end(r);
	else if (r->ahead_arena == NULL || r->pace == PACE_FLAT ||
	    r->ahead_due_ms <= replay_now_ms(r))
		loop_timer_start(r->timer, 0);
}

const struct collector_ops replay_collector = {
    .name = "replay",
    .help = "Posts from a file or standard input, one JSON object a line.",
    .options = replay_options,
    .open = replay_open,
    .start = replay_start,
    .committed = replay_committed,
    .close = replay_close,
};
