/*
 * test_fields.c - every field says what the occurrence holds, and "unknown" of what is missing.
 */
#include "rules/fields_internal.h"
#include "tests/rules/rules_testing.h"

#define DAY_MS TIME_DAY_MS

/* "fires", "does not fire" or "unknown" of a condition. */
static const char *
answer(const char *condition, const struct testing_occurrence *t)
{
	struct arena *a = arena_new(4 * 1024 * 1024);
	struct rule_set *set;
	struct buf text;
	char rules[1024];
	const char *found;

	snprintf(rules, sizeof rules,
	    "brand acme \"Acme\"\n called \"acme\"\nend\nbrand beta \"Beta\"\n called "
	    "\"beta\"\nend\n"
	    "segment loyal \"Loyal\"\n when customer.plan is \"gold\"\nend\n"
	    "list holidays \"H\"\n \"2026-12-24\", \"2026-12-25\"\nend\n"
	    "rule r \"R\"\n when %s\n then alert \"x\" as low\nend\n",
	    condition);
	set = testing_compile(rules);
	buf_init(&text, 64 * 1024);
	assert_int_equal(
	    rule_set_explain(set, 0, FIRING_RULE, &t->occ, NULL, a, &text, NULL, NULL), 0);
	found = strstr(buf_str(&text), "\n  true") != NULL ? "true"
	    : strstr(buf_str(&text), "\n  false") != NULL  ? "false"
							   : "unknown";
	buf_fini(&text);
	rule_set_unref(set);
	arena_free(a);
	return found;
}

struct asked {
	const char *condition, *answer;
};

static void
check(const struct asked *asked, size_t n, const struct testing_occurrence *t)
{
	for (size_t i = 0; i < n; i++) {
		const char *found = answer(asked[i].condition, t);

		if (strcmp(found, asked[i].answer) != 0)
			fail_msg(
			    "'%s' is %s, wanted %s", asked[i].condition, found, asked[i].answer);
	}
}

#define CHECK(list, t) check(list, sizeof(list) / sizeof *(list), t)

static void
of_an_empty_occurrence_nothing_is_known(void **state)
{
	static const char *const known[] = {"brand.count", "intent.count", "text.words",
	    "text.emoji", "text.links", "post.tag_count", "post.mention_count", "post.age",
	    "author.posts_seen"};
	struct testing_occurrence t;

	(void)state;
	testing_occurrence_init(&t);
	t.score.is_scored = false;
	for (size_t i = 0; i < field_count(); i++) {
		const struct field *f = field_at(i);
		bool is_known = false;
		struct field_texts texts;
		int64_t n;

		for (size_t k = 0; k < sizeof known / sizeof *known; k++)
			is_known |= strcmp(f->name, known[k]) == 0;
		if (is_known)
			continue;
		if (f->number != NULL && f->number(&t.occ, &n))
			fail_msg("%s is known", f->name);
		if (f->texts != NULL && f->texts(&t.occ, &texts) && texts.count > 0 &&
		    strcmp(f->name, "language") != 0)
			fail_msg("%s is known", f->name);
	}
}

static void
fields_of_the_text_say_what_is_in_it(void **state)
{
	static const struct asked asked[] = {
	    {"brand.count is 2", "true"},
	    {"sentiment.negative is at least 70%", "true"},
	    {"sentiment.neutral is 0.2", "true"},
	    {"sentiment.positive is above 10%", "false"},
	    {"sentiment.confidence is 0.7", "true"},
	    {"intent.count is 2", "true"},
	    {"text.length is 34", "true"},
	    {"text.words is 6", "true"},
	    {"text.capitals is between 33% and 34%", "true"},
	    {"text.exclamations is 3", "true"},
	    {"text.questions is 0", "true"},
	    {"text.emoji is 1", "true"},
	    {"text.links is 1", "true"},
	    {"text is not cut", "true"},
	};
	struct arena *a = arena_new(1024 * 1024);
	struct testing_occurrence t;

	(void)state;
	testing_occurrence_init(&t);
	testing_text(&t, "WHERE is MY parcel\xf0\x9f\x98\xa1 really late!!!", a);
	t.score.tokens[0].is_caps = t.score.tokens[2].is_caps = true;
	t.score.tokens[t.score.token_count++] = token_of(TOKEN_EMOJI, SLICE_LIT("x"));
	t.score.tokens[t.score.token_count++] = token_of(TOKEN_URL, SLICE_LIT("x"));
	t.brands[0] = 0;
	t.brands[1] = 1;
	t.score.brand_count = 2;
	t.score.negative_milli = 700;
	t.score.neutral_milli = 200;
	t.score.positive_milli = 100;
	t.score.intents = 1u << INTENT_COMPLAINT | 1u << INTENT_CHURN;
	CHECK(asked, &t);
	arena_free(a);
}

static void
shouting_cannot_be_told_of_a_text_without_words(void **state)
{
	static const struct asked asked[] = {
	    {"text.capitals is known", "false"}, {"text.capitals is above 50%", "unknown"}};
	struct arena *a = arena_new(1024 * 1024);
	struct testing_occurrence t;

	(void)state;
	testing_occurrence_init(&t);
	testing_text(&t, "!!! ???", a);
	CHECK(asked, &t);
	arena_free(a);
}

static void
fields_of_the_post_say_where_it_stands(void **state)
{
	static const struct asked asked[] = {
	    {"post.engagement is 12", "true"},
	    {"post.tag_count is 2", "true"},
	    {"post.mention_count is 0", "true"},
	    {"post.age is between 20 minutes and 20 minutes", "true"},
	    {"post.language is de", "true"},
	    {"post is in a thread", "true"},
	    {"author is known", "false"},
	    {"author is unknown", "true"},
	    {"author is new", "true"},
	};
	const struct slice tags[] = {SLICE_LIT("a"), SLICE_LIT("b")};
	struct testing_occurrence t;

	(void)state;
	testing_occurrence_init(&t);
	t.post.likes = 10;
	t.post.reposts = 2;
	t.post.tags = (struct slice_list){tags, 2};
	t.post.lang = SLICE_LIT("de-AT");
	t.post.thread = SLICE_LIT("https://example.social/0");
	t.occ.now_ms = t.occ.at_ms + 20 * TIME_MINUTE_MS;
	t.author.posts_seen = 1;
	CHECK(asked, &t);
	t.post.thread = t.post.id;
	t.author.posts_seen = 2;
	t.post.likes = t.post.reposts = COUNT_UNKNOWN;
	CHECK(((struct asked[]){{"post is in a thread", "false"}, {"author is new", "false"},
		  {"post.engagement is unknown", "true"}}),
	    &t);
	t.post.reply_to = SLICE_LIT("https://example.social/0");
	t.occ.now_ms = t.occ.at_ms - 1;
	CHECK(((struct asked[]){{"post is in a thread", "true"}, {"post.age is unknown", "true"}}),
	    &t);
}

static void
fields_of_the_author_say_who_it_is(void **state)
{
	static const struct asked asked[] = {
	    {"author.server is \"Example.Social\"", "true"},
	    {"author.url contains \"anna\"", "true"},
	    {"author.id starts with \"https://\"", "true"},
	    {"author is known", "true"},
	    {"author.posts_per_day is 2.5", "true"},
	    {"author.first_seen is above 2 days", "true"},
	    {"author.first_seen is above 3 days", "false"},
	};
	struct testing_occurrence t;

	(void)state;
	testing_occurrence_init(&t);
	t.post.author.id = SLICE_LIT("https://example.social/users/anna");
	t.post.author.url = SLICE_LIT("https://example.social/@anna");
	t.post.author.handle = SLICE_LIT("@anna@example.social");
	t.post.author.posts = 100;
	t.post.author.created_at_ms = t.occ.at_ms - 40 * DAY_MS;
	t.author.author_no = 7;
	t.author.first_seen_at_ms = t.occ.now_ms - 3 * DAY_MS;
	CHECK(asked, &t);
	t.post.author.handle = SLICE_LIT("@anna");
	t.post.author.created_at_ms = t.occ.at_ms - 5;
	CHECK(((struct asked[]){
		  {"author.server is unknown", "true"}, {"author.posts_per_day is 100", "true"}}),
	    &t);
}

static void
fields_of_the_author_say_what_is_thought_of_them(void **state)
{
	struct adoption adoption = {.is_early_adopter = true, .score_milli = 437, .items = 3};
	struct testing_occurrence t;

	(void)state;
	testing_occurrence_init(&t);
	t.post.author.id = SLICE_LIT("https://example.social/users/anna");
	t.author.author_no = 0;
	CHECK(((struct asked[]){{"author is an early adopter", "unknown"},
		  {"author.topic_influence is unknown", "true"},
		  {"author.adoption is unknown", "true"}}),
	    &t);
	t.author.author_no = 7;
	CHECK(((struct asked[]){{"author is an early adopter", "false"},
		  {"author is not an early adopter", "true"},
		  {"author.adoption is unknown", "true"}}),
	    &t);
	t.author.adoption = &adoption;
	t.author.has_topic_influence = true;
	t.author.topic_influence = 0;
	CHECK(((struct asked[]){{"author is an early adopter", "true"},
		  {"author.adoption is at least 43.7", "true"},
		  {"author.adoption is above 43.7", "false"},
		  {"author.topic_influence is 0", "true"}}),
	    &t);
	adoption.items = 2;
	adoption.is_early_adopter = false;
	CHECK(((struct asked[]){
		  {"author is an early adopter", "false"}, {"author.adoption is unknown", "true"}}),
	    &t);
}

static void
fields_of_the_customer_say_how_they_can_be_reached(void **state)
{
	static const struct asked asked[] = {
	    {"customer.channel is \"email\"", "true"},
	    {"customer.channel is \"sms\"", "false"},
	    {"customer.endpoints is 2", "true"},
	    {"customer is reachable", "true"},
	    {"customer.marketing_consent is \"push\"", "true"},
	    {"customer.marketing_consent is \"email\"", "false"},
	    {"customer.service_consent is \"email\"", "true"},
	    {"customer.marketing_objection is \"email\"", "true"},
	    {"customer.hour is 23", "true"},
	    {"customer.weekday is monday", "true"},
	    {"link.proof is \"imported handle\"", "true"},
	    {"link.handle is \"@anna@example.social\"", "true"},
	    {"link.age is above 9 days", "true"},
	    {"link.confidence is at least 80", "true"},
	    {"link.confidence is above 80", "false"},
	    {"link.basis contains \"import of May\"", "true"},
	};
	struct testing_occurrence t;

	(void)state;
	testing_occurrence_init(&t);
	t.endpoints[0].channel = t.endpoints[1].channel = SLICE_LIT("email");
	t.endpoints[2].channel = SLICE_LIT("sms");
	t.endpoints[2].is_opted_out = true;
	t.consents[0] = (struct consent){
	    .channel = SLICE_LIT("push"), .purpose = PURPOSE_MARKETING, .is_given = true};
	t.consents[1] = (struct consent){
	    .channel = SLICE_LIT("email"), .purpose = PURPOSE_SERVICE, .is_given = true};
	t.consents[2] = (struct consent){
	    .channel = SLICE_LIT("email"), .purpose = PURPOSE_MARKETING, .is_given = false};
	t.customer.endpoints = t.endpoints;
	t.customer.endpoint_count = 3;
	t.customer.consents = t.consents;
	t.customer.consent_count = 3;
	t.customer.link = (struct link_facts){.proof = SLICE_LIT("imported handle"),
	    .handle = SLICE_LIT("@anna@example.social"),
	    .basis = SLICE_LIT("named in the import of May"),
	    .confidence = 80,
	    .linked_at_ms = t.occ.now_ms - 10 * DAY_MS};
	t.occ.customer = &t.customer;
	t.occ.customer_local_ms = t.occ.at_ms - 13 * TIME_HOUR_MS;
	CHECK(asked, &t);
	t.endpoints[0].is_inactive = t.endpoints[1].is_opted_out = true;
	t.customer.link.proof = SLICE_NONE;
	CHECK(((struct asked[]){{"customer is reachable", "false"},
		  {"customer.channel is \"email\"", "false"}, {"link.age is unknown", "true"},
		  {"link.confidence is above 0", "true"}}),
	    &t);
}

static void
fields_of_time_are_those_of_the_brands_clock(void **state)
{
	static const struct {
		const char *local;
		struct asked asked[6];
	} cases[] = {
	    {"2026-12-24T23:59:59Z",
		{{"time.hour is 23", "true"}, {"time.weekday is thursday", "true"},
		    {"time.day is 24", "true"}, {"time.month is 12", "true"},
		    {"time.date is \"2026-12-24\"", "true"},
		    {"time.date is one of list holidays", "true"}}},
	    {"2027-01-04T00:00:00Z",
		{{"time.hour is 0", "true"}, {"time.weekday is monday", "true"},
		    {"time.weekday is one of saturday, sunday", "false"},
		    {"time.date starts with \"2027-01\"", "true"}, {"time.month is 1", "true"},
		    {"time.date is one of list holidays", "false"}}},
	    {"1969-12-31T23:00:00Z",
		{{"time.hour is 23", "true"}, {"time.weekday is wednesday", "true"},
		    {"time.day is 31", "true"}, {"time.month is 12", "true"},
		    {"time.date is \"1969-12-31\"", "true"}, {"time.hour is above 22", "true"}}},
	};
	struct testing_occurrence t;

	(void)state;
	testing_occurrence_init(&t);
	CHECK(((struct asked[]){{"time.hour is unknown", "true"}, {"time.date is unknown", "true"},
		  {"time.weekday is monday", "unknown"}}),
	    &t);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(time_parse_rfc3339(slice_of(cases[i].local), &t.occ.local_ms));
		check(cases[i].asked, 6, &t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(of_an_empty_occurrence_nothing_is_known),
	    cmocka_unit_test(fields_of_the_text_say_what_is_in_it),
	    cmocka_unit_test(shouting_cannot_be_told_of_a_text_without_words),
	    cmocka_unit_test(fields_of_the_post_say_where_it_stands),
	    cmocka_unit_test(fields_of_the_author_say_who_it_is),
	    cmocka_unit_test(fields_of_the_author_say_what_is_thought_of_them),
	    cmocka_unit_test(fields_of_the_customer_say_how_they_can_be_reached),
	    cmocka_unit_test(fields_of_time_are_those_of_the_brands_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
