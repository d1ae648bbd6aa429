/*
 * yaml.h - the small YAML we accept, read through libyaml's events into a tree with positions; the
 * only place that sees libyaml.  Aliases, tags, several documents, duplicate keys and depth over 16
 * are findings.
 *
 * Findings:  C001 syntax, C002 alias, C003 tag, C004 several documents, C005 duplicate key, C006
 *            too deep, C007 a key that is no text, C008 characters that are no text, C009 too
 *            large, C010 no memory. After a syntax error reading goes on at the next key of the
 *            outermost map.
 * Memory:    libyaml's own is not core/mem.h's; the tree's is.
 * Ownership: nodes live in the document.  Byte ranges point into the text given to yaml_parse(),
 *            which the document keeps a copy of.
 */
#ifndef CORE_YAML_H
#define CORE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

#define YAML_TEXT_MAX ((size_t)1024 * 1024)
#define YAML_DEPTH_MAX 16
#define YAML_CHILDREN_MAX 4096 /* of one map or list */

struct diag_list;
struct yaml_doc;

enum yaml_type {
	YAML_SCALAR,
	YAML_LIST,
	YAML_MAP
};

struct yaml_node {
	enum yaml_type type;
	size_t start, len; /* byte range in the text, for carets */
	struct slice scalar; /* YAML_SCALAR */
	bool is_plain; /* scalar without quotes: may be a number, a boolean or null */
	struct yaml_node *items; /* YAML_LIST, YAML_MAP: children, in order */
	size_t count;
	struct slice key; /* the key when this node is a map's child */
	size_t key_start, key_len;
};

/* Findings go to diags (codes C0xx).  Returns a document also when there were findings, as long as
 * there is something to read; NULL otherwise.  An empty text is an empty map. */
struct yaml_doc *yaml_parse(const char *file, struct slice text, struct diag_list *diags);
void yaml_doc_free(struct yaml_doc *d);
const struct yaml_node *yaml_root(const struct yaml_doc *d);
const char *yaml_file(const struct yaml_doc *d);
struct slice yaml_text(const struct yaml_doc *d);
/* Parts of the text are not in the tree, because of findings: what seems to be missing may be
 * there. */
bool yaml_is_broken(const struct yaml_doc *d);
const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key); /* NULL: not there */

#endif
