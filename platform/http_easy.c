/*
 * http_easy.c - one hop as libcurl wants it told, and what libcurl tells back.
 */
#include "platform/http_client_internal.h"

#include <sys/socket.h>

#include "core/mem.h"

/* Of compressed bytes a little more than of plain ones is no bomb: headers of the format, chunk
 * sizes. */
#define WIRE_EXTRA_BYTES 65536
#define CONNECT_TIMEOUT_MS 15000L

/* ---- what comes back ----------------------------------------------------- */

static size_t
on_body(char *data, size_t size, size_t count, void *cookie)
{
	struct http_transfer *t = cookie;
	size_t len = size * count, room = t->max_body_bytes - t->answer.len;

	if (len > room) {
		t->is_cut = true;
		len = room;
	}
	if (buf_add(&t->answer, data, len) < 0) {
		t->is_out_of_memory = true;
		t->is_cut = false;
	}
	/* Anything but the full length ends the transfer. */
	return t->is_cut || t->is_out_of_memory ? CURL_WRITEFUNC_ERROR : len;
}

/* Counts what came over the wire, before it is decompressed: a stream that grows and never yields a
 * byte ends here. */
static int
on_progress(
    void *cookie, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
	struct http_transfer *t = cookie;

	(void)down_total;
	(void)up_total;
	(void)up;
	if (down < 0 || (uint64_t)down <= (uint64_t)t->max_body_bytes + WIRE_EXTRA_BYTES)
		return 0;
	t->is_cut = true;
	return 1;
}

static void
head_add(struct http_transfer *t, struct slice line)
{
	struct slice name = slice_split(&line, ':');

	if (!slice_is_set(line))
		return; /* no colon: not a header */
	name = slice_trim(name);
	line = slice_trim(line);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		buf_add_char(&t->head, (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
	}
	buf_add_char(&t->head, '\t');
	buf_add_slice(&t->head, line);
	buf_add_char(&t->head, '\n');
	t->head_lines++;
}

/* A line, with its line end.  Interim answers (100, 103) come first; only the last head counts. */
static size_t
on_head(char *data, size_t size, size_t count, void *cookie)
{
	struct http_transfer *t = cookie;
	struct slice line = slice_make(data, size * count);

	if (slice_starts_with(line, "HTTP/")) {
		buf_clear(&t->head);
		t->head_lines = 0;
		t->has_whole_head = false;
	} else if (slice_trim(line).len > 0) {
		head_add(t, slice_trim(line));
	} else {
		t->has_whole_head = true;
	}
	if (buf_failed(&t->head) || t->head_lines > HTTP_HEADERS_MAX) {
		t->is_head_too_long = true;
		return 0;
	}
	return line.len;
}

static curl_socket_t
on_open_socket(void *cookie, curlsocktype purpose, struct curl_sockaddr *at)
{
	struct http_transfer *t = cookie;

	(void)purpose;
	if (t->unix_socket != NULL)
		return at->family == AF_UNIX
		    ? socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol)
		    : CURL_SOCKET_BAD;
	return http_client_open_socket(
	    t->base.client->policy, t->is_host_allowed, at, &t->is_denied);
}

/* ---- what is told -------------------------------------------------------- */

static int
list_add(struct curl_slist **list, const char *text)
{
	struct curl_slist *more = text == NULL ? NULL : curl_slist_append(*list, text);

	if (more == NULL)
		return -1;
	*list = more;
	return 0;
}

static bool
has_header(const struct http_transfer *t, const char *name)
{
	for (size_t i = 0; i < t->header_count; i++) {
		if (slice_eq_nocase(t->headers[i].name, slice_of(name)))
			return true;
	}
	return false;
}

static int
add_headers(struct http_transfer *t)
{
	struct buf line;
	int rc = 0;

	buf_init(&line, 1u << 20);
	for (size_t i = 0; i < t->header_count && rc == 0; i++) {
		const struct http_header *h = &t->headers[i];

		buf_clear(&line);
		/* "Name;" is libcurl's way to say a header without a value. */
		if (h->value.len == 0)
			rc = buf_addf(&line, "%.*s;", SLICE_ARG(h->name));
		else
			rc = buf_addf(&line, "%.*s: %.*s", SLICE_ARG(h->name), SLICE_ARG(h->value));
		if (rc == 0)
			rc = list_add(&t->header_list, buf_str(&line));
	}
	/* Left alone libcurl would say that a body is a form. */
	if (rc == 0 && !has_header(t, "content-type"))
		rc = list_add(&t->header_list, "Content-Type:");
	/* Waiting for "100 Continue" costs a second with servers that do not know it. */
	if (rc == 0)
		rc = list_add(&t->header_list, "Expect:");
	buf_fini(&line);
	return rc;
}

/* "+host:port:address,address": for this transfer and, as any answer of a name server, for the next
 * minute. */
static int
add_addresses(struct http_transfer *t)
{
	struct buf line;
	int rc;

	if (t->is_literal || t->unix_socket != NULL)
		return 0;
	buf_init(&line, 4096);
	rc = buf_addf(&line, "+%s:%s:", t->host, t->port);
	for (size_t i = 0; i < t->address_count && rc == 0; i++) {
		char text[NET_ADDRESS_TEXT_MAX];

		net_address_text(&t->addresses[i], text);
		rc = buf_addf(&line, net_address_is_v4(&t->addresses[i]) ? "%s%s" : "%s[%s]",
		    i == 0 ? "" : ",", text);
	}
	if (rc == 0)
		rc = list_add(&t->resolve_list, buf_str(&line));
	buf_fini(&line);
	return rc;
}

static CURLcode
set_method(struct http_transfer *t)
{
	CURL *e = t->easy;
	CURLcode rc = CURLE_OK;
	bool is_get = strcmp(t->method, "GET") == 0, is_head = strcmp(t->method, "HEAD") == 0;
	bool has_body = slice_is_set(t->body) || strcmp(t->method, "POST") == 0 ||
	    strcmp(t->method, "PUT") == 0 || strcmp(t->method, "PATCH") == 0;

	if (is_head)
		return curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	if (has_body) {
		rc |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.len);
		rc |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, t->body.len == 0 ? "" : t->body.ptr);
	}
	if (has_body || !is_get)
		rc |= curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, t->method);
	/* On a kept connection that turns out dead libcurl sends again by itself.  That is right
	 * for a question and wrong for a deed, which may have been done: a deed gets a connection
	 * of its own. */
	if (!is_get && strcmp(t->method, "OPTIONS") != 0)
		rc |= curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	return rc;
}

static CURLcode
set_limits(struct http_transfer *t)
{
	CURL *e = t->easy;
	CURLcode rc = CURLE_OK;

#if LIBCURL_VERSION_NUM >= 0x075500
	rc |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	rc |= curl_easy_setopt(e, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
	rc |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	/* Neither proxies nor anything else from the environment: requests go where the
	 * configuration says. */
	rc |= curl_easy_setopt(e, CURLOPT_PROXY, "");
	rc |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	rc |= curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	rc |= curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	rc |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	rc |= curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	rc |= curl_easy_setopt(e, CURLOPT_USERAGENT, "earshot/" EARSHOT_VERSION);
	if (t->ca_file != NULL)
		rc |= curl_easy_setopt(e, CURLOPT_CAINFO, t->ca_file);
	if (t->unix_socket != NULL) {
		rc |= curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, t->unix_socket);
		rc |= curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	}
	return rc;
}

static CURLcode
set_callbacks(struct http_transfer *t)
{
	CURL *e = t->easy;
	CURLcode rc = CURLE_OK;

	rc |= curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	rc |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->curl_words);
	rc |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	rc |= curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	rc |= curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_head);
	rc |= curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	rc |= curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	rc |= curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
	rc |= curl_easy_setopt(e, CURLOPT_XFERINFODATA, t);
	rc |= curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	rc |= curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
	return rc;
}

int
http_easy_prepare(struct http_transfer *t)
{
	CURLcode rc = CURLE_OK;

	t->easy = curl_easy_init();
	if (t->easy == NULL || add_headers(t) < 0 || add_addresses(t) < 0)
		return -1;
	t->curl_words[0] = '\0';
	rc |= curl_easy_setopt(t->easy, CURLOPT_URL, t->url);
	rc |= set_limits(t);
	rc |= set_callbacks(t);
	rc |= set_method(t);
	rc |= curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->header_list);
	if (t->resolve_list != NULL)
		rc |= curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->resolve_list);
	return rc == CURLE_OK ? 0 : -1;
}

/* Ends the hop, noting whether a byte of it may have got out: libcurl says how many it wrote, and
 * when it began to; either counts. */
void
http_easy_release(struct http_transfer *t)
{
	curl_off_t begun_us = 0;
	long written = 0;

	if (t->easy != NULL) {
		curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &written);
		curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &begun_us);
		t->was_sent |= written > 0 || begun_us > 0;
		curl_multi_remove_handle(t->base.client->multi, t->easy);
		curl_easy_cleanup(t->easy);
		t->easy = NULL;
	}
	curl_slist_free_all(t->header_list);
	curl_slist_free_all(t->resolve_list);
	t->header_list = t->resolve_list = NULL;
}
