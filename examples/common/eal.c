/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "eal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "say.h"

static char quiet[] = "--log-level=*:critical";
/* But for what librecordtls has to say, as of connections whose records OpenSSL keeps. */
static char notices[] = "--log-level=lib.recordtls.*:notice";

int
eal_count(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			return i;
	return 0;
}

/* A letter's value may follow at once, a word's behind '='. */
static bool
is_option(const char *arg, const char *name)
{
	size_t len = strlen(name);

	return strncmp(arg, name, len) == 0 &&
	       (name[1] != '-' || arg[len] == '\0' || arg[len] == '=');
}

bool
eal_has(int argc, char **argv, const char *const *names)
{
	for (int i = 1; i < argc; i++)
		for (const char *const *name = names; *name != NULL; name++)
			if (is_option(argv[i], *name))
				return true;
	return false;
}

/* rte_eal_init(), which prints a hundred lines of its usage on standard output otherwise. */
static int
init_silently(int argc, char **argv)
{
	int null, out, rc;

	fflush(stdout);
	out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (out >= 0 && null >= 0)
		dup2(null, STDOUT_FILENO);
	rc = rte_eal_init(argc, argv);
	/* What DPDK printed is still in the buffer of stdio. */
	fflush(stdout);
	if (out >= 0 && null >= 0)
		dup2(out, STDOUT_FILENO);
	if (null >= 0)
		close(null);
	if (out >= 0)
		close(out);
	return rc;
}

/* The EAL locks a file below its folder, which the prefix names, as long as it runs. */
static bool
prefix_is_taken(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	const char *dir = rte_eal_get_runtime_dir();
	char path[4096];
	bool taken;
	int fd;

	if (dir == NULL || dir[0] == '\0')
		return false;
	snprintf(path, sizeof(path), "%s/config", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	taken = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	if (fd >= 0)
		close(fd);
	return taken;
}

/* The EAL gives no reason for much of what can fail in it. */
static void
say_no_start(int error)
{
	if (error == EINVAL)
		say("DPDK does not accept its arguments, those before --: %s (%s)",
		    rte_strerror(error), EAL_MORE);
	else if (prefix_is_taken())
		say("another DPDK program runs with the same file prefix; give this one a "
		    "--file-prefix of its own, before --");
	else if (error == 0)
		say("DPDK does not start (%s)", EAL_MORE);
	else
		say("DPDK does not start: %s (%s)", rte_strerror(error), EAL_MORE);
}

int
eal_start(int argc, char **argv)
{
	static const char *const levels[] = { "--log-level", NULL };
	/* The EAL keeps pointers into it for the life of the process. */
	static char **args;
	int n = 0, rc;

	args = calloc((size_t)argc + 3, sizeof(*args));
	if (args == NULL) {
		say("no memory");
		return -1;
	}
	args[n++] = argv[0];
	if (!eal_has(argc, argv, levels)) {
		args[n++] = quiet;
		args[n++] = notices;
	}
	for (int i = 1; i < argc; i++)
		args[n++] = argv[i];
	rte_errno = 0;
	rc = init_silently(n, args);
	if (rc < 0)
		say_no_start(rte_errno);
	else if (rc < n - 1)
		say("'%s' is not a DPDK argument; the program's own stand behind --", args[rc + 1]);
	return rc < 0 || rc < n - 1 ? -1 : 0;
}

void
eal_say_no_memory(const char *what)
{
	unsigned long mb = (unsigned long)(rte_eal_get_physmem_size() >> 20), more = 64;

	while (more <= mb)
		more *= 2;
	if (rte_eal_has_hugepages())
		say("no memory for %s: DPDK has %lu MB in huge pages and gets no more; reserve more of "
		    "them, or free some",
		    what, mb);
	else
		say("no memory for %s: DPDK has %lu MB; give it more, for example -m %lu before --",
		    what, mb, more);
}
