/*
 * smtp.c - mail from smtp_start() to its callback, by threads of its own (smtp_internal.h says
 * why).
 *
 * A mail goes loop -> queue -> thread -> done list -> loop.  Whoever has it in hand owns it; what
 * two may touch at once (the cancel mark, a worker's sockets) lies under the post office's lock.
 */
#include "platform/smtp_internal.h"

#include <sys/socket.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/http_client_internal.h"
#include "platform/loop_internal.h"
#include "platform/sysclock.h"
#include "platform/thread.h"

#define QUEUE_MAX 256
#define DEFAULT_TIMEOUT_MS 60000
/* A connection is kept this long for the next mail, then closed with QUIT. */
#define KEEP_MS 5000
#define SMTP_SOCKETS_MAX 8 /* of one worker: the one in use, and those that race to connect */
#define MESSAGE_MAX_BYTES (50u << 20)
#define ADDRESS_MAX_BYTES 254

static int64_t
mono_ms(void)
{
	return clock_mono_ns(sysclock()) / 1000000;
}

static void
mail_free(struct smtp_mail *m)
{
	arena_free(m->arena);
	mem_free(m);
}

/* ---- a worker ------------------------------------------------------------ */

/* True when the mail is still wanted. */
static bool
set_mail_of(struct smtp_worker *w, struct smtp_mail *m)
{
	bool is_wanted;

	lock_take(w->post->lock);
	w->mail = m;
	is_wanted = m != NULL && !m->is_cancelled;
	lock_drop(w->post->lock);
	return is_wanted;
}

/* under lock */
static void
hang_up(struct smtp_worker *w)
{
	for (size_t i = 0; i < SMTP_SOCKETS_MAX; i++) {
		if (w->sockets[i] >= 0)
			shutdown(w->sockets[i], SHUT_RDWR);
	}
}

static void
hand_back(struct smtp_post *p, struct smtp_mail *m)
{
	lock_take(p->lock);
	m->next = p->done_list;
	p->done_list = m;
	uv_async_send(&p->wake);
	lock_drop(p->lock);
}

static void
worker_main(void *cookie)
{
	struct smtp_worker *w = cookie;
	struct smtp_post *p = w->post;

	for (;;) {
		struct smtp_mail *m = queue_pop(p->queue, w->easy == NULL ? -1 : KEEP_MS);

		if (m == NULL) {
			bool is_over = queue_is_closed(p->queue);

			/* Says QUIT and waits for the answer, however long the server takes: not
			 * when somebody waits for our end. */
			if (is_over) {
				lock_take(p->lock);
				hang_up(w);
				lock_drop(p->lock);
			}
			curl_easy_cleanup(w->easy);
			w->easy = NULL;
			if (is_over)
				return;
			continue;
		}
		if (set_mail_of(w, m))
			smtp_send(w, m);
		(void)set_mail_of(w, NULL);
		hand_back(p, m);
	}
}

/* ---- the loop's side ----------------------------------------------------- */

static void
mail_deliver(struct smtp_mail *m)
{
	struct http_client *c = m->post->client;

	m->is_delivering = true;
	c->delivering++;
	m->done(m->cookie, &m->result);
	c->delivering--;
	http_client_unlink(&m->base);
	mail_free(m);
}

/* Takes the first one off and hands it over: a callback may cancel any of the others. */
static void
on_wake(uv_async_t *handle)
{
	struct smtp_post *p = handle->data;

	for (;;) {
		struct smtp_mail **last = &p->done_list, *m;
		bool is_cancelled;

		lock_take(p->lock);
		while (*last != NULL && (*last)->next != NULL)
			last = &(*last)->next;
		m = *last;
		*last = NULL;
		is_cancelled = m != NULL && m->is_cancelled;
		lock_drop(p->lock);
		if (m == NULL)
			return;
		if (is_cancelled)
			mail_free(m);
		else
			mail_deliver(m);
	}
}

static void
mail_cancel(struct http_request *r)
{
	struct smtp_mail *m = (struct smtp_mail *)r;
	struct smtp_post *p = m->post;

	if (m->is_delivering)
		return;
	http_client_unlink(r);
	/* It comes back through the done list and is freed there. */
	lock_take(p->lock);
	m->is_cancelled = true;
	for (int i = 0; i < p->worker_count; i++) {
		if (p->workers[i].mail == m)
			hang_up(&p->workers[i]);
	}
	lock_drop(p->lock);
}

static void
on_closed(uv_handle_t *handle)
{
	mem_free(handle->data);
}

void
smtp_post_free(struct smtp_post *p)
{
	struct smtp_mail *m;

	if (p == NULL)
		return;
	queue_close(p->queue);
	while ((m = queue_pop(p->queue, 0)) != NULL)
		mail_free(m);
	lock_take(p->lock);
	p->is_stopping = true;
	for (int i = 0; i < p->worker_count; i++)
		hang_up(&p->workers[i]);
	lock_drop(p->lock);
	for (int i = 0; i < p->worker_count; i++)
		thread_join(p->workers[i].thread);
	while ((m = p->done_list) != NULL) {
		p->done_list = m->next;
		mail_free(m);
	}
	queue_free(p->queue);
	lock_free(p->lock);
	uv_close((uv_handle_t *)&p->wake, on_closed);
}

static int
post_new(struct http_client *c, struct smtp_post **post_r, struct err *err)
{
	struct smtp_post *p = mem_zalloc(sizeof *p);

	if (p == NULL)
		return err_set(err, ERR_NOMEM, "no memory for mail");
	p->client = c;
	p->queue = queue_new(QUEUE_MAX);
	p->lock = lock_new();
	if (p->queue == NULL || p->lock == NULL ||
	    uv_async_init(loop_uv(c->loop), &p->wake, on_wake) != 0) {
		queue_free(p->queue);
		lock_free(p->lock);
		mem_free(p);
		return err_set(err, ERR_NOMEM, "no memory for mail");
	}
	p->wake.data = p;
	uv_unref((uv_handle_t *)&p->wake);
	for (int i = 0; i < SMTP_WORKERS; i++) {
		struct smtp_worker *w = &p->workers[i];

		w->post = p;
		memset(w->sockets, -1, sizeof w->sockets);
		if (thread_start("mail", worker_main, w, &w->thread, err) < 0)
			break;
		p->worker_count++;
	}
	if (p->worker_count == 0) {
		smtp_post_free(p);
		return -1;
	}
	*post_r = p;
	return 0;
}

/* ---- the start ----------------------------------------------------------- */

static int
check_address(const char *what, const char *address, struct err *err)
{
	size_t len = address == NULL ? 0 : strlen(address);

	if (len == 0 || len > ADDRESS_MAX_BYTES)
		return err_set(err, ERR_INPUT, "the %s address is missing or too long", what);
	for (size_t i = 0; i < len; i++) {
		if (address[i] <= ' ' || address[i] > '~' || strchr("<>", address[i]) != NULL)
			return err_set(
			    err, ERR_INPUT, "'%s' cannot be a %s address", address, what);
	}
	return 0;
}

/* A bare CR or LF could end the mail for one server and not for the next (SMTP smuggling). */
static int
check_message(struct slice s, struct err *err)
{
	if (s.len == 0 || s.len > MESSAGE_MAX_BYTES)
		return err_set(err, ERR_INPUT, "a mail has 1 to %u bytes", MESSAGE_MAX_BYTES);
	for (size_t i = 0; i < s.len; i++) {
		bool is_pair = s.ptr[i] == '\r' && i + 1 < s.len && s.ptr[i + 1] == '\n';

		if (is_pair)
			i++;
		else if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0')
			return err_set(
			    err, ERR_INPUT, "lines of a mail end in CR LF, and hold no NUL");
	}
	return 0;
}

/* Also tells whether the host is one the policy lists by name. */
static int
check_url(struct http_client *c, const char *text, bool *is_host_allowed_r, struct err *err)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *host = NULL;
	int rc = -1;

	if (url == NULL ||
	    curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    (strcmp(scheme, "smtp") != 0 && strcmp(scheme, "smtps") != 0)) {
		err_set(err, ERR_INPUT, "'%s' is not smtp://host:port or smtps://host:port", text);
		goto out;
	}
	*is_host_allowed_r = policy_allows_host(c->policy, host);
	rc = 0;
out:
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(url);
	return rc;
}

static char *
dup_or_null(struct arena *a, const char *s, bool *is_good)
{
	char *copy = s == NULL ? NULL : arena_strdup(a, s);

	*is_good &= s == NULL || copy != NULL;
	return copy;
}

static int
copy_call(struct smtp_mail *m, const struct smtp_call *call)
{
	bool is_good = true;
	struct arena *a = arena_new(call->message.len + (1u << 20));

	m->arena = a;
	if (a == NULL)
		return -1;
	m->url = dup_or_null(a, call->url, &is_good);
	m->user = dup_or_null(a, call->user, &is_good);
	m->password = dup_or_null(a, call->password, &is_good);
	m->ca_file = dup_or_null(a, call->ca_file, &is_good);
	m->from = arena_printf(a, "<%s>", call->from);
	m->to = arena_printf(a, "<%s>", call->to);
	m->message = arena_slice_dup(a, call->message);
	return is_good && m->from != NULL && m->to != NULL && slice_is_set(m->message) ? 0 : -1;
}

int
smtp_start(struct http_client *c, const struct smtp_call *call, smtp_done_fn *done, void *cookie,
    struct http_request **request_r, struct err *err)
{
	bool is_host_allowed = false;
	struct smtp_mail *m;

	if (check_url(c, call->url, &is_host_allowed, err) < 0 ||
	    check_address("sender's", call->from, err) < 0 ||
	    check_address("recipient's", call->to, err) < 0 ||
	    check_message(call->message, err) < 0)
		return -1;
	if (c->post == NULL && post_new(c, &c->post, err) < 0)
		return -1;
	m = mem_zalloc(sizeof *m);
	if (m == NULL || copy_call(m, call) < 0) {
		if (m != NULL)
			mail_free(m);
		return err_set(err, ERR_NOMEM, "no memory for a mail");
	}
	m->post = c->post;
	m->require_tls = call->require_tls || (call->user != NULL && !call->allow_insecure_auth);
	m->is_host_allowed = is_host_allowed;
	m->timeout_ms = call->timeout_ms > 0 ? call->timeout_ms : DEFAULT_TIMEOUT_MS;
	m->due_ms = mono_ms() + m->timeout_ms;
	m->done = done;
	m->cookie = cookie;
	m->base.cancel = mail_cancel;
	http_client_link(c, &m->base);
	if (queue_try_push(c->post->queue, m) != 0) {
		http_client_unlink(&m->base);
		mail_free(m);
		return err_set(err, ERR_BUSY, "%d mails are waiting already", QUEUE_MAX);
	}
	if (request_r != NULL)
		*request_r = &m->base;
	return 0;
}
