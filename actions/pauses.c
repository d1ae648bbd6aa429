#include "actions/pauses.h"

#include <assert.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "store/pauses.h"
#include "store/store.h"

#include "actions/actions_internal.h"

#define RELEASE_PAGE 500
#define PAGE_ARENA_MAX (256u << 20)
#define WORDS_MAX 200 /* bytes kept of a reason, and of a cause */

bool
pause_rule_what(struct slice rule_id, struct arena *a, struct slice *what_r)
{
	static const size_t prefix = sizeof PAUSE_RULE_PREFIX - 1;
	char *what = arena_alloc(a, prefix + rule_id.len);

	if (what == NULL)
		return false;
	memcpy(what, PAUSE_RULE_PREFIX, prefix);
	memcpy(what + prefix, rule_id.ptr, rule_id.len);
	*what_r = slice_make(what, prefix + rule_id.len);
	return true;
}

bool
pause_what(struct slice name, struct arena *a, struct slice *what_r)
{
	if (!slice_eq_str(name, PAUSE_PROMOTIONS))
		return pause_rule_what(name, a, what_r);
	*what_r = SLICE_LIT(PAUSE_PROMOTIONS);
	return true;
}

void
pause_words(const char *what, const struct pause_row *row, char why[WHY_MAX])
{
	char until[TIME_TEXT_MAX];
	struct slice reason = utf8_prefix(row->reason, 100), cause = utf8_prefix(row->cause, 50);
	bool ends = row->until_ms != TIME_UNKNOWN;

	snprintf(why, WHY_MAX, "%s%s%s: %.*s (%.*s)", what, ends ? " until " : "",
	    ends ? time_format_rfc3339(row->until_ms, until) : "", SLICE_ARG(reason),
	    SLICE_ARG(cause));
}

int
pauses_set(struct store *st, struct slice what, const char *cause, const char *reason,
    int64_t until_ms, int64_t now_ms, struct err *err)
{
	struct pause_row row = {
	    .what = what,
	    .cause = utf8_prefix(slice_of(cause), WORDS_MAX),
	    .reason = utf8_prefix(slice_of(reason), WORDS_MAX),
	    .at_ms = now_ms,
	    .until_ms = until_ms,
	};
	char audit[3 * WORDS_MAX], until[TIME_TEXT_MAX];

	assert(cause != NULL && reason != NULL);
	snprintf(audit, sizeof audit, "pause what=%.*s until=%s",
	    SLICE_ARG(utf8_prefix(what, WORDS_MAX)),
	    until_ms == TIME_UNKNOWN ? "lifted" : time_format_rfc3339(until_ms, until));
	if (store_pause_put(st, &row, err) < 0)
		return -1;
	return store_audit(st, now_ms, cause, audit, err);
}

/* updated_at_ms stays the time it was held: what waited longer than its channel's give-up time
 * expires at the next claim.  What is still paused by something else is held again there. */
static int
release_all(struct store *st, int64_t now_ms, struct err *err)
{
	struct message_filter paused = {.state = MESSAGE_HELD,
	    .hold = HOLD_PAUSE,
	    .channel = SLICE_NONE,
	    .limit = RELEASE_PAGE};
	struct arena *a = arena_new(PAGE_ARENA_MAX);
	struct message *list;
	size_t count;
	int rc = -1;

	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory to look through the outbox");
	do {
		arena_reset(a);
		if (store_messages_list(st, &paused, a, &list, &count, err) < 0)
			goto out;
		for (size_t i = 0; i < count; i++) {
			list[i].state = MESSAGE_READY;
			list[i].hold = HOLD_NONE;
			list[i].reason = SLICE_LIT("the pause is over");
			list[i].next_at_ms = now_ms;
			if (store_message_update(st, &list[i], err) < 0)
				goto out;
		}
	} while (count > 0);
	rc = 0;
out:
	arena_free(a);
	return rc;
}

int
pauses_lift(struct store *st, struct slice what, const char *cause, const char *who, int64_t now_ms,
    int64_t *lifted_r, struct err *err)
{
	char audit[2 * WORDS_MAX];
	struct slice by = cause == NULL ? SLICE_NONE : utf8_prefix(slice_of(cause), WORDS_MAX);

	assert(who != NULL);
	if (store_pause_lift(st, what, by, lifted_r, err) < 0)
		return -1;
	if (*lifted_r == 0)
		return 0;
	snprintf(audit, sizeof audit, "resume what=%.*s", SLICE_ARG(utf8_prefix(what, WORDS_MAX)));
	if (release_all(st, now_ms, err) < 0)
		return -1;
	return store_audit(st, now_ms, who, audit, err);
}

int
pauses_tick(struct store *st, int64_t now_ms, int64_t *ended_r, struct err *err)
{
	if (store_pauses_end(st, now_ms, ended_r, err) < 0)
		return -1;
	return *ended_r > 0 ? release_all(st, now_ms, err) : 0;
}
