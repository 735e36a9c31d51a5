/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/isn.h"

#include "net/siphash.h"

uint32_t
tcp_isn(const uint8_t secret[16], const struct net_tuple *tuple, uint64_t now_us)
{
	return (uint32_t)(now_us / 4) + (uint32_t)siphash13(secret, tuple, sizeof(*tuple));
}

uint32_t
tcp_ts_offset(const uint8_t secret[16], const struct net_tuple *tuple)
{
	/* The half of the hash that tcp_isn does not show. */
	return (uint32_t)(siphash13(secret, tuple, sizeof(*tuple)) >> 32);
}
