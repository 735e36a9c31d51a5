# shellcheck shell=bash
# A copy of the tree to plant something in. What is sourced here runs in the source folder.

# copy_tree COPY: it keeps its build, as only what differs is written anew.
copy_tree() {
	local copy=$1 path
	mkdir -p -- "$copy"
	while IFS= read -r -d '' path; do
		cmp -s -- "$path" "$copy/$path" && continue
		mkdir -p -- "$copy/${path%/*}"
		cp -- "$path" "$copy/$path"
		chmod --reference="$path" -- "$copy/$path"
	done < <(find ./meson.build ./meson.options include lib drivers examples tests tools -type f -print0)
	while IFS= read -r -d '' path; do
		[ -e "$path" ] || rm -f -- "$copy/$path"
	done < <(cd -- "$copy" && find include lib drivers examples tests tools -type f -print0)
}

# plant PATCH COPY
plant_patch() {
	patch -d "$2" -p1 --forward --fuzz=0 --silent --no-backup-if-mismatch < "$1" || die "$1 does not apply"
}
