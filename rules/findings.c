#include "rules/findings_internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static const struct finding_info infos[FINDING_COUNT] = {
#define X(name, code, severity, title) [FINDING_##name] = {code, severity, title},
    RULE_FINDINGS(X)
#undef X
};

const struct finding_info *
finding_info(enum finding f)
{
	assert(f < FINDING_COUNT);
	return &infos[f];
}

void
finding_add(const struct finding_sink *sink, enum finding f, struct range at, const char *help,
    const char *fmt, ...)
{
	const struct finding_info *info = finding_info(f);
	char message[FINDING_TEXT_MAX];
	va_list ap;

	assert(at.start <= sink->text.len);
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	diag_add(sink->diags, info->severity, info->code, sink->file, sink->text, at.start, at.len,
	    help, "%s", message);
}

const char *
finding_did_you_mean(const char *nearest, const char *fallback, char *out, size_t size)
{
	if (nearest == NULL)
		return fallback;
	snprintf(out, size, "did you mean '%s'?", nearest);
	return out;
}
