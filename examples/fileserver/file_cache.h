/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Files that were asked for lately stay open, and their bytes in memory, so that who asks again costs
 * no system call. The name of a file that is asked for is looked up again each second, by the
 * rules of path_open(): whoever is changed, replaced, or gone is so after a second. An answer goes on
 * with the file that it began with.
 *
 * Bytes are taken into memory once two looks a second apart saw the same file: no write is then so
 * close to them that its time of change could be the same. Who was asked for in the last second makes room
 * for nobody's bytes, so that more files than there is memory for do not chase each other.
 */
#ifndef FILESERVER_FILE_CACHE_H
#define FILESERVER_FILE_CACHE_H

#include <stdint.h>

#include "shared_file.h"

enum {
	FILE_CACHE_LOOK_US = 1000000,  /* how late a change may be seen */
	FILE_CACHE_KEEP_US = 10000000, /* for who is not asked for again */
};

struct file_cache_conf {
	int root_fd;        /* of path_root(); borrowed */
	uint32_t max_files; /* that stay open; 0: none, each is opened when it is asked for */
	uint64_t max_bytes; /* in memory, with what is here no more and still being sent */
	void (*release)(void *handle); /* of a file, with its descriptor */
};

struct file_cache;

/* NULL: no memory. */
struct file_cache *file_cache_create(const struct file_cache_conf *conf);

/* A status as of path_open(); 200: *out is to be given back by file_cache_put(). */
int file_cache_open(struct file_cache *c, const char *path, uint64_t now_us,
		    struct shared_file **out);
void file_cache_put(struct file_cache *c, struct shared_file *f);

/* Some file has changed: each is looked at again, without a delay. */
void file_cache_look(struct file_cache *c);

/* Now and then: lets go who was not asked for. */
void file_cache_sweep(struct file_cache *c, uint64_t now_us);

uint32_t file_cache_files(const struct file_cache *c);
uint64_t file_cache_bytes(const struct file_cache *c);

/* All that were opened have been put. NULL is fine. */
void file_cache_destroy(struct file_cache *c);

#endif
