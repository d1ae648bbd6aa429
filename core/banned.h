/*
 * banned.h - functions we would rather not see, said at compile time.  Included by the Makefile before
 * everything else, so the system headers that declare them come first.
 */
#ifndef CORE_BANNED_H
#define CORE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <alloca.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok atoi atol atof
#pragma GCC poison gmtime localtime ctime asctime
#undef alloca
#pragma GCC poison alloca

#endif
