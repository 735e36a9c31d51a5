# shellcheck shell=bash disable=SC2034,SC2154
# The Debian 13 root: where it is, whether it is ours, whether it is ready.

release=trixie
release_number=13
root_dir=${RECORDTLS_ROOT:-/var/cache/recordtls/$release}
root_marker=/etc/recordtls-root
native_marker=/etc/recordtls-native
# One empty file per package list that has been installed, named by the list's
# hash: clones with different lists share a root without taking turns.
lists_dir=/var/lib/recordtls/lists

inside_root() {
	[ -e "$root_marker" ] || [ -e "$native_marker" ]
}

packages_of() {
	sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$source_dir/tools/packages.$1"
}

list_hash() {
	packages_of "$1" | LC_ALL=C sort | sha256sum | cut -d' ' -f1
}

# list_ready LIST [ROOT]
list_ready() {
	[ -e "${2-}$lists_dir/$(list_hash "$1")" ]
}

# root_ready LIST...: the root is there and holds these package lists.
root_ready() {
	local list
	[ -e "$root_dir$root_marker" ] || return 1
	for list; do
		list_ready "$list" "$root_dir" || return 1
	done
}

check_root_path() {
	case $root_dir in
	/*) ;;
	*) die "RECORDTLS_ROOT must be an absolute path, not '$root_dir'" ;;
	esac
	root_dir=$(realpath -m -- "$root_dir")
	[ "$root_dir" != / ] || die "RECORDTLS_ROOT cannot be /"
	beside=$(dirname -- "$root_dir")/.${root_dir##*/}
}
