/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/bridge_read.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "core/bytes.h"
#include "handshake/takeover.h"

#include <recordtls/io.h>

enum {
	/* RFC 8446 6 */
	ALERT_UNEXPECTED_MESSAGE = 10,
};

static int
put_header(uint8_t *out, uint8_t type, size_t len)
{
	out[0] = type;
	out[1] = 3;
	out[2] = 3;
	put_be16(out + 3, (uint16_t)len);
	return BRIDGE_HEADER_LEN + (int)len;
}

/*
 * libssl picks its alert by an errno, and has none for a record that may not stand where it does
 * (RFC 8446 5.1, 5.4). So it gets one that may not stand anywhere.
 */
static int
read_failed(const struct bridge *br, uint8_t *out, int rc)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	if ((rc != -EBADMSG && rc != -EINVAL) || rtls_sock_info(br->sock, &info) != 0 ||
	    info.end_alert != ALERT_UNEXPECTED_MESSAGE)
		return rc;
	out[BRIDGE_HEADER_LEN] = 0;
	return put_header(out, 0, 1);
}

/* What makes libssl send the alert that fits, where it looks at no errno. */
static ssize_t
seal_failed(struct bridge *br, uint8_t *rec, int rc, uint8_t **out)
{
	struct shadow *s = &br->shadow[RTLS_RX];
	struct rtls_sock_info info = { .size = sizeof(info) };
	uint8_t *hdr = rec + BRIDGE_RECORD_OFF;
	ssize_t n;

	if (rtls_sock_info(br->sock, &info) != 0)
		return rc;
	/* FIN within a record is an end, and libssl's to judge. */
	if (info.eof == RTLS_EOF_TRUNCATED)
		return 0;
	if (rc == -EMSGSIZE) {
		*out = hdr;
		put_header(hdr, RTLS_TYPE_DATA, UINT16_MAX);
		return BRIDGE_HEADER_LEN;
	}
	if (rc == -EINVAL && info.end_alert != ALERT_UNEXPECTED_MESSAGE) {
		*out = hdr;
		put_header(hdr, RTLS_TYPE_DATA, BRIDGE_PLAINTEXT_MAX);
		hdr[1] = 0;
		return BRIDGE_HEADER_LEN;
	}
	if (rc != -EINVAL && rc != -EBADMSG)
		return rc;
	rec[SHADOW_BEFORE] = 0;
	n = shadow_seal(s, rec, 1, 0, out);
	if (n > 0 && info.end_alert != ALERT_UNEXPECTED_MESSAGE)
		(*out)[n - 1] ^= 1;
	return n;
}

/* One record (or several of data that arrived together) as libssl expects it. */
static int
read_record(struct bridge *br, uint8_t *out, int flags)
{
	struct iovec iov = { .iov_base = out + BRIDGE_HEADER_LEN, .iov_len = BRIDGE_PLAINTEXT_MAX };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	bool shadow = shadow_there(&br->shadow[RTLS_RX]);
	ssize_t n;

	/* libssl takes no more from its shadow than was agreed on. */
	if (shadow && br->rx_max != 0)
		iov.iov_len = br->rx_max;
	n = rtls_recvmsg(br->sock, &m, flags);
	/* Who looks for control records only is not who hears of a bad one. */
	if (n < 0)
		return flags != 0 || shadow ? (int)n : read_failed(br, out, (int)n);
	br->read_type = m.type;
	if (n == 0 && m.type == 0)
		return 0;
	return put_header(out, m.type, (size_t)n);
}

/* From the record in hand; a reader that asks for less than a record gets the rest later. */
static int
read_staged(struct bridge *br, uint8_t *out, size_t len)
{
	size_t left = br->record_len - br->record_off;

	if (len > left)
		len = left;
	memcpy(out, br->record + br->record_off, len);
	br->record_off += len;
	if (br->record_off == br->record_len) {
		OPENSSL_cleanse(br->record, br->record_len);
		br->record_off = 0;
		br->record_len = 0;
	}
	return (int)len;
}

/* Of a KeyUpdate that asks for one libssl learns the key only: see bridge_fetch_control(). */
static void
note_question(struct bridge *br)
{
	uint8_t *rec = br->record + BRIDGE_RECORD_OFF, *msg = rec + BRIDGE_HEADER_LEN;
	struct rtls_tls_info info = { .size = sizeof(info) };

	if (rec[0] != RTLS_TYPE_HANDSHAKE || msg[0] != KEY_UPDATE_TYPE ||
	    msg[KEY_UPDATE_LEN - 1] != KEY_UPDATE_REQUESTED)
		return;
	/* The socket has framed the messages: these bytes could be the rest of another one. */
	if (rtls_tls_info(br->sock, RTLS_RX, &info) != 0 || !info.paused)
		return;
	msg[KEY_UPDATE_LEN - 1] = 0;
	br->asked = true;
}

/* The record in br->record, or what became of reading it, for a libssl that opens it. As stage(). */
static int
seal_staged(struct bridge *br, int n, int flags)
{
	uint8_t *rec = br->record, *out = NULL;
	ssize_t len = n;

	if (n > 0)
		len = shadow_seal(&br->shadow[RTLS_RX], rec, (size_t)n - BRIDGE_HEADER_LEN,
				  rec[BRIDGE_RECORD_OFF], &out);
	else if (n < 0 && n != -EAGAIN && flags == 0)
		len = seal_failed(br, rec, n, &out);
	if (len > 0)
		br->record_off = (size_t)(out - rec);
	return (int)len;
}

/* A record that libssl reads later, in parts; `asks`: it is not to know that it was asked. As bridge_read(). */
static int
stage(struct bridge *br, int flags, bool asks)
{
	int n;

	if (br->record == NULL)
		br->record = OPENSSL_malloc(BRIDGE_RECORD_ROOM);
	if (br->record == NULL)
		return -ENOMEM;
	br->record_off = BRIDGE_RECORD_OFF;
	n = read_record(br, br->record + BRIDGE_RECORD_OFF, flags);
	if (asks && n == BRIDGE_HEADER_LEN + KEY_UPDATE_LEN)
		note_question(br);
	if (shadow_there(&br->shadow[RTLS_RX]))
		n = seal_staged(br, n, flags);
	if (n > 0)
		br->record_len = br->record_off + (size_t)n;
	else if (n != -EAGAIN)
		OPENSSL_cleanse(br->record, BRIDGE_RECORD_ROOM);
	return n;
}

/* The next record: libssl reads on by itself behind what is not data, and has to be stopped. */
static int
read_next(struct bridge *br, uint8_t *out, size_t len)
{
	int n;

	if (br->controls >= BRIDGE_CONTROL_MAX) {
		br->controls = 0;
		return -EAGAIN;
	}
	if (len >= BRIDGE_RECORD_MAX && !shadow_there(&br->shadow[RTLS_RX])) {
		n = read_record(br, out, 0);
	} else {
		n = stage(br, 0, false);
		if (n > 0)
			n = read_staged(br, out, len);
	}
	br->controls = n > 0 && br->read_type != RTLS_TYPE_DATA ? br->controls + 1 : 0;
	return n;
}

static int
read_taken(struct bridge *br, uint8_t *out, size_t len)
{
	if (br->record_len != 0)
		return read_staged(br, out, len);
	return br->taking_in ? -EAGAIN : read_next(br, out, len);
}

void
bridge_trim(struct bridge *br)
{
	if (br->record_len != 0)
		return;
	/* Empty: wiped when libssl had read it, or never filled. Most calls find no record. */
	OPENSSL_free(br->record);
	br->record = NULL;
}

bool
bridge_fetch_control(struct bridge *br, int flags)
{
	return br->record_len != 0 || stage(br, flags, true) > 0;
}

/* Not a byte more than asked, nor past a record: what libssl reads too early it keeps for itself. */
static int
read_own(struct bridge *br, void *bytes, size_t len)
{
	struct edge *e = &br->edge[RTLS_RX];
	int n;

	if (!br->settled && len > edge_span(e))
		len = edge_span(e);
	n = (int)rtls_guard_recv(&br->guard, bytes, len, 0);
	if (!br->settled && n > 0)
		(void)edge_pass(e, bytes, (size_t)n);
	return n;
}

int
bridge_read(struct bridge *br, void *bytes, size_t len)
{
	int n = bridge_install_rx(br);

	if (n == 0 && !bridge_connected(br))
		return -EAGAIN;
	bridge_settle(br);
	bridge_lift(br);
	if (n == 0 && br->rx == BRIDGE_LIBSSL && br->edge[RTLS_RX].at_change) {
		takeover_at_change(br, RTLS_RX);
		n = br->rx == BRIDGE_WAITING ? -EAGAIN : 0;
	}
	if (n == 0 && br->rx == BRIDGE_TAKEN)
		n = read_taken(br, bytes, len);
	else if (n == 0)
		n = read_own(br, bytes, len);
	if (n == 0)
		br->eof = true;
	/* The socket stands behind a KeyUpdate whose new keys libssl is about to bring. */
	if (n == -EKEYEXPIRED || n == -ENOMEM)
		n = -EAGAIN;
	if (n < 0 && n != -EAGAIN)
		br->io_errno = -n;
	return n;
}
