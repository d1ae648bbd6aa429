/*
 * http_intake.c - one request from its first line to its answer.
 *
 * Life of a request: http_intake_uri() makes it when the first line is there; http_intake_access()
 * is called with the headers, then with pieces of the body, then once more, when it is handed over.
 * Answered at once, the answer is queued from there; else the connection is suspended and
 * http_reply() resumes it, after which http_intake_access() is called again and queues the answer.
 *
 * A request belongs to two: the library until http_intake_completed(), the application from the
 * hand-over until http_reply().  It is freed when both have let go, so an answer that comes after
 * the server was freed is harmless.
 */
#include "platform/http_server_internal.h"

#include <assert.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/mem.h"
#include "platform/sysclock.h"

/* A body slower than this for longer than the idle time-out is given up. */
#define SLOWEST_BODY_BYTES_PER_MS 16
/* Of a body that is too large this much is read and dropped, so that the sender gets to see the
 * 413. */
#define DISCARD_FACTOR 4

static int64_t
mono_ms(void)
{
	return clock_mono_ns(sysclock()) / 1000000;
}

/* ---- requests ------------------------------------------------------------ */

void
http_intake_free_when_idle(struct http_server_request *r)
{
	if (r->is_held || r->connection != NULL)
		return;
	if (r->response != NULL)
		MHD_destroy_response(r->response);
	buf_fini(&r->body);
	mem_free(r->method);
	mem_free(r->uri);
	mem_free(r);
}

static void
request_hold(struct http_server *s, struct http_server_request *r)
{
	r->is_held = true;
	r->prev = NULL;
	r->next = s->waiting;
	if (r->next != NULL)
		r->next->prev = r;
	s->waiting = r;
}

/* Takes r out of the server's list; it may stay held. */
void
http_intake_unlink(struct http_server *s, struct http_server_request *r)
{
	if (r->prev != NULL)
		r->prev->next = r->next;
	else
		s->waiting = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	r->prev = r->next = NULL;
}

/* The library lets go of r. */
void
http_intake_detach(struct http_server_request *r)
{
	r->connection->request = NULL;
	r->connection = NULL;
	http_intake_free_when_idle(r);
}

/* ---- answers ------------------------------------------------------------- */

static bool
add_headers(struct MHD_Response *response, const struct http_header *headers, size_t count)
{
	bool is_good = true;

	for (size_t i = 0; i < count && is_good; i++) {
		char *name, *value;

		/* The library refuses a header without a value. */
		if (slice_eq_nocase(headers[i].name, SLICE_LIT("Content-Length")) ||
		    headers[i].value.len == 0)
			continue;
		name = mem_strndup(headers[i].name.ptr, headers[i].name.len);
		value = mem_strndup(headers[i].value.ptr, headers[i].value.len);
		is_good = name != NULL && value != NULL &&
		    MHD_add_response_header(response, name, value) == MHD_YES;
		mem_free(name);
		mem_free(value);
	}
	return is_good;
}

static struct MHD_Response *
response_make(struct slice body, const struct http_header *headers, size_t count)
{
	/* With MUST_COPY the library only reads; its signature predates const. */
	union {
		const char *is;
		void *looks;
	} bytes = {.is = body.len == 0 ? "" : body.ptr};
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(body.len, bytes.looks, MHD_RESPMEM_MUST_COPY);

	if (response != NULL && !add_headers(response, headers, count)) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

static enum MHD_Result
queue_answer(struct http_server_request *r)
{
	enum MHD_Result rc = MHD_NO;

	if (r->response != NULL && !r->is_broken)
		rc = MHD_queue_response(r->connection->mhd, (unsigned)r->status, r->response);
	if (r->response != NULL)
		MHD_destroy_response(r->response);
	r->response = NULL;
	return rc;
}

void
http_intake_answer(struct http_server_request *r, int status, const struct http_header *headers,
    size_t header_count, struct slice body)
{
	r->status = status;
	r->response = response_make(body, headers, header_count);
	r->is_broken = r->response == NULL;
}

/* An answer of our own, after which the connection is closed: problem details, as the application
 * gives them. */
static void
refuse(struct http_server_request *r, int status, const char *code, const char *detail)
{
	const struct http_header headers[] = {
	    {SLICE_LIT("Content-Type"), SLICE_LIT("application/problem+json")},
	    {SLICE_LIT("Connection"), SLICE_LIT("close")},
	    {SLICE_LIT("Retry-After"), SLICE_LIT("5")},
	};
	bool is_passing = status == MHD_HTTP_SERVICE_UNAVAILABLE;
	char text[300];

	snprintf(text, sizeof text,
	    "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\",\"code\":"
	    "\"%s\"}",
	    MHD_get_reason_phrase_for((unsigned)status), status, detail, code);
	http_intake_answer(r, status, headers, is_passing ? 3 : 2, slice_of(text));
}

static void
refuse_too_large(struct http_server_request *r, size_t max_bytes)
{
	char detail[100];

	snprintf(detail, sizeof detail, "the body is over %zu bytes", max_bytes);
	refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "too-large", detail);
}

void
http_intake_refuse_stopping(struct http_server_request *r)
{
	refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "the server is stopping");
}

/* ---- taking a request in ------------------------------------------------- */

/* The first line is there. Gives what http_intake_access() gets as *con_cls. */
void *
http_intake_uri(void *cookie, const char *uri, struct MHD_Connection *mhd)
{
	struct http_server *s = cookie;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_connection *c = info == NULL ? NULL : info->socket_context;
	struct http_server_request *r;
	int64_t due_ms = mono_ms() + s->options.header_timeout_ms;

	if (c == NULL)
		return NULL;
	assert(c->request == NULL);
	r = mem_zalloc(sizeof *r);
	if (r == NULL)
		return NULL;
	buf_init(&r->body, s->options.max_body_bytes);
	r->uri = mem_strdup(uri);
	r->connection = c;
	c->request = r;
	/* For the first request the time runs since the connection was made; later ones may have
	 * waited. */
	if (due_ms < c->due_ms)
		c->due_ms = due_ms;
	return r;
}

struct framing {
	int lengths, encodings;
	bool is_chunked, has_expect, is_odd;
	long long length;
};

/* The library takes "Content-Length : 5" for a header with an odd name, others on the way for a
 * length. */
static bool
is_token(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		if (c <= ' ' || c >= 0x7f || strchr("()<>@,;:\\\"/[]?={}", c) != NULL)
			return false;
	}
	return name.len > 0;
}

static enum MHD_Result
look_at_header(void *cookie, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct framing *f = cookie;
	struct slice key = slice_of(name), text = slice_trim(slice_of(value == NULL ? "" : value));

	(void)kind;
	f->is_odd |= !is_token(key);
	if (slice_eq_nocase(key, SLICE_LIT("Content-Length"))) {
		f->lengths++;
		if (!slice_to_i64(text, &f->length) || f->length < 0)
			f->lengths = 2;
	} else if (slice_eq_nocase(key, SLICE_LIT("Transfer-Encoding"))) {
		f->encodings++;
		f->is_chunked = slice_eq_nocase(text, SLICE_LIT("chunked"));
	} else if (slice_eq_nocase(key, SLICE_LIT("Expect"))) {
		f->has_expect = true;
	}
	return MHD_YES;
}

/* The headers are there: is this one request, and one we want?  What two programs on the way could
 * read as requests of different lengths is refused and the connection closed (request smuggling).
 */
static enum MHD_Result
take_headers(
    struct http_server *s, struct http_server_request *r, const char *method, const char *version)
{
	struct framing f = {0};
	long long max = (long long)s->options.max_body_bytes;

	r->has_headers = true;
	r->method = mem_strdup(method);
	if (r->method == NULL || r->uri == NULL)
		return MHD_NO;
	MHD_get_connection_values(r->connection->mhd, MHD_HEADER_KIND, look_at_header, &f);
	r->body_began_ms = mono_ms();
	r->connection->due_ms = r->body_began_ms + s->options.idle_timeout_ms;
	if (f.is_odd || f.lengths > 1 || f.encodings > 1 || (f.lengths > 0 && f.encodings > 0) ||
	    (f.encodings > 0 && (!f.is_chunked || strcmp(version, "HTTP/1.1") != 0))) {
		refuse(r, MHD_HTTP_BAD_REQUEST, "bad-framing",
		    "the length of the body is said twice, wrongly, or in two ways");
		return queue_answer(r);
	}
	if (f.length <= max)
		return MHD_YES;
	refuse_too_large(r, s->options.max_body_bytes);
	if (f.has_expect || f.length / DISCARD_FACTOR > max)
		return queue_answer(r);
	return MHD_YES;
}

static enum MHD_Result
take_body(struct http_server *s, struct http_server_request *r, const char *data, size_t len)
{
	r->received_bytes += len;
	r->connection->due_ms = r->body_began_ms + s->options.idle_timeout_ms +
	    (int64_t)(r->received_bytes / SLOWEST_BODY_BYTES_PER_MS);
	if (r->status == 0 && buf_add(&r->body, data, len) < 0) {
		if (r->received_bytes <= s->options.max_body_bytes)
			return MHD_NO; /* no memory */
		refuse_too_large(r, s->options.max_body_bytes);
	}
	if (r->status != 0) {
		buf_fini(&r->body);
		buf_init(&r->body, 0);
	}
	return r->received_bytes / DISCARD_FACTOR > s->options.max_body_bytes ? MHD_NO : MHD_YES;
}

static enum MHD_Result
hand_over(struct http_server *s, struct http_server_request *r)
{
	struct slice rest = slice_of(r->uri);
	struct http_server_call call = {
	    .method = r->method,
	    .path = slice_split(&rest, '?'),
	    .query = rest,
	    .body = slice_make(buf_str(&r->body), r->body.len),
	    .is_local_socket = s->unix_path != NULL,
	};

	r->connection->due_ms = HTTP_NEVER;
	if (s->is_stopping) {
		http_intake_refuse_stopping(r);
		return queue_answer(r);
	}
	request_hold(s, r);
	s->handle(s->cookie, r, &call);
	if (!r->is_held)
		return queue_answer(r);
	MHD_suspend_connection(r->connection->mhd);
	r->is_suspended = true;
	return MHD_YES;
}

enum MHD_Result
http_intake_access(void *cookie, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *len, void **con_cls)
{
	struct http_server *s = cookie;
	struct http_server_request *r = *con_cls;
	size_t got = *len;

	(void)mhd;
	(void)url;
	if (r == NULL)
		return MHD_NO;
	if (!r->has_headers)
		return take_headers(s, r, method, version);
	if (got > 0) {
		*len = 0;
		return take_body(s, r, data, got);
	}
	if (r->status != 0 || r->is_broken)
		return queue_answer(r);
	return hand_over(s, r);
}

void
http_intake_completed(
    void *cookie, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode how)
{
	struct http_server *s = cookie;
	struct http_server_request *r = *con_cls;

	(void)mhd;
	(void)how;
	*con_cls = NULL;
	if (r == NULL || r->connection == NULL)
		return;
	r->connection->due_ms = mono_ms() + s->options.idle_timeout_ms;
	http_intake_detach(r);
}
