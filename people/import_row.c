/*
 * import_row.c - one row of the file: read by its columns, judged, and given the ids it lacks.
 */
#include "people/import_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/utf8.h"
#include "platform/zone.h"

/* Pinpoint's channel types and the endpoint's channel here. */
static const struct {
	const char *type, *channel;
} channel_types[] = {
    {"EMAIL", "email"},
    {"SMS", "sms"},
    {"VOICE", "voice"},
    {"PUSH", "push"},
    {"GCM", "push"},
    {"APNS", "push"},
    {"APNS_SANDBOX", "push"},
    {"APNS_VOIP", "push"},
    {"APNS_VOIP_SANDBOX", "push"},
    {"ADM", "push"},
    {"BAIDU", "push"},
    {"IN_APP", "in_app"},
    {"CUSTOM", "custom"},
};
#define CHANNEL_TYPE_COUNT (sizeof channel_types / sizeof *channel_types)

/* ---- reading ------------------------------------------------------------- */

static int
add_value(
    struct import *i, struct attribute *list, size_t *count, struct slice name, struct slice value)
{
	struct attribute *a = NULL;
	struct slice *bigger;

	for (size_t k = 0; k < *count && a == NULL; k++)
		if (slice_eq(list[k].name, name))
			a = &list[k];
	if (a == NULL) {
		a = &list[(*count)++];
		a->name = name;
	}
	bigger = arena_array(i->row, a->values.count + 1, sizeof *bigger);
	if (bigger == NULL)
		return -1;
	if (a->values.count > 0)
		memcpy(bigger, a->values.items, a->values.count * sizeof *bigger);
	bigger[a->values.count] = value;
	a->values.items = bigger;
	a->values.count++;
	return 0;
}

/* One of two words in any case: 1 with *is_second_r, 0 neither. */
static int
read_word(struct slice v, const char *first, const char *second, bool *is_second_r)
{
	*is_second_r = slice_eq_nocase(v, slice_of(second));
	return *is_second_r || slice_eq_nocase(v, slice_of(first));
}

/* One field. 0, 1 the row is left out, -1 no memory. */
static int
read_field(struct import *i, struct person_row *p, size_t k, struct slice v, struct json_writer *w)
{
	const struct column *c = &i->columns[k];

	switch (c->kind) {
	case COLUMN_SKIPPED: return 0;
	case COLUMN_CHANNEL: p->channel_type = v; return 0;
	case COLUMN_ADDRESS: p->address = v; return 0;
	case COLUMN_ID: p->endpoint_id = v; return 0;
	case COLUMN_USER_ID: p->user_id = v; return 0;
	case COLUMN_COUNTRY: p->country = v; return 0;
	case COLUMN_LOCALE: p->locale = v; return 0;
	case COLUMN_TIMEZONE: p->timezone = v; return 0;
	case COLUMN_OPT_OUT:
		p->has_opt_out = true;
		if (read_word(v, "NONE", "ALL", &p->is_opted_out))
			return 0;
		import_finding(i, DIAG_ERROR, "I005", k,
		    "write NONE (takes messages) or ALL (wants none)", "OptOut is '%.*s'",
		    SLICE_ARG(utf8_prefix(v, 60)));
		return 1;
	case COLUMN_STATUS:
		p->has_status = true;
		if (read_word(v, "ACTIVE", "INACTIVE", &p->is_inactive))
			return 0;
		import_finding(i, DIAG_ERROR, "I005", k, "write ACTIVE or INACTIVE",
		    "EndpointStatus is '%.*s'", SLICE_ARG(utf8_prefix(v, 60)));
		return 1;
	case COLUMN_USER_ATTRIBUTE: return add_value(i, p->user, &p->user_count, c->name, v);
	case COLUMN_ENDPOINT_ATTRIBUTE: return add_value(i, p->own, &p->own_count, c->name, v);
	case COLUMN_EXTRA:
		json_key_slice(w, c->name);
		json_put_str(w, v);
		return 0;
	}
	return 0;
}

static bool
is_identity(enum column_kind kind)
{
	return kind == COLUMN_ADDRESS || kind == COLUMN_ID || kind == COLUMN_USER_ID;
}

/* Bytes that are no text: in an id or address they make somebody else of the person, elsewhere they
 * are replaced. 0, 1 left out. */
static int
judge_bytes(struct import *i, size_t k, size_t replaced)
{
	bool is_fatal = is_identity(i->columns[k].kind);

	if (replaced == 0)
		return 0;
	import_finding(i, is_fatal ? DIAG_ERROR : DIAG_WARNING, "I012", k, "save the file as UTF-8",
	    is_fatal ? "bytes that are not UTF-8 text (%zu)"
		     : "bytes that are not UTF-8 text (%zu); they are replaced by U+FFFD",
	    replaced);
	return is_fatal;
}

static int
read_fields(struct import *i, struct person_row *p, struct json_writer *w)
{
	for (size_t k = 0; k < i->column_count && k < i->at->count; k++) {
		size_t replaced = 0;
		struct slice v = utf8_repair(i->row, slice_trim(i->at->fields[k]), &replaced);
		int rc;

		if (!slice_is_set(v))
			return -1;
		if (v.len == 0 || i->columns[k].kind == COLUMN_SKIPPED)
			continue;
		rc = judge_bytes(i, k, replaced);
		if (rc == 0)
			rc = read_field(i, p, k, v, w);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
read_row(struct import *i, struct person_row *p, struct err *err)
{
	struct json_writer w;
	struct buf extra;
	int rc = -1;

	buf_init(&extra, 8 * CSV_ROW_BYTES_MAX); /* a control character becomes six */
	json_writer_init(&w, &extra);
	json_object_begin(&w);
	p->user = arena_array(i->row, i->column_count + 1, sizeof *p->user);
	p->own = arena_array(i->row, i->column_count + 1, sizeof *p->own);
	if (p->user != NULL && p->own != NULL)
		rc = read_fields(i, p, &w);
	if (slice_is_set(p->channel_type))
		json_kv_str(&w, "ChannelType", p->channel_type);
	json_object_end(&w);
	if (rc == 0) {
		p->extra_json = arena_slice_dup(i->row, buf_slice(&extra));
		if (buf_failed(&extra) || !slice_is_set(p->extra_json))
			rc = -1;
	}
	buf_fini(&extra);
	return rc < 0 ? err_set(err, ERR_NOMEM, "no memory for a row") : rc;
}

/* ---- judging --------------------------------------------------------------- */

static bool
has_control(struct slice s)
{
	for (size_t k = 0; k < s.len; k++)
		if ((unsigned char)s.ptr[k] < ' ' || s.ptr[k] == 0x7f)
			return true;
	return false;
}

static bool
is_email(struct slice s)
{
	const char *at = memchr(s.ptr, '@', s.len);

	return at != NULL && at != s.ptr && at != s.ptr + s.len - 1 && s.len <= 320 &&
	    memchr(s.ptr, ' ', s.len) == NULL && memchr(s.ptr, '<', s.len) == NULL &&
	    memchr(s.ptr, '>', s.len) == NULL;
}

static bool
is_number(struct slice s)
{
	size_t digits = 0;

	for (size_t k = 0; k < s.len; k++) {
		if (s.ptr[k] >= '0' && s.ptr[k] <= '9')
			digits++;
		else if (memchr(" -().", s.ptr[k], 5) == NULL && (k > 0 || s.ptr[k] != '+'))
			return false;
	}
	return digits >= 3 && digits <= 20;
}

/* NULL, or how the address should look. */
static const char *
address_help(struct slice channel, struct slice address)
{
	if (slice_eq_str(channel, "email"))
		return is_email(address) ? NULL : "write it like someone@example.org";
	if (slice_eq_str(channel, "sms") || slice_eq_str(channel, "voice"))
		return is_number(address) ? NULL : "write it like +442079460000";
	return address.len <= IMPORT_ADDRESS_BYTES_MAX ? NULL
						       : "the address has more than 4096 bytes";
}

/* Names the channel. 0, 1 left out. */
static int
judge_channel(struct import *i, struct person_row *p)
{
	const char *names[CHANNEL_TYPE_COUNT], *nearest, *help;
	char text[200];

	for (size_t k = 0; k < CHANNEL_TYPE_COUNT; k++) {
		if (slice_eq_nocase(p->channel_type, slice_of(channel_types[k].type))) {
			p->channel_type = slice_of(channel_types[k].type);
			p->channel = slice_of(channel_types[k].channel);
		}
		names[k] = channel_types[k].type;
	}
	if (!slice_is_set(p->channel)) {
		nearest = diag_nearest(p->channel_type, names, CHANNEL_TYPE_COUNT);
		snprintf(text, sizeof text, "did you mean '%s'?", nearest == NULL ? "" : nearest);
		import_finding(i, DIAG_ERROR, "I006", import_column(i, COLUMN_CHANNEL),
		    nearest == NULL ? "such as EMAIL, SMS, PUSH, APNS, GCM or CUSTOM" : text,
		    "there is no channel type '%.*s'", SLICE_ARG(utf8_prefix(p->channel_type, 60)));
		return 1;
	}
	help = has_control(p->address) ? "it holds a line end or another control character"
				       : address_help(p->channel, p->address);
	if (help == NULL)
		return 0;
	import_finding(i, DIAG_ERROR, "I007", import_column(i, COLUMN_ADDRESS), help,
	    "'%.*s' is no %.*s address", SLICE_ARG(utf8_prefix(p->address, 100)),
	    SLICE_ARG(p->channel));
	return 1;
}

static int
judge_id(struct import *i, struct slice id, enum column_kind kind)
{
	if (!slice_is_set(id) || (id.len <= IMPORT_ID_BYTES_MAX && !has_control(id)))
		return 0;
	import_finding(i, DIAG_ERROR, "I013", import_column(i, kind),
	    "an id has at most 512 bytes, none of them a control character", "'%.*s' is no id",
	    SLICE_ARG(utf8_prefix(id, 60)));
	return 1;
}

static void
judge_timezone(struct import *i, struct person_row *p)
{
	const char *nearest;
	char help[200];

	if (!slice_is_set(p->timezone) || zone_exists(p->timezone))
		return;
	nearest = zone_nearest(p->timezone);
	snprintf(help, sizeof help, "did you mean '%s'?", nearest == NULL ? "" : nearest);
	import_finding(i, DIAG_WARNING, "I008", import_column(i, COLUMN_TIMEZONE),
	    nearest == NULL ? "write it like Europe/Berlin" : help,
	    "there is no time zone called '%.*s'; it is left out",
	    SLICE_ARG(utf8_prefix(p->timezone, 60)));
	p->timezone = SLICE_NONE;
}

/* 0, 1 left out. */
static int
judge_row(struct import *i, struct person_row *p)
{
	bool has_type = slice_is_set(p->channel_type), has_address = slice_is_set(p->address);

	p->has_endpoint = has_type || has_address;
	if (!p->has_endpoint && !slice_is_set(p->user_id)) {
		import_finding(i, DIAG_ERROR, "I003", 0,
		    "give ChannelType and Address, or User.UserId", "the row names nobody");
		return 1;
	}
	if (judge_id(i, p->user_id, COLUMN_USER_ID) || judge_id(i, p->endpoint_id, COLUMN_ID))
		return 1;
	judge_timezone(i, p);
	if (!p->has_endpoint)
		return 0;
	if (has_type && has_address)
		return judge_channel(i, p);
	import_finding(i, DIAG_ERROR, "I004",
	    import_column(i, has_address ? COLUMN_CHANNEL : COLUMN_ADDRESS),
	    "an endpoint needs both; a row for the user alone has neither",
	    has_address ? "the row has an Address but no ChannelType"
			: "the row has a ChannelType but no Address");
	return 1;
}

/* A row without User.UserId is a customer of its own; an endpoint without Id is known by what it
 * is. */
static int
make_ids(struct import *i, struct person_row *p, struct err *err)
{
	if (!p->has_endpoint)
		return 0;
	if (!slice_is_set(p->user_id))
		p->user_id = slice_of(arena_printf(
		    i->row, "%.*s:%.*s", SLICE_ARG(p->channel), SLICE_ARG(p->address)));
	if (!slice_is_set(p->endpoint_id))
		p->endpoint_id = slice_of(arena_printf(i->row, "%.*s|%.*s|%.*s",
		    SLICE_ARG(p->user_id), SLICE_ARG(p->channel_type), SLICE_ARG(p->address)));
	if (!slice_is_set(p->user_id) || !slice_is_set(p->endpoint_id))
		return err_set(err, ERR_NOMEM, "no memory for a row");
	return 0;
}

int
import_row_read(struct import *i, struct person_row *p, struct err *err)
{
	int rc;

	memset(p, 0, sizeof *p);
	rc = read_row(i, p, err);
	if (rc == 0)
		rc = judge_row(i, p);
	return rc == 0 ? make_ids(i, p, err) : rc;
}
