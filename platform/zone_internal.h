/*
 * zone_internal.h - names to guess from.
 */
#ifndef PLATFORM_ZONE_INTERNAL_H
#define PLATFORM_ZONE_INTERNAL_H

#include <stddef.h>

extern const char *const zone_names[];
extern const size_t zone_name_count;

#endif
