/*
 * privacy_page.c - a person's page: who it is, what is known and allowed, what happened, and of all of it
 * where it came from, on what ground it is held and for how long.
 */
#include "api/api_internal.h"

#include <stdio.h>

#include "core/timefmt.h"
#include "people/dossier.h"

#include "api/privacy_internal.h"

struct paper {
	struct pen pen;
	const struct json *root, *sections;
	struct api_call *c;
};

static const struct json *
section_of(const struct paper *d, const char *name)
{
	for (size_t i = 0; i < json_count(d->sections); i++)
		if (slice_eq_str(json_get_str(json_at(d->sections, i), "name"), name))
			return json_at(d->sections, i);
	return NULL;
}

static const struct json *
items_of(const struct paper *d, const char *name)
{
	return json_get(section_of(d, name), "items");
}

static int64_t
number(const struct json *v, const char *key)
{
	int64_t n = 0;

	json_i64(json_get(v, key), &n);
	return n;
}

static double
real(const struct json *v, const char *key)
{
	double n = 0;

	json_f64(json_get(v, key), &n);
	return n;
}

static bool
is_so(const struct json *v, const char *key)
{
	bool so = false;

	json_bool(json_get(v, key), &so);
	return so;
}

static const char *
plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- what is said below a section ---------------------------------------------- */

static void
caption(const struct paper *d, const struct json *s)
{
	const struct pen *p = &d->pen;
	int64_t count = number(s, "count");

	pen_caption(p);
	pen_words(p, json_get_str(s, "title"), PEN_NAME_MAX);
	if (is_so(s, "more"))
		pen_say(p, ": the newest %zu of %lld%s", json_count(json_get(s, "items")),
		    (long long)count, count >= DOSSIER_COUNT_MAX ? " or more" : "");
	else
		pen_say(p, ": %lld", (long long)count);
	pen_say(p, " · from: ");
	pen_words(p, json_get_str(s, "from"), PEN_WORDS_MAX);
	pen_say(p, " · held for: ");
	pen_words(p, json_get_str(s, "ground"), PEN_WORDS_MAX);
	pen_say(p, " · kept: ");
	pen_words(p, json_get_str(s, "kept"), PEN_WORDS_MAX);
	pen_caption_end(p);
}

static void
captions(const struct paper *d, const char *const *names)
{
	for (; *names != NULL; names++)
		if (section_of(d, *names) != NULL)
			caption(d, section_of(d, *names));
}

static bool
has_any(const struct paper *d, const char *const *names)
{
	for (; *names != NULL; names++)
		if (section_of(d, *names) != NULL)
			return true;
	return false;
}

/* ---- who ------------------------------------------------------------------------ */

static void
head(const struct paper *d)
{
	const struct json *person = json_get(d->root, "person"),
			  *ids = json_get(person, "customers"),
			  *accounts = json_get(d->root, "influence");
	struct slice name = json_get_str(d->root, "name");
	const struct pen *p = &d->pen;
	char now[TIME_TEXT_MAX];

	if (name.len == 0)
		name = json_get_str(json_at(accounts, 0), "handle");
	if (name.len == 0)
		name = json_str(json_at(ids, 0));
	pen_begin(p, name.len > 0 ? name : SLICE_LIT("One person"));
	for (size_t i = 0; i < json_count(ids) && i < DOSSIER_SHOWN; i++) {
		pen_say(p, i == 0 ? "customer " : i == 1 ? ", with " : ", ");
		pen_words(p, json_str(json_at(ids, i)), PEN_NAME_MAX);
	}
	if (json_count(ids) == 0)
		pen_say(p, "nobody's account");
	pen_say(p, " · as of ");
	pen_time(p, slice_of(time_format_rfc3339(clock_now_ms(d->c->env->clock), now)));
	pen_say(p, ", times in UTC");
	pen_main(p);
}

/* The link to an account, in force or the last that was. */
static const struct json *
link_of(const struct paper *d, struct slice author_id)
{
	const struct json *links = items_of(d, "links"), *found = NULL;

	for (size_t i = 0; i < json_count(links); i++) {
		const struct json *l = json_at(links, i);

		if (slice_eq(json_get_str(l, "author_id"), author_id) &&
		    (found == NULL || !slice_is_set(json_get_str(l, "unlinked_at"))))
			found = l;
	}
	return found;
}

static void
link_words(const struct pen *p, const struct json *l)
{
	pen_say(p, "linked since ");
	pen_time(p, json_get_str(l, "linked_at"));
	pen_say(p, " · proof: ");
	pen_words(p, json_get_str(l, "proof"), PEN_NAME_MAX);
	if (number(l, "confidence") > 0)
		pen_say(p, ", %lld %% sure", (long long)number(l, "confidence"));
	if (json_get_str(l, "basis").len > 0) {
		pen_say(p, " · basis: ");
		pen_words(p, json_get_str(l, "basis"), PEN_WORDS_MAX);
	}
	if (json_get_str(l, "made_by").len > 0) {
		pen_say(p, " · by ");
		pen_words(p, json_get_str(l, "made_by"), PEN_NAME_MAX);
	}
	if (slice_is_set(json_get_str(l, "unlinked_at"))) {
		pen_say(p, " · ended ");
		pen_time(p, json_get_str(l, "unlinked_at"));
		pen_say(p, " ");
		pen_words(p, json_get_str(l, "unlink_reason"), PEN_WORDS_MAX);
	}
}

static void
account(const struct paper *d, const struct json *v)
{
	const struct pen *p = &d->pen;
	const struct json *l = link_of(d, json_get_str(v, "id"));

	pen_item(p);
	pen_strong(p,
	    json_get_str(v, "handle").len > 0 ? json_get_str(v, "handle") : json_get_str(v, "id"));
	if (json_get_str(v, "name").len > 0) {
		pen_say(p, " ");
		pen_quote(p, json_get_str(v, "name"), PEN_NAME_MAX);
	}
	if (json_type(json_get(v, "followers")) == JSON_NUMBER)
		pen_say(p, " · %lld follower%s", (long long)number(v, "followers"),
		    plural(number(v, "followers")));
	pen_say(p, " · %lld post%s heard, the first ", (long long)number(v, "posts_seen"),
	    plural(number(v, "posts_seen")));
	pen_time(p, json_get_str(v, "first_seen_at"));
	if (is_so(v, "verified"))
		pen_chip(p, SLICE_LIT("verified"), "good");
	if (is_so(v, "bot"))
		pen_chip(p, SLICE_LIT("says it is a machine"), "warn");
	if (is_so(v, "objects_to_profiling"))
		pen_chip(p, SLICE_LIT("objects to profiling"), "warn");
	if (json_get_str(v, "bio").len > 0) {
		pen_say(p, " · ");
		pen_quote(p, json_get_str(v, "bio"), PEN_NAME_MAX);
	}
	if (l != NULL) {
		pen_say(p, " · ");
		link_words(p, l);
	}
	pen_item_end(p);
}

/* Links whose account is not among those above: never heard, or ended. */
static void
other_links(const struct paper *d)
{
	const struct json *links = items_of(d, "links"), *accounts = items_of(d, "accounts");

	for (size_t i = 0; i < json_count(links); i++) {
		const struct json *l = json_at(links, i);
		bool is_above = false;

		for (size_t k = 0; k < json_count(accounts); k++)
			if (link_of(d, json_get_str(json_at(accounts, k), "id")) == l)
				is_above = true;
		if (is_above)
			continue;
		pen_item(&d->pen);
		pen_strong(&d->pen,
		    json_get_str(l, "handle").len > 0 ? json_get_str(l, "handle")
						      : json_get_str(l, "author_id"));
		pen_say(&d->pen,
		    slice_is_set(json_get_str(l, "author_id")) ? " · " : " · not heard yet · ");
		link_words(&d->pen, l);
		pen_item_end(&d->pen);
	}
}

static void
accounts(const struct paper *d)
{
	static const char *const names[] = {"accounts", "links", NULL};
	const struct json *items = items_of(d, "accounts");

	if (!has_any(d, names))
		return;
	pen_section(&d->pen, "Accounts", false);
	for (size_t i = 0; i < json_count(items); i++)
		account(d, json_at(items, i));
	other_links(d);
	captions(d, names);
	pen_section_end(&d->pen);
}

/* ---- influence -------------------------------------------------------------------- */

static const struct {
	const char *name, *words;
} parts[] = {
    {"reach", "followers"},
    {"standing", "followers that lists, mentions and reposts bear out"},
    {"draw", "followers for each account followed"},
    {"company", "follows others"},
    {"talk", "speaks to others"},
    {"age", "age of the account"},
    {"endorsed", "different people who endorsed them"},
};
#define PARTS (sizeof parts / sizeof *parts)

static const char *
part_words(struct slice name)
{
	for (size_t i = 0; i < PARTS; i++)
		if (slice_eq_str(name, parts[i].name))
			return parts[i].words;
	return "another part";
}

static bool
is_assumed(const struct json *in, struct slice part)
{
	const struct json *assumed = json_get(in, "assumed");

	for (size_t i = 0; i < json_count(assumed); i++)
		if (slice_eq(json_str(json_at(assumed, i)), part))
			return true;
	return false;
}

/* "influence 33 of 100", and what it is made of; a star: in part not known and taken as usual. */
static void
points(const struct pen *p, const struct json *in)
{
	const struct json *part;
	struct slice key;
	size_t pos = 0, stars = 0;
	char total[32];

	if (json_type(in) != JSON_OBJECT) {
		pen_say(p, "influence is not known");
		return;
	}
	snprintf(total, sizeof total, "%lld of 100", (long long)number(in, "points"));
	pen_say(p, "influence ");
	pen_strong(p, slice_of(total));
	while ((part = json_next(json_get(in, "parts"), &pos, &key)) != NULL) {
		bool assumed = is_assumed(in, key);
		double value = 0;

		if (!json_f64(part, &value) || value < 0.05)
			continue;
		pen_say(p, " · %s%s %.1f", part_words(key), assumed ? "*" : "", value);
		stars += assumed;
	}
	if (real(in, "bot_discount") > 0)
		pen_say(p, " · less %.1f for looking like a machine (%.0f %% likely)",
		    real(in, "bot_discount"), real(in, "bot_likelihood") * 100);
	if (stars > 0)
		pen_say(p, " (* in part not known, and taken as usual)");
}

static void
endorsed(const struct pen *p, const struct json *s)
{
	static const char *const kinds[] = {"reposts", "quotes", "replies", "mentions"};
	size_t n = 0;

	if (json_type(s) != JSON_OBJECT)
		return;
	pen_item(p);
	pen_say(p, "endorsed by about %.0f different people", real(s, "endorsers"));
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		double lately = real(json_get(s, kinds[i]), "weeks");

		if (lately > 0)
			pen_say(p, "%s%.1f %s", n++ == 0 ? ", lately " : ", ", lately, kinds[i]);
	}
	pen_item_end(p);
}

static void
adopted(const struct pen *p, const struct json *ad)
{
	pen_item(p);
	if (json_type(ad) != JSON_OBJECT) {
		pen_say(p, "nothing they mentioned has come into fashion");
	} else if (is_so(ad, "early_adopter")) {
		pen_chip(p, SLICE_LIT("early adopter"), "good");
		if (json_get_str(ad, "early_on").len > 0) {
			pen_say(p, " was among ");
			pen_words(p, json_get_str(ad, "early_on"), PEN_WORDS_MAX);
		}
	} else {
		pen_say(p,
		    "not known as an early adopter: early on %lld of %lld that came into fashion",
		    (long long)number(ad, "credited"), (long long)number(ad, "items"));
	}
	pen_item_end(p);
}

static void
regarded(const struct pen *p, const struct json *v)
{
	bool objects = is_so(v, "objects_to_profiling");

	pen_item(p);
	pen_strong(p,
	    json_get_str(v, "handle").len > 0 ? json_get_str(v, "handle")
					      : json_get_str(v, "account"));
	pen_say(p, " ");
	if (objects)
		pen_say(p, "objects to profiling: nothing is computed");
	else
		points(p, json_get(v, "influence"));
	pen_item_end(p);
	if (objects)
		return;
	endorsed(p, json_get(v, "endorsements"));
	adopted(p, json_get(v, "adoption"));
}

static void
topics(const struct paper *d)
{
	const struct json *items = items_of(d, "topics");

	for (size_t i = 0; i < json_count(items); i++) {
		const struct json *v = json_at(items, i), *s = json_get(v, "endorsements");
		struct slice topic = json_get_str(v, "topic");

		if (slice_starts_with(topic, "b:"))
			topic = slice_make(topic.ptr + 2, topic.len - 2);
		pen_item(&d->pen);
		pen_say(&d->pen, "on ");
		pen_strong(&d->pen, topic);
		if (json_type(json_get(s, "influence")) == JSON_NUMBER)
			pen_say(
			    &d->pen, ": influence %lld of 100", (long long)number(s, "influence"));
		else
			pen_say(&d->pen, ": too few endorsed them there to say");
		pen_say(&d->pen, " · about %.0f different people, %.1f endorsements",
		    real(s, "endorsers"), real(s, "endorsements"));
		pen_item_end(&d->pen);
	}
}

static void
influence(const struct paper *d)
{
	static const char *const names[] = {"standing", "topics", "early_on", NULL};
	const struct json *items = json_get(d->root, "influence"), *early = items_of(d, "early_on");
	const struct pen *p = &d->pen;

	if (json_count(items) == 0)
		return;
	pen_section(p, "Influence", false);
	for (size_t i = 0; i < json_count(items); i++)
		regarded(p, json_at(items, i));
	topics(d);
	for (size_t i = 0; i < json_count(early); i++) {
		const struct json *v = json_at(early, i);

		pen_item(p);
		pen_say(p, "number %lld of %lld who mentioned ", (long long)number(v, "place"),
		    (long long)number(v, "authors"));
		pen_strong(p, json_get_str(v, "name"));
		pen_say(p, ", ");
		pen_time(p, json_get_str(v, "at"));
		pen_item_end(p);
	}
	pen_caption(p);
	pen_say(p,
	    "Influence · from: what the accounts show, and others' public posts · docs: "
	    "influence.md");
	pen_caption_end(p);
	captions(d, names);
	pen_section_end(p);
}

/* ---- consent ---------------------------------------------------------------------- */

static const char *const purposes[] = {"service", "marketing"};

static const struct json *
consent_of(const struct json *consents, struct slice channel, const char *purpose)
{
	for (size_t i = 0; i < json_count(consents); i++) {
		const struct json *k = json_at(consents, i);

		if (slice_eq(json_get_str(k, "channel"), channel) &&
		    slice_eq_str(json_get_str(k, "purpose"), purpose))
			return k;
	}
	return NULL;
}

static bool
is_first_of_channel(const struct json *consents, size_t at)
{
	struct slice channel = json_get_str(json_at(consents, at), "channel");

	for (size_t i = 0; i < at; i++)
		if (slice_eq(json_get_str(json_at(consents, i), "channel"), channel))
			return false;
	return true;
}

static void
consent_cell(const struct pen *p, const struct json *k)
{
	if (k == NULL) {
		pen_say(p, "never asked");
		return;
	}
	if (is_so(k, "given"))
		pen_chip(p, SLICE_LIT("given"), "good");
	else
		pen_chip(p, SLICE_LIT("withdrawn"), "bad");
	pen_say(p, " ");
	pen_time(p, json_get_str(k, "at"));
	pen_say(p, ", ");
	pen_words(p, json_get_str(k, "source"), PEN_NAME_MAX);
	if (json_get_str(k, "text_version").len > 0) {
		pen_say(p, ", text ");
		pen_words(p, json_get_str(k, "text_version"), PEN_NAME_MAX);
	}
}

static void
consent(const struct paper *d)
{
	static const char *const heads[] = {"", "service", "marketing"};
	static const char *const names[] = {"consent", NULL};
	const struct json *list = json_get(json_get(d->root, "profile"), "consents");
	const struct pen *p = &d->pen;

	if (json_type(json_get(d->root, "profile")) != JSON_OBJECT)
		return;
	pen_section(p, "Consent", false);
	if (json_count(list) == 0) {
		pen_item(p);
		pen_say(p, "none was given or withdrawn");
		pen_item_end(p);
	} else {
		pen_table(p, heads, 3);
		for (size_t i = 0; i < json_count(list); i++) {
			struct slice channel = json_get_str(json_at(list, i), "channel");

			if (!is_first_of_channel(list, i))
				continue;
			pen_row(p, channel);
			for (size_t k = 0; k < 2; k++) {
				pen_cell(p, purposes[k]);
				consent_cell(p, consent_of(list, channel, purposes[k]));
				pen_cell_end(p);
			}
			pen_row_end(p);
		}
		pen_table_end(p);
	}
	captions(d, names);
	pen_section_end(p);
}

/* ---- behaviour --------------------------------------------------------------------- */

static void
count_cell(const struct pen *p, const char *head, const struct json *span, const char *key)
{
	pen_cell(p, head);
	pen_say(p, "%lld", (long long)number(span, key));
	pen_cell_end(p);
}

static void
span_row(const struct pen *p, const char *label, const struct json *span)
{
	pen_row(p, slice_of(label));
	count_cell(p, "posts", span, "posts");
	pen_cell(p, "sentiment");
	if (json_type(json_get(span, "sentiment")) == JSON_NUMBER)
		pen_say(p, "%+.2f", real(span, "sentiment"));
	else
		pen_say(p, "–");
	pen_cell_end(p);
	count_cell(p, "complaints", span, "complaints");
	count_cell(p, "messages", span, "contacts");
	count_cell(p, "events", span, "events");
	pen_row_end(p);
}

static void
behaviour(const struct paper *d)
{
	static const char *const heads[] = {
	    "last", "posts", "sentiment", "complaints", "messages", "events"};
	static const char *const names[] = {"days", NULL};
	const struct json *v = json_get(json_get(d->root, "profile"), "behaviour");
	const struct pen *p = &d->pen;

	if (json_type(v) != JSON_OBJECT)
		return;
	pen_section(p, "Behaviour", false);
	pen_table(p, heads, 6);
	span_row(p, "7 days", json_get(v, "7_days"));
	span_row(p, "30 days", json_get(v, "30_days"));
	span_row(p, "90 days", json_get(v, "90_days"));
	pen_table_end(p);
	pen_item(p);
	pen_say(p, "last post ");
	pen_time(p, json_get_str(v, "last_post_at"));
	pen_say(p, " · last message from us ");
	pen_time(p, json_get_str(v, "last_contact_at"));
	pen_say(p, " · last event ");
	pen_time(p, json_get_str(v, "last_event_at"));
	pen_item_end(p);
	captions(d, names);
	pen_section_end(p);
}

/* ---- the profile -------------------------------------------------------------------- */

static void
named_value(const struct pen *p, struct slice name, const struct json *value)
{
	pen_item(p);
	pen_strong(p, name);
	pen_say(p, " ");
	pen_value(p, value);
	pen_item_end(p);
}

static void
address(const struct pen *p, const struct json *v)
{
	pen_item(p);
	pen_words(p, json_get_str(v, "channel"), PEN_NAME_MAX);
	pen_say(p, " ");
	pen_strong(p, json_get_str(v, "address"));
	if (is_so(v, "opted_out"))
		pen_chip(p, SLICE_LIT("opted out of everything"), "bad");
	if (is_so(v, "inactive"))
		pen_chip(p, SLICE_LIT("not in use"), "warn");
	if (json_count(json_get(v, "attributes")) > 0) {
		pen_say(p, " · ");
		pen_value(p, json_get(v, "attributes"));
	}
	if (json_count(json_get(v, "metrics")) > 0) {
		pen_say(p, " · ");
		pen_value(p, json_get(v, "metrics"));
	}
	pen_item_end(p);
}

static void
profile(const struct paper *d)
{
	static const char *const names[] = {"customer", "attributes", "metrics", "endpoints", NULL};
	const struct pen *p = &d->pen;
	const struct json *items;

	if (!has_any(d, names))
		return;
	pen_section(p, "Profile", false);
	items = items_of(d, "customer");
	for (size_t i = 0; i < json_count(items); i++) {
		pen_item(p);
		pen_value(p, json_at(items, i));
		pen_item_end(p);
	}
	items = items_of(d, "attributes");
	for (size_t i = 0; i < json_count(items); i++)
		named_value(p, json_get_str(json_at(items, i), "name"),
		    json_get(json_at(items, i), "values"));
	items = items_of(d, "metrics");
	for (size_t i = 0; i < json_count(items); i++)
		named_value(p, json_get_str(json_at(items, i), "name"),
		    json_get(json_at(items, i), "value"));
	items = items_of(d, "endpoints");
	for (size_t i = 0; i < json_count(items); i++)
		address(p, json_at(items, i));
	captions(d, names);
	pen_section_end(p);
}

/* ---- tags, lists, segments ------------------------------------------------------------ */

static void
chips(const struct paper *d, const char *section, const char *title, const char *member)
{
	const struct json *items = items_of(d, section);
	const struct pen *p = &d->pen;

	if (json_count(items) == 0)
		return;
	pen_item(p);
	pen_say(p, "%s:", title);
	for (size_t i = 0; i < json_count(items); i++) {
		const struct json *v = json_at(items, i);

		pen_chip(p, json_get_str(v, member), "brand");
		if (slice_is_set(json_get_str(v, "expires_at"))) {
			pen_say(p, " until ");
			pen_time(p, json_get_str(v, "expires_at"));
		}
	}
	pen_item_end(p);
}

static void
belonging(const struct paper *d)
{
	static const char *const names[] = {"segments", "tags", "lists", NULL};

	if (!has_any(d, names))
		return;
	pen_section(&d->pen, "Belongs to", false);
	chips(d, "segments", "segments", "segment");
	chips(d, "tags", "tags", "tag");
	chips(d, "lists", "lists", "list");
	captions(d, names);
	pen_section_end(&d->pen);
}

/* ---- what happened, and the rest -------------------------------------------------------- */

static void
timeline(const struct paper *d)
{
	bool has_more = false;

	pen_section(&d->pen, "What happened", true);
	privacy_timeline(&d->pen, d->sections, d->c->env->rules);
	for (size_t i = 0; i < json_count(d->sections); i++) {
		const struct json *s = json_at(d->sections, i);

		if (!privacy_is_of_timeline(json_get_str(s, "name")))
			continue;
		caption(d, s);
		has_more = has_more || is_so(s, "more");
	}
	if (has_more) {
		pen_caption(&d->pen);
		pen_say(&d->pen,
		    "Of what is not shown, and for all of it as it is stored: "
		    "earshot export --person KEY");
		pen_caption_end(&d->pen);
	}
	pen_section_end(&d->pen);
}

static bool
has_its_place(struct slice name)
{
	static const char *const placed[] = {"customer", "attributes", "metrics", "endpoints",
	    "consent", "accounts", "links", "tags", "lists", "segments", "standing", "topics",
	    "early_on", "days"};

	for (size_t i = 0; i < sizeof placed / sizeof *placed; i++)
		if (slice_eq_str(name, placed[i]))
			return true;
	return privacy_is_of_timeline(name);
}

static void
others(const struct paper *d)
{
	for (size_t i = 0; i < json_count(d->sections); i++) {
		const struct json *s = json_at(d->sections, i), *items = json_get(s, "items");
		char title[PEN_NAME_MAX];

		if (has_its_place(json_get_str(s, "name")))
			continue;
		snprintf(title, sizeof title, "%.*s", SLICE_ARG(json_get_str(s, "title")));
		pen_section(&d->pen, title, false);
		for (size_t k = 0; k < json_count(items); k++) {
			pen_item(&d->pen);
			pen_value(&d->pen, json_at(items, k));
			pen_item_end(&d->pen);
		}
		caption(d, s);
		pen_section_end(&d->pen);
	}
}

static void
nothing_in(const struct paper *d)
{
	const struct json *names = json_get(d->root, "nothing_in");
	struct dossier_section s;
	size_t n = 0;

	pen_section(&d->pen, "Nothing is held of", true);
	pen_item(&d->pen);
	for (size_t i = 0; dossier_section(i, &s) == 1; i++)
		for (size_t k = 0; k < json_count(names); k++)
			if (slice_eq_str(json_str(json_at(names, k)), s.name))
				pen_say(&d->pen, "%s%s", n++ == 0 ? "" : ", ", s.title);
	pen_item_end(&d->pen);
	pen_section_end(&d->pen);
}

static void
write_page(const struct paper *d)
{
	head(d);
	accounts(d);
	influence(d);
	profile(d);
	consent(d);
	behaviour(d);
	belonging(d);
	timeline(d);
	others(d);
	nothing_in(d);
	pen_end(&d->pen);
}

int
privacy_page(struct api_call *c, bool is_html, struct err *err)
{
	struct paper d = {.pen = {&c->reply->body, is_html}, .c = c};
	struct json_doc *doc = NULL;

	if (buf_failed(&c->reply->body))
		return 0; /* told by the caller's caller */
	if (json_parse(buf_slice(&c->reply->body), &doc, NULL, err) < 0)
		return -1;
	buf_clear(&c->reply->body);
	c->reply->content_type = is_html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
	d.root = json_root(doc);
	d.sections = json_get(d.root, "sections");
	write_page(&d);
	json_doc_free(doc);
	return 0;
}
