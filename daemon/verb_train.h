/*
 * verb_train.h - what the files of `earshot train` share: one run, and its model card.
 *
 * Ownership: all of it belongs to the run in verb_train.c.
 */
#ifndef DAEMON_VERB_TRAIN_H
#define DAEMON_VERB_TRAIN_H

#include "core/buf.h"
#include "nlp/lexicon.h"
#include "nlp/propose.h"
#include "nlp/train.h"
#include "nlp/train_data.h"

struct verb_call;

/* Each file in three parts of the data, and the parts as wholes. */
#define TRAIN_FIGURES_MAX (3 * TRAIN_FILES_MAX + 4)

enum train_part {
	PART_LEARNED,
	PART_HELD_OUT,
	PART_VALIDATION
};

struct train_figure {
	const char *part; /* "held out" */
	const char *file; /* NULL: all of them */
	struct train_measure now, before;
	bool has_before; /* before: the base lexicon on the same posts */
};

struct train_base {
	char *name; /* "en" or a file's */
	struct slice text;
	struct buf file; /* of --base */
	struct lexicon *lexicon;
};

struct train_run {
	struct verb_call *call;
	struct train_options options;
	bool is_proposing;
	int hold_out_percent;
	const char *out, *card;
	struct lexicon_set *set;
	const struct lexicon *english;
	struct train_base base;
	struct lexicon *signs;
	char *signs_name;
	struct train_exclusions *exclusions;
	struct train_data data;
	size_t parts[3]; /* rows by enum train_part */
	size_t labels[3]; /* of those learned from, by enum sentiment_label */
	struct train_result result;
	struct train_sample *now, *before; /* one a row of the data */
	struct train_figure figures[TRAIN_FIGURES_MAX];
	size_t figure_count;
	size_t lexicon_bytes;
	struct propose_list proposals;
	size_t dropped; /* proposals that did not stand on the held-out posts */
	struct train_scorer *scorer;
};

/* "acme.tsv" of "data/acme.tsv". */
const char *train_file_name(const char *path);
/* May the lexicon, proposal or card be written there (NULL: nowhere)?  Not over what earshot train has not
 * written itself. */
int train_check_target(const char *path, struct err *err);
/* What the options name: posts, names to keep out, the base and the signs.  -1 with err. */
int train_read_data(struct train_run *r, struct err *err);
int train_read_exclusions(struct train_run *r, struct err *err);
int train_read_lexicons(struct train_run *r, struct err *err);

/* Puts the rows in parts, and says whether there is enough to learn from; what was skipped goes to
 * standard error. */
int train_check_rows(struct train_run *r, struct err *err);
void train_report_skipped(const struct train_run *r);
/* All figures of the run. */
int train_measure(struct train_run *r, struct err *err);
/* A lexicon on all rows of the run. */
int train_score_all(
    struct train_run *r, const struct lexicon *lx, struct train_sample *samples, struct err *err);
/* The posts of a part, of one file or of all (-1). */
int train_measure_part(const struct train_run *r, const struct train_sample *samples,
    enum train_part part, int file, struct train_measure *m_r, struct err *err);

/* The card, as Markdown and as JSON. */
void train_card_markdown(const struct train_run *r, struct buf *out);
void train_card_json(const struct train_run *r, struct buf *out);
/* What the figures say should be done; sentences, one call each. */
typedef void train_remark_fn(void *cookie, const char *sentence);
void train_remarks(const struct train_run *r, train_remark_fn *fn, void *cookie);
/* Those that are about the posts alone: too few, or none with a label. */
void train_remarks_of_rows(const struct train_run *r, train_remark_fn *fn, void *cookie);

/* Finds proposals, shortens them until the held-out posts lose nothing, writes them. */
int train_propose(struct train_run *r, struct err *err);

/* The learned entries with the most weight for a side (1: positive, -1: negative). */
#define TRAIN_TELLING 20
size_t
train_telling(const struct lexicon *lx, int side, const struct lexeme *telling_r[TRAIN_TELLING]);

/* What adapting changed most. */
struct train_change {
	const struct lexeme *now;
	const struct lexeme *before; /* NULL: new */
	int32_t size_milli;
};
int train_changes(const struct lexicon *now, const struct lexicon *before,
    struct train_change changes_r[TRAIN_TELLING], size_t *count_r, struct err *err);

#endif
