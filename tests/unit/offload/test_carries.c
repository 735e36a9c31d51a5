/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Capabilities of rte_security, and what of them carries a suite. */
#include <CUnit/CUnit.h>
#include <rte_cryptodev.h>

#include "offload/security.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/offload_double.h"

static struct offload_double o;

static const struct record_suite *
gcm_128(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

/* A device whose capabilities are c[0], for the test to change, and no more. */
static void
begin(struct rte_security_capability c[2])
{
	offload_double_init(&o);
	CU_ASSERT_EQUAL_FATAL(offload_device_init(&o.device, "carries", SOCKET_ID_ANY), 0);
	CU_ASSERT(offload_carries(&o.device, gcm_128(), RTLS_TX));
	CU_ASSERT(offload_carries(&o.device, gcm_128(), RTLS_RX));
	c[0] = o.capabilities[0];
	c[1] = (struct rte_security_capability){ .action = RTE_SECURITY_ACTION_TYPE_NONE };
	o.capabilities = c;
}

static const struct {
	enum rte_crypto_op_type op;
	enum rte_crypto_sym_xform_type xform;
	enum rte_crypto_aead_algorithm algo;
	struct rte_crypto_param_range key_size;
	bool carried;
} algorithms[] = {
#define SYM  RTE_CRYPTO_OP_TYPE_SYMMETRIC
#define AEAD RTE_CRYPTO_SYM_XFORM_AEAD
#define GCM  RTE_CRYPTO_AEAD_AES_GCM
	{ SYM, AEAD, GCM, { 16, 16, 0 }, true },
	{ SYM, AEAD, GCM, { 16, 32, 8 }, true },
	{ SYM, AEAD, GCM, { 8, 32, 8 }, true },
	{ SYM, AEAD, GCM, { 1, 32, 0 }, true },
	{ SYM, AEAD, GCM, { 32, 32, 0 }, false },
	{ SYM, AEAD, GCM, { 24, 32, 8 }, false },
	{ SYM, AEAD, GCM, { 8, 15, 1 }, false },
	{ SYM, AEAD, GCM, { 8, 32, 24 }, false },
	{ SYM, AEAD, RTE_CRYPTO_AEAD_AES_CCM, { 16, 16, 0 }, false },
	{ SYM, AEAD, RTE_CRYPTO_AEAD_CHACHA20_POLY1305, { 16, 32, 16 }, false },
	{ SYM, RTE_CRYPTO_SYM_XFORM_AUTH, GCM, { 16, 16, 0 }, false },
	{ RTE_CRYPTO_OP_TYPE_ASYMMETRIC, AEAD, GCM, { 16, 16, 0 }, false },
};

/* Each alone, behind another one, and behind the end of the list, where it is not looked at. */
static void
test_algorithms(void)
{
	struct rte_security_capability c[2];

	begin(c);
	for (size_t i = 0; i < HARNESS_COUNT(algorithms); i++) {
		struct rte_cryptodev_capabilities list[3] = { 0 };
		const struct rte_cryptodev_capabilities one = {
			.op = algorithms[i].op,
			.sym = { .xform_type = algorithms[i].xform,
				 .aead = { .algo = algorithms[i].algo,
					   .key_size = algorithms[i].key_size } },
		};

		c[0].crypto_capabilities = list;
		list[0] = one;
		CU_ASSERT_EQUAL(offload_carries(&o.device, gcm_128(), RTLS_TX),
				algorithms[i].carried);
		list[1] = one;
		list[0].op = RTE_CRYPTO_OP_TYPE_ASYMMETRIC;
		CU_ASSERT_EQUAL(offload_carries(&o.device, gcm_128(), RTLS_TX),
				algorithms[i].carried);
		list[0].op = RTE_CRYPTO_OP_TYPE_UNDEFINED;
		CU_ASSERT(!offload_carries(&o.device, gcm_128(), RTLS_TX));
	}
	c[0].crypto_capabilities = NULL;
	CU_ASSERT(!offload_carries(&o.device, gcm_128(), RTLS_TX));
	offload_device_fini(&o.device);
}

/* A suite without an entry is not carried, whatever a device lists, an AEAD of number 0 as well. */
static void
test_no_entry(void)
{
	struct rte_cryptodev_capabilities list[3] = {
		{ .op = SYM,
		  .sym = { .xform_type = AEAD,
			   .aead = { .algo = GCM, .key_size = { 1, 32, 1 } } } },
		{ .op = SYM, .sym = { .xform_type = AEAD, .aead = { .key_size = { 1, 32, 1 } } } },
	};
	struct record_suite other = *gcm_128();
	struct rte_security_capability c[2];

	begin(c);
	c[0].crypto_capabilities = list;
	CU_ASSERT(offload_carries(&o.device, &other, RTLS_TX));
	other.aead = RECORD_AEAD_NONE;
	CU_ASSERT(!offload_carries(&o.device, &other, RTLS_TX));
	offload_device_fini(&o.device);
}

static void
test_versions(void)
{
	static const struct {
		enum rte_security_session_action_type action;
		enum rte_security_session_protocol protocol;
		enum rte_security_tls_version ver;
		enum rte_security_tls_sess_type type;
		bool tx, rx;
	} rows[] = {
#define INLINE RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO
#define TLS    RTE_SECURITY_PROTOCOL_TLS_RECORD
#define V13    RTE_SECURITY_VERSION_TLS_1_3
#define WRITE  RTE_SECURITY_TLS_SESS_TYPE_WRITE
#define READ   RTE_SECURITY_TLS_SESS_TYPE_READ
		{ INLINE, TLS, V13, WRITE, true, false },
		{ INLINE, TLS, V13, READ, false, true },
		{ INLINE, TLS, RTE_SECURITY_VERSION_TLS_1_2, WRITE, false, false },
		{ INLINE, TLS, RTE_SECURITY_VERSION_DTLS_1_2, READ, false, false },
		{ RTE_SECURITY_ACTION_TYPE_INLINE_PROTOCOL, TLS, V13, WRITE, false, false },
		{ RTE_SECURITY_ACTION_TYPE_LOOKASIDE_PROTOCOL, TLS, V13, READ, false, false },
		{ INLINE, RTE_SECURITY_PROTOCOL_MACSEC, V13, WRITE, false, false },
	};
	struct record_suite old = *gcm_128();
	struct rte_security_capability c[2];

	begin(c);
	old.version = 0x0302;
	CU_ASSERT(!offload_carries(&o.device, &old, RTLS_TX));
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		c[0].action = rows[i].action;
		c[0].protocol = rows[i].protocol;
		c[0].tls_record.ver = rows[i].ver;
		c[0].tls_record.type = rows[i].type;
		CU_ASSERT_EQUAL(offload_carries(&o.device, gcm_128(), RTLS_TX), rows[i].tx);
		CU_ASSERT_EQUAL(offload_carries(&o.device, gcm_128(), RTLS_RX), rows[i].rx);
	}
	o.capabilities = NULL;
	CU_ASSERT(!offload_carries(&o.device, gcm_128(), RTLS_TX));
	offload_device_fini(&o.device);
}

/* Of each version its own list; the rest is the same. */
static void
test_each_version(void)
{
	const struct record_suite *s;
	unsigned int n[2] = { 0, 0 };

	offload_double_init(&o);
	CU_ASSERT_EQUAL_FATAL(offload_device_init(&o.device, "carries", SOCKET_ID_ANY), 0);
	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++)
		for (int dir = 0; dir < 2; dir++)
			CU_ASSERT(offload_carries(&o.device, s, (enum rtls_dir)dir));
	o.capabilities += 2; /* those of TLS 1.2 */
	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++)
		for (int dir = 0; dir < 2; dir++) {
			bool is_12 = s->version == RTLS_TLS_1_2;

			CU_ASSERT_EQUAL(offload_carries(&o.device, s, (enum rtls_dir)dir), is_12);
			n[is_12]++;
		}
	CU_ASSERT(n[0] > 0 && n[1] > 0);
	offload_device_fini(&o.device);
}

/* What it cannot be told it does not do; an older driver has 0 there. */
static void
test_flow_iv(void)
{
	const struct record_suite *s;
	unsigned int refused = 0;

	offload_double_init(&o);
	o.caps.flow_iv = 0;
	CU_ASSERT_EQUAL_FATAL(offload_device_init(&o.device, "carries", SOCKET_ID_ANY), 0);
	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++)
		for (int dir = 0; dir < 2; dir++) {
			bool needs = s->version == RTLS_TLS_1_2 &&
				     s->cipher == RTLS_CIPHER_CHACHA20_POLY1305;

			CU_ASSERT_EQUAL(offload_carries(&o.device, s, (enum rtls_dir)dir), !needs);
			refused += needs;
		}
	CU_ASSERT_EQUAL(refused, 2);
	offload_device_fini(&o.device);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "algorithms and key sizes", test_algorithms },
		{ "no entry in the map", test_no_entry },
		{ "actions, versions and types", test_versions },
		{ "suites of each version", test_each_version },
		{ "an IV that goes by the flow", test_flow_iv },
	};

	if (eal_start("offload-carries") != 0)
		return 1;
	return harness_run("offload/carries", cases, HARNESS_COUNT(cases));
}
