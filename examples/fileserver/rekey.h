/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* New keys every so many bytes, for --key-update: a server may ask for them as well as a client. */
#ifndef FILESERVER_REKEY_H
#define FILESERVER_REKEY_H

#include "state.h"

/* So many bytes more of a file went, or came. TURN_AGAIN, or TURN_FAIL. */
enum turn rekey_after(struct conn *c, size_t n);

#endif
