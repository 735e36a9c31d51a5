/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * Ports: what a stack receives from and transmits to.
 */
#ifndef RECORDTLS_PORT_H
#define RECORDTLS_PORT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A packet port: an ethdev, or a TLS NIC in software over another port (recordtls/tlsnic.h). */
struct rtls_port;

struct rtls_tls_ops;

/** How rtls_port_ethdev() sets a port up. */
struct rtls_port_conf {
	uint32_t size;        /**< sizeof(struct rtls_port_conf) */
	uint16_t nb_queues;   /**< queue pairs; 1, which is the default, and no more yet */
	uint16_t nb_rx_desc;  /**< default 1024, adjusted to what the device takes */
	uint16_t nb_tx_desc;  /**< default 1024 */
	uint32_t nb_rx_mbufs; /**< receive buffers; default 8192 */
	/** Inline TLS, from the driver's author: recordtls/offload.h. NULL: what the driver has
	 * registered, rtls_tls_driver_register(), or none. A port that runs
	 * already has RTE_ETH_{RX,TX}_OFFLOAD_SECURITY set where the device needs them. */
	const struct rtls_tls_ops *tls_ops;
	void *tls_dev; /**< first argument of tls_ops */
	/**
	 * Not 0: a TCP checksum of which the driver says nothing is taken as right. For drivers that
	 * drop the word of a sender on the same machine, that it is still to be made, so that every
	 * segment looks damaged: net_af_xdp on veth. A damaged segment is then found behind keys alone.
	 * With net_af_packet such segments are known by what is in the field, without this.
	 */
	uint32_t trust_checksums;
	/**
	 * Longest packet that is sent, in bytes behind the Ethernet header, and the base of the MSS
	 * that peers are told; 576 or more, at most the device's MTU, which is the default and is left
	 * as it is. For paths that take less and whose ICMP is filtered.
	 */
	uint32_t mtu;
	/**
	 * Not 0: paced packets (RTLS_OPT_MAX_PACING_RATE, and what is paced over long paths) are handed over
	 * up to 2 ms early, and the device keeps each until its time, if it can
	 * (RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP; a port that runs already has it set). They leave more
	 * evenly than by timers of 1 ms. Devices keep what is behind such a packet in the queue, too, so what is
	 * not paced may be late by as much. If it cannot, or if it gets copies, pacing is by timers, and
	 * rtls_port_info() says so.
	 */
	uint32_t keeps_times;
};

/**
 * [control] Makes a port from an ethdev.
 *
 * A port that is not started is configured (one queue pair, a receive pool, the
 * checksum offloads and TSO that it has) and started; rtls_port_close(), or a failure of
 * this call, then stops and closes the ethdev. One that runs already is adopted as
 * it is, with its own queues, pools and offloads, and stays the program's, which sends nothing on
 * its first queue: it has one receive queue, as packets in another one would be lost, and at least
 * one to send with.
 *
 * Packets are chains of buffers of several pools. A device that does not send chains, or was not
 * configured with RTE_ETH_TX_OFFLOAD_MULTI_SEGS, gets a copy of each in one piece; one that was
 * configured with RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE, or may have been, too. The copies are counted:
 * rtls_stats_get(), tx_linear_*.
 *
 * A device that cuts packets into segments gets long ones, if it makes checksums and takes chains,
 * too (RTE_ETH_TX_OFFLOAD_TCP_TSO), and its tx_prepare takes one that is shown to it.
 *
 * A device without a MAC address is given a random one, locally administered. An MTU above
 * 65,393 counts as that: no mbuf holds more.
 *
 * @param conf borrowed; NULL: all defaults.
 * @return 0; -ENODEV: no such port; -EBUSY: the ethdev is a port already, or its driver is busy;
 *   -ENOMEM; -EINVAL: more than one queue pair, an MTU below 576, or asked for one
 *   above the device's, fewer receive buffers than
 *   twice the receive ring, a port that runs without a queue to send with or without exactly one
 *   to receive with, tls_ops with calls missing, or out is NULL; -EADDRNOTAVAIL: a multicast MAC
 *   address; -ENOTSUP: tls_ops for an ethdev without a security context, or for one that needs
 *   copies, which is left as it was (with what a driver has registered such an ethdev is a port without
 *   inline TLS); or what the device answered.
 */
int rtls_port_ethdev(uint16_t port_id, const struct rtls_port_conf *conf, struct rtls_port **out);

/** What of inline TLS who is not with the device yet may use, as bits; both where it has them. */
enum rtls_feature {
	RTLS_FEATURE_TLS_TX = 1 << 0,
	RTLS_FEATURE_TLS_RX = 1 << 1,
};

/**
 * Sets and clears RTLS_FEATURE_* of a port. They count when first keys are set, and when
 * rtls_set_mode() asks (tls.h). Connections that the device has already stay with it, also with
 * further keys. A device that goes down (RTLS_TLS_EV_DOWN) clears all; only this call sets them again.
 * @return 0; -EINVAL: an unknown bit, or one in both, or p is NULL; -ENOTSUP: the port has no
 *   inline TLS.
 */
int rtls_port_features(struct rtls_port *p, uint32_t set, uint32_t clear);

/** A port as it is now: its inline TLS, where one without has zeros, and its times. */
struct rtls_port_info {
	uint32_t size;            /**< sizeof(struct rtls_port_info), set by the caller */
	uint32_t features;        /**< RTLS_FEATURE_*: those that are switched on */
	uint32_t device_features; /**< those that the device has, switched off or not */
	uint32_t max_contexts;    /**< room of both directions; a connection takes two or more */
	uint32_t contexts;        /**< in use of these */
	uint8_t tx_method;        /**< enum rtls_tls_tx_method (recordtls/offload.h) */
	uint8_t tx_after;         /**< enum rtls_tls_tx_after; RTLS_TLS_TX_REBUILD only */
	uint8_t rx_method;        /**< enum rtls_tls_rx_method */
	uint8_t tx_tso;           /**< not 0: seals packets that it cuts itself, too */
	uint8_t keeps_times;      /**< not 0: rtls_port_conf.keeps_times, and the device can */
};

/**
 * Fills in out->size bytes of what is known, and no more. On the thread that polls the port, or
 * while none does.
 * @return 0; -EINVAL: NULL, or a size that does not hold the size.
 */
int rtls_port_info(const struct rtls_port *p, struct rtls_port_info *out);

/**
 * [control] Takes the port, if it returns 0.
 * @return 0; -EINVAL: NULL; -EBUSY: a stack uses it, or a TLS NIC in software lies over it;
 *   -EAGAIN: the program's device still holds packets whose buffers go with the port: stop it, or
 *   let it send, and call again.
 */
int rtls_port_close(struct rtls_port *p);

#ifdef __cplusplus
}
#endif

#endif
