# shellcheck shell=bash
# What the stages in tools/check.d start from. They run in the source folder.

set -euo pipefail

skip() {
	printf '%s\n' "$*"
	exit 77
}

# Results of single checks inside one stage.
stage_failed=0

pass() {
	printf 'ok - %s\n' "$*"
}

fail() {
	printf 'not ok - %s\n' "$*"
	stage_failed=1
}

# expect TITLE CMD...: one result, by the exit code of CMD.
expect() {
	local title=$1
	shift
	if "$@"; then
		pass "$title"
	else
		fail "$title"
	fi
}

finish() {
	exit "$stage_failed"
}

# configure NAME [MESON OPTION ...]: build/NAME, once, and again when the options change.
configure() {
	local dir=build/$1
	shift
	if [ ! -e "$dir/build.ninja" ] || [ "$(cat -- "$dir/.options")" != "${CC-} $*" ]; then
		rm -rf -- "$dir"
		meson setup "$dir" "$@" || return
		printf '%s\n' "${CC-} $*" > "$dir/.options"
	fi
}

build_gcc() {
	CC=gcc configure check-gcc -Dwerror=true && ninja -C build/check-gcc
}

# One build for three: what Clang warns of, the sanitizers, and the fuzzers of tools/fuzz.
configure_clang() {
	# LLVM's linker: GNU's takes longer for a program than Clang for its source.
	CC=clang CC_LD=lld configure check-clang -Dwerror=true -Dfuzz=true -Db_sanitize=address,undefined \
		-Db_lundef=false -Dbuildtype=debugoptimized
}

build_clang() {
	configure_clang && ninja -C build/check-clang
}

# quietly CMD...: shows what CMD said only if it failed, and ends the stage then.
quietly() {
	local said
	said=$("$@" 2>&1) || {
		printf '%s\n' "$said"
		exit 1
	}
}

# In a network of its own, where that is possible: nothing of a test shows up in
# the host's.
own_network() {
	if [ "$(id -u)" -eq 0 ] && unshare --net true 2> /dev/null; then
		unshare --net bash -c 'ip link set lo up; exec "$@"' bash "$@"
	else
		"$@"
	fi
}

# suite DIR SUITE [OPTION ...]: runs a suite of meson tests, results as TAP lines.
suite() {
	local dir=build/$1 suite=$2 code=0 multiplier=1
	shift 2
	[ -z "${RECORDTLS_FULL-}" ] || multiplier=10
	rm -f -- "$dir/meson-logs/$suite.json"
	own_network meson test -C "$dir" --no-rebuild --suite "$suite" --logbase "$suite" \
		--timeout-multiplier "$multiplier" --quiet "$@" > "$dir/$suite.out" 2>&1 || code=$?
	if [ ! -s "$dir/meson-logs/$suite.json" ]; then
		if [ "$code" -eq 0 ]; then
			printf 'ok - %s # SKIP no tests in this suite\n' "$suite"
			return
		fi
		cat -- "$dir/$suite.out"
		fail "$suite: meson test ended with $code"
		return
	fi
	tools/lib/meson-results "$dir/meson-logs/$suite.json"
	[ "$code" -eq 0 ] || stage_failed=1
}
