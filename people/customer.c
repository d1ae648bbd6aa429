/*
 * customer.c - a customer apart from any post: the link in force, and how influential their accounts are.
 */
#include "people/people.h"

#include "core/arena.h"
#include "core/err.h"
#include "core/timefmt.h"
#include "people/influence.h"
#include "people/standing.h"
#include "store/links.h"
#include "store/persons.h"
#include "store/standing.h"

int
people_customer(struct store *st, struct slice id, int64_t now_ms, struct arena *a,
    struct customer **customer_r, struct err *err)
{
	struct link_row *links;
	struct customer *c;
	size_t count;
	int rc = store_customer_load(st, id, now_ms, a, &c, err);

	if (rc <= 0)
		return rc;
	if (store_links_of_customer(st, c->id, a, &links, &count, err) < 0)
		return -1;
	c->link = (struct link_facts){.linked_at_ms = TIME_UNKNOWN};
	for (size_t i = 0; i < count; i++) /* the oldest first */
		if (links[i].unlinked_at_ms == TIME_UNKNOWN)
			c->link = (struct link_facts){.proof = links[i].proof,
			    .handle = links[i].handle_key,
			    .basis = links[i].basis,
			    .confidence = links[i].confidence,
			    .linked_at_ms = links[i].linked_at_ms};
	*customer_r = c;
	return 1;
}

int
people_customer_influence(struct store *st, struct slice id,
    const struct influence_weights *weights, int64_t now_ms, struct arena *a, bool *known_r,
    int64_t *points_r, struct err *err)
{
	struct link_row *links;
	size_t count;

	*known_r = false;
	if (store_links_of_customer(st, id, a, &links, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct influence influence;
		struct standing_row standing;
		struct standing s;
		bool has_standing;
		struct author_row row;
		int64_t points;
		int rc;

		if (links[i].unlinked_at_ms != TIME_UNKNOWN || !slice_is_set(links[i].author_id))
			continue;
		rc = store_author_load(st, links[i].author_id, false, a, &row, err);
		if (rc < 0)
			return -1;
		if (rc == 0)
			continue;
		rc = store_standing_get(st, row.author_no, &standing, err);
		if (rc < 0)
			return -1;
		has_standing = rc > 0 && standing_read(standing.state, standing.state_len, &s);
		influence_of_author(
		    weights, &row.author, has_standing ? &s : NULL, now_ms, &influence);
		points = influence_points(&influence);
		if (points >= 0 && (!*known_r || points > *points_r)) {
			*known_r = true;
			*points_r = points;
		}
	}
	return 0;
}
