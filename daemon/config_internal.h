/*
 * config_internal.h - the option tables of earshot.yaml: the reader (config.c), `earshot run -h`
 * and the manual are made from them.
 */
#ifndef DAEMON_CONFIG_INTERNAL_H
#define DAEMON_CONFIG_INTERNAL_H

#include "core/options.h"

extern const struct option config_top_options[];
extern const struct option config_store_options[];
extern const struct option config_server_options[];
extern const struct option config_customers_options[];
extern const struct option config_people_options[];
extern const struct option config_influence_options[];
extern const struct option config_adoption_options[];
extern const struct option config_offer_options[];
extern const struct option config_alerts_options[];
extern const struct option config_queue_options[];
extern const struct option config_limits_options[];
extern const struct option config_network_options[];
extern const struct option config_log_options[];
extern const struct option config_type_option[];

extern const struct option config_source_options[];

struct source_config;
/* What the source's terms allow: as set, else as its type has it. */
void config_source_terms(struct source_config *s);

#endif
