/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The end of a transfer, and the one sentence that says why. */
#ifndef FETCH_ENDING_H
#define FETCH_ENDING_H

#include "state.h"

/* The connection goes, by rtls_close() or rtls_abort(): an alert that libssl has sent still gets out with
 * the first. Nothing is said, and t->end stays. */
void ending_let_go(struct transfer *t, int (*how)(struct rtls_sock *));

/* Says it, and lets go. TURN_WAIT, for the caller's caller. */
__attribute__((format(printf, 3, 4))) enum transfer_turn ending_fail(struct transfer *t,
								     enum fetch_end end,
								     const char *fmt, ...);

/* The same for a negative errno of librecordtls that ends it. */
enum transfer_turn ending_lost(struct transfer *t, int rc);

#endif
