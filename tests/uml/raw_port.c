/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE /* recvmmsg, ppoll */
#include "uml/raw_port.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rte_ether.h>

enum {
	NB_MBUFS = 1023,
	BURST = 64,
	NB_IOV = 256, /* pieces of a burst */
	SOCKET_BYTES = 16 << 20,
};

struct raw_port {
	struct rtls_port port; /* first: a port pointer is one of these */
	int fd;
	bool readable; /* something may have come */
	struct rte_mempool *pool;
	struct rte_mbuf *next[BURST]; /* to receive into */
	struct mmsghdr msg[BURST];
	struct iovec iov[NB_IOV];
};

static struct raw_port *
raw_of(struct rtls_port *p)
{
	return (struct raw_port *)p;
}

/* Buffers for what comes next, as many as there are. */
static unsigned int
fill(struct raw_port *r, uint16_t n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (r->next[i] == NULL)
			r->next[i] = rte_pktmbuf_alloc(r->pool);
		if (r->next[i] == NULL)
			return i;
		r->iov[i] = (struct iovec){ .iov_base = rte_pktmbuf_mtod(r->next[i], void *),
					    .iov_len = rte_pktmbuf_tailroom(r->next[i]) };
		r->msg[i].msg_hdr = (struct msghdr){ .msg_iov = &r->iov[i], .msg_iovlen = 1 };
	}
	return n;
}

static uint16_t
raw_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct raw_port *r = raw_of(p);
	int got;

	(void)queue;
	/* Each question to the kernel in here is dear. */
	if (!r->readable)
		return 0;
	got = recvmmsg(r->fd, r->msg, fill(r, RTE_MIN(n, (uint16_t)BURST)), MSG_DONTWAIT, NULL);
	r->readable = got == RTE_MIN(n, (uint16_t)BURST);
	for (int i = 0; i < got; i++) {
		pkts[i] = r->next[i];
		r->next[i] = NULL;
		pkts[i]->data_len = (uint16_t)r->msg[i].msg_len;
		pkts[i]->pkt_len = r->msg[i].msg_len;
	}
	return got > 0 ? (uint16_t)got : 0;
}

static uint16_t
raw_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct raw_port *r = raw_of(p);
	unsigned int nb_iov = 0, nb = 0, most = RTE_MIN(n, (uint16_t)BURST);
	int sent;

	(void)queue;
	for (; nb < most && nb_iov + pkts[nb]->nb_segs <= NB_IOV; nb++) {
		r->msg[nb].msg_hdr = (struct msghdr){ .msg_iov = &r->iov[nb_iov],
						      .msg_iovlen = pkts[nb]->nb_segs };
		for (struct rte_mbuf *m = pkts[nb]; m != NULL; m = m->next)
			r->iov[nb_iov++] = (struct iovec){ .iov_base = rte_pktmbuf_mtod(m, void *),
							   .iov_len = m->data_len };
	}
	sent = sendmmsg(r->fd, r->msg, nb, MSG_DONTWAIT);
	for (int i = 0; i < sent; i++)
		rte_pktmbuf_free(pkts[i]);
	return sent > 0 ? (uint16_t)sent : 0;
}

static void
raw_close(struct rtls_port *p)
{
	struct raw_port *r = raw_of(p);

	close(r->fd);
	for (unsigned int i = 0; i < BURST; i++)
		rte_pktmbuf_free(r->next[i]);
	rte_mempool_free(r->pool);
	free(r);
}

/* What the interface receives, and nothing that leaves it. */
static int
open_socket(const char *iface, uint8_t mac[6])
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(0x0003) };
	int one = 1, bytes = SOCKET_BYTES, fd = socket(AF_PACKET, SOCK_RAW, 0);
	struct ifreq ifr = { .ifr_flags = 0 };

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", iface);
	at.sll_ifindex = (int)if_nametoindex(iface);
	if (at.sll_ifindex != 0 && ioctl(fd, SIOCGIFHWADDR, &ifr) == 0 &&
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) == 0 &&
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0) {
		memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
		return fd;
	}
	one = -errno;
	close(fd);
	return one;
}

int
raw_port_open(const char *iface, struct rtls_port **out)
{
	struct raw_port *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	r->port = (struct rtls_port){
		.rx_burst = raw_rx_burst,
		.tx_burst = raw_tx_burst,
		.close = raw_close,
		.nb_queues = 1,
		.mtu = RTE_ETHER_MTU,
	};
	snprintf(r->port.name, sizeof(r->port.name), "raw-%s", iface);
	r->fd = open_socket(iface, r->port.mac);
	if (r->fd < 0) {
		int rc = r->fd;

		free(r);
		return rc;
	}
	r->pool = rte_pktmbuf_pool_create(r->port.name, NB_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					  SOCKET_ID_ANY);
	if (r->pool == NULL) {
		raw_close(&r->port);
		return -ENOMEM;
	}
	*out = &r->port;
	return 0;
}

void
raw_port_wait(struct rtls_port *p, uint64_t us)
{
	const struct timespec left = { .tv_sec = (time_t)(us / 1000000),
				       .tv_nsec = (long)(us % 1000000) * 1000 };
	struct raw_port *r = raw_of(p);
	struct pollfd fd = { .fd = r->fd, .events = POLLIN };

	if (!r->readable)
		r->readable = ppoll(&fd, 1, &left, NULL) == 1;
}
