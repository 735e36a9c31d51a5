/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE /* O_PATH */
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Not to wait for the writer of a FIFO. */
static const uint64_t to_read = O_RDONLY | O_NONBLOCK | O_NOCTTY;

static int
open_below(int root_fd, const char *path, uint64_t flags)
{
	/* Resolved by the kernel in one step: no spelling and no race gets out. */
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return fd < 0 ? -errno : (int)fd;
}

int
path_root(const char *dir)
{
	int root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (root < 0)
		return -errno;
	fd = open_below(root, ".", to_read);
	if (fd < 0) {
		close(root);
		return fd;
	}
	close(fd);
	return root;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* RFC 9112 3.2.2: a server accepts the absolute form, too. */
static const char *
skip_authority(const char *target)
{
	const char *p = target;

	if (strncasecmp(p, "https://", 8) == 0)
		p += 8;
	else if (strncasecmp(p, "http://", 7) == 0)
		p += 7;
	else
		return p;
	return p + strcspn(p, "/?#");
}

int
path_decode(const char *target, char *out, size_t cap)
{
	const char *p = skip_authority(target);
	size_t n = 0;

	if (*p != '/' && p == target)
		return 400;
	for (; *p != '\0' && *p != '?' && *p != '#'; p++) {
		char c = *p;

		if (c == '%') {
			int high = hex(p[1]);
			int low = high >= 0 ? hex(p[2]) : -1;

			if (low < 0 || (high == 0 && low == 0))
				return 400;
			c = (char)(high << 4 | low);
			p += 2;
		}
		if (c == '/' && n == 0)
			continue;
		if (n + 1 >= cap)
			return 400;
		out[n++] = c;
	}
	out[n] = '\0';
	return 200;
}

/* What cannot be opened, for a reason of its own or for one that is the client's. */
static int
status_of(int rc, int otherwise)
{
	switch (rc) {
	case -EACCES:
	case -EPERM:
		return 403;
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
		return 503;
	case -ENOSYS:
		return 500;
	default:
		return otherwise;
	}
}

int
path_open(int root_fd, const char *path, int *fd, struct stat *st)
{
	int got = path[0] != '\0' ? open_below(root_fd, path, to_read) : -ENOENT;

	if (got < 0)
		return status_of(got, 404);
	if (fstat(got, st) != 0 || !S_ISREG(st->st_mode)) {
		close(got);
		return 404;
	}
	*fd = got;
	return 200;
}

int
path_parent(int root_fd, const char *path, int *dir_fd, char name[NAME_MAX + 1])
{
	const char *slash = strrchr(path, '/'), *last = slash != NULL ? slash + 1 : path;
	char parent[PATH_MAX] = ".";
	int got;

	*dir_fd = -1;
	if (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return 409;
	if (strlen(last) > NAME_MAX || (size_t)(last - path) >= sizeof(parent))
		return 414;
	strcpy(name, last);
	if (slash != NULL)
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	got = open_below(root_fd, parent, O_PATH | O_DIRECTORY);
	if (got < 0)
		return status_of(got, 409);
	*dir_fd = got;
	return 200;
}
