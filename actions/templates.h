/*
 * templates.h - messages: Handlebars as Amazon Pinpoint spoke it, compiled once, checked when a
 * rule is saved.
 *
 * A template is a folder: template.yaml (purpose: service|marketing, description) and parts
 * (subject.hbs, text.hbs, html.hbs, sms.hbs, push.hbs, title.hbs, reply.hbs).
 *
 * Values:    {{User.UserId}}, {{User.UserAttributes.NAME}}, {{Attributes.NAME}}, {{Address}},
 *            {{ChannelType}}, {{Location.Country}}, {{Demographic.Locale}},
 *            {{Demographic.Timezone}}, {{Post.Text}}, {{Post.Url}}, {{Post.CreatedAt}},
 *            {{Author.Handle}}, {{Author.Name}}, {{Event.Name}}, {{Event.Source}},
 *            {{Event.Properties.NAME}}, {{Brand.Name}}, {{Offer.Code}}, {{Message.Id}}.
 * Blocks:    {{#if V}}..{{else}}..{{/if}}, {{#unless V}}, {{#each V}}..{{this}}..{{/each}},
 *            {{! comment}}, {{{raw}}}, Pinpoint's {{#eq a b}}-style helpers where documented.
 * Printing:  a list prints its first value, a missing value nothing.  In html.hbs {{x}} is escaped;
 *            in the others it is not.
 * Errors:    an unknown variable or helper, or an unclosed block, is a finding at check.
 * Ownership: a set is immutable and counted.
 * Threads:   any.
 */
#ifndef ACTIONS_TEMPLATES_H
#define ACTIONS_TEMPLATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/occurrence.h"
#include "core/slice.h"

struct arena;
struct buf;
struct diag_list;
struct err;
struct template_set;

struct template_file {
	struct slice template_id; /* folder name */
	struct slice name; /* "subject.hbs" */
	const char *file; /* for messages: "templates/sorry/subject.hbs" */
	struct slice text;
};

/* Findings to diags (codes T0xx).  1 with errors (*set_r stays NULL), 0, -1 (err). */
int template_set_compile(const struct template_file *files, size_t count, struct diag_list *diags,
    struct template_set **set_r, struct err *err);
struct template_set *template_set_ref(struct template_set *s);
void template_set_unref(struct template_set *s);

bool template_exists(const struct template_set *s, struct slice id, const char **nearest_r);
enum purpose template_purpose(const struct template_set *s, struct slice id);
bool template_has_part(const struct template_set *s, struct slice id, const char *part);
bool
template_uses_offer(const struct template_set *s, struct slice id); /* {{Offer.Code}} anywhere */
size_t template_count(const struct template_set *s);
const char *template_id_at(const struct template_set *s, size_t i);

struct template_values {
	const struct occurrence *occ;
	const struct endpoint *endpoint; /* NULL: none */
	struct slice brand_name;
	struct slice offer_code;
	struct slice message_id;
};
/* All parts as a JSON object of strings, appended to out.  A rendered part over 64 KB is an error.
 */
int template_render(const struct template_set *s, struct slice id, const struct template_values *v,
    struct arena *a, struct buf *out, struct err *err);

#endif
