/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Which fault strikes now. Each kind draws from a sequence of its own, that its seed makes: so what
 * one is asked moves no other, and a kind is the matter of the one lcore that asks. Pure.
 */
#ifndef TLSNIC_FAULT_H
#define TLSNIC_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/tlsnic.h>

struct nic_faults {
	uint32_t kinds; /* 1 << enum rtls_tlsnic_fault */
	uint32_t every; /* not 0 */
	uint64_t luck[RTLS_TLSNIC_FAULTS];
	uint64_t struck[RTLS_TLSNIC_FAULTS];
};

/* every 0: 64. */
void nic_faults_init(struct nic_faults *f, uint32_t kinds, uint32_t every, uint64_t seed);

/* What one that is among the kinds draws. */
bool nic_faults_try(struct nic_faults *f, enum rtls_tlsnic_fault kind);

/* A chance: does it strike? One that is not among the kinds never does, and draws nothing: a packet has seven. */
static inline bool
nic_faults_strike(struct nic_faults *f, enum rtls_tlsnic_fault kind)
{
	return (f->kinds >> kind & 1) != 0 && nic_faults_try(f, kind);
}

/* How often it has; on any lcore. */
static inline uint64_t
nic_faults_struck(const struct nic_faults *f, unsigned int kind)
{
	return __atomic_load_n(&f->struck[kind], __ATOMIC_RELAXED);
}

/* What it strikes with: one of 1 to n, which is not 0. */
uint32_t nic_faults_draw(struct nic_faults *f, enum rtls_tlsnic_fault kind, uint32_t n);

#endif
