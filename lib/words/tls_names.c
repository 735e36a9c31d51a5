/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <recordtls/names.h>

/*
 * A switch without default per enum: a value that is added there and has no word here does not
 * compile (-Wswitch-enum).
 */

static const char unknown[] = "unknown";

const char *
rtls_dir_name(enum rtls_dir d)
{
	switch (d) {
	case RTLS_TX:
		return "tx";
	case RTLS_RX:
		return "rx";
	}
	return unknown;
}

const char *
rtls_mode_name(enum rtls_mode m)
{
	switch (m) {
	case RTLS_MODE_NONE:
		return "none";
	case RTLS_MODE_SOFTWARE:
		return "software";
	case RTLS_MODE_NIC:
		return "nic";
	case RTLS_MODE_TOE:
		return "toe";
	}
	return unknown;
}

const char *
rtls_mode_order_name(enum rtls_mode_order o)
{
	switch (o) {
	case RTLS_ORDER_NIC_SOFTWARE:
		return "nic_software";
	case RTLS_ORDER_SOFTWARE:
		return "software";
	case RTLS_ORDER_MAX:
		break;
	}
	return unknown;
}

const char *
rtls_mode_reason_name(enum rtls_mode_reason r)
{
	switch (r) {
	case RTLS_MODE_REASON_NONE:
		return "none";
	case RTLS_MODE_REASON_PENDING:
		return "pending";
	case RTLS_MODE_REASON_ASKED:
		return "asked";
	case RTLS_MODE_REASON_NO_DEVICE:
		return "no_device";
	case RTLS_MODE_REASON_FEATURE_OFF:
		return "feature_off";
	case RTLS_MODE_REASON_SUITE:
		return "suite";
	case RTLS_MODE_REASON_NO_ROOM:
		return "no_room";
	case RTLS_MODE_REASON_REFUSED:
		return "refused";
	case RTLS_MODE_REASON_LOST:
		return "lost";
	case RTLS_MODE_REASON_DOWN:
		return "down";
	case RTLS_MODE_REASON_NO_IDENTITY:
		return "no_identity";
	case RTLS_MODE_REASON_NO_FIELD:
		return "no_field";
	case RTLS_MODE_REASON_OTHER_PORT:
		return "other_port";
	case RTLS_MODE_REASON_MAX:
		break;
	}
	return unknown;
}

const char *
rtls_cipher_name(enum rtls_cipher c)
{
	switch (c) {
	case RTLS_CIPHER_AES_GCM_128:
		return "aes_gcm_128";
	case RTLS_CIPHER_AES_GCM_256:
		return "aes_gcm_256";
	case RTLS_CIPHER_AES_CCM_128:
		return "aes_ccm_128";
	case RTLS_CIPHER_CHACHA20_POLY1305:
		return "chacha20_poly1305";
	case RTLS_CIPHER_SM4_GCM:
		return "sm4_gcm";
	case RTLS_CIPHER_SM4_CCM:
		return "sm4_ccm";
	case RTLS_CIPHER_ARIA_GCM_128:
		return "aria_gcm_128";
	case RTLS_CIPHER_ARIA_GCM_256:
		return "aria_gcm_256";
	case RTLS_CIPHER_AES_CBC_HMAC:
		return "aes_cbc_hmac";
	case RTLS_CIPHER_AES_CCM_8:
		return "aes_ccm_8";
	}
	return unknown;
}

const char *
rtls_feature_name(enum rtls_feature f)
{
	switch (f) {
	case RTLS_FEATURE_TLS_TX:
		return "tls_tx";
	case RTLS_FEATURE_TLS_RX:
		return "tls_rx";
	}
	return unknown;
}

const char *
rtls_tls_tx_method_name(enum rtls_tls_tx_method m)
{
	switch (m) {
	case RTLS_TLS_TX_NONE:
		return "none";
	case RTLS_TLS_TX_REBUILD:
		return "rebuild";
	case RTLS_TLS_TX_NEXT_RECORD:
		return "next_record";
	}
	return unknown;
}

const char *
rtls_tls_tx_after_name(enum rtls_tls_tx_after a)
{
	switch (a) {
	case RTLS_TLS_TX_STAYS:
		return "stays";
	case RTLS_TLS_TX_RETURNS:
		return "returns";
	}
	return unknown;
}

const char *
rtls_tls_rx_method_name(enum rtls_tls_rx_method m)
{
	switch (m) {
	case RTLS_TLS_RX_NONE:
		return "none";
	case RTLS_TLS_RX_IN_ORDER:
		return "in_order";
	case RTLS_TLS_RX_SCAN:
		return "scan";
	case RTLS_TLS_RX_SCAN_DELAYED:
		return "scan_delayed";
	case RTLS_TLS_RX_STACK:
		return "stack";
	}
	return unknown;
}

const char *
rtls_tlsnic_fault_name(enum rtls_tlsnic_fault f)
{
	switch (f) {
	case RTLS_TLSNIC_TABLE_FULL:
		return "table_full";
	case RTLS_TLSNIC_CONTEXT_LOST:
		return "context_lost";
	case RTLS_TLSNIC_TX_LOST:
		return "tx_lost";
	case RTLS_TLSNIC_NO_MATCH:
		return "no_match";
	case RTLS_TLSNIC_STEER_LATE:
		return "steer_late";
	case RTLS_TLSNIC_ANSWER_WRONG:
		return "answer_wrong";
	case RTLS_TLSNIC_ANSWER_LATE:
		return "answer_late";
	case RTLS_TLSNIC_ANSWER_TWICE:
		return "answer_twice";
	case RTLS_TLSNIC_ANSWER_NEVER:
		return "answer_never";
	case RTLS_TLSNIC_ASK_WRONG:
		return "ask_wrong";
	case RTLS_TLSNIC_AUTH_ERROR:
		return "auth_error";
	case RTLS_TLSNIC_BAD_CHECKSUM:
		return "bad_checksum";
	case RTLS_TLSNIC_RESET:
		return "reset";
	case RTLS_TLSNIC_FALSE_HEADERS:
		return "false_headers";
	case RTLS_TLSNIC_RESYNC_BUSY:
		return "resync_busy";
	case RTLS_TLSNIC_RESYNC_ERROR:
		return "resync_error";
	case RTLS_TLSNIC_LIE_PLAINTEXT:
		return "lie_plaintext";
	case RTLS_TLSNIC_LIE_NUMBER:
		return "lie_number";
	case RTLS_TLSNIC_LIE_AUTHENTIC:
		return "lie_authentic";
	case RTLS_TLSNIC_LIE_OTHER:
		return "lie_other";
	case RTLS_TLSNIC_FAULTS:
		break;
	}
	return unknown;
}

const char *
rtls_tls_event_name(enum rtls_tls_event_type e)
{
	switch (e) {
	case RTLS_TLS_EV_ADD_DONE:
		return "add_done";
	case RTLS_TLS_EV_RESYNC_START:
		return "resync_start";
	case RTLS_TLS_EV_RESYNC_END:
		return "resync_end";
	case RTLS_TLS_EV_RESYNC_CANCEL:
		return "resync_cancel";
	case RTLS_TLS_EV_LOST:
		return "lost";
	case RTLS_TLS_EV_DOWN:
		return "down";
	case RTLS_TLS_EV_UP:
		return "up";
	case RTLS_TLS_EV_TX_RESYNC:
		return "tx_resync";
	case RTLS_TLS_EV_DEL_DONE:
		return "del_done";
	}
	return unknown;
}
