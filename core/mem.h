/*
 * mem.h - the only door to the heap, so that tests can make any allocation fail.
 *
 * Ownership: what these return is freed with mem_free(); mem_free(NULL) does nothing.
 * Errors:    NULL when there is no memory (or the size overflows); size 0 gives a valid pointer.
 * Threads:   any.  The fault switch is for single-threaded tests.
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stdbool.h>
#include <stddef.h>

void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_array(size_t count, size_t size); /* zeroed; NULL when count * size overflows */
void *mem_realloc(void *p, size_t size);
void *mem_realloc_array(void *p, size_t count, size_t size);
void *mem_dup(const void *p, size_t size);
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t len);
void mem_free(void *p);

/* Makes the nth allocation from now on fail (1 = the next); sticky: all later ones too.
 * nth 0 switches it off.  mem_fault_hit() says whether one failed since it was armed. */
void mem_fault_arm(unsigned nth, bool sticky);
bool mem_fault_hit(void);

#endif
