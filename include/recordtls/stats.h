/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * Counters. What each of a stack's means is said in one place, lib/stack/counters.c, and told by
 * rtls_stats_describe(); the TLS NIC's in drivers/tlsnic/counters.c.
 */
#ifndef RECORDTLS_STATS_H
#define RECORDTLS_STATS_H

#include <stdint.h>

#include <recordtls/sock.h>
#include <recordtls/stack.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Counters of one connection; all count from its start. */
struct rtls_sock_stats {
	uint32_t size; /**< sizeof(struct rtls_sock_stats), set by the caller */
	uint64_t tx_records;
	uint64_t rx_records;
	uint64_t tx_record_bytes; /**< plaintext bytes in them */
	uint64_t rx_record_bytes;
	uint64_t tx_segments;      /**< with payload, retransmissions included */
	uint64_t rx_segments;      /**< with payload */
	uint64_t tx_bytes;         /**< stream bytes, retransmissions included */
	uint64_t rx_bytes;         /**< stream bytes accepted */
	uint64_t retransmissions;  /**< segments */
	uint64_t timeouts;         /**< retransmission timeouts */
	uint64_t tx_nic_records;   /**< of tx_records: for the NIC to seal */
	uint64_t rx_nic_records;   /**< of rx_records: opened and verified by the NIC */
	uint64_t rx_mixed_records; /**< of rx_records: it transformed some of it; opened here */
	uint64_t tx_nic_bytes;     /**< of tx_bytes: handed to the NIC to be sealed */
	/* Of rx_records, those that were opened here, by reason; the last five are rx_mixed_records. */
	uint64_t rx_no_context_records;   /**< the NIC had no context for the key */
	uint64_t rx_before_start_records; /**< begun in front of the NIC's start */
	uint64_t rx_untouched_records;    /**< the NIC was out of step */
	uint64_t rx_failed_records;       /**< the NIC did not verify what it transformed */
	uint64_t rx_partial_records;      /**< a part passed as it came */
	uint64_t rx_key_records;          /**< under another key */
	uint64_t rx_runs_records;         /**< not all of it in one run */
	uint64_t rx_place_records;        /**< as another record */
	/* The NIC that lost its place: doc/resync.md. */
	uint64_t rx_resync_asked;
	uint64_t rx_resync_answered;    /**< of these */
	uint64_t rx_resync_cancelled;   /**< of these: ended without an answer */
	uint64_t rx_resync_told;        /**< it was told unasked, or given another context */
	uint64_t rx_resync_refused;     /**< it had an error for what it was told */
	uint64_t rx_out_of_step_us;     /**< from a record of no use to one that it opened */
	uint64_t rx_audited_records;    /**< of rx_nic_records: RTLS_OPT_AUDIT_RATE */
	uint64_t rx_other_port_records; /**< some of it came by another port than the NIC's */
};

/**
 * Fills in out->size bytes of what is known, and no more.
 * @return 0; -EBADF: the handle is closed; -EINVAL: NULL, or no size.
 */
int rtls_sock_stats(const struct rtls_sock *sock, struct rtls_sock_stats *out);

enum rtls_stat_kind {
	RTLS_STAT_COUNTER, /**< only grows */
	RTLS_STAT_LEVEL,   /**< how many there are now */
};

/** What a counter is; the texts stay valid. */
struct rtls_stat_desc {
	const char *name;
	const char *meaning; /**< a phrase for people */
	uint8_t kind;        /**< enum rtls_stat_kind */
};

/**
 * The counters of a stack, or of a port of it: what they are called and mean. To be asked once, as
 * rte_eth_xstats_get_names(): which there are, and in which order, stays the same as long as the
 * stack, or the port, exists. TLS counters carry the Linux kernel's names (/proc/net/tls_stat).
 * With n too small (or tab NULL) returns how many there are and writes nothing.
 * @param s NULL with p NULL: the counters that every stack has; any thread then.
 * @param p NULL: of the stack; else the port's own counters, for the TLS NIC in software under
 *   the names that the kernel's drivers use (tx_tls_encrypted_packets and so on), for a port that
 *   sends copies tx_linear_copies, tx_linear_no_mbuf (bursts that ended for want of buffers) and
 *   tx_linear_refused (packets that its driver would never take).
 * @return the number of counters, 0 for a port that has none of its own; -EINVAL: p is no port
 *   of the stack, or s is NULL.
 */
int rtls_stats_describe(const struct rtls_stack *s, const struct rtls_port *p,
			struct rtls_stat_desc *tab, unsigned int n);

/**
 * Their values, in the order of rtls_stats_describe() and in the same manner.
 */
int rtls_stats_get(const struct rtls_stack *s, const struct rtls_port *p, uint64_t *values,
		   unsigned int n);

/**
 * One counter by its name, without a copy of the others.
 * @param p NULL: of the stack; else the port's own counters.
 * @return 0; -ENOENT: it has no counter of this name; -EINVAL: p is no port of the stack, or s,
 *   name or value is NULL. On an error *value is as it was.
 */
int rtls_stat_get(const struct rtls_stack *s, const struct rtls_port *p, const char *name,
		  uint64_t *value);

#ifdef __cplusplus
}
#endif

#endif
