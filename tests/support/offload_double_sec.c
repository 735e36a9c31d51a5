/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The half of the double that rte_security calls. */
#include "support/offload_double_priv.h"

#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_cryptodev.h>

/* A session's own memory. */
struct double_session {
	uint32_t number;
	uint8_t key[16];
	uint8_t iv[12];
};

static const struct rte_cryptodev_capabilities aes_gcm[] = {
	{
		.op = RTE_CRYPTO_OP_TYPE_SYMMETRIC,
		.sym = {
			.xform_type = RTE_CRYPTO_SYM_XFORM_AEAD,
			.aead = {
				.algo = RTE_CRYPTO_AEAD_AES_GCM,
				.block_size = 16,
				.key_size = { 16, 32, 16 },
				.digest_size = { 16, 16, 0 },
				.aad_size = { 5, 5, 0 },
				.iv_size = { 12, 12, 0 },
			},
		},
	},
	{ .op = RTE_CRYPTO_OP_TYPE_UNDEFINED },
};

const struct rte_security_capability double_capabilities[] = {
	{
		.action = RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO,
		.protocol = RTE_SECURITY_PROTOCOL_TLS_RECORD,
		.tls_record = {
			.ver = RTE_SECURITY_VERSION_TLS_1_3,
			.type = RTE_SECURITY_TLS_SESS_TYPE_WRITE,
		},
		.crypto_capabilities = aes_gcm,
		.ol_flags = RTE_SECURITY_TX_OLOAD_NEED_MDATA,
	},
	{
		.action = RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO,
		.protocol = RTE_SECURITY_PROTOCOL_TLS_RECORD,
		.tls_record = {
			.ver = RTE_SECURITY_VERSION_TLS_1_3,
			.type = RTE_SECURITY_TLS_SESS_TYPE_READ,
		},
		.crypto_capabilities = aes_gcm,
	},
	{ .action = RTE_SECURITY_ACTION_TYPE_NONE },
};

uint32_t
double_number_of(void *session)
{
	const struct double_session *s = SECURITY_GET_SESS_PRIV(session);

	return s->number;
}

void
double_key_of(void *session, struct double_context *c)
{
	const struct double_session *s = SECURITY_GET_SESS_PRIV(session);

	memcpy(c->key, s->key, sizeof(c->key));
	memcpy(c->iv, s->iv, sizeof(c->iv));
}

static void
say_hex(struct offload_double *o, const char *what, const uint8_t *bytes, size_t len)
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
	CU_ASSERT_EQUAL_FATAL(tls->ver, RTE_SECURITY_VERSION_TLS_1_3);
	CU_ASSERT_EQUAL(tls->options.iv_gen_disable, 0);
	CU_ASSERT_EQUAL(tls->options.extra_padding_enable, 0);
	CU_ASSERT_EQUAL(tls->life.packets_soft_limit, 0);
	CU_ASSERT_EQUAL(tls->life.packets_hard_limit, 0);
	CU_ASSERT_EQUAL(tls->tls_1_3.min_payload_len, 0);
	CU_ASSERT_PTR_NULL(x->next);
	CU_ASSERT_EQUAL_FATAL(x->type, RTE_CRYPTO_SYM_XFORM_AEAD);
	CU_ASSERT_EQUAL(x->aead.algo, RTE_CRYPTO_AEAD_AES_GCM);
	CU_ASSERT_EQUAL(x->aead.iv.length, 12);
	CU_ASSERT_EQUAL(x->aead.digest_length, 16);
	CU_ASSERT_EQUAL(x->aead.aad_length, 5);
	s->number = ++o->nb_created;
	CU_ASSERT_EQUAL_FATAL(x->aead.key.length, sizeof(s->key));
	memcpy(s->key, x->aead.key.data, sizeof(s->key));
	memcpy(s->iv, tls->tls_1_3.imp_nonce, sizeof(s->iv));
	double_say(o, "create s%u %s %s", s->number,
		   tls->type == RTE_SECURITY_TLS_SESS_TYPE_WRITE ? "WRITE" : "READ",
		   x->aead.op == RTE_CRYPTO_AEAD_OP_ENCRYPT ? "ENCRYPT" : "DECRYPT");
	say_hex(o, "key", x->aead.key.data, x->aead.key.length);
	say_hex(o, "iv", tls->tls_1_3.imp_nonce, sizeof(tls->tls_1_3.imp_nonce));
	double_say(o, " number %llu\n", (unsigned long long)tls->tls_1_3.seq_no);
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
