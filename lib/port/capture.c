/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "port/capture.h"

#include <errno.h>
#include <stdio.h>

#include <rte_ethdev.h>
#include <rte_malloc.h>

#include <recordtls/capture.h>

#include "port/capture_copy.h"
#include "port/capture_writer.h"
#include "core/conf.h"

enum {
	PENDING_MAX = 512,
	BURST = 64,
	DEFAULT_PACKETS = 4096,
	DEFAULT_LONG_PACKETS = 256,
	MAX_PACKETS = 1 << 20,
	SNAP_MIN = 64,
	LONGEST_MTU = 1500, /* of packets that are received, if the port has a smaller one */
};

/* A copy, and the packet that it is of, while somebody may tell what becomes of it. */
struct pending {
	const struct rte_mbuf *of;
	struct rte_mbuf *copy;
};

struct port_capture {
	struct rtls_port *port;
	uint16_t (*rx_burst)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts,
			     uint16_t n);
	uint16_t (*tx_burst)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts,
			     uint16_t n);
	struct capture_copier copier;
	struct pending pending[PENDING_MAX];
	uint32_t nb_pending;
	uint64_t packets;
	uint64_t missed;
	struct capture_writer writer;
};

/* --- packets ---------------------------------------------------------------------- */

/* What waited goes to the thread: nothing more becomes of these packets. */
static void
commit(struct port_capture *c)
{
	if (c->nb_pending == 0)
		return;
	for (uint32_t i = 0; i < c->nb_pending; i++)
		capture_writer_put(&c->writer, c->pending[i].copy);
	c->nb_pending = 0;
	capture_writer_wake(&c->writer);
}

static void
add(struct port_capture *c, const struct rte_mbuf *of, struct rte_mbuf *copy)
{
	if (copy == NULL) {
		c->missed++;
		return;
	}
	if (c->nb_pending == PENDING_MAX)
		commit(c);
	c->pending[c->nb_pending++] = (struct pending){ .of = of, .copy = copy };
	c->packets++;
}

/* The file cannot be written: the port's own calls again. */
static bool
has_failed(struct port_capture *c)
{
	if (capture_writer_error(&c->writer) == 0)
		return false;
	c->port->rx_burst = c->rx_burst;
	c->port->tx_burst = c->tx_burst;
	commit(c);
	return true;
}

static uint16_t
capture_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct port_capture *c = p->capture;
	uint16_t got;

	if (has_failed(c))
		return c->rx_burst(p, queue, pkts, n);
	commit(c);
	got = c->rx_burst(p, queue, pkts, n);
	for (uint16_t i = 0; i < got; i++)
		add(c, pkts[i], capture_copy(&c->copier, queue, pkts[i], true));
	return got;
}

/* Copies first: what the port has taken is the port's. */
static uint16_t
send_some(struct port_capture *c, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct rte_mbuf *copies[BURST];
	uint16_t sent, i;

	for (i = 0; i < n; i++)
		copies[i] = capture_copy(&c->copier, queue, pkts[i], false);
	sent = c->tx_burst(c->port, queue, pkts, n);
	for (i = 0; i < sent; i++)
		add(c, NULL, copies[i]);
	for (; i < n; i++)
		rte_pktmbuf_free(copies[i]);
	return sent;
}

static uint16_t
capture_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct port_capture *c = p->capture;
	uint16_t done = 0, sent, some;

	if (has_failed(c))
		return c->tx_burst(p, queue, pkts, n);
	while (done < n) {
		some = RTE_MIN((uint16_t)(n - done), (uint16_t)BURST);
		sent = send_some(c, queue, pkts + done, some);
		done += sent;
		if (sent < some)
			break;
	}
	return done;
}

static struct pending *
find(struct port_capture *c, const struct rte_mbuf *m)
{
	for (uint32_t i = 0; i < c->nb_pending; i++)
		if (c->pending[i].of == m)
			return &c->pending[i];
	return NULL;
}

void
port_capture_dropped(struct port_capture *c, const struct rte_mbuf *m, const char *why)
{
	struct pending *p = find(c, m);
	char text[CAPTURE_COMMENT_MAX];

	if (p == NULL)
		return;
	snprintf(text, sizeof(text), "dropped: %s", why);
	capture_comment(p->copy, text);
	/* The mbuf is free, and may come again as another packet. */
	p->of = NULL;
}

void
port_capture_moved(struct port_capture *c, const struct rte_mbuf *from, const struct rte_mbuf *to)
{
	struct pending *p = find(c, from);

	if (p != NULL)
		p->of = to;
}

void
port_capture_unsent(struct port_capture *c, const struct rte_mbuf *m, const char *why)
{
	char text[CAPTURE_COMMENT_MAX];

	if (has_failed(c))
		return;
	snprintf(text, sizeof(text), "not sent: %s", why);
	add(c, NULL, capture_copy_unsent(&c->copier, 0, m, text));
}

/* --- begin and end ---------------------------------------------------------------- */

static uint32_t
room_of(const struct rtls_port *p, uint32_t snaplen)
{
	uint32_t longest = RTE_MAX(p->mtu, (uint16_t)LONGEST_MTU) + RTE_ETHER_HDR_LEN;

	if (p->tso_max != 0)
		longest = UINT16_MAX;
	longest = RTE_MIN(longest, snaplen) + CAPTURE_VLAN + CAPTURE_TAIL;
	/* In one mbuf, but for the longest packets there can be. */
	return RTE_MIN(longest + RTE_PKTMBUF_HEADROOM, (uint32_t)UINT16_MAX);
}

static uint32_t
packets_of(const struct rtls_port *p, const struct rtls_capture_conf *conf)
{
	if (conf->nb_packets != 0)
		return conf->nb_packets;
	return p->tso_max != 0 ? DEFAULT_LONG_PACKETS : DEFAULT_PACKETS;
}

static int
make_pool(struct port_capture *c, uint32_t n)
{
	uint16_t id = c->copier.port_id;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "rtls_cap_%u", id);
	/* The thread may lose its CPU in the middle of a call: the lcore does not wait for it. */
	c->copier.pool = rte_pktmbuf_pool_create_by_ops(
		name, n, 0, 0, (uint16_t)room_of(c->port, c->copier.snaplen),
		rte_eth_dev_socket_id(id), "ring_mt_rts");
	return c->copier.pool == NULL ? -ENOMEM : 0;
}

static void
free_all(struct port_capture *c)
{
	rte_mempool_free(c->copier.pool);
	rte_free(c);
}

static struct rtls_port *
bottom(struct rtls_port *p)
{
	while (p != NULL && p->under != NULL)
		p = p->elsewhere ? NULL : p->under;
	return p;
}

static int
begin(struct rtls_port *p, const struct rtls_capture_conf *conf)
{
	struct port_capture *c = rte_zmalloc("rtls_capture", sizeof(*c), 0);
	uint32_t n = packets_of(p, conf);
	int rc;

	if (c == NULL)
		return -ENOMEM;
	c->port = p;
	c->copier.port_id = (uint16_t)(p->ethdev - 1);
	c->copier.snaplen = conf->snaplen != 0 ? conf->snaplen : UINT32_MAX;
	rc = make_pool(c, n);
	if (rc == 0)
		rc = capture_writer_start(&c->writer, conf->path, c->copier.port_id, p->name, n);
	if (rc != 0) {
		free_all(c);
		return rc;
	}
	c->rx_burst = p->rx_burst;
	c->tx_burst = p->tx_burst;
	p->capture = c;
	p->rx_burst = capture_rx_burst;
	p->tx_burst = capture_tx_burst;
	return 0;
}

int
rtls_port_capture(struct rtls_port *p, const struct rtls_capture_conf *user_conf)
{
	struct rtls_capture_conf conf;

	if (p == NULL || user_conf == NULL || conf_copy(&conf, sizeof(conf), user_conf) != 0 ||
	    conf.path == NULL || conf.nb_packets > MAX_PACKETS ||
	    (conf.snaplen != 0 && conf.snaplen < SNAP_MIN))
		return -EINVAL;
	p = bottom(p);
	if (p == NULL || p->ethdev == 0)
		return -ENOTSUP;
	if (p->capture != NULL)
		return -EALREADY;
	return begin(p, &conf);
}

static int
end(struct port_capture *c)
{
	struct rtls_port *p = c->port;
	int error;

	p->rx_burst = c->rx_burst;
	p->tx_burst = c->tx_burst;
	p->capture = NULL;
	commit(c);
	error = capture_writer_stop(&c->writer, c->packets + c->missed, c->missed);
	free_all(c);
	return error;
}

int
rtls_port_capture_stop(struct rtls_port *p)
{
	struct port_capture *c;

	if (p == NULL)
		return -EINVAL;
	c = port_capture_of(p);
	return c == NULL ? -ENOENT : end(c);
}

int
rtls_port_capture_stats(const struct rtls_port *p, struct rtls_capture_stats *out)
{
	struct rtls_capture_stats stats;
	const struct port_capture *c;

	if (p == NULL || out == NULL)
		return -EINVAL;
	c = port_capture_of(p);
	if (c == NULL)
		return -ENOENT;
	stats = (struct rtls_capture_stats){
		.packets = c->packets,
		.missed = c->missed,
		.error = capture_writer_error(&c->writer),
	};
	return conf_fill(out, &stats, sizeof(stats));
}

void
port_capture_end(struct rtls_port *p)
{
	/* Also the one that was begun before a NIC with rings came over its port. */
	while (p->under != NULL)
		p = p->under;
	if (p->capture != NULL)
		end(p->capture);
}
