/*
 * verb_people.h - `earshot people WHAT ...`: one table of what can be asked, one file for what belongs
 * together.
 */
#ifndef DAEMON_VERB_PEOPLE_H
#define DAEMON_VERB_PEOPLE_H

#include <stddef.h>

struct verb_call;

struct people_command {
	const char *name; /* "show": the first argument */
	/* How many arguments behind it, and what they are, for the message when they are not. */
	size_t min_args, max_args;
	const char *args; /* "CUSTOMER" */
	int (*run)(struct verb_call *call); /* arguments from call->args[1] on; the exit code */
};

/* verb_people_events.c */
int people_events(struct verb_call *call);

/* verb_people_regard.c */
int people_influence(struct verb_call *call);
int people_adopters(struct verb_call *call);
/* verb_people_links.c */
int people_links(struct verb_call *call);
int people_link(struct verb_call *call);
int people_unlink(struct verb_call *call);
int people_code(struct verb_call *call);
int people_codes(struct verb_call *call);
int people_suggestions(struct verb_call *call);
int people_accept(struct verb_call *call);
int people_dismiss(struct verb_call *call);

/* verb_people_page.c */
int people_page(struct verb_call *call);

/* verb_people_merge.c */
int people_merge(struct verb_call *call);
int people_unmerge(struct verb_call *call);

#endif
