/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One record while it is opened: where its bytes lie, where they go, and what
 * was inside. Into the program's buffers when it fits there, else into a record
 * buffer of ours. A record whose type is inside may turn out to be none for the
 * program's buffers; until it is taken off the queue it can be opened again.
 */
#ifndef RTLS_SESSION_RX_RECORD_H
#define RTLS_SESSION_RX_RECORD_H

#include "session/iov_iter.h"
#include "session/rx.h"

/* A full record in segments of 536 bytes has 31 pieces. Where there are more, they are gathered
 * first, or the record is opened in one piece and copied. */
enum { RX_RECORD_IOV_MAX = 64 };

struct rx_record {
	struct crypto_job job;
	struct iovec src[RX_RECORD_IOV_MAX];
	struct iovec dst[RX_RECORD_IOV_MAX + 1];
	enum rx_found found;  /* what a device did to it; OPENED: the queue has its plaintext */
	struct rte_mbuf *own; /* holds the record at its data start when not direct; or NULL */
	uint32_t inner_len;
	bool in_own;  /* gathered there first, and opened in place */
	bool direct;  /* into the program's buffers */
	uint8_t last; /* direct: the inner plaintext's last byte */
	uint8_t type; /* until it is processed: of the header */
	/* Once processed: */
	uint32_t plain_len;
};

/*
 * The record at the head of the queue, complete; out: the program's buffers, NULL: not there.
 * False: it needs a buffer of ours, by rx_record_own().
 */
bool rx_record_set(struct rx_record *o, const struct session_rx *rx, const struct iov_iter *out);

void rx_record_own(struct rx_record *o, const struct session_rx *rx, struct rte_mbuf *own);

/* Event: it is to be opened with the key e, as its record rec_no. */
void rx_record_as(struct rx_record *o, const struct session_rx *rx, const struct session_epoch *e,
		  uint64_t rec_no);

/* 0; -EBADMSG: the tag; -EIO: the provider; -ENODATA: no type. Wiped on an error. */
int rx_record_open(struct rx_record *o, const struct session_rx *rx);

/* It is none for the program's buffers after all: moves it from there into own. */
void rx_record_withdraw(struct rx_record *o, struct rte_mbuf *own);

/* The plaintext from at on, at < plain_len; *len: of its piece, which may end behind the text. */
const uint8_t *rx_record_content(const struct rx_record *o, uint32_t at, uint32_t *len);

void rx_record_wipe(struct rx_record *o);

#endif
