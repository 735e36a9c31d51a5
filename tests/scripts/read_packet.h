/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#ifndef RTLS_SCRIPTS_READ_PACKET_H
#define RTLS_SCRIPTS_READ_PACKET_H

#include "scripts/words.h"

/*
 * FLAGS seq N [len N] [ack N] ... [times N]: the rest of a line of this direction, into e. What it leaves out
 * of an incoming segment gets a value; of an outgoing one it is not looked at.
 */
bool read_packet(struct words *w, struct script_event *e);

#endif
