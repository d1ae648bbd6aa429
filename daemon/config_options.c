#include "daemon/config.h"

#include <string.h>

#include "core/buf.h"
#include "core/timefmt.h"
#include "collectors/collector.h"

#include "actions/sender.h"
#include "daemon/config_internal.h"

#define KEPT_MAX_MS (3650 * TIME_DAY_MS) /* ten years */

/* The tables: the reader, `earshot run -h` and the manual are made from them. */

const struct option config_top_options[] = {
    {"store", OPTION_MAP, NULL, false, 0, 0, NULL, "the database file and how long things are kept",
	NULL},
    {"server", OPTION_MAP, NULL, false, 0, 0, NULL,
	"the HTTP server and the socket of the command line", NULL},
    {"rules", OPTION_PATH, "rules", false, 0, 0, NULL,
	"folder of *.rules, the working copy of the live rules", NULL},
    {"templates", OPTION_PATH, "templates", false, 0, 0, NULL, "folder of message templates", NULL},
    {"vocabulary", OPTION_PATH, "lexicon.d", false, 0, 0, NULL,
	"folder of *.tsv with the brand's own words and their weights", NULL},
    {"customers", OPTION_MAP, NULL, false, 0, 0, NULL, "customers imported at start", NULL},
    {"people", OPTION_MAP, NULL, false, 0, 0, NULL, "what is made of who is talking", NULL},
    {"offers", OPTION_MAP, NULL, false, 0, 0, NULL,
	"offers by name: {codes: FILE, description: TEXT}", NULL},
    {"sources", OPTION_MAP, NULL, false, 0, 0, NULL, "sources by name; `type` says which kind",
	NULL},
    {"channels", OPTION_MAP, NULL, false, 0, 0, NULL, "channels by name; `type` says which kind",
	NULL},
    {"alerts", OPTION_MAP, NULL, false, 0, 0, NULL, "alert queues", NULL},
    {"limits", OPTION_MAP, NULL, false, 0, 0, NULL,
	"caps over all rules, and the kill switch's file", NULL},
    {"network", OPTION_MAP, NULL, false, 0, 0, NULL, "where requests may go", NULL},
    {"log", OPTION_MAP, NULL, false, 0, 0, NULL, "what is logged", NULL},
    {"timezone", OPTION_TEXT, "UTC", false, 0, 0, NULL, "the brand's time zone", "Europe/Berlin"},
    {"reply_channel", OPTION_TEXT, NULL, false, 0, 0, NULL,
	"channel that approved replies go through; default: the first one that can reply", NULL},
    {0},
};

const struct option config_store_options[] = {
    {"path", OPTION_PATH, "var/earshot.db", false, 0, 0, NULL, "the database file", NULL},
    {"retention", OPTION_DURATION, "365 days", false, TIME_HOUR_MS, KEPT_MAX_MS, NULL,
	"how long the texts of posts are kept", "90 days"},
    {"seen_for", OPTION_DURATION, "455 days", false, TIME_HOUR_MS, KEPT_MAX_MS, NULL,
	"how long the ids of seen posts are kept; longer than retention", NULL},
    {0},
};

const struct option config_server_options[] = {
    {"listen", OPTION_TEXT, "127.0.0.1:8080", false, 0, 0, NULL,
	"address and port of HTTP, or \"off\"; beyond loopback a token is needed", "0.0.0.0:8080"},
    {"token", OPTION_SECRET, NULL, false, 0, 0, NULL, "access token every request then needs",
	"${EARSHOT_TOKEN}"},
    {"socket", OPTION_PATH, NULL, false, 0, 0, NULL,
	"socket of the command line; default: beside the database", NULL},
    {"max_body", OPTION_SIZE, "16 MB", false, 1024, 256 * 1024 * 1024, NULL, "largest request body",
	NULL},
    {0},
};

const struct option config_customers_options[] = {
    {"import", OPTION_PATH, NULL, false, 0, 0, NULL,
	"an Amazon Pinpoint CSV, imported at start when it changed", NULL},
    {"handle_attribute", OPTION_TEXT, "SocialHandle", false, 0, 0, NULL,
	"attribute that names a customer's social handle", NULL},
    {0},
};

const struct option config_people_options[] = {
    {"influence", OPTION_MAP, NULL, false, 0, 0, NULL,
	"weights of the formula of influence; only how they compare counts", NULL},
    {"code_prefix", OPTION_TEXT, "code", false, 0, 0, NULL,
	"first word of the one-time codes that link an account: 2 to 20 letters and digits",
	"acme"},
    {"adoption", OPTION_MAP, NULL, false, 0, 0, NULL, "who is an early adopter", NULL},
    {0},
};

const struct option config_influence_options[] = {
    {"reach", OPTION_AMOUNT, "13", false, 0, INFLUENCE_WEIGHT_MAX, NULL, "followers", NULL},
    {"standing", OPTION_AMOUNT, "48", false, 0, INFLUENCE_WEIGHT_MAX, NULL,
	"followers as far as lists, mentions and reposts bear them out", NULL},
    {"draw", OPTION_AMOUNT, "8", false, 0, INFLUENCE_WEIGHT_MAX, NULL,
	"followers for each account followed", NULL},
    {"company", OPTION_AMOUNT, "15", false, 0, INFLUENCE_WEIGHT_MAX, NULL, "follows somebody",
	NULL},
    {"talk", OPTION_AMOUNT, "3", false, 0, INFLUENCE_WEIGHT_MAX, NULL, "speaks to others", NULL},
    {"age", OPTION_AMOUNT, "5", false, 0, INFLUENCE_WEIGHT_MAX, NULL,
	"how long the account has existed", NULL},
    {"endorsed", OPTION_AMOUNT, "8", false, 0, INFLUENCE_WEIGHT_MAX, NULL,
	"different people who reposted, answered or mentioned them", NULL},
    {"bot_discount", OPTION_AMOUNT, "0.5", false, 0, 1000, NULL,
	"share that an account loses which is a machine for sure, 0 to 1", NULL},
    {0},
};

const struct option config_adoption_options[] = {
    {"authors", OPTION_INT, "50", false, 20, 1600, NULL,
	"how many different authors make a tag, link or brand a success", NULL},
    {"within", OPTION_DURATION, "30 days", false, TIME_HOUR_MS, 90 * TIME_DAY_MS, NULL,
	"since the first of them", NULL},
    {"burn_in", OPTION_DURATION, "7 days", false, 0, 365 * TIME_DAY_MS, NULL,
	"what is heard of a source within that time of its first post may be old", NULL},
    {"share", OPTION_AMOUNT, "0.15", false, 0, 1000, NULL,
	"score from which on somebody is an early adopter, 0 to 1", NULL},
    {0},
};

const struct option config_offer_options[] = {
    {"codes", OPTION_PATH, NULL, true, 0, 0, NULL,
	"CSV with a column `code`, imported at start when it changed", NULL},
    {"description", OPTION_TEXT, NULL, false, 0, 0, NULL, "for people", NULL},
    {"cost", OPTION_AMOUNT, "0", false, 0, INT64_C(1000000000), NULL,
	"what one code is worth, in limits.currency: counted by budgets", "10"},
    {0},
};

const struct option config_alerts_options[] = {
    {"queues", OPTION_MAP, NULL, false, 0, 0, NULL, "queues by name", NULL},
    {0},
};

const struct option config_queue_options[] = {
    {"title", OPTION_TEXT, NULL, false, 0, 0, NULL, "for people", NULL},
    {"notify", OPTION_LIST, NULL, true, 0, 0, NULL, "who hears of it: channel:address",
	"email:support@acme.example"},
    {"escalate", OPTION_LIST, NULL, false, 0, 0, NULL, "second addresses, when nobody acknowledges",
	NULL},
    {"escalate_after", OPTION_DURATION, "15 minutes", false, TIME_SECOND_MS, 7 * TIME_DAY_MS, NULL,
	"how long an alert may stay unacknowledged", NULL},
    {0},
};

const struct option config_limits_options[] = {
    {"per_person_per_day", OPTION_INT, "0", false, 0, 1000, NULL,
	"messages one person may get a day over all rules; 0: no cap", NULL},
    {"per_person_per_week", OPTION_INT, "0", false, 0, 1000, NULL,
	"messages one person may get a week, from Monday, over all rules; 0: no cap", NULL},
    {"currency", OPTION_TEXT, NULL, false, 0, 0, NULL, "what amounts are in, for people", "EUR"},
    {"spend_per_day", OPTION_AMOUNT, "0", false, 0, INT64_C(1000000000000), NULL,
	"what messages and offers of all rules may cost a day; 0: no cap", "50"},
    {"spend_per_month", OPTION_AMOUNT, "0", false, 0, INT64_C(1000000000000), NULL,
	"what messages and offers of all rules may cost a month; 0: no cap", "1000"},
    {"quiet_hours", OPTION_TEXT, NULL, false, 0, 0, NULL,
	"when messages for marketing wait, on the person's clock", "21:00-08:00"},
    {"allowed_lateness", OPTION_DURATION, "1 hour", false, 0, 7 * TIME_DAY_MS, NULL,
	"how far a post may be behind the newest of its source and still count in a window",
	"1 hour"},
    {"brake_file", OPTION_PATH, NULL, false, 0, 0, NULL,
	"sending stops while this file exists; default: STOP beside the database", NULL},
    {0},
};

const struct option config_network_options[] = {
    {"allow_private", OPTION_LIST, NULL, false, 0, 0, NULL,
	"private or loopback addresses, networks and names that requests may go to", "127.0.0.1"},
    {0},
};

const struct option config_log_options[] = {
    {"level", OPTION_CHOICE, "info", false, 0, 0, "debug|info|warn|error", "what is logged", NULL},
    {"journal", OPTION_BOOL, "no", false, 0, 0, NULL, "lines as systemd's journal wants them",
	NULL},
    {0},
};

const struct option config_type_option[] = {
    {"type", OPTION_TEXT, NULL, true, 0, 0, NULL, "which kind", NULL},
    {0},
};

/* Of every source, whatever its type; what is not set is by the type: config_source_terms(). */
const struct option config_source_options[] = {
    {"keep_for", OPTION_DURATION, NULL, false, TIME_HOUR_MS, KEPT_MAX_MS, NULL,
	"how long texts of this source are kept, by its terms, if that is shorter than "
	"store.retention; "
	"default: 90 days for mastodon, whose deletions a poll does not hear",
	"30 days"},
    {"match_customers", OPTION_BOOL, NULL, false, 0, 0, NULL,
	"may its authors be linked to customers, or suggested; default: no for feed, whose authors "
	"are "
	"names and no accounts",
	"no"},
    {0},
};

void
config_source_terms(struct source_config *s)
{
	static const struct {
		const char *type;
		int64_t keep_ms;
		bool may_match;
	} terms[] = {
	    {"mastodon", 90 * TIME_DAY_MS, true},
	    {"feed", 0, false},
	};

	s->keep_ms = 0;
	s->may_match = true;
	for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
		if (strcmp(s->ops->name, terms[i].type) == 0) {
			s->keep_ms = terms[i].keep_ms;
			s->may_match = terms[i].may_match;
		}
	if (options_has(s->set, "keep_for"))
		s->keep_ms = options_int(s->set, "keep_for");
	if (options_has(s->set, "match_customers"))
		s->may_match = options_bool(s->set, "match_customers");
}

void
config_describe(struct buf *out)
{
	static const struct {
		const char *title;
		const struct option *table;
	} sections[] = {
	    {"earshot.yaml", config_top_options},
	    {"store", config_store_options},
	    {"server", config_server_options},
	    {"customers", config_customers_options},
	    {"people.influence", config_influence_options},
	    {"people.adoption", config_adoption_options},
	    {"offers.NAME", config_offer_options},
	    {"alerts.queues.NAME", config_queue_options},
	    {"limits", config_limits_options},
	    {"network", config_network_options},
	    {"log", config_log_options},
	    {"sources.NAME (all types)", config_source_options},
	    {"channels.NAME (all types)", sender_common_options},
	};

	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		buf_addf(out, "%s%s\n", i == 0 ? "" : "\n", sections[i].title);
		options_describe(sections[i].table, out);
	}
	for (size_t i = 0; collector_registry[i] != NULL; i++) {
		buf_addf(out, "\nsources.NAME with type: %s - %s\n", collector_registry[i]->name,
		    collector_registry[i]->help);
		options_describe(collector_registry[i]->options, out);
	}
	for (size_t i = 0; sender_registry[i] != NULL; i++) {
		buf_addf(out, "\nchannels.NAME with type: %s - %s\n", sender_registry[i]->name,
		    sender_registry[i]->help);
		options_describe(sender_registry[i]->options, out);
	}
}
