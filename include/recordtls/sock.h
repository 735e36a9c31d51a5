/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * Sockets: listeners, connections and their events.
 *
 * A handle is the program's from the call that gave it until rtls_close() or rtls_abort().
 * After that every call with it is -EBADF (rtls_accept_burst() gives 0), for as long as its
 * slot is not used again: slots are reused oldest first, by rtls_connect(), rtls_listen()
 * and, in rtls_stack_poll(), by connections that come in. NULL for a handle or for what a
 * call reads or fills is -EINVAL.
 */
#ifndef RECORDTLS_SOCK_H
#define RECORDTLS_SOCK_H

#include <stdint.h>

#include <recordtls/addr.h>
#include <recordtls/stack.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rtls_sock;

/** What a socket is ready for; a set of bits. */
enum {
	/**
	 * A complete record, plain bytes, an end or an error; behind a KeyUpdate: that
	 * rtls_set_keys() was -EAGAIN, and is not any more.
	 */
	RTLS_READABLE = 1 << 0,
	RTLS_WRITABLE = 1 << 1, /**< a send would take at least one byte */
	/**
	 * A control record is known that RTLS_MSG_CONTROL (io.h) would return. Watched without
	 * RTLS_READABLE, rtls_events() opens records to know, in the bounds given there.
	 */
	RTLS_CONTROL = 1 << 2,
	RTLS_CONNECTED = 1 << 3, /**< rtls_connect() came through; stays so */
	RTLS_ACCEPT = 1 << 4,    /**< the listener has a connection to accept */
	RTLS_HUP = 1 << 5,       /**< both directions are closed */
	RTLS_ERROR = 1 << 6,     /**< the connection died; rtls_sock_info() says why */
	/**
	 * A direction went to the NIC, was refused by it, or left it, and not as the answer of
	 * rtls_set_keys() or rtls_set_mode(): rtls_tls_info(). Also with the next keys, where
	 * rtls_set_mode() was -EINPROGRESS. Reported once, for all that was since.
	 */
	RTLS_MODE = 1 << 7,
	/**
	 * Something is wrong on the way to the peer; the connection goes on, and rtls_sock_info() says
	 * what it is: soft_error. Reported once, for all that was since; also while it is being opened.
	 */
	RTLS_SOFT_ERROR = 1 << 8,
};

/** One ready socket. Level-triggered: reported again until it is no longer so. */
struct rtls_event {
	struct rtls_sock *sock;
	void *user; /**< as given to rtls_sock_watch() */
	uint32_t bits;
};

/** How to listen. */
struct rtls_listen_conf {
	uint32_t size;    /**< sizeof(struct rtls_listen_conf) */
	uint32_t backlog; /**< connections waiting for accept; default 128 */
	/**
	 * How long a connection may take, in us; UINT32_MAX: as long as it likes. Who takes longer is
	 * reset: RTLS_REASON_HANDSHAKE_TIMEOUT, counted as HandshakeTimeouts.
	 *
	 * first_byte_us: until its first byte comes. Default 10 s from when an adapter took its guard
	 * (guard.h), as it is to speak TLS then; connections without a guard have no such limit. A
	 * value that is set counts for both, from accepting the SYN's handshake on.
	 *
	 * handshake_us: on a guarded connection, from guard to keys in both directions (or
	 * rtls_guard_kept()); default 30 s.
	 *
	 * When sockets run short (max_socks; a sixteenth is kept free), or the backlog is full, the
	 * oldest connection that has not come so far makes room for a newcomer: RTLS_REASON_MADE_ROOM,
	 * counted as MadeRoom. One that waits in the backlog for its accept does so only after a
	 * second without a byte.
	 */
	uint32_t first_byte_us;
	uint32_t handshake_us;
};

/**
 * Listens on a local address (ip all zero: every address of the stack).
 * Borrows its arguments. @return 0; -EADDRINUSE; -EADDRNOTAVAIL; -ENOMEM: the
 * stack has its maximum of sockets; -EAFNOSUPPORT: not IPv4; -EINVAL.
 */
int rtls_listen(struct rtls_stack *s, const struct rtls_addr *local,
		const struct rtls_listen_conf *conf, struct rtls_sock **out);

/**
 * Takes up to n established connections off the listener's queue; returns how many. 0 where l
 * is no listener, closed or NULL, or out is NULL.
 */
unsigned int rtls_accept_burst(struct rtls_sock *l, struct rtls_sock **out, unsigned int n);

/**
 * Opens a connection; RTLS_CONNECTED or RTLS_ERROR follows. A local port of 0
 * is chosen at random (RFC 6056). One that is given may be that of a connection to the same remote
 * address and port that was closed, 1 s ago or longer, if that one had timestamps (RFC 6191); else it is in use
 * for the rest of 60 s. Borrows its arguments.
 * @return 0; -EADDRNOTAVAIL; -EADDRINUSE; -EHOSTUNREACH: no route; -ENOMEM;
 *   -EAFNOSUPPORT: not IPv4; -EINVAL.
 */
int rtls_connect(struct rtls_stack *s, const struct rtls_addr *local,
		 const struct rtls_addr *remote, struct rtls_sock **out);

enum {
	RTLS_SHUT_WR = 1, /**< the only direction that can be shut down */
};

/**
 * Closes the open record and sends FIN behind everything accepted so far.
 * @return 0, also when called again; -ENOTCONN; -EINVAL: not RTLS_SHUT_WR, or NULL; -EBADF:
 *   closed.
 */
int rtls_shutdown(struct rtls_sock *sock, int how);

/**
 * Takes the handle. What was accepted is still delivered, then FIN. Received bytes that nobody
 * has read, or that come later, are lost, and an RST tells it (RFC 9293 3.10.4, RFC 2525 2.17):
 * once the peer has acknowledged the FIN, so that it gets what was accepted; at once if that was
 * acknowledged before. It waits for that as long as the user timeout.
 * @return 0; -EBADF: it was closed before; -EINVAL: NULL. Both change nothing.
 */
int rtls_close(struct rtls_sock *sock);

/** Takes the handle; RST, and nothing that is queued is sent any more. As rtls_close(). */
int rtls_abort(struct rtls_sock *sock);

/**
 * Options of one socket; on a listener they are inherited by its connections. Each line says the
 * least value, the greatest, the default, and the unit; the bounds are included.
 */
enum rtls_opt {
	/**
	 * 17408..2^32-1, rtls_stack_conf.sndbuf; bytes of buffer room. Once it is set it does not grow. Read, it
	 * is how large the buffer is now
	 */
	RTLS_OPT_SNDBUF,
	/** 34816..2^32-1, rtls_stack_conf.rcvbuf; the same for receiving */
	RTLS_OPT_RCVBUF,
	/**
	 * 64..16384, 16384; bytes of content per data record, as the program gave them: without
	 * the inner type byte of TLS 1.3, and without padding, which does not make it longer than that.
	 * RTLS_OPT_TX_RECORD_LIMIT counts too. -EBUSY while a record is open (RTLS_MSG_MORE)
	 */
	RTLS_OPT_MAX_PAYLOAD,
	/** 1..2^32-1, rtls_stack_conf.user_timeout_us; us of patience with a silent peer */
	RTLS_OPT_USER_TIMEOUT_US,
	/** 1..65535, 65535; payload bytes per segment; the peer's MSS counts too */
	RTLS_OPT_MAX_SEG,
	/**
	 * enum rtls_mode_order (tls.h), RTLS_ORDER_NIC_SOFTWARE; of both directions. Counts when first
	 * keys are set. Read, it is that of what is sent.
	 */
	RTLS_OPT_MODE_ORDER,
	/**
	 * 0..2^32-1, 0; us. Keep-alives (RFC 9293 3.8.4): a peer that said nothing for so long, and that
	 * owes nothing, is asked whether it is still there; 0: never.
	 */
	RTLS_OPT_KEEPALIVE_IDLE_US,
	/** 1..2^32-1, 75000000; us until it is asked again, while nothing comes */
	RTLS_OPT_KEEPALIVE_INTERVAL_US,
	/** 1..255, 9; so often; the connection ends behind the last one: RTLS_REASON_TIMEOUT */
	RTLS_OPT_KEEPALIVE_PROBES,
	RTLS_OPT_TX_MODE_ORDER, /**< RTLS_OPT_MODE_ORDER of what is sent */
	RTLS_OPT_RX_MODE_ORDER, /**< and of what is received */
	/**
	 * 1..2^32-1, 30000000; us that the handshake of a guarded connection (guard.h) may take, as
	 * handshake_us of struct rtls_listen_conf says: one of rtls_connect(), too, from connection
	 * and guard on, until keys are in both directions. 2^32-1: as long as it likes.
	 */
	RTLS_OPT_HANDSHAKE_US,
	/**
	 * 0..16384, 0; bytes. TLS 1.3 (RFC 8446 5.4): zeros are added to the content of each record that is
	 * sent, so that both together are a multiple of this, and at least once this; 0: none are
	 * added. No record becomes longer than one of data may be by RTLS_OPT_MAX_PAYLOAD and
	 * RTLS_OPT_TX_RECORD_LIMIT: one that cannot reach the next multiple is padded up to there.
	 * The inner type byte is not counted, so that with a divisor of the longest record full
	 * ones and padded ones do not differ. In TLS 1.2 it changes nothing. Where no buffer is
	 * large enough for the padding a send is -ENOMEM. -EBUSY while a record is open
	 */
	RTLS_OPT_PAD_TO,
	/**
	 * 63..16384, 16384; bytes of content and padding of every record of any type that is sent
	 * under keys: what the peer takes. RFC 8449 (record_size_limit) counts the inner type byte of TLS
	 * 1.3: its limit less 1 there, and its limit in TLS 1.2; RFC 6066 4 (max_fragment_length): its
	 * length. Data is cut by it as by RTLS_OPT_MAX_PAYLOAD, a longer record of another type
	 * is -EMSGSIZE. -EBUSY while a record is open
	 */
	RTLS_OPT_TX_RECORD_LIMIT,
	/**
	 * 63..16384, 16384; the same of what is received: what the peer was told. A longer record ends the
	 * receive side, -EMSGSIZE with the alert record_overflow (RFC 8449 4)
	 */
	RTLS_OPT_RX_RECORD_LIMIT,
	/**
	 * 0..255, 8; KeyUpdates (RFC 8446 4.6.3) of the peer a second, and as many at once. One more ends the
	 * receive side: RTLS_REASON_FLOOD. 0: any number
	 */
	RTLS_OPT_KEY_UPDATES_PER_S,
	/**
	 * 0..2^32-1, 0; of so many received records that the NIC opened one, in the mean, is audited; 0: none, 1:
	 * each. Which ones the NIC cannot know. The record is sealed again, and opened and verified in software,
	 * before the program reads it; where its tag is not the one that came the receive side ends:
	 * RTLS_REASON_DEVICE. Records that are not opened yet count
	 */
	RTLS_OPT_AUDIT_RATE,
	/**
	 * 0..63, 0; the Diffserv codepoint (RFC 2474) of all packets of the connection from now on, and of the
	 * SYN-ACKs of a listener; to be changed seldom within one (RFC 7657). What the stack says beside
	 * connections, RST to strangers and the ACKs of TIME-WAIT, has 0
	 */
	RTLS_OPT_DSCP,
	/** 1..255, 64; time to live, of the same packets; the others have 64 */
	RTLS_OPT_TTL,
	/**
	 * 0..1, 0; 1: the first 64 KiB of data, and those behind a second without a record, go in records that
	 * one segment carries, so that a peer can open each as it comes; then records are full. RTLS_OPT_PAD_TO
	 * counts: where it does not let a record be so short they are full at once. RTLS_MSG_RECORD's
	 * are as long as the program says. -EBUSY while a record is open
	 */
	RTLS_OPT_DYNAMIC_RECORDS,
	/**
	 * enum rtls_cc, rtls_stack_conf.cc; how much may be in flight. It may change at any time: the new
	 * algorithm goes on with the windows of the old one
	 */
	RTLS_OPT_CC,
	/**
	 * 0..2^32-1, 0; bytes of stream per second, in what mode ever; 0: as fast as congestion control has
	 * it. Bytes go in bursts of two segments at least, and of what goes in a millisecond at most, but not more
	 * than 64 KiB; a limit below 1000 is 1000. Over a round trip of 8 ms and more they are spread over it with
	 * or without a limit. What is sent again counts, headers do not
	 */
	RTLS_OPT_MAX_PACING_RATE,
};

/**
 * Sets an option; counts from now on, where it does not say otherwise.
 * @return 0; on an error the old value stays: -EINVAL: the value is out of its bounds, or NULL;
 *   -EBUSY: not now; -ENOTSUP: not an option; -EBADF.
 */
int rtls_sock_set(struct rtls_sock *sock, enum rtls_opt opt, uint64_t v);

/**
 * The value in force: what was set last, the listener's, or the default.
 * @return 0; -EINVAL: NULL; -ENOTSUP: not an option; -EBADF. On an error *v stays as it was.
 */
int rtls_sock_get(const struct rtls_sock *sock, enum rtls_opt opt, uint64_t *v);

enum rtls_sock_state {
	RTLS_SOCK_LISTEN,
	RTLS_SOCK_CONNECTING,
	RTLS_SOCK_OPEN, /**< at least one direction is open */
	RTLS_SOCK_CLOSED,
};

/** How the peer's byte stream ended. */
enum rtls_eof {
	RTLS_EOF_NONE,         /**< it did not end yet */
	RTLS_EOF_CLOSE_NOTIFY, /**< behind a close_notify alert */
	RTLS_EOF_BARE,         /**< FIN on a record boundary, or without TLS */
	RTLS_EOF_TRUNCATED,    /**< FIN inside a record */
};

/** Who ended a connection, and why; kept once per socket. */
enum rtls_end_who {
	RTLS_END_NOBODY,
	RTLS_END_LOCAL,
	RTLS_END_PEER,
	RTLS_END_NETWORK,
};

enum rtls_end_reason {
	RTLS_REASON_NONE,
	RTLS_REASON_CLOSED,      /**< both sides closed */
	RTLS_REASON_RESET,       /**< RST */
	RTLS_REASON_REFUSED,     /**< RST in answer to a SYN */
	RTLS_REASON_TIMEOUT,     /**< the peer stopped answering */
	RTLS_REASON_UNREACHABLE, /**< no neighbour answers; as TIMEOUT, and somebody told why */
	RTLS_REASON_BAD_VERSION, /**< a record header that is not this TLS version's */
	RTLS_REASON_BAD_LENGTH,  /**< a record too short or too long */
	RTLS_REASON_BAD_MAC,     /**< authentication failed, or no inner type */
	RTLS_REASON_TRUNCATED,   /**< FIN inside a record */
	RTLS_REASON_NO_MEMORY,   /**< buffers ran out and this connection was given up */
	RTLS_REASON_HANDSHAKE_TIMEOUT, /**< no first byte, or no end of the handshake, in time */
	RTLS_REASON_MADE_ROOM,         /**< unfinished, and a newcomer needed the socket */
	/** as BAD_MAC, but it is the NIC that said what is not so of a record that it had opened */
	RTLS_REASON_DEVICE,
	RTLS_REASON_FLOOD, /**< genuine records that say nothing, more of them than io.h allows */
};

/**
 * What does not end a connection (RFC 9293 3.9.1.8, 3.9.2.2): words of a router or host on the way, by
 * ICMP, about a packet that is in flight. Nothing proves who said it.
 */
enum rtls_soft_error {
	RTLS_SOFT_NONE,
	RTLS_SOFT_NET_UNREACHABLE,  /**< no way to the peer's network, or source route failed */
	RTLS_SOFT_HOST_UNREACHABLE, /**< the last router does not find the peer */
	RTLS_SOFT_PROHIBITED,       /**< a filter */
	RTLS_SOFT_NO_PORT,       /**< nobody there: of a connection that is open, it may be a lie */
	RTLS_SOFT_TIME_EXCEEDED, /**< RTLS_OPT_TTL was too low, or packets go in circles */
	RTLS_SOFT_PARAMETER,     /**< a field of our header is not understood */
	RTLS_SOFT_SILENT, /**< no ICMP: three retransmissions were not answered (R1, RFC 9293 3.8.3) */
};

/** What a sender does about losses (RFC 9293 3.8.1, RFC 8985). */
enum rtls_recovery {
	RTLS_RECOVERY_NONE,
	RTLS_RECOVERY_FAST,    /**< ACKs told of a loss: what is lost goes again, as ACKs come in */
	RTLS_RECOVERY_TIMEOUT, /**< nothing was heard: slow start from one segment on */
};

/**
 * What ss -ti of Linux has for these, word by word: doc/ss.md. Bytes are bytes of stream, without
 * headers, SYN and FIN; segments are those of the wire, of the one size or less.
 */
struct rtls_sock_info {
	uint32_t size; /**< sizeof(struct rtls_sock_info), set by the caller */
	struct rtls_addr local;
	struct rtls_addr remote;
	uint8_t state;      /**< enum rtls_sock_state */
	uint8_t eof;        /**< enum rtls_eof */
	uint8_t end_who;    /**< enum rtls_end_who */
	uint8_t end_reason; /**< enum rtls_end_reason */
	uint8_t end_alert;  /**< TLS alert that fits (RFC 8446 6.2); 0: none */
	uint8_t soft_error; /**< enum rtls_soft_error: what was said last */
	uint32_t mss;       /**< payload bytes per segment */
	uint32_t srtt_us;
	uint32_t rto_us;
	uint32_t cwnd;
	uint64_t snd_queued; /**< stream bytes accepted and not acknowledged */
	uint64_t snd_room;   /**< bytes of buffer room left */
	uint64_t rcv_queued; /**< stream bytes in order and not consumed */
	uint32_t rttvar_us;
	uint32_t ssthresh;  /**< UINT32_MAX: nothing was lost yet */
	uint64_t in_flight; /**< stream bytes sent and not acknowledged */
	uint64_t snd_wnd;   /**< bytes that the peer takes, from the first unacknowledged one on */
	uint64_t rcv_wnd;   /**< bytes that the peer was told it may send */
	uint32_t sndbuf;    /**< bytes of buffer room: RTLS_OPT_SNDBUF */
	uint32_t rcvbuf;
	uint32_t rcv_held;       /**< bytes of buffer room taken by what came out of order */
	uint8_t snd_wscale;      /**< shift of the window that the peer tells (RFC 7323) */
	uint8_t rcv_wscale;      /**< and of ours */
	uint8_t timestamps;      /**< 1: both sides send them (RFC 7323) */
	uint8_t sack;            /**< 1: both sides permit SACK (RFC 2018) */
	const char *cc;          /**< name of the congestion control; NULL: a listener */
	uint64_t bytes_acked;    /**< stream bytes that the peer has acknowledged */
	uint64_t bytes_received; /**< stream bytes that came in order */
	/**
	 * Least round trip of the last five minutes. This, delivery_rate, sacked, lost, retrans_in_flight,
	 * reordered and reo_wnd_us are known of a connection that has, or had, something in flight; they
	 * are 0 before, and again when an idle one's memory for it was given to another
	 */
	uint32_t min_rtt_us;
	/**
	 * Round trip by what comes in alone, to a millisecond; longer where the peer had nothing to send.
	 * Without timestamps it does not become longer. 0: nothing was measured, or it is too short
	 */
	uint32_t rcv_rtt_us;
	uint32_t ato_us; /**< a delayed ACK waits at most so long */
	uint32_t pmtu; /**< bytes of an IP packet, by what is known of the path; 0: not known yet */
	uint32_t rcv_mss; /**< longest payload that the peer has sent in a segment */
	uint32_t
		adv_mss; /**< the longest that it may send: our MSS without the options of segments */
	uint8_t rto_backoff;      /**< rto_us is doubled so often, up to 60 s: time-outs in a row */
	uint8_t recovery;         /**< enum rtls_recovery */
	uint8_t rate_app_limited; /**< 1: of delivery_rate the program was the limit, not the path */
	uint8_t reordered;        /**< 1: the path was seen to reorder */
	uint32_t
		reo_wnd_us; /**< so much later than due a segment is taken to be lost (RFC 8985 6.2) */
	uint32_t dsack_dups;    /**< ACKs that told of something that came twice (RFC 2883) */
	uint32_t reord_seen;    /**< ACKs that showed that a segment was overtaken by a later one */
	uint64_t delivery_rate; /**< bytes per second that arrived lately; 0: nothing is known */
	uint64_t pacing_rate;   /**< bytes per second at most; 0: it is not paced */
	uint64_t pipe;          /**< of in_flight, what is on the way: without sacked and lost */
	uint64_t sacked;        /**< of in_flight, bytes that are there, out of order (RFC 2018) */
	uint64_t lost;          /**< of in_flight, bytes that are lost and not sent again yet */
	uint64_t retrans_in_flight; /**< of pipe, bytes that were sent more than once */
	uint64_t snd_unsent;        /**< of snd_queued, bytes that were never sent */
	uint64_t bytes_sent;        /**< stream bytes, what was sent again included */
	uint64_t bytes_retrans;     /**< of these, what was sent again */
	/** Segments of all kinds since the handshake, what was sent again included. */
	uint64_t segs_out;
	uint64_t segs_in;
	uint64_t
		rcv_ooo_segs; /**< segments that came before others in front of them, and were kept */
	/**
	 * So long something was to be sent or acknowledged; of this, the peer's window alone kept us from
	 * sending more; and so long all of a full send buffer was in flight, and more could have been.
	 */
	uint64_t busy_us;
	uint64_t rwnd_limited_us;
	uint64_t sndbuf_limited_us;
	/** So long ago, at the last poll; UINT64_MAX: never. last_received_us is right to 2 ms. */
	uint64_t last_sent_us;     /**< payload was sent */
	uint64_t last_received_us; /**< payload came */
	uint64_t last_heard_us;    /**< any segment came that belongs here */
};

/**
 * [any state] Fills in out->size bytes of what is known, and no more.
 * @return 0; -EBADF: closed; -EINVAL: NULL, or no size; *out stays as it was.
 */
int rtls_sock_info(const struct rtls_sock *sock, struct rtls_sock_info *out);

/** The stack of a socket; NULL of NULL and of a handle that was closed. */
struct rtls_stack *rtls_sock_stack(const struct rtls_sock *sock);

/**
 * Which events to report, and the pointer to report with them. Replaces the former call's.
 * @return 0; -EBADF: closed; -EINVAL: NULL.
 */
int rtls_sock_watch(struct rtls_sock *sock, uint32_t bits, void *user);

/**
 * Up to n ready sockets, in turn; RTLS_HUP and RTLS_ERROR are always reported
 * once anything is watched. The cost grows with ready sockets only.
 * A socket that the program closes while it walks the array is -EBADF in its later entries.
 * @return how many; 0 where s or ev is NULL.
 */
unsigned int rtls_events(struct rtls_stack *s, struct rtls_event *ev, unsigned int n);

#ifdef __cplusplus
}
#endif

#endif
