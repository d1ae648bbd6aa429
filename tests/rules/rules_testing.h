/*
 * rules_testing.h - what the tests of this room share: a small tokeniser, an environment, an
 * occurrence to fill. Everything is static: each test is a program of its own.
 */
#ifndef TESTS_RULES_TESTING_H
#define TESTS_RULES_TESTING_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/occurrence.h"
#include "core/timefmt.h"
#include "rules/rules.h"

#define UNUSED __attribute__((unused))

static inline bool
testing_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    (unsigned char)c >= 0x80 || c == '_' || c == '\'';
}

/* Words (hyphens and all), #tags, @mentions, runs of ! and ?; ASCII is folded; ". " ends a sentence. */
static UNUSED int
testing_tokenise(
    void *cookie, struct slice text, struct arena *a, struct token **tokens_r, size_t *count_r)
{
	struct token *tokens = arena_array(a, text.len + 1, sizeof *tokens);
	size_t n = 0, i = 0;

	(void)cookie;
	if (tokens == NULL)
		return -1;
	while (i < text.len) {
		size_t start = i;
		char c = text.ptr[i];
		enum token_kind kind = c == '#' ? TOKEN_HASHTAG
		    : c == '@'                  ? TOKEN_MENTION
						: TOKEN_WORD;
		char *folded;

		if (c == '!' || c == '?') {
			kind = TOKEN_PUNCT;
			while (i < text.len && (text.ptr[i] == '!' || text.ptr[i] == '?'))
				i++;
		} else {
			if (kind != TOKEN_WORD)
				i++;
			while (i < text.len &&
			    (testing_is_word(text.ptr[i]) ||
				(kind == TOKEN_WORD && text.ptr[i] == '-' && i > start &&
				    i + 1 < text.len && testing_is_word(text.ptr[i + 1])) ||
				(kind == TOKEN_MENTION &&
				    (text.ptr[i] == '@' ||
					(text.ptr[i] == '.' && i + 1 < text.len &&
					    testing_is_word(text.ptr[i + 1]))))))
				i++;
			if (i - start <= (kind == TOKEN_WORD ? 0 : 1)) {
				i = start + 1;
				if (c == '.' && n > 0)
					tokens[n - 1].ends_sentence = true;
				continue;
			}
		}
		folded = arena_strndup(a, text.ptr + start, i - start);
		if (folded == NULL)
			return -1;
		for (size_t k = 0; k < i - start; k++)
			folded[k] = (char)(folded[k] >= 'A' && folded[k] <= 'Z' ? folded[k] + 32
										: folded[k]);
		tokens[n] = token_of(kind, slice_make(folded, i - start));
		tokens[n].start = (uint32_t)start;
		tokens[n].len = (uint32_t)(i - start);
		n++;
	}
	*tokens_r = tokens;
	*count_r = n;
	return 0;
}

static UNUSED bool
testing_known(struct slice name, const char *const *names, size_t n, const char **nearest_r)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_str(name, names[i]))
			return true;
	*nearest_r = diag_nearest(name, names, n);
	return false;
}

static UNUSED bool
testing_has_channel(void *cookie, struct slice name, const char **nearest_r)
{
	static const char *const names[] = {"email", "push", "file", "log"};

	(void)cookie;
	return testing_known(name, names, 4, nearest_r);
}

static UNUSED bool
testing_has_queue(void *cookie, struct slice name, const char **nearest_r)
{
	static const char *const names[] = {"support", "pr"};

	(void)cookie;
	return testing_known(name, names, 2, nearest_r);
}

static UNUSED bool
testing_has_offer(void *cookie, struct slice name, const char **nearest_r)
{
	static const char *const names[] = {"ten-percent"};

	(void)cookie;
	return testing_known(name, names, 1, nearest_r);
}

static UNUSED bool
testing_can_send(void *cookie, struct slice id, struct slice channel, bool has_offer,
    const char **nearest_r, char *why_r, size_t why_size)
{
	static const char *const names[] = {
	    "we-are-sorry", "thank-you", "launch-offer", "we-are-on-it"};

	(void)cookie;
	if (!testing_known(id, names, 4, nearest_r)) {
		snprintf(why_r, why_size, "there is no template of that name");
		return false;
	}
	if (slice_eq_str(channel, "push") && slice_eq_str(id, "we-are-sorry")) {
		snprintf(why_r, why_size, "it has no push.hbs");
		return false;
	}
	if (slice_eq_str(id, "launch-offer") && !has_offer && slice_eq_str(channel, "email")) {
		snprintf(why_r, why_size, "it shows an offer's code, and the rule gives no offer");
		return false;
	}
	return true;
}

/* Two zones: UTC, and Europe/Berlin at its winter offset. */
static UNUSED bool
testing_zone_to_utc(void *cookie, struct slice zone, int year, int month, int day, int hour,
    int minute, int64_t *at_ms_r)
{
	bool is_berlin = slice_eq_str(zone, "Europe/Berlin");

	(void)cookie;
	if (!is_berlin && !slice_eq_str(zone, "UTC"))
		return false;
	*at_ms_r = time_days_from_civil(year, month, day) * TIME_DAY_MS + hour * TIME_HOUR_MS +
	    minute * TIME_MINUTE_MS - (is_berlin ? TIME_HOUR_MS : 0);
	return true;
}

static UNUSED bool
testing_has_no_currency(void *cookie)
{
	(void)cookie;
	return false;
}

static UNUSED const struct rule_env testing_env = {NULL, testing_tokenise, testing_has_channel,
    testing_has_queue, testing_has_offer, testing_can_send, testing_zone_to_utc, NULL};
static UNUSED const struct rule_env testing_env_alone = {.tokenise = testing_tokenise};

/* Compiles or fails the test with the findings. */
static UNUSED struct rule_set *
testing_compile(const char *text)
{
	struct rule_source source = {"test.rules", slice_of(text)};
	struct diag_list *diags = diag_list_new();
	struct rule_set *set = NULL;
	struct err err = {0};
	struct buf out;

	buf_init(&out, 1024 * 1024);
	if (rule_set_compile(&source, 1, 7, &testing_env_alone, diags, &set, &err) != 0) {
		diag_print(diags, &out);
		fail_msg("does not compile: %s\n%s", err.text, buf_str(&out));
	}
	buf_fini(&out);
	diag_list_free(diags);
	return set;
}

/* An occurrence of which nothing is known; fill in what the test is about. */
struct testing_occurrence {
	struct occurrence occ;
	struct post post;
	struct score score;
	struct author_facts author;
	struct customer customer;
	struct attribute attributes[8];
	struct endpoint endpoints[4];
	struct consent consents[4];
	struct event event;
	struct attribute properties[4];
	struct slice texts[24];
	struct slice segments[4], unsure;
	uint16_t brands[4];
};

static UNUSED void
testing_occurrence_init(struct testing_occurrence *t)
{
	memset(t, 0, sizeof *t);
	post_init(&t->post);
	t->post.id = SLICE_LIT("https://example.social/1");
	memcpy(t->score.lang, "en", 3);
	t->score.is_scored = true;
	t->score.label = SENTIMENT_NEUTRAL;
	t->score.brands = t->brands;
	t->occ.id = t->post.id;
	t->occ.at_ms = INT64_C(1796126400000); /* 2026-12-01T12:00:00Z */
	t->occ.now_ms = t->occ.at_ms;
	t->occ.post = &t->post;
	t->occ.score = &t->score;
	t->occ.author = &t->author;
	t->occ.customer = NULL;
}

static UNUSED void
testing_text(struct testing_occurrence *t, const char *text, struct arena *a)
{
	t->post.text = slice_of(text);
	assert_int_equal(
	    testing_tokenise(NULL, t->post.text, a, &t->score.tokens, &t->score.token_count), 0);
}

#endif
