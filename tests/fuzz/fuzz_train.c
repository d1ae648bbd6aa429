/*
 * fuzz_train.c - any bytes as a file of labelled posts.  Laws: every row is kept, or counted with a
 * reason; texts that are kept are valid UTF-8, each stands once; the same file again keeps nothing;
 * what is held out is a matter of the text alone.
 */
#include "core/err.h"
#include "core/utf8.h"
#include "nlp/train_data.h"
#include "tests/fuzz/fuzz_law.h"

static size_t
check_file(const struct train_file *f)
{
	size_t skipped = 0;

	for (size_t i = 0; i < TRAIN_SKIP_COUNT; i++) {
		skipped += f->skipped[i].count;
		LAW(train_skip_words((enum train_skip)i) != NULL);
	}
	LAW(f->rows == f->kept + skipped);
	LAW(f->kept == f->labels[0] + f->labels[1] + f->labels[2]);
	LAW(f->note_count <= TRAIN_NOTES_MAX);
	return f->kept;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const LANGUAGES[] = {"en", "de", "xx"};
	struct slice text = slice_make((const char *)data + 1, size - 1);
	struct train_data d;
	struct err err;
	enum language lang;
	size_t held = 0;

	if (size == 0)
		return 0;
	lang = language_of_code(slice_of(LANGUAGES[data[0] % 3]));
	LAW(train_data_init(&d, &err) == 0);
	LAW(train_data_add(&d, "a", false, text, lang, &err) == 0);
	LAW(check_file(&d.files[0]) == d.count);
	for (size_t i = 0; i < d.count; i++)
		LAW(d.rows[i].text.len > 0 && utf8_is_valid(d.rows[i].text));
	LAW(train_data_add(&d, "b", false, text, lang, &err) == 0);
	LAW(check_file(&d.files[1]) == 0);
	train_data_hold_out(&d, 30, 7);
	for (size_t i = 0; i < d.count; i++)
		held += train_data_is_held_out(&d, &d.rows[i]);
	LAW(held <= d.count);
	train_data_fini(&d);
	return 0;
}
