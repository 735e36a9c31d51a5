/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Configurations and answers of the public interface start with their size, so that a
 * program that was compiled with fewer fields works with a later library, and one with
 * more fields with an earlier.
 */
#ifndef RTLS_CORE_CONF_H
#define RTLS_CORE_CONF_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Takes what both sides know, the rest is 0; user may be NULL. 0, or -EINVAL: no size. */
static inline int
conf_copy(void *conf, uint32_t size, const void *user)
{
	uint32_t user_size;

	memset(conf, 0, size);
	if (user == NULL)
		return 0;
	memcpy(&user_size, user, sizeof(user_size));
	if (user_size < sizeof(user_size))
		return -EINVAL;
	memcpy(conf, user, user_size < size ? user_size : size);
	return 0;
}

/*
 * Answers: gives the user what there is room for; its size, and fields that only the user knows,
 * stay as they were. 0, or -EINVAL, and nothing is written: NULL, or no size.
 */
static inline int
conf_fill(void *user, const void *answer, uint32_t size)
{
	uint32_t user_size;
	const uint32_t head = sizeof(user_size);

	if (user == NULL)
		return -EINVAL;
	memcpy(&user_size, user, head);
	if (user_size < head)
		return -EINVAL;
	memcpy((char *)user + head, (const char *)answer + head,
	       (user_size < size ? user_size : size) - head);
	return 0;
}

/* Did the user set the field that ends there? For one whose default is not 0. */
static inline bool
conf_has(const void *user, size_t end)
{
	uint32_t user_size;

	if (user == NULL)
		return false;
	memcpy(&user_size, user, sizeof(user_size));
	return user_size >= end;
}

#endif
