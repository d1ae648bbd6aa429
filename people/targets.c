#include "people/targets.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/diag.h"
#include "core/utf8.h"

/* ---- the words --------------------------------------------------------------- */

static const struct {
	const char *word;
	enum target_kind kind;
} plain[] = {
    /* Amazon Pinpoint's; docs.aws.amazon.com/pinpoint/latest/developerguide/
     * endpoints.html#endpoints-csv, as of 2026 */
    {"ChannelType", TARGET_CHANNEL},
    {"Address", TARGET_ADDRESS},
    {"Id", TARGET_ENDPOINT_ID},
    {"OptOut", TARGET_OPT_OUT},
    {"EndpointStatus", TARGET_STATUS},
    {"User.UserId", TARGET_USER_ID},
    {"Location.Country", TARGET_COUNTRY},
    {"Demographic.Locale", TARGET_LOCALE},
    {"Demographic.Timezone", TARGET_TIMEZONE},
    {"EffectiveDate", TARGET_EXTRA},
    {"RequestId", TARGET_EXTRA},
    {"CreationDate", TARGET_EXTRA},
    {"ApplicationId", TARGET_EXTRA},
    {"CohortId", TARGET_EXTRA},
    {"Location.City", TARGET_EXTRA},
    {"Location.Latitude", TARGET_EXTRA},
    {"Location.Longitude", TARGET_EXTRA},
    {"Location.PostalCode", TARGET_EXTRA},
    {"Location.Region", TARGET_EXTRA},
    {"Demographic.AppVersion", TARGET_EXTRA},
    {"Demographic.Make", TARGET_EXTRA},
    {"Demographic.Model", TARGET_EXTRA},
    {"Demographic.ModelVersion", TARGET_EXTRA},
    {"Demographic.Platform", TARGET_EXTRA},
    {"Demographic.PlatformVersion", TARGET_EXTRA},
    /* ours */
    {"Earshot.Allowed", TARGET_ALLOWED},
    {"Rejected.Line", TARGET_SKIPPED},
    {"Rejected.Reason", TARGET_SKIPPED},
    {"id", TARGET_USER_ID},
    {"timezone", TARGET_TIMEZONE},
    {"locale", TARGET_LOCALE},
    {"country", TARGET_COUNTRY},
    {"handle", TARGET_HANDLE},
    {"tag", TARGET_TAG},
    {"segment", TARGET_SEGMENT},
    {"skip", TARGET_SKIPPED},
};
#define PLAIN_COUNT (sizeof plain / sizeof *plain)

static const struct {
	const char *prefix;
	enum target_kind kind;
} named[] = {
    {"User.UserAttributes.", TARGET_ATTRIBUTE},
    {"Attributes.", TARGET_ENDPOINT_ATTRIBUTE},
    {"Metrics.", TARGET_ENDPOINT_METRIC},
    {"attribute:", TARGET_ATTRIBUTE},
    {"metric:", TARGET_METRIC},
    {"endpoint:", TARGET_CONTACT},
    {"consent:", TARGET_CONSENT},
    {"tag:", TARGET_HAS_TAG},
    {"list:", TARGET_LIST},
    {"segment:", TARGET_IN_SEGMENT},
};
#define NAMED_COUNT (sizeof named / sizeof *named)
#define PINPOINT_NAMED 3 /* the first ones: their names are not quoted, and nothing stands behind */

static const struct {
	const char *type, *channel;
} channel_types[] = {
    {"EMAIL", "email"},
    {"SMS", "sms"},
    {"VOICE", "voice"},
    {"PUSH", "push"},
    {"IN_APP", "in_app"},
    {"CUSTOM", "custom"},
    {"GCM", "push"},
    {"APNS", "push"},
    {"APNS_SANDBOX", "push"},
    {"APNS_VOIP", "push"},
    {"APNS_VOIP_SANDBOX", "push"},
    {"ADM", "push"},
    {"BAIDU", "push"},
};
#define CHANNEL_TYPE_COUNT (sizeof channel_types / sizeof *channel_types)

bool
target_channel_of_type(struct slice type, struct slice *type_r, struct slice *channel_r)
{
	for (size_t k = 0; k < CHANNEL_TYPE_COUNT; k++)
		if (slice_eq_nocase(type, slice_of(channel_types[k].type))) {
			*type_r = slice_of(channel_types[k].type);
			*channel_r = slice_of(channel_types[k].channel);
			return true;
		}
	return false;
}

const char *
target_channel_type_nearest(struct slice type)
{
	const char *names[CHANNEL_TYPE_COUNT];

	for (size_t k = 0; k < CHANNEL_TYPE_COUNT; k++)
		names[k] = channel_types[k].type;
	return diag_nearest(type, names, CHANNEL_TYPE_COUNT);
}

struct slice
target_type_of_channel(struct slice channel)
{
	for (size_t k = 0; k < CHANNEL_TYPE_COUNT; k++)
		if (slice_eq_str(channel, channel_types[k].channel))
			return slice_of(channel_types[k].type);
	return SLICE_NONE;
}

bool
target_may_repeat(enum target_kind kind)
{
	return kind == TARGET_SKIPPED || kind == TARGET_ATTRIBUTE ||
	    kind == TARGET_ENDPOINT_ATTRIBUTE || kind >= TARGET_METRIC || kind == TARGET_EXTRA ||
	    kind == TARGET_ENDPOINT_METRIC;
}

/* ---- reading ------------------------------------------------------------------- */

static int refuse(struct target_problem *p, const char *help, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
refuse(struct target_problem *p, const char *help, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->why, sizeof p->why, fmt, ap);
	va_end(ap);
	snprintf(p->help, sizeof p->help, "%s", help);
	return 1;
}

/* fmt has one "%.*s", for the words that are wrong. */
#define REFUSE(p, help, fmt, words) refuse((p), (help), fmt, SLICE_ARG(utf8_prefix((words), 100)))

/* The word nearest to one nobody knows; a slip in "User.UserAttributes.Name" is one in its front
 * part. */
static int
refuse_unknown(struct slice words, struct target_problem *p)
{
	const char *names[PLAIN_COUNT], *nearest, *end;
	char help[300] = "an attribute of your own is called User.UserAttributes.NAME, "
			 "Attributes.NAME or attribute:NAME";

	for (size_t k = 0; k < PLAIN_COUNT; k++)
		names[k] = plain[k].word;
	nearest = diag_nearest(words, names, PLAIN_COUNT);
	end = memrchr(words.ptr, '.', words.len);
	if (end == NULL)
		end = memchr(words.ptr, ':', words.len);
	if (nearest != NULL) {
		snprintf(help, sizeof help, "did you mean '%s'?", nearest);
	} else if (end != NULL) {
		for (size_t k = 0; k < NAMED_COUNT; k++)
			names[k] = named[k].prefix;
		nearest = diag_nearest(
		    slice_make(words.ptr, (size_t)(end + 1 - words.ptr)), names, NAMED_COUNT);
		if (nearest != NULL)
			snprintf(help, sizeof help, "did you mean '%s%.*s'?", nearest,
			    (int)(words.ptr + words.len - end - 1 > 60
				    ? 60
				    : words.ptr + words.len - end - 1),
			    end + 1);
	}
	return REFUSE(p, help, "there is no column called '%.*s'", words);
}

static int
refuse_unclosed(struct slice words, struct target_problem *p)
{
	return REFUSE(p, "close it with another", "a quote is never closed: '%.*s'", words);
}

/* The next word of *rest, or what stands in quotes; false: a quote is never closed, and nothing is taken. */
static bool
take_word(struct slice *rest, struct slice *word_r)
{
	const char *end;

	*rest = slice_trim(*rest);
	if (rest->len > 0 && (rest->ptr[0] == '"' || rest->ptr[0] == '\'')) {
		end = memchr(rest->ptr + 1, rest->ptr[0], rest->len - 1);
		if (end == NULL)
			return false;
		*word_r = slice_make(rest->ptr + 1, (size_t)(end - rest->ptr - 1));
		end++;
	} else {
		for (end = rest->ptr; end < rest->ptr + rest->len && *end != ' ' && *end != '\t';)
			end++;
		*word_r = slice_make(rest->ptr, (size_t)(end - rest->ptr));
	}
	*rest = slice_make(end, (size_t)(rest->ptr + rest->len - end));
	return true;
}

static bool
is_date_pattern(struct slice s)
{
	int64_t at_ms;
	bool is_day;
	/* The pattern reads an instant written by itself. */
	char sample[64];
	size_t n = 0;

	if (slice_eq_str(s, "unix") || slice_eq_str(s, "unix_ms"))
		return true;
	if (s.len == 0 || s.len >= sizeof sample)
		return false;
	for (size_t i = 0; i < s.len; i++)
		sample[n++] = memchr("YMDHms", s.ptr[i], 6) != NULL ? '0' : s.ptr[i];
	for (size_t i = 0; i < n; i++)
		if ((s.ptr[i] == 'Y' || s.ptr[i] == 'M' || s.ptr[i] == 'D') &&
		    (i + 1 == n || s.ptr[i + 1] != s.ptr[i]))
			sample[i] = '1';
	return target_time(slice_make(sample, n), s, &at_ms, &is_day);
}

static int
read_option(struct slice word, struct slice value, struct target *t, struct target_problem *p)
{
	static const char *const options[] = {"split", "date", "decimal", "is"};
	const char *nearest;
	char help[300] = "split \"C\", date \"DD.MM.YYYY\", decimal \",\" or is \"VALUE\"";

	if (slice_eq_str(word, "split")) {
		t->split = value.len == 1 ? value.ptr[0] : 0;
		return t->split != 0 ? 0
				     : REFUSE(p, "such as split \";\"",
					   "split takes one character, not '%.*s'", value);
	}
	if (slice_eq_str(word, "decimal")) {
		t->decimal = value.len == 1 ? value.ptr[0] : 0;
		return t->decimal == '.' || t->decimal == ','
		    ? 0
		    : REFUSE(
			  p, "decimal \",\" or decimal \".\"", "decimal cannot be '%.*s'", value);
	}
	if (slice_eq_str(word, "date")) {
		t->date = value;
		return is_date_pattern(value)
		    ? 0
		    : REFUSE(p,
			  "a pattern has YYYY, MM and DD, and may have HH, mm and ss; or unix, "
			  "unix_ms",
			  "'%.*s' is no pattern of a date", value);
	}
	if (slice_eq_str(word, "is")) {
		t->is_constant = true;
		t->constant = value;
		return 0;
	}
	nearest = diag_nearest(word, options, sizeof options / sizeof *options);
	if (nearest != NULL)
		snprintf(help, sizeof help, "did you mean '%s'?", nearest);
	return REFUSE(p, help, "there is no option called '%.*s'", word);
}

static int
read_options(struct slice rest, struct target *t, struct target_problem *p)
{
	for (rest = slice_trim(rest); rest.len > 0; rest = slice_trim(rest)) {
		struct slice word, value;
		int rc;

		if (!take_word(&rest, &word))
			return refuse_unclosed(rest, p);
		if (slice_trim(rest).len == 0)
			return REFUSE(
			    p, "a value stands behind it, in quotes", "'%.*s' has no value", word);
		if (!take_word(&rest, &value))
			return refuse_unclosed(rest, p);
		rc = read_option(word, value, t, p);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* CHANNEL:PURPOSE, and :at, :source or :text behind it. */
static int
read_consent(struct slice whole, struct target *t, struct target_problem *p)
{
	static const char *const purposes[] = {"service", "marketing", "both"};
	static const char help[] = "write it like consent:email:marketing, and :at, :source or "
				   ":text behind it";
	struct slice rest = whole, purpose, part;

	t->name = slice_split(&rest, ':');
	purpose = slice_is_set(rest) ? slice_split(&rest, ':') : SLICE_NONE;
	part = rest;
	if (!slice_is_set(target_type_of_channel(t->name)))
		return REFUSE(p, "one of email, sms, voice, push, in_app, custom",
		    "there is no channel '%.*s'", t->name);
	t->is_service = slice_eq_str(purpose, "service") || slice_eq_str(purpose, "both");
	t->is_marketing = slice_eq_str(purpose, "marketing") || slice_eq_str(purpose, "both");
	if (!t->is_service && !t->is_marketing) {
		const char *nearest = diag_nearest(purpose, purposes, 3);
		char text[100];

		snprintf(text, sizeof text, "did you mean '%s'?", nearest == NULL ? "" : nearest);
		return REFUSE(
		    p, nearest == NULL ? help : text, "there is no purpose '%.*s'", purpose);
	}
	if (!slice_is_set(part))
		return 0;
	t->kind = slice_eq_str(part, "at") ? TARGET_CONSENT_AT
	    : slice_eq_str(part, "source") ? TARGET_CONSENT_SOURCE
	    : slice_eq_str(part, "text")   ? TARGET_CONSENT_TEXT
					   : TARGET_SKIPPED;
	return t->kind != TARGET_SKIPPED
	    ? 0
	    : REFUSE(p, help, "a consent has no part called '%.*s'", part);
}

static int
check_name(struct target *t, struct target_problem *p)
{
	if (t->name.len == 0)
		return refuse(p, "write it like attribute:Plan", "the name is missing");
	if (t->kind == TARGET_CONSENT)
		return read_consent(t->name, t, p);
	if (t->kind == TARGET_CONTACT && !slice_is_set(target_type_of_channel(t->name)))
		return REFUSE(p, "one of email, sms, voice, push, in_app, custom",
		    "there is no channel '%.*s'", t->name);
	return 0;
}

static int
read_named(size_t which, struct slice words, struct target *t, struct target_problem *p)
{
	size_t len = strlen(named[which].prefix);
	struct slice rest = slice_make(words.ptr + len, words.len - len);
	int rc;

	t->kind = named[which].kind;
	if (which < PINPOINT_NAMED) {
		t->name = rest;
		return 0;
	}
	if (rest.len > 0 && (rest.ptr[0] == ' ' || rest.ptr[0] == '\t'))
		return check_name(t, p);
	if (!take_word(&rest, &t->name))
		return refuse_unclosed(words, p);
	rc = check_name(t, p);
	return rc != 0 ? rc : read_options(rest, t, p);
}

int
target_read(struct slice words, struct target *t_r, struct target_problem *problem_r)
{
	struct slice rest = words, word;

	memset(t_r, 0, sizeof *t_r);
	for (size_t k = 0; k < NAMED_COUNT; k++)
		if (slice_starts_with(words, named[k].prefix) &&
		    (k >= PINPOINT_NAMED || words.len > strlen(named[k].prefix)))
			return read_named(k, words, t_r, problem_r);
	if (!take_word(&rest, &word))
		return refuse_unknown(words, problem_r);
	for (size_t k = 0; k < PLAIN_COUNT; k++)
		if (slice_eq_str(word, plain[k].word)) {
			t_r->kind = plain[k].kind;
			t_r->name = word;
			return read_options(rest, t_r, problem_r);
		}
	return refuse_unknown(words, problem_r);
}
