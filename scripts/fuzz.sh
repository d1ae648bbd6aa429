#!/bin/sh
# fuzz.sh DIR SECONDS TARGET... - runs all targets side by side, two at a time, sharing SECONDS of wall time per lane; a crash
# leaves its input in DIR and fails the run.
dir=$1; seconds=$2; shift 2
count=$#
[ "$count" -gt 0 ] || { echo "no fuzz targets"; exit 1; }
lanes=$(nproc 2>/dev/null || echo 2)
each=$(( seconds * lanes / count ))
[ "$each" -ge 2 ] || each=2
printf '%s\n' "$@" | xargs -P "$lanes" -I{} sh -c '
	dir=$1; each=$2; target=$3
	mkdir -p "$dir/corpus/$target"
	seeds=; [ -d "tests/fuzz/seeds/$target" ] && seeds="tests/fuzz/seeds/$target"
	if "$dir/$target" -max_total_time="$each" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -artifact_prefix="$dir/$target-" \
		"$dir/corpus/$target" $seeds >"$dir/$target.log" 2>&1; then
		echo "fuzz: $target: $(grep -o "Done [0-9]* runs" "$dir/$target.log" || echo quiet) in ${each} s"
	else
		echo "fuzz: $target FAILED"; tail -n 30 "$dir/$target.log"; exit 1
	fi' sh "$dir" "$each" {}
