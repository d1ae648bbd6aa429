#include "tests/rules/random_tree.h"
#include "tests/rules/slow_evaluator.h"

#include "core/json.h"
#include "rules/print_internal.h"

#define FILES 1500
#define OCCURRENCES 12

/* ---- one condition at a time ---- */

/* What the small occurrence of these tests knows. */
static void
fill(struct testing_occurrence *t, struct arena *a)
{
	static struct slice tags[] = {{"AcmeLaunch", 10}, {"coffee", 6}};
	static struct slice mentions[] = {{"@acme", 5}};
	static struct slice plan[] = {{"Gold", 4}}, visits[] = {{"12.5", 4}},
			    colours[] = {{"red", 3}, {"blue", 4}};
	static struct slice author_tags[] = {{"advocate", 8}};

	testing_occurrence_init(t);
	testing_text(t, "My order is late again! Not delivered. Yesterday #AcmeLaunch", a);
	t->score.score_milli = -620;
	t->score.label = SENTIMENT_NEGATIVE;
	t->score.intents = 1u << INTENT_COMPLAINT | 1u << INTENT_SUPPORT;
	t->brands[0] = 1;
	t->score.brand_count = 1;
	t->post.source = SLICE_LIT("mastodon");
	t->post.tags = (struct slice_list){tags, 2};
	t->post.mentions = (struct slice_list){mentions, 1};
	t->post.reply_to = SLICE_LIT("https://example.social/0");
	t->post.author.handle = SLICE_LIT("@Anna@example.social");
	t->post.author.bio = SLICE_LIT("Barista in \xc3\x9c"
				       "berlingen");
	t->post.author.followers = 1200;
	t->post.author.is_verified = TRI_NO;
	t->post.author.created_at_ms = t->occ.at_ms - 40 * TIME_DAY_MS;
	t->author.posts_seen = 3;
	t->author.tags = (struct slice_list){author_tags, 1};
	t->attributes[0] = (struct attribute){SLICE_LIT("plan"), {plan, 1}};
	t->attributes[1] = (struct attribute){SLICE_LIT("visits"), {visits, 1}};
	t->attributes[2] = (struct attribute){SLICE_LIT("colours"), {colours, 2}};
	t->endpoints[0] = (struct endpoint){.channel = SLICE_LIT("email"),
	    .address = SLICE_LIT("anna@example.com"),
	    .locale = SLICE_LIT("de-AT"),
	    .country = SLICE_LIT("AT")};
	t->endpoints[1] = (struct endpoint){.channel = SLICE_LIT("sms"), .is_opted_out = true};
	t->endpoints[2] = (struct endpoint){.channel = SLICE_LIT("push")};
	t->consents[0] = (struct consent){
	    .channel = SLICE_LIT("push"), .purpose = PURPOSE_MARKETING, .is_given = false};
	t->customer = (struct customer){.id = SLICE_LIT("c-1"),
	    .attributes = t->attributes,
	    .attribute_count = 3,
	    .endpoints = t->endpoints,
	    .endpoint_count = 3,
	    .consents = t->consents,
	    .consent_count = 1};
	t->occ.customer = &t->customer;
}

#define DECLARATIONS                                                                               \
	"brand acme \"Acme\"\n called \"acme\"\nend\nbrand beta \"Beta\"\n called \"beta\"\nend\n" \
	"list staff \"Staff\"\n \"anna@example.social\", \"anna@example.com\"\nend\n"              \
	"list terms \"Terms\"\n \"late\", \"broken\"\nend\nlist others \"Others\"\n "              \
	"\"ben\"\nend\n"

static enum tristate
truth_of(const char *condition, const struct occurrence *occ, struct arena *a)
{
	char text[4096];
	struct rule_set *set;
	struct evaluation e;
	struct slow s;
	enum tristate fast, slow;

	snprintf(text, sizeof text, "%srule r \"R\"\n when %s\n then alert \"x\" as low\nend\n",
	    DECLARATIONS, condition);
	set = testing_compile(text);
	assert_int_equal(evaluation_begin(&e, set, occ, NULL, a), 0);
	fast = evaluation_run(&e, &set->programs[0]);
	s = (struct slow){set, occ, NULL, a, slow_files(set, a)};
	slow = slow_node(&s, slow_root(&s, &set->programs[0]));
	if (fast != slow)
		fail_msg("%s: the engine says %d, the slow evaluator %d", condition, fast, slow);
	rule_set_unref(set);
	return fast;
}

static void
each_condition_is_true_false_or_unknown_as_the_manual_says(void **state)
{
	static const struct {
		const char *condition;
		enum tristate truth;
	} cases[] = {
	    {"brand is beta", TRI_YES},
	    {"brand is acme", TRI_NO},
	    {"brand is none of acme", TRI_YES},
	    {"brand is one of acme, beta", TRI_YES},
	    {"brand is not beta", TRI_NO},
	    {"sentiment is below -0.4", TRI_YES},
	    {"sentiment is at least -0.62", TRI_YES},
	    {"sentiment is above -0.62", TRI_NO},
	    {"sentiment is between -0.7 and -0.6", TRI_YES},
	    {"sentiment is not -0.62", TRI_NO},
	    {"sentiment is known", TRI_YES},
	    {"sentiment is unsure", TRI_NO},
	    {"sentiment.label is negative", TRI_YES},
	    {"intent is support", TRI_YES},
	    {"intent is praise", TRI_NO},
	    {"intent is none of praise, spam", TRI_YES},
	    {"language is en", TRI_YES},
	    {"language is one of de, fr", TRI_NO},
	    {"text contains \"late\"", TRI_YES},
	    {"text contains \"LATE\"", TRI_YES},
	    {"text contains \"lat\"", TRI_NO},
	    {"text contains \"not delivered\"", TRI_YES},
	    {"text contains \"delivered yesterday\"", TRI_NO},
	    {"text contains \"delivered. yesterday\"", TRI_YES},
	    {"text contains \"late again\"", TRI_YES},
	    {"text contains \"late again!\"", TRI_YES},
	    {"text contains \"again not\"", TRI_NO},
	    {"text contains \"#acmelaunch\"", TRI_YES},
	    {"text contains \"acmelaunch\"", TRI_NO},
	    {"text contains any of \"x\", \"late\"", TRI_YES},
	    {"text contains all of \"late\", \"order\"", TRI_YES},
	    {"text contains all of \"late\", \"x\"", TRI_NO},
	    {"text contains none of \"x\", \"y\"", TRI_YES},
	    {"text does not contain \"late\"", TRI_NO},
	    {"text contains any of list terms", TRI_YES},
	    {"text contains all of list terms", TRI_NO},
	    {"text starts with \"my order\"", TRI_YES},
	    {"text starts with \"order\"", TRI_NO},
	    {"text.words is at least 8", TRI_YES},
	    {"post.tag is \"acmelaunch\"", TRI_YES},
	    {"post.tag is \"#AcmeLaunch\"", TRI_YES},
	    {"post.tag is \"tea\"", TRI_NO},
	    {"post.mention is \"acme\"", TRI_YES},
	    {"post.source is mastodon", TRI_YES},
	    {"post is a reply", TRI_YES},
	    {"post is not a repost", TRI_YES},
	    {"post.likes is above 1", TRI_UNKNOWN},
	    {"post.likes is unknown", TRI_YES},
	    {"post.place contains \"Berlin\"", TRI_UNKNOWN},
	    {"post.place is known", TRI_NO},
	    {"author.followers is at least 1200", TRI_YES},
	    {"author.followers is above 1.2k", TRI_NO},
	    {"author.following is below 10", TRI_UNKNOWN},
	    {"author.age is above 30 days", TRI_YES},
	    {"author.age is below 5 weeks", TRI_NO},
	    {"author.handle is \"anna@example.social\"", TRI_YES},
	    {"author.bio contains \"barista\"", TRI_YES},
	    {"author.bio contains \"bar\"", TRI_NO},
	    {"author.bio contains \"\xc3\xbc"
	     "berlingen\"",
		TRI_YES},
	    {"author.bio starts with \"barista in\"", TRI_YES},
	    {"author.name is \"x\"", TRI_UNKNOWN},
	    {"author is verified", TRI_NO},
	    {"author is not verified", TRI_YES},
	    {"author is a bot", TRI_UNKNOWN},
	    {"not author is a bot", TRI_UNKNOWN},
	    {"author is tagged \"Advocate\"", TRI_YES},
	    {"author is in list staff", TRI_YES},
	    {"author is not in list others", TRI_YES},
	    {"customer is in list staff", TRI_YES},
	    {"customer is known", TRI_YES},
	    {"customer is unknown", TRI_NO},
	    {"customer allows email", TRI_YES},
	    {"customer allows sms", TRI_NO},
	    {"customer allows push", TRI_NO},
	    {"customer does not allow voice", TRI_YES},
	    {"customer.plan is \"gold\"", TRI_YES},
	    {"customer.Plan is \"GOLD\"", TRI_YES},
	    {"customer.plan is one of \"silver\", \"gold\"", TRI_YES},
	    {"customer.plan is at least 5", TRI_UNKNOWN},
	    {"customer.visits is at least 12", TRI_YES},
	    {"customer.visits is 12.5", TRI_YES},
	    {"customer.visits is between 13 and 14", TRI_NO},
	    {"customer.colours is \"blue\"", TRI_YES},
	    {"customer.colours is not \"blue\"", TRI_NO},
	    {"customer.colours contains all of \"red\", \"blue\"", TRI_YES},
	    {"customer.size is \"L\"", TRI_UNKNOWN},
	    {"customer.size is unknown", TRI_YES},
	    {"customer.language is de", TRI_YES},
	    {"customer.language is \"de_AT\"", TRI_YES},
	    {"customer.language is at", TRI_NO},
	    {"customer.country is at", TRI_YES},
	    {"customer.timezone is UTC", TRI_UNKNOWN},
	    {"customer.id starts with \"C-\"", TRI_YES},
	};
	struct testing_occurrence t;
	struct arena *a = arena_new(16 * 1024 * 1024);

	(void)state;
	fill(&t, a);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		enum tristate truth = truth_of(cases[i].condition, &t.occ, a);

		if (truth != cases[i].truth)
			fail_msg("%s: %d, wanted %d", cases[i].condition, truth, cases[i].truth);
	}
	arena_free(a);
}

static void
unknown_goes_through_all_any_and_not_as_kleene_says(void **state)
{
	static const char *const leaf[] = {
	    "author is a bot", "author is verified", "post is a reply"}; /* ?, no, yes */
	static const enum tristate value[] = {TRI_UNKNOWN, TRI_NO, TRI_YES};
	static const enum tristate and_of[3][3] = {{TRI_UNKNOWN, TRI_NO, TRI_UNKNOWN},
	    {TRI_NO, TRI_NO, TRI_NO}, {TRI_UNKNOWN, TRI_NO, TRI_YES}};
	static const enum tristate or_of[3][3] = {{TRI_UNKNOWN, TRI_UNKNOWN, TRI_YES},
	    {TRI_UNKNOWN, TRI_NO, TRI_YES}, {TRI_YES, TRI_YES, TRI_YES}};
	struct testing_occurrence t;
	struct arena *a = arena_new(16 * 1024 * 1024);
	char text[512];

	(void)state;
	fill(&t, a);
	for (int x = 0; x < 3; x++) {
		snprintf(text, sizeof text, "not %s", leaf[x]);
		assert_int_equal(truth_of(leaf[x], &t.occ, a), value[x]);
		assert_int_equal(truth_of(text, &t.occ, a),
		    value[x] == TRI_UNKNOWN   ? TRI_UNKNOWN
			: value[x] == TRI_YES ? TRI_NO
					      : TRI_YES);
		for (int y = 0; y < 3; y++) {
			snprintf(text, sizeof text, "all of\n%s\n%s\nend", leaf[x], leaf[y]);
			assert_int_equal(truth_of(text, &t.occ, a), and_of[x][y]);
			snprintf(text, sizeof text, "any of\n%s\n%s\nend", leaf[x], leaf[y]);
			assert_int_equal(truth_of(text, &t.occ, a), or_of[x][y]);
			snprintf(
			    text, sizeof text, "not any of\n%s\nnot %s\nend", leaf[x], leaf[y]);
			(void)truth_of(text, &t.occ, a); /* compares the two evaluators */
		}
	}
	arena_free(a);
}

static void
a_keyword_is_found_in_words_with_hyphens_and_in_possessives(void **state)
{
	static const struct {
		const char *condition, *text;
		enum tristate truth;
	} cases[] = {
	    {"text contains \"late\"", "much too-late", TRI_YES},
	    {"text contains \"too late\"", "much too-late", TRI_YES},
	    {"text contains \"too-late\"", "much too late", TRI_YES},
	    {"text contains \"too-late\"", "much too. Late", TRI_NO},
	    {"text contains \"ate\"", "much too-late", TRI_NO},
	    {"text starts with \"much too\"", "much-too-late", TRI_YES},
	    {"text starts with \"too\"", "much-too-late", TRI_NO},
	    {"text contains \"late. And\"", "too-late. And wet", TRI_YES},
	    {"text contains \"acme\"", "Acme's tea", TRI_YES},
	    {"text contains \"acme tea\"", "Acme's tea", TRI_YES},
	    {"text contains \"old acme\"", "my old-Acme's tea", TRI_YES},
	    {"text contains \"old acme tea\"", "my old Acme's tea", TRI_YES},
	    {"text contains \"anna acme\"", "Anna's Acme's tea", TRI_YES},
	    {"text contains \"acme's\"", "Acme's tea", TRI_YES},
	    {"text contains \"acme's\"", "Acme tea", TRI_NO},
	    {"text starts with \"acme\"", "Acme's tea", TRI_YES},
	    {"text contains none of \"acme\", \"late\"", "Acme's tea", TRI_NO},
	};
	struct arena *a = arena_new(8 * 1024 * 1024);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testing_occurrence o;
		enum tristate seen;

		testing_occurrence_init(&o);
		testing_text(&o, cases[i].text, a);
		seen = truth_of(cases[i].condition, &o.occ, a);
		if (seen != cases[i].truth)
			fail_msg("%s in '%s': %d, not %d", cases[i].condition, cases[i].text, seen,
			    cases[i].truth);
		arena_reset(a);
	}
	arena_free(a);
}

/* ---- random rules on random occurrences ---- */

static int
random_in_list(
    void *cookie, struct slice list, enum action_target who, const struct occurrence *occ)
{
	(void)cookie;
	return (int)((list.len + (size_t)who + (size_t)occ->at_ms) % 3) - 1;
}

static struct slice_list
random_list_of(struct random_tree *t, struct testing_occurrence *o, size_t *used)
{
	size_t n = rng_below(&t->rng, 3), first = *used;

	for (size_t i = 0; i < n; i++)
		o->texts[(*used)++] = slice_of(RANDOM_OF(t, random_texts));
	return (struct slice_list){o->texts + first, n};
}

static struct slice
maybe(struct random_tree *t, struct slice s)
{
	return random_one_in(t, 3) ? SLICE_NONE : s;
}

static void
random_customer(struct random_tree *t, struct testing_occurrence *o, size_t *used)
{
	o->customer.id = slice_of(RANDOM_OF(t, random_texts));
	o->customer.locale = maybe(t, SLICE_LIT("de-AT"));
	o->customer.country = maybe(t, SLICE_LIT("DE"));
	o->customer.attribute_count = rng_below(&t->rng, 4);
	for (size_t i = 0; i < o->customer.attribute_count; i++)
		o->attributes[i] =
		    (struct attribute){slice_of(random_attributes[i]), random_list_of(t, o, used)};
	o->customer.attributes = o->attributes;
	o->endpoints[0] = (struct endpoint){
	    .channel = random_one_in(t, 2) ? SLICE_LIT("email") : SLICE_LIT("push"),
	    .address = slice_of(RANDOM_OF(t, random_texts)),
	    .is_opted_out = random_one_in(t, 3),
	    .timezone = maybe(t, SLICE_LIT("Europe/Berlin"))};
	o->customer.endpoints = o->endpoints;
	o->customer.endpoint_count = rng_below(&t->rng, 2);
	o->customer.has_segments = !random_one_in(t, 4);
	o->customer.segments = (struct slice_list){o->segments, rng_below(&t->rng, 4)};
	for (size_t i = 0; i < o->customer.segments.count; i++)
		o->segments[i] = slice_of(RANDOM_OF(t, random_segments));
	o->unsure = slice_of(RANDOM_OF(t, random_segments));
	o->customer.unsure_segments = (struct slice_list){&o->unsure, random_one_in(t, 3)};
	o->occ.customer = &o->customer;
}

/* There is no post then, and always a customer. */
static void
random_event(struct random_tree *t, struct testing_occurrence *o, size_t *used)
{
	if (o->occ.customer == NULL)
		random_customer(t, o, used);
	o->event = (struct event){.id = SLICE_LIT("e1"),
	    .name = slice_of(RANDOM_OF(t, random_texts)),
	    .source = slice_of(RANDOM_OF(t, random_texts)),
	    .properties = o->properties,
	    .property_count = rng_below(&t->rng, 3)};
	for (size_t i = 0; i < o->event.property_count; i++)
		o->properties[i] =
		    (struct attribute){slice_of(random_attributes[i]), random_list_of(t, o, used)};
	o->occ.kind = OCCURRENCE_EVENT;
	o->occ.event = &o->event;
	o->occ.post = NULL;
	o->occ.score = NULL;
	o->occ.author = NULL;
}

static void
random_occurrence(struct random_tree *t, struct testing_occurrence *o)
{
	char text[512] = "";
	size_t used = 0;

	testing_occurrence_init(o);
	for (uint64_t i = rng_below(&t->rng, 12); i > 0; i--) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof text - len, "%s%s", RANDOM_OF(t, random_words),
		    random_one_in(t, 5)       ? ". "
			: random_one_in(t, 8) ? "! "
					      : " ");
	}
	testing_text(o, arena_strdup(t->arena, text), t->arena);
	o->occ.at_ms += (int64_t)rng_below(&t->rng, 3);
	o->score.is_scored = !random_one_in(t, 4);
	o->score.label = (enum sentiment_label)rng_below(&t->rng, 3);
	o->score.score_milli = (int32_t)rng_below(&t->rng, 2001) - 1000;
	o->score.intents = (uint32_t)rng_below(&t->rng, 1u << INTENT_COUNT);
	o->score.is_unsure = random_one_in(t, 2);
	o->score.brand_count = rng_below(&t->rng, 3);
	o->brands[0] = o->score.brand_count == 1 && random_one_in(t, 2) ? 1 : 0;
	o->brands[1] = 1;
	memcpy(o->score.lang,
	    random_one_in(t, 3)       ? "und"
		: random_one_in(t, 2) ? "en\0"
				      : "de\0",
	    4);
	if (random_one_in(t, 10))
		o->occ.score = NULL;
	o->post.source = maybe(t, SLICE_LIT("mastodon"));
	o->post.place = maybe(t, slice_of(RANDOM_OF(t, random_texts)));
	o->post.url = maybe(t, slice_of(RANDOM_OF(t, random_texts)));
	o->post.tags = random_list_of(t, o, &used);
	o->post.mentions = random_list_of(t, o, &used);
	o->post.reply_to = maybe(t, SLICE_LIT("x"));
	o->post.likes = (int64_t)rng_below(&t->rng, 10) - 1;
	o->post.author.handle = maybe(t, slice_of(RANDOM_OF(t, random_texts)));
	o->post.author.id = maybe(t, SLICE_LIT("https://example.social/anna"));
	o->post.author.url = maybe(t, slice_of(RANDOM_OF(t, random_texts)));
	o->post.author.name = maybe(t, slice_of(RANDOM_OF(t, random_texts)));
	o->post.author.bio = maybe(t, slice_of(RANDOM_OF(t, random_texts)));
	o->post.author.followers = (int64_t)rng_below(&t->rng, 30000) - 1;
	o->post.author.is_verified = (enum tristate)((int)rng_below(&t->rng, 3) - 1);
	o->post.author.is_bot = (enum tristate)((int)rng_below(&t->rng, 3) - 1);
	if (random_one_in(t, 2))
		o->post.author.created_at_ms =
		    o->occ.at_ms - (int64_t)rng_below(&t->rng, 200) * TIME_DAY_MS;
	o->author.tags = random_list_of(t, o, &used);
	o->author.posts_seen = (int64_t)rng_below(&t->rng, 9);
	if (random_one_in(t, 6))
		o->occ.author = NULL;
	if (random_one_in(t, 2))
		random_customer(t, o, &used);
	if (random_one_in(t, 3))
		random_event(t, o, &used);
	assert_true(used <= sizeof o->texts / sizeof *o->texts);
}

static const char *
text_of(const struct rule_set *set, struct arena *a)
{
	struct buf b;
	const char *text;

	buf_init(&b, 4 * 1024 * 1024);
	rule_set_print(set, &b);
	text = arena_strdup(a, buf_str(&b));
	buf_fini(&b);
	return text;
}

/* The words of the post: of this set, of another score, of another set, or not looked up. */
static void
give_words(struct random_tree *t, const struct rule_set *set, const struct rule_set *other_set,
    struct testing_occurrence *o, struct arena *a)
{
	const struct score *score = o->occ.score;
	struct testing_occurrence other;

	if (score == NULL || random_one_in(t, 4))
		return;
	if (random_one_in(t, 4)) {
		random_occurrence(t, &other);
		score = &other.score;
	} else if (random_one_in(t, 4)) {
		set = other_set;
	}
	assert_int_equal(rule_set_look_up(set, score, a, &o->occ.words, NULL), 0);
}

static void
compare_on(struct random_tree *t, const struct rule_set *set, const struct rules_file *files,
    const struct rule_set *other_set, uint64_t seed, size_t *fired, size_t *unknown)
{
	static const struct rule_facts knows = {.in_list = random_in_list};
	const struct rule_facts *facts = random_one_in(t, 2) ? &knows : NULL;
	struct testing_occurrence o;
	struct firing *firings = NULL;
	struct arena *a = arena_new(64 * 1024 * 1024);
	struct err err = {0};
	size_t count = 0, at = 0;
	struct evaluation e;
	struct slow s;

	random_occurrence(t, &o);
	give_words(t, set, other_set, &o, a);
	assert_int_equal(rule_set_evaluate(set, &o.occ, facts, a, &firings, &count, &err), 0);
	assert_int_equal(evaluation_begin(&e, set, &o.occ, facts, a), 0);
	s = (struct slow){set, &o.occ, facts, a, files};
	for (size_t i = 0; i < set->program_count; i++) {
		const struct program *p = &set->programs[i];
		const struct node *root = slow_root(&s, p);
		enum tristate slow = root == NULL ? TRI_YES : slow_node(&s, root),
			      fast = evaluation_run(&e, p);
		bool sees_events = p->part == FIRING_RULE && slow_asks_about_events(root);
		bool fires = slow == TRI_YES && !p->is_off && o.occ.at_ms >= p->from_ms &&
		    o.occ.at_ms < p->until_ms && sees_events == (o.occ.kind == OCCURRENCE_EVENT);
		bool is_counted = p->part == FIRING_WATCHED || p->part == FIRING_BASE;

		if (fast != slow)
			fail_msg("seed %llu: of program %zu the engine says %d, the slow evaluator "
				 "%d to '%.*s' in\n%s",
			    (unsigned long long)seed, i, fast, slow, SLICE_ARG(o.post.text),
			    text_of(set, a));
		/* the index may leave out only what does not fire, and keeps the order of the files */
		if (fires !=
		    (at < count && firings[at].rule == p->head && firings[at].part == p->part))
			fail_msg("seed %llu: the index is wrong about program %zu of\n%s",
			    (unsigned long long)seed, i, text_of(set, a));
		if (fires) {
			/* told late, from what the evaluation kept */
			struct slice reason = firing_reason(&firings[at++]);

			assert_true(
			    slice_eq(reason, is_counted ? SLICE_LIT("") : explain_reason(&e, p)));
			assert_true((reason.len > 0) == !is_counted && utf8_is_valid(reason));
			assert_null(memchr(reason.ptr, '\n', reason.len));
		}
		*fired += fires;
		*unknown += slow == TRI_UNKNOWN;
	}
	assert_int_equal(at, count);
	arena_free(a);
}

/* The same customers, judged: each segment is what its conditions say, however they ask one another. */
static void
compare_segments_on(struct random_tree *t, const struct rule_set *set,
    const struct rules_file *files, uint64_t seed, size_t *members)
{
	static const struct rule_facts facts = {.in_list = random_in_list};
	struct testing_occurrence o;
	struct arena *a = arena_new(64 * 1024 * 1024);
	enum tristate truth[3];
	int64_t due_ms;

	random_occurrence(t, &o);
	o.occ.kind = OCCURRENCE_CUSTOMER;
	o.occ.post = NULL;
	o.occ.score = NULL;
	o.occ.author = NULL;
	assert_int_equal(rule_set_segment_count(set), 3);
	assert_int_equal(rule_set_judge_segments(set, &o.occ, &facts, a, truth, &due_ms, NULL), 0);
	for (size_t i = 0; i < 3; i++) {
		struct slow s = {set, &o.occ, &facts, a, files};
		enum tristate slow = slow_segment(&s, rule_set_segment(set, i)->id);

		if (truth[i] != slow)
			fail_msg(
			    "seed %llu: of segment %zu the engine says %d, the slow evaluator %d "
			    "in\n%s",
			    (unsigned long long)seed, i, truth[i], slow, text_of(set, a));
		*members += slow == TRI_YES;
	}
	arena_free(a);
}

static struct rule_set *
random_set(struct random_tree *t, uint64_t seed)
{
	struct rules_file f;
	struct diag_list *diags = diag_list_new();
	struct rule_set *set = NULL;
	struct buf text, out;
	struct rule_source source = {"random.rules", SLICE_NONE};

	random_file(t, &f);
	buf_init(&text, 4 * 1024 * 1024);
	buf_init(&out, 4 * 1024 * 1024);
	print_file(&f, &text);
	source.text = buf_slice(&text);
	if (rule_set_compile(&source, 1, 1, &testing_env_alone, diags, &set, NULL) != 0) {
		diag_print(diags, &out);
		fail_msg("seed %llu: %s", (unsigned long long)seed, buf_str(&out));
	}
	buf_clear(&out);
	rule_set_print(set, &out);
	assert_string_equal(buf_str(&out), buf_str(&text));
	buf_fini(&text);
	buf_fini(&out);
	diag_list_free(diags);
	return set;
}

static void
the_engine_agrees_with_the_slow_evaluator_on_random_rules(void **state)
{
	size_t fired = 0, unknown = 0, gates = 0, members = 0;
	struct rule_set *other_set = testing_compile(
	    "rule r \"R\"\n when text contains \"late\"\n then alert \"x\" as low\nend\n");

	(void)state;
	for (uint64_t seed = 1; seed <= FILES; seed++) {
		const struct rules_file *files;
		struct random_tree t;
		struct rule_set *set;

		random_tree_init(&t, seed * 7919, false);
		if (seed % 3 == 0)
			random_tree_share(&t);
		set = random_set(&t, seed);
		gates += set->index.gates.count;
		files = slow_files(set, t.arena);
		for (int i = 0; i < OCCURRENCES; i++) {
			compare_on(&t, set, files, other_set, seed, &fired, &unknown);
			compare_segments_on(&t, set, files, seed, &members);
		}
		rule_set_unref(set);
		arena_free(t.arena);
	}
	rule_set_unref(other_set);
	print_message("%zu firings, %zu unknown, %zu gates\n", fired, unknown, gates);
	assert_true(fired > 1000 && unknown > 1000 && gates > 100 && members > 1000);
}

/* ---- firings ---- */

static void
a_firing_says_why_in_one_line(void **state)
{
	static const struct {
		const char *when, *reason;
	} cases[] = {
	    {"all of\nbrand is beta\nsentiment is below -0.4\nauthor.followers is at least "
	     "1000\nend",
		"brand is beta; sentiment -0.62 is below -0.4; author.followers 1200 is at least "
		"1000"},
	    {"any of\nbrand is acme\nintent is one of complaint, praise\nend",
		"intent complaint, support is one of complaint, praise"},
	    {"not all of\nbrand is beta\nsentiment is above 0\nend",
		"not sentiment -0.62 is above 0"},
	    {"not any of\nauthor is verified\nlanguage is de\nend",
		"not author is verified; not language en is de"},
	    {"text contains any of \"x\", \"not delivered\"", "text contains \"not delivered\""},
	    {"customer.plan is one of \"gold\", \"silver\"",
		"customer.plan \"Gold\" is one of \"gold\", \"silver\""},
	    {"author.age is above 30 days", "author.age 40 days is above 30 days"},
	    {"author is in list staff", "author is in list staff"},
	};
	struct testing_occurrence t;
	struct arena *a = arena_new(16 * 1024 * 1024);

	(void)state;
	fill(&t, a);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[2048];
		struct firing *firings;
		struct rule_set *set;
		size_t count;

		snprintf(text, sizeof text,
		    "%srule r \"R\"\n when %s\n then alert \"x\" as low\nend\n", DECLARATIONS,
		    cases[i].when);
		set = testing_compile(text);
		assert_int_equal(
		    rule_set_evaluate(set, &t.occ, NULL, a, &firings, &count, NULL), 0);
		assert_int_equal(count, 1);
		assert_true(slice_is_set(firing_reason(&firings[0])));
		if (!slice_eq_str(firing_reason(&firings[0]), cases[i].reason))
			fail_msg("found  %.*s\nwanted %s", SLICE_ARG(firing_reason(&firings[0])),
			    cases[i].reason);
		rule_set_unref(set);
	}
	arena_free(a);
}

static void
a_reason_with_a_strangers_text_stays_short_and_on_one_line(void **state)
{
	struct rule_set *set = testing_compile(
	    "rule r \"R\"\n when author.bio is not \"x\"\n then alert \"x\" as low\nend\n");
	struct testing_occurrence t;
	struct arena *a = arena_new(1024 * 1024);
	struct firing *firings;
	static char bio[30000];
	size_t count;

	(void)state;
	memset(bio, '\n', sizeof bio - 1);
	testing_occurrence_init(&t);
	t.post.author.bio = slice_of(bio);
	assert_int_equal(rule_set_evaluate(set, &t.occ, NULL, a, &firings, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_true(firing_reason(&firings[0]).len < 200);
	assert_null(memchr(firing_reason(&firings[0]).ptr, '\n', firing_reason(&firings[0]).len));
	rule_set_unref(set);
	arena_free(a);
}

static size_t
fired_at(const struct rule_set *set, int64_t at_ms)
{
	struct testing_occurrence t;
	struct arena *a = arena_new(1024 * 1024);
	struct firing *firings;
	size_t count;

	testing_occurrence_init(&t);
	t.occ.at_ms = at_ms;
	assert_int_equal(rule_set_evaluate(set, &t.occ, NULL, a, &firings, &count, NULL), 0);
	arena_free(a);
	return count;
}

static void
a_rule_fires_from_its_first_minute_until_before_its_last(void **state)
{
	struct rule_source source = {"x.rules",
	    SLICE_LIT("rule r \"R\"\n from 2026-12-01 09:00 until 2026-12-03 18:00 in "
		      "Europe/Berlin\n when customer is unknown\n"
		      " then alert \"support\" as low\nend\nrule s \"S\"\n off\n when customer is "
		      "unknown\n"
		      " then alert \"support\" as low\nend\n")};
	struct diag_list *diags = diag_list_new();
	struct rule_set *set = NULL;
	int64_t from_ms = time_days_from_civil(2026, 12, 1) * TIME_DAY_MS + 8 * TIME_HOUR_MS;
	int64_t until_ms = time_days_from_civil(2026, 12, 3) * TIME_DAY_MS + 17 * TIME_HOUR_MS;

	(void)state;
	assert_int_equal(rule_set_compile(&source, 1, 1, &testing_env, diags, &set, NULL), 0);
	assert_int_equal(fired_at(set, from_ms - 1), 0);
	assert_int_equal(fired_at(set, from_ms), 1);
	assert_int_equal(fired_at(set, until_ms - 1), 1);
	assert_int_equal(fired_at(set, until_ms), 0);
	assert_true(rule_set_is_off(set, 1));
	rule_set_unref(set);
	diag_list_free(diags);
}

static void
a_full_arena_is_an_error_and_no_firing(void **state)
{
	struct rule_set *set = testing_compile(
	    "rule r \"R\"\n when text contains \"late\"\n then alert \"x\" as low\nend\n");
	struct testing_occurrence t;
	struct arena *big = arena_new(1024 * 1024), *small;
	struct firing *firings;
	struct err err = {0};
	size_t count;

	(void)state;
	testing_occurrence_init(&t);
	testing_text(&t, "late", big);
	small = arena_new(16);
	assert_int_equal(rule_set_evaluate(set, &t.occ, NULL, small, &firings, &count, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	arena_free(small);
	arena_free(big);
	rule_set_unref(set);
}

/* One that cannot look up says so and leaves no words; whoever asks then looks up by themselves. */
static void
words_are_looked_up_or_there_is_an_error(void **state)
{
	struct rule_set *set = testing_compile(
	    "rule r \"R\"\n when text contains \"too late\"\n then alert \"x\" as low\nend\n");
	struct rule_set *silent = testing_compile(
	    "rule r \"R\"\n when sentiment is above 0\n then alert \"x\" as low\nend\n");
	struct testing_occurrence t;
	struct arena *a = arena_new(1024 * 1024), *small = arena_new(16);
	struct firing *firings;
	struct err err = {0};
	size_t count;

	(void)state;
	testing_occurrence_init(&t);
	testing_text(&t, "That was too-late's fault", a);
	assert_int_equal(rule_set_look_up(set, &t.score, small, &t.occ.words, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_null(t.occ.words);
	assert_int_equal(rule_set_look_up(silent, &t.score, small, &t.occ.words, &err), 0);
	assert_null(t.occ.words); /* its rules ask for none */
	for (int given = 0; given <= 1; given++) {
		if (given)
			assert_int_equal(rule_set_look_up(set, &t.score, a, &t.occ.words, &err), 0);
		assert_true((t.occ.words != NULL) == given);
		assert_int_equal(
		    rule_set_evaluate(set, &t.occ, NULL, a, &firings, &count, &err), 0);
		assert_int_equal(count, 1);
		assert_true(slice_eq_str(firing_reason(&firings[0]), "text contains \"too late\""));
	}
	arena_free(small);
	arena_free(a);
	rule_set_unref(set);
	rule_set_unref(silent);
}

/* ---- explaining ---- */

static void
an_explanation_shows_every_condition_with_what_was_seen_or_missing(void **state)
{
	char text[2048];
	struct testing_occurrence t;
	struct arena *a = arena_new(16 * 1024 * 1024);
	struct rule_set *set;
	struct json_doc *doc;
	struct buf out, json;

	(void)state;
	snprintf(text, sizeof text,
	    "%srule r \"R\"\n when all of\n  sentiment is below -0.4\n  not author is a bot\n"
	    "  any of\n   author.listed is above 3\n   customer.size is \"L\"\n  end\n end\n"
	    " then alert \"x\" as low\nend\n",
	    DECLARATIONS);
	set = testing_compile(text);
	fill(&t, a);
	buf_init(&out, 65536);
	buf_init(&json, 65536);
	assert_int_equal(
	    rule_set_explain(set, 0, FIRING_RULE, &t.occ, NULL, a, &out, &json, NULL), 0);
	assert_string_equal(buf_str(&out),
	    "rule r \"R\": does not fire\n"
	    "  unknown  all of\n"
	    "    true     sentiment is below -0.4  (seen: -0.62)\n"
	    "    unknown  not\n"
	    "      unknown  author is a bot  (not known)\n"
	    "    unknown  any of\n"
	    "      unknown  author.listed is above 3  (not known)\n"
	    "      unknown  customer.size is \"L\"  (the customer has no such attribute)\n");
	assert_int_equal(json_parse(buf_slice(&json), &doc, NULL, NULL), 0);
	const struct json *when = json_get(json_root(doc), "when");
	assert_true(slice_eq_str(json_get_str(when, "truth"), "unknown"));
	assert_true(slice_eq_str(json_get_str(json_at(json_get(when, "all"), 0), "seen"), "-0.62"));
	const struct json *any = json_get(json_at(json_get(when, "all"), 2), "any");
	assert_true(slice_eq_str(json_get_str(json_at(any, 0), "missing"), "author.listed"));
	assert_true(slice_eq_str(json_get_str(json_at(any, 1), "missing"), "customer.size"));
	json_doc_free(doc);
	buf_fini(&out);
	buf_fini(&json);
	rule_set_unref(set);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_condition_is_true_false_or_unknown_as_the_manual_says),
	    cmocka_unit_test(a_keyword_is_found_in_words_with_hyphens_and_in_possessives),
	    cmocka_unit_test(unknown_goes_through_all_any_and_not_as_kleene_says),
	    cmocka_unit_test(the_engine_agrees_with_the_slow_evaluator_on_random_rules),
	    cmocka_unit_test(a_firing_says_why_in_one_line),
	    cmocka_unit_test(a_reason_with_a_strangers_text_stays_short_and_on_one_line),
	    cmocka_unit_test(a_rule_fires_from_its_first_minute_until_before_its_last),
	    cmocka_unit_test(a_full_arena_is_an_error_and_no_firing),
	    cmocka_unit_test(words_are_looked_up_or_there_is_an_error),
	    cmocka_unit_test(an_explanation_shows_every_condition_with_what_was_seen_or_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
