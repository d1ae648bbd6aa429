#include "core/occurrence.h"

#include <assert.h>

const char *
purpose_name(enum purpose p)
{
	switch (p) {
	case PURPOSE_SERVICE: return "service";
	case PURPOSE_MARKETING: return "marketing";
	}
	assert(0 && "a purpose without a name");
	return "unknown";
}
