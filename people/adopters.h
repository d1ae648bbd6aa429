/*
 * adopters.h - who is early on what comes into fashion, again and again.
 *
 * An item is a tag, a brand, a word of marketing's lists, or a link that posts speak of.  The order in which different authors come with it is
 * kept.  Once `authors` of them did within `within`, it has come into fashion: the first 2.5 % of its
 * authors are credited fully, the next 13.5 % half (E. M. Rogers, Diffusion of Innovations: innovators
 * and early adopters), and again each time it has doubled, up to ADOPTERS_REACH authors.  Places are
 * kept no longer than credit can reach.
 *
 * Being early once is luck: of an author's items that came into fashion (n) and the credit for them
 * (c), the score is the lower bound of c / n (Wilson 1927, at 90 %, one-sided z = 1.2816).  Who was
 * credited for ADOPTERS_ITEMS_MIN items at least, with a score from `share` on, is an early adopter.
 *
 * Only items count that began while we listened: a name first heard within `burn_in` of the feed it came
 * through may be old, and a name that did not come into fashion in time is not new later.  Reposts say nothing
 * new; machines, own accounts and who objects to profiling have no place.
 *
 * Threads: adopters_mention() and adopters_judge() pipeline thread, inside a transaction; the rest is pure.
 * Errors:  -1 and err.
 */
#ifndef PEOPLE_ADOPTERS_H
#define PEOPLE_ADOPTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/occurrence.h"
#include "core/post.h"
#include "core/slice.h"

struct arena;
struct err;
struct store;

#define ADOPTERS_ITEMS_MIN 3
#define ADOPTERS_REACH 3200 /* authors of an item, about 50 doubled six times */
#define ADOPTERS_ITEMS_OF_POST_MAX 8
#define ADOPTERS_FULL_MILLI 25 /* of the authors */
#define ADOPTERS_HALF_MILLI 160

/* people.adoption in the configuration. */
struct adoption_config {
	int64_t authors; /* that make a success */
	int64_t within_ms;
	int64_t burn_in_ms;
	int64_t share_milli; /* the score from which on somebody is an early adopter */
};
extern const struct adoption_config adoption_config_default;

/* What the place among so many is worth: 1000, 500, 0. */
int64_t adopters_credit_milli(int64_t place, int64_t authors);
/* The lower bound of credit / items, in thousandths. */
int32_t adopters_score_milli(int64_t credit_milli, int64_t items);
bool adopters_is_early(
    const struct adoption_config *c, int64_t credit_milli, int64_t credited, int64_t items);

/* "https://Acme.example/x/?utm_source=a&id=1#top" -> "https://acme.example/x?id=1": without what only says where
 * a click came from.  SLICE_NONE: no link, too long, or no memory. */
struct slice adopters_link_name(struct slice url, struct arena *a);

/* The items of a post, at most ADOPTERS_ITEMS_OF_POST_MAX, each once: tags and brands as topics name them, terms
 * ("t:cold brew"), links. */
int adopters_items(struct slice_list topics, struct slice_list terms, struct slice_list links,
    struct arena *a, struct slice_list *items_r, struct err *err);

/* An author came with these items, now, through that feed. */
int adopters_mention(struct store *st, const struct adoption_config *c, struct slice_list items,
    struct slice feed, int64_t author_no, int64_t now_ms, struct arena *a, struct err *err);
/* NULL: none of what they mentioned came into fashion. */
int adopters_judge(struct store *st, const struct adoption_config *c, int64_t author_no,
    int64_t items, int64_t credited, int64_t credit_milli, struct arena *a,
    const struct adoption **adoption_r, struct err *err);

/* "the first 3 % on #acmelaunch and two others"; SLICE_NONE: nothing. */
struct early_item;
struct slice
adopters_say(const struct early_item *items, size_t count, int64_t all, struct arena *a);

#endif
