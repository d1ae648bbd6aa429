#include "people/dossier.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/post.h"
#include "people/influence.h"
#include "people/standing.h"
#include "store/erasure.h"
#include "store/persons.h"
#include "store/standing.h"

#define ITEMS_BYTES_MAX (32u * 1024 * 1024)
#define WHOLE_LIMIT 100000 /* rows of a section that has no pages */

/* ---- where it comes from, and why it is held ------------------------------------- */

#define TERMS "legitimate interest: what was said in public, as the source's terms allow"
#define SERVED "the customer relationship"
#define OURS "accountability: what we decided and did must be explainable"

static const struct {
	const char *name, *title, *from, *ground;
} words[] = {
    {"customer", "Customer", "import, API or events", SERVED},
    {"attributes", "Attributes", "import, API, events, or a rule: the history says which", SERVED},
    {"metrics", "Numbers", "import, API or events: the history says which", SERVED},
    {"endpoints", "Addresses", "import or API: the history says which", SERVED},
    {"consent", "Consent", "as each row's source says", "the person's own choice"},
    {"accounts", "Accounts", "the source the posts came through", TERMS},
    {"links", "Linked accounts", "as each row's proof says", "as proven, or agreed to"},
    {"suggested_links", "Suggested accounts", "a comparison; never in force by itself",
	"legitimate interest: for a person to decide"},
    {"suggested_customers", "Suggested customers", "a comparison; never in force by itself",
	"legitimate interest: for a person to decide"},
    {"link_codes", "One-time codes", "made for the customer; only their hashes are kept", SERVED},
    {"link_tries", "Wrong codes tried", "posts with a code", "security"},
    {"tags", "Tags", "rules or people", SERVED},
    {"lists", "Lists", "rules or people", SERVED},
    {"segments", "Segments", "computed from what is on this page, or imported", SERVED},
    {"segments_due", "Segments to be judged anew", "a change on this page", SERVED},
    {"standing", "Standing", "computed from others' public posts", TERMS},
    {"topics", "Standing by topic", "computed from others' public posts", TERMS},
    {"early_on", "Mentioned early", "their public posts", TERMS},
    {"posts", "Posts", "the feed each row names", TERMS},
    {"events", "Events", "the system each row names", SERVED},
    {"days", "Activity by day", "computed from posts, messages and events", SERVED},
    {"decisions", "Decisions", "the rules, on a post or event", OURS},
    {"messages", "Messages", "queued by decisions", OURS},
    {"replies", "Replies to posts", "queued by decisions", OURS},
    {"offers", "Offers", "given by decisions", OURS},
    {"alerts", "Alerts", "raised by decisions", OURS},
    {"timers", "Rules that wait", "decisions", OURS},
    {"counters", "Caps and cool-downs", "decisions", OURS},
    {"times", "Times that rules remember", "decisions", OURS},
    {"joined", "Joined with", "links and merges", SERVED},
    {"history", "History", "every change, with who or what made it", OURS},
};

int
dossier_section(size_t no, struct dossier_section *s_r)
{
	if (no >= store_dossier_sections())
		return 0;
	*s_r = (struct dossier_section){no, store_dossier_name(no), "", "", ""};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].name, s_r->name) == 0) {
			s_r->title = words[i].title;
			s_r->from = words[i].from;
			s_r->ground = words[i].ground;
		}
	assert(s_r->title[0] != '\0'); /* each section has its words */
	return 1;
}

/* ---- the page -------------------------------------------------------------------- */

static void
write_person(const struct person *p, struct json_writer *w)
{
	json_key(w, "person");
	json_object_begin(w);
	json_key(w, "customers");
	json_array_begin(w);
	for (size_t i = 0; i < p->customer_count; i++)
		json_put_str(w, p->customers[i]);
	json_array_end(w);
	json_key(w, "accounts");
	json_array_begin(w);
	for (size_t i = 0; i < p->author_count; i++)
		json_put_str(w, p->authors[i].id);
	json_array_end(w);
	json_object_end(w);
}

static int
write_influence(struct store *st, const struct person *p, const struct influence_weights *weights,
    int64_t now_ms, struct arena *a, struct json_writer *w, struct err *err)
{
	json_key(w, "influence");
	json_array_begin(w);
	for (size_t i = 0; i < p->author_count; i++) {
		struct author_row row;
		struct influence influence;
		struct standing_row regard;
		struct standing s;
		int rc = store_author_load(st, p->authors[i].id, false, a, &row, err);

		if (rc == 0)
			continue;
		if (rc < 0 || store_standing_get(st, row.author_no, &regard, err) < 0)
			return -1;
		influence_of_author(weights, &row.author,
		    standing_read(regard.state, regard.state_len, &s) ? &s : NULL, now_ms,
		    &influence);
		json_object_begin(w);
		json_kv_str(w, "account", p->authors[i].id);
		json_key(w, "influence");
		influence_to_json(&influence, w);
		json_object_end(w);
	}
	json_array_end(w);
	return 0;
}

/* Into the arena, so that empty sections can be left out. */
static int
rows_text(struct store *st, const struct person *p, size_t section, struct dossier_place from,
    size_t limit, struct arena *a, struct slice *text_r, struct dossier_page *page_r,
    struct err *err)
{
	struct json_writer w;
	struct buf b;
	int rc;

	buf_init(&b, ITEMS_BYTES_MAX);
	json_writer_init(&w, &b);
	json_array_begin(&w);
	rc = store_dossier_rows(st, p, section, from, limit, a, &w, page_r, err);
	json_array_end(&w);
	if (rc == 0 && buf_failed(&b))
		rc = err_set(
		    err, ERR_LIMIT, "the section '%s' is too large", store_dossier_name(section));
	if (rc == 0) {
		*text_r = arena_slice_dup(a, buf_slice(&b));
		if (!slice_is_set(*text_r))
			rc = err_set(err, ERR_NOMEM, "no memory for a person's page");
	}
	buf_fini(&b);
	return rc;
}

static void
write_head(const struct dossier_section *s, struct json_writer *w)
{
	json_kv_cstr(w, "name", s->name);
	json_kv_cstr(w, "title", s->title);
	json_kv_cstr(w, "from", s->from);
	json_kv_cstr(w, "ground", s->ground);
}

/* 1 written, 0 empty, -1. */
static int
write_section(struct store *st, const struct person *p, const struct dossier_section *s,
    struct arena *a, struct json_writer *w, struct err *err)
{
	struct dossier_page page;
	struct slice items;
	int64_t count;

	if (rows_text(st, p, s->no, (struct dossier_place){0, 0}, DOSSIER_SHOWN, a, &items, &page,
		err) < 0)
		return -1;
	if (page.count == 0)
		return 0;
	count = (int64_t)page.count;
	if (page.more && store_dossier_count(st, p, s->no, a, &count, err) < 0)
		return -1;
	json_object_begin(w);
	write_head(s, w);
	json_kv_i64(w, "count", count);
	json_kv_bool(w, "more", page.more);
	json_key(w, "items");
	json_put_raw(w, items);
	json_object_end(w);
	return 1;
}

int
dossier_write(struct store *st, const struct person *person,
    const struct influence_weights *weights, int64_t now_ms, struct arena *a, struct json_writer *w,
    struct err *err)
{
	const char *empty[64];
	size_t empty_count = 0;
	struct dossier_section s;

	write_person(person, w);
	if (write_influence(st, person, weights, now_ms, a, w, err) < 0)
		return -1;
	json_key(w, "sections");
	json_array_begin(w);
	for (size_t i = 0; dossier_section(i, &s) == 1; i++) {
		int rc = write_section(st, person, &s, a, w, err);

		if (rc < 0)
			return -1;
		if (rc == 0 && empty_count < sizeof empty / sizeof *empty)
			empty[empty_count++] = s.name;
	}
	json_array_end(w);
	json_key(w, "nothing_in");
	json_array_begin(w);
	for (size_t i = 0; i < empty_count; i++)
		json_put_cstr(w, empty[i]);
	json_array_end(w);
	return 0;
}

/* ---- the export ------------------------------------------------------------------- */

struct cursor {
	size_t section;
	struct dossier_place place;
};

static int
read_cursor(struct slice text, struct cursor *c_r, struct err *err)
{
	struct slice rest = text;
	long long numbers[3] = {0, 0, 0};

	for (size_t i = 0; slice_is_set(text) && i < 3; i++) {
		struct slice part = slice_is_set(rest) ? slice_split(&rest, '.') : SLICE_NONE;

		if (!slice_is_set(part) || !slice_to_i64(part, &numbers[i]) || numbers[i] < 0)
			return err_set(
			    err, ERR_INPUT, "'%.*s' is no place to go on from", SLICE_ARG(text));
	}
	*c_r = (struct cursor){(size_t)numbers[0], {(size_t)numbers[1], numbers[2]}};
	if (c_r->section < store_dossier_sections())
		return 0;
	return err_set(err, ERR_INPUT, "'%.*s' is no place to go on from", SLICE_ARG(text));
}

int
dossier_export(struct store *st, const struct person *person, struct slice cursor, size_t limit,
    struct arena *a, struct json_writer *w, struct err *err)
{
	struct dossier_section s;
	struct dossier_page page;
	struct cursor at = {0};
	struct slice items;
	char next[80];

	if (read_cursor(cursor, &at, err) < 0)
		return -1;
	dossier_section(at.section, &s);
	if (rows_text(st, person, s.no, at.place,
		store_dossier_is_paged(s.no) ? limit : WHOLE_LIMIT, a, &items, &page, err) < 0)
		return -1;
	write_head(&s, w);
	json_key(w, "items");
	json_put_raw(w, items);
	if (page.more)
		snprintf(next, sizeof next, "%zu.%zu.%lld", s.no, page.next.key,
		    (long long)page.next.before_no);
	else
		snprintf(next, sizeof next, "%zu.0.0", s.no + 1);
	json_kv_cstr(w, "next", page.more || s.no + 1 < store_dossier_sections() ? next : NULL);
	return 0;
}
