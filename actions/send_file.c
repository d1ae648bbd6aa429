/*
 * send_file.c - one readable file a message, named by its id.
 *
 * The name makes it exact: writing the same message again finds the file and is done, so a crash
 * between writing and recording costs nothing.  A file is complete or not there at all (written
 * beside, synced, renamed).  Writing happens on a thread of the channel's own, for a slow disk must
 * not hold up the loop.
 */
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "platform/file.h"
#include "platform/loop.h"
#include "platform/thread.h"

#include "actions/senders_internal.h"
#include "store/outbox.h"

#define FILE_QUEUE_MAX 1024
#define FILE_BYTES_MAX (1024 * 1024)

struct file_job {
	struct file_job *next;
	char *path, *text;
	size_t text_len;
	send_done_fn *done;
	void *cookie;
	struct send_outcome outcome;
};

/* Outlives the channel while a call to the loop is under way. */
struct file_state {
	struct loop *loop;
	char *dir;
	struct queue *queue;
	struct thread *thread;
	struct lock *lock;
	struct file_job *finished, **finished_tail; /* under lock */
	size_t posted; /* calls to the loop under way; loop thread but for the post itself: under
			  lock */
	bool is_closed;
};

static const struct option file_options[] = {
    {"dir", OPTION_PATH, "var/outbox", false, 0, 0, NULL, "folder the files are written to", NULL},
    {0},
};

static void
job_free(struct file_job *j)
{
	mem_free(j->path);
	mem_free(j->text);
	mem_free(j);
}

static void
state_free(struct file_state *f)
{
	queue_free(f->queue);
	lock_free(f->lock);
	mem_free(f->dir);
	mem_free(f);
}

/* ---- the writing thread ------------------------------------------------------ */

static void
write_one(struct file_job *j)
{
	struct err err = {ERR_NONE, ""};
	struct send_outcome *o = &j->outcome;
	int rc = file_write_atomic(j->path, slice_make(j->text, j->text_len), true, &err);

	o->wait_ms = -1;
	if (rc < 0) {
		o->result = SEND_LATER;
		snprintf(o->reason, sizeof o->reason, "%.*s", (int)sizeof o->reason - 1, err.text);
		return;
	}
	o->result = SEND_DONE;
	snprintf(o->reason, sizeof o->reason, "%s", rc == 1 ? "the file was there already" : "");
	snprintf(o->provider_id, sizeof o->provider_id, "%.*s", (int)sizeof o->provider_id - 1,
	    strrchr(j->path, '/') + 1);
}

static void
collect(struct file_state *f)
{
	struct file_job *j;

	for (;;) {
		lock_take(f->lock);
		j = f->finished;
		if (j != NULL) {
			f->finished = j->next;
			if (f->finished == NULL)
				f->finished_tail = &f->finished;
		}
		lock_drop(f->lock);
		if (j == NULL)
			return;
		j->done(j->cookie, &j->outcome);
		job_free(j);
	}
}

static void
on_loop(void *cookie)
{
	struct file_state *f = cookie;
	bool is_last;

	lock_take(f->lock);
	f->posted--;
	is_last = f->is_closed && f->posted == 0;
	lock_drop(f->lock);
	if (!f->is_closed)
		collect(f);
	if (is_last)
		state_free(f);
}

static void
file_main(void *cookie)
{
	struct file_state *f = cookie;
	struct file_job *j;

	while ((j = queue_pop(f->queue, -1)) != NULL) {
		write_one(j);
		lock_take(f->lock);
		j->next = NULL;
		*f->finished_tail = j;
		f->finished_tail = &j->next;
		f->posted++;
		lock_drop(f->lock);
		if (loop_post(f->loop, on_loop, f) < 0) { /* a later post or close() collects it */
			lock_take(f->lock);
			f->posted--;
			lock_drop(f->lock);
		}
	}
}

/* ---- the channel ---------------------------------------------------------------- */

static int
file_open(struct sender *s, const struct options *set, void **state_r, struct err *err)
{
	struct file_state *f = mem_zalloc(sizeof *f);

	if (f == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the channel");
	f->loop = sender_host(s)->loop;
	f->dir = mem_strdup(options_text(set, "dir"));
	f->queue = queue_new(FILE_QUEUE_MAX);
	f->lock = lock_new();
	f->finished_tail = &f->finished;
	if (f->dir == NULL || f->queue == NULL || f->lock == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the channel");
		goto failed;
	}
	if (file_make_dirs(f->dir, err) < 0 ||
	    thread_start("file channel", file_main, f, &f->thread, err) < 0)
		goto failed;
	*state_r = f;
	return 0;
failed:
	state_free(f);
	return -1;
}

static void
put_line(struct buf *out, const char *name, struct slice value)
{
	if (!slice_is_set(value) || value.len == 0)
		return;
	buf_addf(out, "%s: ", name);
	for (size_t i = 0; i < value.len; i++)
		buf_add_char(
		    out, value.ptr[i] == '\n' || value.ptr[i] == '\r' ? ' ' : value.ptr[i]);
	buf_add_char(out, '\n');
}

static const char *
kind_title(int kind)
{
	switch (kind) {
	case MESSAGE_REPLY: return "public reply";
	case MESSAGE_NOTICE: return "notice to our own people";
	default: return "message";
	}
}

/* The same text for every try: who, why, then each part under its name. */
static void
put_message(struct buf *out, const struct outbox_item *item)
{
	char at[TIME_TEXT_MAX];
	const struct json *part;
	struct slice name;
	size_t pos = 0;

	put_line(out, "Message", item->id);
	put_line(out, "Kind", slice_of(kind_title(item->kind)));
	put_line(out, "To", item->address);
	put_line(out, "Customer", item->customer_id);
	put_line(out, "Date", slice_of(time_format_rfc3339(item->created_at_ms, at)));
	put_line(out, "Rule", item->rule_id);
	put_line(out, "Because", item->reason);
	put_line(out, "Subject", json_get_str(item->parts, "subject"));
	while ((part = json_next(item->parts, &pos, &name)) != NULL) {
		if (slice_eq_str(name, "subject") || !slice_is_set(json_str(part)))
			continue;
		buf_addf(out, "\n--- %.*s ---\n", SLICE_ARG(name));
		buf_add_slice(out, json_str(part));
		if (json_str(part).len > 0 && !buf_failed(out) && out->ptr[out->len - 1] != '\n')
			buf_add_char(out, '\n');
	}
}

static void
refuse(send_done_fn *done, void *cookie, enum send_result result, const char *why)
{
	struct send_outcome o = {0};

	o.result = result;
	o.wait_ms = -1;
	snprintf(o.reason, sizeof o.reason, "%s", why);
	done(cookie, &o);
}

static void
file_send(void *state, const struct outbox_item *item, send_done_fn *done, void *cookie)
{
	struct file_state *f = state;
	struct file_job *j = mem_zalloc(sizeof *j);
	struct buf path, text;

	buf_init(&path, 64 * 1024);
	buf_init(&text, FILE_BYTES_MAX);
	if (j == NULL)
		goto failed;
	buf_addf(&path, "%s/%.*s.txt", f->dir, SLICE_ARG(item->id));
	put_message(&text, item);
	j->path = buf_detach(&path, NULL);
	j->text = buf_detach(&text, &j->text_len);
	j->done = done;
	j->cookie = cookie;
	if (j->path != NULL && j->text != NULL && queue_try_push(f->queue, j) == 0)
		goto out;
	job_free(j);
failed:
	refuse(done, cookie, SEND_LATER, "no memory to write the message, or too many wait");
out:
	buf_fini(&path);
	buf_fini(&text);
}

/* What was handed over is written first: its results are known, so nothing becomes unknown. */
static void
file_close(void *state)
{
	struct file_state *f = state;
	bool is_last;

	queue_close(f->queue);
	thread_join(f->thread);
	collect(f);
	lock_take(f->lock);
	f->is_closed = true;
	is_last = f->posted == 0;
	lock_drop(f->lock);
	if (is_last)
		state_free(f);
}

const struct sender_ops sender_file_ops = {
    .name = "file",
    .help = "one readable file a message, named by its id; nothing leaves the machine",
    .options = file_options,
    .is_local = true,
    .deduplicates = true,
    .can_reply = true,
    .open = file_open,
    .send = file_send,
    .close = file_close,
};
