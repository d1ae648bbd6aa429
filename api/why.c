/*
 * why.c - why a rule fired on a post or did not, from what was stored then.
 *
 * GET /api/v1/why?post=ID[&rule=ID]   200; 404 for a post never seen, or a rule nobody knows
 * GET /api/v1/why?message=ID          200; 404, 409 when several ids begin so
 * &format=text                        the same as lines to read
 *
 * The occurrence is built again from the stored post: text, score, who as seen then; and asked of
 * the rules of that version.  What was not kept is left unknown, so that no condition is shown with
 * a value of today: counters of the post (they moved on), membership of a list by a rule (the day
 * it was added is not asked), everything of a post that was edited, deleted or is past its
 * retention.
 */
#include "api/api_internal.h"

#include <assert.h>
#include <string.h>

#include "core/occurrence.h"
#include "actions/channels.h"
#include "nlp/nlp.h"
#include "people/local_time.h"
#include "platform/zone_clock.h"
#include "rules/rules.h"
#include "store/persons.h"

#include "api/why_internal.h"

#define EXPLANATION_MAX (1024 * 1024) /* bytes of one rule's conditions */

static void
add_note(struct why *y, const char *note)
{
	for (size_t i = 0; i < y->note_count; i++)
		if (y->notes[i] == note)
			return;
	if (y->note_count < WHY_NOTES_MAX)
		y->notes[y->note_count++] = note;
}

/* ---- what is asked about ----------------------------------------------- */

static int
load_message(
    struct api_call *c, struct why *y, struct slice id, struct slice *post_r, struct err *err)
{
	struct store *st = c->env->store;
	struct arena *a = c->env->arena;
	struct decision_row d;
	int rc = store_message_load(st, id, a, &y->message, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no message '%.*s'%s", SLICE_ARG(id),
		    id.len < 6 ? ": give at least 6 characters of its id" : "");
	if (rc < 0 || api_message_cause(c, &y->message, err) < 0)
		return -1;
	y->has_message = true;
	*post_r = SLICE_NONE;
	if (slice_is_set(y->message.decision_id)) {
		rc = store_decision_load(st, y->message.decision_id, a, &d, err);
		if (rc < 0)
			return -1;
		if (rc == 1) {
			*post_r = d.occurrence_id;
			y->asked_rule = d.rule_id;
		}
	}
	if (y->message.alert_no > 0) {
		rc = store_alert_load(st, y->message.alert_no, a, &y->alert, err);
		if (rc < 0)
			return -1;
		y->has_alert = rc == 1;
		if (rc == 1 && !slice_is_set(*post_r) && y->alert.post_id.len > 0) {
			*post_r = y->alert.post_id;
			y->asked_rule = y->alert.rule_id;
		}
	}
	return 0;
}

static int
load_asked(struct api_call *c, struct why *y, struct err *err)
{
	struct slice post = api_query(c, "post"), message = api_query(c, "message");
	int rc;

	if (slice_is_set(post) == slice_is_set(message)) {
		api_problem_at(c->reply, 400, "bad-parameter", "query",
		    "/api/v1/why?post=ID, /api/v1/why?post=ID&rule=ID, or /api/v1/why?message=ID",
		    "say which post or which message");
		return -1;
	}
	y->asked_rule = api_query(c, "rule");
	if (slice_is_set(message)) {
		struct slice asked = y->asked_rule;

		if (load_message(c, y, message, &post, err) < 0)
			return -1;
		if (slice_is_set(asked))
			y->asked_rule = asked;
		if (!slice_is_set(post)) {
			add_note(y, "no post is behind this message");
			return 0;
		}
	}
	rc = store_post_load(c->env->store, post, c->env->arena, &y->sp, err);
	if (rc == 0 && !y->has_message)
		return err_set(
		    err, ERR_NOT_FOUND, "the post '%.*s' was never seen", SLICE_ARG(post));
	if (rc == 0)
		add_note(y, "the post is no longer known");
	return rc < 0 ? -1 : 0;
}

/* ---- decisions, by rule ------------------------------------------------- */

static struct why_rule *
rule_slot(struct why *y, struct slice id)
{
	for (size_t i = 0; i < y->rule_count; i++)
		if (slice_eq(y->rules[i].id, id))
			return &y->rules[i];
	return NULL;
}

static int
add_decision(
    struct api_call *c, struct why *y, const struct decision_row *row, size_t room, struct err *err)
{
	struct why_rule *r = rule_slot(y, row->rule_id);
	struct why_decision *d;

	if (r == NULL) {
		r = &y->rules[y->rule_count++];
		r->id = row->rule_id;
		r->decisions = arena_array(c->env->arena, room, sizeof *r->decisions);
		if (r->decisions == NULL)
			return api_nomem(c, err);
	}
	d = &r->decisions[r->decision_count++];
	d->row = *row;
	if (row->outcome == DECISION_QUEUED || row->outcome == DECISION_DRAFTED) {
		int rc = store_message_load(
		    c->env->store, slice_of(row->id), c->env->arena, &d->message, err);

		if (rc < 0)
			return -1;
		d->has_message = rc == 1;
	}
	return 0;
}

static bool
is_asked(const struct why *y, struct slice rule_id)
{
	return !slice_is_set(y->asked_rule) || slice_eq(y->asked_rule, rule_id);
}

static int
load_decisions(struct api_call *c, struct why *y, struct err *err)
{
	struct decision_row *rows;
	size_t count;

	if (store_decisions_of(c->env->store, y->sp->post.id, c->env->arena, &rows, &count, err) <
	    0)
		return -1;
	y->rules = arena_array(c->env->arena, count + API_WHY_RULES_MAX + 1, sizeof *y->rules);
	if (y->rules == NULL)
		return api_nomem(c, err);
	for (size_t i = 0; i < count; i++)
		if (is_asked(y, rows[i].rule_id) && add_decision(c, y, &rows[i], count, err) < 0)
			return -1;
	return 0;
}

/* ---- the occurrence of then --------------------------------------------- */

struct facts {
	struct api_call *c;
	struct why *y;
};

/* Nobody is ever taken off a list: who is not in it now was not in it then.  Who is in it now may
 * have come later. */
static int
facts_in_list(void *cookie, struct slice list, enum action_target who, const struct occurrence *occ)
{
	struct facts *f = cookie;
	const char *key;
	int rc;

	if (who == TARGET_CUSTOMER ? occ->customer == NULL : !slice_is_set(occ->post->author.id))
		return -1;
	key = who == TARGET_CUSTOMER
	    ? arena_printf(f->c->env->arena, "c:%.*s", SLICE_ARG(occ->customer->id))
	    : arena_printf(f->c->env->arena, "a:%.*s", SLICE_ARG(occ->post->author.id));
	rc = key == NULL ? -1 : store_list_has(f->c->env->store, list, slice_of(key), NULL);
	if (rc != 1)
		return rc;
	add_note(f->y,
	    "somebody is in a list by a rule's \"add to list\" today; whether they were "
	    "then is no longer known");
	return -1;
}

/* Brands by their place in the rules of then. */
static int
rebuild_brands(struct api_call *c, const struct rule_set *set, const struct stored_post *sp,
    struct score *score, struct err *err)
{
	const struct brand_set *brands = rule_set_brands(set);
	uint16_t *places = arena_array(c->env->arena, brands->brand_count + 1, sizeof *places);
	size_t n = 0;

	if (places == NULL)
		return api_nomem(c, err);
	for (size_t i = 0; i < brands->brand_count; i++)
		for (size_t k = 0; k < sp->brand_ids.count; k++)
			if (slice_eq(brands->brands[i].id, sp->brand_ids.items[k])) {
				places[n++] = (uint16_t)i;
				break;
			}
	score->brands = places;
	score->brand_count = n;
	return 0;
}

/* Tokens are not stored: cutting is pure, so cutting again gives the same. */
static int
rebuild_tokens(
    struct api_call *c, const struct stored_post *sp, struct score *score, struct err *err)
{
	struct scorer *scorer = scorer_new();
	int rc;

	if (scorer == NULL)
		return api_nomem(c, err);
	rc = nlp_tokenise(scorer, sp->post.text, slice_of(sp->score.lang), c->env->arena,
	    &score->tokens, &score->token_count, err);
	scorer_free(scorer);
	return rc;
}

static int
rebuild(struct api_call *c, const struct why *y, const struct rule_set *set, struct post *post,
    struct score *score, struct occurrence *occ, struct err *err)
{
	const struct stored_post *sp = y->sp;
	struct zone_clock *zones;

	*post = sp->post;
	post->likes = post->replies = post->reposts = COUNT_UNKNOWN;
	*score = sp->score;
	if (rebuild_brands(c, set, sp, score, err) < 0 || rebuild_tokens(c, sp, score, err) < 0)
		return -1;
	*occ = (struct occurrence){
	    .kind = OCCURRENCE_POST,
	    .id = post->id,
	    .at_ms = post_event_at_ms(post),
	    .now_ms = y->rule_count > 0 ? y->rules[0].decisions[0].row.at_ms : post->fetched_at_ms,
	    .post = post,
	    .score = score,
	    .author = &sp->author,
	    .customer = sp->customer,
	    .subject = sp->subject,
	};
	zones = zone_clock_new();
	if (zones == NULL)
		return api_nomem(c, err);
	local_time_fill(zones, c->env->actions->brand_timezone, occ);
	zone_clock_free(zones);
	return 0;
}

/* ---- conditions ---------------------------------------------------------- */

static int
explain_rule(struct api_call *c, struct why *y, struct why_rule *r, const struct rule_set *set,
    size_t i, const struct occurrence *occ, struct err *err)
{
	struct facts f = {c, y};
	struct rule_facts facts = {&f, facts_in_list};
	struct buf text, json;
	int rc;

	r->is_known = true;
	r->title = arena_slice_dup(c->env->arena, rule_set_head(set, i)->title);
	if (y->unexplained != NULL)
		return 0;
	buf_init(&text, EXPLANATION_MAX);
	buf_init(&json, EXPLANATION_MAX);
	rc = rule_set_explain(set, i, FIRING_RULE, occ, &facts, c->env->arena, &text, &json, err);
	if (rc == 0) {
		r->conditions_text = arena_slice_dup(c->env->arena, buf_slice(&text));
		r->conditions_json = arena_slice_dup(c->env->arena, buf_slice(&json));
		if (!slice_is_set(r->conditions_text) || !slice_is_set(r->conditions_json))
			rc = api_nomem(c, err);
	}
	buf_fini(&text);
	buf_fini(&json);
	return rc;
}

/* Rules that decided come first; the others behind them in the order of the files, as far as there
 * is room. */
static int
explain_rules(struct api_call *c, struct why *y, const struct rule_set *set,
    const struct occurrence *occ, struct err *err)
{
	size_t decided = y->rule_count;

	for (size_t k = 0; k < decided; k++) {
		int i = rule_set_find(set, y->rules[k].id);

		if (i >= 0 && explain_rule(c, y, &y->rules[k], set, (size_t)i, occ, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < rule_set_count(set); i++) {
		struct slice id = rule_set_head(set, i)->id;
		struct why_rule *r;

		if (!is_asked(y, id) || rule_slot(y, id) != NULL)
			continue;
		if (y->rule_count - decided == API_WHY_RULES_MAX) {
			y->left_out++;
			continue;
		}
		r = &y->rules[y->rule_count++];
		r->id = arena_slice_dup(c->env->arena, id);
		if (!slice_is_set(r->id) || explain_rule(c, y, r, set, i, occ, err) < 0)
			return -1;
	}
	return 0;
}

static const char *
why_unexplained(const struct why *y)
{
	const struct stored_post *sp = y->sp;

	if (sp->post.is_deleted)
		return "the post was deleted upstream: its words and author are no longer known";
	if (sp->is_expired)
		return "the post is past its retention: its words and author are no longer known";
	if (sp->revision > 0)
		return "the post was edited after it was decided on: its first words are no longer "
		       "known";
	return NULL;
}

static int
explain(struct api_call *c, struct why *y, struct err *err)
{
	const struct rule_set *set = NULL;
	const struct template_set *templates = NULL;
	struct occurrence occ;
	struct score score;
	struct post post;
	int rc;

	y->unexplained = why_unexplained(y);
	if (y->sp->rules_version == 0) {
		add_note(y, "no rules were live when the post was taken");
		return 0;
	}
	rc = c->env->host->rules_of(
	    c->env->host->cookie, c->env->store, y->sp->rules_version, &set, &templates, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		y->unexplained = "the rules of that version are no longer known";
		return 0;
	}
	if (y->unexplained == NULL && rebuild(c, y, set, &post, &score, &occ, err) < 0)
		return -1;
	return explain_rules(c, y, set, &occ, err);
}

/* A rule that was asked about and that neither then nor now is known. */
static int
check_asked(struct api_call *c, struct why *y, struct err *err)
{
	if (!slice_is_set(y->asked_rule) || y->rule_count > 0 || y->unexplained != NULL)
		return 0;
	if (c->env->rules == NULL || rule_set_find(c->env->rules, y->asked_rule) < 0)
		return err_set(
		    err, ERR_NOT_FOUND, "there is no rule '%.*s'", SLICE_ARG(y->asked_rule));
	add_note(y, "the rule was not among the rules that were live when the post was taken");
	return 0;
}

int
api_why_get(struct api_call *c, struct err *err)
{
	static const char *const formats[] = {"json", "text"};
	struct why *y = ARENA_NEW(c->env->arena, struct why);
	int format;

	if (y == NULL)
		return api_nomem(c, err);
	if (api_query_word(c, "format", formats, 2, &format) < 0 || load_asked(c, y, err) < 0)
		return -1;
	if (y->sp != NULL &&
	    (load_decisions(c, y, err) < 0 || explain(c, y, err) < 0 || check_asked(c, y, err) < 0))
		return -1;
	return format == 1 ? why_say_text(c, y, err) : why_say_json(c, y, err);
}
