/*
 * channel_world.h - one channel on a loop of its own, with a clock that stands still, and what it
 * answered.  Header only.
 */
#ifndef TESTS_ACTIONS_CHANNEL_WORLD_H
#define TESTS_ACTIONS_CHANNEL_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions/senders_internal.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/yaml.h"
#include "platform/http_client.h"
#include "platform/http_server.h"
#include "platform/loop.h"
#include "platform/sysclock.h"
#include "store/outbox.h"

#define WORLD_NOW INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */
#define WORLD_ID "0123456789abcdef0123456789abcdef"

struct channel_world {
	struct loop *loop;
	struct http_client *client;
	struct clock_virtual clock;
	struct rng rng;
	struct log *log;
	struct yaml_doc *doc;
	struct diag_list *diags;
	struct options *set;
	struct option table[48];
	struct sender *sender;
	struct err err;
	/* the message */
	struct json_doc *parts;
	struct outbox_item item;
	/* what the channel said */
	int answers;
	struct send_outcome outcome;
	bool is_late; /* the patience of channel_wait() ended */
};

static inline void
channel_world_init(struct channel_world *w)
{
	static const char *const local[] = {"127.0.0.1"};
	const struct http_policy policy = {local, 1};

	memset(w, 0, sizeof *w);
	assert_int_equal(loop_new(&w->loop, NULL), 0);
	assert_int_equal(http_client_new(w->loop, &policy, &w->client, NULL), 0);
	clock_virtual_init(&w->clock, WORLD_NOW);
	rng_init(&w->rng, 1);
	w->item = (struct outbox_item){
	    .id = SLICE_LIT(WORLD_ID),
	    .kind = MESSAGE_SEND,
	    .address = SLICE_LIT("ada@example.org"),
	    .customer_id = SLICE_LIT("c-17"),
	    .reply_handle = SLICE_LIT(""),
	    .attempt = 1,
	    .created_at_ms = WORLD_NOW - 60000,
	    .reason = SLICE_LIT("sentiment is -0.6"),
	    .rule_id = SLICE_LIT("make-it-right"),
	};
}

static inline void
channel_parts(struct channel_world *w, const char *json)
{
	json_doc_free(w->parts);
	assert_int_equal(json_parse(slice_of(json), &w->parts, NULL, NULL), 0);
	w->item.parts = json_root(w->parts);
}

/* The channel as earshot.yaml describes it; -1 with w->err when it does not open. */
static inline int
channel_open(struct channel_world *w, const struct sender_ops *ops, const char *yaml)
{
	struct sender_host host = {w->loop, w->client, &w->clock.base, &w->rng, w->log};
	size_t count = 0;
	struct buf out;

	for (const struct option *o = ops->options; o->name != NULL; o++)
		w->table[count++] = *o;
	for (const struct option *o = sender_common_options; o->name != NULL; o++)
		w->table[count++] = *o;
	for (size_t i = 0; i < count; i++) /* tests have no seconds to wait */
		if (w->table[i].type == OPTION_DURATION)
			w->table[i].min = 1;
	w->diags = diag_list_new();
	w->doc = yaml_parse("test.yaml", slice_of(yaml), w->diags);
	w->set =
	    options_read(w->table, w->doc, yaml_root(w->doc), "channels.test", "/tmp", w->diags);
	if (diag_count(w->diags, DIAG_ERROR) > 0) {
		buf_init(&out, 65536);
		diag_print(w->diags, &out);
		fail_msg("%s", buf_str(&out));
	}
	return sender_new("test", ops, w->set, w->set, &host, &w->sender, &w->err);
}

static inline void
channel_close(struct channel_world *w)
{
	sender_free(w->sender);
	w->sender = NULL;
	options_free(w->set);
	yaml_doc_free(w->doc);
	diag_list_free(w->diags);
	w->set = NULL;
	w->doc = NULL;
	w->diags = NULL;
}

static inline void
channel_world_fini(struct channel_world *w)
{
	channel_close(w);
	http_client_free(w->client);
	json_doc_free(w->parts);
	loop_run_once(w->loop, false); /* what a thread of the channel had posted */
	loop_free(w->loop);
}

static inline void
channel_answered(void *cookie, const struct send_outcome *outcome)
{
	struct channel_world *w = cookie;

	w->outcome = *outcome;
	w->answers++;
}

static inline void
channel_is_late(void *cookie)
{
	struct channel_world *w = cookie;

	w->is_late = true;
}

/* Hands the message over. */
static inline void
channel_send(struct channel_world *w)
{
	w->answers = 0;
	memset(&w->outcome, 0, sizeof w->outcome);
	sender_kind(w->sender)->send(sender_state(w->sender), &w->item, channel_answered, w);
}

/* Until *flag is not 0; fails after ten seconds. */
static inline void
channel_wait_for(struct channel_world *w, const int *flag, const char *what)
{
	struct loop_timer *patience = loop_timer_new(w->loop, channel_is_late, w);

	w->is_late = false;
	loop_timer_start(patience, 10000);
	while (*flag == 0 && !w->is_late)
		loop_run_once(w->loop, true);
	loop_timer_free(patience);
	if (w->is_late)
		fail_msg("waited in vain for %s", what);
}

/* Hands it over and waits for its one answer. */
static inline const struct send_outcome *
channel_try(struct channel_world *w)
{
	channel_send(w);
	channel_wait_for(w, &w->answers, "an answer");
	assert_int_equal(w->answers, 1);
	return &w->outcome;
}

static inline void
channel_expect(
    const struct channel_world *w, const char *note, enum send_result want, const char *words)
{
	if (w->answers != 1)
		fail_msg("%s: %d answers", note, w->answers);
	if (w->outcome.result != want || strstr(w->outcome.reason, words) == NULL)
		fail_msg("%s: have %s '%s', want %s '%s'", note,
		    send_result_name(w->outcome.result), w->outcome.reason, send_result_name(want),
		    words);
}

#endif
