/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/bio.h"

#include <errno.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "handshake/bridge_read.h"
#include "handshake/bridge_write.h"

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
static BIO_METHOD *method;
static int type;

static int
on_write(BIO *b, const char *bytes, int len)
{
	int n;

	BIO_clear_retry_flags(b);
	if (bytes == NULL || len <= 0)
		return 0;
	n = bridge_write(BIO_get_data(b), bytes, (size_t)len);
	if (n >= 0)
		return n;
	if (n == -EAGAIN)
		BIO_set_retry_write(b);
	errno = -n;
	return -1;
}

static int
on_read(BIO *b, char *bytes, int len)
{
	int n;

	BIO_clear_retry_flags(b);
	if (bytes == NULL || len <= 0)
		return 0;
	n = bridge_read(BIO_get_data(b), bytes, (size_t)len);
	if (n >= 0)
		return n;
	if (n == -EAGAIN)
		BIO_set_retry_read(b);
	/* libssl picks the alert by EBADMSG, EMSGSIZE and EINVAL. */
	errno = -n;
	return -1;
}

static long
on_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	struct bridge *br = BIO_get_data(b);

	switch (cmd) {
	case BIO_CTRL_FLUSH:
		/* What was written was taken: see write_raw() and write_control(). */
		BIO_clear_retry_flags(b);
		br->held = false;
		bridge_lift(br);
		return 1;
	case BIO_CTRL_EOF:
		return br->eof;
	case BIO_RTLS_SET_KEYS:
		return ptr != NULL && bridge_offer(br, num != 0 ? RTLS_TX : RTLS_RX, ptr);
	case BIO_CTRL_GET_KTLS_SEND:
		return bridge_active(br->tx) && !shadow_there(&br->shadow[RTLS_TX]);
	case BIO_CTRL_GET_KTLS_RECV:
		return bridge_active(br->rx) && !shadow_there(&br->shadow[RTLS_RX]);
	case BIO_RTLS_SET_TYPE:
		br->record_type = (uint8_t)num;
		return 0;
	case BIO_RTLS_CLEAR_TYPE:
		br->record_type = 0;
		return 0;
	case BIO_RTLS_ZEROCOPY:
		return 0;
	case BIO_C_GET_FD:
		/* Never one: libssl would write clear text to it (SSL_sendfile()). */
		return -1;
	default:
		return 0;
	}
}

static int
on_free(BIO *b)
{
	bridge_free(BIO_get_data(b));
	BIO_set_data(b, NULL);
	return 1;
}

static void
make_method(void)
{
	int index = BIO_get_new_index();
	BIO_METHOD *m;

	if (index == -1)
		return;
	/* Without BIO_TYPE_DESCRIPTOR, so that SSL_get_fd() finds nothing. */
	m = BIO_meth_new(index | BIO_TYPE_SOURCE_SINK, "librecordtls");
	if (m == NULL)
		return;
	BIO_meth_set_write(m, on_write);
	BIO_meth_set_read(m, on_read);
	BIO_meth_set_ctrl(m, on_ctrl);
	BIO_meth_set_destroy(m, on_free);
	type = index | BIO_TYPE_SOURCE_SINK;
	method = m;
}

BIO *
bio_new(struct bridge *br)
{
	BIO *b;

	if (!CRYPTO_THREAD_run_once(&once, make_method) || method == NULL)
		return NULL;
	b = BIO_new(method);
	if (b == NULL)
		return NULL;
	BIO_set_data(b, br);
	BIO_set_init(b, 1);
	return b;
}

struct bridge *
bridge_of(const SSL *ssl)
{
	BIO *b = ssl != NULL ? SSL_get_rbio(ssl) : NULL;

	/* Behind filters that a program put in front, if need be. */
	if (b != NULL && type != 0)
		b = BIO_find_type(b, type);
	else
		b = NULL;
	return b != NULL ? BIO_get_data(b) : NULL;
}
