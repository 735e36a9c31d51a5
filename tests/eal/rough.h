/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * TLS NICs of all kinds on bad wires, keys for a connection over them, and what an end sent: the
 * same bytes each time.
 */
#ifndef RTLS_EAL_ROUGH_H
#define RTLS_EAL_ROUGH_H

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "sim/frame.h"
#include "support/harness.h"
#include "support/pair.h"

enum { ROUGH_WIRE_MAX = 1 << 20 };

/* Bytes that an end sent, from behind its SYN. */
struct rough_wire {
	uint32_t isn;
	uint8_t *bytes;
	bool *seen;
};

static inline void
rough_wire_init(struct rough_wire *w)
{
	w->bytes = calloc(1, ROUGH_WIRE_MAX);
	w->seen = calloc(ROUGH_WIRE_MAX, sizeof(bool));
	CU_ASSERT_FATAL(w->bytes != NULL && w->seen != NULL);
}

static inline void
rough_wire_fini(struct rough_wire *w)
{
	free(w->bytes);
	free(w->seen);
}

/* A frame of its: what is sent again is what was sent before. */
static inline void
rough_wire_sent(struct rough_wire *w, const uint8_t *bytes, uint32_t len)
{
	struct frame f;
	uint32_t off;

	CU_ASSERT_PTR_NULL_FATAL(frame_parse(bytes, len, &f));
	if (!f.is_tcp)
		return;
	if ((f.flags & FRAME_SYN) != 0) {
		w->isn = f.seq;
		return;
	}
	off = f.seq - w->isn - 1;
	if (f.payload_len == 0)
		return;
	CU_ASSERT_FATAL(off + f.payload_len <= ROUGH_WIRE_MAX);
	for (uint32_t i = 0; i < f.payload_len; i++) {
		CU_ASSERT_FATAL(!w->seen[off + i] || w->bytes[off + i] == f.payload[i]);
		w->seen[off + i] = true;
		w->bytes[off + i] = f.payload[i];
	}
}

/* The keys number epoch, from 1 on, of what an end sends. */
static inline struct rtls_keys
rough_keys(int from, unsigned int epoch)
{
	struct rtls_keys keys = { .version = RTLS_TLS_1_3,
				  .cipher = RTLS_CIPHER_AES_GCM_128,
				  .rec_no = epoch == 1 ? 7 : 0 };

	memset(keys.key, from * 100 + (int)epoch, 16);
	memset(keys.iv, from * 50 + (int)epoch, 12);
	return keys;
}

/* The wires and the NICs of a pair. */
static inline void
rough_draw(uint64_t *luck, struct pair_conf *c, struct rtls_tlsnic_conf nic[2])
{
	static const uint16_t mtus[] = { 576, 1500, 1500, 9000 };

	*c = (struct pair_conf){ .caps = harness_below(luck, 8),
				 .mtu = mtus[harness_below(luck, 4)],
				 .rx_seg_len = harness_below(luck, 3) == 0 ? 600 : 0,
				 .lazy_free = harness_below(luck, 3) == 0 ? 20 : 0 };
	for (int i = 0; i < 2; i++) {
		nic[i] = (struct rtls_tlsnic_conf){
			.size = sizeof(nic[i]),
			.max_contexts = 1 + harness_below(luck, 12),
			.nb_mbufs = 200 + harness_below(luck, 400),
			.add_polls = harness_below(luck, 3) == 0 ? harness_below(luck, 30) : 0,
			.tx_method = harness_below(luck, 2) == 0 ? RTLS_TLS_TX_REBUILD :
								   RTLS_TLS_TX_NEXT_RECORD,
			.tx_after = (uint8_t)harness_below(luck, 2),
			.no_tso = (uint8_t)harness_below(luck, 2),
			.rings = (uint8_t)harness_below(luck, 2),
		};
		/* What a lazy port holds is its own lcore's to ask for. */
		if (nic[i].rings != 0)
			c->lazy_free = 0;
		c->nic[i] = &nic[i];
		c->stack[i].nb_large = harness_below(luck, 2) == 0 ? 6 : 40;
		c->stack[i].nb_medium = 16;
		c->stack[i].nb_small = 64;
		c->path[i] = (struct cable_path){ .spare_arp = true };
		c->path[i].delay_us = harness_below(luck, 300);
		if (harness_below(luck, 2) == 0)
			c->path[i].loss_ppm = harness_below(luck, CABLE_PPM / 20);
		if (harness_below(luck, 2) == 0) {
			c->path[i].reorder_ppm = harness_below(luck, CABLE_PPM / 8);
			c->path[i].reorder_us = 1 + harness_below(luck, 3000);
		}
		if (harness_below(luck, 2) == 0)
			c->path[i].dup_ppm = harness_below(luck, CABLE_PPM / 8);
		if (harness_below(luck, 2) == 0)
			c->path[i].refuse_ppm = harness_below(luck, CABLE_PPM / 3);
	}
}

#endif
