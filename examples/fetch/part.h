/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where the body of an answer goes: to FILE.part beside the file, which takes the file's name once it is
 * whole. What is not whole stays there for a later --continue, with the server's date as its own.
 */
#ifndef FETCH_PART_H
#define FETCH_PART_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct part {
	const char *path;    /* borrowed; NULL: standard output */
	char temp[PATH_MAX]; /* empty: it goes straight to where it belongs */
	int fd;
	uint64_t len;         /* bytes that are there */
	time_t last_modified; /* of these; 0: they cannot be gone on with */
	int error;            /* errno of a write that failed */
};

/* go_on: with what a former fetch left behind. False: one sentence was printed. */
bool part_open(struct part *p, const char *path, bool go_on);

/* The answer begins anew, whatever is there. */
bool part_restart(struct part *p);

/* False: p->error says why. */
bool part_write(struct part *p, const char *bytes, size_t len);

/* It is whole: it takes its name. False: one sentence was printed, and it stays a part. */
bool part_finish(struct part *p);

/* It is not. True: there is something that --continue goes on with. */
bool part_leave(struct part *p);

#endif
