/*
 * template_case.c - upper and lower case for the letters of the languages we ship, so that {{upper
 * "münchen"}} is right without a Unicode library in this room.  The blocks below have regular
 * layouts in Unicode 15: pairs lie 32 or 80 apart, or are neighbours.
 */
#include "actions/templates_internal.h"

/* Latin Extended-A: neighbours, even upper then odd lower, but odd then even in 0x139..0x148 and
 * 0x179..0x17e. */
static bool
is_pair_block(uint32_t cp, bool *upper_is_odd_r)
{
	if ((cp >= 0x139 && cp <= 0x148) || (cp >= 0x179 && cp <= 0x17e)) {
		*upper_is_odd_r = true;
		return true;
	}
	*upper_is_odd_r = false;
	return (cp >= 0x100 && cp <= 0x12f) || (cp >= 0x132 && cp <= 0x137) ||
	    (cp >= 0x14a && cp <= 0x177) || (cp >= 0x460 && cp <= 0x481) ||
	    (cp >= 0x48a && cp <= 0x4bf) || (cp >= 0x1e00 && cp <= 0x1e95) ||
	    (cp >= 0x1ea0 && cp <= 0x1eff);
}

uint32_t
template_upper(uint32_t cp)
{
	bool upper_is_odd;

	if (cp >= 'a' && cp <= 'z')
		return cp - 32;
	if (cp < 0x80)
		return cp;
	if (cp >= 0xe0 && cp <= 0xfe && cp != 0xf7)
		return cp - 32;
	if (cp == 0xff)
		return 0x178;
	if (cp >= 0x3b1 && cp <= 0x3cb)
		return cp == 0x3c2 ? 0x3a3 : cp - 32;
	if (cp == 0x3ac)
		return 0x386;
	if (cp >= 0x3ad && cp <= 0x3af)
		return cp - 37;
	if (cp == 0x3cc)
		return 0x38c;
	if (cp == 0x3cd || cp == 0x3ce)
		return cp - 63;
	if (cp >= 0x430 && cp <= 0x44f)
		return cp - 32;
	if (cp >= 0x450 && cp <= 0x45f)
		return cp - 80;
	if (is_pair_block(cp, &upper_is_odd) && (cp % 2 == 1) != upper_is_odd)
		return cp - 1;
	return cp;
}

uint32_t
template_lower(uint32_t cp)
{
	bool upper_is_odd;

	if (cp >= 'A' && cp <= 'Z')
		return cp + 32;
	if (cp < 0x80)
		return cp;
	if (cp >= 0xc0 && cp <= 0xde && cp != 0xd7)
		return cp + 32;
	if (cp == 0x178)
		return 0xff;
	if (cp >= 0x391 && cp <= 0x3ab && cp != 0x3a2)
		return cp + 32;
	if (cp == 0x386)
		return 0x3ac;
	if (cp >= 0x388 && cp <= 0x38a)
		return cp + 37;
	if (cp == 0x38c)
		return 0x3cc;
	if (cp == 0x38e || cp == 0x38f)
		return cp + 63;
	if (cp >= 0x410 && cp <= 0x42f)
		return cp + 32;
	if (cp >= 0x400 && cp <= 0x40f)
		return cp + 80;
	if (is_pair_block(cp, &upper_is_odd) && (cp % 2 == 1) == upper_is_odd)
		return cp + 1;
	return cp;
}
