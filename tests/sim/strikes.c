/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/strikes.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tlsnic/nic.h"

static struct strikes *noted[2];

void
strikes_note(struct strikes *s, const struct rtls_port *nic)
{
	for (int i = 0; i < 2; i++)
		if (noted[i] == s)
			noted[i] = NULL;
	*s = (struct strikes){ .nic = nic };
	for (int i = 0; nic != NULL; i++)
		if (i == 2)
			abort();
		else if (noted[i] == NULL) {
			noted[i] = s;
			return;
		}
}

void
strikes_forget(struct strikes *s)
{
	s->kinds = 0;
	memset(s->with, 0, sizeof(s->with));
}

static struct strikes *
strikes_of(const struct nic_faults *f)
{
	const struct tlsnic *nic = (const void *)((const char *)f -
						  offsetof(struct tlsnic, faults));

	for (int i = 0; i < 2; i++)
		if (noted[i] != NULL && noted[i]->nic == &nic->port)
			return noted[i];
	return NULL;
}

bool __real_nic_faults_try(struct nic_faults *f, enum rtls_tlsnic_fault kind);
bool __wrap_nic_faults_try(struct nic_faults *f, enum rtls_tlsnic_fault kind);
uint32_t __real_nic_faults_draw(struct nic_faults *f, enum rtls_tlsnic_fault kind, uint32_t n);
uint32_t __wrap_nic_faults_draw(struct nic_faults *f, enum rtls_tlsnic_fault kind, uint32_t n);

bool
__wrap_nic_faults_try(struct nic_faults *f, enum rtls_tlsnic_fault kind)
{
	bool strikes = __real_nic_faults_try(f, kind);
	struct strikes *s = strikes_of(f);

	if (strikes && s != NULL) {
		s->kinds |= 1u << kind;
		s->struck[kind]++;
	}
	return strikes;
}

uint32_t
__wrap_nic_faults_draw(struct nic_faults *f, enum rtls_tlsnic_fault kind, uint32_t n)
{
	uint32_t with = __real_nic_faults_draw(f, kind, n);
	struct strikes *s = strikes_of(f);

	if (s != NULL)
		s->with[kind] = with;
	return with;
}
