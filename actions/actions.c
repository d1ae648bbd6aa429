#include "actions/actions.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "platform/crypto.h"
#include "store/pauses.h"
#include "store/persons.h"

#include "actions/actions_internal.h"
#include "actions/alerts.h"

void
decision_id_make(struct slice rule_id, struct slice occurrence_id, struct slice action,
    struct slice subject, char out[33])
{
	struct slice parts[4] = {rule_id, occurrence_id, action, subject};
	uint8_t hash[CRYPTO_SHA256_BYTES];

	for (size_t i = 0; i < 4; i++)
		if (!slice_is_set(parts[i]))
			parts[i] = SLICE_LIT("");
	crypto_sha256_parts(parts, 4, hash);
	crypto_hex(hash, 16, out);
}

void
occurrence_decision_id(enum occurrence_kind kind, struct slice rule_id, struct slice occurrence_id,
    struct slice action, struct slice subject, char out[33])
{
	struct slice parts[5] = {rule_id, occurrence_id, action, subject, SLICE_LIT("timer")};
	uint8_t hash[CRYPTO_SHA256_BYTES];

	if (kind != OCCURRENCE_TIMER) {
		decision_id_make(rule_id, occurrence_id, action, subject, out);
		return;
	}
	for (size_t i = 0; i < 5; i++)
		if (!slice_is_set(parts[i]))
			parts[i] = SLICE_LIT("");
	crypto_sha256_parts(parts, 5, hash);
	crypto_hex(hash, 16, out);
}

int
settle_note(struct settle *s, struct decision_row *row, const char *fmt, ...)
{
	char text[WHY_MAX * 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	/* a long name may have been cut in the middle of a character */
	row->note = utf8_repair(s->arena, slice_of(text), NULL);
	if (slice_is_set(row->note))
		row->note = arena_slice_dup(s->arena, row->note);
	if (!slice_is_set(row->note))
		return err_set(s->err, ERR_NOMEM, "no memory for a decision's note");
	return 0;
}

static int
suppress(struct settle *s, struct decision_row *row, const char *why)
{
	row->outcome = DECISION_SUPPRESSED;
	return settle_note(s, row, "%s", why);
}

/* --- the profile ---------------------------------------------------------------------------------
 */

/* "a:<author id>" or "c:<customer id>".  1; 0 there is nobody, or somebody who objects, and why;
 * -1. */
static int
find_target(struct settle *s, const struct action *action, struct slice *who_r, const char **why_r)
{
	const struct occurrence *occ = s->in->occ;
	const struct author *author = occ->post != NULL ? &occ->post->author : NULL;
	const char *who;

	if (action->target == TARGET_CUSTOMER && occ->customer == NULL) {
		*why_r = "the author is not linked to a customer";
		return 0;
	}
	if (action->target != TARGET_CUSTOMER && author == NULL) {
		*why_r = "an event has no author";
		return 0;
	}
	if (action->target != TARGET_CUSTOMER && author->id.len == 0) {
		*why_r = "the post is anonymous";
		return 0;
	}
	if (action->target != TARGET_CUSTOMER && author->objects_to_profiling) {
		*why_r = "the author objects to being profiled";
		return 0;
	}
	who = action->target == TARGET_CUSTOMER
	    ? arena_printf(s->arena, "c:%.*s", SLICE_ARG(occ->customer->id))
	    : arena_printf(s->arena, "a:%.*s", SLICE_ARG(author->id));
	if (who == NULL)
		return err_set(s->err, ERR_NOMEM, "no memory for a profile change");
	*who_r = slice_of(who);
	return 1;
}

/* A customer's tags and lists stand in their history. */
static int
act_tag(struct settle *s, const struct firing *f, const struct action *action,
    struct decision_row *row, struct slice who)
{
	const struct occurrence *occ = s->in->occ;
	int64_t until_ms = action->for_ms > 0 ? occ->now_ms + action->for_ms : TIME_UNKNOWN;
	const char *source = arena_printf(s->arena, "rule %.*s", SLICE_ARG(f->rule->id));
	char duration[WORDS_DURATION_MAX] = "good";
	int rc;

	if (source == NULL)
		return err_set(s->err, ERR_NOMEM, "no memory for a profile change");
	if (action->for_ms > 0)
		words_duration(action->for_ms, duration);
	rc = action->target == TARGET_CUSTOMER
	    ? store_customer_tag(s->st, occ->customer->id, action->name, occ->now_ms, until_ms,
		  source, slice_of(row->id), s->err)
	    : store_tag_put(s->st, who, action->name, occ->now_ms, until_ms, s->err);
	if (rc < 0)
		return -1;
	row->outcome = DECISION_DONE;
	return settle_note(s, row, "tagged for %s", duration);
}

static int
act_add_to_list(struct settle *s, const struct firing *f, const struct action *action,
    struct decision_row *row, struct slice who)
{
	const struct occurrence *occ = s->in->occ;
	const char *source = arena_printf(s->arena, "rule %.*s", SLICE_ARG(f->rule->id));
	int rc = action->target == TARGET_CUSTOMER
	    ? store_list_has_customer(s->st, action->name, occ->customer, s->arena, s->err)
	    : store_list_has(s->st, action->name, who, s->err);

	if (rc < 0)
		return -1;
	if (source == NULL)
		return err_set(s->err, ERR_NOMEM, "no memory for a profile change");
	row->outcome = DECISION_DONE;
	if (rc == 1)
		return settle_note(s, row, "was in the list already");
	rc = action->target == TARGET_CUSTOMER
	    ? store_customer_list_add(s->st, occ->customer->id, action->name, occ->now_ms, source,
		  slice_of(row->id), s->err)
	    : store_list_add(s->st, action->name, who, occ->now_ms, s->err);
	return rc < 0 ? -1 : settle_note(s, row, "added");
}

static int
act_set(
    struct settle *s, const struct firing *f, const struct action *action, struct decision_row *row)
{
	const struct occurrence *occ = s->in->occ;
	struct slice_list values = {&action->value, 1};
	struct attribute_claim *claim;
	const char *source;
	int rc;

	for (const struct attribute_claim *c = s->claims; c != NULL; c = c->next)
		if (slice_eq(c->name, action->name)) {
			row->outcome = DECISION_SUPPRESSED;
			return settle_note(s, row,
			    "'%.*s' was set by rule '%.*s' already, which goes first",
			    SLICE_ARG(action->name), SLICE_ARG(c->rule->id));
		}
	claim = ARENA_NEW(s->arena, struct attribute_claim);
	source = arena_printf(s->arena, "rule %.*s", SLICE_ARG(f->rule->id));
	if (claim == NULL || source == NULL)
		return err_set(s->err, ERR_NOMEM, "no memory for a profile change");
	*claim = (struct attribute_claim){action->name, f->rule, s->claims};
	s->claims = claim;
	if (s->in->mode == SETTLE_REHEARSE) {
		row->outcome = DECISION_DONE;
		return settle_note(s, row, "it would be set");
	}
	rc = store_customer_set(s->st, occ->customer->id, action->name, values, occ->now_ms, source,
	    slice_of(row->id), s->err);
	if (rc < 0)
		return -1;
	row->outcome = DECISION_DONE;
	return settle_note(s, row, rc == 1 ? "set" : "had that value already");
}

static int
act_profile(
    struct settle *s, const struct firing *f, const struct action *action, struct decision_row *row)
{
	struct slice who = SLICE_NONE;
	const char *why = NULL;
	int rc = find_target(s, action, &who, &why);

	if (rc < 0)
		return -1;
	if (f->rule->is_shadow) {
		row->outcome = DECISION_SHADOW;
		return rc == 1 ? settle_note(s, row, "shadow: it would be done")
			       : settle_note(s, row, SHADOW_SUPPRESSED ": %s", why);
	}
	if (rc == 0)
		return suppress(s, row, why);
	if (action->verb == ACTION_TAG)
		return act_tag(s, f, action, row, who);
	if (action->verb == ACTION_SET)
		return act_set(s, f, action, row);
	return act_add_to_list(s, f, action, row, who);
}

static int
act_alert(
    struct settle *s, const struct firing *f, const struct action *action, struct decision_row *row)
{
	int64_t alert_no;

	if (f->rule->is_shadow) {
		row->outcome = DECISION_SHADOW;
		return settle_note(s, row, "shadow: an alert would be raised");
	}
	row->outcome = DECISION_ALERTED;
	if (s->in->mode == SETTLE_REHEARSE) {
		row->note = SLICE_LIT("an alert would be raised");
		return 0;
	}
	if (alert_raise(s->st, s->config, s->in->occ, f->rule, action, firing_reason(f),
		slice_of(row->id), s->arena, &alert_no, s->err) < 0)
		return -1;
	s->out->alerted++;
	return settle_note(
	    s, row, "alert %lld in '%.*s'", (long long)alert_no, SLICE_ARG(action->queue));
}

/* Why there is nobody to look for; NULL: there is. */
static const char *
needs_no_link(const struct occurrence *occ)
{
	if (occ->customer != NULL)
		return "the author is linked to a customer already";
	if (occ->post == NULL || occ->post->author.id.len == 0)
		return "the post is anonymous";
	return NULL;
}

/* Who looks is the caller's: this room knows no people. */
static int
act_suggest(struct settle *s, const struct firing *f, struct decision_row *row)
{
	const struct occurrence *occ = s->in->occ;
	const char *why = needs_no_link(occ);
	struct slice note = SLICE_NONE;

	if (f->rule->is_shadow) {
		row->outcome = DECISION_SHADOW;
		return why == NULL ? settle_note(s, row, "shadow: it would be looked for")
				   : settle_note(s, row, SHADOW_SUPPRESSED ": %s", why);
	}
	if (why != NULL)
		return suppress(s, row, why);
	row->outcome = DECISION_DONE;
	if (s->in->mode == SETTLE_REHEARSE || s->in->suggest == NULL)
		return settle_note(s, row, "it would be looked for");
	if (s->in->suggest(s->in->suggest_cookie, occ, slice_of(row->id), &note, s->err) < 0)
		return -1;
	return settle_note(s, row, "%.*s", SLICE_ARG(note));
}

/* --- firings -------------------------------------------------------------------------------------
 */

/* What is decided is known; who it is told to needs words as well, which a rehearsal leaves for later. */
static int
tell_row(const struct firing *f, struct decision_row *row, struct err *err)
{
	row->reason = firing_reason(f);
	if (!slice_is_set(row->reason))
		return err_set(err, ERR_NOMEM, "no memory for a decision's reason");
	return 0;
}

/* The next of the rows, in which nothing was put yet.  NULL without memory. */
static struct decision_row *
add_row(struct settle *s, const struct firing *f, const struct action *action)
{
	const struct occurrence *occ = s->in->occ;
	struct decision_row *row = &s->out->rows[s->out->count];

	row->rule_id = f->rule->id;
	row->rules_version = f->rule->version;
	row->occurrence_kind = occ->kind;
	row->occurrence_id = occ->id;
	row->post_no = s->in->post_no;
	row->subject = occ->subject;
	row->action = action->text;
	row->verb = action->verb;
	row->at_ms = occ->now_ms;
	row->event_at_ms = occ->at_ms;
	if (s->in->mode == SETTLE_REAL) { /* else no row names it */
		occurrence_decision_id(
		    occ->kind, f->rule->id, occ->id, action->text, occ->subject, row->id);
		return tell_row(f, row, s->err) < 0 ? NULL : row;
	}
	s->out->untold[s->out->count] = (struct untold){.firing = *f, .has_note = true};
	return row;
}

/* Why the rule does not fire: words now, or for later what they are made of. */
static int
note_why(struct settle *s, const struct firing *f, const struct why *why, struct decision_row *row)
{
	struct untold *u;
	char text[WHY_MAX];

	if (s->in->mode == SETTLE_REAL || why->kind == WHY_TEXT)
		return settle_note(s, row, "%s", guardrails_say(s->config, f->rule, why, text));
	u = &s->out->untold[s->out->count]; /* not there when it is real */
	u->has_note = false;
	u->kind = why->kind;
	u->number = why->number;
	u->nobody = why->kind == WHY_NOBODY ? why->nobody : NULL;
	return 0;
}

int
actions_tell(const struct actions_config *config, struct settled *settled, size_t i,
    struct arena *a, struct err *err)
{
	struct settle s = {.arena = a, .err = err};
	struct decision_row *row = &settled->rows[i];
	struct why why;
	char text[WHY_MAX];
	const struct untold *u;

	assert(i < settled->count);
	if (settled->untold == NULL)
		return 0;
	u = &settled->untold[i];
	if (tell_row(&u->firing, row, err) < 0)
		return -1;
	if (u->has_note)
		return 0;
	why.kind = u->kind;
	why.number = u->number;
	why.nobody = u->nobody;
	return settle_note(&s, row, "%s", guardrails_say(config, u->firing.rule, &why, text));
}

/* The row counts once it is stored. */
static int
store_row(struct settle *s, const struct decision_row *row)
{
	int rc = 1;

	if (s->in->mode == SETTLE_REAL)
		rc = store_decision_insert(s->st, row, s->err);

	if (rc < 0)
		return -1;
	assert(rc == 1); /* asked before: the rule had not decided on this occurrence */
	s->out->count++;
	return 0;
}

/* One action written twice in a rule is one action: a decision is unique by its text. */
static bool
is_repeated(const struct rule_head *rule, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (slice_eq(rule->actions[k].text, rule->actions[i].text))
			return true;
	return false;
}

static int
act(struct settle *s, const struct firing *f, const struct action *action, struct decision_row *row)
{
	switch (action->verb) {
	case ACTION_SEND: return deliver_send(s, f, action, row);
	case ACTION_DRAFT_REPLY: return deliver_draft(s, f, action, row);
	case ACTION_ALERT: return act_alert(s, f, action, row);
	case ACTION_TAG:
	case ACTION_SET:
	case ACTION_ADD_TO_LIST: return act_profile(s, f, action, row);
	case ACTION_SUGGEST_LINK: return act_suggest(s, f, row);
	case ACTION_PAUSE_PROMOTIONS: return suppress(s, row, "only a watch pauses promotions");
	}
	return -1;
}

/* The rule does not fire now: one row says why, whatever its actions. */
static int
settle_once(
    struct settle *s, const struct firing *f, enum decision_outcome outcome, const struct why *why)
{
	const struct action none = {.verb = f->rule->actions[0].verb, .text = SLICE_LIT("")};
	struct decision_row *row = add_row(s, f, &none);

	if (row == NULL)
		return -1;
	row->outcome = outcome;
	s->out->held++;
	return note_why(s, f, why, row) < 0 ? -1 : store_row(s, row);
}

/* What the person's other posts and our messages say to a post that may fire its rule: 1 it fires;
 * 0 it does not now, and a row says why; -1. */
static int
settle_history(struct settle *s, const struct firing *f)
{
	const struct rule_head *rule = f->rule;
	struct why why;
	int rc;

	if (s->in->occ->kind == OCCURRENCE_TIMER)
		return 1; /* it was asked when the timer began */
	why.kind = WHY_TEXT;
	rc = sequence_after(s, rule, why.text);
	if (rc <= 0)
		return rc < 0 ? -1 : settle_once(s, f, DECISION_COUNTED, &why);
	if (rule->unless.kind == SEQUENCE_NONE)
		return 1;
	if (sequence_wait(s, rule, why.text) < 0)
		return -1;
	return settle_once(s, f, DECISION_WAITING, &why);
}

/* A guardrail of the rule holds all its actions. */
static int
hold(struct settle *s, const struct firing *f, const struct why *why)
{
	const struct rule_head *rule = f->rule;

	for (size_t i = 0; i < rule->action_count; i++) {
		struct decision_row *row;

		if (is_repeated(rule, i))
			continue;
		row = add_row(s, f, &rule->actions[i]);
		if (row == NULL)
			return -1;
		row->outcome = DECISION_HELD;
		s->out->held++;
		if (note_why(s, f, why, row) < 0 || store_row(s, row) < 0)
			return -1;
	}
	return 0;
}

/* Each action by itself; what was done moves the rule's rest and limits. */
static int
fire(struct settle *s, const struct firing *f, struct rule_rows *rows)
{
	const struct rule_head *rule = f->rule;
	bool is_done = false, has_message = false;
	struct why why;
	int deeds = rests_judge_deeds(s, rule, &why);

	if (deeds < 0)
		return -1;
	s->out->fired++;
	for (size_t i = 0; i < rule->action_count; i++) {
		const struct action *action = &rule->actions[i];
		struct decision_row *row;
		int rc;

		if (is_repeated(rule, i))
			continue;
		row = add_row(s, f, action);
		if (row == NULL)
			return -1;
		if (deeds == 1 || rests_is_message(action)) {
			rc = act(s, f, action, row);
		} else {
			row->outcome = DECISION_SUPPRESSED;
			rc = note_why(s, f, &why, row);
		}
		if (rc < 0 || store_row(s, row) < 0)
			return -1;
		is_done |= rests_is_done(row);
		has_message |= rests_is_done(row) && rests_is_message(action);
	}
	return is_done ? guardrails_fired(s, rule, rows, has_message) : 0;
}

static int
settle_firing(struct settle *s, const struct firing *f, struct rule_rows *rows)
{
	const struct rule_head *rule = f->rule;
	struct window_seen seen;
	struct why why;
	enum verdict verdict;
	int may, rc = 0;

	if (rule->action_count == 0)
		return 0;
	/* A rule that waits begins to wait also then: it fires when nobody remembers any more. */
	if (s->in->mode == SETTLE_REMEMBER &&
	    (rule->unless.kind == SEQUENCE_NONE || s->in->occ->kind == OCCURRENCE_TIMER))
		return guardrails_remember(s, rule, rows, &seen);
	if (s->has_decided)
		rc = store_decision_exists(
		    s->st, s->in->occ->kind, s->in->occ->id, rule->id, s->err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	verdict = guardrails_may_act(s, rule, rows, &why);
	if (verdict == VERDICT_FAILED)
		return -1;
	if (verdict == VERDICT_COUNTED)
		return settle_once(s, f, DECISION_COUNTED, &why);
	may = verdict == VERDICT_FIRES;
	if (may) {
		rc = settle_history(s, f);
		if (rc <= 0)
			return rc;
		may = guardrails_judge(s, rule, rows, &why);
	}
	if (may < 0)
		return -1;
	return may == 1 ? fire(s, f, rows) : hold(s, f, &why);
}

/* So many that what they remember is fetched side by side. */
static int
settle_some(struct settle *s, const struct firing *const *order, size_t from, size_t count)
{
	struct rule_rows rows[AHEAD_RULES];

	ahead_fetch(s, order + from, count, rows);
	for (size_t i = from; i < from + count; i++)
		if ((i == 0 || order[i]->rule != order[i - 1]->rule) &&
		    settle_firing(s, order[i], &rows[i - from]) < 0)
			return -1;
	return 0;
}

static int
compare_firings(const void *a, const void *b)
{
	const struct firing *const *x = a, *const *y = b;

	if ((*x)->rule->priority != (*y)->rule->priority)
		return (*x)->rule->priority > (*y)->rule->priority ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

/* Most rules have the same priority, so that they are in order already. */
static void
put_in_order(const struct firing **order, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (order[i - 1]->rule->priority < order[i]->rule->priority) {
			qsort(order, count, sizeof *order, compare_firings);
			return;
		}
}

int
actions_settle(struct store *st, const struct actions_config *config,
    const struct template_set *templates, const struct settle_input *in, struct arena *a,
    struct settled *out_r, struct err *err)
{
	struct settled out = {0};
	struct settle s = {.st = st,
	    .config = config,
	    .templates = templates,
	    .in = in,
	    .arena = a,
	    .out = &out,
	    .err = err};
	const struct firing **order;
	size_t actions = 0, rules = 0;
	int rc;

	assert(in->occ != NULL && (in->occ->post != NULL || in->occ->event != NULL));
	ahead_fetch_heads(in);
	/* Asked once: of most occurrences nothing was decided before. */
	if (in->mode == SETTLE_REAL) {
		rc = store_decision_exists(st, in->occ->kind, in->occ->id, SLICE_NONE, err);
		if (rc < 0)
			return -1;
		s.has_decided = rc == 1;
	}
	rc = store_pauses_any(st, err);
	if (rc < 0)
		return -1;
	s.has_pauses = rc == 1;
	for (size_t i = 0; i < in->firing_count; i++)
		actions += in->firings[i].rule->action_count;
	order = arena_alloc(a, (in->firing_count + 1) * sizeof *order);
	out.rows = arena_array(a, actions + 1, sizeof *out.rows);
	if (in->mode != SETTLE_REAL)
		out.untold = arena_alloc(a, (actions + 1) * sizeof *out.untold);
	if (order == NULL || out.rows == NULL || (in->mode != SETTLE_REAL && out.untold == NULL))
		return err_set(err, ERR_NOMEM, "no memory to settle %zu decisions", actions);
	for (size_t i = 0; i < in->firing_count; i++)
		if (in->firings[i].part == FIRING_RULE)
			order[rules++] = &in->firings[i];
	put_in_order(order, rules);
	for (size_t i = 0; i < rules; i += AHEAD_RULES)
		if (settle_some(&s, order, i, rules - i < AHEAD_RULES ? rules - i : AHEAD_RULES) <
		    0)
			return -1;
	/* Behind the rules: a post does not come before itself. */
	for (size_t i = 0; i < in->firing_count; i++)
		if ((in->firings[i].part == FIRING_AFTER || in->firings[i].part == FIRING_UNLESS) &&
		    sequence_note_mark(&s, &in->firings[i]) < 0)
			return -1;
	*out_r = out;
	return 0;
}
