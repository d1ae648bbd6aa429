/*
 * counted.c - a message in the outbox and what it counts as.
 *
 * It counts from when it is queued, so that nothing else takes its place meanwhile, and for the day it is to
 * go on.  When it goes on another day, it is counted there, as long as there is room; what does not go
 * gives back what it counted.  What may have arrived (a result that is not known, a repeat) keeps it;
 * but on a channel that tells repeats apart such a result is tried again as a failure is, and gives back when it
 * is dropped or expires.
 */
#include "actions/actions_internal.h"

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "store/merges.h"
#include "store/persons.h"

struct counted {
	struct settle s;
	struct settle_input in;
	struct occurrence occ;
};

static int
begin(struct counted *c, struct store *st, const struct actions_config *config,
    struct slice customer_id, int64_t now_ms, struct arena *a, struct err *err)
{
	struct slice root = customer_id; /* of a customer that is no longer known */
	const char *subject;

	if (store_customer_root(st, customer_id, a, &root, err) < 0)
		return -1;
	subject = arena_printf(a, "c:%.*s", SLICE_ARG(root));
	if (subject == NULL)
		return err_set(err, ERR_NOMEM, "no memory to count a message");
	*c = (struct counted){.s = {.st = st, .config = config, .arena = a, .err = err},
	    .occ = {.kind = OCCURRENCE_POST, .now_ms = now_ms, .subject = slice_of(subject)}};
	c->in.occ = &c->occ;
	c->s.in = &c->in;
	return 0;
}

int
counted_today(struct store *st, const struct actions_config *config, struct message *m,
    const struct customer *customer, int64_t now_ms, struct arena *a, char why[WHY_MAX],
    struct err *err)
{
	int64_t was = m->counts_day, today;
	struct counted c;
	int rc;

	if (begin(&c, st, config, m->customer_id, now_ms, a, err) < 0)
		return -1;
	c.occ.customer = customer;
	today = caps_person_day(&c.s, now_ms);
	if (was == today)
		return 1;
	if (was > 0 && caps_count_person(&c.s, was, -1) < 0)
		return -1;
	rc = caps_judge_person(&c.s, today, why);
	if (rc < 0)
		return -1;
	m->counts_day = rc == 1 ? today : 0;
	return rc == 1 && caps_count_person(&c.s, today, 1) < 0 ? -1 : rc;
}

int
counted_give_back(struct store *st, const struct actions_config *config, struct message *m,
    bool with_money, struct arena *a, struct err *err)
{
	struct decision_row d;
	struct counted c;
	int rc;

	if (m->kind != MESSAGE_SEND || m->is_repeat || !slice_is_set(m->customer_id))
		return 0;
	/* money was counted when it was queued */
	if (begin(&c, st, config, m->customer_id, m->created_at_ms, a, err) < 0 ||
	    (m->counts_day > 0 && caps_count_person(&c.s, m->counts_day, -1) < 0))
		return -1;
	m->counts_day = 0;
	if (!with_money || m->cost_milli <= 0)
		return 0;
	rc = store_decision_load(st, m->decision_id, a, &d, err);
	if (rc <= 0)
		return rc;
	return caps_return_money(&c.s, d.rule_id, m->cost_milli);
}
