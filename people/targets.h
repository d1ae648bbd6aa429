/*
 * targets.h - what a column of a customers file is for: Amazon Pinpoint's headers, and our own
 * words for any other file.
 *
 *   id                              the customer's id
 *   timezone | locale | country     of the customer
 *   attribute:NAME                  several columns, or split, make several values
 *   metric:NAME                     a number
 *   handle                          a social handle: links the customer
 *   endpoint:CHANNEL                an address: email, sms, voice, push, in_app, custom
 *   consent:CHANNEL:PURPOSE         yes or no; PURPOSE is service, marketing or both
 *   consent:CHANNEL:PURPOSE:at      when it was given or withdrawn; likewise :source and :text (the
 *                                   version of the words agreed to)
 *   tag | tag:NAME                  tags themselves; yes or no to one tag
 *   list:NAME                       yes or no to one list
 *   segment | segment:NAME          segments with imported members; yes or no to one of them
 *   skip                            nothing
 *
 * Behind the word: split "C" (several values in a cell), date "DD.MM.YYYY" (or unix, unix_ms),
 * decimal "," (how numbers are written), is "VALUE" (a constant: the column has no cells).  A NAME
 * with spaces is quoted.  Quotes may be 'single', too, which a header of CSV likes better.
 *
 * Ownership: texts of a target are borrowed from the words it was read from.
 * Threads:   pure.
 */
#ifndef PEOPLE_TARGETS_H
#define PEOPLE_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;

#define TARGET_NAME_BYTES_MAX 256

enum target_kind {
	TARGET_SKIPPED,
	TARGET_USER_ID,
	TARGET_TIMEZONE,
	TARGET_LOCALE,
	TARGET_COUNTRY,
	TARGET_ATTRIBUTE, /* of the customer */
	/* Pinpoint's alone: of the one endpoint of a row */
	TARGET_CHANNEL,
	TARGET_ADDRESS,
	TARGET_ENDPOINT_ID,
	TARGET_OPT_OUT,
	TARGET_STATUS,
	TARGET_ENDPOINT_ATTRIBUTE,
	TARGET_ENDPOINT_METRIC,
	TARGET_EXTRA, /* kept as it is, for the export */
	TARGET_ALLOWED, /* ours: what an export knows better than OptOut can say */
	/* ours alone */
	TARGET_METRIC,
	TARGET_HANDLE,
	TARGET_CONTACT, /* name is the channel */
	TARGET_CONSENT,
	TARGET_CONSENT_AT,
	TARGET_CONSENT_SOURCE,
	TARGET_CONSENT_TEXT,
	TARGET_TAG,
	TARGET_HAS_TAG,
	TARGET_LIST,
	TARGET_SEGMENT,
	TARGET_IN_SEGMENT,
};

struct target {
	enum target_kind kind;
	struct slice name; /* of the attribute, tag ...; the whole header for extras; the channel */
	bool is_service, is_marketing; /* TARGET_CONSENT*: for which purposes */
	bool is_constant;
	struct slice constant; /* the value of every row */
	char split; /* 0: the cell is one value */
	char decimal; /* '.' or ','; 0: as JSON has it */
	struct slice date; /* SLICE_NONE: as it stands, or RFC 3339 where a time is needed */
};

/* Reads a header.  0; or 1 when nobody knows it, with why and help (either may be empty) written. */
struct target_problem {
	char why[300], help[300];
};
int target_read(struct slice words, struct target *t_r, struct target_problem *problem_r);

/* May it stand over several columns?  (The others: the last filled cell counts.) */
bool target_may_repeat(enum target_kind kind);

/* Pinpoint's channel types ("EMAIL", "GCM" ...) and the endpoint's channel here. */
bool target_channel_of_type(struct slice type, struct slice *type_r, struct slice *channel_r);
const char *target_channel_type_nearest(struct slice type); /* NULL: none is near */
#define TARGET_CHANNELS "email, sms, voice, push, in_app, custom" /* those of ours */
/* "email" to "EMAIL"; SLICE_NONE: no channel of ours. */
struct slice target_type_of_channel(struct slice channel);

/* ---- values -------------------------------------------------------------- */

/* yes/no, true/false, 1/0, on/off, y/n, x, given/withdrawn, in any case. */
bool target_yes_no(struct slice v, bool *yes_r);
/* A finite decimal number in its shortest JSON spelling, in out. */
#define TARGET_NUMBER_MAX 40
bool target_number(struct slice v, char decimal, char out[TARGET_NUMBER_MAX]);
/* By a pattern of YYYY MM DD HH mm ss (M, D, H: one or two digits), "unix", "unix_ms"; SLICE_NONE:
 * RFC 3339.  Times are UTC.  *is_day_r: the pattern has no time of day. */
bool target_time(struct slice v, struct slice pattern, int64_t *at_ms_r, bool *is_day_r);

#endif
