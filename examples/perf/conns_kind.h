/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the command conns does on each connection before it is closed again. */
#ifndef PERF_CONNS_KIND_H
#define PERF_CONNS_KIND_H

enum conns_kind {
	CONNS_TCP,     /* nothing */
	CONNS_FULL,    /* a full TLS handshake */
	CONNS_RESUMED, /* one that takes up a session of before */
	CONNS_KINDS,
};

#endif
