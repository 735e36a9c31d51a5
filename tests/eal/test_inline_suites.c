/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Which suites a device takes, and what becomes of the others; and that nobody can tell on the wire who
 * sealed: software, the NIC, or one after the other.
 */
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_cryptodev.h>

#include "sim/frame.h"
#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/suites.h"

/* --- a device that lists some ---------------------------------------------------------- */

static struct device_pair d;

/* One AEAD with keys of one length, in one version. */
static struct {
	struct rte_cryptodev_capabilities aead[2];
	struct rte_security_capability tls[3];
} listed;

static enum rte_crypto_aead_algorithm
algo_of(const struct record_suite *s)
{
	if (s->cipher == RTLS_CIPHER_AES_CCM_128)
		return RTE_CRYPTO_AEAD_AES_CCM;
	if (s->cipher == RTLS_CIPHER_CHACHA20_POLY1305)
		return RTE_CRYPTO_AEAD_CHACHA20_POLY1305;
	return RTE_CRYPTO_AEAD_AES_GCM;
}

static void
list_only(const struct record_suite *s)
{
	memset(&listed, 0, sizeof(listed));
	listed.aead[0] = (struct rte_cryptodev_capabilities){
		.op = RTE_CRYPTO_OP_TYPE_SYMMETRIC,
		.sym = {
			.xform_type = RTE_CRYPTO_SYM_XFORM_AEAD,
			.aead = { .algo = algo_of(s), .key_size = { s->key_len, s->key_len, 0 } },
		},
	};
	for (int i = 0; i < 2; i++)
		listed.tls[i] = (struct rte_security_capability){
			.action = RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO,
			.protocol = RTE_SECURITY_PROTOCOL_TLS_RECORD,
			.tls_record = {
				.ver = s->version == RTLS_TLS_1_2 ? RTE_SECURITY_VERSION_TLS_1_2 :
								    RTE_SECURITY_VERSION_TLS_1_3,
				.type = i == 0 ? RTE_SECURITY_TLS_SESS_TYPE_WRITE :
						 RTE_SECURITY_TLS_SESS_TYPE_READ,
			},
			.crypto_capabilities = listed.aead,
		};
	d.dev.o.capabilities = listed.tls;
}

static void
join(const struct record_suite *s)
{
	d.version = s->version;
	d.cipher = s->cipher;
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	device_pair_exchange(&d, 3000);
	device_pair_exchange(&d, 100);
}

static void
part(void)
{
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(rtls_close(d.k[i]), 0);
		d.k[i] = NULL;
		d.epoch[i] = 0;
	}
	pair_pass(&d.p, 1000000);
}

static void
is_with(bool nic)
{
	enum rtls_mode mode = nic ? RTLS_MODE_NIC : RTLS_MODE_SOFTWARE;
	enum rtls_mode_reason why = nic ? RTLS_MODE_REASON_NONE : RTLS_MODE_REASON_SUITE;

	CU_ASSERT(device_pair_is(&d, RTLS_TX, mode, why));
	CU_ASSERT(device_pair_is(&d, RTLS_RX, mode, why));
}

/* It takes that one; all others run in software, as if it had not been asked. */
static void
test_one_listed(void)
{
	for (unsigned int i = 0; i < suites_count(); i++) {
		const struct record_suite *one = suites_any(i), *other = suites_turn();

		device_pair_init(&d, NULL);
		d.dev.o.mute = true;
		list_only(one);
		join(one);
		is_with(true);
		part();
		if (other != one) {
			join(other);
			is_with(false);
			part();
		}
		device_pair_fini(&d);
	}
}

/* A device of before that field: it cannot be told all of the IV, and is not asked. */
static void
test_no_flow_iv(void)
{
	const struct record_suite *chacha = record_suite_find(RTLS_TLS_1_2,
							      RTLS_CIPHER_CHACHA20_POLY1305);

	for (uint8_t takes = 0; takes < 2; takes++) {
		device_pair_init(&d, NULL);
		d.dev.o.mute = true;
		d.p.port[0]->tls.caps.flow_iv = takes;
		join(chacha);
		is_with(takes != 0);
		part();
		join(record_suite_find(RTLS_TLS_1_2, RTLS_CIPHER_AES_GCM_128));
		is_with(true);
		part();
		device_pair_fini(&d);
	}
}

/* --- the same bytes, whoever seals -------------------------------------------------------- */

enum { STREAM = 1 << 17, REC_NO = 5, TURNS = 12 };

/* What end 0 sends, from behind its SYN. */
struct wire {
	bool syn;
	uint32_t isn, end;
	uint8_t bytes[STREAM];
};

static struct wire wires[3];

static void
on_frame(void *arg, int dir, const uint8_t *bytes, uint32_t len, uint64_t now_us)
{
	struct wire *w = arg;
	struct frame f;
	uint32_t off;

	(void)now_us;
	CU_ASSERT_PTR_NULL_FATAL(frame_parse(bytes, len, &f));
	if (dir != 0 || !f.is_tcp)
		return;
	if ((f.flags & FRAME_SYN) != 0) {
		w->syn = true;
		w->isn = f.seq;
		return;
	}
	off = f.seq - w->isn - 1;
	if (f.payload_len == 0)
		return;
	CU_ASSERT_FATAL(w->syn && off + f.payload_len <= STREAM);
	/* What is sent again is the same. */
	if (off < w->end)
		CU_ASSERT_EQUAL(
			memcmp(w->bytes + off, f.payload, RTE_MIN(f.payload_len, w->end - off)), 0);
	memcpy(w->bytes + off, f.payload, f.payload_len);
	if (off + f.payload_len > w->end)
		w->end = off + f.payload_len;
}

enum who { SOFTWARE, NIC, BOTH };

static void
play(const struct record_suite *s, enum who who, struct wire *w, uint8_t method)
{
	const struct rtls_tlsnic_conf nic = { .size = sizeof(nic), .tx_method = method };
	const struct pair_conf conf = { .nic = { who != SOFTWARE ? &nic : NULL },
					.path = { { .loss_ppm = 30000, .delay_us = 100 },
						  { .delay_us = 100 } },
					.tap = on_frame,
					.arg = w };
	static uint8_t bytes[9000];
	struct rtls_sock *k[2];
	uint64_t sent = 0;
	struct pair p;

	memset(w, 0, sizeof(*w));
	pair_init(&p, &conf);
	pair_connect(&p, 0, k);
	for (unsigned int i = 0; i < 2; i++) {
		struct peer key = peer_key_of(s->version, s->cipher, i, REC_NO);
		struct rtls_keys keys = peer_keys(&key);

		pair_set_keys(k, (int)i, &keys);
	}
	for (int i = 0; i < TURNS; i++) {
		uint32_t len = i % 3 == 0 ? sizeof(bytes) : 1 + 700 * (uint32_t)i;

		/* A wish that is in force with the next record. */
		if (who == BOTH && i % 4 == 2)
			CU_ASSERT(rtls_set_mode(k[0], RTLS_TX,
						i % 8 == 2 ? RTLS_MODE_SOFTWARE : RTLS_MODE_NIC) <=
				  0);
		pair_fill(bytes, sent, len);
		pair_send(&p, k[0], bytes, len);
		pair_expect(&p, k[1], bytes, len);
		sent += len;
	}
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxBytesNic") > 0, who != SOFTWARE);
	for (int i = 0; i < 2; i++)
		rtls_abort(k[i]);
	pair_settle(&p);
	pair_fini(&p);
}

static void
same(const struct record_suite *s, uint8_t method)
{
	for (int who = SOFTWARE; who <= BOTH; who++)
		play(s, (enum who)who, &wires[who], method);
	for (int who = NIC; who <= BOTH; who++) {
		CU_ASSERT_EQUAL(wires[who].end, wires[SOFTWARE].end);
		CU_ASSERT_EQUAL(memcmp(wires[who].bytes, wires[SOFTWARE].bytes, wires[who].end), 0);
	}
}

static void
test_same_bytes(void)
{
	for (unsigned int i = 0; i < suites_count(); i++) {
		unsigned int failures = CU_get_number_of_failures();

		same(suites_any(i), RTLS_TLS_TX_REBUILD);
		same(suites_any(i), RTLS_TLS_TX_NEXT_RECORD);
		if (CU_get_number_of_failures() != failures)
			printf("# %x %s\n", suites_any(i)->version, suites_any(i)->name);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a device that takes one suite", test_one_listed },
		{ "a device that takes no IV by the flow", test_no_flow_iv },
		{ "the same bytes, whoever seals", test_same_bytes },
	};

	if (eal_start("inline-suites") != 0)
		return EXIT_FAILURE;
	return harness_run("inline_suites", cases, HARNESS_COUNT(cases));
}
