/*
 * export.h - customers as files that an import reads again.
 *
 * jsonl: one customer a line with everything (docs/import.md); into an empty database it gives the
 * same customers, into the same database it changes nothing.
 *
 * Errors:  the buffer's (buf_failed()).
 * Threads: pure.
 */
#ifndef PEOPLE_EXPORT_H
#define PEOPLE_EXPORT_H

struct buf;
struct customer_record;

/* One line with its end, appended. */
void export_jsonl(const struct customer_record *r, struct buf *out);

#endif
