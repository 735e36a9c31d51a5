/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/ether_ip.h"

#include <errno.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

/* 10.0.0.1 -> 10.0.0.2, TCP, 26 bytes behind the header; checksum 26c8 worked out apart. */
static const uint8_t good[60] = {
	0x02, 0,    0,    0,    0,    2,    0x02, 0,    0,    0,    0,    1,
	0x08, 0x00, 0x45, 0x00, 0x00, 0x2e, 0x00, 0x00, 0x40, 0x00, 0x40, 0x06,
	0x26, 0xc8, 10,   0,    0,    1,    10,   0,    0,    2,
};

/* Written apart from net/checksum: adds with the carry at once. */
static void
fix_checksum(uint8_t *frame)
{
	uint32_t words = (frame[14] & 0x0fu) * 2, sum = 0;

	frame[24] = frame[25] = 0;
	for (uint32_t i = 0; i < words; i++) {
		sum += (uint32_t)frame[14 + 2 * i] * 256 + frame[15 + 2 * i];
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	frame[24] = (uint8_t)((0xffff - sum) >> 8);
	frame[25] = (uint8_t)(0xffff - sum);
}

static int
parse(const uint8_t *frame, uint32_t len, struct ether_ip_rx *rx)
{
	return ether_ip_parse(frame, len, len, ETHER_IP_CSUM_VERIFY, rx);
}

static void
test_accepts(void)
{
	struct ether_ip_rx rx;

	CU_ASSERT_EQUAL_FATAL(parse(good, sizeof(good), &rx), 0);
	CU_ASSERT_EQUAL(rx.ether_type, ETHER_TYPE_IPV4);
	CU_ASSERT_EQUAL(rx.l3_off, 14);
	CU_ASSERT_EQUAL(rx.l4_off, 34);
	CU_ASSERT_EQUAL(rx.l4_len, 26);
	CU_ASSERT_EQUAL(rx.ip_proto, 6);
	CU_ASSERT_EQUAL(rx.ttl, 64);
	CU_ASSERT_EQUAL(rx.tos, 0);
	CU_ASSERT_TRUE(net_addr_is_v4(&rx.src) && net_addr_is_v4(&rx.dst));
	CU_ASSERT_EQUAL(net_addr_to_v4(&rx.src), 0x0a000001);
	CU_ASSERT_EQUAL(net_addr_to_v4(&rx.dst), 0x0a000002);
	CU_ASSERT_EQUAL(memcmp(rx.dst_mac, good, 6), 0);
	CU_ASSERT_EQUAL(memcmp(rx.src_mac, good + 6, 6), 0);
}

/* One change to the good frame each; the header checksum is made right again. */
static void
test_one_byte(void)
{
	static const struct {
		uint8_t at, value;
		int expect;
	} rows[] = {
		{ 12, 0x86, -EPROTONOSUPPORT },
		{ 12, 0x81, -EPROTONOSUPPORT }, /* 8100: VLAN */
		{ 12, 0x00, -EPROTONOSUPPORT }, /* 802.3 length */
		{ 13, 0x06, 0 },                /* ARP */
		{ 14, 0x65, -EINVAL },
		{ 14, 0x05, -EINVAL },
		{ 14, 0x44, -EINVAL }, /* IHL 4 */
		{ 14, 0x40, -EINVAL },
		{ 14, 0x46, 0 },
		{ 14, 0x4b, 0 },       /* IHL 44 of 46 bytes */
		{ 14, 0x4c, -EINVAL }, /* IHL 48 */
		{ 15, 0xff, 0 },       /* any DSCP and ECN */
		{ 16, 0x01, -EINVAL }, /* total length 302 */
		{ 17, 0x2f, -EINVAL }, /* one more than there is */
		{ 17, 0x2d, 0 },
		{ 17, 20, 0 },
		{ 17, 19, -EINVAL },
		{ 17, 0, -EINVAL },
		{ 18, 0xff, 0 },           /* any ID */
		{ 20, 0x00, 0 },           /* DF is not asked for */
		{ 20, 0x20, -EOPNOTSUPP }, /* more fragments */
		{ 20, 0x60, -EOPNOTSUPP },
		{ 20, 0x10, -EOPNOTSUPP }, /* offset */
		{ 21, 0x01, -EOPNOTSUPP },
		{ 20, 0x80, 0 },           /* the reserved bit means nothing */
		{ 22, 0, 0 },              /* TTL 0 at its destination: RFC 1122 3.2.1.7 */
		{ 23, 17, 0 },             /* other protocols are the caller's */
		{ 26, 0, -EADDRNOTAVAIL }, /* sources */
		{ 26, 127, -EADDRNOTAVAIL },
		{ 26, 223, 0 },
		{ 26, 224, -EADDRNOTAVAIL },
		{ 26, 239, -EADDRNOTAVAIL },
		{ 26, 255, -EADDRNOTAVAIL },
		{ 30, 0, -EADDRNOTAVAIL }, /* destinations */
		{ 30, 127, -EADDRNOTAVAIL },
		{ 30, 224, -EADDRNOTAVAIL },
		{ 30, 255, -EADDRNOTAVAIL },
		{ 30, 192, 0 },
		{ 0, 0x03, -EADDRNOTAVAIL }, /* group MAC as destination of IPv4 */
		{ 0, 0xff, -EADDRNOTAVAIL },
		{ 0, 0x04, 0 },              /* a foreign MAC is the caller's question */
		{ 6, 0x03, -EADDRNOTAVAIL }, /* group MAC as source */
		{ 6, 0xff, -EADDRNOTAVAIL },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint8_t frame[64 + 14];
		struct ether_ip_rx rx;

		memset(frame, 0, sizeof(frame));
		memcpy(frame, good, sizeof(good));
		frame[rows[i].at] = rows[i].value;
		if ((frame[14] & 0x0f) >= 5)
			fix_checksum(frame);
		CU_ASSERT_EQUAL(parse(frame, sizeof(good), &rx), rows[i].expect);
		if (rows[i].expect == 0 && frame[13] == 0) {
			CU_ASSERT_EQUAL(rx.l4_off, 14 + (frame[14] & 0x0f) * 4);
			CU_ASSERT_EQUAL(rx.l4_off - 14 + rx.l4_len, frame[16] * 256 + frame[17]);
			CU_ASSERT_EQUAL(rx.tos, frame[15]);
			CU_ASSERT_EQUAL(rx.ttl, frame[22]);
			CU_ASSERT_EQUAL(rx.ip_proto, frame[23]);
		}
	}
}

/* Row by row, every length from nothing to the whole, on the heap for ASan. */
static void
test_lengths(void)
{
	for (uint32_t frame_len = 0; frame_len <= sizeof(good); frame_len++) {
		for (uint32_t there = 0; there <= frame_len; there++) {
			uint8_t *frame = malloc(there + (there == 0));
			struct ether_ip_rx rx;
			int rc, expect = 0;

			memcpy(frame, good, there);
			rc = ether_ip_parse(frame, there, frame_len, ETHER_IP_CSUM_VERIFY, &rx);
			if (frame_len < 14)
				expect = -EINVAL;
			else if (there < 14)
				expect = -ENODATA;
			else if (frame_len < 34)
				expect = -EINVAL;
			else if (there < 34)
				expect = -ENODATA;
			else if (frame_len < 60)
				expect = -EINVAL;
			CU_ASSERT_EQUAL(rc, expect);
			free(frame);
		}
	}
}

/* Every IHL with every total length and every contiguous length, on the heap. */
static void
test_header_lengths(void)
{
	for (uint32_t ihl = 0; ihl < 16; ihl++) {
		for (uint32_t total = 0; total <= 62; total++) {
			for (uint32_t there = 34; there <= 74; there++) {
				uint8_t *frame = calloc(1, there);
				struct ether_ip_rx rx;
				int rc, expect = 0;

				memcpy(frame, good, there < 60 ? there : 60);
				frame[14] = (uint8_t)(0x40 | ihl);
				frame[17] = (uint8_t)total;
				rc = ether_ip_parse(frame, there, 74, ETHER_IP_CSUM_GOOD, &rx);
				if (ihl < 5 || total < ihl * 4 || total > 60)
					expect = -EINVAL;
				else if (there < 14 + ihl * 4)
					expect = -ENODATA;
				CU_ASSERT_EQUAL(rc, expect);
				free(frame);
			}
		}
	}
}

static void
test_padding(void)
{
	uint8_t frame[60];
	struct ether_ip_rx rx;

	/* A bare ACK: 40 bytes of IP in the Ethernet minimum, rubbish behind them. */
	memcpy(frame, good, sizeof(good));
	memset(frame + 54, 0xee, 6);
	frame[17] = 40;
	fix_checksum(frame);
	CU_ASSERT_EQUAL(parse(frame, sizeof(frame), &rx), 0);
	CU_ASSERT_EQUAL(rx.l4_len, 20);
	/* contiguous_len beyond the frame is the frame. */
	CU_ASSERT_EQUAL(ether_ip_parse(frame, 4000, 53, ETHER_IP_CSUM_VERIFY, &rx), -EINVAL);
}

static void
test_checksum_flips(void)
{
	struct ether_ip_rx rx;

	for (uint32_t at = 14; at < 34; at++) {
		for (uint32_t x = 1; x < 255; x++) {
			uint8_t frame[60];

			memcpy(frame, good, sizeof(good));
			frame[at] ^= (uint8_t)x;
			/* IHL 6 to 11 takes in zeros, which do not change the sum, but the
			 * IHL itself does. */
			CU_ASSERT_EQUAL(parse(frame, sizeof(frame), &rx), -EINVAL);
		}
	}
	/* The NIC's word is taken, for the checksum only. */
	for (uint32_t at = 24; at < 26; at++) {
		uint8_t frame[60];

		memcpy(frame, good, sizeof(good));
		frame[at] ^= 0x40;
		CU_ASSERT_EQUAL(ether_ip_parse(frame, 60, 60, ETHER_IP_CSUM_GOOD, &rx), 0);
		CU_ASSERT_EQUAL(ether_ip_parse(frame, 60, 59, ETHER_IP_CSUM_GOOD, &rx), -EINVAL);
	}
}

static void
test_arp_frame(void)
{
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06 };
	struct ether_ip_rx rx;

	CU_ASSERT_EQUAL(parse(frame, sizeof(frame), &rx), 0);
	CU_ASSERT_EQUAL(rx.ether_type, ETHER_TYPE_ARP);
	CU_ASSERT_EQUAL(rx.l3_off, 14);
	CU_ASSERT_EQUAL(rx.l4_len, 0);
	CU_ASSERT_EQUAL(parse(frame, 14, &rx), 0);
	frame[6] = 0xff;
	CU_ASSERT_EQUAL(parse(frame, sizeof(frame), &rx), -EADDRNOTAVAIL);
}

static void
test_random_bytes(void)
{
	uint64_t seed = harness_seed();
	uint32_t accepted = 0;

	for (int round = 0; round < 100000; round++) {
		uint32_t len = (uint32_t)(harness_rand(&seed) % 80);
		uint8_t *frame = malloc(len + (len == 0));
		struct ether_ip_rx rx;

		for (uint32_t i = 0; i < len; i++)
			frame[i] = i < sizeof(good) && harness_rand(&seed) % 16 != 0 ?
					   good[i] :
					   (uint8_t)harness_rand(&seed);
		if (ether_ip_parse(frame, len, len, ETHER_IP_CSUM_GOOD, &rx) == 0 &&
		    rx.ether_type == ETHER_TYPE_IPV4) {
			accepted++;
			CU_ASSERT(rx.l4_off >= 34 && rx.l4_off <= 74);
			CU_ASSERT(rx.l4_off + rx.l4_len <= len);
		}
		free(frame);
	}
	CU_ASSERT(accepted > 100);
}

static void
test_src_acceptable(void)
{
	static const struct {
		uint32_t src, own, netmask;
		bool expect;
	} rows[] = {
		{ 0x0a000001, 0x0a000002, 0xffffff00, true },
		{ 0x0a000002, 0x0a000002, 0xffffff00, false }, /* ourselves: land attack */
		{ 0x0a000000, 0x0a000002, 0xffffff00, false },
		{ 0x0a0000ff, 0x0a000002, 0xffffff00, false },
		{ 0x0a0001ff, 0x0a000002, 0xffffff00, true }, /* another subnet's number is */
		{ 0x0a000100, 0x0a000002, 0xffffff00, true }, /* not known to be one */
		{ 0x0a00ffff, 0x0a000002, 0xffff0000, false },
		{ 0x0a0000ff, 0x0a000002, 0xffff0000, true },
		{ 0x0a000003, 0x0a000002, 0xfffffffe, true }, /* /31 */
		{ 0x0a000002, 0x0a000003, 0xfffffffe, true },
		{ 0x0a000003, 0x0a000002, 0xffffffff, true },  /* /32 */
		{ 0x0a000003, 0x0a000002, 0xfffffffc, false }, /* /30 */
		{ 0x08080808, 0x0a000002, 0x00000000, true },  /* /0 */
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct ether_ip_rx rx = { .src = net_addr_v4(rows[i].src) };

		CU_ASSERT_EQUAL(ether_ip_src_acceptable(&rx, rows[i].own, rows[i].netmask),
				rows[i].expect);
	}
}

static void
test_write(void)
{
	struct ether_ip_tx tx = {
		.src = net_addr_v4(0x0a000001),
		.dst = net_addr_v4(0x0a000002),
		.l4_len = 26,
		.dst_mac = { 2, 0, 0, 0, 0, 2 },
		.src_mac = { 2, 0, 0, 0, 0, 1 },
		.ip_proto = IPV4_PROTO_TCP,
		.ip_checksum = true,
	};
	uint8_t out[ETHER_IP_HDR_LEN + 1];

	memset(out, 0x5a, sizeof(out));
	CU_ASSERT_EQUAL(ether_ip_write(&tx, out), 34);
	CU_ASSERT_EQUAL(memcmp(out, good, 34), 0);
	CU_ASSERT_EQUAL(out[34], 0x5a);

	tx.ip_checksum = false;
	tx.ttl = 3;
	tx.tos = 0xb8;
	tx.l4_len = 65515;
	CU_ASSERT_EQUAL(ether_ip_write(&tx, out), 34);
	CU_ASSERT_EQUAL(out[24] | out[25], 0);
	CU_ASSERT_EQUAL(out[22], 3);
	CU_ASSERT_EQUAL(out[15], 0xb8);
	CU_ASSERT(out[16] == 0xff && out[17] == 0xff);
}

static void
test_write_refuses(void)
{
	struct ether_ip_tx tx = {
		.src = net_addr_v4(0x0a000001),
		.dst = net_addr_v4(0x0a000002),
		.l4_len = 65516,
	};
	uint8_t out[ETHER_IP_HDR_LEN], untouched[ETHER_IP_HDR_LEN];

	memset(out, 0x5a, sizeof(out));
	memset(untouched, 0x5a, sizeof(untouched));
	CU_ASSERT_EQUAL(ether_ip_write(&tx, out), 0);
	tx.l4_len = UINT32_MAX;
	CU_ASSERT_EQUAL(ether_ip_write(&tx, out), 0);
	tx.l4_len = 20;
	tx.src.b[0] = 0x20;
	CU_ASSERT_EQUAL(ether_ip_write(&tx, out), 0);
	tx.src.b[0] = 0;
	tx.dst.b[11] = 0xfe;
	CU_ASSERT_EQUAL(ether_ip_write(&tx, out), 0);
	CU_ASSERT_EQUAL(memcmp(out, untouched, sizeof(out)), 0);
}

/* What is written is read back, for random values. */
static void
test_round_trip(void)
{
	uint64_t seed = harness_seed();

	for (int round = 0; round < 2000; round++) {
		uint64_t r = harness_rand(&seed);
		struct ether_ip_tx tx = {
			.src = net_addr_v4(0x0a000000 | (r & 0xffff)),
			.dst = net_addr_v4(0xc0a80000 | (r >> 16 & 0xffff)),
			.l4_len = r >> 32 & 0x7ff,
			.src_mac = { 2, (uint8_t)r },
			.dst_mac = { 4, (uint8_t)(r >> 8) },
			.tos = (uint8_t)(r >> 50),
			.ip_proto = (uint8_t)(r >> 56),
			.ip_checksum = true,
		};
		uint8_t out[ETHER_IP_HDR_LEN];
		struct ether_ip_rx rx;

		CU_ASSERT_EQUAL_FATAL(ether_ip_write(&tx, out), 34);
		CU_ASSERT_EQUAL_FATAL(
			ether_ip_parse(out, 34, 34 + tx.l4_len + 7, ETHER_IP_CSUM_VERIFY, &rx), 0);
		CU_ASSERT_TRUE(net_addr_equal(&rx.src, &tx.src));
		CU_ASSERT_TRUE(net_addr_equal(&rx.dst, &tx.dst));
		CU_ASSERT(rx.l4_len == tx.l4_len && rx.tos == tx.tos && rx.ttl == 64 &&
			  rx.ip_proto == tx.ip_proto);
		CU_ASSERT_EQUAL(memcmp(rx.src_mac, tx.src_mac, 6), 0);
		CU_ASSERT_EQUAL(memcmp(rx.dst_mac, tx.dst_mac, 6), 0);
	}
}

static void
test_addr(void)
{
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 33 };
	struct net_addr a = net_addr_v4(UINT32_C(0xc0000221)), b;

	CU_ASSERT_EQUAL(memcmp(a.b, mapped, 16), 0);
	CU_ASSERT_EQUAL(net_addr_to_v4(&a), UINT32_C(0xc0000221));
	for (size_t i = 0; i < 16; i++) {
		b = a;
		b.b[i] ^= 0x10;
		CU_ASSERT_FALSE(net_addr_equal(&a, &b));
		CU_ASSERT_EQUAL(net_addr_is_v4(&b), i >= 12);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "addresses", test_addr },
		{ "a good frame", test_accepts },
		{ "one byte changed", test_one_byte },
		{ "every frame length", test_lengths },
		{ "every header length", test_header_lengths },
		{ "Ethernet padding", test_padding },
		{ "header checksum, byte by byte", test_checksum_flips },
		{ "ARP frames", test_arp_frame },
		{ "random bytes", test_random_bytes },
		{ "sources on our subnet", test_src_acceptable },
		{ "write", test_write },
		{ "write refuses", test_write_refuses },
		{ "written and read back", test_round_trip },
	};

	return harness_run("net/ether_ip", cases, HARNESS_COUNT(cases));
}
