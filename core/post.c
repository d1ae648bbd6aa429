#include "core/post.h"

#include <assert.h>
#include <inttypes.h>

#include "core/arena.h"
#include "core/map.h"

void
post_init(struct post *p)
{
	*p = (struct post){
	    .created_at_ms = TIME_UNKNOWN,
	    .fetched_at_ms = TIME_UNKNOWN,
	    .likes = COUNT_UNKNOWN,
	    .replies = COUNT_UNKNOWN,
	    .reposts = COUNT_UNKNOWN,
	    .author =
		{
		    .followers = COUNT_UNKNOWN,
		    .following = COUNT_UNKNOWN,
		    .posts = COUNT_UNKNOWN,
		    .listed = COUNT_UNKNOWN,
		    .is_verified = TRI_UNKNOWN,
		    .is_bot = TRI_UNKNOWN,
		    .created_at_ms = TIME_UNKNOWN,
		},
	};
}

int64_t
post_event_at_ms(const struct post *p)
{
	if (p->created_at_ms == TIME_UNKNOWN)
		return p->fetched_at_ms;
	if (p->fetched_at_ms == TIME_UNKNOWN || p->created_at_ms < p->fetched_at_ms)
		return p->created_at_ms;
	return p->fetched_at_ms;
}

int
post_finish(struct post *p, struct arena *a)
{
	/* Any two constants do: they make 128 bits of two hashes, and never change. */
	const uint64_t first_seed = UINT64_C(0x65617273686f7431);
	const uint64_t second_seed = UINT64_C(0x65617273686f7432);

	if (slice_is_set(p->id) && p->id.len > 0)
		return 0;
	/* The length before each part keeps "ab" + "c" and "a" + "bc" apart. */
	char *all = arena_printf(a, "%zu:%.*s|%" PRId64 "|%zu:%.*s", p->author.id.len,
	    SLICE_ARG(p->author.id), p->created_at_ms, p->text.len, SLICE_ARG(p->text));
	if (all == NULL)
		return -1;
	char *id = arena_printf(a, "urn:earshot:%016" PRIx64 "%016" PRIx64,
	    hash_bytes(first_seed, slice_of(all)), hash_bytes(second_seed, slice_of(all)));
	if (id == NULL)
		return -1;
	p->id = slice_of(id);
	return 0;
}

static int
text_copy(struct arena *a, struct slice *s)
{
	struct slice copy = arena_slice_dup(a, *s);

	if (slice_is_set(*s) && !slice_is_set(copy))
		return -1;
	*s = copy;
	return 0;
}

static int
list_copy(struct arena *a, struct slice_list *list)
{
	if (list->count == 0) {
		list->items = NULL;
		return 0;
	}
	struct slice *items = arena_array(a, list->count, sizeof(*items));
	if (items == NULL)
		return -1;
	for (size_t i = 0; i < list->count; i++) {
		items[i] = list->items[i];
		if (text_copy(a, &items[i]) < 0)
			return -1;
	}
	list->items = items;
	return 0;
}

int
post_copy(const struct post *p, struct arena *a, struct post *copy_r)
{
	struct post copy = *p;
	struct slice *const texts[] = {
	    &copy.id,
	    &copy.source,
	    &copy.url,
	    &copy.text,
	    &copy.lang,
	    &copy.author.id,
	    &copy.author.handle,
	    &copy.author.name,
	    &copy.author.bio,
	    &copy.author.url,
	    &copy.reply_to,
	    &copy.repost_of,
	    &copy.quote_of,
	    &copy.thread,
	    &copy.place,
	    &copy.reply_handle,
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (text_copy(a, texts[i]) < 0)
			return -1;
	}
	if (list_copy(a, &copy.tags) < 0 || list_copy(a, &copy.mentions) < 0)
		return -1;
	*copy_r = copy;
	return 0;
}
