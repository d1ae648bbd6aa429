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

void
consents_json(const struct consent *list, size_t count, struct json_writer *w)
{
	json_array_begin(w);
	for (size_t i = 0; i < count; i++) {
		json_object_begin(w);
		json_kv_str(w, "channel", list[i].channel);
		json_kv_cstr(w, "purpose", purpose_name(list[i].purpose));
		json_kv_bool(w, "given", list[i].is_given);
		json_kv_str(w, "source", list[i].source);
		json_kv_time(w, "at", list[i].at_ms);
		json_kv_str(w, "text_version", list[i].text_version);
		json_object_end(w);
	}
	json_array_end(w);
}

void
adoption_json(const struct adoption *ad, struct json_writer *w)
{
	if (ad == NULL) {
		json_put_null(w);
		return;
	}
	json_object_begin(w);
	json_kv_bool(w, "early_adopter", ad->is_early_adopter);
	json_kv_milli(w, "score", (int64_t)ad->score_milli * 100);
	json_kv_i64(w, "items", ad->items);
	json_kv_i64(w, "credited", ad->credited);
	json_kv_str(w, "early_on", ad->best);
	json_object_end(w);
}
