#include "nlp_support.h"

#include "nlp/language.h"

extern const char embed_corpora_languages_tsv[], embed_corpora_languages_tsv_end[];

static const struct {
	const char *text, *hint, *lang;
} CASES[] = {
    {"The coffee at this place is really not what it was", NULL, "en"},
    {"Der Kaffee ist leider nicht mehr so gut wie früher", NULL, "de"},
    {"Kaffen er ikke længere så god som den var", NULL, "da"},
    {"El café ya no es tan bueno como antes, qué pena", NULL, "es"},
    {"Le café n'est plus aussi bon qu'avant, c'est dommage", NULL, "fr"},
    {"Il caffè non è più buono come una volta", NULL, "it"},
    {"O café não está tão bom como antes", NULL, "pt"},
    {"De koffie is niet meer zo lekker als vroeger", NULL, "nl"},
    {"Kaffet är inte så gott som det var förut", NULL, "sv"},
    {"Kaffen er dessverre ikke like god som den var før", NULL, "no"},
    {"For en nydelig dag på fjellet", NULL, "no"},
    {"Moren min ringte og vi lo i en time", NULL, "no"},
    {"Hvem vant kampen i går?", NULL, "no"},
    {"Hvem vandt kampen i går?", NULL, "da"},
    {"Alle havde det sjovt med børnene", NULL, "da"},
    {"Kahvi ei ole enää yhtä hyvää kuin ennen", NULL, "fi"},
    {"Kawa nie jest już tak dobra jak kiedyś", NULL, "pl"},
    {"Káva už není tak dobrá jako dřív", NULL, "cs"},
    {"Кофе здесь уже не такой вкусный, как раньше", NULL, "ru"},
    {"Кава тут вже не така смачна, як була раніше", NULL, "uk"},
    {"Ο καφές δεν είναι πια τόσο καλός", NULL, "el"},
    {"Kahve artık eskisi kadar güzel değil", NULL, "tr"},
    {"A kávé már nem olyan jó, mint régen volt", NULL, "hu"},
    {"Cafeaua nu mai este la fel de bună ca înainte", NULL, "ro"},
    {"القهوة هنا لم تعد جيدة كما كانت", NULL, "ar"},
    {"قهوه اینجا دیگر مثل قبل خوب نیست", NULL, "fa"},
    {"הקפה כאן כבר לא טוב כמו פעם", NULL, "he"},
    {"यहाँ की कॉफी अब पहले जैसी अच्छी नहीं है", NULL, "hi"},
    {"ここのコーヒーは前ほど美味しくない", NULL, "ja"},
    {"这里的咖啡没有以前好喝了", NULL, "zh"},
    {"여기 커피는 예전처럼 맛있지 않아요", NULL, "ko"},
    {"El cafè ja no és tan bo com abans, és una llàstima", NULL, "ca"},
    {"Kopinya sudah tidak seenak dulu lagi", NULL, "id"},
    {"Cà phê ở đây không còn ngon như trước", NULL, "vi"},
    {"Кафето вече не е толкова хубаво, колкото беше", NULL, "bg"},
    {"กาแฟที่นี่ไม่อร่อยเหมือนเดิม", NULL, "th"},
    /* as people write: without accents, capitals, with borrowed words */
    {"el cafe de aqui ya no esta tan bueno como antes que pena", NULL, "es"},
    {"o cafe nao esta mais tao bom como antes viu", NULL, "pt"},
    {"MAN DER KAFFEE IST HEUTE ECHT SCHLECHT", NULL, "de"},
    {"lol das meeting heute war echt nice aber der kaffee nicht", NULL, "de"},
    {"jeg har lige fået en ny iPhone og den er mega cool", NULL, "da"},
    {"I loooove this place soooo much", NULL, "en"},
    /* no small word, yet clear */
    {"Great coffee!", NULL, "en"},
    {"Great coffee!", "english", "en"},
    {"Awful service", "xx", "en"},
    /* evidence beats the hint */
    {"Der Kaffee ist leider nicht mehr so gut", "en", "de"},
    {"The coffee is not what it was", "de", "en"},
    /* words that many languages share, no words, scripts of none of ours: the hint or nothing */
    {"ok", NULL, "und"},
    {"Haha ok lol omg wow lol haha", NULL, "und"},
    {"Follow me and I follow back, free followers, click here", NULL, "en"},
    {"lol", NULL, "und"},
    {"Pizza", NULL, "und"},
    {"Pizza", "it", "it"},
    {"Haha ok lol", "de-DE", "de"},
    {"Haha ok lol", "DE_at", "de"},
    {"OK!", "nb", "no"},
    {"", NULL, "und"},
    {"", "en", "en"},
    {"42 100% 3.5", NULL, "und"},
    {"@acme #acme http://acme.com 😀 :)", NULL, "und"},
    {"Tak!", NULL, "pl"},
    {"Tak!", "da", "da"},
    {"Tak!", "cs", "cs"},
    {"Ja!", "de", "de"},
    {"jo", "da", "da"},
    {"Great", "da", "en"},
    {"Tack", "de", "sv"},
    {"ja", "en", "und"},
    {"bvxq zzkrt wqpl", NULL, "und"},
    {"ქართული ყავა ძალიან გემრიელია", "en", "und"},
    /* Latvian and Albanian: letters we read, words of no language we know */
    {"Kafija šeit vairs nav tik garšīga, kā bija agrāk, ļoti žēl", NULL, "und"},
    {"Kafeja këtu nuk është më aq e mirë sa ka qenë më parë, çfarë turpi", NULL, "und"},
    {"இந்த காபி மிகவும் நன்றாக இருக்கிறது", NULL, "und"},
};

static struct language_model *
model_open(void)
{
	struct language_model *m = NULL;
	struct err err = {.kind = ERR_NONE};
	struct slice table = slice_make(embed_corpora_languages_tsv,
	    (size_t)(embed_corpora_languages_tsv_end - embed_corpora_languages_tsv));
	if (language_model_new("languages.tsv", table, &m, &err) < 0)
		fail_msg("%s", err.text);
	return m;
}

static void
add_text(struct language_sums *s, const struct language_model *m, const char *text, struct arena *a)
{
	struct cutting c = {0};
	assert_int_equal(units_cut_text(&c, slice_of(text), a, NULL), 0);
	for (size_t i = 0; i < c.units.count; i++) {
		struct language_vector v;
		if (c.units.items[i].kind != TOKEN_WORD)
			continue;
		language_word_vector(m, unit_text(&c.units.items[i]), &v);
		for (int k = LANGUAGE_UND + 1; k < LANGUAGE_SLOTS; k++)
			s->v[k] = (int16_t)(s->v[k] + v.v[k]);
		s->in_common += v.v[LANGUAGE_UND];
		s->words++;
		s->letters += c.units.items[i].folded_len;
	}
	units_cutting_fini(&c);
}

static void
languages_are_told(void **state)
{
	struct language_model *m = model_open();
	struct arena *a = arena_new(ARENA_MAX);
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct language_sums s = {.words = 0};
		int32_t margin = -1;
		add_text(&s, m, CASES[i].text, a);
		enum language got = language_decide(&s, slice_of(CASES[i].hint), &margin);
		if (strcmp(language_code(got), CASES[i].lang) != 0)
			fail_msg("'%s': got %s (margin %d), want %s", CASES[i].text,
			    language_code(got), margin, CASES[i].lang);
		assert_true(margin >= 0);
		assert_true(got != LANGUAGE_UND || margin == 0);
	}
	language_model_free(m);
	arena_free(a);
}

static void
the_vector_of_a_text_is_the_sum_of_its_words(void **state)
{
	struct language_model *m = model_open();
	struct arena *a = arena_new(ARENA_MAX);
	struct language_sums whole = {.words = 0}, parts = {.words = 0};
	(void)state;
	add_text(&whole, m, "Der Kaffee schmeckt here really good, oder nicht", a);
	add_text(&parts, m, "nicht", a);
	add_text(&parts, m, "here really good oder", a);
	add_text(&parts, m, "Der Kaffee schmeckt", a);
	assert_memory_equal(&whole, &parts, sizeof whole);
	language_model_free(m);
	arena_free(a);
}

static void
a_word_speaks_within_limits(void **state)
{
	static const char *const words[] = {"og", "ikke", "don't", "der", "x", "",
	    "rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz", "コーヒー", "咖",
	    "ყავა", "кофе", "lol"};
	struct language_model *m = model_open();
	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct language_vector v, again;
		int best = INT16_MIN;
		memset(&v, 0x55, sizeof v);
		language_word_vector(m, slice_of(words[i]), &v);
		language_word_vector(m, slice_of(words[i]), &again);
		assert_memory_equal(&v, &again, sizeof v);
		assert_true(v.v[LANGUAGE_UND] >= 0);
		for (int k = LANGUAGE_UND + 1; k < LANGUAGE_COUNT; k++) {
			assert_true(v.v[k] <= 0 && v.v[k] >= -LANGUAGE_WORD_MAX);
			best = v.v[k] > best ? v.v[k] : best;
		}
		for (int k = LANGUAGE_COUNT; k < LANGUAGE_SLOTS; k++)
			assert_int_equal(v.v[k], 0);
		assert_int_equal(best, strcmp(words[i], "ყავა") == 0 ? -LANGUAGE_WORD_MAX : 0);
	}
	language_model_free(m);
}

/* The sums of a text of so many words and letters. */
static struct language_sums
sums_of(const struct language_sums *s, uint32_t words, uint32_t letters)
{
	struct language_sums sums = *s;
	sums.words = words;
	sums.letters = letters;
	return sums;
}

static enum language
decide_of(const struct language_sums *s, uint32_t words, uint32_t letters, struct slice hint,
    int32_t *margin_r)
{
	struct language_sums sums = sums_of(s, words, letters);
	return language_decide(&sums, hint, margin_r);
}

static size_t
nearest_of(const struct language_sums *s, uint32_t words, uint32_t letters,
    enum language near[LANGUAGE_SCORED_MAX])
{
	struct language_sums sums = sums_of(s, words, letters);
	return language_nearest(&sums, near);
}

/* Whatever the sums are, the first language is the one with the largest total, and the margin what is between
 * it and the next. */
static void
the_best_of_any_sums_is_found(void **state)
{
	uint32_t seed = 1;
	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct language_sums s = {.in_common = 100000, .words = 200, .letters = 900};
		enum language first = LANGUAGE_UND;
		int32_t best = INT32_MIN, second = INT32_MIN, margin = -1;
		for (int k = LANGUAGE_UND + 1; k < LANGUAGE_COUNT; k++) {
			seed = seed * 1664525u + 1013904223u;
			int32_t behind = (int32_t)(seed >> 16) % (round % 2 == 0 ? 40 : 30001);
			s.v[k] = (int16_t)-behind;
			int32_t total = s.v[k] +
			    (k == LANGUAGE_EN          ? 24
				    : k <= LANGUAGE_SV ? 16
						       : 0);
			if (total > best) {
				second = best;
				best = total;
				first = (enum language)k;
			} else if (total > second) {
				second = total;
			}
		}
		enum language got = language_decide(&s, SLICE_NONE, &margin);
		assert_int_equal(got, best > second ? (int)first : (int)LANGUAGE_UND);
		assert_int_equal(margin, best - second);
	}
}

static void
a_hint_tips_what_is_open(void **state)
{
	struct language_sums sums = {.in_common = 2000};
	int32_t margin = 0;
	(void)state;
	/* Danish and Swedish alike: undetermined, or what the network says */
	for (int k = LANGUAGE_UND + 1; k < LANGUAGE_COUNT; k++)
		sums.v[k] = k == LANGUAGE_DA || k == LANGUAGE_SV ? 0 : -100;
	assert_int_equal(decide_of(&sums, 5, 25, SLICE_NONE, &margin), (int)LANGUAGE_UND);
	assert_int_equal(margin, 0);
	assert_int_equal(decide_of(&sums, 5, 25, SLICE_LIT("sv-SE"), &margin), (int)LANGUAGE_SV);
	assert_int_equal(decide_of(&sums, 5, 25, SLICE_LIT("da"), NULL), (int)LANGUAGE_DA);
	/* a hint the text contradicts does not win */
	assert_int_not_equal(decide_of(&sums, 5, 25, SLICE_LIT("en"), NULL), (int)LANGUAGE_EN);
	/* more evidence, no hint needed */
	sums.v[LANGUAGE_SV] = -60;
	assert_int_equal(decide_of(&sums, 5, 25, SLICE_NONE, &margin), (int)LANGUAGE_DA);
	assert_int_equal(margin, 60);
}

static void
a_language_we_do_not_score_has_to_be_clear_in_a_short_text(void **state)
{
	struct language_sums sums = {.in_common = 3000};
	(void)state;
	for (int k = LANGUAGE_UND + 1; k < LANGUAGE_COUNT; k++)
		sums.v[k] = -200;
	sums.v[LANGUAGE_NO] = 0;
	for (int behind = 16; behind <= 80; behind++) {
		sums.v[LANGUAGE_DA] = (int16_t)-behind;
		/* 16 steps are what a language we score has before a word is read */
		enum language want = behind - 16 < 1 ? LANGUAGE_UND : LANGUAGE_NO;
		assert_int_equal(decide_of(&sums, 5, 40, SLICE_NONE, NULL), (int)want);
		assert_int_equal(decide_of(&sums, 5, 20, SLICE_NONE, NULL), (int)want);
		want = behind - 16 < 30 ? LANGUAGE_UND : LANGUAGE_NO;
		assert_int_equal(decide_of(&sums, 5, 19, SLICE_NONE, NULL), (int)want);
		/* nothing speaks against what the network says */
		assert_int_equal(decide_of(&sums, 5, 19, SLICE_LIT("nb"), NULL), (int)LANGUAGE_NO);
	}
}

static void
the_languages_a_short_text_could_be_in_stand_the_likeliest_first(void **state)
{
	enum language near[LANGUAGE_SCORED_MAX];
	struct language_sums sums = {.in_common = 2000};
	(void)state;
	for (int k = LANGUAGE_UND + 1; k < LANGUAGE_COUNT; k++)
		sums.v[k] = -100;
	sums.v[LANGUAGE_NO] = 0; /* we do not score it */
	sums.v[LANGUAGE_DA] = -30;
	sums.v[LANGUAGE_SV] = -20;
	sums.v[LANGUAGE_EN] = -84; /* 60 behind Norwegian with its 24, the last that counts */
	sums.v[LANGUAGE_DE] = -77; /* 61 with its 16 */
	assert_int_equal(nearest_of(&sums, 3, 20, near), 3);
	assert_int_equal(near[0], (int)LANGUAGE_SV);
	assert_int_equal(near[1], (int)LANGUAGE_DA);
	assert_int_equal(near[2], (int)LANGUAGE_EN);
	assert_int_equal(nearest_of(&sums, 3, 29, near), 3);
	assert_int_equal(nearest_of(&sums, 3, 30, near), 0); /* long */
	assert_int_equal(nearest_of(&sums, 0, 0, near), 0); /* no word */
	sums.in_common = 30 * 23 - 1; /* too little in common with any of our languages */
	assert_int_equal(nearest_of(&sums, 3, 20, near), 0);

	memset(&sums, 0, sizeof sums); /* words of all languages alike */
	sums.in_common = 2000;
	assert_int_equal(nearest_of(&sums, 3, 20, near), LANGUAGE_SCORED_MAX);
	for (int i = 0; i < LANGUAGE_SCORED_MAX; i++)
		assert_int_equal(near[i], i + 1);
}

static void
every_language_has_a_code(void **state)
{
	(void)state;
	assert_string_equal(language_code(LANGUAGE_UND), "und");
	assert_null(language_stemmer(LANGUAGE_UND));
	for (int i = LANGUAGE_UND + 1; i < LANGUAGE_COUNT; i++)
		assert_int_equal(language_of_code(slice_of(language_code((enum language)i))), i);
	for (int i = LANGUAGE_EN; i <= LANGUAGE_SV; i++)
		assert_non_null(language_stemmer((enum language)i));
	assert_int_equal(language_of_code(SLICE_LIT("nb_NO")), LANGUAGE_NO);
	assert_int_equal(language_of_code(SLICE_LIT("NN")), LANGUAGE_NO);
	assert_int_equal(language_of_code(SLICE_NONE), LANGUAGE_UND);
	assert_int_equal(language_of_code(SLICE_LIT("e")), LANGUAGE_UND);
	assert_int_equal(language_of_code(SLICE_LIT("eng")), LANGUAGE_UND);
}

/* What is wrong with a table, and where it says so. */
static const struct {
	const char *text, *error;
} BROKEN[] = {
    {"_og_\tda39no39\n", "checksum"},
    {"# checksum: 0123456789abcdef\n_og_\tda39no39\n", "checksum"},
    {"_og_\n", "line 1"},
    {"_og_\t\n", "line 1"},
    {"\tda39\n", "line 1"},
    {"# x\n_og_\tda\n", "line 2"},
    {"_og_\tda0\n", "line 1"},
    {"_og_\tda121\n", "line 1"},
    {"_og_\tda99999999999999999999\n", "line 1"},
    {"_og_\tda3da4\n", "line 1"},
    {"_og_\txx3\n", "line 1"},
    {"_og_\tDA3\n", "line 1"},
    {"_og_\td\n", "line 1"},
    {"_og_\t39\n", "line 1"},
    {"_og_\tda3\n_og_\tno3\n", "twice"},
    {"_og_\t-\n_og_\t-\n", "twice"},
};

static void
a_damaged_table_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(BROKEN); i++) {
		struct language_model *m = NULL;
		struct err err = {.kind = ERR_NONE};
		assert_int_equal(
		    language_model_new("t.tsv", slice_of(BROKEN[i].text), &m, &err), -1);
		assert_null(m);
		assert_int_equal(err.kind, ERR_INPUT);
		if (strstr(err.text, BROKEN[i].error) == NULL || strstr(err.text, "t.tsv") == NULL)
			fail_msg("%zu: '%s'", i, err.text);
	}
}

static void
one_changed_byte_is_noticed(void **state)
{
	size_t len = (size_t)(embed_corpora_languages_tsv_end - embed_corpora_languages_tsv);
	char *copy = mem_dup(embed_corpora_languages_tsv, len);
	(void)state;
	assert_non_null(copy);
	for (size_t at = 0; at < 5; at++) {
		struct language_model *m = NULL;
		struct err err = {.kind = ERR_NONE};
		char *last = copy + len - 2 - at * 1000;
		while (*last < '1' || *last > '8')
			last--;
		(*last)++;
		assert_int_equal(language_model_new("t", slice_make(copy, len), &m, &err), -1);
		assert_non_null(strstr(err.text, "checksum"));
		(*last)--;
	}
	mem_free(copy);
}

static void
without_memory_there_is_an_error(void **state)
{
	static const char table[] = "# checksum: 0000000000000000\n";
	(void)state;
	for (unsigned nth = 1; nth <= 3; nth++) {
		struct language_model *m = NULL;
		struct err err = {.kind = ERR_NONE};
		mem_fault_arm(nth, false);
		assert_int_equal(language_model_new("t", slice_of(table), &m, &err), -1);
		assert_true(mem_fault_hit());
		assert_int_equal(err.kind, ERR_NOMEM);
		mem_fault_arm(0, false);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(languages_are_told),
	    cmocka_unit_test(the_vector_of_a_text_is_the_sum_of_its_words),
	    cmocka_unit_test(a_word_speaks_within_limits),
	    cmocka_unit_test(the_best_of_any_sums_is_found),
	    cmocka_unit_test(a_hint_tips_what_is_open),
	    cmocka_unit_test(a_language_we_do_not_score_has_to_be_clear_in_a_short_text),
	    cmocka_unit_test(the_languages_a_short_text_could_be_in_stand_the_likeliest_first),
	    cmocka_unit_test(every_language_has_a_code),
	    cmocka_unit_test(a_damaged_table_is_refused),
	    cmocka_unit_test(one_changed_byte_is_noticed),
	    cmocka_unit_test(without_memory_there_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
