/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE /* O_NOFOLLOW, flock() */
#include "part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/say.h"

static bool
fail(const char *path)
{
	say("cannot write %s: %s", path, strerror(errno));
	return false;
}

/* A device or a pipe: nothing can take its place. */
static bool
open_straight(struct part *p)
{
	p->fd = open(p->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return p->fd >= 0 || fail(p->path);
}

static bool
is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* What is there, and since when. */
static bool
take_over(struct part *p)
{
	struct stat st;

	if (fstat(p->fd, &st) < 0 || lseek(p->fd, 0, SEEK_END) < 0)
		return fail(p->temp);
	p->len = (uint64_t)st.st_size;
	p->last_modified = st.st_mtime;
	return true;
}

/* Whoever had it until now may have given it its name, or removed it. */
static bool
has_its_name(const struct part *p, const struct stat *st)
{
	struct stat there;

	return lstat(p->temp, &there) == 0 && there.st_dev == st->st_dev &&
	       there.st_ino == st->st_ino;
}

static bool
open_temp(struct part *p, bool go_on)
{
	struct stat st;

	/* No link: what it points to is nobody's part. */
	p->fd = open(p->temp, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (p->fd < 0 || fstat(p->fd, &st) < 0)
		return fail(p->temp);
	if (!S_ISREG(st.st_mode) || flock(p->fd, LOCK_EX | LOCK_NB) < 0 || !has_its_name(p, &st)) {
		say("cannot write %s: %s", p->temp,
		    S_ISREG(st.st_mode) ? "another program does" : "it is no regular file");
		close(p->fd);
		/* It is not ours to remove. */
		p->fd = -1;
		return false;
	}
	return go_on ? take_over(p) : part_restart(p);
}

bool
part_open(struct part *p, const char *path, bool go_on)
{
	*p = (struct part){ .path = path, .fd = STDOUT_FILENO };
	if (path == NULL)
		return true;
	if (is_special(path))
		return open_straight(p);
	if ((size_t)snprintf(p->temp, sizeof(p->temp), "%s.part", path) < sizeof(p->temp))
		return open_temp(p, go_on);
	/* What is left of that name may be the file's own, and is not ours to remove. */
	p->temp[0] = '\0';
	p->fd = -1;
	errno = ENAMETOOLONG;
	return fail(path);
}

bool
part_restart(struct part *p)
{
	p->len = 0;
	p->last_modified = 0;
	if (p->temp[0] == '\0')
		return true;
	return (ftruncate(p->fd, 0) == 0 && lseek(p->fd, 0, SEEK_SET) == 0) || fail(p->temp);
}

bool
part_write(struct part *p, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(p->fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			p->error = n < 0 ? errno : EIO;
			return false;
		}
		bytes += n;
		len -= (size_t)n;
		p->len += (uint64_t)n;
	}
	return true;
}

static void
keep_date(struct part *p)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
					   { .tv_sec = p->last_modified } };

	if (p->last_modified != 0)
		futimens(p->fd, times);
}

bool
part_finish(struct part *p)
{
	if (p->path == NULL)
		return true;
	keep_date(p);
	/* Some file systems say only now that there was no room. */
	if (p->temp[0] != '\0' && fsync(p->fd) < 0)
		return fail(p->temp);
	if (p->temp[0] != '\0' && rename(p->temp, p->path) < 0)
		return fail(p->path);
	if (close(p->fd) < 0)
		return fail(p->path);
	p->fd = -1;
	return true;
}

bool
part_leave(struct part *p)
{
	bool useful = p->temp[0] != '\0' && p->len > 0 && p->last_modified != 0;

	if (p->path == NULL || p->fd < 0)
		return false;
	if (useful)
		keep_date(p);
	else if (p->temp[0] != '\0')
		unlink(p->temp);
	close(p->fd);
	p->fd = -1;
	return useful;
}
