/*
 * segment_dialect.h - Segment's HTTP tracking API, as its libraries speak it: identify, track, page,
 * screen, group, alias and batch.
 *
 *   identify  traits become attributes; `email` and `phone`, where they are addresses, endpoints
 *   track     an event of that name; context.traits as above
 *   page      the event "page viewed", the page's name as the property "page"; likewise "screen viewed"
 *   group     the attributes "group" and "group.TRAIT"
 *   alias     previousId and userId are one person, when both are customers
 *
 * messageId is the event's id.  When a call says when it was sent, the sender's clock is corrected:
 * it happened (sentAt - timestamp) before we got it.  What is told of an anonymousId alone is of nobody we
 * could know, and kept out.
 *
 * Source: Segment's documentation of its HTTP API and common fields, and what @segment/analytics-node 2
 * sends (tests/system/test_segment.py).
 *
 * Ownership: texts of a telling live in the arena given.
 * Threads:   any.
 */
#ifndef API_SEGMENT_DIALECT_H
#define API_SEGMENT_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "people/tellings.h"

struct api_event_fault;
struct api_events_result;
struct api_reply;
struct arena;
struct err;
struct json;
struct telling;

#define SEGMENT_PATH "/api/v1/segment/"
#define SEGMENT_KEY_MAX 512 /* bytes of a write key */
#define SEGMENT_BODY_MAX                                                                           \
	(512 * 1024) /* of a request whose key stands in its body; Segment takes 500 KB */

/* ".../segment/v1/track" -> "track"; false: another path. */
bool segment_kind_of_path(struct slice path, struct slice *kind_r);

/* One call; envelope: the batch it came in, or the call itself. */
struct segment_call {
	struct slice kind;
	const struct json *object, *envelope;
};

/* Calls take for each call of a body, of a kind or of a batch; it returns -1 with err to stop.  write_key_r
 * (may be NULL): as the body has it, or empty.  -1: the body cannot be read, or holds more than max. */
typedef int
segment_call_fn(void *cookie, size_t index, const struct segment_call *call, struct err *err);
int segment_walk(struct slice kind, struct slice body, size_t max, segment_call_fn *take,
    void *cookie, char write_key_r[SEGMENT_KEY_MAX], struct err *err);

enum segment_answer {
	SEGMENT_FAILED = -1, /* no memory: err */
	SEGMENT_REFUSED, /* why */
	SEGMENT_READ,
	SEGMENT_STRANGER
};
/* fallback_id: of a call without a messageId. */
enum segment_answer
segment_read(const struct segment_call *call, int64_t received_at_ms, struct slice fallback_id,
    struct arena *a, struct telling *t_r, char why[TELLING_WHY_MAX], struct err *err);

/* As Segment answers: {"success":true}, with what became of it. */
void segment_reply(struct api_reply *reply, const struct api_events_result *r,
    const struct api_event_fault *faults, size_t fault_count);

#endif
