/*
 * rules.h - from marketing's text to a compiled, immutable rule set, and from an occurrence to
 * firings.
 *
 * Ownership: a rule set owns all it hands out (heads, actions, brands, lists) and is counted; it is
 *            swapped whole, and an occurrence ends on the set it began with.
 * Threads:   immutable after compiling; any thread may evaluate, each with its own scratch arena.
 * Purity:    no clock, no store: what changes with time comes in through the occurrence and struct
 *            rule_facts.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/brand.h"
#include "core/decision.h"
#include "core/occurrence.h"
#include "core/slice.h"

struct arena;
struct buf;
struct diag_list;
struct err;
struct json_writer;
struct rule_set;
struct rule_words;

/* A file of the rules folder. */
struct rule_source {
	const char *file; /* for messages: "rules/acme.rules" */
	struct slice text;
};

/* What the checker may ask about the world around the rules.  Any function may be NULL: then that
 * check is skipped (as for `earshot check` of a rules file alone). */
struct rule_env {
	void *cookie;
	/* Cuts text as nlp cuts posts. Needed: keywords cannot be compiled without it. */
	int (*tokenise)(void *cookie, struct slice text, struct arena *a, struct token **tokens_r,
	    size_t *count_r);
	/* Closed lists, for existence and "did you mean": each returns true when name exists and
	 * otherwise may set *nearest_r to the closest one. */
	bool (*has_channel)(void *cookie, struct slice name, const char **nearest_r);
	bool (*has_queue)(void *cookie, struct slice name, const char **nearest_r);
	bool (*has_offer)(void *cookie, struct slice name, const char **nearest_r);
	/* Is the template there, and can this channel ("" for a draft reply) carry it?  why_r: one
	 * sentence for the person, in a buffer of why_size bytes. */
	bool (*can_send)(void *cookie, struct slice template_id, struct slice channel,
	    bool has_offer, const char **nearest_r, char *why_r, size_t why_size);
	/* Offset of a zone at a local time: converts "2026-12-01 09:00 in Europe/Berlin" to UTC ms.
	 */
	bool (*zone_to_utc)(void *cookie, struct slice zone, int year, int month, int day, int hour,
	    int minute, int64_t *at_ms_r);
	/* Is there a currency that costs of channels and offers are counted in? */
	bool (*has_currency)(void *cookie);
};

/* Compiles all files together.  Findings (errors and warnings, codes R0xx) go to diags; with errors
 * *set_r stays NULL and the call returns 1; 0 with a set; -1 without memory (err). */
int rule_set_compile(const struct rule_source *sources, size_t count, int64_t version,
    const struct rule_env *env, struct diag_list *diags, struct rule_set **set_r, struct err *err);
struct rule_set *rule_set_ref(struct rule_set *set);
void rule_set_unref(struct rule_set *set);

int64_t rule_set_version(const struct rule_set *set);
const struct brand_set *rule_set_brands(const struct rule_set *set);
size_t rule_set_count(const struct rule_set *set);
const struct rule_head *rule_set_head(const struct rule_set *set, size_t i);
bool rule_set_is_off(const struct rule_set *set, size_t i);
/* Canonical text of all of it / of rule i; parsing it again gives the same tree. */
void rule_set_print(const struct rule_set *set, struct buf *out);
void rule_set_print_rule(const struct rule_set *set, size_t i, struct buf *out);
int rule_set_find(const struct rule_set *set, struct slice id); /* index, or -1 */

/* What the store knows and a condition may ask. */
struct rule_facts {
	void *cookie;
	/* Is this author or customer (TARGET_AUTHOR, TARGET_CUSTOMER) in the list by an "add to
	 * list" of the past? 1 yes, 0 no, -1 unknown.  The list's written items are checked by
	 * rules itself. */
	int (*in_list)(
	    void *cookie, struct slice list, enum action_target who, const struct occurrence *occ);
	/* Asked afterwards: likes, replies and reposts of then were not kept, and are left out. */
	bool counts_are_gone;
};

/*
 * What the words of a post's text are in a set: its keywords have numbers, and a post's words are looked up
 * once, for whatever is asked of the post by this set afterwards: evaluating, explaining, measuring.  They go
 * along in the occurrence (occurrence.words); without them, or with those of another set or score, the words
 * are looked up whenever somebody asks.
 *
 * words_r: in a, good for as long as the score's tokens and the set are.  -1 without memory or with a full
 * arena.
 */
int rule_set_look_up(const struct rule_set *set, const struct score *score, struct arena *a,
    const struct rule_words **words_r, struct err *err);

/* Evaluates every rule and watch that sees such occurrences (events, or posts: rule_head.sees_events), is
 * not off and whose from..until holds; firings_r in a: those
 * of FIRING_RULE in the order of the files, then those of the other parts. Limits (cool-downs, totals), consent, act-within and the rest of the guardrails are
 * not judged here. -1 without memory or with a full arena. */
int rule_set_evaluate(const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a, struct firing **firings_r, size_t *count_r,
    struct err *err);

/* The truth of every condition of one part with the values seen, as lines of text or as JSON; either
 * may be NULL.  i: a rule, or a watch for FIRING_WATCHED and FIRING_BASE.  A part that is not there
 * leaves both as they are. */
int rule_set_explain(const struct rule_set *set, size_t i, enum firing_part part,
    const struct occurrence *occ, const struct rule_facts *facts, struct arena *a,
    struct buf *text_out, struct buf *json_out, struct err *err);

/* Whether a rule looked at posts of that time at all. */
enum rule_state {
	RULE_STATE_ACTIVE,
	RULE_STATE_OFF,
	RULE_STATE_NOT_YET, /* its `from` lay ahead */
	RULE_STATE_OVER, /* its `until` was past */
	RULE_STATE_OTHER /* it sees posts and this is an event, or the other way round */
};
const char *rule_state_name(enum rule_state s); /* "active", "off", "not yet", "over", "other" */

/* `from ... until ...` against a clock; the state is active, not yet or over, off or not. */
struct rule_period {
	enum rule_state state;
	int64_t from_ms, until_ms; /* until: not included; TIME_UNKNOWN: it has none */
};
struct rule_period rule_set_period(const struct rule_set *set, size_t i, int64_t now_ms);
/* Warns of rules and watches that are not off and whose period is over (R089). 0, -1 without memory. */
int rule_set_judge_periods(
    const struct rule_set *set, int64_t now_ms, struct diag_list *diags, struct err *err);

/* How far the `when` of a rule was from being true. */
struct rule_distance {
	enum rule_state state;
	size_t
	    short_by; /* conditions that would have to be different, at the least; 0: it was true */
	size_t held; /* conditions that were as they should be */
};
/* Of every rule of the set, in the order of the files; in a. */
int rule_set_measure(const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a, struct rule_distance **list_r,
    struct err *err);
/* The first condition that would have to be different, with the value seen, or what is missing. */
struct rule_shortfall {
	struct slice condition; /* "sentiment is below -0.4", "not author is verified"; in a */
	struct slice seen; /* may be empty */
	bool is_unknown;
};
/* 1; 0 rule i was true (no condition is short); -1 without memory. */
int rule_set_shortfall(const struct rule_set *set, size_t i, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a, struct rule_shortfall *s_r, struct err *err);

/* Rule or watch i in plain language: "When someone with at least 10,000 followers posts something
 * negative ..., we ..., but at most ...".  Whether out took it all, buf_failed() says. */
void rule_set_describe_rule(const struct rule_set *set, size_t i, struct buf *out);
void rule_set_describe_watch(const struct rule_set *set, size_t i, struct buf *out);

/*
 * Examples: what a rule must do with a text.  Scored by the caller in the set's own brands; what an
 * example gives with `where` stands for what else the post would have.  Only `when` is judged, not
 * windows, limits or the period.
 */
size_t rule_set_example_count(const struct rule_set *set, size_t rule);
struct slice rule_set_example_text(const struct rule_set *set, size_t rule, size_t k);
/* 1: it does what the example says; 0: it does not, and a finding in diags tells what each condition
 * said; -1 without memory. */
int rule_set_judge_example(const struct rule_set *set, size_t rule, size_t k,
    const struct score *score, struct arena *a, struct diag_list *diags, struct err *err);

/*
 * Text and JSON are two views of one tree; both keep comments.  The text is canonical: formatting
 * it again changes nothing, and reading it gives the same tree.  Names, types and ranges are not
 * checked here (rule_set_compile() does); what could not be read at all goes to diags.
 */
/* One file in canonical text / as JSON.  0, 1 with findings (nothing is written), -1 without
 * memory. */
int rules_format(
    const struct rule_source *source, struct diag_list *diags, struct buf *out, struct err *err);
int rules_to_json(
    const struct rule_source *source, struct diag_list *diags, struct buf *out, struct err *err);
/* From the JSON form to canonical text: 0, or -1 with err naming the place ("items[2].when.all[0]:
 * ..."). */
int rules_from_json(struct slice json, struct buf *out, struct err *err);
/* The table of fields as Markdown, as the manual has it; and as a JSON array, for completion and forms:
 * field, subject and phrase ("author ... verified"; null: written by its name), kind, unit, min, max,
 * choices, operators, is_quoted, help, example. */
void rules_describe_fields(struct buf *out);
void rules_put_fields(struct json_writer *w);

#endif
