#include "nlp_support.h"

#include "core/brand.h"
#include "core/diag.h"
#include "core/post.h"
#include "core/rng.h"

static void
languages_we_cannot_score_are_named_and_left_neutral(void **state)
{
	static const struct {
		const char *text, *hint, *lang;
		bool is_scored;
		enum sentiment_label label;
	} CASES[] = {
	    {"Great coffee!", NULL, "en", true, SENTIMENT_POSITIVE},
	    {"Great coffee!", "en", "en", true, SENTIMENT_POSITIVE},
	    {"Worst coffee in town", "en-US", "en", true, SENTIMENT_NEGATIVE},
	    {"Der Kaffee ist leider furchtbar und ich bin sauer", NULL, "de", true,
		SENTIMENT_NEGATIVE},
	    {"Kaffeen er virkelig god, tak", NULL, "da", true, SENTIMENT_POSITIVE},
	    {"El caf\xc3\xa9 es horrible, qu\xc3\xa9 asco", NULL, "es", true, SENTIMENT_NEGATIVE},
	    {"Kawa jest okropna i jestem bardzo z\xc5\x82y", NULL, "pl", false, SENTIMENT_NEUTRAL},
	    {"Kawa!", "pl", "pl", false, SENTIMENT_NEUTRAL},
	    {"Ta kawa jest bardzo dobra \xf0\x9f\x98\x8d", NULL, "pl", false, SENTIMENT_NEUTRAL},
	    {"\xf0\x9f\x98\x8d\xf0\x9f\x98\x8d", NULL, "und", true, SENTIMENT_POSITIVE},
	    {"\xe5\x92\x96\xe5\x95\xa1\xe5\xbe\x88\xe5\xa5\xbd \xf0\x9f\x98\x8d\xf0\x9f\x98\x8d",
		NULL, "zh", false, SENTIMENT_NEUTRAL},
	    {"\xe5\x92\x96\xe5\x95\xa1\xe5\xbe\x88\xe5\xa5\xbd", NULL, "zh", false,
		SENTIMENT_NEUTRAL},
	    {"Kopi ini enak sekali kata teman saya kemarin", NULL, "id", false, SENTIMENT_NEUTRAL},
	    {"", NULL, "und", false, SENTIMENT_NEUTRAL},
	};
	struct desk *d = *state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct score s = desk_score_hinted(d, CASES[i].text, CASES[i].hint);
		if (strcmp(s.lang, CASES[i].lang) != 0 || s.is_scored != CASES[i].is_scored ||
		    s.label != CASES[i].label)
			fail_msg("'%s' (%s): %s, scored %d, %s", CASES[i].text, CASES[i].hint,
			    s.lang, s.is_scored, sentiment_label_name(s.label));
	}
	/* Nothing but ratings of signs is named: no word of a tag, and nothing learned. */
	struct score s = desk_score(d, "Ta kawa jest bardzo dobra #worstservice :(");
	assert_string_equal(s.lang, "pl");
	assert_int_equal(s.reason_count, 1);
	assert_text("entry", entry_text(s.reasons[0].entry), ":(");
	assert_true(s.reasons[0].entry->source == ENTRY_EMOTICON);
	assert_int_equal(s.reasons[0].effect_milli, 0);
	assert_text("modifiers", slice_of(s.reasons[0].modifiers),
	    "not counted: no lexicon for this language");
}

/* A word of several languages says the same in all that know it, or nothing is said. */
static void
a_short_text_is_read_where_the_languages_it_could_be_in_agree(void **state)
{
	static const struct {
		const char *text, *reader; /* the lexicon's language */
		enum sentiment_label label;
	} CASES[] = {
	    {"Super!", "en", SENTIMENT_POSITIVE},
	    {"wow", "en", SENTIMENT_POSITIVE},
	    {"perfekt", "da", SENTIMENT_POSITIVE},
	    {"Excelente", "es", SENTIMENT_POSITIVE},
	    {"Bravo", "it", SENTIMENT_POSITIVE},
	    {"WTF?", "en", SENTIMENT_NEGATIVE},
	    {"lort", "da", SENTIMENT_NEGATIVE},
	    {"Mist!", "de", SENTIMENT_NEGATIVE},
	    {"buyer beware!", "en", SENTIMENT_NEGATIVE},
	    /* nearest to Catalan, but not by much */
	    {"congrats ladies!!!", "en", SENTIMENT_POSITIVE},
	};
	struct desk *d = *state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct score s = desk_score(d, CASES[i].text);
		if (strcmp(s.lang, "und") != 0 || !s.is_scored || s.label != CASES[i].label ||
		    strncmp(s.lexicon, CASES[i].reader, 2) != 0)
			fail_msg("'%s': %s, scored %d, %s by %s", CASES[i].text, s.lang,
			    s.is_scored, sentiment_label_name(s.label), s.lexicon);
		assert_true(s.reason_count > 0);
	}
}

static void
nothing_is_said_of_a_short_text_when_languages_differ_or_none_knows_a_word(void **state)
{
	/* "grave": an English tomb, Portuguese bad news, but in a rating list of French no harm;
	 * "caro": dear, and dear */
	static const char *const TEXTS[] = {"grave", "caro", "hvala", "Nokia", "bvxq zzkrt", "42",
	    /* long texts, and those of a language we know and do not score, are let alone */
	    "super super super super super super super super", "Tak"};
	struct desk *d = *state;
	for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
		struct score s = desk_score(d, TEXTS[i]);
		if (s.is_scored || s.label != SENTIMENT_NEUTRAL || !s.is_unsure)
			fail_msg("'%s': %s, %s", TEXTS[i], s.lang, sentiment_label_name(s.label));
	}
	/* Nobody knows the word: the signs speak for themselves. */
	struct score s = desk_score(d, "hvala \xf0\x9f\x98\x8d");
	assert_int_equal(s.label, SENTIMENT_POSITIVE);
	assert_true(s.is_scored);
	/* So do they when they are many. */
	char many[400] = "lort";
	for (size_t len = 4; len + 5 < sizeof many; len += 4)
		memcpy(many + len, "\xf0\x9f\x98\x8d", 5);
	s = desk_score(d, many);
	assert_int_equal(s.label, SENTIMENT_POSITIVE);
	assert_memory_equal(s.lexicon, "en-", 3);
}

/* Rules' keywords are compared with stems: those of a text whose language is not told are its words,
 * whoever has read it, and whatever was read before. */
static void
who_reads_a_short_text_leaves_its_words_alone(void **state)
{
	static const char *const TEXTS[] = {
	    "perfekt", "Mist!", "wow-wow WTF?", "perfekt", "lort", "#perfekt wow", "wow"};
	struct desk *d = *state;
	for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
		struct score words, s = desk_score(d, TEXTS[i]);
		static const struct matcher *const NO_BRANDS[] = {NULL};
		assert_string_equal(s.lang, "und");
		assert_int_equal(nlp_words(d->scorer, d->set, NO_BRANDS, 1, slice_of(TEXTS[i]),
				     SLICE_NONE, d->arena, &words, NULL),
		    0);
		assert_string_equal(words.lang, "und");
		assert_int_equal(s.token_count, words.token_count);
		for (size_t k = 0; k < s.token_count; k++) {
			assert_true(slice_eq(token_stem(&s.tokens[k]), token_folded(&s.tokens[k])));
			assert_true(
			    slice_eq(token_stem(&s.tokens[k]), token_stem(&words.tokens[k])));
		}
	}
}

static void
every_language_with_a_lexicon_tells_good_from_bad(void **state)
{
	static const struct {
		const char *lang, *good, *bad;
	} CASES[] = {
	    {"en", "The new blend is wonderful, thank you so much!",
		"The new blend is horrible and nobody answers me."},
	    {"de", "Der neue Kaffee ist wunderbar, vielen Dank!",
		"Der neue Kaffee ist schrecklich und niemand antwortet mir."},
	    {"da", "Den nye kaffe er vidunderlig, mange tak!",
		"Den nye kaffe er forf\xc3\xa6rdelig, og jeg er meget vred."},
	    {"es", "El nuevo caf\xc3\xa9 es maravilloso, \xc2\xa1muchas gracias!",
		"El nuevo caf\xc3\xa9 es horrible y estoy muy enfadado."},
	    {"fr", "Le nouveau caf\xc3\xa9 est merveilleux, merci beaucoup !",
		"Le nouveau caf\xc3\xa9 est horrible et je suis tr\xc3\xa8s d\xc3\xa9\xc3\xa7u."},
	    {"it", "Il nuovo caff\xc3\xa8 \xc3\xa8 meraviglioso, grazie mille!",
		"Il nuovo caff\xc3\xa8 \xc3\xa8 orribile e il servizio \xc3\xa8 pessimo."},
	    {"pt", "O novo caf\xc3\xa9 \xc3\xa9 maravilhoso, muito obrigado!",
		"O novo caf\xc3\xa9 \xc3\xa9 horr\xc3\xadvel e o atendimento \xc3\xa9 "
		"p\xc3\xa9ssimo."},
	    {"nl", "De nieuwe koffie is heerlijk, hartelijk bedankt!",
		"De nieuwe koffie is verschrikkelijk en de service is slecht."},
	    {"sv", "Det nya kaffet \xc3\xa4r underbart, tack s\xc3\xa5 mycket!",
		"Det nya kaffet \xc3\xa4r hemskt och servicen \xc3\xa4r d\xc3\xa5lig."},
	    {"da", "Jeg elsker det, mange tak!", "Jeg elsker det ikke"},
	    {"sv", "Jag gillar detta v\xc3\xa4ldigt mycket", "Jag gillar inte detta alls"},
	    /* An idiom that negates by itself is not turned back. */
	    {"fr", "Je suis tr\xc3\xa8s content du service, merci",
		"Je ne suis pas content du service"},
	};
	struct desk *d = *state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct score good = desk_score(d, CASES[i].good);
		assert_string_equal(good.lang, CASES[i].lang);
		struct score bad = desk_score(d, CASES[i].bad);
		assert_string_equal(bad.lang, CASES[i].lang);
		if (good.label != SENTIMENT_POSITIVE || bad.label != SENTIMENT_NEGATIVE)
			fail_msg("%s: good %d, bad %d", CASES[i].lang, good.score_milli,
			    bad.score_milli);
	}
}

/* What a scorer keeps of words belongs to the lexicons it was found in. */
static void
a_scorer_goes_from_one_set_to_another(void **state)
{
	struct desk *d = *state;
	struct lexicon_set *brand = NULL;
	struct diag_list *diags = diag_list_new();
	struct slice text = SLICE_LIT("this blend is sick, really sick");
	struct score plain, own;
	assert_int_equal(lexicon_set_new(&brand, NULL), 0);
	assert_int_equal(
	    lexicon_set_add_vocabulary(brand, "acme.tsv", SLICE_LIT("sick\ten\t4\n"), diags, NULL),
	    0);
	for (int i = 0; i < 3; i++) {
		arena_reset(d->arena);
		assert_int_equal(nlp_score(d->scorer, d->set, NULL, text, SLICE_LIT("en"), d->arena,
				     &plain, NULL),
		    0);
		assert_int_equal(
		    nlp_score(d->scorer, brand, NULL, text, SLICE_LIT("en"), d->arena, &own, NULL),
		    0);
		assert_int_equal(plain.label, SENTIMENT_NEGATIVE);
		assert_int_equal(own.label, SENTIMENT_POSITIVE);
		assert_string_not_equal(plain.lexicon, own.lexicon);
	}
	lexicon_set_unref(brand);
	diag_list_free(diags);
}

static void
tokens_have_folded_form_and_stem(void **state)
{
	struct desk *d = *state;
	struct token *tokens;
	size_t count;
	assert_int_equal(nlp_tokenise(d->scorer, SLICE_LIT("Cancelling well-made COFFEES"),
			     SLICE_LIT("en"), d->arena, &tokens, &count, NULL),
	    0);
	assert_int_equal(count, 3);
	assert_text("folded", token_folded(&tokens[0]), "cancelling");
	assert_text("stem", token_stem(&tokens[0]), "cancel");
	assert_text("stem", token_stem(&tokens[1]), "well-mad");
	assert_text("stem", token_stem(&tokens[2]), "coffe");
	assert_int_equal(nlp_tokenise(d->scorer, SLICE_LIT("Cancelling"), SLICE_NONE, d->arena,
			     &tokens, &count, NULL),
	    0);
	assert_text("stem without a language", token_stem(&tokens[0]), "cancelling");
	assert_int_equal(
	    nlp_tokenise(d->scorer, SLICE_NONE, SLICE_NONE, d->arena, &tokens, &count, NULL), 0);
	assert_int_equal(count, 0);
	struct score s = desk_score(d, "I was cancelling the order");
	assert_text("a post's stem", token_stem(&s.tokens[2]), "cancel");
}

/* Texts drawn from pieces that hurt, in any order. */
static struct slice
draw(struct rng *rng, char *out, size_t cap)
{
	static const char *const PIECES[] = {
	    "good",
	    "not ",
	    "never ",
	    "very ",
	    "but ",
	    "BAD",
	    "!",
	    "?",
	    "...",
	    " ",
	    "\n",
	    "'",
	    "-",
	    "@acme",
	    "#fail",
	    "http://x.y/",
	    "\xf0\x9f\x91\x8d",
	    "\xf0\x9f\x8f\xbd",
	    "\xe2\x80\x8d",
	    "\xef\xb8\x8f",
	    "\xe2\x83\xa3",
	    "1",
	    ":)",
	    "<3",
	    "\xcc\x81",
	    "\xc2\xbd",
	    "\xe2\x80\xa6",
	    "\xef\xb7\xba",
	    "\xc3\x9f",
	    "\xe4\xb8\xad",
	    "\xe1\x84\x92",
	    "\xe1\x85\xa1",
	    "\xf0\x9f\x87\xa9",
	    "soooo",
	    "acme's ",
	    "\xe2\x80\x99",
	    ",",
	    "der ",
	    "und ",
	    ".",
	    "@",
	    "#",
	    "*",
	    "_",
	    "love ",
	    "\xef\xbf\xbd",
	    "\xd9\x87",
	};
	size_t len = 0;
	while (len + 16 < cap) {
		const char *p = PIECES[rng_below(rng, COUNT_OF(PIECES))];
		memcpy(out + len, p, strlen(p));
		len += strlen(p);
	}
	return slice_make(out, len);
}

static bool
is_same(const struct score *a, const struct score *b)
{
	if (a->token_count != b->token_count || a->reason_count != b->reason_count ||
	    a->score_milli != b->score_milli || a->intents != b->intents ||
	    strcmp(a->lang, b->lang) != 0 || a->is_unsure != b->is_unsure)
		return false;
	for (size_t i = 0; i < a->token_count; i++) {
		if (!slice_eq(token_folded(&a->tokens[i]), token_folded(&b->tokens[i])) ||
		    !slice_eq(token_stem(&a->tokens[i]), token_stem(&b->tokens[i])))
			return false;
	}
	for (size_t i = 0; i < a->reason_count; i++) {
		if (!slice_eq(entry_text(a->reasons[i].entry), entry_text(b->reasons[i].entry)) ||
		    a->reasons[i].effect_milli != b->reasons[i].effect_milli ||
		    !slice_eq(slice_of(a->reasons[i].modifiers), slice_of(b->reasons[i].modifiers)))
			return false;
	}
	return true;
}

static void
any_text_keeps_the_laws_and_scores_the_same_again(void **state)
{
	struct desk *d = *state;
	struct rng rng;
	char text[300];
	rng_init(&rng, 20251122);
	struct arena *second = arena_new(ARENA_MAX);
	for (int i = 0; i < 3000; i++) {
		struct score a, b;
		struct slice t = draw(&rng, text, 20 + (size_t)rng_below(&rng, 280));
		struct scorer *fresh = i % 50 == 0 ? scorer_new() : d->scorer;
		arena_reset(d->arena);
		arena_reset(second);
		assert_int_equal(
		    nlp_score(d->scorer, d->set, NULL, t, SLICE_NONE, d->arena, &a, NULL), 0);
		check_laws(&a, t);
		assert_int_equal(
		    nlp_score(fresh, d->set, NULL, t, SLICE_NONE, second, &b, NULL), 0);
		if (!is_same(&a, &b))
			fail_msg("scored differently the second time: '%.*s'", SLICE_ARG(t));
		if (fresh != d->scorer)
			scorer_free(fresh);
	}
	arena_free(second);
}

static void
hostile_texts_take_linear_time_and_keep_the_laws(void **state)
{
	static const char *const PIECES[] = {
	    "!",
	    "good ",
	    "not ",
	    "@a ",
	    "#a ",
	    "a.",
	    "very ",
	    "but ",
	    "soooo ",
	    "good but ",
	    "not good ",
	    "\xcc\x81\xcc\xa3",
	    "x-",
	    "\xf0\x9f\x91\x8d",
	    "\xf0\x9f\x91\xa8\xe2\x80\x8d",
	    ":)",
	    "acme corporation ",
	    "switch ",
	    "a b c d e f g h i j ",
	    "?!",
	    "? ",
	    ", ",
	    "- ",
	    "\" ",
	    "http://x.y ",
	    "\n",
	    "NOT GOOD ",
	    "kind of ",
	    "waste of ",
	    "\xe4\xb8\xad",
	};
	const struct slice called[] = {SLICE_LIT("acme")},
			   but_not[] = {SLICE_LIT("acme corporation")};
	const struct brand brand = {.called = {called, 1}, .but_not = {but_not, 1}};
	const struct brand_set brands = {.brands = &brand, .brand_count = 1};
	struct desk *d = *state;
	struct matcher *m = NULL;
	size_t len = 1u << 20;
	char *text = mem_alloc(len + 32);
	assert_int_equal(matcher_new(&brands, &m, NULL), 0);
	for (size_t p = 0; p < COUNT_OF(PIECES); p++) {
		struct score s;
		size_t n = strlen(PIECES[p]), used = 0;
		for (; used + n <= len; used += n)
			memcpy(text + used, PIECES[p], n);
		struct slice t = slice_make(text, used);
		/* Four times the length may take eight times as long, not sixteen times. */
		const size_t lens[] = {POST_TEXT_MAX / 4, used};
		double took[COUNT_OF(lens)];
		for (size_t k = 0; k < COUNT_OF(lens); k++) {
			arena_reset(d->arena);
			double start = cpu_seconds();
			assert_int_equal(nlp_score(d->scorer, d->set, m, utf8_prefix(t, lens[k]),
					     SLICE_NONE, d->arena, &s, NULL),
			    0);
			took[k] = cpu_seconds() - start;
		}
		if (took[1] > 8 * took[0] + 0.1)
			fail_msg("'%s' again and again: %.3f s, four times the length %.3f s",
			    PIECES[p], took[0], took[1]);
		check_laws(&s, utf8_prefix(t, POST_TEXT_MAX));
	}
	matcher_unref(m);
	mem_free(text);
}

static void
scoring_survives_every_failed_allocation(void **state)
{
	const struct slice called[] = {SLICE_LIT("acme")};
	const struct brand brand = {.called = {called, 1}};
	const struct brand_set brands = {.brands = &brand, .brand_count = 1};
	struct slice text = SLICE_LIT("Acme's caf\xc3\xa9 is NOT very goood, but I love it! "
				      "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd How do I cancel?");
	struct desk *d = *state;
	struct matcher *m = NULL;
	assert_int_equal(matcher_new(&brands, &m, NULL), 0);
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			struct score s;
			struct err err = {.kind = ERR_NONE};
			struct arena *a = NULL;
			mem_fault_arm(nth, sticky != 0);
			struct scorer *fresh = scorer_new();
			int rc = -1;
			if (fresh != NULL && (a = arena_new(ARENA_MAX)) != NULL)
				rc = nlp_score(fresh, d->set, m, text, SLICE_NONE, a, &s, &err);
			bool hit = mem_fault_hit();
			mem_fault_arm(0, false);
			assert_int_equal(rc, hit ? -1 : 0);
			if (rc == 0)
				check_laws(&s, text);
			scorer_free(fresh);
			arena_free(a);
			if (!hit)
				break;
		}
	}
	matcher_unref(m);
}

#define ARENA_FIRST_BYTES 4096 /* of its first block */

/* A scorer that has met every word asks the arena alone for memory: whichever asks when its first block is used up
 * may fail, once. */
static void
a_scorer_that_knows_all_words_survives_every_failed_allocation(void **state)
{
	/* stems that are no beginnings, tags and possessives; a text whose language is not told;
	 * a stem that is too different to be kept */
	static const char *const TEXTS[] = {
	    "Happy days: Acme's #GoodDay is NOT what I tried, but I "
	    "love it! (happily) goooood \"truly\"",
	    "perfekt #wow goooood", "Mist! happy",
	    "Die H\xc3\xa4userbl\xc3\xb6"
	    "cken sind sehr sch\xc3\xb6n geworden"};
	struct desk *d = *state;
	for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
		struct slice text = slice_of(TEXTS[i]);
		struct score want = desk_score(d, TEXTS[i]), s;
		unsigned failed = 0;
		for (size_t used = 16; used <= ARENA_FIRST_BYTES; used += 16) {
			struct arena *a = arena_new(ARENA_MAX);
			assert_non_null(a);
			assert_non_null(arena_alloc(a, used));
			mem_fault_arm(1, false);
			int rc = nlp_score(d->scorer, d->set, NULL, text, SLICE_NONE, a, &s, NULL);
			bool hit = mem_fault_hit();
			mem_fault_arm(0, false);
			assert_int_equal(rc, hit ? -1 : 0);
			assert_true(rc < 0 || is_same(&s, &want));
			failed += hit;
			arena_free(a);
		}
		assert_in_range(failed, 20, ARENA_FIRST_BYTES / 16);
	}
}

/* Of a word with other spellings the stems of those are looked up as well: without memory nothing of it is kept. */
static void
words_met_for_the_first_time_survive_every_failed_allocation(void **state)
{
	struct desk *d = *state;
	unsigned failed = 0;
	for (size_t used = 16; used <= ARENA_FIRST_BYTES; used += 16) {
		char text[96];
		struct score s;
		struct arena *a = arena_new(ARENA_MAX);
		assert_non_null(a);
		assert_non_null(arena_alloc(a, used));
		/* "...ppy" has the stem "...ppi", which is no beginning of it. */
		snprintf(text, sizeof text, "my h%c%cppy's #bl%c%cppy and l%c%cppyyy friend",
		    (char)('a' + used / 256), (char)('a' + used / 16 % 16),
		    (char)('a' + used / 256), (char)('a' + used / 16 % 16),
		    (char)('a' + used / 256), (char)('a' + used / 16 % 16));
		mem_fault_arm(1, false);
		int rc = nlp_score(
		    d->scorer, d->set, NULL, slice_of(text), SLICE_LIT("en"), a, &s, NULL);
		bool hit = mem_fault_hit();
		mem_fault_arm(0, false);
		assert_int_equal(rc, hit ? -1 : 0);
		failed += hit;
		/* Nor does anything of it make the next one fail. */
		assert_true(desk_score_hinted(d, text, "en").is_scored);
		arena_free(a);
	}
	assert_in_range(failed, 20, ARENA_FIRST_BYTES / 16);
}

/* Words without weights: the same tokens and brands, whichever scorer met which text before. */
static void
words_alone_are_those_of_the_score(void **state)
{
	static const char *const texts[] = {
	    "The new blend of Acme is wonderful, thank you so much! #acmelove @acme",
	    "Der neue Kaffee von ACME's Laden ist schrecklich :( und niemand antwortet mir",
	    "Den nye kaffe er vidunderlig, mange tak! not-so-hot well-known #TotallyAcme",
	    "Kawa jest okropna i jestem bardzo z\xc5\x82y", "\xf0\x9f\x98\x8d 10.5 % !!",
	    "soooo gooood, initech https://acme.example/x", ""};
	struct desk *d = *state;
	const struct slice acme[] = {SLICE_LIT("acme"), SLICE_LIT("@acme")};
	const struct slice initech[] = {SLICE_LIT("initech"), SLICE_LIT("kaffee")};
	const struct brand brands[] = {
	    {.called = {acme, 2}}, {.called = {initech, 2}}, {.called = {acme, 1}}};
	const struct brand_set sets[] = {
	    {.brands = brands, .brand_count = 2}, {.brands = brands + 1, .brand_count = 2}};
	struct matcher *matchers[3] = {NULL};
	struct scorer *fresh = scorer_new();
	struct err err;
	assert_non_null(fresh);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(matcher_new(&sets[i], &matchers[i], &err), 0);
	for (size_t i = 0; i < 3 * COUNT_OF(texts); i++) {
		struct slice text = slice_of(texts[i % COUNT_OF(texts)]);
		struct score words[3];
		assert_int_equal(nlp_words(fresh, d->set, (const struct matcher *const *)matchers,
				     3, text, SLICE_NONE, d->arena, words, &err),
		    0);
		for (size_t k = 0; k < 3; k++) {
			struct score s, *w = &words[k];
			/* Both ways round: what one leaves in its memory the other may use. */
			assert_int_equal(nlp_score(i % 2 == 0 ? d->scorer : fresh, d->set,
					     matchers[k], text, SLICE_NONE, d->arena, &s, &err),
			    0);
			assert_int_equal(w->token_count, s.token_count);
			for (size_t t = 0; t < s.token_count; t++) {
				assert_int_equal(w->tokens[t].kind, s.tokens[t].kind);
				assert_int_equal(w->tokens[t].start, s.tokens[t].start);
				assert_true(slice_eq(
				    token_folded(&w->tokens[t]), token_folded(&s.tokens[t])));
				assert_true(
				    slice_eq(token_stem(&w->tokens[t]), token_stem(&s.tokens[t])));
			}
			assert_int_equal(w->brand_count, s.brand_count);
			for (size_t n = 0; n < s.brand_count; n++)
				assert_int_equal(w->brands[n], s.brands[n]);
			assert_string_equal(w->lang, s.lang);
		}
	}
	for (size_t i = 0; i < 2; i++)
		matcher_unref(matchers[i]);
	scorer_free(fresh);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(languages_we_cannot_score_are_named_and_left_neutral),
	    cmocka_unit_test(a_short_text_is_read_where_the_languages_it_could_be_in_agree),
	    cmocka_unit_test(
		nothing_is_said_of_a_short_text_when_languages_differ_or_none_knows_a_word),
	    cmocka_unit_test(who_reads_a_short_text_leaves_its_words_alone),
	    cmocka_unit_test(every_language_with_a_lexicon_tells_good_from_bad),
	    cmocka_unit_test(a_scorer_goes_from_one_set_to_another),
	    cmocka_unit_test(tokens_have_folded_form_and_stem),
	    cmocka_unit_test(any_text_keeps_the_laws_and_scores_the_same_again),
	    cmocka_unit_test(hostile_texts_take_linear_time_and_keep_the_laws),
	    cmocka_unit_test(words_alone_are_those_of_the_score),
	    cmocka_unit_test(scoring_survives_every_failed_allocation),
	    cmocka_unit_test(words_met_for_the_first_time_survive_every_failed_allocation),
	    cmocka_unit_test(a_scorer_that_knows_all_words_survives_every_failed_allocation),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
