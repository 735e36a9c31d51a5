/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Packets lost, late, swapped, repeated and cut anew: what the device opens, by the oracle. */

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "receiver.h"
#include "rx_oracle.h"
#include "support/harness.h"
#include "support/suites.h"

enum { PACKETS_MAX = 4096 };

struct packet {
	uint32_t from, to;
};

/* Packets in the order in which they arrive. */
struct arrivals {
	struct packet p[PACKETS_MAX];
	unsigned int n;
};

static struct stream stream;
static struct arrivals in_order;

/* How often each mark was right: a test in which one never came would show nothing of it. */
static unsigned long marks[2];
static unsigned long runs; /* told by a mark, the first ones apart */
static unsigned int wrong;

static void
arrive(struct arrivals *a, uint32_t from, uint32_t to)
{
	CU_ASSERT_FATAL(a->n < PACKETS_MAX);
	a->p[a->n++] = (struct packet){ from, to };
}

/* Cuts the stream into packets of size bytes, or of 1 to size bytes by *rng. */
static void
cut(uint32_t size, uint64_t *rng)
{
	in_order.n = 0;
	for (uint32_t from = 0; from < stream.len;) {
		uint32_t len = rng != NULL ? 1 + harness_below(rng, size) : size;
		uint32_t to = len < stream.len - from ? from + len : stream.len;

		arrive(&in_order, from, to);
		from = to;
	}
}

static enum rx_oracle_mark
mark_of(enum nic_rx_verdict verdict)
{
	switch (verdict) {
	case NIC_RX_UNTOUCHED:
		return RX_ORACLE_UNTOUCHED;
	case NIC_RX_OPENED:
		return RX_ORACLE_OPENED;
	case NIC_RX_ASKS:
	case NIC_RX_ASKS_NOT:
	case NIC_RX_ERROR:
	case NIC_RX_FAILED:
	case NIC_RX_NO_RUN:
		break;
	}
	CU_FAIL("an error without a forgery");
	return RX_ORACLE_UNTOUCHED;
}

static void
check_arrivals(const struct arrivals *a, uint32_t origin)
{
	unsigned int run = 0;
	struct rx_oracle o;
	struct receiver r;

	rx_oracle_init(&o, stream.bounds, stream_form(&stream));
	receiver_init(&r, &stream, origin);
	for (unsigned int i = 0; i < a->n; i++) {
		const struct packet *p = &a->p[i];
		enum rx_oracle_mark mark = rx_oracle_packet(&o, p->from, p->to);
		bool right = mark_of(receiver_packet(&r, p->from, p->to)) == mark;

		/* A run of which no packet was marked has a number, too. */
		if (right && mark == RX_ORACLE_OPENED)
			right = r.mark.run == RECEIVER_FIRST_RUN + o.run;
		wrong += !right;
		marks[mark] += right;
		if (right && mark == RX_ORACLE_OPENED && o.run != run) {
			run = o.run;
			runs++;
		}
	}
	receiver_fini(&r);
}

static struct arrivals changed;

/* Packet i arrives behind packet to, or never: to is the number of packets. */
static void
check_loss(unsigned int i, unsigned int to, uint32_t origin)
{
	changed.n = 0;
	for (unsigned int k = 0; k < in_order.n; k++) {
		if (k != i)
			arrive(&changed, in_order.p[k].from, in_order.p[k].to);
		if (k == to)
			arrive(&changed, in_order.p[i].from, in_order.p[i].to);
	}
	check_arrivals(&changed, origin);
}

static void
check_losses(uint32_t origin)
{
	static const unsigned int later[] = { 1, 2, 3, 7, 20 };

	for (unsigned int i = 0; i < in_order.n; i++) {
		check_loss(i, in_order.n, origin);
		check_loss(i, in_order.n - 1, origin);
		for (size_t k = 0; k < HARNESS_COUNT(later); k++)
			if (i + later[k] < in_order.n)
				check_loss(i, i + later[k], origin);
	}
}

static void
check_swaps(uint32_t origin)
{
	for (unsigned int i = 0; i < in_order.n; i++)
		for (unsigned int k = i + 1; k < in_order.n; k++) {
			changed = in_order;
			changed.p[i] = in_order.p[k];
			changed.p[k] = in_order.p[i];
			check_arrivals(&changed, origin);
		}
}

static void
begin(void)
{
	memset(marks, 0, sizeof(marks));
	runs = 0;
	wrong = 0;
}

static void
end(void)
{
	printf("# opened %lu, untouched %lu; runs %lu\n", marks[RX_ORACLE_OPENED],
	       marks[RX_ORACLE_UNTOUCHED], runs);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(marks[RX_ORACLE_OPENED] > 0);
	CU_ASSERT(marks[RX_ORACLE_UNTOUCHED] > 0);
	CU_ASSERT(runs > 0);
}

/* Short records and a start inside of a packet. */
static void
short_stream(uint64_t rng, unsigned int records)
{
	static const uint32_t plain[] = { 0, 1, 20, 2, 0, 0, 33 };

	stream_begin_of(&stream, suites_any(rng), rng, 3, 0);
	for (unsigned int i = 0; i < records; i++)
		stream_add(&stream, plain[i % HARNESS_COUNT(plain)], i == 3 ? 4 : 0);
}

static const uint32_t short_sizes[] = { 1, 2, 3, 4, 5, 7, 11, 16, 21, 22, 23, 40, 60, 100 };

static void
test_short_records(void)
{
	uint64_t rng = harness_seed();

	begin();
	for (size_t i = 0; i < 2 * HARNESS_COUNT(short_sizes); i++) {
		uint32_t size = short_sizes[i / 2], origin;

		if (size == 1 && i % 2 != 0)
			continue;
		short_stream(harness_rand(&rng), size < 4 ? 4 : 7); /* swaps: packets^3 */
		cut(size, i % 2 != 0 ? &rng : NULL);
		origin = 0u - harness_below(&rng, stream.len);
		check_losses(origin);
		check_swaps(origin);
	}
	end();
}

static void
long_stream(uint64_t *rng, uint64_t first_no)
{
	uint32_t prefix = harness_below(rng, 3000);

	stream_begin_of(&stream, suites_any(harness_rand(rng)), harness_rand(rng), prefix,
			first_no);
}

static const uint32_t long_sizes[] = { 536, 1448, 4096, 9000, 16384, 16645, 16646, 30000 };

static void
test_long_records(void)
{
	uint64_t rng = harness_seed();

	begin();
	for (size_t i = 0; i < 2 * HARNESS_COUNT(long_sizes); i++) {
		uint32_t size = long_sizes[i / 2], origin;

		long_stream(&rng, 1000);
		stream_fill(&stream, (harness_full() ? 100000 : 20000) + 2 * size);
		cut(size, i % 2 != 0 ? &rng : NULL);
		origin = 0u - harness_below(&rng, stream.len);
		check_losses(origin);
		check_swaps(origin);
	}
	end();
}

/* Some packets once more at other places, and some pieces that no packet was cut as. */
static void
disorder(uint64_t *rng, unsigned int distance)
{
	changed = in_order;
	for (unsigned int n = 1 + in_order.n / 8; n > 0 && changed.n < PACKETS_MAX; n--) {
		uint32_t from = harness_below(rng, stream.len);
		uint32_t len = 1 + harness_below(rng, 2 * (in_order.p[0].to + 1));

		if (harness_below(rng, 2) == 0)
			changed.p[changed.n] = in_order.p[harness_below(rng, in_order.n)];
		else
			changed.p[changed.n] = (struct packet){ from, len < stream.len - from ?
									      from + len :
									      stream.len };
		changed.n++;
	}
	for (unsigned int n = harness_below(rng, changed.n) / 2; n > 0; n--) {
		unsigned int i = harness_below(rng, changed.n);
		unsigned int k = i + harness_below(rng, distance);
		struct packet p = changed.p[i];

		if (k >= changed.n)
			continue;
		changed.p[i] = changed.p[k];
		changed.p[k] = p;
	}
}

static void
test_random_orders(void)
{
	unsigned int rounds = harness_full() ? 5000 : 200;
	uint64_t rng = harness_seed();

	begin();
	for (unsigned int i = 0; i < rounds; i++) {
		bool tiny = i % 2 != 0;

		if (tiny) {
			short_stream(harness_rand(&rng), 7);
		} else {
			long_stream(&rng, 5);
			stream_fill(&stream, 100000);
		}
		cut(1 + harness_below(&rng, tiny ? 40 : 5000) + (tiny ? 0 : 100),
		    i % 4 < 2 ? &rng : NULL);
		disorder(&rng, harness_below(&rng, 2) == 0 ? 3 : 30);
		check_arrivals(&changed, (uint32_t)harness_rand(&rng));
	}
	end();
}

/* The two drawings of the kernel's documentation, packet by packet. */
static void
test_drawings(void)
{
	static const struct {
		struct packet p;
		enum nic_rx_verdict verdict;
	} good[] = {
		{ { 0, 40 }, NIC_RX_OPENED },      /* 1: the header of a record that ends in 3 */
		{ { 80, 120 }, NIC_RX_UNTOUCHED }, /* 3: the next record starts inside */
		{ { 120, 160 }, NIC_RX_OPENED },   /* 4 */
		{ { 160, 200 }, NIC_RX_OPENED },   /* 5 */
		{ { 40, 80 }, NIC_RX_UNTOUCHED },  /* 2 */
	}, bad[] = {
		{ { 0, 110 }, NIC_RX_OPENED },      /* 1: up to in front of the second record */
		{ { 150, 190 }, NIC_RX_UNTOUCHED }, /* 3: the header was in 2 */
		{ { 190, 300 }, NIC_RX_UNTOUCHED }, /* 4: so this header is not seen */
		{ { 110, 150 }, NIC_RX_OPENED },    /* 2 comes late: its place was kept */
		{ { 300, 320 }, NIC_RX_UNTOUCHED },
	};
	struct receiver r;

	stream_begin(&stream, harness_seed(), 0, 0);
	stream_add(&stream, 88, 0); /* 110 bytes */
	stream_add(&stream, 128, 0);
	stream_add(&stream, 100, 0);
	receiver_init(&r, &stream, 0);
	for (size_t i = 0; i < HARNESS_COUNT(good); i++)
		CU_ASSERT_EQUAL(receiver_packet(&r, good[i].p.from, good[i].p.to), good[i].verdict);
	receiver_fini(&r);
	receiver_init(&r, &stream, 0);
	for (size_t i = 0; i < HARNESS_COUNT(bad); i++)
		CU_ASSERT_EQUAL(receiver_packet(&r, bad[i].p.from, bad[i].p.to), bad[i].verdict);
	receiver_fini(&r);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the documentation's drawings", test_drawings },
		{ "each loss and each swap, short records", test_short_records },
		{ "each loss and each swap, records of all lengths", test_long_records },
		{ "random orders with duplicates and other cuts", test_random_orders },
	};

	return harness_run("tlsnic/rx order", cases, HARNESS_COUNT(cases));
}
