/*
 * bundle_internal.h - a body with rules and templates: taking it, having it checked or made live, and
 * the findings in the answer.
 */
#ifndef API_BUNDLE_INTERNAL_H
#define API_BUNDLE_INTERNAL_H

#include "api/api_internal.h"

struct diag_list;

/* The member "bundle" of the body, as text again. */
int api_take_bundle(struct api_call *c, struct slice *bundle_r, struct err *err);

/* The bundle of the body, or that of the version it names (-1: none). */
int api_take_draft(struct api_call *c, int64_t version, struct slice *bundle_r, struct err *err);

struct api_bundle_call {
	enum api_bundle_use use;
	struct slice bundle;
	const char *author, *reason;
	int64_t base_version;
};
/* author, reason and base_version of the body. */
int api_bundle_call_take(struct api_call *c, struct api_bundle_call *call, struct err *err);
/* Has it made ready, and answers with the live version and the findings; has what was made ready made
 * live, and answers with the new one. */
int
api_bundle_call_prepare(struct api_call *c, const struct api_bundle_call *call, struct err *err);
int api_bundle_call_commit(struct api_call *c, struct err *err);

void api_put_findings(struct json_writer *w, const struct diag_list *diags);
/* The problem of a text with errors. -1 */
int api_refuse_findings(struct api_call *c, const struct diag_list *diags);

#endif
