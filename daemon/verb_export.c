#include "daemon/verb_export.h"

#include "daemon/verb.h"

/* ---- the table ---------------------------------------------------------------- */

static const struct {
	const char *flag;
	int (*run)(struct verb_call *call);
} whats[] = {
    {"--customers", export_customers},
    {"--person", export_person},
};

static int
run(struct verb_call *call)
{
	int (*what)(struct verb_call * call) = NULL;

	for (size_t i = 0; i < sizeof whats / sizeof *whats; i++) {
		if (verb_flag(call, whats[i].flag) == NULL)
			continue;
		if (what != NULL)
			return verb_usage(call, "one thing at a time");
		what = whats[i].run;
	}
	if (what == NULL)
		return verb_usage(call, "say what: --customers, or --person KEY");
	return what(call);
}

static const struct flag flags[] = {
    {"--customers", NULL, NULL, "all customers, as a file that `earshot import` reads", false},
    {"--person", NULL, "KEY",
	"everything about one person, as JSON: by customer, account, address or handle", false},
    {"--format", NULL, "FORMAT", "jsonl (everything), pinpoint-jsonl or pinpoint-csv", false},
    {"--guard", NULL, NULL,
	"CSV for a spreadsheet: what it would run as a formula is prefixed with '", false},
    {0},
};

const struct verb verb_export = {
    "export",
    "--customers [--format FORMAT] [FILE] | --person KEY [FILE]",
    "customers as a file that can be imported again, or everything about one person",
    "Without FILE, or with -, to standard output.  A file appears when it is whole.",
    "  earshot export --customers customers.jsonl\n"
    "  earshot export --customers --format pinpoint-csv customers.csv\n"
    "  earshot export --person u-1001 u-1001.json",
    flags,
    run,
};
