#include "tests/support/faults.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mem.h"

/* True when nth was beyond the last allocation: the operation ran to its end. */
static bool
run_once(faults_operation_fn *operation, void *cookie, unsigned nth, bool sticky, bool must_fail)
{
	mem_fault_arm(nth, sticky);
	int rc = operation(cookie);
	bool hit = mem_fault_hit();
	mem_fault_arm(0, false);

	if (!hit && rc != 0)
		fail_msg("failed although no allocation did (nth %u, sticky %d)", nth, sticky);
	if (hit && must_fail && rc == 0)
		fail_msg("allocation %u failed (sticky %d) and nobody noticed", nth, sticky);
	return !hit;
}

unsigned
faults_run(faults_operation_fn *operation, void *cookie, bool must_fail)
{
	unsigned failed = 0;

	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			if (nth > FAULTS_MAX)
				fail_msg("more than %d allocations", FAULTS_MAX);
			if (run_once(operation, cookie, nth, sticky != 0, must_fail))
				break;
			failed++;
		}
	}
	return failed;
}
