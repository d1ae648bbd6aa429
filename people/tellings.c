#include "people/tellings.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/json.h"
#include "core/timefmt.h"
#include "core/utf8.h"

#include "people/targets.h"

#define CHANNEL_MAX 32
#define EMAIL_MAX 254 /* RFC 5321 */
#define NUMBER_DIGITS_MAX 20

static const char *const members[] = {"id", "customer", "endpoint", "author", "name", "at",
    "source", "properties", "attributes", "endpoints", "kind"};
#define MEMBER_COUNT (sizeof members / sizeof *members)

/* ---- parts that are shared with other dialects -------------------------------- */

static bool
has_control(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
			return true;
	return false;
}

/* A number as it is written. */
static struct slice
number_text(const struct json *j, struct arena *a)
{
	struct slice text = SLICE_NONE;
	struct json_writer w;
	struct buf b;

	buf_init(&b, 64);
	json_writer_init(&w, &b);
	json_put_value(&w, j);
	if (!buf_failed(&b))
		text = arena_slice_dup(a, buf_slice(&b));
	buf_fini(&b);
	return text;
}

int
telling_text(const struct json *object, const char *key, size_t max, struct arena *a,
    struct slice *text_r, char why[TELLING_WHY_MAX])
{
	const struct json *j = json_get(object, key);
	struct slice text;

	if (json_type(j) == JSON_ABSENT || json_type(j) == JSON_NULL)
		return 0;
	if (json_type(j) != JSON_STRING && json_type(j) != JSON_NUMBER) {
		snprintf(why, TELLING_WHY_MAX, "\"%s\" should be a string, not %s", key,
		    json_type_name(json_type(j)));
		return -1;
	}
	text = json_type(j) == JSON_NUMBER ? number_text(j, a) : slice_trim(json_str(j));
	if (!slice_is_set(text) || text.len == 0)
		return 0;
	if (text.len > max || has_control(text)) {
		snprintf(why, TELLING_WHY_MAX,
		    text.len > max ? "\"%s\" has more than %zu bytes"
				   : "\"%s\" holds a line end or another control character",
		    key, max);
		return -1;
	}
	*text_r = arena_slice_dup(a, text);
	if (slice_is_set(*text_r))
		return 1;
	snprintf(why, TELLING_WHY_MAX, "there was no memory for \"%s\"", key);
	return -1;
}

bool
telling_channel(struct slice name, struct arena *a, struct slice *channel_r)
{
	char *lower =
	    name.len == 0 || name.len > CHANNEL_MAX ? NULL : arena_strndup(a, name.ptr, name.len);

	if (lower == NULL)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] + 'a' - 'A');
	}
	*channel_r = slice_make(lower, name.len);
	return slice_is_set(target_type_of_channel(*channel_r));
}

static bool
is_email(struct slice s)
{
	const char *at = memchr(s.ptr, '@', s.len);

	if (at == NULL || at == s.ptr || at + 1 == s.ptr + s.len || s.len > EMAIL_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (memchr(" <>,;\"\\", s.ptr[i], 7) != NULL)
			return false;
	return memchr(at + 1, '@', (size_t)(s.ptr + s.len - at - 1)) == NULL;
}

static bool
is_number(struct slice s)
{
	size_t digits = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
			digits++;
		else if (!(s.ptr[i] == '+' && i == 0) && memchr(" ()-./", s.ptr[i], 6) == NULL)
			return false;
	}
	return digits >= 3 && digits <= NUMBER_DIGITS_MAX;
}

const char *
telling_address_fault(struct slice channel, struct slice address)
{
	if (address.len == 0 || has_control(address))
		return "it holds nothing, or a control character";
	if (slice_eq_str(channel, "email"))
		return is_email(address) ? NULL : "write it like someone@example.org";
	if (slice_eq_str(channel, "sms") || slice_eq_str(channel, "voice"))
		return is_number(address) ? NULL : "write it like +442079460000";
	return address.len <= TELLING_VALUE_MAX ? NULL : "it has more than 4096 bytes";
}

/* ---- ours ----------------------------------------------------------------------- */

struct reading {
	const struct json *object;
	struct arena *arena;
	struct telling *t;
	char *why;
};

static bool
refuse(struct reading *r, const char *why)
{
	snprintf(r->why, TELLING_WHY_MAX, "%s", why);
	return false;
}

/* Nobody is helped by a misspelt member that is dropped. */
static bool
knows_members(struct reading *r)
{
	const struct json *member;
	const char *nearest;
	struct slice key;
	size_t pos = 0;

	while ((member = json_next(r->object, &pos, &key)) != NULL) {
		bool is_known = false;

		for (size_t i = 0; i < MEMBER_COUNT && !is_known; i++)
			is_known = slice_eq_str(key, members[i]);
		if (is_known)
			continue;
		nearest = diag_nearest(key, members, MEMBER_COUNT);
		snprintf(r->why, TELLING_WHY_MAX, "an event has no member \"%.*s\"%s%s%s",
		    SLICE_ARG(utf8_prefix(key, 60)), nearest != NULL ? "; did you mean \"" : "",
		    nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
		return false;
	}
	return true;
}

static bool
read_address(struct reading *r, const struct json *j, struct telling_address *out)
{
	struct slice channel = SLICE_NONE;
	const char *fault;

	if (json_type(j) != JSON_OBJECT)
		return refuse(r, "an endpoint is {\"channel\":\"email\",\"address\":\"...\"}");
	if (telling_text(j, "channel", CHANNEL_MAX, r->arena, &channel, r->why) < 0 ||
	    telling_text(j, "address", TELLING_VALUE_MAX, r->arena, &out->address, r->why) < 0)
		return false;
	if (!slice_is_set(channel) || !slice_is_set(out->address))
		return refuse(r, "an endpoint is {\"channel\":\"email\",\"address\":\"...\"}");
	if (!telling_channel(channel, r->arena, &out->channel))
		return refuse(r, "\"channel\" should be one of " TARGET_CHANNELS);
	fault = telling_address_fault(out->channel, out->address);
	if (fault == NULL)
		return true;
	snprintf(r->why, TELLING_WHY_MAX, "'%.*s' is no %.*s address: %s",
	    SLICE_ARG(utf8_prefix(out->address, 100)), SLICE_ARG(out->channel), fault);
	return false;
}

static bool
read_addresses(struct reading *r)
{
	const struct json *list = json_get(r->object, "endpoints");
	struct telling_address *addresses;

	if (json_type(list) == JSON_ABSENT || json_type(list) == JSON_NULL)
		return true;
	if (json_type(list) != JSON_ARRAY || json_count(list) > TELLING_ADDRESSES_MAX)
		return refuse(r, "\"endpoints\" should be an array of at most 8 endpoints");
	addresses = arena_array(r->arena, json_count(list) + 1, sizeof *addresses);
	if (addresses == NULL)
		return refuse(r, "there was no memory for its endpoints");
	for (size_t i = 0; i < json_count(list); i++)
		if (!read_address(r, json_at(list, i), &addresses[i]))
			return false;
	r->t->addresses = addresses;
	r->t->address_count = json_count(list);
	return true;
}

static bool
read_whose(struct reading *r)
{
	const struct json *endpoint = json_get(r->object, "endpoint");
	struct telling *t = r->t;

	if (telling_text(r->object, "customer", TELLING_ID_MAX, r->arena, &t->customer_id, r->why) <
		0 ||
	    telling_text(r->object, "author", TELLING_VALUE_MAX, r->arena, &t->author, r->why) < 0)
		return false;
	if (json_type(endpoint) != JSON_ABSENT && json_type(endpoint) != JSON_NULL &&
	    !read_address(r, endpoint, &t->whose))
		return false;
	if (slice_is_set(t->customer_id) + slice_is_set(t->author) +
		slice_is_set(t->whose.address) !=
	    1)
		return refuse(r, "say whose it is: one of \"customer\", \"endpoint\", \"author\"");
	return true;
}

static bool
read_time(struct reading *r)
{
	struct slice at = SLICE_NONE;
	int rc = telling_text(r->object, "at", 64, r->arena, &at, r->why);

	r->t->at_ms = r->t->received_at_ms;
	if (rc <= 0)
		return rc == 0;
	if (!time_parse_rfc3339(at, &r->t->at_ms))
		return refuse(r, "\"at\" should be a time such as 2026-11-21T10:00:00Z");
	/* A clock that is ahead does not make the future. */
	if (r->t->at_ms > r->t->received_at_ms)
		r->t->at_ms = r->t->received_at_ms;
	return true;
}

static bool
read_members(struct reading *r)
{
	struct telling *t = r->t;
	const struct json *kind = json_get(r->object, "kind");

	if (json_type(kind) != JSON_ABSENT &&
	    !slice_eq_str(json_get_str(r->object, "kind"), "event"))
		return refuse(r, "\"kind\" of an event is \"event\"");
	if (!knows_members(r) || !read_whose(r) || !read_time(r) || !read_addresses(r) ||
	    telling_text(r->object, "id", TELLING_ID_MAX, r->arena, &t->id, r->why) < 0 ||
	    telling_text(r->object, "name", TELLING_NAME_MAX, r->arena, &t->name, r->why) < 0 ||
	    telling_text(r->object, "source", TELLING_NAME_MAX, r->arena, &t->source, r->why) < 0)
		return false;
	return true;
}

/* 1, 0, -1 */
static int
read_object(struct reading *r, struct err *err)
{
	struct telling *t = r->t;
	int rc;

	if (json_type(r->object) != JSON_OBJECT)
		return refuse(r, "an event should be an object");
	if (!read_members(r))
		return 0;
	rc = telling_values(json_get(r->object, "properties"), "properties", false, r->arena,
	    &t->properties, &t->property_count, r->why, err);
	if (rc == 1)
		rc = telling_values(json_get(r->object, "attributes"), "attributes", true, r->arena,
		    &t->attributes, &t->attribute_count, r->why, err);
	if (rc != 1)
		return rc;
	if (slice_is_set(t->name))
		return 1;
	if (t->property_count > 0 || t->attribute_count + t->address_count == 0)
		return refuse(r, "\"name\" is missing: what did they do?");
	t->kind = TELLING_IDENTIFY;
	return 1;
}

int
telling_read(struct slice text, int64_t received_at_ms, struct slice fallback_id, struct arena *a,
    struct telling *t_r, char why[TELLING_WHY_MAX], struct err *err)
{
	struct telling t = {.kind = TELLING_EVENT, .received_at_ms = received_at_ms};
	struct reading r = {.arena = a, .t = &t, .why = why};
	struct json_doc *doc = NULL;
	struct err bad;
	int rc;

	if (text.len > TELLING_JSON_MAX) {
		snprintf(why, TELLING_WHY_MAX, "it has more than %d bytes", TELLING_JSON_MAX);
		return 0;
	}
	if (json_parse(text, &doc, NULL, &bad) < 0) {
		if (bad.kind == ERR_NOMEM) {
			*err = bad;
			return -1;
		}
		snprintf(why, TELLING_WHY_MAX, "%.200s", bad.text);
		return 0;
	}
	r.object = json_root(doc);
	rc = read_object(&r, err);
	json_doc_free(doc);
	if (rc == 1) {
		if (!slice_is_set(t.id))
			t.id = fallback_id;
		if (!slice_is_set(t.source))
			t.source = SLICE_LIT("api");
		*t_r = t;
	}
	return rc;
}
