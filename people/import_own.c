/*
 * import_own.c - a customer of our own export as a JSON object, one a line (store/record_json.c
 * writes it).
 */
#include "people/import_internal.h"

#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"
#include "core/timefmt.h"
#include "core/utf8.h"

static const char *const known[] = {"id", "merged_into", "timezone", "locale", "country",
    "attributes", "metrics", "endpoints", "consents", "tags", "lists", "segments", "links"};
#define KNOWN_COUNT (sizeof known / sizeof *known)

/* ---- parts ----------------------------------------------------------------------- */

static int
read_time(struct import *i, const struct json *obj, const char *key, int64_t *at_ms_r)
{
	struct slice text;
	int rc = import_text(i, obj, key, &text);

	*at_ms_r = TIME_UNKNOWN;
	if (rc != 0 || !slice_is_set(text) || time_parse_rfc3339(text, at_ms_r))
		return rc;
	import_finding(i, DIAG_ERROR, "I019", 0, "write it like 2026-11-21T10:00:00Z",
	    "%s is '%.*s', which is no time", key, SLICE_ARG(utf8_prefix(text, 60)));
	return 1;
}

static int
read_extra(struct import *i, const struct json *v, struct row_endpoint *e)
{
	const struct json *extra, *member;
	struct slice key;
	size_t pos = 0;
	int rc = import_object(i, v, "extra", &extra);

	while (rc == 0 && extra != NULL && (member = json_next(extra, &pos, &key)) != NULL) {
		struct slice name = arena_slice_dup(i->row, key), text;

		rc = import_value_text(i, member, &text);
		if (rc > 0) {
			import_finding(i, DIAG_ERROR, "I023", 0, NULL, "extra.%.*s is %s",
			    SLICE_ARG(utf8_prefix(key, 100)), json_type_name(json_type(member)));
			return 1;
		}
		if (rc < 0 || !slice_is_set(name))
			return -1;
		if (slice_eq_str(name, "ChannelType")) {
			e->type = text;
			continue;
		}
		e->extra = IMPORT_GROW(i, e->extra, e->extra_count);
		if (e->extra == NULL)
			return -1;
		e->extra[e->extra_count++] = (struct customer_metric){name, text};
	}
	return rc;
}

static int
read_endpoint(struct import *i, const struct json *v, struct person_row *p)
{
	struct row_endpoint *e;
	int rc;

	p->endpoints = IMPORT_GROW(i, p->endpoints, p->endpoint_count);
	if (p->endpoints == NULL)
		return -1;
	e = &p->endpoints[p->endpoint_count++];
	if ((rc = import_text(i, v, "id", &e->e.id)) != 0 ||
	    (rc = import_text(i, v, "channel", &e->e.channel)) != 0 ||
	    (rc = import_text(i, v, "address", &e->e.address)) != 0 ||
	    (rc = import_bool(i, v, "opted_out", &e->e.is_opted_out)) != 0 ||
	    (rc = import_bool(i, v, "inactive", &e->e.is_inactive)) != 0 ||
	    (rc = import_text(i, v, "timezone", &e->e.timezone)) != 0 ||
	    (rc = import_text(i, v, "locale", &e->e.locale)) != 0 ||
	    (rc = import_text(i, v, "country", &e->e.country)) != 0 ||
	    (rc = import_attributes(i, v, "attributes", &e->attributes, &e->attribute_count)) !=
		0 ||
	    (rc = import_metrics(i, v, "metrics", &e->metrics, &e->metric_count)) != 0 ||
	    (rc = read_extra(i, v, e)) != 0)
		return rc;
	e->has_opt_out = e->has_status = true;
	e->e.attributes = e->attributes;
	e->e.attribute_count = e->attribute_count;
	e->e.metrics = e->metrics;
	e->e.metric_count = e->metric_count;
	return 0;
}

static int
read_consent(struct import *i, const struct json *v, struct person_row *p)
{
	struct row_consent *c;
	struct slice channel, purpose;
	enum purpose which = PURPOSE_SERVICE;
	int rc;

	if ((rc = import_text(i, v, "channel", &channel)) != 0 ||
	    (rc = import_text(i, v, "purpose", &purpose)) != 0)
		return rc;
	if (slice_eq_str(purpose, purpose_name(PURPOSE_MARKETING)))
		which = PURPOSE_MARKETING;
	else if (!slice_eq_str(purpose, purpose_name(PURPOSE_SERVICE))) {
		import_finding(i, DIAG_ERROR, "I023", 0, "write service or marketing",
		    "a consent's purpose is '%.*s'", SLICE_ARG(utf8_prefix(purpose, 60)));
		return 1;
	}
	if (!slice_is_set(channel)) {
		import_finding(i, DIAG_ERROR, "I023", 0, NULL, "a consent has no channel");
		return 1;
	}
	c = import_consent_slot(i, p, channel, which);
	if (c == NULL)
		return -1;
	if ((rc = import_bool(i, v, "given", &c->c.is_given)) != 0 ||
	    (rc = import_text(i, v, "source", &c->c.source)) != 0 ||
	    (rc = import_text(i, v, "text_version", &c->c.text_version)) != 0 ||
	    (rc = read_time(i, v, "at", &c->c.at_ms)) != 0)
		return rc;
	c->has_given = json_get(v, "given") != NULL;
	c->has_at = c->c.at_ms != TIME_UNKNOWN;
	return 0;
}

static int
read_tag(struct import *i, const struct json *v, struct person_row *p)
{
	struct tag_row t = {SLICE_NONE, TIME_UNKNOWN, TIME_UNKNOWN};
	int rc;

	if (json_type(v) == JSON_STRING) { /* written by hand */
		t.tag = arena_slice_dup(i->row, slice_trim(json_str(v)));
		if (!slice_is_set(t.tag))
			return -1;
	} else if ((rc = import_text(i, v, "tag", &t.tag)) != 0 ||
	    (rc = read_time(i, v, "at", &t.at_ms)) != 0 ||
	    (rc = read_time(i, v, "expires_at", &t.expires_at_ms)) != 0) {
		return rc;
	}
	if (t.tag.len == 0 || (t.expires_at_ms != TIME_UNKNOWN && t.expires_at_ms <= i->o.now_ms))
		return 0; /* over, and gone */
	p->tags = IMPORT_GROW(i, p->tags, p->tag_count);
	if (p->tags == NULL)
		return -1;
	p->tags[p->tag_count++] = t;
	return 0;
}

static int
read_name(struct import *i, const struct json *v, const char *what, struct slice *name_r)
{
	struct slice name = slice_trim(json_str(v));

	if (name.len == 0) {
		import_finding(i, DIAG_ERROR, "I023", 0, NULL, "a %s is %s, expected a name", what,
		    json_type_name(json_type(v)));
		return 1;
	}
	*name_r = arena_slice_dup(i->row, name);
	return slice_is_set(*name_r) ? 0 : -1;
}

static int
read_list(struct import *i, const struct json *v, struct person_row *p)
{
	struct slice name;
	int rc = read_name(i, v, "list", &name);

	if (rc != 0)
		return rc;
	p->lists = IMPORT_GROW(i, p->lists, p->list_count);
	if (p->lists == NULL)
		return -1;
	p->lists[p->list_count++] = name;
	return 0;
}

static int
read_segment(struct import *i, const struct json *v, struct person_row *p)
{
	struct row_segment s = {.is_in = true, .is_kept = true};
	int rc = read_name(i, v, "segment", &s.segment);

	if (rc != 0)
		return rc;
	p->segments = IMPORT_GROW(i, p->segments, p->segment_count);
	if (p->segments == NULL)
		return -1;
	p->segments[p->segment_count++] = s;
	return 0;
}

static int
read_link(struct import *i, const struct json *v, struct person_row *p)
{
	int64_t confidence = 0;
	struct link_row *l;
	int rc;

	p->links = IMPORT_GROW(i, p->links, p->link_count);
	if (p->links == NULL)
		return -1;
	l = &p->links[p->link_count++];
	if ((rc = import_text(i, v, "handle", &l->handle_key)) != 0 ||
	    (rc = import_text(i, v, "author_id", &l->author_id)) != 0 ||
	    (rc = import_text(i, v, "proof", &l->proof)) != 0 ||
	    (rc = import_text(i, v, "basis", &l->basis)) != 0 ||
	    (rc = import_text(i, v, "made_by", &l->made_by)) != 0 ||
	    (rc = import_text(i, v, "unlink_reason", &l->unlink_reason)) != 0 ||
	    (rc = read_time(i, v, "linked_at", &l->linked_at_ms)) != 0 ||
	    (rc = read_time(i, v, "unlinked_at", &l->unlinked_at_ms)) != 0)
		return rc;
	if (!json_i64(json_get(v, "confidence"), &confidence) || confidence < 0 || confidence > 100)
		confidence = 0;
	l->confidence = (int32_t)confidence;
	if (!slice_is_set(l->handle_key))
		l->handle_key = SLICE_LIT("");
	if (!slice_is_set(l->made_by))
		l->made_by = SLICE_LIT("import");
	if (l->linked_at_ms != TIME_UNKNOWN && slice_is_set(l->proof) &&
	    (l->handle_key.len > 0 || slice_is_set(l->author_id)))
		return 0;
	import_finding(i, DIAG_ERROR, "I023", 0, NULL,
	    "a link needs proof, linked_at, and handle or author_id");
	return 1;
}

/* ---- the whole --------------------------------------------------------------------- */

static int
read_each(struct import *i, const struct json *v, const char *key, bool may_be_text,
    struct person_row *p, int (*read)(struct import *i, const struct json *v, struct person_row *p))
{
	const struct json *list = json_get(v, key);
	int rc = 0;

	if (list == NULL || json_type(list) == JSON_NULL)
		return 0;
	if (json_type(list) != JSON_ARRAY) {
		import_finding(i, DIAG_ERROR, "I023", 0, NULL, "%s is %s, expected a list", key,
		    json_type_name(json_type(list)));
		return 1;
	}
	for (size_t k = 0; k < json_count(list) && rc == 0; k++) {
		const struct json *item = json_at(list, k);

		if (json_type(item) == JSON_OBJECT ||
		    (may_be_text && json_type(item) == JSON_STRING)) {
			rc = read(i, item, p);
			continue;
		}
		import_finding(i, DIAG_ERROR, "I023", 0, NULL, "%s holds %s", key,
		    json_type_name(json_type(item)));
		return 1;
	}
	return rc;
}

static int
read_whole(struct import *i, const struct json *v, struct person_row *p)
{
	int rc;

	if ((rc = import_text(i, v, "id", &p->user_id)) != 0 ||
	    (rc = import_text(i, v, "merged_into", &p->merged_into)) != 0 ||
	    (rc = import_text(i, v, "timezone", &p->timezone)) != 0 ||
	    (rc = import_text(i, v, "locale", &p->locale)) != 0 ||
	    (rc = import_text(i, v, "country", &p->country)) != 0 ||
	    (rc = import_attributes(i, v, "attributes", &p->attributes, &p->attribute_count)) !=
		0 ||
	    (rc = import_metrics(i, v, "metrics", &p->metrics, &p->metric_count)) != 0 ||
	    (rc = read_each(i, v, "endpoints", false, p, read_endpoint)) != 0 ||
	    (rc = read_each(i, v, "consents", false, p, read_consent)) != 0 ||
	    (rc = read_each(i, v, "tags", true, p, read_tag)) != 0 ||
	    (rc = read_each(i, v, "lists", true, p, read_list)) != 0 ||
	    (rc = read_each(i, v, "segments", true, p, read_segment)) != 0)
		return rc;
	return read_each(i, v, "links", false, p, read_link);
}

int
import_own_read(struct import *i, const struct json *v, struct person_row *p, struct err *err)
{
	int rc = read_whole(i, v, p);

	if (rc < 0)
		return import_nomem(i, err);
	if (rc > 0)
		return 1;
	p->has_links = json_type(json_get(v, "links")) == JSON_ARRAY;
	import_warn_unknown(i, v, known, KNOWN_COUNT);
	return 0;
}
