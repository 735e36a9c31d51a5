/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A write beyond the limit for files (RLIMIT_FSIZE) is an error, EFBIG, and a signal that ends the
 * program. Between these two calls this thread gets the error alone.
 */
#ifndef RTLS_FILE_LIMIT_H
#define RTLS_FILE_LIMIT_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

struct file_limit {
	sigset_t mask;
	bool waits; /* one that is not by us */
};

static inline void
file_limit_begin(struct file_limit *f)
{
	sigset_t set;

	sigemptyset(&set);
	f->waits = sigpending(&set) == 0 && sigismember(&set, SIGXFSZ) == 1;
	sigemptyset(&set);
	sigaddset(&set, SIGXFSZ);
	pthread_sigmask(SIG_BLOCK, &set, &f->mask);
}

/* error: what the writes ended with, if they failed. */
static inline void
file_limit_end(const struct file_limit *f, int error)
{
	const struct timespec now = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGXFSZ);
	if (error == EFBIG && !f->waits)
		(void)sigtimedwait(&set, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &f->mask, NULL);
}

#endif
