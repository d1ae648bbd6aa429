#include "people/import.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "people/csv.h"
#include "people/people.h"
#include "platform/zone.h"
#include "store/persons.h"
#include "store/store.h"

#define IMPORT_BATCH_ROWS 500
#define IMPORT_ROW_ARENA (8u * 1024 * 1024)
#define IMPORT_SOURCE "pinpoint import"

/* What a column is for. */
enum column_kind {
	COLUMN_SKIPPED,
	COLUMN_CHANNEL, COLUMN_ADDRESS, COLUMN_ID, COLUMN_OPT_OUT, COLUMN_STATUS, COLUMN_USER_ID,
	COLUMN_COUNTRY, COLUMN_LOCALE, COLUMN_TIMEZONE,
	COLUMN_ENDPOINT_ATTRIBUTE, COLUMN_USER_ATTRIBUTE,
	COLUMN_EXTRA,		/* kept as it is, for the export */
};

struct column {
	enum column_kind kind;
	struct slice name;	/* of the attribute, or the whole header */
};

static const struct {
	const char *header;
	enum column_kind kind;
} known_columns[] = {
    {"ChannelType", COLUMN_CHANNEL}, {"Address", COLUMN_ADDRESS}, {"Id", COLUMN_ID}, {"OptOut", COLUMN_OPT_OUT},
    {"EndpointStatus", COLUMN_STATUS}, {"User.UserId", COLUMN_USER_ID}, {"Location.Country", COLUMN_COUNTRY},
    {"Demographic.Locale", COLUMN_LOCALE}, {"Demographic.Timezone", COLUMN_TIMEZONE},
    {"EffectiveDate", COLUMN_EXTRA}, {"RequestId", COLUMN_EXTRA}, {"CreationDate", COLUMN_EXTRA},
    {"ApplicationId", COLUMN_EXTRA}, {"CohortId", COLUMN_EXTRA}, {"Location.City", COLUMN_EXTRA},
    {"Location.Latitude", COLUMN_EXTRA}, {"Location.Longitude", COLUMN_EXTRA}, {"Location.PostalCode", COLUMN_EXTRA},
    {"Location.Region", COLUMN_EXTRA}, {"Demographic.AppVersion", COLUMN_EXTRA}, {"Demographic.Make", COLUMN_EXTRA},
    {"Demographic.Model", COLUMN_EXTRA}, {"Demographic.ModelVersion", COLUMN_EXTRA},
    {"Demographic.Platform", COLUMN_EXTRA}, {"Demographic.PlatformVersion", COLUMN_EXTRA},
};

/* Pinpoint's channel types and the endpoint's channel here. */
static const struct {
	const char *type, *channel;
} channel_types[] = {
    {"EMAIL", "email"}, {"SMS", "sms"}, {"VOICE", "voice"}, {"PUSH", "push"}, {"GCM", "push"}, {"APNS", "push"},
    {"APNS_SANDBOX", "push"}, {"APNS_VOIP", "push"}, {"APNS_VOIP_SANDBOX", "push"}, {"ADM", "push"},
    {"BAIDU", "push"}, {"IN_APP", "in_app"}, {"CUSTOM", "custom"},
};

struct import {
	struct store *st;
	struct import_options o;
	struct diag_list *diags;
	struct csv *csv;
	struct arena *head;	/* columns */
	struct arena *row;	/* emptied after each row */
	struct column *columns;
	size_t column_count;
	bool has_header;
	size_t batch;
	struct import_report report;
	/* The row under way. */
	const struct csv_row *at;
	struct buf text;	/* the row as text, for findings */
};

/* ---- findings -------------------------------------------------------------------- */

/* Names the field that is wrong: its bytes in the row as CSV; the line is the row's in the file. */
static void
finding(struct import *i, enum diag_severity severity, const char *code, size_t field, const char *help, const char *message)
{
	size_t start = 0, len = 1;

	buf_clear(&i->text);
	for (size_t k = 0; k < i->at->count; k++) {
		size_t before;

		if (k > 0)
			buf_add_char(&i->text, ',');
		before = i->text.len;
		csv_put(&i->text, i->at->fields[k], false);
		if (k == field) {
			start = before;
			len = i->text.len > before ? i->text.len - before : 1;
		}
	}
	diag_add_row(i->diags, severity, code, i->o.file, i->at->line, buf_slice(&i->text), start, len, help, "%s", message);
}

static size_t
column_of(const struct import *i, enum column_kind kind)
{
	for (size_t k = 0; k < i->column_count; k++)
		if (i->columns[k].kind == kind)
			return k;
	return 0;
}

/* ---- header ----------------------------------------------------------------------- */

static struct column
column_make(struct import *i, size_t k, struct slice header)
{
	static const struct {
		const char *prefix;
		enum column_kind kind;
	} prefixes[] = {
	    {"User.UserAttributes.", COLUMN_USER_ATTRIBUTE}, {"Attributes.", COLUMN_ENDPOINT_ATTRIBUTE},
	    {"Metrics.", COLUMN_EXTRA},
	};
	const char *names[64], *nearest;
	size_t n = 0;
	char message[300], help[200];

	for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++) {
		size_t len = strlen(prefixes[p].prefix);

		if (slice_starts_with(header, prefixes[p].prefix) && header.len > len)
			return (struct column){prefixes[p].kind,
			    prefixes[p].kind == COLUMN_EXTRA ? header : slice_make(header.ptr + len, header.len - len)};
	}
	for (size_t p = 0; p < sizeof known_columns / sizeof *known_columns; p++) {
		if (slice_eq_str(header, known_columns[p].header))
			return (struct column){known_columns[p].kind, header};
		names[n++] = known_columns[p].header;
	}
	names[n++] = "User.UserAttributes.NAME";
	names[n++] = "Attributes.NAME";
	nearest = diag_nearest(header, names, n);
	snprintf(message, sizeof message, "there is no column called '%.*s'; it is left out", SLICE_ARG(utf8_prefix(header, 100)));
	if (nearest != NULL)
		snprintf(help, sizeof help, "did you mean '%s'?", nearest);
	finding(i, DIAG_WARNING, "I002", k, nearest == NULL ? NULL : help, message);
	return (struct column){COLUMN_SKIPPED, header};
}

static int
header_row(struct import *i, const struct csv_row *row, struct err *err)
{
	bool has_address = false, has_user = false;

	if (row->problem != NULL)
		return err_set(err, ERR_INPUT, "%s:%zu: the header cannot be read: %s", i->o.file, row->line, row->problem);
	i->columns = arena_array(i->head, row->count + 1, sizeof *i->columns);
	if (i->columns == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an import");
	i->column_count = row->count;
	for (size_t k = 0; k < row->count; k++) {
		struct slice header = utf8_repair(i->head, slice_trim(row->fields[k]), NULL);

		header = arena_slice_dup(i->head, header);
		if (!slice_is_set(header))
			return err_set(err, ERR_NOMEM, "no memory for an import");
		i->columns[k] = column_make(i, k, header);
		has_address = has_address || i->columns[k].kind == COLUMN_ADDRESS;
		has_user = has_user || i->columns[k].kind == COLUMN_USER_ID;
	}
	i->has_header = true;
	if (!has_address && !has_user)
		return err_set(err, ERR_INPUT,
		    "%s:%zu: the first line names neither Address nor User.UserId: is this a Pinpoint export?", i->o.file,
		    row->line);
	return 0;
}

/* ---- one row ------------------------------------------------------------------------- */

struct person_row {
	struct slice channel_type, channel, address, endpoint_id, user_id;
	struct slice country, locale, timezone;
	bool is_opted_out, is_inactive, has_endpoint;
	struct attribute *user, *own;	/* attributes with their values, in column order */
	size_t user_count, own_count;
	struct slice extra_json;
};

static int
add_value(struct import *i, struct attribute *list, size_t *count, struct slice name, struct slice value)
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

/* Fills *p; 1 when the row is to be left out (a finding says why). */
static int
row_read(struct import *i, struct person_row *p, struct err *err)
{
	struct json_writer w;
	struct buf extra;
	char message[300];
	int rc = -1;

	memset(p, 0, sizeof *p);
	buf_init(&extra, CSV_ROW_BYTES_MAX * 2);
	json_writer_init(&w, &extra);
	json_object_begin(&w);
	p->user = arena_array(i->row, i->column_count + 1, sizeof *p->user);
	p->own = arena_array(i->row, i->column_count + 1, sizeof *p->own);
	if (p->user == NULL || p->own == NULL)
		goto nomem;
	for (size_t k = 0; k < i->column_count && k < i->at->count; k++) {
		struct slice v = utf8_repair(i->row, slice_trim(i->at->fields[k]), NULL);

		if (!slice_is_set(v))
			goto nomem;
		if (v.len == 0)
			continue;
		switch (i->columns[k].kind) {
		case COLUMN_SKIPPED: break;
		case COLUMN_CHANNEL: p->channel_type = v; break;
		case COLUMN_ADDRESS: p->address = v; break;
		case COLUMN_ID: p->endpoint_id = v; break;
		case COLUMN_USER_ID: p->user_id = v; break;
		case COLUMN_COUNTRY: p->country = v; break;
		case COLUMN_LOCALE: p->locale = v; break;
		case COLUMN_TIMEZONE: p->timezone = v; break;
		case COLUMN_OPT_OUT:
			p->is_opted_out = slice_eq_nocase(v, SLICE_LIT("ALL"));
			if (!p->is_opted_out && !slice_eq_nocase(v, SLICE_LIT("NONE"))) {
				snprintf(message, sizeof message, "OptOut is '%.*s'", SLICE_ARG(utf8_prefix(v, 60)));
				finding(i, DIAG_ERROR, "I005", k, "write NONE (takes messages) or ALL (wants none)", message);
				rc = 1;
				goto out;
			}
			break;
		case COLUMN_STATUS: p->is_inactive = slice_eq_nocase(v, SLICE_LIT("INACTIVE")); break;
		case COLUMN_USER_ATTRIBUTE:
			if (add_value(i, p->user, &p->user_count, i->columns[k].name, v) < 0)
				goto nomem;
			break;
		case COLUMN_ENDPOINT_ATTRIBUTE:
			if (add_value(i, p->own, &p->own_count, i->columns[k].name, v) < 0)
				goto nomem;
			break;
		case COLUMN_EXTRA: json_key_slice(&w, i->columns[k].name); json_put_str(&w, v); break;
		}
	}
	if (slice_is_set(p->channel_type))
		json_kv_str(&w, "ChannelType", p->channel_type);
	json_object_end(&w);
	p->extra_json = arena_slice_dup(i->row, buf_slice(&extra));
	if (buf_failed(&extra) || !slice_is_set(p->extra_json))
		goto nomem;
	rc = 0;
	goto out;
nomem:
	err_set(err, ERR_NOMEM, "no memory for a row");
out:
	buf_fini(&extra);
	return rc;
}

static bool
address_is_plausible(struct slice channel, struct slice address)
{
	const char *at;

	for (size_t k = 0; k < address.len; k++)
		if ((unsigned char)address.ptr[k] < ' ' || address.ptr[k] == 0x7f)
			return false;
	if (!slice_eq_str(channel, "email"))
		return address.len <= 4096;
	at = memchr(address.ptr, '@', address.len);
	return at != NULL && at != address.ptr && at != address.ptr + address.len - 1 && address.len <= 320 &&
	    memchr(address.ptr, ' ', address.len) == NULL && memchr(address.ptr, '<', address.len) == NULL &&
	    memchr(address.ptr, '>', address.len) == NULL;
}

/* Judges what was read and makes the ids. 0, 1 left out, -1. */
static int
row_judge(struct import *i, struct person_row *p, struct err *err)
{
	const char *names[32], *nearest;
	char message[400], help[200];
	size_t n = 0;

	p->has_endpoint = slice_is_set(p->channel_type) || slice_is_set(p->address);
	if (!p->has_endpoint && !slice_is_set(p->user_id)) {
		finding(i, DIAG_ERROR, "I003", 0, "give ChannelType and Address, or User.UserId", "the row names nobody");
		return 1;
	}
	if (slice_is_set(p->timezone) && !zone_exists(p->timezone)) {
		nearest = zone_nearest(p->timezone);
		snprintf(message, sizeof message, "there is no time zone called '%.*s'; it is left out",
		    SLICE_ARG(utf8_prefix(p->timezone, 60)));
		snprintf(help, sizeof help, "did you mean '%s'?", nearest == NULL ? "" : nearest);
		finding(i, DIAG_WARNING, "I008", column_of(i, COLUMN_TIMEZONE), nearest == NULL ? NULL : help, message);
		p->timezone = SLICE_NONE;
	}
	if (!p->has_endpoint)
		return 0;
	if (!slice_is_set(p->channel_type) || !slice_is_set(p->address)) {
		bool no_type = !slice_is_set(p->channel_type);

		finding(i, DIAG_ERROR, "I004", column_of(i, no_type ? COLUMN_CHANNEL : COLUMN_ADDRESS),
		    "an endpoint needs both; a row for the user alone has neither",
		    no_type ? "the row has an Address but no ChannelType" : "the row has a ChannelType but no Address");
		return 1;
	}
	for (size_t k = 0; k < sizeof channel_types / sizeof *channel_types; k++) {
		if (slice_eq_nocase(p->channel_type, slice_of(channel_types[k].type)))
			p->channel = slice_of(channel_types[k].channel);
		names[n++] = channel_types[k].type;
	}
	if (!slice_is_set(p->channel)) {
		nearest = diag_nearest(p->channel_type, names, n);
		snprintf(message, sizeof message, "there is no channel type '%.*s'", SLICE_ARG(utf8_prefix(p->channel_type, 60)));
		snprintf(help, sizeof help, "did you mean '%s'?", nearest == NULL ? "" : nearest);
		finding(i, DIAG_ERROR, "I006", column_of(i, COLUMN_CHANNEL),
		    nearest == NULL ? "such as EMAIL, SMS, PUSH, APNS, GCM or CUSTOM" : help, message);
		return 1;
	}
	if (!address_is_plausible(p->channel, p->address)) {
		snprintf(message, sizeof message, "'%.*s' is no %.*s address", SLICE_ARG(utf8_prefix(p->address, 100)),
		    SLICE_ARG(p->channel));
		finding(i, DIAG_ERROR, "I007", column_of(i, COLUMN_ADDRESS), NULL, message);
		return 1;
	}
	if (!slice_is_set(p->user_id))
		p->user_id = slice_of(arena_printf(i->row, "%.*s:%.*s", SLICE_ARG(p->channel), SLICE_ARG(p->address)));
	if (!slice_is_set(p->endpoint_id))
		p->endpoint_id = slice_of(arena_printf(i->row, "%.*s|%.*s|%.*s", SLICE_ARG(p->user_id),
		    SLICE_ARG(p->channel_type), SLICE_ARG(p->address)));
	if (!slice_is_set(p->user_id) || !slice_is_set(p->endpoint_id))
		return err_set(err, ERR_NOMEM, "no memory for a row");
	return 0;
}

/* ---- writing --------------------------------------------------------------------------- */

static const struct endpoint *
endpoint_of(const struct customer *c, struct slice id)
{
	for (size_t k = 0; c != NULL && k < c->endpoint_count; k++)
		if (slice_eq(c->endpoints[k].id, id))
			return &c->endpoints[k];
	return NULL;
}

static const struct consent *
consent_of(const struct customer *c, struct slice channel, enum purpose purpose)
{
	for (size_t k = 0; c != NULL && k < c->consent_count; k++)
		if (slice_eq(c->consents[k].channel, channel) && c->consents[k].purpose == purpose)
			return &c->consents[k];
	return NULL;
}

static bool
has_other_open_endpoint(const struct customer *c, struct slice channel, struct slice but_not)
{
	for (size_t k = 0; c != NULL && k < c->endpoint_count; k++)
		if (slice_eq(c->endpoints[k].channel, channel) && !c->endpoints[k].is_opted_out &&
		    !slice_eq(c->endpoints[k].id, but_not))
			return true;
	return false;
}

/*
 * OptOut NONE is consent, unless the person has withdrawn it here: a file that is imported again must not overrule that.  Only when the file itself
 * had said ALL before and now says NONE does it give what it had taken.  ALL withdraws when no other address of the channel is open.
 */
static int
write_consents(struct import *i, const struct person_row *p, const struct customer *before, struct err *err)
{
	const struct endpoint *old = endpoint_of(before, p->endpoint_id);
	int changed = 0;

	for (int purpose = PURPOSE_SERVICE; purpose <= PURPOSE_MARKETING; purpose++) {
		struct consent c = {p->channel, (enum purpose)purpose, !p->is_opted_out};
		const struct consent *was = consent_of(before, p->channel, (enum purpose)purpose);
		int rc;

		if (c.is_given && was != NULL && !was->is_given && (old == NULL || !old->is_opted_out))
			continue;
		if (!c.is_given && has_other_open_endpoint(before, p->channel, p->endpoint_id))
			continue;
		rc = store_consent_put(i->st, p->user_id, &c, i->o.now_ms, i->o.source, err);
		if (rc < 0)
			return -1;
		changed |= rc;
	}
	return changed;
}

static int
write_endpoint(struct import *i, const struct person_row *p, const struct customer *before, struct err *err)
{
	struct endpoint e = {0};
	int rc, consents;

	e.id = p->endpoint_id;
	e.channel = p->channel;
	e.address = p->address;
	e.is_opted_out = p->is_opted_out;
	e.is_inactive = p->is_inactive;
	e.timezone = p->timezone;
	e.locale = p->locale;
	e.country = p->country;
	e.attributes = p->own;
	e.attribute_count = p->own_count;
	rc = store_endpoint_put(i->st, p->user_id, &e, p->extra_json, i->o.now_ms, i->o.source, err);
	if (rc < 0)
		return -1;
	consents = write_consents(i, p, before, err);
	return consents < 0 ? -1 : rc | consents;
}

static bool
is_listed(const struct slice_list *keys, struct slice key)
{
	for (size_t k = 0; k < keys->count; k++)
		if (slice_eq(keys->items[k], key))
			return true;
	return false;
}

static int
handle_taken(struct import *i, struct slice key, struct slice customer_id, bool *is_ours_r, struct err *err)
{
	struct link_row *rows = NULL;
	size_t count = 0;
	char message[400];

	*is_ours_r = false;
	if (store_links_by_handle(i->st, key, i->row, &rows, &count, err) < 0)
		return -1;
	for (size_t k = 0; k < count; k++) {
		if (slice_eq(rows[k].customer_id, customer_id)) {
			*is_ours_r = true;
			return 1;
		}
	}
	if (count == 0)
		return 0;
	snprintf(message, sizeof message, "the handle %.*s is linked to customer '%.*s' already; it is not linked twice",
	    SLICE_ARG(utf8_prefix(key, 100)), SLICE_ARG(utf8_prefix(rows[0].customer_id, 100)));
	finding(i, DIAG_WARNING, "I009", 0, NULL, message);
	return 1;
}

/* The customer's handles are those the file names: new ones are linked, imported ones it names no more are unlinked. */
static int
write_links(struct import *i, const struct person_row *p, struct err *err)
{
	const struct attribute *named = NULL;
	struct link_row *rows = NULL;
	struct slice keys[16];
	struct slice_list list = {keys, 0};
	size_t count = 0;
	int changed = 0;

	for (size_t k = 0; k < p->user_count + p->own_count; k++) {
		const struct attribute *a = k < p->user_count ? &p->user[k] : &p->own[k - p->user_count];

		if (slice_eq_str(a->name, i->o.handle_attribute))
			named = a;
	}
	if (named == NULL)
		return 0;
	for (size_t k = 0; k < named->values.count && list.count < 16; k++) {
		struct slice key = handle_key_make(i->row, named->values.items[k]);

		if (slice_is_set(key))
			keys[list.count++] = key;
		else
			finding(i, DIAG_WARNING, "I010", 0, "write it like @someone@mastodon.social",
			    arena_printf(i->row, "'%.*s' is no social handle; nobody is linked",
				SLICE_ARG(utf8_prefix(named->values.items[k], 100))));
	}
	if (store_links_of_customer(i->st, p->user_id, i->row, &rows, &count, err) < 0)
		return -1;
	for (size_t k = 0; k < count; k++) {
		if (rows[k].unlinked_at_ms != TIME_UNKNOWN || !slice_eq_str(rows[k].proof, "imported handle") ||
		    is_listed(&list, rows[k].handle_key))
			continue;
		if (store_link_end(i->st, rows[k].link_no, i->o.now_ms, "the import names another handle", err) < 0)
			return -1;
		changed = 1;
	}
	for (size_t k = 0; k < list.count; k++) {
		struct link_row link = {0};
		bool is_ours;
		int rc = handle_taken(i, keys[k], p->user_id, &is_ours, err);

		if (rc < 0)
			return -1;
		i->report.links += is_ours;
		if (rc == 1)
			continue;
		link.customer_id = p->user_id;
		link.handle_key = keys[k];
		link.proof = slice_of("imported handle");
		link.linked_at_ms = i->o.now_ms;
		link.unlinked_at_ms = TIME_UNKNOWN;
		if (store_link_add(i->st, &link, err) < 0)
			return -1;
		i->report.links++;
		changed = 1;
	}
	return changed;
}

static bool
differs(struct slice now, struct slice before)
{
	return slice_is_set(now) && (!slice_is_set(before) || !slice_eq(now, before));
}

static int
row_write(struct import *i, const struct person_row *p, struct err *err)
{
	struct customer *before = NULL;
	bool created = false;
	int changed = 0, rc;

	rc = store_customer_load(i->st, p->user_id, i->o.now_ms, i->row, &before, err);
	if (rc < 0)
		return -1;
	changed = before == NULL || differs(p->timezone, before->timezone) || differs(p->locale, before->locale) ||
	    differs(p->country, before->country);
	if (changed && store_customer_put(i->st, p->user_id, p->timezone, p->locale, p->country, i->o.now_ms, &created, err) < 0)
		return -1;
	for (size_t k = 0; k < p->user_count; k++) {
		rc = store_customer_set(i->st, p->user_id, p->user[k].name, p->user[k].values, i->o.now_ms, i->o.source,
		    SLICE_NONE, err);
		if (rc < 0)
			return -1;
		changed |= rc;
	}
	if (p->has_endpoint) {
		rc = write_endpoint(i, p, before, err);
		if (rc < 0)
			return -1;
		changed |= rc;
	}
	rc = write_links(i, p, err);
	if (rc < 0)
		return -1;
	changed |= rc;
	if (created)
		i->report.created++;
	else if (changed)
		i->report.updated++;
	else
		i->report.unchanged++;
	return 0;
}

static int
batch_end(struct import *i, struct err *err)
{
	i->batch = 0;
	if (!store_in_transaction(i->st))
		return 0;
	if (i->o.is_dry_run) {
		store_rollback(i->st);
		return 0;
	}
	return store_commit(i->st, err);
}

static int
on_row(void *cookie, const struct csv_row *row, struct err *err)
{
	struct import *i = cookie;
	struct person_row p;
	char message[300];
	int rc;

	i->at = row;
	if (!i->has_header)
		return header_row(i, row, err);
	i->report.rows++;
	arena_reset(i->row);
	if (row->problem != NULL) {
		finding(i, DIAG_ERROR, "I001", row->problem_field, NULL, row->problem);
		i->report.rejected++;
		return 0;
	}
	if (row->count > i->column_count) {
		snprintf(message, sizeof message, "the row has %zu fields, the header %zu", row->count, i->column_count);
		finding(i, DIAG_ERROR, "I011", i->column_count, "quote fields that hold a comma", message);
		i->report.rejected++;
		return 0;
	}
	rc = row_read(i, &p, err);
	if (rc == 0)
		rc = row_judge(i, &p, err);
	if (rc == 1)
		i->report.rejected++;
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	/* A dry run writes as well, and rolls everything back at the end: later rows must see the earlier ones. */
	if (!store_in_transaction(i->st) && store_begin(i->st, err) < 0)
		return -1;
	if (row_write(i, &p, err) < 0)
		return err_prefix(err, "%s:%zu", i->o.file, row->line);
	if (++i->batch >= i->o.batch_rows && !i->o.is_dry_run)
		return batch_end(i, err);
	return 0;
}

/* ---- public --------------------------------------------------------------------------------- */

int
import_new(struct store *st, const struct import_options *o, struct diag_list *diags, struct import **i_r, struct err *err)
{
	struct import *i = mem_zalloc(sizeof *i);

	assert(!store_in_transaction(st));
	if (i == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an import");
	i->st = st;
	i->o = *o;
	if (i->o.file == NULL)
		i->o.file = "customers.csv";
	if (i->o.handle_attribute == NULL)
		i->o.handle_attribute = "SocialHandle";
	if (i->o.source == NULL)
		i->o.source = IMPORT_SOURCE;
	if (i->o.batch_rows == 0)
		i->o.batch_rows = IMPORT_BATCH_ROWS;
	i->diags = diags;
	i->csv = csv_new(on_row, i);
	i->head = arena_new(4 * CSV_ROW_BYTES_MAX);
	i->row = arena_new(IMPORT_ROW_ARENA);
	buf_init(&i->text, 4 * CSV_ROW_BYTES_MAX);
	if (i->csv == NULL || i->head == NULL || i->row == NULL) {
		import_free(i);
		return err_set(err, ERR_NOMEM, "no memory for an import");
	}
	*i_r = i;
	return 0;
}

int
import_feed(struct import *i, struct slice chunk, struct err *err)
{
	if (csv_feed(i->csv, chunk, err) == 0)
		return 0;
	store_rollback(i->st);
	return -1;
}

int
import_end(struct import *i, struct import_report *report_r, struct err *err)
{
	if (csv_end(i->csv, err) < 0) {
		store_rollback(i->st);
		return -1;
	}
	if (!i->has_header)
		return err_set(err, ERR_INPUT, "%s: the file is empty", i->o.file);
	if (batch_end(i, err) < 0)
		return -1;
	*report_r = i->report;
	return 0;
}

void
import_free(struct import *i)
{
	if (i == NULL)
		return;
	if (store_in_transaction(i->st))
		store_rollback(i->st);
	csv_free(i->csv);
	arena_free(i->head);
	arena_free(i->row);
	buf_fini(&i->text);
	mem_free(i);
}
