/*
 * pipeline_regard.c - a post's way through standing, topics and early adopters.
 */
#include "daemon/pipeline_internal.h"

#include "core/arena.h"
#include "core/err.h"
#include "nlp/nlp.h"
#include "people/regard.h"
#include "store/posts.h"

#include "daemon/snapshot.h"

static bool
is_own_handle(void *cookie, struct slice handle_key)
{
	struct author author = {.handle = handle_key};

	return pipeline_author_is_own(cookie, &author);
}

static int
links_from_text(
    const struct stored_post *sp, struct arena *a, struct slice_list *links_r, struct err *err)
{
	struct slice *links;
	size_t count = 0, at = 0;

	*links_r = (struct slice_list){NULL, 0};
	for (size_t i = 0; i < sp->score.token_count; i++)
		count += sp->score.tokens[i].kind == TOKEN_URL;
	if (count == 0)
		return 0;
	links = arena_array(a, count, sizeof *links);
	if (links == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the links of a post");
	for (size_t i = 0; i < sp->score.token_count; i++) {
		const struct token *t = &sp->score.tokens[i];

		if (t->kind == TOKEN_URL)
			links[at++] = slice_make(sp->post.text.ptr + t->start, t->len);
	}
	*links_r = (struct slice_list){links, at};
	return 0;
}

/* The words of lists in a post; a repost's are another's. */
static int
find_terms(
    struct pipeline *p, const struct stored_post *sp, struct slice_list *terms_r, struct err *err)
{
	const struct snapshot *s = p->snapshot;
	const struct matcher *matchers[] = {s->terms};
	struct score found;
	struct slice *names;

	*terms_r = (struct slice_list){NULL, 0};
	if (s->terms == NULL || slice_is_set(sp->post.repost_of))
		return 0;
	if (nlp_words(p->scorer, s->lexicon, matchers, 1, sp->post.text, sp->post.lang, p->arena,
		&found, err) < 0)
		return -1;
	if (found.brand_count == 0)
		return 0;
	names = arena_array(p->arena, found.brand_count, sizeof *names);
	if (names == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the words of a post");
	for (size_t i = 0; i < found.brand_count; i++)
		names[i] = s->term_names.items[found.brands[i]];
	*terms_r = (struct slice_list){names, found.brand_count};
	return 0;
}

int
pipeline_regard(
    struct pipeline *p, struct stored_post *sp, bool is_own, int64_t now_ms, struct err *err)
{
	struct regard_input in = {.post = &sp->post,
	    .brand_ids = sp->brand_ids,
	    .feed = sp->feed,
	    .is_own = is_own,
	    .is_own_handle = is_own_handle,
	    .cookie = p,
	    .weights = &p->snapshot->config->influence,
	    .adoption = &p->snapshot->config->adoption,
	    .now_ms = now_ms};

	if (links_from_text(sp, p->arena, &in.links, err) < 0 ||
	    find_terms(p, sp, &in.terms, err) < 0)
		return -1;
	return regard_see(p->env.store, &in, p->arena, &sp->author, err);
}
