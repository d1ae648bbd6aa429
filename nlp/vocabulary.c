#include "nlp/vocabulary.h"

#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/map.h"
#include "core/mem.h"
#include "nlp/lexicon_internal.h"

#define PLACES_MAX 1000000
#define PLACES_BYTES_MAX ((size_t)128 << 20)

struct vocabulary_places {
	struct map *by_text; /* address of a lexeme's text -> struct vocabulary_place */
	struct arena *arena;
	struct vocabulary_file *files, **files_end, *last; /* in the order they were read */
};

struct vocabulary_file {
	const char *name;
	struct vocabulary_file *next;
};

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory for the vocabulary");
}

struct vocabulary_places *
vocabulary_places_new(void)
{
	struct vocabulary_places *p = mem_zalloc(sizeof *p);
	if (p == NULL)
		return NULL;
	p->files_end = &p->files;
	p->by_text = map_new(0, PLACES_MAX, NULL);
	p->arena = arena_new(PLACES_BYTES_MAX);
	if (p->by_text != NULL && p->arena != NULL)
		return p;
	vocabulary_places_free(p);
	return NULL;
}

void
vocabulary_places_free(struct vocabulary_places *p)
{
	if (p == NULL)
		return;
	map_free(p->by_text);
	arena_free(p->arena);
	mem_free(p);
}

/* The address is the key: texts of lexemes do not move. */
static struct slice
key_of(const char *const *text)
{
	return slice_make((const char *)text, sizeof *text);
}

const struct vocabulary_place *
vocabulary_place_of(const struct vocabulary_places *p, struct slice entry)
{
	return map_get(p->by_text, key_of(&entry.ptr));
}

const char *
vocabulary_file(const struct vocabulary_places *p, size_t i)
{
	const struct vocabulary_file *f = p->files;
	for (; f != NULL && i > 0; i--)
		f = f->next;
	return f == NULL ? NULL : f->name;
}

/* A name once, however many entries its file has. */
static const char *
keep_file(struct vocabulary_places *p, const char *file)
{
	if (p->last != NULL && strcmp(p->last->name, file) == 0)
		return p->last->name;
	struct vocabulary_file *f = ARENA_NEW(p->arena, struct vocabulary_file);
	if (f == NULL || (f->name = arena_strdup(p->arena, file)) == NULL)
		return NULL;
	p->last = *p->files_end = f;
	p->files_end = &f->next;
	return f->name;
}

static int
put(struct vocabulary_places *p, const char *text, const struct vocabulary_place *place)
{
	struct vocabulary_place *kept = ARENA_NEW(p->arena, struct vocabulary_place);
	if (kept == NULL)
		return -1;
	*kept = *place;
	kept->file = keep_file(p, place->file);
	return kept->file == NULL ? -1 : map_put(p->by_text, key_of(&text), kept);
}

/* ---- what is looked at -------------------------------------------------------- */

/* Signs that are part of a name or say something; others between words are only punctuation. */
static bool
is_telling(char c)
{
	return c != '\0' && strchr("+#&%$@*=<>^~|", c) != NULL;
}

/* The first run of such signs that lies in no unit. */
static struct slice
unseen_signs(const struct unit_list *units, struct slice phrase)
{
	size_t at = 0;
	for (size_t i = 0; i <= units->count; i++) {
		size_t end = i == units->count ? phrase.len : units->items[i].start;
		for (; at < end; at++) {
			size_t len = 0;
			while (at + len < end && is_telling(phrase.ptr[at + len]))
				len++;
			if (len > 0)
				return slice_make(phrase.ptr + at, len);
		}
		if (i < units->count)
			at = (size_t)units->items[i].start + units->items[i].len;
	}
	return SLICE_NONE;
}

static void
look_at(const struct unit_list *units, struct slice phrase, struct vocabulary_note *n)
{
	for (size_t i = 1; i < units->count; i++)
		n->is_divided |= units->items[i].clause != units->items[0].clause;
	n->unseen = unseen_signs(units, phrase);
}

/* ---- an entry ------------------------------------------------------------------- */

/* The text of the rating of a word's stem; NULL: it has none. */
static const char *
stem_text(struct lexicon *lx, const struct unit *u)
{
	uint32_t at;
	if (u->kind != TOKEN_WORD)
		return NULL;
	struct word_key key = unit_key(u);
	struct word_key stem = stemmer_stem(lx->stemmer, lx->lang, &key, lx->arena);
	if (stem.text.ptr == NULL || !word_trie_get(lx->rated_stems, &stem, 1, &at))
		return NULL;
	return lx->lexemes[lx->stem_ratings[at].lexeme].entry.text;
}

int
vocabulary_note(struct vocabulary_places *p, struct lexicon *lx, struct slice phrase,
    const struct vocabulary_place *place, struct vocabulary_note *note_r, struct err *err)
{
	const struct unit_list *units = &lx->cutting.units;
	struct word_key keys[PHRASE_WORDS_MAX];
	uint32_t at;
	*note_r = (struct vocabulary_note){.unseen = SLICE_NONE};
	if (units_cut_text(&lx->cutting, phrase, lx->arena, err) < 0)
		return -1;
	assert(units->count > 0 && units->count <= PHRASE_WORDS_MAX);
	for (size_t i = 0; i < units->count; i++)
		keys[i] = unit_key(&units->items[i]);
	look_at(units, phrase, note_r);
	if (!word_trie_get(lx->words, keys, units->count, &at))
		return no_memory(err);
	const char *text = lx->lexemes[at].entry.text;
	const char *stem = units->count == 1 ? stem_text(lx, &units->items[0]) : NULL;
	const struct vocabulary_place *before = map_get(p->by_text, key_of(&text));
	note_r->is_again = before != NULL;
	if (before != NULL)
		note_r->before = *before;
	if (put(p, text, place) < 0 || (stem != NULL && put(p, stem, place) < 0))
		return no_memory(err);
	return 0;
}
