/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A server's key and certificate, made for the test. */
#ifndef EAL_IDENTITY_H
#define EAL_IDENTITY_H

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <CUnit/CUnit.h>

static inline void
use_identity(SSL_CTX *ctx)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	CU_ASSERT_FATAL(key != NULL && cert != NULL);
	CU_ASSERT(X509_set_version(cert, X509_VERSION_3) && X509_set_pubkey(cert, key) &&
		  X509_gmtime_adj(X509_getm_notBefore(cert), -60) != NULL &&
		  X509_gmtime_adj(X509_getm_notAfter(cert), 3600) != NULL &&
		  X509_sign(cert, key, EVP_sha256()) != 0);
	CU_ASSERT(SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1);
	X509_free(cert);
	EVP_PKEY_free(key);
}

#endif
