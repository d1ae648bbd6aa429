#include "daemon/config.h"
#include "daemon/service.h"
#include "daemon/verb.h"

static int
run(struct verb_call *call)
{
	struct config *config;
	struct err err = {ERR_NONE, ""};
	int rc;

	if (call->arg_count > 0)
		return verb_usage(call, "it takes no argument '%s'", call->args[0]);
	rc = verb_config(call, &config);
	if (rc != EXIT_DONE)
		return rc;
	if (service_run(config, &err) < 0)
		return verb_cannot(call, &err);
	return EXIT_DONE;
}

const struct verb verb_run = {
    "run",
    "[-c FILE]",
    "run the daemon",
    "Listens to the configured sources until SIGTERM or Ctrl-C, then finishes what is under way.  "
    "SIGHUP reloads the\n"
    "configuration, channels, sources and vocabulary, and keeps the old ones when there is an "
    "error.",
    "  earshot run -c /etc/earshot/earshot.yaml",
    NULL,
    run,
};
