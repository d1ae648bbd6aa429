/*
 * limits_internal.h - every ceiling of this room, and what happens there: a finding (R007, R008),
 * never a cut.
 */
#ifndef RULES_LIMITS_INTERNAL_H
#define RULES_LIMITS_INTERNAL_H

#define RULES_TEXT_MAX (64u * 1024 * 1024) /* bytes of all files together */
#define RULES_LINE_MAX (64u * 1024) /* bytes of one line */
#define RULES_STRING_MAX 1024 /* bytes between two quotes, or of one word */
#define RULES_COMMENT_MAX 4096 /* bytes of one comment */
#define RULES_ID_MAX 64 /* bytes of an id */
#define RULES_LINE_TOKENS_MAX 2000000u /* tokens of one line with its continuations */
#define RULES_COUNT_MAX 200000u /* rules of a set; brands and lists have the same ceiling */
#define RULES_WATCHES_MAX 1000u
#define RULES_SEGMENTS_MAX 1000u
#define RULES_SEGMENT_DEPTH_MAX 32 /* segments asking for one another */
#define RULES_CROWD_TESTS_MAX 16 /* lines of the `when` of one watch */
#define RULES_QUIET_DEFAULT_MS (INT64_C(30) * 60000) /* without `until quiet for` */
#define RULES_SPAN_MIN_MS INT64_C(60000) /* of what looks back or waits */
#define RULES_SPAN_MAX_MS (INT64_C(30) * 86400000)
#define RULES_BRANDS_MAX 60000u /* a score counts brands in 16 bits */
#define RULES_DEPTH_MAX 16 /* all of / any of / not inside one another */
#define RULES_CONDITIONS_MAX 500 /* conditions of one rule */
#define RULES_EXAMPLES_MAX 100 /* examples of one rule */
#define RULES_ACTIONS_MAX 32 /* actions of one rule */
#define RULES_LIMITS_MAX 16 /* caps of one rule; budgets and hours have the same ceiling */
#define RULES_CAP_MAX INT64_C(1000000000) /* firings of one `at most` */
#define RULES_PHRASE_TOKENS_MAX 32 /* words of one keyword */
#define RULES_NUMBER_MAX                                                                           \
	INT64_C(999999999999999) /* in thousandths: survives a double, and so JSON */
#define RULES_DURATION_MAX_MS (INT64_C(3650) * 86400000)
#define RULES_PRIORITY_MAX 1000
#define RULES_REASON_MAX 2000 /* bytes of a firing's reason; longer ones end in "..." */
#define RULES_SHOWN_MAX 200 /* bytes of one condition in a reason */
#define RULES_SEEN_MAX 80 /* bytes of one value seen in a reason */
#define RULES_ARENA_MAX ((size_t)4 * 1024 * 1024 * 1024)

#endif
