/*
 * findings_internal.h - the stable codes of everything we may say about a rules file.
 *
 * A code never changes its meaning and is never used again; docs/diagnostics.md has a section for
 * each (tests/rules/test_findings.c compares the two).
 */
#ifndef RULES_FINDINGS_INTERNAL_H
#define RULES_FINDINGS_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/diag.h"
#include "core/slice.h"
#include "core/utf8.h"

/* X(name, code, severity, title of its section in the manual) */
#define RULE_FINDINGS(X)                                                                           \
	X(NOT_UTF8, "R001", DIAG_ERROR, "The file is not UTF-8 text")                              \
	X(OPEN_QUOTE, "R002", DIAG_ERROR, "A quote is not closed")                                 \
	X(WRONG_QUOTE, "R003", DIAG_ERROR, "Another kind of quote")                                \
	X(COMMA_IN_NUMBER, "R004", DIAG_ERROR, "A comma inside a number")                          \
	X(BAD_NUMBER, "R005", DIAG_ERROR, "A number that cannot be read")                          \
	X(BAD_CHARACTER, "R006", DIAG_ERROR, "A character that means nothing here")                \
	X(LONG_LINE, "R007", DIAG_ERROR, "A line or a text that is too long")                      \
	X(LIMIT, "R008", DIAG_ERROR, "Too many or too deep")                                       \
	X(UNKNOWN_BLOCK, "R010", DIAG_ERROR, "Not a brand, a list or a rule")                      \
	X(BAD_ID, "R011", DIAG_ERROR, "An id that is missing or misspelt")                         \
	X(NO_TITLE, "R012", DIAG_ERROR, "A title is missing")                                      \
	X(NO_END, "R013", DIAG_ERROR, "An 'end' is missing")                                       \
	X(UNKNOWN_FIELD, "R014", DIAG_ERROR, "There is no such field")                             \
	X(EXTRA_END, "R015", DIAG_ERROR, "An 'end' too many")                                      \
	X(UNKNOWN_CLAUSE, "R016", DIAG_ERROR, "A line that does not belong here")                  \
	X(GIVEN_TWICE, "R017", DIAG_ERROR, "The same line twice")                                  \
	X(REST_OF_LINE, "R018", DIAG_ERROR, "Something is left over on the line")                  \
	X(NO_WHEN, "R019", DIAG_ERROR, "A rule, watch or segment without 'when'")                  \
	X(NO_THEN, "R020", DIAG_ERROR, "A rule or watch without 'then'")                           \
	X(EMPTY_BLOCK, "R021", DIAG_ERROR, "A block with nothing in it")                           \
	X(NOT_AVAILABLE, "R022", DIAG_ERROR, "Not available in this version")                      \
	X(BAD_BLOCK, "R023", DIAG_ERROR, "How a block of conditions begins")                       \
	X(UNKNOWN_OPERATOR, "R030", DIAG_ERROR, "What the field should be is missing or misspelt") \
	X(SYMBOL_OPERATOR, "R031", DIAG_ERROR, "A sign instead of words")                          \
	X(WRONG_OPERATOR, "R032", DIAG_ERROR, "This field cannot be asked that")                   \
	X(NO_VALUE, "R033", DIAG_ERROR, "A value is missing")                                      \
	X(WRONG_VALUE, "R034", DIAG_ERROR, "A value of the wrong kind")                            \
	X(BAD_UNIT, "R035", DIAG_ERROR, "A unit is missing or misspelt")                           \
	X(OUT_OF_RANGE, "R036", DIAG_ERROR, "A value outside of what the field can be")            \
	X(UNKNOWN_CHOICE, "R037", DIAG_ERROR, "Not one of the possible values")                    \
	X(UNKNOWN_BRAND, "R038", DIAG_ERROR, "There is no such brand")                             \
	X(UNKNOWN_LIST, "R039", DIAG_ERROR, "There is no such list")                               \
	X(DUPLICATE_ID, "R040", DIAG_ERROR, "The same id twice")                                   \
	X(BETWEEN_REVERSED, "R041", DIAG_ERROR, "Between a larger and a smaller value")            \
	X(ONE_VALUE, "R042", DIAG_ERROR, "Several values where one is meant")                      \
	X(EMPTY_KEYWORD, "R043", DIAG_ERROR, "A keyword without a word in it")                     \
	X(UNKNOWN_ACTION, "R050", DIAG_ERROR, "There is no such action")                           \
	X(BAD_ACTION, "R051", DIAG_ERROR, "A part of an action is missing")                        \
	X(UNKNOWN_CHANNEL, "R052", DIAG_ERROR, "There is no such channel")                         \
	X(UNKNOWN_QUEUE, "R053", DIAG_ERROR, "There is no such queue")                             \
	X(UNKNOWN_OFFER, "R054", DIAG_ERROR, "There is no such offer")                             \
	X(BAD_TEMPLATE, "R055", DIAG_ERROR, "The template is missing or does not fit")             \
	X(UNKNOWN_SEVERITY, "R056", DIAG_ERROR, "Not one of the severities")                       \
	X(NO_CURRENCY, "R057", DIAG_ERROR, "Spending without a currency")                          \
	X(BAD_DATE, "R060", DIAG_ERROR, "A date or time that cannot be read")                      \
	X(BAD_ZONE, "R061", DIAG_ERROR, "A time zone is missing or unknown")                       \
	X(ENDS_BEFORE_START, "R062", DIAG_ERROR, "It ends before it begins")                       \
	X(BAD_LIMIT, "R063", DIAG_ERROR, "A limit that cannot be read")                            \
	X(BAD_WINDOW, "R064", DIAG_ERROR, "A 'happening' line that cannot be read")                \
	X(BAD_HOURS, "R065", DIAG_ERROR, "Hours that cannot be read")                              \
	X(BAD_CANARY, "R066", DIAG_ERROR, "A share of people that cannot be read")                 \
	X(BAD_BUDGET, "R067", DIAG_ERROR, "A budget that cannot be read")                          \
	X(BAD_APPROVAL, "R068", DIAG_ERROR, "Who approves is missing")                             \
	X(NEVER_ALLOWED, "R069", DIAG_ERROR, "Hours that never allow anything")                    \
	X(CONFLICTING_SET, "R070", DIAG_ERROR, "Two rules set one attribute differently")          \
	X(NEVER_TRUE, "R080", DIAG_WARNING, "The rule can never fire")                             \
	X(LOOKS_LIKE_FIELD, "R081", DIAG_WARNING, "An attribute that looks like a misspelt field") \
	X(ODD_CHANNEL, "R082", DIAG_WARNING, "A channel nobody has")                               \
	X(SAME_ACTION, "R083", DIAG_WARNING, "The same action twice")                              \
	X(IDLE_LINE, "R084", DIAG_WARNING, "A line that never has an effect")                      \
	X(COVERED, "R085", DIAG_WARNING, "A rule that another one covers")                         \
	X(UNUSED, "R086", DIAG_WARNING, "A list that nobody asks for")                             \
	X(WILDCARD, "R087", DIAG_WARNING, "A sign that stands for nothing")                        \
	X(SHARED_NAME, "R088", DIAG_WARNING, "Two brands of one name")                             \
	X(OVER, "R089", DIAG_WARNING, "A period that is over")                                     \
	X(BAD_SEQUENCE, "R100", DIAG_ERROR, "What came before, or must not follow")                \
	X(BAD_SPAN, "R101", DIAG_ERROR, "A time that is too short or too long")                    \
	X(BAD_CROWD, "R102", DIAG_ERROR, "A line about a crowd that cannot be read")               \
	X(NO_OVER, "R103", DIAG_ERROR, "A watch that does not say what it counts")                 \
	X(WRONG_ACTION, "R104", DIAG_ERROR, "An action that does not belong here")                 \
	X(NO_USUAL, "R105", DIAG_ERROR, "The usual of what has none")                              \
	X(NO_CROWD, "R106", DIAG_WARNING, "A crowd that can never be")                             \
	X(IDLE_OUT_OF, "R107", DIAG_WARNING, "Out of which posts, but no share")                   \
	X(NEVER_SENT, "R108", DIAG_WARNING, "A message that no rule sends")                        \
	X(BAD_EXAMPLE, "R120", DIAG_ERROR, "An example that cannot be read")                       \
	X(FAILED_EXAMPLE, "R121", DIAG_ERROR, "A rule does not do what its example says")          \
	X(MIXED_OCCURRENCES, "R130", DIAG_ERROR, "An event and a post in one rule")                \
	X(EVENT_ACTION, "R131", DIAG_ERROR, "An action that needs a post")                         \
	X(EVENT_SCOPE, "R132", DIAG_ERROR, "Counted per author or thread, of events")              \
	X(UNKNOWN_SEGMENT, "R140", DIAG_ERROR, "There is no such segment")                         \
	X(SEGMENT_CIRCLE, "R141", DIAG_ERROR, "Segments that ask for one another")                 \
	X(NOT_OF_CUSTOMER, "R142", DIAG_ERROR, "A segment that asks about a post")                 \
	X(IMPORTED_WHEN, "R143", DIAG_ERROR, "An imported segment with conditions")

enum finding {
#define X(name, code, severity, title) FINDING_##name,
	RULE_FINDINGS(X)
#undef X
	FINDING_COUNT
};

struct finding_info {
	const char *code;
	enum diag_severity severity;
	const char *title;
};

/* A byte range in a file's text. */
struct range {
	uint32_t start, len;
};

/* Where findings go and which text they are about. */
struct finding_sink {
	struct diag_list *diags;
	const char *file;
	struct slice text;
};

/* Room for a message or a help text. */
#define FINDING_TEXT_MAX 640

const struct finding_info *finding_info(enum finding f);

/* help may be NULL; everything is copied. */
void finding_add(const struct finding_sink *sink, enum finding f, struct range at, const char *help,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* "did you mean 'x'?" in out, or fallback when nearest is NULL. Returns what is to be the help. */
const char *finding_did_you_mean(const char *nearest, const char *fallback, char *out, size_t size);

/* For "%.*s": a stranger's word, cut where a message would become unreadable. */
#define SHOWN(s) SLICE_ARG(utf8_prefix((s), 60))

#endif
