/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/lie.h"

#include <string.h>

#include <rte_common.h>

#include "tlsnic/nic.h"

enum { NUMBERS_OFF = 64 };

static bool
strikes(struct tlsnic *nic, enum rtls_tlsnic_fault kind)
{
	return nic_faults_strike(&nic->faults, kind);
}

void
lie_about_records(struct tlsnic *nic, struct nic_context *c)
{
	c->rx.believes = strikes(nic, RTLS_TLSNIC_LIE_AUTHENTIC);
	c->rx.begins_off = strikes(nic, RTLS_TLSNIC_LIE_NUMBER) ?
				   nic_faults_draw(&nic->faults, RTLS_TLSNIC_LIE_NUMBER,
						   NUMBERS_OFF) :
				   0;
}

/* What was handed up before goes there once more, and is not kept any longer. */
static void
hand_up_kept(struct tlsnic *nic, const struct nic_rx_text *t, uint8_t *at)
{
	memcpy(at, nic->lie.text, RTE_MIN(t->len, nic->lie.len));
	nic->lie.len = 0;
}

static void
keep(struct tlsnic *nic, const struct nic_rx_text *t, const uint8_t *at)
{
	nic->lie.len = RTE_MIN(t->len, (uint32_t)sizeof(nic->lie.text));
	nic->lie.rec_no = t->rec_no;
	memcpy(nic->lie.text, at, nic->lie.len);
}

void
lie_about_text(struct tlsnic *nic, const struct nic_context *c, uint8_t *out)
{
	bool others = (nic->faults.kinds >> RTLS_TLSNIC_LIE_OTHER & 1) != 0;
	const struct nic_rx_text *t = &c->rx.text;
	uint8_t *at = out + t->off;
	uint32_t bit;

	if (t->len == 0)
		return;
	if (strikes(nic, RTLS_TLSNIC_LIE_PLAINTEXT)) {
		bit = nic_faults_draw(&nic->faults, RTLS_TLSNIC_LIE_PLAINTEXT, 8 * t->len) - 1;
		at[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	if (nic->lie.len != 0 && nic->lie.rec_no != t->rec_no &&
	    strikes(nic, RTLS_TLSNIC_LIE_OTHER))
		hand_up_kept(nic, t, at);
	else if (others && nic->lie.len == 0)
		keep(nic, t, at);
}
