#!/bin/sh
# format-check.sh FILE... - are they laid out as .clang-format says?  Major versions of clang-format differ in small things, so only
# 14 (Debian 12) decides; with another one nothing is checked, and that is said.
version=$(clang-format --version | sed 's/.*version \([0-9]*\).*/\1/')
if [ "$version" != 14 ]; then
	echo "format: clang-format is version $version, not 14: not checked"
	exit 0
fi
exec clang-format --dry-run --Werror "$@"
