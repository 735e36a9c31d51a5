/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "cert.h"

#include <openssl/ec.h>
#include <openssl/x509.h>

enum {
	DAY_S = 24 * 60 * 60,
};

static bool
fill(X509 *cert, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return X509_set_version(cert, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -DAY_S) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(cert), DAY_S) != NULL &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					  (const unsigned char *)"recordtls-perf", -1, -1,
					  0) == 1 &&
	       X509_set_issuer_name(cert, name) == 1 && X509_set_pubkey(cert, key) == 1 &&
	       X509_sign(cert, key, EVP_sha256()) > 0;
}

bool
cert_make(X509 **cert, EVP_PKEY **key)
{
	*key = EVP_EC_gen("P-256");
	*cert = X509_new();
	if (*key != NULL && *cert != NULL && fill(*cert, *key))
		return true;
	X509_free(*cert);
	EVP_PKEY_free(*key);
	return false;
}
