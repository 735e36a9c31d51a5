/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/bridge_write.h"

#include <errno.h>

#include <openssl/ssl.h>

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

/* All or nothing: libssl does not announce the type of a remainder. */
static int
write_control(struct bridge *br, uint8_t type, const uint8_t *bytes, size_t len, int room)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = type };
	ssize_t n = -EAGAIN;

	/* Keys follow a KeyUpdate, and there is room for those of one only. */
	if (type == RTLS_TYPE_HANDSHAKE && len == KEY_UPDATE_LEN && bytes[0] == KEY_UPDATE_TYPE &&
	    br->out.keys_wait)
		return -EAGAIN;
	if (room == 0)
		n = rtls_sendmsg(br->sock, &m, 0);
	if (is_shortage(n))
		n = outq_put(&br->out, type, bytes, len) < 0 ? -EAGAIN : (ssize_t)len;
	if (n < 0)
		return (int)n;
	br->record_type = 0;
	return (int)n;
}

int
bridge_write(struct bridge *br, const void *bytes, size_t len)
{
	int room = bridge_flush(br);
	int n;

	if (room == 0 && !bridge_connected(br))
		return -EAGAIN;
	bridge_settle(br);
	if (room < 0 && room != -EAGAIN)
		return room;
	if (!bridge_active(br->tx))
		n = write_raw(br, bytes, len, room);
	else if (br->record_type != 0)
		n = write_control(br, br->record_type, bytes, len, room);
	else
		n = write_data(br, bytes, len, room);
	if (n < 0 && n != -EAGAIN)
		br->io_errno = -n;
	return n;
}
