/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/local_port.h"

#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

static const uint8_t key[16] = { 3, 1, 4, 1, 5 };

static struct net_tuple
to(uint32_t remote, uint16_t port)
{
	struct net_tuple t;

	memset(&t, 0, sizeof(t));
	t.local = net_addr_v4(0x0a000001);
	t.remote = net_addr_v4(remote);
	t.remote_port = port;
	return t;
}

static uint16_t
draw(struct local_ports *p, const struct net_tuple *t)
{
	struct local_port_choice c = local_port_begin(p, t);

	return local_port_next(&c);
}

/* Each port comes once before one comes again, by one search and by many. */
static void
test_all(void)
{
	struct net_tuple t = to(0x0a000002, 443);
	struct local_port_choice c;
	static uint8_t seen[65536];
	struct local_ports p;

	local_ports_init(&p, key);
	for (uint8_t round = 1; round <= 2; round++) {
		c = local_port_begin(&p, &t);
		for (uint32_t i = 0; i < LOCAL_PORT_COUNT; i++)
			seen[round == 1 ? local_port_next(&c) : draw(&p, &t)]++;
		for (uint32_t port = 0; port < 65536; port++)
			CU_ASSERT_EQUAL(seen[port], port < LOCAL_PORT_FIRST ? 0 : round);
	}
}

/* What the caller has in local_port changes nothing; the rest of the tuple, and the key, do. */
static void
test_depends(void)
{
	uint8_t other[16] = { 3, 1, 4, 1, 6 };
	struct net_tuple t = to(0x0a000002, 443), same = t;
	struct local_ports p, q;
	uint32_t equal[3] = { 0 };

	for (uint32_t i = 0; i < 1000; i++) {
		uint16_t port;

		local_ports_init(&p, key);
		t = to(0x0a000000 + i, 443);
		same = t;
		port = draw(&p, &t);
		same.local_port = (uint16_t)i;
		local_ports_init(&p, key);
		CU_ASSERT_EQUAL(draw(&p, &same), port);
		local_ports_init(&p, key);
		same.remote_port ^= 1;
		equal[0] += draw(&p, &same) == port;
		local_ports_init(&p, key);
		same = t;
		same.local = net_addr_v4(0x0a0000ff);
		equal[1] += draw(&p, &same) == port;
		local_ports_init(&q, other);
		equal[2] += draw(&q, &t) == port;
	}
	/* By chance one in 32768. */
	for (int i = 0; i < 3; i++)
		CU_ASSERT(equal[i] <= 2);
}

/* Who draws ports to one destination learns of few others how far they are. */
static void
test_apart(void)
{
	struct net_tuple mine = to(0x0a000002, 443);
	struct local_ports p;
	uint32_t moved = 0;

	local_ports_init(&p, key);
	for (uint32_t i = 0; i < 2000; i++) {
		struct net_tuple his = to(0x0b000000 + i, 443);
		uint16_t before = draw(&p, &his);

		for (int n = 0; n < 5; n++)
			draw(&p, &mine);
		moved += (uint16_t)(draw(&p, &his) - before) % LOCAL_PORT_COUNT != 1;
	}
	/* One in LOCAL_PORT_COUNTERS shares the counter: 31, within 5 standard deviations. */
	CU_ASSERT(moved > 3 && moved < 60);
}

/* Ports of consecutive destinations are spread evenly: 16 parts of the range. */
static void
test_spread(void)
{
	uint32_t parts[16] = { 0 };
	struct local_ports p;

	local_ports_init(&p, key);
	for (uint32_t i = 0; i < 16000; i++) {
		struct net_tuple t = to(0x0a000000 + i, 443);

		parts[(draw(&p, &t) - LOCAL_PORT_FIRST) / (LOCAL_PORT_COUNT / 16)]++;
	}
	/* 1000 each, within 5 standard deviations (31 each). */
	for (int i = 0; i < 16; i++)
		CU_ASSERT(parts[i] > 845 && parts[i] < 1155);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each port once", test_all },
		{ "key and destination count", test_depends },
		{ "destinations tell little of each other", test_apart },
		{ "spread", test_spread },
	};

	return harness_run("net/local_port", cases, HARNESS_COUNT(cases));
}
