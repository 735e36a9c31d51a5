/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <recordtls/tls.h>

#include "core/ktls_info.h"
#include "core/record.h"
#include "sock/check.h"
#include "stack/state.h"

/* --- the kernel's structures --------------------------------------------------- */

/* 0, or as rtls_suite_carried(). */
static int
layout_of(uint16_t version, uint16_t cipher, const struct ktls_layout **out)
{
	if (record_suite_find(version, cipher) == NULL)
		return record_suite_missing(version, cipher);
	*out = ktls_layout_find(cipher);
	return *out == NULL ? -ENOTSUP : 0;
}

int
rtls_keys_from_ktls(const void *crypto_info, size_t len, struct rtls_keys *out)
{
	const struct ktls_layout *l;
	uint16_t version, cipher;
	int rc;

	if (out == NULL)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	if (crypto_info == NULL || len < KTLS_HEAD_LEN)
		return -EINVAL;
	ktls_head_read(crypto_info, &version, &cipher);
	rc = layout_of(version, cipher, &l);
	if (rc != 0)
		return rc;
	if (len != ktls_info_len(l))
		return -EINVAL;
	ktls_info_read(l, crypto_info, out);
	return 0;
}

ssize_t
rtls_keys_to_ktls(const struct rtls_keys *keys, void *crypto_info, size_t len)
{
	const struct ktls_layout *l;
	int rc;

	if (keys == NULL || (crypto_info == NULL && len > 0))
		return -EINVAL;
	rc = layout_of(keys->version, keys->cipher, &l);
	if (rc != 0)
		return rc;
	if (len == 0)
		return (ssize_t)ktls_info_len(l);
	if (len == KTLS_HEAD_LEN) {
		ktls_head_write(crypto_info, keys->version, keys->cipher);
		return KTLS_HEAD_LEN;
	}
	if (len < ktls_info_len(l))
		return -EINVAL;
	ktls_info_write(l, keys, crypto_info);
	return (ssize_t)ktls_info_len(l);
}

/* --- out of a connection ------------------------------------------------------- */

/* The number of the first record that the keys in force have not sealed. */
static int
next_tx(const struct session_tx *tx, uint64_t *rec_no)
{
	if (tx->failed)
		return -EIO;
	if (session_tx_open(tx) != NULL)
		return -EBUSY;
	*rec_no = session_tx_epoch(tx)->tx.rec_no;
	return 0;
}

/* And of the first one of which nothing was opened. */
static int
next_rx(const struct session_rx *rx, uint64_t *rec_no)
{
	if (rx->state == SESSION_RX_FAILED)
		return rx->tls->error;
	if (session_rx_list_room(rx) > 0)
		return -EBUSY;
	if (rx->state == SESSION_RX_PAUSED)
		return -EKEYEXPIRED;
	*rec_no = session_rx_rec_no(rx);
	return 0;
}

int
rtls_keys_export_dangerous(const struct rtls_sock *sock, enum rtls_dir d, struct rtls_keys *out)
{
	int rc = sock_check_handle(sock);
	uint64_t rec_no = 0;

	if (out == NULL)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	if (rc != 0)
		return rc;
	if (d != RTLS_TX && d != RTLS_RX)
		return -EINVAL;
	if (!sock_has_keys(sock, d))
		return -ENOKEY;
	rc = d == RTLS_TX ? next_tx(&sock->tx, &rec_no) : next_rx(&sock->rx, &rec_no);
	if (rc == 0)
		session_epoch_keys(sock_epochs_of(sock, d)->now, rec_no, out);
	return rc;
}
