/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the TLS NIC says and takes through rte_security. */
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_common.h>
#include <rte_cryptodev.h>

#include <recordtls/tls.h>

#include "core/record.h"
#include "offload/security.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/nic_bench.h"

static void
begin(struct nic_bench *b)
{
	static const uint32_t sizes[] = { 100 };

	nic_bench_open(b, &(struct rtls_tlsnic_conf){ .rings = 0 }, 0);
	nic_bench_start(b, 1000, 0, sizes, 1);
}

/* The context has keys of its own: the session may go first. */
static void
test_session_goes_first(void)
{
	struct nic_bench b;

	begin(&b);
	CU_ASSERT_EQUAL(rte_security_session_destroy(b.nic->tls.sec_ctx, b.session), 0);
	nic_bench_send(&b, 0, b.stream.len, 0);
	b.session = NULL;
	nic_bench_close(&b);
}

enum wrong {
	WRONG_ACTION,
	WRONG_PROTOCOL,
	WRONG_VERSION,
	WRONG_TYPE,
	WRONG_XFORM_NONE,
	WRONG_XFORM_TWO,
	WRONG_XFORM_TYPE,
	WRONG_OP,
	WRONG_ALGORITHM,
	WRONG_KEY_LENGTH,
	WRONG_KEY_NONE,
	WRONG_DIGEST,
	WRONGS,
};

static void
make_wrong(enum wrong wrong, struct rte_crypto_sym_xform *x, struct rte_security_session_conf *conf)
{
	switch (wrong) {
	case WRONG_ACTION:
		conf->action_type = RTE_SECURITY_ACTION_TYPE_INLINE_PROTOCOL;
		break;
	case WRONG_PROTOCOL:
		conf->protocol = RTE_SECURITY_PROTOCOL_MACSEC;
		break;
	case WRONG_VERSION:
		conf->tls_record.ver = RTE_SECURITY_VERSION_DTLS_1_2;
		break;
	case WRONG_TYPE:
		conf->tls_record.type = (enum rte_security_tls_sess_type)2;
		break;
	case WRONG_XFORM_NONE:
		conf->crypto_xform = NULL;
		break;
	case WRONG_XFORM_TWO:
		x->next = x;
		break;
	case WRONG_XFORM_TYPE:
		x->type = RTE_CRYPTO_SYM_XFORM_CIPHER;
		break;
	case WRONG_OP:
		x->aead.op = RTE_CRYPTO_AEAD_OP_DECRYPT;
		break;
	case WRONG_ALGORITHM:
		x->aead.algo = (enum rte_crypto_aead_algorithm)99;
		break;
	case WRONG_KEY_LENGTH:
		x->aead.key.length = 24;
		break;
	case WRONG_KEY_NONE:
		x->aead.key.data = NULL;
		break;
	case WRONG_DIGEST:
		x->aead.digest_length = 8;
		break;
	case WRONGS:
		break;
	}
}

static void
test_sessions_refused(void)
{
	struct rte_security_session_conf conf;
	struct rte_crypto_sym_xform x;
	struct nic_bench b;
	const struct offload_device *d;

	begin(&b);
	d = &b.nic->tls;
	for (unsigned int i = 0; i < WRONGS; i++) {
		nic_bench_session_conf(&b, RTLS_TX, &x, &conf);
		make_wrong((enum wrong)i, &x, &conf);
		CU_ASSERT_PTR_NULL(rte_security_session_create(d->sec_ctx, &conf, d->sessions));
	}
	/* One was made by begin(); none was lost. */
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(d->sessions), 1);
	nic_bench_close(&b);
}

static void
test_capabilities(void)
{
	struct rte_security_capability_idx idx = {
		.action = RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO,
		.protocol = RTE_SECURITY_PROTOCOL_TLS_RECORD,
		.tls_record = { .ver = RTE_SECURITY_VERSION_TLS_1_3 },
	};
	const struct rte_security_capability *cap;
	struct nic_bench b;

	begin(&b);
	idx.tls_record.type = RTE_SECURITY_TLS_SESS_TYPE_WRITE;
	cap = rte_security_capability_get(b.nic->tls.sec_ctx, &idx);
	CU_ASSERT_FATAL(cap != NULL);
	CU_ASSERT((cap->ol_flags & RTE_SECURITY_TX_OLOAD_NEED_MDATA) != 0);
	CU_ASSERT_EQUAL(cap->crypto_capabilities->sym.aead.algo, RTE_CRYPTO_AEAD_AES_GCM);
	idx.tls_record.type = RTE_SECURITY_TLS_SESS_TYPE_READ;
	CU_ASSERT_PTR_NOT_NULL(rte_security_capability_get(b.nic->tls.sec_ctx, &idx));
	idx.tls_record.ver = RTE_SECURITY_VERSION_DTLS_1_2;
	CU_ASSERT_PTR_NULL(rte_security_capability_get(b.nic->tls.sec_ctx, &idx));
	nic_bench_close(&b);
}

/* What the library itself calls fits to what the NIC takes. */
static void
test_library(void)
{
	const struct record_suite *s = record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
	struct rtls_tls_flow flow = nic_bench_flow(RTLS_TX, 443);
	struct rtls_keys keys = { .version = RTLS_TLS_1_3, .cipher = RTLS_CIPHER_AES_GCM_128 };
	struct rtls_tls_tx_meta *meta;
	struct offload_ctx c = { 0 };
	const struct offload_device *d;
	struct nic_bench b;
	struct rte_mbuf *m;
	uint32_t at = 0;

	begin(&b);
	d = &b.nic->tls;
	d->ops->del(d->dev, b.ctx);
	for (unsigned int i = 0; record_suite_row(i) != NULL; i++)
		CU_ASSERT(offload_carries(d, record_suite_row(i), RTLS_TX) &&
			  offload_carries(d, record_suite_row(i), RTLS_RX));
	memcpy(keys.key, b.stream.peer.key, 16);
	memcpy(keys.iv, b.stream.peer.iv, 12);
	CU_ASSERT_EQUAL_FATAL(offload_add(d, s, &keys, &flow, 3, &c), 0);
	CU_ASSERT_EQUAL(offload_start(d, &c, 1000, b.stream.first_rec_no), 0);
	m = nic_bench_packet(&b, 50, 40, 0);
	meta = rte_mbuf_to_priv(m);
	meta->ctx = c.handle;
	m->ol_flags &= ~RTE_MBUF_F_TX_SEC_OFFLOAD;
	CU_ASSERT_EQUAL(offload_mark(d, &c, m, meta), 0);
	CU_ASSERT_EQUAL(nic_bench_burst(&b, &m, 1), 1);
	nic_bench_check(&b, &at, 50, 40, 0);
	offload_del(d, &c);
	nic_bench_close(&b);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a session may go before its context", test_session_goes_first },
		{ "sessions refused", test_sessions_refused },
		{ "capabilities", test_capabilities },
		{ "the library's own calls", test_library },
	};

	if (eal_start("tlsnic-session") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/session", cases, HARNESS_COUNT(cases));
}
