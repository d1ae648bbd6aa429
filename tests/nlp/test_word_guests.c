/*
 * A record of a word that is not kept stays where it is while more are made, and knows nothing of the one before
 * it.
 */
#include "nlp_support.h"

#include "nlp/word_guests.h"

static struct word_key
key_of_number(const size_t *number)
{
	return word_key_of(slice_make((const char *)number, sizeof *number));
}

static void
records_stay_where_they_are_while_more_are_made(void **state)
{
	struct word_guests g = {.used = 0};
	struct word_fact **made = mem_array(WORD_GUESTS_MAX, sizeof(struct word_fact *));
	size_t *numbers = mem_array(WORD_GUESTS_MAX, sizeof *numbers);
	(void)state;
	assert_non_null(made);
	assert_non_null(numbers);
	/* All there may be, twice: what was cleared is there again. */
	for (int pass = 0; pass < 2; pass++) {
		word_guests_clear(&g);
		for (size_t i = 0; i < WORD_GUESTS_MAX; i++) {
			numbers[i] = i;
			made[i] = word_guests_add(&g, key_of_number(&numbers[i]));
			assert_non_null(made[i]);
		}
		for (size_t i = 0; i < WORD_GUESTS_MAX; i++) {
			assert_true(word_fact_is_guest(made[i]));
			assert_true(made[i]->stem.text.ptr == (const char *)&numbers[i]);
			assert_true(made[i]->hash == key_of_number(&numbers[i]).hash);
		}
	}
	word_guests_fini(&g);
	mem_free(numbers);
	mem_free(made);
}

static void
a_record_knows_nothing_of_the_one_before_it(void **state)
{
	struct word_guests g = {.used = 0};
	struct word_key key = word_key_of(SLICE_LIT("good"));
	const struct pattern_mark nothing = {.symbol = 0};
	(void)state;
	struct word_fact *first = word_guests_add(&g, key);
	assert_non_null(first);
	memset(&first->mark, 0xff, sizeof first->mark);
	first->len = 1;
	first->hash = 0;
	first->stem = (struct word_key){SLICE_LIT("bad"), 0};
	word_guests_clear(&g);
	struct word_fact *again = word_guests_add(&g, key);
	assert_ptr_equal(again, first);
	assert_memory_equal(&again->mark, &nothing, sizeof nothing);
	assert_true(word_fact_is_guest(again) && again->hash == key.hash);
	assert_true(slice_eq(again->stem.text, key.text) && again->stem.hash == key.hash);
	word_guests_fini(&g);
}

static void
without_memory_there_is_none_and_then_there_is(void **state)
{
	struct word_guests g = {.used = 0};
	struct word_key key = word_key_of(SLICE_LIT("good"));
	(void)state;
	for (size_t i = 0; i < WORD_GUESTS_FIRST; i++)
		assert_non_null(word_guests_add(&g, key));
	mem_fault_arm(1, false);
	assert_null(word_guests_add(&g, key));
	mem_fault_arm(0, false);
	assert_non_null(word_guests_add(&g, key));
	word_guests_fini(&g);
	assert_non_null(word_guests_add(&g, key));
	word_guests_fini(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_stay_where_they_are_while_more_are_made),
	    cmocka_unit_test(a_record_knows_nothing_of_the_one_before_it),
	    cmocka_unit_test(without_memory_there_is_none_and_then_there_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
