/*
 * overlay_key_internal.h - keys in parts, as the overlay hashes and compares them.
 *
 * The hash of a key is made from those of its parts, so that the tail of many keys (a person) is hashed
 * once.  Strangers choose tails: these are hashed with the seed.  Heads (rule ids) are our own.
 */
#ifndef STORE_OVERLAY_KEY_INTERNAL_H
#define STORE_OVERLAY_KEY_INTERNAL_H

#include "store/overlay.h"

#define OVERLAY_TAIL_KEPT 128 /* bytes; longer ones are hashed each time */

struct overlay_key_maker {
	uint64_t seed;
	char tail[OVERLAY_TAIL_KEPT]; /* of the key made last */
	size_t tail_len;
	uint64_t tail_hash;
};

void overlay_key_maker_init(struct overlay_key_maker *m, uint64_t seed);
/* head_hash: hash_own() of head. */
void overlay_key_make(struct overlay_key_maker *m, struct slice head, uint64_t head_hash, char kind,
    struct slice tail, struct overlay_key *k_r);

/* Joined: its bytes, and whether these are it. */
size_t overlay_key_len(const struct overlay_key *k);
void overlay_key_write(const struct overlay_key *k, char *out);
bool overlay_key_is(const struct overlay_key *k, struct slice joined);

#endif
