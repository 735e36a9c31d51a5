/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/cable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_net.h>

#include "support/cable_flight.h"
#include "support/cable_line.h"
#include "support/cable_luck.h"
#include "support/cable_nic.h"
#include "support/cable_tso.h"
#include "support/harness.h"

enum { TX_DESC = 1024 }; /* sent buffers that an end can hold */

struct held {
	struct rte_mbuf *m;
	uint64_t burst; /* the sender's burst that it went out with */
};

struct end {
	struct rtls_port port; /* first: a port pointer is an end pointer */
	struct cable *cable;
	int index;
	struct rte_mempool *pool; /* it receives into */

	/* Towards the other end. */
	struct cable_path path;
	struct cable_stats stats;
	uint64_t rng;
	struct line line; /* the bandwidth limit */
	uint64_t due_us;  /* the newest frame's time, where none overtakes */
	bool bad;         /* a bad time */
	uint64_t bursts;
	struct held held[TX_DESC]; /* ring */
	uint32_t held_head;
	uint32_t held_cnt;

	/* From the other end. */
	struct flights in;
};

struct cable {
	struct cable_conf conf;
	struct end ends[2];
	uint64_t now_us;
	uint64_t order;
	uint8_t frame[RTE_ETHER_HDR_LEN + CABLE_MTU_MAX];         /* aligned for its headers */
	uint8_t packet[RTE_ETHER_HDR_LEN + RTE_IPV4_MAX_PKT_LEN]; /* before it is cut */
};

static struct end *
end_of(struct rtls_port *p)
{
	return (struct end *)p;
}

/* --- what the network does --------------------------------------------------- */

static bool
is_arp(const uint8_t *frame)
{
	return frame[12] == 0x08 && frame[13] == 0x06;
}

static int
launch(struct end *to, const uint8_t *frame, uint32_t len, uint64_t due_us)
{
	struct flight f = { .due_us = due_us, .order = to->cable->order++ };

	f.m = nic_rx_copy(to->pool, to->port.caps, to->cable->conf.rx_seg_len, frame, len);
	if (f.m == NULL)
		return -ENOMEM;
	if (!flights_push(&to->in, f)) {
		rte_pktmbuf_free(f.m);
		return -ENOMEM;
	}
	return 0;
}

/* When the last bit is on the wire; UINT64_MAX: the queue in front of it is full. */
static uint64_t
serialise(struct end *from, uint32_t len)
{
	const struct cable_path *p = &from->path;
	const struct line_limits limits = {
		.bits_per_s = p->bits_per_s,
		.queue_bytes = p->queue_bytes,
		.queue_frames = p->queue_frames,
	};

	return line_send(&from->line, &limits, len, from->cable->now_us);
}

/* Nothing is drawn for what is not asked. */
static bool
is_lost(struct end *e)
{
	const struct cable_path *p = &e->path;

	if (luck_chance(&e->rng, e->bad ? p->bad_ends_ppm : p->bad_begins_ppm))
		e->bad = !e->bad;
	if (!luck_chance(&e->rng, e->bad ? p->bad_loss_ppm : p->loss_ppm))
		return false;
	e->stats.lost++;
	e->stats.lost_bad += e->bad;
	return true;
}

/* What is late by itself is overtaken all the same. */
static uint64_t
arrival(struct end *e, uint64_t due_us, uint64_t late_us)
{
	due_us += luck_below(&e->rng, (uint64_t)e->path.jitter_us + 1);
	if (e->path.in_order)
		due_us = e->due_us = RTE_MAX(due_us, e->due_us);
	return due_us + late_us;
}

static void
travel(struct end *from, uint8_t *frame, uint32_t len)
{
	struct cable *c = from->cable;
	struct end *to = &c->ends[1 - from->index];
	const struct cable_path *p = &from->path;
	bool spared = p->spare_arp && is_arp(frame);
	uint64_t late_us = 0, due_us;
	unsigned int copies = 1;

	if (c->conf.filter != NULL && !spared) {
		switch (c->conf.filter(c->conf.filter_arg, from->index, frame, len, c->now_us,
				       &late_us)) {
		case CABLE_PASS:
			late_us = 0;
			break;
		case CABLE_DELAY:
			break;
		case CABLE_DROP:
			from->stats.filtered++;
			return;
		}
	}
	if (!spared && is_lost(from))
		return;
	due_us = serialise(from, len);
	if (due_us == UINT64_MAX) {
		from->stats.overflowed++;
		return;
	}
	due_us += p->delay_us;
	if (luck_chance(&from->rng, p->reorder_ppm))
		late_us += p->reorder_us;
	if (luck_chance(&from->rng, p->dup_ppm)) {
		from->stats.duplicated++;
		copies = 2;
	}
	while (copies-- > 0)
		if (launch(to, frame, len, arrival(from, due_us, late_us)) != 0)
			from->stats.no_mbuf++;
}

/* --- the port ---------------------------------------------------------------- */

static void
tx_reclaim(struct end *e, uint64_t lazy)
{
	struct held *h = &e->held[e->held_head];

	while (e->held_cnt > 0 && h->burst + lazy <= e->bursts) {
		rte_pktmbuf_free(h->m);
		e->held_head = (e->held_head + 1) % TX_DESC;
		e->held_cnt--;
		h = &e->held[e->held_head];
	}
}

/* A frame as it leaves the port. */
static void
emit(struct end *e, uint32_t len)
{
	struct cable *c = e->cable;

	e->stats.tx_frames++;
	e->stats.tx_bytes += len;
	if (len < CABLE_FRAME_MIN) {
		memset(c->frame + len, 0, CABLE_FRAME_MIN - len);
		len = CABLE_FRAME_MIN;
	}
	if (c->conf.tap != NULL)
		c->conf.tap(c->conf.tap_arg, e->index, c->frame, len, c->now_us);
	travel(e, c->frame, len);
}

/* Joins the pieces of a packet; false: its lengths do not fit. */
static bool
gather(const struct rte_mbuf *m, uint8_t *out, uint32_t max)
{
	uint32_t off = 0;

	if (m->pkt_len < RTE_ETHER_HDR_LEN || m->pkt_len > max)
		return false;
	for (const struct rte_mbuf *s = m; s != NULL; s = s->next) {
		if (s->data_len > max - off)
			return false;
		memcpy(out + off, rte_pktmbuf_mtod(s, const void *), s->data_len);
		off += s->data_len;
	}
	return off == m->pkt_len;
}

static bool
tx_cut(struct end *e, const struct rte_mbuf *m)
{
	struct cable *c = e->cable;
	struct tso_cut cut;
	uint32_t len;

	if (!gather(m, c->packet, sizeof(c->packet)) || !tso_start(&cut, &e->port, m, c->packet))
		return false;
	while ((len = tso_next(&cut, c->frame)) > 0)
		emit(e, len);
	return true;
}

static bool
tx_whole(struct end *e, const struct rte_mbuf *m)
{
	struct cable *c = e->cable;

	if (!gather(m, c->frame, RTE_ETHER_HDR_LEN + (uint32_t)e->port.mtu) ||
	    !nic_tx_cksum(e->port.caps, m, c->frame, m->pkt_len))
		return false;
	emit(e, m->pkt_len);
	return true;
}

static void
tx_one(struct end *e, const struct rte_mbuf *m)
{
	bool cut = (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0;

	e->stats.tx_packets++;
	if (!(cut ? tx_cut(e, m) : tx_whole(e, m)))
		e->stats.misused++;
}

static bool
is_refused(struct end *e, const struct rte_mbuf *m)
{
	if (e->held_cnt == TX_DESC)
		return true;
	if (e->path.spare_arp && m->data_len >= RTE_ETHER_HDR_LEN &&
	    is_arp(rte_pktmbuf_mtod(m, const uint8_t *)))
		return false;
	return luck_chance(&e->rng, e->path.refuse_ppm);
}

static uint16_t
cable_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct end *e = end_of(p);
	uint16_t sent;

	(void)queue;
	e->bursts++;
	tx_reclaim(e, e->cable->conf.lazy_free);
	for (sent = 0; sent < n; sent++) {
		if (is_refused(e, pkts[sent])) {
			e->stats.refused++;
			break;
		}
		tx_one(e, pkts[sent]);
		e->held[(e->held_head + e->held_cnt++) % TX_DESC] = (struct held){
			.m = pkts[sent], .burst = e->bursts
		};
	}
	if (e->cable->conf.lazy_free == 0)
		tx_reclaim(e, 0);
	return sent;
}

/* As drivers of NICs that want the pseudo-header's sum from software. */
static uint16_t
cable_tx_prepare(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	const struct end *e = end_of(p);
	uint16_t i;
	int rc;

	(void)queue;
	for (i = 0; i < n; i++) {
		if ((pkts[i]->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0 ?
			    !tso_fits(&e->port, pkts[i]) :
			    pkts[i]->pkt_len > RTE_ETHER_HDR_LEN + (uint32_t)e->port.mtu) {
			rte_errno = EINVAL;
			break;
		}
		rc = rte_net_intel_cksum_prepare(pkts[i]);
		if (rc != 0) {
			rte_errno = -rc;
			break;
		}
	}
	return i;
}

static uint16_t
cable_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct end *e = end_of(p);
	uint16_t got = 0;

	(void)queue;
	while (got < n && flights_next_us(&e->in) <= e->cable->now_us)
		pkts[got++] = flights_pop(&e->in);
	e->cable->ends[1 - e->index].stats.rx_frames += got;
	return got;
}

static void
cable_tx_cleanup(struct rtls_port *p, uint16_t queue)
{
	(void)queue;
	tx_reclaim(end_of(p), 0);
}

/* The port's memory is the cable's: what it held goes, the rest with the cable. */
static void
cable_port_close(struct rtls_port *p)
{
	struct end *e = end_of(p);

	tx_reclaim(e, 0);
	while (e->in.cnt > 0)
		rte_pktmbuf_free(flights_pop(&e->in));
}

/* --- life -------------------------------------------------------------------- */

static int
end_init(struct cable *c, int index)
{
	struct end *e = &c->ends[index];
	uint32_t data_room = RTE_ETHER_HDR_LEN + (uint32_t)c->conf.mtu;
	uint64_t rng = c->conf.seed + (uint64_t)index;
	char name[RTE_MEMZONE_NAMESIZE];

	e->cable = c;
	e->index = index;
	e->path = c->conf.path[index];
	e->rng = harness_rand(&rng);
	e->port = (struct rtls_port){
		.rx_burst = cable_rx_burst,
		.tx_prepare = cable_tx_prepare,
		.tx_burst = cable_tx_burst,
		.tx_cleanup = cable_tx_cleanup,
		.close = cable_port_close,
		.caps = c->conf.caps,
		.nb_queues = 1,
		.mtu = c->conf.mtu,
		.tso_max = c->conf.tso_max,
		.mac = { 0x02, 0, 0, 0, 0, (uint8_t)(index + 1) },
	};
	if (c->conf.rx_seg_len != 0)
		data_room = c->conf.rx_seg_len;
	e->port.rx_room = (uint64_t)c->conf.nb_mbufs * (RTE_PKTMBUF_HEADROOM + data_room);
	snprintf(name, sizeof(name), "%.20s-%d", c->conf.name, index);
	snprintf(e->port.name, sizeof(e->port.name), "%s", name);
	e->pool = rte_pktmbuf_pool_create(name, c->conf.nb_mbufs, 0, 0,
					  (uint16_t)(RTE_PKTMBUF_HEADROOM + data_room),
					  SOCKET_ID_ANY);
	return e->pool == NULL ? -ENOMEM : flights_init(&e->in, c->conf.nb_mbufs);
}

int
cable_create(const struct cable_conf *conf, struct cable **out)
{
	struct cable *c;

	if ((conf->mtu != 0 && (conf->mtu < 68 || conf->mtu > CABLE_MTU_MAX)) ||
	    (conf->rx_seg_len != 0 && conf->rx_seg_len < CABLE_SEG_MIN))
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	c->conf = *conf;
	if (c->conf.mtu == 0)
		c->conf.mtu = RTE_ETHER_MTU;
	if (c->conf.nb_mbufs == 0)
		c->conf.nb_mbufs = 1024;
	c->now_us = conf->now_us;
	for (int i = 0; i < 2; i++)
		if (end_init(c, i) != 0) {
			cable_destroy(c);
			return -ENOMEM;
		}
	*out = c;
	return 0;
}

struct rtls_port *
cable_port(struct cable *c, int end)
{
	return &c->ends[end].port;
}

void
cable_set_time(struct cable *c, uint64_t now_us)
{
	c->now_us = RTE_MAX(c->now_us, now_us);
}

void
cable_set_path(struct cable *c, int dir, const struct cable_path *path)
{
	c->ends[dir].path = *path;
}

static bool
is_frame(const struct cable *c, uint32_t len)
{
	return len >= RTE_ETHER_HDR_LEN && len <= RTE_ETHER_HDR_LEN + (uint32_t)c->conf.mtu;
}

int
cable_inject(struct cable *c, int dir, const uint8_t *frame, uint32_t len)
{
	return is_frame(c, len) ? launch(&c->ends[1 - dir], frame, len, c->now_us) : -EINVAL;
}

int
cable_inject_in_line(struct cable *c, int dir, const uint8_t *frame, uint32_t len)
{
	struct end *from = &c->ends[dir];
	uint64_t due_us;

	if (!is_frame(c, len))
		return -EINVAL;
	due_us = serialise(from, len);
	if (due_us == UINT64_MAX)
		return -ENOMEM;
	return launch(&c->ends[1 - dir], frame, len, due_us + from->path.delay_us);
}

uint64_t
cable_next_us(const struct cable *c)
{
	uint64_t next_us = UINT64_MAX;

	for (int i = 0; i < 2; i++)
		next_us = RTE_MIN(next_us, flights_next_us(&c->ends[i].in));
	return next_us;
}

struct cable_stats
cable_stats_get(const struct cable *c, int dir)
{
	return c->ends[dir].stats;
}

unsigned int
cable_mbufs_in_use(const struct cable *c, int end)
{
	return rte_mempool_in_use_count(c->ends[end].pool);
}

unsigned int
cable_tx_held(const struct cable *c, int end)
{
	return c->ends[end].held_cnt;
}

void
cable_destroy(struct cable *c)
{
	if (c == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		cable_port_close(&c->ends[i].port);
		rte_mempool_free(c->ends[i].pool);
		flights_fini(&c->ends[i].in);
	}
	free(c);
}
