/* Repaired text is valid, repairing it again changes nothing, and valid text is returned as it is.
 */
#include "core/utf8.h"

#include "core/arena.h"
#include "tests/fuzz/fuzz_law.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_make((const char *)data, size);
	struct arena *a = arena_new(8 * 1024 * 1024);
	size_t replaced = 0, again = 0, count = 0;
	char bytes[4];

	if (a == NULL)
		return 0;
	struct slice repaired = utf8_repair(a, s, &replaced);
	if (repaired.ptr == NULL && size > 0)
		goto out;
	LAW(utf8_is_valid(repaired));
	LAW((replaced == 0) == utf8_is_valid(s));
	LAW(replaced > 0 || repaired.ptr == s.ptr);
	LAW(utf8_valid_prefix(s) <= size);
	LAW(utf8_repair(a, repaired, &again).ptr == repaired.ptr && again == 0);
	for (size_t i = 0; i < repaired.len; count++) {
		size_t start = i;
		uint32_t cp = utf8_next(repaired, &i);
		LAW(utf8_encode(cp, bytes) == i - start);
		LAW(memcmp(bytes, repaired.ptr + start, i - start) == 0);
	}
	LAW(count == utf8_count(repaired));
	for (size_t max = 0; max < repaired.len && max < 40; max++) {
		struct slice prefix = utf8_prefix(repaired, max);
		LAW(prefix.len <= max && prefix.len + 4 > max && utf8_is_valid(prefix));
	}
out:
	arena_free(a);
	return 0;
}
