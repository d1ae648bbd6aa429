/*
 * check_segment.c - is a segment about customers alone, and do segments ask for one another in a circle?
 *
 * A segment is judged when nothing happens: there is no post, no event and no author to ask about, and no
 * hour of the day at which somebody would become a member.
 */
#include "rules/check_internal.h"

#include <stdio.h>

#include "core/map.h"
#include "rules/fields_internal.h"
#include "rules/limits_internal.h"

/* ---- what it asks about ---- */

static bool
is_of_customer(const struct field *f)
{
	struct slice name = slice_of(f->name);

	if (slice_eq_str(name, "customer.hour") || slice_eq_str(name, "customer.weekday"))
		return false;
	return slice_starts_with(name, "customer.") || slice_starts_with(name, "link.");
}

/* The field of the customer that is meant instead; NULL: there is none. */
static const char *
instead(const struct field *f)
{
	static const struct {
		const char *asked, *help;
	} meant[] = {
	    {"author.influence", "write 'customer.influence is at least 70'"},
	    {"author.tag", "write 'customer.tag is \"...\"'"},
	    {"author.list", "write 'customer is in list ...'"},
	    {"customer.hour", "ask for the hour in the rule that asks for the segment"},
	    {"customer.weekday", "ask for the day in the rule that asks for the segment"},
	};

	for (size_t i = 0; i < sizeof meant / sizeof *meant; i++)
		if (slice_eq_str(slice_of(f->name), meant[i].asked))
			return meant[i].help;
	return "a segment asks about the customer: fields that begin with 'customer.' or 'link.'; "
	       "the "
	       "rest belongs into the rule that asks for the segment";
}

static void
check_fields(const struct item *segment, const struct node *n)
{
	if (n == NULL)
		return;
	if (n->kind == NODE_CONDITION && !is_of_customer(n->field))
		finding_add(segment->sink, FINDING_NOT_OF_CUSTOMER, n->field_at, instead(n->field),
		    "a segment is about customers, and '%s' is about what happens", n->field->name);
	for (const struct node *child = n->first; child != NULL; child = child->next)
		check_fields(segment, child);
}

void
check_segment(struct check *c, const struct item *segment)
{
	check_fields(segment, segment->when);
	if (!segment->is_broken)
		check_bounds(c, segment, segment->when);
}

/* ---- circles ---- */

enum mark {
	MARK_NEW,
	MARK_OPEN, /* on the way from the one we began with */
	MARK_DONE
};

static void walk_segment(struct check *c, struct item *segment, unsigned depth);

/* "a, b, a": what is open from `to` on, and `to` again, is a circle; told once, where it closes. */
static void
circle_finding(const struct item *from, const struct item *to, struct range at)
{
	char help[FINDING_TEXT_MAX];

	snprintf(help, sizeof help, "take one of these conditions away, in '%.*s' or in '%.*s'",
	    SHOWN(from->id), SHOWN(to->id));
	if (from == to)
		finding_add(from->sink, FINDING_SEGMENT_CIRCLE, at, "take this condition away",
		    "segment '%.*s' asks for itself", SHOWN(to->id));
	else
		finding_add(from->sink, FINDING_SEGMENT_CIRCLE, at, help,
		    "segment '%.*s' asks for '%.*s', which asks for it in turn (%s:%zu)",
		    SHOWN(from->id), SHOWN(to->id), to->sink->file, check_line_of(to));
}

static void
walk_node(struct check *c, const struct item *segment, const struct node *n, unsigned depth)
{
	if (n == NULL)
		return;
	for (const struct node *child = n->first; child != NULL; child = child->next)
		walk_node(c, segment, child, depth);
	if (n->kind != NODE_CONDITION || n->field->type != FIELD_IN_SEGMENT)
		return;
	struct item *other = map_get(c->ids[ITEM_SEGMENT], n->values.first->text);

	if (other == NULL)
		return; /* has its finding */
	if (other->mark == MARK_OPEN)
		circle_finding(segment, other, n->values.first->at);
	else if (other->mark == MARK_NEW && depth >= RULES_SEGMENT_DEPTH_MAX)
		finding_add(segment->sink, FINDING_LIMIT, n->values.first->at,
		    "ask for the attributes themselves", "segments may ask for one another %d deep",
		    RULES_SEGMENT_DEPTH_MAX);
	else if (other->mark == MARK_NEW)
		walk_segment(c, other, depth + 1);
}

static void
walk_segment(struct check *c, struct item *segment, unsigned depth)
{
	segment->mark = MARK_OPEN;
	walk_node(c, segment, segment->when, depth);
	segment->mark = MARK_DONE;
}

void
check_circles(struct check *c)
{
	for (size_t f = 0; f < c->file_count; f++)
		for (struct item *it = c->files[f].first; it != NULL; it = it->next)
			if (it->kind == ITEM_SEGMENT && it->mark == MARK_NEW)
				walk_segment(c, it, 0);
}
