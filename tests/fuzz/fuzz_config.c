/*
 * fuzz_config.c - any bytes as earshot.yaml.  Laws: a configuration or findings; findings can be
 * printed and drive no terminal; what was read keeps the bounds of its options.
 */
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/utf8.h"
#include "daemon/config.h"
#include "tests/fuzz/fuzz_file.h"

static void
check_config(const struct config *c)
{
	LAW(c->retention_ms >= 0 && c->seen_ms >= 0 && c->max_body_bytes > 0);
	LAW(c->store_path != NULL && c->dir != NULL);
	for (size_t i = 0; i < c->source_count; i++) {
		LAW(c->sources[i].ops != NULL && c->sources[i].set != NULL);
		LAW(config_source(c, slice_of(c->sources[i].name)) == &c->sources[i]);
	}
	for (size_t i = 0; i < c->channel_count; i++)
		LAW(c->channels[i].ops != NULL && c->channels[i].set != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	struct diag_list *diags = diag_list_new();
	struct config *c = NULL;
	struct err err = {ERR_NONE, ""};
	struct buf out;
	int rc;

	LAW(diags != NULL);
	rc = config_load(fuzz_file(&file, slice_make((const char *)data, size)), diags, &c, &err);
	LAW(rc >= 0 && (rc == 0) == (c != NULL));
	LAW((rc == 1) == (diag_count(diags, DIAG_ERROR) > 0));
	if (c != NULL)
		check_config(c);
	config_unref(c);
	buf_init(&out, 64 * 1024 * 1024);
	diag_print(diags, &out);
	LAW(!buf_failed(&out) && utf8_is_valid(buf_slice(&out)));
	LAW(out.len == 0 || memchr(buf_slice(&out).ptr, '\x1b', out.len) == NULL);
	buf_fini(&out);
	diag_list_free(diags);
	return 0;
}
