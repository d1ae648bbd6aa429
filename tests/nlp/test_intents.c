#include "nlp_support.h"

#include "nlp/intents.h"
#include "nlp/language.h"
#include "nlp/pattern_index.h"
#include "nlp/stem.h"

#define C (1u << INTENT_COMPLAINT)
#define S (1u << INTENT_SUPPORT)
#define Q (1u << INTENT_QUESTION)
#define P (1u << INTENT_PRAISE)
#define B (1u << INTENT_PURCHASE)
#define X (1u << INTENT_CHURN)
#define G (1u << INTENT_SUGGESTION)
#define F (1u << INTENT_FEEDBACK)
#define M (1u << INTENT_SPAM)
#define ALL (C | S | Q | P | B | X | G | F | M)

/* `has` must be found, `not` must not. */
static const struct {
	const char *lang, *text;
	uint32_t has, not ;
} CASES[] = {
    {"en", "The app doesn't work since the update, please help", S, P | M},
    {"en", "The app doesn\xe2\x80\x99t work since the update", C, P | M},
    {"en", "How do I reset my password?", S | Q, C | P},
    {"en", "Locked out of my account after the update, please help", S, P | M},
    {"en", "I don't need help, thanks", 0, S},
    {"en", "could you unblock my card please", S, Q},
    {"en", "My order never arrived, this is unacceptable", C, P},
    {"en", "Worst customer service ever", C, P | S},
    {"en", "I am so disappointed with your service", C, P},
    {"en", "Two weeks on hold and nobody replies to my emails", C, P},
    {"en", "Can't complain about the weather", 0, C},
    {"en", "The minister is the worst and should resign", 0, C | G},
    {"en", "Where is my order?", S | Q, P},
    {"en", "Does anyone know when the shop opens", Q, C | P | X},
    {"en", "Really?", 0, Q},
    {"en", "How hard can it be to answer a phone?", 0, Q},
    {"en", "Thank you for the great service!", P, C | Q},
    {"en", "Thanks for nothing", 0, P},
    {"en", "I love this coffee, highly recommend", P, C},
    {"en", "Thank God it's Friday", 0, P},
    {"en", "Just ordered two bags, can't wait", B, C | X},
    {"en", "Where can I buy the new roast?", B | Q, C},
    {"en", "I will never buy from you again", X, B},
    {"en", "I'm cancelling my subscription and switching to another shop", X, P},
    {"en", "won't be renewing my contract in May", X, P},
    {"en", "Cancel culture is out of control, says a columnist", 0, X},
    {"en", "My flight got cancelled", 0, X},
    {"en", "You should add oat milk", G, X | M},
    {"en", "It would be nice if you opened earlier", G, X | M},
    {"en", "Please bring back the cinnamon roll", G, S},
    {"en", "You should be ashamed", 0, G},
    {"en", "My honest review of the new blend after two weeks", F, M},
    {"en", "4 out of 5 stars, the rooms are clean but a bit noisy", F, C | P},
    {"en", "Follow me and I follow back, free followers, click here", M, ALL & ~M},
    {"en", "#a1x #b1x #c1x #d1x #e1x #f1x #g1x #h1x buy", M, C},
    {"en", "My promo code doesn't work, please help", S, M},
    {"en", "I am pleasedddd to meet you", 0, S},
    {"en", "The shop opens at nine", 0, ALL},
    {"en", "", 0, ALL},
    {"en", "???", 0, Q},
    {"en", "\xf0\x9f\x98\x80 ?", 0, Q},
    {"de", "Wo ist meine Bestellung?", Q | S, P},
    {"de", "K\xc3\xb6nnt ihr bitte meine Karte entsperren?", S, Q},
    {"de", "Koennt ihr bitte meine Karte entsperren?", S, Q},
    {"de", "K\xc3\xb6nnen Sie mir bitte helfen, ich komme nicht in mein Konto", S, P},
    {"de", "Mein Paket liegt seit zwei Wochen im Zentrum und keiner wei\xc3\x9f warum", C, P},
    {"de", "So eine Frechheit, die Hotline hat einfach aufgelegt", C, P},
    {"de", "Ich k\xc3\xbcndige meinen Vertrag", X, P},
    {"de", "Ich kuendige meinen Vertrag", X, P},
    {"de", "Ich komme bei euch bestimmt nie wieder vorbei", X, P},
    {"de", "Mir wurde die Wohnung gek\xc3\xbcndigt", 0, X},
    {"de", "Vielen Dank an den netten Fahrer f\xc3\xbcr die schnelle Lieferung", P, C},
    {"de", "Danke f\xc3\xbcr nichts", 0, P},
    {"de", "Gerade den Schreibtisch bestellt, freu mich", B, C},
    {"de", "Was kostet die Jahreskarte?", B | Q, C},
    {"de", "Eine Suchfunktion in der App w\xc3\xa4re super", G, P},
    {"de", "Ihr solltet im Nachtzug vegetarisches Essen anbieten", G, C},
    {"de", "4 von 5 Sternen, das Zimmer war sauber, aber laut", F, S},
    {"de",
	"Folge mir und ich folge zur\xc3\xbc"
	"ck",
	M, ALL & ~M},
    {"de", "Das Wetter ist heute furchtbar", 0, C},
    {"de", "Der Konzern baut ein neues Werk in Polen", 0, ALL},
    {"da", "Hvor bliver min pakke af?", Q | S, P},
    {"da", "Kan I ikke lige l\xc3\xa5se mit kort op?", S, Q},
    {"da", "Kan I ikke lige laase mit kort op?", S, Q},
    {"da", "Toget er forsinket igen, det er simpelthen for d\xc3\xa5rligt", C, P},
    {"da", "40 minutter i telefonk\xc3\xb8 og s\xc3\xa5 lagde de p\xc3\xa5", C, P},
    {"da", "Jeg har opsagt mit abonnement i dag", X, P},
    {"da", "Jeg har sagt mit job op", 0, X},
    {"da", "Tusind tak for den hurtige levering, super service", P, C},
    {"da", "Tak for ingenting", 0, P},
    {"da", "Har lige bestilt to poser kaffe", B, C},
    {"da",
	"Hvor kan jeg k\xc3\xb8"
	"be h\xc3\xa6ttetr\xc3\xb8jen?",
	B | Q, C},
    {"da", "Det ville v\xc3\xa6re fedt hvis I havde en s\xc3\xb8gefunktion i appen", G, P},
    {"da", "4 ud af 5 stjerner, v\xc3\xa6relset var rent, men lidt for lille", F, S},
    {"da", "F\xc3\xb8lg mig og jeg f\xc3\xb8lger tilbage", M, ALL & ~M},
    {"da", "Vejret er forf\xc3\xa6rdeligt i dag", 0, C},
    {"fr", "O\xc3\xb9 est ma commande?", Q, ALL & ~Q},
};

static void
patterns_tell_what_the_author_wants(void **state)
{
	struct desk *d = *state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct score s = desk_score_hinted(d, CASES[i].text, CASES[i].lang);
		if ((s.intents & CASES[i].has) != CASES[i].has || (s.intents & CASES[i].not ) != 0)
			fail_msg("'%s' (%s): got %#x, want %#x without %#x", CASES[i].text, s.lang,
			    s.intents, CASES[i].has, CASES[i].not );
		assert_true(s.intents < 1u << INTENT_COUNT);
	}
}

/* Each intent found has a reason, each reason an intent, and the range is the words it says. */
static void
every_intent_has_its_reasons(void **state)
{
	struct desk *d = *state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct slice text = slice_of(CASES[i].text);
		struct score s = desk_score_hinted(d, CASES[i].text, CASES[i].lang);
		uint32_t explained = 0;
		assert_true(s.intent_reason_count <= INTENT_REASONS_MAX);
		for (size_t k = 0; k < s.intent_reason_count; k++) {
			const struct intent_reason *r = &s.intent_reasons[k];
			explained |= 1u << r->intent;
			assert_true(r->len > 0 && (size_t)r->start + r->len <= text.len);
			assert_true(utf8_is_valid(slice_make(text.ptr + r->start, r->len)));
			assert_true(r->pattern.len > 0 && utf8_is_valid(r->pattern));
		}
		assert_int_equal(explained, s.intents);
	}
}

/* ---- the language of patterns ------------------------------------------------ */

static const char FILE_TEXT[] = "# comment\n"
				"\n"
				"group\tparcel\torder|check in bag\n"
				"group\tparcel\tluggage\n"
				"group\tthing\t<parcel>|phone\n"
				"group\topener\thi|ok then\n"
				"support\tany\twhere [is|are] my <thing>\n"
				"support\thalf\tnot working\n"
				"support\tother-half\thelp\n"
				"churn\tany\tcancel * plan\n"
				"churn\tany\tgone ... forever\n"
				"not\tchurn\tcancel culture\n"
				"purchase\tany\t^ buy this $\n"
				"question\tany\ttell me ?\n"
				"suggestion\tweak\t(more|less)\n"
				"suggestion\tweak\tseats\n"
				"feedback\tany\t\"please\"\n"
				"praise\tpositive\tgreat\n";

static const struct {
	const char *text;
	uint32_t want;
	const char *note;
} LANGUAGE[] = {
    {"where is my order", S, "an optional word that is there"},
    {"where my orders", S, "and one that is not; words go by stem"},
    {"where is my check-in bag", S, "a member of several words"},
    {"where is my luggage", S, "a group from two lines, within a group"},
    {"where is my, order", 0, "a pattern stays in its clause"},
    {"it is not working", 0, "half is not enough"},
    {"please, it is not working, help", S | F, "both halves"},
    {"help help", 0, "twice the same half"},
    {"cancel this silly old plan", X, "three words fit the gap"},
    {"cancel this silly old red plan", 0, "four do not"},
    {"gone and lost and sad and mad it is, forever", X, "the long gap, over a comma"},
    {"gone. forever", 0, "but not over the end of the sentence"},
    {"cancel the plan, cancel culture", 0, "withdrawn in its sentence"},
    {"cancel the plan. cancel culture", X, "and not in another"},
    {"cancel culture. cancel the plan", X, "wherever that stands"},
    {"buy this", B, "a whole sentence"},
    {"@acme hi, buy this!", B, "openers, mentions and signs do not count"},
    {"ok then buy this \xf0\x9f\x98\x80", B, "an opener of two words, an emoji behind"},
    {"I buy this", 0, "not the beginning"},
    {"buy this now", 0, "not the end"},
    {"buy #this #a #b", B, "the last word may be a hashtag"},
    {"buy #this #a b", 0, "but not with a word behind it"},
    {"#buy #this", B, "and the sentence may hold nothing else"},
    {"buy this now. buy this", B, "each sentence has its own end"},
    {"buy this now. buy this now", 0, "and its own only"},
    {"ok buy this", 0, "half an opener is none"},
    {"ok, then buy this", 0, "nor is one in two clauses"},
    {"tell me", 0, "no question mark"},
    {"more", 0, "a weak one"},
    {"more seats", G, "two of them"},
    {"more less", 0, "two of one line, not two patterns"},
    {"pleased", 0, "an exact word is not its stem"},
    {"pleaseeee", F, "but may be drawn out"},
    {"#please", F, "or be a hashtag"},
};

static struct score
score_in(struct desk *d, const struct intents *in, const char *text)
{
	struct err err = {.kind = ERR_NONE};
	struct cutting cutting = {0};
	struct score s = {.label = SENTIMENT_NEUTRAL};
	struct stemmer *st = stemmer_new(false);
	assert_non_null(st);
	arena_reset(d->arena);
	assert_int_equal(units_cut_text(&cutting, slice_of(text), d->arena, &err), 0);
	for (size_t i = 0; i < cutting.units.count; i++) {
		struct unit *u = &cutting.units.items[i];
		struct word_key key = unit_key(u);
		if (u->kind == TOKEN_WORD)
			unit_set_stem(u, stemmer_stem(st, LANGUAGE_EN, &key, d->arena));
		u->word->mark = intents_mark(in, u);
	}
	assert_int_equal(
	    intents_find(in, cutting.units.items, cutting.units.count, d->arena, &s, &err), 0);
	units_cutting_fini(&cutting);
	stemmer_free(st);
	return s;
}

static uint32_t
find_in(struct desk *d, const struct intents *in, const char *text)
{
	return score_in(d, in, text).intents & ~Q;
}

static void
patterns_mean_what_their_page_says(void **state)
{
	struct desk *d = *state;
	struct err err = {.kind = ERR_NONE};
	struct intents *in;
	if (intents_read("own.tsv", slice_of(FILE_TEXT), LANGUAGE_EN, &in, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < COUNT_OF(LANGUAGE); i++) {
		uint32_t got = find_in(d, in, LANGUAGE[i].text);
		if (got != LANGUAGE[i].want)
			fail_msg("%s: '%s': got %#x, want %#x", LANGUAGE[i].note, LANGUAGE[i].text,
			    got, LANGUAGE[i].want);
	}
	intents_free(in);
}

static const struct {
	const char *text, *message;
} WRONG[] = {
    {"support\tany", "own.tsv:1: a line has three columns"},
    {"# fine\nsupport\tany\thelp\tme", "own.tsv:2: a line has three columns"},
    {"helping\tany\thelp", "own.tsv:1: there is no intent called 'helping'"},
    {"support\tsometimes\thelp", "own.tsv:1: a pattern cannot count when 'sometimes'"},
    {"support\tany\twhere is <thing>", "own.tsv:1: no group above is called 'thing'"},
    {"support\tany\twhere is (my", "own.tsv:1: nothing closes '(my'"},
    {"support\tany\t* help", "own.tsv:1: a pattern begins and ends with a word: '* help'"},
    {"support\tany\thelp ...", "own.tsv:1: a pattern begins and ends with a word: 'help ...'"},
    {"support\tany\t[help]", "own.tsv:1: a pattern begins and ends with a word: '[help]'"},
    {"support\tany\ta b c d e f g h i j k l m", "own.tsv:1: the pattern is too long at 'm'"},
    {"support\tany\ta * b * c * d * e", "own.tsv:1: the pattern is too long at '* e'"},
    {"support\tany\thelp | me", "own.tsv:1: a pattern cannot go on with '| me'"},
    {"support\tany\tno (help|*)", "own.tsv:1: a group holds words and groups, not '*'"},
    {"support\tany\t(help|)", "own.tsv:1: a member is empty"},
    {"support\tany\t&", "own.tsv:1: there is no word in '&'"},
    {"group\tthing\t", "own.tsv:1: a group has a name and members: 'thing'"},
    {"group\ta\t<a>", "own.tsv:1: no group above is called 'a'"},
    {"support\tany\t\xff", "own.tsv:1: this is not UTF-8"},
};

static void
a_wrong_line_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
		struct err err = {.kind = ERR_NONE};
		struct intents *in = NULL;
		int rc = intents_read("own.tsv", slice_of(WRONG[i].text), LANGUAGE_EN, &in, &err);
		intents_free(in);
		assert_int_equal(rc, -1);
		assert_int_equal(err.kind, ERR_INPUT);
		if (strncmp(err.text, WRONG[i].message, strlen(WRONG[i].message)) != 0)
			fail_msg(
			    "'%s': got '%s', want '%s'", WRONG[i].text, err.text, WRONG[i].message);
	}
}

/* ---- limits ------------------------------------------------------------------ */

/* `piece` again and again. */
static char *
repeat(const char *piece, size_t size)
{
	size_t len = strlen(piece);
	char *text = mem_alloc(size + 1);
	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = piece[i % len];
	text[size] = '\0';
	return text;
}

static void
long_texts_take_time_by_their_length(void **state)
{
	static const char *const PIECES[] = {"i want to ", "where is my ", "how do i get my order ",
	    "never again! ", "#win ", "please help? ", "you should really ", "? ", "so? ",
	    "so #a? ", "#mush "};
	struct desk *d = *state;
	for (size_t i = 0; i < COUNT_OF(PIECES); i++) {
		double took[2];
		for (int k = 0; k < 2; k++) {
			char *text = repeat(PIECES[i], 32000u << k);
			double start = cpu_seconds();
			for (int round = 0; round < 5; round++)
				desk_score_hinted(d, text, "en");
			took[k] = cpu_seconds() - start;
			mem_free(text);
		}
		if (took[1] > 3.5 * took[0] + 0.05)
			fail_msg(
			    "'%s': %.3f s, twice the length %.3f s", PIECES[i], took[0], took[1]);
	}
}

static void
an_intent_behind_many_reasons_is_found(void **state)
{
	struct desk *d = *state;
	char text[4096] = "";
	size_t len = 0;
	static const char *const FILL[] = {"where is my order? ", "how do i reset my password? ",
	    "i need help. ", "please fix my router. ", "the app keeps crashing. ",
	    "nobody answers the phone. ", "can someone help me? ", "any advice? "};
	for (int i = 0; i < 80; i++)
		len += (size_t)snprintf(
		    text + len, sizeof text - len, "%s", FILL[(size_t)i % COUNT_OF(FILL)]);
	snprintf(text + len, sizeof text - len, "I am cancelling my subscription.");
	struct score s = desk_score_hinted(d, text, "en");
	assert_true((s.intents & X) != 0);
	assert_true(s.intent_reason_count <= INTENT_REASONS_MAX);
}

static const char HEADS_TEXT[] = "group\tcommon\tteapot\n"
				 "support\tany\tteapot * monday\n"
				 "praise\tany\tspoon\n"
				 "churn\tany\tsaucers\n"
				 "churn\tany\t\"saucer\"\n"
				 "feedback\tany\tphone teapot\n"
				 "purchase\tany\tphone\n"
				 "complaint\tany\t(order|the plan) * teapot\n"
				 "suggestion\tany\tforks today\n"
				 "suggestion\tany\t(\"fork\"|bowl) today\n";

/* Reasons are in order of what their patterns are about, whatever they are looked for from ("phone teapot" from its
 * second word, which no post holds), and of their lines; and who asks for a spelling says more than who asks for its
 * stem. */
static void
reasons_are_in_order_of_their_heads(void **state)
{
	struct desk *d = *state;
	struct intents *in;
	assert_int_equal(intents_read("own.tsv", slice_of(HEADS_TEXT), LANGUAGE_EN, &in, NULL), 0);
	struct score s = score_in(d, in, "teapot spoon monday");
	assert_int_equal(s.intents, S | P);
	assert_int_equal(s.intent_reason_count, 2);
	assert_true(slice_eq_str(s.intent_reasons[0].pattern, "spoon"));
	assert_true(slice_eq_str(s.intent_reasons[1].pattern, "teapot * monday"));
	s = score_in(d, in, "one saucer");
	assert_int_equal(s.intent_reason_count, 1);
	assert_true(slice_eq_str(s.intent_reasons[0].pattern, "\"saucer\""));
	s = score_in(d, in, "two saucers");
	assert_int_equal(s.intent_reason_count, 1);
	assert_true(slice_eq_str(s.intent_reasons[0].pattern, "saucers"));
	s = score_in(d, in, "phone teapot");
	assert_int_equal(s.intents, F | B);
	assert_true(slice_eq_str(s.intent_reasons[0].pattern, "phone teapot"));
	assert_true(slice_eq_str(s.intent_reasons[1].pattern, "phone"));
	s = score_in(d, in, "the plan spoon teapot");
	assert_int_equal(s.intents, C | P);
	assert_int_equal(s.intent_reasons[0].intent, INTENT_COMPLAINT);
	s = score_in(d, in, "fork today");
	assert_int_equal(s.intent_reason_count, 1);
	assert_true(slice_eq_str(s.intent_reasons[0].pattern, "(\"fork\"|bowl) today"));
	intents_free(in);
}

static const char WAYS_TEXT[] = "group\tcommon\tteapot\n"
				"support\tany\t(customer service|service) * teapot\n"
				"churn\tany\tteapot * (phone number|number)\n";

/* The same words are told wherever a pattern is looked for from: those that begin first, here from a word that no
 * post holds. */
static void
of_several_ways_the_first_head_is_told(void **state)
{
	struct desk *d = *state;
	struct intents *in;
	assert_int_equal(intents_read("own.tsv", slice_of(WAYS_TEXT), LANGUAGE_EN, &in, NULL), 0);
	struct score s = score_in(d, in, "my customer service is a teapot");
	assert_int_equal(s.intent_reason_count, 1);
	assert_int_equal(s.intent_reasons[0].start, 3);
	assert_int_equal(s.intent_reasons[0].len, strlen("customer service is a teapot"));
	s = score_in(d, in, "service or service a teapot");
	assert_int_equal(s.intent_reasons[0].start, 0);
	s = score_in(d, in, "teapot service. service teapot. teapot a phone number number");
	assert_int_equal(s.intent_reason_count, 2);
	assert_int_equal(s.intent_reasons[0].start, strlen("teapot service. "));
	assert_int_equal(s.intent_reasons[1].len, strlen("teapot a phone number"));
	intents_free(in);
}

/* So many lines of this kind, each with a word of its own, and some more lines; a text with all those words, and some
 * more text. */
static struct score
score_many(struct desk *d, const char *kind, int count, const char *lines, const char *more)
{
	char file[4096], text[1024];
	size_t at = 0, len = 0;
	struct intents *in;
	for (int i = 0; i < count; i++) {
		at += (size_t)snprintf(file + at, sizeof file - at, "%s\tqw%dx\n", kind, i);
		len += (size_t)snprintf(text + len, sizeof text - len, "qw%dx ", i);
	}
	snprintf(file + at, sizeof file - at, "%s", lines);
	snprintf(text + len, sizeof text - len, "%s", more);
	assert_int_equal(intents_read("own.tsv", slice_of(file), LANGUAGE_EN, &in, NULL), 0);
	struct score s = score_in(d, in, text);
	intents_free(in); /* reasons name patterns that are gone */
	return s;
}

/* Of what is half said nobody is told, so it leaves no less room for reasons, however much of it there is; neither
 * when the other half is not where it should be. */
static void
what_is_not_enough_takes_no_room(void **state)
{
	struct desk *d = *state;
	for (int halves = 1; halves <= 2 * INTENT_REASONS_MAX; halves++) {
		struct score s =
		    score_many(d, "complaint\thalf", halves, "support\tany\thelp me\n", "help me");
		assert_int_equal(s.intents, S);
		assert_int_equal(s.intent_reason_count, 1);
		s = score_many(d, "complaint\thalf", halves,
		    "complaint\tother-half\t^ zebra\nsupport\tany\thelp me\n", "zebra help me");
		assert_int_equal(s.intents, S);
		assert_int_equal(s.intent_reason_count, 1);
	}
}

/* The other half, and what takes something back, behind any number of other findings. */
static void
what_stands_behind_many_findings_counts(void **state)
{
	struct desk *d = *state;
	for (int count = 1; count <= 2 * PATTERN_CHANCES; count++) {
		const char *other = "complaint\tother-half\tzebra\n";
		struct score s = score_many(d, "complaint\thalf", count, other, ". zebra");
		assert_int_equal(s.intents, C);
		s = score_many(d, "support\tany", count, "not\tchurn\tzebra\n", ". zebra");
		assert_int_equal(s.intents, S);
		int told = count < INTENT_REASONS_MAX ? count : INTENT_REASONS_MAX;
		assert_int_equal(s.intent_reason_count, told);
		s = score_many(d, "churn\tany", count, "not\tchurn\tzebra\n", "zebra");
		assert_int_equal(s.intents, 0);
	}
}

static const char TWICE_TEXT[] = "support\tany\thelp me\n"
				 "support\tany\tme now\n"
				 "support\tweak\tme\n"
				 "churn\tany\tgone\n"
				 "churn\tany\tgone away\n"
				 "suggestion\tweak\tmore seats\n"
				 "suggestion\tweak\tseats here\n";

static const struct {
	const char *text;
	uint32_t want;
	size_t reasons;
} TWICE[] = {
    {"help me now", S, 2}, /* neither says what the other does */
    {"help me", S, 1}, /* what is weak is inside what is enough */
    {"gone away", X, 1}, /* the longer one says more */
    {"more seats here", 0, 0}, /* one weak sign, in two ways */
    {"more seats, seats here", G, 2},
};

static void
what_says_the_same_is_told_once(void **state)
{
	struct desk *d = *state;
	struct intents *in;
	assert_int_equal(intents_read("own.tsv", slice_of(TWICE_TEXT), LANGUAGE_EN, &in, NULL), 0);
	for (size_t i = 0; i < COUNT_OF(TWICE); i++) {
		struct score s = score_in(d, in, TWICE[i].text);
		if (s.intents != TWICE[i].want || s.intent_reason_count != TWICE[i].reasons)
			fail_msg("'%s': got %#x with %zu reasons", TWICE[i].text, s.intents,
			    s.intent_reason_count);
	}
	struct score s = score_in(d, in, "gone away");
	assert_true(slice_eq_str(s.intent_reasons[0].pattern, "gone away"));
	intents_free(in);
}

/* Also one in which nothing else is found, between others. */
static void
every_sentence_with_a_question_mark_asks(void **state)
{
	struct desk *d = *state;
	struct intents *in;
	assert_int_equal(intents_read("own.tsv", slice_of(FILE_TEXT), LANGUAGE_EN, &in, NULL), 0);
	struct score s = score_in(d, in, "gone forever. it is so? so it is. where is my order");
	assert_int_equal(s.intents, X | Q | S);
	assert_int_equal(s.intent_reason_count, 3);
	assert_int_equal(s.intent_reasons[1].intent, INTENT_QUESTION);
	s = score_in(d, in, "so it is. it is so? so it is. it is so?");
	assert_int_equal(s.intents, Q);
	intents_free(in);
}

/* Beside many hashtags one sign of advertising is told as well. */
static void
weak_signs_of_spam_are_told_beside_hashtags(void **state)
{
	struct desk *d = *state;
	struct score s =
	    score_many(d, "spam\tweak", 1, "", "#a1x #b1x #c1x #d1x #e1x #f1x #g1x #h1x");
	assert_int_equal(s.intents, M);
	assert_int_equal(s.intent_reason_count, 2);
}

/* Is it a word that the patterns of this file are looked for from? */
static bool
is_looked_for_from(const char *file, const char *word)
{
	struct intents *in;
	struct word_fact fact;
	struct word_key key = word_key_of(slice_of(word));
	assert_int_equal(intents_read("own.tsv", slice_of(file), LANGUAGE_EN, &in, NULL), 0);
	struct unit u = unit_of(&fact, key, TOKEN_WORD);
	bool is = intents_mark(in, &u).is_anchor;
	intents_free(in);
	return is;
}

static void
patterns_are_looked_for_from_words_that_stand_in_few_posts(void **state)
{
	(void)state;
	assert_false(is_looked_for_from("support\tany\tthe phone\n", "the"));
	assert_true(is_looked_for_from("support\tany\tthe phone\n", "phone"));
	assert_true(is_looked_for_from("support\tany\tthe phone\nsupport\tany\tthe\n", "the"));
	assert_false(is_looked_for_from("support\tany\t\"the\" \"phone\"\n", "the"));
}

static void
intents_are_built_whole_or_not_at_all(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct intents *in = NULL;
		mem_fault_arm(nth, true);
		int rc = intents_read("own.tsv", slice_of(FILE_TEXT), LANGUAGE_EN, &in, NULL);
		bool hit = mem_fault_hit();
		mem_fault_arm(0, false);
		assert_int_equal(rc, hit ? -1 : 0);
		intents_free(in);
		if (!hit)
			break;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(patterns_tell_what_the_author_wants),
	    cmocka_unit_test(every_intent_has_its_reasons),
	    cmocka_unit_test(patterns_mean_what_their_page_says),
	    cmocka_unit_test(a_wrong_line_is_named),
	    cmocka_unit_test(long_texts_take_time_by_their_length),
	    cmocka_unit_test(an_intent_behind_many_reasons_is_found),
	    cmocka_unit_test(reasons_are_in_order_of_their_heads),
	    cmocka_unit_test(of_several_ways_the_first_head_is_told),
	    cmocka_unit_test(what_is_not_enough_takes_no_room),
	    cmocka_unit_test(what_stands_behind_many_findings_counts),
	    cmocka_unit_test(what_says_the_same_is_told_once),
	    cmocka_unit_test(every_sentence_with_a_question_mark_asks),
	    cmocka_unit_test(weak_signs_of_spam_are_told_beside_hashtags),
	    cmocka_unit_test(patterns_are_looked_for_from_words_that_stand_in_few_posts),
	    cmocka_unit_test(intents_are_built_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
