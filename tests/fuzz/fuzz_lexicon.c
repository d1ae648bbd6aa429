/*
 * fuzz_lexicon.c - whatever a lexicon's file says, it is refused with a message or printed and read
 * as the same again, and any text scored with it keeps the laws.
 *
 * The file's checksum is made right first, or nothing would ever get past it; language and text to
 * score come from the first bytes.
 */
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/utf8.h"
#include "nlp/lexicon.h"
#include "nlp/train.h"
#include "tests/fuzz/fuzz_law.h"

static const char *const LANGUAGES[] = {"en", "de", "da", "es", "fr", "it", "pt", "nl", "sv"};

static struct train_scorer *scorer;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	LAW(train_scorer_new(&scorer, NULL) == 0);
	return 0;
}

static uint64_t
fnv1a(uint64_t h, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)bytes[i]) * 1099511628211u;
	return h;
}

/* A header that is right, and the lines behind it. */
static void
make_file(struct buf *out, const char *lang, struct slice lines)
{
	uint64_t h = 14695981039346656037u;
	struct slice rest = lines;
	while (slice_is_set(rest)) {
		struct slice line = slice_split(&rest, '\n');
		if (line.len == 0 || slice_starts_with(line, "# "))
			continue;
		h = fnv1a(h, line.ptr, line.len);
		h = fnv1a(h, "\n", 1);
	}
	buf_addf(out, "# language: %s\n# checksum: %016" PRIx64 "\n", lang, h);
	buf_add_slice(out, lines);
}

static void
check_printing(struct lexicon *lx)
{
	struct buf first, second;
	struct lexicon *again = NULL;
	struct err err = {.kind = ERR_NONE};
	buf_init(&first, LEXICON_FILE_MAX);
	buf_init(&second, LEXICON_FILE_MAX);
	LAW(lexicon_print(lx, SLICE_LIT(""), &first, &err) == 0);
	LAW(lexicon_new("printed", buf_slice(&first), &again, &err) == 0);
	LAW(lexicon_print(again, SLICE_LIT(""), &second, &err) == 0);
	LAW(slice_eq(buf_slice(&first), buf_slice(&second)));
	lexicon_free(again);
	buf_fini(&first);
	buf_fini(&second);
}

static void
check_scoring(const struct lexicon *lx, struct slice text)
{
	struct train_row row = {.text = text};
	struct train_sample s;
	LAW(train_scorer_score(scorer, lx, NULL, &row, &s, NULL) == 0);
	LAW(s.per_mille[0] >= 0 && s.per_mille[1] >= 0 && s.per_mille[2] >= 0);
	LAW(s.per_mille[0] + s.per_mille[1] + s.per_mille[2] == 1000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(16u << 20);
	struct lexicon *lx = NULL;
	struct err err = {.kind = ERR_NONE};
	struct buf file;
	LAW(a != NULL);
	if (size > 0 && size < (1u << 16)) {
		struct slice text =
		    utf8_repair(a, slice_make((const char *)data + 1, size - 1), NULL);
		buf_init(&file, 1u << 20);
		make_file(
		    &file, LANGUAGES[data[0] % (sizeof LANGUAGES / sizeof LANGUAGES[0])], text);
		if (lexicon_new("fuzzed", buf_slice(&file), &lx, &err) == 0) {
			check_printing(lx);
			check_scoring(lx, text);
		} else {
			LAW(lx == NULL && err.text[0] != '\0');
		}
		lexicon_free(lx);
		buf_fini(&file);
	}
	arena_free(a);
	return 0;
}
