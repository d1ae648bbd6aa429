/*
 * telling.h - what an app, a shop or a support system tells us of a customer, on its way in: something
 * they did (an event), who they are (attributes, addresses), or that two of them are one.
 *
 * Ownership: everything lies in the arena of the page it came with.
 */
#ifndef CORE_TELLING_H
#define CORE_TELLING_H

#include <stddef.h>
#include <stdint.h>

#include "core/occurrence.h"
#include "core/slice.h"

enum telling_kind {
	TELLING_EVENT, /* name, properties; attributes may come along */
	TELLING_IDENTIFY, /* attributes and addresses alone */
	TELLING_ALIAS /* previous_id is the same person as customer_id */
};

/* Bounds of one telling; over them it is refused. */
#define TELLING_JSON_MAX (64 * 1024) /* bytes */
#define TELLING_ID_MAX 512 /* as imports have it: whoever was imported can be told of */
#define TELLING_NAME_MAX 256
#define TELLING_VALUES_MAX 500 /* properties, and attributes */
#define TELLING_VALUE_MAX 4096 /* bytes of one value */
#define TELLING_ADDRESSES_MAX 8

struct telling_address {
	struct slice channel, address;
};

struct telling {
	enum telling_kind kind;
	size_t index; /* in the request, from 0 */
	struct slice id; /* the sender's: sent again, it is the same */
	/* Who it is about, one of: */
	struct slice customer_id; /* made when there is none of that id */
	struct telling_address whose; /* the customer with that address */
	struct slice author; /* the customer linked to that account: its id or handle */
	struct slice name, source;
	int64_t at_ms, received_at_ms;
	const struct attribute *properties;
	size_t property_count;
	const struct attribute *attributes; /* to set; without values: to remove */
	size_t attribute_count;
	const struct telling_address *addresses; /* to add */
	size_t address_count;
	struct slice timezone, locale, country; /* SLICE_NONE: not told */
	struct slice previous_id; /* ALIAS */
	/* Set where it is taken: why it was not, SLICE_NONE: it was.  In the page's arena, or for good. */
	struct slice refused;
};

#endif
