/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The stack's flights (tcp/flight.h) in three sizes: many small ones, few large ones.
 */
#ifndef RTLS_STACK_FLIGHT_POOLS_H
#define RTLS_STACK_FLIGHT_POOLS_H

#include "core/lease.h"
#include "tcp/flight.h"

enum { FLIGHT_SIZES = 3 };

struct flight_pools {
	struct lease_pool size[FLIGHT_SIZES]; /* the smallest first */
	void *mem[FLIGHT_SIZES];
};

/* How many spans one of a size has. */
extern const uint16_t flight_spans[FLIGHT_SIZES];

/* How many there are of each size, for so many sockets and so many buffers that may hold what is sent. */
void flight_pools_numbers(uint32_t socks, uint64_t buffers, uint32_t n[FLIGHT_SIZES]);

/* 0 or -ENOMEM, and flight_pools_destroy() is to be called. */
int flight_pools_create(struct flight_pools *f, const uint32_t n[FLIGHT_SIZES], int socket_id);
void flight_pools_destroy(struct flight_pools *f);

/* How many are lent, those without a use included. */
uint32_t flight_pools_in_use(const struct flight_pools *f);

/* Where a flight is lent from. */
struct lease_pool *flight_pool_of(struct flight_pools *f, const struct tcp_flight *flight);

#endif
