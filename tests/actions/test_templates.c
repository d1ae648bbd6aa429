#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actions/templates.h"

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/rng.h"

#include "actions/templates_internal.h"

#define YAML_OK "purpose: service\n"

/* --- a customer, an author and a post to render for
 * ------------------------------------------------- */

/* As SLICE_LIT, for constants of the file. */
#define TEXT(s)                                                                                    \
	{                                                                                          \
		"" s, sizeof(s) - 1                                                                \
	}
static const struct slice first_name[] = {{"Jane", 4}};
static const struct slice interests[] = {{"coffee", 6}, {"cake & tea", 10}, {"<b>art</b>", 10}};
static const struct slice age[] = {{"22", 2}};
static const struct slice umlaut[] = {TEXT("m\xc3\xbcnchen \xc4\x8d"
					   "e\xc5\xa1ka")};
static const struct slice spaced[] = {{"gold", 4}};
static const struct slice device[] = {{"phone", 5}};
static const struct attribute user_attributes[] = {
    {TEXT("FirstName"), {first_name, 1}},
    {TEXT("Interests"), {interests, 3}},
    {TEXT("Age"), {age, 1}},
    {TEXT("City"), {umlaut, 1}},
    {TEXT("Club level"), {spaced, 1}},
    {TEXT("Nothing"), {NULL, 0}},
};
static const struct attribute endpoint_attributes[] = {{TEXT("Device"), {device, 1}}};
static const struct endpoint endpoint = {
    .id = TEXT("e-1"),
    .channel = TEXT("email"),
    .address = TEXT("jane@example.org"),
    .country = TEXT("DE"),
    .attributes = endpoint_attributes,
    .attribute_count = 1,
};
static const struct customer customer = {
    .id = TEXT("c-17"),
    .timezone = TEXT("Europe/Berlin"),
    .country = TEXT("AT"),
    .attributes = user_attributes,
    .attribute_count = sizeof user_attributes / sizeof user_attributes[0],
    .endpoints = &endpoint,
    .endpoint_count = 1,
};

struct world {
	struct post post;
	struct occurrence occ;
	struct template_values values;
};

static void
world_init(struct world *w)
{
	post_init(&w->post);
	w->post.text = SLICE_LIT("<script>\"Acme\" & 'co'\r\nBcc: x@y</script>");
	w->post.url = SLICE_LIT("https://example.social/@jane/1?a=b");
	w->post.created_at_ms = INT64_C(1795255200000); /* 2026-11-21T10:00:00Z */
	w->post.author.handle = SLICE_LIT("@jane@example.social");
	w->post.author.name = SLICE_LIT("Jane");
	w->occ =
	    (struct occurrence){.id = SLICE_LIT("p1"), .post = &w->post, .customer = &customer};
	w->values = (struct template_values){.occ = &w->occ,
	    .endpoint = &endpoint,
	    .brand_name = SLICE_LIT("Acme"),
	    .offer_code = SLICE_LIT("TEN-1"),
	    .message_id = SLICE_LIT("0123")};
}

static int
compile(const char *part, const char *text, struct diag_list *diags, struct template_set **set_r,
    struct err *err)
{
	struct template_file files[] = {
	    {SLICE_LIT("t"), SLICE_LIT("template.yaml"), "templates/t/template.yaml",
		SLICE_LIT(YAML_OK)},
	    {SLICE_LIT("t"), slice_of(part), part, slice_of(text)},
	};

	return template_set_compile(files, 2, diags, set_r, err);
}

/* The part rendered for our customer; mem_free it. NULL: it did not render. */
static char *
render(const char *part, const char *text, const struct template_values *values)
{
	struct diag_list *diags = diag_list_new();
	struct template_set *set = NULL;
	struct arena *a = arena_new(1 << 20);
	struct buf out, findings;
	struct json_doc *doc = NULL;
	struct err err = {0};
	char *copy = NULL;
	char name[16];

	buf_init(&out, 1 << 20);
	buf_init(&findings, 1 << 16);
	if (compile(part, text, diags, &set, &err) != 0) {
		diag_print(diags, &findings);
		print_error("%s: %s%s\n", text, buf_str(&findings), err.text);
		fail();
	}
	if (template_render(set, SLICE_LIT("t"), values, a, &out, &err) == 0) {
		struct slice s;

		assert_int_equal(json_parse(buf_slice(&out), &doc, NULL, &err), 0);
		snprintf(name, sizeof name, "%.*s", (int)(strlen(part) - 4), part);
		s = json_get_str(json_root(doc), name);
		assert_true(slice_is_set(s));
		copy = mem_strndup(s.ptr, s.len);
		json_doc_free(doc);
	}
	buf_fini(&out);
	buf_fini(&findings);
	template_set_unref(set);
	diag_list_free(diags);
	arena_free(a);
	return copy;
}

static void
a_template_prints_what_pinpoint_would_print(void **state)
{
	static const struct {
		const char *part, *text, *want;
	} cases[] = {
	    {"text.hbs", "plain, as is \n", "plain, as is \n"},
	    {"text.hbs", "", ""},
	    {"text.hbs", "Hi {{User.UserAttributes.FirstName}}!", "Hi Jane!"},
	    {"text.hbs", "Hi {{ User.UserAttributes.FirstName.[0] }}!", "Hi Jane!"},
	    {"text.hbs", "[{{User.UserAttributes.FirstName.[1]}}]", "[]"},
	    {"text.hbs", "[{{User.UserAttributes.Missing}}]", "[]"},
	    {"text.hbs", "{{User.UserAttributes.[Club level]}}", "gold"},
	    {"text.hbs", "{{User.UserAttributes.[Club level].[0]}}", "gold"},
	    {"text.hbs", "{{User.UserAttributes.Interests}}", "coffee"},
	    {"text.hbs", "{{User.UserAttributes.Interests.[1]}}", "cake & tea"},
	    {"text.hbs", "{{User.UserId}} {{Address}} {{ChannelType}} {{Attributes.Device}}",
		"c-17 jane@example.org EMAIL phone"},
	    {"text.hbs", "{{Location.Country}} {{Demographic.Timezone}} [{{Demographic.Locale}}]",
		"DE Europe/Berlin []"},
	    {"text.hbs", "{{Post.Url}} {{Post.CreatedAt}} {{Author.Handle}} {{Author.Name}}",
		"https://example.social/@jane/1?a=b 2026-11-21T10:00:00Z @jane@example.social "
		"Jane"},
	    {"text.hbs", "{{Brand.Name}} {{Offer.Code}} {{Message.Id}}", "Acme TEN-1 0123"},
	    /* escaping: only HTML */
	    {"text.hbs", "{{User.UserAttributes.Interests.[2]}}", "<b>art</b>"},
	    {"html.hbs", "{{User.UserAttributes.Interests.[2]}}", "&lt;b&gt;art&lt;/b&gt;"},
	    {"html.hbs", "{{{User.UserAttributes.Interests.[2]}}}", "<b>art</b>"},
	    {"html.hbs", "<i>{{Post.Text}}</i>",
		"<i>&lt;script&gt;&quot;Acme&quot; &amp; &#x27;co&#x27;\r\nBcc: "
		"x@y&lt;/script&gt;</i>"},
	    {"html.hbs", "<a href=\"{{Post.Url}}\">",
		"<a href=\"https://example.social/@jane/1?a&#x3D;b\">"},
	    {"html.hbs", "{{upper User.UserAttributes.Interests.[2]}}", "&lt;B&gt;ART&lt;/B&gt;"},
	    /* a subject is one line, whatever strangers write */
	    {"subject.hbs", " {{Post.Text}} \n", "<script>\"Acme\" & 'co' Bcc: x@y</script>"},
	    /* comments, escapes, braces */
	    {"text.hbs", "a{{! a comment }}b{{!-- with }} braces --}}c", "abc"},
	    {"text.hbs", "\\{{User.UserId}} {x} }}", "{{User.UserId}} {x} }}"},
	    /* blocks */
	    {"text.hbs", "{{#if User.UserAttributes.FirstName}}yes{{else}}no{{/if}}", "yes"},
	    {"text.hbs", "{{#if User.UserAttributes.Missing}}yes{{else}}no{{/if}}", "no"},
	    {"text.hbs", "{{#if User.UserAttributes.Nothing}}yes{{^}}no{{/if}}", "no"},
	    {"text.hbs", "{{#if true}}{{#if false}}a{{else}}b{{/if}}{{/if}}", "b"},
	    {"text.hbs", "{{#unless User.UserAttributes.Missing}}x{{/unless}}", "x"},
	    {"text.hbs", "{{#unless Brand.Name}}x{{else}}y{{/unless}}", "y"},
	    {"text.hbs", "{{#each User.UserAttributes.Interests}}<{{this}}>{{/each}}",
		"<coffee><cake & tea><<b>art</b>>"},
	    {"html.hbs", "{{#each User.UserAttributes.Interests}}<li>{{this}}</li>{{/each}}",
		"<li>coffee</li><li>cake &amp; tea</li><li>&lt;b&gt;art&lt;/b&gt;</li>"},
	    {"text.hbs",
		"{{#each User.UserAttributes.Interests}}{{@index}}{{#unless "
		"@last}},{{/unless}}{{/each}}",
		"0,1,2"},
	    {"text.hbs",
		"{{#each User.UserAttributes.Interests}}{{#if @first}}1st {{/if}}{{/each}}",
		"1st "},
	    {"text.hbs", "{{#each User.UserAttributes.Missing}}x{{else}}none{{/each}}", "none"},
	    {"text.hbs",
		"{{#each User.UserAttributes.FirstName}}{{#each "
		"User.UserAttributes.Interests}}{{@index}}"
		"{{/each}}{{this}}{{/each}}",
		"012Jane"},
	    {"text.hbs",
		"{{#eq User.UserAttributes.Age \"22\"}}a{{else if Brand.Name}}b{{else}}c{{/eq}}",
		"a"},
	    {"text.hbs",
		"{{#eq User.UserAttributes.Age \"23\"}}a{{else if Brand.Name}}b{{else}}c{{/eq}}",
		"b"},
	    {"text.hbs",
		"{{#eq 1 2}}a{{else if User.UserAttributes.Missing}}b{{else each "
		"User.UserAttributes.Interests}}"
		"{{@index}}{{else}}c{{/eq}}",
		"012"},
	    /* conditions */
	    {"text.hbs",
		"{{#and (eq Location.Country \"DE\") (gt User.UserAttributes.Age 17)}}y{{/and}}",
		"y"},
	    {"text.hbs", "{{#or (eq Location.Country 'US') (eq Location.Country 'DE')}}y{{/or}}",
		"y"},
	    {"text.hbs", "{{not (eq User.UserAttributes.Age 22)}}", "false"},
	    {"text.hbs", "{{eq User.UserAttributes.Age 22 yes='Y' no='N'}}", "Y"},
	    {"text.hbs", "{{neq User.UserAttributes.Age 22 yes='Y' no='N'}}", "N"},
	    {"text.hbs", "{{gt 9 10}} {{gt 10 9}} {{gte 10 10}} {{lt -1 0}} {{lte 2 1.5}}",
		"false true true true false"},
	    {"text.hbs", "{{gt User.UserAttributes.Missing 1}}{{lt User.UserAttributes.Missing 1}}",
		"falsefalse"},
	    {"text.hbs", "{{gt 'b' 'a'}}", "true"},
	    /* texts */
	    {"text.hbs", "{{upper User.UserAttributes.City}}",
		"M\xc3\x9cNCHEN \xc4\x8c"
		"E\xc5\xa0KA"},
	    {"text.hbs", "{{capitalizeFirst (lower \"JANE\")}}", "Jane"},
	    {"text.hbs", "{{capitalize 'my first post'}}", "My First Post"},
	    {"text.hbs",
		"{{abbreviate 'Alejandro' 6}} {{abbreviate 'Jane' 6}} {{abbreviate 'Jane' 2}}",
		"Ale... Jane .."},
	    {"text.hbs", "{{cut 'Los Angeles' 'e'}}{{cut 'a b c'}}", "Los Anglsabc"},
	    {"text.hbs", "{{replace 'Los Angeles' ' ' '_'}}", "Los_Angeles"},
	    {"text.hbs",
		"{{substring 'Los Angeles' 4 9}} {{substring 'm\xc3\xbcnchen' 1}} [{{substring "
		"'ab' 5}}]",
		"Angel \xc3\xbcnchen []"},
	    {"text.hbs", "{{join User.UserAttributes.Interests ', ' prefix='[' suffix=']'}}",
		"[coffee, cake & tea, <b>art</b>]"},
	    {"text.hbs",
		"{{yesno 'false'}} {{yesno User.UserAttributes.Missing}} {{yesno 'x' yes='ja'}}",
		"no maybe ja"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct world w;
		char *got;

		world_init(&w);
		got = render(cases[i].part, cases[i].text, &w.values);
		if (got == NULL || strcmp(got, cases[i].want) != 0)
			print_error("%s %s\n  want: %s\n  got:  %s\n", cases[i].part, cases[i].text,
			    cases[i].want, got == NULL ? "(nothing)" : got);
		assert_non_null(got);
		assert_string_equal(got, cases[i].want);
		mem_free(got);
	}
}

static void
a_message_to_nobody_we_know_renders_with_gaps(void **state)
{
	struct world w;
	char *got;

	(void)state;
	world_init(&w);
	w.occ.customer = NULL;
	w.values.endpoint = NULL;
	w.values.brand_name = SLICE_NONE;
	w.values.offer_code = SLICE_NONE;
	w.occ.post = NULL;
	got = render("text.hbs",
	    "[{{User.UserId}}{{Address}}{{ChannelType}}{{Attributes.X}}{{User.UserAttributes.Y}}"
	    "{{Location.Country}}{{Brand.Name}}{{Offer.Code}}{{Post.Text}}{{Author.Handle}}{{Post."
	    "CreatedAt}}]",
	    &w.values);
	assert_string_equal(got, "[]");
	mem_free(got);
}

static void
each_slip_is_found_with_its_place_and_what_to_do(void **state)
{
	static const struct {
		const char *part, *text, *want;
	} cases[] = {
	    {"text.hbs", "Hi {{User.UserID}}",
		"text.hbs:1:6: error[T001]: there is no value called 'User.UserID'\n"
		"    1 | Hi {{User.UserID}}\n"
		"      |      ^^^^^^^^^^^\n"
		"      = help: did you mean 'User.UserId'?\n"},
	    {"text.hbs", "{{User.UserAttribute.FirstName}}",
		"text.hbs:1:3: error[T001]: there is no value called "
		"'User.UserAttribute.FirstName'\n"
		"    1 | {{User.UserAttribute.FirstName}}\n"
		"      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
		"      = help: did you mean 'User.UserAttributes.FirstName'?\n"},
	    {"text.hbs", "a\n{{#if Brand.Name}}\nb",
		"text.hbs:2:1: error[T002]: '{{#if}}' has no '{{/if}}'\n"
		"    2 | {{#if Brand.Name}}\n"
		"      | ^^^^^\n"},
	    {"text.hbs", "{{#iff Brand.Name}}x{{/iff}}",
		"text.hbs:1:4: error[T003]: there is no helper called 'iff'\n"
		"    1 | {{#iff Brand.Name}}x{{/iff}}\n"
		"      |    ^^^\n"
		"      = help: did you mean 'if'?\n"},
	    {"text.hbs", "{{Brand.Name",
		"text.hbs:1:1: error[T004]: this tag is not closed\n"
		"    1 | {{Brand.Name\n"
		"      | ^^\n"
		"      = help: end the tag with '}}'\n"},
	    {"text.hbs", "{{}}",
		"text.hbs:1:3: error[T004]: a value is missing here\n"
		"    1 | {{}}\n"
		"      |   ^\n"},
	    {"text.hbs", "x {{/if}}",
		"text.hbs:1:3: error[T005]: '{{/if}}' closes a block that was not opened\n"
		"    1 | x {{/if}}\n"
		"      |   ^^^^^^^\n"},
	    {"text.hbs", "x {{else}}",
		"text.hbs:1:3: error[T005]: {{else}} stands outside of a block\n"
		"    1 | x {{else}}\n"
		"      |   ^^^^^^^^\n"},
	    {"text.hbs", "{{eq Brand.Name}}",
		"text.hbs:1:3: error[T006]: 'eq' wants 2 values, not 1\n"
		"    1 | {{eq Brand.Name}}\n"
		"      |   ^^\n"
		"      = help: {{#eq A B}}...{{/eq}}\n"},
	    {"text.hbs", "{{#each Brand.Name}}x{{/each}}",
		"text.hbs:1:4: error[T006]: 'each' wants a list: an attribute without an index\n"
		"    1 | {{#each Brand.Name}}x{{/each}}\n"
		"      |    ^^^^\n"
		"      = help: {{#each LIST}}{{this}}{{/each}}\n"},
	    {"text.hbs", "{{upper Brand.Name no='x'}}",
		"text.hbs:1:20: error[T006]: 'upper' takes no 'no='\n"
		"    1 | {{upper Brand.Name no='x'}}\n"
		"      |                    ^^\n"
		"      = help: {{upper VALUE}}\n"},
	    {"html.hbs", "{{{Post.Text}}}",
		"html.hbs:1:1: error[T008]: strangers write this text: in HTML it must be escaped\n"
		"    1 | {{{Post.Text}}}\n"
		"      | ^^^^^^^^^^^^^^^\n"
		"      = help: write it with two braces\n"},
	    {"text.hbs", "{{this}}",
		"text.hbs:1:3: error[T001]: 'this' means something inside of {{#each}} only\n"
		"    1 | {{this}}\n"
		"      |   ^^^^\n"
		"      = help: put it between {{#each LIST}} and {{/each}}\n"},
	    {"text.hbs", "{{> footer}}",
		"text.hbs:1:1: error[T003]: partials are not supported\n"
		"    1 | {{> footer}}\n"
		"      | ^^^\n"
		"      = help: repeat the text where it is needed\n"},
	    {"text.hbs", "{{~Brand.Name}}",
		"text.hbs:1:3: error[T004]: a value is missing here\n"
		"    1 | {{~Brand.Name}}\n"
		"      |   ^\n"
		"      = help: '~' is not supported; take it out\n"},
	    {"text.hbs", "{{eq 'a b}}",
		"text.hbs:1:6: error[T004]: this text is not closed with '\n"
		"    1 | {{eq 'a b}}\n"
		"      |      ^^^^^^\n"},
	    {"text.hbs", "{{#if true}}a{{else}}b{{else}}c{{/if}}",
		"text.hbs:1:23: error[T005]: another else behind the block's last {{else}}\n"
		"    1 | {{#if true}}a{{else}}b{{else}}c{{/if}}\n"
		"      |                       ^^^^^^\n"},
	    /* the inner block lacks its end; the outer one does not: one finding */
	    {"text.hbs", "{{#if true}}{{#unless true}}{{/if}}",
		"text.hbs:1:13: error[T002]: '{{#unless}}' has no '{{/unless}}'\n"
		"    1 | {{#if true}}{{#unless true}}{{/if}}\n"
		"      |             ^^^^^^^^^\n"},
	    /* several in one run, in order, also inside of an unknown block */
	    {"text.hbs", "{{Nope}}\n{{#foo x}}{{Address2}}{{/foo}}{{Adress}}",
		"text.hbs:1:3: error[T001]: there is no value called 'Nope'\n"
		"    1 | {{Nope}}\n"
		"      |   ^^^^\n"
		"      = help: a customer's attributes are written User.UserAttributes.NAME, an "
		"endpoint's Attributes.NAME, an event's Event.Properties.NAME\n"
		"text.hbs:2:4: error[T003]: there is no helper called 'foo'\n"
		"    2 | {{#foo x}}{{Address2}}{{/foo}}{{Adress}}\n"
		"      |    ^^^\n"
		"text.hbs:2:13: error[T001]: there is no value called 'Address2'\n"
		"    2 | {{#foo x}}{{Address2}}{{/foo}}{{Adress}}\n"
		"      |             ^^^^^^^^\n"
		"      = help: did you mean 'Address'?\n"
		"text.hbs:2:33: error[T001]: there is no value called 'Adress'\n"
		"    2 | {{#foo x}}{{Address2}}{{/foo}}{{Adress}}\n"
		"      |                                 ^^^^^^\n"
		"      = help: did you mean 'Address'?\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct diag_list *diags = diag_list_new();
		struct template_set *set = NULL;
		struct buf out;

		buf_init(&out, 1 << 16);
		assert_int_equal(compile(cases[i].part, cases[i].text, diags, &set, NULL), 1);
		assert_null(set);
		diag_print(diags, &out);
		if (strcmp(buf_str(&out), cases[i].want) != 0)
			print_error("%s\n--- want\n%s--- got\n%s", cases[i].text, cases[i].want,
			    buf_str(&out));
		assert_string_equal(buf_str(&out), cases[i].want);
		buf_fini(&out);
		diag_list_free(diags);
	}
}

static void
a_value_between_single_braces_is_warned_of(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"Hi {Author.Name}, {{Author.Name}}",
		"text.hbs:1:4: warning[T017]: between single braces nothing is put in: this is "
		"sent as "
		"it stands\n"
		"    1 | Hi {Author.Name}, {{Author.Name}}\n"
		"      |    ^^^^^^^^^^^^^\n"
		"      = help: write it between two braces: {{Author.Name}}\n"},
	    {"{ User.UserAttributes.FirstName }",
		"text.hbs:1:1: warning[T017]: between single braces nothing is put in: this is "
		"sent as "
		"it stands\n"
		"    1 | { User.UserAttributes.FirstName }\n"
		"      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
		"      = help: write it between two braces: {{Author.Name}}\n"},
	    {"{Address} {color: red} {} { {Author.Name", ""},
	    {"{{{Author.Name}}} {{Offer.Code}}", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct diag_list *diags = diag_list_new();
		struct template_set *set = NULL;
		struct buf out;

		buf_init(&out, 1 << 16);
		assert_int_equal(compile("text.hbs", cases[i].text, diags, &set, NULL), 0);
		diag_print(diags, &out);
		assert_string_equal(buf_str(&out), cases[i].want);
		template_set_unref(set);
		buf_fini(&out);
		diag_list_free(diags);
	}
}

static void
a_folder_that_is_no_template_is_found(void **state)
{
	static const struct {
		const char *id, *name, *text, *code, *note;
	} cases[] = {
	    {"t", "text.hbs", "x", "T010", "no template.yaml"},
	    {"t", "template.yaml", "description: x\n", "T011", "no purpose"},
	    {"t", "template.yaml", "purpose: fun\n", "T011", "unknown purpose"},
	    {"t", "template.yaml", "- service\n", "T011", "a list"},
	    {"t", "template.yaml", "purpose: service\ndescripton: x\n", "T016", "unknown key"},
	    {"t", "template.yaml", "purpose: service\n", "T014", "no parts"},
	    {"t", "txt.hbs", "x", "T012", "not a part"},
	    {"t", "subject.txt", "x", "T012", "not .hbs"},
	    {"t", "text.hbs", "bad \xff", "T009", "not UTF-8"},
	    {"../t", "text.hbs", "x", "T015", "a path as name"},
	    {"", "text.hbs", "x", "T015", "no name"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct template_file file = {
		    slice_of(cases[i].id), slice_of(cases[i].name), "f", slice_of(cases[i].text)};
		struct diag_list *diags = diag_list_new();
		struct template_set *set = NULL;
		bool found = false;

		assert_int_equal(template_set_compile(&file, 1, diags, &set, NULL), 1);
		for (size_t k = 0; k < diag_kept(diags); k++)
			found = found || strcmp(diag_at(diags, k)->code, cases[i].code) == 0;
		if (!found)
			print_error("%s: no %s\n", cases[i].note, cases[i].code);
		assert_true(found);
		diag_list_free(diags);
	}
}

static void
a_set_answers_what_the_checker_asks(void **state)
{
	struct template_file files[] = {
	    {SLICE_LIT("sorry"), SLICE_LIT("text.hbs"), "f",
		SLICE_LIT("{{#if true}}{{Offer.Code}}{{/if}}")},
	    {SLICE_LIT("hello"), SLICE_LIT("template.yaml"), "f",
		SLICE_LIT("purpose: marketing\n")},
	    {SLICE_LIT("sorry"), SLICE_LIT("template.yaml"), "f",
		SLICE_LIT("purpose: service\ndescription: we are sorry\n")},
	    {SLICE_LIT("hello"), SLICE_LIT("subject.hbs"), "f", SLICE_LIT("Hello")},
	    {SLICE_LIT("hello"), SLICE_LIT("sms.hbs"), "f", SLICE_LIT("Hello")},
	};
	struct diag_list *diags = diag_list_new();
	struct template_set *set = NULL, *other;
	const char *nearest = NULL;

	(void)state;
	assert_int_equal(template_set_compile(files, 5, diags, &set, NULL), 0);
	assert_int_equal(template_count(set), 2);
	assert_string_equal(template_id_at(set, 0), "hello");
	assert_true(template_exists(set, SLICE_LIT("sorry"), &nearest));
	assert_false(template_exists(set, SLICE_LIT("sory"), &nearest));
	assert_string_equal(nearest, "sorry");
	assert_int_equal(template_purpose(set, SLICE_LIT("sorry")), PURPOSE_SERVICE);
	assert_int_equal(template_purpose(set, SLICE_LIT("hello")), PURPOSE_MARKETING);
	assert_int_equal(template_purpose(set, SLICE_LIT("nobody")), PURPOSE_MARKETING);
	assert_true(template_has_part(set, SLICE_LIT("hello"), "sms"));
	assert_false(template_has_part(set, SLICE_LIT("hello"), "text"));
	assert_false(template_has_part(set, SLICE_LIT("nobody"), "text"));
	assert_true(template_uses_offer(set, SLICE_LIT("sorry")));
	assert_false(template_uses_offer(set, SLICE_LIT("hello")));
	other = template_set_ref(set);
	template_set_unref(set);
	assert_int_equal(template_count(other), 2);
	template_set_unref(other);
	diag_list_free(diags);
}

static char *
repeat(const char *what, size_t times, const char *end)
{
	struct buf b;
	char *text;

	buf_init(&b, 8 << 20);
	for (size_t i = 0; i < times; i++)
		buf_add_str(&b, what);
	buf_add_str(&b, end);
	text = buf_detach(&b, NULL);
	assert_non_null(text);
	return text;
}

static void
hostile_templates_end_soon_with_a_finding(void **state)
{
	static const struct {
		const char *unit;
		size_t times;
		const char *end, *code;
	} cases[] = {
	    {"x", 1 << 20, "", "T013"},
	    {"{{#if true}}", 5000, "", "T007"},
	    {"{{#if true}}", 17, "", "T007"},
	    {"{{else if true}}", 3000, "", "T005"},
	    {"{{upper (", 5000, "", "T003"},
	    {"{{", 30000, "", "T004"},
	    {"{{{", 20000, "", "T004"},
	    {"{{!--", 10000, "", "T004"},
	    {"[", 60000, "", NULL},
	    {"{{[", 20000, "", "T001"},
	    {"{{/if}}", 9000, "", "T005"},
	    {"{{Nope}}", 8000, "", "T001"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = repeat(cases[i].unit, cases[i].times, cases[i].end);
		struct diag_list *diags = diag_list_new();
		struct template_set *set = NULL;
		bool found = cases[i].code == NULL;

		assert_int_equal(
		    compile("text.hbs", text, diags, &set, NULL), cases[i].code != NULL);
		for (size_t k = 0; k < diag_kept(diags); k++)
			found = found || strcmp(diag_at(diags, k)->code, cases[i].code) == 0;
		if (!found)
			print_error("%s: no %s\n", cases[i].unit, cases[i].code);
		assert_true(found);
		template_set_unref(set);
		diag_list_free(diags);
		mem_free(text);
	}
}

static void
nesting_to_the_limit_works_and_one_deeper_is_refused(void **state)
{
	(void)state;
	for (size_t depth = TEMPLATE_DEPTH_MAX; depth <= TEMPLATE_DEPTH_MAX + 1; depth++) {
		char *open = repeat("{{#if true}}", depth, "x"),
		     *close = repeat("{{/if}}", depth, "");
		struct diag_list *diags = diag_list_new();
		struct template_set *set = NULL;
		struct buf text;

		buf_init(&text, 1 << 16);
		buf_add_str(&text, open);
		buf_add_str(&text, close);
		assert_int_equal(compile("text.hbs", buf_str(&text), diags, &set, NULL),
		    depth > TEMPLATE_DEPTH_MAX);
		assert_int_equal(diag_count(diags, DIAG_ERROR), depth > TEMPLATE_DEPTH_MAX);
		template_set_unref(set);
		diag_list_free(diags);
		buf_fini(&text);
		mem_free(open);
		mem_free(close);
	}
}

static void
a_long_chain_of_branches_works_up_to_its_limit(void **state)
{
	struct world w;
	char *chain = repeat("{{else if false}}b", TEMPLATE_CHAIN_MAX, "{{else}}c{{/if}}");
	struct diag_list *diags = diag_list_new();
	struct template_set *set = NULL;
	struct buf text;
	char *got;

	(void)state;
	world_init(&w);
	buf_init(&text, 1 << 16);
	buf_add_str(&text, "{{#if false}}a");
	buf_add_str(&text, chain);
	got = render("text.hbs", buf_str(&text), &w.values);
	assert_string_equal(got, "c");
	mem_free(got);
	buf_clear(&text);
	buf_add_str(&text, "{{#if false}}a{{else if false}}");
	buf_add_str(&text, chain);
	assert_int_equal(compile("text.hbs", buf_str(&text), diags, &set, NULL), 1);
	assert_string_equal(diag_at(diags, 0)->code, "T007");
	diag_list_free(diags);
	buf_fini(&text);
	mem_free(chain);
}

static void
a_message_that_grows_without_end_is_an_error(void **state)
{
	static const char *const texts[] = {
	    /* 3^16 turns, printing and not */
	    "{{replace (replace (replace (replace Post.Url 'e' 'eeeeeeeeeeeeeeeeeeee') 'e' "
	    "'eeeeeeeeeeeeeeeeeeee') 'e' 'eeeeeeeeeeeeeeeeeeee') 'e' 'eeeeeeeeeeeeeeeeeeee'}}",
	    NULL,
	    NULL,
	};
	char *open = repeat("{{#each User.UserAttributes.Interests}}", TEMPLATE_DEPTH_MAX, "");
	char *close = repeat("{{/each}}", TEMPLATE_DEPTH_MAX, "");

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct world w;
		struct buf text;

		world_init(&w);
		buf_init(&text, 1 << 16);
		if (texts[i] != NULL) {
			buf_add_str(&text, texts[i]);
		} else {
			buf_add_str(&text, open);
			buf_add_str(&text, i == 1 ? "xxxxxxxxxxxxxxxxxxxxxxxx" : "");
			buf_add_str(&text, close);
		}
		assert_null(render("text.hbs", buf_str(&text), &w.values));
		buf_fini(&text);
	}
	mem_free(open);
	mem_free(close);
}

static void
without_memory_it_says_so_and_leaks_nothing(void **state)
{
	static const char text[] = "{{#if (eq Brand.Name 'Acme')}}{{upper Post.Url}}{{#each "
				   "User.UserAttributes.Interests}}"
				   "{{@index}}{{this}}{{/each}}{{else}}{{join "
				   "User.UserAttributes.Interests ','}}{{/if}}{{ChannelType}}";

	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			struct diag_list *diags = diag_list_new();
			struct template_set *set = NULL;
			struct arena *a = arena_new(1 << 20);
			struct world w;
			struct buf out;
			struct err err = {0};
			int rc, rendered = -1;
			bool hit;

			world_init(&w);
			buf_init(&out, 1 << 20);
			mem_fault_arm(nth, sticky);
			rc = compile("html.hbs", text, diags, &set, &err);
			if (rc == 0)
				rendered =
				    template_render(set, SLICE_LIT("t"), &w.values, a, &out, &err);
			hit = mem_fault_hit();
			mem_fault_arm(0, false);
			/* yaml's own allocations may turn into a finding, never into a set */
			assert_true((rc == 0) == (set != NULL));
			if (rc < 0 || (rc == 0 && rendered < 0))
				assert_true(err.kind == ERR_NOMEM || err.kind == ERR_LIMIT);
			template_set_unref(set);
			diag_list_free(diags);
			arena_free(a);
			buf_fini(&out);
			if (!hit) {
				assert_int_equal(rc, 0);
				assert_int_equal(rendered, 0);
				break;
			}
		}
	}
}

static void
random_tags_never_break_the_parser(void **state)
{
	static const char *const words[] = {"{{", "}}", "{{{", "}}}", "#if ", "#each ", "/if",
	    "/each", "else", "Post.Text", "User.UserAttributes.Interests", "this", "@index", "(",
	    ")", "eq ", "'", "\"", "=", "yes", " ", "\n", "\\", "!--", "--", "[", "].[0]", "~", "^",
	    "upper ", "1"};
	struct rng rng;

	(void)state;
	rng_init(&rng, 7);
	for (int i = 0; i < 20000; i++) {
		struct diag_list *diags = diag_list_new();
		struct template_set *set = NULL;
		struct world w;
		struct buf text, out;
		int rc;

		world_init(&w);
		buf_init(&text, 1 << 12);
		buf_init(&out, 1 << 20);
		for (uint64_t n = rng_below(&rng, 14); n > 0; n--)
			buf_add_str(&text, words[rng_below(&rng, sizeof words / sizeof words[0])]);
		rc = compile("html.hbs", buf_str(&text), diags, &set, NULL);
		assert_int_equal(rc == 1, diag_count(diags, DIAG_ERROR) > 0);
		if (rc == 0)
			assert_int_equal(
			    template_render(set, SLICE_LIT("t"), &w.values, NULL, &out, NULL), 0);
		template_set_unref(set);
		diag_list_free(diags);
		buf_fini(&text);
		buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_template_prints_what_pinpoint_would_print),
	    cmocka_unit_test(a_message_to_nobody_we_know_renders_with_gaps),
	    cmocka_unit_test(each_slip_is_found_with_its_place_and_what_to_do),
	    cmocka_unit_test(a_value_between_single_braces_is_warned_of),
	    cmocka_unit_test(a_folder_that_is_no_template_is_found),
	    cmocka_unit_test(a_set_answers_what_the_checker_asks),
	    cmocka_unit_test(hostile_templates_end_soon_with_a_finding),
	    cmocka_unit_test(nesting_to_the_limit_works_and_one_deeper_is_refused),
	    cmocka_unit_test(a_long_chain_of_branches_works_up_to_its_limit),
	    cmocka_unit_test(a_message_that_grows_without_end_is_an_error),
	    cmocka_unit_test(without_memory_it_says_so_and_leaks_nothing),
	    cmocka_unit_test(random_tags_never_break_the_parser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
