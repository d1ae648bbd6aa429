/*
 * offers.c - codes of offers: each at most once, one for a person.
 */
#include <assert.h>

#include "store/joins_internal.h"

int
store_offer_import(struct store *st, struct slice offer, struct slice code, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO offer_codes (offer, code) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
		err) < 0)
		return -1;
	query_bind_text(&q, offer);
	query_bind_text(&q, code);
	return query_change(&q, err);
}

/* The code in the first column of the first row. Takes the query over. 1, 0, -1. */
static int
fetch_code(struct query *q, struct arena *a, struct slice *code_r, struct err *err)
{
	int rc = query_step(q, err);

	if (rc > 0) {
		*code_r = query_text(q, 0, a);
		if (query_check(q, err) < 0)
			rc = -1;
	}
	query_close(q);
	return rc;
}

static int
find_taken(struct store *st, struct slice offer, struct slice person, struct arena *a,
    struct slice *code_r, struct err *err)
{
	struct query q;

	if (query_open(
		&q, st, "SELECT code FROM offer_codes WHERE offer = ?1 AND person = ?2", err) < 0)
		return -1;
	query_bind_text(&q, offer);
	query_bind_text(&q, person);
	return fetch_code(&q, a, code_r, err);
}

/* One that was taken for somebody who is one with the person, or was so then. */
static int
find_shared(struct store *st, struct slice offer, struct slice person, struct arena *a,
    struct slice *code_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		JOINS_TREE
		"SELECT rest FROM tree JOIN spell_subjects USING (subject) JOIN spell_counts USING "
		"(spell_no) WHERE what = 2 AND rule_id = ?2 ORDER BY spell_no, rest LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, person);
	query_bind_text(&q, offer);
	return fetch_code(&q, a, code_r, err);
}

static int
find_free(
    struct store *st, struct slice offer, struct arena *a, struct slice *code_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT code FROM offer_codes WHERE offer = ?1 AND person IS NULL ORDER BY code "
		"LIMIT 1",
		err) < 0)
		return -1;
	query_bind_text(&q, offer);
	return fetch_code(&q, a, code_r, err);
}

int
store_offer_take(struct store *st, struct slice offer, struct slice person,
    struct slice decision_id, int64_t now_ms, struct arena *a, struct slice *code_r,
    struct err *err)
{
	struct query q;
	struct slice code;
	int rc;

	assert(person.len > 0);
	rc = find_taken(st, offer, person, a, &code, err);
	if (rc == 0)
		rc = find_shared(st, offer, person, a, &code, err);
	if (rc > 0)
		*code_r = code;
	if (rc != 0)
		return rc > 0 ? 2 : -1;
	rc = find_free(st, offer, a, &code, err);
	if (rc <= 0)
		return rc;
	if (query_open(&q, st,
		"UPDATE offer_codes SET person = ?3, decision_id = ?4, taken_at_ms = ?5 "
		"WHERE offer = ?1 AND code = ?2 AND person IS NULL",
		err) < 0)
		return -1;
	query_bind_text(&q, offer);
	query_bind_text(&q, code);
	query_bind_text(&q, person);
	query_bind_text(&q, decision_id);
	query_bind_int(&q, now_ms);
	if (query_run(&q, err) < 0)
		return -1;
	*code_r = code;
	return 1;
}

int
store_offer_count(
    struct store *st, struct slice offer, int64_t *free_r, int64_t *taken_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT count(*) - count(person), count(person) FROM offer_codes WHERE offer = ?1",
		err) < 0)
		return -1;
	query_bind_text(&q, offer);
	rc = query_step(&q, err);
	if (rc > 0) {
		*free_r = query_int(&q, 0);
		*taken_r = query_int(&q, 1);
	}
	query_close(&q);
	return rc < 0 ? -1 : 0;
}
