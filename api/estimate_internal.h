/*
 * estimate_internal.h - how many would be in the segments of a draft, from customers as they are stored now.
 *
 * Up to ESTIMATE_CUSTOMERS customers, or so many of them as ESTIMATE_MS allow, are judged by the draft: a
 * sample of all.  Where there are more customers than that, counts are estimates: their standard error is at
 * most sqrt(p (1 - p) / judged) of all customers, half a percent for 10,000 judged; the answer has it as
 * "margin", in customers.
 */
#ifndef API_ESTIMATE_INTERNAL_H
#define API_ESTIMATE_INTERNAL_H

#include "api/api_internal.h"

#define ESTIMATE_CUSTOMERS 10000
#define ESTIMATE_MS 2000
#define ESTIMATE_SHOWN 10

struct estimate_segment {
	bool is_wanted; /* by the caller: an answer shows it */
	int64_t in, come, go; /* of those judged */
	struct slice shown[ESTIMATE_SHOWN]; /* some who would be in */
	size_t shown_count;
};
struct estimate {
	int64_t customers, judged;
	struct estimate_segment *segments; /* as many as the draft has */
};

/* Writes nothing to the store; everything in the call's arena. */
int
api_estimate(struct api_call *c, const struct rule_set *draft, struct estimate *e, struct err *err);
/* The members "customers", "judged", "is_estimate", and "segments": those that are wanted, but for imported
 * ones. */
int api_put_estimate(struct api_call *c, struct json_writer *w, const struct rule_set *draft,
    const struct estimate *e, struct err *err);
/* Marks the segments that base (NULL: none) has not, or whose members may be others; is there one? */
bool
api_estimate_changed(struct estimate *e, const struct rule_set *base, const struct rule_set *draft);
int api_estimate_begin(
    struct api_call *c, const struct rule_set *draft, struct estimate *e, struct err *err);

#endif
