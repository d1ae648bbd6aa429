/*
 * verb_train_propose.c - `earshot train --propose`: lines for lexicon.d with the evidence for each.
 */
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/json.h"
#include "core/map.h"
#include "core/mem.h"
#include "platform/file.h"

#include "daemon/verb.h"
#include "daemon/verb_train.h"

#define PROPOSAL_BYTES_MAX (4u << 20)

#define FOLD_SALT 0x70726f706f736500ULL

/* What posts say, before and with the proposal. */
struct effect {
	struct train_measure before, with; /* of those held out */
	/* Each part of the others, with what the other parts propose. */
	struct train_measure cv_before, cv_with;
};

/* ---- cross-validation ----------------------------------------------------------- */

struct folding {
	struct train_run *r;
	struct propose_options options;
	struct train_row *rows; /* those of the fold are not looked at */
	struct train_sample *before, *with; /* of the posts learned from, in their order */
	size_t count;
};

static int
fold_of(const struct train_run *r, const struct train_row *row)
{
	return (
	    int)(hash_bytes(r->options.seed ^ FOLD_SALT, row->text) % (uint64_t)r->options.folds);
}

/* A fold of which no entry is proposed, and one whose posts are of one label, count as well. */
static int
read_fold(struct folding *f, int fold, struct err *err)
{
	struct train_run *r = f->r;
	struct propose_list list = {.count = 0};
	struct lexicon *lx = NULL;
	int rc = -1;

	for (size_t i = 0; i < r->data.count; i++)
		f->rows[i].is_validation =
		    r->data.rows[i].is_validation || fold_of(r, &r->data.rows[i]) == fold;
	if (propose_new(&f->options, r->base.name, r->base.text, r->english, r->exclusions, f->rows,
		r->data.count, &list, err) < 0 ||
	    propose_apply(r->base.name, r->base.text, &list, list.count, &lx, err) < 0)
		goto out;
	for (size_t i = 0; i < r->data.count; i++) {
		const struct train_row *row = &r->data.rows[i];

		if (row->is_validation || fold_of(r, row) != fold)
			continue;
		if (train_scorer_score(r->scorer, r->base.lexicon, r->english, row,
			&f->before[f->count], err) < 0 ||
		    train_scorer_score(r->scorer, lx, r->english, row, &f->with[f->count], err) < 0)
			goto out;
		f->count++;
	}
	rc = 0;
out:
	lexicon_free(lx);
	propose_free(&list);
	return rc;
}

/* Of the list itself a few held-out posts tell; of the way it is made all posts do. */
static int
cross_validate(
    struct train_run *r, const struct propose_options *o, struct effect *e, struct err *err)
{
	size_t n = r->data.count + 1;
	struct folding f = {r, *o, mem_array(n, sizeof *f.rows), mem_array(n, sizeof *f.before),
	    mem_array(n, sizeof *f.with), 0};
	int rc = -1;

	f.options.progress = NULL;
	if (f.rows == NULL || f.before == NULL || f.with == NULL) {
		err_set(err, ERR_NOMEM, "no memory to measure proposals");
		goto out;
	}
	memcpy(f.rows, r->data.rows, r->data.count * sizeof *f.rows);
	for (int fold = 0; fold < r->options.folds; fold++) {
		if (o->progress != NULL)
			o->progress(o->cookie, "cross-validating", (double)fold / r->options.folds);
		if (read_fold(&f, fold, err) < 0)
			goto out;
	}
	e->cv_before = train_measure_of(f.before, f.count);
	e->cv_with = train_measure_of(f.with, f.count);
	rc = 0;
out:
	mem_free(f.rows);
	mem_free(f.before);
	mem_free(f.with);
	return rc;
}

/* ---- held-out posts --------------------------------------------------------------- */

static int
measure_with(struct train_run *r, size_t count, struct train_measure *m_r, struct err *err)
{
	struct lexicon *lx = NULL;
	struct train_sample *samples = mem_array(r->data.count + 1, sizeof *samples);
	int rc = -1;

	if (samples == NULL)
		err_set(err, ERR_NOMEM, "no memory to measure a proposal");
	else if (propose_apply(r->base.name, r->base.text, &r->proposals, count, &lx, err) == 0 &&
	    train_score_all(r, lx, samples, err) == 0)
		rc = train_measure_part(r, samples, PART_HELD_OUT, -1, m_r, err);
	lexicon_free(lx);
	mem_free(samples);
	return rc;
}

/* The list is cut in half until the held-out posts lose nothing by it. */
static int
shorten(struct train_run *r, struct effect *e, struct err *err)
{
	size_t found = r->proposals.count;

	if (measure_with(r, 0, &e->before, err) < 0 ||
	    measure_with(r, r->proposals.count, &e->with, err) < 0)
		return -1;
	while (r->proposals.count > 0 && e->with.macro_recall < e->before.macro_recall) {
		r->proposals.count /= 2;
		if (measure_with(r, r->proposals.count, &e->with, err) < 0)
			return -1;
	}
	r->dropped = found - r->proposals.count;
	return 0;
}

static void
add_cross_validated(const struct effect *e, struct buf *out)
{
	buf_addf(out,
	    "# on all %zu posts, each part with what the others propose (cross-validated): macro "
	    "recall %.1f before, %.1f with it\n",
	    e->cv_before.rows, 100 * e->cv_before.macro_recall, 100 * e->cv_with.macro_recall);
	buf_add_str(out, "#   found of those labelled");
	for (int k = 0; k < 3; k++)
		buf_addf(out, "%s %s: %.0f %% before, %.0f %% with it", k == 0 ? "" : ";",
		    sentiment_label_name((enum sentiment_label)k),
		    100 * train_recall(&e->cv_before, k), 100 * train_recall(&e->cv_with, k));
	buf_add_char(out, '\n');
}

static void
add_note(void *cookie, const char *sentence)
{
	buf_addf(cookie, "# %s\n", sentence);
}

static void
add_head(const struct train_run *r, const struct effect *e, struct buf *out)
{
	buf_addf(out,
	    "# proposed by earshot train: %zu entr%s from %zu labelled posts, over lexicon %s\n",
	    r->proposals.count, r->proposals.count == 1 ? "y" : "ies", r->parts[PART_LEARNED],
	    lexicon_version(r->base.lexicon));
	add_cross_validated(e, out);
	if (e->before.rows > 0)
		buf_addf(out,
		    "# on %zu posts held out: macro recall %.1f before, %.1f with all of them\n",
		    e->before.rows, 100 * e->before.macro_recall, 100 * e->with.macro_recall);
	else
		buf_add_str(out, "# no post was held out: what they change was not measured\n");
	if (r->dropped > 0)
		buf_addf(out,
		    "# %zu more were found and left out: with them the posts held out lost\n",
		    r->dropped);
	train_remarks_of_rows(r, add_note, out);
	if (r->proposals.count == 0) {
		buf_add_str(out,
		    "# the labels speak for nothing that the lexicon does not say already; more "
		    "posts may\n");
		return;
	}
	buf_add_str(out,
	    "# read each, take out what you do not believe, and put the rest into "
	    "lexicon.d\n");
}

static void
add_proposal(const struct train_run *r, const struct proposal *p, struct buf *out)
{
	buf_addf(out,
	    "\n# %zu posts: %zu negative, %zu neutral, %zu positive; mean label %+.2f, the lexicon "
	    "says %+.2f (%.1f deviations)\n%.*s\t%s\t%g\n",
	    p->posts, p->labels[0], p->labels[1], p->labels[2], p->wanted_milli / 1000.0,
	    p->said_milli / 1000.0, p->deviation, SLICE_ARG(p->phrase),
	    language_code(r->options.lang), p->weight_milli / 1000.0);
}

static void
add_tsv(const struct train_run *r, const struct effect *e, struct buf *out)
{
	add_head(r, e, out);
	for (size_t i = 0; i < r->proposals.count; i++)
		add_proposal(r, &r->proposals.items[i], out);
}

static void
put_proposal(const struct train_run *r, const struct proposal *p, struct json_writer *w)
{
	json_object_begin(w);
	json_kv_str(w, "phrase", p->phrase);
	json_kv_cstr(w, "language", language_code(r->options.lang));
	json_kv_milli(w, "weight", p->weight_milli);
	json_kv_i64(w, "posts", (int64_t)p->posts);
	json_kv_i64(w, "negative", (int64_t)p->labels[0]);
	json_kv_i64(w, "neutral", (int64_t)p->labels[1]);
	json_kv_i64(w, "positive", (int64_t)p->labels[2]);
	json_kv_milli(w, "mean_label", p->wanted_milli);
	json_kv_milli(w, "lexicon_says", p->said_milli);
	json_kv_milli(w, "deviation", (int64_t)(p->deviation * 1000));
	json_object_end(w);
}

static void
put_json(const struct train_run *r, const struct effect *e, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	json_kv_cstr(&w, "lexicon", lexicon_version(r->base.lexicon));
	json_kv_i64(&w, "learned_from", (int64_t)r->parts[PART_LEARNED]);
	json_kv_i64(&w, "held_out", (int64_t)e->before.rows);
	json_kv_milli(&w, "macro_recall_before", (int64_t)(e->before.macro_recall * 1000 + 0.5));
	json_kv_milli(&w, "macro_recall_with", (int64_t)(e->with.macro_recall * 1000 + 0.5));
	json_kv_milli(
	    &w, "cross_validated_before", (int64_t)(e->cv_before.macro_recall * 1000 + 0.5));
	json_kv_milli(&w, "cross_validated_with", (int64_t)(e->cv_with.macro_recall * 1000 + 0.5));
	json_kv_i64(&w, "left_out", (int64_t)r->dropped);
	json_key(&w, "proposals");
	json_array_begin(&w);
	for (size_t i = 0; i < r->proposals.count; i++)
		put_proposal(r, &r->proposals.items[i], &w);
	json_array_end(&w);
	json_object_end(&w);
	buf_add_char(out, '\n');
}

static int
write_proposal(const struct train_run *r, const struct effect *e, struct err *err)
{
	struct buf text;
	int rc = 0;

	buf_init(&text, PROPOSAL_BYTES_MAX);
	add_tsv(r, e, &text);
	if (buf_failed(&text))
		rc = err_set(err, ERR_NOMEM, "no memory for the proposal");
	else if (r->out != NULL)
		rc = file_write_atomic(r->out, buf_slice(&text), false, err);
	if (rc == 0 && (r->out != NULL || r->call->is_json)) {
		buf_clear(&text);
		if (r->call->is_json)
			put_json(r, e, &text);
		else
			add_head(r, e, &text);
	}
	if (rc == 0)
		fputs(buf_str(&text), stdout);
	buf_fini(&text);
	return rc;
}

int
train_propose(struct train_run *r, struct err *err)
{
	struct propose_options o = propose_defaults();
	struct effect e = {.before = {.rows = 0}};

	o.min_posts = r->options.min_posts;
	o.progress = r->options.progress;
	if (propose_new(&o, r->base.name, r->base.text, r->english, r->exclusions, r->data.rows,
		r->data.count, &r->proposals, err) < 0 ||
	    cross_validate(r, &o, &e, err) < 0 || shorten(r, &e, err) < 0)
		return -1;
	return write_proposal(r, &e, err);
}
