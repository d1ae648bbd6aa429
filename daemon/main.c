/* main.c - hands the command line to its verb. */
#include <signal.h>

#include "daemon/verb.h"

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	signal(
	    SIGXFSZ, SIG_IGN); /* a file at its limit is an error to report, not a reason to die */
	return verb_main(argc, argv);
}
