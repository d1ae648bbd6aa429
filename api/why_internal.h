/*
 * why_internal.h - the answer to "why did it, or did it not": loaded and judged once (why.c), then
 * said as JSON or as lines (why_say.c).
 */
#ifndef API_WHY_INTERNAL_H
#define API_WHY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "store/outbox.h"
#include "store/posts.h"

struct api_call;
struct err;

/* A decision, and the message it made. */
struct why_decision {
	struct decision_row row;
	struct message message;
	bool has_message;
};

/* A rule of the version of then. */
struct why_rule {
	struct slice id, title;
	bool is_known; /* it is in the version of then */
	struct slice conditions_json, conditions_text; /* SLICE_NONE: not explained */
	struct why_decision *decisions;
	size_t decision_count;
};

#define WHY_NOTES_MAX 8

struct why {
	struct stored_post *sp; /* NULL: only a message is asked about, and it has no post */
	struct message message; /* the one asked about */
	bool has_message;
	struct alert_row alert; /* behind a notice */
	bool has_alert;
	struct slice asked_rule; /* SLICE_NONE: all */
	struct why_rule *rules;
	size_t rule_count;
	size_t left_out; /* rules that decided nothing and are not listed */
	const char *unexplained; /* why no conditions are shown; NULL: they are */
	const char *notes[WHY_NOTES_MAX];
	size_t note_count;
};

int why_say_json(struct api_call *c, const struct why *y, struct err *err);
int why_say_text(struct api_call *c, const struct why *y, struct err *err);

#endif
