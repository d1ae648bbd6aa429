/*
 * why_chain.c - what became of a message: the decision and the version of the rules behind it, and
 * the steps it went through, as far as they were kept.
 */
#include "api/api_internal.h"

#include "store/store.h"

#include "api/why_internal.h"

#define AUDIT_MAX 20

struct chain {
	struct api_call *c;
	struct why_chain *chain;
	const struct message *m;
	struct err *err;
};

/* text NULL: there was no memory for it. */
static int
add_step(struct chain *k, int64_t at_ms, const char *text)
{
	if (text == NULL)
		return api_nomem(k->c, k->err);
	if (k->chain->step_count < WHY_STEPS_MAX)
		k->chain->steps[k->chain->step_count++] = (struct why_step){at_ms, slice_of(text)};
	return 0;
}

static int
load_decision(struct chain *k)
{
	struct why_chain *chain = k->chain;
	struct store *st = k->c->env->store;
	int rc;

	if (!slice_is_set(k->m->decision_id))
		return 0;
	rc = store_decision_load(st, k->m->decision_id, k->c->env->arena, &chain->decision, k->err);
	chain->has_decision = rc == 1;
	if (rc > 0 && chain->decision.rules_version > 0) {
		rc = store_rules_load(
		    st, chain->decision.rules_version, k->c->env->arena, &chain->version, k->err);
		chain->has_version = rc == 1;
	}
	return rc < 0 ? -1 : 0;
}

/* What it was when it was made; nothing of the present. */
static int
add_beginning(struct chain *k)
{
	const struct message *m = k->m;
	struct arena *a = k->c->env->arena;
	char until[TIME_TEXT_MAX];
	const char *what;

	if (m->alert_no > 0)
		what = arena_printf(a, "queued for alert %lld", (long long)m->alert_no);
	else if (slice_is_set(m->team) && m->team.len > 0)
		what = arena_printf(a, "%s, waits for approval by \"%.*s\"",
		    m->kind == MESSAGE_REPLY ? "drafted" : "queued", SLICE_ARG(m->team));
	else
		what = "queued";
	if (add_step(k, m->created_at_ms, what) < 0)
		return -1;
	if (m->not_before_ms == TIME_UNKNOWN)
		return 0;
	return add_step(k, TIME_UNKNOWN,
	    arena_printf(a, "waited for the hours its rule allows, until %s",
		time_format_rfc3339(m->not_before_ms, until)));
}

/* What people did with it: "outbox.approve id=..."; why, as long as nothing else was done since, is the
 * message's reason. */
static int
add_people(struct chain *k)
{
	struct arena *a = k->c->env->arena;
	struct audit_row *rows;
	size_t count;
	const char *words = arena_printf(a, "id=%s", k->m->id);

	if (words == NULL)
		return api_nomem(k->c, k->err);
	if (store_audit_find(k->c->env->store, k->m->created_at_ms, slice_of(words), AUDIT_MAX, a,
		&rows, &count, k->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct slice what = rows[i].what, verb = slice_split(&what, ' ');
		struct slice id = slice_split(&what, ' ');

		(void)id;
		slice_split(&verb, '.');
		if (add_step(k, rows[i].at_ms,
			arena_printf(a, "%.*s by %.*s%s%.*s", SLICE_ARG(verb),
			    SLICE_ARG(rows[i].who), what.len > 0 ? ", " : "", SLICE_ARG(what))) < 0)
			return -1;
	}
	return 0;
}

static int
add_attempts(struct chain *k)
{
	const struct message *m = k->m;
	struct arena *a = k->c->env->arena;

	if (m->attempts == 0)
		return 0;
	return add_step(k, m->claimed_at_ms,
	    m->attempts == 1 ? "handed to its channel"
			     : arena_printf(a, "handed to its channel, for the %lld. time",
				   (long long)m->attempts));
}

static int
add_present(struct chain *k)
{
	const struct message *m = k->m;
	struct arena *a = k->c->env->arena;
	char next[TIME_TEXT_MAX];
	bool waits = (m->state == MESSAGE_LATER || m->state == MESSAGE_READY) &&
	    m->next_at_ms != TIME_UNKNOWN && m->next_at_ms > m->updated_at_ms;

	const char *hold =
	    m->hold == HOLD_NONE ? "" : arena_printf(a, " (%s)", message_hold_name(m->hold));
	const char *later =
	    waits ? arena_printf(a, ", next at %s", time_format_rfc3339(m->next_at_ms, next)) : "";

	if (hold == NULL || later == NULL)
		return api_nomem(k->c, k->err);
	return add_step(k, m->updated_at_ms,
	    arena_printf(a, "%s%s%s%s%.*s%s%.*s", message_state_name(m->state), hold, later,
		m->reason.len > 0 ? ": " : "", SLICE_ARG(m->reason),
		m->provider_id.len > 0 ? ", known there as " : "", SLICE_ARG(m->provider_id)));
}

int
why_load_chain(struct api_call *c, struct why *y, struct err *err)
{
	struct chain k = {c, &y->chain, &y->message, err};

	if (load_decision(&k) < 0 || add_beginning(&k) < 0 || add_people(&k) < 0 ||
	    add_attempts(&k) < 0)
		return -1;
	return add_present(&k);
}
