#include "rules/check_internal.h"

#include <assert.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "rules/limits_internal.h"
#include "rules/phrases_internal.h"

/* "did you mean" compares with at most so many names: it must stay cheap in a set with thousands of
 * slips. */
#define NAMES_MAX 500
#define SCRATCH_MAX (1024 * 1024)

/* ---- names ---- */

size_t
check_line_of(const struct item *it)
{
	size_t line = 1;

	for (size_t i = 0; i < it->at.start && i < it->sink->text.len; i++)
		line += it->sink->text.ptr[i] == '\n';
	return line;
}

static void
collect_names(struct check *c, enum item_kind kind)
{
	size_t pos = 0;
	struct slice key;

	if (c->names[kind] != NULL)
		return;
	c->names[kind] = mem_array(NAMES_MAX, sizeof *c->names[kind]);
	while (c->names[kind] != NULL && c->name_count[kind] < NAMES_MAX &&
	    map_next(c->ids[kind], &pos, &key) != NULL) {
		char *name = mem_strndup(key.ptr, key.len);

		if (name == NULL)
			break;
		c->names[kind][c->name_count[kind]++] = name;
	}
	if (c->names[kind] == NULL)
		c->has_no_memory = true;
}

void
check_name(
    struct check *c, const struct item *from, enum item_kind kind, struct slice id, struct range at)
{
	static const struct {
		enum finding finding;
		const char *help;
	} missing[ITEM_KIND_COUNT] = {
	    [ITEM_BRAND] = {FINDING_UNKNOWN_BRAND,
		"write the brand first: brand acme \"Acme\", then what it is called, then 'end'"},
	    [ITEM_LIST] = {FINDING_UNKNOWN_LIST,
		"write the list first: list staff \"Staff\", then its items, then 'end'"},
	    [ITEM_SEGMENT] = {FINDING_UNKNOWN_SEGMENT,
		"write the segment: segment loyal \"Loyal fans\", then 'when', then 'end'"},
	};
	char help[FINDING_TEXT_MAX];
	const char *nearest = NULL;

	assert(missing[kind].help != NULL);
	if (map_get(c->ids[kind], id) != NULL || c->is_incomplete)
		return;
	if (diag_count(c->diags, DIAG_ERROR) < DIAG_MAX) {
		collect_names(c, kind);
		nearest = diag_nearest(id, c->names[kind], c->name_count[kind]);
	}
	finding_add(from->sink, missing[kind].finding, at,
	    finding_did_you_mean(nearest, missing[kind].help, help, sizeof help),
	    "there is no %s called '%.*s'", item_kind_name(kind), SHOWN(id));
}

/* Duplicates name the first place. */
static void
declare(struct check *c, struct item *it)
{
	struct map *ids = c->ids[it->kind == ITEM_WATCH ? ITEM_RULE : it->kind];
	const struct item *first;

	if (!slice_is_set(it->id))
		return;
	first = map_get(ids, it->id);
	if (first == NULL) {
		if (map_put(ids, it->id, it) < 0)
			c->has_no_memory = true;
		return;
	}
	if (diag_count(c->diags, DIAG_ERROR) >= DIAG_MAX)
		finding_add(it->sink, FINDING_DUPLICATE_ID, it->id_at, NULL, "duplicate id");
	else
		finding_add(it->sink, FINDING_DUPLICATE_ID, it->id_at,
		    "ids are never shared: what was sent and what must wait hangs on them",
		    "there is a %s '%.*s' already, at %s:%zu", item_kind_name(first->kind),
		    SHOWN(it->id), first->sink->file, check_line_of(first));
}

/* ---- keywords ---- */

/* A '*' that touches a letter; "* * *" may be looked for. */
static bool
has_wildcard(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == '*' &&
		    ((i > 0 && s.ptr[i - 1] != ' ') || (i + 1 < s.len && s.ptr[i + 1] != ' ')) &&
		    !(i > 0 && s.ptr[i - 1] == '*') && !(i + 1 < s.len && s.ptr[i + 1] == '*'))
			return true;
	return false;
}

void
check_keyword(struct check *c, const struct item *from, const struct value *v)
{
	struct token *tokens;
	size_t count = 0;

	if (v->kind != VALUE_TEXT)
		return;
	arena_reset(c->scratch);
	if (slice_trim(v->text).len > 0 &&
	    (c->env->tokenise(c->env->cookie, v->text, c->scratch, &tokens, &count) < 0 ||
		phrase_tokens_split(c->scratch, &tokens, &count) < 0)) {
		c->has_no_memory = true;
		return;
	}
	if (count == 0)
		finding_add(from->sink, FINDING_EMPTY_KEYWORD, v->at, "write the words to look for",
		    "there is no word in this text");
	else if (has_wildcard(v->text))
		finding_add(from->sink, FINDING_WILDCARD, v->at,
		    "write the forms there are, each between quotes, with commas between them; or "
		    "a list of "
		    "them",
		    "a '*' stands for nothing: whole words are looked for");
	else if (count > RULES_PHRASE_TOKENS_MAX)
		finding_add(from->sink, FINDING_LIMIT, v->at, "look for a shorter part of it",
		    "a keyword may have %d words", RULES_PHRASE_TOKENS_MAX);
}

static void
check_keywords(struct check *c, const struct item *it, const struct values *values)
{
	for (const struct value *v = values->first; v != NULL; v = v->next)
		check_keyword(c, it, v);
}

static void
check_not_blank(const struct item *it, const struct values *values)
{
	for (const struct value *v = values->first; v != NULL; v = v->next)
		if (slice_trim(v->text).len == 0)
			finding_add(it->sink, FINDING_EMPTY_KEYWORD, v->at,
			    "delete it, or write what is meant",
			    "there is nothing between the quotes");
}

/* ---- actions ---- */

static void
unknown_name(const struct item *rule, enum finding f, struct range at, struct slice name,
    const char *what, const char *nearest, const char *fallback)
{
	char help[FINDING_TEXT_MAX];

	finding_add(rule->sink, f, at, finding_did_you_mean(nearest, fallback, help, sizeof help),
	    "there is no %s called '%.*s'", what, SHOWN(name));
}

static void
check_template(struct check *c, const struct item *rule, const struct action_node *a)
{
	const char *nearest = NULL;
	char why[256] = "", help[FINDING_TEXT_MAX];

	if (c->env->can_send == NULL ||
	    c->env->can_send(c->env->cookie, a->action.template_id,
		a->action.verb == ACTION_SEND ? a->action.channel : SLICE_LIT(""),
		slice_is_set(a->action.offer), &nearest, why, sizeof why))
		return;
	finding_add(rule->sink, FINDING_BAD_TEMPLATE, a->template_at,
	    finding_did_you_mean(nearest,
		strstr(why, "no offer") != NULL
		    ? "write 'with offer' and the id of an offer behind the action, or take the "
		      "code out of the template"
		    : "templates stand in the templates folder, one folder each",
		help, sizeof help),
	    "template '%.*s' cannot be sent: %s", SHOWN(a->action.template_id),
	    why[0] != '\0' ? why : "there is no such template");
}

static void
check_action_names(struct check *c, const struct item *rule, const struct action_node *a)
{
	const struct rule_env *env = c->env;
	const char *nearest = NULL;
	bool is_channel_there = true;

	if (a->action.verb == ACTION_SEND && env->has_channel != NULL) {
		is_channel_there = env->has_channel(env->cookie, a->action.channel, &nearest);
		if (!is_channel_there)
			unknown_name(rule, FINDING_UNKNOWN_CHANNEL, a->channel_at,
			    a->action.channel, "channel", nearest,
			    "channels are set up in earshot.yaml; ask operations");
	}
	nearest = NULL;
	if (a->action.verb == ACTION_ALERT && env->has_queue != NULL &&
	    !env->has_queue(env->cookie, a->action.queue, &nearest))
		unknown_name(rule, FINDING_UNKNOWN_QUEUE, a->queue_at, a->action.queue, "queue",
		    nearest, "queues are set up in earshot.yaml; ask operations");
	nearest = NULL;
	if (slice_is_set(a->action.offer) && env->has_offer != NULL &&
	    !env->has_offer(env->cookie, a->action.offer, &nearest))
		unknown_name(rule, FINDING_UNKNOWN_OFFER, a->offer_at, a->action.offer, "offer",
		    nearest, "import its codes first");
	if (is_channel_there &&
	    (a->action.verb == ACTION_SEND || a->action.verb == ACTION_DRAFT_REPLY))
		check_template(c, rule, a);
	if (a->action.verb == ACTION_ADD_TO_LIST)
		check_name(c, rule, ITEM_LIST, a->action.name, a->name_at);
}

/* ---- two settings of one attribute ---- */

struct setting {
	const struct item *rule;
	const struct action_node *action;
};

static void
conflict_finding(const struct item *rule, const struct action_node *a, const struct setting *first)
{
	finding_add(rule->sink, FINDING_CONFLICTING_SET, a->at,
	    first->rule == rule
		? "keep one of the two"
		: "give one of the rules a higher 'priority': then its value holds when both fire",
	    first->rule == rule
		? "this rule sets '%.*s' to two values"
		: "'%.*s' is set to \"%.*s\" by rule '%.*s' (%s:%zu), with the same priority",
	    SHOWN(a->action.name), SHOWN(first->action->action.value), SHOWN(first->rule->id),
	    first->rule->sink->file, check_line_of(first->rule));
}

static void
check_setting(struct check *c, const struct item *rule, const struct action_node *a)
{
	char key[RULES_STRING_MAX + 32];
	int len = snprintf(key, sizeof key, "%d %.*s", rule->priority, SLICE_ARG(a->action.name));
	struct slice k = slice_make(key, (size_t)len < sizeof key ? (size_t)len : sizeof key - 1);
	struct setting *s = map_get(c->settings, k);

	if (s != NULL) {
		if (!slice_eq(s->action->action.value, a->action.value))
			conflict_finding(rule, a, s);
		return;
	}
	s = mem_alloc(sizeof *s);
	if (s == NULL) {
		c->has_no_memory = true;
		return;
	}
	s->rule = rule;
	s->action = a;
	if (map_put(c->settings, k, s) < 0) {
		mem_free(s);
		c->has_no_memory = true;
	}
}

static void
check_actions(struct check *c, const struct item *rule)
{
	for (const struct action_node *a = rule->then; a != NULL; a = a->next) {
		check_action_names(c, rule, a);
		check_action_place(rule, a);
		if (a->action.verb == ACTION_SET && !item_has(rule, SLOT_OFF))
			check_setting(c, rule, a);
		for (const struct action_node *b = rule->then; b != a; b = b->next) {
			if (!action_same(a, b))
				continue;
			finding_add(rule->sink, FINDING_SAME_ACTION, a->at, "delete one of the two",
			    "the rule does this already; it is done once");
			break;
		}
	}
}

/* ---- rules ---- */

static bool
moment_ms(struct check *c, const struct item *rule, const struct moment *m, int64_t *at_ms_r)
{
	if (c->env->zone_to_utc != NULL)
		return c->env->zone_to_utc(c->env->cookie, rule->zone, m->year, m->month, m->day,
		    m->hour, m->minute, at_ms_r);
	*at_ms_r = time_days_from_civil(m->year, m->month, m->day) * TIME_DAY_MS +
	    m->hour * TIME_HOUR_MS + m->minute * TIME_MINUTE_MS;
	return true;
}

static void
check_period(struct check *c, const struct item *rule)
{
	int64_t from_ms = INT64_MIN, until_ms = INT64_MAX;

	if (!item_has(rule, SLOT_PERIOD) || !slice_is_set(rule->zone))
		return;
	if ((rule->from.is_set && !moment_ms(c, rule, &rule->from, &from_ms)) ||
	    (rule->until.is_set && !moment_ms(c, rule, &rule->until, &until_ms))) {
		finding_add(rule->sink, FINDING_BAD_ZONE, rule->zone_at,
		    "zones are named by continent and city: Europe/Berlin, America/New_York, or "
		    "UTC",
		    "there is no time zone called '%.*s'", SHOWN(rule->zone));
		return;
	}
	if (until_ms <= from_ms)
		finding_add(rule->sink, FINDING_ENDS_BEFORE_START, rule->until.at,
		    "exchange the two dates?", "the period ends before it begins");
}

static void
check_nodes(struct check *c, const struct item *rule, const struct node *n)
{
	if (n == NULL)
		return;
	if (n->kind == NODE_CONDITION) {
		check_condition(c, rule, n);
		return;
	}
	for (const struct node *child = n->first; child != NULL; child = child->next)
		check_nodes(c, rule, child);
}

static void
check_item(struct check *c, const struct item *it)
{
	switch (it->kind) {
	case ITEM_BRAND:
		check_keywords(c, it, &it->called);
		check_keywords(c, it, &it->but_not);
		check_not_blank(it, &it->own_accounts);
		break;
	case ITEM_LIST: check_not_blank(it, &it->items); break;
	case ITEM_RULE:
		check_nodes(c, it, it->when);
		check_actions(c, it);
		check_period(c, it);
		check_nodes(c, it, it->after.where);
		check_nodes(c, it, it->unless.where);
		check_guardrails(c, it);
		check_examples(c, it);
		check_occurrence(it);
		if (!it->is_broken) {
			check_bounds(c, it, it->when);
			check_sequences(c, it);
		}
		break;
	case ITEM_WATCH:
		check_nodes(c, it, it->over);
		check_nodes(c, it, it->out_of);
		check_actions(c, it);
		check_period(c, it);
		check_occurrence(it);
		if (!it->is_broken)
			check_watch(c, it);
		break;
	case ITEM_SEGMENT:
		check_nodes(c, it, it->when);
		check_segment(c, it);
		break;
	}
}

/* ---- all of it ---- */

static void
check_fini(struct check *c)
{
	for (int k = 0; k < ITEM_KIND_COUNT; k++) {
		for (size_t i = 0; i < c->name_count[k]; i++)
			mem_free((void *)(uintptr_t)c->names[k][i]);
		mem_free(c->names[k]);
		map_free(c->ids[k]);
	}
	map_free(c->settings);
	map_free(c->sent);
	arena_free(c->scratch);
}

static void
count_items(struct check *c, struct rules_file *files, size_t count)
{
	static const size_t max[ITEM_KIND_COUNT] = {RULES_BRANDS_MAX, RULES_COUNT_MAX,
	    RULES_COUNT_MAX, RULES_WATCHES_MAX, RULES_SEGMENTS_MAX};
	size_t n[ITEM_KIND_COUNT] = {0};

	for (size_t f = 0; f < count; f++) {
		for (struct item *it = files[f].first; it != NULL; it = it->next) {
			if (++n[it->kind] == max[it->kind] + 1)
				finding_add(it->sink, FINDING_LIMIT, it->id_at, NULL,
				    "there may be %zu %s%s", max[it->kind],
				    item_kind_name(it->kind), it->kind == ITEM_WATCH ? "es" : "s");
			declare(c, it);
		}
		c->is_incomplete |= files[f].is_incomplete;
	}
}

int
check_files(struct rules_file *files, size_t count, const struct rule_env *env,
    struct diag_list *diags, struct map *ids_r[ITEM_KIND_COUNT], struct err *err)
{
	struct check c = {.env = env, .diags = diags, .files = files, .file_count = count};
	bool has_maps = true;
	int rc = -1;

	for (int k = 0; k < ITEM_KIND_COUNT; k++) {
		c.ids[k] = map_new(0, RULES_COUNT_MAX + 1, NULL);
		has_maps = has_maps && c.ids[k] != NULL;
	}
	c.settings = map_new(0, (size_t)RULES_COUNT_MAX * RULES_ACTIONS_MAX, mem_free);
	c.scratch = arena_new(SCRATCH_MAX);
	if (!has_maps || c.settings == NULL || c.scratch == NULL)
		goto out;
	count_items(&c, files, count);
	for (size_t f = 0; f < count && !c.has_no_memory; f++)
		for (struct item *it = files[f].first; it != NULL && !c.has_no_memory;
		     it = it->next)
			check_item(&c, it);
	if (!c.has_no_memory && !c.is_incomplete)
		check_circles(&c);
	if (!c.has_no_memory)
		check_shared_names(&c);
	if (c.has_no_memory)
		goto out;
	if (diag_count(diags, DIAG_ERROR) == 0)
		check_overlap(files, count);
	for (int k = 0; k < ITEM_KIND_COUNT; k++) {
		ids_r[k] = c.ids[k];
		c.ids[k] = NULL; /* the caller's now */
	}
	rc = 0;
out:
	if (rc < 0)
		err_set(err, ERR_NOMEM, "no memory to check the rules");
	check_fini(&c);
	return rc;
}
