/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/bridge_write.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "core/bytes.h"
#include "handshake/takeover.h"

#include <recordtls/io.h>

/*
 * Bytes before keys. Those of the handshake are always taken: a flush that has
 * to wait would make libssl skip the hand-over, silently and for good. Behind
 * the handshake libssl is refused like anybody else, and keeps what it sealed,
 * unless its caller is one who may not have to repeat a call (take_all).
 */
static int
write_raw(struct bridge *br, const void *bytes, size_t len, int room)
{
	ssize_t n = 0;
	int rc;

	if (room == 0) {
		n = rtls_guard_send(&br->guard, bytes, len, 0);
		if (n < 0 && !is_shortage(n))
			return (int)n;
		if (n < 0)
			n = 0;
	}
	rc = (size_t)n == len ? 0 : -EAGAIN;
	if (rc < 0 && (br->take_all || !SSL_is_init_finished(br->ssl)))
		rc = outq_put(&br->out, OUTQ_RAW, (const uint8_t *)bytes + n, len - (size_t)n);
	br->unfinished = rc < 0;
	if (rc < 0)
		return n > 0 ? (int)n : -EAGAIN;
	return (int)len;
}

/*
 * libssl repeats a refused data write from the pointer of the first call, which
 * its caller may have freed by then: so the bytes are copied at the first call,
 * and the repetition only learns what has become of them.
 */
static int
write_data(struct bridge *br, const void *bytes, size_t len, int room)
{
	ssize_t n = -EAGAIN;
	size_t staged_len = br->staged_len;

	if (staged_len != 0) {
		if (br->out.data_waits)
			return -EAGAIN;
		if (len < staged_len)
			return -EINVAL;
		br->staged_len = 0;
		return (int)staged_len;
	}
	if (room == 0)
		n = rtls_send(br->sock, bytes, len, 0);
	if (!is_shortage(n) && n != 0)
		return (int)n;
	if (outq_put(&br->out, RTLS_TYPE_DATA, bytes, len) < 0)
		return -ENOMEM;
	br->staged_len = len;
	return -EAGAIN;
}

static bool
is_key_update(uint8_t type, const uint8_t *bytes, size_t len)
{
	return type == RTLS_TYPE_HANDSHAKE && len == KEY_UPDATE_LEN && bytes[0] == KEY_UPDATE_TYPE;
}

/* One record, which waits if need be. Its length, or an errno. */
static ssize_t
put_control(struct bridge *br, uint8_t type, const uint8_t *bytes, size_t len, int room)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = type };
	ssize_t n = -EAGAIN;

	if (room == 0 && outq_empty(&br->out))
		n = rtls_sendmsg(br->sock, &m, 0);
	if (!is_shortage(n))
		return n;
	return outq_put(&br->out, type, bytes, len) < 0 ? -ENOBUFS : (ssize_t)len;
}

/*
 * All or nothing: libssl does not announce the type of a remainder. A message that is longer than
 * the peer takes is cut, as those of the handshake may be (RFC 8446 5.1).
 */
static int
write_control(struct bridge *br, uint8_t type, const uint8_t *bytes, size_t len, int room)
{
	size_t done = 0, piece = br->tx_max != 0 ? br->tx_max : len;
	ssize_t n = 0;

	/* Keys follow a KeyUpdate, and there is room for those of one only. */
	if (is_key_update(type, bytes, len) && br->out.keys_wait)
		return -EAGAIN;
	do {
		n = put_control(br, type, bytes + done, len - done < piece ? len - done : piece,
				room);
		if (n < 0)
			break;
		done += (size_t)n;
	} while (done < len);
	/* Nothing went yet: libssl repeats it. A part of a message went: that is its end. */
	if (n == -ENOBUFS)
		return done == 0 ? -EAGAIN : -ENOMEM;
	if (n < 0)
		return (int)n;
	br->record_type = 0;
	return (int)len;
}

/* Data that is taken whole, to wait if need be. 0, or an errno. */
static int
write_all(struct bridge *br, const uint8_t *bytes, size_t len, int room)
{
	size_t done = 0;
	ssize_t n = 0;

	while (room == 0 && done < len) {
		n = rtls_send(br->sock, bytes + done, len - done, 0);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (n < 0 && !is_shortage(n))
		return (int)n;
	return done < len ? outq_put(&br->out, RTLS_TYPE_DATA, bytes + done, len - done) : 0;
}

/* libssl's own record is whole: what it holds goes out as a record of the socket's. 0, or an errno. */
static int
write_opened(struct bridge *br, int room)
{
	uint8_t type, *plain;
	ssize_t n = shadow_open(&br->shadow[RTLS_TX], br->own, br->own_len, &type, &plain);
	int rc = -EIO;

	if (n >= 0 && type == RTLS_TYPE_DATA)
		rc = write_all(br, plain, (size_t)n, room);
	else if (n >= 0)
		rc = write_control(br, type, plain, (size_t)n, room);
	OPENSSL_cleanse(br->own, br->own_len);
	br->own_len = 0;
	/* Neither has libssl the record any more, nor anybody else. */
	if (rc == -EAGAIN)
		rc = -ENOMEM;
	return rc < 0 ? rc : 0;
}

/* How many bytes are missing of libssl's own record that has begun, its header first; 0: it is whole. */
static size_t
own_missing(const struct bridge *br)
{
	size_t want = BRIDGE_HEADER_LEN;

	if (br->own_len >= BRIDGE_HEADER_LEN)
		want += get_be16(br->own + BRIDGE_HEADER_LEN - 2);
	return want - br->own_len;
}

/*
 * Sealed by libssl, in whatever pieces it comes. Behind the handshake no record begins while another
 * one waits, and libssl, which has it sealed, keeps it; one that has begun is taken whole.
 */
static int
write_shadow(struct bridge *br, const uint8_t *bytes, size_t len, int room)
{
	size_t done = 0, n;
	int rc = 0;

	if (br->lost)
		return -EIO;
	br->unfinished = br->own_len == 0 && br->settled && room != 0;
	if (br->unfinished)
		return -EAGAIN;
	if (br->own == NULL)
		br->own = OPENSSL_malloc(BRIDGE_RECORD_ROOM);
	if (br->own == NULL)
		return -ENOMEM;
	while ((n = own_missing(br)) != 0 && done < len) {
		if (n > len - done)
			n = len - done;
		if (n > BRIDGE_RECORD_ROOM - br->own_len)
			return -EIO;
		memcpy(br->own + br->own_len, bytes + done, n);
		br->own_len += n;
		done += n;
	}
	if (n == 0)
		rc = write_opened(br, room);
	if (rc == 0)
		return (int)done;
	/* What libssl takes for sent is lost: nothing may follow it. */
	br->lost = true;
	bridge_fail(br, rc, "a record of libssl's could not be sealed again");
	return rc;
}

/* Bytes of before keys. A change_cipher_spec is the end of them, in TLS 1.2. */
static int
write_own(struct bridge *br, const void *bytes, size_t len, int room)
{
	struct edge *e = &br->edge[RTLS_TX];
	struct edge ahead = *e;
	int n;

	if (br->settled)
		return write_raw(br, bytes, len, room);
	n = write_raw(br, bytes, edge_pass(&ahead, bytes, len), room);
	if (n > 0)
		(void)edge_pass(e, bytes, (size_t)n);
	return n;
}

int
bridge_write(struct bridge *br, const void *bytes, size_t len)
{
	int room = bridge_flush(br);
	int n;

	if (room == 0 && !bridge_connected(br))
		return -EAGAIN;
	bridge_settle(br);
	bridge_lift(br);
	if (room < 0 && room != -EAGAIN)
		return room;
	if (br->tx == BRIDGE_LIBSSL && br->edge[RTLS_TX].at_change)
		takeover_at_change(br, RTLS_TX);
	if (!bridge_active(br->tx))
		n = write_own(br, bytes, len, room);
	else if (shadow_there(&br->shadow[RTLS_TX]))
		n = write_shadow(br, bytes, len, room);
	else if (br->record_type != 0)
		n = write_control(br, br->record_type, bytes, len, room);
	else
		n = write_data(br, bytes, len, room);
	if (n < 0 && n != -EAGAIN)
		br->io_errno = -n;
	return n;
}
