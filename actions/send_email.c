/*
 * send_email.c - mail through a submission server: one recipient a transaction, so that one answer
 * is about one message.
 *
 * Mail servers do not tell repeats apart.  What may have been accepted is unknown and stays so:
 * nobody can be asked.
 */
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "platform/http_client.h"

#include "actions/attempt_internal.h"
#include "actions/mail_internal.h"
#include "actions/senders_internal.h"
#include "store/outbox.h"

/* Greylisting servers want the first repeat after 5 to 15 minutes. */
#define GREYLIST_WAIT_MS (5 * TIME_MINUTE_MS)
#define UNSUBSCRIBE_MAX 4
#define SETTINGS_MAX (64 * 1024)

struct email_state {
	struct http_client *http;
	const struct clock *clock;
	int64_t time_limit_ms;
	struct arena *arena; /* the settings below */
	const char *server, *user, *password, *from, *from_name, *reply_to, *ca_file;
	bool require_tls;
	const char *unsubscribe[UNSUBSCRIBE_MAX];
	size_t unsubscribe_count;
	bool is_one_click;
	struct attempt *attempts;
};

static const struct option email_options[] = {
    {"server", OPTION_TEXT, NULL, true, 0, 0, NULL,
	"submission server: smtp:// with STARTTLS (port 587), smtps:// with TLS from the start "
	"(465)",
	"smtp://mail.example.org:587"},
    {"user", OPTION_TEXT, NULL, false, 0, 0, NULL,
	"name to log in with; without one there is no login", "earshot"},
    {"password", OPTION_SECRET, NULL, false, 0, 0, NULL, "password to log in with",
	"${SMTP_PASSWORD}"},
    {"from", OPTION_TEXT, NULL, true, 0, 0, NULL, "address of the sender", "care@acme.example"},
    {"from_name", OPTION_TEXT, NULL, false, 0, 0, NULL, "name of the sender", "Acme Care"},
    {"reply_to", OPTION_TEXT, NULL, false, 0, 0, NULL, "where answers go, when not to the sender",
	"help@acme.example"},
    {"require_tls", OPTION_BOOL, "yes", false, 0, 0, NULL,
	"no mail without encryption; a login always needs it", NULL},
    {"ca_file", OPTION_PATH, NULL, false, 0, 0, NULL,
	"certificates to trust instead of the system's, for a server with a certificate of your "
	"own",
	NULL},
    {"list_unsubscribe", OPTION_LIST, NULL, false, 0, 0, NULL,
	"https: and mailto: addresses that unsubscribe; {message} in them becomes the message's id",
	"https://acme.example/unsubscribe?m={message}"},
    {"one_click", OPTION_BOOL, "no", false, 0, 0, NULL,
	"the https address unsubscribes by a POST alone (RFC 8058)", NULL},
    {NULL, OPTION_TEXT, NULL, false, 0, 0, NULL, NULL, NULL},
};

/* ---- settings --------------------------------------------------------------- */

static int
check_own_address(const char *what, const char *address, struct err *err)
{
	if (mail_address_judge(slice_of(address)) == MAIL_ADDRESS_GOOD)
		return 0;
	return err_set(err, ERR_INPUT,
	    "%s: '%s' is not a plain mail address such as care@acme.example", what, address);
}

static int
check_unsubscribe(const struct options *set, struct err *err)
{
	size_t count = options_list_count(set, "list_unsubscribe");
	bool has_https = false;

	if (count > UNSUBSCRIBE_MAX)
		return err_set(
		    err, ERR_INPUT, "list_unsubscribe has more than %d addresses", UNSUBSCRIBE_MAX);
	for (size_t i = 0; i < count; i++) {
		const char *uri = options_list_at(set, "list_unsubscribe", i);

		if (!mail_unsubscribe_is_good(uri))
			return err_set(err, ERR_INPUT,
			    "list_unsubscribe: '%s' is neither an https: nor a mailto: address",
			    uri);
		has_https |= strncmp(uri, "https:", 6) == 0;
	}
	if (options_bool(set, "one_click") && !has_https)
		return err_set(
		    err, ERR_INPUT, "one_click needs an https: address in list_unsubscribe");
	return 0;
}

static int
check_settings(const struct options *set, struct err *err)
{
	const char *server = options_text(set, "server");
	const char *reply_to = options_text(set, "reply_to");

	if (strncmp(server, "smtp://", 7) != 0 && strncmp(server, "smtps://", 8) != 0)
		return err_set(err, ERR_INPUT,
		    "server: '%s' must begin with smtp:// or smtps://, as in "
		    "smtp://mail.example.org:587",
		    server);
	if (strchr(server, '@') != NULL)
		return err_set(err, ERR_INPUT,
		    "server: put the login into user and password, not into the address");
	if (options_text(set, "user") != NULL && options_text(set, "password") == NULL)
		return err_set(err, ERR_INPUT, "user needs a password");
	if (options_text(set, "user") == NULL && options_text(set, "password") != NULL)
		return err_set(err, ERR_INPUT, "password needs a user");
	if (check_own_address("from", options_text(set, "from"), err) < 0)
		return -1;
	if (reply_to != NULL && check_own_address("reply_to", reply_to, err) < 0)
		return -1;
	return check_unsubscribe(set, err);
}

static void
email_close(void *state)
{
	struct email_state *e = state;

	attempts_give_up(&e->attempts, "mail");
	arena_free(e->arena);
	mem_free(e);
}

/* The last one that is missing without memory makes it all fail. */
static const char *
keep(struct arena *a, const char *text, bool *is_good)
{
	const char *copy = text == NULL ? NULL : arena_strdup(a, text);

	*is_good &= text == NULL || copy != NULL;
	return copy;
}

static bool
keep_settings(struct email_state *e, const struct options *set)
{
	bool is_good = true;

	e->server = keep(e->arena, options_text(set, "server"), &is_good);
	e->user = keep(e->arena, options_text(set, "user"), &is_good);
	e->password = keep(e->arena, options_text(set, "password"), &is_good);
	e->from = keep(e->arena, options_text(set, "from"), &is_good);
	e->from_name = keep(e->arena, options_text(set, "from_name"), &is_good);
	e->reply_to = keep(e->arena, options_text(set, "reply_to"), &is_good);
	e->ca_file = keep(e->arena, options_text(set, "ca_file"), &is_good);
	e->require_tls = options_bool(set, "require_tls");
	e->is_one_click = options_bool(set, "one_click");
	e->unsubscribe_count = options_list_count(set, "list_unsubscribe");
	for (size_t i = 0; i < e->unsubscribe_count; i++)
		e->unsubscribe[i] =
		    keep(e->arena, options_list_at(set, "list_unsubscribe", i), &is_good);
	return is_good;
}

static int
email_open(struct sender *s, const struct options *set, void **state_r, struct err *err)
{
	struct email_state *e;

	if (check_settings(set, err) < 0)
		return -1;
	e = mem_zalloc(sizeof *e);
	if (e == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the channel");
	e->http = sender_host(s)->http;
	e->clock = sender_host(s)->clock;
	e->time_limit_ms = sender_time_limit_ms(s);
	e->arena = arena_new(SETTINGS_MAX);
	if (e->arena == NULL || !keep_settings(e, set)) {
		email_close(e);
		return err_set(err, ERR_NOMEM, "no memory for the channel");
	}
	*state_r = e;
	return 0;
}

/* ---- the answer ------------------------------------------------------------- */

static bool
says(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcasestr(text, *words) != NULL)
			return true;
	return false;
}

static bool
is_enhanced(const struct smtp_result *r, int class, int subject, int detail)
{
	return r->enhanced[0] == class && r->enhanced[1] == subject &&
	    (detail < 0 || r->enhanced[2] == detail);
}

/* Nobody has that address (5.1.1, 5.1.2, 5.1.3, 5.1.10).  Servers that give no finer code say 550
 * also when they do not like us or the mail: their words decide. */
static bool
is_address_dead(const struct smtp_result *r)
{
	static const char *const about_us[] = {"spam", "polic", "block", "relay", "denied", "dmarc",
	    "spf", "dkim", "reputation", "blacklist", "content", "authent", NULL};

	if (r->enhanced[0] != 0)
		return is_enhanced(r, 5, 1, 1) || is_enhanced(r, 5, 1, 2) ||
		    is_enhanced(r, 5, 1, 3) || is_enhanced(r, 5, 1, 10);
	if (r->code != 550 && r->code != 551 && r->code != 553)
		return false;
	return !says(r->error, about_us);
}

/* Login and policy: every mail would fare the same. */
static bool
is_about_us(const struct smtp_result *r)
{
	if (r->is_login_denied || is_enhanced(r, 5, 7, -1))
		return true;
	return r->enhanced[0] == 0 &&
	    (r->code == 530 || r->code == 534 || r->code == 535 || r->code == 538);
}

static bool
is_greylisted(const struct smtp_result *r)
{
	static const char *const words[] = {"greylist", "graylist", "grey-list", "gray-list", NULL};

	return is_enhanced(r, 4, 7, 1) || says(r->error, words);
}

static void
judge(const struct smtp_result *r, struct send_outcome *o)
{
	if (r->is_accepted) {
		outcome_set(o, SEND_DONE, "%s", "");
	} else if (r->progress == HTTP_MAYBE_SENT) {
		outcome_set(o, SEND_UNKNOWN, "the mail was handed over, the answer never came: %s",
		    r->error);
	} else if (r->progress == HTTP_NOT_SENT) {
		outcome_set(o, SEND_LATER, "%s", r->error);
	} else if (r->code < 500) {
		outcome_set(o, SEND_LATER, "%s", r->error);
		if (is_greylisted(r))
			o->wait_ms = GREYLIST_WAIT_MS;
	} else {
		outcome_set(o, SEND_PERMANENT, "%s", r->error);
		o->is_address_dead = is_address_dead(r);
		o->stops_channel = is_about_us(r);
	}
}

static void
on_smtp(void *cookie, const struct smtp_result *r)
{
	struct attempt *a = cookie;
	send_done_fn *done = a->done;
	void *done_cookie = a->cookie;
	struct send_outcome o;

	judge(r, &o);
	a->request = NULL;
	attempt_end(a);
	mem_free(a);
	done(done_cookie, &o);
}

/* ---- one mail --------------------------------------------------------------- */

/* False with *o: it cannot be sent. */
static bool
check_item(const struct outbox_item *item, struct send_outcome *o)
{
	switch (mail_address_judge(item->address)) {
	case MAIL_ADDRESS_GOOD: break;
	case MAIL_ADDRESS_NOT_ASCII:
		outcome_set(o, SEND_PERMANENT,
		    "the address '%.*s' has letters outside ASCII, which mail servers do not take "
		    "everywhere: "
		    "write its domain as xn--..., or ask for another address",
		    SLICE_ARG(item->address));
		return false;
	case MAIL_ADDRESS_BROKEN:
		outcome_set(
		    o, SEND_PERMANENT, "'%.*s' is not a mail address", SLICE_ARG(item->address));
		o->is_address_dead = true;
		return false;
	}
	if (json_get_str(item->parts, "text").len == 0 &&
	    json_get_str(item->parts, "html").len == 0) {
		outcome_set(o, SEND_PERMANENT, "the message has neither a text nor an html part");
		return false;
	}
	return true;
}

static struct slice
part(const struct outbox_item *item, const char *name)
{
	struct slice s = json_get_str(item->parts, name);

	return s.len > 0 ? s : SLICE_NONE;
}

static int
build(const struct email_state *e, const struct outbox_item *item, struct buf *out)
{
	struct mail m = {
	    .from = slice_of(e->from),
	    .from_name = slice_of(e->from_name),
	    .reply_to = slice_of(e->reply_to),
	    .to = item->address,
	    .subject = json_get_str(item->parts, "subject"),
	    .message_id = item->id,
	    .date_ms = clock_now_ms(e->clock),
	    .is_repeat = item->is_repeat,
	    .text = part(item, "text"),
	    .html = part(item, "html"),
	};

	if (item->kind == MESSAGE_SEND) {
		m.unsubscribe = e->unsubscribe;
		m.unsubscribe_count = e->unsubscribe_count;
		m.is_one_click = e->is_one_click;
	}
	return mail_build(&m, out);
}

static int
hand_over(struct email_state *e, struct attempt *a, const struct outbox_item *item,
    struct slice message, struct err *err)
{
	char to[MAIL_ADDRESS_MAX + 1];
	struct smtp_call call = {
	    .url = e->server,
	    .require_tls = e->require_tls,
	    .user = e->user,
	    .password = e->password,
	    .ca_file = e->ca_file,
	    .from = e->from,
	    .to = to,
	    .message = message,
	    .timeout_ms = e->time_limit_ms,
	};

	snprintf(to, sizeof to, "%.*s", SLICE_ARG(item->address));
	return smtp_start(e->http, &call, on_smtp, a, &a->request, err);
}

static void
email_send(void *state, const struct outbox_item *item, send_done_fn *done, void *cookie)
{
	struct email_state *e = state;
	struct attempt *a = NULL;
	struct err err = {0};
	struct send_outcome o;
	struct buf message;

	buf_init(&message, MAIL_BYTES_MAX);
	if (!check_item(item, &o))
		goto refused;
	a = mem_zalloc(sizeof *a);
	if (a == NULL || build(e, item, &message) < 0) {
		if (buf_is_full(&message))
			outcome_set(&o, SEND_PERMANENT, "the mail would have more than %d bytes",
			    MAIL_BYTES_MAX);
		else
			outcome_set(&o, SEND_LATER, "no memory to write the mail");
		goto refused;
	}
	if (hand_over(e, a, item, buf_slice(&message), &err) < 0) {
		outcome_of_refusal(&o, &err);
		goto refused;
	}
	attempt_begin(&e->attempts, a, done, cookie);
	buf_fini(&message);
	return;
refused:
	mem_free(a);
	buf_fini(&message);
	done(cookie, &o);
}

static const char *const email_parts[] = {"text", "html", NULL};

const struct sender_ops sender_email_ops = {
    .name = "email",
    .help = "mail through an SMTP submission server",
    .options = email_options,
    .parts_needed = email_parts,
    .endpoint = "email",
    .open = email_open,
    .send = email_send,
    .close = email_close,
};
