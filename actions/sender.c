#include "actions/sender.h"

#include <assert.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/timefmt.h"

#define DEFAULT_TIME_LIMIT_MS 30000

struct sender {
	char *name;
	const struct sender_ops *ops;
	struct sender_host host;
	void *state;
	bool is_open;
	int64_t time_limit_ms;
};

const struct option sender_common_options[] = {
    {"endpoint", OPTION_TEXT, NULL, false, 0, 0, NULL,
	"which of a customer's endpoints the channel reaches, or none; overrides the channel's own",
	"email"},
    {"max_concurrent", OPTION_INT, "8", false, 1, 1000, NULL, "messages under way at once", "4"},
    {"max_per_minute", OPTION_INT, "0", false, 0, 1000000, NULL,
	"messages handed over in any minute; 0: no limit", "60"},
    {"retry_first", OPTION_DURATION, "30 seconds", false, 100, TIME_DAY_MS, NULL,
	"wait before the second try; doubles from try to try, with jitter", "1 minute"},
    {"retry_max", OPTION_DURATION, "1 hour", false, 100, 7 * TIME_DAY_MS, NULL,
	"the longest wait between tries that the channel did not ask for", "30 minutes"},
    {"give_up_after", OPTION_DURATION, "2 days", false, TIME_SECOND_MS, 30 * TIME_DAY_MS, NULL,
	"a message not delivered by then expires", "12 hours"},
    {"cost", OPTION_AMOUNT, "0", false, 0, INT64_C(1000000000), NULL,
	"what one message costs, in limits.currency: counted by budgets", "0.075"},
    {"time_limit", OPTION_DURATION, "30 seconds", false, TIME_SECOND_MS, 10 * TIME_MINUTE_MS, NULL,
	"how long one try may take", "10 seconds"},
    {NULL, OPTION_TEXT, NULL, false, 0, 0, NULL, NULL, NULL},
};

const char *
send_result_name(enum send_result r)
{
	switch (r) {
	case SEND_DONE: return "done";
	case SEND_LATER: return "later";
	case SEND_PERMANENT: return "permanent";
	case SEND_UNKNOWN: return "unknown";
	}
	return "?";
}

int
sender_new(const char *name, const struct sender_ops *ops, const struct options *set,
    const struct options *common, const struct sender_host *host, struct sender **s_r,
    struct err *err)
{
	struct sender *s = NULL;
	int rc = -1;

	assert(name != NULL && ops != NULL && host != NULL);
	s = mem_zalloc(sizeof *s);
	if (s == NULL || (s->name = mem_strdup(name)) == NULL) {
		err_set(err, ERR_NOMEM, "no memory for channel '%s'", name);
		goto out;
	}
	s->ops = ops;
	s->host = *host;
	s->time_limit_ms =
	    common != NULL ? options_int(common, "time_limit") : DEFAULT_TIME_LIMIT_MS;
	if (ops->open(s, set, &s->state, err) < 0) {
		err_prefix(err, "channel '%s'", name);
		goto out;
	}
	s->is_open = true;
	*s_r = s;
	s = NULL;
	rc = 0;
out:
	sender_free(s);
	return rc;
}

void
sender_free(struct sender *s)
{
	if (s == NULL)
		return;
	if (s->is_open)
		s->ops->close(s->state);
	mem_free(s->name);
	mem_free(s);
}

const char *
sender_name(const struct sender *s)
{
	return s->name;
}

const struct sender_ops *
sender_kind(const struct sender *s)
{
	return s->ops;
}

const struct sender_host *
sender_host(const struct sender *s)
{
	return &s->host;
}

void *
sender_state(const struct sender *s)
{
	return s->state;
}

int64_t
sender_time_limit_ms(const struct sender *s)
{
	return s->time_limit_ms;
}
