/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * Inline TLS: what a device that seals and opens TLS records owes to this
 * library, and the other way round. For authors of NIC drivers;
 * doc/offload-contract.md is the same in prose, with a drawing.
 *
 * Keys, record numbers and the marks on packets go through the public calls of
 * rte_security (RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO, protocol TLS_RECORD). What
 * that has no words for, TCP sequence numbers and events, is here: the counterpart
 * of the Linux kernel's struct tlsdev_ops.
 *
 * The life of one direction of one connection, each call on the lcore of the
 * stack that owns the port:
 *
 *	rte_security_session_create()    the key
 *	ops->add()                       the connection; may take its time
 *	ops->start()                     from this TCP sequence on, at a record's first byte
 *	... packets ...                  TX: rte_security_set_pkt_metadata(); RX: marks
 *	ops->del()                       behind the packets handed over before; may take its time
 *	rte_security_session_destroy()
 *
 * A mark on a received packet says what the device did to it, and its struct rtls_tls_rx_mark to which
 * records.
 */
#ifndef RECORDTLS_OFFLOAD_H
#define RECORDTLS_OFFLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/addr.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rte_mbuf;

/** What the device does with a packet to be sent that is not the next of its stream. */
enum rtls_tls_tx_method {
	RTLS_TLS_TX_NONE,        /**< the device seals nothing */
	RTLS_TLS_TX_REBUILD,     /**< seals every packet, out of the metadata's record */
	RTLS_TLS_TX_NEXT_RECORD, /**< takes packets in order only; resync at a record's start */
};

/** Where a device that rebuilds its state goes on. */
enum rtls_tls_tx_after {
	RTLS_TLS_TX_STAYS,   /**< behind the packet that was out of order */
	RTLS_TLS_TX_RETURNS, /**< where it was before, unless the packet ends beyond that */
};

/** How the device finds its place in a received stream again. */
enum rtls_tls_rx_method {
	RTLS_TLS_RX_NONE,         /**< the device opens nothing */
	RTLS_TLS_RX_IN_ORDER,     /**< not at all: another context takes its place */
	RTLS_TLS_RX_SCAN,         /**< finds a header, asks on its packet, is answered at once */
	RTLS_TLS_RX_SCAN_DELAYED, /**< the same by events */
	RTLS_TLS_RX_STACK,        /**< is told by the stack */
};

/** What a device can do; suites and versions are in its rte_security capabilities. */
struct rtls_tls_caps {
	uint32_t size;         /**< sizeof(struct rtls_tls_caps), set by the caller */
	uint32_t max_contexts; /**< of both directions together; 0: not known */
	uint8_t tx_method;     /**< enum rtls_tls_tx_method */
	uint8_t tx_after;      /**< enum rtls_tls_tx_after; REBUILD only */
	uint8_t rx_method;     /**< enum rtls_tls_rx_method */
	uint8_t tx_tso;        /**< not 0: seals packets that ask for RTE_MBUF_F_TX_TCP_SEG */
	uint8_t rx_identity;   /**< not 0: each marked packet has a struct rtls_tls_rx_mark */
	uint8_t flow_iv;       /**< not 0: takes an IV that is in struct rtls_tls_flow */
	uint8_t reserved[2];   /**< 0 */
};

/** A context of the device: one direction of one connection under one key. */
struct rtls_tls_handle {
	uint32_t index; /**< in the device's table */
	/**
	 * Differs whenever the index is used again; never 0. Receiving, its low 16 bits stand in each
	 * mark: they are not 0 either, and no other context that the flow had, and of which packets may
	 * still come, has the same. A device that counts all its contexts keeps to both.
	 */
	uint32_t generation;
};

/** The connection that a context is for. */
struct rtls_tls_flow {
	uint32_t size; /**< of the library's struct; a driver looks at no more */
	struct rtls_addr
		local; /**< of the host, with its port; of a family that add() may refuse */
	struct rtls_addr remote; /**< of the peer, with its port */
	uint16_t queue;          /**< of the port: all its packets go there */
	uint16_t vlan;           /**< tag of its packets, 1..4094; 0: none, as all are as yet */
	uint8_t dir;             /**< enum rtls_dir */
	/**
	 * ChaCha20-Poly1305 in TLS 1.2: the IV, of which imp_nonce of the session has room for the first
	 * 4 bytes alone; borrowed, as the key is. Else 0. See caps.flow_iv.
	 */
	uint8_t iv[12];
};

/**
 * What a packet to be sent says about itself: the params of
 * rte_security_set_pkt_metadata(). Complete for every packet, in order or not; a device
 * that is in step needs ctx alone.
 *
 * The record is the one that holds the packet's first payload byte from the context's
 * start on. It lies in the packet's own private memory: the address stays good, and so
 * does before, as long as the packet is not freed. The driver changes neither.
 */
struct rtls_tls_tx_meta {
	struct rtls_tls_handle ctx;
	uint64_t rec_no;               /**< number of the record */
	uint32_t rec_tcp_seq;          /**< TCP sequence of its first header byte */
	uint32_t rec_len;              /**< bytes of it, header to tag */
	uint32_t before_len;           /**< bytes of it in front of the packet's first byte */
	const struct rte_mbuf *before; /**< chain that starts with the record, in clear */
};

/**
 * What a device says of a received packet that it marks RTE_MBUF_F_RX_SEC_OFFLOAD, in a dynamic field of
 * the packet's first mbuf; of the record that holds the packet's first payload byte. Records that begin
 * behind it in the packet are found by their headers, which are as on the wire.
 *
 * A run is a stretch of the stream that the device transforms byte by byte, each once and in order. It
 * begins at a record's first byte: at start(), at a resync, and behind a gap.
 */
#define RTLS_TLS_DYNFIELD_RX_MARK "recordtls_dynfield_rx_mark"

struct rtls_tls_rx_mark {
	uint16_t generation; /**< low bits of the context's */
	uint16_t run;        /**< no number comes twice in the life of a context */
	uint32_t rec_no;     /**< low bits of the record's number */
	uint16_t rec_off;    /**< bytes of it in front of the first payload byte */
	/**
	 * Bytes of it, header to tag. 0: its header, with the explicit nonce if there is one, is not
	 * complete at the end of this packet.
	 */
	uint16_t rec_len;
	uint8_t explicit_nonce
		[8]; /**< that it was opened with; all 0 if its suite has none, and where rec_len is 0 */
};

/**
 * Registers the field, where nobody has yet, for drivers as for the library.
 * @return where it lies in an mbuf, for RTE_MBUF_DYNFIELD(); -ENOENT, -ENOSPC, ...: mbufs have no room.
 */
int rtls_tls_rx_mark_offset(void);

/**
 * For drivers of hardware that marks packets and says nothing of them: fills in the field by following
 * one context's packets in the order of the receive queue. What the hardware did is guessed from that,
 * and who is on the path can make the guess wrong: then bytes that nobody sealed may be read, or the
 * connection ends. doc/offload-contract.md leaves such a driver outside of what it promises. Part of the driver's
 * context; pure.
 */
struct rtls_tls_rx_bare {
	uint64_t state[40]; /**< the library's */
};

/**
 * Before anything else, and again for another context.
 * @param version, cipher as in struct rtls_keys.
 * @param generation of the context.
 * @return 0; -ENOTSUP: not a suite of this library; -EINVAL: no mark can name the generation.
 */
int rtls_tls_rx_bare_init(struct rtls_tls_rx_bare *b, uint16_t version, uint16_t cipher,
			  uint32_t generation);

/** In start(), and where the hardware takes an answer to a resync up: as given to those. */
void rtls_tls_rx_bare_start(struct rtls_tls_rx_bare *b, uint32_t seq, uint64_t rec_no);

/**
 * The next packet of the flow that the hardware has looked at: with right checksums, and payload.
 * @param seq its TCP sequence, of the first of len bytes of payload, all of it in one piece.
 * @param marked the hardware has transformed it, authenticated or not.
 * @param out set on 0 of a marked packet.
 * @return 0; of a marked packet only: -ENOENT: nobody knows which record it is; -EOVERFLOW: it begins
 *   a run, and there is no number left. The driver restores such a packet or drops it, counted, and the context
 *   says RTLS_TLS_EV_LOST, with the status -EOVERFLOW if it was that.
 */
int rtls_tls_rx_bare_packet(struct rtls_tls_rx_bare *b, uint32_t seq, const uint8_t *payload,
			    uint32_t len, bool marked, struct rtls_tls_rx_mark *out);

/**
 * RTLS_TLS_RX_SCAN: a device that is out of step has found what may be a header, and asks what number
 * it has: on the packet, passed up as it came, that completes the header. The flag is a dynamic one
 * of the mbuf, the field, of its first segment, the TCP sequence of the header's first byte, which may
 * lie in front of the packet. On other packets the flag is clear, and the field says nothing.
 */
#define RTLS_TLS_DYNFLAG_RX_RESYNC  "recordtls_dynflag_rx_resync"
#define RTLS_TLS_DYNFIELD_RX_RESYNC "recordtls_dynfield_rx_resync_seq"

/**
 * Registers both, where nobody has yet, for drivers as for the library.
 * @param flag set on success: the bit of ol_flags.
 * @return where the field, a uint32_t, lies in an mbuf, for RTE_MBUF_DYNFIELD(); -ENOENT, -ENOSPC, ...:
 *   mbufs have no room: nothing is asked then, and the library tells unasked.
 */
int rtls_tls_rx_resync_offset(uint64_t *flag);

enum rtls_tls_event_type {
	RTLS_TLS_EV_ADD_DONE, /**< an add() that gave -EINPROGRESS ended; status says how */
	/**
	 * RTLS_TLS_RX_SCAN_DELAYED: a header that begins in the len bytes at seq may be asked about, by
	 * exactly one of the next two; no other start comes before that.
	 */
	RTLS_TLS_EV_RESYNC_START,
	RTLS_TLS_EV_RESYNC_END,    /**< it begins at seq: what number has it? */
	RTLS_TLS_EV_RESYNC_CANCEL, /**< none is asked about: forget the start */
	/**
	 * The context processes no packet any more: the device has no memory of it, was reset, has used
	 * up its runs. Being out of step is none of this, and no event.
	 */
	RTLS_TLS_EV_LOST,
	RTLS_TLS_EV_DOWN, /**< of the device: all its contexts are void */
	RTLS_TLS_EV_UP,   /**< of the device: it takes contexts again */
	/**
	 * RTLS_TLS_TX_NEXT_RECORD: a packet that was to be sealed did not come, seq is what is
	 * expected. Marked packets are dropped until tx_resync(); told once until then.
	 */
	RTLS_TLS_EV_TX_RESYNC,
	RTLS_TLS_EV_DEL_DONE, /**< a del() that gave -EINPROGRESS ended: the context judges no more */
};

/** What a device has to tell. */
struct rtls_tls_event {
	uint8_t type; /**< enum rtls_tls_event_type */
	int32_t status;
	uint32_t seq;
	uint32_t len;
	struct rtls_tls_handle ctx;
	uint64_t cookie; /**< as given to add() */
};

/**
 * The calls of a device. dev is what was given along with the table. All are made by one
 * thread at a time, the one that polls the port; none blocks.
 *
 * Later versions append calls. A driver built for an earlier one has a shorter table, which works: what it
 * lacks counts as NULL, as a call that the device does not have. A longer one works, too.
 */
struct rtls_tls_ops {
	uint32_t size; /**< sizeof(struct rtls_tls_ops); what ends with poll_events is the least */

	/** Fills *out. The answer never changes while the port is open. */
	void (*caps)(void *dev, struct rtls_tls_caps *out);

	/**
	 * Takes a connection into the table. session: from rte_security_session_create() of the
	 * device's own security context; stays until del. flow is borrowed. Nothing is sealed or
	 * opened before start(). *out is set on 0 and on -EINPROGRESS.
	 * @return 0; -EINPROGRESS: RTLS_TLS_EV_ADD_DONE follows; -ENOSPC: the table is full;
	 *   -ENOTSUP: not this connection (a family or a VLAN tag that it does not do, too); another error: not now.
	 */
	int (*add)(void *dev, void *session, const struct rtls_tls_flow *flow, uint64_t cookie,
		   struct rtls_tls_handle *out);

	/**
	 * Starts the context: the record rec_no has its first header byte at TCP sequence seq.
	 * TX: takes effect behind the packets handed to tx_burst before; what is below seq goes
	 * as it is; a packet on both sides of it, which the library never makes, is dropped. RX: bytes
	 * below seq are passed as they came; seq may lie inside a packet.
	 * @return 0; -ENOENT: no such context; -EBUSY: it is not added yet, or started already.
	 */
	int (*start)(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no);

	/**
	 * Ends the context, added, being added or started: behind the packets handed to tx_burst
	 * before, and with no event of it afterwards but RTLS_TLS_EV_DEL_DONE. The session is not
	 * touched any more when this returns, whatever it returns. An unknown handle, or one that
	 * is being deleted, is ignored: 0.
	 *
	 * RX: packets that the context has judged may still lie in the port's receive queue after
	 * 0 or RTLS_TLS_EV_DEL_DONE, but none is added to them: once rx_burst gave fewer than it
	 * was asked for, or has given as many as the queue has descriptors, no mark of this context
	 * comes any more. add() of the same flow works as soon as del() has returned; its start()
	 * comes after the event.
	 * @return 0; -EINPROGRESS: RTLS_TLS_EV_DEL_DONE follows, and until then packets may still be
	 *   judged by this context.
	 */
	int (*del)(void *dev, struct rtls_tls_handle ctx);

	/**
	 * Takes up to n events of a queue; called once per burst, when rx_burst has returned and
	 * before the first packet of that burst is looked at. Returns how many.
	 */
	unsigned int (*poll_events)(void *dev, uint16_t queue, struct rtls_tls_event *ev,
				    unsigned int n);

	/**
	 * RTLS_TLS_TX_NEXT_RECORD: the next packet to be sealed starts with record rec_no at seq. In
	 * the order of tx_burst. NULL where the method is another.
	 * @return 0; -ENOENT: no such context; -EBUSY: not now, a later record may do; another
	 *   error: never again, the context is ended.
	 */
	int (*tx_resync)(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no);

	/**
	 * RX, out of step or not: the record rec_no has its first header byte at TCP sequence seq.
	 * That is always so in the stream that TCP took.
	 *
	 * If the device has asked about seq, last, and has followed the headers from there on, it is
	 * the answer: it adds the headers that it has counted since, and starts with the next one
	 * that it has not passed, as by start(). There is no negative answer. Anything else is a
	 * hint, which nobody asked for: it ends what was asked, and the device starts at seq, as by
	 * start(), if that is not in front of the end of the last packet of the flow that it has
	 * looked at; else it is skipped, counted, and changes nothing. Where the device stands in step at seq with
	 * rec_no already, or verified records have led it into that record or beyond, nothing changes. What begins is
	 * another run.
	 *
	 * RTLS_TLS_RX_SCAN, _SCAN_DELAYED, _STACK; NULL where the method is another.
	 * @return 0, also of what is skipped; -EBUSY: not now; -ENOENT: no such context, or not
	 *   started: that, or another error: never again, the context is ended.
	 */
	int (*rx_resync)(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no);
};

/**
 * A driver with inline TLS, for programs that know nothing of it: rtls_port_ethdev() without tls_ops looks for
 * one by the name that the ethdev's driver has (struct rte_eth_dev_info).
 */
struct rtls_tls_driver {
	uint32_t size;                  /**< sizeof(struct rtls_tls_driver) */
	const char *name;               /**< of the ethdev's driver, as "net_ice"; stays */
	const struct rtls_tls_ops *ops; /**< stays */
	/** First argument of ops for this ethdev; NULL: this one has no inline TLS. Must not block. */
	void *(*dev_of)(uint16_t port_id);
};

/**
 * For drivers, in a constructor (RTE_INIT) or later: ports that are made from then on find it. The struct is
 * copied, what it refers to is borrowed. Any thread; dev_of is called by the ones that make ports, by several at a time.
 * @return 0; -EINVAL: NULL, a size that does not hold the size, or something is missing; -EEXIST: this
 *   name has one; -ENOSPC: 16 have been registered.
 */
int rtls_tls_driver_register(const struct rtls_tls_driver *d);

/**
 * Takes it back, for ports that are made later. Any thread. A rtls_port_ethdev() under way in another thread may still
 * call dev_of, and ports that were made have the table: what was borrowed stays until none of both is left.
 * @return 0; -EINVAL: no name; -ENOENT.
 */
int rtls_tls_driver_unregister(const char *name);

#ifdef __cplusplus
}
#endif

#endif
