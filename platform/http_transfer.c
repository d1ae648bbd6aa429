/*
 * http_transfer.c - one HTTP request from http_client_start() to its callback.
 *
 * It goes in hops: look the host's name up, judge the addresses, let libcurl talk; a redirect
 * begins the next hop.  The deadline is one timer over all of them.
 *
 *   start -> (next turn) go -> [resolver] -> launch -> libcurl -> hop_done -> go ... or finish
 */
#include "platform/http_client_internal.h"

#include <assert.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/idna_internal.h"

#define DEFAULT_TIMEOUT_MS 30000
#define DEFAULT_MAX_BODY_BYTES (8u << 20)
#define CALL_MAX_BYTES (1u << 20) /* of headers, paths, URL */
#define URL_MAX_BYTES 16384

/* ---- the end ------------------------------------------------------------- */

static void
transfer_free(struct http_transfer *t)
{
	http_easy_release(t);
	resolver_forget(t->wait);
	http_client_not_soon(t);
	loop_timer_free(t->deadline);
	buf_fini(&t->head);
	buf_fini(&t->answer);
	mem_free(t->url);
	arena_free(t->arena);
	mem_free(t);
}

static void
transfer_cancel(struct http_request *r)
{
	struct http_transfer *t = (struct http_transfer *)r;

	if (t->is_delivering)
		return;
	http_client_unlink(r);
	transfer_free(t);
}

/* Calls back, once and last. */
static void
transfer_deliver(struct http_transfer *t, const struct http_result *result)
{
	struct http_client *c = t->base.client;

	http_easy_release(t);
	resolver_forget(t->wait);
	t->wait = NULL;
	http_client_not_soon(t);
	loop_timer_stop(t->deadline);
	t->is_delivering = true;
	c->delivering++;
	t->done(t->cookie, result);
	c->delivering--;
	http_client_unlink(&t->base);
	transfer_free(t);
}

static void __attribute__((format(printf, 2, 3)))
transfer_fail(struct http_transfer *t, const char *format, ...)
{
	struct http_result result = {.final_url = slice_of(t->url), .error = t->error};
	va_list args;

	va_start(args, format);
	vsnprintf(t->error, sizeof t->error, format, args);
	va_end(args);
	/* Reads what libcurl knows before it is told to forget. */
	http_easy_release(t);
	result.progress = t->was_sent ? HTTP_MAYBE_SENT : HTTP_NOT_SENT;
	transfer_deliver(t, &result);
}

/* "name\tvalue\n" lines to an array; names hold no tab, values no line end. */
static struct http_header *
split_head(struct http_transfer *t, size_t *count_r)
{
	struct http_header *headers = arena_array(t->arena, t->head_lines + 1, sizeof *headers);
	struct slice rest = buf_slice(&t->head);
	size_t count = 0;

	if (headers == NULL)
		return NULL;
	while (count < t->head_lines && rest.len > 0) {
		struct slice line = slice_split(&rest, '\n');

		headers[count].name = slice_split(&line, '\t');
		headers[count].value = line;
		count++;
	}
	*count_r = count;
	return headers;
}

static void
transfer_answer(struct http_transfer *t, int status)
{
	struct http_result result = {.progress = HTTP_ANSWERED, .status = status};

	result.headers = split_head(t, &result.header_count);
	if (result.headers == NULL) {
		transfer_fail(t, "no memory for the answer");
		return;
	}
	result.body = slice_make(buf_str(&t->answer), t->answer.len);
	result.is_body_cut = t->is_cut;
	result.final_url = slice_of(t->url);
	result.was_moved = t->hops > 1 && !t->has_temporary_move;
	transfer_deliver(t, &result);
}

static void
on_deadline(void *cookie)
{
	struct http_transfer *t = cookie;

	transfer_fail(t, "no complete answer within %lld ms", (long long)t->timeout_ms);
}

/* ---- URLs ---------------------------------------------------------------- */

static bool
copy_part(CURLU *url, CURLUPart part, unsigned flags, char *out, size_t size)
{
	char *text = NULL;
	bool fits = false;

	if (curl_url_get(url, part, &text, flags) == CURLUE_OK && strlen(text) < size) {
		memcpy(out, text, strlen(text) + 1);
		fits = true;
	}
	curl_free(text);
	return fits;
}

/* The host as name servers know it: ASCII, lower case, no dot at the end. */
static bool
tidy_host(CURLU *url, char *out, size_t size)
{
	char raw[4 * HTTP_HOST_MAX];
	bool is_ascii = true;
	size_t len;

	if (!copy_part(url, CURLUPART_HOST, 0, raw, sizeof raw))
		return false;
	for (const char *at = raw; *at != '\0'; at++)
		is_ascii &= (unsigned char)*at < 0x80;
	if (is_ascii && strlen(raw) < size)
		memcpy(out, raw, strlen(raw) + 1);
	else if (is_ascii || !idna_to_ascii(raw, out, size))
		return false;
	len = strlen(out);
	if (len > 1 && out[len - 1] == '.')
		out[--len] = '\0';
	for (size_t i = 0; i < len; i++) {
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] - 'A' + 'a');
		/* These would end a field of CURLOPT_RESOLVE. */
		if ((unsigned char)out[i] <= ' ' || out[i] == ',' || out[i] == '+')
			return false;
	}
	return len > 0;
}

/* How much of a URL may stand in a message: a query often holds a token, and what comes before an
 * '@' is a password. */
static int
show_len(const char *url)
{
	size_t len = strcspn(url, "?#\r\n");

	if (memchr(url, '@', len) != NULL)
		len = strcspn(url, ":");
	return len < 200 ? (int)len : 200;
}

/* Takes over where, which may be relative to the URL there is.  -1: t is unchanged. */
static int
transfer_set_url(struct http_transfer *t, const char *where, struct err *err)
{
	char host[HTTP_HOST_MAX], port[sizeof t->port], scheme[sizeof t->scheme];
	char *whole = NULL, *copy = NULL;
	CURLU *url = curl_url();
	/* In a path of ours a part may be anybody's id, ".." as well. */
	unsigned flags =
	    CURLU_NON_SUPPORT_SCHEME | (t->unix_socket != NULL ? CURLU_PATH_AS_IS : 0u);
	int rc = -1;

	if (url == NULL) {
		err_set(err, ERR_NOMEM, "no memory for a URL");
		goto out;
	}
	if (strlen(where) > URL_MAX_BYTES ||
	    (t->url != NULL && curl_url_set(url, CURLUPART_URL, t->url, 0) != CURLUE_OK) ||
	    curl_url_set(url, CURLUPART_URL, where, flags) != CURLUE_OK) {
		err_set(err, ERR_INPUT, "'%.*s' is not a URL", show_len(where), where);
		goto out;
	}
	if (!copy_part(url, CURLUPART_SCHEME, 0, scheme, sizeof scheme) ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)) {
		err_set(err, ERR_INPUT, "'%.*s': only http and https are allowed", show_len(where),
		    where);
		goto out;
	}
	if (!tidy_host(url, host, sizeof host)) {
		err_set(err, ERR_INPUT, "'%.*s' names no host", show_len(where), where);
		goto out;
	}
	if (!copy_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof port) ||
	    strcmp(port, "0") == 0) {
		err_set(err, ERR_INPUT, "'%.*s': that is no port", show_len(where), where);
		goto out;
	}
	if (curl_url_set(url, CURLUPART_HOST, host, 0) != CURLUE_OK ||
	    curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_URL, &whole, 0) != CURLUE_OK ||
	    (copy = mem_strdup(whole)) == NULL) {
		err_set(err, ERR_NOMEM, "no memory for a URL");
		goto out;
	}
	mem_free(t->url);
	t->url = copy;
	memcpy(t->port, port, sizeof port);
	memcpy(t->scheme, scheme, sizeof scheme);
	if (host[0] == '[') {
		size_t len = strlen(host);

		memmove(host, host + 1, len);
		host[len - 2] = '\0';
	}
	memcpy(t->host, host, sizeof host);
	t->is_literal = net_address_parse(t->host, &t->addresses[0]);
	rc = 0;
out:
	curl_free(whole);
	curl_url_cleanup(url);
	return rc;
}

/* ---- one hop ------------------------------------------------------------- */

static void
transfer_launch(struct http_transfer *t)
{
	t->hops++;
	t->is_denied = t->is_head_too_long = t->has_whole_head = false;
	t->head_lines = 0;
	buf_clear(&t->head);
	buf_clear(&t->answer);
	if (http_easy_prepare(t) < 0 ||
	    curl_multi_add_handle(t->base.client->multi, t->easy) != CURLM_OK)
		transfer_fail(t, "no memory for a request to '%s'", t->host);
}

/* Keeps those of the answer that the policy allows. */
static void
transfer_judge(struct http_transfer *t, const struct net_address *addresses, size_t count)
{
	const struct policy *p = t->base.client->policy;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (t->is_host_allowed || policy_allows_address(p, &addresses[i]))
			t->addresses[kept++] = addresses[i];
	}
	t->address_count = kept;
	if (kept > 0) {
		transfer_launch(t);
		return;
	}
	char text[NET_ADDRESS_TEXT_MAX];

	transfer_fail(t, "%s'%s' is the private address %s, which is not allowed",
	    t->hops > 0 ? "redirect refused: " : "", t->host,
	    net_address_text(&addresses[0], text));
}

static void
on_resolved(void *cookie, const struct resolver_answer *answer)
{
	struct http_transfer *t = cookie;

	t->wait = NULL;
	if (answer->count == 0)
		transfer_fail(t, "cannot find the address of '%s': %s", t->host, answer->error);
	else
		transfer_judge(t, answer->addresses, answer->count);
}

void
http_transfer_go(struct http_transfer *t)
{
	struct resolver *r = t->base.client->resolver;
	const struct resolver_answer *known;

	if (t->unix_socket != NULL) {
		transfer_launch(t);
		return;
	}
	t->is_host_allowed = policy_allows_host(t->base.client->policy, t->host);
	if (t->is_literal) {
		struct net_address literal = t->addresses[0];

		transfer_judge(t, &literal, 1);
		return;
	}
	known = resolver_peek(r, t->host);
	if (known != NULL) {
		struct resolver_answer copy = *known;

		on_resolved(t, &copy);
		return;
	}
	t->wait = resolver_ask(r, t->host, on_resolved, t);
	if (t->wait == NULL)
		transfer_fail(t, "too many names are being looked up; '%s' has to wait", t->host);
}

/* ---- redirects ----------------------------------------------------------- */

/* What may go to a server that the caller did not name: nothing that could tell who asks. */
static bool
is_harmless(struct slice name)
{
	static const char *const harmless[] = {"accept", "accept-language", "cache-control",
	    "if-modified-since", "if-none-match", "user-agent"};

	for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
		if (slice_eq_nocase(name, slice_of(harmless[i])))
			return true;
	}
	return false;
}

static void
drop_credentials(struct http_transfer *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->header_count; i++) {
		if (is_harmless(t->headers[i].name))
			t->headers[kept++] = t->headers[i];
	}
	t->header_count = kept;
}

static struct slice
find_head(const struct http_transfer *t, const char *name)
{
	struct slice rest = buf_slice(&t->head);

	while (rest.len > 0) {
		struct slice line = slice_split(&rest, '\n');

		if (slice_eq_str(slice_split(&line, '\t'), name))
			return line;
	}
	return SLICE_NONE;
}

static bool
is_redirect(const struct http_transfer *t, long status)
{
	if (t->redirects == 0 || t->is_cut)
		return false;
	if (strcmp(t->method, "GET") != 0 && strcmp(t->method, "HEAD") != 0)
		return false;
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void
transfer_follow(struct http_transfer *t, struct slice location, long status)
{
	char host[HTTP_HOST_MAX], port[sizeof t->port], scheme[sizeof t->scheme];
	char *where = arena_strndup(t->arena, location.ptr, location.len);
	struct err err = {0};

	memcpy(host, t->host, sizeof host);
	memcpy(port, t->port, sizeof port);
	memcpy(scheme, t->scheme, sizeof scheme);
	if (where == NULL) {
		transfer_fail(t, "no memory for a redirect");
		return;
	}
	if (t->redirects_left == 0) {
		transfer_fail(t, "more than %d redirects, the last to '%.*s'", t->redirects,
		    show_len(where), where);
		return;
	}
	if (transfer_set_url(t, where, &err) < 0) {
		transfer_fail(t, "redirect refused: %s", err.text);
		return;
	}
	t->redirects_left--;
	t->has_temporary_move |= status != 301 && status != 308;
	if (strcmp(host, t->host) != 0 || strcmp(port, t->port) != 0 ||
	    strcmp(scheme, t->scheme) != 0)
		drop_credentials(t);
	http_easy_release(t);
	http_client_soon(t);
}

void
http_transfer_hop_done(struct http_transfer *t, CURLcode code)
{
	long status = 0;
	struct slice location;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	/* The limit is ours, not libcurl's; what came before it is an answer. */
	if (code != CURLE_OK && !(t->is_cut && status > 0)) {
		if (t->is_denied)
			transfer_fail(t, "'%s' leads to a private address", t->host);
		else if (t->is_out_of_memory)
			transfer_fail(t, "no memory for the answer of '%s'", t->host);
		else if (t->is_head_too_long)
			transfer_fail(t, "the head of the answer of '%s' is too long", t->host);
		else
			transfer_fail(t, "%s",
			    t->curl_words[0] != '\0' ? t->curl_words : curl_easy_strerror(code));
		return;
	}
	/* libcurl takes a stream that ends inside the head for an answer. */
	if (!t->has_whole_head) {
		transfer_fail(t, "the answer of '%s' was cut", t->host);
		return;
	}
	t->was_sent = true;
	location = is_redirect(t, status) ? find_head(t, "location") : SLICE_NONE;
	if (slice_is_set(location) && location.len > 0)
		transfer_follow(t, location, status);
	else
		transfer_answer(t, (int)status);
}

/* ---- the start ----------------------------------------------------------- */

static bool
is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c <= ' ' || c >= 0x7f || strchr("()<>@,;:\\\"/[]?={}", c) != NULL)
			return false;
	}
	return s.len > 0;
}

static bool
is_field_value(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static int
check_call(const struct http_call *call, struct err *err)
{
	if (call->method == NULL || !is_token(slice_of(call->method)))
		return err_set(err, ERR_INPUT, "'%s' is not a method",
		    call->method == NULL ? "" : call->method);
	for (size_t i = 0; i < call->header_count; i++) {
		const struct http_header *h = &call->headers[i];

		/* The value may be a secret and stays out of the words. */
		if (!is_token(h->name) || !is_field_value(h->value))
			return err_set(
			    err, ERR_INPUT, "the header '%.*s' cannot be sent", SLICE_ARG(h->name));
	}
	return 0;
}

static char *
dup_or_null(struct arena *a, const char *s, bool *is_good)
{
	char *copy = s == NULL ? NULL : arena_strdup(a, s);

	*is_good &= s == NULL || copy != NULL;
	return copy;
}

static int
copy_call(struct http_transfer *t, const struct http_call *call)
{
	struct arena *a = arena_new(CALL_MAX_BYTES + call->body.len);
	bool is_good = true;

	t->arena = a;
	if (a == NULL)
		return -1;
	t->method = dup_or_null(a, call->method, &is_good);
	t->unix_socket = dup_or_null(a, call->unix_socket, &is_good);
	t->ca_file = dup_or_null(a, call->ca_file, &is_good);
	t->body = arena_slice_dup(a, call->body);
	is_good &= slice_is_set(t->body) == slice_is_set(call->body);
	t->headers = arena_array(a, call->header_count + 1, sizeof *t->headers);
	is_good &= t->headers != NULL;
	for (size_t i = 0; is_good && i < call->header_count; i++) {
		struct slice value = call->headers[i].value;

		t->headers[i].name = arena_slice_dup(a, call->headers[i].name);
		t->headers[i].value =
		    arena_slice_dup(a, slice_is_set(value) ? value : SLICE_LIT(""));
		is_good = slice_is_set(t->headers[i].name) && slice_is_set(t->headers[i].value);
	}
	t->header_count = call->header_count;
	return is_good ? 0 : -1;
}

int
http_client_start(struct http_client *c, const struct http_call *call, http_done_fn *done,
    void *cookie, struct http_request **request_r, struct err *err)
{
	struct http_transfer *t;

	if (check_call(call, err) < 0)
		return -1;
	t = mem_zalloc(sizeof *t);
	if (t == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a request");
	t->base.client = c;
	t->base.cancel = transfer_cancel;
	t->done = done;
	t->cookie = cookie;
	t->timeout_ms = call->timeout_ms > 0 ? call->timeout_ms : DEFAULT_TIMEOUT_MS;
	t->max_body_bytes =
	    call->max_body_bytes > 0 ? call->max_body_bytes : DEFAULT_MAX_BODY_BYTES;
	t->redirects = t->redirects_left = call->redirects > 0 ? call->redirects : 0;
	buf_init(&t->head, HTTP_HEAD_MAX_BYTES);
	buf_init(&t->answer, t->max_body_bytes);
	t->deadline = loop_timer_new(c->loop, on_deadline, t);
	if (t->deadline == NULL || copy_call(t, call) < 0) {
		err_set(err, ERR_NOMEM, "no memory for a request");
		goto fail;
	}
	if (transfer_set_url(t, call->url, err) < 0)
		goto fail;
	loop_timer_start(t->deadline, t->timeout_ms);
	http_client_link(c, &t->base);
	http_client_soon(t);
	if (request_r != NULL)
		*request_r = &t->base;
	return 0;
fail:
	transfer_free(t);
	return -1;
}
