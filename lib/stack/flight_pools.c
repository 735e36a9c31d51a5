/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/flight_pools.h"

#include <errno.h>

#include <rte_common.h>
#include <rte_malloc.h>

enum {
	MEDIUM_PER_SMALL = 4,
	LARGE_PER_SMALL = 32,
	LARGE_MIN = 2,
};

const uint16_t flight_spans[FLIGHT_SIZES] = { 16, 128, TCP_FLIGHT_SPANS_MAX };

void
flight_pools_numbers(uint32_t socks, uint64_t buffers, uint32_t n[FLIGHT_SIZES])
{
	/* Who has something in flight holds a buffer, or sends a FIN, which needs no flight. */
	n[0] = (uint32_t)RTE_MIN((uint64_t)socks, buffers);
	n[1] = RTE_MAX(n[0] / MEDIUM_PER_SMALL, (uint32_t)LARGE_MIN);
	n[2] = RTE_MAX(n[0] / LARGE_PER_SMALL, (uint32_t)LARGE_MIN);
}

int
flight_pools_create(struct flight_pools *f, const uint32_t n[FLIGHT_SIZES], int socket_id)
{
	uint32_t i;

	for (i = 0; i < FLIGHT_SIZES; i++) {
		size_t size = tcp_flight_size(flight_spans[i]);

		f->mem[i] = rte_malloc_socket("rtls_flights", lease_pool_size(n[i], size),
					      LEASE_ALIGN, socket_id);
		if (f->mem[i] == NULL)
			return -ENOMEM;
		lease_pool_init(&f->size[i], f->mem[i], n[i], size);
	}
	return 0;
}

void
flight_pools_destroy(struct flight_pools *f)
{
	uint32_t i;

	for (i = 0; i < FLIGHT_SIZES; i++)
		rte_free(f->mem[i]);
}

uint32_t
flight_pools_in_use(const struct flight_pools *f)
{
	uint32_t i, n = 0;

	for (i = 0; i < FLIGHT_SIZES; i++)
		n += f->size[i].nb_lent;
	return n;
}

struct lease_pool *
flight_pool_of(struct flight_pools *f, const struct tcp_flight *flight)
{
	uint32_t i = 0;

	while (flight_spans[i] != tcp_flight_spans(flight))
		i++;
	return &f->size[i];
}
