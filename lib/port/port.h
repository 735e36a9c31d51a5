/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a stack knows of a port: a table of calls and a few facts. Makers:
 * rtls_port_ethdev() (port/ethdev.c), rtls_tlsnic_open() (drivers/tlsnic) over
 * any other port, and in tests the cable.
 */
#ifndef RTLS_PORT_PORT_H
#define RTLS_PORT_PORT_H

#include <stdbool.h>

#include <rte_mbuf.h>

#include <recordtls/port.h>
#include <recordtls/stats.h>

#include "offload/device.h"

enum {
	PORT_QUEUES_MAX = 64,
	PORT_NAME_MAX = 80, /* an ethdev's and "tlsnic()" */
};

/* What the port does with checksums, so that the stack need not. */
enum {
	PORT_CAP_TX_IPV4_CKSUM = 1 << 0,
	PORT_CAP_TX_TCP_CKSUM = 1 << 1,
	PORT_CAP_RX_CKSUM = 1 << 2, /* marks packets RTE_MBUF_F_RX_*_CKSUM_GOOD or _BAD */
};

struct rtls_port {
	/* As rte_eth_rx_burst: the caller owns what it gets. */
	uint16_t (*rx_burst)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts,
			     uint16_t n);
	/* As rte_eth_tx_prepare; NULL where nothing is to prepare. */
	uint16_t (*tx_prepare)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts,
			       uint16_t n);
	/* As rte_eth_tx_burst: takes the first ones, the rest stays the caller's. */
	uint16_t (*tx_burst)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts,
			     uint16_t n);
	/* Gives back sent buffers that the port still holds; NULL where it holds none. */
	void (*tx_cleanup)(struct rtls_port *p, uint16_t queue);
	/*
	 * Packets that it has taken wait for room, and only a burst tries them again; NULL
	 * where none ever does.
	 */
	bool (*tx_waiting)(const struct rtls_port *p);
	/*
	 * Keeps a packet with tx_time_flag until its clock says what the packet's field at tx_time_off does,
	 * and those behind it as long (RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP). Reads that clock: 0, or
	 * -errno. NULL: it sends all at once.
	 */
	int (*read_clock)(struct rtls_port *p, uint64_t *ticks);
	int tx_time_off;
	uint64_t tx_time_flag;
	/* Its own counters, and the value of one; none: nb_stats is 0. */
	const struct rtls_stat_desc *stats;
	unsigned int nb_stats;
	uint64_t (*stat)(const struct rtls_port *p, unsigned int which);
	/*
	 * Does a device that goes on behind close() hold buffers of pools that go with the port?
	 * NULL: never. Asks for them back.
	 */
	bool (*holds)(struct rtls_port *p);
	/* Frees p itself. */
	void (*close)(struct rtls_port *p);
	uint32_t caps;
	uint16_t nb_queues;
	uint16_t mtu;     /* bytes behind the Ethernet header */
	uint64_t rx_room; /* bytes in the receive buffers of one queue; 0: not known */
	/* Packets at most that its device has judged and rx_burst has not handed up; 0: not known. */
	uint32_t rx_ahead;
	uint8_t mac[6];
	uint64_t queues_bound; /* bit per queue that a stack uses, or a port over this one */
	bool stays;            /* close() leaves the device running: it is the program's */
	uint32_t tso_max;      /* payload of the longest packet that it cuts itself; 0: cuts none */
	uint32_t tso_frames;   /* and in how many frames at most; 0: any number */
	struct offload_device tls;
	char name[PORT_NAME_MAX];     /* for people; no two ports of a process have the same */
	struct rtls_port *under;      /* that this one lies over; NULL: none */
	bool elsewhere;               /* another thread than the stack's moves what is under it */
	uint32_t ethdev;              /* its number and one; 0: it is none */
	struct port_capture *capture; /* stands in place of the bursts; NULL: none */
};

/* A port that lies over a captured one hands up another mbuf in place of what that has received. */
void port_capture_moved(struct port_capture *c, const struct rte_mbuf *from,
			const struct rte_mbuf *to);

#endif
