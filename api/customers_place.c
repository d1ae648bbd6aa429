/*
 * customers_place.c - where somebody lives and is reached: zone, locale, country, endpoints.
 */
#include "api/change_internal.h"

#include <stdio.h>

#include "core/country.h"
#include "core/occurrence.h"
#include "people/tellings.h"
#include "platform/zone.h"
#include "store/erasure.h"
#include "store/persons.h"

int
change_zone(struct change *x, const char *at, struct slice zone)
{
	const char *nearest;
	char help[100];

	if (!slice_is_set(zone) || zone_exists(zone))
		return 0;
	nearest = zone_nearest(zone);
	snprintf(help, sizeof help, "did you mean '%s'?", nearest == NULL ? "" : nearest);
	api_problem_at(x->c->reply, 400, "bad-member", at,
	    nearest == NULL ? "write it like Europe/Berlin" : help,
	    "'%s': there is no time zone called '%.*s'", at, SLICE_ARG(zone));
	return -1;
}

/* Named by its two letters from here on. */
int
change_country(struct change *x, const char *at, struct slice *country)
{
	struct slice code = country_code(*country);
	char help[COUNTRY_HELP_MAX];

	if (slice_is_set(*country) && !slice_is_set(code)) {
		country_help(*country, help);
		api_problem_at(x->c->reply, 400, "bad-member", at, help,
		    "'%s': there is no country '%.*s'", at, SLICE_ARG(*country));
		return -1;
	}
	*country = code;
	return 0;
}

int
change_locale(struct change *x, const char *at, struct slice locale)
{
	char help[LOCALE_HELP_MAX];

	if (!slice_is_set(locale) || locale_is_known(locale))
		return 0;
	locale_help(locale, help);
	api_problem_at(x->c->reply, 400, "bad-member", at, help, "'%s': there is no locale '%.*s'",
	    at, SLICE_ARG(locale));
	return -1;
}

/* ---- endpoints ------------------------------------------------------------ */

static const struct endpoint *
endpoint_now(const struct customer *customer, struct slice id)
{
	for (size_t i = 0; customer != NULL && i < customer->endpoint_count; i++)
		if (slice_eq(customer->endpoints[i].id, id))
			return &customer->endpoints[i];
	return NULL;
}

static const char *const endpoint_members[] = {
    "id", "channel", "address", "opted_out", "inactive", "timezone", "locale", "country", NULL};

/* What is told is judged; what an older release took as it came stays until somebody tells better. */
static int
take_place(struct change *x, const char *at, const struct json *v, struct endpoint *e)
{
	struct slice zone = SLICE_NONE, locale = SLICE_NONE, country = SLICE_NONE;

	if (change_text(x, at, v, "timezone", CHANGE_NAME_MAX_BYTES, &zone) < 0 ||
	    change_text(x, at, v, "locale", CHANGE_NAME_MAX_BYTES, &locale) < 0 ||
	    change_text(x, at, v, "country", CHANGE_NAME_MAX_BYTES, &country) < 0 ||
	    change_zone(x, at, zone) < 0 || change_locale(x, at, locale) < 0 ||
	    change_country(x, at, &country) < 0)
		return -1;
	e->timezone = slice_is_set(zone) ? zone : e->timezone;
	e->locale = slice_is_set(locale) ? locale : e->locale;
	e->country = slice_is_set(country) ? country : e->country;
	return 0;
}

static int
take_endpoint(struct change *x, const struct json *v, struct endpoint *e)
{
	static const char at[] = "endpoints";

	return change_text(x, at, v, "channel", CHANGE_NAME_MAX_BYTES, &e->channel) < 0 ||
		change_text(x, at, v, "address", CHANGE_VALUE_MAX_BYTES, &e->address) < 0 ||
		take_place(x, at, v, e) < 0 ||
		change_bool(x, at, v, "opted_out", &e->is_opted_out) < 0 ||
		change_bool(x, at, v, "inactive", &e->is_inactive) < 0 ||
		change_channel(x, at, &e->channel) < 0
	    ? -1
	    : 0;
}

/* Where somebody was reached who was erased: they may come back, but by their own act, and that is said. */
static int
check_erased(struct change *x, const struct endpoint *was, const struct endpoint *e)
{
	int rc;

	if (x->has_returned || (was != NULL && slice_eq(was->address, e->address)))
		return 0;
	rc = store_endpoint_is_erased(x->st, e->id, e->channel, e->address, x->err);
	if (rc <= 0)
		return rc;
	api_problem_at(x->c->reply, 409, "erased", "endpoints",
	    "if they came back by themselves, say so: \"returned\": true",
	    "an endpoint is of somebody who was erased");
	return -1;
}

static int
change_endpoint(struct change *x, const struct customer *now, const struct json *v)
{
	struct slice id = json_get_str(v, "id");
	const struct endpoint *was = endpoint_now(now, id);
	struct endpoint e = {.id = id};

	if (change_members(x, "endpoints", v, endpoint_members) < 0)
		return -1;
	if (was != NULL)
		e = *was;
	if (!change_is_text(id, CHANGE_ID_MAX_BYTES))
		return change_bad(x, "endpoints", "an id");
	if (take_endpoint(x, v, &e) < 0)
		return -1;
	if (telling_address_fault(e.channel, e.address) != NULL)
		return change_bad(x, "endpoints", "an address of its channel");
	if (check_erased(x, was, &e) < 0)
		return -1;
	return store_endpoint_put(x->st, x->id, &e, SLICE_NONE, x->now_ms, x->who, x->err) < 0 ? -1
											       : 0;
}

/* What is absent stays as it was before the request: of two about one endpoint the second would undo the first. */
static bool
is_repeated(const struct json *group, size_t i)
{
	struct slice id = json_get_str(json_at(group, i), "id");

	for (size_t k = 0; k < i; k++)
		if (slice_eq(json_get_str(json_at(group, k), "id"), id))
			return true;
	return false;
}

int
change_endpoints(struct change *x)
{
	struct customer *now = NULL;
	const struct json *group;

	if (change_group(x, "endpoints", JSON_ARRAY, &group) < 0 ||
	    store_customer_load_own(x->st, x->id, x->now_ms, x->c->env->arena, &now, x->err) < 0)
		return -1;
	for (size_t i = 0; group != NULL && i < json_count(group); i++) {
		if (is_repeated(group, i))
			return change_bad(x, "endpoints", "each id once");
		if (change_endpoint(x, now, json_at(group, i)) < 0)
			return -1;
	}
	return 0;
}
