/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * An open file that several answers are made from, as it was when it was opened: under which name it
 * was found does not matter any more. Its bytes can be taken into memory, whole, in steps.
 */
#ifndef FILESERVER_SHARED_FILE_H
#define FILESERVER_SHARED_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct shared_file {
	uint64_t size;
	const uint8_t *bytes; /* all of them; NULL: they are to be read */
	int fd;
	void *handle; /* of who reads it, or NULL: then fd is the handle's */
	uint32_t refs;
	struct stat seen; /* which file it is, and when it was changed */
	uint8_t *memory;  /* for bytes */
	uint64_t loaded;  /* of memory */
};

enum shared_file_load {
	SHARED_FILE_MORE, /* to be called again */
	SHARED_FILE_WHOLE,
	SHARED_FILE_CHANGED, /* it is another one by now, or cannot be read: memory is given back */
};

/* As path_open(); 503 also: no memory. With one reference. */
int shared_file_open(int root_fd, const char *path, struct shared_file **out);

/* Nothing that stat tells apart has changed between the two openings. */
bool shared_file_same(const struct shared_file *a, const struct shared_file *b);

/* Memory for all bytes, of which there are some. False: there is none. */
bool shared_file_load_begin(struct shared_file *f);

static inline bool
shared_file_is_loading(const struct shared_file *f)
{
	return f->memory != NULL && f->bytes == NULL;
}

/*
 * A short step; it does not wait for a disk where the file system can tell. What a write changes is not
 * mixed with what was there before: the file is looked at once more at the end.
 */
enum shared_file_load shared_file_load(struct shared_file *f);

/* Closes it, unless fd is a handle's: that is to be released before. */
void shared_file_free(struct shared_file *f);

#endif
