/*
 * verb_train_json.c - the model card for machines: what the Markdown has, under stable names.
 */
#include "core/json.h"
#include "core/score.h"

#include "daemon/verb.h"
#include "daemon/verb_train.h"

static void
put_skipped(const struct train_file *f, struct json_writer *w)
{
	json_key(w, "skipped");
	json_array_begin(w);
	for (int k = 0; k < TRAIN_SKIP_COUNT; k++) {
		const struct train_skipped *s = &f->skipped[k];

		if (s->count == 0)
			continue;
		json_object_begin(w);
		json_kv_cstr(w, "reason", train_skip_words((enum train_skip)k));
		json_kv_i64(w, "rows", (int64_t)s->count);
		json_key(w, "first_lines");
		json_array_begin(w);
		for (size_t n = 0; n < s->count && n < TRAIN_LINES_SHOWN; n++)
			json_put_i64(w, (int64_t)s->lines[n]);
		json_array_end(w);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_file(const struct train_run *r, size_t i, struct json_writer *w)
{
	const struct train_file *f = &r->data.files[i];

	json_object_begin(w);
	json_kv_cstr(w, "file", train_file_name(f->name));
	json_kv_cstr(w, "for", f->is_validation ? "validation" : "learning");
	json_kv_i64(w, "rows", (int64_t)f->rows);
	json_kv_i64(w, "kept", (int64_t)f->kept);
	json_key(w, "labels");
	json_object_begin(w);
	for (int k = 0; k < 3; k++)
		json_kv_i64(
		    w, sentiment_label_name((enum sentiment_label)k), (int64_t)f->labels[k]);
	json_object_end(w);
	json_key(w, "weight");
	json_put_f64(w, r->options.source_weights[i] > 0 ? r->options.source_weights[i] : 1);
	json_key(w, "notes");
	json_array_begin(w);
	for (size_t k = 0; k < f->note_count; k++)
		json_put_str(w, f->notes[k]);
	json_array_end(w);
	put_skipped(f, w);
	json_object_end(w);
}

/* Figures to a tenth of a thousandth are more than the posts can say. */
static void
put_share(struct json_writer *w, const char *key, double share)
{
	json_kv_milli(w, key, (int64_t)(share * 1000 + 0.5));
}

static void
put_measure(const struct train_measure *m, bool has_sure, struct json_writer *w)
{
	json_kv_i64(w, "posts", (int64_t)m->rows);
	put_share(w, "macro_recall", m->macro_recall);
	put_share(w, "macro_f1", m->macro_f1);
	put_share(w, "accuracy", m->accuracy);
	put_share(w, "calibration_error", m->calibration_error);
	put_share(w, "calibration_by_chance", m->calibration_by_chance);
	if (has_sure) {
		put_share(w, "sure_share", m->sure_share);
		put_share(w, "sure_accuracy", m->sure_accuracy);
	}
	json_key(w, "confusion");
	json_array_begin(w);
	for (int k = 0; k < 3; k++) {
		json_array_begin(w);
		for (int j = 0; j < 3; j++)
			json_put_i64(w, (int64_t)m->confusion[k][j]);
		json_array_end(w);
	}
	json_array_end(w);
}

static void
put_figures(const struct train_run *r, struct json_writer *w)
{
	json_key(w, "figures");
	json_array_begin(w);
	for (size_t i = 0; i < r->figure_count; i++) {
		const struct train_figure *f = &r->figures[i];
		bool is_cv = slice_eq_str(slice_of(f->part), "cross-validated");

		json_object_begin(w);
		json_kv_cstr(w, "part", f->part);
		json_kv_cstr(w, "file", f->file);
		json_kv_cstr(w, "language", language_code(r->options.lang));
		put_measure(&f->now, !is_cv, w);
		if (f->has_before) {
			json_key(w, "base");
			json_object_begin(w);
			put_measure(&f->before, true, w);
			json_object_end(w);
		}
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_entry(const struct lexeme *x, struct json_writer *w)
{
	json_kv_str(w, "entry", lexeme_text(x));
	json_kv_cstr(w, "kind", lexeme_kind_name((enum lexeme_kind)x->kind));
	json_kv_milli(w, "negative", x->negative_milli);
	json_kv_milli(w, "positive", x->positive_milli);
}

static void
put_telling(const struct train_run *r, const char *key, int side, struct json_writer *w)
{
	const struct lexeme *best[TRAIN_TELLING];
	size_t n = train_telling(r->result.lexicon, side, best);

	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < n; i++) {
		json_object_begin(w);
		put_entry(best[i], w);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_changes(const struct train_run *r, struct json_writer *w)
{
	struct train_change changes[TRAIN_TELLING];
	size_t n = 0;

	if (train_changes(r->result.lexicon, r->base.lexicon, changes, &n, NULL) < 0)
		return;
	json_key(w, "changes");
	json_array_begin(w);
	for (size_t i = 0; i < n; i++) {
		const struct lexeme *before = changes[i].before;

		json_object_begin(w);
		put_entry(changes[i].now, w);
		json_kv_milli(w, "negative_before", before == NULL ? 0 : before->negative_milli);
		json_kv_milli(w, "positive_before", before == NULL ? 0 : before->positive_milli);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_sizes(const struct train_run *r, struct json_writer *w)
{
	const struct lexicon *lx = r->result.lexicon;
	size_t kinds[LEXEME_KIND_COUNT] = {0};

	for (uint32_t i = 1; i <= lexicon_count(lx); i++)
		kinds[lexicon_at(lx, i)->kind]++;
	json_kv_i64(w, "vocabulary", (int64_t)r->result.vocabulary);
	json_kv_i64(w, "learned_entries", (int64_t)r->result.entries);
	json_kv_i64(w, "bytes", (int64_t)r->lexicon_bytes);
	json_key(w, "entries");
	json_object_begin(w);
	for (int k = 0; k < LEXEME_KIND_COUNT; k++)
		if (k != LEXEME_STEM_RATING)
			json_kv_i64(w, lexeme_kind_name((enum lexeme_kind)k), (int64_t)kinds[k]);
	json_object_end(w);
}

static void
put_settings(const struct train_run *r, struct json_writer *w)
{
	const struct train_options *o = &r->options;

	json_key(w, "settings");
	json_object_begin(w);
	json_kv_cstr(w, "base", train_file_name(r->base.name));
	json_kv_cstr(w, "base_version", lexicon_version(r->base.lexicon));
	json_kv_cstr(w, "signs", r->signs_name);
	json_kv_bool(w, "adapt", o->is_adapting);
	json_kv_bool(w, "only_signs", o->only_signs);
	json_kv_i64(w, "seed", (int64_t)o->seed);
	json_kv_i64(w, "folds", o->folds);
	json_kv_i64(w, "holdout_percent", r->hold_out_percent);
	json_kv_i64(w, "min_posts", o->min_posts);
	json_kv_i64(w, "entries", (int64_t)o->entries_max);
	json_key(w, "l2");
	json_put_f64(w, o->l2);
	json_kv_milli(w, "temperature", lexicon_temperature_milli(r->result.lexicon));
	json_kv_milli(w, "sure", lexicon_sure_milli(r->result.lexicon));
	json_object_end(w);
}

static void
put_remark(void *cookie, const char *sentence)
{
	json_put_cstr(cookie, sentence);
}

void
train_card_json(const struct train_run *r, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	json_kv_cstr(&w, "lexicon", lexicon_version(r->result.lexicon));
	json_kv_cstr(&w, "language", language_code(r->options.lang));
	json_kv_cstr(&w, "made_by", "earshot train " EARSHOT_VERSION);
	json_kv_cstr(&w, "from", r->parts[PART_LEARNED] > 0 ? "posts" : "ratings alone");
	json_kv_i64(&w, "learned_from", (int64_t)r->parts[PART_LEARNED]);
	json_kv_i64(&w, "held_out", (int64_t)r->parts[PART_HELD_OUT]);
	json_kv_i64(&w, "validated_on", (int64_t)r->parts[PART_VALIDATION]);
	json_key(&w, "data");
	json_array_begin(&w);
	for (size_t i = 0; i < r->data.file_count; i++)
		put_file(r, i, &w);
	json_array_end(&w);
	put_sizes(r, &w);
	put_figures(r, &w);
	put_telling(r, "telling_negative", -1, &w);
	put_telling(r, "telling_positive", 1, &w);
	if (r->options.is_adapting)
		put_changes(r, &w);
	put_settings(r, &w);
	json_key(&w, "remarks");
	json_array_begin(&w);
	train_remarks(r, put_remark, &w);
	json_array_end(&w);
	json_object_end(&w);
	buf_add_char(out, '\n');
}
