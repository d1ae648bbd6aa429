/*
 * page_html.c - pieces of the page: escaped text, times, scores, posts.
 */
#include "api/page_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/post.h"
#include "core/score.h"
#include "core/timefmt.h"
#include "core/utf8.h"

/* Marks of at most this many words of one post. */
#define MARKS_MAX 64

void
html_text(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.ptr[i];

		switch (ch) {
		case '&': buf_add_str(b, "&amp;"); break;
		case '<': buf_add_str(b, "&lt;"); break;
		case '>': buf_add_str(b, "&gt;"); break;
		case '"': buf_add_str(b, "&quot;"); break;
		case '\'': buf_add_str(b, "&#39;"); break;
		default:
			if (ch >= 0x20 || ch == '\n')
				buf_add_char(b, ch == 0x7f ? ' ' : s.ptr[i]);
			else
				buf_add_char(b, ' ');
		}
	}
}

void
html_bdi(struct buf *b, struct slice s, size_t max)
{
	struct slice shown = utf8_prefix(s, max);

	buf_add_str(b, "<bdi>");
	html_text(b, shown);
	if (shown.len < s.len)
		buf_add_str(b, "…");
	buf_add_str(b, "</bdi>");
}

/* Where a link of others may lead: http and https only. */
static bool
html_is_web_link(struct slice url)
{
	struct slice scheme = url.len > 8 ? slice_make(url.ptr, 8) : url;

	return slice_eq_nocase(scheme, SLICE_LIT("https://")) ||
	    (url.len > 7 && slice_eq_nocase(slice_make(url.ptr, 7), SLICE_LIT("http://")));
}

void
html_time(struct buf *b, int64_t at_ms, int64_t now_ms)
{
	char text[TIME_TEXT_MAX], age[TIME_TEXT_MAX];

	if (at_ms == TIME_UNKNOWN) {
		buf_add_str(b, "<time>never</time>");
		return;
	}
	time_format_rfc3339(at_ms, text);
	buf_addf(b, "<time datetime=\"%s\" title=\"%s\">%s</time>", text, text,
	    time_format_age(now_ms - at_ms, age));
}

/* A bar from the middle, to the left for negative. */
void
html_score(struct buf *b, const struct score *s)
{
	int width = (int)(labs((long)s->score_milli) * 32 / 1000);
	const char *kind = s->score_milli < -50 ? "n" : s->score_milli > 50 ? "p" : "z";
	const char *sign = s->score_milli < 0 ? "\xe2\x88\x92" : s->score_milli > 0 ? "+" : "";

	if (!s->is_scored) {
		buf_add_str(b,
		    "<span class=\"chip\" title=\"in a language that is not "
		    "scored\">not scored</span>");
		return;
	}
	buf_addf(b, "<span class=\"score %s\" title=\"%s%s\">", kind,
	    sentiment_label_name(s->label), s->is_unsure ? ", unsure" : "");
	buf_add_str(b,
	    "<svg width=\"64\" height=\"8\" viewBox=\"0 0 64 8\" aria-hidden=\"true\">"
	    "<rect class=\"track\" width=\"64\" height=\"8\" rx=\"4\"/>");
	buf_addf(b, "<rect class=\"fill\" x=\"%d\" width=\"%d\" height=\"8\" rx=\"2\"/>",
	    s->score_milli < 0 ? 32 - width : 32, width);
	buf_add_str(b, "<rect class=\"mid\" x=\"31.5\" width=\"1\" height=\"8\"/></svg>");
	buf_addf(b, "%s%ld.%02ld</span>", sign, labs((long)s->score_milli) / 1000,
	    labs((long)s->score_milli) % 1000 / 10);
}

/* ---- a post's text ------------------------------------------------------ */

struct mark {
	size_t start, end;
	bool is_negative;
};

static int
mark_order(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static bool
is_boundary(struct slice s, size_t at)
{
	return at == s.len || ((unsigned char)s.ptr[at] & 0xc0) != 0x80;
}

/* Effects up to this are not worth a line under the word. */
#define MARK_LEAST_MILLI 200

/* Only ranges that lie in what is shown and cut no character; a stored range is not trusted to. */
static size_t
find_marks(const struct score *s, struct slice shown, struct mark marks[MARKS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s->reason_count && n < MARKS_MAX; i++) {
		const struct contribution *r = &s->reasons[i];
		size_t end = (size_t)r->start + r->len;

		bool is_telling =
		    r->effect_milli > MARK_LEAST_MILLI || r->effect_milli < -MARK_LEAST_MILLI;
		bool is_shape = r->entry->source == ENTRY_SHAPE;

		if (r->len == 0 || !is_telling || is_shape || end > shown.len ||
		    !is_boundary(shown, r->start) || !is_boundary(shown, end))
			continue;
		marks[n++] = (struct mark){r->start, end, r->effect_milli < 0};
	}
	if (n > 0)
		qsort(marks, n, sizeof marks[0], mark_order);
	return n;
}

void
html_post_text(struct buf *b, const struct stored_post *sp)
{
	struct mark marks[MARKS_MAX];
	struct slice text = sp->post.text, shown;
	size_t at = 0, count;

	if (!slice_is_set(text)) {
		buf_add_str(b, "<i class=\"quiet\">the words are no longer known</i>");
		return;
	}
	shown = utf8_prefix(text, PAGE_TEXT_MAX);
	count = find_marks(&sp->score, shown, marks);
	buf_add_str(b, "<bdi>");
	for (size_t i = 0; i < count; i++) {
		if (marks[i].start < at)
			continue; /* inside the one before */
		html_text(b, slice_make(shown.ptr + at, marks[i].start - at));
		buf_addf(b, "<u class=\"%s\">", marks[i].is_negative ? "n" : "p");
		html_text(b, slice_make(shown.ptr + marks[i].start, marks[i].end - marks[i].start));
		buf_add_str(b, "</u>");
		at = marks[i].end;
	}
	html_text(b, slice_make(shown.ptr + at, shown.len - at));
	if (shown.len < text.len)
		buf_add_str(b, "…");
	buf_add_str(b, "</bdi>");
}

static void
short_number(struct buf *b, int64_t n)
{
	if (n >= 1000000)
		buf_addf(
		    b, "%lld.%lld M", (long long)(n / 1000000), (long long)(n % 1000000 / 100000));
	else if (n >= 10000)
		buf_addf(b, "%lld k", (long long)(n / 1000));
	else
		buf_addf(b, "%lld", (long long)n);
}

/* %-encoded for a query value or a path segment. */
static void
html_url(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.ptr[i];

		if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		    (ch >= '0' && ch <= '9') || strchr("-_.~", ch) != NULL)
			buf_add_char(b, (char)ch);
		else
			buf_addf(b, "%%%02X", ch);
	}
}

void
html_author(struct buf *b, const struct stored_post *sp)
{
	const struct author *au = &sp->post.author;
	struct slice name = au->name.len > 0 ? au->name : au->handle.len > 0 ? au->handle : au->id;
	bool is_linked = html_is_web_link(sp->post.url);

	buf_add_str(b, "<span class=\"who\">");
	if (is_linked) {
		buf_add_str(b, "<a rel=\"noopener noreferrer nofollow\" target=\"_blank\" href=\"");
		html_text(b, sp->post.url);
		buf_add_str(b, "\">");
	}
	if (name.len > 0)
		html_bdi(b, name, 80);
	else
		buf_add_str(b, "somebody");
	buf_add_str(b, is_linked ? "</a></span>" : "</span>");
	if (au->followers != COUNT_UNKNOWN) {
		buf_add_str(b, "<span>");
		short_number(b, au->followers);
		buf_add_str(b, au->followers == 1 ? " follower</span>" : " followers</span>");
	}
	if (sp->customer != NULL) {
		buf_add_str(b, "<a class=\"chip good\" href=\"/api/v1/people/");
		html_url(b, sp->customer->id);
		buf_add_str(b, "?format=html\">customer ");
		html_bdi(b, sp->customer->id, 60);
		buf_add_str(b, "</a>");
	}
}

void
html_why(struct buf *b, struct slice post_id, struct slice rule_id, const char *word)
{
	if (post_id.len == 0)
		return;
	buf_add_str(b, "<a href=\"/api/v1/why?format=text&amp;post=");
	html_url(b, post_id);
	if (rule_id.len > 0) {
		buf_add_str(b, "&amp;rule=");
		html_url(b, rule_id);
	}
	buf_addf(b, "\">%s</a>", word);
}

void
html_why_watch(struct buf *b, struct slice watch_id, const char *word)
{
	buf_add_str(b, " · <a href=\"/api/v1/why?format=text&amp;watch=");
	html_url(b, watch_id);
	buf_addf(b, "\">%s</a>", word);
}
