/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/arp_packet.h"

#include <errno.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

/* 10.0.0.1 at 02:..:01 asks for 10.0.0.2. */
static const uint8_t request[ARP_PACKET_LEN] = {
	0, 1, 0x08, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
};

static void
test_parse(void)
{
	struct arp_packet p;

	CU_ASSERT_EQUAL(arp_packet_parse(request, sizeof(request), &p), 0);
	CU_ASSERT_EQUAL(p.op, ARP_OP_REQUEST);
	CU_ASSERT_EQUAL(p.sender_ip, 0x0a000001);
	CU_ASSERT_EQUAL(p.target_ip, 0x0a000002);
	CU_ASSERT_EQUAL(memcmp(p.sender_mac, request + 8, 6), 0);
	CU_ASSERT_EQUAL(memcmp(p.target_mac, request + 18, 6), 0);
}

static void
test_one_byte(void)
{
	static const struct {
		uint8_t at, value;
		int expect;
	} rows[] = {
		{ 0, 1, -EINVAL },    { 1, 6, -EINVAL },    { 1, 0, -EINVAL },
		{ 2, 0x86, -EINVAL }, { 3, 6, -EINVAL },    { 4, 8, -EINVAL },
		{ 4, 0, -EINVAL },    { 5, 16, -EINVAL },   { 5, 0, -EINVAL },
		{ 6, 1, -EINVAL },    { 7, 0, -EINVAL },    { 7, 2, 0 },
		{ 7, 3, -EINVAL },    { 7, 8, -EINVAL },    { 8, 3, -EINVAL },
		{ 8, 0xff, -EINVAL }, { 8, 0, 0 },          { 8, 0xfe, 0 },
		{ 14, 0, -EINVAL },   { 14, 127, -EINVAL }, { 14, 224, -EINVAL },
		{ 14, 255, -EINVAL }, { 14, 223, 0 },       { 18, 0xff, 0 },
		{ 24, 255, 0 }, /* targets are anybody */
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint8_t pkt[ARP_PACKET_LEN];
		struct arp_packet p;

		memcpy(pkt, request, sizeof(pkt));
		pkt[rows[i].at] = rows[i].value;
		CU_ASSERT_EQUAL(arp_packet_parse(pkt, sizeof(pkt), &p), rows[i].expect);
	}
}

static void
test_senders(void)
{
	uint8_t pkt[ARP_PACKET_LEN];
	struct arp_packet p;

	/* A probe; a reply cannot be one. */
	memcpy(pkt, request, sizeof(pkt));
	memset(pkt + 14, 0, 4);
	CU_ASSERT_EQUAL(arp_packet_parse(pkt, sizeof(pkt), &p), 0);
	CU_ASSERT_EQUAL(p.sender_ip, 0);
	pkt[7] = 2;
	CU_ASSERT_EQUAL(arp_packet_parse(pkt, sizeof(pkt), &p), -EINVAL);
	/* MAC zero. */
	memcpy(pkt, request, sizeof(pkt));
	memset(pkt + 8, 0, 6);
	CU_ASSERT_EQUAL(arp_packet_parse(pkt, sizeof(pkt), &p), -EINVAL);
}

static void
test_lengths(void)
{
	for (uint32_t len = 0; len <= 46; len++) {
		uint8_t *pkt = calloc(1, len + (len == 0));
		struct arp_packet p;

		memcpy(pkt, request, len < sizeof(request) ? len : sizeof(request));
		CU_ASSERT_EQUAL(arp_packet_parse(pkt, len, &p), len < 28 ? -EINVAL : 0);
		free(pkt);
	}
}

static void
test_write(void)
{
	static const uint8_t expect[ARP_FRAME_LEN] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,  1, 0x08, 0x06,
		0,    1,    0x08, 0,    6,    4,    0, 2, 2, 0, 0,  0, 0,    1,
		10,   0,    0,    1,    2,    9,    8, 7, 6, 5, 10, 0, 0,    2,
	};
	struct arp_packet p = {
		.op = ARP_OP_REPLY,
		.sender_ip = 0x0a000001,
		.target_ip = 0x0a000002,
		.sender_mac = { 2, 0, 0, 0, 0, 1 },
		.target_mac = { 2, 9, 8, 7, 6, 5 },
	};
	uint8_t frame[ARP_FRAME_LEN + 1];

	memset(frame, 0x5a, sizeof(frame));
	CU_ASSERT_EQUAL(arp_packet_write(&p, expect, frame), 42);
	CU_ASSERT_EQUAL(memcmp(frame, expect, 42), 0);
	CU_ASSERT_EQUAL(frame[42], 0x5a);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "parse", test_parse },
		{ "one byte changed", test_one_byte },
		{ "senders that cannot be", test_senders },
		{ "every length", test_lengths },
		{ "write", test_write },
	};

	return harness_run("net/arp_packet", cases, HARNESS_COUNT(cases));
}
