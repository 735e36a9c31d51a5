# shellcheck shell=bash disable=SC2154
# Mounts inside a private mount namespace; nothing here may run outside of one.

# Only single device nodes are shown, each bound alone: a wild `rm -rf /dev`
# in the root meets busy mount points and a tmpfs, never the host's /dev.
mount_dev() {
	local view=$1 node
	mount -t tmpfs -o mode=755 recordtls-dev "$view/dev"
	mkdir "$view/dev/shm" "$view/dev/pts"
	mount -t tmpfs -o mode=1777 recordtls-shm "$view/dev/shm"
	mount --rbind /dev/pts "$view/dev/pts"
	for node in /dev/{null,zero,full,random,urandom,tty,ptmx,kvm,vhost-net,net/tun} \
		/dev/uio* /dev/vfio/* /dev/infiniband/*; do
		[ -c "$node" ] || continue
		bind_file "$node" "$view$node"
	done
	# The host's huge pages, but none of the files that others have in them;
	# only root gets that.
	if [ -d /dev/hugepages ]; then
		mkdir "$view/dev/hugepages"
		mount -t hugetlbfs recordtls-huge "$view/dev/hugepages" 2> /dev/null || true
	fi
	ln -s /proc/self/fd "$view/dev/fd"
	ln -s fd/0 "$view/dev/stdin"
	ln -s fd/1 "$view/dev/stdout"
	ln -s fd/2 "$view/dev/stderr"
}

bind_file() {
	mkdir -p -- "${2%/*}"
	: > "$2"
	mount --bind -- "$1" "$2"
}

mount_tmp() {
	local view=$1
	mount -t tmpfs -o mode=1777 recordtls-tmp "$view/tmp"
	mount -t tmpfs -o mode=755 recordtls-run "$view/run"
	mkdir -m 1777 "$view/run/lock"
}

mount_kernel() {
	mount --rbind /proc "$1/proc"
	mount --rbind /sys "$1/sys"
}

# expose ROOT VIEW DIR SOURCE: shows ROOT/DIR at VIEW/DIR. What lies on the way
# to the source folder becomes a folder of the view, so that the source folder
# gets its mount point without a change in the root.
expose() {
	local root=$1 view=$2 dir=$3 source=$4 entry path
	for entry in "$root$dir"/* "$root$dir"/.[!.]*; do
		path=$dir/${entry##*/}
		case $path in
		/dev | /proc | /sys | /tmp | /run)
			mkdir "$view$path"
			continue
			;;
		esac
		if [ -L "$entry" ]; then
			cp -P -- "$entry" "$view$path"
		elif [ -d "$entry" ]; then
			mkdir -- "$view$path"
			case $source/ in
			"$path"/*) expose "$root" "$view" "$path" "$source" ;;
			*) mount --bind -o "$expose_mode" -- "$entry" "$view$path" ;;
			esac
		elif [ -f "$entry" ]; then
			: > "$view$path"
			mount --bind -o "$expose_mode" -- "$entry" "$view$path"
		fi
	done
}
