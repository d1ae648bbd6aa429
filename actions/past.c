/*
 * past.c - what was decided and queued before a rehearsal begins is counted again, by the rules of the
 * rehearsal: an occurrence of then moves the counters it moved then, and nothing is judged.
 */
#include "actions/actions_internal.h"

#include "core/err.h"
#include "core/timefmt.h"

/* Whoever is a customer: only that there is one is asked. */
static const struct customer somebody;

struct past_settle {
	struct settle s;
	struct settle_input in;
	struct occurrence occ;
};

static void
begin(struct past_settle *p, struct store *st, const struct actions_config *config,
    const struct past *past, struct arena *a, struct err *err)
{
	*p = (struct past_settle){.s = {.st = st, .config = config, .arena = a, .err = err},
	    .in = {.mode = SETTLE_REMEMBER, .zones = past->zones},
	    /* no post: its id is the thread's */
	    .occ = {.kind = OCCURRENCE_POST,
		.id = past->thread,
		.at_ms = past->at_ms,
		.now_ms = past->at_ms,
		.customer = slice_is_set(past->subject) && slice_starts_with(past->subject, "c:")
		    ? &somebody
		    : NULL,
		.subject = past->subject}};
	p->in.occ = &p->occ;
	p->s.in = &p->in;
}

int
actions_past_firing(struct store *st, const struct actions_config *config, const struct past *past,
    struct arena *a, struct err *err)
{
	const struct rule_head *rule = past->rule;
	struct past_settle p;
	const char *nobody;
	struct slice key;

	begin(&p, st, config, past, a, err);
	if (rule->cooldown_ms > past->then_ms - past->at_ms &&
	    guardrails_key(&p.occ, rule->cooldown_scope, &key, &nobody) &&
	    rests_begin(&p.s, rule, NULL, past->is_message) < 0)
		return -1;
	if (!past->is_first)
		return 0;
	if (caps_count(&p.s, rule, past->then_ms) < 0)
		return -1;
	return guardrails_count(&p.s, rule->id, STATE_TOTAL, SLICE_LIT(""), 1);
}

int
actions_past_message(struct store *st, const struct actions_config *config, const struct past *past,
    struct arena *a, struct err *err)
{
	const struct rule_head gone = {.id = SLICE_LIT("")};
	struct rule_head rule = past->rule != NULL ? *past->rule : gone;
	struct past_settle p;

	begin(&p, st, config, past, a, err);
	rule.is_shadow = false; /* it was none when it wrote this */
	if (caps_count_money(&p.s, &rule, past->cost_milli, past->then_ms) < 0)
		return -1;
	/* Of a week that is over no message can be any more; one day for zones. */
	if (!slice_is_set(past->subject) || past->counts_day < past->then_ms / TIME_DAY_MS - 8)
		return 0;
	return caps_count_person(&p.s, past->counts_day, 1);
}
