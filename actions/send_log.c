/*
 * send_log.c - one log line a message: for trying things out, and for notices where the journal is
 * what people watch.
 */
#include <stdio.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/utf8.h"

#include "actions/senders_internal.h"
#include "store/outbox.h"

#define LOG_TEXT_MAX 280

struct log_state {
	struct log *log;
};

static const struct option log_options[] = {{0}};

static int
log_open(struct sender *s, const struct options *set, void **state_r, struct err *err)
{
	struct log_state *l = mem_zalloc(sizeof *l);

	(void)set;
	if (l == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the channel");
	l->log = sender_host(s)->log;
	*state_r = l;
	return 0;
}

/* The first part that says something. */
static struct slice
text_of(const struct json *parts)
{
	static const char *const names[] = {
	    "subject", "title", "reply", "text", "sms", "push", "html"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_is_set(json_get_str(parts, names[i])))
			return utf8_prefix(json_get_str(parts, names[i]), LOG_TEXT_MAX);
	return SLICE_LIT("");
}

static void
log_send(void *state, const struct outbox_item *item, send_done_fn *done, void *cookie)
{
	struct log_state *l = state;
	struct arena *a = arena_new(64 * 1024);
	struct send_outcome o = {0};

	o.wait_ms = -1;
	if (a == NULL) {
		o.result = SEND_LATER;
		snprintf(o.reason, sizeof o.reason, "no memory for a log line");
	} else {
		log_event(l->log, LOG_INFO,
		    item->kind == MESSAGE_NOTICE ? "notice" : "message.text", "id",
		    arena_slice_dup(a, item->id).ptr, "to", arena_slice_dup(a, item->address).ptr,
		    "customer", arena_slice_dup(a, item->customer_id).ptr, "text",
		    arena_slice_dup(a, text_of(item->parts)).ptr, "because",
		    arena_slice_dup(a, item->reason).ptr, "repeat", item->is_repeat ? "yes" : "no",
		    NULL);
		o.result = SEND_DONE;
	}
	arena_free(a);
	done(cookie, &o);
}

static void
log_close(void *state)
{
	mem_free(state);
}

const struct sender_ops sender_log_ops = {
    .name = "log",
    .help = "one line in the log a message",
    .options = log_options,
    .is_local = true,
    .deduplicates = true,
    .can_reply = true,
    .open = log_open,
    .send = log_send,
    .close = log_close,
};
