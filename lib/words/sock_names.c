/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <recordtls/names.h>

/*
 * A switch without default per enum: a value that is added there and has no word here does not
 * compile (-Wswitch-enum).
 */

static const char unknown[] = "unknown";

const char *
rtls_family_name(enum rtls_family f)
{
	switch (f) {
	case RTLS_IPV4:
		return "ipv4";
	case RTLS_IPV6:
		return "ipv6";
	}
	return unknown;
}

const char *
rtls_sock_state_name(enum rtls_sock_state s)
{
	switch (s) {
	case RTLS_SOCK_LISTEN:
		return "listen";
	case RTLS_SOCK_CONNECTING:
		return "connecting";
	case RTLS_SOCK_OPEN:
		return "open";
	case RTLS_SOCK_CLOSED:
		return "closed";
	}
	return unknown;
}

const char *
rtls_eof_name(enum rtls_eof e)
{
	switch (e) {
	case RTLS_EOF_NONE:
		return "none";
	case RTLS_EOF_CLOSE_NOTIFY:
		return "close_notify";
	case RTLS_EOF_BARE:
		return "bare";
	case RTLS_EOF_TRUNCATED:
		return "truncated";
	}
	return unknown;
}

const char *
rtls_end_who_name(enum rtls_end_who w)
{
	switch (w) {
	case RTLS_END_NOBODY:
		return "nobody";
	case RTLS_END_LOCAL:
		return "local";
	case RTLS_END_PEER:
		return "peer";
	case RTLS_END_NETWORK:
		return "network";
	}
	return unknown;
}

const char *
rtls_end_reason_name(enum rtls_end_reason r)
{
	switch (r) {
	case RTLS_REASON_NONE:
		return "none";
	case RTLS_REASON_CLOSED:
		return "closed";
	case RTLS_REASON_RESET:
		return "reset";
	case RTLS_REASON_REFUSED:
		return "refused";
	case RTLS_REASON_TIMEOUT:
		return "timeout";
	case RTLS_REASON_UNREACHABLE:
		return "unreachable";
	case RTLS_REASON_BAD_VERSION:
		return "bad_version";
	case RTLS_REASON_BAD_LENGTH:
		return "bad_length";
	case RTLS_REASON_BAD_MAC:
		return "bad_mac";
	case RTLS_REASON_TRUNCATED:
		return "truncated";
	case RTLS_REASON_NO_MEMORY:
		return "no_memory";
	case RTLS_REASON_HANDSHAKE_TIMEOUT:
		return "handshake_timeout";
	case RTLS_REASON_MADE_ROOM:
		return "made_room";
	case RTLS_REASON_DEVICE:
		return "device";
	case RTLS_REASON_FLOOD:
		return "flood";
	}
	return unknown;
}

const char *
rtls_soft_error_name(enum rtls_soft_error e)
{
	switch (e) {
	case RTLS_SOFT_NONE:
		return "none";
	case RTLS_SOFT_NET_UNREACHABLE:
		return "net_unreachable";
	case RTLS_SOFT_HOST_UNREACHABLE:
		return "host_unreachable";
	case RTLS_SOFT_PROHIBITED:
		return "prohibited";
	case RTLS_SOFT_NO_PORT:
		return "no_port";
	case RTLS_SOFT_TIME_EXCEEDED:
		return "time_exceeded";
	case RTLS_SOFT_PARAMETER:
		return "parameter";
	case RTLS_SOFT_SILENT:
		return "silent";
	}
	return unknown;
}

const char *
rtls_opt_name(enum rtls_opt o)
{
	switch (o) {
	case RTLS_OPT_SNDBUF:
		return "sndbuf";
	case RTLS_OPT_RCVBUF:
		return "rcvbuf";
	case RTLS_OPT_MAX_PAYLOAD:
		return "max_payload";
	case RTLS_OPT_USER_TIMEOUT_US:
		return "user_timeout_us";
	case RTLS_OPT_MAX_SEG:
		return "max_seg";
	case RTLS_OPT_MODE_ORDER:
		return "mode_order";
	case RTLS_OPT_TX_MODE_ORDER:
		return "tx_mode_order";
	case RTLS_OPT_RX_MODE_ORDER:
		return "rx_mode_order";
	case RTLS_OPT_PAD_TO:
		return "pad_to";
	case RTLS_OPT_TX_RECORD_LIMIT:
		return "tx_record_limit";
	case RTLS_OPT_RX_RECORD_LIMIT:
		return "rx_record_limit";
	case RTLS_OPT_KEY_UPDATES_PER_S:
		return "key_updates_per_s";
	case RTLS_OPT_AUDIT_RATE:
		return "audit_rate";
	case RTLS_OPT_DSCP:
		return "dscp";
	case RTLS_OPT_DYNAMIC_RECORDS:
		return "dynamic_records";
	case RTLS_OPT_TTL:
		return "ttl";
	case RTLS_OPT_CC:
		return "cc";
	case RTLS_OPT_MAX_PACING_RATE:
		return "max_pacing_rate";
	case RTLS_OPT_KEEPALIVE_IDLE_US:
		return "keepalive_idle_us";
	case RTLS_OPT_KEEPALIVE_INTERVAL_US:
		return "keepalive_interval_us";
	case RTLS_OPT_HANDSHAKE_US:
		return "handshake_us";
	case RTLS_OPT_KEEPALIVE_PROBES:
		return "keepalive_probes";
	}
	return unknown;
}

const char *
rtls_recovery_name(enum rtls_recovery r)
{
	switch (r) {
	case RTLS_RECOVERY_NONE:
		return "none";
	case RTLS_RECOVERY_FAST:
		return "fast";
	case RTLS_RECOVERY_TIMEOUT:
		return "timeout";
	}
	return unknown;
}

const char *
rtls_cc_name(enum rtls_cc c)
{
	switch (c) {
	case RTLS_CC_CUBIC:
		return "cubic";
	case RTLS_CC_NEWRENO:
		return "newreno";
	}
	return unknown;
}

const char *
rtls_stack_feature_name(enum rtls_stack_feature f)
{
	switch (f) {
	case RTLS_STACK_TLS:
		return "tls";
	}
	return unknown;
}

const char *
rtls_stat_kind_name(enum rtls_stat_kind k)
{
	switch (k) {
	case RTLS_STAT_COUNTER:
		return "counter";
	case RTLS_STAT_LEVEL:
		return "level";
	}
	return unknown;
}
