# shellcheck shell=bash disable=SC2034
# What every tool starts from: messages, the source folder, refusals.

source_dir=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
tool_name=${tool_name:-tools/${0##*/}}

say() {
	printf '%s: %s\n' "$tool_name" "$*" >&2
}

die() {
	say "$*"
	exit 1
}

# The comment at the top of the script is its help text.
show_help() {
	sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"
}

# refuse_option ARGUMENT: what the tool does not know.
refuse_option() {
	local kind=argument
	[[ $1 != -* ]] || kind=option
	say "unknown $kind '$1' ($tool_name --help lists them)"
	exit 2
}

is_root() {
	[ "$(id -u)" -eq 0 ]
}
