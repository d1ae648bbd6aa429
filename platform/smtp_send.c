/*
 * smtp_send.c - one mail through libcurl, in a worker's thread.
 */
#include "platform/smtp_internal.h"

#include <stdio.h>
#include <unistd.h>

#include "core/clock.h"
#include "platform/sysclock.h"
#include "platform/thread.h"

#define CONNECT_TIMEOUT_MS 15000L

static int64_t
mono_ms(void)
{
	return clock_mono_ns(sysclock()) / 1000000;
}

/* ---- libcurl's callbacks ------------------------------------------------- */

static curl_socket_t
on_open(void *cookie, curlsocktype purpose, struct curl_sockaddr *at)
{
	struct smtp_worker *w = cookie;
	struct smtp_mail *m = w->mail;
	curl_socket_t fd;

	(void)purpose;
	fd =
	    http_client_open_socket(w->post->client->policy, m->is_host_allowed, at, &m->is_denied);
	if (fd == CURL_SOCKET_BAD)
		return fd;
	lock_take(w->post->lock);
	for (size_t i = 0; i < SMTP_SOCKETS_MAX; i++) {
		if (w->sockets[i] < 0) {
			w->sockets[i] = fd;
			break;
		}
	}
	lock_drop(w->post->lock);
	return fd;
}

static int
on_close(void *cookie, curl_socket_t fd)
{
	struct smtp_worker *w = cookie;

	lock_take(w->post->lock);
	for (size_t i = 0; i < SMTP_SOCKETS_MAX; i++) {
		if (w->sockets[i] == fd)
			w->sockets[i] = -1;
	}
	lock_drop(w->post->lock);
	return close(fd);
}

static size_t
on_read(char *out, size_t size, size_t count, void *cookie)
{
	struct smtp_worker *w = cookie;
	struct smtp_mail *m = w->mail;
	size_t len = m->message.len - m->sent_bytes;

	if (len > size * count)
		len = size * count;
	if (len == 0)
		m->is_all_sent = true;
	else
		memcpy(out, m->message.ptr + m->sent_bytes, len);
	m->sent_bytes += len;
	return len;
}

static size_t
on_reply_line(char *data, size_t size, size_t count, void *cookie)
{
	struct smtp_worker *w = cookie;

	/* Also called while a kept connection is closed, when there is no mail. */
	if (w->mail != NULL) {
		w->mail->has_reply = true;
		w->mail->has_final_reply |= w->mail->is_all_sent;
		smtp_reply_take(&w->mail->reply, slice_make(data, size * count));
	}
	return size * count;
}

/* The only place where libcurl tells which command it sends. */
static int
on_debug(CURL *easy, curl_infotype kind, char *data, size_t len, void *cookie)
{
	struct smtp_worker *w = cookie;

	(void)easy;
	if (kind == CURLINFO_HEADER_OUT && w->mail != NULL &&
	    slice_starts_with(slice_make(data, len), "MAIL FROM"))
		w->mail->has_begun = true;
	return 0;
}

static int
on_progress(void *cookie, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct smtp_worker *w = cookie;
	bool is_over;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	lock_take(w->post->lock);
	is_over = w->post->is_stopping || (w->mail != NULL && w->mail->is_cancelled);
	lock_drop(w->post->lock);
	return is_over;
}

/* ---- one mail ------------------------------------------------------------ */

static CURLcode
set_callbacks(struct smtp_worker *w)
{
	CURL *e = w->easy;
	CURLcode rc = CURLE_OK;

	rc |= curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open);
	rc |= curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, w);
	rc |= curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	rc |= curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, w);
	rc |= curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
	rc |= curl_easy_setopt(e, CURLOPT_READDATA, w);
	rc |= curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_reply_line);
	rc |= curl_easy_setopt(e, CURLOPT_HEADERDATA, w);
	rc |= curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, on_debug);
	rc |= curl_easy_setopt(e, CURLOPT_DEBUGDATA, w);
	rc |= curl_easy_setopt(e, CURLOPT_VERBOSE, 1L);
	rc |= curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	rc |= curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
	rc |= curl_easy_setopt(e, CURLOPT_XFERINFODATA, w);
	return rc;
}

/* No CURLOPT_INFILESIZE: libcurl compares it with the count of bytes after dot-stuffing and can
 * stop too early. */
static CURLcode
set_mail(CURL *e, const struct smtp_mail *m, struct curl_slist *to, int64_t left_ms)
{
	CURLcode rc = CURLE_OK;

#if LIBCURL_VERSION_NUM >= 0x075500
	rc |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
	rc |= curl_easy_setopt(e, CURLOPT_PROTOCOLS, CURLPROTO_SMTP | CURLPROTO_SMTPS);
#endif
	rc |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	rc |= curl_easy_setopt(e, CURLOPT_PROXY, "");
	rc |= curl_easy_setopt(e, CURLOPT_URL, m->url);
	rc |= curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
	rc |= curl_easy_setopt(e, CURLOPT_MAIL_FROM, m->from);
	rc |= curl_easy_setopt(e, CURLOPT_MAIL_RCPT, to);
	rc |= curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)left_ms);
	rc |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	rc |= curl_easy_setopt(e, CURLOPT_MAXCONNECTS, 1L);
	rc |= curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	rc |= curl_easy_setopt(
	    e, CURLOPT_USE_SSL, m->require_tls ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_NONE);
	if (m->ca_file != NULL)
		rc |= curl_easy_setopt(e, CURLOPT_CAINFO, m->ca_file);
	if (m->user != NULL) {
		rc |= curl_easy_setopt(e, CURLOPT_USERNAME, m->user);
		rc |= curl_easy_setopt(e, CURLOPT_PASSWORD, m->password == NULL ? "" : m->password);
	}
	return rc;
}

/*
 * What it means.  A reply of 4xx or 5xx decides, whatever libcurl calls it; before MAIL FROM it is
 * about the connection and not about this mail.  Without one the mail cannot have been accepted
 * before the final dot; after it nobody knows.
 */
static void
judge(struct smtp_mail *m, CURLcode rc, const char *curl_words)
{
	struct smtp_result *r = &m->result;
	bool is_refusal = m->reply.code >= 400;

	r->code = m->reply.code;
	memcpy(r->enhanced, m->reply.enhanced, sizeof r->enhanced);
	/* libcurl wants 250 and nothing else after the dot; servers say other good things. */
	if (rc == CURLE_OK || (m->has_final_reply && m->reply.code / 100 == 2)) {
		r->progress = HTTP_ANSWERED;
		r->is_accepted = true;
		return;
	}
	r->is_login_denied = rc == CURLE_LOGIN_DENIED;
	if (rc != CURLE_USE_SSL_FAILED && is_refusal && (m->has_begun || r->is_login_denied)) {
		r->progress = HTTP_ANSWERED;
	} else {
		r->progress = m->is_all_sent ? HTTP_MAYBE_SENT : HTTP_NOT_SENT;
		if (!is_refusal) {
			r->code = 0;
			memset(r->enhanced, 0, sizeof r->enhanced);
		}
	}
	if (m->is_denied)
		snprintf(m->words, sizeof m->words, "the mail server's address is private");
	else if (is_refusal)
		snprintf(m->words, sizeof m->words, "the mail server said: %s", m->reply.text);
	else
		snprintf(m->words, sizeof m->words, "%s",
		    curl_words[0] != '\0' ? curl_words : curl_easy_strerror(rc));
	r->error = m->words;
}

static CURLcode
perform_once(
    struct smtp_worker *w, struct smtp_mail *m, bool is_fresh, char curl_words[CURL_ERROR_SIZE])
{
	struct curl_slist *to = curl_slist_append(NULL, m->to);
	int64_t left_ms = m->due_ms - mono_ms();
	CURLcode rc;

	if (w->easy == NULL)
		w->easy = curl_easy_init();
	if (w->easy == NULL || to == NULL) {
		curl_slist_free_all(to);
		return CURLE_OUT_OF_MEMORY;
	}
	m->sent_bytes = 0;
	/* Keeps the connection that is open. */
	curl_easy_reset(w->easy);
	curl_words[0] = '\0';
	rc = curl_easy_setopt(w->easy, CURLOPT_ERRORBUFFER, curl_words);
	rc |= set_callbacks(w);
	rc |= set_mail(w->easy, m, to, left_ms > 1 ? left_ms : 1);
	rc |= curl_easy_setopt(w->easy, CURLOPT_FRESH_CONNECT, is_fresh ? 1L : 0L);
	if (rc != CURLE_OK)
		rc = CURLE_OUT_OF_MEMORY;
	else
		rc = curl_easy_perform(w->easy);
	/* The list and the words are ours and end here. */
	curl_easy_setopt(w->easy, CURLOPT_MAIL_RCPT, NULL);
	curl_easy_setopt(w->easy, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(to);
	return rc;
}

void
smtp_send(struct smtp_worker *w, struct smtp_mail *m)
{
	char curl_words[CURL_ERROR_SIZE] = "";
	CURLcode rc;
	long connects = 1;

	if (mono_ms() >= m->due_ms) {
		snprintf(curl_words, sizeof curl_words, "waited too long for other mail");
		judge(m, CURLE_OPERATION_TIMEDOUT, curl_words);
		return;
	}
	rc = perform_once(w, m, false, curl_words);
	if (w->easy != NULL)
		curl_easy_getinfo(w->easy, CURLINFO_NUM_CONNECTS, &connects);
	/* A kept connection on which nothing was answered was dead already; a new one is no second
	 * try. */
	if (rc != CURLE_OK && connects == 0 && !m->has_reply && !m->is_all_sent)
		rc = perform_once(w, m, true, curl_words);
	judge(m, rc, curl_words);
}
