/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE /* preadv2() */
#include "shared_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "path.h"

enum {
	STEP_LEN = 256 << 10, /* bytes: a few dozen microseconds */
};

int
shared_file_open(int root_fd, const char *path, struct shared_file **out)
{
	struct shared_file *f = calloc(1, sizeof(*f));
	int status;

	if (f == NULL)
		return 503;
	status = path_open(root_fd, path, &f->fd, &f->seen);
	if (status != 200) {
		free(f);
		return status;
	}
	f->size = (uint64_t)f->seen.st_size;
	f->refs = 1;
	*out = f;
	return 200;
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       same_time(&a->st_mtim, &b->st_mtim) && same_time(&a->st_ctim, &b->st_ctim);
}

bool
shared_file_same(const struct shared_file *a, const struct shared_file *b)
{
	return same(&a->seen, &b->seen);
}

bool
shared_file_load_begin(struct shared_file *f)
{
	f->memory = malloc(f->size);
	f->loaded = 0;
	return f->memory != NULL;
}

static enum shared_file_load
give_up(struct shared_file *f)
{
	free(f->memory);
	f->memory = NULL;
	return SHARED_FILE_CHANGED;
}

/* Not every file system knows whether a read would wait. */
static ssize_t
read_at_once(const struct shared_file *f, void *to, size_t len)
{
	const struct iovec piece = { .iov_base = to, .iov_len = len };
	ssize_t n = preadv2(f->fd, &piece, 1, (off_t)f->loaded, RWF_NOWAIT);

	return n < 0 && errno == EOPNOTSUPP ? pread(f->fd, to, len, (off_t)f->loaded) : n;
}

enum shared_file_load
shared_file_load(struct shared_file *f)
{
	uint64_t left = f->size - f->loaded;
	ssize_t n = read_at_once(f, f->memory + f->loaded, left < STEP_LEN ? left : STEP_LEN);
	struct stat now;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return SHARED_FILE_MORE;
	if (n <= 0)
		return give_up(f);
	f->loaded += (uint64_t)n;
	if (f->loaded < f->size)
		return SHARED_FILE_MORE;
	if (fstat(f->fd, &now) != 0 || !same(&f->seen, &now))
		return give_up(f);
	f->bytes = f->memory;
	return SHARED_FILE_WHOLE;
}

void
shared_file_free(struct shared_file *f)
{
	if (f->handle == NULL)
		close(f->fd);
	free(f->memory);
	free(f);
}
