/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stddef.h>

#include "stack/counters.h"

/* Of a reason, where a constant is needed. */
#define SOFTWARE(why) (CNT_SOFTWARE_FIRST + RTLS_MODE_REASON_##why - RTLS_MODE_REASON_ASKED)

static const char *const names[CNT_MAX] = {
	[CNT_RX_PACKETS] = "RxPackets",
	[CNT_TX_PACKETS] = "TxPackets",
	[CNT_RX_MALFORMED] = "RxMalformed",
	[CNT_RX_BAD_CHECKSUM] = "RxBadChecksum",
	[CNT_RX_NOT_FOR_US] = "RxNotForUs",
	[CNT_RX_FRAGMENTS] = "RxFragments",
	[CNT_RX_NO_CONNECTION] = "RxNoConnection",
	[CNT_TX_NO_BUFFER] = "TxNoBuffer",
	[CNT_TX_REFUSED] = "TxRefused",
	[CNT_TX_RECUT] = "TxRecut",
	[CNT_TX_DROPPED] = "TxDropped",
	[CNT_ARP_REQUESTS] = "ArpRequests",
	[CNT_ARP_REFUSED] = "ArpRefused",
	[CNT_ARP_FAILED] = "ArpFailed",
	[CNT_ECHO_REPLIES] = "EchoReplies",
	[CNT_PATH_MTU_LOWERED] = "PathMtuLowered",
	[CNT_ANSWERS_LIMITED] = "AnswersLimited",
	[CNT_RX_SEGMENTS] = "RxSegments",
	[CNT_TX_SEGMENTS] = "TxSegments",
	[CNT_RX_BYTES] = "RxBytes",
	[CNT_TX_BYTES] = "TxBytes",
	[CNT_TX_RETRANSMISSIONS] = "TxRetransmissions",
	[CNT_TX_RESETS] = "TxResets",
	[CNT_SYN_DROPPED] = "SynDropped",
	[CNT_ACCEPTED] = "Accepted",
	[CNT_CONNECTED] = "Connected",
	[CNT_CONN_TIMEOUTS] = "ConnTimeouts",
	[CNT_CONN_RESETS] = "ConnResets",
	[CNT_HANDSHAKE_TIMEOUTS] = "HandshakeTimeouts",
	[CNT_REMOTE_LIMITED] = "RemoteLimited",
	[CNT_MADE_ROOM] = "MadeRoom",
	[CNT_PRESSURE_HELD_DROPPED] = "PressureHeldDropped",
	[CNT_PRESSURE_CONN_REFUSED] = "PressureConnRefused",
	[CNT_PRESSURE_CONN_ABORTED] = "PressureConnAborted",
	[CNT_PRESSURE_HOLDER_ENDED] = "PressureHolderEnded",
	[CNT_PRESSURE_DATA_DROPPED] = "PressureDataDropped",
	[CNT_TX_RECORDS] = "TxRecords",
	[CNT_TX_RECORDS_NIC] = "TxRecordsNic",
	[CNT_TX_RECORDS_FALLBACK] = "TxRecordsFallback",
	[CNT_TX_DEVICE_REFUSED] = "TxDeviceRefused",
	[CNT_RX_RECORDS] = "RxRecords",
	[CNT_RX_RECORDS_NIC] = "RxRecordsNic",
	[CNT_RX_RECORDS_MIXED] = "RxRecordsMixed",
	[CNT_TX_BYTES_SEALED] = "TxBytesSealed",
	[CNT_TX_BYTES_NIC] = "TxBytesNic",
	[CNT_RX_BYTES_RECORDS] = "RxBytesRecords",
	[CNT_RX_BYTES_OPENED] = "RxBytesOpened",
	[CNT_TX_DROP_NO_SYNC_DATA] = "tx_tls_drop_no_sync_data",
	[CNT_TX_DROP_BYPASS_REQ] = "tx_tls_drop_bypass_req",
	[CNT_TLS_TX_SW] = "TlsTxSw",
	[CNT_TLS_RX_SW] = "TlsRxSw",
	[CNT_TLS_TX_DEVICE] = "TlsTxDevice",
	[CNT_TLS_RX_DEVICE] = "TlsRxDevice",
	[CNT_TLS_CURR_TX_SW] = "TlsCurrTxSw",
	[CNT_TLS_CURR_RX_SW] = "TlsCurrRxSw",
	[CNT_TLS_CURR_TX_DEVICE] = "TlsCurrTxDevice",
	[CNT_TLS_CURR_RX_DEVICE] = "TlsCurrRxDevice",
	[CNT_TLS_DECRYPT_ERROR] = "TlsDecryptError",
	[CNT_TLS_TX_REKEY_OK] = "TlsTxRekeyOk",
	[CNT_TLS_RX_REKEY_OK] = "TlsRxRekeyOk",
	[CNT_TLS_TX_DEVICE_RESYNC] = "TlsTxDeviceResync",
	[CNT_TLS_TX_NOT_HANDED_OVER] = "TlsTxNotHandedOver",
	[CNT_TLS_RX_NOT_HANDED_OVER] = "TlsRxNotHandedOver",
	[CNT_CRYPTO_FALLBACK_SUITE] = "CryptoFallbackSuite",
	[CNT_CRYPTO_FALLBACK_NO_ROOM] = "CryptoFallbackNoRoom",
	[SOFTWARE(ASKED)] = "SoftwareAsked",
	[SOFTWARE(NO_DEVICE)] = "SoftwareNoDevice",
	[SOFTWARE(FEATURE_OFF)] = "SoftwareFeatureOff",
	[SOFTWARE(SUITE)] = "SoftwareSuite",
	[SOFTWARE(NO_ROOM)] = "SoftwareNoRoom",
	[SOFTWARE(REFUSED)] = "SoftwareRefused",
	[SOFTWARE(REKEY)] = "SoftwareRekey",
	[SOFTWARE(LOST)] = "SoftwareLost",
	[SOFTWARE(DOWN)] = "SoftwareDown",
};

const char *
counter_name(enum counter c)
{
	return names[c];
}
