/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One record while it is opened: where its bytes lie, where they go, and what
 * was inside. Into the program's buffers when it fits there, else into a record
 * buffer of ours, which is at hand in any case: a record whose type is inside
 * may turn out to be none for the program's buffers.
 */
#ifndef RTLS_SESSION_OPENING_H
#define RTLS_SESSION_OPENING_H

#include "session/pieces.h"
#include "session/rx.h"

/* A full record in segments of 536 bytes has 31 pieces. Where there are more, they are gathered
 * first, or the record is opened in one piece and copied. */
enum { OPENING_PIECES_MAX = 64 };

struct opening {
	struct crypto_job job;
	struct iovec src[OPENING_PIECES_MAX];
	struct iovec dst[OPENING_PIECES_MAX + 1];
	enum recvq_class found; /* what a device says it did to it */
	struct rte_mbuf *own;   /* holds the record at its data start when not direct */
	uint32_t inner_len;
	uint8_t explicit_nonce[RECORD_NONCE_LEN];
	bool direct;  /* into the program's buffers */
	uint8_t last; /* direct: the inner plaintext's last byte */
	/* Once processed: */
	uint8_t type;
	uint32_t plain_len;
};

/* The record at the head of the queue, complete; out: the program's buffers, NULL: not there. */
void opening_set(struct opening *o, const struct session_rx *rx, enum recvq_class found,
		 struct rte_mbuf *own, const struct pieces *out);

/* 0; -EBADMSG: the tag; -EIO: the provider; -ENODATA: no type. Wiped on an error. */
int opening_process(struct opening *o, const struct session_rx *rx);

/* It is none for the program's buffers after all: moves it from there into own. */
void opening_withdraw(struct opening *o);

void opening_wipe(struct opening *o);

#endif
