/*
 * fields_internal.h - the one table of what a condition can ask about: parser, checker, evaluator
 * and the manual live on it.  A room that learns a new fact adds a row to the file of its subject
 * (fields_text.c, fields_post.c, fields_author.c, fields_customer.c, fields_event.c, fields_time.c).
 *
 * Every accessor answers "unknown" for what is missing; none of them replaces it by a default.
 */
#ifndef RULES_FIELDS_INTERNAL_H
#define RULES_FIELDS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/occurrence.h"
#include "core/post.h"
#include "core/slice.h"
#include "rules/tree_internal.h"

struct buf;

enum field_type {
	FIELD_NUMBER,
	FIELD_DURATION,
	FIELD_CHOICE, /* one or several of a closed list */
	FIELD_BRAND, /* brands of the rules */
	FIELD_WORD, /* a code such as en, DE, mastodon */
	FIELD_TAGS, /* a set of texts */
	FIELD_HANDLE, /* an account's name, with or without '@' */
	FIELD_TEXT, /* the post's text, token by token */
	FIELD_PLAIN, /* another text, compared without regard to case */
	FIELD_FLAG, /* author is verified */
	FIELD_IN_LIST, /* author is in list staff */
	FIELD_ALLOWS, /* customer allows email */
	FIELD_IN_SEGMENT, /* customer is in segment loyal */
	FIELD_ATTRIBUTE, /* customer.plan */
	FIELD_TYPE_COUNT
};

/* How the texts of a field are made equal before they are compared. */
enum field_fold {
	FOLD_CASE, /* case only */
	FOLD_HANDLE, /* and without a leading '@' */
	FOLD_TAG, /* and without a leading '#' */
	FOLD_LOCALE, /* and '-' is '_'; "de_AT" is also "de" */
};

/* Texts seen: either a list that is there, or a few put together here. */
#define FIELD_TEXTS_OWN 8
struct field_texts {
	const struct slice *items;
	size_t count;
	struct slice own[FIELD_TEXTS_OWN];
	char room[16]; /* a text made up here */
};

struct field {
	const char *name; /* "author.followers" */
	enum field_type type;
	/* "author" + "a bot": written `author is a bot`; NULL for fields written by their name */
	const char *subject, *phrase;
	const char *unit; /* NULL: none */
	bool has_range;
	int64_t min, max; /* NUMBER: thousandths, DURATION: ms */
	const char *choices; /* CHOICE: "a|b|c" in the order of their numbers */
	enum field_fold fold;
	bool is_language; /* WORD: codes of languages */
	bool is_country; /* WORD: codes of countries, as customers have them: two letters */
	bool is_date; /* PLAIN: year, month and day */
	bool is_of_days; /* a sum over the last days: moves on at midnight (UTC) by itself */
	int selectivity; /* how few occurrences a value of it lets through, 0..100; for the index */
	const char *help; /* one sentence */
	/* for reading a rule back: "with % followers", of what is so or not "who is a bot|who is
	 * not a bot" */
	const char *words;
	const char *example; /* a condition */

	/* one of these, by type; all return false (or TRI_UNKNOWN) when unknown */
	bool (*number)(const struct occurrence *o, int64_t *value_r);
	bool (*choice)(const struct occurrence *o, uint32_t *mask_r);
	bool (*texts)(const struct occurrence *o, struct field_texts *t_r);
	enum tristate (*flag)(const struct occurrence *o);
	/* ATTRIBUTE: the values of the one that is named; false: none */
	bool (*attribute)(
	    const struct occurrence *o, struct slice name, struct slice_list *values_r);
};

/* What must be there for a field to have a value. */
enum field_about {
	FIELD_ABOUT_ANY, /* a customer, a time: of posts and events alike */
	FIELD_ABOUT_POST, /* a post, its text and its author */
	FIELD_ABOUT_EVENT /* what a customer did */
};
enum field_about field_about(const struct field *f);

/* The texts of a list, as an accessor answers. */
bool field_many_texts(const struct slice_list *l, struct field_texts *r);
/* Of an ATTRIBUTE what stands before the name: "customer.", "event.". */
struct slice field_prefix(const struct field *f);

size_t field_count(void);
const struct field *field_at(size_t i);
/* "customer.plan" gives the row customer.ATTRIBUTE with *attribute_r set, "event.total" event.PROPERTY;
 * NULL: no such field. */
const struct field *field_find(struct slice name, struct slice *attribute_r);
/* The closest name; only when it is close enough to be a slip. */
const char *field_nearest(struct slice name);
/* Can op be asked of this type? */
bool field_type_can(enum field_type t, enum rule_op op);
/* "a number", "one of a closed list" ... */
const char *field_type_name(enum field_type t);
/* The i-th choice's number, or -1. */
int field_choice(const struct field *f, struct slice word);
struct slice field_choice_name(const struct field *f, unsigned i);
/* Is a value of it written without quotes? */
bool field_type_is_wordy(enum field_type t);

/* customer allows CHANNEL */
enum tristate field_allows(const struct occurrence *o, struct slice channel);

/* The manual's table of fields, as Markdown. */
void fields_describe(struct buf *out);

#endif
