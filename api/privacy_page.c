/*
 * privacy_page.c - a person's page: who it is, what is known and allowed, what happened, and of all of it
 * where it came from, on what ground it is held and for how long.
 */
#include "api/api_internal.h"

#include "core/timefmt.h"
#include "people/dossier.h"

#include "api/privacy_internal.h"

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
	const struct json *links = paper_items(d, "links"), *found = NULL;

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
	if (paper_number(l, "confidence") > 0)
		pen_say(p, ", %lld %% sure", (long long)paper_number(l, "confidence"));
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
		pen_say(p, " · %lld follower%s", (long long)paper_number(v, "followers"),
		    paper_plural(paper_number(v, "followers")));
	pen_say(p, " · %lld post%s heard, the first ", (long long)paper_number(v, "posts_seen"),
	    paper_plural(paper_number(v, "posts_seen")));
	pen_time(p, json_get_str(v, "first_seen_at"));
	if (paper_is(v, "verified"))
		pen_chip(p, SLICE_LIT("verified"), "good");
	if (paper_is(v, "bot"))
		pen_chip(p, SLICE_LIT("says it is a machine"), "warn");
	if (paper_is(v, "objects_to_profiling"))
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
	const struct json *links = paper_items(d, "links"), *accounts = paper_items(d, "accounts");

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
	const struct json *items = paper_items(d, "accounts");

	if (!paper_has_any(d, names))
		return;
	pen_section(&d->pen, "Accounts", false);
	for (size_t i = 0; i < json_count(items); i++)
		account(d, json_at(items, i));
	other_links(d);
	paper_captions(d, names);
	pen_section_end(&d->pen);
}

/* ---- tags, lists, segments ------------------------------------------------------------ */

static void
chips(const struct paper *d, const char *section, const char *title, const char *member)
{
	const struct json *items = paper_items(d, section);
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

	if (!paper_has_any(d, names))
		return;
	pen_section(&d->pen, "Belongs to", false);
	chips(d, "segments", "segments", "segment");
	chips(d, "tags", "tags", "tag");
	chips(d, "lists", "lists", "list");
	paper_captions(d, names);
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
		paper_caption(d, s);
		has_more = has_more || paper_is(s, "more");
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
		paper_caption(d, s);
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
	paper_influence(d);
	paper_profile(d);
	paper_consent(d);
	paper_behaviour(d);
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
