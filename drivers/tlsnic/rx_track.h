/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where a device is in the TLS records of a received TCP stream: what the next bytes are, and
 * whether a packet holds them. It knows offsets, lengths and at most the bytes of a header;
 * nothing is ever collected. The explicit nonce of TLS 1.2 counts as a part of the header.
 *
 *   IDLE --start--> HEADER ---> BODY ---> TAG
 *                     ^           |        |
 *                     +-----------+--------+   step: the tag's last byte;
 *                                              take: a gap, and the record's end went by
 *   HEADER, BODY, TAG --a window of bytes went by since the last step--> GONE --start--> HEADER
 *   HEADER, BODY, TAG, GONE --lose--> LOST
 *
 * What goes by leaves the place as it is until a better one is known: the bytes that are missing may
 * still come. Behind more than a window they cannot, and the place would soon look like one ahead.
 *
 * TCP sequences are compared modulo 2^32. Pure: a copy of the struct is the way back.
 */
#ifndef TLSNIC_RX_TRACK_H
#define TLSNIC_RX_TRACK_H

#include "core/record.h"

/* Of a header, with the longest explicit nonce that there is. */
enum { RX_TRACK_HDR_MAX = RECORD_HDR_LEN + 8 };

/* What the expected byte is part of. */
enum rx_track_state {
	RX_TRACK_IDLE, /* not started */
	RX_TRACK_HEADER,
	RX_TRACK_BODY, /* what the AEAD covers */
	RX_TRACK_TAG,
	RX_TRACK_GONE, /* it was too long ago: all is far */
	RX_TRACK_LOST, /* given up */
};

/* No window is wider (RFC 7323 2.3): nothing that comes is older, and nothing that was asked. */
#define RX_TRACK_WINDOW (UINT32_C(1) << 30)

struct rx_track {
	const struct record_suite *suite;
	enum rx_track_state state;
	uint32_t expected; /* TCP sequence of the next byte */
	uint32_t left;     /* bytes up to the end of header, body or tag */
	uint64_t rec_no;   /* of the record that the expected byte is part of */
	/* Bytes that went by since expected was passed_at, at most a window of them. */
	uint32_t passed, passed_at;
	uint8_t hdr[RX_TRACK_HDR_MAX];
};

void rx_track_init(struct rx_track *t, const struct record_suite *s);

/* The record rec_no has its first byte at TCP sequence seq. */
void rx_track_start(struct rx_track *t, uint32_t seq, uint64_t rec_no);

/* Event: whoever runs the device gives the stream up. */
void rx_track_lose(struct rx_track *t);

/* Where the expected byte is. */
struct rx_place {
	uint64_t rec_no; /* of its record */
	uint32_t off;    /* bytes of that record in front of it */
	uint32_t len;    /* of that record, header to tag; 0: its header is not complete yet */
};

/* Of a track in a record: HEADER, BODY or TAG. */
bool rx_track_has_place(const struct rx_track *t);
/* Of such a one. */
struct rx_place rx_track_place(const struct rx_track *t);

/* Is the end of the record known, and within the len bytes from seq on or in front of them? */
bool rx_track_ends_by(const struct rx_track *t, uint32_t seq, uint32_t len);

/* What a packet is to the device. */
enum rx_track_take {
	RX_TAKE_NONE, /* nothing; the place is unchanged, or GONE from the next one on */
	RX_TAKE_ALL,  /* it starts at the expected byte */
	RX_TAKE_TAIL, /* its bytes from *skip on are the expected ones */
	RX_TAKE_JUMP, /* from *skip on, maybe behind its end, a record begins: bytes in front are given up */
	RX_TAKE_FAR, /* nothing, and the stream is out of reach, or went on without the device */
};

/*
 * Event: a packet with len bytes of payload at seq. ALL, TAIL and JUMP: the caller hands the
 * bytes to rx_track_step(); by a JUMP the place has moved to the start of a record.
 */
enum rx_track_take rx_track_take(struct rx_track *t, uint32_t seq, uint32_t len, uint32_t *skip);

/* Bytes of one kind. */
struct rx_stretch {
	enum rx_track_state kind; /* HEADER, BODY or TAG */
	uint32_t off;             /* TAG: of the first one in the tag */
	uint32_t len;
	bool ends; /* header, body or tag ends with them */
	int error; /* 0, or what record_header_check() says about the header that ends */
};

/*
 * Event: the next len bytes, at least one. Steps over those that are of one kind. When a
 * header has ended, hdr and rec_no are those of its record. After an error the place is void.
 */
struct rx_stretch rx_track_step(struct rx_track *t, const uint8_t *in, uint32_t len);

#endif
