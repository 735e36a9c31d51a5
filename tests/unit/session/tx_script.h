/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a program sends, as a line of text. */
#ifndef RTLS_UNIT_SESSION_TX_SCRIPT_H
#define RTLS_UNIT_SESSION_TX_SCRIPT_H

#include <stdlib.h>

#include "unit/session/tx_bench.h"

/* A script: "100" sends, "100+" with MORE, "f" flushes, "c100" a control record, "b100" a loaded
 * buffer, "r100" exactly one record, "k" the next key. */
static inline void
play(const char *script)
{
	char *at;

	for (; *script != '\0'; script = at) {
		unsigned long len;
		char what = *script;
		bool more;

		at = (char *)(uintptr_t)script + 1;
		len = what == 'f' || what == 'k' ?
			      0 :
			      strtoul(script + (what < '0' || what > '9'), &at, 10);
		more = *at == '+';
		at += more;
		at += *at == ' ';
		switch (what) {
		case 'f':
			CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
			break;
		case 'c':
			CU_ASSERT_EQUAL(send_control(22, (uint32_t)len), 0);
			break;
		case 'r':
			CU_ASSERT_EQUAL(send_record((uint32_t)len), 0);
			break;
		case 'k':
			CU_ASSERT_EQUAL(set_key(t.keys, 0), 0);
			break;
		case 'b': {
			struct rte_mbuf *m = loaded_buffer((uint32_t)len);

			CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, more), 0);
			t.accepted += len;
			break;
		}
		default:
			CU_ASSERT_EQUAL(send_data(len, more), (ssize_t)len);
		}
	}
}

#endif
