/*
 * fuzz_link_codes.c - one-time codes in any text.  Laws: what is found is twelve symbols with two sure digits at least, each once; it is found
 * again when it is written as we tell it, in whatever stands around it.
 */
#include <string.h>

#include "core/arena.h"
#include "people/link_codes.h"
#include "tests/fuzz/fuzz_law.h"

#define CODES_MAX 8

static void
check_code(const char *code)
{
	size_t digits = 0;

	LAW(strlen(code) == LINK_CODE_SYMBOLS);
	for (const char *c = code; *c != '\0'; c++) {
		LAW(strchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", *c) != NULL);
		digits += *c >= '2' && *c <= '9';
	}
	LAW(digits >= 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char codes[CODES_MAX][LINK_CODE_SYMBOLS + 1], again[1][LINK_CODE_SYMBOLS + 1];
	struct slice text = slice_make((const char *)data, size), prefix = SLICE_LIT("acme");
	struct arena *a = arena_new(1u << 20);
	size_t count;

	if (a == NULL || size > 10000) {
		arena_free(a);
		return 0;
	}
	count = link_codes_find(text, prefix, codes, CODES_MAX);
	LAW(count <= CODES_MAX);
	LAW(count * (4 + 1 + LINK_CODE_SYMBOLS) <= size);
	for (size_t i = 0; i < count; i++) {
		const char *told =
		    arena_printf(a, "acme-%.4s-%.4s-%.4s", codes[i], codes[i] + 4, codes[i] + 8);

		check_code(codes[i]);
		for (size_t k = 0; k < i; k++)
			LAW(strcmp(codes[i], codes[k]) != 0);
		LAW(told != NULL && link_codes_find(slice_of(told), prefix, again, 1) == 1);
		LAW(strcmp(again[0], codes[i]) == 0);
	}
	arena_free(a);
	return 0;
}
