/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A receiving device that opens nothing, asks what the test wants, and writes down what it is told. What
 * end 1 sends is kept; the test brings one segment after the other to end 0, each with a poll of its own.
 */
#ifndef RTLS_EAL_ASKING_H
#define RTLS_EAL_ASKING_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf_dyn.h>

#include "sim/frame.h"
#include "stack/state.h"
#include "support/device_pair.h"
#include "support/harness.h"

enum {
	ASKING_SEGS = 1024,
	SEG = 500, /* payload of each segment; ten of them are under way at once */
	ASKING_FRAME = 1600,
	ASKING_NO = DEVICE_PAIR_REC_NO, /* of the first record */
	ASKING_TEXT = 512,
	RECORD_OVER = 22, /* bytes of a record besides its plaintext */
};

struct asking_seg {
	uint8_t bytes[ASKING_FRAME];
	uint32_t len;
	uint32_t off; /* in the stream */
	uint32_t payload;
};

static struct device_pair d;

static struct {
	struct asking_seg segs[ASKING_SEGS];
	uint32_t nb, came; /* segments that were sent; of these, in order, to end 0 */
	uint32_t end;      /* of what end 1 wrote */
	uint64_t got;
	bool asks; /* with the next data packet that rx_burst gives: about seq */
	uint32_t seq;
	uint32_t passed;        /* so many data packets in front of it do not */
	char text[ASKING_TEXT]; /* what is to be said */
	uint16_t (*below)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
} a;

static inline uint32_t
seq_of(uint32_t off)
{
	return d.wire[1].isn + 1 + off;
}

/* Keeps what end 1 sends. */
static inline enum cable_verdict
keep(void *arg, int dir, uint8_t *bytes, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct asking_seg *s = &a.segs[a.nb];
	struct frame f;

	(void)arg;
	(void)now_us;
	(void)delay_us;
	CU_ASSERT_PTR_NULL_FATAL(frame_parse(bytes, len, &f));
	if (dir == 0 || !f.is_tcp || f.payload_len == 0)
		return CABLE_PASS;
	CU_ASSERT_FATAL(a.nb < ASKING_SEGS && len <= ASKING_FRAME);
	*s = (struct asking_seg){ .len = len, .off = f.seq - seq_of(0), .payload = f.payload_len };
	memcpy(s->bytes, bytes, len);
	/* Sent again. */
	if (a.nb == 0 || s->off == a.segs[a.nb - 1].off + a.segs[a.nb - 1].payload)
		a.nb++;
	return CABLE_DROP;
}

static inline uint16_t
asking_burst(struct rtls_port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	uint64_t flag = 0;
	int at = rtls_tls_rx_resync_offset(&flag);
	uint16_t i, nb = a.below(port, queue, pkts, n);

	CU_ASSERT_FATAL(at > 0);
	for (i = 0; i < nb && a.asks; i++) {
		struct frame f;

		if (frame_parse(rte_pktmbuf_mtod(pkts[i], uint8_t *), pkts[i]->pkt_len, &f) !=
			    NULL ||
		    !f.is_tcp || f.payload_len == 0)
			continue;
		if (a.passed > 0) {
			a.passed--;
			continue;
		}
		pkts[i]->ol_flags |= flag;
		*RTE_MBUF_DYNFIELD(pkts[i], at, uint32_t *) = a.seq;
		a.asks = false;
	}
	return nb;
}

/* A device of this method, in step from the first record on. */
static inline void
asking_begin(enum rtls_tls_rx_method method)
{
	memset(&a, 0, sizeof(a));
	device_pair_init(&d, NULL);
	d.dev.o.caps.rx_method = (uint8_t)method;
	d.p.port[0]->tls.caps.rx_method = (uint8_t)method;
	/* It is about what is received. */
	d.p.port[0]->tls.caps.tx_method = RTLS_TLS_TX_NONE;
	a.below = d.p.port[0]->rx_burst;
	d.p.port[0]->rx_burst = asking_burst;
	device_pair_connect(&d);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[1], RTLS_OPT_MAX_SEG, SEG), 0);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	pair_settle(&d.p);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT(d.dev.o.ctx[0].started);
	CU_ASSERT_EQUAL(d.dev.o.ctx[0].seq, seq_of(0));
	d.dev.o.trace_len = 0;
	d.dev.o.trace[0] = '\0';
	d.dev.o.resyncs = true;
	d.filter = keep;
}

/* End 1 sends a record of so many bytes on the wire; returns its offset. */
static inline uint32_t
asking_write(uint32_t wire_len)
{
	uint32_t off = a.end;

	device_pair_write(&d, 1, wire_len - RECORD_OVER);
	a.end += wire_len;
	return off;
}

/* What was written is sent. */
static inline void
asking_send(void)
{
	while (a.nb == 0 || a.segs[a.nb - 1].off + a.segs[a.nb - 1].payload != a.end) {
		uint32_t nb = a.nb;

		rtls_stack_poll(d.p.stack[1], d.p.now_us);
		CU_ASSERT_FATAL(a.nb > nb);
	}
}

/* One poll of end 0, with nothing new. */
static inline void
asking_poll(void)
{
	rtls_stack_poll(d.p.stack[0], d.p.now_us);
}

static inline void
asking_bring(uint32_t i)
{
	CU_ASSERT_FATAL(i < a.nb);
	CU_ASSERT_EQUAL(cable_inject(d.p.cable, 1, a.segs[i].bytes, a.segs[i].len), 0);
	asking_poll();
}

/* The same, and the packet asks about the header at off. */
static inline void
asking_bring_and_ask(uint32_t i, uint32_t off)
{
	a.asks = true;
	a.seq = seq_of(off);
	asking_bring(i);
	CU_ASSERT(!a.asks);
}

/* All segments in front of off that did not come yet. */
static inline void
asking_bring_to(uint32_t off)
{
	for (; a.came < a.nb && a.segs[a.came].off < off; a.came++)
		asking_bring(a.came);
}

/* The segment that holds the byte at off. */
static inline uint32_t
asking_seg_at(uint32_t off)
{
	uint32_t i = 0;

	while (i < a.nb && off - a.segs[i].off >= a.segs[i].payload)
		i++;
	CU_ASSERT_FATAL(i < a.nb);
	return i;
}

/* The program reads what there is. */
static inline void
asking_read(void)
{
	uint8_t bytes[4096];
	ssize_t n;

	while ((n = rtls_recv(d.k[0], bytes, sizeof(bytes), 0)) > 0) {
		CU_ASSERT(pair_matches(bytes, a.got + 1000003, (size_t)n));
		a.got += (uint64_t)n;
	}
	CU_ASSERT_EQUAL(n, -EAGAIN);
}

/* It is to be told that the nth record from the first on starts at off; ctx as "0.1". */
static inline void
asking_expect_of(const char *ctx, uint32_t off, uint64_t nth)
{
	size_t len = strlen(a.text);

	snprintf(a.text + len, sizeof(a.text) - len, "rx_resync ctx %s at %u number %llu\n", ctx,
		 seq_of(off), (unsigned long long)(ASKING_NO + nth));
}

static inline void
asking_expect(uint32_t off, uint64_t nth)
{
	asking_expect_of("0.1", off, nth);
}

/* Was all of that said, and nothing else? */
static inline bool
asking_said(void)
{
	bool same = offload_double_said(&d.dev.o, a.text);

	a.text[0] = '\0';
	return same;
}

static inline uint64_t
asking_stat(const char *name)
{
	return device_pair_stat(&d, name);
}

/* All arrives and is read, and nothing was wrong with it. */
static inline void
asking_end(void)
{
	d.dev.o.mute = true;
	d.filter = NULL;
	pair_pass(&d.p, 10000000);
	asking_read();
	CU_ASSERT_EQUAL(a.got, d.sent[1]);
	CU_ASSERT_EQUAL(asking_stat("RxResyncAsked"),
			asking_stat("RxResyncAnswered") + asking_stat("RxResyncCancelled"));
	d.p.port[0]->rx_burst = a.below;
	device_pair_fini(&d);
}

#endif
