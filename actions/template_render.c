/*
 * template_render.c - a compiled part and the values of one message to text.
 *
 * A missing value prints nothing.  Loops in loops multiply, so the nodes visited are counted and
 * bounded as well as the text.
 */
#include "actions/templates_internal.h"

#include <assert.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/timefmt.h"

struct render {
	struct template_context *c;
	struct buf *out;
	bool is_html;
	unsigned steps;
};

static struct template_value
text_value(struct slice s)
{
	if (!slice_is_set(s))
		return (struct template_value){.kind = VALUE_NONE};
	return (struct template_value){.kind = VALUE_TEXT, .text = s};
}

static struct template_value
attribute_value(const struct attribute *list, size_t count, const struct template_expr *e)
{
	for (size_t i = 0; i < count; i++) {
		if (!slice_eq(list[i].name, e->text))
			continue;
		if (e->index < 0)
			return (struct template_value){.kind = VALUE_LIST, .list = list[i].values};
		if ((size_t)e->index < list[i].values.count)
			return text_value(list[i].values.items[e->index]);
		break;
	}
	return (struct template_value){.kind = VALUE_NONE};
}

static struct slice
first_set(struct slice a, struct slice b)
{
	return slice_is_set(a) ? a : b;
}

/* Pinpoint writes channel types in capitals. */
static struct template_value
channel_type(struct template_context *c, const struct endpoint *e)
{
	char *text;

	if (e == NULL || !slice_is_set(e->channel))
		return text_value(SLICE_NONE);
	text = arena_strndup(c->arena, e->channel.ptr, e->channel.len);
	if (text == NULL) {
		c->no_memory = true;
		return text_value(SLICE_NONE);
	}
	for (size_t i = 0; i < e->channel.len; i++)
		if (text[i] >= 'a' && text[i] <= 'z')
			text[i] = (char)(text[i] - 32);
	return text_value(slice_make(text, e->channel.len));
}

static struct template_value
post_created_at(struct template_context *c, const struct post *post)
{
	char text[TIME_TEXT_MAX];
	char *copy;

	if (post == NULL || post->created_at_ms == TIME_UNKNOWN)
		return text_value(SLICE_NONE);
	copy = arena_strdup(c->arena, time_format_rfc3339(post->created_at_ms, text));
	if (copy == NULL)
		c->no_memory = true;
	return text_value(slice_of(copy));
}

static struct template_value
loop_value(struct template_context *c, enum template_var var)
{
	const struct template_scope *s = c->scope;
	char *text;

	if (s == NULL)
		return text_value(SLICE_NONE);
	if (var == VAR_THIS)
		return text_value(s->item);
	if (var == VAR_FIRST || var == VAR_LAST)
		return (struct template_value){.kind = VALUE_BOOL,
		    .truth = var == VAR_FIRST ? s->index == 0 : s->index + 1 == s->count};
	text = arena_printf(c->arena, "%zu", s->index);
	if (text == NULL)
		c->no_memory = true;
	return text_value(slice_of(text));
}

static struct template_value
post_value(struct template_context *c, enum template_var var)
{
	const struct post *post = c->values->occ->post;

	if (post == NULL)
		return text_value(SLICE_NONE);
	if (var == VAR_POST_TEXT)
		return text_value(post->text);
	if (var == VAR_POST_URL)
		return text_value(post->url);
	if (var == VAR_AUTHOR_HANDLE)
		return text_value(post->author.handle);
	if (var == VAR_AUTHOR_NAME)
		return text_value(post->author.name);
	return post_created_at(c, post);
}

static struct template_value
event_value(const struct event *event, const struct template_expr *expr)
{
	if (event == NULL)
		return text_value(SLICE_NONE);
	if (expr->var == VAR_EVENT_PROPERTY)
		return attribute_value(event->properties, event->property_count, expr);
	return text_value(expr->var == VAR_EVENT_NAME ? event->name : event->source);
}

static struct template_value
variable_value(struct template_context *c, const struct template_expr *expr)
{
	const struct template_values *v = c->values;
	const struct customer *customer = v->occ->customer;
	const struct endpoint *e = v->endpoint;

	switch (expr->var) {
	case VAR_USER_ID: return text_value(customer != NULL ? customer->id : SLICE_NONE);
	case VAR_ADDRESS: return text_value(e != NULL ? e->address : SLICE_NONE);
	case VAR_CHANNEL_TYPE: return channel_type(c, e);
	case VAR_COUNTRY:
		return text_value(first_set(e != NULL ? e->country : SLICE_NONE,
		    customer != NULL ? customer->country : SLICE_NONE));
	case VAR_LOCALE:
		return text_value(first_set(e != NULL ? e->locale : SLICE_NONE,
		    customer != NULL ? customer->locale : SLICE_NONE));
	case VAR_TIMEZONE:
		return text_value(first_set(e != NULL ? e->timezone : SLICE_NONE,
		    customer != NULL ? customer->timezone : SLICE_NONE));
	case VAR_POST_TEXT:
	case VAR_POST_URL:
	case VAR_POST_CREATED_AT:
	case VAR_AUTHOR_HANDLE:
	case VAR_AUTHOR_NAME: return post_value(c, expr->var);
	case VAR_EVENT_NAME:
	case VAR_EVENT_SOURCE:
	case VAR_EVENT_PROPERTY: return event_value(v->occ->event, expr);
	case VAR_BRAND_NAME: return text_value(v->brand_name);
	case VAR_OFFER_CODE: return text_value(v->offer_code);
	case VAR_MESSAGE_ID: return text_value(v->message_id);
	case VAR_USER_ATTRIBUTE:
		return customer == NULL
		    ? text_value(SLICE_NONE)
		    : attribute_value(customer->attributes, customer->attribute_count, expr);
	case VAR_ENDPOINT_ATTRIBUTE:
		return e == NULL ? text_value(SLICE_NONE)
				 : attribute_value(e->attributes, e->attribute_count, expr);
	case VAR_THIS:
	case VAR_INDEX:
	case VAR_FIRST:
	case VAR_LAST: return loop_value(c, expr->var);
	}
	return text_value(SLICE_NONE);
}

struct template_value
template_eval(struct template_context *c, const struct template_expr *e)
{
	switch (e->kind) {
	case EXPR_TEXT: return text_value(e->text);
	case EXPR_BOOL: return (struct template_value){.kind = VALUE_BOOL, .truth = e->truth};
	case EXPR_VAR: return variable_value(c, e);
	case EXPR_CALL: return template_call(c, e);
	}
	return text_value(SLICE_NONE);
}

static void
put(struct render *r, const char *text, size_t len)
{
	if (r->out->len + len > TEMPLATE_OUTPUT_MAX)
		r->c->is_over = true;
	else if (buf_add(r->out, text, len) < 0)
		r->c->no_memory = true;
}

/* As Handlebars escapes: what could end a text, an attribute or begin a tag. */
static const char *
html_entity(char ch)
{
	switch (ch) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#x27;";
	case '`': return "&#x60;";
	case '=': return "&#x3D;";
	default: return NULL;
	}
}

static void
put_escaped(struct render *r, struct slice s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) {
		const char *entity = html_entity(s.ptr[i]);

		if (entity == NULL)
			continue;
		put(r, s.ptr + from, i - from);
		put(r, entity, strlen(entity));
		from = i + 1;
		if (r->c->is_over || r->c->no_memory)
			return;
	}
	put(r, s.ptr + from, s.len - from);
}

static void render_list(struct render *r, const struct template_node *list);

static void
render_each(struct render *r, const struct template_node *n, struct template_value v)
{
	struct template_scope scope = {.outer = r->c->scope, .count = v.list.count};

	for (size_t i = 0; i < v.list.count; i++) {
		scope.item = v.list.items[i];
		scope.index = i;
		r->c->scope = &scope;
		render_list(r, n->body);
		if (r->c->is_over || r->c->no_memory)
			break;
	}
	r->c->scope = scope.outer;
}

static void
render_block(struct render *r, const struct template_node *n)
{
	struct template_value v = template_eval(r->c, n->expr);

	if (n->expr->helper->id == HELPER_EACH && v.kind == VALUE_LIST && v.list.count > 0)
		render_each(r, n, v);
	else
		render_list(r, template_is_true(v) ? n->body : n->otherwise);
}

static void
render_list(struct render *r, const struct template_node *list)
{
	for (const struct template_node *n = list; n != NULL; n = n->next) {
		struct slice s;

		if (r->c->is_over || r->c->no_memory)
			return;
		if (++r->steps > TEMPLATE_STEPS_MAX) {
			r->c->is_over = true;
			return;
		}
		switch (n->kind) {
		case NODE_TEXT: put(r, n->text.ptr, n->text.len); break;
		case NODE_VALUE:
			s = template_value_text(template_eval(r->c, n->expr));
			if (r->is_html && !n->is_raw)
				put_escaped(r, s);
			else
				put(r, s.ptr, s.len);
			break;
		case NODE_BLOCK: render_block(r, n); break;
		}
	}
}

/* A subject is one line: what strangers wrote must not end it early and begin a header of its own.
 */
static void
make_one_line(struct buf *out)
{
	size_t len = 0;

	for (size_t i = 0; i < out->len; i++) {
		char ch = out->ptr[i];

		if ((unsigned char)ch < 0x20 || ch == 0x7f)
			ch = ' ';
		if (ch == ' ' && (len == 0 || out->ptr[len - 1] == ' '))
			continue;
		out->ptr[len++] = ch;
	}
	while (len > 0 && out->ptr[len - 1] == ' ')
		len--;
	if (out->ptr != NULL)
		out->ptr[len] = '\0';
	out->len = len;
}

/* out: an empty buf with a ceiling of TEMPLATE_OUTPUT_MAX.  -1: is_over or no_memory of c says why.
 */
int
template_render_part(const struct template_node *list, enum template_part part,
    struct template_context *c, struct buf *out)
{
	struct render r = {.c = c, .out = out, .is_html = part == PART_HTML};

	assert(out->len == 0 && c->scope == NULL);
	render_list(&r, list);
	if (c->is_over || c->no_memory)
		return -1;
	if (part == PART_SUBJECT || part == PART_TITLE)
		make_one_line(out);
	return 0;
}
