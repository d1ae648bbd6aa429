/* Every node of a tree lies inside the text and inside its parent's ceiling; findings can be
 * printed, and nothing in them can reach the terminal. */
#include "core/yaml.h"

#include "core/buf.h"
#include "core/diag.h"
#include "core/options.h"
#include "core/utf8.h"
#include "tests/fuzz/fuzz_law.h"

static const struct option table[] = {
    {.name = "text", .type = OPTION_TEXT, .is_required = true, .help = "A text."},
    {.name = "every", .type = OPTION_DURATION, .fallback = "5 min", .min = 1, .max = 1000000},
    {.name = "size", .type = OPTION_SIZE, .fallback = "1 KB"},
    {.name = "number", .type = OPTION_INT, .fallback = "1"},
    {.name = "list", .type = OPTION_LIST, .fallback = "a, b"},
    {.name = "flag", .type = OPTION_BOOL, .fallback = "no"},
    {.name = "choice", .type = OPTION_CHOICE, .choices = "one|two", .fallback = "one"},
    {.name = "path", .type = OPTION_PATH},
    {.name = "map", .type = OPTION_MAP},
    {.name = NULL},
};

static void
node_law(const struct yaml_node *n, size_t text_len, unsigned depth)
{
	LAW(depth <= YAML_DEPTH_MAX + 1);
	LAW(n->start <= text_len && n->len <= text_len - n->start);
	LAW(n->key_start <= text_len && n->key_len <= text_len - n->key_start);
	LAW(n->count <= YAML_CHILDREN_MAX * 2);
	LAW(n->type != YAML_SCALAR || n->count == 0);
	LAW(n->type != YAML_SCALAR || utf8_is_valid(n->scalar) ||
	    memchr(n->scalar.ptr, 0, n->scalar.len));
	for (size_t i = 0; i < n->count; i++) {
		LAW(n->type != YAML_MAP || slice_is_set(n->items[i].key));
		node_law(&n->items[i], text_len, depth + 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct diag_list *l = diag_list_new();
	struct buf out;

	if (l == NULL)
		return 0;
	buf_init(&out, 16 * 1024 * 1024);
	struct yaml_doc *d = yaml_parse("f.yaml", text, l);
	LAW(d != NULL || diag_count(l, DIAG_ERROR) > 0);
	if (d != NULL) {
		LAW(yaml_is_broken(d) == (diag_count(l, DIAG_ERROR) > 0));
		node_law(yaml_root(d), size, 1);
		struct options *o = options_read(table, d, yaml_root(d), "", "/", l);
		if (o != NULL) {
			LAW(options_int(o, "every") >= 1 && options_int(o, "every") <= 1000000);
			LAW(options_text(o, "choice") != NULL);
			for (size_t i = 0; i < options_list_count(o, "list"); i++)
				LAW(options_list_at(o, "list", i) != NULL);
		}
		options_free(o);
	}
	diag_print(l, &out);
	LAW(buf_failed(&out) || utf8_is_valid(buf_slice(&out)));
	for (size_t i = 0; i < out.len; i++)
		LAW((unsigned char)out.ptr[i] >= 0x20 || out.ptr[i] == '\n' || out.ptr[i] == '\t');
	buf_fini(&out);
	yaml_doc_free(d);
	diag_list_free(l);
	return 0;
}
