/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/fault.h"

#include "core/luck.h"

enum { EVERY = 64 };

void
nic_faults_init(struct nic_faults *f, uint32_t kinds, uint32_t every, uint64_t seed)
{
	f->kinds = kinds;
	f->every = every != 0 ? every : EVERY;
	for (unsigned int i = 0; i < RTLS_TLSNIC_FAULTS; i++) {
		f->luck[i] = luck_next(&seed);
		f->struck[i] = 0;
	}
}

bool
nic_faults_try(struct nic_faults *f, enum rtls_tlsnic_fault kind)
{
	if (luck_below(&f->luck[kind], f->every) != 0)
		return false;
	__atomic_store_n(&f->struck[kind], f->struck[kind] + 1, __ATOMIC_RELAXED);
	return true;
}

uint32_t
nic_faults_draw(struct nic_faults *f, enum rtls_tlsnic_fault kind, uint32_t n)
{
	return 1 + luck_below(&f->luck[kind], n);
}
