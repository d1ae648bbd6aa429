/*
 * explain.c - why a rule fired, and why not: each condition with its truth and the value seen.
 *
 * A reason is built in a fixed room on the stack and then copied to the arena: evaluating takes no
 * memory of its own.
 */
#include "rules/engine_internal.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/json.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "rules/json_internal.h"
#include "rules/limits_internal.h"
#include "rules/print_internal.h"

/* ---- a line that stops growing at its end ---- */

struct line {
	char *ptr;
	size_t len, cap;
	bool is_full;
};

static void
line_add(struct line *l, struct slice s)
{
	if (l->is_full)
		return;
	if (l->len + s.len + 4 > l->cap) {
		s = utf8_prefix(s, l->cap - l->len - 4);
		l->is_full = true;
	}
	if (s.len > 0)
		memcpy(l->ptr + l->len, s.ptr, s.len);
	l->len += s.len;
	if (l->is_full) {
		memcpy(l->ptr + l->len, "...", 3);
		l->len += 3;
	}
}

static void
line_add_str(struct line *l, const char *s)
{
	line_add(l, slice_of(s));
}

/* A stranger's text: cut, and without what would break the line. */
static void
line_add_seen(struct line *l, struct slice s, bool is_quoted)
{
	char room[RULES_SEEN_MAX + 4];
	struct slice cut = utf8_prefix(s, RULES_SEEN_MAX);

	if (is_quoted)
		line_add_str(l, "\"");
	if (cut.len > 0)
		memcpy(room, cut.ptr, cut.len);
	for (size_t i = 0; i < cut.len; i++)
		if ((unsigned char)room[i] < 0x20 || room[i] == 0x7f)
			room[i] = ' ';
	line_add(l, slice_make(room, cut.len));
	if (cut.len < s.len)
		line_add_str(l, "...");
	if (is_quoted)
		line_add_str(l, "\"");
}

/* ---- values seen ---- */

static void
seen_number(struct evaluation *e, const struct field *f, struct line *l)
{
	char text[TIME_TEXT_MAX + 16];
	int64_t n;

	if (!evaluation_number(e, f, &n))
		return;
	if (f->type == FIELD_DURATION)
		time_format_age(n, text);
	else if (n % 1000 == 0)
		snprintf(text, sizeof text, "%lld",
		    (long long)(n / 1000)); /* 10000, not 10k: what was seen */
	else
		print_number_text(n, text, sizeof text);
	line_add_str(l, text);
}

static void
seen_list(const struct slice *items, size_t count, bool is_quoted, struct line *l)
{
	for (size_t i = 0; i < count && i < 5; i++) {
		if (i > 0)
			line_add_str(l, ", ");
		line_add_seen(l, items[i], is_quoted);
	}
	if (count > 5)
		line_add_str(l, ", ...");
	if (count == 0)
		line_add_str(l, "none");
}

static void
seen_ids(struct evaluation *e, const struct test *t, struct line *l)
{
	const struct domain_values *v = evaluation_domain(e, t->domain);
	const struct field *f = t->field;

	if (v->count == 0)
		line_add_str(l, "none");
	for (size_t i = 0; i < v->count && i < 5; i++) {
		uint32_t id = v->ids[i];

		if (i > 0)
			line_add_str(l, ", ");
		if (f->type == FIELD_CHOICE)
			line_add(l, field_choice_name(f, id));
		else if (id < e->set->brands.brand_count)
			line_add(l, e->set->brands.brands[id].id);
	}
	if (v->count > 5)
		line_add_str(l, ", ...");
}

/* Which keywords of the test's set are in the text. */
static void
seen_keywords(struct evaluation *e, const struct test *t, struct line *l)
{
	const struct domain_values *v = evaluation_domain(e, DOMAIN_TEXT);
	const struct id_set *set = &e->set->sets[t->set];
	size_t n = 0;

	for (size_t i = 0; i < v->count && n < 5; i++) {
		if (!id_set_has(set, v->ids[i]))
			continue;
		if (n++ > 0)
			line_add_str(l, ", ");
		line_add_seen(l, e->set->phrases.list[v->ids[i]].text, true);
	}
	if (n == 0)
		line_add_str(l, "none of them");
}

/* An example gives segments one by one, and has no customer. */
static void
seen_segments(const struct evaluation *e, struct line *l)
{
	const struct customer *c = e->occ->customer;

	if (c == NULL)
		return;
	if (c->segments.count == 0)
		line_add_str(l, "in none");
	else
		seen_list(c->segments.items, c->segments.count, false, l);
}

static void
seen(struct evaluation *e, const struct test *t, struct line *l)
{
	const struct field *f = t->field;
	struct field_texts texts;
	struct slice_list values;

	if (f->number != NULL) {
		seen_number(e, f, l);
	} else if (f->type == FIELD_TEXT) {
		if (t->opcode != RULE_OPCODE_TEST_STARTS)
			seen_keywords(e, t, l);
	} else if (f->type == FIELD_CHOICE || f->type == FIELD_BRAND) {
		seen_ids(e, t, l);
	} else if (f->type == FIELD_ATTRIBUTE) {
		if (evaluation_attribute(e, t, &values))
			seen_list(values.items, values.count, true, l);
	} else if (f->texts != NULL) {
		if (evaluation_texts(e, f, &texts))
			seen_list(texts.items, texts.count, f->type != FIELD_WORD, l);
	} else if (f->type == FIELD_IN_SEGMENT) {
		seen_segments(e, l);
	}
}

/* ---- the reason of a firing ---- */

/* `brand is acme` says what was seen; `sentiment is below -0.4` does not. */
static bool
says_all(const struct test_words *w)
{
	enum rule_op op = (enum rule_op)w->op;

	return w->name_len == 0 || op == RULE_OP_IS || op == RULE_OP_CONTAINS ||
	    op == RULE_OP_NOT_CONTAINS || op == RULE_OP_CONTAINS_ALL ||
	    op == RULE_OP_CONTAINS_NONE || op == RULE_OP_STARTS_WITH || op == RULE_OP_KNOWN ||
	    op == RULE_OP_UNKNOWN;
}

static void
reason_condition(struct evaluation *e, const struct test *t, bool holds, struct line *l)
{
	const struct test_words *w = test_words_of(e->set, t);
	size_t at;

	if (!holds)
		line_add_str(l, "not ");
	if (t->opcode == RULE_OPCODE_TEST_MEETS && t->domain == DOMAIN_TEXT && holds &&
	    evaluation_common(e, DOMAIN_TEXT, &e->set->sets[t->set], &at)) {
		line_add_str(l, "text contains ");
		line_add_seen(l, e->set->phrases.list[e->domains[DOMAIN_TEXT].ids[at]].text, true);
		return;
	}
	if (says_all(w) && (holds || w->name_len == 0)) {
		line_add(l, w->shown);
		return;
	}
	line_add(l, slice_make(w->shown.ptr, w->name_len));
	line_add_str(l, " ");
	seen(e, t, l);
	line_add(l, slice_make(w->shown.ptr + w->name_len, w->shown.len - w->name_len));
}

static enum tristate node_truth(struct evaluation *e, uint32_t n);

/* What made n the truth it is; nothing is said of branches that did not matter. */
static void
reason_node(struct evaluation *e, uint32_t n, bool holds, struct line *l)
{
	const struct asked *q = &e->set->asked[n];
	bool takes_all = (q->kind == NODE_ALL) == holds, is_first = true;

	if (q->kind == NODE_CONDITION) {
		reason_condition(e, &e->set->tests[q->arg], holds, l);
		return;
	}
	if (q->kind == NODE_NOT) {
		reason_node(e, n + 1, !holds, l);
		return;
	}
	for (uint32_t child = n + 1; child < q->arg && !l->is_full;
	     child = asked_end(e->set, child)) {
		if (!takes_all && node_truth(e, child) != (holds ? TRI_YES : TRI_NO))
			continue;
		if (!is_first)
			line_add_str(l, "; ");
		is_first = false;
		reason_node(e, child, holds, l);
		if (!takes_all)
			return;
	}
}

struct slice
explain_reason(struct evaluation *e, const struct program *p)
{
	char room[RULES_REASON_MAX];
	struct line l = {room, 0, sizeof room, false};

	if (p->root == ASKED_NONE)
		line_add_str(&l, "any post");
	else
		reason_node(e, p->root, true, &l);
	return arena_slice_dup(e->arena, slice_make(room, l.len));
}

/* ---- the table of truths ---- */

static const char *
truth_name(enum tristate t)
{
	return t == TRI_YES ? "true" : t == TRI_NO ? "false" : "unknown";
}

/* Every condition is asked here, also those the machine would have skipped. */
static enum tristate
node_truth(struct evaluation *e, uint32_t n)
{
	const struct asked *q = &e->set->asked[n];
	enum tristate deciding = q->kind == NODE_ALL ? TRI_NO : TRI_YES,
		      all = q->kind == NODE_ALL ? TRI_YES : TRI_NO, t;

	if (q->kind == NODE_CONDITION)
		return evaluation_test(e, &e->set->tests[q->arg]);
	if (q->kind == NODE_NOT) {
		t = node_truth(e, n + 1);
		return t == TRI_UNKNOWN ? TRI_UNKNOWN : t == TRI_YES ? TRI_NO : TRI_YES;
	}
	for (uint32_t child = n + 1; child < q->arg; child = asked_end(e->set, child)) {
		t = node_truth(e, child);
		if (t == deciding)
			return t;
		all = t == TRI_UNKNOWN ? TRI_UNKNOWN : all;
	}
	return all;
}

/* Likes, replies, reposts: known only as they are now. */
static bool
field_moves_on(const struct field *f)
{
	static const char *const names[] = {
	    "post.likes", "post.replies", "post.reposts", "post.engagement"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq_str(slice_of(f->name), names[i]))
			return true;
	return false;
}

/* Which value is missing, and why when we can tell. */
static void
missing(const struct evaluation *e, const struct test *t, struct line *l)
{
	const struct field *f = t->field;
	struct slice_list values;

	if (slice_starts_with(slice_of(f->name), "customer.") && e->occ->customer == NULL)
		line_add_str(l, "the author is not linked to a customer we know");
	else if (f->type == FIELD_IN_SEGMENT)
		line_add_str(l,
		    e->occ->customer->has_segments ? "everybody is being judged anew"
						   : "which segments they were in was not kept");
	else if (f->type == FIELD_ATTRIBUTE &&
	    f->attribute(e->occ, test_words_of(e->set, t)->name, &values))
		line_add_str(l, "its value is not a number");
	else if (f->type == FIELD_ATTRIBUTE)
		line_add_str(l,
		    field_about(f) == FIELD_ABOUT_EVENT ? "the event has no such property"
							: "the customer has no such attribute");
	else if ((slice_starts_with(slice_of(f->name), "sentiment") ||
		     slice_eq_str(slice_of(f->name), "language")) &&
	    e->occ->score != NULL)
		line_add_str(l, "the text is in a language we cannot score");
	else if (e->facts != NULL && e->facts->counts_are_gone && field_moves_on(f))
		line_add_str(l, "no longer known");
	else
		line_add_str(l, "not known");
}

struct slice
explain_seen(struct evaluation *e, const struct test *t, enum tristate truth)
{
	char room[RULES_REASON_MAX];
	struct line l = {room, 0, sizeof room, false};

	if (truth == TRI_UNKNOWN)
		missing(e, t, &l);
	else
		seen(e, t, &l);
	return arena_slice_dup(e->arena, slice_make(room, l.len));
}

/* What is being explained, in lines of text or as JSON, of which one may be NULL. */
struct explained {
	struct evaluation *e;
	struct buf *text;
	struct json_writer *w;
};

/* tree: as it was written; needed for JSON alone. */
static void
explain_condition(
    const struct explained *x, const struct test *t, const struct node *tree, int indent)
{
	struct evaluation *e = x->e;
	struct json_writer *w = x->w;
	const struct test_words *words = test_words_of(e->set, t);
	enum tristate truth = evaluation_test(e, t);
	char room[RULES_REASON_MAX];
	struct line l = {room, 0, sizeof room, false};

	if (truth == TRI_UNKNOWN)
		missing(e, t, &l);
	else
		seen(e, t, &l);
	if (x->text != NULL)
		buf_addf(x->text, "%*s%-8s %.*s%s%.*s%s\n", indent, "", truth_name(truth),
		    SLICE_ARG(words->shown),
		    l.len == 0                 ? ""
			: truth == TRI_UNKNOWN ? "  ("
					       : "  (seen: ",
		    (int)l.len, room, l.len == 0 ? "" : ")");
	if (w == NULL)
		return;
	rules_json_condition(tree, w);
	json_kv_str(w, "condition", words->shown);
	if (truth == TRI_UNKNOWN) {
		if (words->name_len > 0)
			json_kv_str(w, "missing", slice_make(words->shown.ptr, words->name_len));
		else
			json_kv_cstr(w, "missing", t->field->name);
		json_kv_str(w, "why", slice_make(room, l.len));
	} else if (l.len > 0) {
		json_kv_str(w, "seen", slice_make(room, l.len));
	}
}

static void
explain_node(const struct explained *x, uint32_t n, const struct node *tree, int indent);

/* A block: its own line, and what is in it. */
static void
explain_block(const struct explained *x, uint32_t n, const struct node *tree, int indent)
{
	static const char *const names[] = {
	    [NODE_ALL] = "all of", [NODE_ANY] = "any of", [NODE_NOT] = "not"};
	static const char *const keys[] = {
	    [NODE_ALL] = "all", [NODE_ANY] = "any", [NODE_NOT] = "not"};
	const struct asked *q = &x->e->set->asked[n];

	if (x->text != NULL)
		buf_addf(x->text, "%*s%-8s %s\n", indent, "", truth_name(node_truth(x->e, n)),
		    names[q->kind]);
	if (x->w != NULL) {
		json_key(x->w, keys[q->kind]);
		if (q->kind != NODE_NOT)
			json_array_begin(x->w);
	}
	tree = tree == NULL ? NULL : tree->first;
	for (uint32_t child = n + 1; child < q->arg; child = asked_end(x->e->set, child)) {
		explain_node(x, child, tree, indent + 2);
		tree = tree == NULL ? NULL : tree->next;
	}
	if (x->w != NULL && q->kind != NODE_NOT)
		json_array_end(x->w);
}

static void
explain_node(const struct explained *x, uint32_t n, const struct node *tree, int indent)
{
	const struct asked *q = &x->e->set->asked[n];

	if (x->w != NULL)
		json_object_begin(x->w);
	if (q->kind == NODE_CONDITION)
		explain_condition(x, &x->e->set->tests[q->arg], tree, indent);
	else
		explain_block(x, n, tree, indent);
	if (x->w != NULL) {
		json_kv_cstr(x->w, "truth", truth_name(node_truth(x->e, n)));
		json_object_end(x->w);
	}
}

void
explain_conditions(struct evaluation *e, uint32_t root, int indent, struct buf *text)
{
	struct explained x = {e, text, NULL};

	explain_node(&x, root, NULL, indent);
}

enum rule_state
program_state(const struct program *p, const struct occurrence *occ)
{
	if (p->sees_events != (occ->kind == OCCURRENCE_EVENT))
		return RULE_STATE_OTHER;
	if (p->is_off)
		return RULE_STATE_OFF;
	if (occ->at_ms < p->from_ms)
		return RULE_STATE_NOT_YET;
	return occ->at_ms >= p->until_ms ? RULE_STATE_OVER : RULE_STATE_ACTIVE;
}

const char *
rule_state_name(enum rule_state s)
{
	switch (s) {
	case RULE_STATE_ACTIVE: return "active";
	case RULE_STATE_OFF: return "off";
	case RULE_STATE_NOT_YET: return "not yet";
	case RULE_STATE_OVER: return "over";
	case RULE_STATE_OTHER: return "other";
	}
	return "?";
}

static const char *
state_of(const struct program *p, const struct occurrence *occ)
{
	return rule_state_name(program_state(p, occ));
}

static const struct program *
program_of(const struct rule_set *set, size_t i, enum firing_part part)
{
	uint32_t program = PROGRAM_NONE;

	switch (part) {
	case FIRING_RULE: program = (uint32_t)i; break;
	case FIRING_AFTER: program = set->rules[i].after; break;
	case FIRING_UNLESS: program = set->rules[i].unless; break;
	case FIRING_WATCHED: program = set->watches[i].over; break;
	case FIRING_BASE: program = set->watches[i].out_of; break;
	}
	return program == PROGRAM_NONE ? NULL : &set->programs[program];
}

/* The conditions of the part as they were written; NULL: any post. */
static int
recall_part(const struct rule_set *set, size_t i, enum firing_part part, struct arena *a,
    const struct node **tree_r)
{
	bool is_watch = part == FIRING_WATCHED || part == FIRING_BASE;
	const struct item *it;

	if (recall_item(set, is_watch ? &set->watches[i].place : &set->rules[i].place, a, &it) < 0)
		return -1;
	switch (part) {
	case FIRING_RULE: *tree_r = it->when; break;
	case FIRING_AFTER: *tree_r = it->after.where; break;
	case FIRING_UNLESS: *tree_r = it->unless.where; break;
	case FIRING_WATCHED: *tree_r = it->over; break;
	case FIRING_BASE: *tree_r = it->out_of; break;
	}
	return 0;
}

/* What of a rule or watch is explained; a rule's `when` needs no name. */
static const char *
part_name(enum firing_part part)
{
	switch (part) {
	case FIRING_RULE: break;
	case FIRING_AFTER: return "after";
	case FIRING_UNLESS: return "unless";
	case FIRING_WATCHED: return "over posts";
	case FIRING_BASE: return "out of posts";
	}
	return NULL;
}

static bool
is_of_watch(const struct program *p)
{
	return p->part == FIRING_WATCHED || p->part == FIRING_BASE;
}

static void
explain_text_head(struct evaluation *e, const struct program *p, bool holds, struct buf *text)
{
	const char *state = state_of(p, e->occ), *name = part_name(p->part);
	const char *verb = name == NULL ? holds ? "fires" : "does not fire"
	    : holds                     ? "counts"
					: "does not count";

	buf_addf(text, "%s %.*s ", is_of_watch(p) ? "watch" : "rule", SLICE_ARG(p->head->id));
	print_quoted(p->head->title, text);
	buf_addf(text, "%s%s: %s%s\n", name != NULL ? ", " : "", name != NULL ? name : "", verb,
	    slice_eq_str(slice_of(state), "active")     ? ""
		: slice_eq_str(slice_of(state), "off")  ? ": it is off"
		: slice_eq_str(slice_of(state), "over") ? ": its period was over"
							: ": its period had not begun");
}

static void
explain_json(struct evaluation *e, const struct program *p, const struct node *tree, bool holds,
    struct buf *out)
{
	const char *name = part_name(p->part);
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	json_kv_str(&w, is_of_watch(p) ? "watch" : "rule", p->head->id);
	json_kv_i64(&w, "version", p->head->version);
	if (name != NULL)
		json_kv_cstr(&w, "part", name);
	json_kv_bool(&w, name != NULL ? "counts" : "fires", holds);
	json_kv_cstr(&w, "state", state_of(p, e->occ));
	if (p->root != ASKED_NONE) {
		json_key(&w, name != NULL ? "where" : "when");
		explain_node(&(struct explained){e, NULL, &w}, p->root, tree, 0);
	}
	json_object_end(&w);
}

int
rule_set_explain(const struct rule_set *set, size_t i, enum firing_part part,
    const struct occurrence *occ, const struct rule_facts *facts, struct arena *a,
    struct buf *text_out, struct buf *json_out, struct err *err)
{
	const struct program *p = program_of(set, i, part);
	const struct node *tree = NULL;
	struct evaluation e;
	bool holds;

	if (p == NULL)
		return 0;
	if (evaluation_begin(&e, set, occ, facts, a) < 0)
		goto no_memory;
	holds = slice_eq_str(slice_of(state_of(p, occ)), "active") &&
	    (p->root == ASKED_NONE || node_truth(&e, p->root) == TRI_YES);
	if (text_out != NULL) {
		explain_text_head(&e, p, holds, text_out);
		if (p->root != ASKED_NONE)
			explain_conditions(&e, p->root, 2, text_out);
	}
	if (json_out != NULL && recall_part(set, i, part, a, &tree) < 0)
		goto no_memory;
	if (json_out != NULL)
		explain_json(&e, p, tree, holds, json_out);
	if (!e.has_no_memory && (text_out == NULL || !buf_failed(text_out)) &&
	    (json_out == NULL || !buf_failed(json_out)))
		return 0;
no_memory:
	return err_set(err, ERR_NOMEM, "no memory to explain rule '%.*s'", SLICE_ARG(p->head->id));
}
