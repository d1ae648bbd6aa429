/*
 * print_crowd.c - the lines that look beyond one post: `after`, `unless`, and those of a watch.
 */
#include "rules/print_internal.h"

#include <stdio.h>

#include "core/buf.h"

/* A share is written in percent: 400 thousandths are 40%. */
static void
print_crowd_value(const struct crowd_node *n, struct buf *out)
{
	bool is_share = n->measure == CROWD_SHARE;
	char text[64];

	print_number_text(is_share ? n->value_milli * 100 : n->value_milli, text, sizeof text);
	buf_addf(out, "%s%s", text, is_share ? "%" : "");
	if (n->is_times_usual)
		buf_add_str(out, " times the usual");
}

void
print_crowd_test(const struct crowd_node *n, struct buf *out)
{
	char text[64];

	print_duration_text(n->within, text, sizeof text);
	buf_addf(
	    out, "%s within %s %s ", crowd_measure_name(n->measure), text, rule_op_spelling(n->op));
	print_crowd_value(n, out);
}
