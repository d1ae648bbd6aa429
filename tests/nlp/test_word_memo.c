/*
 * What was kept of a word is found again, is never another word's, and stays while its post is read.
 */
#include "nlp_support.h"

#include "nlp/lexicon_set.h"
#include "nlp/word_memo.h"

#define MANY_WORDS 70000 /* more than there are facts */

static int
open_set(void **state)
{
	struct err err = {.kind = ERR_NONE};
	struct lexicon_set *set;
	if (lexicon_set_new(&set, &err) < 0)
		return -1;
	*state = set;
	return 0;
}

static int
close_set(void **state)
{
	lexicon_set_unref(*state);
	return 0;
}

/* A word of random letters with random bytes behind it; few letters, so that words are alike. */
static struct slice
random_word(uint32_t *seed, char out[64])
{
	for (unsigned i = 0; i < 64; i++) {
		*seed = *seed * 1664525u + 1013904223u;
		out[i] = (char)('a' + (*seed >> 24) % 2);
	}
	*seed = *seed * 1664525u + 1013904223u;
	return slice_make(out, (*seed >> 16) % 40);
}

static void
what_stands_behind_a_word_changes_neither_its_hash_nor_whether_it_is_the_same(void **state)
{
	char bytes[64], others[64];
	uint32_t seed = 7;
	size_t same = 0;
	(void)state;
	for (int n = 0; n < 20000; n++) {
		struct slice word = random_word(&seed, bytes), other = random_word(&seed, others);
		assert_int_equal(word_hash_padded(word), word_hash(word));
		if (word.len == 0 || word.len > WORD_FACT_BYTES)
			continue;
		/* A word that differs in one byte or none, as another may have the same hash. */
		memcpy(others, bytes, word.len);
		others[seed % word.len] ^= (char)(n % 2);
		other.len = word.len;
		struct word_fact f = {
		    .hash = word_hash(other), .len = (uint8_t)other.len, .flags = WORD_FACT_ALONE};
		memcpy(f.word, other.ptr, other.len);
		f.hash = word.len > 8 ? word_hash(word) : f.hash;
		bool is_same = slice_eq(word, other);
		struct word_key key = word_key_of(word);
		assert_int_equal(word_fact_is_of(&f, 0, &key), is_same);
		assert_int_equal(word_fact_is_piece(&f, word), is_same);
		f.kind = WORD_FACT_FURTHER;
		assert_false(word_fact_is_piece(&f, word));
		f.kind = f.flags = 0;
		assert_false(word_fact_is_piece(&f, word));
		same += is_same;
	}
	assert_in_range(same, 1000, 19000);
}

/* Units point into the facts of their post: its further words are not kept before one of those goes. */
static void
no_word_of_a_post_makes_room_for_another_one_of_it(void **state)
{
	const struct lexicon_set *set = *state;
	struct word_memo *m = word_memo_new();
	struct word_fact **facts = mem_array(MANY_WORDS, sizeof *facts);
	char text[WORD_FACT_BYTES + 1];
	size_t kept = 0;
	assert_non_null(m);
	assert_non_null(facts);
	word_memo_begin(m, 1);
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned n = 0; n < MANY_WORDS; n++) {
			int len = snprintf(text, sizeof text, "w%u", n);
			struct word_fact guest;
			struct word_key key = word_key_of(slice_make(text, (size_t)len));
			struct unit u = unit_of(&guest, key, TOKEN_HASHTAG);
			if (pass == 0)
				facts[n] = word_memo_fact(m, set->languages, &u);
			else if (facts[n] != NULL)
				assert_true(word_fact_is_of(facts[n], word_memo_kind(&u), &key));
			kept += pass == 0 && facts[n] != NULL;
		}
	}
	assert_in_range(kept, WORD_MEMO_SIZE / 2, WORD_MEMO_SIZE - 1);
	mem_free(facts);
	word_memo_free(m);
}

static void
words_of_a_day_are_all_kept(void **state)
{
	const struct lexicon_set *set = *state;
	struct word_memo *m = word_memo_new();
	unsigned known = 0;
	assert_non_null(m);
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned n = 0; n < 20000; n++) {
			char text[WORD_FACT_BYTES + 1];
			int len = snprintf(text, sizeof text, "%sw%u", n % 3 == 0 ? "some" : "", n);
			struct word_fact guest;
			struct unit u =
			    unit_of(&guest, word_key_of(slice_make(text, (size_t)len)), TOKEN_WORD);
			word_memo_begin(m, 1);
			struct word_fact *f = word_memo_fact(m, set->languages, &u);
			assert_non_null(f);
			known += f->lang == LANGUAGE_EN;
			f->lang = LANGUAGE_EN;
		}
	}
	/* Of 32,768 sets a dozen or so have five words or more, and those throw each other out. */
	assert_in_range(known, 19900, 20000);
	word_memo_free(m);
}

/* A word that two languages share is not found out anew for each post. */
static void
what_one_language_knows_of_a_word_stays_beside_what_others_do(void **state)
{
	static const char *const WORDS[] = {
	    "die", "also", "#die", "longer-than-what-is-kept-of-words"};
	const struct lexicon_set *set = *state;
	struct word_memo *m = word_memo_new();
	assert_non_null(m);
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t n = 0; n < COUNT_OF(WORDS) * LANGUAGE_COUNT; n++) {
			enum language lang = (enum language)(n / COUNT_OF(WORDS));
			struct slice text = slice_of(WORDS[n % COUNT_OF(WORDS)]);
			struct word_fact guest;
			struct unit u = unit_of(&guest, word_key_of(text),
			    text.ptr[0] == '#' ? TOKEN_HASHTAG : TOKEN_WORD);
			word_memo_begin(m, 1);
			struct word_fact *first = word_memo_fact(m, set->languages, &u);
			if (text.len > WORD_FACT_BYTES) {
				assert_null(first);
				continue;
			}
			first->lang = LANGUAGE_COUNT - 1; /* and stays */
			struct word_fact was = *first, *f = word_memo_in_language(m, first, lang);
			assert_non_null(f);
			assert_true((f == first) == (lang == LANGUAGE_COUNT - 1));
			assert_int_equal(
			    f->lang, pass == 0 && f != first ? (int)LANGUAGE_COUNT : (int)lang);
			assert_true(pass == 0 || f->entries.stem == n);
			assert_true(f->hash == guest.hash && f->stem_lens == text.len);
			/* Whichever is asked. */
			assert_ptr_equal(word_memo_in_language(m, f, lang), f);
			assert_ptr_equal(word_memo_in_language(m, f, LANGUAGE_COUNT - 1), first);
			assert_ptr_equal(first, word_memo_fact(m, set->languages, &u));
			assert_memory_equal(first, &was, sizeof was);
			f->lang = (uint8_t)lang;
			f->entries.stem = n;
		}
	}
	word_memo_free(m);
}

/* Nor do words go that an earlier post has met, nor what is known of them in a further language; the second has the
 * place and the tag of the first. */
static void
facts_that_are_asked_for_again_stay_while_their_post_is_read(void **state)
{
	static const enum token_kind KINDS[] = {TOKEN_WORD, TOKEN_HASHTAG};
	const struct lexicon_set *set = *state;
	struct word_memo *m = word_memo_new();
	struct word_fact guest, *facts[2 * COUNT_OF(KINDS)], was[2 * COUNT_OF(KINDS)];
	assert_non_null(m);
	for (unsigned pass = 0; pass < 2; pass++) {
		word_memo_begin(m, 1);
		for (size_t k = 0; k < COUNT_OF(KINDS); k++) {
			struct unit u = unit_of(&guest, word_key_of(SLICE_LIT("die")), KINDS[k]);
			struct word_fact *first = word_memo_fact(m, set->languages, &u);
			/* The first is for the language that came first. */
			struct word_fact *f = word_memo_in_language(m, first, LANGUAGE_EN);
			assert_ptr_equal(f, first);
			first->lang = LANGUAGE_EN;
			f = word_memo_in_language(m, first, LANGUAGE_DE);
			assert_ptr_not_equal(f, first);
			assert_int_equal(f->lang, pass == 0 ? LANGUAGE_COUNT : LANGUAGE_DE);
			f->lang = LANGUAGE_DE;
			facts[2 * k] = first;
			facts[2 * k + 1] = f;
		}
	}
	for (size_t k = 0; k < COUNT_OF(facts); k++)
		was[k] = *facts[k];
	for (unsigned n = 0; n < MANY_WORDS; n++) {
		char text[WORD_FACT_BYTES + 1];
		int len = snprintf(text, sizeof text, "w%u", n);
		struct unit w =
		    unit_of(&guest, word_key_of(slice_make(text, (size_t)len)), TOKEN_HASHTAG);
		word_memo_fact(m, set->languages, &w);
	}
	for (size_t k = 0; k < COUNT_OF(facts); k++)
		assert_memory_equal(facts[k], &was[k], sizeof was[k]);
	word_memo_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		what_stands_behind_a_word_changes_neither_its_hash_nor_whether_it_is_the_same),
	    cmocka_unit_test(no_word_of_a_post_makes_room_for_another_one_of_it),
	    cmocka_unit_test(words_of_a_day_are_all_kept),
	    cmocka_unit_test(what_one_language_knows_of_a_word_stays_beside_what_others_do),
	    cmocka_unit_test(facts_that_are_asked_for_again_stay_while_their_post_is_read),
	};
	return cmocka_run_group_tests(tests, open_set, close_set);
}
