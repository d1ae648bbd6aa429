/*
 * idna_internal.h - host names as name servers want them; ICU behind it, because libcurl's way
 * depends on the locale.
 */
#ifndef PLATFORM_IDNA_INTERNAL_H
#define PLATFORM_IDNA_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

/* "bücher.example" (UTF-8) to "xn--bcher-kva.example".  false: not a name, or longer than out. */
bool idna_to_ascii(const char *host, char *out, size_t size);

#endif
