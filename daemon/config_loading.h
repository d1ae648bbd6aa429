/*
 * config_loading.h - a configuration while it is read: what config.c (sections, and the whole) and config_named.c
 * (sources, channels, queues, offers) share.
 *
 * Memory that is missing is noted in the loading and asked for once, at the end.
 */
#ifndef DAEMON_CONFIG_LOADING_H
#define DAEMON_CONFIG_LOADING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/decision.h"
#include "core/options.h"
#include "core/slice.h"
#include "daemon/config.h"

struct arena;
struct diag_list;
struct yaml_doc;
struct yaml_node;

struct config_full {
	struct config base; /* first: a config is a config_full */
	_Atomic int refs;
	struct arena *arena;
	struct yaml_doc *doc;
	struct options *top, *store, *server, *customers, *people, *influence, *adoption, *network,
	    *log, *limits, *alerts;
	struct options **queues, **offer_sets;
	struct rule_hours quiet_hours;
	size_t queue_sets, offer_set_count;
};

struct loading {
	struct config_full *full;
	struct diag_list *diags;
	const char *file;
	const char *dir;
	bool has_no_memory; /* asked once, at the end: half a configuration is none */
};

/* made, having noted when it is NULL. */
const void *loading_need(struct loading *l, const void *made);
const char *loading_copy(struct loading *l, struct slice text);
/* A finding at a node; NULL: of the file as a whole. */
void loading_find(struct loading *l, const struct yaml_node *node, const char *code,
    const char *help, const char *message);
/* The options of a map, read by their table, with findings; NULL: no memory. */
struct options *loading_section(
    struct loading *l, const struct option *table, const struct yaml_node *node, const char *path);
/* An option that is a map of named things; NULL: there is none. */
const struct yaml_node *loading_map(struct loading *l, const struct options *o, const char *name);
const char *const *
loading_list(struct loading *l, const struct options *o, const char *name, size_t *count_r);

/* ---- config_named.c: 0, -1 no memory ---- */
int loading_read_sources(struct loading *l);
int loading_read_channels(struct loading *l);
int loading_read_queues(struct loading *l); /* behind the channels */
int loading_read_offers(struct loading *l);

#endif
