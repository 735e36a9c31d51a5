/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/mtu_table.h"

void
mtu_table_init(struct mtu_table *t, const uint8_t key[SIPHASH_KEY_LEN])
{
	memset(t, 0, sizeof(*t));
	memcpy(t->key, key, SIPHASH_KEY_LEN);
}

static uint32_t
set_of(const struct mtu_table *t, const struct net_addr *remote)
{
	return (uint32_t)siphash13(t->key, remote, sizeof(*remote)) % MTU_SETS * MTU_WAYS;
}

static bool
is_of(const struct mtu_entry *e, const struct net_addr *remote, uint64_t now_us)
{
	return now_us < e->until_us && net_addr_equal(&e->remote, remote);
}

void
mtu_table_note(struct mtu_table *t, const struct net_addr *remote, uint16_t mtu, uint64_t now_us)
{
	struct mtu_entry *set = &t->entries[set_of(t, remote)], *e = set;

	for (uint32_t i = 0; i < MTU_WAYS; i++) {
		if (is_of(&set[i], remote, now_us)) {
			e = &set[i];
			if (e->mtu <= mtu)
				return;
			break;
		}
		if (set[i].until_us < e->until_us)
			e = &set[i];
	}
	*e = (struct mtu_entry){
		.remote = *remote,
		.until_us = now_us + MTU_KEEP_US,
		.mtu = mtu,
	};
}

uint16_t
mtu_table_find(const struct mtu_table *t, const struct net_addr *remote, uint64_t now_us)
{
	const struct mtu_entry *set = &t->entries[set_of(t, remote)];

	for (uint32_t i = 0; i < MTU_WAYS; i++)
		if (is_of(&set[i], remote, now_us))
			return set[i].mtu;
	return 0;
}
