/*
 * fuzz_template.c - any bytes as the html part of a template.  Laws: findings and a set exclude one
 * another; what compiled renders or says that it is too large; what it renders is JSON; a value of
 * strangers never brings an angle bracket into HTML.
 */
#include <stdint.h>
#include <stdlib.h>

#include "actions/templates.h"

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/json.h"

#define LAW(condition)                                                                             \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
count_open(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '<';
	return n;
}

static void
check_render(const struct template_set *set, struct slice text)
{
	struct slice value = SLICE_LIT("<x> & \"y\"");
	struct attribute attribute = {SLICE_LIT("A"), {&value, 1}};
	struct customer customer = {
	    .id = value, .attributes = &attribute, .attribute_count = 1, .country = value};
	struct post post;
	struct occurrence occ = {.id = SLICE_LIT("p"), .post = &post, .customer = &customer};
	struct template_values values = {.occ = &occ, .brand_name = value};
	struct json_doc *doc = NULL;
	struct err err = {0};
	struct buf out;
	int rc;

	post_init(&post);
	post.text = value;
	post.author.name = value;
	buf_init(&out, 1 << 20);
	rc = template_render(set, SLICE_LIT("t"), &values, NULL, &out, &err);
	LAW(rc == 0 || err.kind == ERR_LIMIT);
	if (rc == 0) {
		LAW(json_parse(buf_slice(&out), &doc, NULL, &err) == 0);
		/* without raw tags and loops each '<' of the output was one of the template's */
		if (memmem(text.ptr, text.len, "{{{", 3) == NULL &&
		    memmem(text.ptr, text.len, "each", 4) == NULL)
			LAW(count_open(json_get_str(json_root(doc), "html")) <= count_open(text));
		json_doc_free(doc);
	}
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct template_file files[] = {
	    {SLICE_LIT("t"), SLICE_LIT("html.hbs"), "html.hbs", text},
	    {SLICE_LIT("t"), SLICE_LIT("template.yaml"), "template.yaml",
		SLICE_LIT("purpose: service\n")},
	};
	struct diag_list *diags = diag_list_new();
	struct template_set *set = NULL;
	int rc;

	if (diags == NULL)
		return 0;
	if (size == 0)
		files[0].text = SLICE_LIT("");
	rc = template_set_compile(files, 2, diags, &set, NULL);
	LAW((rc == 0) == (set != NULL));
	LAW((rc == 1) == (diag_count(diags, DIAG_ERROR) > 0));
	if (set != NULL)
		check_render(set, files[0].text);
	template_set_unref(set);
	diag_list_free(diags);
	return 0;
}
