# shellcheck shell=bash disable=SC2154,SC2016
# User-Mode Linux boots inside the root, on the root's own files, with its modules.

new_clone 'd clone'
clone=$temp/'d clone'
run=$clone/tools/run

if ! "$run" bash -c 'command -v linux.uml' > /dev/null; then
	skipped 'User-Mode Linux boots in the root' 'user-mode-linux is not installed'
else
	cat > "$clone/init" <<'END'
#!/bin/bash
mount -t proc proc /proc
modprobe tls && grep -q '^tls ' /proc/modules && echo 'tls is there'
exec python3 -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321fedc)'
END
	chmod 755 "$clone/init"
	# Copied, as the kernel splits its command line at the spaces of the path.
	said=$("$run" bash -c 'cp init /tmp/init && exec timeout 60 linux.uml mem=256M rootfstype=hostfs \
		rootflags=/ ro init=/tmp/init con0=null,fd:1 con=null' < /dev/null 2>&1)
	is 'User-Mode Linux boots in the root' 1 "$(grep -c 'Run /tmp/init as init' <<< "$said")"
	# Its registers are of a fixed size, and a processor with AMX has more: the first program
	# in it ends with this, whatever it is.
	if grep -q 'ptrace set fp regs failed' <<< "$said"; then
		skipped 'User-Mode Linux loads the tls module' \
			'this processor has more registers than User-Mode Linux can save'
	else
		is 'User-Mode Linux loads the tls module' 1 "$(grep -c '^tls is there' <<< "$said")"
	fi
fi
