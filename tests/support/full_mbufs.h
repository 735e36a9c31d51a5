/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* mbufs without room for one more field. */
#ifndef RTLS_SUPPORT_FULL_MBUFS_H
#define RTLS_SUPPORT_FULL_MBUFS_H

#include <stdio.h>

#include <rte_mbuf_dyn.h>

/* Others were there first. For as long as the program runs: a field is never given back. */
static inline void
fill_mbufs(void)
{
	struct rte_mbuf_dynfield f = { .size = 1, .align = 1 };
	int n = 0;

	do
		snprintf(f.name, sizeof(f.name), "full_%d", n++);
	while (rte_mbuf_dynfield_register(&f) >= 0);
}

#endif
