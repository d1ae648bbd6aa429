#include "actions/incidents.h"

#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "store/pauses.h"

#include "actions/actions_internal.h"
#include "actions/alerts_internal.h"
#include "actions/pauses.h"

struct beginning {
	struct store *st;
	const struct actions_config *config;
	const struct incident *in;
	struct arena *arena;
	struct settled *out;
	struct err *err;
};

static int
note(struct beginning *b, struct decision_row *row, const char *text)
{
	row->note = slice_of(text);
	return text != NULL ? 0 : err_set(b->err, ERR_NOMEM, "no memory for a decision's note");
}

/* "w:storm", and "w:storm:1795255200000" for one incident of it. */
static int
make_names(const struct beginning *b, struct slice *group_r, struct slice *occurrence_r)
{
	struct slice id = b->in->watch->id;

	*group_r = slice_of(arena_printf(b->arena, "w:%.*s", SLICE_ARG(id)));
	*occurrence_r = slice_of(
	    arena_printf(b->arena, "w:%.*s:%lld", SLICE_ARG(id), (long long)b->in->since_ms));
	if (!slice_is_set(*group_r) || !slice_is_set(*occurrence_r))
		return err_set(b->err, ERR_NOMEM, "no memory for an incident");
	return 0;
}

/* An alert of an earlier incident that nobody resolved is opened again: there is new work. */
static int
raise(struct beginning *b, const struct action *action, struct slice group, struct decision_row *d)
{
	const struct incident *in = b->in;
	struct alert_story story = {.decision_id = slice_of(d->id), .now_ms = in->now_ms};
	struct alert_row row;
	int rc = store_alert_find_open(b->st, action->queue, group, b->arena, &row, b->err);

	if (rc == 1) {
		row.count++;
		row.severity = action->severity > row.severity ? action->severity : row.severity;
		row.state = ALERT_OPEN;
		row.reason = in->reason;
		row.last_at_ms = in->now_ms;
	} else if (rc == 0) {
		row = (struct alert_row){.queue = action->queue,
		    .group_key = group,
		    .severity = action->severity,
		    .state = ALERT_OPEN,
		    .title = in->watch->title,
		    .rule_id = in->watch->id,
		    .reason = in->reason,
		    .post_id = SLICE_LIT(""),
		    .count = 1,
		    .opened_at_ms = in->now_ms,
		    .last_at_ms = in->now_ms,
		    .repeat_at_ms = TIME_UNKNOWN,
		    .changed_at_ms = TIME_UNKNOWN};
		rc = store_alert_insert(b->st, &row, b->err);
	}
	if (rc < 0 || alert_tell(b->st, b->config, &row, &story, b->arena, b->err) < 0 ||
	    store_alert_update(b->st, &row, b->err) < 0)
		return -1;
	d->outcome = DECISION_ALERTED;
	b->out->alerted++;
	return note(b, d,
	    arena_printf(b->arena, "alert %lld in '%.*s'", (long long)row.alert_no,
		SLICE_ARG(action->queue)));
}

static int
pause_cause(struct slice watch_id, struct arena *a, struct slice *cause_r, struct err *err)
{
	*cause_r = slice_of(arena_printf(a, "watch %.*s", SLICE_ARG(watch_id)));
	return slice_is_set(*cause_r) ? 0 : err_set(err, ERR_NOMEM, "no memory for a pause");
}

static int
pause_promotions(struct beginning *b, struct decision_row *d)
{
	struct pause_row row = {.what = SLICE_LIT(PAUSE_PROMOTIONS),
	    .reason = b->in->reason,
	    .at_ms = b->in->now_ms,
	    .until_ms = TIME_UNKNOWN};

	if (pause_cause(b->in->watch->id, b->arena, &row.cause, b->err) < 0 ||
	    store_pause_put(b->st, &row, b->err) < 0)
		return -1;
	d->outcome = DECISION_DONE;
	return note(b, d, "no promotions until it is over");
}

static int
act(struct beginning *b, const struct action *action, struct slice group, struct decision_row *d)
{
	if (action->verb != ACTION_ALERT && action->verb != ACTION_PAUSE_PROMOTIONS) {
		d->outcome = DECISION_SUPPRESSED;
		return note(b, d, "a watch has no person to do this for");
	}
	if (b->in->watch->is_shadow) {
		d->outcome = DECISION_SHADOW;
		return note(b, d,
		    action->verb == ACTION_ALERT ? "shadow: an alert would be raised"
						 : "shadow: promotions would be paused");
	}
	return action->verb == ACTION_ALERT ? raise(b, action, group, d) : pause_promotions(b, d);
}

static int
decide(struct beginning *b, const struct action *action, struct slice group,
    struct slice occurrence_id)
{
	struct decision_row *d = &b->out->rows[b->out->count];
	int rc;

	*d = (struct decision_row){
	    .rule_id = b->in->watch->id,
	    .rules_version = b->in->watch->version,
	    .occurrence_kind = OCCURRENCE_INCIDENT,
	    .occurrence_id = occurrence_id,
	    .subject = SLICE_NONE,
	    .action = action->text,
	    .verb = action->verb,
	    .reason = b->in->reason,
	    .at_ms = b->in->now_ms,
	    .event_at_ms = b->in->since_ms,
	};
	decision_id_make(d->rule_id, occurrence_id, action->text, d->subject, d->id);
	if (act(b, action, group, d) < 0)
		return -1;
	rc = store_decision_insert(b->st, d, b->err);
	b->out->count += rc > 0;
	return rc < 0 ? -1 : 0;
}

static bool
is_repeated(const struct rule_head *watch, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (slice_eq(watch->actions[k].text, watch->actions[i].text))
			return true;
	return false;
}

int
actions_settle_incident(struct store *st, const struct actions_config *config,
    const struct incident *in, struct arena *a, struct settled *out_r, struct err *err)
{
	struct settled out = {0};
	struct beginning b = {st, config, in, a, &out, err};
	struct slice group, occurrence_id;
	int rc;

	*out_r = out;
	if (make_names(&b, &group, &occurrence_id) < 0)
		return -1;
	rc = store_decision_exists(st, OCCURRENCE_INCIDENT, occurrence_id, in->watch->id, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	out.rows = arena_array(a, in->watch->action_count + 1, sizeof *out.rows);
	if (out.rows == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an incident");
	out.fired = 1;
	for (size_t i = 0; i < in->watch->action_count; i++)
		if (!is_repeated(in->watch, i) &&
		    decide(&b, &in->watch->actions[i], group, occurrence_id) < 0)
			return -1;
	*out_r = out;
	return 0;
}

/* ---- the end -------------------------------------------------------------- */

static int
tell_end(struct store *st, const struct actions_config *config, struct slice queue,
    struct slice group, struct slice reason, int64_t now_ms, struct arena *a, struct err *err)
{
	struct alert_story story = {.now_ms = now_ms};
	struct alert_row row;
	int rc = store_alert_find_open(st, queue, group, a, &row, err);

	if (rc <= 0)
		return rc;
	row.reason = reason;
	row.last_at_ms = now_ms;
	if (alert_tell(st, config, &row, &story, a, err) < 0 ||
	    store_alert_update(st, &row, err) < 0)
		return -1;
	return 1;
}

int
actions_end_incident(struct store *st, const struct actions_config *config, struct slice watch_id,
    struct slice reason, int64_t now_ms, struct arena *a, size_t *told_r, struct err *err)
{
	const char *group = arena_printf(a, "w:%.*s", SLICE_ARG(watch_id));
	const char *text = arena_printf(a, "it is over: %.*s", SLICE_ARG(reason));
	struct slice cause;
	int64_t lifted;

	*told_r = 0;
	if (group == NULL || text == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the end of an incident");
	if (pause_cause(watch_id, a, &cause, err) < 0 ||
	    pauses_lift(
		st, SLICE_LIT(PAUSE_PROMOTIONS), cause.ptr, cause.ptr, now_ms, &lifted, err) < 0)
		return -1;
	/* In whatever queue it was raised: the watch may have been edited or taken out since. */
	for (size_t i = 0; i < config->queue_count; i++) {
		int rc = tell_end(st, config, slice_of(config->queues[i].name), slice_of(group),
		    slice_of(text), now_ms, a, err);

		if (rc < 0)
			return -1;
		*told_r += (size_t)rc;
	}
	return 0;
}
