/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <limits.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/io.h>
#include <recordtls/names.h>

#include "core/record.h"
#include "support/harness.h"

/* One function of any argument. */
#define ASK(what, type) \
	static const char *ask_##what(unsigned int v) \
	{ \
		return rtls_##what##_name((type)v); \
	}

ASK(family, enum rtls_family)
ASK(sock_state, enum rtls_sock_state)
ASK(eof, enum rtls_eof)
ASK(end_who, enum rtls_end_who)
ASK(end_reason, enum rtls_end_reason)
ASK(soft_error, enum rtls_soft_error)
ASK(opt, enum rtls_opt)
ASK(cc, enum rtls_cc)
ASK(recovery, enum rtls_recovery)
ASK(dir, enum rtls_dir)
ASK(mode, enum rtls_mode)
ASK(mode_order, enum rtls_mode_order)
ASK(mode_reason, enum rtls_mode_reason)
ASK(cipher, enum rtls_cipher)
ASK(feature, enum rtls_feature)
ASK(stack_feature, enum rtls_stack_feature)
ASK(tls_tx_method, enum rtls_tls_tx_method)
ASK(tls_tx_after, enum rtls_tls_tx_after)
ASK(tls_rx_method, enum rtls_tls_rx_method)
ASK(tlsnic_fault, enum rtls_tlsnic_fault)
ASK(tls_event, enum rtls_tls_event_type)
ASK(stat_kind, enum rtls_stat_kind)
ASK(version, uint16_t)
ASK(record_type, uint8_t)
ASK(alert, uint8_t)

struct row {
	unsigned int value;
	const char *word;
};

enum { ROWS = 40 };

static const struct {
	const char *(*ask)(unsigned int v);
	unsigned int last; /* what the argument's type holds */
	struct row rows[ROWS];
} words[] = {
	{ ask_family,
	  UINT_MAX,
	  {
		  { RTLS_IPV4, "ipv4" },
		  { RTLS_IPV6, "ipv6" },
	  } },
	{ ask_sock_state,
	  UINT_MAX,
	  {
		  { RTLS_SOCK_LISTEN, "listen" },
		  { RTLS_SOCK_CONNECTING, "connecting" },
		  { RTLS_SOCK_OPEN, "open" },
		  { RTLS_SOCK_CLOSED, "closed" },
	  } },
	{ ask_eof,
	  UINT_MAX,
	  {
		  { RTLS_EOF_NONE, "none" },
		  { RTLS_EOF_CLOSE_NOTIFY, "close_notify" },
		  { RTLS_EOF_BARE, "bare" },
		  { RTLS_EOF_TRUNCATED, "truncated" },
	  } },
	{ ask_end_who,
	  UINT_MAX,
	  {
		  { RTLS_END_NOBODY, "nobody" },
		  { RTLS_END_LOCAL, "local" },
		  { RTLS_END_PEER, "peer" },
		  { RTLS_END_NETWORK, "network" },
	  } },
	{ ask_end_reason,
	  UINT_MAX,
	  {
		  { RTLS_REASON_NONE, "none" },
		  { RTLS_REASON_CLOSED, "closed" },
		  { RTLS_REASON_RESET, "reset" },
		  { RTLS_REASON_REFUSED, "refused" },
		  { RTLS_REASON_TIMEOUT, "timeout" },
		  { RTLS_REASON_UNREACHABLE, "unreachable" },
		  { RTLS_REASON_BAD_VERSION, "bad_version" },
		  { RTLS_REASON_BAD_LENGTH, "bad_length" },
		  { RTLS_REASON_BAD_MAC, "bad_mac" },
		  { RTLS_REASON_TRUNCATED, "truncated" },
		  { RTLS_REASON_NO_MEMORY, "no_memory" },
		  { RTLS_REASON_HANDSHAKE_TIMEOUT, "handshake_timeout" },
		  { RTLS_REASON_MADE_ROOM, "made_room" },
		  { RTLS_REASON_DEVICE, "device" },
		  { RTLS_REASON_FLOOD, "flood" },
	  } },
	{ ask_soft_error,
	  UINT_MAX,
	  {
		  { RTLS_SOFT_NONE, "none" },
		  { RTLS_SOFT_NET_UNREACHABLE, "net_unreachable" },
		  { RTLS_SOFT_HOST_UNREACHABLE, "host_unreachable" },
		  { RTLS_SOFT_PROHIBITED, "prohibited" },
		  { RTLS_SOFT_NO_PORT, "no_port" },
		  { RTLS_SOFT_TIME_EXCEEDED, "time_exceeded" },
		  { RTLS_SOFT_PARAMETER, "parameter" },
		  { RTLS_SOFT_SILENT, "silent" },
	  } },
	{ ask_opt,
	  UINT_MAX,
	  {
		  { RTLS_OPT_SNDBUF, "sndbuf" },
		  { RTLS_OPT_RCVBUF, "rcvbuf" },
		  { RTLS_OPT_MAX_PAYLOAD, "max_payload" },
		  { RTLS_OPT_USER_TIMEOUT_US, "user_timeout_us" },
		  { RTLS_OPT_MAX_SEG, "max_seg" },
		  { RTLS_OPT_MODE_ORDER, "mode_order" },
		  { RTLS_OPT_TX_MODE_ORDER, "tx_mode_order" },
		  { RTLS_OPT_RX_MODE_ORDER, "rx_mode_order" },
		  { RTLS_OPT_HANDSHAKE_US, "handshake_us" },
		  { RTLS_OPT_PAD_TO, "pad_to" },
		  { RTLS_OPT_TX_RECORD_LIMIT, "tx_record_limit" },
		  { RTLS_OPT_RX_RECORD_LIMIT, "rx_record_limit" },
		  { RTLS_OPT_KEY_UPDATES_PER_S, "key_updates_per_s" },
		  { RTLS_OPT_AUDIT_RATE, "audit_rate" },
		  { RTLS_OPT_DSCP, "dscp" },
		  { RTLS_OPT_TTL, "ttl" },
		  { RTLS_OPT_DYNAMIC_RECORDS, "dynamic_records" },
		  { RTLS_OPT_CC, "cc" },
		  { RTLS_OPT_MAX_PACING_RATE, "max_pacing_rate" },
		  { RTLS_OPT_KEEPALIVE_IDLE_US, "keepalive_idle_us" },
		  { RTLS_OPT_KEEPALIVE_INTERVAL_US, "keepalive_interval_us" },
		  { RTLS_OPT_KEEPALIVE_PROBES, "keepalive_probes" },
	  } },
	{ ask_recovery,
	  UINT_MAX,
	  {
		  { RTLS_RECOVERY_NONE, "none" },
		  { RTLS_RECOVERY_FAST, "fast" },
		  { RTLS_RECOVERY_TIMEOUT, "timeout" },
	  } },
	{ ask_cc,
	  UINT_MAX,
	  {
		  { RTLS_CC_CUBIC, "cubic" },
		  { RTLS_CC_NEWRENO, "newreno" },
	  } },
	{ ask_dir,
	  UINT_MAX,
	  {
		  { RTLS_TX, "tx" },
		  { RTLS_RX, "rx" },
	  } },
	{ ask_mode,
	  UINT_MAX,
	  {
		  { RTLS_MODE_NONE, "none" },
		  { RTLS_MODE_SOFTWARE, "software" },
		  { RTLS_MODE_NIC, "nic" },
		  { RTLS_MODE_TOE, "toe" },
	  } },
	{ ask_mode_order,
	  UINT_MAX,
	  {
		  { RTLS_ORDER_NIC_SOFTWARE, "nic_software" },
		  { RTLS_ORDER_SOFTWARE, "software" },
	  } },
	{ ask_mode_reason,
	  UINT_MAX,
	  {
		  { RTLS_MODE_REASON_NONE, "none" },
		  { RTLS_MODE_REASON_PENDING, "pending" },
		  { RTLS_MODE_REASON_ASKED, "asked" },
		  { RTLS_MODE_REASON_NO_DEVICE, "no_device" },
		  { RTLS_MODE_REASON_NO_IDENTITY, "no_identity" },
		  { RTLS_MODE_REASON_NO_FIELD, "no_field" },
		  { RTLS_MODE_REASON_OTHER_PORT, "other_port" },
		  { RTLS_MODE_REASON_FEATURE_OFF, "feature_off" },
		  { RTLS_MODE_REASON_SUITE, "suite" },
		  { RTLS_MODE_REASON_NO_ROOM, "no_room" },
		  { RTLS_MODE_REASON_REFUSED, "refused" },
		  { RTLS_MODE_REASON_LOST, "lost" },
		  { RTLS_MODE_REASON_DOWN, "down" },
	  } },
	{ ask_cipher,
	  UINT_MAX,
	  {
		  { RTLS_CIPHER_AES_GCM_128, "aes_gcm_128" },
		  { RTLS_CIPHER_AES_GCM_256, "aes_gcm_256" },
		  { RTLS_CIPHER_AES_CCM_128, "aes_ccm_128" },
		  { RTLS_CIPHER_CHACHA20_POLY1305, "chacha20_poly1305" },
		  { RTLS_CIPHER_SM4_GCM, "sm4_gcm" },
		  { RTLS_CIPHER_SM4_CCM, "sm4_ccm" },
		  { RTLS_CIPHER_ARIA_GCM_128, "aria_gcm_128" },
		  { RTLS_CIPHER_ARIA_GCM_256, "aria_gcm_256" },
		  { RTLS_CIPHER_AES_CBC_HMAC, "aes_cbc_hmac" },
		  { RTLS_CIPHER_AES_CCM_8, "aes_ccm_8" },
	  } },
	{ ask_stack_feature,
	  UINT_MAX,
	  {
		  { RTLS_STACK_TLS, "tls" },
	  } },
	{ ask_feature,
	  UINT_MAX,
	  {
		  { RTLS_FEATURE_TLS_TX, "tls_tx" },
		  { RTLS_FEATURE_TLS_RX, "tls_rx" },
	  } },
	{ ask_tls_tx_method,
	  UINT_MAX,
	  {
		  { RTLS_TLS_TX_NONE, "none" },
		  { RTLS_TLS_TX_REBUILD, "rebuild" },
		  { RTLS_TLS_TX_NEXT_RECORD, "next_record" },
	  } },
	{ ask_tls_tx_after,
	  UINT_MAX,
	  {
		  { RTLS_TLS_TX_STAYS, "stays" },
		  { RTLS_TLS_TX_RETURNS, "returns" },
	  } },
	{ ask_tls_rx_method,
	  UINT_MAX,
	  {
		  { RTLS_TLS_RX_NONE, "none" },
		  { RTLS_TLS_RX_IN_ORDER, "in_order" },
		  { RTLS_TLS_RX_SCAN, "scan" },
		  { RTLS_TLS_RX_SCAN_DELAYED, "scan_delayed" },
		  { RTLS_TLS_RX_STACK, "stack" },
	  } },
	{ ask_tlsnic_fault,
	  UINT_MAX,
	  {
		  { RTLS_TLSNIC_TABLE_FULL, "table_full" },
		  { RTLS_TLSNIC_CONTEXT_LOST, "context_lost" },
		  { RTLS_TLSNIC_TX_LOST, "tx_lost" },
		  { RTLS_TLSNIC_NO_MATCH, "no_match" },
		  { RTLS_TLSNIC_STEER_LATE, "steer_late" },
		  { RTLS_TLSNIC_ANSWER_WRONG, "answer_wrong" },
		  { RTLS_TLSNIC_ANSWER_LATE, "answer_late" },
		  { RTLS_TLSNIC_ANSWER_TWICE, "answer_twice" },
		  { RTLS_TLSNIC_ANSWER_NEVER, "answer_never" },
		  { RTLS_TLSNIC_ASK_WRONG, "ask_wrong" },
		  { RTLS_TLSNIC_AUTH_ERROR, "auth_error" },
		  { RTLS_TLSNIC_BAD_CHECKSUM, "bad_checksum" },
		  { RTLS_TLSNIC_RESET, "reset" },
		  { RTLS_TLSNIC_FALSE_HEADERS, "false_headers" },
		  { RTLS_TLSNIC_RESYNC_BUSY, "resync_busy" },
		  { RTLS_TLSNIC_RESYNC_ERROR, "resync_error" },
		  { RTLS_TLSNIC_LIE_PLAINTEXT, "lie_plaintext" },
		  { RTLS_TLSNIC_LIE_NUMBER, "lie_number" },
		  { RTLS_TLSNIC_LIE_AUTHENTIC, "lie_authentic" },
		  { RTLS_TLSNIC_LIE_OTHER, "lie_other" },
	  } },
	{ ask_tls_event,
	  UINT_MAX,
	  {
		  { RTLS_TLS_EV_ADD_DONE, "add_done" },
		  { RTLS_TLS_EV_RESYNC_START, "resync_start" },
		  { RTLS_TLS_EV_RESYNC_END, "resync_end" },
		  { RTLS_TLS_EV_RESYNC_CANCEL, "resync_cancel" },
		  { RTLS_TLS_EV_LOST, "lost" },
		  { RTLS_TLS_EV_DOWN, "down" },
		  { RTLS_TLS_EV_UP, "up" },
		  { RTLS_TLS_EV_TX_RESYNC, "tx_resync" },
		  { RTLS_TLS_EV_DEL_DONE, "del_done" },
	  } },
	{ ask_stat_kind,
	  UINT_MAX,
	  {
		  { RTLS_STAT_COUNTER, "counter" },
		  { RTLS_STAT_LEVEL, "level" },
	  } },
	{ ask_version, UINT16_MAX, { { RTLS_TLS_1_2, "TLSv1.2" }, { RTLS_TLS_1_3, "TLSv1.3" } } },
	{ ask_record_type,
	  UINT8_MAX,
	  {
		  { 20, "change_cipher_spec" },
		  { RTLS_TYPE_ALERT, "alert" },
		  { RTLS_TYPE_HANDSHAKE, "handshake" },
		  { RTLS_TYPE_DATA, "application_data" },
	  } },
	/* RFC 8446 6, in its order. */
	{ ask_alert,
	  UINT8_MAX,
	  {
		  { 0, "close_notify" },
		  { 10, "unexpected_message" },
		  { 20, "bad_record_mac" },
		  { 21, "decryption_failed" },
		  { 22, "record_overflow" },
		  { 30, "decompression_failure" },
		  { 40, "handshake_failure" },
		  { 41, "no_certificate" },
		  { 42, "bad_certificate" },
		  { 43, "unsupported_certificate" },
		  { 44, "certificate_revoked" },
		  { 45, "certificate_expired" },
		  { 46, "certificate_unknown" },
		  { 47, "illegal_parameter" },
		  { 48, "unknown_ca" },
		  { 49, "access_denied" },
		  { 50, "decode_error" },
		  { 51, "decrypt_error" },
		  { 60, "export_restriction" },
		  { 70, "protocol_version" },
		  { 71, "insufficient_security" },
		  { 80, "internal_error" },
		  { 86, "inappropriate_fallback" },
		  { 90, "user_canceled" },
		  { 100, "no_renegotiation" },
		  { 109, "missing_extension" },
		  { 110, "unsupported_extension" },
		  { 112, "unrecognized_name" },
		  { 113, "bad_certificate_status_response" },
		  { 115, "unknown_psk_identity" },
		  { 116, "certificate_required" },
		  { 120, "no_application_protocol" },
	  } },
};

/* NULL: none. */
static const char *
word_of(const struct row *rows, unsigned int value)
{
	for (const struct row *r = rows; r < rows + ROWS && r->word != NULL; r++) {
		if (r->value == value)
			return r->word;
	}
	return NULL;
}

static void
expect_word(size_t i, unsigned int value)
{
	const char *want = word_of(words[i].rows, value), *word = words[i].ask(value);

	CU_ASSERT_PTR_NOT_NULL_FATAL(word);
	CU_ASSERT_STRING_EQUAL(word, want != NULL ? want : "unknown");
}

/* Every value has its word, and nothing else has one. */
static void
test_values(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(words); i++) {
		for (unsigned int v = 0; v <= UINT16_MAX && v <= words[i].last; v++)
			expect_word(i, v);
		expect_word(i, words[i].last);
	}
}

static void
test_outside(void)
{
	CU_ASSERT_STRING_EQUAL(rtls_mode_name((enum rtls_mode)(RTLS_MODE_TOE + 1)), "unknown");
	CU_ASSERT_STRING_EQUAL(rtls_mode_order_name(RTLS_ORDER_MAX), "unknown");
	CU_ASSERT_STRING_EQUAL(rtls_mode_reason_name(RTLS_MODE_REASON_MAX), "unknown");
	CU_ASSERT_STRING_EQUAL(rtls_mode_reason_name((enum rtls_mode_reason) - 1), "unknown");
	CU_ASSERT_STRING_EQUAL(rtls_alert_name(121), "unknown");
	CU_ASSERT_STRING_EQUAL(rtls_alert_name(255), "unknown");
	CU_ASSERT_STRING_EQUAL(rtls_version_name(0), "unknown");
}

/* A suite that is carried has a cipher with a word. */
static void
test_suites(void)
{
	const struct record_suite *s;

	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++) {
		CU_ASSERT_STRING_NOT_EQUAL(rtls_cipher_name((enum rtls_cipher)s->cipher),
					   "unknown");
		CU_ASSERT_STRING_NOT_EQUAL(rtls_version_name(s->version), "unknown");
	}
}

/* No two values of one enum share a word, and none is called unknown. */
static void
test_unique(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(words); i++) {
		for (const struct row *a = words[i].rows; a->word != NULL; a++) {
			CU_ASSERT_STRING_NOT_EQUAL(words[i].ask(a->value), "unknown");
			for (const struct row *b = words[i].rows; b < a; b++)
				CU_ASSERT_STRING_NOT_EQUAL(words[i].ask(a->value),
							   words[i].ask(b->value));
		}
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each value has its word, and no other number", test_values },
		{ "outside is unknown", test_outside },
		{ "words are unique", test_unique },
		{ "all suites", test_suites },
	};

	return harness_run("unit/words/names", cases, HARNESS_COUNT(cases));
}
