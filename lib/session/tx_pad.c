/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/tx_pad.h"

#include <rte_common.h>

#include "buf/pools.h"

void
tx_pad_init(struct tx_pad *p)
{
	*p = (struct tx_pad){ .max_payload = RECORD_PLAIN_MAX, .limit = RECORD_PLAIN_MAX };
	tx_pad_changed(p);
}

void
tx_pad_changed(struct tx_pad *p)
{
	p->cap = RTE_MIN(p->max_payload, p->limit);
}

uint32_t
tx_padded(const struct tx_pad *p, uint32_t len)
{
	/* A control record looks like data as long as data may be so long. */
	return record_padded_len(len, p->pads ? p->to : 0, len <= p->cap ? p->cap : p->limit);
}

uint32_t
tx_content_room(const struct tx_pad *p, const struct rte_mbuf *m)
{
	uint32_t room = buf_record_room(m);

	if (room >= p->cap)
		return p->cap;
	return p->pads && p->to != 0 ? room - room % p->to : room;
}
