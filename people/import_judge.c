/*
 * import_judge.c - a row that was read, whichever way: are ids, addresses, channels and times what
 * they should be?  And the ids it lacks.
 */
#include "people/import_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/country.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "platform/zone.h"

#define FUTURE_MS TIME_DAY_MS /* clocks and zones differ */

/* ---- texts ------------------------------------------------------------------- */

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

static int
judge_id(struct import *i, struct slice id, enum target_kind kind)
{
	if (!slice_is_set(id) || (id.len <= IMPORT_ID_BYTES_MAX && !has_control(id)))
		return 0;
	import_finding(i, DIAG_ERROR, "I013", import_column(i, kind),
	    "an id has at most 512 bytes, none of them a control character", "'%.*s' is no id",
	    SLICE_ARG(utf8_prefix(id, 60)));
	return 1;
}

static int
judge_word(struct import *i, struct slice word, enum target_kind kind, const char *what)
{
	if (!slice_is_set(word) || (word.len <= IMPORT_WORD_BYTES_MAX && !has_control(word)))
		return 0;
	import_finding(i, DIAG_ERROR, "I021", import_column(i, kind),
	    "at most 256 bytes, none of them a control character", "'%.*s' is no %s",
	    SLICE_ARG(utf8_prefix(word, 60)), what);
	return 1;
}

static void
judge_timezone(struct import *i, struct slice *zone)
{
	const char *nearest;
	char help[200];

	if (!slice_is_set(*zone) || slice_eq(*zone, i->zone_known))
		return;
	if (zone_exists(*zone)) {
		if (zone->len < sizeof i->zone_text) {
			memcpy(i->zone_text, zone->ptr, zone->len);
			i->zone_known = slice_make(i->zone_text, zone->len);
		}
		return;
	}
	nearest = zone_nearest(*zone);
	snprintf(help, sizeof help, "did you mean '%s'?", nearest == NULL ? "" : nearest);
	import_finding(i, DIAG_WARNING, "I008", import_column(i, TARGET_TIMEZONE),
	    nearest == NULL ? "write it like Europe/Berlin" : help,
	    "there is no time zone called '%.*s'; it is left out",
	    SLICE_ARG(utf8_prefix(*zone, 60)));
	*zone = SLICE_NONE;
}

/* Kept by its two letters, whichever way it is written. */
static void
judge_country(struct import *i, struct slice *country)
{
	struct slice code = country_code(*country);
	char help[COUNTRY_HELP_MAX];

	if (slice_is_set(*country) && !slice_is_set(code)) {
		country_help(*country, help);
		import_finding(i, DIAG_WARNING, "I026", import_column(i, TARGET_COUNTRY), help,
		    "there is no country '%.*s'; it is left out",
		    SLICE_ARG(utf8_prefix(*country, 60)));
	}
	*country = code;
}

static void
judge_locale(struct import *i, struct slice *locale)
{
	char help[LOCALE_HELP_MAX];

	if (!slice_is_set(*locale) || locale_is_known(*locale))
		return;
	locale_help(*locale, help);
	import_finding(i, DIAG_WARNING, "I027", import_column(i, TARGET_LOCALE), help,
	    "there is no locale '%.*s'; it is left out", SLICE_ARG(utf8_prefix(*locale, 60)));
	*locale = SLICE_NONE;
}

/* Where somebody lives, and how they write. */
static void
judge_place(struct import *i, struct slice *zone, struct slice *locale, struct slice *country)
{
	judge_timezone(i, zone);
	judge_locale(i, locale);
	judge_country(i, country);
}

/* ---- endpoints ----------------------------------------------------------------- */

/* The column an endpoint's channel or address stands in. */
static enum target_kind
kind_of(const struct row_endpoint *e, enum target_kind pinpoint)
{
	return e->is_pinpoint ? pinpoint : TARGET_CONTACT;
}

static int
unknown_channel(struct import *i, const struct row_endpoint *e, struct slice name)
{
	const char *nearest = target_channel_type_nearest(name);
	char text[200];

	snprintf(text, sizeof text, "did you mean '%s'?", nearest == NULL ? "" : nearest);
	import_finding(i, DIAG_ERROR, "I006", import_column(i, kind_of(e, TARGET_CHANNEL)),
	    nearest == NULL ? "such as EMAIL, SMS, PUSH, APNS, GCM or CUSTOM" : text,
	    "there is no channel type '%.*s'", SLICE_ARG(utf8_prefix(name, 60)));
	return 1;
}

/* Names the channel of a Pinpoint type, and the type of a channel of ours. */
static int
judge_channel(struct import *i, struct row_endpoint *e)
{
	struct slice own = e->e.channel, type;

	e->has_type = slice_is_set(e->type);
	if (!e->has_type) {
		type = target_type_of_channel(own);
		if (!slice_is_set(type))
			return unknown_channel(i, e, own);
		e->type = type;
		return 0;
	}
	type = e->type;
	if (!target_channel_of_type(type, &e->type, &e->e.channel))
		return unknown_channel(i, e, type);
	if (!slice_is_set(own) || slice_eq(own, e->e.channel))
		return 0;
	import_finding(i, DIAG_ERROR, "I006", 0, NULL,
	    "the channel '%.*s' has another channel's type, %.*s", SLICE_ARG(utf8_prefix(own, 60)),
	    SLICE_ARG(type));
	return 1;
}

static int
judge_address(struct import *i, const struct row_endpoint *e)
{
	const char *help = has_control(e->e.address)
	    ? "it holds a line end or another control character"
	    : address_help(e->e.channel, e->e.address);

	if (help == NULL)
		return 0;
	import_finding(i, DIAG_ERROR, "I007", import_column(i, kind_of(e, TARGET_ADDRESS)), help,
	    "'%.*s' is no %.*s address", SLICE_ARG(utf8_prefix(e->e.address, 100)),
	    SLICE_ARG(e->e.channel));
	return 1;
}

/* "open service no-marketing": what the endpoint is, and what the person takes on its channel. */
static int
read_allowed(struct import *i, struct person_row *p, struct row_endpoint *e)
{
	struct slice rest = e->allowed;

	while (slice_is_set(rest)) {
		struct slice word = slice_split(&rest, ' ');
		bool is_no = slice_starts_with(word, "no-");
		struct slice purpose = is_no ? slice_make(word.ptr + 3, word.len - 3) : word;
		struct row_consent *c;

		if (slice_eq_str(word, "open") || slice_eq_str(word, "closed")) {
			e->has_opt_out = true;
			e->e.is_opted_out = slice_eq_str(word, "closed");
			continue;
		}
		if (!slice_eq_str(purpose, "service") && !slice_eq_str(purpose, "marketing")) {
			import_finding(i, DIAG_ERROR, "I005", import_column(i, TARGET_ALLOWED),
			    "as an export wrote it, such as: open service no-marketing",
			    "Earshot.Allowed is '%.*s'", SLICE_ARG(utf8_prefix(e->allowed, 60)));
			return 1;
		}
		c = import_consent_slot(i, p, e->e.channel,
		    slice_eq_str(purpose, "service") ? PURPOSE_SERVICE : PURPOSE_MARKETING);
		if (c == NULL)
			return -1;
		c->has_given = true;
		c->c.is_given = !is_no;
	}
	return 0;
}

static int
judge_endpoint(struct import *i, struct person_row *p, struct row_endpoint *e)
{
	bool has_type = slice_is_set(e->type) || slice_is_set(e->e.channel),
	     has_address = slice_is_set(e->e.address);

	if (!has_type || !has_address) {
		import_finding(i, DIAG_ERROR, "I004",
		    import_column(i, has_address ? TARGET_CHANNEL : TARGET_ADDRESS),
		    "an endpoint needs both; a row for the user alone has neither",
		    has_address ? "the row has an Address but no ChannelType"
				: "the row has a ChannelType but no Address");
		return 1;
	}
	if (e->is_pinpoint) { /* the row has but one of each, and it is judged */
		e->e.timezone = p->timezone;
		e->e.locale = p->locale;
		e->e.country = p->country;
	} else {
		judge_place(i, &e->e.timezone, &e->e.locale, &e->e.country);
	}
	if (judge_id(i, e->e.id, TARGET_ENDPOINT_ID) || judge_channel(i, e) || judge_address(i, e))
		return 1;
	return slice_is_set(e->allowed) ? read_allowed(i, p, e) : 0;
}

/* ---- the rest -------------------------------------------------------------------- */

static int
judge_consents(struct import *i, struct person_row *p)
{
	size_t kept = 0;

	for (size_t k = 0; k < p->consent_count; k++) {
		struct row_consent *c = &p->consents[k];

		if (!slice_is_set(target_type_of_channel(c->c.channel))) {
			import_finding(i, DIAG_ERROR, "I006", 0,
			    "one of email, sms, voice, push, in_app, custom",
			    "there is no channel '%.*s'", SLICE_ARG(utf8_prefix(c->c.channel, 60)));
			return 1;
		}
		if (judge_word(i, c->c.source, TARGET_CONSENT_SOURCE, "source of a consent") ||
		    judge_word(i, c->c.text_version, TARGET_CONSENT_TEXT, "version of a text"))
			return 1;
		if (c->has_at && c->c.at_ms > i->o.now_ms + FUTURE_MS) {
			import_finding(i, DIAG_ERROR, "I019", import_column(i, TARGET_CONSENT_AT),
			    NULL, "a consent was given in the future");
			return 1;
		}
		if (c->has_given) /* else it was said when, but not whether */
			p->consents[kept++] = *c;
	}
	p->consent_count = kept;
	return 0;
}

static int
judge_marks(struct import *i, struct person_row *p)
{
	for (size_t k = 0; k < p->tag_count; k++)
		if (judge_word(i, p->tags[k].tag, TARGET_TAG, "tag"))
			return 1;
	for (size_t k = 0; k < p->list_count; k++)
		if (judge_word(i, p->lists[k], TARGET_LIST, "list"))
			return 1;
	return 0;
}

/* A row without an id is a customer of its own; an endpoint without one is known by what it is. */
static int
make_ids(struct import *i, struct person_row *p)
{
	if (!slice_is_set(p->user_id)) {
		const struct endpoint *e = &p->endpoints[0].e;

		p->user_id = slice_of(arena_printf(
		    i->row, "%.*s:%.*s", SLICE_ARG(e->channel), SLICE_ARG(e->address)));
		if (!slice_is_set(p->user_id))
			return -1;
	}
	for (size_t k = 0; k < p->endpoint_count; k++) {
		struct row_endpoint *e = &p->endpoints[k];

		if (slice_is_set(e->e.id))
			continue;
		e->e.id = slice_of(arena_printf(i->row, "%.*s|%.*s|%.*s", SLICE_ARG(p->user_id),
		    SLICE_ARG(e->type), SLICE_ARG(e->e.address)));
		if (!slice_is_set(e->e.id))
			return -1;
	}
	return 0;
}

static int
judge(struct import *i, struct person_row *p)
{
	int rc;

	if (p->endpoint_count == 0 && !slice_is_set(p->user_id)) {
		import_finding(i, DIAG_ERROR, "I003", 0,
		    "give ChannelType and Address, or User.UserId", "the row names nobody");
		return 1;
	}
	if (judge_id(i, p->user_id, TARGET_USER_ID) || judge_id(i, p->merged_into, TARGET_SKIPPED))
		return 1;
	judge_place(i, &p->timezone, &p->locale, &p->country);
	for (size_t k = 0; k < p->endpoint_count; k++)
		if ((rc = judge_endpoint(i, p, &p->endpoints[k])) != 0)
			return rc;
	if (judge_consents(i, p) || judge_marks(i, p))
		return 1;
	return make_ids(i, p);
}

int
import_judge(struct import *i, struct person_row *p, struct err *err)
{
	int rc = judge(i, p);

	return rc < 0 ? import_nomem(i, err) : rc;
}
