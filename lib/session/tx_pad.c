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
	p->cap = (uint16_t)tx_pad_full(p);
}

/* Content of a record that one segment carries; all there may be where that is too little. */
static uint32_t
small_cap(const struct tx_pad *p, uint32_t segment, uint32_t over)
{
	uint32_t full = tx_pad_full(p), len = segment > over ? segment - over : 0;

	/* Records that are to look alike are not told apart by this. */
	if (p->pads && p->to != 0)
		len -= len % p->to;
	return len == 0 || len > full ? full : len;
}

void
tx_pad_dynamic(struct tx_pad *p, struct tx_dynamic *d, uint64_t now_us, uint64_t bytes,
	       uint32_t over)
{
	if (now_us - d->last_us >= TX_DYNAMIC_IDLE_US)
		d->from_bytes = bytes;
	d->last_us = now_us;
	p->cap = (uint16_t)(bytes - d->from_bytes < TX_DYNAMIC_BYTES ?
				    small_cap(p, d->segment, over) :
				    tx_pad_full(p));
}

uint32_t
tx_padded(const struct tx_pad *p, uint32_t len)
{
	/* A control record looks like data as long as data may be so long. */
	return record_padded_len(len, p->pads ? p->to : 0,
				 len <= tx_pad_full(p) ? tx_pad_full(p) : p->limit);
}

uint32_t
tx_content_room(const struct tx_pad *p, const struct rte_mbuf *m)
{
	uint32_t room = buf_record_room(m);

	/* Whatever set the cap: one that is no multiple is followed by padding. */
	if (room >= tx_padded(p, p->cap))
		return p->cap;
	return p->pads && p->to != 0 ? room - room % p->to : room;
}
