/*
 * import_columns.c - the header line: what each column is for.
 */
#include "people/import_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/utf8.h"

static const struct {
	const char *header;
	enum column_kind kind;
} known_columns[] = {
    {"ChannelType", COLUMN_CHANNEL},
    {"Address", COLUMN_ADDRESS},
    {"Id", COLUMN_ID},
    {"OptOut", COLUMN_OPT_OUT},
    {"EndpointStatus", COLUMN_STATUS},
    {"User.UserId", COLUMN_USER_ID},
    {"Location.Country", COLUMN_COUNTRY},
    {"Demographic.Locale", COLUMN_LOCALE},
    {"Demographic.Timezone", COLUMN_TIMEZONE},
    {"EffectiveDate", COLUMN_EXTRA},
    {"RequestId", COLUMN_EXTRA},
    {"CreationDate", COLUMN_EXTRA},
    {"ApplicationId", COLUMN_EXTRA},
    {"CohortId", COLUMN_EXTRA},
    {"Location.City", COLUMN_EXTRA},
    {"Location.Latitude", COLUMN_EXTRA},
    {"Location.Longitude", COLUMN_EXTRA},
    {"Location.PostalCode", COLUMN_EXTRA},
    {"Location.Region", COLUMN_EXTRA},
    {"Demographic.AppVersion", COLUMN_EXTRA},
    {"Demographic.Make", COLUMN_EXTRA},
    {"Demographic.Model", COLUMN_EXTRA},
    {"Demographic.ModelVersion", COLUMN_EXTRA},
    {"Demographic.Platform", COLUMN_EXTRA},
    {"Demographic.PlatformVersion", COLUMN_EXTRA},
};
#define KNOWN_COUNT (sizeof known_columns / sizeof *known_columns)

static const struct {
	const char *prefix;
	enum column_kind kind;
} prefixes[] = {
    {"User.UserAttributes.", COLUMN_USER_ATTRIBUTE},
    {"Attributes.", COLUMN_ENDPOINT_ATTRIBUTE},
    {"Metrics.", COLUMN_EXTRA},
};
#define PREFIX_COUNT (sizeof prefixes / sizeof *prefixes)

size_t
import_column(const struct import *i, enum column_kind kind)
{
	for (size_t k = 0; k < i->column_count; k++)
		if (i->columns[k].kind == kind)
			return k;
	return 0;
}

size_t
import_attribute_column(const struct import *i, const char *name)
{
	for (size_t k = 0; k < i->column_count; k++)
		if ((i->columns[k].kind == COLUMN_USER_ATTRIBUTE ||
			i->columns[k].kind == COLUMN_ENDPOINT_ATTRIBUTE) &&
		    slice_eq_str(i->columns[k].name, name))
			return k;
	return 0;
}

/* The name nearest to a header nobody knows; a slip in "User.UserAttributes.Name" is one in its
 * front part. */
static const char *
nearest_header(struct slice header, char *help, size_t size)
{
	const char *names[KNOWN_COUNT], *nearest, *dot;

	for (size_t k = 0; k < KNOWN_COUNT; k++)
		names[k] = known_columns[k].header;
	nearest = diag_nearest(header, names, KNOWN_COUNT);
	if (nearest != NULL) {
		snprintf(help, size, "did you mean '%s'?", nearest);
		return help;
	}
	dot = memrchr(header.ptr, '.', header.len);
	for (size_t k = 0; k < PREFIX_COUNT; k++)
		names[k] = prefixes[k].prefix;
	if (dot == NULL)
		return "an attribute of your own is called User.UserAttributes.NAME or "
		       "Attributes.NAME";
	header.len = (size_t)(dot + 1 - header.ptr);
	nearest = diag_nearest(header, names, PREFIX_COUNT);
	if (nearest == NULL)
		return NULL;
	snprintf(help, size, "did you mean '%s%.*s'?", nearest, 60, dot + 1);
	return help;
}

static struct column
column_make(struct import *i, size_t k, struct slice header)
{
	char help[200];

	if (header.len > IMPORT_NAME_BYTES_MAX) {
		import_finding(i, DIAG_WARNING, "I002", k, "shorten it",
		    "the column's name has %zu bytes, more than %d; it is left out", header.len,
		    IMPORT_NAME_BYTES_MAX);
		return (struct column){COLUMN_SKIPPED, SLICE_LIT("")};
	}
	for (size_t p = 0; p < PREFIX_COUNT; p++) {
		size_t len = strlen(prefixes[p].prefix);

		if (slice_starts_with(header, prefixes[p].prefix) && header.len > len)
			return (struct column){prefixes[p].kind,
			    prefixes[p].kind == COLUMN_EXTRA
				? header
				: slice_make(header.ptr + len, header.len - len)};
	}
	for (size_t p = 0; p < KNOWN_COUNT; p++)
		if (slice_eq_str(header, known_columns[p].header))
			return (struct column){known_columns[p].kind, header};
	if (header.len == 0)
		import_finding(
		    i, DIAG_WARNING, "I002", k, NULL, "the column has no name; it is left out");
	else
		import_finding(i, DIAG_WARNING, "I002", k,
		    nearest_header(header, help, sizeof help),
		    "there is no column called '%.*s'; it is left out",
		    SLICE_ARG(utf8_prefix(header, 100)));
	return (struct column){COLUMN_SKIPPED, header};
}

static bool
may_repeat(enum column_kind kind)
{
	return kind == COLUMN_SKIPPED || kind == COLUMN_USER_ATTRIBUTE ||
	    kind == COLUMN_ENDPOINT_ATTRIBUTE || kind == COLUMN_EXTRA;
}

static void
warn_repeated(struct import *i)
{
	for (size_t k = 1; k < i->column_count; k++) {
		enum column_kind kind = i->columns[k].kind;

		if (!may_repeat(kind) && import_column(i, kind) != k)
			import_finding(i, DIAG_WARNING, "I014", k,
			    "only attributes may have several columns",
			    "the column '%.*s' is there twice; the last filled one counts",
			    SLICE_ARG(i->columns[k].name));
	}
}

/* The likely reason why a header makes no sense. */
static const char *
header_hint(struct slice raw)
{
	if (raw.len >= 2 &&
	    (memcmp(raw.ptr, "\xff\xfe", 2) == 0 || memcmp(raw.ptr, "\xfe\xff", 2) == 0))
		return "the file is UTF-16: save it as CSV in UTF-8";
	if (memchr(raw.ptr, ';', raw.len) != NULL)
		return "its fields are separated by ';': save it with commas";
	if (memchr(raw.ptr, '\t', raw.len) != NULL)
		return "its fields are separated by tabs: save it with commas";
	return "the first line of a Pinpoint file holds the columns' names";
}

int
import_columns_read(struct import *i, struct err *err)
{
	const struct csv_row *row = i->at;
	bool has_address = false, has_user = false;

	if (row->problem != NULL)
		return err_set(err, ERR_INPUT, "%s:%zu: the header cannot be read: %s; %s",
		    i->o.file, row->line, row->problem, row->help);
	i->columns = arena_array(i->head, row->count + 1, sizeof *i->columns);
	if (i->columns == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an import");
	for (size_t k = 0; k < row->count; k++) {
		struct slice header = utf8_repair(i->head, slice_trim(row->fields[k]), NULL);

		if (slice_is_set(header))
			header = arena_slice_dup(i->head, header);
		if (!slice_is_set(header))
			return err_set(err, ERR_NOMEM, "no memory for an import");
		i->columns[k] = column_make(i, k, header);
		has_address = has_address || i->columns[k].kind == COLUMN_ADDRESS;
		has_user = has_user || i->columns[k].kind == COLUMN_USER_ID;
	}
	i->column_count = row->count;
	if (!has_address && !has_user)
		return err_set(err, ERR_INPUT,
		    "%s:%zu: the first line names neither Address nor User.UserId; %s", i->o.file,
		    row->line, header_hint(row->raw));
	warn_repeated(i);
	i->has_header = true;
	return 0;
}
