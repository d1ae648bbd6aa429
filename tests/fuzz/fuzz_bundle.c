/*
 * fuzz_bundle.c - any bytes as the rules and templates that somebody wants to make live.  Laws: refused
 * with words, or printed and read as the same again; texts are valid UTF-8, names are no paths.
 */
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/utf8.h"
#include "daemon/bundle.h"
#include "tests/fuzz/fuzz_law.h"

#define OUT_MAX (64u * 1024 * 1024)

static void
check_again(const struct bundle *b)
{
	struct arena *a = arena_new(OUT_MAX);
	struct bundle again = {0};
	char first[65], second[65];
	struct buf once, twice;
	struct err err;

	LAW(a != NULL);
	buf_init(&once, OUT_MAX);
	buf_init(&twice, OUT_MAX);
	bundle_print(b, &once);
	LAW(!buf_failed(&once) && utf8_is_valid(buf_slice(&once)));
	LAW(bundle_parse(buf_slice(&once), a, &again, &err) == 0);
	bundle_print(&again, &twice);
	LAW(slice_eq(buf_slice(&once), buf_slice(&twice)));
	bundle_hash(b, first);
	bundle_hash(&again, second);
	LAW(strlen(first) == 64 && strcmp(first, second) == 0);
	buf_fini(&once);
	buf_fini(&twice);
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(OUT_MAX);
	struct err err = {ERR_NONE, ""};
	struct bundle b = {0};

	LAW(a != NULL);
	if (bundle_parse(slice_make((const char *)data, size), a, &b, &err) == 0) {
		for (size_t i = 0; i < b.rule_count; i++)
			LAW(utf8_is_valid(slice_of(b.rules[i].file)));
		check_again(&b);
	} else {
		LAW(err.text[0] != '\0' && utf8_is_valid(slice_of(err.text)));
	}
	arena_free(a);
	return 0;
}
