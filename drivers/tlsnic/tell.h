/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the NIC's lcore has to tell the host. */
#ifndef TLSNIC_TELL_H
#define TLSNIC_TELL_H

#include <stdbool.h>
#include <stdint.h>

struct nic_context;
struct tlsnic;

/*
 * A context opens or seals nothing any more; status: 0 or an error. False: a sending one goes on, for the
 * host could not be told. Of a receiving one it is told by tell_turn() then, as soon as there is room.
 */
bool tell_lost(struct tlsnic *nic, struct nic_context *c, int status);

/* A receiving context is deleted: nobody is to be told any more. */
void tell_forget(struct tlsnic *nic, struct nic_context *c);

/* Once a poll of the NIC: what found no room. */
void tell_turn(struct tlsnic *nic);

/* All contexts will be void once the host has heard it. */
void tell_down(struct tlsnic *nic);

/*
 * A packet is missing in front of the one at seq, of which nobody but the host can say more. Once until it does.
 * Nothing, if that one is a repetition.
 */
void tell_out_of_step(struct tlsnic *nic, struct nic_context *c, uint32_t seq);

#endif
