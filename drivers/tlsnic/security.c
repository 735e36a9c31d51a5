/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <rte_cryptodev.h>
#include <rte_errno.h>

#include <recordtls/tls.h>

#include "tlsnic/nic.h"
#include "tlsnic/security.h"

static const struct rte_cryptodev_capabilities aes_128_gcm[] = {
	{
		.op = RTE_CRYPTO_OP_TYPE_SYMMETRIC,
		.sym = {
			.xform_type = RTE_CRYPTO_SYM_XFORM_AEAD,
			.aead = {
				.algo = RTE_CRYPTO_AEAD_AES_GCM,
				.block_size = 16,
				.key_size = { .min = 16, .max = 16 },
				.digest_size = { .min = 16, .max = 16 },
				.aad_size = { .min = 5, .max = 5 },
				.iv_size = { .min = 12, .max = 12 },
			},
		},
	},
	{ .op = RTE_CRYPTO_OP_TYPE_UNDEFINED },
};

static const struct rte_security_capability capabilities[] = {
	{
		.action = RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO,
		.protocol = RTE_SECURITY_PROTOCOL_TLS_RECORD,
		.tls_record = {
			.ver = RTE_SECURITY_VERSION_TLS_1_3,
			.type = RTE_SECURITY_TLS_SESS_TYPE_WRITE,
		},
		.crypto_capabilities = aes_128_gcm,
		.ol_flags = RTE_SECURITY_TX_OLOAD_NEED_MDATA,
	},
	{
		.action = RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO,
		.protocol = RTE_SECURITY_PROTOCOL_TLS_RECORD,
		.tls_record = {
			.ver = RTE_SECURITY_VERSION_TLS_1_3,
			.type = RTE_SECURITY_TLS_SESS_TYPE_READ,
		},
		.crypto_capabilities = aes_128_gcm,
	},
	{ .action = RTE_SECURITY_ACTION_TYPE_NONE },
};

static bool
is_carried(const struct rte_security_session_conf *conf)
{
	const struct rte_crypto_sym_xform *x = conf->crypto_xform;
	enum rte_crypto_aead_operation op = RTE_CRYPTO_AEAD_OP_ENCRYPT;

	if (conf->action_type != RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO ||
	    conf->protocol != RTE_SECURITY_PROTOCOL_TLS_RECORD ||
	    conf->tls_record.ver != RTE_SECURITY_VERSION_TLS_1_3)
		return false;
	if (conf->tls_record.type == RTE_SECURITY_TLS_SESS_TYPE_READ)
		op = RTE_CRYPTO_AEAD_OP_DECRYPT;
	else if (conf->tls_record.type != RTE_SECURITY_TLS_SESS_TYPE_WRITE)
		return false;
	return x != NULL && x->next == NULL && x->type == RTE_CRYPTO_SYM_XFORM_AEAD &&
	       x->aead.op == op && x->aead.algo == RTE_CRYPTO_AEAD_AES_GCM &&
	       x->aead.key.length == 16 && x->aead.key.data != NULL && x->aead.digest_length == 16;
}

static int
session_create(void *device, struct rte_security_session_conf *conf,
	       struct rte_security_session *session)
{
	struct nic_key *k = SECURITY_GET_SESS_PRIV(session);

	(void)device;
	if (!is_carried(conf))
		return -ENOTSUP;
	k->suite = record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
	k->dir = conf->tls_record.type == RTE_SECURITY_TLS_SESS_TYPE_READ ? RTLS_RX : RTLS_TX;
	memcpy(k->key, conf->crypto_xform->aead.key.data, sizeof(k->key));
	memcpy(k->iv, conf->tls_record.tls_1_3.imp_nonce, sizeof(k->iv));
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
	const struct tlsnic *nic = device;

	(void)session;
	*nic_mark(m, nic->mark_off) = params;
	return 0;
}

static const struct rte_security_capability *
capabilities_get(void *device)
{
	(void)device;
	return capabilities;
}

const struct rte_security_ops nic_security_ops = {
	.session_create = session_create,
	.session_get_size = session_get_size,
	.session_destroy = session_destroy,
	.set_pkt_metadata = set_pkt_metadata,
	.capabilities_get = capabilities_get,
};

int
nic_mark_register(void)
{
	static const struct rte_mbuf_dynfield field = {
		.name = "recordtls_tlsnic_dynfield_mark",
		.size = sizeof(const struct rtls_tls_tx_meta *),
		.align = alignof(const struct rtls_tls_tx_meta *),
	};
	int offset = rte_mbuf_dynfield_register(&field);

	return offset < 0 ? -rte_errno : offset;
}
