#include "daemon/config.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/decision.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/yaml.h"
#include "collectors/collector.h"
#include "people/link_codes.h"
#include "platform/file.h"
#include "platform/http_server.h"
#include "platform/zone.h"

#include "actions/sender.h"
#include "daemon/config_internal.h"

#define CONFIG_BYTES_MAX (1024 * 1024)
#define CONFIG_ARENA_BYTES (16 * 1024 * 1024)

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

/* ---- reading -------------------------------------------------------------- */

struct loading {
	struct config_full *full;
	struct diag_list *diags;
	const char *file;
	const char *dir;
	bool has_no_memory; /* asked once, at the end: half a configuration is none */
};

static const void *
need(struct loading *l, const void *made)
{
	l->has_no_memory |= made == NULL;
	return made;
}

static const char *
copy_of(struct loading *l, struct slice text)
{
	return need(l, arena_strndup(l->full->arena, text.ptr, text.len));
}

static void
find(struct loading *l, const struct yaml_node *node, const char *code, const char *help,
    const char *message)
{
	if (node == NULL || l->full->doc == NULL)
		diag_add_file(l->diags, DIAG_ERROR, code, l->file, help, "%s", message);
	else
		diag_add(l->diags, DIAG_ERROR, code, l->file, yaml_text(l->full->doc), node->start,
		    node->len > 0 ? node->len : 1, help, "%s", message);
}

static struct options *
section(
    struct loading *l, const struct option *table, const struct yaml_node *node, const char *path)
{
	struct options *set = table == NULL || path == NULL
	    ? NULL
	    : options_read(table, l->full->doc, node, path, l->dir, l->diags);

	need(l, set);
	return set;
}

static const struct yaml_node *
map_of(struct loading *l, const struct options *o, const char *name)
{
	const struct yaml_node *node = options_node(o, name);

	(void)l;
	return node != NULL && node->type == YAML_MAP ? node : NULL;
}

/* "a/b/../c" and "./c" read better as "a/c" and "c"; only names are looked at, not links. */
static const char *
path_tidy(struct arena *a, const char *path)
{
	struct slice rest = slice_of(path);
	char *out = path == NULL ? NULL : arena_strdup(a, path);
	size_t len = 0, first = path != NULL && path[0] == '/' ? 1 : 0;

	if (out == NULL)
		return path;
	while (slice_is_set(rest)) {
		struct slice part = slice_split(&rest, '/');
		size_t start = len;

		if (part.len == 0 || slice_eq_str(part, "."))
			continue;
		if (slice_eq_str(part, "..") && len > 0) {
			while (start > 0 && out[start - 1] != '/')
				start--;
			if (!slice_eq_str(slice_make(out + start, len - start), "..")) {
				len = start > first ? start - 1 : first;
				continue;
			}
		}
		if (len > 0 || first == 1)
			out[len++] = '/';
		memmove(out + len, part.ptr, part.len);
		len += part.len;
	}
	out[len] = '\0';
	return len == 0 ? "." : out;
}

static const char *
path_beside(struct arena *a, const char *store_path, const char *name)
{
	return file_join(a, file_dir(a, store_path), name);
}

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
		find(l, node, "C050", NULL, message);
		return NULL;
	}
	if (type == NULL || type->type != YAML_SCALAR) {
		snprintf(
		    message, sizeof message, "%s '%.*s' has no `type`", what, SLICE_ARG(node->key));
		find(l, node, "C050", NULL, message);
		return NULL;
	}
	return copy_of(l, type->scalar);
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
	find(l, yaml_get(node, "type"), "C051", help, message);
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
		find(l, node, "C058", "choose another name",
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
	s->name = copy_of(l, node->key);
	s->set = section(l, table_with_type(l->full->arena, s->ops->options, config_source_options),
	    node, arena_printf(l->full->arena, "sources.%.*s", SLICE_ARG(node->key)));
	if (s->set != NULL)
		config_source_terms(s);
	c->source_count++;
}

static int
read_sources(struct loading *l)
{
	const struct yaml_node *map = map_of(l, l->full->top, "sources");
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
	cc->set = section(l, table, node, arena_printf(a, "channels.%s", name));
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
	name = copy_of(l, node->key);
	if (name != NULL)
		add_channel(l, name, ops, node);
}

/* `file` and `log` are there also when nobody configures them: nothing leaves the machine until
 * operations says so. */
static int
read_channels(struct loading *l)
{
	static const char *const built_in[] = {"file", "log"};
	const struct yaml_node *map = map_of(l, l->full->top, "channels");
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

static const char *const *
list_of(struct loading *l, const struct options *o, const char *name, size_t *count_r)
{
	size_t n = options_list_count(o, name);
	const char **items = arena_array(l->full->arena, n + 1, sizeof *items);

	for (size_t i = 0; items != NULL && i < n; i++)
		items[i] = options_list_at(o, name, i);
	*count_r = items == NULL ? 0 : n;
	return need(l, items);
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
			find(l, node, "C052",
			    "write channel:address, for example \"email:support@acme.example\" or "
			    "\"log:\"",
			    message);
		} else if (actions_channel(&l->full->base.actions,
			       slice_make(list[i], (size_t)(colon - list[i]))) == NULL) {
			snprintf(message, sizeof message, "there is no channel called '%.*s'",
			    (int)(colon - list[i]), list[i]);
			find(l, node, "C053",
			    "channels are listed under `channels`; `file` and `log` are always "
			    "there",
			    message);
		}
	}
}

static int
read_queues(struct loading *l)
{
	struct config_full *f = l->full;
	const struct yaml_node *map;
	struct alert_queue *queues;

	f->alerts = section(l, config_alerts_options, options_node(f->top, "alerts"), "alerts");
	if (f->alerts == NULL)
		return -1;
	map = map_of(l, f->alerts, "queues");
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

		q->name = copy_of(l, node->key);
		o = section(l, config_queue_options, node,
		    arena_printf(f->arena, "alerts.queues.%.*s", SLICE_ARG(node->key)));
		if (o == NULL)
			return -1;
		f->queues[f->queue_sets++] = o;
		q->title = options_text(o, "title");
		q->notify = list_of(l, o, "notify", &q->notify_count);
		q->escalate = list_of(l, o, "escalate", &q->escalate_count);
		q->escalate_after_ms = options_int(o, "escalate_after");
		check_addresses(l, node, q->notify, q->notify_count);
		check_addresses(l, node, q->escalate, q->escalate_count);
		f->base.actions.queue_count++;
	}
	return 0;
}

static int
read_offers(struct loading *l)
{
	struct config_full *f = l->full;
	const struct yaml_node *map = map_of(l, f->top, "offers");
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

		o->name = copy_of(l, node->key);
		set = section(l, config_offer_options, node,
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

static int
read_sections(struct loading *l)
{
	struct config_full *f = l->full;

	f->store = section(l, config_store_options, options_node(f->top, "store"), "store");
	f->server = section(l, config_server_options, options_node(f->top, "server"), "server");
	f->customers =
	    section(l, config_customers_options, options_node(f->top, "customers"), "customers");
	f->people = section(l, config_people_options, options_node(f->top, "people"), "people");
	if (f->people == NULL)
		return -1;
	f->influence = section(
	    l, config_influence_options, options_node(f->people, "influence"), "people.influence");
	f->adoption = section(
	    l, config_adoption_options, options_node(f->people, "adoption"), "people.adoption");
	f->network = section(l, config_network_options, options_node(f->top, "network"), "network");
	f->log = section(l, config_log_options, options_node(f->top, "log"), "log");
	f->limits = section(l, config_limits_options, options_node(f->top, "limits"), "limits");
	if (f->store == NULL || f->server == NULL || f->customers == NULL || f->network == NULL ||
	    f->log == NULL || f->limits == NULL || f->influence == NULL || f->adoption == NULL)
		return -1;
	return 0;
}

static enum log_level
level_of(const char *name)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	for (int i = 0; i < 4; i++)
		if (name != NULL && strcmp(name, names[i]) == 0)
			return (enum log_level)i;
	return LOG_INFO;
}

static const struct yaml_node *
node_at(struct loading *l, const char *section_name, const char *key)
{
	const struct yaml_node *s =
	    l->full->doc == NULL ? NULL : yaml_get(yaml_root(l->full->doc), section_name);

	return s == NULL || s->type != YAML_MAP ? NULL : yaml_get(s, key);
}

/* "21:00-08:00" */
static bool
quiet_hours_parse(const char *text, struct rule_hours *h)
{
	int from_hour, from_minute, until_hour, until_minute, used = 0;

	if (sscanf(text, "%2d:%2d-%2d:%2d%n", &from_hour, &from_minute, &until_hour, &until_minute,
		&used) != 4 ||
	    text[used] != '\0' || from_hour < 0 || from_hour > 23 || until_hour < 0 ||
	    until_hour > 23 || from_minute < 0 || from_minute > 59 || until_minute < 0 ||
	    until_minute > 59)
		return false;
	*h = (struct rule_hours){.from_minute = from_hour * 60 + from_minute,
	    .until_minute = until_hour * 60 + until_minute,
	    .answer = HOURS_DEFER};
	return h->from_minute != h->until_minute;
}

static void
fill_limits(struct loading *l)
{
	struct config_full *f = l->full;
	struct actions_config *a = &f->base.actions;
	const char *quiet = options_text(f->limits, "quiet_hours");

	a->max_per_person_per_day = options_int(f->limits, "per_person_per_day");
	a->max_per_person_per_week = options_int(f->limits, "per_person_per_week");
	a->spend_per_day_milli = options_int(f->limits, "spend_per_day");
	a->spend_per_month_milli = options_int(f->limits, "spend_per_month");
	a->currency = options_text(f->limits, "currency");
	a->allowed_lateness_ms = options_int(f->limits, "allowed_lateness");
	a->brake_file = options_text(f->limits, "brake_file");
	if (quiet == NULL)
		return;
	if (quiet_hours_parse(quiet, &f->quiet_hours))
		a->quiet_hours = &f->quiet_hours;
	else
		find(l, node_at(l, "limits", "quiet_hours"), "C059",
		    "write two different times of day: 21:00-08:00",
		    "these quiet hours cannot be read");
}

static void
fill_influence(struct loading *l)
{
	struct influence_weights *w = &l->full->base.influence;
	const struct options *o = l->full->influence;
	int64_t sum = 0;

	for (int i = 0; i < INFLUENCE_PART_COUNT; i++) {
		w->parts_milli[i] = options_int(o, influence_part_name((enum influence_part)i));
		sum += w->parts_milli[i];
	}
	w->bot_discount_milli = options_int(o, "bot_discount");
	if (sum > 0)
		return;
	find(l, node_at(l, "people", "influence"), "C060",
	    "leave the parts out that you do not care about: their defaults stay",
	    "no part of influence has a weight");
}

static void
fill_code_prefix(struct loading *l)
{
	struct config *c = &l->full->base;

	c->code_prefix = options_text(l->full->people, "code_prefix");
	if (!link_code_prefix_ok(slice_of(c->code_prefix)))
		find(l, node_at(l, "people", "code_prefix"), "C061",
		    "write 2 to 20 letters and digits, such as the brand's name: acme",
		    "this is no prefix of codes");
}

static void
fill_adoption(struct loading *l)
{
	const struct options *o = l->full->adoption;

	l->full->base.adoption = (struct adoption_config){options_int(o, "authors"),
	    options_int(o, "within"), options_int(o, "burn_in"), options_int(o, "share")};
}

static void
fill(struct loading *l)
{
	struct config_full *f = l->full;
	struct config *c = &f->base;
	struct arena *a = f->arena;

	c->store_path = path_tidy(a, options_text(f->store, "path"));
	c->retention_ms = options_int(f->store, "retention");
	c->seen_ms = options_int(f->store, "seen_for");
	c->listen = options_text(f->server, "listen");
	c->token = options_text(f->server, "token");
	c->socket_path = path_tidy(a, options_text(f->server, "socket"));
	c->max_body_bytes = options_int(f->server, "max_body");
	c->rules_dir = options_text(f->top, "rules");
	c->templates_dir = options_text(f->top, "templates");
	c->vocabulary_dir = options_text(f->top, "vocabulary");
	c->customers_path = options_text(f->customers, "import");
	c->handle_attribute = options_text(f->customers, "handle_attribute");
	c->allow_private = list_of(l, f->network, "allow_private", &c->allow_private_count);
	c->log_level = level_of(options_text(f->log, "level"));
	c->log_journal = options_bool(f->log, "journal");
	fill_limits(l);
	fill_influence(l);
	fill_code_prefix(l);
	fill_adoption(l);
	c->actions.brand_timezone = options_text(f->top, "timezone");
	c->actions.default_reply_channel = options_text(f->top, "reply_channel");
	if (need(l, c->store_path) == NULL)
		return;
	if (c->socket_path == NULL)
		c->socket_path = need(l, path_beside(a, c->store_path, "earshot.sock"));
	if (c->actions.brake_file == NULL)
		c->actions.brake_file = need(l, path_beside(a, c->store_path, "STOP"));
	c->blackbox_path = need(l, arena_printf(a, "%s-state", c->store_path));
	if (c->listen != NULL && strcmp(c->listen, "off") == 0)
		c->listen = NULL;
}

static void
check_whole(struct loading *l)
{
	struct config *c = &l->full->base;
	const char *zone = c->actions.brand_timezone;
	char message[300];

	if (c->listen != NULL && !http_server_address_is_valid(c->listen))
		find(l, node_at(l, "server", "listen"), "C062",
		    "an address and a port up to 65535: 127.0.0.1:8080, [::1]:8080, unix:/path; or "
		    "off",
		    "nobody can listen on this");
	else if (c->listen != NULL && !http_server_address_is_loopback(c->listen) &&
	    c->token == NULL)
		find(l, node_at(l, "server", "listen"), "C054",
		    "set server.token to a secret such as ${EARSHOT_TOKEN}, or listen on 127.0.0.1",
		    "listening beyond this machine needs an access token");
	if (!zone_exists(slice_of(zone))) {
		const char *nearest = zone_nearest(slice_of(zone));

		snprintf(message, sizeof message, "there is no time zone called '%.100s'", zone);
		find(l, l->full->doc == NULL ? NULL : yaml_get(yaml_root(l->full->doc), "timezone"),
		    "C055", nearest == NULL ? "write it like Europe/Berlin" : nearest, message);
	}
	if (c->seen_ms < c->retention_ms)
		find(l, node_at(l, "store", "seen_for"), "C056",
		    "make seen_for at least as long as retention",
		    "ids of seen posts must be kept at least as long as their texts");
	if (c->actions.default_reply_channel != NULL) {
		const struct channel *ch =
		    actions_channel(&c->actions, slice_of(c->actions.default_reply_channel));
		bool fine = ch != NULL && (ch->ops->can_reply || ch->ops->is_local);

		if (!fine)
			find(l,
			    l->full->doc == NULL
				? NULL
				: yaml_get(yaml_root(l->full->doc), "reply_channel"),
			    "C057",
			    "name a channel of a kind that can reply, such as mastodon, or file or "
			    "log",
			    "reply_channel does not name a channel that can reply");
	}
}

int
config_load(const char *path, struct diag_list *diags, struct config **config_r, struct err *err)
{
	struct config_full *f = mem_zalloc(sizeof *f);
	struct loading l = {f, diags, path, ".", false};
	size_t errors_before = diag_count(diags, DIAG_ERROR);
	struct buf text;
	int rc = -1;

	buf_init(&text, CONFIG_BYTES_MAX + 1);
	if (f == NULL || (f->arena = arena_new(CONFIG_ARENA_BYTES)) == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the configuration");
		goto out;
	}
	atomic_init(&f->refs, 1);
	if (path != NULL) {
		if (file_read(path, CONFIG_BYTES_MAX, &text, err) < 0)
			goto out;
		l.file = need(&l, arena_strdup(f->arena, path));
		l.dir = need(&l, file_dir(f->arena, path));
		if (l.has_no_memory) {
			err_set(err, ERR_NOMEM, "no memory for the configuration");
			goto out;
		}
		f->doc = yaml_parse(path, buf_slice(&text), diags);
		if (f->doc == NULL) {
			rc = 1;
			goto out;
		}
	}
	f->base.path = path == NULL ? NULL : l.file;
	f->base.dir = l.dir;
	f->top = section(&l, config_top_options, f->doc == NULL ? NULL : yaml_root(f->doc), "");
	if (f->top == NULL || read_sections(&l) < 0 || read_sources(&l) < 0 ||
	    read_channels(&l) < 0 || read_queues(&l) < 0 || read_offers(&l) < 0) {
		err_set(err, ERR_NOMEM, "no memory for the configuration");
		goto out;
	}
	fill(&l);
	if (l.has_no_memory) {
		err_set(err, ERR_NOMEM, "no memory for the configuration");
		goto out;
	}
	if (diag_count(diags, DIAG_ERROR) == errors_before)
		check_whole(&l);
	if (diag_count(diags, DIAG_ERROR) > errors_before) {
		rc = 1;
		goto out;
	}
	*config_r = &f->base;
	f = NULL;
	rc = 0;
out:
	buf_fini(&text);
	if (f != NULL)
		config_unref(&f->base);
	return rc;
}

const struct source_config *
config_source(const struct config *c, struct slice name)
{
	for (size_t i = 0; i < c->source_count; i++)
		if (slice_eq_str(name, c->sources[i].name))
			return &c->sources[i];
	return NULL;
}

struct config *
config_ref(struct config *c)
{
	atomic_fetch_add(&((struct config_full *)c)->refs, 1);
	return c;
}

void
config_unref(struct config *c)
{
	struct config_full *f = (struct config_full *)c;

	if (c == NULL || atomic_fetch_sub(&f->refs, 1) > 1)
		return;
	for (size_t i = 0; i < c->source_count; i++)
		options_free(c->sources[i].set);
	for (size_t i = 0; i < c->channel_count; i++)
		options_free(c->channels[i].set);
	for (size_t i = 0; i < f->queue_sets; i++)
		options_free(f->queues[i]);
	for (size_t i = 0; i < f->offer_set_count; i++)
		options_free(f->offer_sets[i]);
	options_free(f->top);
	options_free(f->store);
	options_free(f->server);
	options_free(f->customers);
	options_free(f->people);
	options_free(f->influence);
	options_free(f->adoption);
	options_free(f->network);
	options_free(f->log);
	options_free(f->limits);
	options_free(f->alerts);
	yaml_doc_free(f->doc);
	arena_free(f->arena);
	mem_free(f);
}
