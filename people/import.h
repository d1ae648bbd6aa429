/*
 * import.h - customers from files: Amazon Pinpoint's CSV and JSON lines, exactly; any CSV whose
 * columns are named by people/targets.h; and our own export.  docs/import.md is for its users.
 *
 * Pinpoint: ChannelType, Address, Id, OptOut, Location.*, Demographic.*, Attributes.*, Metrics.*,
 * User.UserId, User.UserAttributes.*, EffectiveDate, EndpointStatus, RequestId.  A repeated header
 * makes a multi-valued attribute.  A row without ChannelType and Address updates the user alone; a
 * row without User.UserId is a customer of its own whose id is made from channel and address.  An
 * empty cell and a missing column keep what there is.  OptOut NONE (Pinpoint's default) means that
 * the person takes messages on that channel: consent for both purposes, source "pinpoint import";
 * ALL withdraws both.  One attribute (default SocialHandle) names the customer's social handles and
 * links them.
 *
 * JSON lines: one endpoint of Pinpoint's or one customer of ours (it has an "id") a line; a line that
 * begins with # is a remark.
 *
 * Safe to repeat: a row that changes nothing writes nothing, not even history; consent withdrawn
 * here, an address that bounced here and a link that ended here stay so.  Rows of one file that
 * contradict each other about a user's attribute all count, in order.
 *
 * Streamed:  any size, bounded memory; rows are written in transactions of batch_rows.
 * Errors:    a bad row is a finding (codes I0xx: file, line, column) and is left out; the others go
 *            on.  A header nobody knows is a warning naming the nearest.  -1 when the file as a
 *            whole makes no sense, or the store fails: batches that are committed stay, and the
 *            import may be repeated.
 * Threads:   pipeline thread or a verb.
 */
#ifndef PEOPLE_IMPORT_H
#define PEOPLE_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct diag_list;
struct err;
struct import;
struct store;

struct import_options {
	const char *file; /* for findings */
	const char *handle_attribute; /* "SocialHandle": User.UserAttributes.<this> or
					 Attributes.<this> */
	const char
	    *source; /* for history and consent; NULL: "pinpoint import" or "import"; others end
			       in "import" as well */
	bool is_jsonl; /* import_is_jsonl() tells */
	bool is_dry_run; /* judge everything, write nothing */
	/* Whoever has an address of an erased person came back by themselves: taken as anybody.  An erased
	 * customer's id stays so. */
	bool has_returned;
	size_t batch_rows; /* rows a transaction; default 5000 */
	/* A piece of a larger file: lines of it that stand before this piece's rows and not in the
	 * piece; continued: what is wrong with its header was said with another piece. */
	size_t line_offset;
	bool is_continued;
	int64_t now_ms;
	/* NULL, or called for each row that is left out, in order, with the line it begins on and
	 * why ("I007 'x' is no email address"). */
	void (*on_reject)(void *cookie, size_t line, const char *reason);
	void *cookie;
};

struct import_report {
	int64_t rows, created, updated, unchanged, rejected;
	int64_t links; /* made by this import */
};

/* Is a file that begins so JSON lines, rather than CSV? */
bool import_is_jsonl(struct slice front);

/* The caller must not be in a transaction: import_feed() begins and commits its own; a dry run ends
 * with a rollback.  What o points to and diags must live as long as the import. */
int import_new(struct store *st, const struct import_options *o, struct diag_list *diags,
    struct import **i_r, struct err *err);
int import_feed(struct import *i, struct slice chunk, struct err *err); /* in any pieces */
/* What was fed is committed (in a dry run: forgotten), and others may write before more is fed. */
int import_pause(struct import *i, struct err *err);
int64_t import_rows(const struct import *i); /* so far */
int import_end(struct import *i, struct import_report *report_r,
    struct err *err); /* the last row, the last commit */
/* Rolls back what is not committed; behind a pause nothing is, and any thread may do it. */
void import_free(struct import *i);

#endif
