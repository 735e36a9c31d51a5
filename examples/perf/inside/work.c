/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "work.h"

#include <string.h>

#include "buf/pools.h"
#include "crypto/provider.h"

const struct crypto_provider *
work_provider(const char *name)
{
	const struct crypto_provider *p = crypto_libcrypto();

	return strcmp(p->name, name) == 0 ? p : NULL;
}

const char *
work_provider_names(void)
{
	return "libcrypto";
}

uint32_t
work_count(uint32_t size, size_t bytes)
{
	const uint32_t over = BUF_PLAIN_OFF + 1 + RECORD_TAG_LEN;
	uint32_t room = BUF_LARGE_ROOM;

	if (size + over <= BUF_SMALL_ROOM)
		room = BUF_SMALL_ROOM;
	else if (size + over <= BUF_MEDIUM_ROOM)
		room = BUF_MEDIUM_ROOM;
	return (uint32_t)(bytes / room);
}
