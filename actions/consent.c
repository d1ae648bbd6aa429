/*
 * consent.c - may this message go to this customer now?  Asked when it is queued and again when it
 * is sent.
 */
#include "actions/actions.h"

#include <assert.h>
#include <stdio.h>

#include "actions/channels.h"

/* Of several endpoints the first that may be used; else the words for what is wrong with those
 * there are. */
static const struct endpoint *
find_endpoint(const struct customer *customer, const char *kind, char *why, size_t why_size)
{
	bool is_opted_out = false, is_inactive = false;

	for (size_t i = 0; i < customer->endpoint_count; i++) {
		const struct endpoint *e = &customer->endpoints[i];

		if (!slice_eq_str(e->channel, kind) || e->address.len == 0)
			continue;
		if (!e->is_opted_out && !e->is_inactive)
			return e;
		is_opted_out = is_opted_out || e->is_opted_out;
		is_inactive = is_inactive || e->is_inactive;
	}
	if (is_opted_out)
		snprintf(why, why_size, "the customer has opted out of %s", kind);
	else if (is_inactive)
		snprintf(why, why_size,
		    "the customer's %s address is inactive: it was refused or switched off", kind);
	else
		snprintf(why, why_size, "the customer has no %s address", kind);
	return NULL;
}

/* A withdrawal is told apart: it beats whatever else is written down. */
static bool
is_consent_given(const struct customer *customer, const char *channel, enum purpose purpose,
    bool *is_withdrawn_r)
{
	bool is_given = false;

	*is_withdrawn_r = false;
	for (size_t i = 0; i < customer->consent_count; i++) {
		const struct consent *c = &customer->consents[i];

		if (c->purpose != purpose || !slice_eq_str(c->channel, channel))
			continue;
		if (c->is_given)
			is_given = true;
		else
			*is_withdrawn_r = true;
	}
	return is_given;
}

int
actions_may_send(const struct customer *customer, const struct channel *channel,
    enum purpose purpose, const struct endpoint **endpoint_r, char *why, size_t why_size)
{
	const char *kind = channel->endpoint != NULL ? channel->endpoint : channel->name;
	const struct endpoint *e = NULL;
	bool is_withdrawn, is_given;

	assert(why_size > 0);
	if (customer == NULL) {
		snprintf(why, why_size, "the author is not linked to a customer");
		return 0;
	}
	is_given = is_consent_given(customer, kind, purpose, &is_withdrawn);
	if (is_withdrawn) {
		snprintf(why, why_size, "the customer has withdrawn consent to %s for %s", kind,
		    purpose_name(purpose));
		return 0;
	}
	/* A channel without addresses of its own (a file, our own systems behind a webhook) reaches
	 * us, not the customer. */
	if (channel->endpoint != NULL) {
		e = find_endpoint(customer, kind, why, why_size);
		if (e == NULL)
			return 0;
		if (!is_given) {
			snprintf(why, why_size, "the customer has not agreed to %s for %s", kind,
			    purpose_name(purpose));
			return 0;
		}
	}
	*endpoint_r = e;
	return 1;
}
