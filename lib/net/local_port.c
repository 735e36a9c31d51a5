/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/local_port.h"

#include <string.h>

#include "net/siphash.h"

void
local_ports_init(struct local_ports *p, const uint8_t key[16])
{
	memcpy(p->key, key, sizeof(p->key));
	for (uint32_t i = 0; i < LOCAL_PORT_COUNTERS; i++)
		p->next[i] = (uint16_t)siphash24(key, &i, sizeof(i));
}

struct local_port_choice
local_port_begin(struct local_ports *p, const struct net_tuple *t)
{
	struct net_tuple to = *t;
	uint64_t hash;

	to.local_port = 0;
	hash = siphash24(p->key, &to, sizeof(to));
	/* Two functions of the RFC's, by two halves of one. */
	return (struct local_port_choice){
		.offset = (uint32_t)hash,
		.next = &p->next[(hash >> 32) % LOCAL_PORT_COUNTERS],
	};
}

uint16_t
local_port_next(struct local_port_choice *c)
{
	return (uint16_t)(LOCAL_PORT_FIRST + (c->offset + (*c->next)++) % LOCAL_PORT_COUNT);
}
