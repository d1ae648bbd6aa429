#!/bin/sh
# coverage.sh DIR - percent of lines run by the tests, per file, worst first.
find "$1" -name '*.gcda' -path '*/*' | while read -r data; do
	gcov -n "$data" 2>/dev/null
done | awk '/^File/{f=$2; gsub(/\x27/,"",f)} /^Lines executed/{split($2,a,":"); sub("%","",a[2]); if (f !~ /^(tests|\/)/) print a[2], f}' |
	sort -n | awk '{printf "%6.1f %%  %s\n", $1, $2}'
