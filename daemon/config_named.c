/*
 * config_named.c - what a configuration has as many of as somebody writes, each under its name: sources, channels,
 * queues of alerts, offers.
 */
#include "daemon/config_loading.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/diag.h"
#include "core/yaml.h"
#include "collectors/collector.h"

#include "actions/sender.h"
#include "daemon/config_internal.h"

/* `type` chooses the table of the rest; a table that also knows `type` is put together for
 * options_read(). */
static struct option *
table_with_type(struct arena *a, const struct option *x, const struct option *y)
{
	size_t nx = 0, ny = 0;
	struct option *all;

	while (x != NULL && x[nx].name != NULL)
		nx++;
	while (y != NULL && y[ny].name != NULL)
		ny++;
	all = arena_array(a, nx + ny + 2, sizeof *all);
	if (all == NULL)
		return NULL;
	all[0] = config_type_option[0];
	for (size_t i = 0; i < nx; i++)
		all[1 + i] = x[i];
	for (size_t i = 0; i < ny; i++)
		all[1 + nx + i] = y[i];
	return all;
}

static const char *
type_of(struct loading *l, const struct yaml_node *node, const char *what)
{
	const struct yaml_node *type = node->type == YAML_MAP ? yaml_get(node, "type") : NULL;
	char message[200];

	if (node->type != YAML_MAP) {
		snprintf(message, sizeof message, "%s '%.*s' must be a map with a `type`", what,
		    SLICE_ARG(node->key));
		loading_find(l, node, "C050", NULL, message);
		return NULL;
	}
	if (type == NULL || type->type != YAML_SCALAR) {
		snprintf(
		    message, sizeof message, "%s '%.*s' has no `type`", what, SLICE_ARG(node->key));
		loading_find(l, node, "C050", NULL, message);
		return NULL;
	}
	return loading_copy(l, type->scalar);
}

static void
unknown_type(struct loading *l, const struct yaml_node *node, const char *what, const char *type,
    const char *const *known, size_t count)
{
	const char *nearest = diag_nearest(slice_of(type), known, count);
	char message[200], help[600];
	size_t at = 0;

	snprintf(message, sizeof message, "there is no kind of %s called '%s'", what, type);
	if (nearest != NULL) {
		snprintf(help, sizeof help, "did you mean '%s'?", nearest);
	} else {
		at = (size_t)snprintf(help, sizeof help, "there is");
		for (size_t i = 0; i < count && at < sizeof help; i++)
			at += (size_t)snprintf(
			    help + at, sizeof help - at, "%s %s", i == 0 ? "" : ",", known[i]);
	}
	loading_find(l, yaml_get(node, "type"), "C051", help, message);
}

static void
read_source(struct loading *l, const struct yaml_node *node)
{
	struct config *c = &l->full->base;
	struct source_config *s = &c->sources[c->source_count];
	const char *type = type_of(l, node, "the source");
	const char *known[64];
	size_t n = 0;

	if (slice_eq_str(node->key, "api")) /* POST /api/v1/posts: its rows, its counts */
		loading_find(l, node, "C058", "choose another name",
		    "the name 'api' is taken by what comes over HTTP");
	if (type == NULL)
		return;
	s->ops = collector_find(slice_of(type));
	if (s->ops == NULL) {
		for (; collector_registry[n] != NULL && n < 64; n++)
			known[n] = collector_registry[n]->name;
		unknown_type(l, node, "source", type, known, n);
		return;
	}
	s->name = loading_copy(l, node->key);
	s->set = loading_section(l,
	    table_with_type(l->full->arena, s->ops->options, config_source_options), node,
	    arena_printf(l->full->arena, "sources.%.*s", SLICE_ARG(node->key)));
	if (s->set != NULL)
		config_source_terms(s);
	c->source_count++;
}

int
loading_read_sources(struct loading *l)
{
	const struct yaml_node *map = loading_map(l, l->full->top, "sources");
	struct config *c = &l->full->base;

	c->sources =
	    arena_array(l->full->arena, map == NULL ? 1 : map->count + 1, sizeof *c->sources);
	if (c->sources == NULL)
		return -1;
	for (size_t i = 0; map != NULL && i < map->count; i++)
		read_source(l, &map->items[i]);
	return 0;
}

static void
add_channel(
    struct loading *l, const char *name, const struct sender_ops *ops, const struct yaml_node *node)
{
	struct arena *a = l->full->arena;
	struct config *c = &l->full->base;
	struct channel_config *cc = &c->channels[c->channel_count];
	struct channel *ch = (struct channel *)&c->actions.channels[c->channel_count];
	const struct option *table = table_with_type(a, ops->options, sender_common_options);

	if (node == NULL && table != NULL) /* built in: no `type` needed */
		table++;
	cc->name = name;
	cc->ops = ops;
	cc->set = loading_section(l, table, node, arena_printf(a, "channels.%s", name));
	cc->common = cc->set;
	if (cc->set == NULL)
		return;
	channel_fill(name, ops, cc->set, ch);
	c->channel_count++;
	c->actions.channel_count++;
}

static void
read_channel(struct loading *l, const struct yaml_node *node)
{
	const char *type = type_of(l, node, "the channel"), *name;
	const struct sender_ops *ops;
	const char *known[64];
	size_t n = 0;

	if (type == NULL)
		return;
	ops = sender_find(slice_of(type));
	if (ops == NULL) {
		for (; sender_registry[n] != NULL && n < 64; n++)
			known[n] = sender_registry[n]->name;
		unknown_type(l, node, "channel", type, known, n);
		return;
	}
	name = loading_copy(l, node->key);
	if (name != NULL)
		add_channel(l, name, ops, node);
}

/* `file` and `log` are there also when nobody configures them: nothing leaves the machine until
 * operations says so. */
int
loading_read_channels(struct loading *l)
{
	static const char *const built_in[] = {"file", "log"};
	const struct yaml_node *map = loading_map(l, l->full->top, "channels");
	struct config *c = &l->full->base;
	size_t most = (map == NULL ? 0 : map->count) + 3;

	c->channels = arena_array(l->full->arena, most, sizeof *c->channels);
	c->actions.channels = arena_array(l->full->arena, most, sizeof *c->actions.channels);
	if (c->channels == NULL || c->actions.channels == NULL)
		return -1;
	for (size_t i = 0; map != NULL && i < map->count; i++)
		read_channel(l, &map->items[i]);
	for (size_t i = 0; i < 2; i++)
		if (map == NULL || yaml_get(map, built_in[i]) == NULL)
			add_channel(l, built_in[i], sender_find(slice_of(built_in[i])), NULL);
	return 0;
}

const char *const *
loading_list(struct loading *l, const struct options *o, const char *name, size_t *count_r)
{
	size_t n = options_list_count(o, name);
	const char **items = arena_array(l->full->arena, n + 1, sizeof *items);

	for (size_t i = 0; items != NULL && i < n; i++)
		items[i] = options_list_at(o, name, i);
	*count_r = items == NULL ? 0 : n;
	return loading_need(l, items);
}

static void
check_addresses(
    struct loading *l, const struct yaml_node *node, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *colon = strchr(list[i], ':');
		char message[300];

		if (colon == NULL) {
			snprintf(message, sizeof message,
			    "'%.100s' must name a channel and an address", list[i]);
			loading_find(l, node, "C052",
			    "write channel:address, for example \"email:support@acme.example\" or "
			    "\"log:\"",
			    message);
		} else if (actions_channel(&l->full->base.actions,
			       slice_make(list[i], (size_t)(colon - list[i]))) == NULL) {
			snprintf(message, sizeof message, "there is no channel called '%.*s'",
			    (int)(colon - list[i]), list[i]);
			loading_find(l, node, "C053",
			    "channels are listed under `channels`; `file` and `log` are always "
			    "there",
			    message);
		}
	}
}

int
loading_read_queues(struct loading *l)
{
	struct config_full *f = l->full;
	const struct yaml_node *map;
	struct alert_queue *queues;

	f->alerts =
	    loading_section(l, config_alerts_options, options_node(f->top, "alerts"), "alerts");
	if (f->alerts == NULL)
		return -1;
	map = loading_map(l, f->alerts, "queues");
	queues = arena_array(f->arena, map == NULL ? 1 : map->count + 1, sizeof *queues);
	f->queues =
	    arena_array(f->arena, map == NULL ? 1 : map->count + 1, sizeof(struct options *));
	if (queues == NULL || f->queues == NULL)
		return -1;
	f->base.actions.queues = queues;
	for (size_t i = 0; map != NULL && i < map->count; i++) {
		const struct yaml_node *node = &map->items[i];
		struct alert_queue *q = &queues[f->base.actions.queue_count];
		struct options *o;

		q->name = loading_copy(l, node->key);
		o = loading_section(l, config_queue_options, node,
		    arena_printf(f->arena, "alerts.queues.%.*s", SLICE_ARG(node->key)));
		if (o == NULL)
			return -1;
		f->queues[f->queue_sets++] = o;
		q->title = options_text(o, "title");
		q->notify = loading_list(l, o, "notify", &q->notify_count);
		q->escalate = loading_list(l, o, "escalate", &q->escalate_count);
		q->escalate_after_ms = options_int(o, "escalate_after");
		check_addresses(l, node, q->notify, q->notify_count);
		check_addresses(l, node, q->escalate, q->escalate_count);
		f->base.actions.queue_count++;
	}
	return 0;
}

int
loading_read_offers(struct loading *l)
{
	struct config_full *f = l->full;
	const struct yaml_node *map = loading_map(l, f->top, "offers");
	size_t most = map == NULL ? 1 : map->count + 1;
	const char **names = arena_array(f->arena, most, sizeof *names);
	int64_t *costs = arena_array(f->arena, most, sizeof *costs);

	f->base.offers = arena_array(f->arena, most, sizeof *f->base.offers);
	f->offer_sets = arena_array(f->arena, most, sizeof(struct options *));
	if (names == NULL || costs == NULL || f->base.offers == NULL || f->offer_sets == NULL)
		return -1;
	for (size_t i = 0; map != NULL && i < map->count; i++) {
		const struct yaml_node *node = &map->items[i];
		struct offer_config *o = &f->base.offers[i];
		struct options *set;

		o->name = loading_copy(l, node->key);
		set = loading_section(l, config_offer_options, node,
		    arena_printf(f->arena, "offers.%.*s", SLICE_ARG(node->key)));
		if (set == NULL)
			return -1;
		f->offer_sets[f->offer_set_count++] = set;
		o->codes_path = options_text(set, "codes");
		o->description = options_text(set, "description");
		names[i] = o->name;
		costs[i] = options_int(set, "cost");
		f->base.offer_count++;
	}
	f->base.actions.offers = names;
	f->base.actions.offer_costs_milli = costs;
	f->base.actions.offer_count = f->base.offer_count;
	return 0;
}
