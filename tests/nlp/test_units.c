#include "nlp_support.h"

static void
clauses_and_sentences_are_counted(void **state)
{
	static const struct {
		const char *text;
		const char *places; /* for each unit: clause.sentence */
	} CASES[] = {
	    {"a b", "0.0 0.0"},
	    {"aa, bb", "0.0 1.0"},
	    {"aa. bb", "0.0 1.1"},
	    {"aa (bb) cc", "0.0 1.0 2.0"},
	    {"aa - bb", "0.0 1.0"},
	    {"aa \xe2\x80\x94 bb", "0.0 1.0"},
	    {"aa\nbb", "0.0 1.1"},
	    {"aa! bb", "0.0 0.0 1.1"},
	    {"aa-bb cc", "0.0 0.0 0.0"},
	    {"\xe2\x80\x9c"
	     "aa\xe2\x80\x9d bb",
		"0.0 1.0"},
	    {"", ""},
	};
	struct cutting c = {0};
	struct arena *a = arena_new(ARENA_MAX);
	char got[128];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		size_t len = 0;
		got[0] = '\0';
		assert_int_equal(units_cut_text(&c, slice_of(CASES[i].text), a, NULL), 0);
		for (size_t k = 0; k < c.units.count; k++)
			len += (size_t)snprintf(got + len, sizeof got - len, "%s%u.%u",
			    k > 0 ? " " : "", c.units.items[k].clause, c.units.items[k].sentence);
		if (strcmp(got, CASES[i].places) != 0)
			fail_msg("'%s': got %s, want %s", CASES[i].text, got, CASES[i].places);
	}
	units_cutting_fini(&c);
	arena_free(a);
}

static void
parts_of_hyphened_words_have_their_own_range(void **state)
{
	struct cutting c = {0};
	struct arena *a = arena_new(ARENA_MAX);
	struct slice text = SLICE_LIT("x Caf\xc3\xa9-Acme-\xc3\x9f y");
	static const char *const WANT[] = {"x", "Caf\xc3\xa9", "Acme", "\xc3\x9f", "y"};
	(void)state;
	assert_int_equal(units_cut_text(&c, text, a, NULL), 0);
	assert_int_equal(c.units.count, COUNT_OF(WANT));
	for (size_t i = 0; i < COUNT_OF(WANT); i++) {
		const struct unit *u = &c.units.items[i];
		assert_text("part", slice_make(text.ptr + u->start, u->len), WANT[i]);
	}
	assert_int_equal(c.units.items[3].token, 1);
	units_cutting_fini(&c);
	arena_free(a);
}

static void
quoted_words_are_marked(void **state)
{
	static const struct {
		const char *text, *quoted; /* a letter a unit: q quoted, - not */
	} CASES[] = {
	    {"aa \"bb cc\" dd", "-qq-"},
	    {"\"aa\" bb \"cc\"", "q-q"},
	    {"aa \xe2\x80\x9c"
	     "bb cc\xe2\x80\x9d dd",
		"-qq-"},
	    {"aa \xe2\x80\x9e"
	     "bb\xe2\x80\x9c cc \xe2\x80\x9e"
	     "dd\xe2\x80\x9d",
		"-q-q"},
	    {"\xc2\xab"
	     "aa\xc2\xbb bb \xc2\xbb"
	     "cc\xc2\xab",
		"q-q"},
	    {"a 5\" screen and a 6\" one", "-------"},
	    {"it's 'not' this", "---"},
	    {"aa \"bb cc", "---"},
	    {"aa \"bb\ncc\" dd", "----"},
	    {"aa\" bb\" cc", "---"},
	    {"aa \"bb \"cc\" dd", "--q-"},
	    {"(\"aa\")", "q"},
	    {"aa \"bb! cc.\" dd", "-qqq-"},
	    {"\"\" aa \"\"", "-"},
	    {"RT @aa: bb cc", "--qq"},
	    {"aa RT @bb: cc\ndd", "---qq"},
	    {"rt @aa: bb", "---"},
	    {"RT @aa bb", "---"},
	    {"@aa: bb", "--"},
	    {"RT: @aa: bb", "--q"},
	};
	struct cutting c = {0};
	struct arena *a = arena_new(ARENA_MAX);
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		char got[16] = "";
		assert_int_equal(units_cut_text(&c, slice_of(CASES[i].text), a, NULL), 0);
		for (size_t k = 0; k < c.units.count; k++)
			got[k] = c.units.items[k].is_quoted ? 'q' : '-';
		if (strcmp(got, CASES[i].quoted) != 0)
			fail_msg("'%s': got %s, want %s", CASES[i].text, got, CASES[i].quoted);
	}
	units_cutting_fini(&c);
	arena_free(a);
}

/* Quotes that close far away enclose no quotation. */
static void
a_quotation_has_an_end_in_sight(void **state)
{
	struct cutting c = {0};
	struct arena *a = arena_new(ARENA_MAX);
	(void)state;
	for (int words = QUOTED_UNITS_MAX - 1; words <= QUOTED_UNITS_MAX + 1; words++) {
		char text[512] = "\"";
		size_t len = 1;
		for (int i = 0; i < words; i++)
			len += (size_t)snprintf(
			    text + len, sizeof text - len, "%sab", i > 0 ? " " : "");
		snprintf(text + len, sizeof text - len, "\" cd");
		assert_int_equal(units_cut_text(&c, slice_of(text), a, NULL), 0);
		for (size_t k = 0; k < c.units.count; k++)
			assert_int_equal(c.units.items[k].is_quoted,
			    words <= QUOTED_UNITS_MAX && k < (size_t)words);
	}
	units_cutting_fini(&c);
	arena_free(a);
}

/* With in_arena the tokens of one text outlive the cutting of the next, however many they are. */
static void
tokens_can_lie_in_the_arena(void **state)
{
	struct cutting c = {.tokens.in_arena = true}, d = {0};
	struct arena *a = arena_new(ARENA_MAX);
	char text[400];
	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = "a!"[i % 2];
	for (size_t len = 0; len <= sizeof text; len += 25) {
		assert_int_equal(units_cut_text(&c, slice_make(text, len), a, NULL), 0);
		const struct token *tokens = c.tokens.items;
		size_t count = c.tokens.count;
		assert_int_equal(units_cut_text(&c, SLICE_LIT("other words"), a, NULL), 0);
		assert_int_equal(units_cut_text(&d, slice_make(text, len), a, NULL), 0);
		assert_int_equal(count, d.tokens.count);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(tokens[i].start, d.tokens.items[i].start);
			assert_true(
			    slice_eq(token_folded(&tokens[i]), token_folded(&d.tokens.items[i])));
		}
	}
	units_cutting_fini(&c);
	units_cutting_fini(&d);
	arena_free(a);
}

/* Texts in which every step reads ahead: marks, keycaps, joiners, addresses, possessives, quotes. */
static const char *const READ_AHEAD[] = {
    "Sooo caf\xc3\xa9 \xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd\xe2\x80\x8d\xf0\x9f\x91\xa9 ACME's",
    "@a@b.social #ThisTag's http://x.org/a_(b) bob@acme.com 10:30, 5% well-made",
    "\"don\xe2\x80\x99t\" \xe2\x80\x9equ\xc3\xb6te\xe2\x80\x9c \xc2\xabx\xc2\xbb RT @a: b",
    "e\xcc\x81 1\xef\xb8\x8f\xe2\x83\xa3 :-)))) <333 xD f**k ^_^ -\\_(\xe3\x83\x84)_/-",
    "hei\xc3\x9f \xe4\xb8\xad\xe6\x96\x87 \xd0\x9f\xd0\xa0 \xef\xb7\xba \xe2\x80\xa6 wait...",
    "exactly sixteen!twice sixteen!!!and one more word than blocks hold",
};

static void
assert_same_key(const struct word_key *x, const struct word_key *y)
{
	assert_true(slice_eq(x->text, y->text));
	assert_true(x->hash == y->hash && x->hash == word_hash(x->text));
}

static void
assert_same_cut(const struct cutting *x, const struct cutting *y)
{
	assert_int_equal(x->tokens.count, y->tokens.count);
	assert_int_equal(x->units.count, y->units.count);
	for (size_t i = 0; i < x->tokens.count; i++) {
		const struct token *s = &x->tokens.items[i], *t = &y->tokens.items[i];
		assert_true(s->start == t->start && s->len == t->len && s->kind == t->kind &&
		    s->is_caps == t->is_caps && s->is_elongated == t->is_elongated &&
		    s->ends_sentence == t->ends_sentence &&
		    slice_eq(token_folded(s), token_folded(t)));
	}
	for (size_t i = 0; i < x->units.count; i++) {
		const struct unit *u = &x->units.items[i], *v = &y->units.items[i];
		assert_true(u->kind == v->kind && u->is_caps == v->is_caps &&
		    u->is_elongated == v->is_elongated && u->token == v->token &&
		    u->start == v->start && u->len == v->len && u->clause == v->clause &&
		    u->sentence == v->sentence && u->is_quoted == v->is_quoted &&
		    u->other_count == v->other_count);
		struct word_key one = unit_key(u), other = unit_key(v);
		assert_same_key(&one, &other);
		for (size_t k = 0; k < u->other_count; k++)
			assert_same_key(&u->others[k], &v->others[k]);
	}
}

/* Every prefix of the texts alone in its heap block, where one byte too many is found out, and
 * amid garbage at every alignment. */
static void
nothing_but_the_text_decides(void **state)
{
	static const char *const GARBAGE[] = {
	    "aaaa", "\xcc\x81\xcc\x81", "'s\"@", "\xff\xff\xff\xff", "\xe2\x83\xa3)"};
	struct cutting alone = {0}, amid = {0};
	struct arena *a = arena_new(ARENA_MAX), *b = arena_new(ARENA_MAX);
	char buf[256];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(READ_AHEAD); i++) {
		struct slice text = slice_of(READ_AHEAD[i]);
		for (size_t len = 0; len <= text.len; len++) {
			struct slice prefix = utf8_prefix(text, len);
			char *block = mem_dup(prefix.ptr, prefix.len);
			const char *garbage = GARBAGE[len % COUNT_OF(GARBAGE)];
			size_t shift = 4 + len % 16;
			arena_reset(a);
			arena_reset(b);
			assert_int_equal(
			    units_cut_text(&alone, slice_make(block, prefix.len), a, NULL), 0);
			for (size_t k = 0; k < sizeof buf; k++)
				buf[k] = garbage[k % 4];
			memcpy(buf + shift, prefix.ptr, prefix.len);
			assert_int_equal(
			    units_cut_text(&amid, slice_make(buf + shift, prefix.len), b, NULL), 0);
			assert_same_cut(&alone, &amid);
			mem_free(block);
		}
	}
	units_cutting_fini(&alone);
	units_cutting_fini(&amid);
	arena_free(a);
	arena_free(b);
}

static void
cutting_survives_every_failed_allocation(void **state)
{
	struct slice text = SLICE_LIT(
	    "Sooo caf\xc3\xa9 \xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd\xe2\x80\x8d\xf0\x9f\x91\xa9 Acme's "
	    "#tag @a@b.social well-made :)))");
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			struct cutting c = {0};
			struct arena *a = arena_new(ARENA_MAX);
			struct err err = {.kind = ERR_NONE};
			mem_fault_arm(nth, sticky != 0);
			int rc = units_cut_text(&c, text, a, &err);
			bool hit = mem_fault_hit();
			mem_fault_arm(0, false);
			assert_int_equal(rc, hit ? -1 : 0);
			assert_true(!hit || err.kind == ERR_NOMEM);
			units_cutting_fini(&c);
			arena_free(a);
			if (!hit)
				break;
		}
	}
}

/* An arena of any size either suffices or is reported. */
static void
a_full_arena_is_an_error_not_a_wrong_answer(void **state)
{
	struct slice text =
	    SLICE_LIT("Sooo \xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd gooood Acme's #tag @a@b.social");
	struct cutting c = {0};
	bool was_enough = false;
	(void)state;
	for (size_t ceiling = 16; ceiling < 65536; ceiling += ceiling < 2048 ? 16 : 4096) {
		struct arena *a = arena_new(ceiling);
		int rc = units_cut_text(&c, text, a, NULL);
		assert_true(rc == 0 || !was_enough);
		was_enough = rc == 0;
		arena_free(a);
	}
	assert_true(was_enough);
	units_cutting_fini(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(clauses_and_sentences_are_counted),
	    cmocka_unit_test(parts_of_hyphened_words_have_their_own_range),
	    cmocka_unit_test(quoted_words_are_marked),
	    cmocka_unit_test(a_quotation_has_an_end_in_sight),
	    cmocka_unit_test(tokens_can_lie_in_the_arena),
	    cmocka_unit_test(nothing_but_the_text_decides),
	    cmocka_unit_test(cutting_survives_every_failed_allocation),
	    cmocka_unit_test(a_full_arena_is_an_error_not_a_wrong_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
