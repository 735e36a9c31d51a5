/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The receiving side of one connection's record layer: in-order bytes of its
 * receive queue in, plaintext with types out. Records are opened one at a time
 * when the program asks, straight into its buffer when they fit.
 *
 *   PLAIN --keys--> RECORDS --KeyUpdate delivered--> PAUSED --keys--> RECORDS
 *                      |  \--FIN on a boundary / close_notify--> (eof, state stays)
 *                      +--bad record, FIN inside one--> FAILED, for good
 *
 * A device may have opened records, or parts of them, before. What it says of its packets is judged
 * when a record is complete (session/rx_marks.h): either it vouches for all of the record, which is then
 * read as it is, or the bytes of the wire are put back, and the record is opened and verified here.
 *
 * Behind close_notify, and in FAILED, received bytes are dropped: nobody can
 * read them any more, and what the peer still sends may not stop the connection
 * from being closed in order.
 */
#ifndef RTLS_SESSION_RX_H
#define RTLS_SESSION_RX_H

#include <sys/types.h>

#include <recordtls/io.h>
#include <recordtls/tls.h>

#include "buf/recvq.h"
#include "session/shared.h"

enum session_rx_state {
	SESSION_RX_PLAIN,
	SESSION_RX_RECORDS,
	SESSION_RX_PAUSED,
	SESSION_RX_FAILED,
};

enum {
	/* Buffer room of data that is opened ahead of the program, in search of a control record.
	 * What it reads with RTLS_MSG_PEEK does not count. */
	SESSION_RX_AHEAD = 2 * BUF_LARGE_ROOM,
};

/* What a connection without keys has, too. */
struct session_rx {
	struct recvq *q;
	struct rx_tls *tls;  /* NULL: no keys yet, PLAIN */
	uint8_t state;       /* enum session_rx_state */
	uint8_t end_reason;  /* enum rtls_end_reason; FAILED */
	uint8_t end_alert;   /* RFC 8446 6.2, 0: none fits; FAILED */
	bool close_notify;   /* it was delivered: what follows is ignored */
	bool keys_wait;      /* the next ones were -EAGAIN */
	uint8_t key_updates; /* so many a second; 0: any number */
	uint16_t limit;      /* bytes of content and padding of a record */
	uint32_t audit_rate; /* one of so many that a device opened is audited; 0: none */
};

void session_rx_init(struct session_rx *rx, struct recvq *q);

/* The epoch in force; NULL: no keys yet. */
static inline struct session_epoch *
session_rx_epoch(const struct session_rx *rx)
{
	return rx->tls == NULL ? NULL : rx->tls->epochs.now;
}

/* Has the epoch in force a context that is to be started? Each segment in order asks, and each read. */
static inline bool
session_rx_waits_for_start(const struct session_rx *rx)
{
	return rx->tls != NULL && epochs_waits_for_start(&rx->tls->epochs);
}

/* There are keys: is nothing there of the record at the edge but, perhaps, a part of its header? */
static inline bool
session_rx_between_records(const struct session_rx *rx)
{
	return rx->tls != NULL && rx->tls->framer.state == FRAMER_WANT_HEADER;
}

/* Buffer room of records that were opened and are not read. */
static inline uint32_t
session_rx_list_room(const struct session_rx *rx)
{
	return rx->tls == NULL ? 0 : rx->tls->list.room;
}

/*
 * Installs the first or next key from the read position on. 0; -EINVAL, also in FAILED; -EBUSY: a
 * record of the old key is not delivered in full, or TLS 1.2 keys are there; -EAGAIN: bytes wait in
 * the queue that devices opened under four keys before it, or devices still delete their contexts, or
 * so it is with one and there is no memory for more; -ENOMEM. In PAUSED data that was opened in front
 * of the KeyUpdate may still wait.
 */
int session_rx_set_keys(struct session_rx *rx, struct session_shared *shared,
			const struct rtls_keys *keys);

/*
 * A device may be going to open records with the key in force. 0 or -ENOMEM: what it would do could
 * not be undone.
 */
int session_rx_may_offload(struct session_rx *rx);

/* Event: a context of the key in force starts with the record rec_no; generation: in its marks. */
void session_rx_device_starts(struct session_rx *rx, uint16_t generation, uint64_t rec_no);

/* Event: no more bytes come that the epoch's last context opened. Until the next one starts. */
void session_rx_marks_end(struct session_rx *rx, struct session_epoch *e);

/* May bytes still come that its contexts have opened? */
static inline bool
session_rx_marks_open(const struct session_epoch *e)
{
	return e->rx.marks_open;
}

/*
 * Is nothing left that a device could be blamed for? Not while a record is not read of which it has opened
 * something, nor ever where it has said what cannot be.
 */
bool session_rx_device_blameless(const struct session_rx *rx);

/*
 * Is what arrives next under the key in force? Not while a record in order is not opened, which may
 * be a KeyUpdate: what follows that has another key and other numbers.
 */
bool session_rx_key_known(const struct session_rx *rx);

/*
 * The first record that can still arrive whole: where it starts, at or behind all bytes in order,
 * and its number. False while that, or its key, cannot be known.
 */
bool session_rx_boundary(const struct session_rx *rx, uint64_t *stream_off, uint64_t *rec_no);

/*
 * Event: nothing is held, and what a port had received is here: where the first record begins that can
 * still arrive whole, is what a device that has opened nothing for long may be told. Not behind a record
 * that is not opened and may be a KeyUpdate.
 */
void session_rx_quiet(struct session_rx *rx);

/* The number of the record at the head of the queue; there are keys. */
static inline uint64_t
session_rx_rec_no(const struct session_rx *rx)
{
	return rx->tls->epochs.now->rx.base + framer_head_index(&rx->tls->framer);
}

/* Event: more bytes are in order. Steps the framer; cheap when nothing completes. */
void session_rx_input(struct session_rx *rx);

/*
 * Would session_rx_recv return something other than -EAGAIN? fin: the peer's FIN is in order.
 * Not while it waits for keys behind a KeyUpdate (-EKEYEXPIRED): a program that polls would spin.
 * But where they were -EAGAIN, and are not any more: nothing else would say so.
 */
bool session_rx_readable(const struct session_rx *rx, bool fin);

/* Is a control record known that a receive of one would give? */
bool session_rx_control_ahead(const struct session_rx *rx);

/*
 * Opens what is needed to know. Data that comes first waits for the program, up to
 * SESSION_RX_AHEAD, and only while most large buffers are free. A record that turns out to be bad
 * stays in the queue, for a receive to say so. 0, or -ENOMEM: later, perhaps.
 */
int session_rx_look_ahead(struct session_rx *rx, bool fin);

/*
 * Delivers. msg carries the buffers; type etc. are filled in. With data_only (rtls_recv) a control
 * record ahead is -EIO and kept; with RTLS_MSG_CONTROL data is kept. Returns as rtls_recvmsg(), and
 * -ENOMEM: no record buffer, nothing has changed; consumes from the queue. A data record that fits
 * the program's buffers needs none of ours.
 */
ssize_t session_rx_recv(struct session_rx *rx, struct rtls_msg *msg, int flags, bool fin,
			bool data_only);

/*
 * Stream bytes that the record at the head still needs to be complete, as many as a record can
 * have while its header is not there; 0 when nothing is to be opened. The receive budget's floor.
 */
uint32_t session_rx_head_need(const struct session_rx *rx);

/* Event: nobody will read what was opened, nor what is in the queue. */
void session_rx_drop_list(struct session_rx *rx);

void session_rx_fini(struct session_rx *rx);

/* --- for session/rx_head.c and session/rx_deliver.c --------------------------------- */

/* Event: the record at the head was opened and is not needed any more. */
void session_rx_consumed(struct session_rx *rx);

/*
 * Event: the stream is broken, and this is what every call says from now on. alert: 0, none fits.
 * Returns error, for tail calls.
 */
int session_rx_fail(struct session_rx *rx, int error, enum rtls_end_reason reason, uint8_t alert);

/* Event: a control record was delivered in full. */
void session_rx_take_effect(struct session_rx *rx, enum rx_effect effect);

/*
 * Of control records, one of the handshake may be taken past data that waits. Another may not, but past
 * empty records: an alert says what has become of the data in front of it. NULL: there is none to take.
 */
struct rte_mbuf *session_rx_next_control(const struct session_rx *rx);

#endif
