#include "core/metrics.h"

#include <inttypes.h>
#include <stddef.h>

#include "core/buf.h"

struct metric_info {
	const char *name, *type, *help;
};

#define COUNTER "counter"
#define GAUGE "gauge"
static const struct metric_info infos[METRIC_COUNT] = {
#define X(name, prom, type, help) [METRIC_##name] = {"earshot_" prom, type, help},
    METRICS(X)
#undef X
};

void
metrics_init(struct metrics *m)
{
	for (size_t i = 0; i < METRIC_COUNT; i++)
		atomic_init(&m->value[i], 0);
}

/* Counters order nothing else, so relaxed is enough. */
void
metrics_add(struct metrics *m, enum metric which, int64_t n)
{
	if (m != NULL)
		atomic_fetch_add_explicit(&m->value[which], n, memory_order_relaxed);
}

void
metrics_set(struct metrics *m, enum metric which, int64_t v)
{
	if (m != NULL)
		atomic_store_explicit(&m->value[which], v, memory_order_relaxed);
}

int64_t
metrics_get(const struct metrics *m, enum metric which)
{
	return atomic_load_explicit(&m->value[which], memory_order_relaxed);
}

void
metrics_print(const struct metrics *m, struct buf *out)
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct metric_info *info = &infos[i];
		buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n", info->name,
		    info->help, info->name, info->type, info->name, metrics_get(m, (enum metric)i));
	}
}
