/*
 * diff_segment.c - what a changed segment means for those who are in it.
 */
#include "rules/diff_internal.h"

#include "rules/tree_internal.h"

static bool
same_conditions(const struct item *was, const struct item *is)
{
	if (was->when == NULL || is->when == NULL)
		return was->when == is->when;
	return node_same(was->when, is->when);
}

void
diff_note_segment(const struct item *was, const struct item *is, struct diff_notes *n)
{
	if (!was->is_imported && is->is_imported) {
		diff_note(
		    n, "it keeps the members it has now: from here on only imports change them");
		return;
	}
	if (was->is_imported && !is->is_imported)
		diff_note(n, "its imported members are replaced by those its conditions name");
	if (same_conditions(was, is))
		return;
	diff_note(n,
	    "everybody is judged anew; until that is done, rules that ask for it take it as not "
	    "known");
}

void
diff_note_one_segment(const struct item *it, bool is_added, struct diff_notes *n)
{
	if (!is_added)
		diff_note(n,
		    it->is_imported ? "its members are kept, in case it comes back"
				    : "nobody is in it any more");
	else if (it->is_imported)
		diff_note(n, "it is empty until its members are imported");
	else
		diff_note(n,
		    "everybody is judged; until that is done, rules that ask for it take it as not "
		    "known");
}
