/*
 * customers_merge.c - two customers turn out to be one person, or not.
 *
 * POST /api/v1/customers/{id}/merge    200 {"other":id,"reason":"..."}: the other becomes part of this one;
 * 404 no such customer; 409 they are one already, or the other belongs to somebody else
 * POST /api/v1/customers/{id}/unmerge  200 {"reason":"..."}: this one stands on its own again; 409 it is
 * not merged
 * Both: 412 when it was changed since If-Match
 */
#include "api/api_internal.h"

#include "core/occurrence.h"
#include "people/merge.h"
#include "store/persons.h"
#include "store/store.h"

static int
take_wish(struct api_call *c, const char *const *known, struct merge_wish *wish, const char **who_r,
    struct err *err)
{
	if (api_body(c, known, false, err) < 0 ||
	    api_body_str(c, "reason", API_NOTE_MAX, &wish->reason) < 0 ||
	    api_body_who(c, who_r, err) < 0)
		return -1;
	wish->by = slice_of(*who_r);
	return 0;
}

/* The audit names no person: the history of the customers does. */
static int
answer(struct api_call *c, struct slice id, const char *what, const char *who, struct err *err)
{
	if (store_audit(c->env->store, clock_now_ms(c->env->clock), who, what, err) < 0)
		return -1;
	return api_customer_answer(c, id, err);
}

int
api_customers_merge(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"other", "reason", "who", NULL};
	struct merge_wish wish = {.into = c->params[0]};
	const char *who;

	if (take_wish(c, known, &wish, &who, err) < 0 ||
	    api_body_str(c, "other", API_WORD_MAX, &wish.id) < 0)
		return -1;
	if (wish.id.len == 0) {
		api_problem_at(c->reply, 400, "bad-member", "other", NULL,
		    "'other' is missing, expected the id of the customer that becomes part of this "
		    "one");
		return -1;
	}
	if (api_customer_check(c, c->params[0], err) < 0)
		return -1;
	if (customer_merge(c->env->store, &wish, clock_now_ms(c->env->clock), c->env->arena, err) <
	    0)
		return -1;
	return answer(c, c->params[0], "customers.merge", who, err);
}

int
api_customers_unmerge(struct api_call *c, struct err *err)
{
	static const char *const known[] = {"reason", "who", NULL};
	struct merge_wish wish = {.id = c->params[0]};
	struct slice from;
	const char *who;

	if (take_wish(c, known, &wish, &who, err) < 0 ||
	    api_customer_check(c, c->params[0], err) < 0 ||
	    customer_unmerge(
		c->env->store, &wish, clock_now_ms(c->env->clock), c->env->arena, &from, err) < 0)
		return -1;
	return answer(c, c->params[0], "customers.unmerge", who, err);
}
