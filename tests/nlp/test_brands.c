#include "nlp_support.h"

#include "core/brand.h"

#define SLICES(...)                                                                                \
	((struct slice_list){                                                                      \
	    (const struct slice[]){__VA_ARGS__}, COUNT_OF(((const struct slice[]){__VA_ARGS__}))})

static struct matcher *
acme(void)
{
	const struct brand brands[] = {
	    {.id = SLICE_LIT("acme"),
		.called =
		    SLICES(SLICE_LIT("Acme"), SLICE_LIT("acme coffee"), SLICE_LIT("@acmecoffee"),
			SLICE_LIT("#acmecoffee"), SLICE_LIT("caf\xc3\xa9 acm\xc3\xa9")),
		.but_not = SLICES(SLICE_LIT("acme corporation"), SLICE_LIT("looney acme"),
		    SLICE_LIT("#notacme acme"))},
	    {.id = SLICE_LIT("globex"),
		.called = SLICES(SLICE_LIT("globex"), SLICE_LIT("Wendy's"))},
	    {.id = SLICE_LIT("coca"),
		.called = SLICES(SLICE_LIT("coca-cola"), SLICE_LIT("\xe5\x92\x96\xe5\x95\xa1"))},
	};
	const struct brand_set set = {.brands = brands, .brand_count = COUNT_OF(brands)};
	struct matcher *m = NULL;
	assert_int_equal(matcher_new(&set, &m, NULL), 0);
	return m;
}

static const struct {
	const char *text;
	const char *brands; /* indices */
} CASES[] = {
    {"I love Acme", "0"},
    {"ACME!", "0"},
    {"Acme's coffee", "0"},
    {"Acme\xe2\x80\x99s coffee", "0"},
    {"acmeee", "0"},
    {"#acme", "0"},
    {"#AcmeCoffee", "0"},
    {"@acmecoffee", "0"},
    {"@AcmeCoffee@example.social hi", "0"},
    {"acme-branded mug", "0"},
    {"\xef\xbc\xa1\xef\xbd\x83\xef\xbd\x8d\xef\xbd\x85", "0"},
    {"Caf\xc3\x89 Acme\xcc\x81", "0"},
    {"@acme", ""},
    {"acmecoffee", ""},
    {"academe", ""},
    {"acmes", ""},
    {"acme.com", ""},
    {"", ""},
    {"Acme Corporation", ""},
    {"Acme Corporation's coffee", ""},
    {"ACME  CORPORATION", ""},
    {"Acme Corporation and Acme coffee", "0"},
    {"Acme and Acme Corporation", "0"},
    {"looney acme coffee", ""},
    {"looney acme corporation", ""},
    {"Acme. Corporation", "0"},
    {"Acme, Corporation", "0"},
    {"Globex beats Acme", "0 1"},
    {"at Wendy's", "1"},
    {"at Wendy", ""},
    {"Globex at Globex with Globex", "1"},
    {"Coca Cola", "2"},
    {"coca-cola", "2"},
    {"Coca-Cola's", "2"},
    {"cola coca", ""},
    {"\xe6\x88\x91\xe7\x88\xb1\xe5\x92\x96\xe5\x95\xa1", "2"},
};

static void
brands_are_found_and_but_not_takes_words_away(void **state)
{
	struct desk *d = *state;
	struct matcher *m = acme();
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct score s;
		char got[64] = "";
		size_t len = 0;
		arena_reset(d->arena);
		assert_int_equal(nlp_score(d->scorer, d->set, m, slice_of(CASES[i].text),
				     SLICE_NONE, d->arena, &s, NULL),
		    0);
		check_laws(&s, slice_of(CASES[i].text));
		for (size_t k = 0; k < s.brand_count; k++)
			len += (size_t)snprintf(
			    got + len, sizeof got - len, "%s%u", k > 0 ? " " : "", s.brands[k]);
		if (strcmp(got, CASES[i].brands) != 0)
			fail_msg("'%s': got '%s', want '%s'", CASES[i].text, got, CASES[i].brands);
	}
	matcher_unref(matcher_ref(m));
	matcher_unref(m);
}

/* Brands times places: a text of names alone, ten thousand brands, each with a "but not". */
static void
thousands_of_brands_in_a_text_of_names_take_linear_time(void **state)
{
	enum {
		BRANDS = 10000
	};
	struct desk *d = *state;
	struct brand *brands = mem_array(BRANDS, sizeof *brands);
	struct slice *called = mem_array(BRANDS * 2, sizeof *called);
	struct arena *names = arena_new(ARENA_MAX);
	for (size_t i = 0; i < BRANDS; i++) {
		called[i * 2] = slice_of(arena_printf(names, "acme %zu", i % 100));
		called[i * 2 + 1] = slice_of(arena_printf(names, "acme %zu corporation", i % 100));
		brands[i].called = (struct slice_list){&called[i * 2], 1};
		brands[i].but_not = (struct slice_list){&called[i * 2 + 1], 1};
	}
	const struct brand_set set = {.brands = brands, .brand_count = BRANDS};
	struct matcher *m = NULL;
	assert_int_equal(matcher_new(&set, &m, NULL), 0);
	char *text = mem_alloc(64 * 1024);
	size_t len = 0;
	for (size_t i = 0; len + 32 < 64 * 1024; i++)
		len += (size_t)snprintf(
		    text + len, 32, i % 2 == 0 ? "acme %zu " : "acme %zu corporation ", i % 100);
	struct score s;
	double start = cpu_seconds();
	arena_reset(d->arena);
	assert_int_equal(
	    nlp_score(d->scorer, d->set, m, slice_make(text, len), SLICE_NONE, d->arena, &s, NULL),
	    0);
	assert_true(cpu_seconds() - start < 1.0);
	check_laws(&s, slice_make(text, len));
	assert_true(s.brand_count > 0);
	matcher_unref(m);
	arena_free(names);
	mem_free(text);
	mem_free(called);
	mem_free(brands);
}

static void
a_matcher_is_built_whole_or_not_at_all(void **state)
{
	const struct brand brands[] = {
	    {.called = SLICES(SLICE_LIT("acme coffee"), SLICE_LIT("acm\xc3\xa9")),
		.but_not = SLICES(SLICE_LIT("acme corporation"))}};
	const struct brand_set set = {.brands = brands, .brand_count = 1};
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			struct matcher *m = NULL;
			mem_fault_arm(nth, sticky != 0);
			int rc = matcher_new(&set, &m, NULL);
			bool hit = mem_fault_hit();
			mem_fault_arm(0, false);
			assert_int_equal(rc, m == NULL ? -1 : 0);
			matcher_unref(m);
			if (!hit) {
				assert_int_equal(rc, 0);
				break;
			}
		}
	}
}

static void
endless_phrases_are_refused(void **state)
{
	const struct brand brands[] = {{.called = SLICES(SLICE_LIT("a b c d e f g h i j k l m"))}};
	const struct brand_set set = {.brands = brands, .brand_count = 1};
	struct matcher *m = NULL;
	struct err err = {.kind = ERR_NONE};
	(void)state;
	assert_int_equal(matcher_new(&set, &m, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_null(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(brands_are_found_and_but_not_takes_words_away),
	    cmocka_unit_test(thousands_of_brands_in_a_text_of_names_take_linear_time),
	    cmocka_unit_test(a_matcher_is_built_whole_or_not_at_all),
	    cmocka_unit_test(endless_phrases_are_refused),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
