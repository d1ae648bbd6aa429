/*
 * fuzz_rules.c - any bytes as a rules file.
 *
 * Laws: findings are valid UTF-8 and there is an error exactly when nothing compiled; canonical
 * text reads as the same tree and prints the same again; JSON reads as the same tree; what compiles
 * can be evaluated, and the engine fires exactly the rules whose explanation says so. What
 * begins with a brace is JSON.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/decision.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/utf8.h"
#include "rules/crowd.h"
#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUT_MAX (64u * 1024 * 1024)

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

/* Words between blanks are all these laws need. */
static int
tokenise(void *cookie, struct slice text, struct arena *a, struct token **tokens_r, size_t *count_r)
{
	struct token *tokens = arena_array(a, text.len + 1, sizeof *tokens);
	size_t n = 0;

	(void)cookie;
	if (tokens == NULL)
		return -1;
	for (size_t i = 0; i < text.len;) {
		size_t start = i;

		while (i < text.len && text.ptr[i] != ' ')
			i++;
		if (i > start) {
			tokens[n] = token_of(TOKEN_WORD, slice_make(text.ptr + start, i - start));
			tokens[n].start = (uint32_t)start;
			tokens[n++].len = (uint32_t)(i - start);
		}
		while (i < text.len && text.ptr[i] == ' ')
			i++;
	}
	*tokens_r = tokens;
	*count_r = n;
	return 0;
}

static const struct rule_env env = {.tokenise = tokenise};

static void
check_views(struct slice text)
{
	struct rule_source source = {"fuzz.rules", text};
	struct diag_list *diags = diag_list_new();
	struct buf once, twice, json;

	buf_init(&once, OUT_MAX);
	buf_init(&twice, OUT_MAX);
	buf_init(&json, OUT_MAX);
	if (rules_format(&source, diags, &once, NULL) == 0) {
		source.text = buf_slice(&once);
		REQUIRE(rules_format(&source, diags, &twice, NULL) == 0);
		REQUIRE(slice_eq(buf_slice(&once), buf_slice(&twice)));
		REQUIRE(rules_to_json(&source, diags, &json, NULL) == 0);
	}
	buf_fini(&once);
	buf_fini(&twice);
	buf_fini(&json);
	diag_list_free(diags);
}

/* Only trees that make sense have to survive JSON: a form cannot hold an unknown operator's
 * leftovers. */
static void
check_json(const struct rule_set *set)
{
	struct diag_list *diags = diag_list_new();
	struct buf text, json, again;

	buf_init(&text, OUT_MAX);
	buf_init(&json, OUT_MAX);
	buf_init(&again, OUT_MAX);
	rule_set_print(set, &text);
	struct rule_source source = {"fuzz.rules", buf_slice(&text)};
	REQUIRE(rules_to_json(&source, diags, &json, NULL) == 0);
	REQUIRE(rules_from_json(buf_slice(&json), &again, NULL) == 0);
	REQUIRE(slice_eq(buf_slice(&text), buf_slice(&again)));
	buf_fini(&text);
	buf_fini(&json);
	buf_fini(&again);
	diag_list_free(diags);
}

static bool
has_fired(
    const struct firing *firings, size_t count, const struct rule_head *head, enum firing_part part)
{
	for (size_t i = 0; i < count; i++)
		if (firings[i].rule == head && firings[i].part == part)
			return true;
	return false;
}

/* What is explained is what was evaluated; a part that is not there says nothing. */
static void
check_part(const struct rule_set *set, size_t i, enum firing_part part,
    const struct occurrence *occ, bool has_fired, struct arena *a)
{
	struct buf out, json;

	buf_init(&out, OUT_MAX);
	buf_init(&json, OUT_MAX);
	REQUIRE(rule_set_explain(set, i, part, occ, NULL, a, &out, &json, NULL) == 0);
	REQUIRE(has_fired == (strstr(buf_str(&json), "\"counts\":true") != NULL));
	REQUIRE((out.len == 0) == (json.len == 0));
	buf_fini(&out);
	buf_fini(&json);
}

static void
check_parts(const struct rule_set *set, const struct occurrence *occ, const struct firing *firings,
    size_t count, struct arena *a)
{
	for (size_t i = 0; i < rule_set_count(set) && i < 50; i++)
		for (int p = FIRING_AFTER; p <= FIRING_UNLESS; p++)
			check_part(set, i, (enum firing_part)p, occ,
			    has_fired(firings, count, rule_set_head(set, i), (enum firing_part)p),
			    a);
	for (size_t i = 0; i < rule_set_watch_count(set) && i < 50; i++)
		for (int p = FIRING_WATCHED; p <= FIRING_BASE; p++)
			check_part(set, i, (enum firing_part)p, occ,
			    has_fired(
				firings, count, &rule_set_watch(set, i)->rule, (enum firing_part)p),
			    a);
}

static void
check_evaluation(const struct rule_set *set)
{
	static const char *const text = "my order is late again and nobody answers acme";
	struct arena *a = arena_new(OUT_MAX);
	struct post post;
	struct score score = {.is_scored = true,
	    .label = SENTIMENT_NEGATIVE,
	    .score_milli = -500,
	    .intents = 3,
	    .lang = "en"};
	struct author_facts author = {.posts_seen = 1};
	struct occurrence occ = {.id = SLICE_LIT("x"),
	    .at_ms = INT64_C(1796126400000),
	    .post = &post,
	    .score = &score,
	    .author = &author};
	struct firing *firings = NULL;
	size_t count = 0, at = 0;

	post_init(&post);
	post.author.followers = 1200;
	REQUIRE(tokenise(NULL, slice_of(text), a, &score.tokens, &score.token_count) == 0);
	REQUIRE(rule_set_evaluate(set, &occ, NULL, a, &firings, &count, NULL) == 0);
	for (size_t i = 0; i < rule_set_count(set) && i < 50; i++) {
		bool fires = at < count && firings[at].part == FIRING_RULE &&
		    firings[at].rule == rule_set_head(set, i);
		struct buf out, json;

		buf_init(&out, OUT_MAX);
		buf_init(&json, OUT_MAX);
		REQUIRE(
		    rule_set_explain(set, i, FIRING_RULE, &occ, NULL, a, &out, &json, NULL) == 0);
		REQUIRE(fires == (strstr(buf_str(&json), "\"fires\":true") != NULL));
		if (fires) {
			struct slice reason = firing_reason(&firings[at++]);

			REQUIRE(reason.len > 0 && utf8_is_valid(reason));
		}
		buf_fini(&out);
		buf_fini(&json);
	}
	check_parts(set, &occ, firings, count, a);
	arena_free(a);
}

static void
check_text(struct slice text)
{
	struct rule_source source = {"fuzz.rules", text};
	struct diag_list *diags = diag_list_new();
	struct rule_set *set = NULL;
	struct buf out;
	int rc = rule_set_compile(&source, 1, 1, &env, diags, &set, NULL);

	REQUIRE((rc == 0) == (set != NULL));
	REQUIRE((rc == 1) == (diag_count(diags, DIAG_ERROR) > 0));
	buf_init(&out, OUT_MAX);
	diag_print(diags, &out);
	REQUIRE(utf8_is_valid(buf_slice(&out)));
	buf_fini(&out);
	diag_list_free(diags);
	check_views(text);
	if (set != NULL) {
		check_json(set);
		check_evaluation(set);
	}
	rule_set_unref(set);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] != '{') {
		check_text(slice_make((const char *)data, size));
		return 0;
	}
	struct buf out;
	buf_init(&out, OUT_MAX);
	/* the canonical text of any JSON tree reads without a finding of form */
	if (rules_from_json(slice_make((const char *)data, size), &out, NULL) == 0)
		check_views(buf_slice(&out));
	buf_fini(&out);
	return 0;
}
