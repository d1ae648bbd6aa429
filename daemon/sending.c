/*
 * sending.c - the configured channels and the courier that feeds them.  A reload opens a new set;
 * the old one finishes what it has and is then freed.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/timefmt.h"

#include "actions/courier.h"
#include "daemon/config.h"
#include "daemon/service_internal.h"
#include "daemon/worker.h"

struct sending {
	struct service *service;
	struct config *config;
	struct sender_host host;
	struct sender **list; /* in the order of config->channels */
	size_t count;
	struct courier *courier;
	bool is_claiming;
	struct sending *older;
};

static void
on_claimed(void *cookie, struct message *const *list, size_t count, int64_t next_due_at_ms,
    struct arena *arena_take)
{
	struct sending *x = cookie;

	x->is_claiming = false;
	courier_deliver(x->courier, list, count, next_due_at_ms);
	arena_free(arena_take);
}

static void
on_claim(void *cookie, size_t limit, const struct slice *skip, size_t skip_count)
{
	struct sending *x = cookie;

	x->is_claiming = true;
	if (worker_claim(x->service->worker, limit, skip, skip_count, on_claimed, x) == 0)
		return;
	x->is_claiming = false;
	courier_deliver(x->courier, NULL, 0, clock_now_ms(x->service->clock) + TIME_SECOND_MS);
}

static void
on_record(void *cookie, const char *id, const struct send_outcome *outcome)
{
	struct sending *x = cookie;

	worker_record(x->service->worker, id, outcome);
}

void
sending_recorded(void *cookie, const char *id, enum message_state state, const char *reason)
{
	struct service *s = cookie;

	log_event(s->log, state == MESSAGE_SENT ? LOG_INFO : LOG_WARN, "message", "id", id, "state",
	    message_state_name(state), "why", reason[0] == '\0' ? NULL : reason, NULL);
	if (state == MESSAGE_LATER)
		sending_wake(s);
}

static void
on_channel_stopped(void *cookie, const char *channel, const char *why)
{
	struct sending *x = cookie;
	char key[128], title[200];

	snprintf(key, sizeof key, "channel:%s", channel);
	snprintf(title, sizeof title, "the channel %s has stopped", channel);
	service_alert(x->service, key, title, why);
}

static void
sending_free(struct sending *x)
{
	/* What channels still report while they close is recorded: the courier goes last. */
	if (x->courier != NULL)
		courier_close(x->courier);
	for (size_t i = 0; i < x->count; i++)
		sender_free(x->list[i]);
	courier_free(x->courier);
	mem_free(x->list);
	config_unref(x->config);
	mem_free(x);
}

int
sending_open(struct service *s, struct config *config, struct err *err)
{
	struct sending *x = mem_zalloc(sizeof *x);
	struct courier_host host = {x, on_claim, on_record, on_channel_stopped};

	if (x == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the channels");
	x->service = s;
	x->config = config_ref(config);
	x->host = (struct sender_host){s->loop, s->http, s->clock, &s->rng, s->log};
	x->list = mem_array(config->channel_count + 1, sizeof(struct sender *));
	if (x->list == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the channels");
		goto failed;
	}
	for (size_t i = 0; i < config->channel_count; i++) {
		if (sender_new(config->channels[i].name, config->channels[i].ops,
			config->channels[i].set, config->channels[i].common, &x->host, &x->list[i],
			err) < 0) {
			goto failed;
		}
		x->count++;
	}
	if (courier_new(&x->config->actions, x->list, &x->host, &host, &x->courier, err) < 0)
		goto failed;
	x->older = s->sending;
	if (x->older != NULL)
		courier_drain(x->older->courier);
	s->sending = x;
	return 0;
failed:
	sending_free(x);
	return -1;
}

void
sending_wake(struct service *s)
{
	if (s->sending != NULL && !s->is_stopping)
		courier_wake(s->sending->courier);
}

void
sending_reap(struct service *s)
{
	for (struct sending **link = s->sending == NULL ? NULL : &s->sending->older;
	     link != NULL && *link != NULL;) {
		struct sending *x = *link;

		if (x->is_claiming || !courier_is_idle(x->courier)) {
			link = &x->older;
			continue;
		}
		*link = x->older;
		sending_free(x);
	}
}

void
sending_drain(struct service *s)
{
	if (s->sending != NULL)
		courier_drain(s->sending->courier);
}

bool
sending_is_idle(const struct service *s)
{
	for (const struct sending *x = s->sending; x != NULL; x = x->older)
		if (x->is_claiming || !courier_is_idle(x->courier))
			return false;
	return true;
}

void
sending_close(struct service *s)
{
	while (s->sending != NULL) {
		struct sending *x = s->sending;

		s->sending = x->older;
		sending_free(x);
	}
}

struct courier *
sending_courier(const struct service *s)
{
	return s->sending->courier;
}

/* ---- whose posts are our own ---------------------------------------------------- */

struct account_note {
	char text[1024]; /* one a line */
};

static void
accounts_work(void *cookie, struct store *st, struct pipeline *p)
{
	struct account_note *n = cookie;
	const char *accounts[32];
	size_t count = 0;
	char *line = n->text;

	(void)st;
	while (*line != '\0' && count < 32) {
		char *end = strchr(line, '\n');

		if (end == NULL)
			break;
		*end = '\0';
		accounts[count++] = line;
		line = end + 1;
	}
	pipeline_set_sender_accounts(p, accounts, count);
}

static void
accounts_done(void *cookie)
{
	mem_free(cookie);
}

void
sending_tell_accounts(struct service *s)
{
	struct account_note *n;
	char text[sizeof s->own_accounts] = "";
	size_t len = 0;

	for (size_t i = 0; s->sending != NULL && i < s->sending->count; i++) {
		const struct sender_ops *ops = sender_kind(s->sending->list[i]);
		const char *account = ops->own_account == NULL
		    ? NULL
		    : ops->own_account(sender_state(s->sending->list[i]));
		size_t more = account == NULL ? 0 : strlen(account);

		if (more == 0 || len + more + 2 > sizeof text)
			continue;
		memcpy(text + len, account, more);
		len += more;
		text[len++] = '\n';
		text[len] = '\0';
	}
	if (strcmp(text, s->own_accounts) == 0)
		return;
	n = mem_zalloc(sizeof *n);
	if (n == NULL)
		return;
	memcpy(n->text, text, sizeof n->text);
	if (worker_call(s->worker, accounts_work, accounts_done, n) < 0) {
		mem_free(n);
		return;
	}
	memcpy(s->own_accounts, text, sizeof text);
}
