/*
 * why_then.c - the occurrence as its rules saw it, built again from what was stored.
 *
 * What was not kept is left unknown, so that no condition is shown with a value of today: counters
 * of the post (they moved on), membership of a list by a rule that is not older than the post.
 */
#include "api/api_internal.h"

#include "core/occurrence.h"
#include "actions/channels.h"
#include "nlp/nlp.h"
#include "people/local_time.h"
#include "platform/zone_clock.h"
#include "rules/rules.h"
#include "store/events.h"
#include "store/persons.h"

#include "api/why_internal.h"

/* Nobody is ever taken off a list: who is not in it now was not in it then.  Who is in it now may
 * have come later. */
int
why_in_list(void *cookie, struct slice list, enum action_target who, const struct occurrence *occ)
{
	struct why_facts *f = cookie;
	const char *key;
	int rc;

	if (who == TARGET_CUSTOMER ? occ->customer == NULL
				   : occ->post == NULL || !slice_is_set(occ->post->author.id))
		return -1;
	if (who == TARGET_CUSTOMER) {
		rc = store_list_has_customer(
		    f->c->env->store, list, occ->customer, f->c->env->arena, NULL);
	} else {
		key = arena_printf(f->c->env->arena, "a:%.*s", SLICE_ARG(occ->post->author.id));
		rc = key == NULL ? -1 : store_list_has(f->c->env->store, list, slice_of(key), NULL);
	}
	if (rc != 1)
		return rc;
	why_note(f->y,
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
fill_local_times(struct api_call *c, struct occurrence *occ, struct err *err)
{
	struct zone_clock *zones = zone_clock_new();

	if (zones == NULL)
		return api_nomem(c, err);
	local_time_fill(zones, c->env->actions->brand_timezone, occ);
	zone_clock_free(zones);
	return 0;
}

static int
rebuild_event(struct api_call *c, const struct why *y, struct why_then *then, struct err *err)
{
	const struct stored_event *e = y->event;

	then->occ = (struct occurrence){
	    .kind = OCCURRENCE_EVENT,
	    .id = y->cause.occurrence_id,
	    .at_ms = e->at_ms,
	    .now_ms = y->decided_at_ms != TIME_UNKNOWN ? y->decided_at_ms : e->received_at_ms,
	    .event = &e->event,
	    .customer = e->customer,
	    .subject = e->subject,
	};
	return fill_local_times(c, &then->occ, err);
}

int
why_rebuild(struct api_call *c, const struct why *y, const struct rule_set *set,
    struct why_then *then, struct err *err)
{
	const struct stored_post *sp = y->sp;

	if (y->event != NULL)
		return rebuild_event(c, y, then, err);
	then->post = sp->post;
	then->post.likes = then->post.replies = then->post.reposts = COUNT_UNKNOWN;
	then->score = sp->score;
	if (rebuild_brands(c, set, sp, &then->score, err) < 0 ||
	    rebuild_tokens(c, sp, &then->score, err) < 0)
		return -1;
	then->occ = (struct occurrence){
	    .kind = OCCURRENCE_POST,
	    .id = then->post.id,
	    .at_ms = post_event_at_ms(&then->post),
	    .now_ms =
		y->decided_at_ms != TIME_UNKNOWN ? y->decided_at_ms : then->post.fetched_at_ms,
	    .post = &then->post,
	    .score = &then->score,
	    .author = &sp->author,
	    .customer = sp->customer,
	    .subject = sp->subject,
	};
	/* once for all rules that are explained */
	if (rule_set_look_up(set, &then->score, c->env->arena, &then->occ.words, err) < 0)
		return -1;
	return fill_local_times(c, &then->occ, err);
}
