/*
 * fuzz_law.h - what fuzz targets assert with: abort also where NDEBUG silences assert().
 */
#ifndef TESTS_FUZZ_FUZZ_LAW_H
#define TESTS_FUZZ_FUZZ_LAW_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LAW(condition)                                                                             \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(                                                                   \
			    stderr, "%s:%d: law broken: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Before the first input, where a target has to make something ready. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

#endif
