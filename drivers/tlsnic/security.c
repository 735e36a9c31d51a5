/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/security.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <rte_errno.h>

#include <recordtls/tls.h>

#include "tlsnic/aead.h"

/* rte_security's numbers, by enum record_aead; 0, which is none of them: not carried. */
static const enum rte_crypto_aead_algorithm algos[RECORD_AEADS] = {
	[RECORD_AEAD_AES_128_GCM] = RTE_CRYPTO_AEAD_AES_GCM,
	[RECORD_AEAD_AES_256_GCM] = RTE_CRYPTO_AEAD_AES_GCM,
	[RECORD_AEAD_AES_128_CCM] = RTE_CRYPTO_AEAD_AES_CCM,
	[RECORD_AEAD_CHACHA20_POLY1305] = RTE_CRYPTO_AEAD_CHACHA20_POLY1305,
};

/* The versions that the NIC knows, in both directions. */
static const struct {
	uint16_t version; /* as in struct record_suite */
	enum rte_security_tls_version ver;
} versions[NIC_VERSIONS] = {
	{ RTLS_TLS_1_2, RTE_SECURITY_VERSION_TLS_1_2 },
	{ RTLS_TLS_1_3, RTE_SECURITY_VERSION_TLS_1_3 },
};

static bool
has_suite(const struct record_suite *s)
{
	return algos[s->aead] != 0 && nic_aead_has(s);
}

static struct rte_cryptodev_capabilities
aead_capability(const struct record_suite *s)
{
	return (struct rte_cryptodev_capabilities){
		.op = RTE_CRYPTO_OP_TYPE_SYMMETRIC,
		.sym = {
			.xform_type = RTE_CRYPTO_SYM_XFORM_AEAD,
			.aead = {
				.algo = algos[s->aead],
				.block_size = 16,
				.key_size = { .min = s->key_len, .max = s->key_len },
				.digest_size = { .min = RECORD_TAG_LEN, .max = RECORD_TAG_LEN },
				.aad_size = { .min = s->aad_len, .max = s->aad_len },
				.iv_size = { .min = RECORD_NONCE_LEN, .max = RECORD_NONCE_LEN },
			},
		},
	};
}

static struct rte_security_capability
tls_capability(const struct nic_capabilities *c, unsigned int version,
	       enum rte_security_tls_sess_type type)
{
	return (struct rte_security_capability){
		.action = RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO,
		.protocol = RTE_SECURITY_PROTOCOL_TLS_RECORD,
		.tls_record = {
			.ver = versions[version].ver,
			.type = type,
		},
		.crypto_capabilities = c->aeads[version],
		.ol_flags = type == RTE_SECURITY_TLS_SESS_TYPE_WRITE ?
				    RTE_SECURITY_TX_OLOAD_NEED_MDATA :
				    0,
	};
}

static void
list_aeads(uint16_t version, struct rte_cryptodev_capabilities *out)
{
	const struct record_suite *s;

	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++)
		if (s->version == version && has_suite(s))
			*out++ = aead_capability(s);
}

static void
capabilities_init(struct nic_capabilities *c)
{
	/* Zero is both ends: RTE_CRYPTO_OP_TYPE_UNDEFINED, RTE_SECURITY_ACTION_TYPE_NONE. */
	memset(c, 0, sizeof(*c));
	for (unsigned int i = 0; i < NIC_VERSIONS; i++) {
		list_aeads(versions[i].version, c->aeads[i]);
		c->tls[2 * i] = tls_capability(c, i, RTE_SECURITY_TLS_SESS_TYPE_WRITE);
		c->tls[2 * i + 1] = tls_capability(c, i, RTE_SECURITY_TLS_SESS_TYPE_READ);
	}
}

/* The suite of a version as rte_security knows both, or NULL. */
static const struct record_suite *
suite_of(enum rte_security_tls_version ver, const struct rte_crypto_sym_xform *x)
{
	const struct record_suite *s;
	uint16_t version = 0;

	for (unsigned int i = 0; i < NIC_VERSIONS; i++)
		if (versions[i].ver == ver)
			version = versions[i].version;
	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++)
		if (s->version == version && has_suite(s) && algos[s->aead] == x->aead.algo &&
		    s->key_len == x->aead.key.length)
			return s;
	return NULL;
}

static bool
is_carried(const struct rte_security_session_conf *conf)
{
	const struct rte_crypto_sym_xform *x = conf->crypto_xform;
	enum rte_crypto_aead_operation op = RTE_CRYPTO_AEAD_OP_ENCRYPT;

	if (conf->action_type != RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO ||
	    conf->protocol != RTE_SECURITY_PROTOCOL_TLS_RECORD)
		return false;
	if (conf->tls_record.type == RTE_SECURITY_TLS_SESS_TYPE_READ)
		op = RTE_CRYPTO_AEAD_OP_DECRYPT;
	else if (conf->tls_record.type != RTE_SECURITY_TLS_SESS_TYPE_WRITE)
		return false;
	return x != NULL && x->next == NULL && x->type == RTE_CRYPTO_SYM_XFORM_AEAD &&
	       x->aead.op == op && suite_of(conf->tls_record.ver, x) != NULL &&
	       x->aead.key.data != NULL && x->aead.digest_length == RECORD_TAG_LEN;
}

/* All of the IV in TLS 1.3. In TLS 1.2 the salt: the rest is on the wire, or comes with the flow. */
static void
take_iv(struct nic_key *k, const struct rte_security_tls_record_xform *x)
{
	memset(k->iv, 0, sizeof(k->iv));
	if (k->suite->version == RTLS_TLS_1_2)
		memcpy(k->iv, x->tls_1_2.imp_nonce, sizeof(x->tls_1_2.imp_nonce));
	else
		memcpy(k->iv, x->tls_1_3.imp_nonce, sizeof(k->iv));
}

static int
session_create(void *device, struct rte_security_session_conf *conf,
	       struct rte_security_session *session)
{
	struct nic_key *k = SECURITY_GET_SESS_PRIV(session);

	(void)device;
	if (!is_carried(conf))
		return -ENOTSUP;
	k->suite = suite_of(conf->tls_record.ver, conf->crypto_xform);
	k->dir = conf->tls_record.type == RTE_SECURITY_TLS_SESS_TYPE_READ ? RTLS_RX : RTLS_TX;
	memcpy(k->key, conf->crypto_xform->aead.key.data, k->suite->key_len);
	take_iv(k, &conf->tls_record);
	return 0;
}

static unsigned int
session_get_size(void *device)
{
	(void)device;
	return sizeof(struct nic_key);
}

static int
session_destroy(void *device, struct rte_security_session *session)
{
	(void)device;
	OPENSSL_cleanse(SECURITY_GET_SESS_PRIV(session), sizeof(struct nic_key));
	return 0;
}

static int
set_pkt_metadata(void *device, struct rte_security_session *session, struct rte_mbuf *m,
		 void *params)
{
	(void)session;
	*nic_mark(device, m) = params;
	return 0;
}

static const struct rte_security_capability *
capabilities_get(void *device)
{
	const struct nic_security *s = device;

	return s->capabilities.tls;
}

static const struct rte_security_ops ops = {
	.session_create = session_create,
	.session_get_size = session_get_size,
	.session_destroy = session_destroy,
	.set_pkt_metadata = set_pkt_metadata,
	.capabilities_get = capabilities_get,
};

int
nic_security_init(struct nic_security *s, uint8_t rx_method)
{
	static const struct rte_mbuf_dynfield field = {
		.name = "recordtls_tlsnic_dynfield_mark",
		.size = sizeof(const struct rtls_tls_tx_meta *),
		.align = alignof(const struct rtls_tls_tx_meta *),
	};

	s->mark_off = rte_mbuf_dynfield_register(&field);
	if (s->mark_off < 0)
		return rte_errno == ENOENT ? -ENOSPC : -rte_errno; /* it finds no place */
	s->rx_mark_off = rtls_tls_rx_mark_offset();
	if (rx_method == RTLS_TLS_RX_SCAN)
		s->rx_resync_off = rtls_tls_rx_resync_offset(&s->rx_resync_flag);
	capabilities_init(&s->capabilities);
	s->ctx = (struct rte_security_ctx){ .device = s, .ops = &ops };
	return 0;
}
