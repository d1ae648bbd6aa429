/*
 * faults.h - failing every allocation in turn: the 1st, the 2nd, ..., each once alone and once with
 * all that come after it, until the operation gets through unharmed.
 */
#ifndef TESTS_SUPPORT_FAULTS_H
#define TESTS_SUPPORT_FAULTS_H

#include <stdbool.h>

#define FAULTS_MAX 20000 /* an operation with more allocations than this does not end */

/*
 * operation: does the thing from the start, checks what must hold also after a failure, and cleans
 * up.  Returns 0 when the thing was done, -1 when it failed; failing although no allocation failed
 * fails the test. must_fail: an operation with a failed allocation may not claim to be done (false
 * for those that can do without, such as diagnostics).
 */
typedef int faults_operation_fn(void *cookie);

/* Returns the number of allocations that were made to fail. */
unsigned faults_run(faults_operation_fn *operation, void *cookie, bool must_fail);

#endif
