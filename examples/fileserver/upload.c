/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE /* renameat2() */
#include "upload.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"
#include "writer.h"

enum {
	BUFFER_LEN = 128 << 10,
	TEMP_LEN = 32,
	PATIENCE_S = 60,
	BYTES_PER_S = 1024, /* on the whole, beside that */
};

#define SECOND_US UINT64_C(1000000)

struct upload_set {
	struct upload_conf conf;
	struct writer *writer;
	uint32_t nb_files;
};

/* While it is with the writer, that one has all but what says so. */
struct upload {
	struct writer_job job;
	struct upload_set *set;
	void *user;
	bool with_writer;
	bool closed; /* nobody waits for the writer but the memory */
	/* the poll loop's */
	uint64_t taken;
	unsigned int filling; /* which buffer */
	bool whole;
	/* the writer's */
	int dir_fd;
	int fd;
	int status; /* 0: not at its end, nothing has failed */
	char temp[TEMP_LEN];
	char name[NAME_MAX + 1];
	size_t len[2];
	uint8_t bytes[2][BUFFER_LEN];
};

static int
status_of(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
	case EROFS:
		return 403;
	case EISDIR:
	case ENOTDIR:
	case ENOTEMPTY:
	case ENOENT:
	case EEXIST:
		return 409;
	case ENAMETOOLONG:
		return 414;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return 503;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return 507;
	default:
		return 500;
	}
}

/* --- on the thread ------------------------------------------------------------- */

static void
write_out(struct writer_job *job)
{
	struct upload *u = (struct upload *)job;
	unsigned int which = u->filling ^ 1;
	size_t off = 0;
	ssize_t n;

	while (off < u->len[which]) {
		n = write(u->fd, u->bytes[which] + off, u->len[which] - off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			u->status = status_of(n < 0 ? errno : EIO);
			return;
		}
		off += (size_t)n;
	}
}

/* 201 or 204, or why not. What has the name by now may be no file any more. */
static int
take_name(const struct upload *u)
{
	struct stat st;

	if (renameat2(u->dir_fd, u->temp, u->dir_fd, u->name, RENAME_NOREPLACE) == 0)
		return 201;
	/* EINVAL: a file system that does not know it. */
	if (errno != EEXIST && errno != EINVAL)
		return status_of(errno);
	if (fstatat(u->dir_fd, u->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return 409;
	if (renameat(u->dir_fd, u->temp, u->dir_fd, u->name) < 0)
		return status_of(errno);
	return 204;
}

static void
place(struct writer_job *job)
{
	struct upload *u = (struct upload *)job;

	/* Some file systems say only now that there was no room. */
	u->status = fsync(u->fd) < 0 ? status_of(errno) : take_name(u);
	if (u->status == 201 || u->status == 204)
		u->temp[0] = '\0';
}

/* --- on the poll loop ---------------------------------------------------------- */

struct upload_set *
upload_set_create(const struct upload_conf *conf)
{
	struct upload_set *set = calloc(1, sizeof(*set));

	if (set == NULL)
		return NULL;
	set->conf = *conf;
	set->writer = writer_create();
	if (set->writer != NULL)
		return set;
	free(set);
	return NULL;
}

static void
give_to_writer(struct upload *u, void (*run)(struct writer_job *))
{
	u->with_writer = true;
	u->job.run = run;
	writer_add(u->set->writer, &u->job);
}

/* On to the other buffer, or, with all of it, to its name. */
static void
go_on(struct upload *u)
{
	size_t len = u->len[u->filling];

	if (u->with_writer || u->status != 0)
		return;
	if (len == BUFFER_LEN || (u->whole && len != 0)) {
		u->filling ^= 1;
		u->len[u->filling] = 0;
		give_to_writer(u, write_out);
	} else if (u->whole) {
		give_to_writer(u, place);
	}
}

static void
release(struct upload *u)
{
	if (u->temp[0] != '\0')
		unlinkat(u->dir_fd, u->temp, 0);
	if (u->fd >= 0)
		close(u->fd);
	if (u->dir_fd >= 0)
		close(u->dir_fd);
	u->set->nb_files--;
	free(u);
}

void *
upload_set_turn(struct upload_set *set)
{
	struct upload *u;

	while ((u = (struct upload *)writer_done(set->writer)) != NULL) {
		u->with_writer = false;
		if (!u->closed) {
			go_on(u);
			return u->user;
		}
		release(u);
	}
	return NULL;
}

void
upload_set_destroy(struct upload_set *set)
{
	if (set == NULL)
		return;
	writer_finish(set->writer);
	upload_set_turn(set);
	writer_destroy(set->writer);
	free(set);
}

static int
make_temp(struct upload *u)
{
	uint64_t random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return 500;
	snprintf(u->temp, sizeof(u->temp), ".upload-%016" PRIx64, random);
	u->fd = openat(u->dir_fd, u->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0666);
	if (u->fd >= 0)
		return 200;
	u->temp[0] = '\0';
	return status_of(errno);
}

/* A file, or nothing, may be replaced. */
static int
look_at_name(const struct upload *u)
{
	struct stat st;

	if (fstatat(u->dir_fd, u->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 200 : status_of(errno);
	return S_ISREG(st.st_mode) ? 200 : 409;
}

int
upload_open(struct upload_set *set, const char *path, uint64_t len, void *user, struct upload **out)
{
	struct upload *u;
	int status;

	if (len != UPLOAD_UNKNOWN && len > set->conf.max_bytes)
		return 413;
	if (set->nb_files >= set->conf.max_files || (u = malloc(sizeof(*u))) == NULL)
		return 503;
	/* Not the buffers. */
	memset(u, 0, offsetof(struct upload, bytes));
	u->set = set;
	u->user = user;
	u->fd = -1;
	set->nb_files++;
	status = path_parent(set->conf.root_fd, path, &u->dir_fd, u->name);
	if (status == 200)
		status = look_at_name(u);
	if (status == 200)
		status = make_temp(u);
	if (status == 200)
		*out = u;
	else
		release(u);
	return status;
}

size_t
upload_room(const struct upload *u)
{
	return BUFFER_LEN - u->len[u->filling];
}

int
upload_status(const struct upload *u)
{
	return u->with_writer ? 0 : u->status;
}

int
upload_take(struct upload *u, const char *bytes, size_t len)
{
	uint64_t left = u->set->conf.max_bytes - u->taken;

	int status = upload_status(u);

	if (status != 0)
		return status;
	if (len > left)
		return 413;
	memcpy(u->bytes[u->filling] + u->len[u->filling], bytes, len);
	u->len[u->filling] += len;
	u->taken += len;
	go_on(u);
	return 0;
}

bool
upload_is_slow(const struct upload *u, uint64_t took_us)
{
	return took_us / SECOND_US > PATIENCE_S + u->taken / BYTES_PER_S;
}

int
upload_end(struct upload *u)
{
	u->whole = true;
	go_on(u);
	return upload_status(u);
}

void
upload_close(struct upload *u)
{
	if (u == NULL)
		return;
	if (u->with_writer)
		u->closed = true;
	else
		release(u);
}
