/*
 * country.h - countries by their codes of ISO 3166-1, and locales that name one.
 *
 * A country is kept by its two letters, in capitals: what is asked for by a rule is then what an app, a
 * shop or a file wrote, in whichever way.
 *
 * Ownership: everything that is given back lives for ever.
 * Threads:   pure.
 */
#ifndef CORE_COUNTRY_H
#define CORE_COUNTRY_H

#include <stdbool.h>

#include "core/slice.h"

/* "DE", "de", "DEU" to "DE"; SLICE_NONE: there is no such country.  Kosovo's XK, which is not ISO's but
 * everybody's, is one. */
struct slice country_code(struct slice text);
/* The code of the country that a text which is no code likely means; SLICE_NONE. */
struct slice country_meant(struct slice text);
/* What to write instead of a text that is no country's code: the code nearest to it (by what people write for
 * a code, and by the names in English), or what a code looks like. */
#define COUNTRY_HELP_MAX 160
void country_help(struct slice text, char help_r[COUNTRY_HELP_MAX]);

/*
 * Is this a locale: a language of ISO 639 in two or three letters, and behind it, with '_' or '-' before
 * each, a script in four letters, a region (two letters of a country, three digits) and variants, such as
 * de, de_DE, en-GB, zh_Hant_TW, en_US_POSIX?
 */
bool locale_is_known(struct slice text);
#define LOCALE_HELP_MAX 160
void locale_help(struct slice text, char help_r[LOCALE_HELP_MAX]);

#endif
