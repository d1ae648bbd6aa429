/*
 * mail_internal.h - one mail as RFC 5322 wants it: headers in ASCII and folded, bodies in an
 * encoding that survives every server.
 *
 * Nothing that is put in can end a header or a part: control characters in header values become
 * blanks, a boundary cannot occur in an encoded part.  Lines end in CR LF and stay below 998 bytes.
 * The same mail gives the same bytes.
 *
 * Threads: any; pure.
 */
#ifndef ACTIONS_MAIL_INTERNAL_H
#define ACTIONS_MAIL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct buf;

#define MAIL_BYTES_MAX (1024 * 1024)
#define MAIL_SUBJECT_MAX 800 /* bytes; more is cut at a character, with a mark */
#define MAIL_NAME_MAX 200
#define MAIL_ADDRESS_MAX 254

struct mail {
	struct slice from, to; /* addresses that mail_address_judge() calls good */
	struct slice from_name; /* "" or SLICE_NONE: none */
	struct slice reply_to; /* an address; SLICE_NONE: none */
	struct slice subject;
	struct slice
	    message_id; /* what stands before the '@': letters and digits; the domain is from's */
	int64_t date_ms;
	const char *const *unsubscribe; /* URIs; "{message}" in them becomes message_id */
	size_t unsubscribe_count;
	bool is_one_click; /* RFC 8058: the https one takes a POST */
	bool is_repeat;
	struct slice text, html; /* at least one is set */
};

/* 0, or -1 when out has failed. */
int mail_build(const struct mail *m, struct buf *out);

enum mail_address {
	MAIL_ADDRESS_GOOD,
	MAIL_ADDRESS_BROKEN, /* it is none: it never will work */
	MAIL_ADDRESS_NOT_ASCII, /* it is one, but needs SMTPUTF8 or an encoded domain, which we do
				   not do */
};
enum mail_address mail_address_judge(struct slice address);

/* "https://..." or "mailto:...", printable ASCII without <> and blanks, at most 900 bytes. */
bool mail_unsubscribe_is_good(const char *uri);

#endif
