/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/counters.h"

static const char *const names[NIC_CNT_MAX] = {
	[NIC_CNT_RX_PACKETS] = "rx_tls_decrypted_packets",
	[NIC_CNT_RX_BYTES] = "rx_tls_decrypted_bytes",
	[NIC_CNT_RX_CTX] = "rx_tls_ctx",
	[NIC_CNT_RX_DEL] = "rx_tls_del",
	[NIC_CNT_RX_ERR] = "rx_tls_err",
	[NIC_CNT_RX_NO_MBUF] = "rx_no_mbuf",
	[NIC_CNT_RX_LOST] = "rx_tls_lost",
	[NIC_CNT_TX_PACKETS] = "tx_tls_encrypted_packets",
	[NIC_CNT_TX_BYTES] = "tx_tls_encrypted_bytes",
	[NIC_CNT_TX_CTX] = "tx_tls_ctx",
	[NIC_CNT_TX_DEL] = "tx_tls_del",
	[NIC_CNT_TX_OOO] = "tx_tls_ooo",
	[NIC_CNT_TX_SKIP_NO_SYNC] = "tx_tls_skip_no_sync_data",
	[NIC_CNT_TX_DROP_NO_SYNC] = "tx_tls_drop_no_sync_data",
	[NIC_CNT_TX_RESYNC_REQ] = "tx_tls_resync_req",
	[NIC_CNT_TX_LOST] = "tx_tls_lost",
	[NIC_CNT_TX_BAD_HEADER] = "tx_tls_bad_header",
	[NIC_CNT_TX_MALFORMED] = "tx_malformed",
	[NIC_CNT_TX_CRYPTO_ERR] = "tx_tls_err",
	[NIC_CNT_TX_PREPARE_ERR] = "tx_prepare_err",
	[NIC_CNT_TX_NO_MBUF] = "tx_no_mbuf",
};

const char *
nic_counter_name(enum nic_counter which)
{
	return names[which];
}
