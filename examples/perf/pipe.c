/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "pipe.h"

#include <stdlib.h>
#include <string.h>

int
pipe_init(struct pipe *p, size_t size)
{
	*p = (struct pipe){ .bytes = malloc(size), .size = size };
	if (p->bytes == NULL)
		return -1;
	memset(p->bytes, 0, size); /* the pages are there before anything is measured */
	return 0;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t
pipe_put(struct pipe *p, const void *from, size_t len)
{
	size_t at = p->put % p->size, n, front;

	n = least(len, p->size - (p->put - p->got));
	front = least(n, p->size - at);
	memcpy(p->bytes + at, from, front);
	memcpy(p->bytes, (const uint8_t *)from + front, n - front);
	p->put += n;
	return n;
}

size_t
pipe_get(struct pipe *p, void *to, size_t len)
{
	size_t at = p->got % p->size, n, front;

	n = least(len, p->put - p->got);
	front = least(n, p->size - at);
	memcpy(to, p->bytes + at, front);
	memcpy((uint8_t *)to + front, p->bytes, n - front);
	p->got += n;
	return n;
}

void
pipe_fini(struct pipe *p)
{
	free(p->bytes);
	p->bytes = NULL;
}
