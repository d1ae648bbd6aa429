/*
 * why_answer.c - an answer that was given in time and reached us after a rule had acted because there was
 * none.
 */
#include "api/api_internal.h"

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "actions/sequences.h"
#include "store/events.h"

#include "api/why_internal.h"

static int
look_for_answer(struct api_call *c, struct why *y, const struct decision_row *row, struct err *err)
{
	const struct stored_post *sp = y->sp;
	const struct answer_asked asked = {.occurrence_id = y->cause.occurrence_id,
	    .thread = sp != NULL ? sp->post.thread : SLICE_NONE,
	    .subject = row->subject,
	    .from_ms = sp != NULL ? post_event_at_ms(&sp->post) : y->event->at_ms,
	    .until_ms = row->event_at_ms};
	char at[TIME_TEXT_MAX];
	const char *what, *note;
	int64_t at_ms;
	int rc = sequences_find_answer(c->env->store, &asked, &at_ms, &what, err);

	if (rc <= 0)
		return rc;
	note = arena_printf(c->env->arena, "%s at %s, which reached us after rule '%.*s' had acted",
	    what, time_format_rfc3339(at_ms, at), SLICE_ARG(row->rule_id));
	if (note == NULL)
		return api_nomem(c, err);
	why_note(y, note);
	return 0;
}

int
why_answers(struct api_call *c, struct why *y, struct err *err)
{
	if (y->sp == NULL && y->event == NULL)
		return 0;
	for (size_t i = 0; i < y->rule_count; i++)
		for (size_t k = 0; k < y->rules[i].decision_count; k++) {
			const struct decision_row *row = &y->rules[i].decisions[k].row;

			if (row->occurrence_kind == OCCURRENCE_TIMER &&
			    row->outcome != DECISION_HELD &&
			    sequences_was_unanswered(row->reason) &&
			    look_for_answer(c, y, row, err) < 0)
				return -1;
		}
	return 0;
}
