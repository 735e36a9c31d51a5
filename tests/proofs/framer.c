/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/core/framer.c lib/core/record.c */
/* flags: --unwind 9 --conversion-check */
#include <recordtls/tls.h>

#include "core/framer.h"
#include "proof.h"

/* Any header at any offset: the next thing to wait for lies behind what is there. */
void
prove_input(void)
{
	uint64_t start = nondet_u64(), end = nondet_u64(), more = nondet_u64();
	uint8_t hdr[RECORD_HDR_LEN];
	struct framer f;

	ASSUME(start < UINT64_C(1) << 60 && end >= start && end < UINT64_C(1) << 60 && more >= end);
	framer_init(&f, record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128), start);
	framer_input(&f, end, end - start >= RECORD_HDR_LEN ? hdr : NULL);
	PROVE(f.need_off > end);
	framer_input(&f, more, NULL);
	PROVE(f.state == FRAMER_COMPLETE || f.state == FRAMER_BROKEN || f.need_off > more ||
	      f.state == FRAMER_WANT_HEADER);
	if (f.state != FRAMER_COMPLETE)
		return;
	PROVE(framer_wire_len(&f) > RECORD_HDR_LEN + RECORD_TAG_LEN);
	PROVE(framer_wire_len(&f) <= RECORD_WIRE_MAX_RX && start + framer_wire_len(&f) <= more);
	PROVE(record_inner_len(f.suite, f.edge.body_len) <=
	      RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_13);
	framer_next(&f, 0);
	PROVE(f.start_off > start && f.need_off == f.start_off + RECORD_HDR_LEN);
}

/* What a framer promises of its ring, anywhere in its life. */
static bool
ring_holds(const struct framer *f)
{
	return f->first < FRAMER_RING && f->count <= FRAMER_RING && f->index >= f->count &&
	       f->head_off <= f->start_off && (f->count > 0 || f->head_off == f->start_off) &&
	       (f->state != FRAMER_COMPLETE || f->need_off == UINT64_MAX);
}

/* A ring that begins anywhere, with any number of records, of which the last is any. */
static struct framer
any_ring(void)
{
	struct framer f;
	const struct framed *head;

	ASSUME(f.start_off < UINT64_C(1) << 60 && f.index < UINT64_C(1) << 60);
	ASSUME(ring_holds(&f));
	head = framer_head(&f);
	/* All that is in front of the edge lies in the ring; of one record that is all of it. */
	ASSUME(head == NULL || (f.count == 1 ? f.start_off - f.head_off == framed_wire_len(head) :
					       f.start_off - f.head_off > framed_wire_len(head)));
	return f;
}

/* What joins is the last, what is consumed the first; neither moves the others. */
void
prove_ring(void)
{
	struct framer f = any_ring(), before;
	struct framed head, last;
	uint8_t class = nondet_u8();
	uint64_t off = 0, index = 0, end = nondet_u64();

	ASSUME(f.state == FRAMER_COMPLETE && f.edge.body_len <= RECORD_PLAIN_MAX + 256);
	before = f;
	PROVE(framer_may_go_on(&f) == (f.count < FRAMER_RING));
	PROVE(!framer_boundary(&f, end, &off, &index));
	if (framer_may_go_on(&f)) {
		framer_next(&f, class);
		PROVE(ring_holds(&f));
		PROVE(framer_head_index(&f) == framer_head_index(&before));
		PROVE(f.head_off == before.head_off && f.count == before.count + 1);
		last = f.ring[(f.first + f.count - 1) % FRAMER_RING];
		PROVE(last.body_len == before.edge.body_len && last.class == class);
		PROVE(f.start_off == before.start_off + framed_wire_len(&last));
		PROVE(framer_boundary(&f, f.start_off, &off, &index));
		PROVE(off == f.start_off && index == f.index && index == before.index + 1);
	}
	if (before.count == 0)
		return;
	head = *framer_head(&before);
	PROVE(framer_head(&f)->body_len == head.body_len && framer_head(&f)->class == head.class);
	framer_consumed(&f);
	PROVE(ring_holds(&f));
	PROVE(f.head_off == before.head_off + framed_wire_len(&head));
	PROVE(framer_head_index(&f) == framer_head_index(&before) + 1);
	PROVE(f.state != FRAMER_COMPLETE || framer_may_go_on(&f));
}

/* Each place of the ring once, from its head on, and nothing behind its end. */
void
prove_at(void)
{
	struct framer f = any_ring();
	uint32_t i = nondet_u32(), j = nondet_u32();
	struct framed *a = framer_at(&f, i), *b = framer_at(&f, j);

	PROVE((a != NULL) == (i < f.count));
	if (a == NULL)
		return;
	PROVE(a >= f.ring && a < f.ring + FRAMER_RING);
	PROVE(i != 0 || a == framer_head(&f));
	PROVE(b == NULL || (a == b) == (i == j));
}
