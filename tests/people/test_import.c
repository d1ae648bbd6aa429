#include "people/import.h"

#include "core/utf8.h"
#include "tests/people/people_world.h"
#include "tests/support/files.h"

static void
assert_report(const struct import_report *r, int64_t rows, int64_t created, int64_t updated,
    int64_t unchanged, int64_t rejected)
{
	if (r->rows != rows || r->created != created || r->updated != updated ||
	    r->unchanged != unchanged || r->rejected != rejected)
		fail_msg("rows %lld created %lld updated %lld unchanged %lld rejected %lld, want "
			 "%lld %lld %lld %lld %lld",
		    (long long)r->rows, (long long)r->created, (long long)r->updated,
		    (long long)r->unchanged, (long long)r->rejected, (long long)rows,
		    (long long)created, (long long)updated, (long long)unchanged,
		    (long long)rejected);
}

static void
every_column_of_pinpoint_is_understood(void **state)
{
	static const char text[] =
	    "\xef\xbb\xbf"
	    "ChannelType,Id,Address,OptOut,EndpointStatus,EffectiveDate,RequestId,Location.Country,"
	    "Location.City,"
	    "Location.Latitude,Demographic.Locale,Demographic.Timezone,Demographic.Make,Metrics."
	    "Visits,"
	    "Attributes.Device,Attributes.Device,User.UserId,User.UserAttributes.FirstName,"
	    "User.UserAttributes.Interests,User.UserAttributes.Interests\r\n"
	    "EMAIL,e-1,lena@mail.example,NONE,ACTIVE,2026-01-01T00:00:00Z,r-1,DE,Berlin,52.5,de_DE,"
	    "Europe/Berlin,Acme,7.0,"
	    "phone,tablet,c-1,Lena,\"vinyl, old\",\"the \"\"Loop\"\" cup\"\r\n"
	    "GCM,e-2,token,ALL,INACTIVE,,,,,,,,,,,,c-1,,,\r\n";
	struct people_world w = world_open();
	struct import_report r;
	struct endpoint const *e;

	(void)state;
	assert_string_equal(world_import(&w, text, &r), "");
	assert_report(&r, 2, 1, 1, 0, 0);
	assert_string_equal(world_show(&w, "c-1"),
	    "c-1 zone=Europe/Berlin locale=de_DE country=DE FirstName=Lena "
	    "Interests=vinyl, old|the \"Loop\" cup <email lena@mail.example Device=phone|tablet> "
	    "<push token out inactive> email/service:yes email/marketing:yes push/service:no "
	    "push/marketing:no");
	e = &world_customer(&w, "c-1")->endpoints[0];
	assert_true(slice_eq_str(e->id, "e-1") && slice_eq_str(e->timezone, "Europe/Berlin"));
	world_close(&w);
}

static void
every_channel_type_has_its_channel(void **state)
{
	static const struct {
		const char *type, *address, *want;
	} cases[] = {
	    {"EMAIL", "a@b.example", "email"},
	    {"email", "a@b.example", "email"},
	    {"SMS", "+49 30 1234-56", "sms"},
	    {"SMS", "2065550182", "sms"},
	    {"VOICE", "+1 (206) 555.0182", "voice"},
	    {"PUSH", "t", "push"},
	    {"GCM", "t", "push"},
	    {"APNS", "t", "push"},
	    {"APNS_SANDBOX", "t", "push"},
	    {"APNS_VOIP", "t", "push"},
	    {"APNS_VOIP_SANDBOX", "t", "push"},
	    {"ADM", "t", "push"},
	    {"BAIDU", "t", "push"},
	    {"IN_APP", "t", "in_app"},
	    {"CUSTOM", "https://hooks.example/x?y=1", "custom"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct people_world w = world_open();
		struct import_report r;
		const char *text = arena_printf(w.a, "ChannelType,Address,User.UserId\n%s,%s,u\n",
		    cases[i].type, cases[i].address);

		assert_string_equal(world_import(&w, text, &r), "");
		assert_true(
		    slice_eq_str(world_customer(&w, "u")->endpoints[0].channel, cases[i].want));
		world_close(&w);
	}
}

static void
a_row_may_be_about_the_user_alone_or_without_a_user(void **state)
{
	struct people_world w = world_open();
	struct import_report r;

	(void)state;
	assert_string_equal(world_import(&w,
				"ChannelType,Address,User.UserId,User.UserAttributes.Plan\n"
				",,c-1,Beans\n"
				"EMAIL,x@y.example,,\n",
				&r),
	    "");
	assert_report(&r, 2, 2, 0, 0, 0);
	assert_string_equal(world_show(&w, "c-1"), "c-1 zone= locale= country= Plan=Beans");
	assert_string_equal(world_show(&w, "email:x@y.example"),
	    "email:x@y.example zone= locale= country= <email x@y.example> email/service:yes "
	    "email/marketing:yes");
	world_close(&w);
}

static void
countries_are_kept_by_two_letters_and_what_is_none_is_told(void **state)
{
	struct people_world w = world_open();
	struct import_report r;
	const char *found;

	(void)state;
	found = world_import(&w,
	    "ChannelType,Address,User.UserId,Location.Country,Demographic.Locale\n"
	    "EMAIL,a@y.example,a,DEU,de_DE\n"
	    "EMAIL,b@y.example,b,uk,en_UK\n"
	    "EMAIL,c@y.example,c,us,english\n",
	    &r);
	assert_report(&r, 3, 3, 0, 0, 0);
	assert_non_null(
	    strstr(found, "c.csv:3:21: warning[I026]: there is no country 'uk'; it is left out\n"));
	assert_non_null(strstr(found, "= help: did you mean 'GB' (United Kingdom)?\n"));
	assert_non_null(strstr(found, "c.csv:3:24: warning[I027]: there is no locale 'en_UK'"));
	assert_non_null(strstr(found, "= help: did you mean 'en_GB'?\n"));
	assert_non_null(strstr(found, "c.csv:4:24: warning[I027]: there is no locale 'english'"));
	assert_int_equal(strncmp(world_show(&w, "a"), "a zone= locale=de_DE country=DE ", 32), 0);
	assert_int_equal(strncmp(world_show(&w, "b"), "b zone= locale= country= ", 25), 0);
	assert_int_equal(strncmp(world_show(&w, "c"), "c zone= locale= country=US ", 27), 0);
	assert_true(slice_eq_str(world_customer(&w, "a")->endpoints[0].country, "DE"));
	assert_false(slice_is_set(world_customer(&w, "b")->endpoints[0].country));
	assert_true(slice_eq_str(world_customer(&w, "a")->endpoints[0].locale, "de_DE"));
	assert_false(slice_is_set(world_customer(&w, "b")->endpoints[0].locale));
	world_close(&w);
}

static void
the_second_import_of_a_file_changes_nothing(void **state)
{
	static const char *const tables[] = {"customers", "customer_attributes", "endpoints",
	    "consents", "customer_history", "links"};
	struct people_world w = world_open();
	struct import_report r;
	size_t len;
	char *demo = support_read("corpora/demo/customers.csv", &len);
	const char *own =
	    "ChannelType,Address,OptOut,User.UserId,Demographic.Timezone,Demographic.Locale,"
	    "Attributes.SocialHandle,"
	    "Metrics.N,Metrics.N,EndpointStatus\n"
	    "EMAIL,a@b.example,ALL,z-1,Europe/Berlin,de_DE,@one@x.example,1,2,ACTIVE\n"
	    "EMAIL,c@d.example,NONE,z-1,Europe/London,en_GB,@two@x.example,3,,INACTIVE\n"
	    ",,,z-1,Europe/Paris,fr_FR,,,,\n";
	const char *texts[] = {demo, own};

	(void)state;
	assert_non_null(demo);
	for (size_t t = 0; t < 2; t++) {
		int64_t before[6], rows;

		assert_string_equal(world_import(&w, texts[t], &r), "");
		rows = r.rows;
		assert_true(rows > 0 && r.created > 0 && r.rejected == 0 && r.links > 0);
		for (size_t k = 0; k < 6; k++)
			before[k] = world_count(&w, tables[k]);
		w.now_ms += TIME_DAY_MS;
		assert_string_equal(world_import(&w, texts[t], &r), "");
		assert_report(&r, rows, 0, 0, rows, 0);
		assert_int_equal(r.links, 0);
		for (size_t k = 0; k < 6; k++)
			assert_int_equal(world_count(&w, tables[k]), before[k]);
	}
	assert_string_equal(world_links(&w, "z-1"), "@one@x.example @two@x.example");
	mem_free(demo);
	world_close(&w);
}

static void
a_changed_row_is_written_with_its_history(void **state)
{
	struct people_world w = world_open();
	struct history_row *rows;
	struct import_report r;
	struct err err = {0};
	size_t count;

	(void)state;
	world_import(&w,
	    "ChannelType,Address,Id,User.UserId,User.UserAttributes.Plan,Attributes.A,Attributes.B,"
	    "Demographic.Timezone\n"
	    "EMAIL,a@b.example,e,u,Beans,1,2,Europe/Berlin\n",
	    &r);
	w.now_ms++;
	assert_string_equal(world_import(&w,
				"ChannelType,Address,Id,User.UserId,User.UserAttributes.Plan,"
				"Attributes.A,Demographic.Timezone\n"
				"EMAIL,new@b.example,e,u,Gold,3,Europe/Rome\n",
				&r),
	    "");
	assert_report(&r, 1, 0, 1, 0, 0);
	assert_string_equal(world_show(&w, "u"),
	    "u zone=Europe/Rome locale= country= Plan=Gold <email new@b.example A=3 B=2> "
	    "email/service:yes email/marketing:yes");
	assert_int_equal(store_history_list(w.st, SLICE_LIT("u"), 2, w.a, &rows, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_true(slice_eq_str(rows[0].field, "endpoint:e") && rows[0].at_ms == w.now_ms);
	assert_true(slice_eq_str(rows[1].field, "attribute:Plan") &&
	    slice_eq_str(rows[1].old_value, "[\"Beans\"]"));
	assert_true(slice_eq_str(rows[1].source, "pinpoint import"));
	/* Empty cells and missing columns take nothing away. */
	assert_string_equal(world_import(&w,
				"ChannelType,Address,Id,User.UserId,User.UserAttributes."
				"Plan\nEMAIL,new@b.example,e,u,\n",
				&r),
	    "");
	assert_string_equal(world_show(&w, "u"),
	    "u zone=Europe/Rome locale= country= Plan=Gold <email new@b.example A=3 B=2> "
	    "email/service:yes email/marketing:yes");
	world_close(&w);
}

/* ---- consent ------------------------------------------------------------------ */

#define HEAD "ChannelType,Address,Id,OptOut,User.UserId\n"

static void
withdraw_here(struct people_world *w, const char *customer)
{
	struct err err = {0};

	assert_int_equal(store_begin(w->st, &err), 0);
	for (int p = PURPOSE_SERVICE; p <= PURPOSE_MARKETING; p++)
		assert_int_equal(store_consent_put(w->st, slice_of(customer),
				     &(struct consent){.channel = SLICE_LIT("email"),
					 .purpose = (enum purpose)p,
					 .is_given = false},
				     w->now_ms, "unsubscribed", &err),
		    1);
	assert_int_equal(store_commit(w->st, &err), 0);
}

static void
consent_follows_the_file_and_what_was_withdrawn_here_stays_withdrawn(void **state)
{
	static const struct {
		const char *note;
		const char *files[4]; /* in order; "!" withdraws here */
		const char *want;
	} cases[] = {
	    {"NONE gives", {"EMAIL,a@b.example,1,NONE,u\n"}, "<email a@b.example> yes"},
	    {"no word gives", {"EMAIL,a@b.example,1,,u\n"}, "<email a@b.example> yes"},
	    {"ALL refuses", {"EMAIL,a@b.example,1,ALL,u\n"}, "<email a@b.example out> no"},
	    {"the file may take it",
		{"EMAIL,a@b.example,1,NONE,u\n", "EMAIL,a@b.example,1,ALL,u\n"},
		"<email a@b.example out> no"},
	    {"and give it back",
		{"EMAIL,a@b.example,1,NONE,u\n", "EMAIL,a@b.example,1,ALL,u\n",
		    "EMAIL,a@b.example,1,NONE,u\n"},
		"<email a@b.example> yes"},
	    {"no word keeps ALL", {"EMAIL,a@b.example,1,ALL,u\n", "EMAIL,a@b.example,1,,u\n"},
		"<email a@b.example out> no"},
	    {"withdrawn here stays so",
		{"EMAIL,a@b.example,1,NONE,u\n", "!", "EMAIL,a@b.example,1,NONE,u\n"},
		"<email a@b.example> no"},
	    {"also for a new address",
		{"EMAIL,a@b.example,1,NONE,u\n", "!", "EMAIL,c@d.example,2,NONE,u\n"},
		"<email a@b.example> <email c@d.example> no"},
	    {"also when the file turned round meanwhile",
		{"EMAIL,a@b.example,1,NONE,u\n", "!", "EMAIL,a@b.example,1,ALL,u\n",
		    "EMAIL,a@b.example,1,NONE,u\n"},
		"<email a@b.example> no"},
	    {"one address of two refuses",
		{"EMAIL,a@b.example,1,NONE,u\nEMAIL,c@d.example,2,ALL,u\n"},
		"<email a@b.example> <email c@d.example out> yes"},
	    {"in any order", {"EMAIL,c@d.example,2,ALL,u\nEMAIL,a@b.example,1,NONE,u\n"},
		"<email a@b.example> <email c@d.example out> yes"},
	    {"both refuse", {"EMAIL,a@b.example,1,ALL,u\nEMAIL,c@d.example,2,ALL,u\n"},
		"<email a@b.example out> <email c@d.example out> no"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct people_world w = world_open();
		struct import_report r;
		const struct customer *c;
		const char *got = "";

		for (size_t k = 0; k < 4 && cases[i].files[k] != NULL; k++) {
			w.now_ms++;
			if (strcmp(cases[i].files[k], "!") == 0)
				withdraw_here(&w, "u");
			else
				assert_string_equal(
				    world_import(
					&w, arena_printf(w.a, HEAD "%s", cases[i].files[k]), &r),
				    "");
		}
		c = world_customer(&w, "u");
		for (size_t k = 0; k < c->endpoint_count; k++)
			got = arena_printf(w.a, "%s<email %.*s%s> ", got,
			    SLICE_ARG(c->endpoints[k].address),
			    c->endpoints[k].is_opted_out ? " out" : "");
		assert_int_equal(c->consent_count, 2);
		assert_true(c->consents[0].is_given == c->consents[1].is_given);
		got = arena_printf(w.a, "%s%s", got, c->consents[0].is_given ? "yes" : "no");
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s:\n got %s\nwant %s", cases[i].note, got, cases[i].want);
		world_close(&w);
	}
}

static void
an_address_that_bounced_here_stays_out_of_use(void **state)
{
	static const char head[] = "ChannelType,Address,Id,EndpointStatus,User.UserId\n";
	struct people_world w = world_open();
	struct import_report r;
	struct err err = {0};
	const char *same = arena_printf(w.a, "%sEMAIL,a@b.example,1,ACTIVE,u\n", head);
	const char *off = arena_printf(w.a, "%sEMAIL,a@b.example,1,INACTIVE,u\n", head);
	const char *other = arena_printf(w.a, "%sEMAIL,new@b.example,1,ACTIVE,u\n", head);

	(void)state;
	world_import(&w, same, &r);
	world_import(&w, off, &r);
	assert_true(world_customer(&w, "u")->endpoints[0].is_inactive);
	world_import(&w, same, &r); /* the file took it, the file gives it */
	assert_false(world_customer(&w, "u")->endpoints[0].is_inactive);
	assert_int_equal(store_begin(w.st, &err), 0);
	assert_int_equal(store_endpoint_deactivate(
			     w.st, SLICE_LIT("1"), w.now_ms, "bounced: no such user", &err),
	    1);
	assert_int_equal(store_commit(w.st, &err), 0);
	world_import(&w, same, &r);
	assert_report(&r, 1, 0, 0, 1, 0);
	assert_true(world_customer(&w, "u")->endpoints[0].is_inactive);
	world_import(&w, other, &r);
	assert_false(world_customer(&w, "u")->endpoints[0].is_inactive);
	world_close(&w);
}

/* ---- findings --------------------------------------------------------------------- */

static void
bad_rows_are_findings_and_the_others_go_on(void **state)
{
	static const struct {
		const char *note, *row, *finding, *help;
		int rejected;
	} cases[] = {
	    {"nobody", ",,,,,", "c.csv:3:1: error[I003]: the row names nobody", "User.UserId", 1},
	    {"no type", ",x@y.example,,u,,",
		"c.csv:3:1: error[I004]: the row has an Address but no ChannelType", "needs both",
		1},
	    {"no address", "EMAIL,,,u,,",
		"c.csv:3:7: error[I004]: the row has a ChannelType but no Address", "needs both",
		1},
	    {"OptOut", "EMAIL,x@y.example,MAYBE,u,,", "c.csv:3:19: error[I005]: OptOut is 'MAYBE'",
		"NONE", 1},
	    {"channel", "\"EMIAL\",x@y.example,,u,,",
		"c.csv:3:1: error[I006]: there is no channel type 'EMIAL'", "did you mean 'EMAIL'?",
		1},
	    {"channel far off", "PIGEON,x,,u,,",
		"c.csv:3:1: error[I006]: there is no channel type 'PIGEON'", "such as", 1},
	    {"address", "\"EMAIL\",\"x\",,u,,", "c.csv:3:9: error[I007]: 'x' is no email address",
		"someone@", 1},
	    {"number", "SMS,call me,,u,,", "c.csv:3:5: error[I007]: 'call me' is no sms address",
		"+44", 1},
	    {"zone", "EMAIL,x@y.example,,u,Europe/Berln,",
		"c.csv:3:22: warning[I008]: there is no time zone called 'Europe/Berln'; it is "
		"left out",
		"did you mean 'Europe/Berlin'?", 0},
	    {"handle", "EMAIL,x@y.example,,u,,not a handle",
		"c.csv:3:23: warning[I010]: 'not a handle' is no social handle", "@someone", 0},
	    {"too many", "EMAIL,x@y.example,NONE,u,,,Berlin",
		"c.csv:3:28: error[I011]: the row has 7 fields, the header 6", "comma", 1},
	    {"quote", "EMAIL,\"x\"@y.example,NONE,u,,",
		"c.csv:3:7: error[I001]: something stands behind a closing quote", "double", 1},
	    {"bytes", "EMAIL,x\xff@y.example,NONE,u,,",
		"c.csv:3:7: error[I012]: bytes that are not UTF-8 text (1)", "UTF-8", 1},
	    {"id", "EMAIL,x@y.example,NONE,\"u\nv\",,", "c.csv:3:24: error[I013]: 'u", "control",
		1},
	    {"two lines", "\"EMAIL\n\",x@y.example,MAYBE,u,,",
		"c.csv:4:15: error[I005]: OptOut is 'MAYBE'", "NONE", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct people_world w = world_open();
		struct import_report r;
		const char *text = arena_printf(w.a,
		    "ChannelType,Address,OptOut,User.UserId,Demographic.Timezone,User."
		    "UserAttributes.SocialHandle\n"
		    "EMAIL,first@y.example,NONE,first,,\n%s\nEMAIL,last@y.example,NONE,last,,\n",
		    cases[i].row);
		const char *found = world_import(&w, text, &r);

		if (strstr(found, cases[i].finding) == NULL || strstr(found, cases[i].help) == NULL)
			fail_msg("%s:\n got %s\nwant %s ... %s", cases[i].note, found,
			    cases[i].finding, cases[i].help);
		assert_report(&r, 3, cases[i].rejected ? 2 : 3, 0, 0, cases[i].rejected);
		assert_non_null(world_customer(&w, "first"));
		assert_non_null(world_customer(&w, "last"));
		world_close(&w);
	}
}

static void
a_header_nobody_knows_is_a_warning_with_the_nearest(void **state)
{
	struct people_world w = world_open();
	struct import_report r;
	const char *found = world_import(&w,
	    "ChannelType,Adress,Address,User.UserAttribute.Name,Favourite,,OptOut,OptOut\n"
	    "EMAIL,,x@y.example,a,b,c,ALL,\n",
	    &r);

	(void)state;
	assert_non_null(strstr(found,
	    "c.csv:1:13: warning[I002]: there is no column called 'Adress'; it is left out"));
	assert_non_null(strstr(found, "did you mean 'Address'?"));
	assert_non_null(strstr(found, "did you mean 'User.UserAttributes.Name'?"));
	assert_non_null(strstr(found, "there is no column called 'Favourite'"));
	assert_non_null(strstr(found, "the column has no name"));
	assert_non_null(strstr(found, "warning[I014]: the column 'OptOut' is there twice"));
	assert_report(&r, 1, 1, 0, 0, 0);
	assert_true(world_customer(&w, "email:x@y.example")->endpoints[0].is_opted_out);
	world_close(&w);
}

static void
a_file_that_makes_no_sense_says_why(void **state)
{
	static const struct {
		struct slice in;
		const char *want;
	} cases[] = {
	    {SLICE_INIT(""), "empty"},
	    {SLICE_INIT("\n\n"), "empty"},
	    {SLICE_INIT("hello\n"),
		"c.csv:1: the first line names neither Address nor User.UserId"},
	    {SLICE_INIT("ChannelType;Address\nEMAIL;x@y.example\n"), "separated by ';'"},
	    {SLICE_INIT("ChannelType\tAddress\n"), "separated by tabs"},
	    {SLICE_INIT("\xff\xfe"
			"A\0d\0d\0"),
		"UTF-16"},
	    {SLICE_INIT("\"ChannelType,Address\nEMAIL,x@y.example\n"),
		"c.csv:1: the header cannot be read: a quote is never closed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct people_world w = world_open();
		struct import_options o = {.file = "c.csv", .now_ms = NOW};
		struct import_report r = {0};
		struct err err = {0};

		assert_int_equal(world_import_into(w.st, cases[i].in, 3, &o, NULL, &r, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		if (strstr(err.text, cases[i].want) == NULL)
			fail_msg("got '%s', want '%s'", err.text, cases[i].want);
		assert_int_equal(world_count(&w, "customers"), 0);
		world_close(&w);
	}
}

static void
hostile_rows_are_counted_and_lose_nothing_else(void **state)
{
	static const char first[] = "EMAIL,first@y.example,first,x\n",
			  last[] = "EMAIL,last@y.example,last,y\n";
	struct people_world w = world_open();
	struct import_options o = {.file = "c.csv", .now_ms = NOW};
	struct import_report r = {0};
	struct err err = {0};
	struct buf b, found;

	(void)state;
	buf_init(&b, 64 * 1024 * 1024);
	buf_init(&found, 4 * 1024 * 1024);
	buf_add_str(&b, "ChannelType,Address,User.UserId,User.UserAttributes.Note\n");
	buf_add_str(&b, first);
	for (int i = 0; i < 10 * 1024 * 1024; i++) /* a line of 10 MB */
		buf_add_char(&b, 'x');
	buf_add_str(&b, "\n");
	for (int i = 0; i < 10000; i++) /* 10,000 columns */
		buf_add_str(&b, "x,");
	buf_add_str(&b, "\n");
	buf_add(&b, "EMAIL,n\0ul@y.example,nul,\n", 26);
	buf_add_str(&b, "EMAIL,formula@y.example,formula,\"=cmd|' /C calc'!A0\"\n");
	buf_add_str(&b, "EMAIL,text@y.example,text,\xf0\x28\x8c\x28 \x01\n");
	buf_add_str(&b, "EMAIL,\"never@closed.example,never,\n");
	buf_add_str(&b, last);
	if (world_import_into(w.st, buf_slice(&b), 65536, &o, &found, &r, &err) < 0)
		fail_msg("%s", err.text);
	assert_report(&r, 8, 4, 0, 0, 4);
	assert_true(utf8_is_valid(buf_slice(&found)));
	assert_non_null(
	    strstr(buf_str(&found), "c.csv:3:1: error[I001]: the row is longer than 256 KB"));
	assert_non_null(
	    strstr(buf_str(&found), "c.csv:4:1025: error[I001]: the row has more than 512 fields"));
	assert_non_null(strstr(buf_str(&found), "c.csv:5:7: error[I012]"));
	assert_non_null(strstr(buf_str(&found), "c.csv:7:27: warning[I012]"));
	assert_non_null(strstr(buf_str(&found), "c.csv:8:7: error[I001]: a quote is never closed"));
	assert_string_equal(world_show(&w, "formula"),
	    "formula zone= locale= country= Note==cmd|' /C calc'!A0 <email formula@y.example> "
	    "email/service:yes email/marketing:yes");
	assert_non_null(world_customer(&w, "last"));
	buf_fini(&b);
	buf_fini(&found);
	world_close(&w);
}

static void
what_stands_behind_a_wrong_quote_must_be_a_whole_row(void **state)
{
	struct people_world w = world_open();
	struct import_report r;
	const char *found = world_import(&w,
	    "User.UserId,User.UserAttributes.Note,ChannelType,Address\n"
	    "u-1,\"first line\nsecond \"line\" of it\",EMAIL,x@y.example\n"
	    "u-2,ok,EMAIL,z@y.example\n",
	    &r);

	(void)state;
	assert_report(&r, 3, 1, 0, 0, 2);
	assert_non_null(strstr(found, "c.csv:2:5: error[I001]"));
	assert_non_null(strstr(found, "it may be the rest of the row before"));
	assert_int_equal(world_count(&w, "customers"), 1);
	world_close(&w);
}

static void
a_dry_run_judges_all_and_writes_nothing(void **state)
{
	struct people_world w = world_open();
	struct import_options o = {
	    .file = "c.csv", .now_ms = NOW, .is_dry_run = true, .batch_rows = 1};
	struct import_report r = {0};
	struct err err = {0};
	struct buf found;

	(void)state;
	buf_init(&found, 65536);
	assert_int_equal(
	    world_import_into(w.st,
		slice_of("ChannelType,Address,User.UserId,User.UserAttributes.SocialHandle\n"
			 "EMAIL,a@b.example,u,@x@y.example\nEMAIL,c@d.example,u,\nEMAIL,bad,u,\n"
			 "EMAIL,e@f.example,v,@x@y.example\n"),
		5, &o, &found, &r, &err),
	    0);
	assert_report(&r, 4, 2, 1, 0, 1);
	assert_int_equal(r.links, 1);
	assert_non_null(strstr(buf_str(&found), "I009")); /* the later row sees the earlier one */
	assert_false(store_in_transaction(w.st));
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    world_count(&w,
			(const char *[]){"customers", "endpoints", "links", "customer_history"}[i]),
		    0);
	buf_fini(&found);
	world_close(&w);
}

/* ---- links -------------------------------------------------------------------------- */

static void
the_file_names_a_customers_handles(void **state)
{
	static const struct {
		const char *note, *first, *second, *want_u, *want_v;
	} cases[] = {
	    {"one", "u,@A@x.example,,", NULL, "@a@x.example", ""},
	    {"spelt another way", "u,A@X.example,,", "u,https://x.example/@a,,", "@a@x.example",
		""},
	    {"several", "u,@a@x.example,@b@x.example,", NULL, "@a@x.example @b@x.example", ""},
	    {"renamed", "u,@a@x.example,,", "u,@b@x.example,,", "(@a@x.example) @b@x.example", ""},
	    {"and back", "u,@a@x.example,,\nu,@b@x.example,,", "u,@a@x.example,,",
		"(@a@x.example) (@b@x.example) @a@x.example", ""},
	    {"left out", "u,@a@x.example,,", "u,,,", "@a@x.example", ""},
	    {"somebody else's", "u,@a@x.example,,\nv,@a@x.example,,", NULL, "@a@x.example", ""},
	    {"handed over", "u,@a@x.example,,", "u,@b@x.example,,\nv,@a@x.example,,",
		"(@a@x.example) @b@x.example", "@a@x.example"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct people_world w = world_open();
		struct import_report r;
		const char *const files[] = {cases[i].first, cases[i].second};

		for (size_t k = 0; k < 2 && files[k] != NULL; k++)
			world_import(&w,
			    arena_printf(w.a,
				"User.UserId,User.UserAttributes.SocialHandle,User.UserAttributes."
				"SocialHandle,"
				"User.UserAttributes.Other\n%s\n",
				files[k]),
			    &r);
		if (strcmp(world_links(&w, "u"), cases[i].want_u) != 0 ||
		    strcmp(world_links(&w, "v"), cases[i].want_v) != 0)
			fail_msg("%s: got '%s' and '%s'", cases[i].note, world_links(&w, "u"),
			    world_links(&w, "v"));
		world_close(&w);
	}
}

static void
another_attribute_may_name_the_handle(void **state)
{
	struct people_world w = world_open();
	struct import_options o = {.file = "c.csv", .now_ms = NOW, .handle_attribute = "Mastodon"};
	struct import_report r = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(world_import_into(w.st,
			     slice_of("ChannelType,Address,User.UserId,Attributes.Mastodon,User."
				      "UserAttributes.SocialHandle\n"
				      "EMAIL,a@b.example,u,@m@x.example,@s@x.example\n"),
			     1, &o, NULL, &r, &err),
	    0);
	assert_string_equal(world_links(&w, "u"), "@m@x.example");
	assert_int_equal(r.links, 1);
	world_close(&w);
}

/* ---- failures ------------------------------------------------------------------------- */

static void
a_long_file_is_committed_in_batches(void **state)
{
	struct people_world w = world_open();
	struct import_options o = {.file = "c.csv", .now_ms = NOW, .batch_rows = 10};
	struct diag_list *diags = diag_list_new();
	struct import *i = NULL;
	struct err err = {0};
	struct buf b;

	(void)state;
	buf_init(&b, 1024 * 1024);
	buf_add_str(&b, "User.UserId,ChannelType,Address\n");
	for (int k = 0; k < 25; k++)
		buf_addf(&b, "u-%d,EMAIL,u%d@y.example\n", k, k);
	assert_int_equal(import_new(w.st, &o, diags, &i, &err), 0);
	assert_int_equal(import_feed(i, buf_slice(&b), &err), 0);
	import_free(i); /* not ended: the third batch is rolled back */
	assert_int_equal(world_count(&w, "customers"), 20);
	diag_list_free(diags);
	buf_fini(&b);
	world_close(&w);
}

/* Between two parts the transaction under way is another's: an import that is given up leaves it alone. */
static void
what_rests_between_parts_ends_without_touching_others(void **state)
{
	struct people_world w = world_open();
	struct import_options o = {.file = "c.csv", .now_ms = NOW};
	struct diag_list *diags = diag_list_new();
	struct import *i = NULL;
	struct err err = {0};

	(void)state;
	for (int dry = 0; dry <= 1; dry++) {
		o.is_dry_run = dry != 0;
		assert_int_equal(import_new(w.st, &o, diags, &i, &err), 0);
		assert_int_equal(
		    import_feed(i, slice_of("User.UserId,ChannelType,Address\n"), &err), 0);
		assert_int_equal(import_feed(i, slice_of("u,EMAIL,u@y.example\n"), &err), 0);
		assert_true(store_in_transaction(w.st));
		assert_int_equal(import_pause(i, &err), 0);
		assert_int_equal(store_begin(w.st, &err), 0);
		import_free(i);
		assert_true(store_in_transaction(w.st));
		store_rollback(w.st);
	}
	diag_list_free(diags);
	world_close(&w);
}

static int
import_with_little_memory(void *cookie)
{
	static const char text[] =
	    "ChannelType,Address,User.UserId,Attributes.A,User.UserAttributes.SocialHandle,OptOut\n"
	    "EMAIL,a@b.example,u,\"x\ny\",@h@x.example,NONE\n"
	    "EMAIL,c@d.example,u,z,@h@x.example,ALL\n";
	struct import_options o = {.file = "c.csv", .now_ms = NOW};
	struct import_report r = {0};
	struct err err = {0};
	struct people_world *w = cookie;
	int rc = world_import_into(w->st, slice_of(text), 16, &o, NULL, &r, &err);

	assert_false(store_in_transaction(w->st));
	return rc;
}

static void
a_failed_allocation_leaves_all_or_nothing(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			struct people_world w = world_open();
			bool hit;
			int rc;

			mem_fault_arm(nth, sticky != 0);
			rc = import_with_little_memory(&w);
			hit = mem_fault_hit();
			mem_fault_arm(0, false);
			if (rc == 0)
				assert_string_equal(world_show(&w, "u"),
				    "u zone= locale= country= SocialHandle=@h@x.example <email "
				    "a@b.example A=x\ny> "
				    "<email c@d.example out A=z> email/service:yes "
				    "email/marketing:yes");
			else
				assert_int_equal(world_count(&w, "customers"), 0);
			/* and it may be done again */
			assert_int_equal(import_with_little_memory(&w), 0);
			assert_string_equal(world_links(&w, "u"), "@h@x.example");
			world_close(&w);
			if (!hit)
				break;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_column_of_pinpoint_is_understood),
	    cmocka_unit_test(every_channel_type_has_its_channel),
	    cmocka_unit_test(a_row_may_be_about_the_user_alone_or_without_a_user),
	    cmocka_unit_test(countries_are_kept_by_two_letters_and_what_is_none_is_told),
	    cmocka_unit_test(the_second_import_of_a_file_changes_nothing),
	    cmocka_unit_test(a_changed_row_is_written_with_its_history),
	    cmocka_unit_test(consent_follows_the_file_and_what_was_withdrawn_here_stays_withdrawn),
	    cmocka_unit_test(an_address_that_bounced_here_stays_out_of_use),
	    cmocka_unit_test(bad_rows_are_findings_and_the_others_go_on),
	    cmocka_unit_test(a_header_nobody_knows_is_a_warning_with_the_nearest),
	    cmocka_unit_test(a_file_that_makes_no_sense_says_why),
	    cmocka_unit_test(hostile_rows_are_counted_and_lose_nothing_else),
	    cmocka_unit_test(what_stands_behind_a_wrong_quote_must_be_a_whole_row),
	    cmocka_unit_test(a_dry_run_judges_all_and_writes_nothing),
	    cmocka_unit_test(the_file_names_a_customers_handles),
	    cmocka_unit_test(another_attribute_may_name_the_handle),
	    cmocka_unit_test(a_long_file_is_committed_in_batches),
	    cmocka_unit_test(what_rests_between_parts_ends_without_touching_others),
	    cmocka_unit_test(a_failed_allocation_leaves_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
