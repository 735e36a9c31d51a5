/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the NIC says on purpose of what it opens, and is not so: conf.faults from RTLS_TLSNIC_LIE_PLAINTEXT on.
 * Its marks contradict nothing. Of the NIC's lcore.
 */
#ifndef TLSNIC_LIE_H
#define TLSNIC_LIE_H

#include <stdint.h>

struct nic_context;
struct tlsnic;

/* A packet is to be opened: what will be made of records that begin in it, and of those that end. */
void lie_about_records(struct tlsnic *nic, struct nic_context *c);

/* It was opened to out, and nothing of it failed: what is handed up in the place of that. */
void lie_about_text(struct tlsnic *nic, const struct nic_context *c, uint8_t *out);

#endif
