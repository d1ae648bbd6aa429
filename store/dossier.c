/*
 * dossier.c - the sections of a person's page, each a query by one kind of their ids.
 *
 * A column's name is the member's name; behind a '!' stands how its value is written: t a time, j JSON as
 * it is, b yes or no, m thousandths, and the names of an enum: l label, o outcome, s state of a message,
 * k kind of message, a state of an alert, v its severity, p purpose; S and T are the state of a standing, and of one on a
 * topic.  A paged section's first column is the number its pages go by.
 */
#include "store/dossier.h"

#include <assert.h>
#include <string.h>

#include "core/json.h"
#include "core/score.h"
#include "store/store_internal.h"

enum dossier_by {
	BY_CUSTOMER, /* a customer's id */
	BY_AUTHOR, /* an account's id */
	BY_AUTHOR_NO,
	BY_SUBJECT /* "c:" or "a:" and the id */
};

struct section {
	const char *name, *table;
	enum dossier_by by;
	bool is_paged;
	const char *rows, *count;
	const char *brief; /* the rows of a page; NULL: the same */
};

#define COUNT_SQL(from) "SELECT count(*) FROM (SELECT 1 FROM " from " LIMIT 1000)"
/* number: the column pages go by. */
#define PAGED_SQL(number, columns, from)                                                           \
	"SELECT " number " AS no, " columns " FROM " from " AND " number " < ?2 ORDER BY " number  \
	" DESC LIMIT ?3"
#define PAGED(name, table, by, number, columns, from)                                              \
	{                                                                                          \
		name, table, by, true, PAGED_SQL(number, columns, from), COUNT_SQL(from), NULL     \
	}
/* more: columns that only an export has. */
#define PAGED_BRIEF(name, table, by, number, columns, more, from)                                  \
	{                                                                                          \
		name, table, by, true, PAGED_SQL(number, columns ", " more, from),                 \
		    COUNT_SQL(from), PAGED_SQL(number, columns, from)                              \
	}
#define WHOLE(name, table, by, columns, from)                                                      \
	{                                                                                          \
		name, table, by, false,                                                            \
		    "SELECT " columns " FROM " from " AND ?2 IS NOT NULL LIMIT ?3",                \
		    COUNT_SQL(from), NULL                                                          \
	}

/* Posts go by event time, as their index does: an author's posts are too many to be sorted for a page. */
#define POST_SHOWN                                                                                 \
	"post_no AS no, id, feed, source, event_at_ms AS \"event_at!t\", created_at_ms AS "        \
	"\"created_at!t\", fetched_at_ms AS \"fetched_at!t\", text, lang, label AS "               \
	"\"sentiment!l\", score_milli AS \"score!m\", brands, likes, replies, reposts, inert, "    \
	"rules_version, revision, is_deleted AS \"deleted!b\", is_expired AS \"expired!b\""
#define POSTS_SQL(columns)                                                                         \
	"SELECT " columns                                                                          \
	" FROM posts WHERE author_no = ?1 AND (event_at_ms, post_no) < (coalesce("                 \
	"(SELECT event_at_ms FROM posts WHERE post_no = ?2), 9223372036854775807), ?2) "           \
	"ORDER BY event_at_ms DESC, post_no DESC LIMIT ?3"
#define POSTS                                                                                      \
	{                                                                                          \
		"posts", "posts", BY_AUTHOR_NO, true,                                              \
		    POSTS_SQL(POST_SHOWN                                                           \
			", post_json AS \"as_seen!j\", score_json AS "                             \
			"\"reasons!j\", (SELECT customer_json FROM post_customers c WHERE "        \
			"c.post_no = posts.post_no) AS \"customer_then!j\""),                      \
		    COUNT_SQL("posts WHERE author_no = ?1"), POSTS_SQL(POST_SHOWN)                 \
	}
/* Where there may be more than a page shows. */
#define WHOLE_NEWEST(name, table, by, order, columns, from)                                        \
	{                                                                                          \
		name, table, by, false,                                                            \
		    "SELECT " columns " FROM " from " AND ?2 IS NOT NULL ORDER BY " order          \
		    " DESC LIMIT ?3",                                                              \
		    COUNT_SQL(from), NULL                                                          \
	}

/* enum state_kind, enum times_part, in words. */
#define COUNTED_AS                                                                                 \
	"CASE kind WHEN 1 THEN 'cool-down' WHEN 11 THEN 'cool-down' WHEN 3 THEN 'messages of a "   \
	"day' WHEN 4 THEN 'alert' "                                                                \
	"WHEN 10 THEN 'messages of a week' WHEN 5 THEN 'cap in total' WHEN 6 THEN 'cap of an "     \
	"hour' WHEN 7 THEN 'cap of a day' WHEN 8 THEN 'cap of a week' WHEN 9 THEN 'cap of a "      \
	"month' ELSE kind END"
#define REMEMBERED_AS                                                                              \
	"CASE part WHEN 0 THEN 'window' WHEN 1 THEN 'after' WHEN 2 THEN 'unless' WHEN 3 THEN "     \
	"'sent' WHEN 4 THEN 'answered' WHEN 5 THEN 'waits for after' ELSE part END"
_Static_assert(STATE_COOLDOWN == 1 && STATE_PERSON_DAY == 3 && STATE_ALERT_GROUP == 4 &&
	STATE_CAP_TOTAL == 5 && STATE_CAP_MONTH == 9 && STATE_PERSON_WEEK == 10 &&
	STATE_COOLDOWN_DEEDS == 11,
    "in COUNTED_AS");
_Static_assert(TIMES_WINDOW == 0 && TIMES_AFTER == 1 && TIMES_UNLESS == 2 && TIMES_SENT == 3 &&
	TIMES_ANSWERED == 4 && TIMES_OPEN == 5 && TIMES_PART_COUNT == 6,
    "in REMEMBERED_AS");

static const struct section sections[] = {
    WHOLE("customer", "customers", BY_CUSTOMER,
	"id, timezone, locale, country, merged_into, created_at_ms AS \"created_at!t\", "
	"updated_at_ms AS \"updated_at!t\", last_post_at_ms AS \"last_post_at!t\", "
	"last_contact_at_ms AS \"last_contact_at!t\", last_event_at_ms AS \"last_event_at!t\"",
	"customers WHERE id = ?1"),
    WHOLE("attributes", "customer_attributes", BY_CUSTOMER,
	"customer_id, name, value_list AS \"values!j\", at_ms AS \"at!t\"",
	"customer_attributes WHERE customer_id = ?1"),
    WHOLE("metrics", "customer_metrics", BY_CUSTOMER, "customer_id, name, value, at_ms AS \"at!t\"",
	"customer_metrics WHERE customer_id = ?1"),
    WHOLE("endpoints", "endpoints", BY_CUSTOMER,
	"customer_id, id, channel, address, is_opted_out AS \"opted_out!b\", is_inactive AS "
	"\"inactive!b\", timezone, locale, country, attributes AS \"attributes!j\", metrics AS "
	"\"metrics!j\", extra AS \"extra!j\", at_ms AS \"at!t\"",
	"endpoints WHERE customer_id = ?1"),
    WHOLE("consent", "consents", BY_CUSTOMER,
	"customer_id, channel, purpose AS \"purpose!p\", is_given AS \"given!b\", source, at_ms AS "
	"\"at!t\", text_version",
	"consents WHERE customer_id = ?1"),
    WHOLE("accounts", "authors", BY_AUTHOR,
	"id, handle, name, bio, url, followers, following, posts, listed, is_verified AS "
	"\"verified!b\", is_bot AS \"bot!b\", objects_to_profiling AS \"objects_to_profiling!b\", "
	"created_at_ms AS \"created_at!t\", first_seen_at_ms AS \"first_seen_at!t\", "
	"last_seen_at_ms AS \"last_seen_at!t\", posts_seen",
	"authors WHERE id = ?1"),
    WHOLE("links", "links", BY_CUSTOMER,
	"customer_id, author_id, handle_key AS handle, proof, confidence, basis, made_by, "
	"linked_at_ms AS \"linked_at!t\", unlinked_at_ms AS \"unlinked_at!t\", unlink_reason",
	"links WHERE customer_id = ?1"),
    WHOLE("suggested_links", "link_suggestions", BY_CUSTOMER,
	"customer_id, author_id, handle, confidence, basis, decision_id, at_ms AS \"at!t\", "
	"CASE state WHEN 0 THEN 'open' WHEN 1 THEN 'accepted' ELSE 'dismissed' END AS state, "
	"changed_by, changed_at_ms AS \"changed_at!t\"",
	"link_suggestions WHERE customer_id = ?1"),
    WHOLE("suggested_customers", "link_suggestions", BY_AUTHOR,
	"author_id, handle, confidence, basis, decision_id, at_ms AS \"at!t\", "
	"CASE state WHEN 0 THEN 'open' WHEN 1 THEN 'accepted' ELSE 'dismissed' END AS state",
	"link_suggestions WHERE author_id = ?1"),
    WHOLE("link_codes", "link_codes", BY_CUSTOMER,
	"customer_id, made_by, at_ms AS \"at!t\", expires_at_ms AS \"expires_at!t\", used_at_ms AS "
	"\"used_at!t\", author_id",
	"link_codes WHERE customer_id = ?1"),
    WHOLE("link_tries", "link_tries", BY_AUTHOR, "since_ms AS \"since!t\", count",
	"link_tries WHERE author_id = ?1"),
    WHOLE("tags", "tags", BY_SUBJECT,
	"who, tag, at_ms AS \"at!t\", expires_at_ms AS \"expires_at!t\"", "tags WHERE who = ?1"),
    WHOLE("lists", "list_members", BY_SUBJECT, "who, list, at_ms AS \"at!t\"",
	"list_members WHERE who = ?1"),
    WHOLE("segments", "segment_members", BY_CUSTOMER,
	"customer_id, segment, since_ms AS \"since!t\"", "segment_members WHERE customer_id = ?1"),
    WHOLE("segments_due", "segment_queue", BY_CUSTOMER, "customer_id, due_at_ms AS \"due_at!t\"",
	"segment_queue WHERE customer_id = ?1"),
    WHOLE("standing", "author_standing", BY_AUTHOR_NO,
	"state AS \"endorsements!S\", items, credited, credit_milli AS \"credit!m\", updated_at_ms "
	"AS "
	"\"updated_at!t\"",
	"author_standing WHERE author_no = ?1"),
    WHOLE("topics", "topic_standing", BY_AUTHOR_NO,
	"topic, state AS \"endorsements!T\", updated_at_ms AS \"updated_at!t\"",
	"topic_standing WHERE author_no = ?1"),
    PAGED("early_on", "item_authors", BY_AUTHOR_NO, "item_no",
	"name, place, authors, at_ms AS \"at!t\"",
	"item_authors JOIN items USING (item_no) WHERE author_no = ?1"),
    POSTS,
    PAGED_BRIEF("events", "events", BY_CUSTOMER, "event_no",
	"customer_id, id, name, source, at_ms AS \"at!t\", received_at_ms AS \"received_at!t\", "
	"properties AS \"properties!j\", inert, rules_version",
	"customer_json AS \"customer_then!j\"",
	/* Of what is over its time nothing is left that is somebody's. */
	"events WHERE customer_id = ?1 AND is_expired = 0"),
    WHOLE_NEWEST("days", "customer_days", BY_CUSTOMER, "customer_days.day",
	"customer_id, date(day * 86400, 'unixepoch') AS day, posts, score_sum_milli AS "
	"\"score_sum!m\", complaints, contacts, events",
	"customer_days WHERE customer_id = ?1"),
    PAGED("decisions", "decisions", BY_SUBJECT, "decision_no",
	"id, rule_id, rules_version, occurrence_id, subject, action, outcome AS \"outcome!o\", "
	"reason, note, at_ms AS \"at!t\", event_at_ms AS \"event_at!t\"",
	"decisions WHERE subject = ?1"),
#define MESSAGE_COLUMNS                                                                            \
	"o.id, o.kind AS \"kind!k\", o.decision_id, o.channel, o.address, o.purpose AS "           \
	"\"purpose!p\", o.customer_id, o.endpoint_id, o.template, o.parts AS \"parts!j\", "        \
	"o.reply_handle, o.offer, o.offer_code, o.state AS \"state!s\", o.reason, o.attempts, "    \
	"o.provider_id, o.created_at_ms AS \"created_at!t\", o.updated_at_ms AS \"updated_at!t\""
    PAGED("messages", "outbox", BY_CUSTOMER, "o.message_no", MESSAGE_COLUMNS,
	"outbox o WHERE o.customer_id = ?1"),
    /* By decision, as with alerts: the index by subject has them in order. */
    PAGED("replies", "outbox", BY_SUBJECT, "d.decision_no", MESSAGE_COLUMNS,
	"decisions d JOIN outbox o ON o.decision_id = d.id WHERE d.subject = ?1 AND o.customer_id "
	"IS NULL AND o.alert_no IS NULL"),
    WHOLE("offers", "offer_codes", BY_SUBJECT,
	"offer, code, decision_id, taken_at_ms AS \"taken_at!t\"", "offer_codes WHERE person = ?1"),
    PAGED("alerts", "alerts", BY_SUBJECT, "d.decision_no",
	"l.alert_no AS alert, l.queue, l.severity AS \"severity!v\", l.state AS \"state!a\", "
	"l.title, l.rule_id, "
	"l.reason, l.post_id, "
	"p.post_id AS because_of, l.count, l.opened_at_ms AS \"opened_at!t\", l.changed_by, "
	"l.change_note",
	"decisions d JOIN alert_posts p ON p.decision_id = d.id JOIN alerts l ON l.alert_no = "
	"p.alert_no WHERE d.subject = ?1 AND d.outcome = 3"),
    WHOLE("timers", "timers", BY_SUBJECT,
	"rule_id, due_at_ms AS \"due_at!t\", started_at_ms AS \"started_at!t\"",
	"timers WHERE subject = ?1"),
    WHOLE("counters", "rule_state", BY_SUBJECT,
	"rule_id, " COUNTED_AS " AS kind, key, count, last_at_ms AS \"last_at!t\"",
	"(SELECT * FROM rule_state WHERE key = ?1 UNION ALL SELECT * FROM rule_state WHERE key >= "
	"?1 || '|' AND key < ?1 || '}') WHERE 1"),
    WHOLE("times", "rule_times", BY_SUBJECT,
	"rule_id, " REMEMBERED_AS
	" AS part, key, length(times) / 8 AS times, last_at_ms AS \"last_at!t\"",
	"(SELECT * FROM rule_times WHERE key = ?1 UNION ALL SELECT * FROM rule_times WHERE key >= "
	"?1 || '|' AND key < ?1 || '}') WHERE 1"),
    WHOLE("joined", "subject_joins", BY_SUBJECT,
	"from_subject, to_subject, cause, source, reason, at_ms AS \"at!t\", undone_at_ms AS "
	"\"undone_at!t\", undone_by",
	"(SELECT * FROM subject_joins WHERE from_subject = ?1 AND undone_at_ms IS NULL UNION ALL "
	"SELECT * FROM subject_joins WHERE from_subject = ?1 AND undone_at_ms IS NOT NULL) WHERE "
	"1"),
    PAGED("history", "customer_history", BY_CUSTOMER, "history_no",
	"customer_id, at_ms AS \"at!t\", field, old, new, source, decision_id",
	"customer_history WHERE customer_id = ?1"),
};
_Static_assert(DECISION_ALERTED == 3, "in the statement of alerts");

size_t
store_dossier_sections(void)
{
	return sizeof sections / sizeof *sections;
}

const char *
store_dossier_name(size_t section)
{
	return sections[section].name;
}

const char *
store_dossier_table(size_t section)
{
	return sections[section].table;
}

bool
store_dossier_is_paged(size_t section)
{
	return sections[section].is_paged;
}

/* ---- values ------------------------------------------------------------------- */

static const char *
enum_name(char how, int64_t v)
{
	switch (how) {
	case 'l': return sentiment_label_name((enum sentiment_label)v);
	case 'o': return decision_outcome_name((enum decision_outcome)v);
	case 's': return message_state_name((enum message_state)v);
	case 'k': return message_kind_name((enum message_kind)v);
	case 'a': return alert_state_name((enum alert_state)v);
	case 'v': return severity_name((enum severity)v);
	default: return purpose_name((enum purpose)v);
	}
}

static void
write_typed(
    struct query *q, int column, char type, const struct dossier_how *how, struct json_writer *w)
{
	char text[TIME_TEXT_MAX];

	switch (type) {
	case 't': json_put_cstr(w, time_format_rfc3339(query_int(q, column), text)); break;
	case 'b': json_put_bool(w, query_int(q, column) != 0); break;
	case 'm': json_put_milli(w, query_int(q, column)); break;
	case 'j': json_put_raw(w, query_peek(q, column)); break;
	case 'S':
	case 'T': how->put_state(query_peek(q, column), type == 'T', how->now_ms, w); break;
	default: json_put_cstr(w, enum_name(type, query_int(q, column)));
	}
}

static void
write_value(
    struct query *q, int column, char type, const struct dossier_how *how, struct json_writer *w)
{
	int stored = sqlite3_column_type(q->stmt, column);

	if (stored == SQLITE_NULL)
		json_put_null(w);
	else if (type != '\0')
		write_typed(q, column, type, how, w);
	else if (stored == SQLITE_INTEGER)
		json_put_i64(w, query_int(q, column));
	else
		json_put_str(w, query_peek(q, column));
}

static void
write_row(struct query *q, const struct dossier_how *how, struct json_writer *w)
{
	json_object_begin(w);
	for (int i = 0; i < sqlite3_column_count(q->stmt); i++) {
		struct slice name = slice_of(sqlite3_column_name(q->stmt, i));
		char type = '\0';

		if (name.len > 2 && name.ptr[name.len - 2] == '!') {
			type = name.ptr[name.len - 1];
			name = slice_make(name.ptr, name.len - 2);
		}
		json_key_slice(w, name);
		write_value(q, i, type, how, w);
	}
	json_object_end(w);
}

/* ---- keys --------------------------------------------------------------------- */

static size_t
keys_of(const struct section *s, const struct person *p)
{
	switch (s->by) {
	case BY_CUSTOMER: return p->customer_count;
	case BY_AUTHOR:
	case BY_AUTHOR_NO: return p->author_count;
	case BY_SUBJECT: return p->customer_count + p->author_count;
	}
	return 0;
}

static int
bind_key(struct query *q, const struct section *s, const struct person *p, size_t key,
    struct arena *a, struct err *err)
{
	bool is_customer = key < p->customer_count;
	const char *subject;

	switch (s->by) {
	case BY_CUSTOMER: query_bind_text(q, p->customers[key]); return 0;
	case BY_AUTHOR: query_bind_text(q, p->authors[key].id); return 0;
	case BY_AUTHOR_NO: query_bind_int(q, p->authors[key].author_no); return 0;
	case BY_SUBJECT: break;
	}
	subject = is_customer
	    ? arena_printf(a, "c:%.*s", SLICE_ARG(p->customers[key]))
	    : arena_printf(a, "a:%.*s", SLICE_ARG(p->authors[key - p->customer_count].id));
	if (subject == NULL)
		return store_nomem(q->st, a, err);
	query_bind_text(q, slice_of(subject));
	return 0;
}

/* ---- pages -------------------------------------------------------------------- */

static int
rows_of_key(struct store *st, const struct section *s, const struct person *p,
    const struct dossier_how *how, struct dossier_place at, size_t limit, struct arena *a,
    struct json_writer *w, struct dossier_page *page, struct err *err)
{
	struct query q;
	int64_t last = 0;
	int rc;

	if (query_open(&q, st, how->is_brief && s->brief != NULL ? s->brief : s->rows, err) < 0)
		return -1;
	if (bind_key(&q, s, p, at.key, a, err) < 0) {
		query_close(&q);
		return -1;
	}
	query_bind_int(&q, at.before_no > 0 ? at.before_no : INT64_MAX);
	query_bind_int(&q, (int64_t)(limit - page->count) + 1);
	while ((rc = query_step(&q, err)) > 0) {
		if (page->count == limit) {
			page->more = true;
			/* What has no pages is bounded by what it is; the caller's limit is above it. */
			page->next = s->is_paged ? (struct dossier_place){at.key, last}
						 : (struct dossier_place){at.key + 1, 0};
			rc = 0;
			break;
		}
		last = s->is_paged ? query_int(&q, 0) : 0;
		write_row(&q, how, w);
		page->count++;
		if ((rc = query_check(&q, err)) < 0)
			break;
	}
	query_close(&q);
	return rc;
}

int
store_dossier_rows(struct store *st, const struct person *person, size_t section,
    const struct dossier_how *how, struct dossier_place from, size_t limit, struct arena *a,
    struct json_writer *w, struct dossier_page *page_r, struct err *err)
{
	const struct section *s;

	assert(section < store_dossier_sections() && limit > 0);
	s = &sections[section];
	memset(page_r, 0, sizeof *page_r);
	for (size_t key = from.key; key < keys_of(s, person) && !page_r->more; key++) {
		struct dossier_place at = {key, key == from.key ? from.before_no : 0};

		if (rows_of_key(st, s, person, how, at, limit, a, w, page_r, err) < 0)
			return -1;
	}
	return 0;
}

int
store_dossier_count(struct store *st, const struct person *person, size_t section, struct arena *a,
    int64_t *count_r, struct err *err)
{
	const struct section *s;
	int64_t count = 0;
	struct query q;
	int rc = 0;

	assert(section < store_dossier_sections());
	s = &sections[section];
	for (size_t key = 0; key < keys_of(s, person) && rc >= 0; key++) {
		if (query_open(&q, st, s->count, err) < 0)
			return -1;
		rc = bind_key(&q, s, person, key, a, err);
		if (rc == 0)
			rc = query_step(&q, err);
		if (rc > 0)
			count += query_int(&q, 0);
		query_close(&q);
	}
	if (rc < 0)
		return -1;
	*count_r = count;
	return 0;
}
_Static_assert(DOSSIER_COUNT_MAX == 1000, "in COUNT_SQL");
