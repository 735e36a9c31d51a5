/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/backlog.h"

#include <errno.h>

#include <rte_malloc.h>
#include <rte_mbuf.h>

int
backlog_init(struct nic_backlog *b, uint32_t max_contexts)
{
	b->max_contexts = max_contexts;
	b->max_packets = BACKLOG_PACKETS;
	/* A start, a resync and a del of each, and a reset. */
	b->size = BACKLOG_PACKETS + 3 * max_contexts + 1;
	b->msgs = rte_malloc("tlsnic", b->size * sizeof(*b->msgs), 0);
	return b->msgs == NULL ? -ENOMEM : 0;
}

const struct nic_msg *
backlog_first(const struct nic_backlog *b)
{
	return b->nb > 0 ? &b->msgs[b->head] : NULL;
}

void
backlog_pop(struct nic_backlog *b)
{
	b->nb_packets -= b->msgs[b->head].type == NIC_MSG_PACKET;
	b->head = (b->head + 1) % b->size;
	b->nb--;
}

static bool
has_room(const struct nic_backlog *b, uint32_t type)
{
	uint32_t commands = b->nb - b->nb_packets;

	if (type == NIC_MSG_PACKET)
		return b->nb_packets < b->max_packets;
	return type != NIC_MSG_RESYNC || commands < b->max_contexts;
}

bool
backlog_put(struct nic_backlog *b, const struct nic_msg *msg)
{
	if (!has_room(b, msg->type))
		return false;
	b->msgs[(b->head + b->nb++) % b->size] = *msg;
	b->nb_packets += msg->type == NIC_MSG_PACKET;
	return true;
}

void
backlog_fini(struct nic_backlog *b)
{
	const struct nic_msg *msg;

	while ((msg = backlog_first(b)) != NULL) {
		if (msg->type == NIC_MSG_PACKET)
			rte_pktmbuf_free(msg->m);
		backlog_pop(b);
	}
	rte_free(b->msgs);
}
