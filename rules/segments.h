/*
 * segments.h - groups of customers that the rules name: `segment loyal "Loyal fans"` with conditions,
 * or `imported`, whose members come from a file.
 *
 * Ownership: everything is the rule set's.
 * Threads:   as for the rule set: immutable, each evaluation with its own arena.
 * Order:     a segment may ask for others (`customer is in segment x`), never in a circle; they are
 *            judged in such an order that each finds the others judged.
 * Unknown:   who is in a segment only when its conditions are true; unknown is "not in it".
 */
#ifndef RULES_SEGMENTS_H
#define RULES_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/post.h"
#include "core/slice.h"

struct arena;
struct buf;
struct err;
struct json_writer;
struct occurrence;
struct rule_facts;
struct rule_set;

struct segment_head {
	struct slice id, title;
	struct slice description; /* SLICE_NONE: none */
	bool is_imported;
	/* Of what decides who is in it, with the lists and segments it asks for: the same hash, the same
	 * members.  0 for imported ones. */
	uint64_t content_hash;
};

size_t rule_set_segment_count(const struct rule_set *set);
const struct segment_head *rule_set_segment(const struct rule_set *set, size_t i);
int rule_set_find_segment(const struct rule_set *set, struct slice id); /* index, or -1 */
/* Does any segment have conditions, so that a change of a customer may change where they are? */
bool rule_set_has_live_segments(const struct rule_set *set);

/* Which segments the customer of an OCCURRENCE_CUSTOMER is in.  truth_r has room for one answer of each
 * segment; imported ones are answered from the customer's own list.  *due_at_ms_r: when time alone may
 * change one of them (a length of time passes its bound); TIME_UNKNOWN: never.  0; -1 without memory
 * or with a full arena. */
int rule_set_judge_segments(const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a, enum tristate *truth_r, int64_t *due_at_ms_r,
    struct err *err);

/* What the conditions look at that moves by itself, beside lengths of time: whoever keeps the rows knows
 * when. */
struct segment_needs {
	bool tags; /* they expire */
	bool days; /* sums over the last days move on at midnight (UTC) */
	bool influence; /* of the linked authors */
	bool links;
};
struct segment_needs rule_set_segment_needs(const struct rule_set *set);
/* Does anything in the set, rules included, ask for customer.influence? */
bool rule_set_asks_customer_influence(const struct rule_set *set);

/* The names of the attributes ("plan") segment i asks for, each once; in a. 0, -1. */
int rule_set_segment_attributes(const struct rule_set *set, size_t i, struct arena *a,
    struct slice_list *names_r, struct err *err);

/* Canonical text; and in plain words: "Anyone whose customer attribute \"plan\" is \"gold\"." */
void rule_set_print_segment(const struct rule_set *set, size_t i, struct buf *out);
void rule_set_describe_segment(const struct rule_set *set, size_t i, struct buf *out);

/* Every condition of segment i with the value seen, as text. -1 without memory. */
int rule_set_explain_segment(const struct rule_set *set, size_t i, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a, struct buf *text_out, struct err *err);

#endif
