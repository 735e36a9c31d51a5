/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stddef.h>

#include <recordtls/io.h>
#include <recordtls/names.h>

/* Numbers of the wire: no enum lists them, so these are tables. */

/* RFC 8446 6; 21, 30, 41, 60 and 100 are of TLS 1.2 and older (RFC 5246 7.2). */
static const char *const alerts[] = {
	[0] = "close_notify",
	[10] = "unexpected_message",
	[20] = "bad_record_mac",
	[21] = "decryption_failed",
	[22] = "record_overflow",
	[30] = "decompression_failure",
	[40] = "handshake_failure",
	[41] = "no_certificate",
	[42] = "bad_certificate",
	[43] = "unsupported_certificate",
	[44] = "certificate_revoked",
	[45] = "certificate_expired",
	[46] = "certificate_unknown",
	[47] = "illegal_parameter",
	[48] = "unknown_ca",
	[49] = "access_denied",
	[50] = "decode_error",
	[51] = "decrypt_error",
	[60] = "export_restriction",
	[70] = "protocol_version",
	[71] = "insufficient_security",
	[80] = "internal_error",
	[86] = "inappropriate_fallback",
	[90] = "user_canceled",
	[100] = "no_renegotiation",
	[109] = "missing_extension",
	[110] = "unsupported_extension",
	[112] = "unrecognized_name",
	[113] = "bad_certificate_status_response",
	[115] = "unknown_psk_identity",
	[116] = "certificate_required",
	[120] = "no_application_protocol",
};

const char *
rtls_alert_name(uint8_t alert)
{
	if (alert >= sizeof(alerts) / sizeof(alerts[0]) || alerts[alert] == NULL)
		return "unknown";
	return alerts[alert];
}

const char *
rtls_version_name(uint16_t version)
{
	switch (version) {
	case RTLS_TLS_1_2:
		return "TLSv1.2";
	case RTLS_TLS_1_3:
		return "TLSv1.3";
	default:
		return "unknown";
	}
}

const char *
rtls_record_type_name(uint8_t type)
{
	switch (type) {
	case 20: /* RFC 8446 5: the handshake's, never handed to a program */
		return "change_cipher_spec";
	case RTLS_TYPE_ALERT:
		return "alert";
	case RTLS_TYPE_HANDSHAKE:
		return "handshake";
	case RTLS_TYPE_DATA:
		return "application_data";
	default:
		return "unknown";
	}
}
