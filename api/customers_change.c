/*
 * customers_change.c - a customer's own record, changed.
 *
 * PATCH /api/v1/customers/{id}   200 the customer; 404; 409 a sixteenth endpoint; 412 changed since If-Match
 * PUT   /api/v1/customers/{id}   the same, and the customer is created when there is none; 409 they were erased
 *
 * What is not named stays.  "attributes": {name: [values] or value or null}; "metrics": {name: number or
 * null}; "tags": {name: true, a time until when, or null}; "lists": {name: true or null}; "consents": [{channel, purpose, given, source,
 * at, text_version}]; "endpoints": [{id, channel, address, opted_out, inactive, timezone, locale,
 * country}]; "returned": true, an endpoint may be one of an erased person who came back by themselves
 * (else 409).  Null takes away.  Every change stands in the history, with who made it.
 */
#include "api/change_internal.h"

#include "core/occurrence.h"
#include "people/targets.h"
#include "people/tellings.h"
#include "store/erasure.h"
#include "store/merges.h"
#include "store/persons.h"
#include "store/store.h"

int
change_bad(struct change *x, const char *at, const char *want)
{
	api_problem_at(x->c->reply, 400, "bad-member", at, NULL, "'%s': expected %s", at, want);
	return -1;
}

/* A member that is an object or an array of at most CHANGE_ITEMS_MAX; NULL: absent. */
int
change_group(struct change *x, const char *name, enum json_type type, const struct json **v_r)
{
	const struct json *v = json_get(json_root(x->c->body), name);

	*v_r = NULL;
	if (json_type(v) == JSON_ABSENT)
		return 0;
	if (json_type(v) != type || json_count(v) > CHANGE_ITEMS_MAX)
		return change_bad(x, name,
		    type == JSON_OBJECT ? "an object of at most 500" : "an array of at most 500");
	*v_r = v;
	return 0;
}

bool
change_is_text(struct slice s, size_t max)
{
	if (!slice_is_set(s) || s.len == 0 || s.len > max)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
			return false;
	return true;
}

/* ---- attributes ----------------------------------------------------------- */

static int
take_values(struct change *x, const struct json *v, struct slice_list *list_r)
{
	bool is_many = json_type(v) == JSON_ARRAY;
	size_t count = is_many ? json_count(v) : json_type(v) == JSON_NULL ? 0 : 1;
	struct slice *items;

	if (count > CHANGE_VALUES_MAX)
		return change_bad(x, "attributes", "at most 50 values");
	items = arena_array(x->c->env->arena, count + 1, sizeof *items);
	if (items == NULL)
		return api_nomem(x->c, x->err);
	for (size_t i = 0; i < count; i++) {
		items[i] = json_str(is_many ? json_at(v, i) : v);
		if (!slice_is_set(items[i]) || items[i].len > CHANGE_VALUE_MAX_BYTES)
			return change_bad(x, "attributes", "texts of at most 4096 bytes, or null");
	}
	*list_r = (struct slice_list){items, count};
	return 0;
}

static int
change_attributes(struct change *x)
{
	const struct json *group, *v;
	struct slice_list values;
	struct slice name;
	size_t pos = 0;

	if (change_group(x, "attributes", JSON_OBJECT, &group) < 0)
		return -1;
	while (group != NULL && (v = json_next(group, &pos, &name)) != NULL) {
		if (!change_is_text(name, CHANGE_NAME_MAX_BYTES))
			return change_bad(x, "attributes", "names of 1 to 256 bytes");
		if (take_values(x, v, &values) < 0 ||
		    store_customer_set(
			x->st, x->id, name, values, x->now_ms, x->who, SLICE_NONE, x->err) < 0)
			return -1;
	}
	return 0;
}

/* ---- metrics -------------------------------------------------------------- */

static int
change_metric(struct change *x, struct slice name, const struct json *v)
{
	struct slice value = SLICE_NONE;
	struct json_writer w;
	struct buf number;
	int rc;

	if (!change_is_text(name, CHANGE_NAME_MAX_BYTES) ||
	    (json_type(v) != JSON_NUMBER && json_type(v) != JSON_NULL))
		return change_bad(x, "metrics", "numbers or null by names of 1 to 256 bytes");
	buf_init(&number, CHANGE_NAME_MAX_BYTES);
	if (json_type(v) == JSON_NUMBER) {
		json_writer_init(&w, &number);
		json_put_value(&w, v);
		value = buf_slice(&number);
	}
	rc = buf_failed(&number)
	    ? api_nomem(x->c, x->err)
	    : store_customer_metric_set(x->st, x->id, name, value, x->now_ms, x->who, x->err);
	buf_fini(&number);
	return rc < 0 ? -1 : 0;
}

static int
change_metrics(struct change *x)
{
	const struct json *group, *v;
	struct slice name;
	size_t pos = 0;

	if (change_group(x, "metrics", JSON_OBJECT, &group) < 0)
		return -1;
	while (group != NULL && (v = json_next(group, &pos, &name)) != NULL)
		if (change_metric(x, name, v) < 0)
			return -1;
	return 0;
}

/* ---- tags ----------------------------------------------------------------- */

/* Taken away is taken away of all who are one: a mark that stayed with one merged in would stay. */
static int
take_mark(struct change *x, struct slice name,
    int (*take)(struct store *st, struct slice id, struct slice name, int64_t now_ms,
	const char *source, struct err *err))
{
	struct slice_list ids;
	struct slice root = x->id;

	if (store_customer_root(x->st, x->id, x->c->env->arena, &root, x->err) < 0 ||
	    store_customer_tree(x->st, root, x->c->env->arena, &ids, x->err) < 0)
		return -1;
	for (size_t i = 0; i < ids.count; i++)
		if (take(x->st, ids.items[i], name, x->now_ms, x->who, x->err) < 0)
			return -1;
	return 0;
}

static int
change_tag(struct change *x, struct slice name, const struct json *v)
{
	int64_t until_ms = TIME_UNKNOWN;
	bool is_on = false;

	if (!change_is_text(name, CHANGE_NAME_MAX_BYTES))
		return change_bad(x, "tags", "names of 1 to 256 bytes");
	if (json_type(v) == JSON_NULL || (json_bool(v, &is_on) && !is_on))
		return take_mark(x, name, store_customer_untag);
	if (!is_on &&
	    (!slice_is_set(json_str(v)) || !time_parse_rfc3339(json_str(v), &until_ms) ||
		until_ms <= x->now_ms))
		return change_bad(x, "tags", "true, a time to come, or null");
	return store_customer_tag(
		   x->st, x->id, name, x->now_ms, until_ms, x->who, SLICE_NONE, x->err) < 0
	    ? -1
	    : 0;
}

static int
change_tags(struct change *x)
{
	const struct json *group, *v;
	struct slice name;
	size_t pos = 0;

	if (change_group(x, "tags", JSON_OBJECT, &group) < 0)
		return -1;
	while (group != NULL && (v = json_next(group, &pos, &name)) != NULL)
		if (change_tag(x, name, v) < 0)
			return -1;
	return 0;
}

/* ---- what consents and endpoints have in common ------------------------------- */

/* Is v an object of these members (NULL at the end)?  A misspelt one would be dropped in silence. */
int
change_members(struct change *x, const char *at, const struct json *v, const char *const names[])
{
	struct slice name;
	size_t pos = 0;

	if (json_type(v) != JSON_OBJECT)
		return change_bad(x, at, "objects");
	while (json_next(v, &pos, &name) != NULL) {
		size_t i = 0;

		while (names[i] != NULL && !slice_eq_str(name, names[i]))
			i++;
		if (names[i] == NULL)
			return change_bad(x, at, "no other members than openapi.json names");
	}
	return 0;
}

/* A member that is a text, or absent, or null: then *text_r stays. */
int
change_text(struct change *x, const char *at, const struct json *v, const char *name, size_t max,
    struct slice *text_r)
{
	const struct json *member = json_get(v, name);

	if (json_type(member) == JSON_ABSENT || json_type(member) == JSON_NULL)
		return 0;
	if (json_type(member) != JSON_STRING || !change_is_text(json_str(member), max))
		return change_bad(x, at, "texts of one line that are not too long");
	*text_r = json_str(member);
	return 0;
}

int
change_bool(struct change *x, const char *at, const struct json *v, const char *name, bool *is_r)
{
	const struct json *member = json_get(v, name);

	return json_type(member) == JSON_ABSENT || json_bool(member, is_r)
	    ? 0
	    : change_bad(x, at, "true or false for what is or is not");
}

/* What nobody asks for under another name would be consent, or an objection, that counts for nothing. */
int
change_channel(struct change *x, const char *at, struct slice *channel)
{
	return telling_channel(*channel, x->c->env->arena, channel)
	    ? 0
	    : change_bad(x, at, "as the channel one of " TARGET_CHANNELS);
}

static int
change_list(struct change *x, struct slice name, const struct json *v)
{
	bool is_on = false;

	if (!change_is_text(name, CHANGE_NAME_MAX_BYTES) ||
	    (json_type(v) != JSON_NULL && !json_bool(v, &is_on)))
		return change_bad(x, "lists", "true or null by names of 1 to 256 bytes");
	if (!is_on)
		return take_mark(x, name, store_customer_list_remove);
	return store_customer_list_add(x->st, x->id, name, x->now_ms, x->who, SLICE_NONE, x->err) <
		0
	    ? -1
	    : 0;
}

static int
change_lists(struct change *x)
{
	const struct json *group, *v;
	struct slice name;
	size_t pos = 0;

	if (change_group(x, "lists", JSON_OBJECT, &group) < 0)
		return -1;
	while (group != NULL && (v = json_next(group, &pos, &name)) != NULL)
		if (change_list(x, name, v) < 0)
			return -1;
	return 0;
}

/* ---- consents ------------------------------------------------------------- */

static const char *const consent_members[] = {
    "channel", "purpose", "given", "source", "at", "text_version", NULL};

static int
change_consent(struct change *x, const struct json *v)
{
	struct slice purpose = SLICE_NONE, at = SLICE_NONE;
	struct consent k = {0};

	if (change_members(x, "consents", v, consent_members) < 0 ||
	    change_text(x, "consents", v, "channel", CHANGE_NAME_MAX_BYTES, &k.channel) < 0 ||
	    change_text(x, "consents", v, "purpose", CHANGE_NAME_MAX_BYTES, &purpose) < 0 ||
	    change_text(x, "consents", v, "source", CHANGE_NAME_MAX_BYTES, &k.source) < 0 ||
	    change_text(x, "consents", v, "at", CHANGE_NAME_MAX_BYTES, &at) < 0 ||
	    change_text(x, "consents", v, "text_version", CHANGE_NAME_MAX_BYTES, &k.text_version) <
		0 ||
	    change_channel(x, "consents", &k.channel) < 0)
		return -1;
	if (!json_bool(json_get(v, "given"), &k.is_given))
		return change_bad(x, "consents", "true or false as 'given'");
	if (slice_eq_str(purpose, purpose_name(PURPOSE_MARKETING)))
		k.purpose = PURPOSE_MARKETING;
	else if (slice_eq_str(purpose, purpose_name(PURPOSE_SERVICE)))
		k.purpose = PURPOSE_SERVICE;
	else
		return change_bad(x, "consents", "a purpose: \"service\" or \"marketing\"");
	if (slice_is_set(at) && (!time_parse_rfc3339(at, &k.at_ms) || k.at_ms > x->now_ms))
		return change_bad(x, "consents", "a time that is past as 'at'");
	return store_consent_put(x->st, x->id, &k, x->now_ms, x->who, x->err) < 0 ? -1 : 0;
}

static int
change_consents(struct change *x)
{
	const struct json *group;

	if (change_group(x, "consents", JSON_ARRAY, &group) < 0)
		return -1;
	for (size_t i = 0; group != NULL && i < json_count(group); i++)
		if (change_consent(x, json_at(group, i)) < 0)
			return -1;
	return 0;
}

/* ---- the whole ------------------------------------------------------------ */

static int
change_profile(struct change *x)
{
	struct slice zone, locale, country;
	bool created;

	if (api_body_str(x->c, "timezone", CHANGE_NAME_MAX_BYTES, &zone) < 0 ||
	    api_body_str(x->c, "locale", CHANGE_NAME_MAX_BYTES, &locale) < 0 ||
	    api_body_str(x->c, "country", CHANGE_NAME_MAX_BYTES, &country) < 0 ||
	    change_zone(x, "timezone", zone) < 0 || change_locale(x, "locale", locale) < 0 ||
	    change_country(x, "country", &country) < 0)
		return -1;
	return store_customer_put(
	    x->st, x->id, zone, locale, country, x->now_ms, x->who, &created, x->err);
}

/* Whoever was erased does not come back under a name. */
static int
may_be_created(struct change *x)
{
	int rc;

	if (!change_is_text(x->id, CHANGE_ID_MAX_BYTES)) {
		api_problem_at(x->c->reply, 400, "bad-path", "id", NULL,
		    "a customer's id has at most %d bytes, none of them a control character",
		    CHANGE_ID_MAX_BYTES);
		return -1;
	}
	rc = store_is_erased(x->st, ERASURE_CUSTOMER, x->id, x->err);
	return rc > 0 ? err_set(x->err, ERR_CONFLICT, "the customer was erased") : rc;
}

static int
change(struct api_call *c, bool may_create, struct err *err)
{
	static const char *const known[] = {"timezone", "locale", "country", "attributes",
	    "metrics", "tags", "lists", "consents", "endpoints", "returned", "who", NULL};
	struct change x = {.c = c,
	    .st = c->env->store,
	    .id = c->params[0],
	    .now_ms = clock_now_ms(c->env->clock),
	    .err = err};
	struct customer *customer = NULL;
	bool is_there;
	int rc;

	if (api_body(c, known, false, err) < 0 || api_body_who(c, &x.who, err) < 0 ||
	    api_body_bool(c, "returned", &is_there, &x.has_returned) < 0)
		return -1;
	if (api_customer_check(c, x.id, err) < 0)
		return -1;
	rc = store_customer_load_own(x.st, x.id, x.now_ms, c->env->arena, &customer, err);
	if (rc == 0 && !may_create)
		return err_set(err, ERR_NOT_FOUND, "there is no customer '%.*s'", SLICE_ARG(x.id));
	if (rc == 0 && may_be_created(&x) < 0)
		return -1;
	if (rc < 0 || change_profile(&x) < 0 || change_attributes(&x) < 0 ||
	    change_metrics(&x) < 0 || change_tags(&x) < 0 || change_lists(&x) < 0 ||
	    change_consents(&x) < 0)
		return -1;
	if (change_endpoints(&x) < 0) {
		if (err->kind == ERR_LIMIT)
			err->kind = ERR_CONFLICT;
		return -1;
	}
	if (store_audit(x.st, x.now_ms, x.who,
		x.has_returned ? "customers.change returned" : "customers.change", err) < 0)
		return -1;
	return api_customer_answer(c, x.id, err);
}

int
api_customers_patch(struct api_call *c, struct err *err)
{
	return change(c, false, err);
}

int
api_customers_put(struct api_call *c, struct err *err)
{
	return change(c, true, err);
}
