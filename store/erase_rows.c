/*
 * erase_rows.c - everything of a person that is found by their ids alone.
 */
#include "store/erase_internal.h"

#include <string.h>

#include "store/standing.h"

struct step {
	const char *table, *sql;
};

static int
run_steps(struct erasing *e, const struct step *steps, size_t count, struct slice key)
{
	for (size_t i = 0; i < count; i++)
		if (erase_by_text(e, steps[i].table, steps[i].sql, key) < 0)
			return -1;
	return 0;
}
#define RUN_STEPS(e, steps, key) run_steps((e), (steps), sizeof(steps) / sizeof *(steps), (key))

/* ---- customers ---------------------------------------------------------------- */

static const struct step of_customer[] = {
    {"outbox",
	"UPDATE outbox SET address = '', customer_id = NULL, endpoint_id = NULL, parts = '{}', "
	"reply_handle = NULL, offer_code = NULL, provider_id = NULL, hours = NULL, hold = 0, "
	"reason = '" ERASED_WORDS "', state = CASE WHEN state IN (0, 1, 4) THEN 9 "
	"WHEN state = 2 THEN 6 ELSE state END WHERE customer_id = ?1"},
    {"customer_attributes", "DELETE FROM customer_attributes WHERE customer_id = ?1"},
    {"customer_metrics", "DELETE FROM customer_metrics WHERE customer_id = ?1"},
    {"customer_days", "DELETE FROM customer_days WHERE customer_id = ?1"},
    {"customer_history", "DELETE FROM customer_history WHERE customer_id = ?1"},
    {"endpoints", "DELETE FROM endpoints WHERE customer_id = ?1"},
    {"consents", "DELETE FROM consents WHERE customer_id = ?1"},
    {"events", "DELETE FROM events WHERE customer_id = ?1"},
    {"links", "DELETE FROM links WHERE customer_id = ?1"},
    {"link_suggestions", "DELETE FROM link_suggestions WHERE customer_id = ?1"},
    {"link_codes", "DELETE FROM link_codes WHERE customer_id = ?1"},
    {"segments",
	"UPDATE segments SET members = members - 1 WHERE id IN "
	"(SELECT segment FROM segment_members WHERE customer_id = ?1)"},
    {"segment_members", "DELETE FROM segment_members WHERE customer_id = ?1"},
    {"segment_queue", "DELETE FROM segment_queue WHERE customer_id = ?1"},
    {"customers", "DELETE FROM customers WHERE id = ?1"},
};

int
erase_customer(struct erasing *e, struct slice id)
{
	return RUN_STEPS(e, of_customer, id);
}

/* ---- accounts ------------------------------------------------------------------- */

static const struct step of_author_id[] = {
    {"links", "DELETE FROM links WHERE author_id = ?1 AND unlinked_at_ms IS NULL"},
    {"links", "DELETE FROM links WHERE author_id = ?1 AND unlinked_at_ms IS NOT NULL"},
    {"link_suggestions", "DELETE FROM link_suggestions WHERE author_id = ?1"},
    {"link_codes", "UPDATE link_codes SET author_id = NULL WHERE author_id = ?1"},
    {"link_tries", "DELETE FROM link_tries WHERE author_id = ?1"},
    {"authors", "DELETE FROM authors WHERE id = ?1"},
};

/* An item that nobody else mentioned names the person only; of others the count stays. */
static const struct step of_author_no[] = {
    {"items",
	"UPDATE items SET authors = authors - (SELECT count(*) FROM items i JOIN item_authors a "
	"ON a.item_no = i.item_no WHERE a.author_no = ?1 AND i.authors <= 1 AND i.name <> '') "
	"WHERE name = '' AND authors > 0"},
    {"items",
	"DELETE FROM items WHERE authors <= 1 AND name <> '' AND item_no IN "
	"(SELECT item_no FROM item_authors WHERE author_no = ?1)"},
};

int
erase_author(struct erasing *e, const struct person_author *author)
{
	int before;

	for (size_t i = 0; i < sizeof of_author_no / sizeof *of_author_no; i++)
		if (erase_by_number(
			e, of_author_no[i].table, of_author_no[i].sql, author->author_no) < 0)
			return -1;
	before = sqlite3_total_changes(e->st->db);
	if (store_standing_erase(e->st, author->author_no, e->err) < 0)
		return -1;
	erase_count_more(e, "author_standing", sqlite3_total_changes(e->st->db) - before);
	return RUN_STEPS(e, of_author_id, author->id);
}

/* ---- as a subject ---------------------------------------------------------------- */

#define LONELY_SPELLS                                                                              \
	"(SELECT spell_no FROM spell_subjects s WHERE subject = ?1 AND NOT EXISTS (SELECT 1 "      \
	"FROM spell_subjects o WHERE o.spell_no = s.spell_no AND o.subject <> ?1))"

/* A code stays taken: nobody else shall get it. */
static const struct step of_subject[] = {
    {"tags", "DELETE FROM tags WHERE who = ?1"},
    {"list_members", "DELETE FROM list_members WHERE who = ?1"},
    {"offer_codes",
	"UPDATE offer_codes SET person = 'erased:' || lower(hex(randomblob(8))) WHERE person = ?1"},
    {"timers", "DELETE FROM timers WHERE subject = ?1"},
    {"subject_joins", "DELETE FROM subject_joins WHERE from_subject = ?1 AND undone_at_ms IS NULL"},
    {"subject_joins",
	"DELETE FROM subject_joins WHERE from_subject = ?1 AND undone_at_ms IS NOT NULL"},
    {"subject_joins", "DELETE FROM subject_joins WHERE to_subject = ?1 AND undone_at_ms IS NULL"},
    {"subject_joins",
	"DELETE FROM subject_joins WHERE to_subject = ?1 AND undone_at_ms IS NOT NULL"},
    /* A spell that was shared with somebody else is theirs as well. */
    {"spell_counts", "DELETE FROM spell_counts WHERE spell_no IN " LONELY_SPELLS},
    {"subject_spells", "DELETE FROM subject_spells WHERE spell_no IN " LONELY_SPELLS},
    {"spell_subjects", "DELETE FROM spell_subjects WHERE subject = ?1"},
};

int
erase_subject(struct erasing *e, struct slice subject)
{
	if (erase_decisions_of(e,
		"SELECT decision_no, id, occurrence_id FROM decisions WHERE subject = ?1 LIMIT 256",
		subject) < 0 ||
	    erase_counters(e, subject) < 0)
		return -1;
	return RUN_STEPS(e, of_subject, subject);
}

/* ---- where others' rows name them ----------------------------------------------- */

static int
run_pair(struct erasing *e, const char *table, const char *sql, struct slice a, struct slice b)
{
	struct query q;

	if (query_open(&q, e->st, sql, e->err) < 0)
		return -1;
	query_bind_text(&q, a);
	query_bind_text(&q, b);
	if (query_run(&q, e->err) < 0)
		return -1;
	erase_count(e, table);
	return 0;
}

/* Words of the history of somebody they once were one with. */
static int
blank_history(struct erasing *e, struct slice customer_id, struct slice id)
{
	for (size_t i = 0; i < e->p->customer_count; i++)
		if (slice_eq(e->p->customers[i], customer_id))
			return 0; /* goes as a whole */
	return run_pair(e, "customer_history",
	    "UPDATE customer_history SET field = 'erased', old = NULL, new = NULL, "
	    "source = '" ERASED_WORDS "' WHERE customer_id = ?1 AND "
	    "(instr(field, ?2) OR instr(coalesce(old, ''), ?2) OR instr(coalesce(new, ''), ?2) OR "
	    "instr(source, ?2))",
	    customer_id, id);
}

/* For each customer a query names by id, or by subject. */
static int
blank_histories(struct erasing *e, const char *sql, struct slice key, struct slice id)
{
	struct query q;
	struct slice *others;
	size_t count;

	if (query_open(&q, e->st, sql, e->err) < 0)
		return -1;
	query_bind_text(&q, key);
	if (query_rows(&q, e->a, sizeof *others, query_read_text, &others, &count, e->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (blank_history(e, others[i], id) < 0)
			return -1;
	return 0;
}

#define JOINED_WITH                                                                                \
	"SELECT substr(to_subject, 3) FROM subject_joins WHERE from_subject = ?1 AND "             \
	"undone_at_ms IS NULL UNION SELECT substr(to_subject, 3) FROM subject_joins WHERE "        \
	"from_subject = ?1 AND undone_at_ms IS NOT NULL UNION SELECT substr(from_subject, 3) "     \
	"FROM subject_joins WHERE to_subject = ?1 AND undone_at_ms IS NULL UNION "                 \
	"SELECT substr(from_subject, 3) FROM subject_joins WHERE to_subject = ?1 AND "             \
	"undone_at_ms IS NOT NULL"

static int
mentions_of_author(struct erasing *e, const struct person_author *author)
{
	const char *subject = arena_printf(e->a, "a:%.*s", SLICE_ARG(author->id));

	if (subject == NULL)
		return store_nomem(e->st, e->a, e->err);
	if (blank_histories(e, JOINED_WITH, slice_of(subject), author->id) < 0 ||
	    blank_histories(e,
		"SELECT customer_id FROM links WHERE author_id = ?1 AND unlinked_at_ms IS NOT NULL",
		author->id, author->id) < 0 ||
	    blank_histories(e, "SELECT customer_id FROM link_suggestions WHERE author_id = ?1",
		author->id, author->id) < 0 ||
	    erase_by_number(e, "timers",
		"DELETE FROM timers WHERE post_no IN (SELECT post_no FROM posts WHERE author_no = "
		"?1)",
		author->author_no) < 0)
		return -1;
	if (!slice_is_set(author->handle_key))
		return 0;
	/* A handle that was somebody else's before: that link says whose it became. */
	if (blank_histories(e,
		"SELECT customer_id FROM links WHERE handle_key = ?1 AND unlinked_at_ms IS NOT "
		"NULL",
		author->handle_key, author->id) < 0)
		return -1;
	return run_pair(e, "links",
	    "UPDATE links SET unlink_reason = 'the handle belongs to another account' "
	    "WHERE handle_key = ?1 AND unlinked_at_ms IS NOT NULL AND instr(unlink_reason, ?2)",
	    author->handle_key, author->id);
}

static int
mentions_of_customer(struct erasing *e, struct slice id)
{
	const char *subject = arena_printf(e->a, "c:%.*s", SLICE_ARG(id));

	if (subject == NULL)
		return store_nomem(e->st, e->a, e->err);
	return blank_histories(e, JOINED_WITH, slice_of(subject), id);
}

/* Shorter ones would be found in everything. */
#define WORD_LEAST 4

/* Inputs that were refused, and answers kept for a repeated request: bounded tables, read through. */
static int
drop_excerpts(struct erasing *e, struct slice word)
{
	static const struct step steps[] = {
	    {"rejects",
		"DELETE FROM rejects WHERE instr(lower(excerpt), lower(?1)) OR "
		"instr(lower(reason), lower(?1))"},
	    {"idempotency", "DELETE FROM idempotency WHERE instr(body, ?1) OR instr(key, ?1)"},
	};

	if (!slice_is_set(word) || word.len < WORD_LEAST)
		return 0;
	return RUN_STEPS(e, steps, word);
}

static int
drop_excerpts_of_endpoints(struct erasing *e, struct slice customer_id)
{
	struct query q;
	struct slice *words;
	size_t count;

	if (query_open(&q, e->st,
		"SELECT address FROM endpoints WHERE customer_id = ?1 UNION "
		"SELECT id FROM endpoints WHERE customer_id = ?1 LIMIT 200",
		e->err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	if (query_rows(&q, e->a, sizeof *words, query_read_text, &words, &count, e->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (drop_excerpts(e, words[i]) < 0)
			return -1;
	return drop_excerpts(e, customer_id);
}

int
erase_mentions(struct erasing *e)
{
	const struct person *p = e->p;

	for (size_t i = 0; i < p->author_count; i++)
		if (mentions_of_author(e, &p->authors[i]) < 0 ||
		    drop_excerpts(e, p->authors[i].id) < 0 ||
		    drop_excerpts(e, p->authors[i].handle_key) < 0)
			return -1;
	for (size_t i = 0; i < p->customer_count; i++)
		if (mentions_of_customer(e, p->customers[i]) < 0 ||
		    drop_excerpts_of_endpoints(e, p->customers[i]) < 0)
			return -1;
	return 0;
}
