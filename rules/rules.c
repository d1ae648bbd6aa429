#include "rules/rules.h"

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "rules/fields_internal.h"
#include "rules/json_internal.h"
#include "rules/limits_internal.h"
#include "rules/parse_internal.h"
#include "rules/print_internal.h"

/* Reads one file for a view of it. */
static int
view_read(const struct rule_source *source, struct diag_list *diags, struct arena *a,
    struct finding_sink *sink, struct rules_file *f, struct err *err)
{
	size_t errors = diag_count(diags, DIAG_ERROR);
	size_t replaced = 0;

	if (source->text.len > RULES_TEXT_MAX) {
		diag_add_file(diags, DIAG_ERROR, finding_info(FINDING_LIMIT)->code, source->file,
		    NULL, "the file is too large");
		return 1;
	}
	*sink = (struct finding_sink){diags, source->file, utf8_repair(a, source->text, &replaced)};
	if (slice_is_set(source->text) && !slice_is_set(sink->text))
		return err_set(err, ERR_NOMEM, "no memory to read '%s'", source->file);
	if (replaced > 0) {
		diag_add_file(diags, DIAG_ERROR, finding_info(FINDING_NOT_UTF8)->code, source->file,
		    "save the file as UTF-8", "this is not UTF-8 text");
		return 1;
	}
	if (slice_starts_with(sink->text, "\xef\xbb\xbf"))
		sink->text = slice_make(sink->text.ptr + 3, sink->text.len - 3);
	if (parse_file(sink, a, f) < 0)
		return err_set(err, ERR_NOMEM, "no memory to read '%s'", source->file);
	return diag_count(diags, DIAG_ERROR) > errors ? 1 : 0;
}

static int
view(const struct rule_source *source, struct diag_list *diags,
    void (*write)(const struct rules_file *f, struct buf *out), struct buf *out, struct err *err)
{
	struct arena *a = arena_new(RULES_ARENA_MAX);
	struct finding_sink sink;
	struct rules_file f;
	int rc = -1;

	if (a == NULL) {
		err_set(err, ERR_NOMEM, "no memory to read '%s'", source->file);
		goto out;
	}
	rc = view_read(source, diags, a, &sink, &f, err);
	if (rc != 0)
		goto out;
	write(&f, out);
	if (buf_failed(out))
		rc = err_set(err, ERR_NOMEM, "no room for '%s'", source->file);
out:
	arena_free(a);
	return rc;
}

int
rules_format(
    const struct rule_source *source, struct diag_list *diags, struct buf *out, struct err *err)
{
	return view(source, diags, print_file, out, err);
}

int
rules_to_json(
    const struct rule_source *source, struct diag_list *diags, struct buf *out, struct err *err)
{
	return view(source, diags, rules_json_write, out, err);
}

int
rules_from_json(struct slice json, struct buf *out, struct err *err)
{
	struct arena *a = arena_new(RULES_ARENA_MAX);
	struct finding_sink sink = {NULL, "json", SLICE_LIT("")};
	struct rules_file f;
	int rc = -1;

	if (a == NULL) {
		err_set(err, ERR_NOMEM, "no memory to read rules as JSON");
		goto out;
	}
	if (rules_json_read(json, a, &sink, &f, err) < 0)
		goto out;
	print_file(&f, out);
	rc = buf_failed(out) ? err_set(err, ERR_NOMEM, "no room for the rules' text") : 0;
out:
	arena_free(a);
	return rc;
}

void
rules_describe_fields(struct buf *out)
{
	fields_describe(out);
}
