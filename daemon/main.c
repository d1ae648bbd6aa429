/* main.c - hands the command line to its verb. */
#include <signal.h>

#include "daemon/verb.h"

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	return verb_main(argc, argv);
}
