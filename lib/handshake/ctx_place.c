/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/ctx_place.h"

#include <openssl/ssl.h>

int
ctx_place(atomic_int *known, CRYPTO_EX_free *on_free)
{
	int mine, none = -1;

	if (*known >= 0)
		return *known;
	mine = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, on_free);
	/* Who comes second takes the first one's: its own stays unused. */
	if (mine >= 0)
		atomic_compare_exchange_strong(known, &none, mine);
	return *known;
}
