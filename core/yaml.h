/*
 * yaml.h - the small YAML we accept, read through libyaml's events into a tree with positions; the only
 * place that sees libyaml.  Aliases, tags, several documents, duplicate keys and depth over 16 are findings.
 *
 * Ownership: nodes live in the document.  Byte ranges point into the text given to yaml_parse(), which the
 * document keeps a copy of.
 */
#ifndef CORE_YAML_H
#define CORE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

struct diag_list;
struct yaml_doc;

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_type type;
	size_t start, len;		/* byte range in the text, for carets */
	struct slice scalar;		/* YAML_SCALAR */
	bool is_plain;			/* scalar without quotes: may be a number, a boolean or null */
	struct yaml_node *items;	/* YAML_LIST, YAML_MAP: children, in order */
	size_t count;
	struct slice key;		/* the key when this node is a map's child */
	size_t key_start, key_len;
};

/* Findings go to diags (codes C0xx).  Returns a document also when there were findings, as long as there is
 * something to read; NULL otherwise.  An empty text is an empty map. */
struct yaml_doc *yaml_parse(const char *file, struct slice text, struct diag_list *diags);
void yaml_doc_free(struct yaml_doc *d);
const struct yaml_node *yaml_root(const struct yaml_doc *d);
const char *yaml_file(const struct yaml_doc *d);
struct slice yaml_text(const struct yaml_doc *d);
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);	/* NULL: not there */

#endif
