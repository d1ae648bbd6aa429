/* What is read as a time lies in the years 0 to 10000 (an offset may move it by a day), and written
 * and read again it is the same instant. */
#include "core/timefmt.h"

#include "tests/fuzz/fuzz_law.h"

#define YEAR_1_MS INT64_C(-62135596800000)
#define YEAR_10000_MS INT64_C(253402300800000)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_make((const char *)data, size);
	char text[TIME_TEXT_MAX], mail[TIME_TEXT_MAX + 8];
	int64_t at_ms, again;

	for (int kind = 0; kind < 2; kind++) {
		bool is_time =
		    kind == 0 ? time_parse_rfc3339(s, &at_ms) : time_parse_rfc822(s, &at_ms);
		if (!is_time)
			continue;
		LAW(at_ms >= YEAR_1_MS - TIME_DAY_MS && at_ms < YEAR_10000_MS + TIME_DAY_MS);
		time_format_rfc3339(at_ms, text);
		if (at_ms < YEAR_1_MS || at_ms >= YEAR_10000_MS)
			continue;
		LAW(time_parse_rfc3339(slice_of(text), &again) && again == at_ms);
		time_format_rfc822(at_ms, true, mail);
		LAW(time_parse_rfc822(slice_of(mail), &again));
		LAW(again <= at_ms && at_ms - again < TIME_SECOND_MS);
	}
	return 0;
}
