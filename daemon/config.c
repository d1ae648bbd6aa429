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
#include "people/link_codes.h"
#include "platform/file.h"
#include "platform/http_server.h"
#include "platform/zone.h"

#include "actions/sender.h"
#include "daemon/config_internal.h"
#include "daemon/config_loading.h"

#define CONFIG_BYTES_MAX (1024 * 1024)
#define CONFIG_ARENA_BYTES (16 * 1024 * 1024)

/* ---- reading -------------------------------------------------------------- */

const void *
loading_need(struct loading *l, const void *made)
{
	l->has_no_memory |= made == NULL;
	return made;
}

const char *
loading_copy(struct loading *l, struct slice text)
{
	return loading_need(l, arena_strndup(l->full->arena, text.ptr, text.len));
}

void
loading_find(struct loading *l, const struct yaml_node *node, const char *code, const char *help,
    const char *message)
{
	if (node == NULL || l->full->doc == NULL)
		diag_add_file(l->diags, DIAG_ERROR, code, l->file, help, "%s", message);
	else
		diag_add(l->diags, DIAG_ERROR, code, l->file, yaml_text(l->full->doc), node->start,
		    node->len > 0 ? node->len : 1, help, "%s", message);
}

struct options *
loading_section(
    struct loading *l, const struct option *table, const struct yaml_node *node, const char *path)
{
	struct options *set = table == NULL || path == NULL
	    ? NULL
	    : options_read(table, l->full->doc, node, path, l->dir, l->diags);

	loading_need(l, set);
	return set;
}

const struct yaml_node *
loading_map(struct loading *l, const struct options *o, const char *name)
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
static int
read_sections(struct loading *l)
{
	struct config_full *f = l->full;

	f->store = loading_section(l, config_store_options, options_node(f->top, "store"), "store");
	f->server =
	    loading_section(l, config_server_options, options_node(f->top, "server"), "server");
	f->customers = loading_section(
	    l, config_customers_options, options_node(f->top, "customers"), "customers");
	f->people =
	    loading_section(l, config_people_options, options_node(f->top, "people"), "people");
	if (f->people == NULL)
		return -1;
	f->influence = loading_section(
	    l, config_influence_options, options_node(f->people, "influence"), "people.influence");
	f->adoption = loading_section(
	    l, config_adoption_options, options_node(f->people, "adoption"), "people.adoption");
	f->network =
	    loading_section(l, config_network_options, options_node(f->top, "network"), "network");
	f->log = loading_section(l, config_log_options, options_node(f->top, "log"), "log");
	f->limits =
	    loading_section(l, config_limits_options, options_node(f->top, "limits"), "limits");
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
		loading_find(l, node_at(l, "limits", "quiet_hours"), "C059",
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
	loading_find(l, node_at(l, "people", "influence"), "C060",
	    "leave the parts out that you do not care about: their defaults stay",
	    "no part of influence has a weight");
}

static void
fill_code_prefix(struct loading *l)
{
	struct config *c = &l->full->base;

	c->code_prefix = options_text(l->full->people, "code_prefix");
	if (!link_code_prefix_ok(slice_of(c->code_prefix)))
		loading_find(l, node_at(l, "people", "code_prefix"), "C061",
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
	c->allow_private = loading_list(l, f->network, "allow_private", &c->allow_private_count);
	c->log_level = level_of(options_text(f->log, "level"));
	c->log_journal = options_bool(f->log, "journal");
	fill_limits(l);
	fill_influence(l);
	fill_code_prefix(l);
	fill_adoption(l);
	c->actions.brand_timezone = options_text(f->top, "timezone");
	c->actions.default_reply_channel = options_text(f->top, "reply_channel");
	if (loading_need(l, c->store_path) == NULL)
		return;
	if (c->socket_path == NULL)
		c->socket_path = loading_need(l, path_beside(a, c->store_path, "earshot.sock"));
	if (c->actions.brake_file == NULL)
		c->actions.brake_file = loading_need(l, path_beside(a, c->store_path, "STOP"));
	c->blackbox_path = loading_need(l, arena_printf(a, "%s-state", c->store_path));
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
		loading_find(l, node_at(l, "server", "listen"), "C062",
		    "an address and a port up to 65535: 127.0.0.1:8080, [::1]:8080, unix:/path; or "
		    "off",
		    "nobody can listen on this");
	else if (c->listen != NULL && !http_server_address_is_loopback(c->listen) &&
	    c->token == NULL)
		loading_find(l, node_at(l, "server", "listen"), "C054",
		    "set server.token to a secret such as ${EARSHOT_TOKEN}, or listen on 127.0.0.1",
		    "listening beyond this machine needs an access token");
	if (!zone_exists(slice_of(zone))) {
		const char *nearest = zone_nearest(slice_of(zone));

		snprintf(message, sizeof message, "there is no time zone called '%.100s'", zone);
		loading_find(l,
		    l->full->doc == NULL ? NULL : yaml_get(yaml_root(l->full->doc), "timezone"),
		    "C055", nearest == NULL ? "write it like Europe/Berlin" : nearest, message);
	}
	if (c->seen_ms < c->retention_ms)
		loading_find(l, node_at(l, "store", "seen_for"), "C056",
		    "make seen_for at least as long as retention",
		    "ids of seen posts must be kept at least as long as their texts");
	if (c->actions.default_reply_channel != NULL) {
		const struct channel *ch =
		    actions_channel(&c->actions, slice_of(c->actions.default_reply_channel));
		bool fine = ch != NULL && (ch->ops->can_reply || ch->ops->is_local);

		if (!fine)
			loading_find(l,
			    l->full->doc == NULL
				? NULL
				: yaml_get(yaml_root(l->full->doc), "reply_channel"),
			    "C057",
			    "name a channel of a kind that can reply, such as mastodon, or file or "
			    "log",
			    "reply_channel does not name a channel that can reply");
	}
}

static int
load(const char *path, bool with_errors, struct diag_list *diags, struct config **config_r,
    struct err *err)
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
		l.file = loading_need(&l, arena_strdup(f->arena, path));
		l.dir = loading_need(&l, file_dir(f->arena, path));
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
	f->top =
	    loading_section(&l, config_top_options, f->doc == NULL ? NULL : yaml_root(f->doc), "");
	if (f->top == NULL || read_sections(&l) < 0 || loading_read_sources(&l) < 0 ||
	    loading_read_channels(&l) < 0 || loading_read_queues(&l) < 0 ||
	    loading_read_offers(&l) < 0) {
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
	rc = diag_count(diags, DIAG_ERROR) > errors_before ? 1 : 0;
	if (rc == 1 && !with_errors)
		goto out;
	*config_r = &f->base;
	f = NULL;
out:
	buf_fini(&text);
	if (f != NULL)
		config_unref(&f->base);
	return rc;
}

int
config_load(const char *path, struct diag_list *diags, struct config **config_r, struct err *err)
{
	return load(path, false, diags, config_r, err);
}

int
config_load_folders(
    const char *path, struct diag_list *diags, struct config **config_r, struct err *err)
{
	return load(path, true, diags, config_r, err);
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
