#include "nlp/frequencies.h"

extern const char embed_corpora_frequencies_tsv[], embed_corpora_frequencies_tsv_end[];

struct frequencies
frequencies_of(enum language lang)
{
	const char *table = embed_corpora_frequencies_tsv;
	size_t len = (size_t)(embed_corpora_frequencies_tsv_end - table);
	return (struct frequencies){lang, slice_make(table, len)};
}

/* A number of digits. */
static uint32_t
read_posts(struct slice digits)
{
	uint32_t n = 0;
	for (size_t i = 0; i < digits.len; i++)
		n = n * 10 + (uint32_t)(digits.ptr[i] - '0');
	return n;
}

bool
frequencies_next(struct frequencies *f, struct frequency *frequency_r)
{
	const char *code = language_code(f->lang);
	while (slice_is_set(f->rest)) {
		struct slice rest = slice_split(&f->rest, '\n');
		if (!slice_eq_str(slice_split(&rest, '\t'), code))
			continue;
		frequency_r->word = slice_split(&rest, '\t');
		frequency_r->posts = read_posts(rest);
		return true;
	}
	return false;
}
