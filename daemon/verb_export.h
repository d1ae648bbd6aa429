/*
 * verb_export.h - `earshot export WHAT ...`: one table of what can be exported, one file for what
 * belongs together.
 */
#ifndef DAEMON_VERB_EXPORT_H
#define DAEMON_VERB_EXPORT_H

struct verb_call;

/* What a flag exports; the exit code. */
int export_customers(struct verb_call *call);
int export_person(struct verb_call *call);

#endif
