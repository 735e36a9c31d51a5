/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Configurations of the public interface start with their size, so that a program
 * that was compiled with fewer fields works with a later library, and one with more
 * fields with an earlier.
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
