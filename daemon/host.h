/*
 * host.h - what the API asks of the daemon's wiring about rules: the same for a request to the daemon
 * and for a verb on its own.
 *
 * Ownership: the live snapshot is borrowed and outlives the host; what rules_of() and rules_draft()
 *            gave is valid until host_fini() or the next such call.
 * Threads:   one call, one thread at a time.
 */
#ifndef DAEMON_HOST_H
#define DAEMON_HOST_H

#include "api/api.h"

struct arena;
struct backtests;
struct clock;
struct diag_list;
struct rules_change;
struct snapshot;

struct host {
	struct api_host api; /* what api_env.host points at */
	struct snapshot *live;
	struct arena *arena; /* of the call */
	const struct clock *clock;
	struct backtests *backtests; /* NULL: without a daemon */
	struct snapshot *past;
	struct rules_change *draft; /* of rules_draft() */
	struct rules_change *prepared; /* of rules_prepare(), and what it found */
	struct diag_list *prepared_diags;
	bool is_committed;
};

void host_init(struct host *h, struct snapshot *live, struct arena *a, const struct clock *clock,
    struct backtests *backtests, struct slice sources_json, struct slice channels_json);
void host_fini(struct host *h);
/* Has what rules_prepare() made parts that are still to be written (rules_change.h)?  Writes the next. */
bool host_has_parts(const struct host *h);
int host_stage(struct host *h, struct store *st, struct err *err);
/* What rules_commit() made live; NULL: it was the same already, or nothing was committed. */
struct snapshot *host_committed(struct host *h);

#endif
