/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Opening what a program is told to write: a file, or a device as /dev/null. No symbolic link is
 * followed, and no pipe taken, whose reader could stop the program. A new file is its owner's alone.
 */
#ifndef RTLS_FILE_OPEN_H
#define RTLS_FILE_OPEN_H

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The descriptor, or a negative errno. flags: O_APPEND or O_TRUNC, which spares a device. */
static inline int
file_open(const char *path, int flags)
{
	const int always = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	int fd = open(path, always | (flags & ~O_TRUNC), 0600), rc;
	struct stat st;

	if (fd < 0)
		return -errno;
	rc = fstat(fd, &st) != 0 ? -errno : 0;
	if (rc == 0 && !S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		rc = -EINVAL;
	/* Not before it is known to be a file. */
	if (rc == 0 && (flags & O_TRUNC) != 0 && S_ISREG(st.st_mode) && ftruncate(fd, 0) != 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

#endif
