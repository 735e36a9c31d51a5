/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/nic_place.h"

/* The end of the record that holds pos, if its header went by; -1: not known. */
static int64_t
known_end(const struct nic_place *p)
{
	for (uint32_t i = 0; i < p->sealed->nb_recs; i++) {
		const struct sealed_rec *r = &p->sealed->recs[i];

		if (p->pos >= r->off && p->pos < (int64_t)r->off + r->len)
			return p->pos - r->off >= SEALED_HDR ? (int64_t)r->off + r->len : -1;
	}
	return -1;
}

enum nic_takes
nic_place_take(struct nic_place *p, int64_t off, uint32_t len, int64_t *to)
{
	int64_t end;

	*to = off + len;
	if (!p->started || len == 0 || off + len <= p->pos)
		return NIC_TAKES_NOTHING;
	if (off == p->pos)
		return NIC_TAKES_ALL;
	if (off < p->pos)
		return NIC_TAKES_TAIL;
	end = known_end(p);
	if (end >= 0 && off == end) /* it begins with the next record */
		return NIC_TAKES_ALL;
	if (end >= 0 && off < end) /* the next record is in there, or begins right behind it */
		return end <= off + len ? NIC_TAKES_TAIL : NIC_TAKES_NOTHING;
	return NIC_TAKES_NOTHING;
}
