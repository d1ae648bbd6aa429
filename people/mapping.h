/*
 * mapping.h - what the columns of somebody's CSV are for: their names, and a target for each
 * (people/targets.h).  Applied to the file's header it makes the header an import understands.
 *
 *   columns:
 *     "Customer no.": id
 *     "E-mail": endpoint:email
 *     "Newsletter since": consent:email:marketing:at date "DD.MM.YYYY"
 *   constants:
 *     consent:email:marketing:source: newsletter form
 *
 * Findings:  M001 a target nobody knows, with the nearest; M002 a column the file does not have;
 *            M003 a part of the mapping that is neither; M004 (warning) a column nobody mapped, which
 *            is left out.
 * Limits:    MAPPING_COLUMNS_MAX entries.
 * Threads:   one at a time.
 */
#ifndef PEOPLE_MAPPING_H
#define PEOPLE_MAPPING_H

#include <stddef.h>

#include "core/slice.h"

struct buf;
struct csv_row;
struct diag_list;
struct err;
struct mapping;

#define MAPPING_COLUMNS_MAX 512

struct mapping *mapping_new(void);
void mapping_free(struct mapping *m);

/* "column=target", as a flag has it; the last '=' outside of quotes parts them. 0; 1 with a finding
 * about no file; -1. */
int mapping_add(struct mapping *m, struct slice text, struct diag_list *diags, struct err *err);
/* A file in YAML.  0; 1 with findings; -1. */
int mapping_read(struct mapping *m, const char *file, struct slice text, struct diag_list *diags,
    struct err *err);

/* The header for an import, without its line end, appended to out.  file: of the customers.  0; 1 with
 * findings: a column that is mapped is not there; -1. */
int mapping_header(const struct mapping *m, const struct csv_row *header, const char *file,
    struct diag_list *diags, struct buf *out, struct err *err);

#endif
