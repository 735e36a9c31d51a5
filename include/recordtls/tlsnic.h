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

/** What kind of NIC it is; 0 in a field: its default. */
struct rtls_tlsnic_conf {
	uint32_t size;         /**< sizeof(struct rtls_tlsnic_conf) */
	uint32_t max_contexts; /**< of both directions; default 16384, of use up to 65535 */
	uint32_t nb_mbufs;     /**< packets it makes, half sent, half received; default 8192 */
	uint32_t add_polls;    /**< so many polls until add() is done; default 0: at once */
	uint8_t tx_method;     /**< enum rtls_tls_tx_method; default RTLS_TLS_TX_REBUILD */
	uint8_t tx_after;      /**< enum rtls_tls_tx_after; default RTLS_TLS_TX_STAYS */
	uint8_t rx_method;     /**< enum rtls_tls_rx_method; default RTLS_TLS_RX_IN_ORDER */
	uint8_t no_tso;        /**< not 0: cuts no packets */
	uint8_t rings;         /**< not 0: another lcore runs it, by rtls_tlsnic_poll() */
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
};

/**
 * [control] Makes the NIC over a port with one queue pair. Takes under on success:
 * rtls_port_close() of the new port closes it too.
 * @param conf borrowed; NULL: all defaults.
 * @return 0; -EINVAL: a field out of its range, or a port with more queues, with inline TLS
 *   already, or with an MTU whose frames fit into no mbuf, or a NULL; -EBUSY: a stack uses under,
 *   or another NIC does; -ENOMEM; -ENOTSUP: built without rte_security_driver.h, or an RX method
 *   that needs a resync.
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
