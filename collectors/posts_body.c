#include "collectors/posts_body.h"

#include "collectors/collector.h"
#include "core/err.h"
#include "core/json_items.h"
#include "core/mem.h"

struct posts_body {
	struct json_items *items;
	int64_t now_ms;
};

int
posts_body_new(struct slice body, int64_t now_ms, struct posts_body **b_r, struct err *err)
{
	struct posts_body *b = mem_zalloc(sizeof *b);

	if (b == NULL)
		return err_set(err, ERR_NOMEM, "no memory to read posts");
	if (json_items_new(body, "posts", &b->items, err) < 0) {
		mem_free(b);
		return -1;
	}
	b->now_ms = now_ms;
	*b_r = b;
	return 0;
}

void
posts_body_free(struct posts_body *b)
{
	if (b == NULL)
		return;
	json_items_free(b->items);
	mem_free(b);
}

int
posts_body_add(
    struct page *p, struct slice text, int64_t now_ms, const char *where, struct err *err)
{
	struct err why;
	size_t repaired = 0;
	struct post parsed;
	struct post *post;

	if (post_parse(text, p->arena, now_ms, &parsed, &repaired, &why) < 0) {
		if (why.kind == ERR_NOMEM) {
			if (err != NULL)
				*err = why;
			return -1;
		}
		if (where[0] != '\0')
			page_reject(p, text, "%s: %s", where, why.text);
		else
			page_reject(p, text, "%s", why.text);
		return 0;
	}
	post = page_add(p);
	if (post == NULL)
		return err_set(err, ERR_NOMEM, "no memory for another post");
	*post = parsed;
	p->repaired += repaired;
	return 1;
}

int
posts_body_next(struct posts_body *b, struct page *p, size_t *seen_r, struct err *err)
{
	struct slice text;

	while (!page_is_full(p)) {
		char where[JSON_ITEMS_WHERE_MAX];

		if (!json_items_next(b->items, &text, where))
			return 0;
		if (posts_body_add(p, text, b->now_ms, where, err) < 0)
			return -1;
		if (seen_r != NULL)
			(*seen_r)++;
	}
	return json_items_is_over(b->items) ? 0 : 1;
}

int
posts_parse_body(struct slice body, int64_t now_ms, struct page *p, size_t *seen_r, struct err *err)
{
	struct posts_body *b = NULL;
	size_t seen = 0;
	int rc;

	if (posts_body_new(body, now_ms, &b, err) < 0)
		return -1;
	rc = posts_body_next(b, p, &seen, err);
	posts_body_free(b);
	if (rc > 0)
		return err_set(err, ERR_LIMIT, "more than %zu posts at once", seen);
	if (rc == 0 && seen_r != NULL)
		*seen_r = seen;
	return rc;
}
