/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "work.h"

#include <rte_memory.h>

#include "buf/pools.h"
#include "crypto/select.h"

enum { KEYS_MAX = 64 };

static struct crypto_select chosen;

int
work_provider_open(const char *name)
{
	const struct cryptodev_conf conf = {
		.name = "perf",
		.socket_id = SOCKET_ID_ANY,
		.max_keys = KEYS_MAX,
	};

	return crypto_select_make(&chosen, name, &conf);
}

void
work_provider_close(void)
{
	crypto_select_fini(&chosen);
}

const struct crypto_provider *
work_provider(void)
{
	return chosen.provider;
}

const char *
work_provider_name(void)
{
	return chosen.provider->name;
}

const char *
work_provider_text(void)
{
	return chosen.text;
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
