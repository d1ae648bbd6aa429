#include "core/occurrence.h"

#include <assert.h>

#include "core/json.h"

const char *
purpose_name(enum purpose p)
{
	switch (p) {
	case PURPOSE_SERVICE: return "service";
	case PURPOSE_MARKETING: return "marketing";
	}
	assert(0 && "a purpose without a name");
	return "unknown";
}

void
attributes_json(const struct attribute *list, size_t count, struct json_writer *w)
{
	json_object_begin(w);
	for (size_t i = 0; i < count; i++) {
		json_key_slice(w, list[i].name);
		json_array_begin(w);
		for (size_t k = 0; k < list[i].values.count; k++)
			json_put_str(w, list[i].values.items[k]);
		json_array_end(w);
	}
	json_object_end(w);
}

void
metrics_json(const struct customer_metric *list, size_t count, struct json_writer *w)
{
	json_object_begin(w);
	for (size_t i = 0; i < count; i++) {
		json_key_slice(w, list[i].name);
		json_put_raw(w, list[i].value);
	}
	json_object_end(w);
}
