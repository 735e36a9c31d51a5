/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Files that clients send. Each grows under a name that nobody can guess, and takes its own once it is
 * whole. A thread writes; two buffers bound how far it may be behind, and who is ahead of it has to wait.
 */
#ifndef FILESERVER_UPLOAD_H
#define FILESERVER_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPLOAD_UNKNOWN UINT64_MAX

struct upload_conf {
	int root_fd; /* of path_root(); borrowed */
	uint64_t max_bytes;
	uint32_t max_files; /* at once */
};

struct upload;
struct upload_set;

/* NULL: no memory. */
struct upload_set *upload_set_create(const struct upload_conf *conf);

/* The user of a file for which something was done by the thread, or NULL. */
void *upload_set_turn(struct upload_set *set);

/* All that were opened have been closed. NULL is fine. */
void upload_set_destroy(struct upload_set *set);

/*
 * A file of len bytes, or UPLOAD_UNKNOWN; path as of path_decode(). The status of an answer: 200: *out
 * is to be closed. 403, 409: there is no such folder, or something else than a file has the name; 413, 414,
 * 500, 503: too many at once; 507.
 */
int upload_open(struct upload_set *set, const char *path, uint64_t len, void *user,
		struct upload **out);

/* How much it takes now. 0: upload_set_turn() tells when it is more. */
size_t upload_room(const struct upload *u);

/* What has become of it so far: 0: it goes on; else the status of an answer. */
int upload_status(const struct upload *u);

/* As many bytes as there is room for, at most. 0, or the status of an answer: no more is
 * taken. */
int upload_take(struct upload *u, const char *bytes, size_t len);

/* Less came in so long than a client that keeps one of few places has to send. */
bool upload_is_slow(const struct upload *u, uint64_t took_us);

/*
 * It is whole. 0: not yet written, upload_set_turn() tells when to ask again; else the status of an
 * answer: 201: it is there; 204: it is there, in the place of another.
 */
int upload_end(struct upload *u);

/* Nothing of a file that has not come to its end is left. NULL is fine. */
void upload_close(struct upload *u);

#endif
