/*
 * fuzz_vocabulary.c - any bytes as a file of lexicon.d.  Laws: what is wrong is a finding within the file; every
 * entry that was taken, and no other, has a place, with the weight that counts; the same file gives the same
 * version and findings again.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "nlp/lexicon_set.h"
#include "tests/fuzz/fuzz_law.h"

/* Two languages and a few words: shipped lexicons would take a second each time. */
static struct lexicon_set *
small_set(void)
{
	struct lexicon_set *set = mem_zalloc(sizeof *set);
	struct lexicon *en;

	LAW(set != NULL);
	atomic_init(&set->refs, 1);
	LAW(lexicon_new_empty(LANGUAGE_EN, &set->lexicons[LANGUAGE_EN], NULL) == 0);
	LAW(lexicon_new_empty(LANGUAGE_DE, &set->lexicons[LANGUAGE_DE], NULL) == 0);
	en = set->lexicons[LANGUAGE_EN];
	LAW(lexicon_add(en, LEXEME_WORD, SLICE_LIT("good"), 2000, 0, NULL) == 0);
	LAW(lexicon_add(en, LEXEME_NEGATOR, SLICE_LIT("not"), 0, 0, NULL) == 0);
	LAW(lexicon_add(en, LEXEME_STEM, SLICE_LIT("delayed"), 500, -200, NULL) == 0);
	return set;
}

static void
check_places(const struct lexicon_set *set, enum language lang, size_t lines)
{
	const struct lexicon *lx = set->lexicons[lang];

	for (uint32_t i = 1; i <= lexicon_count(lx); i++) {
		const struct lexeme *x = lexicon_at(lx, i);
		const struct vocabulary_place *p = lexicon_set_place(set, entry_text(&x->entry));

		LAW((p != NULL) == x->is_vocabulary);
		if (p == NULL)
			continue;
		LAW(p->weight_milli == x->weight_milli && p->line >= 1 && p->line <= lines);
		LAW(strcmp(p->file, lexicon_set_vocabulary_file(set, 0)) == 0);
	}
}

static size_t
lay(struct lexicon_set *set, struct slice text, size_t lines)
{
	struct diag_list *diags = diag_list_new();
	size_t n;

	LAW(diags != NULL);
	LAW(lexicon_set_add_vocabulary(set, "own.tsv", text, diags, NULL) == 0);
	for (size_t i = 0; i < diag_kept(diags); i++)
		LAW(diag_at(diags, i)->line >= 1 && diag_at(diags, i)->line <= lines);
	n = diag_count(diags, DIAG_ERROR) + diag_count(diags, DIAG_WARNING);
	diag_list_free(diags);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct lexicon_set *one = small_set(), *two = small_set();
	static const enum language LANGUAGES[] = {LANGUAGE_EN, LANGUAGE_DE};
	size_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	LAW(lay(one, text, lines) == lay(two, text, lines));
	for (size_t i = 0; i < 2; i++) {
		check_places(one, LANGUAGES[i], lines);
		LAW(strcmp(lexicon_version(one->lexicons[LANGUAGES[i]]),
			lexicon_version(two->lexicons[LANGUAGES[i]])) == 0);
	}
	lexicon_set_unref(one);
	lexicon_set_unref(two);
	return 0;
}
