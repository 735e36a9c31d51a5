/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * Words for the values of this interface: for logs, telemetry and programs that print.
 *
 * Each function borrows nothing, may be called by any thread, and returns a text that stays
 * valid: lower case, words joined by '_', no two values of one enum alike; "unknown" for a value
 * that has none, never NULL. A word that is there does not change.
 *
 * Fields of uint8_t that hold an enum are given as they are; C++ needs a cast.
 */
#ifndef RECORDTLS_NAMES_H
#define RECORDTLS_NAMES_H

#include <stdint.h>

#include <recordtls/addr.h>
#include <recordtls/offload.h>
#include <recordtls/port.h>
#include <recordtls/sock.h>
#include <recordtls/stack.h>
#include <recordtls/stats.h>
#include <recordtls/tls.h>
#include <recordtls/tlsnic.h>

#ifdef __cplusplus
extern "C" {
#endif

/** "ipv4", "ipv6" */
const char *rtls_family_name(enum rtls_family f);

/** "listen", "connecting", "open", "closed" */
const char *rtls_sock_state_name(enum rtls_sock_state s);

/** How the peer's stream ended: "none", "close_notify", "bare", "truncated". */
const char *rtls_eof_name(enum rtls_eof e);

/** Who ended a connection: "nobody", "local", "peer", "network". */
const char *rtls_end_who_name(enum rtls_end_who w);

/** Why it ended: RTLS_REASON_BAD_MAC is "bad_mac". */
const char *rtls_end_reason_name(enum rtls_end_reason r);

/** What is wrong on the way: RTLS_SOFT_NO_PORT is "no_port". */
const char *rtls_soft_error_name(enum rtls_soft_error e);

/** What a sender does about losses: "none", "fast", "timeout". */
const char *rtls_recovery_name(enum rtls_recovery r);

/** What rtls_sock_set() sets: RTLS_OPT_MAX_SEG is "max_seg". */
const char *rtls_opt_name(enum rtls_opt o);

/** Congestion control: "cubic", "newreno". */
const char *rtls_cc_name(enum rtls_cc c);

/** "tx", "rx" */
const char *rtls_dir_name(enum rtls_dir d);

/** Who does the crypto: "none", "software", "nic". */
const char *rtls_mode_name(enum rtls_mode m);

/** "nic_software", "software" */
const char *rtls_mode_order_name(enum rtls_mode_order o);

/** Why it is not the NIC: RTLS_MODE_REASON_NO_DEVICE is "no_device". */
const char *rtls_mode_reason_name(enum rtls_mode_reason r);

/** A version as it stands on the wire: "TLSv1.2", "TLSv1.3", as OpenSSL writes them. */
const char *rtls_version_name(uint16_t version);

/** "aes_gcm_128"; struct rtls_tls_info has the suite's IANA name. */
const char *rtls_cipher_name(enum rtls_cipher c);

/** A record's type: "change_cipher_spec", "alert", "handshake", "application_data" (RFC 8446 5.1). */
const char *rtls_record_type_name(uint8_t type);

/**
 * A TLS alert, by RFC 8446 6 and, for TLS 1.2, RFC 5246 7.2.
 * 0 is "close_notify", also where a field says with 0 that there is none.
 */
const char *rtls_alert_name(uint8_t alert);

/** One bit of RTLS_FEATURE_*: "tls_tx", "tls_rx". */
const char *rtls_feature_name(enum rtls_feature f);

/** One bit of RTLS_STACK_*: "tls". */
const char *rtls_stack_feature_name(enum rtls_stack_feature f);

/** What a device that seals can: "none", "rebuild", "next_record". */
const char *rtls_tls_tx_method_name(enum rtls_tls_tx_method m);

/** Where it is behind a packet out of order: "stays", "returns". */
const char *rtls_tls_tx_after_name(enum rtls_tls_tx_after a);

/** How a device that opens finds its place: "none", "in_order", "scan", "scan_delayed", "stack". */
const char *rtls_tls_rx_method_name(enum rtls_tls_rx_method m);

/** What goes wrong in the TLS NIC in software: RTLS_TLSNIC_TABLE_FULL is "table_full". */
const char *rtls_tlsnic_fault_name(enum rtls_tlsnic_fault f);

/** What a device tells: RTLS_TLS_EV_LOST is "lost". */
const char *rtls_tls_event_name(enum rtls_tls_event_type e);

/** "counter", "level" */
const char *rtls_stat_kind_name(enum rtls_stat_kind k);

#ifdef __cplusplus
}
#endif

#endif
