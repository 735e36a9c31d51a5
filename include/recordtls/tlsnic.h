/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * A TLS-offload NIC in software, over any port: inline TLS on any machine.
 *
 * It seals and opens with libcrypto where a NIC has its engine, and keeps the contract of
 * recordtls/offload.h as hardware would. It shows that a program works with inline TLS; it
 * saves no CPU time, unless another lcore runs it.
 */
#ifndef RECORDTLS_TLSNIC_H
#define RECORDTLS_TLSNIC_H

#include <stdint.h>

#include <recordtls/offload.h>
#include <recordtls/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What goes wrong in it on purpose, and at which chances; 1 << fault is its bit in conf.faults. Of those in
 * front of RTLS_TLSNIC_LIE_PLAINTEXT no connection reads or sends anything else, and none ends, but by
 * TCP's own timeout where most of its packets are lost. From there on it lies about what it opened: what
 * is read is wrong, but for records that are audited (RTLS_OPT_AUDIT_RATE), which end the connection.
 */
enum rtls_tlsnic_fault {
	RTLS_TLSNIC_TABLE_FULL,    /**< add(): -ENOSPC */
	RTLS_TLSNIC_CONTEXT_LOST,  /**< a packet to be sealed or opened: RTLS_TLS_EV_LOST */
	RTLS_TLSNIC_TX_LOST,       /**< a packet to be sealed does not get to the crypto */
	RTLS_TLSNIC_NO_MATCH,      /**< start(), receiving: no packet is found to be of the flow */
	RTLS_TLSNIC_STEER_LATE,    /**< the same, of the first ones: up to 128 */
	RTLS_TLSNIC_ANSWER_WRONG,  /**< rx_resync(): the number is taken for one more */
	RTLS_TLSNIC_ANSWER_LATE,   /**< the same: up to 32 packets of the flow later */
	RTLS_TLSNIC_ANSWER_TWICE,  /**< the same: at once, and late */
	RTLS_TLSNIC_ANSWER_NEVER,  /**< the same: it is not heard */
	RTLS_TLSNIC_ASK_WRONG,     /**< a request: for a place that is no header */
	RTLS_TLSNIC_AUTH_ERROR,    /**< a packet to be opened: what ends there fails */
	RTLS_TLSNIC_BAD_CHECKSUM,  /**< the same: its checksums look bad, it is passed */
	RTLS_TLSNIC_RESET,         /**< a packet to be sealed or opened: DOWN, later UP */
	RTLS_TLSNIC_FALSE_HEADERS, /**< a packet that is searched looks full of headers */
	RTLS_TLSNIC_RESYNC_BUSY,   /**< tx_resync(), rx_resync(): -EBUSY */
	RTLS_TLSNIC_RESYNC_ERROR,  /**< the same: -EIO */
	RTLS_TLSNIC_LIE_PLAINTEXT, /**< a packet that it opened: one bit of it is another one */
	RTLS_TLSNIC_LIE_NUMBER, /**< a packet to be opened: what begins there, as another number */
	RTLS_TLSNIC_LIE_AUTHENTIC, /**< the same: what ends there is authentic, whatever its tag */
	RTLS_TLSNIC_LIE_OTHER, /**< one that it opened: with text of another record, of any connection */
	RTLS_TLSNIC_FAULTS /**< how many this version has; a later one may have more */
};

/** What kind of NIC it is; 0 in a field: its default. */
struct rtls_tlsnic_conf {
	uint32_t size;         /**< sizeof(struct rtls_tlsnic_conf) */
	uint32_t max_contexts; /**< of both directions; default 16384, of use up to 65535 */
	uint32_t nb_mbufs;     /**< packets it makes, half sent, half received; default 8192 */
	uint32_t add_polls;    /**< so many polls until add() is done; default 0: at once */
	uint8_t tx_method;     /**< enum rtls_tls_tx_method; default RTLS_TLS_TX_REBUILD */
	uint8_t tx_after;      /**< enum rtls_tls_tx_after; default RTLS_TLS_TX_STAYS */
	/**
	 * enum rtls_tls_rx_method; default RTLS_TLS_RX_SCAN. Out of step it passes packets as they came,
	 * keeps its place, as what is missing may come late, and with the two SCANs asks for another one.
	 */
	uint8_t rx_method;
	uint8_t no_tso; /**< not 0: cuts no packets */
	uint8_t rings;  /**< not 0: another lcore runs it, by rtls_tlsnic_poll() */
	/** A fault: of so many packets to be sealed one is lost in front of the crypto; 0: none. */
	uint32_t tx_lose;
	/** A fault: of so many packets to be opened one is transformed, and not verified; 0: none. */
	uint32_t rx_unverified;
	/** A fault: of so many marked packets one says what is not true; 0: none. */
	uint32_t rx_lie;
	/** What is added to the fields of the mark that lies, to the nonce byte by byte. */
	struct rtls_tls_rx_mark rx_lie_by;
	uint16_t rx_first_run; /**< number of a context's first run; the last one's is 65535 */
	uint8_t rx_keeps;      /**< not 0: what is not authentic goes up transformed, as FAILED */
	uint8_t reserved;      /**< 0 */
	/** RTLS_TLS_RX_SCAN_DELAYED: so many polls from a question's start to its end; default 1. */
	uint32_t rx_resync_polls;
	uint32_t faults;      /**< bits of enum rtls_tlsnic_fault; 0: none */
	uint32_t fault_every; /**< on average each strikes once in so many chances; default 64 */
	uint64_t fault_seed;  /**< when: the same seed and the same packets, the same faults */
	/**
	 * Bytes of TCP payload that it seals in a turn (a poll), and as many that it opens; 0: all that there
	 * are. What is too much to open is passed as it came, what is too much to seal waits, and beyond
	 * 1024 packets is dropped; packets that need no crypto go on.
	 */
	uint32_t crypto_bytes;
	uint32_t reserved2; /**< 0 */
};

/**
 * [control] Makes the NIC over a port with one queue pair. Takes under on success:
 * rtls_port_close() of the new port closes it too.
 * @param conf borrowed; NULL: all defaults.
 * @return 0; -EINVAL: a field out of its range, or a port with more queues, with inline TLS
 *   already, or with an MTU whose frames fit into no mbuf, or a NULL; -EBUSY: a stack uses under,
 *   or another NIC does; -ENOSPC: mbufs have no room for its dynamic field; -ENOMEM; -ENOTSUP: built
 *   without rte_security_driver.h.
 */
int rtls_tlsnic_open(struct rtls_port *under, const struct rtls_tlsnic_conf *conf,
		     struct rtls_port **out);

/**
 * [any one lcore, with conf.rings] One turn of the NIC: packets and commands from the
 * host's side, packets from the port below. Returns how many; 0 = idle. Without rings it
 * runs inside the stack's poll, and this does nothing, as with any other port and NULL.
 */
unsigned int rtls_tlsnic_poll(struct rtls_port *p);

#ifdef __cplusplus
}
#endif

#endif
