/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crowd.h"

#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_lcore.h>

#include "buf/lifo.h"
#include "port/port.h"

enum {
	DEPTH = 4096, /* packets that wait for an end, or on their way; a power of two */
	BURST = 32,
	FORGED_MBUFS = 255,
	SYN_LEN = 74,
	ROOM = 128,
	/* Where in such a frame. */
	DST_MAC = 0,
	SRC_IP = 26,
	SRC_PORT = 34,
	SEQ = 38,
	TS_VAL = 60,
	ARP_TARGET = 41, /* the last byte of the address */
	HOST_OF_FAR = 3, /* of link_addr() */
};

struct waiting {
	struct rte_mbuf *m;
	uint64_t due_us;
};

struct fifo {
	struct waiting all[DEPTH];
	uint32_t put; /* since the beginning */
	uint32_t got;
};

struct end {
	struct rtls_port port; /* first: a port pointer is an end pointer */
	struct crowd *c;
	uint64_t way_us;
	struct fifo in, out;
};

struct crowd {
	struct rtls_port *line;
	struct end ends[CROWD_ENDS];
	struct rte_mempool *pool;
	uint64_t now_us;
	uint64_t random; /* never 0 */
	uint64_t answers;
	bool cut;
	uint8_t syn[SYN_LEN];
};

static const uint8_t macs[CROWD_ENDS][6] = { { 2, 0, 0, 0, 0, 2 }, { 2, 0, 0, 0, 0, 3 } };

static struct end *
end_of(struct rtls_port *p)
{
	return (struct end *)p;
}

static uint32_t
room(const struct fifo *f)
{
	return DEPTH - (f->put - f->got);
}

static void
put(struct fifo *f, struct rte_mbuf *m, uint64_t due_us)
{
	f->all[f->put++ % DEPTH] = (struct waiting){ m, due_us };
}

/* The next one, if it is due. */
static struct rte_mbuf **
next(struct fifo *f, uint64_t now_us)
{
	struct waiting *w = &f->all[f->got % DEPTH];

	return f->got != f->put && w->due_us <= now_us ? &w->m : NULL;
}

static uint16_t
end_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct end *e = end_of(p);
	struct rte_mbuf **m;
	uint16_t i;

	(void)queue;
	for (i = 0; i < n && (m = next(&e->in, e->c->now_us)) != NULL; i++) {
		pkts[i] = *m;
		e->in.got++;
	}
	return i;
}

static uint16_t
end_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct end *e = end_of(p);
	uint16_t i;

	if (e->c->cut) {
		rte_pktmbuf_free_bulk(pkts, n);
		return n;
	}
	if (e->way_us == 0)
		return e->c->line->tx_burst(e->c->line, queue, pkts, n);
	for (i = 0; i < n && room(&e->out) > 0; i++)
		put(&e->out, pkts[i], e->c->now_us + e->way_us);
	return i;
}

/* The memory is the crowd's. */
static void
end_close(struct rtls_port *p)
{
	(void)p;
}

/* NULL: nobody's. A broadcast asks by ARP for one of the ends. */
static struct end *
receiver(struct crowd *c, const struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);

	if ((frame[DST_MAC] & 1) != 0)
		return &c->ends[m->data_len > ARP_TARGET && frame[ARP_TARGET] == HOST_OF_FAR];
	for (int i = 0; i < CROWD_ENDS; i++)
		if (memcmp(frame + DST_MAC, macs[i], sizeof(macs[i])) == 0)
			return &c->ends[i];
	return NULL;
}

static unsigned int
carry_in(struct crowd *c)
{
	struct rte_mbuf *pkts[BURST];
	unsigned int all = 0;
	uint16_t n;

	/* What finds no room here waits in the cable. */
	while (room(&c->ends[CROWD_NEAR].in) >= BURST && room(&c->ends[CROWD_FAR].in) >= BURST) {
		n = c->line->rx_burst(c->line, 0, pkts, BURST);
		for (uint16_t i = 0; i < n; i++) {
			struct end *e = receiver(c, pkts[i]);

			if (e != NULL)
				put(&e->in, pkts[i], c->now_us + e->way_us);
			else
				rte_pktmbuf_free(pkts[i]);
			c->answers += e == NULL;
		}
		all += n;
		if (n == 0)
			break;
	}
	return all;
}

static unsigned int
carry_out(struct crowd *c)
{
	struct fifo *f = &c->ends[CROWD_FAR].out;
	unsigned int all = 0;
	struct rte_mbuf **m;

	while ((m = next(f, c->now_us)) != NULL && c->line->tx_burst(c->line, 0, m, 1) == 1) {
		f->got++;
		all++;
	}
	return all;
}

unsigned int
crowd_turn(struct crowd *c, uint64_t now_us)
{
	c->now_us = now_us;
	return carry_in(c) + carry_out(c);
}

/* --- the forger ----------------------------------------------------------------- */

/* xorshift64*, Vigna 2016 */
static uint64_t
draw(struct crowd *c)
{
	c->random ^= c->random >> 12;
	c->random ^= c->random << 25;
	c->random ^= c->random >> 27;
	return c->random * UINT64_C(0x2545f4914f6cdd1d);
}

static void
put16(uint8_t *to, uint16_t v)
{
	v = rte_cpu_to_be_16(v);
	memcpy(to, &v, sizeof(v));
}

static void
put32(uint8_t *to, uint32_t v)
{
	v = rte_cpu_to_be_32(v);
	memcpy(to, &v, sizeof(v));
}

/* All but what is drawn. The cable vouches for checksums. */
static void
make_syn(struct crowd *c, const uint8_t *host_mac)
{
	static const uint8_t rest[SYN_LEN - 6] = {
		2,    0, 0,    0,    0x66, 1,    8,    0, /* from here IPv4: 60 bytes, not to be cut, TTL 64 */
		0x45, 0, 0,    60,   0,    0,    0x40, 0,  64, 6,
		0,    0, 0,    0,    0,    0,    10,   0,  0,  1, /* TCP: */
		0,    0, 1,    0xbb, 0,    0,    0,    0,  0,  0,
		0,    0, 0xa0, 2,    0xfa, 0xf0, 0,    0,  0,  0, /* options: */
		2,    4, 5,    0xb4, 4,    2,    8,    10, 0,  0,
		0,    0, 0,    0,    0,    0,    1,    3,  3,  7,
	};

	memcpy(c->syn + DST_MAC, host_mac, 6);
	memcpy(c->syn + 6, rest, sizeof(rest));
}

/* Of 1.0.0.0 to 126.255.255.255, but not of the host's own network, whose neighbours it knows. */
static uint32_t
draw_ip(struct crowd *c)
{
	uint32_t r = (uint32_t)(draw(c) >> 32), first = 1 + (r >> 24) % 126;

	return (first == 10 ? 11 : first) << 24 | (r & 0xffffff);
}

static struct rte_mbuf *
forge_one(struct crowd *c, uint64_t now_us)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(c->pool);
	uint8_t *frame;
	uint64_t r;

	if (m == NULL)
		return NULL;
	frame = rte_pktmbuf_mtod(m, uint8_t *);
	m->data_len = SYN_LEN;
	m->pkt_len = SYN_LEN;
	memcpy(frame, c->syn, SYN_LEN);
	r = draw(c);
	put32(frame + SRC_IP, draw_ip(c));
	put16(frame + SRC_PORT, (uint16_t)(1024 + (r >> 32) % 64000));
	put32(frame + SEQ, (uint32_t)r);
	put32(frame + TS_VAL, (uint32_t)(now_us / 1000 + (r >> 48)));
	return m;
}

uint32_t
crowd_forge(struct crowd *c, uint32_t n, uint64_t now_us)
{
	struct rte_mbuf *m;

	for (uint32_t i = 0; i < n; i++) {
		m = forge_one(c, now_us);
		if (m == NULL || c->line->tx_burst(c->line, 0, &m, 1) == 0) {
			rte_pktmbuf_free(m);
			return i;
		}
	}
	return n;
}

uint64_t
crowd_answers(const struct crowd *c)
{
	return c->answers;
}

/* --- life ----------------------------------------------------------------------- */

struct rtls_port *
crowd_port(struct crowd *c, enum crowd_end end)
{
	return &c->ends[end].port;
}

static void
end_init(struct crowd *c, int i, uint64_t way_us)
{
	struct end *e = &c->ends[i];

	e->c = c;
	e->way_us = way_us;
	e->port = (struct rtls_port){
		.rx_burst = end_rx_burst,
		.tx_burst = end_tx_burst,
		.close = end_close,
		.caps = c->line->caps,
		.nb_queues = 1,
		.mtu = c->line->mtu,
		.rx_room = c->line->rx_room / CROWD_ENDS,
	};
	memcpy(e->port.mac, macs[i], sizeof(macs[i]));
}

struct crowd *
crowd_create(struct rtls_port *line, const struct rtls_port *host, uint64_t way_us)
{
	struct crowd *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->line = line;
	c->random = 1;
	make_syn(c, host->mac);
	end_init(c, CROWD_NEAR, 0);
	end_init(c, CROWD_FAR, way_us);
	c->pool = lifo_pool_create("forged", FORGED_MBUFS, 0, 0, RTE_PKTMBUF_HEADROOM + ROOM,
				   (int)rte_socket_id());
	if (c->pool != NULL)
		return c;
	crowd_destroy(c);
	return NULL;
}

static void
empty(struct fifo *f)
{
	for (; f->got != f->put; f->got++)
		rte_pktmbuf_free(f->all[f->got % DEPTH].m);
}

void
crowd_cut(struct crowd *c)
{
	c->cut = true;
	for (int i = 0; i < CROWD_ENDS; i++)
		empty(&c->ends[i].out);
}

void
crowd_destroy(struct crowd *c)
{
	if (c == NULL)
		return;
	for (int i = 0; i < CROWD_ENDS; i++) {
		empty(&c->ends[i].in);
		empty(&c->ends[i].out);
	}
	rte_mempool_free(c->pool);
	free(c);
}
