/*
 * export_person.c - everything about one person as one JSON document, fetched section by section.
 */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/timefmt.h"
#include "platform/sysclock.h"
#include "core/clock.h"

#include "daemon/client.h"
#include "daemon/out_file.h"
#include "daemon/progress.h"
#include "daemon/verb_export.h"
#include "daemon/verb_list.h"

struct exporting {
	const char *key;
	struct client *client;
	struct out_file file;
	struct progress progress;
	struct buf text; /* of a page */
	char after[96]; /* where the next page begins; "": at the beginning */
	char section[64]; /* the one that is open; "": none */
	long long rows;
	bool is_broken; /* the output takes no more */
};

static void
put(struct exporting *x, const char *text, size_t len)
{
	x->is_broken |= fwrite(text, 1, len, x->file.out) != len;
}

static void
put_buf(struct exporting *x)
{
	put(x, buf_str(&x->text), x->text.len);
	buf_clear(&x->text);
}

/* {"name":…,"title":…,"from":…,"ground":…,"items":[ */
static void
begin_section(struct exporting *x, const struct json *root)
{
	static const char *const members[] = {"name", "title", "from", "ground"};
	struct json_writer w;

	buf_addf(&x->text, "%s\n{", x->section[0] == '\0' ? "" : "\n]},");
	for (size_t i = 0; i < 4; i++) {
		buf_addf(&x->text, "\"%s\":", members[i]);
		json_writer_init(&w, &x->text);
		json_put_str(&w, json_get_str(root, members[i]));
		buf_add_str(&x->text, ",");
	}
	buf_add_str(&x->text, "\"items\":[");
	snprintf(x->section, sizeof x->section, "%.*s", SLICE_ARG(json_get_str(root, "name")));
	put_buf(x);
}

static void
put_items(struct exporting *x, const struct json *items, bool is_first)
{
	for (size_t i = 0; i < json_count(items); i++) {
		struct json_writer w;

		buf_add_str(&x->text, i == 0 && is_first ? "\n" : ",\n");
		json_writer_init(&w, &x->text);
		json_put_value(&w, json_at(items, i));
		put_buf(x);
	}
	x->rows += (long long)json_count(items);
}

/* Sections without anything in them are there as well: that there is nothing is an answer. */
static void
put_page(struct exporting *x, const struct json *root)
{
	struct slice name = json_get_str(root, "name"), next = json_get_str(root, "next");
	bool is_new = !slice_eq_str(name, x->section);

	if (is_new)
		begin_section(x, root);
	put_items(x, json_get(root, "items"), is_new);
	snprintf(x->after, sizeof x->after, "%.*s", slice_is_set(next) ? (int)next.len : 0,
	    slice_is_set(next) ? next.ptr : "");
	progress_tell(&x->progress, x->rows, 0, 0);
}

static int
fetch(struct exporting *x, struct buf *answer, int *status_r, struct err *err)
{
	struct buf path;
	int rc;

	buf_init(&path, LIST_PATH_MAX);
	buf_add_str(&path, "/api/v1/people/");
	client_encode(&path, slice_of(x->key));
	buf_add_str(&path, "/export");
	list_query(&path, "after", x->after[0] == '\0' ? NULL : x->after);
	buf_clear(answer);
	rc = client_call(x->client, "GET", buf_str(&path), SLICE_NONE, status_r, answer, err);
	buf_fini(&path);
	return rc;
}

/* 0, EXIT_FOUND as an exit code when there is nobody, -1. */
static int
write_pages(struct exporting *x, struct buf *answer, struct err *err)
{
	do {
		struct json_doc *doc = NULL;
		int status = 0;

		if (fetch(x, answer, &status, err) < 0 ||
		    json_parse(buf_slice(answer), &doc, NULL, err) < 0)
			return -1;
		if (status >= 400) {
			err_set(err, ERR_NOT_FOUND, "%.*s",
			    SLICE_ARG(json_get_str(json_root(doc), "detail")));
			json_doc_free(doc);
			return status == 404 || status == 409 ? EXIT_FOUND : -1;
		}
		put_page(x, json_root(doc));
		json_doc_free(doc);
	} while (x->after[0] != '\0' && !x->is_broken);
	return 0;
}

static int
write_all(struct exporting *x, struct err *err)
{
	char at[TIME_TEXT_MAX];
	struct json_writer w;
	struct buf answer;
	int rc;

	buf_init(&answer, LIST_ANSWER_MAX);
	buf_add_str(&x->text, "{\"person\":");
	json_writer_init(&w, &x->text);
	json_put_cstr(&w, x->key);
	buf_addf(&x->text, ",\"exported_at\":\"%s\",\"sections\":[",
	    time_format_rfc3339(clock_now_ms(sysclock()), at));
	put_buf(x);
	rc = write_pages(x, &answer, err);
	put(x, "\n]}]}\n", 6);
	buf_fini(&answer);
	progress_clear(&x->progress);
	return rc != 0 ? rc : out_file_end(&x->file, err);
}

/* Nobody of that name: nothing is written at all. */
static int
check_person(struct exporting *x, struct err *err)
{
	struct json_doc *doc = NULL;
	struct buf answer;
	int status = 0, rc;

	buf_init(&answer, LIST_ANSWER_MAX);
	rc = fetch(x, &answer, &status, err);
	if (rc == 0 && status >= 400) {
		rc = json_parse(buf_slice(&answer), &doc, NULL, err);
		if (rc == 0)
			err_set(err, ERR_NOT_FOUND, "%.*s",
			    SLICE_ARG(json_get_str(json_root(doc), "detail")));
		json_doc_free(doc);
		rc = status == 404 || status == 409 ? EXIT_FOUND : -1;
	}
	buf_fini(&answer);
	return rc;
}

int
export_person(struct verb_call *call)
{
	struct exporting x = {.key = verb_flag(call, "--person")};
	const char *path = call->arg_count == 1 ? call->args[0] : NULL;
	struct config *config;
	struct err err = {ERR_NONE, ""};
	int code = verb_config(call, &config), rc;

	if (code != EXIT_DONE)
		return code;
	buf_init(&x.text, LIST_ANSWER_MAX);
	progress_init(&x.progress, sysclock(), "rows", path == NULL || call->is_json);
	rc = client_new(config, &x.client, &err);
	if (rc == 0)
		rc = check_person(&x, &err);
	if (rc == 0)
		rc = out_file_open(&x.file, path, &err);
	if (rc == 0)
		rc = write_all(&x, &err);
	if (rc != 0)
		code = verb_cannot(call, &err);
	else if (x.file.path != NULL && !call->is_json)
		printf("%lld rows\n", x.rows);
	if (rc == EXIT_FOUND)
		code = EXIT_FOUND;
	out_file_close(&x.file);
	client_free(x.client);
	buf_fini(&x.text);
	return code;
}
