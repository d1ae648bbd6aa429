/*
 * influence.h - how much weight an account has with others: 0 to 100 points from what can be seen
 * of it, by one open formula.
 *
 * Each part is a fill from 0 to 1, times its weight; the weights are scaled so that together they
 * are 100.  L(x) is log10(1 + x).
 *
 *   reach     L(followers) / L(300,000), at most 1
 *   standing  the least of L(followers), L(listed) + log10(10), L(mentions) + log10(300) and
 *             L(reposts) + log10(3000), / 7, at most 1: followers count as far as lists (one for
 *             ten followers), mentions (one for 300) and reposts (one for 3000) bear them out
 *   draw      L(followers) - L(following) from -1 to 1, as 0 to 1
 *   company   L(following), at most 1: follows at least nine
 *   talk      L(mentions sent) / L(3), at most 1
 *   age       L(days) / L(3650), at most 1
 *   endorsed  the larger of L(followers) and L(endorsers) + log10(300), / L(300,000), at most 1:
 *             different people who reposted, quoted, answered or mentioned them, as far as we
 *             saw it (people/standing.h); each is as good as 300 followers
 *
 * and of the sum an account that looks like a machine loses a share (influence_bot()).
 *
 * What is not known is taken as usual, never as 0: a list for every 25 followers, a mention lately
 * for every 600, a repost for every 2000, 600 accounts followed, one mention sent, three years old.
 * Of an account of which neither followers nor lists, mentions or reposts are known, nor is its
 * influence.
 *
 * Endorsements that we saw ourselves are a part of what there was: they take the place of what is usual
 * where they are more, and never lower anything.
 *
 * docs/influence.md says where the numbers come from.  Integers all the way: the same points on
 * every machine.  More followers, listings, mentions, reposts or years never lower them.
 *
 * Pure: no clock, no store.  Threads: any.
 */
#ifndef PEOPLE_INFLUENCE_H
#define PEOPLE_INFLUENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/occurrence.h"
#include "core/post.h"

struct json_writer;
struct standing;

/* What can be seen of an account.  Counts are in thousandths, since those that fade with time are no
 * whole numbers; COUNT_UNKNOWN. */
struct influence_facts {
	int64_t followers_milli, following_milli, listed_milli;
	int64_t mentions_milli; /* of them by others, lately; replies are mentions */
	int64_t reposts_milli; /* of theirs by others, lately */
	int64_t mentions_sent_milli; /* of others by them, lately */
	int64_t age_days;
	int32_t bot_milli; /* influence_bot() */
	/* What we saw of it ourselves, at least so much; 0: nothing. */
	int64_t mentions_seen_milli, reposts_seen_milli;
	int64_t endorsers_milli; /* different people */
};

/* people.influence in the configuration. */
struct influence_weights {
	int64_t parts_milli[INFLUENCE_PART_COUNT]; /* 0 or more, at most INFLUENCE_WEIGHT_MAX; some
						      above 0 */
	int64_t bot_discount_milli; /* share that a sure machine loses, 0 to 1000 */
};

#define INFLUENCE_WEIGHT_MAX INT64_C(1000000)

extern const struct influence_weights influence_weights_default;

/* "reach" */
const char *influence_part_name(enum influence_part part);

/* Everything unknown, nothing that looks like a machine. */
void influence_facts_init(struct influence_facts *f);
/* What a post shows of its author at that time. */
void influence_facts_of(const struct author *au, int64_t at_ms, struct influence_facts *facts_r);

void influence_make(const struct influence_weights *w, const struct influence_facts *f,
    struct influence *influence_r);
/* Of the author as seen and what is thought of them (NULL: nothing was seen); unknown for the
 * anonymous and for who objects to profiling. */
void influence_of_author(const struct influence_weights *w, const struct author *au,
    const struct standing *standing, int64_t at_ms, struct influence *influence_r);

/*
 * How much an account looks like a machine, 0 to 1000, from what a post shows of its author: 1000
 * when it says that it is one, else what remains after each of
 *   posts a day over its life     0 at 50, up to 600 at 500
 *   follows 2000 or more, and ten times as many as follow it     300
 *   younger than 30 days, with 100 posts a day or more     300
 *   neither a name nor a bio, where the network has both     200
 * has had its share ("remains": two of 300 are 510, not 600).  That an account does not say it is a
 * machine proves nothing.  Someone the network has verified is a machine only by their own word.
 */
int32_t influence_bot(const struct author *au, int64_t at_ms);

/* How likely people are to call A the more influential, in millionths: 1 / (1 + e^(-d / 9.25)) for
 * a difference of d points.  Even where one is not known.  Swapped, the two add up to one. */
int32_t influence_above_micro(const struct influence *a, const struct influence *b);

/* null, or {"points", "parts": {"reach", ...}, "bot_likelihood", "bot_discount", "assumed": [...]}. */
void influence_to_json(const struct influence *i, struct json_writer *w);

#endif
