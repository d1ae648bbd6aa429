/*
 * records_room.c - the limit of endpoints for whole records: what is written at once is judged at once.
 *
 * One endpoint at a time has the same rules in customers_endpoint.c.
 */
#include "store/customers_internal.h"

/* Amazon Pinpoint's channels of push messages, and ours (User Guide, "Importing endpoints"). */
static bool
is_push(const struct endpoint *e)
{
	static const char *const channels[] = {"push", "gcm", "apns", "apns_sandbox", "apns_voip",
	    "apns_voip_sandbox", "adm", "baidu"};

	for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
		if (slice_eq_str(e->channel, channels[i]))
			return true;
	return false;
}

static const struct endpoint *
find(const struct customer *c, struct slice id)
{
	for (size_t i = 0; i < c->endpoint_count; i++)
		if (slice_eq(c->endpoints[i].id, id))
			return &c->endpoints[i];
	return NULL;
}

static size_t
count_in_use(const struct endpoint *list, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += !list[i].is_inactive;
	return n;
}

/* How many are in use once list is written over what is there: endpoints of before alone stay. */
static size_t
count_after(const struct customer *before, const struct endpoint *list, size_t count)
{
	const struct customer now = {.endpoints = list, .endpoint_count = count};
	size_t n = count_in_use(list, count);

	for (size_t i = 0; before != NULL && i < before->endpoint_count; i++)
		n += !before->endpoints[i].is_inactive &&
		    find(&now, before->endpoints[i].id) == NULL;
	return n;
}

/* Whoever had more, from before there was a limit, keeps them; one more is too many. */
static size_t
most_of(const struct customer *before)
{
	size_t n = before == NULL ? 0 : count_in_use(before->endpoints, before->endpoint_count);

	return n > ENDPOINTS_MAX ? n : ENDPOINTS_MAX;
}

/* An endpoint that was in use and is not touched goes first, the oldest of them; then those that come,
 * in their order, but never the last of them: it does not make room for itself. */
static struct endpoint *
who_goes(const struct customer *before, struct endpoint *list, size_t count)
{
	struct endpoint *oldest = NULL, *coming = NULL, *last = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct endpoint *was = before == NULL ? NULL : find(before, list[i].id);
		bool is_kept = was != NULL && !was->is_inactive && was->at_ms == list[i].at_ms;

		if (list[i].is_inactive)
			continue;
		if (!is_kept)
			last = &list[i];
		if (!is_push(&list[i]))
			continue;
		if (is_kept && (oldest == NULL || list[i].at_ms < oldest->at_ms))
			oldest = &list[i];
		if (!is_kept && coming == NULL)
			coming = &list[i];
	}
	return oldest != NULL ? oldest : coming != last ? coming : NULL;
}

int
store_endpoints_fit(
    const struct customer *before, struct endpoint *list, size_t count, struct err *err)
{
	size_t most = most_of(before), n = count_after(before, list, count);

	for (; n > most; n--) {
		struct endpoint *e = who_goes(before, list, count);

		if (e == NULL)
			return err_set(err, ERR_LIMIT,
			    "the customer would have %zu endpoints in use, more than %d, and none "
			    "for push that could make room",
			    n, ENDPOINTS_MAX);
		e->is_inactive = true;
	}
	return 0;
}

int
record_room_check(
    const struct customer_record *before, const struct customer_record *after, struct err *err)
{
	const struct customer *was = before == NULL ? NULL : &before->c;
	size_t n = count_after(was, after->c.endpoints, after->c.endpoint_count);

	if (n <= most_of(was))
		return 0;
	return err_set(err, ERR_LIMIT, "customer '%.*s' would have %zu endpoints in use, not %d",
	    SLICE_ARG(after->c.id), n, ENDPOINTS_MAX);
}
