/*
 * change_internal.h - a change of a customer under way: what customers_change.c (attributes, marks, consents)
 * and customers_place.c (zone, locale, country, endpoints) share.
 *
 * Errors: -1, and the reply is a problem that names the member, or err is filled.
 */
#ifndef API_CHANGE_INTERNAL_H
#define API_CHANGE_INTERNAL_H

#include "api/api_internal.h"

#define CHANGE_ID_MAX_BYTES 512 /* as imports have it */
#define CHANGE_NAME_MAX_BYTES 256 /* names, tags, channels, words about consent */
#define CHANGE_VALUE_MAX_BYTES 4096
#define CHANGE_VALUES_MAX 50 /* of one attribute, as Pinpoint had it */
#define CHANGE_ITEMS_MAX 500 /* attributes, metrics, tags of one request */

struct change {
	struct api_call *c;
	struct store *st;
	struct slice id;
	int64_t now_ms;
	const char *who;
	bool has_returned; /* an erased person, by their own act */
	struct err *err;
};

int change_bad(struct change *x, const char *at, const char *want);
/* A member that is an object or an array of at most CHANGE_ITEMS_MAX; NULL: absent. */
int change_group(struct change *x, const char *name, enum json_type type, const struct json **v_r);
bool change_is_text(struct slice s, size_t max);
/* Is v an object of these members (NULL at the end)? */
int
change_members(struct change *x, const char *at, const struct json *v, const char *const names[]);
/* A member that is a text, or absent, or null: then *text_r stays. */
int change_text(struct change *x, const char *at, const struct json *v, const char *name,
    size_t max, struct slice *text_r);
int
change_bool(struct change *x, const char *at, const struct json *v, const char *name, bool *is_r);
int change_channel(struct change *x, const char *at, struct slice *channel);

/* ---- customers_place.c ---- */
int change_zone(struct change *x, const char *at, struct slice zone);
int change_locale(struct change *x, const char *at, struct slice locale);
int change_country(struct change *x, const char *at, struct slice *country);
int change_endpoints(struct change *x);

#endif
