/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_lcore.h>
#include <rte_tcp.h>

#include "buf/lifo.h"
#include "inside/arrival.h"
#include "port/port.h"

enum {
	DEPTH = 4096, /* packets under way to an end; a power of two */
};

struct flight {
	struct rte_mbuf *m;
	uint64_t due_ns;
};

struct end {
	struct rtls_port port; /* first: a port pointer is an end pointer */
	struct path *path;
	struct end *other;
	struct rte_mempool *pool;  /* it receives into */
	struct flight ring[DEPTH]; /* to it, by time */
	uint32_t put;              /* since the beginning */
	uint32_t got;
	uint64_t line_free_ns; /* from it */
};

struct path {
	struct path_conf conf;
	struct path_counts counts;
	struct end ends[2];
	uint64_t now_ns;
	uint64_t luck[2]; /* for losses and for delays: one changes nothing of the other */
};

static struct end *
end_of(struct rtls_port *p)
{
	return (struct end *)p;
}

/* --- packets ------------------------------------------------------------------------- */

/* TCP over IPv4; no payload: 0. */
static uint32_t
payload_of(const struct rte_mbuf *m, uint32_t *seq, const uint8_t **out)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const void *)(eth + 1);
	const struct rte_tcp_hdr *tcp = (const void *)(ip + 1);
	uint32_t all, headers;

	if (m->data_len < sizeof(*eth) + sizeof(*ip) + sizeof(*tcp) ||
	    eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) || ip->next_proto_id != IPPROTO_TCP ||
	    rte_ipv4_hdr_len(ip) != sizeof(*ip))
		return 0;
	all = rte_be_to_cpu_16(ip->total_length);
	headers = (uint32_t)sizeof(*ip) + (uint32_t)(tcp->data_off >> 4) * 4;
	if (all > m->data_len - sizeof(*eth) || headers >= all)
		return 0;
	*seq = rte_be_to_cpu_32(tcp->sent_seq);
	*out = (const uint8_t *)ip + headers;
	return all - headers;
}

/* splitmix64 */
static uint64_t
draw(uint64_t *luck)
{
	uint64_t z = *luck += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Few come late: the place is near the end. */
static void
launch(struct end *to, struct rte_mbuf *m, uint64_t due_ns)
{
	uint32_t at = to->put++;

	for (; at != to->got && to->ring[(at - 1) % DEPTH].due_ns > due_ns; at--)
		to->ring[at % DEPTH] = to->ring[(at - 1) % DEPTH];
	to->ring[at % DEPTH] = (struct flight){ m, due_ns };
}

/* What becomes of a packet that has payload: false: it is lost. */
static bool
fare(struct path *p, uint32_t seq, uint64_t *due_ns)
{
	if (p->counts.sent++ == 0)
		p->counts.first_seq = seq;
	if (draw(&p->luck[0]) % PATH_ALL < p->conf.lost) {
		p->counts.lost++;
		return false;
	}
	if (draw(&p->luck[1]) % PATH_ALL < p->conf.late) {
		p->counts.late++;
		*due_ns += p->conf.segment_ns / 2 +
			   (1 + draw(&p->luck[1]) % PATH_LATE_MAX) * p->conf.segment_ns;
	}
	return true;
}

/* False: there is no buffer. */
static bool
carry(struct end *from, struct rte_mbuf *sent)
{
	struct path *p = from->path;
	struct rte_mbuf *m = arrival_make(from->other->pool, sent);
	uint64_t due_ns = RTE_MAX(p->now_ns, from->line_free_ns);
	const uint8_t *payload;
	uint32_t seq;

	if (m == NULL)
		return false;
	due_ns += (uint64_t)p->conf.segment_ns * m->pkt_len / p->conf.mtu;
	from->line_free_ns = due_ns;
	due_ns += p->conf.delay_ns;
	if (from->other == &p->ends[0] && payload_of(m, &seq, &payload) != 0 &&
	    !fare(p, seq, &due_ns))
		rte_pktmbuf_free(m);
	else
		launch(from->other, m, due_ns);
	rte_pktmbuf_free(sent);
	return true;
}

/* --- the port -------------------------------------------------------------------------- */

static uint16_t
path_tx_burst(struct rtls_port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct end *e = end_of(port);
	uint16_t i;

	(void)queue;
	for (i = 0; i < n && e->other->put - e->other->got < DEPTH; i++)
		if (!carry(e, pkts[i]))
			break;
	return i;
}

static uint16_t
path_rx_burst(struct rtls_port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct end *e = end_of(port);
	const struct path_conf *conf = &e->path->conf;
	const uint8_t *payload;
	uint32_t seq, len;
	uint16_t i;

	(void)queue;
	for (i = 0; i < n && e->got != e->put; i++, e->got++) {
		const struct flight *f = &e->ring[e->got % DEPTH];

		if (f->due_ns > e->path->now_ns)
			break;
		pkts[i] = f->m;
		if (conf->tap == NULL || e != &e->path->ends[0])
			continue;
		len = payload_of(f->m, &seq, &payload);
		if (len != 0)
			conf->tap(conf->tap_arg, seq, payload, len);
	}
	return i;
}

/* The memory is the path's. */
static void
path_close(struct rtls_port *port)
{
	struct end *e = end_of(port);

	while (e->got != e->put)
		rte_pktmbuf_free(e->ring[e->got++ % DEPTH].m);
}

/* --- life -------------------------------------------------------------------------------- */

static int
end_init(struct path *p, int i)
{
	static const char *const names[] = { "path_0", "path_1" };
	uint32_t room = RTE_PKTMBUF_HEADROOM + RTE_ETHER_HDR_LEN + (uint32_t)p->conf.mtu;
	struct end *e = &p->ends[i];

	e->path = p;
	e->other = &p->ends[1 - i];
	e->port = (struct rtls_port){
		.rx_burst = path_rx_burst,
		.tx_burst = path_tx_burst,
		.close = path_close,
		.caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM | PORT_CAP_RX_CKSUM,
		.nb_queues = 1,
		.mtu = p->conf.mtu,
		.rx_room = (uint64_t)p->conf.nb_mbufs * room,
		.mac = { 0x02, 0, 0, 0, 0, (uint8_t)(i + 1) },
	};
	e->pool = lifo_pool_create(names[i], p->conf.nb_mbufs, 256, 0, (uint16_t)room,
				   (int)rte_socket_id());
	return e->pool == NULL ? -ENOMEM : 0;
}

int
path_create(const struct path_conf *conf, struct path **out)
{
	struct path *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->conf = *conf;
	p->luck[0] = conf->seed;
	p->luck[1] = ~conf->seed;
	for (int i = 0; i < 2; i++)
		if (end_init(p, i) != 0) {
			path_destroy(p);
			return -ENOMEM;
		}
	*out = p;
	return 0;
}

struct rtls_port *
path_port(struct path *p, int end)
{
	return &p->ends[end].port;
}

void
path_set_time(struct path *p, uint64_t now_ns)
{
	p->now_ns = RTE_MAX(p->now_ns, now_ns);
}

uint64_t
path_next_ns(const struct path *p)
{
	uint64_t next_ns = UINT64_MAX;

	for (int i = 0; i < 2; i++) {
		const struct end *e = &p->ends[i];

		if (e->got != e->put)
			next_ns = RTE_MIN(next_ns, e->ring[e->got % DEPTH].due_ns);
	}
	return next_ns;
}

struct path_counts
path_counts(const struct path *p)
{
	return p->counts;
}

void
path_destroy(struct path *p)
{
	if (p == NULL)
		return;
	for (int i = 0; i < 2; i++)
		rte_mempool_free(p->ends[i].pool);
	free(p);
}
