/*
 * import_pinpoint.c - Amazon Pinpoint's endpoint as a JSON object, one a line.
 */
#include "people/import_internal.h"

#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"
#include "core/utf8.h"

static const char *const known[] = {"ChannelType", "Address", "Id", "OptOut", "EndpointStatus",
    "EffectiveDate", "RequestId", "CreationDate", "ApplicationId", "CohortId", "Location",
    "Demographic", "Attributes", "Metrics", "User", "Earshot"};
#define KNOWN_COUNT (sizeof known / sizeof *known)

/* Members of the endpoint itself, and of its objects, that are kept for the export under the names
 * the columns of CSV have. */
static const struct {
	const char *object, *key, *name;
} extras[] = {
    {NULL, "EffectiveDate", "EffectiveDate"},
    {NULL, "RequestId", "RequestId"},
    {NULL, "CreationDate", "CreationDate"},
    {NULL, "ApplicationId", "ApplicationId"},
    {NULL, "CohortId", "CohortId"},
    {"Location", "City", "Location.City"},
    {"Location", "Latitude", "Location.Latitude"},
    {"Location", "Longitude", "Location.Longitude"},
    {"Location", "PostalCode", "Location.PostalCode"},
    {"Location", "Region", "Location.Region"},
    {"Demographic", "AppVersion", "Demographic.AppVersion"},
    {"Demographic", "Make", "Demographic.Make"},
    {"Demographic", "Model", "Demographic.Model"},
    {"Demographic", "ModelVersion", "Demographic.ModelVersion"},
    {"Demographic", "Platform", "Demographic.Platform"},
    {"Demographic", "PlatformVersion", "Demographic.PlatformVersion"},
};

static int
read_word(struct import *i, const struct json *v, const char *key, const char *usual,
    const char *other, bool *has_r, bool *is_other_r)
{
	struct slice word;
	int rc = import_text(i, v, key, &word);

	if (rc != 0 || !slice_is_set(word))
		return rc;
	*has_r = true;
	*is_other_r = slice_eq_nocase(word, slice_of(other));
	if (*is_other_r || slice_eq_nocase(word, slice_of(usual)))
		return 0;
	import_finding(i, DIAG_ERROR, "I005", 0, NULL, "%s is '%.*s', expected %s or %s", key,
	    SLICE_ARG(utf8_prefix(word, 60)), usual, other);
	return 1;
}

/* Numbers (latitudes) are kept as they are written. */
static int
read_extra(struct import *i, struct row_endpoint *e, const struct json *obj, const char *key,
    const char *name)
{
	const struct json *v = json_get(obj, key);
	struct slice text = SLICE_NONE;
	int rc = json_type(v) == JSON_NUMBER ? import_value_text(i, v, &text)
					     : import_text(i, obj, key, &text);

	if (rc != 0 || !slice_is_set(text))
		return rc;
	e->extra = IMPORT_GROW(i, e->extra, e->extra_count);
	if (e->extra == NULL)
		return -1;
	e->extra[e->extra_count++] = (struct customer_metric){slice_of(name), text};
	return 0;
}

static int
read_extras(struct import *i, struct row_endpoint *e, const struct json *v)
{
	int rc = 0;

	for (size_t k = 0; rc == 0 && k < sizeof extras / sizeof *extras; k++) {
		const struct json *obj = v;

		if (extras[k].object != NULL)
			rc = import_object(i, v, extras[k].object, &obj);
		if (rc == 0 && obj != NULL)
			rc = read_extra(i, e, obj, extras[k].key, extras[k].name);
	}
	return rc;
}

static int
read_endpoint(struct import *i, const struct json *v, struct person_row *p, struct row_endpoint *e)
{
	const struct json *earshot = NULL;
	int rc;

	e->is_pinpoint = true;
	if ((rc = import_text(i, v, "ChannelType", &e->type)) != 0 ||
	    (rc = import_text(i, v, "Address", &e->e.address)) != 0 ||
	    (rc = import_text(i, v, "Id", &e->e.id)) != 0 ||
	    (rc = read_word(i, v, "OptOut", "NONE", "ALL", &e->has_opt_out, &e->e.is_opted_out)) !=
		0 ||
	    (rc = read_word(i, v, "EndpointStatus", "ACTIVE", "INACTIVE", &e->has_status,
		 &e->e.is_inactive)) != 0 ||
	    (rc = read_extras(i, e, v)) != 0 ||
	    (rc = import_attributes(i, v, "Attributes", &e->attributes, &e->attribute_count)) !=
		0 ||
	    (rc = import_metrics(i, v, "Metrics", &e->metrics, &e->metric_count)) != 0 ||
	    (rc = import_object(i, v, "Earshot", &earshot)) != 0 ||
	    (rc = import_text(i, earshot, "Allowed", &e->allowed)) != 0)
		return rc;
	e->e.attributes = e->attributes;
	e->e.attribute_count = e->attribute_count;
	e->e.metrics = e->metrics;
	e->e.metric_count = e->metric_count;
	e->e.timezone = p->timezone;
	e->e.locale = p->locale;
	e->e.country = p->country;
	return 0;
}

static int
read_person(struct import *i, const struct json *v, struct person_row *p)
{
	const struct json *location, *demographic, *user;
	int rc;

	if ((rc = import_object(i, v, "Location", &location)) != 0 ||
	    (rc = import_object(i, v, "Demographic", &demographic)) != 0 ||
	    (rc = import_object(i, v, "User", &user)) != 0 ||
	    (rc = import_text(i, location, "Country", &p->country)) != 0 ||
	    (rc = import_text(i, demographic, "Locale", &p->locale)) != 0 ||
	    (rc = import_text(i, demographic, "Timezone", &p->timezone)) != 0 ||
	    (rc = import_text(i, user, "UserId", &p->user_id)) != 0)
		return rc;
	return import_attributes(i, user, "UserAttributes", &p->attributes, &p->attribute_count);
}

int
import_pinpoint_read(struct import *i, const struct json *v, struct person_row *p, struct err *err)
{
	struct row_endpoint *e = IMPORT_GROW(i, p->endpoints, 0);
	int rc = e == NULL ? -1 : read_person(i, v, p);

	if (rc == 0)
		rc = read_endpoint(i, v, p, e);
	if (rc < 0)
		return import_nomem(i, err);
	if (rc > 0)
		return 1;
	p->is_pinpoint = true;
	import_warn_unknown(i, v, known, KNOWN_COUNT);
	p->endpoints = e;
	p->endpoint_count = slice_is_set(e->type) || slice_is_set(e->e.address) ? 1 : 0;
	return 0;
}
