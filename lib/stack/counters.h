/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The counters of a stack. TLS counters carry the kernel's names
 * (/proc/net/tls_stat), so that its users find what they know.
 */
#ifndef RTLS_STACK_COUNTERS_H
#define RTLS_STACK_COUNTERS_H

#include <stdint.h>

#include <recordtls/tls.h>

enum counter {
	/* packets */
	CNT_RX_PACKETS,
	CNT_TX_PACKETS,   /* handed to the port, which may cut one into many segments */
	CNT_RX_MALFORMED, /* a length or header that does not fit, an ARP sender that cannot be */
	CNT_RX_BAD_CHECKSUM,
	CNT_RX_NOT_FOR_US,    /* another protocol, host or address */
	CNT_RX_FRAGMENTS,     /* IP fragments are not reassembled */
	CNT_RX_NO_CONNECTION, /* TCP that belongs to nobody */
	CNT_TX_NO_BUFFER,     /* a packet was put off: no header buffer */
	CNT_TX_REFUSED,       /* packets that the port did not take at once */
	CNT_TX_RECUT,         /* long packets that the port refused: sent as single segments */
	CNT_TX_DROPPED,       /* packets that the port would never take */
	CNT_ARP_REQUESTS,     /* sent */
	CNT_ARP_REFUSED,      /* claimed a neighbour's address, or ours */
	CNT_ARP_FAILED,       /* looks for a next hop that does not answer */
	CNT_ECHO_REPLIES,
	CNT_PATH_MTU_LOWERED, /* segments of a connection are shorter, as a router said */
	CNT_ANSWERS_LIMITED,  /* junk that got no answer: too much of it came */
	/* TCP */
	CNT_RX_SEGMENTS,        /* with payload */
	CNT_TX_SEGMENTS,        /* with payload, as on the wire, retransmissions included */
	CNT_RX_BYTES,           /* payload kept */
	CNT_TX_BYTES,           /* payload sent, retransmissions included */
	CNT_TX_RETRANSMISSIONS, /* segments */
	CNT_TX_RESETS,
	CNT_SYN_DROPPED, /* no room, or the accept queue is full */
	CNT_ACCEPTED,
	CNT_CONNECTED,
	CNT_CONN_TIMEOUTS,
	CNT_CONN_RESETS,
	CNT_HANDSHAKE_TIMEOUTS, /* no first byte, or no end of the handshake, in time */
	CNT_REMOTE_LIMITED,     /* refused: its remote address has enough */
	CNT_MADE_ROOM,          /* unfinished connections that were ended for newcomers */
	/* memory pressure */
	CNT_PRESSURE_HELD_DROPPED, /* out-of-order bytes given up */
	CNT_PRESSURE_CONN_REFUSED,
	CNT_PRESSURE_CONN_ABORTED,
	CNT_PRESSURE_HOLDER_ENDED, /* took the least of what it held while others waited */
	CNT_PRESSURE_DATA_DROPPED, /* segments beyond a receive queue's share; they come again */
	/* records */
	CNT_TX_RECORDS,
	CNT_TX_RECORDS_NIC,      /* framed for the device to seal */
	CNT_TX_RECORDS_FALLBACK, /* of these, sealed here after all */
	CNT_TX_DEVICE_REFUSED,   /* packets that the device, or the port, did not take marked */
	CNT_RX_RECORDS,
	CNT_RX_RECORDS_NIC,   /* opened by the device as a whole; restored and verified here */
	CNT_RX_RECORDS_MIXED, /* opened by it in part; the same */
	/* stream bytes behind the keys */
	CNT_TX_BYTES_SEALED,  /* sent, retransmissions included, whoever seals */
	CNT_TX_BYTES_NIC,     /* of these, handed to the device to be sealed */
	CNT_RX_BYTES_RECORDS, /* of all records that were opened */
	CNT_RX_BYTES_OPENED,  /* of those that the device opened as a whole */
	/* packets that were not sent, as they would have been in clear */
	CNT_TX_DROP_NO_SYNC_DATA,
	CNT_TX_DROP_BYPASS_REQ,
	CNT_TLS_TX_SW,
	CNT_TLS_RX_SW,
	CNT_TLS_TX_DEVICE,
	CNT_TLS_RX_DEVICE,
	CNT_TLS_CURR_TX_SW,
	CNT_TLS_CURR_RX_SW,
	CNT_TLS_CURR_TX_DEVICE,
	CNT_TLS_CURR_RX_DEVICE,
	CNT_TLS_DECRYPT_ERROR,
	CNT_TLS_TX_REKEY_OK,
	CNT_TLS_RX_REKEY_OK,
	CNT_TLS_TX_DEVICE_RESYNC, /* a device said that it missed a packet */
	/* The handshake is done, and another library keeps the direction's records. */
	CNT_TLS_TX_NOT_HANDED_OVER,
	CNT_TLS_RX_NOT_HANDED_OVER,
	/* Keys that the stack's crypto device did not take: libcrypto computes. */
	CNT_CRYPTO_FALLBACK_SUITE,
	CNT_CRYPTO_FALLBACK_NO_ROOM,
	/* Directions that stay in software, by enum rtls_mode_reason from ASKED on. */
	CNT_SOFTWARE_FIRST,
	CNT_SOFTWARE_LAST = CNT_SOFTWARE_FIRST + RTLS_MODE_REASON_MAX - 1 - RTLS_MODE_REASON_ASKED,
	CNT_MAX,
};

static inline enum counter
counter_of_reason(enum rtls_mode_reason why)
{
	return (enum counter)(CNT_SOFTWARE_FIRST + (int)why - (int)RTLS_MODE_REASON_ASKED);
}

const char *counter_name(enum counter c);

#endif
