#include "core/mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * The fault switch is static because malloc is: a parameter through every function of the program
 * would serve only the tests.  Atomics keep it harmless when a test leaves it armed while threads
 * run.
 */
static atomic_uint fault_nth;
static atomic_bool fault_is_sticky;
static atomic_bool fault_has_hit;

void
mem_fault_arm(unsigned nth, bool sticky)
{
	atomic_store(&fault_has_hit, false);
	atomic_store(&fault_is_sticky, sticky);
	atomic_store(&fault_nth, nth);
}

bool
mem_fault_hit(void)
{
	return atomic_load(&fault_has_hit);
}

static bool
fault_is_due(void)
{
	unsigned nth = atomic_load_explicit(&fault_nth, memory_order_relaxed);

	if (nth == 0)
		return false;
	if (nth > 1) {
		atomic_store_explicit(&fault_nth, nth - 1, memory_order_relaxed);
		return false;
	}
	atomic_store(&fault_has_hit, true);
	if (!atomic_load(&fault_is_sticky))
		atomic_store(&fault_nth, 0);
	return true;
}

void *
mem_alloc(size_t size)
{
	if (fault_is_due())
		return NULL;
	return malloc(size == 0 ? 1 : size);
}

void *
mem_zalloc(size_t size)
{
	if (fault_is_due())
		return NULL;
	return calloc(1, size == 0 ? 1 : size);
}

void *
mem_array(size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	return mem_zalloc(count * size);
}

void *
mem_realloc(void *p, size_t size)
{
	if (fault_is_due())
		return NULL;
	return realloc(p, size == 0 ? 1 : size);
}

void *
mem_realloc_array(void *p, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	return mem_realloc(p, count * size);
}

void *
mem_dup(const void *p, size_t size)
{
	void *copy = mem_alloc(size);

	if (copy != NULL && size > 0)
		memcpy(copy, p, size);
	return copy;
}

char *
mem_strdup(const char *s)
{
	return mem_dup(s, strlen(s) + 1);
}

char *
mem_strndup(const char *s, size_t len)
{
	if (len == SIZE_MAX)
		return NULL;
	char *copy = mem_alloc(len + 1);
	if (copy == NULL)
		return NULL;
	if (len > 0)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

void
mem_free(void *p)
{
	free(p);
}
