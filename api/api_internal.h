/*
 * api_internal.h - what the resources of this room share: one call, its parameters, its body, rows
 * as JSON.
 *
 * A handler loads what it needs, then writes; it returns 0 with the reply written, or -1 with err
 * filled (a problem is made of it), or -1 with a problem already in the reply.  Everything it loads
 * lives in the arena of the call.
 */
#ifndef API_API_INTERNAL_H
#define API_API_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/json.h"
#include "core/slice.h"
#include "core/timefmt.h"

#include "api/api.h"

struct author_facts;
struct alert_row;
struct customer;
struct slice_list;
struct decision_row;
struct incident_row;
struct link_row;
struct message;
struct stored_event;
struct stored_post;

/* Limits of this room; API_BODY_MAX, API_REPLY_MAX and API_PAGE_MAX are in api.h. */
#define API_PARAMS_MAX 4 /* {...} in a path */
#define API_QUERY_MAX 16 /* parameters of a query */
#define API_LIMIT_DEFAULT 50
#define API_WHO_MAX 200 /* bytes of a name in the audit */
#define API_NOTE_MAX 2000 /* bytes of a reason or note */
#define API_WORD_MAX 4096 /* bytes of a parameter */
#define API_WHY_RULES_MAX 100 /* rules that decided something explained in one answer */
#define API_STORY_POSTS_MAX 200 /* posts told of one alert */
#define API_RELEASE_BATCH 500 /* messages released by one request */

struct api_call {
	const struct api_route *route;
	struct api_env *env;
	const struct api_request *request;
	struct api_reply *reply;
	struct slice params[API_PARAMS_MAX]; /* of the path, decoded */
	struct api_query {
		struct slice name, value;
	} query[API_QUERY_MAX];
	size_t query_count;
	struct json_doc *body; /* freed after the handler */
	struct json_writer w;
};

typedef int api_handler_fn(struct api_call *c, struct err *err);

struct api_route {
	const char *method;
	const char *pattern;
	enum api_place place;
	api_handler_fn *handle;
	const char *const *query; /* known parameters, ended by NULL; NULL: none */
};

/* The table, for the test that compares it with the OpenAPI file. */
const struct api_route *api_routes(size_t *count_r);

/* ---- problem.c ---- */
/* As api_problem(), and says where: a parameter or member. */
void api_problem_at(struct api_reply *reply, int status, const char *code, const char *at,
    const char *help, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* The head of a problem whose further members the caller writes into *w; end with
 * json_object_end(). */
void api_problem_begin(struct api_reply *reply, struct json_writer *w, int status, const char *code,
    const char *help, const char *detail);
int api_nomem(const struct api_call *c, struct err *err);

/* ---- params.c ---- */
int api_params_take(struct api_call *c, struct err *err);
struct slice api_query(const struct api_call *c, const char *name); /* SLICE_NONE: absent */
int api_query_i64(const struct api_call *c, const char *name, int64_t min, int64_t max,
    int64_t otherwise, int64_t *v_r);
int api_query_bool(const struct api_call *c, const char *name, bool *v_r); /* absent: false */
/* *index_r: which of the words, -1: absent. */
int api_query_word(const struct api_call *c, const char *name, const char *const *words,
    size_t count, int *index_r);
/* before (0: from the newest) and limit. */
int api_query_page(const struct api_call *c, int64_t *before_r, size_t *limit_r);
int api_param_i64(const struct api_call *c, size_t i, const char *what, int64_t *v_r);

/* ---- body.c ---- */
/* The body as an object whose members are all in known (ended by NULL).  is_optional: an empty body
 * is an empty object. */
int api_body(struct api_call *c, const char *const *known, bool is_optional, struct err *err);
/* A member: SLICE_NONE when absent or null. */
int api_body_str(const struct api_call *c, const char *name, size_t max, struct slice *v_r);
int api_body_bool(const struct api_call *c, const char *name, bool *is_there_r, bool *v_r);
int api_body_i64(const struct api_call *c, const char *name, int64_t otherwise, int64_t *v_r);
/* As a C string in the arena; otherwise when absent. */
int api_body_cstr(const struct api_call *c, const char *name, size_t max, const char *otherwise,
    const char **v_r, struct err *err);
/* "who" of the body, else of the request. */
int api_body_who(const struct api_call *c, const char **who_r, struct err *err);

/* ---- answer ---- */
/* An object begun with status 200; everything was loaded before. */
struct json_writer *api_object(struct api_call *c);
void api_object_end(struct api_call *c);
void api_next(struct json_writer *w, int64_t next); /* "next": 0 writes null */
/* A list as the whole answer: its items stand between the two; next as above. */
struct json_writer *api_items(struct api_call *c);
void api_items_end(struct api_call *c, int64_t next);
/* The head of an answer about what was handed in: 201 when any of it was taken, else a problem 400. */
void api_taken(struct api_reply *reply, struct json_writer *w, bool any_taken, const char *code,
    const char *help, const char *detail);

/* ---- rows.c: rows as objects ---- */
int api_put_post(struct api_call *c, struct json_writer *w, const struct stored_post *sp,
    bool with_reasons, struct err *err);
void api_put_decision(struct json_writer *w, const struct decision_row *d);
void api_decision_members(struct json_writer *w, const struct decision_row *d);
void api_put_message(struct json_writer *w, const struct message *m);
void api_message_members(struct json_writer *w, const struct message *m);
void api_put_alert(struct json_writer *w, const struct alert_row *row);
void api_alert_members(struct json_writer *w, const struct alert_row *row);
void api_put_customer(struct json_writer *w, const struct customer *customer);
void api_customer_members(struct json_writer *w, const struct customer *customer);

/* ---- customers_state.c ---- */
/* Members of a customer as they stand, with the lists they are in. */
void api_customer_put_state(
    struct json_writer *w, const struct customer *customer, const struct slice_list *lists);
int api_customer_tag(struct api_call *c, const struct customer *customer,
    const struct slice_list *lists, char tag_r[API_ETAG_SIZE], struct err *err);
/* May the request change this customer?  With an If-Match of another state it is answered 412. 0, -1 */
int api_customer_check(struct api_call *c, struct slice id, struct err *err);
/* The customer as they are now is the answer, with the ETag. */
int api_customer_answer(struct api_call *c, struct slice id, struct err *err);
void api_put_link(struct json_writer *w, const struct link_row *row);
void api_link_members(struct json_writer *w, const struct link_row *row);
void api_event_members(struct json_writer *w, const struct stored_event *e);
void api_incident_members(struct json_writer *w, const struct incident_row *row);
void api_put_texts(struct json_writer *w, const char *key, const struct slice *items, size_t count);
/* Title of a brand as the live rules have it, else the id. */
struct slice api_brand_title(const struct api_env *env, struct slice id);
/* Fills in rule_id and cause from the decision behind a message. */
int api_message_cause(struct api_call *c, struct message *m, struct err *err);

/* Writes the members of the outbox's counts: {"held":1,...}. */
void api_put_counts(struct json_writer *w, const int64_t *counts);

/* ---- handlers ---- */
api_handler_fn api_page_get;
api_handler_fn api_healthz_get, api_readyz_get, api_metrics_get, api_openapi_get;
api_handler_fn api_status_get;
api_handler_fn api_posts_post, api_posts_list, api_posts_show, api_rejects_list;
api_handler_fn api_events_post, api_events_list, api_events_show, api_events_of_customer;
api_handler_fn api_decisions_list;
api_handler_fn api_why_get;
api_handler_fn api_outbox_list, api_outbox_show, api_outbox_act, api_outbox_release;
api_handler_fn api_pauses_get, api_pauses_post;
/* What is paused now, as an array. */
int api_put_pauses(struct api_call *c, struct json_writer *w, const char *key, struct err *err);
api_handler_fn api_sending_get, api_sending_post;
api_handler_fn api_people_show, api_people_export, api_people_erase, api_audit_list;
api_handler_fn api_alerts_list, api_alerts_show, api_alerts_act;
api_handler_fn api_rules_list, api_rules_history, api_rules_version, api_rules_check,
    api_rules_apply, api_rules_plan, api_rules_rollback, api_rules_fields;
struct rule_period;
struct rule_set;
/* Members period, from, until of a rule or watch; not_begun and over: ids of those whose period is. */
void api_put_period(struct json_writer *w, struct rule_period p);
void api_put_periods(struct json_writer *w, const struct rule_set *set, int64_t now_ms);
api_handler_fn api_segments_list, api_segments_show, api_segments_members, api_segments_change;
api_handler_fn api_segments_estimate;
api_handler_fn api_watches_list, api_incidents_list;
api_handler_fn api_backtests_start, api_backtests_show, api_backtests_stop;
api_handler_fn api_sources_list, api_channels_list;
api_handler_fn api_customers_list, api_customers_show, api_customers_import;
api_handler_fn api_authors_show, api_authors_influence, api_adopters_list;
/* topic_influence and adoption as they were when a post was taken. */
void api_put_regard(struct json_writer *w, const struct author_facts *facts);
api_handler_fn api_customers_export;
api_handler_fn api_customers_patch, api_customers_put;
api_handler_fn api_customers_merge, api_customers_unmerge;
api_handler_fn api_links_list, api_links_post, api_links_end;
api_handler_fn api_link_codes_list, api_link_codes_post;
api_handler_fn api_suggestions_list, api_suggestions_act;

#endif
