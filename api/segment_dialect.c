#include "api/segment_dialect.h"

#include <assert.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/country.h"
#include "core/err.h"
#include "core/json.h"
#include "core/telling.h"
#include "core/timefmt.h"
#include "core/utf8.h"

#include "api/api.h"

#define LOCALE_MAX 35
#define KIND_MAX 32

enum call_kind {
	CALL_IDENTIFY,
	CALL_TRACK,
	CALL_PAGE,
	CALL_SCREEN,
	CALL_GROUP,
	CALL_ALIAS,
	CALL_KIND_COUNT
};

static const char *const kinds[CALL_KIND_COUNT] = {
    "identify", "track", "page", "screen", "group", "alias"};

bool
segment_kind_of_path(struct slice path, struct slice *kind_r)
{
	struct slice rest, last = SLICE_NONE;

	if (!slice_starts_with(path, SEGMENT_PATH))
		return false;
	for (rest = path; slice_is_set(rest);)
		last = slice_split(&rest, '/');
	*kind_r = last;
	return true;
}

/* ---- the calls of a body ----------------------------------------------------- */

static void
take_key(const struct json *root, char write_key_r[SEGMENT_KEY_MAX])
{
	struct slice key = json_get_str(root, "writeKey");

	write_key_r[0] = '\0';
	if (slice_is_set(key) && key.len < SEGMENT_KEY_MAX)
		snprintf(write_key_r, SEGMENT_KEY_MAX, "%.*s", SLICE_ARG(key));
}

static int
walk_batch(
    const struct json *root, size_t max, segment_call_fn *take, void *cookie, struct err *err)
{
	const struct json *batch = json_get(root, "batch");
	size_t count = json_count(batch);

	if (json_type(batch) != JSON_ARRAY)
		return err_set(err, ERR_INPUT, "\"batch\" should be an array of calls");
	if (count > max)
		return err_set(
		    err, ERR_LIMIT, "one request may hold %zu calls; send them in parts", max);
	for (size_t i = 0; i < count; i++) {
		struct segment_call call = {
		    json_get_str(json_at(batch, i), "type"), json_at(batch, i), root};

		if (take(cookie, i, &call, err) < 0)
			return -1;
	}
	return 0;
}

int
segment_walk(struct slice kind, struct slice body, size_t max, segment_call_fn *take, void *cookie,
    char write_key_r[SEGMENT_KEY_MAX], struct err *err)
{
	struct json_doc *doc = NULL;
	const struct json *root;
	int rc;

	if (write_key_r != NULL)
		write_key_r[0] = '\0';
	if (json_parse(body, &doc, NULL, err) < 0)
		return -1;
	root = json_root(doc);
	if (json_type(root) != JSON_OBJECT) {
		rc = err_set(err, ERR_INPUT, "the body should be an object");
	} else {
		struct segment_call call = {kind, root, root};

		if (write_key_r != NULL)
			take_key(root, write_key_r);
		rc = slice_eq_str(kind, "batch") ? walk_batch(root, max, take, cookie, err)
						 : take(cookie, 0, &call, err);
	}
	json_doc_free(doc);
	return rc;
}

/* ---- one call ------------------------------------------------------------------ */

struct reading {
	const struct segment_call *call;
	enum call_kind kind;
	const struct json *context; /* its own, else the batch's */
	struct arena *arena;
	struct telling *t;
	struct slice page; /* of page and screen: its name */
	char *why;
	struct err *err;
};

static int
refuse(struct reading *r, const char *why)
{
	snprintf(r->why, TELLING_WHY_MAX, "%s", why);
	return SEGMENT_REFUSED;
}

/* A text of the call: -1 it is none, and why. */
static int
text(struct reading *r, const char *key, size_t max, struct slice *text_r)
{
	return telling_text(r->call->object, key, max, r->arena, text_r, r->why);
}

static bool
take_instant(const struct json *object, const char *key, int64_t *at_ms_r)
{
	struct slice s = json_get_str(object, key);

	return slice_is_set(s) && time_parse_rfc3339(slice_trim(s), at_ms_r);
}

/* By the sender's clock, put right by when it says it sent the call. */
static void
read_time(struct reading *r)
{
	int64_t received_ms = r->t->received_at_ms, at_ms, sent_ms;

	r->t->at_ms = received_ms;
	if (!take_instant(r->call->object, "originalTimestamp", &at_ms) &&
	    !take_instant(r->call->object, "timestamp", &at_ms))
		return;
	if (take_instant(r->call->object, "sentAt", &sent_ms) ||
	    take_instant(r->call->envelope, "sentAt", &sent_ms))
		at_ms = received_ms - (sent_ms - at_ms); /* years 1 to 9999: this fits */
	r->t->at_ms = at_ms < received_ms ? at_ms : received_ms;
}

static enum segment_answer
read_who(struct reading *r)
{
	struct slice anonymous = SLICE_NONE;

	if (text(r, "userId", TELLING_ID_MAX, &r->t->customer_id) < 0 ||
	    text(r, "anonymousId", TELLING_ID_MAX, &anonymous) < 0 ||
	    text(r, "messageId", TELLING_ID_MAX, &r->t->id) < 0)
		return SEGMENT_REFUSED;
	if (slice_is_set(r->t->customer_id))
		return SEGMENT_READ;
	if (slice_is_set(anonymous))
		return SEGMENT_STRANGER;
	return (enum segment_answer)refuse(r, "neither a userId nor an anonymousId");
}

/* ---- traits ---- */

/* Is it where messages go, and not just another trait? */
static bool
take_address(struct reading *r, const struct attribute *trait, struct telling_address *address_r)
{
	struct slice channel;

	if (trait->values.count != 1)
		return false;
	if (slice_eq_str(trait->name, "email"))
		channel = SLICE_LIT("email");
	else if (slice_eq_str(trait->name, "phone"))
		channel = SLICE_LIT("sms");
	else
		return false;
	*address_r = (struct telling_address){channel, slice_trim(trait->values.items[0])};
	(void)r;
	return telling_address_fault(channel, address_r->address) == NULL;
}

static void
take_country(struct reading *r, const struct attribute *trait)
{
	bool is_country =
	    slice_eq_str(trait->name, "country") || slice_eq_str(trait->name, "address.country");

	if (is_country && trait->values.count == 1 &&
	    slice_is_set(country_code(trait->values.items[0])))
		r->t->country = country_code(trait->values.items[0]);
}

/* 1, 0, -1 */
static int
read_traits(struct reading *r, const struct json *traits)
{
	const struct attribute *read;
	struct attribute *kept;
	struct telling_address *addresses;
	size_t count = 0;
	int rc = telling_values(traits, "traits", true, r->arena, &read, &count, r->why, r->err);

	if (rc != 1)
		return rc;
	kept = arena_array(r->arena, count + 1, sizeof *kept);
	addresses = arena_array(r->arena, 2 + 1, sizeof *addresses);
	if (kept == NULL || addresses == NULL)
		return err_set(r->err, ERR_NOMEM, "no memory for traits");
	for (size_t i = 0; i < count; i++) {
		if (r->t->address_count < 2 &&
		    take_address(r, &read[i], &addresses[r->t->address_count])) {
			r->t->address_count++;
			continue;
		}
		take_country(r, &read[i]);
		kept[r->t->attribute_count++] = read[i];
	}
	r->t->attributes = kept;
	r->t->addresses = addresses;
	return 1;
}

static void
read_context(struct reading *r)
{
	char ignored[TELLING_WHY_MAX];

	/* what is no text there is of no use, and no reason to refuse the rest */
	(void)telling_text(r->context, "locale", LOCALE_MAX, r->arena, &r->t->locale, ignored);
	(void)telling_text(
	    r->context, "timezone", TELLING_NAME_MAX, r->arena, &r->t->timezone, ignored);
}

/* ---- kinds ---- */

/* The list with one more text in front. */
static int
put_first(struct reading *r, const char *name, struct slice value, const struct attribute **list,
    size_t *count)
{
	struct attribute *more = arena_array(r->arena, *count + 2, sizeof *more);
	struct slice *items = arena_array(r->arena, 2, sizeof *items);

	if (more == NULL || items == NULL)
		return err_set(r->err, ERR_NOMEM, "no memory for an event");
	items[0] = value;
	more[0] = (struct attribute){slice_of(name), {items, 1}};
	for (size_t i = 0; i < *count; i++)
		more[i + 1] = (*list)[i];
	*list = more;
	(*count)++;
	return 1;
}

static int
read_event(struct reading *r)
{
	struct telling *t = r->t;
	int rc;

	t->kind = TELLING_EVENT;
	if (r->kind == CALL_TRACK && text(r, "event", TELLING_NAME_MAX, &t->name) <= 0)
		return r->why[0] != '\0' ? 0 : refuse(r, "\"event\" is missing: what did they do?");
	if (r->kind != CALL_TRACK) {
		t->name =
		    r->kind == CALL_PAGE ? SLICE_LIT("page viewed") : SLICE_LIT("screen viewed");
		if (text(r, "name", TELLING_VALUE_MAX, &r->page) < 0)
			return 0;
	}
	rc = telling_values(json_get(r->call->object, "properties"), "properties", false, r->arena,
	    &t->properties, &t->property_count, r->why, r->err);
	if (rc == 1 && slice_is_set(r->page))
		rc = put_first(r, r->kind == CALL_PAGE ? "page" : "screen", r->page, &t->properties,
		    &t->property_count);
	return rc == 1 ? read_traits(r, json_get(r->context, "traits")) : rc;
}

static int
read_identify(struct reading *r)
{
	const struct json *traits = json_get(r->call->object, "traits");

	r->t->kind = TELLING_IDENTIFY;
	return read_traits(
	    r, json_type(traits) == JSON_ABSENT ? json_get(r->context, "traits") : traits);
}

static int
read_group(struct reading *r)
{
	struct slice group = SLICE_NONE;
	struct attribute *named;
	int rc;

	r->t->kind = TELLING_IDENTIFY;
	rc = text(r, "groupId", TELLING_ID_MAX, &group);
	if (rc <= 0)
		return rc < 0 ? 0 : refuse(r, "\"groupId\" is missing");
	rc = telling_values(json_get(r->call->object, "traits"), "traits", true, r->arena,
	    &r->t->attributes, &r->t->attribute_count, r->why, r->err);
	if (rc != 1)
		return rc;
	named = arena_array(r->arena, r->t->attribute_count + 1, sizeof *named);
	if (named == NULL)
		return err_set(r->err, ERR_NOMEM, "no memory for traits");
	for (size_t i = 0; i < r->t->attribute_count; i++) {
		named[i] = r->t->attributes[i];
		named[i].name = slice_of(arena_printf(
		    r->arena, "group.%.*s", SLICE_ARG(utf8_prefix(named[i].name, 250))));
		if (!slice_is_set(named[i].name))
			return err_set(r->err, ERR_NOMEM, "no memory for traits");
	}
	r->t->attributes = named;
	return put_first(r, "group", group, &r->t->attributes, &r->t->attribute_count);
}

static int
read_alias(struct reading *r)
{
	int rc = text(r, "previousId", TELLING_ID_MAX, &r->t->previous_id);

	r->t->kind = TELLING_ALIAS;
	if (rc < 0)
		return 0;
	return rc == 0 ? refuse(r, "\"previousId\" is missing") : 1;
}

static int
read_kind(struct reading *r)
{
	switch (r->kind) {
	case CALL_IDENTIFY: return read_identify(r);
	case CALL_TRACK:
	case CALL_PAGE:
	case CALL_SCREEN: return read_event(r);
	case CALL_GROUP: return read_group(r);
	case CALL_ALIAS: return read_alias(r);
	case CALL_KIND_COUNT: break;
	}
	assert(false && "a kind of call");
	return -1;
}

enum segment_answer
segment_read(const struct segment_call *call, int64_t received_at_ms, struct slice fallback_id,
    struct arena *a, struct telling *t_r, char why[TELLING_WHY_MAX], struct err *err)
{
	struct telling t = {.received_at_ms = received_at_ms, .source = SLICE_LIT("segment")};
	struct reading r = {.call = call, .arena = a, .t = &t, .why = why, .err = err};
	enum segment_answer who;
	int rc;

	why[0] = '\0';
	if (json_type(call->object) != JSON_OBJECT)
		return (enum segment_answer)refuse(&r, "a call should be an object");
	while (r.kind < CALL_KIND_COUNT && !slice_eq_str(call->kind, kinds[r.kind]))
		r.kind++;
	if (r.kind == CALL_KIND_COUNT) {
		snprintf(why, TELLING_WHY_MAX, "there is no call '%.*s'",
		    SLICE_ARG(utf8_prefix(call->kind, KIND_MAX)));
		return SEGMENT_REFUSED;
	}
	r.context = json_get(call->object, "context");
	if (json_type(r.context) != JSON_OBJECT)
		r.context = json_get(call->envelope, "context");
	who = read_who(&r);
	if (who != SEGMENT_READ)
		return who;
	read_time(&r);
	read_context(&r);
	rc = read_kind(&r);
	if (!slice_is_set(t.id))
		t.id = fallback_id;
	if (rc == 1 && !slice_is_set(t.id))
		rc = err_set(err, ERR_NOMEM, "no memory for an event");
	*t_r = t;
	return (enum segment_answer)rc;
}

/* ---- the answer ------------------------------------------------------------------ */

void
segment_reply(struct api_reply *reply, const struct api_events_result *r,
    const struct api_event_fault *faults, size_t fault_count)
{
	bool has_failed =
	    r->refused > 0 && r->stored + r->duplicates + r->identified + r->strangers == 0;
	struct json_writer w;

	buf_clear(&reply->body);
	reply->status = has_failed ? 400 : 200;
	reply->content_type = "application/json";
	json_writer_init(&w, &reply->body);
	json_object_begin(&w);
	json_kv_bool(&w, "success", !has_failed);
	json_kv_i64(&w, "stored", r->stored);
	json_kv_i64(&w, "duplicates", r->duplicates);
	json_kv_i64(&w, "identified", r->identified);
	json_kv_i64(&w, "anonymous", r->strangers);
	json_kv_i64(&w, "refused", r->refused);
	json_key(&w, "errors");
	json_array_begin(&w);
	for (size_t i = 0; i < fault_count; i++) {
		json_object_begin(&w);
		json_kv_i64(&w, "index", (int64_t)faults[i].index);
		json_kv_str(&w, "reason", faults[i].why);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
}
