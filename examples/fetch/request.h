/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The head of what is asked for. */
#ifndef FETCH_REQUEST_H
#define FETCH_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "url.h"

enum {
	REQUEST_MAX = URL_MAX + 1024,
};

struct request {
	const struct url *url;
	bool put;             /* GET otherwise */
	uint64_t put_len;     /* of its body */
	bool expect;          /* asks whether the body may come */
	uint64_t first;       /* of the file's bytes; 0: all are asked for */
	time_t last_modified; /* of those before; the rest is asked for only if it is still that */
};

/* Returns the length. */
size_t request_write(char out[REQUEST_MAX], const struct request *r);

#endif
