#include "rules/parse_internal.h"

#include <stdio.h>

#include "core/arena.h"
#include "rules/limits_internal.h"
#include "rules/meant_internal.h"

/* A word that must stand here ("by", "to", "as"); example shows the whole action. */
static bool
want_word(struct parser *p, const char *words, const char *example)
{
	char help[FINDING_TEXT_MAX];

	if (parse_accept(p, words))
		return true;
	snprintf(help, sizeof help, "for example: %s", example);
	parse_finding(
	    p, FINDING_BAD_ACTION, parse_peek(p)->at, help, "'%s' is missing here", words);
	return false;
}

static bool
want_text(struct parser *p, const char *what, const char *example, struct slice *text_r,
    struct range *at_r)
{
	const struct lex_token *t = parse_take(p);
	char help[FINDING_TEXT_MAX];

	if (t->kind == LEX_TEXT && !t->is_damaged && t->text.len > 0) {
		*text_r = t->text;
		*at_r = t->at;
		return true;
	}
	snprintf(help, sizeof help, "for example: %s", example);
	if ((t->kind == LEX_WORD || t->kind == LEX_NUMBER) && parse_peek(p)->kind != LEX_TEXT)
		snprintf(help, sizeof help, "write \"%.*s\"", SHOWN(t->text));
	parse_finding(
	    p, FINDING_BAD_ACTION, t->at, help, "%s belongs here, between double quotes", what);
	return false;
}

/* An id or a name that may also stand in quotes. */
static bool
want_name(struct parser *p, const char *what, const char *example, struct slice *name_r,
    struct range *at_r)
{
	const struct lex_token *t = parse_take(p);
	char help[FINDING_TEXT_MAX];

	if ((t->kind == LEX_WORD || t->kind == LEX_TEXT) && !t->is_damaged &&
	    word_is_plain(t->text)) {
		*name_r = t->text;
		*at_r = t->at;
		return true;
	}
	snprintf(help, sizeof help, "for example: %s", example);
	parse_finding(p, FINDING_BAD_ACTION, t->at, help, "%s belongs here", what);
	return false;
}

static bool
want_target(struct parser *p, const char *example, enum action_target *target_r)
{
	const struct lex_token *t = parse_peek(p);
	static const char *const targets[] = {"author", "customer"};
	char help[FINDING_TEXT_MAX], fallback[FINDING_TEXT_MAX];

	if (parse_accept(p, "author")) {
		*target_r = TARGET_AUTHOR;
		return true;
	}
	if (parse_accept(p, "customer")) {
		*target_r = TARGET_CUSTOMER;
		return true;
	}
	snprintf(fallback, sizeof fallback, "for example: %s", example);
	parse_finding(p, FINDING_BAD_ACTION, t->at,
	    finding_did_you_mean(t->kind == LEX_WORD ? diag_nearest(t->text, targets, 2) : NULL,
		fallback, help, sizeof help),
	    "'author' or 'customer' belongs here");
	return false;
}

static bool
parse_offer(struct parser *p, const char *example, struct action_node *a)
{
	if (!parse_is_word(parse_peek(p), "with"))
		return true;
	parse_take(p);
	return want_word(p, "offer", example) &&
	    want_name(p, "the id of an offer", example, &a->action.offer, &a->offer_at);
}

/* by email and push */
static bool
want_one_channel(struct parser *p)
{
	const struct lex_token *t = parse_peek(p);

	if (t->kind != LEX_COMMA && !parse_is_word(t, "and") && !parse_is_word(t, "or"))
		return true;
	parse_finding(p, FINDING_BAD_ACTION, t->at,
	    "write the whole 'send' once more on the next line, with the other channel",
	    "one line sends by one channel");
	return false;
}

static bool
parse_send(struct parser *p, struct action_node *a)
{
	const char *example = "send \"we-are-sorry\" by email to customer with offer ten-percent";

	a->action.verb = ACTION_SEND;
	return want_text(
		   p, "the name of a template", example, &a->action.template_id, &a->template_at) &&
	    want_word(p, "by", example) &&
	    want_name(p, "the name of a channel", example, &a->action.channel, &a->channel_at) &&
	    want_one_channel(p) && want_word(p, "to", example) &&
	    want_target(p, example, &a->action.target) && parse_offer(p, example, a);
}

static bool
parse_draft(struct parser *p, struct action_node *a)
{
	const char *example = "draft reply \"thank-you\" for approval by \"social team\"";

	a->action.verb = ACTION_DRAFT_REPLY;
	a->action.target = TARGET_AUTHOR;
	return want_word(p, "reply", example) &&
	    want_text(
		p, "the name of a template", example, &a->action.template_id, &a->template_at) &&
	    want_word(p, "for approval by", example) &&
	    want_text(p, "the name of a team", example, &a->action.team, &a->team_at) &&
	    parse_offer(p, example, a);
}

static bool
parse_alert(struct parser *p, struct action_node *a)
{
	static const char *const names[] = {"low", "normal", "high", "critical"};
	const char *example = "alert \"support\" as high";
	const struct lex_token *t;
	char help[FINDING_TEXT_MAX];

	a->action.verb = ACTION_ALERT;
	if (!want_text(p, "the name of a queue", example, &a->action.queue, &a->queue_at) ||
	    !want_word(p, "as", example))
		return false;
	t = parse_take(p);
	for (int s = SEVERITY_LOW; s <= SEVERITY_CRITICAL; s++) {
		if (parse_is_word(t, names[s])) {
			a->action.severity = (enum severity)s;
			return true;
		}
	}
	parse_finding(p, FINDING_UNKNOWN_SEVERITY, t->at,
	    finding_did_you_mean(t->kind == LEX_WORD ? diag_nearest(t->text, names, 4) : NULL,
		"there is low, normal, high and critical", help, sizeof help),
	    "how severe? '%.*s' is not a severity", SHOWN(t->text));
	return false;
}

static bool
parse_tag(struct parser *p, struct action_node *a)
{
	const char *example = "tag author \"advocate\" for 90 days";
	struct range at;

	a->action.verb = ACTION_TAG;
	if (!want_target(p, example, &a->action.target) ||
	    !want_text(p, "a tag", example, &a->action.name, &a->name_at))
		return false;
	if (!parse_accept(p, "for"))
		return true;
	return parse_duration(p, "90 days", &a->for_time, &at);
}

static bool
parse_set(struct parser *p, struct action_node *a)
{
	const char *example = "set customer \"care_priority\" to \"high\"";
	const struct lex_token *t = parse_peek(p);
	struct range at;

	a->action.verb = ACTION_SET;
	a->action.target = TARGET_CUSTOMER;
	if (!parse_accept(p, "customer")) {
		char help[FINDING_TEXT_MAX] =
		    "for example: set customer \"care_priority\" to \"high\"";

		struct slice name = t->text;

		if (t->kind == LEX_WORD && slice_starts_with(name, "customer.")) {
			slice_split(&name, '.');
			snprintf(
			    help, sizeof help, "write: set customer \"%.*s\" to ...", SHOWN(name));
		}
		parse_finding(p, FINDING_BAD_ACTION, t->at, help,
		    parse_is_word(t, "author")
			? "only customers have attributes; authors can be tagged"
			: "'customer' is missing here");
		return false;
	}
	return want_text(p, "the name of an attribute", example, &a->action.name, &a->name_at) &&
	    want_word(p, "to", example) && want_text(p, "a value", example, &a->action.value, &at);
}

static bool
parse_add(struct parser *p, struct action_node *a)
{
	const char *example = "add customer to list winback";

	a->action.verb = ACTION_ADD_TO_LIST;
	if (!want_target(p, example, &a->action.target))
		return false;
	if (parse_accept(p, "to segment")) {
		parse_finding(p, FINDING_BAD_ACTION, p->lexer.tokens[p->at - 1].at,
		    "who is in a segment stands in its 'when'; add to a list, and ask for that "
		    "there: customer is in list winback",
		    "a rule does not put people into a segment");
		return false;
	}
	return want_word(p, "to list", example) &&
	    want_name(p, "the id of a list", example, &a->action.name, &a->name_at);
}

static bool
parse_pause(struct parser *p, struct action_node *a)
{
	a->action.verb = ACTION_PAUSE_PROMOTIONS;
	return want_word(p, "promotions", "pause promotions");
}

static bool
parse_suggest(struct parser *p, struct action_node *a)
{
	a->action.verb = ACTION_SUGGEST_LINK;
	a->action.target = TARGET_AUTHOR;
	return want_word(p, "link", "suggest link");
}

static bool
action_unknown(struct parser *p, const struct lex_token *t)
{
	static const char *const verbs[] = {
	    "send", "draft", "alert", "tag", "set", "add", "pause", "suggest"};
	char help[FINDING_TEXT_MAX];

	if (t->kind == LEX_WORD && parse_not_available(p))
		return false;
	if (t->kind == LEX_WORD && meant_action(t->text) != NULL &&
	    (p->item == NULL || p->item->kind == ITEM_RULE)) {
		parse_finding(p, FINDING_UNKNOWN_ACTION, t->at, meant_action(t->text),
		    "'%.*s' is not an action", SHOWN(t->text));
		return false;
	}
	parse_finding(p, FINDING_UNKNOWN_ACTION, t->at,
	    finding_did_you_mean(t->kind == LEX_WORD ? diag_nearest(t->text, verbs, 8) : NULL,
		p->item != NULL && p->item->kind == ITEM_WATCH
		    ? "actions of a watch are: alert, pause promotions"
		    : "actions are: send, draft reply, alert, tag, set, add, suggest link",
		help, sizeof help),
	    "'%.*s' is not an action", SHOWN(t->text));
	return false;
}

static bool
parse_action(struct parser *p, struct action_node *a)
{
	static const struct {
		const char *verb;
		bool (*parse)(struct parser *p, struct action_node *a);
	} verbs[] = {{"send", parse_send}, {"draft", parse_draft}, {"alert", parse_alert},
	    {"tag", parse_tag}, {"set", parse_set}, {"add", parse_add}, {"pause", parse_pause},
	    {"suggest", parse_suggest}};
	const struct lex_token *t = parse_peek(p);
	bool is_read = false;

	a->at = t->at;
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (!parse_is_word(t, verbs[i].verb))
			continue;
		parse_take(p);
		is_read = verbs[i].parse(p, a);
		if (!is_read)
			return false;
	}
	if (!is_read)
		return action_unknown(p, t);
	parse_line_end(p);
	a->at.len = parse_peek(p)->at.start - a->at.start;
	return !p->lexer.has_finding;
}

static void
action_add(struct parser *p, struct item *rule, struct action_node *a)
{
	struct action_node **tail = &rule->then;

	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = a;
	if (++rule->action_count == RULES_ACTIONS_MAX + 1)
		parse_finding(p, FINDING_LIMIT, a->at, NULL, "a rule may have 32 actions");
}

/* The actions of `then`, up to its `end`. */
static void
parse_action_lines(struct parser *p, struct item *rule, struct range open)
{
	bool had_line = false;
	int rc;

	while ((rc = parse_next_line(p)) > 0) {
		struct action_node *a;

		if (parse_is_word(parse_peek(p), "end")) {
			parse_take(p);
			rule->notes[SLOT_THEN_END] = parse_notes(p);
			parse_line_end(p);
			if (!had_line)
				parse_finding(p, FINDING_EMPTY_BLOCK, open,
				    "write actions in it, one on a line, for example: alert "
				    "\"support\" as high",
				    "there is no action in this block");
			return;
		}
		if (parse_at_clause(p) || parse_at_hours(p)) {
			parse_missing_end(p, open, "'then'");
			return;
		}
		had_line = true;
		a = parse_alloc(p, sizeof *a);
		if (a == NULL)
			return;
		a->notes = parse_notes(p);
		if (parse_action(p, a) && rule->action_count <= RULES_ACTIONS_MAX)
			action_add(p, rule, a);
	}
	if (rc == 0)
		parse_missing_end(p, open, "'then'");
}

void
parse_then(struct parser *p, struct item *rule)
{
	struct action_node *a;

	if (parse_peek(p)->kind == LEX_END) {
		parse_action_lines(p, rule, p->lexer.tokens[0].at);
		return;
	}
	a = parse_alloc(p, sizeof *a);
	if (a != NULL && parse_action(p, a))
		action_add(p, rule, a);
}
