#include "nlp/intents.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "nlp/units.h"

/* When a pattern counts. */
enum mood {
	ANY,
	UNLESS_POSITIVE,
	UNLESS_NEGATIVE,
	NEGATIVE_ONLY
};

struct pattern {
	enum intent intent;
	enum mood mood;
	const char *words; /* patterns, '|' between; '*': up to three words */
};

static const struct pattern ENGLISH[] = {
    {INTENT_COMPLAINT, UNLESS_POSITIVE,
	"complaint|complain|unacceptable|disappointed|disappointing|disgrace|disgraceful|rude|rip "
	"off|ripped off|"
	"waste of money|waste of time|worst|terrible service|awful service|poor service|bad "
	"service|horrible service|"
	"still waiting|never arrived|never came|not delivered|broken|broke after|stopped working|"
	"not working|doesn't work|doesnt work|didn't work|does not work|don't work|do not work|not "
	"happy with|"
	"not impressed|fed up|sick of|tired of|let down|want my money "
	"back|overpriced|defective|faulty|damaged|"
	"no response|no reply|no answer|overcharged|charged * twice|cold and|wrong order|wrong "
	"size|"
	"lost my * order|lost my * luggage|keeps crashing|keeps freezing|false "
	"advertising|scammed|misleading"},
    {INTENT_COMPLAINT, NEGATIVE_ONLY,
	"service|support|delivery|delivered|my order|my package|my parcel|my flight|my bill|my "
	"account|your app|the app|"
	"your product|your products|your staff|staff|refund|quality|on hold|waiting|waited|never "
	"again|fix your|your site|"
	"your website|shame on you|do better|get it together|crap|garbage|trash|useless|scam|joke"},
    {INTENT_SUPPORT, ANY,
	"can't log in|cant log in|cannot log in|can not log in|can't login|cant login|unable "
	"to|how do i|how can i|"
	"how to fix|need help|please help|pls help|help me|can you help|can someone help|can "
	"anyone help|"
	"could you help|any help|"
	"not working|doesn't work|doesnt work|didn't work|does not work|don't work|stopped "
	"working|won't start|"
	"wont start|won't turn on|wont turn on|won't load|wont load|won't open|keeps "
	"crashing|keeps freezing|"
	"error message|error code|where is my order|where's my order|wheres my order|my order * "
	"arrived|"
	"reset my password|forgot my password|locked out|refund|return my|my account|tech support|"
	"customer support|anyone else having|having trouble|having issues|having problems|having a "
	"problem|"
	"having an issue|please fix|fix this|fix your|is down|get through to|no one answers"},
    {INTENT_QUESTION, ANY,
	"does anyone know|does anybody know|anyone know|anybody know|can anyone|can someone|could "
	"someone|"
	"has anyone|have any of you|is it possible to|i wonder if|wondering if|wondering how|how "
	"do i|how do you|"
	"how can i|where can i|when will|when does|what time|is there a way|any "
	"recommendations|any idea|any tips|"
	"question for"},
    {INTENT_PRAISE, UNLESS_NEGATIVE,
	"thank you|thanks|thx|kudos|well done|good job|great job|nice job|great work|amazing "
	"work|shout out to|"
	"shoutout to|love your|love my|love this|love the|loving the|loving my|loving this|i "
	"love|best * ever|"
	"the best|highly recommend|would recommend|can't recommend * enough|impressed|great "
	"service|"
	"excellent service|great customer service|so good|so happy with|very happy with|five "
	"stars|5 stars|10/10|"
	"hats off|blown away|can't live without|awesome|amazing|fantastic|brilliant"},
    {INTENT_PURCHASE, UNLESS_NEGATIVE,
	"want to buy|wanna buy|going to buy|gonna buy|looking to buy|thinking of buying|thinking "
	"about buying|"
	"thinking of getting|need to buy|have to buy|where can i buy|where can i get|where to "
	"buy|how much is|"
	"how much does|how much are|just bought|just ordered|just purchased|just got my|i bought|i "
	"ordered|ordering|"
	"pre ordered|preordered|pre order|take my money|shut up and take my money|i need * in my "
	"life|"
	"adding to cart|in my basket|in my cart|can't wait to get my|buying a|buying the|getting a "
	"new|"
	"in stock|available in|ship to|do you ship|deliver to"},
    {INTENT_CHURN, UNLESS_POSITIVE,
	"cancel my|cancelled my|cancel the|cancelling|cancel our|unsubscribe|switching to|switched "
	"to|switch * to|"
	"moving to * instead|going elsewhere|go elsewhere|taking my business|take my "
	"business|taking our business|"
	"take our business|lost a customer|losing a customer|lost me as a customer|never buy|never "
	"buying|"
	"never shopping|never using|never use * again|never fly|never flying|never order|never "
	"ordering|"
	"never again|last time i|done with you|done with this|done with|i'm done|im done|leaving "
	"for|"
	"close my account|closing my account|delete my account|deleting my account|deleted the "
	"app|deleting the app|"
	"uninstalled|uninstalling|goodbye|not coming back|won't be back|wont be back|not "
	"renewing|won't renew|"
	"not be renewing|boycott"},
    {INTENT_SUGGESTION, ANY,
	"you should|they should|should add|should have an option|please add|please bring|please "
	"make|please consider|"
	"bring back|would be nice if|would be great if|would be cool if|would be better if|would "
	"love to see|"
	"would be awesome if|i wish you|i wish they|wish there was|wish you would|wish you "
	"had|suggestion|suggest|"
	"feature request|it'd be nice|it'd be great|it'd be cool|could you add|can you add|can you "
	"make|"
	"why don't you|why not add|need a * option|how about adding"},
    {INTENT_FEEDBACK, ANY,
	"feedback|in my opinion|imo|imho|my review|review of|reviewed|my experience|my first "
	"impression|"
	"first impressions|my thoughts on|tried the|tried your|tried this|after using|been "
	"using|i've used|"
	"i have used|compared to|pros and cons|out of 10|out of ten|overall"},
    {INTENT_SPAM, ANY,
	"follow me|follow back|followback|follow for follow|follow4follow|f4f|like for "
	"like|l4l|click here|"
	"click the link|link in bio|free followers|gain followers|get followers|more followers|buy "
	"followers|"
	"win a free|win free|get free|free gift card|free iphone|you have been "
	"selected|congratulations you|"
	"claim your|earn money|make money online|make money from home|work from home|earn * per "
	"day|"
	"earn * a day|passive income|crypto signals|airdrop|double your|dm me for|dm for|promo "
	"code|limited time offer|"
	"act now|check out my|subscribe to my|my onlyfans|100 % free|guaranteed profit|forex|join "
	"my|whatsapp me"},
};

/* A text with this many hashtags or links is selling something. */
#define SPAM_HASHTAGS 8
#define SPAM_URLS 4

struct intents {
	struct word_trie *patterns; /* values: index of the table's row */
	const struct pattern *rows;
};

/* Cuts "switch * to" into stems, the stars as gaps. */
static int
cut_pattern(struct slice words, enum language lang, struct cutting *c, struct stemmer *st,
    struct arena *a, struct word_key keys[PHRASE_WORDS_MAX], struct err *err)
{
	int n = 0;
	bool is_first = true;
	while (slice_is_set(words)) {
		struct slice part = slice_trim(slice_split(&words, '*'));
		if (!is_first)
			keys[n++] = word_key_of(SLICE_LIT("*"));
		is_first = false;
		if (units_cut_text(c, part, a, err) < 0)
			return -1;
		for (size_t i = 0; i < c->units.count; i++) {
			assert(n < PHRASE_WORDS_MAX);
			keys[n] = stemmer_stem(st, lang, &c->units.items[i].key, a);
			if (keys[n++].text.ptr == NULL)
				return err_set(err, ERR_NOMEM, "no memory for intents");
		}
	}
	return n;
}

static int
add_row(struct intents *in, uint32_t row, enum language lang, struct cutting *c, struct stemmer *st,
    struct arena *a, struct err *err)
{
	struct slice rest = slice_of(in->rows[row].words);
	while (slice_is_set(rest)) {
		struct word_key keys[PHRASE_WORDS_MAX];
		arena_reset(a);
		int n = cut_pattern(slice_split(&rest, '|'), lang, c, st, a, keys, err);
		if (n < 0 || (n > 0 && word_trie_add(in->patterns, keys, (size_t)n, row, err) < 0))
			return -1;
	}
	return 0;
}

int
intents_new(enum language lang, struct intents **intents_r, struct err *err)
{
	struct cutting cutting = {0};
	int rc = -1;
	struct intents *in = mem_zalloc(sizeof *in);
	struct stemmer *st = stemmer_new(false);
	struct arena *a = arena_new(64u << 10);
	if (in == NULL || st == NULL || a == NULL || (in->patterns = word_trie_new()) == NULL) {
		err_set(err, ERR_NOMEM, "no memory for intents");
		goto out;
	}
	in->rows = ENGLISH;
	for (uint32_t row = 0; lang == LANGUAGE_EN && row < sizeof ENGLISH / sizeof ENGLISH[0];
	     row++) {
		if (add_row(in, row, lang, &cutting, st, a, err) < 0)
			goto out;
	}
	*intents_r = in;
	in = NULL;
	rc = 0;
out:
	units_cutting_fini(&cutting);
	stemmer_free(st);
	arena_free(a);
	intents_free(in);
	return rc;
}

void
intents_free(struct intents *in)
{
	if (in == NULL)
		return;
	word_trie_free(in->patterns);
	mem_free(in);
}

struct finding {
	const struct intents *in;
	const struct score *score;
	uint32_t found;
};

static bool
fits(enum mood mood, const struct score *s)
{
	switch (mood) {
	case ANY: return true;
	case UNLESS_POSITIVE: return s->label != SENTIMENT_POSITIVE;
	case UNLESS_NEGATIVE: return s->label != SENTIMENT_NEGATIVE;
	case NEGATIVE_ONLY: return s->label == SENTIMENT_NEGATIVE;
	}
	return false;
}

static void
keep_intent(void *cookie, uint32_t value, size_t at, size_t end)
{
	struct finding *f = cookie;
	const struct pattern *p = &f->in->rows[value];
	(void)at;
	(void)end;
	if (fits(p->mood, f->score))
		f->found |= 1u << p->intent;
}

uint32_t
intents_find(
    const struct intents *in, const struct unit *units, size_t count, const struct score *s)
{
	struct finding f = {.in = in, .score = s};
	size_t hashtags = 0, urls = 0, words = 0;
	bool is_asked = false;
	for (size_t i = 0; i < count; i++) {
		const struct unit *u = &units[i];
		hashtags += u->kind == TOKEN_HASHTAG;
		urls += u->kind == TOKEN_URL;
		words += u->kind == TOKEN_WORD;
		if (u->kind == TOKEN_PUNCT && memchr(u->key.text.ptr, '?', u->key.text.len) != NULL)
			is_asked |= words > 0;
		word_trie_match(in->patterns, units, count, i, true, keep_intent, &f);
	}
	if (is_asked)
		f.found |= 1u << INTENT_QUESTION;
	if (hashtags >= SPAM_HASHTAGS || urls >= SPAM_URLS)
		f.found |= 1u << INTENT_SPAM;
	return f.found;
}
