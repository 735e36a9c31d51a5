/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The half of the double that rte_security calls. */
#include "support/offload_double_priv.h"

#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_cryptodev.h>

#include <recordtls/tls.h>

/* A session's own memory. */
struct double_session {
	uint32_t number;
	uint16_t version, cipher;
	uint8_t key[32];
	uint8_t iv[12];
};

#define AEAD(name, key_min, key_max, aad_len) \
	{                                                                                          \
		.op = RTE_CRYPTO_OP_TYPE_SYMMETRIC,                                                \
		.sym = {                                                                           \
			.xform_type = RTE_CRYPTO_SYM_XFORM_AEAD,                                   \
			.aead = {                                                                  \
				.algo = RTE_CRYPTO_AEAD_##name,                                    \
				.block_size = 16,                                                  \
				.key_size = { key_min, key_max, 16 },                              \
				.digest_size = { 16, 16, 0 },                                      \
				.aad_size = { aad_len, aad_len, 0 },                               \
				.iv_size = { 12, 12, 0 },                                          \
			},                                                                         \
		},                                                                                 \
	}

#define AEADS(aad_len) \
	{ \
		AEAD(AES_GCM, 16, 32, aad_len), \
		AEAD(AES_CCM, 16, 16, aad_len), \
		AEAD(CHACHA20_POLY1305, 32, 32, aad_len), \
		{ .op = RTE_CRYPTO_OP_TYPE_UNDEFINED }, \
	}

static const struct rte_cryptodev_capabilities aeads_13[] = AEADS(5), aeads_12[] = AEADS(13);

#define TLS(version, sess_type, aeads, flags) \
	{                                                                                          \
		.action = RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO,                                  \
		.protocol = RTE_SECURITY_PROTOCOL_TLS_RECORD,                                      \
		.tls_record = {                                                                    \
			.ver = RTE_SECURITY_VERSION_TLS_##version,                                 \
			.type = RTE_SECURITY_TLS_SESS_TYPE_##sess_type,                            \
		},                                                                                 \
		.crypto_capabilities = aeads,                                                      \
		.ol_flags = flags,                                                                 \
	}

const struct rte_security_capability double_capabilities[] = {
	TLS(1_3, WRITE, aeads_13, RTE_SECURITY_TX_OLOAD_NEED_MDATA),
	TLS(1_3, READ, aeads_13, 0),
	TLS(1_2, WRITE, aeads_12, RTE_SECURITY_TX_OLOAD_NEED_MDATA),
	TLS(1_2, READ, aeads_12, 0),
	{ .action = RTE_SECURITY_ACTION_TYPE_NONE },
};

uint32_t
double_number_of(void *session)
{
	const struct double_session *s = SECURITY_GET_SESS_PRIV(session);

	return s->number;
}

void
double_key_of(void *session, const struct rtls_tls_flow *flow, struct double_context *c)
{
	const struct double_session *s = SECURITY_GET_SESS_PRIV(session);

	c->version = s->version;
	c->cipher = s->cipher;
	memcpy(c->key, s->key, sizeof(c->key));
	memcpy(c->iv, s->iv, sizeof(c->iv));
	/* RFC 7905 2: 12 bytes, none of them on the wire. */
	if (s->version == RTLS_TLS_1_2 && s->cipher == RTLS_CIPHER_CHACHA20_POLY1305) {
		CU_ASSERT_EQUAL(memcmp(flow->iv, s->iv, 4), 0);
		memcpy(c->iv, flow->iv, sizeof(c->iv));
	}
}

void
double_say_hex(struct offload_double *o, const char *what, const uint8_t *bytes, size_t len)
{
	double_say(o, " %s ", what);
	for (size_t i = 0; i < len; i++)
		double_say(o, "%02x", bytes[i]);
}

static unsigned int
session_get_size(void *device)
{
	(void)device;
	return sizeof(struct double_session);
}

/* By rte_security's and DPDK's words for it. */
static void
suite_of(const struct rte_security_tls_record_xform *tls, const struct rte_crypto_sym_xform *x,
	 struct double_session *s)
{
	bool tls12 = tls->ver == RTE_SECURITY_VERSION_TLS_1_2;

	CU_ASSERT_FATAL(tls12 || tls->ver == RTE_SECURITY_VERSION_TLS_1_3);
	s->version = tls12 ? RTLS_TLS_1_2 : RTLS_TLS_1_3;
	CU_ASSERT_EQUAL(x->aead.aad_length, tls12 ? 13 : 5);
	switch ((int)x->aead.algo) {
	case RTE_CRYPTO_AEAD_AES_GCM:
		s->cipher = x->aead.key.length == 16 ? RTLS_CIPHER_AES_GCM_128 :
						       RTLS_CIPHER_AES_GCM_256;
		CU_ASSERT(x->aead.key.length == 16 || x->aead.key.length == 32);
		break;
	case RTE_CRYPTO_AEAD_AES_CCM:
		s->cipher = RTLS_CIPHER_AES_CCM_128;
		CU_ASSERT_EQUAL(x->aead.key.length, 16);
		break;
	case RTE_CRYPTO_AEAD_CHACHA20_POLY1305:
		s->cipher = RTLS_CIPHER_CHACHA20_POLY1305;
		CU_ASSERT_EQUAL(x->aead.key.length, 32);
		break;
	default:
		CU_FAIL("an AEAD that it does not list");
	}
	memcpy(s->key, x->aead.key.data, x->aead.key.length);
}

static void
say_session(struct offload_double *o, const struct rte_security_tls_record_xform *tls,
	    const struct rte_crypto_sym_xform *x, const struct double_session *s)
{
	bool tls12 = s->version == RTLS_TLS_1_2;
	uint64_t number = tls12 ? tls->tls_1_2.seq_no : tls->tls_1_3.seq_no;

	double_say(o, "create s%u %s %s", s->number,
		   tls->type == RTE_SECURITY_TLS_SESS_TYPE_WRITE ? "WRITE" : "READ",
		   x->aead.op == RTE_CRYPTO_AEAD_OP_ENCRYPT ? "ENCRYPT" : "DECRYPT");
	if (tls12 || s->cipher != RTLS_CIPHER_AES_GCM_128)
		double_say(o, " %x %u", s->version, s->cipher);
	double_say_hex(o, "key", x->aead.key.data, x->aead.key.length);
	double_say_hex(o, "iv", s->iv, tls12 ? 4 : 12);
	double_say(o, " number %llu\n", (unsigned long long)number);
}

static int
session_create(void *device, struct rte_security_session_conf *conf,
	       struct rte_security_session *sess)
{
	const struct rte_security_tls_record_xform *tls = &conf->tls_record;
	const struct rte_crypto_sym_xform *x = conf->crypto_xform;
	struct double_session *s = SECURITY_GET_SESS_PRIV(sess);
	struct offload_double *o = device;

	CU_ASSERT_EQUAL(conf->action_type, RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO);
	CU_ASSERT_EQUAL(conf->protocol, RTE_SECURITY_PROTOCOL_TLS_RECORD);
	CU_ASSERT_EQUAL(tls->options.extra_padding_enable, 0);
	CU_ASSERT_EQUAL(tls->life.packets_soft_limit, 0);
	CU_ASSERT_EQUAL(tls->life.packets_hard_limit, 0);
	CU_ASSERT_PTR_NULL(x->next);
	CU_ASSERT_EQUAL_FATAL(x->type, RTE_CRYPTO_SYM_XFORM_AEAD);
	CU_ASSERT_EQUAL(x->aead.iv.length, 12);
	CU_ASSERT_EQUAL(x->aead.digest_length, 16);
	*s = (struct double_session){ .number = ++o->nb_created };
	suite_of(tls, x, s);
	/* The nonces of TLS 1.2 are the host's. */
	CU_ASSERT_EQUAL(tls->options.iv_gen_disable, s->version == RTLS_TLS_1_2);
	if (s->version == RTLS_TLS_1_2) {
		memcpy(s->iv, tls->tls_1_2.imp_nonce, 4);
	} else {
		CU_ASSERT_EQUAL(tls->tls_1_3.min_payload_len, 0);
		memcpy(s->iv, tls->tls_1_3.imp_nonce, 12);
	}
	say_session(o, tls, x, s);
	return o->create_rc;
}

static int
session_destroy(void *device, struct rte_security_session *sess)
{
	double_say(device, "destroy s%u\n", double_number_of(sess));
	return 0;
}

static int
set_pkt_metadata(void *device, struct rte_security_session *sess, struct rte_mbuf *m, void *params)
{
	const struct rtls_tls_tx_meta *meta = params;
	struct offload_double *o = device;

	CU_ASSERT_PTR_NOT_NULL(m);
	if (!o->no_marks)
		double_say(o, "mark s%u ctx %u.%u number %llu at %u of %u before %u\n",
			   double_number_of(sess), meta->ctx.index,
			   double_nth(meta->ctx.generation), (unsigned long long)meta->rec_no,
			   meta->rec_tcp_seq, meta->rec_len, meta->before_len);
	if (o->on_mark != NULL)
		o->on_mark(m, meta);
	if (o->good_marks == 0)
		return o->mark_rc;
	o->good_marks--;
	return 0;
}

static const struct rte_security_capability *
capabilities_get(void *device)
{
	const struct offload_double *o = device;

	return o->capabilities;
}

const struct rte_security_ops double_sec_ops = {
	.session_create = session_create,
	.session_destroy = session_destroy,
	.session_get_size = session_get_size,
	.set_pkt_metadata = set_pkt_metadata,
	.capabilities_get = capabilities_get,
};
