/*
 * example.c - does a rule do with its examples what they say?
 *
 * An example is a post by somebody: an account in no list, without tags, neither verified nor a
 * bot, whose first post it is.  What the text says is scored by the caller; what `where` gives
 * stands for what else the post would have (read.c); the rest is unknown.  Only `when` is judged.
 * An example of an event is one of that name, by a customer.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/timefmt.h"

#define TABLE_MAX (64 * 1024)

struct stage {
	struct post post;
	struct author_facts author;
	struct customer customer;
	struct event event;
	struct occurrence occ;
};

/* The example as it was written, in a; NULL without memory. */
static const struct example_node *
recall_example(const struct rule_set *set, size_t rule, size_t k, struct arena *a)
{
	const struct example_node *e;
	const struct item *it;

	assert(k < set->rules[rule].example_count);
	if (recall_item(set, &set->rules[rule].place, a, &it) < 0)
		return NULL;
	for (e = it->examples; k > 0; k--)
		e = e->next;
	return e;
}

size_t
rule_set_example_count(const struct rule_set *set, size_t rule)
{
	assert(rule < set->rule_count);
	return set->rules[rule].example_count;
}

struct slice
rule_set_example_text(const struct rule_set *set, size_t rule, size_t k)
{
	assert(k < set->rules[rule].example_count);
	return set->rules[rule].examples[k];
}

/* Whoever gives something of a customer gives a customer. */
static bool
has_customer(const struct example_node *e)
{
	for (const struct node *n = e->given; n != NULL; n = n->next)
		if (n->op != RULE_OP_UNKNOWN &&
		    (slice_starts_with(slice_of(n->field->name), "customer.") ||
			slice_starts_with(slice_of(n->field->name), "link.")) &&
		    !(slice_eq_str(slice_of(n->field->name), "customer.known") &&
			n->op == RULE_OP_IS_NOT))
			return true;
	return false;
}

/* Hashtags or mentions of the text, as posts without a list of their own get them. */
static int
names_of(const struct score *s, enum token_kind kind, struct arena *a, struct slice_list *l)
{
	struct slice *items = arena_array(a, s->token_count + 1, sizeof *items);
	size_t n = 0;

	if (items == NULL)
		return -1;
	for (size_t i = 0; i < s->token_count; i++)
		if (s->tokens[i].kind == kind && s->tokens[i].folded_len > 1)
			items[n++] =
			    slice_make(s->tokens[i].folded + 1, s->tokens[i].folded_len - 1);
	*l = (struct slice_list){items, n};
	return 0;
}

/* What somebody did whom we know, and of whom we know nothing. */
static void
stage_event(const struct example_node *e, struct stage *s)
{
	s->event.id = s->occ.id = SLICE_LIT("example");
	s->event.name = e->text;
	s->occ.kind = OCCURRENCE_EVENT;
	s->occ.at_ms = s->occ.now_ms = TIME_UNKNOWN;
	s->occ.event = &s->event;
	s->occ.customer = &s->customer;
}

static int
stage_set(const struct example_node *e, const struct score *score, struct arena *a, struct stage *s)
{
	memset(s, 0, sizeof *s);
	if (e->is_event) {
		stage_event(e, s);
		return 0;
	}
	post_init(&s->post);
	s->post.id = SLICE_LIT("example");
	s->post.text = e->text;
	s->post.author.id = SLICE_LIT("example:somebody");
	s->post.author.is_verified = s->post.author.is_bot = TRI_NO;
	s->author.posts_seen = 1;
	s->author.first_seen_at_ms = TIME_UNKNOWN;
	s->occ.id = s->post.id;
	s->occ.at_ms = s->occ.now_ms = TIME_UNKNOWN;
	s->occ.post = &s->post;
	s->occ.score = score;
	s->occ.author = &s->author;
	s->occ.customer = has_customer(e) ? &s->customer : NULL;
	return names_of(score, TOKEN_HASHTAG, a, &s->post.tags) < 0 ||
		names_of(score, TOKEN_MENTION, a, &s->post.mentions) < 0
	    ? -1
	    : 0;
}

static void
tell(const struct rule_set *set, size_t rule, const struct example_node *e, struct evaluation *ev,
    enum tristate truth, struct buf *table, struct diag_list *diags)
{
	struct finding_sink sink = set->files[set->rules[rule].place.file];

	sink.diags = diags;
	buf_add_str(table, "this is what each condition said:\n");
	explain_conditions(ev, set->programs[rule].root, 0, table);
	buf_add_str(table,
	    truth == TRI_UNKNOWN && e->must_fire
		? "what is not known can be given: fires on \"...\" where author.followers is 20k"
		: "change the rule, or what its example says");
	finding_add(&sink, FINDING_FAILED_EXAMPLE, e->text_at, buf_str(table),
	    e->must_fire ? "rule '%.*s' does not fire on this, and its example says it does"
			 : "rule '%.*s' fires on this, and its example says it does not",
	    SHOWN(set->rules[rule].head.id));
}

int
rule_set_judge_example(const struct rule_set *set, size_t rule, size_t k, const struct score *score,
    struct arena *a, struct diag_list *diags, struct err *err)
{
	const struct example_node *e = recall_example(set, rule, k, a);
	struct evaluation ev;
	struct buf table;
	struct stage s;
	enum tristate t;
	bool is_as_said;

	buf_init(&table, TABLE_MAX);
	if (e == NULL || stage_set(e, score, a, &s) < 0 ||
	    evaluation_begin_given(&ev, set, &s.occ, e->given, a) < 0)
		goto no_memory;
	t = evaluation_run(&ev, &set->programs[rule]);
	is_as_said = (t == TRI_YES) == e->must_fire;
	if (!is_as_said)
		tell(set, rule, e, &ev, t, &table, diags);
	if (ev.has_no_memory || buf_failed(&table))
		goto no_memory;
	buf_fini(&table);
	return is_as_said;
no_memory:
	buf_fini(&table);
	return err_set(err, ERR_NOMEM, "no memory to try an example of rule '%.*s'",
	    SLICE_ARG(set->rules[rule].head.id));
}
