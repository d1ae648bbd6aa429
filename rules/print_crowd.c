/*
 * print_crowd.c - the lines that look beyond one post: `after` and `unless` of a rule, and what a
 * watch has of its own.
 */
#include "rules/print_internal.h"

#include <stdio.h>

#include "core/buf.h"

/* ---- after, unless ---- */

static void
print_sequence(const struct item *it, enum slot s, const struct sequence_node *n, struct buf *out)
{
	char text[64];

	if (!item_has(it, s))
		return;
	print_begin_line(it, s, out);
	buf_add_str(out, s == SLOT_AFTER ? "after " : "unless ");
	switch (n->sequence.kind) {
	case SEQUENCE_NONE: break; /* only of a tree with findings */
	case SEQUENCE_POST: buf_add_str(out, "a post "); break;
	case SEQUENCE_ANSWERED: buf_add_str(out, "answered "); break;
	case SEQUENCE_SENT:
		print_quoted(n->sequence.template_id, out);
		buf_add_str(out, " was sent ");
		break;
	}
	print_duration_text(n->within, text, sizeof text);
	buf_addf(out, "within %s", text);
	if (n->where == NULL) {
		print_after(it->notes[s], out);
		return;
	}
	buf_add_str(out, " where ");
	print_node(n->where, it->notes[s], 2, out);
}

void
print_sequences(const struct item *it, struct buf *out)
{
	print_sequence(it, SLOT_AFTER, &it->after, out);
	print_sequence(it, SLOT_UNLESS, &it->unless, out);
}

/* ---- watches ---- */

/* A share is written in percent: 400 thousandths are 40%. */
static void
print_crowd_value(const struct crowd_node *n, struct buf *out)
{
	bool is_share = n->measure == CROWD_SHARE;
	int64_t milli = n->value_milli;
	char text[64];

	if (is_share) /* 12500 % are no 12.5k% */
		snprintf(text, sizeof text, milli % 10 == 0 ? "%lld" : "%lld.%lld",
		    (long long)(milli / 10), (long long)(milli % 10));
	else
		print_number_text(milli, text, sizeof text);
	buf_addf(
	    out, "%s%s%s", text, is_share ? "%" : "", n->is_times_usual ? " times the usual" : "");
}

void
print_crowd_name(const struct crowd_node *n, struct buf *out)
{
	char text[64];

	print_duration_text(n->within, text, sizeof text);
	buf_addf(out, "%s within %s", crowd_measure_name(n->measure), text);
}

void
print_crowd_test(const struct crowd_node *n, struct buf *out)
{
	print_crowd_name(n, out);
	buf_addf(out, " %s ", rule_op_spelling(n->op));
	print_crowd_value(n, out);
}

static void
print_posts(const struct item *it, enum slot s, const char *words, const struct node *where,
    struct buf *out)
{
	if (where == NULL)
		return;
	print_begin_line(it, s, out);
	buf_addf(out, "%s posts where ", words);
	print_node(where, it->notes[s], 2, out);
}

static void
print_crowd_when(const struct item *it, struct buf *out)
{
	print_begin_line(it, SLOT_WHEN, out);
	buf_add_str(out, "when all of");
	print_after(it->notes[SLOT_WHEN], out);
	for (const struct crowd_node *n = it->crowd; n != NULL; n = n->next) {
		print_before(n->notes, 4, out);
		buf_add_str(out, "    ");
		print_crowd_test(n, out);
		print_after(n->notes, out);
	}
	print_before(it->notes[SLOT_WHEN_END], 4, out);
	buf_add_str(out, "  end");
	print_after(it->notes[SLOT_WHEN_END], out);
}

void
print_watch(const struct item *it, struct buf *out)
{
	char text[64];

	print_posts(it, SLOT_OVER, "over", it->over, out);
	print_posts(it, SLOT_OUT_OF, "out of", it->out_of, out);
	if (it->crowd != NULL)
		print_crowd_when(it, out);
	if (it->then != NULL)
		print_then(it, out);
	if (!item_has(it, SLOT_QUIET))
		return;
	print_begin_line(it, SLOT_QUIET, out);
	print_duration_text(it->quiet, text, sizeof text);
	buf_addf(out, "until quiet for %s", text);
	print_after(it->notes[SLOT_QUIET], out);
}
