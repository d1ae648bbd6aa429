/*
 * smtp_internal.h - the post office behind smtp_start(), and what a server's reply lines say.
 *
 * libcurl waits for the answer to the final dot, and for QUIT's, inside its own code, also in the
 * multi interface: on the loop thread one slow mail server would freeze everything.  So mail has a
 * few threads of its own, each with one connection at a time.
 */
#ifndef PLATFORM_SMTP_INTERNAL_H
#define PLATFORM_SMTP_INTERNAL_H

#include "platform/http_client_internal.h"

struct lock;
struct queue;
struct thread;

/* Hangs up on what is under way and waits for the threads.  No callback arrives any more. */
void smtp_post_free(struct smtp_post *p);

/* ---- replies ------------------------------------------------------------- */

#define SMTP_REPLY_TEXT_MAX 300

/* The last reply, of one or more lines.  Zeroed: none yet. */
struct smtp_reply {
	int code;
	int enhanced[3];
	char text[SMTP_REPLY_TEXT_MAX]; /* its first line, printable */
	bool goes_on; /* more lines of this reply follow */
};

/* Takes one line, with or without its line end; a line that is none is ignored.  221 (goodbye) does
 * not replace what was said before it. */
void smtp_reply_take(struct smtp_reply *r, struct slice line);

/* ---- shared by smtp.c (loop, queue, threads) and smtp_send.c (one mail) ---- */

#define SMTP_WORKERS 4
#define SMTP_SOCKETS_MAX 8 /* of one worker: the one in use, and those that race to connect */

struct smtp_mail {
	struct http_request base; /* first; the loop's */
	struct smtp_mail *next; /* in the done list */
	struct smtp_post *post;
	struct arena *arena;
	const char *url, *user, *password, *ca_file, *from, *to;
	bool require_tls, is_host_allowed;
	struct slice message;
	int64_t timeout_ms, due_ms;
	smtp_done_fn *done;
	void *cookie;
	bool is_cancelled; /* under lock */

	/* the worker's */
	size_t sent_bytes; /* handed to libcurl */
	bool is_all_sent; /* and libcurl was told that this was all: the final dot may go out */
	bool has_begun; /* MAIL FROM went out: replies are about this mail */
	bool has_reply, has_final_reply, is_denied;
	struct smtp_reply reply;
	struct smtp_result result;
	char words[400];
	bool is_delivering;
};

struct smtp_worker {
	struct smtp_post *post;
	struct thread *thread;
	CURL *easy;
	struct smtp_mail *mail; /* under lock */
	int sockets[SMTP_SOCKETS_MAX]; /* under lock; -1: free */
};

struct smtp_post {
	struct http_client *client;
	struct queue *queue;
	struct lock *lock;
	struct smtp_worker workers[SMTP_WORKERS];
	int worker_count;
	struct smtp_mail *done_list; /* under lock; newest first */
	uv_async_t wake;
	bool is_stopping; /* under lock */
};

/* Sends m over the worker's connection and fills m->result. Blocks; the worker's thread. */
void smtp_send(struct smtp_worker *w, struct smtp_mail *m);

#endif
