/*
 * problem.c - what went wrong, as RFC 9457 problem details with code, help and at.
 */
#include "api/api_internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

#define DETAIL_MAX 2048

static const struct {
	int status;
	const char *title;
} titles[] = {
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
};

static const char *
title_of(int status)
{
	for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
		if (titles[i].status == status)
			return titles[i].title;
	return status >= 500 ? "Server Error" : "Client Error";
}

void
api_reply_init(struct api_reply *reply)
{
	memset(reply, 0, sizeof *reply);
	buf_init(&reply->body, API_REPLY_MAX);
}

void
api_reply_fini(struct api_reply *reply)
{
	buf_fini(&reply->body);
}

/* A detail quotes what strangers sent, and is cut at a byte: make it text again. */
static void
make_text(char *s)
{
	size_t len = strlen(s), valid;

	while ((valid = utf8_valid_prefix(slice_make(s, len))) < len) {
		if (len - valid < 4 && len == DETAIL_MAX - 1) {
			s[valid] = '\0';
			return;
		}
		s[valid] = '?';
	}
}

void
api_problem_begin(struct api_reply *reply, struct json_writer *w, int status, const char *code,
    const char *help, const char *detail)
{
	assert(status >= 400 && status < 600);
	buf_clear(&reply->body);
	reply->status = status;
	reply->content_type = "application/problem+json";
	json_writer_init(w, &reply->body);
	json_object_begin(w);
	json_kv_cstr(w, "type", "about:blank");
	json_kv_cstr(w, "title", title_of(status));
	json_kv_i64(w, "status", status);
	json_kv_cstr(w, "detail", detail);
	json_kv_cstr(w, "code", code);
	if (help != NULL)
		json_kv_cstr(w, "help", help);
}

static void
write_problem(struct api_reply *reply, int status, const char *code, const char *at,
    const char *help, char *detail)
{
	struct json_writer w;

	make_text(detail);
	api_problem_begin(reply, &w, status, code, help, detail);
	if (at != NULL)
		json_kv_cstr(&w, "at", at);
	json_object_end(&w);
	/* Without memory even for this the status alone must do. */
	if (buf_failed(&reply->body))
		buf_clear(&reply->body);
}

void
api_problem_at(struct api_reply *reply, int status, const char *code, const char *at,
    const char *help, const char *fmt, ...)
{
	char detail[DETAIL_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof detail, fmt, ap);
	va_end(ap);
	write_problem(reply, status, code, at, help, detail);
}

void
api_problem(
    struct api_reply *reply, int status, const char *code, const char *help, const char *fmt, ...)
{
	char detail[DETAIL_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof detail, fmt, ap);
	va_end(ap);
	write_problem(reply, status, code, NULL, help, detail);
}

struct answer {
	int status;
	const char *code, *help;
	int64_t retry_after_s;
};

static struct answer
answer_to(enum err_kind kind)
{
	switch (kind) {
	case ERR_INPUT: return (struct answer){400, "invalid", NULL, 0};
	case ERR_LIMIT: return (struct answer){413, "too-large", NULL, 0};
	case ERR_NOT_FOUND: return (struct answer){404, "not-found", NULL, 0};
	case ERR_CONFLICT: return (struct answer){409, "conflict", NULL, 0};
	case ERR_DENIED: return (struct answer){403, "denied", NULL, 0};
	case ERR_BUSY: return (struct answer){503, "busy", "try again in a moment", 1};
	case ERR_IO: return (struct answer){500, "io", NULL, 0};
	case ERR_NET: return (struct answer){502, "network", NULL, 0};
	case ERR_STORE:
		return (struct answer){503, "store",
		    "the database refused: is the disk full?  it is tried again by itself", 5};
	case ERR_NOMEM: return (struct answer){503, "no-memory", "try again in a moment", 5};
	case ERR_NONE: break;
	}
	return (struct answer){500, "internal", NULL, 0};
}

void
api_problem_err(struct api_reply *reply, const struct err *err)
{
	struct answer a = answer_to(err->kind);
	const char *text =
	    err->kind == ERR_NONE ? "something failed without saying why" : err->text;

	api_problem(reply, a.status, a.code, a.help, "%s", text);
	reply->retry_after_s = a.retry_after_s;
}

int
api_nomem(const struct api_call *c, struct err *err)
{
	if (arena_is_full(c->env->arena))
		return err_set(err, ERR_LIMIT, "the answer is too large; ask for fewer with limit");
	return err_set(err, ERR_NOMEM, "no memory for the answer");
}
