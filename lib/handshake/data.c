/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The program's data, whoever has the records. The socket takes and gives it where it has the
 * keys; what is not data there, libssl has to meet. Where libssl kept the records it does the
 * whole, and its rule that a refused write is repeated with the same bytes stays in here: a
 * record that it has sealed is always taken, and no write begins while one waits.
 */
#include <errno.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "handshake/bio.h"
#include "handshake/bridge.h"
#include "handshake/service.h"
#include "handshake/verdict.h"

#include <recordtls/io.h>
#include <recordtls/openssl.h>

/* What is owed comes first. NULL: *owed says why no data can move, now or ever. */
static struct bridge *
begin(SSL *ssl, bool sends, int *owed)
{
	struct bridge *br = bridge_of(ssl);

	if (br == NULL) {
		*owed = -EINVAL;
		return NULL;
	}
	*owed = service(ssl, br, sends);
	return br->settled && br->failed == 0 ? br : NULL;
}

/* At most a full record. Bytes taken, or an errno. */
static ssize_t
write_piece(struct bridge *br, const uint8_t *bytes, size_t len)
{
	size_t n = 0;
	int ok;

	ERR_clear_error();
	br->take_all = true;
	ok = SSL_write_ex(br->ssl, bytes, len < BRIDGE_PLAINTEXT_MAX ? len : BRIDGE_PLAINTEXT_MAX,
			  &n);
	br->take_all = false;
	if (ok)
		return (ssize_t)n;
	if (!br->unfinished)
		return verdict(br, ok);
	/* Sealed, and lost for want of memory: nothing may follow it. */
	br->failed = -ENOMEM;
	return br->failed;
}

static ssize_t
send_by_libssl(struct bridge *br, const uint8_t *bytes, size_t len)
{
	size_t done = 0;
	ssize_t n = 0;

	while (done < len) {
		n = outq_empty(&br->out) && !br->unfinished ?
			    write_piece(br, bytes + done, len - done) :
			    -EAGAIN;
		if (n < 0)
			break;
		done += (size_t)n;
	}
	return done > 0 ? (ssize_t)done : n;
}

ssize_t
rtls_ssl_send(SSL *ssl, const void *buf, size_t len, int flags)
{
	struct bridge *br;
	int owed;

	if ((flags & ~RTLS_MSG_MORE) != 0 || (buf == NULL && len > 0))
		return -EINVAL;
	br = begin(ssl, true, &owed);
	if (br == NULL || (owed < 0 && owed != -EAGAIN))
		return owed;
	/* RFC 8446 6.1: nothing follows close_notify. */
	if ((SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN) != 0)
		return -EPIPE;
	switch (br->tx) {
	case BRIDGE_TAKEN:
		/* What SSL_write() is to be repeated for went ahead; its caller does not know yet. */
		if (owed == 0 && (br->staged_len != 0 || br->unfinished))
			return -EAGAIN;
		return owed < 0 ? owed : rtls_send(br->sock, buf, len, flags);
	case BRIDGE_WAITING:
		return -EAGAIN;
	case BRIDGE_LIBSSL:
	case BRIDGE_REFUSED:
		break;
	}
	return send_by_libssl(br, buf, len);
}

static ssize_t
recv_by_libssl(struct bridge *br, void *buf, size_t len, int flags)
{
	bool peek = (flags & RTLS_MSG_PEEK) != 0;
	ssize_t rc = 0;
	size_t n = 0;
	int ok;

	ERR_clear_error();
	ok = peek ? SSL_peek_ex(br->ssl, buf, len, &n) : SSL_read_ex(br->ssl, buf, len, &n);
	if (!ok && SSL_get_error(br->ssl, ok) != SSL_ERROR_ZERO_RETURN)
		rc = verdict(br, ok);
	return ok ? (ssize_t)n : rc;
}

/* libssl gets control records only: data that it had would stand in front of the next ones. */
static ssize_t
recv_ours(struct bridge *br, void *buf, size_t len, int flags)
{
	unsigned int met = 0;
	ssize_t n = -EIO;
	int rc = 1;

	while (n == -EIO && rc == 1 && br->rx == BRIDGE_TAKEN && met++ < BRIDGE_CONTROL_MAX) {
		if ((SSL_get_shutdown(br->ssl) & SSL_RECEIVED_SHUTDOWN) != 0)
			return 0;
		n = rtls_recv(br->sock, buf, len, flags);
		if (n == -EIO)
			rc = service_control(br, 0);
	}
	if (rc < 0)
		return rc;
	return n == -EIO || n == -EKEYEXPIRED ? -EAGAIN : n;
}

ssize_t
rtls_ssl_recv(SSL *ssl, void *buf, size_t len, int flags)
{
	struct bridge *br;
	ssize_t n;
	int owed;

	if ((flags & ~RTLS_MSG_PEEK) != 0 || (buf == NULL && len > 0))
		return -EINVAL;
	br = begin(ssl, false, &owed);
	if (br == NULL)
		return owed;
	/* What cannot be sent, now or ever, does not keep from reading what came before. */
	if (len == 0)
		return 0;
	/* What an SSL_read() before left in libssl comes first. */
	n = -EIO;
	if (br->rx == BRIDGE_TAKEN && br->record_len == 0 && SSL_has_pending(ssl) == 0)
		n = recv_ours(br, buf, len, flags);
	/* Ends are libssl's to judge. */
	if (n <= 0 && n != -EAGAIN && n != -ENOMEM && br->failed == 0)
		n = recv_by_libssl(br, buf, len, flags);
	/* The answer to a key update is owed at once: its asker may wait before it goes on. */
	if (br->failed == 0 && (br->asked || SSL_get_key_update_type(ssl) != SSL_KEY_UPDATE_NONE))
		(void)service(ssl, br, false);
	return n;
}
