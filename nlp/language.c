#include "nlp/language.h"

#include <string.h>

#include "core/utf8.h"

static const struct {
	const char *code;
	const char *stemmer;
	const char *stop_words; /* folded, blanks between; ours, written down from grammar, most
				   frequent first */
} LANGUAGES[LANGUAGE_COUNT] = {
    [LANGUAGE_UND] = {"und", NULL, ""},
    [LANGUAGE_EN] = {"en", "english",
	"the to and of a in is it you i that for on with this was my are be have at not but they "
	"we so me just your "
	"if all do what when up out can get from about who how she he him her his them their there "
	"were will would "
	"been has had did does don't i'm it's you're can't that's i've didn't isn't doesn't won't "
	"im dont cant "
	"than then too very really because why where which an as by or our us its some more no now "
	"like one "
	"time after before only off over into these those am could should being going got know "
	"think want see "
	"today tomorrow tonight right here any yes still again never always new good back day ever "
	"let's "
	"much more many people need make made go u ur lol thanks please"},
    [LANGUAGE_DE] = {"de", "german",
	"der die das und ist nicht ich du er sie es wir ihr den dem des ein eine einen einem einer "
	"eines zu mit auf für "
	"von im in an auch sich so wie was aber noch nur schon wenn oder weil dass daß hat habe "
	"haben bin bist sind "
	"war waren wird werden kann kein keine keinen mich mir dich dir uns euch sein seine mein "
	"meine nach bei aus "
	"vor über unter durch gegen ohne um bis als man mehr sehr immer nie nichts etwas jetzt "
	"hier da dann doch mal "
	"ja nein warum wer wo wann viel gut ganz wieder heute morgen am zum zur vom beim gibt geht "
	"macht"},
    [LANGUAGE_DA] = {"da", "danish",
	"og i jeg det at en den til er som på de med han af for ikke der var mig sig men et har om "
	"vi min havde ham hun "
	"nu over da fra du ud sin dem os op man hans hvor eller hvad skal selv her alle vil blev "
	"kunne ind når være "
	"dog noget ville jo deres efter ned skulle denne end dette mit også under have dig anden "
	"hende mine alt meget "
	"bare lige så kan får går godt mere hvorfor hvis ja nej tak ingen noget bliver altid "
	"aldrig igen dag"},
    [LANGUAGE_ES] = {"es", "spanish",
	"de la que el en y a los se del las un por con no una su para es al lo como más o pero sus "
	"le ha me si sin "
	"sobre este ya entre cuando todo esta ser son dos también fue había era muy años hasta "
	"desde está mi porque "
	"qué sólo solo han yo hay vez puede todos así nos ni parte tiene él uno donde bien tiempo "
	"mismo ese ahora cada "
	"eso esto estoy te tu tú hoy siempre nunca nada gracias mejor ella están tengo hace "
	"quiero"},
    [LANGUAGE_FR] = {"fr", "french",
	"de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il "
	"sont je avec mais nous "
	"vous ou si leur y dont comme tout cette ces mes mon ma ta ton sa son ses elle on ils ont "
	"été être avoir fait "
	"faire bien très c'est j'ai qu'il n'est d'un d'une l'on aux même aussi sans peut tous "
	"encore moi toi lui quand "
	"quoi ça cela rien jamais toujours trop merci non oui suis était j'aime n'a s'est "
	"aujourd'hui parce"},
    [LANGUAGE_IT] = {"it", "italian",
	"di e il la che è non un a per in una mi sono ho lo ma ha le si ti i con cosa se come ci "
	"questo qui hai sei del "
	"bene tu sì me più al mio c'è perché solo te era gli tutto della così mia ne questa fare "
	"quando ora fatto "
	"essere so mai chi o alla tutti molto dei anche detto quello va niente grazie lui voglio "
	"abbiamo stato nel "
	"suo dove posso oh prima dal noi poi nella sempre oggi delle degli dell'anno sulla alle"},
    [LANGUAGE_PT] = {"pt", "portuguese",
	"de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao "
	"ele das tem à seu sua "
	"ou ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois "
	"sem mesmo aos ter "
	"seus quem nas me esse eles estão você tinha foram essa num nem suas meu às minha têm numa "
	"pelos bem vou "
	"hoje nunca sempre tudo nada obrigado porque vai pra tá gente agora"},
    [LANGUAGE_NL] = {"nl", "dutch",
	"de en van ik te dat die in een hij het niet zijn is was op aan met als voor had er maar "
	"om hem dan zou of wat "
	"mijn men dit zo door over ze zich bij ook tot je mij uit der daar haar naar heb hoe heeft "
	"hebben deze u want "
	"nog zal me zij nu ge geen omdat iets worden toch al waren veel meer doen toen moet ben "
	"zonder kan hun dus "
	"alles onder ja eens hier wie werd altijd doch wordt wezen kunnen ons zelf tegen na reeds "
	"wil kon niets uw "
	"iemand geweest andere gaat goed vandaag nooit weer wel heel"},
    [LANGUAGE_SV] = {"sv", "swedish",
	"och det att i en jag hon som han på den med var sig för så till är men ett om hade de av "
	"icke mig du henne då "
	"sin nu har inte hans honom skulle hennes där min man ej vid kunde något från ut när efter "
	"upp vi dem vara vad "
	"över än dig kan sina här ha mot alla under någon eller allt mycket sedan ju denna själv "
	"detta åt utan varit "
	"hur ingen mitt ni bli blev oss din dessa några deras blir mina samma vilken er sådan bra "
	"också bara varför "
	"aldrig alltid igen idag tack"},
};

/* Letters that few of our languages use. */
static const struct {
	uint32_t cp;
	uint32_t languages;
} LETTERS[] = {
#define BIT(x) (1u << LANGUAGE_##x)
    {0xdf, BIT(DE)},
    {0xe4, BIT(DE) | BIT(SV)},
    {0xf6, BIT(DE) | BIT(SV)},
    {0xfc, BIT(DE)},
    {0xe5, BIT(DA) | BIT(SV)},
    {0xe6, BIT(DA)},
    {0xf8, BIT(DA)},
    {0xf1, BIT(ES)},
    {0xe3, BIT(PT)},
    {0xf5, BIT(PT)},
    {0xe7, BIT(FR) | BIT(PT)},
    {0xea, BIT(FR) | BIT(PT)},
    {0xe0, BIT(FR) | BIT(IT) | BIT(PT)},
    {0xe8, BIT(FR) | BIT(IT)},
    {0xec, BIT(IT)},
    {0xf2, BIT(IT)},
    {0xf9, BIT(FR) | BIT(IT)},
    {0xed, BIT(ES) | BIT(PT)},
    {0xf3, BIT(ES) | BIT(PT)},
    {0xfa, BIT(ES) | BIT(PT)},
#undef BIT
};

/* A stop word of one language has this many votes, shared among its languages. */
#define WORD_VOTES 60
#define LETTER_VOTES 30
/* The network's hint weighs as much as one word that two languages share. */
#define HINT_VOTES 30
/* Less than this for each word of the text is no evidence.  Posts of our languages have 15 to 30;
 * Indonesian, Turkish or Polish ones stay below 5. */
#define VOTES_PER_WORD 6

const char *
language_code(enum language lang)
{
	return LANGUAGES[lang].code;
}

const char *
language_stemmer(enum language lang)
{
	return LANGUAGES[lang].stemmer;
}

enum language
language_of_code(struct slice code)
{
	if (code.len < 2 || (code.len > 2 && code.ptr[2] != '-' && code.ptr[2] != '_'))
		return LANGUAGE_UND;
	struct slice two = slice_make(code.ptr, 2);
	for (int i = LANGUAGE_UND + 1; i < LANGUAGE_COUNT; i++) {
		if (slice_eq_nocase(two, slice_of(LANGUAGES[i].code)))
			return (enum language)i;
	}
	return LANGUAGE_UND;
}

/* The value of a stop word is its languages, a bit each. */
struct word_trie *
language_words_new(void)
{
	struct word_trie *p = word_trie_new();
	if (p == NULL)
		return NULL;
	for (int i = LANGUAGE_UND + 1; i < LANGUAGE_COUNT; i++) {
		struct slice rest = slice_of(LANGUAGES[i].stop_words);
		while (slice_is_set(rest)) {
			struct word_key key = word_key_of(slice_split(&rest, ' '));
			uint32_t *languages = word_trie_value(p, &key, 1);
			if (languages != NULL) {
				*languages |= 1u << i;
			} else if (word_trie_add(p, &key, 1, 1u << i, NULL) < 0) {
				word_trie_free(p);
				return NULL;
			}
		}
	}
	return p;
}

static void
vote(uint32_t languages, unsigned votes, unsigned tally[LANGUAGE_COUNT])
{
	unsigned share = votes / (unsigned)__builtin_popcount(languages);
	while (languages != 0) {
		tally[__builtin_ctz(languages)] += share;
		languages &= languages - 1;
	}
}

/* Letters of a word that is not ASCII; false when it is in a script none of our languages uses. */
static bool
vote_letters(struct slice word, unsigned tally[LANGUAGE_COUNT])
{
	bool is_latin = true;
	for (size_t i = 0; i < word.len;) {
		uint32_t cp = utf8_next(word, &i);
		if (cp < 0x80)
			continue;
		is_latin &= cp < 0x250 || (cp >= 0x1e00 && cp < 0x1f00);
		for (size_t k = 0; k < sizeof LETTERS / sizeof LETTERS[0]; k++) {
			if (LETTERS[k].cp == cp)
				vote(LETTERS[k].languages, LETTER_VOTES, tally);
		}
	}
	return is_latin;
}

static bool
has_high_byte(struct slice s)
{
	unsigned char any = 0;
	for (size_t i = 0; i < s.len; i++)
		any |= (unsigned char)s.ptr[i];
	return any >= 0x80;
}

static void
vote_unit(const struct word_trie *words, const struct unit *u, unsigned tally[LANGUAGE_COUNT],
    bool *is_foreign)
{
	uint32_t mask;
	bool has_longer;
	if (word_trie_word(words, &u->key, &mask, &has_longer)) {
		vote(mask, WORD_VOTES, tally);
		return;
	}
	for (size_t k = 0; k < u->other_count; k++) {
		if (word_trie_word(words, &u->others[k], &mask, &has_longer)) {
			vote(mask, WORD_VOTES, tally);
			return;
		}
	}
	if (has_high_byte(u->key.text))
		*is_foreign |= !vote_letters(u->key.text, tally);
}

struct language_guess
language_detect(
    const struct word_trie *words, const struct unit *units, size_t count, struct slice hint)
{
	unsigned tally[LANGUAGE_COUNT] = {0};
	struct language_guess g = {.lang = LANGUAGE_UND};
	size_t foreign = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_foreign = false;
		if (units[i].kind != TOKEN_WORD)
			continue;
		g.words++;
		vote_unit(words, &units[i], tally, &is_foreign);
		foreign += is_foreign;
	}
	unsigned best = 0;
	for (int i = LANGUAGE_UND + 1; i < LANGUAGE_COUNT; i++)
		best = tally[i] > best ? tally[i] : best;
	enum language hinted = language_of_code(hint);
	g.is_silent = best == 0 && foreign == 0;
	if (g.is_silent) {
		g.lang = hinted;
		return g;
	}

	/* Ties go to the earlier language of the table, English first. */
	tally[hinted] += HINT_VOTES;
	int winner = LANGUAGE_UND;
	unsigned top = 0;
	for (int i = LANGUAGE_UND + 1; i < LANGUAGE_COUNT; i++) {
		if (tally[i] > top) {
			top = tally[i];
			winner = i;
		}
	}
	bool is_enough = top >= VOTES_PER_WORD * g.words && foreign * 2 <= g.words;
	g.lang = is_enough ? (enum language)winner : LANGUAGE_UND;
	return g;
}
