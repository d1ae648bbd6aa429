/*
 * dossier_head.c - who it is, before what is held about them: name, profile, behaviour, influence.
 */
#include "people/dossier_internal.h"

#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"
#include "core/occurrence.h"
#include "core/post.h"
#include "core/timefmt.h"
#include "people/adopters.h"
#include "people/dossier.h"
#include "people/influence.h"
#include "people/standing.h"
#include "store/erasure.h"
#include "store/items.h"
#include "store/persons.h"
#include "store/standing.h"

struct account {
	struct author_row row;
	struct standing_row regard;
	struct standing standing;
	bool has_standing;
	const struct adoption *adoption; /* NULL: nothing they mentioned came into fashion */
};

/* ---- the name ------------------------------------------------------------------ */

/* The first value of an attribute, by any of its usual spellings. */
static struct slice
attribute_of(const struct customer *c, const char *const *names)
{
	for (; *names != NULL; names++)
		for (size_t i = 0; i < c->attribute_count; i++)
			if (slice_eq_nocase(c->attributes[i].name, slice_of(*names)) &&
			    c->attributes[i].values.count > 0 &&
			    slice_trim(c->attributes[i].values.items[0]).len > 0)
				return slice_trim(c->attributes[i].values.items[0]);
	return SLICE_NONE;
}

static struct slice
customer_name(const struct customer *c, struct arena *a)
{
	static const char *const whole[] = {"Name", "FullName", "full_name", NULL};
	static const char *const first[] = {"FirstName", "first_name", "GivenName", NULL};
	static const char *const last[] = {"LastName", "last_name", "FamilyName", NULL};
	struct slice name = attribute_of(c, whole), given = attribute_of(c, first),
		     family = attribute_of(c, last);

	if (slice_is_set(name))
		return name;
	if (!slice_is_set(given) || !slice_is_set(family))
		return slice_is_set(given) ? given : family;
	return slice_of(arena_printf(a, "%.*s %.*s", SLICE_ARG(given), SLICE_ARG(family)));
}

static struct slice
name_of(const struct customer *c, const struct account *accounts, size_t count, struct arena *a)
{
	struct slice name = c == NULL ? SLICE_NONE : customer_name(c, a);

	for (size_t i = 0; i < count && name.len == 0; i++)
		name = slice_trim(accounts[i].row.author.name);
	return name.len == 0 ? SLICE_NONE : name;
}

/* ---- the profile --------------------------------------------------------------- */

static void
write_behaviour(const struct customer_stats *s, struct json_writer *w)
{
	static const char *const spans[STATS_SPAN_COUNT] = {"7_days", "30_days", "90_days"};

	json_key(w, "behaviour");
	if (s == NULL) {
		json_put_null(w);
		return;
	}
	json_object_begin(w);
	for (int i = 0; i < STATS_SPAN_COUNT; i++) {
		json_key(w, spans[i]);
		json_object_begin(w);
		json_kv_i64(w, "posts", s->posts[i]);
		if (s->posts[i] > 0)
			json_kv_milli(w, "sentiment", s->sentiment_milli[i]);
		else
			json_kv_null(w, "sentiment");
		json_kv_i64(w, "complaints", s->complaints[i]);
		json_kv_i64(w, "contacts", s->contacts[i]);
		json_kv_i64(w, "events", s->events[i]);
		json_object_end(w);
	}
	json_kv_time(w, "last_post_at", s->last_post_at_ms);
	json_kv_time(w, "last_contact_at", s->last_contact_at_ms);
	json_kv_time(w, "last_event_at", s->last_event_at_ms);
	json_object_end(w);
}

static void
write_profile(const struct customer *c, struct json_writer *w)
{
	json_key(w, "profile");
	if (c == NULL) {
		json_put_null(w);
		return;
	}
	json_object_begin(w);
	json_kv_str(w, "timezone", c->timezone);
	json_kv_str(w, "locale", c->locale);
	json_kv_str(w, "country", c->country);
	json_key(w, "consents");
	consents_json(c->consents, c->consent_count, w);
	write_behaviour(c->stats, w);
	json_object_end(w);
}

/* ---- the accounts --------------------------------------------------------------- */

/* 1, 0 never heard, -1.  Of who objects to profiling only the row. */
static int
load_account(struct store *st, struct slice id, const struct adoption_config *adoption,
    struct arena *a, struct account *ac, struct err *err)
{
	int rc = store_author_load(st, id, false, a, &ac->row, err);

	if (rc <= 0 || ac->row.author.objects_to_profiling)
		return rc;
	if (store_standing_get(st, ac->row.author_no, &ac->regard, err) < 0 ||
	    adopters_judge(st, adoption, ac->row.author_no, ac->regard.items, ac->regard.credited,
		ac->regard.credit_milli, a, &ac->adoption, err) < 0)
		return -1;
	ac->has_standing = standing_read(ac->regard.state, ac->regard.state_len, &ac->standing);
	return 1;
}

static int
load_accounts(struct store *st, const struct person *p, const struct adoption_config *adoption,
    struct arena *a, struct account **accounts_r, size_t *count_r, struct err *err)
{
	size_t most = p->author_count < DOSSIER_SHOWN ? p->author_count : DOSSIER_SHOWN, n = 0;
	struct account *accounts = arena_array(a, most + 1, sizeof *accounts);

	if (accounts == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a person's accounts");
	for (size_t i = 0; i < p->author_count && n < most; i++) {
		int rc;

		accounts[n] = (struct account){0};
		rc = load_account(st, p->authors[i].id, adoption, a, &accounts[n], err);
		if (rc < 0)
			return -1;
		n += rc > 0;
	}
	*accounts_r = accounts;
	*count_r = n;
	return 0;
}

static void
write_influence(const struct account *accounts, size_t count, const struct dossier_terms *terms,
    struct json_writer *w)
{
	json_key(w, "influence");
	json_array_begin(w);
	for (size_t i = 0; i < count; i++) {
		const struct account *ac = &accounts[i];
		const struct author *au = &ac->row.author;
		struct influence influence;

		influence_of_author(terms->weights, au, ac->has_standing ? &ac->standing : NULL,
		    terms->now_ms, &influence);
		json_object_begin(w);
		json_kv_str(w, "account", au->id);
		json_kv_str(w, "handle", au->handle);
		json_kv_bool(w, "objects_to_profiling", au->objects_to_profiling);
		json_key(w, "influence");
		influence_to_json(&influence, w);
		json_key(w, "endorsements");
		if (ac->has_standing)
			standing_to_json(&ac->standing, terms->now_ms, w);
		else
			json_put_null(w);
		json_key(w, "adoption");
		adoption_json(ac->adoption, w);
		json_object_end(w);
	}
	json_array_end(w);
}

/* ---- all of it ------------------------------------------------------------------ */

static void
write_person(const struct person *p, struct json_writer *w)
{
	json_key(w, "person");
	json_object_begin(w);
	json_key(w, "customers");
	json_array_begin(w);
	for (size_t i = 0; i < p->customer_count; i++)
		json_put_str(w, p->customers[i]);
	json_array_end(w);
	json_key(w, "accounts");
	json_array_begin(w);
	for (size_t i = 0; i < p->author_count; i++)
		json_put_str(w, p->authors[i].id);
	json_array_end(w);
	json_object_end(w);
}

int
dossier_head(struct store *st, const struct person *person, const struct dossier_terms *terms,
    struct arena *a, struct json_writer *w, struct err *err)
{
	struct customer *customer = NULL;
	struct account *accounts = NULL;
	size_t count = 0;

	if ((person->customer_count > 0 &&
		store_customer_load(st, person->customers[0], terms->now_ms, a, &customer, err) <
		    0) ||
	    load_accounts(st, person, terms->adoption, a, &accounts, &count, err) < 0)
		return -1;
	json_kv_str(w, "name", name_of(customer, accounts, count, a));
	write_person(person, w);
	write_profile(customer, w);
	write_influence(accounts, count, terms, w);
	return 0;
}
