/*
 * crowd_model.h - a slow and obvious crowd: it keeps every post and counts all of them anew whenever it
 * is asked.
 */
#ifndef TESTS_RULES_CROWD_MODEL_H
#define TESTS_RULES_CROWD_MODEL_H

#include "rules/crowd_internal.h"
#include "tests/rules/rules_testing.h"

#define MODEL_POSTS_MAX 100000

struct model_post {
	int64_t at_ms;
	uint64_t author;
	bool is_base;
};

struct model {
	const struct compiled_watch *watch;
	const struct watch_head *head;
	struct model_post *posts;
	size_t count;
	struct crowd_detector usual[RULES_CROWD_TESTS_MAX]; /* of each test */
	bool is_active;
	int64_t since_ms, peak, quiet_since_ms, looked_since_ms;
};

static inline void
model_init(struct model *m, const struct rule_set *set, size_t watch)
{
	*m = (struct model){.watch = &set->watches[watch], .head = &set->watch_heads[watch]};
	m->posts = mem_array(MODEL_POSTS_MAX, sizeof *m->posts);
	assert_non_null(m->posts);
	m->quiet_since_ms = m->looked_since_ms = TIME_UNKNOWN;
	for (size_t k = 0; k < m->watch->test_count; k++) {
		const struct crowd_test *t = &m->watch->tests[k];

		m->usual[k].bucket_ms =
		    t->is.measure == CROWD_AUTHORS ? t->within_ms : CROWD_BUCKET_MS;
		m->usual[k].next_ms = INT64_MIN;
		spike_init(&m->usual[k].spike);
	}
}

static inline void
model_fini(struct model *m)
{
	mem_free(m->posts);
}

static inline void
model_add(struct model *m, int64_t at_ms, uint64_t author, bool is_base)
{
	assert_true(m->count < MODEL_POSTS_MAX);
	m->posts[m->count++] = (struct model_post){at_ms, author, is_base};
}

/* Posts with from_ms <= time < until_ms. */
static inline int64_t
model_count(const struct model *m, bool is_base, int64_t from_ms, int64_t until_ms)
{
	int64_t n = 0;

	for (size_t i = 0; i < m->count; i++)
		n += m->posts[i].is_base == is_base && m->posts[i].at_ms >= from_ms &&
		    m->posts[i].at_ms < until_ms;
	return n;
}

static inline int64_t
model_authors(const struct model *m, int64_t from_ms, int64_t until_ms)
{
	int64_t n = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct model_post *p = &m->posts[i];
		bool is_new =
		    !p->is_base && p->author != 0 && p->at_ms >= from_ms && p->at_ms < until_ms;

		for (size_t k = 0; k < i && is_new; k++)
			is_new = m->posts[k].is_base || m->posts[k].author != p->author ||
			    m->posts[k].at_ms < from_ms || m->posts[k].at_ms >= until_ms;
		n += is_new;
	}
	return n;
}

static inline int64_t
model_minute(int64_t at_ms)
{
	return at_ms / TIME_MINUTE_MS * TIME_MINUTE_MS;
}

static inline void
model_learn(struct model *m, size_t k, int64_t now_ms)
{
	struct crowd_detector *d = &m->usual[k];
	bool is_of_authors = m->watch->tests[k].is.measure == CROWD_AUTHORS;

	if (d->next_ms == INT64_MIN)
		d->next_ms = (now_ms + d->bucket_ms - 1) / d->bucket_ms * d->bucket_ms;
	for (; d->next_ms + d->bucket_ms + CROWD_LAG_MS <= now_ms; d->next_ms += d->bucket_ms) {
		int64_t until = d->next_ms + d->bucket_ms;
		struct spike_sample s = {.at_ms = d->next_ms,
		    .bucket_ms = d->bucket_ms,
		    .authors = model_authors(m, d->next_ms, until),
		    .base_count = SPIKE_UNKNOWN};
		struct spike_answer answer;

		s.count = is_of_authors ? s.authors : model_count(m, false, d->next_ms, until);
		if (m->head->has_base && !is_of_authors)
			s.base_count = model_count(m, true, d->next_ms, until);
		spike_step(&d->spike, &s, &answer);
	}
}

static inline bool
model_compares(enum rule_op op, double value, double limit)
{
	return op == RULE_OP_AT_LEAST ? value >= limit
	    : op == RULE_OP_ABOVE     ? value > limit
	    : op == RULE_OP_AT_MOST   ? value <= limit
				      : value < limit;
}

static inline bool
model_holds(const struct model *m, size_t k, int64_t now_ms)
{
	const struct crowd_test *t = &m->watch->tests[k];
	const struct crowd_node *n = &t->is;
	bool is_falling = n->op == RULE_OP_AT_MOST || n->op == RULE_OP_BELOW;
	int64_t from = now_ms - t->within_ms + 1, minute = model_minute(now_ms - t->within_ms);
	int64_t base = model_count(m, true, minute, model_minute(now_ms) + TIME_MINUTE_MS);
	double value = n->measure == CROWD_AUTHORS ? (double)model_authors(m, from, now_ms + 1)
	    : n->measure == CROWD_COUNT            ? (double)model_count(m, false, from, now_ms + 1)
					: (double)model_count(m, false, minute, now_ms + 1);
	double usual;

	if (is_falling && m->looked_since_ms > now_ms - t->within_ms)
		return false;
	if (n->measure == CROWD_SHARE)
		return base > 0 &&
		    model_compares(n->op, value * 1000, (double)n->value_milli * (double)base);
	if (!n->is_times_usual)
		return model_compares(n->op, value * 1000, (double)n->value_milli);
	usual = spike_usual(&m->usual[k].spike, now_ms, t->within_ms);
	if (usual < 0 || (usual < 1 && is_falling))
		return false;
	return model_compares(
	    n->op, value, (usual < 1 ? 1 : usual) * (double)n->value_milli / 1000);
}

/* What happens: -1 nothing, else CROWD_BEGINS or CROWD_ENDS. */
static inline int
model_judge(struct model *m, int64_t now_ms)
{
	bool holds = true;
	int64_t widest_ms = 0, posts;
	int turn = -1;

	if (m->looked_since_ms == TIME_UNKNOWN)
		m->looked_since_ms = now_ms;
	for (size_t k = 0; k < m->watch->test_count; k++) {
		model_learn(m, k, now_ms);
		holds = holds && model_holds(m, k, now_ms);
		if (m->watch->tests[k].within_ms > widest_ms)
			widest_ms = m->watch->tests[k].within_ms;
	}
	if (!m->is_active && holds) {
		m->is_active = true;
		m->since_ms = now_ms;
		m->peak = 0;
		turn = CROWD_BEGINS;
	}
	if (!m->is_active)
		return -1;
	if (holds)
		m->quiet_since_ms = TIME_UNKNOWN;
	else if (m->quiet_since_ms == TIME_UNKNOWN)
		m->quiet_since_ms = now_ms;
	if (!holds && now_ms - m->quiet_since_ms >= m->head->quiet_ms) {
		m->is_active = false;
		return CROWD_ENDS;
	}
	posts = model_count(m, false, now_ms - widest_ms + 1, now_ms + 1);
	m->peak = posts > m->peak ? posts : m->peak;
	return turn;
}

/* Posts nothing asks about any more, so that counting stays bearable. */
static inline void
model_forget(struct model *m, int64_t before_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++)
		if (m->posts[i].at_ms >= before_ms)
			m->posts[kept++] = m->posts[i];
	m->count = kept;
}

#endif
