/*
 * fields_rows_internal.h - what the files with the rows of the table share: each holds the rows of
 * one subject beside the functions that read them.
 */
#ifndef RULES_FIELDS_ROWS_INTERNAL_H
#define RULES_FIELDS_ROWS_INTERNAL_H

#include "core/utf8.h"
#include "rules/fields_internal.h"
#include "rules/limits_internal.h"

/* Rows whose names begin with the subject and a dot; the text's own have none. */
struct field_rows {
	const char *subject; /* NULL: the rows are not named after one subject */
	const struct field *rows;
	size_t count;
	enum field_about about;
};

extern const struct field_rows fields_of_text, fields_of_post, fields_of_author, fields_of_link,
    fields_of_time, fields_of_doings;
/* The last row of these is an ATTRIBUTE: any other name behind the subject. */
extern const struct field_rows fields_of_customer, fields_of_event;

#define FIELD_COUNTS .unit = "a count", .has_range = true, .min = 0, .max = RULES_NUMBER_MAX
#define FIELD_SHARE .unit = "0 to 1", .has_range = true, .min = 0, .max = 1000
#define FIELD_TIME_SPAN .unit = "a time", .has_range = true, .min = 0, .max = RULES_DURATION_MAX_MS
#define FIELD_WEEKDAYS "monday|tuesday|wednesday|thursday|friday|saturday|sunday"

/* Counts become thousandths; one that would not fit is as good as the ceiling.  Below 0: unknown. */
bool field_count_milli(int64_t count, int64_t *milli_r);
/* How long before at_ms something was; unknown when one is, or when it was later. */
bool field_span(int64_t since_ms, int64_t at_ms, int64_t *span_ms_r);
/* False for what is missing or empty. */
bool field_one_text(struct slice s, struct field_texts *r);
/* "de_AT" is asked for as "de_AT" and as "de". */
bool field_one_locale(struct slice s, struct field_texts *r);
/* Of a local time as the pipeline hands it in (0: unknown). */
bool field_local_hour(int64_t local_ms, int64_t *milli_r);
bool field_local_weekday(int64_t local_ms, uint32_t *mask_r);

/* The one of that name, in any case when none is written so; false: none, or it is empty. */
bool field_attribute_in(
    const struct attribute *attributes, size_t count, struct slice name, struct slice_list *r);

static inline enum tristate
field_tri(bool b)
{
	return b ? TRI_YES : TRI_NO;
}

#endif
