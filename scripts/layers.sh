#!/bin/sh
# layers.sh - checks #include lines against scripts/layers.txt; prints each breach, exits 1 if there is one.
cd "$(dirname "$0")/.." || exit 2
awk '
FNR == NR {
	if ($0 ~ /^#/ || NF == 0) next
	name = $1; sub(/:$/, "", name)
	if (name ~ /^@/) { library[substr(name, 2)] = $2; next }
	room[name] = 1; allowed[name, name] = 1
	for (i = 2; i <= NF; i++) allowed[name, $i] = 1
	next
}
/^[ \t]*#[ \t]*include/ {
	split(FILENAME, part, "/"); here = part[1]
	target = $0; sub(/^[^"<]*["<]/, "", target); sub(/[">].*$/, "", target)
	if ($0 ~ /</) {
		for (prefix in library)
			if (index(target, prefix) == 1 && library[prefix] != here) {
				printf "%s:%d: only %s/ may include <%s>\n", FILENAME, FNR, library[prefix], target; bad++
			}
		next
	}
	n = split(target, to, "/")
	if (n < 2) next
	if (!(to[1] in room)) next
	if (!((here, to[1]) in allowed)) {
		printf "%s:%d: %s/ may not include \"%s\"\n", FILENAME, FNR, here, target; bad++
	}
	if (target ~ /_internal\.h$/ && to[1] != here) {
		printf "%s:%d: \"%s\" never leaves its room\n", FILENAME, FNR, target; bad++
	}
}
END { exit bad > 0 }
' scripts/layers.txt $(ls core/*.[ch] platform/*.[ch] store/*.[ch] nlp/*.[ch] rules/*.[ch] people/*.[ch] actions/*.[ch] \
	collectors/*.[ch] api/*.[ch] daemon/*.[ch] 2>/dev/null)
