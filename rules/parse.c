#include "rules/parse_internal.h"

#include <stdio.h>

#include "core/arena.h"
#include "rules/limits_internal.h"
#include "rules/meant_internal.h"

/* ---- words of later versions ---- */

bool
parse_not_available(struct parser *p)
{
	static const struct {
		const char *words, *help;
	} later[] = {
	    {"campaign", "use a rule with 'from ... until ...'"},
	    {"journey", "use several rules"},
	    {"wait", "timers come later"},
	    {"examples", "try the rule with 'earshot replay'"},
	    {"task", "use 'alert'"},
	    {"webhook", "send through a channel of kind webhook: send \"...\" by ..."},
	    {"call", "use 'alert'"},
	};

	for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
		const struct lex_token *first = parse_peek(p);

		if (!parse_accept(p, later[i].words))
			continue;
		parse_finding(p, FINDING_NOT_AVAILABLE, first->at, later[i].help,
		    "'%s' is not available in this version", later[i].words);
		return true;
	}
	return false;
}

/* ---- clauses of a rule ---- */

static void
parse_description(struct parser *p, struct item *it)
{
	const struct lex_token *t = parse_take(p);

	if (t->kind == LEX_TEXT)
		it->description = t->text;
	else if (t->kind == LEX_SYMBOL)
		parse_finding(p, FINDING_BAD_CHARACTER, t->at, "leave it out",
		    "'%.*s' means nothing here", SHOWN(t->text));
	else
		parse_finding(p, FINDING_NO_VALUE, t->at,
		    "for example: description \"Reach out before it spreads\"",
		    "a text between double quotes belongs here");
}

static void
parse_priority(struct parser *p, struct item *it)
{
	int64_t n = 0;

	if (parse_integer(
		p, -RULES_PRIORITY_MAX, RULES_PRIORITY_MAX, "for example 'priority 10'", &n))
		it->priority = (int32_t)n;
}

void
parse_clause_unknown(struct parser *p, const struct lex_token *t, const char *const *words,
    size_t n, const char *fallback)
{
	const char *meant = t->kind == LEX_WORD ? meant_clause(t->text)
	    : slice_eq_str(t->text, "-")        ? "a comment begins with '#'"
						: meant_sign(t->text);
	char help[FINDING_TEXT_MAX];

	if (t->kind == LEX_SYMBOL)
		parse_finding(p, FINDING_BAD_CHARACTER, t->at,
		    meant != NULL ? meant : "leave it out", "'%.*s' means nothing here",
		    SHOWN(t->text));
	else if (t->kind == LEX_TEXT && p->item->kind == ITEM_RULE)
		parse_finding(p, FINDING_UNKNOWN_CLAUSE, t->at,
		    "an example is written: fires on \"...\", or: does not fire on \"...\"; a note "
		    "for colleagues: description \"...\"",
		    "a line of a rule does not begin with a text");
	else if (meant != NULL && p->item->kind == ITEM_RULE)
		parse_finding(p, FINDING_UNKNOWN_CLAUSE, t->at, meant,
		    "a line of a rule does not begin with '%.*s'", SHOWN(t->text));
	else
		parse_finding(p, FINDING_UNKNOWN_CLAUSE, t->at,
		    finding_did_you_mean(
			t->kind == LEX_WORD ? diag_nearest(t->text, words, n) : NULL, fallback,
			help, sizeof help),
		    "a line of a %s does not begin with '%.*s'", item_kind_name(p->item->kind),
		    SHOWN(t->text));
}

/* What rules and watches have in common; false: the line is none of it. */
bool
parse_head_line(struct parser *p, struct item *it)
{
	const struct lex_token *t = parse_peek(p);

	if (parse_accept(p, "description")) {
		if (parse_clause_once(p, it, SLOT_DESCRIPTION, "description"))
			parse_description(p, it);
	} else if (parse_accept(p, "off")) {
		parse_clause_once(p, it, SLOT_OFF, "off");
	} else if (parse_accept(p, "shadow")) {
		parse_clause_once(p, it, SLOT_SHADOW, "shadow");
	} else if (parse_is_word(t, "from") || parse_is_word(t, "until")) {
		if (parse_clause_once(p, it, SLOT_PERIOD, "from ... until"))
			parse_period(p, it);
	} else if (parse_accept(p, "include reposts")) {
		parse_clause_once(p, it, SLOT_REPOSTS, "include reposts");
	} else {
		return false;
	}
	return true;
}

static void
parse_rule_clause(struct parser *p, struct item *it)
{
	static const char *const words[] = {"description", "off", "shadow", "priority", "from",
	    "until", "include", "act", "when", "happening", "after", "unless", "then", "at",
	    "spend", "not", "only", "approval", "canary", "end"};
	const struct lex_token *t = parse_peek(p);
	struct range at;

	if (parse_head_line(p, it)) {
		; /* read */
	} else if (parse_accept(p, "priority")) {
		if (parse_clause_once(p, it, SLOT_PRIORITY, "priority"))
			parse_priority(p, it);
	} else if (parse_accept(p, "act within")) {
		if (parse_clause_once(p, it, SLOT_ACT_WITHIN, "act within") &&
		    parse_duration(p, "2 hours", &it->act_within, &at))
			it->act_within_at = at;
	} else if (!parse_guardrail(p, it) && !parse_not_available(p)) {
		const char *meant = parse_guardrail_meant(p);

		parse_clause_unknown(p, t, words, meant != NULL ? 0 : sizeof words / sizeof *words,
		    meant != NULL ? meant
				  : "a rule has: description, off, shadow, approval by, canary, "
				    "priority, from ... until, include reposts, act within, when, "
				    "happening, after, unless, then, at most, spend at most, not "
				    "between, only "
				    "between");
	}
	parse_line_end(p);
}

/* `when` and `then` may span lines: the line they end on is theirs. */
static void
parse_rule_line(struct parser *p, struct item *it)
{
	if (parse_accept(p, "when")) {
		bool is_first = parse_clause_once(p, it, SLOT_WHEN, "when");
		struct node *when =
		    /* a second one too, so that its lines are no findings */
		    parse_conditions(p, "when");

		if (is_first)
			it->when = when;
		return;
	}
	if (parse_accept(p, "then")) {
		parse_clause_once(p, it, SLOT_THEN, "then");
		parse_then(p, it);
		return;
	}
	if (!parse_sequence_line(p, it) && !parse_example(p, it))
		parse_rule_clause(p, it);
}

/* ---- brands and lists ---- */

static const char *
brand_meant(const struct lex_token *t)
{
	if (t->kind != LEX_WORD)
		return NULL;
	if (parse_word_is_of(t->text, "not except without excluding"))
		return "write 'but not \"acme corporation\"'";
	if (parse_word_is_of(t->text, "own account accounts handle handles us"))
		return "write 'own accounts \"@acmecoffee@mastodon.social\"'";
	if (parse_word_is_of(t->text, "name names known aka keyword keywords alias aliases"))
		return "write 'called \"acme\", \"acme coffee\"'";
	return NULL;
}

static void
parse_brand_line(struct parser *p, struct item *it)
{
	static const char *const words[] = {"called", "but not", "own accounts", "end"};
	const struct lex_token *t = parse_peek(p);

	if (parse_accept(p, "called")) {
		if (parse_clause_once(p, it, SLOT_CALLED, "called"))
			parse_values(p, true, &it->called);
	} else if (parse_accept(p, "but not")) {
		if (parse_clause_once(p, it, SLOT_BUT_NOT, "but not"))
			parse_values(p, true, &it->but_not);
	} else if (parse_accept(p, "own accounts")) {
		if (parse_clause_once(p, it, SLOT_OWN_ACCOUNTS, "own accounts"))
			parse_values(p, true, &it->own_accounts);
	} else {
		const char *meant = brand_meant(t);

		parse_clause_unknown(p, t, words, meant != NULL ? 0 : 4,
		    meant != NULL ? meant
				  : "a brand has: called \"...\", but not \"...\", own accounts "
				    "\"...\"");
	}
	parse_line_end(p);
}

/* The line's comments go to its first and its last item: a list has no clauses to hang them on. */
static void
parse_list_line(struct parser *p, struct item *it)
{
	struct value *last = it->items.last, *first;
	struct notes *n;

	parse_values(p, true, &it->items);
	parse_line_end(p);
	first = last == NULL ? it->items.first : last->next;
	if (first == NULL)
		return;
	if (p->lexer.before != NULL) {
		n = first->notes != NULL ? first->notes : parse_alloc(p, sizeof *n);
		if (n == NULL)
			return;
		n->before = p->lexer.before;
		first->notes = n;
	}
	if (slice_is_set(p->lexer.after)) {
		last = it->items.last;
		n = last->notes != NULL ? last->notes : parse_alloc(p, sizeof *n);
		if (n == NULL)
			return;
		n->after = p->lexer.after;
		last->notes = n;
	}
}

/* ---- items ---- */

static bool
item_is_whole(const struct item *it)
{
	if (it->kind == ITEM_BRAND)
		return item_has(it, SLOT_CALLED);
	if (it->kind == ITEM_WATCH && !item_has(it, SLOT_OVER))
		return false;
	if (it->kind == ITEM_SEGMENT)
		return it->is_imported || item_has(it, SLOT_WHEN);
	return it->kind == ITEM_LIST || (item_has(it, SLOT_WHEN) && item_has(it, SLOT_THEN));
}

/* What is missing may just be outside, behind an `end` too many: then that is the finding, and not
 * this. */
static void
item_check_whole(struct parser *p, struct item *it)
{
	bool had_finding;
	int rc;

	if (it->is_broken || p->file->is_incomplete || item_is_whole(it))
		return;
	rc = parse_next_line(p);
	p->is_pending = rc > 0;
	if (rc < 0 || (rc > 0 && !parse_at_top(p)))
		return;
	had_finding = p->lexer.has_finding;
	p->lexer.has_finding = false;
	if (it->kind == ITEM_BRAND)
		parse_finding(p, FINDING_NO_VALUE, it->id_at,
		    "for example: called \"acme\", \"acme coffee\", \"#acmecoffee\"",
		    "a brand needs a line 'called' with the words it is known by");
	else if (it->kind == ITEM_WATCH && !item_has(it, SLOT_OVER))
		parse_finding(p, FINDING_NO_OVER, it->id_at,
		    "for example: over posts where brand is acme",
		    "the watch does not say which posts it counts");
	else if (it->kind == ITEM_SEGMENT)
		parse_segment_without_when(p, it);
	else if (!item_has(it, SLOT_WHEN))
		parse_finding(p, FINDING_NO_WHEN, it->id_at,
		    it->kind == ITEM_WATCH
			? "for example: when count within 10 minutes is at least 20"
			: "write 'when all of', the conditions one on a line, and 'end'",
		    it->kind == ITEM_WATCH ? "the watch does not say what a crowd is"
					   : "the rule does not say when it fires");
	else
		parse_finding(p, FINDING_NO_THEN, it->id_at,
		    "write 'then', the actions one on a line, and 'end'",
		    "the %s does not say what to do then", item_kind_name(it->kind));
	p->lexer.has_finding = had_finding;
}

/* open without length: the head has a finding, and who mends that sees what else is missing. */
static void
parse_body(struct parser *p, struct item *it, struct range open)
{
	int rc;

	for (; (rc = parse_next_line(p)) > 0; open = it->id_at) {
		if (parse_is_word(parse_peek(p), "end")) {
			parse_take(p);
			it->notes[SLOT_END] = parse_notes(p);
			parse_line_end(p);
			item_check_whole(p, it);
			return;
		}
		if (parse_at_top(p)) {
			parse_missing_end(p, open, item_kind_name(it->kind));
			return;
		}
		switch (it->kind) {
		case ITEM_BRAND: parse_brand_line(p, it); break;
		case ITEM_LIST: parse_list_line(p, it); break;
		case ITEM_RULE: parse_rule_line(p, it); break;
		case ITEM_WATCH: parse_watch_line(p, it); break;
		case ITEM_SEGMENT: parse_segment_line(p, it); break;
		}
	}
	if (rc == 0 && !it->is_broken)
		parse_missing_end(p, it->id_at, item_kind_name(it->kind));
}

/* The id a word nearly is: "late_delivery" and "LateDelivery" are late-delivery. */
static bool
id_of(struct slice word, char *id, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < word.len && n + 1 < size; i++) {
		char c = word.ptr[i];

		if (i > 0 && c >= 'A' && c <= 'Z' && word.ptr[i - 1] >= 'a' && n + 2 < size)
			id[n++] = '-';
		id[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c == '_' || c == '.' ? '-' : c);
	}
	id[n] = '\0';
	return word.len < size && id_is_valid(slice_make(id, n));
}

static void
parse_id(struct parser *p, struct item *it)
{
	const struct lex_token *t = parse_peek(p);
	char help[FINDING_TEXT_MAX], id[RULES_ID_MAX + 1];

	it->id_at = t->at;
	if (t->kind == LEX_WORD && id_is_valid(t->text)) {
		parse_take(p);
		it->id = t->text;
		return;
	}
	if (t->kind != LEX_WORD || !id_of(t->text, id, sizeof id))
		snprintf(id, sizeof id, "late-delivery");
	snprintf(help, sizeof help,
	    "write '%s' and one word of small letters, digits and '-', then the title: "
	    "%s %s \"Late delivery\"",
	    item_kind_name(it->kind), item_kind_name(it->kind), id);
	if (t->kind == LEX_WORD || t->kind == LEX_NUMBER) {
		parse_take(p);
		parse_finding(
		    p, FINDING_BAD_ID, t->at, help, "'%.*s' cannot be an id", SHOWN(t->text));
		return;
	}
	parse_finding(p, FINDING_BAD_ID, t->at, help, "the id is missing");
}

static void
parse_title(struct parser *p, struct item *it)
{
	const struct lex_token *t = parse_peek(p);
	char help[FINDING_TEXT_MAX] = "the title stands between double quotes behind the id";

	if (t->kind == LEX_TEXT && t->text.len > 0) {
		parse_take(p);
		it->title = t->text;
		return;
	}
	if (slice_is_set(it->id) && t->kind == LEX_WORD && parse_peek_at(p, 1)->kind == LEX_TEXT)
		snprintf(help, sizeof help, "an id is one word: write '%.*s-%.*s'", SHOWN(it->id),
		    SHOWN(t->text));
	parse_finding(p, FINDING_NO_TITLE, t->at,
	    t->kind == LEX_SYMBOL && !t->is_damaged
		? "leave the sign out: the title stands between double quotes right behind the id"
		: help,
	    "a title for people is missing");
	while (parse_peek(p)->kind != LEX_END)
		parse_take(p);
}

static struct item *
parse_item(struct parser *p, enum item_kind kind)
{
	struct item *it = parse_alloc(p, sizeof *it);
	const struct lex_token *head = parse_take(p);

	if (it == NULL)
		return NULL;
	p->item = it;
	it->kind = kind;
	it->sink = p->sink;
	it->at = it->id_at = head->at;
	it->notes[SLOT_HEAD] = parse_notes(p);
	parse_id(p, it);
	parse_title(p, it);
	if (kind == ITEM_SEGMENT)
		parse_segment_head(p, it);
	parse_line_end(p);
	parse_body(p, it, it->is_broken ? (struct range){0, 0} : it->id_at);
	p->item = NULL;
	return it;
}

/* ---- the file ---- */

/* On to the next line that begins an item, quietly. */
static void
skip_to_top(struct parser *p)
{
	p->lexer.is_quiet = true;
	while (parse_next_line(p) > 0) {
		if (parse_at_top(p)) {
			p->is_pending = true;
			p->lexer.has_finding = false;
			break;
		}
	}
	p->lexer.is_quiet = false;
}

/* `brand is acme` outside of a rule is a stray condition, not a brand called "is". */
static bool
is_condition(const struct parser *p)
{
	const struct lex_token *second = parse_peek_at(p, 1);

	return parse_is_word(second, "is") || parse_is_word(second, "contains") ||
	    parse_is_word(second, "does");
}

static void
outside_finding(struct parser *p)
{
	static const char *const words[] = {"brand", "list", "rule", "watch", "segment"};
	const struct lex_token *t = parse_peek(p);
	char help[FINDING_TEXT_MAX];

	p->file->is_incomplete = true;
	if (t->kind == LEX_SYMBOL && slice_eq_str(t->text, "`"))
		parse_finding(p, FINDING_UNKNOWN_BLOCK, t->at,
		    "delete the line: it came along with what was copied",
		    "a line of backquotes is no part of a rule");
	else if (parse_is_word(t, "end"))
		parse_finding(p, FINDING_EXTRA_END, t->at,
		    "count the 'end' lines above: each closes one block",
		    "this 'end' closes nothing");
	else if (t->kind == LEX_WORD && parse_not_available(p))
		; /* reported */
	else if (t->kind == LEX_WORD && parse_at_clause(p) && !parse_at_top(p))
		parse_finding(p, FINDING_UNKNOWN_BLOCK, t->at, "is there an 'end' too many above?",
		    "'%.*s' stands outside of a rule", SHOWN(t->text));
	else
		parse_finding(p, FINDING_UNKNOWN_BLOCK, t->at,
		    finding_did_you_mean(t->kind == LEX_WORD && !is_condition(p)
			    ? diag_nearest(t->text, words, 5)
			    : NULL,
			"a file holds brands, lists, segments, rules and watches: rule "
			"late-delivery "
			"\"Late delivery\"",
			help, sizeof help),
		    "a brand, a list, a segment, a rule or a watch should begin here");
	skip_to_top(p);
}

int
parse_file(const struct finding_sink *sink, struct arena *a, struct rules_file *file_r)
{
	return parse_part(sink, 0, a, file_r);
}

int
parse_part(const struct finding_sink *sink, size_t from, struct arena *a, struct rules_file *file_r)
{
	struct parser p = {.arena = a, .sink = sink, .file = file_r};
	struct item **tail = &file_r->first;
	int rc;

	*file_r = (struct rules_file){.sink = *sink};
	lex_init(&p.lexer, a, sink);
	p.lexer.pos = from;
	while ((rc = parse_next_line(&p)) > 0) {
		int kind = -1;

		for (int k = 0; k < ITEM_KIND_COUNT; k++)
			if (parse_is_word(parse_peek(&p), item_kind_name((enum item_kind)k)))
				kind = k;
		if (kind < 0 || is_condition(&p)) {
			outside_finding(&p);
			from = p.lexer.pos;
			continue;
		}
		*tail = parse_item(&p, (enum item_kind)kind);
		if (*tail == NULL)
			break;
		(*tail)->whole = (struct range){(uint32_t)from, (uint32_t)(p.lexer.pos - from)};
		from = p.lexer.pos;
		tail = &(*tail)->next;
	}
	if (!p.has_no_memory)
		file_r->end_notes = parse_notes(&p);
	lex_fini(&p.lexer);
	return p.has_no_memory ? -1 : 0;
}
