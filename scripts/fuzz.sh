#!/bin/sh
# fuzz.sh DIR SECONDS TARGET... - runs all targets side by side, one a processor, sharing SECONDS of wall time per lane; a crash
# leaves its input in DIR and fails the run.
#
# tests/fuzz/seeds/TARGET/ has what a target starts with, tests/fuzz/seeds/TARGET.dict the words of its language; what it finds on
# its way is kept in DIR/corpus, for the next run here.
dir=$1; seconds=$2; shift 2
count=$#
[ "$count" -gt 0 ] || { echo "no fuzz targets"; exit 1; }
lanes=$(nproc 2>/dev/null || echo 2)
each=$(( seconds * lanes / count ))
[ "$each" -ge 2 ] || each=2
# Memory that is used again soon is touched less: twice as fast where inputs are small.
export ASAN_OPTIONS=${ASAN_OPTIONS:-quarantine_size_mb=8}
rm -f "$dir"/*.failed
printf '%s\n' "$@" | xargs -P "$lanes" -I{} sh -c '
	dir=$1; each=$2; target=$3
	mkdir -p "$dir/corpus/$target"
	set --
	for seeds in "tests/fuzz/seeds/$target"; do
		[ -d "$seeds" ] && set -- "$@" "$seeds"
	done
	# What the tree has anyway; and how long an input may be where every byte costs much.
	length=16384
	case $target in
	fuzz_rules) set -- "$@" tests/rules/golden corpora/demo/rules ;;
	fuzz_template) set -- "$@" corpora/demo/templates ;;
	fuzz_import | fuzz_api | fuzz_patterns) length=4096 ;;
	fuzz_nlp | fuzz_lexicon) length=2048 ;;
	esac
	[ -f "tests/fuzz/seeds/$target.dict" ] && set -- "$@" "-dict=tests/fuzz/seeds/$target.dict"
	if "$dir/$target" -max_total_time="$each" -timeout=60 -rss_limit_mb=2048 -max_len="$length" -artifact_prefix="$dir/$target-" \
		"$dir/corpus/$target" "$@" >"$dir/$target.log" 2>&1; then
		echo "fuzz: $target: $(grep -o "Done [0-9]* runs" "$dir/$target.log" || echo quiet) in ${each} s"
	else
		echo "fuzz: $target FAILED"; tail -n 60 "$dir/$target.log"; : >"$dir/$target.failed"; exit 1
	fi' sh "$dir" "$each" {} && exit 0
# Again at the end, where one looks first.
for failed in "$dir"/*.failed; do
	target=$(basename "$failed" .failed)
	echo "fuzz: $target failed; its input is $dir/$target-..., all it said in $dir/$target.log:"
	grep -m 3 -e "law broken" -e "Assertion" -e "ERROR:" -e "runtime error:" -e "SUMMARY:" "$dir/$target.log"
done
exit 1
