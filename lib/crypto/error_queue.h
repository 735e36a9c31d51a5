/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The calling thread's OpenSSL error queue belongs to the program: it is left as it was found. */
#ifndef RTLS_CRYPTO_ERROR_QUEUE_H
#define RTLS_CRYPTO_ERROR_QUEUE_H

#include <stdbool.h>

#include <openssl/err.h>

/* Undoes what OpenSSL added to it since ERR_set_mark() returned marked. */
static inline void
error_queue_restore(int marked, bool failed)
{
	if (failed)
		ERR_pop_to_mark(); /* not marked: the queue was empty, and is again */
	else if (marked)
		ERR_clear_last_mark();
}

#endif
