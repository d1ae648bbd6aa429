#include "api/estimate_internal.h"

#include <math.h>

#include "core/occurrence.h"
#include "people/people.h"
#include "rules/rules.h"
#include "rules/segments.h"
#include "store/persons.h"
#include "store/segments.h"
#include "store/store.h"

#define CUSTOMER_BYTES_MAX (64u * 1024 * 1024) /* one customer with all they have */

struct estimating {
	struct api_call *c;
	const struct rule_set *draft;
	struct estimate *e;
	struct arena *arena; /* of one customer */
	enum tristate *truth;
	bool asks_influence;
	int64_t now_ms;
	struct err *err;
};

int
api_estimate_begin(
    struct api_call *c, const struct rule_set *draft, struct estimate *e, struct err *err)
{
	size_t count = rule_set_segment_count(draft);

	*e = (struct estimate){
	    .segments = arena_array(c->env->arena, count + 1, sizeof *e->segments)};
	if (e->segments == NULL)
		return api_nomem(c, err);
	for (size_t i = 0; i < count; i++)
		e->segments[i] = (struct estimate_segment){0};
	return 0;
}

bool
api_estimate_changed(struct estimate *e, const struct rule_set *base, const struct rule_set *draft)
{
	bool has_any = false;

	for (size_t i = 0; i < rule_set_segment_count(draft); i++) {
		const struct segment_head *head = rule_set_segment(draft, i);
		int was = base == NULL ? -1 : rule_set_find_segment(base, head->id);

		e->segments[i].is_wanted = !head->is_imported &&
		    (was < 0 ||
			rule_set_segment(base, (size_t)was)->content_hash != head->content_hash);
		has_any |= e->segments[i].is_wanted;
	}
	return has_any;
}

/* ---- judging --------------------------------------------------------------- */

static int
in_list(void *cookie, struct slice list, enum action_target who, const struct occurrence *occ)
{
	const struct estimating *x = cookie;

	return who != TARGET_CUSTOMER || occ->customer == NULL
	    ? -1
	    : store_list_has_customer(x->c->env->store, list, occ->customer, x->arena, NULL);
}

static bool
is_in_now(const struct customer *customer, struct slice segment)
{
	for (size_t i = 0; i < customer->segments.count; i++)
		if (slice_eq(customer->segments.items[i], segment))
			return true;
	return false;
}

static void
count_customer(struct estimating *x, const struct customer *customer, struct slice id)
{
	x->e->judged++;
	for (size_t i = 0; i < rule_set_segment_count(x->draft); i++) {
		struct estimate_segment *s = &x->e->segments[i];
		bool was = is_in_now(customer, rule_set_segment(x->draft, i)->id);
		bool is = x->truth[i] == TRI_YES;

		s->in += is;
		s->come += is && !was;
		s->go += was && !is;
		if (is && s->shown_count < ESTIMATE_SHOWN)
			s->shown[s->shown_count++] = id;
	}
}

static int
judge_customer(struct estimating *x, struct slice id)
{
	struct rule_facts facts = {.cookie = x, .in_list = in_list};
	struct occurrence occ = {
	    .kind = OCCURRENCE_CUSTOMER, .id = id, .at_ms = x->now_ms, .now_ms = x->now_ms};
	struct customer *customer;
	int64_t due_ms, points = 0;
	int rc;

	arena_reset(x->arena);
	rc = people_customer(x->c->env->store, id, x->now_ms, x->arena, &customer, x->err);
	if (rc <= 0)
		return rc;
	if (x->asks_influence) {
		if (people_customer_influence(x->c->env->store, id, x->c->env->influence, x->now_ms,
			x->arena, &customer->has_influence, &points, x->err) < 0)
			return -1;
		customer->influence = (int32_t)points;
	}
	occ.customer = customer;
	if (rule_set_judge_segments(x->draft, &occ, &facts, x->arena, x->truth, &due_ms, x->err) <
	    0)
		return -1;
	count_customer(x, customer, id);
	return 0;
}

static int
judge_sample(struct estimating *x)
{
	const struct api_env *env = x->c->env;
	int64_t end_ns = clock_mono_ns(env->clock) + ESTIMATE_MS * INT64_C(1000000);
	struct slice *ids;
	size_t count;

	if (store_customers_sample(env->store, ESTIMATE_CUSTOMERS, env->arena, &ids, &count,
		&x->e->customers, x->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (judge_customer(x, ids[i]) < 0)
			return -1;
		if (clock_mono_ns(env->clock) > end_ns)
			break;
	}
	return 0;
}

int
api_estimate(struct api_call *c, const struct rule_set *draft, struct estimate *e, struct err *err)
{
	struct estimating x = {.c = c,
	    .draft = draft,
	    .e = e,
	    .arena = arena_new(CUSTOMER_BYTES_MAX),
	    .truth = arena_array(c->env->arena, rule_set_segment_count(draft) + 1, sizeof *x.truth),
	    .asks_influence = rule_set_asks_customer_influence(draft),
	    .now_ms = clock_now_ms(c->env->clock),
	    .err = err};
	int rc = x.arena == NULL || x.truth == NULL ? api_nomem(c, err) : judge_sample(&x);

	arena_free(x.arena);
	return rc;
}

/* ---- the answer ------------------------------------------------------------ */

static int64_t
of_all(const struct estimate *e, int64_t n)
{
	return e->judged == 0 ? 0 : (n * e->customers + e->judged / 2) / e->judged;
}

/* The standard error of a share that was drawn without putting back.  Nobody, or everybody, of those judged
 * does not make it certain: one more each way is thought of. */
static int64_t
margin(const struct estimate *e, const struct estimate_segment *s)
{
	double judged = (double)e->judged, all = (double)e->customers;
	double share = ((double)s->in + 1) / (judged + 2);

	if (e->judged == 0 || e->judged >= e->customers)
		return 0;
	return (int64_t)ceil(all * sqrt(share * (1 - share) / judged * (all - judged) / (all - 1)));
}

static void
put_segment(struct json_writer *w, const struct estimate *e, const struct segment_head *head,
    const struct estimate_segment *s, int64_t members)
{
	json_object_begin(w);
	json_kv_str(w, "id", head->id);
	json_kv_str(w, "title", head->title);
	json_kv_i64(w, "members", members);
	json_kv_i64(w, "would_have", of_all(e, s->in));
	json_kv_i64(w, "margin", margin(e, s));
	json_kv_i64(w, "come", of_all(e, s->come));
	json_kv_i64(w, "go", of_all(e, s->go));
	json_kv_milli(w, "share", e->judged == 0 ? 0 : s->in * 1000 / e->judged);
	api_put_texts(w, "sample", s->shown, s->shown_count);
	json_object_end(w);
}

int
api_put_estimate(struct api_call *c, struct json_writer *w, const struct rule_set *draft,
    const struct estimate *e, struct err *err)
{
	json_kv_i64(w, "customers", e->customers);
	json_kv_i64(w, "judged", e->judged);
	json_kv_bool(w, "is_estimate", e->judged < e->customers);
	json_key(w, "segments");
	json_array_begin(w);
	for (size_t i = 0; i < rule_set_segment_count(draft); i++) {
		const struct segment_head *head = rule_set_segment(draft, i);
		struct segment_row row;
		int rc;

		if (!e->segments[i].is_wanted || head->is_imported)
			continue;
		rc = store_segment_load(c->env->store, head->id, c->env->arena, &row, err);
		if (rc < 0)
			return -1;
		put_segment(w, e, head, &e->segments[i], rc == 0 || row.is_gone ? 0 : row.members);
	}
	json_array_end(w);
	return 0;
}
