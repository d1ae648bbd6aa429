/*
 * records_internal.h - parts of a record as JSON: for the rows, the history and files alike.
 *
 * Writers append one value; the same part gives the same bytes, so that parts are compared by them.
 */
#ifndef STORE_RECORDS_INTERNAL_H
#define STORE_RECORDS_INTERNAL_H

#include "store/records.h"
#include "store/store_internal.h"

struct json_writer;

int record_metrics_read(struct slice json, struct arena *a, const struct customer_metric **list_r,
    size_t *count_r, struct err *err);
void record_endpoint_json(const struct endpoint *e, struct slice extra, struct json_writer *w);
void record_consent_json(const struct consent *c, struct json_writer *w);
void record_tag_json(const struct tag_row *t, struct json_writer *w);
/* Time zone, locale, country: an object. */
void record_profile_json(const struct customer *c, struct json_writer *w);

/* --- records_room.c: 0, -1 ERR_LIMIT: more endpoints in use than a customer may have --- */
int record_room_check(
    const struct customer_record *before, const struct customer_record *after, struct err *err);

/* The rows themselves: they write what is new and replace what is there. */
int record_customer_write(
    struct store *st, const struct customer_record *r, int64_t now_ms, struct err *err);
int record_attribute_write(struct store *st, struct slice id, const struct attribute *a,
    int64_t now_ms, struct err *err); /* no values: it is taken away */
int record_metric_write(struct store *st, struct slice id, const struct customer_metric *m,
    int64_t now_ms, struct err *err);
int record_endpoint_write(struct store *st, struct slice id, const struct endpoint *e,
    struct slice extra, int64_t now_ms, struct err *err);
int
record_consent_write(struct store *st, struct slice id, const struct consent *c, struct err *err);
int record_tag_write(struct store *st, struct slice id, const struct tag_row *t, struct err *err);
int record_list_write(
    struct store *st, struct slice id, struct slice list, int64_t now_ms, struct err *err);

#endif
