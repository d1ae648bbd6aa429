/*
 * loop_internal.h - the libuv loop inside, for the files of this folder that hang descriptors on
 * it.
 */
#ifndef PLATFORM_LOOP_INTERNAL_H
#define PLATFORM_LOOP_INTERNAL_H

#include <uv.h>

struct loop;

uv_loop_t *loop_uv(struct loop *l);

#endif
