/*
 * Any bytes as an HTML fragment: the text is valid UTF-8, within the limit, without runs of blank
 * lines or spaces at its edges, and reading it once more as a fragment without markup gives it
 * again.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "collectors/html.h"
#include "core/arena.h"
#include "core/utf8.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct slice text;
	bool is_cut;

	assert(a != NULL);
	assert(html_to_text(
		   slice_make((const char *)data, size), TEXT_MAX, a, &text, &is_cut, NULL) == 0);
	assert(text.len <= TEXT_MAX && (text.len == 0 || utf8_is_valid(text)));
	assert(memmem(text.ptr, text.len, "\n\n\n", 3) == NULL);
	if (text.len > 0) {
		assert(strchr(" \t\r", text.ptr[0]) == NULL);
		assert(is_cut || strchr(" \t\r\n", text.ptr[text.len - 1]) == NULL);
	}
	if (!is_cut && !html_is_likely(text) && memchr(text.ptr, '\n', text.len) == NULL &&
	    memchr(text.ptr, '<', text.len) == NULL && memchr(text.ptr, '&', text.len) == NULL) {
		struct slice again;
		assert(html_to_text(text, TEXT_MAX, a, &again, NULL, NULL) == 0);
		assert(slice_eq(text, again));
	}
	arena_free(a);
	return 0;
}
