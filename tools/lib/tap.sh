# shellcheck shell=bash
# Counts the results of one stage of tools/check. The host may have no more than
# a shell, so this is one.

# count_tap LOG CODE: sets tap_passed, tap_failed, tap_skips (a reason each). A
# stage that prints no TAP lines counts once, by its exit code; a failing exit
# code without a failed line is a failure of its own.
count_tap() {
	local log=$1 code=$2 line last=
	tap_passed=0 tap_failed=0 tap_skips=()
	shopt -s nocasematch
	while IFS= read -r line || [ -n "$line" ]; do
		if [[ $line =~ ^ok([[:space:]].*)?#[[:space:]]*skip[^[:space:]]*[[:space:]]*(.*)$ ]]; then
			tap_skips+=("$(skip_title "${BASH_REMATCH[1]}")${BASH_REMATCH[2]:-no reason given}")
		elif [[ $line =~ ^ok([[:space:]]|$) ]]; then
			tap_passed=$((tap_passed + 1))
		elif [[ $line =~ ^not\ ok([[:space:]]|$) ]]; then
			tap_failed=$((tap_failed + 1))
		elif [[ $line =~ [^[:space:]] ]]; then
			last=$line
		fi
	done < "$log"
	shopt -u nocasematch
	if [ "$code" -eq 77 ] && [ "$tap_failed" -eq 0 ]; then
		tap_skips+=("${last:-no reason given}")
	elif [ "$code" -ne 0 ] && [ "$tap_failed" -eq 0 ]; then
		tap_failed=1
	elif [ "$code" -eq 0 ] && [ $((tap_passed + tap_failed + ${#tap_skips[@]})) -eq 0 ]; then
		tap_passed=1
	fi
}

skip_title() {
	local title
	title=$(sed -E 's/^[[:space:]]*[0-9]*[[:space:]]*-?[[:space:]]*//; s/[[:space:]]+$//' <<< "$1")
	printf '%s' "${title:+$title: }"
}
