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

/* With _FORTIFY_SOURCE and clang these are macros, and a macro cannot be poisoned. */
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok atoi atol atof
#pragma GCC poison gmtime localtime ctime asctime
#undef alloca
#pragma GCC poison alloca

#endif
