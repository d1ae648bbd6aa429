#include "nlp/train_words.h"

#include <assert.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"

#define WORDS_TEXT_MAX (1u << 30)
#define WORD_BYTES_MAX 40

/* Texts, each with how many posts it occurs in. */
struct tally {
	struct word_trie *index; /* text -> item */
	struct tally_item {
		struct slice text;
		uint32_t posts, last_post; /* post numbers from 1 */
		struct slice shown; /* the word it is written as */
		uint32_t shown_count;
		uint32_t first, second; /* of a pair: stems, item + 1 */
	} * items;
	size_t count, cap;
};

struct train_exclusions {
	struct word_trie *words;
	struct arena *arena;
};

struct train_words {
	struct train_words_options options;
	const struct train_exclusions *exclusions;
	struct arena *arena;
	struct tally stems, negated, pairs, forms;
	uint32_t post;
};

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to train");
}

/* ---- exclusions ------------------------------------------------------------- */

int
train_exclusions_new(struct train_exclusions **x_r, struct err *err)
{
	struct train_exclusions *x = mem_zalloc(sizeof *x);
	if (x == NULL)
		return no_memory(err);
	x->words = word_trie_new();
	x->arena = arena_new(WORDS_TEXT_MAX);
	if (x->words == NULL || x->arena == NULL) {
		train_exclusions_free(x);
		return no_memory(err);
	}
	*x_r = x;
	return 0;
}

int
train_exclusions_add(struct train_exclusions *x, struct slice lines, struct err *err)
{
	while (slice_is_set(lines)) {
		struct slice line = slice_trim(slice_split(&lines, '\n'));
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		struct word_key key = word_key_of(arena_slice_dup(x->arena, line));
		if (key.text.ptr == NULL)
			return no_memory(err);
		if (word_trie_value(x->words, &key, 1) == NULL &&
		    word_trie_add(x->words, &key, 1, 1, err) < 0)
			return -1;
	}
	return 0;
}

void
train_exclusions_free(struct train_exclusions *x)
{
	if (x == NULL)
		return;
	word_trie_free(x->words);
	arena_free(x->arena);
	mem_free(x);
}

bool
train_exclusions_has(const struct train_exclusions *x, const struct word_key *key)
{
	uint32_t value;
	return x != NULL && word_trie_get(x->words, key, 1, &value);
}

/* ---- tallies ---------------------------------------------------------------- */

static int
tally_init(struct tally *t, struct err *err)
{
	t->index = word_trie_new();
	return t->index == NULL ? no_memory(err) : 0;
}

static void
tally_fini(struct tally *t)
{
	word_trie_free(t->index);
	mem_free(t->items);
}

/* The item of this text, made when it is new; NULL without memory. */
static struct tally_item *
tally_item(struct train_words *w, struct tally *t, struct word_key key, struct err *err)
{
	uint32_t at;
	if (word_trie_get(t->index, &key, 1, &at))
		return &t->items[at];
	if (t->count == t->cap) {
		size_t cap = t->cap == 0 ? 1024 : t->cap * 2;
		struct tally_item *more = mem_realloc_array(t->items, cap, sizeof *more);
		if (more == NULL) {
			no_memory(err);
			return NULL;
		}
		t->items = more;
		t->cap = cap;
	}
	key.text = arena_slice_dup(w->arena, key.text);
	if (key.text.ptr == NULL || word_trie_add(t->index, &key, 1, (uint32_t)t->count, err) < 0) {
		no_memory(err);
		return NULL;
	}
	t->items[t->count] = (struct tally_item){.text = key.text};
	return &t->items[t->count++];
}

static void
count_post(const struct train_words *w, struct tally_item *item)
{
	if (item->last_post == w->post)
		return;
	item->last_post = w->post;
	item->posts++;
}

int
train_words_new(const struct train_words_options *options, const struct train_exclusions *x,
    struct train_words **w_r, struct err *err)
{
	struct train_words *w = mem_zalloc(sizeof *w);
	if (w == NULL)
		return no_memory(err);
	w->options = *options;
	w->exclusions = x;
	w->arena = arena_new(WORDS_TEXT_MAX);
	if (w->arena == NULL || tally_init(&w->stems, err) < 0 ||
	    tally_init(&w->negated, err) < 0 || tally_init(&w->pairs, err) < 0 ||
	    tally_init(&w->forms, err) < 0) {
		train_words_free(w);
		return no_memory(err);
	}
	*w_r = w;
	return 0;
}

void
train_words_free(struct train_words *w)
{
	if (w == NULL)
		return;
	tally_fini(&w->stems);
	tally_fini(&w->negated);
	tally_fini(&w->pairs);
	tally_fini(&w->forms);
	arena_free(w->arena);
	mem_free(w);
}

/* ---- counting --------------------------------------------------------------- */

static bool
has_digit(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
			return true;
	}
	return false;
}

/* Is it a name, perhaps drawn out ("annaaa")? */
static bool
is_excluded(const struct train_words *w, const struct unit *u, const struct word_key *word)
{
	bool is = train_exclusions_has(w->exclusions, word);
	for (size_t k = 0; u->is_elongated && k < u->other_count; k++)
		is |= train_exclusions_has(w->exclusions, &u->others[k]);
	return is;
}

/* The word that a unit teaches something about: of a tag its word; false: nothing may be learned
 * of it. */
static bool
taught_word(const struct train_words *w, const struct unit *u, struct word_key *word_r)
{
	*word_r = unit_key(u);
	if (u->kind == TOKEN_HASHTAG && u->other_count > 0)
		*word_r = u->others[0];
	if (u->kind != TOKEN_WORD && u->kind != TOKEN_HASHTAG)
		return true;
	struct slice s = word_r->text;
	if (w->options.only_signs || s.len > WORD_BYTES_MAX || has_digit(s) ||
	    is_excluded(w, u, word_r))
		return false;
	size_t len = s.len;
	if (len > 2 && s.ptr[len - 1] == 's' && s.ptr[len - 2] == '\'')
		len -= 2;
	struct word_key bare = word_key_of(slice_make(s.ptr, len));
	return len == s.len || !train_exclusions_has(w->exclusions, &bare);
}

/* Counts how a stem is written, and keeps what it is written as most often. */
static int
count_form(struct train_words *w, size_t stem, const struct word_key *word, struct err *err)
{
	char text[WORD_BYTES_MAX * 3];
	const struct tally_item *s = &w->stems.items[stem];
	if (s->text.len + word->text.len + 1 > sizeof text)
		return 0;
	memcpy(text, s->text.ptr, s->text.len);
	text[s->text.len] = '\t';
	memcpy(text + s->text.len + 1, word->text.ptr, word->text.len);
	struct word_key key = word_key_of(slice_make(text, s->text.len + 1 + word->text.len));
	struct tally_item *form = tally_item(w, &w->forms, key, err);
	if (form == NULL)
		return -1;
	form->posts++;
	struct tally_item *item = &w->stems.items[stem];
	if (form->posts > item->shown_count) {
		item->shown_count = form->posts;
		item->shown = slice_make(form->text.ptr + item->text.len + 1, word->text.len);
	}
	return 0;
}

/* The stem's item + 1 of a unit; 0: none, or no memory (-1 in *rc). */
static uint32_t
count_stem(struct train_words *w, const struct unit *u, int *rc, struct err *err)
{
	struct word_key word;
	if (!taught_word(w, u, &word))
		return 0;
	struct word_key key = u->kind == TOKEN_HASHTAG ? unit_stem(u) : lexicon_stem_key(u);
	if (train_exclusions_has(w->exclusions, &key))
		return 0;
	struct tally_item *item = tally_item(w, &w->stems, key, err);
	if (item == NULL) {
		*rc = -1;
		return 0;
	}
	count_post(w, item);
	size_t at = (size_t)(item - w->stems.items);
	if (u->kind == TOKEN_WORD || u->kind == TOKEN_HASHTAG)
		*rc = count_form(w, at, &word, err);
	return (uint32_t)at + 1;
}

static int
count_negated(struct train_words *w, uint32_t stem, struct err *err)
{
	struct word_key key = word_key_of(w->stems.items[stem - 1].text);
	struct tally_item *item = tally_item(w, &w->negated, key, err);
	if (item == NULL)
		return -1;
	item->first = stem;
	count_post(w, item);
	return 0;
}

static int
count_pair(struct train_words *w, uint32_t first, uint32_t second, struct err *err)
{
	uint64_t ids = (uint64_t)first << 32 | second;
	struct word_key key = word_key_of(slice_make((const char *)&ids, sizeof ids));
	struct tally_item *item = tally_item(w, &w->pairs, key, err);
	if (item == NULL)
		return -1;
	item->first = first;
	item->second = second;
	count_post(w, item);
	return 0;
}

int
train_words_add_post(struct train_words *w, const struct unit *units, size_t unit_count,
    const struct mark *marks, size_t mark_count, struct err *err)
{
	uint32_t before = 0;
	size_t mark = 0;
	int rc = 0;
	w->post++;
	for (size_t i = 0; i < unit_count; i++) {
		const struct unit *u = &units[i];
		uint32_t stem = count_stem(w, u, &rc, err);
		while (mark < mark_count && marks[mark].unit < i)
			mark++;
		bool is_negated = mark < mark_count && marks[mark].unit == i &&
		    (marks[mark].flags & MARK_NEGATED) != 0;
		bool is_pair = before != 0 && stem != 0 && units[i - 1].clause == u->clause;
		if (rc == 0 && stem != 0 && is_negated)
			rc = count_negated(w, stem, err);
		if (rc == 0 && is_pair && w->options.with_pairs && !w->options.only_signs)
			rc = count_pair(w, before, stem, err);
		if (rc < 0)
			return -1;
		before = stem;
	}
	return 0;
}

/* ---- what is frequent enough ------------------------------------------------ */

static bool
is_frequent(const struct train_words *w, const struct tally_item *item)
{
	return item->posts >= w->options.min_posts;
}

/* As a stem is written in the file. */
static struct slice
shown(const struct train_words *w, uint32_t stem)
{
	const struct tally_item *item = &w->stems.items[stem - 1];
	return item->shown.len > 0 ? item->shown : item->text;
}

/* Adds; what does not cut into the words it came from is left out. */
static int
add(struct lexicon *lx, enum lexeme_kind kind, struct slice entry, struct err *err)
{
	struct err local = {.kind = ERR_NONE};
	if (lexicon_add(lx, kind, entry, 0, 0, &local) == 0 || local.kind == ERR_INPUT)
		return 0;
	*err = local;
	return -1;
}

static int
add_pair(
    const struct train_words *w, const struct tally_item *item, struct lexicon *lx, struct err *err)
{
	char text[WORD_BYTES_MAX * 4];
	struct slice a = shown(w, item->first), b = shown(w, item->second);
	if (a.len + b.len + 1 > sizeof text)
		return 0;
	memcpy(text, a.ptr, a.len);
	text[a.len] = ' ';
	memcpy(text + a.len + 1, b.ptr, b.len);
	return add(lx, LEXEME_PAIR, slice_make(text, a.len + b.len + 1), err);
}

static bool
is_written(const struct train_words *w, uint32_t stem)
{
	return is_frequent(w, &w->stems.items[stem - 1]);
}

int
train_words_to_lexicon(const struct train_words *w, struct lexicon *lx, struct err *err)
{
	for (uint32_t i = 1; i <= w->stems.count; i++) {
		if (is_written(w, i) && add(lx, LEXEME_STEM, shown(w, i), err) < 0)
			return -1;
	}
	for (size_t i = 0; i < w->negated.count; i++) {
		const struct tally_item *item = &w->negated.items[i];
		if (is_frequent(w, item) && is_written(w, item->first) &&
		    add(lx, LEXEME_NEGATED, shown(w, item->first), err) < 0)
			return -1;
	}
	for (size_t i = 0; i < w->pairs.count; i++) {
		const struct tally_item *item = &w->pairs.items[i];
		if (is_frequent(w, item) && is_written(w, item->first) &&
		    is_written(w, item->second) && add_pair(w, item, lx, err) < 0)
			return -1;
	}
	return 0;
}
