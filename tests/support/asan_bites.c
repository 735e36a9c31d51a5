/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Reads behind a heap block: a sanitized build must not survive this. */
#include <stdlib.h>

int
main(int argc, char **argv)
{
	volatile unsigned char *p = malloc((size_t)argc);
	unsigned char c = p[argc];

	(void)argv;
	free((void *)p);
	return c & 0;
}
