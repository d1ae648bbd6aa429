/*
 * send_webhook.c - signed webhooks as the Standard Webhooks specification has them.
 *
 * The id is the message's and the same on every try, so the receiver can tell a repeat; timestamp
 * and signature are of the try.
 */
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "platform/crypto.h"
#include "platform/http_client.h"

#include "actions/attempt_internal.h"
#include "actions/senders_internal.h"
#include "store/outbox.h"

#define SECRETS_MAX 4 /* during a rotation: the new ones and the old ones */
#define KEY_BYTES_MIN 24
#define KEY_BYTES_MAX 64
#define BODY_BYTES_MAX (8 * 1024 * 1024)
#define ANSWER_BYTES_MAX 4096
#define SIGNATURES_BYTES_MAX 512

struct webhook_key {
	char bytes[KEY_BYTES_MAX];
	size_t len;
};

struct webhook_state {
	struct http_client *http;
	const struct clock *clock;
	int64_t time_limit_ms;
	char *url, *ca_file;
	struct webhook_key keys[SECRETS_MAX];
	size_t key_count;
	struct attempt *attempts;
};

/* One try. */
struct webhook_attempt {
	struct attempt base; /* first */
	struct webhook_state *webhook;
};

static const struct option webhook_options[] = {
    {"url", OPTION_TEXT, NULL, true, 0, 0, NULL, "where the messages are posted to",
	"https://acme.example/hooks/earshot"},
    {"secret", OPTION_SECRET, NULL, true, 0, 0, NULL,
	"signing secret, whsec_ and base64 of 24 to 64 bytes; while it is being changed several, "
	"with blanks between",
	"${WEBHOOK_SECRET}"},
    {"ca_file", OPTION_PATH, NULL, false, 0, 0, NULL,
	"certificates to trust instead of the system's, for a server with a certificate of your "
	"own",
	NULL},
    {NULL, OPTION_TEXT, NULL, false, 0, 0, NULL, NULL, NULL},
};

/* ---- settings --------------------------------------------------------------- */

/* The words never show the secret. */
static int
read_secret(struct webhook_state *w, struct slice text, struct err *err)
{
	static const char prefix[] = "whsec_";
	struct webhook_key *key = &w->keys[w->key_count];
	int len;

	if (w->key_count == SECRETS_MAX)
		return err_set(err, ERR_INPUT, "secret: more than %d secrets", SECRETS_MAX);
	if (!slice_starts_with(text, prefix))
		return err_set(
		    err, ERR_INPUT, "secret %zu does not begin with whsec_", w->key_count + 1);
	text = slice_make(text.ptr + strlen(prefix), text.len - strlen(prefix));
	len = crypto_base64_decode(text, key->bytes, sizeof key->bytes);
	if (len < KEY_BYTES_MIN)
		return err_set(err, ERR_INPUT,
		    "secret %zu is not base64 of %d to %d bytes behind whsec_", w->key_count + 1,
		    KEY_BYTES_MIN, KEY_BYTES_MAX);
	key->len = (size_t)len;
	w->key_count++;
	return 0;
}

static int
read_secrets(struct webhook_state *w, const char *text, struct err *err)
{
	const char *at = text;

	for (;;) {
		size_t len;

		at += strspn(at, " \t\r\n,");
		len = strcspn(at, " \t\r\n,");
		if (len == 0)
			break;
		if (read_secret(w, slice_make(at, len), err) < 0)
			return -1;
		at += len;
	}
	return w->key_count > 0 ? 0 : err_set(err, ERR_INPUT, "the secret is empty");
}

static void
webhook_close(void *state)
{
	struct webhook_state *w = state;

	attempts_give_up(&w->attempts, "request");
	mem_free(w->url);
	mem_free(w->ca_file);
	mem_free(w);
}

static int
webhook_open(struct sender *s, const struct options *set, void **state_r, struct err *err)
{
	const char *url = options_text(set, "url"), *ca_file = options_text(set, "ca_file");
	struct webhook_state *w;

	if (!url_is_http(url))
		return err_set(err, ERR_INPUT,
		    "url: '%.200s' is not an https:// or http:// address",
		    strchr(url, '@') != NULL ? "..." : url);
	w = mem_zalloc(sizeof *w);
	if (w == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the channel");
	w->http = sender_host(s)->http;
	w->clock = sender_host(s)->clock;
	w->time_limit_ms = sender_time_limit_ms(s);
	w->url = mem_strdup(url);
	w->ca_file = ca_file == NULL ? NULL : mem_strdup(ca_file);
	if (w->url == NULL || (ca_file != NULL && w->ca_file == NULL)) {
		err_set(err, ERR_NOMEM, "no memory for the channel");
		goto failed;
	}
	if (read_secrets(w, options_text(set, "secret"), err) < 0)
		goto failed;
	*state_r = w;
	return 0;
failed:
	webhook_close(w);
	return -1;
}

/* ---- the request ------------------------------------------------------------- */

static const char *
type_of(int kind)
{
	switch (kind) {
	case MESSAGE_REPLY: return "message.reply";
	case MESSAGE_NOTICE: return "message.notice";
	default: return "message.send";
	}
}

static void
put_or_null(struct json_writer *w, const char *key, struct slice s)
{
	json_kv_str(w, key, s.len > 0 ? s : SLICE_NONE);
}

static void
put_body(struct buf *out, const struct outbox_item *item)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	json_kv_cstr(&w, "type", type_of(item->kind));
	json_kv_time(&w, "timestamp", item->created_at_ms);
	json_key(&w, "data");
	json_object_begin(&w);
	json_kv_str(&w, "id", item->id);
	json_kv_cstr(&w, "kind", message_kind_name((enum message_kind)item->kind));
	put_or_null(&w, "to", item->address);
	put_or_null(&w, "customer_id", item->customer_id);
	json_key(&w, "parts");
	if (json_type(item->parts) == JSON_OBJECT)
		json_put_value(&w, item->parts);
	else
		json_put_null(&w);
	put_or_null(&w, "rule_id", item->rule_id);
	put_or_null(&w, "reason", item->reason);
	json_kv_time(&w, "created_at", item->created_at_ms);
	json_kv_bool(&w, "repeat", item->is_repeat);
	json_object_end(&w);
	json_object_end(&w);
}

/* "v1,... v1,...": one for each secret, over "id.timestamp.body". */
static int
put_signatures(struct buf *out, const struct webhook_state *w, struct slice id,
    const char *timestamp, struct slice body)
{
	uint8_t mac[CRYPTO_SHA256_BYTES];
	struct buf content;
	int rc;

	buf_init(&content, BODY_BYTES_MAX + 256);
	buf_addf(&content, "%.*s.%s.", SLICE_ARG(id), timestamp);
	buf_add_slice(&content, body);
	for (size_t i = 0; i < w->key_count && !buf_failed(&content); i++) {
		crypto_hmac_sha256(
		    slice_make(w->keys[i].bytes, w->keys[i].len), buf_slice(&content), mac);
		buf_add_str(out, i == 0 ? "v1," : " v1,");
		(void)crypto_base64_add(out, slice_make((const char *)mac, sizeof mac));
	}
	rc = buf_failed(&content) || buf_failed(out) ? -1 : 0;
	buf_fini(&content);
	return rc;
}

static void
judge(const struct webhook_state *w, const struct http_result *r, struct send_outcome *o)
{
	if (r->progress == HTTP_ANSWERED && r->status >= 300 && r->status < 400) {
		outcome_set(o, SEND_PERMANENT,
		    "answered %d: redirects are not followed; give the channel the new url",
		    r->status);
		return;
	}
	outcome_of_http(o, r, r->body, clock_now_ms(w->clock));
	if (r->progress != HTTP_ANSWERED)
		return;
	if (r->status == 410) {
		outcome_set(
		    o, SEND_PERMANENT, "answered 410: the receiver wants no more of our messages");
		o->stops_channel = true;
	} else if (r->status == 401) {
		/* our secret is not theirs: each of the next would be lost the same way */
		o->stops_channel = true;
	}
}

static void
on_answer(void *cookie, const struct http_result *r)
{
	struct webhook_attempt *t = cookie;
	send_done_fn *done = t->base.done;
	void *done_cookie = t->base.cookie;
	struct send_outcome o;

	judge(t->webhook, r, &o);
	t->base.request = NULL;
	attempt_end(&t->base);
	mem_free(t);
	done(done_cookie, &o);
}

static int
post(struct webhook_attempt *t, struct slice id, const char *timestamp, struct slice signatures,
    struct slice body, struct err *err)
{
	struct webhook_state *w = t->webhook;
	const struct http_header headers[] = {
	    {SLICE_INIT("Content-Type"), SLICE_INIT("application/json")},
	    {SLICE_INIT("webhook-id"), id},
	    {SLICE_INIT("webhook-timestamp"), slice_of(timestamp)},
	    {SLICE_INIT("webhook-signature"), signatures},
	};
	const struct http_call call = {
	    .method = "POST",
	    .url = w->url,
	    .headers = headers,
	    .header_count = sizeof headers / sizeof *headers,
	    .body = body,
	    .timeout_ms = w->time_limit_ms,
	    .max_body_bytes = ANSWER_BYTES_MAX,
	    .ca_file = w->ca_file,
	};

	return http_client_start(w->http, &call, on_answer, t, &t->base.request, err);
}

static void
webhook_send(void *state, const struct outbox_item *item, send_done_fn *done, void *cookie)
{
	struct webhook_state *w = state;
	struct webhook_attempt *t = mem_zalloc(sizeof *t);
	struct buf body, signatures;
	struct err err = {0};
	struct send_outcome o;
	char timestamp[24];

	buf_init(&body, BODY_BYTES_MAX);
	buf_init(&signatures, SIGNATURES_BYTES_MAX);
	snprintf(timestamp, sizeof timestamp, "%lld",
	    (long long)(clock_now_ms(w->clock) / TIME_SECOND_MS));
	put_body(&body, item);
	if (buf_is_full(&body)) {
		outcome_set(&o, SEND_PERMANENT, "the message would have more than %d bytes",
		    BODY_BYTES_MAX);
		goto refused;
	}
	if (t == NULL || buf_failed(&body) ||
	    put_signatures(&signatures, w, item->id, timestamp, buf_slice(&body)) < 0) {
		outcome_set(&o, SEND_LATER, "no memory for the request");
		goto refused;
	}
	t->webhook = w;
	if (post(t, item->id, timestamp, buf_slice(&signatures), buf_slice(&body), &err) < 0) {
		outcome_of_refusal(&o, &err);
		goto refused;
	}
	attempt_begin(&w->attempts, &t->base, done, cookie);
	goto out;
refused:
	mem_free(t);
	done(cookie, &o);
out:
	buf_fini(&body);
	buf_fini(&signatures);
}

const struct sender_ops sender_webhook_ops = {
    .name = "webhook",
    .help = "a signed POST a message, as the Standard Webhooks specification has it",
    .options = webhook_options,
    .deduplicates = true,
    .open = webhook_open,
    .send = webhook_send,
    .close = webhook_close,
};
