/*
 * people.h - who is talking: the author's record brought up to date, and the customer behind it, if
 * we know one.
 *
 * Threads: pipeline thread, inside a transaction.
 */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/occurrence.h"
#include "core/post.h"

struct arena;
struct err;
struct influence_weights;
struct store;

struct person_seen {
	struct author_facts author;
	struct customer *customer; /* NULL: not linked */
	struct slice subject; /* "c:..." or "a:..."; SLICE_NONE: anonymous */
	struct slice
	    linked_id; /* the customer as the link names it: what they do is counted for it */
	struct slice unlinked; /* a link was ended because the handle now belongs to another
				  account: one sentence; SLICE_NONE */
};

/*
 * Upserts the author of a post and finds the linked customer.
 *
 * A link made from an imported handle is bound to the stable account id the first time that handle
 * is seen; if later another account uses the handle, the link is ended and `unlinked` says so
 * (handles get reassigned).  Binding joins the counters the author had collected as a stranger with
 * the customer's.  An author who objects to profiling is stored with id and handle only and never
 * linked anew, and their influence stays unknown. counts: the post counts for posts_seen (not for
 * edits and repeats).
 */
int people_see(struct store *st, const struct post *post, const struct influence_weights *weights,
    int64_t now_ms, bool counts, struct arena *a, struct person_seen *seen_r, struct err *err);

/* Who an account is now, without having been seen: the customer it is linked to, and the subject.
 * may_match: the terms of the source that is asked for let it be; else it is a stranger.  Writes nothing. */
int people_find(struct store *st, const struct author *author, bool may_match, int64_t now_ms,
    struct arena *a, struct customer **customer_r, struct slice *subject_r, struct err *err);

/* A customer as segments see them, when nothing happens: with the link in force that was made last.
 * Writes nothing.  1, 0 there is no such customer, -1. */
int people_customer(struct store *st, struct slice id, int64_t now_ms, struct arena *a,
    struct customer **customer_r, struct err *err);
/* The highest influence of the accounts linked to a customer; *known_r false: none is known. */
int people_customer_influence(struct store *st, struct slice id,
    const struct influence_weights *weights, int64_t now_ms, struct arena *a, bool *known_r,
    int64_t *points_r, struct err *err);

/* "@Someone@Example.Social" -> "@someone@example.social"; adds the '@', takes profile URLs
 * (https://host/@user) too; SLICE_NONE when it cannot be a handle. */
struct slice handle_key_make(struct arena *a, struct slice handle);
/* The same, telling "no handle" (0) from "no memory" (-1); 1 with *key_r. */
int handle_key_read(struct arena *a, struct slice handle, struct slice *key_r, struct err *err);

#endif
