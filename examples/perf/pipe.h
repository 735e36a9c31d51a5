/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A byte stream in memory from one TLS library to its peer: what is put is copied once, and
 * what is taken too, as by a memory BIO, through memory of a given size in a circle.
 */
#ifndef PERF_PIPE_H
#define PERF_PIPE_H

#include <stddef.h>
#include <stdint.h>

struct pipe {
	uint8_t *bytes;
	size_t size;
	size_t put; /* since the beginning */
	size_t got;
};

/* 0 or -1: no memory. */
int pipe_init(struct pipe *p, size_t size);

/* How many were taken or given; fewer than len when it is full or empty. */
size_t pipe_put(struct pipe *p, const void *from, size_t len);
size_t pipe_get(struct pipe *p, void *to, size_t len);

void pipe_fini(struct pipe *p);

#endif
