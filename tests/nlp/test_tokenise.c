#include "nlp_support.h"

#include "nlp/tokenise.h"

/* Tokens are written "kind:folded", blanks between; a kind in capitals marks a word in capitals,
 * '~' behind it an elongated one, '.' at the end the end of a sentence. */
static const struct {
	const char *text, *tokens, *note;
} CASES[] = {
    {"", "", "nothing"},
    {" \t\n ", "", "only blanks"},
    {"I love it.", "w:i w:love w:it.", "a sentence"},
    {"isn't don\xe2\x80\x99t rock'n'roll 'quoted'", "w:isn't w:don't w:rock'n'roll w:quoted",
	"apostrophes"},
    {"well-made -- e-mail - x-", "w:well-made w:e-mail w:x", "hyphens"},
    {"AT&T h&m & co", "W:at&t w:h&m w:co", "ampersands"},
    {"f**k sh*t *bold* 5*3", "w:f**k w:sh*t w:bold n:5 n:3", "asterisks"},
    {"snake_case _under_", "w:snake_case w:under", "underscores"},
    {"soooo GOOOD hmmm 1000 www", "w~:soo W~:good w~:hmm n:1000 w~:ww", "elongation"},
    {"s\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\x9f", "w~:s\xc3\xbc\xc3\xbcss",
	"elongation outside ASCII"},
    {"OK I'M a B NASA", "W:ok W:i'm w:a w:b W:nasa", "capitals"},
    {"\xc3\x84RGER \xc3\x84rger", "W:\xc3\xa4rger w:\xc3\xa4rger", "capitals outside ASCII"},
    {"3.5 1,000 10:30 10/10 50% 2nd 4k 7up", "n:3.5 n:1,000 n:10:30 n:10/10 n:50 w:2nd w:4k w:7up",
	"numbers"},
    {"at https://Example.com/a?b=c. Next", "w:at u:https://example.com/a?b=c. w:next",
	"a URL and the dot behind it"},
    {"(see http://x.org/a_(b))", "w:see u:http://x.org/a_(b))", "brackets in a URL"},
    {"www.acme.com, acme.com acme.com/x acme.co.uk",
	"u:www.acme.com u:acme.com u:acme.com/x u:acme.co.uk", "bare domains"},
    {"great.Thanks it.is t.co/x me.to", "w:great. w:thanks w:it. w:is u:t.co/x w:me. w:to",
	"words with a dot between"},
    {"mail bob@acme.com or first.last@acme.com", "w:mail u:bob@acme.com w:or u:first.last@acme.com",
	"mail"},
    {"@acme @Acme's @acme: .@acme", "@:@acme @:@acme @:@acme @:@acme", "mentions"},
    {"@a@b.social @x.bsky.social @acme. @acme.Great",
	"@:@a@b.social @:@x.bsky.social @:@acme. @:@acme. w:great", "hosts"},
    {"a@b @ @@", "w:a w:b", "no mentions"},
    {"#Acme #1 #2go #gr\xc3\xbc\xc3\x9f"
     "e #a_b, x#y",
	"#:#acme n:1 #:#2go #:#gr\xc3\xbcsse #:#a_b w:x w:y", "hashtags"},
    {"wow!!! what?! so... well.. ok?", "w:wow p:!!!. w:what p:?!. w:so p:... w:well p:.. w:ok p:?.",
	"punctuation"},
    {"Mr. U.S. a. b", "w:mr. w:u w:s w:a w:b", "initials end nothing"},
    {"one\ntwo", "w:one. w:two", "a line end ends a sentence"},
    {":) :-( ;) <3 :'( XD :D :P </3 ^_^ -_- o_O",
	"s:\x3a) s::-( s:;) s:<3 s::'( s:xd s::d s::p s:</3 s:^_^ s:-_- s:o_o", "emoticons"},
    {"nice:) nice;-) ok<3", "w:nice s::) w:nice s:;-) w:ok s:<3", "emoticons at a word"},
    {":)))) <3333", "s~::) s~:<3", "long mouths"},
    {"http: at 10:30 key:p (a): f(x) (see 8) c:/d xdr",
	"u:http w:at n:10:30 w:key w:p w:a w:f w:x w:see n:8 w:c w:d w:xdr", "no emoticons"},
    {"xd\xc3\xa9 8d\xd0\xba? xp\xcc\x88", "w:xd\xc3\xa9 w:8d\xd0\xba p:?. w:xp\xcc\x88",
	"no emoticons in front of letters outside ASCII"},
    {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "e:\xf0\x9f\x98\x80 e:\xf0\x9f\x98\x80", "two emoji"},
    {"ok\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd!", "w:ok e:\xf0\x9f\x91\x8d p:!.",
	"a skin tone is left out"},
    {"\xe2\x9d\xa4\xef\xb8\x8f\xe2\x9d\xa4", "e:\xe2\x9d\xa4 e:\xe2\x9d\xa4",
	"a selector is left out"},
    {"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab\xf0\x9f\x87\xb7",
	"e:\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa e:\xf0\x9f\x87\xab\xf0\x9f\x87\xb7", "flags"},
    {"1\xef\xb8\x8f\xe2\x83\xa3 #\xef\xb8\x8f\xe2\x83\xa3 *\xe2\x83\xa3",
	"e:1\xe2\x83\xa3 e:#\xe2\x83\xa3 e:*\xe2\x83\xa3", "keycaps"},
    {"\xf0\x9f\x91\xa8\xf0\x9f\x8f\xbd\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
	"e:\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7", "a family"},
    {"\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xbf",
	"e:\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xbf",
	"a subdivision's flag"},
    {"\xf0\x9f\x91\xa9\xf0\x9f\x8f\xbe\xe2\x80\x8d\xe2\x9d\xa4\xef\xb8\x8f\xe2\x80\x8d"
     "\xf0\x9f\x91\xa8\xf0\x9f\x8f\xbb ok",
	"e:\xf0\x9f\x91\xa9\xe2\x80\x8d\xe2\x9d\xa4\xe2\x80\x8d\xf0\x9f\x91\xa8 w:ok",
	"a couple of two tones"},
    {"\xf0\x9f\x99\x8b\xf0\x9f\x8f\xbd\xe2\x80\x8d\xe2\x99\x80\xef\xb8\x8f",
	"e:\xf0\x9f\x99\x8b\xe2\x80\x8d\xe2\x99\x80", "a tone, a joiner and a sign"},
    {"5\xf0\x9f\x98\x80 #1\xef\xb8\x8f\xe2\x83\xa3", "n:5 e:\xf0\x9f\x98\x80 e:1\xe2\x83\xa3",
	"digits before emoji"},
    {"\xf0\x9f\x87\xa9 \xf0\x9f\x8f\xbd", "e:\xf0\x9f\x87\xa9 e:\xf0\x9f\x8f\xbd",
	"half a flag, a tone alone"},
    {"\xf0\x9f\x91\x8d\xe2\x80\x8d ok", "e:\xf0\x9f\x91\x8d w:ok", "a joiner to nothing"},
    {"\xe4\xb8\xad\xe6\x96\x87ok", "w:\xe4\xb8\xad w:\xe6\x96\x87 w:ok",
	"Chinese, character by character"},
    {"\xc2\xbd cup", "n:1 w:cup", "one character that becomes two numbers is one token"},
};

static char *
print_tokens(const struct token_list *l, char *out, size_t cap)
{
	static const char KINDS[] = {[TOKEN_WORD] = 'w',
	    [TOKEN_NUMBER] = 'n',
	    [TOKEN_URL] = 'u',
	    [TOKEN_MENTION] = '@',
	    [TOKEN_HASHTAG] = '#',
	    [TOKEN_EMOJI] = 'e',
	    [TOKEN_EMOTICON] = 's',
	    [TOKEN_PUNCT] = 'p'};
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < l->count; i++) {
		const struct token *t = &l->items[i];
		char kind = t->is_caps ? 'W' : KINDS[t->kind];
		len += (size_t)snprintf(out + len, cap - len, "%s%c%s:%.*s%s", i > 0 ? " " : "",
		    kind, t->is_elongated ? "~" : "", SLICE_ARG(token_folded(t)),
		    t->ends_sentence ? "." : "");
	}
	return out;
}

static void
posts_are_cut_into_tokens(void **state)
{
	struct cutting c = {0};
	struct arena *a = arena_new(ARENA_MAX);
	char got[1024];
	size_t wrong = 0;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct err err = {.kind = ERR_NONE};
		assert_int_equal(units_cut_text(&c, slice_of(CASES[i].text), a, &err), 0);
		print_tokens(&c.tokens, got, sizeof got);
		if (strcmp(got, CASES[i].tokens) != 0)
			print_error("%s: '%s'\n got %s\nwant %s\n", CASES[i].note, CASES[i].text,
			    got, CASES[i].tokens);
		wrong += strcmp(got, CASES[i].tokens) != 0;
	}
	assert_int_equal(wrong, 0);
	units_cutting_fini(&c);
	arena_free(a);
}

static void
ranges_point_into_the_text_as_written(void **state)
{
	struct cutting c = {0};
	struct arena *a = arena_new(ARENA_MAX);
	struct slice text = slice_of(
	    "Caf\xc3\xa9 \xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd don\xe2\x80\x99t STOP\xe2\x80\xa6");
	const char *const want[] = {"Caf\xc3\xa9", "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",
	    "don\xe2\x80\x99t", "STOP", "\xe2\x80\xa6"};
	(void)state;
	assert_int_equal(units_cut_text(&c, text, a, NULL), 0);
	assert_int_equal(c.tokens.count, COUNT_OF(want));
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		const struct token *t = &c.tokens.items[i];
		assert_text("range", slice_make(text.ptr + t->start, t->len), want[i]);
	}
	units_cutting_fini(&c);
	arena_free(a);
}

/* Repeats `piece` to a megabyte; twice the length may cost little more than twice the time. */
static void
hostile_repetition_takes_linear_time(void **state)
{
	static const char *const PIECES[] = {
	    "!",
	    "a",
	    "@a ",
	    "#",
	    "a.",
	    "a@",
	    "-",
	    "'",
	    "a-",
	    "a'",
	    ":",
	    "(",
	    "<3",
	    "1.",
	    "*",
	    "a*",
	    "a_",
	    "@a.",
	    "w.w.w.",
	    "http://",
	    "\xf0\x9f\x91\xa8\xe2\x80\x8d",
	    "\xf0\x9f\x87\xa9",
	    "\xcc\x81\xcc\xa3",
	    "\xe4\xb8\xad",
	    "?.",
	    ".",
	    "\n",
	    "\"",
	    "\"a\" ",
	    "\xc2\xab",
	    "a \"",
	    "RT @a: ",
	    "http://a ",
	    "#A",
	    "www",
	    "\xc3\xa4",
	    "\xc3\xa4\xe2\x80\xa6",
	    "\xe2\x80\xa6",
	    "\xef\xb7\xba",
	    "\xf0\x9f\x91\xa8\xf0\x9f\x8f\xbd\xe2\x80\x8d",
	};
	struct cutting c = {0};
	size_t len = 1u << 20;
	char *text = mem_alloc(len + 16);
	(void)state;
	for (size_t p = 0; p < COUNT_OF(PIECES); p++) {
		struct arena *a = arena_new(ARENA_MAX);
		size_t n = strlen(PIECES[p]), used = 0;
		for (; used + n <= len; used += n)
			memcpy(text + used, PIECES[p], n);
		double start = cpu_seconds();
		assert_int_equal(units_cut_text(&c, slice_make(text, used), a, NULL), 0);
		double took = cpu_seconds() - start;
		if (took > 3.0)
			fail_msg("a megabyte of '%s' took %.2f s", PIECES[p], took);
		assert_true(c.tokens.count <= TOKENS_MAX && c.units.count <= UNITS_MAX);
		for (size_t i = 0, end = 0; i < c.tokens.count; i++) {
			const struct token *t = &c.tokens.items[i];
			assert_true(t->len > 0 && t->start >= end);
			end = (size_t)t->start + t->len;
			assert_true(end <= used);
			assert_true(
			    t->len > 64 || utf8_is_valid(slice_make(text + t->start, t->len)));
		}
		arena_free(a);
	}
	mem_free(text);
	units_cutting_fini(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(posts_are_cut_into_tokens),
	    cmocka_unit_test(ranges_point_into_the_text_as_written),
	    cmocka_unit_test(hostile_repetition_takes_linear_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
