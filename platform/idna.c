#include "platform/idna_internal.h"

#include <stdint.h>
#include <string.h>

#include <unicode/uidna.h>

bool
idna_to_ascii(const char *host, char *out, size_t size)
{
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UErrorCode status = U_ZERO_ERROR;
	UIDNA *idna =
	    uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_CONTEXTJ, &status);
	int32_t len = 0;

	if (U_SUCCESS(status) && size <= INT32_MAX)
		len = uidna_nameToASCII_UTF8(idna, host, -1, out, (int32_t)size, &info, &status);
	uidna_close(idna);
	return U_SUCCESS(status) && info.errors == 0 && len > 0 && (size_t)len < size;
}
