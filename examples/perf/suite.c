/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "suite.h"

#include <stddef.h>
#include <string.h>

#include <recordtls/tls.h>

static const struct suite suites[] = {
	{ "aes-128-gcm", RTLS_CIPHER_AES_GCM_128, 16, "TLS_AES_128_GCM_SHA256",
	  "ECDHE-ECDSA-AES128-GCM-SHA256", "AES-128-GCM" },
	{ "aes-256-gcm", RTLS_CIPHER_AES_GCM_256, 32, "TLS_AES_256_GCM_SHA384",
	  "ECDHE-ECDSA-AES256-GCM-SHA384", "AES-256-GCM" },
	{ "chacha20-poly1305", RTLS_CIPHER_CHACHA20_POLY1305, 32, "TLS_CHACHA20_POLY1305_SHA256",
	  "ECDHE-ECDSA-CHACHA20-POLY1305", "CHACHA20-POLY1305" },
	{ "aes-128-ccm", RTLS_CIPHER_AES_CCM_128, 16, "TLS_AES_128_CCM_SHA256",
	  "ECDHE-ECDSA-AES128-CCM", "AES-128-CCM" },
};

const struct suite *
suite_find(const char *name)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (strcmp(suites[i].name, name) == 0)
			return &suites[i];
	return NULL;
}

const char *
suite_names(void)
{
	return "aes-128-gcm, aes-256-gcm, chacha20-poly1305, aes-128-ccm";
}
