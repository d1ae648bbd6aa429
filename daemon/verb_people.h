/*
 * verb_people.h - `earshot people WHAT ...`: one table of what can be asked, one file for what belongs
 * together.
 */
#ifndef DAEMON_VERB_PEOPLE_H
#define DAEMON_VERB_PEOPLE_H

#include <stddef.h>

#include "core/buf.h"
#include "core/json.h"

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

/* verb_people_marks.c */
int people_tag(struct verb_call *call);
int people_untag(struct verb_call *call);
int people_list_add(struct verb_call *call);
int people_list_remove(struct verb_call *call);

/* verb_people_merge.c */
int people_merge(struct verb_call *call);
int people_unmerge(struct verb_call *call);

/* A change asked for by `earshot people`: where, and a JSON object of what. */
struct people_ask {
	struct verb_call *call;
	const char *method; /* POST unless set otherwise after people_ask_begin() */
	struct buf path, body;
	struct json_writer w;
};
/* The path is below/ARGUMENT and what: "/api/v1/customers/", "/merge". */
void people_ask_begin(
    struct people_ask *ask, struct verb_call *call, const char *below, const char *what);
void people_ask_flag(struct people_ask *ask, const char *flag, const char *member); /* if given */
/* Adds who asks (--as, else the login), posts it, prints the answer; the exit code. */
int people_ask_end(struct people_ask *ask);

#endif
