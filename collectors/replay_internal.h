/*
 * replay_internal.h - what the pace (replay.c) and the file (replay_file.c) share.
 */
#ifndef COLLECTORS_REPLAY_INTERNAL_H
#define COLLECTORS_REPLAY_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "collectors/collector.h"
#include "collectors/ndjson.h"

enum replay_pace {
	PACE_FLAT,
	PACE_TIMES,
	PACE_RATE
};

struct replay {
	struct collector *c;
	struct loop_timer *timer;
	char *path;
	int fd;
	bool is_stream; /* pipe or standard input: no size, no place to go back to */
	enum replay_pace pace;
	int64_t speed_milli; /* PACE_TIMES: 1000 is real time */
	int64_t rate; /* PACE_RATE: posts per second */
	bool rebases, follows, has_rounds;

	struct ndjson *lines;
	bool is_at_end; /* of the file, this round */
	bool has_ended; /* nothing will come any more */
	uint64_t posts_in_round;
	int64_t round; /* from 1 */
	/* the cursor: behind the last line that was given out */
	uint64_t offset, line;
	int64_t at_ms; /* time in the file of the last post given out; TIME_UNKNOWN: none yet */

	/* the pace: file_base_ms in the file happens at now_base_ms */
	int64_t file_base_ms, now_base_ms;
	int64_t front_ms; /* the latest time in the file of what was given out in this round */
	uint64_t given; /* since now_base_ms, for PACE_RATE */

	/* a post that has been read but is not due yet */
	struct arena *ahead_arena; /* NULL: none */
	struct post ahead;
	int64_t ahead_due_ms, ahead_file_ms;
	uint64_t ahead_offset, ahead_line;
};

int64_t replay_now_ms(const struct replay *r);
struct source_status *replay_status(const struct replay *r);
/* Says once what is wrong. */
void replay_problem(struct replay *r, enum source_health health, const char *what, const char *why);

int replay_file_open(struct replay *r, const char *path, struct err *err);
void replay_cursor_read(struct replay *r, struct slice cursor);
int replay_cursor_write(const struct replay *r, struct page *p); /* -1 without memory */
/* The splitter begins at this byte, where line + 1 begins.  -1 without memory. */
int replay_lines_begin(struct replay *r, uint64_t offset, uint64_t line);
/* To where the cursor says.  A file that has become shorter is another file. */
int replay_seek(struct replay *r);

enum replay_fill {
	REPLAY_FILL_GOT,
	REPLAY_FILL_LATER, /* a pipe has nothing now */
	REPLAY_FILL_END,
	REPLAY_FILL_FAILED, /* said */
};
/* One chunk for the splitter.  Never waits: a pipe is asked first. */
enum replay_fill replay_fill(struct replay *r);

#endif
