/*
 * privacy_regard.c - a person's page: how influential they are and why, on what topics, and what they were
 * early on.
 */
#include "api/api_internal.h"

#include "api/privacy_internal.h"

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
	snprintf(total, sizeof total, "%lld of 100", (long long)paper_number(in, "points"));
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
	if (paper_real(in, "bot_discount") > 0)
		pen_say(p, " · less %.1f for looking like a machine (%.0f %% likely)",
		    paper_real(in, "bot_discount"), paper_real(in, "bot_likelihood") * 100);
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
	pen_say(p, "endorsed by about %.0f different people", paper_real(s, "endorsers"));
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		double lately = paper_real(json_get(s, kinds[i]), "weeks");

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
	} else if (paper_is(ad, "early_adopter")) {
		pen_chip(p, SLICE_LIT("early adopter"), "good");
		if (json_get_str(ad, "early_on").len > 0) {
			pen_say(p, " was among ");
			pen_words(p, json_get_str(ad, "early_on"), PEN_WORDS_MAX);
		}
	} else {
		pen_say(p,
		    "not known as an early adopter: early on %lld of %lld that came into fashion",
		    (long long)paper_number(ad, "credited"), (long long)paper_number(ad, "items"));
	}
	pen_item_end(p);
}

static void
regarded(const struct pen *p, const struct json *v)
{
	bool objects = paper_is(v, "objects_to_profiling");

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
	const struct json *items = paper_items(d, "topics");

	for (size_t i = 0; i < json_count(items); i++) {
		const struct json *v = json_at(items, i), *s = json_get(v, "endorsements");
		struct slice topic = json_get_str(v, "topic");

		if (slice_starts_with(topic, "b:"))
			topic = slice_make(topic.ptr + 2, topic.len - 2);
		pen_item(&d->pen);
		pen_say(&d->pen, "on ");
		pen_strong(&d->pen, topic);
		if (json_type(json_get(s, "influence")) == JSON_NUMBER)
			pen_say(&d->pen, ": influence %lld of 100",
			    (long long)paper_number(s, "influence"));
		else
			pen_say(&d->pen, ": too few endorsed them there to say");
		pen_say(&d->pen, " · about %.0f different people, %.1f endorsements",
		    paper_real(s, "endorsers"), paper_real(s, "endorsements"));
		pen_item_end(&d->pen);
	}
}

void
paper_influence(const struct paper *d)
{
	static const char *const names[] = {"standing", "topics", "early_on", NULL};
	const struct json *items = json_get(d->root, "influence"),
			  *early = paper_items(d, "early_on");
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
		pen_say(p, "number %lld of %lld who mentioned ",
		    (long long)paper_number(v, "place"), (long long)paper_number(v, "authors"));
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
	paper_captions(d, names);
	pen_section_end(p);
}
