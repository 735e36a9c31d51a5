/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * A stack: one lcore's poll loop and everything that it owns.
 *
 * Stacks share nothing. Each has its own queue pair of each of its ports, its
 * own pools, connections and timers, and is driven by one thread. NULL where no comment
 * allows it is -EINVAL, or 0 from what returns a number.
 */
#ifndef RECORDTLS_STACK_H
#define RECORDTLS_STACK_H

#include <stdint.h>

#include <recordtls/addr.h>
#include <recordtls/port.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rtls_stack;

/** Congestion control: how much may be in flight. */
enum rtls_cc {
	RTLS_CC_CUBIC,   /**< RFC 9438, with the slow start of RFC 9406 */
	RTLS_CC_NEWRENO, /**< RFC 5681, with the same slow start */
};

/** Sizes and times of a stack; all memory is made from these at creation. */
struct rtls_stack_conf {
	uint32_t size;    /**< sizeof(struct rtls_stack_conf) */
	const char *name; /**< of the pools, unique; default "rtls" and a number */
	/**
	 * NUMA node of the stack's memory, as DPDK has it: rte_socket_id(), or SOCKET_ID_ANY (-1): the
	 * calling lcore's node, and where that is short another one. All zero is node 0, which counts
	 * as it stands; without a conf (NULL), or with a size that ends in front of this, it is any.
	 */
	int socket_id;
	uint32_t max_socks;     /**< sockets, listeners included; default 1024 */
	uint32_t max_time_wait; /**< TIME-WAIT records; default 8192 */
	uint32_t max_syn;       /**< half-open connections; default 1024 */
	uint32_t nb_packets;    /**< header buffers for packets in flight; default 8192 */
	uint32_t nb_small;      /**< 256 B record buffers; default 2048 */
	uint32_t nb_medium;     /**< 2 KiB record buffers; default 2048 */
	uint32_t nb_large;      /**< 17 KiB record buffers; default 2048 */
	/**
	 * Per socket, bytes of buffer room for sending, and for receiving, of which half is offered as
	 * window. A value counts for good, as RTLS_OPT_SNDBUF and RTLS_OPT_RCVBUF do. 0, the default:
	 * 64 KiB and 128 KiB at first, then what the path makes use of, up to sndbuf_max and rcvbuf_max.
	 */
	uint32_t sndbuf;
	uint32_t rcvbuf;
	uint32_t time_wait_us;    /**< 2 MSL; default 60 s */
	uint32_t user_timeout_us; /**< end of patience with a silent peer; default 120 s */
	uint8_t secret[16];       /**< for ISNs, ports, hash tables; all 0: random */
	uint32_t rto_min_us;      /**< least retransmission timeout above the RTT; default 200 ms */
	/**
	 * What nobody asked for by way of a connection is answered so often a second, to one remote
	 * address (default 10) and to all (default 1000), each kind for itself: RSTs, challenge
	 * ACKs (RFC 5961), ACKs from TIME-WAIT, echo replies, ARP replies. A burst of one second's
	 * answers goes to a remote at once, a fifth of that to all. The rest is counted as
	 * AnswersLimited. UINT32_MAX: as good as no limit.
	 */
	uint32_t answers_per_remote;
	uint32_t answers_per_stack;
	/**
	 * 1: buffers of records are wiped when the last reference to them goes, and receive buffers
	 * in which a device has opened something when the stack frees them and has the only one.
	 * 0, the default: plaintext of records that a NIC seals or has opened stays in memory until
	 * its buffer is used again; sealed and opened in software it never does. It costs the host
	 * in NIC mode about 0.07 cycles per byte sent and 0.13 per byte received, 12 % and 37 %
	 * (recordtls-perf flow --mode nic --wipe). doc/architecture.md says which buffers are the
	 * port's, so that nothing is promised for them.
	 */
	uint32_t wipe_buffers;
	uint32_t reserved[4]; /**< 0 */
	/**
	 * Who seals and opens in software; borrowed during rtls_stack_create(). "libcrypto", also
	 * NULL; the name of a DPDK crypto device that computes on the caller's core, such as
	 * "crypto_aesni_mb" (a virtual one is made where there is none); "auto": the fastest of
	 * all that there are here, which takes some ten milliseconds. libcrypto computes for what a
	 * device lacks, counted as CryptoFallback with its reason. A device that the program has
	 * started is used as it is; one that is stopped is configured and started, with "auto" each
	 * of them for a while: the program leaves them alone during rtls_stack_create().
	 */
	const char *crypto;
	/**
	 * Connections that listeners take from one remote address at once, those that are being
	 * closed included; 0: no limit. More are reset, counted as RemoteLimited. Many people may
	 * share an address.
	 */
	uint32_t max_per_remote;
	/**
	 * Up to so many bytes of buffer room do sockets grow that nobody has given a size; default 4 MiB and
	 * 8 MiB. All share the stack's buffers: none is kept for them.
	 */
	uint32_t sndbuf_max;
	uint32_t rcvbuf_max;
	uint32_t cc; /**< enum rtls_cc: RTLS_OPT_CC of new sockets; default RTLS_CC_CUBIC */
};

/**
 * Makes a stack; it has no thread of its own until rtls_file_open(). Call it on the lcore that
 * will poll it. @param conf borrowed; NULL: all defaults.
 * @return 0; -ENOMEM; -EEXIST: the name is taken; -ENAMETOOLONG; -EINVAL; -ENOSYS: no
 *   random source; -ENOSPC: with wipe_buffers, DPDK knows too many kinds of
 *   pools; with a crypto device named: -ENODEV: there is none;
 *   -ENOTSUP: its results are not right; or its driver's, if it does not start.
 */
int rtls_stack_create(const struct rtls_stack_conf *conf, struct rtls_stack **out);

/**
 * Who seals and opens in software, and why, in a sentence for people; lives as long as the
 * stack. NULL of NULL.
 */
const char *rtls_stack_crypto(const struct rtls_stack *s);

/** What of a stack can be switched off, as bits; all are on at first. */
enum rtls_stack_feature {
	RTLS_STACK_TLS = 1 << 0, /**< new TLS sessions */
};

/**
 * Sets and clears RTLS_STACK_* of a stack. Without RTLS_STACK_TLS rtls_set_keys() is -EPERM for a
 * connection that has keys in neither direction, counted as TlsSwitchedOff; those that have some
 * go on, with keys of the other direction and with key updates. A TLS library then keeps
 * the records of new connections (rtls_ssl_attach() in openssl.h: as of a suite that is not
 * carried).
 * @return 0; -EINVAL: an unknown bit, or one in both, or s is NULL.
 */
int rtls_stack_features(struct rtls_stack *s, uint32_t set, uint32_t clear);

/** A stack as it is now. */
struct rtls_stack_info {
	uint32_t size;         /**< sizeof(struct rtls_stack_info), set by the caller */
	uint32_t features;     /**< RTLS_STACK_*: those that are on */
	uint32_t socks_in_use; /**< sockets, listeners included */
	uint32_t max_socks;    /**< of these, at most */
};

/**
 * Fills in out->size bytes of what is known, and no more.
 * @return 0; -EINVAL: NULL, or no size; *out stays as it was.
 */
int rtls_stack_info(const struct rtls_stack *s, struct rtls_stack_info *out);

/**
 * Gives the stack a queue pair of a port. The port must outlive the stack.
 * @return 0; -EINVAL: no such queue, or a NULL; -EBUSY: a stack has it, or a TLS NIC in software
 *   lies over the port; -ENOSPC: the stack has its maximum of ports.
 */
int rtls_stack_bind(struct rtls_stack *s, struct rtls_port *p, uint16_t queue);

/**
 * Adds an address that the stack answers for on a bound port; hosts in its
 * prefix are reached directly. ip is borrowed, its port is ignored.
 * @return 0; -EAFNOSUPPORT: not IPv4; -EINVAL: not a unicast address or prefix; -ENODEV: the port is not
 *   bound; -EEXIST; -ENOSPC.
 */
int rtls_addr_add(struct rtls_stack *s, struct rtls_port *p, const struct rtls_addr *ip,
		  uint8_t prefix_len);

/**
 * Adds a route: destinations in dst/prefix_len go through gateway on port p.
 * prefix_len 0 makes the default route. The longest prefix wins.
 * @return as rtls_addr_add(); -EHOSTUNREACH: the gateway is in no prefix of the port.
 */
int rtls_route_add(struct rtls_stack *s, const struct rtls_addr *dst, uint8_t prefix_len,
		   const struct rtls_addr *gateway, struct rtls_port *p);

/**
 * The same, in place of the route that the prefix has, if it has one, in one step: no packet goes by
 * another way meanwhile, or waits. Connections follow, from their next packet on, whatever port they were
 * opened at; their addresses stay. Segments shrink to what another port takes, and do not grow again. What a
 * NIC was to seal or open is done in software while packets go by a port whose NIC it is not.
 * @return as rtls_route_add(), but for -EEXIST.
 */
int rtls_route_replace(struct rtls_stack *s, const struct rtls_addr *dst, uint8_t prefix_len,
		       const struct rtls_addr *gateway, struct rtls_port *p);

/**
 * Takes a route away. Connections follow the next longest prefix. Where there is none, packets wait
 * for a route, and TCP's time-out ends the connection; those that are being opened end at once.
 * @return 0; -ENOENT: the prefix has no route; -EAFNOSUPPORT, -EINVAL.
 */
int rtls_route_del(struct rtls_stack *s, const struct rtls_addr *dst, uint8_t prefix_len);

/**
 * One turn: receives, expires timers, transmits, and answers telemetry. The only call that
 * transmits.
 * @param now_us a monotonic clock, read once by the caller; never goes back. CLOCK_MONOTONIC costs as little
 *   as the TSC, which jumps where a virtual machine moves: forward by days, and all time-outs are over; back,
 *   and time stands still until it is made up for.
 * @return packets and timers handled; 0 = idle.
 */
unsigned int rtls_stack_poll(struct rtls_stack *s, uint64_t now_us);

/**
 * The time of the next timer, UINT64_MAX without one or a stack; for programs that sleep. It is now
 * while a telemetry command waits for the stack, which only a poll answers.
 */
uint64_t rtls_stack_deadline(const struct rtls_stack *s);

/**
 * Takes the stack: aborts all connections (their RSTs are sent where the next hop is known), wipes keys,
 * frees all memory. Before rte_eal_cleanup(), as telemetry looks for stacks until the process ends.
 * @return 0; -EAGAIN: a device still holds buffers or a file read is under way:
 *   the stack still exists, poll on and call again.
 */
int rtls_stack_destroy(struct rtls_stack *s);

#ifdef __cplusplus
}
#endif

#endif
