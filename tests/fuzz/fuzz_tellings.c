/*
 * fuzz_tellings.c - any bytes as what an app tells: the first byte says in which dialect.  Laws: what is
 * read is within its bounds and valid UTF-8, happened by the time it was received, and says whose it is;
 * what is refused says why.
 */
#include <string.h>

#include "api/segment_dialect.h"
#include "core/arena.h"
#include "core/err.h"
#include "core/utf8.h"
#include "people/tellings.h"
#include "tests/fuzz/fuzz_law.h"

#define RECEIVED_MS INT64_C(1795255200000)

static void
check_list(const struct attribute *list, size_t count)
{
	size_t values = 0;

	LAW(count <= TELLING_VALUES_MAX + 1);
	for (size_t i = 0; i < count; i++) {
		LAW(list[i].name.len > 0 && list[i].name.len <= TELLING_NAME_MAX);
		LAW(utf8_is_valid(list[i].name));
		for (size_t k = 0; k < list[i].values.count; k++, values++) {
			LAW(list[i].values.items[k].len <= TELLING_VALUE_MAX);
			LAW(utf8_is_valid(list[i].values.items[k]));
		}
	}
	LAW(values <= TELLING_VALUES_MAX + 1);
}

static void
check(const struct telling *t)
{
	check_list(t->properties, t->property_count);
	check_list(t->attributes, t->attribute_count);
	LAW(t->at_ms <= t->received_at_ms && t->received_at_ms == RECEIVED_MS);
	LAW(t->id.len > 0 && t->id.len <= TELLING_ID_MAX);
	LAW(slice_is_set(t->customer_id) + slice_is_set(t->author) +
		slice_is_set(t->whose.address) ==
	    1);
	LAW(t->kind != TELLING_EVENT || (t->name.len > 0 && t->name.len <= TELLING_NAME_MAX));
	LAW(t->kind != TELLING_ALIAS || t->previous_id.len > 0);
	LAW(t->address_count <= TELLING_ADDRESSES_MAX);
	for (size_t i = 0; i < t->address_count; i++)
		LAW(telling_address_fault(t->addresses[i].channel, t->addresses[i].address) ==
		    NULL);
}

static int
take(void *cookie, size_t index, const struct segment_call *call, struct err *err)
{
	char why[TELLING_WHY_MAX];
	struct telling t;

	LAW(index < 1000);
	switch (segment_read(call, RECEIVED_MS, SLICE_LIT("none:1"), cookie, &t, why, err)) {
	case SEGMENT_READ: check(&t); break;
	case SEGMENT_REFUSED: LAW(why[0] != '\0'); break;
	case SEGMENT_FAILED: return -1;
	case SEGMENT_STRANGER: break;
	}
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const kinds[] = {
	    "", "batch", "identify", "track", "page", "group", "alias", "screen"};
	struct slice text = slice_make((const char *)data + 1, size - 1);
	char why[TELLING_WHY_MAX] = "", key[SEGMENT_KEY_MAX];
	struct err err = {ERR_NONE, ""};
	struct telling t;
	struct arena *a;
	int rc;

	if (size < 1)
		return 0;
	a = arena_new(64 * 1024 * 1024);
	LAW(a != NULL);
	if (data[0] % 8 == 0) {
		rc = telling_read(text, RECEIVED_MS, SLICE_LIT("none:1"), a, &t, why, &err);
		LAW(rc != 0 || why[0] != '\0');
		if (rc == 1)
			check(&t);
	} else {
		(void)segment_walk(slice_of(kinds[data[0] % 8]), text, 1000, take, a, key, &err);
		LAW(strlen(key) < SEGMENT_KEY_MAX);
	}
	arena_free(a);
	return 0;
}
