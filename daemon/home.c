#include "daemon/home.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/log.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "people/csv.h"
#include "people/import.h"
#include "platform/crypto.h"
#include "platform/file.h"
#include "platform/sysclock.h"
#include "rules/crowd.h"
#include "store/outbox.h"
#include "store/store.h"

#include "daemon/ledger.h"
#include "daemon/rules_change.h"
#include "daemon/snapshot.h"

#define IMPORT_BYTES_MAX (256u * 1024 * 1024)
#define CODE_BYTES_MAX 200

int
home_open(const struct config *config, const struct clock *clock, struct store **store_r,
    int *lock_fd_r, struct err *err)
{
	struct arena *a = arena_new(64 * 1024);
	struct store_options o = {0};
	struct store *store = NULL;
	struct ledger *ledger = NULL;
	struct ledger_sync synced;
	const char *real_path, *lock_path;
	int fd = -1, rc = -1;

	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory to open '%s'", config->store_path);
	/* SQLite follows links as well: one database has one lock, whatever it is called here. */
	real_path = file_follow(a, config->store_path, err);
	if (real_path == NULL || file_make_dirs(file_dir(a, real_path), err) < 0)
		goto out;
	lock_path = arena_printf(a, "%s-lock", real_path);
	rc = file_lock(lock_path, &fd, err);
	if (rc < 0)
		goto out;
	if (rc == 1) {
		rc = err_set(err, ERR_BUSY, "the database '%s' is in use by a running daemon",
		    config->store_path);
		goto out;
	}
	o.path = config->store_path;
	o.mode = STORE_WRITER;
	o.now_ms = clock_now_ms(clock);
	o.hash_seed = sysclock_random_seed();
	rc = store_open(&o, &store, err);
	if (rc < 0)
		goto out;
	rc = ledger_open(real_path, &ledger, err);
	if (rc == 0)
		rc = ledger_sync(ledger, store, o.now_ms, &synced, err);
	if (rc < 0) {
		store_close(store);
		ledger_free(ledger);
		goto out;
	}
	*store_r = store;
	*lock_fd_r = fd;
	fd = -1;
out:
	if (fd >= 0)
		file_unlock(fd);
	arena_free(a);
	return rc;
}

void
home_close(struct store *store, int lock_fd)
{
	struct ledger *ledger = ledger_of(store);

	store_close(store);
	ledger_free(ledger);
	if (lock_fd >= 0)
		file_unlock(lock_fd);
}

/* ---- rules ----------------------------------------------------------------- */

static int
apply_folder(struct store *store, struct config *config, struct lexicon_set *lexicon,
    const struct clock *clock, struct log *log, struct diag_list *diags, struct arena *a,
    struct err *err)
{
	struct rules_change *change = NULL;
	struct bundle b;
	int64_t version = 0;
	int rc;

	if (bundle_read(config->rules_dir, NULL, 0, config->templates_dir, a, diags, &b, err) < 0)
		return -1;
	if (diag_count(diags, DIAG_ERROR) > 0)
		return 1;
	if (store_begin(store, err) < 0)
		return -1;
	rc = rules_change_prepare(store, config, lexicon, &b,
	    &(struct rules_ask){
		BUNDLE_APPLY, "first start", "the folder as it was", -1, clock_now_ms(clock)},
	    diags, &change, err);
	if (rc == 0)
		rc = rules_change_commit(store, change, &version, err);
	rules_change_free(change);
	if (rc != 0) {
		store_rollback(store);
		return rc;
	}
	if (store_commit(store, err) < 0)
		return -1;
	log_event(log, LOG_INFO, "rules.applied", "version", LOG_I64(version), "files",
	    LOG_I64(b.rule_count), "why", "first start with an empty database", NULL);
	return 0;
}

int
home_snapshot(struct store *store, struct config *config, struct lexicon_set *lexicon,
    const struct clock *clock, struct log *log, struct diag_list *diags, struct snapshot **s_r,
    struct err *err)
{
	struct arena *a = arena_new(4 * (size_t)BUNDLE_BYTES_MAX);
	struct diag_list *findings = diag_list_new();
	struct rules_version live;
	struct bundle b;
	bool is_told = false; /* what the rules are warned of, in diags */
	int rc = -1;

	if (a == NULL || findings == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the rules");
		goto out;
	}
	rc = store_rules_live(store, a, &live, err);
	if (rc == 0) {
		rc = apply_folder(store, config, lexicon, clock, log, diags, a, err);
		if (rc != 0)
			goto out;
		is_told = true;
		rc = store_rules_live(store, a, &live, err);
	}
	if (rc < 0)
		goto out;
	if (rc == 0) {
		rc = err_set(err, ERR_STORE, "no rules are live after applying them");
		goto out;
	}
	rc = bundle_parse(live.bundle_json, a, &b, err);
	if (rc == 0)
		rc = snapshot_compile(&b, config, lexicon, live.version, findings, s_r, err);
	if (!is_told || rc == 1)
		diag_add_all(diags, findings);
out:
	diag_list_free(findings);
	arena_free(a);
	return rc;
}

int
home_snapshot_of(struct store *store, struct config *config, struct lexicon_set *lexicon,
    int64_t version, struct snapshot **s_r, struct err *err)
{
	struct arena *a = arena_new(4 * (size_t)BUNDLE_BYTES_MAX);
	struct diag_list *diags = diag_list_new();
	struct rules_version v;
	struct bundle b;
	int rc = -1;

	if (a == NULL || diags == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the rules");
		goto out;
	}
	rc = store_rules_load(store, version, a, &v, err);
	if (rc <= 0)
		goto out;
	rc = bundle_parse(v.bundle_json, a, &b, err);
	if (rc == 0)
		rc = snapshot_compile(&b, config, lexicon, version, diags, s_r, err);
	if (rc == 1) {
		err_set(err, ERR_INPUT, "version %lld cannot be compiled any more: %s",
		    (long long)version,
		    diag_kept(diags) > 0 ? diag_at(diags, 0)->message : "no finding was kept");
		rc = 0;
	} else if (rc == 0) {
		rc = 1;
	}
out:
	diag_list_free(diags);
	arena_free(a);
	return rc;
}

/* ---- imports at start ------------------------------------------------------ */

/* 1 when the file is as it was at the last import, 0 when not; *sum gets its mark. */
static int
file_is_known(struct store *store, const char *key, const char *salt, struct slice text,
    char sum[65], struct err *err)
{
	struct arena *a = arena_new(4096);
	uint8_t bytes[CRYPTO_SHA256_BYTES];
	struct slice parts[2] = {slice_of(salt), text};
	struct slice before;
	int rc;

	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an import");
	crypto_sha256_parts(parts, 2, bytes);
	crypto_hex(bytes, sizeof bytes, sum);
	rc = store_meta_get(store, key, a, &before, err);
	if (rc == 1)
		rc = slice_eq_str(before, sum);
	arena_free(a);
	return rc;
}

static int
remember_file(struct store *store, const char *key, const char *sum, struct err *err)
{
	if (store_begin(store, err) < 0)
		return -1;
	if (store_meta_set(store, key, slice_of(sum), err) < 0 || store_commit(store, err) < 0) {
		store_rollback(store);
		return -1;
	}
	return 0;
}

static int
import_customers(struct store *store, const char *path, const char *handle_attribute,
    const struct clock *clock, struct log *log, struct slice text, struct diag_list *diags,
    struct err *err)
{
	struct import_options o = {0};
	struct import_report r = {0};
	struct import *i = NULL;
	int rc;

	o.file = path;
	o.is_jsonl = import_is_jsonl(text);
	o.handle_attribute = handle_attribute;
	o.now_ms = clock_now_ms(clock);
	rc = import_new(store, &o, diags, &i, err);
	if (rc == 0)
		rc = import_feed(i, text, err);
	if (rc == 0)
		rc = import_end(i, &r, err);
	import_free(i);
	if (rc == 0)
		log_event(log, LOG_INFO, "customers.imported", "file", path, "rows",
		    LOG_I64(r.rows), "created", LOG_I64(r.created), "updated", LOG_I64(r.updated),
		    "rejected", LOG_I64(r.rejected), NULL);
	return rc;
}

struct code_import {
	struct store *store;
	struct slice offer;
	const char *file;
	struct diag_list *diags;
	size_t column, rows;
	int64_t fresh;
};

static void
code_finding(const struct code_import *c, const struct csv_row *row, size_t field, const char *help,
    const char *message)
{
	struct csv_place at = csv_place(row, field);

	diag_add_row(c->diags, DIAG_WARNING, "I020", c->file, at.line, at.text, at.start, at.len,
	    help, "%s; the row is left out", message);
}

static int
code_row(void *cookie, const struct csv_row *row, struct err *err)
{
	struct code_import *c = cookie;
	struct slice code;
	int rc;

	if (row->problem != NULL) {
		code_finding(c, row, row->problem_field, row->help, row->problem);
		return 0;
	}
	if (c->rows++ == 0) {
		for (c->column = 0; c->column < row->count; c->column++)
			if (slice_eq_nocase(slice_trim(row->fields[c->column]), slice_of("code")))
				return 0;
		return err_set(err, ERR_INPUT, "%s: the first line has no column `code`", c->file);
	}
	code = c->column < row->count ? slice_trim(row->fields[c->column]) : SLICE_NONE;
	if (code.len == 0)
		return 0;
	if (code.len > CODE_BYTES_MAX || !utf8_is_valid(code)) {
		code_finding(c, row, c->column,
		    "a code is UTF-8 text of at most 200 bytes; is the file saved as UTF-8?",
		    "this is no code");
		return 0;
	}
	rc = store_offer_import(c->store, c->offer, code, err);
	c->fresh += rc == 1;
	return rc < 0 ? -1 : 0;
}

static int
import_codes(struct store *store, const struct offer_config *offer, struct log *log,
    struct slice text, struct diag_list *diags, struct err *err)
{
	struct code_import c = {store, slice_of(offer->name), offer->codes_path, diags, 0, 0, 0};
	struct csv *csv = csv_new(code_row, &c);
	int rc = -1;

	if (csv == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an import");
	if (store_begin(store, err) == 0) {
		rc = csv_feed(csv, text, err);
		if (rc == 0)
			rc = csv_end(csv, err);
		if (rc == 0 && c.rows == 0)
			rc = err_set(err, ERR_INPUT,
			    "%s: the file is empty, expected a column `code`", c.file);
		if (rc == 0)
			rc = store_commit(store, err);
		else
			store_rollback(store);
	}
	csv_free(csv);
	if (rc == 0)
		log_event(log, LOG_INFO, "offer.imported", "offer", offer->name, "new_codes",
		    LOG_I64(c.fresh), NULL);
	return rc;
}

int
home_import(struct store *store, const struct config *config, const struct clock *clock,
    struct log *log, struct diag_list *diags, struct err *err)
{
	struct buf text;
	char key[200], sum[65];
	int rc = -1;

	buf_init(&text, IMPORT_BYTES_MAX);
	if (config->customers_path != NULL) {
		if (file_read(config->customers_path, IMPORT_BYTES_MAX - 1, &text, err) < 0)
			goto out;
		rc = file_is_known(store, "imported.customers", config->handle_attribute,
		    buf_slice(&text), sum, err);
		if (rc == 0)
			rc = import_customers(store, config->customers_path,
				 config->handle_attribute, clock, log, buf_slice(&text), diags,
				 err) < 0 ||
				remember_file(store, "imported.customers", sum, err) < 0
			    ? -1
			    : 0;
		if (rc < 0)
			goto out;
	}
	for (size_t i = 0; i < config->offer_count; i++) {
		const struct offer_config *offer = &config->offers[i];

		rc = -1;
		buf_clear(&text);
		if (file_read(offer->codes_path, IMPORT_BYTES_MAX - 1, &text, err) < 0)
			goto out;
		snprintf(key, sizeof key, "imported.offer.%s", offer->name);
		rc = file_is_known(store, key, offer->name, buf_slice(&text), sum, err);
		if (rc == 0)
			rc = import_codes(store, offer, log, buf_slice(&text), diags, err) < 0 ||
				remember_file(store, key, sum, err) < 0
			    ? -1
			    : 0;
		if (rc < 0)
			goto out;
	}
	rc = 0;
out:
	buf_fini(&text);
	return rc;
}
