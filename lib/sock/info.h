/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What rtls_sock_info() and rtls_tls_info() tell, of any socket that is not free: also of one in
 * a backlog, and of one whose handle is closed and that finishes.
 */
#ifndef RTLS_SOCK_INFO_H
#define RTLS_SOCK_INFO_H

#include <recordtls/tls.h>

/* Addresses and state alone; all else is 0. */
void sock_info_ends(const struct rtls_sock *sock, struct rtls_sock_info *out);

void sock_info_fill(const struct rtls_sock *sock, struct rtls_sock_info *out);
void sock_tls_info_fill(const struct rtls_sock *sock, enum rtls_dir d, struct rtls_tls_info *out);

#endif
