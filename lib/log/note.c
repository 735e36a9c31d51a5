/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "log/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_log.h>

/* One type per folder that has something to say; net is lib/net's and what stack does with it. */
RTE_LOG_REGISTER(log_session, lib.recordtls.session, NOTICE);
RTE_LOG_REGISTER(log_crypto, lib.recordtls.crypto, NOTICE);
RTE_LOG_REGISTER(log_offload, lib.recordtls.offload, NOTICE);
RTE_LOG_REGISTER(log_tlsnic, lib.recordtls.tlsnic, NOTICE);
RTE_LOG_REGISTER(log_port, lib.recordtls.port, NOTICE);
RTE_LOG_REGISTER(log_net, lib.recordtls.net, NOTICE);
RTE_LOG_REGISTER(log_tcp, lib.recordtls.tcp, NOTICE);
RTE_LOG_REGISTER(log_stack, lib.recordtls.stack, NOTICE);
RTE_LOG_REGISTER(log_handshake, lib.recordtls.handshake, NOTICE);
RTE_LOG_REGISTER(log_sock, lib.recordtls.sock, NOTICE);

enum {
	ALWAYS_US = 0,
	SECOND_US = 1000000,
	/* What needs no connection, so anybody can cause it. */
	JUNK_US = 10 * SECOND_US,
	/* Of all such rows, but for warnings: who sends junk of every kind does not fill a log. */
	JUNK_LINES = 5,
	LINE_MAX_LEN = 512,
};

#define ERR     RTE_LOG_ERR
#define WARNING RTE_LOG_WARNING
#define NOTICE  RTE_LOG_NOTICE
#define INFO    RTE_LOG_INFO
#define DEBUG   RTE_LOG_DEBUG

/* Type, level, how often at most, what happened, what to do. */
static const struct {
	const int *type;
	uint32_t level;
	uint32_t every_us;
	const char *what;
	const char *advice;
} rows[NOTE_MAX] = {
	/* clang-format off */
	[NOTE_RECORD_BAD] = { &log_session, WARNING, SECOND_US,
		"a record of the peer's cannot be opened",
		"nothing behind it is read: bad_mac says that the keys differ or that bytes "
		"were changed on the way, the others that it is not TLS" },
	[NOTE_RECORD_CUT_OFF] = { &log_session, NOTICE, SECOND_US,
		"the peer's stream ends inside a record",
		"what came is not all: the peer broke off, or somebody between did" },
	[NOTE_SEAL_FAILED] = { &log_session, ERR, SECOND_US,
		"a record cannot be sealed",
		"its direction has ended: the crypto provider failed; try crypto "
		"\"libcrypto\"" },
	[NOTE_HANDSHAKE_FAILED] = { &log_handshake, INFO, SECOND_US,
		"the TLS handshake failed",
		"the words are the TLS library's; a peer that speaks no TLS, or no common "
		"version, suite or certificate" },
	[NOTE_NOT_HANDED_OVER_TX] = { &log_sock, NOTICE, SECOND_US,
		"the TLS library keeps the records that are sent",
		"rtls_send() and rtls_sendfile() answer -ENOKEY, move data through the TLS "
		"library or its adapter (rtls_ssl_send())" },
	[NOTE_NOT_HANDED_OVER_RX] = { &log_sock, NOTICE, SECOND_US,
		"the TLS library keeps the records that are received",
		"rtls_recv() answers -ENOKEY, move data through the TLS library or its "
		"adapter (rtls_ssl_recv())" },
	[NOTE_CRYPTO_CHOSEN] = { &log_crypto, NOTICE, SECOND_US,
		"crypto in software is done by",
		"another choice is struct rtls_stack_conf's crypto" },
	[NOTE_CRYPTO_UNUSABLE] = { &log_crypto, ERR, SECOND_US,
		"the crypto device that was asked for cannot be used",
		"no stack is made: -ENODEV, there is none; -ENOTSUP, it does not compute on "
		"the caller's core; \"auto\" takes what there is" },
	[NOTE_CRYPTO_FALLBACK] = { &log_crypto, NOTICE, SECOND_US,
		"the crypto device does not take a key",
		"libcrypto has it; with no_room make max_socks smaller or the device's "
		"sessions more" },
	[NOTE_CLEAR_TEXT_STOPPED] = { &log_stack, ERR, SECOND_US,
		"a packet would have left in clear and was dropped",
		"a bug of the device's driver or of this library: turn inline TLS off "
		"(rtls_port_features()) and report it" },
	[NOTE_DEVICE_DOWN] = { &log_offload, WARNING, SECOND_US,
		"the device's inline TLS has gone down",
		"its connections go on in software, new ones begin there, until "
		"rtls_port_features()" },
	[NOTE_DEVICE_UP] = { &log_offload, NOTICE, SECOND_US,
		"the device's inline TLS is there again",
		"it is used again from rtls_port_features() on" },
	[NOTE_DEVICE_FULL] = { &log_offload, NOTICE, SECOND_US,
		"the device has no room for one more connection",
		"it is in software: fewer connections, or a larger table in the device" },
	[NOTE_DEVICE_REFUSED] = { &log_offload, WARNING, SECOND_US,
		"the device refuses a connection",
		"it is in software: see the driver's own log" },
	[NOTE_DEVICE_LOST] = { &log_offload, NOTICE, SECOND_US,
		"the device has no memory of a connection, or refused a resync",
		"it goes on in software" },
	[NOTE_DEVICE_MISSED] = { &log_offload, INFO, SECOND_US,
		"the device missed a packet",
		"records up to the next new one are sealed here" },
	[NOTE_DEVICE_SKIPPED] = { &log_offload, INFO, SECOND_US,
		"the device, or its port, does not take a packet to be sealed",
		"its records are sealed here" },
	[NOTE_DEVICE_MARK] = { &log_offload, WARNING, SECOND_US,
		"the device marks a packet by a context that its connection has not",
		"dropped, the peer sends it again: see the driver's own log" },
	[NOTE_DEVICE_WRONG] = { &log_offload, ERR, SECOND_US,
		"the device says of a record that it had opened what is not so",
		"its connection has ended: turn inline TLS off (rtls_port_features()) and "
		"report it to the driver's authors" },
	[NOTE_TLSNIC_DROPPED] = { &log_tlsnic, WARNING, JUNK_US,
		"the TLS NIC in software drops a packet",
		"it is sent again; if the port's counter of that name grows, report it" },
	[NOTE_TLSNIC_NO_FIELD] = { &log_tlsnic, ERR, SECOND_US,
		"mbufs have no room for the field of the TLS NIC in software, which is not made",
		"fewer dynamic fields in the program, or its own behind this port" },
	[NOTE_PORT_NEVER_TAKES] = { &log_port, WARNING, SECOND_US,
		"the port takes nothing, or refuses a packet for ever, which is dropped",
		"is its link up? See the driver's own log" },
	[NOTE_PORT_CUTS_NOT] = { &log_port, NOTICE, SECOND_US,
		"the port refuses packets that it is to cut into segments and takes short "
		"ones",
		"from now on it gets these alone" },
	[NOTE_PORT_NO_MARKS] = { &log_port, NOTICE, JUNK_US,
		"a sender on this machine leaves TCP checksums to a device, and the driver "
		"does not say so",
		"such segments are taken unverified, and what it leaves to be cut comes too "
		"long: ethtool -K IFACE tx off at the sender ends both" },
	[NOTE_CAPTURE_ENDED] = { &log_port, WARNING, SECOND_US,
		"the file of a capture cannot be written, and the capture has ended",
		"make room for it and start it again" },
	[NOTE_NO_ROUTE] = { &log_net, WARNING, JUNK_US,
		"no route leads to a connection's peer any more",
		"its packets wait until there is one, or it times out: rtls_route_add(), "
		"rtls_route_replace()" },
	[NOTE_MALFORMED] = { &log_net, NOTICE, JUNK_US,
		"a packet has a length or header that does not fit",
		"dropped: RxMalformed counts them" },
	[NOTE_BAD_CHECKSUM] = { &log_net, NOTICE, JUNK_US,
		"a packet has a bad checksum",
		"dropped: a bad link, or a sender on this machine that leaves checksums to a "
		"device (trust_checksums)" },
	[NOTE_FRAGMENT] = { &log_net, NOTICE, JUNK_US,
		"a fragment of an IP packet",
		"dropped, they are not put together: is a link's MTU too small for what is "
		"sent?" },
	[NOTE_ANSWERS_LIMITED] = { &log_net, NOTICE, JUNK_US,
		"more packets than are answered ask for an answer",
		"somebody scans or floods; answers_per_remote and answers_per_stack are the "
		"limits" },
	[NOTE_ADDRESS_TAKEN] = { &log_net, WARNING, JUNK_US,
		"another host says that it has this stack's address",
		"two hosts must not have one address: look for the MAC" },
	[NOTE_NEIGHBOUR_CLAIMED] = { &log_net, WARNING, JUNK_US,
		"another MAC is claimed for a neighbour",
		"refused while the old one answers: two hosts have one address, or one is "
		"forging" },
	[NOTE_NEIGHBOUR_SILENT] = { &log_net, NOTICE, JUNK_US,
		"a neighbour does not answer ARP",
		"what is to go there waits: is it up, and on this link?" },
	[NOTE_GATEWAY_SILENT] = { &log_net, WARNING, JUNK_US,
		"the gateway does not answer ARP",
		"what is to go there waits: check its address and the link" },
	[NOTE_PATH_MTU] = { &log_net, NOTICE, JUNK_US,
		"a router says that packets are too long for its next link",
		"this connection's segments are shorter from now on" },
	[NOTE_SOFT_ERROR] = { &log_tcp, INFO, JUNK_US,
		"a connection's packets do not arrive",
		"it goes on: look for what is wrong on the way" },
	[NOTE_SYN_COOKIES] = { &log_tcp, NOTICE, JUNK_US,
		"a SYN is answered with a cookie, as max_syn are half open",
		"a flood of SYNs, or max_syn is too small" },
	[NOTE_BACKLOG_FULL] = { &log_tcp, WARNING, JUNK_US,
		"a connection has to wait, as the backlog is full",
		"the program accepts too slowly, or the listener's backlog is too small" },
	[NOTE_NO_SOCKET] = { &log_tcp, WARNING, JUNK_US,
		"a connection has to wait, as all sockets are in use",
		"max_socks is too small, or the program does not close" },
	[NOTE_REMOTE_LIMIT] = { &log_tcp, NOTICE, JUNK_US,
		"a connection is refused, as its address has max_per_remote",
		"a flood, or many clients behind one address: raise it" },
	[NOTE_MADE_ROOM] = { &log_tcp, NOTICE, JUNK_US,
		"an unfinished connection is ended for a newcomer",
		"max_socks or the backlog is too small, or somebody opens and says nothing" },
	[NOTE_HANDSHAKE_TIMEOUT] = { &log_tcp, INFO, SECOND_US,
		"no first byte, or no end of the handshake, in time",
		"the connection is ended: first_byte_us and handshake_us of the listener" },
	[NOTE_TIMEOUT] = { &log_tcp, INFO, SECOND_US,
		"the peer does not answer any more",
		"the connection is over: the network or the peer is gone" },
	[NOTE_RESET] = { &log_tcp, INFO, SECOND_US,
		"the peer resets the connection",
		"its program gave it up, or it does not know the connection" },
	[NOTE_NO_BUFFER] = { &log_stack, WARNING, SECOND_US,
		"a connection waits for a record buffer, a pool is empty",
		"nb_large, nb_medium or nb_small is too small for so many connections" },
	[NOTE_NO_HEADER] = { &log_stack, WARNING, SECOND_US,
		"a packet is put off for want of a buffer",
		"nb_packets is too small, or the port gives sent buffers back late" },
	[NOTE_NO_ROOM] = { &log_stack, WARNING, SECOND_US,
		"a segment beyond its connection's share of receive buffers is dropped",
		"it comes again: the program reads too slowly, or nb_rx_mbufs is too small" },
	[NOTE_ROOM_REFUSED] = { &log_stack, WARNING, JUNK_US,
		"a connection is not taken in, as receive buffers run out",
		"its SYN comes again: the program reads too slowly, or nb_rx_mbufs is too "
		"small" },
	[NOTE_ROOM_ENDED] = { &log_stack, WARNING, SECOND_US,
		"the connection with the oldest unfinished record is ended, as receive "
		"buffers ran out",
		"nb_rx_mbufs is too small for so many connections, or somebody holds records "
		"open" },
	[NOTE_HOLDER_ENDED] = { &log_stack, WARNING, SECOND_US,
		"a connection that hardly uses what it holds is ended, as others wait for "
		"memory",
		"a peer that does not read, or too little memory for so many connections" },
	[NOTE_OPENED] = { &log_sock, DEBUG, ALWAYS_US,
		"opened",
		NULL },
	[NOTE_KEYS] = { &log_sock, DEBUG, ALWAYS_US,
		"keys are set",
		NULL },
	[NOTE_KEYS_AGAIN] = { &log_sock, DEBUG, SECOND_US,
		"keys are renewed",
		NULL },
	[NOTE_MODE] = { &log_sock, DEBUG, ALWAYS_US,
		"mode",
		NULL },
	[NOTE_MODE_AGAIN] = { &log_sock, DEBUG, SECOND_US,
		"mode with renewed keys",
		NULL },
	[NOTE_ENDED] = { &log_sock, DEBUG, ALWAYS_US,
		"ended",
		NULL },
	/* clang-format on */
};

uint32_t
note_level(enum note n)
{
	return rows[n].level;
}

const char *
note_text(enum note n)
{
	return rows[n].what;
}

const char *
note_advice(enum note n)
{
	return rows[n].advice;
}

bool
note_due(struct notes *ns, enum note n, uint64_t now_us, uint64_t *left_out)
{
	struct log_limit *l = &ns->limit[n];

	if (!rte_log_can_log((uint32_t)*rows[n].type, rows[n].level))
		return false;
	if (rows[n].every_us == JUNK_US && rows[n].level > WARNING && now_us >= l->next_us &&
	    !log_budget_take(&ns->junk, now_us, JUNK_US, JUNK_LINES)) {
		log_limit_leave_out(l);
		return false;
	}
	return log_limit_take(l, now_us, rows[n].every_us, left_out);
}

void
note_say(enum note n, uint64_t left_out, const char *who, const char *fmt, va_list ap)
{
	const char *advice = rows[n].advice;
	char detail[LINE_MAX_LEN] = "", more[48] = "";

	if (fmt != NULL)
		vsnprintf(detail, sizeof(detail), fmt, ap);
	if (left_out != 0)
		snprintf(more, sizeof(more), " (and %" PRIu64 " more since)", left_out);
	rte_log(rows[n].level, (uint32_t)*rows[n].type, "recordtls: %s%s%s%s%s%s%s%s\n",
		who != NULL ? who : "", who != NULL ? ": " : "", rows[n].what,
		detail[0] != '\0' ? ": " : "", detail, advice != NULL ? "; " : "",
		advice != NULL ? advice : "", more);
}

void
note_once(bool *said, enum note n, const char *who, const char *fmt, ...)
{
	va_list ap;

	if (*said || !rte_log_can_log((uint32_t)*rows[n].type, rows[n].level))
		return;
	*said = true;
	va_start(ap, fmt);
	note_say(n, 0, who, fmt, ap);
	va_end(ap);
}
