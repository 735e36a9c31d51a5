/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Notes which faults of TLS NICs strike, and what with. The program that links it wraps nic_faults_try()
 * and nic_faults_draw().
 */
#ifndef RTLS_SIM_STRIKES_H
#define RTLS_SIM_STRIKES_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/tlsnic.h>

/* Of one NIC, since they were forgotten last. */
struct strikes {
	const struct rtls_port *nic;
	uint32_t kinds;
	uint32_t with[RTLS_TLSNIC_FAULTS];
	uint64_t struck[RTLS_TLSNIC_FAULTS]; /* how often, in all */
};

/* Two NICs at a time; nic NULL: none any more. */
void strikes_note(struct strikes *s, const struct rtls_port *nic);
void strikes_forget(struct strikes *s);

static inline bool
strikes_have(const struct strikes *s, enum rtls_tlsnic_fault kind)
{
	return (s->kinds >> kind & 1) != 0;
}

#endif
