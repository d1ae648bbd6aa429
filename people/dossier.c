#include "people/dossier.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/post.h"
#include "core/timefmt.h"
#include "people/standing.h"
#include "people/topics.h"
#include "store/erasure.h"

#include "people/dossier_internal.h"

#define ITEMS_BYTES_MAX (32u * 1024 * 1024)
#define WHOLE_LIMIT 100000 /* rows of a section that has no pages */

/* ---- where it comes from, and why it is held ------------------------------------- */

#define TERMS "legitimate interest: what was said in public, as the source's terms allow"
#define SERVED "the customer relationship"
#define OURS "accountability: what we decided and did must be explainable"
#define CHOICE "legitimate interest: for a person to decide"

/* How long; what is erased is gone at once, whatever stands here. */
#define WHILE_CUSTOMER "until it is changed or erased"
#define WHILE_HEARD "until erased"
#define WHILE_WORDS "words: {words}; then only that it was there"
#define WHILE_OPEN "90 days while nobody decides; then until erased"
#define WHILE_PROOF "until erased, then without the person"

static const struct {
	const char *name, *title, *from, *ground, *kept;
} words[] = {
    {"customer", "Customer", "import, API or events", SERVED, WHILE_CUSTOMER},
    {"attributes", "Attributes", "import, API, events, or a rule: the history says which", SERVED,
	WHILE_CUSTOMER},
    {"metrics", "Numbers", "import, API or events: the history says which", SERVED, WHILE_CUSTOMER},
    {"endpoints", "Addresses", "import or API: the history says which", SERVED, WHILE_CUSTOMER},
    {"consent", "Consent", "as each row's source says", "the person's own choice", WHILE_CUSTOMER},
    {"accounts", "Accounts", "the source the posts came through", TERMS, WHILE_HEARD},
    {"links", "Linked accounts", "as each row's proof says", "as proven, or agreed to",
	"until erased, ended ones too"},
    {"suggested_links", "Suggested accounts", "a comparison; never in force by itself", CHOICE,
	WHILE_OPEN},
    {"suggested_customers", "Suggested customers", "a comparison; never in force by itself", CHOICE,
	WHILE_OPEN},
    {"link_codes", "One-time codes", "made for the customer; only their hashes are kept", SERVED,
	"30 days behind their end"},
    {"link_tries", "Wrong codes tried", "posts with a code", "security", "a day"},
    {"tags", "Tags", "rules or people", SERVED, "until they expire, or are taken away"},
    {"lists", "Lists", "rules or people", SERVED, "until they are taken off it"},
    {"segments", "Segments", "computed from what is on this page, or imported", SERVED,
	"as long as the segment says so"},
    {"segments_due", "Segments to be judged anew", "a change on this page", SERVED, "until then"},
    {"standing", "Standing", "computed from others' public posts", TERMS,
	"fades by half in hours, weeks and months"},
    {"topics", "Standing by topic", "computed from others' public posts", TERMS,
	"fades by half in two months"},
    {"early_on", "Mentioned early", "their public posts", TERMS,
	"while it can come into fashion; then while credit is given for it"},
    {"posts", "Posts", "the feed each row names", TERMS,
	WHILE_WORDS ", or as the source's keep_for says"},
    {"events", "Events", "the system each row names", SERVED, WHILE_WORDS},
    {"days", "Activity by day", "computed from posts, messages and events", SERVED, "97 days"},
    {"decisions", "Decisions", "the rules, on a post or event", OURS, WHILE_PROOF},
    {"messages", "Messages", "queued by decisions", OURS, WHILE_PROOF},
    {"replies", "Replies to posts", "queued by decisions", OURS, WHILE_PROOF},
    {"offers", "Offers", "given by decisions", OURS, WHILE_PROOF},
    {"alerts", "Alerts", "raised by decisions", OURS, WHILE_PROOF},
    {"timers", "Rules that wait", "decisions", OURS, "until they are due"},
    {"counters", "Caps and cool-downs", "decisions", OURS, "as long as they hold something back"},
    {"times", "Times that rules remember", "decisions", OURS, "as long as the rule's window"},
    {"joined", "Joined with", "links and merges", SERVED, WHILE_HEARD},
    {"history", "Changes", "every change, with who or what made it", OURS, WHILE_HEARD},
};

int
dossier_section(size_t no, struct dossier_section *s_r)
{
	if (no >= store_dossier_sections())
		return 0;
	*s_r = (struct dossier_section){no, store_dossier_name(no), "", "", "", ""};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].name, s_r->name) == 0) {
			s_r->title = words[i].title;
			s_r->from = words[i].from;
			s_r->ground = words[i].ground;
			s_r->kept = words[i].kept;
		}
	assert(s_r->title[0] != '\0'); /* each section has its words */
	return 1;
}

/* ---- the page -------------------------------------------------------------------- */

/* Bytes of ours as what they say; as of now, since endorsements fade. */
static void
put_state(struct slice state, bool is_topic, int64_t now_ms, struct json_writer *w)
{
	const unsigned char *bytes = (const unsigned char *)state.ptr;
	struct topic_standing t;
	struct standing s;

	if (is_topic && topic_standing_read(bytes, state.len, &t))
		topic_to_json(&t, now_ms, w);
	else if (!is_topic && standing_read(bytes, state.len, &s))
		standing_to_json(&s, now_ms, w);
	else
		json_put_null(w);
}

/* Into the arena, so that empty sections can be left out. */
static int
rows_text(struct store *st, const struct person *p, size_t section, const struct dossier_how *how,
    struct dossier_place from, size_t limit, struct arena *a, struct slice *text_r,
    struct dossier_page *page_r, struct err *err)
{
	struct json_writer w;
	struct buf b;
	int rc;

	buf_init(&b, ITEMS_BYTES_MAX);
	json_writer_init(&w, &b);
	json_array_begin(&w);
	rc = store_dossier_rows(st, p, section, how, from, limit, a, &w, page_r, err);
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

static struct slice
kept_in_words(const char *kept, int64_t retention_ms, struct arena *a)
{
	const char *mark = strstr(kept, "{words}");

	if (mark == NULL)
		return slice_of(kept);
	if (retention_ms <= 0)
		return slice_of(arena_printf(a, "%.*sas long as store.retention says%s",
		    (int)(mark - kept), kept, mark + strlen("{words}")));
	return slice_of(arena_printf(a, "%.*s%lld days (store.retention)%s", (int)(mark - kept),
	    kept, (long long)(retention_ms / TIME_DAY_MS), mark + strlen("{words}")));
}

static void
write_head(
    const struct dossier_section *s, int64_t retention_ms, struct arena *a, struct json_writer *w)
{
	json_kv_cstr(w, "name", s->name);
	json_kv_cstr(w, "title", s->title);
	json_kv_cstr(w, "from", s->from);
	json_kv_cstr(w, "ground", s->ground);
	json_kv_str(w, "kept", kept_in_words(s->kept, retention_ms, a));
}

/* 1 written, 0 empty, -1. */
static int
write_section(struct store *st, const struct person *p, const struct dossier_section *s,
    const struct dossier_terms *terms, struct arena *a, struct json_writer *w, struct err *err)
{
	struct dossier_how how = {true, put_state, terms->now_ms};
	struct dossier_page page;
	struct slice items;
	int64_t count;

	if (rows_text(st, p, s->no, &how, (struct dossier_place){0, 0}, DOSSIER_SHOWN, a, &items,
		&page, err) < 0)
		return -1;
	if (page.count == 0)
		return 0;
	count = (int64_t)page.count;
	if (page.more && store_dossier_count(st, p, s->no, a, &count, err) < 0)
		return -1;
	json_object_begin(w);
	write_head(s, terms->retention_ms, a, w);
	json_kv_i64(w, "count", count);
	json_kv_bool(w, "more", page.more);
	json_key(w, "items");
	json_put_raw(w, items);
	json_object_end(w);
	return 1;
}

int
dossier_write(struct store *st, const struct person *person, const struct dossier_terms *terms,
    struct arena *a, struct json_writer *w, struct err *err)
{
	const char *empty[64];
	size_t empty_count = 0;
	struct dossier_section s;

	if (dossier_head(st, person, terms, a, w, err) < 0)
		return -1;
	json_key(w, "sections");
	json_array_begin(w);
	for (size_t i = 0; dossier_section(i, &s) == 1; i++) {
		int rc = write_section(st, person, &s, terms, a, w, err);

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
    const struct dossier_terms *terms, struct arena *a, struct json_writer *w, struct err *err)
{
	struct dossier_how how = {false, put_state, terms->now_ms};
	struct dossier_section s;
	struct dossier_page page;
	struct cursor at = {0};
	struct slice items;
	char next[80];

	if (read_cursor(cursor, &at, err) < 0)
		return -1;
	dossier_section(at.section, &s);
	if (rows_text(st, person, s.no, &how, at.place,
		store_dossier_is_paged(s.no) ? limit : WHOLE_LIMIT, a, &items, &page, err) < 0)
		return -1;
	write_head(&s, terms->retention_ms, a, w);
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
