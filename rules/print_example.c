#include "rules/print_internal.h"

#include "core/buf.h"
#include "core/utf8.h"
#include "rules/fields_internal.h"
#include "rules/lex_internal.h"

/* A word that would begin a clause is not put first on a line. */
static bool
can_begin_line(const struct node *n)
{
	return !lex_is_line_word(slice_of(n->field->name));
}

/* Goes on in deeper lines where it gets too long. */
static void
print_given(const struct node *given, struct buf *out)
{
	struct buf one;

	buf_init(&one, 64 * 1024);
	for (const struct node *n = given; n != NULL; n = n->next) {
		buf_clear(&one);
		print_condition(n, &one);
		if (n != given && can_begin_line(n) &&
		    print_column(out) + 2 + utf8_count(buf_slice(&one)) > PRINT_LINE_MAX)
			buf_add_str(out, "\n      ");
		else
			buf_add_char(out, ' ');
		buf_add_slice(out, buf_slice(&one));
		buf_add_str(out, n->next != NULL ? "," : "");
	}
	buf_fini(&one);
}

void
print_examples(const struct item *it, struct buf *out)
{
	for (const struct example_node *e = it->examples; e != NULL; e = e->next) {
		print_before(e->notes, 2, out);
		buf_add_str(out, e->must_fire ? "  fires on " : "  does not fire on ");
		buf_add_str(out, e->is_event ? "event " : "");
		print_quoted(e->text, out);
		if (e->given != NULL) {
			buf_add_str(out, " where");
			print_given(e->given, out);
		}
		print_after(e->notes, out);
	}
}
