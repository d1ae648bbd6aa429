/*
 * yaml_internal.h - libyaml's complaints in plain words (yaml_problem.c).
 */
#ifndef CORE_YAML_INTERNAL_H
#define CORE_YAML_INTERNAL_H

#include <stddef.h>

#include "core/slice.h"

struct yaml_problem {
	const char *code;
	const char *message;
	const char *help; /* may be NULL */
	size_t start, len;
};

/* problem and context are libyaml's words, either may be NULL; the offsets are where it says they
 * are.  All texts of *p_r are static or libyaml's. */
void yaml_problem_explain(const char *problem, const char *context, struct slice text,
    size_t problem_at, size_t context_at, struct yaml_problem *p_r);

#endif
