/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The TLS NIC when its crypto fails: what was to be sealed is dropped, what was to be opened passes. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/tls.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/nic_arrival.h"
#include "tlsnic/aead.h"

enum { SEQ = 70000, LEN = 200 };

static const uint32_t sizes[] = { 1000, 1000, 1000, 1000 };

static struct nic_bench b;

/* The call that fails: so many go well before; negative: none does. */
static int good_updates = -1, good_tags = -1;

int __real_nic_aead_update(struct nic_aead *a, const uint8_t *in, uint8_t *out, uint32_t len);
int __wrap_nic_aead_update(struct nic_aead *a, const uint8_t *in, uint8_t *out, uint32_t len);
int __real_nic_aead_tag(struct nic_aead *a, uint8_t tag[NIC_AEAD_TAG_LEN]);
int __wrap_nic_aead_tag(struct nic_aead *a, uint8_t tag[NIC_AEAD_TAG_LEN]);

static bool
fails(int *good)
{
	if (*good < 0)
		return false;
	return (*good)-- == 0;
}

int
__wrap_nic_aead_update(struct nic_aead *a, const uint8_t *in, uint8_t *out, uint32_t len)
{
	return fails(&good_updates) ? -EIO : __real_nic_aead_update(a, in, out, len);
}

int
__wrap_nic_aead_tag(struct nic_aead *a, uint8_t tag[NIC_AEAD_TAG_LEN])
{
	return fails(&good_tags) ? -EIO : __real_nic_aead_tag(a, tag);
}

static void
begin(enum rtls_tls_tx_method method)
{
	nic_bench_open(&b, &(struct rtls_tlsnic_conf){ .tx_method = (uint8_t)method }, 0);
	nic_bench_start(&b, SEQ, 0, sizes, RTE_DIM(sizes));
}

/* Taken, counted, and nothing of it on the wire. */
static void
is_dropped(uint32_t off, uint32_t len, const char *why)
{
	struct rte_mbuf *m = nic_bench_packet(&b, off, len, 0);
	uint64_t before = nic_bench_count(&b, why);

	b.under->nb_sent = 0;
	CU_ASSERT_EQUAL(nic_bench_burst(&b, &m, 1), 1);
	CU_ASSERT_EQUAL(b.under->nb_sent, 0);
	CU_ASSERT_EQUAL(nic_bench_count(&b, why), before + 1);
}

/* Each packet brings all it takes: the next one is sealed. */
static void
rebuilds(int *good, int n, uint32_t off, uint32_t len)
{
	begin(RTLS_TLS_TX_REBUILD);
	nic_bench_send(&b, 0, off, 0);
	*good = n;
	is_dropped(off, len, "tx_tls_err");
	CU_ASSERT_EQUAL(*good, -1);
	b.expected = off; /* not where it stands: it has no place */
	nic_bench_send(&b, off + len, LEN, 0);
	nic_bench_send(&b, off, len, 0);
	nic_bench_close(&b);
}

/* It has lost its place: nothing more is sealed before it is told where to go on. */
static void
takes_in_order_only(void)
{
	struct rtls_tls_event ev[2];
	const struct offload_device *d;

	begin(RTLS_TLS_TX_NEXT_RECORD);
	d = &b.nic->tls;
	nic_bench_send(&b, 0, LEN, 0);
	good_updates = 0;
	is_dropped(LEN, LEN, "tx_tls_err");
	is_dropped(2 * LEN, LEN, "tx_tls_drop_no_sync_data");
	CU_ASSERT_EQUAL(d->ops->poll_events(d->dev, 0, ev, 2), 1);
	CU_ASSERT_EQUAL(ev[0].type, RTLS_TLS_EV_TX_RESYNC);
	CU_ASSERT_EQUAL(d->ops->tx_resync(d->dev, b.ctx, SEQ + b.stream.records[1].off,
					  b.stream.first_rec_no + 1),
			0);
	b.expected = b.stream.records[1].off;
	b.ooo = nic_bench_count(&b, "tx_tls_ooo");
	nic_bench_send(&b, b.stream.records[1].off, LEN, 0);
	nic_bench_close(&b);
}

static void
test_sending(void)
{
	uint32_t first;

	begin(RTLS_TLS_TX_REBUILD);
	first = b.stream.records[0].len;
	nic_bench_close(&b);
	rebuilds(&good_updates, 0, LEN, LEN);
	/* In the second of two records, and at the tag of the first. */
	rebuilds(&good_updates, 1, LEN, first);
	rebuilds(&good_tags, 0, LEN, first);
	takes_in_order_only();
}

/* Up it goes as it came, and what was before it is as it was. */
static void
test_receiving(void)
{
	struct rte_mbuf *came, *m;
	uint8_t room[LEN];

	nic_bench_open(&b, &(struct rtls_tlsnic_conf){ .rings = 0 }, 0);
	nic_bench_receives(&b, SEQ, 0, sizes, RTE_DIM(sizes));
	for (int i = 0; i < 2; i++) {
		good_updates = i == 0 ? 0 : -1;
		came = nic_bench_arrive(&b, 0, LEN, 0);
		m = nic_bench_receive(&b);
		CU_ASSERT_EQUAL((m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD) != 0, i == 1);
		CU_ASSERT_EQUAL(m == came, i == 0);
		CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_read(m, NIC_BENCH_HDRS, LEN, room),
				       b.stream.wire, LEN) == 0,
				i == 0);
		CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_err"), 1);
		rte_pktmbuf_free(m);
	}
	nic_bench_close(&b);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what was to be sealed is dropped", test_sending },
		{ "what was to be opened passes", test_receiving },
	};

	if (eal_start("tlsnic-crypto") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/crypto", cases, HARNESS_COUNT(cases));
}
