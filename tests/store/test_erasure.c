/*
 * test_erasure.c - a person's rows in every table of the schema, and nothing of them left in the file.
 *
 * Two persons have the same rows under different names; one is erased, and the other's are what they
 * were, byte for byte.
 */
#include "tests/store/store_fixture.h"

#include <string.h>

#include "tests/support/erasure_book.h"

/* ---- rows of a person ------------------------------------------------------ */

/* @P is the person's name, @N a number that is theirs. */
static const char *const rows_sql[] = {
    "INSERT INTO authors "
    "(author_no,id,handle,handle_key,name,bio,url,first_seen_at_ms,last_seen_at_ms)"
    " VALUES (@N,'https://x.example/@P','@@P@x.example','@@p@x.example','Name @P','bio "
    "@P','u/@P',1,2);"
    "INSERT INTO posts "
    "(post_no,id,feed,source,author_no,subject,event_at_ms,created_at_ms,fetched_at_ms,"
    "text,text_hash,lang,label,score_milli,rules_version,post_json,score_json) VALUES"
    " (@N1,'https://x.example/@P/1','town','mastodon',@N,'c:cust-@P',1000@N,1000,1100,'words of "
    "@P',5,'en',"
    "0,-500,1,'{\"url\":\"u/@P\",\"author\":{\"id\":\"https://x.example/@P\"}}','{\"r\":\"@P\"}'),"
    " (@N2,'https://x.example/@P/2','town','mastodon',@N,'a:https://x.example/@P',2000@N,2000,2100,"
    "'more of @P',6,'en',0,-500,1,'{}','{}'),"
    " (@N3,'https://y.example/fan/@N3','town','mastodon',NULL,NULL,3000@N,3000,3100,'words of "
    "@P',5,'en',"
    "0,-500,1,'{\"repost_of\":\"https://x.example/@P/1\"}','{}');"
    "UPDATE posts SET repost_of='https://x.example/@P/1' WHERE post_no=@N3;"
    "INSERT INTO post_customers VALUES (@N1,'{\"id\":\"cust-@P\"}');"
    "INSERT INTO customers (id,timezone,created_at_ms,updated_at_ms) VALUES "
    "('cust-@P','Europe/@P',1,2),"
    " ('old-@P',NULL,1,2);"
    "UPDATE customers SET merged_into='cust-@P' WHERE id='old-@P';"
    "INSERT INTO customer_attributes VALUES "
    "('cust-@P','first','[\"@P\"]',3),('old-@P','first','[\"@P\"]',3);"
    "INSERT INTO customer_metrics VALUES ('cust-@P','spent @P','12.5',3);"
    "INSERT INTO endpoints (id,customer_id,channel,address) VALUES ('ep-@P','cust-@P','email',"
    "'@P@mail.example'),('ep2-@P','old-@P','sms','+4512@P');"
    "INSERT INTO consents (customer_id,channel,purpose,is_given,source,at_ms,text_version) VALUES"
    " ('cust-@P','email',1,1,'form of @P',4,'v2');"
    "INSERT INTO customer_history (customer_id,at_ms,field,old,new,source) VALUES ('cust-@P',5,"
    "'attribute:first',NULL,'[\"@P\"]','import'),('old-@P',5,'link:@@p@x.example',NULL,'@P','"
    "import');"
    "INSERT INTO customer_days VALUES ('cust-@P',20000,3,-100,1,2,0);"
    "INSERT INTO events (id,customer_id,name,source,at_ms,received_at_ms,properties,rules_version,"
    "customer_json) VALUES "
    "('ev-@P','cust-@P','bought','api',6,7,'{\"what\":[\"@P\"]}',1,'{\"id\":\"@P\"}');"
    "INSERT INTO tags VALUES ('c:cust-@P','tag of "
    "@P',NULL,1),('a:https://x.example/@P','fan',NULL,1);"
    "INSERT INTO list_members VALUES ('a:https://x.example/@P','vip @P',1);"
    "INSERT INTO links (link_no,customer_id,handle_key,author_id,proof,linked_at_ms) VALUES"
    " (@N1,'cust-@P','@@p@x.example','https://x.example/@P','imported handle',1),"
    " (@N2,'old-@P','@@p.other@x.example',NULL,'imported handle',1);"
    "INSERT INTO links (link_no,customer_id,handle_key,author_id,proof,linked_at_ms,unlinked_at_ms,"
    "unlink_reason) VALUES (@N3,'neighbour-@N','@neighbour','https://x.example/@P','code',1,2,'not "
    "@P');"
    "INSERT INTO customer_history (customer_id,at_ms,field,old,new,source) VALUES "
    "('neighbour-@N',5,"
    "'link:@neighbour',NULL,'https://x.example/"
    "@P','code'),('neighbour-@N',5,'timezone',NULL,'UTC','api');"
    "INSERT INTO link_suggestions "
    "(suggestion_no,customer_id,author_id,handle,confidence,basis,at_ms,state)"
    " VALUES (@N1,'cust-@P','https://x.example/@P','@@P',60,'name @P',1,0),"
    " (@N2,'neighbour-@N','https://x.example/@P','@@P',20,'name @P',1,2);"
    "INSERT INTO link_codes (code_hash,customer_id,made_by,at_ms,expires_at_ms,author_id) VALUES"
    " ('hash-@P','cust-@P','api',1,2,'https://x.example/@P'),"
    " ('hash-@N','neighbour-@N','api',1,2,'https://x.example/@P');"
    "INSERT INTO author_standing VALUES (@N,x'0102',3,2,2000,1);"
    "INSERT INTO topics VALUES ('b:acme',0,1) ON CONFLICT DO NOTHING;"
    "UPDATE topics SET members=members+1;"
    "INSERT INTO topic_standing VALUES ('b:acme',@N,x'0102',1000,1);"
    "INSERT INTO items (item_no,name,first_at_ms,last_at_ms,authors,credited_authors,state) VALUES"
    " (@N1,'https://@P.example/shop',1,2,1,0,0),(@N2,'#both@N',1,2,5,0,0);"
    "INSERT INTO items VALUES (1,'',1,2,0,0,0) ON CONFLICT DO NOTHING;"
    "UPDATE items SET authors=authors+2 WHERE name='';"
    "INSERT INTO item_authors VALUES (@N1,@N,1,1),(@N2,@N,1,1);"
    "INSERT INTO segments (id,content_hash,members,live_at_ms,updated_at_ms)"
    " VALUES ('loyal','h',0,1,1)"
    " ON CONFLICT DO NOTHING;"
    "UPDATE segments SET members=members+1;"
    "INSERT INTO segment_members VALUES ('loyal','cust-@P',1);"
    "INSERT INTO segment_queue VALUES ('cust-@P',9);",
    "INSERT INTO subject_joins (join_no,from_subject,to_subject,cause,source,at_ms) VALUES"
    " (@N,'a:https://x.example/@P','c:cust-@P','link @N','import of @P',1);"
    "INSERT INTO subject_spells VALUES (@N1,5),(@N2,5);"
    "INSERT INTO spell_subjects VALUES ('c:cust-@P',@N1),('a:https://x.example/@P',@N1),"
    " ('a:https://x.example/@P',@N2),('c:neighbour-@N',@N2);"
    "INSERT INTO spell_counts (spell_no,what,rule_id,kind,rest,count) VALUES "
    "(@N1,0,'care',1,'|day',2),"
    " (@N2,0,'care',1,'',1);"
    "INSERT INTO link_tries VALUES ('https://x.example/@P',1,2);"
    "INSERT INTO rule_state VALUES ('care',1,'c:cust-@P',7,1),('',3,'c:cust-@P|2026-11-21',7,2),"
    " ('queue',4,'t:https://x.example/@P/1',7,@N),('quiet',1,'a:https://x.example/"
    "@P',7,1),('all',2,'',7,9)"
    " ON CONFLICT DO NOTHING;"
    "INSERT INTO rule_times VALUES ('care',0,'c:cust-@P',7,x'0700000000000000'),"
    " ('',4,'https://x.example/@P/1',7,x'0700000000000000');"
    "INSERT INTO timers (timer_no,due_at_ms,rule_id,post_no,subject,started_at_ms) VALUES"
    " (@N,99,'care',@N1,'c:cust-@P',1);"
    "INSERT INTO watch_state VALUES ('storm',x'00',1) ON CONFLICT DO NOTHING;"
    "INSERT INTO watch_hits VALUES ('storm',1000@N,@N1,777@N);"
    "INSERT INTO decisions "
    "(decision_no,id,rule_id,rules_version,occurrence_kind,occurrence_id,post_no,"
    "subject,action,verb,outcome,reason,note,at_ms,event_at_ms) VALUES"
    " (@N1,'d1@N','care',1,0,'https://x.example/@P/1',@N1,'c:cust-@P','send',0,1,'handle is "
    "@P','to @P',1,1),"
    " (@N2,'d2@N','care',1,0,'https://x.example/@P/2',@N2,'a:https://x.example/"
    "@P','alert',0,3,'@P',NULL,1,1),"
    " (@N3,'d3@N','care',1,1,'ev-@P',NULL,'c:cust-@P','set',0,0,'bought by @P',NULL,1,1);"
    "INSERT INTO outbox "
    "(message_no,id,kind,decision_id,alert_no,channel,address,purpose,customer_id,"
    "endpoint_id,template,parts,reply_handle,offer,offer_code,state,next_at_ms,provider_id,created_"
    "at_ms,"
    "updated_at_ms) VALUES "
    "(@N1,'d1@N',0,'d1@N',NULL,'email','@P@mail.example',0,'cust-@P','ep-@P','sorry',"
    "'{\"text\":\"Dear @P\"}',NULL,'ten','CODE-@N',3,1,'provider-@P',1,1),"
    " (@N2,'m2@N',0,'d3@N',NULL,'email','@P@mail.example',0,'cust-@P','ep-@P','sorry','{\"text\":"
    "\"@P\"}',NULL,"
    "NULL,NULL,1,1,NULL,1,1),"
    " (@N3,'n3@N',2,'d2@N',@N,'email','desk@acme.example',0,NULL,NULL,NULL,'{\"text\":\"@P "
    "said\"}',NULL,NULL,"
    "NULL,3,1,NULL,1,1);"
    "INSERT INTO offer_codes VALUES ('ten','CODE-@N','c:cust-@P','d1@N',1);"
    "INSERT INTO alerts "
    "(alert_no,queue,group_key,severity,state,title,rule_id,reason,post_id,count,"
    "opened_at_ms,last_at_ms,repeat_at_ms) VALUES "
    "(@N,'support','a:https://x.example/@P',2,0,'Help','care',"
    "'@P said','https://x.example/@P/2',1,1,1,500);"
    "INSERT INTO alert_posts VALUES (@N,'d2@N','https://x.example/@P/2',1);"
    "INSERT INTO rejects (reject_no,at_ms,feed,reason,excerpt) VALUES (@N,1,'town','too long',"
    "'https://x.example/@P/9');"
    "INSERT INTO idempotency VALUES ('key-@N',1,'h',200,'{\"customer\":\"cust-@P\"}');"};

static void
put_person(struct fixture *f, const char *name, const char *number)
{
	struct buf sql;
	sqlite3 *db;
	char *problem = NULL;

	buf_init(&sql, 1024 * 1024);
	for (size_t i = 0; i < sizeof rows_sql / sizeof *rows_sql; i++)
		for (const char *at = rows_sql[i]; *at != '\0'; at++) {
			if (at[0] == '@' && (at[1] == 'P' || at[1] == 'p' || at[1] == 'N')) {
				buf_add_str(&sql, at[1] == 'N' ? number : name);
				at++;
			} else {
				buf_add_char(&sql, *at);
			}
		}
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA secure_delete=ON", NULL, NULL, NULL);
	if (sqlite3_exec(db, buf_str(&sql), NULL, NULL, &problem) != SQLITE_OK)
		fail_msg("%s", problem);
	sqlite3_close(db);
	buf_fini(&sql);
}

/* ---- looking --------------------------------------------------------------- */

static bool
file_has(const char *path, const char *word)
{
	FILE *in = fopen(path, "r");
	size_t len = strlen(word), n;
	bool has = false;
	char *all;

	if (in == NULL)
		return false;
	all = malloc(64 * 1024 * 1024);
	assert_non_null(all);
	n = fread(all, 1, 64 * 1024 * 1024, in);
	fclose(in);
	for (size_t i = 0; i + len <= n && !has; i++)
		has = memcmp(all + i, word, len) == 0;
	free(all);
	return has;
}

static bool
house_has(struct fixture *f, const char *word)
{
	char wal[512];

	snprintf(wal, sizeof wal, "%s-wal", f->path);
	return file_has(f->path, word) || file_has(wal, word);
}

/* Every row of every table in which the word stands, in order. */
static char *
rows_with(struct fixture *f, const char *word)
{
	const struct erase_table *tables;
	struct buf out;
	sqlite3 *db;
	size_t count;
	char *text;

	buf_init(&out, 16 * 1024 * 1024);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	tables = erase_tables(&count);
	for (size_t i = 0; i < count; i++) {
		sqlite3_stmt *stmt;
		char sql[128];

		snprintf(sql, sizeof sql, "SELECT * FROM %s", tables[i].name);
		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			struct buf row;

			buf_init(&row, 1024 * 1024);
			buf_addf(&row, "%s:", tables[i].name);
			for (int k = 0; k < sqlite3_column_count(stmt); k++)
				buf_addf(&row, " %s=%s", sqlite3_column_name(stmt, k),
				    sqlite3_column_text(stmt, k) == NULL
					? "NULL"
					: (const char *)sqlite3_column_text(stmt, k));
			if (strstr(buf_str(&row), word) != NULL)
				buf_addf(&out, "%s\n", buf_str(&row));
			buf_fini(&row);
		}
		sqlite3_finalize(stmt);
	}
	sqlite3_close(db);
	text = strdup(buf_str(&out));
	buf_fini(&out);
	return text;
}

static int64_t
number_of(struct fixture *f, const char *sql)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	int64_t n;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

/* ---- tests ------------------------------------------------------------------ */

static void
every_table_says_whether_persons_are_in_it(void **state)
{
	struct fixture *f = *state;
	const struct erase_table *tables;
	sqlite3_stmt *stmt;
	sqlite3 *db;
	size_t count, seen = 0;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db,
		"SELECT t.name, (SELECT group_concat(c.name, ',') FROM "
		"pragma_table_info(t.name) c) FROM sqlite_schema t WHERE t.type = 'table'",
		-1, &stmt, NULL),
	    SQLITE_OK);
	tables = erase_tables(&count);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(stmt, 0);
		const char *columns = (const char *)sqlite3_column_text(stmt, 1);
		size_t i = 0;

		while (i < count && strcmp(tables[i].name, name) != 0)
			i++;
		if (i == count)
			fail_msg(
			    "table '%s' is not in store/erase_tables.c: are persons in it?", name);
		if (tables[i].columns != NULL && strcmp(tables[i].columns, columns) != 0)
			fail_msg(
			    "table '%s' has other columns than store/erase_tables.c says, and its "
			    "rows stay:\n  %s\n  %s",
			    name, columns, tables[i].columns);
		seen++;
	}
	assert_int_equal(seen, count);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static void
each_table_with_persons_has_rows_of_the_example(void **state)
{
	struct fixture *f = *state;
	const struct erase_table *tables;
	size_t count;

	put_person(f, "alicia", "41");
	tables = erase_tables(&count);
	for (size_t i = 0; i < count; i++) {
		int64_t rows;

		if (tables[i].how == ERASE_NOBODY)
			continue;
		OK(store_count(f->st, tables[i].name, &rows, ERR));
		if (rows == 0)
			fail_msg("no row of a person in '%s': the tests below prove nothing for it",
			    tables[i].name);
	}
}

static void
erase(struct fixture *f, const char *key, struct erased *erased_r)
{
	struct person person;

	store_set_book(f->st, &erasure_test_book);
	assert_int_equal(
	    store_person_find(f->st, slice_of(key), slice_of(key), f->a, &person, ERR), 1);
	OK(store_begin(f->st, ERR));
	OK(store_erase(f->st, &person, 0x1234, FIXTURE_NOW_MS, f->a, erased_r, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_scrub(f->st), 1);
}

static void
nothing_of_an_erased_person_is_left_and_the_other_is_as_before(void **state)
{
	static const char *const keys[] = {"cust-alicia", "old-alicia", "alicia@mail.example",
	    "+4512alicia", "https://x.example/alicia", "@alicia@x.example", "ep-alicia",
	    "@alicia.other@x.example"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct erased erased;
		char *before, *after;

		put_person(f, "alicia", "41");
		if (i == 0)
			put_person(f, "robert", "52");
		before = rows_with(f, "robert");
		assert_true(house_has(f, "alicia"));
		erase(f, keys[i], &erased);
		after = rows_with(f, "alicia");
		if (after[0] != '\0')
			fail_msg("by '%s', left: %s", keys[i], after);
		free(after);
		if (house_has(f, "alicia"))
			fail_msg("by '%s': no row, but bytes are left in the file", keys[i]);
		after = rows_with(f, "robert");
		assert_string_equal(before, after);
		free(before);
		free(after);
		assert_int_equal(number_of(f, "SELECT members FROM segments"), 1);
		assert_int_equal(number_of(f, "SELECT members FROM topics"), 1);
		/* What stays is not the person's: make room for the next round. */
		{
			sqlite3 *db;

			assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
			sqlite3_exec(db,
			    "DELETE FROM posts WHERE post_no BETWEEN 410 AND 419;"
			    "DELETE FROM decisions WHERE decision_no BETWEEN 410 AND 419;"
			    "DELETE FROM outbox WHERE message_no BETWEEN 410 AND 419;"
			    "DELETE FROM alerts WHERE alert_no = 41; DELETE FROM items WHERE "
			    "item_no "
			    "BETWEEN 410 AND 419; DELETE FROM watch_hits WHERE post_no = 411;"
			    "DELETE FROM offer_codes WHERE code = 'CODE-41';"
			    "DELETE FROM link_codes WHERE code_hash = 'hash-41';"
			    "DELETE FROM customer_history WHERE customer_id = 'neighbour-41';"
			    "DELETE FROM subject_spells WHERE spell_no BETWEEN 410 AND 419;"
			    "DELETE FROM spell_subjects WHERE spell_no BETWEEN 410 AND 419;"
			    "DELETE FROM spell_counts WHERE spell_no BETWEEN 410 AND 419;"
			    "DELETE FROM erasures;",
			    NULL, NULL, NULL);
			sqlite3_close(db);
		}
	}
}

static void
what_stays_says_nothing_but_still_counts(void **state)
{
	struct fixture *f = *state;
	struct erased erased;

	put_person(f, "alicia", "41");
	put_person(f, "robert", "52");
	erase(f, "cust-alicia", &erased);
	assert_int_equal(number_of(f, "SELECT count(*) FROM decisions"), 6);
	assert_int_equal(number_of(f, "SELECT count FROM rule_state WHERE rule_id = 'all'"), 9);
	assert_int_equal(number_of(f, "SELECT count(*) FROM offer_codes WHERE person IS NULL"), 0);
	assert_int_equal(number_of(f, "SELECT count(DISTINCT author) FROM watch_hits"), 2);
	assert_int_equal(number_of(f, "SELECT state FROM outbox WHERE id = 'd141'"), MESSAGE_SENT);
	assert_int_equal(
	    number_of(f, "SELECT state FROM outbox WHERE id = 'm241'"), MESSAGE_DROPPED);
	assert_int_equal(
	    number_of(f, "SELECT state FROM alerts WHERE alert_no = 41"), ALERT_RESOLVED);
	assert_int_equal(number_of(f, "SELECT count(*) FROM spell_counts"), 3);
	assert_int_equal(number_of(f, "SELECT authors FROM items WHERE name = '#both41'"), 5);
	assert_int_equal(number_of(f, "SELECT authors FROM items WHERE name = ''"), 3);
	assert_int_equal(
	    number_of(
		f, "SELECT count(*) FROM customer_history WHERE customer_id = 'neighbour-41'"),
	    2);
	assert_int_equal(number_of(f, "SELECT count(*) FROM posts WHERE id LIKE 'erased:%'"), 2);
}

static void
a_trial_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct erased erased;
	struct person person;
	char *before, *after;

	put_person(f, "alicia", "41");
	before = rows_with(f, "");
	store_set_book(f->st, &erasure_test_book);
	assert_int_equal(
	    store_person_find(f->st, SLICE_LIT("cust-alicia"), SLICE_NONE, f->a, &person, ERR), 1);
	OK(store_begin(f->st, ERR));
	OK(store_erase(f->st, &person, 1, FIXTURE_NOW_MS, f->a, &erased, ERR));
	store_rollback(f->st);
	after = rows_with(f, "");
	assert_string_equal(before, after);
	assert_int_equal(erased.rows[0], 3); /* two posts, and one that repeats their words */
	free(before);
	free(after);
}

static void
without_memory_nothing_is_half_erased(void **state)
{
	struct fixture *f = *state;
	char *before, *after;

	put_person(f, "alicia", "41");
	before = rows_with(f, "");
	store_set_book(f->st, &erasure_test_book);
	for (unsigned nth = 1;; nth++) {
		struct arena *a = arena_new(1024 * 1024);
		struct person person;
		struct erased erased;
		bool hit;
		int rc;

		assert_non_null(a);
		OK(store_begin(f->st, ERR));
		mem_fault_arm(nth, nth % 2);
		rc =
		    store_person_find(f->st, SLICE_LIT("cust-alicia"), SLICE_NONE, a, &person, ERR);
		if (rc == 1)
			rc = store_erase(f->st, &person, 1, FIXTURE_NOW_MS, a, &erased, ERR);
		hit = mem_fault_hit();
		mem_fault_arm(0, 0);
		store_rollback(f->st);
		arena_free(a);
		if (!hit) {
			assert_int_equal(rc, 0);
			break;
		}
		if (rc < 0)
			assert_int_equal(fixture_err.kind, ERR_NOMEM);
	}
	after = rows_with(f, "");
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void
whoever_was_erased_is_known_by_hash_alone(void **state)
{
	struct fixture *f = *state;
	struct erased erased;

	put_person(f, "alicia", "41");
	store_set_book(f->st, &erasure_test_book);
	assert_int_equal(
	    store_is_erased(f->st, ERASURE_CUSTOMER, SLICE_LIT("cust-alicia"), ERR), 0);
	erase(f, "@alicia@x.example", &erased);
	assert_int_equal(
	    store_is_erased(f->st, ERASURE_CUSTOMER, SLICE_LIT("cust-alicia"), ERR), 1);
	assert_int_equal(store_is_erased(f->st, ERASURE_CUSTOMER, SLICE_LIT("old-alicia"), ERR), 1);
	assert_int_equal(
	    store_is_erased(f->st, ERASURE_HANDLE, SLICE_LIT("@alicia.other@x.example"), ERR), 1);
	assert_int_equal(
	    store_is_erased(f->st, ERASURE_CUSTOMER, SLICE_LIT("cust-robert"), ERR), 0);
	assert_int_equal(store_post_is_erased(f->st, SLICE_LIT("new"),
			     SLICE_LIT("https://x.example/alicia"), SLICE_NONE, ERR),
	    1);
	/* Without its author a post is known by its own id. */
	assert_int_equal(store_post_is_erased(f->st, SLICE_LIT("https://x.example/alicia/1"),
			     SLICE_NONE, SLICE_NONE, ERR),
	    1);
	assert_int_equal(store_post_is_erased(f->st, SLICE_LIT("https://x.example/robert/1"),
			     SLICE_NONE, SLICE_NONE, ERR),
	    0);
}

static void
an_address_of_several_names_nobody(void **state)
{
	struct fixture *f = *state;
	struct person person;

	put_person(f, "alicia", "41");
	OK(store_begin(f->st, ERR));
	OK(store_customer_put(f->st, SLICE_LIT("other"), SLICE_NONE, SLICE_NONE, SLICE_NONE, 1,
	    "test", &(bool){false}, ERR));
	OK(store_endpoint_put(f->st, SLICE_LIT("other"),
	    &(struct endpoint){.id = SLICE_LIT("ep-other"),
		.channel = SLICE_LIT("sms"),
		.address = SLICE_LIT("alicia@mail.example")},
	    SLICE_LIT("{}"), 1, "test", ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_person_find(f->st, SLICE_LIT("alicia@mail.example"), SLICE_NONE,
			     f->a, &person, ERR),
	    -1);
	assert_int_equal(fixture_err.kind, ERR_CONFLICT);
	assert_int_equal(
	    store_person_find(f->st, SLICE_LIT("nobody"), SLICE_LIT("@nobody"), f->a, &person, ERR),
	    0);
}

static void
the_audit_is_only_ever_added_to(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db;

	OK(store_begin(f->st, ERR));
	OK(store_audit(f->st, 1, "who", "what", ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "UPDATE audit SET who = 'x'", NULL, NULL, NULL), SQLITE_CONSTRAINT);
	assert_int_equal(
	    sqlite3_exec(db, "DELETE FROM audit", NULL, NULL, NULL), SQLITE_CONSTRAINT);
	sqlite3_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	    TEST(every_table_says_whether_persons_are_in_it),
	    TEST(each_table_with_persons_has_rows_of_the_example),
	    TEST(nothing_of_an_erased_person_is_left_and_the_other_is_as_before),
	    TEST(what_stays_says_nothing_but_still_counts),
	    TEST(a_trial_changes_nothing),
	    TEST(without_memory_nothing_is_half_erased),
	    TEST(whoever_was_erased_is_known_by_hash_alone),
	    TEST(an_address_of_several_names_nobody),
	    TEST(the_audit_is_only_ever_added_to),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
