/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the connections of a stack share, for tests of a direction without one. */
#ifndef RTLS_UNIT_SESSION_SHARED_H
#define RTLS_UNIT_SESSION_SHARED_H

#include "session/shared.h"
#include "unit/buf/fixture.h"
#include "unit/session/peer.h"

enum { SHARED_SOCKS = 4 };

static struct session_shared shared;

static inline bool
shared_start(const char *name)
{
	const struct session_shared_conf conf = {
		.name = "fx", .socket_id = SOCKET_ID_ANY, .max_socks = SHARED_SOCKS, .bufs = &pools
	};

	return fixture_start(name) && session_shared_create(&shared, &conf) == 0;
}

/* Another test begins: nothing is out. */
static inline void
shared_begin(struct flaky *flaky)
{
	CU_ASSERT_EQUAL_FATAL(session_shared_in_use(&shared), 0);
	flaky_init(flaky);
	shared.provider = &flaky->provider;
	shared.store = NULL;
}

#endif
