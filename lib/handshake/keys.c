/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/keys.h"

#include <errno.h>

#include <openssl/crypto.h>

#include "core/ktls_info.h"

int
keys_parse(const void *crypto_info, struct rtls_keys *out)
{
	const struct ktls_layout *l;
	uint16_t version, cipher;

	OPENSSL_cleanse(out, sizeof(*out));
	ktls_head_read(crypto_info, &version, &cipher);
	l = ktls_layout_find(cipher);
	if (l == NULL)
		return -EINVAL;
	ktls_info_read(l, crypto_info, out);
	return 0;
}

bool
keys_carried(const struct rtls_keys *keys)
{
	return rtls_suite_carried(NULL, keys->version, keys->cipher) == 0;
}
