#include "daemon/snapshot.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "nlp/nlp.h"
#include "people/people.h"
#include "platform/file.h"
#include "platform/zone.h"

#include "actions/sender.h"
#include "daemon/snapshot_terms.h"

#define VOCABULARY_BYTES_MAX (16 * 1024 * 1024) /* a whole lexicon has less than one */
#define VOCABULARY_DEFAULT "lexicon.d" /* config_options.c */
#define SNAPSHOT_ACCOUNTS_BYTES (8 * 1024 * 1024) /* and the words of lists */

/* Lays one file over the set; whole lexicons in one go, vocabularies in another. */
static int
add_vocabulary(struct lexicon_set *set, const char *path, bool is_whole, struct diag_list *diags,
    struct err *err)
{
	struct buf text;
	int rc = 0;

	buf_init(&text, VOCABULARY_BYTES_MAX + 1);
	if (file_read(path, VOCABULARY_BYTES_MAX, &text, err) < 0)
		rc = -1;
	else if (lexicon_set_is_whole(buf_slice(&text)) == is_whole)
		rc = is_whole ? lexicon_set_replace(set, path, buf_slice(&text), diags, err)
			      : lexicon_set_add_vocabulary(set, path, buf_slice(&text), diags, err);
	buf_fini(&text);
	return rc;
}

static bool
has_ending(const char *name, const char *ending)
{
	size_t n = strlen(name), k = strlen(ending);

	return n > k && slice_eq_nocase(slice_make(name + n - k, k), slice_of(ending));
}

/* A vocabulary's or lexicon's file.  Hidden ones are editors' own. */
static bool
is_words(const char *name)
{
	return name[0] != '.' && slice_ends_with(slice_of(name), ".tsv");
}

/* Words that somebody saved in another form than we read would be missed in silence. */
static void
warn_about_name(const char *path, const char *name, struct diag_list *diags)
{
	static const char *const endings[] = {".tsv", ".csv", ".txt", ".xlsx", ".ods"};

	if (name[0] == '.' || is_words(name))
		return;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (has_ending(name, endings[i]))
			diag_add_file(diags, DIAG_WARNING, "V012", path,
			    "save it as tab-separated text under a name that ends in .tsv, or move "
			    "it "
			    "elsewhere",
			    "this file is not read");
}

/* The default folder need not be there. */
static void
warn_about_folder(const char *dir, struct diag_list *diags)
{
	if (dir == NULL || file_is_dir(dir))
		return;
	if (file_exists(dir))
		diag_add_file(diags, DIAG_WARNING, "V013", dir,
		    "`vocabulary` names a folder; put the file into one", "this is no folder");
	else if (!slice_ends_with(slice_of(dir), VOCABULARY_DEFAULT))
		diag_add_file(diags, DIAG_WARNING, "V013", dir,
		    "make it, or mend `vocabulary` in the configuration",
		    "there is no such folder, so no words of your own count");
}

int
snapshot_lexicon_with(const char *vocabulary_dir, const char *const *files, size_t file_count,
    struct diag_list *diags, struct lexicon_set **set_r, struct err *err)
{
	struct lexicon_set *set = NULL;
	struct arena *a = arena_new(1024 * 1024);
	const char *const *names;
	size_t count = 0;
	int rc = -1;

	if (a == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the vocabulary");
		goto out;
	}
	if (lexicon_set_new(&set, err) < 0)
		goto out;
	warn_about_folder(vocabulary_dir, diags);
	if (vocabulary_dir != NULL && file_is_dir(vocabulary_dir) &&
	    file_list(vocabulary_dir, 1000, a, &names, &count, err) < 0)
		goto out;
	/* A vocabulary changes the lexicon that is in force, so whole ones come first. */
	for (int is_whole = 1; is_whole >= 0; is_whole--) {
		for (size_t i = 0; i < count; i++) {
			const char *path = file_join(a, vocabulary_dir, names[i]);

			if (path == NULL) {
				err_set(err, ERR_NOMEM, "no memory for the vocabulary");
				goto out;
			}
			if (is_whole == 1)
				warn_about_name(path, names[i], diags);
			if (is_words(names[i]) &&
			    add_vocabulary(set, path, is_whole == 1, diags, err) < 0)
				goto out;
		}
		for (size_t i = 0; i < file_count; i++)
			if (add_vocabulary(set, files[i], is_whole == 1, diags, err) < 0)
				goto out;
	}
	*set_r = set;
	set = NULL;
	rc = 0;
out:
	lexicon_set_unref(set);
	arena_free(a);
	return rc;
}

int
snapshot_lexicon(const char *vocabulary_dir, struct diag_list *diags, struct lexicon_set **set_r,
    struct err *err)
{
	return snapshot_lexicon_with(vocabulary_dir, NULL, 0, diags, set_r, err);
}

/* ---- what the rules' checker asks ---------------------------------------- */

struct question {
	const struct config *config;
	const struct template_set *templates;
	struct scorer *scorer;
};

static int
ask_tokens(
    void *cookie, struct slice text, struct arena *a, struct token **tokens_r, size_t *count_r)
{
	const struct question *q = cookie;

	return nlp_tokenise(q->scorer, text, SLICE_NONE, a, tokens_r, count_r, NULL);
}

static bool
ask_channel(void *cookie, struct slice name, const char **nearest_r)
{
	const struct question *q = cookie;
	const struct actions_config *c = &q->config->actions;
	const char *names[64];
	size_t n = 0;

	if (actions_channel(c, name) != NULL)
		return true;
	for (size_t i = 0; i < c->channel_count && n < 64; i++)
		names[n++] = c->channels[i].name;
	*nearest_r = diag_nearest(name, names, n);
	return false;
}

static bool
ask_queue(void *cookie, struct slice name, const char **nearest_r)
{
	const struct question *q = cookie;
	const struct actions_config *c = &q->config->actions;
	const char *names[64];
	size_t n = 0;

	if (actions_queue(c, name) != NULL)
		return true;
	for (size_t i = 0; i < c->queue_count && n < 64; i++)
		names[n++] = c->queues[i].name;
	*nearest_r = diag_nearest(name, names, n);
	return false;
}

static bool
ask_offer(void *cookie, struct slice name, const char **nearest_r)
{
	const struct question *q = cookie;
	const struct actions_config *c = &q->config->actions;

	for (size_t i = 0; i < c->offer_count; i++)
		if (slice_eq_str(name, c->offers[i]))
			return true;
	*nearest_r = diag_nearest(name, c->offers, c->offer_count);
	return false;
}

static bool
ask_send(void *cookie, struct slice template_id, struct slice channel_name, bool has_offer,
    const char **nearest_r, char *why_r, size_t why_size)
{
	static const char *const reply_parts[] = {"reply", "text", NULL};
	const struct question *q = cookie;
	const struct channel *channel = NULL;
	const char *const *parts = reply_parts;
	const char *wanted;

	if (!template_exists(q->templates, template_id, nearest_r)) {
		snprintf(
		    why_r, why_size, "there is no template called '%.*s'", SLICE_ARG(template_id));
		return false;
	}
	if (template_uses_offer(q->templates, template_id) && !has_offer) {
		snprintf(why_r, why_size,
		    "the template '%.*s' prints {{Offer.Code}}, but the action gives no offer",
		    SLICE_ARG(template_id));
		return false;
	}
	if (channel_name.len > 0) {
		if (q->config == NULL)
			return true;
		channel = actions_channel(&q->config->actions, channel_name);
		if (channel == NULL)
			return true; /* that is ask_channel()'s finding */
		parts = channel->ops->parts_needed;
	}
	if (parts == NULL || parts[0] == NULL)
		return true;
	wanted = parts[0];
	for (; *parts != NULL; parts++)
		if (template_has_part(q->templates, template_id, *parts))
			return true;
	snprintf(why_r, why_size, "the template '%.*s' has no %s.hbs, which %s needs",
	    SLICE_ARG(template_id), wanted, channel == NULL ? "a reply" : channel->name);
	return false;
}

static bool
ask_zone(void *cookie, struct slice zone, int year, int month, int day, int hour, int minute,
    int64_t *at_ms_r)
{
	(void)cookie;
	return zone_to_utc(zone, year, month, day, hour, minute, at_ms_r);
}

static bool
ask_currency(void *cookie)
{
	const struct question *q = cookie;

	return q->config->actions.currency != NULL;
}

/* ---- compiling ----------------------------------------------------------- */

/* The brands' own accounts in the two spellings a post may show: as written (ids) and as handle
 * keys. */
static int
collect_accounts(struct snapshot *s, struct err *err)
{
	const struct brand_set *brands = rule_set_brands(s->rules);
	struct slice *items;
	size_t n = 0, total = 0;

	for (size_t i = 0; i < brands->brand_count; i++)
		total += brands->brands[i].own_accounts.count;
	s->arena = arena_new(SNAPSHOT_ACCOUNTS_BYTES);
	items = s->arena == NULL ? NULL : arena_array(s->arena, 2 * total + 1, sizeof *items);
	if (items == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the brands' accounts");
	for (size_t i = 0; i < brands->brand_count; i++) {
		const struct slice_list *own = &brands->brands[i].own_accounts;

		for (size_t k = 0; k < own->count; k++) {
			struct slice key = handle_key_make(s->arena, own->items[k]);

			items[n++] = own->items[k];
			if (slice_is_set(key))
				items[n++] = key;
		}
	}
	s->own_accounts = (struct slice_list){items, n};
	return 0;
}

static int
compile(const struct bundle *b, struct config *config, struct lexicon_set *lexicon, int64_t version,
    bool checks_names, struct diag_list *diags, struct snapshot **s_r, struct err *err)
{
	struct question q = {config, NULL, NULL};
	struct rule_env env = {.cookie = &q, .tokenise = ask_tokens, .zone_to_utc = ask_zone};
	struct snapshot *s;
	int rc = -1, templates_rc;

	s = mem_zalloc(sizeof *s);
	q.scorer = scorer_new();
	if (s == NULL || q.scorer == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the rules");
		goto out;
	}
	atomic_init(&s->refs, 1);
	s->version = version;
	s->lexicon = lexicon_set_ref(lexicon);
	s->config = config == NULL ? NULL : config_ref(config);
	templates_rc =
	    template_set_compile(b->templates, b->template_count, diags, &s->templates, err);
	if (templates_rc < 0)
		goto out;
	q.templates = s->templates;
	if (checks_names) {
		env.has_channel = ask_channel;
		env.has_queue = ask_queue;
		env.has_offer = ask_offer;
		env.has_currency = ask_currency;
	}
	/* With broken templates their own findings are enough; with none at all a rules file is
	 * being checked alone. */
	if (templates_rc == 0 && (checks_names || b->template_count > 0))
		env.can_send = ask_send;
	rc = rule_set_compile(b->rules, b->rule_count, version, &env, diags, &s->rules, err);
	if (rc != 0)
		goto out;
	if (templates_rc == 1) {
		rc = 1;
		goto out;
	}
	rc = -1;
	if (matcher_new(rule_set_brands(s->rules), &s->matcher, err) < 0 ||
	    collect_accounts(s, err) < 0 ||
	    snapshot_terms(rule_set_brands(s->rules), s->arena, &s->term_names, &s->terms, err) < 0)
		goto out;
	*s_r = s;
	s = NULL;
	rc = 0;
out:
	scorer_free(q.scorer);
	snapshot_unref(s);
	return rc;
}

int
snapshot_compile(const struct bundle *b, struct config *config, struct lexicon_set *lexicon,
    int64_t version, struct diag_list *diags, struct snapshot **s_r, struct err *err)
{
	return compile(b, config, lexicon, version, config != NULL, diags, s_r, err);
}

int
snapshot_compile_draft(const struct bundle *b, struct config *config, struct lexicon_set *lexicon,
    bool checks_names, struct diag_list *diags, struct snapshot **s_r, struct err *err)
{
	return compile(b, config, lexicon, 0, checks_names && config != NULL, diags, s_r, err);
}

struct snapshot *
snapshot_ref(struct snapshot *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void
snapshot_unref(struct snapshot *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) > 1)
		return;
	rule_set_unref(s->rules);
	matcher_unref(s->matcher);
	matcher_unref(s->terms);
	template_set_unref(s->templates);
	lexicon_set_unref(s->lexicon);
	config_unref(s->config);
	arena_free(s->arena);
	mem_free(s);
}
