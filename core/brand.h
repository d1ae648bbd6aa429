/*
 * brand.h - brands and word lists as marketing wrote them; nlp builds its matcher from them, rules
 * refers to them by id.
 *
 * Ownership: plain structs in the owner's arena (the compiled rule set's).
 */
#ifndef CORE_BRAND_H
#define CORE_BRAND_H

#include <stddef.h>

#include "core/post.h"
#include <stdbool.h>

#include "core/slice.h"

struct brand {
	struct slice id; /* acme */
	struct slice title; /* Acme */
	struct slice_list called; /* phrases; "@..." and "#..." match mentions and hashtags */
	struct slice_list but_not; /* phrases that take the words they cover away from `called` */
	struct slice_list own_accounts; /* handles or account ids, as written */
};

struct word_list {
	struct slice id;
	struct slice title;
	struct slice_list items; /* words, phrases or handles, as written */
	bool is_words; /* texts of posts are asked for them */
};

struct brand_set {
	const struct brand *brands;
	size_t brand_count;
	const struct word_list *lists;
	size_t list_count;
};

#endif
