/*
 * alert_notice.c - what a support person reads when an alert comes: who wrote what, where, how it
 * was scored and why it matters, and what to type next.  Plain text; each channel makes of
 * "subject" and "text" what it can.
 */
#include "actions/alerts_internal.h"

#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "platform/crypto.h"

#include "actions/actions_internal.h"

#define NOTICE_TEXT_MAX (32 * 1024)
#define NOTICE_PARTS_MAX (256 * 1024)
#define POST_TEXT_SHOWN 4000
#define LINE_SHOWN 300

/* Text of others on a line of its own of the notice: no line of theirs may look like one of ours.
 */
static void
add_line(struct buf *b, const char *name, struct slice value)
{
	struct slice shown = utf8_prefix(value, LINE_SHOWN);

	if (value.len == 0)
		return;
	buf_addf(b, "%s: ", name);
	for (size_t i = 0; i < shown.len; i++)
		buf_add_char(b, (unsigned char)shown.ptr[i] < 0x20 ? ' ' : shown.ptr[i]);
	buf_add_str(b, shown.len < value.len ? "...\n" : "\n");
}

static void
add_quoted(struct buf *b, struct slice text)
{
	struct slice shown = utf8_prefix(text, POST_TEXT_SHOWN);

	buf_add_str(b, "\n> ");
	for (size_t i = 0; i < shown.len; i++) {
		buf_add_char(b, shown.ptr[i]);
		if (shown.ptr[i] == '\n')
			buf_add_str(b, "> ");
	}
	buf_add_str(b, shown.len < text.len ? "...\n\n" : "\n\n");
}

static void
add_who(struct buf *b, const struct alert_story *story)
{
	const struct author *author = &story->post->author;
	struct buf who;

	buf_init(&who, 4096);
	if (author->name.len > 0)
		buf_addf(&who, "%.*s ", SLICE_ARG(utf8_prefix(author->name, 100)));
	if (author->handle.len > 0)
		buf_addf(&who, "%.*s ", SLICE_ARG(utf8_prefix(author->handle, 100)));
	if (author->followers != COUNT_UNKNOWN)
		buf_addf(&who, "(%lld followers) ", (long long)author->followers);
	if (slice_is_set(story->customer_id))
		buf_addf(&who, "- customer %.*s", SLICE_ARG(utf8_prefix(story->customer_id, 100)));
	if (who.len == 0)
		buf_add_str(&who, "an anonymous author");
	add_line(b, "Who", slice_trim(buf_slice(&who)));
	buf_fini(&who);
}

static void
add_post(struct buf *b, const struct alert_story *story)
{
	const struct score *score = story->score;

	add_who(b, story);
	if (score != NULL && score->is_scored)
		buf_addf(b, "Sentiment: %s (%s%d.%02d)%s\n", sentiment_label_name(score->label),
		    score->score_milli < 0 ? "-" : "", abs(score->score_milli) / 1000,
		    abs(score->score_milli) % 1000 / 10, score->is_unsure ? ", unsure" : "");
	add_line(b, "Where", story->post->url);
	add_quoted(b, story->post->text);
}

#define EVENT_VALUES_SHOWN 10

/* "Event: order cancelled (shop)", and a line for each property. */
static void
add_event(struct buf *b, const struct alert_story *story)
{
	const struct event *e = story->event;

	add_line(b, "Who", story->customer_id);
	buf_addf(b, "Event: %.*s (%.*s)\n", SLICE_ARG(utf8_prefix(e->name, 200)),
	    SLICE_ARG(utf8_prefix(e->source, 100)));
	for (size_t i = 0; i < e->property_count && i < EVENT_VALUES_SHOWN; i++) {
		const struct attribute *p = &e->properties[i];

		buf_addf(b, "  %.*s: %.*s%s\n", SLICE_ARG(utf8_prefix(p->name, 100)),
		    SLICE_ARG(
			utf8_prefix(p->values.count > 0 ? p->values.items[0] : SLICE_LIT(""), 200)),
		    p->values.count > 1 ? ", ..." : "");
	}
}

static void
add_text(struct buf *b, const struct alert_queue *queue, const struct alert_row *row,
    const struct alert_story *story)
{
	char age[TIME_TEXT_MAX];

	if (story->repeat > 0)
		buf_addf(b, "REPEAT %lld of %d: nobody has acknowledged this alert for %s.\n\n",
		    (long long)story->repeat, ALERT_REPEATS_MAX,
		    time_format_age(story->now_ms - row->opened_at_ms, age));
	buf_addf(b, "Alert %lld in %s, severity %s\n", (long long)row->alert_no,
	    queue->title != NULL ? queue->title : queue->name, severity_name(row->severity));
	add_line(b, "What", row->title);
	if (row->rule_id.len > 0)
		add_line(b, "Rule", row->rule_id);
	add_line(b, "Why", row->reason);
	if (row->count > 1)
		buf_addf(b, "%s so far: %lld\n",
		    slice_starts_with(row->group_key, "w:")       ? "Incidents"
			: slice_starts_with(row->group_key, "c:") ? "Posts and events"
								  : "Posts",
		    (long long)row->count);
	if (story->post != NULL)
		add_post(b, story);
	else if (story->event != NULL)
		add_event(b, story);
	else if (row->post_id.len > 0)
		buf_add_str(b,
		    slice_starts_with(row->post_id, "e:") ? "The event is no longer known.\n"
							  : "The post is no longer known.\n");
	buf_addf(b, "Look:        earshot alerts show %lld\nAcknowledge: earshot alerts ack %lld\n",
	    (long long)row->alert_no, (long long)row->alert_no);
}

static void
add_subject(struct buf *b, const struct alert_queue *queue, const struct alert_row *row,
    const struct alert_story *story)
{
	struct buf line;

	buf_init(&line, 2048);
	buf_addf(&line, "[%s] %s: %.*s", severity_name(row->severity),
	    queue->title != NULL ? queue->title : queue->name,
	    SLICE_ARG(utf8_prefix(row->title, 150)));
	if (story->post != NULL && story->post->author.handle.len > 0)
		buf_addf(&line, " - %.*s", SLICE_ARG(utf8_prefix(story->post->author.handle, 100)));
	for (size_t i = 0; i < line.len; i++)
		buf_add_char(b, (unsigned char)line.ptr[i] < 0x20 ? ' ' : line.ptr[i]);
	buf_fini(&line);
}

static int
make_parts(const struct alert_queue *queue, const struct alert_row *row,
    const struct alert_story *story, struct buf *parts, struct err *err)
{
	struct buf subject, text;
	struct json_writer w;
	int rc = 0;

	buf_init(&subject, NOTICE_TEXT_MAX);
	buf_init(&text, NOTICE_TEXT_MAX);
	add_subject(&subject, queue, row, story);
	add_text(&text, queue, row, story);
	json_writer_init(&w, parts);
	json_object_begin(&w);
	json_kv_str(&w, "subject", slice_make(buf_str(&subject), subject.len));
	json_kv_str(&w, "text", slice_make(buf_str(&text), text.len));
	json_kv_cstr(&w, "severity", severity_name(row->severity));
	json_kv_cstr(&w, "queue", queue->name);
	json_object_end(&w);
	if (buf_failed(&subject) || buf_failed(&text) || buf_failed(parts))
		rc = err_set(err, ERR_NOMEM, "no memory for the notices of alert %lld",
		    (long long)row->alert_no);
	buf_fini(&subject);
	buf_fini(&text);
	return rc;
}

/* The same alert, address and round always give the same id, so that a round done again adds
 * nothing. */
static void
make_id(const struct alert_row *row, const char *address, char out[33])
{
	char number[24], round[24];
	struct slice parts[3];
	uint8_t hash[CRYPTO_SHA256_BYTES];

	snprintf(number, sizeof number, "%lld", (long long)row->alert_no);
	snprintf(round, sizeof round, "%lld", (long long)row->notices);
	parts[0] = slice_of(number);
	parts[1] = slice_of(address);
	parts[2] = slice_of(round);
	crypto_sha256_parts(parts, 3, hash);
	crypto_hex(hash, 16, out);
}

int
alert_notify(struct store *st, const struct alert_queue *queue, const char *const *addresses,
    size_t address_count, const struct alert_row *row, const struct alert_story *story,
    struct arena *a, struct err *err)
{
	struct buf parts;
	int rc = -1;

	(void)a;
	buf_init(&parts, NOTICE_PARTS_MAX);
	if (make_parts(queue, row, story, &parts, err) < 0)
		goto out;
	for (size_t i = 0; i < address_count; i++) {
		struct slice address = slice_of(addresses[i]);
		struct message m = {
		    .kind = MESSAGE_NOTICE,
		    .decision_id = story->decision_id,
		    .alert_no = row->alert_no,
		    .channel = slice_split(&address, ':'),
		    .purpose = PURPOSE_SERVICE,
		    .parts_json = buf_slice(&parts),
		    .state = MESSAGE_READY,
		    .next_at_ms = story->now_ms,
		    .claimed_at_ms = TIME_UNKNOWN,
		    .expires_at_ms = TIME_UNKNOWN,
		    .is_repeat = story->repeat > 0,
		    .created_at_ms = story->now_ms,
		    .updated_at_ms = story->now_ms,
		};

		m.address = slice_is_set(address) ? address : SLICE_LIT("");
		make_id(row, addresses[i], m.id);
		if (store_message_insert(st, &m, err) < 0)
			goto out;
	}
	rc = 0;
out:
	buf_fini(&parts);
	return rc;
}
