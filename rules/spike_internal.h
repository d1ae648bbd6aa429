/*
 * spike_internal.h - what the files of the spike detector share.
 */
#ifndef RULES_SPIKE_INTERNAL_H
#define RULES_SPIKE_INTERNAL_H

#include "rules/spike.h"

/* Posts per hour that are usual at an instant; never below 0. */
double spike_rate(const struct spike *s, int64_t at_ms);
/* Learns a bucket's count (posts, of which usual were expected).  Of a silence the rhythm is learnt,
 * as it may be the night's; the level stays. */
void spike_learn(
    struct spike *s, int64_t at_ms, int64_t bucket_ms, double count, double usual, bool is_silent);
/* May anything be said yet, at the begin of this bucket? */
bool spike_is_known(const struct spike *s);

/* The part of a memory of tau_ms that elapsed_ms replaces: 0..1. */
double spike_renewed(int64_t elapsed_ms, double tau_ms);

#endif
