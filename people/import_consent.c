/*
 * import_consent.c - what a row says of consent, against what is there.
 *
 * Said outright (columns consent:..., our own export): with a time, the newer counts, and of the same
 * instant the withdrawal; without one, a withdrawal counts, and consent given counts unless it was
 * withdrawn here.
 *
 * Said by Pinpoint's OptOut: NONE, which is also what no word means for an endpoint that is new, is
 * consent, unless the person has withdrawn it here.  ALL withdraws when no other address of the
 * channel is open; the endpoint itself is closed in any case.
 */
#include "people/import_internal.h"

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"

static const struct consent *
consent_of(const struct customer_record *r, struct slice channel, enum purpose purpose)
{
	for (size_t k = 0; r != NULL && k < r->c.consent_count; k++)
		if (slice_eq(r->c.consents[k].channel, channel) &&
		    r->c.consents[k].purpose == purpose)
			return &r->c.consents[k];
	return NULL;
}

/* Of the row itself, which may say the same channel twice. */
static struct consent *
slot_of(struct consent *list, size_t *count, struct slice channel, enum purpose purpose)
{
	for (size_t k = 0; k < *count; k++)
		if (slice_eq(list[k].channel, channel) && list[k].purpose == purpose)
			return &list[k];
	list[*count] = (struct consent){.channel = channel, .purpose = purpose};
	return &list[(*count)++];
}

/* May this row give the consent that is withdrawn now? */
static int
may_give_back(struct import *i, const struct person_row *p, struct slice channel,
    enum purpose purpose, struct err *err)
{
	const char *field =
	    arena_printf(i->row, "consent:%.*s:%s", SLICE_ARG(channel), purpose_name(purpose));

	return field == NULL ? import_nomem(i, err) : import_is_imported(i, p->user_id, field, err);
}

/* ---- said outright --------------------------------------------------------------- */

/* Does it count? 1, 0, -1. */
static int
holds(struct import *i, const struct person_row *p, const struct row_consent *said,
    const struct consent *was, struct err *err)
{
	const struct consent *c = &said->c;

	if (was == NULL)
		return 1;
	if (said->has_at) {
		if (c->at_ms != was->at_ms)
			return c->at_ms > was->at_ms;
		return was->is_given && !c->is_given;
	}
	if (c->is_given == was->is_given)
		return 0;
	return c->is_given ? may_give_back(i, p, c->channel, c->purpose, err) : 1;
}

static int
merge_said(struct import *i, const struct person_row *p, const struct customer_record *before,
    struct consent *list, size_t *count, struct err *err)
{
	for (size_t k = 0; k < p->consent_count; k++) {
		const struct row_consent *said = &p->consents[k];
		const struct consent *was = consent_of(before, said->c.channel, said->c.purpose);
		int rc = holds(i, p, said, was, err);
		struct consent *c;

		if (rc < 0)
			return -1;
		if (rc == 0)
			continue;
		c = slot_of(list, count, said->c.channel, said->c.purpose);
		*c = said->c;
		if (!said->has_at)
			c->at_ms = i->o.now_ms;
		if (!slice_is_set(c->source))
			c->source = slice_of(i->source);
	}
	return 0;
}

/* ---- said by OptOut ----------------------------------------------------------------- */

static bool
has_other_open_endpoint(const struct customer_record *r, struct slice channel, struct slice but_not)
{
	for (size_t k = 0; k < r->c.endpoint_count; k++)
		if (slice_eq(r->c.endpoints[k].channel, channel) &&
		    !r->c.endpoints[k].is_opted_out && !slice_eq(r->c.endpoints[k].id, but_not))
			return true;
	return false;
}

/* Does the row say anything of consent that is not said outright? */
static bool
speaks(const struct row_endpoint *row, const struct customer_record *before)
{
	if (!row->is_pinpoint || slice_is_set(row->allowed))
		return false;
	return row->has_opt_out || import_endpoint_of(before, row->e.id) == NULL;
}

static int
merge_opt_out(struct import *i, const struct person_row *p, const struct row_endpoint *row,
    const struct customer_record *before, const struct customer_record *after, struct consent *list,
    size_t *count, struct err *err)
{
	bool is_given = !import_endpoint_of(after, row->e.id)->is_opted_out;

	for (int purpose = PURPOSE_SERVICE; purpose <= PURPOSE_MARKETING; purpose++) {
		const struct consent *was =
		    consent_of(before, row->e.channel, (enum purpose)purpose);
		struct consent *c;

		if (was != NULL && was->is_given == is_given)
			continue;
		if (!is_given && has_other_open_endpoint(after, row->e.channel, row->e.id))
			continue;
		if (is_given && was != NULL) {
			int rc = row->has_opt_out
			    ? may_give_back(i, p, row->e.channel, (enum purpose)purpose, err)
			    : 0;

			if (rc < 0)
				return -1;
			if (rc == 0)
				continue;
		}
		c = slot_of(list, count, row->e.channel, (enum purpose)purpose);
		c->is_given = is_given;
		c->source = slice_of(i->source);
		c->at_ms = i->o.now_ms;
	}
	return 0;
}

int
import_merge_consents(struct import *i, const struct person_row *p,
    const struct customer_record *before, struct customer_record *after, struct err *err)
{
	struct consent *list =
	    arena_array(i->row, p->consent_count + 2 * p->endpoint_count + 1, sizeof *list);
	size_t count = 0;

	if (list == NULL)
		return import_nomem(i, err);
	if (merge_said(i, p, before, list, &count, err) < 0)
		return -1;
	for (size_t k = 0; k < p->endpoint_count; k++)
		if (speaks(&p->endpoints[k], before) &&
		    merge_opt_out(i, p, &p->endpoints[k], before, after, list, &count, err) < 0)
			return -1;
	after->c.consents = list;
	after->c.consent_count = count;
	return 0;
}
