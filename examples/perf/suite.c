/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "suite.h"

#include <stddef.h>
#include <string.h>

#include <recordtls/tls.h>

static const struct suite suites[] = {
	{ "aes-128-gcm", RTLS_CIPHER_AES_GCM_128, 16, "TLS_AES_128_GCM_SHA256",
	  "ECDHE-ECDSA-AES128-GCM-SHA256", "AES-128-GCM" },
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
	return "aes-128-gcm";
}
