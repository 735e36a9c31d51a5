/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* From a request's target to a file below the root, and never to another. */
#ifndef FILESERVER_PATH_H
#define FILESERVER_PATH_H

#include <limits.h>
#include <stddef.h>
#include <sys/stat.h>

/* O_PATH descriptor of the root, or -errno; -ENOSYS: the kernel has no openat2(). */
int path_root(const char *dir);

/*
 * The path of a target: scheme and authority, query and fragment are cut off,
 * percent-encoding is undone once. Relative, without leading slashes.
 * 200, or 400. out holds as many bytes as the target.
 */
int path_decode(const char *target, char *out, size_t cap);

/* Opens a regular file; *fd is the caller's, *st what it is. 200, 403, 404, 500 or 503. */
int path_open(int root_fd, const char *path, int *fd, struct stat *st);

/*
 * The folder that a new file of that path would be in, as an O_PATH descriptor, which is the caller's, and its
 * name in there. 200, 403, 409: there is no such folder, or that is no name of a file; 414, 500 or 503.
 */
int path_parent(int root_fd, const char *path, int *dir_fd, char name[NAME_MAX + 1]);

#endif
