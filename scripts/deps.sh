#!/bin/sh
# deps.sh build|test - installs the Debian packages that are missing; says so first; does nothing when all are there.
# Elsewhere than on Debian it prints what is needed.
set -eu

build='gcc libc6-dev pkg-config libuv1-dev libcurl4-openssl-dev libmicrohttpd-dev libjansson-dev libstemmer-dev
libutf8proc-dev libsqlite3-dev libxml2-dev libyaml-dev libssl-dev libicu-dev'
# The servers and clients that tests talk to are not installed but unpacked under build/peers (tests/system/peers.py).
test='libcmocka-dev python3 clang llvm clang-format'

case "${1:-}" in
build) want=$build ;;
test) want=$test; command -v npm >/dev/null 2>&1 || want="$want nodejs npm" ;;
*) echo "usage: deps.sh build|test" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
	echo "This is not Debian; these of its packages (or their like) are needed:" >&2
	echo $want >&2
	[ "$1" = build ] && command -v pkg-config >/dev/null 2>&1 && exit 0
	exit 1
fi

missing=
for package in $want; do
	case "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null)" in
	*' installed') ;;
	*) missing="$missing $package" ;;
	esac
done
[ -z "$missing" ] && exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "Missing packages; as root run: apt-get install$missing" >&2
		exit 1
	fi
	sudo='sudo'
	echo "Earshot needs packages from Debian; sudo will ask for your password:" >&2
fi
echo "Installing$missing" >&2
log=$(mktemp)
run() {
	if ! "$@" >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		echo "could not install; by hand: apt-get install$missing" >&2
		rm -f "$log"
		exit 1
	fi
}
run $sudo apt-get update
run $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
rm -f "$log"
